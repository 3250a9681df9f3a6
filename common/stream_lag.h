/* stream_lag: how far a consumer is behind, over all keys and instances: for telemetry, not for decisions. */
#ifndef EFFREG_STREAM_LAG_H
#define EFFREG_STREAM_LAG_H

#include "common/stream.h"

struct stream_lag {
	int64_t records;    /* past its cursors */
	int64_t oldest_ms;  /* since the oldest of them was recorded; 0 = there is none */
};

/* In a transaction of its own. */
enum status stream_lag_read(struct db *db, const struct stream *stream, const char *consumer, struct stream_lag *ret_lag) MUST_CHECK;

#endif
