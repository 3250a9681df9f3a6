/* ranking_normalise: every indicator of every frame on one scale, higher is better (RATING.md section 2, normalise).
 *
 * An indicator of which all values are equal tells nobody apart: everyone who has it gets the middle of the range
 * (min-max), the mean (z-score), the tied place (ranks), 1 (distances); goalposts clip and "none" keeps as usual. Where a
 * formula divides by zero otherwise: a target at or below the lowest value is reached by everyone (1); a reference unit
 * that has no value, or the lowest, gives no frame, and the indicator is missing. All of it is noted. */
#ifndef EFFREG_RANKING_NORMALISE_H
#define EFFREG_RANKING_NORMALISE_H

#include "services/ranking/ranking_table.h"

/* Sets the table's states. */
void ranking_normalise(struct ranking_table *table);

#endif
