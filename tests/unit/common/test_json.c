#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/json.h"

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)

static const struct json *parse(struct arena *arena, const char *text)
{
	const struct json *json = NULL;
	struct fault fault = {0};
	enum status status = json_parse(arena, text, strlen(text), &JSON_LIMITS_DOCUMENT, &json, &fault);
	if (status != STATUS_OK)
		fail_msg("%s: %s at %ld: %s", text, fault.code, fault.offset, fault.text);
	return json;
}

struct refusal {
	const char *text;
	const char *code;
	long offset;
};

static void a_strict_reader_refuses_what_readers_understand_differently(void **state)
{
	static const struct refusal REFUSALS[] = {
		{"", "bad_json", 0},
		{"   ", "bad_json", 3},
		{"\xEF\xBB\xBF{}", "bad_json", 0},
		{"{} x", "bad_json", 3},
		{"{}{}", "bad_json", 2},
		{"{\"a\":1", "bad_json", 6},
		{"{\"a\" 1}", "bad_json", 5},
		{"{\"a\":1,}", "bad_json", 7},
		{"{a:1}", "bad_json", 1},
		{"{'a':1}", "bad_json", 1},
		{"{,}", "bad_json", 1},
		{"[1,]", "bad_json", 3},
		{"[,1]", "bad_json", 1},
		{"[1 2]", "bad_json", 3},
		{"[1", "bad_json", 2},
		{"]", "bad_json", 0},
		{"nul", "bad_json", 3},
		{"nulL", "bad_json", 3},
		{"truee", "bad_json", 4},
		{"NaN", "bad_json", 0},
		{"Infinity", "bad_json", 0},
		{"+1", "bad_json", 0},
		{".5", "bad_json", 0},
		{"01", "bad_json", 0},
		{"-01", "bad_json", 1},
		{"[00]", "bad_json", 1},
		{"1.", "bad_json", 2},
		{"-", "bad_json", 1},
		{"1e", "bad_json", 2},
		{"1e+", "bad_json", 3},
		{"1.e5", "bad_json", 2},
		{"0x10", "bad_json", 1},
		{"[1e999]", "bad_json", 1},
		{"-1e309", "bad_json", 0},
		{"1e99999999999999999999999", "bad_json", 0},
		{"17976931348623158999e289", "bad_json", 0},
		{"9007199254740993", "bad_json", 0},
		{"[-9007199254740993]", "bad_json", 1},
		{"123456789012345678901234567890", "bad_json", 0},
		{"0.1234567890123456789012345678901234567890123456789012345678901234", "bad_json", 0},
		{"\"abc", "bad_json", 4},
		{"\"a\nb\"", "bad_json", 2},
		{"\"a\x1F\"", "bad_json", 2},
		{"\"\\x41\"", "bad_json", 2},
		{"\"\\", "bad_json", 2},
		{"\"\\u12G4\"", "bad_json", 5},
		{"\"\\u00", "bad_json", 5},
		{"\"a\\u0000b\"", "bad_json", 2},
		{"\"\\ud800\"", "bad_json", 1},
		{"\"\\udc00\"", "bad_json", 1},
		{"\"\\ud800\\n\"", "bad_json", 1},
		{"\"\\ud800\\ud800\"", "bad_json", 1},
		{"[\xC3\xA4]", "bad_json", 1},
		{"\"\xFF\"", "bad_utf8", 1},
		{"\"a\x80\"", "bad_utf8", 2},
		{"\"\xC3\"", "bad_utf8", 1},
		{"\"\xC3", "bad_utf8", 1},
		{"\"\xC0\xAF\"", "bad_utf8", 1},
		{"\"\xE0\x80\xAF\"", "bad_utf8", 1},
		{"\"\xF0\x80\x80\xAF\"", "bad_utf8", 1},
		{"\"\xED\xA0\x80\"", "bad_utf8", 1},
		{"\"\xF4\x90\x80\x80\"", "bad_utf8", 1},
		{"\"\xF5\x80\x80\x80\"", "bad_utf8", 1},
		{"[1,\x80]", "bad_utf8", 3},
		{"{\"\xD0\":1}", "bad_utf8", 2},
		{"{\"a\":1,\"a\":2}", "duplicate_key", 7},
		{"{\"a\":1,\"\\u0061\":2}", "duplicate_key", 7},
		{"{\"\\n\":1,\"b\":2,\"\\u000a\":3}", "duplicate_key", 14},
		{"{\"\\ud83d\\ude00\":1,\"\xF0\x9F\x98\x80\":2}", "duplicate_key", 18},
		{"[{\"x\":{\"a\":1,\"b\":2,\"a\":3}}]", "duplicate_key", 19},
		{"{\"\":1,\"\":2}", "duplicate_key", 6},
		{"{\"a\":1,\"a\":2,}", "duplicate_key", 7},
	};
	(void)state;
	struct arena *arena = arena_new(ARENA_BYTES);
	for (size_t i = 0; i < ARRAY_COUNT(REFUSALS); i++) {
		const struct refusal *row = &REFUSALS[i];
		const struct json *json = NULL;
		struct fault fault = {0};
		enum status status = json_parse(arena, row->text, strlen(row->text), &JSON_LIMITS_DOCUMENT, &json, &fault);
		if (status != STATUS_INVALID || !text_equal(fault.code, row->code) || fault.offset != row->offset)
			fail_msg("%s: %s, %s at %ld", row->text, status_name(status), fault.code, fault.offset);
		assert_null(json);
		assert_true(fault.text[0] != '\0' && fault.text_ru[0] != '\0' && !text_equal(fault.text, fault.text_ru));
	}
	arena_destroy(&arena);
}

static void a_zero_byte_in_the_text_is_refused_where_it_stands(void **state)
{
	(void)state;
	struct arena *arena = arena_new(ARENA_BYTES);
	const struct json *json = NULL;
	struct fault fault = {0};
	assert_int_equal(json_parse(arena, "[\"a\0b\"]", 7, &JSON_LIMITS_EVENT, &json, &fault), STATUS_INVALID);
	assert_int_equal(fault.offset, 3);
	assert_int_equal(json_parse(arena, "[1]\0", 4, &JSON_LIMITS_EVENT, &json, &fault), STATUS_INVALID);
	assert_int_equal(fault.offset, 3);
	assert_int_equal(json_parse(arena, "\"\\\0\"", 4, &JSON_LIMITS_EVENT, &json, &fault), STATUS_INVALID);
	assert_int_equal(fault.offset, 2);
	arena_destroy(&arena);
}

/* "aaa?aaa": ? is byte, behind place others; expected: the code of the fault, or NULL. */
static void expect_at(struct arena *arena, size_t place, size_t len, unsigned byte, const char *expected)
{
	char text[64];
	const struct json *json = NULL;
	struct fault fault = {0};
	text[0] = '"';
	memset(text + 1, 'a', len);
	text[1 + place] = (char)byte;
	text[1 + len] = '"';
	arena_reset(arena);
	enum status status = json_parse(arena, text, len + 2, &JSON_LIMITS_EVENT, &json, &fault);
	if (expected == NULL) {
		assert_int_equal(status, STATUS_OK);
		assert_memory_equal(json_string(json), text + 1, len);
		assert_int_equal(strlen(json_string(json)), len);
		return;
	}
	if (status != STATUS_INVALID || !text_equal(fault.code, expected) || fault.offset != (long)(place + (byte == '"' ? 2 : 1)))
		fail_msg("byte %02x at %zu of %zu: %s, %s at %ld", byte, place, len, status_name(status), fault.code, fault.offset);
}

/* Strings are looked through by eight bytes at a time. */
static void what_may_not_stand_in_a_string_is_found_at_every_place_of_it(void **state)
{
	(void)state;
	struct arena *arena = arena_new(ARENA_BYTES);
	for (size_t len = 1; len <= 26; len++) {
		for (size_t place = 0; place < len; place++) {
			for (unsigned byte = 0; byte < 256; byte++) {
				if (byte == '\\')
					continue;  /* what it means depends on what follows */
				expect_at(arena, place, len, byte, byte >= 0x80 ? "bad_utf8" : byte < 0x20 || byte == '"' ? "bad_json" : NULL);
			}
		}
	}
	arena_destroy(&arena);
}

static void valid_texts_are_read_whole(void **state)
{
	static const char *const TEXTS[] = {
		"{}", "[]", " [ ] ", "\t{\r\n} ", "0", "-0", "-0.0", "1e5", "1E-5", "0.5e+10", "9007199254740992",
		"-9007199254740992", "9007199254740993.0", "1e308", "1e-400", "1e17", "1.7976931348623157e308", "\"\"",
		"\"\\ud83d\\ude00\"", "\"\xF0\x9F\x98\x80\"", "\"\x7F\"", "[[[]],{\"a\":[{}]}]", "true", "false", "null",
		"{\"a\":1,\"A\":2,\"\":3}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\"",
	};
	(void)state;
	struct arena *arena = arena_new(ARENA_BYTES);
	for (size_t i = 0; i < ARRAY_COUNT(TEXTS); i++)
		assert_non_null(parse(arena, TEXTS[i]));
	arena_destroy(&arena);
}

static void limits_are_refused_as_too_large(void **state)
{
	static const struct json_limits LIMITS = {.bytes_max = 64, .depth_max = 2, .members_max = 2};
	static const struct refusal REFUSALS[] = {
		{"[[[1]]]", "too_large", 2},
		{"{\"a\":{\"b\":{}}}", "too_large", 10},
		{"{\"a\":1,\"b\":2,\"c\":3}", "too_large", 13},
		{"                                                                 1", "too_large", 64},
	};
	(void)state;
	struct arena *arena = arena_new(ARENA_BYTES);
	const struct json *json = NULL;
	assert_int_equal(json_parse(arena, "[[1],{\"a\":1,\"b\":2}]", 19, &LIMITS, &json, NULL), STATUS_OK);
	for (size_t i = 0; i < ARRAY_COUNT(REFUSALS); i++) {
		struct fault fault = {0};
		const char *text = REFUSALS[i].text;
		assert_int_equal(json_parse(arena, text, strlen(text), &LIMITS, &json, &fault), STATUS_TOO_LARGE);
		assert_string_equal(fault.code, REFUSALS[i].code);
		assert_int_equal(fault.offset, REFUSALS[i].offset);
	}
	arena_destroy(&arena);
}

/* {"k0":0,…,"kn":n} with, at the end, another member of that name */
static void write_members(struct buf *buf, unsigned count, const char *last)
{
	buf_text(buf, "{");
	for (unsigned i = 0; i < count; i++)
		buf_printf(buf, "\"k%u\":%u,", i, i);
	buf_printf(buf, "\"%s\":0}", last);
}

static void a_duplicate_is_found_among_many_names(void **state)
{
	static const unsigned COUNTS[] = {1, 15, 16, 17, 63, 64, 65, 1000, 60000};
	(void)state;
	struct arena *arena = arena_new(ARENA_BYTES);
	struct buf buf;
	buf_init(&buf, 4 << 20);
	for (size_t i = 0; i < ARRAY_COUNT(COUNTS); i++) {
		const struct json *json = NULL;
		struct fault fault = {0};
		arena_reset(arena);
		buf_reset(&buf);
		write_members(&buf, COUNTS[i], "k");
		assert_int_equal(json_parse(arena, buf.at, buf.len, &JSON_LIMITS_DOCUMENT, &json, &fault), STATUS_OK);
		assert_int_equal(json_count(json), COUNTS[i] + 1);
		for (unsigned twice = 0; twice < COUNTS[i]; twice += COUNTS[i] / 7 + 1) {
			char name[32];
			snprintf(name, sizeof name, "\\u006b%u", twice);
			arena_reset(arena);
			buf_reset(&buf);
			write_members(&buf, COUNTS[i], name);
			assert_int_equal(json_parse(arena, buf.at, buf.len, &JSON_LIMITS_DOCUMENT, &json, &fault), STATUS_INVALID);
			assert_string_equal(fault.code, "duplicate_key");
			assert_int_equal(fault.offset, (long)(buf.len - strlen(name) - 5));
		}
	}
	buf_clear(&buf);
	arena_destroy(&arena);
}

static void repeated(struct buf *buf, const char *open, const char *part, const char *close)
{
	buf_reset(buf);
	buf_text(buf, open);
	while (buf->len < 60000)
		buf_text(buf, part);
	buf_text(buf, close);
}

static void the_arena_taken_stays_within_the_stated_bound(void **state)
{
	static const char *const PARTS[][3] = {
		{"[", "0,", "0]"},
		{"[", "[],", "0]"},
		{"[", "{\"\\n\":0},", "0]"},
		{"[", "{\"a\":0,\"b\":0},", "0]"},
		{"[", "{\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,\"h\":0,\"i\":0,\"j\":0,\"k\":0,\"l\":0,"
		      "\"m\":0,\"n\":0,\"o\":0,\"p\":0,\"\\n\":0},", "0]"},
		{"[", "\"\",", "\"\"]"},
	};
	(void)state;
	struct buf buf;
	const struct json *json = NULL;
	buf_init(&buf, 1 << 20);
	for (size_t i = 0; i < ARRAY_COUNT(PARTS); i++) {
		repeated(&buf, PARTS[i][0], PARTS[i][1], PARTS[i][2]);
		struct arena *arena = arena_new(JSON_ARENA_BYTES(buf.len));
		assert_int_equal(json_parse(arena, buf.at, buf.len, &JSON_LIMITS_EVENT, &json, NULL), STATUS_OK);
		arena_destroy(&arena);
	}
	buf_reset(&buf);
	buf_text(&buf, "{");
	for (unsigned i = 0; i < 60000; i++)
		buf_printf(&buf, "\"%x\":0,", i);
	buf_text(&buf, "\"x\":0}");
	struct arena *arena = arena_new(JSON_ARENA_BYTES(buf.len));
	assert_int_equal(json_parse(arena, buf.at, buf.len, &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	arena_destroy(&arena);
	/* A node for every byte, as deep as it may go; then it is refused. */
	static const struct json_limits DEEPEST = {.bytes_max = 1 << 20, .depth_max = 256, .members_max = 256};
	for (unsigned deep = 1; deep <= 300; deep++) {
		buf_reset(&buf);
		for (unsigned i = 0; i < deep; i++)
			buf_text(&buf, "[");
		arena = arena_new(JSON_ARENA_BYTES(buf.len));
		assert_int_equal(json_parse(arena, buf.at, buf.len, &DEEPEST, &json, NULL), deep <= 256 ? STATUS_INVALID : STATUS_TOO_LARGE);
		arena_destroy(&arena);
	}
	buf_clear(&buf);
}

static void values_are_read_back_by_type_and_name(void **state)
{
	(void)state;
	struct arena *arena = arena_new(ARENA_BYTES);
	const struct json *json = parse(arena, "{\"n\":48.5,\"i\":-7,\"s\":\"\xD1\x8F \\ud83d\\ude00\",\"t\":true,"
	                                       "\"z\":null,\"a\":[1,[2],{}],\"S\":1}");
	int64_t integer = 0;
	assert_true(json_number(json_find(json, "n")) == 48.5);
	assert_false(json_integer(json_find(json, "n"), &integer));
	assert_true(json_integer(json_find(json, "i"), &integer));
	assert_int_equal(integer, -7);
	assert_int_equal(json_integer_at(parse(arena, "[3,-4]"), 1), -4);
	assert_int_equal(json_integer_at(parse(arena, "[3,-4]"), 2), 0);
	assert_int_equal(json_integer_at(parse(arena, "[\"3\"]"), 0), 0);
	assert_int_equal(json_integer_at(NULL, 0), 0);
	assert_false(json_integer(json_find(json, "s"), &integer));
	assert_false(json_integer(parse(arena, "1e17"), &integer));
	assert_true(json_integer(parse(arena, "1.0"), &integer));
	assert_string_equal(json_find_string(json, "s"), "\xD1\x8F \xF0\x9F\x98\x80");
	assert_null(json_find_string(json, "i"));
	assert_null(json_find_string(json, "N"));
	assert_true(json_bool(json_find(json, "t")));
	assert_true(json_is(json_find(json, "z"), JSON_NULL));
	assert_false(json_is(NULL, JSON_NULL));
	assert_null(json_find(json_find(json, "a"), "n"));
	assert_null(json_find(NULL, "n"));
	const struct json *array = json_find(json, "a");
	assert_int_equal(json_count(array), 3);
	assert_int_equal(json_type(json_next(json_first(array))), JSON_ARRAY);
	assert_null(json_name(json_first(array)));
	assert_string_equal(json_name(array), "a");
	assert_null(json_first(json_find(json, "s")));
	arena_destroy(&arena);
}

static void equality_is_that_of_json_schema(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		bool equal;
	} PAIRS[] = {
		{"1", "1.0", true},
		{"-0", "0", true},
		{"1", "true", false},
		{"0", "false", false},
		{"\"1\"", "1", false},
		{"{\"a\":1,\"b\":[2]}", "{\"b\":[2.0],\"a\":1}", true},
		{"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
		{"{\"a\":1}", "{\"b\":1}", false},
		{"{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":1}", false},
		{"[1,2]", "[2,1]", false},
		{"[1,2]", "[1]", false},
		{"[]", "{}", false},
		{"null", "null", true},
		{"\"\\u0061\"", "\"a\"", true},
	};
	(void)state;
	struct arena *arena = arena_new(ARENA_BYTES);
	for (size_t i = 0; i < ARRAY_COUNT(PAIRS); i++) {
		const struct json *a = parse(arena, PAIRS[i].a);
		const struct json *b = parse(arena, PAIRS[i].b);
		if (json_equal(a, b) != PAIRS[i].equal || (json_hash(a) == json_hash(b)) != PAIRS[i].equal)
			fail_msg("%s and %s", PAIRS[i].a, PAIRS[i].b);
	}
	arena_destroy(&arena);
}

static void trees_in_two_arenas_do_not_depend_on_each_other(void **state)
{
	(void)state;
	struct arena *first = arena_new(ARENA_BYTES);
	struct arena *second = arena_new(ARENA_BYTES);
	parse(first, "{\"a\":\"first\"}");
	const struct json *b = parse(second, "{\"a\":\"second\"}");
	arena_destroy(&first);
	assert_string_equal(json_find_string(b, "a"), "second");
	arena_destroy(&second);
}

/* ---- The same tree as cJSON's own parser builds ---- */

static uint32_t random_state;

/* xorshift32 (Marsaglia, 2003) */
static uint32_t random_below(uint32_t bound)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % bound;
}

#define RANDOM_OF(list) (list)[random_below(ARRAY_COUNT(list))]

static void write_random_space(struct buf *buf)
{
	static const char *const SPACES[] = {"", "", "", " ", "\t", "\r\n", "  "};
	buf_text(buf, RANDOM_OF(SPACES));
}

static void write_random_string(struct buf *buf)
{
	static const char *const PIECES[] = {
		"a", "Я", "€", "\xF0\x9F\x98\x80", "\x7F", "/", "long plain text ", "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t",
		"\\u0001", "\\u00e9", "\\u0416", "\\u20AC", "\\ud83d\\ude00", "\\uDBFF\\uDFFF",
	};
	buf_text(buf, "\"");
	for (uint32_t pieces = random_below(6); pieces > 0; pieces--)
		buf_text(buf, RANDOM_OF(PIECES));
	buf_text(buf, "\"");
}

static void write_random_number(struct buf *buf)
{
	static const char *const NUMBERS[] = {
		"0", "-0", "0.0", "-0.5", "48.40", "1e5", "1E-5", "0.1e+10", "9007199254740992", "-9007199254740992", "9007199254740993.0", "1e308",
		"5e-324", "1e-400", "1.7976931348623157e308", "0.30000000000000004", "2147483648", "-2147483649", "123456789012345678901234567890.5",
		"0e99999999999999999999", "1e-99999999999999999999", "0.000000000000000000000000000000000000000000000000000000000001",
	};
	if (random_below(2) == 0)
		buf_text(buf, RANDOM_OF(NUMBERS));
	else
		buf_printf(buf, "%s%u.%u", random_below(2) == 0 ? "-" : "", random_below(1000000), random_below(1000000));
}

static void write_random_value(struct buf *buf, unsigned depth);

static void write_random_items(struct buf *buf, unsigned depth, bool named)
{
	uint32_t count = random_below(random_below(8) == 0 ? 40 : 5);
	for (uint32_t i = 0; i < count; i++) {
		buf_text(buf, i == 0 ? "" : ",");
		write_random_space(buf);
		if (named)
			buf_printf(buf, "\"%s%u\" :", random_below(4) == 0 ? "\\u0438\\/" : "name", i);
		write_random_value(buf, depth + 1);
		write_random_space(buf);
	}
}

static void write_random_value(struct buf *buf, unsigned depth)
{
	static const char *const LITERALS[] = {"true", "false", "null"};
	uint32_t kind = random_below(depth < 6 ? 6 : 4);
	write_random_space(buf);
	if (kind < 2)
		write_random_string(buf);
	else if (kind == 2)
		write_random_number(buf);
	else if (kind == 3)
		buf_text(buf, RANDOM_OF(LITERALS));
	else {
		buf_text(buf, kind == 4 ? "[" : "{");
		write_random_items(buf, depth, kind == 5);
		write_random_space(buf);
		buf_text(buf, kind == 4 ? "]" : "}");
	}
}

/* Down to the bits of a number. */
static void expect_same_tree(const struct json *json, const cJSON *peer, const char *text)
{
	const cJSON *node = (const cJSON *)(const void *)json;
	if (node->type != peer->type || node->valueint != peer->valueint ||
	    memcmp(&node->valuedouble, &peer->valuedouble, sizeof peer->valuedouble) != 0)
		fail_msg("%s: a value of type %x and %g, where cJSON has %x and %g", text, (unsigned)node->type, node->valuedouble,
		         (unsigned)peer->type, peer->valuedouble);
	if (!text_equal(node->valuestring == NULL ? "-" : node->valuestring, peer->valuestring == NULL ? "-" : peer->valuestring) ||
	    !text_equal(node->string == NULL ? "-" : node->string, peer->string == NULL ? "-" : peer->string))
		fail_msg("%s: another string or name than cJSON has", text);
	const cJSON *child = node->child, *peer_child = peer->child;
	for (; child != NULL && peer_child != NULL; child = child->next, peer_child = peer_child->next) {
		expect_same_tree((const struct json *)(const void *)child, peer_child, text);
		bool linked = child == node->child ? child->prev->next == NULL : child->prev->next == child;
		if (!linked)
			fail_msg("%s: a child is not linked back", text);
	}
	if (child != NULL || peer_child != NULL)
		fail_msg("%s: another number of children than cJSON has", text);
}

static void a_random_text_gives_the_tree_of_cjson(void **state)
{
	enum { ROUNDS = 20000 };
	const char *seed = getenv("EFFREG_TEST_SEED");
	struct arena *arena = arena_new(ARENA_BYTES);
	struct buf text;
	(void)state;
	random_state = (seed != NULL ? (uint32_t)strtoul(seed, NULL, 10) : (uint32_t)time(NULL)) | 1;
	print_message("# EFFREG_TEST_SEED=%u\n", random_state);
	buf_init(&text, ARENA_BYTES);
	for (int round = 0; round < ROUNDS; round++) {
		buf_reset(&text);
		arena_reset(arena);
		write_random_value(&text, 0);
		cJSON *peer = cJSON_ParseWithLength(text.at, text.len);
		assert_non_null(peer);
		expect_same_tree(parse(arena, text.at), peer, text.at);
		cJSON_Delete(peer);
	}
	buf_clear(&text);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_strict_reader_refuses_what_readers_understand_differently),
		cmocka_unit_test(a_zero_byte_in_the_text_is_refused_where_it_stands),
		cmocka_unit_test(what_may_not_stand_in_a_string_is_found_at_every_place_of_it),
		cmocka_unit_test(valid_texts_are_read_whole),
		cmocka_unit_test(limits_are_refused_as_too_large),
		cmocka_unit_test(a_duplicate_is_found_among_many_names),
		cmocka_unit_test(the_arena_taken_stays_within_the_stated_bound),
		cmocka_unit_test(values_are_read_back_by_type_and_name),
		cmocka_unit_test(equality_is_that_of_json_schema),
		cmocka_unit_test(trees_in_two_arenas_do_not_depend_on_each_other),
		cmocka_unit_test(a_random_text_gives_the_tree_of_cjson),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
