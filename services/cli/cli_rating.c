/* cli_rating: rating get, publish and history. The document is the centre's own (RATING.md section 6); JSON is passed on
 * byte for byte. */
#include "common/ambient.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_query.h"

#include <stdio.h>

#define ARENA_BYTES_MAX  ((size_t)64 * 1024 * 1024)
#define PARAMS_BYTES_MAX ((size_t)8 * 1024)

/* Columns of the table on a terminal. */
#define PLACE_WIDTH  5
#define CHANGE_WIDTH 5
#define CODE_WIDTH   8
#define NAME_WIDTH   42
#define SCORE_WIDTH  8

static void start_params(struct buf *params, struct json_writer *writer)
{
	buf_init(params, PARAMS_BYTES_MAX);
	json_writer_init(writer, params);
	json_write_object(writer);
}

static void add_param(struct json_writer *writer, const struct cli_args *args, const char *name)
{
	const char *value = cli_args_value(args, name);
	if (value != NULL)
		json_member_string(writer, name, value);
}

static void print_body(struct span body)
{
	fwrite(body.at, 1, body.len, stdout);
	if (body.len == 0 || body.at[body.len - 1] != '\n')
		putchar('\n');
}

/* A member as text: numbers as whole numbers where they are, null and absent as "". */
static const char *member_text(const struct json *row, const char *name, struct arena *arena)
{
	const struct json *member = json_find(row, name);
	int64_t integer;
	if (json_is(member, JSON_STRING))
		return json_string(member);
	if (json_is(member, JSON_BOOL))
		return json_bool(member) ? "true" : "false";
	if (!json_is(member, JSON_NUMBER))
		return "";
	if (json_integer(member, &integer))
		return arena_printf(arena, "%lld", (long long)integer);
	return arena_printf(arena, "%.3f", json_number(member));
}

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

struct group_name {
	const char *code, *en, *ru;
};

static const char *group_text(const struct cli_args *args, const char *code)
{
	static const struct group_name NAMES[] = {
		{"leading", "leading", "лидеры"}, {"middle", "middle", "середина"}, {"lagging", "lagging", "отстающие"}};
	for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
		if (text_equal(NAMES[i].code, code))
			return cli_text(args->lang, NAMES[i].en, NAMES[i].ru);
	}
	return code;
}

static const char *reason_text(const struct cli_args *args, const char *code)
{
	static const struct group_name NAMES[] = {
		{"too_few_measured_projects", "not rated: too few measured projects", "вне рейтинга: мало измеренных проектов"},
		{"no_data", "not rated: no data", "вне рейтинга: нет данных"},
		{"not_joined", "not rated: had not joined yet", "вне рейтинга: ещё не вступил"}};
	for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
		if (text_equal(NAMES[i].code, code))
			return cli_text(args->lang, NAMES[i].en, NAMES[i].ru);
	}
	return code;
}

static void print_row(const struct cli_args *args, const struct json *row, struct arena *arena)
{
	const char *name = json_find_string(json_find(row, "name"), args->lang == CLI_LANG_RU ? "ru" : "en");
	const char *place = member_text(row, "place", arena);
	const char *reason = member_text(row, "reason", arena);
	cli_output_right(place[0] == '\0' ? "–" : place, PLACE_WIDTH);
	printf("  ");
	cli_output_padded(change_text(row, arena), CHANGE_WIDTH);
	cli_output_padded(member_text(row, "iso", arena), CODE_WIDTH);
	cli_output_padded(name == NULL ? "" : name, NAME_WIDTH);
	cli_output_right(member_text(row, "score", arena), SCORE_WIDTH);
	printf("  %s\n", reason[0] != '\0' ? reason_text(args, reason) : group_text(args, member_text(row, "group", arena)));
}

static void print_table(const struct cli_args *args, const struct json *document, struct arena *arena)
{
	const struct json *methodology = json_find(document, "methodology");
	printf(cli_text(args->lang, "Rating of regions, %s (%s, revision %s), methodology %s v%s\n\n",
	                "Рейтинг регионов, %s (%s, редакция %s), методика %s v%s\n\n"),
	       member_text(document, "period", arena), member_text(document, "kind", arena), member_text(document, "revision", arena),
	       member_text(methodology, "code", arena), member_text(methodology, "version", arena));
	cli_output_right(cli_text(args->lang, "place", "место"), PLACE_WIDTH);
	printf("  ");
	cli_output_padded("", CHANGE_WIDTH);
	cli_output_padded(cli_text(args->lang, "code", "код"), CODE_WIDTH);
	cli_output_padded(cli_text(args->lang, "region", "регион"), NAME_WIDTH);
	cli_output_right(cli_text(args->lang, "score", "баллы"), SCORE_WIDTH);
	printf("  %s\n", cli_text(args->lang, "group", "группа"));
	for (const struct json *row = json_first(json_find(document, "rows")); row != NULL; row = json_next(row))
		print_row(args, row, arena);
	printf("\nresult_digest %s\n", member_text(document, "result_digest", arena));
}

static void print_csv(const struct json *document, struct arena *arena)
{
	static const char *const COLUMNS[] = {"region", "iso", "place", "previous_place", "change", "score", "group", "eligible", "reason"};
	printf("region,iso,place,previous_place,change,score,group,eligible,reason,name_ru,name_en\n");
	for (const struct json *row = json_first(json_find(document, "rows")); row != NULL; row = json_next(row)) {
		const struct json *name = json_find(row, "name");
		for (size_t i = 0; i < ARRAY_COUNT(COLUMNS); i++) {
			cli_output_csv_field(member_text(row, COLUMNS[i], arena));
			putchar(',');
		}
		cli_output_csv_field(member_text(name, "ru", arena));
		putchar(',');
		cli_output_csv_field(member_text(name, "en", arena));
		putchar('\n');
	}
}

static enum status print_document(const struct cli_args *args, enum cli_format format, struct span body, struct arena *arena)
{
	const struct json *document;
	if (format == CLI_FORMAT_JSON) {
		print_body(body);
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
	start_params(&params, &writer);
	add_param(&writer, &args, "period");
	add_param(&writer, &args, "cohort");
	add_param(&writer, &args, "kind");
	if (cli_args_value(&args, "revision") != NULL) {
		int64_t revision;
		if (!cli_args_number(&args, "revision", 0, INT32_MAX, &revision))
			return CLI_EXIT_USAGE;
		json_member_integer(&writer, "revision", revision);
	}
	json_write_object_end(&writer);
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	enum status status = cli_query(&args, "rating.get", buf_span(&params), arena, NULL, &body, &fault);
	if (status == STATUS_OK)
		status = print_document(&args, format, body, arena);
	arena_destroy(&arena);
	buf_clear(&params);
	return cli_query_exit(status);
}

/* ---- publish ---- */

static const struct cli_option PUBLISH_OPTIONS[] = {
	{"period", "PERIOD", NULL, NULL, "2023, 2023-H1, 2023-Q3 or 2023-09", "2023, 2023-H1, 2023-Q3 или 2023-09"},
	{"kind", "KIND", NULL, NULL, "interim or final", "interim или final"},
	{"cohort", "COHORT", NULL, NULL, "which cohort; all regions when absent", "группа сравнения; без параметра — все регионы"},
	{"digest", "HEX", NULL, NULL, "publish only this result_digest", "опубликовать только этот result_digest"},
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_QUERY_OPTIONS,
};

static const struct cli_command PUBLISH_COMMAND = {
	.name = "rating publish",
	.example = "effreg rating publish --period 2023 --kind final",
	.en = "Freezes and publishes the rating of a period; needs a coordinator's key. The same result again publishes nothing new.\n"
	      "While events are still on their way through the services it waits, up to --timeout.",
	.ru = "Фиксирует и публикует рейтинг за период; нужен ключ координатора. Тот же результат повторно не публикуется.\n"
	      "Пока события ещё обрабатываются, ждёт — не дольше --timeout.",
	.options = PUBLISH_OPTIONS,
	.options_count = ARRAY_COUNT(PUBLISH_OPTIONS),
	.exits_en = "0 published or unchanged, 1 refused, 2 bad arguments, 4 the centre cannot be reached or refuses the key",
	.exits_ru = "0 опубликован или не изменился, 1 отказано, 2 неверные аргументы, 4 нет связи с центром или ключ не принят",
};

static enum status publish(const struct cli_args *args, struct span params, struct arena *arena, struct span *ret_body)
{
	struct fault fault;
	int64_t timeout_s = 30;
	enum status status = STATUS_RETRY;
	if (!cli_args_number(args, "timeout", 1, 3600, &timeout_s))
		return STATUS_INVALID;
	int64_t until_ms = ambient_monotonic_ms() + timeout_s * 1000;
	while (status == STATUS_RETRY) {
		bool last_try = ambient_monotonic_ms() >= until_ms;
		status = cli_query(args, "rating.publish", params, arena, last_try ? NULL : "not_settled", ret_body, &fault);
		if (status == STATUS_RETRY && last_try)
			break;
		if (status == STATUS_RETRY)
			cli_output_progress("%s", fault.text);
	}
	cli_output_progress_end();
	return status;
}

static void print_published(const struct cli_args *args, struct span body, struct arena *arena)
{
	const struct json *document;
	if (json_parse(arena, body.at, body.len, &JSON_LIMITS_DOCUMENT, &document, NULL) != STATUS_OK) {
		print_body(body);
		return;
	}
	const struct json *unchanged = json_find(document, "unchanged");
	bool is_unchanged = json_is(unchanged, JSON_BOOL) && json_bool(unchanged);
	printf("%s %s, %s %s: %s  %s\n", member_text(document, "period", arena), member_text(document, "kind", arena),
	       cli_text(args->lang, "revision", "редакция"), member_text(document, "revision", arena),
	       is_unchanged ? cli_text(args->lang, "unchanged", "без изменений") : cli_text(args->lang, "published", "опубликован"),
	       member_text(document, "result_digest", arena));
}

int cli_rating_publish(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	enum cli_format format;
	struct buf params;
	struct json_writer writer;
	struct span body;
	int exit_code;
	if (!cli_args_parse(&PUBLISH_COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format) || cli_args_required(&args, "period") == NULL || cli_args_required(&args, "kind") == NULL)
		return CLI_EXIT_USAGE;
	start_params(&params, &writer);
	add_param(&writer, &args, "period");
	add_param(&writer, &args, "kind");
	add_param(&writer, &args, "cohort");
	add_param(&writer, &args, "digest");
	json_write_object_end(&writer);
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	enum status status = publish(&args, buf_span(&params), arena, &body);
	if (status == STATUS_OK && format == CLI_FORMAT_JSON)
		print_body(body);
	else if (status == STATUS_OK)
		print_published(&args, body, arena);
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
			const char *text = member_text(row, COLUMNS[i], arena);
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
	start_params(&params, &writer);
	json_member_string(&writer, "region", args.arguments[0]);
	add_param(&writer, &args, "cohort");
	json_write_object_end(&writer);
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	enum status status = cli_query(&args, "rating.history", buf_span(&params), arena, NULL, &body, &fault);
	if (status == STATUS_OK && format == CLI_FORMAT_JSON) {
		print_body(body);
	} else if (status == STATUS_OK) {
		status = json_parse(arena, body.at, body.len, &JSON_LIMITS_DOCUMENT, &document, NULL);
		if (status == STATUS_OK)
			print_history(&args, format, find_list(document), arena);
	}
	arena_destroy(&arena);
	buf_clear(&params);
	return cli_query_exit(status);
}
