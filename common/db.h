/* db: one connection to PostgreSQL; the only door to libpq.
 *
 * Statements are asked by the stores only, each a named function there. A connection belongs to one thread and
 * blocks; it reconnects by itself when db_begin finds it broken. Failures are sorted once, here: 40001, 40P01, 08*,
 * 57P0*, 53*, 55P03 and a lost connection are transient, a bad value is INVALID or CONFLICT (23505), everything else
 * is our BUG. What went wrong is in db_error. */
#ifndef EFFREG_DB_H
#define EFFREG_DB_H

#include "common/arena.h"
#include "common/status.h"

struct buf;
struct db;
struct db_rows;

/* Connects and checks what durability stands on: refuses (FORBIDDEN) a server with fsync or synchronous_commit off, or
 * whose encoding is not UTF8. conninfo as libpq takes it; name becomes application_name. Fresh; UNAVAILABLE when there
 * is no server yet. */
enum status db_connect(const char *conninfo, const char *name, struct db **ret_db, struct fault *fault) MUST_CHECK;
/* One more connection to where db leads, as the same user and name. */
enum status db_connect_like(const struct db *db, struct db **ret_db, struct fault *fault) MUST_CHECK;
void db_disconnect(struct db **db);
const char *db_error(const struct db *db);     /* of the last failure; "" when there was none */
const char *db_sqlstate(const struct db *db);  /* five characters, or "" */
bool db_alive(const struct db *db);            /* false: the next db_begin reconnects */

/* A parameter: text, bytes or NULL. */
struct db_param {
	const char *at;
	int len;
	bool binary;
};
struct db_param db_text(const char *text);                 /* NULL gives SQL NULL */
struct db_param db_bytes(const void *at, size_t len);      /* bytea */
struct db_param db_integer(struct arena *arena, int64_t value);
struct db_param db_timestamp(struct arena *arena, int64_t us);
/* An array of count texts in its text form, for any type of element; a NULL text is an SQL NULL. Cast the parameter in SQL: $1::uuid[]. */
struct db_param db_array(struct arena *arena, const char *const *texts, size_t count);
/* The same in binary, so that long texts need no escaping: only for $1::text[]. */
struct db_param db_texts(struct arena *arena, const char *const *texts, size_t count);

/* Transactions. db_commit is OK only when the server said COMMIT and warned of nothing: a ROLLBACK tag or a WARNING is
 * STATUS_RETRY, a connection lost on the way STATUS_UNKNOWN_OUTCOME (what was sent may be stored). */
enum status db_begin(struct db *db) MUST_CHECK;
enum status db_commit(struct db *db) MUST_CHECK;
void db_rollback(struct db *db);               /* harmless outside a transaction */

/* ---- Later: statements whose answer nobody waits for. Sent at once, with BEGIN where it is the first, they are answered together
 * with the statement that is waited for next (db_query, db_run, db_exec, db_copy_begin, db_commit): one round trip for all of
 * them. When one fails, those after it are not run, and that statement says what failed. Parameters are sent before they return. */

/* As db_begin, later. OK also when the connection turns out to be gone. */
enum status db_begin_later(struct db *db) MUST_CHECK;
enum status db_run_later(struct db *db, const char *sql, const struct db_param *params, size_t count) MUST_CHECK;
/* *ret_rows is NULL until what is waited for next has succeeded, fresh then, and NULL for ever when it fails or the
 * transaction is rolled back. */
enum status db_query_later(struct db *db, const char *sql, const struct db_param *params, size_t count, struct db_rows **ret_rows) MUST_CHECK;

/* ---- Scripts: statements that go to the server as one message, for where each round trip counts. Values stand in the text. */

/* SQL (PREPARE …) that every connection needs: run now and after each reconnect. sql is borrowed for the life of db; the same
 * text again costs nothing. At most DB_PREPARED_MAX of them. A connection that is not there now runs it when it is back. */
#define DB_PREPARED_MAX 4
enum status db_prepare(struct db *db, const char *sql) MUST_CHECK;
/* A text as an SQL literal, quotes included. */
void db_quote(struct buf *script, const char *text);
/* Begins a transaction and runs the script in it; each of its statements sees what was committed before that statement began.
 * On OK rows[0..count) are the results of those that give rows, fresh, in order: exactly so many. When its last statement is
 * COPY FROM STDIN the server waits for rows: db_copy_send and db_copy_end, or db_copy_refuse. Otherwise call db_rollback. */
enum status db_begin_script(struct db *db, const char *script, struct db_rows **rows, size_t count) MUST_CHECK;
/* The script and COMMIT. As db_commit; what the server refuses before COMMIT is sorted like any statement, and nothing is stored. */
enum status db_commit_script(struct db *db, const char *script) MUST_CHECK;

/* One statement without a result, or several without parameters. */
enum status db_exec(struct db *db, const char *sql) MUST_CHECK;
enum status db_run(struct db *db, const char *sql, const struct db_param *params, size_t count, int64_t *ret_affected) MUST_CHECK;
/* ret_rows is fresh: db_rows_destroy. */
enum status db_query(struct db *db, const char *sql, const struct db_param *params, size_t count,
                     struct db_rows **ret_rows) MUST_CHECK;

size_t db_rows_count(const struct db_rows *rows);
bool db_is_null(const struct db_rows *rows, size_t row, int column);
const char *db_get_text(const struct db_rows *rows, size_t row, int column);   /* borrowed; "" for NULL */
const char *db_copy_text(struct arena *arena, const struct db_rows *rows, size_t row, int column);  /* in arena; NULL for NULL */
size_t db_get_len(const struct db_rows *rows, size_t row, int column);
int64_t db_get_integer(const struct db_rows *rows, size_t row, int column);    /* 0 for NULL */
bool db_get_bool(const struct db_rows *rows, size_t row, int column);
/* bytea into arena */
struct span db_get_bytes(const struct db_rows *rows, size_t row, int column, struct arena *arena);
void db_rows_destroy(struct db_rows **rows);

/* COPY ... FROM STDIN (FORMAT binary): begin, send whole rows, end. A row is built with db_copy_*. */
enum status db_copy_begin(struct db *db, const char *sql) MUST_CHECK;
enum status db_copy_send(struct db *db, struct span bytes) MUST_CHECK;
enum status db_copy_end(struct db *db) MUST_CHECK;
void db_copy_refuse(struct db *db);        /* instead of db_copy_end: nothing is copied, and the statement has failed */
void db_copy_header(struct buf *buf);
void db_copy_trailer(struct buf *buf);
void db_copy_row(struct buf *buf, int columns);
void db_copy_field(struct buf *buf, struct span bytes);           /* text, json, bytea, uuid */
void db_copy_integer(struct buf *buf, int64_t value);             /* bigint */
void db_copy_timestamp(struct buf *buf, int64_t unix_us);         /* timestamptz */

#endif
