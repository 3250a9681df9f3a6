/* metrics_values: the SQL of figures: their rows, and the records of the metric stream that tell of them.
 *
 * As metrics_store.h: inside the caller's transaction, statuses of db.h. */
#ifndef EFFREG_METRICS_VALUES_H
#define EFFREG_METRICS_VALUES_H

#include "common/stream.h"
#include "services/metrics/cell.h"

/* By subject, length and start of the period, and place of the definition: in this order the others want them. In arena. */
const struct cell_change *const *metrics_values_sort(const struct cell_change *changes, size_t count, struct arena *arena);

/* Figures that changed, later (db_run_later): empty ones are deleted. */
enum status metrics_values_save(struct db *db, const char *region, const struct cell_change *const *changes, size_t count, struct arena *arena) MUST_CHECK;
/* Figures that take the place of all there are. */
enum status metrics_values_replace(struct db *db, const char *region, const struct cell_change *const *changes, size_t count) MUST_CHECK;
/* Adds to *different how many figures are not as these figures have them; example as metrics_store_compare. */
enum status metrics_values_compare(struct db *db, const char *region, const struct cell_change *const *changes, size_t count, struct arena *arena,
                                   uint64_t *different, char *example, size_t example_size) MUST_CHECK;

/* Whether the region's last turn kept its figures where this version does: else all have to be made anew. */
enum status metrics_values_are_here(struct db *db, const char *region, bool *ret_here) MUST_CHECK;

/* Appends the turn's record to the metric stream: the event seq reached and what changed. ret_written as of stream_write_later. */
enum status metrics_values_append(struct db *db, const char *region, uint64_t event_seq, const struct cell_change *const *changes, size_t count,
                                  struct arena *arena, struct db_rows **ret_written) MUST_CHECK;

#endif
