// metaschema: the 2020-12 meta-schema as proto/metaschema.json holds it: the official documents, which ajv carries, in one,
// with "$dynamicRef": "#meta" resolved to where it leads when nobody extends the meta-schema, and formats left out.

import {createRequire} from 'node:module';
import {join} from 'node:path';
import {readText} from './proto.mjs';
import {check} from './report.mjs';

const BASE = 'https://json-schema.org/draft/2020-12';
const PARTS = ['core', 'applicator', 'unevaluated', 'validation', 'meta-data', 'format-annotation', 'content'];

/** Whether a member is this keyword, and not a property of that name. */
function isKeyword(name, value) {
	return name === '$vocabulary' ? Object.values(value).every((required) => typeof required === 'boolean')
		: ['$dynamicAnchor', '$dynamicRef', 'format'].includes(name) && typeof value === 'string';
}

function resolved(schema) {
	if (Array.isArray(schema))
		return schema.map(resolved);
	if (schema === null || typeof schema !== 'object')
		return schema;
	return Object.fromEntries(Object.entries(schema).flatMap(([name, value]) => {
		if (!isKeyword(name, value))
			return [[name, resolved(value)]];
		return name === '$dynamicRef' ? [['$ref', `${BASE}/schema`]] : [];
	}));
}

export function officialMetaschema(modules) {
	const require = createRequire(join(modules, 'package.json'));
	const read = (name) => resolved(require(`ajv/dist/refs/json-schema-2020-12/${name}.json`));
	return {...read('schema'), $defs: Object.fromEntries(PARTS.map((part) => [part, read(`meta/${part}`)]))};
}

export function checkMetaschema(root, modules) {
	const ours = JSON.stringify(JSON.parse(readText(root, 'proto/metaschema.json')));
	check('proto/metaschema.json is the official meta-schema', ours === JSON.stringify(officialMetaschema(modules)));
}
