/* ranking_transform: the stages before imputing: logarithm, then division by the denominator; and the sign, after the
 * outliers. Goalposts and targets undergo the logarithm and the sign with their indicator.
 *
 * The logarithm of a negative value is missing. That of 0 is -inf: it stays where only the order counts or values are
 * clipped (ranks and goalposts: the worst there is, not a gap), and is missing where a mean, a minimum or a difference is
 * taken. */
#ifndef EFFREG_RANKING_TRANSFORM_H
#define EFFREG_RANKING_TRANSFORM_H

#include "services/ranking/ranking_table.h"

void ranking_transform(struct ranking_table *table);
void ranking_denominate(struct ranking_table *table);
void ranking_sign(struct ranking_table *table);

#endif
