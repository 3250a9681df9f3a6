/* How a token looks, and what is stored of it. */
#include "common/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void a_token_is_its_random_bytes(void **state)
{
	(void)state;
	uint8_t random[TOKEN_RANDOM_BYTES];
	char text[TOKEN_TEXT_SIZE], hex[SHA256_HEX_SIZE];
	for (size_t i = 0; i < sizeof random; i++)
		random[i] = (uint8_t)i;
	token_format(random, text);
	assert_string_equal(text, "effreg_000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	assert_true(token_is_text(text));
	/* printf %s "effreg_0001…1f" | sha256sum */
	const struct sha256 digest = token_digest(text);
	sha256_hex(&digest, hex);
	assert_string_equal(hex, "132d8a5ec319d8b90f2cd7d4eaf985758a6a96750a8eefbfb4ede62e98288963");
}

static void nothing_else_is_a_token(void **state)
{
	(void)state;
	static const char *const WRONG[] = {
		"", "effreg_", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		"effreg_000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1", "effreg_000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f0",
		"effreg_000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", "Effreg_000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		"effreg_000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e\n0"};
	for (size_t i = 0; i < ARRAY_COUNT(WRONG); i++)
		assert_false(token_is_text(WRONG[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_its_random_bytes),
		cmocka_unit_test(nothing_else_is_a_token),
	};
	return crypto_init() == STATUS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
