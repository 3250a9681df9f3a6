#include "services/ranking/ranking_panel.h"

static bool measures_all_periods(const struct methodology *methodology)
{
	if (methodology->panel_local)
		return false;
	for (size_t i = 0; i < methodology->indicator_count; i++) {
		enum methodology_normalise_method method = methodology->indicators[i].normalise.method;
		if (method != METHODOLOGY_GOALPOSTS && method != METHODOLOGY_AS_IS)
			return true;
	}
	for (size_t i = 0; i < methodology->impute_count; i++) {
		if (methodology->impute[i].method != METHODOLOGY_IMPUTE_PARENT_MEAN)
			return true;
	}
	return methodology->outliers.winsorise;
}

enum status ranking_panel_alone(struct arena *arena, const struct methodology *methodology,
                                const struct methodology **ret_methodology, struct fault *fault)
{
	*ret_methodology = methodology;
	if (methodology->panel_column == NULL)
		return STATUS_OK;
	if (measures_all_periods(methodology))
		return fault_set(fault, STATUS_UNSUPPORTED, "panel", "/panel/scope", -1,
		                 "figures are measured over all periods together, so the places of one period do not follow from its rows: "
		                 "make the scope \"local\", or normalise by goalposts");
	struct methodology *alone = arena_array(arena, struct methodology, 1);
	*alone = *methodology;
	alone->panel_column = NULL;
	*ret_methodology = alone;
	return STATUS_OK;
}

static size_t list_rows(const struct ranking_input *input, size_t period, size_t *rows)
{
	size_t count = 0;
	for (size_t row = 0; row < input->units; row++) {
		if (input->periods[row] == period)
			rows[count++] = row;
	}
	return count;
}

static const double *take_numbers(struct arena *arena, const double *columns, size_t column_count, size_t units,
                                  const size_t *rows, size_t count)
{
	double *taken = arena_array(arena, double, column_count * count);
	for (size_t i = 0; i < column_count * count && columns != NULL; i++)
		taken[i] = columns[i / count * units + rows[i % count]];
	return columns != NULL ? taken : NULL;
}

void ranking_panel_rows(struct arena *arena, const struct methodology *methodology, const struct ranking_input *input,
                        size_t period, struct ranking_input *ret_input)
{
	size_t *rows = arena_array(arena, size_t, input->units);
	size_t count = list_rows(input, period, rows);
	const char **codes = arena_array(arena, const char *, count);
	uint32_t *groups = arena_array(arena, uint32_t, methodology->group_column_count * count);
	for (size_t i = 0; i < count; i++)
		codes[i] = input->codes[rows[i]];
	for (size_t i = 0; i < methodology->group_column_count * count && input->groups != NULL; i++)
		groups[i] = input->groups[i / count * input->units + rows[i % count]];
	*ret_input = (struct ranking_input){
		.units = count,
		.codes = codes,
		.values = take_numbers(arena, input->values, methodology->indicator_count, input->units, rows, count),
		.denominators = take_numbers(arena, input->denominators, methodology->denominator_count, input->units, rows, count),
		.groups = input->groups != NULL ? groups : NULL,
	};
}
