/* ranking_correlation: how two columns go together, over the rows that have both; NaN where that is not defined. */
#ifndef EFFREG_RANKING_CORRELATION_H
#define EFFREG_RANKING_CORRELATION_H

#include "common/arena.h"

/* Pearson's r; NaN under 3 rows or when either is constant. */
double ranking_correlation(const double *a, const double *b, size_t count);

/* The share of y's variance that x explains by itself, whatever the form of the dependence: V(E(y|x)) / V(y), the first-order
 * index of Sobol (Sensitivity estimates for nonlinear mathematical models, 1993) and the importance of Paruolo, Saisana and
 * Saltelli (Ratings and rankings: voodoo or science?, 2013). Estimated by the correlation ratio (Pearson, 1905) over about √n
 * runs of rows with neighbouring x, equal x together, and freed of its bias (Kelley, An unbiased correlation ratio measure,
 * 1935); not below 0. NaN under 9 rows or when either is constant. */
double ranking_correlation_ratio(struct arena *arena, const double *x, const double *y, size_t count);

#endif
