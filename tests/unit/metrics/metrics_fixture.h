/* metrics_fixture: what the tests of metrics share: the rules this program was built with, a region's log, the rows that turns would
 * leave in the database, and figures as text. */
#ifndef EFFREG_TESTS_METRICS_FIXTURE_H
#define EFFREG_TESTS_METRICS_FIXTURE_H

#include "services/metrics/replay.h"
#include "services/metrics/row_table.h"
#include "services/metrics/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FIXTURE_REGION "20000000"
#define FIXTURE_EVENTS_MAX 20000
#define FIXTURE_DAY_US INT64_C(86400000000)

struct fixture_event {
	struct span body;
	int64_t recorded_us;
};

struct fixture {
	struct arena *arena;
	struct rules *rules;
	struct fixture_event log[FIXTURE_EVENTS_MAX];  /* seq 1 is log[0] */
	size_t count;
	struct replay *replay;                         /* of the log as far as it was counted last */
	size_t replayed;
	unsigned made;                                 /* events made: the number of the next id and sequence */
};

static inline void fixture_init_rules(struct fixture *fixture, const char *indicators)
{
	struct fault fault = {.text = ""};
	*fixture = (struct fixture){.arena = arena_new((size_t)4 * 1024 * 1024 * 1024)};
	if (rules_new(span_of_text(indicators), span_of("", 0), &fixture->rules, &fault) != STATUS_OK)
		fail_msg("%s %s", fault.pointer, fault.text);
}

static inline void fixture_init(struct fixture *fixture)
{
	fixture_init_rules(fixture, "");
}

static inline void fixture_clear(struct fixture *fixture)
{
	replay_destroy(&fixture->replay);
	rules_destroy(&fixture->rules);
	arena_destroy(&fixture->arena);
}

/* An event as text: the type without "effreg." and ".v1", when it happened, the members of its data. */
static inline const char *event_of(struct fixture *fixture, const char *type, const char *time, const char *data)
{
	unsigned number = ++fixture->made;
	return arena_printf(fixture->arena,
		"{\"specversion\":\"1.0\",\"id\":\"00000000-0000-4000-8000-%012x\",\"source\":\"ru-vor/portal\","
		"\"type\":\"effreg.%s.v1\",\"subject\":\"" FIXTURE_REGION "\",\"time\":\"%s\","
		"\"datacontenttype\":\"application/json\",\"sequence\":\"%u\",\"data\":{%s}}",
		number, type, time, number, data);
}

/* Stored an hour after it happened. */
static inline int64_t recorded_of(const char *event)
{
	int64_t us = 0;
	const char *time = strstr(event, "\"time\":\"");
	char text[INSTANT_TEXT_SIZE] = "";
	if (time == NULL || sscanf(time, "\"time\":\"%31[^\"]", text) != 1 || !instant_parse(text, &us))
		return FIXTURE_DAY_US;
	return us + FIXTURE_DAY_US / 24;
}

static inline void fixture_store(struct fixture *fixture, const char *event)
{
	assert_true(fixture->count < FIXTURE_EVENTS_MAX);
	fixture->log[fixture->count++] = (struct fixture_event){span_of_text(event), recorded_of(event)};
}

static inline void fixture_event(struct fixture *fixture, const char *type, const char *time, const char *data)
{
	fixture_store(fixture, event_of(fixture, type, time, data));
}

/* The whole log, counted. */
static inline struct replay *fixture_replay(struct fixture *fixture)
{
	if (fixture->replay != NULL && fixture->replayed == fixture->count)
		return fixture->replay;
	replay_destroy(&fixture->replay);
	fixture->replay = replay_new(FIXTURE_REGION, &fixture->rules->fold, fixture->rules->definitions, CELLS_ALL, 7);
	for (size_t i = 0; i < fixture->count; i++)
		replay_add(fixture->replay, i + 1, fixture->log[i].recorded_us, fixture->log[i].body);
	replay_end(fixture->replay);
	fixture->replayed = fixture->count;
	return fixture->replay;
}

static inline const char *figure_text(struct arena *arena, const struct figure *figure)
{
	char numerator[FIGURE_SUM_SIZE], denominator[FIGURE_SUM_SIZE], value[DECIMAL_TEXT_SIZE];
	if (figure->empty)
		return "nothing";
	return arena_printf(arena, "%s/%s %lld %s", figure_sum_format(figure->numerator, numerator),
	                    figure_sum_format(figure->denominator, denominator), (long long)figure->observations,
	                    figure->missing ? "missing" : decimal_format(figure->value, value));
}

/* "numerator/denominator observations value", value "missing" when it is; "nothing" when no row would be there. */
static inline const char *value_text(struct fixture *fixture, const char *subject, const char *period_code, const char *code)
{
	struct replay *replay = fixture_replay(fixture);
	const struct definition *definition = definition_find(fixture->rules->definitions, code);
	struct calendar_period period;
	assert_non_null(definition);
	assert_true(calendar_period_parse(period_code, &period));
	struct figure figure = cells_stored_figure(replay_cells(replay), definition, subject, period);
	return figure_text(fixture->arena, &figure);
}

#define assert_value(fixture, subject, period, code, expected) \
	assert_string_equal(value_text(fixture, subject, period, code), expected)

#endif
