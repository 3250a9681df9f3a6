/* What the files of stream_append share: nobody else includes it. */
#ifndef EFFREG_STREAM_APPEND_MODEL_H
#define EFFREG_STREAM_APPEND_MODEL_H

#include "common/buf.h"
#include "common/stream.h"

/* One region's part in a transaction. */
struct append {
	struct db *db;
	const char *region;
	struct append_event *events;
	size_t count;
	struct arena *scratch;
	struct append_head head;
	int64_t now_us;
	int64_t day_bytes_max;   /* 0 = no quota */
	int64_t day_bytes;       /* stored on the day of head.recorded_us */
	bool looking_up;         /* the transaction begins again: some of the ids are stored, or they are over the quota as a whole */
	bool copying;            /* the server waits for the rows of the COPY */
	struct append_event **firsts;  /* stream_append_firsts, where it is kept */
};

#define APPEND_COPY_SQL "COPY effreg.event (region_id, seq, id, recorded_time, hash, body) FROM STDIN (FORMAT binary)"

/* Beside the body a row is some 140 bytes. */
#define APPEND_COPY_BYTES_MAX (STREAM_BATCH_MAX * (STREAM_BODY_MAX + 256))

/* The authorise statements and some; the heads and the sources of a batch, each with its numbers, escaped. */
#define APPEND_OPENING_BYTES_MAX ((size_t)64 * 1024)
#define APPEND_CLOSING_BYTES_MAX ((size_t)544 * 1024)

/* The statements that an append runs, planned once for each connection. */
enum status stream_append_prepare(struct db *db) MUST_CHECK;

/* Everything is to be stored, until something says otherwise. */
void stream_append_reset(struct append *append);

static inline bool stream_has_authorise(const struct append_hooks *hooks)
{
	return hooks != NULL && hooks->authorise_sql != NULL;
}

/* What append_lock and append_clock gave. NOT_FOUND: the region has no head that could be locked. */
enum status stream_append_read_head(struct append *append, const struct db_rows *head, const struct db_rows *clock) MUST_CHECK;

/* For each event, the first of the batch with its id; itself when it is the first, or refused. */
struct append_event **stream_append_firsts(struct append *append);

/* Do the events that are to be stored fit into the quota of the day? */
bool stream_append_fits(const struct append *append, struct append_event *const *firsts);

/* Numbers and chains the events that are to be stored, and writes their rows; *ret_head is the head behind them. */
void stream_append_rows(struct buf *rows, const struct append *append, struct append_event *const *firsts, struct append_head *ret_head);

/* The rows are stored: the head is *head, the day's bytes are counted. */
void stream_append_advance(struct append *append, struct append_event *const *firsts, const struct append_head *head);

/* The statements that move the head and note what each source has sent. */
void stream_append_close(struct buf *script, struct append *append);

#endif
