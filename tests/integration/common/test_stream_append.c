/* stream_append over a real PostgreSQL: numbering and chain, once only, what each source has sent, and every way a COMMIT may
 * end. */
#include "tests/harness/db_proxy.h"
#include "tests/harness/stream_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define REGION FIXTURE_REGION

static struct world {
	struct db *db;
	struct db *other;
	struct arena *arena;
	struct append_head head;
} world;

static int set_up(void **state)
{
	(void)state;
	if (fixture_dsn() == NULL)
		return 0;
	world = (struct world){.arena = arena_new((size_t)64 * 1024 * 1024)};
	world.db = fixture_connect(fixture_dsn(), "test-append");
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

static enum status append(struct append_event *events, size_t count, const struct append_hooks *hooks)
{
	return stream_append(world.db, REGION, events, count, hooks, world.arena, &world.head);
}

static const char *ask(const char *sql)
{
	return fixture_ask(world.other, world.arena, "%s", sql);
}

static const char *stored_count(void)
{
	return ask("SELECT count(*) FROM effreg.event");
}

static void check_outcome(const struct append_event *event, enum append_result result, uint64_t seq)
{
	assert_int_equal(event->result, result);
	assert_int_equal(event->seq, seq);
}

/* ---- Numbering and chain ---- */

static void numbers_are_contiguous_and_the_chain_holds(void **state)
{
	NEEDS_DATABASE();
	fixture_append(world.db, world.arena, REGION, 1, 1);
	fixture_append(world.db, world.arena, REGION, 2, 500);
	fixture_append(world.db, world.arena, "20000001", 1, 3);
	fixture_append(world.db, world.arena, REGION, 502, 2);
	assert_string_equal(stored_count(), "506");
	fixture_check_log(world.other, world.arena, REGION);
	fixture_check_log(world.other, world.arena, "20000001");
}

static void the_bytes_are_kept_as_they_came(void **state)
{
	NEEDS_DATABASE();
	static const char BODY[] = "{ \"v\" : 48.40,\t\"t\":\"\\u0416Ж\",\r\n \"v2\":1E2 }";
	struct append_event event = fixture_event(1, BODY);
	assert_int_equal(append(&event, 1, NULL), STATUS_OK);
	assert_string_equal(ask("SELECT body FROM effreg.event"), BODY);
}

static void a_batch_of_the_largest_events_is_taken(void **state)
{
	NEEDS_DATABASE();
	struct append_event events[STREAM_BATCH_MAX];
	char *body = arena_alloc(world.arena, STREAM_BODY_MAX + 1);
	memset(body, 'x', STREAM_BODY_MAX);
	body[0] = body[STREAM_BODY_MAX - 1] = '"';
	for (unsigned i = 0; i < STREAM_BATCH_MAX; i++)
		events[i] = fixture_event(i + 1, body);
	assert_int_equal(append(events, STREAM_BATCH_MAX, NULL), STATUS_OK);
	assert_int_equal(world.head.last_seq, STREAM_BATCH_MAX);
}

static void the_head_that_is_returned_is_the_stored_one(void **state)
{
	NEEDS_DATABASE();
	struct append_event events[] = {fixture_event(1, "{}"), fixture_event(2, "[]")};
	char hex[SHA256_HEX_SIZE];
	assert_int_equal(append(events, 2, NULL), STATUS_OK);
	sha256_hex(&world.head.hash, hex);
	assert_string_equal(ask("SELECT last_seq || ' ' || encode(hash, 'hex') || ' ' || (EXTRACT(epoch FROM recorded_time) * 1000000)::bigint"
	                        " FROM effreg.event_head"),
	                    arena_printf(world.arena, "2 %s %lld", hex, (long long)world.head.recorded_us));
	assert_int_equal(append(NULL, 0, NULL), STATUS_OK);
	assert_int_equal(world.head.last_seq, 2);
}

static void recorded_time_never_decreases(void **state)
{
	NEEDS_DATABASE();
	fixture_append(world.db, world.arena, REGION, 1, 1);
	fixture_run(world.other, "UPDATE effreg.event_head SET recorded_time = '2999-01-01 00:00:00.000007+00'");
	fixture_append(world.db, world.arena, REGION, 2, 2);
	assert_string_equal(ask("SELECT count(*) FROM effreg.event WHERE recorded_time = '2999-01-01 00:00:00.000007+00'"), "2");
	assert_string_equal(ask("SELECT recorded_time = '2999-01-01 00:00:00.000007+00' FROM effreg.event_head"), "t");
	fixture_check_log(world.other, world.arena, REGION);
}

static void an_unknown_region_gets_no_log(void **state)
{
	NEEDS_DATABASE();
	struct append_event event = fixture_event(1, "{}");
	assert_int_equal(stream_append(world.db, "99999999", &event, 1, NULL, world.arena, &world.head), STATUS_NOT_FOUND);
	assert_string_equal(ask("SELECT count(*) FROM effreg.event_head"), "0");
}

/* ---- Once ---- */

static void a_repeated_batch_is_all_duplicates(void **state)
{
	NEEDS_DATABASE();
	struct append_event events[3];
	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 3; i++)
			events[i] = fixture_event(i + 1, "{}");
		assert_int_equal(append(events, 3, NULL), STATUS_OK);
		for (unsigned i = 0; i < 3; i++)
			check_outcome(&events[i], round == 0 ? APPEND_STORED : APPEND_DUPLICATE, i + 1);
		assert_int_equal(world.head.last_seq, 3);
	}
	assert_string_equal(stored_count(), "3");
	fixture_check_log(world.other, world.arena, REGION);
}

static void duplicates_conflicts_and_fresh_ones_are_told_apart(void **state)
{
	NEEDS_DATABASE();
	struct append_event first[] = {fixture_event(1, "{}"), fixture_event(2, "[]")};
	assert_int_equal(append(first, 2, NULL), STATUS_OK);
	struct append_event events[] = {fixture_event(3, "{}"), fixture_event(2, "[]"), fixture_event(4, "{}"),
	                                fixture_event(1, "{ }"), fixture_event(5, "{}")};
	assert_int_equal(append(events, 5, NULL), STATUS_OK);
	check_outcome(&events[0], APPEND_STORED, 3);
	check_outcome(&events[1], APPEND_DUPLICATE, 2);
	check_outcome(&events[2], APPEND_STORED, 4);
	check_outcome(&events[3], APPEND_CONFLICT, 1);
	check_outcome(&events[4], APPEND_STORED, 5);
	assert_memory_equal(events[3].stored_digest.bytes, first[0].digest.bytes, SHA256_BYTES);
	assert_string_equal(ask("SELECT string_agg(body::text, ' ' ORDER BY seq) FROM effreg.event"), "{} [] {} {} {}");
	fixture_check_log(world.other, world.arena, REGION);
}

static void a_quota_ends_a_day_and_duplicates_are_free(void **state)
{
	NEEDS_DATABASE();
	const struct append_hooks hooks = {.day_bytes_max = 7};
	struct append_event first[] = {fixture_event(1, "{}"), fixture_event(2, "{}")};
	assert_int_equal(append(first, 2, &hooks), STATUS_OK);
	struct append_event events[] = {fixture_event(3, "[1,2]"), fixture_event(1, "{}"), fixture_event(4, "{}"),
	                                fixture_event(3, "[1,2]"), fixture_event(5, "{}")};
	assert_int_equal(append(events, 5, &hooks), STATUS_OK);
	assert_int_equal(events[0].result, APPEND_OVER_QUOTA);
	check_outcome(&events[1], APPEND_DUPLICATE, 1);
	check_outcome(&events[2], APPEND_STORED, 3);
	assert_int_equal(events[3].result, APPEND_OVER_QUOTA);
	assert_int_equal(events[4].result, APPEND_OVER_QUOTA);
	assert_string_equal(ask("SELECT day_bytes FROM effreg.event_head"), "6");
	fixture_check_log(world.other, world.arena, REGION);
	ask("UPDATE effreg.event_head SET recorded_time = recorded_time - interval '1 day' RETURNING 1");
	assert_int_equal(append(&events[0], 1, &hooks), STATUS_OK);
	assert_int_equal(events[0].result, APPEND_STORED);  /* another day */
	assert_string_equal(ask("SELECT day_bytes FROM effreg.event_head"), "5");
}

static void an_id_twice_in_a_batch_is_stored_once(void **state)
{
	NEEDS_DATABASE();
	struct append_event events[] = {fixture_event(1, "{}"), fixture_event(2, "{}"), fixture_event(1, "{}"),
	                                fixture_event(1, "[]"), fixture_event(3, "{}"), fixture_event(1, "{}")};
	assert_int_equal(append(events, ARRAY_COUNT(events), NULL), STATUS_OK);
	check_outcome(&events[0], APPEND_STORED, 1);
	check_outcome(&events[1], APPEND_STORED, 2);
	check_outcome(&events[2], APPEND_DUPLICATE, 1);
	check_outcome(&events[3], APPEND_CONFLICT, 1);
	check_outcome(&events[4], APPEND_STORED, 3);
	check_outcome(&events[5], APPEND_DUPLICATE, 1);
	assert_memory_equal(events[3].stored_digest.bytes, events[0].digest.bytes, SHA256_BYTES);
	assert_string_equal(stored_count(), "3");
}

/* The first of the batch may be the wrong one, and what is stored decides. */
static void an_id_twice_in_a_batch_is_compared_with_what_is_stored(void **state)
{
	NEEDS_DATABASE();
	struct append_event stored = fixture_event(1, "{}");
	assert_int_equal(append(&stored, 1, NULL), STATUS_OK);
	struct append_event events[] = {fixture_event(1, "[]"), fixture_event(1, "{}"), fixture_event(2, "{}"), fixture_event(1, "[]")};
	assert_int_equal(append(events, ARRAY_COUNT(events), NULL), STATUS_OK);
	check_outcome(&events[0], APPEND_CONFLICT, 1);
	check_outcome(&events[1], APPEND_DUPLICATE, 1);
	check_outcome(&events[2], APPEND_STORED, 2);
	check_outcome(&events[3], APPEND_CONFLICT, 1);
	fixture_check_log(world.other, world.arena, REGION);
}

static void an_id_belongs_to_its_region(void **state)
{
	NEEDS_DATABASE();
	struct append_event event = fixture_event(1, "{}");
	assert_int_equal(append(&event, 1, NULL), STATUS_OK);
	event = fixture_event(1, "[]");
	assert_int_equal(stream_append(world.db, "20000001", &event, 1, NULL, world.arena, &world.head), STATUS_OK);
	check_outcome(&event, APPEND_STORED, 1);
}

/* ---- Hooks ---- */

static enum status refuse(void *context, const struct db_rows *rows)
{
	(void)rows;
	(*(int *)context)++;
	return STATUS_FORBIDDEN;
}

static enum status refuse_before_commit(void *context, struct db *db, const struct append_event *events, size_t count)
{
	(void)db;
	(void)events;
	(void)count;
	(*(int *)context)++;
	return STATUS_UNAVAILABLE;
}

static void a_refusing_hook_rolls_everything_back_and_the_id_stays_free(void **state)
{
	NEEDS_DATABASE();
	int calls = 0;
	const struct append_hooks first = {.authorise_sql = "SELECT 1", .authorise = refuse, .context = &calls};
	const struct append_hooks last = {.before_commit = refuse_before_commit, .context = &calls};
	struct append_event event = fixture_event(1, "{}");
	event.sequence = 1;
	assert_int_equal(append(&event, 1, &first), STATUS_FORBIDDEN);
	assert_int_equal(append(&event, 1, &last), STATUS_UNAVAILABLE);
	assert_int_equal(calls, 2);
	assert_string_equal(ask("SELECT (SELECT count(*) FROM effreg.event) + (SELECT count(*) FROM effreg.source)"), "0");
	event = fixture_event(1, "[\"mended\"]");
	assert_int_equal(append(&event, 1, NULL), STATUS_OK);
	check_outcome(&event, APPEND_STORED, 1);
}

/* A writer waits for the head; meanwhile its key is revoked and that is committed. */
struct waiting {
	pthread_t thread;
	struct db *db;
	enum status status;
	const char *seen;
	struct arena *arena;
};

static enum status look_at_note(void *context, const struct db_rows *rows)
{
	struct waiting *waiting = context;
	waiting->seen = arena_text(waiting->arena, db_get_text(rows, 0, 0), db_get_len(rows, 0, 0));
	return STATUS_OK;
}

static void *append_one(void *context)
{
	struct waiting *waiting = context;
	const struct append_hooks hooks = {
		.authorise_sql = "SELECT name_en FROM effreg.region WHERE region_id = '" REGION "'", .authorise = look_at_note, .context = waiting};
	struct append_event event = fixture_event(7, "{}");
	struct append_head head;
	waiting->status = stream_append(waiting->db, REGION, &event, 1, &hooks, waiting->arena, &head);
	return NULL;
}

static struct waiting start_waiting(void)
{
	struct waiting waiting = {.db = fixture_connect(fixture_dsn(), "test-waiting"), .arena = arena_new((size_t)1024 * 1024), .seen = ""};
	fixture_append(world.db, world.arena, REGION, 1, 1);
	fixture_run(world.other, "BEGIN; SELECT FROM effreg.event_head WHERE region_id = '" REGION "' FOR UPDATE");
	return waiting;
}

static void await_waiting(void)
{
	fixture_await(world.db, world.arena, "1",
	              "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test-waiting' AND wait_event_type = 'Lock'");
}

static void end_waiting(struct waiting *waiting)
{
	db_disconnect(&waiting->db);
	arena_destroy(&waiting->arena);
}

static void authorise_sees_what_was_committed_while_waiting(void **state)
{
	NEEDS_DATABASE();
	struct waiting waiting = start_waiting();
	assert_int_equal(pthread_create(&waiting.thread, NULL, append_one, &waiting), 0);
	await_waiting();
	fixture_run(world.other, "UPDATE effreg.region SET name_en = 'changed' WHERE region_id = '" REGION "'; COMMIT");
	pthread_join(waiting.thread, NULL);
	assert_int_equal(waiting.status, STATUS_OK);
	assert_string_equal(waiting.seen, "changed");
	end_waiting(&waiting);
}

static void a_head_that_stays_locked_is_a_retry(void **state)
{
	NEEDS_DATABASE();
	struct waiting waiting = start_waiting();
	append_one(&waiting);
	assert_int_equal(waiting.status, STATUS_RETRY);
	assert_string_equal(db_sqlstate(waiting.db), "55P03");
	fixture_run(world.other, "ROLLBACK");
	append_one(&waiting);
	assert_int_equal(waiting.status, STATUS_OK);
	end_waiting(&waiting);
}

/* ---- Sources ---- */

static void append_numbers(const char *source, const uint64_t *numbers, size_t count)
{
	static unsigned next_id = 1000;
	struct append_event *events = arena_array(world.arena, struct append_event, count);
	for (size_t i = 0; i < count; i++) {
		events[i] = fixture_event(next_id++, "{}");
		events[i].source = source;
		events[i].sequence = numbers[i];
	}
	assert_int_equal(append(events, count, NULL), STATUS_OK);
}

#define APPEND_NUMBERS(source, ...) \
	append_numbers(source, (const uint64_t[]){__VA_ARGS__}, sizeof (const uint64_t[]){__VA_ARGS__} / sizeof(uint64_t))

static const char *received(const char *source)
{
	return fixture_ask(world.other, world.arena, "SELECT received FROM effreg.source WHERE source = '%s'", source);
}

static void the_numbers_of_a_source_leave_their_gaps_visible(void **state)
{
	NEEDS_DATABASE();
	APPEND_NUMBERS("a", 1, 2, 3);
	assert_string_equal(received("a"), "{[1,4)}");
	APPEND_NUMBERS("a", 9, 5, 7, 6);
	assert_string_equal(received("a"), "{[1,4),[5,8),[9,10)}");
	APPEND_NUMBERS("a", 4, 8);
	assert_string_equal(received("a"), "{[1,10)}");
	APPEND_NUMBERS("a", 999999999999999999);
	assert_string_equal(received("a"), "{[1,10),[999999999999999999,1000000000000000000)}");
}

static void sources_are_counted_apart_and_the_unnumbered_not_at_all(void **state)
{
	NEEDS_DATABASE();
	struct append_event events[] = {fixture_event(1, "{}"), fixture_event(2, "{}"), fixture_event(3, "{}"),
	                                fixture_event(4, "{}"), fixture_event(5, "{}"), fixture_event(6, "{}")};
	static const char *const SOURCES[] = {"b", "a", "b", "a", "c", "b"};
	static const uint64_t NUMBERS[] = {2, 1, 1, 3, 0, 2};
	for (size_t i = 0; i < ARRAY_COUNT(events); i++) {
		events[i].source = SOURCES[i];
		events[i].sequence = NUMBERS[i];
	}
	assert_int_equal(append(events, ARRAY_COUNT(events), NULL), STATUS_OK);
	assert_string_equal(received("a"), "{[1,2),[3,4)}");
	assert_string_equal(received("b"), "{[1,3)}");
	assert_string_equal(ask("SELECT count(*) FROM effreg.source"), "2");
}

static void a_conflict_does_not_count_as_received(void **state)
{
	NEEDS_DATABASE();
	struct append_event event = fixture_event(1, "{}");
	assert_int_equal(append(&event, 1, NULL), STATUS_OK);
	event = fixture_event(1, "[]");
	event.sequence = 1;
	assert_int_equal(append(&event, 1, NULL), STATUS_OK);
	check_outcome(&event, APPEND_CONFLICT, 1);
	assert_string_equal(ask("SELECT count(*) FROM effreg.source"), "0");
}

/* ---- COMMIT ---- */

static void make_commit(const char *statement)
{
	fixture_run(world.other, arena_printf(world.arena,
		"CREATE OR REPLACE FUNCTION public.at_commit() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN %s; RETURN NULL; END$$;"
		"CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON effreg.event DEFERRABLE INITIALLY DEFERRED"
		" FOR EACH ROW EXECUTE FUNCTION public.at_commit()", statement));
}

static enum status fail_silently(void *context, struct db *db, const struct append_event *events, size_t count)
{
	(void)context;
	(void)events;
	(void)count;
	return db_exec(db, "SELECT 1 / 0") == STATUS_INVALID ? STATUS_OK : STATUS_BUG;
}

static void commit_answered_with_rollback_is_a_retry(void **state)
{
	NEEDS_DATABASE();
	const struct append_hooks hooks = {.before_commit = fail_silently};
	struct append_event event = fixture_event(1, "{}");
	world.head.last_seq = 77;
	assert_int_equal(append(&event, 1, &hooks), STATUS_RETRY);
	assert_int_equal(world.head.last_seq, 77);
	assert_string_equal(stored_count(), "0");
}

static void a_warning_on_commit_is_a_retry_that_finds_duplicates(void **state)
{
	NEEDS_DATABASE();
	struct append_event event = fixture_event(1, "{}");
	make_commit("RAISE WARNING 'canceling wait for synchronous replication'");
	assert_int_equal(append(&event, 1, NULL), STATUS_RETRY);
	assert_string_equal(stored_count(), "1");
	assert_int_equal(append(&event, 1, NULL), STATUS_OK);
	check_outcome(&event, APPEND_DUPLICATE, 1);
}

/* The repeat wrote no event, but it locked the head: it has a transaction id, so its COMMIT waits for disk and standby. */
static void an_append_of_duplicates_still_commits_durably(void **state)
{
	NEEDS_DATABASE();
	fixture_append(world.db, world.arena, REGION, 1, 2);
	const char *before = ask("SELECT xmax FROM effreg.event_head");
	fixture_append(world.db, world.arena, REGION, 1, 2);
	assert_string_not_equal(ask("SELECT xmax FROM effreg.event_head"), before);
}

static void a_session_ended_in_commit_is_an_unknown_outcome_with_nothing_stored(void **state)
{
	NEEDS_DATABASE();
	struct append_event event = fixture_event(1, "{}");
	make_commit("PERFORM pg_terminate_backend(pg_backend_pid())");
	assert_int_equal(append(&event, 1, NULL), STATUS_UNKNOWN_OUTCOME);
	fixture_run(world.other, "DROP TRIGGER at_commit ON effreg.event");
	assert_string_equal(stored_count(), "0");
	assert_int_equal(append(&event, 1, NULL), STATUS_OK);
	check_outcome(&event, APPEND_STORED, 1);
}

/* Cut at every statement of an append, before and after it: the same batch sent again is stored once, whatever was told. Behind the
 * third message, which rolls back what the duplicate spoiled, the append begins again by itself, over another connection if need be. */
#define OF_ROLLBACK 3
static void an_append_cut_anywhere_and_repeated_stores_once(void **state)
{
	NEEDS_DATABASE();
	struct db_proxy *proxy = db_proxy_start(fixture_dsn());
	assert_non_null(proxy);
	struct db *db = fixture_connect(db_proxy_conninfo(proxy), "test-cut");
	unsigned cuts = 0, unknown = 0;
	for (unsigned round = 0, number = 1; number > 0; round++) {
		struct append_event events[] = {fixture_event(10 * round + 10, "{}"), fixture_event(10 * round + 11, "[]"),
		                                fixture_event(10, "{}")};
		enum db_proxy_moment moment = round % 2 == 0 ? DB_PROXY_BEFORE : DB_PROXY_AFTER;
		db_proxy_cut_at(proxy, number, moment);
		enum status status = stream_append(db, REGION, events, 3, NULL, world.arena, &world.head);
		bool cut = db_proxy_has_cut(proxy);
		cuts += cut;
		unknown += status == STATUS_UNKNOWN_OUTCOME;
		assert_int_equal(status_group(status), cut && number != OF_ROLLBACK ? STATUS_GROUP_TRANSIENT : STATUS_GROUP_OK);
		db_proxy_cut_at(proxy, 0, moment);
		assert_int_equal(stream_append(db, REGION, events, 3, NULL, world.arena, &world.head), STATUS_OK);
		assert_int_equal(world.head.last_seq, 2 * (round + 1));
		number = !cut ? 0 : number + round % 2;
	}
	assert_int_equal(unknown, 2);
	assert_true(cuts >= 16);  /* eight messages when an id is a duplicate, each before and after */
	fixture_check_log(world.other, world.arena, REGION);
	db_disconnect(&db);
	db_proxy_stop(&proxy);
}

/* ---- Many writers ---- */

#define WRITERS 8
#define ROUNDS  25
#define BATCH   4

struct writer {
	pthread_t thread;
	unsigned number;
	unsigned regions;
	struct db *db;
	struct arena *arena;
	enum status status;
	bool ordered;
};

/* Half of every batch is what the neighbour writes too. */
static void *write_batches(void *context)
{
	struct writer *writer = context;
	char region[32];
	snprintf(region, sizeof region, "2000000%u", writer->number % writer->regions);
	uint64_t last = 0;
	writer->ordered = true;
	for (unsigned round = 0; round < ROUNDS && writer->status == STATUS_OK; round++) {
		struct append_event events[BATCH];
		struct append_head head;
		for (unsigned i = 0; i < BATCH; i++)
			events[i] = fixture_event(i % 2 == 0 ? 100000 + round * BATCH + i : (writer->number + 1) * 1000 + round * BATCH + i, "{}");
		for (unsigned i = 0; i < BATCH; i++)
			events[i].sequence = i % 2 == 0 ? round * BATCH / 2 + i / 2 + 1 : 0;
		arena_reset(writer->arena);
		do
			writer->status = stream_append(writer->db, region, events, BATCH, NULL, writer->arena, &head);
		while (writer->status == STATUS_RETRY);
		writer->ordered = writer->ordered && events[1].result == APPEND_STORED && events[1].seq > last && head.last_seq >= events[3].seq;
		last = events[3].seq;
	}
	return NULL;
}

static void run_writers(unsigned regions)
{
	struct writer writers[WRITERS];
	for (unsigned i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){.number = i, .regions = regions, .db = fixture_connect(fixture_dsn(), "test-writer"),
		                             .arena = arena_new((size_t)1024 * 1024)};
		assert_int_equal(pthread_create(&writers[i].thread, NULL, write_batches, &writers[i]), 0);
	}
	for (unsigned i = 0; i < WRITERS; i++) {
		pthread_join(writers[i].thread, NULL);
		if (writers[i].status != STATUS_OK)
			fail_msg("writer %u: %s", i, db_error(writers[i].db));
		assert_true(writers[i].ordered);
		db_disconnect(&writers[i].db);
		arena_destroy(&writers[i].arena);
	}
}

static void check_writers(unsigned regions)
{
	unsigned own = WRITERS * ROUNDS * BATCH / 2, shared = regions * ROUNDS * BATCH / 2;
	assert_string_equal(stored_count(), arena_printf(world.arena, "%u", own + shared));
	for (unsigned i = 0; i < regions; i++)
		fixture_check_log(world.other, world.arena, arena_printf(world.arena, "2000000%u", i));
	assert_string_equal(ask("SELECT count(*) FROM effreg.event e JOIN effreg.event p ON p.region_id = e.region_id AND p.seq = e.seq - 1"
	                        " AND p.recorded_time > e.recorded_time"), "0");
	assert_string_equal(ask("SELECT string_agg(DISTINCT received::text, '') FROM effreg.source"),
	                    arena_printf(world.arena, "{[1,%u)}", ROUNDS * BATCH / 2 + 1));
}

static void eight_writers_of_one_region_store_once_and_in_order(void **state)
{
	NEEDS_DATABASE();
	run_writers(1);
	check_writers(1);
}

static void eight_writers_of_several_regions_store_once_and_in_order(void **state)
{
	NEEDS_DATABASE();
	run_writers(3);
	check_writers(3);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbers_are_contiguous_and_the_chain_holds),
		TEST(the_bytes_are_kept_as_they_came),
		TEST(a_batch_of_the_largest_events_is_taken),
		TEST(the_head_that_is_returned_is_the_stored_one),
		TEST(recorded_time_never_decreases),
		TEST(an_unknown_region_gets_no_log),
		TEST(a_repeated_batch_is_all_duplicates),
		TEST(duplicates_conflicts_and_fresh_ones_are_told_apart),
		TEST(a_quota_ends_a_day_and_duplicates_are_free),
		TEST(an_id_twice_in_a_batch_is_stored_once),
		TEST(an_id_twice_in_a_batch_is_compared_with_what_is_stored),
		TEST(an_id_belongs_to_its_region),
		TEST(a_refusing_hook_rolls_everything_back_and_the_id_stays_free),
		TEST(authorise_sees_what_was_committed_while_waiting),
		TEST(a_head_that_stays_locked_is_a_retry),
		TEST(the_numbers_of_a_source_leave_their_gaps_visible),
		TEST(sources_are_counted_apart_and_the_unnumbered_not_at_all),
		TEST(a_conflict_does_not_count_as_received),
		TEST(commit_answered_with_rollback_is_a_retry),
		TEST(a_warning_on_commit_is_a_retry_that_finds_duplicates),
		TEST(an_append_of_duplicates_still_commits_durably),
		TEST(a_session_ended_in_commit_is_an_unknown_outcome_with_nothing_stored),
		TEST(an_append_cut_anywhere_and_repeated_stores_once),
		TEST(eight_writers_of_one_region_store_once_and_in_order),
		TEST(eight_writers_of_several_regions_store_once_and_in_order),
	};
	return cmocka_run_group_tests_name("stream_append", tests, NULL, NULL);
}
