/* schema: validation against JSON Schema 2020-12; the only door to PCRE2.
 *
 * A bundle is compiled once from its documents and never changes afterwards; validating allocates in the caller's
 * arena only, but the memory for matching patterns belongs to the bundle: one thread at a time uses a bundle.
 * A keyword that is not supported is refused when the bundle is compiled, never ignored; those whose names begin with
 * "x-" are annotations. The whole of the core, applicator, unevaluated and validation vocabularies is supported, but for
 * $dynamicRef, $dynamicAnchor, $vocabulary and, from other vocabularies, content*. References stay inside the bundle.
 *
 * Numbers are compared as they are written (up to 17 digits): 0.3 is a multiple of 0.1, 1.0 is an integer. */
#ifndef EFFREG_SCHEMA_H
#define EFFREG_SCHEMA_H

#include "common/arena.h"
#include "common/json.h"
#include "common/status.h"

struct schema_bundle;
struct schema;  /* one compiled schema; belongs to its bundle */

struct schema_document {
	const char *name;         /* for messages: a file name */
	struct span text;
	const struct json *tree;  /* of that text, parsed already, and outliving the bundle; or NULL */
};

enum {
	SCHEMA_ASSERT_FORMATS = 1 << 0,  /* `format` is a check (uuid, date, date-time, uri, email; others are refused),
	                                    else an annotation */
	SCHEMA_IGNORE_UNKNOWN = 1 << 1,  /* as 2020-12 says: unknown keywords are annotations. For the schemas of others; ours
	                                    are not to be mistyped. What we know and lack is refused all the same */
};

/* Compiles documents (each with its $id, or else its name as base URI); their texts need not outlive the call.
 * STATUS_UNSUPPORTED, STATUS_INVALID or STATUS_TOO_LARGE with fault: its text starts with the document's name, its
 * pointer (and schema_pointer alike) or offset points into that document. options: SCHEMA_… or 0. */
enum status schema_bundle_new(const struct schema_document *documents, size_t count, unsigned options,
                              struct schema_bundle **ret_bundle, struct fault *fault) MUST_CHECK;
void schema_bundle_destroy(struct schema_bundle **bundle);

/* By absolute $id or by the document's name; NULL when there is none. */
const struct schema *schema_find(const struct schema_bundle *bundle, const char *uri);

/* STATUS_OK, or STATUS_INVALID with fault: code "schema", pointer into the instance, schema_pointer to the keyword in its
 * document, text naming that place too, what was expected and how to mend it. scratch is used and not reset: uniqueItems takes up to 64 bytes for
 * each element of an array, propertyNames 80 for each member, unevaluated* one bit for each. */
enum status schema_validate(const struct schema *schema, const struct json *instance, struct arena *scratch,
                            struct fault *fault) MUST_CHECK;

#endif
