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

static enum project_state state_of(const struct region_fixture *fixture, const char *name)
{
	return project_of(fixture, name)->course.state;
}

static void a_project_is_a_draft_until_its_opening_is_known(void **state)
{
	struct region_fixture *fixture = *state;
	fixture_event(fixture, "project.stage_started", "2021-05-01T00:00:00Z", "\"project\":\"P\",\"stage\":3");
	assert_int_equal(state_of(fixture, "P"), PROJECT_DRAFT);
	fixture_apply(fixture, opened_at(fixture, "2021-01-01T00:00:00Z", "\"A\""));
	assert_int_equal(state_of(fixture, "P"), PROJECT_IMPLEMENTATION);
	fixture_event(fixture, "project.stage_started", "2021-03-01T00:00:00Z", "\"project\":\"P\",\"stage\":2");
	assert_int_equal(state_of(fixture, "P"), PROJECT_IMPLEMENTATION);
	fixture_event(fixture, "project.closed", "2021-08-01T00:00:00Z", "\"project\":\"P\"");
	assert_int_equal(state_of(fixture, "P"), PROJECT_CLOSED);
	fixture_event(fixture, "project.stage_started", "2021-09-01T00:00:00Z", "\"project\":\"P\",\"stage\":5");
	assert_string_equal(project_state_text(state_of(fixture, "P")), "monitoring");
}

static void an_event_of_another_region_an_unknown_type_or_year_is_poison(void **state)
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

/* ---- Corrections ---- */

/* An event that corrects or withdraws (data NULL) another one. */
static const char *change_of(struct region_fixture *fixture, const char *time, unsigned target, const char *type,
                             const char *data)
{
	unsigned number = ++fixture->events;
	const char *replaced = data == NULL ? "" : arena_printf(fixture->arena, ",\"data\":{%s}", data);
	return arena_printf(fixture->arena,
		"{\"specversion\":\"1.0\",\"id\":\"00000000-0000-4000-8000-%012x\",\"source\":\"ru-vor/portal\","
		"\"type\":\"effreg.event.%s.v1\",\"subject\":\"" FIXTURE_REGION "\",\"time\":\"%s\","
		"\"datacontenttype\":\"application/json\",\"sequence\":\"%u\","
		"\"supersedes\":\"00000000-0000-4000-8000-%012x\",\"data\":{\"target\":"
		"\"00000000-0000-4000-8000-%012x\",\"type\":\"effreg.%s.v1\"%s}}",
		number, data == NULL ? "withdrawn" : "corrected", time, number, target, target, type, replaced);
}

#define TRAINED(people) "\"training\":\"T\",\"completed_on\":\"2023-03-01\",\"people\":" people
#define TRAINING_TYPE   "training.completed"

static int64_t people_of(const struct region_fixture *fixture, const char *name)
{
	const struct row *row = row_table_find(region_state_table(fixture->state, REGION_TRAINING), name);
	return row == NULL || row->gone ? -1 : ((const struct training *)(const void *)row)->people;
}

static void a_correction_replaces_the_data_whichever_of_the_two_arrives_first(void **state)
{
	struct region_fixture *fixture = *state;
	const char *event = event_of(fixture, TRAINING_TYPE, "2023-03-02T00:00:00Z", TRAINED("70"));
	const char *change = change_of(fixture, "2023-04-01T00:00:00Z", 1, TRAINING_TYPE, TRAINED("7"));
	fixture_apply(fixture, event);
	assert_int_equal(people_of(fixture, "T"), 70);
	fixture_apply(fixture, change);
	assert_int_equal(people_of(fixture, "T"), 7);
	struct region_fixture other;
	fixture_init(&other);
	fixture_apply(&other, change);
	assert_int_equal(people_of(&other, "T"), -1);
	fixture_apply(&other, event);
	assert_int_equal(people_of(&other, "T"), 7);
	fixture_clear(&other);
}

static void of_several_changes_the_last_in_the_order_holds_a_withdrawal_too(void **state)
{
	struct region_fixture *fixture = *state;
	fixture_event(fixture, TRAINING_TYPE, "2023-03-02T00:00:00Z", TRAINED("70"));
	fixture_apply(fixture, change_of(fixture, "2023-06-01T00:00:00Z", 1, TRAINING_TYPE, TRAINED("6")));
	fixture_apply(fixture, change_of(fixture, "2023-05-01T00:00:00Z", 1, TRAINING_TYPE, TRAINED("5")));
	assert_int_equal(people_of(fixture, "T"), 6);
	fixture_apply(fixture, change_of(fixture, "2023-07-01T00:00:00Z", 1, TRAINING_TYPE, NULL));
	assert_int_equal(people_of(fixture, "T"), -1);
	fixture_apply(fixture, change_of(fixture, "2023-08-01T00:00:00Z", 1, TRAINING_TYPE, TRAINED("8")));
	assert_int_equal(people_of(fixture, "T"), 8);
}

static void a_correction_that_means_another_type_has_no_effect(void **state)
{
	struct region_fixture *fixture = *state;
	fixture_apply(fixture, change_of(fixture, "2023-05-01T00:00:00Z", 2, "training.planned",
	                                 "\"training\":\"T\",\"planned_on\":\"2023-03-01\",\"people\":5"));
	fixture_event(fixture, TRAINING_TYPE, "2023-03-02T00:00:00Z", TRAINED("70"));
	assert_int_equal(people_of(fixture, "T"), 70);
}

static void a_correction_moves_a_fact_to_the_entity_it_is_about(void **state)
{
	struct region_fixture *fixture = *state;
	fixture_event(fixture, TRAINING_TYPE, "2023-03-02T00:00:00Z", TRAINED("70"));
	fixture_turn(fixture);
	fixture_apply(fixture, change_of(fixture, "2023-05-01T00:00:00Z", 1, TRAINING_TYPE,
	                                 "\"training\":\"U\",\"completed_on\":\"2022-03-01\",\"people\":9"));
	fixture_turn(fixture);
	assert_int_equal(people_of(fixture, "T"), -1);
	assert_int_equal(people_of(fixture, "U"), 9);
	assert_value(fixture, 2023, "trained_per_1000", "0/0 0 missing");
	assert_value(fixture, 2022, "trained_per_1000", "9/0 1 missing");
}

static void a_withdrawn_closing_leaves_the_project_at_work(void **state)
{
	struct region_fixture *fixture = *state;
	fixture_event(fixture, "project.closed", "2022-08-01T00:00:00Z", "\"project\":\"P\"");
	fixture_apply(fixture, opened_at(fixture, "2021-01-01T00:00:00Z", "\"A\""));
	fixture_turn(fixture);
	assert_value(fixture, 2022, "completed", "1/1 1 1");
	fixture_apply(fixture, change_of(fixture, "2022-09-01T00:00:00Z", 1, "project.closed", NULL));
	fixture_turn(fixture);
	assert_value(fixture, 2022, "completed", "0/1 0 0");
	assert_int_equal(state_of(fixture, "P"), PROJECT_OPENED);
}

static void a_correction_of_a_correction_is_poison(void **state)
{
	struct region_fixture *fixture = *state;
	struct fault fault = {.code = ""};
	const char *event = change_of(fixture, "2022-09-01T00:00:00Z", 7, "event.corrected", NULL);
	assert_int_equal(fixture_try(fixture, event, &fault), STATUS_POISON);
	assert_string_equal(fault.code, "not_a_correction_target");
}

/* What a region would have sent, had it never erred: by the rules of the design, found anew, not as the state does it. */
struct sent {
	struct envelope event;
	const char *text;
};

static const struct sent *last_change_of(const struct sent *all, unsigned count, const struct sent *target)
{
	const struct sent *last = NULL;
	char id[UUID_TEXT_SIZE];
	ident_uuid_format(&target->event.id, id);
	for (unsigned i = 0; i < count; i++) {
		const char *named = json_find_string(all[i].event.data, "target");
		if (named != NULL && text_equal(named, id)
		    && (last == NULL || envelope_compare(&last->event, &all[i].event) < 0))
			last = &all[i];
	}
	return last;
}

static void apply_as_meant(struct region_fixture *meant, const struct sent *sent, const struct sent *change)
{
	struct envelope event = sent->event;
	const struct json *data = change == NULL ? NULL : json_find(change->event.data, "data");
	bool same_type = change != NULL && text_equal(json_find_string(change->event.data, "type"), event.type);
	if (same_type && data == NULL)
		return;
	if (same_type)
		event.data = data;
	assert_int_equal(region_state_apply(meant->state, &event, NULL), STATUS_OK);
}

static struct sent *parse_all(struct arena *arena, const char *const *events)
{
	struct sent *all = arena_alloc_array(arena, sizeof *all, RANDOM_EVENTS);
	for (unsigned i = 0; i < RANDOM_EVENTS; i++) {
		const struct json *json;
		all[i].text = events[i];
		assert_int_equal(json_parse(arena, events[i], strlen(events[i]), &JSON_LIMITS_EVENT, &json, NULL), STATUS_OK);
		assert_int_equal(envelope_read(json, &all[i].event, NULL), STATUS_OK);
	}
	return all;
}

/* The years of the one that erred may be more: what was replaced widened them. */
static void assert_values_of(const struct region_fixture *meant, const struct region_fixture *fixture)
{
	unsigned compared = 0;
	for (int year = YEAR_MIN; year <= YEAR_MAX; year++) {
		for (unsigned i = 0; i < INDICATOR_COUNT; i++) {
			const char *expected = value_text(meant, year, indicator_code((enum indicator)i));
			if (text_equal(expected, "unknown"))
				continue;
			compared++;
			assert_string_equal(value_text(fixture, year, indicator_code((enum indicator)i)), expected);
		}
	}
	assert_true(compared > INDICATOR_COUNT);
}

static void a_corrected_history_says_what_one_without_errors_would_have_said(void **state)
{
	struct region_fixture *fixture = *state;
	struct region_fixture meant;
	uint64_t seed = seed_of_run();
	const char *events[RANDOM_EVENTS];
	unsigned changed = 0;
	for (unsigned i = 0; i < RANDOM_EVENTS; i++)
		events[i] = random_event(fixture->arena, FIXTURE_REGION, i + 1, &seed);
	fixture_init(&meant);
	const struct sent *all = parse_all(fixture->arena, events);
	for (unsigned i = 0; i < RANDOM_EVENTS; i++) {
		if (strncmp(all[i].event.type, "effreg.event.", 13) == 0)
			continue;
		const struct sent *change = last_change_of(all, RANDOM_EVENTS, &all[i]);
		changed += change != NULL;
		apply_as_meant(&meant, &all[i], change);
	}
	fixture_turn(&meant);
	arrive(fixture, events, &seed);
	assert_true(changed > 20);
	assert_values_of(&meant, fixture);
	fixture_clear(&meant);
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
		CASE(a_project_is_a_draft_until_its_opening_is_known),
		CASE(an_event_of_another_region_an_unknown_type_or_year_is_poison),
		CASE(the_first_and_last_instants_of_years_fall_into_them),
		CASE(a_unit_table_with_a_broken_line_is_refused_with_its_number),
		CASE(a_table_keeps_to_its_maximum_and_finds_every_row),
		CASE(shuffled_arrival_and_duplicates_give_the_same_state_and_the_same_values),
		CASE(a_correction_replaces_the_data_whichever_of_the_two_arrives_first),
		CASE(of_several_changes_the_last_in_the_order_holds_a_withdrawal_too),
		CASE(a_correction_that_means_another_type_has_no_effect),
		CASE(a_correction_moves_a_fact_to_the_entity_it_is_about),
		CASE(a_withdrawn_closing_leaves_the_project_at_work),
		CASE(a_correction_of_a_correction_is_poison),
		CASE(a_corrected_history_says_what_one_without_errors_would_have_said),
		CASE(every_turn_leaves_the_values_as_if_all_years_were_computed_afresh),
	};
	return cmocka_run_group_tests_name("state of a region", tests, NULL, NULL);
}
