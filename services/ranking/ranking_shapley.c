#include "services/ranking/ranking_shapley.h"

#include <math.h>

#include "services/ranking/ranking_random.h"
#include "services/ranking/ranking_sum.h"

#define EXACT_LIMIT 20    /* a million sets */
#define NORMAL_95   1.959963984540054

/* While sets are asked. */
struct asking {
	const struct ranking_game *game;
	struct ranking_shapley *shapley;
	uint8_t *in;               /* players */
	double *values, *before;   /* outputs */
	struct ranking_sum *sums;  /* outputs × players */
};

/* ---- every set ---- */

double ranking_shapley_share(size_t players, size_t before)
{
	double share = 1.0 / (double)players;
	for (size_t i = 1; i <= before; i++)
		share *= (double)i / (double)(players - i);
	return share;
}

/* The set's number counts for its members as what they joined to, and against the others as what they join. */
static void count_set(struct asking *asking, const double *shares, size_t size)
{
	size_t players = asking->game->players;
	for (size_t output = 0; output < asking->game->outputs; output++) {
		double value = asking->values[output];
		for (size_t i = 0; i < players; i++) {
			double share = asking->in[i] != 0 ? shares[size - 1] : -shares[size];
			ranking_sum_add(&asking->sums[output * players + i], share * value);
		}
	}
}

static void ask_every_set(struct asking *asking)
{
	size_t players = asking->game->players;
	double shares[EXACT_LIMIT + 1] = {0};
	for (size_t s = 0; s < players; s++)
		shares[s] = ranking_shapley_share(players, s);
	for (uint32_t set = 0; set < (uint32_t)1 << players; set++) {
		size_t size = 0;
		for (size_t i = 0; i < players; i++) {
			asking->in[i] = (set >> i & 1) != 0;
			size += asking->in[i];
		}
		asking->game->value(asking->game->context, asking->in, asking->values);
		count_set(asking, shares, size);
	}
	for (size_t i = 0; i < asking->game->outputs * players; i++)
		asking->shapley->parts[i] = ranking_sum_value(&asking->sums[i]);
}

/* ---- drawn orders ---- */

static void shuffle(struct ranking_random *random, uint32_t *order, size_t count)
{
	for (size_t i = 0; i < count; i++)
		order[i] = (uint32_t)i;
	for (size_t i = count; i > 1; i--) {
		size_t k = (size_t)(ranking_random_unit(random) * (double)i);
		uint32_t moved = order[k];
		order[k] = order[i - 1];
		order[i - 1] = moved;
	}
}

/* Lets the players come in order, or in its reverse, and adds what each brings to gains (outputs × players). */
static void follow_order(struct asking *asking, const uint32_t *order, bool reversed, double *gains)
{
	size_t players = asking->game->players;
	size_t outputs = asking->game->outputs;
	memset(asking->in, 0, players);
	memcpy(asking->before, asking->shapley->none, outputs * sizeof *asking->before);
	for (size_t i = 0; i < players; i++) {
		uint32_t player = order[reversed ? players - 1 - i : i];
		asking->in[player] = 1;
		asking->game->value(asking->game->context, asking->in, asking->values);
		for (size_t output = 0; output < outputs; output++)
			gains[output * players + player] += asking->values[output] - asking->before[output];
		memcpy(asking->before, asking->values, outputs * sizeof *asking->before);
	}
}

/* An order and its reverse together are one draw. squares: sums of the squared gains. */
static void draw_orders(struct asking *asking, struct arena *arena, uint64_t seed)
{
	size_t cells = asking->game->outputs * asking->game->players;
	size_t draws = asking->shapley->draws;
	uint32_t *order = arena_array(arena, uint32_t, asking->game->players);
	double *gains = arena_array(arena, double, cells);
	struct ranking_sum *squares = arena_array(arena, struct ranking_sum, cells);
	for (size_t draw = 0; draw < draws; draw++) {
		struct ranking_random random;
		ranking_random_init(&random, seed, draw);
		shuffle(&random, order, asking->game->players);
		memset(gains, 0, cells * sizeof *gains);
		follow_order(asking, order, false, gains);
		follow_order(asking, order, true, gains);
		for (size_t i = 0; i < cells; i++) {
			ranking_sum_add(&asking->sums[i], gains[i] / 2);
			ranking_sum_add(&squares[i], gains[i] * gains[i] / 4);
		}
	}
	for (size_t i = 0; i < cells; i++) {
		double n = (double)draws;
		double mean = ranking_sum_value(&asking->sums[i]) / n;
		double variance = draws > 1 ? (ranking_sum_value(&squares[i]) - n * mean * mean) / (n - 1) : 0;
		asking->shapley->parts[i] = mean;
		asking->shapley->errors[i] = variance > 0 ? NORMAL_95 * sqrt(variance / n) : 0;
	}
}

/* ---- both ---- */

void ranking_shapley_of(struct arena *arena, const struct ranking_game *game, const struct ranking_shapley_plan *plan,
                        struct ranking_shapley *ret_shapley)
{
	size_t cells = game->outputs * game->players;
	size_t exact_max = plan->exact_max == 0 ? RANKING_SHAPLEY_EXACT_MAX : plan->exact_max;
	ASSERT(exact_max <= EXACT_LIMIT);
	*ret_shapley = (struct ranking_shapley){.exact = game->players <= exact_max};
	ret_shapley->draws = ret_shapley->exact ? 0 : plan->draws == 0 ? RANKING_SHAPLEY_DRAWS : plan->draws;
	ret_shapley->parts = arena_array(arena, double, cells);
	ret_shapley->errors = arena_array(arena, double, cells);
	ret_shapley->none = arena_array(arena, double, game->outputs);
	ret_shapley->all = arena_array(arena, double, game->outputs);
	struct asking asking = {.game = game, .shapley = ret_shapley};
	asking.in = arena_array(arena, uint8_t, game->players);
	asking.values = arena_array(arena, double, game->outputs);
	asking.before = arena_array(arena, double, game->outputs);
	asking.sums = arena_array(arena, struct ranking_sum, cells);
	game->value(game->context, asking.in, ret_shapley->none);
	memset(asking.in, 1, game->players);
	game->value(game->context, asking.in, ret_shapley->all);
	if (ret_shapley->exact)
		ask_every_set(&asking);
	else
		draw_orders(&asking, arena, plan->seed);
}
