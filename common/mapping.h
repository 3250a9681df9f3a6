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
 * bad_mapping and the pointer: a text with a brace that is not closed, an operator that does not exist or lacks its column, a column
 * of "columns" that nothing reads. */
enum status mapping_new(struct arena *arena, const struct json *document, struct mapping **ret_mapping, struct fault *fault) MUST_CHECK;

char mapping_separator(const struct mapping *mapping);

enum mapping_kind { MAPPING_TEXT, MAPPING_INTEGER, MAPPING_DECIMAL, MAPPING_DATE, MAPPING_LIST, MAPPING_CODE };

struct mapping_column {
	const char *name;
	enum mapping_kind kind;      /* what its cells hold; the first that is no text when it is read in several ways */
	const struct json *values;   /* of a code: an object whose names a cell may have; NULL for the others */
	bool is_key;
	const char *help, *sample;   /* what the mapping says of it for those who fill it in, or NULL */
};

/* The columns the mapping reads, each once, in the order in which it names them: first those of "columns". */
size_t mapping_columns(const struct mapping *mapping, const struct mapping_column **ret_columns);

/* What the table is called, for a sheet's name; NULL when the mapping does not say. */
const char *mapping_title(const struct mapping *mapping);

/* Finds the columns in the table's first row. INVALID with code no_column, naming the first that is not there. */
enum status mapping_bind(struct mapping *mapping, const char *const *header, size_t count, struct fault *fault) MUST_CHECK;

/* Whether a row names any column of the mapping: the title above a table does not. */
bool mapping_is_header(const struct mapping *mapping, const char *const *cells, size_t count);

/* The column that is read at this place of a row, and the place of a column; NULL and -1 when there is none. After mapping_bind. */
const char *mapping_column_at(const struct mapping *mapping, size_t place);
int mapping_place_of(const struct mapping *mapping, const char *column);

struct mapping_event {
	const struct json *from;   /* its entry in the mapping: for mapping_column_of */
	struct span bytes;
};

/* The events of one row, in arena; cells beyond count are empty, blanks around a cell do not count, nor do no-break spaces, with which
 * Excel parts thousands. A date may have a time of day: it is one of utc_offset. INVALID with code bad_cell and
 * *ret_column: a cell that is not what its operator reads, a key or time that is empty, text that is not UTF-8. */
enum status mapping_make(const struct mapping *mapping, struct arena *arena, const char *const *cells, size_t count,
                         struct mapping_event ret_events[MAPPING_EVENTS_MAX], size_t *ret_count, const char **ret_column,
                         struct fault *fault) MUST_CHECK;

/* The column from which the value at pointer of such an event comes, or NULL: it is the mapping's own. */
const char *mapping_column_of(struct arena *arena, const struct json *from, const char *pointer);

#endif
