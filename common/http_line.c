#include "common/http_line.h"

#include "common/http.h"

#include <stdlib.h>
#include <sys/socket.h>

struct http_line {
	int fd;
	enum http_line_phase phase;
	int64_t since_ms;
	struct http_line *previous, *next;
};

struct http_line *http_line_open(struct http_line **lines, int fd, int64_t now_ms)
{
	struct http_line *line = calloc(1, sizeof *line);
	ASSERT(line != NULL);
	*line = (struct http_line){.fd = fd, .since_ms = now_ms, .next = *lines};
	if (line->next != NULL)
		line->next->previous = line;
	*lines = line;
	return line;
}

void http_line_close(struct http_line **lines, struct http_line *line)
{
	if (line->previous != NULL)
		line->previous->next = line->next;
	else
		*lines = line->next;
	if (line->next != NULL)
		line->next->previous = line->previous;
	free(line);
}

void http_line_move(struct http_line *line, enum http_line_phase phase, int64_t now_ms)
{
	line->phase = phase;
	line->since_ms = now_ms;
}

static bool is_overdue(const struct http_line *line, int64_t arrive_ms, int64_t now_ms)
{
	int64_t taken_ms = now_ms - line->since_ms;
	switch (line->phase) {
	case HTTP_LINE_ARRIVES: return taken_ms > arrive_ms;
	case HTTP_LINE_IS_KEPT: return taken_ms > arrive_ms + HTTP_IDLE_MS;
	case HTTP_LINE_IS_HANDLED: return false;
	case HTTP_LINE_LEAVES: return taken_ms > HTTP_LEAVE_MS;
	}
	return false;
}

void http_lines_shut(const struct http_line *lines, int64_t arrive_ms, int64_t now_ms)
{
	for (const struct http_line *line = lines; line != NULL; line = line->next) {
		if (is_overdue(line, arrive_ms, now_ms))
			shutdown(line->fd, SHUT_RDWR);
	}
}
