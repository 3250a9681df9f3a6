/* schema_ecma: a pattern of ECMA-262 with the flag u, written again for PCRE2 (UTF, without UCP).
 *
 * The two languages share their looks and differ in meaning: \s, \v, a dot, [:alpha:], \p{Letter}, \cA, \u{1F600}, (*UTF).
 * What PCRE2 alone knows (possessive quantifiers, recursion, verbs, \A, \Q, inline flags) is refused. Wider than the flag u:
 * a backslash before any ASCII punctuation means the character itself, and so do a brace or a closing bracket that nothing
 * opens. Narrower: no lone surrogate, and look-behind as far as PCRE2 has it. */
#ifndef EFFREG_SCHEMA_ECMA_H
#define EFFREG_SCHEMA_ECMA_H

#include "common/buf.h"

/* What the translation of len bytes takes at most: \S in a class becomes a list of ranges. */
#define ECMA_BYTES_MAX(len) (128 * (size_t)(len) + 64)

struct ecma_error {
	const char *reason;
	size_t offset;  /* into the pattern */
};

/* Appends the translation of pattern (UTF-8). False with *ret_error when it is no pattern; what PCRE2 checks in the same way,
 * such as groups that are not closed, is left to it. */
bool ecma_translate(struct buf *buf, const char *pattern, struct ecma_error *ret_error) MUST_CHECK;

#endif
