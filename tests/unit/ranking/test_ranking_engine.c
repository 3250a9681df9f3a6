/* The engine: small cases. What other software computed is compared by tests/reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "services/ranking/ranking_engine.h"

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)
#define MISSING     NAN

static int make_arena(void **state)
{
	*state = arena_new(ARENA_BYTES);
	return 0;
}

static int drop_arena(void **state)
{
	struct arena *arena = *state;
	arena_destroy(&arena);
	return 0;
}

static const struct methodology *methodology_of(struct arena *arena, const char *text)
{
	const struct json *json;
	const struct methodology *methodology = NULL;
	struct fault fault = {0};
	assert_int_equal(json_parse(arena, text, strlen(text), &JSON_LIMITS_DOCUMENT, &json, &fault), STATUS_OK);
	if (methodology_read(arena, json, &methodology, &fault) != STATUS_OK)
		fail_msg("%s %s", fault.pointer, fault.text);
	return methodology;
}

/* One node over three indicators x (weight 1), y (weight 3) and z (weight 0, lower is better). */
static const struct methodology *small_methodology(struct arena *arena, const char *aggregate, const char *ranking)
{
	return methodology_of(arena, arena_printf(arena,
		"{\"code\":\"m\",\"version\":1,\"nodes\":[{\"code\":\"index\"}],\"indicators\":["
		"{\"code\":\"x\",\"parent\":\"index\"},"
		"{\"code\":\"y\",\"parent\":\"index\",\"weight\":3},{\"code\":\"z\",\"parent\":\"index\",\"weight\":0,"
		"\"direction\":\"lower\"}],\"normalise\":{\"method\":\"min-max\",\"range\":[0,100]},\"aggregate\":[%s],"
		"\"ranking\":%s}", aggregate, ranking));
}

/* values: lines of units. */
static void run_engine(struct arena *arena, const struct methodology *methodology, const double *values, size_t units,
                       struct ranking_scores *ret_scores)
{
	size_t count = methodology->indicator_count;
	double *columns = arena_array(arena, double, count * units);
	for (size_t i = 0; i < count * units; i++)
		columns[i % count * units + i / count] = values[i];
	struct ranking_input input = {.units = units, .values = columns};
	struct fault fault = {0};
	if (ranking_engine_run(arena, methodology, &input, ret_scores, &fault) != STATUS_OK)
		fail_msg("%s %s", fault.pointer, fault.text);
}

#define ARITHMETIC "{\"method\":\"arithmetic\"}"
#define COMPETITION "{\"ties\":\"competition\"}"

static void weights_are_rescaled_over_the_children_present(void **state)
{
	static const double VALUES[] = {
		0, 10, 1,
		10, 0, 2,
		5, MISSING, 3,
		MISSING, MISSING, 3,
	};
	struct ranking_scores scores;
	run_engine(*state, small_methodology(*state, ARITHMETIC, COMPETITION), VALUES, 4, &scores);
	assert_true(scores.scores[0] == 75);
	assert_true(scores.scores[1] == 25);
	assert_true(scores.scores[2] == 50);
	assert_true(isnan(scores.scores[3]));
	static const unsigned PLACES[] = {1, 3, 2, 0};
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(scores.places[i], PLACES[i]);
}

static void lower_is_better_turns_the_scale_round(void **state)
{
	static const double VALUES[] = {1, 1, 4, 1, 1, 2, 1, 1, 3};
	struct ranking_scores scores;
	run_engine(*state, small_methodology(*state, ARITHMETIC, COMPETITION), VALUES, 3, &scores);
	assert_true(scores.normalised[6] == 0);
	assert_true(scores.normalised[7] == 100);
	assert_true(scores.normalised[8] == 50);
}

static void a_constant_indicator_gives_the_middle_and_says_so(void **state)
{
	static const double VALUES[] = {7, 1, MISSING, 7, 2, MISSING};
	struct ranking_scores scores;
	run_engine(*state, small_methodology(*state, ARITHMETIC, COMPETITION), VALUES, 2, &scores);
	assert_true(scores.normalised[0] == 50 && scores.normalised[1] == 50);
	assert_int_equal(scores.states[0], RANKING_INDICATOR_CONSTANT);
	assert_int_equal(scores.states[1], RANKING_INDICATOR_VARIES);
	assert_int_equal(scores.states[2], RANKING_INDICATOR_EMPTY);
}

static void below_min_available_a_node_is_missing(void **state)
{
	static const double VALUES[] = {1, 1, MISSING, 2, MISSING, MISSING};
	struct ranking_scores scores;
	/* 2 of 3 children reach two thirds exactly, 1 of 3 does not. */
	const struct methodology *methodology = small_methodology(
		*state, "{\"method\":\"arithmetic\",\"min_available\":0.6666666666666666}", COMPETITION);
	run_engine(*state, methodology, VALUES, 2, &scores);
	assert_int_equal(scores.places[0], 1);
	assert_int_equal(scores.places[1], 0);
}

static void equal_scores_share_a_place(void **state)
{
	static const double VALUES[] = {0, 0, 0, 2, 2, 0, 1, 1, 0, 1, 1, 0, 0.5, 0.5, 0};
	static const struct {
		const char *ranking;
		unsigned places[5];
	} CASES[] = {
		{COMPETITION, {5, 1, 2, 2, 4}},
		{"{\"ties\":\"dense\"}", {4, 1, 2, 2, 3}},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct ranking_scores scores;
		run_engine(*state, small_methodology(*state, ARITHMETIC, CASES[i].ranking), VALUES, 5, &scores);
		for (size_t unit = 0; unit < 5; unit++)
			assert_int_equal(scores.places[unit], CASES[i].places[unit]);
	}
}

static void scores_are_compared_rounded_to_the_decimals(void **state)
{
	static const double VALUES[] = {0, 0, 0, 1, 1, 0, 0.50004, 0.50004, 0, 0.5, 0.5, 0};
	static const struct {
		const char *ranking;
		unsigned places[4];
	} CASES[] = {
		{"{\"decimals\":2}", {4, 1, 2, 2}},
		{"{\"decimals\":3}", {4, 1, 2, 3}},
		{"{}", {4, 1, 2, 3}},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct ranking_scores scores;
		run_engine(*state, small_methodology(*state, ARITHMETIC, CASES[i].ranking), VALUES, 4, &scores);
		for (size_t unit = 0; unit < 4; unit++)
			assert_int_equal(scores.places[unit], CASES[i].places[unit]);
	}
}

static void nobody_to_rate_is_no_fault(void **state)
{
	struct ranking_scores scores;
	run_engine(*state, small_methodology(*state, ARITHMETIC, COMPETITION), NULL, 0, &scores);
	assert_int_equal(scores.units, 0);
	assert_int_equal(scores.states[0], RANKING_INDICATOR_EMPTY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(weights_are_rescaled_over_the_children_present, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(lower_is_better_turns_the_scale_round, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_constant_indicator_gives_the_middle_and_says_so, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(below_min_available_a_node_is_missing, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(equal_scores_share_a_place, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(scores_are_compared_rounded_to_the_decimals, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(nobody_to_rate_is_no_fault, make_arena, drop_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
