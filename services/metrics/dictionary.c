#include "services/metrics/dictionary.h"

#include "common/csv.h"

#include <stdio.h>

#define TEXT_BYTES_MAX ((size_t)1024 * 1024)

struct reading {
	struct csv_reader csv;
	struct arena *arena;
	const struct dictionary_shape *shape;
	size_t columns_count;
	int columns[DICTIONARY_COLUMNS_MAX];  /* where each stands in a row */
};

static enum status refuse(const struct reading *reading, const char *expected, struct fault *fault)
{
	return fault_set(fault, STATUS_INVALID, reading->shape->name, "", -1, "line %zu: expected %s", reading->csv.line,
	                 expected);
}

static enum status read_header(struct reading *reading, struct fault *fault)
{
	const char *const *fields;
	size_t count;
	enum status status = csv_read_row(&reading->csv, reading->arena, &fields, &count, fault);
	if (status == STATUS_NOT_FOUND)
		return refuse(reading, "a header", fault);
	while (status == STATUS_OK && reading->columns_count < DICTIONARY_COLUMNS_MAX
	       && reading->shape->columns[reading->columns_count] != NULL) {
		const char *column = reading->shape->columns[reading->columns_count];
		int at = csv_find_column(fields, count, column);
		if (at < 0) {
			char expected[64];
			snprintf(expected, sizeof expected, "the column %.40s", column);
			return refuse(reading, expected, fault);
		}
		reading->columns[reading->columns_count++] = at;
	}
	return status;
}

static bool read_row(const struct reading *reading, const char *const *fields, size_t count, dictionary_row_fn *read,
                     void *context)
{
	const char *asked[DICTIONARY_COLUMNS_MAX];
	for (size_t i = 0; i < reading->columns_count; i++) {
		if ((size_t)reading->columns[i] >= count)
			return false;
		asked[i] = fields[reading->columns[i]];
	}
	return read(context, asked);
}

enum status dictionary_read(struct span csv, const struct dictionary_shape *shape, dictionary_row_fn *read,
                            void *context, struct fault *fault)
{
	if (csv.len > TEXT_BYTES_MAX)
		return fault_set(fault, STATUS_TOO_LARGE, shape->name, "", -1, "a dictionary has at most 1 MiB");
	struct reading reading = {.arena = arena_new(TEXT_BYTES_MAX * 32), .shape = shape};
	csv_reader_init(&reading.csv, csv);
	enum status status = read_header(&reading, fault);
	while (status == STATUS_OK) {
		const char *const *fields;
		size_t count;
		status = csv_read_row(&reading.csv, reading.arena, &fields, &count, fault);
		if (status == STATUS_OK && !read_row(&reading, fields, count, read, context))
			status = refuse(&reading, shape->row, fault);
	}
	arena_destroy(&reading.arena);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
