/* xlsx: the rows of a sheet in an Excel workbook (.xlsx, .xlsm: ECMA-376, transitional and strict), as texts, the way the table reads
 * on the screen as far as that can be known:
 *
 *   numbers    plain decimal text of the 15 significant digits that Excel keeps and shows: 0.10000000000000001 is 0.1, 1.25E+6 is
 *              1250000. The text of the file is rounded, never a double. 16 digits before the point, percentages and numbers
 *              below 1E-20 are flaws: what was typed cannot be known, or is not what is stored
 *   dates      a number whose format has a day, month or year: 2024-02-05, with a time of day 2024-02-05T09:30:00; a time alone
 *              09:30:00. Both date systems; 29 February 1900, which Excel knows and the world does not, is a flaw
 *   booleans   ИСТИНА, ЛОЖЬ
 *   formulas   their stored value; without one (a program wrote the file, Excel never saw it) a flaw
 *   errors     #N/A and the like: a flaw
 *   merged     down a column: every cell of the range has its value; to the right: a flaw
 *   hidden     rows and columns are read like any other; which sheets are hidden is told
 *
 * A flaw belongs to its cell: a column that nobody reads may have any. Anything wrong with the file itself ends the reading.
 * Nothing is guessed, no formula is computed, no link followed, no macro looked at.
 *
 * Pure: bytes in, texts out. */
#ifndef EFFREG_XLSX_H
#define EFFREG_XLSX_H

#include "common/arena.h"
#include "common/status.h"

#define XLSX_SHEETS_MAX        256
#define XLSX_ROWS_MAX          1048576   /* Excel's own limits */
#define XLSX_COLUMNS_MAX       16384
#define XLSX_CELL_BYTES_MAX    ((size_t)4 * 32767)
#define XLSX_ROW_BYTES_MAX     ((size_t)1024 * 1024)
#define XLSX_STRINGS_MAX       ((size_t)1000000)
#define XLSX_STRINGS_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define XLSX_STYLES_MAX        65536
#define XLSX_FORMATS_MAX       4096
#define XLSX_MERGES_MAX        16384
#define XLSX_CELLS_MAX         ((size_t)20000000)  /* of a sheet, empty ones before the last of a row among them */
#define XLSX_ARENA_BYTES       ((size_t)4 * 1024 * 1024)  /* what xlsx_open takes of its arena at most */
#define XLSX_ROW_ARENA_BYTES   ((size_t)4 * 1024 * 1024)  /* what a row takes of its arena at most */

struct xlsx;

struct xlsx_sheet {
	const char *name;
	bool is_hidden;
};

enum xlsx_flaw {
	XLSX_FLAW_NONE,
	XLSX_FLAW_ERROR,
	XLSX_FLAW_FORMULA,
	XLSX_FLAW_MERGED,
	XLSX_FLAW_PERCENT,
	XLSX_FLAW_DIGITS,
	XLSX_FLAW_SMALL,
	XLSX_FLAW_DATE,
};

struct xlsx_row {
	size_t number;                      /* as the sheet counts: from 1 */
	const char *const *cells;           /* terminated, UTF-8; "" for an empty one; with a flaw: what is there, for the message */
	const enum xlsx_flaw *flaws;
	size_t count;
};

/* Whether the bytes are those of a workbook of any kind, so that xlsx_open reads them or says how to mend them. */
bool xlsx_is(struct span bytes);

/* Borrows bytes until xlsx_close. INVALID with code bad_xlsx or bad_xml: an old or binary workbook (.xls, .xlsb), one with a
 * password, a document of another program, a damaged one; TOO_LARGE over a limit. The fault says how to mend it, in both languages. */
enum status xlsx_open(struct arena *arena, struct span bytes, struct xlsx **ret_workbook, struct fault *fault) MUST_CHECK;
void xlsx_close(struct xlsx **workbook);

/* In the order of their tabs; sheets of charts and macros are none. */
size_t xlsx_sheets(const struct xlsx *workbook, const struct xlsx_sheet **ret_sheets);

/* Anything but OK ends the reading and is what xlsx_read returns. The row is valid during the call. */
typedef enum status xlsx_take(void *context, const struct xlsx_row *row, struct fault *fault);

/* Rows with at least one cell of their own, in order. arena is reset before each of them, and may be used by take.
 * INVALID and TOO_LARGE as xlsx_open; the fault's text names sheet and row. */
enum status xlsx_read(struct xlsx *workbook, size_t sheet, struct arena *arena, xlsx_take *take, void *context,
                          struct fault *fault) MUST_CHECK;

/* INVALID with code bad_cell: what is wrong with a cell of such a text, and how to mend it. */
enum status xlsx_flaw_tell(enum xlsx_flaw flaw, const char *text, struct fault *fault);

#define XLSX_COLUMN_SIZE 4
/* "A", "B", … "XFD" of a column counted from 0, below XLSX_COLUMNS_MAX. */
const char *xlsx_column(size_t column, char text[XLSX_COLUMN_SIZE]);

#endif
