/* metrics_handlers: the turn of metrics.
 *
 * A turn: the records of a region → what they speak of is loaded and folded (workspace.h) → what their entities contribute is taken
 * off and put on in the region's cells (cell.h) → entities, figures that differ and one record of the metric stream are saved.
 *
 * The cells of a region are kept in memory between turns, valid while their seq equals the cursor's; they are made from the entity rows
 * at need. When all of them together pass memory_bytes_max, the least recently used region goes. Beside them the events read last are
 * kept (recent.h), at most a quarter of memory_bytes_max.
 *
 * Figures follow the definitions in force, the file that was loaded last (metrics_store.h); a region whose figures follow others is made
 * anew at its next turn, or by metrics_refresh. */
#ifndef EFFREG_METRICS_HANDLERS_H
#define EFFREG_METRICS_HANDLERS_H

#include "common/stream.h"
#include "services/metrics/rules.h"

#define METRICS_CONSUMER "metrics"

struct metrics;

/* Called after a turn's commit with the record it appended to the region's metric stream. */
typedef void metrics_appended_fn(void *context, const char *region, uint64_t metric_seq);

struct metrics_options {
	struct rules *rules;             /* taken: it may be replaced by what is in force */
	size_t memory_bytes_max;         /* of the cells of all regions; one region may take more */
	uint64_t hash_seed;              /* random */
	metrics_appended_fn *appended;   /* may be NULL */
	void *context;                   /* for appended */
};

/* Fresh; give back with metrics_destroy. */
struct metrics *metrics_new(const struct metrics_options *options);
void metrics_destroy(struct metrics **metrics);

/* Puts this process's definitions in force; in a transaction of its own. */
enum status metrics_put_in_force(struct metrics *metrics, struct db *db, struct fault *fault) MUST_CHECK;

/* How to consume the event stream with it. */
struct stream_consumer_options metrics_consumer_options(struct metrics *metrics);

/* To be called once in a while: takes the definitions in force when they changed, and makes the figures of one region anew that follow
 * others, in a transaction of its own. *ret_more: there may be another. A transient status: call again. */
enum status metrics_refresh(struct metrics *metrics, struct db *db, bool *ret_more, struct fault *fault) MUST_CHECK;

/* Regions kept, their bytes, and how often one had to be loaded. */
struct metrics_counts {
	size_t regions;
	size_t bytes;            /* and of the events kept */
	uint64_t loads;
};
struct metrics_counts metrics_counts(const struct metrics *metrics);

#endif
