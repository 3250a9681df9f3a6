/* project_state: the life of a lean project as a state machine, total over (state, step). Does not know events, dates or
 * figures: project_fold feeds it the steps in the canonical order. */
#ifndef EFFREG_METRICS_PROJECT_STATE_H
#define EFFREG_METRICS_PROJECT_STATE_H

#include "common/base.h"

#define PROJECT_STAGE_LAST 5

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
	PROJECT_STEP_STAGE,      /* a stage begins, or is completed and so had begun */
	PROJECT_STEP_PAUSE,
	PROJECT_STEP_RESUME,
	PROJECT_STEP_CANCEL,
	PROJECT_STEP_CLOSE,
	PROJECT_STEP_CHECK,      /* after the project: more checks will come, or the result does not hold */
	PROJECT_STEP_LAST_CHECK, /* the last one, and the result holds */
	PROJECT_STEP_REOPEN,
	PROJECT_STEP_NOTE,       /* what moves nothing: proposed, approved, kick-off, party added */
	PROJECT_STEP_COUNT,
};

/* Where a project stands; all zero is a draft. */
struct project_course {
	enum project_state state;  /* moved by project_move only */
	unsigned stage;            /* the furthest begun since the opening or reopening, 1..5; 0 = none known */
	bool reopened;             /* and not closed again since */
};

enum project_moved {
	PROJECT_MOVED,    /* to another state */
	PROJECT_STAYED,   /* the step says nothing new about the state, or is remembered for later */
	PROJECT_REFUSED,  /* the step does not apply to the state: nothing changed, and whoever told it is to be asked */
};

/* The step in the order of events. stage, 1..5, counts for PROJECT_STEP_STAGE, and for PROJECT_STEP_REOPEN, where 0
 * stands for implementation. */
enum project_moved project_move(struct project_course *course, enum project_step step, unsigned stage);

const char *project_state_text(enum project_state state);

/* initiated = completed + active + cancelled, for every state. */
bool project_state_initiated(enum project_state state);  /* ever opened */
bool project_state_completed(enum project_state state);  /* now closed, monitoring or stable */
bool project_state_active(enum project_state state);
bool project_state_cancelled(enum project_state state);  /* after it was opened */

#endif
