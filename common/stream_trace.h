/* stream_trace: the trace that a record of a stream belongs to, for the line of the log that speaks of it. */
#ifndef EFFREG_STREAM_TRACE_H
#define EFFREG_STREAM_TRACE_H

#include "common/event_trace.h"
#include "common/stream.h"

/* In a transaction of its own. What cannot be found out is "": a line of the log does not wait for it. */
void stream_trace_read(struct db *db, const struct stream *stream, const char *key, uint64_t seq, struct event_trace *ret_trace);

#endif
