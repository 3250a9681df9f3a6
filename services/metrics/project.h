/* project: a lean project as far as it is known from events that may have come in any order, and what its
 * measurements show. Does not know events: region_state fills these rows. */
#ifndef EFFREG_METRICS_PROJECT_H
#define EFFREG_METRICS_PROJECT_H

#include "services/metrics/fact.h"
#include "services/metrics/row_table.h"
#include "services/metrics/unit.h"

#define PROJECT_AUTHORITIES_MAX 20
#define PROJECT_STAGE_LAST      5

#define PROJECT_STATE_MAP(X) \
	X(DRAFT, "draft") \
	X(APPROVAL, "approval") \
	X(REWORK, "rework") \
	X(DROPPED, "dropped") \
	X(OPENED, "opened") \
	X(DIAGNOSIS, "diagnosis") \
	X(IMPLEMENTATION, "implementation") \
	X(CLOSING, "closing") \
	X(ON_HOLD, "on_hold") \
	X(REOPENED, "reopened") \
	X(CLOSED, "closed") \
	X(MONITORING, "monitoring") \
	X(STABLE, "stable") \
	X(CANCELLED, "cancelled")

enum project_state {
#define PROJECT_STATE_ENUM(name, text) PROJECT_##name,
	PROJECT_STATE_MAP(PROJECT_STATE_ENUM)
#undef PROJECT_STATE_ENUM
	PROJECT_STATE_COUNT,
};

/* What can happen to a project. */
enum project_step {
	PROJECT_STEP_SUBMIT,     /* the card is handed in */
	PROJECT_STEP_RETURN,     /* the card comes back */
	PROJECT_STEP_OPEN,
	PROJECT_STEP_STAGE,      /* a stage begins */
	PROJECT_STEP_PAUSE,
	PROJECT_STEP_RESUME,
	PROJECT_STEP_CANCEL,
	PROJECT_STEP_CLOSE,
	PROJECT_STEP_CHECK,      /* after the project: more checks will come, or the result does not hold */
	PROJECT_STEP_LAST_CHECK, /* the last one, and the result holds */
	PROJECT_STEP_REOPEN,
	PROJECT_STEP_NOTE,       /* what moves nothing: proposed, approved, kick-off, stage completed, party added */
	PROJECT_STEP_COUNT,
};

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
	enum project_state state;    /* moved by project_move only */
	unsigned stage;              /* the furthest started since the opening or reopening, 1..5; 0 = none known */
	bool reopened;               /* and not closed again since */
	struct fact closed;          /* its time is when the project was closed, the last time */
	struct project_indicator *indicators;
};

/* The step in the order of events; stage counts for PROJECT_STEP_STAGE only. False: the project stays as it is, for the
 * step does not apply to its state (or moves nothing). */
bool project_move(struct project *project, enum project_step step, unsigned stage);

const char *project_state_text(enum project_state state);
/* initiated = completed + active + cancelled, for every state. */
bool project_initiated(const struct project *project);  /* ever opened */
bool project_completed(const struct project *project);  /* now closed, monitoring or stable */
bool project_active(const struct project *project);
bool project_cancelled(const struct project *project);  /* after it was opened */

bool project_measured(const struct project *project);   /* at least one indicator has a measurement */

/* (base − actual) / base in %, both in the family's base unit when their units differ. False when there is nothing to
 * compare: no plan, no measurement, base <= 0, two unit families, or a result beyond ±10^12. */
bool project_indicator_reduction(const struct project_indicator *indicator, decimal *ret_percent) MUST_CHECK;

#endif
