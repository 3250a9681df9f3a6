/* ranking_shapley: what each player of a game adds to it (Shapley, A value for n-person games, 1953).
 *
 * A game gives every set of players one or more numbers. A player's part is what the number grows by when the player joins,
 * averaged over all orders in which the players can come; so the parts add up to the number of all less that of nobody, equal
 * players get equal parts, and who never changes anything gets 0. Of up to RANKING_SHAPLEY_EXACT_MAX players every set is
 * asked, once, and the parts are exact; beyond that orders are drawn, each with its reverse (Castro, Gómez and Tejada,
 * Polynomial calculation of the Shapley value based on sampling, 2009): the parts still add up exactly, and each has the half
 * width of its interval of 95 %. */
#ifndef EFFREG_RANKING_SHAPLEY_H
#define EFFREG_RANKING_SHAPLEY_H

#include "common/arena.h"

#define RANKING_SHAPLEY_EXACT_MAX 12
#define RANKING_SHAPLEY_DRAWS     500  /* pairs of orders, where a caller has no other wish */

struct ranking_game {
	size_t players;
	size_t outputs;
	/* in: players, 1 = takes part; ret_values: outputs. The same set always has the same values. */
	void (*value)(void *context, const uint8_t *in, double *ret_values);
	void *context;
};

/* How to ask it. */
struct ranking_shapley_plan {
	size_t exact_max;  /* 0 = RANKING_SHAPLEY_EXACT_MAX; never more than 20 */
	size_t draws;      /* 0 = RANKING_SHAPLEY_DRAWS */
	uint64_t seed;     /* draw i has substream i */
};

struct ranking_shapley {
	bool exact;
	size_t draws;
	double *parts;   /* outputs × players */
	double *errors;  /* outputs × players: half widths; 0 where exact */
	double *none;    /* outputs: of nobody */
	double *all;     /* outputs: of everybody */
};

/* Everything lives in arena. */
void ranking_shapley_of(struct arena *arena, const struct ranking_game *game, const struct ranking_shapley_plan *plan,
                        struct ranking_shapley *ret_shapley);

/* s! (n − 1 − s)! / n!, n the players and s those before: the share of the orders in which a given player comes right after
 * given s others. before < players. */
double ranking_shapley_share(size_t players, size_t before);

#endif
