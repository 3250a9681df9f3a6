#include "services/metrics/replay.h"

#include <stdlib.h>

#define TREE_BYTES_MAX ((size_t)1024 * 1024 * 1024)

struct replay {
	struct workspace *workspace;
	struct cells *cells;
	size_t parked;
	char region[OKTMO_TEXT_SIZE];
};

struct replay *replay_new(const char region[OKTMO_TEXT_SIZE], const struct fold_rules *rules, const struct definitions *definitions,
                          unsigned subjects, uint64_t hash_seed)
{
	struct replay *replay = calloc(1, sizeof *replay);
	ASSERT(replay != NULL);
	memcpy(replay->region, region, OKTMO_TEXT_SIZE);
	replay->workspace = workspace_new(replay->region, rules, true, hash_seed);
	replay->cells = cells_new(definitions, subjects, hash_seed);
	return replay;
}

void replay_destroy(struct replay **replay)
{
	if (*replay == NULL)
		return;
	workspace_destroy(&(*replay)->workspace);
	cells_destroy(&(*replay)->cells);
	free(*replay);
	*replay = NULL;
}

void replay_add(struct replay *replay, uint64_t seq, int64_t recorded_us, struct span body)
{
	if (workspace_add(replay->workspace, seq, recorded_us, body, NULL) != STATUS_OK)
		replay->parked++;
}

void replay_end(struct replay *replay)
{
	struct arena *arena = arena_new(TREE_BYTES_MAX);
	enum status status = workspace_fold(replay->workspace, NULL);
	ASSERT(status == STATUS_OK);  /* of a whole workspace every event found its room when it was added */
	for (size_t i = 0; i < workspace_entities_count(replay->workspace); i++) {
		const struct workspace_entity entity = workspace_entity_at(replay->workspace, i);
		const struct json *attributes;
		arena_reset(arena);
		status = json_parse(arena, entity.after, strlen(entity.after), &JSON_LIMITS_DOCUMENT, &attributes, NULL);
		ASSERT(status == STATUS_OK);  /* we wrote it */
		cells_load(replay->cells, entity.kind, entity.id, attributes, arena);
	}
	cells_set_horizon(replay->cells, workspace_horizon(replay->workspace).month_last);
	arena_destroy(&arena);
}

size_t replay_parked(const struct replay *replay)
{
	return replay->parked;
}

const struct workspace *replay_workspace(const struct replay *replay)
{
	return replay->workspace;
}

struct cells *replay_cells(struct replay *replay)
{
	return replay->cells;
}

bool replay_value(struct replay *replay, const struct definition *definition, const char *subject, struct calendar_period period,
                  decimal *ret_value)
{
	struct workspace_horizon horizon = workspace_horizon(replay->workspace);
	bool covered = horizon.month_first >= 0 && period.first <= horizon.month_last && calendar_month_last(period) >= horizon.month_first;
	struct figure figure = cells_stored_figure(replay->cells, definition, subject, period);
	*ret_value = figure.value;
	if (figure.empty)
		return covered && definition_absent_is_zero(definition);
	return !figure.missing;
}
