/* dictionary: reading a table of proto/registry (CSV with a header): the columns asked for, row by row. */
#ifndef EFFREG_METRICS_DICTIONARY_H
#define EFFREG_METRICS_DICTIONARY_H

#include "common/status.h"

#define DICTIONARY_COLUMNS_MAX 8

struct dictionary_shape {
	const char *name;                             /* the code of a fault: "units" */
	const char *columns[DICTIONARY_COLUMNS_MAX];  /* that must be there; NULL ends them */
	const char *row;                              /* what a row must be, for a fault: "a new code, …" */
};

/* One row: fields[i] is the text under columns[i], borrowed for the call. False: it is not what a row must be. */
typedef bool dictionary_row_fn(void *context, const char *const *fields);

/* Hands every row to read. STATUS_INVALID or STATUS_TOO_LARGE (over 1 MiB) with the line in fault. */
enum status dictionary_read(struct span csv, const struct dictionary_shape *shape, dictionary_row_fn *read,
                            void *context, struct fault *fault) MUST_CHECK;

#endif
