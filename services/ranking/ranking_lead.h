/* ranking_lead: by how much one unit stands before another under all admissible weights (RATING.md section 3, 3).
 *
 * Admissible are the weights within ±share of the methodology's, each for itself, inside its parent. Where every node of the
 * tree takes the same kind of mean (arithmetic, geometric, harmonic, or a power of the same exponent), the order of two units
 * is the sign of a nested weighted mean of d = f(a) − f(b), f being what the mean adds. A node's weights are its own, so its
 * least value is the least weighted mean of its children's least values; and the least weighted mean over a box of weights has
 * the small values at their upper weights and the large ones at their lower, cut at one place of their order (the interval
 * weighted average: Dong and Wong, Fuzzy weighted averages and implementation of the extension principle, 1987; Karnik and
 * Mendel, Centroid of a type-2 fuzzy set, 2001). So the bounds are exact, without a search.
 *
 * Exact also asks that both units have the same children everywhere (else the rest of the weights is rescaled differently),
 * and that no node was filled in from others. */
#ifndef EFFREG_RANKING_LEAD_H
#define EFFREG_RANKING_LEAD_H

#include "services/ranking/ranking_aggregate.h"

struct ranking_leads {
	const struct ranking_table *table;
	const struct ranking_aggregation *aggregation;
	const struct ranking_weights *weights;
	bool alike;              /* all nodes take one kind of mean, nothing was filled in */
	double *terms;           /* indicators × rows: f(x); NaN = missing, or f is not finite */
	double *differences;     /* children of one node at a time */
	size_t *order;
	double *lows;            /* nodes */
};

/* aggregation: computed with weights. Borrows all of them. */
void ranking_leads_init(struct ranking_leads *leads, struct arena *arena, const struct ranking_table *table,
                        const struct ranking_aggregation *aggregation, const struct ranking_weights *weights);

/* Whether the bounds of this pair (rows of the table) are exact; else there are none. */
bool ranking_leads_are_exact(const struct ranking_leads *leads, size_t a, size_t b);

/* The least lead of a over b, in terms of f: above 0, a is before b whatever the weights; the greatest is minus the least lead
 * of b over a. share: 0 to 1. The pair must be exact. */
double ranking_lead_least(struct ranking_leads *leads, size_t a, size_t b, double share);

/* The smallest share at which admissible weights let b stand level with a or before it, within 1e-9; NaN: no change of up to
 * 100 % does. */
double ranking_lead_reversal(struct ranking_leads *leads, size_t a, size_t b);

/* What a mean adds, growing with the mean: x, log x, −1/x, ±x^p. */
double ranking_lead_term(const struct methodology_aggregate *aggregate, double value);

#endif
