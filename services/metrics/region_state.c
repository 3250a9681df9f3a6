#include "services/metrics/region_state.h"

#include "services/metrics/event_data.h"

#include <stdio.h>
#include <stdlib.h>

#define KEY_SIZE 160  /* two entity ids or an id and a date, with a stroke between */

struct region_state {
	char region[OKTMO_TEXT_SIZE];
	const struct unit_table *units;
	struct row_table *tables[REGION_TABLE_COUNT];
	struct row_table *sources;        /* rows without more than their key */
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
	return state;
}

void region_state_destroy(struct region_state **state)
{
	if (*state == NULL)
		return;
	for (size_t i = 0; i < REGION_TABLE_COUNT; i++)
		row_table_destroy(&(*state)->tables[i]);
	row_table_destroy(&(*state)->sources);
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

const struct unit *region_state_unit(const struct region_state *state, const char *code)
{
	return unit_find(state->units, code);
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

void region_state_clear_changes(struct region_state *state)
{
	for (size_t i = 0; i < REGION_TABLE_COUNT; i++)
		row_table_clear_changes(state->tables[i]);
	state->participation.changed = false;
	memset(state->touched, 0, sizeof state->touched);
}

/* ---- Rows ---- */

const char *region_state_load_source(struct region_state *state, const char *source)
{
	struct row *row = row_table_get(state->sources, source);
	return row == NULL ? NULL : row->key;
}

static void *row_load(struct region_state *state, enum region_table table, const char *key)
{
	return row_table_get(state->tables[table], key);
}

struct project *region_state_load_project(struct region_state *state, const char *project)
{
	return row_load(state, REGION_PROJECT, project);
}

struct authority *region_state_load_authority(struct region_state *state, const char *authority)
{
	return row_load(state, REGION_AUTHORITY, authority);
}

struct training *region_state_load_training(struct region_state *state, const char *training)
{
	return row_load(state, REGION_TRAINING, training);
}

struct practice *region_state_load_practice(struct region_state *state, const char *practice)
{
	return row_load(state, REGION_PRACTICE, practice);
}

struct participation *region_state_load_participation(struct region_state *state)
{
	return &state->participation;
}

static void indicator_join(struct project_indicator *indicator, struct project *project)
{
	indicator->project = project;
	indicator->indicator = strchr(indicator->row.key, '/') + 1;
	indicator->next = project->indicators;
	project->indicators = indicator;
}

struct project_indicator *region_state_load_indicator(struct region_state *state, const char *project,
                                                      const char *indicator)
{
	char key[KEY_SIZE];
	snprintf(key, sizeof key, "%s/%s", project, indicator);
	struct project *owner = region_state_load_project(state, project);
	struct project_indicator *row = owner == NULL ? NULL : row_load(state, REGION_PROJECT_INDICATOR, key);
	if (row != NULL && row->project == NULL)
		indicator_join(row, owner);
	return row;
}

struct headcount *region_state_load_headcount(struct region_state *state, const char *authority, int64_t as_of_us)
{
	char instant[INSTANT_TEXT_SIZE];
	char key[KEY_SIZE];
	instant_format(as_of_us, instant);
	snprintf(key, sizeof key, "%s/%.10s", authority, instant);
	struct headcount *row = row_load(state, REGION_HEADCOUNT, key);
	if (row != NULL) {
		row->whole_region = authority[0] == '\0';
		row->as_of_us = as_of_us;
	}
	return row;
}

/* ---- Events ---- */

static void row_changed(struct region_state *state, enum region_table table, struct row *row)
{
	row_table_mark_changed(state->tables[table], row);
}

/* Fails the reader when a table had no room for the row. */
static bool row_stands(const void *row, struct event_data *data)
{
	if (row == NULL)
		event_data_fail(data, "limit", "", "no more rows than the stated maximum of a region");
	return event_data_ok(data);
}

/* Puts the event in the fact's place when it precedes it. False: the fact stands as it is. */
static bool fact_take(struct region_state *state, struct fact *fact, const struct envelope *event,
                      struct event_data *data)
{
	if (!event_data_ok(data) || !fact_precedes(fact, event))
		return false;
	const char *source = region_state_load_source(state, event->source);
	if (!row_stands(source, data))
		return false;
	*fact = (struct fact){
		.source = source, .time_us = event->time_us, .sequence = event->sequence, .id = event->id,
	};
	return true;
}

/* A project that an event names exists from then on, opened or not. */
static struct project *project_get(struct region_state *state, struct event_data *data)
{
	const char *name = event_data_name(data, "project");
	if (!event_data_ok(data))
		return NULL;
	bool found = row_table_find(state->tables[REGION_PROJECT], name) != NULL;
	struct project *project = region_state_load_project(state, name);
	if (row_stands(project, data) && !found)
		row_changed(state, REGION_PROJECT, &project->row);
	return project;
}

static struct project_indicator *indicator_get(struct region_state *state, struct event_data *data)
{
	const char *name = event_data_name(data, "indicator");
	struct project *project = project_get(state, data);
	if (!event_data_ok(data))
		return NULL;
	struct project_indicator *indicator = region_state_load_indicator(state, project->row.key, name);
	return row_stands(indicator, data) ? indicator : NULL;
}

static const struct unit *unit_get(const struct region_state *state, struct event_data *data)
{
	const struct unit *unit = region_state_unit(state, event_data_text(data, "unit"));
	if (unit == NULL)
		event_data_fail(data, "unit", "unit", "a unit of the dictionary");
	return unit;
}

static void apply_region_joined(struct region_state *state, const struct envelope *event, struct event_data *data)
{
	struct participation *participation = &state->participation;
	int64_t joined_on_us = event_data_date(data, "joined_on");
	years_include(state, joined_on_us, data, "joined_on");
	if (!fact_take(state, &participation->joined, event, data))
		return;
	touch_stock(state, participation->joined_on_us);
	touch_stock(state, joined_on_us);
	participation->joined_on_us = joined_on_us;
	participation->changed = true;
}

static void apply_authority_registered(struct region_state *state, const struct envelope *event,
                                       struct event_data *data)
{
	const char *name = event_data_name(data, "authority");
	int64_t registered_on_us = event_data_date(data, "registered_on");
	years_include(state, registered_on_us, data, "registered_on");
	if (!event_data_ok(data))
		return;
	struct authority *authority = region_state_load_authority(state, name);
	if (!row_stands(authority, data) || !fact_take(state, &authority->registered, event, data))
		return;
	touch_stock(state, authority->registered_on_us);
	touch_stock(state, registered_on_us);
	authority->registered_on_us = registered_on_us;
	row_changed(state, REGION_AUTHORITY, &authority->row);
}

static void apply_headcount_reported(struct region_state *state, const struct envelope *event, struct event_data *data)
{
	const char *authority = event_data_has(data, "authority") ? event_data_name(data, "authority") : "";
	int64_t as_of_us = event_data_date(data, "as_of");
	int64_t civil_servants = event_data_integer(data, "civil_servants", 0, 10000000);
	years_include(state, as_of_us, data, "as_of");
	if (!event_data_ok(data))
		return;
	struct headcount *headcount = region_state_load_headcount(state, authority, as_of_us);
	if (!row_stands(headcount, data) || !fact_take(state, &headcount->reported, event, data))
		return;
	headcount->civil_servants = civil_servants;
	row_changed(state, REGION_HEADCOUNT, &headcount->row);
	if (headcount->whole_region)
		touch_stock(state, as_of_us);
}

static void parties_set(struct region_state *state, struct project *project, const char *const *names, unsigned count,
                        struct event_data *data)
{
	project->authorities_count = 0;
	for (unsigned i = 0; i < count; i++) {
		struct authority *authority = region_state_load_authority(state, names[i]);
		if (!row_stands(authority, data))
			return;
		project->authorities[project->authorities_count++] = authority;
	}
}

static void apply_project_opened(struct region_state *state, const struct envelope *event, struct event_data *data)
{
	const char *names[PROJECT_AUTHORITIES_MAX];
	unsigned names_count = event_data_names(data, "authorities", names, PROJECT_AUTHORITIES_MAX);
	bool digital = event_data_bool(data, "digital");
	bool independent = text_equal(event_data_text(data, "support"), "independent");
	years_include(state, event->time_us, data, "");
	struct project *project = project_get(state, data);
	int64_t before_us = project == NULL ? 0 : project->opened.time_us;
	if (project == NULL || !fact_take(state, &project->opened, event, data))
		return;
	/* What it closed with counts from now on; the authorities' taking part is a stock. */
	touch_flow(state, project->closed.time_us);
	touch_stock(state, before_us);
	touch_stock(state, event->time_us);
	parties_set(state, project, names, names_count, data);
	project->digital = digital;
	project->independent = independent;
	row_changed(state, REGION_PROJECT, &project->row);
}

static void apply_project_stage_started(struct region_state *state, const struct envelope *event,
                                        struct event_data *data)
{
	(void)event;
	unsigned stage = (unsigned)event_data_integer(data, "stage", 1, PROJECT_STAGE_LAST);
	struct project *project = project_get(state, data);
	if (!event_data_ok(data) || stage <= project->stage)
		return;
	project->stage = stage;
	row_changed(state, REGION_PROJECT, &project->row);
}

static void apply_project_closed(struct region_state *state, const struct envelope *event, struct event_data *data)
{
	years_include(state, event->time_us, data, "");
	struct project *project = project_get(state, data);
	int64_t before_us = project == NULL ? 0 : project->closed.time_us;
	if (project == NULL || !fact_take(state, &project->closed, event, data))
		return;
	touch_flow(state, before_us);
	touch_flow(state, event->time_us);
	row_changed(state, REGION_PROJECT, &project->row);
}

static void apply_indicator_planned(struct region_state *state, const struct envelope *event, struct event_data *data)
{
	struct event_data base = event_data_object(data, "base");
	decimal value = event_data_decimal(&base, "value");
	event_data_join(data, &base);
	const struct unit *unit = unit_get(state, data);
	struct project_indicator *indicator = indicator_get(state, data);
	if (indicator == NULL || !fact_take(state, &indicator->planned, event, data))
		return;
	indicator->base = value;
	indicator->base_unit = unit;
	touch_flow(state, indicator->project->closed.time_us);
	row_changed(state, REGION_PROJECT_INDICATOR, &indicator->row);
}

/* A later measurement replaces an earlier one whatever was reported first; of the same day the last in the order. */
static bool measurement_take(struct region_state *state, struct project_indicator *indicator, int64_t measured_on_us,
                             const struct envelope *event, struct event_data *data)
{
	struct fact none = {.source = NULL};
	if (measured_on_us < indicator->measured_on_us)
		return false;
	if (measured_on_us > indicator->measured_on_us)
		indicator->measured = none;
	return fact_take(state, &indicator->measured, event, data);
}

static void apply_measurement_recorded(struct region_state *state, const struct envelope *event,
                                       struct event_data *data)
{
	decimal value = event_data_decimal(data, "value");
	int64_t measured_on_us = event_data_date(data, "measured_on");
	const struct unit *unit = unit_get(state, data);
	struct project_indicator *indicator = indicator_get(state, data);
	if (indicator == NULL || !measurement_take(state, indicator, measured_on_us, event, data))
		return;
	indicator->measured_on_us = measured_on_us;
	indicator->actual = value;
	indicator->actual_unit = unit;
	touch_flow(state, indicator->project->closed.time_us);
	row_changed(state, REGION_PROJECT_INDICATOR, &indicator->row);
}

static void apply_training_completed(struct region_state *state, const struct envelope *event, struct event_data *data)
{
	const char *name = event_data_name(data, "training");
	int64_t completed_on_us = event_data_date(data, "completed_on");
	int64_t people = event_data_integer(data, "people", 1, 1000000);
	years_include(state, completed_on_us, data, "completed_on");
	if (!event_data_ok(data))
		return;
	struct training *training = region_state_load_training(state, name);
	if (!row_stands(training, data) || !fact_take(state, &training->completed, event, data))
		return;
	touch_flow(state, training->completed_on_us);
	touch_flow(state, completed_on_us);
	training->completed_on_us = completed_on_us;
	training->people = people;
	row_changed(state, REGION_TRAINING, &training->row);
}

static void apply_practice_published(struct region_state *state, const struct envelope *event, struct event_data *data)
{
	const char *name = event_data_name(data, "practice");
	years_include(state, event->time_us, data, "");
	if (!event_data_ok(data))
		return;
	struct practice *practice = region_state_load_practice(state, name);
	int64_t before_us = practice == NULL ? 0 : practice->published.time_us;
	if (!row_stands(practice, data) || !fact_take(state, &practice->published, event, data))
		return;
	touch_flow(state, before_us);
	touch_flow(state, event->time_us);
	row_changed(state, REGION_PRACTICE, &practice->row);
}

typedef void apply_fn(struct region_state *state, const struct envelope *event, struct event_data *data);

static apply_fn *const APPLY[EVENT_TYPE_COUNT] = {
	[EVENT_REGION_JOINED] = apply_region_joined,
	[EVENT_AUTHORITY_REGISTERED] = apply_authority_registered,
	[EVENT_HEADCOUNT_REPORTED] = apply_headcount_reported,
	[EVENT_PROJECT_OPENED] = apply_project_opened,
	[EVENT_PROJECT_STAGE_STARTED] = apply_project_stage_started,
	[EVENT_PROJECT_CLOSED] = apply_project_closed,
	[EVENT_INDICATOR_PLANNED] = apply_indicator_planned,
	[EVENT_MEASUREMENT_RECORDED] = apply_measurement_recorded,
	[EVENT_TRAINING_COMPLETED] = apply_training_completed,
	[EVENT_PRACTICE_PUBLISHED] = apply_practice_published,
};

enum status region_state_apply(struct region_state *state, const struct envelope *event, struct fault *fault)
{
	enum event_type type;
	if (!text_equal(event->region, state->region))
		return fault_set(fault, STATUS_POISON, "forbidden_region", "/subject", -1,
		                 "an event of region %s stands in the log of region %s", event->region, state->region);
	/* Parked and not passed over: a type newer than this program has an effect that would be lost for ever. */
	if (!event_type_find(event->type, &type) || APPLY[type] == NULL)
		return fault_set(fault, STATUS_POISON, "unknown_type", "/type", -1, "no rule for events of type %s",
		                 event->type);
	struct event_data data = event_data_of(event, fault);
	APPLY[type](state, event, &data);
	return data.status;
}
