#include "services/ranking/ranking_statistics.h"

#include <math.h>
#include <stdlib.h>

#include "services/ranking/ranking_sum.h"

static double mean_of(const double *values, size_t count, size_t *ret_finite)
{
	struct ranking_sum sum = {0};
	size_t finite = 0;
	for (size_t i = 0; i < count; i++) {
		if (!isfinite(values[i]))
			continue;
		ranking_sum_add(&sum, values[i]);
		finite++;
	}
	*ret_finite = finite;
	return finite > 0 ? ranking_sum_value(&sum) / (double)finite : NAN;
}

static double whole_power(double x, unsigned power)
{
	double product = 1;
	for (; power > 0; power--)
		product *= x;
	return product;
}

static double moment(const double *values, size_t count, double mean, double scale, unsigned power)
{
	struct ranking_sum sum = {0};
	for (size_t i = 0; i < count; i++) {
		if (isfinite(values[i]))
			ranking_sum_add(&sum, whole_power((values[i] - mean) / scale, power));
	}
	return ranking_sum_value(&sum);
}

struct ranking_statistics ranking_statistics_of(const double *values, size_t count)
{
	struct ranking_statistics figures = {.min = INFINITY, .max = -INFINITY, .sd = NAN};
	for (size_t i = 0; i < count; i++) {
		if (!isfinite(values[i]))
			continue;
		figures.min = values[i] < figures.min ? values[i] : figures.min;
		figures.max = values[i] > figures.max ? values[i] : figures.max;
	}
	figures.mean = mean_of(values, count, &figures.count);
	if (figures.count >= 2)
		figures.sd = sqrt(moment(values, count, figures.mean, 1, 2) / (double)(figures.count - 1));
	return figures;
}

double ranking_skewness(const double *values, size_t count)
{
	struct ranking_statistics figures = ranking_statistics_of(values, count);
	double n = (double)figures.count;
	if (n < 3 || figures.min == figures.max)
		return NAN;
	return n / ((n - 1) * (n - 2)) * moment(values, count, figures.mean, figures.sd, 3);
}

double ranking_kurtosis(const double *values, size_t count)
{
	struct ranking_statistics figures = ranking_statistics_of(values, count);
	double n = (double)figures.count;
	if (n < 4 || figures.min == figures.max)
		return NAN;
	return n * (n + 1) / ((n - 1) * (n - 2) * (n - 3)) * moment(values, count, figures.mean, figures.sd, 4) -
	       3 * (n - 1) * (n - 1) / ((n - 2) * (n - 3));
}

double ranking_quantile(const double *sorted, size_t count, double share)
{
	double at = (double)(count - 1) * share;
	size_t below = (size_t)at;
	if (below + 1 >= count)
		return sorted[count - 1];
	return sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]);
}

static int compare_numbers(const void *a, const void *b)
{
	double left = *(const double *)a;
	double right = *(const double *)b;
	return (left > right) - (left < right);
}

void ranking_sort_numbers(double *values, size_t count)
{
	qsort(values, count, sizeof *values, compare_numbers);
}
