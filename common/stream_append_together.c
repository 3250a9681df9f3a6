/* stream_append_together: as stream_append, for several regions, in two messages:
 *
 *   1  BEGIN, lock the heads that are free, authorise each, clock ─▶ the heads: who goes together is known
 *   2  the rows of those as an INSERT, heads, sources, COMMIT ─▶ stored │ duplicate id: nothing is, each alone
 *
 * For a few rows an INSERT costs no more than a COPY, which would be a message and an answer of its own.
 * SKIP LOCKED: who holds the lock of one region (an intake that has stopped, say) holds up that region alone. */
#include "common/stream_append_model.h"

/* Rows with their quotes doubled, heads and sources; a script of db.h has a mebibyte. */
#define CLOSING_BYTES_MAX ((size_t)1000 * 1024)

struct together {
	struct db *db;
	struct append_part *parts;
	struct append *appends;        /* of each part */
	size_t count;
	struct arena *scratch;
};

/* ---- The heads ---- */

static void write_opening(struct buf *script, const struct together *together)
{
	for (size_t i = 0; i < together->count; i++) {
		const struct append_part *part = &together->parts[i];
		buf_text(script, "EXECUTE append_lock_free(");
		db_quote(script, part->region);
		buf_text(script, "); ");
		if (stream_has_authorise(part->hooks))
			buf_printf(script, "%s; ", part->hooks->authorise_sql);
	}
	buf_text(script, "EXECUTE append_clock");
	buf_append(script, "", 1);
}

static bool is_plain(struct append *append)
{
	struct append_event **firsts = stream_append_firsts(append);
	for (size_t i = 0; i < append->count; i++) {
		if (append->events[i].result != APPEND_STORED || firsts[i] != &append->events[i])
			return false;
	}
	return stream_append_fits(append, firsts);
}

/* rights may be NULL: nobody asks. */
static bool goes_together(const struct append_part *part, struct append *append, const struct db_rows *head, const struct db_rows *rights,
                          const struct db_rows *clock)
{
	if (stream_append_read_head(append, head, clock) != STATUS_OK)
		return false;
	if (rights != NULL && part->hooks->authorise(part->hooks->context, rights) != STATUS_OK)
		return false;
	return is_plain(append);
}

static size_t count_answers(const struct together *together)
{
	size_t answers = 1;  /* the clock's */
	for (size_t i = 0; i < together->count; i++)
		answers += stream_has_authorise(together->parts[i].hooks) ? 2 : 1;
	return answers;
}

/* The first message. *ret_any: somebody goes together. */
static enum status open_together(struct together *together, bool *ret_any)
{
	size_t answers = count_answers(together), at = 0;
	struct db_rows **rows = arena_array(together->scratch, struct db_rows *, answers);
	struct buf script;
	buf_init(&script, APPEND_OPENING_BYTES_MAX);
	write_opening(&script, together);
	ASSERT(buf_ok(&script));
	enum status status = db_begin_script(together->db, script.at, rows, answers);
	buf_clear(&script);
	*ret_any = false;
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < together->count; i++) {
		struct append_part *part = &together->parts[i];
		const struct db_rows *head = rows[at++];
		const struct db_rows *rights = stream_has_authorise(part->hooks) ? rows[at++] : NULL;
		part->alone = !goes_together(part, &together->appends[i], head, rights, rows[answers - 1]);
		*ret_any = *ret_any || !part->alone;
	}
	for (size_t i = 0; i < answers; i++)
		db_rows_destroy(&rows[i]);
	return STATUS_OK;
}

/* ---- The rows and the end ---- */

static void write_row(struct buf *script, const struct append *append, const struct append_event *event, const struct sha256 *hash)
{
	char id[UUID_TEXT_SIZE], recorded[INSTANT_TEXT_SIZE], hex[SHA256_HEX_SIZE];
	ident_uuid_format(&event->id, id);
	instant_format(append->now_us, recorded);
	sha256_hex(hash, hex);
	buf_text(script, "(");
	db_quote(script, append->region);
	buf_printf(script, ",%llu,'%s','%s','\\x%s',", (unsigned long long)event->seq, id, recorded, hex);
	db_quote_span(script, event->body);
	buf_text(script, "),");
}

static void write_rows(struct buf *script, const struct together *together)
{
	buf_text(script, "INSERT INTO " APPEND_COLUMNS " VALUES ");
	for (size_t i = 0; i < together->count; i++) {
		struct append *append = &together->appends[i];
		struct append_event **firsts;
		struct append_head head;
		if (together->parts[i].alone)
			continue;
		firsts = stream_append_firsts(append);
		stream_append_rows(script, append, firsts, write_row, &head);
		stream_append_advance(append, firsts, &head);
	}
	if (buf_ok(script))
		script->at[script->len - 1] = ';';  /* the last comma */
}

/* The last message. CONFLICT: an id is stored already, and nothing of this. */
static enum status commit(struct together *together)
{
	struct buf script;
	buf_init(&script, CLOSING_BYTES_MAX);
	write_rows(&script, together);
	for (size_t i = 0; i < together->count; i++) {
		if (!together->parts[i].alone)
			stream_append_close(&script, &together->appends[i]);
	}
	buf_append(&script, "", 1);
	ASSERT(buf_ok(&script));
	enum status status = db_commit_script(together->db, script.at);
	buf_clear(&script);
	return status;
}

static enum status run(struct together *together)
{
	bool any;
	enum status status = open_together(together, &any);
	if (status == STATUS_OK && any)
		return commit(together);
	db_rollback(together->db);
	return status;
}

enum status stream_append_together(struct db *db, struct append_part *parts, size_t count, struct arena *scratch)
{
	size_t events = 0, bytes = 0;
	ASSERT(count >= 1 && count <= STREAM_TOGETHER_MAX);
	struct together together = {
		.db = db, .parts = parts, .appends = arena_array(scratch, struct append, count), .count = count, .scratch = scratch};
	for (size_t i = 0; i < count; i++) {
		together.appends[i] = (struct append){
			.db = db, .region = parts[i].region, .events = parts[i].events, .count = parts[i].count, .scratch = scratch,
			.day_bytes_max = parts[i].hooks == NULL ? 0 : parts[i].hooks->day_bytes_max};
		stream_append_reset(&together.appends[i]);
		events += parts[i].count;
		for (size_t event = 0; event < parts[i].count; event++)
			bytes += parts[i].events[event].body.len;
	}
	ASSERT(events <= STREAM_TOGETHER_EVENTS_MAX && bytes <= STREAM_TOGETHER_BYTES_MAX);
	enum status status = stream_append_prepare(db);
	if (status == STATUS_OK)
		status = run(&together);
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		parts[i].head = together.appends[i].head;
	return status;
}
