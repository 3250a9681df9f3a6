/* Shrinkage: against published analyses, against the equations the estimators solve, and where closed forms are known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "services/ranking/ranking_shrink.h"

#define TRIALS 13

static const enum ranking_shrink_method METHODS[] = {RANKING_SHRINK_DL, RANKING_SHRINK_REML, RANKING_SHRINK_ML,
                                                     RANKING_SHRINK_PM};

/* Log risk ratios of the thirteen trials of a vaccine against tuberculosis (Colditz et al., JAMA 271, 1994): cases and
 * non-cases among the vaccinated, then among the others. */
static void load_trials(double *ret_values, double *ret_ses)
{
	static const double COUNTS[TRIALS][4] = {
		{4, 119, 11, 128}, {6, 300, 29, 274}, {3, 228, 11, 209}, {62, 13536, 248, 12619}, {33, 5036, 47, 5761},
		{180, 1361, 372, 1079}, {8, 2537, 10, 619}, {505, 87886, 499, 87892}, {29, 7470, 45, 7232},
		{17, 1699, 65, 1600}, {186, 50448, 141, 27197}, {5, 2493, 3, 2338}, {27, 16886, 29, 17825},
	};
	for (size_t i = 0; i < TRIALS; i++) {
		const double *c = COUNTS[i];
		ret_values[i] = log(c[0] / (c[0] + c[1]) / (c[2] / (c[2] + c[3])));
		ret_ses[i] = sqrt(1 / c[0] - 1 / (c[0] + c[1]) + 1 / c[2] - 1 / (c[2] + c[3]));
	}
}

static bool near(double value, double expected, double off)
{
	return fabs(value - expected) <= off;
}

/* As R's metafor prints them in its own worked example of these trials. */
static void the_trials_of_the_textbook_have_their_published_variances(void **state)
{
	(void)state;
	static const double TAU2[] = {0.3088, 0.3132, 0.2800, 0.3181};
	double y[TRIALS], se[TRIALS], values[TRIALS], ses[TRIALS];
	load_trials(y, se);
	struct ranking_shrinkage shrinkage = {.values = values, .ses = ses};
	for (size_t i = 0; i < ARRAY_COUNT(METHODS); i++) {
		ranking_shrink(METHODS[i], y, se, TRIALS, &shrinkage);
		assert_true(near(shrinkage.tau2, TAU2[i], 0.00005));
	}
	ranking_shrink(RANKING_SHRINK_REML, y, se, TRIALS, &shrinkage);
	assert_true(near(shrinkage.mean, -0.7145, 0.00005) && near(shrinkage.mean_se, 0.1798, 0.00005));
}

/* P = W − W11'W / Σw, in full. */
static void projection(const double *se, double tau2, double p[TRIALS][TRIALS], double *ret_sum)
{
	double w[TRIALS];
	*ret_sum = 0;
	for (size_t i = 0; i < TRIALS; i++) {
		w[i] = 1 / (se[i] * se[i] + tau2);
		*ret_sum += w[i];
	}
	for (size_t i = 0; i < TRIALS; i++) {
		for (size_t k = 0; k < TRIALS; k++)
			p[i][k] = (i == k ? w[i] : 0) - w[i] * w[k] / *ret_sum;
	}
}

/* The derivative of twice the log likelihood: y'PPy less the trace of P (restricted) or of W. */
static double score(const double *y, const double *se, double tau2, bool restricted)
{
	double p[TRIALS][TRIALS], w;
	projection(se, tau2, p, &w);
	double square = 0;
	double trace = 0;
	for (size_t i = 0; i < TRIALS; i++) {
		double projected = 0;
		for (size_t k = 0; k < TRIALS; k++)
			projected += p[i][k] * y[k];
		square += projected * projected;
		trace += p[i][i];
	}
	return square - (restricted ? trace : w);
}

static double generalised_q(const double *y, const double *se, double tau2)
{
	double p[TRIALS][TRIALS], w;
	double q = 0;
	projection(se, tau2, p, &w);
	for (size_t i = 0; i < TRIALS; i++) {
		for (size_t k = 0; k < TRIALS; k++)
			q += y[i] * p[i][k] * y[k];
	}
	return q;
}

static void iterated_variances_solve_their_equations_to_the_last_digits(void **state)
{
	(void)state;
	double y[TRIALS], se[TRIALS], values[TRIALS], ses[TRIALS];
	load_trials(y, se);
	struct ranking_shrinkage shrinkage = {.values = values, .ses = ses};
	ranking_shrink(RANKING_SHRINK_REML, y, se, TRIALS, &shrinkage);
	assert_true(near(score(y, se, shrinkage.tau2, true), 0, 1e-11));
	ranking_shrink(RANKING_SHRINK_ML, y, se, TRIALS, &shrinkage);
	assert_true(near(score(y, se, shrinkage.tau2, false), 0, 1e-11));
	ranking_shrink(RANKING_SHRINK_PM, y, se, TRIALS, &shrinkage);
	assert_true(near(generalised_q(y, se, shrinkage.tau2), TRIALS - 1, 1e-12 * TRIALS));
}

/* The predictor and its error by their definitions, the uncertainty of the mean included. */
static void what_is_shrunken_is_the_best_linear_unbiased_predictor(void **state)
{
	(void)state;
	double y[TRIALS], se[TRIALS], values[TRIALS], ses[TRIALS];
	load_trials(y, se);
	struct ranking_shrinkage shrinkage = {.values = values, .ses = ses};
	for (size_t m = 0; m < ARRAY_COUNT(METHODS); m++) {
		ranking_shrink(METHODS[m], y, se, TRIALS, &shrinkage);
		for (size_t i = 0; i < TRIALS; i++) {
			double keep = shrinkage.tau2 / (shrinkage.tau2 + se[i] * se[i]);
			double variance = keep * se[i] * se[i] + pow((1 - keep) * shrinkage.mean_se, 2);
			assert_true(near(values[i], keep * y[i] + (1 - keep) * shrinkage.mean, 1e-14));
			assert_true(near(ses[i], sqrt(variance), 1e-14));
		}
	}
}

static void with_equal_errors_every_method_has_its_closed_form(void **state)
{
	(void)state;
	static const double Y[] = {1003, 1001, 1008, 1000, 1013};  /* mean 1005, variance 29.5 */
	static const double SE[] = {2, 2, 2, 2, 2};
	static const double TAU2[] = {25.5, 25.5, 19.6, 25.5};
	double values[5], ses[5];
	struct ranking_shrinkage shrinkage = {.values = values, .ses = ses};
	for (size_t i = 0; i < ARRAY_COUNT(METHODS); i++) {
		ranking_shrink(METHODS[i], Y, SE, 5, &shrinkage);
		assert_true(near(shrinkage.tau2, TAU2[i], 1e-12));
		assert_true(near(shrinkage.mean, 1005, 1e-12));
	}
}

static void estimates_no_further_apart_than_their_errors_are_all_drawn_to_the_mean(void **state)
{
	(void)state;
	static const double Y[] = {10, 11, 9, 10.5};
	static const double SE[] = {3, 4, 5, 3};
	double values[4], ses[4];
	struct ranking_shrinkage shrinkage = {.values = values, .ses = ses};
	for (size_t m = 0; m < ARRAY_COUNT(METHODS); m++) {
		ranking_shrink(METHODS[m], Y, SE, 4, &shrinkage);
		assert_true(shrinkage.tau2 == 0);
		for (size_t i = 0; i < 4; i++)
			assert_true(values[i] == shrinkage.mean && ses[i] == shrinkage.mean_se);
	}
}

static void one_estimate_stays_what_it_is(void **state)
{
	(void)state;
	static const double Y[] = {7};
	static const double SE[] = {2};
	double values[1], ses[1];
	struct ranking_shrinkage shrinkage = {.values = values, .ses = ses};
	for (size_t m = 0; m < ARRAY_COUNT(METHODS); m++) {
		ranking_shrink(METHODS[m], Y, SE, 1, &shrinkage);
		assert_true(shrinkage.tau2 == 0 && values[0] == 7 && ses[0] == 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_trials_of_the_textbook_have_their_published_variances),
		cmocka_unit_test(iterated_variances_solve_their_equations_to_the_last_digits),
		cmocka_unit_test(what_is_shrunken_is_the_best_linear_unbiased_predictor),
		cmocka_unit_test(with_equal_errors_every_method_has_its_closed_form),
		cmocka_unit_test(estimates_no_further_apart_than_their_errors_are_all_drawn_to_the_mean),
		cmocka_unit_test(one_estimate_stays_what_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
