/* What POST /api/v1/events is asked and answers, as texts. */
#include "services/gateway/gateway_events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>

#define HEX   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TOKEN "effreg_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct buf buf;

static int set_up(void **state)
{
	(void)state;
	buf_init(&buf, (size_t)1024 * 1024);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	buf_clear(&buf);
	return 0;
}

static void assert_written(const char *expected)
{
	assert_true(buf_ok(&buf));
	assert_string_equal(buf.at, expected);
}

static void a_bearer_is_read_and_nothing_else(void **state)
{
	(void)state;
	char token[TOKEN_TEXT_SIZE];
	static const char *const WRONG[] = {NULL, "", "Bearer", "Bearer ", TOKEN, "Basic " TOKEN, "Bearer  " TOKEN, "Bearer " TOKEN " ", "Bearer effreg_0123", "Bearer " TOKEN "0"};
	assert_true(gateway_bearer_read("Bearer " TOKEN, token));
	assert_string_equal(token, TOKEN);
	assert_true(gateway_bearer_read("bearer " TOKEN, token));
	for (size_t i = 0; i < ARRAY_COUNT(WRONG); i++)
		assert_false(gateway_bearer_read(WRONG[i], token));
}

static void a_witness_is_a_number_and_a_hash(void **state)
{
	(void)state;
	static const char *const WRONG[] = {"", "41", "41 ", HEX, " 41 " HEX, "41  " HEX, "41 " HEX "a", "-1 " HEX, "41 zz", "1234567890123456 " HEX};
	uint64_t seq;
	struct sha256 hash;
	struct fault fault;
	assert_int_equal(gateway_witness_read("41 " HEX, &seq, &hash, &fault), STATUS_OK);
	assert_int_equal(seq, 41);
	assert_int_equal(hash.bytes[31], 0xaa);
	for (size_t i = 0; i < ARRAY_COUNT(WRONG); i++) {
		assert_int_equal(gateway_witness_read(WRONG[i], &seq, &hash, &fault), STATUS_INVALID);
		assert_string_equal(fault.code, "bad_witness");
		assert_true(fault.text_ru[0] != '\0');
	}
}

static void the_status_is_that_of_the_worst_result(void **state)
{
	(void)state;
	const struct push_result results[] = {
		{.outcome = PUSH_STORED, .seq = 1}, {.outcome = PUSH_DUPLICATE, .seq = 2}, {.outcome = PUSH_REJECTED, .code = "schema"},
		{.outcome = PUSH_REJECTED, .code = "over_quota"}};
	assert_int_equal(gateway_receipt_http(&(struct push_message){.results = results, .count = 0}), 200);
	assert_int_equal(gateway_receipt_http(&(struct push_message){.results = results, .count = 2}), 200);
	assert_int_equal(gateway_receipt_http(&(struct push_message){.results = results, .count = 3}), 422);
	assert_int_equal(gateway_receipt_http(&(struct push_message){.results = results, .count = 4}), 429);
}

static void a_quota_begins_anew_at_midnight(void **state)
{
	(void)state;
	assert_int_equal(gateway_quota_retry_s(0), 86400);
	assert_int_equal(gateway_quota_retry_s(INT64_C(86399) * 1000000), 1);
	assert_int_equal(gateway_quota_retry_s(INT64_C(1700000000) * 1000000), 86400 - 1700000000 % 86400);
}

static void a_receipt_says_what_an_ack_does_in_both_languages(void **state)
{
	(void)state;
	const struct push_result results[] = {
		{.outcome = PUSH_STORED, .seq = 42, .offset = -1},
		{.outcome = PUSH_DUPLICATE, .seq = 7, .offset = -1},
		{.outcome = PUSH_REJECTED, .code = "schema", .pointer = "/data/stage", .offset = -1, .text = "too high"},
		{.outcome = PUSH_REJECTED, .code = "bad_json", .offset = 211}};
	const struct gateway_words words[] = {{0}, {0}, {"generic", "слишком много"}, {"no JSON", "не JSON"}};
	const struct push_message ack = {.results = results, .count = ARRAY_COUNT(results), .last_seq = 42};
	gateway_receipt_write(&buf, &ack, words);
	assert_written("{\"results\":[{\"stored\":42},{\"duplicate\":7},"
	               "{\"rejected\":\"schema\",\"pointer\":\"/data/stage\",\"text\":\"too high\",\"text_ru\":\"слишком много\"},"
	               "{\"rejected\":\"bad_json\",\"pointer\":\"\",\"offset\":211,\"text\":\"no JSON\",\"text_ru\":\"не JSON\"}],"
	               "\"last_seq\":42,\"head\":\"0000000000000000000000000000000000000000000000000000000000000000\"}\n");
}

/* What the gateway writes is what an agent reads: push_parse_receipt and push_parse_log. */
static void what_is_written_is_read_again(void **state)
{
	(void)state;
	struct arena *arena = arena_new(PUSH_ARENA_BYTES(PUSH_ANSWER_BYTES_MAX));
	const struct push_result results[] = {{.outcome = PUSH_REJECTED, .code = "schema", .pointer = "/a", .offset = -1, .text = "t"}};
	const struct gateway_words words[] = {{"e", "р"}};
	const struct push_message log = {.region = "20000000", .last_seq = 3, .source_sequence = 2, .incarnation = 5, .witness = PUSH_WITNESS_MISMATCH};
	struct push_message read;
	const struct json *json;
	struct fault fault = {.offset = -1};
	gateway_receipt_write(&buf, &(struct push_message){.results = results, .count = 1, .last_seq = 9}, words);
	assert_int_equal(json_parse(arena, buf.at, buf.len, &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	assert_int_equal(push_parse_receipt(arena, json, &read, &fault), STATUS_OK);
	assert_int_equal(read.count, 1);
	assert_string_equal(read.results[0].code, "schema");
	assert_int_equal(read.last_seq, 9);
	assert_int_equal(push_parse_log(json, &read, &fault), STATUS_INVALID);
	buf_reset(&buf);
	gateway_log_write(&buf, &log, true);
	assert_int_equal(json_parse(arena, buf.at, buf.len, &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	assert_int_equal(push_parse_log(json, &read, &fault), STATUS_OK);
	assert_string_equal(read.region, "20000000");
	assert_int_equal(read.source_sequence, 2);
	assert_int_equal(read.incarnation, 5);
	assert_int_equal(read.witness, PUSH_WITNESS_MISMATCH);
	assert_int_equal(push_parse_receipt(arena, json, &read, &fault), STATUS_INVALID);
	buf_reset(&buf);
	gateway_log_write(&buf, &log, false);
	assert_null(strstr(buf.at, "source_sequence"));
	arena_destroy(&arena);
}

static void a_code_that_is_not_known_is_no_receipt(void **state)
{
	(void)state;
	assert_int_equal(gateway_error_find("bad_token")->http, 401);
	assert_int_equal(gateway_error_find("witness_mismatch")->http, 409);
	assert_int_equal(gateway_error_find("something new")->http, 503);
	assert_int_equal(gateway_error_find("something new")->retry_s, 3);
}

static void every_refusal_has_words_in_both_languages(void **state)
{
	(void)state;
	static const char *const CODES[] = {"bad_utf8", "bad_json", "duplicate_key", "too_large", "unknown_type", "schema", "forbidden_region",
	                                    "forbidden_source", "forbidden_type", "conflict", "over_quota", "not_a_correction_target"};
	const struct gateway_words other = gateway_refusal_words("a code of tomorrow");
	assert_true(other.en[0] != '\0' && other.ru[0] != '\0');
	for (size_t i = 0; i < ARRAY_COUNT(CODES); i++) {
		const struct gateway_words words = gateway_refusal_words(CODES[i]);
		assert_string_not_equal(words.en, other.en);
		assert_string_not_equal(words.ru, other.ru);
	}
}

static void trouble_may_say_how_the_log_stands(void **state)
{
	(void)state;
	const struct gateway_words words = {"no", "нет"};
	gateway_trouble_write(&buf, "bad_token", &words, NULL);
	assert_written("{\"error\":{\"code\":\"bad_token\",\"text\":\"no\",\"text_ru\":\"нет\"}}\n");
	buf_reset(&buf);
	gateway_trouble_write(&buf, "witness_mismatch", &words, &(struct push_message){.region = "20000000", .last_seq = 3});
	assert_non_null(strstr(buf.at, "\"log\":{\"region\":\"20000000\",\"last_seq\":3,"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(a_bearer_is_read_and_nothing_else),
		CASE(a_witness_is_a_number_and_a_hash),
		CASE(the_status_is_that_of_the_worst_result),
		CASE(a_quota_begins_anew_at_midnight),
		CASE(a_receipt_says_what_an_ack_does_in_both_languages),
		CASE(what_is_written_is_read_again),
		CASE(a_code_that_is_not_known_is_no_receipt),
		CASE(every_refusal_has_words_in_both_languages),
		CASE(trouble_may_say_how_the_log_stands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
