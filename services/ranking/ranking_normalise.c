#include "services/ranking/ranking_normalise.h"

#include <math.h>

#include "services/ranking/ranking_math.h"
#include "services/ranking/ranking_sorting.h"
#include "services/ranking/ranking_statistics.h"

/* One frame of one indicator. */
struct column {
	struct ranking_table *table;
	struct ranking_sorting *order;
	const struct methodology_normalise *rule;
	const struct ranking_goals *goals;
	size_t indicator;
	size_t frame;
	double *values;
	size_t count;
	double min, max;  /* of those present, infinite ones too */
};

/* False when nobody has the indicator. */
static bool find_extremes(struct column *column)
{
	column->min = INFINITY;
	column->max = -INFINITY;
	bool found = false;
	for (size_t i = 0; i < column->count; i++) {
		double value = column->values[i];
		found |= !isnan(value);
		column->min = value < column->min ? value : column->min;
		column->max = value > column->max ? value : column->max;
	}
	return found;
}

static void set_present(struct column *column, double value)
{
	for (size_t i = 0; i < column->count; i++)
		column->values[i] = isnan(column->values[i]) ? NAN : value;
}

/* ---- by value: each maps the missing to the missing ---- */

static void by_min_max(struct column *column)
{
	double lo = column->rule->range_lo;
	double width = column->rule->range_hi - lo;
	double span = column->max - column->min;
	if (span == 0) {
		set_present(column, lo + width / 2);
		return;
	}
	for (size_t i = 0; i < column->count; i++)
		column->values[i] = (column->values[i] - column->min) / span * width + lo;
}

static void by_z_score(struct column *column)
{
	struct ranking_statistics figures = ranking_statistics_of(column->values, column->count);
	if (column->min == column->max) {
		set_present(column, column->rule->mean);
		return;
	}
	for (size_t i = 0; i < column->count; i++)
		column->values[i] = (column->values[i] - figures.mean) / figures.sd * column->rule->sd + column->rule->mean;
}

static void by_goalposts(struct column *column)
{
	const double *posts = column->goals->goalposts;
	double lo = column->rule->range_lo;
	double width = column->rule->range_hi - lo;
	for (size_t i = 0; i < column->count; i++) {
		double share = (column->values[i] - posts[0]) / (posts[1] - posts[0]);
		if (share < 0)
			share = 0;
		if (share > 1)
			share = 1;
		column->values[i] = share * width + lo;
	}
}

static void by_distance_to_target(struct column *column)
{
	double target = column->goals->target;
	if (column->min == column->max) {
		set_present(column, 1);
		return;
	}
	if (target <= column->min) {
		set_present(column, 1);
		ranking_table_note(column->table, RANKING_NOTE_TARGET_REACHED, column->indicator, column->frame, column->count);
		return;
	}
	for (size_t i = 0; i < column->count; i++) {
		double share = (column->values[i] - column->min) / (target - column->min);
		column->values[i] = share > 1 ? 1 : share;
	}
}

static void by_distance_to_max(struct column *column)
{
	double span = column->max - column->min;
	if (span == 0) {
		set_present(column, 1);
		return;
	}
	for (size_t i = 0; i < column->count; i++)
		column->values[i] = 1 - (column->max - column->values[i]) / span;
}

/* In a panel the reference unit of the same period. first, end: rows of the period within the table. */
static bool refer(struct column *column, const double *raw, size_t period)
{
	const struct ranking_table *table = column->table;
	const struct ranking_rows *rows = &table->periods[period];
	size_t row = table->references[column->indicator * table->period_count + period];
	size_t start = table->frames[column->frame].first;
	double reference = row == METHODOLOGY_NONE ? NAN : raw[row - start];
	bool has_frame = !isnan(reference) && reference > column->min;
	for (size_t i = rows->first - start; i < rows->end - start; i++)
		column->values[i] = has_frame ? 1 - (reference - raw[i]) / (reference - column->min) : NAN;
	return has_frame;
}

static void by_distance_to_reference(struct column *column)
{
	const struct ranking_rows *frame = &column->table->frames[column->frame];
	if (column->min == column->max) {
		set_present(column, 1);
		return;
	}
	memcpy(column->table->scratch, column->values, column->count * sizeof(double));
	for (size_t period = 0; period < column->table->period_count; period++) {
		const struct ranking_rows *rows = &column->table->periods[period];
		if (rows->first < frame->first || rows->end > frame->end || rows->first == rows->end)
			continue;
		if (!refer(column, column->table->scratch, period))
			ranking_table_note(column->table, RANKING_NOTE_NO_REFERENCE, column->indicator, column->frame,
			                   rows->end - rows->first);
	}
}

/* ---- by place ---- */

/* least: of exponential-rank, exp(−100/k); worse: how many stand below; tied: how many stand on the same place, the unit
 * itself included; n: all of them. */
static double place_value(const struct methodology_normalise *rule, double least, double worse, double tied, double n)
{
	switch (rule->method) {
	case METHODOLOGY_BORDA:
		return worse;
	case METHODOLOGY_PERCENTILE_RANK:
		return n > 1 ? worse / (n - 1) : 0;
	case METHODOLOGY_EXPONENTIAL_RANK: {
		/* r from the best; R = (n + 1 − r) / n, and 1 − R·(1 − e) = (1 − R) + R·e without the loss of digits. */
		double r = n - worse - tied + (rule->ties == METHODOLOGY_TIED_MID ? (tied + 1) / 2 : 1);
		double share = ((r - 1) + (n + 1 - r) * least) / n;
		return r == 1 ? 100 : -rule->k * ranking_log(share);
	}
	default:
		return worse + 1;
	}
}

static void by_place(struct column *column)
{
	struct ranking_sorting *order = column->order;
	double least = ranking_exp(-100 / column->rule->k);
	ranking_sorting_sort(order, column->values, column->count);
	for (size_t first = 0, end; first < order->count; first = end) {
		end = ranking_sorting_run_end(order, first);
		double value = place_value(column->rule, least, (double)first, (double)(end - first), (double)order->count);
		for (size_t i = first; i < end; i++)
			column->values[order->at[i].unit] = value;
	}
}

/* ---- all ---- */

static void normalise_column(struct column *column)
{
	switch (column->rule->method) {
	case METHODOLOGY_MIN_MAX:
		by_min_max(column);
		break;
	case METHODOLOGY_Z_SCORE:
		by_z_score(column);
		break;
	case METHODOLOGY_GOALPOSTS:
		by_goalposts(column);
		break;
	case METHODOLOGY_DISTANCE_TO_TARGET:
		by_distance_to_target(column);
		break;
	case METHODOLOGY_DISTANCE_TO_MAX:
		by_distance_to_max(column);
		break;
	case METHODOLOGY_DISTANCE_TO_REFERENCE:
		by_distance_to_reference(column);
		break;
	case METHODOLOGY_RANK:
	case METHODOLOGY_BORDA:
	case METHODOLOGY_PERCENTILE_RANK:
	case METHODOLOGY_EXPONENTIAL_RANK:
		by_place(column);
		break;
	case METHODOLOGY_AS_IS:
		break;
	}
}

static enum ranking_indicator_state normalise_frame(struct column *column)
{
	if (!find_extremes(column)) {
		ranking_table_note(column->table, RANKING_NOTE_EMPTY, column->indicator, column->frame, 1);
		return RANKING_INDICATOR_EMPTY;
	}
	bool constant = column->min == column->max;
	if (constant)
		ranking_table_note(column->table, RANKING_NOTE_CONSTANT, column->indicator, column->frame, 1);
	normalise_column(column);
	return constant ? RANKING_INDICATOR_CONSTANT : RANKING_INDICATOR_VARIES;
}

void ranking_normalise(struct ranking_table *table)
{
	struct ranking_sorting order;
	size_t count = table->methodology->indicator_count;
	ranking_sorting_init(&order, table->arena, table->units);
	for (size_t i = 0; i < count; i++) {
		table->states[i] = RANKING_INDICATOR_EMPTY;
		for (size_t frame = 0; frame < table->frame_count; frame++) {
			const struct ranking_rows *rows = &table->frames[frame];
			struct column column = {
				.table = table,
				.order = &order,
				.rule = &table->methodology->indicators[i].normalise,
				.goals = &table->goals[frame * count + i],
				.indicator = i,
				.frame = frame,
				.values = &ranking_table_column(table, i)[rows->first],
				.count = rows->end - rows->first,
			};
			enum ranking_indicator_state state = normalise_frame(&column);
			table->states[i] = state < table->states[i] ? state : table->states[i];
		}
	}
}
