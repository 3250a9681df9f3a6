/* The state of a project: a fold of project_move over its events in the canonical order, whatever the order of arrival.
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
 *                            | close, cancel too                         |   stage 5           |  ^ check lost      |
 *                            +-----> as from where it was held           |                     |  +-----------------+
 *                                                                        +---- reopen ---------+---- reopen --------+
 *                                                                        v
 *                                                                    REOPENED: active again, goes on as IMPLEMENTATION does
 *
 * DRAFT, APPROVAL, REWORK, DROPPED   counted nowhere. A stage that begins before the opening is remembered: opening
 *                                    leads to the furthest stage.
 * OPENED … CLOSING, ON_HOLD, REOPENED  initiated and active.
 * CLOSED, MONITORING, STABLE         initiated and completed. Closing leads to MONITORING when stage 5 began before.
 * CANCELLED                          initiated and cancelled: the end.
 *
 * The table is total; BY_STAGE asks for the furthest stage, STAYS changes nothing. One function moves. */
#include "services/metrics/project.h"

enum { STAYS = PROJECT_STATE_COUNT, BY_STAGE, AS_CLOSED };

#define BEFORE_OPENING(on_submit, on_return) { \
	[PROJECT_STEP_SUBMIT] = on_submit, [PROJECT_STEP_RETURN] = on_return, [PROJECT_STEP_OPEN] = BY_STAGE, \
	[PROJECT_STEP_STAGE] = STAYS, [PROJECT_STEP_PAUSE] = STAYS, [PROJECT_STEP_RESUME] = STAYS, \
	[PROJECT_STEP_CANCEL] = PROJECT_DROPPED, [PROJECT_STEP_CLOSE] = STAYS, [PROJECT_STEP_CHECK] = STAYS, \
	[PROJECT_STEP_LAST_CHECK] = STAYS, [PROJECT_STEP_REOPEN] = STAYS, [PROJECT_STEP_NOTE] = STAYS}
#define AT_WORK(on_stage, on_pause, on_resume) { \
	[PROJECT_STEP_SUBMIT] = STAYS, [PROJECT_STEP_RETURN] = STAYS, [PROJECT_STEP_OPEN] = STAYS, \
	[PROJECT_STEP_STAGE] = on_stage, [PROJECT_STEP_PAUSE] = on_pause, [PROJECT_STEP_RESUME] = on_resume, \
	[PROJECT_STEP_CANCEL] = PROJECT_CANCELLED, [PROJECT_STEP_CLOSE] = AS_CLOSED, [PROJECT_STEP_CHECK] = STAYS, \
	[PROJECT_STEP_LAST_CHECK] = STAYS, [PROJECT_STEP_REOPEN] = STAYS, [PROJECT_STEP_NOTE] = STAYS}
#define AFTERWARDS(on_stage, on_check, on_last_check, on_reopen) { \
	[PROJECT_STEP_SUBMIT] = STAYS, [PROJECT_STEP_RETURN] = STAYS, [PROJECT_STEP_OPEN] = STAYS, \
	[PROJECT_STEP_STAGE] = on_stage, [PROJECT_STEP_PAUSE] = STAYS, [PROJECT_STEP_RESUME] = STAYS, \
	[PROJECT_STEP_CANCEL] = STAYS, [PROJECT_STEP_CLOSE] = STAYS, [PROJECT_STEP_CHECK] = on_check, \
	[PROJECT_STEP_LAST_CHECK] = on_last_check, [PROJECT_STEP_REOPEN] = on_reopen, [PROJECT_STEP_NOTE] = STAYS}

static const unsigned char MOVES[PROJECT_STATE_COUNT][PROJECT_STEP_COUNT] = {
	[PROJECT_DRAFT] = BEFORE_OPENING(PROJECT_APPROVAL, PROJECT_REWORK),
	[PROJECT_APPROVAL] = BEFORE_OPENING(STAYS, PROJECT_REWORK),
	[PROJECT_REWORK] = BEFORE_OPENING(PROJECT_APPROVAL, STAYS),
	[PROJECT_DROPPED] = BEFORE_OPENING(STAYS, STAYS),
	[PROJECT_OPENED] = AT_WORK(BY_STAGE, PROJECT_ON_HOLD, STAYS),
	[PROJECT_DIAGNOSIS] = AT_WORK(BY_STAGE, PROJECT_ON_HOLD, STAYS),
	[PROJECT_IMPLEMENTATION] = AT_WORK(BY_STAGE, PROJECT_ON_HOLD, STAYS),
	[PROJECT_CLOSING] = AT_WORK(BY_STAGE, PROJECT_ON_HOLD, STAYS),
	[PROJECT_REOPENED] = AT_WORK(BY_STAGE, PROJECT_ON_HOLD, STAYS),
	[PROJECT_ON_HOLD] = AT_WORK(STAYS, STAYS, BY_STAGE),
	[PROJECT_CLOSED] = AFTERWARDS(AS_CLOSED, PROJECT_MONITORING, PROJECT_STABLE, PROJECT_REOPENED),
	[PROJECT_MONITORING] = AFTERWARDS(STAYS, STAYS, PROJECT_STABLE, PROJECT_REOPENED),
	[PROJECT_STABLE] = AFTERWARDS(STAYS, PROJECT_MONITORING, STAYS, PROJECT_REOPENED),
	[PROJECT_CANCELLED] = AFTERWARDS(STAYS, STAYS, STAYS, STAYS),
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

static const decimal REDUCTION_LIMIT = {.millionths = (int64_t)1000000000000 * 1000000};
static const decimal HUNDRED = {.millionths = 100 * 1000000};

static enum project_state state_by_stage(const struct project *project)
{
	static const enum project_state STATES[PROJECT_STAGE_LAST + 1] = {
		PROJECT_OPENED, PROJECT_OPENED, PROJECT_DIAGNOSIS, PROJECT_IMPLEMENTATION, PROJECT_CLOSING, PROJECT_CLOSING,
	};
	if (project->reopened && project->stage < 4)
		return PROJECT_REOPENED;
	return STATES[project->stage];
}

static enum project_state state_after(const struct project *project, unsigned move)
{
	if (move == BY_STAGE)
		return state_by_stage(project);
	if (move == AS_CLOSED)
		return project->stage == PROJECT_STAGE_LAST ? PROJECT_MONITORING : PROJECT_CLOSED;
	return (enum project_state)move;
}

bool project_move(struct project *project, enum project_step step, unsigned stage)
{
	enum project_state before = project->state;
	ASSERT(before < PROJECT_STATE_COUNT && step < PROJECT_STEP_COUNT && stage <= PROJECT_STAGE_LAST);
	unsigned move = MOVES[before][step];
	if (step == PROJECT_STEP_STAGE && stage > project->stage)
		project->stage = stage;
	if (move == STAYS)
		return false;
	if (move == PROJECT_REOPENED)
		project->stage = 0;
	if (step == PROJECT_STEP_REOPEN || step == PROJECT_STEP_CLOSE)
		project->reopened = step == PROJECT_STEP_REOPEN;
	project->state = state_after(project, move);
	return project->state != before;
}

const char *project_state_text(enum project_state state)
{
	return STATE_TEXTS[state];
}

bool project_initiated(const struct project *project)
{
	return STANDINGS[project->state] != NOT_INITIATED;
}

bool project_completed(const struct project *project)
{
	return STANDINGS[project->state] == COMPLETED;
}

bool project_active(const struct project *project)
{
	return STANDINGS[project->state] == ACTIVE;
}

bool project_cancelled(const struct project *project)
{
	return STANDINGS[project->state] == CANCELLED;
}

bool project_measured(const struct project *project)
{
	for (const struct project_indicator *at = project->indicators; at != NULL; at = at->next) {
		if (fact_known(&at->measured))
			return true;
	}
	return false;
}

/* Base and actual in one unit: untouched when they have the same, else in their family's base unit. */
static bool comparable(const struct project_indicator *indicator, decimal *ret_base, decimal *ret_actual)
{
	*ret_base = indicator->base;
	*ret_actual = indicator->actual;
	if (indicator->base_unit == indicator->actual_unit)
		return true;
	return text_equal(indicator->base_unit->family, indicator->actual_unit->family)
	       && decimal_multiply(indicator->base, indicator->base_unit->factor, ret_base)
	       && decimal_multiply(indicator->actual, indicator->actual_unit->factor, ret_actual);
}

bool project_indicator_reduction(const struct project_indicator *indicator, decimal *ret_percent)
{
	decimal base, actual, percent;
	if (!fact_known(&indicator->planned) || !fact_known(&indicator->measured)
	    || !comparable(indicator, &base, &actual) || base.millionths <= 0)
		return false;
	/* Divided last, so that it is rounded once. */
	if (!decimal_subtract(base, actual, &percent) || !decimal_multiply(percent, HUNDRED, &percent)
	    || !decimal_divide(percent, base, &percent))
		return false;
	if (percent.millionths > REDUCTION_LIMIT.millionths || percent.millionths < -REDUCTION_LIMIT.millionths)
		return false;
	*ret_percent = percent;
	return true;
}
