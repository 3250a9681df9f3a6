#include "services/ranking/ranking_engine.h"

#include <math.h>

#include "common/decimal.h"
#include "services/ranking/ranking_impute.h"
#include "services/ranking/ranking_normalise.h"
#include "services/ranking/ranking_outliers.h"
#include "services/ranking/ranking_transform.h"

/* The order of RATING.md section 2; parent-mean is the one imputation that runs after normalising. */
static void (*const STAGES[])(struct ranking_table *) = {
	ranking_transform, ranking_denominate, ranking_impute, ranking_outliers, ranking_sign, ranking_normalise,
	ranking_impute_siblings,
};

enum status ranking_engine_prepare(struct arena *arena, const struct methodology *methodology,
                                   const struct ranking_input *input, struct ranking_table **ret_table,
                                   struct fault *fault)
{
	enum status status = ranking_table_new(arena, methodology, input, ret_table, fault);
	for (size_t i = 0; status == STATUS_OK && i < ARRAY_COUNT(STAGES); i++)
		STAGES[i](*ret_table);
	return status;
}

/* ---- rank ---- */

void ranking_engine_places(const struct ranking_table *table, struct ranking_sorting *order, double *scores,
                           uint32_t *ret_places)
{
	const struct methodology *methodology = table->methodology;
	for (size_t row = 0; methodology->decimals != METHODOLOGY_EXACT && row < table->units; row++) {
		if (!isnan(scores[row]))
			scores[row] = decimal_round_double(scores[row], (unsigned)methodology->decimals);
	}
	for (size_t i = 0; i < table->period_count; i++) {
		size_t first = table->periods[i].first;
		size_t count = table->periods[i].end - first;
		ranking_sorting_sort(order, &scores[first], count);
		ranking_sorting_places(order, methodology->ties, count, &ret_places[first]);
	}
}

/* ---- back to the order of the input ---- */

static const double *restore_numbers(const struct ranking_table *table, const double *from, size_t columns)
{
	if (table->rows == NULL)
		return from;
	double *to = arena_array(table->arena, double, columns * table->units);
	for (size_t i = 0; i < columns; i++) {
		for (size_t row = 0; row < table->units; row++)
			to[i * table->units + table->rows[row]] = from[i * table->units + row];
	}
	return to;
}

static const uint8_t *restore_absences(const struct ranking_table *table, const uint8_t *from)
{
	if (table->rows == NULL)
		return from;
	uint8_t *to = arena_array(table->arena, uint8_t, table->methodology->node_count * table->units);
	for (size_t i = 0; i < table->methodology->node_count; i++) {
		for (size_t row = 0; row < table->units; row++)
			to[i * table->units + table->rows[row]] = from[i * table->units + row];
	}
	return to;
}

static const uint32_t *restore_places(const struct ranking_table *table, const uint32_t *from)
{
	if (table->rows == NULL)
		return from;
	uint32_t *to = arena_array(table->arena, uint32_t, table->units);
	for (size_t row = 0; row < table->units; row++)
		to[table->rows[row]] = from[row];
	return to;
}

/* ---- aggregate and rank ---- */

static void note_nodes(struct ranking_table *table, const struct ranking_aggregation *aggregation)
{
	for (size_t i = 0; i < table->methodology->node_count; i++) {
		size_t negative = 0;
		for (size_t row = 0; row < table->units; row++)
			negative += aggregation->absences[i * table->units + row] == RANKING_NEGATIVE_CHILD ? 1 : 0;
		ranking_table_note(table, RANKING_NOTE_NODE_NEGATIVE, i, METHODOLOGY_NONE, negative);
		ranking_table_note(table, RANKING_NOTE_NODE_IMPUTED, i, METHODOLOGY_NONE, aggregation->imputed[i]);
	}
}

void ranking_engine_rate(struct ranking_table *table, struct ranking_scores *ret_scores)
{
	const struct methodology *methodology = table->methodology;
	struct ranking_weights weights;
	struct ranking_aggregation aggregation;
	struct ranking_sorting order;
	double *scores = arena_array(table->arena, double, table->units);
	uint32_t *places = arena_array(table->arena, uint32_t, table->units);
	ranking_weights_init(&weights, table->arena, methodology);
	ranking_aggregation_init(&aggregation, table->arena, table);
	ranking_sorting_init(&order, table->arena, table->units);
	ranking_aggregate(&aggregation, &weights);
	note_nodes(table, &aggregation);
	if (table->units > 0)
		memcpy(scores, ranking_aggregation_node(&aggregation, methodology->root), table->units * sizeof *scores);
	ranking_engine_places(table, &order, scores, places);
	*ret_scores = (struct ranking_scores){
		.units = table->units,
		.normalised = restore_numbers(table, table->values, methodology->indicator_count),
		.nodes = restore_numbers(table, aggregation.nodes, methodology->node_count),
		.absences = restore_absences(table, aggregation.absences),
		.scores = restore_numbers(table, scores, 1),
		.places = restore_places(table, places),
		.states = table->states,
		.notes = table->notes,
		.note_count = table->note_count,
	};
}

enum status ranking_engine_run(struct arena *arena, const struct methodology *methodology,
                               const struct ranking_input *input, struct ranking_scores *ret_scores, struct fault *fault)
{
	struct ranking_table *table;
	enum status status = ranking_engine_prepare(arena, methodology, input, &table, fault);
	if (status == STATUS_OK)
		ranking_engine_rate(table, ret_scores);
	return status;
}
