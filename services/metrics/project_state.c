/* The state of a project: a fold of project_move over its steps in the canonical order, whatever the order of arrival.
 *
 *            submit             return
 *   DRAFT -----------> APPROVAL <=======> REWORK                  cancel (all three) --> DROPPED: was never initiated
 *     |                   |       submit     |
 *     +-------- open -----+------------------+     (also from DROPPED: what was opened was opened)
 *                  |
 *                  v       stage 2            stage 3               stage 4, 5
 *               OPENED ----------> DIAGNOSIS ---------> IMPLEMENTATION ---------> CLOSING
 *                  |                   |                     |                       |   stages may be skipped and overlap:
 *                  +---------+---------+----------+----------+-----------+-----------+   the furthest one counts
 *                            | pause   ^ resume   | cancel               | close
 *                            v         |          v                      v           check            last check
 *                         ON_HOLD -----+      CANCELLED               CLOSED ---------------> MONITORING --------> STABLE
 *                            | close, cancel too                         |   stage 5           |  ^ check           |
 *                            +-----> as from where it was held           |                     |  +-----------------+
 *                                                                        +---- reopen ---------+---- reopen --------+
 *                                                                        v
 *                                                                    REOPENED: active again, goes on as IMPLEMENTATION does
 *
 * DRAFT, APPROVAL, REWORK, DROPPED   counted nowhere. A stage that begins before the opening is remembered: opening
 *                                    leads to the furthest stage.
 * OPENED … CLOSING, ON_HOLD, REOPENED  initiated and active. A stage that begins on hold is remembered.
 * CLOSED, MONITORING, STABLE         initiated and completed. Closing leads to MONITORING when stage 5 began before.
 * CANCELLED                          initiated and cancelled: the end.
 *
 * The table is total. BY_STAGE asks for the furthest stage; STAYS changes nothing and is not strange (a card stated
 * again, a second pause); REFUSED changes nothing and contradicts the state (closed before it was opened). */
#include "services/metrics/project_state.h"

enum { STAYS = PROJECT_STATE_COUNT, REFUSED, BY_STAGE, AS_CLOSED };

#define BEFORE_OPENING(on_submit, on_return, on_cancel) { \
	[PROJECT_STEP_SUBMIT] = on_submit, [PROJECT_STEP_RETURN] = on_return, [PROJECT_STEP_OPEN] = BY_STAGE, \
	[PROJECT_STEP_STAGE] = STAYS, [PROJECT_STEP_PAUSE] = REFUSED, [PROJECT_STEP_RESUME] = REFUSED, \
	[PROJECT_STEP_CANCEL] = on_cancel, [PROJECT_STEP_CLOSE] = REFUSED, [PROJECT_STEP_CHECK] = REFUSED, \
	[PROJECT_STEP_LAST_CHECK] = REFUSED, [PROJECT_STEP_REOPEN] = REFUSED, [PROJECT_STEP_NOTE] = STAYS}
#define AT_WORK(on_stage, on_pause, on_resume, on_reopen) { \
	[PROJECT_STEP_SUBMIT] = STAYS, [PROJECT_STEP_RETURN] = REFUSED, [PROJECT_STEP_OPEN] = STAYS, \
	[PROJECT_STEP_STAGE] = on_stage, [PROJECT_STEP_PAUSE] = on_pause, [PROJECT_STEP_RESUME] = on_resume, \
	[PROJECT_STEP_CANCEL] = PROJECT_CANCELLED, [PROJECT_STEP_CLOSE] = AS_CLOSED, [PROJECT_STEP_CHECK] = REFUSED, \
	[PROJECT_STEP_LAST_CHECK] = REFUSED, [PROJECT_STEP_REOPEN] = on_reopen, [PROJECT_STEP_NOTE] = STAYS}
#define AFTERWARDS(on_stage, on_check, on_last_check) { \
	[PROJECT_STEP_SUBMIT] = REFUSED, [PROJECT_STEP_RETURN] = REFUSED, [PROJECT_STEP_OPEN] = REFUSED, \
	[PROJECT_STEP_STAGE] = on_stage, [PROJECT_STEP_PAUSE] = REFUSED, [PROJECT_STEP_RESUME] = REFUSED, \
	[PROJECT_STEP_CANCEL] = REFUSED, [PROJECT_STEP_CLOSE] = STAYS, [PROJECT_STEP_CHECK] = on_check, \
	[PROJECT_STEP_LAST_CHECK] = on_last_check, [PROJECT_STEP_REOPEN] = PROJECT_REOPENED, [PROJECT_STEP_NOTE] = STAYS}

static const unsigned char MOVES[PROJECT_STATE_COUNT][PROJECT_STEP_COUNT] = {
	[PROJECT_DRAFT] = BEFORE_OPENING(PROJECT_APPROVAL, PROJECT_REWORK, PROJECT_DROPPED),
	[PROJECT_APPROVAL] = BEFORE_OPENING(STAYS, PROJECT_REWORK, PROJECT_DROPPED),
	[PROJECT_REWORK] = BEFORE_OPENING(PROJECT_APPROVAL, STAYS, PROJECT_DROPPED),
	[PROJECT_DROPPED] = BEFORE_OPENING(REFUSED, REFUSED, STAYS),
	[PROJECT_OPENED] = AT_WORK(BY_STAGE, PROJECT_ON_HOLD, REFUSED, REFUSED),
	[PROJECT_DIAGNOSIS] = AT_WORK(BY_STAGE, PROJECT_ON_HOLD, REFUSED, REFUSED),
	[PROJECT_IMPLEMENTATION] = AT_WORK(BY_STAGE, PROJECT_ON_HOLD, REFUSED, REFUSED),
	[PROJECT_CLOSING] = AT_WORK(BY_STAGE, PROJECT_ON_HOLD, REFUSED, REFUSED),
	[PROJECT_REOPENED] = AT_WORK(BY_STAGE, PROJECT_ON_HOLD, REFUSED, STAYS),
	[PROJECT_ON_HOLD] = AT_WORK(STAYS, STAYS, BY_STAGE, REFUSED),
	[PROJECT_CLOSED] = AFTERWARDS(AS_CLOSED, PROJECT_MONITORING, PROJECT_STABLE),
	[PROJECT_MONITORING] = AFTERWARDS(STAYS, STAYS, PROJECT_STABLE),
	[PROJECT_STABLE] = AFTERWARDS(STAYS, PROJECT_MONITORING, STAYS),
	[PROJECT_CANCELLED] = {
		[PROJECT_STEP_SUBMIT] = REFUSED, [PROJECT_STEP_RETURN] = REFUSED, [PROJECT_STEP_OPEN] = REFUSED,
		[PROJECT_STEP_STAGE] = REFUSED, [PROJECT_STEP_PAUSE] = REFUSED, [PROJECT_STEP_RESUME] = REFUSED,
		[PROJECT_STEP_CANCEL] = STAYS, [PROJECT_STEP_CLOSE] = REFUSED, [PROJECT_STEP_CHECK] = REFUSED,
		[PROJECT_STEP_LAST_CHECK] = REFUSED, [PROJECT_STEP_REOPEN] = REFUSED, [PROJECT_STEP_NOTE] = STAYS,
	},
};

enum standing { NOT_INITIATED, ACTIVE, COMPLETED, CANCELLED };

static const enum standing STANDINGS[PROJECT_STATE_COUNT] = {
	[PROJECT_DRAFT] = NOT_INITIATED, [PROJECT_APPROVAL] = NOT_INITIATED, [PROJECT_REWORK] = NOT_INITIATED,
	[PROJECT_DROPPED] = NOT_INITIATED,
	[PROJECT_OPENED] = ACTIVE, [PROJECT_DIAGNOSIS] = ACTIVE, [PROJECT_IMPLEMENTATION] = ACTIVE,
	[PROJECT_CLOSING] = ACTIVE, [PROJECT_ON_HOLD] = ACTIVE, [PROJECT_REOPENED] = ACTIVE,
	[PROJECT_CLOSED] = COMPLETED, [PROJECT_MONITORING] = COMPLETED, [PROJECT_STABLE] = COMPLETED,
	[PROJECT_CANCELLED] = CANCELLED,
};

static const char *const STATE_TEXTS[PROJECT_STATE_COUNT] = {
#define STATE_TEXT(name, text) [PROJECT_##name] = text,
	PROJECT_STATE_MAP(STATE_TEXT)
#undef STATE_TEXT
};

static enum project_state state_by_stage(const struct project_course *course)
{
	static const enum project_state STATES[PROJECT_STAGE_LAST + 1] = {
		PROJECT_OPENED, PROJECT_OPENED, PROJECT_DIAGNOSIS, PROJECT_IMPLEMENTATION, PROJECT_CLOSING, PROJECT_CLOSING,
	};
	if (course->reopened && course->stage < 4)
		return PROJECT_REOPENED;
	return STATES[course->stage];
}

static enum project_state state_after(const struct project_course *course, unsigned move)
{
	if (move == BY_STAGE)
		return state_by_stage(course);
	if (move == AS_CLOSED)
		return course->stage == PROJECT_STAGE_LAST ? PROJECT_MONITORING : PROJECT_CLOSED;
	return (enum project_state)move;
}

enum project_moved project_move(struct project_course *course, enum project_step step, unsigned stage)
{
	enum project_state before = course->state;
	ASSERT(before < PROJECT_STATE_COUNT && step < PROJECT_STEP_COUNT && stage <= PROJECT_STAGE_LAST);
	unsigned move = MOVES[before][step];
	if (move == REFUSED)
		return PROJECT_REFUSED;
	if (step == PROJECT_STEP_STAGE && stage > course->stage)
		course->stage = stage;
	if (move == STAYS)
		return PROJECT_STAYED;
	if (step == PROJECT_STEP_REOPEN)
		course->stage = stage == 0 ? 3 : stage;
	if (step == PROJECT_STEP_REOPEN || step == PROJECT_STEP_CLOSE)
		course->reopened = step == PROJECT_STEP_REOPEN;
	course->state = state_after(course, move);
	return course->state == before ? PROJECT_STAYED : PROJECT_MOVED;
}

const char *project_state_text(enum project_state state)
{
	return STATE_TEXTS[state];
}

bool project_state_initiated(enum project_state state)
{
	return STANDINGS[state] != NOT_INITIATED;
}

bool project_state_completed(enum project_state state)
{
	return STANDINGS[state] == COMPLETED;
}

bool project_state_active(enum project_state state)
{
	return STANDINGS[state] == ACTIVE;
}

bool project_state_cancelled(enum project_state state)
{
	return STANDINGS[state] == CANCELLED;
}
