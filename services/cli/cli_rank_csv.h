/* cli_rank_csv: the tables that `effreg rank` reads: a header, then rows of as many fields, numbers checked.
 *
 * A fault's text starts with file and line; its pointer, which may be empty, is into the methodology. */
#ifndef EFFREG_CLI_RANK_CSV_H
#define EFFREG_CLI_RANK_CSV_H

#include "common/buf.h"
#include "common/csv.h"

#define RANK_FILE_BYTES_MAX ((size_t)1024 * 1024 * 1024)

/* A file while it is read; members are for reading. */
struct rank_csv {
	struct arena *arena;
	const char *path;
	struct csv_reader csv;
	const char *const *header;
	size_t columns;
	size_t rows_max;  /* no more rows than that follow */
	struct fault *fault;
};

#define RANK_CSV_BAD(table, pointer, line, format, ...) \
	fault_set((table)->fault, STATUS_INVALID, "values", pointer, -1, "%s:%zu: " format, (table)->path, \
	          (size_t)(line), __VA_ARGS__)

/* Puts file and line before the fault's text. Returns the fault's status. */
enum status rank_csv_place_fault(struct fault *fault, const char *path, size_t line) MUST_CHECK;

enum status rank_csv_open(struct rank_csv *table, struct arena *arena, const char *path, struct fault *fault) MUST_CHECK;
/* NOT_FOUND at the end. */
enum status rank_csv_row(struct rank_csv *table, const char *const **ret_fields) MUST_CHECK;
/* The one column of this name. pointer: into the methodology, which names it; or empty. */
enum status rank_csv_find(const struct rank_csv *table, const char *name, const char *pointer, size_t *ret_column) MUST_CHECK;

bool rank_csv_missing(const char *field);  /* empty or NA */
/* The number in a column of the row last read; NaN when it is missing. INVALID when it is no number or beyond 1e150. */
enum status rank_csv_number(const struct rank_csv *table, const char *const *fields, size_t column, double *ret_number) MUST_CHECK;

/* A field as it is written: quoted where it must be. */
void rank_csv_write(struct buf *text, const char *field);

#endif
