// proto: reads what proto/ holds: schemas, dictionaries, examples, and the list of types in the C code.

import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';

export function readText(root, path) {
	return readFileSync(join(root, path), 'utf8');
}

/** RFC 4180 as far as our files need it: quoted fields, no line breaks inside. Returns {header, rows}. */
export function readCsv(root, path) {
	const fields = (line) =>
		[...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map((match) => match[1]?.replaceAll('""', '"') ?? match[2]);
	const [header, ...lines] = readText(root, path).trimEnd().split('\n').map(fields);
	const rows = lines.map((line) => Object.fromEntries(header.map((name, column) => [name, line[column]])));
	return {header, rows, even: lines.every((line) => line.length === header.length)};
}

/** [{file, document, type}]; type is undefined for what describes no event. */
export function readSchemas(root) {
	return readdirSync(join(root, 'proto/schemas')).sort().map((file) => {
		const document = JSON.parse(readText(root, `proto/schemas/${file}`));
		return {file, document, type: document.properties?.type?.const};
	});
}

/** [{file, path, bytes}] of proto/examples/<folder>; expected.csv is no example. */
export function readExamples(root, folder) {
	const path = (file) => join(root, 'proto/examples', folder, file);
	return readdirSync(join(root, 'proto/examples', folder)).filter((file) => file.endsWith('.json')).sort()
		.map((file) => ({file, path: path(file), bytes: readFileSync(path(file))}));
}

/** "project.opened.v1.minimal.json" is an example of effreg.project.opened.v1; "raw.…" of no type. */
export function typeOfExample(file) {
	return file.startsWith('raw.') ? undefined : `effreg.${file.split('.').slice(0, 3).join('.')}`;
}

/** The second members of X(NAME, "text") in a map of the C code. */
export function readEventTypes(root) {
	return [...readText(root, 'common/envelope.h').matchAll(/X\(\w+, "(effreg\.[^"]+)"\)/g)].map((match) => match[1]);
}

export function readPushTypes(root) {
	const map = /#define PUSH_TYPE_MAP\(X\)((?:.*\\\n)*.*)/.exec(readText(root, 'common/push.h'))[1];
	return [...map.matchAll(/X\((\w+)\)/g)].map((match) => match[1]);
}
