/* utf8: which bytes are a character (RFC 3629). */
#ifndef EFFREG_UTF8_H
#define EFFREG_UTF8_H

#include "common/base.h"

/* Bytes of the well-formed sequence that starts at `at` (no surrogates, nothing overlong), 0 if none. */
size_t utf8_sequence(const char *at, size_t len);

#endif
