#include "common/status.h"

#include <stdarg.h>
#include <stdio.h>

struct status_row {
	const char *name;
	enum status_group group;
	const char *text;
};

static const struct status_row STATUS_ROWS[] = {
#define STATUS_ROW(name, group, text) [STATUS_##name] = {#name, STATUS_GROUP_##group, text},
	STATUS_MAP(STATUS_ROW)
#undef STATUS_ROW
};

static const struct status_row *row_of(enum status status)
{
	ASSERT((size_t)status < ARRAY_COUNT(STATUS_ROWS));
	return &STATUS_ROWS[status];
}

enum status_group status_group(enum status status)
{
	return row_of(status)->group;
}

const char *status_name(enum status status)
{
	return row_of(status)->name;
}

const char *status_text(enum status status)
{
	return row_of(status)->text;
}

/* Length of the well-formed UTF-8 sequence at text, 0 when there is none (Unicode 15, table 3-7). */
static size_t sequence_length(const unsigned char *text)
{
	size_t len = text[0] < 0x80 ? 1 : text[0] < 0xC2 ? 0 : text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : text[0] < 0xF5 ? 4 : 0;
	for (size_t i = 1; i < len; i++) {
		unsigned char low = 0x80, high = 0xBF;
		if (i == 1 && text[0] == 0xE0)
			low = 0xA0;
		if (i == 1 && text[0] == 0xED)
			high = 0x9F;
		if (i == 1 && text[0] == 0xF0)
			low = 0x90;
		if (i == 1 && text[0] == 0xF4)
			high = 0x8F;
		if (text[i] < low || text[i] > high)
			return 0;
	}
	return len;
}

/* A fault is stored and sent: what was cut in the middle of a character, or quotes broken input, must not break that too. */
static void make_utf8(char *text)
{
	unsigned char *at = (unsigned char *)text;
	while (*at != '\0') {
		size_t len = sequence_length(at);
		if (len == 0)
			*at = '?';
		at += len == 0 ? 1 : len;
	}
}

static void place(struct fault *fault, enum status status, const char *code, const char *pointer, long offset)
{
	fault->status = status;
	fault->offset = offset;
	fault->schema_pointer[0] = '\0';
	snprintf(fault->code, sizeof fault->code, "%s", code);
	snprintf(fault->pointer, sizeof fault->pointer, "%s", pointer);
	make_utf8(fault->pointer);
}

enum status fault_set(struct fault *fault, enum status status, const char *code, const char *pointer, long offset,
                      const char *format, ...)
{
	if (fault == NULL)
		return status;
	va_list arguments;
	place(fault, status, code, pointer, offset);
	va_start(arguments, format);
	vsnprintf(fault->text, sizeof fault->text, format, arguments);
	va_end(arguments);
	make_utf8(fault->text);
	fault->text_ru[0] = '\0';
	return status;
}

enum status fault_vtell(struct fault *fault, enum status status, const char *code, const char *pointer, long offset,
                        const char *en, const char *ru, va_list arguments)
{
	if (fault == NULL)
		return status;
	va_list again;
	place(fault, status, code, pointer, offset);
	va_copy(again, arguments);
	vsnprintf(fault->text, sizeof fault->text, en, arguments);
	vsnprintf(fault->text_ru, sizeof fault->text_ru, ru, again);
	va_end(again);
	make_utf8(fault->text);
	make_utf8(fault->text_ru);
	return status;
}

enum status fault_tell(struct fault *fault, enum status status, const char *code, const char *pointer, long offset,
                       const char *en, const char *ru, ...)
{
	va_list arguments;
	va_start(arguments, ru);
	status = fault_vtell(fault, status, code, pointer, offset, en, ru, arguments);
	va_end(arguments);
	return status;
}

enum status fault_say(struct fault *fault, enum status status, const char *code, const char *pointer, long offset,
                      const char *en, const char *ru)
{
	if (fault == NULL)
		return status;
	place(fault, status, code, pointer, offset);
	snprintf(fault->text, sizeof fault->text, "%s", en);
	snprintf(fault->text_ru, sizeof fault->text_ru, "%s", ru);
	make_utf8(fault->text);
	make_utf8(fault->text_ru);
	return status;
}

static void put_before(char *text, size_t size, const char *format, va_list arguments) PRINTF_LIKE(3, 0);

static void put_before(char *text, size_t size, const char *format, va_list arguments)
{
	char what[sizeof((struct fault *)0)->text_ru];
	snprintf(what, sizeof what, "%s", text);
	int len = vsnprintf(text, size, format, arguments);
	if (len >= 0 && (size_t)len < size)
		snprintf(text + len, size - (size_t)len, "%s", what);
	make_utf8(text);
}

void fault_place(struct fault *fault, const char *en, const char *ru, ...)
{
	va_list arguments, again;
	if (fault == NULL)
		return;
	va_start(arguments, ru);
	va_copy(again, arguments);
	put_before(fault->text, sizeof fault->text, en, arguments);
	if (fault->text_ru[0] != '\0')
		put_before(fault->text_ru, sizeof fault->text_ru, ru, again);
	va_end(again);
	va_end(arguments);
}

const char *fault_text_ru(const struct fault *fault)
{
	return fault->text_ru[0] != '\0' ? fault->text_ru : fault->text;
}
