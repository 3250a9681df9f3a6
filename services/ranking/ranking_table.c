#include "services/ranking/ranking_table.h"

#include <math.h>
#include <stdio.h>

/* ---- rows ---- */

/* Units by period, in each as they came. */
static void order_rows(struct ranking_table *table, const struct ranking_input *input)
{
	struct ranking_rows *periods = arena_array(table->arena, struct ranking_rows, input->period_count);
	size_t *rows = arena_array(table->arena, size_t, input->units);
	for (size_t i = 0; i < input->units; i++)
		periods[input->periods[i]].end++;
	size_t start = 0;
	for (size_t i = 0; i < input->period_count; i++) {
		periods[i] = (struct ranking_rows){.first = start, .end = start + periods[i].end};
		start = periods[i].end;
		periods[i].end = periods[i].first;
	}
	for (size_t i = 0; i < input->units; i++)
		rows[periods[input->periods[i]].end++] = i;
	table->rows = rows;
	table->periods = periods;
	table->period_count = input->period_count;
}

static void set_frames(struct ranking_table *table, const struct ranking_input *input)
{
	struct ranking_rows *all = arena_array(table->arena, struct ranking_rows, 1);
	all->end = input->units;
	table->periods = all;
	table->period_count = 1;
	if (table->methodology->panel_column != NULL && input->periods != NULL)
		order_rows(table, input);
	table->frames = table->methodology->panel_local ? table->periods : all;
	table->frame_count = table->methodology->panel_local ? table->period_count : 1;
}

static void copy_numbers(const struct ranking_table *table, const double *from, size_t columns, double *to)
{
	for (size_t i = 0; i < columns; i++) {
		for (size_t row = 0; row < table->units; row++)
			to[i * table->units + row] = from[i * table->units + ranking_table_row(table, row)];
	}
}

static void copy_columns(struct ranking_table *table, const struct ranking_input *input)
{
	const struct methodology *methodology = table->methodology;
	table->values = arena_array(table->arena, double, methodology->indicator_count * table->units);
	copy_numbers(table, input->values, methodology->indicator_count, table->values);
	double *denominators = arena_array(table->arena, double, methodology->denominator_count * table->units);
	if (input->denominators != NULL)
		copy_numbers(table, input->denominators, methodology->denominator_count, denominators);
	table->denominators = denominators;
	uint32_t *groups = arena_array(table->arena, uint32_t, methodology->group_column_count * table->units);
	for (size_t i = 0; i < methodology->group_column_count && input->groups != NULL; i++) {
		for (size_t row = 0; row < table->units; row++)
			groups[i * table->units + row] = input->groups[i * table->units + ranking_table_row(table, row)];
	}
	table->groups = groups;
}

/* ---- what indicators are held against ---- */

static size_t find_unit(const struct ranking_table *table, const struct ranking_input *input,
                        const struct ranking_rows *period, const char *code)
{
	for (size_t row = period->first; row < period->end && input->codes != NULL; row++) {
		if (text_equal(input->codes[ranking_table_row(table, row)], code))
			return row;
	}
	return METHODOLOGY_NONE;
}

static enum status find_references(struct ranking_table *table, const struct ranking_input *input, struct fault *fault)
{
	const struct methodology *methodology = table->methodology;
	size_t *references = arena_array(table->arena, size_t, methodology->indicator_count * table->period_count);
	table->references = references;
	for (size_t i = 0; i < methodology->indicator_count; i++) {
		const struct methodology_normalise *rule = &methodology->indicators[i].normalise;
		if (rule->method != METHODOLOGY_DISTANCE_TO_REFERENCE)
			continue;
		bool found = table->units == 0;
		for (size_t k = 0; k < table->period_count; k++) {
			size_t row = find_unit(table, input, &table->periods[k], rule->reference);
			references[i * table->period_count + k] = row;
			found |= row != METHODOLOGY_NONE;
		}
		if (!found)
			return fault_set(fault, STATUS_INVALID, "reference", "/normalise/reference", -1, "there is no unit \"%s\"",
			                 rule->reference);
	}
	return STATUS_OK;
}

static void set_goals(struct ranking_table *table)
{
	size_t count = table->methodology->indicator_count;
	table->goals = arena_array(table->arena, struct ranking_goals, table->frame_count * count);
	for (size_t i = 0; i < table->frame_count * count; i++) {
		const struct methodology_indicator *indicator = &table->methodology->indicators[i % count];
		table->goals[i] = (struct ranking_goals){
			.goalposts = {indicator->goalposts[0], indicator->goalposts[1]}, .target = indicator->target};
	}
}

enum status ranking_table_new(struct arena *arena, const struct methodology *methodology,
                              const struct ranking_input *input, struct ranking_table **ret_table, struct fault *fault)
{
	if (input->units > RANKING_UNITS_MAX)
		return fault_set(fault, STATUS_TOO_LARGE, "too_large", "", -1, "%zu units; at most %d", input->units,
		                 RANKING_UNITS_MAX);
	struct ranking_table *table = arena_array(arena, struct ranking_table, 1);
	*table = (struct ranking_table){.arena = arena, .methodology = methodology, .units = input->units};
	set_frames(table, input);
	copy_columns(table, input);
	set_goals(table);
	table->states = arena_array(arena, enum ranking_indicator_state, methodology->indicator_count);
	table->scratch = arena_array(arena, double, input->units);
	enum status status = find_references(table, input, fault);
	if (status == STATUS_OK)
		*ret_table = table;
	return status;
}

/* ---- notes ---- */

void ranking_table_note(struct ranking_table *table, enum ranking_note_kind kind, size_t index, size_t frame, size_t count)
{
	if (count == 0)
		return;
	if (table->note_count == table->note_capacity) {
		size_t capacity = table->note_capacity * 2 + 16;
		struct ranking_note *notes = arena_array(table->arena, struct ranking_note, capacity);
		if (table->note_count > 0)
			memcpy(notes, table->notes, table->note_count * sizeof *notes);
		table->notes = notes;
		table->note_capacity = capacity;
	}
	table->notes[table->note_count++] = (struct ranking_note){
		.kind = kind,
		.index = index,
		.period = table->methodology->panel_local ? frame : METHODOLOGY_NONE,
		.count = count,
	};
}
