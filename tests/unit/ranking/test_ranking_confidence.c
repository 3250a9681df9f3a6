/* Confidence sets for ranks: where the critical value is known, against a plain reading of the procedure over the same
 * draws, and what must hold for any estimates. Random estimates: EFFREG_TEST_SEED repeats a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "services/ranking/ranking_confidence.h"
#include "services/ranking/ranking_normal.h"
#include "services/ranking/ranking_statistics.h"

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define UNITS_MAX   16
#define LEVEL       0.95

static uint64_t seed;

struct sets {
	uint32_t marginal_lo[UNITS_MAX], marginal_hi[UNITS_MAX], lo[UNITS_MAX], hi[UNITS_MAX];
};

static int make_arena(void **state)
{
	*state = arena_new(ARENA_BYTES);
	return 0;
}

static int drop_arena(void **state)
{
	struct arena *arena = *state;
	arena_destroy(&arena);
	return 0;
}

static struct sets sets_of(struct arena *arena, const double *values, const double *ses, size_t count, size_t draws)
{
	struct sets sets = {0};
	const struct ranking_estimates estimates = {.values = values, .ses = ses, .count = count};
	const struct ranking_place_sets marginal = {.lo = sets.marginal_lo, .hi = sets.marginal_hi};
	const struct ranking_place_sets simultaneous = {.lo = sets.lo, .hi = sets.hi};
	ranking_confidence_marginal(arena, &estimates, LEVEL, &marginal);
	ranking_confidence_simultaneous(arena, &estimates, LEVEL, seed, draws, &simultaneous);
	return sets;
}

static void draw_estimates(struct ranking_random *random, double *ret_values, double *ret_ses, size_t count)
{
	ranking_normal_draw(random, ret_values, count);
	for (size_t i = 0; i < count; i++) {
		ret_values[i] *= 4;
		ret_ses[i] = 0.2 + 2 * ranking_random_unit(random);
	}
}

/* Of two units the statistic is one normal: 1.95996 decides at 0.95. */
static void two_units_are_told_apart_beyond_the_normal_quantile(void **state)
{
	static const double SES[] = {3, 4};
	double values[] = {5 * 1.9599, 0};
	struct sets sets = sets_of(*state, values, SES, 2, 200000);
	assert_true(sets.marginal_lo[0] == 1 && sets.marginal_hi[0] == 2 && sets.marginal_lo[1] == 1);
	values[0] = 5 * 1.96;
	sets = sets_of(*state, values, SES, 2, 200000);
	assert_true(sets.marginal_hi[0] == 1 && sets.marginal_lo[1] == 2);
	values[0] = 5 * 1.93;
	sets = sets_of(*state, values, SES, 2, 200000);
	assert_true(sets.hi[0] == 2 && sets.lo[1] == 1);
	values[0] = 5 * 1.99;
	sets = sets_of(*state, values, SES, 2, 200000);
	assert_true(sets.hi[0] == 1 && sets.lo[1] == 2);
}

/* Against two others of equal errors the largest |T| of three units has the quantile 2.2123 (Dunnett, Journal of the
 * American Statistical Association 50, 1955: two comparisons with a control, two-sided, no limit of freedom). A far third
 * unit is found out first; for the pair left over 2.17 is then enough. */
static void a_step_down_finds_what_one_step_leaves_open(void **state)
{
	static const double SES[] = {1, 1, 1};
	const double unit = sqrt(2);
	double values[] = {0, 2.17 * unit, 2.2 * unit};
	struct sets sets = sets_of(*state, values, SES, 3, 100000);
	assert_true(sets.marginal_lo[0] == 1);  /* neither 2.17 nor 2.2 is beyond 2.2123 */
	values[2] = 2.22 * unit;
	sets = sets_of(*state, values, SES, 3, 100000);
	assert_true(sets.marginal_lo[0] == 3);
}

static void equal_estimates_leave_every_place_open(void **state)
{
	static const double VALUES[] = {4, 4, 4, 4};
	static const double SES[] = {0.1, 2, 0.5, 1};
	struct sets sets = sets_of(*state, VALUES, SES, 4, 20000);
	uint32_t places[4];
	const struct ranking_estimates estimates = {.values = VALUES, .ses = SES, .count = 4};
	ranking_confidence_places(&estimates, places);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(places[i], 1);
		assert_true(sets.marginal_lo[i] == 1 && sets.marginal_hi[i] == 4 && sets.lo[i] == 1 && sets.hi[i] == 4);
	}
}

static void ties_share_the_better_place(void **state)
{
	(void)state;
	static const double VALUES[] = {4, 4, 4, 3, 1, 10, 7, 7};
	static const double SES[] = {1, 1, 1, 1, 1, 1, 1, 1};
	static const uint32_t EXPECTED[] = {4, 4, 4, 7, 8, 1, 2, 2};
	uint32_t places[8];
	const struct ranking_estimates estimates = {.values = VALUES, .ses = SES, .count = 8};
	ranking_confidence_places(&estimates, places);
	assert_memory_equal(places, EXPECTED, sizeof EXPECTED);
}

/* ---- the procedure as one reads it: every pair of every draw, over the pairs of `of` or (UNITS_MAX) over all ---- */

struct plain {
	const double *values, *ses;
	size_t count;
	bool standing[UNITS_MAX][UNITS_MAX];
};

static double plain_maximum(const struct plain *plain, const double *z)
{
	double best = -INFINITY;
	for (size_t i = 0; i < plain->count; i++) {
		for (size_t k = 0; k < plain->count; k++) {
			double t = (plain->ses[i] * z[i] - plain->ses[k] * z[k]) / hypot(plain->ses[i], plain->ses[k]);
			best = plain->standing[i][k] && t > best ? t : best;
		}
	}
	return best;
}

static int compare_numbers(const void *a, const void *b)
{
	double left = *(const double *)a;
	double right = *(const double *)b;
	return (left > right) - (left < right);
}

static bool plain_step(struct plain *plain, size_t draws, double *maxima)
{
	for (size_t i = 0; i < draws; i++) {
		double z[UNITS_MAX];
		struct ranking_random random;
		ranking_random_init(&random, seed, i);
		ranking_normal_draw(&random, z, plain->count);
		maxima[i] = plain_maximum(plain, z);
	}
	qsort(maxima, draws, sizeof *maxima, compare_numbers);
	double critical = ranking_quantile(maxima, draws, LEVEL);
	bool rejected = false;
	bool left = false;
	for (size_t i = 0; i < plain->count; i++) {
		for (size_t k = 0; k < plain->count; k++) {
			double t = (plain->values[i] - plain->values[k]) / hypot(plain->ses[i], plain->ses[k]);
			rejected |= plain->standing[i][k] && t > critical;
			plain->standing[i][k] &= t <= critical;
			left |= plain->standing[i][k];
		}
	}
	return rejected && left;
}

static void run_plain(struct arena *arena, struct plain *plain, size_t of, size_t draws)
{
	double *maxima = arena_array(arena, double, draws);
	for (size_t i = 0; i < plain->count; i++) {
		for (size_t k = 0; k < plain->count; k++)
			plain->standing[i][k] = i != k && (of == UNITS_MAX || i == of || k == of);
	}
	while (plain_step(plain, draws, maxima))
		continue;
}

static void plain_set(const struct plain *plain, size_t unit, uint32_t *ret_lo, uint32_t *ret_hi)
{
	*ret_lo = 1;
	*ret_hi = (uint32_t)plain->count;
	for (size_t k = 0; k < plain->count; k++) {
		*ret_lo += k != unit && !plain->standing[k][unit] ? 1 : 0;
		*ret_hi -= k != unit && !plain->standing[unit][k] ? 1 : 0;
	}
}

static void simultaneous_sets_are_those_of_a_plain_search_over_every_pair(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 1000000);
	for (size_t run = 0; run < 12; run++) {
		double values[UNITS_MAX], ses[UNITS_MAX];
		size_t count = 3 + run;
		draw_estimates(&random, values, ses, count);
		struct sets sets = sets_of(*state, values, ses, count, 2000);
		struct plain plain = {.values = values, .ses = ses, .count = count};
		run_plain(*state, &plain, UNITS_MAX, 2000);
		for (size_t unit = 0; unit < count; unit++) {
			uint32_t lo, hi;
			plain_set(&plain, unit, &lo, &hi);
			assert_int_equal(sets.lo[unit], lo);
			assert_int_equal(sets.hi[unit], hi);
		}
	}
}

/* The integral against draws: each bound may differ only where a statistic lies within what 100,000 draws can tell. */
static void marginal_sets_are_what_draws_converge_to(void **state)
{
	static const double VALUES[] = {-3, 0, 0.5, 2.1, 4, 9};
	static const double SES[] = {0.3, 2, 0.5, 1, 0.7, 3};
	struct sets sets = sets_of(*state, VALUES, SES, 6, 1000);
	for (size_t unit = 0; unit < 6; unit++) {
		uint32_t lo, hi;
		struct plain plain = {.values = VALUES, .ses = SES, .count = 6};
		run_plain(*state, &plain, unit, 100000);
		plain_set(&plain, unit, &lo, &hi);
		assert_int_equal(sets.marginal_lo[unit], lo);
		assert_int_equal(sets.marginal_hi[unit], hi);
	}
}

static void a_set_holds_the_place_and_the_simultaneous_one_the_marginal_one(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 2000000);
	for (size_t run = 0; run < 20; run++) {
		double values[UNITS_MAX], ses[UNITS_MAX];
		uint32_t places[UNITS_MAX];
		draw_estimates(&random, values, ses, UNITS_MAX);
		struct sets sets = sets_of(*state, values, ses, UNITS_MAX, 20000);
		const struct ranking_estimates estimates = {.values = values, .ses = ses, .count = UNITS_MAX};
		ranking_confidence_places(&estimates, places);
		for (size_t i = 0; i < UNITS_MAX; i++) {
			assert_true(sets.marginal_lo[i] <= places[i] && places[i] <= sets.marginal_hi[i]);
			assert_true(sets.lo[i] <= sets.marginal_lo[i] && sets.marginal_hi[i] <= sets.hi[i]);
		}
	}
}

static void the_order_and_the_scale_of_the_units_change_no_marginal_set(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 3000000);
	double values[UNITS_MAX], ses[UNITS_MAX], moved_values[UNITS_MAX], moved_ses[UNITS_MAX];
	draw_estimates(&random, values, ses, UNITS_MAX);
	for (size_t i = 0; i < UNITS_MAX; i++) {
		moved_values[(i * 5 + 3) % UNITS_MAX] = values[i] * 1024;
		moved_ses[(i * 5 + 3) % UNITS_MAX] = ses[i] * 1024;
	}
	struct sets sets = sets_of(*state, values, ses, UNITS_MAX, 1000);
	struct sets moved = sets_of(*state, moved_values, moved_ses, UNITS_MAX, 1000);
	for (size_t i = 0; i < UNITS_MAX; i++) {
		assert_int_equal(sets.marginal_lo[i], moved.marginal_lo[(i * 5 + 3) % UNITS_MAX]);
		assert_int_equal(sets.marginal_hi[i], moved.marginal_hi[(i * 5 + 3) % UNITS_MAX]);
	}
}

static void one_unit_has_the_first_place_for_certain(void **state)
{
	static const double VALUES[] = {3};
	static const double SES[] = {1};
	struct sets sets = sets_of(*state, VALUES, SES, 1, 1000);
	assert_true(sets.marginal_lo[0] == 1 && sets.marginal_hi[0] == 1 && sets.lo[0] == 1 && sets.hi[0] == 1);
}

static void drawn_normals_have_the_shares_of_the_distribution(void **state)
{
	enum { DRAWS = 200000 };
	struct ranking_random random;
	double *draws = arena_array(*state, double, DRAWS);
	ranking_random_init(&random, seed, 4000000);
	ranking_normal_draw(&random, draws, DRAWS);
	for (double z = -2.5; z <= 2.5; z += 0.5) {
		size_t below = 0;
		for (size_t i = 0; i < DRAWS; i++)
			below += draws[i] < z ? 1 : 0;
		assert_true(fabs((double)below / DRAWS - ranking_normal_below(z)) < 0.006);  /* more than five standard errors */
	}
	assert_true(fabs(ranking_normal_below(1.959963984540054) - 0.975) < 1e-15);
	assert_true(ranking_normal_below(0) == 0.5 && ranking_normal_below(40) == 1 && ranking_normal_below(-40) == 0);
}

int main(void)
{
	const char *given = getenv("EFFREG_TEST_SEED");
	seed = given != NULL ? strtoull(given, NULL, 10) : 20260101;
	print_message("# EFFREG_TEST_SEED=%llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_units_are_told_apart_beyond_the_normal_quantile, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_step_down_finds_what_one_step_leaves_open, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(equal_estimates_leave_every_place_open, make_arena, drop_arena),
		cmocka_unit_test(ties_share_the_better_place),
		cmocka_unit_test_setup_teardown(simultaneous_sets_are_those_of_a_plain_search_over_every_pair, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(marginal_sets_are_what_draws_converge_to, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_set_holds_the_place_and_the_simultaneous_one_the_marginal_one, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(the_order_and_the_scale_of_the_units_change_no_marginal_set, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(one_unit_has_the_first_place_for_certain, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(drawn_normals_have_the_shares_of_the_distribution, make_arena, drop_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
