/* backoff: waits double to their maximum and are spread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/backoff.h"

static void the_longest_wait_doubles_up_to_the_maximum(void **state)
{
	(void)state;
	struct backoff backoff = {.base_ms = 1000, .max_ms = 15000};
	static const int64_t EXPECTED[] = {1000, 2000, 4000, 8000, 15000, 15000};
	for (size_t i = 0; i < ARRAY_COUNT(EXPECTED); i++)
		assert_int_equal(backoff_next_ms(&backoff, UINT32_MAX), EXPECTED[i]);
}

static void the_shortest_wait_is_half_of_it(void **state)
{
	(void)state;
	struct backoff backoff = {.base_ms = 1000, .max_ms = 15000};
	assert_int_equal(backoff_next_ms(&backoff, 0), 500);
	assert_int_equal(backoff_next_ms(&backoff, 0), 1000);
	assert_in_range(backoff_next_ms(&backoff, UINT32_MAX / 2), 2999, 3000);
}

static void success_begins_anew(void **state)
{
	(void)state;
	struct backoff backoff = {.base_ms = 10, .max_ms = 1000};
	for (int i = 0; i < 100; i++)
		assert_in_range(backoff_next_ms(&backoff, UINT32_MAX), 10, 1000);
	backoff_reset(&backoff);
	assert_int_equal(backoff_next_ms(&backoff, UINT32_MAX), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_wait_doubles_up_to_the_maximum),
		cmocka_unit_test(the_shortest_wait_is_half_of_it),
		cmocka_unit_test(success_begins_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
