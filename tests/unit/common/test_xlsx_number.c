/* Numbers, dates and number formats of a workbook. */
#include "common/xlsx_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new((size_t)1024 * 1024);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_destroy(&arena);
	return 0;
}

/* The text, "!" for a flaw, "?" for no number. */
static const char *text_of(const char *raw, enum xlsx_format format, bool is_1904)
{
	const char *text;
	enum xlsx_flaw flaw;
	if (!xlsx_number_text(arena, raw, format, is_1904, &text, &flaw))
		return "?";
	return flaw == XLSX_FLAW_NONE ? text : "!";
}

static void numbers_are_plain_and_have_fifteen_digits(void **state)
{
	(void)state;
	static const struct {
		const char *raw, *text;
	} CASES[] = {
		{"0", "0"}, {"-0", "0"}, {"0.000", "0"}, {"1", "1"}, {"-1", "-1"}, {"007", "7"}, {"48.40", "48.4"}, {"100", "100"},
		{"0.1", "0.1"}, {"0.10000000000000001", "0.1"}, {"0.30000000000000004", "0.3"}, {"1.1000000000000001", "1.1"},
		{"5.0000000000000003E-2", "0.05"}, {"1.25E+6", "1250000"}, {"1.25e6", "1250000"}, {"1E-6", "0.000001"}, {"123E0", "123"},
		{"1250000.5", "1250000.5"}, {"9.999999999999999", "10"}, {"0.99999999999999999", "1"}, {"999999999999999", "999999999999999"},
		{"123456789012345", "123456789012345"}, {"33.333333333333336", "33.3333333333333"}, {"-2.5E-3", "-0.0025"},
		{"1234567890123456", "!"}, {"1.2345678901234567E+19", "!"}, {"1E-300", "!"}, {"1E+300", "!"}, {"1E-21", "0.000000000000000000001"},
		{"1E-22", "!"},
		{"", "?"}, {"-", "?"}, {".", "?"}, {"1.2.3", "?"}, {"1,5", "?"}, {"1E", "?"}, {"1E+", "?"}, {"1E99999", "?"}, {"1x", "?"}, {"NaN", "?"},
		{"INF", "?"}, {" 1", "?"}, {"1 ", "?"}, {"+1", "?"}, {"--1", "?"}, {"1E1.5", "?"}, {"0x10", "?"}, {".5", "0.5"}, {"5.", "5"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		const char *text = text_of(CASES[i].raw, XLSX_NUMBER, false);
		if (!text_equal(text, CASES[i].text))
			print_error("%s\n", CASES[i].raw);
		assert_string_equal(text, CASES[i].text);
	}
}

/* Whatever double a spreadsheet holds, with 15 digits it comes back. */
static void doubles_of_six_decimals_come_back(void **state)
{
	(void)state;
	for (long long millionths = 1; millionths < 1000000000000; millionths = millionths * 3 + 7) {
		char raw[40], expected[40];
		snprintf(raw, sizeof raw, "%.17g", (double)millionths / 1e6);
		snprintf(expected, sizeof expected, "%lld.%06lld", millionths / 1000000, millionths % 1000000);
		size_t len = strlen(expected);
		while (expected[len - 1] == '0')
			expected[--len] = '\0';
		if (expected[len - 1] == '.')
			expected[len - 1] = '\0';
		assert_string_equal(text_of(raw, XLSX_NUMBER, false), expected);
	}
}

static void percentages_are_flaws(void **state)
{
	(void)state;
	assert_string_equal(text_of("0.05", XLSX_PERCENT, false), "!");
}

static void dates_follow_both_systems(void **state)
{
	(void)state;
	static const struct {
		const char *raw;
		enum xlsx_format format;
		const char *since_1900, *since_1904;
	} CASES[] = {
		{"1", XLSX_DATE, "1900-01-01", "1904-01-02"},
		{"0", XLSX_DATE, "!", "1904-01-01"},
		{"59", XLSX_DATE, "1900-02-28", "1904-02-29"},
		{"60", XLSX_DATE, "!", "1904-03-01"},
		{"61", XLSX_DATE, "1900-03-01", "1904-03-02"},
		{"25569", XLSX_DATE, "1970-01-01", "1974-01-02"},
		{"45327", XLSX_DATE, "2024-02-05", "2028-02-06"},
		{"45351", XLSX_DATE, "2024-02-29", "2028-03-01"},
		{"43865", XLSX_DATE, "2020-02-04", "2024-02-05"},
		{"2958465", XLSX_DATE, "9999-12-31", "!"},
		{"2957003", XLSX_DATE, "9995-12-30", "9999-12-31"},
		{"2958466", XLSX_DATE, "!", "!"},
		{"-1", XLSX_DATE, "!", "!"},
		{"1E+10", XLSX_DATE, "!", "!"},
		{"45327.4", XLSX_DATE, "2024-02-05", "2028-02-06"},
		{"45327", XLSX_DATE_TIME, "2024-02-05", "2028-02-06"},
		{"45327.395833333336", XLSX_DATE_TIME, "2024-02-05T09:30:00", "2028-02-06T09:30:00"},
		{"45327.999988425923", XLSX_DATE_TIME, "2024-02-05T23:59:59", "2028-02-06T23:59:59"},
		{"45327.9999999", XLSX_DATE_TIME, "2024-02-06", "2028-02-07"},
		{"0.395833333333333", XLSX_TIME, "09:30:00", "09:30:00"},
		{"5.7870370370370369E-3", XLSX_TIME, "00:08:20", "00:08:20"},
		{"1.5", XLSX_TIME, "36:00:00", "36:00:00"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		assert_string_equal(text_of(CASES[i].raw, CASES[i].format, false), CASES[i].since_1900);
		assert_string_equal(text_of(CASES[i].raw, CASES[i].format, true), CASES[i].since_1904);
	}
}

static void a_format_says_what_a_number_is(void **state)
{
	(void)state;
	static const struct {
		const char *code;
		enum xlsx_format format;
	} CASES[] = {
		{"General", XLSX_NUMBER}, {"0.00", XLSX_NUMBER}, {"#,##0.00", XLSX_NUMBER}, {"@", XLSX_NUMBER}, {"0.00E+00", XLSX_NUMBER},
		{"#,##0\" дней\"", XLSX_NUMBER}, {"#,##0.00\\ [$₽-419]", XLSX_NUMBER}, {"[Red]0;[Blue]-0", XLSX_NUMBER}, {"0\" d\"", XLSX_NUMBER},
		{"0\\d", XLSX_NUMBER}, {"_-* #,##0.00_-;-* #,##0.00_-", XLSX_NUMBER}, {"0;dd.mm.yyyy", XLSX_NUMBER}, {"[>=100]0", XLSX_NUMBER},
		{"0%", XLSX_PERCENT}, {"0.0\\ %", XLSX_PERCENT}, {"0\"%\"", XLSX_NUMBER},
		{"dd.mm.yyyy", XLSX_DATE}, {"DD/MM/YY", XLSX_DATE}, {"[$-419]d mmmm yyyy\" г.\";@", XLSX_DATE}, {"mmmm", XLSX_DATE}, {"yyyy", XLSX_DATE},
		{"dd.mm.yyyy hh:mm", XLSX_DATE_TIME}, {"m/d/yy h:mm AM/PM", XLSX_DATE_TIME}, {"mm:ss", XLSX_TIME}, {"h:mm", XLSX_TIME},
		{"[h]:mm:ss", XLSX_TIME}, {"[mm]:ss", XLSX_TIME}, {"h:mm A/P", XLSX_TIME}, {"[ss]", XLSX_TIME}, {"\"", XLSX_NUMBER}, {"\\", XLSX_NUMBER},
		{"[", XLSX_NUMBER}, {"", XLSX_NUMBER},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		if (xlsx_read_format(CASES[i].code) != CASES[i].format)
			print_error("%s\n", CASES[i].code);
		assert_int_equal(xlsx_read_format(CASES[i].code), CASES[i].format);
	}
}

static void the_formats_that_no_file_writes_are_known(void **state)
{
	(void)state;
	for (size_t id = 0; id < 200; id++) {
		bool is_number = id <= 8 || (id >= 11 && id <= 13) || (id >= 23 && id <= 26) || (id >= 37 && id <= 44) || id == 48 || id == 49 || id > 58;
		assert_int_equal(xlsx_builtin_format(id) == XLSX_NUMBER, is_number);
	}
	assert_int_equal(xlsx_builtin_format(10), XLSX_PERCENT);
	assert_int_equal(xlsx_builtin_format(14), XLSX_DATE);
	assert_int_equal(xlsx_builtin_format(20), XLSX_TIME);
	assert_int_equal(xlsx_builtin_format(22), XLSX_DATE_TIME);
	assert_int_equal(xlsx_builtin_format(45), XLSX_TIME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_plain_and_have_fifteen_digits),
		cmocka_unit_test(doubles_of_six_decimals_come_back),
		cmocka_unit_test(percentages_are_flaws),
		cmocka_unit_test(dates_follow_both_systems),
		cmocka_unit_test(a_format_says_what_a_number_is),
		cmocka_unit_test(the_formats_that_no_file_writes_are_known),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
