#include "common/token.h"

#define PREFIX_LEN (sizeof TOKEN_PREFIX - 1)

void token_format(const uint8_t random[TOKEN_RANDOM_BYTES], char text[TOKEN_TEXT_SIZE])
{
	memcpy(text, TOKEN_PREFIX, PREFIX_LEN);
	hex_format(random, TOKEN_RANDOM_BYTES, text + PREFIX_LEN);
}

bool token_is_text(const char *text)
{
	return strlen(text) == TOKEN_TEXT_SIZE - 1 && memcmp(text, TOKEN_PREFIX, PREFIX_LEN) == 0 &&
	       strspn(text + PREFIX_LEN, "0123456789abcdef") == (size_t)2 * TOKEN_RANDOM_BYTES;
}

struct sha256 token_digest(const char *text)
{
	return sha256_of(text, strlen(text));
}
