/* stream_rebuild over a real PostgreSQL: state made anew beside the live one and put in its place, with a consumer that sums. */
#include "common/stream_rebuild.h"
#include "tests/harness/db_proxy.h"
#include "tests/harness/stream_fixture.h"
#include "tests/harness/toy_consumer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define REGION FIXTURE_REGION
#define SECOND "20000001"

static struct world {
	struct db *db;       /* the live consumer's */
	struct db *shadow;   /* the rebuild's */
	struct db *other;    /* writes the log, asks questions */
	struct arena *arena;
	struct toy live;
	struct toy rebuild;
} world;

static int set_up(void **state)
{
	(void)state;
	if (fixture_dsn() == NULL)
		return 0;
	world = (struct world){.arena = arena_new((size_t)64 * 1024 * 1024)};
	world.db = fixture_connect(fixture_dsn(), "test-live");
	world.shadow = fixture_connect(fixture_dsn(), "test-rebuild");
	world.other = fixture_connect(fixture_dsn(), "test-other");
	fixture_reset(world.other);
	assert_int_equal(toy_tables(world.other), STATUS_OK);
	toy_open(&world.live, world.db, "toy", STREAM_PARK, 0);
	world.rebuild.factor = 10;
	toy_open(&world.rebuild, world.shadow, "toy.rebuild", STREAM_PARK, 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	toy_close(&world.live);
	toy_close(&world.rebuild);
	db_disconnect(&world.db);
	db_disconnect(&world.shadow);
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

static const char *ask(const char *sql)
{
	return fixture_ask(world.other, world.arena, "%s", sql);
}

static void append_to(const char *region, unsigned first, unsigned count)
{
	fixture_append(world.other, world.arena, region, first, count);
}

static void follow(struct toy *toy)
{
	if (toy_follow(toy) != STATUS_OK)
		fail_msg("%s", db_error(toy->db));
}

/* ---- The toy's state ---- */

static enum status clear_shadow(void *context, struct db *db, const char *key)
{
	(void)context;
	assert_string_equal(key, "");
	return db_exec(db, "DELETE FROM public.toy_total WHERE consumer = 'toy.rebuild';"
	                   "DELETE FROM public.toy_applied WHERE consumer = 'toy.rebuild'");
}

static enum status move_shadow(void *context, struct db *db, const char *key)
{
	static const char *const SQL[] = {
		"DELETE FROM public.toy_total WHERE consumer = 'toy' AND key = $1",
		"DELETE FROM public.toy_applied WHERE consumer = 'toy' AND key = $1",
		"UPDATE public.toy_total SET consumer = 'toy' WHERE consumer = 'toy.rebuild' AND key = $1",
		"UPDATE public.toy_applied SET consumer = 'toy' WHERE consumer = 'toy.rebuild' AND key = $1",
	};
	const struct db_param params[] = {db_text(key)};
	enum status status = STATUS_OK;
	for (size_t i = 0; i < ARRAY_COUNT(SQL) && status == STATUS_OK; i++)
		status = db_run(db, SQL[i], params, 1, NULL);
	return status == STATUS_OK && context != NULL ? *(const enum status *)context : status;
}

static const struct stream_rebuild_hook CLEAR = {.call = clear_shadow};
static const struct stream_rebuild_hook MOVE = {.call = move_shadow};

static void start(void)
{
	assert_int_equal(stream_rebuild_start(world.shadow, "toy", &STREAM_EVENT, &CLEAR), STATUS_OK);
}

static enum status swap(void)
{
	return stream_rebuild_swap(world.shadow, "toy", &STREAM_EVENT, REGION, &MOVE);
}

static enum status run(void)
{
	return stream_rebuild_run(world.shadow, "toy", &STREAM_EVENT, world.rebuild.consumer, &MOVE);
}

/* The live sum and cursor of a key, and that 1..seq were applied to it once each. */
static void check_live(const char *key, unsigned total, unsigned seq)
{
	assert_string_equal(
		fixture_ask(world.other, world.arena,
		            "SELECT (SELECT total FROM public.toy_total WHERE consumer = 'toy' AND key = '%s') || ' ' ||"
		            " (SELECT seq FROM effreg.cursor WHERE consumer = 'toy' AND key = '%s') || ' ' || count(*) || ' ' || count(DISTINCT seq)"
		            " FROM public.toy_applied WHERE consumer = 'toy' AND key = '%s'", key, key, key),
		arena_printf(world.arena, "%u %u %u %u", total, seq, seq, seq));
}

static const char *rebuild_cursors(void)
{
	return ask("SELECT string_agg(key || ':' || seq, ' ' ORDER BY key) FROM effreg.cursor WHERE consumer = 'toy.rebuild'");
}

/* ---- Start ---- */

static void starting_puts_a_cursor_at_zero_for_every_live_key(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 3);
	append_to(SECOND, 1, 2);
	follow(&world.live);
	append_to("20000002", 1, 1);
	start();
	assert_string_equal(rebuild_cursors(), REGION ":0 " SECOND ":0");
}

static void starting_again_drops_what_was_rebuilt(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 3);
	follow(&world.live);
	start();
	world.rebuild.bad_seq = 2;
	world.rebuild.bad_status = STATUS_POISON;
	follow(&world.rebuild);
	assert_string_equal(ask("SELECT count(*) FROM effreg.attempt WHERE consumer = 'toy.rebuild'"), "1");
	world.rebuild.bad_seq = 0;
	start();
	assert_string_equal(rebuild_cursors(), REGION ":0");
	assert_string_equal(ask("SELECT count(*) FROM effreg.attempt"), "0");
	assert_int_equal(run(), STATUS_OK);
	check_live(REGION, 60, 3);
}

/* ---- Swap ---- */

static void a_swap_puts_the_new_state_in_place_and_the_live_consumer_goes_on_with_it(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 3);
	follow(&world.live);
	check_live(REGION, 6, 3);
	start();
	follow(&world.rebuild);
	assert_int_equal(swap(), STATUS_OK);
	check_live(REGION, 60, 3);
	assert_string_equal(rebuild_cursors(), "");
	/* The cursor stands where the live consumer left it, but what it remembers is the old sum. */
	append_to(REGION, 4, 1);
	follow(&world.live);
	check_live(REGION, 64, 4);
}

static void a_rebuild_that_is_behind_is_not_swapped(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 2);
	follow(&world.live);
	start();
	follow(&world.rebuild);
	append_to(REGION, 3, 1);
	follow(&world.live);
	assert_int_equal(swap(), STATUS_RETRY);
	check_live(REGION, 6, 3);
	assert_string_equal(rebuild_cursors(), REGION ":2");
	follow(&world.rebuild);
	assert_int_equal(swap(), STATUS_OK);
	check_live(REGION, 60, 3);
}

static void a_rebuild_that_is_ahead_takes_the_live_consumer_along(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 2);
	follow(&world.live);
	start();
	append_to(REGION, 3, 3);
	follow(&world.rebuild);
	assert_int_equal(swap(), STATUS_OK);
	check_live(REGION, 150, 5);
	append_to(REGION, 6, 1);
	follow(&world.live);
	check_live(REGION, 156, 6);
}

static void a_failing_hook_leaves_everything_as_it_was(void **state)
{
	NEEDS_DATABASE();
	enum status failure = STATUS_INVALID;
	const struct stream_rebuild_hook hook = {.call = move_shadow, .context = &failure};
	append_to(REGION, 1, 3);
	follow(&world.live);
	start();
	follow(&world.rebuild);
	assert_int_equal(stream_rebuild_swap(world.shadow, "toy", &STREAM_EVENT, REGION, &hook), STATUS_INVALID);
	check_live(REGION, 6, 3);
	assert_string_equal(rebuild_cursors(), REGION ":3");
	assert_int_equal(swap(), STATUS_OK);
	check_live(REGION, 60, 3);
}

static void a_key_without_a_rebuild_is_not_found(void **state)
{
	NEEDS_DATABASE();
	char key[STREAM_KEY_MAX];
	append_to(REGION, 1, 1);
	follow(&world.live);
	assert_int_equal(swap(), STATUS_NOT_FOUND);
	assert_int_equal(stream_rebuild_next(world.shadow, "toy", &STREAM_EVENT, key), STATUS_NOT_FOUND);
	assert_int_equal(run(), STATUS_OK);
	check_live(REGION, 1, 1);
}

static void a_cursor_that_stays_locked_is_a_retry(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 1);
	follow(&world.live);
	start();
	follow(&world.rebuild);
	fixture_run(world.other, "BEGIN; SELECT FROM effreg.cursor WHERE consumer = 'toy' FOR UPDATE");
	assert_int_equal(swap(), STATUS_RETRY);
	fixture_run(world.other, "ROLLBACK");
	assert_int_equal(swap(), STATUS_OK);
	check_live(REGION, 10, 1);
}

/* ---- What was parked ---- */

static const char *parked(void)
{
	return ask("SELECT string_agg(consumer || ':' || seq, ' ' ORDER BY seq) FROM effreg.attempt");
}

static void what_the_rebuild_can_apply_is_parked_no_more(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 3);
	world.live.bad_seq = 2;
	world.live.bad_status = STATUS_POISON;
	follow(&world.live);
	assert_string_equal(parked(), "toy:2");
	start();
	assert_int_equal(run(), STATUS_OK);
	assert_string_equal(parked(), "");
	check_live(REGION, 60, 3);
}

static void what_the_rebuild_parks_stays_parked_for_the_live_consumer(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 4);
	append_to(SECOND, 1, 1);
	world.live.bad_seq = 2;
	world.live.bad_status = STATUS_POISON;
	follow(&world.live);
	start();
	world.rebuild.bad_seq = 3;
	world.rebuild.bad_status = STATUS_POISON;
	assert_int_equal(run(), STATUS_OK);
	assert_string_equal(parked(), "toy:3");
	assert_string_equal(ask("SELECT total FROM public.toy_total WHERE consumer = 'toy' AND key = '" REGION "'"), "70");
}

/* ---- The whole ---- */

static void a_run_rebuilds_every_key_and_only_these(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 20);
	append_to(SECOND, 1, 2);
	follow(&world.live);
	append_to("20000002", 1, 1);
	start();
	assert_int_equal(run(), STATUS_OK);
	check_live(REGION, 2100, 20);
	check_live(SECOND, 30, 2);
	assert_string_equal(ask("SELECT count(*) FROM effreg.cursor WHERE consumer = 'toy.rebuild'"), "0");
	assert_string_equal(ask("SELECT count(*) FROM public.toy_applied WHERE consumer = 'toy.rebuild' OR key = '20000002'"), "0");
	follow(&world.live);
	check_live("20000002", 1, 1);
}

#define BATCHES 60

struct following {
	pthread_t thread;
	atomic_bool done;
	enum status status;
};

static void *follow_on(void *context)
{
	struct following *following = context;
	while (!atomic_load(&following->done) && status_group(following->status) <= STATUS_GROUP_OK)
		following->status = toy_follow(&world.live);
	return NULL;
}

static void *append_on(void *context)
{
	struct following *following = context;
	struct arena *arena = arena_new((size_t)1024 * 1024);
	for (unsigned i = 0; i < BATCHES && following->status == STATUS_OK; i++) {
		char *body = arena_printf(arena, "{\"n\":%u}", i + 2);
		struct append_event event = fixture_event(i + 2, body);
		struct append_head head;
		following->status = stream_append(world.other, REGION, &event, 1, NULL, arena, &head);
	}
	arena_destroy(&arena);
	return NULL;
}

/* The same version once more, again and again, while events come and the live consumer follows: nothing may change. */
static void rebuilds_under_way_of_live_events_change_nothing(void **state)
{
	NEEDS_DATABASE();
	struct following follower = {0}, appender = {0};
	world.rebuild.factor = 1;
	append_to(REGION, 1, 1);
	follow(&world.live);
	assert_int_equal(pthread_create(&follower.thread, NULL, follow_on, &follower), 0);
	assert_int_equal(pthread_create(&appender.thread, NULL, append_on, &appender), 0);
	for (int i = 0; i < 10; i++) {
		enum status status;
		start();
		do
			status = run();
		while (status == STATUS_RETRY);
		assert_int_equal(status, STATUS_OK);
	}
	pthread_join(appender.thread, NULL);
	atomic_store(&follower.done, true);
	pthread_join(follower.thread, NULL);
	assert_int_equal(appender.status, STATUS_OK);
	assert_int_equal(follower.status, STATUS_OK);
	follow(&world.live);
	check_live(REGION, (BATCHES + 1) * (BATCHES + 2) / 2, BATCHES + 1);
	assert_string_equal(ask("SELECT count(*) FROM effreg.attempt"), "0");
}

static void rebuild_until_done(void)
{
	enum status status;
	do
		status = run();
	while (status_group(status) == STATUS_GROUP_TRANSIENT);
	assert_int_equal(status, STATUS_OK);
}

static void a_rebuild_cut_at_any_statement_goes_on_where_it_stood(void **state)
{
	NEEDS_DATABASE();
	struct db_proxy *proxy = db_proxy_start(fixture_dsn());
	assert_non_null(proxy);
	append_to(REGION, 1, 3);
	append_to(SECOND, 1, 2);
	follow(&world.live);
	toy_close(&world.rebuild);
	db_disconnect(&world.shadow);
	world.shadow = fixture_connect(db_proxy_conninfo(proxy), "test-rebuild");
	unsigned rounds = 0, number = 1;
	for (bool cut = true; cut; rounds++) {
		toy_open(&world.rebuild, world.shadow, "toy.rebuild", STREAM_PARK, 2);
		fixture_run(world.other, "UPDATE public.toy_total SET total = total + 1");
		db_proxy_cut_at(proxy, number, rounds % 2 == 0 ? DB_PROXY_BEFORE : DB_PROXY_AFTER);
		enum status status = stream_rebuild_start(world.shadow, "toy", &STREAM_EVENT, &CLEAR);
		while (status_group(status) == STATUS_GROUP_TRANSIENT)
			status = stream_rebuild_start(world.shadow, "toy", &STREAM_EVENT, &CLEAR);
		assert_int_equal(status, STATUS_OK);
		rebuild_until_done();
		cut = db_proxy_has_cut(proxy);
		check_live(REGION, 60, 3);
		check_live(SECOND, 30, 2);
		assert_string_equal(ask("SELECT (SELECT count(*) FROM effreg.attempt) + (SELECT count(*) FROM effreg.cursor WHERE consumer <> 'toy')"
		                        " + (SELECT count(*) FROM public.toy_applied WHERE consumer <> 'toy')"), "0");
		toy_close(&world.rebuild);
		number += rounds % 2;
	}
	assert_true(rounds > 80);
	db_disconnect(&world.shadow);
	db_proxy_stop(&proxy);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(starting_puts_a_cursor_at_zero_for_every_live_key),
		TEST(starting_again_drops_what_was_rebuilt),
		TEST(a_swap_puts_the_new_state_in_place_and_the_live_consumer_goes_on_with_it),
		TEST(a_rebuild_that_is_behind_is_not_swapped),
		TEST(a_rebuild_that_is_ahead_takes_the_live_consumer_along),
		TEST(a_failing_hook_leaves_everything_as_it_was),
		TEST(a_key_without_a_rebuild_is_not_found),
		TEST(a_cursor_that_stays_locked_is_a_retry),
		TEST(what_the_rebuild_can_apply_is_parked_no_more),
		TEST(what_the_rebuild_parks_stays_parked_for_the_live_consumer),
		TEST(a_run_rebuilds_every_key_and_only_these),
		TEST(rebuilds_under_way_of_live_events_change_nothing),
		TEST(a_rebuild_cut_at_any_statement_goes_on_where_it_stood),
	};
	return cmocka_run_group_tests_name("stream_rebuild", tests, NULL, NULL);
}
