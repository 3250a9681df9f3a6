#include "services/metrics/metrics_handlers.h"

#include "services/metrics/metrics_turn.h"
#include "services/metrics/metrics_values.h"

#include <stdio.h>
#include <stdlib.h>

#define TURN_BYTES_MAX ((size_t)4 * 1024 * 1024 * 1024)

/* A region in memory. */
struct kept {
	char region[OKTMO_TEXT_SIZE];
	struct cells *cells;
	struct workspace_horizon horizon;
	bool current;                /* its figures follow the definitions in force, and are in their table */
	bool known;                  /* it has a row */
	uint64_t seq;                /* the event seq they stand for */
	uint64_t used;               /* the turn it was last used in */
};

struct metrics {
	struct metrics_options options;
	struct rules *rules;
	struct kept **kept;
	size_t kept_count, kept_capacity;
	uint64_t turns;
	uint64_t loads;
	struct recent *recent;
	struct arena *arena;         /* trees and changes of one turn */
	struct db_rows *appended;    /* the seq of the last turn's record of the metric stream; NULL before it is known */
};

struct metrics *metrics_new(const struct metrics_options *options)
{
	struct metrics *metrics = calloc(1, sizeof *metrics);
	ASSERT(metrics != NULL);
	metrics->options = *options;
	metrics->rules = options->rules;
	metrics->arena = arena_new(TURN_BYTES_MAX);
	metrics->recent = recent_new(options->memory_bytes_max / 4);
	return metrics;
}

/* ---- What is kept ---- */

static void kept_drop_at(struct metrics *metrics, size_t at)
{
	struct kept *gone = metrics->kept[at];
	metrics->kept[at] = metrics->kept[--metrics->kept_count];
	cells_destroy(&gone->cells);
	free(gone);
}

static void kept_drop_all(struct metrics *metrics)
{
	while (metrics->kept_count > 0)
		kept_drop_at(metrics, 0);
}

void metrics_destroy(struct metrics **metrics)
{
	if (*metrics == NULL)
		return;
	kept_drop_all(*metrics);
	db_rows_destroy(&(*metrics)->appended);
	free((*metrics)->kept);
	rules_destroy(&(*metrics)->rules);
	recent_destroy(&(*metrics)->recent);
	arena_destroy(&(*metrics)->arena);
	free(*metrics);
	*metrics = NULL;
}

static struct kept *kept_find(const struct metrics *metrics, const char *region)
{
	for (size_t i = 0; i < metrics->kept_count; i++) {
		if (text_equal(metrics->kept[i]->region, region))
			return metrics->kept[i];
	}
	return NULL;
}

static void kept_drop(struct metrics *metrics, const char *region)
{
	for (size_t i = 0; i < metrics->kept_count; i++) {
		if (text_equal(metrics->kept[i]->region, region)) {
			kept_drop_at(metrics, i);
			return;
		}
	}
}

static size_t kept_bytes(const struct metrics *metrics)
{
	size_t bytes = 0;
	for (size_t i = 0; i < metrics->kept_count; i++)
		bytes += cells_bytes(metrics->kept[i]->cells);
	return bytes;
}

/* The region just used stays, however large it is: the next turn needs it. */
static void kept_shrink(struct metrics *metrics)
{
	while (metrics->kept_count > 1 && kept_bytes(metrics) > metrics->options.memory_bytes_max) {
		size_t oldest = 0;
		for (size_t i = 1; i < metrics->kept_count; i++) {
			if (metrics->kept[i]->used < metrics->kept[oldest]->used)
				oldest = i;
		}
		kept_drop_at(metrics, oldest);
	}
}

static enum status kept_load(struct metrics *metrics, struct db *db, const char *region, uint64_t seq, struct kept **ret_kept, struct fault *fault)
{
	struct metrics_region row;
	bool here;
	struct kept *kept = calloc(1, sizeof *kept);
	ASSERT(kept != NULL);
	snprintf(kept->region, sizeof kept->region, "%s", region);
	kept->seq = seq;
	enum status status = metrics_store_load_region(db, METRICS_LIVE, region, metrics->arena, &row);
	if (status == STATUS_OK)
		status = metrics_values_are_here(db, region, &here);
	if (status == STATUS_OK)
		status = metrics_turn_load_cells(db, METRICS_LIVE, region, metrics->rules->definitions, metrics->options.hash_seed, &kept->cells, fault);
	if (status != STATUS_OK) {
		free(kept);
		return status;
	}
	kept->horizon = row.horizon;
	kept->known = row.definitions[0] != '\0';
	kept->current = !kept->known || (here && text_equal(row.definitions, metrics->rules->definitions_digest));
	cells_set_horizon(kept->cells, row.horizon.month_last);
	metrics->loads++;
	if (metrics->kept_count == metrics->kept_capacity) {
		metrics->kept_capacity = metrics->kept_capacity == 0 ? 64 : metrics->kept_capacity * 2;
		metrics->kept = realloc(metrics->kept, metrics->kept_capacity * sizeof(struct kept *));
		ASSERT(metrics->kept != NULL);
	}
	metrics->kept[metrics->kept_count++] = kept;
	*ret_kept = kept;
	return STATUS_OK;
}

/* The region as of the cursor. */
static enum status kept_get(struct metrics *metrics, struct db *db, const char *region, uint64_t seq, struct kept **ret_kept, struct fault *fault)
{
	struct kept *kept = kept_find(metrics, region);
	if (kept != NULL && kept->seq == seq) {
		*ret_kept = kept;
		return STATUS_OK;
	}
	kept_drop(metrics, region);
	return kept_load(metrics, db, region, seq, ret_kept, fault);
}

/* ---- A turn ---- */

static enum status parse_attributes(struct metrics *metrics, const char *text, const struct json **ret_json, struct fault *fault)
{
	*ret_json = NULL;
	if (text == NULL)
		return STATUS_OK;
	enum status status = json_parse(metrics->arena, text, strlen(text), &JSON_LIMITS_DOCUMENT, ret_json, fault);
	return status == STATUS_OK ? STATUS_OK : STATUS_BUG;
}

static enum status count_entity(struct metrics *metrics, struct kept *kept, const struct workspace_entity *entity, struct fault *fault)
{
	const struct json *before, *after;
	if (entity->before != NULL && text_equal(entity->before, entity->after))
		return STATUS_OK;
	enum status status = parse_attributes(metrics, entity->before, &before, fault);
	if (status == STATUS_OK)
		status = parse_attributes(metrics, entity->after, &after, fault);
	if (status == STATUS_OK)
		cells_replace(kept->cells, entity->kind, entity->id, before, after, metrics->arena);
	return status;
}

static enum status count_entities(struct metrics *metrics, struct kept *kept, const struct workspace *workspace, struct fault *fault)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; i < workspace_entities_count(workspace) && status == STATUS_OK; i++) {
		const struct workspace_entity entity = workspace_entity_at(workspace, i);
		status = count_entity(metrics, kept, &entity, fault);
	}
	return status;
}

static enum status save_horizon(struct metrics *metrics, struct db *db, struct kept *kept, struct workspace_horizon horizon)
{
	bool same = kept->known && kept->current && horizon.month_first == kept->horizon.month_first
	            && horizon.month_last == kept->horizon.month_last;
	const struct metrics_region row = {.horizon = horizon, .definitions = metrics->rules->definitions_digest};
	kept->horizon = horizon;
	kept->known = true;
	kept->current = true;
	return same ? STATUS_OK : metrics_store_save_region(db, METRICS_LIVE, kept->region, &row);
}

/* Figures, the region's row and the record of the metric stream. anew: every figure in place of all. */
static enum status save_figures(struct metrics *metrics, struct db *db, struct kept *kept, struct workspace_horizon horizon, uint64_t event_seq,
                                struct metrics_changes *changes)
{
	bool anew = !kept->current;
	cells_turn(kept->cells, horizon.month_last, metrics->arena, metrics_changes_add, changes);
	if (anew) {
		changes->count = 0;
		cells_emit_all(kept->cells, metrics->arena, metrics_changes_add, changes);
	}
	const struct cell_change *const *sorted = metrics_values_sort(changes->at, changes->count, metrics->arena);
	enum status status = anew ? metrics_values_replace(db, kept->region, sorted, changes->count)
	                          : metrics_values_save(db, kept->region, sorted, changes->count, metrics->arena);
	if (status == STATUS_OK)
		status = save_horizon(metrics, db, kept, horizon);
	db_rows_destroy(&metrics->appended);
	if (status == STATUS_OK)
		status = metrics_values_append(db, kept->region, event_seq, sorted, changes->count, metrics->arena, &metrics->appended);
	return status;
}

static enum status apply_folded(struct metrics *metrics, const struct stream_turn *turn, const struct workspace *workspace)
{
	struct kept *kept;
	struct metrics_changes changes = {NULL, 0, 0};
	uint64_t event_seq = turn->cursor_seq + turn->count;
	enum status status = kept_get(metrics, turn->db, turn->key, turn->cursor_seq, &kept, turn->fault);
	if (status == STATUS_OK)
		status = count_entities(metrics, kept, workspace, turn->fault);
	if (status == STATUS_OK)
		status = metrics_store_save(turn->db, METRICS_LIVE, turn->key, workspace, turn->arena);
	if (status == STATUS_OK)
		status = save_figures(metrics, turn->db, kept, metrics_turn_widen(kept->horizon, workspace_horizon(workspace)), event_seq, &changes);
	metrics_changes_clear(&changes);
	if (status != STATUS_OK)
		return status;
	/* Ahead of the commit: when that fails, forget throws the region away. */
	kept->seq = event_seq;
	kept->used = ++metrics->turns;
	return STATUS_OK;
}

static enum status metrics_apply(void *context, const struct stream_turn *turn)
{
	struct metrics *metrics = context;
	struct workspace *workspace;
	arena_reset(metrics->arena);
	enum status status = metrics_store_begin_turn(turn->db);
	if (status != STATUS_OK)
		return status;
	status = metrics_turn_fold(turn, METRICS_LIVE, &metrics->rules->fold, metrics->options.hash_seed, metrics->recent, &workspace);
	if (status == STATUS_OK)
		status = apply_folded(metrics, turn, workspace);
	workspace_destroy(&workspace);
	recent_shrink(metrics->recent);
	if (status == STATUS_OK)
		kept_shrink(metrics);
	else
		kept_drop(metrics, turn->key);
	return status;
}

static void metrics_committed(void *context, const char *key, uint64_t cursor_seq)
{
	const struct metrics *metrics = context;
	const struct kept *kept = kept_find(metrics, key);
	if (kept != NULL && kept->seq == cursor_seq && metrics->options.appended != NULL)
		metrics->options.appended(metrics->options.context, key, (uint64_t)db_get_integer(metrics->appended, 0, 0));
}

static void metrics_forget(void *context, const char *key)
{
	struct metrics *metrics = context;
	kept_drop(metrics, key);
	recent_forget(metrics->recent, key);
}

struct stream_consumer_options metrics_consumer_options(struct metrics *metrics)
{
	return (struct stream_consumer_options){
		.consumer = METRICS_CONSUMER,
		.stream = &STREAM_EVENT,
		.batch_max = STREAM_BATCH_MAX,
		.poison = STREAM_PARK,
		.apply = metrics_apply,
		.committed = metrics_committed,
		.forget = metrics_forget,
		.context = metrics,
	};
}

/* ---- Definitions in force ---- */

/* Ends the transaction: commits what went well. */
static enum status finish(struct db *db, enum status status)
{
	if (status == STATUS_OK)
		return db_commit(db);
	db_rollback(db);
	return status;
}

enum status metrics_put_in_force(struct metrics *metrics, struct db *db, struct fault *fault)
{
	const char *digest;
	struct span body;
	arena_reset(metrics->arena);
	enum status status = db_begin(db);
	if (status == STATUS_OK)
		status = metrics_store_find_definitions(db, metrics->arena, &digest, &body);
	if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !text_equal(digest, metrics->rules->definitions_digest)))
		status = metrics_store_put_definitions(db, metrics->rules->definitions_digest, metrics->rules->definitions_text, metrics->rules->definitions);
	status = finish(db, status);
	return status == STATUS_OK ? STATUS_OK : fault_set(fault, status, "database", "", -1, "%s", db_error(db));
}

/* Another process put another file in force. */
static enum status take_in_force(struct metrics *metrics, struct db *db, struct fault *fault)
{
	const char *digest;
	struct span body;
	struct rules *rules;
	enum status status = metrics_store_find_definitions(db, metrics->arena, &digest, &body);
	if (status == STATUS_NOT_FOUND || (status == STATUS_OK && text_equal(digest, metrics->rules->definitions_digest)))
		return STATUS_OK;
	if (status == STATUS_OK)
		status = rules_new(body, span_of("", 0), &rules, fault);
	if (status != STATUS_OK)
		return status;
	/* The calendar stays this process's own. */
	struct calendar *calendar = rules->calendar;
	rules->calendar = metrics->rules->calendar;
	rules->fold.calendar = rules->calendar;
	metrics->rules->calendar = calendar;
	kept_drop_all(metrics);
	rules_destroy(&metrics->rules);
	metrics->rules = rules;
	return STATUS_OK;
}

/* With the region's cursor held, which it hands on to nobody: whoever else keeps the region in memory forgets it. */
static enum status refresh_region(struct metrics *metrics, struct db *db, const char *region, struct fault *fault)
{
	struct kept *kept;
	struct metrics_changes changes = {NULL, 0, 0};
	uint64_t seq;
	enum status status = metrics_store_lock_region(db, METRICS_CONSUMER, region, &seq);
	kept_drop(metrics, region);
	if (status == STATUS_OK)
		status = kept_load(metrics, db, region, seq, &kept, fault);
	if (status == STATUS_OK && !kept->current)
		status = save_figures(metrics, db, kept, kept->horizon, seq, &changes);
	metrics_changes_clear(&changes);
	if (status == STATUS_OK)
		status = metrics_store_touch_cursor(db, METRICS_CONSUMER, region);
	return status;
}

enum status metrics_refresh(struct metrics *metrics, struct db *db, bool *ret_more, struct fault *fault)
{
	char region[OKTMO_TEXT_SIZE] = "";
	*ret_more = false;
	arena_reset(metrics->arena);
	enum status status = db_begin(db);
	if (status == STATUS_OK)
		status = take_in_force(metrics, db, fault);
	if (status == STATUS_OK)
		status = metrics_store_find_stale(db, metrics->rules->definitions_digest, region);
	if (status == STATUS_OK)
		status = refresh_region(metrics, db, region, fault);
	if (status == STATUS_NOT_FOUND) {
		db_rollback(db);
		return STATUS_OK;  /* nothing to do, or another instance is at it */
	}
	status = finish(db, status);
	kept_drop(metrics, region);
	*ret_more = status == STATUS_OK;
	return status;
}

struct metrics_counts metrics_counts(const struct metrics *metrics)
{
	return (struct metrics_counts){.regions = metrics->kept_count, .bytes = kept_bytes(metrics) + recent_bytes(metrics->recent), .loads = metrics->loads};
}
