#include "services/ranking/ranking_transform.h"

#include <math.h>

#include "services/ranking/ranking_math.h"

/* Whether an infinite value can be told apart from the others by this method without spoiling them. */
static bool bears_infinity(enum methodology_normalise_method method)
{
	return method == METHODOLOGY_RANK || method == METHODOLOGY_BORDA || method == METHODOLOGY_PERCENTILE_RANK ||
	       method == METHODOLOGY_EXPONENTIAL_RANK || method == METHODOLOGY_GOALPOSTS;
}

static void take_goals_log(struct ranking_table *table, size_t i)
{
	for (size_t frame = 0; frame < table->frame_count; frame++) {
		struct ranking_goals *goals = &table->goals[frame * table->methodology->indicator_count + i];
		goals->goalposts[0] = ranking_log(goals->goalposts[0]);
		goals->goalposts[1] = ranking_log(goals->goalposts[1]);
		goals->target = ranking_log(goals->target);
	}
}

/* Returns how many values have no logarithm. */
static size_t take_log(double *values, size_t first, size_t end, bool infinity)
{
	size_t lost = 0;
	for (size_t row = first; row < end; row++) {
		if (isnan(values[row]))
			continue;
		values[row] = ranking_log(values[row]);
		if (isfinite(values[row]) || (infinity && !isnan(values[row])))
			continue;
		values[row] = NAN;
		lost++;
	}
	return lost;
}

void ranking_transform(struct ranking_table *table)
{
	for (size_t i = 0; i < table->methodology->indicator_count; i++) {
		const struct methodology_indicator *indicator = &table->methodology->indicators[i];
		if (indicator->transform != METHODOLOGY_LOG)
			continue;
		take_goals_log(table, i);
		for (size_t frame = 0; frame < table->frame_count; frame++) {
			const struct ranking_rows *rows = &table->frames[frame];
			size_t lost = take_log(ranking_table_column(table, i), rows->first, rows->end,
			                       bears_infinity(indicator->normalise.method));
			ranking_table_note(table, RANKING_NOTE_NO_LOGARITHM, i, frame, lost);
		}
	}
}

static size_t divide(double *values, const double *denominators, size_t first, size_t end)
{
	size_t lost = 0;
	for (size_t row = first; row < end; row++) {
		if (isnan(values[row]))
			continue;
		bool divides = denominators[row] != 0 && !isnan(denominators[row]);
		values[row] = divides ? values[row] / denominators[row] : NAN;
		lost += divides ? 0 : 1;
	}
	return lost;
}

void ranking_denominate(struct ranking_table *table)
{
	for (size_t i = 0; i < table->methodology->indicator_count; i++) {
		size_t denominator = table->methodology->indicators[i].denominator;
		if (denominator == METHODOLOGY_NONE)
			continue;
		for (size_t frame = 0; frame < table->frame_count; frame++) {
			const struct ranking_rows *rows = &table->frames[frame];
			size_t lost = divide(ranking_table_column(table, i), &table->denominators[denominator * table->units],
			                     rows->first, rows->end);
			ranking_table_note(table, RANKING_NOTE_NO_DENOMINATOR, i, frame, lost);
		}
	}
}

static void turn_goals(struct ranking_goals *goals)
{
	double lo = goals->goalposts[0];
	goals->goalposts[0] = -goals->goalposts[1];
	goals->goalposts[1] = -lo;
	goals->target = -goals->target;
}

void ranking_sign(struct ranking_table *table)
{
	size_t count = table->methodology->indicator_count;
	for (size_t i = 0; i < count; i++) {
		if (!table->methodology->indicators[i].lower_is_better)
			continue;
		double *values = ranking_table_column(table, i);
		for (size_t row = 0; row < table->units; row++)
			values[row] *= -1;
		for (size_t frame = 0; frame < table->frame_count; frame++)
			turn_goals(&table->goals[frame * count + i]);
	}
}
