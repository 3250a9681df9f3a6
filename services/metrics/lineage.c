#include "services/metrics/lineage.h"

struct looking {
	const struct definition *definition;
	const char *subject;
	struct calendar_period period;
	lineage_fn *emit;
	void *context;
};

static void on_contribution(void *context, const struct contribution *contribution)
{
	const struct looking *looking = context;
	if (contribution->definition != looking->definition->ordinal || !text_equal(contribution->subject, looking->subject))
		return;
	const struct part *part = &looking->definition->parts[contribution->part];
	if (contribution->month > calendar_month_last(looking->period) || (!part->stock && contribution->month < looking->period.first))
		return;
	const struct lineage_entry entry = {
		.part = contribution->part == 0 ? "numerator" : "denominator", .month = contribution->month, .leaves = contribution->count < 0,
		.amount = contribution->amount, .sample = part->measure == MEASURE_DISTINCT ? contribution->sample : NULL};
	looking->emit(looking->context, &entry);
}

void lineage_of(const struct definitions *definitions, const struct definition *definition, const char *subject,
                struct calendar_period period, enum entity_kind kind, const char *id, const struct json *attributes, struct arena *scratch,
                lineage_fn *emit, void *context)
{
	struct looking looking = {.definition = definition, .subject = subject, .period = period, .emit = emit, .context = context};
	contributions_emit(definitions, kind, id, attributes, NULL, scratch, on_contribution, &looking);
}
