/* Every method of normalising, and what stands before it, with values computed by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/ranking/ranking_cases.h"

#define UNITS 5
#define ONE   "{\"code\":\"x\",\"parent\":\"index\"}"
#define LOWER "{\"code\":\"x\",\"parent\":\"index\",\"direction\":\"lower\"}"
#define RULES(normalise) "\"normalise\":" normalise ",\"aggregate\":[{\"method\":\"arithmetic\"}]"

/* One indicator of the units 1, 3, 3, 5 and one without a value; `expected` is what it is normalised to. */
struct normal_case {
	const char *indicator;
	const char *normalise;
	double expected[UNITS];
};

static const double VALUES[UNITS] = {1, 3, 3, 5, MISSING};

static void check_case(struct arena *arena, const struct normal_case *normal, const double *values)
{
	static const char *const CODES[UNITS] = {"A", "B", "C", "D", "E"};
	const struct methodology *methodology = flat_methodology(arena, normal->indicator, arena_printf(
		arena, RULES("%s"), normal->normalise));
	struct ranking_input input = {.units = UNITS, .values = values, .codes = CODES};
	struct ranking_scores scores = run_input(arena, methodology, &input);
	check_numbers(normal->normalise, scores.normalised, normal->expected, UNITS);
}

static void every_method_gives_what_its_formula_says(void **state)
{
	/* n = 4, mean 3, sd = sqrt(8 / 3) */
	const double z = 2 / sqrt(8.0 / 3);
	const double e = exp(-100.0 / 23);
	const struct normal_case CASES[] = {
		{ONE, "{\"method\":\"min-max\"}", {0, 50, 50, 100, MISSING}},
		{ONE, "{\"method\":\"min-max\",\"range\":[1,5]}", {1, 3, 3, 5, MISSING}},
		{LOWER, "{\"method\":\"min-max\",\"range\":[0,1]}", {1, 0.5, 0.5, 0, MISSING}},
		{ONE, "{\"method\":\"z-score\"}", {-z, 0, 0, z, MISSING}},
		{ONE, "{\"method\":\"z-score\",\"mean\":100,\"sd\":15}", {100 - 15 * z, 100, 100, 100 + 15 * z, MISSING}},
		{ONE, "{\"method\":\"rank\"}", {1, 2, 2, 4, MISSING}},
		{LOWER, "{\"method\":\"rank\"}", {4, 2, 2, 1, MISSING}},
		{ONE, "{\"method\":\"borda\"}", {0, 1, 1, 3, MISSING}},
		{ONE, "{\"method\":\"percentile-rank\"}", {0, 1.0 / 3, 1.0 / 3, 1, MISSING}},
		{ONE, "{\"method\":\"distance-to-max\"}", {0, 0.5, 0.5, 1, MISSING}},
		{ONE, "{\"method\":\"distance-to-reference\",\"reference\":\"B\"}", {0, 1, 1, 2, MISSING}},
		{LOWER, "{\"method\":\"distance-to-reference\",\"reference\":\"A\"}", {1, 0.5, 0.5, 0, MISSING}},
		{ONE, "{\"method\":\"none\"}", {1, 3, 3, 5, MISSING}},
		/* places 4, 2.5, 2.5, 1 from the best */
		{ONE, "{\"method\":\"exponential-rank\"}",
		 {-23 * log(1 - 0.25 * (1 - e)), -23 * log(1 - 0.625 * (1 - e)), -23 * log(1 - 0.625 * (1 - e)), 100, MISSING}},
		{ONE, "{\"method\":\"exponential-rank\",\"k\":10,\"ties\":\"min\"}",
		 {-10 * log(1 - 0.25 * (1 - exp(-10))), -10 * log(1 - 0.75 * (1 - exp(-10))),
		  -10 * log(1 - 0.75 * (1 - exp(-10))), 100, MISSING}},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++)
		check_case(*state, &CASES[i], VALUES);
}

static void goalposts_and_targets_go_with_their_indicator(void **state)
{
	static const struct normal_case CASES[] = {
		{"{\"code\":\"x\",\"parent\":\"index\",\"goalposts\":[2,4]}", "{\"method\":\"goalposts\"}",
		 {0, 50, 50, 100, MISSING}},
		{"{\"code\":\"x\",\"parent\":\"index\",\"goalposts\":[0,10]}", "{\"method\":\"goalposts\",\"range\":[1,2]}",
		 {1.1, 1.3, 1.3, 1.5, MISSING}},
		/* counted from the other end: 10 is the worst */
		{"{\"code\":\"x\",\"parent\":\"index\",\"direction\":\"lower\",\"goalposts\":[0,10]}", "{\"method\":\"goalposts\"}",
		 {90, 70, 70, 50, MISSING}},
		{"{\"code\":\"x\",\"parent\":\"index\",\"target\":3}", "{\"method\":\"distance-to-target\"}",
		 {0, 1, 1, 1, MISSING}},
		{"{\"code\":\"x\",\"parent\":\"index\",\"target\":9}", "{\"method\":\"distance-to-target\"}",
		 {0, 0.25, 0.25, 0.5, MISSING}},
		/* after the sign: from 5, the worst, to 2 */
		{"{\"code\":\"x\",\"parent\":\"index\",\"direction\":\"lower\",\"target\":2}", "{\"method\":\"distance-to-target\"}",
		 {1, 2.0 / 3, 2.0 / 3, 0, MISSING}},
		{"{\"code\":\"x\",\"parent\":\"index\",\"target\":1}", "{\"method\":\"distance-to-target\"}",
		 {1, 1, 1, 1, MISSING}},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++)
		check_case(*state, &CASES[i], VALUES);
}

static void logarithms_keep_zero_as_the_lowest_where_only_the_order_counts(void **state)
{
	static const double LOGS[UNITS] = {0, 1, 10, 100, -1};
	static const struct normal_case CASES[] = {
		{"{\"code\":\"x\",\"parent\":\"index\",\"transform\":\"log\",\"goalposts\":[1,100]}", "{\"method\":\"goalposts\"}",
		 {0, 0, 50, 100, MISSING}},
		{"{\"code\":\"x\",\"parent\":\"index\",\"transform\":\"log\",\"direction\":\"lower\",\"goalposts\":[1,100]}",
		 "{\"method\":\"goalposts\"}", {100, 100, 50, 0, MISSING}},
		{"{\"code\":\"x\",\"parent\":\"index\",\"transform\":\"log\"}", "{\"method\":\"rank\"}", {1, 2, 3, 4, MISSING}},
		{"{\"code\":\"x\",\"parent\":\"index\",\"transform\":\"log\"}", "{\"method\":\"min-max\"}",
		 {MISSING, 0, 50, 100, MISSING}},
		{"{\"code\":\"x\",\"parent\":\"index\",\"transform\":\"log\",\"target\":1000}", "{\"method\":\"distance-to-target\"}",
		 {MISSING, 0, 1.0 / 3, 2.0 / 3, MISSING}},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++)
		check_case(*state, &CASES[i], LOGS);
}

static void a_constant_indicator_has_a_place_in_every_method_and_says_so(void **state)
{
	static const double SAME[UNITS] = {7, 7, 7, 7, MISSING};
	const double e = exp(-100.0 / 23);
	const struct {
		const char *indicator, *normalise;
		double value;
	} CASES[] = {
		{ONE, "{\"method\":\"min-max\",\"range\":[0,100]}", 50},
		{ONE, "{\"method\":\"z-score\",\"mean\":3}", 3},
		{ONE, "{\"method\":\"rank\"}", 1},
		{ONE, "{\"method\":\"borda\"}", 0},
		{ONE, "{\"method\":\"percentile-rank\"}", 0},
		{ONE, "{\"method\":\"exponential-rank\"}", -23 * log(1 - 0.625 * (1 - e))},
		{ONE, "{\"method\":\"exponential-rank\",\"ties\":\"min\"}", 100},
		{"{\"code\":\"x\",\"parent\":\"index\",\"goalposts\":[0,10]}", "{\"method\":\"goalposts\"}", 70},
		{"{\"code\":\"x\",\"parent\":\"index\",\"target\":9}", "{\"method\":\"distance-to-target\"}", 1},
		{ONE, "{\"method\":\"distance-to-max\"}", 1},
		{ONE, "{\"method\":\"distance-to-reference\",\"reference\":\"A\"}", 1},
		{ONE, "{\"method\":\"none\"}", 7},
	};
	static const char *const CODES[UNITS] = {"A", "B", "C", "D", "E"};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		double v = CASES[i].value;
		const double expected[UNITS] = {v, v, v, v, MISSING};
		const struct methodology *methodology = flat_methodology(*state, CASES[i].indicator, arena_printf(
			*state, RULES("%s"), CASES[i].normalise));
		struct ranking_input input = {.units = UNITS, .values = SAME, .codes = CODES};
		struct ranking_scores scores = run_input(*state, methodology, &input);
		check_numbers(CASES[i].normalise, scores.normalised, expected, UNITS);
		assert_int_equal(scores.states[0], RANKING_INDICATOR_CONSTANT);
		assert_true(has_note(&scores, RANKING_NOTE_CONSTANT, 0, 1));
	}
}

static void one_indicator_may_be_normalised_in_a_way_of_its_own(void **state)
{
	static const double TWO[] = {1, 2, 3, 10, 30, 20};
	const struct methodology *methodology = flat_methodology(*state,
		ONE ",{\"code\":\"y\",\"parent\":\"index\",\"normalise\":{\"method\":\"rank\"}}",
		RULES("{\"method\":\"min-max\",\"range\":[0,1]}"));
	struct ranking_scores scores = run_columns(*state, methodology, TWO, 3);
	check_numbers("own", scores.normalised, (const double[]){0, 0.5, 1, 1, 3, 2}, 6);
}

static void a_reference_without_a_value_leaves_the_indicator_missing_and_says_so(void **state)
{
	static const char *const CODES[] = {"A", "B", "C"};
	static const char *const REFERENCES[] = {"A", "C"};
	static const double THREE[] = {1, 3, MISSING};
	for (size_t i = 0; i < ARRAY_COUNT(REFERENCES); i++) {
		const struct methodology *methodology = flat_methodology(*state, ONE, arena_printf(
			*state, RULES("{\"method\":\"distance-to-reference\",\"reference\":\"%s\"}"), REFERENCES[i]));
		struct ranking_input input = {.units = 3, .values = THREE, .codes = CODES};
		struct ranking_scores scores = run_input(*state, methodology, &input);
		check_numbers("reference", scores.normalised, (const double[]){MISSING, MISSING, MISSING}, 3);
		assert_true(has_note(&scores, RANKING_NOTE_NO_REFERENCE, 0, 3));
	}
}

static void a_reference_that_is_no_unit_is_refused(void **state)
{
	static const char *const CODES[] = {"A", "B"};
	static const double TWO[] = {1, 3};
	const struct methodology *methodology = flat_methodology(*state, ONE,
		RULES("{\"method\":\"distance-to-reference\",\"reference\":\"Z\"}"));
	struct ranking_input input = {.units = 2, .values = TWO, .codes = CODES};
	struct ranking_scores scores;
	struct fault fault = {0};
	assert_int_equal(ranking_engine_run(*state, methodology, &input, &scores, &fault), STATUS_INVALID);
	assert_string_equal(fault.pointer, "/normalise/reference");
}

/* Units A and B in the years 0 and 1, the years mixed in the file. */
static void a_panel_is_normalised_over_all_years_or_within_each_and_ranked_within_each(void **state)
{
	static const double VALUES_OF_YEARS[] = {0, 10, 5, 20};
	static const uint32_t YEARS[] = {0, 1, 0, 1};
	static const struct {
		const char *scope;
		double expected[4];
	} CASES[] = {
		{"global", {0, 50, 25, 100}},
		{"local", {0, 0, 100, 100}},
	};
	static const uint32_t PLACES[] = {2, 2, 1, 1};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		const struct methodology *methodology = flat_methodology(*state, ONE, arena_printf(
			*state, RULES("{\"method\":\"min-max\"}") ",\"panel\":{\"column\":\"Time\",\"scope\":\"%s\"}", CASES[i].scope));
		struct ranking_input input = {.units = 4, .values = VALUES_OF_YEARS, .periods = YEARS, .period_count = 2};
		struct ranking_scores scores = run_input(*state, methodology, &input);
		check_numbers(CASES[i].scope, scores.normalised, CASES[i].expected, 4);
		check_numbers(CASES[i].scope, scores.nodes, CASES[i].expected, 4);
		assert_memory_equal(scores.places, PLACES, sizeof PLACES);
	}
}

/* The reference unit B of year 1 does not serve year 0. */
static void in_a_panel_the_reference_is_the_unit_of_the_same_year(void **state)
{
	static const char *const CODES[] = {"A", "A", "B", "B"};
	static const double FOUR[] = {0, 0, 5, 10};
	static const uint32_t YEARS[] = {0, 1, 0, 1};
	const struct methodology *methodology = flat_methodology(*state, ONE,
		RULES("{\"method\":\"distance-to-reference\",\"reference\":\"B\"}")
		",\"panel\":{\"column\":\"Time\",\"scope\":\"global\"}");
	struct ranking_input input = {
		.units = 4, .values = FOUR, .codes = CODES, .periods = YEARS, .period_count = 2};
	struct ranking_scores scores = run_input(*state, methodology, &input);
	check_numbers("same year", scores.normalised, (const double[]){0, 0, 1, 1}, 4);
}

static void an_indicator_is_divided_by_its_denominator(void **state)
{
	static const double FIVE[UNITS] = {10, 20, 30, 40, 50};
	static const double DENOMINATORS[UNITS] = {10, 10, 0, MISSING, 25};
	const struct methodology *methodology = flat_methodology(*state,
		"{\"code\":\"x\",\"parent\":\"index\",\"denominator\":\"people\"}", RULES("{\"method\":\"none\"}"));
	struct ranking_input input = {.units = UNITS, .values = FIVE, .denominators = DENOMINATORS};
	struct ranking_scores scores = run_input(*state, methodology, &input);
	check_numbers("denominated", scores.normalised, (const double[]){1, 2, MISSING, MISSING, 2}, UNITS);
	assert_true(has_note(&scores, RANKING_NOTE_NO_DENOMINATOR, 0, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_method_gives_what_its_formula_says, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(goalposts_and_targets_go_with_their_indicator, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(logarithms_keep_zero_as_the_lowest_where_only_the_order_counts, make_arena,
		                                drop_arena),
		cmocka_unit_test_setup_teardown(a_constant_indicator_has_a_place_in_every_method_and_says_so, make_arena,
		                                drop_arena),
		cmocka_unit_test_setup_teardown(one_indicator_may_be_normalised_in_a_way_of_its_own, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_reference_without_a_value_leaves_the_indicator_missing_and_says_so, make_arena,
		                                drop_arena),
		cmocka_unit_test_setup_teardown(a_reference_that_is_no_unit_is_refused, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_panel_is_normalised_over_all_years_or_within_each_and_ranked_within_each,
		                                make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(in_a_panel_the_reference_is_the_unit_of_the_same_year, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(an_indicator_is_divided_by_its_denominator, make_arena, drop_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
