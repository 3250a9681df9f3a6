/* cli_table: a table that people keep, as a file: CSV, or a sheet of a workbook. Which of them it is its first bytes say, not its name.
 *
 * What a row means is its taker's business; where it stands, this says in the words of the reader's own program: a row and a column's
 * letter of a sheet, a line of a text file. */
#ifndef EFFREG_CLI_TABLE_H
#define EFFREG_CLI_TABLE_H

#include "common/xlsx.h"

struct table;

struct table_row {
	size_t number;                      /* of the sheet, or the line */
	const char *const *cells;
	const enum xlsx_flaw *flaws;    /* NULL: a text file has none */
	size_t count;
};

#define TABLE_BYTES_MAX ((size_t)64 * 1024 * 1024)
/* What table_open takes of its arena at most. */
#define TABLE_ARENA_BYTES (TABLE_BYTES_MAX + XLSX_ARENA_BYTES + 1024 * 1024)

/* separator: of a text file. sheet: the name of the sheet to read, or NULL: the first that is not hidden.
 * NOT_FOUND, UNAVAILABLE, TOO_LARGE for the file; INVALID: what xlsx_open refuses, code no_sheet: there is no such sheet, or none that
 * is not hidden, or a text file was asked for one; a text file whose name ends in .xlsx. table_close gives it back. */
enum status table_open(struct arena *arena, const char *path, char separator, const char *sheet, struct table **ret_table,
                       struct fault *fault) MUST_CHECK;
void table_close(struct table **table);

/* The sheet that is read, or NULL for a text file. */
const char *table_sheet(const struct table *table);
/* Sheets that are not hidden and not read, quoted and with commas between them, in arena; "" when there are none. */
const char *table_other_sheets(const struct table *table, struct arena *arena, const char *opening, const char *closing);

/* Anything but OK ends the reading and is what table_read returns. */
typedef enum status table_take(void *context, const struct table_row *row, struct fault *fault);

/* The rows in order; row_arena is reset before each of them and may be used by take. */
enum status table_read(struct table *table, struct arena *row_arena, table_take *take, void *context, struct fault *fault) MUST_CHECK;

#endif
