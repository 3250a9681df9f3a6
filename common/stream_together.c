/* stream_together: one turn over the records of many keys (stream_consumer_options.together).
 *
 *     BEGIN ─ take the cursor rows ─ read what comes after each ─ apply ─ move the cursors ─ COMMIT
 *
 * Where a record costs little, the transaction is what a turn costs, and sixty keys cost as much as one. Only keys that this process
 * has finished a turn of take part: a record that ends the process is met by its key alone after that. */
#include "common/stream_consume_model.h"

#include "common/log.h"

#include <stdio.h>

#define KEYS_TOGETHER_MAX    256
#define RECORDS_TOGETHER_MAX 16   /* of a key; with more it comes round again */

struct part {
	const char *key;
	uint64_t seq;        /* the cursor */
	size_t count;        /* records read */
};

struct together {
	struct stream_consumer *consumer;
	const char **keys;   /* asked for */
	size_t key_count;
	struct part *parts;  /* whose cursors we hold */
	size_t part_count;
	struct stream_record *records;
	size_t count;
	struct fault fault;
};

/* ---- The cursors ---- */

/* A row that another instance holds is its own: it is left out. */
static enum status take_cursors(struct together *together)
{
	static const char SQL[] =
		"SELECT key, seq, " STREAM_MOVED_US " FROM effreg.cursor WHERE consumer = $1 AND stream = $2 AND key = ANY ($3::text[])"
		" ORDER BY key FOR UPDATE SKIP LOCKED";
	struct stream_consumer *consumer = together->consumer;
	const struct db_param params[] = {
		db_text(consumer->options.consumer), db_text(consumer->options.stream->name),
		db_array(consumer->arena, together->keys, together->key_count)};
	struct db_rows *rows;
	enum status status = db_query(consumer->db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	together->part_count = db_rows_count(rows);
	together->parts = arena_array(consumer->arena, struct part, together->part_count);
	for (size_t row = 0; row < together->part_count; row++) {
		struct part *part = &together->parts[row];
		*part = (struct part){.key = db_copy_text(consumer->arena, rows, row, 0), .seq = (uint64_t)db_get_integer(rows, row, 1)};
		const struct proven *proven = stream_find_proven(consumer, part->key);
		if (proven == NULL || proven->moved_us != db_get_integer(rows, row, 2))
			stream_forget(consumer, part->key);
	}
	db_rows_destroy(&rows);
	return STATUS_OK;
}

static struct db_param list_keys(const struct together *together)
{
	struct arena *arena = together->consumer->arena;
	const char **keys = arena_array(arena, const char *, together->part_count);
	for (size_t i = 0; i < together->part_count; i++)
		keys[i] = together->parts[i].key;
	return db_array(arena, keys, together->part_count);
}

/* Where the cursors are, or will be. */
static struct db_param list_seqs(const struct together *together)
{
	struct arena *arena = together->consumer->arena;
	const char **seqs = arena_array(arena, const char *, together->part_count);
	for (size_t i = 0; i < together->part_count; i++)
		seqs[i] = arena_printf(arena, "%llu", (unsigned long long)(together->parts[i].seq + together->parts[i].count));
	return db_array(arena, seqs, together->part_count);
}

/* As move_cursor in stream_consume.c. The rows are locked by us: they are there. */
static enum status move_cursors(struct together *together, struct db_rows **ret_moved)
{
	static const char SQL[] =
		"WITH moved AS (SELECT * FROM ROWS FROM (pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::bigint[])) AS part(key, seq)),"
		" settled AS (DELETE FROM effreg.attempt AS attempt USING moved WHERE attempt.consumer = $1 AND attempt.stream = $2"
		"  AND attempt.key = moved.key AND attempt.seq <= moved.seq AND attempt.parked_time IS NULL)"
		" UPDATE effreg.cursor SET seq = moved.seq, updated_time = pg_catalog.clock_timestamp() FROM moved"
		" WHERE cursor.consumer = $1 AND cursor.stream = $2 AND cursor.key = moved.key RETURNING cursor.key, " STREAM_MOVED_US;
	struct stream_consumer *consumer = together->consumer;
	const struct db_param params[] = {
		db_text(consumer->options.consumer), db_text(consumer->options.stream->name), list_keys(together), list_seqs(together)};
	return db_query_later(consumer->db, SQL, params, ARRAY_COUNT(params), ret_moved);
}

/* ---- The records ---- */

static struct part *find_part(struct together *together, const char *key)
{
	for (size_t i = 0; i < together->part_count; i++) {
		if (text_equal(together->parts[i].key, key))
			return &together->parts[i];
	}
	return NULL;
}

/* A gap is proof of loss: never step over it. */
static enum status take_record(struct together *together, const struct db_rows *rows, size_t row)
{
	struct part *part = find_part(together, db_get_text(rows, row, 0));
	uint64_t seq = (uint64_t)db_get_integer(rows, row, 1);
	if (part == NULL || seq != part->seq + part->count + 1)
		return STATUS_BUG;
	size_t len = db_get_len(rows, row, 2);
	together->records[row] = (struct stream_record){
		.key = part->key,
		.seq = seq,
		.body = span_of(arena_text(together->consumer->arena, db_get_text(rows, row, 2), len), len),
		.recorded_us = db_get_integer(rows, row, 3),
	};
	part->count++;
	return STATUS_OK;
}

static enum status read_records(struct together *together)
{
	struct stream_consumer *consumer = together->consumer;
	const struct db_param params[] = {
		list_keys(together), list_seqs(together), db_integer(consumer->arena, RECORDS_TOGETHER_MAX)};
	struct db_rows *rows;
	enum status status = db_query(consumer->db, consumer->options.stream->read_many_sql, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	together->count = db_rows_count(rows);
	together->records = arena_array(consumer->arena, struct stream_record, together->count);
	for (size_t row = 0; status == STATUS_OK && row < together->count; row++)
		status = take_record(together, rows, row);
	db_rows_destroy(&rows);
	return status;
}

/* ---- The turn ---- */

static enum status apply(struct together *together, bool *ret_applying, struct db_rows **ret_moved)
{
	struct stream_consumer *consumer = together->consumer;
	enum status status = take_cursors(together);
	if (status == STATUS_OK && together->part_count > 0)
		status = read_records(together);
	if (status != STATUS_OK || together->count == 0)
		return status;
	const struct stream_turn turn = {.db = consumer->db, .records = together->records, .count = together->count,
	                                 .arena = consumer->arena, .archive = consumer->options.archive, .fault = &together->fault};
	*ret_applying = true;
	status = consumer->options.apply(consumer->options.context, &turn);
	return status == STATUS_OK ? move_cursors(together, ret_moved) : status;
}

static void turn_done(struct together *together, const struct db_rows *moved)
{
	struct stream_consumer *consumer = together->consumer;
	consumer->counts.turns++;
	consumer->counts.records += together->count;
	ASSERT(db_rows_count(moved) == together->part_count);
	for (size_t row = 0; row < together->part_count; row++)
		stream_note_proven(consumer, db_get_text(moved, row, 0), db_get_integer(moved, row, 1));
	for (size_t i = 0; i < together->part_count; i++) {
		const struct part *part = &together->parts[i];
		if (part->count == RECORDS_TOGETHER_MAX)
			stream_consumer_hint(consumer, part->key);
		if (part->count > 0 && consumer->options.committed != NULL)
			consumer->options.committed(consumer->options.context, part->key, part->seq + part->count);
	}
}

static void turn_failed(struct together *together, enum status status)
{
	struct stream_consumer *consumer = together->consumer;
	for (size_t i = 0; i < together->part_count; i++)
		stream_forget(consumer, together->parts[i].key);
	consumer->counts.failures++;
	log_write(LOG_EVENT_turn_failed, "consumer", consumer->options.consumer, "status", status_name(status), "error",
	          together->fault.text[0] != '\0' ? together->fault.text : db_error(consumer->db), NULL);
}

/* *ret_at_fault: the records were, or one of them. */
static enum status run(struct together *together, bool *ret_at_fault)
{
	struct stream_consumer *consumer = together->consumer;
	struct db_rows *moved = NULL;
	bool applying = false;
	enum status status = db_begin_later(consumer->db);
	if (status == STATUS_OK)
		status = apply(together, &applying, &moved);
	if (status == STATUS_OK && together->count > 0)
		status = db_commit(consumer->db);
	else
		db_rollback(consumer->db);
	if (status != STATUS_OK)
		turn_failed(together, status);
	else if (together->count > 0)
		turn_done(together, moved);
	db_rows_destroy(&moved);
	*ret_at_fault = applying && status != STATUS_OK && status_group(status) != STATUS_GROUP_TRANSIENT;
	return status;
}

/* The hinted keys that may take part, out of the hints; the others stay in them, in their order. */
static size_t take_keys(struct stream_consumer *consumer, size_t limit, char (*keys)[STREAM_KEY_MAX])
{
	size_t count = 0;
	for (size_t left = consumer->hints_count; left > 0; left--) {
		char key[STREAM_KEY_MAX];
		stream_take_hint(consumer, key);
		if (count < limit && stream_find_proven(consumer, key) != NULL)
			memcpy(keys[count++], key, STREAM_KEY_MAX);
		else
			stream_consumer_hint(consumer, key);
	}
	return count;
}

static enum status run_apart(struct stream_consumer *consumer, char (*keys)[STREAM_KEY_MAX], size_t count)
{
	enum status status = STATUS_OK, first = STATUS_OK;
	for (size_t i = 0; i < count && status_group(status) != STATUS_GROUP_TRANSIENT; i++) {
		bool more;
		status = stream_run_key(consumer, keys[i], &more);
		if (status == STATUS_OK && more)
			stream_consumer_hint(consumer, keys[i]);
		if (first == STATUS_OK)
			first = status;
	}
	return first;
}

enum status stream_work_together(struct stream_consumer *consumer, unsigned turns_max, unsigned *ret_turns)
{
	char keys[KEYS_TOGETHER_MAX][STREAM_KEY_MAX];
	size_t count = take_keys(consumer, turns_max < KEYS_TOGETHER_MAX ? turns_max : KEYS_TOGETHER_MAX, keys);
	struct together together = {.consumer = consumer, .key_count = count, .fault = {.offset = -1}};
	*ret_turns = (unsigned)count;
	if (count == 0)
		return STATUS_OK;
	arena_reset(consumer->arena);
	together.keys = arena_array(consumer->arena, const char *, count);
	for (size_t i = 0; i < count; i++)
		together.keys[i] = keys[i];
	bool at_fault;
	enum status status = run(&together, &at_fault);
	return at_fault ? run_apart(consumer, keys, count) : status;
}
