#include "common/stream_lag.h"

enum status stream_lag_read(struct db *db, const struct stream *stream, const char *consumer, struct stream_lag *ret_lag)
{
	const struct db_param params[] = {db_text(consumer)};
	struct db_rows *rows;
	enum status status = db_begin(db);
	if (status != STATUS_OK)
		return status;
	status = db_query(db, stream->lag_sql, params, ARRAY_COUNT(params), &rows);
	if (status == STATUS_OK) {
		*ret_lag = (struct stream_lag){.records = db_get_integer(rows, 0, 0), .oldest_ms = db_get_integer(rows, 0, 1)};
		db_rows_destroy(&rows);
	}
	db_rollback(db);
	return status;
}
