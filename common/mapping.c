#include "common/mapping.h"

#include "common/decimal.h"
#include "common/ident.h"
#include "common/utf8.h"

#include <stdio.h>
#include <stdlib.h>

#define EVENT_BYTES_ROOM ((size_t)1024 * 1024)  /* more than an event may have: contract says too_large */

struct mapping {
	const struct json *document;
	struct mapping_column columns[MAPPING_COLUMNS_MAX];
	bool is_read[MAPPING_COLUMNS_MAX];  /* by an event, not only spoken of in "columns" */
	int places[MAPPING_COLUMNS_MAX];    /* of the columns in the table's rows; -1 before mapping_bind */
	size_t count;
};

/* The making of one row. */
struct row {
	const struct mapping *mapping;
	struct arena *arena;
	const char *const *cells;
	size_t count;
	const char *column;    /* at fault */
	struct fault *fault;
};

/* ---- Operators: {"$decimal": "Column"} ---- */

static const struct {
	const char *name;
	enum mapping_kind kind;
} OPERATORS[] = {
	{"$integer", MAPPING_INTEGER},  /* a whole number */
	{"$decimal", MAPPING_DECIMAL},  /* "1 234,50" and "1234.50" are "1234.50" */
	{"$date", MAPPING_DATE},        /* 31.12.2023 and 2023-12-31 */
	{"$list", MAPPING_LIST},        /* texts between semicolons */
	{"$code", MAPPING_CODE},        /* one of "values": {"ЖКХ": "utilities"} */
};

/* The operator of an object, and the name it reads; TEXT for any other value. */
static enum mapping_kind find_operator(const struct json *value, const char **ret_column)
{
	*ret_column = NULL;
	if (!json_is(value, JSON_OBJECT))
		return MAPPING_TEXT;
	for (size_t i = 0; i < ARRAY_COUNT(OPERATORS); i++) {
		if (json_find(value, OPERATORS[i].name) != NULL) {
			*ret_column = json_find_string(value, OPERATORS[i].name);
			return OPERATORS[i].kind;
		}
	}
	return MAPPING_TEXT;
}

/* ---- Texts with columns in them ---- */

/* The next part of a template: literal text or a column's name. False at its end; *ret_bad for a brace without its other one. */
static bool next_part(const char **at, struct span *ret_part, bool *ret_is_column, bool *ret_bad)
{
	const char *from = *at;
	*ret_bad = false;
	if (*from == '\0')
		return false;
	*ret_is_column = from[0] == '{' && from[1] != '{';
	if (*ret_is_column) {
		size_t len = strcspn(from + 1, "{}");
		*ret_bad = from[1 + len] != '}' || len == 0 || len > MAPPING_TEXT_MAX;
		*ret_part = span_of(from + 1, len);
		*at = from + len + (*ret_bad ? 1 : 2);
		return true;
	}
	bool is_brace = from[0] == '{' || from[0] == '}';
	*ret_bad = is_brace && from[1] != from[0];
	*ret_part = is_brace ? span_of(from, 1) : span_of(from, strcspn(from, "{}"));
	*at = from + (is_brace ? (*ret_bad ? 1 : 2) : ret_part->len);
	return true;
}

/* ---- Reading the mapping ---- */

static enum status bad(struct fault *fault, const char *pointer, const char *text)
{
	return fault_set(fault, STATUS_INVALID, "bad_mapping", pointer, -1, "%s", text);
}

/* The column of this name, a new one when there is none; NULL when there are too many. */
static struct mapping_column *add_column(struct mapping *mapping, struct arena *arena, struct span name)
{
	for (size_t i = 0; i < mapping->count; i++) {
		if (span_equal(span_of_text(mapping->columns[i].name), name))
			return &mapping->columns[i];
	}
	if (mapping->count == MAPPING_COLUMNS_MAX)
		return NULL;
	mapping->places[mapping->count] = -1;
	mapping->columns[mapping->count].name = arena_text(arena, name.at, name.len);
	return &mapping->columns[mapping->count++];
}

static enum status read_column(struct mapping *mapping, struct arena *arena, struct span name, enum mapping_kind kind, const char *pointer,
                               struct fault *fault)
{
	struct mapping_column *column = add_column(mapping, arena, name);
	if (column == NULL)
		return bad(fault, pointer, "a mapping reads at most 256 columns");
	if (column->kind == MAPPING_TEXT)
		column->kind = kind;
	mapping->is_read[column - mapping->columns] = true;
	return STATUS_OK;
}

/* What is said of columns for those who fill them in; their order is the form's. */
static enum status describe_columns(struct mapping *mapping, struct arena *arena, struct fault *fault)
{
	const struct json *said = json_find(mapping->document, "columns");
	for (const struct json *item = said == NULL ? NULL : json_first(said); item != NULL; item = json_next(item)) {
		struct mapping_column *column = add_column(mapping, arena, span_of_text(json_name(item)));
		if (column == NULL)
			return bad(fault, "/columns", "a mapping reads at most 256 columns");
		column->help = json_find_string(item, "help");
		column->sample = json_find_string(item, "sample");
	}
	return STATUS_OK;
}

static enum status check_described(const struct mapping *mapping, struct fault *fault)
{
	char pointer[256] = "/columns";
	for (size_t i = 0; i < mapping->count; i++) {
		if (mapping->is_read[i])
			continue;
		json_pointer_append(pointer, sizeof pointer, mapping->columns[i].name);
		return bad(fault, pointer, "no event reads this column");
	}
	return STATUS_OK;
}

static enum status gather_text(struct mapping *mapping, struct arena *arena, const char *text, const char *pointer, struct fault *fault)
{
	struct span part;
	bool is_column, is_bad;
	enum status status = STATUS_OK;
	while (status == STATUS_OK && next_part(&text, &part, &is_column, &is_bad)) {
		if (is_bad)
			return bad(fault, pointer, "a brace is not closed: {Column}, or {{ for a brace itself");
		if (is_column)
			status = read_column(mapping, arena, part, MAPPING_TEXT, pointer, fault);
	}
	return status;
}

static enum status gather(struct mapping *mapping, struct arena *arena, const struct json *value, char pointer[256], struct fault *fault)
{
	const char *column;
	enum mapping_kind kind = find_operator(value, &column);
	if (kind != MAPPING_TEXT && column == NULL)
		return bad(fault, pointer, "an operator names its column");
	if (kind == MAPPING_CODE && !json_is(json_find(value, "values"), JSON_OBJECT))
		return bad(fault, pointer, "$code has \"values\": what a cell says, and what it stands for");
	if (kind != MAPPING_TEXT) {
		enum status status = read_column(mapping, arena, span_of_text(column), kind, pointer, fault);
		if (status == STATUS_OK && kind == MAPPING_CODE)
			add_column(mapping, arena, span_of_text(column))->values = json_find(value, "values");
		return status;
	}
	if (json_is(value, JSON_STRING))
		return gather_text(mapping, arena, json_string(value), pointer, fault);
	enum status status = STATUS_OK;
	size_t len = strlen(pointer), index = 0;
	bool is_container = json_is(value, JSON_OBJECT) || json_is(value, JSON_ARRAY);
	for (const struct json *item = is_container ? json_first(value) : NULL; status == STATUS_OK && item != NULL; item = json_next(item)) {
		char number[24];
		const char *name = json_name(item);
		snprintf(number, sizeof number, "%zu", index++);
		if (name != NULL && name[0] == '$')
			return bad(fault, pointer, "there are $integer, $decimal, $date, $list and $code");
		json_pointer_append(pointer, 256, name == NULL ? number : name);
		status = gather(mapping, arena, item, pointer, fault);
		pointer[len] = '\0';
	}
	return status;
}

static enum status gather_event(struct mapping *mapping, struct arena *arena, const struct json *event, size_t index, struct fault *fault)
{
	static const char *const COLUMNS[] = {"when", "time"};
	char pointer[256];
	enum status status = STATUS_OK;
	for (size_t i = 0; status == STATUS_OK && i < ARRAY_COUNT(COLUMNS); i++) {
		const char *column = json_find_string(event, COLUMNS[i]);
		if (column != NULL)
			status = read_column(mapping, arena, span_of_text(column), i == 1 ? MAPPING_DATE : MAPPING_TEXT, "", fault);
	}
	snprintf(pointer, sizeof pointer, "/events/%zu/subject", index);
	if (status == STATUS_OK)
		status = gather_text(mapping, arena, json_find_string(event, "subject"), pointer, fault);
	snprintf(pointer, sizeof pointer, "/events/%zu/data", index);
	return status == STATUS_OK ? gather(mapping, arena, json_find(event, "data"), pointer, fault) : status;
}

enum status mapping_new(struct arena *arena, const struct json *document, struct mapping **ret_mapping, struct fault *fault)
{
	struct mapping *mapping = arena_alloc(arena, sizeof *mapping);
	enum status status = STATUS_OK;
	size_t index = 0;
	mapping->document = document;
	status = describe_columns(mapping, arena, fault);
	for (const struct json *key = json_first(json_find(document, "key")); status == STATUS_OK && key != NULL; key = json_next(key)) {
		status = read_column(mapping, arena, span_of_text(json_string(key)), MAPPING_TEXT, "/key", fault);
		if (status == STATUS_OK)
			add_column(mapping, arena, span_of_text(json_string(key)))->is_key = true;
	}
	for (const struct json *event = json_first(json_find(document, "events")); status == STATUS_OK && event != NULL; event = json_next(event))
		status = gather_event(mapping, arena, event, index++, fault);
	if (status == STATUS_OK)
		status = check_described(mapping, fault);
	if (status == STATUS_OK)
		*ret_mapping = mapping;
	return status;
}

char mapping_separator(const struct mapping *mapping)
{
	const char *separator = json_find_string(mapping->document, "separator");
	return separator == NULL ? ',' : separator[0];
}

const char *mapping_title(const struct mapping *mapping)
{
	return json_find_string(mapping->document, "title");
}

size_t mapping_columns(const struct mapping *mapping, const struct mapping_column **ret_columns)
{
	*ret_columns = mapping->columns;
	return mapping->count;
}

/* ---- Cells ---- */

/* Bytes of the blank at text, a no-break space among them, or 0. */
static size_t blank_at(const char *text, size_t len)
{
	if (len > 0 && strchr(" \t\r\n", text[0]) != NULL && text[0] != '\0')
		return 1;
	if (len >= 2 && memcmp(text, "\xC2\xA0", 2) == 0)
		return 2;
	return len >= 3 && memcmp(text, "\xE2\x80\xAF", 3) == 0 ? 3 : 0;
}

static struct span trimmed(struct span text)
{
	size_t step, from = 0, to = 0;
	while ((step = blank_at(text.at + from, text.len - from)) > 0)
		from += step;
	for (size_t at = from; at < text.len; at += step > 0 ? step : 1) {
		step = blank_at(text.at + at, text.len - at);
		to = step > 0 ? to : at + 1;
	}
	return to < from ? span_of("", 0) : span_of(text.at + from, to - from);
}

static const char *trim(struct arena *arena, const char *text, size_t len)
{
	struct span inner = trimmed(span_of(text, len));
	return arena_text(arena, inner.at, inner.len);
}

static int find_place(const char *const *header, size_t count, const char *column)
{
	for (size_t place = 0; place < count; place++) {
		if (span_equal(trimmed(span_of_text(header[place])), span_of_text(column)))
			return (int)place;
	}
	return -1;
}

enum status mapping_bind(struct mapping *mapping, const char *const *header, size_t count, struct fault *fault)
{
	for (size_t i = 0; i < mapping->count; i++) {
		mapping->places[i] = find_place(header, count, mapping->columns[i].name);
		if (mapping->places[i] < 0)
			return fault_tell(fault, STATUS_INVALID, "no_column", "", -1, "the first row has no column \"%s\"", "в первой строке нет столбца «%s»",
			                  mapping->columns[i].name);
	}
	return STATUS_OK;
}

bool mapping_is_header(const struct mapping *mapping, const char *const *cells, size_t count)
{
	for (size_t i = 0; i < mapping->count; i++) {
		if (find_place(cells, count, mapping->columns[i].name) >= 0)
			return true;
	}
	return false;
}

const char *mapping_column_at(const struct mapping *mapping, size_t place)
{
	for (size_t i = 0; i < mapping->count; i++) {
		if (mapping->places[i] == (int)place)
			return mapping->columns[i].name;
	}
	return NULL;
}

int mapping_place_of(const struct mapping *mapping, const char *column)
{
	for (size_t i = 0; i < mapping->count; i++) {
		if (text_equal(mapping->columns[i].name, column))
			return mapping->places[i];
	}
	return -1;
}

static enum status bad_cell(struct row *row, const char *column, const char *en, const char *ru)
{
	row->column = column;
	return fault_say(row->fault, STATUS_INVALID, "bad_cell", "", -1, en, ru);
}

/* The trimmed cell; "" when there is none. */
static enum status read_cell(struct row *row, struct span name, const char **ret_cell)
{
	const struct mapping *mapping = row->mapping;
	*ret_cell = "";
	for (size_t i = 0; i < mapping->count; i++) {
		if (!span_equal(span_of_text(mapping->columns[i].name), name))
			continue;
		size_t place = (size_t)mapping->places[i];
		const char *cell = place < row->count ? row->cells[place] : "";
		for (size_t at = 0, step; cell[at] != '\0'; at += step) {
			step = utf8_sequence(cell + at, strlen(cell + at));
			if (step == 0)
				return bad_cell(row, mapping->columns[i].name, "the text is not UTF-8: save the table as CSV UTF-8",
				                "текст не в UTF-8: сохраните таблицу как «CSV UTF-8»");
		}
		*ret_cell = trim(row->arena, cell, strlen(cell));
		return STATUS_OK;
	}
	return STATUS_OK;
}

/* ---- Values ---- */

static enum status write_integer(struct row *row, struct json_writer *writer, const char *column, const char *cell)
{
	char digits[20];
	size_t len = 0;
	for (const char *at = cell; *at != '\0'; at++) {
		size_t blank = blank_at(at, strlen(at));
		if (blank > 0) {
			at += blank - 1;
			continue;
		}
		if (len + 1 >= sizeof digits - 3 || !((*at >= '0' && *at <= '9') || (*at == '-' && len == 0)))
			return bad_cell(row, column, "a whole number is expected", "ожидается целое число");
		digits[len++] = *at;
	}
	digits[len] = '\0';
	if (text_equal(digits, "-"))
		return bad_cell(row, column, "a whole number is expected", "ожидается целое число");
	json_write_integer(writer, strtoll(digits, NULL, 10));
	return STATUS_OK;
}

static enum status write_decimal(struct row *row, struct json_writer *writer, const char *column, const char *cell)
{
	char *text = arena_text(row->arena, cell, strlen(cell));
	size_t len = 0;
	decimal value;
	for (const char *at = cell; *at != '\0'; at++) {
		size_t blank = blank_at(at, strlen(at));
		if (blank > 0)
			at += blank - 1;
		else
			text[len++] = *at == ',' ? '.' : *at;
	}
	text[len] = '\0';
	if (!decimal_parse(text, &value))
		return bad_cell(row, column, "a number with at most six decimals is expected: 1234,50",
		                "ожидается число, не более шести знаков после запятой: 1234,50");
	json_write_string(writer, text);
	return STATUS_OK;
}

/* As "2023-12-31"; false for what is no date. */
static bool read_date(struct arena *arena, const char *cell, const char **ret_date)
{
	int64_t us;
	size_t len = strlen(cell);
	bool is_russian = len == 10 && cell[2] == '.' && cell[5] == '.';
	*ret_date = is_russian ? arena_printf(arena, "%.4s-%.2s-%.2s", cell + 6, cell + 3, cell) : cell;
	return date_parse(*ret_date, &us);
}

static enum status write_date(struct row *row, struct json_writer *writer, const char *column, const char *cell)
{
	const char *date;
	if (!read_date(row->arena, cell, &date))
		return bad_cell(row, column, "a date is expected: 31.12.2023 or 2023-12-31", "ожидается дата: 31.12.2023 или 2023-12-31");
	json_write_string(writer, date);
	return STATUS_OK;
}

static void write_list(struct row *row, struct json_writer *writer, const char *cell)
{
	json_write_array(writer);
	while (*cell != '\0') {
		size_t len = strcspn(cell, ";");
		const char *text = trim(row->arena, cell, len);
		if (text[0] != '\0')
			json_write_string(writer, text);
		cell += len + (cell[len] == ';');
	}
	json_write_array_end(writer);
}

/* A scalar of the mapping as it is. */
static void write_scalar(struct json_writer *writer, const struct json *value)
{
	int64_t integer;
	if (json_is(value, JSON_STRING))
		json_write_string(writer, json_string(value));
	else if (json_is(value, JSON_BOOL))
		json_write_bool(writer, json_bool(value));
	else if (json_is(value, JSON_NUMBER) && json_integer(value, &integer))
		json_write_integer(writer, integer);
	else
		json_write_null(writer);
}

static enum status write_code(struct row *row, struct json_writer *writer, const struct json *operator, const char *column, const char *cell)
{
	const struct json *value = json_find(json_find(operator, "values"), cell);
	if (value == NULL)
		return bad_cell(row, column, "the mapping has no code for this: add it to \"values\", or correct the cell",
		                "в настройке нет кода для этого значения: добавьте его в \"values\" или исправьте ячейку");
	write_scalar(writer, value);
	return STATUS_OK;
}

static enum status write_operator(struct row *row, struct json_writer *writer, const struct json *value, enum mapping_kind kind,
                                  const char *column, const char *cell)
{
	switch (kind) {
	case MAPPING_INTEGER: return write_integer(row, writer, column, cell);
	case MAPPING_DECIMAL: return write_decimal(row, writer, column, cell);
	case MAPPING_DATE: return write_date(row, writer, column, cell);
	case MAPPING_CODE: return write_code(row, writer, value, column, cell);
	case MAPPING_LIST: write_list(row, writer, cell); return STATUS_OK;
	case MAPPING_TEXT: break;
	}
	return STATUS_BUG;
}

/* *ret_text = NULL when the template is one column alone, and its cell is empty. */
static enum status fill_text(struct row *row, const char *template, const char **ret_text)
{
	struct buf text;
	struct span part;
	bool is_column, is_bad;
	size_t parts = 0, empty = 0;
	enum status status = STATUS_OK;
	buf_init(&text, EVENT_BYTES_ROOM);
	buf_text(&text, "");
	while (status == STATUS_OK && next_part(&template, &part, &is_column, &is_bad)) {
		const char *cell = "";
		parts++;
		if (is_column)
			status = read_cell(row, part, &cell);
		if (is_column && cell[0] == '\0')
			empty++;
		buf_append(&text, is_column ? cell : part.at, is_column ? strlen(cell) : part.len);
	}
	struct span filled = buf_span(&text);
	*ret_text = parts == 1 && empty == 1 ? NULL : arena_text(row->arena, filled.at, filled.len);
	buf_clear(&text);
	return status;
}

static enum status write_value(struct row *row, struct json_writer *writer, const char *name, const struct json *value);

static enum status write_items(struct row *row, struct json_writer *writer, const struct json *container)
{
	enum status status = STATUS_OK;
	for (const struct json *item = json_first(container); status == STATUS_OK && item != NULL; item = json_next(item))
		status = write_value(row, writer, json_name(item), item);
	return status;
}

static void begin_member(struct json_writer *writer, const char *name)
{
	if (name != NULL)
		json_write_name(writer, name);
}

static enum status write_container(struct row *row, struct json_writer *writer, const struct json *value)
{
	bool is_object = json_is(value, JSON_OBJECT);
	if (is_object)
		json_write_object(writer);
	else
		json_write_array(writer);
	enum status status = write_items(row, writer, value);
	if (status != STATUS_OK)
		return status;
	if (is_object)
		json_write_object_end(writer);
	else
		json_write_array_end(writer);
	return STATUS_OK;
}

/* Nothing at all, its name neither, for a value whose cell is empty. */
static enum status write_value(struct row *row, struct json_writer *writer, const char *name, const struct json *value)
{
	const char *column, *text;
	enum mapping_kind kind = find_operator(value, &column);
	if (kind == MAPPING_TEXT && json_is(value, JSON_STRING)) {
		enum status status = fill_text(row, json_string(value), &text);
		if (status != STATUS_OK || text == NULL)
			return status;
		begin_member(writer, name);
		json_write_string(writer, text);
		return STATUS_OK;
	}
	if (kind != MAPPING_TEXT) {
		enum status status = read_cell(row, span_of_text(column), &text);
		if (status != STATUS_OK || text[0] == '\0')
			return status;
		begin_member(writer, name);
		return write_operator(row, writer, value, kind, column, text);
	}
	begin_member(writer, name);
	if (json_is(value, JSON_OBJECT) || json_is(value, JSON_ARRAY))
		return write_container(row, writer, value);
	write_scalar(writer, value);
	return STATUS_OK;
}

/* ---- Events ---- */

/* Of all events of effreg import: a UUID of version 4, chosen once. */
static const struct ident_uuid SPACE = {
	.bytes = {0x3b, 0x8f, 0x1e, 0x52, 0x9c, 0x64, 0x4d, 0x0a, 0xa7, 0x31, 0x5e, 0x20, 0xc4, 0x97, 0x6b, 0xd8}};

static enum status make_id(struct row *row, const char *type, char id[UUID_TEXT_SIZE])
{
	struct buf name;
	enum status status = STATUS_OK;
	buf_init(&name, EVENT_BYTES_ROOM);
	/* The zero between the parts: no cell has one, so no two keys give the same name. */
	buf_append(&name, json_find_string(row->mapping->document, "source"), strlen(json_find_string(row->mapping->document, "source")) + 1);
	buf_append(&name, type, strlen(type) + 1);
	for (const struct json *key = json_first(json_find(row->mapping->document, "key")); status == STATUS_OK && key != NULL; key = json_next(key)) {
		const char *cell;
		status = read_cell(row, span_of_text(json_string(key)), &cell);
		if (status == STATUS_OK && cell[0] == '\0')
			status = bad_cell(row, json_string(key), "this column tells the row from the others: it may not be empty",
			                  "по этому столбцу строки отличаются друг от друга: он не может быть пустым");
		if (status == STATUS_OK)
			buf_append(&name, cell, strlen(cell) + 1);
	}
	if (status == STATUS_OK) {
		struct ident_uuid uuid = ident_uuid_v5(&SPACE, buf_span(&name));
		ident_uuid_format(&uuid, id);
	}
	buf_clear(&name);
	return status;
}

static enum status write_time(struct row *row, struct json_writer *writer, const char *column)
{
	const char *cell, *date;
	int64_t us;
	const char *offset = json_find_string(row->mapping->document, "utc_offset");
	enum status status = read_cell(row, span_of_text(column), &cell);
	if (status != STATUS_OK)
		return status;
	if (offset == NULL)
		offset = "+03:00";
	if (read_date(row->arena, cell, &date))
		cell = arena_printf(row->arena, "%sT00:00:00%s", date, offset);
	else if (strlen(cell) == strlen("2024-02-05T09:30:00"))
		cell = arena_printf(row->arena, "%s%s", cell, offset);
	if (!instant_parse(cell, &us))
		return bad_cell(row, column, "a date is expected: 31.12.2023, 2023-12-31 or an instant of RFC 3339",
		                "ожидается дата: 31.12.2023, 2023-12-31 или момент по RFC 3339");
	json_member_string(writer, "time", cell);
	return STATUS_OK;
}

static enum status write_event(struct row *row, struct json_writer *writer, const struct json *from)
{
	char id[UUID_TEXT_SIZE];
	const char *subject, *type = json_find_string(from, "type");
	const char *region = json_find_string(row->mapping->document, "region");
	enum status status = make_id(row, type, id);
	if (status == STATUS_OK)
		status = fill_text(row, json_find_string(from, "subject"), &subject);
	if (status != STATUS_OK)
		return status;
	json_write_object(writer);
	json_member_string(writer, "specversion", "1.0");
	json_member_string(writer, "id", id);
	json_member_string(writer, "source", json_find_string(row->mapping->document, "source"));
	json_member_string(writer, "type", type);
	bool is_region = subject == NULL || subject[0] == '\0';
	json_member_string(writer, "subject", is_region ? region : arena_printf(row->arena, "%s/%s", region, subject));
	status = write_time(row, writer, json_find_string(from, "time"));
	if (status != STATUS_OK)
		return status;
	json_member_string(writer, "datacontenttype", "application/json");
	status = write_value(row, writer, "data", json_find(from, "data"));
	if (status == STATUS_OK)
		json_write_object_end(writer);
	return status;
}

static enum status make_event(struct row *row, const struct json *from, struct mapping_event *event)
{
	struct buf text;
	struct json_writer writer;
	buf_init(&text, EVENT_BYTES_ROOM);
	json_writer_init(&writer, &text);
	enum status status = write_event(row, &writer, from);
	if (status == STATUS_OK && !buf_ok(&text))
		status = fault_say(row->fault, STATUS_TOO_LARGE, "too_large", "", -1, "the row is too long", "строка слишком длинная");
	if (status == STATUS_OK)
		*event = (struct mapping_event){.from = from, .bytes = span_of(arena_text(row->arena, text.at, text.len), text.len)};
	buf_clear(&text);
	return status;
}

enum status mapping_make(const struct mapping *mapping, struct arena *arena, const char *const *cells, size_t count,
                         struct mapping_event ret_events[MAPPING_EVENTS_MAX], size_t *ret_count, const char **ret_column,
                         struct fault *fault)
{
	struct row row = {.mapping = mapping, .arena = arena, .cells = cells, .count = count, .fault = fault};
	enum status status = STATUS_OK;
	*ret_count = 0;
	for (const struct json *from = json_first(json_find(mapping->document, "events")); status == STATUS_OK && from != NULL; from = json_next(from)) {
		const char *when = json_find_string(from, "when"), *cell = "x";
		if (when != NULL)
			status = read_cell(&row, span_of_text(when), &cell);
		if (status == STATUS_OK && cell[0] != '\0')
			status = make_event(&row, from, &ret_events[*ret_count]);
		if (status == STATUS_OK && cell[0] != '\0')
			++*ret_count;
	}
	*ret_column = row.column;
	return status;
}

/* ---- Back from an event to the table ---- */

static const char *column_in_text(struct arena *arena, const char *template)
{
	struct span part;
	bool is_column, is_bad;
	while (next_part(&template, &part, &is_column, &is_bad)) {
		if (is_column)
			return arena_text(arena, part.at, part.len);
	}
	return NULL;
}

static const struct json *find_item(const struct json *container, struct span token)
{
	size_t index = 0;
	bool is_container = json_is(container, JSON_OBJECT) || json_is(container, JSON_ARRAY);
	for (const struct json *item = is_container ? json_first(container) : NULL; item != NULL; item = json_next(item)) {
		char number[24];
		snprintf(number, sizeof number, "%zu", index++);
		if (span_equal(token, span_of_text(json_name(item) == NULL ? number : json_name(item))))
			return item;
	}
	return NULL;
}

const char *mapping_column_of(struct arena *arena, const struct json *from, const char *pointer)
{
	const char *column;
	if (text_equal(pointer, "/time"))
		return json_find_string(from, "time");
	if (text_equal(pointer, "/subject"))
		return column_in_text(arena, json_find_string(from, "subject"));
	const struct json *value = from;
	while (value != NULL && *pointer == '/') {
		size_t len = strcspn(pointer + 1, "/");
		if (find_operator(value, &column) != MAPPING_TEXT)
			return column;  /* inside what the operator made */
		value = find_item(value, span_of(pointer + 1, len));
		pointer += 1 + len;
	}
	if (value == NULL || value == from)
		return NULL;
	if (find_operator(value, &column) != MAPPING_TEXT)
		return column;
	return json_is(value, JSON_STRING) ? column_in_text(arena, json_string(value)) : NULL;
}
