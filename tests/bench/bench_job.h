/* bench_job: what the programs that do intake's job by other means have in common: the events, who has stored how many, the end. */
#ifndef EFFREG_BENCH_JOB_H
#define EFFREG_BENCH_JOB_H

#include "common/base.h"

#include <stdatomic.h>

struct bench_job {
	const char *dsn;
	char *events;               /* total of BENCH_EVENT_BYTES, of the regions in turn */
	size_t total;
	size_t in_flight;           /* published and not confirmed, at most */
	size_t consumers;
	atomic_size_t stored;       /* committed in PostgreSQL */
	int64_t started_us;
};

/* --dsn CONNINFO --regions A,B --events N --in-flight N --consumers N */
void bench_job_init(struct bench_job *job, int argc, char **argv);
struct span bench_job_event(const struct bench_job *job, size_t at);
void bench_job_start(struct bench_job *job);
/* Waits until everything is stored; ends the process after a minute without progress. Prints one JSON object. */
void bench_job_finish(struct bench_job *job);

#endif
