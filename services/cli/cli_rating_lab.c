/* cli_rating_lab: rating lab: a draft methodology beside the one in force, over periods that were published. */
#include "common/ambient.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_document.h"
#include "services/cli/cli_lab_core.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_query.h"

#include <stdio.h>

#define OUT_BYTES_MAX         ((size_t)64 * 1024 * 1024)
#define METHODOLOGY_BYTES_MAX ((size_t)1024 * 1024)
#define CODE_WIDTH            10
#define NAME_WIDTH            42
#define TITLE_WIDTH           52
#define MOVERS_SHOWN          10

static const struct cli_option OPTIONS[] = {
	{"draft", "FILE", NULL, NULL, "the draft methodology (JSON)", "проект методики (JSON)"},
	{"period", "PERIOD", NULL, NULL, "a published period; may be given several times", "опубликованный период; можно указать несколько раз"},
	{"cohort", "COHORT", NULL, NULL, "which cohort; all regions when absent", "группа сравнения; без параметра — все регионы"},
	{"kind", "KIND", NULL, NULL, "live, interim or final; the newest published, else live", "live, interim или final; иначе последняя публикация или live"},
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_QUERY_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "rating lab",
	.example = "effreg rating lab --draft draft.json --period 2022 --period 2023",
	.en = "Applies a draft methodology to the figures of published ratings: who would have stood where, the biggest movers, what each\n"
	      "indicator effectively weighs, and how the nodes hang together with the index. Changes nothing.",
	.ru = "Применяет проект методики к показателям опубликованных рейтингов: кто где стоял бы, кто сместился сильнее всего, сколько\n"
	      "на деле весит каждый показатель и как узлы связаны с индексом. Ничего не меняет.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 shown, 1 there is no such rating, 2 bad arguments or methodology, 4 the centre cannot be reached or refuses the key",
	.exits_ru = "0 показано, 1 нет такого рейтинга, 2 неверные аргументы или методика, 4 нет связи с центром или ключ не принят",
};

static bool read_draft(const struct cli_args *args, struct arena *arena, struct explain_rating *draft)
{
	struct fault fault = {.offset = -1};
	struct span text;
	if (ambient_read_file(arena, cli_args_value(args, "draft"), METHODOLOGY_BYTES_MAX, &text, &fault) == STATUS_OK)
		return cli_document_methodology(args, text, arena, draft) == STATUS_OK;
	cli_output_fault(args, &fault);
	return false;
}

static const char *text_of(const struct json *array, bool second, struct arena *arena)
{
	const struct json *value = json_is(array, JSON_ARRAY) ? json_first(array) : NULL;
	int64_t integer;
	if (value != NULL && second)
		value = json_next(value);
	if (json_is(value, JSON_STRING))
		return json_string(value);
	return json_is(value, JSON_NUMBER) && json_integer(value, &integer) ? arena_printf(arena, "%lld", (long long)integer) : "–";
}

static void print_movers(const struct cli_args *args, const struct json *rows, struct arena *arena)
{
	int shown = 0;
	for (const struct json *row = json_first(rows); row != NULL && shown < MOVERS_SHOWN; row = json_next(row), shown++) {
		const struct json *shift = json_find(row, "shift"), *places = json_find(row, "places");
		if (!json_is(shift, JSON_NUMBER) || json_number(shift) == 0)
			break;
		printf("  ");
		cli_output_padded(cli_document_text(row, "region", arena), CODE_WIDTH);
		cli_output_padded(cli_document_name(row, args->lang), NAME_WIDTH);
		printf(" %s → %s  %s%.0f\n", text_of(places, false, arena), text_of(places, true, arena),
		       json_number(shift) > 0 ? "▲" : "▼", json_number(shift) > 0 ? json_number(shift) : -json_number(shift));
	}
}

static void print_period(const struct cli_args *args, const struct json *period, struct arena *arena)
{
	enum cli_lang lang = args->lang;
	const struct json *unknown = json_find(period, "without_figures");
	printf(cli_text(lang, "\n%s, %s %s: %s of %s would move, by %s places on average; the places correlate by %s\n",
	                "\n%s, %s %s: сместились бы %s из %s, в среднем на %s места; корреляция мест %s\n"),
	       cli_document_text(period, "period", arena), cli_document_text(period, "kind", arena),
	       cli_document_text(period, "revision", arena), cli_document_text(period, "moved", arena),
	       text_of(json_find(period, "rated"), false, arena), cli_document_text(period, "mean_shift", arena),
	       cli_document_text(period, "place_correlation", arena));
	print_movers(args, json_find(period, "rows"), arena);
	printf("%s\n", cli_text(lang, "what the indicators effectively weigh:", "сколько на деле весят показатели:"));
	for (const struct json *item = json_first(json_find(period, "weights")); item != NULL; item = json_next(item)) {
		const char *title = json_find_string(json_find(item, "title"), lang == CLI_LANG_RU ? "ru" : "en");
		const struct json *effective = json_find(item, "effective");
		printf("  ");
		cli_output_padded(title != NULL ? title : cli_document_text(item, "indicator", arena), TITLE_WIDTH);
		if (json_is(effective, JSON_NUMBER))
			printf(" %5.1f %%\n", 100 * json_number(effective));
		else
			printf("     –\n");
	}
	for (const struct json *code = json_first(unknown); code != NULL; code = json_next(code))
		printf(cli_text(lang, "  the rating has no figures of %s\n", "  в рейтинге нет показателя %s\n"), json_string(code));
}

static enum status ask_all(const struct cli_args *args, struct arena *arena, struct explain_rating *ratings, size_t *ret_count)
{
	const char *periods[CLI_GIVEN_MAX];
	enum status status = STATUS_OK;
	*ret_count = cli_args_values(args, "period", periods);
	for (size_t i = 0; status == STATUS_OK && i < *ret_count; i++) {
		const struct cli_selection selection = {
			.period = periods[i], .cohort = cli_args_value(args, "cohort"), .kind = cli_args_value(args, "kind")};
		status = cli_document_rating(args, &selection, arena, &ratings[i]);
	}
	return status;
}

static enum status show(const struct cli_args *args, enum cli_format format, struct span text, struct arena *arena)
{
	const struct json *answer;
	if (format == CLI_FORMAT_JSON) {
		cli_document_print(text);
		return STATUS_OK;
	}
	enum status status = json_parse(arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, &answer, NULL);
	const struct json *period = status == STATUS_OK ? json_first(json_find(answer, "periods")) : NULL;
	for (; period != NULL; period = json_next(period))
		print_period(args, period, arena);
	return status;
}

int cli_rating_lab(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	enum cli_format format;
	struct explain_rating draft = {0}, ratings[CLI_GIVEN_MAX];
	struct fault fault = {.offset = -1};
	struct buf text;
	size_t count;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format) || cli_args_required(&args, "draft") == NULL ||
	    cli_args_required(&args, "period") == NULL)
		return CLI_EXIT_USAGE;
	struct arena *arena = arena_new(CLI_DOCUMENT_ARENA_MAX);
	if (!read_draft(&args, arena, &draft)) {
		arena_destroy(&arena);
		return CLI_EXIT_USAGE;
	}
	buf_init(&text, OUT_BYTES_MAX);
	enum status status = ask_all(&args, arena, ratings, &count);
	exit_code = cli_query_exit(status);
	if (status == STATUS_OK) {
		status = lab_write(arena, &text, ratings, count, &draft, &fault);
		if (status == STATUS_OK)
			status = show(&args, format, buf_span(&text), arena);
		else
			cli_output_fault(&args, &fault);
		exit_code = status == STATUS_OK ? CLI_EXIT_OK : CLI_EXIT_USAGE;
	}
	buf_clear(&text);
	arena_destroy(&arena);
	return exit_code;
}
