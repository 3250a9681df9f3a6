/* stream: an append-only sequence of records per key with a contiguous seq, and those who follow it.
 *
 * The log of events is written by stream_append and stream_append_together, which order the writers of a region by the row lock on its head.
 * The other streams (metric, rating) are written by a consumer inside its own turn: stream_write.
 * After commit the writer sends a hint on its PUB socket (key, first and last seq, no bodies): the records are read
 * from PostgreSQL always, so a hint may be lost, doubled or late without harm, and there is one way to read. */
#ifndef EFFREG_STREAM_H
#define EFFREG_STREAM_H

#include "common/arena.h"
#include "common/crypto.h"
#include "common/db.h"
#include "common/ident.h"
#include "common/status.h"

#define STREAM_KEY_MAX      64
#define STREAM_BATCH_MAX    500
#define STREAM_TURN_MAX     20000  /* records of a turn, and their bytes: what a rebuild takes at once */
#define STREAM_TURN_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define STREAM_BODY_MAX     ((size_t)64 * 1024)
#define STREAM_ATTEMPTS_MAX 5
#define STREAM_KEEP_MS      2000

/* Where a stream lives. The statements are fixed texts, one set for each stream. */
struct stream {
	const char *name;            /* "event", "metric", "rating" */
	const char *head_sql;        /* $1 key → last_seq */
	const char *read_sql;        /* $1 key, $2 after seq, $3 limit → seq, body, recorded µs */
	const char *read_many_sql;   /* $1 keys, $2 after seqs, $3 limit of each → key, seq, body, recorded µs, key by key (NULL: not read so) */
	const char *behind_sql;      /* $1 consumer, $2 limit → keys whose head is past the cursor */
	const char *lag_sql;         /* $1 consumer → records past its cursors, age of the oldest of them in ms (0 = none) */
	const char *write_sql;       /* $1 key, $2 body: appends, moving the head; → seq (NULL: see stream_append) */
};
extern const struct stream STREAM_EVENT;
extern const struct stream STREAM_METRIC;
extern const struct stream STREAM_RATING;

/* ---- Append: one region's batch into the log ---- */

struct append_event {
	struct ident_uuid id;
	struct span body;
	const char *source;
	uint64_t sequence;           /* 0 = none */
	struct sha256 digest;        /* SHA-256 of body */
	/* outcome */
	enum append_result { APPEND_STORED, APPEND_DUPLICATE, APPEND_CONFLICT, APPEND_OVER_QUOTA, APPEND_REFUSED } result;
	uint64_t seq;                /* stored or of the duplicate */
	struct sha256 stored_digest; /* of what the id already has: for a conflict */
};

struct append_head {
	uint64_t last_seq;
	struct sha256 hash;
	int64_t recorded_us;
};

/* Called inside the transaction: after the head is locked (may the key still write here?), and again before COMMIT (quarantine
 * rows that must stand when the ACK leaves). Anything but OK rolls the append back and is returned. */
struct append_hooks {
	/* Events that would make the region's bytes of this day (UTC) more than that are not stored: APPEND_OVER_QUOTA. What is
	 * stored already costs nothing. 0 = no quota. */
	int64_t day_bytes_max;
	/* A statement that gives rows, its values in the text. It runs once the head is locked, as a statement of its own, so that
	 * it sees what was committed while waiting; authorise judges its rows, and may mark single events as APPEND_REFUSED: these
	 * are not stored, their ids stay free. When an id of the batch is stored already, the transaction begins again, and with it this:
	 * what the call before said no longer holds. NULL: both are left out. */
	const char *authorise_sql;
	enum status (*authorise)(void *context, const struct db_rows *rows);
	enum status (*before_commit)(void *context, struct db *db, const struct append_event *events, size_t count);
	void *context;
};

/* Appends events[0..count), count <= STREAM_BATCH_MAX (0 runs the hooks only), bodies of at most STREAM_BODY_MAX. On OK
 * every event has its outcome and *ret_head is the head after it; the same id twice within the batch is a duplicate or
 * conflict too. NOT_FOUND: there is no such region. After UNKNOWN_OUTCOME (the line was cut in COMMIT) and RETRY (COMMIT
 * warned that it is less durable than promised) all of the batch may be stored, else nothing is: send the same batch again.
 * The repeat's own COMMIT, for it locked the head, then vouches for what it finds stored. */
enum status stream_append(struct db *db, const char region[OKTMO_TEXT_SIZE], struct append_event *events, size_t count,
                          const struct append_hooks *hooks, struct arena *scratch, struct append_head *ret_head) MUST_CHECK;

/* ---- Append together: small batches of several regions in one transaction ----
 *
 * A small append costs what its transaction costs: three round trips, a COMMIT and its flush. Together the regions share it. The
 * chain, the numbers and the guarantees are those of stream_append: each head is locked to COMMIT. Only what is plain goes
 * together; a region never waits for another's lock, nor is it refused for another's events. */

#define STREAM_TOGETHER_MAX 32

struct append_part {
	const char *region;            /* another one for each part */
	struct append_event *events;   /* as for stream_append; at least one, and in all parts at most STREAM_BATCH_MAX */
	size_t count;
	/* As for stream_append, but before_commit is not called: nothing of a part that goes together is refused or in conflict. */
	const struct append_hooks *hooks;
	/* outcome, on OK */
	bool alone;                    /* not plain: nothing of it was stored, stream_append it */
	struct append_head head;       /* otherwise: after it, and each of its events is APPEND_STORED */
};

/* Appends parts[0..count), count <= STREAM_TOGETHER_MAX, in one transaction. Left alone is a part whose head is not there or is
 * locked by somebody, whose key may not write all of it, that is over its quota, or has an id twice. CONFLICT: an id of some part
 * is stored already, and nothing was stored: stream_append each. Anything else as from stream_append, and for all parts. */
enum status stream_append_together(struct db *db, struct append_part *parts, size_t count, struct arena *scratch) MUST_CHECK;

/* ---- Write: a record of another stream, inside the caller's transaction ---- */
enum status stream_write(struct db *db, const struct stream *stream, const char *key, struct span body, struct arena *scratch,
                         uint64_t *ret_seq) MUST_CHECK;
/* The same, later (db_query_later): its seq is the only value of *ret_written; ret_written may be NULL. */
enum status stream_write_later(struct db *db, const struct stream *stream, const char *key, struct span body, struct arena *scratch,
                               struct db_rows **ret_written) MUST_CHECK;

/* ---- Consume ---- */

struct stream_record {
	const char *key;
	uint64_t seq;
	int64_t recorded_us;
	struct span body;
};

/* One turn: records[0..count) of one key, contiguous from cursor_seq + 1. Effects and own records go through db, inside
 * the turn's transaction; the cursor is moved by the consumer. Memory from arena lasts until the turn ends. */
struct stream_turn {
	struct db *db;
	const char *key;             /* NULL: records of several keys, each key's together and contiguous; see options.together */
	uint64_t cursor_seq;
	const struct stream_record *records;
	size_t count;
	struct arena *arena;
	struct archive *archive;     /* the consumer's */
	struct fault *fault;         /* to be filled on failure */
};

/* After STREAM_ATTEMPTS_MAX: skip with a row, or stay before it and answer POISON, without another try until its row of
 * effreg.attempt is deleted. A key alone is halted, never the others. */
enum stream_poison { STREAM_PARK, STREAM_HALT };

struct stream_consumer_options {
	const char *consumer;        /* its name: the cursor's */
	const struct stream *stream;
	size_t batch_max;            /* records a turn, <= STREAM_TURN_MAX; 0 = STREAM_BATCH_MAX */
	enum stream_poison poison;
	/* What apply keeps in memory of a key is dear: a key that another instance moved within STREAM_KEEP_MS is left to it. */
	bool keeps_keys;
	/* A turn may take records of several keys: for what costs little beside its transaction. Not with keeps_keys. */
	bool together;
	/* Of the event stream: where archived events are read from; borrowed, may be NULL: then none may be met. */
	struct archive *archive;
	/* A transient status repeats the turn, any other counts as the record's fault. */
	enum status (*apply)(void *context, const struct stream_turn *turn);
	/* After commit: publish hints, forget nothing. May be NULL. */
	void (*committed)(void *context, const char *key, uint64_t cursor_seq);
	/* What is kept in memory for key is void: a turn was rolled back, or, told before apply, the cursor was moved by
	 * anybody but this process (another instance, a rebuild's swap). May be NULL. */
	void (*forget)(void *context, const char *key);
	void *context;
};

struct stream_consumer;

/* Borrows db (which belongs to the same thread) and options' texts. */
struct stream_consumer *stream_consumer_new(struct db *db, const struct stream_consumer_options *options);
void stream_consumer_destroy(struct stream_consumer **consumer);

/* A hint arrived, or something else says that key has records: remembered (at most 4096 keys, else the next poll finds it). */
void stream_consumer_hint(struct stream_consumer *consumer, const char *key);

/* Does up to turns_max turns over hinted keys; with poll, first asks PostgreSQL which keys are behind (at start, and once
 * a second when idle). *ret_turns is how many were tried: 0 = nothing to do now. Failures are returned, and the key's hint is
 * used up: call again later, with poll. */
enum status stream_consumer_work(struct stream_consumer *consumer, bool poll, unsigned turns_max, unsigned *ret_turns) MUST_CHECK;

/* Counters for telemetry: records applied, turns, retries, parked, since start. */
struct stream_consumer_counts {
	uint64_t records, turns, failures, parked;
};
struct stream_consumer_counts stream_consumer_counts(const struct stream_consumer *consumer);

#endif
