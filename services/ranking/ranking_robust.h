/* ranking_robust: which places and orders of two units hold under all admissible weights (RATING.md section 3, 3).
 *
 * A pair is robust when no admissible weights reverse it (ranking_lead). A unit's best and worst place is the smallest and
 * largest number of others before it, plus one, under one set of weights for all. With y the share of each child of the tree
 * in the root, and for each node n one number z that scales its box, the admissible shares are exactly
 *     Σ y of n's children = y of n,   (1 − share)·w·z <= y <= (1 + share)·w·z,   z >= 0,   y of the root = 1,
 * the scores are linear in y, and each rival whose order is not robust has a variable of 0 or 1 for standing before the unit:
 * a whole-number program (the linear-fractional weights made linear as by Charnes and Cooper, Programming with linear
 * fractional functionals, 1962). It is only solved where places met under drawn weights leave a doubt, and its weights are
 * tried: the place is exact when it is met. Exactness asks what ranking_leads_are_exact asks, of all pairs with the unit, and
 * of the methodology no rounding of scores in means that are not arithmetic; elsewhere a place is the best (worst) one met
 * under drawn weights, half of them from the corners of the box, and says so.
 *
 * A lead below 1e-7 of the largest value counts as none.
 *
 * Units that are not rated have no place here; a missing score stays missing under all weights above 0. */
#ifndef EFFREG_RANKING_ROBUST_H
#define EFFREG_RANKING_ROBUST_H

#include "services/ranking/ranking_lead.h"

#define RANKING_ROBUST_UNITS_MAX 2000
#define RANKING_ROBUST_DRAWS     2000
#define RANKING_ROBUST_NODES     20000  /* of one search */

struct ranking_robust_plan {
	double share;   /* how far a weight may go: 0 to 1, of itself */
	size_t draws;   /* 0 = RANKING_ROBUST_DRAWS */
	uint64_t seed;
	size_t nodes;   /* 0 = RANKING_ROBUST_NODES */
};

struct ranking_place_range {
	uint32_t place;              /* with the methodology's weights; 0 = not rated, and nothing else is said */
	uint32_t best, worst;
	bool best_exact, worst_exact;
	uint32_t always_before;      /* how many stand before it under all admissible weights, proven */
	uint32_t always_behind;
};

struct ranking_pair {
	size_t ahead, behind;        /* rows of the table: by the methodology's weights */
	bool exact;                  /* what follows is proven; else only robust is said, by drawn weights */
	bool robust;                 /* no admissible weights let the other stand before it */
	double reversal;             /* the smallest share of change of all weights that lets it; NaN = none up to 1, or not exact */
};

struct ranking_robust;

/* Borrows the table, which must have been prepared. UNSUPPORTED (code "panel") for a panel, TOO_LARGE over
 * RANKING_ROBUST_UNITS_MAX. */
enum status ranking_robust_new(struct arena *arena, const struct ranking_table *table, const struct ranking_robust_plan *plan,
                               struct ranking_robust **ret_robust, struct fault *fault) MUST_CHECK;
/* Rows of the rated, by place, then by row. */
size_t ranking_robust_rated(const struct ranking_robust *robust, const size_t **ret_rows);
void ranking_robust_range(struct ranking_robust *robust, size_t row, struct ranking_place_range *ret_range);
/* False: they share a place, nobody is ahead. */
bool ranking_robust_pair(struct ranking_robust *robust, size_t a, size_t b, struct ranking_pair *ret_pair);

#endif
