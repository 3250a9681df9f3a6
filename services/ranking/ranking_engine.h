/* ranking_engine: from a table of values to the score of every node and the place of every unit (RATING.md section 2).
 *
 * The stages run in their fixed order over plain arrays. Sums are compensated and run in the order of the methodology's
 * file, so the same input gives the same bits on every machine. Missing is NaN, everywhere. */
#ifndef EFFREG_RANKING_ENGINE_H
#define EFFREG_RANKING_ENGINE_H

#include "services/ranking/ranking_methodology.h"

/* An indicator that tells nobody apart stays in the result and says so. */
enum ranking_indicator_state {
	RANKING_INDICATOR_VARIES,
	RANKING_INDICATOR_CONSTANT,  /* every unit that has it gets the middle of the range */
	RANKING_INDICATOR_EMPTY,     /* nobody has it */
};

struct ranking_scores {
	size_t units;
	const double *normalised;  /* units × indicators */
	const double *nodes;       /* units × nodes, columns as methodology->nodes */
	const double *scores;      /* units: the root's, rounded half to even to the methodology's decimals */
	const unsigned *places;    /* units: 1 = best; 0 = not rated, the score is missing */
	const enum ranking_indicator_state *states;  /* indicators */
};

/* values: units × indicators (columns as methodology->indicators), finite or NaN. Results live in arena. */
void ranking_engine_run(struct arena *arena, const struct methodology *methodology, const double *values, size_t units,
                        struct ranking_scores *ret_scores);

#endif
