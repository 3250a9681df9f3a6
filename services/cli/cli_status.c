/* cli_status: how far every consumer has come, and what waits for a person. */
#include "common/ambient.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_sources_store.h"

#include <poll.h>
#include <stdio.h>

#define POLL_MS 100

static const struct cli_option OPTIONS[] = {
	{"wait-settled", NULL, NULL, NULL, "wait until every consumer has reached every head", "ждать, пока все потребители дойдут до конца журналов"},
	{"timeout", "SECONDS", NULL, "300", "with --wait-settled: how long", "с --wait-settled: сколько ждать"},
	{"silent-days", "N", NULL, "45", "a source is silent after so many days without an event", "источник молчит, если столько дней не было событий"},
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "status",
	.example = "effreg status --wait-settled --timeout 60",
	.en = "Shows stored events, how far each consumer is behind, what is parked and in quarantine, and which sources are silent.",
	.ru = "Показывает число событий, отставание каждого потребителя, отложенное и карантин, а также замолчавшие источники.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 shown or settled, 1 not settled within --timeout, 2 bad arguments, 4 no database",
	.exits_ru = "0 показано или всё обработано, 1 за --timeout не успело, 2 неверные аргументы, 4 нет базы данных",
};

/* One number a row: the same names in JSON and in the database's words. */
static const char COUNTS_SQL[] =
	"SELECT 'events', COALESCE(pg_catalog.sum(last_seq), 0)::bigint, false FROM effreg.event_head"
	" UNION ALL SELECT 'metrics_behind', COALESCE(pg_catalog.sum(h.last_seq - COALESCE(c.seq, 0)), 0)::bigint, true FROM effreg.event_head h"
	"  LEFT JOIN effreg.cursor c ON c.consumer = 'metrics' AND c.stream = 'event' AND c.key = h.region_id"
	" UNION ALL SELECT 'ranking_behind', COALESCE(pg_catalog.sum(h.last_seq - COALESCE(c.seq, 0)), 0)::bigint, true FROM effreg.metric_head h"
	"  LEFT JOIN effreg.cursor c ON c.consumer = 'ranking' AND c.stream = 'metric' AND c.key = h.region_id"
	" UNION ALL SELECT 'ratings_due', pg_catalog.count(*), true FROM effreg.rating_due"
	" UNION ALL SELECT 'notify_behind', COALESCE(pg_catalog.sum(h.last_seq - COALESCE(c.seq, 0)), 0)::bigint, true FROM effreg.rating_head h"
	"  LEFT JOIN effreg.cursor c ON c.consumer = 'notify' AND c.stream = 'rating' AND c.key = h.cohort"
	" UNION ALL SELECT 'notices_unsent', pg_catalog.count(*), true FROM effreg.notice WHERE sent_time IS NULL"
	" UNION ALL SELECT 'parked', pg_catalog.count(*), false FROM effreg.attempt WHERE parked_time IS NOT NULL"
	" UNION ALL SELECT 'quarantine', pg_catalog.count(*), false FROM effreg.quarantine";

struct count_name {
	const char *code, *en, *ru;
};

static const struct count_name NAMES[] = {
	{"events", "events stored", "событий сохранено"},
	{"metrics_behind", "events metrics has still to take", "событий ждёт расчёта показателей"},
	{"ranking_behind", "metric records ranking has still to take", "записей ждёт рейтинг"},
	{"ratings_due", "ratings to compute", "рейтингов к расчёту"},
	{"notify_behind", "published ratings notify has still to take", "публикаций ждёт уведомлений"},
	{"notices_unsent", "notices not sent yet", "уведомлений не отправлено"},
	{"parked", "records parked", "записей отложено"},
	{"quarantine", "events in quarantine", "событий в карантине"},
};

static const char *count_text(enum cli_lang lang, const char *code)
{
	for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
		if (text_equal(NAMES[i].code, code))
			return cli_text(lang, NAMES[i].en, NAMES[i].ru);
	}
	return code;
}

static bool is_settled(const struct db_rows *rows)
{
	for (size_t row = 0; row < db_rows_count(rows); row++) {
		if (db_get_bool(rows, row, 2) && db_get_integer(rows, row, 1) > 0)
			return false;
	}
	return true;
}

/* As many as are read in a glance; effreg sources has all of them. */
#define SILENT_SHOWN_MAX 20

static size_t count_silent(const struct db_rows *sources)
{
	size_t silent = 0;
	for (size_t row = 0; row < db_rows_count(sources); row++)
		silent += db_get_bool(sources, row, SOURCES_SILENT);
	return silent;
}

static void print_silent_json(const struct db_rows *sources)
{
	bool first = true;
	printf(",\"sources\":%zu,\"silent\":[", db_rows_count(sources));
	for (size_t row = 0; row < db_rows_count(sources); row++) {
		if (!db_get_bool(sources, row, SOURCES_SILENT))
			continue;
		printf("%s{\"region\":\"%s\",\"source\":\"%s\",\"last_time\":\"%s\"}", first ? "" : ",", db_get_text(sources, row, SOURCES_REGION),
		       db_get_text(sources, row, SOURCES_NAME), db_get_text(sources, row, SOURCES_LAST));
		first = false;
	}
	printf("]");
}

static void print_silent_text(const struct cli_args *args, const struct db_rows *sources)
{
	size_t silent = count_silent(sources), shown = 0;
	printf("%10zu  %s\n", silent, cli_text(args->lang, "sources silent", "источников молчит"));
	for (size_t row = 0; row < db_rows_count(sources) && shown < SILENT_SHOWN_MAX; row++) {
		if (!db_get_bool(sources, row, SOURCES_SILENT))
			continue;
		printf("            ✗ %s  %s  %.19s\n", db_get_text(sources, row, SOURCES_REGION), db_get_text(sources, row, SOURCES_NAME),
		       db_get_text(sources, row, SOURCES_LAST));
		shown++;
	}
	if (silent > shown)
		printf("            %s\n", cli_text(args->lang, "and more: effreg sources --silent", "и другие: effreg sources --silent"));
}

static void print_counts(const struct cli_args *args, bool json, const struct db_rows *rows, const struct db_rows *sources)
{
	printf("%s", json ? "{" : "");
	for (size_t row = 0; row < db_rows_count(rows); row++) {
		if (json)
			printf("%s\"%s\":%s", row == 0 ? "" : ",", db_get_text(rows, row, 0), db_get_text(rows, row, 1));
		else
			printf("%10s  %s\n", db_get_text(rows, row, 1), count_text(args->lang, db_get_text(rows, row, 0)));
	}
	if (json)
		print_silent_json(sources);
	else
		print_silent_text(args, sources);
	if (json)
		printf(",\"settled\":%s}\n", is_settled(rows) ? "true" : "false");
	else
		printf("%s\n", is_settled(rows) ? cli_text(args->lang, "settled", "всё обработано") : cli_text(args->lang, "not settled", "обработка идёт"));
}

/* Asks until settled, or once. While the database is away, it is asked again too. */
static enum status watch(const struct cli_args *args, struct db *db, bool wait, int64_t timeout_s, struct db_rows **ret_rows)
{
	int64_t until_ms = ambient_monotonic_ms() + timeout_s * 1000;
	for (;;) {
		struct db_rows *rows = NULL;
		enum status status = db_begin(db);
		if (status == STATUS_OK)
			status = db_query(db, COUNTS_SQL, NULL, 0, &rows);
		db_rollback(db);
		bool settled = status == STATUS_OK && is_settled(rows);
		bool again = wait && !settled && (status == STATUS_OK || status_group(status) == STATUS_GROUP_TRANSIENT);
		if (!again || ambient_monotonic_ms() > until_ms) {
			*ret_rows = rows;
			return status;
		}
		if (status == STATUS_OK)
			cli_output_progress("%s %s", db_get_text(rows, 1, 1), count_text(args->lang, db_get_text(rows, 1, 0)));
		db_rows_destroy(&rows);
		poll(NULL, 0, POLL_MS);
	}
}

int cli_status(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct db *db;
	struct db_rows *rows, *sources = NULL;
	enum cli_format format;
	int64_t timeout_s, silent_days;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format) || !cli_args_number(&args, "timeout", 1, 86400, &timeout_s)
	    || !cli_args_number(&args, "silent-days", 0, 36500, &silent_days))
		return CLI_EXIT_USAGE;
	if (cli_output_connect_db(&args, &db) != STATUS_OK)
		return CLI_EXIT_UNREACHABLE;
	bool wait = cli_args_flag(&args, "wait-settled");
	enum status status = watch(&args, db, wait, timeout_s, &rows);
	cli_output_progress_end();
	exit_code = CLI_EXIT_UNREACHABLE;
	if (status == STATUS_OK)
		status = sources_find(db, NULL, silent_days, &sources);
	if (status == STATUS_OK) {
		print_counts(&args, format == CLI_FORMAT_JSON, rows, sources);
		exit_code = wait && !is_settled(rows) ? CLI_EXIT_NEGATIVE : CLI_EXIT_OK;
	} else {
		cli_output_error(&args, "%s", db_error(db));
	}
	db_rows_destroy(&sources);
	db_rows_destroy(&rows);
	db_disconnect(&db);
	return exit_code;
}
