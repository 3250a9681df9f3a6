/* memory_rows: the rows of a region that turns leave in the database, in memory: turns of a workspace over them, cells that are kept or
 * made again, and all of it as text, so that what was made step by step can be held against what was made at once. */
#ifndef EFFREG_TESTS_METRICS_MEMORY_ROWS_H
#define EFFREG_TESTS_METRICS_MEMORY_ROWS_H

#include "tests/unit/metrics/metrics_fixture.h"

#define MEMORY_ROWS_MAX  20000
#define MEMORY_LINES_MAX 200000

struct memory_row {
	struct row row;           /* entity: "kind/id"; correction: the target; value: "subject period code" */
	enum entity_kind kind;
	uint64_t *seqs;
	size_t count;
	const char *text;         /* attributes, or a figure; NULL = there is no row */
};

struct memory_rows {
	struct fixture *fixture;
	struct arena *arena;
	struct row_table *entities, *corrections, *values;
	struct cells *cells;      /* kept between turns; NULL = to be made again */
	struct workspace_horizon horizon;
	size_t done;              /* events counted */
};

static inline void memory_init(struct memory_rows *memory, struct fixture *fixture)
{
	*memory = (struct memory_rows){
		.fixture = fixture, .arena = arena_new((size_t)4 * 1024 * 1024 * 1024), .horizon = {-1, -1},
		.entities = row_table_new(sizeof(struct memory_row), MEMORY_ROWS_MAX, 1),
		.corrections = row_table_new(sizeof(struct memory_row), MEMORY_ROWS_MAX, 2),
		.values = row_table_new(sizeof(struct memory_row), MEMORY_LINES_MAX, 3)};
}

static inline void memory_clear(struct memory_rows *memory)
{
	cells_destroy(&memory->cells);
	row_table_destroy(&memory->entities);
	row_table_destroy(&memory->corrections);
	row_table_destroy(&memory->values);
	arena_destroy(&memory->arena);
}

static inline uint64_t *copy_seqs(struct arena *arena, const uint64_t *seqs, size_t count)
{
	uint64_t *copy = arena_array(arena, uint64_t, count + 1);
	if (count > 0)
		memcpy(copy, seqs, count * sizeof *copy);
	return copy;
}

static inline void memory_give_rows(struct memory_rows *memory, const struct workspace_wants *wants, struct workspace *workspace)
{
	for (size_t i = 0; i < wants->entities; i++) {
		const char *key = arena_printf(memory->arena, "%s/%s", wants->kinds[i], wants->ids[i]);
		const struct memory_row *row = (const void *)row_table_find(memory->entities, key);
		if (row == NULL)
			continue;
		enum status status = workspace_load_entity(workspace, wants->kinds[i], wants->ids[i], row->seqs, row->count, row->text, NULL);
		assert_int_equal(status, STATUS_OK);
	}
	for (size_t i = 0; i < wants->targets_count; i++) {
		const struct memory_row *row = (const void *)row_table_find(memory->corrections, wants->targets[i]);
		if (row != NULL)
			workspace_load_correction(workspace, wants->targets[i], row->seqs, row->count);
	}
}

static inline void memory_give_event(struct memory_rows *memory, struct workspace *workspace, uint64_t seq)
{
	const struct fixture_event *event = &memory->fixture->log[seq - 1];
	workspace_load_event(workspace, seq, event->recorded_us, event->body);
}

/* By id, among the first upto events. */
static inline void memory_give_by_id(struct memory_rows *memory, struct workspace *workspace, const char *id, size_t upto)
{
	const char *member = arena_printf(memory->arena, "\"id\":\"%s\"", id);
	for (size_t i = 0; i < upto; i++) {
		if (strstr(memory->fixture->log[i].body.at, member) != NULL)
			memory_give_event(memory, workspace, i + 1);
	}
}

/* The fold of the events done .. upto; fresh workspace. */
static inline struct workspace *memory_fold(struct memory_rows *memory, size_t upto)
{
	struct workspace *workspace = workspace_new(FIXTURE_REGION, &memory->fixture->rules->fold, false, 5);
	struct workspace_wants wants;
	struct fault fault = {.text = ""};
	for (size_t i = memory->done; i < upto; i++) {
		const struct fixture_event *event = &memory->fixture->log[i];
		if (workspace_add(workspace, i + 1, event->recorded_us, event->body, &fault) != STATUS_OK)
			fail_msg("%s in %s", fault.text, event->body.at);
	}
	while (workspace_wants(workspace, &wants)) {
		memory_give_rows(memory, &wants, workspace);
		for (size_t i = 0; i < wants.events_count; i++)
			memory_give_by_id(memory, workspace, wants.events[i], upto);
		for (size_t i = 0; i < wants.seqs_count; i++)
			memory_give_event(memory, workspace, wants.seqs[i]);
	}
	if (workspace_fold(workspace, &fault) != STATUS_OK)
		fail_msg("%s", fault.text);
	return workspace;
}

static inline const struct json *memory_parse(struct memory_rows *memory, const char *text)
{
	const struct json *json = NULL;
	if (text != NULL)
		assert_int_equal(json_parse(memory->arena, text, strlen(text), &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	return json;
}

static inline void memory_make_cells(struct memory_rows *memory)
{
	memory->cells = cells_new(memory->fixture->rules->definitions, CELLS_STORED, 9);
	for (size_t i = 0; i < row_table_count(memory->entities); i++) {
		const struct memory_row *row = (const void *)row_table_at(memory->entities, i);
		cells_load(memory->cells, row->kind, strchr(row->row.key, '/') + 1, memory_parse(memory, row->text), memory->arena);
	}
	cells_set_horizon(memory->cells, memory->horizon.month_last);
}

static inline void memory_save_value(void *context, const struct cell_change *change)
{
	struct memory_rows *memory = context;
	char period[CALENDAR_CODE_SIZE];
	const char *key = arena_printf(memory->arena, "%s %s %s", change->subject, calendar_period_format(change->period, period),
	                               change->definition->code);
	struct memory_row *row = (void *)row_table_get(memory->values, key);
	row->text = change->figure.empty ? NULL : figure_text(memory->arena, &change->figure);
}

static inline void memory_save_entity(struct memory_rows *memory, const struct workspace_entity *entity)
{
	struct memory_row *row =
		(void *)row_table_get(memory->entities, arena_printf(memory->arena, "%s/%s", entity_kind_text(entity->kind), entity->id));
	row->kind = entity->kind;
	row->seqs = copy_seqs(memory->arena, entity->seqs, entity->seqs_count);
	row->count = entity->seqs_count;
	row->text = arena_text(memory->arena, entity->after, strlen(entity->after));
}

static inline void memory_widen(struct memory_rows *memory, struct workspace_horizon horizon)
{
	if (horizon.month_first >= 0 && (memory->horizon.month_first < 0 || horizon.month_first < memory->horizon.month_first))
		memory->horizon.month_first = horizon.month_first;
	if (horizon.month_last > memory->horizon.month_last)
		memory->horizon.month_last = horizon.month_last;
}

/* One turn up to the event upto. */
static inline void memory_turn(struct memory_rows *memory, size_t upto)
{
	struct workspace *workspace = memory_fold(memory, upto);
	if (memory->cells == NULL)
		memory_make_cells(memory);
	for (size_t i = 0; i < workspace_entities_count(workspace); i++) {
		const struct workspace_entity entity = workspace_entity_at(workspace, i);
		cells_replace(memory->cells, entity.kind, entity.id, memory_parse(memory, entity.before), memory_parse(memory, entity.after),
		              memory->arena);
		memory_save_entity(memory, &entity);
	}
	for (size_t i = 0; i < workspace_corrections_count(workspace); i++) {
		const struct workspace_correction correction = workspace_correction_at(workspace, i);
		struct memory_row *row = (void *)row_table_get(memory->corrections, correction.target);
		row->seqs = copy_seqs(memory->arena, correction.seqs, correction.seqs_count);
		row->count = correction.seqs_count;
		row->text = "";
	}
	memory_widen(memory, workspace_horizon(workspace));
	cells_turn(memory->cells, memory->horizon.month_last, memory->arena, memory_save_value, memory);
	workspace_destroy(&workspace);
	memory->done = upto;
}

/* A process that ends between two turns: only rows are left. */
static inline void memory_crash(struct memory_rows *memory)
{
	cells_destroy(&memory->cells);
}

/* ---- As text ---- */

struct memory_lines {
	const char **at;
	size_t count;
};

static inline int memory_line_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static inline void memory_add_lines(struct memory_rows *memory, struct memory_lines *lines, const struct row_table *table, bool seqs)
{
	for (size_t i = 0; i < row_table_count(table); i++) {
		const struct memory_row *row = (const void *)row_table_at(table, i);
		if (row->text == NULL)
			continue;
		const char *line = arena_printf(memory->arena, "%s %s", row->row.key, row->text);
		for (size_t at = 0; seqs && at < row->count; at++)
			line = arena_printf(memory->arena, "%s %llu", line, (unsigned long long)row->seqs[at]);
		assert_true(lines->count < MEMORY_LINES_MAX);
		lines->at[lines->count++] = line;
	}
}

/* Every row; seqs: with the numbers of events, which tell of the order of arrival. On the heap: free it. */
static inline char *memory_text(struct memory_rows *memory, bool seqs)
{
	struct memory_lines lines = {calloc(MEMORY_LINES_MAX, sizeof(char *)), 0};
	struct buf text;
	assert_non_null(lines.at);
	memory_add_lines(memory, &lines, memory->entities, seqs);
	if (seqs)
		memory_add_lines(memory, &lines, memory->corrections, true);
	memory_add_lines(memory, &lines, memory->values, false);
	qsort(lines.at, lines.count, sizeof *lines.at, memory_line_compare);
	buf_init(&text, (size_t)256 * 1024 * 1024);
	buf_printf(&text, "horizon %d %d\n", memory->horizon.month_first, memory->horizon.month_last);
	for (size_t i = 0; i < lines.count; i++)
		buf_printf(&text, "%s\n", lines.at[i]);
	free(lines.at);
	return text.at;
}

/* The same rows made at once by a replay. */
static inline void memory_from_replay(struct memory_rows *memory, struct replay *replay)
{
	const struct workspace *workspace = replay_workspace(replay);
	for (size_t i = 0; i < workspace_entities_count(workspace); i++) {
		const struct workspace_entity entity = workspace_entity_at(workspace, i);
		memory_save_entity(memory, &entity);
	}
	for (size_t i = 0; i < workspace_corrections_count(workspace); i++) {
		const struct workspace_correction correction = workspace_correction_at(workspace, i);
		struct memory_row *row = (void *)row_table_get(memory->corrections, correction.target);
		row->seqs = copy_seqs(memory->arena, correction.seqs, correction.seqs_count);
		row->count = correction.seqs_count;
		row->text = "";
	}
	memory_widen(memory, workspace_horizon(workspace));
	cells_emit_all(replay_cells(replay), memory->arena, memory_save_value, memory);
}

#endif
