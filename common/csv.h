/* csv: reading of comma-separated values (RFC 4180), or values that another byte separates: quoted fields with doubled quotes and line breaks, CRLF or LF. */
#ifndef EFFREG_CSV_H
#define EFFREG_CSV_H

#include "common/arena.h"
#include "common/status.h"

#define CSV_FIELDS_MAX 4096

struct csv_reader {
	struct span rest;
	size_t line;       /* of the row last read, from 1 */
	size_t next_line;
	char separator;    /* a comma; may be set to another one after csv_reader_init */
};

void csv_reader_init(struct csv_reader *reader, struct span text);  /* skips a byte-order mark */

/* The next row's fields, terminated texts in arena. NOT_FOUND at the end; INVALID with the line in fault's text for a quote
 * inside a bare field, text after a closing quote, a quote that never closes, a zero byte; TOO_LARGE over CSV_FIELDS_MAX. An empty line is
 * skipped. */
enum status csv_read_row(struct csv_reader *reader, struct arena *arena, const char *const **ret_fields, size_t *ret_count,
                         struct fault *fault) MUST_CHECK;

/* Index of name among fields, or -1. */
int csv_find_column(const char *const *fields, size_t count, const char *name);

#endif
