#include "services/cli/cli_rank_csv.h"

#include "common/ambient.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBER_MAX 1e150  /* its square still is a number */

enum status rank_csv_place_fault(struct fault *fault, const char *path, size_t line)
{
	char text[sizeof fault->text];
	snprintf(text, sizeof text, "%.200s:%zu: %.200s", path, line, fault->text);
	memcpy(fault->text, text, sizeof text);
	return fault->status;
}

enum status rank_csv_open(struct rank_csv *table, struct arena *arena, const char *path, struct fault *fault)
{
	struct span text;
	*table = (struct rank_csv){.arena = arena, .path = path, .fault = fault};
	enum status status = ambient_read_file(arena, path, RANK_FILE_BYTES_MAX, &text, fault);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < text.len; i++)
		table->rows_max += text.at[i] == '\n' || text.at[i] == '\r' ? 1 : 0;
	table->rows_max++;
	csv_reader_init(&table->csv, text);
	status = csv_read_row(&table->csv, arena, &table->header, &table->columns, fault);
	if (status == STATUS_NOT_FOUND)
		return RANK_CSV_BAD(table, "", 1, "%s", "a header is expected here");
	return status == STATUS_OK ? status : rank_csv_place_fault(fault, path, table->csv.next_line);
}

enum status rank_csv_row(struct rank_csv *table, const char *const **ret_fields)
{
	size_t count;
	enum status status = csv_read_row(&table->csv, table->arena, ret_fields, &count, table->fault);
	if (status == STATUS_OK && count != table->columns)
		return RANK_CSV_BAD(table, "", table->csv.line, "%zu fields; the header has %zu", count, table->columns);
	if (status == STATUS_OK || status == STATUS_NOT_FOUND)
		return status;
	return rank_csv_place_fault(table->fault, table->path, table->csv.next_line);
}

enum status rank_csv_find(const struct rank_csv *table, const char *name, const char *pointer, size_t *ret_column)
{
	int column = csv_find_column(table->header, table->columns, name);
	if (column < 0)
		return RANK_CSV_BAD(table, pointer, 1, "there is no column \"%s\"", name);
	if (csv_find_column(table->header + column + 1, table->columns - (size_t)column - 1, name) >= 0)
		return RANK_CSV_BAD(table, pointer, 1, "there are two columns \"%s\"", name);
	*ret_column = (size_t)column;
	return STATUS_OK;
}

bool rank_csv_missing(const char *field)
{
	return field[0] == '\0' || text_equal(field, "NA");
}

enum status rank_csv_number(const struct rank_csv *table, const char *const *fields, size_t column, double *ret_number)
{
	const char *field = fields[column];
	char *end = NULL;
	*ret_number = NAN;
	if (rank_csv_missing(field))
		return STATUS_OK;
	double number = strspn(field, "+-.0123456789eE") == strlen(field) ? strtod(field, &end) : 0;
	if (end == NULL || end == field || *end != '\0')
		return RANK_CSV_BAD(table, "", table->csv.line, "column \"%s\": \"%.40s\" is no number", table->header[column],
		                    field);
	if (!(fabs(number) <= NUMBER_MAX))
		return RANK_CSV_BAD(table, "", table->csv.line, "column \"%s\": %.40s is over %g", table->header[column], field,
		                    NUMBER_MAX);
	*ret_number = number;
	return STATUS_OK;
}

void rank_csv_write(struct buf *text, const char *field)
{
	bool quoted = strpbrk(field, ",\"\r\n") != NULL;
	buf_text(text, quoted ? "\"" : "");
	for (const char *c = field; *c != '\0'; c++)
		buf_append(text, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
	buf_text(text, quoted ? "\"" : "");
}
