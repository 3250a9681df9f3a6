#include "services/cli/cli_rank_files.h"

#include "common/ambient.h"
#include "services/cli/cli_rank_locate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WEIGHT_MAX 1e9

/* ---- the methodology ---- */

enum status rank_read_methodology(struct arena *arena, const char *path, const struct methodology **ret_methodology,
                                  struct fault *fault)
{
	struct span text;
	const struct json *json;
	enum status status = ambient_read_file(arena, path, JSON_LIMITS_DOCUMENT.bytes_max, &text, fault);
	if (status != STATUS_OK)
		return status;
	status = json_parse(arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, &json, fault);
	if (status != STATUS_OK)
		return rank_csv_place_fault(fault, path, rank_line_of_offset(text, fault->offset > 0 ? (size_t)fault->offset : 0));
	status = methodology_read(arena, json, ret_methodology, fault);
	return status == STATUS_OK ? status : rank_csv_place_fault(fault, path, rank_line_of_pointer(text, fault->pointer));
}

/* ---- names to numbers ---- */

/* Texts and the order in which they came, from 0. */
struct numbering {
	const char **texts;  /* by slot; NULL = free */
	uint32_t *numbers;
	size_t mask;
	uint32_t count;
};

static void numbering_init(struct numbering *numbering, struct arena *arena, size_t max)
{
	size_t slots = 64;
	while (slots < 2 * max)
		slots *= 2;
	*numbering = (struct numbering){.mask = slots - 1};
	numbering->texts = arena_array(arena, const char *, slots);
	numbering->numbers = arena_array(arena, uint32_t, slots);
}

static uint32_t number_of(struct numbering *numbering, const char *text)
{
	uint64_t hash = 14695981039346656037u;
	for (const char *c = text; *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211u;
	size_t slot = hash & numbering->mask;
	while (numbering->texts[slot] != NULL && !text_equal(numbering->texts[slot], text))
		slot = (slot + 1) & numbering->mask;
	if (numbering->texts[slot] == NULL) {
		numbering->texts[slot] = text;
		numbering->numbers[slot] = numbering->count++;
	}
	return numbering->numbers[slot];
}

/* ---- values ---- */

/* Where the columns of a methodology stand, and the rows already read, each as a line of numbers. */
struct values {
	struct rank_csv table;
	const struct methodology *methodology;
	bool may_lack;                /* columns: what they hold is missing then */
	size_t *indicators, *denominators, *groups;  /* columns; METHODOLOGY_NONE = lacking */
	size_t panel;
	size_t units;
	const char **codes, **periods;
	size_t *lines;                /* of the file */
	double *numbers;              /* units × (indicators, denominators) */
	uint32_t *group_numbers;      /* units × groups */
	uint32_t *period_numbers;
	struct numbering *group_names;
	struct numbering period_names;
};

static enum status find_column(const struct values *values, const char *name, const char *pointer, size_t *ret_column)
{
	*ret_column = METHODOLOGY_NONE;
	if (values->may_lack && csv_find_column(values->table.header, values->table.columns, name) < 0)
		return STATUS_OK;
	return rank_csv_find(&values->table, name, pointer, ret_column);
}

static enum status find_columns(struct values *values)
{
	const struct methodology *methodology = values->methodology;
	enum status status = STATUS_OK;
	char pointer[64];
	for (size_t i = 0; status == STATUS_OK && i < methodology->indicator_count; i++) {
		snprintf(pointer, sizeof pointer, "/indicators/%zu/code", i);
		status = find_column(values, methodology->indicators[i].code, pointer, &values->indicators[i]);
		size_t denominator = methodology->indicators[i].denominator;
		snprintf(pointer, sizeof pointer, "/indicators/%zu/denominator", i);
		if (status == STATUS_OK && denominator != METHODOLOGY_NONE)
			status = find_column(values, methodology->denominators[denominator], pointer,
			                     &values->denominators[denominator]);
	}
	for (size_t i = 0; status == STATUS_OK && i < methodology->group_column_count; i++)
		status = find_column(values, methodology->group_columns[i], "/impute", &values->groups[i]);
	if (status == STATUS_OK && methodology->panel_column != NULL)
		status = rank_csv_find(&values->table, methodology->panel_column, "/panel/column", &values->panel);
	return status;
}

static void make_room(struct values *values)
{
	const struct methodology *methodology = values->methodology;
	struct arena *arena = values->table.arena;
	size_t rows = values->table.rows_max;
	values->indicators = arena_array(arena, size_t, methodology->indicator_count);
	values->denominators = arena_array(arena, size_t, methodology->denominator_count);
	values->groups = arena_array(arena, size_t, methodology->group_column_count);
	values->codes = arena_array(arena, const char *, rows);
	values->periods = arena_array(arena, const char *, rows);
	values->lines = arena_array(arena, size_t, rows);
	values->numbers = arena_array(arena, double, rows * (methodology->indicator_count + methodology->denominator_count));
	values->group_numbers = arena_array(arena, uint32_t, rows * methodology->group_column_count);
	values->period_numbers = arena_array(arena, uint32_t, rows);
	values->group_names = arena_array(arena, struct numbering, methodology->group_column_count);
	for (size_t i = 0; i < methodology->group_column_count; i++)
		numbering_init(&values->group_names[i], arena, rows);
	numbering_init(&values->period_names, arena, rows);
}

static enum status take_texts(struct values *values, const char *const *fields)
{
	size_t unit = values->units;
	size_t groups = values->methodology->group_column_count;
	values->codes[unit] = fields[0];
	values->lines[unit] = values->table.csv.line;
	if (rank_csv_missing(fields[0]))
		return RANK_CSV_BAD(&values->table, "", values->table.csv.line, "column \"%s\": the unit has no code",
		                 values->table.header[0]);
	for (size_t i = 0; i < groups; i++) {
		const char *group = values->groups[i] == METHODOLOGY_NONE ? "" : fields[values->groups[i]];
		values->group_numbers[unit * groups + i] = rank_csv_missing(group) ? 0 : number_of(&values->group_names[i], group) + 1;
	}
	if (values->methodology->panel_column == NULL)
		return STATUS_OK;
	values->periods[unit] = fields[values->panel];
	values->period_numbers[unit] = number_of(&values->period_names, fields[values->panel]);
	if (rank_csv_missing(fields[values->panel]))
		return RANK_CSV_BAD(&values->table, "/panel/column", values->table.csv.line, "column \"%s\" is empty",
		                 values->methodology->panel_column);
	return STATUS_OK;
}

static enum status read_number(const struct values *values, const char *const *fields, size_t column, double *ret_number)
{
	*ret_number = NAN;
	return column == METHODOLOGY_NONE ? STATUS_OK : rank_csv_number(&values->table, fields, column, ret_number);
}

static enum status take_row(struct values *values, const char *const *fields)
{
	const struct methodology *methodology = values->methodology;
	double *line = &values->numbers[values->units * (methodology->indicator_count + methodology->denominator_count)];
	enum status status = take_texts(values, fields);
	for (size_t i = 0; status == STATUS_OK && i < methodology->indicator_count; i++)
		status = read_number(values, fields, values->indicators[i], line++);
	for (size_t i = 0; status == STATUS_OK && i < methodology->denominator_count; i++)
		status = read_number(values, fields, values->denominators[i], line++);
	values->units++;
	return status;
}

static enum status check_units(struct values *values)
{
	struct numbering names;
	numbering_init(&names, values->table.arena, values->units);
	for (size_t i = 0; i < values->units; i++) {
		const char *name = values->codes[i];
		if (values->methodology->panel_column != NULL)
			name = arena_printf(values->table.arena, "%u %s", values->period_numbers[i], values->codes[i]);
		if (number_of(&names, name) != i)
			return RANK_CSV_BAD(&values->table, "", values->lines[i], "\"%s\" stands twice", values->codes[i]);
	}
	return STATUS_OK;
}

static void hand_over(const struct values *values, struct rank_values *ret_values)
{
	const struct methodology *methodology = values->methodology;
	size_t units = values->units;
	size_t groups = methodology->group_column_count;
	size_t columns = methodology->indicator_count + methodology->denominator_count;
	double *numbers = arena_array(values->table.arena, double, columns * units);
	uint32_t *group_numbers = arena_array(values->table.arena, uint32_t, groups * units);
	for (size_t i = 0; i < columns * units; i++)
		numbers[i % columns * units + i / columns] = values->numbers[i];
	for (size_t i = 0; i < groups * units; i++)
		group_numbers[i % groups * units + i / groups] = values->group_numbers[i];
	bool panel = methodology->panel_column != NULL;
	*ret_values = (struct rank_values){
		.input = {
			.units = units,
			.codes = values->codes,
			.values = numbers,
			.denominators = &numbers[methodology->indicator_count * units],
			.groups = group_numbers,
			.periods = panel ? values->period_numbers : NULL,
			.period_count = values->period_names.count,
		},
		.periods = panel ? values->periods : NULL,
	};
}

static enum status read_values(struct arena *arena, const char *path, const struct methodology *methodology, bool may_lack,
                               struct rank_values *ret_values, struct fault *fault)
{
	struct values values = {.methodology = methodology, .may_lack = may_lack};
	const char *const *fields;
	enum status status = rank_csv_open(&values.table, arena, path, fault);
	if (status != STATUS_OK)
		return status;
	make_room(&values);
	status = find_columns(&values);
	while (status == STATUS_OK) {
		status = rank_csv_row(&values.table, &fields);
		if (status == STATUS_OK)
			status = take_row(&values, fields);
	}
	if (status == STATUS_NOT_FOUND)
		status = check_units(&values);
	if (status == STATUS_OK)
		hand_over(&values, ret_values);
	return status;
}

enum status rank_read_values(struct arena *arena, const char *path, const struct methodology *methodology,
                             struct rank_values *ret_values, struct fault *fault)
{
	return read_values(arena, path, methodology, false, ret_values, fault);
}

enum status rank_read_values_as_far(struct arena *arena, const char *path, const struct methodology *methodology,
                                    struct rank_values *ret_values, struct fault *fault)
{
	return read_values(arena, path, methodology, true, ret_values, fault);
}

enum status rank_read_both(struct arena *arena, const char *methodology_path, const char *values_path,
                           const struct methodology **ret_methodology, struct rank_values *ret_values, struct fault *fault)
{
	enum status status = rank_read_methodology(arena, methodology_path, ret_methodology, fault);
	return status == STATUS_OK ? rank_read_values(arena, values_path, *ret_methodology, ret_values, fault) : status;
}

/* ---- one period of a panel ---- */

static enum status find_period(const struct rank_values *values, const char *at, size_t *ret_period, struct fault *fault)
{
	for (size_t row = 0; row < values->input.units; row++) {
		*ret_period = values->input.periods[row];
		if (text_equal(values->periods[row], at))
			return STATUS_OK;
	}
	return fault_set(fault, STATUS_NOT_FOUND, "period", "", -1, "no row is of the period \"%.100s\"", at);
}

enum status rank_take_period(struct arena *arena, const char *at, const struct methodology *methodology, struct rank_values *values,
                             const struct methodology **ret_methodology, struct fault *fault)
{
	size_t period = 0;
	struct ranking_input rows;
	*ret_methodology = methodology;
	if (methodology->panel_column == NULL && at != NULL)
		return fault_set(fault, STATUS_INVALID, "panel", "/panel", -1, "a period was named, but the methodology has no panel");
	if (methodology->panel_column == NULL)
		return STATUS_OK;
	if (at == NULL)
		return fault_set(fault, STATUS_INVALID, "panel", "/panel", -1,
		                 "in a panel a unit has a place in each period: name the one meant, such as --at %.100s",
		                 values->input.units > 0 ? values->periods[0] : "2023");
	enum status status = find_period(values, at, &period, fault);
	if (status == STATUS_OK)
		status = ranking_panel_alone(arena, methodology, ret_methodology, fault);
	if (status != STATUS_OK)
		return status;
	ranking_panel_rows(arena, methodology, &values->input, period, &rows);
	*values = (struct rank_values){.input = rows};
	return STATUS_OK;
}

/* ---- sets of weights ---- */

/* Where a column's weight goes; a set's index into it is NONE for the column `set`. */
struct target {
	bool is_indicator;
	size_t index;
};

static enum status find_targets(const struct rank_csv *table, const struct methodology *methodology, struct target *targets)
{
	size_t set;
	enum status status = rank_csv_find(table, "set", "", &set);
	for (size_t i = 0; status == STATUS_OK && i < table->columns; i++) {
		targets[i].is_indicator = methodology_find_indicator(methodology, table->header[i], &targets[i].index);
		if (i == set)
			targets[i] = (struct target){.index = METHODOLOGY_NONE};
		else if (!targets[i].is_indicator && !methodology_find_node(methodology, table->header[i], &targets[i].index))
			return RANK_CSV_BAD(table, "", 1, "\"%s\" is no indicator and no node", table->header[i]);
	}
	return status;
}

static enum status take_set(const struct rank_csv *table, const char *const *fields, const struct target *targets,
                            struct ranking_weights *weights, const char **ret_name)
{
	for (size_t i = 0; i < table->columns; i++) {
		double weight;
		if (targets[i].index == METHODOLOGY_NONE) {
			*ret_name = fields[i];
			continue;
		}
		enum status status = rank_csv_number(table, fields, i, &weight);
		if (status != STATUS_OK)
			return status;
		if (!(weight >= 0 && weight <= WEIGHT_MAX))
			return RANK_CSV_BAD(table, "", table->csv.line, "column \"%s\": a weight from 0 to %g is expected",
			                 table->header[i], WEIGHT_MAX);
		*(targets[i].is_indicator ? &weights->indicators[targets[i].index] : &weights->nodes[targets[i].index]) = weight;
	}
	return STATUS_OK;
}

static enum status check_set(const struct rank_csv *table, const struct methodology *methodology,
                             const struct ranking_weights *weights)
{
	for (size_t i = 0; i < methodology->node_count; i++) {
		const struct methodology_node *node = &methodology->nodes[i];
		double sum = 0;
		for (size_t k = 0; k < node->child_count; k++)
			sum += node->children[k].is_indicator ? weights->indicators[node->children[k].index]
			                                      : weights->nodes[node->children[k].index];
		if (!(sum > 0))
			return RANK_CSV_BAD(table, "", table->csv.line, "the weights below \"%s\" are all zero", node->code);
	}
	return STATUS_OK;
}

enum status rank_read_sets(struct arena *arena, const char *path, const struct methodology *methodology,
                           struct rank_sets *ret_sets, struct fault *fault)
{
	struct rank_csv table;
	const char *const *fields;
	enum status status = rank_csv_open(&table, arena, path, fault);
	if (status != STATUS_OK)
		return status;
	const char **names = arena_array(arena, const char *, table.rows_max);
	struct ranking_weights *weights = arena_array(arena, struct ranking_weights, table.rows_max);
	struct target *targets = arena_array(arena, struct target, table.columns);
	size_t count = 0;
	status = find_targets(&table, methodology, targets);
	while (status == STATUS_OK && (status = rank_csv_row(&table, &fields)) == STATUS_OK) {
		ranking_weights_init(&weights[count], arena, methodology);
		status = take_set(&table, fields, targets, &weights[count], &names[count]);
		if (status == STATUS_OK)
			status = check_set(&table, methodology, &weights[count++]);
	}
	if (status != STATUS_NOT_FOUND)
		return status;
	*ret_sets = (struct rank_sets){.names = names, .weights = weights, .count = count};
	return STATUS_OK;
}
