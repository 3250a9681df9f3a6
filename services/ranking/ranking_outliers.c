#include "services/ranking/ranking_outliers.h"

#include <math.h>

#include "services/ranking/ranking_math.h"
#include "services/ranking/ranking_statistics.h"

/* ret_skew: says which end is the long one. */
static bool passes(const struct methodology_outliers *rule, const double *values, size_t count, double *ret_skew)
{
	double skew = ranking_skewness(values, count);
	double kurtosis = ranking_kurtosis(values, count);
	*ret_skew = skew;
	return isnan(skew) || isnan(kurtosis) || fabs(skew) < rule->skew || kurtosis < rule->kurtosis;
}

/* Sets every value equal to the extreme to the next one. Returns how many are set for the first time: those pulled in
 * before stand at the extreme too, from what they were in original. */
static size_t pull_in(double *values, const double *original, size_t count, bool top)
{
	struct ranking_statistics figures = ranking_statistics_of(values, count);
	double extreme = top ? figures.max : figures.min;
	double next = top ? -INFINITY : INFINITY;
	for (size_t i = 0; i < count; i++) {
		if (!isfinite(values[i]) || values[i] == extreme)
			continue;
		if (top ? values[i] > next : values[i] < next)
			next = values[i];
	}
	size_t fresh = 0;
	for (size_t i = 0; i < count; i++) {
		if (values[i] != extreme)
			continue;
		fresh += values[i] == original[i] ? 1 : 0;
		values[i] = next;
	}
	return fresh;
}

/* Returns whether the values pass in the end. */
static bool winsorise(const struct methodology_outliers *rule, double *values, const double *original, size_t count,
                      size_t *ret_changed)
{
	double skew;
	size_t changed = 0;
	bool good = passes(rule, values, count, &skew);
	while (!good && changed < (size_t)rule->max_points) {
		changed += pull_in(values, original, count, skew >= 0);
		good = passes(rule, values, count, &skew);
	}
	*ret_changed = changed;
	return good;
}

double ranking_outliers_log(double value, double min, double max)
{
	double shift = 0.01 * (max - min);
	double above = value - min + shift;
	return ranking_log(above > shift ? above : shift);
}

/* From the values as they were before winsorising. Goalposts and target go with their indicator. */
static void take_ranking_outliers_log(double *values, const double *original, size_t count, struct ranking_goals *goals)
{
	struct ranking_statistics figures = ranking_statistics_of(original, count);
	for (size_t i = 0; i < count; i++)
		values[i] = isfinite(original[i]) ? ranking_outliers_log(original[i], figures.min, figures.max) : original[i];
	for (size_t i = 0; i < ARRAY_COUNT(goals->goalposts); i++)
		goals->goalposts[i] = ranking_outliers_log(goals->goalposts[i], figures.min, figures.max);
	goals->target = ranking_outliers_log(goals->target, figures.min, figures.max);
}

static void treat(struct ranking_table *table, size_t indicator, size_t frame)
{
	const struct methodology_outliers *rule = &table->methodology->outliers;
	const struct ranking_rows *rows = &table->frames[frame];
	double *values = &ranking_table_column(table, indicator)[rows->first];
	size_t count = rows->end - rows->first;
	size_t changed;
	if (count == 0)
		return;
	memcpy(table->scratch, values, count * sizeof *values);
	if (winsorise(rule, values, table->scratch, count, &changed) || !rule->log_fallback) {
		ranking_table_note(table, RANKING_NOTE_WINSORISED, indicator, frame, changed);
		return;
	}
	take_ranking_outliers_log(values, table->scratch, count,
	                 &table->goals[frame * table->methodology->indicator_count + indicator]);
	ranking_table_note(table, RANKING_NOTE_LOG_INSTEAD, indicator, frame, count);
}

void ranking_outliers(struct ranking_table *table)
{
	for (size_t i = 0; i < table->methodology->indicator_count && table->methodology->outliers.winsorise; i++) {
		for (size_t frame = 0; frame < table->frame_count; frame++)
			treat(table, i, frame);
	}
}
