/* cli_trace_store: the life of one event, from what the tables hold of it. */
#ifndef EFFREG_CLI_TRACE_STORE_H
#define EFFREG_CLI_TRACE_STORE_H

#include "common/db.h"

/* Columns of trace_find_event: where the id is stored; a row a region, for an id is unique within one. */
enum { TRACE_REGION, TRACE_SEQ, TRACE_TYPE, TRACE_SOURCE, TRACE_TRACEPARENT };
/* Columns of trace_find_steps: µs, and the ms since it was stored; step and detail are codes and names. */
enum { TRACE_TIME, TRACE_STEP, TRACE_DETAIL };

/* Fresh rows; no row: nobody has it. id has the form of a UUID. */
enum status trace_find_event(struct db *db, const char *id, struct db_rows **ret_rows) MUST_CHECK;
/* In order of time, the event of region at seq; region "": what was refused under the id. Steps: happened, stored, counted (metrics reached
 * it), parked, computed (the live rating that stands has read it; of periods that it changed), published (first with it, of these), noticed
 * and sent (what its region was told of these, or of its subject later), refused. Fresh rows. */
enum status trace_find_steps(struct db *db, const char *id, const char *region, int64_t seq, struct db_rows **ret_rows) MUST_CHECK;

#endif
