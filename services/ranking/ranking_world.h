/* ranking_world: two runs of a rating, and every world between them: for each cause of change, whether it is as in the older
 * run or as in the newer one (RATING.md section 3, 2).
 *
 * The older run is the world with no cause, the newer one that with all: both are exactly what the engine computes. Between
 * them:
 *   an own indicator    the explained unit's value, where both runs know it;
 *   others              the values of all other units, where both runs know them;
 *   frame               what values are held against when outliers are pulled in and indicators are normalised: all of it
 *                       measured in the older run, or all of it in the newer. A value beyond the ends of a frame that is not
 *                       its own stands at its end;
 *   methodology         indicators, tree, weights and methods;
 *   missing             values, of any unit, that one of the runs does not know: missing there, or imputed as that run does;
 *   entrants            which units take part.
 * Only causes that differ between the runs are listed: any other would have no part in anything. A unit that a world cannot
 * rate stands behind those rated, with the score 0.
 *
 * A panel is one rating for each of its periods, and cannot be one of two runs: it is refused. */
#ifndef EFFREG_RANKING_WORLD_H
#define EFFREG_RANKING_WORLD_H

#include "services/ranking/ranking_engine.h"

enum ranking_cause_kind {
	RANKING_CAUSE_OWN,
	RANKING_CAUSE_OTHERS,
	RANKING_CAUSE_FRAME,
	RANKING_CAUSE_METHODOLOGY,
	RANKING_CAUSE_MISSING,
	RANKING_CAUSE_ENTRANTS,
	RANKING_CAUSE_CORRECTED,  /* of ranking_change: no world mixes it */
};

struct ranking_cause {
	enum ranking_cause_kind kind;
	const char *indicator;  /* of an own one: its code; else NULL */
};

enum { RANKING_OLDER, RANKING_NEWER };

/* Two runs: older, newer. values[m][s]: the table of run s read with the columns of methodology m; one that its file does not
 * have is missing. The methodologies may be the same pointer. Units are told apart by code. */
struct ranking_runs {
	const struct methodology *methodologies[2];
	const struct ranking_input *values[2][2];
};

struct ranking_world;

/* unit: code of the explained one. Everything lives in arena and borrows what runs borrow. Faults are those of
 * ranking_table_new; UNSUPPORTED (code "panel") for a panel, NOT_FOUND (code "unit") when a run does not have the unit. */
enum status ranking_world_new(struct arena *arena, const struct ranking_runs *runs, const char *unit,
                              struct ranking_world **ret_world, struct fault *fault) MUST_CHECK;

/* Own indicators first, in the order of the methodologies, then the others in the order of their kind. */
size_t ranking_world_causes(const struct ranking_world *world, const struct ranking_cause **ret_causes);

/* All units of both runs, by code. */
size_t ranking_world_units(const struct ranking_world *world, const char *const **ret_codes);
size_t ranking_world_unit(const struct ranking_world *world);

/* What a world makes of them; valid until the next one is asked. */
struct ranking_world_state {
	const double *scores;         /* units: rounded as the methodology says; NaN = not rated, or not there */
	const uint32_t *places;       /* units: 0 = not rated, or not there */
	const size_t *rows;           /* units: their rows in table; SIZE_MAX = not there */
	const struct ranking_table *table;              /* of those there */
	const struct ranking_aggregation *aggregation;
	const struct ranking_weights *weights;
	double score;                 /* the explained unit's root, not rounded; 0 = not rated */
	uint32_t place;               /* one more than are rated when it is not */
	size_t rated;
};

/* in: causes, 1 = as in the newer run. */
void ranking_world_enter(struct ranking_world *world, const uint8_t *in, struct ranking_world_state *ret_state);

#endif
