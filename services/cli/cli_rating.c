/* cli_rating: rating get, history and cohorts. The document is the centre's own (RATING.md section 6); JSON is passed on
 * byte for byte. */
#include "services/cli/cli_commands.h"
#include "services/cli/cli_document.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_query.h"

#include <stdio.h>

/* Columns of the table on a terminal. */
#define PLACE_WIDTH    5
#define CHANGE_WIDTH   5
#define INTERVAL_WIDTH 8
#define CODE_WIDTH     8
#define NAME_WIDTH     42
#define SCORE_WIDTH    8
#define COHORT_WIDTH   26

/* ---- get ---- */

static const struct cli_option GET_OPTIONS[] = {
	{"period", "PERIOD", NULL, NULL, "2023, 2023-H1, 2023-Q3 or 2023-09", "2023, 2023-H1, 2023-Q3 или 2023-09"},
	{"cohort", "COHORT", NULL, NULL, "which cohort; all regions when absent", "группа сравнения; без параметра — все регионы"},
	{"kind", "KIND", NULL, NULL, "live, interim or final; the newest published, else live", "live, interim или final; иначе последняя публикация или live"},
	{"revision", "N", NULL, NULL, "a revision of the kind", "редакция"},
	{"format", "text|json|csv", NULL, "text", "how to print", "вид результата"},
	CLI_QUERY_OPTIONS,
};

static const struct cli_command GET_COMMAND = {
	.name = "rating get",
	.example = "effreg rating get --period 2023",
	.en = "Shows the rating of a period.",
	.ru = "Показывает рейтинг за период.",
	.options = GET_OPTIONS,
	.options_count = ARRAY_COUNT(GET_OPTIONS),
	.exits_en = "0 shown, 1 there is none, 2 bad arguments, 4 the centre cannot be reached or refuses the key",
	.exits_ru = "0 показан, 1 рейтинга нет, 2 неверные аргументы, 4 нет связи с центром или ключ не принят",
};

static const char *change_text(const struct json *row, struct arena *arena)
{
	const struct json *change = json_find(row, "change");
	int64_t places;
	if (!json_is(change, JSON_NUMBER) || !json_integer(change, &places))
		return "";
	if (places == 0)
		return "=";
	return arena_printf(arena, "%s%lld", places > 0 ? "▲" : "▼", (long long)(places > 0 ? places : -places));
}

static void print_row(const struct cli_args *args, const struct json *row, bool shows_overall, struct arena *arena)
{
	const char *code = cli_document_text(row, "iso", arena);
	const char *place = cli_document_text(row, "place", arena);
	const char *reason = cli_document_text(row, "reason", arena);
	cli_output_right(place[0] == '\0' ? "–" : place, PLACE_WIDTH);
	printf("  ");
	cli_output_padded(change_text(row, arena), CHANGE_WIDTH);
	cli_output_padded(cli_document_interval(row, arena), INTERVAL_WIDTH);
	if (shows_overall)
		cli_output_padded(cli_document_text(row, "overall_place", arena), PLACE_WIDTH + 1);
	cli_output_padded(code[0] == '\0' ? cli_document_text(row, "authority", arena) : code, CODE_WIDTH);
	cli_output_padded(cli_document_name(row, args->lang), NAME_WIDTH);
	cli_output_right(cli_document_text(row, "score", arena), SCORE_WIDTH);
	const struct json *bonus = json_find(row, "bonus_eligible");
	printf("  %s%s\n", reason[0] != '\0' ? cli_document_reason(reason, args->lang)
	                                     : cli_document_group(cli_document_text(row, "group", arena), args->lang),
	       json_is(bonus, JSON_BOOL) && json_bool(bonus) ? cli_text(args->lang, ", bonus", ", премия") : "");
}

static void print_table(const struct cli_args *args, const struct json *document, struct arena *arena)
{
	const struct json *methodology = json_find(document, "methodology");
	const char *cohort = cli_document_text(document, "cohort", arena);
	bool shows_overall = !text_equal(cohort, "all");
	printf(cli_text(args->lang, "Rating of regions, %s (%s, revision %s), methodology %s v%s",
	                "Рейтинг регионов, %s (%s, редакция %s), методика %s v%s"),
	       cli_document_text(document, "period", arena), cli_document_text(document, "kind", arena),
	       cli_document_text(document, "revision", arena), cli_document_text(methodology, "code", arena),
	       cli_document_text(methodology, "version", arena));
	if (shows_overall)
		printf(cli_text(args->lang, ", cohort %s", ", группа сравнения %s"), cohort);
	printf("\n\n");
	cli_output_right(cli_text(args->lang, "place", "место"), PLACE_WIDTH);
	printf("  ");
	cli_output_padded("", CHANGE_WIDTH);
	cli_output_padded(cli_text(args->lang, "from–to", "от–до"), INTERVAL_WIDTH);
	if (shows_overall)
		cli_output_padded(cli_text(args->lang, "all", "все"), PLACE_WIDTH + 1);
	cli_output_padded(cli_text(args->lang, "code", "код"), CODE_WIDTH);
	cli_output_padded(cli_text(args->lang, "region", "регион"), NAME_WIDTH);
	cli_output_right(cli_text(args->lang, "score", "баллы"), SCORE_WIDTH);
	printf("  %s\n", cli_text(args->lang, "group", "группа"));
	for (const struct json *row = json_first(json_find(document, "rows")); row != NULL; row = json_next(row))
		print_row(args, row, shows_overall, arena);
	printf("\nresult_digest %s\n", cli_document_text(document, "result_digest", arena));
}

static const char *bound_text(const struct json *interval, bool high, struct arena *arena)
{
	const struct json *bound = json_is(interval, JSON_ARRAY) ? json_first(interval) : NULL;
	int64_t place;
	if (bound != NULL && high)
		bound = json_next(bound);
	return bound != NULL && json_integer(bound, &place) ? arena_printf(arena, "%lld", (long long)place) : "";
}

/* New columns stand at the end: readers may count. */
static void print_csv(const struct json *document, struct arena *arena)
{
	static const char *const COLUMNS[] = {"region", "iso", "place", "previous_place", "change", "score", "group", "eligible", "reason"};
	printf("region,iso,place,previous_place,change,score,group,eligible,reason,name_ru,name_en,overall_place,interval_lo,"
	       "interval_hi,authority\n");
	for (const struct json *row = json_first(json_find(document, "rows")); row != NULL; row = json_next(row)) {
		const struct json *name = json_find(row, "name"), *interval = json_find(row, "interval");
		const char *const last[] = {
			cli_document_text(name, "ru", arena), cli_document_text(name, "en", arena),
			cli_document_text(row, "overall_place", arena), bound_text(interval, false, arena),
			bound_text(interval, true, arena), cli_document_text(row, "authority", arena)};
		for (size_t i = 0; i < ARRAY_COUNT(COLUMNS); i++) {
			cli_output_csv_field(cli_document_text(row, COLUMNS[i], arena));
			putchar(',');
		}
		for (size_t i = 0; i < ARRAY_COUNT(last); i++) {
			cli_output_csv_field(last[i]);
			putchar(i + 1 < ARRAY_COUNT(last) ? ',' : '\n');
		}
	}
}

static enum status print_document(const struct cli_args *args, enum cli_format format, struct span body, struct arena *arena)
{
	const struct json *document;
	if (format == CLI_FORMAT_JSON) {
		cli_document_print(body);
		return STATUS_OK;
	}
	enum status status = json_parse(arena, body.at, body.len, &JSON_LIMITS_DOCUMENT, &document, NULL);
	if (status != STATUS_OK)
		cli_output_error(args, "%s", cli_text(args->lang, "the answer is no JSON document", "ответ — не документ JSON"));
	else if (format == CLI_FORMAT_CSV)
		print_csv(document, arena);
	else
		print_table(args, document, arena);
	return status;
}

int cli_rating_get(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	enum cli_format format;
	struct buf params;
	struct json_writer writer;
	struct span body;
	struct fault fault;
	int exit_code;
	if (!cli_args_parse(&GET_COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format) || cli_args_required(&args, "period") == NULL)
		return CLI_EXIT_USAGE;
	cli_params_start(&params, &writer);
	cli_params_add(&writer, &args, "period");
	cli_params_add(&writer, &args, "cohort");
	cli_params_add(&writer, &args, "kind");
	if (!cli_params_add_revision(&writer, &args))
		return CLI_EXIT_USAGE;
	json_write_object_end(&writer);
	struct arena *arena = arena_new(CLI_DOCUMENT_ARENA_MAX);
	enum status status = cli_query(&args, "rating.get", buf_span(&params), arena, NULL, &body, &fault);
	if (status == STATUS_OK)
		status = print_document(&args, format, body, arena);
	arena_destroy(&arena);
	buf_clear(&params);
	return cli_query_exit(status);
}

/* ---- history ---- */

static const struct cli_option HISTORY_OPTIONS[] = {
	{"cohort", "COHORT", NULL, NULL, "which cohort; all regions when absent", "группа сравнения; без параметра — все регионы"},
	{"format", "text|json|csv", NULL, "text", "how to print", "вид результата"},
	CLI_QUERY_OPTIONS,
};

static const struct cli_command HISTORY_COMMAND = {
	.name = "rating history",
	.example = "effreg rating history RU-VOR",
	.en = "Shows a region's places in the published ratings, oldest first.",
	.ru = "Показывает места региона в опубликованных рейтингах, начиная с самого раннего.",
	.options = HISTORY_OPTIONS,
	.options_count = ARRAY_COUNT(HISTORY_OPTIONS),
	.arguments = "REGION",
	.arguments_min = 1,
	.arguments_max = 1,
	.exits_en = "0 shown, 1 there is no such region, 2 bad arguments, 4 the centre cannot be reached or refuses the key",
	.exits_ru = "0 показано, 1 нет такого региона, 2 неверные аргументы, 4 нет связи с центром или ключ не принят",
};

static void print_history(const struct cli_args *args, enum cli_format format, const struct json *list, struct arena *arena)
{
	static const char *const COLUMNS[] = {"period", "kind", "revision", "place", "score", "result_digest"};
	static const size_t WIDTHS[] = {9, 9, 10, 7, 11, 0};
	const char *heads_ru[] = {"период", "вид", "редакция", "место", "баллы", "result_digest"};
	for (size_t i = 0; i < ARRAY_COUNT(COLUMNS); i++) {
		if (format == CLI_FORMAT_CSV)
			printf("%s%s", i == 0 ? "" : ",", COLUMNS[i]);
		else
			cli_output_padded(args->lang == CLI_LANG_RU ? heads_ru[i] : COLUMNS[i], WIDTHS[i]);
	}
	putchar('\n');
	for (const struct json *row = json_first(list); row != NULL; row = json_next(row)) {
		for (size_t i = 0; i < ARRAY_COUNT(COLUMNS); i++) {
			const char *text = cli_document_text(row, COLUMNS[i], arena);
			if (format == CLI_FORMAT_CSV)
				printf("%s%s", i == 0 ? "" : ",", text);
			else
				cli_output_padded(text[0] == '\0' ? "–" : text, WIDTHS[i]);
		}
		putchar('\n');
	}
}

/* The list is the document itself or its member "history". */
static const struct json *find_list(const struct json *document)
{
	return json_is(document, JSON_ARRAY) ? document : json_find(document, "history");
}

int cli_rating_history(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	enum cli_format format;
	struct buf params;
	struct json_writer writer;
	struct span body;
	struct fault fault;
	const struct json *document;
	int exit_code;
	if (!cli_args_parse(&HISTORY_COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format))
		return CLI_EXIT_USAGE;
	cli_params_start(&params, &writer);
	json_member_string(&writer, "region", args.arguments[0]);
	cli_params_add(&writer, &args, "cohort");
	json_write_object_end(&writer);
	struct arena *arena = arena_new(CLI_DOCUMENT_ARENA_MAX);
	enum status status = cli_query(&args, "rating.history", buf_span(&params), arena, NULL, &body, &fault);
	if (status == STATUS_OK && format == CLI_FORMAT_JSON) {
		cli_document_print(body);
	} else if (status == STATUS_OK) {
		status = json_parse(arena, body.at, body.len, &JSON_LIMITS_DOCUMENT, &document, NULL);
		if (status == STATUS_OK)
			print_history(&args, format, find_list(document), arena);
	}
	arena_destroy(&arena);
	buf_clear(&params);
	return cli_query_exit(status);
}

/* ---- cohorts ---- */

static const struct cli_option COHORTS_OPTIONS[] = {
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_QUERY_OPTIONS,
};

static const struct cli_command COHORTS_COMMAND = {
	.name = "rating cohorts",
	.example = "effreg rating cohorts",
	.en = "Lists the cohorts that regions are compared in; --cohort of the other commands takes their codes.",
	.ru = "Показывает группы сравнения; их коды принимает --cohort других команд.",
	.options = COHORTS_OPTIONS,
	.options_count = ARRAY_COUNT(COHORTS_OPTIONS),
	.exits_en = "0 shown, 2 bad arguments, 4 the centre cannot be reached or refuses the key",
	.exits_ru = "0 показано, 2 неверные аргументы, 4 нет связи с центром или ключ не принят",
};

static void print_cohorts(const struct cli_args *args, const struct json *list)
{
	for (const struct json *cohort = json_first(list); cohort != NULL; cohort = json_next(cohort)) {
		const char *code = json_find_string(cohort, "cohort");
		const char *title = json_find_string(json_find(cohort, "title"), args->lang == CLI_LANG_RU ? "ru" : "en");
		cli_output_padded(code != NULL ? code : "", COHORT_WIDTH);
		printf("%s\n", title != NULL ? title : "");
	}
}

int cli_rating_cohorts(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	enum cli_format format;
	struct span body;
	struct fault fault;
	const struct json *list;
	int exit_code;
	if (!cli_args_parse(&COHORTS_COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format))
		return CLI_EXIT_USAGE;
	struct arena *arena = arena_new(CLI_DOCUMENT_ARENA_MAX);
	enum status status = cli_query(&args, "rating.cohorts", span_of_text("{}"), arena, NULL, &body, &fault);
	if (status == STATUS_OK && format == CLI_FORMAT_JSON) {
		cli_document_print(body);
	} else if (status == STATUS_OK) {
		status = json_parse(arena, body.at, body.len, &JSON_LIMITS_DOCUMENT, &list, NULL);
		if (status == STATUS_OK)
			print_cohorts(&args, list);
	}
	arena_destroy(&arena);
	return cli_query_exit(status);
}
