/* ranking_weights: a set of weights for a methodology's tree, its own or another. */
#ifndef EFFREG_RANKING_WEIGHTS_H
#define EFFREG_RANKING_WEIGHTS_H

#include "services/ranking/ranking_methodology.h"

/* By index of indicator and node; relative inside the parent. */
struct ranking_weights {
	double *indicators;
	double *nodes;
};

/* The methodology's own. */
void ranking_weights_init(struct ranking_weights *weights, struct arena *arena, const struct methodology *methodology);
double ranking_weights_of_child(const struct ranking_weights *weights, const struct methodology_child *child);
/* The share of each indicator in the root: the product of its own and its ancestors' shares of their parents. */
void ranking_weights_effective(const struct methodology *methodology, const struct ranking_weights *weights,
                               double *ret_indicators);

#endif
