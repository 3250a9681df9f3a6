/* cli_rating_export: rating export: a rating as a file: table, document, workbook, words. */
#include "common/ambient.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_document.h"
#include "services/cli/cli_explain_core.h"
#include "services/cli/cli_export.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_query.h"
#include "services/cli/cli_extract_core.h"
#include "services/cli/cli_nominations_core.h"
#include "services/ranking/ranking_figures.h"

#include <stdio.h>

#define OUT_BYTES_MAX         ((size_t)64 * 1024 * 1024)
#define METHODOLOGY_BYTES_MAX ((size_t)1024 * 1024)

static const struct cli_option OPTIONS[] = {
	{"period", "PERIOD", NULL, NULL, "2023, 2023-H1, 2023-Q3 or 2023-09", "2023, 2023-H1, 2023-Q3 или 2023-09"},
	{"cohort", "COHORT", NULL, NULL, "which cohort; all regions when absent", "группа сравнения; без параметра — все регионы"},
	{"kind", "KIND", NULL, NULL, "live, interim or final; the newest published, else live", "live, interim или final; иначе последняя публикация или live"},
	{"revision", "N", NULL, NULL, "a revision of the kind", "редакция"},
	{"format", "csv|json|xlsx|press|nominations|summary", NULL, "csv", "what to write", "что записать"},
	{"out", "FILE", NULL, NULL, "where to", "куда"},
	{"region", "REGION", NULL, NULL, "whose page: of summary", "чья страница: для summary"},
	{"against", "PERIOD", NULL, NULL, "summary: the earlier period to account for the change since", "summary: прежний период, изменение с которого объяснить"},
	{"document", "FILE", NULL, NULL, "a saved document (rating get --format json) instead of asking the centre", "сохранённый документ (rating get --format json) вместо запроса к центру"},
	{"methodology", "FILE", NULL, NULL, "its methodology, with --document", "его методика, вместе с --document"},
	CLI_QUERY_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "rating export",
	.example = "effreg rating export --period 2023 --format xlsx --out rating-2023.xlsx",
	.en = "Writes a rating into a file. csv: places, scores, every figure and every node. json: the document. xlsx: a workbook whose\n"
	      "formulas are alive: change a weight, and scores and places follow. press: a few sentences. nominations: a table of who is the\n"
	      "best in each group of indicators and who rose most. summary: a page (HTML) about one region.",
	.ru = "Записывает рейтинг в файл. csv: места, баллы, все показатели и узлы. json: документ. xlsx: книга с живыми формулами —\n"
	      "измените вес, и баллы с местами пересчитаются. press: несколько фраз для прессы. nominations: таблица номинаций — кто\n"
	      "лучший в каждой группе показателей и кто больше всех поднялся. summary: страница (HTML) об одном регионе.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 written, 1 there is no such rating or region, or it cannot be written, 2 bad arguments, 4 the centre cannot be reached",
	.exits_ru = "0 записано, 1 нет такого рейтинга или региона либо нельзя записать, 2 неверные аргументы, 4 нет связи с центром",
};

struct exporting {
	const struct cli_args *args;
	struct arena *arena;
	struct explain_rating rating;
	const struct json *history;          /* summary */
	struct explain_rating older;         /* summary --against */
	bool has_older;
	struct fault fault;
};

/* ---- what is exported ---- */

static enum status read_files(struct exporting *exporting)
{
	const struct cli_args *args = exporting->args;
	const char *path = cli_args_value(args, "methodology");
	struct span text;
	enum status status =
		cli_document_read(args, cli_args_value(args, "document"), exporting->arena, &exporting->rating.document);
	if (status != STATUS_OK || path == NULL)
		return status;
	status = ambient_read_file(exporting->arena, path, METHODOLOGY_BYTES_MAX, &text, &exporting->fault);
	if (status != STATUS_OK) {
		cli_output_fault(args, &exporting->fault);
		return status;
	}
	return cli_document_methodology(args, text, exporting->arena, &exporting->rating);
}

static enum status ask_centre(struct exporting *exporting)
{
	const struct cli_args *args = exporting->args;
	struct cli_selection selection = {.period = cli_args_value(args, "period"), .cohort = cli_args_value(args, "cohort"),
	                                  .kind = cli_args_value(args, "kind")};
	if (cli_args_value(args, "revision") != NULL && !cli_args_number(args, "revision", 1, INT32_MAX, &selection.revision))
		return STATUS_INVALID;
	enum status status = cli_document_rating(args, &selection, exporting->arena, &exporting->rating);
	const char *against = cli_args_value(args, "against");
	if (status != STATUS_OK || against == NULL)
		return status;
	const struct cli_selection older = {.period = against, .cohort = selection.cohort};
	exporting->has_older = true;
	return cli_document_rating(args, &older, exporting->arena, &exporting->older);
}

static enum status ask_history(struct exporting *exporting)
{
	const struct cli_args *args = exporting->args;
	struct buf params;
	struct json_writer writer;
	struct span body;
	struct fault fault;
	cli_params_start(&params, &writer);
	cli_params_add(&writer, args, "region");
	cli_params_add(&writer, args, "cohort");
	json_write_object_end(&writer);
	enum status status = cli_query(args, "rating.history", buf_span(&params), exporting->arena, NULL, &body, &fault);
	if (status == STATUS_OK)
		status = json_parse(exporting->arena, body.at, body.len, &JSON_LIMITS_DOCUMENT, &exporting->history, NULL);
	buf_clear(&params);
	return status;
}

/* ---- csv ---- */

static void put_field(struct buf *out, const char *text, bool last)
{
	bool quoted = strpbrk(text, ",\"\r\n") != NULL;
	buf_text(out, quoted ? "\"" : "");
	for (const char *c = text; *c != '\0'; c++)
		buf_append(out, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
	buf_text(out, quoted ? "\"" : "");
	buf_text(out, last ? "\n" : ",");
}

/* The codes of a list of figures, from the first row that has it: all rows have the same. */
static const struct json *list_of(const struct json *row, const char *list)
{
	return json_find(json_find(row, "figures"), list);
}

static void put_codes(struct buf *out, const struct json *list)
{
	for (const struct json *item = json_is(list, JSON_OBJECT) ? json_first(list) : NULL; item != NULL; item = json_next(item))
		put_field(out, json_name(item), false);
}

static void put_values(struct buf *out, const struct json *list)
{
	for (const struct json *item = json_is(list, JSON_OBJECT) ? json_first(list) : NULL; item != NULL; item = json_next(item))
		put_field(out, json_is(item, JSON_STRING) ? json_string(item) : "", false);
}

static const char *bound_of(const struct json *interval, bool high, struct arena *arena)
{
	if (!json_is(interval, JSON_ARRAY))
		return "";
	const struct json *bound = high ? json_next(json_first(interval)) : json_first(interval);
	return arena_printf(arena, "%.0f", json_number(bound));
}

static void write_csv(struct exporting *exporting, struct buf *out)
{
	static const char *const COLUMNS[] = {"region", "authority", "iso", "place", "previous_place", "change", "overall_place",
	                                      "group", "reason"};
	const struct json *rows = json_find(exporting->rating.document, "rows");
	const struct json *first = json_is(rows, JSON_ARRAY) ? json_first(rows) : NULL;
	for (size_t i = 0; i < ARRAY_COUNT(COLUMNS); i++)
		put_field(out, COLUMNS[i], false);
	buf_text(out, "interval_lo,interval_hi,score,joined,measured,");
	put_codes(out, list_of(first, "indicators"));
	put_codes(out, list_of(first, "nodes"));
	buf_text(out, "name_ru,name_en\n");
	for (const struct json *row = first; row != NULL; row = json_next(row)) {
		const struct json *figures = json_find(row, "figures"), *interval = json_find(row, "interval");
		const struct json *name = json_find(row, "name");
		for (size_t i = 0; i < ARRAY_COUNT(COLUMNS); i++)
			put_field(out, cli_document_text(row, COLUMNS[i], exporting->arena), false);
		put_field(out, bound_of(interval, false, exporting->arena), false);
		put_field(out, bound_of(interval, true, exporting->arena), false);
		put_field(out, cli_document_text(figures, "score", exporting->arena), false);
		put_field(out, cli_document_text(figures, "joined", exporting->arena), false);
		put_field(out, cli_document_text(figures, "measured", exporting->arena), false);
		put_values(out, list_of(row, "indicators"));
		put_values(out, list_of(row, "nodes"));
		put_field(out, cli_document_text(name, "ru", exporting->arena), false);
		put_field(out, cli_document_text(name, "en", exporting->arena), true);
	}
}

/* ---- the other formats ---- */

static enum status write_json(struct exporting *exporting, struct buf *out)
{
	enum status status = json_canonical(out, exporting->rating.document);
	buf_text(out, "\n");
	return status;
}

static enum status write_summary(struct exporting *exporting, struct buf *out)
{
	struct buf text;
	const struct json *account;
	const struct explain_question question = {
		.unit = cli_args_value(exporting->args, "region"),
		.newer = exporting->rating,
		.older = exporting->has_older ? &exporting->older : NULL,
	};
	buf_init(&text, OUT_BYTES_MAX);
	enum status status = explain_write(exporting->arena, &text, &question, &exporting->fault);
	if (status == STATUS_OK)
		status = json_parse(exporting->arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, &account, &exporting->fault);
	if (status == STATUS_OK)
		extract_summary_write(out, exporting->arena, account, exporting->history, exporting->args->lang);
	buf_clear(&text);
	return status;
}

static enum status write_xlsx(struct exporting *exporting, const char *path)
{
	struct export_rating rating = {
		.document = exporting->rating.document,
		.methodology_json = exporting->rating.methodology_json,
		.lang = exporting->args->lang,
	};
	enum status status = ranking_figures_rate(exporting->arena, rating.document, exporting->rating.methodology, &rating.run,
	                                          &exporting->fault);
	const char *digest = json_find_string(rating.document, "result_digest");
	if (status == STATUS_OK && (digest == NULL || !text_equal(digest, rating.run->result_digest)))
		status = fault_set(&exporting->fault, STATUS_INVALID, "document", "/result_digest", -1, "%s",
		                   cli_text(rating.lang, "the rating does not follow from its figures and this methodology",
		                            "рейтинг не следует из своих показателей и этой методики"));
	return status == STATUS_OK ? cli_export_xlsx(exporting->arena, &rating, path, &exporting->fault) : status;
}

static enum status write_text(struct exporting *exporting, const char *format, const char *path)
{
	struct buf out;
	enum status status = STATUS_OK;
	buf_init(&out, OUT_BYTES_MAX);
	if (text_equal(format, "csv"))
		write_csv(exporting, &out);
	else if (text_equal(format, "json"))
		status = write_json(exporting, &out);
	else if (text_equal(format, "press"))
		extract_press_write(&out, exporting->arena, exporting->rating.document, exporting->rating.methodology_json,
		                    exporting->args->lang);
	else if (text_equal(format, "nominations"))
		nominations_write_csv(&out, exporting->arena, exporting->rating.document, exporting->rating.methodology_json);
	else
		status = write_summary(exporting, &out);
	if (status == STATUS_OK)
		status = buf_ok(&out) ? ambient_write_file(path, buf_span(&out), 0644, &exporting->fault) : STATUS_TOO_LARGE;
	buf_clear(&out);
	return status;
}

/* ---- the command ---- */

static bool is_one_of(const char *text, const char *const *names)
{
	while (*names != NULL && !text_equal(*names, text))
		names++;
	return *names != NULL;
}

static bool check_arguments(const struct cli_args *args)
{
	static const char *const FORMATS[] = {"csv", "json", "xlsx", "press", "nominations", "summary", NULL};
	const char *format = cli_args_value(args, "format");
	bool from_file = cli_args_value(args, "document") != NULL;
	bool is_summary = text_equal(format, "summary");
	bool needs_methodology = is_summary || text_equal(format, "xlsx") || text_equal(format, "nominations");
	if (!is_one_of(format, FORMATS)) {
		cli_output_error(args, cli_text(args->lang, "--format is csv, json, xlsx, press, nominations or summary, not %s",
		                                "--format — это csv, json, xlsx, press, nominations или summary, а не %s"), format);
		return false;
	}
	if (from_file && needs_methodology && cli_args_value(args, "methodology") == NULL) {
		cli_output_error(args, "%s", cli_text(args->lang, "with --document, this format needs --methodology",
		                                      "с --document для этого вида нужна --methodology"));
		return false;
	}
	return cli_args_required(args, "out") != NULL && (from_file || cli_args_required(args, "period") != NULL) &&
	       (!is_summary || cli_args_required(args, "region") != NULL);
}

static int run_command(struct exporting *exporting)
{
	const struct cli_args *args = exporting->args;
	const char *format = cli_args_value(args, "format"), *path = cli_args_value(args, "out");
	bool from_file = cli_args_value(args, "document") != NULL;
	enum status status = from_file ? read_files(exporting) : ask_centre(exporting);
	if (status == STATUS_OK && !from_file && text_equal(format, "summary"))
		status = ask_history(exporting);
	if (status != STATUS_OK)
		return from_file ? CLI_EXIT_USAGE : cli_query_exit(status);
	status = text_equal(format, "xlsx") ? write_xlsx(exporting, path) : write_text(exporting, format, path);
	if (status == STATUS_OK)
		return CLI_EXIT_OK;
	cli_output_fault(args, &exporting->fault);
	return CLI_EXIT_NEGATIVE;
}

int cli_rating_export(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct exporting exporting = {.args = &args, .fault = {.offset = -1}};
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!check_arguments(&args))
		return CLI_EXIT_USAGE;
	exporting.arena = arena_new(CLI_DOCUMENT_ARENA_MAX);
	exit_code = run_command(&exporting);
	arena_destroy(&exporting.arena);
	return exit_code;
}
