/* bench_events: valid events of exactly BENCH_EVENT_BYTES bytes, as every bench stores them. */
#ifndef EFFREG_BENCH_EVENTS_H
#define EFFREG_BENCH_EVENTS_H

#include "common/ident.h"

#define BENCH_EVENT_BYTES  500
#define BENCH_BATCH_EVENTS 500  /* an append, and a COMMIT of the limit */

/* The source every event of a region names; the caller says HELLO as this one. */
#define BENCH_SOURCE "bench/load"

/* Writes one event of the region, not terminated. sequence is its number within BENCH_SOURCE, from 1. */
void bench_event_write(char at[BENCH_EVENT_BYTES], const char *region, uint64_t sequence, const struct ident_uuid *id);
/* The same of a practice that is published: every one of them changes a figure of 2023. */
void bench_event_write_practice(char at[BENCH_EVENT_BYTES], const char *region, uint64_t sequence, const struct ident_uuid *id);

#endif
