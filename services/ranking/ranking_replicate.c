#include "services/ranking/ranking_replicate.h"

#include <math.h>

/* More than a product of a thousand indicators can lose, and far below what differs in earnest. */
#define LEAST_SHARE 1e-12

/* ---- the product ---- */

static bool is_linear(const struct ranking_table *table)
{
	const struct methodology *methodology = table->methodology;
	bool linear = methodology->decimals == METHODOLOGY_EXACT;
	for (size_t i = 0; i < methodology->node_count; i++)
		linear &= methodology->nodes[i].aggregate.method == METHODOLOGY_ARITHMETIC;
	for (size_t i = 0; linear && i < methodology->indicator_count * table->units; i++)
		linear = !isnan(table->values[i]);
	return linear;
}

static double largest(const struct ranking_table *table)
{
	double max = 0;
	for (size_t i = 0; i < table->methodology->indicator_count * table->units; i++)
		max = fabs(table->values[i]) > max ? fabs(table->values[i]) : max;
	return max;
}

void ranking_replicator_init(struct ranking_replicator *replicator, struct arena *arena, const struct ranking_table *table)
{
	*replicator = (struct ranking_replicator){.table = table, .linear = is_linear(table)};
	replicator->least = LEAST_SHARE * largest(table);
	replicator->effective = arena_array(arena, double, table->methodology->indicator_count);
	replicator->scores = arena_array(arena, double, table->units);
	replicator->places = arena_array(arena, uint32_t, table->units);
	ranking_aggregation_init(&replicator->aggregation, arena, table);
	ranking_sorting_init_ascend(&replicator->order, arena, table->units);
}

static void multiply(const struct ranking_table *table, const double *effective, double *scores)
{
	memset(scores, 0, table->units * sizeof *scores);
	for (size_t i = 0; i < table->methodology->indicator_count; i++) {
		const double *values = ranking_table_column(table, i);
		double weight = effective[i];
		for (size_t row = 0; row < table->units; row++)
			scores[row] += weight * values[row];
	}
}

/* False when two scores of a period are too close to trust the product. */
static bool places_by_product(struct ranking_replicator *replicator, const struct ranking_weights *weights)
{
	const struct ranking_table *table = replicator->table;
	ranking_weights_effective(table->methodology, weights, replicator->effective);
	multiply(table, replicator->effective, replicator->scores);
	for (size_t i = 0; i < table->period_count; i++) {
		size_t first = table->periods[i].first;
		size_t count = table->periods[i].end - first;
		const double *scores = &replicator->scores[first];
		const uint32_t *ascending = ranking_sorting_ascend(&replicator->order, scores, count);
		for (size_t k = 1; k < count; k++) {
			if (scores[ascending[k]] - scores[ascending[k - 1]] <= replicator->least)
				return false;
		}
		for (size_t k = 0; k < count; k++)
			replicator->places[first + ascending[k]] = (uint32_t)(count - k);
	}
	return true;
}

static void places_by_tree(struct ranking_replicator *replicator, const struct ranking_weights *weights)
{
	const struct ranking_table *table = replicator->table;
	ranking_aggregate(&replicator->aggregation, weights);
	memcpy(replicator->scores, ranking_aggregation_node(&replicator->aggregation, table->methodology->root),
	       table->units * sizeof(double));
	ranking_engine_places(table, &replicator->order, replicator->scores, replicator->places);
}

void ranking_replicate(struct ranking_replicator *replicator, const struct ranking_weights *weights, uint32_t *ret_places)
{
	if (replicator->table->units == 0)
		return;
	if (!replicator->linear || !places_by_product(replicator, weights))
		places_by_tree(replicator, weights);
	for (size_t row = 0; row < replicator->table->units; row++)
		ret_places[ranking_table_row(replicator->table, row)] = replicator->places[row];
}

/* ---- draws ---- */

static double perturbed(struct ranking_random *random, double weight, double perturb)
{
	return weight * (1 + perturb * (2 * ranking_random_unit(random) - 1));
}

void ranking_replicate_draw(const struct methodology *methodology, uint64_t seed, uint64_t replicate, double perturb,
                            struct ranking_weights *ret_weights)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, replicate);
	for (size_t i = 0; i < methodology->indicator_count; i++)
		ret_weights->indicators[i] = perturbed(&random, methodology->indicators[i].weight, perturb);
	for (size_t i = 0; i < methodology->node_count; i++)
		ret_weights->nodes[i] = i == methodology->root ? methodology->nodes[i].weight
		                                               : perturbed(&random, methodology->nodes[i].weight, perturb);
}

/* ---- statistics ---- */

/* The places of one unit, counted: counts[place], for places from first to last. */
struct tally {
	const uint32_t *counts;
	uint32_t first, last;
	size_t rated;
};

/* The value with `index` smaller ones before it. */
static double order_statistic(const struct tally *tally, size_t index)
{
	size_t place = tally->first;
	for (size_t before = tally->counts[place]; before <= index; before += tally->counts[place])
		place++;
	return (double)place;
}

static double place_quantile(const struct tally *tally, double share)
{
	double at = (double)(tally->rated - 1) * share;
	size_t below = (size_t)at;
	double lower = order_statistic(tally, below);
	double upper = below + 1 < tally->rated ? order_statistic(tally, below + 1) : lower;
	return lower + (at - (double)below) * (upper - lower);
}

struct ranking_place_statistics ranking_place_statistics_of(const uint32_t *places, size_t replicates, uint32_t *counts)
{
	struct tally tally = {.counts = counts, .first = UINT32_MAX};
	uint64_t sum = 0;
	for (size_t i = 0; i < replicates; i++) {
		uint32_t place = places[i];
		if (place == 0)
			continue;
		counts[place]++;
		sum += place;
		tally.rated++;
		tally.first = place < tally.first ? place : tally.first;
		tally.last = place > tally.last ? place : tally.last;
	}
	if (tally.rated == 0)
		return (struct ranking_place_statistics){.mean = NAN, .median = NAN, .q05 = NAN, .q95 = NAN};
	struct ranking_place_statistics figures = {
		.mean = (double)sum / (double)tally.rated,
		.median = place_quantile(&tally, 0.5),
		.q05 = place_quantile(&tally, 0.05),
		.q95 = place_quantile(&tally, 0.95),
	};
	memset(&counts[tally.first], 0, (tally.last - tally.first + 1) * sizeof *counts);
	return figures;
}
