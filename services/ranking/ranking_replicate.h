/* ranking_replicate: the places under many sets of weights, and what they are like together.
 *
 * Only aggregate and rank run again: everything before does not know weights. Where every mean is arithmetic and nothing
 * is missing, the scores are a matrix product, done plainly; when two scores come closer than its rounding could explain
 * (or are equal), that set is computed once more the strict way, so the places are always those of the strict way. */
#ifndef EFFREG_RANKING_REPLICATE_H
#define EFFREG_RANKING_REPLICATE_H

#include "services/ranking/ranking_engine.h"
#include "services/ranking/ranking_random.h"

/* One for each thread. */
struct ranking_replicator {
	const struct ranking_table *table;
	struct ranking_aggregation aggregation;
	struct ranking_sorting order;
	double *effective;   /* indicators: their share in the root */
	double *scores;      /* units */
	uint32_t *places;    /* rows of the table */
	bool linear;
	double least;        /* the smallest distance of two scores that the product is trusted with */
};

/* Borrows table, which must have been prepared and is not changed. */
void ranking_replicator_init(struct ranking_replicator *replicator, struct arena *arena, const struct ranking_table *table);
/* The place of each unit of the input. */
void ranking_replicate(struct ranking_replicator *replicator, const struct ranking_weights *weights, uint32_t *ret_places);

/* Weights drawn uniformly within ±perturb (a share, 0 to 1) of the methodology's: indicators in the order of the file,
 * then nodes, but for the root. */
void ranking_replicate_draw(const struct methodology *methodology, uint64_t seed, uint64_t replicate, double perturb,
                            struct ranking_weights *ret_weights);

/* Over the replicates in which a unit is rated; NaN when it is in none. Quantiles are of type 7. */
struct ranking_place_statistics {
	double mean, median, q05, q95;
};

/* places: one unit's, in each replicate. counts: room up to the last place, 0 throughout, and so it is left: it is not cleared
 * as a whole for each unit, of which there are as many as places. */
struct ranking_place_statistics ranking_place_statistics_of(const uint32_t *places, size_t replicates, uint32_t *counts);

#endif
