/* Sensitivity: functions whose indices are known. EFFREG_TEST_SEED repeats a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "services/ranking/ranking_random.h"
#include "services/ranking/ranking_sobol.h"

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define ROWS        6000
#define FACTORS     3
#define NEAR        0.05  /* more than four standard errors of an index over ROWS rows */
#define PI          3.14159265358979323846

static uint64_t seed;

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

static void draw_factors(uint64_t row, const uint8_t *from_b, double *ret_factors)
{
	for (size_t i = 0; i < FACTORS; i++) {
		struct ranking_random random;
		ranking_random_init(&random, seed, row * 16 + i * 2 + from_b[i]);
		ret_factors[i] = ranking_random_unit(&random);
	}
}

/* Two figures: 3x + 2y + z of uniform factors (variances 9, 4 and 1 twelfths), and one that is always 5. */
static void draw_linear(void *context, uint64_t row, const uint8_t *from_b, double *ret_figures)
{
	(void)context;
	double x[FACTORS];
	draw_factors(row, from_b, x);
	ret_figures[0] = 3 * x[0] + 2 * x[1] + x[2];
	ret_figures[1] = 5;
}

/* Ishigami and Homma, 1990, with a = 7 and b = 0.1: factors uniform in [−π, π]. */
static void draw_ishigami(void *context, uint64_t row, const uint8_t *from_b, double *ret_figures)
{
	(void)context;
	double x[FACTORS];
	draw_factors(row, from_b, x);
	for (size_t i = 0; i < FACTORS; i++)
		x[i] = (2 * x[i] - 1) * PI;
	ret_figures[0] = sin(x[0]) + 7 * sin(x[1]) * sin(x[1]) + 0.1 * pow(x[2], 4) * sin(x[0]);
}

static double indices_of(struct arena *arena, ranking_sobol_draw *draw, size_t figures, size_t figure, size_t resamples,
                         struct ranking_sobol_index *ret_indices)
{
	const struct ranking_sobol_plan plan = {.factors = FACTORS, .figures = figures, .rows = ROWS, .draw = draw};
	double *rows = arena_array(arena, double, ROWS * ranking_sobol_row_size(&plan));
	for (size_t i = 0; i < ROWS; i++)
		ranking_sobol_row(&plan, NULL, i, &rows[i * ranking_sobol_row_size(&plan)]);
	return ranking_sobol_indices(arena, &plan, rows, figure, resamples, seed, ret_indices);
}

static void a_linear_function_has_its_known_indices(void **state)
{
	static const double SHARES[FACTORS] = {9.0 / 14, 4.0 / 14, 1.0 / 14};
	struct ranking_sobol_index indices[FACTORS];
	double variance = indices_of(*state, draw_linear, 2, 0, 200, indices);
	assert_true(fabs(variance - 14.0 / 12) < NEAR);
	for (size_t i = 0; i < FACTORS; i++) {
		assert_true(fabs(indices[i].first - SHARES[i]) < NEAR);
		assert_true(fabs(indices[i].total - SHARES[i]) < NEAR);
		assert_true(indices[i].first_lo < indices[i].first && indices[i].first < indices[i].first_hi);
		assert_true(indices[i].total_lo < indices[i].total && indices[i].total < indices[i].total_hi);
		assert_true(indices[i].total_hi - indices[i].total_lo < 2 * NEAR);
	}
}

static void interactions_show_in_the_total_index_alone(void **state)
{
	static const double FIRST[FACTORS] = {0.3139, 0.4424, 0};
	static const double TOTAL[FACTORS] = {0.5576, 0.4424, 0.2437};
	struct ranking_sobol_index indices[FACTORS];
	(void)indices_of(*state, draw_ishigami, 1, 0, 0, indices);
	for (size_t i = 0; i < FACTORS; i++) {
		assert_true(fabs(indices[i].first - FIRST[i]) < NEAR);
		assert_true(fabs(indices[i].total - TOTAL[i]) < NEAR);
		assert_true(isnan(indices[i].first_lo) && isnan(indices[i].total_hi));
	}
}

static void what_never_varies_has_no_indices(void **state)
{
	struct ranking_sobol_index indices[FACTORS];
	assert_true(indices_of(*state, draw_linear, 2, 1, 100, indices) == 0);
	for (size_t i = 0; i < FACTORS; i++)
		assert_true(isnan(indices[i].first) && isnan(indices[i].total) && isnan(indices[i].first_lo));
}

static double split_of(struct arena *arena, ranking_sobol_draw *draw, const uint8_t *group_of, size_t groups, double *ret_parts)
{
	const struct ranking_sobol_plan plan = {.factors = FACTORS, .figures = draw == draw_linear ? 2 : 1, .rows = ROWS, .draw = draw};
	size_t size = ranking_split_row_size(&plan, groups);
	double *rows = arena_array(arena, double, ROWS * size);
	for (size_t i = 0; i < ROWS; i++)
		ranking_split_row(&plan, NULL, i, group_of, groups, &rows[i * size]);
	return ranking_split(&plan, rows, 0, groups, ret_parts);
}

static void the_parts_of_a_split_sum_to_the_variance(void **state)
{
	static const uint8_t APART[FACTORS] = {0, 1, 2};
	static const uint8_t PAIRED[FACTORS] = {1, 0, 0};
	double parts[FACTORS];
	double variance = split_of(*state, draw_linear, APART, 3, parts);
	assert_true(fabs(parts[0] + parts[1] + parts[2] - variance) < 1e-12 * variance);
	assert_true(fabs(parts[0] - 9.0 / 12) < NEAR && fabs(parts[1] - 4.0 / 12) < NEAR && fabs(parts[2] - 1.0 / 12) < NEAR);
	variance = split_of(*state, draw_linear, PAIRED, 2, parts);
	assert_true(fabs(parts[0] - 5.0 / 12) < NEAR && fabs(parts[0] + parts[1] - variance) < 1e-12 * variance);
}

/* Of Ishigami's function the first and third factor interact alone: they halve it. 13.845 is its variance. */
static void an_interaction_is_shared_by_those_who_take_part(void **state)
{
	static const uint8_t APART[FACTORS] = {0, 1, 2};
	double parts[FACTORS];
	double variance = split_of(*state, draw_ishigami, APART, 3, parts);
	assert_true(fabs(parts[0] / variance - (0.3139 + 0.2437 / 2)) < NEAR);
	assert_true(fabs(parts[1] / variance - 0.4424) < NEAR);
	assert_true(fabs(parts[2] / variance - 0.2437 / 2) < NEAR);
}

int main(void)
{
	const char *given = getenv("EFFREG_TEST_SEED");
	seed = given != NULL ? strtoull(given, NULL, 10) : 20260101;
	print_message("# EFFREG_TEST_SEED=%llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_linear_function_has_its_known_indices, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(interactions_show_in_the_total_index_alone, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(what_never_varies_has_no_indices, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(the_parts_of_a_split_sum_to_the_variance, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(an_interaction_is_shared_by_those_who_take_part, make_arena, drop_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
