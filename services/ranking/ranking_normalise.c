#include "services/ranking/ranking_normalise.h"

#include <math.h>

#include "services/ranking/ranking_frame.h"
#include "services/ranking/ranking_sorting.h"

/* One frame of one indicator. */
struct column {
	struct ranking_table *table;
	struct ranking_sorting *order;
	struct ranking_frame frame;
	size_t indicator;
	size_t index;  /* of the frame */
	double *values;
	size_t count;
};

/* In a panel the reference unit is that of the same period. */
static void refer(struct column *column)
{
	const struct ranking_table *table = column->table;
	const struct ranking_rows *frame = &table->frames[column->index];
	for (size_t period = 0; period < table->period_count; period++) {
		const struct ranking_rows *rows = &table->periods[period];
		if (rows->first < frame->first || rows->end > frame->end || rows->first == rows->end)
			continue;
		size_t row = table->references[column->indicator * table->period_count + period];
		column->frame.reference = row == METHODOLOGY_NONE ? NAN : column->values[row - frame->first];
		if (!ranking_frame_has_reference(&column->frame) && column->frame.min < column->frame.max)
			ranking_table_note(column->table, RANKING_NOTE_NO_REFERENCE, column->indicator, column->index,
			                   rows->end - rows->first);
		ranking_frame_apply(&column->frame, &column->values[rows->first - frame->first], rows->end - rows->first);
	}
}

/* Everybody has a finite value: runs of equal ones, in the quicker of the two orders. */
static void by_finite_place(struct column *column)
{
	const struct methodology_normalise *rule = column->frame.rule;
	double least = ranking_frame_least(rule);
	double *values = column->values;
	const uint32_t *ascending = ranking_sorting_ascend(column->order, values, column->count);
	for (size_t first = 0, end; first < column->count; first = end) {
		double own = values[ascending[first]];
		for (end = first + 1; end < column->count && values[ascending[end]] == own;)
			end++;
		double place = ranking_frame_place(rule, least, (double)first, (double)(end - first), (double)column->count);
		for (size_t i = first; i < end; i++)
			values[ascending[i]] = place;
	}
}

/* Sorting once serves all values, where ranking_frame_apply would search for each. */
static void by_place(struct column *column)
{
	struct ranking_sorting *order = column->order;
	const struct methodology_normalise *rule = column->frame.rule;
	double least = ranking_frame_least(rule);
	if (column->frame.present == column->count && isfinite(column->frame.min) && isfinite(column->frame.max)) {
		by_finite_place(column);
		return;
	}
	ranking_sorting_sort(order, column->values, column->count);
	for (size_t first = 0, end; first < order->count; first = end) {
		end = ranking_sorting_run_end(order, first);
		double value = ranking_frame_place(rule, least, (double)first, (double)(end - first), (double)order->count);
		for (size_t i = first; i < end; i++)
			column->values[order->at[i].unit] = value;
	}
}

static void normalise_column(struct column *column)
{
	const struct methodology_normalise *rule = column->frame.rule;
	if (ranking_frame_is_by_place(rule)) {
		by_place(column);
		return;
	}
	if (rule->method == METHODOLOGY_DISTANCE_TO_REFERENCE) {
		refer(column);
		return;
	}
	if (rule->method == METHODOLOGY_DISTANCE_TO_TARGET && ranking_frame_target_reached(&column->frame))
		ranking_table_note(column->table, RANKING_NOTE_TARGET_REACHED, column->indicator, column->index, column->count);
	ranking_frame_apply(&column->frame, column->values, column->count);
}

static enum ranking_indicator_state normalise_frame(struct column *column)
{
	if (column->frame.present == 0) {
		ranking_table_note(column->table, RANKING_NOTE_EMPTY, column->indicator, column->index, 1);
		return RANKING_INDICATOR_EMPTY;
	}
	bool constant = column->frame.min == column->frame.max;
	if (constant)
		ranking_table_note(column->table, RANKING_NOTE_CONSTANT, column->indicator, column->index, 1);
	normalise_column(column);
	return constant ? RANKING_INDICATOR_CONSTANT : RANKING_INDICATOR_VARIES;
}

void ranking_normalise(struct ranking_table *table)
{
	struct ranking_sorting order;
	size_t count = table->methodology->indicator_count;
	ranking_sorting_init_ascend(&order, table->arena, table->units);
	for (size_t i = 0; i < count; i++) {
		table->states[i] = RANKING_INDICATOR_EMPTY;
		for (size_t frame = 0; frame < table->frame_count; frame++) {
			const struct ranking_rows *rows = &table->frames[frame];
			struct column column = {
				.table = table,
				.order = &order,
				.indicator = i,
				.index = frame,
				.values = &ranking_table_column(table, i)[rows->first],
				.count = rows->end - rows->first,
			};
			ranking_frame_measure(&column.frame, &table->methodology->indicators[i].normalise,
			                      &table->goals[frame * count + i], column.values, column.count);
			enum ranking_indicator_state state = normalise_frame(&column);
			table->states[i] = state < table->states[i] ? state : table->states[i];
		}
	}
}
