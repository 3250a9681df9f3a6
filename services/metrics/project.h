/* project: a lean project as far as it is known from events that may have come in any order, and what its
 * measurements show. Does not know events: region_state fills these rows. */
#ifndef EFFREG_METRICS_PROJECT_H
#define EFFREG_METRICS_PROJECT_H

#include "services/metrics/fact.h"
#include "services/metrics/project_state.h"
#include "services/metrics/row_table.h"
#include "services/metrics/unit.h"

#define PROJECT_AUTHORITIES_MAX 20

struct authority {
	struct row row;              /* key: the authority; exists unregistered while only projects name it */
	struct fact registered;
	int64_t registered_on_us;
};

/* An indicator of a project: what was planned and the latest measurement. */
struct project_indicator {
	struct row row;              /* key: project/indicator */
	struct project *project;
	const char *indicator;       /* the last part of the key */
	struct project_indicator *next;  /* of the same project */
	struct fact planned;
	const struct unit *base_unit;
	decimal base;
	struct fact measured;        /* of the latest measured_on; ties: the last in the order of events */
	int64_t measured_on_us;
	const struct unit *actual_unit;
	decimal actual;
};

struct project {
	struct row row;              /* key: the project */
	struct fact opened;          /* its time is when the project was opened */
	struct authority *authorities[PROJECT_AUTHORITIES_MAX];  /* the owner first; two or more: interdepartmental */
	unsigned authorities_count;
	bool digital;
	bool independent;            /* without a partner's support */
	struct project_course course;
	struct fact closed;          /* its time is when the project was closed, the last time */
	struct project_indicator *indicators;
};

bool project_measured(const struct project *project);   /* at least one indicator has a measurement */

/* (base − actual) / base in %, both in the family's base unit when their units differ. False when there is nothing to
 * compare: no plan, no measurement, base <= 0, two unit families, or a result beyond ±10^12. */
bool project_indicator_reduction(const struct project_indicator *indicator, decimal *ret_percent) MUST_CHECK;

#endif
