/* cli_recompute_core: a rating from the raw events of its regions, as the metrics and ranking services compute it. Pure.
 *
 * One region after the other is fed its events in the order of its log; then the rating is computed over the whole
 * registry. It stands on the cores of the two services, so a figure can differ only if an event does. An event that
 * metrics parks is left out here too: the state that failed is thrown away and the log fed again without it. */
#ifndef EFFREG_CLI_RECOMPUTE_CORE_H
#define EFFREG_CLI_RECOMPUTE_CORE_H

#include "services/metrics/value_board.h"
#include "services/ranking/ranking_core.h"

#define RECOMPUTE_PARKED_MAX 1000

/* A region's log being counted. */
struct recompute_region;

/* Borrows units. Fresh; give back with recompute_region_destroy. */
struct recompute_region *recompute_region_new(const char region[OKTMO_TEXT_SIZE], const struct unit_table *units,
                                              uint64_t hash_seed);
void recompute_region_destroy(struct recompute_region **region);

/* Counts the event. POISON: it cannot be counted, the state was thrown away; feed the log again from the first event, and
 * this one will be passed over. TOO_LARGE: more than RECOMPUTE_PARKED_MAX of those. fault tells of the event. */
enum status recompute_region_apply(struct recompute_region *region, uint64_t seq, struct span event,
                                   struct fault *fault) MUST_CHECK;
size_t recompute_region_parked(const struct recompute_region *region);

/* The region's figures of a year for ranking_compute, in arena. region is NULL for one without a log. name and code are
 * borrowed. */
struct ranking_region recompute_region_figures(struct recompute_region *region, struct arena *arena,
                                               const struct methodology *methodology, const char *code, int year);

#endif
