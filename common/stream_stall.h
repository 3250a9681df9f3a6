/* stream_stall: an instance that stands still in the middle of a turn (stopped, swapped out, behind a dead line) holds the
 * cursor of its key. This sets the others free within STREAM_STALL_MS and one look.
 *
 * Between two statements PostgreSQL itself ends the session (idle_in_transaction_session_timeout). Inside a statement it has no
 * limit of that kind: a server that waits for its client to read rows, or to send those of a COPY, waits for ever on a local
 * socket. So whoever follows the same stream looks once a second, and ends a session of its own role that holds a cursor and was
 * waiting for its client, without any progress, at STREAM_STALL_LOOKS looks in a row. A healthy session that is ended all the
 * same repeats its turn. */
#ifndef EFFREG_STREAM_STALL_H
#define EFFREG_STREAM_STALL_H

#include "common/db.h"

#define STREAM_STALL_MS    2000
#define STREAM_STALL_LOOKS 3     /* a second apart: as long as STREAM_STALL_MS, and one look more at most */
#define STREAM_STALL_MAX   16    /* sessions watched at a time; more are watched when these have gone */

struct stream_stall;

/* Limits db's own transactions, now and after each reconnect. Borrows db (which belongs to the same thread); fresh in *ret_stall,
 * also when there is no database now (any other failure is db_prepare's). */
enum status stream_stall_new(struct db *db, struct stream_stall **ret_stall) MUST_CHECK;
void stream_stall_destroy(struct stream_stall **stall);

/* One look, in a transaction of its own. *ret_ended: sessions ended by it. */
enum status stream_stall_look(struct stream_stall *stall, unsigned *ret_ended) MUST_CHECK;

#endif
