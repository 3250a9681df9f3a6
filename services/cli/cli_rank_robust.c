/* cli_rank_robust: which places and orders hold under all admissible weights, over files. */
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_rank_files.h"
#include "services/cli/cli_rank_output.h"
#include "services/ranking/ranking_explanation.h"
#include "services/ranking/ranking_robust.h"

#include <math.h>
#include <stdio.h>

#define ARENA_BYTES_MAX ((size_t)16 * 1024 * 1024 * 1024)
#define DRAWS_MAX       10000000
#define COLUMNS         8

static const struct cli_option OPTIONS[] = {
	RANK_METHODOLOGY_OPTION,
	RANK_VALUES_OPTION,
	{"perturb", "SHARE", NULL, "0.25", "weights may be within ±SHARE of the methodology's", "веса могут отличаться от методики в пределах ±SHARE"},
	{"unit", "CODE", NULL, NULL, "one unit, and its order with every other", "один объект и его порядок с каждым другим"},
	RANK_AT_OPTION,
	{"draws", "N", NULL, "2000", "sets of weights drawn where nothing can be proven", "случайных наборов весов там, где доказать нельзя"},
	RANK_SEED_OPTION,
	RANK_DECIMALS_OPTION,
	RANK_FORMAT_OPTION,
};

static const struct cli_command COMMAND = {
	.name = "rank robust",
	.example = "effreg rank robust --methodology M.json --values V.csv --perturb 0.25 --unit RU-VOR",
	.en = "Tells, under all weights within ±SHARE of the methodology's, the best and worst place of each unit, which pairs no\n"
	      "such weights reverse (robust), and for a pair the smallest change of all weights that does (reversal, a share). Where\n"
	      "all nodes take the same kind of mean and the units have the same values, this is exact (linear programming); with\n"
	      "gaps, what bounds and drawn weights prove together; elsewhere it is what drawn weights met (drawn). Without --unit,\n"
	      "pairs are those of neighbouring places.",
	.ru = "Для всех весов в пределах ±SHARE от методики: лучшее и худшее место каждого объекта; пары, которых такие веса не\n"
	      "переставят (устойчивые); наименьшее изменение всех весов, которое пару переставит (доля). Где у всех узлов одно и\n"
	      "то же среднее, а значения есть у всех одни и те же, ответ точный (линейное программирование); с пропусками — то, что\n"
	      "доказывают границы и случайные веса вместе; иначе — то, что встретилось при случайных весах. Без --unit пары —\n"
	      "соседи по месту.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 done, 1 there is no such unit or it is not rated, 2 bad arguments, methodology or file",
	.exits_ru = "0 готово, 1 такого объекта нет или он не оценён, 2 неверные аргументы, методика или файл",
};

struct robust {
	struct cli_args args;
	struct arena *arena;
	enum rank_format format;
	int64_t decimals, draws;
	struct ranking_robust_plan plan;
	const char *unit;                      /* or NULL */
	const struct methodology *methodology;
	struct rank_values values;
	struct ranking_robust *found;
	size_t *rows;                          /* those told, by place */
	struct ranking_place_range *ranges;    /* by number in rows */
	size_t count;
	struct ranking_pair *pairs;
	size_t pair_count;
	struct fault fault;
};

static bool read_arguments(struct robust *robust)
{
	const struct cli_args *args = &robust->args;
	robust->unit = cli_args_value(args, "unit");
	if (cli_args_required(args, "methodology") == NULL || cli_args_required(args, "values") == NULL)
		return false;
	if (!rank_format_read(args, &robust->format) || !rank_share_read(args, "perturb", 0, 1, &robust->plan.share) ||
	    !cli_args_number(args, "draws", 1, DRAWS_MAX, &robust->draws) || !rank_seed_read(args, &robust->plan.seed))
		return false;
	robust->plan.draws = (size_t)robust->draws;
	return cli_args_number(args, "decimals", 0, 15, &robust->decimals);
}

/* ---- computing ---- */

static const char *code_of(const struct robust *robust, size_t row)
{
	return robust->values.input.codes[row];
}

/* With a unit, its pairs; else those of neighbours. */
static void find_pairs(struct robust *robust, const size_t *rated, size_t rated_count)
{
	robust->pairs = arena_array(robust->arena, struct ranking_pair, rated_count);
	for (size_t i = 0; i < rated_count; i++) {
		size_t a = robust->unit != NULL ? robust->rows[0] : rated[i];
		size_t b = robust->unit != NULL ? rated[i] : i + 1 < rated_count ? rated[i + 1] : a;
		if (a != b && ranking_robust_pair(robust->found, a, b, &robust->pairs[robust->pair_count]))
			robust->pair_count++;
	}
}

static enum status find_all(struct robust *robust)
{
	const size_t *rated;
	size_t rated_count = ranking_robust_rated(robust->found, &rated);
	robust->rows = arena_array(robust->arena, size_t, rated_count);
	robust->ranges = arena_array(robust->arena, struct ranking_place_range, rated_count);
	for (size_t i = 0; i < rated_count; i++) {
		if (robust->unit != NULL && !text_equal(code_of(robust, rated[i]), robust->unit))
			continue;
		robust->rows[robust->count] = rated[i];
		ranking_robust_range(robust->found, rated[i], &robust->ranges[robust->count++]);
	}
	if (robust->unit != NULL && robust->count == 0)
		return fault_set(&robust->fault, STATUS_NOT_FOUND, "unit", "", -1, "no unit \"%.100s\" is rated", robust->unit);
	find_pairs(robust, rated, rated_count);
	return STATUS_OK;
}

static enum status compute(struct robust *robust)
{
	struct ranking_table *table;
	enum status status = rank_read_both(robust->arena, cli_args_value(&robust->args, "methodology"),
	                                    cli_args_value(&robust->args, "values"), &robust->methodology, &robust->values,
	                                    &robust->fault);
	if (status == STATUS_OK)
		status = rank_take_period(robust->arena, cli_args_value(&robust->args, "at"), robust->methodology, &robust->values,
		                          &robust->methodology, &robust->fault);
	if (status == STATUS_OK)
		status = ranking_engine_prepare(robust->arena, robust->methodology, &robust->values.input, &table, &robust->fault);
	if (status == STATUS_OK)
		status = ranking_robust_new(robust->arena, table, &robust->plan, &robust->found, &robust->fault);
	return status == STATUS_OK ? find_all(robust) : status;
}

/* ---- printing ---- */

static void table_init(const struct robust *robust, struct rank_table *table, size_t rows)
{
	rank_table_init(table, robust->arena, COLUMNS, rows, robust->format == RANK_FORMAT_CSV ? RANK_EXACT : (int)robust->decimals);
}

static const char *head(const struct robust *robust, const char *name, const char *en, const char *ru)
{
	return robust->format == RANK_FORMAT_CSV ? name : cli_text(robust->args.lang, en, ru);
}

static const char *how(const struct robust *robust, bool exact)
{
	return head(robust, exact ? "exact" : "drawn", exact ? "exact" : "drawn", exact ? "точно" : "встретилось");
}

static bool print_ranges(const struct robust *robust)
{
	struct rank_table table;
	const char **texts[5];
	uint32_t *numbers[3];
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
		texts[i] = arena_array(robust->arena, const char *, robust->count);
	for (size_t i = 0; i < ARRAY_COUNT(numbers); i++)
		numbers[i] = arena_array(robust->arena, uint32_t, robust->count);
	for (size_t i = 0; i < robust->count; i++) {
		const struct ranking_place_range *range = &robust->ranges[i];
		texts[0][i] = code_of(robust, robust->rows[i]);
		texts[1][i] = how(robust, range->best_exact);
		texts[2][i] = how(robust, range->worst_exact);
		numbers[0][i] = range->place;
		numbers[1][i] = range->best;
		numbers[2][i] = range->worst;
		texts[3][i] = arena_printf(robust->arena, "%u", range->always_before);
		texts[4][i] = arena_printf(robust->arena, "%u", range->always_behind);
	}
	table_init(robust, &table, robust->count);
	rank_table_add_texts(&table, head(robust, "unit", "unit", "объект"), texts[0]);
	rank_table_add_places(&table, head(robust, "rank", "place", "место"), numbers[0]);
	rank_table_add_places(&table, head(robust, "best", "best", "лучшее"), numbers[1]);
	rank_table_add_texts(&table, head(robust, "best_how", "how", "как"), texts[1]);
	rank_table_add_places(&table, head(robust, "worst", "worst", "худшее"), numbers[2]);
	rank_table_add_texts(&table, head(robust, "worst_how", "how", "как"), texts[2]);
	rank_table_add_texts(&table, head(robust, "always_before", "always before", "всегда впереди"), texts[3]);
	rank_table_add_texts(&table, head(robust, "always_behind", "always behind", "всегда позади"), texts[4]);
	return rank_table_print(&table, robust->format, NULL);
}

static bool print_pairs(const struct robust *robust)
{
	struct rank_table table;
	const char **texts[4];
	double *reversals = arena_array(robust->arena, double, robust->pair_count);
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
		texts[i] = arena_array(robust->arena, const char *, robust->pair_count);
	for (size_t i = 0; i < robust->pair_count; i++) {
		const struct ranking_pair *pair = &robust->pairs[i];
		texts[0][i] = code_of(robust, pair->ahead);
		texts[1][i] = code_of(robust, pair->behind);
		texts[2][i] = pair->robust ? head(robust, "true", "robust", "устойчиво") : head(robust, "false", "can turn", "может смениться");
		texts[3][i] = how(robust, pair->exact);
		reversals[i] = pair->reversal;
	}
	table_init(robust, &table, robust->pair_count);
	rank_table_add_texts(&table, head(robust, "ahead", "ahead", "впереди"), texts[0]);
	rank_table_add_texts(&table, head(robust, "behind", "behind", "позади"), texts[1]);
	rank_table_add_texts(&table, head(robust, "robust", "order", "порядок"), texts[2]);
	rank_table_add_texts(&table, head(robust, "how", "how", "как"), texts[3]);
	rank_table_add_scores(&table, head(robust, "reversal", "reversed by ±", "сменится при ±"), reversals);
	return rank_table_print(&table, robust->format, NULL);
}

static void write_range(struct json_writer *writer, const struct robust *robust, size_t number)
{
	const struct ranking_place_range *range = &robust->ranges[number];
	json_write_object(writer);
	json_member_string(writer, "unit", code_of(robust, robust->rows[number]));
	json_member_integer(writer, "place", range->place);
	json_member_integer(writer, "best", range->best);
	json_member_bool(writer, "best_exact", range->best_exact);
	json_member_integer(writer, "worst", range->worst);
	json_member_bool(writer, "worst_exact", range->worst_exact);
	json_member_integer(writer, "always_before", range->always_before);
	json_member_integer(writer, "always_behind", range->always_behind);
	json_write_object_end(writer);
}

static void write_pair(struct json_writer *writer, const struct robust *robust, const struct ranking_pair *pair)
{
	json_write_object(writer);
	json_member_string(writer, "ahead", code_of(robust, pair->ahead));
	json_member_string(writer, "behind", code_of(robust, pair->behind));
	json_member_bool(writer, "robust", pair->robust);
	json_member_bool(writer, "exact", pair->exact);
	ranking_write_number(writer, "reversal", pair->reversal);
	json_write_object_end(writer);
}

static void write_document(struct json_writer *writer, const void *context)
{
	const struct robust *robust = context;
	json_write_object(writer);
	ranking_write_methodology(writer, "methodology", robust->methodology);
	ranking_write_number(writer, "perturb", robust->plan.share);
	json_write_name(writer, "units");
	json_write_array(writer);
	for (size_t i = 0; i < robust->count; i++)
		write_range(writer, robust, i);
	json_write_array_end(writer);
	json_write_name(writer, "pairs");
	json_write_array(writer);
	for (size_t i = 0; i < robust->pair_count; i++)
		write_pair(writer, robust, &robust->pairs[i]);
	json_write_array_end(writer);
	json_write_object_end(writer);
}

/* CSV is one table: the unit's pairs, or all ranges. */
static bool print_result(const struct robust *robust)
{
	if (robust->format == RANK_FORMAT_JSON)
		return rank_document_print(write_document, robust);
	if (robust->format == RANK_FORMAT_CSV)
		return robust->unit != NULL ? print_pairs(robust) : print_ranges(robust);
	printf(cli_text(robust->args.lang, "%s, version %lld: weights within ±%g of its own\n\n",
	                "%s, версия %lld: веса в пределах ±%g от своих\n\n"), robust->methodology->code,
	       (long long)robust->methodology->version, robust->plan.share);
	if (!print_ranges(robust))
		return false;
	printf("\n");
	return print_pairs(robust);
}

int cli_rank_robust(int argc, char **argv, enum cli_lang lang)
{
	struct robust robust = {.fault = {.offset = -1}};
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &robust.args, &exit_code))
		return exit_code;
	if (!read_arguments(&robust))
		return CLI_EXIT_USAGE;
	robust.arena = arena_new(ARENA_BYTES_MAX);
	if (compute(&robust) != STATUS_OK)
		exit_code = rank_fault_exit(&robust.args, &robust.fault);
	else
		exit_code = print_result(&robust) ? CLI_EXIT_OK : CLI_EXIT_USAGE;
	arena_destroy(&robust.arena);
	return exit_code;
}
