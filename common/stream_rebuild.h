/* stream_rebuild: a consumer's state made anew from seq 0 beside the live one, then put in its place, key by key.
 *
 * A rebuild is the same consumer (stream.h) under the name "<consumer>.rebuild", whose apply writes its state to a shadow and
 * no records of its own to other streams. The live consumer goes on meanwhile, in other processes too; neither knows of the
 * other. A swap replaces state and cursor in one transaction, and the live consumer forgets what it keeps in memory, for its
 * cursor was moved by somebody else. Killed anywhere, a rebuild goes on with stream_rebuild_run where it stood. */
#ifndef EFFREG_STREAM_REBUILD_H
#define EFFREG_STREAM_REBUILD_H

#include "common/stream.h"

#define STREAM_CONSUMER_MAX 64  /* a consumer's name, with the terminating zero */

/* The name to give a rebuild's stream_consumer; consumer is shorter than STREAM_CONSUMER_MAX - 8. */
void stream_rebuild_name(const char *consumer, char ret_name[STREAM_CONSUMER_MAX]);

/* What happens to the state itself, inside the transaction. Anything but OK rolls it back and is returned. */
struct stream_rebuild_hook {
	enum status (*call)(void *context, struct db *db, const char *key);
	void *context;
};

/* Begins: a rebuild's cursor at 0 for every key the live consumer has one of; an earlier rebuild is dropped. clear (may be
 * NULL) is called once, with key "", and empties the shadow. */
enum status stream_rebuild_start(struct db *db, const char *consumer, const struct stream *stream,
                                 const struct stream_rebuild_hook *clear) MUST_CHECK;

/* The next key that was started and not swapped; NOT_FOUND when the rebuild is complete. */
enum status stream_rebuild_next(struct db *db, const char *consumer, const struct stream *stream,
                                char ret_key[STREAM_KEY_MAX]) MUST_CHECK;

/* In one transaction: move puts the key's shadow in place of its live state, the live cursor takes the rebuild's seq, what the
 * rebuild parked replaces what the live consumer had parked, and the rebuild's cursor goes. RETRY: the rebuild is behind the
 * live consumer, or one of them holds its cursor for too long; NOT_FOUND: the key has no rebuild. */
enum status stream_rebuild_swap(struct db *db, const char *consumer, const struct stream *stream, const char *key,
                                const struct stream_rebuild_hook *move) MUST_CHECK;

/* From start to completion: for each key, turns of rebuild (a stream_consumer of the rebuild's name over the same db and stream)
 * and the swap. A transient status: call again. POISON: a key is halted. */
enum status stream_rebuild_run(struct db *db, const char *consumer, const struct stream *stream, struct stream_consumer *rebuild,
                               const struct stream_rebuild_hook *move) MUST_CHECK;

#endif
