/* The migrated database against what is promised of it: every table and column says what it is, every role may do what
 * is stated here and nothing else. A migration that adds a table adds its line. */
#include "common/db.h"

#include "common/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

/* table: role rights, …  S select, I insert, U update, D delete, T truncate, R references, G trigger; a small letter:
 * on some columns only. */
static const char *const RIGHTS[] = {
	"attempt: metrics SIUD, notify SIUD, ops S, ranking SIUD",
	"audit: ops Si",
	"client_key: intake S, metrics S, notify S, ops SIU, ranking S",
	"correction: metrics SIUD, ops S",
	"correction_rebuild: metrics SIUD, ops S",
	"cursor: metrics SIUD, notify SIUD, ops S, ranking SIUD",
	"entity: metrics SIUD, notify S, ops S, ranking S",
	"entity_rebuild: metrics SIUD, ops S",
	"event: intake SI, metrics S, ops S, ranking S",
	"event_archive: metrics S, ops S",
	"event_head: intake SIU, metrics S, notify S, ops S, ranking S",
	"event_trace: notify S, ops S",
	"figure: metrics S, ops S, ranking S",
	"figures: metrics SIUD, ops S, ranking S",
	"incarnation: intake S, ops Si",
	"indicator: metrics SIUD, ops S, ranking S",
	"indicator_definitions: metrics SIUD, ops S",
	"indicator_value: metrics SIUD, ops S, ranking S",
	"metric: metrics SI, ops S, ranking S",
	"metric_head: metrics SIU, ops S, ranking S",
	"migration: ops S",
	"notice: notify SIu, ops S",
	"quarantine: intake SIU, ops SD",
	"quarantine_use: intake SIU, ops SU",
	"rating: notify S, ops S, ranking SI",
	"rating_due: ops S, ranking SIUD",
	"rating_head: notify S, ops S, ranking SIU",
	"rating_live: ops S, ranking SIU",
	"rating_row: notify S, ops S, ranking SI",
	"rating_run: notify S, ops S, ranking SI",
	"region: intake S, metrics S, notify S, ops S, ranking S",
	"region_horizon: metrics SIUD, ops S, ranking S",
	"region_horizon_rebuild: metrics SIUD, ops S",
	"source: intake SIU, ops S",
	"token: intake S, ops Siu",
};

static const char RIGHTS_SQL[] =
	"WITH rights AS ("
	"  SELECT c.relname AS name, pg_catalog.substr(r.rolname, 8) AS role, pg_catalog.string_agg(CASE"
	"    WHEN pg_catalog.has_table_privilege(r.oid, c.oid, p.name) THEN p.letter"
	"    WHEN p.by_column AND pg_catalog.has_any_column_privilege(r.oid, c.oid, p.name) THEN pg_catalog.lower(p.letter)"
	"    ELSE '' END, '' ORDER BY p.place) AS letters"
	"  FROM pg_catalog.pg_class c"
	"  CROSS JOIN (SELECT oid, rolname FROM pg_catalog.pg_roles WHERE rolname LIKE 'effreg\\_%') r"
	"  CROSS JOIN (VALUES (1, 'SELECT', 'S', true), (2, 'INSERT', 'I', true), (3, 'UPDATE', 'U', true), (4, 'DELETE', 'D', false),"
	"    (5, 'TRUNCATE', 'T', false), (6, 'REFERENCES', 'R', true), (7, 'TRIGGER', 'G', false)) AS p (place, name, letter, by_column)"
	"  WHERE c.relnamespace = 'effreg'::pg_catalog.regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
	"  GROUP BY 1, 2)"
	" SELECT name || ': ' || pg_catalog.string_agg(role || ' ' || letters, ', ' ORDER BY role COLLATE \"C\") FILTER (WHERE letters <> '')"
	" FROM rights GROUP BY name ORDER BY name COLLATE \"C\"";

static const char *dsn;
static struct arena *arena;
static struct db *db;

static struct db_rows *ask(const char *sql)
{
	struct db_rows *rows = NULL;
	assert_int_equal(db_begin(db), STATUS_OK);
	if (db_query(db, sql, NULL, 0, &rows) != STATUS_OK)
		fail_msg("%s", db_error(db));
	db_rollback(db);
	return rows;
}

/* A question whose right answer is no row. */
static void assert_none(const char *sql)
{
	struct db_rows *rows = ask(sql);
	struct buf found;
	buf_init(&found, 10000);
	for (size_t row = 0; row < db_rows_count(rows); row++)
		buf_printf(&found, "%s ", db_get_text(rows, row, 0));
	if (found.len > 0)
		fail_msg("%s", found.at);
	buf_clear(&found);
	db_rows_destroy(&rows);
}

static bool is_stated(const char *line)
{
	for (size_t i = 0; i < ARRAY_COUNT(RIGHTS); i++) {
		if (text_equal(RIGHTS[i], line))
			return true;
	}
	return false;
}

static void every_role_may_do_what_is_stated_and_nothing_else(void **state)
{
	(void)state;
	struct db_rows *rows = ask(RIGHTS_SQL);
	size_t different = 0;
	for (size_t row = 0; row < db_rows_count(rows); row++) {
		if (!is_stated(db_get_text(rows, row, 0))) {
			print_message("in the database, not stated: %s\n", db_get_text(rows, row, 0));
			different++;
		}
	}
	assert_int_equal(different, 0);
	assert_int_equal(db_rows_count(rows), ARRAY_COUNT(RIGHTS));
	db_rows_destroy(&rows);
}

static void the_public_has_no_rights_and_no_role_is_more_than_itself(void **state)
{
	(void)state;
	assert_none("SELECT c.relname FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a"
	            " WHERE c.relnamespace = 'effreg'::pg_catalog.regnamespace AND a.grantee = 0");
	assert_none("SELECT a.privilege_type FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) a"
	            " WHERE n.nspname = 'effreg' AND (a.grantee = 0 OR a.is_grantable)");
	assert_none("SELECT rolname FROM pg_catalog.pg_roles WHERE rolname LIKE 'effreg\\_%'"
	            " AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)");
	assert_none("SELECT r.rolname FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.member"
	            " WHERE r.rolname LIKE 'effreg\\_%' AND (r.rolname, m.roleid::pg_catalog.regrole::text) <> ('effreg_monitor', 'pg_monitor')");
	assert_none("SELECT 'monitor' WHERE pg_catalog.has_schema_privilege('effreg_monitor', 'effreg', 'USAGE')"
	            " OR NOT pg_catalog.pg_has_role('effreg_monitor', 'pg_monitor', 'USAGE')");
	assert_none("SELECT r.rolname FROM pg_catalog.pg_roles r WHERE r.rolname LIKE 'effreg\\_%'"
	            " AND pg_catalog.has_schema_privilege(r.oid, 'effreg', 'CREATE')");
	assert_none("SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_roles r ON r.oid = c.relowner"
	            " WHERE c.relnamespace = 'effreg'::pg_catalog.regnamespace AND r.rolname LIKE 'effreg\\_%'");
}

/* Functions that run with their owner's rights and triggers would be logic beside the services. */
static void the_schema_holds_tables_without_logic(void **state)
{
	(void)state;
	assert_none("SELECT p.proname FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'effreg'::pg_catalog.regnamespace");
	assert_none("SELECT t.tgname FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid"
	            " WHERE c.relnamespace = 'effreg'::pg_catalog.regnamespace AND NOT t.tgisinternal");
	assert_none("SELECT w.rulename FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_class c ON c.oid = w.ev_class"
	            " WHERE c.relnamespace = 'effreg'::pg_catalog.regnamespace AND c.relkind = 'r'");
}

static void every_table_and_column_says_what_it_is(void **state)
{
	(void)state;
	assert_none("SELECT c.relname FROM pg_catalog.pg_class c"
	            " WHERE c.relnamespace = 'effreg'::pg_catalog.regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')"
	            " AND pg_catalog.length(coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), '')) < 5");
	assert_none("SELECT c.relname || '.' || a.attname FROM pg_catalog.pg_class c"
	            " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
	            " WHERE c.relnamespace = 'effreg'::pg_catalog.regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')"
	            " AND pg_catalog.length(coalesce(pg_catalog.col_description(c.oid, a.attnum), '')) < 3");
	assert_none("SELECT 'schema' WHERE pg_catalog.obj_description('effreg'::pg_catalog.regnamespace, 'pg_namespace') IS NULL");
}

/* So that a regional table can be distributed by its region. The dictionary of regions and the keys are the same everywhere. */
static void every_key_of_a_regional_table_contains_the_region(void **state)
{
	(void)state;
	assert_none("SELECT k.conname FROM pg_catalog.pg_constraint k"
	            " JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attname = 'region_id'"
	            " JOIN pg_catalog.pg_class c ON c.oid = k.conrelid"
	            " WHERE k.connamespace = 'effreg'::pg_catalog.regnamespace AND k.contype IN ('p', 'u')"
	            " AND c.relname NOT IN ('region', 'client_key', 'token') AND NOT a.attnum = ANY (k.conkey)");
}

/* Byte by byte: quick, and the same in every database. */
static void no_key_is_compared_by_the_rules_of_a_language(void **state)
{
	(void)state;
	assert_none("SELECT c.relname || '.' || a.attname FROM pg_catalog.pg_class c"
	            " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
	            " WHERE c.relnamespace = 'effreg'::pg_catalog.regnamespace AND a.atttypid = 'pg_catalog.text'::pg_catalog.regtype"
	            " AND a.attcollation <> 'pg_catalog.\"C\"'::pg_catalog.regcollation"
	            " AND EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND a.attnum = ANY (i.indkey::smallint[]))");
}

/* What the catalogue says is also what happens. */
static void the_log_takes_rows_and_gives_none_back(void **state)
{
	(void)state;
	static const struct {
		const char *role, *sql;
	} CASES[] = {
		{"intake", "UPDATE effreg.event SET body = body"},
		{"intake", "DELETE FROM effreg.event"},
		{"intake", "TRUNCATE effreg.event"},
		{"intake", "DELETE FROM effreg.quarantine"},
		{"intake", "UPDATE effreg.client_key SET revoked_time = NULL"},
		{"intake", "SELECT 1 FROM effreg.rating_run"},
		{"metrics", "INSERT INTO effreg.event SELECT * FROM effreg.event"},
		{"metrics", "SELECT 1 FROM effreg.quarantine"},
		{"ranking", "UPDATE effreg.rating_run SET document = document"},
		{"ranking", "DELETE FROM effreg.rating_run"},
		{"ranking", "UPDATE effreg.rating_row SET place = place"},
		{"ranking", "UPDATE effreg.figures SET figures = figures"},
		{"notify", "SELECT 1 FROM effreg.event"},
		{"notify", "UPDATE effreg.notice SET region_id = region_id"},
		{"ops", "UPDATE effreg.event_head SET last_seq = 0"},
		{"ops", "UPDATE effreg.token SET region_id = region_id"},
		{"ops", "DELETE FROM effreg.token"},
		{"ranking", "SELECT 1 FROM effreg.token"},
		{"ops", "DELETE FROM effreg.audit"},
		{"ops", "UPDATE effreg.audit SET act = act"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct db *as_role = NULL;
		struct fault fault = {.offset = -1};
		const char *conninfo = arena_printf(arena, "%s user=effreg_%s", dsn, CASES[i].role);
		if (db_connect(conninfo, "test", &as_role, &fault) != STATUS_OK)
			fail_msg("%s", fault.text);
		assert_int_equal(db_begin(as_role), STATUS_OK);
		assert_int_not_equal(db_exec(as_role, CASES[i].sql), STATUS_OK);
		if (!text_equal(db_sqlstate(as_role), "42501"))
			fail_msg("%s, %s: %s", CASES[i].role, CASES[i].sql, db_error(as_role));
		db_disconnect(&as_role);
	}
}

/* The checks above fail where there is something to find. */
static void a_grant_too_many_and_a_silent_column_are_found(void **state)
{
	(void)state;
	struct db_rows *rows = NULL;
	size_t unknown = 0;
	assert_int_equal(db_begin(db), STATUS_OK);
	assert_int_equal(db_exec(db, "CREATE TABLE effreg.silent (a int); GRANT DELETE ON effreg.event TO effreg_intake;"
	                             " GRANT UPDATE (a) ON effreg.silent TO effreg_notify"), STATUS_OK);
	assert_int_equal(db_query(db, RIGHTS_SQL, NULL, 0, &rows), STATUS_OK);
	for (size_t row = 0; row < db_rows_count(rows); row++) {
		const char *line = db_get_text(rows, row, 0);
		if (!is_stated(line)) {
			assert_true(text_equal(line, "silent: notify u") || text_equal(line, "event: intake SID, metrics S, ops S, ranking S"));
			unknown++;
		}
	}
	assert_int_equal(unknown, 2);
	db_rows_destroy(&rows);
	db_rollback(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_role_may_do_what_is_stated_and_nothing_else),
		cmocka_unit_test(the_public_has_no_rights_and_no_role_is_more_than_itself),
		cmocka_unit_test(the_schema_holds_tables_without_logic),
		cmocka_unit_test(every_table_and_column_says_what_it_is),
		cmocka_unit_test(every_key_of_a_regional_table_contains_the_region),
		cmocka_unit_test(no_key_is_compared_by_the_rules_of_a_language),
		cmocka_unit_test(the_log_takes_rows_and_gives_none_back),
		cmocka_unit_test(a_grant_too_many_and_a_silent_column_are_found),
	};
	struct fault fault = {.offset = -1};
	dsn = getenv("EFFREG_TEST_DSN");
	if (dsn == NULL) {
		printf("# skip: EFFREG_TEST_DSN is not set\n");
		return 77;
	}
	arena = arena_new((size_t)1024 * 1024);
	if (db_connect(dsn, "test", &db, &fault) != STATUS_OK) {
		fprintf(stderr, "%s\n", fault.text);
		return 1;
	}
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	db_disconnect(&db);
	arena_destroy(&arena);
	return failed;
}
