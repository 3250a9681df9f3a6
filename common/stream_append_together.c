/* stream_append_together: as stream_append, for several regions, in three messages too:
 *
 *   1  BEGIN, lock the heads that are free, authorise each, clock, COPY ─▶ the heads: who goes together is known
 *   2  the rows of those ─▶ stored                                       │ duplicate id: ROLLBACK, each alone
 *   3  heads, sources, COMMIT
 *
 * SKIP LOCKED: who holds the lock of one region (an intake that has stopped, say) holds up that region alone. */
#include "common/stream_append_model.h"

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
	buf_text(script, "SET LOCAL lock_timeout = '5s'; ");  /* of a table: somebody migrates it */
	for (size_t i = 0; i < together->count; i++) {
		const struct append_part *part = &together->parts[i];
		buf_text(script, "EXECUTE append_lock_free(");
		db_quote(script, part->region);
		buf_text(script, "); ");
		if (stream_has_authorise(part->hooks))
			buf_printf(script, "%s; ", part->hooks->authorise_sql);
	}
	buf_text(script, "EXECUTE append_clock; " APPEND_COPY_SQL);
	buf_append(script, "", 1);
}

static bool is_plain(struct append *append)
{
	append->firsts = stream_append_firsts(append);
	for (size_t i = 0; i < append->count; i++) {
		if (append->events[i].result != APPEND_STORED || append->firsts[i] != &append->events[i])
			return false;
	}
	return stream_append_fits(append, append->firsts);
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

/* CONFLICT: an id is stored already. */
static enum status copy_rows(struct together *together)
{
	struct buf rows;
	buf_init(&rows, APPEND_COPY_BYTES_MAX);
	db_copy_header(&rows);
	for (size_t i = 0; i < together->count; i++) {
		struct append *append = &together->appends[i];
		struct append_head head;
		if (together->parts[i].alone)
			continue;
		stream_append_rows(&rows, append, append->firsts, &head);
		stream_append_advance(append, append->firsts, &head);
	}
	db_copy_trailer(&rows);
	ASSERT(buf_ok(&rows));
	enum status status = db_copy_send(together->db, buf_span(&rows));
	if (status == STATUS_OK)
		status = db_copy_end(together->db);
	buf_clear(&rows);
	return status;
}

static enum status commit(struct together *together)
{
	struct buf script;
	buf_init(&script, APPEND_CLOSING_BYTES_MAX);
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
		status = copy_rows(together);
	if (status == STATUS_OK && any)
		return commit(together);
	db_rollback(together->db);
	return status;
}

enum status stream_append_together(struct db *db, struct append_part *parts, size_t count, struct arena *scratch)
{
	size_t events = 0;
	ASSERT(count >= 1 && count <= STREAM_TOGETHER_MAX);
	struct together together = {
		.db = db, .parts = parts, .appends = arena_array(scratch, struct append, count), .count = count, .scratch = scratch};
	for (size_t i = 0; i < count; i++) {
		together.appends[i] = (struct append){
			.db = db, .region = parts[i].region, .events = parts[i].events, .count = parts[i].count, .scratch = scratch,
			.day_bytes_max = parts[i].hooks == NULL ? 0 : parts[i].hooks->day_bytes_max};
		stream_append_reset(&together.appends[i]);
		events += parts[i].count;
	}
	ASSERT(events <= STREAM_BATCH_MAX);
	enum status status = stream_append_prepare(db);
	if (status == STATUS_OK)
		status = run(&together);
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		parts[i].head = together.appends[i].head;
	return status;
}
