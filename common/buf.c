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
	va_start(arguments, format);
	int len = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	ASSERT(len >= 0);
	if (!room_for(buf, (size_t)len))
		return;
	va_start(arguments, format);
	vsnprintf(buf->at + buf->len, (size_t)len + 1, format, arguments);
	va_end(arguments);
	buf->len += (size_t)len;
}
