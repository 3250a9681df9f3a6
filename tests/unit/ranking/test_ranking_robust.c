/* Leads, pairs and places under all admissible weights: against drawn weights, and the least and greatest mean against every
 * corner. EFFREG_TEST_SEED repeats a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "services/ranking/ranking_program.h"
#include "services/ranking/ranking_random.h"
#include "services/ranking/ranking_robust.h"
#include "tests/unit/ranking/ranking_cases.h"

#define UNITS      10
#define INDICATORS 7
#define NODES \
	"\"nodes\":[{\"code\":\"r\"},{\"code\":\"a\",\"parent\":\"r\",\"weight\":2},{\"code\":\"b\",\"parent\":\"r\"}]," \
	"\"indicators\":[{\"code\":\"t\",\"parent\":\"a\"},{\"code\":\"u\",\"parent\":\"a\",\"weight\":2}," \
	"{\"code\":\"v\",\"parent\":\"a\",\"weight\":0.5},{\"code\":\"w\",\"parent\":\"b\",\"weight\":3},{\"code\":\"x\",\"parent\":\"b\"}," \
	"{\"code\":\"y\",\"parent\":\"b\",\"weight\":2},{\"code\":\"z\",\"parent\":\"r\",\"weight\":0.5}]"

static uint64_t seed;

static const struct methodology *tree(struct arena *arena, const char *aggregate, const char *members)
{
	return methodology_of(arena, arena_printf(arena, "{\"code\":\"m\",\"version\":1," NODES
		",\"normalise\":{\"method\":\"min-max\",\"range\":[1,100]},\"aggregate\":[%s]%s}", aggregate, members));
}

static double *draw_values(struct arena *arena, struct ranking_random *random)
{
	double *values = arena_array(arena, double, UNITS * INDICATORS);
	for (size_t i = 0; i < UNITS * INDICATORS; i++)
		values[i] = floor(ranking_random_unit(random) * 1000) / 8;
	return values;
}

static struct ranking_table *prepare(struct arena *arena, const struct methodology *methodology, const double *values)
{
	const struct ranking_input input = {.units = UNITS, .values = values};
	struct ranking_table *table = NULL;
	assert_int_equal(ranking_engine_prepare(arena, methodology, &input, &table, NULL), STATUS_OK);
	return table;
}

static struct ranking_robust *robust_of(struct arena *arena, const struct ranking_table *table, double share, size_t draws)
{
	struct ranking_robust *robust = NULL;
	const struct ranking_robust_plan plan = {.share = share, .draws = draws, .seed = seed};
	assert_int_equal(ranking_robust_new(arena, table, &plan, &robust, NULL), STATUS_OK);
	return robust;
}

/* ---- the program ---- */

static void a_program_finds_the_whole_numbers_of_a_small_knapsack(void **state)
{
	(void)state;
	static const double VALUES[] = {-5, -4, -3};
	struct ranking_program *program = ranking_program_new(3, 1);
	double x[3];
	for (size_t i = 0; i < 3; i++)
		ranking_program_column(program, i, 0, 1, VALUES[i], true);
	ranking_program_row(program, 0, (size_t[]){0, 1, 2}, (double[]){4, 3, 2}, 3, -INFINITY, 5);
	assert_int_equal(ranking_program_solve(program, 1000, x), RANKING_PROGRAM_SOLVED);
	check_numbers("taken", x, (double[]){0, 1, 1}, 3);
	ranking_program_destroy(&program);
	program = ranking_program_new(1, 1);
	ranking_program_column(program, 0, 0, 1, 1, false);
	ranking_program_row(program, 0, (size_t[]){0}, (double[]){1}, 1, 2, INFINITY);
	assert_int_equal(ranking_program_solve(program, 1000, x), RANKING_PROGRAM_INFEASIBLE);
	ranking_program_destroy(&program);
	assert_null(program);
}

/* ---- leads ---- */

/* The score at weights given by the bits of corner: each at its lower or upper end. */
static double corner_lead(struct arena *arena, const struct ranking_table *table, uint32_t corner, double share, size_t a, size_t b)
{
	struct ranking_weights weights;
	struct ranking_aggregation aggregation;
	const struct methodology *methodology = table->methodology;
	ranking_weights_init(&weights, arena, methodology);
	ranking_aggregation_init(&aggregation, arena, table);
	for (size_t i = 0; i < INDICATORS; i++)
		weights.indicators[i] *= (corner >> i & 1) != 0 ? 1 + share : 1 - share;
	for (size_t i = 1; i < 3; i++)
		weights.nodes[i] *= (corner >> (INDICATORS - 1 + i) & 1) != 0 ? 1 + share : 1 - share;
	ranking_aggregate(&aggregation, &weights);
	const double *root = ranking_aggregation_node(&aggregation, 0);
	const struct methodology_aggregate *rule = &methodology->nodes[0].aggregate;
	return ranking_lead_term(rule, root[a]) - ranking_lead_term(rule, root[b]);
}

static void the_least_lead_is_that_of_the_worst_corner(void **state)
{
	(void)state;
	static const char *const MEANS[] = {"{\"method\":\"arithmetic\"}", "{\"method\":\"geometric\"}", "{\"method\":\"harmonic\"}",
	                                    "{\"method\":\"power\",\"power\":2}", "{\"method\":\"power\",\"power\":-1.5}"};
	struct ranking_random random;
	ranking_random_init(&random, seed, 0);
	for (size_t run = 0; run < 2 * ARRAY_COUNT(MEANS); run++) {
		struct arena *arena = arena_new(ARENA_BYTES);
		struct ranking_table *table = prepare(arena, tree(arena, MEANS[run / 2], ""), draw_values(arena, &random));
		struct ranking_weights weights;
		struct ranking_aggregation aggregation;
		struct ranking_leads leads;
		ranking_weights_init(&weights, arena, table->methodology);
		ranking_aggregation_init(&aggregation, arena, table);
		ranking_aggregate(&aggregation, &weights);
		ranking_leads_init(&leads, arena, table, &aggregation, &weights);
		double share = run % 2 == 0 ? 0.25 : 0.8;
		double least = INFINITY;
		assert_true(ranking_leads_are_exact(&leads, 1, 2));
		for (uint32_t corner = 0; corner < 1 << (INDICATORS + 2); corner++) {
			double lead = corner_lead(arena, table, corner, share, 1, 2);
			least = lead < least ? lead : least;
		}
		check_numbers("least lead", &(double){ranking_lead_least(&leads, 1, 2, share)}, &least, 1);
		arena_destroy(&arena);
	}
}

/* x leads by 10 with weight 1, y trails by 5 with weight 1: level at (1 − s)·10 = (1 + s)·5, s = 1/3. */
static void the_smallest_change_of_weights_that_reverses_a_pair_is_found(void **state)
{
	static const double VALUES[] = {30, 20, 50, 10, 15, 50};
	const struct methodology *methodology = flat_methodology(*state,
		"{\"code\":\"x\",\"parent\":\"index\"},{\"code\":\"y\",\"parent\":\"index\"}",
		"\"normalise\":{\"method\":\"none\"},\"aggregate\":[{\"method\":\"arithmetic\"}]");
	const struct ranking_input input = {.units = 3, .values = VALUES};
	struct ranking_table *table;
	struct ranking_pair pair;
	assert_int_equal(ranking_engine_prepare(*state, methodology, &input, &table, NULL), STATUS_OK);
	struct ranking_robust *robust = robust_of(*state, table, 0.25, 10);
	assert_true(ranking_robust_pair(robust, 1, 0, &pair));
	assert_true(pair.ahead == 0 && pair.behind == 1 && pair.exact && pair.robust);
	assert_true(fabs(pair.reversal - 1.0 / 3) <= 1e-8);
	assert_true(ranking_robust_pair(robust, 0, 2, &pair));
	assert_true(pair.ahead == 2 && pair.robust && isnan(pair.reversal));
	robust = robust_of(*state, table, 0.4, 10);
	assert_true(ranking_robust_pair(robust, 1, 0, &pair));
	assert_false(pair.robust);
}

/* ---- places ---- */

/* The most extreme places over every corner and many weights between: nothing outside the ranges, and, for places are met at
 * single weights, nothing far inside them either. */
static void ranges_hold_every_place_that_is_met_and_are_met_themselves(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 1);
	for (int run = 0; run < 6; run++) {
		struct ranking_table *table = prepare(*state, tree(*state, run % 2 == 0 ? "{\"method\":\"arithmetic\"}" : "{\"method\":\"geometric\"}", ""),
		                                      draw_values(*state, &random));
		double share = run < 3 ? 0.25 : 0.6;
		/* One that met hardly anything has to search; one that drew a lot shows what is there. */
		struct ranking_robust *searching = robust_of(*state, table, share, 1);
		struct ranking_robust *drawing = robust_of(*state, table, share, 20000);
		size_t met = 0;
		for (size_t row = 0; row < UNITS; row++) {
			struct ranking_place_range found, drawn;
			ranking_robust_range(searching, row, &found);
			ranking_robust_range(drawing, row, &drawn);
			assert_true(found.best_exact && found.worst_exact && drawn.best_exact && drawn.worst_exact);
			assert_true(found.best <= found.place && found.place <= found.worst);
			assert_int_equal(found.best, drawn.best);
			assert_int_equal(found.worst, drawn.worst);
			assert_true(found.always_before < found.best && found.worst <= UNITS - found.always_behind);
			met += found.worst - found.best;
		}
		assert_true(met > 0);
	}
}

static void no_drawn_place_lies_outside_a_range(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 2);
	for (int run = 0; run < 8; run++) {
		const struct methodology *methodology = tree(*state, "{\"method\":\"arithmetic\"}", run % 2 == 0 ? "" : ",\"ranking\":{\"decimals\":1}");
		struct ranking_table *table = prepare(*state, methodology, draw_values(*state, &random));
		struct ranking_robust *robust = robust_of(*state, table, 0.25, 1);
		struct ranking_place_range ranges[UNITS];
		struct ranking_weights weights;
		struct ranking_aggregation aggregation;
		struct ranking_sorting order;
		double scores[UNITS];
		uint32_t places[UNITS];
		for (size_t row = 0; row < UNITS; row++)
			ranking_robust_range(robust, row, &ranges[row]);
		ranking_weights_init(&weights, *state, methodology);
		ranking_aggregation_init(&aggregation, *state, table);
		ranking_sorting_init(&order, *state, UNITS);
		for (int draw = 0; draw < 5000; draw++) {
			for (size_t i = 0; i < INDICATORS; i++)
				weights.indicators[i] = methodology->indicators[i].weight * (0.75 + 0.5 * ranking_random_unit(&random));
			for (size_t i = 0; i < 3; i++)
				weights.nodes[i] = methodology->nodes[i].weight * (0.75 + 0.5 * ranking_random_unit(&random));
			ranking_aggregate(&aggregation, &weights);
			memcpy(scores, ranking_aggregation_node(&aggregation, 0), sizeof scores);
			ranking_engine_places(table, &order, scores, places);
			for (size_t row = 0; row < UNITS; row++)
				assert_true(places[row] >= ranges[row].best && places[row] <= ranges[row].worst);
		}
	}
}

static void robust_pairs_are_never_reversed_and_others_are(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 3);
	struct ranking_table *table = prepare(*state, tree(*state, "{\"method\":\"arithmetic\"}", ""), draw_values(*state, &random));
	struct ranking_robust *robust = robust_of(*state, table, 0.5, 1);
	size_t kinds[2] = {0};
	for (size_t a = 0; a < UNITS; a++) {
		for (size_t b = a + 1; b < UNITS; b++) {
			struct ranking_pair pair;
			assert_true(ranking_robust_pair(robust, a, b, &pair) && pair.exact);
			double least = INFINITY;
			for (uint32_t corner = 0; corner < 1 << (INDICATORS + 2); corner++) {
				struct arena *arena = arena_new(ARENA_BYTES);
				double lead = corner_lead(arena, table, corner, 0.5, pair.ahead, pair.behind);
				least = lead < least ? lead : least;
				arena_destroy(&arena);
			}
			assert_true(pair.robust == (least >= -1e-9));
			assert_true(isnan(pair.reversal) || (pair.reversal > 0.5) == pair.robust);
			kinds[pair.robust]++;
		}
	}
	assert_true(kinds[0] > 0 && kinds[1] > 0);
}

/* A median is no mean of the kind, and a gap rescales weights: then only what was met is told. */
static void what_cannot_be_proven_says_so(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 4);
	struct ranking_place_range range;
	struct ranking_pair pair;
	double *values = draw_values(*state, &random);
	struct ranking_robust *robust = robust_of(*state, prepare(*state, tree(*state, "{\"method\":\"median\"}", ""), values), 0.25, 500);
	ranking_robust_range(robust, 0, &range);
	assert_false(range.best_exact || range.worst_exact);
	assert_true(range.best <= range.place && range.worst >= range.place);
	values[0] = MISSING;
	robust = robust_of(*state, prepare(*state, tree(*state, "{\"method\":\"arithmetic\"}", ""), values), 0.25, 500);
	assert_true(ranking_robust_pair(robust, 0, 1, &pair));
	assert_true(!pair.exact && isnan(pair.reversal));
	assert_true(ranking_robust_pair(robust, 1, 2, &pair));
	assert_true(pair.exact);
}

int main(void)
{
	const char *given = getenv("EFFREG_TEST_SEED");
	seed = given != NULL ? strtoull(given, NULL, 10) : 20260101;
	print_message("# EFFREG_TEST_SEED=%llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_finds_the_whole_numbers_of_a_small_knapsack),
		cmocka_unit_test(the_least_lead_is_that_of_the_worst_corner),
		cmocka_unit_test_setup_teardown(the_smallest_change_of_weights_that_reverses_a_pair_is_found, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(ranges_hold_every_place_that_is_met_and_are_met_themselves, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(no_drawn_place_lies_outside_a_range, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(robust_pairs_are_never_reversed_and_others_are, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(what_cannot_be_proven_says_so, make_arena, drop_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
