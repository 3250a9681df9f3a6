#include "common/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *buf, size_t bytes_max)
{
	*buf = (struct buf){.bytes_max = bytes_max};
}

void buf_clear(struct buf *buf)
{
	free(buf->at);
	buf_init(buf, buf->bytes_max);
}

void buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->overflowed = false;
	if (buf->at != NULL)
		buf->at[0] = '\0';
}

bool buf_ok(const struct buf *buf)
{
	return !buf->overflowed;
}

static bool room_for(struct buf *buf, size_t len)
{
	if (buf->overflowed || len > buf->bytes_max - buf->len) {
		buf->overflowed = true;
		return false;
	}
	size_t needed = buf->len + len + 1;
	if (needed > buf->capacity) {
		size_t capacity = buf->capacity < 256 ? 256 : buf->capacity;
		while (capacity < needed)
			capacity *= 2;
		buf->at = realloc(buf->at, capacity);
		ASSERT(buf->at != NULL);
		buf->capacity = capacity;
	}
	return true;
}

void buf_append(struct buf *buf, const void *at, size_t len)
{
	if (!room_for(buf, len))
		return;
	if (len > 0)
		memcpy(buf->at + buf->len, at, len);
	buf->len += len;
	buf->at[buf->len] = '\0';
}

void buf_text(struct buf *buf, const char *text)
{
	buf_append(buf, text, strlen(text));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list arguments;
	if (!room_for(buf, 0))
		return;
	size_t room = buf->capacity - buf->len;
	va_start(arguments, format);
	int len = vsnprintf(buf->at + buf->len, room, format, arguments);
	va_end(arguments);
	ASSERT(len >= 0);
	if ((size_t)len >= room || (size_t)len > buf->bytes_max - buf->len) {
		buf->at[buf->len] = '\0';  /* takes the beginning back */
		if (!room_for(buf, (size_t)len))
			return;
		va_start(arguments, format);
		vsnprintf(buf->at + buf->len, (size_t)len + 1, format, arguments);
		va_end(arguments);
	}
	buf->len += (size_t)len;
}

void buf_integer(struct buf *buf, int64_t integer)
{
	char digits[20];
	size_t at = sizeof digits;
	uint64_t rest = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (integer < 0)
		digits[--at] = '-';
	buf_append(buf, digits + at, sizeof digits - at);
}
