/* token: the bearer tokens by which a region writes over HTTPS: how one looks, and what is stored of it.
 *
 * Pure: the random bytes come from the caller. */
#ifndef EFFREG_TOKEN_H
#define EFFREG_TOKEN_H

#include "common/crypto.h"

#define TOKEN_RANDOM_BYTES 32
#define TOKEN_PREFIX       "effreg_"  /* so that one left in a file or a log can be found */
#define TOKEN_TEXT_SIZE    (sizeof TOKEN_PREFIX + (size_t)2 * TOKEN_RANDOM_BYTES)

void token_format(const uint8_t random[TOKEN_RANDOM_BYTES], char text[TOKEN_TEXT_SIZE]);
/* Is it written as one? Whether it is valid, the centre knows. */
bool token_is_text(const char *text);
/* What the database has in its place. */
struct sha256 token_digest(const char *text);

#endif
