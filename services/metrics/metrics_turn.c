#include "services/metrics/metrics_turn.h"

#include <inttypes.h>
#include <stdlib.h>

#define LOADS_MAX      16  /* questions of a turn: rows, targets, corrections of these, their entities, events */
#define TREE_BYTES_MAX ((size_t)1024 * 1024 * 1024)

static enum status add_records(const struct stream_turn *turn, struct workspace *workspace)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; i < turn->count && status == STATUS_OK; i++)
		status = workspace_add(workspace, turn->records[i].seq, turn->records[i].recorded_us, turn->records[i].body, turn->fault);
	return status;
}

/* Gives the workspace what is kept already; returns how many of seqs are left, in their order. */
static size_t load_recent(const struct stream_turn *turn, const struct recent *recent, const struct workspace_wants *wants, uint64_t *ret_left,
                          struct workspace *workspace)
{
	size_t left = 0;
	for (size_t i = 0; i < wants->seqs_count; i++) {
		struct recent_event event;
		if (recent_find(recent, turn->key, wants->seqs[i], &event))
			workspace_load_event(workspace, event.seq, event.recorded_us, event.body);
		else
			ret_left[left++] = wants->seqs[i];
	}
	return left;
}

struct keeping {
	struct recent *recent;
	const char *region;
};

static void keep_loaded(void *context, uint64_t seq, int64_t recorded_us, struct span body)
{
	const struct keeping *keeping = context;
	recent_keep(keeping->recent, keeping->region, &(struct recent_event){.seq = seq, .recorded_us = recorded_us, .body = body});
}

static void keep_records(const struct stream_turn *turn, struct recent *recent)
{
	struct keeping keeping = {recent, turn->key};
	for (size_t i = 0; i < turn->count; i++)
		keep_loaded(&keeping, turn->records[i].seq, turn->records[i].recorded_us, turn->records[i].body);
}

/* What the database has of wants. */
static enum status load_wanted(const struct stream_turn *turn, enum metrics_rows rows, struct recent *recent, struct workspace_wants *wants,
                               struct workspace *workspace)
{
	struct keeping keeping = {recent, turn->key};
	if (recent != NULL) {
		uint64_t *left = arena_array(turn->arena, uint64_t, wants->seqs_count + 1);
		wants->seqs_count = load_recent(turn, recent, wants, left, workspace);
		wants->seqs = left;
	}
	return metrics_store_load(turn->db, turn->archive, rows, turn->key, turn->cursor_seq + turn->count, wants, workspace, recent == NULL ? NULL : keep_loaded,
	                          &keeping, turn->arena, turn->fault);
}

static enum status load_wants(const struct stream_turn *turn, enum metrics_rows rows, struct recent *recent, struct workspace *workspace)
{
	struct workspace_wants wants;
	enum status status = STATUS_OK;
	for (unsigned load = 0; status == STATUS_OK && workspace_wants(workspace, &wants); load++) {
		if (load == LOADS_MAX)
			return fault_set(turn->fault, STATUS_BUG, "load", "", -1, "events that entities of region %s name are not in its log", turn->key);
		status = load_wanted(turn, rows, recent, &wants, workspace);
	}
	return status;
}

enum status metrics_turn_fold(const struct stream_turn *turn, enum metrics_rows rows, const struct fold_rules *rules, uint64_t hash_seed,
                              struct recent *recent, struct workspace **ret_workspace)
{
	struct workspace *workspace = workspace_new(turn->key, rules, false, hash_seed);
	*ret_workspace = workspace;
	if (!ident_is_oktmo(turn->key))
		return fault_set(turn->fault, STATUS_POISON, "region", "", -1, "the key %s is no region", turn->key);
	enum status status = add_records(turn, workspace);
	if (status == STATUS_OK)
		status = load_wants(turn, rows, recent, workspace);
	if (status == STATUS_OK && recent != NULL)
		keep_records(turn, recent);
	return status == STATUS_OK ? workspace_fold(workspace, turn->fault) : status;
}

struct workspace_horizon metrics_turn_widen(struct workspace_horizon a, struct workspace_horizon b)
{
	if (a.month_first < 0 || (b.month_first >= 0 && b.month_first < a.month_first))
		a.month_first = b.month_first;
	if (b.month_last > a.month_last)
		a.month_last = b.month_last;
	return a;
}

/* ---- Cells ---- */

struct loading {
	struct cells *cells;
	struct arena *arena;
	const char *region;
	struct fault *fault;
	enum status status;
};

static void load_entity(void *context, enum entity_kind kind, const char *id, const char *attributes)
{
	struct loading *loading = context;
	const struct json *json;
	arena_reset(loading->arena);
	if (json_parse(loading->arena, attributes, strlen(attributes), &JSON_LIMITS_DOCUMENT, &json, NULL) == STATUS_OK)
		cells_load(loading->cells, kind, id, json, loading->arena);
	else
		loading->status = fault_set(loading->fault, STATUS_BUG, "load", "", -1, "entity %s/%s of region %s cannot be read",
		                            entity_kind_text(kind), id, loading->region);
}

enum status metrics_turn_load_cells(struct db *db, enum metrics_rows rows, const char *region, const struct definitions *definitions,
                                    uint64_t hash_seed, struct cells **ret_cells, struct fault *fault)
{
	struct loading loading = {
		.cells = cells_new(definitions, CELLS_STORED, hash_seed), .arena = arena_new(TREE_BYTES_MAX), .region = region, .fault = fault,
		.status = STATUS_OK};
	enum status status = metrics_store_each_entity(db, rows, region, load_entity, &loading, fault);
	if (status == STATUS_OK)
		status = loading.status;
	arena_destroy(&loading.arena);
	if (status == STATUS_OK)
		*ret_cells = loading.cells;
	else
		cells_destroy(&loading.cells);
	return status;
}

void metrics_changes_clear(struct metrics_changes *changes)
{
	free(changes->at);
	*changes = (struct metrics_changes){NULL, 0, 0};
}

void metrics_changes_add(void *context, const struct cell_change *change)
{
	struct metrics_changes *changes = context;
	if (changes->count == changes->capacity) {
		changes->capacity = changes->capacity == 0 ? 256 : changes->capacity * 2;
		changes->at = realloc(changes->at, changes->capacity * sizeof *changes->at);
		ASSERT(changes->at != NULL);
	}
	changes->at[changes->count++] = *change;
}
