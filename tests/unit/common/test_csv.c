/* RFC 4180, read: rows as texts joined by "|" and "/", so that a case is one line. */
#include "common/csv.h"

#include "common/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static struct arena *arena;
static struct buf joined;

/* The rows read until the end or a fault; the fault's text in *ret_fault, "" when there was none. */
static const char *read_all(struct span text, struct fault *ret_fault)
{
	struct csv_reader reader;
	const char *const *fields;
	size_t count;
	enum status status;
	*ret_fault = (struct fault){.offset = -1};
	arena_reset(arena);
	buf_reset(&joined);
	buf_text(&joined, "");
	csv_reader_init(&reader, text);
	while ((status = csv_read_row(&reader, arena, &fields, &count, ret_fault)) == STATUS_OK) {
		buf_text(&joined, joined.len > 0 ? "/" : "");
		for (size_t i = 0; i < count; i++)
			buf_printf(&joined, "%s%s", i > 0 ? "|" : "", fields[i]);
	}
	if (status != STATUS_NOT_FOUND)
		assert_int_equal(status, ret_fault->status);
	return joined.at;
}

static void rows_and_fields(void **state)
{
	(void)state;
	static const struct {
		const char *text, *rows;
	} CASES[] = {
		{"", ""},
		{"\n\r\n\n", ""},
		{"a", "a"},
		{"a,b\nc,d\n", "a|b/c|d"},
		{"a,b\r\nc,d\r\n", "a|b/c|d"},
		{"a,b\rc,d", "a|b/c|d"},
		{"a,,b", "a||b"},
		{",", "|"},
		{"a,", "a|"},
		{"a\n\n\nb", "a/b"},
		{"\xEF\xBB\xBF" "a,b", "a|b"},
		{"a,\xEF\xBB\xBF" "b", "a|\xEF\xBB\xBF" "b"},
		{"\"a\"", "a"},
		{"\"\"", ""},
		{"\"\",\"\"", "|"},
		{"\"\"\"\"", "\""},
		{"\"a,b\",c", "a,b|c"},
		{"\"say \"\"yes\"\"\",c", "say \"yes\"|c"},
		{"\"two\nlines\",c\nd", "two\nlines|c/d"},
		{"\"two\r\nlines\"\r\nd", "two\r\nlines/d"},
		{" a , b ", " a | b "},
		{"Воронеж;18,5", "Воронеж;18|5"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct fault fault;
		assert_string_equal(read_all(span_of_text(CASES[i].text), &fault), CASES[i].rows);
		assert_string_equal(fault.text, "");
	}
}

static void what_is_no_csv_is_refused_with_its_line(void **state)
{
	(void)state;
	static const struct {
		struct span text;
		const char *fault;
	} CASES[] = {
		{{"a,b\"c", 5}, "line 1: a quote stands inside a field that is not quoted"},
		{{"a\nb\n\"c\"d", 8}, "line 3: there is text behind a closing quote"},
		{{"a\r\n\"b\" ,c", 9}, "line 2: there is text behind a closing quote"},
		{{"\"a\nb\",c\n\"d", 10}, "line 3: a quoted field is never closed"},
		{{"\"", 1}, "line 1: a quoted field is never closed"},
		{{"\"a\"\"", 4}, "line 1: a quoted field is never closed"},
		{{"a,b\nc,d\0e", 9}, "line 2: a field has a zero byte"},
		{{"\"a\0b\"", 5}, "line 1: a field has a zero byte"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct fault fault;
		read_all(CASES[i].text, &fault);
		assert_int_equal(fault.status, STATUS_INVALID);
		assert_string_equal(fault.code, "bad_csv");
		assert_string_equal(fault.text, CASES[i].fault);
	}
}

static void a_row_has_a_maximum_of_fields(void **state)
{
	(void)state;
	static char text[CSV_FIELDS_MAX + 1];
	struct fault fault;
	memset(text, ',', sizeof text);
	read_all(span_of(text, CSV_FIELDS_MAX - 1), &fault);
	assert_string_equal(fault.text, "");
	read_all(span_of(text, CSV_FIELDS_MAX), &fault);
	assert_int_equal(fault.status, STATUS_TOO_LARGE);
}

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

static void write_quoted(struct buf *buf, const char *field)
{
	buf_text(buf, "\"");
	for (const char *c = field; *c != '\0'; c++)
		buf_printf(buf, "%s%c", *c == '"' ? "\"" : "", *c);
	buf_text(buf, "\"");
}

/* Random fields of the bytes that matter, written quoted, come back as they were. */
static void what_was_quoted_comes_back(void **state)
{
	(void)state;
	static const char BYTES[] = "ab\",\n\r \xD0\x96";
	const char *given = getenv("EFFREG_TEST_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 20230914;
	print_message("EFFREG_TEST_SEED=%" PRIu64 "\n", seed);
	struct buf text;
	buf_init(&text, 10000);
	for (int round = 0; round < 2000; round++) {
		char fields[4][9];
		size_t count = 1 + next_random(&seed) % 4;
		buf_reset(&text);
		for (size_t i = 0; i < count; i++) {
			size_t len = next_random(&seed) % 9;
			for (size_t at = 0; at < len; at++)
				fields[i][at] = BYTES[next_random(&seed) % (sizeof BYTES - 1)];
			fields[i][len] = '\0';
			buf_text(&text, i > 0 ? "," : "");
			write_quoted(&text, fields[i]);
		}
		struct csv_reader reader;
		const char *const *read;
		size_t read_count;
		arena_reset(arena);
		csv_reader_init(&reader, buf_span(&text));
		assert_int_equal(csv_read_row(&reader, arena, &read, &read_count, NULL), STATUS_OK);
		assert_int_equal(read_count, count);
		for (size_t i = 0; i < count; i++)
			assert_string_equal(read[i], fields[i]);
		assert_int_equal(csv_read_row(&reader, arena, &read, &read_count, NULL), STATUS_NOT_FOUND);
	}
	buf_clear(&text);
}

static void columns_are_found_by_their_whole_name(void **state)
{
	(void)state;
	static const char *const HEADER[] = {"code", "name", "code"};
	assert_int_equal(csv_find_column(HEADER, 3, "code"), 0);
	assert_int_equal(csv_find_column(HEADER, 3, "name"), 1);
	assert_int_equal(csv_find_column(HEADER, 3, "nam"), -1);
	assert_int_equal(csv_find_column(HEADER, 3, "Name"), -1);
	assert_int_equal(csv_find_column(HEADER, 0, "code"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_and_fields),
		cmocka_unit_test(what_is_no_csv_is_refused_with_its_line),
		cmocka_unit_test(a_row_has_a_maximum_of_fields),
		cmocka_unit_test(what_was_quoted_comes_back),
		cmocka_unit_test(columns_are_found_by_their_whole_name),
	};
	arena = arena_new((size_t)1024 * 1024);
	buf_init(&joined, (size_t)1024 * 1024);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_destroy(&arena);
	buf_clear(&joined);
	return failed;
}
