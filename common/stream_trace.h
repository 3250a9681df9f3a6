/* stream_trace: what a record says of the trace it belongs to, for the line of the log that speaks of it. */
#ifndef EFFREG_STREAM_TRACE_H
#define EFFREG_STREAM_TRACE_H

#include "common/stream.h"

#define STREAM_TRACE_SIZE 128

struct stream_trace {
	char id[UUID_TEXT_SIZE];              /* of the event; "" = the record is none */
	char traceparent[STREAM_TRACE_SIZE];  /* "" = it came without one, or with one that is longer than any of the standard */
};

/* In a transaction of its own. What cannot be found out is "": a line of the log does not wait for it. */
void stream_trace_read(struct db *db, const struct stream *stream, const char *key, uint64_t seq, struct stream_trace *ret_trace);

#endif
