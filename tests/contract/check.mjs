// check: every promise that proto/ makes about itself. Arguments: the tree, the build folder, npm's folder.

import {existsSync, mkdtempSync, readFileSync, readdirSync, rmSync} from 'node:fs';
import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {checkAsyncapi} from './asyncapi.mjs';
import {checkMetaschema} from './metaschema.mjs';
import {checkOpenapi} from './openapi.mjs';
import {checkPairs} from './pairs.mjs';
import {readCsv, readEventTypes, readExamples, readSchemas, readText, typeOfExample} from './proto.mjs';
import {check, checkSame, close, skip} from './report.mjs';
import {ajvOf, judgeByAjv, judgeByEffreg} from './validators.mjs';

const [root, build, modules] = process.argv.slice(2);
const VALID_MIN = 2;
const INVALID_MIN = 4;
const BYTE_CODES = ['bad_utf8', 'bad_json', 'duplicate_key', 'too_large'];

// ---- Schemas ----

function checkSchemas(ajv, schemas) {
	for (const {file, document} of schemas) {
		let why = '';
		try {
			ajv.getSchema(document.$id) ?? ajv.compile(document);
		} catch (error) {
			why = error.message;
		}
		check(`ajv compiles ${file}`, why === '', why);
	}
	for (const {file, document, type} of schemas.filter((schema) => schema.type !== undefined)) {
		const id = `https://effreg.example/schemas/${type}.json`;
		check(`${file} is named by its type and has its $id`, file === `${type.slice('effreg.'.length)}.json` && document.$id === id);
	}
}

function checkTypes(types, valid, invalid) {
	checkSame('EVENT_TYPE_MAP and proto/schemas name the same types', readEventTypes(root), [...types.keys()]);
	for (const type of types.keys()) {
		const count = (examples) => examples.filter(({file}) => typeOfExample(file) === type).length;
		check(`${type} has at least ${VALID_MIN} valid and ${INVALID_MIN} invalid examples`,
			count(valid) >= VALID_MIN && count(invalid) >= INVALID_MIN, `${count(valid)} and ${count(invalid)}`);
	}
	const strays = [...valid, ...invalid].map(({file}) => file)
		.filter((file) => !file.startsWith('raw.') && !types.has(typeOfExample(file)));
	check('every example belongs to a type', strays.length === 0, strays.join(' '));
}

// ---- Dictionaries ----

function checkDictionaries(schemas) {
	const {$defs} = schemas.find(({file}) => file === 'common.v1.json').document;
	const header = {
		sphere: 'code,name_ru,name_en', indicator: 'code,name_ru,name_en,better,unit_families,process',
		unit: 'code,family,name_ru,name_en,factor'};
	const dictionaries = {};
	for (const name of Object.keys(header)) {
		const csv = readCsv(root, `proto/registry/${name}s.csv`);
		const codes = csv.rows.map((row) => row.code);
		dictionaries[name] = csv.rows;
		check(`${name}s.csv has its columns, filled in every row`,
			csv.header.join() === header[name] && csv.even && csv.rows.every((row) => Object.values(row).every((field) => field !== '')));
		check(`${name}s.csv names every code once`, new Set(codes).size === codes.length);
		/* A unit may also be one of no dictionary: it is kept, and counts nowhere. */
		checkSame(`the definition "${name}" names ${name}s.csv`, $defs[name].enum ?? $defs[name].examples, codes);
	}
	/* "times" compares figures; nothing is measured in it. */
	checkSame('the families that indicators use are the families that units have',
		[...dictionaries.indicator.flatMap((row) => row.unit_families.split(' ')), 'factor'], dictionaries.unit.map((row) => row.family));
}

function checkRegions() {
	const {rows, even} = readCsv(root, 'proto/registry/regions.csv');
	const codes = rows.map((row) => row.oktmo);
	const aliases = rows.map((row) => row.iso_3166_2);
	check('regions.csv holds 83 regions, each with an OKTMO code of its own',
		rows.length === 83 && even && new Set(codes).size === 83 && codes.every((code) => /^[0-9]{8}$/.test(code)));
	check('every region has an ISO 3166-2 code of its own',
		new Set(aliases).size === 83 && aliases.every((alias) => /^RU-[A-Z]{2,3}$/.test(alias)));
	check('a nested region names, by ISO code, a region of the list',
		rows.every((row) => row.nested_in === '' || aliases.includes(row.nested_in)));
}

// ---- Examples ----

/** The event, or the code with which any reader of JSON refuses these bytes. */
function readEvent(bytes) {
	try {
		return {event: JSON.parse(new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes))};
	} catch (error) {
		return {code: error instanceof TypeError ? 'bad_utf8' : 'bad_json'};
	}
}

function checkValidByAjv(ajv, types, examples) {
	for (const {file, bytes} of examples) {
		const {event, code} = readEvent(bytes);
		const judgement = code === undefined ? judgeByAjv(ajv, types, event) : {valid: false, pointers: [code]};
		check(`ajv accepts ${file}`, judgement.valid && event.type === typeOfExample(file), judgement.pointers.join(' '));
	}
}

/** Calls fn for every object of an event, the event itself too. */
function eachObject(node, fn) {
	if (node === null || typeof node !== 'object')
		return;
	if (!Array.isArray(node))
		fn(node);
	Object.values(node).forEach((child) => eachObject(child, fn));
}

/** A mistyped name is an error wherever it stands. */
function checkClosed(ajv, types, examples) {
	for (const {file, bytes} of examples) {
		const {event} = readEvent(bytes);
		let open = 0;
		eachObject(event, (object) => {
			object.mistyped = true;
			open += judgeByAjv(ajv, types, event).valid ? 1 : 0;
			delete object.mistyped;
		});
		check(`no object of ${file} takes a member that is not foreseen`, open === 0, `${open} do`);
	}
}

/** JSON.parse lets much pass that we refuse; bytes it does refuse must be refused with the same code. */
function checkBytesByNode(file, bytes, expected) {
	const {code = expected.code} = readEvent(bytes);
	check(`${file}: a lenient reader finds nothing else wrong`, code === expected.code && expected.pointer === '', code);
}

function checkInvalidByAjv(ajv, types, examples, expectations) {
	for (const {file, bytes} of examples) {
		const expected = expectations.get(file);
		if (expected === undefined)
			continue;
		if (BYTE_CODES.includes(expected.code)) {
			checkBytesByNode(file, bytes, expected);
			continue;
		}
		const judgement = judgeByAjv(ajv, types, readEvent(bytes).event);
		const same = !judgement.valid && judgement.code === expected.code && judgement.pointers.every((at) => at === expected.pointer);
		check(`ajv refuses ${file} at ${expected.pointer || 'the root'} and nowhere else`, same,
			judgement.valid ? 'it is valid' : `${judgement.code} ${judgement.pointers.join(' ')}`);
	}
}

// ---- Our validator ----

function checkValidByEffreg(program, examples) {
	for (const {file, path} of examples) {
		const {status, answer, text} = judgeByEffreg(program, path);
		check(`effreg accepts ${file}`, status === 0 && answer?.valid === true, text ?? JSON.stringify(answer));
	}
}

function checkInvalidByEffreg(program, examples, expectations) {
	for (const {file, path, bytes} of examples) {
		const {code, pointer} = expectations.get(file) ?? {};
		const {status, answer, text} = judgeByEffreg(program, path);
		const placed = !BYTE_CODES.includes(code)
			|| (Number.isInteger(answer?.offset) && answer.offset >= 0 && answer.offset <= bytes.length);
		check(`effreg refuses ${file} with ${code} at ${pointer || (BYTE_CODES.includes(code) ? 'a byte' : 'the root')}`,
			status === 1 && answer?.valid === false && answer.code === code && answer.pointer === pointer && placed,
			text ?? `exit ${status}, ${JSON.stringify(answer)}`);
	}
}

/** What the generator writes is held against the same schemas by the other validator. */
function checkGenerator(program, ajv, types) {
	const folder = mkdtempSync(join(build, 'contract-generated-'));
	const run = spawnSync(program, ['generate', '--out', folder, '--seed', '1'], {encoding: 'utf8'});
	const lines = [folder, join(folder, 'coordinator')].flatMap((from) => readdirSync(from).filter((file) => file.endsWith('.ndjson'))
		.flatMap((file) => readFileSync(join(from, file), 'utf8').trimEnd().split('\n')));
	const wrong = lines.find((line) => !judgeByAjv(ajv, types, JSON.parse(line)).valid);
	rmSync(folder, {recursive: true});
	check('ajv accepts every generated event', run.status === 0 && lines.length > 0 && wrong === undefined,
		wrong ?? `exit ${run.status} ${run.stderr}`);
}

function checkByEffreg(ajv, types, valid, invalid, expectations) {
	const program = join(build, 'bin/effreg');
	if (!existsSync(program)) {
		skip('effreg validate agrees with ajv', 'bin/effreg is not built');
		return;
	}
	checkValidByEffreg(program, valid);
	checkInvalidByEffreg(program, invalid, expectations);
	checkGenerator(program, ajv, types);
	checkPairs(program, build, modules);
}

// ---- The text of the protocol ----

function checkReadme(types, expectations) {
	const readme = readText(root, 'proto/README.md');
	const lacking = [...types.keys(), ...new Set([...expectations.values()].map(({code}) => code))]
		.filter((name) => !readme.includes(`\`${name}\``));
	check('README.md names every event type and every code of the examples', lacking.length === 0, lacking.join(' '));
}

function checkEverything() {
	const schemas = readSchemas(root);
	const types = new Map(schemas.filter(({type}) => type !== undefined).map(({type, document}) => [type, document.$id]));
	const valid = readExamples(root, 'valid');
	const invalid = readExamples(root, 'invalid');
	const expectations = new Map(readCsv(root, 'proto/examples/invalid/expected.csv').rows.map((row) => [row.file, row]));
	const ajv = ajvOf(modules, schemas);

	checkTypes(types, valid, invalid);
	checkDictionaries(schemas);
	checkRegions();
	checkSame('expected.csv names the invalid examples', [...expectations.keys()], invalid.map(({file}) => file));
	checkReadme(types, expectations);
	checkAsyncapi(root, modules, types);
	checkOpenapi(root, modules);
	checkMetaschema(root, modules);
	checkSchemas(ajv, schemas);
	checkValidByAjv(ajv, types, valid);
	checkInvalidByAjv(ajv, types, invalid, expectations);
	checkClosed(ajv, types, valid);
	checkByEffreg(ajv, types, valid, invalid, expectations);
}

try {
	checkEverything();
} catch (error) {
	/* A file that cannot be read at all ends the run: what follows would only repeat it. */
	check('everything can be read', false, error.message.split('\n')[0]);
}
process.exit(close() ? 0 : 1);
