/* lineage: which entities a figure comes from, and with what: from there to the events of their seqs. */
#ifndef EFFREG_METRICS_LINEAGE_H
#define EFFREG_METRICS_LINEAGE_H

#include "common/calendar.h"
#include "services/metrics/contribution.h"

struct lineage_entry {
	const char *part;    /* "numerator" or "denominator" */
	int month;           /* in which it counts; of a stock the month it began or ended */
	bool leaves;         /* a stay that ended */
	decimal amount;
	const char *sample;  /* the distinct thing; NULL = none */
};
typedef void lineage_fn(void *context, const struct lineage_entry *entry);

/* What the entity contributes to the figure. */
void lineage_of(const struct definitions *definitions, const struct definition *definition, const char *subject,
                struct calendar_period period, enum entity_kind kind, const char *id, const struct json *attributes, struct arena *scratch,
                lineage_fn *emit, void *context);

#endif
