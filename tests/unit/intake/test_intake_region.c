/* What waits for each region's log, and whose turn it is. The file is compiled into this program with batches that are numbers of
 * events and nothing else. */
#include "services/intake/intake_region.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static size_t destroyed;

void intake_batch_destroy(struct intake_batch **batch)
{
	*batch = NULL;
	destroyed++;
}

size_t intake_batch_bytes(const struct intake_batch *batch)
{
	return batch->body.len + 1000;
}

static struct intake_regions *regions;
static struct intake_key keys[2];
static struct intake_session sessions[3];
static struct intake_batch batches[16];
static size_t batches_count;

static int set_up(void **state)
{
	(void)state;
	regions = intake_regions_new();
	memset(batches, 0, sizeof batches);
	batches_count = destroyed = 0;
	sessions[0].key = &keys[0];
	sessions[1].key = &keys[0];
	sessions[2].key = &keys[1];
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	intake_regions_destroy(&regions);
	return 0;
}

static struct intake_batch *add(struct intake_region *region, size_t session, size_t events)
{
	struct intake_batch *batch = &batches[batches_count++];
	*batch = (struct intake_batch){.session = &sessions[session], .count = events, .body = span_of("", 100)};
	intake_region_add(region, batch);
	return batch;
}

static void batches_of_a_key_are_taken_together_in_their_order(void **state)
{
	(void)state;
	struct intake_region *region = intake_region_get(regions, "20000000");
	struct intake_batch *first = add(region, 0, 200), *second = add(region, 1, 300), *third = add(region, 0, 1);
	struct intake_batch *foreign = add(region, 2, 1), *last = add(region, 0, 1);
	assert_int_equal(region->bytes, 5 * 1100);
	assert_ptr_equal(intake_region_take(region), first);
	assert_ptr_equal(first->next, second);
	assert_null(second->next);  /* 500 events */
	assert_ptr_equal(intake_region_take(region), third);
	assert_null(third->next);   /* another key's comes next */
	assert_ptr_equal(intake_region_take(region), foreign);
	assert_ptr_equal(intake_region_take(region), last);
	assert_null(intake_region_take(region));
	assert_int_equal(region->waiting_events + region->waiting_bytes, 0);
	intake_region_release(region, first);
	assert_int_equal(region->bytes, 4 * 1100);
	add(region, 0, 7);
	assert_int_equal(intake_region_take(region)->count, 7);
}

static void batches_of_another_token_wait_for_another_append(void **state)
{
	(void)state;
	struct intake_region *region = intake_region_get(regions, "20000000");
	sessions[0].has_token = sessions[1].has_token = true;
	struct intake_batch *first = add(region, 0, 1), *same = add(region, 1, 1);
	assert_ptr_equal(intake_region_take(region), first);
	assert_ptr_equal(first->next, same);
	sessions[1].token.bytes[31] = 1;
	struct intake_batch *mine = add(region, 0, 1), *others = add(region, 1, 1);
	assert_ptr_equal(intake_region_take(region), mine);
	assert_null(mine->next);
	assert_ptr_equal(intake_region_take(region), others);
	sessions[0].has_token = sessions[1].has_token = false;
	sessions[1].token.bytes[31] = 0;
}

static void one_sessions_batches_are_taken_back_and_the_others_stay(void **state)
{
	(void)state;
	struct intake_region *region = intake_region_get(regions, "20000000");
	struct intake_batch *mine = add(region, 0, 1), *others = add(region, 1, 2), *mine_too = add(region, 0, 4);
	assert_ptr_equal(intake_region_take_all(region, &sessions[0]), mine);
	assert_ptr_equal(mine->next, mine_too);
	assert_null(mine_too->next);
	assert_int_equal(region->waiting_events, 2);
	struct intake_batch *late = add(region, 1, 1);
	assert_ptr_equal(intake_region_take_all(region, NULL), others);
	assert_ptr_equal(others->next, late);
	assert_null(region->first);
}

/* Each has its turn, and none a second one before the others had theirs. */
static void regions_are_served_in_turn(void **state)
{
	(void)state;
	static const char *const NAMES[] = {"20000000", "40000000", "45000000"};
	struct intake_region *all[ARRAY_COUNT(NAMES)];
	for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
		all[i] = intake_region_get(regions, NAMES[i]);
		for (size_t batch = 0; batch < 3; batch++)
			add(all[i], 0, STREAM_BATCH_MAX);
		assert_int_equal(intake_region_due(regions, all[i], 1000), 0);
		assert_int_equal(intake_region_due(regions, all[i], 1000), 0);  /* asked twice, it stands there once */
	}
	for (size_t turn = 0; turn < 6; turn++) {
		struct intake_region *region = intake_regions_next(regions, 1000);
		assert_ptr_equal(region, all[turn % ARRAY_COUNT(NAMES)]);
		assert_int_equal(intake_region_due(regions, region, 1000), -1);  /* one append under way */
		assert_non_null(intake_region_take(region));
		region->under_way = false;
		assert_int_equal(intake_region_due(regions, region, 1000), 0);
	}
}

static void a_small_append_waits_for_more_and_a_full_one_does_not(void **state)
{
	(void)state;
	struct intake_region *region = intake_region_get(regions, "20000000");
	add(region, 0, 1);
	assert_int_equal(intake_region_due(regions, region, 1000), 0);  /* at rest: at once */
	assert_ptr_equal(intake_regions_next(regions, 1000), region);
	assert_non_null(intake_region_take(region));
	region->under_way = false;
	assert_int_equal(intake_region_due(regions, region, 1001), -1);  /* nothing waits */
	add(region, 0, 1);
	assert_int_equal(intake_region_due(regions, region, 1001), INTAKE_GATHER_MS - 1);
	assert_null(intake_regions_next(regions, 1001));
	add(region, 0, STREAM_BATCH_MAX - 1);
	assert_int_equal(intake_region_due(regions, region, 1001), 0);
}

static void begin_and_end(struct intake_region *region, int64_t now_ms)
{
	assert_ptr_equal(intake_regions_next(regions, now_ms), region);
	assert_non_null(intake_region_take(region));
	region->under_way = false;
}

static void small_appends_wait_for_those_under_way_and_others_do_not(void **state)
{
	(void)state;
	struct intake_region *small = intake_region_get(regions, "20000000"), *large = intake_region_get(regions, "40000000");
	intake_regions_hold_small(regions, 1000 + INTAKE_SMALL_WAIT_MS);
	add(small, 0, INTAKE_SMALL_EVENTS);
	add(large, 0, INTAKE_SMALL_EVENTS + 1);
	assert_int_equal(intake_region_due(regions, small, 1001), INTAKE_SMALL_WAIT_MS - 1);
	assert_int_equal(intake_region_due(regions, large, 1001), 0);
	begin_and_end(large, 1001);
	assert_null(intake_regions_next(regions, 1001));
	intake_regions_hold_small(regions, 0);
	assert_int_equal(intake_region_due(regions, small, 1001), 0);
	begin_and_end(small, 1001);
	/* Nobody waits for ever for an append that hangs. */
	intake_regions_hold_small(regions, 2000 + INTAKE_SMALL_WAIT_MS);
	add(small, 0, 1);
	assert_int_equal(intake_region_due(regions, small, 2000 + INTAKE_SMALL_WAIT_MS), 0);
}

static void what_is_refused_large_or_failed_is_not_small(void **state)
{
	(void)state;
	struct intake_region *region = intake_region_get(regions, "20000000");
	struct intake_batch *batch = add(region, 0, INTAKE_SMALL_EVENTS);
	assert_true(intake_region_is_small(region, 1000));
	batch->refusals_count = 1;
	assert_false(intake_region_is_small(region, 1000));
	batch->refusals_count = 0;
	region->failures = 1;
	assert_false(intake_region_is_small(region, 1000));
	region->failures = 0;
	region->alone_ms = 1001;
	assert_false(intake_region_is_small(region, 1000));
	assert_true(intake_region_is_small(region, 1001));
	region->waiting_bytes = INTAKE_SMALL_BYTES + 1;
	assert_false(intake_region_is_small(region, 1001));
	region->waiting_bytes = 100;
	add(region, 0, 1);
	assert_false(intake_region_is_small(region, 1001));
}

static void the_small_ones_of_the_ring_are_taken_from_between_the_others(void **state)
{
	(void)state;
	static const char *const NAMES[] = {"20000000", "40000000", "45000000", "46000000"};
	static const size_t EVENTS[] = {1, 500, 2, 500};
	struct intake_region *all[ARRAY_COUNT(NAMES)];
	for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
		all[i] = intake_region_get(regions, NAMES[i]);
		add(all[i], 0, EVENTS[i]);
		assert_int_equal(intake_region_due(regions, all[i], 1000), 0);
	}
	assert_ptr_equal(intake_regions_next_small(regions, 1000), all[0]);
	assert_ptr_equal(intake_regions_next_small(regions, 1000), all[2]);
	assert_true(all[2]->under_way);
	assert_null(intake_regions_next_small(regions, 1000));
	assert_ptr_equal(intake_regions_next(regions, 1000), all[1]);
	assert_ptr_equal(intake_regions_next(regions, 1000), all[3]);
	assert_null(intake_regions_next(regions, 1000));
	/* The ring is whole: who comes now is found. */
	all[2]->under_way = false;
	assert_int_equal(intake_region_due(regions, all[2], 2000), 0);
	assert_ptr_equal(intake_regions_next(regions, 2000), all[2]);
}

static void a_region_that_rests_begins_nothing_before_its_time(void **state)
{
	(void)state;
	struct intake_region *region = intake_region_get(regions, "20000000");
	region->retry_ms = 5000;
	add(region, 0, STREAM_BATCH_MAX);
	assert_int_equal(intake_region_due(regions, region, 4000), 1000);
	assert_null(intake_regions_next(regions, 4000));
	assert_int_equal(intake_region_due(regions, region, 5000), 0);
}

static void there_are_so_many_regions_and_no_more(void **state)
{
	(void)state;
	char name[OKTMO_TEXT_SIZE];
	for (unsigned i = 0; i < INTAKE_REGIONS_MAX; i++) {
		snprintf(name, sizeof name, "%08u", i);
		assert_non_null(intake_region_get(regions, name));
		assert_ptr_equal(intake_region_get(regions, name), intake_region_get(regions, name));
	}
	assert_null(intake_region_get(regions, "99999999"));
}

static void what_waits_when_all_ends_is_released(void **state)
{
	(void)state;
	add(intake_region_get(regions, "20000000"), 0, 1);
	add(intake_region_get(regions, "40000000"), 0, 1);
	intake_regions_destroy(&regions);
	assert_int_equal(destroyed, 2);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(batches_of_a_key_are_taken_together_in_their_order),
		CASE(batches_of_another_token_wait_for_another_append),
		CASE(one_sessions_batches_are_taken_back_and_the_others_stay),
		CASE(regions_are_served_in_turn),
		CASE(a_small_append_waits_for_more_and_a_full_one_does_not),
		CASE(small_appends_wait_for_those_under_way_and_others_do_not),
		CASE(what_is_refused_large_or_failed_is_not_small),
		CASE(the_small_ones_of_the_ring_are_taken_from_between_the_others),
		CASE(a_region_that_rests_begins_nothing_before_its_time),
		CASE(there_are_so_many_regions_and_no_more),
		CASE(what_waits_when_all_ends_is_released),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
