/* outlier: how far each of some figures stands from the rest, by a score that the far ones themselves do not move.
 *
 * Modified z-score (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993): 0.6745 (x − median) / MAD, where MAD is
 * the median of the absolute deviations from the median; where MAD is 0, (x − median) / (1.253314 × their mean); where that
 * is 0 too, every figure is the same and none stands apart. Beyond 3.5 a figure is to be looked at, not wrong. */
#ifndef EFFREG_METRICS_OUTLIER_H
#define EFFREG_METRICS_OUTLIER_H

#include "common/arena.h"

#define OUTLIER_SCORE_MAX 3.5
#define OUTLIER_COUNT_MIN 5    /* of fewer nothing is said: all scores are 0 */

/* scores[i] belongs to values[i]; values are finite. */
void outlier_scores(struct arena *scratch, const double *values, size_t count, double *scores);
bool outlier_is(double score);

#endif
