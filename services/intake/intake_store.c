#include "services/intake/intake_store.h"

enum status intake_store_load_rights(struct db *db, const char *user, struct arena *arena, struct intake_rights *ret_rights)
{
	static const char SQL[] =
		"SELECT COALESCE(k.region_id, ''), k.sources IS NULL, s.source"
		" FROM effreg.client_key k LEFT JOIN LATERAL pg_catalog.unnest(k.sources) AS s (source) ON true"
		" WHERE k.public_key = $1 AND k.revoked_time IS NULL AND k.role IN ('region', 'gateway')";
	const struct db_param params[] = {db_text(user)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	size_t count = db_rows_count(rows);
	*ret_rights = (struct intake_rights){0};
	if (count > 0) {
		memcpy(ret_rights->region, db_get_text(rows, 0, 0), db_get_len(rows, 0, 0) == OKTMO_LEN ? OKTMO_LEN : 0);
		if (!db_get_bool(rows, 0, 1)) {
			const char **sources = arena_array(arena, const char *, count);
			for (size_t i = 0; i < count; i++)
				sources[i] = arena_text(arena, db_get_text(rows, i, 2), db_get_len(rows, i, 2));
			ret_rights->sources = sources;
			ret_rights->sources_count = count;
		}
	}
	db_rows_destroy(&rows);
	return count > 0 ? STATUS_OK : STATUS_FORBIDDEN;
}

static enum push_witness judge_witness(const struct db_rows *rows, const struct push_message *hello, struct arena *arena)
{
	if (!hello->has_witness || db_is_null(rows, 0, 3))
		return PUSH_WITNESS_UNKNOWN;
	struct span stored = db_get_bytes(rows, 0, 3, arena);
	return span_equal(stored, span_of((const char *)hello->head.bytes, SHA256_BYTES)) ? PUSH_WITNESS_OK : PUSH_WITNESS_MISMATCH;
}

enum status intake_store_load_welcome(struct db *db, const char *region, const struct push_message *hello, struct arena *arena,
                                      struct intake_welcome *ret_welcome)
{
	/* Without a hole: the range of the received numbers that begins at 1. */
	static const char SQL[] =
		"SELECT COALESCE(h.last_seq, 0), h.hash,"
		" COALESCE((SELECT pg_catalog.upper(part) - 1 FROM effreg.source s, pg_catalog.unnest(s.received) AS part"
		"           WHERE s.region_id = r.region_id AND s.source = $2 AND pg_catalog.lower(part) = 1), 0),"
		" (SELECT e.hash FROM effreg.event e WHERE e.region_id = r.region_id AND e.seq = $3::bigint)"
		" FROM effreg.region r LEFT JOIN effreg.event_head h USING (region_id) WHERE r.region_id = $1";
	const struct db_param params[] = {
		db_text(region), db_text(hello->source), db_integer(arena, hello->has_witness ? (int64_t)hello->last_seq : 0)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_welcome = (struct intake_welcome){0};
	if (db_rows_count(rows) == 1) {
		ret_welcome->last_seq = (uint64_t)db_get_integer(rows, 0, 0);
		ret_welcome->source_sequence = (uint64_t)db_get_integer(rows, 0, 2);
		ret_welcome->witness = judge_witness(rows, hello, arena);
		struct span head = db_get_bytes(rows, 0, 1, arena);
		if (head.len == SHA256_BYTES)
			memcpy(ret_welcome->head.bytes, head.at, SHA256_BYTES);
	} else {
		status = STATUS_NOT_FOUND;
	}
	db_rows_destroy(&rows);
	return status;
}

static enum status save_refusal(struct db *db, const char *region, const struct intake_refusal *refusal, struct arena *arena)
{
	static const char SQL[] =
		"INSERT INTO effreg.quarantine AS q (region_id, digest, code, pointer, byte_offset, detail, event_id, stored_digest, body)"
		" VALUES ($1, $2::bytea, $3, $4, $5::bigint, $6, $7, $8::bytea, $9::bytea)"
		" ON CONFLICT (region_id, digest) DO UPDATE SET count = q.count + 1, last_time = pg_catalog.clock_timestamp(),"
		" code = EXCLUDED.code, pointer = EXCLUDED.pointer, byte_offset = EXCLUDED.byte_offset, detail = EXCLUDED.detail,"
		" stored_digest = EXCLUDED.stored_digest";
	const struct db_param nothing = db_text(NULL);
	const struct db_param params[] = {
		db_text(region),
		db_bytes(refusal->digest.bytes, SHA256_BYTES),
		db_text(refusal->fault.code),
		db_text(refusal->fault.pointer),
		db_integer(arena, refusal->fault.offset),
		db_text(refusal->fault.text),
		refusal->event_id[0] != '\0' ? db_text(refusal->event_id) : nothing,
		refusal->has_stored_digest ? db_bytes(refusal->stored_digest.bytes, SHA256_BYTES) : nothing,
		db_bytes(refusal->body.at, refusal->body.len),
	};
	return db_run(db, SQL, params, ARRAY_COUNT(params), NULL);
}

enum status intake_store_save_refusals(struct db *db, const char *region, const struct intake_refusal *refusals, size_t count,
                                       struct arena *arena)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = save_refusal(db, region, &refusals[i], arena);
	return status;
}
