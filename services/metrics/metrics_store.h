/* metrics_store: every SQL statement of metrics. Sets, not rows: one statement per table, whatever the number of rows.
 *
 * Everything here runs inside the caller's transaction, which holds the region's cursor: nobody else writes these rows.
 * Statuses are db.h's; what was stored and cannot be read again (an unknown unit) is STATUS_BUG with fault. */
#ifndef EFFREG_METRICS_STORE_H
#define EFFREG_METRICS_STORE_H

#include "common/db.h"
#include "services/metrics/value_board.h"

/* Fills a fresh state and board with what is saved of the state's region; nothing is marked changed. */
enum status metrics_store_load(struct db *db, struct region_state *state, struct value_board *board,
                               struct fault *fault) MUST_CHECK;

/* Writes the rows that changed in the state and in the board; event_seq is what the values stand for. */
enum status metrics_store_save(struct db *db, const struct region_state *state, const struct value_board *board,
                               uint64_t event_seq, struct arena *arena) MUST_CHECK;

/* Appends the turn's record to the metric stream: the event seq reached and the codes that changed. */
enum status metrics_store_append(struct db *db, const struct region_state *state, const struct value_board *board,
                                 uint64_t event_seq, struct arena *arena, uint64_t *ret_seq) MUST_CHECK;

#endif
