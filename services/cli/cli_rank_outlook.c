#include "services/cli/cli_rank_outlook.h"

#include <math.h>
#include <stdio.h>

#include "services/cli/cli_output.h"

#define CELL_BYTES_MAX ((size_t)64 * 1024 * 1024)

/* ---- numbers ---- */

static void write_number(struct json_writer *writer, const char *name, double number)
{
	char text[32];
	snprintf(text, sizeof text, "%.17g", number);
	if (isfinite(number))
		json_member_raw(writer, name, span_of_text(text));
	else
		json_member_null(writer, name);
}

static void write_interval(struct json_writer *writer, const char *name, double lo, double hi)
{
	char text[80];
	snprintf(text, sizeof text, "[%.17g,%.17g]", lo, hi);
	if (isfinite(lo) && isfinite(hi))
		json_member_raw(writer, name, span_of_text(text));
	else
		json_member_null(writer, name);
}

static const char *factor_name(const struct rank_outlook *outlook, const struct ranking_factor *factor)
{
	static const char *const NAMES[RANKING_FACTOR_KINDS] = {
		[RANKING_FACTOR_OUTLIERS] = "outliers",   [RANKING_FACTOR_NORMALISE] = "normalise",
		[RANKING_FACTOR_AGGREGATE] = "aggregate", [RANKING_FACTOR_ERRORS] = "errors",
		[RANKING_FACTOR_MISSING] = "missing",
	};
	if (factor->kind == RANKING_FACTOR_WEIGHTS)
		return arena_printf(outlook->of->arena, "weights:%s", outlook->of->methodology->nodes[factor->node].code);
	return NAMES[factor->kind];
}

/* ---- columns ---- */

static void add_places(const struct rank_outlook *outlook, struct rank_table *table, const struct rank_draws *draws,
                       const char *prefix)
{
	static const struct {
		const char *name;
		size_t offset;
	} COLUMNS[] = {
		{"rank_mean", offsetof(struct ranking_place_statistics, mean)},
		{"rank_median", offsetof(struct ranking_place_statistics, median)},
		{"rank_q05", offsetof(struct ranking_place_statistics, q05)},
		{"rank_q95", offsetof(struct ranking_place_statistics, q95)},
	};
	double *column = arena_array(outlook->of->arena, double, table->rows);
	for (size_t i = 0; i < ARRAY_COUNT(COLUMNS); i++) {
		for (size_t unit = 0; unit < table->rows; unit++)
			memcpy(&column[unit], (const char *)&draws->statistics[unit] + COLUMNS[i].offset, sizeof *column);
		rank_table_add_scores(table, arena_printf(outlook->of->arena, "%s%s", prefix, COLUMNS[i].name), column);
	}
}

static void add_errors(const struct rank_outlook *outlook, struct rank_table *table)
{
	const struct rank_errors *errors = outlook->errors;
	if (errors == NULL)
		return;
	rank_table_add_scores(table, "score_se", errors->ses);
	add_places(outlook, table, &errors->draws, "error_");
	rank_table_add_places(table, "marginal_lo", errors->marginal.lo);
	rank_table_add_places(table, "marginal_hi", errors->marginal.hi);
	rank_table_add_places(table, "simultaneous_lo", errors->simultaneous.lo);
	rank_table_add_places(table, "simultaneous_hi", errors->simultaneous.hi);
	rank_table_add_scores(table, "shrunken", errors->shrunken);
	rank_table_add_scores(table, "shrunken_se", errors->shrunken_ses);
}

/* ---- cells of JSON ---- */

typedef void write_cell(const struct rank_outlook *outlook, size_t unit, struct json_writer *writer);

/* Places that came up, with their shares of the replicates that rate the unit. */
static void write_probabilities(const struct rank_outlook *outlook, size_t unit, struct json_writer *writer)
{
	const struct rank_draws *draws = outlook->replicates;
	size_t units = outlook->of->scores->units;
	uint32_t *counts = arena_array(outlook->of->arena, uint32_t, units + 1);
	for (size_t i = 0; i < draws->count; i++)
		counts[draws->places[i * units + unit]]++;
	json_write_object(writer);
	for (size_t place = 1; place <= units; place++) {
		char name[24];
		snprintf(name, sizeof name, "%zu", place);
		if (counts[place] > 0)
			write_number(writer, name, (double)counts[place] / (double)(draws->count - counts[0]));
	}
	json_write_object_end(writer);
}

static void write_beats_next(const struct rank_outlook *outlook, size_t unit, struct json_writer *writer)
{
	char text[32];
	snprintf(text, sizeof text, "%.17g", outlook->beats_next[unit]);
	if (isnan(outlook->beats_next[unit]))
		json_write_null(writer);
	else
		json_write_raw(writer, span_of_text(text));
}

static void write_groups(const struct rank_outlook *outlook, size_t unit, struct json_writer *writer)
{
	static const char *const NAMES[RANKING_GROUPS] = {"leading", "middle", "lagging"};
	json_write_object(writer);
	for (size_t i = 0; i < RANKING_GROUPS; i++)
		write_number(writer, NAMES[i], outlook->groups[unit * RANKING_GROUPS + i]);
	json_write_object_end(writer);
}

static void write_move(const struct rank_outlook *outlook, size_t unit, struct json_writer *writer)
{
	size_t before = outlook->previous[unit];
	const uint32_t *places = outlook->of->scores->places;
	if (before == METHODOLOGY_NONE || places[before] == 0 || places[unit] == 0) {
		json_write_null(writer);
		return;
	}
	const struct ranking_move *move = &outlook->moves[unit];
	json_write_object(writer);
	json_member_string(writer, "from", outlook->of->values->periods[before]);
	json_member_integer(writer, "gained", move->gained);
	write_interval(writer, "interval", move->lo, move->hi);
	json_member_bool(writer, "distinguishable", move->distinguishable);
	json_write_object_end(writer);
}

static void write_index(const struct rank_outlook *outlook, size_t figure, size_t factor, struct json_writer *writer)
{
	const struct rank_sensitivity *sensitivity = outlook->sensitivity;
	const struct ranking_sobol_index *index = &sensitivity->indices[figure * sensitivity->factor_count + factor];
	json_write_object(writer);
	json_member_string(writer, "factor", factor_name(outlook, &sensitivity->factors[factor]));
	write_number(writer, "first", index->first);
	write_interval(writer, "first_interval", index->first_lo, index->first_hi);
	write_number(writer, "total", index->total);
	write_interval(writer, "total_interval", index->total_lo, index->total_hi);
	json_write_object_end(writer);
}

static void write_indices(const struct rank_outlook *outlook, size_t figure, struct json_writer *writer)
{
	json_write_array(writer);
	for (size_t i = 0; i < outlook->sensitivity->factor_count; i++)
		write_index(outlook, figure, i, writer);
	json_write_array_end(writer);
}

static void write_split(const struct rank_outlook *outlook, size_t figure, struct json_writer *writer)
{
	static const char *const NAMES[RANK_SPLIT_GROUPS] = {"choices", "errors", "missing"};
	json_write_object(writer);
	write_number(writer, "variance", outlook->sensitivity->split_variances[figure]);
	for (size_t i = 0; i < RANK_SPLIT_GROUPS; i++)
		write_number(writer, NAMES[i], outlook->sensitivity->parts[figure * RANK_SPLIT_GROUPS + i]);
	json_write_object_end(writer);
}

static void add_cells(const struct rank_outlook *outlook, struct rank_table *table, const char *name, write_cell *write)
{
	const char **cells = arena_array(outlook->of->arena, const char *, table->rows);
	for (size_t unit = 0; unit < table->rows; unit++) {
		struct buf text;
		struct json_writer writer;
		buf_init(&text, CELL_BYTES_MAX);
		json_writer_init(&writer, &text);
		write(outlook, unit, &writer);
		cells[unit] = buf_ok(&text) ? arena_text(outlook->of->arena, text.at, text.len) : "null";
		buf_clear(&text);
	}
	rank_table_add_json(table, name, cells);
}

void rank_outlook_add(const struct rank_outlook *outlook, struct rank_table *table)
{
	bool by_unit = outlook->sensitivity != NULL && outlook->sensitivity->figures > 1;
	if (outlook->replicates != NULL)
		add_places(outlook, table, outlook->replicates, "");
	add_errors(outlook, table);
	if (table->json_wanted && outlook->beats_next != NULL) {
		add_cells(outlook, table, "place_probabilities", write_probabilities);
		add_cells(outlook, table, "beats_next", write_beats_next);
	}
	if (table->json_wanted && outlook->groups != NULL)
		add_cells(outlook, table, "groups", write_groups);
	if (table->json_wanted && outlook->moves != NULL)
		add_cells(outlook, table, "move", write_move);
	if (table->json_wanted && by_unit) {
		add_cells(outlook, table, "sensitivity", write_indices);
		add_cells(outlook, table, "variance_split", write_split);
	}
}

/* ---- members ---- */

static void write_uncertainty(const struct rank_outlook *outlook, struct json_writer *writer)
{
	json_write_name(writer, "uncertainty");
	json_write_object(writer);
	json_member_integer(writer, "replicates", (int64_t)outlook->of->replicates);
	char seed[24];
	snprintf(seed, sizeof seed, "%llu", (unsigned long long)outlook->of->seed);
	json_member_raw(writer, "seed", span_of_text(seed));
	json_write_name(writer, "factors");
	json_write_array(writer);
	for (size_t i = 0; i < outlook->uncertainty->factor_count; i++)
		json_write_string(writer, factor_name(outlook, &outlook->uncertainty->factors[i]));
	json_write_array_end(writer);
	json_write_object_end(writer);
}

static void write_errors(const struct rank_outlook *outlook, struct json_writer *writer)
{
	json_write_name(writer, "errors");
	json_write_object(writer);
	json_member_string(writer, "score_se", outlook->errors->exact ? "exact" : "simulated");
	json_member_integer(writer, "draws", (int64_t)outlook->errors->draws.count);
	json_write_object_end(writer);
}

static void write_sensitivity(const struct rank_outlook *outlook, struct json_writer *writer)
{
	const struct rank_sensitivity *sensitivity = outlook->sensitivity;
	size_t shift = sensitivity->figures - 1;
	json_write_name(writer, "sensitivity");
	json_write_object(writer);
	json_member_integer(writer, "rows", (int64_t)sensitivity->rows);
	json_member_string(writer, "figure", "mean_rank_shift");
	write_number(writer, "variance", sensitivity->variances[shift]);
	json_write_name(writer, "factors");
	write_indices(outlook, shift, writer);
	json_write_name(writer, "variance_split");
	write_split(outlook, shift, writer);
	json_write_object_end(writer);
}

void rank_outlook_write(const struct rank_outlook *outlook, struct json_writer *writer)
{
	if (outlook->uncertainty != NULL)
		write_uncertainty(outlook, writer);
	if (outlook->errors != NULL)
		write_errors(outlook, writer);
	if (outlook->sensitivity != NULL)
		write_sensitivity(outlook, writer);
}

void rank_outlook_print(const struct cli_args *args, const struct rank_outlook *outlook)
{
	const struct rank_sensitivity *sensitivity = outlook->sensitivity;
	for (size_t i = 0; sensitivity != NULL && i < sensitivity->factor_count; i++) {
		const struct ranking_sobol_index *index =
			&sensitivity->indices[(sensitivity->figures - 1) * sensitivity->factor_count + i];
		cli_output_error(args, cli_text(args->lang, "%s: alone %.3f [%.3f, %.3f], with all it acts through %.3f [%.3f, %.3f]",
		                                "%s: сам по себе %.3f [%.3f, %.3f], вместе с взаимодействиями %.3f [%.3f, %.3f]"),
		                 factor_name(outlook, &sensitivity->factors[i]), index->first, index->first_lo, index->first_hi,
		                 index->total, index->total_lo, index->total_hi);
	}
}
