/* Which cut-offs are near, by a calendar and a time. */
#include "services/notify/notify_cut_off.h"

#include "common/ident.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char CALENDAR[] =
	"{\"cut_offs\":{\"month\":{\"months_after\":1,\"day\":20},\"quarter\":{\"months_after\":1,\"day\":20},"
	"\"half\":{\"months_after\":1,\"day\":20},\"year\":{\"months_after\":2,\"day\":20}},"
	"\"exceptions\":[{\"period\":\"2026-05\",\"until\":\"2026-07-18\"}]}";

static const struct {
	const char *now;
	int days;
	const char *expected;
} CASES[] = {
	{"2026-03-10T00:00:00Z", 5, ""},
	{"2026-03-16T00:00:00Z", 5, "{\"until\":\"2026-03-20\",\"periods\":[\"2026-02\"]}"},
	{"2026-03-15T23:59:59Z", 5, ""},
	{"2026-03-20T23:59:59Z", 1, "{\"until\":\"2026-03-20\",\"periods\":[\"2026-02\"]}"},
	{"2026-03-21T00:00:00Z", 1, ""},
	{"2026-07-16T12:00:00Z", 5,
	 "{\"until\":\"2026-07-18\",\"periods\":[\"2026-05\"]}{\"until\":\"2026-07-20\",\"periods\":[\"2026-06\",\"2026-Q2\",\"2026-H1\"]}"},
	{"2027-02-18T12:00:00Z", 5, "{\"until\":\"2027-02-20\",\"periods\":[\"2027-01\",\"2026\"]}"},
	{"1970-01-01T00:00:00Z", 31, ""},
	{"2026-03-01T00:00:00Z", NOTIFY_DAYS_MAX, "{\"until\":\"2026-03-20\",\"periods\":[\"2026-02\"]}"},
};

static void the_last_days_that_are_near_are_told_with_their_periods(void **state)
{
	(void)state;
	struct arena *arena = arena_new((size_t)1024 * 1024);
	struct notify_cut_off cut_offs[NOTIFY_CUT_OFFS_MAX];
	struct calendar *calendar;
	const struct json *json;
	assert_int_equal(json_parse(arena, CALENDAR, strlen(CALENDAR), &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	assert_int_equal(calendar_new(json, &calendar, NULL), STATUS_OK);
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		int64_t now_us;
		const char *text = "";
		assert_true(instant_parse(CASES[i].now, &now_us));
		size_t count = notify_cut_offs(calendar, now_us, CASES[i].days, arena, cut_offs);
		for (size_t at = 0; at < count; at++)
			text = arena_printf(arena, "%s%s", text, cut_offs[at].details);
		assert_string_equal(text, CASES[i].expected);
	}
	calendar_destroy(&calendar);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_days_that_are_near_are_told_with_their_periods),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
