#include "services/ranking/ranking_sobol.h"

#include <math.h>

#include "services/ranking/ranking_random.h"
#include "services/ranking/ranking_shapley.h"
#include "services/ranking/ranking_statistics.h"
#include "services/ranking/ranking_sum.h"

#define FACTORS_MAX 1024
#define BOOTSTRAP   ((uint64_t)1 << 60)  /* substreams that no row has */

/* ---- rows ---- */

size_t ranking_sobol_row_size(const struct ranking_sobol_plan *plan)
{
	return (plan->factors + 2) * plan->figures;
}

size_t ranking_split_row_size(const struct ranking_sobol_plan *plan, size_t groups)
{
	return ((size_t)1 << groups) * plan->figures;
}

/* A, B, then A with each factor from B. */
void ranking_sobol_row(const struct ranking_sobol_plan *plan, void *context, uint64_t row, double *ret_row)
{
	uint8_t from_b[FACTORS_MAX] = {0};
	ASSERT(plan->factors <= FACTORS_MAX);
	plan->draw(context, row, from_b, ret_row);
	for (size_t i = 0; i < plan->factors; i++) {
		from_b[i] = 1;
		plan->draw(context, row, from_b, &ret_row[(2 + i) * plan->figures]);
		from_b[i] = 0;
	}
	memset(from_b, 1, plan->factors);
	plan->draw(context, row, from_b, &ret_row[plan->figures]);
}

/* By set of groups that stay with A. */
void ranking_split_row(const struct ranking_sobol_plan *plan, void *context, uint64_t row, const uint8_t *group_of,
                       size_t groups, double *ret_row)
{
	uint8_t from_b[FACTORS_MAX] = {0};
	ASSERT(plan->factors <= FACTORS_MAX && groups <= RANKING_SPLIT_GROUPS_MAX);
	for (size_t set = 0; set < (size_t)1 << groups; set++) {
		for (size_t i = 0; i < plan->factors; i++)
			from_b[i] = (set >> group_of[i] & 1) == 0;
		plan->draw(context, row, from_b, &ret_row[set * plan->figures]);
	}
}

/* ---- indices ---- */

/* The rows that count, each as often as it stands in the list. */
struct sample {
	const struct ranking_sobol_plan *plan;
	const double *rows;
	size_t figure;
	const uint32_t *list;
	size_t row_size;
};

static double figure_of(const struct sample *sample, size_t i, size_t column)
{
	return sample->rows[sample->list[i] * sample->row_size + column * sample->plan->figures + sample->figure];
}

/* Of the two columns together. */
static double variance_of(const struct sample *sample, size_t column, size_t other)
{
	struct ranking_sum sum = {0};
	struct ranking_sum squares = {0};
	size_t count = 2 * sample->plan->rows;
	for (size_t i = 0; i < sample->plan->rows; i++) {
		ranking_sum_add(&sum, figure_of(sample, i, column));
		ranking_sum_add(&sum, figure_of(sample, i, other));
	}
	double mean = ranking_sum_value(&sum) / (double)count;
	for (size_t i = 0; i < sample->plan->rows; i++) {
		double one = figure_of(sample, i, column) - mean;
		double two = figure_of(sample, i, other) - mean;
		ranking_sum_add(&squares, one * one + two * two);
	}
	return ranking_sum_value(&squares) / (double)count;
}

static double half_mean_square(const struct sample *sample, size_t column, size_t other)
{
	struct ranking_sum squares = {0};
	for (size_t i = 0; i < sample->plan->rows; i++) {
		double off = figure_of(sample, i, column) - figure_of(sample, i, other);
		ranking_sum_add(&squares, off * off);
	}
	return ranking_sum_value(&squares) / (2 * (double)sample->plan->rows);
}

/* ret_first, ret_total: by factor. */
static double estimate(const struct sample *sample, double *ret_first, double *ret_total)
{
	double variance = variance_of(sample, 0, 1);
	for (size_t i = 0; i < sample->plan->factors; i++) {
		ret_first[i] = variance > 0 ? 1 - half_mean_square(sample, 1, 2 + i) / variance : NAN;
		ret_total[i] = variance > 0 ? half_mean_square(sample, 0, 2 + i) / variance : NAN;
	}
	return variance;
}

static void interval_of(double *values, size_t count, double *ret_lo, double *ret_hi)
{
	ranking_sort_numbers(values, count);
	*ret_lo = count > 0 ? ranking_quantile(values, count, 0.025) : NAN;
	*ret_hi = count > 0 ? ranking_quantile(values, count, 0.975) : NAN;
}

/* Resamples of the rows; firsts, totals: factors × resamples. */
static void resample(const struct sample *model, struct arena *arena, size_t resamples, uint64_t seed, double *firsts,
                     double *totals)
{
	size_t factors = model->plan->factors;
	uint32_t *list = arena_array(arena, uint32_t, model->plan->rows);
	double *first = arena_array(arena, double, factors);
	double *total = arena_array(arena, double, factors);
	struct sample sample = *model;
	sample.list = list;
	for (size_t i = 0; i < resamples; i++) {
		struct ranking_random random;
		ranking_random_init(&random, seed, BOOTSTRAP + i);
		for (size_t k = 0; k < model->plan->rows; k++)
			list[k] = (uint32_t)ranking_random_alternative(ranking_random_unit(&random), model->plan->rows);
		(void)estimate(&sample, first, total);
		for (size_t k = 0; k < factors; k++) {
			firsts[k * resamples + i] = first[k];
			totals[k * resamples + i] = total[k];
		}
	}
}

double ranking_sobol_indices(struct arena *arena, const struct ranking_sobol_plan *plan, const double *rows, size_t figure,
                             size_t resamples, uint64_t seed, struct ranking_sobol_index *ret_indices)
{
	uint32_t *list = arena_array(arena, uint32_t, plan->rows);
	double *first = arena_array(arena, double, plan->factors);
	double *total = arena_array(arena, double, plan->factors);
	double *firsts = arena_array(arena, double, plan->factors * resamples);
	double *totals = arena_array(arena, double, plan->factors * resamples);
	for (size_t i = 0; i < plan->rows; i++)
		list[i] = (uint32_t)i;
	const struct sample sample = {
		.plan = plan, .rows = rows, .figure = figure, .list = list, .row_size = ranking_sobol_row_size(plan)};
	double variance = estimate(&sample, first, total);
	if (!(variance > 0))
		resamples = 0;
	resample(&sample, arena, resamples, seed, firsts, totals);
	for (size_t i = 0; i < plan->factors; i++) {
		ret_indices[i] = (struct ranking_sobol_index){.first = first[i], .total = total[i]};
		interval_of(&firsts[i * resamples], resamples, &ret_indices[i].first_lo, &ret_indices[i].first_hi);
		interval_of(&totals[i * resamples], resamples, &ret_indices[i].total_lo, &ret_indices[i].total_hi);
	}
	return variance;
}

/* ---- the split ---- */

static double mean_square_between(const struct ranking_sobol_plan *plan, const double *rows, size_t figure, size_t row_size,
                                  size_t all, size_t set)
{
	struct ranking_sum squares = {0};
	for (size_t i = 0; i < plan->rows; i++) {
		double off = rows[i * row_size + all * plan->figures + figure] - rows[i * row_size + set * plan->figures + figure];
		ranking_sum_add(&squares, off * off);
	}
	return ranking_sum_value(&squares) / (2 * (double)plan->rows);
}

/* A game with few players is enumerated in place: what a set explains is known for each set. */
double ranking_split(const struct ranking_sobol_plan *plan, const double *rows, size_t figure, size_t groups,
                     double *ret_parts)
{
	size_t sets = (size_t)1 << groups;
	double explained[1 << RANKING_SPLIT_GROUPS_MAX];
	/* Nothing known leaves the variance: half the mean square between two independent draws is an estimate of it. */
	double variance = mean_square_between(plan, rows, figure, ranking_split_row_size(plan, groups), sets - 1, 0);
	for (size_t set = 0; set < sets; set++)
		explained[set] =
			variance - mean_square_between(plan, rows, figure, ranking_split_row_size(plan, groups), sets - 1, set);
	for (size_t i = 0; i < groups; i++) {
		struct ranking_sum part = {0};
		for (size_t set = 0; set < sets; set++) {
			if ((set >> i & 1) != 0)
				continue;
			size_t before = (size_t)__builtin_popcountll(set);
			ranking_sum_add(&part, ranking_shapley_share(groups, before) * (explained[set | (size_t)1 << i] - explained[set]));
		}
		ret_parts[i] = ranking_sum_value(&part);
	}
	return variance;
}
