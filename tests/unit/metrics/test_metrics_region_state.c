/* The state of a region depends on the set of its events: not on their order of arrival, nor on how often they come. */
#include "tests/unit/metrics/random_events.h"

#define RANDOM_EVENTS 600
#define SHUFFLES      8

static int setup(void **state)
{
	static struct region_fixture fixture;
	fixture_init(&fixture);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	fixture_clear(*state);
	return 0;
}

static const struct project *project_of(const struct region_fixture *fixture, const char *name)
{
	const struct row *row = row_table_find(region_state_table(fixture->state, REGION_PROJECT), name);
	assert_non_null(row);
	return (const void *)row;
}

static const char *opened_at(struct region_fixture *fixture, const char *time, const char *authorities)
{
	return event_of(fixture, "project.opened", time,
	                arena_printf(fixture->arena, "\"project\":\"P\",\"authorities\":[%s],\"digital\":true,"
	                             "\"support\":\"partner\"", authorities));
}

static void of_two_openings_the_last_in_the_order_of_events_holds_whichever_arrives_last(void **state)
{
	struct region_fixture *fixture = *state;
	const char *early = opened_at(fixture, "2021-01-01T00:00:00Z", "\"A\"");
	const char *late = opened_at(fixture, "2022-01-01T00:00:00Z", "\"B\",\"C\"");
	fixture_apply(fixture, late);
	fixture_apply(fixture, early);
	const struct project *project = project_of(fixture, "P");
	assert_int_equal(year_of(project->opened.time_us), 2022);
	assert_int_equal(project->authorities_count, 2);
	assert_string_equal(project->authorities[0]->row.key, "B");
}

static void a_replaced_opening_moves_the_project_to_its_new_year(void **state)
{
	struct region_fixture *fixture = *state;
	fixture_apply(fixture, opened_at(fixture, "2021-01-01T00:00:00Z", "\"A\""));
	fixture_turn(fixture);
	fixture_apply(fixture, opened_at(fixture, "2022-01-01T00:00:00Z", "\"A\""));
	fixture_turn(fixture);
	assert_value(fixture, 2021, "initiated", "0/1 0 0");
	assert_value(fixture, 2022, "initiated", "1/1 1 1");
}

static void a_duplicate_changes_no_row_and_touches_no_year(void **state)
{
	struct region_fixture *fixture = *state;
	const char *event = opened_at(fixture, "2021-01-01T00:00:00Z", "\"A\"");
	fixture_apply(fixture, event);
	assert_int_equal(row_table_changed_count(region_state_table(fixture->state, REGION_PROJECT)), 1);
	assert_true(region_state_year_touched(fixture->state, 2021));
	fixture_turn(fixture);
	fixture_apply(fixture, event);
	assert_int_equal(row_table_changed_count(region_state_table(fixture->state, REGION_PROJECT)), 0);
	assert_false(region_state_year_touched(fixture->state, 2021));
	assert_false(region_state_participation(fixture->state)->changed);
}

static void a_project_is_announced_until_its_opening_is_known(void **state)
{
	struct region_fixture *fixture = *state;
	fixture_event(fixture, "project.stage_started", "2021-05-01T00:00:00Z", "\"project\":\"P\",\"stage\":3");
	assert_int_equal(project_state(project_of(fixture, "P")), PROJECT_ANNOUNCED);
	fixture_apply(fixture, opened_at(fixture, "2021-01-01T00:00:00Z", "\"A\""));
	assert_int_equal(project_state(project_of(fixture, "P")), PROJECT_IMPLEMENTATION);
	fixture_event(fixture, "project.stage_started", "2021-03-01T00:00:00Z", "\"project\":\"P\",\"stage\":2");
	assert_int_equal(project_state(project_of(fixture, "P")), PROJECT_IMPLEMENTATION);
	fixture_event(fixture, "project.closed", "2021-08-01T00:00:00Z", "\"project\":\"P\"");
	assert_int_equal(project_state(project_of(fixture, "P")), PROJECT_CLOSED);
	fixture_event(fixture, "project.stage_started", "2021-09-01T00:00:00Z", "\"project\":\"P\",\"stage\":5");
	assert_string_equal(project_state_text(project_state(project_of(fixture, "P"))), "monitoring");
}

static void every_opened_project_is_either_completed_or_active(void **state)
{
	(void)state;
	for (unsigned known = 0; known < 4; known++) {
		for (unsigned stage = 0; stage <= PROJECT_STAGE_LAST; stage++) {
			struct project project = {.stage = stage};
			project.opened.source = known & 1 ? "s" : NULL;
			project.closed.source = known & 2 ? "s" : NULL;
			assert_int_equal(project_initiated(&project), (known & 1) != 0);
			assert_int_equal(project_completed(&project), known == 3);
		}
	}
}

static void an_event_of_another_region_an_unknown_type_unit_or_year_is_poison(void **state)
{
	struct region_fixture *fixture = *state;
	static const struct {
		const char *type, *time, *data, *code, *pointer;
	} CASES[] = {
		{"project.exploded", "2021-01-01T00:00:00Z", "\"project\":\"P\"", "unknown_type", "/type"},
		{"project.closed", "2021-01-01T00:00:00Z", "\"project\":\"a b\"", "schema", "/data/project"},
		{"project.closed", "1989-12-31T00:00:00Z", "\"project\":\"P\"", "year", ""},
		{"project.closed", "2090-01-01T00:00:00Z", "\"project\":\"P\"", "year", ""},
		{"region.joined", "2021-01-01T00:00:00Z", "\"joined_on\":\"1970-01-01\"", "year", "/data/joined_on"},
		{"measurement.recorded", "2021-01-01T00:00:00Z",
		 "\"project\":\"P\",\"indicator\":\"labour\",\"unit\":\"furlong\",\"value\":\"1\","
		 "\"measured_on\":\"2021-01-01\"",
		 "unit", "/data/unit"},
		{"indicator.planned", "2021-01-01T00:00:00Z",
		 "\"project\":\"P\",\"indicator\":\"labour\",\"unit\":\"count\",\"base\":{\"value\":\"1e9\"}", "schema",
		 "/data/base/value"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct fault fault;
		const char *event = event_of(fixture, CASES[i].type, CASES[i].time, CASES[i].data);
		assert_int_equal(fixture_try(fixture, event, &fault), STATUS_POISON);
		assert_string_equal(fault.code, CASES[i].code);
		assert_string_equal(fault.pointer, CASES[i].pointer);
	}
	struct region_state *other = region_state_new("40000000", fixture->units, 1);
	const char *event = opened_at(fixture, "2021-01-01T00:00:00Z", "\"A\"");
	struct region_state *own = fixture->state;
	fixture->state = other;
	assert_int_equal(fixture_try(fixture, event, NULL), STATUS_POISON);
	fixture->state = own;
	region_state_destroy(&other);
}

static void the_first_and_last_instants_of_years_fall_into_them(void **state)
{
	(void)state;
	static const char *const TEXTS[] = {"1970-01-01T00:00:00Z", "1999-12-31T23:59:59.999999Z", "2000-01-01T00:00:00Z",
	                                    "2020-12-31T23:59:59.999999Z", "2021-01-01T00:00:00Z", "2024-02-29T12:00:00Z",
	                                    "2100-12-31T23:59:59Z", "9999-12-31T23:59:59Z"};
	for (size_t i = 0; i < ARRAY_COUNT(TEXTS); i++) {
		int64_t us;
		assert_true(instant_parse(TEXTS[i], &us));
		assert_int_equal(year_of(us), atoi(TEXTS[i]));
	}
	for (int64_t us = 0; us < (int64_t)200 * 366 * 86400000000; us += (int64_t)86400000000 * 7 + 12345) {
		struct period period;
		period_of_year(us, &period);
		assert_int_equal(year_of(us), atoi(period.code));
	}
}

static void a_unit_table_with_a_broken_line_is_refused_with_its_number(void **state)
{
	(void)state;
	static const struct {
		const char *csv, *line;
	} CASES[] = {
		{"code,family\na,b\n", "line 1"},
		{"code,family,factor\na,b,1\nc,d\n", "line 3"},
		{"code,family,factor\na,b,0\n", "line 2"},
		{"code,family,factor\na,b,1\na,b,1\n", "line 3"},
		{"", "line 0"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct unit_table *table;
		struct fault fault;
		assert_int_equal(unit_table_new(span_of_text(CASES[i].csv), &table, &fault), STATUS_INVALID);
		assert_memory_equal(fault.text, CASES[i].line, strlen(CASES[i].line));
	}
}

static void a_table_keeps_to_its_maximum_and_finds_every_row(void **state)
{
	(void)state;
	struct row_table *table = row_table_new(sizeof(struct row), 1000, 3);
	char key[16];
	assert_null(row_table_find(table, "0"));
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof key, "%d", i);
		assert_non_null(row_table_get(table, key));
	}
	assert_null(row_table_get(table, "one too many"));
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof key, "%d", i);
		assert_int_equal(row_table_find(table, key)->at, i);
	}
	assert_int_equal(row_table_count(table), 1000);
	row_table_destroy(&table);
}

/* ---- Random histories ---- */

/* Another arrival of the same events: shuffled, one in five doubled somewhere, in turns of random length. */
static void arrive(struct region_fixture *fixture, const char **events, uint64_t *seed)
{
	for (unsigned i = RANDOM_EVENTS - 1; i > 0; i--) {
		unsigned other = pick(seed, i + 1);
		const char *event = events[i];
		events[i] = events[other];
		events[other] = event;
	}
	for (unsigned i = 0; i < RANDOM_EVENTS; i++) {
		fixture_apply(fixture, events[i]);
		if (pick(seed, 5) == 0)
			fixture_apply(fixture, events[pick(seed, i + 1)]);
		if (pick(seed, 20) == 0)
			fixture_turn(fixture);
	}
	fixture_turn(fixture);
}

static void assert_same_text(char *expected, char *actual)
{
	assert_string_equal(actual, expected);
	free(expected);
	free(actual);
}

static void shuffled_arrival_and_duplicates_give_the_same_state_and_the_same_values(void **state)
{
	struct region_fixture *whole = *state;
	uint64_t seed = seed_of_run();
	const char *events[RANDOM_EVENTS];
	for (unsigned i = 0; i < RANDOM_EVENTS; i++)
		events[i] = random_event(whole->arena, FIXTURE_REGION, i + 1, &seed);
	for (unsigned i = 0; i < RANDOM_EVENTS; i++)
		fixture_apply(whole, events[i]);
	fixture_turn(whole);
	for (unsigned i = 0; i < SHUFFLES; i++) {
		struct region_fixture again;
		fixture_init(&again);
		arrive(&again, events, &seed);
		assert_same_text(state_text(whole->state), state_text(again.state));
		assert_same_text(values_text(whole), values_text(&again));
		fixture_clear(&again);
	}
}

static void assert_values_as_if_computed_afresh(const struct region_fixture *fixture, const char *const *events,
                                                unsigned count)
{
	struct region_fixture fresh;
	fixture_init(&fresh);
	for (unsigned i = 0; i < count; i++)
		fixture_apply(&fresh, events[i]);
	fixture_turn(&fresh);
	assert_same_text(values_text(&fresh), values_text(fixture));
	fixture_clear(&fresh);
}

static void every_turn_leaves_the_values_as_if_all_years_were_computed_afresh(void **state)
{
	struct region_fixture *fixture = *state;
	uint64_t seed = seed_of_run();
	const char *events[RANDOM_EVENTS];
	for (unsigned i = 0; i < RANDOM_EVENTS; i++) {
		events[i] = random_event(fixture->arena, FIXTURE_REGION, i + 1, &seed);
		fixture_apply(fixture, events[i]);
		if (pick(&seed, 4) != 0)
			continue;
		fixture_turn(fixture);
		assert_values_as_if_computed_afresh(fixture, events, i + 1);
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(of_two_openings_the_last_in_the_order_of_events_holds_whichever_arrives_last),
		CASE(a_replaced_opening_moves_the_project_to_its_new_year),
		CASE(a_duplicate_changes_no_row_and_touches_no_year),
		CASE(a_project_is_announced_until_its_opening_is_known),
		CASE(every_opened_project_is_either_completed_or_active),
		CASE(an_event_of_another_region_an_unknown_type_unit_or_year_is_poison),
		CASE(the_first_and_last_instants_of_years_fall_into_them),
		CASE(a_unit_table_with_a_broken_line_is_refused_with_its_number),
		CASE(a_table_keeps_to_its_maximum_and_finds_every_row),
		CASE(shuffled_arrival_and_duplicates_give_the_same_state_and_the_same_values),
		CASE(every_turn_leaves_the_values_as_if_all_years_were_computed_afresh),
	};
	return cmocka_run_group_tests_name("state of a region", tests, NULL, NULL);
}
