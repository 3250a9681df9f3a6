#include "services/metrics/reconciliation.h"

static const decimal APPROX_BELOW = {.millionths = 950000};
static const decimal APPROX_ABOVE = {.millionths = 1050000};

struct interval {
	bool has_lo, has_hi;
	bool open;           /* its one end does not belong to it */
	decimal lo, hi;
};

static bool interval_read(const struct json *amount, struct interval *ret_interval)
{
	const char *value = json_find_string(amount, "value"), *hi = json_find_string(amount, "hi");
	const char *qualifier = json_find_string(amount, "qualifier");
	struct interval *interval = ret_interval;
	*interval = (struct interval){.has_lo = true, .has_hi = true};
	if (value == NULL || qualifier == NULL || !decimal_parse(value, &interval->lo))
		return false;
	interval->hi = interval->lo;
	if (text_equal(qualifier, "range"))
		return hi != NULL && decimal_parse(hi, &interval->hi);
	if (text_equal(qualifier, "approx"))
		return decimal_multiply(interval->hi, APPROX_ABOVE, &interval->hi) && decimal_multiply(interval->lo, APPROX_BELOW, &interval->lo);
	interval->has_hi = text_equal(qualifier, "exact") || text_equal(qualifier, "le") || text_equal(qualifier, "lt");
	interval->has_lo = !text_equal(qualifier, "le") && !text_equal(qualifier, "lt");
	interval->open = text_equal(qualifier, "gt") || text_equal(qualifier, "lt");
	return true;
}

bool reconciliation_of(const struct json *amount, decimal counted, struct reconciliation *ret_reconciliation)
{
	struct interval interval;
	if (!interval_read(amount, &interval))
		return false;
	int below = interval.has_lo ? decimal_compare(counted, interval.lo) : 1;
	int above = interval.has_hi ? decimal_compare(counted, interval.hi) : -1;
	bool on_open_end = interval.open && (below == 0 || above == 0);
	*ret_reconciliation = (struct reconciliation){.agrees = below >= 0 && above <= 0 && !on_open_end};
	if (below < 0)
		return decimal_subtract(counted, interval.lo, &ret_reconciliation->gap);
	return above <= 0 || decimal_subtract(counted, interval.hi, &ret_reconciliation->gap);
}
