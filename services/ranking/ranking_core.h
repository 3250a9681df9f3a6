/* ranking_core: one rating of one cohort and period: figures of regions in, places out (RATING.md sections 4 and 6).
 *
 * Pure: the same input gives the same run, in whatever order the regions come. Only regions that may be rated (joined,
 * enough measured projects) enter the engine: a region with two projects must not set the frame for the others. */
#ifndef EFFREG_RANKING_CORE_H
#define EFFREG_RANKING_CORE_H

#include "common/crypto.h"
#include "common/decimal.h"
#include "services/ranking/ranking_engine.h"

#define RANKING_INPUT_PLACES   DECIMAL_PLACES  /* figures come rounded to this many places, as text */
#define RANKING_SCORE_PLACES   9               /* of scores in texts when the methodology compares them exactly */
#define RANKING_SCORE_SIZE     48
#define RANKING_REGIONS_MAX    1000

/* Why a region is not rated. */
#define RANKING_REASON_NOT_JOINED "not_joined"
#define RANKING_REASON_TOO_FEW    "too_few_measured_projects"
#define RANKING_REASON_NO_DATA    "no_data"

/* Why an authority has no right to a bonus. */
#define RANKING_BONUS_NOT_RATED "not_rated"
#define RANKING_BONUS_TOO_FEW   "too_few_measured_projects"
#define RANKING_BONUS_GROUP     "group"

/* What is known of a region, or of an authority in it, when the rating is computed. Texts are borrowed. */
struct ranking_region {
	const char *region;              /* OKTMO code */
	const char *authority;           /* its id within the region; NULL = the region itself is rated */
	const char *iso;                 /* or NULL */
	const char *name_ru;
	const char *name_en;             /* or NULL */
	const char *federal_district;    /* in English; NULL = not known */
	const char *size;                /* the figure that the cohort sorts by size with, or NULL */
	bool newcomer;                   /* had not joined yet when the cohort's years began */
	bool joined;                     /* by the end of the period */
	int64_t measured;                /* projects closed in the period with a measured indicator */
	const char *const *figures;      /* one for each indicator of the methodology: a decimal's text, or NULL = missing */
	unsigned previous_place;         /* in the last published run of the previous period; 0 = none */
	uint64_t seq;                    /* how far the region's log had been read */
	const char *head;                /* the chain hash at seq, hex */
};

struct ranking_row {
	const struct ranking_region *region;
	size_t unit;                     /* in the run's table; METHODOLOGY_NONE = it did not get there */
	const char *const *inputs;       /* one for each indicator: the shortest decimal text, or NULL */
	const char *const *nodes;        /* one for each node: the rounded score's text, or NULL */
	const char *score;               /* the root's, or NULL */
	unsigned place;                  /* 0 = not rated */
	const char *group;               /* "leading", "middle", "lagging", or NULL */
	const char *reason;              /* why not rated; NULL = rated */
	unsigned overall_place;          /* among all regions, whatever the cohort; 0 = not rated there */
	const char *bonus_reason;        /* of an authority: why it has no right to a bonus; NULL = it has, or nobody asks */
	unsigned interval[2];            /* the best and the worst place that other weights leave likely; 0 = not sampled */
};

/* How intervals are sampled (RATING.md section 3.3). */
struct ranking_sampling {
	unsigned replicates;             /* 0 = no intervals */
	uint64_t seed;
	double perturb;                  /* weights are drawn uniformly within ± this share */
};

struct ranking_run {
	const struct methodology *methodology;
	const char *cohort;
	const char *cohort_title_ru, *cohort_title_en;  /* or NULL */
	const char *period;
	const struct ranking_table *table;           /* of those who might be rated, normalised */
	const struct ranking_region *logs;           /* the regions whose logs were read, also those outside the cohort */
	size_t log_count;
	struct ranking_sampling sampling;
	bool has_bonus;                              /* the rows say who has a right to a bonus */
	const struct ranking_row *rows;  /* by place, then by region; those without a place last */
	size_t count;
	const enum ranking_indicator_state *states;  /* one for each indicator: which of them told nobody apart */
	char result_digest[SHA256_HEX_SIZE];
};

/* Its authority's id, else its OKTMO code: what tells it from the others of its cohort. */
const char *ranking_unit_code(const struct ranking_region *region);

/* Everything lives in arena; regions and their texts are borrowed. The places are over all and there are no intervals yet:
 * ranking_cohort.h. INVALID (code "figure", pointer "/<region>/<indicator>")
 * when a figure is no decimal, TOO_LARGE over RANKING_REGIONS_MAX. */
enum status ranking_compute(struct arena *arena, const struct methodology *methodology, const char *cohort,
                            const char *period, const struct ranking_region *regions, size_t count,
                            const struct ranking_run **ret_run, struct fault *fault) MUST_CHECK;

#endif
