#include "services/metrics/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define FIELDS_MAX 16

struct unit_table {
	size_t count;
	struct unit units[UNITS_MAX];
};

struct line {
	struct span fields[FIELDS_MAX];
	size_t count;
};

/* Where each column stands in a line. */
struct columns {
	size_t code;
	size_t family;
	size_t factor;
};

/* Takes the next line off the text, without its end. */
static struct span line_take(struct span *text)
{
	const char *end = memchr(text->at, '\n', text->len);
	size_t len = end == NULL ? text->len : (size_t)(end - text->at);
	size_t taken = end == NULL ? len : len + 1;
	struct span line = span_of(text->at, len > 0 && text->at[len - 1] == '\r' ? len - 1 : len);
	*text = span_of(text->at + taken, text->len - taken);
	return line;
}

static bool line_split(struct span text, struct line *ret_line)
{
	if (memchr(text.at, '"', text.len) != NULL)
		return false;
	ret_line->count = 0;
	for (;;) {
		if (ret_line->count == FIELDS_MAX)
			return false;
		const char *comma = memchr(text.at, ',', text.len);
		size_t len = comma == NULL ? text.len : (size_t)(comma - text.at);
		ret_line->fields[ret_line->count++] = span_of(text.at, len);
		if (comma == NULL)
			return true;
		text = span_of(text.at + len + 1, text.len - len - 1);
	}
}

static bool column_find(const struct line *header, const char *name, size_t *ret_at)
{
	for (*ret_at = 0; *ret_at < header->count; (*ret_at)++) {
		if (span_equal(header->fields[*ret_at], span_of_text(name)))
			return true;
	}
	return false;
}

static bool field_copy(const struct line *line, size_t at, char text[UNIT_TEXT_SIZE])
{
	if (at >= line->count || line->fields[at].len == 0 || line->fields[at].len >= UNIT_TEXT_SIZE)
		return false;
	memcpy(text, line->fields[at].at, line->fields[at].len);
	text[line->fields[at].len] = '\0';
	return true;
}

static bool unit_read(const struct line *line, const struct columns *columns, struct unit *ret_unit)
{
	char factor[UNIT_TEXT_SIZE];
	return field_copy(line, columns->code, ret_unit->code) && field_copy(line, columns->family, ret_unit->family)
	       && field_copy(line, columns->factor, factor) && decimal_parse(factor, &ret_unit->factor)
	       && ret_unit->factor.millionths > 0;
}

static bool table_add(struct unit_table *table, struct span text, const struct columns *columns)
{
	struct line line;
	struct unit unit;
	if (table->count == UNITS_MAX || !line_split(text, &line) || !unit_read(&line, columns, &unit)
	    || unit_find(table, unit.code) != NULL)
		return false;
	table->units[table->count++] = unit;
	return true;
}

static bool header_read(struct span text, struct columns *ret_columns)
{
	struct line header;
	return line_split(text, &header) && column_find(&header, "code", &ret_columns->code)
	       && column_find(&header, "family", &ret_columns->family)
	       && column_find(&header, "factor", &ret_columns->factor);
}

enum status unit_table_new(struct span csv, struct unit_table **ret_table, struct fault *fault)
{
	struct columns columns;
	if (!header_read(line_take(&csv), &columns))
		return fault_set(fault, STATUS_INVALID, "units", "", -1,
		                 "line 1: the header must name the columns code, family and factor");
	struct unit_table *table = calloc(1, sizeof *table);
	ASSERT(table != NULL);
	for (int number = 2; csv.len > 0; number++) {
		struct span line = line_take(&csv);
		if (line.len == 0 || table_add(table, line, &columns))
			continue;
		unit_table_destroy(&table);
		return fault_set(fault, STATUS_INVALID, "units", "", -1,
		                 "line %d: need a new code, a family and a factor above 0, without quotes; at most %d units",
		                 number, UNITS_MAX);
	}
	*ret_table = table;
	return STATUS_OK;
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
