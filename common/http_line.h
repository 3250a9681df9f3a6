/* http_line: the connections of an HTTP server, and how long each may take.
 *
 * libmicrohttpd's own timeout counts from the last byte, so who sends a byte now and then could stay for ever. A line says what its
 * connection is waited for, and since when; one that takes too long is shut down, and libmicrohttpd sees the end of its stream. */
#ifndef EFFREG_HTTP_LINE_H
#define EFFREG_HTTP_LINE_H

#include "common/base.h"

enum http_line_phase {
	HTTP_LINE_ARRIVES,     /* its first request is awaited: arrive_ms */
	HTTP_LINE_IS_KEPT,     /* the next one, after an answer: HTTP_IDLE_MS more */
	HTTP_LINE_IS_HANDLED,  /* nothing of the client's is awaited: no limit */
	HTTP_LINE_LEAVES,      /* the client is to read its answer: HTTP_LEAVE_MS */
};

struct http_line;

/* now_ms: monotonic. A new one in *lines, waiting for its first request. Borrows fd. */
struct http_line *http_line_open(struct http_line **lines, int fd, int64_t now_ms);
void http_line_close(struct http_line **lines, struct http_line *line);
void http_line_move(struct http_line *line, enum http_line_phase phase, int64_t now_ms);
/* Shuts the overdue ones down; they stay in the list until they are closed. */
void http_lines_shut(const struct http_line *lines, int64_t arrive_ms, int64_t now_ms);

#endif
