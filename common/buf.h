/* buf: a growing run of bytes with a stated maximum.
 *
 * An append that would pass the maximum is dropped and remembered: the writer appends freely and asks
 * buf_ok once at the end. The bytes are followed by a zero that is not counted;
 * before the first append, or one that was dropped, there are none, and at may be NULL. */
#ifndef EFFREG_BUF_H
#define EFFREG_BUF_H

#include "common/base.h"

struct buf {
	char *at;
	size_t len;
	size_t capacity;
	size_t bytes_max;
	bool overflowed;
};

void buf_init(struct buf *buf, size_t bytes_max);
void buf_clear(struct buf *buf);  /* frees the memory; the buf can be used again */
void buf_reset(struct buf *buf);  /* empties it, keeps the memory */
bool buf_ok(const struct buf *buf);

void buf_append(struct buf *buf, const void *at, size_t len);
void buf_text(struct buf *buf, const char *text);
void buf_integer(struct buf *buf, int64_t integer);  /* in decimal digits */
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

static inline struct span buf_span(const struct buf *buf)
{
	return span_of(buf->len > 0 ? buf->at : "", buf->len);
}

#endif
