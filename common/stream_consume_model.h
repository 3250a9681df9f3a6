/* What the files of stream_consumer share: nobody else includes it. */
#ifndef EFFREG_STREAM_CONSUME_MODEL_H
#define EFFREG_STREAM_CONSUME_MODEL_H

#include "common/stream.h"

/* A cursor's row, locked by this transaction. */
struct cursor {
	uint64_t seq;
	int64_t moved_us;                /* updated_time: changes whenever anybody moves the cursor */
	int64_t age_ms;                  /* since then, by the database's clock */
};

/* A key that another instance is at. */
struct others {
	char key[STREAM_KEY_MAX];
	int64_t until_ms;                /* hints are of no use before (monotonic) */
};

/* A key of which this process has finished a turn. */
struct proven {
	char key[STREAM_KEY_MAX];
	int64_t moved_us;                /* as the process left it: with another value, what is kept in memory is void */
};

/* An attempt that was counted. */
struct attempt {
	char key[STREAM_KEY_MAX];
	uint64_t seq;
	int64_t number;                  /* from 1; 0 = none */
};

struct stream_consumer {
	struct db *db;
	struct stream_consumer_options options;
	struct arena *arena;             /* one turn's memory */
	char (*hints)[STREAM_KEY_MAX];   /* keys that have records; a set, oldest first */
	size_t hints_count;
	struct proven *proven;           /* a set */
	size_t proven_count;
	struct others *others;           /* a set; empty unless options.keeps_keys */
	size_t others_count;
	struct attempt owed;             /* counted, never begun, not given back yet */
	struct stream_consumer_counts counts;
};

#define STREAM_MOVED_US "(EXTRACT(epoch FROM updated_time) * 1000000)::bigint"

/* NULL: not a key of which this process has finished a turn. */
struct proven *stream_find_proven(const struct stream_consumer *consumer, const char *key);
/* A key that finds no room stays unproven: its turns cost one more commit. */
void stream_note_proven(struct stream_consumer *consumer, const char *key, int64_t moved_us);
/* What is kept in memory of key is void. */
void stream_forget(struct stream_consumer *consumer, const char *key);
/* The oldest hint first, so that a busy key cannot starve the others. There must be one. */
void stream_take_hint(struct stream_consumer *consumer, char key[STREAM_KEY_MAX]);
/* One turn of key, and whatever it takes where that fails; *ret_more: it has more records. */
enum status stream_run_key(struct stream_consumer *consumer, const char *key, bool *ret_more) MUST_CHECK;

/* One turn of the oldest hinted keys, at most turns_max, of those that are proven; their hints are used up. *ret_turns: how many keys.
 * A turn that fails for its records is run again key by key. */
enum status stream_work_together(struct stream_consumer *consumer, unsigned turns_max, unsigned *ret_turns) MUST_CHECK;

#endif
