#include "tests/bench/bench_job.h"

#include "common/ambient.h"
#include "tests/bench/bench_arguments.h"
#include "tests/bench/bench_clock.h"
#include "tests/bench/bench_events.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define STALL_US 60000000

void bench_job_init(struct bench_job *job, int argc, char **argv)
{
	char regions[BENCH_REGIONS_MAX][OKTMO_TEXT_SIZE];
	size_t regions_count = bench_argument_regions(argc, argv, regions);

	job->dsn = bench_argument(argc, argv, "dsn", NULL);
	job->total = bench_argument_number(argc, argv, "events", NULL);
	job->in_flight = bench_argument_number(argc, argv, "in-flight", "1000");
	job->consumers = bench_argument_number(argc, argv, "consumers", "1");
	job->events = malloc(job->total * BENCH_EVENT_BYTES + 1);
	ASSERT(job->events != NULL && job->in_flight > 0 && job->consumers > 0);
	for (size_t i = 0; i < job->total; i++) {
		struct ident_uuid id = ambient_uuid();

		bench_event_write(job->events + i * BENCH_EVENT_BYTES, regions[i % regions_count], i / regions_count + 1, &id);
	}
}

struct span bench_job_event(const struct bench_job *job, size_t at)
{
	return span_of(job->events + at * BENCH_EVENT_BYTES, BENCH_EVENT_BYTES);
}

void bench_job_start(struct bench_job *job)
{
	job->started_us = bench_now_us();
}

void bench_job_finish(struct bench_job *job)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	int64_t progress_us = bench_now_us();

	for (size_t seen = 0, stored = atomic_load(&job->stored); stored < job->total; stored = atomic_load(&job->stored)) {
		if (stored > seen)
			progress_us = bench_now_us();
		seen = stored;
		if (bench_now_us() - progress_us > STALL_US) {
			(void)fprintf(stderr, "bench_job: nothing stored for a minute; %zu of %zu\n", stored, job->total);
			exit(1);
		}
		(void)nanosleep(&pause, NULL);
	}
	printf("{\"events\":%zu,\"in_flight\":%zu,\"consumers\":%zu,\"seconds\":%.4f,\"cpu_us\":%lld}\n", job->total, job->in_flight,
	       job->consumers, (double)(bench_now_us() - job->started_us) / 1e6, (long long)bench_cpu_us());
	(void)fflush(stdout);
}
