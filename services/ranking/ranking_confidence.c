#include "services/ranking/ranking_confidence.h"

#include <math.h>

#include "services/ranking/ranking_normal.h"
#include "services/ranking/ranking_sorting.h"
#include "services/ranking/ranking_statistics.h"

#define REACH        7.0   /* of the integral over a standard normal: 1e-12 lies beyond */
#define STEP         0.25  /* of the trapezoidal rule, in units of the narrowest edge of the integrand: off by 1e-11 */
#define NARROWEST    1e-3  /* finer edges change the integral by less than their width */
#define DRAWS_USUAL  500000
#define DRAWS_LEAST  100000
#define UNITS_USUAL  100

void ranking_confidence_places(const struct ranking_estimates *estimates, uint32_t *ret_places)
{
	for (size_t i = 0; i < estimates->count; i++) {
		ret_places[i] = 1;
		for (size_t k = 0; k < estimates->count; k++)
			ret_places[i] += estimates->values[k] > estimates->values[i] ? 1 : 0;
	}
}

size_t ranking_confidence_draws(size_t units)
{
	size_t draws = units <= UNITS_USUAL ? DRAWS_USUAL : DRAWS_USUAL / units * UNITS_USUAL;
	return draws > DRAWS_LEAST ? draws : DRAWS_LEAST;
}

static double spread_of(const struct ranking_estimates *estimates, size_t i, size_t k)
{
	return sqrt(estimates->ses[i] * estimates->ses[i] + estimates->ses[k] * estimates->ses[k]);
}

static double statistic_of(const struct ranking_estimates *estimates, size_t i, size_t k)
{
	return (estimates->values[i] - estimates->values[k]) / spread_of(estimates, i, k);
}

/* ---- marginal ---- */

/* The pairs of one unit with the others, and which of them stand. */
struct duel {
	double *statistics;  /* of (unit, k) */
	double *spreads;
	bool *over, *under;  /* (unit, k) and (k, unit) */
};

struct alone {
	const struct ranking_estimates *estimates;
	size_t unit;
	struct duel duel;
	double step;         /* of the integral */
};

/* P(every standing pair of k stays <= c), given the unit's Z. */
static double share_within(const struct alone *alone, size_t k, double own, double c)
{
	double se = alone->estimates->ses[k];
	double reach = c * alone->duel.spreads[k];
	double share = 1;
	if (alone->duel.under[k])
		share = ranking_normal_below((own + reach) / se);
	if (alone->duel.over[k])
		share -= ranking_normal_below((own - reach) / se);
	return share > 0 ? share : 0;
}

static double probability_within(const struct alone *alone, double c)
{
	double sum = 0;
	double weights = 0;
	long points = (long)(REACH / alone->step);
	for (long i = -points; i <= points; i++) {
		double z = (double)i * alone->step;
		double density = exp(-z * z / 2);
		double share = density;
		for (size_t k = 0; k < alone->estimates->count && share > 0; k++) {
			if (k != alone->unit)
				share *= share_within(alone, k, z * alone->estimates->ses[alone->unit], c);
		}
		sum += share;
		weights += density;
	}
	return sum / weights;
}

/* Of the sorted statistics the index of the first that is above the critical value; count when none is. */
static size_t find_first_rejected(const struct alone *alone, double level, const double *sorted, size_t count)
{
	size_t lo = 0;
	size_t hi = count;
	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;
		if (sorted[middle] > 0 && probability_within(alone, sorted[middle]) > level)
			hi = middle;
		else
			lo = middle + 1;
	}
	return lo;
}

/* The statistics of the pairs that stand, ascending. */
static size_t list_standing(const struct alone *alone, double *ret_sorted)
{
	size_t count = 0;
	for (size_t k = 0; k < alone->estimates->count; k++) {
		if (alone->duel.over[k])
			ret_sorted[count++] = alone->duel.statistics[k];
		if (alone->duel.under[k])
			ret_sorted[count++] = -alone->duel.statistics[k];
	}
	ranking_sort_numbers(ret_sorted, count);
	return count;
}

static void reject_from(const struct alone *alone, double least)
{
	for (size_t k = 0; k < alone->estimates->count; k++) {
		alone->duel.over[k] &= alone->duel.statistics[k] < least;
		alone->duel.under[k] &= -alone->duel.statistics[k] < least;
	}
}

static void begin_duels(struct alone *alone)
{
	const struct ranking_estimates *estimates = alone->estimates;
	double narrowest = 1;
	for (size_t k = 0; k < estimates->count; k++) {
		double width = estimates->ses[k] / estimates->ses[alone->unit];
		narrowest = width < narrowest ? width : narrowest;
		alone->duel.spreads[k] = spread_of(estimates, alone->unit, k);
		alone->duel.statistics[k] = statistic_of(estimates, alone->unit, k);
		alone->duel.over[k] = k != alone->unit;
		alone->duel.under[k] = k != alone->unit;
	}
	alone->step = STEP * (narrowest > NARROWEST ? narrowest : NARROWEST);
}

static void step_down_alone(const struct alone *alone, double level, double *sorted)
{
	for (;;) {
		size_t count = list_standing(alone, sorted);
		size_t first = find_first_rejected(alone, level, sorted, count);
		if (first == count)
			return;
		reject_from(alone, sorted[first]);
	}
}

void ranking_confidence_marginal(struct arena *arena, const struct ranking_estimates *estimates, double level,
                                 const struct ranking_place_sets *ret_sets)
{
	size_t count = estimates->count;
	double *sorted = arena_array(arena, double, 2 * count);
	struct alone alone = {.estimates = estimates};
	alone.duel.statistics = arena_array(arena, double, count);
	alone.duel.spreads = arena_array(arena, double, count);
	alone.duel.over = arena_array(arena, bool, count);
	alone.duel.under = arena_array(arena, bool, count);
	for (alone.unit = 0; alone.unit < count; alone.unit++) {
		begin_duels(&alone);
		step_down_alone(&alone, level, sorted);
		uint32_t larger = 0;
		uint32_t smaller = 0;
		for (size_t k = 0; k < count; k++) {
			larger += k != alone.unit && !alone.duel.under[k] ? 1 : 0;
			smaller += k != alone.unit && !alone.duel.over[k] ? 1 : 0;
		}
		ret_sets->lo[alone.unit] = 1 + larger;
		ret_sets->hi[alone.unit] = (uint32_t)count - smaller;
	}
}

/* ---- simultaneous ---- */

/* A drawn maximum and the pair that reached it: while that pair stands, the maximum does. */
struct summit {
	double value;
	uint32_t pair;  /* i × count + k */
};

struct together {
	const struct ranking_estimates *estimates;
	const double *rates;     /* count × count: 1 / √(s_i² + s_k²) */
	bool *standing;          /* count × count: (i, k) */
	double *z;               /* one draw, of standard normals */
	size_t *first, *second;  /* candidates of a pair */
	struct summit best;      /* of the draw so far */
	uint64_t seed;
	size_t draws;
	struct summit *summits;  /* draws */
	double *sorted;          /* draws */
};

/* (s_i z_i − s_k z_k) / √(s_i² + s_k²) where the pair stands. */
static void try_pair(struct together *together, size_t i, size_t k)
{
	const struct ranking_estimates *estimates = together->estimates;
	size_t pair = i * estimates->count + k;
	if (!together->standing[pair])
		return;
	double value = (estimates->ses[i] * together->z[i] - estimates->ses[k] * together->z[k]) * together->rates[pair];
	if (value > together->best.value)
		together->best = (struct summit){.value = value, .pair = (uint32_t)pair};
}

/* By the inequality of Cauchy and Schwarz a pair reaches at most √(max(z_i, 0)² + max(−z_k, 0)²): with a good pair in
 * hand, hardly any other needs to be looked at. */
static double square_above(double z)
{
	return z > 0 ? z * z : 0;
}

static void try_likely_pairs(struct together *together)
{
	size_t count = together->estimates->count;
	size_t top = 0;
	size_t bottom = 0;
	for (size_t i = 1; i < count; i++) {
		top = together->z[i] > together->z[top] ? i : top;
		bottom = together->z[i] < together->z[bottom] ? i : bottom;
	}
	for (size_t i = 0; i < count; i++) {
		try_pair(together, top, i);
		try_pair(together, i, bottom);
	}
}

static void try_other_pairs(struct together *together)
{
	size_t count = together->estimates->count;
	const double *z = together->z;
	double best = together->best.value > 0 ? together->best.value * together->best.value : -1;
	double up = 0;
	double down = 0;
	for (size_t i = 0; i < count; i++) {
		up = square_above(z[i]) > up ? square_above(z[i]) : up;
		down = square_above(-z[i]) > down ? square_above(-z[i]) : down;
	}
	size_t firsts = 0;
	size_t seconds = 0;
	for (size_t i = 0; i < count; i++) {
		if (square_above(z[i]) + down > best)
			together->first[firsts++] = i;
		if (square_above(-z[i]) + up > best)
			together->second[seconds++] = i;
	}
	for (size_t i = 0; i < firsts; i++) {
		for (size_t k = 0; k < seconds; k++) {
			if (square_above(z[together->first[i]]) + square_above(-z[together->second[k]]) > best)
				try_pair(together, together->first[i], together->second[k]);
		}
	}
}

static void climb(struct together *together, size_t draw)
{
	struct ranking_random random;
	ranking_random_init(&random, together->seed, draw);
	ranking_normal_draw(&random, together->z, together->estimates->count);
	together->best = (struct summit){.value = -INFINITY};
	try_likely_pairs(together);
	try_other_pairs(together);
	together->summits[draw] = together->best;
}

/* The level's quantile of the drawn maxima over the pairs that stand. begun: there are summits of the step before. */
static double critical_value(struct together *together, double level, bool begun)
{
	for (size_t i = 0; i < together->draws; i++) {
		if (!begun || !together->standing[together->summits[i].pair])
			climb(together, i);
		together->sorted[i] = together->summits[i].value;
	}
	ranking_sort_numbers(together->sorted, together->draws);
	return ranking_quantile(together->sorted, together->draws, level);
}

/* Returns how many. ret_left: how many stand after it. */
static size_t reject_above(const struct together *together, double critical, size_t *ret_left)
{
	size_t count = together->estimates->count;
	size_t rejected = 0;
	*ret_left = 0;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < count; k++) {
			bool *standing = &together->standing[i * count + k];
			bool falls = *standing && statistic_of(together->estimates, i, k) > critical;
			rejected += falls ? 1 : 0;
			*standing &= !falls;
			*ret_left += *standing ? 1 : 0;
		}
	}
	return rejected;
}

static void count_places(const struct together *together, const struct ranking_place_sets *ret_sets)
{
	size_t count = together->estimates->count;
	for (size_t i = 0; i < count; i++) {
		ret_sets->lo[i] = 1;
		ret_sets->hi[i] = (uint32_t)count;
		for (size_t k = 0; k < count; k++) {
			ret_sets->lo[i] += k != i && !together->standing[k * count + i] ? 1 : 0;
			ret_sets->hi[i] -= k != i && !together->standing[i * count + k] ? 1 : 0;
		}
	}
}

static void begin_together(struct together *together, struct arena *arena)
{
	size_t count = together->estimates->count;
	double *rates = arena_array(arena, double, count * count);
	together->rates = rates;
	together->standing = arena_array(arena, bool, count * count);
	together->z = arena_array(arena, double, count);
	together->first = arena_array(arena, size_t, count);
	together->second = arena_array(arena, size_t, count);
	together->summits = arena_array(arena, struct summit, together->draws);
	together->sorted = arena_array(arena, double, together->draws);
	for (size_t i = 0; i < count * count; i++) {
		rates[i] = 1 / spread_of(together->estimates, i / count, i % count);
		together->standing[i] = i / count != i % count;
	}
}

void ranking_confidence_simultaneous(struct arena *arena, const struct ranking_estimates *estimates, double level,
                                     uint64_t seed, size_t draws, const struct ranking_place_sets *ret_sets)
{
	struct together together = {.estimates = estimates, .seed = seed, .draws = draws};
	begin_together(&together, arena);
	size_t left = estimates->count * (estimates->count - 1);
	for (bool begun = false; left > 0; begun = true) {
		double critical = critical_value(&together, level, begun);
		if (reject_above(&together, critical, &left) == 0)
			break;
	}
	count_places(&together, ret_sets);
}
