#include "services/cli/cli_recompute_core.h"

#include <stdlib.h>

#define EVENT_TREE_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct recompute_region {
	char region[OKTMO_TEXT_SIZE];
	const struct unit_table *units;
	uint64_t hash_seed;
	struct region_state *state;
	struct arena *arena;                     /* one event's tree */
	uint64_t parked[RECOMPUTE_PARKED_MAX];   /* seqs, ascending: found one by one from the front */
	size_t parked_count;
};

struct recompute_region *recompute_region_new(const char region[OKTMO_TEXT_SIZE], const struct unit_table *units,
                                              uint64_t hash_seed)
{
	struct recompute_region *made = calloc(1, sizeof *made);
	ASSERT(made != NULL);
	memcpy(made->region, region, OKTMO_TEXT_SIZE);
	made->units = units;
	made->hash_seed = hash_seed;
	made->state = region_state_new(region, units, hash_seed);
	made->arena = arena_new(EVENT_TREE_BYTES_MAX);
	return made;
}

void recompute_region_destroy(struct recompute_region **region)
{
	if (*region == NULL)
		return;
	region_state_destroy(&(*region)->state);
	arena_destroy(&(*region)->arena);
	free(*region);
	*region = NULL;
}

size_t recompute_region_parked(const struct recompute_region *region)
{
	return region->parked_count;
}

/* ---- events ---- */

static bool is_parked(const struct recompute_region *region, uint64_t seq)
{
	for (size_t i = 0; i < region->parked_count; i++) {
		if (region->parked[i] == seq)
			return true;
	}
	return false;
}

static enum status park(struct recompute_region *region, uint64_t seq)
{
	if (region->parked_count == RECOMPUTE_PARKED_MAX)
		return STATUS_TOO_LARGE;
	region->parked[region->parked_count++] = seq;
	region_state_destroy(&region->state);
	region->state = region_state_new(region->region, region->units, region->hash_seed);
	return STATUS_POISON;
}

enum status recompute_region_apply(struct recompute_region *region, uint64_t seq, struct span event, struct fault *fault)
{
	const struct json *json;
	struct envelope envelope;
	if (is_parked(region, seq))
		return STATUS_OK;
	arena_reset(region->arena);
	enum status status = json_parse(region->arena, event.at, event.len, &JSON_LIMITS_EVENT, &json, fault);
	if (status == STATUS_OK)
		status = envelope_read(json, &envelope, fault);
	if (status == STATUS_OK)
		status = region_state_apply(region->state, &envelope, fault);
	return status == STATUS_OK ? STATUS_OK : park(region, seq);
}

/* ---- figures ---- */

static const char *figure_text(struct arena *arena, const struct value_board *board, int year, const char *code)
{
	enum indicator indicator;
	const struct indicator_value *value = indicator_find(code, &indicator) ? value_board_find(board, year, indicator) : NULL;
	if (value == NULL || value->missing)
		return NULL;
	return decimal_format(value->value, arena_alloc(arena, DECIMAL_TEXT_SIZE));
}

/* A region that joined in an earlier year has joined, also when nothing was told of this one. */
static bool has_joined(const struct value_board *board, int year)
{
	for (int earlier = YEAR_MIN; earlier <= year; earlier++) {
		const struct indicator_value *value = value_board_find(board, earlier, INDICATOR_joined);
		if (value != NULL && !value->missing && value->value.millionths > 0)
			return true;
	}
	return false;
}

static void take_figures(struct ranking_region *figures, struct arena *arena, const struct methodology *methodology,
                         const struct value_board *board, int year)
{
	const char **texts = arena_array(arena, const char *, methodology->indicator_count);
	const char *measured = figure_text(arena, board, year, "measured");
	for (size_t i = 0; i < methodology->indicator_count; i++)
		texts[i] = figure_text(arena, board, year, methodology->indicators[i].code);
	figures->figures = texts;
	figures->measured = measured == NULL ? 0 : strtoll(measured, NULL, 10);
	figures->joined = has_joined(board, year);
}

struct ranking_region recompute_region_figures(struct recompute_region *region, struct arena *arena,
                                               const struct methodology *methodology, const char *code, int year)
{
	struct ranking_region figures = {.region = code};
	struct value_board *board = value_board_new();
	if (region != NULL)
		value_board_update(board, region->state);
	take_figures(&figures, arena, methodology, board, year);
	value_board_destroy(&board);
	return figures;
}
