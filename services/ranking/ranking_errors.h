/* ranking_errors: the standard error of a score from those of its values, where the score is linear in them.
 *
 * With every aggregate an arithmetic mean and every indicator normalised by a straight line (min-max, z-score, distance to the
 * highest, none, goalposts that clip nobody), the score is Σ e_i · (a_i + b_i x_i): e_i the share that the weights of those
 * present give the indicator, b_i the slope. Of independent errors, se² = Σ (e_i b_i se_i)²: exact for the scale as it
 * is (what values are held against is taken as known; draws of ranking_uncertainty move it too). Logarithms, imputed values and
 * outliers pulled in bend the line: such ratings are left to draws. */
#ifndef EFFREG_RANKING_ERRORS_H
#define EFFREG_RANKING_ERRORS_H

#include "services/ranking/ranking_engine.h"

/* input and scores: what was rated and its result. errors: indicators × units, in the units of the input; 0 or NaN = none.
 * ret_ses: by unit; NaN = not rated. False: the score is not linear in values that have errors. */
bool ranking_errors_exact(struct arena *arena, const struct methodology *methodology, const struct ranking_input *input,
                          const struct ranking_scores *scores, const double *errors, double *ret_ses) MUST_CHECK;

#endif
