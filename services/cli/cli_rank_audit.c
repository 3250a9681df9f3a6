/* cli_rank_audit: what the figures say about a methodology, over files. */
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_rank_files.h"
#include "services/cli/cli_rank_output.h"
#include "services/ranking/ranking_audit.h"
#include "services/ranking/ranking_explanation.h"

#include <math.h>
#include <stdio.h>

#define ARENA_BYTES_MAX ((size_t)16 * 1024 * 1024 * 1024)
#define COLUMNS         20

static const struct cli_option OPTIONS[] = {
	RANK_METHODOLOGY_OPTION,
	RANK_VALUES_OPTION,
	{"collinear", "R", NULL, "0.9", "pairs of indicators whose |r| is at least R are told", "назвать пары показателей с |r| не меньше R"},
	{"silent", "R", NULL, "0.3", "an indicator whose r with its parent or the root is below R is silent",
	 "показатель, чей r с группой или с итогом ниже R, — молчащий"},
	RANK_DECIMALS_OPTION,
	RANK_FORMAT_OPTION,
};

static const struct cli_command COMMAND = {
	.name = "rank audit",
	.example = "effreg rank audit --methodology M.json --values V.csv",
	.en = "Looks at a methodology through its figures: how each indicator is distributed, which pairs say the same, which\n"
	      "indicators are silent, what each really weighs, and how far places shift without it. nominal is the share by the\n"
	      "weights; first_order the share of the index's variance that the indicator explains by itself (a correlation ratio,\n"
	      "Sobol's first-order index), linear the part a straight line explains (r²), effective first_order over their sum.",
	.ru = "Смотрит на методику через её данные: как распределён каждый показатель, какие пары говорят об одном и том же, какие\n"
	      "показатели молчат, сколько каждый весит на деле и как сдвинутся места без него. nominal — доля по весам;\n"
	      "first_order — доля дисперсии итога, которую показатель объясняет сам (корреляционное отношение, индекс Соболя\n"
	      "первого порядка), linear — сколько объясняет прямая (r²), effective — first_order в их сумме.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 done, 2 bad arguments, methodology or file",
	.exits_ru = "0 готово, 2 неверные аргументы, методика или файл",
};

struct audit {
	struct cli_args args;
	struct arena *arena;
	enum rank_format format;
	int64_t decimals;
	double collinear, silent;
	const struct methodology *methodology;
	struct rank_values values;
	struct ranking_audit found;
	struct fault fault;
};

static bool read_arguments(struct audit *audit)
{
	const struct cli_args *args = &audit->args;
	if (cli_args_required(args, "methodology") == NULL || cli_args_required(args, "values") == NULL)
		return false;
	return rank_format_read(args, &audit->format) && rank_share_read(args, "collinear", 0, 1, &audit->collinear) &&
	       rank_share_read(args, "silent", -1, 1, &audit->silent) && cli_args_number(args, "decimals", 0, 15, &audit->decimals);
}

static enum status compute(struct audit *audit)
{
	enum status status = rank_read_both(audit->arena, cli_args_value(&audit->args, "methodology"),
	                                    cli_args_value(&audit->args, "values"), &audit->methodology, &audit->values, &audit->fault);
	if (status == STATUS_OK)
		status = ranking_audit_of(audit->arena, audit->methodology, &audit->values.input, audit->collinear, audit->silent,
		                          &audit->found, &audit->fault);
	return status;
}

/* ---- printing ---- */

/* What is told of each indicator; in the table those of one group stand together. */
static const struct figure {
	const char *name;
	size_t offset;
	bool of_distribution;
	const char *en, *ru;
} FIGURES[] = {
	{"missing", offsetof(struct ranking_audit_indicator, missing), true, "missing", "пропуски"},
	{"mean", offsetof(struct ranking_audit_indicator, mean), true, "mean", "среднее"},
	{"sd", offsetof(struct ranking_audit_indicator, sd), true, "sd", "ст. откл."},
	{"skew", offsetof(struct ranking_audit_indicator, skew), true, "skew", "асимметрия"},
	{"kurtosis", offsetof(struct ranking_audit_indicator, kurtosis), true, "kurtosis", "эксцесс"},
	{"min", offsetof(struct ranking_audit_indicator, min), true, "min", "мин."},
	{"max", offsetof(struct ranking_audit_indicator, max), true, "max", "макс."},
	{"nominal", offsetof(struct ranking_audit_indicator, nominal), false, "nominal", "вес"},
	{"effective", offsetof(struct ranking_audit_indicator, effective), false, "effective", "на деле"},
	{"first_order", offsetof(struct ranking_audit_indicator, first_order), false, "first order", "перв. порядка"},
	{"linear", offsetof(struct ranking_audit_indicator, linear), false, "r²", "r²"},
	{"with_parent", offsetof(struct ranking_audit_indicator, with_parent), false, "r with parent", "r с группой"},
	{"shift_mean", offsetof(struct ranking_audit_indicator, shift_mean), false, "mean shift", "ср. сдвиг"},
};

static double figure_of(const struct ranking_audit_indicator *indicator, const struct figure *figure)
{
	double value;
	memcpy(&value, (const char *)indicator + figure->offset, sizeof value);
	return isfinite(value) ? value : NAN;
}

static const char *head(const struct audit *audit, const char *name, const char *en, const char *ru)
{
	return audit->format == RANK_FORMAT_CSV ? name : cli_text(audit->args.lang, en, ru);
}

static const char *marks(const struct audit *audit, const struct ranking_audit_indicator *indicator)
{
	bool csv = audit->format == RANK_FORMAT_CSV;
	const char *silent = csv ? "silent" : cli_text(audit->args.lang, "silent", "молчит");
	const char *skewed = csv ? "skewed" : cli_text(audit->args.lang, "skewed", "перекос");
	if (indicator->silent && indicator->skewed)
		return arena_printf(audit->arena, "%s %s", silent, skewed);
	return indicator->silent ? silent : indicator->skewed ? skewed : "";
}

/* first, second: which figures. */
static bool print_indicators(const struct audit *audit, bool distributions, bool weights)
{
	size_t count = audit->methodology->indicator_count;
	struct rank_table table;
	const char **texts[3];
	uint32_t *most = arena_array(audit->arena, uint32_t, count);
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
		texts[i] = arena_array(audit->arena, const char *, count);
	for (size_t i = 0; i < count; i++) {
		const struct ranking_audit_indicator *indicator = &audit->found.indicators[i];
		texts[0][i] = audit->methodology->indicators[i].code;
		texts[1][i] = indicator->shift_unit == METHODOLOGY_NONE ? NULL : audit->values.input.codes[indicator->shift_unit];
		texts[2][i] = marks(audit, indicator);
		most[i] = indicator->shift_most;
	}
	rank_table_init(&table, audit->arena, COLUMNS, count, audit->format == RANK_FORMAT_CSV ? RANK_EXACT : (int)audit->decimals);
	rank_table_add_texts(&table, head(audit, "indicator", "indicator", "показатель"), texts[0]);
	for (size_t k = 0; k < ARRAY_COUNT(FIGURES); k++) {
		double *numbers = arena_array(audit->arena, double, count);
		for (size_t i = 0; i < count; i++)
			numbers[i] = figure_of(&audit->found.indicators[i], &FIGURES[k]);
		if (FIGURES[k].of_distribution ? distributions : weights)
			rank_table_add_scores(&table, head(audit, FIGURES[k].name, FIGURES[k].en, FIGURES[k].ru), numbers);
	}
	if (weights) {
		rank_table_add_places(&table, head(audit, "shift_most", "most", "наиб."), most);
		rank_table_add_texts(&table, head(audit, "shift_unit", "whose", "у кого"), texts[1]);
	}
	if (distributions)
		rank_table_add_texts(&table, head(audit, "marks", "", ""), texts[2]);
	return rank_table_print(&table, audit->format, NULL);
}

static bool print_pairs(const struct audit *audit)
{
	const struct methodology *methodology = audit->methodology;
	size_t count = audit->found.pair_count;
	struct rank_table table;
	const char **texts[3];
	double *r = arena_array(audit->arena, double, count);
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
		texts[i] = arena_array(audit->arena, const char *, count);
	for (size_t i = 0; i < count; i++) {
		const struct ranking_audit_pair *pair = &audit->found.pairs[i];
		texts[0][i] = methodology->indicators[pair->a].code;
		texts[1][i] = methodology->indicators[pair->b].code;
		texts[2][i] = pair->same_parent ? cli_text(audit->args.lang, "same parent", "в одной группе") : "";
		r[i] = pair->r;
	}
	printf(cli_text(audit->args.lang, "\nPairs with |r| of %g or more: %zu\n\n", "\nПары с |r| не меньше %g: %zu\n\n"),
	       audit->collinear, count + audit->found.pairs_left_out);
	if (count == 0)
		return true;
	rank_table_init(&table, audit->arena, COLUMNS, count, (int)audit->decimals);
	rank_table_add_texts(&table, cli_text(audit->args.lang, "indicator", "показатель"), texts[0]);
	rank_table_add_texts(&table, cli_text(audit->args.lang, "and", "и"), texts[1]);
	rank_table_add_scores(&table, "r", r);
	rank_table_add_texts(&table, "", texts[2]);
	return rank_table_print(&table, audit->format, NULL);
}

static void write_indicator(struct json_writer *writer, const struct audit *audit, size_t i)
{
	const struct ranking_audit_indicator *indicator = &audit->found.indicators[i];
	json_write_object(writer);
	json_member_string(writer, "indicator", audit->methodology->indicators[i].code);
	json_member_string(writer, "parent", audit->methodology->nodes[audit->methodology->indicators[i].parent].code);
	json_member_integer(writer, "present", (int64_t)indicator->present);
	for (size_t k = 0; k < ARRAY_COUNT(FIGURES); k++)
		ranking_write_number(writer, FIGURES[k].name, figure_of(indicator, &FIGURES[k]));
	ranking_write_number(writer, "with_root", indicator->with_root);
	json_member_integer(writer, "shift_most", indicator->shift_most);
	json_member_string(writer, "shift_unit",
	                   indicator->shift_unit == METHODOLOGY_NONE ? NULL : audit->values.input.codes[indicator->shift_unit]);
	json_member_bool(writer, "silent", indicator->silent);
	json_member_bool(writer, "skewed", indicator->skewed);
	json_write_object_end(writer);
}

static void write_document(struct json_writer *writer, const void *context)
{
	const struct audit *audit = context;
	json_write_object(writer);
	ranking_write_methodology(writer, "methodology", audit->methodology);
	json_member_integer(writer, "units", (int64_t)audit->found.units);
	json_member_integer(writer, "rated", (int64_t)audit->found.rated);
	json_write_name(writer, "indicators");
	json_write_array(writer);
	for (size_t i = 0; i < audit->methodology->indicator_count; i++)
		write_indicator(writer, audit, i);
	json_write_array_end(writer);
	json_write_name(writer, "collinear");
	json_write_array(writer);
	for (size_t i = 0; i < audit->found.pair_count; i++) {
		const struct ranking_audit_pair *pair = &audit->found.pairs[i];
		json_write_object(writer);
		json_member_string(writer, "a", audit->methodology->indicators[pair->a].code);
		json_member_string(writer, "b", audit->methodology->indicators[pair->b].code);
		ranking_write_number(writer, "r", pair->r);
		json_member_bool(writer, "same_parent", pair->same_parent);
		json_write_object_end(writer);
	}
	json_write_array_end(writer);
	json_member_integer(writer, "collinear_left_out", (int64_t)audit->found.pairs_left_out);
	json_write_object_end(writer);
}

static bool print_result(const struct audit *audit)
{
	if (audit->format == RANK_FORMAT_JSON)
		return rank_document_print(write_document, audit);
	if (audit->format == RANK_FORMAT_CSV)
		return print_indicators(audit, true, true);
	printf(cli_text(audit->args.lang, "%s, version %lld: %zu units, %zu of them rated\n\n", "%s, версия %lld: объектов %zu, оценено %zu\n\n"),
	       audit->methodology->code, (long long)audit->methodology->version, audit->found.units, audit->found.rated);
	if (!print_indicators(audit, true, false))
		return false;
	printf("\n");
	return print_indicators(audit, false, true) && print_pairs(audit);
}

int cli_rank_audit(int argc, char **argv, enum cli_lang lang)
{
	struct audit audit = {.fault = {.offset = -1}};
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &audit.args, &exit_code))
		return exit_code;
	if (!read_arguments(&audit))
		return CLI_EXIT_USAGE;
	audit.arena = arena_new(ARENA_BYTES_MAX);
	if (compute(&audit) != STATUS_OK)
		exit_code = rank_fault_exit(&audit.args, &audit.fault);
	else
		exit_code = print_result(&audit) ? CLI_EXIT_OK : CLI_EXIT_USAGE;
	arena_destroy(&audit.arena);
	return exit_code;
}
