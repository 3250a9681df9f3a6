/* ranking_statistics: figures of a run of values. Values that are not finite are left out of every one of them.
 *
 * Sums are compensated, so that the order of the units does not show in the results. */
#ifndef EFFREG_RANKING_STATISTICS_H
#define EFFREG_RANKING_STATISTICS_H

#include "common/base.h"

struct ranking_statistics {
	size_t count;
	double min, max;  /* of no values: inf, -inf */
	double mean;      /* NaN without values, like all below */
	double sd;        /* n − 1; NaN under 2 values */
};

struct ranking_statistics ranking_statistics_of(const double *values, size_t count);

/* Sample-adjusted, as Excel's SKEW and KURT: NaN under 3 (4) values or when all are equal. */
double ranking_skewness(const double *values, size_t count);
double ranking_kurtosis(const double *values, size_t count);

/* Linear between order statistics: type 7 of Hyndman and Fan (1996), what R and Excel do. sorted: ascending, count > 0. */
double ranking_quantile(const double *sorted, size_t count, double share);

/* In place, ascending; no NaN among them. */
void ranking_sort_numbers(double *values, size_t count);

#endif
