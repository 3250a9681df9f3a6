/* cli_practices_core: the catalogue of practices of all regions, how each spread, and which would suit a region. Pure: what
 * metrics knows of practices, replications and projects (effreg.entity) comes in, decisions go out.
 *
 * A practice is named by its region and id. Whoever recommends, requests, adopts or confirms reports so in the log of
 * one's own region, so the chain of a practice is put together from all logs; a practice that only adopters speak of
 * is in the catalogue too, without a title. */
#ifndef EFFREG_CLI_PRACTICES_CORE_H
#define EFFREG_CLI_PRACTICES_CORE_H

#include "common/arena.h"
#include "common/decimal.h"
#include "common/json.h"

#define PRACTICE_IMPROVES_MAX 16

/* A row of effreg.entity: attributes as services/metrics/entity_fold.h has them. Borrowed for the catalogue's life. */
struct practices_row {
	const char *region;
	const char *id;
	const struct json *attributes;
};

/* One replication as one region tells it; a step is NULL until it was told. */
struct practice_copy {
	const char *region, *id;
	const char *authority, *sphere, *project;
	const char *to_region, *to_authority, *to_sphere;  /* for whom it was recommended */
	const char *recommended_on, *requested_on, *adopted_on, *confirmed_on;
	const char *effect;                                /* as_in_source, less, none */
	const char *indicator;                             /* of the confirmed effect */
	const struct json *figure;
	const struct practice_copy *next;                  /* of the same practice, by region and id */
};

struct practice {
	const char *region, *id;
	const struct json *title, *process;  /* {"ru", "en"}; NULL = not told */
	const char *sphere, *project, *authority, *platform, *url, *registered_on, *published_on;
	const char *improves[PRACTICE_IMPROVES_MAX];
	size_t improves_count;
	const struct json *results;          /* `indicators` of the project it grew from; NULL = none */
	const struct practice_copy *copies;
	size_t recommended, requested, adopted, confirmed;  /* copies that came so far; confirmed: with an effect */
	size_t as_in_source, less, without_effect;          /* confirmed with this effect */
	size_t regions, spheres, authorities;               /* other regions, other spheres, authorities that adopted it */
};

struct practice_catalogue {
	const struct practice *at;  /* by region and id */
	size_t count;
};

/* projects: those that practices name (any others are ignored). */
struct practice_catalogue practice_catalogue_make(struct arena *arena, const struct practices_row *practices, size_t practices_count,
                                                  const struct practices_row *replications, size_t replications_count,
                                                  const struct practices_row *projects, size_t projects_count);
/* NULL when nobody speaks of it. */
const struct practice *practice_find(const struct practice_catalogue *catalogue, const char *region, const char *id);

/* ---- What would suit a region ---- */

/* The median reduction of an indicator in a region in the period looked at. */
struct practices_reading {
	const char *region;
	const char *indicator;  /* "lead_time" */
	decimal value;
};

/* What is known of the region that asks. */
struct practices_asker {
	const char *region;
	const struct practices_row *projects;
	size_t projects_count;
	const struct practices_reading *readings;  /* of every region */
	size_t readings_count;
};

/* Why a practice suits; the points are ours, no source gives any.
 * code, points at most */
#define PRACTICE_REASON_MAP(X) \
	X(SAME_PROCESS, "same_process", 40)     /* a project of the region improves a process of this name */ \
	X(SAME_SPHERE, "same_sphere", 25)       /* the region has projects in the sphere */ \
	X(GAP, "gap", 20)                       /* 20 · (median of the regions − its own) / median of the regions */ \
	X(CONFIRMED, "confirmed_elsewhere", 30) /* 10 for each confirmed as in the source, 5 for each with less effect */ \
	X(RECOMMENDED, "recommended", 10)       /* to the region or to a sphere it works in */ \
	X(REQUESTED, "requested", 10)           /* by an authority of the region */ \
	X(RESULT, "result_in_source", 5)        /* the project it grew from was measured better */ \
	X(WITHOUT_EFFECT, "without_effect", 30) /* 10 off for each adoption in which no effect was found */

enum practice_reason_kind {
#define PRACTICE_REASON_ENUM(name, code, points) PRACTICE_REASON_##name,
	PRACTICE_REASON_MAP(PRACTICE_REASON_ENUM)
#undef PRACTICE_REASON_ENUM
	PRACTICE_REASON_COUNT,
};

struct practice_reason {
	enum practice_reason_kind kind;
	int points;             /* below 0 for WITHOUT_EFFECT */
	size_t count;           /* projects, adoptions */
	const char *name;       /* project, authority, indicator; NULL = none */
	decimal own, typical;   /* GAP: in %; RESULT: own */
};

struct practice_suggestion {
	const struct practice *practice;
	int points;
	struct practice_reason reasons[PRACTICE_REASON_COUNT];
	size_t reasons_count;
};

const char *practice_reason_code(enum practice_reason_kind kind);

/* Practices of other regions that the region has not adopted and that suit it: the same process or sphere, recommended or
 * requested. Most points first; then more confirmed effects, more adoptions, region and id. Fresh, in arena. */
void practice_suggest(struct arena *arena, const struct practice_catalogue *catalogue, const struct practices_asker *asker,
                      const struct practice_suggestion **ret_suggestions, size_t *ret_count);

#endif
