/* json_scan: the strict recogniser behind json_parse: one pass over the bytes, no tree.
 *
 * It knows everything json.h promises to refuse. What it passes, every JSON reader understands in the same way. */
#ifndef EFFREG_JSON_SCAN_H
#define EFFREG_JSON_SCAN_H

#include "common/json.h"

/* The statuses and codes of json_parse; fault may be NULL. scratch holds the names of objects that are open and is
 * not reset. */
enum status json_scan(struct arena *scratch, const char *text, size_t len, const struct json_limits *limits,
                      struct fault *fault) MUST_CHECK;

/* Bytes of the well-formed UTF-8 sequence that starts at `at` (RFC 3629: no surrogates, nothing overlong), 0 if none. */
size_t utf8_sequence(const char *at, size_t len);

#endif
