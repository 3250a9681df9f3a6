#include "services/cli/cli_log_store.h"

#include "services/cli/cli_migrate_core.h"

/* A stored hash of another length is none that a chain can reach. */
static struct sha256 take_hash(struct arena *arena, const struct db_rows *rows, size_t row, int column)
{
	struct sha256 hash = {{0}};
	struct span stored = db_get_bytes(rows, row, column, arena);
	if (stored.len == SHA256_BYTES)
		memcpy(hash.bytes, stored.at, SHA256_BYTES);
	return hash;
}

enum status cli_log_store_load_heads(struct db *db, struct arena *arena, const char *region,
                                     struct ledger_head **ret_heads, size_t *ret_count)
{
	static const char SQL[] =
		"SELECT h.region_id, h.last_seq, h.hash FROM effreg.event_head h JOIN effreg.region r USING (region_id)"
		" WHERE $1::text IS NULL OR h.region_id = $1 OR r.iso = pg_catalog.upper($1)"
		" ORDER BY h.region_id COLLATE \"C\"";
	const struct db_param params[] = {db_text(region)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_count = db_rows_count(rows);
	*ret_heads = arena_array(arena, struct ledger_head, *ret_count);
	for (size_t row = 0; row < *ret_count; row++) {
		struct ledger_head *head = &(*ret_heads)[row];
		ASSERT(ident_is_oktmo(db_get_text(rows, row, 0)));  /* a CHECK of the table */
		memcpy(head->region, db_get_text(rows, row, 0), OKTMO_TEXT_SIZE);
		head->seq = (uint64_t)db_get_integer(rows, row, 1);
		head->hash = take_hash(arena, rows, row, 2);
	}
	db_rows_destroy(&rows);
	return STATUS_OK;
}

static struct stored_entry take_entry(struct arena *arena, const struct db_rows *rows, size_t row)
{
	size_t len = db_get_len(rows, row, 4);
	struct stored_entry stored = {
		.entry = {.seq = (uint64_t)db_get_integer(rows, row, 0),
		          .recorded_us = db_get_integer(rows, row, 2),
		          .hash = take_hash(arena, rows, row, 3),
		          .event = span_of(arena_text(arena, db_get_text(rows, row, 4), len), len)},
		.id = arena_text(arena, db_get_text(rows, row, 1), db_get_len(rows, row, 1)),
		.is_archived = db_is_null(rows, row, 4),
	};
	if (stored.is_archived) {
		struct sha256 *digest = arena_alloc(arena, sizeof *digest);
		*digest = take_hash(arena, rows, row, 5);
		stored.entry.digest = digest;
	}
	return stored;
}

static enum status fetch_event(struct db *db, struct archive *archive, struct arena *arena, const char *region, struct stored_entry *stored,
                               struct fault *fault)
{
	if (!stored->is_archived || archive == NULL)
		return STATUS_OK;
	stored->entry.digest = NULL;
	return archive_load(archive, db, region, stored->entry.seq, arena, &stored->entry.event, fault);
}

enum status cli_log_store_load_entries(struct db *db, struct archive *archive, struct arena *arena, const char *region, uint64_t seq, size_t limit,
                                       struct stored_entry **ret_entries, size_t *ret_count, struct fault *fault)
{
	static const char SQL[] =
		"SELECT seq, id, (EXTRACT(epoch FROM recorded_time) * 1000000)::bigint, hash, body, digest FROM effreg.event"
		" WHERE region_id = $1 AND seq >= $2::bigint ORDER BY seq LIMIT $3::integer";
	const struct db_param params[] = {db_text(region), db_integer(arena, (int64_t)seq),
	                                  db_integer(arena, (int64_t)limit)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_count = db_rows_count(rows);
	*ret_entries = arena_array(arena, struct stored_entry, *ret_count);
	for (size_t row = 0; row < *ret_count && status == STATUS_OK; row++) {
		(*ret_entries)[row] = take_entry(arena, rows, row);
		status = fetch_event(db, archive, arena, region, &(*ret_entries)[row], fault);
	}
	db_rows_destroy(&rows);
	return status;
}

/* ---- The log archive ---- */

enum status cli_log_store_may_archive(struct db *db, struct fault *fault)
{
	static const char SQL[] = "SELECT pg_catalog.has_table_privilege('effreg.event', 'UPDATE') AND pg_catalog.has_table_privilege('effreg.event_archive', 'INSERT')";
	struct db_rows *rows;
	enum status status = db_query(db, SQL, NULL, 0, &rows);
	if (status != STATUS_OK)
		return status;
	bool may = db_get_bool(rows, 0, 0);
	db_rows_destroy(&rows);
	return may ? STATUS_OK : fault_set(fault, STATUS_FORBIDDEN, "dsn", "", -1, "the log may be changed by its owner alone: connect as effreg migrate does");
}

enum status cli_log_store_plan_archive(struct db *db, struct arena *arena, const char *region, int64_t before_us, struct ledger_head *ret_after,
                                       uint64_t *ret_last, uint64_t *ret_behind)
{
	/* A consumer without a cursor has counted nothing; of a region that metrics has not begun no event may go. */
	static const char SQL[] =
		"WITH archived AS (SELECT COALESCE(pg_catalog.max(last_seq), 0) AS seq FROM effreg.event_archive WHERE region_id = $1),"
		" old AS (SELECT COALESCE((SELECT e.seq - 1 FROM effreg.event e WHERE e.region_id = $1 AND e.seq > (SELECT seq FROM archived)"
		"  AND e.recorded_time >= $2::timestamptz ORDER BY e.seq LIMIT 1), (SELECT last_seq FROM effreg.event_head WHERE region_id = $1), 0) AS seq),"
		" counted AS (SELECT COALESCE(pg_catalog.min(seq), 0) AS seq FROM effreg.cursor WHERE stream = 'event' AND key = $1)"
		" SELECT archived.seq, (SELECT hash FROM effreg.event WHERE region_id = $1 AND event.seq = archived.seq), LEAST(old.seq, counted.seq),"
		" GREATEST(old.seq - GREATEST(counted.seq, archived.seq), 0) FROM archived, old, counted";
	const struct db_param params[] = {db_text(region), db_timestamp(arena, before_us)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_after = (struct ledger_head){.seq = (uint64_t)db_get_integer(rows, 0, 0)};
	memcpy(ret_after->region, region, OKTMO_TEXT_SIZE);
	if (ret_after->seq > 0)
		ret_after->hash = take_hash(arena, rows, 0, 1);
	*ret_last = (uint64_t)db_get_integer(rows, 0, 2);
	*ret_behind = (uint64_t)db_get_integer(rows, 0, 3);
	db_rows_destroy(&rows);
	return STATUS_OK;
}

static enum status drop_bytes(struct db *db, struct arena *arena, const char *region, const struct archive_block *block)
{
	/* The database looks itself whether what it forgets is what the file has. */
	static const char SQL[] =
		"UPDATE effreg.event AS e SET body = NULL, digest = archived.digest"
		" FROM ROWS FROM (pg_catalog.generate_series($2::bigint, $3::bigint), pg_catalog.unnest($4::bytea[])) AS archived(seq, digest)"
		" WHERE e.region_id = $1 AND e.seq = archived.seq AND pg_catalog.sha256(pg_catalog.convert_to(e.body::text, 'UTF8')) = archived.digest";
	size_t count = (size_t)(block->last_seq - block->first_seq + 1);
	const char **digests = arena_array(arena, const char *, count);
	for (size_t i = 0; i < count; i++) {
		char *text = arena_alloc(arena, 2 + SHA256_HEX_SIZE);
		memcpy(text, "\\x", 2);
		sha256_hex(&block->events[i], text + 2);
		digests[i] = text;
	}
	const struct db_param params[] = {db_text(region), db_integer(arena, (int64_t)block->first_seq), db_integer(arena, (int64_t)block->last_seq),
	                                  db_array(arena, digests, count)};
	int64_t affected = 0;
	enum status status = db_run(db, SQL, params, ARRAY_COUNT(params), &affected);
	return status == STATUS_OK && affected != (int64_t)count ? STATUS_CONFLICT : status;
}

enum status cli_log_store_archive_block(struct db *db, struct arena *arena, const char *region, const char *file, const struct archive_block *block)
{
	static const char SQL[] =
		"INSERT INTO effreg.event_archive (region_id, first_seq, last_seq, file, file_offset, bytes, digest)"
		" VALUES ($1, $2::bigint, $3::bigint, $4, $5::bigint, $6::bigint, $7)";
	const struct db_param params[] = {
		db_text(region), db_integer(arena, (int64_t)block->first_seq), db_integer(arena, (int64_t)block->last_seq), db_text(file),
		db_integer(arena, (int64_t)block->offset), db_integer(arena, (int64_t)block->bytes), db_bytes(block->digest.bytes, SHA256_BYTES)};
	enum status status = db_run(db, SQL, params, ARRAY_COUNT(params), NULL);
	return status == STATUS_OK ? drop_bytes(db, arena, region, block) : status;
}

enum status cli_log_store_close_way_back(struct db *db)
{
	static const char SQL[] =
		"INSERT INTO effreg.migration (name, checksum) VALUES ('" MIGRATE_ARCHIVED "', '') ON CONFLICT (name) DO NOTHING";
	return db_run(db, SQL, NULL, 0, NULL);
}

enum status cli_log_store_open_incarnation(struct db *db, const char *name, int64_t *ret_number)
{
	/* The clock, so that it is greater than one that was lost with the newer database; and greater than any that is there. */
	static const char SQL[] =
		"INSERT INTO effreg.incarnation (number, name) SELECT GREATEST((EXTRACT(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint,"
		" COALESCE(pg_catalog.max(number), 0) + 1), $1 FROM effreg.incarnation RETURNING number";
	const struct db_param params[] = {db_text(name)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_number = db_get_integer(rows, 0, 0);
	db_rows_destroy(&rows);
	return STATUS_OK;
}
