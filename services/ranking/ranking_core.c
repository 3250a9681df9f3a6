#include "services/ranking/ranking_core.h"

#include <math.h>
#include <stdlib.h>

#include "services/ranking/ranking_document.h"
#include "services/ranking/ranking_outlook.h"

const char *ranking_unit_code(const struct ranking_region *region)
{
	return region->authority != NULL ? region->authority : region->region;
}

/* ---- figures ---- */

static enum status read_figure(struct arena *arena, const struct ranking_region *region, const char *code,
                               const char *figure, const char **ret_text, double *ret_value, struct fault *fault)
{
	decimal value;
	if (!decimal_parse(figure, &value)) {
		char pointer[256] = "";
		json_pointer_append(pointer, sizeof pointer, ranking_unit_code(region));
		json_pointer_append(pointer, sizeof pointer, code);
		return fault_set(fault, STATUS_INVALID, "figure", pointer, -1, "\"%.40s\" is no decimal of at most %d places",
		                 figure, RANKING_INPUT_PLACES);
	}
	*ret_text = decimal_format(value, arena_alloc(arena, DECIMAL_TEXT_SIZE));
	*ret_value = decimal_double(value);
	return STATUS_OK;
}

/* Fills row->inputs, and the values with one for each indicator. */
static enum status read_figures(struct arena *arena, const struct methodology *methodology, struct ranking_row *row,
                                double *values, struct fault *fault)
{
	const char **inputs = arena_array(arena, const char *, methodology->indicator_count);
	row->inputs = inputs;
	for (size_t i = 0; i < methodology->indicator_count; i++) {
		values[i] = NAN;
		if (row->region->figures[i] == NULL)
			continue;
		enum status status = read_figure(arena, row->region, methodology->indicators[i].code, row->region->figures[i],
		                                 &inputs[i], &values[i], fault);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/* A service has figures of indicators only: one may be divided by another, and nothing else has a column. */
static enum status check_columns(const struct methodology *methodology, struct fault *fault)
{
	const char *missing = methodology->panel_column;
	if (methodology->group_column_count > 0)
		missing = methodology->group_columns[0];
	for (size_t i = 0; i < methodology->denominator_count; i++) {
		size_t indicator;
		if (!methodology_find_indicator(methodology, methodology->denominators[i], &indicator))
			missing = methodology->denominators[i];
	}
	if (missing == NULL)
		return STATUS_OK;
	return fault_set(fault, STATUS_UNSUPPORTED, "methodology", "", -1, "regions have no figure \"%s\"", missing);
}

/* Columns of those who may be rated, in the order of rows; lines: one of each row. Numbers their rows. */
static struct ranking_input columns_of(struct arena *arena, const struct methodology *methodology,
                                       struct ranking_row *rows, const double *lines, size_t count)
{
	double *values = arena_array(arena, double, methodology->indicator_count * count);
	double *denominators = arena_array(arena, double, methodology->denominator_count * count);
	const char **codes = arena_array(arena, const char *, count);
	struct ranking_input input = {.codes = codes, .values = values, .denominators = denominators};
	for (size_t i = 0; i < count; i++)
		input.units += rows[i].reason == NULL ? 1 : 0;
	size_t unit = 0;
	for (size_t i = 0; i < count; i++) {
		const double *line = &lines[i * methodology->indicator_count];
		if (rows[i].reason != NULL)
			continue;
		codes[unit] = ranking_unit_code(rows[i].region);
		rows[i].unit = unit;
		for (size_t k = 0; k < methodology->indicator_count; k++)
			values[k * input.units + unit] = line[k];
		for (size_t k = 0; k < methodology->denominator_count; k++) {
			size_t indicator;
			bool found = methodology_find_indicator(methodology, methodology->denominators[k], &indicator);
			denominators[k * input.units + unit] = found ? line[indicator] : NAN;
		}
		unit++;
	}
	return input;
}

/* Before the engine has seen the figures. */
static const char *ineligible_reason(const struct methodology *methodology, const struct ranking_region *region)
{
	if (!region->joined)
		return RANKING_REASON_NOT_JOINED;
	return region->measured < methodology->min_projects ? RANKING_REASON_TOO_FEW : NULL;
}

/* ---- results ---- */

static const char *score_text(struct arena *arena, const struct methodology *methodology, double score)
{
	unsigned places = methodology->decimals == METHODOLOGY_EXACT ? RANKING_SCORE_PLACES : (unsigned)methodology->decimals;
	char text[RANKING_SCORE_SIZE];
	if (isnan(score) || !decimal_format_double(score, places, text, sizeof text))
		return NULL;
	return arena_text(arena, text, strlen(text));
}

static void take_scores(struct arena *arena, const struct methodology *methodology, const struct ranking_scores *scores,
                        struct ranking_row *row)
{
	size_t unit = row->unit;
	const char **nodes = arena_array(arena, const char *, methodology->node_count);
	for (size_t i = 0; i < methodology->node_count; i++)
		nodes[i] = score_text(arena, methodology, scores->nodes[i * scores->units + unit]);
	row->nodes = nodes;
	row->score = nodes[methodology->root];
	row->place = scores->places[unit];
	if (row->place == 0)
		row->reason = RANKING_REASON_NO_DATA;
}

static int compare_places(const void *a, const void *b)
{
	const struct ranking_row *left = a;
	const struct ranking_row *right = b;
	if (left->place != right->place)
		return left->place - 1 < right->place - 1 ? -1 : 1;  /* 0, not rated, becomes the largest */
	return strcmp(ranking_unit_code(left->region), ranking_unit_code(right->region));
}

static int compare_codes(const void *a, const void *b)
{
	const struct ranking_row *left = a;
	const struct ranking_row *right = b;
	return strcmp(ranking_unit_code(left->region), ranking_unit_code(right->region));
}

/* rows are in place order. */
static void assign_groups(const struct methodology *methodology, struct ranking_row *rows, size_t rated)
{
	static const char *const NAMES[RANKING_GROUPS] = {"leading", "middle", "lagging"};
	for (size_t first = 0; first < rated;) {
		size_t end = first + 1;
		while (end < rated && rows[end].place == rows[first].place)
			end++;
		enum ranking_group group = ranking_group_of(methodology, first, end - first, rated);
		for (; first < end; first++)
			rows[first].group = NAMES[group];
	}
}

/* Rows by region in, by place out. lines: a line of values for each row. */
static enum status rate(struct arena *arena, const struct methodology *methodology, const double *lines,
                        struct ranking_row *rows, size_t count, struct ranking_table **ret_table,
                        struct ranking_scores *ret_scores, struct fault *fault)
{
	struct ranking_input input = columns_of(arena, methodology, rows, lines, count);
	enum status status = ranking_engine_prepare(arena, methodology, &input, ret_table, fault);
	if (status != STATUS_OK)
		return status;
	ranking_engine_rate(*ret_table, ret_scores);
	const char **no_nodes = arena_array(arena, const char *, methodology->node_count);
	size_t rated = 0;
	for (size_t i = 0; i < count; i++) {
		rows[i].nodes = no_nodes;
		if (rows[i].reason == NULL)
			take_scores(arena, methodology, ret_scores, &rows[i]);
		rows[i].overall_place = rows[i].place;
		rated += rows[i].place > 0 ? 1 : 0;
	}
	qsort(rows, count, sizeof *rows, compare_places);
	if (methodology->has_groups)
		assign_groups(methodology, rows, rated);
	return STATUS_OK;
}

enum status ranking_compute(struct arena *arena, const struct methodology *methodology, const char *cohort,
                            const char *period, const struct ranking_region *regions, size_t count,
                            const struct ranking_run **ret_run, struct fault *fault)
{
	if (count > RANKING_REGIONS_MAX)
		return fault_set(fault, STATUS_TOO_LARGE, "too_large", "", -1, "%zu regions; at most %d", count,
		                 RANKING_REGIONS_MAX);
	enum status status = check_columns(methodology, fault);
	struct ranking_row *rows = arena_array(arena, struct ranking_row, count);
	for (size_t i = 0; i < count; i++)
		rows[i] = (struct ranking_row){.region = &regions[i], .unit = METHODOLOGY_NONE,
		                               .reason = ineligible_reason(methodology, &regions[i])};
	/* In one order whatever the caller's, so that no sum over regions can depend on it. */
	qsort(rows, count, sizeof *rows, compare_codes);
	double *lines = arena_array(arena, double, count * methodology->indicator_count);
	for (size_t i = 0; status == STATUS_OK && i < count; i++)
		status = read_figures(arena, methodology, &rows[i], &lines[i * methodology->indicator_count], fault);
	struct ranking_scores scores = {0};
	struct ranking_table *table = NULL;
	if (status == STATUS_OK)
		status = rate(arena, methodology, lines, rows, count, &table, &scores, fault);
	if (status != STATUS_OK)
		return status;
	struct ranking_run *run = arena_array(arena, struct ranking_run, 1);
	*run = (struct ranking_run){
		.methodology = methodology,
		.cohort = cohort,
		.period = period,
		.table = table,
		.logs = regions,
		.log_count = count,
		.rows = rows,
		.count = count,
		.states = scores.states,
	};
	status = ranking_result_digest(arena, run, run->result_digest, fault);
	if (status == STATUS_OK)
		*ret_run = run;
	return status;
}
