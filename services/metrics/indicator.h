/* indicator: the indicators of a region in a year (DOMAIN.md section 4), computed from its state.
 *
 * value = scale × numerator / denominator, exact and rounded half to even to six places once; missing when the
 * denominator is 0 (or the value is out of a decimal's range). A median's numerator is the middle one over 1, or the
 * sum of the two middle ones over 2. A flow counts what happened in the UTC year, a stock what stands at its end. */
#ifndef EFFREG_METRICS_INDICATOR_H
#define EFFREG_METRICS_INDICATOR_H

#include "services/metrics/region_state.h"

/* code, kind, scale, definition */
#define INDICATOR_MAP(X) \
	X(initiated, COUNT, 1, "projects opened in the year") \
	X(completed, COUNT, 1, "projects closed in the year, among the opened ones") \
	X(measured, COUNT, 1, "completed projects with at least one measured indicator") \
	X(lead_time_reduction, MEDIAN, 1, "median reduction of lead_time over the completed projects, %") \
	X(labour_reduction, MEDIAN, 1, "median reduction of labour over the completed projects, %") \
	X(errors_reduction, MEDIAN, 1, "median reduction of errors over the completed projects, %") \
	X(documents_reduction, MEDIAN, 1, "median reduction of documents over the completed projects, %") \
	X(interdepartmental_share, RATIO, 100, "initiated projects with two or more authorities, %") \
	X(independent_share, RATIO, 100, "initiated projects without a partner's support, %") \
	X(digital_share, RATIO, 100, "initiated projects with digitalisation, %") \
	X(completed_per_authority, RATIO, 1, "completed over the authorities registered by the year's end") \
	X(authority_coverage, RATIO, 100, "registered authorities in a project opened by the year's end, %") \
	X(trained_per_1000, RATIO, 1000, "people trained in the year per 1000 civil servants of the latest report") \
	X(practices_published, COUNT, 1, "practices published in the year") \
	X(practices_per_100_completed, RATIO, 100, "practices published per 100 completed") \
	X(joined, COUNT, 1, "1 when the region joined by the year's end, else 0")

enum indicator {
#define INDICATOR_ENUM(code, kind, scale, text) INDICATOR_##code,
	INDICATOR_MAP(INDICATOR_ENUM)
#undef INDICATOR_ENUM
	INDICATOR_COUNT,
};

const char *indicator_code(enum indicator indicator);
bool indicator_find(const char *code, enum indicator *ret_indicator) MUST_CHECK;

struct indicator_value {
	decimal numerator;
	decimal denominator;
	int64_t observations;  /* how many things were looked at: projects, reductions, trainings, practices */
	bool missing;
	decimal value;         /* 0 when missing */
};

bool indicator_value_equal(const struct indicator_value *a, const struct indicator_value *b);

/* Computes the indicators of every year that the state says is touched and hands each to emit, year by year in the
 * order of INDICATOR_MAP. One pass over the state, whatever the number of years. */
typedef void indicator_emit_fn(void *context, int year, enum indicator indicator,
                               const struct indicator_value *value);
void indicators_compute(const struct region_state *state, indicator_emit_fn *emit, void *context);

#endif
