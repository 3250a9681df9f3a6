#include "services/ranking/ranking_audit.h"

#include <math.h>
#include <stdlib.h>

#include "services/ranking/ranking_correlation.h"
#include "services/ranking/ranking_statistics.h"

#define SKEW_MAX     2
#define KURTOSIS_MAX 3.5

struct audit {
	struct arena *arena;
	const struct methodology *methodology;
	const struct ranking_input *input;
	struct ranking_table *table;
	struct ranking_weights weights;
	struct ranking_aggregation aggregation;
	struct ranking_sorting order;
	uint32_t *places;               /* rows */
	struct ranking_audit_indicator *indicators;
	double collinear, silent;
};

/* ---- one indicator ---- */

static void describe(const struct audit *audit, size_t i)
{
	struct ranking_audit_indicator *indicator = &audit->indicators[i];
	size_t units = audit->input->units;
	const double *values = &audit->input->values[i * units];
	struct ranking_statistics figures = ranking_statistics_of(values, units);
	indicator->present = figures.count;
	indicator->missing = units > 0 ? 1 - (double)figures.count / (double)units : 0;
	indicator->mean = figures.mean;
	indicator->sd = figures.sd;
	indicator->skew = ranking_skewness(values, units);
	indicator->kurtosis = ranking_kurtosis(values, units);
	indicator->min = figures.min;
	indicator->max = figures.max;
	indicator->skewed = fabs(indicator->skew) > SKEW_MAX && indicator->kurtosis > KURTOSIS_MAX;
}

static void relate(const struct audit *audit, size_t i)
{
	struct ranking_audit_indicator *indicator = &audit->indicators[i];
	const struct ranking_table *table = audit->table;
	const double *values = ranking_table_column(table, i);
	const double *root = ranking_aggregation_node(&audit->aggregation, audit->methodology->root);
	const double *parent = ranking_aggregation_node(&audit->aggregation, audit->methodology->indicators[i].parent);
	indicator->with_parent = ranking_correlation(values, parent, table->units);
	indicator->with_root = ranking_correlation(values, root, table->units);
	indicator->linear = indicator->with_root * indicator->with_root;
	indicator->first_order = ranking_correlation_ratio(audit->arena, values, root, table->units);
	indicator->silent = table->states[i] != RANKING_INDICATOR_VARIES || !(indicator->with_parent >= audit->silent) ||
	                    !(indicator->with_root >= audit->silent);
}

static void find_effective(const struct audit *audit)
{
	double *nominal = arena_array(audit->arena, double, audit->methodology->indicator_count);
	double sum = 0;
	ranking_weights_effective(audit->methodology, &audit->weights, nominal);
	for (size_t i = 0; i < audit->methodology->indicator_count; i++)
		sum += isnan(audit->indicators[i].first_order) ? 0 : audit->indicators[i].first_order;
	for (size_t i = 0; i < audit->methodology->indicator_count; i++) {
		audit->indicators[i].nominal = nominal[i];
		audit->indicators[i].effective = sum > 0 ? audit->indicators[i].first_order / sum : NAN;
	}
}

/* ---- places ---- */

static void find_places(struct audit *audit, struct ranking_aggregation *aggregation, const struct ranking_weights *weights,
                        uint32_t *ret_places)
{
	size_t units = audit->table->units;
	double *scores = arena_array(audit->arena, double, units);
	ranking_aggregate(aggregation, weights);
	if (units > 0)
		memcpy(scores, ranking_aggregation_node(aggregation, audit->methodology->root), units * sizeof *scores);
	ranking_engine_places(audit->table, &audit->order, scores, ret_places);
}

static void shift(struct audit *audit, struct ranking_aggregation *aggregation, uint32_t *places, size_t i)
{
	struct ranking_audit_indicator *indicator = &audit->indicators[i];
	struct ranking_weights weights;
	double sum = 0;
	double both = 0;
	ranking_weights_init(&weights, audit->arena, audit->methodology);
	/* A node whose children all weigh nothing is missing, and so left out of its parent. */
	weights.indicators[i] = 0;
	find_places(audit, aggregation, &weights, places);
	indicator->shift_unit = METHODOLOGY_NONE;
	for (size_t row = 0; row < audit->table->units; row++) {
		if (places[row] == 0 || audit->places[row] == 0)
			continue;
		uint32_t size = places[row] > audit->places[row] ? places[row] - audit->places[row] : audit->places[row] - places[row];
		sum += size;
		both++;
		if (size <= indicator->shift_most)
			continue;
		indicator->shift_most = size;
		indicator->shift_unit = ranking_table_row(audit->table, row);
	}
	indicator->shift_mean = both > 0 ? sum / both : NAN;
}

/* ---- pairs ---- */

static int compare_pairs(const void *a, const void *b)
{
	const struct ranking_audit_pair *left = a;
	const struct ranking_audit_pair *right = b;
	if (fabs(left->r) != fabs(right->r))
		return fabs(left->r) > fabs(right->r) ? -1 : 1;
	if (left->a != right->a)
		return left->a < right->a ? -1 : 1;
	return left->b < right->b ? -1 : 1;
}

static void find_pairs(const struct audit *audit, struct ranking_audit *ret_audit)
{
	const struct methodology *methodology = audit->methodology;
	size_t count = methodology->indicator_count;
	size_t most = count * count / 2 + 1;
	struct ranking_audit_pair *pairs =
		arena_array(audit->arena, struct ranking_audit_pair, most < RANKING_AUDIT_PAIRS_MAX ? most : RANKING_AUDIT_PAIRS_MAX);
	for (size_t a = 0; a < count; a++) {
		for (size_t b = a + 1; b < count; b++) {
			double r = ranking_correlation(ranking_table_column(audit->table, a), ranking_table_column(audit->table, b), audit->table->units);
			if (!(fabs(r) >= audit->collinear))
				continue;
			if (ret_audit->pair_count == RANKING_AUDIT_PAIRS_MAX)
				ret_audit->pairs_left_out++;
			else
				pairs[ret_audit->pair_count++] = (struct ranking_audit_pair){
					.a = a, .b = b, .r = r, .same_parent = methodology->indicators[a].parent == methodology->indicators[b].parent};
		}
	}
	if (ret_audit->pair_count > 0)
		qsort(pairs, ret_audit->pair_count, sizeof *pairs, compare_pairs);
	ret_audit->pairs = pairs;
}

/* ---- all ---- */

static void look_at_all(struct audit *audit)
{
	struct ranking_aggregation without;
	uint32_t *places = arena_array(audit->arena, uint32_t, audit->table->units);
	ranking_aggregation_init(&without, audit->arena, audit->table);
	for (size_t i = 0; i < audit->methodology->indicator_count; i++) {
		describe(audit, i);
		relate(audit, i);
		shift(audit, &without, places, i);
	}
	find_effective(audit);
}

enum status ranking_audit_of(struct arena *arena, const struct methodology *methodology, const struct ranking_input *values,
                             double collinear, double silent, struct ranking_audit *ret_audit, struct fault *fault)
{
	struct audit audit = {
		.arena = arena, .methodology = methodology, .input = values, .collinear = collinear, .silent = silent};
	enum status status = ranking_engine_prepare(arena, methodology, values, &audit.table, fault);
	if (status != STATUS_OK)
		return status;
	ranking_weights_init(&audit.weights, arena, methodology);
	ranking_aggregation_init(&audit.aggregation, arena, audit.table);
	ranking_sorting_init(&audit.order, arena, values->units);
	audit.places = arena_array(arena, uint32_t, values->units);
	audit.indicators = arena_array(arena, struct ranking_audit_indicator, methodology->indicator_count);
	find_places(&audit, &audit.aggregation, &audit.weights, audit.places);
	look_at_all(&audit);
	*ret_audit = (struct ranking_audit){
		.units = values->units,
		.indicators = audit.indicators,
		.notes = audit.table->notes,
		.note_count = audit.table->note_count,
	};
	for (size_t row = 0; row < values->units; row++)
		ret_audit->rated += audit.places[row] != 0 ? 1 : 0;
	find_pairs(&audit, ret_audit);
	return STATUS_OK;
}
