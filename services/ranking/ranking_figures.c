#include "services/ranking/ranking_figures.h"

#include <math.h>
#include <stdio.h>

/* ---- rows ---- */

static enum status broken(struct fault *fault, size_t index, const char *what)
{
	char pointer[64];
	snprintf(pointer, sizeof pointer, "/rows/%zu", index);
	return fault_set(fault, STATUS_INVALID, "document", pointer, -1, "the row has no %s", what);
}

static bool read_whole(const struct json *object, const char *name, int64_t *ret_value)
{
	const struct json *value = json_find(object, name);
	return json_is(value, JSON_NUMBER) && json_integer(value, ret_value);
}

static const char **read_figures(struct arena *arena, const struct json *row, const struct methodology *methodology)
{
	const struct json *indicators = json_find(json_find(row, "figures"), "indicators");
	const char **figures = arena_array(arena, const char *, methodology->indicator_count);
	for (size_t i = 0; i < methodology->indicator_count; i++)
		figures[i] = json_find_string(indicators, methodology->indicators[i].code);
	return figures;
}

static enum status read_row(struct arena *arena, const struct json *row, size_t index, const struct methodology *methodology,
                            struct ranking_region *region, struct fault *fault)
{
	const struct json *figures = json_find(row, "figures"), *names = json_find(row, "name");
	const struct json *joined = json_find(figures, "joined");
	int64_t previous = 0;
	*region = (struct ranking_region){
		.region = json_find_string(row, "region"),
		.authority = json_find_string(row, "authority"),
		.iso = json_find_string(row, "iso"),
		.name_ru = json_find_string(names, "ru"),
		.name_en = json_find_string(names, "en"),
		.head = "",
	};
	if (region->region == NULL)
		return broken(fault, index, "\"region\"");
	if (!json_is(joined, JSON_BOOL) || !read_whole(figures, "measured", &region->measured))
		return broken(fault, index, "\"figures\"");
	region->joined = json_bool(joined);
	if (read_whole(row, "previous_place", &previous) && previous > 0)
		region->previous_place = (unsigned)previous;
	region->figures = read_figures(arena, row, methodology);
	return STATUS_OK;
}

static enum status list_rows(const struct json *document, const struct json **ret_list, struct fault *fault)
{
	*ret_list = json_find(document, "rows");
	if (json_is(*ret_list, JSON_ARRAY))
		return STATUS_OK;
	return fault_set(fault, STATUS_INVALID, "document", "/rows", -1, "this is no rating");
}

enum status ranking_figures_read(struct arena *arena, const struct json *document, const struct methodology *methodology,
                                 struct ranking_region **ret_regions, size_t *ret_count, struct fault *fault)
{
	const struct json *list;
	enum status status = list_rows(document, &list, fault);
	if (status != STATUS_OK)
		return status;
	*ret_regions = arena_array(arena, struct ranking_region, json_count(list));
	*ret_count = 0;
	for (const struct json *row = json_first(list); status == STATUS_OK && row != NULL; row = json_next(row)) {
		status = read_row(arena, row, *ret_count, methodology, &(*ret_regions)[*ret_count], fault);
		++*ret_count;
	}
	return status;
}

/* ---- runs ---- */

enum status ranking_figures_rate(struct arena *arena, const struct json *document, const struct methodology *methodology,
                                 const struct ranking_run **ret_run, struct fault *fault)
{
	const char *cohort = json_find_string(document, "cohort"), *period = json_find_string(document, "period");
	struct ranking_region *regions;
	struct methodology *own = arena_array(arena, struct methodology, 1);
	size_t count;
	*own = *methodology;
	(void)read_whole(json_find(document, "eligibility"), "min_projects", &own->min_projects);
	if (cohort == NULL || period == NULL)
		return fault_set(fault, STATUS_INVALID, "document", "", -1, "this is no rating");
	enum status status = ranking_figures_read(arena, document, methodology, &regions, &count, fault);
	return status == STATUS_OK ? ranking_compute(arena, own, cohort, period, regions, count, ret_run, fault) : status;
}

/* Who is not even looked at by the engine is known from the reason. */
static bool takes_part(const struct json *row)
{
	const char *reason = json_find_string(row, "reason");
	return reason == NULL || text_equal(reason, RANKING_REASON_NO_DATA);
}

static double figure_of(const struct json *row, const char *code)
{
	decimal value;
	const char *text = json_find_string(json_find(json_find(row, "figures"), "indicators"), code);
	return text != NULL && decimal_parse(text, &value) ? decimal_double(value) : NAN;
}

static const char *unit_of(const struct json *row)
{
	const char *authority = json_find_string(row, "authority");
	return authority != NULL ? authority : json_find_string(row, "region");
}

enum status ranking_figures_input(struct arena *arena, const struct json *document, const struct methodology *methodology,
                                  struct ranking_input *ret_input, struct fault *fault)
{
	const struct json *list;
	enum status status = list_rows(document, &list, fault);
	if (status != STATUS_OK)
		return status;
	struct ranking_input input = {0};
	for (const struct json *row = json_first(list); row != NULL; row = json_next(row))
		input.units += takes_part(row) && unit_of(row) != NULL ? 1 : 0;
	const char **codes = arena_array(arena, const char *, input.units);
	double *values = arena_array(arena, double, methodology->indicator_count * input.units);
	double *denominators = arena_array(arena, double, methodology->denominator_count * input.units);
	size_t unit = 0;
	for (const struct json *row = json_first(list); row != NULL; row = json_next(row)) {
		if (!takes_part(row) || unit_of(row) == NULL)
			continue;
		codes[unit] = unit_of(row);
		for (size_t i = 0; i < methodology->indicator_count; i++)
			values[i * input.units + unit] = figure_of(row, methodology->indicators[i].code);
		for (size_t i = 0; i < methodology->denominator_count; i++)
			denominators[i * input.units + unit] = figure_of(row, methodology->denominators[i]);
		unit++;
	}
	input.codes = codes;
	input.values = values;
	input.denominators = denominators;
	*ret_input = input;
	return STATUS_OK;
}

/* ---- finding ---- */

static bool is_named(const struct json *row, const char *name, const char *unit)
{
	const char *text = json_find_string(row, name);
	return text != NULL && text_equal(text, unit);
}

const struct json *ranking_figures_find(const struct json *document, const char *unit)
{
	const struct json *list = json_find(document, "rows");
	const struct json *row = json_is(list, JSON_ARRAY) ? json_first(list) : NULL;
	for (; row != NULL; row = json_next(row)) {
		bool is_body = json_find_string(row, "authority") != NULL;
		if (is_body ? is_named(row, "authority", unit) : is_named(row, "region", unit) || is_named(row, "iso", unit))
			return row;
	}
	return NULL;
}

bool ranking_figures_fits(const struct json *document, const struct methodology *methodology)
{
	const struct json *own = json_find(document, "methodology");
	int64_t version;
	return is_named(own, "code", methodology->code) && read_whole(own, "version", &version) &&
	       version == methodology->version;
}
