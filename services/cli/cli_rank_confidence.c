/* cli_rank_confidence: how sure places are, from a file of estimates and their standard errors. */
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_rank_output.h"
#include "services/ranking/ranking_confidence.h"
#include "services/ranking/ranking_shrink.h"

#include <math.h>

#define ARENA_BYTES_MAX ((size_t)4 * 1024 * 1024 * 1024)
#define LEVEL_MAX       0.9999
#define ESTIMATE_MAX    1e100  /* of estimates and errors; errors also down to its inverse: squares stay numbers */
#define COLUMNS         10

static const struct cli_option OPTIONS[] = {
	{"estimates", "FILE", NULL, NULL, "columns unit, estimate, se (CSV)", "столбцы unit, estimate, se (CSV)"},
	{"level", "SHARE", NULL, "0.95", "how often the sets are to hold", "с какой вероятностью множества верны"},
	{"shrink", "dl|reml|ml|pm", NULL, "dl", "how the variance between units is estimated",
	 "как оценивать дисперсию между объектами"},
	{"seed", "S", NULL, "1", "of the draws", "начальное число датчика"},
	{"draws", "N", NULL, NULL, "draws for the simultaneous sets; else 500000, fewer over 100 units",
	 "испытаний для совместных множеств; иначе 500000, при числе объектов больше 100 — меньше"},
	{"format", "csv|json|table", NULL, "csv", "how to print the result", "вид результата"},
};

static const struct cli_command COMMAND = {
	.name = "rank confidence",
	.example = "effreg rank confidence --estimates E.csv --level 0.9 --format table",
	.en = "Confidence sets for places, from estimates and their standard errors: the marginal set holds for one unit, the\n"
	      "simultaneous sets hold for all units together (Mogstad, Romano, Shaikh, Wilhelm, 2024, with step-down). shrunken\n"
	      "is the estimate drawn towards the mean by as much as its error asks for (random effects). Place 1 is the largest\n"
	      "estimate; a unit without an estimate takes no part.",
	.ru = "Доверительные множества мест по оценкам и их стандартным ошибкам: marginal — для одного объекта, simultaneous —\n"
	      "верны сразу для всех (Mogstad, Romano, Shaikh, Wilhelm, 2024, пошаговая процедура). shrunken — оценка, подтянутая\n"
	      "к среднему тем сильнее, чем больше её ошибка (модель со случайными эффектами). Место 1 — у наибольшей оценки;\n"
	      "объект без оценки не участвует.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 done, 2 bad arguments or file",
	.exits_ru = "0 готово, 2 неверные аргументы или файл",
};

struct confidence {
	struct cli_args args;
	struct arena *arena;
	enum rank_format format;
	double level;
	enum ranking_shrink_method shrink;
	uint64_t seed;
	int64_t draws;
	size_t rows;               /* of the file */
	const char **units;
	double *values, *ses;      /* rows; NaN = no estimate */
	size_t *taking_part;       /* rows, by estimate */
	struct ranking_estimates estimates;
	uint32_t *places;
	struct ranking_place_sets marginal, simultaneous;
	struct ranking_shrinkage shrinkage;
	struct fault fault;
};

/* ---- arguments ---- */

static const char *const SHRINKS[] = {"dl", "reml", "ml", "pm"};

static bool read_shrink(struct confidence *confidence)
{
	const char *value = cli_args_value(&confidence->args, "shrink");
	for (size_t i = 0; i < ARRAY_COUNT(SHRINKS); i++) {
		if (!text_equal(SHRINKS[i], value))
			continue;
		confidence->shrink = (enum ranking_shrink_method)i;
		return true;
	}
	cli_output_error(&confidence->args, cli_text(confidence->args.lang, "--shrink is dl, reml, ml or pm, not %s",
	                                             "--shrink — это dl, reml, ml или pm, а не %s"), value);
	return false;
}

static bool read_arguments(struct confidence *confidence)
{
	const struct cli_args *args = &confidence->args;
	if (cli_args_required(args, "estimates") == NULL)
		return false;
	if (cli_args_value(args, "draws") != NULL &&
	    !cli_args_number(args, "draws", 100, RANKING_CONFIDENCE_DRAWS_MAX, &confidence->draws))
		return false;
	return rank_share_read(args, "level", 0.5, LEVEL_MAX, &confidence->level) && read_shrink(confidence) &&
	       rank_seed_read(args, &confidence->seed) && rank_format_read(args, &confidence->format);
}

/* ---- the file ---- */

struct columns {
	size_t unit, estimate, se;
};

static enum status take_row(struct confidence *confidence, const struct rank_csv *table, const struct columns *columns,
                            const char *const *fields)
{
	size_t row = confidence->rows++;
	confidence->units[row] = fields[columns->unit];
	for (size_t i = 0; i < row; i++) {
		if (text_equal(confidence->units[i], confidence->units[row]))
			return RANK_CSV_BAD(table, "", table->csv.line, "\"%s\" stands twice", confidence->units[row]);
	}
	enum status status = rank_csv_number(table, fields, columns->estimate, &confidence->values[row]);
	if (status == STATUS_OK)
		status = rank_csv_number(table, fields, columns->se, &confidence->ses[row]);
	if (status != STATUS_OK)
		return status;
	double se = confidence->ses[row];
	if (isnan(confidence->values[row]) || isnan(se)) {
		confidence->values[row] = NAN;
		return STATUS_OK;
	}
	if (!(se >= 1 / ESTIMATE_MAX && se <= ESTIMATE_MAX))
		return RANK_CSV_BAD(table, "", table->csv.line, "column \"se\": a standard error above 0 is expected, not %s",
		                    fields[columns->se]);
	if (fabs(confidence->values[row]) > ESTIMATE_MAX)
		return RANK_CSV_BAD(table, "", table->csv.line, "column \"estimate\": %s is over %g", fields[columns->estimate],
		                    ESTIMATE_MAX);
	return STATUS_OK;
}

static enum status find_columns(const struct rank_csv *table, struct columns *ret_columns)
{
	enum status status = rank_csv_find(table, "unit", "", &ret_columns->unit);
	if (status == STATUS_OK)
		status = rank_csv_find(table, "estimate", "", &ret_columns->estimate);
	return status == STATUS_OK ? rank_csv_find(table, "se", "", &ret_columns->se) : status;
}

static void gather_estimates(struct confidence *confidence)
{
	double *values = arena_array(confidence->arena, double, confidence->rows);
	double *ses = arena_array(confidence->arena, double, confidence->rows);
	confidence->taking_part = arena_array(confidence->arena, size_t, confidence->rows);
	size_t count = 0;
	for (size_t row = 0; row < confidence->rows; row++) {
		if (isnan(confidence->values[row]))
			continue;
		values[count] = confidence->values[row];
		ses[count] = confidence->ses[row];
		confidence->taking_part[count++] = row;
	}
	confidence->estimates = (struct ranking_estimates){.values = values, .ses = ses, .count = count};
}

static enum status read_estimates(struct confidence *confidence)
{
	struct rank_csv table;
	struct columns columns;
	const char *const *fields;
	const char *path = cli_args_value(&confidence->args, "estimates");
	enum status status = rank_csv_open(&table, confidence->arena, path, &confidence->fault);
	if (status == STATUS_OK)
		status = find_columns(&table, &columns);
	if (status != STATUS_OK)
		return status;
	confidence->units = arena_array(confidence->arena, const char *, table.rows_max);
	confidence->values = arena_array(confidence->arena, double, table.rows_max);
	confidence->ses = arena_array(confidence->arena, double, table.rows_max);
	while (status == STATUS_OK && (status = rank_csv_row(&table, &fields)) == STATUS_OK) {
		if (confidence->rows == RANKING_CONFIDENCE_UNITS_MAX)
			return RANK_CSV_BAD(&table, "", table.csv.line, "at most %d units", RANKING_CONFIDENCE_UNITS_MAX);
		status = take_row(confidence, &table, &columns, fields);
	}
	if (status != STATUS_NOT_FOUND)
		return status;
	gather_estimates(confidence);
	if (confidence->estimates.count == 0)
		return RANK_CSV_BAD(&table, "", table.csv.line, "%s", "there is no estimate with its standard error");
	return STATUS_OK;
}

/* ---- computing ---- */

static struct ranking_place_sets make_sets(struct arena *arena, size_t count)
{
	return (struct ranking_place_sets){.lo = arena_array(arena, uint32_t, count), .hi = arena_array(arena, uint32_t, count)};
}

static void compute(struct confidence *confidence)
{
	const struct ranking_estimates *estimates = &confidence->estimates;
	struct arena *arena = confidence->arena;
	confidence->places = arena_array(arena, uint32_t, estimates->count);
	confidence->marginal = make_sets(arena, estimates->count);
	confidence->simultaneous = make_sets(arena, estimates->count);
	confidence->shrinkage.values = arena_array(arena, double, estimates->count);
	confidence->shrinkage.ses = arena_array(arena, double, estimates->count);
	if (confidence->draws == 0)
		confidence->draws = (int64_t)ranking_confidence_draws(estimates->count);
	ranking_confidence_places(estimates, confidence->places);
	ranking_confidence_marginal(arena, estimates, confidence->level, &confidence->marginal);
	ranking_confidence_simultaneous(arena, estimates, confidence->level, confidence->seed, (size_t)confidence->draws,
	                                &confidence->simultaneous);
	ranking_shrink(confidence->shrink, estimates->values, estimates->ses, estimates->count, &confidence->shrinkage);
}

/* ---- the result ---- */

static void add_places(const struct confidence *confidence, struct rank_table *table, const char *name,
                       const uint32_t *places)
{
	uint32_t *column = arena_array(confidence->arena, uint32_t, confidence->rows);
	for (size_t i = 0; i < confidence->estimates.count; i++)
		column[confidence->taking_part[i]] = places[i];
	rank_table_add_places(table, name, column);
}

static void add_numbers(const struct confidence *confidence, struct rank_table *table, const char *name,
                        const double *numbers)
{
	double *column = arena_array(confidence->arena, double, confidence->rows);
	for (size_t row = 0; row < confidence->rows; row++)
		column[row] = NAN;
	for (size_t i = 0; i < confidence->estimates.count; i++)
		column[confidence->taking_part[i]] = numbers[i];
	rank_table_add_scores(table, name, column);
}

static void write_settings(struct json_writer *writer, const void *context)
{
	const struct confidence *confidence = context;
	json_member_raw(writer, "level", span_of_text(arena_printf(confidence->arena, "%.17g", confidence->level)));
	json_member_integer(writer, "draws", confidence->draws);
	json_member_raw(writer, "seed", span_of_text(arena_printf(confidence->arena, "%llu", (unsigned long long)confidence->seed)));
	json_write_name(writer, "shrinkage");
	json_write_object(writer);
	json_member_string(writer, "method", SHRINKS[confidence->shrink]);
	json_member_raw(writer, "tau2", span_of_text(arena_printf(confidence->arena, "%.17g", confidence->shrinkage.tau2)));
	json_member_raw(writer, "mean", span_of_text(arena_printf(confidence->arena, "%.17g", confidence->shrinkage.mean)));
	json_member_raw(writer, "mean_se", span_of_text(arena_printf(confidence->arena, "%.17g", confidence->shrinkage.mean_se)));
	json_write_object_end(writer);
}

static bool print_result(const struct confidence *confidence)
{
	struct rank_table table;
	rank_table_init(&table, confidence->arena, COLUMNS, confidence->rows, RANK_EXACT);
	rank_table_add_texts(&table, "unit", confidence->units);
	add_numbers(confidence, &table, "estimate", confidence->estimates.values);
	add_numbers(confidence, &table, "se", confidence->estimates.ses);
	add_places(confidence, &table, "rank", confidence->places);
	add_places(confidence, &table, "marginal_lo", confidence->marginal.lo);
	add_places(confidence, &table, "marginal_hi", confidence->marginal.hi);
	add_places(confidence, &table, "simultaneous_lo", confidence->simultaneous.lo);
	add_places(confidence, &table, "simultaneous_hi", confidence->simultaneous.hi);
	add_numbers(confidence, &table, "shrunken", confidence->shrinkage.values);
	add_numbers(confidence, &table, "shrunken_se", confidence->shrinkage.ses);
	const struct rank_members members = {.write_before = write_settings, .context = confidence};
	return rank_table_print(&table, confidence->format, &members);
}

int cli_rank_confidence(int argc, char **argv, enum cli_lang lang)
{
	struct confidence confidence = {.fault = {.offset = -1}};
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &confidence.args, &exit_code))
		return exit_code;
	if (!read_arguments(&confidence))
		return CLI_EXIT_USAGE;
	confidence.arena = arena_new(ARENA_BYTES_MAX);
	exit_code = CLI_EXIT_USAGE;
	if (read_estimates(&confidence) == STATUS_OK) {
		compute(&confidence);
		exit_code = print_result(&confidence) ? CLI_EXIT_OK : CLI_EXIT_USAGE;
	} else {
		rank_fault_print(&confidence.args, &confidence.fault);
	}
	arena_destroy(&confidence.arena);
	return exit_code;
}
