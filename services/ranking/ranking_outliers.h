/* ranking_outliers: pulling in the ends of skewed indicators (RATING.md section 2, stage outliers; OECD and JRC, Handbook
 * on Constructing Composite Indicators, 2008, step 3).
 *
 * A frame of an indicator passes when |skewness| or kurtosis is below its limit; under 3 (4) different values there is
 * nothing to judge by, and it passes. */
#ifndef EFFREG_RANKING_OUTLIERS_H
#define EFFREG_RANKING_OUTLIERS_H

#include "services/ranking/ranking_table.h"

void ranking_outliers(struct ranking_table *table);

/* What stands in for the logarithm when too many values are out: log(x − min + 0.01·(max − min)). What is below the lowest
 * value has none: it counts as the lowest. */
double ranking_outliers_log(double value, double min, double max);

#endif
