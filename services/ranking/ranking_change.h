/* ranking_change: why a unit's score and place changed between two runs (RATING.md section 3, 2).
 *
 * The change is shared among the causes of ranking_world by their Shapley values: the parts add up to the whole change, in
 * score and in places, a cause that changes nothing has none, and no order of the causes is preferred. Up to 12 causes every
 * combination is computed, by the engine itself; beyond that orders of the causes are drawn, and each part has the half width
 * of its interval of 95 % (the sum is exact all the same). Where every mean is arithmetic and nothing is filled in after
 * normalising, a score is a sum of one term for each indicator, which depends on its own cause and the common ones only: the
 * parts of the score are then in closed form, whatever the number of causes.
 *
 * What became known only after the older run was published comes first, by itself: from the run as published to the same run
 * as it is known now. That is a fact before all others, so no average over orders is taken of it.
 *
 * Parts of the place are positive when the unit rose: they add up to older place − newer place, which is whole. */
#ifndef EFFREG_RANKING_CHANGE_H
#define EFFREG_RANKING_CHANGE_H

#include "services/ranking/ranking_shapley.h"
#include "services/ranking/ranking_world.h"

#define RANKING_CHANGE_RIVALS_MAX 1000

struct ranking_change_part {
	struct ranking_cause cause;
	double score, score_error;    /* errors: half widths of 95 %, 0 = exact */
	double places, places_error;
};

enum ranking_rival_move {
	RANKING_RIVAL_OVERTAKEN,  /* stood before the unit, does not any more */
	RANKING_RIVAL_LEFT,       /* the same, because it is not rated any more */
	RANKING_RIVAL_OVERTOOK,   /* stands before the unit now, did not */
	RANKING_RIVAL_ENTERED,    /* the same, and was not rated */
};

/* A unit on whose account the place changed: with competition places, the rises less the falls are the change. */
struct ranking_rival {
	const char *code;
	enum ranking_rival_move move;
	uint32_t places[2];
	struct ranking_cause cause;   /* the one that counts most in this move */
	const char *indicator;        /* through which the distance between the two moved most that way; NULL: no single one,
	                               * the rival is not in both runs */
	bool indicator_is_own;        /* it was the unit's rather than the rival's */
};

struct ranking_change {
	double scores[2];             /* of the root, not rounded: as published, newer */
	uint32_t places[2];           /* one more than are rated = not rated */
	bool exact;                   /* every combination of causes was computed */
	bool score_is_closed;         /* the parts of the score are exact, whatever `exact` says */
	size_t draws;
	const struct ranking_change_part *parts;
	size_t part_count;
	const struct ranking_rival *rivals;  /* by newer place, those without one last */
	size_t rival_count;
	size_t rivals_left_out;       /* over RANKING_CHANGE_RIVALS_MAX */
};

/* published: the older run's values as they were published, read with its methodology; NULL = as they are in runs. Everything
 * lives in arena; faults are those of ranking_world_new. */
enum status ranking_change_explain(struct arena *arena, const struct ranking_runs *runs, const struct ranking_input *published,
                                   const char *unit, const struct ranking_shapley_plan *plan,
                                   struct ranking_change *ret_change, struct fault *fault) MUST_CHECK;

#endif
