/* cli_sources: what each source has sent, what it left out, and who has fallen silent: the alert is the exit code. */
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_registry.h"
#include "services/cli/cli_sources_store.h"

#include <stdio.h>

static const struct cli_option OPTIONS[] = {
	{"silent-days", "N", NULL, "45", "a source is silent after so many days without an event", "источник молчит, если столько дней не было событий"},
	{"silent", NULL, NULL, NULL, "only the silent ones; exit code 1 when there are any", "только замолчавшие; код завершения 1, если они есть"},
	{"format", "text|json|csv", NULL, "text", "how to print", "вид результата"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "sources",
	.example = "effreg sources --silent --silent-days 30",
	.en = "Shows every source of events: how many came, how many numbers are missing, when it was last heard of.\n"
	      "With --silent it is an alert: put it into a timer, and take exit code 1 for the alarm.",
	.ru = "Показывает каждый источник событий: сколько получено, сколько номеров пропущено, когда он сообщал в последний раз.\n"
	      "С --silent это оповещение: поставьте команду в таймер и считайте код завершения 1 тревогой.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.arguments = "[REGION]",
	.arguments_min = 0,
	.arguments_max = 1,
	.exits_en = "0 shown, 1 --silent and some are silent, 2 bad arguments, 4 no database",
	.exits_ru = "0 показано, 1 с --silent: есть замолчавшие, 2 неверные аргументы, 4 нет базы данных",
};

static void print_json(const struct db_rows *rows, size_t row, bool first)
{
	printf("%s{\"region\":\"%s\",\"source\":\"%s\",\"received\":%s,\"missing\":%s,\"last_time\":\"%s\",\"silent\":%s}", first ? "" : ",",
	       db_get_text(rows, row, SOURCES_REGION), db_get_text(rows, row, SOURCES_NAME), db_get_text(rows, row, SOURCES_RECEIVED),
	       db_get_text(rows, row, SOURCES_MISSING), db_get_text(rows, row, SOURCES_LAST), db_get_bool(rows, row, SOURCES_SILENT) ? "true" : "false");
}

static void print_csv(const struct db_rows *rows, size_t row)
{
	for (int column = 0; column <= SOURCES_LAST; column++) {
		cli_output_csv_field(db_get_text(rows, row, column));
		putchar(',');
	}
	printf("%s\n", db_get_bool(rows, row, SOURCES_SILENT) ? "true" : "false");
}

static void print_text(const struct cli_args *args, const struct db_rows *rows, size_t row)
{
	bool silent = db_get_bool(rows, row, SOURCES_SILENT);
	bool gaps = db_get_integer(rows, row, SOURCES_MISSING) > 0;
	printf("%s ", silent ? "✗" : gaps ? "!" : "✓");
	cli_output_padded(db_get_text(rows, row, SOURCES_REGION), 10);
	cli_output_padded(db_get_text(rows, row, SOURCES_NAME), 30);
	cli_output_right(db_get_text(rows, row, SOURCES_RECEIVED), 10);
	cli_output_right(db_get_text(rows, row, SOURCES_MISSING), 10);
	printf("  %.19s  %s\n", db_get_text(rows, row, SOURCES_LAST),
	       silent ? cli_text(args->lang, "silent", "молчит") : gaps ? cli_text(args->lang, "with gaps", "с пропусками") : "");
}

static void print_head(const struct cli_args *args, enum cli_format format)
{
	if (format == CLI_FORMAT_JSON)
		printf("[");
	if (format == CLI_FORMAT_CSV)
		printf("region,source,received,missing,last_time,silent\n");
	if (format != CLI_FORMAT_TEXT)
		return;
	printf("  ");
	cli_output_padded(cli_text(args->lang, "region", "регион"), 10);
	cli_output_padded(cli_text(args->lang, "source", "источник"), 30);
	cli_output_right(cli_text(args->lang, "received", "получено"), 10);
	cli_output_right(cli_text(args->lang, "missing", "пропущено"), 10);
	printf("  %s\n", cli_text(args->lang, "last heard of", "последнее сообщение"));
}

/* Returns how many are silent. */
static size_t print_rows(const struct cli_args *args, enum cli_format format, const struct db_rows *rows)
{
	bool only_silent = cli_args_flag(args, "silent");
	size_t silent = 0, printed = 0;
	print_head(args, format);
	for (size_t row = 0; row < db_rows_count(rows); row++) {
		bool is_silent = db_get_bool(rows, row, SOURCES_SILENT);
		silent += is_silent ? 1 : 0;
		if (only_silent && !is_silent)
			continue;
		if (format == CLI_FORMAT_JSON)
			print_json(rows, row, printed == 0);
		else if (format == CLI_FORMAT_CSV)
			print_csv(rows, row);
		else
			print_text(args, rows, row);
		printed++;
	}
	if (format == CLI_FORMAT_JSON)
		printf("]\n");
	return silent;
}

int cli_sources(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct fault fault = {.offset = -1};
	enum cli_format format;
	struct db *db;
	struct db_rows *rows = NULL;
	char region[OKTMO_TEXT_SIZE];
	int64_t silent_days;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format) || !cli_args_number(&args, "silent-days", 0, 36500, &silent_days))
		return CLI_EXIT_USAGE;
	if (args.arguments_count > 0 && registry_find_region(args.arguments[0], region, &fault) != STATUS_OK) {
		cli_output_fault(&args, &fault);
		return CLI_EXIT_USAGE;
	}
	if (cli_output_connect_db(&args, &db) != STATUS_OK)
		return CLI_EXIT_UNREACHABLE;
	exit_code = CLI_EXIT_UNREACHABLE;
	if (sources_find(db, args.arguments_count > 0 ? region : NULL, silent_days, &rows) == STATUS_OK) {
		size_t silent = print_rows(&args, format, rows);
		exit_code = cli_args_flag(&args, "silent") && silent > 0 ? CLI_EXIT_NEGATIVE : CLI_EXIT_OK;
		db_rows_destroy(&rows);
	} else {
		cli_output_error(&args, "%s", db_error(db));
	}
	db_disconnect(&db);
	return exit_code;
}
