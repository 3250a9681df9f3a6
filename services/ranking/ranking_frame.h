/* ranking_frame: what one indicator is held against when it is normalised (RATING.md section 2, normalise), and the scale
 * that follows from it.
 *
 * A frame is measured once, from the values of all units, and can then be applied to any value: to those it was measured
 * from, which is normalising, or to others, which is how a mixed world of two runs is told what the older frame would have
 * made of a newer value (ranking_world). A frame in which all values are equal gives everyone the middle (min-max), the mean
 * (z-score), the tied place (ranks), 1 (distances); goalposts clip and "none" keeps as usual. A target at or below the
 * lowest value is reached by everyone (1); a reference without a value, or with the lowest, gives no scale: missing. */
#ifndef EFFREG_RANKING_FRAME_H
#define EFFREG_RANKING_FRAME_H

#include "services/ranking/ranking_table.h"

/* Members are read by others, written here; reference and sorted by whoever measures, where the method needs them. */
struct ranking_frame {
	const struct methodology_normalise *rule;
	struct ranking_goals goals;
	size_t present;        /* how many have a value; 0: min and max say nothing */
	double min, max;       /* of those present, infinite ones too */
	double mean, sd;       /* of a z-score */
	double reference;      /* of a distance to reference; NaN = it has no value */
	const double *sorted;  /* of a method by place: the present values, ascending */
};

void ranking_frame_measure(struct ranking_frame *frame, const struct methodology_normalise *rule,
                           const struct ranking_goals *goals, const double *values, size_t count);
bool ranking_frame_is_by_place(const struct methodology_normalise *rule);
/* Whether a distance to the reference, or to the target, has a scale in this frame. */
bool ranking_frame_has_reference(const struct ranking_frame *frame);
bool ranking_frame_target_reached(const struct ranking_frame *frame);

/* In place; the missing stay missing. By place, a value counts those of `sorted` below it. */
void ranking_frame_apply(const struct ranking_frame *frame, double *values, size_t count);

/* Of a method by place: worse: how many stand below; tied: how many stand on the same place, the unit itself included; n: all
 * of them; least: ranking_frame_least. */
double ranking_frame_least(const struct methodology_normalise *rule);
double ranking_frame_place(const struct methodology_normalise *rule, double least, double worse, double tied, double n);

#endif
