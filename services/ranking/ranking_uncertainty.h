/* ranking_uncertainty: what is uncertain in a rating, and single draws of it (RATING.md section 3, 3).
 *
 * Each thing that could have been otherwise is a factor:
 *   weights      of one node's children, drawn uniformly within ±perturb of the methodology's; a factor for each such node
 *   outliers, normalise, aggregate   the methodology's alternatives, each as likely: a factor of [0, 1] cut into equal parts
 *   errors       sampling: every value with a standard error is drawn from the normal about it
 *   missing      every missing value of an indicator is that of a unit drawn among those that have it, in the same frame
 *                (a hot deck: Rubin, Multiple Imputation for Nonresponse in Surveys, 1987)
 *
 * A row has two independent draws of every factor, A and B; a draw of the rating takes each factor from one of them (the
 * design of Saltelli, 2002). Row i of A is replicate i. A factor's draws depend on the seed, the row and the factor alone, so
 * neither threads nor other factors show in them. */
#ifndef EFFREG_RANKING_UNCERTAINTY_H
#define EFFREG_RANKING_UNCERTAINTY_H

#include "services/ranking/ranking_replicate.h"

#define RANKING_FACTORS_MAX (METHODOLOGY_NODES_MAX + METHODOLOGY_STAGES + 2)

enum ranking_factor_kind {
	RANKING_FACTOR_WEIGHTS,
	RANKING_FACTOR_OUTLIERS,
	RANKING_FACTOR_NORMALISE,
	RANKING_FACTOR_AGGREGATE,
	RANKING_FACTOR_ERRORS,
	RANKING_FACTOR_MISSING,
	RANKING_FACTOR_KINDS,
};

/* Sets of kinds: 1 << kind. */
#define RANKING_FACTORS_CHOICES \
	(1u << RANKING_FACTOR_WEIGHTS | 1u << RANKING_FACTOR_OUTLIERS | 1u << RANKING_FACTOR_NORMALISE | 1u << RANKING_FACTOR_AGGREGATE)
#define RANKING_FACTORS_DATA (1u << RANKING_FACTOR_ERRORS | 1u << RANKING_FACTOR_MISSING)

struct ranking_factor {
	enum ranking_factor_kind kind;
	size_t node;  /* of weights: whose children */
};

/* What to draw, and from what. All borrowed. */
struct ranking_uncertain {
	const struct methodology *methodology;
	const struct ranking_input *input;
	const double *errors;  /* indicators × units: standard errors; 0 or NaN = none; NULL = none at all */
	double perturb;        /* 0 to 1 */
	uint64_t seed;
	unsigned kinds;        /* of factors that are drawn; the others stay as they are */
};

/* Shared by threads, read only. */
struct ranking_uncertainty {
	struct ranking_uncertain of;
	struct ranking_factor *factors;  /* those that can change something */
	size_t factor_count;
	bool values_move;
	struct ranking_table **tables;   /* by variant; NULL when values move */
};

/* Everything lives in arena. Faults are those of ranking_engine_prepare. */
enum status ranking_uncertainty_new(struct arena *arena, const struct ranking_uncertain *of,
                                    const struct ranking_uncertainty **ret_uncertainty, struct fault *fault) MUST_CHECK;

/* Of a replicate or row of A: which alternative of each stage, and the weights. */
struct ranking_parameters {
	size_t alternatives[METHODOLOGY_STAGES];
	struct ranking_weights weights;
};

/* One for each thread. */
struct ranking_sampler {
	const struct ranking_uncertainty *uncertainty;
	struct arena *work;                     /* of one draw, where values move */
	struct ranking_replicator *replicators; /* by variant, where they do not */
	bool *begun;                            /* by variant */
	struct arena *arena;
	struct ranking_parameters parameters;   /* of the last draw */
	struct ranking_weights other;
	double *values;
	double *normals;
	const struct ranking_replicator *last;
};

/* arena: for as long as the sampler; work: reset at each draw. */
void ranking_sampler_init(struct ranking_sampler *sampler, struct arena *arena, struct arena *work,
                          const struct ranking_uncertainty *uncertainty);
/* from_b: by factor; NULL = all from A. ret_places: the place of each unit of the input, 0 = not rated. */
void ranking_sampler_draw(struct ranking_sampler *sampler, uint64_t row, const uint8_t *from_b, uint32_t *ret_places);
/* Those of a row of A, without rating anything; valid until the next draw. */
const struct ranking_parameters *ranking_sampler_parameters(struct ranking_sampler *sampler, uint64_t row);
/* The root's scores of the last draw, by unit of the input; NaN = not rated. */
void ranking_sampler_scores(const struct ranking_sampler *sampler, double *ret_scores);

#endif
