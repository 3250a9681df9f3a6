/* ranking_cohort: who is compared with whom: all regions, and the leagues of a file (proto/schemas/cohorts.v1.json).
 *
 * A cohort is rated by itself: its members alone set the frame that figures are normalised in, so newcomers are compared
 * with newcomers. The place over all regions is kept beside the place in the cohort. A family of cohorts rates the
 * authorities of one region each: "authorities.20000000". */
#ifndef EFFREG_RANKING_COHORT_H
#define EFFREG_RANKING_COHORT_H

#include "common/ident.h"
#include "services/ranking/ranking_core.h"

#define RANKING_COHORT_ALL       "all"
#define RANKING_COHORT_CODE_SIZE 65
#define RANKING_COHORTS_MAX      64

enum ranking_cohort_rule {
	RANKING_RULE_ALL,
	RANKING_RULE_NEWCOMERS,         /* joined, but not yet when the period of as many years before ended */
	RANKING_RULE_SIZE,              /* from <= the figure of an indicator < below; without a figure: in none */
	RANKING_RULE_FEDERAL_DISTRICT,
	RANKING_RULE_AUTHORITIES,       /* of one region each */
};

/* Members of other rules are absent. Texts are borrowed from the file. */
struct ranking_cohort {
	const char *code;
	const char *title_ru, *title_en;
	enum ranking_cohort_rule rule;
	int64_t years;                  /* newcomers */
	const char *indicator;          /* size */
	const char *from, *below;       /* size: decimals, or NULL = no bound */
	const char *district;           /* federal district: the registry's name in English */
	int64_t min_projects;           /* authorities: in place of the methodology's */
	bool has_bonus;                 /* authorities: their places feed a bonus */
	const char *bonus_group;        /* the group that has a right to it, and any that stands before; NULL = whoever is rated */
	int64_t bonus_min_projects;     /* measured projects it takes besides */
	const char *region;             /* authorities: OKTMO code, of the cohort that was asked for */
};

struct ranking_cohorts {
	const struct ranking_cohort *list;  /* "all" is always among them */
	size_t count;
};

/* Everything lives in arena; texts are borrowed from json. json = NULL: all regions alone. INVALID (code "cohorts") with
 * fault: pointer and reason. */
enum status ranking_cohorts_read(struct arena *arena, const struct json *json, struct ranking_cohorts *ret_cohorts,
                                 struct fault *fault) MUST_CHECK;
/* The cohort of that code; of a family, code ends with "." and the OKTMO code. In arena; NOT_FOUND. */
enum status ranking_cohorts_find(struct arena *arena, const struct ranking_cohorts *cohorts, const char *code,
                                 const struct ranking_cohort **ret_cohort) MUST_CHECK;

/* The period as many years before, of the same length: "2023-Q3", 2 → "2021-Q3"; false before 1970. */
bool ranking_cohort_period_before(const char *period, int64_t years, struct period *ret_before) MUST_CHECK;
bool ranking_cohort_has(const struct ranking_cohort *cohort, const struct ranking_region *region);

/* The rating of a cohort among regions, which are those of all regions, or the authorities of one: ranking_compute over
 * the members, the place over all, and the intervals. Faults are those of ranking_compute. */
enum status ranking_cohort_rate(struct arena *arena, const struct methodology *methodology,
                                const struct ranking_cohort *cohort, const char *period,
                                const struct ranking_region *regions, size_t count,
                                const struct ranking_sampling *sampling, const struct ranking_run **ret_run,
                                struct fault *fault) MUST_CHECK;

#endif
