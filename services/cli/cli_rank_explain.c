/* cli_rank_explain: one unit's score by indicators, and its change of place by causes, over files. */
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_rank_files.h"
#include "services/cli/cli_rank_output.h"
#include "services/ranking/ranking_explanation.h"

#include <math.h>
#include <stdio.h>

#define ARENA_BYTES_MAX ((size_t)16 * 1024 * 1024 * 1024)
#define DRAWS_MAX       1000000
#define COLUMNS         8
#define ABSENT          "–"

static const struct cli_option OPTIONS[] = {
	RANK_METHODOLOGY_OPTION,
	RANK_VALUES_OPTION,
	{"unit", "CODE", NULL, NULL, "the unit to explain", "какой объект объяснить"},
	RANK_AT_OPTION,
	{"since", "PERIOD", NULL, NULL, "in a panel: the older period, of the file of --against or else the same",
	 "для панели: прежний период, из файла --against или того же"},
	{"against", "FILE", NULL, NULL, "the values of an older run: why did the place change", "значения прежнего рейтинга: почему сменилось место"},
	{"against-methodology", "FILE", NULL, NULL, "the rules of the older run; else the same", "методика прежнего рейтинга; иначе та же"},
	{"against-published", "FILE", NULL, NULL, "the older values as they were published; --against: as known now",
	 "прежние значения, какими они были опубликованы; --against — какими известны теперь"},
	{"baseline", "zero|mean", NULL, "zero", "what contributions are counted from", "от чего считать вклады: от нуля или от среднего"},
	{"draws", "N", NULL, "500", "pairs of orders where not all can be computed", "пар порядков там, где все перебрать нельзя"},
	RANK_SEED_OPTION,
	RANK_DECIMALS_OPTION,
	RANK_FORMAT_OPTION,
};

static const struct cli_command COMMAND = {
	.name = "rank explain",
	.example = "effreg rank explain --methodology M.json --values V2023.csv --unit RU-VOR --against V2022.csv",
	.en = "Splits a unit's score among its indicators: exactly where means are arithmetic, by Shapley values elsewhere. With\n"
	      "--against, also the change of score and place among its causes: each own indicator, the others' values, the moved\n"
	      "frame of normalising, methodology, missing and imputed data, entrants and leavers, corrections. The parts add up to\n"
	      "the change, in places too; and it is told who overtook whom through what. Up to 12 causes are computed in every\n"
	      "combination, more by drawn orders, with the half width of a 95 % interval. CSV has the contributions or, with\n"
	      "--against, the causes.",
	.ru = "Раскладывает оценку объекта по показателям: точно, если средние арифметические, иначе по Шепли. С --against —\n"
	      "также изменение оценки и места по причинам: каждый свой показатель, значения других, сдвиг шкалы нормирования,\n"
	      "методика, пропуски и восполненные данные, пришедшие и выбывшие, исправления. Части в сумме дают всё изменение,\n"
	      "в том числе в местах; сказано и кто кого обошёл и за счёт чего. До 12 причин перебираются все сочетания, больше —\n"
	      "случайные порядки, с полушириной 95-процентного интервала. В CSV — вклады, а с --against — причины.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 done, 1 there is no such unit, 2 bad arguments, methodology or file",
	.exits_ru = "0 готово, 1 такого объекта нет, 2 неверные аргументы, методика или файл",
};

struct explain {
	struct cli_args args;
	struct arena *arena;
	enum rank_format format;
	int64_t decimals, draws;
	uint64_t seed;
	const char *unit;
	enum ranking_baseline baseline;
	struct ranking_explanation explanation;
	struct rank_values values[2][2];
	struct fault fault;
};

/* ---- arguments ---- */

static bool read_baseline(struct explain *explain)
{
	const char *value = cli_args_value(&explain->args, "baseline");
	explain->baseline = text_equal(value, "mean") ? RANKING_BASELINE_MEAN : RANKING_BASELINE_ZERO;
	if (text_equal(value, "mean") || text_equal(value, "zero"))
		return true;
	cli_output_error(&explain->args, cli_text(explain->args.lang, "--baseline is zero or mean, not %s",
	                                          "--baseline — это zero или mean, а не %s"), value);
	return false;
}

/* The file of the older run; NULL: none is asked for. */
static const char *older_path(const struct explain *explain)
{
	const char *against = cli_args_value(&explain->args, "against");
	return against != NULL || cli_args_value(&explain->args, "since") == NULL ? against : cli_args_value(&explain->args, "values");
}

static bool check_against(const struct explain *explain)
{
	const struct cli_args *args = &explain->args;
	bool alone = older_path(explain) == NULL &&
	             (cli_args_value(args, "against-methodology") != NULL || cli_args_value(args, "against-published") != NULL);
	if (alone)
		cli_output_error(args, "%s", cli_text(args->lang, "--against-methodology and --against-published go with --against or --since",
		                                      "--against-methodology и --against-published указываются вместе с --against или --since"));
	return !alone;
}

static bool read_arguments(struct explain *explain)
{
	const struct cli_args *args = &explain->args;
	if (cli_args_required(args, "methodology") == NULL || cli_args_required(args, "values") == NULL)
		return false;
	explain->unit = cli_args_required(args, "unit");
	return explain->unit != NULL && rank_format_read(args, &explain->format) &&
	       cli_args_number(args, "decimals", 0, 15, &explain->decimals) &&
	       cli_args_number(args, "draws", 1, DRAWS_MAX, &explain->draws) && rank_seed_read(args, &explain->seed) &&
	       read_baseline(explain) && check_against(explain);
}

/* ---- computing ---- */

/* The period meant in the older run, or the newer. */
static const char *period_of(const struct explain *explain, size_t run)
{
	const char *since = run == RANKING_OLDER ? cli_args_value(&explain->args, "since") : NULL;
	return since != NULL ? since : cli_args_value(&explain->args, "at");
}

/* The table of a run, read with the columns of a methodology, which may be that of the other run. */
static enum status read_run(struct explain *explain, const struct methodology *methodology, size_t run, bool own,
                            struct rank_values *ret_values)
{
	const struct methodology *alone;
	const char *path = run == RANKING_OLDER ? older_path(explain) : cli_args_value(&explain->args, "values");
	enum status status = own ? rank_read_values(explain->arena, path, methodology, ret_values, &explain->fault)
	                         : rank_read_values_as_far(explain->arena, path, methodology, ret_values, &explain->fault);
	return status == STATUS_OK ? rank_take_period(explain->arena, period_of(explain, run), methodology, ret_values, &alone, &explain->fault)
	                           : status;
}

/* methodologies: as they are in the file; the runs have them without their panel. */
static enum status read_runs(struct explain *explain, const struct methodology *methodologies[2], struct ranking_runs *runs)
{
	const char *older = cli_args_value(&explain->args, "against-methodology");
	enum status status = STATUS_OK;
	methodologies[RANKING_OLDER] = methodologies[RANKING_NEWER];
	if (older != NULL)
		status = rank_read_methodology(explain->arena, older, &methodologies[RANKING_OLDER], &explain->fault);
	for (size_t m = 0; m < 2 && status == STATUS_OK; m++) {
		for (size_t s = 0; s < 2 && status == STATUS_OK; s++) {
			status = read_run(explain, methodologies[m], s, m == s, &explain->values[m][s]);
			runs->values[m][s] = &explain->values[m][s].input;
		}
	}
	for (size_t m = 0; m < 2 && status == STATUS_OK; m++)
		status = ranking_panel_alone(explain->arena, methodologies[m], &runs->methodologies[m], &explain->fault);
	if (methodologies[RANKING_OLDER] == methodologies[RANKING_NEWER])
		runs->methodologies[RANKING_OLDER] = runs->methodologies[RANKING_NEWER];
	return status;
}

static enum status compare(struct explain *explain, const struct methodology *methodology,
                           const struct ranking_shapley_plan *plan)
{
	const struct methodology *methodologies[2] = {NULL, methodology};
	const char *published = cli_args_value(&explain->args, "against-published");
	struct ranking_runs runs;
	struct rank_values published_values;
	const struct methodology *alone;
	enum status status = read_runs(explain, methodologies, &runs);
	if (status == STATUS_OK && published != NULL)
		status = rank_read_values(explain->arena, published, methodologies[RANKING_OLDER], &published_values, &explain->fault);
	if (status == STATUS_OK && published != NULL)
		status = rank_take_period(explain->arena, period_of(explain, RANKING_OLDER), methodologies[RANKING_OLDER], &published_values,
		                          &alone, &explain->fault);
	if (status == STATUS_OK)
		status = ranking_change_explain(explain->arena, &runs, published == NULL ? NULL : &published_values.input,
		                                explain->unit, plan, &explain->explanation.change, &explain->fault);
	explain->explanation.older = methodologies[RANKING_OLDER];
	return status;
}

static enum status compute(struct explain *explain)
{
	const struct methodology *methodology, *alone = NULL;
	struct rank_values values;
	const struct ranking_shapley_plan plan = {.draws = (size_t)explain->draws, .seed = explain->seed};
	enum status status = rank_read_both(explain->arena, cli_args_value(&explain->args, "methodology"),
	                                    cli_args_value(&explain->args, "values"), &methodology, &values, &explain->fault);
	if (status == STATUS_OK)
		status = rank_take_period(explain->arena, period_of(explain, RANKING_NEWER), methodology, &values, &alone, &explain->fault);
	if (status == STATUS_OK)
		status = ranking_explain(explain->arena, alone, &values.input, explain->unit, explain->baseline, &plan,
		                         &explain->explanation, &explain->fault);
	if (status != STATUS_OK || older_path(explain) == NULL)
		return status;
	return compare(explain, methodology, &plan);
}

/* ---- printing ---- */

/* csv keeps the names and all digits. */
static void table_init(const struct explain *explain, struct rank_table *table, size_t rows)
{
	rank_table_init(table, explain->arena, COLUMNS, rows, explain->format == RANK_FORMAT_CSV ? RANK_EXACT : (int)explain->decimals);
}

static const char *head(const struct explain *explain, const char *name, const char *en, const char *ru)
{
	return explain->format == RANK_FORMAT_CSV ? name : cli_text(explain->args.lang, en, ru);
}

static bool print_contributions(const struct explain *explain)
{
	const struct ranking_explanation *explanation = &explain->explanation;
	const struct methodology *methodology = explanation->methodology;
	const struct ranking_explanation_line *lines;
	struct rank_table table;
	size_t count = ranking_explanation_lines(explain->arena, explanation, &lines);
	const char **names = arena_array(explain->arena, const char *, count);
	const char **parents = arena_array(explain->arena, const char *, count);
	double *numbers[5];
	for (size_t i = 0; i < ARRAY_COUNT(numbers); i++)
		numbers[i] = arena_array(explain->arena, double, count);
	bool drawn = false;
	for (size_t i = 0; i < count; i++) {
		size_t index = lines[i].index;
		bool node = lines[i].is_node;
		names[i] = node ? methodology->nodes[index].code : methodology->indicators[index].code;
		parents[i] = methodology->nodes[node ? methodology->nodes[index].parent : methodology->indicators[index].parent].code;
		numbers[0][i] = node ? NAN : explanation->raw[index];
		numbers[1][i] = node ? NAN : explanation->normalised[index];
		numbers[2][i] = node ? NAN : explanation->weights[index];
		numbers[3][i] = lines[i].part;
		numbers[4][i] = lines[i].error;
		drawn |= lines[i].error > 0;
	}
	table_init(explain, &table, count);
	rank_table_add_texts(&table, head(explain, "indicator", "indicator", "показатель"), names);
	rank_table_add_texts(&table, head(explain, "parent", "of", "в группе"), parents);
	rank_table_add_scores(&table, head(explain, "value", "value", "значение"), numbers[0]);
	rank_table_add_scores(&table, head(explain, "normalised", "normalised", "нормировано"), numbers[1]);
	rank_table_add_scores(&table, head(explain, "weight", "weight", "вес"), numbers[2]);
	rank_table_add_scores(&table, head(explain, "contribution", "contribution", "вклад"), numbers[3]);
	if (drawn)
		rank_table_add_scores(&table, head(explain, "error", "±", "±"), numbers[4]);
	return rank_table_print(&table, explain->format, NULL);
}

static const char *cause_text(const struct explain *explain, const struct ranking_cause *cause)
{
	static const struct {
		const char *en, *ru;
	} TEXTS[] = {
		[RANKING_CAUSE_OWN] = {"own", "свой"},
		[RANKING_CAUSE_OTHERS] = {"the others' values", "значения других"},
		[RANKING_CAUSE_FRAME] = {"moved frame of normalising", "сдвиг шкалы нормирования"},
		[RANKING_CAUSE_METHODOLOGY] = {"methodology", "методика"},
		[RANKING_CAUSE_MISSING] = {"missing and imputed data", "пропуски и восполненные данные"},
		[RANKING_CAUSE_ENTRANTS] = {"entrants and leavers", "пришедшие и выбывшие"},
		[RANKING_CAUSE_CORRECTED] = {"late and corrected data", "поздние и исправленные данные"},
	};
	if (cause->indicator == NULL)
		return cli_text(explain->args.lang, TEXTS[cause->kind].en, TEXTS[cause->kind].ru);
	return arena_printf(explain->arena, "%s %s", cli_text(explain->args.lang, "own", "свой"), cause->indicator);
}

/* The whole stands last. */
static bool print_causes(const struct explain *explain)
{
	const struct ranking_change *change = &explain->explanation.change;
	bool csv = explain->format == RANK_FORMAT_CSV;
	size_t count = change->part_count + (csv ? 0 : 1);
	struct rank_table table;
	const char **names = arena_array(explain->arena, const char *, count);
	const char **indicators = arena_array(explain->arena, const char *, count);
	double *numbers[4];
	for (size_t i = 0; i < ARRAY_COUNT(numbers); i++)
		numbers[i] = arena_array(explain->arena, double, count);
	for (size_t i = 0; i < change->part_count; i++) {
		const struct ranking_change_part *part = &change->parts[i];
		names[i] = csv ? ranking_cause_name(part->cause.kind) : cause_text(explain, &part->cause);
		indicators[i] = part->cause.indicator;
		numbers[0][i] = part->score;
		numbers[1][i] = part->score_error;
		numbers[2][i] = part->places;
		numbers[3][i] = part->places_error;
	}
	if (!csv) {
		names[count - 1] = cli_text(explain->args.lang, "the change", "всё изменение");
		numbers[0][count - 1] = change->scores[RANKING_NEWER] - change->scores[RANKING_OLDER];
		numbers[2][count - 1] = (double)change->places[RANKING_OLDER] - (double)change->places[RANKING_NEWER];
		numbers[1][count - 1] = numbers[3][count - 1] = NAN;
	}
	table_init(explain, &table, count);
	rank_table_add_texts(&table, head(explain, "cause", "cause", "причина"), names);
	if (csv)
		rank_table_add_texts(&table, "indicator", indicators);
	rank_table_add_scores(&table, head(explain, "score", "score", "оценка"), numbers[0]);
	if (csv || (!change->exact && !change->score_is_closed))
		rank_table_add_scores(&table, head(explain, "score_error", "±", "±"), numbers[1]);
	rank_table_add_scores(&table, head(explain, "places", "places", "места"), numbers[2]);
	if (csv || !change->exact)
		rank_table_add_scores(&table, head(explain, "places_error", "±", "±"), numbers[3]);
	return rank_table_print(&table, explain->format, NULL);
}

static const char *place_text(const struct explain *explain, uint32_t place)
{
	return place == 0 ? ABSENT : arena_printf(explain->arena, "%u", place);
}

static bool print_rivals(const struct explain *explain)
{
	static const struct {
		const char *en, *ru;
	} MOVES[] = {
		[RANKING_RIVAL_OVERTAKEN] = {"fell behind", "остался позади"},
		[RANKING_RIVAL_LEFT] = {"left from before it", "выбыл, стоял впереди"},
		[RANKING_RIVAL_OVERTOOK] = {"overtook it", "обошёл"},
		[RANKING_RIVAL_ENTERED] = {"entered before it", "пришёл и встал впереди"},
	};
	const struct ranking_change *change = &explain->explanation.change;
	size_t count = change->rival_count;
	const char **columns[5];
	struct rank_table table;
	for (size_t i = 0; i < ARRAY_COUNT(columns); i++)
		columns[i] = arena_array(explain->arena, const char *, count);
	for (size_t i = 0; i < count; i++) {
		const struct ranking_rival *rival = &change->rivals[i];
		columns[0][i] = rival->code;
		columns[1][i] = cli_text(explain->args.lang, MOVES[rival->move].en, MOVES[rival->move].ru);
		columns[2][i] = arena_printf(explain->arena, "%s → %s", place_text(explain, rival->places[RANKING_OLDER]),
		                             place_text(explain, rival->places[RANKING_NEWER]));
		columns[3][i] = cause_text(explain, &rival->cause);
		columns[4][i] = ABSENT;
		if (rival->indicator != NULL)
			columns[4][i] = arena_printf(explain->arena, cli_text(explain->args.lang, "%s of %s", "%s у %s"), rival->indicator,
			                             rival->indicator_is_own ? explain->unit : rival->code);
	}
	table_init(explain, &table, count);
	rank_table_add_texts(&table, cli_text(explain->args.lang, "unit", "объект"), columns[0]);
	rank_table_add_texts(&table, cli_text(explain->args.lang, "move", "что произошло"), columns[1]);
	rank_table_add_texts(&table, cli_text(explain->args.lang, "place", "место"), columns[2]);
	rank_table_add_texts(&table, cli_text(explain->args.lang, "mostly because of", "главная причина"), columns[3]);
	rank_table_add_texts(&table, cli_text(explain->args.lang, "through", "за счёт"), columns[4]);
	if (change->rivals_left_out > 0)
		printf(cli_text(explain->args.lang, "and %zu more\n", "и ещё %zu\n"), change->rivals_left_out);
	return rank_table_print(&table, RANK_FORMAT_TABLE, NULL);
}

static const char *method_text(const struct explain *explain)
{
	static const struct {
		const char *en, *ru;
	} TEXTS[] = {
		[RANKING_CONTRIBUTION_CLOSED] = {"exact: a sum", "точно: сумма"},
		[RANKING_CONTRIBUTION_EXACT] = {"exact: Shapley values", "точно: по Шепли"},
		[RANKING_CONTRIBUTION_LEVELS] = {"exact: Shapley values level by level (Owen, Winter)", "точно: по Шепли, уровень за уровнем (Оуэн, Винтер)"},
		[RANKING_CONTRIBUTION_SAMPLED] = {"drawn: Shapley values, ± is the half width of 95 %", "оценка: по Шепли на случайных порядках, ± — полуширина 95 %"},
	};
	enum ranking_contribution_method method = explain->explanation.contributions.method;
	return cli_text(explain->args.lang, TEXTS[method].en, TEXTS[method].ru);
}

static void print_title(const struct explain *explain)
{
	const struct ranking_explanation *explanation = &explain->explanation;
	if (explanation->place == 0) {
		printf(cli_text(explain->args.lang, "%s is not rated: it has no score (%s, version %lld)\n\n",
		           "%s не оценён: оценки нет (%s, версия %lld)\n\n"), explain->unit, explanation->methodology->code,
		       (long long)explanation->methodology->version);
		return;
	}
	printf(cli_text(explain->args.lang, "%s: place %u of %zu, score %.*f (%s, version %lld)\n", "%s: место %u из %zu, оценка %.*f (%s, версия %lld)\n"),
	       explain->unit, explanation->place, explanation->rated, (int)explain->decimals, explanation->contributions.score,
	       explanation->methodology->code, (long long)explanation->methodology->version);
	printf(cli_text(explain->args.lang, "Contributions from %s (base %.*f); %s\n\n", "Вклады, отсчёт от %s (основа %.*f); %s\n\n"),
	       explain->baseline == RANKING_BASELINE_ZERO ? cli_text(explain->args.lang, "zero", "нуля") : cli_text(explain->args.lang, "the mean", "среднего"),
	       (int)explain->decimals, explanation->contributions.base, method_text(explain));
}

static bool print_change(const struct explain *explain)
{
	const struct ranking_change *change = &explain->explanation.change;
	printf(cli_text(explain->args.lang, "\nPlace %u → %u, score %.*f → %.*f; %s\n\n", "\nМесто %u → %u, оценка %.*f → %.*f; %s\n\n"),
	       change->places[RANKING_OLDER], change->places[RANKING_NEWER], (int)explain->decimals, change->scores[RANKING_OLDER],
	       (int)explain->decimals, change->scores[RANKING_NEWER],
	       change->exact ? cli_text(explain->args.lang, "exact: every combination of causes", "точно: все сочетания причин")
	                     : cli_text(explain->args.lang, "drawn orders of causes, ± is the half width of 95 %",
	                           "случайные порядки причин, ± — полуширина 95 %"));
	if (!print_causes(explain))
		return false;
	if (change->rival_count == 0)
		return true;
	printf("\n");
	return print_rivals(explain);
}

static void write_explanation(struct json_writer *writer, const void *context)
{
	const struct explain *explain = context;
	ranking_explanation_write(writer, explain->arena, &explain->explanation);
}

static bool print_result(const struct explain *explain)
{
	bool changed = explain->explanation.older != NULL;
	if (explain->format == RANK_FORMAT_JSON)
		return rank_document_print(write_explanation, explain);
	if (explain->format == RANK_FORMAT_CSV)
		return changed ? print_causes(explain) : print_contributions(explain);
	print_title(explain);
	return print_contributions(explain) && (!changed || print_change(explain));
}

int cli_rank_explain(int argc, char **argv, enum cli_lang lang)
{
	struct explain explain = {.fault = {.offset = -1}};
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &explain.args, &exit_code))
		return exit_code;
	if (!read_arguments(&explain))
		return CLI_EXIT_USAGE;
	explain.arena = arena_new(ARENA_BYTES_MAX);
	if (compute(&explain) != STATUS_OK)
		exit_code = rank_fault_exit(&explain.args, &explain.fault);
	else
		exit_code = print_result(&explain) ? CLI_EXIT_OK : CLI_EXIT_USAGE;
	arena_destroy(&explain.arena);
	return exit_code;
}
