/* metrics_store: the SQL statements of metrics, but for those of figures (metrics_values.h). Sets, not rows: one statement per table, whatever the number of rows.
 *
 * Everything here runs inside the caller's transaction, which holds the region's cursor: nobody else writes these rows.
 * Statuses are db.h's; what was stored and cannot be read again is STATUS_BUG with fault. */
#ifndef EFFREG_METRICS_STORE_H
#define EFFREG_METRICS_STORE_H

#include "common/archive.h"
#include "common/stream.h"
#include "services/metrics/definition.h"
#include "services/metrics/workspace.h"

/* The rows of the live consumer or of a rebuild. */
enum metrics_rows { METRICS_LIVE, METRICS_REBUILD };

/* What a live turn's transaction is like: its commit does not wait for the disk, for all that it writes follows from the log (what was
 * written later is never kept without it: the WAL is in order, so cursor and effects vanish together). */
enum status metrics_store_begin_turn(struct db *db) MUST_CHECK;

/* ---- Loading ---- */

/* An event that was loaded. */
typedef void metrics_loaded_fn(void *context, uint64_t seq, int64_t recorded_us, struct span body);

/* Gives the workspace what it wants, and each event to loaded too, unless that is NULL. upto: the last seq of the turn: what the log has
 * beyond is not known yet. archive may be NULL (archive.h). Texts of events live in arena. */
enum status metrics_store_load(struct db *db, struct archive *archive, enum metrics_rows rows, const char *region, uint64_t upto, const struct workspace_wants *wants,
                               struct workspace *workspace, metrics_loaded_fn *loaded, void *context, struct arena *arena,
                               struct fault *fault) MUST_CHECK;

/* What is known of a region beside its entities. */
struct metrics_region {
	struct workspace_horizon horizon;
	const char *definitions;          /* digest; "" = no row yet */
};
enum status metrics_store_load_region(struct db *db, enum metrics_rows rows, const char *region, struct arena *arena,
                                      struct metrics_region *ret_region) MUST_CHECK;

/* Every entity's attributes, in no order. */
typedef void metrics_entity_fn(void *context, enum entity_kind kind, const char *id, const char *attributes);
enum status metrics_store_each_entity(struct db *db, enum metrics_rows rows, const char *region, metrics_entity_fn *call, void *context,
                                      struct fault *fault) MUST_CHECK;

/* ---- Saving ---- */

/* Both later (db_run_later), as far as they do not go by COPY. */
enum status metrics_store_save(struct db *db, enum metrics_rows rows, const char *region, const struct workspace *workspace,
                               struct arena *arena) MUST_CHECK;
enum status metrics_store_save_region(struct db *db, enum metrics_rows rows, const char *region, const struct metrics_region *saved) MUST_CHECK;

/* ---- Definitions ---- */

/* Puts a file in force. */
enum status metrics_store_put_definitions(struct db *db, const char *digest, struct span body, const struct definitions *definitions) MUST_CHECK;
/* The file in force; NOT_FOUND when there is none. body lives in arena. */
enum status metrics_store_find_definitions(struct db *db, struct arena *arena, const char **ret_digest, struct span *ret_body) MUST_CHECK;
/* The record of each turn says where its figures are kept, at its beginning, for a record of all figures of a region is long. Those of a
 * metrics of the version before migration 20 are elsewhere. */
#define METRICS_TABLE "figures"
#define METRICS_FIGURES_ARE_HERE(region) \
	"EXISTS (SELECT FROM effreg.metric_head AS head JOIN effreg.metric ON metric.region_id = head.region_id AND metric.seq = head.last_seq" \
	" WHERE head.region_id = " region " AND pg_catalog.\"left\"(metric.body::text, 60) LIKE '%\"table\":\"" METRICS_TABLE "\"%')"

/* A region whose values follow other definitions, or are kept elsewhere; NOT_FOUND when there is none. */
enum status metrics_store_find_stale(struct db *db, const char *digest, char ret_region[OKTMO_TEXT_SIZE]) MUST_CHECK;
/* Takes the live cursor of a region whose values are to be made again; NOT_FOUND when another instance has it. */
enum status metrics_store_lock_region(struct db *db, const char *consumer, const char *region, uint64_t *ret_seq) MUST_CHECK;
/* Says that the region's cursor was used, so that whoever keeps it in memory forgets it. */
enum status metrics_store_touch_cursor(struct db *db, const char *consumer, const char *region) MUST_CHECK;

/* ---- Rebuild ---- */

/* The next region of a worker's share that is not done; NOT_FOUND when all are. */
enum status metrics_store_next_rebuild(struct db *db, const char *consumer, unsigned worker, unsigned workers, char ret_region[STREAM_KEY_MAX]) MUST_CHECK;
enum status metrics_store_clear_rebuild(struct db *db) MUST_CHECK;
/* Puts the rebuilt rows of a region in place of the live ones. */
enum status metrics_store_move_rebuild(struct db *db, const char *region) MUST_CHECK;
/* The rows of one question that those of another do not have, and the other way round. */
#define METRICS_DIFFERENCE(one, other) "((" one " EXCEPT ALL " other ") UNION ALL (" other " EXCEPT ALL " one "))"
/* Adds the number of rows to *different; example becomes the first one's text, unless it is one already. */
enum status metrics_store_count_differences(struct db *db, const char *sql, const struct db_param *params, size_t count, uint64_t *different,
                                            char *example, size_t example_size) MUST_CHECK;
/* How many rows of the region, but for its figures, are not as the rebuild has them; an example of one. */
enum status metrics_store_compare(struct db *db, const char *region, uint64_t *ret_different, char *example, size_t example_size) MUST_CHECK;
/* Forgets the rebuilt rows and the rebuild's cursor of a region. */
enum status metrics_store_drop_rebuild(struct db *db, const char *consumer, const char *region) MUST_CHECK;

#endif
