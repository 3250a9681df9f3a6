/* recent: what is kept is found as it came, the bound holds, and what is forgotten is gone. */
#include "services/metrics/recent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#define VOR "20000000"
#define KGD "27000000"
#define LEN 100

static char body[LEN];

static void keep(struct recent *recent, const char *region, uint64_t seq)
{
	snprintf(body, sizeof body, "%s %llu", region, (unsigned long long)seq);
	recent_keep(recent, region, &(struct recent_event){.seq = seq, .recorded_us = (int64_t)seq * 1000, .body = span_of(body, LEN)});
}

static bool holds(const struct recent *recent, const char *region, uint64_t seq)
{
	char expected[LEN];
	struct recent_event event;
	if (!recent_find(recent, region, seq, &event))
		return false;
	snprintf(expected, sizeof expected, "%s %llu", region, (unsigned long long)seq);
	assert_int_equal(event.seq, seq);
	assert_int_equal(event.recorded_us, seq * 1000);
	assert_int_equal(event.body.len, LEN);
	assert_string_equal(event.body.at, expected);
	return true;
}

static void an_event_is_found_as_it_came(void **state)
{
	(void)state;
	struct recent *recent = recent_new((size_t)1024 * 1024);
	for (uint64_t seq = 1; seq <= 3000; seq++) {  /* more than the table has room for at first */
		keep(recent, VOR, seq);
		keep(recent, KGD, seq);
	}
	for (uint64_t seq = 1; seq <= 3000; seq++)
		assert_true(holds(recent, VOR, seq) && holds(recent, KGD, seq));
	assert_false(holds(recent, VOR, 3001));
	assert_false(holds(recent, "30000000", 1));
	recent_destroy(&recent);
	assert_null(recent);
}

static void what_is_kept_twice_is_kept_once(void **state)
{
	(void)state;
	struct recent *recent = recent_new(10000);
	keep(recent, VOR, 7);
	size_t bytes = recent_bytes(recent);
	keep(recent, VOR, 7);
	assert_int_equal(recent_bytes(recent), bytes);
	recent_destroy(&recent);
}

static void the_oldest_go_when_there_are_too_many(void **state)
{
	(void)state;
	struct recent *recent = recent_new(10000);
	for (uint64_t seq = 1; seq <= 500; seq++)
		keep(recent, VOR, seq);
	assert_true(holds(recent, VOR, 1));  /* nothing goes before it is asked for */
	recent_shrink(recent);
	assert_in_range(recent_bytes(recent), 5000, 10000);
	assert_false(holds(recent, VOR, 1));
	assert_true(holds(recent, VOR, 500));
	keep(recent, VOR, 1);
	assert_true(holds(recent, VOR, 1));
	recent_destroy(&recent);
}

static void what_is_larger_than_all_the_room_is_not_kept(void **state)
{
	(void)state;
	struct recent *recent = recent_new(LEN);
	keep(recent, VOR, 1);
	assert_int_equal(recent_bytes(recent), 0);
	assert_false(holds(recent, VOR, 1));
	recent_destroy(&recent);
}

static void a_region_is_forgotten_and_no_other(void **state)
{
	(void)state;
	struct recent *recent = recent_new(100000);
	for (uint64_t seq = 1; seq <= 20; seq++)
		keep(recent, seq % 2 == 0 ? VOR : KGD, seq);
	recent_forget(recent, VOR);
	for (uint64_t seq = 1; seq <= 20; seq++)
		assert_int_equal(holds(recent, seq % 2 == 0 ? VOR : KGD, seq), seq % 2 != 0);
	recent_forget(recent, KGD);
	assert_int_equal(recent_bytes(recent), 0);
	keep(recent, VOR, 21);
	assert_true(holds(recent, VOR, 21));
	recent_destroy(&recent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_found_as_it_came),
		cmocka_unit_test(what_is_kept_twice_is_kept_once),
		cmocka_unit_test(the_oldest_go_when_there_are_too_many),
		cmocka_unit_test(what_is_larger_than_all_the_room_is_not_kept),
		cmocka_unit_test(a_region_is_forgotten_and_no_other),
	};
	return cmocka_run_group_tests_name("recent", tests, NULL, NULL);
}
