/* ranking_sum: a compensated sum: as if in twice the precision, whatever the order of sizes.
 *
 * The error of each addition is found exactly (Knuth's two-sum, The Art of Computer Programming 2, 4.2.2, theorem B) and
 * carried beside the total. No branch, so that a loop over units keeps many sums at once; it needs strict arithmetic: no
 * -ffast-math, no contraction. */
#ifndef EFFREG_RANKING_SUM_H
#define EFFREG_RANKING_SUM_H

#include <stddef.h>

struct ranking_sum {
	double total;
	double lost;
};

static inline void ranking_sum_step(double *total, double *lost, double term)
{
	double sum = *total + term;
	double added = sum - *total;
	*lost += (*total - (sum - added)) + (term - added);
	*total = sum;
}

static inline void ranking_sum_add(struct ranking_sum *sum, double term)
{
	ranking_sum_step(&sum->total, &sum->lost, term);
}

static inline double ranking_sum_value(const struct ranking_sum *sum)
{
	return sum->total + sum->lost;
}

double ranking_sum_of(const double *terms, size_t count);

#endif
