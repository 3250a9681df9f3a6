/* region_fixture: what the tests of metrics share: a region made of events, and its state and values as text. */
#ifndef EFFREG_TESTS_METRICS_REGION_FIXTURE_H
#define EFFREG_TESTS_METRICS_REGION_FIXTURE_H

#include "services/metrics/value_board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FIXTURE_REGION "20000000"
#define FIXTURE_ROWS_MAX 20000

static const char FIXTURE_UNITS[] =
	"code,family,name_ru,name_en,factor\n"
	"working_day,time.working,рабочий день,working day,480\n"
	"working_hour,time.working,рабочий час,working hour,60\r\n"
	"calendar_day,time.calendar,календарный день,calendar day,1440\n"
	"person_hour,person_hour,человеко-час,person-hour,1\n"
	"count,count,штука,count,1\n";

struct region_fixture {
	struct arena *arena;
	struct unit_table *units;
	struct region_state *state;
	struct value_board *board;
	unsigned events;  /* made so far: the number of the next id and sequence */
};

static inline void fixture_init(struct region_fixture *fixture)
{
	*fixture = (struct region_fixture){.arena = arena_new((size_t)256 * 1024 * 1024)};
	struct fault fault;
	enum status status = unit_table_new(span_of_text(FIXTURE_UNITS), &fixture->units, &fault);
	assert_int_equal(status, STATUS_OK);
	fixture->state = region_state_new(FIXTURE_REGION, fixture->units, 7);
	fixture->board = value_board_new();
}

static inline void fixture_clear(struct region_fixture *fixture)
{
	value_board_destroy(&fixture->board);
	region_state_destroy(&fixture->state);
	unit_table_destroy(&fixture->units);
	arena_destroy(&fixture->arena);
}

/* An event as text: the type without "effreg." and ".v1", when it happened, the members of its data. */
static inline const char *event_of(struct region_fixture *fixture, const char *type, const char *time,
                                   const char *data)
{
	unsigned number = ++fixture->events;
	return arena_printf(fixture->arena,
		"{\"specversion\":\"1.0\",\"id\":\"00000000-0000-4000-8000-%012x\",\"source\":\"ru-vor/portal\","
		"\"type\":\"effreg.%s.v1\",\"subject\":\"" FIXTURE_REGION "\",\"time\":\"%s\","
		"\"datacontenttype\":\"application/json\",\"sequence\":\"%u\",\"data\":{%s}}",
		number, type, time, number, data);
}

static inline enum status fixture_try(struct region_fixture *fixture, const char *event, struct fault *fault)
{
	const struct json *json;
	struct envelope envelope;
	enum status status = json_parse(fixture->arena, event, strlen(event), &JSON_LIMITS_EVENT, &json, fault);
	if (status == STATUS_OK)
		status = envelope_read(json, &envelope, fault);
	return status != STATUS_OK ? status : region_state_apply(fixture->state, &envelope, fault);
}

static inline void fixture_apply(struct region_fixture *fixture, const char *event)
{
	struct fault fault = {.text = ""};
	enum status status = fixture_try(fixture, event, &fault);
	if (status != STATUS_OK)
		fail_msg("%s: %s %s in %s", status_name(status), fault.pointer, fault.text, event);
}

static inline void fixture_event(struct region_fixture *fixture, const char *type, const char *time, const char *data)
{
	fixture_apply(fixture, event_of(fixture, type, time, data));
}

/* Ends a turn: computes the touched years and forgets what changed. */
static inline void fixture_turn(struct region_fixture *fixture)
{
	value_board_update(fixture->board, fixture->state);
	region_state_clear_changes(fixture->state);
	value_board_clear_changes(fixture->board);
}

/* "numerator/denominator observations value", value "missing" when it is, "unknown" when nothing was written. */
static inline const char *value_text(const struct region_fixture *fixture, int year, const char *code)
{
	char numerator[DECIMAL_TEXT_SIZE], denominator[DECIMAL_TEXT_SIZE], value[DECIMAL_TEXT_SIZE];
	enum indicator indicator;
	bool found = indicator_find(code, &indicator);
	assert_true(found);
	const struct indicator_value *at = value_board_find(fixture->board, year, indicator);
	if (at == NULL)
		return "unknown";
	return arena_printf(fixture->arena, "%s/%s %lld %s", decimal_format(at->numerator, numerator),
	                    decimal_format(at->denominator, denominator), (long long)at->observations,
	                    at->missing ? "missing" : decimal_format(at->value, value));
}

#define assert_value(fixture, year, code, expected) assert_string_equal(value_text(fixture, year, code), expected)

/* ---- The state as text: a line a row, in the order of the lines ---- */

struct lines {
	struct arena *arena;
	const char *at[FIXTURE_ROWS_MAX];
	size_t count;
};

static inline void lines_add(struct lines *lines, const char *line)
{
	assert_true(lines->count < FIXTURE_ROWS_MAX);
	lines->at[lines->count++] = line;
}

static inline const char *fact_text(struct lines *lines, const struct fact *fact)
{
	char id[UUID_TEXT_SIZE];
	if (!fact_known(fact))
		return "-";
	ident_uuid_format(&fact->id, id);
	return arena_printf(lines->arena, "(%lld %s %llu %s)", (long long)fact->time_us, fact->source,
	                    (unsigned long long)fact->sequence, id);
}

static inline void lines_add_project(struct lines *lines, const struct project *project)
{
	const char *authorities = "";
	for (unsigned i = 0; i < project->authorities_count; i++)
		authorities = arena_printf(lines->arena, "%s %s", authorities, project->authorities[i]->row.key);
	lines_add(lines, arena_printf(lines->arena, "project %s opened %s closed %s %s stage %u %d %d %d%s",
	                              project->row.key, fact_text(lines, &project->opened),
	                              fact_text(lines, &project->closed), project_state_text(project->course.state),
	                              project->course.stage, project->course.reopened, project->digital, project->independent, authorities));
}

static inline void lines_add_indicator(struct lines *lines, const struct project_indicator *at)
{
	char base[DECIMAL_TEXT_SIZE], actual[DECIMAL_TEXT_SIZE];
	const char *base_unit = at->base_unit == NULL ? "-" : at->base_unit->code;
	const char *actual_unit = at->actual_unit == NULL ? "-" : at->actual_unit->code;
	lines_add(lines, arena_printf(lines->arena, "indicator %s of %s planned %s %s %s measured %s %s %s on %lld",
	                              at->row.key, at->project->row.key, fact_text(lines, &at->planned),
	                              decimal_format(at->base, base), base_unit, fact_text(lines, &at->measured),
	                              decimal_format(at->actual, actual), actual_unit, (long long)at->measured_on_us));
}

static inline const char *statement_text(struct lines *lines, const struct statement *statement)
{
	if (!fact_known(&statement->place))
		return "-";
	return arena_printf(lines->arena, "%s of %s%s", fact_text(lines, &statement->place),
	                    event_type_text(statement->type), statement->detail == NULL ? " withdrawn" : "");
}

static inline void lines_add_record(struct lines *lines, const struct record *record)
{
	lines_add(lines, arena_printf(lines->arena, "record %s %s changed %s in %s", record->row.key,
	                              statement_text(lines, &record->own), statement_text(lines, &record->changed),
	                              record->linked == NULL ? "-" : record->linked->row.key));
}

static inline void lines_add_row(struct lines *lines, enum region_table table, const struct row *row)
{
	const struct authority *authority = (const void *)row;
	const struct headcount *headcount = (const void *)row;
	const struct training *training = (const void *)row;
	const struct practice *practice = (const void *)row;
	if (row->gone)  /* as good as not there */
		return;
	switch (table) {
	case REGION_PROJECT:
		lines_add_project(lines, (const void *)row);
		break;
	case REGION_PROJECT_INDICATOR:
		lines_add_indicator(lines, (const void *)row);
		break;
	case REGION_AUTHORITY:
		lines_add(lines, arena_printf(lines->arena, "authority %s %s %lld", row->key,
		                              fact_text(lines, &authority->registered),
		                              (long long)authority->registered_on_us));
		break;
	case REGION_HEADCOUNT:
		lines_add(lines, arena_printf(lines->arena, "headcount %s %s %lld %d", row->key,
		                              fact_text(lines, &headcount->reported),
		                              (long long)headcount->civil_servants, headcount->whole_region));
		break;
	case REGION_TRAINING:
		lines_add(lines, arena_printf(lines->arena, "training %s %s %lld %lld", row->key,
		                              fact_text(lines, &training->completed), (long long)training->completed_on_us,
		                              (long long)training->people));
		break;
	case REGION_PRACTICE:
		lines_add(lines, arena_printf(lines->arena, "practice %s %s", row->key,
		                              fact_text(lines, &practice->published)));
		break;
	case REGION_RECORD:
		lines_add_record(lines, (const void *)row);
		break;
	default:
		fail();
	}
}

static inline int line_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* On the heap: free it. */
static inline char *state_text(const struct region_state *state)
{
	struct lines *lines = calloc(1, sizeof *lines);
	struct buf text;
	lines->arena = arena_new((size_t)64 * 1024 * 1024);
	for (unsigned table = 0; table < REGION_TABLE_COUNT; table++) {
		const struct row_table *rows = region_state_table(state, (enum region_table)table);
		for (size_t i = 0; i < row_table_count(rows); i++)
			lines_add_row(lines, (enum region_table)table, row_table_at(rows, i));
	}
	const struct participation *participation = region_state_participation(state);
	lines_add(lines, arena_printf(lines->arena, "region %s %lld %d %d", fact_text(lines, &participation->joined),
	                              (long long)participation->joined_on_us, participation->year_first,
	                              participation->year_last));
	qsort(lines->at, lines->count, sizeof lines->at[0], line_compare);
	buf_init(&text, (size_t)64 * 1024 * 1024);
	for (size_t i = 0; i < lines->count; i++)
		buf_printf(&text, "%s\n", lines->at[i]);
	arena_destroy(&lines->arena);
	free(lines);
	return text.at;
}

/* Every value known, a line each, in the order of years and indicators. On the heap: free it. */
static inline char *values_text(const struct region_fixture *fixture)
{
	struct buf text;
	buf_init(&text, (size_t)64 * 1024 * 1024);
	buf_text(&text, "");
	for (int year = YEAR_MIN; year <= YEAR_MAX; year++) {
		for (unsigned i = 0; i < INDICATOR_COUNT; i++) {
			const char *code = indicator_code((enum indicator)i);
			const char *value = value_text(fixture, year, code);
			if (!text_equal(value, "unknown"))
				buf_printf(&text, "%d %s %s\n", year, code, value);
		}
	}
	return text.at;
}

#endif
