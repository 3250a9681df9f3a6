/* ranking_sorting: values put in ascending order, and the places that follow from it.
 *
 * Equal values keep the order of their units; a missing value (NaN) has no place in it. Linear in the number of values
 * (radix sort over the bits of a double), but for a few dozen, where insertion is quicker. */
#ifndef EFFREG_RANKING_SORTING_H
#define EFFREG_RANKING_SORTING_H

#include "common/arena.h"
#include "services/ranking/ranking_methodology.h"

struct ranking_sortinged {
	uint64_t key;  /* ascending as the value; equal for equal values, 0 and -0 too */
	uint32_t unit;
};

/* Room for one order at a time. */
struct ranking_sorting {
	struct ranking_sortinged *at;  /* count entries after ranking_sorting_sort */
	size_t count;
	struct ranking_sortinged *spare;
	uint64_t *pairs, *spare_pairs;  /* of ranking_sorting_ascend */
	uint32_t *units;
	size_t units_max;
};

void ranking_sorting_init(struct ranking_sorting *order, struct arena *arena, size_t units_max);
/* With room for ranking_sorting_ascend too. */
void ranking_sorting_init_ascend(struct ranking_sorting *order, struct arena *arena, size_t units_max);

/* Puts the units 0..units-1 that have a value in ascending order. */
void ranking_sorting_sort(struct ranking_sorting *order, const double *values, size_t units);

/* Units 0..units-1 by ascending value, all of them finite: quicker, where there are many, than ranking_sorting_sort. Values are
 * first put in order by 32 bits of their place between the smallest and the largest (three passes over half the bytes), then
 * neighbours the wrong way round change places. Valid until the next call. */
const uint32_t *ranking_sorting_ascend(struct ranking_sorting *order, const double *values, size_t units);

/* Where the run of equal values that starts at first ends. */
static inline size_t ranking_sorting_run_end(const struct ranking_sorting *order, size_t first)
{
	size_t end = first + 1;
	while (end < order->count && order->at[end].key == order->at[first].key)
		end++;
	return end;
}

/* The places of the sorted scores: 1 = the largest; 0 = the unit has none. */
void ranking_sorting_places(const struct ranking_sorting *order, enum methodology_ties ties, size_t units, uint32_t *ret_places);

#endif
