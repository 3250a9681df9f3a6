/* cli_import: import: a table that people keep becomes events, by a mapping; or the empty table for them to fill in.
 *
 * Every row is checked as the centre checks it. Faults name the file, the sheet, the row and the column. Nothing is written unless every row is
 * good: half a table is nobody's wish. */
#include "common/ambient.h"
#include "common/contract.h"
#include "common/mapping.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_registry.h"
#include "services/cli/cli_table.h"
#include "services/cli/cli_template.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define EVENTS_BYTES_MAX  ((size_t)1024 * 1024 * 1024)
#define ROW_ARENA_MAX     ((size_t)64 * 1024 * 1024)
#define FAULTS_SHOWN      100
#define HEADER_ROWS       20  /* the names of the columns stand in one of the first so many */
#define EXAMPLE_MAPPING   "deploy/config/mapping.projects.json"

static const struct cli_option OPTIONS[] = {
	{"mapping", "FILE", NULL, NULL, "which columns become what: a document of mapping.v1.json", "какие столбцы чем становятся: документ по mapping.v1.json"},
	{"sheet", "NAME", NULL, NULL, "the sheet of a workbook to read; the first that is not hidden when absent",
	 "какой лист книги читать; по умолчанию — первый из видимых"},
	{"out", "FILE", NULL, NULL, "where to write; to stdout when absent", "куда записать; по умолчанию — в стандартный вывод"},
	{"dry-run", NULL, NULL, NULL, "check the table and write nothing", "проверить таблицу и ничего не писать"},
	{"template", NULL, NULL, NULL, "write an empty table to fill in: a workbook when --out ends in .xlsx, else CSV; without --mapping that of projects",
	 "записать пустую таблицу для заполнения: книгу Excel, если --out оканчивается на .xlsx, иначе CSV; без --mapping — таблицу проектов"},
};

static const struct cli_command COMMAND = {
	.name = "import",
	.example = "effreg import projects.xlsx --mapping deploy/config/mapping.projects.json --out projects.ndjson",
	.en = "Turns a table, a workbook of Excel (.xlsx) or CSV, into events, a line each, for effreg push or an agent's inbox. Faults name file,\n"
	      "sheet, row and column, and then nothing is written. The same table imported again gives the same bytes under the same ids:\n"
	      "duplicates without effect. Cells of a workbook are read as they look: 15 digits, dates by their format, stored values of formulas.",
	.ru = "Превращает таблицу — книгу Excel (.xlsx) или CSV — в события, по одному в строке, для effreg push или папки агента. Ошибки\n"
	      "указывают файл, лист, строку и столбец, и тогда ничего не записывается. Повторный импорт той же таблицы даёт те же события: дубли,\n"
	      "ни на что не влияющие. Ячейки книги читаются так, как выглядят: 15 цифр, даты по формату, сохранённые значения формул.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.arguments = "[FILE.xlsx|FILE.csv]",
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
	struct table *table;
	bool has_header;
	struct buf events;
	size_t rows, made, refused;
};

/* ---- The mapping ---- */

/* path: NULL for the one that comes with the program. */
static enum status read_mapping(struct import *import, const char *path, struct fault *fault)
{
	struct span text = {0};
	const struct json *document;
	enum status status = path == NULL ? registry_find_file(EXAMPLE_MAPPING, &text, fault)
	                                  : ambient_read_file(import->arena, path, MAPPING_BYTES_MAX, &text, fault);
	if (status == STATUS_OK)
		status = json_parse(import->arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, &document, fault);
	if (status == STATUS_OK)
		status = schema_validate(contract_schema(import->contract, "mapping.v1.json"), document, import->arena, fault);
	if (status == STATUS_OK)
		status = mapping_new(import->arena, document, &import->mapping, fault);
	return status;
}

/* ---- Rows ---- */

/* "projects.xlsx: sheet "2024", row 7, column C "Opened on": bad_cell: …" */
static void tell(struct import *import, size_t row, const char *column, const struct fault *fault)
{
	enum cli_lang lang = import->args->lang;
	const char *text = lang == CLI_LANG_RU ? fault_text_ru(fault) : fault->text;
	const char *sheet = table_sheet(import->table);
	int place = column == NULL ? -1 : mapping_place_of(import->mapping, column);
	char letters[XLSX_COLUMN_SIZE];
	import->refused++;
	if (import->refused > FAULTS_SHOWN)
		return;
	fprintf(stderr, "%s: ", import->file);
	if (sheet != NULL)
		fprintf(stderr, cli_text(lang, "sheet \"%s\", ", "лист «%s», "), sheet);
	fprintf(stderr, cli_text(lang, "row %zu", "строка %zu"), row);
	if (column != NULL && sheet != NULL && place >= 0)
		fprintf(stderr, cli_text(lang, ", column %s \"%s\"", ", столбец %s «%s»"), xlsx_column((size_t)place, letters), column);
	else if (column != NULL)
		fprintf(stderr, cli_text(lang, ", column \"%s\"", ", столбец «%s»"), column);
	fprintf(stderr, ": %s %s: %s\n", fault->code, fault->pointer, text);
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

/* Whether every cell that the mapping reads is readable; tells of those that are not. */
static bool is_readable(struct import *import, const struct table_row *row)
{
	size_t before = import->refused;
	for (size_t place = 0; row->flaws != NULL && place < row->count; place++) {
		const char *column = row->flaws[place] == XLSX_FLAW_NONE ? NULL : mapping_column_at(import->mapping, place);
		struct fault fault = {.offset = -1};
		if (column != NULL && xlsx_flaw_tell(row->flaws[place], row->cells[place], &fault) != STATUS_OK)
			tell(import, row->number, column, &fault);
	}
	return import->refused == before;
}

static void make_row(struct import *import, const struct table_row *row)
{
	struct mapping_event events[MAPPING_EVENTS_MAX];
	size_t events_count;
	const char *column;
	struct fault fault = {.offset = -1};
	import->rows++;
	if (!is_readable(import, row))
		return;
	if (mapping_make(import->mapping, import->row_arena, row->cells, row->count, events, &events_count, &column, &fault) != STATUS_OK) {
		tell(import, row->number, column, &fault);
		return;
	}
	for (size_t i = 0; i < events_count; i++)
		take_event(import, row->number, &events[i]);
}

/* The first row of a text file names the columns. Above a sheet's table people write titles: its header is the first row that names one. */
static enum status take_row(void *context, const struct table_row *row, struct fault *fault)
{
	struct import *import = context;
	if (import->has_header && row->flaws == NULL && is_empty(row->cells, row->count))
		return STATUS_OK;
	if (import->has_header) {
		make_row(import, row);
		return STATUS_OK;
	}
	if (row->flaws != NULL && row->number < HEADER_ROWS && !mapping_is_header(import->mapping, row->cells, row->count))
		return STATUS_OK;
	import->has_header = true;
	return mapping_bind(import->mapping, row->cells, row->count, fault);
}

static enum status read_table(struct import *import, struct fault *fault)
{
	enum cli_lang lang = import->args->lang;
	enum status status = table_open(import->arena, import->file, mapping_separator(import->mapping), cli_args_value(import->args, "sheet"), &import->table, fault);
	if (status != STATUS_OK)
		return status;
	status = table_read(import->table, import->row_arena, take_row, import, fault);
	if (status == STATUS_OK && !import->has_header)
		status = fault_tell(fault, STATUS_INVALID, "no_column", "", -1, "there is no row with the names of the columns%s", "нет строки с названиями столбцов%s",
		                    table_sheet(import->table) == NULL ? "" : ": --sheet");
	if (status != STATUS_OK)
		return status;
	const char *others = table_other_sheets(import->table, import->arena, cli_text(lang, "\"", "«"), cli_text(lang, "\"", "»"));
	if (table_sheet(import->table) != NULL)
		fprintf(stderr, cli_text(lang, "sheet \"%s\": ", "лист «%s»: "), table_sheet(import->table));
	fprintf(stderr, cli_text(lang, "%zu rows, %zu events, %zu refusals\n", "строк %zu, событий %zu, отказов %zu\n"), import->rows, import->made,
	        import->refused);
	if (others[0] != '\0')
		fprintf(stderr, cli_text(lang, "not read: %s (--sheet)\n", "не читались: %s (--sheet)\n"), others);
	return STATUS_OK;
}

/* ---- Writing ---- */

static void write_text_template(struct import *import)
{
	const struct mapping_column *columns;
	const char separator[] = {mapping_separator(import->mapping), '\0'};
	size_t count = mapping_columns(import->mapping, &columns);
	buf_text(&import->events, "\xEF\xBB\xBF");  /* so that Excel takes it for UTF-8 */
	for (size_t i = 0; i < count; i++) {
		buf_text(&import->events, i == 0 ? "\"" : separator);
		buf_text(&import->events, i == 0 ? "" : "\"");
		for (const char *at = columns[i].name; *at != '\0'; at++)
			buf_append(&import->events, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1);
		buf_text(&import->events, "\"");
	}
	buf_text(&import->events, "\r\n");
}

/* Whether the centre's own check takes the sample row, of which only these cells are filled in. */
static bool is_sample_good(struct import *import, const bool filled[MAPPING_COLUMNS_MAX])
{
	const struct mapping_column *columns;
	const char *names[MAPPING_COLUMNS_MAX], *cells[MAPPING_COLUMNS_MAX];
	struct mapping_event events[MAPPING_EVENTS_MAX];
	struct fault fault;
	size_t events_count, count = mapping_columns(import->mapping, &columns);
	const char *column;
	for (size_t i = 0; i < count; i++) {
		names[i] = columns[i].name;
		cells[i] = filled[i] && columns[i].sample != NULL ? columns[i].sample : "";
	}
	arena_reset(import->row_arena);
	if (mapping_bind(import->mapping, names, count, &fault) != STATUS_OK ||
	    mapping_make(import->mapping, import->row_arena, cells, count, events, &events_count, &column, &fault) != STATUS_OK)
		return false;
	for (size_t i = 0; i < events_count; i++) {
		struct envelope envelope;
		char id[UUID_TEXT_SIZE];
		if (contract_check(import->contract, events[i].bytes, import->row_arena, &envelope, id, &fault) != STATUS_OK)
			return false;
	}
	return events_count > 0;
}

/* Which cells a row cannot do without: those that stay when one after the other is emptied as long as the row is still good. No list of
 * them is kept that could differ from the schemas. Again until nothing changes: a summary is needed only where there is a date. False
 * when the mapping has no sample row. */
static bool find_needed(struct import *import, bool needed[MAPPING_COLUMNS_MAX])
{
	const struct mapping_column *columns;
	size_t count = mapping_columns(import->mapping, &columns);
	for (size_t i = 0; i < count; i++)
		needed[i] = true;
	if (!is_sample_good(import, needed))
		return false;
	for (bool changed = true; changed;) {
		changed = false;
		for (size_t i = 0; i < count; i++) {
			if (!needed[i])
				continue;
			needed[i] = false;
			needed[i] = !is_sample_good(import, needed);
			changed = changed || !needed[i];
		}
	}
	return true;
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

static enum status write_template(struct import *import, struct fault *fault)
{
	const char *path = cli_args_value(import->args, "out");
	size_t len = path == NULL ? 0 : strlen(path);
	bool needed[MAPPING_COLUMNS_MAX];
	if (len > 5 && strcasecmp(path + len - 5, ".xlsx") == 0)
		return template_write(import->arena, import->mapping, find_needed(import, needed) ? needed : NULL, import->args->lang, path, fault);
	write_text_template(import);
	return write_out(import, fault);
}

static enum status work(struct import *import, const char *mapping_file, struct fault *fault)
{
	enum status status = contract_new(&import->contract, fault);
	if (status == STATUS_OK)
		status = read_mapping(import, mapping_file, fault);
	if (status != STATUS_OK)
		return status;
	if (cli_args_flag(import->args, "template"))
		return write_template(import, fault);
	status = read_table(import, fault);
	if (status != STATUS_OK)
		return status;
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
	const char *mapping_file = cli_args_flag(&args, "template") ? cli_args_value(&args, "mapping") : cli_args_required(&args, "mapping");
	if (mapping_file == NULL && !cli_args_flag(&args, "template"))
		return CLI_EXIT_USAGE;
	if (cli_args_flag(&args, "template") != (args.arguments_count == 0)) {
		cli_output_error(&args, "%s", cli_text(lang, "give a table to import, or --template for an empty one", "укажите таблицу или --template, чтобы получить пустую"));
		return CLI_EXIT_USAGE;
	}
	import.file = args.arguments_count == 0 ? "" : args.arguments[0];
	import.arena = arena_new(TABLE_ARENA_BYTES + JSON_ARENA_BYTES(MAPPING_BYTES_MAX) + ROW_ARENA_MAX);
	import.row_arena = arena_new(ROW_ARENA_MAX);
	buf_init(&import.events, EVENTS_BYTES_MAX);
	enum status status = work(&import, mapping_file, &fault);
	if (status != STATUS_OK)
		cli_output_fault(&args, &fault);
	exit_code = status != STATUS_OK ? CLI_EXIT_USAGE : import.refused > 0 ? CLI_EXIT_REJECTED : CLI_EXIT_OK;
	table_close(&import.table);
	contract_destroy(&import.contract);
	arena_destroy(&import.arena);
	arena_destroy(&import.row_arena);
	buf_clear(&import.events);
	return exit_code;
}
