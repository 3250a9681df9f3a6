#include "services/cli/cli_doctor_store.h"

#include "common/ambient.h"

/* What the server is set to, not what our own session made of it. */
enum status doctor_store_load_server(struct db *db, struct arena *arena, struct doctor_server *ret_server)
{
	static const char SQL[] =
		"SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.current_setting('server_encoding'), pg_catalog.current_setting('fsync'),"
		" pg_catalog.current_setting('full_page_writes'),"
		" (SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'synchronous_commit'), pg_catalog.current_setting('data_checksums'),"
		" pg_catalog.current_setting('max_connections'),"
		" (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend'),"
		" pg_catalog.pg_is_in_recovery() OR pg_catalog.current_setting('transaction_read_only') = 'on',"
		" (EXTRACT(epoch FROM pg_catalog.clock_timestamp()) * 1000)::bigint";
	struct db_rows *rows;
	int64_t before_us = ambient_now_us();
	enum status status = db_query(db, SQL, NULL, 0, &rows);
	int64_t between_ms = (before_us + ambient_now_us()) / 2 / 1000;
	if (status != STATUS_OK)
		return status;
	*ret_server = (struct doctor_server){
		.version = db_get_integer(rows, 0, 0),
		.encoding = db_copy_text(arena, rows, 0, 1),
		.fsync = db_copy_text(arena, rows, 0, 2),
		.full_page_writes = db_copy_text(arena, rows, 0, 3),
		.synchronous_commit = db_copy_text(arena, rows, 0, 4),
		.data_checksums = db_copy_text(arena, rows, 0, 5),
		.connections_max = db_get_integer(rows, 0, 6),
		.connections_used = db_get_integer(rows, 0, 7),
		.read_only = db_get_bool(rows, 0, 8),
		.ahead_ms = between_ms - db_get_integer(rows, 0, 9),
	};
	db_rows_destroy(&rows);
	return STATUS_OK;
}

enum status doctor_store_find_key(struct db *db, struct arena *arena, const char *public_key, const char **ret_role, bool *ret_revoked)
{
	static const char SQL[] = "SELECT role, revoked_time IS NOT NULL FROM effreg.client_key WHERE public_key = $1";
	const struct db_param params[] = {db_text(public_key)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, 1, &rows);
	if (status != STATUS_OK)
		return status;
	bool there = db_rows_count(rows) == 1;
	*ret_role = there ? db_copy_text(arena, rows, 0, 0) : NULL;
	*ret_revoked = there && db_get_bool(rows, 0, 1);
	db_rows_destroy(&rows);
	return STATUS_OK;
}
