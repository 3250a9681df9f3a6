/* ranking_engine: from a table of values to the score of every node and the place of every unit (RATING.md section 2).
 *
 * The stages run in their fixed order over plain arrays. Sums are compensated and run in the order of the methodology's
 * file, so the same input gives the same bits on every machine. Missing is NaN, everywhere. */
#ifndef EFFREG_RANKING_ENGINE_H
#define EFFREG_RANKING_ENGINE_H

#include "services/ranking/ranking_aggregate.h"
#include "services/ranking/ranking_sorting.h"

/* Columns one after another, units in the order of the input. */
struct ranking_scores {
	size_t units;
	const double *normalised;  /* indicators × units */
	const double *nodes;       /* nodes × units, as methodology->nodes */
	const uint8_t *absences;   /* nodes × units: enum ranking_absence */
	const double *scores;      /* units: the root's, rounded half to even to the methodology's decimals */
	const uint32_t *places;    /* units: 1 = best, in a panel within the period; 0 = not rated, the score is missing */
	const enum ranking_indicator_state *states;  /* indicators */
	const struct ranking_note *notes;            /* what was done beside the plain arithmetic, stage by stage */
	size_t note_count;
};

/* The stages up to normalise: what replicates share. Faults are those of ranking_table_new. */
enum status ranking_engine_prepare(struct arena *arena, const struct methodology *methodology,
                                   const struct ranking_input *input, struct ranking_table **ret_table,
                                   struct fault *fault) MUST_CHECK;
/* Aggregate and rank, by the methodology's weights. */
void ranking_engine_rate(struct ranking_table *table, struct ranking_scores *ret_scores);

/* Both. */
enum status ranking_engine_run(struct arena *arena, const struct methodology *methodology,
                               const struct ranking_input *input, struct ranking_scores *ret_scores,
                               struct fault *fault) MUST_CHECK;

/* The stage rank over rows of the table: scores are rounded as the methodology says, in place. */
void ranking_engine_places(const struct ranking_table *table, struct ranking_sorting *order, double *scores,
                           uint32_t *ret_places);

#endif
