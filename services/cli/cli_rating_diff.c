/* cli_rating_diff: rating diff: what one revision of a published rating says other than another. */
#include "services/cli/cli_commands.h"
#include "services/cli/cli_document.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_query.h"
#include "services/ranking/ranking_difference.h"

#include <stdio.h>

#define DIFFERENCE_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define CODE_WIDTH           10
#define NAME_WIDTH           42

static const struct cli_option OPTIONS[] = {
	{"period", "PERIOD", NULL, NULL, "2023, 2023-H1, 2023-Q3 or 2023-09", "2023, 2023-H1, 2023-Q3 или 2023-09"},
	{"cohort", "COHORT", NULL, NULL, "which cohort; all regions when absent", "группа сравнения; без параметра — все регионы"},
	{"kind", "KIND", NULL, NULL, "interim or final; that of the newest published when absent", "interim или final; без параметра — вид последней публикации"},
	{"to", "N", NULL, NULL, "the later revision; the newest when absent", "поздняя редакция; без параметра — последняя"},
	{"from", "N", NULL, NULL, "the earlier one; the one before when absent", "ранняя; без параметра — предыдущая"},
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_QUERY_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "rating diff",
	.example = "effreg rating diff --period 2023 --kind final --from 1 --to 2",
	.en = "Shows what a correction changed: places, scores and the figures that moved them, and how much further the logs were read.",
	.ru = "Показывает, что изменила новая редакция: места, баллы, показатели, из-за которых они изменились, и насколько дальше\n"
	      "прочитаны журналы.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 shown, 1 there is no such revision, 2 bad arguments, 4 the centre cannot be reached or refuses the key",
	.exits_ru = "0 показано, 1 такой редакции нет, 2 неверные аргументы, 4 нет связи с центром или ключ не принят",
};

/* One side of a change: "–" for what is not there. */
static const char *side_text(const struct json *value, struct arena *arena)
{
	int64_t integer;
	if (json_is(value, JSON_STRING))
		return json_string(value);
	if (!json_is(value, JSON_NUMBER))
		return "–";
	if (json_integer(value, &integer))
		return arena_printf(arena, "%lld", (long long)integer);
	return arena_printf(arena, "%.3f", json_number(value));
}

static void print_change(const char *name, const struct json *change, struct arena *arena)
{
	const struct json *before = json_is(change, JSON_ARRAY) ? json_first(change) : NULL;
	if (before != NULL)
		printf("  %s %s → %s", name, side_text(before, arena), side_text(json_next(before), arena));
}

static void print_row(const struct cli_args *args, const struct json *row, struct arena *arena)
{
	const char *iso = cli_document_text(row, "iso", arena);
	const struct json *figures = json_find(row, "indicators");
	cli_output_padded(iso[0] != '\0' ? iso : cli_document_text(row, "region", arena), CODE_WIDTH);
	cli_output_padded(cli_document_name(row, args->lang), NAME_WIDTH);
	print_change(cli_text(args->lang, "place", "место"), json_find(row, "place"), arena);
	print_change(cli_text(args->lang, "score", "баллы"), json_find(row, "score"), arena);
	for (const struct json *figure = figures != NULL ? json_first(figures) : NULL; figure != NULL; figure = json_next(figure))
		print_change(json_name(figure), figure, arena);
	putchar('\n');
}

static void print_text(const struct cli_args *args, const struct json *difference, struct arena *arena)
{
	const struct json *from = json_find(difference, "from"), *to = json_find(difference, "to");
	const struct json *rows = json_find(difference, "rows");
	printf("%s %s → %s %s\n", cli_document_text(from, "kind", arena), cli_document_text(from, "revision", arena),
	       cli_document_text(to, "kind", arena), cli_document_text(to, "revision", arena));
	for (const struct json *row = json_first(rows); row != NULL; row = json_next(row))
		print_row(args, row, arena);
	printf(cli_text(args->lang, "rows that differ: %zu, equal: %s; logs read further: %zu\n",
	                "строк с изменениями: %zu, без изменений: %s; журналов прочитано дальше: %zu\n"),
	       json_count(rows), cli_document_text(difference, "unchanged", arena), json_count(json_find(difference, "seqs")));
}

/* The later document, then the earlier. */
static enum status get_both(const struct cli_args *args, int64_t from, int64_t to, struct arena *arena,
                            const struct json **ret_before, const struct json **ret_after)
{
	struct cli_selection selection = {.period = cli_args_value(args, "period"), .cohort = cli_args_value(args, "cohort"),
	                                  .kind = cli_args_value(args, "kind"), .revision = to};
	enum status status = cli_document_get(args, &selection, arena, ret_after);
	int64_t revision = 0;
	if (status != STATUS_OK)
		return status;
	if (!json_is(json_find(*ret_after, "revision"), JSON_NUMBER) || !json_integer(json_find(*ret_after, "revision"), &revision))
		revision = 0;
	selection.kind = json_find_string(*ret_after, "kind");
	selection.revision = from > 0 ? from : revision - 1;
	if (selection.revision < 1) {
		cli_output_error(args, "%s", cli_text(args->lang, "there is no earlier revision to compare with",
		                                      "нет более ранней редакции для сравнения"));
		return STATUS_NOT_FOUND;
	}
	return cli_document_get(args, &selection, arena, ret_before);
}

static enum status show(const struct cli_args *args, enum cli_format format, const struct json *before,
                        const struct json *after, struct arena *arena)
{
	struct buf text;
	const struct json *difference;
	buf_init(&text, DIFFERENCE_BYTES_MAX);
	ranking_difference_write(arena, &text, before, after);
	enum status status = buf_ok(&text) ? STATUS_OK : STATUS_TOO_LARGE;
	if (status == STATUS_OK && format == CLI_FORMAT_JSON)
		cli_document_print(buf_span(&text));
	else if (status == STATUS_OK)
		status = json_parse(arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, &difference, NULL);
	if (status == STATUS_OK && format != CLI_FORMAT_JSON)
		print_text(args, difference, arena);
	buf_clear(&text);
	return status;
}

static bool read_number(const struct cli_args *args, const char *name, int64_t *number)
{
	*number = 0;
	return cli_args_value(args, name) == NULL || cli_args_number(args, name, 1, INT32_MAX, number);
}

int cli_rating_diff(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	enum cli_format format;
	const struct json *before, *after;
	int64_t from, to;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format) || cli_args_required(&args, "period") == NULL || !read_number(&args, "from", &from) ||
	    !read_number(&args, "to", &to))
		return CLI_EXIT_USAGE;
	struct arena *arena = arena_new(CLI_DOCUMENT_ARENA_MAX);
	enum status status = get_both(&args, from, to, arena, &before, &after);
	if (status == STATUS_OK)
		status = show(&args, format, before, after, arena);
	arena_destroy(&arena);
	return cli_query_exit(status);
}
