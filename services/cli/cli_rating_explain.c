/* cli_rating_explain: rating explain: what a place is made of, and why it is another than in an earlier period. */
#include "services/cli/cli_commands.h"
#include "services/cli/cli_document.h"
#include "services/cli/cli_explain_core.h"
#include "services/cli/cli_lineage.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_query.h"
#include "services/cli/cli_extract_core.h"
#include "services/ranking/ranking_figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define ACCOUNT_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define TITLE_WIDTH       52
#define NUMBER_WIDTH      13
#define RIVALS_SHOWN      12
#define ENTITIES_SHOWN    3
#define EVENTS_SHOWN      2

static const struct cli_option OPTIONS[] = {
	{"period", "PERIOD", NULL, NULL, "2023, 2023-H1, 2023-Q3 or 2023-09", "2023, 2023-H1, 2023-Q3 или 2023-09"},
	{"against", "PERIOD", NULL, NULL, "an earlier period to account for the change since", "прежний период: объяснить изменение с тех пор"},
	{"cohort", "COHORT", NULL, NULL, "which cohort; all regions when absent", "группа сравнения; без параметра — все регионы"},
	{"kind", "KIND", NULL, NULL, "live, interim or final; the newest published, else live", "live, interim или final; иначе последняя публикация или live"},
	{"lineage", NULL, NULL, NULL, "also the projects behind each figure, and their events with hashes", "показать и проекты за каждым показателем, и их события с хешами"},
	{"logs", "DIR", NULL, NULL, "with --lineage: from the folder that log export wrote, instead of the database",
	 "с --lineage: из папки, выгруженной log export, а не из базы данных"},
	CLI_LOG_ARCHIVE_OPTION,
	CLI_DSN_OPTIONS,
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_QUERY_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "rating explain",
	.example = "effreg rating explain RU-VOR --period 2023 --against 2022",
	.en = "Explains a place: how much of the score comes from each indicator, against the average region; with --against, the causes of\n"
	      "the change in score and in places (they add up exactly), who was overtaken and through what; with --lineage, the projects\n"
	      "and other things behind each figure and their events, by seq and chain hash, up to where the rating read the log.",
	.ru = "Объясняет место: сколько баллов даёт каждый показатель по сравнению со средним регионом; с --against — причины изменения\n"
	      "баллов и места (в сумме дают его точно), кого регион обошёл и за счёт чего; с --lineage — проекты и прочее за каждым\n"
	      "показателем и их события с seq и хешем цепочки, до той позиции, до которой рейтинг прочитал журнал.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.arguments = "REGION",
	.arguments_min = 1,
	.arguments_max = 1,
	.exits_en = "0 shown, 1 there is no such rating or region, 2 bad arguments, 4 the centre cannot be reached or refuses the key",
	.exits_ru = "0 показано, 1 нет такого рейтинга или региона, 2 неверные аргументы, 4 нет связи с центром или ключ не принят",
};

/* ---- the words ---- */

static const char *move_text(const char *code, enum cli_lang lang)
{
	static const struct {
		const char *code, *en, *ru;
	} WORDS[] = {
		{"overtaken", "overtook", "обогнал"},
		{"left", "is not rated any more:", "больше не в рейтинге:"},
		{"overtook", "was overtaken by", "пропустил вперёд"},
		{"entered", "is new in the rating and before it:", "новый в рейтинге и выше:"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(WORDS); i++) {
		if (text_equal(WORDS[i].code, code))
			return cli_text(lang, WORDS[i].en, WORDS[i].ru);
	}
	return code;
}

static const char *title_of(const struct json *item, enum cli_lang lang)
{
	const char *title = json_find_string(json_find(item, "title"), lang == CLI_LANG_RU ? "ru" : "en");
	const char *code = json_find_string(item, "indicator");
	return title != NULL ? title : code != NULL ? code : "";
}

/* A number of at most three places with its sign, or "–". */
static const char *signed_text(const struct json *object, const char *name, struct arena *arena)
{
	const struct json *number = json_find(object, name);
	if (!json_is(number, JSON_NUMBER))
		return "–";
	double value = json_number(number);
	return fabs(value) < 0.0005 ? "0" : arena_printf(arena, "%+.3f", value);
}

static const char *plain_text(const struct json *object, const char *name, struct arena *arena)
{
	const char *text = cli_document_text(object, name, arena);
	return text[0] != '\0' ? text : "–";
}

/* ---- the account ---- */

static void print_head(const struct cli_args *args, const struct json *account, struct arena *arena)
{
	const char *reason = cli_document_text(account, "reason", arena), *interval = cli_document_interval(account, arena);
	printf("%s, %s (%s)\n", cli_document_name(account, args->lang), plain_text(account, "period", arena),
	       plain_text(account, "kind", arena));
	if (reason[0] != '\0') {
		printf("%s\n", cli_document_reason(reason, args->lang));
		return;
	}
	printf(cli_text(args->lang, "place %s, score %s, %s", "место %s, баллы %s, %s"), plain_text(account, "place", arena),
	       plain_text(account, "score", arena), cli_document_group(plain_text(account, "group", arena), args->lang));
	if (interval[0] != '\0')
		printf(cli_text(args->lang, "; with other weights %s", "; при других весах %s"), interval);
	printf("\n");
}

static void print_contributions(const struct cli_args *args, const struct json *contributions, struct arena *arena)
{
	enum cli_lang lang = args->lang;
	printf(cli_text(lang, "\nThe score against the average region (%s):\n", "\nБаллы по сравнению со средним регионом (%s):\n"),
	       plain_text(contributions, "base", arena));
	cli_output_padded(cli_text(lang, "indicator", "показатель"), TITLE_WIDTH);
	cli_output_right(cli_text(lang, "value", "значение"), NUMBER_WIDTH);
	cli_output_right(cli_text(lang, "on the scale", "по шкале"), NUMBER_WIDTH);
	cli_output_right(cli_text(lang, "part", "вклад"), NUMBER_WIDTH);
	putchar('\n');
	for (const struct json *item = json_first(json_find(contributions, "indicators")); item != NULL; item = json_next(item)) {
		cli_output_padded(title_of(item, lang), TITLE_WIDTH);
		cli_output_right(plain_text(item, "value", arena), NUMBER_WIDTH);
		cli_output_right(plain_text(item, "normalised", arena), NUMBER_WIDTH);
		cli_output_right(signed_text(item, "part", arena), NUMBER_WIDTH);
		putchar('\n');
	}
}

static void print_cause(const struct cli_args *args, const struct json *item, struct arena *arena)
{
	const char *cause = plain_text(item, "cause", arena);
	const struct json *before = json_is(json_find(item, "values"), JSON_ARRAY) ? json_first(json_find(item, "values")) : NULL;
	cli_output_padded(text_equal(cause, "own") ? title_of(item, args->lang) : extract_cause(cause, args->lang), TITLE_WIDTH);
	cli_output_right(signed_text(item, "score", arena), NUMBER_WIDTH);
	cli_output_right(signed_text(item, "places", arena), NUMBER_WIDTH);
	if (before != NULL)
		printf("   %s → %s", json_is(before, JSON_STRING) ? json_string(before) : "–",
		       json_is(json_next(before), JSON_STRING) ? json_string(json_next(before)) : "–");
	putchar('\n');
}

static void print_rivals(const struct cli_args *args, const struct json *rivals, struct arena *arena)
{
	size_t shown = 0, count = json_count(rivals);
	for (const struct json *item = json_first(rivals); item != NULL && shown < RIVALS_SHOWN; item = json_next(item), shown++) {
		const char *through = cli_document_text(item, "through", arena);
		printf("  %s %s", move_text(plain_text(item, "move", arena), args->lang), cli_document_name(item, args->lang));
		if (through[0] != '\0')
			printf(" (%s)", through);
		putchar('\n');
	}
	if (count > shown)
		printf(cli_text(args->lang, "  and %zu more\n", "  и ещё %zu\n"), count - shown);
}

static void print_change(const struct cli_args *args, const struct json *change, struct arena *arena)
{
	enum cli_lang lang = args->lang;
	const struct json *places = json_find(change, "places");
	int64_t before = 0, after = 0;
	if (!json_is(places, JSON_ARRAY) || !json_integer(json_first(places), &before) ||
	    !json_integer(json_next(json_first(places)), &after)) {
		printf("%s\n", cli_text(lang, "\nIt was not rated in both periods: there is no change to account for.",
		                        "\nРегион не был в рейтинге обоих периодов: объяснять нечего."));
		return;
	}
	printf(cli_text(lang, "\nSince %s, from place %lld to %lld:\n", "\nПо сравнению с %s: место было %lld, стало %lld:\n"),
	       plain_text(change, "against", arena), (long long)before, (long long)after);
	cli_output_padded(cli_text(lang, "cause", "причина"), TITLE_WIDTH);
	cli_output_right(cli_text(lang, "score", "баллы"), NUMBER_WIDTH);
	cli_output_right(cli_text(lang, "places", "места"), NUMBER_WIDTH);
	putchar('\n');
	for (const struct json *item = json_first(json_find(change, "causes")); item != NULL; item = json_next(item))
		print_cause(args, item, arena);
	print_rivals(args, json_find(change, "rivals"), arena);
}

/* The events of what an indicator counts. */
static const struct json *events_of(const struct json *lineage, const struct json *counted)
{
	const char *kind = json_find_string(counted, "kind"), *id = json_find_string(counted, "entity");
	for (const struct json *item = json_first(json_find(lineage, "entities")); item != NULL; item = json_next(item)) {
		if (text_equal(json_find_string(item, "kind"), kind) && text_equal(json_find_string(item, "entity"), id))
			return json_find(item, "events");
	}
	return NULL;
}

static void print_entity(const struct json *lineage, const struct json *entity, struct arena *arena)
{
	const struct json *events = events_of(lineage, entity);
	size_t shown = 0, count = events != NULL ? json_count(events) : 0;
	printf("    %s %s\n", plain_text(entity, "kind", arena), plain_text(entity, "entity", arena));
	for (const struct json *event = events != NULL ? json_first(events) : NULL; event != NULL && shown < EVENTS_SHOWN; event = json_next(event), shown++)
		printf("      %s  %s  %.16s…\n", plain_text(event, "seq", arena), plain_text(event, "type", arena),
		       plain_text(event, "hash", arena));
	if (count > shown)
		printf("      + %zu\n", count - shown);
}

static void print_lineage(const struct cli_args *args, const struct json *lineage, struct arena *arena)
{
	printf("%s\n", cli_text(args->lang, "\nWhere the figures come from:", "\nОткуда взяты показатели:"));
	for (const struct json *item = json_first(json_find(lineage, "indicators")); item != NULL; item = json_next(item)) {
		const struct json *entities = json_find(item, "entities");
		size_t shown = 0, count = json_count(entities);
		printf("  %s = %s  (%s / %s)\n", plain_text(item, "indicator", arena), plain_text(item, "value", arena),
		       plain_text(item, "numerator", arena), plain_text(item, "denominator", arena));
		for (const struct json *entity = json_first(entities); entity != NULL && shown < ENTITIES_SHOWN;
		     entity = json_next(entity), shown++)
			print_entity(lineage, entity, arena);
		if (count > shown)
			printf(cli_text(args->lang, "    and %zu more; all of them with --format json\n", "    и ещё %zu; все — с --format json\n"),
			       count - shown);
	}
}

static void print_text(const struct cli_args *args, const struct json *account, struct arena *arena)
{
	print_head(args, account, arena);
	if (json_is(json_find(account, "contributions"), JSON_OBJECT))
		print_contributions(args, json_find(account, "contributions"), arena);
	if (cli_args_value(args, "against") != NULL)
		print_change(args, json_find(account, "change"), arena);
	if (json_is(json_find(account, "lineage"), JSON_OBJECT))
		print_lineage(args, json_find(account, "lineage"), arena);
}

/* ---- asking ---- */

static enum status ask_rating(const struct cli_args *args, const char *period, struct arena *arena, struct explain_rating *ret_rating)
{
	const struct cli_selection selection = {
		.period = period, .cohort = cli_args_value(args, "cohort"), .kind = cli_args_value(args, "kind")};
	return cli_document_rating(args, &selection, arena, ret_rating);
}

/* What is known of the period by now; the published document when it was of another methodology. */
static enum status ask_now(const struct cli_args *args, const struct explain_rating *older, struct arena *arena,
                           const struct json **ret_now)
{
	struct explain_rating now;
	const struct cli_selection selection = {
		.period = cli_args_value(args, "against"), .cohort = cli_args_value(args, "cohort"), .kind = "live"};
	enum status status = cli_document_rating(args, &selection, arena, &now);
	if (status == STATUS_OK && text_equal(now.methodology->code, older->methodology->code) &&
	    now.methodology->version == older->methodology->version)
		*ret_now = now.document;
	return status;
}

/* How far the rating read the region's log. */
static bool read_seq(const struct json *document, const char *region, uint64_t *ret_seq)
{
	const char *seq = json_find_string(json_find(json_find(document, "seqs"), region), "seq");
	char *end;
	if (seq == NULL || seq[0] < '0' || seq[0] > '9')
		return false;
	*ret_seq = strtoull(seq, &end, 10);
	return *end == '\0';
}

static enum status load_lineage(const struct cli_args *args, struct arena *arena, const char *region, uint64_t seq,
                                struct cli_lineage *lineage, struct fault *fault)
{
	struct db *db;
	const char *logs = cli_args_value(args, "logs");
	if (logs != NULL)
		return cli_lineage_from_export(logs, arena, region, seq, lineage, fault);
	enum status status = cli_output_connect_db(args, &db);
	if (status != STATUS_OK)
		return fault_set(fault, status, "database", "", -1, "%s",
		                 cli_text(args->lang, "--lineage needs the logs: --logs DIR, or a database",
		                          "для --lineage нужны журналы: --logs DIR либо база данных"));
	struct archive *archive = archive_new(cli_args_value(args, "log-archive"));
	status = cli_lineage_from_db(db, archive, arena, region, seq, lineage, fault);
	archive_destroy(&archive);
	db_disconnect(&db);
	return status;
}

/* *ret_text is NULL when nobody asked. */
static enum status trace(const struct cli_args *args, struct arena *arena, const struct explain_rating *rating, const char **ret_text,
                         struct fault *fault)
{
	const struct json *row = ranking_figures_find(rating->document, args->arguments[0]);
	const char *region = json_find_string(row, "region"), *authority = json_find_string(row, "authority");
	const char *period = json_find_string(rating->document, "period");
	struct cli_lineage lineage = {0};
	struct buf text;
	uint64_t seq;
	*ret_text = NULL;
	if (!cli_args_flag(args, "lineage") || region == NULL || period == NULL)
		return STATUS_OK;
	if (!read_seq(rating->document, region, &seq))
		return fault_set(fault, STATUS_INVALID, "document", "/seqs", -1, "the rating does not say how far it read the log");
	enum status status = load_lineage(args, arena, region, seq, &lineage, fault);
	if (status == STATUS_OK) {
		buf_init(&text, ACCOUNT_BYTES_MAX);
		const char *subject = authority != NULL ? arena_printf(arena, "authority/%s", authority) : "";
		lineage_write(&text, &lineage.log, lineage.rules->definitions, rating->methodology, subject, period);
		*ret_text = arena_text(arena, text.at, text.len);
		status = buf_ok(&text) ? STATUS_OK : fault_set(fault, STATUS_TOO_LARGE, "too_large", "", -1, "the lineage is too long");
		buf_clear(&text);
	}
	cli_lineage_clear(&lineage);
	return status;
}

static enum status explain(const struct cli_args *args, struct arena *arena, struct buf *account)
{
	struct fault fault = {.offset = -1};
	struct explain_rating older;
	struct explain_question question = {.unit = args->arguments[0]};
	const char *against = cli_args_value(args, "against");
	enum status status = ask_rating(args, cli_args_value(args, "period"), arena, &question.newer);
	if (status == STATUS_OK && against != NULL) {
		question.older = &older;
		status = ask_rating(args, against, arena, &older);
		if (status == STATUS_OK)
			status = ask_now(args, &older, arena, &question.older_now);
	}
	if (status != STATUS_OK)
		return status;
	status = trace(args, arena, &question.newer, &question.lineage, &fault);
	if (status == STATUS_OK)
		status = explain_write(arena, account, &question, &fault);
	if (status != STATUS_OK)
		cli_output_fault(args, &fault);
	return status;
}

int cli_rating_explain(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	enum cli_format format;
	struct buf text;
	const struct json *account;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format) || cli_args_required(&args, "period") == NULL)
		return CLI_EXIT_USAGE;
	struct arena *arena = arena_new(CLI_DOCUMENT_ARENA_MAX);
	buf_init(&text, ACCOUNT_BYTES_MAX);
	static const struct json_limits LIMITS = {.bytes_max = ACCOUNT_BYTES_MAX, .depth_max = 32, .members_max = 65536};
	enum status status = explain(&args, arena, &text);
	if (status == STATUS_OK && format == CLI_FORMAT_JSON)
		cli_document_print(buf_span(&text));
	else if (status == STATUS_OK)
		status = json_parse(arena, text.at, text.len, &LIMITS, &account, NULL);
	if (status == STATUS_OK && format != CLI_FORMAT_JSON)
		print_text(&args, account, arena);
	buf_clear(&text);
	arena_destroy(&arena);
	return cli_query_exit(status);
}
