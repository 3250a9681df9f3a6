#include "services/metrics/region_state.h"

#include <stdio.h>
#include <stdlib.h>

#define KEY_SIZE 160  /* two entity ids or an id and a date, with a stroke between */

struct region_state {
	char region[OKTMO_TEXT_SIZE];
	const struct unit_table *units;
	struct row_table *tables[REGION_TABLE_COUNT];
	struct row_table *sources;        /* rows without more than their key */
	struct row_table *entities;
	struct participation participation;
	bool touched[YEARS_MAX];
};

struct table_shape {
	size_t row_bytes;
	size_t rows_max;
};

static const struct table_shape SHAPES[REGION_TABLE_COUNT] = {
	[REGION_PROJECT] = {sizeof(struct project), REGION_PROJECTS_MAX},
	[REGION_PROJECT_INDICATOR] = {sizeof(struct project_indicator), REGION_INDICATORS_MAX},
	[REGION_AUTHORITY] = {sizeof(struct authority), REGION_AUTHORITIES_MAX},
	[REGION_HEADCOUNT] = {sizeof(struct headcount), REGION_HEADCOUNTS_MAX},
	[REGION_TRAINING] = {sizeof(struct training), REGION_TRAININGS_MAX},
	[REGION_PRACTICE] = {sizeof(struct practice), REGION_PRACTICES_MAX},
	[REGION_RECORD] = {sizeof(struct record), REGION_RECORDS_MAX},
};

struct region_state *region_state_new(const char region[OKTMO_TEXT_SIZE], const struct unit_table *units,
                                      uint64_t hash_seed)
{
	struct region_state *state = calloc(1, sizeof *state);
	ASSERT(state != NULL);
	snprintf(state->region, sizeof state->region, "%s", region);
	state->units = units;
	for (size_t i = 0; i < REGION_TABLE_COUNT; i++)
		state->tables[i] = row_table_new(SHAPES[i].row_bytes, SHAPES[i].rows_max, hash_seed);
	state->sources = row_table_new(sizeof(struct row), REGION_SOURCES_MAX, hash_seed);
	state->entities = row_table_new(sizeof(struct entity), REGION_ENTITIES_MAX, hash_seed);
	return state;
}

static void statement_clear(struct statement *statement)
{
	free(statement->detail);
	free(statement->text);
	*statement = (struct statement){.detail = NULL};
}

static void records_clear(const struct region_state *state)
{
	const struct row_table *records = state->tables[REGION_RECORD];
	for (size_t i = 0; i < row_table_count(records); i++) {
		struct record *record = (void *)row_table_at(records, i);
		statement_clear(&record->own);
		statement_clear(&record->changed);
	}
	for (size_t i = 0; i < row_table_count(state->entities); i++)
		free(((struct entity *)(void *)row_table_at(state->entities, i))->records);
}

void region_state_destroy(struct region_state **state)
{
	if (*state == NULL)
		return;
	records_clear(*state);
	for (size_t i = 0; i < REGION_TABLE_COUNT; i++)
		row_table_destroy(&(*state)->tables[i]);
	row_table_destroy(&(*state)->sources);
	row_table_destroy(&(*state)->entities);
	free(*state);
	*state = NULL;
}

const char *region_state_region(const struct region_state *state)
{
	return state->region;
}

const struct row_table *region_state_table(const struct region_state *state, enum region_table table)
{
	return state->tables[table];
}

const struct participation *region_state_participation(const struct region_state *state)
{
	return &state->participation;
}

/* ---- Years ---- */

static bool year_counts(int year)
{
	return year >= YEAR_MIN && year <= YEAR_MAX;
}

static void touch_years(struct region_state *state, int first, int last)
{
	for (int year = first; year <= last; year++)
		state->touched[year - YEAR_MIN] = true;
}

/* The year of a flow. An instant outside the years (0 = no fact yet) touches nothing. */
static void touch_flow(struct region_state *state, int64_t us)
{
	int year = year_of(us);
	if (year_counts(year))
		touch_years(state, year, year);
}

/* A stock stands in its year and in all that follow. */
static void touch_stock(struct region_state *state, int64_t us)
{
	int year = year_of(us);
	if (year_counts(year))
		touch_years(state, year, YEAR_MAX);
}

static void years_first(struct region_state *state, int year)
{
	state->participation.year_first = year;
	state->participation.year_last = year;
	state->participation.changed = true;
	touch_years(state, year, year);
}

/* Widens the region's years by the year of a fact; the years that are new have no values yet. */
static void years_include(struct region_state *state, int64_t us, struct event_data *data, const char *member)
{
	struct participation *participation = &state->participation;
	int year = year_of(us);
	if (!event_data_ok(data))
		return;
	if (!year_counts(year)) {
		event_data_fail(data, "year", member, "a time in the years 1990 to 2089");
	} else if (participation->year_first == 0) {
		years_first(state, year);
	} else if (year < participation->year_first) {
		touch_years(state, year, participation->year_first - 1);
		participation->year_first = year;
		participation->changed = true;
	} else if (year > participation->year_last) {
		touch_years(state, participation->year_last + 1, year);
		participation->year_last = year;
		participation->changed = true;
	}
}

bool region_state_year_touched(const struct region_state *state, int year)
{
	return year >= state->participation.year_first && year <= state->participation.year_last && year_counts(year)
	       && state->touched[year - YEAR_MIN];
}

/* The text of a record is needed for saving only. */
static void texts_clear(const struct row_table *records)
{
	for (size_t i = 0; i < row_table_changed_count(records); i++) {
		struct record *record = (void *)row_table_changed_at(records, i);
		free(record->own.text);
		free(record->changed.text);
		record->own.text = NULL;
		record->changed.text = NULL;
	}
}

void region_state_clear_changes(struct region_state *state)
{
	texts_clear(state->tables[REGION_RECORD]);
	for (size_t i = 0; i < REGION_TABLE_COUNT; i++)
		row_table_clear_changes(state->tables[i]);
	state->participation.changed = false;
	memset(state->touched, 0, sizeof state->touched);
}

/* ---- Entities and their rows ---- */

const char *region_state_load_source(struct region_state *state, const char *source)
{
	struct row *row = row_table_get(state->sources, source);
	return row == NULL ? NULL : row->key;
}

struct participation *region_state_load_participation(struct region_state *state)
{
	return &state->participation;
}

struct record *region_state_load_record(struct region_state *state, const char *id)
{
	return (void *)row_table_get(state->tables[REGION_RECORD], id);
}

/* A row that nothing in effect speaks of yet. */
static struct row *typed_get(struct region_state *state, enum region_table table, const char *key)
{
	struct row *row = row_table_find(state->tables[table], key);
	if (row != NULL)
		return row;
	row = row_table_get(state->tables[table], key);
	if (row != NULL)
		row->gone = true;
	return row;
}

static struct row *indicator_row_get(struct region_state *state, const char *key)
{
	char name[80];
	snprintf(name, sizeof name, "%.*s", (int)strcspn(key, "/"), key);
	struct project *project = (void *)typed_get(state, REGION_PROJECT, name);
	struct project_indicator *row =
		project == NULL ? NULL : (void *)typed_get(state, REGION_PROJECT_INDICATOR, key);
	if (row == NULL)
		return NULL;
	if (row->project == NULL) {
		row->project = project;
		row->indicator = strchr(row->row.key, '/') + 1;
		row->next = project->indicators;
		project->indicators = row;
	}
	return &row->row;
}

/* The row of a kind that is folded; *ret_row is NULL for the others. False: the table is full. */
static bool typed_row(struct region_state *state, enum entity_kind kind, const char *key, struct row **ret_row)
{
	static const enum region_table TABLES[ENTITY_KIND_COUNT] = {
		[ENTITY_AUTHORITY] = REGION_AUTHORITY, [ENTITY_HEADCOUNT] = REGION_HEADCOUNT, [ENTITY_PROJECT] = REGION_PROJECT,
		[ENTITY_TRAINING] = REGION_TRAINING, [ENTITY_PRACTICE] = REGION_PRACTICE,
	};
	*ret_row = NULL;
	if (kind == ENTITY_PROJECT_INDICATOR)
		*ret_row = indicator_row_get(state, key);
	else if (kind == ENTITY_PROJECT || TABLES[kind] != REGION_PROJECT)
		*ret_row = typed_get(state, TABLES[kind], key);
	else
		return true;
	return *ret_row != NULL;
}

static struct entity *entity_get(struct region_state *state, enum entity_kind kind, const char *key)
{
	struct entity *entity = (void *)row_table_get(state->entities, key);
	if (entity == NULL)
		return NULL;
	entity->kind = kind;
	return typed_row(state, kind, strchr(entity->row.key, '/') + 1, &entity->typed) ? entity : NULL;
}

/* ---- Folds: what the records of an entity come to. The row begins empty. ---- */

static void fold_region(struct region_state *state, const struct entity *entity)
{
	struct participation *participation = &state->participation;
	participation->joined = (struct fact){.source = NULL};
	participation->joined_on_us = 0;
	for (size_t i = 0; i < entity->records_count; i++) {
		participation->joined = entity->records[i]->own.place;
		participation->joined_on_us = record_in_effect(entity->records[i])->detail->on_us;
	}
	participation->changed = true;
}

static void fold_authority(struct region_state *state, const struct entity *entity)
{
	struct authority *authority = (void *)entity->typed;
	(void)state;
	authority->registered = (struct fact){.source = NULL};
	authority->registered_on_us = 0;
	for (size_t i = 0; i < entity->records_count; i++) {
		if (entity->records[i]->own.type != EVENT_AUTHORITY_REGISTERED)
			continue;
		authority->registered = entity->records[i]->own.place;
		authority->registered_on_us = record_in_effect(entity->records[i])->detail->on_us;
	}
	authority->row.gone = !fact_known(&authority->registered);
}

static void fold_headcount(struct region_state *state, const struct entity *entity)
{
	struct headcount *headcount = (void *)entity->typed;
	(void)state;
	headcount->whole_region = headcount->row.key[0] == '/';
	headcount->reported = (struct fact){.source = NULL};
	headcount->civil_servants = 0;
	for (size_t i = 0; i < entity->records_count; i++) {
		const struct event_detail *detail = record_in_effect(entity->records[i])->detail;
		headcount->reported = entity->records[i]->own.place;
		headcount->as_of_us = detail->on_us;
		headcount->civil_servants = detail->count;
	}
	headcount->row.gone = !fact_known(&headcount->reported);
}

static void fold_training(struct region_state *state, const struct entity *entity)
{
	struct training *training = (void *)entity->typed;
	(void)state;
	training->completed = (struct fact){.source = NULL};
	training->completed_on_us = 0;
	training->people = 0;
	for (size_t i = 0; i < entity->records_count; i++) {
		const struct event_detail *detail = record_in_effect(entity->records[i])->detail;
		training->completed = entity->records[i]->own.place;
		training->completed_on_us = detail->on_us;
		training->people = detail->count;
	}
	training->row.gone = !fact_known(&training->completed);
}

static void fold_practice(struct region_state *state, const struct entity *entity)
{
	struct practice *practice = (void *)entity->typed;
	(void)state;
	practice->published = (struct fact){.source = NULL};
	for (size_t i = 0; i < entity->records_count; i++) {
		if (entity->records[i]->own.type == EVENT_PRACTICE_PUBLISHED)
			practice->published = entity->records[i]->own.place;
	}
	practice->row.gone = !fact_known(&practice->published);
}

/* A project is there while an event of its own or of an indicator of it is in effect. */
static void project_mark(struct region_state *state, struct project *project)
{
	char key[ENTITY_KEY_SIZE];
	snprintf(key, sizeof key, "%s/%s", entity_kind_text(ENTITY_PROJECT), project->row.key);
	const struct entity *entity = (const void *)row_table_find(state->entities, key);
	project->row.gone = entity == NULL || entity->records_count == 0;
	for (const struct project_indicator *at = project->indicators; at != NULL; at = at->next)
		project->row.gone = project->row.gone && at->row.gone;
	row_table_mark_changed(state->tables[REGION_PROJECT], &project->row);
}

/* A later measurement replaces an earlier one whatever was reported first; of the same day the last in the order. */
static void fold_measured(struct project_indicator *indicator, const struct record *record)
{
	const struct event_detail *detail = record_in_effect(record)->detail;
	if (fact_known(&indicator->measured) && detail->on_us < indicator->measured_on_us)
		return;
	indicator->measured = record->own.place;
	indicator->measured_on_us = detail->on_us;
	indicator->actual = detail->value;
	indicator->actual_unit = detail->unit;
}

static void fold_planned(struct project_indicator *indicator, const struct record *record)
{
	const struct event_detail *detail = record_in_effect(record)->detail;
	indicator->planned = record->own.place;
	indicator->base = detail->value;
	indicator->base_unit = detail->unit;
}

static void fold_indicator(struct region_state *state, const struct entity *entity)
{
	struct project_indicator *indicator = (void *)entity->typed;
	indicator->planned = (struct fact){.source = NULL};
	indicator->base_unit = NULL;
	indicator->base = (decimal){0};
	indicator->measured = (struct fact){.source = NULL};
	indicator->measured_on_us = 0;
	indicator->actual_unit = NULL;
	indicator->actual = (decimal){0};
	for (size_t i = 0; i < entity->records_count; i++) {
		if (entity->records[i]->own.type == EVENT_INDICATOR_PLANNED)
			fold_planned(indicator, entity->records[i]);
		else if (entity->records[i]->own.type == EVENT_MEASUREMENT_RECORDED)
			fold_measured(indicator, entity->records[i]);
	}
	indicator->row.gone = entity->records_count == 0;
	project_mark(state, indicator->project);
}

static void fold_opening(struct region_state *state, struct project *project, const struct record *record)
{
	const struct event_detail *detail = record_in_effect(record)->detail;
	const char *name = detail->names;
	project->opened = record->own.place;
	project->digital = detail->digital;
	project->independent = detail->independent;
	project->authorities_count = 0;
	for (unsigned i = 0; i < detail->names_count; i++, name += strlen(name) + 1)
		project->authorities[project->authorities_count++] = (void *)row_table_find(state->tables[REGION_AUTHORITY], name);
}

static enum project_step step_of(enum event_type type, const struct event_detail *detail)
{
	switch (type) {
	case EVENT_PROJECT_CARD_SUBMITTED:
		return PROJECT_STEP_SUBMIT;
	case EVENT_PROJECT_CARD_RETURNED:
		return PROJECT_STEP_RETURN;
	case EVENT_PROJECT_OPENED:
		return PROJECT_STEP_OPEN;
	case EVENT_PROJECT_STAGE_STARTED:
		return PROJECT_STEP_STAGE;
	case EVENT_PROJECT_PAUSED:
		return PROJECT_STEP_PAUSE;
	case EVENT_PROJECT_RESUMED:
		return PROJECT_STEP_RESUME;
	case EVENT_PROJECT_CANCELLED:
		return PROJECT_STEP_CANCEL;
	case EVENT_PROJECT_CLOSED:
		return PROJECT_STEP_CLOSE;
	case EVENT_PROJECT_MONITORING_CHECKED:
		return detail->held && detail->final ? PROJECT_STEP_LAST_CHECK : PROJECT_STEP_CHECK;
	case EVENT_PROJECT_REOPENED:
		return PROJECT_STEP_REOPEN;
	default:
		return PROJECT_STEP_NOTE;
	}
}

/* A second closing says when it was closed; a closing that did not apply says nothing. */
static void fold_step(struct region_state *state, struct project *project, const struct record *record)
{
	const struct event_detail *detail = record_in_effect(record)->detail;
	enum project_step step = step_of(record->own.type, detail);
	project_move(&project->course, step, step == PROJECT_STEP_STAGE ? detail->stage : 0);
	if (step == PROJECT_STEP_OPEN)
		fold_opening(state, project, record);
	if (step == PROJECT_STEP_CLOSE && project_state_completed(project->course.state))
		project->closed = record->own.place;
	if (!project_state_completed(project->course.state))
		project->closed = (struct fact){.source = NULL};
}

static void fold_project(struct region_state *state, const struct entity *entity)
{
	struct project *project = (void *)entity->typed;
	project->opened = (struct fact){.source = NULL};
	project->closed = (struct fact){.source = NULL};
	project->authorities_count = 0;
	project->digital = false;
	project->independent = false;
	project->course = (struct project_course){.state = PROJECT_DRAFT};
	for (size_t i = 0; i < entity->records_count; i++)
		fold_step(state, project, entity->records[i]);
	project_mark(state, project);
}

/* What of the values a row has a part in; asked before and after each fold. */
static void touch_region(struct region_state *state, const struct row *row)
{
	(void)row;
	touch_stock(state, state->participation.joined_on_us);
}

static void touch_authority(struct region_state *state, const struct row *row)
{
	touch_stock(state, ((const struct authority *)(const void *)row)->registered_on_us);
}

static void touch_headcount(struct region_state *state, const struct row *row)
{
	const struct headcount *headcount = (const void *)row;
	if (headcount->whole_region && fact_known(&headcount->reported))
		touch_stock(state, headcount->as_of_us);
}

static void touch_training(struct region_state *state, const struct row *row)
{
	touch_flow(state, ((const struct training *)(const void *)row)->completed_on_us);
}

static void touch_practice(struct region_state *state, const struct row *row)
{
	touch_flow(state, ((const struct practice *)(const void *)row)->published.time_us);
}

/* The authorities' taking part is a stock. */
static void touch_project(struct region_state *state, const struct row *row)
{
	const struct project *project = (const void *)row;
	touch_stock(state, project->opened.time_us);
	touch_flow(state, project->closed.time_us);
}

static void touch_indicator(struct region_state *state, const struct row *row)
{
	touch_flow(state, ((const struct project_indicator *)(const void *)row)->project->closed.time_us);
}

struct folding {
	enum region_table table;
	void (*fold)(struct region_state *state, const struct entity *entity);
	void (*touch)(struct region_state *state, const struct row *row);
};

static const struct folding FOLDINGS[ENTITY_KIND_COUNT] = {
	[ENTITY_REGION] = {REGION_TABLE_COUNT, fold_region, touch_region},
	[ENTITY_AUTHORITY] = {REGION_AUTHORITY, fold_authority, touch_authority},
	[ENTITY_HEADCOUNT] = {REGION_HEADCOUNT, fold_headcount, touch_headcount},
	[ENTITY_PROJECT] = {REGION_PROJECT, fold_project, touch_project},
	[ENTITY_PROJECT_INDICATOR] = {REGION_PROJECT_INDICATOR, fold_indicator, touch_indicator},
	[ENTITY_TRAINING] = {REGION_TRAINING, fold_training, touch_training},
	[ENTITY_PRACTICE] = {REGION_PRACTICE, fold_practice, touch_practice},
};

static void entity_fold(struct region_state *state, const struct entity *entity)
{
	const struct folding *folding = &FOLDINGS[entity->kind];
	if (folding->fold == NULL)
		return;
	folding->touch(state, entity->typed);
	folding->fold(state, entity);
	folding->touch(state, entity->typed);
	if (entity->typed != NULL)
		row_table_mark_changed(state->tables[folding->table], entity->typed);
}

/* ---- Records ---- */

const struct statement *record_in_effect(const struct record *record)
{
	bool changed = fact_known(&record->changed.place) && record->changed.type == record->own.type;
	const struct statement *statement = changed ? &record->changed : &record->own;
	return fact_known(&record->own.place) && statement->detail != NULL ? statement : NULL;
}

static int place_compare(const struct fact *a, const struct fact *b)
{
	struct envelope one = {.time_us = a->time_us, .source = a->source, .sequence = a->sequence, .id = a->id};
	struct envelope other = {.time_us = b->time_us, .source = b->source, .sequence = b->sequence, .id = b->id};
	return envelope_compare(&one, &other);
}

/* From the end: most events come in their order. */
static void entity_insert(struct entity *entity, struct record *record)
{
	if (entity->records_count == entity->records_capacity) {
		entity->records_capacity = entity->records_capacity == 0 ? 2 : entity->records_capacity * 2;
		entity->records = realloc(entity->records, entity->records_capacity * sizeof(struct record *));
		ASSERT(entity->records != NULL);
	}
	size_t at = entity->records_count++;
	for (; at > 0 && place_compare(&entity->records[at - 1]->own.place, &record->own.place) > 0; at--)
		entity->records[at] = entity->records[at - 1];
	entity->records[at] = record;
}

static void entity_remove(struct entity *entity, const struct record *record)
{
	size_t at = 0;
	while (entity->records[at] != record)
		at++;
	entity->records_count--;
	memmove(&entity->records[at], &entity->records[at + 1], (entity->records_count - at) * sizeof(struct record *));
}

/* Puts the record where it is in effect now. */
static void record_link(struct record *record)
{
	const struct statement *statement = record_in_effect(record);
	struct entity *entity = statement == NULL ? NULL : statement->entity;
	if (record->linked == entity)
		return;
	if (record->linked != NULL)
		entity_remove(record->linked, record);
	if (entity != NULL)
		entity_insert(entity, record);
	record->linked = entity;
}

static void record_settle(struct region_state *state, struct record *record)
{
	struct entity *before = record->linked;
	record_link(record);
	if (before != NULL && before != record->linked)
		entity_fold(state, before);
	if (record->linked != NULL)
		entity_fold(state, record->linked);
	row_table_mark_changed(state->tables[REGION_RECORD], &record->row);
}

void region_state_load_end(struct region_state *state)
{
	const struct row_table *records = state->tables[REGION_RECORD];
	for (size_t i = 0; i < row_table_count(records); i++)
		record_link((void *)row_table_at(records, i));
	for (size_t i = 0; i < row_table_count(state->entities); i++)
		entity_fold(state, (const void *)row_table_at(state->entities, i));
	region_state_clear_changes(state);
}

/* ---- Events ---- */

/* Fails the reader when a table had no room for the row. */
static bool row_stands(const void *row, struct event_data *data)
{
	if (row == NULL)
		event_data_fail(data, "limit", "", "no more rows than the stated maximum of a region");
	return event_data_ok(data);
}

/* Authorities that a project names exist from then on. */
static void names_get(struct region_state *state, const struct event_detail *detail, struct event_data *data)
{
	const char *name = detail->names;
	for (unsigned i = 0; i < detail->names_count; i++, name += strlen(name) + 1) {
		if (!row_stands(typed_get(state, REGION_AUTHORITY, name), data))
			return;
	}
}

static void statement_read(struct region_state *state, struct statement *statement, struct event_data *data)
{
	char key[ENTITY_KEY_SIZE];
	statement->detail = event_detail_read(statement->type, data, state->units, key);
	if (statement->detail == NULL)
		return;
	statement->entity = entity_get(state, event_detail_kind(statement->type), key);
	if (row_stands(statement->entity, data))
		names_get(state, statement->detail, data);
}

bool region_state_load_statement(struct region_state *state, struct statement *statement, const struct json *data)
{
	struct event_data reader = {.data = data, .within = "", .status = STATUS_OK, .fault = NULL};
	statement_read(state, statement, &reader);
	return event_data_ok(&reader);
}

static char *text_of(const struct json *json)
{
	struct buf buf;
	buf_init(&buf, EVENT_BYTES_MAX * 8);
	enum status status = json_canonical(&buf, json);
	ASSERT(status == STATUS_OK && buf_ok(&buf));
	return buf.at;
}

static void place_set(struct region_state *state, struct fact *place, const struct envelope *event,
                      struct event_data *data)
{
	const char *source = region_state_load_source(state, event->source);
	if (row_stands(source, data))
		*place = (struct fact){
			.source = source, .time_us = event->time_us, .sequence = event->sequence, .id = event->id,
		};
}

/* The years that a statement places a counted fact in, whether it is in effect or not. What only has the event's own
 * time for a date does so with that. */
static void statement_years(struct region_state *state, const struct statement *statement, int64_t time_us,
                            struct event_data *data)
{
	const char *member;
	if (!event_data_ok(data) || !event_detail_counts(statement->type, &member))
		return;
	if (member[0] != '\0')
		years_include(state, statement->detail->on_us, data, member);
	else if (time_us >= 0)
		years_include(state, time_us, data, "");
}

static struct record *record_get(struct region_state *state, const struct ident_uuid *id, struct event_data *data)
{
	char text[UUID_TEXT_SIZE];
	ident_uuid_format(id, text);
	struct record *record = region_state_load_record(state, text);
	return row_stands(record, data) ? record : NULL;
}

static enum status apply_event(struct region_state *state, const struct envelope *event, enum event_type type,
                               struct fault *fault)
{
	struct event_data data = event_data_of(event, fault);
	struct record *record = record_get(state, &event->id, &data);
	/* A duplicate: the log holds one event under an id. */
	if (record == NULL || fact_known(&record->own.place))
		return data.status;
	struct statement own = {.type = type};
	statement_read(state, &own, &data);
	statement_years(state, &own, event->time_us, &data);
	place_set(state, &own.place, event, &data);
	if (!event_data_ok(&data)) {
		statement_clear(&own);
		return data.status;
	}
	own.text = text_of(event->data);
	record->own = own;
	record_settle(state, record);
	return STATUS_OK;
}

static enum status apply_correction(struct region_state *state, const struct envelope *event, struct fault *fault)
{
	struct correction correction;
	if (correction_read(event, &correction, fault) != STATUS_OK)
		return STATUS_POISON;
	struct event_data data = event_data_of(event, fault);
	struct statement changed = {.type = correction.type};
	if (correction.data != NULL) {
		data.data = correction.data;
		data.within = "data";
		statement_read(state, &changed, &data);
		statement_years(state, &changed, -1, &data);
	}
	struct record *record = record_get(state, &correction.target, &data);
	if (record == NULL || !fact_precedes(&record->changed.place, event)) {
		statement_clear(&changed);
		return data.status;
	}
	place_set(state, &changed.place, event, &data);
	changed.text = correction.data == NULL ? NULL : text_of(correction.data);
	statement_clear(&record->changed);
	record->changed = changed;
	record_settle(state, record);
	return data.status;
}

enum status region_state_apply(struct region_state *state, const struct envelope *event, struct fault *fault)
{
	enum event_type type;
	if (!text_equal(event->region, state->region))
		return fault_set(fault, STATUS_POISON, "forbidden_region", "/subject", -1,
		                 "an event of region %s stands in the log of region %s", event->region, state->region);
	/* Parked and not passed over: a type newer than this program has an effect that would be lost for ever. */
	if (!event_type_find(event->type, &type))
		return fault_set(fault, STATUS_POISON, "unknown_type", "/type", -1, "no rule for events of type %s",
		                 event->type);
	return event_type_may_be_corrected(type) ? apply_event(state, event, type, fault)
	                                         : apply_correction(state, event, fault);
}
