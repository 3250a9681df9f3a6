/* metrics_turn: what a live turn and a rebuild's have in common. */
#ifndef EFFREG_METRICS_TURN_H
#define EFFREG_METRICS_TURN_H

#include "common/stream.h"
#include "services/metrics/cell.h"
#include "services/metrics/metrics_store.h"
#include "services/metrics/recent.h"

/* The records of a turn, with all that they speak of, folded: fresh workspace, also after a failure: workspace_destroy. POISON with
 * fault: a record that cannot be counted, now or ever. Events of recent are not asked for, and those that were are put there; it may be
 * NULL, else recent_shrink once the workspace is gone. */
enum status metrics_turn_fold(const struct stream_turn *turn, enum metrics_rows rows, const struct fold_rules *rules, uint64_t hash_seed,
                              struct recent *recent, struct workspace **ret_workspace) MUST_CHECK;

/* The horizon that spans both. */
struct workspace_horizon metrics_turn_widen(struct workspace_horizon a, struct workspace_horizon b);

/* The cells of a region from its entity rows. Fresh: cells_destroy. */
enum status metrics_turn_load_cells(struct db *db, enum metrics_rows rows, const char *region, const struct definitions *definitions,
                                    uint64_t hash_seed, struct cells **ret_cells, struct fault *fault) MUST_CHECK;

/* Changes being collected. */
struct metrics_changes {
	struct cell_change *at;
	size_t count, capacity;
};
void metrics_changes_clear(struct metrics_changes *changes);
/* A cell_change_fn. */
void metrics_changes_add(void *changes, const struct cell_change *change);

#endif
