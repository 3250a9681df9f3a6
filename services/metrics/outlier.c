#include "services/metrics/outlier.h"

#include <math.h>
#include <stdlib.h>

/* Φ⁻¹(3/4): MAD of a normal distribution is that part of its standard deviation. */
#define MAD_OF_NORMAL  0.6745
/* √(π/2): standard deviation of a normal distribution over its mean absolute deviation. */
#define MEAN_OF_NORMAL 1.253314

static int compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return a < b ? -1 : a > b ? 1 : 0;
}

/* Sorts the values. */
static double median_of(double *values, size_t count)
{
	qsort(values, count, sizeof *values, compare_doubles);
	return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

void outlier_scores(struct arena *scratch, const double *values, size_t count, double *scores)
{
	double *sorted = arena_array(scratch, double, count), mean = 0;
	for (size_t i = 0; i < count; i++) {
		sorted[i] = values[i];
		scores[i] = 0;
	}
	if (count < OUTLIER_COUNT_MIN)
		return;
	double median = median_of(sorted, count);
	for (size_t i = 0; i < count; i++) {
		sorted[i] = fabs(values[i] - median);
		mean += sorted[i] / (double)count;
	}
	double mad = median_of(sorted, count);
	double unit = mad > 0 ? mad / MAD_OF_NORMAL : MEAN_OF_NORMAL * mean;
	for (size_t i = 0; unit > 0 && i < count; i++)
		scores[i] = (values[i] - median) / unit;
}

bool outlier_is(double score)
{
	return fabs(score) > OUTLIER_SCORE_MAX;
}
