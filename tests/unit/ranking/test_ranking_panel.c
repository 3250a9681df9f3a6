/* One period of a panel by itself: the same scores and places as within the panel, or a refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "services/ranking/ranking_panel.h"
#include "tests/unit/ranking/ranking_cases.h"

#define UNITS 7
#define INDICATORS \
	"{\"code\":\"x\",\"parent\":\"index\",\"denominator\":\"d\",\"goalposts\":[0,9]}," \
	"{\"code\":\"y\",\"parent\":\"index\",\"weight\":2,\"direction\":\"lower\",\"goalposts\":[0,40]}"
#define PANEL(scope) ",\"panel\":{\"column\":\"Time\",\"scope\":\"" scope "\"}"
#define GROUP_MEAN ",\"impute\":[{\"at\":\"indicators\",\"method\":\"group-mean\",\"group\":\"g\"}]"

static const char *const CODES[UNITS] = {"a", "a", "b", "c", "b", "c", "d"};
static const double VALUES[] = {
	3, 8, 5, 9,       7,  2,  MISSING,
	9, 1, 4, MISSING, 30, 12, 2,
};
static const double DENOMINATORS[] = {1, 2, 1, 3, 2, 1, 1};
static const uint32_t GROUPS[] = {1, 1, 2, 1, 2, 1, 1};
static const uint32_t YEARS[] = {0, 1, 0, 0, 1, 1, 1};
static const struct ranking_input INPUT = {.units = UNITS, .codes = CODES, .values = VALUES, .denominators = DENOMINATORS,
                                           .groups = GROUPS, .periods = YEARS, .period_count = 2};

static void check_period(struct arena *arena, const struct methodology *panel, size_t period)
{
	const struct methodology *alone;
	struct ranking_input rows;
	struct ranking_scores all = run_input(arena, panel, &INPUT);
	size_t row = 0;
	assert_int_equal(ranking_panel_alone(arena, panel, &alone, NULL), STATUS_OK);
	assert_null(alone->panel_column);
	ranking_panel_rows(arena, alone, &INPUT, period, &rows);
	struct ranking_scores own = run_input(arena, alone, &rows);
	for (size_t unit = 0; unit < UNITS; unit++) {
		if (YEARS[unit] != period)
			continue;
		assert_string_equal(rows.codes[row], CODES[unit]);
		assert_true(own.scores[row] == all.scores[unit]);
		assert_int_equal(own.places[row], all.places[unit]);
		row++;
	}
	assert_int_equal(row, rows.units);
}

static void a_period_held_against_itself_has_its_places_by_itself(void **state)
{
	static const char *const RULES[] = {
		"\"normalise\":{\"method\":\"min-max\"},\"aggregate\":[{\"method\":\"arithmetic\"}]" GROUP_MEAN PANEL("local"),
		"\"normalise\":{\"method\":\"rank\"},\"aggregate\":[{\"method\":\"copeland\"}]" GROUP_MEAN PANEL("local"),
		"\"normalise\":{\"method\":\"goalposts\"},\"aggregate\":[{\"method\":\"geometric\"}]" PANEL("global"),
		"\"normalise\":{\"method\":\"none\"},\"aggregate\":[{\"method\":\"arithmetic\"}]"
		",\"impute\":[{\"at\":\"indicators\",\"method\":\"parent-mean\"}]" PANEL("global"),
	};
	for (size_t i = 0; i < ARRAY_COUNT(RULES); i++) {
		const struct methodology *panel = flat_methodology(*state, INDICATORS, RULES[i]);
		check_period(*state, panel, 0);
		check_period(*state, panel, 1);
	}
}

static void a_period_measured_with_others_is_refused(void **state)
{
	static const char *const RULES[] = {
		"\"normalise\":{\"method\":\"min-max\"},\"aggregate\":[{\"method\":\"arithmetic\"}]" PANEL("global"),
		"\"normalise\":{\"method\":\"goalposts\"},\"aggregate\":[{\"method\":\"arithmetic\"}]" GROUP_MEAN PANEL("global"),
		"\"normalise\":{\"method\":\"none\"},\"aggregate\":[{\"method\":\"arithmetic\"}],\"outliers\":{\"method\":\"winsorise\"}" PANEL("global"),
	};
	for (size_t i = 0; i < ARRAY_COUNT(RULES); i++) {
		const struct methodology *alone;
		struct fault fault = {0};
		assert_int_equal(ranking_panel_alone(*state, flat_methodology(*state, INDICATORS, RULES[i]), &alone, &fault),
		                 STATUS_UNSUPPORTED);
		assert_string_equal(fault.code, "panel");
		assert_string_equal(fault.pointer, "/panel/scope");
	}
}

static void what_is_no_panel_stays_as_it_is(void **state)
{
	const struct methodology *alone;
	const struct methodology *plain = flat_methodology(*state, INDICATORS,
		"\"normalise\":{\"method\":\"min-max\"},\"aggregate\":[{\"method\":\"arithmetic\"}]");
	assert_int_equal(ranking_panel_alone(*state, plain, &alone, NULL), STATUS_OK);
	assert_ptr_equal(alone, plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_period_held_against_itself_has_its_places_by_itself, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_period_measured_with_others_is_refused, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(what_is_no_panel_stays_as_it_is, make_arena, drop_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
