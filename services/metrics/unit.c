#include "services/metrics/unit.h"

#include "common/csv.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT_BYTES_MAX ((size_t)1024 * 1024)

struct unit_table {
	size_t count;
	struct unit units[UNITS_MAX];
};

/* Where each column stands in a row; -1 = nowhere. */
struct columns {
	int code;
	int family;
	int factor;
};

struct reading {
	struct csv_reader csv;
	struct arena *arena;
	struct columns columns;
	struct unit_table *table;
};

static enum status refuse(const struct reading *reading, const char *expected, struct fault *fault)
{
	return fault_set(fault, STATUS_INVALID, "units", "", -1, "line %zu: expected %s", reading->csv.line, expected);
}

static enum status read_header(struct reading *reading, struct fault *fault)
{
	const char *const *fields;
	size_t count;
	enum status status = csv_read_row(&reading->csv, reading->arena, &fields, &count, fault);
	if (status == STATUS_NOT_FOUND)
		return refuse(reading, "a header", fault);
	if (status != STATUS_OK)
		return status;
	reading->columns = (struct columns){
		.code = csv_find_column(fields, count, "code"),
		.family = csv_find_column(fields, count, "family"),
		.factor = csv_find_column(fields, count, "factor"),
	};
	bool complete = reading->columns.code >= 0 && reading->columns.family >= 0 && reading->columns.factor >= 0;
	return complete ? STATUS_OK : refuse(reading, "the columns code, family and factor", fault);
}

static bool field_copy(const char *const *fields, size_t count, int column, char text[UNIT_TEXT_SIZE])
{
	if ((size_t)column >= count || fields[column][0] == '\0' || strlen(fields[column]) >= UNIT_TEXT_SIZE)
		return false;
	snprintf(text, UNIT_TEXT_SIZE, "%s", fields[column]);
	return true;
}

static bool read_unit(struct reading *reading, const char *const *fields, size_t count)
{
	const struct columns *columns = &reading->columns;
	char factor[UNIT_TEXT_SIZE];
	struct unit unit;
	if (reading->table->count == UNITS_MAX || !field_copy(fields, count, columns->code, unit.code)
	    || !field_copy(fields, count, columns->family, unit.family)
	    || !field_copy(fields, count, columns->factor, factor) || !decimal_parse(factor, &unit.factor)
	    || unit.factor.millionths <= 0 || unit_find(reading->table, unit.code) != NULL)
		return false;
	reading->table->units[reading->table->count++] = unit;
	return true;
}

static enum status read_units(struct reading *reading, struct fault *fault)
{
	const char *const *fields;
	size_t count;
	enum status status = read_header(reading, fault);
	while (status == STATUS_OK) {
		status = csv_read_row(&reading->csv, reading->arena, &fields, &count, fault);
		if (status == STATUS_OK && !read_unit(reading, fields, count))
			status = refuse(reading, "a new code, a family and a factor above 0; at most 256 units", fault);
	}
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status unit_table_new(struct span csv, struct unit_table **ret_table, struct fault *fault)
{
	if (csv.len > TEXT_BYTES_MAX)
		return fault_set(fault, STATUS_TOO_LARGE, "units", "", -1, "a table of units has at most 1 MiB");
	struct reading reading = {.arena = arena_new(TEXT_BYTES_MAX * 32), .table = calloc(1, sizeof *reading.table)};
	ASSERT(reading.table != NULL);
	csv_reader_init(&reading.csv, csv);
	enum status status = read_units(&reading, fault);
	arena_destroy(&reading.arena);
	if (status == STATUS_OK)
		*ret_table = reading.table;
	else
		unit_table_destroy(&reading.table);
	return status;
}

void unit_table_destroy(struct unit_table **table)
{
	free(*table);
	*table = NULL;
}

const struct unit *unit_find(const struct unit_table *table, const char *code)
{
	for (size_t i = 0; i < table->count; i++) {
		if (text_equal(table->units[i].code, code))
			return &table->units[i];
	}
	return NULL;
}
