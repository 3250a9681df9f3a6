/* db over a real PostgreSQL: what COMMIT may answer, how failures are sorted, and that values come back as they went. */
#include "tests/harness/db_proxy.h"
#include "tests/harness/stream_fixture.h"

#include "common/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static struct world {
	struct db *db;
	struct db *other;
	struct arena *arena;
} world;

static int set_up(void **state)
{
	(void)state;
	if (fixture_dsn() == NULL)
		return 0;
	world = (struct world){.arena = arena_new((size_t)16 * 1024 * 1024)};
	world.db = fixture_connect(fixture_dsn(), "test-db");
	world.other = fixture_connect(fixture_dsn(), "test-other");
	fixture_run(world.other, "DROP TABLE IF EXISTS public.thing");
	fixture_run(world.other, "CREATE TABLE public.thing (id bigint PRIMARY KEY, at timestamptz, bytes bytea)");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	db_disconnect(&world.db);
	db_disconnect(&world.other);
	if (world.arena != NULL)
		arena_destroy(&world.arena);
	return 0;
}

#define NEEDS_DATABASE() \
	do { \
		(void)state; \
		if (fixture_dsn() == NULL) \
			fixture_skip(); \
	} while (0)

/* ---- COMMIT ---- */

static const char *things(void)
{
	return fixture_ask(world.other, world.arena, "SELECT count(*) FROM public.thing");
}

static void insert_thing(struct db *db)
{
	assert_int_equal(db_begin(db), STATUS_OK);
	assert_int_equal(db_exec(db, "INSERT INTO public.thing VALUES (1)"), STATUS_OK);
}

static void commit_says_ok_only_for_the_tag_commit(void **state)
{
	NEEDS_DATABASE();
	insert_thing(world.db);
	assert_int_equal(db_exec(world.db, "SELECT 1 / 0"), STATUS_INVALID);
	assert_int_equal(db_commit(world.db), STATUS_RETRY);
	assert_string_equal(things(), "0");
	insert_thing(world.db);
	assert_int_equal(db_commit(world.db), STATUS_OK);
	assert_string_equal(things(), "1");
}

static void a_warning_on_commit_is_no_commit(void **state)
{
	NEEDS_DATABASE();
	fixture_run(world.other,
	            "CREATE OR REPLACE FUNCTION public.warn() RETURNS trigger LANGUAGE plpgsql AS"
	            " $$BEGIN RAISE WARNING 'less durable than promised'; RETURN NULL; END$$;"
	            "CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON public.thing DEFERRABLE INITIALLY DEFERRED"
	            " FOR EACH ROW EXECUTE FUNCTION public.warn()");
	insert_thing(world.db);
	assert_int_equal(db_commit(world.db), STATUS_RETRY);
	assert_non_null(strstr(db_error(world.db), "less durable than promised"));
	assert_string_equal(things(), "1");
	assert_int_equal(db_begin(world.db), STATUS_OK);
	assert_int_equal(db_commit(world.db), STATUS_OK);  /* the warning is not carried into the next transaction */
}

static void a_line_cut_in_commit_is_an_unknown_outcome(void **state)
{
	NEEDS_DATABASE();
	static const enum db_proxy_moment MOMENTS[] = {DB_PROXY_BEFORE, DB_PROXY_AFTER};
	static const char *const STORED[] = {"0", "1"};
	struct db_proxy *proxy = db_proxy_start(fixture_dsn());
	assert_non_null(proxy);
	struct db *db = fixture_connect(db_proxy_conninfo(proxy), "test-cut");
	for (size_t i = 0; i < ARRAY_COUNT(MOMENTS); i++) {
		db_proxy_cut_on(proxy, "COMMIT", MOMENTS[i]);
		insert_thing(db);
		assert_int_equal(db_commit(db), STATUS_UNKNOWN_OUTCOME);
		assert_true(db_proxy_has_cut(proxy));
		assert_false(db_alive(db));
		fixture_await(world.other, world.arena, "0", "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test-cut'");
		assert_string_equal(things(), STORED[i]);
	}
	db_disconnect(&db);
	db_proxy_stop(&proxy);
}

static void begin_connects_again_after_a_lost_line(void **state)
{
	NEEDS_DATABASE();
	insert_thing(world.db);
	fixture_run(world.other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test-db'");
	assert_int_equal(db_exec(world.db, "SELECT 1"), STATUS_UNAVAILABLE);
	db_rollback(world.db);
	assert_int_equal(db_begin(world.db), STATUS_OK);
	assert_string_equal(fixture_ask(world.db, world.arena, "SELECT current_setting('idle_in_transaction_session_timeout')"), "10s");
	assert_int_equal(db_commit(world.db), STATUS_OK);
	assert_string_equal(things(), "0");
}

/* ---- Later ---- */

#define INSERT_LATER "INSERT INTO public.thing VALUES ($1::bigint) RETURNING id"

static enum status insert_later(struct db *db, const char *id, struct db_rows **ret_rows)
{
	const struct db_param params[] = {db_text(id)};
	return db_query_later(db, INSERT_LATER, params, ARRAY_COUNT(params), ret_rows);
}

/* Prepared from the second time on, within the pipeline too. */
static void what_was_sent_later_is_there_after_the_commit(void **state)
{
	NEEDS_DATABASE();
	struct db_rows *rows[3];
	for (int round = 0; round < 3; round++) {
		assert_int_equal(db_begin_later(world.db), STATUS_OK);
		for (int i = 0; i < 3; i++) {
			char id[16];
			snprintf(id, sizeof id, "%d", round * 3 + i);
			assert_int_equal(insert_later(world.db, id, &rows[i]), STATUS_OK);
			assert_null(rows[i]);
		}
		assert_int_equal(db_commit(world.db), STATUS_OK);
		for (int i = 0; i < 3; i++) {
			assert_int_equal(db_get_integer(rows[i], 0, 0), round * 3 + i);
			db_rows_destroy(&rows[i]);
		}
	}
	assert_string_equal(things(), "9");
}

static void more_than_a_pipeline_holds_is_waited_for(void **state)
{
	NEEDS_DATABASE();
	assert_int_equal(db_begin_later(world.db), STATUS_OK);
	for (int i = 0; i < 200; i++) {
		char id[16];
		snprintf(id, sizeof id, "%d", i);
		assert_int_equal(insert_later(world.db, id, NULL), STATUS_OK);
	}
	assert_int_equal(db_commit(world.db), STATUS_OK);
	assert_string_equal(things(), "200");
}

/* Whichever statement comes next: the failure is its. Nothing of the transaction stays, and the connection is as good as before. */
static void a_failure_is_told_by_what_is_waited_for_next(void **state)
{
	NEEDS_DATABASE();
	for (int next = 0; next < 3; next++) {
		struct db_rows *first, *again, *asked = NULL;
		assert_int_equal(db_begin_later(world.db), STATUS_OK);
		assert_int_equal(insert_later(world.db, "1", &first), STATUS_OK);
		assert_int_equal(insert_later(world.db, "1", &again), STATUS_OK);
		enum status status = next == 0   ? db_commit(world.db)
		                     : next == 1 ? db_query(world.db, "SELECT 1", NULL, 0, &asked)
		                                 : db_exec(world.db, "SELECT 1");
		assert_int_equal(status, STATUS_CONFLICT);
		assert_non_null(strstr(db_error(world.db), "duplicate key"));
		assert_null(first);
		assert_null(again);
		assert_null(asked);
		db_rollback(world.db);
		assert_string_equal(things(), "0");
	}
	assert_string_equal(fixture_ask(world.db, world.arena, "SELECT 1"), "1");
}

static void rows_of_what_is_rolled_back_are_nobodys(void **state)
{
	NEEDS_DATABASE();
	struct db_rows *rows;
	assert_int_equal(db_begin_later(world.db), STATUS_OK);
	assert_int_equal(insert_later(world.db, "1", &rows), STATUS_OK);
	db_rollback(world.db);
	assert_null(rows);
	assert_string_equal(things(), "0");
}

static void a_line_cut_in_a_later_commit_is_an_unknown_outcome(void **state)
{
	NEEDS_DATABASE();
	static const enum db_proxy_moment MOMENTS[] = {DB_PROXY_BEFORE, DB_PROXY_AFTER};
	static const char *const STORED[] = {"0", "1"};
	struct db_proxy *proxy = db_proxy_start(fixture_dsn());
	assert_non_null(proxy);
	struct db *db = fixture_connect(db_proxy_conninfo(proxy), "test-cut");
	for (size_t i = 0; i < ARRAY_COUNT(MOMENTS); i++) {
		struct db_rows *rows;
		db_proxy_cut_on(proxy, "COMMIT", MOMENTS[i]);
		assert_int_equal(db_begin_later(db), STATUS_OK);
		assert_int_equal(insert_later(db, "1", &rows), STATUS_OK);
		assert_int_equal(db_commit(db), STATUS_UNKNOWN_OUTCOME);
		assert_true(db_proxy_has_cut(proxy));
		assert_null(rows);
		assert_false(db_alive(db));
		fixture_await(world.other, world.arena, "0", "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test-cut'");
		assert_string_equal(things(), STORED[i]);
	}
	db_disconnect(&db);
	db_proxy_stop(&proxy);
}

/* ---- Failures ---- */

static void failures_are_sorted_by_what_to_do(void **state)
{
	NEEDS_DATABASE();
	static const struct {
		const char *sql;
		enum status status;
	} CASES[] = {
		{"INSERT INTO public.thing VALUES (1), (1)", STATUS_CONFLICT},
		{"SELECT 'x'::integer", STATUS_INVALID},
		{"SELECT pg_catalog.chr(0)", STATUS_BUG},
		{"SELECT nothing", STATUS_BUG},
		{"SET statement_timeout = 1; SELECT pg_sleep(10)", STATUS_TIMEOUT},
		{"DO $$BEGIN RAISE SQLSTATE '40001'; END$$", STATUS_RETRY},
		{"DO $$BEGIN RAISE SQLSTATE '40P01'; END$$", STATUS_RETRY},
		{"DO $$BEGIN RAISE SQLSTATE '55P03'; END$$", STATUS_RETRY},
		{"DO $$BEGIN RAISE SQLSTATE '08006'; END$$", STATUS_UNAVAILABLE},
		{"DO $$BEGIN RAISE SQLSTATE '57P03'; END$$", STATUS_UNAVAILABLE},
		{"DO $$BEGIN RAISE SQLSTATE '53100'; END$$", STATUS_UNAVAILABLE},
		{"DO $$BEGIN RAISE SQLSTATE '58030'; END$$", STATUS_UNAVAILABLE},
		{"DO $$BEGIN RAISE SQLSTATE '25006'; END$$", STATUS_UNAVAILABLE},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		enum status status = db_exec(world.db, CASES[i].sql);
		if (status != CASES[i].status)
			fail_msg("%s: %s (%s)", CASES[i].sql, status_name(status), db_sqlstate(world.db));
	}
}

static void a_server_that_is_not_there_is_unavailable(void **state)
{
	NEEDS_DATABASE();
	struct db *db = NULL;
	struct fault fault = {0};
	assert_int_equal(db_connect("host=/nonexistent dbname=x", "test", &db, &fault), STATUS_UNAVAILABLE);
	assert_null(db);
	assert_true(fault.text[0] != '\0');
}

static void what_durability_stands_on_is_set_for_the_session(void **state)
{
	NEEDS_DATABASE();
	assert_string_equal(fixture_ask(world.db, world.arena, "SHOW synchronous_commit"), "on");
	assert_string_equal(fixture_ask(world.db, world.arena, "SHOW search_path"), "pg_catalog");
	assert_string_equal(fixture_ask(world.db, world.arena, "SHOW timezone"), "UTC");
}

/* ---- Values ---- */

static void parameters_come_back_as_they_went(void **state)
{
	NEEDS_DATABASE();
	static const char *const TEXTS[] = {"plain", "", "a \"b\" \\ {c}, d", NULL, "NULL", "Воронеж"};
	static const char BYTES[] = {'\0', '\\', '\xff', '\n', 'x'};
	const struct db_param params[] = {
		db_array(world.arena, TEXTS, ARRAY_COUNT(TEXTS)), db_bytes(BYTES, sizeof BYTES), db_bytes(NULL, 0),
		db_integer(world.arena, INT64_MIN), db_timestamp(world.arena, 1700000000123456), db_text(NULL)};
	struct db_rows *rows;
	assert_int_equal(db_query(world.db, "SELECT t.item, $2::bytea, $3::bytea, $4::bigint, $5::timestamptz = '2023-11-14 22:13:20.123456+00',"
	                                    " $6::text FROM unnest($1::text[]) WITH ORDINALITY AS t (item, place) ORDER BY place",
	                          params, ARRAY_COUNT(params), &rows), STATUS_OK);
	assert_int_equal(db_rows_count(rows), ARRAY_COUNT(TEXTS));
	for (size_t i = 0; i < ARRAY_COUNT(TEXTS); i++) {
		assert_int_equal(db_is_null(rows, i, 0), TEXTS[i] == NULL);
		assert_string_equal(db_get_text(rows, i, 0), TEXTS[i] == NULL ? "" : TEXTS[i]);
	}
	assert_true(span_equal(db_get_bytes(rows, 0, 1, world.arena), span_of(BYTES, sizeof BYTES)));
	assert_false(db_is_null(rows, 0, 2));
	assert_int_equal(db_get_bytes(rows, 0, 2, world.arena).len, 0);
	assert_true(db_get_integer(rows, 0, 3) == INT64_MIN);
	assert_true(db_get_bool(rows, 0, 4));
	assert_true(db_is_null(rows, 0, 5));
	db_rows_destroy(&rows);
}

static void texts_come_back_as_they_went(void **state)
{
	NEEDS_DATABASE();
	static const char *const TEXTS[] = {"plain", "", "a \"b\" \\ {c}, d", NULL, "NULL", "Воронеж"};
	for (size_t count = 0; count <= ARRAY_COUNT(TEXTS); count++) {
		const struct db_param params[] = {db_texts(world.arena, TEXTS, count)};
		struct db_rows *rows;
		assert_int_equal(db_query(world.db, "SELECT t.item FROM unnest($1::text[]) WITH ORDINALITY AS t (item, place) ORDER BY place", params, 1, &rows),
		                 STATUS_OK);
		assert_int_equal(db_rows_count(rows), count);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(db_is_null(rows, i, 0), TEXTS[i] == NULL);
			assert_string_equal(db_get_text(rows, i, 0), TEXTS[i] == NULL ? "" : TEXTS[i]);
		}
		db_rows_destroy(&rows);
	}
}

static void copy_thing(struct buf *rows, int64_t id)
{
	db_copy_row(rows, 3);
	db_copy_integer(rows, id);
	db_copy_timestamp(rows, id);
	db_copy_field(rows, span_of("\0\n", 2));
}

static enum status copy_things(const int64_t *ids, size_t count)
{
	struct buf rows;
	buf_init(&rows, 65536);
	db_copy_header(&rows);
	for (size_t i = 0; i < count; i++)
		copy_thing(&rows, ids[i]);
	db_copy_trailer(&rows);
	enum status status = db_copy_begin(world.db, "COPY public.thing FROM STDIN (FORMAT binary)");
	if (status == STATUS_OK)
		status = db_copy_send(world.db, buf_span(&rows));
	if (status == STATUS_OK)
		status = db_copy_end(world.db);
	buf_clear(&rows);
	return status;
}

/* What a primary says once another one has taken its place. */
static void a_server_that_takes_no_writes_is_left_by_the_next_begin(void **state)
{
	NEEDS_DATABASE();
	assert_int_equal(db_exec(world.db, "SET default_transaction_read_only = on"), STATUS_OK);
	assert_int_equal(db_begin(world.db), STATUS_OK);
	assert_int_equal(db_exec(world.db, "INSERT INTO public.thing VALUES (1)"), STATUS_UNAVAILABLE);
	assert_string_equal(db_sqlstate(world.db), "25006");
	assert_false(db_alive(world.db));
	db_rollback(world.db);
	insert_thing(world.db);  /* over a new connection */
	assert_int_equal(db_commit(world.db), STATUS_OK);
	assert_true(db_alive(world.db));
	assert_string_equal(things(), "1");
}

static void of_several_servers_one_that_takes_writes_is_taken(void **state)
{
	NEEDS_DATABASE();
	char conninfo[1024];
	struct db *db = NULL, *like = NULL;
	const char *host = strstr(fixture_dsn(), "host=");
	assert_non_null(host);
	size_t before = (size_t)(host - fixture_dsn()) + strlen("host=");
	snprintf(conninfo, sizeof conninfo, "%.*s/nowhere,%s target_session_attrs=read-write", (int)before, fixture_dsn(), fixture_dsn() + before);
	assert_int_equal(db_connect(conninfo, "test-several", &db, NULL), STATUS_OK);
	assert_int_equal(db_connect_like(db, &like, NULL), STATUS_OK);
	insert_thing(like);
	assert_int_equal(db_commit(like), STATUS_OK);
	assert_string_equal(things(), "1");
	db_disconnect(&like);
	db_disconnect(&db);
}

static void copied_rows_are_what_was_built(void **state)
{
	NEEDS_DATABASE();
	const int64_t ids[] = {-1, 0, 1, 1700000000123456};
	assert_int_equal(copy_things(ids, ARRAY_COUNT(ids)), STATUS_OK);
	assert_string_equal(fixture_ask(world.other, world.arena,
		"SELECT string_agg(id::text, ',' ORDER BY id) || bool_and(EXTRACT(epoch FROM at) * 1000000 = id AND bytes = '\\x000a')::text"
		" FROM public.thing"), "-1,0,1,1700000000123456true");
}

static void a_refused_copy_leaves_the_connection_usable(void **state)
{
	NEEDS_DATABASE();
	const int64_t ids[] = {1, 2, 1};
	assert_int_equal(copy_things(ids, ARRAY_COUNT(ids)), STATUS_CONFLICT);
	assert_string_equal(db_sqlstate(world.db), "23505");
	assert_int_equal(db_copy_begin(world.db, "COPY public.nothing FROM STDIN"), STATUS_BUG);
	assert_int_equal(copy_things(ids, 2), STATUS_OK);
	assert_string_equal(things(), "2");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(commit_says_ok_only_for_the_tag_commit),
		TEST(a_warning_on_commit_is_no_commit),
		TEST(a_line_cut_in_commit_is_an_unknown_outcome),
		TEST(begin_connects_again_after_a_lost_line),
		TEST(what_was_sent_later_is_there_after_the_commit),
		TEST(more_than_a_pipeline_holds_is_waited_for),
		TEST(a_failure_is_told_by_what_is_waited_for_next),
		TEST(rows_of_what_is_rolled_back_are_nobodys),
		TEST(a_line_cut_in_a_later_commit_is_an_unknown_outcome),
		TEST(failures_are_sorted_by_what_to_do),
		TEST(a_server_that_is_not_there_is_unavailable),
		TEST(what_durability_stands_on_is_set_for_the_session),
		TEST(parameters_come_back_as_they_went),
		TEST(texts_come_back_as_they_went),
		TEST(a_server_that_takes_no_writes_is_left_by_the_next_begin),
		TEST(of_several_servers_one_that_takes_writes_is_taken),
		TEST(copied_rows_are_what_was_built),
		TEST(a_refused_copy_leaves_the_connection_usable),
	};
	return cmocka_run_group_tests_name("db", tests, NULL, NULL);
}
