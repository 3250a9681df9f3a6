/* cli_rank_replicates: the places under many sets of weights, or many draws of what is uncertain, by several threads. */
#ifndef EFFREG_CLI_RANK_REPLICATES_H
#define EFFREG_CLI_RANK_REPLICATES_H

#include "services/cli/cli_rank_threads.h"
#include "services/ranking/ranking_uncertainty.h"

/* Given sets of weights over one table, or (sets NULL) draws. */
struct rank_replicates {
	const struct ranking_table *table;
	const struct ranking_weights *sets;
	const struct ranking_uncertainty *uncertainty;
	size_t count;
	unsigned threads;
};

/* ret_places: count × units of the input. ret_scores: the same, NULL = not wanted; only of draws. UNAVAILABLE when a thread
 * cannot be started. */
enum status rank_replicates_run(const struct rank_replicates *replicates, uint32_t *ret_places, double *ret_scores,
                                struct fault *fault) MUST_CHECK;

/* places: what rank_replicates_run gave; ret_statistics: one for each unit. */
enum status rank_replicates_describe(const struct rank_replicates *replicates, const uint32_t *places,
                                     struct ranking_place_statistics *ret_statistics, struct fault *fault) MUST_CHECK;

#endif
