#include "services/intake/intake_line.h"

#include "common/log.h"
#include "services/intake/intake_session.h"

#include <stdlib.h>

/* A line that was narrowed. */
struct narrowed {
	struct bus_line line;
	uint8_t routing_id[INTAKE_ROUTING_ID_MAX];
	size_t routing_id_len;         /* 0 = free: no routing id is empty */
	int64_t dropped_ms;            /* monotonic: the last message of it that was dropped */
};

/* By descriptor; those in use stand in a list besides. */
struct intake_lines {
	struct narrowed at[INTAKE_LINES_MAX];
	int used[INTAKE_LINES_MAX];
	size_t count;
};

struct intake_lines *intake_lines_new(void)
{
	struct intake_lines *lines = calloc(1, sizeof *lines);
	ASSERT(lines != NULL);
	return lines;
}

void intake_lines_destroy(struct intake_lines **lines)
{
	free(*lines);
	*lines = NULL;
}

static struct narrowed *find(struct intake_lines *lines, int fd)
{
	return fd >= 0 && fd < INTAKE_LINES_MAX ? &lines->at[fd] : NULL;
}

static bool is_its(const struct narrowed *narrowed, struct span routing_id)
{
	return span_equal(span_of((const char *)narrowed->routing_id, narrowed->routing_id_len), routing_id);
}

static void widen_at(struct intake_lines *lines, size_t place)
{
	struct narrowed *narrowed = &lines->at[lines->used[place]];
	bus_line_widen(&narrowed->line);
	narrowed->routing_id_len = 0;
	lines->used[place] = lines->used[--lines->count];
}

void intake_lines_note(struct intake_lines *lines, const struct bus_message *message, int64_t now_ms)
{
	struct narrowed *narrowed = lines->count == 0 ? NULL : find(lines, bus_message_fd(message));
	if (narrowed != NULL && is_its(narrowed, bus_message_frame(message, 0)))
		narrowed->dropped_ms = now_ms;
}

void intake_lines_narrow(struct intake_lines *lines, const struct bus_socket *socket, const struct bus_message *message, int64_t now_ms)
{
	struct span routing_id = bus_message_frame(message, 0);
	int fd = bus_message_fd(message);
	struct narrowed *narrowed = find(lines, fd);
	if (narrowed == NULL || narrowed->routing_id_len > 0 || routing_id.len > INTAKE_ROUTING_ID_MAX)
		return;
	if (!bus_line_narrow(socket, fd, &narrowed->line))
		return;
	memcpy(narrowed->routing_id, routing_id.at, routing_id.len);
	narrowed->routing_id_len = routing_id.len;
	narrowed->dropped_ms = now_ms;
	lines->used[lines->count++] = fd;
	log_write(LOG_EVENT_line_narrowed, "key", bus_message_user(message), NULL);
}

void intake_lines_meet(struct intake_lines *lines, const struct bus_message *message)
{
	if (lines->count == 0)
		return;
	const struct narrowed *narrowed = find(lines, bus_message_fd(message));
	if (narrowed == NULL || narrowed->routing_id_len == 0 || is_its(narrowed, bus_message_frame(message, 0)))
		return;
	size_t place = 0;
	while (&lines->at[lines->used[place]] != narrowed)
		place++;
	widen_at(lines, place);
}

void intake_lines_expire(struct intake_lines *lines, int64_t now_ms)
{
	for (size_t place = lines->count; place-- > 0;) {  /* from the end: the last one takes the place of one that goes */
		if (lines->at[lines->used[place]].dropped_ms + INTAKE_LINE_QUIET_MS <= now_ms)
			widen_at(lines, place);
	}
}

size_t intake_lines_count(const struct intake_lines *lines)
{
	return lines->count;
}
