/* stream_append_together over a real PostgreSQL: several regions' logs move in one transaction, each with a chain of its own, and
 * what is not plain is left alone without harm to the others. */
#include "tests/harness/db_proxy.h"
#include "tests/harness/stream_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define PARTS 3

static struct world {
	struct db *db;
	struct db *other;
	struct arena *arena;
	struct append_event events[FIXTURE_REGIONS][PARTS];
	struct append_part parts[FIXTURE_REGIONS];
} world;

static const char *region_of(size_t at)
{
	return arena_printf(world.arena, "2000000%zu", at);
}

static int set_up(void **state)
{
	(void)state;
	if (fixture_dsn() == NULL)
		return 0;
	world = (struct world){.arena = arena_new((size_t)64 * 1024 * 1024)};
	world.db = fixture_connect(fixture_dsn(), "test-together");
	world.other = fixture_connect(fixture_dsn(), "test-other");
	fixture_run(world.other, "DROP TRIGGER IF EXISTS at_commit ON effreg.event");
	fixture_reset(world.other);
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

static const char *ask(const char *sql)
{
	return fixture_ask(world.other, world.arena, "%s", sql);
}

static const char *stored_count(const char *region)
{
	return fixture_ask(world.other, world.arena, "SELECT count(*) FROM effreg.event WHERE region_id = '%s'", region);
}

/* A region's first event makes its head. */
static void make_heads(size_t regions)
{
	for (size_t i = 0; i < regions; i++)
		fixture_append(world.db, world.arena, region_of(i), 1, 1);
}

/* The part of region at: events with numbers from first on, at most PARTS of them. */
static struct append_part *part(size_t at, unsigned first, size_t count)
{
	world.parts[at] = (struct append_part){.region = region_of(at), .events = world.events[at], .count = count};
	for (unsigned i = 0; i < count; i++) {
		world.events[at][i] = fixture_event(first + i, arena_printf(world.arena, "{\"n\":%u}", first + i));
		world.events[at][i].sequence = first + i;
	}
	return &world.parts[at];
}

static enum status append(struct db *db, size_t count)
{
	return stream_append_together(db, world.parts, count, world.arena);
}

/* ---- Together ---- */

static void regions_share_a_transaction_and_have_each_its_own_chain(void **state)
{
	NEEDS_DATABASE();
	make_heads(3);
	for (unsigned i = 0; i < 3; i++)
		part(i, 2, i + 1);
	assert_int_equal(append(world.db, 3), STATUS_OK);
	assert_string_equal(ask("SELECT count(DISTINCT xmin::text) || ' ' || count(*) FROM effreg.event WHERE seq > 1"), "1 6");
	for (size_t i = 0; i < 3; i++) {
		char hex[SHA256_HEX_SIZE];
		assert_false(world.parts[i].alone);
		assert_int_equal(world.parts[i].head.last_seq, i + 2);
		assert_int_equal(world.events[i][i].result, APPEND_STORED);
		assert_int_equal(world.events[i][i].seq, i + 2);
		fixture_check_log(world.other, world.arena, region_of(i));
		sha256_hex(&world.parts[i].head.hash, hex);
		assert_string_equal(fixture_ask(world.other, world.arena, "SELECT encode(hash, 'hex') || (EXTRACT(epoch FROM recorded_time) * 1000000)::bigint"
		                                " FROM effreg.event_head WHERE region_id = '%s'", region_of(i)),
		                    arena_printf(world.arena, "%s%lld", hex, (long long)world.parts[i].head.recorded_us));
		assert_string_equal(fixture_ask(world.other, world.arena, "SELECT received FROM effreg.source WHERE region_id = '%s'", region_of(i)),
		                    arena_printf(world.arena, "{[2,%zu)}", i + 3));
	}
	/* And each goes on by itself. */
	fixture_append(world.db, world.arena, region_of(1), 10, 2);
	fixture_check_log(world.other, world.arena, region_of(1));
}

static void as_many_as_may_go_together_do(void **state)
{
	NEEDS_DATABASE();
	static struct append_event events[STREAM_BATCH_MAX];
	struct append_part parts[2];
	make_heads(2);
	for (unsigned i = 0; i < STREAM_BATCH_MAX; i++)
		events[i] = fixture_event(i + 2, "{}");
	parts[0] = (struct append_part){.region = region_of(0), .events = events, .count = STREAM_BATCH_MAX - 1};
	parts[1] = (struct append_part){.region = region_of(1), .events = &events[STREAM_BATCH_MAX - 1], .count = 1};
	assert_int_equal(stream_append_together(world.db, parts, 2, world.arena), STATUS_OK);
	assert_string_equal(stored_count(region_of(0)), "500");
	assert_string_equal(stored_count(region_of(1)), "2");
	fixture_check_log(world.other, world.arena, region_of(0));
}

/* ---- Left alone ---- */

static enum status forbid(void *context, const struct db_rows *rows)
{
	(void)context;
	(void)rows;
	return STATUS_FORBIDDEN;
}

static enum status refuse_the_first(void *context, const struct db_rows *rows)
{
	struct append_event *events = context;
	assert_string_equal(db_get_text(rows, 0, 0), "right");
	events[0].result = APPEND_REFUSED;
	return STATUS_OK;
}

static enum status allow(void *context, const struct db_rows *rows)
{
	(void)context;
	assert_string_equal(db_get_text(rows, 0, 0), "right");
	return STATUS_OK;
}

enum { PLAIN, HEADLESS, LOCKED, FORBIDDEN, REFUSED, OVER_QUOTA, TWICE, PLAIN_TOO, KINDS };

static void what_is_not_plain_is_left_alone_and_the_others_are_stored(void **state)
{
	NEEDS_DATABASE();
	const struct append_hooks plain = {.authorise_sql = "SELECT 'right'", .authorise = allow, .day_bytes_max = 1000};
	const struct append_hooks forbidden = {.authorise_sql = "SELECT 'right'", .authorise = forbid};
	const struct append_hooks refused = {.authorise_sql = "SELECT 'right'", .authorise = refuse_the_first, .context = world.events[REFUSED]};
	const struct append_hooks quota = {.day_bytes_max = 10};
	make_heads(KINDS);
	fixture_run(world.other, "DELETE FROM effreg.event WHERE region_id = '20000001'; DELETE FROM effreg.event_head WHERE region_id = '20000001'");
	for (size_t i = 0; i < KINDS; i++)
		part(i, 2, 2);
	world.parts[PLAIN].hooks = world.parts[PLAIN_TOO].hooks = &plain;
	world.parts[FORBIDDEN].hooks = &forbidden;
	world.parts[REFUSED].hooks = &refused;
	world.parts[OVER_QUOTA].hooks = &quota;
	world.events[TWICE][1].id = world.events[TWICE][0].id;
	fixture_run(world.other, "BEGIN; SELECT FROM effreg.event_head WHERE region_id = '20000002' FOR UPDATE");
	assert_int_equal(append(world.db, KINDS), STATUS_OK);
	fixture_run(world.other, "ROLLBACK");
	for (size_t i = 0; i < KINDS; i++) {
		bool plain_one = i == PLAIN || i == PLAIN_TOO;
		assert_int_equal(world.parts[i].alone, !plain_one);
		assert_string_equal(stored_count(region_of(i)), plain_one ? "3" : i == HEADLESS ? "0" : "1");
		fixture_check_log(world.other, world.arena, region_of(i));
	}
	assert_string_equal(ask("SELECT count(*) FROM effreg.source"), "2");
	/* The quota of the day was counted for those that went. */
	assert_string_equal(ask("SELECT string_agg(day_bytes::text, ' ' ORDER BY region_id) FROM effreg.event_head WHERE region_id IN ('20000000', '20000005')"),
	                    "21 7");
}

static void when_nobody_is_plain_nothing_is_stored(void **state)
{
	NEEDS_DATABASE();
	part(0, 2, 1);
	part(1, 2, 1);
	assert_int_equal(append(world.db, 2), STATUS_OK);
	assert_true(world.parts[0].alone && world.parts[1].alone);
	assert_string_equal(ask("SELECT count(*) FROM effreg.event"), "0");
	/* The connection is as before. */
	make_heads(1);
	assert_int_equal(append(world.db, 1), STATUS_OK);
	assert_false(world.parts[0].alone);
}

static void an_id_that_is_stored_is_a_conflict_and_nothing_of_anybody_is_stored(void **state)
{
	NEEDS_DATABASE();
	struct append_head head;
	make_heads(2);
	part(0, 2, 2);
	part(1, 1, 2);
	assert_int_equal(append(world.db, 2), STATUS_CONFLICT);
	assert_string_equal(ask("SELECT count(*) FROM effreg.event"), "2");
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(stream_append(world.db, region_of(i), world.events[i], 2, NULL, world.arena, &head), STATUS_OK);
	assert_int_equal(world.events[0][0].result, APPEND_STORED);
	assert_int_equal(world.events[1][0].result, APPEND_DUPLICATE);
	assert_int_equal(world.events[1][1].result, APPEND_STORED);
	assert_string_equal(ask("SELECT count(*) FROM effreg.event"), "5");
}

/* ---- COMMIT ---- */

static void a_session_ended_in_commit_is_an_unknown_outcome_with_nothing_stored(void **state)
{
	NEEDS_DATABASE();
	make_heads(2);
	fixture_run(world.other, "CREATE OR REPLACE FUNCTION public.at_commit() RETURNS trigger LANGUAGE plpgsql AS"
	                         " $$BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END$$;"
	                         "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON effreg.event DEFERRABLE INITIALLY DEFERRED"
	                         " FOR EACH ROW EXECUTE FUNCTION public.at_commit()");
	part(0, 2, 1);
	part(1, 2, 1);
	assert_int_equal(append(world.db, 2), STATUS_UNKNOWN_OUTCOME);
	fixture_run(world.other, "DROP TRIGGER at_commit ON effreg.event");
	assert_string_equal(ask("SELECT count(*) FROM effreg.event"), "2");
	assert_int_equal(append(world.db, 2), STATUS_OK);
	assert_string_equal(ask("SELECT count(*) FROM effreg.event"), "4");
}

/* Cut at every message, before and after it, and sent again, as a region does: one by one when an id is stored already. */
static void a_transaction_cut_anywhere_and_repeated_stores_once(void **state)
{
	NEEDS_DATABASE();
	struct db_proxy *proxy = db_proxy_start(fixture_dsn());
	assert_non_null(proxy);
	struct db *db = fixture_connect(db_proxy_conninfo(proxy), "test-cut");
	unsigned cuts = 0, unknown = 0, conflicts = 0;
	make_heads(2);
	for (unsigned round = 0, number = 1; number > 0; round++) {
		enum db_proxy_moment moment = round % 2 == 0 ? DB_PROXY_BEFORE : DB_PROXY_AFTER;
		struct append_head head;
		part(0, 10 * round + 10, 2);
		part(1, 10 * round + 10, 3);
		db_proxy_cut_at(proxy, number, moment);
		enum status status = append(db, 2);
		bool cut = db_proxy_has_cut(proxy);
		cuts += cut;
		unknown += status == STATUS_UNKNOWN_OUTCOME;
		assert_int_equal(status_group(status), cut ? STATUS_GROUP_TRANSIENT : STATUS_GROUP_OK);
		db_proxy_cut_at(proxy, 0, moment);
		status = cut ? append(db, 2) : STATUS_OK;
		conflicts += status == STATUS_CONFLICT;
		for (size_t i = 0; i < 2 && status == STATUS_CONFLICT; i++)
			assert_int_equal(stream_append(db, region_of(i), world.events[i], world.parts[i].count, NULL, world.arena, &head), STATUS_OK);
		assert_true(status == STATUS_OK || status == STATUS_CONFLICT);
		assert_string_equal(stored_count(region_of(0)), arena_printf(world.arena, "%u", 1 + 2 * (round + 1)));
		assert_string_equal(stored_count(region_of(1)), arena_printf(world.arena, "%u", 1 + 3 * (round + 1)));
		number = !cut ? 0 : number + round % 2;
	}
	assert_int_equal(unknown, 2);    /* cut before and after COMMIT was read */
	assert_int_equal(conflicts, 1);  /* after: it is stored */
	assert_true(cuts >= 6);          /* three messages, each before and after */
	fixture_check_log(world.other, world.arena, region_of(0));
	fixture_check_log(world.other, world.arena, region_of(1));
	db_disconnect(&db);
	db_proxy_stop(&proxy);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(regions_share_a_transaction_and_have_each_its_own_chain),
		TEST(as_many_as_may_go_together_do),
		TEST(what_is_not_plain_is_left_alone_and_the_others_are_stored),
		TEST(when_nobody_is_plain_nothing_is_stored),
		TEST(an_id_that_is_stored_is_a_conflict_and_nothing_of_anybody_is_stored),
		TEST(a_session_ended_in_commit_is_an_unknown_outcome_with_nothing_stored),
		TEST(a_transaction_cut_anywhere_and_repeated_stores_once),
	};
	return cmocka_run_group_tests_name("stream_append_together", tests, NULL, NULL);
}
