/* Statuses and faults: every status has a name, a sentence and a group; a fault is always well-formed UTF-8. */
#include "common/status.h"
#include "tests/unit/common/dies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>

#define COUNT_ONE(name, group, text) +1
enum { STATUSES = 0 STATUS_MAP(COUNT_ONE) };

static void every_status_has_a_name_and_a_sentence_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < STATUSES; i++) {
		assert_true(strlen(status_name((enum status)i)) > 1);
		assert_true(strlen(status_text((enum status)i)) > 3);
		for (int other = 0; other < i; other++) {
			assert_string_not_equal(status_name((enum status)i), status_name((enum status)other));
			assert_string_not_equal(status_text((enum status)i), status_text((enum status)other));
		}
	}
}

static void a_status_is_named_as_the_header_says(void **state)
{
	(void)state;
	assert_string_equal(status_name(STATUS_NOT_FOUND), "NOT_FOUND");
	assert_string_equal(status_name(STATUS_UNKNOWN_OUTCOME), "UNKNOWN_OUTCOME");
}

static void only_ok_is_in_the_group_ok(void **state)
{
	(void)state;
	for (int i = 0; i < STATUSES; i++)
		assert_int_equal(status_group((enum status)i) == STATUS_GROUP_OK, i == STATUS_OK);
	assert_int_equal(status_group(STATUS_UNKNOWN_OUTCOME), STATUS_GROUP_TRANSIENT);
	assert_int_equal(status_group(STATUS_CONFLICT), STATUS_GROUP_CONFLICT);
	assert_int_equal(status_group(STATUS_FORBIDDEN), STATUS_GROUP_REJECTED);
}

static void ask_beyond(void *context)
{
	(void)context;
	status_name((enum status)STATUSES);
}

static void there_is_no_status_beyond_the_table(void **state)
{
	(void)state;
	assert_true(dies(ask_beyond, NULL));
}

static void a_fault_says_what_where_and_how_to_mend(void **state)
{
	(void)state;
	struct fault fault;
	assert_int_equal(fault_set(&fault, STATUS_INVALID, "schema", "/data/stage", -1, "%d is over %d", 6, 5), STATUS_INVALID);
	assert_int_equal(fault.status, STATUS_INVALID);
	assert_string_equal(fault.code, "schema");
	assert_string_equal(fault.pointer, "/data/stage");
	assert_int_equal(fault.offset, -1);
	assert_string_equal(fault.text, "6 is over 5");
	assert_int_equal(fault_set(NULL, STATUS_TIMEOUT, "timeout", "", -1, "nobody listens"), STATUS_TIMEOUT);
}

/* Cut at any place, behind any number of bytes before it. */
static void a_text_that_is_too_long_is_cut_and_stays_utf8(void **state)
{
	(void)state;
	for (size_t before = 0; before < 4; before++) {
		struct fault fault;
		char text[2048] = "";
		memset(text, 'a', before);
		for (size_t at = before; at + 4 < sizeof text; at += 4)
			memcpy(text + at, "\xF0\x9F\x9A\x80", 5);
		fault_set(&fault, STATUS_INVALID, text, text, -1, "%s", text);
		assert_int_equal(strlen(fault.text), sizeof fault.text - 1);
		assert_int_equal(strlen(fault.pointer), sizeof fault.pointer - 1);
		size_t cut = (sizeof fault.text - 1 - before) % 4;
		for (size_t i = 0; i < cut; i++)
			assert_int_equal(fault.text[sizeof fault.text - 2 - i], '?');
		assert_int_not_equal(fault.text[sizeof fault.text - 2 - cut], '?');
	}
}

static void bytes_that_are_no_utf8_become_question_marks(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} CASES[] = {
		{"a\xFFz", "a?z"},
		{"\xC0\x80", "??"},
		{"\xE0\x80\x80", "???"},
		{"\xED\xA0\x80", "???"},
		{"\xF4\x90\x80\x80", "????"},
		{"\xD0", "?"},
		{"\xD0\x96\x96", "\xD0\x96?"},
		{"\xEF\xBF\xBF\xF4\x8F\xBF\xBF", "\xEF\xBF\xBF\xF4\x8F\xBF\xBF"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct fault fault;
		fault_set(&fault, STATUS_INVALID, "bad_utf8", CASES[i].text, -1, "%s", CASES[i].text);
		assert_string_equal(fault.text, CASES[i].expected);
		assert_string_equal(fault.pointer, CASES[i].expected);
	}
}

static void a_place_is_put_before_each_language(void **state)
{
	(void)state;
	struct fault fault;
	char name[400];
	fault_say(&fault, STATUS_INVALID, "bad", "", -1, "wrong", "неверно");
	fault_place(&fault, "sheet %s, row %d: ", "лист %s, строка %d: ", "A", 7);
	assert_string_equal(fault.text, "sheet A, row 7: wrong");
	assert_string_equal(fault.text_ru, "лист A, строка 7: неверно");
	fault_set(&fault, STATUS_INVALID, "bad", "", -1, "wrong");
	fault_place(&fault, "%s: ", "%s: ", "file");
	assert_string_equal(fault.text, "file: wrong");
	assert_string_equal(fault.text_ru, "");
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	fault_place(&fault, "%s%s", "%s%s", name, name);
	assert_int_equal(strlen(fault.text), sizeof fault.text - 1);
	fault_place(NULL, "%s: ", "%s: ", "file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_status_has_a_name_and_a_sentence_of_its_own),
		cmocka_unit_test(a_status_is_named_as_the_header_says),
		cmocka_unit_test(only_ok_is_in_the_group_ok),
		cmocka_unit_test(there_is_no_status_beyond_the_table),
		cmocka_unit_test(a_fault_says_what_where_and_how_to_mend),
		cmocka_unit_test(a_text_that_is_too_long_is_cut_and_stays_utf8),
		cmocka_unit_test(bytes_that_are_no_utf8_become_question_marks),
		cmocka_unit_test(a_place_is_put_before_each_language),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
