/* mapping: rows of a table to events, by a document of proto/schemas/mapping.v1.json.
 *
 * Pure: where the table comes from (CSV, a workbook) is its reader's business; what a row makes is decided here. Whether the event
 * is a valid one is contract's to say: mapping_column_of tells which column a fault's pointer goes back to.
 *
 * The id of an event is a UUID of version 5 over the source, the type and the key's cells: the same table gives the same bytes under
 * the same ids, and is a duplicate. A row that was changed keeps its ids and is a conflict: what happened is mended by a correction,
 * not by another table. */
#ifndef EFFREG_MAPPING_H
#define EFFREG_MAPPING_H

#include "common/json.h"

#define MAPPING_EVENTS_MAX  16   /* of one row */
#define MAPPING_COLUMNS_MAX 256
#define MAPPING_BYTES_MAX   ((size_t)256 * 1024)  /* of the document */
#define MAPPING_TEXT_MAX    512  /* bytes of a column's name */

struct mapping;

/* document: valid against mapping.v1.json; it and every text of it outlive the mapping, which lives in arena. INVALID with code
 * bad_mapping and the pointer: a text with a brace that is not closed, an operator that does not exist or lacks its column. */
enum status mapping_new(struct arena *arena, const struct json *document, struct mapping **ret_mapping, struct fault *fault) MUST_CHECK;

char mapping_separator(const struct mapping *mapping);

/* The columns the mapping reads, each once, in the order in which it names them. */
size_t mapping_columns(const struct mapping *mapping, const char *const **ret_columns);

/* Finds the columns in the table's first row. INVALID with code no_column, naming the first that is not there. */
enum status mapping_bind(struct mapping *mapping, const char *const *header, size_t count, struct fault *fault) MUST_CHECK;

struct mapping_event {
	const struct json *from;   /* its entry in the mapping: for mapping_column_of */
	struct span bytes;
};

/* The events of one row, in arena; cells beyond count are empty, blanks around a cell do not count. INVALID with code bad_cell and
 * *ret_column: a cell that is not what its operator reads, a key or time that is empty, text that is not UTF-8. */
enum status mapping_make(const struct mapping *mapping, struct arena *arena, const char *const *cells, size_t count,
                         struct mapping_event ret_events[MAPPING_EVENTS_MAX], size_t *ret_count, const char **ret_column,
                         struct fault *fault) MUST_CHECK;

/* The column from which the value at pointer of such an event comes, or NULL: it is the mapping's own. */
const char *mapping_column_of(struct arena *arena, const struct json *from, const char *pointer);

#endif
