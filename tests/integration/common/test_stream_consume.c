/* stream_consumer over a real PostgreSQL: every record takes effect once, whatever becomes of hints, of other instances, of the
 * line and of the process, and a record that fails each time is set aside alone.
 *
 * EFFREG_TEST_SEED=N repeats the random rounds. */
#include "tests/harness/db_proxy.h"
#include "tests/harness/stream_fixture.h"
#include "tests/harness/toy_consumer.h"

#include "common/ambient.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define REGION FIXTURE_REGION
#define BEGIN_TEXT "BEGIN ISOLATION LEVEL READ COMMITTED"

static struct world {
	struct db *db;       /* the consumer's */
	struct db *other;    /* writes the log, asks questions */
	struct arena *arena;
	struct toy toy;
} world;

static int set_up(void **state)
{
	(void)state;
	if (fixture_dsn() == NULL)
		return 0;
	world = (struct world){.arena = arena_new((size_t)64 * 1024 * 1024)};
	world.db = fixture_connect(fixture_dsn(), "test-consume");
	world.other = fixture_connect(fixture_dsn(), "test-other");
	fixture_reset(world.other);
	assert_int_equal(toy_tables(world.other), STATUS_OK);
	return 0;
}

static int set_up_together(void **state)
{
	toy_together = true;
	return set_up(state);
}

static int tear_down(void **state)
{
	(void)state;
	toy_together = false;
	toy_close(&world.toy);
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

static void append_to(const char *region, unsigned first, unsigned count)
{
	fixture_append(world.other, world.arena, region, first, count);
}

static void open_toy(enum stream_poison poison, size_t batch_max)
{
	toy_open(&world.toy, world.db, "toy", poison, batch_max);
}

static void follow(void)
{
	if (toy_follow(&world.toy) != STATUS_OK)
		fail_msg("%s", db_error(world.db));
}

static enum status hint_and_work(struct toy *toy, const char *key)
{
	unsigned turns;
	stream_consumer_hint(toy->consumer, key);
	return stream_consumer_work(toy->consumer, false, 1, &turns);
}

/* Records 1..count of region were each applied once, but for the one without (0 = none), and the sum is theirs. */
static void check_applied(const char *region, unsigned count, unsigned without)
{
	assert_string_equal(
		fixture_ask(world.other, world.arena,
		            "SELECT count(*) || ' ' || count(DISTINCT seq) || ' ' || COALESCE(sum(seq), 0) || ' ' || COALESCE(max(total), 0) ||"
		            " ' ' || (SELECT seq FROM effreg.cursor WHERE consumer = 'toy' AND key = '%s')"
		            " FROM public.toy_applied JOIN public.toy_total USING (consumer, key) WHERE consumer = 'toy' AND key = '%s'", region, region),
		arena_printf(world.arena, "%u %u %u %u %u", count - (without > 0), count - (without > 0), count * (count + 1) / 2 - without,
		             count * (count + 1) / 2 - without, count));
}

static void check_no_attempts(void)
{
	assert_string_equal(ask("SELECT count(*) FROM effreg.attempt"), "0");
}

/* ---- Following ---- */

static void every_record_is_applied_once_in_turns_of_any_size(void **state)
{
	NEEDS_DATABASE();
	static const size_t SIZES[] = {0, 1, 7, 100};
	for (size_t i = 0; i < ARRAY_COUNT(SIZES); i++) {
		fixture_reset(world.other);
		assert_int_equal(toy_tables(world.other), STATUS_OK);
		append_to(REGION, 1, 20);
		append_to("20000001", 1, 5);
		open_toy(STREAM_PARK, SIZES[i]);
		follow();
		append_to(REGION, 21, 15);
		follow();
		check_applied(REGION, 35, 0);
		check_applied("20000001", 5, 0);
		check_no_attempts();
		assert_int_equal(stream_consumer_counts(world.toy.consumer).records, 40);
		assert_int_equal(world.toy.told_seq, 35);
		toy_close(&world.toy);
	}
}

static void hints_may_be_lost_doubled_or_late(void **state)
{
	NEEDS_DATABASE();
	unsigned turns;
	open_toy(STREAM_PARK, 0);
	append_to(REGION, 1, 3);
	for (int i = 0; i < 5; i++)
		stream_consumer_hint(world.toy.consumer, REGION);
	assert_int_equal(stream_consumer_work(world.toy.consumer, false, 100, &turns), STATUS_OK);
	check_applied(REGION, 3, 0);
	append_to(REGION, 4, 3);
	assert_int_equal(stream_consumer_work(world.toy.consumer, false, 100, &turns), STATUS_OK);
	assert_int_equal(turns, 0);
	follow();
	check_applied(REGION, 6, 0);
	assert_int_equal(hint_and_work(&world.toy, REGION), STATUS_OK);
	check_applied(REGION, 6, 0);
	check_no_attempts();
}

static void a_hint_of_nothing_leaves_nothing_behind(void **state)
{
	NEEDS_DATABASE();
	open_toy(STREAM_PARK, 0);
	assert_int_equal(hint_and_work(&world.toy, "20000003"), STATUS_OK);
	assert_int_equal(hint_and_work(&world.toy, "no such key"), STATUS_OK);
	assert_string_equal(ask("SELECT (SELECT count(*) FROM effreg.cursor) + (SELECT count(*) FROM effreg.attempt)"), "0");
	append_to(REGION, 1, 2);
	follow();
	toy_close(&world.toy);
	open_toy(STREAM_PARK, 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(hint_and_work(&world.toy, REGION), STATUS_OK);
	check_no_attempts();
	check_applied(REGION, 2, 0);
}

static void more_hints_than_fit_are_found_by_asking(void **state)
{
	NEEDS_DATABASE();
	unsigned turns = 1;
	char key[32];
	open_toy(STREAM_PARK, 0);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(key, sizeof key, "nothing %u", i);
		stream_consumer_hint(world.toy.consumer, key);
	}
	stream_consumer_hint(world.toy.consumer, "a key that is longer than any key of a stream may be, by some letters");
	append_to(REGION, 1, 2);
	while (turns > 0)
		assert_int_equal(stream_consumer_work(world.toy.consumer, false, 1000, &turns), STATUS_OK);
	follow();
	check_applied(REGION, 2, 0);
}

static void a_gap_is_never_stepped_over(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 5);
	fixture_run(world.other, "DELETE FROM effreg.event WHERE seq = 3");
	open_toy(STREAM_PARK, 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(toy_follow(&world.toy), STATUS_BUG);
	assert_string_equal(ask("SELECT count(*) FROM public.toy_applied"), "0");
	assert_string_equal(ask("SELECT COALESCE(max(attempts), 0) FROM effreg.attempt"), "0");
}

/* ---- Several instances ---- */

static void a_key_held_by_another_instance_is_left_alone(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 2);
	append_to("20000001", 1, 2);
	open_toy(STREAM_PARK, 0);
	follow();
	append_to(REGION, 3, 2);
	append_to("20000001", 3, 2);
	fixture_run(world.other, "BEGIN; SELECT FROM effreg.cursor WHERE key = '" REGION "' FOR UPDATE");
	assert_int_equal(hint_and_work(&world.toy, REGION), STATUS_OK);
	assert_int_equal(hint_and_work(&world.toy, "20000001"), STATUS_OK);
	fixture_run(world.other, "COMMIT");
	check_applied(REGION, 2, 0);
	check_applied("20000001", 4, 0);
	follow();
	check_applied(REGION, 4, 0);
}

/* Would wait for ever: this thread is the one that commits. */
static void nobody_waits_for_an_instance_that_has_moved_a_cursor(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 2);
	open_toy(STREAM_PARK, 0);
	follow();
	append_to(REGION, 3, 2);
	fixture_run(world.db, "SET lock_timeout = '10s'");
	fixture_run(world.other, "BEGIN; UPDATE effreg.cursor SET seq = 3 WHERE key = '" REGION "'");
	assert_int_equal(hint_and_work(&world.toy, REGION), STATUS_OK);
	fixture_run(world.other, "ROLLBACK");
	check_applied(REGION, 2, 0);
	follow();
	check_applied(REGION, 4, 0);
}

/* As if it had moved that long ago. */
static void age_cursors(void)
{
	fixture_run(world.other, "UPDATE effreg.cursor SET updated_time = updated_time - pg_catalog.make_interval(secs => 2.1)");
}

static void a_key_is_left_to_the_instance_that_keeps_it_until_that_stands_still(void **state)
{
	NEEDS_DATABASE();
	unsigned turns;
	struct toy second = {.name = "toy", .keeps_keys = true};
	append_to(REGION, 1, 2);
	world.toy.keeps_keys = true;
	open_toy(STREAM_PARK, 0);
	follow();
	second.db = fixture_connect(fixture_dsn(), "test-second");
	toy_open(&second, second.db, "toy", STREAM_PARK, 0);
	append_to(REGION, 3, 2);
	assert_int_equal(hint_and_work(&second, REGION), STATUS_OK);
	check_applied(REGION, 2, 0);
	assert_int_equal(hint_and_work(&world.toy, REGION), STATUS_OK);
	check_applied(REGION, 4, 0);
	/* Left for a while, it is not even asked for. */
	append_to(REGION, 5, 2);
	age_cursors();
	assert_int_equal(stream_consumer_work(second.consumer, true, 4, &turns), STATUS_OK);
	assert_int_equal(turns, 0);
	/* A third one finds it standing still. */
	toy_close(&second);
	toy_open(&second, second.db, "toy", STREAM_PARK, 0);
	assert_int_equal(stream_consumer_work(second.consumer, true, 4, &turns), STATUS_OK);
	check_applied(REGION, 6, 0);
	/* And now the first leaves it to that one. */
	append_to(REGION, 7, 2);
	assert_int_equal(hint_and_work(&world.toy, REGION), STATUS_OK);
	check_applied(REGION, 6, 0);
	assert_int_equal(hint_and_work(&second, REGION), STATUS_OK);
	check_applied(REGION, 8, 0);
	check_no_attempts();
	toy_close(&second);
	db_disconnect(&second.db);
}

static void memory_is_forgotten_when_another_instance_moved_the_cursor(void **state)
{
	NEEDS_DATABASE();
	struct toy second = {.name = "toy"};
	struct db *db = fixture_connect(fixture_dsn(), "test-second");
	append_to(REGION, 1, 2);
	open_toy(STREAM_PARK, 0);
	toy_open(&second, db, "toy", STREAM_PARK, 0);
	follow();
	unsigned forgets = world.toy.forgets;
	append_to(REGION, 3, 1);
	follow();
	assert_int_equal(world.toy.forgets, forgets);
	append_to(REGION, 4, 1);
	assert_int_equal(toy_follow(&second), STATUS_OK);
	append_to(REGION, 5, 1);
	follow();
	assert_int_equal(world.toy.forgets, forgets + 1);
	check_applied(REGION, 5, 0);
	toy_close(&second);
	db_disconnect(&db);
}

#define KEYS    3
#define RECORDS 120
#define BATCHES 12

struct instance {
	pthread_t thread;
	struct toy toy;
	unsigned seed;
	atomic_bool *done;
	enum status status;
};

/* Hints come too often, not at all, or for the wrong key. */
static void *follow_wildly(void *context)
{
	struct instance *instance = context;
	unsigned turns;
	while (!atomic_load(instance->done) && status_group(instance->status) != STATUS_GROUP_BUG) {
		char key[32];
		snprintf(key, sizeof key, "2000000%d", rand_r(&instance->seed) % (KEYS + 1));
		if (rand_r(&instance->seed) % 2 == 0)
			stream_consumer_hint(instance->toy.consumer, key);
		instance->status = stream_consumer_work(instance->toy.consumer, rand_r(&instance->seed) % 3 == 0,
		                                        1 + (unsigned)rand_r(&instance->seed) % 4, &turns);
	}
	return NULL;
}

static void run_instances(unsigned count, unsigned seed)
{
	static const char DONE_SQL[] = "SELECT count(*) FROM effreg.cursor WHERE consumer = 'toy' AND seq = 120";
	struct instance instances[4] = {0};
	atomic_bool done = false;
	for (unsigned i = 0; i < count; i++) {
		instances[i] = (struct instance){.seed = seed + i, .done = &done};
		toy_open(&instances[i].toy, fixture_connect(fixture_dsn(), "test-instance"), "toy", STREAM_PARK, 5);
		assert_int_equal(pthread_create(&instances[i].thread, NULL, follow_wildly, &instances[i]), 0);
	}
	for (unsigned batch = 0; batch < BATCHES; batch++) {
		for (unsigned key = 0; key < KEYS; key++)
			append_to(arena_printf(world.arena, "2000000%u", key), 1 + batch * (RECORDS / BATCHES), RECORDS / BATCHES);
	}
	fixture_await(world.other, world.arena, "3", DONE_SQL);
	atomic_store(&done, true);
	for (unsigned i = 0; i < count; i++) {
		pthread_join(instances[i].thread, NULL);
		assert_int_equal(instances[i].status, STATUS_OK);
		toy_close(&instances[i].toy);
		db_disconnect(&instances[i].toy.db);
	}
}

static unsigned random_seed(void)
{
	const char *text = getenv("EFFREG_TEST_SEED");
	unsigned seed = text != NULL ? (unsigned)strtoul(text, NULL, 10) : (unsigned)ambient_now_us();
	print_message("# EFFREG_TEST_SEED=%u\n", seed);
	return seed;
}

static void check_instances(unsigned count)
{
	run_instances(count, random_seed());
	for (unsigned key = 0; key < KEYS; key++)
		check_applied(arena_printf(world.arena, "2000000%u", key), RECORDS, 0);
	check_no_attempts();
}

static void two_instances_share_the_keys_and_apply_once(void **state)
{
	NEEDS_DATABASE();
	check_instances(2);
}

static void four_instances_share_the_keys_and_apply_once(void **state)
{
	NEEDS_DATABASE();
	check_instances(4);
}

static void hold_cursor(void *context)
{
	(void)context;
	if (db_exec(world.other, "BEGIN; SELECT FROM effreg.cursor WHERE key = '" REGION "' FOR UPDATE") != STATUS_OK)
		abort();
}

/* Counted, then another instance has the key: the attempt never began. */
static void an_attempt_that_finds_the_key_taken_is_given_back(void **state)
{
	NEEDS_DATABASE();
	struct db_proxy *proxy = db_proxy_start(fixture_dsn());
	assert_non_null(proxy);
	db_disconnect(&world.db);
	world.db = fixture_connect(db_proxy_conninfo(proxy), "test-consume");
	append_to(REGION, 1, 3);
	open_toy(STREAM_PARK, 0);
	for (int i = 0; i < 2 * STREAM_ATTEMPTS_MAX; i++) {
		db_proxy_call_on(proxy, BEGIN_TEXT, 2, hold_cursor, NULL);
		assert_int_equal(hint_and_work(&world.toy, REGION), STATUS_OK);
		assert_true(db_proxy_has_cut(proxy));
		fixture_run(world.other, "COMMIT");
		assert_string_equal(ask("SELECT attempts FROM effreg.attempt"), "0");
	}
	follow();
	check_applied(REGION, 3, 0);
	check_no_attempts();
	toy_close(&world.toy);
	db_disconnect(&world.db);
	db_proxy_stop(&proxy);
}

/* ---- Cut lines and killed processes ---- */

static void forget_round(void)
{
	fixture_reset(world.other);
	assert_int_equal(toy_tables(world.other), STATUS_OK);
	append_to(REGION, 1, 3);
}

static void a_line_cut_at_any_statement_costs_a_repeat(void **state)
{
	NEEDS_DATABASE();
	struct db_proxy *proxy = db_proxy_start(fixture_dsn());
	assert_non_null(proxy);
	db_disconnect(&world.db);
	world.db = fixture_connect(db_proxy_conninfo(proxy), "test-consume");
	unsigned number = 1, rounds = 0;
	for (bool cut = true; cut; rounds++) {
		forget_round();
		open_toy(STREAM_PARK, 2);
		db_proxy_cut_at(proxy, number, rounds % 2 == 0 ? DB_PROXY_BEFORE : DB_PROXY_AFTER);
		enum status status = toy_follow(&world.toy);
		cut = db_proxy_has_cut(proxy);
		assert_true(status == STATUS_OK || (cut && status_group(status) == STATUS_GROUP_TRANSIENT));
		db_proxy_cut_at(proxy, 0, DB_PROXY_BEFORE);
		fixture_await(world.other, world.arena, "0",
		              "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test-consume' AND state LIKE 'idle in%'");
		follow();
		check_applied(REGION, 3, 0);
		check_no_attempts();
		toy_close(&world.toy);
		number += rounds % 2;
	}
	assert_true(rounds > 24);
	db_disconnect(&world.db);
	db_proxy_stop(&proxy);
}

static _Noreturn void live_as_process(const char *conninfo, void (*prepare)(struct toy *toy))
{
	struct toy toy = {.factor = 1};
	struct fault fault;
	setrlimit(RLIMIT_CORE, &(struct rlimit){0});
	if (db_connect(conninfo, "test-process", &toy.db, &fault) != STATUS_OK)
		_exit(3);
	toy_open(&toy, toy.db, "toy", STREAM_PARK, 0);
	if (prepare != NULL)
		prepare(&toy);
	enum status status = toy_follow(&toy);
	while (status_group(status) == STATUS_GROUP_TRANSIENT)
		status = toy_follow(&toy);
	_exit(status == STATUS_OK ? 0 : 2);
}

/* A process of its own that follows the log; its exit status is 0 when nothing is left to do. It begins when a byte comes
 * through the gate, or the gate is closed. */
static pid_t start_process(const char *conninfo, void (*prepare)(struct toy *toy), int *ret_gate)
{
	int gate[2];
	char byte;
	assert_int_equal(pipe(gate), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(gate[1]);
		if (read(gate[0], &byte, 1) < 0)
			_exit(3);
		live_as_process(conninfo, prepare);
	}
	close(gate[0]);
	*ret_gate = gate[1];
	return pid;
}

static pid_t run_process(const char *conninfo, void (*prepare)(struct toy *toy))
{
	int gate;
	pid_t pid = start_process(conninfo, prepare, &gate);
	close(gate);
	return pid;
}

static int end_of(pid_t pid)
{
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void a_process_killed_between_any_two_statements_loses_and_doubles_nothing(void **state)
{
	NEEDS_DATABASE();
	struct db_proxy *proxy = db_proxy_start(fixture_dsn());
	assert_non_null(proxy);
	unsigned number = 1, rounds = 0;
	for (bool killed = true; killed; rounds++) {
		forget_round();
		int gate;
		pid_t pid = start_process(db_proxy_conninfo(proxy), NULL, &gate);
		db_proxy_set_victim(proxy, pid);
		db_proxy_cut_at(proxy, number, rounds % 2 == 0 ? DB_PROXY_BEFORE : DB_PROXY_AFTER);
		close(gate);
		killed = WIFSIGNALED(end_of(pid));
		assert_int_equal(killed, db_proxy_has_cut(proxy));
		fixture_await(world.other, world.arena, "0", "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test-process'");
		open_toy(STREAM_PARK, 0);
		follow();
		check_applied(REGION, 3, 0);
		check_no_attempts();
		toy_close(&world.toy);
		number += rounds % 2;
	}
	assert_true(rounds > 24);
	db_proxy_stop(&proxy);
}

/* ---- Poison ---- */

static void check_parked(const char *error_like)
{
	assert_string_equal(fixture_ask(world.other, world.arena,
		"SELECT seq || ' ' || attempts || ' ' || (parked_time IS NOT NULL)::text || ' ' || (error LIKE '%s')::text"
		" FROM effreg.attempt", error_like), "3 5 true true");
	assert_string_equal(ask("SELECT count(*) FROM effreg.attempt"), "1");
}

static void a_record_that_fails_each_time_is_parked_alone(void **state)
{
	NEEDS_DATABASE();
	static const enum status STATUSES[] = {STATUS_POISON, STATUS_NOT_FOUND, STATUS_INVALID, STATUS_CONFLICT, STATUS_BUG};
	for (size_t i = 0; i < ARRAY_COUNT(STATUSES); i++) {
		forget_round();
		append_to(REGION, 4, 2);
		append_to("20000001", 1, 2);
		world.toy = (struct toy){.bad_seq = 3, .bad_status = STATUSES[i]};
		open_toy(STREAM_PARK, 0);
		follow();
		check_applied(REGION, 5, 3);
		check_applied("20000001", 2, 0);
		check_parked(arena_printf(world.arena, "%s%%", status_text(STATUSES[i])));
		assert_int_equal(world.toy.bad_tries, 1 + STREAM_ATTEMPTS_MAX);
		assert_int_equal(stream_consumer_counts(world.toy.consumer).parked, 1);
		toy_close(&world.toy);
	}
}

static void break_transaction(void *context)
{
	struct db *db = context;
	if (db_exec(db, "SELECT 1 / 0") == STATUS_OK)
		abort();
}

/* Apply says OK, but one of its statements failed: the transaction cannot commit, and the record is to blame. */
static void a_failure_that_apply_swallows_is_the_records_fault(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 5);
	world.toy = (struct toy){.bad_seq = 3, .bad_call = break_transaction, .bad_context = world.db};
	open_toy(STREAM_PARK, 0);
	follow();
	check_applied(REGION, 5, 3);
	check_parked("%aborted%");
}

static void a_record_that_fails_twice_is_applied_the_third_time(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 5);
	fixture_run(world.other, "INSERT INTO effreg.attempt (consumer, stream, key, seq, attempts) VALUES ('toy', 'event', '" REGION "', 1, 4)");
	open_toy(STREAM_PARK, 0);
	follow();
	check_applied(REGION, 5, 0);
	check_no_attempts();
}

static void halting_stays_before_the_record_and_spares_other_keys(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 5);
	append_to("20000001", 1, 2);
	world.toy = (struct toy){.bad_seq = 3, .bad_status = STATUS_POISON};
	open_toy(STREAM_HALT, 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(toy_follow(&world.toy), STATUS_POISON);
	assert_string_equal(ask("SELECT seq FROM effreg.cursor WHERE key = '" REGION "'"), "2");
	assert_string_equal(ask("SELECT seq || ' ' || attempts || ' ' || (parked_time IS NULL)::text FROM effreg.attempt"), "3 5 true");
	assert_int_equal(world.toy.bad_tries, 1 + STREAM_ATTEMPTS_MAX);
	check_applied("20000001", 2, 0);
	world.toy.bad_seq = 0;
	fixture_run(world.other, "DELETE FROM effreg.attempt");
	follow();
	check_applied(REGION, 5, 0);
	check_no_attempts();
}

static void die(void *context)
{
	(void)context;
	abort();
}

static void prepare_to_die(struct toy *toy)
{
	toy->bad_seq = 3;
	toy->bad_call = die;
}

static void a_record_that_kills_the_process_is_parked_after_its_attempts(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 5);
	append_to("20000001", 1, 2);
	unsigned deaths = 0;
	for (;; deaths++) {
		int status = end_of(run_process(fixture_dsn(), prepare_to_die));
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			break;
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
		assert_true(deaths <= 1 + STREAM_ATTEMPTS_MAX);
	}
	assert_int_equal(deaths, 1 + STREAM_ATTEMPTS_MAX);
	check_applied(REGION, 5, 3);
	check_applied("20000001", 2, 0);
	check_parked("the process ended in every attempt");
}

/* ---- Transient failures ---- */

static void transient_failures_do_not_count(void **state)
{
	NEEDS_DATABASE();
	static const enum status STATUSES[] = {STATUS_UNAVAILABLE, STATUS_TIMEOUT, STATUS_RETRY, STATUS_UNKNOWN_OUTCOME};
	append_to(REGION, 1, 3);
	world.toy = (struct toy){.bad_seq = 1};
	open_toy(STREAM_PARK, 0);
	for (size_t i = 0; i < 4 * STREAM_ATTEMPTS_MAX; i++) {
		world.toy.bad_status = STATUSES[i % ARRAY_COUNT(STATUSES)];
		assert_int_equal(toy_follow(&world.toy), world.toy.bad_status);
		assert_string_equal(ask("SELECT attempts FROM effreg.attempt"), "0");
	}
	world.toy.bad_status = STATUS_OK;
	follow();
	check_applied(REGION, 3, 0);
	check_no_attempts();
}

/* Nobody can connect to a database that is shut; world.other is connected already. */
static void allow_connections(bool allowed)
{
	struct db *outside = fixture_connect(arena_printf(world.arena, "%s dbname=postgres", fixture_dsn()), "test-outside");
	fixture_run(outside, arena_printf(world.arena, "ALTER DATABASE \"%s\" ALLOW_CONNECTIONS %s", ask("SELECT current_database()"),
	                                  allowed ? "true" : "false"));
	db_disconnect(&outside);
}

/* The database goes away in the turn and does not come back before the attempt should be given back. */
static void shut_database(void *context)
{
	(void)context;
	allow_connections(false);
	fixture_run(world.other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test-consume'");
}

static int tear_down_open(void **state)
{
	if (fixture_dsn() != NULL)
		allow_connections(true);
	return tear_down(state);
}

static void a_database_that_stays_away_does_not_count_either(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 3);
	world.toy = (struct toy){.bad_seq = 1, .bad_status = STATUS_UNAVAILABLE, .bad_call = shut_database};
	open_toy(STREAM_PARK, 0);
	for (int i = 0; i < STREAM_ATTEMPTS_MAX + 2; i++) {
		assert_int_equal(toy_follow(&world.toy), STATUS_UNAVAILABLE);
		assert_string_equal(ask("SELECT attempts FROM effreg.attempt"), "1");
		assert_int_equal(toy_follow(&world.toy), STATUS_UNAVAILABLE);
		allow_connections(true);
	}
	world.toy.bad_seq = 0;
	follow();
	check_applied(REGION, 3, 0);
	check_no_attempts();
}

/* ---- A stalled instance ---- */

static void stop_here(void *context)
{
	(void)context;
	raise(SIGSTOP);
}

static void prepare_to_stall(struct toy *toy)
{
	toy->bad_seq = 2;
	toy->bad_call = stop_here;
	if (db_exec(toy->db, "SET idle_in_transaction_session_timeout = '300ms'") != STATUS_OK)
		_exit(3);
}

static void a_stalled_instance_gives_its_keys_up_and_applies_nothing_late(void **state)
{
	NEEDS_DATABASE();
	int status;
	append_to(REGION, 1, 3);
	pid_t pid = run_process(fixture_dsn(), prepare_to_stall);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	open_toy(STREAM_PARK, 0);
	assert_int_equal(hint_and_work(&world.toy, REGION), STATUS_OK);
	assert_string_equal(ask("SELECT count(*) FROM public.toy_applied"), "0");
	fixture_await(world.other, world.arena, "0", "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test-process'");
	follow();
	check_applied(REGION, 3, 0);
	append_to(REGION, 4, 2);
	assert_int_equal(kill(pid, SIGCONT), 0);
	assert_int_equal(end_of(pid), 0);
	check_applied(REGION, 5, 0);
	check_no_attempts();
}

/* ---- Several keys in a turn ---- */

static void keys_whose_turns_have_succeeded_share_one(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 2);
	append_to("20000001", 1, 1);
	open_toy(STREAM_PARK, 0);
	follow();
	assert_int_equal(world.toy.togethers, 0);
	append_to(REGION, 3, 40);  /* more than a turn takes of one key */
	append_to("20000001", 2, 2);
	follow();
	assert_int_equal(world.toy.togethers, 1);
	check_applied(REGION, 42, 0);
	check_applied("20000001", 3, 0);
	check_no_attempts();
}

static void a_record_that_fails_among_several_keys_is_parked_alone(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 2);
	append_to("20000001", 1, 1);
	open_toy(STREAM_PARK, 0);
	follow();
	world.toy.bad_seq = 3;
	world.toy.bad_status = STATUS_POISON;
	append_to(REGION, 3, 3);
	append_to("20000001", 2, 1);
	follow();
	assert_int_equal(world.toy.togethers, 1);
	check_applied(REGION, 5, 3);
	check_applied("20000001", 2, 0);
	check_parked("%");
}

static void cut_and_wait(void *context)
{
	(void)context;
	fixture_run(world.other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test-consume'");
}

static void a_line_cut_in_a_turn_of_several_keys_costs_a_repeat(void **state)
{
	NEEDS_DATABASE();
	append_to(REGION, 1, 2);
	append_to("20000001", 1, 1);
	open_toy(STREAM_PARK, 0);
	follow();
	world.toy.bad_seq = 3;
	world.toy.bad_call = cut_and_wait;
	append_to(REGION, 3, 3);
	append_to("20000001", 2, 1);
	assert_int_equal(status_group(toy_follow(&world.toy)), STATUS_GROUP_TRANSIENT);
	world.toy.bad_seq = 0;
	follow();
	check_applied(REGION, 5, 0);
	check_applied("20000001", 2, 0);
	check_no_attempts();
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
#define TEST_TOGETHER(function) \
	{"together: " #function, function, set_up_together, tear_down, NULL}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_TOGETHER(every_record_is_applied_once_in_turns_of_any_size),
		TEST_TOGETHER(a_gap_is_never_stepped_over),
		TEST_TOGETHER(memory_is_forgotten_when_another_instance_moved_the_cursor),
		TEST_TOGETHER(four_instances_share_the_keys_and_apply_once),
		TEST_TOGETHER(a_line_cut_at_any_statement_costs_a_repeat),
		TEST_TOGETHER(a_process_killed_between_any_two_statements_loses_and_doubles_nothing),
		TEST_TOGETHER(transient_failures_do_not_count),
		TEST_TOGETHER(keys_whose_turns_have_succeeded_share_one),
		TEST_TOGETHER(a_record_that_fails_among_several_keys_is_parked_alone),
		TEST_TOGETHER(a_line_cut_in_a_turn_of_several_keys_costs_a_repeat),
		TEST(every_record_is_applied_once_in_turns_of_any_size),
		TEST(hints_may_be_lost_doubled_or_late),
		TEST(a_hint_of_nothing_leaves_nothing_behind),
		TEST(more_hints_than_fit_are_found_by_asking),
		TEST(a_gap_is_never_stepped_over),
		TEST(a_key_held_by_another_instance_is_left_alone),
		TEST(nobody_waits_for_an_instance_that_has_moved_a_cursor),
		TEST(a_key_is_left_to_the_instance_that_keeps_it_until_that_stands_still),
		TEST(memory_is_forgotten_when_another_instance_moved_the_cursor),
		TEST(two_instances_share_the_keys_and_apply_once),
		TEST(four_instances_share_the_keys_and_apply_once),
		TEST(an_attempt_that_finds_the_key_taken_is_given_back),
		TEST(a_line_cut_at_any_statement_costs_a_repeat),
		TEST(a_process_killed_between_any_two_statements_loses_and_doubles_nothing),
		TEST(a_record_that_fails_each_time_is_parked_alone),
		TEST(a_failure_that_apply_swallows_is_the_records_fault),
		TEST(a_record_that_fails_twice_is_applied_the_third_time),
		TEST(halting_stays_before_the_record_and_spares_other_keys),
		TEST(a_record_that_kills_the_process_is_parked_after_its_attempts),
		TEST(transient_failures_do_not_count),
		cmocka_unit_test_setup_teardown(a_database_that_stays_away_does_not_count_either, set_up, tear_down_open),
		TEST(a_stalled_instance_gives_its_keys_up_and_applies_nothing_late),
	};
	return cmocka_run_group_tests_name("stream_consume", tests, NULL, NULL);
}
