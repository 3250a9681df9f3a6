/* What must hold for any values: random tables, EFFREG_TEST_SEED repeats a run. And the parts that have no units. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "services/ranking/ranking_math.h"
#include "services/ranking/ranking_replicate.h"
#include "services/ranking/ranking_statistics.h"
#include "tests/unit/ranking/ranking_cases.h"

#define UNITS      40
#define INDICATORS 4
#define TREE \
	"\"nodes\":[{\"code\":\"r\"},{\"code\":\"a\",\"parent\":\"r\",\"weight\":2},{\"code\":\"b\",\"parent\":\"r\"}]," \
	"\"indicators\":[{\"code\":\"w\",\"parent\":\"a\"},{\"code\":\"x\",\"parent\":\"a\",\"direction\":\"lower\"}," \
	"{\"code\":\"y\",\"parent\":\"b\",\"weight\":3},{\"code\":\"z\",\"parent\":\"b\"}]"

static uint64_t seed;

static const struct methodology *tree(struct arena *arena, const char *members)
{
	return methodology_of(arena, arena_printf(arena, "{\"code\":\"m\",\"version\":1," TREE ",%s}", members));
}

/* One value in eight missing when gaps. */
static double *draw_table(struct arena *arena, struct ranking_random *random, size_t units, bool gaps)
{
	double *values = arena_array(arena, double, units * INDICATORS);
	for (size_t i = 0; i < units * INDICATORS; i++) {
		bool gap = gaps && ranking_random_unit(random) < 0.125;
		double value = floor(ranking_random_unit(random) * 1000) / 8;
		values[i] = gap ? MISSING : value;
	}
	return values;
}

static void a_positive_affine_rescaling_leaves_min_max_results(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 0);
	const struct methodology *methodology = tree(*state,
		"\"normalise\":{\"method\":\"min-max\"},\"aggregate\":[{\"method\":\"arithmetic\"}]");
	for (int run = 0; run < 50; run++) {
		double *values = draw_table(*state, &random, UNITS, true);
		struct ranking_scores before = run_columns(*state, methodology, values, UNITS);
		for (size_t unit = 0; unit < UNITS; unit++)
			values[UNITS + unit] = values[UNITS + unit] * 37 + 1000;
		struct ranking_scores after = run_columns(*state, methodology, values, UNITS);
		check_numbers("rescaled", after.nodes, before.nodes, 3 * UNITS);
	}
}

static void a_copy_of_a_unit_shares_its_place(void **state)
{
	static const char *const AGGREGATES[] = {"arithmetic", "geometric", "median", "copeland"};
	struct ranking_random random;
	ranking_random_init(&random, seed, 1);
	for (size_t run = 0; run < 40; run++) {
		double *values = draw_table(*state, &random, UNITS, true);
		for (size_t i = 0; i < INDICATORS; i++)
			values[i * UNITS + UNITS - 1] = values[i * UNITS + run % (UNITS - 1)];
		const struct methodology *methodology = tree(*state, arena_printf(*state,
			"\"normalise\":{\"method\":\"rank\"},\"aggregate\":[{\"method\":\"%s\"},{\"method\":\"arithmetic\"}]",
			AGGREGATES[run % ARRAY_COUNT(AGGREGATES)]));
		struct ranking_scores scores = run_columns(*state, methodology, values, UNITS);
		assert_int_equal(scores.places[UNITS - 1], scores.places[run % (UNITS - 1)]);
	}
}

static void the_order_of_the_units_changes_nothing(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 2);
	const struct methodology *methodology = tree(*state,
		"\"impute\":[{\"method\":\"mean\"}],\"outliers\":{\"method\":\"winsorise\"},\"normalise\":{\"method\":\"z-score\"},"
		"\"aggregate\":[{\"method\":\"arithmetic\"},{\"method\":\"copeland\"}]");
	for (int run = 0; run < 50; run++) {
		const double *values = draw_table(*state, &random, UNITS, true);
		double *turned = arena_array(*state, double, UNITS * INDICATORS);
		for (size_t i = 0; i < UNITS * INDICATORS; i++)
			turned[i / UNITS * UNITS + (i % UNITS * 7 + 3) % UNITS] = values[i];
		struct ranking_scores one = run_columns(*state, methodology, values, UNITS);
		struct ranking_scores other = run_columns(*state, methodology, turned, UNITS);
		for (size_t unit = 0; unit < UNITS; unit++) {
			size_t moved = (unit * 7 + 3) % UNITS;
			assert_int_equal(one.places[unit], other.places[moved]);
			for (size_t node = 0; node < 3; node++)
				assert_memory_equal(&one.nodes[node * UNITS + unit], &other.nodes[node * UNITS + moved], sizeof(double));
		}
	}
}

/* The product and the strict way: with gaps only the latter can be taken, so the same table is ranked by sets of one. */
static void a_replicate_has_the_places_of_a_methodology_with_its_weights(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 3);
	for (int run = 0; run < 40; run++) {
		const double *values = draw_table(*state, &random, UNITS, run % 2 == 1);
		const struct methodology *methodology = tree(*state,
			"\"normalise\":{\"method\":\"min-max\"},\"aggregate\":[{\"method\":\"arithmetic\"}]");
		struct ranking_input input = {.units = UNITS, .values = values};
		struct ranking_table *table;
		struct ranking_replicator replicator;
		struct ranking_weights w;
		uint32_t places[UNITS];
		assert_int_equal(ranking_engine_prepare(*state, methodology, &input, &table, NULL), STATUS_OK);
		ranking_replicator_init(&replicator, *state, table);
		ranking_weights_init(&w, *state, methodology);
		ranking_replicate_draw(methodology, seed, (uint64_t)run, 0.25, &w);
		ranking_replicate(&replicator, &w, places);
		const struct methodology *weighted = methodology_of(*state, arena_printf(*state,
			"{\"code\":\"m\",\"version\":1,\"nodes\":[{\"code\":\"r\"},{\"code\":\"a\",\"parent\":\"r\",\"weight\":%.17g},"
			"{\"code\":\"b\",\"parent\":\"r\",\"weight\":%.17g}],\"indicators\":[{\"code\":\"w\",\"parent\":\"a\","
			"\"weight\":%.17g},{\"code\":\"x\",\"parent\":\"a\",\"direction\":\"lower\",\"weight\":%.17g},"
			"{\"code\":\"y\",\"parent\":\"b\",\"weight\":%.17g},{\"code\":\"z\",\"parent\":\"b\",\"weight\":%.17g}],"
			"\"normalise\":{\"method\":\"min-max\"},\"aggregate\":[{\"method\":\"arithmetic\"}]}", w.nodes[1], w.nodes[2],
			w.indicators[0], w.indicators[1], w.indicators[2], w.indicators[3]));
		struct ranking_scores scores = run_columns(*state, weighted, values, UNITS);
		assert_memory_equal(places, scores.places, sizeof places);
	}
}

static void drawn_weights_stay_within_their_share(void **state)
{
	const struct methodology *methodology = tree(*state,
		"\"normalise\":{\"method\":\"min-max\"},\"aggregate\":[{\"method\":\"arithmetic\"}]");
	struct ranking_weights w;
	double low = 10, high = 0;
	ranking_weights_init(&w, *state, methodology);
	for (uint64_t i = 0; i < 2000; i++) {
		ranking_replicate_draw(methodology, seed, i, 0.25, &w);
		low = w.indicators[2] < low ? w.indicators[2] : low;
		high = w.indicators[2] > high ? w.indicators[2] : high;
		assert_true(w.nodes[0] == 1);
	}
	assert_true(low >= 2.25 && low < 2.26 && high < 3.75 && high > 3.74);
}

/* Vectors of the authors' reference code: xoshiro256** from the state 1, 2, 3, 4; splitmix64 from 0. */
static void random_numbers_are_those_of_the_published_generators(void **state)
{
	(void)state;
	static const uint64_t EXPECTED[] = {11520, 0, 1509978240, 1215971899390074240};
	static const uint64_t SEEDED[] = {0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f, 0xf88bb8a8724c81ec};
	struct ranking_random random = {.state = {1, 2, 3, 4}};
	for (size_t i = 0; i < ARRAY_COUNT(EXPECTED); i++)
		assert_true(ranking_random_next(&random) == EXPECTED[i]);
	ranking_random_init(&random, 0, 0);
	assert_memory_equal(random.state, SEEDED, sizeof SEEDED);
	struct ranking_random other;
	ranking_random_init(&other, 0, 1);
	assert_memory_not_equal(random.state, other.state, sizeof other.state);
}

/* A tool was seen that cuts the range of the sample instead: then 0.2 of a sample of 0.2 … 0.3 is the first of two. */
static void factors_are_cut_over_the_whole_of_zero_to_one(void **state)
{
	(void)state;
	static const struct {
		double factor;
		size_t count, alternative;
	} CASES[] = {{0, 2, 0}, {0.2, 2, 0}, {0.3, 2, 0}, {0.5, 2, 1}, {0.99, 2, 1}, {1, 2, 1}, {0.34, 3, 1}, {0.7, 3, 2}};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++)
		assert_int_equal(ranking_random_alternative(CASES[i].factor, CASES[i].count), CASES[i].alternative);
}

static void logarithm_exponential_and_power_are_those_of_the_library(void **state)
{
	(void)state;
	struct ranking_random random;
	ranking_random_init(&random, seed, 4);
	for (int i = 0; i < 100000; i++) {
		double x = exp((ranking_random_unit(&random) - 0.5) * 600);
		double p = (ranking_random_unit(&random) - 0.5) * 10;
		double y = log(x) / 3;
		assert_true(fabs(ranking_log(x) - log(x)) <= 4e-16 * fabs(log(x)));
		assert_true(fabs(ranking_exp(y) - exp(y)) <= 5e-16 * exp(y));
		double power = pow(fabs(y) + 1, p);
		assert_true(fabs(ranking_pow(fabs(y) + 1, p) - power) <= 1e-14 * power);
	}
	assert_true(ranking_log(1) == 0 && ranking_exp(0) == 1 && ranking_log(0) == -INFINITY && isnan(ranking_log(-1)));
	assert_true(ranking_pow(-2, 3) == -8 && isnan(ranking_pow(-2, 0.5)) && ranking_pow(2, -2) == 0.25);
	assert_true(ranking_exp(-1000) == 0 && isinf(ranking_exp(1000)));
}

static void skewness_and_kurtosis_are_those_of_the_spreadsheet(void **state)
{
	(void)state;
	/* The examples of the spreadsheet's manual for SKEW and KURT. */
	static const double VALUES[] = {3, 4, 5, 2, 3, 4, 5, 6, 4, 7};
	assert_true(fabs(ranking_skewness(VALUES, 10) - 0.359543071406797) < 1e-14);
	assert_true(fabs(ranking_kurtosis(VALUES, 10) + 0.151799637208416) < 1e-14);
	assert_true(isnan(ranking_skewness(VALUES, 2)) && isnan(ranking_kurtosis(VALUES, 3)));
}

static void quantiles_are_of_type_seven(void **state)
{
	(void)state;
	static const double SORTED[] = {1, 2, 4, 8};
	assert_true(ranking_quantile(SORTED, 4, 0) == 1 && ranking_quantile(SORTED, 4, 1) == 8);
	assert_true(ranking_quantile(SORTED, 4, 0.5) == 3);
	assert_true(fabs(ranking_quantile(SORTED, 4, 0.05) - 1.15) < 1e-15);
}

static void places_are_described_over_the_replicates_that_rate_the_unit(void **state)
{
	(void)state;
	enum { WIDE = 8 };
	uint32_t counts[WIDE + 1] = {0};
	static const uint32_t PLACES[] = {8, 1, 0, 4, 2};
	struct ranking_place_statistics figures = ranking_place_statistics_of(PLACES, 5, counts);
	assert_true(figures.mean == 3.75 && figures.median == 3);
	assert_true(fabs(figures.q05 - 1.15) < 1e-15 && fabs(figures.q95 - 7.4) < 1e-14);
	figures = ranking_place_statistics_of(&PLACES[2], 1, counts);
	assert_true(isnan(figures.mean) && isnan(figures.q05));
}

static void many_values_sort_as_few_do(void **state)
{
	enum { MANY = 3000 };
	struct ranking_random random;
	struct ranking_sorting sorting;
	ranking_random_init(&random, seed, 5);
	ranking_sorting_init(&sorting, *state, MANY);
	double *values = arena_array(*state, double, MANY);
	for (size_t i = 0; i < MANY; i++)
		values[i] = i % 50 == 0 ? MISSING : (floor(ranking_random_unit(&random) * 500) - 250) / 7;
	values[1] = -0.0;
	values[2] = 0;
	ranking_sorting_sort(&sorting, values, MANY);
	assert_int_equal(sorting.count, MANY - MANY / 50);
	for (size_t i = 1; i < sorting.count; i++) {
		double before = values[sorting.at[i - 1].unit];
		double here = values[sorting.at[i].unit];
		assert_true(before < here || (before == here && sorting.at[i - 1].unit < sorting.at[i].unit));
	}
}

/* Also values that are the same in 32 bits of their range, and all equal. */
static void finite_values_ascend_as_they_sort(void **state)
{
	enum { MANY = 3000 };
	static const double STEPS[] = {7, 1e-9, 1e-300, 0};
	struct ranking_random random;
	struct ranking_sorting sorting;
	ranking_random_init(&random, seed, 6);
	ranking_sorting_init_ascend(&sorting, *state, MANY);
	double *values = arena_array(*state, double, MANY);
	for (size_t run = 0; run < ARRAY_COUNT(STEPS) * 2; run++) {
		size_t count = run % 2 == 0 ? MANY : 40;
		for (size_t i = 0; i < count; i++)
			values[i] = (ranking_random_unit(&random) - 0.5) * STEPS[run / 2];
		values[0] = run % 4 == 0 ? 1e6 : values[0];
		const uint32_t *ascending = ranking_sorting_ascend(&sorting, values, count);
		bool seen[MANY] = {false};
		for (size_t i = 0; i < count; i++) {
			assert_true(i == 0 || values[ascending[i - 1]] <= values[ascending[i]]);
			assert_false(seen[ascending[i]]);
			seen[ascending[i]] = true;
		}
	}
}

int main(void)
{
	const char *given = getenv("EFFREG_TEST_SEED");
	seed = given != NULL ? strtoull(given, NULL, 10) : 20260101;
	print_message("# EFFREG_TEST_SEED=%llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_positive_affine_rescaling_leaves_min_max_results, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_copy_of_a_unit_shares_its_place, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(the_order_of_the_units_changes_nothing, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_replicate_has_the_places_of_a_methodology_with_its_weights, make_arena,
		                                drop_arena),
		cmocka_unit_test_setup_teardown(drawn_weights_stay_within_their_share, make_arena, drop_arena),
		cmocka_unit_test(random_numbers_are_those_of_the_published_generators),
		cmocka_unit_test(factors_are_cut_over_the_whole_of_zero_to_one),
		cmocka_unit_test(logarithm_exponential_and_power_are_those_of_the_library),
		cmocka_unit_test(skewness_and_kurtosis_are_those_of_the_spreadsheet),
		cmocka_unit_test(quantiles_are_of_type_seven),
		cmocka_unit_test(places_are_described_over_the_replicates_that_rate_the_unit),
		cmocka_unit_test_setup_teardown(many_values_sort_as_few_do, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(finite_values_ascend_as_they_sort, make_arena, drop_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
