#include "services/metrics/fact.h"

bool fact_precedes(const struct fact *fact, const struct envelope *event)
{
	if (!fact_known(fact))
		return true;
	struct envelope held = {
		.time_us = fact->time_us, .source = fact->source, .sequence = fact->sequence, .id = fact->id,
	};
	return envelope_compare(&held, event) < 0;
}

static int64_t days_before_year(int year)
{
	int64_t past = year - 1;
	return 365 * (past - 1969) + past / 4 - past / 100 + past / 400 - 477;
}

/* By arithmetic and not by period_of_year: it is asked for every row of a region in every turn. */
int year_of(int64_t us)
{
	int64_t days = us / 86400000000;
	int year = 1970 + (int)(days / 366);
	while (days_before_year(year + 1) <= days)
		year++;
	return year;
}
