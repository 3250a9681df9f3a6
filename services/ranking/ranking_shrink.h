/* ranking_shrink: empirical-Bayes shrinkage of estimates to their mean, under the random-effects model.
 *
 * The model: y_i = mu + u_i + e_i, u_i of variance tau², e_i of the known variance v_i = se_i². With w_i = 1 / (v_i + tau²):
 *
 *   mu      = Σ w y / Σ w, of variance 1 / Σ w
 *   l_i     = tau² / (tau² + v_i)
 *   shrunken  l_i y_i + (1 − l_i) mu: the best linear unbiased predictor
 *   its se    √(l_i v_i + (1 − l_i)² / Σ w): of the unit's own value, the uncertainty of mu included, that of tau² not
 *             (Raudenbush and Bryk, Journal of Educational Statistics 10, 1985, appendix; blup() of R's metafor)
 *
 * tau², never below 0, by one of (Viechtbauer, Journal of Educational and Behavioral Statistics 30, 2005; Veroniki et al.,
 * Research Synthesis Methods 7, 2016):
 *
 *   dl    DerSimonian and Laird (1986): (Q − (k − 1)) / (Σ1/v − Σ1/v² / Σ1/v), Q = Σ (y − m)²/v about the mean weighted by 1/v
 *   pm    Paule and Mandel (1982): the tau² at which Σ w (y − mu)² = k − 1; 0 when it is below k − 1 at 0
 *   ml    maximum likelihood: scoring steps of (Σ w² (y − mu)² − Σ w) / Σ w²
 *   reml  restricted likelihood: scoring steps of (y'PPy − tr P) / tr PP, P = W − W11'W / Σ w
 *
 * Scoring starts from the estimate of Hedges (1985), halves a step that would lead below 0, and goes on until nothing
 * moves any more (not to the 1e-5 at which others stop); a maximum with a lower likelihood than tau² = 0 gives way to 0. */
#ifndef EFFREG_RANKING_SHRINK_H
#define EFFREG_RANKING_SHRINK_H

#include "common/arena.h"
#include "common/status.h"

enum ranking_shrink_method { RANKING_SHRINK_DL, RANKING_SHRINK_REML, RANKING_SHRINK_ML, RANKING_SHRINK_PM };

struct ranking_shrinkage {
	double tau2;
	double mean, mean_se;  /* mu */
	double *values, *ses;  /* the caller's, one for each estimate */
};

/* estimates and ses (finite, ses above 0): count of them. Sets ret_shrinkage's numbers and fills its arrays. One estimate
 * alone has nothing to be shrunk to: tau² is 0 and it stays. */
void ranking_shrink(enum ranking_shrink_method method, const double *estimates, const double *ses, size_t count,
                    struct ranking_shrinkage *ret_shrinkage);

#endif
