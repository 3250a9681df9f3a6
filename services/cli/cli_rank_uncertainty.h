/* cli_rank_uncertainty: what `effreg rank` finds out beyond a place: replicates, standard errors, sensitivity. How it is said
 * is cli_rank_outlook.
 *
 * Replicates draw the choices of method; with standard errors, the values too: their sampling errors, and what is missing. The
 * error of a score, the sets that follow from it and the shrunken score speak of sampling errors alone. */
#ifndef EFFREG_CLI_RANK_UNCERTAINTY_H
#define EFFREG_CLI_RANK_UNCERTAINTY_H

#include "services/cli/cli_rank_files.h"
#include "services/cli/cli_rank_replicates.h"
#include "services/ranking/ranking_confidence.h"
#include "services/ranking/ranking_outlook.h"
#include "services/ranking/ranking_shrink.h"
#include "services/ranking/ranking_sobol.h"

#define RANK_OUTLOOK_UNITS_MAX 5000  /* with more, the places of each unit are only summed up */
#define RANK_DRAWS_USUAL 1000  /* of --errors and --sensitivity without --replicates */

/* What was computed and is to be made uncertain. Borrowed. */
struct rank_uncertain {
	struct arena *arena;
	const struct methodology *methodology;
	const struct rank_values *values;
	const struct ranking_table *table;
	const struct ranking_scores *scores;
	const double *errors;        /* --errors, or NULL */
	size_t replicates;           /* 0 = none wanted */
	bool sensitivity;
	double perturb;
	uint64_t seed;
	unsigned threads;
	const char *parameters_out;  /* or NULL */
};

/* Places under many draws. */
struct rank_draws {
	size_t count;
	const uint32_t *places;                       /* count × units */
	struct ranking_place_statistics *statistics;  /* units */
};

/* From standard errors; by unit, NaN or 0 where it is not rated. */
struct rank_errors {
	bool exact;                  /* score_ses: by the formula, not by draws */
	double *ses;                 /* of scores */
	struct rank_draws draws;     /* of sampling errors alone */
	struct ranking_place_sets marginal, simultaneous;
	double *shrunken, *shrunken_ses;
};

/* Figures: the places of the units, then the mean number of places by which they differ from the rating. */
struct rank_sensitivity {
	size_t rows;
	size_t factor_count;
	const struct ranking_factor *factors;
	size_t figures;              /* the last one is the mean shift; the others, if any, are units */
	double *variances;           /* figures */
	struct ranking_sobol_index *indices;  /* figures × factors */
	double *parts;               /* figures × RANK_SPLIT_GROUPS */
	double *split_variances;     /* figures */
};

/* What the variance is split among. */
enum { RANK_SPLIT_CHOICES, RANK_SPLIT_ERRORS, RANK_SPLIT_MISSING, RANK_SPLIT_GROUPS };

/* What was not asked for is NULL. */
struct rank_outlook {
	const struct rank_uncertain *of;
	const struct ranking_uncertainty *uncertainty;  /* of the replicates */
	const struct rank_draws *replicates;
	const struct rank_errors *errors;
	const struct rank_sensitivity *sensitivity;
	const double *groups;                      /* units × RANKING_GROUPS, with groups */
	const double *beats_next;                  /* units */
	const struct ranking_move *moves;          /* units; in a panel */
	const size_t *previous;                    /* units: the row of the period before, or METHODOLOGY_NONE */
};

/* INVALID and the like when a methodology's alternative cannot be applied to the values, TOO_LARGE when sensitivity needs
 * more memory than there should be, UNAVAILABLE, and those of writing a file. */
enum status rank_uncertain_run(const struct rank_uncertain *uncertain, struct rank_outlook *ret_outlook, struct fault *fault) MUST_CHECK;

#endif
