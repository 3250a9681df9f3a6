#include "common/csv.h"

void csv_reader_init(struct csv_reader *reader, struct span text)
{
	if (text.len >= 3 && memcmp(text.at, "\xEF\xBB\xBF", 3) == 0)
		text = span_of(text.at + 3, text.len - 3);
	*reader = (struct csv_reader){.rest = text, .next_line = 1, .separator = ','};
}

/* Fields are terminated texts: a zero byte inside would cut one short without a word. */
static bool has_zero(struct span field)
{
	return field.len > 0 && memchr(field.at, 0, field.len) != NULL;
}

static void skip(struct csv_reader *reader, size_t bytes)
{
	reader->rest = span_of(reader->rest.at + bytes, reader->rest.len - bytes);
}

static bool at_break(const struct csv_reader *reader)
{
	return reader->rest.len > 0 && (reader->rest.at[0] == '\n' || reader->rest.at[0] == '\r');
}

static void skip_break(struct csv_reader *reader)
{
	if (reader->rest.len > 1 && reader->rest.at[0] == '\r' && reader->rest.at[1] == '\n')
		skip(reader, 1);
	if (at_break(reader)) {
		skip(reader, 1);
		reader->next_line++;
	}
}

static enum status bad(const struct csv_reader *reader, struct fault *fault, const char *text)
{
	return fault_set(fault, STATUS_INVALID, "bad_csv", "", -1, "line %zu: %s", reader->line, text);
}

/* rest stands behind the opening quote. */
static enum status read_quoted(struct csv_reader *reader, struct arena *arena, const char **ret_field, struct fault *fault)
{
	size_t at = 0, len = 0;
	const struct span rest = reader->rest;
	while (at < rest.len && !(rest.at[at] == '"' && !(at + 1 < rest.len && rest.at[at + 1] == '"')))
		at += rest.at[at] == '"' ? 2 : 1;
	if (at >= rest.len)
		return bad(reader, fault, "a quoted field is never closed");
	if (has_zero(span_of(rest.at, at)))
		return bad(reader, fault, "a field has a zero byte");
	char *field = arena_alloc(arena, at + 1);
	for (size_t i = 0; i < at; i++) {
		if (rest.at[i] == '"')
			i++;
		if (rest.at[i] == '\n')
			reader->next_line++;
		field[len++] = rest.at[i];
	}
	*ret_field = field;
	skip(reader, at + 1);
	if (reader->rest.len > 0 && reader->rest.at[0] != reader->separator && !at_break(reader))
		return bad(reader, fault, "there is text behind a closing quote");
	return STATUS_OK;
}

static enum status read_field(struct csv_reader *reader, struct arena *arena, const char **ret_field, struct fault *fault)
{
	if (reader->rest.len > 0 && reader->rest.at[0] == '"') {
		skip(reader, 1);
		return read_quoted(reader, arena, ret_field, fault);
	}
	size_t len = 0;
	while (len < reader->rest.len) {
		char c = reader->rest.at[len];
		if (c == reader->separator || c == '\r' || c == '\n')
			break;
		if (c == '"')
			return bad(reader, fault, "a quote stands inside a field that is not quoted");
		len++;
	}
	if (has_zero(span_of(reader->rest.at, len)))
		return bad(reader, fault, "a field has a zero byte");
	*ret_field = arena_text(arena, reader->rest.at, len);
	skip(reader, len);
	return STATUS_OK;
}

enum status csv_read_row(struct csv_reader *reader, struct arena *arena, const char *const **ret_fields, size_t *ret_count,
                         struct fault *fault)
{
	const char *fields[CSV_FIELDS_MAX];
	size_t count = 0;
	while (at_break(reader))
		skip_break(reader);
	if (reader->rest.len == 0)
		return STATUS_NOT_FOUND;
	reader->line = reader->next_line;
	for (;;) {
		if (count == CSV_FIELDS_MAX)
			return fault_set(fault, STATUS_TOO_LARGE, "bad_csv", "", -1, "line %zu: more than %d fields", reader->line, CSV_FIELDS_MAX);
		enum status status = read_field(reader, arena, &fields[count], fault);
		if (status != STATUS_OK)
			return status;
		count++;
		if (reader->rest.len == 0 || reader->rest.at[0] != reader->separator)
			break;
		skip(reader, 1);
	}
	skip_break(reader);
	const char **copy = arena_array(arena, const char *, count);
	memcpy(copy, fields, count * sizeof fields[0]);
	*ret_fields = copy;
	*ret_count = count;
	return STATUS_OK;
}

int csv_find_column(const char *const *fields, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (text_equal(fields[i], name))
			return (int)i;
	}
	return -1;
}
