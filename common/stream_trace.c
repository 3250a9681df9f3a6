#include "common/stream_trace.h"

#include "common/json.h"

#include <stdio.h>

static void copy_member(const struct json *record, const char *name, char *to, size_t size)
{
	const char *text = json_find_string(record, name);
	if (text != NULL && strlen(text) < size)
		snprintf(to, size, "%s", text);
}

static void read_record(struct arena *arena, const struct db_rows *rows, struct stream_trace *trace)
{
	const struct json *record;
	struct fault fault;
	if (db_rows_count(rows) == 0 ||
	    json_parse(arena, db_get_text(rows, 0, 1), db_get_len(rows, 0, 1), &JSON_LIMITS_EVENT, &record, &fault) != STATUS_OK)
		return;
	copy_member(record, "id", trace->id, sizeof trace->id);
	copy_member(record, "traceparent", trace->traceparent, sizeof trace->traceparent);
}

void stream_trace_read(struct db *db, const struct stream *stream, const char *key, uint64_t seq, struct stream_trace *ret_trace)
{
	struct arena *arena = arena_new(JSON_ARENA_BYTES(STREAM_BODY_MAX));
	const struct db_param params[] = {db_text(key), db_integer(arena, (int64_t)seq - 1), db_integer(arena, 1)};
	struct db_rows *rows;
	*ret_trace = (struct stream_trace){.id = "", .traceparent = ""};
	if (db_begin(db) == STATUS_OK) {
		if (db_query(db, stream->read_sql, params, ARRAY_COUNT(params), &rows) == STATUS_OK) {
			read_record(arena, rows, ret_trace);
			db_rows_destroy(&rows);
		}
		db_rollback(db);
	}
	arena_destroy(&arena);
}
