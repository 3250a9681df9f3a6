#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/crypto.h"

static int start(void **state)
{
	(void)state;
	return crypto_init() == STATUS_OK ? 0 : -1;
}

static void a_digest_is_sha_256(void **state)
{
	(void)state;
	char text[SHA256_HEX_SIZE];
	struct sha256 parsed;
	struct sha256 digest = sha256_of("abc", 3);
	sha256_hex(&digest, text);
	assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  /* FIPS 180-2 */
	assert_true(sha256_parse_hex(text, &parsed));
	assert_memory_equal(parsed.bytes, digest.bytes, SHA256_BYTES);
}

static void hex_is_read_only_when_it_is_whole(void **state)
{
	static const char *const TEXTS[] = {"", "0", "00f", "00ff0", "00fg", "0 ff", "00:ff", "0x00"};
	(void)state;
	uint8_t bytes[2] = {1, 1};
	char text[5];
	for (size_t i = 0; i < ARRAY_COUNT(TEXTS); i++) {
		if (hex_parse(TEXTS[i], bytes, sizeof bytes))
			fail_msg("%s", TEXTS[i]);
	}
	assert_true(hex_parse("00Ff", bytes, sizeof bytes));
	hex_format(bytes, sizeof bytes, text);
	assert_string_equal(text, "00ff");
}

/* The expected digest was computed by Python's hashlib from the formula in crypto.h. */
static void the_chain_covers_region_number_time_and_bytes(void **state)
{
	(void)state;
	char text[SHA256_HEX_SIZE];
	struct sha256 genesis = {{0}};
	struct sha256 event = sha256_of("{}", 2);
	struct sha256 head = chain_next(&genesis, "01000000", 1, INT64_C(1675155600000000), &event);
	sha256_hex(&head, text);
	assert_string_equal(text, "58a14bae2edf52925b5a2f8c7b5de5e7d960f29f0f55e7daf1712ac174f7a608");
	struct sha256 others[] = {
		chain_next(&head, "01000000", 1, INT64_C(1675155600000000), &event),
		chain_next(&genesis, "01000001", 1, INT64_C(1675155600000000), &event),
		chain_next(&genesis, "01000000", 2, INT64_C(1675155600000000), &event),
		chain_next(&genesis, "01000000", 1, INT64_C(1675155600000001), &event),
		chain_next(&genesis, "01000000", 1, INT64_C(1675155600000000), &genesis),
	};
	for (size_t i = 0; i < ARRAY_COUNT(others); i++)
		assert_memory_not_equal(others[i].bytes, head.bytes, SHA256_BYTES);
}

/* RFC 8032, section 7.1, test 3. */
static void signatures_are_ed25519(void **state)
{
	static const uint8_t MESSAGE[] = {0xAF, 0x82};
	(void)state;
	uint8_t seed[32];
	uint8_t expected[SIGNATURE_BYTES];
	uint8_t public_key[SIGN_PUBLIC_BYTES];
	uint8_t secret_key[SIGN_SECRET_BYTES];
	uint8_t signature[SIGNATURE_BYTES];
	char public_text[2 * SIGN_PUBLIC_BYTES + 1];
	assert_true(hex_parse("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", seed, sizeof seed));
	assert_true(hex_parse("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
	                      "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a", expected, sizeof expected));
	sign_keypair(seed, public_key, secret_key);
	hex_format(public_key, sizeof public_key, public_text);
	assert_string_equal(public_text, "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
	sign_detached(secret_key, MESSAGE, sizeof MESSAGE, signature);
	assert_memory_equal(signature, expected, sizeof expected);
	assert_true(sign_verify(public_key, MESSAGE, sizeof MESSAGE, signature));
	signature[5] ^= 1;
	assert_false(sign_verify(public_key, MESSAGE, sizeof MESSAGE, signature));
	assert_false(sign_verify(public_key, MESSAGE, 1, expected));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_digest_is_sha_256),
		cmocka_unit_test(hex_is_read_only_when_it_is_whole),
		cmocka_unit_test(the_chain_covers_region_number_time_and_bytes),
		cmocka_unit_test(signatures_are_ed25519),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
