/* Writing: the streaming writer, and the canonical form of a tree. Knows trees only by json.h. */
#include "common/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/utf8.h"

#define NUMBER_DIGITS_MAX 17  /* of a double: enough to give it back */

/* What stands after the backslash for a byte that must be escaped: a letter, 'u' for \u00xx, 0 = no escape. The same
 * choice as RFC 8785, section 3.2.2.2, so that one function quotes for both forms. */
static const char ESCAPES[256] = {
	[0x00 ... 0x07] = 'u',
	['\b'] = 'b',
	['\t'] = 't',
	['\n'] = 'n',
	[0x0B] = 'u',
	['\f'] = 'f',
	['\r'] = 'r',
	[0x0E ... 0x1F] = 'u',
	['"'] = '"',
	['\\'] = '\\',
};

static void quote_special(struct buf *buf, unsigned char byte)
{
	if (ESCAPES[byte] == 'u')
		buf_printf(buf, "\\u%04x", byte);
	else
		buf_append(buf, (char[]){'\\', ESCAPES[byte]}, 2);
}

void json_quote(struct buf *buf, struct span text)
{
	size_t at = 0;
	size_t written = 0;  /* what stands before this place is in buf */
	buf_append(buf, "\"", 1);
	while (at < text.len) {
		unsigned char byte = (unsigned char)text.at[at];
		size_t sequence = byte < 0x80 ? 1 : utf8_sequence(text.at + at, text.len - at);
		if (sequence > 0 && ESCAPES[byte] == 0) {
			at += sequence;
			continue;
		}
		buf_append(buf, text.at + written, at - written);
		if (sequence == 0)
			buf_text(buf, "\xEF\xBF\xBD");
		else
			quote_special(buf, byte);
		written = ++at;
	}
	buf_append(buf, text.at + written, at - written);
	buf_append(buf, "\"", 1);
}

static bool pointer_put(char *pointer, size_t size, size_t *len, const char *bytes, size_t count)
{
	if (*len + count >= size)
		return false;
	memcpy(pointer + *len, bytes, count);
	*len += count;
	pointer[*len] = '\0';
	return true;
}

void json_pointer_append(char *pointer, size_t size, const char *token)
{
	size_t len = strlen(pointer);
	size_t left = strlen(token);
	bool room = pointer_put(pointer, size, &len, "/", 1);
	while (room && left > 0) {
		size_t sequence = utf8_sequence(token, left);
		size_t step = sequence > 0 ? sequence : 1;  /* a character is put whole or not at all */
		if (*token == '~')
			room = pointer_put(pointer, size, &len, "~0", 2);
		else if (*token == '/')
			room = pointer_put(pointer, size, &len, "~1", 2);
		else
			room = pointer_put(pointer, size, &len, token, step);
		token += step;
		left -= step;
	}
}

void json_writer_init(struct json_writer *writer, struct buf *buf)
{
	*writer = (struct json_writer){.buf = buf};
}

/* What stands between the last value or name and the next one. */
static void separate(struct json_writer *writer)
{
	if (writer->after_name) {
		writer->after_name = false;
		return;
	}
	if (writer->comma[writer->depth])
		buf_append(writer->buf, ",", 1);
	writer->comma[writer->depth] = true;
}

static void open_container(struct json_writer *writer, const char *bracket)
{
	separate(writer);
	ASSERT(writer->depth + 1 < ARRAY_COUNT(writer->comma));
	writer->comma[++writer->depth] = false;
	buf_append(writer->buf, bracket, 1);
}

static void close_container(struct json_writer *writer, const char *bracket)
{
	ASSERT(writer->depth > 0 && !writer->after_name);
	writer->depth--;
	buf_append(writer->buf, bracket, 1);
}

void json_write_object(struct json_writer *writer)
{
	open_container(writer, "{");
}

void json_write_object_end(struct json_writer *writer)
{
	close_container(writer, "}");
}

void json_write_array(struct json_writer *writer)
{
	open_container(writer, "[");
}

void json_write_array_end(struct json_writer *writer)
{
	close_container(writer, "]");
}

void json_write_name(struct json_writer *writer, const char *name)
{
	ASSERT(writer->depth > 0 && !writer->after_name);
	separate(writer);
	json_quote(writer->buf, span_of_text(name));
	buf_append(writer->buf, ":", 1);
	writer->after_name = true;
}

void json_write_string(struct json_writer *writer, const char *text)
{
	if (text == NULL)
		json_write_null(writer);
	else
		json_write_span(writer, span_of_text(text));
}

void json_write_span(struct json_writer *writer, struct span text)
{
	separate(writer);
	json_quote(writer->buf, text);
}

void json_write_integer(struct json_writer *writer, int64_t integer)
{
	separate(writer);
	buf_integer(writer->buf, integer);
}

void json_write_bool(struct json_writer *writer, bool value)
{
	separate(writer);
	buf_text(writer->buf, value ? "true" : "false");
}

void json_write_null(struct json_writer *writer)
{
	separate(writer);
	buf_text(writer->buf, "null");
}

void json_write_raw(struct json_writer *writer, struct span json_text)
{
	separate(writer);
	buf_append(writer->buf, json_text.at, json_text.len);
}

void json_member_string(struct json_writer *writer, const char *name, const char *text)
{
	json_write_name(writer, name);
	json_write_string(writer, text);
}

void json_member_integer(struct json_writer *writer, const char *name, int64_t integer)
{
	json_write_name(writer, name);
	json_write_integer(writer, integer);
}

void json_member_bool(struct json_writer *writer, const char *name, bool value)
{
	json_write_name(writer, name);
	json_write_bool(writer, value);
}

void json_member_null(struct json_writer *writer, const char *name)
{
	json_write_name(writer, name);
	json_write_null(writer);
}

void json_member_raw(struct json_writer *writer, const char *name, struct span json_text)
{
	json_write_name(writer, name);
	json_write_raw(writer, json_text);
}

/* UTF-16 puts U+10000 and above (UTF-8: F0..F4) before U+E000..U+FFFF (UTF-8: EE, EF); otherwise bytes and code units
 * sort alike. */
static int utf16_rank(unsigned char byte)
{
	if (byte >= 0xF0)
		return byte - 2;
	return byte >= 0xEE ? byte + 8 : byte;
}

static int compare_names(const void *a, const void *b)
{
	const unsigned char *left = (const unsigned char *)json_name(*(const struct json *const *)a);
	const unsigned char *right = (const unsigned char *)json_name(*(const struct json *const *)b);
	while (*left != '\0' && *left == *right) {
		left++;
		right++;
	}
	return utf16_rank(*left) - utf16_rank(*right);
}

/* Fresh, sorted; the caller frees it. */
static const struct json **members_sorted(const struct json *object, size_t count)
{
	const struct json **members = calloc(count + 1, sizeof *members);
	ASSERT(members != NULL);
	size_t i = 0;
	for (const struct json *member = json_first(object); member != NULL; member = json_next(member))
		members[i++] = member;
	qsort(members, count, sizeof *members, compare_names);
	return members;
}

static void canonical_value(struct buf *buf, const struct json *json);

static void canonical_object(struct buf *buf, const struct json *json)
{
	size_t count = json_count(json);
	const struct json **members = members_sorted(json, count);
	buf_append(buf, "{", 1);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_append(buf, ",", 1);
		json_quote(buf, span_of_text(json_name(members[i])));
		buf_append(buf, ":", 1);
		canonical_value(buf, members[i]);
	}
	buf_append(buf, "}", 1);
	free(members);
}

static void canonical_array(struct buf *buf, const struct json *json)
{
	buf_append(buf, "[", 1);
	for (const struct json *item = json_first(json); item != NULL; item = json_next(item)) {
		if (item != json_first(json))
			buf_append(buf, ",", 1);
		canonical_value(buf, item);
	}
	buf_append(buf, "]", 1);
}

/* The fewest digits that give the number back, without the point, and the exponent n of 0.DIGITS * 10^n. */
static size_t shortest_digits(double number, char digits[NUMBER_DIGITS_MAX + 1], int *ret_exponent)
{
	char text[32];
	int precision = 1;
	do
		snprintf(text, sizeof text, "%.*e", precision - 1, number);
	while (precision++ < NUMBER_DIGITS_MAX && strtod(text, NULL) != number);
	size_t count = 0;
	const char *at = text;
	for (; *at != 'e'; at++) {
		if (*at >= '0' && *at <= '9')  /* the point is the locale's */
			digits[count++] = *at;
	}
	digits[count] = '\0';
	*ret_exponent = (int)strtol(at + 1, NULL, 10) + 1;
	return count;
}

/* ECMAScript's Number::toString, as RFC 8785, section 3.2.2.3, wants it. */
static void canonical_fraction(struct buf *buf, double number)
{
	char digits[NUMBER_DIGITS_MAX + 1];
	int n;
	if (number < 0)
		buf_append(buf, "-", 1);
	int count = (int)shortest_digits(number < 0 ? -number : number, digits, &n);
	if (count <= n && n <= 21)
		buf_printf(buf, "%s%.*s", digits, n - count, "000000000000000000000");
	else if (0 < n && n <= 21)
		buf_printf(buf, "%.*s.%s", n, digits, digits + n);
	else if (-6 < n && n <= 0)
		buf_printf(buf, "0.%.*s%s", -n, "00000", digits);
	else
		buf_printf(buf, "%c%s%se%+d", digits[0], count > 1 ? "." : "", digits + 1, n - 1);
}

static void canonical_number(struct buf *buf, const struct json *json)
{
	int64_t integer = 0;
	if (json_integer(json, &integer))
		buf_printf(buf, "%" PRId64, integer);
	else
		canonical_fraction(buf, json_number(json));
}

static void canonical_value(struct buf *buf, const struct json *json)
{
	switch (json_type(json)) {
	case JSON_BOOL: buf_text(buf, json_bool(json) ? "true" : "false"); break;
	case JSON_NUMBER: canonical_number(buf, json); break;
	case JSON_STRING: json_quote(buf, span_of_text(json_string(json))); break;
	case JSON_ARRAY: canonical_array(buf, json); break;
	case JSON_OBJECT: canonical_object(buf, json); break;
	default: buf_text(buf, "null");
	}
}

enum status json_canonical(struct buf *buf, const struct json *json)
{
	canonical_value(buf, json);
	return buf_ok(buf) ? STATUS_OK : STATUS_TOO_LARGE;
}
