/* Correlations, the audit of a methodology and the method lab. EFFREG_TEST_SEED repeats a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "services/ranking/ranking_correlation.h"
#include "services/ranking/ranking_lab.h"
#include "services/ranking/ranking_random.h"
#include "tests/unit/ranking/ranking_cases.h"

#define UNITS 4000

static uint64_t seed;

static double *draw(struct arena *arena, struct ranking_random *random, size_t count)
{
	double *values = arena_array(arena, double, count);
	for (size_t i = 0; i < count; i++)
		values[i] = ranking_random_unit(random);
	return values;
}

static struct ranking_audit audit(struct arena *arena, const struct methodology *methodology, const double *values, size_t units)
{
	const struct ranking_input input = {.units = units, .values = values};
	struct ranking_audit found;
	assert_int_equal(ranking_audit_of(arena, methodology, &input, RANKING_AUDIT_COLLINEAR, RANKING_AUDIT_SILENT, &found, NULL),
	                 STATUS_OK);
	return found;
}

static void a_correlation_is_over_the_rows_that_have_both(void **state)
{
	(void)state;
	static const double A[] = {1, 2, 3, 4, MISSING, 9};
	static const double B[] = {2, 4, 5, 9, 1, MISSING};
	/* Of (1,2) (2,4) (3,5) (4,9): 11 / √(5 · 26). */
	check_numbers("r", &(double){ranking_correlation(A, B, 6)}, &(double){11 / sqrt(130)}, 1);
	assert_true(fabs(ranking_correlation(A, A, 6) - 1) <= 1e-15);
	assert_true(isnan(ranking_correlation(A, (double[]){1, 1, 1, 1, 1, 1}, 6)) && isnan(ranking_correlation(A, B, 2)));
}

/* y = 2a + b + noise that neither has: the first-order indices of a linear function are its squared coefficients over the
 * sum; a parabola has no r, but nothing else decides it. */
static void first_order_shares_of_a_linear_function_are_known(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 0);
	const double *a = draw(*state, &random, UNITS);
	const double *b = draw(*state, &random, UNITS);
	const double *c = draw(*state, &random, UNITS);
	double y[UNITS], parabola[UNITS];
	for (size_t i = 0; i < UNITS; i++) {
		y[i] = 2 * a[i] + b[i] + 0.5 * c[i];
		parabola[i] = (a[i] - 0.5) * (a[i] - 0.5);
	}
	assert_true(fabs(ranking_correlation_ratio(*state, a, y, UNITS) - 4 / 5.25) < 0.05);
	assert_true(fabs(ranking_correlation_ratio(*state, b, y, UNITS) - 1 / 5.25) < 0.05);
	assert_true(fabs(ranking_correlation_ratio(*state, c, y, UNITS) - 0.25 / 5.25) < 0.05);
	assert_true(fabs(ranking_correlation(a, parabola, UNITS)) < 0.1);
	assert_true(ranking_correlation_ratio(*state, a, parabola, UNITS) > 0.97);
	assert_true(ranking_correlation_ratio(*state, b, parabola, UNITS) < 0.05);
	assert_true(isnan(ranking_correlation_ratio(*state, a, y, 8)));
}

#define MEMBERS "\"normalise\":{\"method\":\"min-max\"},\"aggregate\":[{\"method\":\"arithmetic\"}]"

/* u and its double v say the same, w says nothing, x has one unit far out, y runs against all others. */
static void an_audit_finds_what_is_wrong_with_indicators(void **state)
{
	enum { COUNT = 60, INDICATORS = 5 };
	struct ranking_random random;
	ranking_random_init(&random, seed, 1);
	double values[INDICATORS * COUNT];
	for (size_t i = 0; i < COUNT; i++) {
		values[i] = ranking_random_unit(&random) * 10;
		values[COUNT + i] = 3 * values[i] + 1;
		values[2 * COUNT + i] = 7;
		values[3 * COUNT + i] = i == 5 ? 1000 : ranking_random_unit(&random);
		values[4 * COUNT + i] = -values[i] + 0.1 * ranking_random_unit(&random);
	}
	values[3 * COUNT] = values[3 * COUNT + 1] = values[3 * COUNT + 2] = MISSING;
	const struct methodology *methodology = flat_methodology(*state,
		"{\"code\":\"u\",\"parent\":\"index\",\"weight\":3},{\"code\":\"v\",\"parent\":\"index\",\"weight\":3},"
		"{\"code\":\"w\",\"parent\":\"index\"},{\"code\":\"x\",\"parent\":\"index\",\"weight\":2},{\"code\":\"y\",\"parent\":\"index\"}", MEMBERS);
	struct ranking_audit found = audit(*state, methodology, values, COUNT);
	assert_int_equal(found.rated, COUNT);
	assert_true(found.pair_count == 3 && found.pairs[0].a == 0 && found.pairs[0].b == 1 && found.pairs[0].r > 1 - 1e-12);
	assert_true(found.pairs[1].r < -0.99 && found.pairs[2].b == 4 && found.pairs[0].same_parent);
	assert_true(!found.indicators[0].silent && found.indicators[2].silent && found.indicators[4].silent);
	assert_true(found.indicators[3].skewed && !found.indicators[0].skewed);
	check_numbers("missing", &found.indicators[3].missing, &(double){0.05}, 1);
	check_numbers("nominal", &found.indicators[3].nominal, &(double){0.2}, 1);
	double effective = 0;
	for (size_t i = 0; i < INDICATORS; i++)
		effective += isnan(found.indicators[i].effective) ? 0 : found.indicators[i].effective;
	check_numbers("all effective shares", &effective, &(double){1}, 1);
}

static void leaving_out_is_a_methodology_without_the_indicator(void **state)
{
	enum { COUNT = 30 };
	struct ranking_random random;
	ranking_random_init(&random, seed, 2);
	const double *values = draw(*state, &random, 3 * COUNT);
	const struct methodology *all = methodology_of(*state,
		"{\"code\":\"m\",\"version\":1,\"nodes\":[{\"code\":\"r\"},{\"code\":\"a\",\"parent\":\"r\"},{\"code\":\"b\",\"parent\":\"r\",\"weight\":2}],"
		"\"indicators\":[{\"code\":\"u\",\"parent\":\"a\"},{\"code\":\"v\",\"parent\":\"a\"},{\"code\":\"w\",\"parent\":\"b\"}]," MEMBERS "}");
	/* Without w nothing is left of b. */
	const struct methodology *without = flat_methodology(*state,
		"{\"code\":\"u\",\"parent\":\"index\"},{\"code\":\"v\",\"parent\":\"index\"}", MEMBERS);
	struct ranking_audit found = audit(*state, all, values, COUNT);
	struct ranking_scores before = run_columns(*state, all, values, COUNT);
	struct ranking_scores after = run_columns(*state, without, values, COUNT);
	double sum = 0;
	uint32_t most = 0;
	for (size_t i = 0; i < COUNT; i++) {
		uint32_t shift = (uint32_t)abs((int)before.places[i] - (int)after.places[i]);
		sum += shift;
		most = shift > most ? shift : most;
	}
	check_numbers("mean shift", &found.indicators[2].shift_mean, &(double){sum / COUNT}, 1);
	assert_true(most > 0 && found.indicators[2].shift_most == most);
	assert_int_equal(abs((int)before.places[found.indicators[2].shift_unit] - (int)after.places[found.indicators[2].shift_unit]), most);
}

static void the_lab_tells_shifts_movers_and_correlations(void **state)
{
	/* By x: a, b, c, d; by y: d, a, b, c; b has no y. */
	static const double DRAFT[] = {1, MISSING, 2, 9};
	static const double OTHER[] = {9, 5, 4, 1};
	const struct methodology *draft = flat_methodology(*state, "{\"code\":\"y\",\"parent\":\"index\"}", MEMBERS);
	const struct methodology *other = flat_methodology(*state, "{\"code\":\"x\",\"parent\":\"index\"}", MEMBERS);
	const struct ranking_input inputs[2] = {{.units = 4, .values = DRAFT}, {.units = 4, .values = OTHER}};
	struct ranking_lab lab;
	assert_int_equal(ranking_lab_compare(*state, draft, &inputs[0], other, &inputs[1], &lab, NULL), STATUS_OK);
	/* Places by the draft 3, –, 2, 1; by the other 1, 2, 3, 4. */
	assert_true(lab.unit_count == 4 && lab.both == 3 && lab.moved == 3 && lab.shift_most == 3 && lab.shift_mean == 2);
	assert_true(lab.units[0].unit == 3 && lab.units[0].shift == 3);
	assert_true(lab.units[1].unit == 0 && lab.units[1].shift == -2);
	assert_true(lab.units[3].unit == 1 && lab.units[3].place == 0);
	double r = ranking_correlation((double[]){3, 2, 1}, (double[]){1, 3, 4}, 3);
	check_numbers("spearman", &lab.spearman, &r, 1);
	assert_true(fabs(lab.nodes[0] - 1) <= 1e-15 && lab.draft.indicators[0].nominal == 1);
}

int main(void)
{
	const char *given = getenv("EFFREG_TEST_SEED");
	seed = given != NULL ? strtoull(given, NULL, 10) : 20260101;
	print_message("# EFFREG_TEST_SEED=%llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_correlation_is_over_the_rows_that_have_both),
		cmocka_unit_test_setup_teardown(first_order_shares_of_a_linear_function_are_known, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(an_audit_finds_what_is_wrong_with_indicators, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(leaving_out_is_a_methodology_without_the_indicator, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(the_lab_tells_shifts_movers_and_correlations, make_arena, drop_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
