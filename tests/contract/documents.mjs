// documents: what AsyncAPI and OpenAPI documents have in common.

import {existsSync} from 'node:fs';
import {join} from 'node:path';

/** Every value under a name, anywhere in the document. */
export function collect(node, name, found = []) {
	if (node !== null && typeof node === 'object') {
		for (const [key, child] of Object.entries(node)) {
			if (key === name)
				found.push(child);
			collect(child, name, found);
		}
	}
	return found;
}

/** Does a $ref lead somewhere, in the document or beside it? */
export function resolves(root, document, ref) {
	if (!ref.startsWith('#/'))
		return existsSync(join(root, 'proto', ref.split('#')[0]));
	const tokens = ref.slice(2).split('/').map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
	return tokens.reduce((node, token) => node?.[token], document) !== undefined;
}
