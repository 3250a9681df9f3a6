/* Modified z-scores by hand, and what nothing can be said of. */
#include "services/metrics/outlier.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new((size_t)1024 * 1024);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_destroy(&arena);
	return 0;
}

static void the_far_one_stands_apart_and_does_not_hide_itself(void **state)
{
	/* Median 50.5, deviations 2.5 1.5 0.5 0.5 1.5 39.5: MAD 1.5. */
	static const double values[] = {48, 49, 50, 51, 52, 90};
	double scores[6];
	(void)state;
	outlier_scores(arena, values, 6, scores);
	assert_true(fabs(scores[5] - 39.5 * 0.6745 / 1.5) < 1e-9);
	assert_true(outlier_is(scores[5]));
	for (size_t i = 0; i < 5; i++)
		assert_false(outlier_is(scores[i]));
}

static void below_counts_as_above(void **state)
{
	static const double values[] = {50, 51, 52, 53, 54, -20};
	double scores[6];
	(void)state;
	outlier_scores(arena, values, 6, scores);
	assert_true(scores[5] < -OUTLIER_SCORE_MAX);
	assert_true(outlier_is(scores[5]));
}

static void where_most_are_equal_the_mean_deviation_serves(void **state)
{
	/* Median 10 and MAD 0; the mean deviation is 30 / 7. */
	static const double values[] = {10, 10, 10, 10, 10, 10, 40};
	double scores[7];
	(void)state;
	outlier_scores(arena, values, 7, scores);
	assert_true(fabs(scores[6] - 30 / (1.253314 * (30.0 / 7))) < 1e-9);
	assert_true(outlier_is(scores[6]));
	assert_true(scores[0] == 0);
}

static void equal_figures_have_no_outlier(void **state)
{
	static const double values[] = {7, 7, 7, 7, 7};
	double scores[5];
	(void)state;
	outlier_scores(arena, values, 5, scores);
	for (size_t i = 0; i < 5; i++)
		assert_true(scores[i] == 0);
}

static void of_few_figures_nothing_is_said(void **state)
{
	static const double values[] = {1, 2, 3, 1000};
	double scores[4];
	(void)state;
	outlier_scores(arena, values, 4, scores);
	for (size_t i = 0; i < 4; i++)
		assert_true(scores[i] == 0);
	outlier_scores(arena, values, 0, scores);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_far_one_stands_apart_and_does_not_hide_itself),
		cmocka_unit_test(below_counts_as_above),
		cmocka_unit_test(where_most_are_equal_the_mean_deviation_serves),
		cmocka_unit_test(equal_figures_have_no_outlier),
		cmocka_unit_test(of_few_figures_nothing_is_said),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
