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

/* What is known of a region when the rating is computed. Texts are borrowed. */
struct ranking_region {
	const char *region;              /* OKTMO code */
	const char *iso;                 /* or NULL */
	const char *name_ru;
	const char *name_en;
	bool joined;                     /* by the end of the period */
	int64_t measured;                /* projects closed in the period with a measured indicator */
	const char *const *figures;      /* one for each indicator of the methodology: a decimal's text, or NULL = missing */
	unsigned previous_place;         /* in the last published run of the previous period; 0 = none */
	uint64_t seq;                    /* how far the region's log had been read */
	const char *head;                /* the chain hash at seq, hex */
};

struct ranking_row {
	const struct ranking_region *region;
	const char *const *inputs;       /* one for each indicator: the shortest decimal text, or NULL */
	const char *const *nodes;        /* one for each node: the rounded score's text, or NULL */
	const char *score;               /* the root's, or NULL */
	unsigned place;                  /* 0 = not rated */
	const char *group;               /* "leading", "middle", "lagging", or NULL */
	const char *reason;              /* why not rated; NULL = rated */
};

struct ranking_run {
	const struct methodology *methodology;
	const char *cohort;
	const char *period;
	const struct ranking_row *rows;  /* by place, then by region; those without a place last */
	size_t count;
	const enum ranking_indicator_state *states;  /* one for each indicator: which of them told nobody apart */
	char result_digest[SHA256_HEX_SIZE];
};

/* Everything lives in arena; texts of regions are borrowed. INVALID (code "figure", pointer "/<region>/<indicator>")
 * when a figure is no decimal, TOO_LARGE over RANKING_REGIONS_MAX. */
enum status ranking_compute(struct arena *arena, const struct methodology *methodology, const char *cohort,
                            const char *period, const struct ranking_region *regions, size_t count,
                            const struct ranking_run **ret_run, struct fault *fault) MUST_CHECK;

#endif
