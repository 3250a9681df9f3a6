/* ranking_sobol: how much of the variance of a figure each uncertain factor accounts for.
 *
 * First-order index: the share of the variance that goes when the factor is known. Total index: the share that stays when
 * all others are known (Sobol, Mathematical Modelling and Computational Experiments 1, 1993). From rows of f(A), f(B) and, for
 * each factor i, f(A with i from B) (design of Saltelli, Computer Physics Communications 145, 2002), by the estimators of
 * Jansen (Computer Physics Communications 117, 1999), which Saltelli et al. (2010) found best:
 *
 *   first_i = 1 − Σ (f(B) − f(A_B^i))² / (2 N V)      total_i = Σ (f(A) − f(A_B^i))² / (2 N V)
 *
 * V the variance of the f(A) and f(B) together. Intervals by the bootstrap over rows (quantiles of type 7 at 2.5 % and 97.5 %).
 *
 * ranking_split: the whole variance shared out among groups of factors, interactions included, so that the parts add up to
 * it: Shapley effects (Owen, SIAM/ASA Journal on Uncertainty Quantification 2, 2014). What a set S of groups explains is V
 * less half the mean of (f(A) − f(A_S, B elsewhere))². */
#ifndef EFFREG_RANKING_SOBOL_H
#define EFFREG_RANKING_SOBOL_H

#include "common/arena.h"

#define RANKING_SPLIT_GROUPS_MAX 4

/* Figures of one draw: row, and for each factor whether it comes from B. ret_figures: `figures` of them. */
typedef void ranking_sobol_draw(void *context, uint64_t row, const uint8_t *from_b, double *ret_figures);

struct ranking_sobol_plan {
	size_t factors, figures, rows;
	ranking_sobol_draw *draw;
};

/* Numbers that a row has for ranking_sobol_row, and for ranking_split_row. */
size_t ranking_sobol_row_size(const struct ranking_sobol_plan *plan);
size_t ranking_split_row_size(const struct ranking_sobol_plan *plan, size_t groups);

void ranking_sobol_row(const struct ranking_sobol_plan *plan, void *context, uint64_t row, double *ret_row);
/* group_of: by factor, below groups. */
void ranking_split_row(const struct ranking_sobol_plan *plan, void *context, uint64_t row, const uint8_t *group_of,
                       size_t groups, double *ret_row);

struct ranking_sobol_index {
	double first, first_lo, first_hi;  /* NaN: the figure does not vary, or (intervals) there were no resamples */
	double total, total_lo, total_hi;
};

/* Of one figure. rows: plan->rows × ranking_sobol_row_size. ret_indices: by factor. Scratch in arena. Returns the variance. */
double ranking_sobol_indices(struct arena *arena, const struct ranking_sobol_plan *plan, const double *rows, size_t figure,
                             size_t resamples, uint64_t seed, struct ranking_sobol_index *ret_indices);

/* Of one figure: the variance, and each group's part of it; the parts sum to it. */
double ranking_split(const struct ranking_sobol_plan *plan, const double *rows, size_t figure, size_t groups,
                     double *ret_parts);

#endif
