#include "services/cli/cli_keys_store.h"

/* Sources as key_sources_join writes them; none at all is not the same as any. */
#define KEY_COLUMNS \
	"public_key, role, region_id, CASE WHEN sources IS NOT NULL THEN COALESCE((SELECT" \
	" pg_catalog.string_agg(DISTINCT source, ',' ORDER BY source)" \
	" FROM pg_catalog.unnest(sources) AS listed(name)," \
	" LATERAL (SELECT listed.name COLLATE \"C\") AS ordered(source)), '') END, note," \
	" (EXTRACT(epoch FROM created_time) * 1000000)::bigint, (EXTRACT(epoch FROM revoked_time) * 1000000)::bigint"

static struct stored_key take_key(struct arena *arena, const struct db_rows *rows, size_t row)
{
	return (struct stored_key){
		.public_key = db_copy_text(arena, rows, row, 0),
		.rights = {.role = db_copy_text(arena, rows, row, 1),
		           .region = db_copy_text(arena, rows, row, 2),
		           .sources = db_copy_text(arena, rows, row, 3)},
		.note = db_copy_text(arena, rows, row, 4),
		.created_us = db_get_integer(rows, row, 5),
		.revoked = !db_is_null(rows, row, 6),
		.revoked_us = db_get_integer(rows, row, 6),
	};
}

enum status cli_keys_store_find_region(struct db *db, struct arena *arena, const char *code, const char **ret_region)
{
	static const char SQL[] = "SELECT region_id FROM effreg.region WHERE region_id = $1 OR iso = pg_catalog.upper($1)";
	const struct db_param params[] = {db_text(code)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	if (db_rows_count(rows) == 0)
		status = STATUS_NOT_FOUND;
	else
		*ret_region = db_copy_text(arena, rows, 0, 0);
	db_rows_destroy(&rows);
	return status;
}

enum status cli_keys_store_find(struct db *db, struct arena *arena, const char *public_key, struct stored_key *ret_key)
{
	static const char SQL[] = "SELECT " KEY_COLUMNS " FROM effreg.client_key WHERE public_key = $1 FOR UPDATE";
	const struct db_param params[] = {db_text(public_key)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	if (db_rows_count(rows) == 0)
		status = STATUS_NOT_FOUND;
	else
		*ret_key = take_key(arena, rows, 0);
	db_rows_destroy(&rows);
	return status;
}

enum status cli_keys_store_insert(struct db *db, const char *public_key, const struct key_rights *rights,
                                  const char *note, bool *ret_inserted)
{
	static const char SQL[] =
		"INSERT INTO effreg.client_key (public_key, role, region_id, sources, note)"
		" VALUES ($1, $2, $3, pg_catalog.string_to_array($4, ','), $5) ON CONFLICT (public_key) DO NOTHING";
	const struct db_param params[] = {db_text(public_key), db_text(rights->role), db_text(rights->region),
	                                  db_text(rights->sources), db_text(note)};
	int64_t affected = 0;
	enum status status = db_run(db, SQL, params, ARRAY_COUNT(params), &affected);
	*ret_inserted = affected == 1;
	return status;
}

enum status cli_keys_store_revoke(struct db *db, const char *public_key)
{
	static const char SQL[] =
		"UPDATE effreg.client_key SET revoked_time = pg_catalog.clock_timestamp()"
		" WHERE public_key = $1 AND revoked_time IS NULL";
	const struct db_param params[] = {db_text(public_key)};
	return db_run(db, SQL, params, ARRAY_COUNT(params), NULL);
}

enum status cli_keys_store_audit(struct db *db, struct arena *arena, const char *act, const char *public_key,
                                 struct span detail)
{
	static const char SQL[] = "INSERT INTO effreg.audit (act, subject, detail) VALUES ($1, $2, $3)";
	const struct db_param params[] = {db_text(act), db_text(public_key),
	                                  db_text(arena_text(arena, detail.at, detail.len))};
	return db_run(db, SQL, params, ARRAY_COUNT(params), NULL);
}

enum status cli_keys_store_load(struct db *db, struct arena *arena, const char *region, struct stored_key **ret_keys,
                                size_t *ret_count)
{
	static const char SQL[] =
		"SELECT " KEY_COLUMNS " FROM effreg.client_key WHERE $1::text IS NULL OR region_id = $1"
		" ORDER BY created_time, public_key";
	const struct db_param params[] = {db_text(region)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	size_t count = db_rows_count(rows);
	struct stored_key *keys = arena_array(arena, struct stored_key, count);
	for (size_t row = 0; row < count; row++)
		keys[row] = take_key(arena, rows, row);
	*ret_keys = keys;
	*ret_count = count;
	db_rows_destroy(&rows);
	return STATUS_OK;
}
