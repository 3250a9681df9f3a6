/* metrics_rebuild: the state of metrics made anew from the log beside the live service, and put in its place or held against it, region by
 * region (stream_rebuild.h).
 *
 * Turns of a rebuild are larger than live ones and write entities only; figures are made once for each region, in the swap. */
#ifndef EFFREG_METRICS_REBUILD_H
#define EFFREG_METRICS_REBUILD_H

#include "common/stream_rebuild.h"
#include "services/metrics/rules.h"

struct metrics_rebuild_report {
	uint64_t regions, events;
	uint64_t different;      /* of a check: rows that are not as they should be */
	uint64_t parked;
	char example[512];       /* one of them */
};

struct metrics_rebuild_options {
	const struct rules *rules;  /* borrowed: the definitions in force */
	uint64_t hash_seed;
	const char *log_archive;    /* folder of archived events (archive.h); NULL = none was named */
	bool check;                 /* compares and swaps nothing */
	unsigned worker, workers;   /* of so many processes that share the regions this is number worker, from 0 */
	void (*progress)(void *context, const char *region, const struct metrics_rebuild_report *report);  /* may be NULL */
	void *context;
};

/* Begins: every region from seq 0; an earlier rebuild is dropped. */
enum status metrics_rebuild_begin(struct db *db, struct fault *fault) MUST_CHECK;

/* The worker's regions, to completion, from where they stand. Transient statuses (UNAVAILABLE, RETRY): call again. Records that cannot be
 * counted are parked, as the live consumer does. */
enum status metrics_rebuild_run(struct db *db, const struct metrics_rebuild_options *options, struct metrics_rebuild_report *ret_report,
                                struct fault *fault) MUST_CHECK;

#endif
