#include "services/cli/cli_keys_token_store.h"

#define TOKEN_COLUMNS \
	"pg_catalog.encode(digest, 'hex'), region_id, pg_catalog.array_to_string(sources, ','), note," \
	" (EXTRACT(epoch FROM created_time) * 1000000)::bigint, (EXTRACT(epoch FROM revoked_time) * 1000000)::bigint"

static struct stored_token take_token(struct arena *arena, const struct db_rows *rows, size_t row)
{
	return (struct stored_token){
		.digest = db_copy_text(arena, rows, row, 0),
		.region = db_copy_text(arena, rows, row, 1),
		.sources = db_copy_text(arena, rows, row, 2),
		.note = db_copy_text(arena, rows, row, 3),
		.created_us = db_get_integer(rows, row, 4),
		.revoked = !db_is_null(rows, row, 5),
		.revoked_us = db_get_integer(rows, row, 5),
	};
}

enum status cli_keys_token_store_insert(struct db *db, const struct sha256 *digest, const char *region, const char *sources,
                                        const char *note)
{
	static const char SQL[] =
		"INSERT INTO effreg.token (digest, region_id, sources, note) VALUES ($1, $2, pg_catalog.string_to_array($3, ','), $4)";
	const struct db_param params[] = {db_bytes(digest->bytes, SHA256_BYTES), db_text(region), db_text(sources), db_text(note)};
	return db_run(db, SQL, params, ARRAY_COUNT(params), NULL);
}

enum status cli_keys_token_store_find(struct db *db, struct arena *arena, const char *digest_prefix, struct stored_token *ret_token)
{
	static const char SQL[] =
		"SELECT " TOKEN_COLUMNS " FROM effreg.token WHERE pg_catalog.starts_with(pg_catalog.encode(digest, 'hex'), $1) FOR UPDATE";
	const struct db_param params[] = {db_text(digest_prefix)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	size_t count = db_rows_count(rows);
	if (count == 1)
		*ret_token = take_token(arena, rows, 0);
	else
		status = count == 0 ? STATUS_NOT_FOUND : STATUS_CONFLICT;
	db_rows_destroy(&rows);
	return status;
}

enum status cli_keys_token_store_revoke(struct db *db, const char *digest)
{
	static const char SQL[] =
		"UPDATE effreg.token SET revoked_time = pg_catalog.clock_timestamp()"
		" WHERE digest = pg_catalog.decode($1, 'hex') AND revoked_time IS NULL";
	const struct db_param params[] = {db_text(digest)};
	return db_run(db, SQL, params, ARRAY_COUNT(params), NULL);
}

enum status cli_keys_token_store_load(struct db *db, struct arena *arena, const char *region, struct stored_token **ret_tokens,
                                      size_t *ret_count)
{
	static const char SQL[] =
		"SELECT " TOKEN_COLUMNS " FROM effreg.token WHERE $1::text IS NULL OR region_id = $1 ORDER BY created_time, digest";
	const struct db_param params[] = {db_text(region)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	size_t count = db_rows_count(rows);
	struct stored_token *tokens = arena_array(arena, struct stored_token, count);
	for (size_t row = 0; row < count; row++)
		tokens[row] = take_token(arena, rows, row);
	*ret_tokens = tokens;
	*ret_count = count;
	db_rows_destroy(&rows);
	return STATUS_OK;
}
