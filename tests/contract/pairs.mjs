// pairs: a seeded generator of schemas and instances over the supported keywords; ajv and `effreg validate --pairs` must
// judge each pair alike. EFFREG_TEST_SEED takes a seed back, EFFREG_TEST_PAIRS another number of pairs.

import {spawnSync} from 'node:child_process';
import {createRequire} from 'node:module';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {check} from './report.mjs';

const PAIRS = Number(process.env.EFFREG_TEST_PAIRS ?? 1200);
const INSTANCES_PER_SCHEMA = 4;
const DEPTH_MAX = 3;
const NAMES = ['a', 'b', 'c', 'foo', 'x-1', 'я'];
const TEXTS = ['', 'a', 'ab', 'abc', 'foo', 'я', '😀😀', '1', 'a\nb', 'x-1', '2023-01-31', 'Ж1', '\u00A0'];
/* Not 1e300: ajv has parseInt look at quotients, which takes "2e+299" for 2. */
const NUMBERS = [0, 1, 2, 3, -1, 7, 10, 0.5, 1.5, -2.5, 4.25, 1e3, 1e15, 9007199254740991, 100];
const PATTERNS = ['^a', 'b$', '^[a-c]+$', '\\d', '^\\w*$', '^.{1,3}$', '\\s', '[^a]', '^(a|b)*$', '^\\p{L}+$', '\\p{Lu}', '^\\S+$',
	'^(?!foo)', '(?:x-)?\\d', '[\\u0400-\\u04FF]', '^\\u{1F600}+$', '\\bfoo\\b'];
const REFERENCES = ['#/$defs/d0', '#here', '#/$defs/d~12~0', 'part', 'part#/$defs/in'];
const TYPES = ['null', 'boolean', 'number', 'integer', 'string', 'array', 'object'];

/** mulberry32 (Tommy Ettinger, public domain): a number in [0, 1) a call. */
function randomOf(seed) {
	return () => {
		seed = (seed + 0x6D2B79F5) | 0;
		let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

class Generator {
	constructor(seed) {
		this.random = randomOf(seed);
	}

	below(count) {
		return Math.floor(this.random() * count);
	}

	chance(probability) {
		return this.random() < probability;
	}

	pick(list) {
		return list[this.below(list.length)];
	}

	several(list, min, max) {
		const left = [...list];
		return Array.from({length: Math.min(min + this.below(max - min + 1), list.length)},
			() => left.splice(this.below(left.length), 1)[0]);
	}

	list(min, max, make) {
		return Array.from({length: min + this.below(max - min + 1)}, make);
	}

	map(names, make) {
		return Object.fromEntries(names.map((name) => [name, make()]));
	}

	value(depth = DEPTH_MAX) {
		const kinds = depth === 0 ? 4 : 6;
		switch (this.below(kinds)) {
		case 0: return this.pick([null, true, false]);
		case 1: return this.pick(NUMBERS);
		case 2: return this.pick(TEXTS);
		case 3: return this.below(12);
		case 4: return this.list(0, 4, () => this.value(depth - 1));
		default: return this.map(this.several(NAMES, 0, 4), () => this.value(depth - 1));
		}
	}

	/** A whole schema: what references need stands in $defs. d3 has its $ref inside allOf: ajv follows a resource that
	 * consists of a $ref into itself without end (resolveSchema and getJsonPointer call each other). */
	schema() {
		this.references = REFERENCES;
		const defs = {d0: this.sub(1), d1: {$anchor: 'here', ...this.object(1)}, 'd/2~': this.sub(0)};
		const root = this.object(DEPTH_MAX);
		this.references = REFERENCES.map((reference) => new URL(reference, 'https://effreg.example/pair').href);
		defs.d3 = {$id: 'https://effreg.example/part', allOf: [{$ref: 'part#/$defs/in'}], $defs: {in: this.sub(0)}};
		return {$id: 'https://effreg.example/pair', ...root, $defs: defs};
	}

	sub(depth) {
		return this.chance(0.12) ? this.chance(0.6) : this.object(depth);
	}

	object(depth) {
		const schema = {};
		for (const keyword of this.several(Object.keys(KEYWORDS), 1, depth === 0 ? 2 : 4)) {
			if (depth === 0 && APPLICATORS.has(keyword))
				continue;
			Object.assign(schema, KEYWORDS[keyword](this, depth - 1));
		}
		return schema;
	}
}

const IN_PLACE = {
	$ref: (g) => ({$ref: g.pick(g.references)}),
	allOf: (g, depth) => ({allOf: g.list(1, 3, () => g.sub(depth))}),
	anyOf: (g, depth) => ({anyOf: g.list(1, 3, () => g.sub(depth))}),
	oneOf: (g, depth) => ({oneOf: g.list(1, 3, () => g.sub(depth))}),
	not: (g, depth) => ({not: g.sub(depth)}),
	if: (g, depth) => ({if: g.sub(depth), ...(g.chance(0.7) && {then: g.sub(depth)}), ...(g.chance(0.7) && {else: g.sub(depth)})}),
	dependentSchemas: (g, depth) => ({dependentSchemas: g.map(g.several(NAMES, 1, 2), () => g.sub(depth))}),
};

const INSIDE = {
	properties: (g, depth) => ({properties: g.map(g.several(NAMES, 1, 3), () => g.sub(depth))}),
	patternProperties: (g, depth) => ({patternProperties: g.map(g.several(PATTERNS, 1, 2), () => g.sub(depth))}),
	additionalProperties: (g, depth) => ({additionalProperties: g.sub(depth)}),
	propertyNames: (g, depth) => ({propertyNames: g.sub(depth)}),
	prefixItems: (g, depth) => ({prefixItems: g.list(1, 3, () => g.sub(depth))}),
	items: (g, depth) => ({items: g.sub(depth)}),
	contains: (g, depth) => ({contains: g.sub(depth), ...(g.chance(0.4) && {minContains: g.below(3)}),
		...(g.chance(0.4) && {maxContains: g.below(3)})}),
	unevaluatedProperties: (g, depth) => ({unevaluatedProperties: g.sub(depth)}),
	unevaluatedItems: (g, depth) => ({unevaluatedItems: g.sub(depth)}),
};

const ASSERTIONS = {
	type: (g) => ({type: g.chance(0.6) ? g.pick(TYPES) : g.several(TYPES, 1, 3)}),
	const: (g) => ({const: g.value(2)}),
	enum: (g) => ({enum: g.list(1, 5, () => g.value(1))}),
	required: (g) => ({required: g.several(NAMES, 0, 2)}),
	dependentRequired: (g) => ({dependentRequired: g.map(g.several(NAMES, 1, 2), () => g.several(NAMES, 0, 2))}),
	minProperties: (g) => ({minProperties: g.below(4)}),
	maxProperties: (g) => ({maxProperties: g.below(4)}),
	minItems: (g) => ({minItems: g.below(4)}),
	maxItems: (g) => ({maxItems: g.below(4)}),
	uniqueItems: (g) => ({uniqueItems: g.chance(0.8)}),
	minLength: (g) => ({minLength: g.below(4)}),
	maxLength: (g) => ({maxLength: g.below(4)}),
	pattern: (g) => ({pattern: g.pick(PATTERNS)}),
	minimum: (g) => ({minimum: g.pick(NUMBERS)}),
	maximum: (g) => ({maximum: g.pick(NUMBERS)}),
	exclusiveMinimum: (g) => ({exclusiveMinimum: g.pick(NUMBERS)}),
	exclusiveMaximum: (g) => ({exclusiveMaximum: g.pick(NUMBERS)}),
	/* ajv divides doubles: 0.3 is no multiple of 0.1 there, but 9007199254740991 is one of 1.5. */
	multipleOf: (g) => ({multipleOf: g.pick([1, 2, 3, 5, 0.5, 0.25])}),
	format: (g) => ({format: g.pick(['date', 'hostname', 'anything'])}),
	annotations: (g) => ({title: 't', default: g.value(1), 'x-note': {type: 1}, unknownKeyword: g.value(1)}),
};

const KEYWORDS = {...ASSERTIONS, ...INSIDE, ...IN_PLACE};
const APPLICATORS = new Set(Object.keys({...INSIDE, ...IN_PLACE}).filter((name) => name !== '$ref'));

/** The subschemas at one step, and whether the step stays at the same place of the instance. */
function children(schema) {
	const inPlace = [...['allOf', 'anyOf', 'oneOf'].flatMap((name) => schema[name] ?? []),
		...['not', 'if', 'then', 'else'].filter((name) => name in schema).map((name) => schema[name]),
		...Object.values(schema.dependentSchemas ?? {})];
	const inside = [...['additionalProperties', 'propertyNames', 'items', 'contains', 'unevaluatedProperties', 'unevaluatedItems']
		.filter((name) => name in schema).map((name) => schema[name]), ...(schema.prefixItems ?? []),
	...Object.values(schema.properties ?? {}), ...Object.values(schema.patternProperties ?? {}), ...Object.values(schema.$defs ?? {})];
	return {inPlace, inside};
}

/** Whether test holds for schema or one inside it. */
function some(schema, test) {
	if (typeof schema !== 'object')
		return false;
	const {inPlace, inside} = children(schema);
	return test(schema) || [...inPlace, ...inside].some((child) => some(child, test));
}

/** reference → the schema it means. */
function resolver({$defs: {d0, d1, 'd/2~': d2, d3}}) {
	const targets = {'/pair#/$defs/d0': d0, '/pair#here': d1, '/pair#/$defs/d~12~0': d2, '/part': d3, '/part#/$defs/in': d3.$defs.in};
	return (reference) => {
		const {pathname, hash} = new URL(reference, 'https://effreg.example/pair');
		return targets[pathname + hash];
	};
}

/** Calls visit for schema and all that it applies to the same value; true when it comes back to where it was. */
function walkInPlace(resolve, schema, visit = () => {}, open = []) {
	if (typeof schema !== 'object')
		return false;
	if (open.includes(schema))
		return true;
	visit(schema);
	const next = [...children(schema).inPlace, ...('$ref' in schema ? [resolve(schema.$ref)] : [])];
	return next.some((child) => walkInPlace(resolve, child, visit, [...open, schema]));
}

/** A schema that comes back to itself without going into the instance: ajv's call stack ends, we refuse. */
const refersInCircles = (resolve, schema) => some({...schema, $defs: {...schema.$defs, in: schema.$defs.d3.$defs.in}},
	(node) => walkInPlace(resolve, node));

/** Shapes that ajv 8.17 judges otherwise than 2020-12 says. */
const AJV_DEFECTS = [
	/* It adds up statically what branches evaluate of which only one was taken (anyOf, oneOf, if, dependentSchemas), and takes
	 * all elements for evaluated where some fit contains. */
	(resolve, schema) => some(schema, (node) => {
		let conditional = false;
		if ('unevaluatedProperties' in node || 'unevaluatedItems' in node)
			walkInPlace(resolve, node, (part) => {
				conditional ||= ['anyOf', 'oneOf', 'if', 'dependentSchemas', 'contains'].some((name) => name in part);
			});
		return conditional;
	}),
	/* An empty array passes `contains` when the variable of another keyword, such as prefixItems, was true before. */
	(resolve, schema) => some(schema, (node) => 'contains' in node && ('prefixItems' in node || node.maxContains < (node.minContains ?? 1))),
];

function ajvVerdicts(modules, schema, instances) {
	const require = createRequire(join(modules, 'package.json'));
	const Ajv = require('ajv/dist/2020').default;
	const ajv = new Ajv({strict: false, validateFormats: false, logger: false});
	const validate = ajv.compile(schema);
	return instances.map((instance) => {
		try {
			return validate(instance) ? 0 : 1;
		} catch {
			return undefined; /* unevaluatedProperties again: "Cannot set properties of undefined" in what ajv compiled */
		}
	});
}

export function makePairs(modules, seed) {
	const generator = new Generator(seed);
	const pairs = [];
	while (pairs.length < PAIRS) {
		const schema = generator.schema();
		const resolve = resolver(schema);
		if (refersInCircles(resolve, schema) || AJV_DEFECTS.some((has) => has(resolve, schema)))
			continue;
		const instances = generator.list(INSTANCES_PER_SCHEMA, INSTANCES_PER_SCHEMA, () => generator.value());
		const verdicts = ajvVerdicts(modules, schema, instances);
		instances.forEach((instance, i) => verdicts[i] === undefined
			|| pairs.push({line: JSON.stringify({schema, instance}), verdict: verdicts[i]}));
	}
	return pairs;
}

export function ourVerdicts(program, build, pairs) {
	const folder = mkdtempSync(join(build, 'contract-pairs-'));
	const path = join(folder, 'pairs.ndjson');
	writeFileSync(path, pairs.map(({line}) => `${line}\n`).join(''));
	const run = spawnSync(program, ['validate', '--pairs', path], {encoding: 'utf8', maxBuffer: 1 << 28});
	rmSync(folder, {recursive: true});
	return run.stdout.trimEnd().split('\n').map((line) => JSON.parse(line || '{}'));
}

export function checkPairs(program, build, modules) {
	const seed = Number(process.env.EFFREG_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
	console.log(`# pairs: EFFREG_TEST_SEED=${seed}`);
	const pairs = makePairs(modules, seed);
	const ours = ourVerdicts(program, build, pairs);
	const wrong = pairs.findIndex(({verdict}, i) => ours[i]?.verdict !== verdict);
	const invalid = pairs.filter(({verdict}) => verdict === 1).length;
	check('the generator makes valid and invalid pairs', invalid > PAIRS / 10 && invalid < PAIRS * 9 / 10, `${invalid} invalid`);
	check(`effreg and ajv judge ${pairs.length} pairs alike`, ours.length === pairs.length && wrong === -1,
		`seed ${seed}, ajv says ${pairs[wrong]?.verdict}, effreg ${JSON.stringify(ours[wrong])}: ${pairs[wrong]?.line}`);
}
