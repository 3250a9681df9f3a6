#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "common/decimal.h"

static decimal d(const char *text)
{
	decimal value = {0};
	if (!decimal_parse(text, &value))
		fail_msg("%s", text);
	return value;
}

static void check(decimal value, const char *expected)
{
	char text[DECIMAL_TEXT_SIZE];
	assert_string_equal(decimal_format(value, text), expected);
}

static void decimals_are_read_and_written_without_needless_zeros(void **state)
{
	static const char *const ROWS[][2] = {
		{"0", "0"}, {"-0", "0"}, {"0.000001", "0.000001"}, {"-0.5", "-0.5"}, {"48.40", "48.4"}, {"-3", "-3"},
		{"100", "100"}, {"1.000000", "1"}, {"9223372036854.775807", "9223372036854.775807"},
		{"-9223372036854.775807", "-9223372036854.775807"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++)
		check(d(ROWS[i][0]), ROWS[i][1]);
}

static void what_is_no_decimal_is_refused(void **state)
{
	static const char *const TEXTS[] = {
		"", "-", ".5", "5.", "+1", "01", "-01", "00", "1.1234567", "1e5", " 1", "1 ", "1,5", "0x1", "--1",
		"9223372036854.775808", "-9223372036854.775808", "9223372036855", "99999999999999999999999999999999999999999",
	};
	(void)state;
	decimal value;
	for (size_t i = 0; i < ARRAY_COUNT(TEXTS); i++) {
		if (decimal_parse(TEXTS[i], &value))
			fail_msg("%s", TEXTS[i]);
	}
}

static void arithmetic_rounds_half_to_even(void **state)
{
	(void)state;
	decimal r;
	assert_true(decimal_add(d("0.1"), d("0.2"), &r));
	check(r, "0.3");
	assert_true(decimal_subtract(d("1"), d("1.000001"), &r));
	check(r, "-0.000001");
	assert_true(decimal_multiply(d("0.000001"), d("0.5"), &r));
	check(r, "0");
	assert_true(decimal_multiply(d("0.000003"), d("0.5"), &r));
	check(r, "0.000002");
	assert_true(decimal_multiply(d("-0.000003"), d("0.5"), &r));
	check(r, "-0.000002");
	assert_true(decimal_multiply(d("3000000"), d("-3000000"), &r));
	check(r, "-9000000000000");
	assert_true(decimal_divide(d("4"), d("7"), &r));
	check(r, "0.571429");
	assert_true(decimal_divide(d("7"), d("-3"), &r));
	check(r, "-2.333333");
	assert_true(decimal_divide(d("0.000005"), d("10"), &r));
	check(r, "0");
	assert_true(decimal_divide(d("0.000015"), d("10"), &r));
	check(r, "0.000002");
}

static void what_goes_out_of_range_is_reported(void **state)
{
	(void)state;
	decimal most = d("9223372036854.775807");
	decimal least = d("-9223372036854.775807");
	decimal r;
	assert_false(decimal_add(most, d("0.000001"), &r));
	assert_false(decimal_subtract(least, d("0.000001"), &r));
	assert_false(decimal_multiply(most, most, &r));
	assert_false(decimal_multiply(most, d("1.1"), &r));
	assert_false(decimal_divide(most, d("0.000001"), &r));
	assert_false(decimal_divide(d("1"), d("0"), &r));
	assert_false(decimal_round(most, 5, &r));
	assert_false(decimal_from_integer(INT64_C(9223372036855), &r));
	assert_true(decimal_from_integer(INT64_C(-9223372036854), &r));
	check(r, "-9223372036854");
}

static void rounding_to_places_is_half_to_even(void **state)
{
	static const struct {
		const char *text;
		unsigned places;
		const char *rounded;
	} ROWS[] = {
		{"0.5", 0, "0"}, {"1.5", 0, "2"}, {"2.5", 0, "2"}, {"-2.5", 0, "-2"}, {"2.500001", 0, "3"},
		{"48.405", 2, "48.4"}, {"48.415", 2, "48.42"}, {"1.234567", 6, "1.234567"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		decimal r;
		assert_true(decimal_round(d(ROWS[i].text), ROWS[i].places, &r));
		check(r, ROWS[i].rounded);
	}
}

static void decimals_are_ordered(void **state)
{
	(void)state;
	assert_true(decimal_compare(d("-1"), d("0.000001")) < 0);
	assert_true(decimal_compare(d("1.0"), d("1")) == 0);
	assert_true(decimal_compare(d("1.000001"), d("1")) > 0);
}

/* The seed is printed and may be given back in EFFREG_TEST_SEED. */
static uint64_t seed_of_this_run(void)
{
	const char *given = getenv("EFFREG_TEST_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 20231;
	print_message("EFFREG_TEST_SEED=%llu\n", (unsigned long long)seed);
	return seed;
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void the_double_of_a_decimal_is_the_nearest(void **state)
{
	(void)state;
	uint64_t random = seed_of_this_run() | 1;
	for (int i = 0; i < 200000; i++) {
		char text[DECIMAL_TEXT_SIZE];
		decimal value = {.millionths = (int64_t)(next_random(&random) >> (i % 60 + 1))};
		if (i % 2 == 0)
			value.millionths = -value.millionths;
		double expected = strtod(decimal_format(value, text), NULL);
		if (decimal_double(value) != expected)
			fail_msg("%s", text);
	}
}

static void doubles_are_printed_rounded_and_bare(void **state)
{
	static const struct {
		double value;
		unsigned places;
		const char *text;
	} ROWS[] = {
		{0.0, 6, "0"}, {-0.0, 3, "0"}, {-0.0004, 3, "0"}, {0.5, 0, "0"}, {1.5, 0, "2"}, {2.5, 0, "2"}, {100.0, 0, "100"},
		{100.0, 2, "100"}, {0.125, 2, "0.12"}, {0.375, 2, "0.38"}, {0.15, 1, "0.1"}, {57.142857142857146, 4, "57.1429"},
		{-3.10, 6, "-3.1"}, {0.1, 15, "0.1"}, {1e22, 2, "10000000000000000000000"}, {99.9999999, 6, "100"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		char text[64];
		assert_true(decimal_format_double(ROWS[i].value, ROWS[i].places, text, sizeof text));
		assert_string_equal(text, ROWS[i].text);
		assert_true(decimal_round_double(ROWS[i].value, ROWS[i].places) == strtod(ROWS[i].text, NULL));
	}
}

static void what_cannot_be_printed_is_reported(void **state)
{
	(void)state;
	char text[400];
	assert_false(decimal_format_double(NAN, 2, text, sizeof text));
	assert_false(decimal_format_double(INFINITY, 2, text, sizeof text));
	assert_false(decimal_format_double(123.0, 2, text, 3));
	assert_true(decimal_format_double(123.0, 2, text, 4));
	assert_true(decimal_format_double(-1.7976931348623157e308, 15, text, sizeof text));
	assert_false(signbit(decimal_round_double(-0.001, 2)));
	assert_true(isnan(decimal_round_double(NAN, 2)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decimals_are_read_and_written_without_needless_zeros),
		cmocka_unit_test(what_is_no_decimal_is_refused),
		cmocka_unit_test(arithmetic_rounds_half_to_even),
		cmocka_unit_test(what_goes_out_of_range_is_reported),
		cmocka_unit_test(rounding_to_places_is_half_to_even),
		cmocka_unit_test(decimals_are_ordered),
		cmocka_unit_test(the_double_of_a_decimal_is_the_nearest),
		cmocka_unit_test(doubles_are_printed_rounded_and_bare),
		cmocka_unit_test(what_cannot_be_printed_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
