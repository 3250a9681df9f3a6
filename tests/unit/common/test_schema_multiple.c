#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>

#include "common/schema_multiple.h"

struct multiple_case {
	double number;
	double divisor;
	bool holds;
};

static const struct multiple_case CASES[] = {
	{0, 0.1, true},
	{-0.0, 3, true},
	{10, 2, true},
	{-7, 2, false},
	{-8, 2, true},
	{4.5, 1.5, true},
	{35, 1.5, false},
	{0.3, 0.1, true},
	{4.35, 0.01, true},
	{0.0075, 0.0001, true},
	{0.00751, 0.0001, false},
	{12391239123, 1e-8, true},
	{9007199254740991, 2, false},
	{9007199254740992, 2, true},
	{1e308, 0.5, true},
	{1e308, 0.123456789, false},
	{1e308, 3, false},
	{1e308, 1e300, true},
	{1e300, 1e308, false},
	{DBL_MAX, 7, false},
	{5e-324, 5e-324, true},
	{1, 5e-324, true},
	{5e-324, 1, false},
	{1e50, 1099511627776, true},
	{1e39, 1099511627776, false},
	{7e20, 3.5, true},
	{1e-17, 1e-18, true},
	{1e-18, 1e-17, false},
	{0.1, 0.3, false},
};

static void numbers_are_multiples_as_they_are_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		if (schema_is_multiple(CASES[i].number, CASES[i].divisor) != CASES[i].holds)
			fail_msg("%.17g of %.17g should be %d", CASES[i].number, CASES[i].divisor, CASES[i].holds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_are_multiples_as_they_are_written)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
