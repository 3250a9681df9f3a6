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
 * So the usual turn pays nothing for it, and a batch that kills the process costs one more life, not an endless loop.
 *
 * Between the count and the try another instance may take the key, and the surroundings may fail in either: such an
 * attempt never reached the record and is given back, at once or, when the database is away, before the next work
 * (owed). Else a few restarts of the database, or many instances starting together, would park healthy records. */
#include "common/stream_consume_model.h"

#include "common/ambient.h"
#include "common/archive.h"
#include "common/log.h"
#include "common/stream_trace.h"

#include <stdio.h>
#include <stdlib.h>

#define KEYS_MAX        4096
#define TURN_BYTES_MAX  ((size_t)512 * 1024 * 1024)

struct stream_consumer *stream_consumer_new(struct db *db, const struct stream_consumer_options *options)
{
	struct stream_consumer *consumer = calloc(1, sizeof *consumer);
	ASSERT(consumer != NULL);
	consumer->db = db;
	consumer->options = *options;
	if (consumer->options.batch_max == 0)
		consumer->options.batch_max = STREAM_BATCH_MAX;
	ASSERT(consumer->options.batch_max <= STREAM_TURN_MAX);
	ASSERT(!options->together || (options->stream->read_many_sql != NULL && !options->keeps_keys));
	consumer->arena = arena_new(TURN_BYTES_MAX);
	consumer->hints = calloc(KEYS_MAX, sizeof *consumer->hints);
	consumer->proven = calloc(KEYS_MAX, sizeof *consumer->proven);
	consumer->others = calloc(KEYS_MAX, sizeof *consumer->others);
	ASSERT(consumer->hints != NULL && consumer->proven != NULL && consumer->others != NULL);
	return consumer;
}

void stream_consumer_destroy(struct stream_consumer **consumer)
{
	if (*consumer == NULL)
		return;
	arena_destroy(&(*consumer)->arena);
	free((*consumer)->hints);
	free((*consumer)->proven);
	free((*consumer)->others);
	free(*consumer);
	*consumer = NULL;
}

struct stream_consumer_counts stream_consumer_counts(const struct stream_consumer *consumer)
{
	return consumer->counts;
}

/* ---- Hints and proven keys ---- */

static bool is_hinted(const struct stream_consumer *consumer, const char *key)
{
	for (size_t i = 0; i < consumer->hints_count; i++) {
		if (text_equal(consumer->hints[i], key))
			return true;
	}
	return false;
}

/* ---- Keys of other instances ---- */

static struct others *find_others(const struct stream_consumer *consumer, const char *key)
{
	for (size_t i = 0; i < consumer->others_count; i++) {
		if (text_equal(consumer->others[i].key, key))
			return &consumer->others[i];
	}
	return NULL;
}

/* Half as long as it is kept: who stops moving it is soon noticed, and who moves it is rarely met at it. */
static void leave_to_others(struct stream_consumer *consumer, const char *key)
{
	struct others *others = find_others(consumer, key);
	if (others == NULL && consumer->others_count < KEYS_MAX) {
		others = &consumer->others[consumer->others_count++];
		snprintf(others->key, sizeof others->key, "%s", key);
	}
	if (others != NULL)
		others->until_ms = ambient_monotonic_ms() + STREAM_KEEP_MS / 2;
}

static bool is_left(struct stream_consumer *consumer, const char *key)
{
	struct others *others = find_others(consumer, key);
	if (others == NULL)
		return false;
	if (others->until_ms > ambient_monotonic_ms())
		return true;
	*others = consumer->others[--consumer->others_count];
	return false;
}

/* ---- Hints ---- */

/* A key that finds no room is simply found again by the next poll. */
void stream_consumer_hint(struct stream_consumer *consumer, const char *key)
{
	if (!is_left(consumer, key) && consumer->hints_count < KEYS_MAX && strlen(key) < STREAM_KEY_MAX && !is_hinted(consumer, key))
		snprintf(consumer->hints[consumer->hints_count++], STREAM_KEY_MAX, "%s", key);
}

void stream_take_hint(struct stream_consumer *consumer, char key[STREAM_KEY_MAX])
{
	memcpy(key, consumer->hints[0], STREAM_KEY_MAX);
	consumer->hints_count--;
	memmove(consumer->hints[0], consumer->hints[1], consumer->hints_count * sizeof *consumer->hints);
}

struct proven *stream_find_proven(const struct stream_consumer *consumer, const char *key)
{
	for (size_t i = 0; i < consumer->proven_count; i++) {
		if (text_equal(consumer->proven[i].key, key))
			return &consumer->proven[i];
	}
	return NULL;
}

void stream_note_proven(struct stream_consumer *consumer, const char *key, int64_t moved_us)
{
	struct proven *proven = stream_find_proven(consumer, key);
	if (proven == NULL && consumer->proven_count < KEYS_MAX) {
		proven = &consumer->proven[consumer->proven_count++];
		snprintf(proven->key, sizeof proven->key, "%s", key);
	}
	if (proven != NULL)
		proven->moved_us = moved_us;
}

static void unprove(struct stream_consumer *consumer, const char *key)
{
	struct proven *proven = stream_find_proven(consumer, key);
	if (proven != NULL)
		*proven = consumer->proven[--consumer->proven_count];
}

void stream_forget(struct stream_consumer *consumer, const char *key)
{
	if (consumer->options.forget != NULL)
		consumer->options.forget(consumer->options.context, key);
}

static enum status find_behind(struct stream_consumer *consumer)
{
	const struct db_param params[] = {db_text(consumer->options.consumer), db_integer(consumer->arena, KEYS_MAX)};
	struct db_rows *rows;
	enum status status = db_begin_later(consumer->db);
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

#define AGE_MS   "(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - updated_time) * 1000)::bigint"

/* Moved lately by anybody but this process: it knows more of the key than we do. */
static bool is_kept_elsewhere(const struct stream_consumer *consumer, const char *key, const struct cursor *cursor)
{
	if (!consumer->options.keeps_keys || cursor->seq == 0 || cursor->age_ms >= STREAM_KEEP_MS)
		return false;
	const struct proven *proven = stream_find_proven(consumer, key);
	return proven == NULL || proven->moved_us != cursor->moved_us;
}

/* NOT_FOUND: another instance has it, or keeps it. A row that is there is not inserted: ON CONFLICT would wait for whoever has moved it and
 * not committed yet, and behind one that stands still every instance would stand still. */
static enum status take_cursor(struct stream_consumer *consumer, const char *key, struct cursor *ret_cursor)
{
	static const char TAKE_SQL[] =
		"SELECT seq, " STREAM_MOVED_US ", " AGE_MS " FROM effreg.cursor WHERE consumer = $1 AND stream = $2 AND key = $3 FOR UPDATE SKIP LOCKED";
	static const char CREATE_SQL[] =
		"INSERT INTO effreg.cursor (consumer, stream, key) SELECT $1::text, $2::text, $3::text WHERE NOT EXISTS"
		" (SELECT FROM effreg.cursor WHERE consumer = $1 AND stream = $2 AND key = $3) ON CONFLICT (consumer, stream, key) DO NOTHING";
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
			*ret_cursor = (struct cursor){(uint64_t)db_get_integer(rows, 0, 0), db_get_integer(rows, 0, 1), db_get_integer(rows, 0, 2)};
		db_rows_destroy(&rows);
		if (taken && is_kept_elsewhere(consumer, key, ret_cursor)) {
			leave_to_others(consumer, key);
			return STATUS_NOT_FOUND;
		}
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

/* Moves the cursor to seq; what was counted on the way there is settled, and what was parked stays. *ret_moved: its answer, later.
 * The row is locked by us: it is there. */
static enum status move_cursor(struct stream_consumer *consumer, const char *key, uint64_t seq, struct db_rows **ret_moved)
{
	static const char SQL[] =
		"WITH settled AS (DELETE FROM effreg.attempt WHERE consumer = $1 AND stream = $2 AND key = $3 AND seq <= $4::bigint"
		" AND parked_time IS NULL)"
		" UPDATE effreg.cursor SET seq = $4::bigint, updated_time = pg_catalog.clock_timestamp()"
		" WHERE consumer = $1 AND stream = $2 AND key = $3 RETURNING " STREAM_MOVED_US;
	const struct db_param params[] = {
		db_text(consumer->options.consumer), db_text(consumer->options.stream->name), db_text(key),
		db_integer(consumer->arena, (int64_t)seq)};
	return db_query_later(consumer->db, SQL, params, ARRAY_COUNT(params), ret_moved);
}

/* ---- Records ---- */

/* Records being read. */
struct reading {
	struct stream_record *at;
	size_t count, capacity;
	size_t bytes;
	struct fault *fault;
};

static enum status take_record(struct stream_consumer *consumer, const char *key, const struct db_rows *rows, size_t row, uint64_t expected,
                               struct reading *reading)
{
	size_t len = db_get_len(rows, row, 1);
	struct stream_record record = {
		.key = key,
		.seq = (uint64_t)db_get_integer(rows, row, 0),
		.recorded_us = db_get_integer(rows, row, 2),
	};
	enum status status = record.seq == expected ? STATUS_OK : STATUS_BUG;  /* a gap is proof of loss: never step over it */
	if (status == STATUS_OK && db_is_null(rows, row, 1))
		status = archive_load(consumer->options.archive, consumer->db, key, record.seq, consumer->arena, &record.body, reading->fault);
	else
		record.body = span_of(arena_text(consumer->arena, db_get_text(rows, row, 1), len), len);
	reading->at[reading->count++] = record;
	reading->bytes += record.body.len;
	return status;
}

static enum status read_some(struct stream_consumer *consumer, const char *key, uint64_t after, size_t limit, struct reading *reading,
                             size_t *ret_count)
{
	const struct db_param params[] = {
		db_text(key), db_integer(consumer->arena, (int64_t)after), db_integer(consumer->arena, (int64_t)limit)};
	struct db_rows *rows;
	enum status status = db_query(consumer->db, consumer->options.stream->read_sql, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_count = db_rows_count(rows);
	if (reading->count + *ret_count > reading->capacity) {
		size_t capacity = reading->capacity * 2 > reading->count + *ret_count ? reading->capacity * 2 : reading->count + *ret_count;
		struct stream_record *larger = arena_array(consumer->arena, struct stream_record, capacity);
		if (reading->count > 0)
			memcpy(larger, reading->at, reading->count * sizeof *larger);
		reading->at = larger;
		reading->capacity = capacity;
	}
	for (size_t row = 0; row < *ret_count && status == STATUS_OK; row++)
		status = take_record(consumer, key, rows, row, after + 1 + row, reading);
	db_rows_destroy(&rows);
	return status;
}

/* A batch at a time, until there are limit of them, no more (*ret_all), or as many bytes as a turn may hold. */
static enum status read_records(struct stream_consumer *consumer, const char *key, uint64_t after, size_t limit,
                                struct stream_record **ret_records, size_t *ret_count, bool *ret_all, struct fault *fault)
{
	struct reading reading = {.fault = fault};
	enum status status = STATUS_OK;
	size_t asked = 1, count = 1;
	while (status == STATUS_OK && count == asked && reading.count < limit && reading.bytes < STREAM_TURN_BYTES_MAX) {
		asked = limit - reading.count < STREAM_BATCH_MAX ? limit - reading.count : STREAM_BATCH_MAX;
		status = read_some(consumer, key, after + reading.count, asked, &reading, &count);
	}
	*ret_records = reading.at;
	*ret_count = reading.count;
	*ret_all = count < asked;
	return status;
}

/* ---- One turn ---- */

struct turn_outcome {
	size_t count;         /* records done; 0 also when another instance has the key */
	uint64_t seq;         /* the cursor afterwards, or before when the turn failed */
	struct db_rows *moved; /* the cursor's updated_time as the turn left it */
	bool all;             /* there were no more records than these */
	bool applying;        /* came as far as the records */
	bool at_fault;        /* the records were at fault, not the surroundings */
	struct fault fault;
};

static enum status apply_records(struct stream_consumer *consumer, const char *key, size_t limit, struct turn_outcome *outcome)
{
	struct stream_record *records;
	struct cursor cursor;
	size_t count;
	enum status status = take_cursor(consumer, key, &cursor);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	outcome->seq = cursor.seq;
	status = read_records(consumer, key, cursor.seq, limit, &records, &count, &outcome->all, &outcome->fault);
	if (status != STATUS_OK || count == 0)
		return status;
	const struct proven *proven = stream_find_proven(consumer, key);
	if (proven == NULL || proven->moved_us != cursor.moved_us)
		stream_forget(consumer, key);
	const struct stream_turn turn = {.db = consumer->db, .key = key, .cursor_seq = cursor.seq, .records = records,
	                                 .count = count, .arena = consumer->arena, .archive = consumer->options.archive, .fault = &outcome->fault};
	outcome->applying = true;
	status = consumer->options.apply(consumer->options.context, &turn);
	if (status == STATUS_OK)
		status = move_cursor(consumer, key, cursor.seq + count, &outcome->moved);
	if (status == STATUS_OK)
		outcome->count = count;
	return status;
}

/* A failure that apply did not describe is described by what is known of it. */
static void describe(const struct stream_consumer *consumer, enum status status, struct fault *fault)
{
	const char *last_words = db_error(consumer->db);
	if (fault->text[0] == '\0')
		snprintf(fault->text, sizeof fault->text, "%s%s%s", status_text(status),
		         last_words[0] == '\0' ? "" : "; the database's last words: ", last_words);
}

/* What fails after apply began, in moving the cursor and in COMMIT too, is what apply left behind: a statement whose failure
 * it did not report, a constraint checked at the end. */
static void turn_failed(struct stream_consumer *consumer, const char *key, enum status status, struct turn_outcome *outcome)
{
	outcome->count = 0;
	outcome->at_fault = outcome->applying && status_group(status) != STATUS_GROUP_TRANSIENT;
	describe(consumer, status, &outcome->fault);
	stream_forget(consumer, key);
	consumer->counts.failures++;
	log_write(LOG_EVENT_turn_failed, "consumer", consumer->options.consumer, "key", key, "status", status_name(status), "error",
	          outcome->fault.text, NULL);
}

static void turn_done(struct stream_consumer *consumer, const char *key, struct turn_outcome *outcome)
{
	outcome->seq += outcome->count;
	consumer->counts.turns++;
	consumer->counts.records += outcome->count;
	ASSERT(db_rows_count(outcome->moved) == 1);
	stream_note_proven(consumer, key, db_get_integer(outcome->moved, 0, 0));
	if (consumer->options.committed != NULL)
		consumer->options.committed(consumer->options.context, key, outcome->seq);
}

static enum status run_turn(struct stream_consumer *consumer, const char *key, size_t limit, struct turn_outcome *outcome)
{
	*outcome = (struct turn_outcome){.fault = {.offset = -1}};
	arena_reset(consumer->arena);
	enum status status = db_begin_later(consumer->db);
	if (status == STATUS_OK)
		status = apply_records(consumer, key, limit, outcome);
	if (status == STATUS_OK && outcome->count > 0)
		status = db_commit(consumer->db);
	else
		db_rollback(consumer->db);  /* nothing was done: no reason to wait for the disk */
	if (status != STATUS_OK)
		turn_failed(consumer, key, status, outcome);
	else if (outcome->count > 0)
		turn_done(consumer, key, outcome);
	db_rows_destroy(&outcome->moved);
	return status;
}

/* ---- Attempts ---- */

static enum status change_attempt(struct stream_consumer *consumer, const char *sql, const struct attempt *attempt, const char *error,
                                  int64_t limit, int64_t *ret_number)
{
	const struct db_param params[] = {
		db_text(consumer->options.consumer), db_text(consumer->options.stream->name), db_text(attempt->key),
		db_integer(consumer->arena, (int64_t)attempt->seq), db_text(error), db_integer(consumer->arena, limit)};
	struct db_rows *rows;
	enum status status = db_query(consumer->db, sql, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_number = db_rows_count(rows) > 0 ? db_get_integer(rows, 0, 0) : 0;
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

/* Holding the cursor: one more attempt begins at the record after it. After the last one nothing is counted any more: the
 * number is past STREAM_ATTEMPTS_MAX. error is what the attempt before this one said, if that was at the same record. */
static enum status add_attempt(struct stream_consumer *consumer, const char *error, struct attempt *attempt)
{
	static const char SQL[] =
		"INSERT INTO effreg.attempt AS a (consumer, stream, key, seq, attempts, error) VALUES ($1, $2, $3, $4::bigint, 1, $5)"
		" ON CONFLICT (consumer, stream, key, seq) DO UPDATE SET attempts = a.attempts + 1,"
		" error = CASE WHEN EXCLUDED.error = '' THEN a.error ELSE EXCLUDED.error END,"
		" updated_time = pg_catalog.clock_timestamp() WHERE a.attempts < $6::integer RETURNING attempts";
	struct cursor cursor;
	enum status status = take_cursor(consumer, attempt->key, &cursor);
	if (status == STATUS_OK)
		status = check_behind(consumer, attempt->key, cursor.seq);
	if (status != STATUS_OK)
		return status;
	if (attempt->seq != cursor.seq + 1)
		error = "";
	attempt->seq = cursor.seq + 1;
	status = change_attempt(consumer, SQL, attempt, error, STREAM_ATTEMPTS_MAX, &attempt->number);
	if (status == STATUS_OK && attempt->number == 0)
		attempt->number = STREAM_ATTEMPTS_MAX + 1;
	return status;
}

/* Commits an attempt at the record after the cursor of attempt->key. Its number stays 0 when another instance has the key,
 * or there is no such record. */
static enum status count_attempt(struct stream_consumer *consumer, const char *error, struct attempt *attempt)
{
	attempt->number = 0;
	enum status status = db_begin(consumer->db);
	if (status != STATUS_OK)
		return status;
	status = add_attempt(consumer, error, attempt);
	if (status != STATUS_OK) {
		db_rollback(consumer->db);
		attempt->number = 0;
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	}
	status = db_commit(consumer->db);
	if (status != STATUS_OK) {
		consumer->owed = *attempt;  /* it may be counted, or not: pay_owed sees that by its number */
		attempt->number = 0;
	}
	return status;
}

static enum status pay_owed(struct stream_consumer *consumer)
{
	static const char SQL[] =
		"UPDATE effreg.attempt SET attempts = attempts - 1, error = COALESCE($5, error)"
		" WHERE consumer = $1 AND stream = $2 AND key = $3 AND seq = $4::bigint AND attempts >= $6::integer"
		" AND parked_time IS NULL RETURNING attempts";
	int64_t left;
	if (consumer->owed.number == 0)
		return STATUS_OK;
	enum status status = db_begin(consumer->db);
	if (status == STATUS_OK)
		status = change_attempt(consumer, SQL, &consumer->owed, NULL, consumer->owed.number, &left);
	if (status == STATUS_OK)
		status = db_commit(consumer->db);
	else
		db_rollback(consumer->db);
	if (status == STATUS_OK)
		consumer->owed.number = 0;
	return status;
}

/* The attempt never reached the record. */
static void give_back(struct stream_consumer *consumer, const struct attempt *attempt)
{
	if (attempt->number == 0)
		return;
	consumer->owed = *attempt;
	if (pay_owed(consumer) != STATUS_OK)
		arena_reset(consumer->arena);  /* the next work pays */
}

/* ---- Too often ---- */

/* Which record it is, so that it can be found, and followed to whoever sent it. */
static void log_record(struct stream_consumer *consumer, enum log_event event, const struct attempt *attempt, const char *error)
{
	char seq[24];
	struct event_trace trace;
	snprintf(seq, sizeof seq, "%llu", (unsigned long long)attempt->seq);
	stream_trace_read(consumer->db, consumer->options.stream, attempt->key, attempt->seq, &trace);
	log_write(event, "consumer", consumer->options.consumer, "key", attempt->key, "seq", seq, "id", trace.id, "traceparent",
	          trace.traceparent, "error", error, NULL);
}

static enum status park_record(struct stream_consumer *consumer, const struct attempt *attempt, const char *error)
{
	static const char SQL[] =
		"UPDATE effreg.attempt SET parked_time = pg_catalog.clock_timestamp(), attempts = $6::integer,"
		" error = CASE WHEN $5 <> '' THEN $5 WHEN error <> '' THEN error ELSE 'the process ended in every attempt' END"
		" WHERE consumer = $1 AND stream = $2 AND key = $3 AND seq = $4::bigint RETURNING attempts";
	struct cursor cursor;
	int64_t attempts;
	enum status status = take_cursor(consumer, attempt->key, &cursor);
	if (status == STATUS_OK && cursor.seq + 1 != attempt->seq)
		status = STATUS_NOT_FOUND;
	if (status == STATUS_OK)
		status = change_attempt(consumer, SQL, attempt, error, STREAM_ATTEMPTS_MAX, &attempts);
	if (status == STATUS_OK)
		status = move_cursor(consumer, attempt->key, attempt->seq, NULL);
	return status;
}

/* Sets the record aside, if the cursor still stands before it. */
static enum status park(struct stream_consumer *consumer, const struct attempt *attempt, const char *error)
{
	enum status status = db_begin(consumer->db);
	if (status != STATUS_OK)
		return status;
	status = park_record(consumer, attempt, error);
	if (status == STATUS_OK)
		status = db_commit(consumer->db);
	else
		db_rollback(consumer->db);
	stream_forget(consumer, attempt->key);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	consumer->counts.parked++;
	log_record(consumer, LOG_EVENT_record_parked, attempt, error);
	return STATUS_OK;
}

/* Stays before the record. Unproven, the key is found halted at the next poll before anything is tried. */
static enum status halt(struct stream_consumer *consumer, const struct attempt *attempt, const struct turn_outcome *outcome)
{
	unprove(consumer, attempt->key);
	if (outcome->applying)  /* it was tried just now: said once, not at every poll */
		log_record(consumer, LOG_EVENT_consumer_halted, attempt, outcome->fault.text);
	return STATUS_POISON;
}

/* ---- One by one ---- */

/* The record after the cursor, until it is done, parked or halted at; attempt is counted already when it has a number.
 * *ret_count: 1 done or parked, 0 nothing more to do here. */
static enum status run_single(struct stream_consumer *consumer, struct attempt *attempt, size_t *ret_count)
{
	struct turn_outcome outcome = {.fault = {.offset = -1}};
	enum status status = STATUS_OK;
	*ret_count = 0;
	for (;;) {
		if (attempt->number == 0)
			status = count_attempt(consumer, outcome.fault.text, attempt);
		if (status != STATUS_OK || attempt->number == 0)
			return status;
		if (attempt->number > STREAM_ATTEMPTS_MAX)
			break;
		status = run_turn(consumer, attempt->key, 1, &outcome);
		*ret_count = outcome.count;
		if (!outcome.at_fault && outcome.count == 0)
			give_back(consumer, attempt);
		attempt->number = 0;
		if (!outcome.at_fault)
			return status;
		status = STATUS_OK;
	}
	if (consumer->options.poison == STREAM_HALT)
		return halt(consumer, attempt, &outcome);
	*ret_count = 1;
	return park(consumer, attempt, outcome.fault.text);
}

/* A batch failed, or killed the process before this one: its records one by one. */
static enum status run_singly(struct stream_consumer *consumer, struct attempt *attempt)
{
	size_t count = 1;
	enum status status = STATUS_OK;
	for (size_t done = 0; status == STATUS_OK && count > 0 && done < consumer->options.batch_max; done++) {
		status = run_single(consumer, attempt, &count);
		attempt->number = 0;
	}
	return status;
}

static enum status run_batch(struct stream_consumer *consumer, struct attempt *attempt, bool *ret_more)
{
	struct turn_outcome outcome;
	enum status status = run_turn(consumer, attempt->key, consumer->options.batch_max, &outcome);
	/* What comes after this turn's look is hinted, or found by the next poll. */
	*ret_more = (outcome.count > 0 && !outcome.all) || outcome.at_fault;
	if (!outcome.at_fault && outcome.count == 0)
		give_back(consumer, attempt);
	if (!outcome.at_fault)
		return status;
	attempt->number = 0;
	return run_singly(consumer, attempt);
}

enum status stream_run_key(struct stream_consumer *consumer, const char *key, bool *ret_more)
{
	struct attempt attempt = {.number = 0};
	snprintf(attempt.key, sizeof attempt.key, "%s", key);
	arena_reset(consumer->arena);
	*ret_more = false;
	if (stream_find_proven(consumer, key) == NULL) {
		enum status status = count_attempt(consumer, "", &attempt);
		if (status != STATUS_OK || attempt.number == 0)
			return status;
	}
	if (attempt.number <= 1)
		return run_batch(consumer, &attempt, ret_more);
	*ret_more = true;
	return run_singly(consumer, &attempt);
}

enum status stream_consumer_work(struct stream_consumer *consumer, bool poll, unsigned turns_max, unsigned *ret_turns)
{
	*ret_turns = 0;
	arena_reset(consumer->arena);
	enum status status = pay_owed(consumer);
	if (status == STATUS_OK && poll)
		status = find_behind(consumer);
	if (status == STATUS_OK && consumer->options.together)
		status = stream_work_together(consumer, turns_max, ret_turns);
	while (status == STATUS_OK && consumer->hints_count > 0 && *ret_turns < turns_max) {
		char key[STREAM_KEY_MAX];
		bool more;
		stream_take_hint(consumer, key);
		status = stream_run_key(consumer, key, &more);
		if (status == STATUS_OK && more)
			stream_consumer_hint(consumer, key);
		(*ret_turns)++;
	}
	return status;
}
