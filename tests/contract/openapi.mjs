// openapi: proto/openapi.yaml against the gateway's code and itself.

import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {collect, resolves} from './documents.mjs';
import {readText} from './proto.mjs';
import {check, checkSame} from './report.mjs';

/** The paths of /api/ in the gateway's table of routes; a prefix has one parameter behind it. */
function readRoutes(root) {
	const rows = readText(root, 'services/gateway/gateway_core.c').matchAll(/\{"(\/api\/[^"]*)", (true|false), /g);
	return [...rows].map(([, path, isPrefix]) => isPrefix === 'true' ? `${path}{}` : path);
}

/** [code, status] of every row of the gateway's table of errors. */
function readErrors(root) {
	const table = /ERRORS\[\] = \{([^]*?)\n\};/.exec(readText(root, 'services/gateway/gateway_events.c'))[1];
	return [...table.matchAll(/^\t\{"([a-z_]+)", (\d+),/gm)].map(([, code, status]) => [code, status]);
}

export function checkOpenapi(root, modules) {
	const {parse} = createRequire(join(modules, 'package.json'))('yaml');
	const document = parse(readText(root, 'proto/openapi.yaml'));
	const broken = collect(document, '$ref').filter((ref) => !resolves(root, document, ref));
	const errors = readErrors(root);
	const paths = Object.keys(document.paths ?? {}).map((path) => path.replace(/\{\w+\}/g, '{}'));
	check('openapi.yaml is an OpenAPI 3.1 document', document.openapi?.startsWith('3.1.') && document.info?.version !== undefined);
	check('every $ref of openapi.yaml leads somewhere', broken.length === 0, broken.join(' '));
	checkSame('openapi.yaml has the paths of the gateway', paths, readRoutes(root));
	checkSame('openapi.yaml has the codes of the gateway', collect(document, 'x-codes-of-events').flat(), errors.map(([code]) => code));
	checkSame('openapi.yaml has the status of every code', Object.keys(document.paths['/api/v1/events'].post.responses),
		['200', '422', ...errors.map(([, status]) => status)]);
	check('the envelope that openapi.yaml names is there', existsSync(join(root, 'proto', document.components.schemas.event.$ref)));
}
