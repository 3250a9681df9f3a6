/* Growing buffers: the zero behind the bytes, and the maximum that is kept and remembered. */
#include "common/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static void appends_are_one_run_of_bytes_with_a_zero_behind(void **state)
{
	(void)state;
	struct buf buf;
	buf_init(&buf, 100000);
	for (int i = 0; i < 5000; i++)
		buf_printf(&buf, "%04d", i);
	buf_text(&buf, "end");
	buf_append(&buf, "\0!", 2);
	buf_append(&buf, NULL, 0);
	assert_true(buf_ok(&buf));
	assert_int_equal(buf.len, 20005);
	assert_memory_equal(buf.at, "000000010002", 12);
	assert_memory_equal(buf.at + 19996, "4999end\0!", 10);
	buf_clear(&buf);
}

static void an_empty_one_is_an_empty_span(void **state)
{
	(void)state;
	struct buf buf;
	buf_init(&buf, 10);
	assert_int_equal(buf_span(&buf).len, 0);
	assert_non_null(buf_span(&buf).at);
	buf_text(&buf, "");
	assert_string_equal(buf.at, "");
	buf_clear(&buf);
	assert_null(buf.at);
}

static void exactly_the_maximum_fits(void **state)
{
	(void)state;
	struct buf buf;
	buf_init(&buf, 8);
	buf_text(&buf, "1234567");
	buf_printf(&buf, "%c", '8');
	assert_true(buf_ok(&buf));
	assert_string_equal(buf.at, "12345678");
	buf_clear(&buf);
}

/* Nothing after the first loss: a text with a hole in it would look whole. */
static void what_would_pass_the_maximum_is_dropped_and_so_is_all_behind_it(void **state)
{
	(void)state;
	struct buf buf;
	buf_init(&buf, 8);
	buf_text(&buf, "12345");
	buf_text(&buf, "6789");
	buf_text(&buf, "6");
	buf_printf(&buf, "%d", 6);
	assert_false(buf_ok(&buf));
	assert_string_equal(buf.at, "12345");
	buf_reset(&buf);
	buf_printf(&buf, "%s", "123456789");
	assert_false(buf_ok(&buf));
	assert_string_equal(buf.at, "");
	buf_reset(&buf);
	buf_append(&buf, "", SIZE_MAX);
	assert_false(buf_ok(&buf));
	assert_int_equal(buf.len, 0);
	buf_clear(&buf);
}

/* The memory at hand is tried first: a text that it cannot hold comes whole nevertheless. */
static void a_text_longer_than_the_memory_at_hand_comes_whole(void **state)
{
	(void)state;
	struct buf buf;
	char line[600];
	memset(line, 'x', sizeof line - 1);
	line[sizeof line - 1] = '\0';
	for (int before = 250; before < 260; before++) {
		buf_init(&buf, 2000);
		buf_append(&buf, line, (size_t)before);
		buf_printf(&buf, "[%s]", line);
		assert_true(buf_ok(&buf));
		assert_int_equal(buf.len, (size_t)before + sizeof line + 1);
		assert_memory_equal(buf.at + before, "[xx", 3);
		assert_string_equal(buf.at + buf.len - 3, "xx]");
		buf_clear(&buf);
	}
}

static void integers_are_written_as_printf_would(void **state)
{
	static const int64_t NUMBERS[] = {0, 1, -1, 9, 10, -10, 99, 100, INT32_MIN, INT64_MAX, INT64_MIN, INT64_MIN + 1};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(NUMBERS); i++) {
		struct buf buf;
		char expected[32];
		buf_init(&buf, 100);
		buf_integer(&buf, NUMBERS[i]);
		(void)snprintf(expected, sizeof expected, "%lld", (long long)NUMBERS[i]);
		assert_string_equal(buf.at, expected);
		assert_int_equal(buf.len, strlen(expected));
		buf_clear(&buf);
	}
}

static void reset_keeps_the_memory_and_ends_the_text(void **state)
{
	(void)state;
	struct buf buf;
	buf_init(&buf, 100);
	buf_reset(&buf);
	buf_text(&buf, "words");
	const char *at = buf.at;
	buf_reset(&buf);
	assert_ptr_equal(buf.at, at);
	assert_string_equal(buf.at, "");
	assert_int_equal(buf.len, 0);
	buf_clear(&buf);
	buf_text(&buf, "again");
	assert_string_equal(buf.at, "again");
	buf_clear(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends_are_one_run_of_bytes_with_a_zero_behind),
		cmocka_unit_test(an_empty_one_is_an_empty_span),
		cmocka_unit_test(exactly_the_maximum_fits),
		cmocka_unit_test(what_would_pass_the_maximum_is_dropped_and_so_is_all_behind_it),
		cmocka_unit_test(a_text_longer_than_the_memory_at_hand_comes_whole),
		cmocka_unit_test(integers_are_written_as_printf_would),
		cmocka_unit_test(reset_keeps_the_memory_and_ends_the_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
