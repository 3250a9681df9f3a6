#include "services/ranking/ranking_outlook.h"

#include <math.h>

#include "services/ranking/ranking_statistics.h"

static size_t period_of(const struct ranking_outlook *outlook, size_t unit)
{
	return outlook->periods == NULL ? 0 : outlook->periods[unit];
}

/* ---- groups ---- */

enum ranking_group ranking_group_of(const struct methodology *methodology, size_t before, size_t tied, size_t rated)
{
	if ((double)(before + 1) / (double)rated <= methodology->leading)
		return RANKING_LEADING;
	if ((double)(rated - before - tied + 1) / (double)rated <= methodology->lagging)
		return RANKING_LAGGING;
	return RANKING_MIDDLE;
}

/* Of one period in one replicate: how many stand on each place, and how many before it. counts, before: units + 2. */
static size_t count_places(const struct ranking_outlook *outlook, const uint32_t *places, size_t period, uint32_t *counts,
                           uint32_t *before)
{
	memset(counts, 0, (outlook->units + 2) * sizeof *counts);
	for (size_t unit = 0; unit < outlook->units; unit++)
		counts[period_of(outlook, unit) == period ? places[unit] : 0]++;
	before[0] = 0;
	before[1] = 0;
	for (size_t place = 1; place <= outlook->units; place++)
		before[place + 1] = before[place] + counts[place];
	return before[outlook->units + 1];
}

void ranking_outlook_groups(struct arena *arena, const struct ranking_outlook *outlook, double *ret_shares)
{
	size_t periods = outlook->periods == NULL ? 1 : outlook->period_count;
	uint32_t *counts = arena_array(arena, uint32_t, outlook->units + 2);
	uint32_t *before = arena_array(arena, uint32_t, outlook->units + 2);
	uint32_t *seen = arena_array(arena, uint32_t, outlook->units * RANKING_GROUPS);
	for (size_t i = 0; i < outlook->replicates * periods; i++) {
		const uint32_t *places = &outlook->places[i / periods * outlook->units];
		size_t rated = count_places(outlook, places, i % periods, counts, before);
		for (size_t unit = 0; unit < outlook->units; unit++) {
			uint32_t place = places[unit];
			if (place != 0 && period_of(outlook, unit) == i % periods)
				seen[unit * RANKING_GROUPS + ranking_group_of(outlook->methodology, before[place], counts[place], rated)]++;
		}
	}
	for (size_t unit = 0; unit < outlook->units; unit++) {
		double all = 0;
		for (size_t group = 0; group < RANKING_GROUPS; group++)
			all += seen[unit * RANKING_GROUPS + group];
		for (size_t group = 0; group < RANKING_GROUPS; group++)
			ret_shares[unit * RANKING_GROUPS + group] = all > 0 ? seen[unit * RANKING_GROUPS + group] / all : NAN;
	}
}

/* ---- neighbours ---- */

static size_t find_next(const struct ranking_outlook *outlook, size_t unit)
{
	size_t next = METHODOLOGY_NONE;
	for (size_t i = 0; i < outlook->units; i++) {
		if (period_of(outlook, i) != period_of(outlook, unit) || outlook->base[i] <= outlook->base[unit])
			continue;
		if (next == METHODOLOGY_NONE || outlook->base[i] < outlook->base[next])
			next = i;
	}
	return next;
}

void ranking_outlook_beats_next(const struct ranking_outlook *outlook, double *ret_shares)
{
	for (size_t unit = 0; unit < outlook->units; unit++) {
		size_t next = outlook->base[unit] != 0 ? find_next(outlook, unit) : METHODOLOGY_NONE;
		double both = 0;
		double better = 0;
		for (size_t i = 0; i < outlook->replicates && next != METHODOLOGY_NONE; i++) {
			uint32_t own = outlook->places[i * outlook->units + unit];
			uint32_t other = outlook->places[i * outlook->units + next];
			both += own != 0 && other != 0 ? 1 : 0;
			better += own != 0 && other != 0 && own < other ? 1 : 0;
		}
		ret_shares[unit] = both > 0 ? better / both : NAN;
	}
}

/* ---- moves ---- */

struct ranking_move ranking_outlook_move(struct arena *arena, const struct ranking_outlook *outlook, size_t before, size_t now)
{
	double *gains = arena_array(arena, double, outlook->replicates);
	size_t count = 0;
	for (size_t i = 0; i < outlook->replicates; i++) {
		uint32_t from = outlook->places[i * outlook->units + before];
		uint32_t to = outlook->places[i * outlook->units + now];
		if (from != 0 && to != 0)
			gains[count++] = (double)from - (double)to;
	}
	ranking_sort_numbers(gains, count);
	struct ranking_move move = {.gained = (int64_t)outlook->base[before] - (int64_t)outlook->base[now], .lo = NAN, .hi = NAN};
	if (count > 0) {
		move.lo = ranking_quantile(gains, count, (1 - RANKING_MOVE_LEVEL) / 2);
		move.hi = ranking_quantile(gains, count, (1 + RANKING_MOVE_LEVEL) / 2);
	}
	move.distinguishable = move.lo > 0 || move.hi < 0;
	return move;
}
