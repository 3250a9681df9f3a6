/* bench_sink: where the consumers of other systems put their events: the log's table, by COPY, one COMMIT a batch. No chain, no
 * validation, no sequence of its own: less than intake does. */
#ifndef EFFREG_BENCH_SINK_H
#define EFFREG_BENCH_SINK_H

#include "common/base.h"

struct bench_sink;

/* A connection of its own. Ends the process when there is none. */
struct bench_sink *bench_sink_new(const char *dsn);
void bench_sink_destroy(struct bench_sink **sink);

/* Adds an event of bench_events to the batch. False: it is none. */
bool bench_sink_add(struct bench_sink *sink, struct span event) MUST_CHECK;
size_t bench_sink_count(const struct bench_sink *sink);
/* Stores the batch and commits, or ends the process. Returns how many it were. */
size_t bench_sink_commit(struct bench_sink *sink);
/* One event by INSERT, in a transaction of its own. */
bool bench_sink_insert(struct bench_sink *sink, struct span event) MUST_CHECK;

#endif
