#include "services/metrics/metrics_rebuild.h"

#include "services/metrics/metrics_handlers.h"
#include "services/metrics/metrics_turn.h"
#include "services/metrics/metrics_values.h"

#include <stdio.h>
#include <stdlib.h>

#define TURN_BYTES_MAX ((size_t)4 * 1024 * 1024 * 1024)
#define SWAPS_MAX      200

struct rebuild {
	const struct metrics_rebuild_options *options;
	struct metrics_rebuild_report report;
	struct arena *arena;
	struct fault *fault;
	bool compared;           /* the key of the moment */
};

static enum status rebuild_apply(void *context, const struct stream_turn *turn)
{
	struct rebuild *rebuild = context;
	struct workspace *workspace;
	struct metrics_region region;
	const struct rules *rules = rebuild->options->rules;
	enum status status = metrics_turn_fold(turn, METRICS_REBUILD, &rules->fold, rebuild->options->hash_seed, NULL, &workspace);
	if (status == STATUS_OK)
		status = metrics_store_load_region(turn->db, METRICS_REBUILD, turn->key, turn->arena, &region);
	if (status == STATUS_OK)
		status = metrics_store_save(turn->db, METRICS_REBUILD, turn->key, workspace, turn->arena);
	if (status == STATUS_OK) {
		region.horizon = metrics_turn_widen(region.horizon, workspace_horizon(workspace));
		region.definitions = rules->definitions_digest;
		status = metrics_store_save_region(turn->db, METRICS_REBUILD, turn->key, &region);
	}
	workspace_destroy(&workspace);
	if (status == STATUS_OK)
		rebuild->report.events += turn->count;
	return status;
}

/* Every figure that follows from the rebuilt entities. */
static enum status figures_of(struct rebuild *rebuild, struct db *db, const char *key, struct cells **ret_cells, struct metrics_changes *changes)
{
	struct metrics_region region;
	const struct rules *rules = rebuild->options->rules;
	arena_reset(rebuild->arena);
	enum status status = metrics_store_load_region(db, METRICS_REBUILD, key, rebuild->arena, &region);
	if (status == STATUS_OK)
		status = metrics_turn_load_cells(db, METRICS_REBUILD, key, rules->definitions, rebuild->options->hash_seed, ret_cells, rebuild->fault);
	if (status != STATUS_OK)
		return status;
	cells_set_horizon(*ret_cells, region.horizon.month_last);
	cells_emit_all(*ret_cells, rebuild->arena, metrics_changes_add, changes);
	return STATUS_OK;
}

/* One record tells the followers that anything may have changed. */
static enum status put_in_place(struct rebuild *rebuild, struct db *db, const char *key, const struct metrics_changes *changes)
{
	uint64_t event_seq;
	const struct cell_change *const *sorted = metrics_values_sort(changes->at, changes->count, rebuild->arena);
	enum status status = metrics_store_move_rebuild(db, key);
	if (status == STATUS_OK)
		status = metrics_values_replace(db, key, sorted, changes->count);
	if (status == STATUS_OK)
		status = metrics_store_lock_region(db, METRICS_CONSUMER ".rebuild", key, &event_seq);
	return status == STATUS_OK ? metrics_values_append(db, key, event_seq, sorted, changes->count, rebuild->arena, NULL) : status;
}

/* RETRY: the live consumer stands elsewhere, ask again. CONFLICT: compared, and nothing is to be swapped. */
static enum status compare(struct rebuild *rebuild, struct db *db, const char *key, const struct metrics_changes *changes)
{
	uint64_t live, rebuilt, different;
	enum status status = metrics_store_lock_region(db, METRICS_CONSUMER, key, &live);
	if (status == STATUS_OK)
		status = metrics_store_lock_region(db, METRICS_CONSUMER ".rebuild", key, &rebuilt);
	if (status == STATUS_OK && live != rebuilt)
		return STATUS_RETRY;
	if (status == STATUS_OK)
		status = metrics_store_compare(db, key, &different, rebuild->report.example, sizeof rebuild->report.example);
	if (status == STATUS_OK)
		status = metrics_values_compare(db, key, metrics_values_sort(changes->at, changes->count, rebuild->arena), changes->count,
		                                rebuild->arena, &different, rebuild->report.example, sizeof rebuild->report.example);
	if (status != STATUS_OK)
		return status;
	rebuild->report.different += different;
	rebuild->compared = true;
	return STATUS_CONFLICT;
}

static enum status rebuild_move(void *context, struct db *db, const char *key)
{
	struct rebuild *rebuild = context;
	struct cells *cells = NULL;
	struct metrics_changes changes = {NULL, 0, 0};
	enum status status = figures_of(rebuild, db, key, &cells, &changes);
	if (status == STATUS_OK)
		status = rebuild->options->check ? compare(rebuild, db, key, &changes) : put_in_place(rebuild, db, key, &changes);
	metrics_changes_clear(&changes);
	cells_destroy(&cells);
	return status;
}

/* ---- Key by key ---- */

/* What was compared goes, as what was swapped would have. */
static enum status drop_key(struct db *db, const char *key)
{
	enum status status = db_begin(db);
	if (status == STATUS_OK)
		status = metrics_store_drop_rebuild(db, METRICS_CONSUMER ".rebuild", key);
	if (status == STATUS_OK)
		return db_commit(db);
	db_rollback(db);
	return status;
}

static enum status catch_up(struct stream_consumer *consumer, const char *key)
{
	unsigned turns = 1;
	enum status status = STATUS_OK;
	stream_consumer_hint(consumer, key);
	while (status == STATUS_OK && turns > 0)
		status = stream_consumer_work(consumer, false, 16, &turns);
	return status;
}

static enum status rebuild_key(struct rebuild *rebuild, struct db *db, struct stream_consumer *consumer, const char *key)
{
	const struct stream_rebuild_hook move = {rebuild_move, rebuild};
	enum status status = STATUS_RETRY;
	rebuild->compared = false;
	for (unsigned i = 0; status == STATUS_RETRY && i < SWAPS_MAX; i++) {
		status = catch_up(consumer, key);
		if (status == STATUS_OK)
			status = stream_rebuild_swap(db, METRICS_CONSUMER, &STREAM_EVENT, key, &move);
	}
	if (rebuild->compared)
		status = drop_key(db, key);
	if (status == STATUS_OK)
		rebuild->report.regions++;
	return status == STATUS_NOT_FOUND ? STATUS_RETRY : status;  /* another process runs the same rebuild */
}

static enum status next_key(struct rebuild *rebuild, struct db *db, char key[STREAM_KEY_MAX])
{
	enum status status = db_begin(db);
	if (status != STATUS_OK)
		return status;
	status = metrics_store_next_rebuild(db, METRICS_CONSUMER ".rebuild", rebuild->options->worker, rebuild->options->workers, key);
	db_rollback(db);
	return status;
}

static enum status run_keys(struct rebuild *rebuild, struct db *db, struct stream_consumer *consumer)
{
	char key[STREAM_KEY_MAX];
	for (;;) {
		enum status status = next_key(rebuild, db, key);
		if (status == STATUS_NOT_FOUND)
			return STATUS_OK;
		if (status == STATUS_OK)
			status = rebuild_key(rebuild, db, consumer, key);
		if (status != STATUS_OK)
			return status;
		if (rebuild->options->progress != NULL)
			rebuild->options->progress(rebuild->options->context, key, &rebuild->report);
	}
}

static enum status database_fault(struct db *db, enum status status, struct fault *fault)
{
	if (status == STATUS_OK || fault == NULL || fault->text[0] != '\0')
		return status;
	return fault_set(fault, status, "database", "", -1, "%s", db_error(db));
}

static enum status rebuild_clear(void *context, struct db *db, const char *key)
{
	(void)context;
	(void)key;
	return metrics_store_clear_rebuild(db);
}

enum status metrics_rebuild_begin(struct db *db, struct fault *fault)
{
	const struct stream_rebuild_hook clear = {rebuild_clear, NULL};
	return database_fault(db, stream_rebuild_start(db, METRICS_CONSUMER, &STREAM_EVENT, &clear), fault);
}

enum status metrics_rebuild_run(struct db *db, const struct metrics_rebuild_options *options, struct metrics_rebuild_report *ret_report,
                                struct fault *fault)
{
	struct rebuild rebuild = {.options = options, .arena = arena_new(TURN_BYTES_MAX), .fault = fault};
	struct archive *archive = archive_new(options->log_archive);
	const struct stream_consumer_options consumer_options = {
		.consumer = METRICS_CONSUMER ".rebuild", .stream = &STREAM_EVENT, .batch_max = STREAM_TURN_MAX, .poison = STREAM_PARK,
		.archive = archive, .apply = rebuild_apply, .context = &rebuild};
	struct stream_consumer *consumer = stream_consumer_new(db, &consumer_options);
	enum status status = run_keys(&rebuild, db, consumer);
	rebuild.report.parked = stream_consumer_counts(consumer).parked;
	stream_consumer_destroy(&consumer);
	if (status == STATUS_UNAVAILABLE && fault != NULL && archive_fault(archive)->text[0] != '\0')
		*fault = *archive_fault(archive);
	archive_destroy(&archive);
	arena_destroy(&rebuild.arena);
	*ret_report = rebuild.report;
	return database_fault(db, status, fault);
}
