/* reconciliation: a figure that a region said in public, held against what its events add up to.
 *
 * What was said is an interval: exact [v, v], ge and gt from v up, le and lt up to v, approx within 5 % of v, range [v, hi].
 * The gap is how far the count lies outside of it: 0 inside, above 0 when more was counted than said. */
#ifndef EFFREG_METRICS_RECONCILIATION_H
#define EFFREG_METRICS_RECONCILIATION_H

#include "common/decimal.h"
#include "common/json.h"

struct reconciliation {
	bool agrees;
	decimal gap;
};

/* amount: common.v1.json, amount. False when it is none or beyond what decimals hold. */
bool reconciliation_of(const struct json *amount, decimal counted, struct reconciliation *ret_reconciliation) MUST_CHECK;

#endif
