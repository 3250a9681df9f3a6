#include "common/stream_rebuild.h"

#include <stdio.h>

#define TURNS_A_CALL  16
#define SWAPS_MAX     100  /* each after the rebuild has caught up again */

void stream_rebuild_name(const char *consumer, char ret_name[STREAM_CONSUMER_MAX])
{
	int len = snprintf(ret_name, STREAM_CONSUMER_MAX, "%s.rebuild", consumer);
	ASSERT(len < STREAM_CONSUMER_MAX);
}

static enum status call_hook(const struct stream_rebuild_hook *hook, struct db *db, const char *key)
{
	return hook == NULL || hook->call == NULL ? STATUS_OK : hook->call(hook->context, db, key);
}

static enum status finish(struct db *db, enum status status)
{
	if (status == STATUS_OK)
		return db_commit(db);
	db_rollback(db);
	return status;
}

/* ---- Start ---- */

static enum status start(struct db *db, const char *consumer, const char *rebuild, const struct stream *stream)
{
	static const char *const SQL[] = {
		"DELETE FROM effreg.cursor WHERE consumer = $1 AND consumer <> $2 AND stream = $3",
		"DELETE FROM effreg.attempt WHERE consumer = $1 AND consumer <> $2 AND stream = $3",
		"INSERT INTO effreg.cursor (consumer, stream, key) SELECT $1, stream, key FROM effreg.cursor"
		" WHERE consumer = $2 AND stream = $3",
	};
	const struct db_param params[] = {db_text(rebuild), db_text(consumer), db_text(stream->name)};
	enum status status = STATUS_OK;
	for (size_t i = 0; i < ARRAY_COUNT(SQL) && status == STATUS_OK; i++)
		status = db_run(db, SQL[i], params, ARRAY_COUNT(params), NULL);
	return status == STATUS_CONFLICT ? STATUS_RETRY : status;  /* a rebuild still running made a cursor in between */
}

enum status stream_rebuild_start(struct db *db, const char *consumer, const struct stream *stream,
                                 const struct stream_rebuild_hook *clear)
{
	char rebuild[STREAM_CONSUMER_MAX];
	stream_rebuild_name(consumer, rebuild);
	enum status status = db_begin(db);
	if (status != STATUS_OK)
		return status;
	status = start(db, consumer, rebuild, stream);
	if (status == STATUS_OK)
		status = call_hook(clear, db, "");
	return finish(db, status);
}

/* ---- Next ---- */

enum status stream_rebuild_next(struct db *db, const char *consumer, const struct stream *stream, char ret_key[STREAM_KEY_MAX])
{
	static const char SQL[] = "SELECT key FROM effreg.cursor WHERE consumer = $1 AND stream = $2 ORDER BY key LIMIT 1";
	char rebuild[STREAM_CONSUMER_MAX];
	stream_rebuild_name(consumer, rebuild);
	const struct db_param params[] = {db_text(rebuild), db_text(stream->name)};
	struct db_rows *rows;
	enum status status = db_begin(db);
	if (status != STATUS_OK)
		return status;
	status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status == STATUS_OK) {
		status = db_rows_count(rows) == 1 ? STATUS_OK : STATUS_NOT_FOUND;
		if (status == STATUS_OK)
			snprintf(ret_key, STREAM_KEY_MAX, "%s", db_get_text(rows, 0, 0));
		db_rows_destroy(&rows);
	}
	db_rollback(db);
	return status;
}

/* ---- Swap ---- */

struct swap {
	struct db *db;
	const char *consumer;
	char rebuild[STREAM_CONSUMER_MAX];
	const struct stream *stream;
	const char *key;
};

/* For statements whose parameters are $1 live name, $2 rebuild's name, $3 stream, $4 key. */
static enum status query(const struct swap *swap, const char *sql, struct db_rows **ret_rows)
{
	const struct db_param params[] = {
		db_text(swap->consumer), db_text(swap->rebuild), db_text(swap->stream->name), db_text(swap->key)};
	return db_query(swap->db, sql, params, ARRAY_COUNT(params), ret_rows);
}

/* Waits for the turns under way; both consumers skip a locked cursor, so nobody waits for this transaction. */
static enum status lock_cursors(const struct swap *swap)
{
	static const char SQL[] =
		"SELECT consumer = $2, seq FROM effreg.cursor WHERE consumer IN ($1, $2) AND stream = $3 AND key = $4"
		" ORDER BY consumer FOR UPDATE";
	struct db_rows *rows;
	enum status status = db_exec(swap->db, "SET LOCAL lock_timeout = '5s'");
	if (status == STATUS_OK)
		status = query(swap, SQL, &rows);
	if (status != STATUS_OK)
		return status;
	bool both = db_rows_count(rows) == 2;
	bool reached = false;
	if (both) {
		size_t rebuild = db_get_bool(rows, 0, 0) ? 0 : 1;
		reached = db_get_integer(rows, rebuild, 1) >= db_get_integer(rows, 1 - rebuild, 1);
	}
	db_rows_destroy(&rows);
	if (!both)
		return STATUS_NOT_FOUND;
	return reached ? STATUS_OK : STATUS_RETRY;
}

static enum status move_rows(const struct swap *swap)
{
	static const char *const SQL[] = {
		"WITH gone AS (DELETE FROM effreg.cursor WHERE consumer = $2 AND stream = $3 AND key = $4 RETURNING seq)"
		" UPDATE effreg.cursor SET seq = gone.seq, updated_time = pg_catalog.clock_timestamp() FROM gone"
		" WHERE consumer = $1 AND stream = $3 AND key = $4",
		"DELETE FROM effreg.attempt WHERE consumer = $1 AND consumer <> $2 AND stream = $3 AND key = $4",
		"UPDATE effreg.attempt SET consumer = $1 WHERE consumer = $2 AND stream = $3 AND key = $4",
	};
	enum status status = STATUS_OK;
	for (size_t i = 0; i < ARRAY_COUNT(SQL) && status == STATUS_OK; i++) {
		struct db_rows *rows = NULL;
		status = query(swap, SQL[i], &rows);
		db_rows_destroy(&rows);
	}
	return status;
}

enum status stream_rebuild_swap(struct db *db, const char *consumer, const struct stream *stream, const char *key,
                                const struct stream_rebuild_hook *move)
{
	struct swap swap = {.db = db, .consumer = consumer, .stream = stream, .key = key};
	stream_rebuild_name(consumer, swap.rebuild);
	enum status status = db_begin(db);
	if (status != STATUS_OK)
		return status;
	status = lock_cursors(&swap);
	if (status == STATUS_OK)
		status = call_hook(move, db, key);
	if (status == STATUS_OK)
		status = move_rows(&swap);
	return finish(db, status);
}

/* ---- The whole ---- */

/* By hints alone, never by a poll: that would begin the keys again that are swapped already. */
static enum status catch_up(struct stream_consumer *rebuild, const char *key)
{
	unsigned turns = 1;
	enum status status = STATUS_OK;
	stream_consumer_hint(rebuild, key);
	while (status == STATUS_OK && turns > 0)
		status = stream_consumer_work(rebuild, false, TURNS_A_CALL, &turns);
	return status;
}

static enum status rebuild_key(struct db *db, const char *consumer, const struct stream *stream, struct stream_consumer *rebuild,
                               const char *key, const struct stream_rebuild_hook *move)
{
	enum status status = STATUS_RETRY;
	for (int i = 0; status == STATUS_RETRY && i < SWAPS_MAX; i++) {
		status = catch_up(rebuild, key);
		if (status == STATUS_OK)
			status = stream_rebuild_swap(db, consumer, stream, key, move);
	}
	return status == STATUS_NOT_FOUND ? STATUS_RETRY : status;  /* another process runs the same rebuild */
}

enum status stream_rebuild_run(struct db *db, const char *consumer, const struct stream *stream, struct stream_consumer *rebuild,
                               const struct stream_rebuild_hook *move)
{
	char key[STREAM_KEY_MAX];
	for (;;) {
		enum status status = stream_rebuild_next(db, consumer, stream, key);
		if (status == STATUS_NOT_FOUND)
			return STATUS_OK;
		if (status == STATUS_OK)
			status = rebuild_key(db, consumer, stream, rebuild, key, move);
		if (status != STATUS_OK)
			return status;
	}
}
