/* cli_import: import: a table that people keep becomes events, by a mapping; or the empty table for them to fill in.
 *
 * Every row is checked as the centre checks it. Faults name the file, the row and the column. Nothing is written unless every row is
 * good: half a table is nobody's wish. */
#include "common/ambient.h"
#include "common/contract.h"
#include "common/csv.h"
#include "common/mapping.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"

#include <stdio.h>
#include <stdlib.h>

#define TABLE_BYTES_MAX   ((size_t)64 * 1024 * 1024)
#define EVENTS_BYTES_MAX  ((size_t)1024 * 1024 * 1024)
#define ROW_ARENA_MAX     ((size_t)64 * 1024 * 1024)
#define FAULTS_SHOWN      100

static const struct cli_option OPTIONS[] = {
	{"mapping", "FILE", NULL, NULL, "which columns become what: a document of mapping.v1.json", "какие столбцы чем становятся: документ по mapping.v1.json"},
	{"out", "FILE", NULL, NULL, "where to write; to stdout when absent", "куда записать; по умолчанию — в стандартный вывод"},
	{"dry-run", NULL, NULL, NULL, "check the table and write nothing", "проверить таблицу и ничего не писать"},
	{"template", NULL, NULL, NULL, "write an empty table with the mapping's columns", "записать пустую таблицу со столбцами настройки"},
};

static const struct cli_command COMMAND = {
	.name = "import",
	.example = "effreg import projects.csv --mapping deploy/config/mapping.projects.json --out projects.ndjson",
	.en = "Turns a table into events, a line each, for effreg push or an agent's inbox. Faults name file, row and column, and then nothing\n"
	      "is written. The same table imported again gives the same bytes under the same ids: duplicates without effect.",
	.ru = "Превращает таблицу в события, по одному в строке, — для effreg push или папки агента. Ошибки указывают файл, строку и\n"
	      "столбец, и тогда ничего не записывается. Повторный импорт той же таблицы даёт те же события: дубли, ни на что не влияющие.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.arguments = "[FILE.csv]",
	.arguments_min = 0,
	.arguments_max = 1,
	.exits_en = "0 done, 2 bad arguments, mapping or unreadable file, 3 some rows are refused: nothing was written",
	.exits_ru = "0 выполнено, 2 неверные аргументы, настройка или файл не читается, 3 часть строк отвергнута: ничего не записано",
};

struct import {
	const struct cli_args *args;
	const char *file;
	struct arena *arena;       /* of the mapping and the table */
	struct arena *row_arena;
	struct contract *contract;
	struct mapping *mapping;
	struct buf events;
	size_t rows, made, refused;
};

/* ---- The mapping ---- */

static enum status read_mapping(struct import *import, const char *path, struct fault *fault)
{
	struct span text = {0};
	const struct json *document;
	enum status status = ambient_read_file(import->arena, path, MAPPING_BYTES_MAX, &text, fault);
	if (status == STATUS_OK)
		status = json_parse(import->arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, &document, fault);
	if (status == STATUS_OK)
		status = schema_validate(contract_schema(import->contract, "mapping.v1.json"), document, import->arena, fault);
	if (status == STATUS_OK)
		status = mapping_new(import->arena, document, &import->mapping, fault);
	return status;
}

/* ---- Rows ---- */

static void tell(struct import *import, size_t row, const char *column, const struct fault *fault)
{
	const char *text = import->args->lang == CLI_LANG_RU ? fault_text_ru(fault) : fault->text;
	import->refused++;
	if (import->refused > FAULTS_SHOWN)
		return;
	if (column == NULL)
		fprintf(stderr, cli_text(import->args->lang, "%s: row %zu: %s %s: %s\n", "%s: строка %zu: %s %s: %s\n"), import->file, row, fault->code, fault->pointer, text);
	else
		fprintf(stderr, cli_text(import->args->lang, "%s: row %zu, column \"%s\": %s %s: %s\n", "%s: строка %zu, столбец «%s»: %s %s: %s\n"), import->file, row,
		        column, fault->code, fault->pointer, text);
}

static bool is_empty(const char *const *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (cells[i][strspn(cells[i], " \t")] != '\0')
			return false;
	}
	return true;
}

static void take_event(struct import *import, size_t row, const struct mapping_event *event)
{
	struct envelope envelope;
	char id[UUID_TEXT_SIZE];
	struct fault fault = {.offset = -1};
	if (contract_check(import->contract, event->bytes, import->row_arena, &envelope, id, &fault) != STATUS_OK) {
		tell(import, row, mapping_column_of(import->row_arena, event->from, fault.pointer), &fault);
		return;
	}
	import->made++;
	buf_append(&import->events, event->bytes.at, event->bytes.len);
	buf_text(&import->events, "\n");
}

static void take_row(struct import *import, size_t row, const char *const *cells, size_t count)
{
	struct mapping_event events[MAPPING_EVENTS_MAX];
	size_t events_count;
	const char *column;
	struct fault fault = {.offset = -1};
	if (is_empty(cells, count))
		return;
	import->rows++;
	if (mapping_make(import->mapping, import->row_arena, cells, count, events, &events_count, &column, &fault) != STATUS_OK) {
		tell(import, row, column, &fault);
		return;
	}
	for (size_t i = 0; i < events_count; i++)
		take_event(import, row, &events[i]);
}

static enum status read_rows(struct import *import, struct csv_reader *reader, struct fault *fault)
{
	const char *const *cells;
	size_t count;
	enum status status;
	while ((status = csv_read_row(reader, import->row_arena, &cells, &count, fault)) == STATUS_OK) {
		take_row(import, reader->line, cells, count);
		arena_reset(import->row_arena);
	}
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status read_table(struct import *import, struct fault *fault)
{
	struct span text = {0};
	struct csv_reader reader;
	const char *const *header;
	size_t count;
	enum status status = ambient_read_file(import->arena, import->file, TABLE_BYTES_MAX, &text, fault);
	if (status != STATUS_OK)
		return status;
	csv_reader_init(&reader, text);
	reader.separator = mapping_separator(import->mapping);
	status = csv_read_row(&reader, import->arena, &header, &count, fault);
	if (status == STATUS_NOT_FOUND)
		return fault_tell(fault, STATUS_INVALID, "bad_csv", "", -1, "%s is empty: its first row names the columns", "%s пуст: первая строка называет столбцы", import->file);
	if (status == STATUS_OK)
		status = mapping_bind(import->mapping, header, count, fault);
	return status == STATUS_OK ? read_rows(import, &reader, fault) : status;
}

/* ---- Writing ---- */

static void write_template(struct import *import)
{
	const char *const *columns;
	const char separator[] = {mapping_separator(import->mapping), '\0'};
	size_t count = mapping_columns(import->mapping, &columns);
	buf_text(&import->events, "\xEF\xBB\xBF");  /* so that Excel takes it for UTF-8 */
	for (size_t i = 0; i < count; i++) {
		buf_text(&import->events, i == 0 ? "\"" : separator);
		buf_text(&import->events, i == 0 ? "" : "\"");
		for (const char *at = columns[i]; *at != '\0'; at++)
			buf_append(&import->events, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1);
		buf_text(&import->events, "\"");
	}
	buf_text(&import->events, "\r\n");
}

static enum status write_out(const struct import *import, struct fault *fault)
{
	const char *path = cli_args_value(import->args, "out");
	if (!buf_ok(&import->events))
		return fault_set(fault, STATUS_TOO_LARGE, "too_large", "", -1, "%s makes more than 1 GiB of events: split it", import->file);
	if (path != NULL)
		return ambient_write_file(path, buf_span(&import->events), 0644, fault);
	return fwrite(buf_span(&import->events).at, 1, import->events.len, stdout) == import->events.len
	           ? STATUS_OK
	           : fault_set(fault, STATUS_UNAVAILABLE, "file", "", -1, "cannot write to stdout");
}

static enum status work(struct import *import, const char *mapping_file, struct fault *fault)
{
	enum status status = contract_new(&import->contract, fault);
	if (status == STATUS_OK)
		status = read_mapping(import, mapping_file, fault);
	if (status != STATUS_OK)
		return status;
	if (cli_args_flag(import->args, "template")) {
		write_template(import);
		return write_out(import, fault);
	}
	status = read_table(import, fault);
	if (status != STATUS_OK)
		return status;
	fprintf(stderr, cli_text(import->args->lang, "%zu rows, %zu events, %zu refusals\n", "строк %zu, событий %zu, отказов %zu\n"), import->rows, import->made,
	        import->refused);
	bool writes = import->refused == 0 && !cli_args_flag(import->args, "dry-run");
	return writes ? write_out(import, fault) : STATUS_OK;
}

int cli_import(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct import import = {.args = &args};
	struct fault fault = {.offset = -1};
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	const char *mapping_file = cli_args_required(&args, "mapping");
	if (mapping_file == NULL)
		return CLI_EXIT_USAGE;
	if (cli_args_flag(&args, "template") != (args.arguments_count == 0)) {
		cli_output_error(&args, "%s", cli_text(lang, "give a table to import, or --template for an empty one", "укажите таблицу или --template, чтобы получить пустую"));
		return CLI_EXIT_USAGE;
	}
	import.file = args.arguments_count == 0 ? "" : args.arguments[0];
	import.arena = arena_new(TABLE_BYTES_MAX + JSON_ARENA_BYTES(MAPPING_BYTES_MAX) + ROW_ARENA_MAX);
	import.row_arena = arena_new(ROW_ARENA_MAX);
	buf_init(&import.events, EVENTS_BYTES_MAX);
	enum status status = work(&import, mapping_file, &fault);
	if (status != STATUS_OK)
		cli_output_fault(&args, &fault);
	exit_code = status != STATUS_OK ? CLI_EXIT_USAGE : import.refused > 0 ? CLI_EXIT_REJECTED : CLI_EXIT_OK;
	contract_destroy(&import.contract);
	arena_destroy(&import.arena);
	arena_destroy(&import.row_arena);
	buf_clear(&import.events);
	return exit_code;
}
