// asyncapi: proto/asyncapi.yaml against the schemas, the C code and itself.

import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {readPushTypes, readText} from './proto.mjs';
import {check, checkSame} from './report.mjs';

const CHANNELS = ['push', 'query', 'feed', 'event-published'];

/** Every value under a name, anywhere in the document. */
function collect(node, name, found = []) {
	if (node !== null && typeof node === 'object') {
		for (const [key, child] of Object.entries(node)) {
			if (key === name)
				found.push(child);
			collect(child, name, found);
		}
	}
	return found;
}

function resolves(root, document, ref) {
	if (!ref.startsWith('#/'))
		return existsSync(join(root, 'proto', ref.split('#')[0]));
	const tokens = ref.slice(2).split('/').map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
	return tokens.reduce((node, token) => node?.[token], document) !== undefined;
}

function checkShape(document) {
	check('asyncapi.yaml is an AsyncAPI 3.0 document', document.asyncapi === '3.0.0' && document.info?.title !== undefined
		&& document.info?.version !== undefined);
	checkSame('asyncapi.yaml has the channels of the protocol', Object.keys(document.channels ?? {}), CHANNELS);
	for (const [name, channel] of Object.entries(document.channels ?? {})) {
		const {sockets, frames} = channel.bindings?.['x-zmq'] ?? {};
		check(`channel ${name} says its sockets and frames`, Object.keys(sockets ?? {}).length === 2 && frames?.length > 0);
	}
}

function checkEventTypes(document, types) {
	const events = Object.values(document.components.messages).filter((message) => types.has(message.name));
	checkSame('asyncapi.yaml has a message for every event type', events.map((message) => message.name), [...types.keys()]);
	const wrong = events.filter(({name, payload}) => payload?.$ref !== `./schemas/${name.slice('effreg.'.length)}.json`);
	check('the message of an event type has the schema of the type', wrong.length === 0, wrong.map(({name}) => name).join(' '));
}

export function checkAsyncapi(root, modules, types) {
	const {parse} = createRequire(join(modules, 'package.json'))('yaml');
	const document = parse(readText(root, 'proto/asyncapi.yaml'));
	const broken = collect(document, '$ref').filter((ref) => !resolves(root, document, ref));
	checkShape(document);
	check('every $ref of asyncapi.yaml leads somewhere', broken.length === 0, broken.join(' '));
	checkEventTypes(document, types);
	const frames = Object.values(document.components.schemas).map((schema) => schema.properties?.type?.const);
	checkSame('asyncapi.yaml has every message of the push channel', frames.filter((name) => name !== undefined), readPushTypes(root));
}
