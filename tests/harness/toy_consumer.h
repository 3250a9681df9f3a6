/* toy_consumer: a consumer of the log that sums {"n": ...} per key, for tests of those who follow streams.
 *
 * public.toy_total holds the sum of a key, written as a whole from what the toy keeps in memory, so that memory that should
 * have been forgotten shows in the sum; public.toy_applied holds a row for every application of a record, so that a record
 * applied twice shows too. It misbehaves as told. Uses no cmocka: it lives in threads and child processes as well. */
#ifndef EFFREG_TOY_CONSUMER_H
#define EFFREG_TOY_CONSUMER_H

#include "common/stream.h"

/* Every toy opened from now on takes the records of several keys in a turn: stream_consumer_options.together. */
extern bool toy_together;

struct toy {
	struct db *db;
	struct stream_consumer *consumer;
	const char *name;
	bool keeps_keys;             /* stream.h */
	int64_t factor;              /* what a record counts: 1 unless it is another version of the same consumer */

	/* Misbehaviour, in the turn that meets this record; 0 = never. */
	uint64_t bad_seq;
	enum status bad_status;      /* OK: bad_call alone */
	void (*bad_call)(void *context);
	void *bad_context;
	unsigned bad_tries;          /* how often it was met */

	/* What it keeps in memory: one key. */
	char key[STREAM_KEY_MAX];
	uint64_t seq;
	int64_t total;
	bool kept;

	unsigned forgets;
	unsigned togethers;          /* turns over more than one key */
	uint64_t told_seq;           /* by committed */
};

/* Makes its tables, empty. */
enum status toy_tables(struct db *db) MUST_CHECK;
/* Borrows db and name; the rest of *toy is kept as the caller set it (zeroes will do). Destroy with toy_close. */
void toy_open(struct toy *toy, struct db *db, const char *name, enum stream_poison poison, size_t batch_max);
void toy_close(struct toy *toy);
/* Works until nothing is left to do. */
enum status toy_follow(struct toy *toy) MUST_CHECK;

#endif
