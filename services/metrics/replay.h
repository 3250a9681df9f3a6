/* replay: a region made from the events of its log up to some seq, in memory: what the metrics service keeps step by step, at
 * once. The same events give the same figures, so anybody can check a rating, ask what was known then, and hold the service
 * against it. Pure. */
#ifndef EFFREG_METRICS_REPLAY_H
#define EFFREG_METRICS_REPLAY_H

#include "services/metrics/cell.h"
#include "services/metrics/workspace.h"

struct replay;

/* subjects: CELLS_STORED or CELLS_ALL. Borrows rules and definitions. Fresh; give back with replay_destroy. */
struct replay *replay_new(const char region[OKTMO_TEXT_SIZE], const struct fold_rules *rules, const struct definitions *definitions,
                          unsigned subjects, uint64_t hash_seed);
void replay_destroy(struct replay **replay);

/* The next event of the log; its bytes are borrowed for the replay's life. One that the service parks is left out and counted. */
void replay_add(struct replay *replay, uint64_t seq, int64_t recorded_us, struct span body);
/* After the last one. */
void replay_end(struct replay *replay);

size_t replay_parked(const struct replay *replay);
/* After the end: what the entities are, and the figures. */
const struct workspace *replay_workspace(const struct replay *replay);
struct cells *replay_cells(struct replay *replay);

/* The figure as the service answers it: a number of things is 0 where nothing was counted in a period that the region's log speaks
 * of. False: not known. */
bool replay_value(struct replay *replay, const struct definition *definition, const char *subject, struct calendar_period period,
                  decimal *ret_value) MUST_CHECK;

#endif
