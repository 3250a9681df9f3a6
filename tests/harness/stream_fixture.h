/* stream_fixture: the log in a test's database: connections, regions, events, and questions about what is stored.
 *
 * Every function fails the running cmocka test when the database says no; in threads and child processes use db.h. */
#ifndef EFFREG_STREAM_FIXTURE_H
#define EFFREG_STREAM_FIXTURE_H

#include "common/stream.h"

#define FIXTURE_REGION   "20000000"
#define FIXTURE_REGIONS  8           /* 20000000, 20000001, ... */
#define FIXTURE_WAIT_MS  20000       /* how long any wait may take before it fails the test */

/* EFFREG_TEST_DSN; NULL = there is no database: the test skips. */
const char *fixture_dsn(void);
/* Says why and skips the running test. */
void fixture_skip(void);
/* Borrowed conninfo; fresh: db_disconnect. */
struct db *fixture_connect(const char *conninfo, const char *name);

/* Empties the log, its cursors and attempts, and makes the regions. */
void fixture_reset(struct db *db);
void fixture_run(struct db *db, const char *sql);
/* One text out of the database, "" for none or NULL. */
const char *fixture_ask(struct db *db, struct arena *arena, const char *format, ...) PRINTF_LIKE(3, 4);
/* Asks again until the answer is the expected one. */
void fixture_await(struct db *db, struct arena *arena, const char *expected, const char *sql);

/* The number's own id, source "test", no sequence, digest made. body is kept: give one that lasts. */
struct append_event fixture_event(unsigned number, const char *body);
/* Appends count events {"n": first}, {"n": first + 1}, ... with these numbers' ids. */
void fixture_append(struct db *db, struct arena *arena, const char *region, unsigned first, unsigned count);

/* seq from 1 without a gap, the chain recomputed from the stored bytes, and the head equal to its end. */
void fixture_check_log(struct db *db, struct arena *arena, const char *region);

#endif
