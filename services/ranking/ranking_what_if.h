/* ranking_what_if: the smallest change of a unit's indicators, inside stated feasible steps, that reaches a place (RATING.md
 * section 3, 5).
 *
 * A step moves an indicator by a fixed amount of its own unit towards the better end, and has a cost; what is smallest is the
 * sum of the costs. Everything is held against the engine run over all units, so a frame that the unit itself moves counts.
 *   exact       where no step changes anybody else's score and the score is a sum over indicators: a whole-number program over
 *               the gains of each number of steps; or, in every other case, all combinations when there are few enough;
 *   greedy      otherwise: the steps that close most of the distance for their cost, one after another, then those that turn
 *               out unnecessary are taken back. It reaches the place; a smaller change is not ruled out. */
#ifndef EFFREG_RANKING_WHAT_IF_H
#define EFFREG_RANKING_WHAT_IF_H

#include "services/ranking/ranking_engine.h"

#define RANKING_WHAT_IF_COMBINATIONS_MAX 20000
#define RANKING_WHAT_IF_STEPS_MAX        1000  /* of one indicator */

struct ranking_step {
	size_t indicator;
	double size;      /* > 0, in the indicator's own unit */
	size_t most;      /* how often it can be taken: 1 … RANKING_WHAT_IF_STEPS_MAX */
	double cost;      /* of one, > 0 */
};

enum ranking_what_if_method {
	RANKING_WHAT_IF_NOTHING,  /* the place is held already */
	RANKING_WHAT_IF_EXACT,
	RANKING_WHAT_IF_GREEDY,
	RANKING_WHAT_IF_BEYOND,   /* all steps together do not reach it: what they do reach is told */
};

struct ranking_what_if {
	enum ranking_what_if_method method;
	const size_t *taken;      /* by step */
	const double *values;     /* by step: the indicator's value then */
	double cost;
	uint32_t places[2];       /* before, after */
	double scores[2];         /* not rounded */
};

/* What can be done when nobody says: a twentieth of the distance between the worst and the best unit each, up to the best, at
 * cost 1, for every indicator with a weight that the unit has and that varies. Returns how many. */
size_t ranking_what_if_steps(struct arena *arena, const struct methodology *methodology, const struct ranking_input *values,
                             size_t unit, const struct ranking_step **ret_steps);

/* unit: row of the input. place: 1 … . INVALID (code "place") for a unit that is not rated or a place that is none; (code
 * "step") for a step of an indicator that the unit does not have; UNSUPPORTED (code "panel"); faults of the engine. */
enum status ranking_what_if_reach(struct arena *arena, const struct methodology *methodology, const struct ranking_input *values,
                                  size_t unit, uint32_t place, const struct ranking_step *steps, size_t step_count,
                                  struct ranking_what_if *ret_what_if, struct fault *fault) MUST_CHECK;

#endif
