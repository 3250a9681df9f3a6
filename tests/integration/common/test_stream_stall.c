/* stream_stall over a real PostgreSQL: a session that holds a cursor and stands still inside a statement is ended, no other is. */
#include "tests/harness/stream_fixture.h"

#include "common/buf.h"
#include "common/stream_stall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define TAKE_SQL  "SELECT FROM effreg.cursor WHERE key = '" FIXTURE_REGION "' FOR UPDATE"
#define STANDS_SQL "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test-holder'"

static struct world {
	struct db *watcher;
	struct db *holder;   /* NULL when it is another process */
	struct db *other;
	struct arena *arena;
	struct stream_stall *stall;
} world;

static int set_up(void **state)
{
	(void)state;
	if (fixture_dsn() == NULL)
		return 0;
	world = (struct world){.arena = arena_new((size_t)16 * 1024 * 1024)};
	world.watcher = fixture_connect(fixture_dsn(), "test-watcher");
	world.other = fixture_connect(fixture_dsn(), "test-other");
	fixture_reset(world.other);
	fixture_run(world.other, "DROP TABLE IF EXISTS public.copied; CREATE TABLE public.copied (text text)");
	fixture_run(world.other, "INSERT INTO effreg.cursor (consumer, stream, key) VALUES ('toy', 'event', '" FIXTURE_REGION "')");
	assert_int_equal(stream_stall_new(world.watcher, &world.stall), STATUS_OK);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (world.stall != NULL)
		stream_stall_destroy(&world.stall);
	db_disconnect(&world.watcher);
	db_disconnect(&world.holder);
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

static unsigned look(void)
{
	unsigned ended;
	assert_int_equal(stream_stall_look(world.stall, &ended), STATUS_OK);
	return ended;
}

/* A session in the middle of a COPY whose rows do not come. */
static void begin_copy(const char *before)
{
	world.holder = fixture_connect(fixture_dsn(), "test-holder");
	assert_int_equal(db_begin(world.holder), STATUS_OK);
	fixture_run(world.holder, before);
	assert_int_equal(db_copy_begin(world.holder, "COPY public.copied FROM STDIN (FORMAT binary)"), STATUS_OK);
	fixture_await(world.other, world.arena, "1", STANDS_SQL " AND state = 'active' AND wait_event = 'ClientRead'");
}

static void check_ended_at_the_last_look(void)
{
	for (int before = 1; before < STREAM_STALL_LOOKS; before++)
		assert_int_equal(look(), 0);
	assert_string_equal(fixture_ask(world.other, world.arena, STANDS_SQL), "1");
	assert_int_equal(look(), 1);
	fixture_await(world.other, world.arena, "0", STANDS_SQL);
	fixture_run(world.other, "BEGIN; " TAKE_SQL " NOWAIT; ROLLBACK");
}

static void one_that_does_not_send_its_rows_gives_its_key_up(void **state)
{
	NEEDS_DATABASE();
	begin_copy(TAKE_SQL);
	check_ended_at_the_last_look();
}

static _Noreturn void hold_and_read_much(void)
{
	struct db *db;
	struct db_rows *rows;
	struct fault fault = {.offset = -1};
	if (db_connect(fixture_dsn(), "test-holder", &db, &fault) != STATUS_OK || db_begin(db) != STATUS_OK || db_exec(db, TAKE_SQL) != STATUS_OK)
		_exit(3);
	_exit(db_query(db, "SELECT repeat('x', 100000) FROM generate_series(1, 100000)", NULL, 0, &rows) == STATUS_OK ? 0 : 4);
}

static void one_that_does_not_read_its_rows_gives_its_key_up(void **state)
{
	NEEDS_DATABASE();
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		hold_and_read_much();
	fixture_await(world.other, world.arena, "1", STANDS_SQL " AND query LIKE 'SELECT repeat%'");
	assert_int_equal(kill(pid, SIGSTOP), 0);
	fixture_await(world.other, world.arena, "1", STANDS_SQL " AND state = 'active' AND wait_event = 'ClientWrite'");
	check_ended_at_the_last_look();
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* As much as PostgreSQL reads at a time, so that it notes the progress. */
static void send_some(bool first)
{
	static const char TEXT[100000] = "";
	struct buf rows;
	char text[sizeof TEXT];
	memset(text, 'x', sizeof text);
	buf_init(&rows, 2 * sizeof TEXT);
	if (first)
		db_copy_header(&rows);
	db_copy_row(&rows, 1);
	db_copy_field(&rows, span_of(text, sizeof text));
	assert_int_equal(db_copy_send(world.holder, span_of(rows.at, rows.len)), STATUS_OK);
	buf_clear(&rows);
}

static void one_that_moves_on_is_left_alone(void **state)
{
	NEEDS_DATABASE();
	begin_copy(TAKE_SQL);
	for (int i = 0; i < 3 * STREAM_STALL_LOOKS; i++) {
		const char *before = fixture_ask(world.other, world.arena, "SELECT bytes_processed FROM pg_stat_progress_copy");
		send_some(i == 0);
		send_some(false);  /* the end of a message stays with the client until the next */
		fixture_await(world.other, world.arena, "1",
		              arena_printf(world.arena, "SELECT count(*) FROM pg_stat_progress_copy WHERE bytes_processed > %s", before));
		assert_int_equal(look(), 0);
	}
	db_copy_refuse(world.holder);
}

static void one_that_holds_no_cursor_is_left_alone(void **state)
{
	NEEDS_DATABASE();
	begin_copy("SELECT FROM effreg.region FOR UPDATE");
	for (int i = 0; i < 2 * STREAM_STALL_LOOKS; i++)
		assert_int_equal(look(), 0);
	db_copy_refuse(world.holder);
}

static void between_statements_postgresql_ends_it(void **state)
{
	NEEDS_DATABASE();
	assert_string_equal(fixture_ask(world.watcher, world.arena, "SHOW idle_in_transaction_session_timeout"), "2s");
	fixture_run(world.other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test-watcher'");
	unsigned ended;
	assert_int_equal(stream_stall_look(world.stall, &ended), STATUS_UNAVAILABLE);
	assert_int_equal(look(), 0);
	assert_string_equal(fixture_ask(world.watcher, world.arena, "SHOW idle_in_transaction_session_timeout"), "2s");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_that_does_not_send_its_rows_gives_its_key_up),
		TEST(one_that_does_not_read_its_rows_gives_its_key_up),
		TEST(one_that_moves_on_is_left_alone),
		TEST(one_that_holds_no_cursor_is_left_alone),
		TEST(between_statements_postgresql_ends_it),
	};
	return cmocka_run_group_tests_name("stream_stall", tests, NULL, NULL);
}
