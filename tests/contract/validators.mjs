// validators: the two that are held against each other: ajv, and `effreg validate`.

import {spawnSync} from 'node:child_process';
import {createRequire} from 'node:module';
import {join} from 'node:path';

/** Every name that begins with x- in a schema: annotations of ours, which ajv must not take for mistyped keywords. */
function annotations(node, found = new Set()) {
	if (node !== null && typeof node === 'object') {
		for (const [name, child] of Object.entries(node)) {
			if (name.startsWith('x-'))
				found.add(name);
			annotations(child, found);
		}
	}
	return found;
}

/** Compiles every document strictly: an unknown keyword or format is an error here. */
export function ajvOf(modules, schemas) {
	const require = createRequire(join(modules, 'package.json'));
	const Ajv = require('ajv/dist/2020').default;
	const ajv = new Ajv({strict: true, strictTypes: false, strictRequired: false, allErrors: true});
	require('ajv-formats').default(ajv);
	ajv.addVocabulary([...annotations(schemas.map((schema) => schema.document))]);
	for (const {document} of schemas)
		ajv.addSchema(document);
	return ajv;
}

const escapePointer = (token) => token.replaceAll('~', '~0').replaceAll('/', '~1');

/** ajv names the object for a member too many; we name the member. */
function pointerOf(error) {
	return error.keyword === 'additionalProperties'
		? `${error.instancePath}/${escapePointer(error.params.additionalProperty)}` : error.instancePath;
}

/** What ajv says of an event, in our terms: {valid, code, pointers}. types: type → $id. */
export function judgeByAjv(ajv, types, event) {
	const isObject = event !== null && typeof event === 'object' && !Array.isArray(event);
	if (!isObject || typeof event.type !== 'string')
		return {valid: false, code: 'schema', pointers: [isObject ? '/type' : '']};
	if (!types.has(event.type))
		return {valid: false, code: 'unknown_type', pointers: ['/type']};
	const validate = ajv.getSchema(types.get(event.type));
	const valid = validate(event);
	/* ajv reports a failed `then` twice: where it failed, and as `if` at the root. */
	const errors = (validate.errors ?? []).filter((error) => error.keyword !== 'if');
	return {valid, code: 'schema', pointers: errors.map(pointerOf)};
}

/** What our validator says: {status, answer}; answer is undefined when it is no JSON. */
export function judgeByEffreg(program, path) {
	const run = spawnSync(program, ['validate', '--format', 'json', path], {encoding: 'utf8'});
	try {
		return {status: run.status, answer: JSON.parse(run.stdout)};
	} catch {
		return {status: run.status, text: run.error?.message ?? `${run.stdout}${run.stderr}`.trim()};
	}
}
