/* cli_rank_errors: standard errors beside the values of `effreg rank`. */
#include "services/cli/cli_rank_files.h"

#include <math.h>
#include <stdlib.h>

/* A row of the values, found by unit and period. */
struct row_name {
	const char *code, *period;
	size_t row;
};

struct errors {
	struct rank_csv table;
	const struct methodology *methodology;
	const struct rank_values *values;
	size_t panel;
	size_t *indicators;       /* by column: the indicator, or METHODOLOGY_NONE */
	struct row_name *names;   /* sorted */
	bool *seen;               /* rows */
	double *numbers;
};

static int compare_names(const void *a, const void *b)
{
	const struct row_name *left = a;
	const struct row_name *right = b;
	int order = strcmp(left->code, right->code);
	return order != 0 ? order : strcmp(left->period, right->period);
}

static enum status find_columns(struct errors *errors)
{
	const struct rank_csv *table = &errors->table;
	const char *panel = errors->methodology->panel_column;
	enum status status = panel != NULL ? rank_csv_find(table, panel, "/panel/column", &errors->panel) : STATUS_OK;
	for (size_t i = 1; i < table->columns && status == STATUS_OK; i++) {
		errors->indicators[i] = METHODOLOGY_NONE;
		if (panel != NULL && i == errors->panel)
			continue;
		if (!methodology_find_indicator(errors->methodology, table->header[i], &errors->indicators[i]))
			return RANK_CSV_BAD(table, "", 1, "\"%s\" is no indicator", table->header[i]);
		size_t same;
		status = rank_csv_find(table, table->header[i], "", &same);
	}
	return status;
}

static void sort_names(struct errors *errors)
{
	size_t units = errors->values->input.units;
	errors->names = arena_array(errors->table.arena, struct row_name, units);
	for (size_t i = 0; i < units; i++)
		errors->names[i] = (struct row_name){.code = errors->values->input.codes[i],
		                                     .period = errors->values->periods == NULL ? "" : errors->values->periods[i],
		                                     .row = i};
	qsort(errors->names, units, sizeof *errors->names, compare_names);
}

static enum status find_row(const struct errors *errors, const char *const *fields, size_t *ret_row)
{
	const struct row_name name = {.code = fields[0],
	                              .period = errors->methodology->panel_column == NULL ? "" : fields[errors->panel]};
	const struct row_name *found =
		bsearch(&name, errors->names, errors->values->input.units, sizeof name, compare_names);
	if (found == NULL)
		return RANK_CSV_BAD(&errors->table, "", errors->table.csv.line, "the values have no unit \"%s\"", fields[0]);
	if (errors->seen[found->row])
		return RANK_CSV_BAD(&errors->table, "", errors->table.csv.line, "\"%s\" stands twice", fields[0]);
	errors->seen[found->row] = true;
	*ret_row = found->row;
	return STATUS_OK;
}

static enum status take_row(const struct errors *errors, const char *const *fields)
{
	size_t row = 0;
	enum status status = find_row(errors, fields, &row);
	for (size_t i = 1; i < errors->table.columns && status == STATUS_OK; i++) {
		if (errors->indicators[i] == METHODOLOGY_NONE)
			continue;
		double *error = &errors->numbers[errors->indicators[i] * errors->values->input.units + row];
		status = rank_csv_number(&errors->table, fields, i, error);
		if (status == STATUS_OK && *error < 0)
			return RANK_CSV_BAD(&errors->table, "", errors->table.csv.line,
			                    "column \"%s\": a standard error is not below 0", errors->table.header[i]);
		*error = isnan(*error) ? 0 : *error;
	}
	return status;
}

enum status rank_read_errors(struct arena *arena, const char *path, const struct methodology *methodology,
                             const struct rank_values *values, const double **ret_errors, struct fault *fault)
{
	struct errors errors = {.methodology = methodology, .values = values};
	const char *const *fields;
	enum status status = rank_csv_open(&errors.table, arena, path, fault);
	if (status != STATUS_OK)
		return status;
	errors.indicators = arena_array(arena, size_t, errors.table.columns);
	errors.seen = arena_array(arena, bool, values->input.units);
	errors.numbers = arena_array(arena, double, methodology->indicator_count * values->input.units);
	status = find_columns(&errors);
	sort_names(&errors);
	while (status == STATUS_OK && (status = rank_csv_row(&errors.table, &fields)) == STATUS_OK)
		status = take_row(&errors, fields);
	if (status != STATUS_NOT_FOUND)
		return status;
	*ret_errors = errors.numbers;
	return STATUS_OK;
}
