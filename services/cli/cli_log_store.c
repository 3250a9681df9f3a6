#include "services/cli/cli_log_store.h"

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
	return (struct stored_entry){
		.entry = {.seq = (uint64_t)db_get_integer(rows, row, 0),
		          .recorded_us = db_get_integer(rows, row, 2),
		          .hash = take_hash(arena, rows, row, 3),
		          .event = span_of(arena_text(arena, db_get_text(rows, row, 4), len), len)},
		.id = arena_text(arena, db_get_text(rows, row, 1), db_get_len(rows, row, 1)),
	};
}

enum status cli_log_store_load_entries(struct db *db, struct arena *arena, const char *region, uint64_t seq, size_t limit,
                                       struct stored_entry **ret_entries, size_t *ret_count)
{
	static const char SQL[] =
		"SELECT seq, id, (EXTRACT(epoch FROM recorded_time) * 1000000)::bigint, hash, body FROM effreg.event"
		" WHERE region_id = $1 AND seq >= $2::bigint ORDER BY seq LIMIT $3::integer";
	const struct db_param params[] = {db_text(region), db_integer(arena, (int64_t)seq),
	                                  db_integer(arena, (int64_t)limit)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_count = db_rows_count(rows);
	*ret_entries = arena_array(arena, struct stored_entry, *ret_count);
	for (size_t row = 0; row < *ret_count; row++)
		(*ret_entries)[row] = take_entry(arena, rows, row);
	db_rows_destroy(&rows);
	return STATUS_OK;
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
