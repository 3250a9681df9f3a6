/* schema_uri: resolution of URI references (RFC 3986, section 5). */
#ifndef EFFREG_SCHEMA_URI_H
#define EFFREG_SCHEMA_URI_H

#include "common/arena.h"

/* The target of reference seen from base, without its fragment; in arena. A base without a scheme (a file's name) is
 * allowed: the result has none either. */
const char *uri_resolve(struct arena *arena, const char *base, const char *reference);

/* What follows the first '#', percent-decoded, in arena; "" when there is nothing, NULL when the encoding is broken. */
const char *uri_fragment(struct arena *arena, const char *reference);

#endif
