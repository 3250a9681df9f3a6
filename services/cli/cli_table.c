#include "services/cli/cli_table.h"

#include "common/ambient.h"
#include "common/buf.h"
#include "common/csv.h"

#include <strings.h>

#define NAMES_BYTES_MAX ((size_t)128 * 1024)

struct table {
	struct span bytes;
	char separator;
	struct xlsx *workbook;  /* NULL for a text file */
	size_t sheet;
};

static enum status choose_sheet(struct table *table, const char *name, struct fault *fault)
{
	const struct xlsx_sheet *sheets;
	size_t count = xlsx_sheets(table->workbook, &sheets);
	for (table->sheet = 0; table->sheet < count; table->sheet++) {
		const struct xlsx_sheet *sheet = &sheets[table->sheet];
		if (name == NULL ? !sheet->is_hidden : text_equal(sheet->name, name))
			return STATUS_OK;
	}
	if (name == NULL)
		return fault_say(fault, STATUS_INVALID, "no_sheet", "", -1, "all sheets are hidden: name one with --sheet", "все листы скрыты: назовите нужный в --sheet");
	return fault_tell(fault, STATUS_INVALID, "no_sheet", "", -1, "there is no sheet \"%s\"; the first is \"%s\"", "нет листа «%s»; первый — «%s»", name, sheets[0].name);
}

static bool has_suffix(const char *path, const char *suffix)
{
	size_t len = strlen(path), of_suffix = strlen(suffix);
	return len > of_suffix && strcasecmp(path + len - of_suffix, suffix) == 0;
}

static enum status open_text(const char *path, const char *sheet, struct fault *fault)
{
	if (has_suffix(path, ".xlsx") || has_suffix(path, ".xlsm") || has_suffix(path, ".xls"))
		return fault_say(fault, STATUS_INVALID, "bad_xlsx", "", -1, "the file's name says workbook, and it is none: save the table in Excel as \"Excel Workbook (*.xlsx)\"",
		                 "по имени файла это книга Excel, но это не она: сохраните таблицу в Excel как «Книга Excel (*.xlsx)»");
	if (sheet != NULL)
		return fault_say(fault, STATUS_INVALID, "no_sheet", "", -1, "a text file has no sheets: leave --sheet out", "в текстовом файле нет листов: не указывайте --sheet");
	return STATUS_OK;
}

enum status table_open(struct arena *arena, const char *path, char separator, const char *sheet, struct table **ret_table,
                       struct fault *fault)
{
	struct table *table = arena_alloc(arena, sizeof *table);
	table->separator = separator;
	enum status status = ambient_read_file(arena, path, TABLE_BYTES_MAX, &table->bytes, fault);
	if (status != STATUS_OK)
		return status;
	if (!xlsx_is(table->bytes)) {
		status = open_text(path, sheet, fault);
	} else {
		status = xlsx_open(arena, table->bytes, &table->workbook, fault);
		if (status == STATUS_OK)
			status = choose_sheet(table, sheet, fault);
	}
	if (status == STATUS_OK) {
		*ret_table = table;
		return STATUS_OK;
	}
	fault_place(fault, "%s: ", "%s: ", path);
	table_close(&table);
	return status;
}

void table_close(struct table **table)
{
	if (*table != NULL)
		xlsx_close(&(*table)->workbook);
	*table = NULL;
}

const char *table_sheet(const struct table *table)
{
	const struct xlsx_sheet *sheets;
	if (table->workbook == NULL)
		return NULL;
	(void)xlsx_sheets(table->workbook, &sheets);
	return sheets[table->sheet].name;
}

const char *table_other_sheets(const struct table *table, struct arena *arena, const char *opening, const char *closing)
{
	const struct xlsx_sheet *sheets;
	size_t count = table->workbook == NULL ? 0 : xlsx_sheets(table->workbook, &sheets);
	struct buf names;
	buf_init(&names, NAMES_BYTES_MAX);
	for (size_t i = 0; i < count; i++) {
		if (i != table->sheet && !sheets[i].is_hidden)
			buf_printf(&names, "%s%s%s%s", names.len > 0 ? ", " : "", opening, sheets[i].name, closing);
	}
	const char *text = arena_text(arena, buf_span(&names).at, names.len);
	buf_clear(&names);
	return text;
}

/* ---- Rows ---- */

struct reading {
	table_take *take;
	void *context;
};

static enum status take_xlsx_row(void *context, const struct xlsx_row *row, struct fault *fault)
{
	const struct reading *reading = context;
	struct table_row given = {.number = row->number, .cells = row->cells, .flaws = row->flaws, .count = row->count};
	return reading->take(reading->context, &given, fault);
}

static enum status read_text(struct table *table, struct arena *row_arena, const struct reading *reading, struct fault *fault)
{
	struct csv_reader reader;
	enum status status = STATUS_OK;
	csv_reader_init(&reader, table->bytes);
	reader.separator = table->separator;
	while (status == STATUS_OK) {
		struct table_row row = {0};
		arena_reset(row_arena);
		status = csv_read_row(&reader, row_arena, &row.cells, &row.count, fault);
		row.number = reader.line;
		if (status == STATUS_NOT_FOUND)
			return STATUS_OK;
		if (status == STATUS_OK)
			status = reading->take(reading->context, &row, fault);
	}
	return status;
}

enum status table_read(struct table *table, struct arena *row_arena, table_take *take, void *context, struct fault *fault)
{
	struct reading reading = {.take = take, .context = context};
	if (table->workbook == NULL)
		return read_text(table, row_arena, &reading, fault);
	return xlsx_read(table->workbook, table->sheet, row_arena, take_xlsx_row, &reading, fault);
}
