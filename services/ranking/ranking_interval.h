/* ranking_interval: how sure a place is: the places under weights drawn around the methodology's (RATING.md section 3.3).
 *
 * The interval of a unit reaches from the 5 % to the 95 % quantile (type 7) of its places, outward to whole places: what
 * effreg rank --replicates says of the same values, seed and share. */
#ifndef EFFREG_RANKING_INTERVAL_H
#define EFFREG_RANKING_INTERVAL_H

#include "services/ranking/ranking_core.h"

/* Fills the interval of each rated row; rows are the run's own, in any order. Zeros where there is none. */
void ranking_intervals(struct arena *arena, const struct ranking_table *table, const struct ranking_sampling *sampling,
                       struct ranking_row *rows, size_t count);

#endif
