/* ranking_outlook: what the places of many replicates say of each unit, beyond mean and quantiles: how likely each group
 * is, how likely the unit is to beat its neighbour, and whether a move from the period before is more than noise.
 *
 * A replicate in which a unit is not rated counts for nothing of it. */
#ifndef EFFREG_RANKING_OUTLOOK_H
#define EFFREG_RANKING_OUTLOOK_H

#include "services/ranking/ranking_methodology.h"

#define RANKING_MOVE_LEVEL 0.95

/* All borrowed. */
struct ranking_outlook {
	const struct methodology *methodology;
	size_t units, replicates;
	const uint32_t *places;   /* replicates × units: 0 = not rated */
	const uint32_t *base;     /* units: the places of the rating itself */
	const uint32_t *periods;  /* units: 0..period_count-1; NULL = one period */
	size_t period_count;
};

enum ranking_group { RANKING_LEADING, RANKING_MIDDLE, RANKING_LAGGING, RANKING_GROUPS };

/* The group of those who share a place: before of the rated stand strictly better, tied share it. The leading group holds at
 * most its share of the rated, the lagging one likewise from the other end, and who share a place stay together. */
enum ranking_group ranking_group_of(const struct methodology *methodology, size_t before, size_t tied, size_t rated);

/* ret_shares: units × RANKING_GROUPS, shares of the replicates that rate the unit; NaN: there are none. */
void ranking_outlook_groups(struct arena *arena, const struct ranking_outlook *outlook, double *ret_shares);

/* The share of the replicates rating both in which a unit stands strictly better than its neighbour: in its period the one
 * with the next place below in the rating itself, the first in the table of several. NaN: there is none. */
void ranking_outlook_beats_next(const struct ranking_outlook *outlook, double *ret_shares);

/* Places gained from one unit's row to another's, before → now, in the rating and over the replicates: an interval of 95 %
 * (quantiles of type 7). Distinguishable from noise: the interval holds no 0. */
struct ranking_move {
	int64_t gained;
	double lo, hi;  /* NaN: no replicate rates both */
	bool distinguishable;
};

struct ranking_move ranking_outlook_move(struct arena *arena, const struct ranking_outlook *outlook, size_t before, size_t now);

#endif
