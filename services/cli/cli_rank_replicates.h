/* cli_rank_replicates: the places under many sets of weights, by several threads.
 *
 * The result does not depend on the number of threads: each set is its own piece of work. */
#ifndef EFFREG_CLI_RANK_REPLICATES_H
#define EFFREG_CLI_RANK_REPLICATES_H

#include "services/ranking/ranking_replicate.h"

#define RANK_THREADS_MAX 64

/* Given sets of weights, or (sets NULL) weights drawn around the methodology's. */
struct rank_replicates {
	const struct ranking_table *table;
	const struct ranking_weights *sets;
	size_t count;
	uint64_t seed;
	double perturb;
	unsigned threads;
};

/* ret_places: count × units of the input. UNAVAILABLE when a thread cannot be started. */
enum status rank_replicates_run(const struct rank_replicates *replicates, uint32_t *ret_places, struct fault *fault) MUST_CHECK;

/* places: what rank_replicates_run gave; ret_statistics: one for each unit. */
enum status rank_replicates_describe(const struct rank_replicates *replicates, const uint32_t *places,
                                     struct ranking_place_statistics *ret_statistics, struct fault *fault) MUST_CHECK;

#endif
