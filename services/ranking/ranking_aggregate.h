/* ranking_aggregate: from normalised indicators to the score of every node (RATING.md section 2, aggregate).
 *
 * A mean is taken over the children present, with the weights rescaled to 1; a child without weight is present and carries
 * nothing. A mean never leaves the span of its children, so that of equal children is exact. Below min_available a node is
 * missing. In a geometric, harmonic or negative power mean a 0 gives 0 and a negative makes the node missing; so it does in
 * a power mean of a power that is no whole number. The weighted median is the value at half of the weight, and the mean of
 * its two neighbours when half falls between them. Copeland compares the units of one period. Nodes that are listed for
 * imputing are filled in before their parent is computed. */
#ifndef EFFREG_RANKING_AGGREGATE_H
#define EFFREG_RANKING_AGGREGATE_H

#include "services/ranking/ranking_table.h"
#include "services/ranking/ranking_weights.h"

/* Why a node is missing. */
enum ranking_absence {
	RANKING_PRESENT,
	RANKING_TOO_FEW_CHILDREN,  /* none, fewer than min_available, or only such without weight */
	RANKING_NEGATIVE_CHILD,    /* the mean is not defined */
};

struct ranking_aggregation {
	const struct ranking_table *table;
	double *nodes;      /* nodes × units */
	uint8_t *absences;  /* nodes × units: enum ranking_absence */
	size_t *imputed;    /* nodes: how many units were filled in */
	double *scratch;    /* units */
};

/* Room for one result at a time; borrows table, which must have been normalised. */
void ranking_aggregation_init(struct ranking_aggregation *aggregation, struct arena *arena,
                              const struct ranking_table *table);
void ranking_aggregate(struct ranking_aggregation *aggregation, const struct ranking_weights *weights);

/* One unit's score of one node from the values and weights of its children, in their order; NaN = missing. By every method
 * but copeland, which needs the others. */
double ranking_aggregate_children(const struct methodology_node *node, const double *values, const double *weights);

static inline double *ranking_aggregation_node(const struct ranking_aggregation *aggregation, size_t node)
{
	return &aggregation->nodes[node * aggregation->table->units];
}

#endif
