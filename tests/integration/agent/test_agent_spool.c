/* agent_spool over a real file: what was taken is there after the process, once; what is full says so and drops nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/ambient.h"
#include "services/agent/agent_spool.h"

#define REGION "20000000"
#define SOURCE "ru-vor/portal"
#define ROOM   ((int64_t)1024 * 1024)

struct world {
	char folder[64];
	char path[96];
	struct agent_spool *spool;
	struct fault fault;
	struct spool_batch *batch;
};

static struct world world;

static void open_spool(int64_t bytes_max)
{
	assert_int_equal(agent_spool_open(world.path, REGION, bytes_max, &world.spool, &world.fault), STATUS_OK);
}

/* As after a crash: nothing is written at closing that was not written before. */
static void open_again(int64_t bytes_max)
{
	agent_spool_close(&world.spool);
	open_spool(bytes_max);
}

static int setup(void **state)
{
	(void)state;
	world = (struct world){.folder = "/tmp/effreg-spool.XXXXXX", .batch = calloc(1, sizeof *world.batch)};
	assert_non_null(world.batch);
	assert_non_null(mkdtemp(world.folder));
	snprintf(world.path, sizeof world.path, "%s/spool", world.folder);
	open_spool(ROOM);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	char command[160];
	agent_spool_close(&world.spool);
	free(world.batch);
	snprintf(command, sizeof command, "rm -rf '%s'", world.folder);
	return system(command);
}

/* The event number n of a test: its bytes differ by n, its id too. */
static struct spool_event event_of(unsigned n, char bytes[64])
{
	struct spool_event event = {.source = SOURCE};
	snprintf(bytes, 64, "{\"n\":%u}", n);
	memcpy(event.id.bytes, &n, sizeof n);
	event.bytes = span_of_text(bytes);
	return event;
}

static struct agent_result take(unsigned n)
{
	char bytes[64];
	const struct spool_event event = event_of(n, bytes);
	struct agent_result result;
	assert_int_equal(agent_spool_take(world.spool, &event, 1, &result, &world.fault), STATUS_OK);
	return result;
}

static struct spool_source the_source(void)
{
	struct spool_source sources[AGENT_SOURCES_MAX];
	size_t count;
	assert_int_equal(agent_spool_load_sources(world.spool, sources, &count, &world.fault), STATUS_OK);
	assert_int_equal(count, 1);
	return sources[0];
}

static size_t load(int64_t after)
{
	assert_int_equal(agent_spool_load_batch(world.spool, the_source().source_id, after, world.batch, &world.fault), STATUS_OK);
	return world.batch->batch.count;
}

static void expect_body(const char *text)
{
	assert_int_equal(world.batch->batch.body_bytes, strlen(text));
	assert_memory_equal(world.batch->body, text, strlen(text));
}

static void welcome(uint64_t source_sequence, uint64_t incarnation, bool reopened, size_t expected_again)
{
	const struct push_welcome message = {
		.source_sequence = source_sequence, .memory = {.seq = 1, .incarnation = incarnation}, .reopened = reopened};
	size_t again;
	assert_int_equal(agent_spool_welcome(world.spool, the_source().source_id, &message, &again, &world.fault), STATUS_OK);
	assert_int_equal(again, expected_again);
}

/* Settles what is in world.batch. */
static void settle(const struct push_result *results, uint64_t last_seq)
{
	const struct push_memory memory = {.seq = last_seq, .hash = sha256_of("x", 1), .incarnation = 5};
	size_t later;
	assert_int_equal(agent_spool_settle(world.spool, the_source().source_id, world.batch, results, &memory, 1000000, &later, &world.fault), STATUS_OK);
}

static void store_all(size_t count)
{
	struct push_result results[PUSH_EVENTS_MAX];
	for (size_t i = 0; i < count; i++)
		results[i] = (struct push_result){.outcome = PUSH_STORED, .seq = i + 1};
	assert_int_equal(load(0), count);
	settle(results, count);
}

static void what_was_taken_is_there_after_the_process_in_order_and_numbered(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 3; n++)
		assert_int_equal(take(n).sequence, n);
	open_again(ROOM);
	assert_int_equal(load(0), 3);
	expect_body("{\"sequence\":\"1\",\"n\":1}{\"sequence\":\"2\",\"n\":2}{\"sequence\":\"3\",\"n\":3}");
	assert_int_equal(load(world.batch->places[1]), 1);
	assert_int_equal(take(4).sequence, 4);
}

static void the_same_bytes_are_a_duplicate_and_others_a_conflict(void **state)
{
	(void)state;
	char bytes[64];
	struct agent_result result;
	struct spool_event event = event_of(1, bytes);
	take(1);
	result = take(1);
	assert_int_equal(result.outcome, AGENT_DUPLICATE);
	assert_int_equal(result.sequence, 1);
	event.bytes = span_of_text("{\"n\": 1}");
	assert_int_equal(agent_spool_take(world.spool, &event, 1, &result, &world.fault), STATUS_OK);
	assert_int_equal(result.outcome, AGENT_REFUSED);
	assert_string_equal(result.fault.code, "conflict");
	assert_int_equal(agent_spool_counts(world.spool).waiting, 1);
}

static void an_event_keeps_the_number_it_brings(void **state)
{
	(void)state;
	char bytes[64];
	struct agent_result result;
	struct spool_event event = event_of(1, bytes);
	event.sequence = 40;
	assert_int_equal(agent_spool_take(world.spool, &event, 1, &result, &world.fault), STATUS_OK);
	load(0);
	expect_body("{\"n\":1}");
	assert_int_equal(take(2).sequence, 41);
}

static void a_full_spool_turns_a_batch_away_whole_and_keeps_what_it_has(void **state)
{
	(void)state;
	char bytes[64];
	struct spool_event events[2];
	struct agent_result results[2];
	take(1);
	open_again(2 * (int64_t)strlen("{\"sequence\":\"1\",\"n\":1}"));
	events[0] = event_of(2, bytes);
	char more[64];
	events[1] = event_of(3, more);
	assert_int_equal(agent_spool_take(world.spool, events, 2, results, &world.fault), STATUS_TOO_LARGE);
	assert_string_equal(world.fault.code, "spool_full");
	assert_int_equal(agent_spool_counts(world.spool).waiting, 1);
	/* A duplicate needs no room, and one event fits still. */
	assert_int_equal(take(1).outcome, AGENT_DUPLICATE);
	assert_int_equal(take(2).sequence, 2);
	assert_int_equal(agent_spool_take(world.spool, &events[1], 1, results, &world.fault), STATUS_TOO_LARGE);
	store_all(2);
	size_t released;
	assert_int_equal(agent_spool_release(world.spool, 1000001, &released, &world.fault), STATUS_OK);
	assert_int_equal(released, 2);
	assert_int_equal(take(3).sequence, 3);
}

static void an_answer_settles_each_event_by_its_outcome(void **state)
{
	(void)state;
	const struct push_result results[] = {
		{.outcome = PUSH_STORED, .seq = 7},
		{.outcome = PUSH_REJECTED, .code = "schema", .pointer = "/data", .text = "no"},
		{.outcome = PUSH_REJECTED, .code = "over_quota"},
		{.outcome = PUSH_DUPLICATE, .seq = 3},
	};
	struct arena *arena = arena_new(65536);
	struct spool_refusal refusals[4];
	size_t count;
	for (unsigned n = 1; n <= 4; n++)
		take(n);
	load(0);
	settle(results, 9);
	open_again(ROOM);
	const struct spool_counts counts = agent_spool_counts(world.spool);
	assert_int_equal(counts.waiting, 1);
	assert_int_equal(counts.stored, 2);
	assert_int_equal(counts.refused, 1);
	assert_int_equal(load(0), 1);
	expect_body("{\"sequence\":\"3\",\"n\":3}");
	assert_int_equal(the_source().memory.seq, 9);
	assert_int_equal(the_source().memory.incarnation, 5);
	assert_int_equal(agent_spool_load_refusals(world.spool, arena, 4, refusals, &count, &world.fault), STATUS_OK);
	assert_int_equal(count, 1);
	assert_string_equal(refusals[0].code, "schema");
	assert_int_equal(refusals[0].sequence, 2);
	/* Its id is free: the mended event may use it. */
	assert_int_equal(take(2).outcome, AGENT_ACCEPTED);
	arena_destroy(&arena);
}

static void what_was_let_go_is_still_known(void **state)
{
	(void)state;
	size_t released;
	take(1);
	store_all(1);
	assert_int_equal(agent_spool_release(world.spool, 999999, &released, &world.fault), STATUS_OK);
	assert_int_equal(released, 0);
	assert_int_equal(agent_spool_release(world.spool, 1000001, &released, &world.fault), STATUS_OK);
	assert_int_equal(released, 1);
	assert_int_equal(agent_spool_counts(world.spool).bytes, 0);
	open_again(ROOM);
	assert_int_equal(take(1).outcome, AGENT_DUPLICATE);
}

static void a_reopened_log_gets_again_what_it_lacks(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 5; n++)
		take(n);
	welcome(0, 1, false, 0);
	store_all(5);
	welcome(5, 1, false, 0);
	assert_int_equal(load(0), 0);
	welcome(2, 2, true, 3);
	assert_int_equal(load(0), 3);
	expect_body("{\"sequence\":\"3\",\"n\":3}{\"sequence\":\"4\",\"n\":4}{\"sequence\":\"5\",\"n\":5}");
	assert_int_equal(the_source().memory.incarnation, 2);
}

static void a_new_spool_numbers_behind_what_the_centre_has(void **state)
{
	(void)state;
	take(1);
	take(2);
	welcome(98, 1, false, 0);
	assert_int_equal(load(0), 2);
	expect_body("{\"sequence\":\"99\",\"n\":1}{\"sequence\":\"100\",\"n\":2}");
	assert_int_equal(take(3).sequence, 101);
	/* Once only: from now on the numbers are ours. */
	welcome(99, 1, false, 0);
	assert_int_equal(load(0), 3);
	expect_body("{\"sequence\":\"99\",\"n\":1}{\"sequence\":\"100\",\"n\":2}{\"sequence\":\"101\",\"n\":3}");
}

static void a_spool_belongs_to_one_region_and_one_process(void **state)
{
	(void)state;
	struct agent_spool *other;
	assert_int_equal(agent_spool_open(world.path, REGION, ROOM, &other, &world.fault), STATUS_UNAVAILABLE);
	agent_spool_close(&world.spool);
	assert_int_equal(agent_spool_open(world.path, "68000000", ROOM, &other, &world.fault), STATUS_INVALID);
	open_spool(ROOM);
}

static void an_agent_has_at_most_so_many_sources(void **state)
{
	(void)state;
	char bytes[64], source[32];
	struct agent_result result;
	for (unsigned n = 0; n <= AGENT_SOURCES_MAX; n++) {
		struct spool_event event = event_of(n, bytes);
		snprintf(source, sizeof source, "s%u", n);
		event.source = source;
		assert_int_equal(agent_spool_take(world.spool, &event, 1, &result, &world.fault), STATUS_OK);
		assert_int_equal(result.outcome, n < AGENT_SOURCES_MAX ? AGENT_ACCEPTED : AGENT_REFUSED);
	}
	assert_string_equal(result.fault.code, "forbidden_source");
}

static void another_file_is_no_spool(void **state)
{
	(void)state;
	char path[128];
	struct agent_spool *other;
	snprintf(path, sizeof path, "%s/other", world.folder);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	for (int i = 0; i < 1000; i++)
		fputs("this is no database\n", file);
	fclose(file);
	assert_int_not_equal(agent_spool_open(path, REGION, ROOM, &other, &world.fault), STATUS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_taken_is_there_after_the_process_in_order_and_numbered, setup, teardown),
		cmocka_unit_test_setup_teardown(the_same_bytes_are_a_duplicate_and_others_a_conflict, setup, teardown),
		cmocka_unit_test_setup_teardown(an_event_keeps_the_number_it_brings, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_spool_turns_a_batch_away_whole_and_keeps_what_it_has, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_settles_each_event_by_its_outcome, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_let_go_is_still_known, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reopened_log_gets_again_what_it_lacks, setup, teardown),
		cmocka_unit_test_setup_teardown(a_new_spool_numbers_behind_what_the_centre_has, setup, teardown),
		cmocka_unit_test_setup_teardown(a_spool_belongs_to_one_region_and_one_process, setup, teardown),
		cmocka_unit_test_setup_teardown(an_agent_has_at_most_so_many_sources, setup, teardown),
		cmocka_unit_test_setup_teardown(another_file_is_no_spool, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
