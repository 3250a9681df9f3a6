/* metrics_handlers: the turn of metrics, and the regions it keeps in memory between turns.
 *
 * A turn: state of the region as of the cursor (kept, or loaded) → apply the records → compute the touched years → save
 * what changed → append to the metric stream. What is kept is valid only while its seq equals the cursor's; after a
 * failed turn it is thrown away. At most regions_max regions are kept, the least recently used goes first. */
#ifndef EFFREG_METRICS_HANDLERS_H
#define EFFREG_METRICS_HANDLERS_H

#include "common/stream.h"
#include "services/metrics/value_board.h"

#define METRICS_CONSUMER "metrics"

struct metrics;

/* Called after a turn's commit with the record it appended to the region's metric stream. */
typedef void metrics_appended_fn(void *context, const char *region, uint64_t metric_seq);

struct metrics_options {
	const struct unit_table *units;  /* borrowed */
	size_t regions_max;              /* kept in memory, at least 1 */
	uint64_t hash_seed;              /* random */
	metrics_appended_fn *appended;   /* may be NULL */
	void *context;                   /* for appended */
};

/* Fresh; give back with metrics_destroy. */
struct metrics *metrics_new(const struct metrics_options *options);
void metrics_destroy(struct metrics **metrics);

/* How to consume the event stream with it. */
struct stream_consumer_options metrics_consumer_options(struct metrics *metrics);

/* Regions kept, and how often one had to be loaded. */
struct metrics_counts {
	size_t regions;
	uint64_t loads;
};
struct metrics_counts metrics_counts(const struct metrics *metrics);

#endif
