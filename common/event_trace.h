/* event_trace: what a record says of itself for a line of the log: its id, and the trace it belongs to (W3C Trace Context). */
#ifndef EFFREG_EVENT_TRACE_H
#define EFFREG_EVENT_TRACE_H

#include "common/arena.h"
#include "common/ident.h"

#define EVENT_TRACE_SIZE 128

struct event_trace {
	char id[UUID_TEXT_SIZE];             /* "" = it has none */
	char traceparent[EVENT_TRACE_SIZE];  /* "" = it came without one, or with one that is longer than any of the standard */
};

/* body is JSON that was accepted before, or not: what cannot be read is "". */
void event_trace_read(struct arena *arena, struct span body, struct event_trace *ret_trace);

#endif
