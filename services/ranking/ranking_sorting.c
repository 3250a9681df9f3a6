#include "services/ranking/ranking_sorting.h"

#include <math.h>

#define INSERTION_MAX 256
#define ASCEND_FEW    64
#define DIGIT_BITS    11
#define DIGITS        6  /* 6 × 11 bits cover 64 */
#define BUCKETS       (1 << DIGIT_BITS)

void ranking_sorting_init(struct ranking_sorting *order, struct arena *arena, size_t units_max)
{
	*order = (struct ranking_sorting){.units_max = units_max};
	order->at = arena_array(arena, struct ranking_sortinged, units_max);
	order->spare = arena_array(arena, struct ranking_sortinged, units_max);
}

void ranking_sorting_init_ascend(struct ranking_sorting *order, struct arena *arena, size_t units_max)
{
	ranking_sorting_init(order, arena, units_max);
	order->pairs = arena_array(arena, uint64_t, units_max);
	order->spare_pairs = arena_array(arena, uint64_t, units_max);
	order->units = arena_array(arena, uint32_t, units_max);
}

/* Doubles sort as whole numbers when the sign bit is turned round, and all bits of negative ones. */
static uint64_t key_of(double value)
{
	double unsigned_zero = value + 0.0;
	uint64_t bits;
	memcpy(&bits, &unsigned_zero, sizeof bits);
	return (bits >> 63) != 0 ? ~bits : bits | ((uint64_t)1 << 63);
}

static void sort_few(struct ranking_sorting *order)
{
	for (size_t i = 1; i < order->count; i++) {
		struct ranking_sortinged moved = order->at[i];
		size_t k = i;
		for (; k > 0 && order->at[k - 1].key > moved.key; k--)
			order->at[k] = order->at[k - 1];
		order->at[k] = moved;
	}
}

static unsigned digit_of(uint64_t key, unsigned digit)
{
	return (unsigned)(key >> (digit * DIGIT_BITS)) & (BUCKETS - 1);
}

static void sort_by_digit(struct ranking_sorting *order, unsigned digit, uint32_t counts[BUCKETS])
{
	uint32_t start = 0;
	if (counts[digit_of(order->at[0].key, digit)] == order->count)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		uint32_t count = counts[i];
		counts[i] = start;
		start += count;
	}
	for (size_t i = 0; i < order->count; i++)
		order->spare[counts[digit_of(order->at[i].key, digit)]++] = order->at[i];
	struct ranking_sortinged *sorted = order->spare;
	order->spare = order->at;
	order->at = sorted;
}

static void sort_many(struct ranking_sorting *order)
{
	uint32_t counts[DIGITS][BUCKETS] = {{0}};
	for (size_t i = 0; i < order->count; i++) {
		for (unsigned digit = 0; digit < DIGITS; digit++)
			counts[digit][digit_of(order->at[i].key, digit)]++;
	}
	for (unsigned digit = 0; digit < DIGITS; digit++)
		sort_by_digit(order, digit, counts[digit]);
}

void ranking_sorting_sort(struct ranking_sorting *order, const double *values, size_t units)
{
	ASSERT(units <= order->units_max);
	order->count = 0;
	for (size_t i = 0; i < units; i++) {
		if (!isnan(values[i]))
			order->at[order->count++] = (struct ranking_sortinged){.key = key_of(values[i]), .unit = (uint32_t)i};
	}
	if (order->count <= INSERTION_MAX)
		sort_few(order);
	else
		sort_many(order);
}

/* ---- all of them finite ---- */

#define COARSE_BITS   32
#define COARSE_DIGITS 3
#define COARSE_MAX    4294967295.0

/* The value's place between the smallest and the largest in the upper half, the unit in the lower. */
static void make_pairs(struct ranking_sorting *order, const double *values, size_t units)
{
	double min = values[0];
	double max = values[0];
	for (size_t i = 1; i < units; i++) {
		min = values[i] < min ? values[i] : min;
		max = values[i] > max ? values[i] : max;
	}
	double scale = max > min ? COARSE_MAX / (max - min) : 0;
	for (size_t i = 0; i < units; i++) {
		double coarse = (values[i] - min) * scale;
		order->pairs[i] = (uint64_t)(coarse < COARSE_MAX ? coarse : COARSE_MAX) << COARSE_BITS | i;
	}
}

static unsigned coarse_digit(uint64_t pair, unsigned digit)
{
	return (unsigned)(pair >> (COARSE_BITS + digit * DIGIT_BITS)) & (BUCKETS - 1);
}

static void sort_pairs(struct ranking_sorting *order, size_t units)
{
	uint32_t counts[COARSE_DIGITS][BUCKETS] = {{0}};
	for (size_t i = 0; i < units; i++) {
		for (unsigned digit = 0; digit < COARSE_DIGITS; digit++)
			counts[digit][coarse_digit(order->pairs[i], digit)]++;
	}
	for (unsigned digit = 0; digit < COARSE_DIGITS; digit++) {
		uint32_t start = 0;
		for (size_t i = 0; i < BUCKETS; i++) {
			uint32_t count = counts[digit][i];
			counts[digit][i] = start;
			start += count;
		}
		for (size_t i = 0; i < units; i++)
			order->spare_pairs[counts[digit][coarse_digit(order->pairs[i], digit)]++] = order->pairs[i];
		uint64_t *sorted = order->spare_pairs;
		order->spare_pairs = order->pairs;
		order->pairs = sorted;
	}
}

/* What is the same in 32 bits, or (few) all of it. */
static void sort_neighbours(uint32_t *ascending, const double *values, size_t units)
{
	for (size_t i = 1; i < units; i++) {
		uint32_t moved = ascending[i];
		size_t k = i;
		for (; k > 0 && values[ascending[k - 1]] > values[moved]; k--)
			ascending[k] = ascending[k - 1];
		ascending[k] = moved;
	}
}

const uint32_t *ranking_sorting_ascend(struct ranking_sorting *order, const double *values, size_t units)
{
	ASSERT(units <= order->units_max);
	if (units > ASCEND_FEW) {
		make_pairs(order, values, units);
		sort_pairs(order, units);
	}
	for (size_t i = 0; i < units; i++)
		order->units[i] = units > ASCEND_FEW ? (uint32_t)order->pairs[i] : (uint32_t)i;
	sort_neighbours(order->units, values, units);
	return order->units;
}

void ranking_sorting_places(const struct ranking_sorting *order, enum methodology_ties ties, size_t units, uint32_t *ret_places)
{
	memset(ret_places, 0, units * sizeof *ret_places);
	uint32_t place = 0;
	for (size_t end = order->count; end > 0;) {
		size_t first = end - 1;
		while (first > 0 && order->at[first - 1].key == order->at[end - 1].key)
			first--;
		place = ties == METHODOLOGY_DENSE ? place + 1 : (uint32_t)(order->count - end + 1);
		for (size_t i = first; i < end; i++)
			ret_places[order->at[i].unit] = place;
		end = first;
	}
}
