/* Contributions: they add up to the score, and are what the definitions say. EFFREG_TEST_SEED repeats a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "services/ranking/ranking_contribution.h"
#include "services/ranking/ranking_random.h"
#include "tests/unit/ranking/ranking_cases.h"

#define UNITS 12
/* Two levels, the second with three nodes: five, six and four indicators. */
#define NODES \
	"\"nodes\":[{\"code\":\"r\"},{\"code\":\"a\",\"parent\":\"r\",\"weight\":2},{\"code\":\"b\",\"parent\":\"r\"}," \
	"{\"code\":\"c\",\"parent\":\"r\",\"weight\":0.5}]"
#define INDICATORS 15

static uint64_t seed;

/* One table ready to be explained. */
struct rated {
	struct ranking_table *table;
	struct ranking_aggregation aggregation;
	struct ranking_weights weights;
	struct ranking_contributor contributor;
};

static struct rated *rate(struct arena *arena, const struct methodology *methodology, const double *values, size_t units,
                          enum ranking_baseline baseline)
{
	struct rated *rated = arena_array(arena, struct rated, 1);
	const struct ranking_input input = {.units = units, .values = values};
	assert_int_equal(ranking_engine_prepare(arena, methodology, &input, &rated->table, NULL), STATUS_OK);
	ranking_weights_init(&rated->weights, arena, methodology);
	ranking_aggregation_init(&rated->aggregation, arena, rated->table);
	ranking_aggregate(&rated->aggregation, &rated->weights);
	ranking_contributor_init(&rated->contributor, arena, rated->table, &rated->aggregation, &rated->weights, baseline);
	return rated;
}

static const struct methodology *tree_of(struct arena *arena, size_t count, const char *members)
{
	char indicators[4096] = "";
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(indicators);
		snprintf(&indicators[used], sizeof indicators - used, "%s{\"code\":\"i%zu\",\"parent\":\"%s\",\"weight\":%zu}",
		         i > 0 ? "," : "", i, i < 5 ? "a" : i < 11 ? "b" : "c", i % 4 + 1);
	}
	return methodology_of(arena, arena_printf(arena, "{\"code\":\"m\",\"version\":1," NODES ",\"indicators\":[%s],%s}",
	                                          indicators, members));
}

static double *draw_values(struct arena *arena, struct ranking_random *random, size_t count, double gaps)
{
	double *values = arena_array(arena, double, count * UNITS);
	for (size_t i = 0; i < count * UNITS; i++) {
		double value = floor(ranking_random_unit(random) * 1000) / 8;
		values[i] = ranking_random_unit(random) < gaps ? MISSING : value;
	}
	return values;
}

static double sum_of(const struct methodology *methodology, const struct ranking_contributions *contributions)
{
	double sum = contributions->base;
	for (size_t i = 0; i < methodology->indicator_count; i++)
		sum += isnan(contributions->indicators[i]) ? 0 : contributions->indicators[i];
	for (size_t i = 0; i < methodology->node_count; i++)
		sum += isnan(contributions->nodes[i]) ? 0 : contributions->nodes[i];
	return sum;
}

static void they_add_up_to_the_score_by_every_mean(void **state)
{
	static const struct {
		const char *members;
		size_t indicators;
		enum ranking_contribution_method method;
	} CASES[] = {
		{"\"aggregate\":[{\"method\":\"arithmetic\"}]", INDICATORS, RANKING_CONTRIBUTION_CLOSED},
		{"\"aggregate\":[{\"method\":\"geometric\"},{\"method\":\"arithmetic\"}]", INDICATORS, RANKING_CONTRIBUTION_EXACT},
		{"\"aggregate\":[{\"method\":\"arithmetic\"},{\"method\":\"geometric\"}]", 12, RANKING_CONTRIBUTION_EXACT},
		{"\"aggregate\":[{\"method\":\"arithmetic\"},{\"method\":\"geometric\"}]", INDICATORS, RANKING_CONTRIBUTION_LEVELS},
		{"\"aggregate\":[{\"method\":\"power\",\"power\":2},{\"method\":\"harmonic\"}]", INDICATORS, RANKING_CONTRIBUTION_LEVELS},
		{"\"aggregate\":[{\"method\":\"median\"},{\"method\":\"median\"}]", INDICATORS, RANKING_CONTRIBUTION_LEVELS},
		{"\"aggregate\":[{\"method\":\"copeland\"},{\"method\":\"arithmetic\"}]", INDICATORS, RANKING_CONTRIBUTION_EXACT},
		{"\"aggregate\":[{\"method\":\"arithmetic\"},{\"method\":\"copeland\"}]", 12, RANKING_CONTRIBUTION_EXACT},
		{"\"impute\":[{\"at\":[\"b\"],\"method\":\"mean\"}],\"aggregate\":[{\"method\":\"arithmetic\",\"min_available\":0.8}]",
		 INDICATORS, RANKING_CONTRIBUTION_CLOSED},
	};
	struct ranking_random random;
	ranking_random_init(&random, seed, 0);
	for (size_t i = 0; i < 2 * ARRAY_COUNT(CASES); i++) {
		const char *members = arena_printf(*state, "\"normalise\":{\"method\":\"min-max\",\"range\":[1,100]},%s", CASES[i / 2].members);
		const struct methodology *methodology = tree_of(*state, CASES[i / 2].indicators, members);
		struct rated *rated = rate(*state, methodology, draw_values(*state, &random, CASES[i / 2].indicators, 0.1), UNITS,
		                           i % 2 == 0 ? RANKING_BASELINE_ZERO : RANKING_BASELINE_MEAN);
		enum ranking_contribution_method method = RANKING_CONTRIBUTION_CLOSED;
		for (size_t row = 0; row < UNITS; row++) {
			struct ranking_contributions contributions;
			ranking_contributions_of(&rated->contributor, *state, row, &contributions);
			if (isnan(contributions.score))
				continue;
			assert_true(i % 2 == 1 || contributions.base == 0);
			double sum = sum_of(methodology, &contributions);
			if (fabs(sum - contributions.score) > 1e-12 * 100)
				fail_msg("%s: unit %zu has %.17g, its parts add up to %.17g", members, row, contributions.score, sum);
			method = contributions.method > method ? contributions.method : method;
		}
		assert_int_equal(method, CASES[i / 2].method);
	}
}

static void drawn_ones_add_up_too_and_have_an_interval(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 1);
	const struct methodology *methodology = tree_of(*state, INDICATORS,
		"\"normalise\":{\"method\":\"min-max\",\"range\":[1,100]},\"aggregate\":[{\"method\":\"arithmetic\"},{\"method\":\"geometric\"}]");
	struct rated *rated = rate(*state, methodology, draw_values(*state, &random, INDICATORS, 0), UNITS, RANKING_BASELINE_MEAN);
	rated->contributor.sets_max = 0;
	struct ranking_contributions contributions;
	ranking_contributions_of(&rated->contributor, *state, 3, &contributions);
	assert_int_equal(contributions.method, RANKING_CONTRIBUTION_SAMPLED);
	assert_int_equal(contributions.draws, RANKING_SHAPLEY_DRAWS);
	assert_true(fabs(sum_of(methodology, &contributions) - contributions.score) <= 1e-12 * 100);
	double widest = 0;
	for (size_t i = 0; i < INDICATORS; i++)
		widest = contributions.indicator_errors[i] > widest ? contributions.indicator_errors[i] : widest;
	assert_true(widest > 0);
}

/* x of weight 1 and y of weight 3, as they are: by hand. */
static void of_an_arithmetic_mean_they_are_the_weighted_values(void **state)
{
	static const double VALUES[] = {10, 20, 40, 60, 30, MISSING};
	const struct methodology *methodology = flat_methodology(*state,
		"{\"code\":\"x\",\"parent\":\"index\"},{\"code\":\"y\",\"parent\":\"index\",\"weight\":3}",
		"\"normalise\":{\"method\":\"none\"},\"aggregate\":[{\"method\":\"arithmetic\"}]");
	struct ranking_contributions zero, mean, alone;
	ranking_contributions_of(&rate(*state, methodology, VALUES, 3, RANKING_BASELINE_ZERO)->contributor, *state, 0, &zero);
	ranking_contributions_of(&rate(*state, methodology, VALUES, 3, RANKING_BASELINE_MEAN)->contributor, *state, 0, &mean);
	ranking_contributions_of(&rate(*state, methodology, VALUES, 3, RANKING_BASELINE_ZERO)->contributor, *state, 2, &alone);
	assert_true(zero.indicators[0] == 2.5 && zero.indicators[1] == 45 && zero.score == 47.5);
	/* The means are 70/3 and 45. */
	check_numbers("mean", mean.indicators, (double[]){2.5 - 70.0 / 12, 45 - 33.75}, 2);
	check_numbers("base", &mean.base, &(double){70.0 / 12 + 33.75}, 1);
	assert_true(alone.indicators[0] == 40 && isnan(alone.indicators[1]));
}

/* √(xy) from the mean profile (m, n): each comes first in one of the two orders. */
static void of_a_geometric_mean_they_are_shapley_values(void **state)
{
	static const double VALUES[] = {4, 16, 7, 9, 25, 2};
	const struct methodology *methodology = flat_methodology(*state,
		"{\"code\":\"x\",\"parent\":\"index\",\"goalposts\":[0,100]},{\"code\":\"y\",\"parent\":\"index\",\"goalposts\":[0,100]}",
		"\"normalise\":{\"method\":\"goalposts\",\"range\":[0,100]},\"aggregate\":[{\"method\":\"geometric\"}]");
	struct ranking_contributions found;
	ranking_contributions_of(&rate(*state, methodology, VALUES, 3, RANKING_BASELINE_MEAN)->contributor, *state, 0, &found);
	double none = sqrt(9.0 * 12), x = sqrt(4.0 * 12), y = sqrt(9.0 * 9), all = 6;
	check_numbers("parts", found.indicators, (double[]){(x - none + all - y) / 2, (y - none + all - x) / 2}, 2);
	check_numbers("base", &found.base, &none, 1);
	ranking_contributions_of(&rate(*state, methodology, VALUES, 3, RANKING_BASELINE_ZERO)->contributor, *state, 0, &found);
	check_numbers("from zero each alone spoils everything", found.indicators, (double[]){3, 3}, 2);
}

/* Orders in which the children of each node come one after another: the definition, over all 6! orders of 2 + 3 + 1. */
struct levels_case {
	const struct rated *rated;
	size_t count;
	size_t parents[6];
	double gains[6];
	double orders;
};

static double value_of_order(const struct levels_case *levels, const bool *in)
{
	static const double BASE[] = {50, 50, 50, 50, 50, 50};
	double sums[3] = {0}, weights[3] = {0}, root = 0;
	static const double NODE_WEIGHTS[] = {2, 1, 0.5};
	for (size_t i = 0; i < levels->count; i++) {
		double weight = levels->rated->weights.indicators[i];
		sums[levels->parents[i]] += weight * (in[i] ? ranking_table_column(levels->rated->table, i)[0] : BASE[i]);
		weights[levels->parents[i]] += weight;
	}
	for (size_t i = 0; i < 3; i++)
		root += NODE_WEIGHTS[i] / 3.5 * log(sums[i] / weights[i]);
	return exp(root);
}

static bool comes_together(const struct levels_case *levels, const size_t *order)
{
	bool closed[3] = {false};
	for (size_t i = 1; i < levels->count; i++) {
		if (levels->parents[order[i]] == levels->parents[order[i - 1]])
			continue;
		closed[levels->parents[order[i - 1]]] = true;
		if (closed[levels->parents[order[i]]])
			return false;
	}
	return true;
}

static void walk(struct levels_case *levels, size_t *order, bool *used, size_t count)
{
	if (count == levels->count && comes_together(levels, order)) {
		bool in[6] = {false};
		for (size_t i = 0; i < count; i++) {
			double before = value_of_order(levels, in);
			in[order[i]] = true;
			levels->gains[order[i]] += value_of_order(levels, in) - before;
		}
		levels->orders++;
	}
	for (size_t i = 0; i < levels->count && count < levels->count; i++) {
		if (used[i])
			continue;
		used[i] = true;
		order[count] = i;
		walk(levels, order, used, count + 1);
		used[i] = false;
	}
}

static void by_levels_they_are_the_mean_over_the_orders_that_keep_nodes_together(void **state)
{
	/* The second unit mirrors the first round 50, so the means are 50. */
	static const double VALUES[] = {10, 90, 80, 20, 60, 40, 30, 70, 95, 5, 42, 58};
	const struct methodology *methodology = methodology_of(*state,
		"{\"code\":\"m\",\"version\":1," NODES ",\"indicators\":[{\"code\":\"u\",\"parent\":\"a\"},"
		"{\"code\":\"v\",\"parent\":\"a\",\"weight\":3},{\"code\":\"w\",\"parent\":\"b\"},{\"code\":\"x\",\"parent\":\"b\",\"weight\":2},"
		"{\"code\":\"y\",\"parent\":\"b\"},{\"code\":\"z\",\"parent\":\"c\"}],\"normalise\":{\"method\":\"percentile-rank\"},"
		"\"aggregate\":[{\"method\":\"arithmetic\"},{\"method\":\"geometric\"}]}");
	struct rated *rated = rate(*state, methodology, VALUES, 2, RANKING_BASELINE_MEAN);
	/* The scale does not matter here: the values as they stand. */
	memcpy(rated->table->values, VALUES, sizeof VALUES);
	ranking_aggregate(&rated->aggregation, &rated->weights);
	ranking_contributor_init(&rated->contributor, *state, rated->table, &rated->aggregation, &rated->weights, RANKING_BASELINE_MEAN);
	rated->contributor.plan.exact_max = 1;
	struct ranking_contributions found;
	ranking_contributions_of(&rated->contributor, *state, 0, &found);
	assert_int_equal(found.method, RANKING_CONTRIBUTION_LEVELS);
	struct levels_case levels = {.rated = rated, .count = 6, .parents = {0, 0, 1, 1, 1, 2}};
	size_t order[6];
	bool used[6] = {false};
	walk(&levels, order, used, 0);
	assert_true(levels.orders == 6 * 2 * 6);
	for (size_t i = 0; i < 6; i++)
		levels.gains[i] /= levels.orders;
	check_numbers("parts", found.indicators, levels.gains, 6);
}

static void a_node_filled_in_from_others_is_one_player(void **state)
{
	/* The second unit has nothing below b. */
	static const double VALUES[] = {1, 2, 3, 4, MISSING, 8};
	const struct methodology *methodology = methodology_of(*state,
		"{\"code\":\"m\",\"version\":1,\"nodes\":[{\"code\":\"r\"},{\"code\":\"a\",\"parent\":\"r\"},{\"code\":\"b\",\"parent\":\"r\"}],"
		"\"indicators\":[{\"code\":\"x\",\"parent\":\"a\"},{\"code\":\"y\",\"parent\":\"b\"}],\"normalise\":{\"method\":\"none\"},"
		"\"impute\":[{\"at\":[\"b\"],\"method\":\"mean\"}],\"aggregate\":[{\"method\":\"arithmetic\"}]}");
	struct ranking_contributions found;
	ranking_contributions_of(&rate(*state, methodology, VALUES, 3, RANKING_BASELINE_ZERO)->contributor, *state, 1, &found);
	assert_true(found.score == 4 && found.indicators[0] == 1 && isnan(found.indicators[1]));
	assert_true(found.nodes[2] == 3 && isnan(found.nodes[0]) && isnan(found.nodes[1]));
}

/* Two against one outrank the second unit, and tie with the third: x and y win it together. */
static void in_a_copeland_node_a_set_wins_what_it_wins_alone(void **state)
{
	static const double VALUES[] = {2, 1, 2, 2, 1, 2, 1, 2, 1};
	const struct methodology *methodology = flat_methodology(*state,
		"{\"code\":\"x\",\"parent\":\"index\"},{\"code\":\"y\",\"parent\":\"index\"},{\"code\":\"z\",\"parent\":\"index\"}",
		"\"normalise\":{\"method\":\"none\"},\"aggregate\":[{\"method\":\"copeland\"}]");
	struct ranking_contributions found;
	ranking_contributions_of(&rate(*state, methodology, VALUES, 3, RANKING_BASELINE_ZERO)->contributor, *state, 0, &found);
	/* v(x) = v(y) = 1, v(z) = −1, v(xy) = 1, v(xz) = v(yz) = 0, v(xyz) = 1. */
	assert_true(found.score == 1);
	check_numbers("parts", found.indicators, (double[]){5.0 / 6, 5.0 / 6, -2.0 / 3}, 3);
}

int main(void)
{
	const char *given = getenv("EFFREG_TEST_SEED");
	seed = given != NULL ? strtoull(given, NULL, 10) : 20260101;
	print_message("# EFFREG_TEST_SEED=%llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(they_add_up_to_the_score_by_every_mean, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(drawn_ones_add_up_too_and_have_an_interval, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(of_an_arithmetic_mean_they_are_the_weighted_values, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(of_a_geometric_mean_they_are_shapley_values, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(by_levels_they_are_the_mean_over_the_orders_that_keep_nodes_together, make_arena,
		                                drop_arena),
		cmocka_unit_test_setup_teardown(a_node_filled_in_from_others_is_one_player, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(in_a_copeland_node_a_set_wins_what_it_wins_alone, make_arena, drop_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
