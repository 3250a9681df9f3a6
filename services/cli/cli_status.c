/* cli_status: how far every consumer has come, and what waits for a person. */
#include "common/ambient.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"

#include <poll.h>
#include <stdio.h>

#define POLL_MS 100

static const struct cli_option OPTIONS[] = {
	{"wait-settled", NULL, NULL, NULL, "wait until every consumer has reached every head", "ждать, пока все потребители дойдут до конца журналов"},
	{"timeout", "SECONDS", NULL, "300", "with --wait-settled: how long", "с --wait-settled: сколько ждать"},
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "status",
	.example = "effreg status --wait-settled --timeout 60",
	.en = "Shows stored events, how far each consumer is behind, what is parked and in quarantine.",
	.ru = "Показывает число событий, отставание каждого потребителя, отложенное и карантин.",
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

static void print_counts(const struct cli_args *args, bool json, const struct db_rows *rows)
{
	printf("%s", json ? "{" : "");
	for (size_t row = 0; row < db_rows_count(rows); row++) {
		if (json)
			printf("%s\"%s\":%s", row == 0 ? "" : ",", db_get_text(rows, row, 0), db_get_text(rows, row, 1));
		else
			printf("%10s  %s\n", db_get_text(rows, row, 1), count_text(args->lang, db_get_text(rows, row, 0)));
	}
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
	struct db_rows *rows;
	enum cli_format format;
	int64_t timeout_s;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format) || !cli_args_number(&args, "timeout", 1, 86400, &timeout_s))
		return CLI_EXIT_USAGE;
	if (cli_output_connect_db(&args, &db) != STATUS_OK)
		return CLI_EXIT_UNREACHABLE;
	bool wait = cli_args_flag(&args, "wait-settled");
	enum status status = watch(&args, db, wait, timeout_s, &rows);
	cli_output_progress_end();
	exit_code = CLI_EXIT_UNREACHABLE;
	if (status == STATUS_OK) {
		print_counts(&args, format == CLI_FORMAT_JSON, rows);
		exit_code = wait && !is_settled(rows) ? CLI_EXIT_NEGATIVE : CLI_EXIT_OK;
		db_rows_destroy(&rows);
	} else {
		cli_output_error(&args, "%s", db_error(db));
	}
	db_disconnect(&db);
	return exit_code;
}
