#include "common/log.h"

#include "common/ambient.h"
#include "common/buf.h"
#include "common/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_BYTES_MAX ((size_t)16 * 1024)

struct log_row {
	const char *id;
	const char *level;
};

static const struct log_row LOG_ROWS[] = {
#define LOG_ROW(id, level, text) [LOG_EVENT_##id] = {#id, #level},
	LOG_EVENT_MAP(LOG_ROW)
#undef LOG_ROW
};

static const char *log_service = "effreg";

void log_init(const char *service)
{
	log_service = service;
}

static void write_head(struct json_writer *writer, enum log_event event)
{
	char time[INSTANT_TEXT_SIZE];
	instant_format(ambient_now_us(), time);
	json_member_string(writer, "time", time);
	json_member_string(writer, "level", LOG_ROWS[event].level);
	json_member_string(writer, "service", log_service);
	json_member_string(writer, "event", LOG_ROWS[event].id);
}

static void begin_line(struct json_writer *writer, struct buf *line, enum log_event event)
{
	buf_reset(line);
	json_writer_init(writer, line);
	json_write_object(writer);
	write_head(writer, event);
}

static void end_line(struct json_writer *writer, struct buf *line)
{
	json_write_object_end(writer);
	buf_text(line, "\n");
}

void log_write(enum log_event event, ...)
{
	ASSERT((size_t)event < ARRAY_COUNT(LOG_ROWS));
	struct buf line;
	struct json_writer writer;
	buf_init(&line, LINE_BYTES_MAX);
	begin_line(&writer, &line, event);
	va_list members;
	va_start(members, event);
	for (const char *name = va_arg(members, const char *); name != NULL; name = va_arg(members, const char *))
		json_member_string(&writer, name, va_arg(members, const char *));
	va_end(members);
	end_line(&writer, &line);
	if (!buf_ok(&line)) {
		begin_line(&writer, &line, event);
		json_member_string(&writer, "cut", "the members of this line were too long");
		end_line(&writer, &line);
	}
	/* One write(2) a line, so that lines of several processes on one stderr stay whole. When it fails, nobody is left to tell. */
	ssize_t written = write(STDERR_FILENO, line.at, line.len);
	(void)written;
	buf_clear(&line);
}
