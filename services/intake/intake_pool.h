/* intake_pool: threads, each with a connection of its own to PostgreSQL, for what would make the reactor wait.
 *
 * The reactor submits a job; a thread runs it; the reactor is woken by a descriptor and takes the job back. Between the two a job
 * belongs to its thread alone, so nothing is shared but the two lists. Threads, and not asynchronous calls in the reactor: an
 * append has a dozen places where the server may answer one thing or another (a duplicate, a lock that is held, a full
 * quarantine, a line that is cut), and as a sequence it is one text that tests can cut anywhere. */
#ifndef EFFREG_INTAKE_POOL_H
#define EFFREG_INTAKE_POOL_H

#include "common/db.h"

#define INTAKE_POOL_THREADS_MAX 32

struct intake_job {
	struct intake_job *next;
	void (*run)(struct intake_job *job, struct db *db);  /* in a thread of the pool */
	void (*done)(struct intake_job *job);                /* in the reactor; the job is its own again */
};

struct intake_pool;

/* threads connections like db's. UNAVAILABLE when the server does not take them. */
enum status intake_pool_new(const struct db *db, size_t threads, struct intake_pool **ret_pool, struct fault *fault) MUST_CHECK;
/* Runs what was submitted to its end, and calls done for it. */
void intake_pool_destroy(struct intake_pool **pool);

void intake_pool_submit(struct intake_pool *pool, struct intake_job *job);
/* Jobs submitted and not collected. */
size_t intake_pool_busy(const struct intake_pool *pool);
size_t intake_pool_threads(const struct intake_pool *pool);

/* Readable when a job has ended: then collect, which calls done for each. */
int intake_pool_fd(const struct intake_pool *pool);
void intake_pool_collect(struct intake_pool *pool);

#endif
