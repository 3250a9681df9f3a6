/* stream_append: the writers' half of stream.h.
 *
 *   lock the head row ─ authorise ─ clock ─ SAVEPOINT ─ COPY ──────────────── head, sources ─ hooks ─ COMMIT
 *                                              │ duplicate id                    ▲
 *                                              └─ ROLLBACK TO ─ look ids up ─ COPY the fresh ones
 *
 * The row lock on the head is held to COMMIT, so the order of seq is the order of commit. The fast path pays for no
 * lookup: duplicates are rare (a client that repeats after a lost answer), and the unique index finds them. */
#include "common/stream.h"

#include "common/buf.h"

#include <stdio.h>
#include <stdlib.h>

/* Beside the body a row is some 140 bytes. */
#define COPY_BYTES_MAX (STREAM_BATCH_MAX * (STREAM_BODY_MAX + 256))

#define DAY_US         INT64_C(86400000000)

#define READ_SQL(table, key) \
	"SELECT seq, body, (EXTRACT(epoch FROM recorded_time) * 1000000)::bigint FROM effreg." table \
	" WHERE " key " = $1 AND seq > $2::bigint ORDER BY seq LIMIT $3::integer"
#define HEAD_SQL(table, key) "SELECT last_seq FROM effreg." table "_head WHERE " key " = $1"
#define BEHIND_SQL(table, key) \
	"SELECT h." key " FROM effreg." table "_head h LEFT JOIN effreg.cursor c" \
	" ON c.consumer = $1 AND c.stream = '" table "' AND c.key = h." key \
	" WHERE h.last_seq > COALESCE(c.seq, 0) ORDER BY h." key " LIMIT $2::integer"
/* The head's row is locked to the end of the transaction, so the order of seq is the order of commit. */
#define WRITE_SQL(table, key) \
	"WITH head AS (INSERT INTO effreg." table "_head AS h (" key ", last_seq) VALUES ($1, 1)" \
	" ON CONFLICT (" key ") DO UPDATE SET last_seq = h.last_seq + 1 RETURNING last_seq)" \
	" INSERT INTO effreg." table " (" key ", seq, body) SELECT $1, last_seq, $2::json FROM head RETURNING seq"

const struct stream STREAM_EVENT = {
	.name = "event",
	.head_sql = HEAD_SQL("event", "region_id"),
	.read_sql = READ_SQL("event", "region_id"),
	.behind_sql = BEHIND_SQL("event", "region_id"),
};

const struct stream STREAM_METRIC = {
	.name = "metric",
	.head_sql = HEAD_SQL("metric", "region_id"),
	.read_sql = READ_SQL("metric", "region_id"),
	.behind_sql = BEHIND_SQL("metric", "region_id"),
	.write_sql = WRITE_SQL("metric", "region_id"),
};

const struct stream STREAM_RATING = {
	.name = "rating",
	.head_sql = HEAD_SQL("rating", "cohort"),
	.read_sql = READ_SQL("rating", "cohort"),
	.behind_sql = BEHIND_SQL("rating", "cohort"),
	.write_sql = WRITE_SQL("rating", "cohort"),
};

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
};

/* ---- The head ---- */

static enum status lock_head(struct append *append)
{
	static const char ENSURE_SQL[] =
		"INSERT INTO effreg.event_head (region_id) SELECT region_id FROM effreg.region WHERE region_id = $1"
		" ON CONFLICT (region_id) DO NOTHING";
	static const char LOCK_SQL[] =
		"SELECT last_seq, hash, (EXTRACT(epoch FROM recorded_time) * 1000000)::bigint, day_bytes FROM effreg.event_head"
		" WHERE region_id = $1 FOR UPDATE";
	const struct db_param params[] = {db_text(append->region)};
	struct db_rows *rows;
	enum status status = db_exec(append->db, "SET LOCAL lock_timeout = '5s'");
	for (int attempt = 0; status == STATUS_OK; attempt++) {
		status = db_query(append->db, LOCK_SQL, params, 1, &rows);
		if (status != STATUS_OK || db_rows_count(rows) == 1)
			break;
		db_rows_destroy(&rows);
		status = attempt == 0 ? db_run(append->db, ENSURE_SQL, params, 1, NULL) : STATUS_NOT_FOUND;
	}
	if (status != STATUS_OK)
		return status;
	append->head.last_seq = (uint64_t)db_get_integer(rows, 0, 0);
	struct span hash = db_get_bytes(rows, 0, 1, append->scratch);
	append->head.recorded_us = db_get_integer(rows, 0, 2);
	append->day_bytes = db_get_integer(rows, 0, 3);
	db_rows_destroy(&rows);
	if (hash.len != SHA256_BYTES)
		return STATUS_BUG;
	memcpy(append->head.hash.bytes, hash.at, SHA256_BYTES);
	return db_exec(append->db, "SET LOCAL lock_timeout = 0");
}

static enum status read_clock(struct append *append)
{
	struct db_rows *rows;
	enum status status = db_query(append->db, "SELECT (EXTRACT(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint", NULL, 0, &rows);
	if (status != STATUS_OK)
		return status;
	int64_t now_us = db_get_integer(rows, 0, 0);
	db_rows_destroy(&rows);
	append->now_us = now_us > append->head.recorded_us ? now_us : append->head.recorded_us;
	if (append->now_us / DAY_US != append->head.recorded_us / DAY_US)
		append->day_bytes = 0;
	return STATUS_OK;
}

static enum status save_head(struct append *append)
{
	static const char SQL[] =
		"UPDATE effreg.event_head SET last_seq = $2::bigint, hash = $3::bytea, recorded_time = $4::timestamptz,"
		" day_bytes = $5::bigint WHERE region_id = $1";
	const struct db_param params[] = {
		db_text(append->region),
		db_integer(append->scratch, (int64_t)append->head.last_seq),
		db_bytes(append->head.hash.bytes, SHA256_BYTES),
		db_timestamp(append->scratch, append->head.recorded_us),
		db_integer(append->scratch, append->day_bytes),
	};
	return db_run(append->db, SQL, params, ARRAY_COUNT(params), NULL);
}

/* ---- The same id twice inside the batch ---- */

static int compare_ids(const void *a, const void *b)
{
	const struct append_event *const *x = a;
	const struct append_event *const *y = b;
	int order = memcmp((*x)->id.bytes, (*y)->id.bytes, sizeof (*x)->id.bytes);
	return order != 0 ? order : (*x > *y) - (*x < *y);
}

/* For each event, the first of the batch with its id; itself when it is the first. */
static struct append_event **find_firsts(struct append *append)
{
	struct append_event **sorted = arena_array(append->scratch, struct append_event *, append->count);
	struct append_event **firsts = arena_array(append->scratch, struct append_event *, append->count);
	for (size_t i = 0; i < append->count; i++)
		sorted[i] = &append->events[i];
	qsort(sorted, append->count, sizeof *sorted, compare_ids);
	for (size_t i = 0; i < append->count; i++) {
		bool same = i > 0 && memcmp(sorted[i]->id.bytes, sorted[i - 1]->id.bytes, sizeof sorted[i]->id.bytes) == 0;
		size_t at = (size_t)(sorted[i] - append->events);
		firsts[at] = same ? firsts[sorted[i - 1] - append->events] : sorted[i];
	}
	return firsts;
}

static void settle_repeats(struct append *append, struct append_event *const *firsts)
{
	for (size_t i = 0; i < append->count; i++) {
		struct append_event *event = &append->events[i];
		const struct append_event *first = firsts[i];
		if (first == event)
			continue;
		if (first->result == APPEND_OVER_QUOTA) {
			event->result = APPEND_OVER_QUOTA;
			continue;
		}
		struct sha256 stored = first->result == APPEND_STORED ? first->digest : first->stored_digest;
		bool same = memcmp(stored.bytes, event->digest.bytes, SHA256_BYTES) == 0;
		event->result = same ? APPEND_DUPLICATE : APPEND_CONFLICT;
		event->seq = first->seq;
		event->stored_digest = stored;
	}
}

/* ---- COPY ---- */

static void copy_event(struct buf *rows, const struct append *append, const struct append_event *event, const struct sha256 *hash)
{
	db_copy_row(rows, 6);
	db_copy_field(rows, span_of(append->region, OKTMO_LEN));
	db_copy_integer(rows, (int64_t)event->seq);
	db_copy_field(rows, span_of((const char *)event->id.bytes, sizeof event->id.bytes));
	db_copy_timestamp(rows, append->now_us);
	db_copy_field(rows, span_of((const char *)hash->bytes, SHA256_BYTES));
	db_copy_field(rows, event->body);
}

/* Numbers, chains and copies the events whose result is APPEND_STORED; *ret_head is the head behind them. */
static enum status copy_fresh(struct append *append, struct append_event *const *firsts, struct append_head *ret_head)
{
	struct append_head head = append->head;
	struct buf rows;
	buf_init(&rows, COPY_BYTES_MAX);
	db_copy_header(&rows);
	for (size_t i = 0; i < append->count; i++) {
		struct append_event *event = &append->events[i];
		if (event->result != APPEND_STORED || firsts[i] != event)
			continue;
		event->seq = ++head.last_seq;
		head.recorded_us = append->now_us;
		head.hash = chain_next(&head.hash, append->region, event->seq, append->now_us, &event->digest);
		copy_event(&rows, append, event, &head.hash);
	}
	db_copy_trailer(&rows);
	ASSERT(buf_ok(&rows));
	enum status status = STATUS_OK;
	if (head.last_seq > append->head.last_seq) {
		status = db_copy_begin(append->db, "COPY effreg.event (region_id, seq, id, recorded_time, hash, body) FROM STDIN (FORMAT binary)");
		if (status == STATUS_OK)
			status = db_copy_send(append->db, buf_span(&rows));
		if (status == STATUS_OK)
			status = db_copy_end(append->db);
	}
	buf_clear(&rows);
	*ret_head = head;
	return status;
}

static void mark_stored(struct append_event *const *firsts, const struct db_rows *rows)
{
	for (size_t row = 0; row < db_rows_count(rows); row++) {
		struct append_event *event = firsts[db_get_integer(rows, row, 0) - 1];
		struct span body = span_of(db_get_text(rows, row, 2), db_get_len(rows, row, 2));
		event->seq = (uint64_t)db_get_integer(rows, row, 1);
		event->stored_digest = sha256_of(body.at, body.len);
		bool same = memcmp(event->stored_digest.bytes, event->digest.bytes, SHA256_BYTES) == 0;
		event->result = same ? APPEND_DUPLICATE : APPEND_CONFLICT;
	}
}

/* Which ids of the batch are stored already? Asked only after the unique index said that one is. */
static enum status look_up(struct append *append, struct append_event *const *firsts)
{
	static const char SQL[] =
		"SELECT asked.place, e.seq, e.body FROM pg_catalog.unnest($2::uuid[]) WITH ORDINALITY AS asked (id, place)"
		" JOIN effreg.event e ON e.region_id = $1 AND e.id = asked.id";
	const char **ids = arena_array(append->scratch, const char *, append->count);
	for (size_t i = 0; i < append->count; i++) {
		char *text = arena_alloc(append->scratch, UUID_TEXT_SIZE);
		ident_uuid_format(&append->events[i].id, text);
		ids[i] = text;
	}
	const struct db_param params[] = {db_text(append->region), db_array(append->scratch, ids, append->count)};
	struct db_rows *rows;
	enum status status = db_query(append->db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	mark_stored(firsts, rows);
	db_rows_destroy(&rows);
	return STATUS_OK;
}

/* ---- The quota of the day ---- */

static bool is_fresh(const struct append *append, struct append_event *const *firsts, size_t place)
{
	return firsts[place] == &append->events[place] && append->events[place].result == APPEND_STORED;
}

static int64_t fresh_bytes(const struct append *append, struct append_event *const *firsts)
{
	int64_t bytes = 0;
	for (size_t i = 0; i < append->count; i++)
		bytes += is_fresh(append, firsts, i) ? (int64_t)append->events[i].body.len : 0;
	return bytes;
}

static bool fits_quota(const struct append *append, struct append_event *const *firsts)
{
	return append->day_bytes_max == 0 || fresh_bytes(append, firsts) <= append->day_bytes_max - append->day_bytes;
}

/* In the order of the batch, as long as there is room; a small event may still fit where a large one did not. */
static void apply_quota(struct append *append, struct append_event *const *firsts)
{
	int64_t left = append->day_bytes_max - append->day_bytes;
	for (size_t i = 0; i < append->count; i++) {
		int64_t bytes = (int64_t)append->events[i].body.len;
		if (!is_fresh(append, firsts, i))
			continue;
		if (bytes > left)
			append->events[i].result = APPEND_OVER_QUOTA;
		else
			left -= bytes;
	}
}

/* ---- The batch ---- */

/* Fast: nothing is looked up, for duplicates are rare. CONFLICT: an id of the batch is stored already. */
static enum status store_unseen(struct append *append, struct append_event *const *firsts, struct append_head *ret_head)
{
	enum status status = db_exec(append->db, "SAVEPOINT fresh");
	if (status == STATUS_OK)
		status = copy_fresh(append, firsts, ret_head);
	if (status != STATUS_CONFLICT)
		return status;
	status = db_exec(append->db, "ROLLBACK TO SAVEPOINT fresh");
	return status == STATUS_OK ? STATUS_CONFLICT : status;
}

static enum status store_looked_up(struct append *append, struct append_event *const *firsts, struct append_head *ret_head)
{
	enum status status = look_up(append, firsts);
	if (status != STATUS_OK)
		return status;
	if (!fits_quota(append, firsts))
		apply_quota(append, firsts);
	status = copy_fresh(append, firsts, ret_head);
	return status == STATUS_CONFLICT ? STATUS_BUG : status;  /* the head is locked: nobody else can have stored the id */
}

static enum status store_events(struct append *append)
{
	struct append_event **firsts = find_firsts(append);
	struct append_head head;
	for (size_t i = 0; i < append->count; i++)
		append->events[i].result = APPEND_STORED;
	/* A batch that is over the quota as a whole may hold duplicates, which are free: only a look tells. */
	enum status status = fits_quota(append, firsts) ? store_unseen(append, firsts, &head) : STATUS_CONFLICT;
	if (status == STATUS_CONFLICT)
		status = store_looked_up(append, firsts, &head);
	if (status != STATUS_OK)
		return status;
	append->day_bytes += fresh_bytes(append, firsts);
	settle_repeats(append, firsts);
	bool grown = head.last_seq > append->head.last_seq;
	append->head = head;
	return grown ? save_head(append) : STATUS_OK;
}

/* ---- What each source has sent ---- */

static int compare_numbered(const void *a, const void *b)
{
	const struct append_event *const *x = a;
	const struct append_event *const *y = b;
	int order = strcmp((*x)->source, (*y)->source);
	return order != 0 ? order : ((*x)->sequence > (*y)->sequence) - ((*x)->sequence < (*y)->sequence);
}

/* Runs of consecutive numbers, so that a batch is one range as a rule: "{[1,501)}". */
static enum status save_sources(struct append *append)
{
	static const char SQL[] =
		"INSERT INTO effreg.source AS s (region_id, source, received)"
		" SELECT $1, source, pg_catalog.range_agg(pg_catalog.int8range(first, last, '[]'))"
		" FROM ROWS FROM (pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::bigint[]), pg_catalog.unnest($4::bigint[]))"
		" AS run (source, first, last) GROUP BY source"
		" ON CONFLICT (region_id, source) DO UPDATE SET received = s.received + EXCLUDED.received";
	struct append_event **numbered = arena_array(append->scratch, struct append_event *, append->count);
	const char **sources = arena_array(append->scratch, const char *, append->count);
	const char **firsts = arena_array(append->scratch, const char *, append->count);
	const char **lasts = arena_array(append->scratch, const char *, append->count);
	size_t count = 0, runs = 0;
	for (size_t i = 0; i < append->count; i++) {
		if (append->events[i].result == APPEND_STORED && append->events[i].sequence > 0)
			numbered[count++] = &append->events[i];
	}
	if (count == 0)
		return STATUS_OK;
	qsort(numbered, count, sizeof *numbered, compare_numbered);
	for (size_t i = 0, start = 0; i < count; i++) {
		bool last_of_run = i + 1 == count || !text_equal(numbered[i]->source, numbered[i + 1]->source) ||
		                   numbered[i + 1]->sequence > numbered[i]->sequence + 1;
		if (!last_of_run)
			continue;
		sources[runs] = numbered[i]->source;
		firsts[runs] = arena_printf(append->scratch, "%llu", (unsigned long long)numbered[start]->sequence);
		lasts[runs] = arena_printf(append->scratch, "%llu", (unsigned long long)numbered[i]->sequence);
		runs++;
		start = i + 1;
	}
	const struct db_param params[] = {
		db_text(append->region),
		db_array(append->scratch, sources, runs),
		db_array(append->scratch, firsts, runs),
		db_array(append->scratch, lasts, runs),
	};
	return db_run(append->db, SQL, params, ARRAY_COUNT(params), NULL);
}

/* ---- The whole ---- */

static enum status run_transaction(struct append *append, const struct append_hooks *hooks)
{
	enum status status = lock_head(append);
	append->day_bytes_max = hooks == NULL ? 0 : hooks->day_bytes_max;
	if (status == STATUS_OK && hooks != NULL && hooks->authorise != NULL)
		status = hooks->authorise(hooks->context, append->db);
	if (status == STATUS_OK && append->count > 0) {
		status = read_clock(append);
		if (status == STATUS_OK)
			status = store_events(append);
		if (status == STATUS_OK)
			status = save_sources(append);
	}
	if (status == STATUS_OK && hooks != NULL && hooks->before_commit != NULL)
		status = hooks->before_commit(hooks->context, append->db, append->events, append->count);
	return status;
}

enum status stream_append(struct db *db, const char region[OKTMO_TEXT_SIZE], struct append_event *events, size_t count,
                          const struct append_hooks *hooks, struct arena *scratch, struct append_head *ret_head)
{
	ASSERT(count <= STREAM_BATCH_MAX);
	struct append append = {.db = db, .region = region, .events = events, .count = count, .scratch = scratch};
	enum status status = db_begin(db);
	if (status != STATUS_OK)
		return status;
	status = run_transaction(&append, hooks);
	if (status == STATUS_OK)
		status = db_commit(db);
	else
		db_rollback(db);
	if (status == STATUS_OK)
		*ret_head = append.head;
	return status;
}

enum status stream_write(struct db *db, const struct stream *stream, const char *key, struct span body, struct arena *scratch,
                         uint64_t *ret_seq)
{
	const struct db_param params[] = {db_text(key), db_text(arena_text(scratch, body.at, body.len))};
	struct db_rows *rows;
	enum status status = db_query(db, stream->write_sql, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_seq = (uint64_t)db_get_integer(rows, 0, 0);
	db_rows_destroy(&rows);
	return STATUS_OK;
}
