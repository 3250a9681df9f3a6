/* Draws of what is uncertain, the error of a score, and what many places say. EFFREG_TEST_SEED repeats a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "services/ranking/ranking_errors.h"
#include "services/ranking/ranking_outlook.h"
#include "services/ranking/ranking_uncertainty.h"
#include "tests/unit/ranking/ranking_cases.h"

#define UNITS 6

static uint64_t seed;

static const double VALUES[] = {
	10, 60, 35, 80, 42, 55,      /* w */
	3, 9, 1, 7, 5, 8,            /* x, lower is better */
	100, 140, 90, 200, 170, 130, /* y */
	0.5, 0.2, 0.9, 0.4, 0.7, 0.1 /* z */
};

#define TREE \
	"{\"code\":\"m\",\"version\":1,\"nodes\":[{\"code\":\"r\"},{\"code\":\"a\",\"parent\":\"r\",\"weight\":2},{\"code\":\"b\",\"parent\":\"r\"}]," \
	"\"indicators\":[{\"code\":\"w\",\"parent\":\"a\"},{\"code\":\"x\",\"parent\":\"a\",\"direction\":\"lower\"}," \
	"{\"code\":\"y\",\"parent\":\"b\",\"weight\":3},{\"code\":\"z\",\"parent\":\"b\"}],"
#define MIN_MAX "\"normalise\":{\"method\":\"min-max\"},\"aggregate\":[{\"method\":\"arithmetic\"}]"

static struct ranking_sampler sampler_of(struct arena *arena, const struct ranking_uncertain *of)
{
	const struct ranking_uncertainty *uncertainty = NULL;
	struct ranking_sampler sampler;
	struct fault fault = {0};
	if (ranking_uncertainty_new(arena, of, &uncertainty, &fault) != STATUS_OK)
		fail_msg("%s", fault.text);
	ranking_sampler_init(&sampler, arena, arena_new(ARENA_BYTES), uncertainty);
	return sampler;
}

static void drop_sampler(struct ranking_sampler *sampler)
{
	arena_destroy(&sampler->work);
}

static void a_row_of_weights_alone_is_the_replicate_of_its_number(void **state)
{
	const struct methodology *methodology = methodology_of(*state, TREE MIN_MAX "}");
	const struct ranking_input input = {.units = UNITS, .values = VALUES};
	const struct ranking_uncertain of = {
		.methodology = methodology, .input = &input, .perturb = 0.25, .seed = seed, .kinds = RANKING_FACTORS_CHOICES};
	struct ranking_sampler sampler = sampler_of(*state, &of);
	struct ranking_table *table = NULL;
	struct ranking_replicator replicator;
	struct ranking_weights weights;
	assert_int_equal(sampler.uncertainty->factor_count, 3);
	assert_int_equal(ranking_engine_prepare(*state, methodology, &input, &table, NULL), STATUS_OK);
	ranking_replicator_init(&replicator, *state, table);
	ranking_weights_init(&weights, *state, methodology);
	for (uint64_t row = 0; row < 50; row++) {
		uint32_t drawn[UNITS], expected[UNITS];
		ranking_sampler_draw(&sampler, row, NULL, drawn);
		ranking_replicate_draw(methodology, seed, row, 0.25, &weights);
		ranking_replicate(&replicator, &weights, expected);
		assert_memory_equal(drawn, expected, sizeof drawn);
	}
	drop_sampler(&sampler);
}

static void alternatives_come_up_as_often_as_each_other_and_rank_as_they_would_alone(void **state)
{
	enum { ROWS = 3000 };
	const struct methodology *methodology = methodology_of(*state, TREE MIN_MAX
		",\"alternatives\":{\"normalise\":[{\"method\":\"rank\"},{\"method\":\"borda\"}],\"aggregate\":[[{\"method\":\"geometric\"}]]}}");
	const struct ranking_input input = {.units = UNITS, .values = VALUES};
	const struct ranking_uncertain of = {
		.methodology = methodology, .input = &input, .perturb = 0, .seed = seed, .kinds = RANKING_FACTORS_CHOICES};
	struct ranking_sampler sampler = sampler_of(*state, &of);
	size_t seen[3][2] = {{0}};
	assert_int_equal(sampler.uncertainty->factor_count, 2);
	for (uint64_t row = 0; row < ROWS; row++) {
		uint32_t drawn[UNITS];
		ranking_sampler_draw(&sampler, row, NULL, drawn);
		const size_t *alternatives = sampler.parameters.alternatives;
		seen[alternatives[METHODOLOGY_STAGE_NORMALISE]][alternatives[METHODOLOGY_STAGE_AGGREGATE]]++;
		if (row < 40) {
			struct ranking_scores alone = run_input(*state, methodology_variant(methodology, alternatives), &input);
			assert_memory_equal(drawn, alone.places, sizeof drawn);
		}
	}
	for (size_t i = 0; i < 6; i++)
		assert_true(fabs((double)seen[i / 2][i % 2] / ROWS - 1.0 / 6) < 0.04);
	drop_sampler(&sampler);
}

static void one_factor_from_b_leaves_every_other_as_it_was(void **state)
{
	const struct methodology *methodology = methodology_of(*state, TREE MIN_MAX
		",\"alternatives\":{\"normalise\":[{\"method\":\"rank\"}],\"outliers\":[{\"method\":\"winsorise\"}]}}");
	const struct ranking_input input = {.units = UNITS, .values = VALUES};
	const struct ranking_uncertain of = {
		.methodology = methodology, .input = &input, .perturb = 0.5, .seed = seed, .kinds = RANKING_FACTORS_CHOICES};
	struct ranking_sampler a = sampler_of(*state, &of);
	struct ranking_sampler b = sampler_of(*state, &of);
	uint32_t places[UNITS];
	assert_int_equal(a.uncertainty->factor_count, 5);
	for (uint64_t row = 0; row < 20; row++) {
		uint8_t from_b[5] = {0};
		from_b[row % 3] = 1;  /* the children of one node */
		ranking_sampler_draw(&a, row, NULL, places);
		ranking_sampler_draw(&b, row, from_b, places);
		assert_memory_equal(a.parameters.alternatives, b.parameters.alternatives, sizeof a.parameters.alternatives);
		for (size_t i = 0; i < 4; i++)
			assert_int_equal(a.parameters.weights.indicators[i] != b.parameters.weights.indicators[i],
			                 row % 3 == 1 + i / 2);
		for (size_t i = 1; i < 3; i++)
			assert_int_equal(a.parameters.weights.nodes[i] != b.parameters.weights.nodes[i], row % 3 == 0);
	}
	drop_sampler(&a);
	drop_sampler(&b);
}

/* One indicator as it is: the score is the value. */
static void drawn_values_spread_by_their_errors_and_fill_gaps_from_other_units(void **state)
{
	enum { ROWS = 20000 };
	static const double WITH_GAP[] = {10, 20, MISSING, 40};
	static const double ERRORS[] = {3, 0, 5, MISSING};
	const struct methodology *methodology = flat_methodology(*state, "{\"code\":\"x\",\"parent\":\"index\"}",
		"\"normalise\":{\"method\":\"none\"},\"aggregate\":[{\"method\":\"arithmetic\"}]");
	const struct ranking_input input = {.units = 4, .values = WITH_GAP};
	const struct ranking_uncertain of = {
		.methodology = methodology, .input = &input, .errors = ERRORS, .seed = seed, .kinds = RANKING_FACTORS_DATA};
	struct ranking_sampler sampler = sampler_of(*state, &of);
	double sum = 0, squares = 0;
	size_t donors[3] = {0};
	assert_int_equal(sampler.uncertainty->factor_count, 2);
	for (uint64_t row = 0; row < ROWS; row++) {
		uint32_t places[4];
		double scores[4];
		ranking_sampler_draw(&sampler, row, NULL, places);
		ranking_sampler_scores(&sampler, scores);
		assert_true(scores[1] == 20 && scores[3] == 40);
		assert_true(scores[2] == 10 || scores[2] == 20 || scores[2] == 40);
		donors[scores[2] == 10 ? 0 : scores[2] == 20 ? 1 : 2]++;
		sum += scores[0];
		squares += (scores[0] - 10) * (scores[0] - 10);
	}
	assert_true(fabs(sum / ROWS - 10) < 0.12 && fabs(sqrt(squares / ROWS) - 3) < 0.1);
	for (size_t i = 0; i < 3; i++)
		assert_true(fabs((double)donors[i] / ROWS - 1.0 / 3) < 0.02);
	drop_sampler(&sampler);
}

static void a_draw_does_not_depend_on_those_before_it(void **state)
{
	static const double ERRORS[4 * UNITS] = {1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5};
	const struct methodology *methodology = methodology_of(*state, TREE MIN_MAX "}");
	const struct ranking_input input = {.units = UNITS, .values = VALUES};
	const struct ranking_uncertain of = {.methodology = methodology, .input = &input, .errors = ERRORS, .perturb = 0.25,
	                                     .seed = seed, .kinds = RANKING_FACTORS_CHOICES | RANKING_FACTORS_DATA};
	struct ranking_sampler forwards = sampler_of(*state, &of);
	struct ranking_sampler backwards = sampler_of(*state, &of);
	double one[20][UNITS], other[20][UNITS];
	uint32_t places[UNITS];
	for (size_t i = 0; i < 20; i++) {
		ranking_sampler_draw(&forwards, i, NULL, places);
		ranking_sampler_scores(&forwards, one[i]);
		ranking_sampler_draw(&backwards, 19 - i, NULL, places);
		ranking_sampler_scores(&backwards, other[19 - i]);
	}
	assert_memory_equal(one, other, sizeof one);
	drop_sampler(&forwards);
	drop_sampler(&backwards);
}

/* ---- the error of a score ---- */

/* w: of 2/3 · 1/2, 100 over 70 wide; y: of 1/3 · 3/4, 100 over 110 wide. */
static void the_error_of_a_linear_score_is_that_of_its_line(void **state)
{
	double errors[4 * UNITS] = {0};
	double ses[UNITS];
	const struct methodology *methodology = methodology_of(*state, TREE MIN_MAX "}");
	const struct ranking_input input = {.units = UNITS, .values = VALUES};
	struct ranking_scores scores = run_input(*state, methodology, &input);
	errors[0] = 2.1;
	errors[2 * UNITS] = 4.4;
	assert_true(ranking_errors_exact(*state, methodology, &input, &scores, errors, ses));
	assert_true(fabs(ses[0] - hypot(2.1 / 3 * 100 / 70, 4.4 / 4 * 100 / 110)) < 1e-13);
	for (size_t i = 1; i < UNITS; i++)
		assert_true(ses[i] == 0);
}

/* Without x the whole of a is w's. */
static void a_missing_neighbour_gives_its_weight_to_those_present(void **state)
{
	double values[4 * UNITS], errors[4 * UNITS] = {0};
	double ses[UNITS];
	memcpy(values, VALUES, sizeof values);
	values[UNITS + 4] = MISSING;
	errors[4] = 2.1;
	const struct methodology *methodology = methodology_of(*state, TREE MIN_MAX "}");
	const struct ranking_input input = {.units = UNITS, .values = values};
	struct ranking_scores scores = run_input(*state, methodology, &input);
	assert_true(ranking_errors_exact(*state, methodology, &input, &scores, errors, ses));
	assert_true(fabs(ses[4] - 2.1 * 2 / 3 * 100 / 70) < 1e-13);
}

static void a_score_that_bends_is_left_to_draws(void **state)
{
	static const char *const BENT[] = {
		"\"normalise\":{\"method\":\"rank\"},\"aggregate\":[{\"method\":\"arithmetic\"}]}",
		"\"normalise\":{\"method\":\"min-max\"},\"aggregate\":[{\"method\":\"geometric\"}]}",
		"\"outliers\":{\"method\":\"winsorise\"}," MIN_MAX "}",
	};
	double errors[4 * UNITS] = {1};
	double ses[UNITS];
	const struct ranking_input input = {.units = UNITS, .values = VALUES};
	for (size_t i = 0; i < ARRAY_COUNT(BENT); i++) {
		const struct methodology *methodology = methodology_of(*state, arena_printf(*state, TREE "%s", BENT[i]));
		struct ranking_scores scores = run_input(*state, methodology, &input);
		assert_false(ranking_errors_exact(*state, methodology, &input, &scores, errors, ses));
	}
}

/* ---- what places say ---- */

static const uint32_t PLACES[] = {
	1, 2, 3, 4,
	2, 1, 3, 4,
	1, 1, 3, 0,
	1, 2, 2, 4,
};
static const uint32_t BASE[] = {1, 2, 3, 4};

static void groups_and_neighbours_are_counted_over_the_replicates_that_rate_them(void **state)
{
	const struct methodology *methodology = methodology_of(*state, TREE MIN_MAX ",\"groups\":{\"leading\":0.25,\"lagging\":0.5}}");
	const struct ranking_outlook outlook = {
		.methodology = methodology, .units = 4, .replicates = 4, .places = PLACES, .base = BASE};
	double groups[4 * RANKING_GROUPS], beats[4];
	ranking_outlook_groups(*state, &outlook, groups);
	/* Of three rated a quarter is nobody. */
	static const double EXPECTED[] = {0.5, 0.5, 0, 0.25, 0.5, 0.25, 0, 0, 1, 0, 0, 1};
	check_numbers("groups", groups, EXPECTED, 12);
	ranking_outlook_beats_next(&outlook, beats);
	static const double BEATS[] = {0.5, 0.75, 1, MISSING};
	check_numbers("beats the neighbour", beats, BEATS, 4);
}

static void a_move_is_more_than_noise_when_hardly_a_replicate_denies_it(void **state)
{
	enum { ROWS = 200 };
	static const uint32_t RATED[] = {9, 4, 5};
	uint32_t places[ROWS * 3];
	for (uint32_t i = 0; i < ROWS; i++) {
		places[i * 3] = 8 + i % 3;                 /* before: 8 to 10 */
		places[i * 3 + 1] = 3 + i % 4;             /* now: 3 to 6 */
		places[i * 3 + 2] = i % 10 == 0 ? 11 : 5;  /* now: behind in a tenth */
	}
	const struct ranking_outlook outlook = {.units = 3, .replicates = ROWS, .places = places, .base = RATED};
	struct ranking_move clear = ranking_outlook_move(*state, &outlook, 0, 1);
	struct ranking_move vague = ranking_outlook_move(*state, &outlook, 0, 2);
	assert_true(clear.gained == 5 && clear.lo > 0 && clear.distinguishable);
	assert_true(vague.gained == 4 && vague.lo < 0 && vague.hi > 0 && !vague.distinguishable);
}

int main(void)
{
	const char *given = getenv("EFFREG_TEST_SEED");
	seed = given != NULL ? strtoull(given, NULL, 10) : 20260101;
	print_message("# EFFREG_TEST_SEED=%llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_row_of_weights_alone_is_the_replicate_of_its_number, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(alternatives_come_up_as_often_as_each_other_and_rank_as_they_would_alone, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(one_factor_from_b_leaves_every_other_as_it_was, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(drawn_values_spread_by_their_errors_and_fill_gaps_from_other_units, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_draw_does_not_depend_on_those_before_it, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(the_error_of_a_linear_score_is_that_of_its_line, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_missing_neighbour_gives_its_weight_to_those_present, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_score_that_bends_is_left_to_draws, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(groups_and_neighbours_are_counted_over_the_replicates_that_rate_them, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_move_is_more_than_noise_when_hardly_a_replicate_denies_it, make_arena, drop_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
