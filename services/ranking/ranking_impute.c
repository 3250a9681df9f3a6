#include "services/ranking/ranking_impute.h"

#include <math.h>
#include <stdlib.h>

#include "services/ranking/ranking_statistics.h"
#include "services/ranking/ranking_sum.h"

static double median_of(const double *values, size_t count, double *scratch)
{
	size_t present = 0;
	for (size_t i = 0; i < count; i++) {
		if (isfinite(values[i]))
			scratch[present++] = values[i];
	}
	ranking_sort_numbers(scratch, present);
	return present > 0 ? ranking_quantile(scratch, present, 0.5) : NAN;
}

static size_t fill(double *values, size_t count, double value)
{
	size_t filled = 0;
	for (size_t i = 0; i < count && !isnan(value); i++) {
		if (!isnan(values[i]))
			continue;
		values[i] = value;
		filled++;
	}
	return filled;
}

/* ---- by group ---- */

struct member {
	uint32_t group;
	uint32_t row;
};

static int compare_members(const void *a, const void *b)
{
	const struct member *left = a;
	const struct member *right = b;
	if (left->group != right->group)
		return left->group < right->group ? -1 : 1;
	return left->row < right->row ? -1 : 1;
}

static size_t fill_group(double *column, const struct member *members, size_t count)
{
	struct ranking_sum sum = {0};
	size_t present = 0;
	for (size_t i = 0; i < count; i++) {
		double value = column[members[i].row];
		if (!isfinite(value))
			continue;
		ranking_sum_add(&sum, value);
		present++;
	}
	size_t filled = 0;
	for (size_t i = 0; i < count && present > 0; i++) {
		if (!isnan(column[members[i].row]))
			continue;
		column[members[i].row] = ranking_sum_value(&sum) / (double)present;
		filled++;
	}
	return filled;
}

static size_t fill_groups(double *column, const uint32_t *groups, const struct ranking_rows *rows, struct member *members)
{
	size_t count = 0;
	for (size_t row = rows->first; row < rows->end; row++) {
		if (groups[row] != 0)
			members[count++] = (struct member){.group = groups[row], .row = (uint32_t)row};
	}
	qsort(members, count, sizeof *members, compare_members);
	size_t filled = 0;
	for (size_t first = 0, end; first < count; first = end) {
		for (end = first + 1; end < count && members[end].group == members[first].group;)
			end++;
		filled += fill_group(column, &members[first], end - first);
	}
	return filled;
}

/* ---- steps ---- */

size_t ranking_impute_column(const struct ranking_table *table, const struct methodology_impute *step,
                             const struct ranking_rows *rows, double *column, double *scratch)
{
	double *values = &column[rows->first];
	size_t count = rows->end - rows->first;
	_Static_assert(sizeof(struct member) <= sizeof(double), "scratch serves for members too");
	switch (step->method) {
	case METHODOLOGY_IMPUTE_MEAN:
		return fill(values, count, ranking_statistics_of(values, count).mean);
	case METHODOLOGY_IMPUTE_MEDIAN:
		return fill(values, count, median_of(values, count, scratch));
	case METHODOLOGY_IMPUTE_GROUP_MEAN:
		return fill_groups(column, &table->groups[step->group * table->units], rows, (struct member *)(void *)scratch);
	case METHODOLOGY_IMPUTE_PARENT_MEAN:
		break;
	}
	return 0;
}

static void impute_indicators(struct ranking_table *table, const struct methodology_impute *step)
{
	for (size_t i = 0; i < table->methodology->indicator_count; i++) {
		for (size_t frame = 0; frame < table->frame_count; frame++) {
			size_t filled = ranking_impute_column(table, step, &table->frames[frame], ranking_table_column(table, i),
			                                      table->scratch);
			ranking_table_note(table, RANKING_NOTE_IMPUTED, i, frame, filled);
		}
	}
}

void ranking_impute(struct ranking_table *table)
{
	for (size_t i = 0; i < table->methodology->impute_count; i++) {
		const struct methodology_impute *step = &table->methodology->impute[i];
		if (step->at_indicators && step->method != METHODOLOGY_IMPUTE_PARENT_MEAN)
			impute_indicators(table, step);
	}
}

double ranking_impute_row_mean(const double *const *columns, size_t count, size_t row)
{
	struct ranking_sum sum = {0};
	size_t present = 0;
	for (size_t i = 0; i < count; i++) {
		if (isnan(columns[i][row]))
			continue;
		ranking_sum_add(&sum, columns[i][row]);
		present++;
	}
	return present > 0 ? ranking_sum_value(&sum) / (double)present : NAN;
}

static void impute_row(double *const *columns, size_t count, size_t row, size_t *filled)
{
	double mean = NAN;
	for (size_t i = 0; i < count; i++)
		filled[i] += isnan(columns[i][row]) ? 1 : 0;
	mean = ranking_impute_row_mean((const double *const *)columns, count, row);
	for (size_t i = 0; i < count; i++) {
		if (isnan(columns[i][row]))
			columns[i][row] = mean;
		filled[i] -= isnan(columns[i][row]) ? 1 : 0;
	}
}

static void impute_children(struct ranking_table *table, const struct methodology_node *node)
{
	double *columns[METHODOLOGY_INDICATORS_MAX];
	size_t indicators[METHODOLOGY_INDICATORS_MAX];
	size_t filled[METHODOLOGY_INDICATORS_MAX];
	size_t count = 0;
	for (size_t i = 0; i < node->child_count; i++) {
		if (!node->children[i].is_indicator)
			continue;
		indicators[count] = node->children[i].index;
		columns[count++] = ranking_table_column(table, node->children[i].index);
	}
	for (size_t frame = 0; frame < table->frame_count; frame++) {
		memset(filled, 0, count * sizeof *filled);
		for (size_t row = table->frames[frame].first; row < table->frames[frame].end; row++)
			impute_row(columns, count, row, filled);
		for (size_t i = 0; i < count; i++)
			ranking_table_note(table, RANKING_NOTE_IMPUTED, indicators[i], frame, filled[i]);
	}
}

void ranking_impute_siblings(struct ranking_table *table)
{
	for (size_t i = 0; i < table->methodology->impute_count; i++) {
		const struct methodology_impute *step = &table->methodology->impute[i];
		if (!step->at_indicators || step->method != METHODOLOGY_IMPUTE_PARENT_MEAN)
			continue;
		for (size_t node = 0; node < table->methodology->node_count; node++)
			impute_children(table, &table->methodology->nodes[node]);
	}
}
