/* cli_recompute_core: a rating from the raw events of its regions, as the metrics and ranking services compute it. Pure.
 *
 * One region after the other is replayed from the events of its log; then the rating is computed over the whole registry. It stands on
 * the cores of the two services, so a figure can differ only if an event does. What the regions tell of each other (adoptions given) is
 * added up when all of them were replayed. */
#ifndef EFFREG_CLI_RECOMPUTE_CORE_H
#define EFFREG_CLI_RECOMPUTE_CORE_H

#include "services/metrics/replay.h"
#include "services/ranking/ranking_cohort.h"

/* What is to be computed. */
struct recompute_question {
	const struct definitions *definitions;
	const struct methodology *methodology;
	const struct ranking_cohort *cohort;
	const char *period;
};

/* The figures of one region for ranking_cohort_rate, in arena; replay has ended, and is NULL for a region without a log. code is
 * borrowed. */
struct ranking_region recompute_figures(struct replay *replay, struct arena *arena, const struct recompute_question *question,
                                        const char *code);
/* Those of the authorities that its events have registered. */
void recompute_authorities(struct replay *replay, struct arena *arena, const struct recompute_question *question, const char *code,
                           struct ranking_region **ret_bodies, size_t *ret_count);

/* What the replayed region says of others, added to sums[region · indicators + indicator]; regions are those of the registry. */
struct recompute_others {
	const char *const *codes;  /* of the regions */
	size_t count;
	figure_sum *sums;          /* millionths; count × methodology->indicator_count */
	bool *told;                /* whether anybody did */
};
void recompute_add_others(struct replay *replay, const struct definitions *definitions, const struct methodology *methodology,
                          const char *period, struct recompute_others *others);
/* Puts the sums in place of those figures. */
void recompute_take_others(struct ranking_region *regions, struct arena *arena, const struct definitions *definitions,
                           const struct methodology *methodology, const struct recompute_others *others);

#endif
