/* cli_rank_what_if: the smallest change of a unit's indicators that reaches a place, over files. */
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_rank_files.h"
#include "services/cli/cli_rank_output.h"
#include "services/ranking/ranking_explanation.h"
#include "services/ranking/ranking_what_if.h"

#include <math.h>
#include <stdio.h>

#define ARENA_BYTES_MAX ((size_t)16 * 1024 * 1024 * 1024)
#define PLACE_MAX       RANKING_UNITS_MAX
#define COLUMNS         8

static const struct cli_option OPTIONS[] = {
	RANK_METHODOLOGY_OPTION,
	RANK_VALUES_OPTION,
	{"unit", "CODE", NULL, NULL, "whose values change", "чьи значения меняются"},
	RANK_AT_OPTION,
	{"place", "K", NULL, NULL, "the place to reach", "какого места достичь"},
	{"steps", "FILE", NULL, NULL, "feasible steps: columns indicator, step, most and, if need be, cost (CSV)",
	 "посильные шаги: столбцы indicator, step, most и, если нужно, cost (CSV)"},
	RANK_DECIMALS_OPTION,
	RANK_FORMAT_OPTION,
};

static const struct cli_command COMMAND = {
	.name = "rank what-if",
	.example = "effreg rank what-if --methodology M.json --values V.csv --unit RU-VOR --place 3 --steps STEPS.csv",
	.en = "Finds the smallest change of one unit's indicators that reaches a place, all else staying as it is. A step moves an\n"
	      "indicator by `step` of its own unit towards the better end, at most `most` times, at a cost of 1 each or `cost`; the\n"
	      "sum of the costs is made smallest. Without --steps: twentieths of the distance between the worst and the best unit,\n"
	      "up to the best. The result is computed by the whole engine; it says whether a smaller change is ruled out (exact) or\n"
	      "not (greedy).",
	.ru = "Находит наименьшее изменение показателей одного объекта, которое выводит его на заданное место, при прочих равных.\n"
	      "Шаг сдвигает показатель на `step` его единиц в лучшую сторону, не более `most` раз, ценой 1 или `cost` за шаг;\n"
	      "сумма цен наименьшая. Без --steps шаг — двадцатая часть расстояния от худшего объекта до лучшего, не дальше\n"
	      "лучшего. Итог считает весь движок; сказано, доказано ли, что меньшего изменения нет (exact), или нет (greedy).",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 done, 1 the steps do not reach the place, or there is no such unit, 2 bad arguments, methodology or file",
	.exits_ru = "0 готово, 1 шагов не хватает до этого места или такого объекта нет, 2 неверные аргументы, методика или файл",
};

struct what_if {
	struct cli_args args;
	struct arena *arena;
	enum rank_format format;
	int64_t decimals, place;
	const char *unit;
	size_t row;
	const struct methodology *methodology;
	struct rank_values values;
	const struct ranking_step *steps;
	size_t step_count;
	struct ranking_what_if found;
	struct fault fault;
};

static bool read_arguments(struct what_if *what_if)
{
	const struct cli_args *args = &what_if->args;
	if (cli_args_required(args, "methodology") == NULL || cli_args_required(args, "values") == NULL ||
	    cli_args_required(args, "place") == NULL)
		return false;
	what_if->unit = cli_args_required(args, "unit");
	return what_if->unit != NULL && rank_format_read(args, &what_if->format) &&
	       cli_args_number(args, "place", 1, PLACE_MAX, &what_if->place) &&
	       cli_args_number(args, "decimals", 0, 15, &what_if->decimals);
}

/* ---- steps ---- */

/* The columns of the file. */
struct step_columns {
	size_t indicator, step, most;
	int cost;  /* -1 = none */
};

static enum status take_step(const struct what_if *what_if, const struct rank_csv *table, const char *const *fields,
                             const struct step_columns *columns, struct ranking_step *ret_step)
{
	double most;
	*ret_step = (struct ranking_step){.cost = 1};
	if (!methodology_find_indicator(what_if->methodology, fields[columns->indicator], &ret_step->indicator))
		return RANK_CSV_BAD(table, "", table->csv.line, "there is no indicator \"%.100s\"", fields[columns->indicator]);
	enum status status = rank_csv_number(table, fields, columns->step, &ret_step->size);
	if (status == STATUS_OK)
		status = rank_csv_number(table, fields, columns->most, &most);
	if (status == STATUS_OK && columns->cost >= 0)
		status = rank_csv_number(table, fields, (size_t)columns->cost, &ret_step->cost);
	if (status != STATUS_OK)
		return status;
	if (!(ret_step->size > 0))
		return RANK_CSV_BAD(table, "", table->csv.line, "%s", "a step above 0 is expected: it goes towards the better end by itself");
	if (!(most >= 1 && most <= RANKING_WHAT_IF_STEPS_MAX && most == floor(most)))
		return RANK_CSV_BAD(table, "", table->csv.line, "most: a whole number from 1 to %d is expected", RANKING_WHAT_IF_STEPS_MAX);
	if (!(ret_step->cost > 0))
		return RANK_CSV_BAD(table, "", table->csv.line, "%s", "a cost above 0 is expected");
	ret_step->most = (size_t)most;
	return STATUS_OK;
}

static enum status read_steps(struct what_if *what_if, const char *path)
{
	struct rank_csv table;
	struct step_columns columns;
	const char *const *fields;
	enum status status = rank_csv_open(&table, what_if->arena, path, &what_if->fault);
	if (status == STATUS_OK)
		status = rank_csv_find(&table, "indicator", "", &columns.indicator);
	if (status == STATUS_OK)
		status = rank_csv_find(&table, "step", "", &columns.step);
	if (status == STATUS_OK)
		status = rank_csv_find(&table, "most", "", &columns.most);
	if (status != STATUS_OK)
		return status;
	columns.cost = csv_find_column(table.header, table.columns, "cost");
	struct ranking_step *steps = arena_array(what_if->arena, struct ranking_step, table.rows_max);
	while (status == STATUS_OK && (status = rank_csv_row(&table, &fields)) == STATUS_OK)
		status = take_step(what_if, &table, fields, &columns, &steps[what_if->step_count++]);
	what_if->steps = steps;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* ---- computing ---- */

static enum status find_unit(struct what_if *what_if)
{
	for (; what_if->row < what_if->values.input.units; what_if->row++) {
		if (text_equal(what_if->values.input.codes[what_if->row], what_if->unit))
			return STATUS_OK;
	}
	return fault_set(&what_if->fault, STATUS_NOT_FOUND, "unit", "", -1, "there is no unit \"%.100s\"", what_if->unit);
}

static enum status compute(struct what_if *what_if)
{
	const char *steps = cli_args_value(&what_if->args, "steps");
	enum status status = rank_read_both(what_if->arena, cli_args_value(&what_if->args, "methodology"),
	                                    cli_args_value(&what_if->args, "values"), &what_if->methodology, &what_if->values,
	                                    &what_if->fault);
	if (status == STATUS_OK)
		status = rank_take_period(what_if->arena, cli_args_value(&what_if->args, "at"), what_if->methodology, &what_if->values,
		                          &what_if->methodology, &what_if->fault);
	if (status == STATUS_OK)
		status = find_unit(what_if);
	if (status == STATUS_OK && steps != NULL)
		status = read_steps(what_if, steps);
	else if (status == STATUS_OK)
		what_if->step_count = ranking_what_if_steps(what_if->arena, what_if->methodology, &what_if->values.input, what_if->row, &what_if->steps);
	if (status == STATUS_OK)
		status = ranking_what_if_reach(what_if->arena, what_if->methodology, &what_if->values.input, what_if->row,
		                               (uint32_t)what_if->place, what_if->steps, what_if->step_count, &what_if->found, &what_if->fault);
	return status;
}

/* ---- printing ---- */

static const char *const METHODS[] = {
	[RANKING_WHAT_IF_NOTHING] = "nothing",
	[RANKING_WHAT_IF_EXACT] = "exact",
	[RANKING_WHAT_IF_GREEDY] = "greedy",
	[RANKING_WHAT_IF_BEYOND] = "beyond",
};

static const char *code_of(const struct what_if *what_if, size_t step)
{
	return what_if->methodology->indicators[what_if->steps[step].indicator].code;
}

static double value_now(const struct what_if *what_if, size_t step)
{
	return what_if->values.input.values[what_if->steps[step].indicator * what_if->values.input.units + what_if->row];
}

static bool print_steps(const struct what_if *what_if)
{
	struct rank_table table;
	bool csv = what_if->format == RANK_FORMAT_CSV;
	enum cli_lang lang = what_if->args.lang;
	size_t count = 0;
	const char **names = arena_array(what_if->arena, const char *, what_if->step_count);
	const char **taken = arena_array(what_if->arena, const char *, what_if->step_count);
	double *numbers[3];
	for (size_t i = 0; i < ARRAY_COUNT(numbers); i++)
		numbers[i] = arena_array(what_if->arena, double, what_if->step_count);
	for (size_t i = 0; i < what_if->step_count; i++) {
		if (what_if->found.taken[i] == 0)
			continue;
		names[count] = code_of(what_if, i);
		taken[count] = arena_printf(what_if->arena, "%zu", what_if->found.taken[i]);
		numbers[0][count] = value_now(what_if, i);
		numbers[1][count] = what_if->found.values[i];
		numbers[2][count++] = what_if->steps[i].cost * (double)what_if->found.taken[i];
	}
	rank_table_init(&table, what_if->arena, COLUMNS, count, csv ? RANK_EXACT : (int)what_if->decimals);
	rank_table_add_texts(&table, csv ? "indicator" : cli_text(lang, "indicator", "показатель"), names);
	rank_table_add_scores(&table, csv ? "from" : cli_text(lang, "from", "было"), numbers[0]);
	rank_table_add_scores(&table, csv ? "to" : cli_text(lang, "to", "станет"), numbers[1]);
	rank_table_add_texts(&table, csv ? "steps" : cli_text(lang, "steps", "шагов"), taken);
	rank_table_add_scores(&table, csv ? "cost" : cli_text(lang, "cost", "цена"), numbers[2]);
	return rank_table_print(&table, what_if->format, NULL);
}

static void write_document(struct json_writer *writer, const void *context)
{
	const struct what_if *what_if = context;
	json_write_object(writer);
	json_member_string(writer, "unit", what_if->unit);
	ranking_write_methodology(writer, "methodology", what_if->methodology);
	json_member_integer(writer, "wanted", what_if->place);
	json_member_string(writer, "method", METHODS[what_if->found.method]);
	json_member_integer(writer, "place_from", what_if->found.places[0]);
	json_member_integer(writer, "place_to", what_if->found.places[1]);
	ranking_write_number(writer, "score_from", what_if->found.scores[0]);
	ranking_write_number(writer, "score_to", what_if->found.scores[1]);
	ranking_write_number(writer, "cost", what_if->found.cost);
	json_write_name(writer, "changes");
	json_write_array(writer);
	for (size_t i = 0; i < what_if->step_count; i++) {
		if (what_if->found.taken[i] == 0)
			continue;
		json_write_object(writer);
		json_member_string(writer, "indicator", code_of(what_if, i));
		ranking_write_number(writer, "from", value_now(what_if, i));
		ranking_write_number(writer, "to", what_if->found.values[i]);
		json_member_integer(writer, "steps", (int64_t)what_if->found.taken[i]);
		ranking_write_number(writer, "cost", what_if->steps[i].cost * (double)what_if->found.taken[i]);
		json_write_object_end(writer);
	}
	json_write_array_end(writer);
	json_write_object_end(writer);
}

static const char *verdict(const struct what_if *what_if)
{
	static const struct {
		const char *en, *ru;
	} TEXTS[] = {
		[RANKING_WHAT_IF_NOTHING] = {"the place is held already", "это место уже занято"},
		[RANKING_WHAT_IF_EXACT] = {"the smallest change: proven", "наименьшее изменение: доказано"},
		[RANKING_WHAT_IF_GREEDY] = {"reached step by step; a smaller change is not ruled out", "достигнуто шаг за шагом; меньшее изменение не исключено"},
		[RANKING_WHAT_IF_BEYOND] = {"all steps together do not reach it", "всех шагов вместе не хватает"},
	};
	return cli_text(what_if->args.lang, TEXTS[what_if->found.method].en, TEXTS[what_if->found.method].ru);
}

static bool print_result(const struct what_if *what_if)
{
	if (what_if->format == RANK_FORMAT_JSON)
		return rank_document_print(write_document, what_if);
	if (what_if->format == RANK_FORMAT_CSV)
		return print_steps(what_if);
	printf(cli_text(what_if->args.lang, "%s: place %u → %u (wanted %lld), score %.*f → %.*f, cost %g: %s\n",
	                "%s: место %u → %u (нужно %lld), оценка %.*f → %.*f, цена %g: %s\n"), what_if->unit, what_if->found.places[0],
	       what_if->found.places[1], (long long)what_if->place, (int)what_if->decimals, what_if->found.scores[0],
	       (int)what_if->decimals, what_if->found.scores[1], what_if->found.cost, verdict(what_if));
	if (what_if->found.cost == 0)
		return fflush(stdout) == 0;
	printf("\n");
	return print_steps(what_if);
}

int cli_rank_what_if(int argc, char **argv, enum cli_lang lang)
{
	struct what_if what_if = {.fault = {.offset = -1}};
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &what_if.args, &exit_code))
		return exit_code;
	if (!read_arguments(&what_if))
		return CLI_EXIT_USAGE;
	what_if.arena = arena_new(ARENA_BYTES_MAX);
	if (compute(&what_if) != STATUS_OK)
		exit_code = rank_fault_exit(&what_if.args, &what_if.fault);
	else if (!print_result(&what_if))
		exit_code = CLI_EXIT_USAGE;
	else
		exit_code = what_if.found.method == RANKING_WHAT_IF_BEYOND ? CLI_EXIT_NEGATIVE : CLI_EXIT_OK;
	arena_destroy(&what_if.arena);
	return exit_code;
}
