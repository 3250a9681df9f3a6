// asyncapi: proto/asyncapi.yaml against the schemas, the C code and itself.

import {createRequire} from 'node:module';
import {join} from 'node:path';
import {collect, resolves} from './documents.mjs';
import {readPushTypes, readText} from './proto.mjs';
import {check, checkSame} from './report.mjs';

const CHANNELS = ['push', 'query', 'feed', 'event-published'];

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
