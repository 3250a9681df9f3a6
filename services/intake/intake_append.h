/* intake_append: batches of one key on their way into their region's log, at most STREAM_BATCH_MAX events, as a job for a writer. Small
 * ones of several regions may be one job, and one transaction: linked by next, the first is the job. */
#ifndef EFFREG_INTAKE_APPEND_H
#define EFFREG_INTAKE_APPEND_H

#include "services/intake/intake_pool.h"
#include "services/intake/intake_region.h"

/* Which event of which batch an event of the append is. */
struct intake_origin {
	struct intake_batch *batch;
	const struct intake_event *event;
};

struct intake_append {
	struct intake_job job;            /* first: the pool's pointer is ours */
	void *context;                    /* whose done it is */
	struct intake_append *next;       /* of those that go together; NULL = the last, or alone */
	bool small;                       /* the first of small ones: others gather until it has ended */
	bool by_itself;                   /* once more, after it was left alone */
	struct intake_region *region;
	struct intake_batch *batches;     /* each with its results, when status is OK */
	const char *user;
	const struct sha256 *token;       /* NULL = none */
	int64_t day_bytes_max, quarantine_bytes_max;
	struct arena *arena;
	struct append_event *events;
	struct intake_origin *origins;
	size_t count;
	/* outcome */
	enum status status;
	bool left_alone;                  /* it did not go with the others: run it again by itself, which finds what is stored nevertheless */
	bool judged;                      /* it has come so far that the key's rights were seen */
	struct append_head head;
	size_t refusals_lost;             /* not kept: the region's quarantine is full */
	char error[256];                  /* what the database said */
};

/* What an append takes beside its batches, at most: the rights, the refusals as parameters, the look at what is stored. The
 * arena of the first of small ones serves the transaction of all. */
#define INTAKE_APPEND_BYTES_MAX ((size_t)16 * 1024 * 1024)

/* Of the batches (linked by next, at least one), whose owner it is from now on; destroy it when they are released. */
struct intake_append *intake_append_new(struct intake_region *region, struct intake_batch *batches);
void intake_append_destroy(struct intake_append **append);
/* Has everything been stored, and nothing refused? */
bool intake_append_was_plain(const struct intake_append *append);

/* In a writer. */
void intake_append_run(struct intake_job *job, struct db *db);

#endif
