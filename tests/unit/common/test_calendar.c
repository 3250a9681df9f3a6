/* Periods as months, and until when they may be reported. */
#include "common/calendar.h"

#include "common/ident.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int64_t at(const char *instant)
{
	int64_t us;
	assert_true(instant_parse(instant, &us));
	return us;
}

static struct calendar_period period(const char *code)
{
	struct calendar_period period;
	if (!calendar_period_parse(code, &period))
		fail_msg("%s is no period", code);
	return period;
}

static void months_are_counted_from_1970_and_begin_at_midnight_utc(void **unused)
{
	(void)unused;
	assert_int_equal(calendar_month_of(0), 0);
	assert_int_equal(calendar_month_of(at("1970-01-31T23:59:59.999999Z")), 0);
	assert_int_equal(calendar_month_of(at("1970-02-01T00:00:00Z")), 1);
	assert_int_equal(calendar_month_of(at("2024-02-29T23:59:59Z")), 54 * 12 + 1);
	assert_int_equal(calendar_month_of(at("2024-03-01T00:00:00Z")), 54 * 12 + 2);
	assert_int_equal(calendar_month_of(at("9999-12-31T23:59:59Z")), CALENDAR_MONTH_MAX);
	/* Every month begins where the one before ends, as common/ident has it. */
	for (int month = 0; month <= CALENDAR_MONTH_MAX; month++) {
		int64_t start = calendar_month_start(month);
		if (calendar_month_of(start) != month || (month > 0 && calendar_month_of(start - 1) != month - 1))
			fail_msg("month %d does not begin at %lld", month, (long long)start);
	}
	assert_int_equal(calendar_month_start(54 * 12 + 2), at("2024-03-01T00:00:00Z"));
	assert_int_equal(calendar_month_start(CALENDAR_MONTH_MAX + 1), calendar_month_start(CALENDAR_MONTH_MAX) + INT64_C(31) * 86400000000);
}

static void every_period_is_read_as_it_is_written(void **unused)
{
	static const struct {
		const char *code;
		enum calendar_length length;
		int first, count;
	} CASES[] = {
		{"2024", CALENDAR_YEAR, 648, 12}, {"2024-H1", CALENDAR_HALF, 648, 6}, {"2024-H2", CALENDAR_HALF, 654, 6},
		{"2024-Q1", CALENDAR_QUARTER, 648, 3}, {"2024-Q4", CALENDAR_QUARTER, 657, 3}, {"2024-01", CALENDAR_MONTH, 648, 1},
		{"2024-12", CALENDAR_MONTH, 659, 1}, {"1970", CALENDAR_YEAR, 0, 12},
	};
	(void)unused;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		char code[CALENDAR_CODE_SIZE];
		struct calendar_period read = period(CASES[i].code);
		assert_int_equal(read.length, CASES[i].length);
		assert_int_equal(read.first, CASES[i].first);
		assert_int_equal(read.count, CASES[i].count);
		assert_int_equal(calendar_month_last(read), CASES[i].first + CASES[i].count - 1);
		assert_string_equal(calendar_period_format(read, code), CASES[i].code);
	}
	static const char *const NONE[] = {"", "1969", "2024-Q5", "2024-H0", "2024-13", "2024-1", "24", "2024-Q1x", "2024-w01"};
	struct calendar_period read;
	for (size_t i = 0; i < ARRAY_COUNT(NONE); i++)
		assert_false(calendar_period_parse(NONE[i], &read));
}

static void periods_follow_each_other_and_hold_their_months(void **unused)
{
	(void)unused;
	for (int length = 0; length < CALENDAR_LENGTH_COUNT; length++) {
		struct calendar_period at_month = calendar_period_of(0, (enum calendar_length)length), before;
		assert_false(calendar_period_previous(at_month, &before));
		for (int month = 0; month < 1200; month++) {
			struct calendar_period here = calendar_period_of(month, (enum calendar_length)length);
			if (!calendar_period_equal(here, at_month)) {
				assert_true(calendar_period_equal(here, calendar_period_next(at_month)));
				assert_true(calendar_period_previous(here, &before));
				assert_true(calendar_period_equal(before, at_month));
			}
			at_month = here;
			assert_in_range(month, here.first, calendar_month_last(here));
		}
	}
	assert_false(calendar_period_equal(period("2024-Q1"), period("2024-01")));
}

/* ---- Cut-offs ---- */

#define CUT_OFFS "\"cut_offs\":{\"month\":{\"months_after\":1,\"day\":10},\"quarter\":{\"months_after\":1,\"day\":20}," \
	"\"half\":{\"months_after\":0,\"day\":28},\"year\":{\"months_after\":2,\"day\":20}}"

static enum status make(const char *text, struct calendar **ret_calendar, struct fault *fault)
{
	struct arena *arena = arena_new((size_t)1024 * 1024);
	const struct json *json;
	assert_int_equal(json_parse(arena, text, strlen(text), &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	enum status status = calendar_new(json, ret_calendar, fault);
	arena_destroy(&arena);
	return status;
}

static void a_period_may_be_reported_until_the_end_of_its_last_day(void **unused)
{
	(void)unused;
	struct calendar *calendar = NULL;
	assert_int_equal(make("{" CUT_OFFS ",\"exceptions\":[{\"period\":\"2025-Q4\",\"until\":\"2026-01-26\"},"
	                      "{\"period\":\"2024-Q1\",\"until\":\"2024-04-12\"}]}", &calendar, NULL), STATUS_OK);
	assert_int_equal(calendar_cut_off(calendar, period("2024-11")), at("2024-12-11T00:00:00Z"));
	assert_int_equal(calendar_cut_off(calendar, period("2024-12")), at("2025-01-11T00:00:00Z"));
	assert_int_equal(calendar_cut_off(calendar, period("2024-Q3")), at("2024-10-21T00:00:00Z"));
	assert_int_equal(calendar_cut_off(calendar, period("2024-H1")), at("2024-06-29T00:00:00Z"));
	assert_int_equal(calendar_cut_off(calendar, period("2024")), at("2025-02-21T00:00:00Z"));
	assert_int_equal(calendar_cut_off(calendar, period("2025-Q4")), at("2026-01-27T00:00:00Z"));
	assert_int_equal(calendar_cut_off(calendar, period("2024-Q1")), at("2024-04-13T00:00:00Z"));
	assert_int_equal(calendar_cut_off(calendar, period("2024-Q4")), at("2025-01-21T00:00:00Z"));
	assert_false(calendar_late(calendar, at("2024-07-01T00:00:00Z"), at("2024-10-20T23:59:59.999999Z")));
	assert_true(calendar_late(calendar, at("2024-09-30T23:59:59Z"), at("2024-10-21T00:00:00Z")));
	calendar_destroy(&calendar);
	assert_null(calendar);
}

static void a_calendar_that_makes_no_sense_is_refused_with_its_place(void **unused)
{
	static const struct {
		const char *text, *pointer;
	} CASES[] = {
		{"{}", "/cut_offs/month"},
		{"{\"cut_offs\":{\"month\":{\"months_after\":1,\"day\":29}}}", "/cut_offs/month"},
		{"{\"cut_offs\":{\"month\":{\"months_after\":1,\"day\":10},\"quarter\":{\"months_after\":-1,\"day\":20}}}",
		 "/cut_offs/quarter"},
		{"{" CUT_OFFS ",\"exceptions\":[{\"period\":\"2024\",\"until\":\"2024-12-01\"},{\"period\":\"2024-Q9\","
		 "\"until\":\"2024-12-01\"}]}", "/exceptions/1"},
		{"{" CUT_OFFS ",\"exceptions\":[{\"period\":\"2024\",\"until\":\"2024-11-30\"}]}", "/exceptions/0"},
		{"{" CUT_OFFS ",\"exceptions\":[{\"period\":\"2024\",\"until\":\"2025-03-01\"},{\"period\":\"2024\","
		 "\"until\":\"2025-03-02\"}]}", "/exceptions"},
	};
	(void)unused;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct calendar *calendar = NULL;
		struct fault fault;
		assert_int_equal(make(CASES[i].text, &calendar, &fault), STATUS_INVALID);
		assert_null(calendar);
		assert_string_equal(fault.code, "calendar");
		assert_string_equal(fault.pointer, CASES[i].pointer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(months_are_counted_from_1970_and_begin_at_midnight_utc),
		cmocka_unit_test(every_period_is_read_as_it_is_written),
		cmocka_unit_test(periods_follow_each_other_and_hold_their_months),
		cmocka_unit_test(a_period_may_be_reported_until_the_end_of_its_last_day),
		cmocka_unit_test(a_calendar_that_makes_no_sense_is_refused_with_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
