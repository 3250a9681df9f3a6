/* cli_generate_plan: what a region's history should look like, before any event is made.
 *
 * A plan is data: for the regions with published figures it is a row of the table in cli_generate_facts, for the
 * others it is drawn. Everything after this file only carries a plan out. */
#ifndef EFFREG_CLI_GENERATE_PLAN_H
#define EFFREG_CLI_GENERATE_PLAN_H

#include "services/cli/cli_generate_calendar.h"
#include "services/cli/cli_generate_registry.h"

#define GENERATE_WAVES_MAX        14
#define GENERATE_PROJECTS_MAX     5000  /* of one region */
#define GENERATE_PROJECTS_MEAN_MAX 1200 /* so that the largest region stays below GENERATE_PROJECTS_MAX */

enum generate_indicator {
	GENERATE_LEAD_TIME,
	GENERATE_LABOUR,
	GENERATE_DOCUMENTS,
	GENERATE_ERRORS,
	GENERATE_STEPS,
	GENERATE_INDICATORS,
};

#define GENERATE_ALL_INDICATORS ((1u << GENERATE_INDICATORS) - 1)

/* Projects opened evenly in [from, to], each closed after days_min .. days_max days: both ends are chosen so that a
 * published count at a date holds exactly. */
struct generate_wave {
	int from, to;            /* YYYYMMDD */
	int opened;
	int days_min, days_max;
};

/* The knobs of one year. */
struct generate_year {
	int strength;   /* 0 .. 1000: how much a project cuts, how much of its goal it reaches, the NPS of trainings */
	int measured;   /* permille of the projects closed this year that measured their result */
	int coverage;   /* permille of the bodies that own projects */
	int trained;    /* people */
	int practices;  /* published */
};

struct generate_fixed_body {
	const char *id, *ru, *en, *level, *sphere;
};

struct generate_fixed_measure {
	enum generate_indicator indicator;
	const char *unit;
	int base, target, actual;  /* tenths; actual 0 = not measured yet */
};

/* A project the sources describe; it counts beside the waves. */
struct generate_fixed_project {
	const char *ru, *en, *sphere, *body, *kind;
	bool digital, independent;
	const char *process_ru, *process_en, *from, *to;
	int opened, days;          /* YYYYMMDD, days until closed */
	struct generate_fixed_measure measures[2];
	size_t measures_count;
};

/* What a region says of itself in public. */
struct generate_declared {
	const char *what, *qualifier;
	int as_of, value;
};

struct generate_plan {
	const char *region;              /* ОКТМО */
	const char *precision;           /* of joined_on */
	int joined_on;                   /* YYYYMMDD */
	int reported_on;                 /* the day of the event region.joined; nothing happens before it */
	int executive, municipal, institutions;  /* bodies, the fixed ones included */
	int servants;                    /* civil servants in the first year */
	unsigned indicators;             /* a bit per enum generate_indicator */
	int factor_min, factor_max;      /* permille: bounds of base/actual of labour; 0 = free */
	int hours_saved;                 /* person-hours saved by all projects together; 0 = not stated */
	bool everyone;                   /* every body takes part in projects */
	int club;                        /* YYYYMMDD, joined the Club; 0 = not */
	int training_centres;
	int contest_place, contest_year; /* in the one contest that sources tell of; 0 = drawn */
	const char *chair_from;          /* the region it took chair and cup over from, or NULL */
	int chair_on, chair_witnesses;   /* YYYYMMDD; regions present */
	const struct generate_declared *declared;
	size_t declared_count;
	struct generate_wave waves[GENERATE_WAVES_MAX];
	size_t waves_count;
	const struct generate_fixed_body *bodies;
	size_t bodies_count;
	const struct generate_fixed_project *projects;
	size_t projects_count;
	struct generate_year years[GENERATE_YEARS];
};

/* The table's row for a region with published figures, or one drawn around a mean of `projects` projects
 * (1 .. GENERATE_PROJECTS_MEAN_MAX). */
void generate_plan_make(const struct generate_region *region, uint64_t seed, int projects,
                        struct generate_plan *ret_plan);

size_t generate_plan_projects(const struct generate_plan *plan);  /* all that are ever opened */

#endif
