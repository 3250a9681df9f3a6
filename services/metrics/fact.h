/* fact: where a fact comes from, as its place in the order of events (time, source, sequence, id).
 *
 * Whatever is reported twice, the last in that order holds, never the last to arrive. */
#ifndef EFFREG_METRICS_FACT_H
#define EFFREG_METRICS_FACT_H

#include "common/envelope.h"

struct fact {
	const char *source;  /* borrowed from the region's state; NULL = not known */
	int64_t time_us;
	uint64_t sequence;
	struct ident_uuid id;
};

static inline bool fact_known(const struct fact *fact)
{
	return fact->source != NULL;
}

/* Whether the event replaces the fact: it is not known yet, or comes from an earlier event. A duplicate does not. */
bool fact_precedes(const struct fact *fact, const struct envelope *event);

/* The UTC year of an instant: 1970 to 9999. */
int year_of(int64_t us);

#endif
