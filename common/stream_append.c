/* stream_append: the writers' half of stream.h, in three messages to the server:
 *
 *   1  BEGIN, lock the head row, authorise, clock, COPY ─▶ the head: now the events can be numbered and chained
 *   2  the rows ─▶ stored                               │ duplicate id
 *   3  head, sources, COMMIT                            └─ ROLLBACK ─ 1 without COPY ─ look ids up ─ COPY the fresh ones ─ 3
 *
 * The row lock on the head is held to COMMIT, so the order of seq is the order of commit. What was committed while it waited
 * is seen by the statements after it, for each of a message's statements has a snapshot of its own. The fast path pays for no
 * lookup: duplicates are rare (a client that repeats after a lost answer), and the unique index finds them. Then the transaction
 * begins again. A savepoint would save that, but every append would pay for it: a second transaction id, and a head row that the
 * transaction locks and its subtransaction changes, which PostgreSQL keeps as a multixact that every later reader looks up.
 * COMMIT goes in a message that is sent only after everything was judged. */
#include "common/stream_append_model.h"

#include <stdio.h>
#include <stdlib.h>

#define DAY_US         INT64_C(86400000000)

#define READ_SQL(table, key) \
	"SELECT seq, body, (EXTRACT(epoch FROM recorded_time) * 1000000)::bigint FROM effreg." table \
	" WHERE " key " = $1 AND seq > $2::bigint ORDER BY seq LIMIT $3::integer"
#define READ_MANY_SQL(table, key) \
	"SELECT asked.key, r.seq, r.body, (EXTRACT(epoch FROM r.recorded_time) * 1000000)::bigint" \
	" FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::bigint[])) WITH ORDINALITY AS asked(key, seq, place)" \
	" CROSS JOIN LATERAL (SELECT seq, body, recorded_time FROM effreg." table " WHERE " key " = asked.key AND seq > asked.seq" \
	" ORDER BY seq LIMIT $3::integer) AS r ORDER BY asked.place, r.seq"
#define HEAD_SQL(table, key) "SELECT last_seq FROM effreg." table "_head WHERE " key " = $1"
#define BEHIND_SQL(table, key) \
	"SELECT h." key " FROM effreg." table "_head h LEFT JOIN effreg.cursor c" \
	" ON c.consumer = $1 AND c.stream = '" table "' AND c.key = h." key \
	" WHERE h.last_seq > COALESCE(c.seq, 0) ORDER BY h." key " LIMIT $2::integer"
#define LAG_SQL(table, key) \
	"SELECT COALESCE(pg_catalog.sum(h.last_seq - COALESCE(c.seq, 0)), 0)::bigint," \
	" COALESCE((EXTRACT(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.min(r.recorded_time)) * 1000)::bigint, 0)" \
	" FROM effreg." table "_head h LEFT JOIN effreg.cursor c ON c.consumer = $1 AND c.stream = '" table "' AND c.key = h." key \
	" LEFT JOIN effreg." table " r ON r." key " = h." key " AND r.seq = COALESCE(c.seq, 0) + 1 WHERE h.last_seq > COALESCE(c.seq, 0)"
/* The head's row is locked to the end of the transaction, so the order of seq is the order of commit. */
#define WRITE_SQL(table, key) \
	"WITH head AS (INSERT INTO effreg." table "_head AS h (" key ", last_seq) VALUES ($1, 1)" \
	" ON CONFLICT (" key ") DO UPDATE SET last_seq = h.last_seq + 1 RETURNING last_seq)" \
	" INSERT INTO effreg." table " (" key ", seq, body) SELECT $1, last_seq, $2::json FROM head RETURNING seq"

const struct stream STREAM_EVENT = {
	.name = "event",
	.head_sql = HEAD_SQL("event", "region_id"),
	.read_sql = READ_SQL("event", "region_id"),
	.read_many_sql = READ_MANY_SQL("event", "region_id"),
	.behind_sql = BEHIND_SQL("event", "region_id"),
	.lag_sql = LAG_SQL("event", "region_id"),
};

const struct stream STREAM_METRIC = {
	.name = "metric",
	.head_sql = HEAD_SQL("metric", "region_id"),
	.read_sql = READ_SQL("metric", "region_id"),
	.read_many_sql = READ_MANY_SQL("metric", "region_id"),
	.behind_sql = BEHIND_SQL("metric", "region_id"),
	.lag_sql = LAG_SQL("metric", "region_id"),
	.write_sql = WRITE_SQL("metric", "region_id"),
};

const struct stream STREAM_RATING = {
	.name = "rating",
	.head_sql = HEAD_SQL("rating", "cohort"),
	.read_sql = READ_SQL("rating", "cohort"),
	.behind_sql = BEHIND_SQL("rating", "cohort"),
	.lag_sql = LAG_SQL("rating", "cohort"),
	.write_sql = WRITE_SQL("rating", "cohort"),
};

/* Planned once for each connection: for a small batch, planning would cost more than running. */
#define LOCK_SQL \
	"SELECT last_seq, hash, (EXTRACT(epoch FROM recorded_time) * 1000000)::bigint, day_bytes" \
	" FROM effreg.event_head WHERE region_id = $1 FOR UPDATE"
static const char PREPARE_SQL[] =
	"PREPARE append_lock (text) AS " LOCK_SQL ";"
	"PREPARE append_lock_free (text) AS " LOCK_SQL " SKIP LOCKED;"
	"PREPARE append_clock AS SELECT (EXTRACT(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint;"
	"PREPARE append_head (text, bigint, bytea, timestamptz, bigint) AS UPDATE effreg.event_head"
	" SET last_seq = $2, hash = $3, recorded_time = $4, day_bytes = $5 WHERE region_id = $1;"
	"PREPARE append_source (text, text, int8multirange) AS INSERT INTO effreg.source AS s (region_id, source, received)"
	" VALUES ($1, $2, $3) ON CONFLICT (region_id, source) DO UPDATE SET received = s.received + EXCLUDED.received;"
	"SET plan_cache_mode = force_generic_plan";

/* ---- The head ---- */

enum { ROWS_HEAD, ROWS_CLOCK, ROWS_RIGHTS, ROWS_COUNT };

enum status stream_append_prepare(struct db *db)
{
	return db_prepare(db, PREPARE_SQL);
}

static void write_opening(struct buf *script, const struct append *append, const struct append_hooks *hooks)
{
	buf_text(script, "SET LOCAL lock_timeout = '5s'; EXECUTE append_lock(");
	db_quote(script, append->region);
	buf_text(script, "); SET LOCAL lock_timeout = 0; EXECUTE append_clock");
	if (stream_has_authorise(hooks))
		buf_printf(script, "; %s", hooks->authorise_sql);
	if (append->count > 0 && !append->looking_up)
		buf_text(script, "; " APPEND_COPY_SQL);
	buf_append(script, "", 1);
}

static enum status read_lock(struct append *append, const struct db_rows *rows)
{
	if (db_rows_count(rows) != 1)
		return STATUS_NOT_FOUND;
	append->head.last_seq = (uint64_t)db_get_integer(rows, 0, 0);
	struct span hash = db_get_bytes(rows, 0, 1, append->scratch);
	append->head.recorded_us = db_get_integer(rows, 0, 2);
	append->day_bytes = db_get_integer(rows, 0, 3);
	if (hash.len != SHA256_BYTES)
		return STATUS_BUG;
	memcpy(append->head.hash.bytes, hash.at, SHA256_BYTES);
	return STATUS_OK;
}

static void read_clock(struct append *append, const struct db_rows *rows)
{
	int64_t now_us = db_get_integer(rows, 0, 0);
	append->now_us = now_us > append->head.recorded_us ? now_us : append->head.recorded_us;
	if (append->now_us / DAY_US != append->head.recorded_us / DAY_US)
		append->day_bytes = 0;
}

enum status stream_append_read_head(struct append *append, const struct db_rows *head, const struct db_rows *clock)
{
	enum status status = read_lock(append, head);
	if (status == STATUS_OK)
		read_clock(append, clock);
	return status;
}

/* The first message: everything up to the COPY, whose rows can be made only from what it answers. */
static enum status open_append(struct append *append, const struct append_hooks *hooks)
{
	struct db_rows *rows[ROWS_COUNT];
	size_t count = stream_has_authorise(hooks) ? ROWS_COUNT : ROWS_RIGHTS;
	struct buf script;
	buf_init(&script, APPEND_OPENING_BYTES_MAX);
	write_opening(&script, append, hooks);
	ASSERT(buf_ok(&script));
	enum status status = db_begin_script(append->db, script.at, rows, count);
	buf_clear(&script);
	if (status != STATUS_OK)
		return status;
	append->copying = append->count > 0 && !append->looking_up;
	status = stream_append_read_head(append, rows[ROWS_HEAD], rows[ROWS_CLOCK]);
	if (status == STATUS_OK && stream_has_authorise(hooks))
		status = hooks->authorise(hooks->context, rows[ROWS_RIGHTS]);
	for (size_t i = 0; i < count; i++)
		db_rows_destroy(&rows[i]);
	return status;
}

/* A region's first append makes its head, in a transaction of its own: an empty one says nothing. */
static enum status make_head(struct append *append)
{
	static const char SQL[] =
		"INSERT INTO effreg.event_head (region_id) SELECT region_id FROM effreg.region WHERE region_id = $1"
		" ON CONFLICT (region_id) DO NOTHING";
	const struct db_param params[] = {db_text(append->region)};
	return db_run(append->db, SQL, params, 1, NULL);
}

static void write_head(struct buf *script, const struct append *append)
{
	char hash[SHA256_HEX_SIZE], recorded[INSTANT_TEXT_SIZE];
	sha256_hex(&append->head.hash, hash);
	instant_format(append->head.recorded_us, recorded);
	buf_text(script, "EXECUTE append_head(");
	db_quote(script, append->region);
	buf_printf(script, ", %llu, '\\x%s', '%s', %lld); ", (unsigned long long)append->head.last_seq, hash, recorded,
	           (long long)append->day_bytes);
}

/* ---- The same id twice inside the batch ---- */

/* A UUID is random, as a rule. A sender can make them collide: STREAM_BATCH_MAX bounds what that costs. */
static size_t id_hash(const struct ident_uuid *id)
{
	uint64_t head, tail;
	memcpy(&head, id->bytes, sizeof head);
	memcpy(&tail, id->bytes + sizeof head, sizeof tail);
	uint64_t hash = (head ^ tail * 0xC2B2AE3D27D4EB4FU) * 0x9E3779B97F4A7C15U;
	return (size_t)(hash ^ hash >> 32);
}

struct append_event **stream_append_firsts(struct append *append)
{
	size_t size = 2;
	while (size < 2 * append->count)
		size *= 2;
	struct append_event **slots = arena_array(append->scratch, struct append_event *, size);  /* half of them stay free */
	struct append_event **firsts = arena_array(append->scratch, struct append_event *, append->count);
	for (size_t i = 0; i < append->count; i++) {
		struct append_event *event = &append->events[i];
		firsts[i] = event;
		if (event->result == APPEND_REFUSED)
			continue;
		size_t slot = id_hash(&event->id) & (size - 1);
		while (slots[slot] != NULL && memcmp(slots[slot]->id.bytes, event->id.bytes, sizeof event->id.bytes) != 0)
			slot = (slot + 1) & (size - 1);
		if (slots[slot] == NULL)
			slots[slot] = event;
		else
			firsts[i] = slots[slot];
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

void stream_append_rows(struct buf *rows, const struct append *append, struct append_event *const *firsts, struct append_head *ret_head)
{
	struct append_head head = append->head;
	for (size_t i = 0; i < append->count; i++) {
		struct append_event *event = &append->events[i];
		if (event->result != APPEND_STORED || firsts[i] != event)
			continue;
		event->seq = ++head.last_seq;
		head.recorded_us = append->now_us;
		head.hash = chain_next(&head.hash, append->region, event->seq, append->now_us, &event->digest);
		copy_event(rows, append, event, &head.hash);
	}
	*ret_head = head;
}

static enum status copy_fresh(struct append *append, struct append_event *const *firsts, struct append_head *ret_head)
{
	struct buf rows;
	buf_init(&rows, APPEND_COPY_BYTES_MAX);
	db_copy_header(&rows);
	stream_append_rows(&rows, append, firsts, ret_head);
	db_copy_trailer(&rows);
	ASSERT(buf_ok(&rows));
	bool any = ret_head->last_seq > append->head.last_seq;
	enum status status = STATUS_OK;
	if (any && !append->copying)
		status = db_copy_begin(append->db, APPEND_COPY_SQL);
	if (status == STATUS_OK && (any || append->copying))
		status = db_copy_send(append->db, buf_span(&rows));
	if (status == STATUS_OK && (any || append->copying))
		status = db_copy_end(append->db);
	append->copying = false;
	buf_clear(&rows);
	return status;
}

static void mark_stored(struct append_event *const *firsts, const struct db_rows *rows)
{
	for (size_t row = 0; row < db_rows_count(rows); row++) {
		struct append_event *event = firsts[db_get_integer(rows, row, 0) - 1];
		struct span body = span_of(db_get_text(rows, row, 2), db_get_len(rows, row, 2));
		event->seq = (uint64_t)db_get_integer(rows, row, 1);
		if (!db_is_null(rows, row, 2))
			event->stored_digest = sha256_of(body.at, body.len);
		else if (!sha256_parse_hex(db_get_text(rows, row, 3), &event->stored_digest))
			ASSERT(!"an archived event has its digest: a CHECK of the table");
		bool same = memcmp(event->stored_digest.bytes, event->digest.bytes, SHA256_BYTES) == 0;
		event->result = same ? APPEND_DUPLICATE : APPEND_CONFLICT;
	}
}

/* Which ids of the batch are stored already? Asked only after the unique index said that one is. */
static enum status look_up(struct append *append, struct append_event *const *firsts)
{
	static const char SQL[] =
		"SELECT asked.place, e.seq, e.body, pg_catalog.encode(e.digest, 'hex') FROM pg_catalog.unnest($2::uuid[]) WITH ORDINALITY AS asked (id, place)"
		" JOIN effreg.event e ON e.region_id = $1 AND e.id = asked.id";
	const char **ids = arena_array(append->scratch, const char *, append->count);
	for (size_t i = 0; i < append->count; i++) {
		if (append->events[i].result == APPEND_REFUSED)
			continue;  /* NULL, which is nobody's id */
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

bool stream_append_fits(const struct append *append, struct append_event *const *firsts)
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
	/* A batch that is over the quota as a whole may hold duplicates, which are free: only a look tells. */
	if (stream_append_fits(append, firsts))
		return copy_fresh(append, firsts, ret_head);
	db_copy_refuse(append->db);
	append->copying = false;
	return STATUS_CONFLICT;
}

static enum status store_looked_up(struct append *append, struct append_event *const *firsts, struct append_head *ret_head)
{
	enum status status = look_up(append, firsts);
	if (status != STATUS_OK)
		return status;
	if (!stream_append_fits(append, firsts))
		apply_quota(append, firsts);
	status = copy_fresh(append, firsts, ret_head);
	return status == STATUS_CONFLICT ? STATUS_BUG : status;  /* the head is locked: nobody else can have stored the id */
}

void stream_append_advance(struct append *append, struct append_event *const *firsts, const struct append_head *head)
{
	append->day_bytes += fresh_bytes(append, firsts);
	append->head = *head;
}

/* CONFLICT: look the ids up. */
static enum status store_events(struct append *append)
{
	struct append_event **firsts = stream_append_firsts(append);
	struct append_head head;
	enum status status = append->looking_up ? store_looked_up(append, firsts, &head) : store_unseen(append, firsts, &head);
	if (status != STATUS_OK)
		return status;
	stream_append_advance(append, firsts, &head);
	settle_repeats(append, firsts);
	return STATUS_OK;
}

/* ---- What each source has sent ---- */

static int compare_numbered(const void *a, const void *b)
{
	const struct append_event *const *x = a;
	const struct append_event *const *y = b;
	int order = (*x)->source == (*y)->source ? 0 : strcmp((*x)->source, (*y)->source);
	return order != 0 ? order : ((*x)->sequence > (*y)->sequence) - ((*x)->sequence < (*y)->sequence);
}

static size_t gather_numbered(const struct append *append, struct append_event **numbered)
{
	size_t count = 0;
	bool in_order = true;  /* as most batches are */
	for (size_t i = 0; i < append->count; i++) {
		if (append->events[i].result != APPEND_STORED || append->events[i].sequence == 0)
			continue;
		numbered[count] = &append->events[i];
		in_order = in_order && (count == 0 || compare_numbered(&numbered[count - 1], &numbered[count]) <= 0);
		count++;
	}
	if (!in_order)
		qsort(numbered, count, sizeof *numbered, compare_numbered);
	return count;
}

/* The numbers of one source, from numbered[at] on, as a multirange: runs of consecutive ones, so that a batch is one range as
 * a rule: '{[1,500]}'. Returns where the next source begins. */
static size_t write_source(struct buf *script, const struct append *append, struct append_event *const *numbered, size_t at, size_t count)
{
	const char *source = numbered[at]->source;
	buf_text(script, "EXECUTE append_source(");
	db_quote(script, append->region);
	buf_text(script, ", ");
	db_quote(script, source);
	for (const char *before = ", '{"; at < count && text_equal(numbered[at]->source, source); before = ",") {
		uint64_t first = numbered[at]->sequence, last = first;
		for (; at < count && text_equal(numbered[at]->source, source) && numbered[at]->sequence <= last + 1; at++)
			last = numbered[at]->sequence;
		buf_printf(script, "%s[%llu,%llu]", before, (unsigned long long)first, (unsigned long long)last);
	}
	buf_text(script, "}'); ");
	return at;
}

static void write_sources(struct buf *script, struct append *append)
{
	struct append_event **numbered = arena_array(append->scratch, struct append_event *, append->count);
	size_t count = gather_numbered(append, numbered);
	for (size_t at = 0; at < count;)
		at = write_source(script, append, numbered, at, count);
}

void stream_append_close(struct buf *script, struct append *append)
{
	write_head(script, append);
	write_sources(script, append);
}

/* ---- The whole ---- */

void stream_append_reset(struct append *append)
{
	for (size_t i = 0; i < append->count; i++)
		append->events[i].result = APPEND_STORED;
}

static enum status run_transaction(struct append *append, const struct append_hooks *hooks)
{
	stream_append_reset(append);
	enum status status = open_append(append, hooks);
	append->day_bytes_max = hooks == NULL ? 0 : hooks->day_bytes_max;
	if (status == STATUS_OK && append->count > 0) {
		status = store_events(append);
		append->looking_up = status == STATUS_CONFLICT;
	}
	if (status == STATUS_OK && hooks != NULL && hooks->before_commit != NULL)
		status = hooks->before_commit(hooks->context, append->db, append->events, append->count);
	if (status != STATUS_OK)
		db_rollback(append->db);
	return status;
}

/* The last message. */
static enum status commit(struct append *append, uint64_t last_seq_before)
{
	struct buf script;
	buf_init(&script, APPEND_CLOSING_BYTES_MAX);
	if (append->head.last_seq > last_seq_before)
		stream_append_close(&script, append);
	buf_append(&script, "", 1);
	ASSERT(buf_ok(&script));
	enum status status = db_commit_script(append->db, script.at);
	buf_clear(&script);
	return status;
}

static uint64_t stored_count(const struct append *append)
{
	uint64_t stored = 0;
	for (size_t i = 0; i < append->count; i++)
		stored += append->events[i].result == APPEND_STORED;
	return stored;
}

enum status stream_append(struct db *db, const char region[OKTMO_TEXT_SIZE], struct append_event *events, size_t count,
                          const struct append_hooks *hooks, struct arena *scratch, struct append_head *ret_head)
{
	ASSERT(count <= STREAM_BATCH_MAX);
	struct append append = {.db = db, .region = region, .events = events, .count = count, .scratch = scratch};
	enum status status = stream_append_prepare(db);
	if (status == STATUS_OK)
		status = run_transaction(&append, hooks);
	if (status == STATUS_NOT_FOUND && make_head(&append) == STATUS_OK)
		status = run_transaction(&append, hooks);
	if (append.looking_up)
		status = run_transaction(&append, hooks);
	if (status == STATUS_OK)
		status = commit(&append, append.head.last_seq - stored_count(&append));
	if (status == STATUS_OK)
		*ret_head = append.head;
	return status;
}

enum status stream_write_later(struct db *db, const struct stream *stream, const char *key, struct span body, struct arena *scratch,
                               struct db_rows **ret_written)
{
	const struct db_param params[] = {db_text(key), db_text(arena_text(scratch, body.at, body.len))};
	return db_query_later(db, stream->write_sql, params, ARRAY_COUNT(params), ret_written);
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
