/* ranking_contribution: how much of a unit's score comes from each indicator (RATING.md section 3, 1).
 *
 * base + Σ parts = score, always. What is missing has no part. Nodes of the tree are split from the root down:
 *   an arithmetic mean is additive: each child carries its share of the weights present (closed form, any size);
 *   any other mean is a game whose players are the indicators below it. v(S) is the mean with the values of S, the others
 *   being at their baseline; a part is a Shapley value (ranking_shapley), exact up to 12 players. Beyond that, where the tree
 *   has levels, it is the value by levels (Owen, Values of games with a priori unions, 1977; Winter, A value for cooperative
 *   games with levels structure of cooperation, 1989): first the children of the node share, then the children of each child
 *   its part, exactly, as long as there are at most RANKING_CONTRIBUTION_SETS_MAX sets to ask; else orders are drawn.
 *   In a Copeland node a child out of S ties with everyone, so that nobody's indicators outrank nobody.
 * A node that was filled in from others (imputed) is one player: nothing below it made its score.
 *
 * The baseline is 0 (then base is 0, and the parts add up to the score: in a geometric mean of positive values, where each
 * indicator alone can spoil everything, all have the same part) or the mean of the units that have the indicator (then base is
 * what the average unit would score, and the parts say what sets this unit apart from it). */
#ifndef EFFREG_RANKING_CONTRIBUTION_H
#define EFFREG_RANKING_CONTRIBUTION_H

#include "services/ranking/ranking_aggregate.h"
#include "services/ranking/ranking_shapley.h"

#define RANKING_CONTRIBUTION_SETS_MAX ((size_t)1 << 20)

enum ranking_baseline {
	RANKING_BASELINE_ZERO,
	RANKING_BASELINE_MEAN,
};

/* How the parts were found; of several nodes, the last in this list. */
enum ranking_contribution_method {
	RANKING_CONTRIBUTION_CLOSED,   /* exact: additive */
	RANKING_CONTRIBUTION_EXACT,    /* exact: every set of indicators */
	RANKING_CONTRIBUTION_LEVELS,   /* exact: every set, level by level */
	RANKING_CONTRIBUTION_SAMPLED,  /* drawn, with an interval */
};

struct ranking_contributions {
	enum ranking_contribution_method method;
	double score;             /* the root's, not rounded; NaN: there is nothing to split */
	double base;
	const double *indicators; /* parts, by indicator; NaN = missing */
	const double *nodes;      /* parts of imputed nodes; NaN for all others */
	const double *indicator_errors, *node_errors;  /* half widths of 95 %; 0 where exact */
	size_t draws;
};

/* One for all units of a table; borrows what it was made of. */
struct ranking_contributor {
	struct arena *arena;
	const struct ranking_table *table;
	const struct ranking_aggregation *aggregation;  /* computed with weights */
	const struct ranking_weights *weights;
	enum ranking_baseline baseline;
	const double *means;      /* indicators: of the units that have it */
	struct ranking_shapley_plan plan;
	size_t sets_max;          /* of sets asked level by level; 0 = never */
};

void ranking_contributor_init(struct ranking_contributor *contributor, struct arena *arena, const struct ranking_table *table,
                              const struct ranking_aggregation *aggregation, const struct ranking_weights *weights,
                              enum ranking_baseline baseline);

/* row: of the table. What is returned lives in arena; so does what the work takes, which may be another arena than the
 * contributor's. */
void ranking_contributions_of(const struct ranking_contributor *contributor, struct arena *arena, size_t row,
                              struct ranking_contributions *ret_contributions);

#endif
