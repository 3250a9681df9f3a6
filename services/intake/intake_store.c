#include "services/intake/intake_store.h"

#include "common/buf.h"

#define RIGHTS_SQL_BYTES_MAX 512

static const char PREPARE_SQL[] =
	"PREPARE intake_rights (text, bytea) AS SELECT COALESCE(k.region_id, t.region_id, ''), g.sources IS NULL, s.source, k.role = 'coordinator',"
	" k.role = 'bearer', k.role = 'bearer' AND t.digest IS NULL"
	" FROM effreg.client_key k"
	" LEFT JOIN effreg.token t ON k.role = 'bearer' AND t.digest = $2 AND t.revoked_time IS NULL"
	" CROSS JOIN LATERAL (SELECT CASE WHEN k.role = 'bearer' THEN t.sources ELSE k.sources END) AS g (sources)"
	" LEFT JOIN LATERAL pg_catalog.unnest(g.sources) AS s (source) ON true"
	" WHERE k.public_key = $1 AND k.revoked_time IS NULL AND k.role IN ('region', 'gateway', 'coordinator', 'bearer')";

enum status intake_store_prepare(struct db *db)
{
	return db_prepare(db, PREPARE_SQL);
}

const char *intake_store_rights_sql(const char *user, const struct sha256 *token, struct arena *arena)
{
	struct buf sql;
	char hex[SHA256_HEX_SIZE];
	buf_init(&sql, RIGHTS_SQL_BYTES_MAX);
	buf_text(&sql, "EXECUTE intake_rights(");
	db_quote(&sql, user);
	if (token != NULL)
		sha256_hex(token, hex);
	if (token == NULL)
		buf_text(&sql, ", NULL)");
	else
		buf_printf(&sql, ", '\\x%s')", hex);
	const char *text = arena_text(arena, sql.at, sql.len);
	buf_clear(&sql);
	return text;
}

enum status intake_store_read_rights(const struct db_rows *rows, struct arena *arena, struct intake_rights *ret_rights)
{
	size_t count = db_rows_count(rows);
	*ret_rights = (struct intake_rights){0};
	if (count == 0)
		return STATUS_FORBIDDEN;
	memcpy(ret_rights->region, db_get_text(rows, 0, 0), db_get_len(rows, 0, 0) == OKTMO_LEN ? OKTMO_LEN : 0);
	ret_rights->is_coordinator = db_get_bool(rows, 0, 3);
	ret_rights->is_bearers = db_get_bool(rows, 0, 4);
	ret_rights->lacks_token = db_get_bool(rows, 0, 5);
	if (ret_rights->lacks_token)
		return STATUS_FORBIDDEN;
	if (db_get_bool(rows, 0, 1))
		return STATUS_OK;
	const char **sources = arena_array(arena, const char *, count);
	for (size_t i = 0; i < count; i++)
		sources[i] = arena_text(arena, db_get_text(rows, i, 2), db_get_len(rows, i, 2));
	ret_rights->sources = sources;
	ret_rights->sources_count = count;
	return STATUS_OK;
}

enum status intake_store_load_rights(struct db *db, const char *user, const struct sha256 *token, struct arena *arena, struct intake_rights *ret_rights)
{
	struct db_rows *rows;
	enum status status = db_query(db, intake_store_rights_sql(user, token, arena), NULL, 0, &rows);
	if (status != STATUS_OK)
		return status;
	status = intake_store_read_rights(rows, arena, ret_rights);
	db_rows_destroy(&rows);
	return status;
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
		" (SELECT e.hash FROM effreg.event e WHERE e.region_id = r.region_id AND e.seq = $3::bigint),"
		" COALESCE((SELECT pg_catalog.max(i.number) FROM effreg.incarnation i), 0)"
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
		ret_welcome->incarnation = (uint64_t)db_get_integer(rows, 0, 4);
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

/* Locks the region's account of its quarantine against effreg quarantine, which deletes rows, and reads what is left. */
static enum status lock_quarantine(struct db *db, const char *region, int64_t bytes_max, int64_t *ret_bytes_free)
{
	static const char SQL[] =
		"INSERT INTO effreg.quarantine_use AS u (region_id) VALUES ($1)"
		" ON CONFLICT (region_id) DO UPDATE SET body_bytes = u.body_bytes RETURNING body_bytes";
	const struct db_param params[] = {db_text(region)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_bytes_free = bytes_max - db_get_integer(rows, 0, 0);
	db_rows_destroy(&rows);
	return STATUS_OK;
}

/* A bytea in its text form, for an array. */
static const char *bytea_text(struct arena *arena, const void *at, size_t len)
{
	char *text = arena_alloc(arena, 2 * len + 3);
	memcpy(text, "\\x", 2);
	hex_format(at, len, text + 2);
	return text;
}

/* The columns of effreg.quarantine that come from a refusal, each as an array for unnest. */
enum refusal_column { DIGEST, CODE, POINTER, BYTE_OFFSET, DETAIL, EVENT_ID, STORED_DIGEST, BODY, REFUSAL_COLUMNS };

static void gather_refusals(const struct intake_refusal *const *refusals, size_t count, struct arena *arena, struct db_param params[REFUSAL_COLUMNS])
{
	const char **columns[REFUSAL_COLUMNS];
	for (size_t column = 0; column < REFUSAL_COLUMNS; column++)
		columns[column] = arena_array(arena, const char *, count);
	for (size_t i = 0; i < count; i++) {
		const struct intake_refusal *refusal = refusals[i];
		columns[DIGEST][i] = bytea_text(arena, refusal->digest.bytes, SHA256_BYTES);
		columns[CODE][i] = refusal->fault.code;
		columns[POINTER][i] = refusal->fault.pointer;
		columns[BYTE_OFFSET][i] = arena_printf(arena, "%ld", refusal->fault.offset);
		columns[DETAIL][i] = refusal->fault.text;
		columns[EVENT_ID][i] = refusal->event_id[0] == '\0' ? NULL : refusal->event_id;
		columns[STORED_DIGEST][i] = refusal->has_stored_digest ? bytea_text(arena, refusal->stored_digest.bytes, SHA256_BYTES) : NULL;
		columns[BODY][i] = bytea_text(arena, refusal->body.at, refusal->body.len);
	}
	for (size_t column = 0; column < REFUSAL_COLUMNS; column++)
		params[column] = db_array(arena, columns[column], count);
}

/* The same bytes may stand twice in a batch: one row, counted twice. `upto` is what this row and the new ones before it take. */
static const char SAVE_REFUSALS_SQL[] =
	"WITH refused AS ("
	" SELECT DISTINCT ON (r.digest) r.*, pg_catalog.count(*) OVER (PARTITION BY r.digest) AS times, q.digest IS NOT NULL AS known"
	" FROM ROWS FROM (pg_catalog.unnest($3::bytea[]), pg_catalog.unnest($4::text[]), pg_catalog.unnest($5::text[]),"
	"  pg_catalog.unnest($6::bigint[]), pg_catalog.unnest($7::text[]), pg_catalog.unnest($8::text[]), pg_catalog.unnest($9::bytea[]),"
	"  pg_catalog.unnest($10::bytea[])) WITH ORDINALITY"
	"  AS r (digest, code, pointer, byte_offset, detail, event_id, stored_digest, body, place)"
	" LEFT JOIN effreg.quarantine q ON q.region_id = $1 AND q.digest = r.digest"
	" ORDER BY r.digest, r.place DESC),"
	" sized AS ("
	" SELECT *, CASE WHEN known THEN 0 ELSE pg_catalog.octet_length(body) END AS fresh_bytes,"
	"  pg_catalog.sum(CASE WHEN known THEN 0 ELSE pg_catalog.octet_length(body) END) OVER (ORDER BY place) AS upto FROM refused),"
	" judged AS (SELECT *, known OR upto <= $2::bigint AS kept FROM sized),"
	" saved AS ("
	" INSERT INTO effreg.quarantine AS q (region_id, digest, code, pointer, byte_offset, detail, event_id, stored_digest, body, count)"
	" SELECT $1, digest, code, pointer, byte_offset, detail, event_id, stored_digest, body, times FROM judged WHERE kept ORDER BY digest"
	" ON CONFLICT (region_id, digest) DO UPDATE SET count = q.count + EXCLUDED.count, last_time = pg_catalog.clock_timestamp(),"
	"  code = EXCLUDED.code, pointer = EXCLUDED.pointer, byte_offset = EXCLUDED.byte_offset, detail = EXCLUDED.detail,"
	"  stored_digest = EXCLUDED.stored_digest),"
	" used AS ("
	" UPDATE effreg.quarantine_use u SET body_bytes = u.body_bytes + j.bytes, lost_count = u.lost_count + j.lost,"
	"  lost_time = CASE WHEN j.lost > 0 THEN pg_catalog.clock_timestamp() ELSE u.lost_time END"
	" FROM (SELECT COALESCE(pg_catalog.sum(fresh_bytes) FILTER (WHERE kept), 0) AS bytes,"
	"  COALESCE(pg_catalog.sum(times) FILTER (WHERE NOT kept), 0) AS lost FROM judged) j WHERE u.region_id = $1)"
	" SELECT COALESCE(pg_catalog.sum(times) FILTER (WHERE NOT kept), 0) FROM judged";

enum status intake_store_save_refusals(struct db *db, const char *region, const struct intake_refusal *const *refusals, size_t count,
                                       int64_t bytes_max, struct arena *arena, size_t *ret_lost)
{
	int64_t bytes_free;
	struct db_rows *rows;
	struct db_param params[2 + REFUSAL_COLUMNS] = {db_text(region)};
	*ret_lost = 0;
	if (count == 0)
		return STATUS_OK;
	enum status status = lock_quarantine(db, region, bytes_max, &bytes_free);
	if (status != STATUS_OK)
		return status;
	params[1] = db_integer(arena, bytes_free);
	gather_refusals(refusals, count, arena, &params[2]);
	status = db_query(db, SAVE_REFUSALS_SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_lost = (size_t)db_get_integer(rows, 0, 0);
	db_rows_destroy(&rows);
	return STATUS_OK;
}
