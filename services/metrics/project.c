/* The state of a project is what is known of it, in whatever order it became known:
 *
 *              opened                stage 2          stage 3            stage 4 or 5
 *   ANNOUNCED ------> OPENED(0,1) ------> DIAGNOSIS ------> IMPLEMENTATION ------> CLOSING
 *       |                |                    |                   |                  |
 *       |                +---------+----------+-------------------+------------------+
 *       |                          | closed                              stage 5
 *       +--------------------------+--------> CLOSED ------------------------> MONITORING
 *         (was closed before, opened now)
 *
 * ANNOUNCED      something is known, but not the opening: counted nowhere.
 * OPENED … CLOSING  initiated and active; the furthest stage started. Stage 5 without a closing is still CLOSING:
 *                completed means that the closing is known.
 * CLOSED, MONITORING  initiated and completed.
 *
 * Nothing moves a project by hand: project_state reads the table below, total over all that can be known. */
#include "services/metrics/project.h"

static const enum project_state STATES[2][2][PROJECT_STAGE_LAST + 1] = {
	/* [opened][closed][furthest stage started] */
	[false][false] = {PROJECT_ANNOUNCED, PROJECT_ANNOUNCED, PROJECT_ANNOUNCED, PROJECT_ANNOUNCED, PROJECT_ANNOUNCED,
	                  PROJECT_ANNOUNCED},
	[false][true] = {PROJECT_ANNOUNCED, PROJECT_ANNOUNCED, PROJECT_ANNOUNCED, PROJECT_ANNOUNCED, PROJECT_ANNOUNCED,
	                 PROJECT_ANNOUNCED},
	[true][false] = {PROJECT_OPENED, PROJECT_OPENED, PROJECT_DIAGNOSIS, PROJECT_IMPLEMENTATION, PROJECT_CLOSING,
	                 PROJECT_CLOSING},
	[true][true] = {PROJECT_CLOSED, PROJECT_CLOSED, PROJECT_CLOSED, PROJECT_CLOSED, PROJECT_CLOSED,
	                PROJECT_MONITORING},
};

struct state_row {
	const char *text;
	bool initiated;
	bool completed;
};

static const struct state_row STATE_ROWS[] = {
#define STATE_ROW(name, name_text) \
	[PROJECT_##name] = {name_text, PROJECT_##name >= PROJECT_OPENED, PROJECT_##name >= PROJECT_CLOSED},
	PROJECT_STATE_MAP(STATE_ROW)
#undef STATE_ROW
};

static const decimal REDUCTION_LIMIT = {.millionths = (int64_t)1000000000000 * 1000000};
static const decimal HUNDRED = {.millionths = 100 * 1000000};

enum project_state project_state(const struct project *project)
{
	ASSERT(project->stage <= PROJECT_STAGE_LAST);
	return STATES[fact_known(&project->opened)][fact_known(&project->closed)][project->stage];
}

const char *project_state_text(enum project_state state)
{
	return STATE_ROWS[state].text;
}

bool project_initiated(const struct project *project)
{
	return STATE_ROWS[project_state(project)].initiated;
}

bool project_completed(const struct project *project)
{
	return STATE_ROWS[project_state(project)].completed;
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
