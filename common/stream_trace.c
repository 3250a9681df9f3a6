#include "common/stream_trace.h"

#include "common/json.h"

void stream_trace_read(struct db *db, const struct stream *stream, const char *key, uint64_t seq, struct event_trace *ret_trace)
{
	struct arena *arena = arena_new(JSON_ARENA_BYTES(STREAM_BODY_MAX));
	const struct db_param params[] = {db_text(key), db_integer(arena, (int64_t)seq - 1), db_integer(arena, 1)};
	struct db_rows *rows;
	*ret_trace = (struct event_trace){.id = "", .traceparent = ""};
	if (db_begin(db) == STATUS_OK) {
		if (db_query(db, stream->read_sql, params, ARRAY_COUNT(params), &rows) == STATUS_OK) {
			if (db_rows_count(rows) > 0)
				event_trace_read(arena, span_of(db_get_text(rows, 0, 1), db_get_len(rows, 0, 1)), ret_trace);
			db_rows_destroy(&rows);
		}
		db_rollback(db);
	}
	arena_destroy(&arena);
}
