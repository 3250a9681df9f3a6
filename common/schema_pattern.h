/* schema_pattern: the regular expressions of schemas; the only file that includes pcre2.h.
 *
 * Patterns are those of ECMA-262 with the flag u, nothing anchored by itself (schema_ecma.h says what is wider). Matching
 * has limits on time and memory. */
#ifndef EFFREG_SCHEMA_PATTERN_H
#define EFFREG_SCHEMA_PATTERN_H

#include "common/base.h"

struct patterns;  /* the patterns of one bundle and the memory for matching: one thread at a time */
struct pattern;   /* belongs to its patterns */

struct patterns *patterns_new(void);
void patterns_destroy(struct patterns **patterns);

/* NULL when text is no pattern; error (may be cut off) then says why, in English. */
const struct pattern *pattern_compile(struct patterns *patterns, const char *text, char *error, size_t error_size);

enum pattern_answer {
	PATTERN_NO,
	PATTERN_YES,
	PATTERN_UNDECIDED,  /* over the limits */
};

/* text must be UTF-8. */
enum pattern_answer pattern_match(const struct pattern *pattern, const char *text);

#endif
