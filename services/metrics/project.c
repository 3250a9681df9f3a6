#include "services/metrics/project.h"

static const decimal REDUCTION_LIMIT = {.millionths = (int64_t)1000000000000 * 1000000};
static const decimal HUNDRED = {.millionths = 100 * 1000000};

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
	if (indicator->base_unit == NULL || indicator->actual_unit == NULL)
		return false;
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
