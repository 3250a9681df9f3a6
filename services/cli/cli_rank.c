/* cli_rank: a rating computed over files by the same code as in the service (RATING.md section 1): no database, no bus. */
#include "common/ambient.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_rank_files.h"
#include "services/cli/cli_rank_output.h"
#include "services/cli/cli_rank_replicates.h"
#include "services/ranking/ranking_explanation.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_BYTES_MAX  ((size_t)64 * 1024 * 1024 * 1024)
#define OUTPUT_BYTES_MAX ((size_t)16 * 1024 * 1024 * 1024)
#define REPLICATES_MAX   1000000
#define EXTRA_COLUMNS    16  /* beside the nodes */

static const struct cli_option OPTIONS[] = {
	RANK_METHODOLOGY_OPTION,
	RANK_VALUES_OPTION,
	{"format", "csv|json|table", NULL, "csv", "how to print the result", "вид результата"},
	{"decimals", "N", NULL, NULL, "decimals of the scores; else 17 significant digits", "знаков после запятой; иначе 17 значащих цифр"},
	{"threads", "N", NULL, "1", "threads for many sets of weights", "потоков для наборов весов"},
	{"weight-sets", "FILE", NULL, NULL, "sets of weights to rank by as well (CSV)", "наборы весов для отдельных рейтингов (CSV)"},
	{"ranks-out", "FILE", NULL, NULL, "where the places of every set or replicate go (CSV)", "куда записать места по каждому набору (CSV)"},
	{"replicates", "N", NULL, NULL, "draw N sets of weights and describe the places", "взять N случайных наборов весов и описать места"},
	{"seed", "S", NULL, "1", "of the draws", "начальное число датчика"},
	{"perturb", "SHARE", NULL, "0.25", "weights are drawn within ±SHARE", "веса меняются в пределах ±SHARE"},
	{"compare", "FILE", NULL, NULL, "another methodology: its places, and how far they are", "другая методика: её места и сдвиг"},
};

static const struct cli_command COMMAND = {
	.name = "rank",
	.example = "effreg rank --methodology M.json --values V.csv --format table --decimals 2",
	.en = "Computes a rating over files. The first column of the values is the unit's code, the others are indicators and\n"
	      "attributes that the methodology names; empty or NA is missing. rank_shift is rank_other - rank: above zero, the\n"
	      "unit stands better here than by the other methodology.",
	.ru = "Считает рейтинг по файлам. Первый столбец значений — код объекта, прочие — показатели и признаки, названные в\n"
	      "методике; пустое или NA — пропуск. rank_shift = rank_other - rank: больше нуля — здесь объект стоит выше, чем\n"
	      "по другой методике.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 done, 2 bad arguments, methodology or file",
	.exits_ru = "0 готово, 2 неверные аргументы, методика или файл",
};

struct rank {
	struct cli_args args;
	struct arena *arena;
	enum rank_format format;
	int64_t decimals, threads, replicates;
	uint64_t seed;
	double perturb;
	const struct methodology *methodology;
	struct rank_values values;
	struct ranking_table *table;
	struct ranking_scores scores;
	uint32_t *other_places;                       /* --compare */
	struct ranking_place_statistics *statistics;  /* --replicates */
	struct fault fault;
};

/* ---- arguments ---- */

/* --ranks-out takes the places of --weight-sets; without them, of --replicates. */
static bool check_outputs(const struct rank *rank)
{
	bool sets = cli_args_value(&rank->args, "weight-sets") != NULL;
	bool out = cli_args_value(&rank->args, "ranks-out") != NULL;
	if (sets ? out : !out || rank->replicates > 0)
		return true;
	cli_output_error(&rank->args, "%s",
	                 cli_text(rank->args.lang, "--ranks-out goes with --weight-sets, or with --replicates",
	                          "--ranks-out указывается вместе с --weight-sets либо с --replicates"));
	return false;
}

static bool read_arguments(struct rank *rank)
{
	const struct cli_args *args = &rank->args;
	rank->decimals = RANK_EXACT;
	if (cli_args_required(args, "methodology") == NULL || cli_args_required(args, "values") == NULL)
		return false;
	if (cli_args_value(args, "decimals") != NULL && !cli_args_number(args, "decimals", 0, 15, &rank->decimals))
		return false;
	if (cli_args_value(args, "replicates") != NULL &&
	    !cli_args_number(args, "replicates", 1, REPLICATES_MAX, &rank->replicates))
		return false;
	return rank_format_read(args, &rank->format) && cli_args_number(args, "threads", 1, RANK_THREADS_MAX, &rank->threads) &&
	       rank_seed_read(args, &rank->seed) && rank_share_read(args, "perturb", 0, 1, &rank->perturb) && check_outputs(rank);
}

/* ---- computing ---- */

static enum status compute(struct rank *rank)
{
	const char *values = cli_args_value(&rank->args, "values");
	enum status status = rank_read_methodology(rank->arena, cli_args_value(&rank->args, "methodology"),
	                                           &rank->methodology, &rank->fault);
	if (status == STATUS_OK)
		status = rank_read_values(rank->arena, values, rank->methodology, &rank->values, &rank->fault);
	if (status == STATUS_OK)
		status = ranking_engine_prepare(rank->arena, rank->methodology, &rank->values.input, &rank->table, &rank->fault);
	if (status == STATUS_OK)
		ranking_engine_rate(rank->table, &rank->scores);
	return status;
}

static enum status compare(struct rank *rank)
{
	const char *other = cli_args_value(&rank->args, "compare");
	const struct methodology *methodology;
	struct rank_values values;
	struct ranking_scores scores;
	if (other == NULL)
		return STATUS_OK;
	enum status status = rank_read_methodology(rank->arena, other, &methodology, &rank->fault);
	if (status == STATUS_OK)
		status = rank_read_values(rank->arena, cli_args_value(&rank->args, "values"), methodology, &values, &rank->fault);
	if (status == STATUS_OK)
		status = ranking_engine_run(rank->arena, methodology, &values.input, &scores, &rank->fault);
	if (status != STATUS_OK)
		return status;
	rank->other_places = arena_array(rank->arena, uint32_t, scores.units);
	memcpy(rank->other_places, scores.places, scores.units * sizeof *scores.places);
	return status;
}

/* ---- places by set ---- */

static void write_header(const struct rank *rank, struct buf *text)
{
	buf_text(text, "set");
	for (size_t i = 0; i < rank->scores.units; i++) {
		struct buf name;
		buf_init(&name, RANK_FILE_BYTES_MAX);
		buf_text(&name, rank->values.input.codes[i]);
		if (rank->values.periods != NULL)
			buf_printf(&name, ":%s", rank->values.periods[i]);
		buf_text(text, ",");
		bool quoted = strpbrk(name.at, ",\"\r\n") != NULL;
		buf_text(text, quoted ? "\"" : "");
		for (const char *c = name.at; *c != '\0'; c++)
			buf_append(text, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
		buf_text(text, quoted ? "\"" : "");
		buf_clear(&name);
	}
	buf_text(text, "\n");
}

/* names: of the sets; NULL: they are numbered from 1. */
static enum status write_places(struct rank *rank, const char *const *names, const uint32_t *places, size_t count)
{
	struct buf text;
	size_t units = rank->scores.units;
	buf_init(&text, OUTPUT_BYTES_MAX);
	write_header(rank, &text);
	for (size_t i = 0; i < count; i++) {
		if (names != NULL)
			buf_text(&text, names[i]);
		else
			buf_printf(&text, "%zu", i + 1);
		for (size_t unit = 0; unit < units; unit++) {
			if (places[i * units + unit] == 0)
				buf_text(&text, ",NA");
			else
				buf_printf(&text, ",%u", places[i * units + unit]);
		}
		buf_text(&text, "\n");
	}
	const char *path = cli_args_value(&rank->args, "ranks-out");
	enum status status = buf_ok(&text) ? ambient_write_file(path, buf_span(&text), 0644, &rank->fault)
	                                   : fault_set(&rank->fault, STATUS_TOO_LARGE, "too_large", "", -1,
	                                               "%s: more places than fit a file", path);
	buf_clear(&text);
	return status;
}

static enum status rank_sets_of_file(struct rank *rank)
{
	const char *path = cli_args_value(&rank->args, "weight-sets");
	struct rank_sets sets;
	if (path == NULL)
		return STATUS_OK;
	enum status status = rank_read_sets(rank->arena, path, rank->methodology, &sets, &rank->fault);
	if (status != STATUS_OK)
		return status;
	const struct rank_replicates replicates = {
		.table = rank->table, .sets = sets.weights, .count = sets.count, .threads = (unsigned)rank->threads};
	uint32_t *places = arena_array(rank->arena, uint32_t, sets.count * rank->scores.units);
	status = rank_replicates_run(&replicates, places, &rank->fault);
	return status == STATUS_OK ? write_places(rank, sets.names, places, sets.count) : status;
}

static enum status rank_replicates_drawn(struct rank *rank)
{
	size_t count = (size_t)rank->replicates;
	if (count == 0)
		return STATUS_OK;
	const struct rank_replicates replicates = {
		.table = rank->table,
		.count = count,
		.seed = rank->seed,
		.perturb = rank->perturb,
		.threads = (unsigned)rank->threads,
	};
	uint32_t *places = arena_array(rank->arena, uint32_t, count * rank->scores.units);
	enum status status = rank_replicates_run(&replicates, places, &rank->fault);
	if (status != STATUS_OK)
		return status;
	rank->statistics = arena_array(rank->arena, struct ranking_place_statistics, rank->scores.units);
	status = rank_replicates_describe(&replicates, places, rank->statistics, &rank->fault);
	if (status != STATUS_OK)
		return status;
	bool wanted = cli_args_value(&rank->args, "ranks-out") != NULL && cli_args_value(&rank->args, "weight-sets") == NULL;
	return wanted ? write_places(rank, NULL, places, count) : status;
}

/* ---- the result ---- */

static void add_statistics(const struct rank *rank, struct rank_table *table)
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
	double *column = arena_array(rank->arena, double, rank->scores.units);
	for (size_t i = 0; i < ARRAY_COUNT(COLUMNS) && rank->statistics != NULL; i++) {
		for (size_t unit = 0; unit < rank->scores.units; unit++)
			memcpy(&column[unit], (const char *)&rank->statistics[unit] + COLUMNS[i].offset, sizeof *column);
		rank_table_add_scores(table, COLUMNS[i].name, column);
	}
}

static void add_comparison(const struct rank *rank, struct rank_table *table)
{
	if (rank->other_places == NULL)
		return;
	rank_table_add_places(table, "rank_other", rank->other_places);
	const char **shifts = arena_array(rank->arena, const char *, rank->scores.units);
	for (size_t i = 0; i < rank->scores.units; i++) {
		if (rank->other_places[i] != 0 && rank->scores.places[i] != 0)
			shifts[i] = arena_printf(rank->arena, "%lld",
			                         (long long)rank->other_places[i] - (long long)rank->scores.places[i]);
	}
	rank_table_add_texts(table, "rank_shift", shifts);
	table->columns[table->count - 1].is_text = false;
}

static void write_methodology(struct json_writer *writer, const void *context)
{
	const struct rank *rank = context;
	ranking_write_methodology(writer, "methodology", rank->methodology);
}

static void write_notes(struct json_writer *writer, const void *context)
{
	const struct rank *rank = context;
	rank_notes_write(writer, rank->methodology, &rank->scores);
}

static bool print_result(struct rank *rank)
{
	const struct methodology *methodology = rank->methodology;
	struct rank_table table;
	rank_table_init(&table, rank->arena, methodology->node_count + EXTRA_COLUMNS, rank->scores.units,
	                (int)rank->decimals);
	rank_table_add_texts(&table, "unit", rank->values.input.codes);
	if (methodology->panel_column != NULL)
		rank_table_add_texts(&table, methodology->panel_column, rank->values.periods);
	for (size_t i = 0; i < methodology->node_count; i++) {
		size_t node = methodology->order[i];
		rank_table_add_scores(&table, methodology->nodes[node].code, &rank->scores.nodes[node * rank->scores.units]);
	}
	rank_table_add_places(&table, "rank", rank->scores.places);
	add_statistics(rank, &table);
	add_comparison(rank, &table);
	const struct rank_members members = {
		.write_before = write_methodology, .write_after = write_notes, .context = rank};
	return rank_table_print(&table, rank->format, &members);
}

static int run(struct rank *rank)
{
	enum status status = compute(rank);
	if (status == STATUS_OK)
		status = compare(rank);
	if (status == STATUS_OK)
		status = rank_sets_of_file(rank);
	if (status == STATUS_OK)
		status = rank_replicates_drawn(rank);
	if (status != STATUS_OK) {
		rank_fault_print(&rank->args, &rank->fault);
		return CLI_EXIT_USAGE;
	}
	rank_notes_print(&rank->args, rank->methodology, &rank->scores);
	return print_result(rank) ? CLI_EXIT_OK : CLI_EXIT_USAGE;
}

int cli_rank(int argc, char **argv, enum cli_lang lang)
{
	struct rank rank = {.fault = {.offset = -1}};
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &rank.args, &exit_code))
		return exit_code;
	if (!read_arguments(&rank))
		return CLI_EXIT_USAGE;
	rank.arena = arena_new(ARENA_BYTES_MAX);
	exit_code = run(&rank);
	arena_destroy(&rank.arena);
	return exit_code;
}
