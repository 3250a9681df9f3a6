/* stream_consume: the readers' half of stream.h.
 *
 * A turn: BEGIN ─ take the cursor row (FOR UPDATE SKIP LOCKED) ─ read records after it ─ apply ─ move the cursor ─ COMMIT.
 * The row lock fences other instances, spreads the keys over them and fails over by itself.
 *
 * Poison. A record whose turn fails is tried singly, and each attempt is counted in a row committed before it, so that an
 * attempt that kills the process counts too:
 *
 *     proven ──batch fails──▶ singly: count, try ──fails──▶ (again, at most STREAM_ATTEMPTS_MAX) ──▶ park or halt
 *        ▲  ▲──────────────────────────────│ record done
 *        │
 *     first turn of the key in this process: count, then try the batch; a count that was there already means that an
 *     earlier process died in it: go singly
 *
 * So the usual turn pays nothing for it, and a batch that kills the process costs one more life, not an endless loop. */
#include "common/stream.h"

#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>

#define HINTS_MAX       4096
#define TURN_BYTES_MAX  ((size_t)512 * 1024 * 1024)

struct stream_consumer {
	struct db *db;
	struct stream_consumer_options options;
	struct arena *arena;             /* one turn's memory */
	char (*hints)[STREAM_KEY_MAX];   /* keys that have records; a set */
	size_t hints_count;
	char (*proven)[STREAM_KEY_MAX];  /* keys of which this process has finished a turn; a set */
	size_t proven_count;
	struct stream_consumer_counts counts;
};

struct stream_consumer *stream_consumer_new(struct db *db, const struct stream_consumer_options *options)
{
	struct stream_consumer *consumer = calloc(1, sizeof *consumer);
	ASSERT(consumer != NULL);
	consumer->db = db;
	consumer->options = *options;
	if (consumer->options.batch_max == 0 || consumer->options.batch_max > STREAM_BATCH_MAX)
		consumer->options.batch_max = STREAM_BATCH_MAX;
	consumer->arena = arena_new(TURN_BYTES_MAX);
	consumer->hints = calloc(HINTS_MAX, sizeof *consumer->hints);
	consumer->proven = calloc(HINTS_MAX, sizeof *consumer->proven);
	ASSERT(consumer->hints != NULL && consumer->proven != NULL);
	return consumer;
}

void stream_consumer_destroy(struct stream_consumer **consumer)
{
	if (*consumer == NULL)
		return;
	arena_destroy(&(*consumer)->arena);
	free((*consumer)->hints);
	free((*consumer)->proven);
	free(*consumer);
	*consumer = NULL;
}

struct stream_consumer_counts stream_consumer_counts(const struct stream_consumer *consumer)
{
	return consumer->counts;
}

/* ---- Hints and proven keys ---- */

static bool set_has(char (*keys)[STREAM_KEY_MAX], size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++) {
		if (text_equal(keys[i], key))
			return true;
	}
	return false;
}

/* A key that finds no room is simply found again by the next poll, or counted once more. */
static void set_add(char (*keys)[STREAM_KEY_MAX], size_t *count, const char *key)
{
	if (*count < HINTS_MAX && strlen(key) < STREAM_KEY_MAX && !set_has(keys, *count, key))
		snprintf(keys[(*count)++], STREAM_KEY_MAX, "%s", key);
}

void stream_consumer_hint(struct stream_consumer *consumer, const char *key)
{
	set_add(consumer->hints, &consumer->hints_count, key);
}

/* The oldest hint first, so that a busy key cannot starve the others. */
static void take_hint(struct stream_consumer *consumer, char key[STREAM_KEY_MAX])
{
	memcpy(key, consumer->hints[0], STREAM_KEY_MAX);
	consumer->hints_count--;
	memmove(consumer->hints[0], consumer->hints[1], consumer->hints_count * sizeof *consumer->hints);
}

static enum status find_behind(struct stream_consumer *consumer)
{
	const struct db_param params[] = {db_text(consumer->options.consumer), db_integer(consumer->arena, HINTS_MAX)};
	struct db_rows *rows;
	enum status status = db_begin(consumer->db);
	if (status != STATUS_OK)
		return status;
	status = db_query(consumer->db, consumer->options.stream->behind_sql, params, ARRAY_COUNT(params), &rows);
	if (status == STATUS_OK) {
		for (size_t row = 0; row < db_rows_count(rows); row++)
			stream_consumer_hint(consumer, db_get_text(rows, row, 0));
		db_rows_destroy(&rows);
	}
	db_rollback(consumer->db);
	return status;
}

/* ---- The cursor ---- */

/* NOT_FOUND: another instance has it. */
static enum status take_cursor(struct stream_consumer *consumer, const char *key, uint64_t *ret_seq)
{
	static const char TAKE_SQL[] =
		"SELECT seq FROM effreg.cursor WHERE consumer = $1 AND stream = $2 AND key = $3 FOR UPDATE SKIP LOCKED";
	static const char CREATE_SQL[] =
		"INSERT INTO effreg.cursor (consumer, stream, key) VALUES ($1, $2, $3) ON CONFLICT (consumer, stream, key) DO NOTHING";
	const struct db_param params[] = {
		db_text(consumer->options.consumer), db_text(consumer->options.stream->name), db_text(key)};
	for (int attempt = 0; attempt < 2; attempt++) {
		struct db_rows *rows;
		int64_t created = 0;
		enum status status = db_query(consumer->db, TAKE_SQL, params, ARRAY_COUNT(params), &rows);
		if (status != STATUS_OK)
			return status;
		bool taken = db_rows_count(rows) == 1;
		if (taken)
			*ret_seq = (uint64_t)db_get_integer(rows, 0, 0);
		db_rows_destroy(&rows);
		if (taken)
			return STATUS_OK;
		status = db_run(consumer->db, CREATE_SQL, params, ARRAY_COUNT(params), &created);
		if (status != STATUS_OK)
			return status;
		if (created == 0)
			return STATUS_NOT_FOUND;
	}
	return STATUS_NOT_FOUND;
}

/* Moves the cursor to seq; what was counted on the way there is settled, and what was parked stays. */
static enum status move_cursor(struct stream_consumer *consumer, const char *key, uint64_t seq)
{
	static const char SQL[] =
		"WITH settled AS (DELETE FROM effreg.attempt WHERE consumer = $1 AND stream = $2 AND key = $3 AND seq <= $4::bigint"
		" AND parked_time IS NULL)"
		" UPDATE effreg.cursor SET seq = $4::bigint, updated_time = pg_catalog.clock_timestamp()"
		" WHERE consumer = $1 AND stream = $2 AND key = $3";
	const struct db_param params[] = {
		db_text(consumer->options.consumer), db_text(consumer->options.stream->name), db_text(key),
		db_integer(consumer->arena, (int64_t)seq)};
	return db_run(consumer->db, SQL, params, ARRAY_COUNT(params), NULL);
}

/* ---- Records ---- */

static enum status read_records(struct stream_consumer *consumer, const char *key, uint64_t after, size_t limit,
                                struct stream_record **ret_records, size_t *ret_count)
{
	const struct db_param params[] = {
		db_text(key), db_integer(consumer->arena, (int64_t)after), db_integer(consumer->arena, (int64_t)limit)};
	struct db_rows *rows;
	enum status status = db_query(consumer->db, consumer->options.stream->read_sql, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	size_t count = db_rows_count(rows);
	struct stream_record *records = arena_array(consumer->arena, struct stream_record, count);
	for (size_t i = 0; i < count; i++) {
		size_t len = db_get_len(rows, i, 1);
		records[i].seq = (uint64_t)db_get_integer(rows, i, 0);
		records[i].body = span_of(arena_text(consumer->arena, db_get_text(rows, i, 1), len), len);
		records[i].recorded_us = db_get_integer(rows, i, 2);
		if (records[i].seq != after + 1 + i)
			status = STATUS_BUG;  /* a gap is proof of loss: never step over it */
	}
	db_rows_destroy(&rows);
	*ret_records = records;
	*ret_count = count;
	return status;
}

/* ---- One turn ---- */

struct turn_outcome {
	size_t count;         /* records done; 0 also when another instance has the key */
	uint64_t seq;         /* the cursor afterwards, or before when the turn failed */
	bool apply_failed;    /* the records were at fault, not the surroundings */
	struct fault fault;
};

static void forget(struct stream_consumer *consumer, const char *key)
{
	if (consumer->options.forget != NULL)
		consumer->options.forget(consumer->options.context, key);
}

static enum status apply_records(struct stream_consumer *consumer, const char *key, size_t limit, struct turn_outcome *outcome)
{
	struct stream_record *records;
	size_t count;
	enum status status = take_cursor(consumer, key, &outcome->seq);
	if (status == STATUS_OK)
		status = read_records(consumer, key, outcome->seq, limit, &records, &count);
	if (status != STATUS_OK || count == 0)
		return status;
	const struct stream_turn turn = {.db = consumer->db, .key = key, .cursor_seq = outcome->seq, .records = records,
	                                 .count = count, .arena = consumer->arena, .fault = &outcome->fault};
	status = consumer->options.apply(consumer->options.context, &turn);
	if (status != STATUS_OK) {
		outcome->apply_failed = status_group(status) != STATUS_GROUP_TRANSIENT;
		return status;
	}
	outcome->count = count;
	return move_cursor(consumer, key, outcome->seq + count);
}

static enum status run_turn(struct stream_consumer *consumer, const char *key, size_t limit, struct turn_outcome *outcome)
{
	*outcome = (struct turn_outcome){.fault = {.offset = -1}};
	arena_reset(consumer->arena);
	enum status status = db_begin(consumer->db);
	if (status == STATUS_OK)
		status = apply_records(consumer, key, limit, outcome);
	if (status == STATUS_OK)
		status = db_commit(consumer->db);
	else
		db_rollback(consumer->db);
	if (status != STATUS_OK) {
		outcome->count = 0;
		forget(consumer, key);
		return status == STATUS_NOT_FOUND && !outcome->apply_failed ? STATUS_OK : status;
	}
	outcome->seq += outcome->count;
	if (outcome->count == 0)
		return STATUS_OK;
	consumer->counts.turns++;
	consumer->counts.records += outcome->count;
	set_add(consumer->proven, &consumer->proven_count, key);
	if (consumer->options.committed != NULL)
		consumer->options.committed(consumer->options.context, key, outcome->seq);
	return STATUS_OK;
}

/* ---- Attempts ---- */

static enum status change_attempt(struct stream_consumer *consumer, const char *sql, const char *key, uint64_t seq, const char *error,
                                  int64_t *ret_attempts)
{
	const struct db_param params[] = {
		db_text(consumer->options.consumer), db_text(consumer->options.stream->name), db_text(key),
		db_integer(consumer->arena, (int64_t)seq), db_text(error)};
	struct db_rows *rows;
	enum status status = db_query(consumer->db, sql, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	if (ret_attempts != NULL)
		*ret_attempts = db_rows_count(rows) > 0 ? db_get_integer(rows, 0, 0) : 0;
	db_rows_destroy(&rows);
	return STATUS_OK;
}

/* NOT_FOUND: there is no record after cursor. Nothing may be counted, still less parked, for a record that does not exist. */
static enum status check_behind(struct stream_consumer *consumer, const char *key, uint64_t cursor)
{
	const struct db_param params[] = {db_text(key)};
	struct db_rows *rows;
	enum status status = db_query(consumer->db, consumer->options.stream->head_sql, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	bool behind = db_rows_count(rows) == 1 && (uint64_t)db_get_integer(rows, 0, 0) > cursor;
	db_rows_destroy(&rows);
	return behind ? STATUS_OK : STATUS_NOT_FOUND;
}

/* Holding the cursor, commits "one more attempt begins at the record after it". *ret_attempts is the number of this
 * attempt; 0 = another instance has the key, or there is no such record. */
static enum status count_attempt(struct stream_consumer *consumer, const char *key, const char *error, uint64_t *ret_cursor,
                                 int64_t *ret_attempts)
{
	static const char SQL[] =
		"INSERT INTO effreg.attempt AS a (consumer, stream, key, seq, attempts, error) VALUES ($1, $2, $3, $4::bigint, 1, $5)"
		" ON CONFLICT (consumer, stream, key, seq) DO UPDATE SET attempts = a.attempts + 1,"
		" error = CASE WHEN EXCLUDED.error = '' THEN a.error ELSE EXCLUDED.error END,"
		" updated_time = pg_catalog.clock_timestamp() RETURNING attempts";
	*ret_attempts = 0;
	enum status status = db_begin(consumer->db);
	if (status != STATUS_OK)
		return status;
	status = take_cursor(consumer, key, ret_cursor);
	if (status == STATUS_OK)
		status = check_behind(consumer, key, *ret_cursor);
	if (status == STATUS_OK)
		status = change_attempt(consumer, SQL, key, *ret_cursor + 1, error, ret_attempts);
	if (status == STATUS_OK)
		return db_commit(consumer->db);
	db_rollback(consumer->db);
	*ret_attempts = 0;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* The surroundings failed, not the record: the attempt does not count. When this fails too the count stands, which is harmless. */
static void uncount_attempt(struct stream_consumer *consumer, const char *key, uint64_t seq)
{
	static const char SQL[] =
		"UPDATE effreg.attempt SET attempts = attempts - 1, error = COALESCE($5, error)"
		" WHERE consumer = $1 AND stream = $2 AND key = $3 AND seq = $4::bigint AND attempts > 0 RETURNING attempts";
	if (db_begin(consumer->db) != STATUS_OK)
		return;
	if (change_attempt(consumer, SQL, key, seq, NULL, NULL) != STATUS_OK || db_commit(consumer->db) != STATUS_OK)
		db_rollback(consumer->db);
}

/* Sets the record after the cursor aside, if the cursor still stands before seq. */
static enum status park(struct stream_consumer *consumer, const char *key, uint64_t seq, const char *error)
{
	static const char SQL[] =
		"UPDATE effreg.attempt SET parked_time = pg_catalog.clock_timestamp(), attempts = attempts - 1,"
		" error = CASE WHEN $5 = '' THEN error ELSE $5 END"
		" WHERE consumer = $1 AND stream = $2 AND key = $3 AND seq = $4::bigint RETURNING attempts";
	uint64_t cursor = 0;
	enum status status = db_begin(consumer->db);
	if (status != STATUS_OK)
		return status;
	status = take_cursor(consumer, key, &cursor);
	if (status == STATUS_OK && cursor + 1 != seq)
		status = STATUS_NOT_FOUND;
	if (status == STATUS_OK)
		status = change_attempt(consumer, SQL, key, seq, error, NULL);
	if (status == STATUS_OK)
		status = move_cursor(consumer, key, seq);
	if (status == STATUS_OK)
		status = db_commit(consumer->db);
	else
		db_rollback(consumer->db);
	forget(consumer, key);
	if (status == STATUS_OK) {
		consumer->counts.parked++;
		log_write(LOG_EVENT_record_parked, "consumer", consumer->options.consumer, "key", key, "error", error, NULL);
	}
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static void log_failure(struct stream_consumer *consumer, const char *key, enum status status, const struct fault *fault)
{
	consumer->counts.failures++;
	log_write(LOG_EVENT_turn_failed, "consumer", consumer->options.consumer, "key", key, "status", status_name(status), "error",
	          fault->text[0] != '\0' ? fault->text : db_error(consumer->db), NULL);
}

/* The record after the cursor, once, counted. *ret_count: 1 done or parked, 0 nothing more to do here. */
static enum status run_single(struct stream_consumer *consumer, const char *key, const char *error, bool counted, uint64_t cursor,
                              int64_t attempts, size_t *ret_count)
{
	struct turn_outcome outcome;
	enum status status = counted ? STATUS_OK : count_attempt(consumer, key, error, &cursor, &attempts);
	*ret_count = 0;
	if (status != STATUS_OK || attempts == 0)
		return status;
	if (attempts > STREAM_ATTEMPTS_MAX) {
		if (consumer->options.poison == STREAM_HALT)
			return STATUS_POISON;
		*ret_count = 1;
		return park(consumer, key, cursor + 1, error);
	}
	status = run_turn(consumer, key, 1, &outcome);
	*ret_count = outcome.count;
	if (status == STATUS_OK)
		return STATUS_OK;
	log_failure(consumer, key, status, &outcome.fault);
	if (!outcome.apply_failed) {
		uncount_attempt(consumer, key, cursor + 1);
		return status;
	}
	return run_single(consumer, key, outcome.fault.text, false, 0, 0, ret_count);
}

/* A batch failed, or killed the process before this one: its records one by one. */
static enum status run_singly(struct stream_consumer *consumer, const char *key, uint64_t cursor, int64_t attempts)
{
	size_t count = 1;
	enum status status = STATUS_OK;
	for (size_t done = 0; status == STATUS_OK && count > 0 && done < consumer->options.batch_max; done++)
		status = run_single(consumer, key, "", done == 0 && attempts > 0, cursor, attempts, &count);
	return status;
}

static enum status run_key(struct stream_consumer *consumer, const char *key, size_t *ret_count)
{
	struct turn_outcome outcome;
	uint64_t cursor = 0;
	int64_t attempts = 0;
	*ret_count = 0;
	if (!set_has(consumer->proven, consumer->proven_count, key)) {
		enum status counted = count_attempt(consumer, key, "", &cursor, &attempts);
		if (counted != STATUS_OK || attempts == 0)
			return counted;
		if (attempts > 1) {
			*ret_count = 1;
			return run_singly(consumer, key, cursor, attempts);
		}
	}
	enum status status = run_turn(consumer, key, consumer->options.batch_max, &outcome);
	*ret_count = outcome.count;
	if (status == STATUS_OK)
		return STATUS_OK;
	log_failure(consumer, key, status, &outcome.fault);
	if (attempts > 0 && !outcome.apply_failed)
		uncount_attempt(consumer, key, cursor + 1);
	if (!outcome.apply_failed)
		return status;
	*ret_count = 1;
	return run_singly(consumer, key, 0, 0);
}

enum status stream_consumer_work(struct stream_consumer *consumer, bool poll, unsigned turns_max, unsigned *ret_turns)
{
	enum status status = STATUS_OK;
	*ret_turns = 0;
	if (poll) {
		arena_reset(consumer->arena);
		status = find_behind(consumer);
	}
	while (status == STATUS_OK && consumer->hints_count > 0 && *ret_turns < turns_max) {
		char key[STREAM_KEY_MAX];
		size_t count;
		take_hint(consumer, key);
		status = run_key(consumer, key, &count);
		if (status == STATUS_OK && count > 0)
			stream_consumer_hint(consumer, key);  /* there may be more */
		(*ret_turns)++;
	}
	return status;
}
