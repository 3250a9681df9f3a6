#include "services/cli/cli_migrate_store.h"

#include <stdio.h>

enum status migrate_store_lock(struct db *db)
{
	return db_exec(db, "SELECT pg_catalog.pg_advisory_lock(7233100)");
}

enum status migrate_store_lock_transaction(struct db *db)
{
	return db_exec(db, "SELECT pg_catalog.pg_advisory_xact_lock(7233100)");
}

static enum status find_table(struct db *db, bool *ret_there)
{
	struct db_rows *rows;
	enum status status = db_query(db, "SELECT pg_catalog.to_regclass('effreg.migration') IS NOT NULL", NULL, 0, &rows);
	if (status != STATUS_OK)
		return status;
	*ret_there = db_get_bool(rows, 0, 0);
	db_rows_destroy(&rows);
	return STATUS_OK;
}

enum status migrate_store_prepare(struct db *db)
{
	static const char SQL[] =
		"CREATE SCHEMA IF NOT EXISTS effreg;"
		"CREATE TABLE effreg.migration ("
		" name text PRIMARY KEY, checksum text NOT NULL, applied_time timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp());"
		"COMMENT ON TABLE effreg.migration IS 'Migrations applied to this database';"
		"COMMENT ON COLUMN effreg.migration.name IS 'File name';"
		"COMMENT ON COLUMN effreg.migration.checksum IS 'SHA-256 of the file as it was applied';"
		"COMMENT ON COLUMN effreg.migration.applied_time IS 'When';";
	bool there;
	enum status status = find_table(db, &there);
	return status != STATUS_OK || there ? status : db_exec(db, SQL);
}

enum status migrate_store_load(struct db *db, struct arena *arena, struct migration **ret_applied, size_t *ret_count)
{
	static const char SQL[] =
		"SELECT name, checksum, pg_catalog.to_char(applied_time AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
		" FROM effreg.migration WHERE name <> '" MIGRATE_ARCHIVED "' ORDER BY name COLLATE \"C\"";
	bool there;
	struct db_rows *rows;
	*ret_count = 0;
	*ret_applied = NULL;
	enum status status = find_table(db, &there);
	if (status != STATUS_OK || !there)
		return status;
	status = db_query(db, SQL, NULL, 0, &rows);
	if (status != STATUS_OK)
		return status;
	size_t count = db_rows_count(rows);
	if (count > MIGRATIONS_MAX) {
		db_rows_destroy(&rows);
		return STATUS_CONFLICT;
	}
	*ret_applied = arena_array(arena, struct migration, count);
	for (size_t i = 0; i < count; i++) {
		(*ret_applied)[i] = (struct migration){.name = db_copy_text(arena, rows, i, 0), .applied_time = db_copy_text(arena, rows, i, 2)};
		snprintf((*ret_applied)[i].checksum, SHA256_HEX_SIZE, "%s", db_get_text(rows, i, 1));
	}
	*ret_count = count;
	db_rows_destroy(&rows);
	return STATUS_OK;
}

enum status migrate_store_apply(struct db *db, const struct embedded_file *file, const struct migration *migration)
{
	const struct db_param params[] = {db_text(migration->name), db_text(migration->checksum)};
	enum status status = db_exec(db, (const char *)file->bytes);
	if (status == STATUS_OK)
		status = db_run(db, "INSERT INTO effreg.migration (name, checksum) VALUES ($1, $2)", params, 2, NULL);
	return status;
}

enum status migrate_store_limit_waiting(struct db *db)
{
	return db_exec(db, "SET LOCAL lock_timeout = '5s'");
}

enum status migrate_store_has_citus(struct db *db, bool *ret_there)
{
	struct db_rows *rows;
	enum status status = db_query(db, "SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus')", NULL, 0, &rows);
	if (status != STATUS_OK)
		return status;
	*ret_there = db_get_bool(rows, 0, 0);
	db_rows_destroy(&rows);
	return STATUS_OK;
}
