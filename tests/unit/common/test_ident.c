#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/ident.h"

static void a_uuid_is_read_in_any_case_and_written_in_lower_case(void **state)
{
	(void)state;
	struct ident_uuid uuid;
	char text[UUID_TEXT_SIZE];
	assert_true(ident_uuid_parse("018F3B2C-9d5e-7ABC-8def-0123456789aB", &uuid));
	ident_uuid_format(&uuid, text);
	assert_string_equal(text, "018f3b2c-9d5e-7abc-8def-0123456789ab");
}

static void what_is_no_uuid_is_refused(void **state)
{
	static const char *const TEXTS[] = {
		"", "018f3b2c", "018f3b2c9d5e7abc8def0123456789ab", "{018f3b2c-9d5e-7abc-8def-0123456789ab}",
		"018f3b2c-9d5e-7abc-8def-0123456789ag", "018f3b2c-9d5e-7abc-8def-0123456789a",
		"018f3b2c-9d5e-7abc-8def-0123456789abc", "018f3b2c-9d5e-7abc-8def0-123456789ab",
		" 18f3b2c-9d5e-7abc-8def-0123456789ab",
	};
	(void)state;
	struct ident_uuid uuid;
	for (size_t i = 0; i < ARRAY_COUNT(TEXTS); i++) {
		if (ident_uuid_parse(TEXTS[i], &uuid))
			fail_msg("%s", TEXTS[i]);
	}
}

static void version_7_carries_the_time_and_the_random_bytes(void **state)
{
	static const uint8_t RANDOM[10] = {0xFC, 0xC3, 0xD8, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F};
	(void)state;
	struct ident_uuid uuid = ident_uuid_v7(0x017F22E279B0U, RANDOM);
	char text[UUID_TEXT_SIZE];
	ident_uuid_format(&uuid, text);
	assert_string_equal(text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");  /* RFC 9562, appendix A.6 */
}

static void regions_and_names_have_their_forms(void **state)
{
	char longest[66];
	(void)state;
	memset(longest, 'x', sizeof longest);
	longest[64] = '\0';
	assert_true(ident_is_oktmo("01000000"));
	assert_false(ident_is_oktmo("0100000"));
	assert_false(ident_is_oktmo("010000000"));
	assert_false(ident_is_oktmo("0100000x"));
	assert_false(ident_is_oktmo(""));
	assert_true(ident_is_name("P-17.a_Z"));
	assert_true(ident_is_name(longest));
	longest[64] = 'x';
	longest[65] = '\0';
	assert_false(ident_is_name(longest));
	assert_false(ident_is_name(""));
	assert_false(ident_is_name("a/b"));
	assert_false(ident_is_name("\xD1\x8F"));
}

static void instants_are_read_with_any_offset(void **state)
{
	static const struct {
		const char *text;
		const char *utc;
	} ROWS[] = {
		{"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
		{"2023-01-31T12:00:00+03:00", "2023-01-31T09:00:00Z"},
		{"2023-01-31t12:00:00.5z", "2023-01-31T12:00:00.500000Z"},
		{"2023-01-31T12:00:00.123456789-00:00", "2023-01-31T12:00:00.123456Z"},
		{"2024-02-29T23:59:59.000001-11:30", "2024-03-01T11:29:59.000001Z"},
		{"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
		{"2016-12-31T23:59:60.25Z", "2017-01-01T00:00:00.250000Z"},
		{"2017-01-01T02:59:60+03:00", "2017-01-01T00:00:00Z"},
		{"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
		{"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		int64_t us = -1;
		char text[INSTANT_TEXT_SIZE];
		if (!instant_parse(ROWS[i].text, &us))
			fail_msg("%s", ROWS[i].text);
		instant_format(us, text);
		assert_string_equal(text, ROWS[i].utc);
	}
}

static void what_is_no_instant_is_refused(void **state)
{
	static const char *const TEXTS[] = {
		"", "2023-01-31", "2023-01-31T12:00:00", "2023-01-31 12:00:00Z", "2023-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z", "2023-13-01T00:00:00Z", "2023-00-01T00:00:00Z", "2023-01-00T00:00:00Z",
		"2023-01-01T24:00:00Z", "2023-01-01T00:60:00Z", "2023-01-01T00:00:61Z", "2023-01-01T00:00:60Z",
		"2023-01-01T00:00:00.Z", "2023-01-01T00:00:00+24:00", "2023-01-01T00:00:00+03:60", "2023-01-01T00:00:00+0300",
		"2023-01-01T00:00:00Zx", "2023-1-01T00:00:00Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z", "12023-01-01T00:00:00Z", "-2023-01-01T00:00:00Z",
	};
	(void)state;
	int64_t us = 0;
	for (size_t i = 0; i < ARRAY_COUNT(TEXTS); i++) {
		if (instant_parse(TEXTS[i], &us))
			fail_msg("%s", TEXTS[i]);
	}
}

static void the_form_alone_may_have_any_year(void **state)
{
	(void)state;
	assert_true(instant_is_rfc3339("1963-06-19T08:30:06.283185Z"));
	assert_false(instant_is_rfc3339("1963-06-19T08:30:06.283185"));
	assert_true(date_is_rfc3339("0001-01-01"));
	assert_false(date_is_rfc3339("2023-02-30"));
	assert_false(date_is_rfc3339("2023-02-03Z"));
}

static void every_day_agrees_with_libc(void **state)
{
	(void)state;
	for (int64_t day = 0; day < 2932897; day += 13) {  /* to 9999-12-31 */
		time_t seconds = (time_t)(day * 86400 + day % 86400);
		struct tm tm;
		char expected[128];
		char text[INSTANT_TEXT_SIZE];
		int64_t us = -1;
		gmtime_r(&seconds, &tm);
		snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
		         tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
		instant_format((int64_t)seconds * 1000000, text);
		assert_string_equal(text, expected);
		assert_true(instant_parse(text, &us));
		assert_int_equal(us, (int64_t)seconds * 1000000);
	}
}

static void any_64_bit_instant_can_be_printed(void **state)
{
	(void)state;
	char text[INSTANT_TEXT_SIZE];
	instant_format(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
	instant_format(INT64_MIN, text);
	assert_string_equal(text, "-290308-12-21T19:59:05.224192Z");
	instant_format(INT64_MAX, text);
	assert_string_equal(text, "294247-01-10T04:00:54.775807Z");
}

static void periods_have_bounds_and_a_period_before_them(void **state)
{
	static const struct {
		const char *code;
		const char *from;
		const char *to;
		const char *previous;
	} ROWS[] = {
		{"2026", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "2025"},
		{"2026-H1", "2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z", "2025-H2"},
		{"2026-H2", "2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z", "2026-H1"},
		{"2026-Q1", "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z", "2025-Q4"},
		{"2026-Q4", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z", "2026-Q3"},
		{"2024-02", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z", "2024-01"},
		{"2024-01", "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z", "2023-12"},
		{"2024-12", "2024-12-01T00:00:00Z", "2025-01-01T00:00:00Z", "2024-11"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		struct period period;
		struct period previous;
		char text[INSTANT_TEXT_SIZE];
		assert_true(period_parse(ROWS[i].code, &period));
		assert_string_equal(period.code, ROWS[i].code);
		instant_format(period.from_us, text);
		assert_string_equal(text, ROWS[i].from);
		instant_format(period.to_us, text);
		assert_string_equal(text, ROWS[i].to);
		assert_true(period_previous(&period, &previous));
		assert_string_equal(previous.code, ROWS[i].previous);
		assert_int_equal(previous.to_us, period.from_us);
	}
}

static void what_is_no_period_is_refused(void **state)
{
	static const char *const CODES[] = {
		"", "26", "202", "20260", "2026-", "2026-H0", "2026-H3", "2026-Q5", "2026-00", "2026-13", "2026-1",
		"2026-h1", "2026-Q11", "1969", "2026-M1", "2026-H",
	};
	(void)state;
	struct period period;
	struct period previous;
	for (size_t i = 0; i < ARRAY_COUNT(CODES); i++) {
		if (period_parse(CODES[i], &period))
			fail_msg("%s", CODES[i]);
	}
	assert_true(period_parse("1970-Q1", &period));
	assert_false(period_previous(&period, &previous));
}

static void the_year_of_an_instant_is_its_utc_year(void **state)
{
	(void)state;
	int64_t us = 0;
	struct period period;
	assert_true(instant_parse("2023-12-31T23:59:59.999999Z", &us));
	period_of_year(us, &period);
	assert_string_equal(period.code, "2023");
	period_of_year(us + 1, &period);
	assert_string_equal(period.code, "2024");
	assert_int_equal(period.from_us, us + 1);
}

static void a_date_is_its_midnight(void **state)
{
	(void)state;
	int64_t us = -1;
	assert_true(date_parse("1970-01-02", &us));
	assert_int_equal(us, INT64_C(86400000000));
	assert_false(date_parse("1969-12-31", &us));
	assert_false(date_parse("2023-1-1", &us));
	assert_false(date_parse("2023-01-01T", &us));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_uuid_is_read_in_any_case_and_written_in_lower_case),
		cmocka_unit_test(what_is_no_uuid_is_refused),
		cmocka_unit_test(version_7_carries_the_time_and_the_random_bytes),
		cmocka_unit_test(regions_and_names_have_their_forms),
		cmocka_unit_test(instants_are_read_with_any_offset),
		cmocka_unit_test(what_is_no_instant_is_refused),
		cmocka_unit_test(the_form_alone_may_have_any_year),
		cmocka_unit_test(every_day_agrees_with_libc),
		cmocka_unit_test(any_64_bit_instant_can_be_printed),
		cmocka_unit_test(periods_have_bounds_and_a_period_before_them),
		cmocka_unit_test(what_is_no_period_is_refused),
		cmocka_unit_test(the_year_of_an_instant_is_its_utc_year),
		cmocka_unit_test(a_date_is_its_midnight),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
