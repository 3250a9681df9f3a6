/* cli_rank_lab: a draft methodology beside the one in force, over the values of one or more periods. */
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_rank_files.h"
#include "services/cli/cli_rank_output.h"
#include "services/ranking/ranking_explanation.h"
#include "services/ranking/ranking_lab.h"

#include <math.h>
#include <stdio.h>

#define ARENA_BYTES_MAX ((size_t)16 * 1024 * 1024 * 1024)
#define MOVERS_MAX      100000
#define COLUMNS         8

static const struct cli_option OPTIONS[] = {
	{"methodology", "FILE", NULL, NULL, "the draft (JSON)", "проект методики (JSON)"},
	{"compare", "FILE", NULL, NULL, "the methodology it is held against, the one in force (JSON)", "методика для сравнения, действующая (JSON)"},
	{"values", "FILE", NULL, NULL, "the values of a period (CSV); may be given several times", "значения за период (CSV); можно указать несколько раз"},
	{"movers", "N", NULL, "10", "how many of the units that move most are told", "сколько объектов с наибольшим сдвигом назвать"},
	RANK_DECIMALS_OPTION,
	RANK_FORMAT_OPTION,
};

static const struct cli_command COMMAND = {
	.name = "rank lab",
	.example = "effreg rank lab --methodology DRAFT.json --compare M.json --values V2022.csv --values V2023.csv",
	.en = "Applies a draft methodology to periods that are over, beside the one in force: how far places shift, who moves most,\n"
	      "what each indicator would weigh by the weights and in effect, and how the nodes of the draft's tree correlate.\n"
	      "shift = place by the other - place by the draft: above zero, the draft puts the unit higher. CSV has every unit of\n"
	      "every file.",
	.ru = "Применяет проект методики к прошедшим периодам рядом с действующей: насколько сдвинутся места, кто сдвинется\n"
	      "сильнее всех, сколько каждый показатель будет весить по весам и на деле, как связаны узлы дерева проекта.\n"
	      "shift = место по другой методике - место по проекту: больше нуля — проект ставит объект выше. В CSV — все\n"
	      "объекты всех файлов.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 done, 2 bad arguments, methodology or file",
	.exits_ru = "0 готово, 2 неверные аргументы, методика или файл",
};

/* One file of values. */
struct period {
	const char *path;
	struct rank_values draft_values, other_values;
	struct ranking_lab lab;
};

struct lab {
	struct cli_args args;
	struct arena *arena;
	enum rank_format format;
	int64_t decimals, movers;
	const struct methodology *draft, *other;
	struct period *periods;
	size_t period_count;
	struct fault fault;
};

static bool read_arguments(struct lab *lab)
{
	const struct cli_args *args = &lab->args;
	if (cli_args_required(args, "methodology") == NULL || cli_args_required(args, "compare") == NULL ||
	    cli_args_required(args, "values") == NULL)
		return false;
	return rank_format_read(args, &lab->format) && cli_args_number(args, "movers", 0, MOVERS_MAX, &lab->movers) &&
	       cli_args_number(args, "decimals", 0, 15, &lab->decimals);
}

static enum status compute_period(struct lab *lab, struct period *period)
{
	enum status status = rank_read_values(lab->arena, period->path, lab->draft, &period->draft_values, &lab->fault);
	if (status == STATUS_OK)
		status = rank_read_values(lab->arena, period->path, lab->other, &period->other_values, &lab->fault);
	if (status == STATUS_OK)
		status = ranking_lab_compare(lab->arena, lab->draft, &period->draft_values.input, lab->other, &period->other_values.input,
		                             &period->lab, &lab->fault);
	return status;
}

static enum status compute(struct lab *lab)
{
	const char *paths[CLI_GIVEN_MAX];
	enum status status = rank_read_methodology(lab->arena, cli_args_value(&lab->args, "methodology"), &lab->draft, &lab->fault);
	if (status == STATUS_OK)
		status = rank_read_methodology(lab->arena, cli_args_value(&lab->args, "compare"), &lab->other, &lab->fault);
	lab->period_count = cli_args_values(&lab->args, "values", paths);
	lab->periods = arena_array(lab->arena, struct period, lab->period_count);
	for (size_t i = 0; status == STATUS_OK && i < lab->period_count; i++) {
		lab->periods[i].path = paths[i];
		status = compute_period(lab, &lab->periods[i]);
	}
	return status;
}

/* ---- units ---- */

static const char *head(const struct lab *lab, const char *name, const char *en, const char *ru)
{
	return lab->format == RANK_FORMAT_CSV ? name : cli_text(lab->args.lang, en, ru);
}

/* The first units of the periods from first on, up to most of each. */
static bool print_units(const struct lab *lab, const struct period *first, size_t periods, size_t most)
{
	struct rank_table table;
	size_t count = 0;
	size_t rows = 0;
	for (size_t i = 0; i < periods; i++)
		rows += first[i].lab.unit_count < most ? first[i].lab.unit_count : most;
	const char **texts[3];
	uint32_t *places[2];
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
		texts[i] = arena_array(lab->arena, const char *, rows);
	for (size_t i = 0; i < ARRAY_COUNT(places); i++)
		places[i] = arena_array(lab->arena, uint32_t, rows);
	for (size_t i = 0; i < periods; i++) {
		for (size_t k = 0; k < first[i].lab.unit_count && k < most; k++, count++) {
			const struct ranking_lab_unit *unit = &first[i].lab.units[k];
			bool both = unit->place != 0 && unit->other != 0;
			texts[0][count] = first[i].path;
			texts[1][count] = first[i].draft_values.input.codes[unit->unit];
			texts[2][count] = both ? arena_printf(lab->arena, "%+lld", (long long)unit->shift) : NULL;
			places[0][count] = unit->place;
			places[1][count] = unit->other;
		}
	}
	rank_table_init(&table, lab->arena, COLUMNS, rows, (int)lab->decimals);
	if (lab->format == RANK_FORMAT_CSV)
		rank_table_add_texts(&table, "values", texts[0]);
	rank_table_add_texts(&table, head(lab, "unit", "unit", "объект"), texts[1]);
	rank_table_add_places(&table, head(lab, "rank", "place by the draft", "место по проекту"), places[0]);
	rank_table_add_places(&table, head(lab, "rank_other", "by the other", "по другой"), places[1]);
	rank_table_add_texts(&table, head(lab, "shift", "shift", "сдвиг"), texts[2]);
	table.columns[table.count - 1].is_text = false;
	return rank_table_print(&table, lab->format, NULL);
}

/* ---- weights and nodes ---- */

/* Indicators of both: those of the draft, then those that only the other has. */
struct weight_line {
	const char *code;
	double figures[4];  /* nominal and effective, by the draft and by the other */
};

static size_t list_weights(const struct lab *lab, const struct period *period, struct weight_line **ret_lines)
{
	const struct methodology *methodologies[2] = {lab->draft, lab->other};
	const struct ranking_audit *audits[2] = {&period->lab.draft, &period->lab.other};
	struct weight_line *lines =
		arena_array(lab->arena, struct weight_line, lab->draft->indicator_count + lab->other->indicator_count);
	size_t count = 0;
	for (size_t m = 0; m < 2; m++) {
		for (size_t i = 0; i < methodologies[m]->indicator_count; i++) {
			const char *code = methodologies[m]->indicators[i].code;
			size_t k = 0;
			while (k < count && !text_equal(lines[k].code, code))
				k++;
			if (k == count)
				lines[count++] = (struct weight_line){.code = code, .figures = {NAN, NAN, NAN, NAN}};
			lines[k].figures[2 * m] = audits[m]->indicators[i].nominal;
			lines[k].figures[2 * m + 1] = audits[m]->indicators[i].effective;
		}
	}
	*ret_lines = lines;
	return count;
}

static bool print_weights(const struct lab *lab, const struct period *period)
{
	static const struct {
		const char *en, *ru;
	} HEADS[] = {
		{"weight in the draft", "вес в проекте"},
		{"in effect", "на деле"},
		{"weight in the other", "вес в другой"},
		{"in effect", "на деле"},
	};
	struct weight_line *lines;
	struct rank_table table;
	size_t count = list_weights(lab, period, &lines);
	const char **codes = arena_array(lab->arena, const char *, count);
	for (size_t i = 0; i < count; i++)
		codes[i] = lines[i].code;
	rank_table_init(&table, lab->arena, COLUMNS, count, (int)lab->decimals);
	rank_table_add_texts(&table, cli_text(lab->args.lang, "indicator", "показатель"), codes);
	for (size_t k = 0; k < ARRAY_COUNT(HEADS); k++) {
		double *column = arena_array(lab->arena, double, count);
		for (size_t i = 0; i < count; i++)
			column[i] = lines[i].figures[k];
		rank_table_add_scores(&table, cli_text(lab->args.lang, HEADS[k].en, HEADS[k].ru), column);
	}
	return rank_table_print(&table, lab->format, NULL);
}

static bool print_nodes(const struct lab *lab, const struct period *period)
{
	size_t count = lab->draft->node_count;
	struct rank_table table;
	const char **codes = arena_array(lab->arena, const char *, count);
	for (size_t i = 0; i < count; i++)
		codes[i] = lab->draft->nodes[i].code;
	rank_table_init(&table, lab->arena, count + 1, count, (int)lab->decimals);
	rank_table_add_texts(&table, cli_text(lab->args.lang, "r of nodes", "r узлов"), codes);
	for (size_t i = 0; i < count; i++)
		rank_table_add_scores(&table, codes[i], &period->lab.nodes[i * count]);
	return rank_table_print(&table, lab->format, NULL);
}

static bool print_period(const struct lab *lab, const struct period *period)
{
	const struct ranking_lab *found = &period->lab;
	printf(cli_text(lab->args.lang,
	                "%s: %zu rated by both, %zu change place, by %.*f on average and %lld at most; Spearman %.*f\n\n",
	                "%s: оценены обеими %zu, меняют место %zu, в среднем на %.*f, больше всего на %lld; Спирмен %.*f\n\n"),
	       period->path, found->both, found->moved, (int)lab->decimals, found->shift_mean, (long long)found->shift_most,
	       (int)lab->decimals, found->spearman);
	if (!print_units(lab, period, 1, (size_t)lab->movers))
		return false;
	printf("\n");
	if (!print_weights(lab, period))
		return false;
	printf("\n");
	return print_nodes(lab, period);
}

/* ---- the document ---- */

static void write_units(struct json_writer *writer, const struct period *period)
{
	json_write_name(writer, "units");
	json_write_array(writer);
	for (size_t i = 0; i < period->lab.unit_count; i++) {
		const struct ranking_lab_unit *unit = &period->lab.units[i];
		json_write_object(writer);
		json_member_string(writer, "unit", period->draft_values.input.codes[unit->unit]);
		ranking_write_place(writer, "rank", unit->place);
		ranking_write_place(writer, "rank_other", unit->other);
		if (unit->place != 0 && unit->other != 0)
			json_member_integer(writer, "shift", unit->shift);
		else
			json_member_null(writer, "shift");
		json_write_object_end(writer);
	}
	json_write_array_end(writer);
}

static void write_weights(struct json_writer *writer, const struct lab *lab, const struct period *period)
{
	static const char *const NAMES[] = {"nominal", "effective", "nominal_other", "effective_other"};
	struct weight_line *lines;
	size_t count = list_weights(lab, period, &lines);
	json_write_name(writer, "weights");
	json_write_array(writer);
	for (size_t i = 0; i < count; i++) {
		json_write_object(writer);
		json_member_string(writer, "indicator", lines[i].code);
		for (size_t k = 0; k < ARRAY_COUNT(NAMES); k++)
			ranking_write_number(writer, NAMES[k], lines[i].figures[k]);
		json_write_object_end(writer);
	}
	json_write_array_end(writer);
}

static void write_nodes(struct json_writer *writer, const struct lab *lab, const struct period *period)
{
	size_t count = lab->draft->node_count;
	json_write_name(writer, "node_correlations");
	json_write_array(writer);
	for (size_t a = 0; a < count; a++) {
		for (size_t b = a + 1; b < count; b++) {
			json_write_object(writer);
			json_member_string(writer, "a", lab->draft->nodes[a].code);
			json_member_string(writer, "b", lab->draft->nodes[b].code);
			ranking_write_number(writer, "r", period->lab.nodes[a * count + b]);
			json_write_object_end(writer);
		}
	}
	json_write_array_end(writer);
}

static void write_document(struct json_writer *writer, const void *context)
{
	const struct lab *lab = context;
	json_write_object(writer);
	ranking_write_methodology(writer, "draft", lab->draft);
	ranking_write_methodology(writer, "other", lab->other);
	json_write_name(writer, "periods");
	json_write_array(writer);
	for (size_t i = 0; i < lab->period_count; i++) {
		const struct period *period = &lab->periods[i];
		json_write_object(writer);
		json_member_string(writer, "values", period->path);
		json_member_integer(writer, "rated_by_both", (int64_t)period->lab.both);
		json_member_integer(writer, "moved", (int64_t)period->lab.moved);
		ranking_write_number(writer, "shift_mean", period->lab.shift_mean);
		json_member_integer(writer, "shift_most", period->lab.shift_most);
		ranking_write_number(writer, "spearman", period->lab.spearman);
		write_units(writer, period);
		write_weights(writer, lab, period);
		write_nodes(writer, lab, period);
		json_write_object_end(writer);
	}
	json_write_array_end(writer);
	json_write_object_end(writer);
}

static bool print_result(const struct lab *lab)
{
	if (lab->format == RANK_FORMAT_JSON)
		return rank_document_print(write_document, lab);
	if (lab->format == RANK_FORMAT_CSV)
		return print_units(lab, lab->periods, lab->period_count, SIZE_MAX);
	for (size_t i = 0; i < lab->period_count; i++) {
		if (i > 0)
			printf("\n");
		if (!print_period(lab, &lab->periods[i]))
			return false;
	}
	return true;
}

int cli_rank_lab(int argc, char **argv, enum cli_lang lang)
{
	struct lab lab = {.fault = {.offset = -1}};
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &lab.args, &exit_code))
		return exit_code;
	if (!read_arguments(&lab))
		return CLI_EXIT_USAGE;
	lab.arena = arena_new(ARENA_BYTES_MAX);
	if (compute(&lab) != STATUS_OK)
		exit_code = rank_fault_exit(&lab.args, &lab.fault);
	else
		exit_code = print_result(&lab) ? CLI_EXIT_OK : CLI_EXIT_USAGE;
	arena_destroy(&lab.arena);
	return exit_code;
}
