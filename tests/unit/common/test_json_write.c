#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/json.h"

static void a_document_is_written_with_its_commas_and_quotes(void **state)
{
	(void)state;
	struct buf buf;
	struct json_writer writer;
	buf_init(&buf, 4096);
	json_writer_init(&writer, &buf);
	json_write_object(&writer);
	json_member_string(&writer, "text", "a\"b\\c\n\x01/\xD1\x8F");
	json_member_string(&writer, "none", NULL);
	json_member_integer(&writer, "least", INT64_MIN);
	json_write_name(&writer, "list");
	json_write_array(&writer);
	json_write_integer(&writer, 1);
	json_write_array(&writer);
	json_write_array_end(&writer);
	json_write_object(&writer);
	json_member_bool(&writer, "yes", true);
	json_write_object_end(&writer);
	json_write_span(&writer, span_of("xyz", 2));
	json_write_array_end(&writer);
	json_member_null(&writer, "nil");
	json_member_raw(&writer, "raw", span_of_text("{\"a\": 48.40}"));
	json_write_object_end(&writer);
	assert_true(buf_ok(&buf));
	assert_string_equal(buf.at, "{\"text\":\"a\\\"b\\\\c\\n\\u0001/\xD1\x8F\",\"none\":null,"
	                            "\"least\":-9223372036854775808,\"list\":[1,[],{\"yes\":true},\"xy\"],"
	                            "\"nil\":null,\"raw\":{\"a\": 48.40}}");
	buf_clear(&buf);
}

static void broken_utf8_is_written_as_replacement_characters(void **state)
{
	static const struct {
		const char *text;
		const char *quoted;
	} ROWS[] = {
		{"", "\"\""},
		{"a\xFFz", "\"a\xEF\xBF\xBDz\""},
		{"\xD1", "\"\xEF\xBF\xBD\""},
		{"\xD1\x8F\xD1", "\"\xD1\x8F\xEF\xBF\xBD\""},
		{"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
		{"\b\f\n\r\t\x1F\x7F", "\"\\b\\f\\n\\r\\t\\u001f\x7F\""},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		struct buf buf;
		buf_init(&buf, 256);
		json_quote(&buf, span_of_text(ROWS[i].text));
		assert_string_equal(buf.at, ROWS[i].quoted);
		buf_clear(&buf);
	}
}

static void a_pointer_grows_by_escaped_tokens_and_is_cut_between_characters(void **state)
{
	static const struct {
		const char *before;
		const char *token;
		size_t size;
		const char *after;
	} ROWS[] = {
		{"", "a", 32, "/a"},
		{"/a", "", 32, "/a/"},
		{"/data", "x/y~z", 32, "/data/x~1y~0z"},
		{"", "abcdef", 4, "/ab"},
		{"", "a/b", 4, "/a"},
		{"", "\xD1\x8F\xD1\x8F", 5, "/\xD1\x8F"},
		{"/ab", "c", 4, "/ab"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		char pointer[32];
		memcpy(pointer, ROWS[i].before, strlen(ROWS[i].before) + 1);
		json_pointer_append(pointer, ROWS[i].size, ROWS[i].token);
		assert_string_equal(pointer, ROWS[i].after);
	}
}

static void check_canonical(const char *text, enum status expected, const char *canonical)
{
	struct arena *arena = arena_new(1 << 20);
	const struct json *json = NULL;
	struct buf buf;
	buf_init(&buf, 4096);
	assert_int_equal(json_parse(arena, text, strlen(text), &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	assert_int_equal(json_canonical(&buf, json), expected);
	if (expected == STATUS_OK)
		assert_string_equal(buf.at, canonical);
	buf_clear(&buf);
	arena_destroy(&arena);
}

static void the_canonical_form_is_that_of_rfc_8785(void **state)
{
	(void)state;
	check_canonical(" { \"b\" : [ 1 , -0, 2.0, true, null ] , \"a\" : { } } ", STATUS_OK,
	                "{\"a\":{},\"b\":[1,0,2,true,null]}");
	/* RFC 8785, section 3.2.3: the order of UTF-16 code units */
	check_canonical("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\","
	                "\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
	                "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}", STATUS_OK,
	                "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\","
	                "\"\xC3\xB6\":\"Latin Small Letter O With Diaeresis\",\"\xE2\x82\xAC\":\"Euro Sign\","
	                "\"\xF0\x9F\x98\x80\":\"Emoji: Grinning Face\",\"\xEF\xAC\xB3\":\"Hebrew Letter Dalet With Dagesh\"}");
	/* RFC 8785, section 3.2.2.2 */
	check_canonical("\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\"", STATUS_OK,
	                "\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"");
	check_canonical("{\"ab\":1,\"a\":2,\"\":3}", STATUS_OK, "{\"\":3,\"a\":2,\"ab\":1}");
	check_canonical("9007199254740992", STATUS_OK, "9007199254740992");
}

/* The texts are those of ECMAScript's Number::toString: RFC 8785, appendix B, and its neighbours. */
static void canonical_numbers_are_the_shortest(void **state)
{
	(void)state;
	static const char *const ROWS[][2] = {
		{"0.5", "0.5"}, {"-61.90200", "-61.902"}, {"1e17", "100000000000000000"}, {"4.50", "4.5"}, {"2e-3", "0.002"},
		{"0.000001", "0.000001"}, {"0.000000000000000000000000001", "1e-27"}, {"333333333.33333329", "333333333.3333333"},
		{"1E30", "1e+30"}, {"5e-324", "5e-324"}, {"-1.7976931348623157e+308", "-1.7976931348623157e+308"},
		{"295147905179352830000.5", "295147905179352830000"}, {"1e21", "1e+21"},
		{"9999999999999999e5", "999999999999999900000"}, {"0.1000000000000000055", "0.1"}, {"1.5e-7", "1.5e-7"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++)
		check_canonical(ROWS[i][0], STATUS_OK, ROWS[i][1]);
}

static void a_canonical_form_that_does_not_fit_is_refused(void **state)
{
	(void)state;
	struct arena *arena = arena_new(1 << 20);
	const struct json *json = NULL;
	struct buf buf;
	buf_init(&buf, 8);
	assert_int_equal(json_parse(arena, "[1,2,3,4,5]", 11, &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	assert_int_equal(json_canonical(&buf, json), STATUS_TOO_LARGE);
	buf_clear(&buf);
	arena_destroy(&arena);
}

static void a_deep_document_still_has_a_canonical_form(void **state)
{
	(void)state;
	struct buf buf;
	buf_init(&buf, 1024);
	for (int i = 0; i < 64; i++)
		buf_text(&buf, "[");
	for (int i = 0; i < 64; i++)
		buf_text(&buf, "]");
	check_canonical(buf.at, STATUS_OK, buf.at);
	buf_clear(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_is_written_with_its_commas_and_quotes),
		cmocka_unit_test(broken_utf8_is_written_as_replacement_characters),
		cmocka_unit_test(a_pointer_grows_by_escaped_tokens_and_is_cut_between_characters),
		cmocka_unit_test(the_canonical_form_is_that_of_rfc_8785),
		cmocka_unit_test(canonical_numbers_are_the_shortest),
		cmocka_unit_test(a_canonical_form_that_does_not_fit_is_refused),
		cmocka_unit_test(a_deep_document_still_has_a_canonical_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
