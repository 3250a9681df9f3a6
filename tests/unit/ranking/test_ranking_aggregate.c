/* Every way of aggregating, what is missing, and imputing at nodes, with values computed by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/ranking/ranking_cases.h"

#define X "{\"code\":\"x\",\"parent\":\"index\"}"
#define Y "{\"code\":\"y\",\"parent\":\"index\",\"weight\":3}"
#define Z "{\"code\":\"z\",\"parent\":\"index\",\"weight\":2}"
#define RAW "\"normalise\":{\"method\":\"none\"}"
/* Ranks cannot be negative, so that every mean may stand above them; goalposts [0, 1] onto [0, 1] keep a value. */
#define KEEP "\"normalise\":{\"method\":\"goalposts\",\"range\":[0,1]}"
#define POSTS(code, weight) \
	"{\"code\":\"" code "\",\"parent\":\"index\",\"weight\":" weight ",\"goalposts\":[0,1]}"
#define THREE POSTS("x", "1") "," POSTS("y", "3") "," POSTS("z", "2")

static const double COLUMNS[] = {
	0.5, 0.2, 0,   MISSING,
	0.1, 0.4, 0.5, MISSING,
	0.9, MISSING, 0.5, MISSING,
};

static void every_mean_weighs_the_children_present(void **state)
{
	const struct {
		const char *aggregate;
		double expected[4];
	} CASES[] = {
		{"{\"method\":\"arithmetic\"}", {(0.5 + 0.3 + 1.8) / 6, 1.4 / 4, 2.5 / 6, MISSING}},
		{"{\"method\":\"geometric\"}", {pow(0.5 * 0.001 * 0.81, 1.0 / 6), pow(0.2 * 0.064, 0.25), 0, MISSING}},
		{"{\"method\":\"harmonic\"}", {6 / (2 + 30 + 2 / 0.9), 4 / (5 + 7.5), 0, MISSING}},
		{"{\"method\":\"power\",\"power\":2}",
		 {sqrt((0.25 + 0.03 + 1.62) / 6), sqrt((0.04 + 0.48) / 4), sqrt(1.25 / 6), MISSING}},
		{"{\"method\":\"power\",\"power\":0.5}",
		 {pow((sqrt(0.5) + 3 * sqrt(0.1) + 2 * sqrt(0.9)) / 6, 2), pow((sqrt(0.2) + 3 * sqrt(0.4)) / 4, 2),
		  pow(5 * sqrt(0.5) / 6, 2), MISSING}},
		{"{\"method\":\"power\",\"power\":-1}", {6 / (2 + 30 + 2 / 0.9), 4 / (5 + 7.5), 0, MISSING}},
		/* half of the weight 6 falls between 0.1 and 0.5 */
		{"{\"method\":\"median\"}", {0.3, 0.4, 0.5, MISSING}},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		const struct methodology *methodology = flat_methodology(*state, THREE, arena_printf(
			*state, KEEP ",\"aggregate\":[%s]", CASES[i].aggregate));
		struct ranking_scores scores = run_columns(*state, methodology, COLUMNS, 4);
		check_numbers(CASES[i].aggregate, scores.nodes, CASES[i].expected, 4);
		assert_int_equal(scores.absences[3], RANKING_TOO_FEW_CHILDREN);
	}
}

/* Each weight rescaled, and each logarithm and reciprocal, costs a last digit; places are told apart by exact equality. */
static void children_that_are_equal_have_that_mean_whichever_is_missing(void **state)
{
	static const double HUNDREDS[] = {
		100, 100,     MISSING, 100,     100,
		100, MISSING, 100,     100,     MISSING,
		100, 100,     100,     MISSING, MISSING,
	};
	static const char *const MEANS[] = {
		"{\"method\":\"arithmetic\"}", "{\"method\":\"geometric\"}", "{\"method\":\"harmonic\"}", "{\"method\":\"median\"}",
		"{\"method\":\"power\",\"power\":0.5}", "{\"method\":\"power\",\"power\":3}", "{\"method\":\"power\",\"power\":-2}",
	};
	static const char WEIGHTED[] = "{\"code\":\"x\",\"parent\":\"index\",\"weight\":0.07,\"goalposts\":[0,100]},"
	                               "{\"code\":\"y\",\"parent\":\"index\",\"weight\":0.6,\"goalposts\":[0,100]},"
	                               "{\"code\":\"z\",\"parent\":\"index\",\"weight\":0.1,\"goalposts\":[0,100]}";
	for (size_t i = 0; i < ARRAY_COUNT(MEANS); i++) {
		const struct methodology *methodology = flat_methodology(*state, WEIGHTED, arena_printf(
			*state, "\"normalise\":{\"method\":\"goalposts\",\"range\":[0,100]},\"aggregate\":[%s]", MEANS[i]));
		struct ranking_scores scores = run_columns(*state, methodology, HUNDREDS, 5);
		for (size_t unit = 0; unit < 5; unit++) {
			assert_true(scores.nodes[unit] == 100);
			assert_int_equal(scores.places[unit], 1);
		}
	}
}

/* A tool was seen whose power mean is missing as soon as one child is. */
static void a_power_mean_is_there_when_a_child_is_missing(void **state)
{
	static const double TWO[] = {3, 3, 4, MISSING};
	const struct methodology *methodology = flat_methodology(*state, X ",{\"code\":\"y\",\"parent\":\"index\"}",
		RAW ",\"aggregate\":[{\"method\":\"power\",\"power\":2}]");
	struct ranking_scores scores = run_columns(*state, methodology, TWO, 2);
	check_numbers("power", scores.nodes, (const double[]){sqrt(12.5), 3}, 2);
}

/* Powers of whole numbers are defined for them, others are not: that is known when the values are. */
static void a_negative_child_makes_a_mean_missing_with_a_reason(void **state)
{
	static const double TWO[] = {-1, 4, 5, 4};
	static const struct {
		double power;
		enum ranking_absence absence;
	} CASES[] = {{0.5, RANKING_NEGATIVE_CHILD}, {2, RANKING_PRESENT}, {3, RANKING_PRESENT}};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		const struct methodology *methodology = flat_methodology(*state, X ",{\"code\":\"y\",\"parent\":\"index\"}",
			arena_printf(*state, RAW ",\"aggregate\":[{\"method\":\"power\",\"power\":%g}]", CASES[i].power));
		struct ranking_scores scores = run_columns(*state, methodology, TWO, 2);
		assert_int_equal(scores.absences[0], CASES[i].absence);
		assert_true(isnan(scores.nodes[0]) == (CASES[i].absence != RANKING_PRESENT));
		check_numbers("power", &scores.nodes[1], (const double[]){4}, 1);
		assert_true(has_note(&scores, RANKING_NOTE_NODE_NEGATIVE, 0, 1) == (CASES[i].absence != RANKING_PRESENT));
	}
}

static void aggregates_run_from_the_leaves_parents_up_and_a_node_may_have_its_own(void **state)
{
	static const double FOUR[] = {0.2, 0.8, 0.1, 0.9};
	const struct methodology *methodology = methodology_of(*state,
		"{\"code\":\"m\",\"version\":1,\"nodes\":[{\"code\":\"r\"},{\"code\":\"a\",\"parent\":\"r\"},"
		"{\"code\":\"b\",\"parent\":\"r\",\"aggregate\":{\"method\":\"harmonic\"}}],\"indicators\":["
		"{\"code\":\"w\",\"parent\":\"a\",\"goalposts\":[0,1]},{\"code\":\"x\",\"parent\":\"a\",\"goalposts\":[0,1]},"
		"{\"code\":\"y\",\"parent\":\"b\",\"goalposts\":[0,1]},{\"code\":\"z\",\"parent\":\"b\",\"goalposts\":[0,1]}],"
		KEEP ",\"aggregate\":[{\"method\":\"geometric\"},{\"method\":\"power\",\"power\":2}]}");
	struct ranking_scores scores = run_columns(*state, methodology, FOUR, 1);
	double a = 0.4, b = 2 / (10 + 1 / 0.9);
	check_numbers("mixed", scores.nodes, (const double[]){sqrt((a * a + b * b) / 2), a, b}, 3);
}

/* ---- Copeland ---- */

#define COPELAND ",\"aggregate\":[{\"method\":\"copeland\"}]"

static void copeland_counts_who_outranks_whom(void **state)
{
	/* weights 1, 3, 2. A beats B on y: 3 of 6, a tie; A beats C on x and z: 3 of 6, a tie; B beats C on all. */
	static const double VALUES[] = {
		1, 2, 0,
		2, 1, 0,
		1, 2, 0.5,
	};
	const struct methodology *methodology = flat_methodology(*state, X "," Y "," Z, RAW COPELAND);
	struct ranking_scores scores = run_columns(*state, methodology, VALUES, 3);
	check_numbers("copeland", scores.nodes, (const double[]){1, 1, -2}, 3);
	static const unsigned PLACES[] = {1, 1, 3};
	assert_memory_equal(scores.places, PLACES, sizeof PLACES);
}

static void weights_that_are_equal_as_decimals_tie(void **state)
{
	static const double VALUES[] = {1, 0, 1, 0, 0, 1};
	const struct methodology *methodology = flat_methodology(*state,
		"{\"code\":\"x\",\"parent\":\"index\",\"weight\":0.1},{\"code\":\"y\",\"parent\":\"index\",\"weight\":0.2},"
		"{\"code\":\"z\",\"parent\":\"index\",\"weight\":0.3}", RAW COPELAND);
	struct ranking_scores scores = run_columns(*state, methodology, VALUES, 2);
	check_numbers("copeland", scores.nodes, (const double[]){0, 0}, 2);
}

/* A tool was seen whose outranking changes with the order of the rows when data are missing. */
static void copeland_does_not_depend_on_the_order_of_the_units(void **state)
{
	enum { UNITS = 12, INDICATORS = 3 };
	double values[INDICATORS * UNITS];
	double turned[INDICATORS * UNITS];
	uint64_t random = 20260101;
	for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		values[i] = (random >> 60) == 0 || (random >> 60) > 12 ? MISSING : (double)(random >> 60);
	}
	for (size_t i = 0; i < INDICATORS; i++) {
		for (size_t unit = 0; unit < UNITS; unit++)
			turned[i * UNITS + unit] = values[i * UNITS + UNITS - 1 - unit];
	}
	const struct methodology *methodology = flat_methodology(*state, X "," Y "," Z, RAW COPELAND);
	struct ranking_scores one = run_columns(*state, methodology, values, UNITS);
	struct ranking_scores other = run_columns(*state, methodology, turned, UNITS);
	double sum = 0;
	for (size_t unit = 0; unit < UNITS; unit++) {
		check_numbers("turned", &other.nodes[UNITS - 1 - unit], &one.nodes[unit], 1);
		sum += isnan(one.nodes[unit]) ? 0 : one.nodes[unit];
	}
	assert_true(sum == 0);
}

static void a_pair_is_compared_on_the_indicators_both_have(void **state)
{
	/* A and B share y only, where B is better; A and C share x, where A is better; B and C share nothing. */
	static const double VALUES[] = {
		2, MISSING, 1,
		1, 2, MISSING,
	};
	const struct methodology *methodology = flat_methodology(*state, X "," Y, RAW COPELAND);
	struct ranking_scores scores = run_columns(*state, methodology, VALUES, 3);
	check_numbers("shared", scores.nodes, (const double[]){0, 1, -1}, 3);
}

/* ---- imputing ---- */

#define MEANS ",\"aggregate\":[{\"method\":\"arithmetic\"}]"

static void what_is_missing_is_filled_in_as_the_step_says(void **state)
{
	static const double VALUES[] = {
		1, 2, 6, 7, MISSING,
		10, MISSING, MISSING, 40, 10,
	};
	static const uint32_t GROUPS[] = {1, 1, 2, 2, 2};
	static const struct {
		const char *impute;
		double expected[10];
	} CASES[] = {
		{"{\"method\":\"none\"}", {1, 2, 6, 7, MISSING, 10, MISSING, MISSING, 40, 10}},
		{"{\"method\":\"mean\"}", {1, 2, 6, 7, 4, 10, 20, 20, 40, 10}},
		{"{\"at\":\"indicators\",\"method\":\"median\"}", {1, 2, 6, 7, 4, 10, 10, 10, 40, 10}},
		{"{\"method\":\"group-mean\",\"group\":\"g\"}", {1, 2, 6, 7, 6.5, 10, 10, 25, 40, 10}},
		{"{\"method\":\"parent-mean\"}", {1, 2, 6, 7, 10, 10, 2, 6, 40, 10}},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		const struct methodology *methodology = flat_methodology(*state, X "," Y, arena_printf(
			*state, RAW MEANS ",\"impute\":[%s]", CASES[i].impute));
		struct ranking_input input = {.units = 5, .values = VALUES, .groups = GROUPS};
		struct ranking_scores scores = run_input(*state, methodology, &input);
		check_numbers(CASES[i].impute, scores.normalised, CASES[i].expected, 10);
	}
}

static void a_group_of_which_nobody_has_a_value_stays_without(void **state)
{
	static const double VALUES[] = {1, MISSING, MISSING};
	static const uint32_t GROUPS[] = {1, 2, 0};
	const struct methodology *methodology = flat_methodology(*state, X,
		RAW MEANS ",\"impute\":[{\"method\":\"group-mean\",\"group\":\"g\"}]");
	struct ranking_input input = {.units = 3, .values = VALUES, .groups = GROUPS};
	struct ranking_scores scores = run_input(*state, methodology, &input);
	check_numbers("empty group", scores.normalised, VALUES, 3);
}

static void nodes_are_filled_in_before_their_parent_is_computed(void **state)
{
	static const double VALUES[] = {
		1, 3, MISSING, MISSING,
		8, 4, 6, 2,
	};
	static const uint32_t GROUPS[] = {1, 2, 1, 2};
	static const struct {
		const char *impute;
		double expected[12];
	} CASES[] = {
		{"{\"at\":[\"a\"],\"method\":\"mean\"}", {4.5, 3.5, 4, 2, 1, 3, 2, 2, 8, 4, 6, 2}},
		{"{\"at\":[\"a\"],\"method\":\"group-mean\",\"group\":\"g\"}", {4.5, 3.5, 3.5, 2.5, 1, 3, 1, 3, 8, 4, 6, 2}},
		{"{\"at\":[\"a\"],\"method\":\"parent-mean\"}", {4.5, 3.5, 6, 2, 1, 3, 6, 2, 8, 4, 6, 2}},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		const struct methodology *methodology = methodology_of(*state, arena_printf(*state,
			"{\"code\":\"m\",\"version\":1,\"nodes\":[{\"code\":\"r\"},{\"code\":\"a\",\"parent\":\"r\"},"
			"{\"code\":\"b\",\"parent\":\"r\"}],\"indicators\":[{\"code\":\"x\",\"parent\":\"a\"},"
			"{\"code\":\"y\",\"parent\":\"b\"}]," RAW MEANS ",\"impute\":[%s]}", CASES[i].impute));
		struct ranking_input input = {.units = 4, .values = VALUES, .groups = GROUPS};
		struct ranking_scores scores = run_input(*state, methodology, &input);
		check_numbers(CASES[i].impute, scores.nodes, CASES[i].expected, 12);
		assert_true(has_note(&scores, RANKING_NOTE_NODE_IMPUTED, 1, 2));
	}
}

/* ---- outliers ---- */

#define WINSORISE(options) ",\"outliers\":{\"method\":\"winsorise\"" options "}"

static void outliers_are_pulled_in_until_the_indicator_passes(void **state)
{
	static const double VALUES[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1000};
	static const double PULLED[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 9};
	double negated[10], negated_pulled[10];
	for (size_t i = 0; i < 10; i++) {
		negated[i] = -VALUES[i];
		negated_pulled[i] = -PULLED[i];
	}
	const struct methodology *methodology = flat_methodology(*state, X, RAW MEANS WINSORISE(""));
	struct ranking_scores scores = run_columns(*state, methodology, VALUES, 10);
	check_numbers("high", scores.normalised, PULLED, 10);
	assert_true(has_note(&scores, RANKING_NOTE_WINSORISED, 0, 1));
	scores = run_columns(*state, methodology, negated, 10);
	check_numbers("low", scores.normalised, negated_pulled, 10);
}

static void what_still_fails_is_logged_from_the_values_as_they_were(void **state)
{
	/* After two points are pulled in it fails still. */
	static const double VALUES[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 50, 80, 100};
	double logged[14];
	for (size_t i = 0; i < 14; i++)
		logged[i] = log(VALUES[i] + 1);
	static const double KEPT[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 50, 80, 80};
	const struct methodology *methodology = flat_methodology(*state, X,
		RAW MEANS WINSORISE(",\"max_points\":1,\"skew\":0.5,\"kurtosis\":-5"));
	struct ranking_scores scores = run_columns(*state, methodology, VALUES, 14);
	check_numbers("log", scores.normalised, logged, 14);
	assert_true(has_note(&scores, RANKING_NOTE_LOG_INSTEAD, 0, 14));
	methodology = flat_methodology(*state, X,
		RAW MEANS WINSORISE(",\"max_points\":1,\"skew\":0.5,\"kurtosis\":-5,\"fallback\":\"none\""));
	scores = run_columns(*state, methodology, VALUES, 14);
	check_numbers("none", scores.normalised, KEPT, 14);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_mean_weighs_the_children_present, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(children_that_are_equal_have_that_mean_whichever_is_missing, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_power_mean_is_there_when_a_child_is_missing, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_negative_child_makes_a_mean_missing_with_a_reason, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(aggregates_run_from_the_leaves_parents_up_and_a_node_may_have_its_own, make_arena,
		                                drop_arena),
		cmocka_unit_test_setup_teardown(copeland_counts_who_outranks_whom, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(weights_that_are_equal_as_decimals_tie, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(copeland_does_not_depend_on_the_order_of_the_units, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_pair_is_compared_on_the_indicators_both_have, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(what_is_missing_is_filled_in_as_the_step_says, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_group_of_which_nobody_has_a_value_stays_without, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(nodes_are_filled_in_before_their_parent_is_computed, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(outliers_are_pulled_in_until_the_indicator_passes, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(what_still_fails_is_logged_from_the_values_as_they_were, make_arena, drop_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
