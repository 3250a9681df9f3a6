/* ranking_confidence: confidence sets for ranks from estimates and their standard errors.
 *
 * Mogstad, Romano, Shaikh and Wilhelm, Inference for Ranks with Applications to Mobility across Neighbourhoods and
 * Academic Achievement across Countries, Review of Economic Studies 91, 2024, as csranks() of R's csranks has it: rank 1 is
 * the largest estimate; estimates are independent and normal about the truth.
 *
 * For the ordered pair (i, k) the hypothesis "k is at least as large as i" has the statistic T = (y_i − y_k) / √(se_i² +
 * se_k²). The critical value c is the `level` quantile of max (Z_i − Z_k) / √(se_i² + se_k²) over the pairs still
 * standing, Z independent normals of those standard errors; a pair with T > c is rejected (i is larger than k); and so on
 * over the pairs that still stand until none is rejected (step-down). A unit's set runs from 1 + the number of units found
 * larger to the number of units less those found smaller.
 *
 *   marginal      for each unit by itself, over both orders of its pairs with every other unit
 *   simultaneous  over all ordered pairs: the sets hold together with probability `level`
 *
 * Simultaneous critical values are quantiles (type 7) of `draws` drawn maxima; the same draws serve every step, so they can
 * only fall. Marginal ones need no draws: given Z of the one unit, the others are independent, and P(max <= c) is a
 * single integral, taken by the trapezoidal rule (which converges exponentially here); T > c where that probability at T
 * is above the level. They are what csranks' draws converge to. */
#ifndef EFFREG_RANKING_CONFIDENCE_H
#define EFFREG_RANKING_CONFIDENCE_H

#include "common/arena.h"
#include "services/ranking/ranking_random.h"

#define RANKING_CONFIDENCE_UNITS_MAX 2000
#define RANKING_CONFIDENCE_DRAWS_MAX 10000000

struct ranking_estimates {
	const double *values;  /* finite */
	const double *ses;     /* finite, above 0 */
	size_t count;          /* 1 to RANKING_CONFIDENCE_UNITS_MAX */
};

/* Places from best to worst that a unit may have; one for each estimate. */
struct ranking_place_sets {
	uint32_t *lo, *hi;
};

/* 1 + how many are strictly larger. */
void ranking_confidence_places(const struct ranking_estimates *estimates, uint32_t *ret_places);

/* level: 0.5 to below 1. The arrays of ret_sets are the caller's; scratch lives in arena. */
void ranking_confidence_marginal(struct arena *arena, const struct ranking_estimates *estimates, double level,
                                 const struct ranking_place_sets *ret_sets);
void ranking_confidence_simultaneous(struct arena *arena, const struct ranking_estimates *estimates, double level,
                                     uint64_t seed, size_t draws, const struct ranking_place_sets *ret_sets);

/* How many draws the simultaneous sets take unless told: 500,000 up to 100 units (the critical value is then known to some
 * 0.003), fewer beyond, so that the time stays the same, but never under 100,000. */
size_t ranking_confidence_draws(size_t units);

#endif
