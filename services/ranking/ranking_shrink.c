#include "services/ranking/ranking_shrink.h"

#include <math.h>

#include "services/ranking/ranking_math.h"
#include "services/ranking/ranking_statistics.h"
#include "services/ranking/ranking_sum.h"

#define STEPS_MAX 100000
#define STILL     1e-15  /* of tau² and the mean variance: a step that small moves nothing any more */
#define NOTHING   1e-12  /* of the mean variance: where a maximum at the edge is taken for 0 */
#define ZERO_WINS 1.220703125e-4  /* by how much the likelihood at 0 must be higher: ε^¼, as in metafor */

struct model {
	const double *y;  /* about their plain mean, so that no digits are lost on the common part */
	const double *ses;
	size_t count;
	double variance;  /* mean of the v */
};

/* Sums under one tau². */
struct weighing {
	double w, w2, w3;    /* Σ w, Σ w², Σ w³ */
	double mean;         /* of y */
	double q, q2;        /* Σ w (y − mean)², Σ w² (y − mean)² */
};

static double weight_of(const struct model *model, size_t i, double tau2)
{
	return 1 / (model->ses[i] * model->ses[i] + tau2);
}

static struct weighing weigh(const struct model *model, double tau2)
{
	struct ranking_sum w = {0}, w2 = {0}, w3 = {0}, wy = {0}, q = {0}, q2 = {0};
	for (size_t i = 0; i < model->count; i++) {
		double weight = weight_of(model, i, tau2);
		ranking_sum_add(&w, weight);
		ranking_sum_add(&w2, weight * weight);
		ranking_sum_add(&w3, weight * weight * weight);
		ranking_sum_add(&wy, weight * model->y[i]);
	}
	struct weighing sums = {.w = ranking_sum_value(&w), .w2 = ranking_sum_value(&w2), .w3 = ranking_sum_value(&w3)};
	sums.mean = ranking_sum_value(&wy) / sums.w;
	for (size_t i = 0; i < model->count; i++) {
		double weight = weight_of(model, i, tau2);
		double off = model->y[i] - sums.mean;
		ranking_sum_add(&q, weight * off * off);
		ranking_sum_add(&q2, weight * weight * off * off);
	}
	sums.q = ranking_sum_value(&q);
	sums.q2 = ranking_sum_value(&q2);
	return sums;
}

/* ---- in closed form ---- */

static double by_moments(const struct model *model)
{
	struct weighing sums = weigh(model, 0);
	double tau2 = (sums.q - (double)(model->count - 1)) / (sums.w - sums.w2 / sums.w);
	return tau2 > 0 ? tau2 : 0;
}

static double by_plain_variance(const struct model *model)
{
	double sd = ranking_statistics_of(model->y, model->count).sd;
	double tau2 = sd * sd - model->variance;
	return tau2 > 0 ? tau2 : 0;
}

/* ---- the generalised Q ---- */

/* Q falls and bends upwards, so Newton's steps from 0 rise to its root and never pass it: dQ/dtau² = −Σ w² (y − mu)². */
static double by_generalised_q(const struct model *model)
{
	double tau2 = 0;
	for (int i = 0; i < STEPS_MAX; i++) {
		struct weighing sums = weigh(model, tau2);
		double step = (sums.q - (double)(model->count - 1)) / sums.q2;
		if (!(step > STILL * (tau2 + model->variance)))
			break;
		tau2 += step;
	}
	return tau2;
}

/* ---- likelihood ---- */

/* tr P = Σw − Σw²/Σw; tr PP = Σw² − 2 Σw³/Σw + (Σw²/Σw)². */
static double scoring_step(const struct weighing *sums, bool restricted)
{
	if (!restricted)
		return (sums->q2 - sums->w) / sums->w2;
	double ratio = sums->w2 / sums->w;
	return (sums->q2 - (sums->w - ratio)) / (sums->w2 - 2 * sums->w3 / sums->w + ratio * ratio);
}

/* Without its constant. */
static double log_likelihood(const struct model *model, double tau2, bool restricted)
{
	struct weighing sums = weigh(model, tau2);
	struct ranking_sum logs = {0};
	for (size_t i = 0; i < model->count; i++)
		ranking_sum_add(&logs, ranking_log(model->ses[i] * model->ses[i] + tau2));
	double twice = ranking_sum_value(&logs) + sums.q + (restricted ? ranking_log(sums.w) : 0);
	return -twice / 2;
}

static double by_likelihood(const struct model *model, bool restricted)
{
	double tau2 = by_plain_variance(model);
	for (int i = 0; i < STEPS_MAX; i++) {
		struct weighing sums = weigh(model, tau2);
		double step = scoring_step(&sums, restricted);
		while (tau2 + step < 0 && tau2 + step < tau2)
			step /= 2;
		tau2 += step;
		if (fabs(step) <= STILL * (tau2 + model->variance))
			break;
	}
	if (tau2 <= NOTHING * model->variance)
		return 0;
	double at_zero = log_likelihood(model, 0, restricted);
	return at_zero - log_likelihood(model, tau2, restricted) > ZERO_WINS ? 0 : tau2;
}

/* ---- both together ---- */

static double estimate_tau2(enum ranking_shrink_method method, const struct model *model)
{
	if (model->count < 2)
		return 0;
	switch (method) {
	case RANKING_SHRINK_REML:
		return by_likelihood(model, true);
	case RANKING_SHRINK_ML:
		return by_likelihood(model, false);
	case RANKING_SHRINK_PM:
		return by_generalised_q(model);
	case RANKING_SHRINK_DL:
		break;
	}
	return by_moments(model);
}

void ranking_shrink(enum ranking_shrink_method method, const double *estimates, const double *ses, size_t count,
                    struct ranking_shrinkage *ret_shrinkage)
{
	double *y = ret_shrinkage->values;
	double centre = ranking_statistics_of(estimates, count).mean;
	struct ranking_sum variances = {0};
	for (size_t i = 0; i < count; i++) {
		y[i] = estimates[i] - centre;
		ranking_sum_add(&variances, ses[i] * ses[i]);
	}
	struct model model = {.y = y, .ses = ses, .count = count, .variance = ranking_sum_value(&variances) / (double)count};
	double tau2 = estimate_tau2(method, &model);
	struct weighing sums = weigh(&model, tau2);
	ret_shrinkage->tau2 = tau2;
	ret_shrinkage->mean = centre + sums.mean;
	ret_shrinkage->mean_se = sqrt(1 / sums.w);
	for (size_t i = 0; i < count; i++) {
		double variance = ses[i] * ses[i];
		double share = tau2 / (tau2 + variance);
		y[i] = share * estimates[i] + (1 - share) * ret_shrinkage->mean;
		ret_shrinkage->ses[i] = sqrt(share * variance + (1 - share) * (1 - share) / sums.w);
	}
}
