/* Which entities each type of event speaks of; and the two dictionaries that folds read. */
#include "tests/unit/metrics/fold_fixture.h"

struct spoken {
	const char *type, *data, *keys, *attribute;
};

static const struct spoken SPOKEN[] = {
	{"region.joined", "\"joined_on\":\"2024-01-02\"", "region/", "joined_on"},
	{"authority.registered", "\"authority\":\"A\"", "authority/A", "registered_on"},
	{"authority.joined", "\"authority\":\"A\"", "authority/A", "joined_on"},
	{"authority.left", "\"authority\":\"A\"", "authority/A", "left_on"},
	{"institution.registered", "\"institution\":\"S\",\"authority\":\"A\"", "institution/S", "registered_on"},
	{"headcount.reported", "\"as_of\":\"2024-01-02\"", "headcount//2024-01-02", "as_of"},
	{"headcount.reported", "\"as_of\":\"2024-01-02\",\"authority\":\"A\"", "headcount/A/2024-01-02", "as_of"},
	{"club.joined", "", "club/", "joined_on"},
	{"centre.opened", "\"centre\":\"C\"", "centre/C", "opened_on"},
	{"role.assigned", "\"role_id\":\"R\",\"role\":\"curator\"", "role/R", "since"},
	{"standard.adopted", "\"standard\":\"S\",\"project\":\"P\"", "standard/S", "adopted_on"},
	{"project.proposed", "\"project\":\"P\"", "project/P", NULL},
	{"project.card_submitted", "\"project\":\"P\"", "project/P", NULL},
	{"project.card_returned", "\"project\":\"P\"", "project/P", NULL},
	{"project.card_approved", "\"project\":\"P\"", "project/P", NULL},
	{"project.opened", "\"project\":\"P\"", "project/P", NULL},
	{"project.stage_started", "\"project\":\"P\"", "project/P", NULL},
	{"project.stage_completed", "\"project\":\"P\"", "project/P", NULL},
	{"project.kickoff_held", "\"project\":\"P\"", "project/P", NULL},
	{"project.paused", "\"project\":\"P\"", "project/P", NULL},
	{"project.resumed", "\"project\":\"P\"", "project/P", NULL},
	{"project.cancelled", "\"project\":\"P\"", "project/P", NULL},
	{"project.closed", "\"project\":\"P\"", "project/P", NULL},
	{"project.monitoring_checked", "\"project\":\"P\"", "project/P", NULL},
	{"project.reopened", "\"project\":\"P\"", "project/P", NULL},
	{"project.party_added", "\"project\":\"P\",\"party\":\"A\"", "project/P", NULL},
	{"indicator.planned", "\"project\":\"P\",\"indicator\":\"labour\"", "project/P", NULL},
	{"measurement.recorded", "\"project\":\"P\",\"indicator\":\"labour\"", "project/P", NULL},
	{"effect.declared", "\"project\":\"P\",\"indicator\":\"labour\"", "project/P", NULL},
	{"survey.completed", "\"survey\":\"S\"", "survey/S", "completed_on"},
	{"survey.completed", "\"survey\":\"S\",\"project\":\"P\"", "survey/S project/P", "completed_on"},
	{"problem.raised", "\"problem\":\"B\",\"project\":\"P\"", "problem/B project/P", "raised_on"},
	{"problem.resolved", "\"problem\":\"B\"", "problem/B", "resolved_on"},
	{"risk.raised", "\"risk\":\"R\",\"project\":\"P\"", "risk/R project/P", "raised_on"},
	{"lesson.recorded", "\"lesson\":\"L\",\"project\":\"P\"", "lesson/L project/P", "recorded_on"},
	{"loss.found", "\"loss\":\"L\",\"project\":\"P\"", "loss/L project/P", "found_on"},
	{"team.formed", "\"team\":\"T\",\"authority\":\"A\"", "team/T", "formed_on"},
	{"training.planned", "\"training\":\"T\"", "training_plan/T", "planned_on"},
	{"training.completed", "\"training\":\"T\"", "training/T", "completed_on"},
	{"training_centre.opened", "\"training_centre\":\"C\"", "training_centre/C", "opened_on"},
	{"training_centre.closed", "\"training_centre\":\"C\"", "training_centre/C", "closed_on"},
	{"mentor.appointed", "\"mentor\":\"m-1\"", "mentor/m-1", "appointed_on"},
	{"mentorship.started", "\"mentorship\":\"M\",\"mentor\":\"m-1\"", "mentorship/M", "started_on"},
	{"support.ended", "\"authority\":\"A\"", "support/A", "ended_on"},
	{"practice.registered", "\"practice\":\"K\"", "practice/K", "registered_on"},
	{"practice.published", "\"practice\":\"K\",\"project\":\"P\"", "practice/K project/P", "published_on"},
	{"replication.recommended", "\"replication\":\"R\",\"practice\":\"K\"", "replication/R", "recommended_on"},
	{"replication.requested", "\"replication\":\"R\",\"practice\":\"K\"", "replication/R", "requested_on"},
	{"replication.adopted", "\"replication\":\"R\",\"project\":\"P\"", "replication/R", "adopted_on"},
	{"replication.confirmed", "\"replication\":\"R\"", "replication/R", "confirmed_on"},
	{"contest.result", "\"contest\":\"C\",\"project\":\"P\"", "contest/C", "held_on"},
	{"meeting.held", "\"meeting\":\"M\"", "meeting/M", "held_on"},
	{"instruction.issued", "\"instruction\":\"I\"", "instruction/I", "issued_on"},
	{"instruction.fulfilled", "\"instruction\":\"I\"", "instruction/I", "fulfilled_on"},
	{"bonus_scheme.adopted", "\"scheme\":\"S\"", "bonus_scheme/S", "adopted_on"},
	{"bonus.awarded", "\"bonus\":\"B\",\"scheme\":\"S\"", "bonus/B", "awarded_on"},
	{"club.session_held", "\"session\":\"S\"", "club_session/S", "held_on"},
	{"chair.transferred", "\"on\":\"2024-12-10\"", "chair/2024-12-10", "on"},
	{"cup.handed_over", "\"on\":\"2024-12-10\"", "cup/2024-12-10", "on"},
	{"aggregate.declared", "\"what\":\"mentors\",\"as_of\":\"2024-12-31\"", "aggregate/mentors/2024-12-31", "as_of"},
	{"verification.recorded", "\"verification\":\"V\",\"project\":\"P\"", "verification/V project/P", "verified_on"},
	{"dispute.opened", "\"dispute\":\"D\",\"project\":\"P\"", "dispute/D project/P", "opened_on"},
	{"dispute.resolved", "\"dispute\":\"D\"", "dispute/D", "resolved_on"},
};

static enum event_type type_of(struct fold_fixture *fixture, const char *name)
{
	enum event_type type;
	if (!event_type_find(arena_printf(fixture->arena, "effreg.%s.v1", name), &type))
		fail_msg("there is no type %s", name);
	return upcast_newest(type);
}

static void each_type_speaks_of_its_entities(void **state)
{
	struct fold_fixture *fixture = *state;
	bool seen[EVENT_TYPE_COUNT] = {[EVENT_EVENT_CORRECTED] = true, [EVENT_EVENT_WITHDRAWN] = true};
	for (size_t i = 0; i < ARRAY_COUNT(SPOKEN); i++) {
		struct entity_key keys[EVENT_KEYS_MAX];
		size_t count;
		struct fault fault = {.text = ""};
		enum event_type type = type_of(fixture, SPOKEN[i].type);
		const struct json *data = fixture_json(fixture, arena_printf(fixture->arena, "{%s}", SPOKEN[i].data));
		if (event_keys(type, data, keys, &count, &fault) != STATUS_OK)
			fail_msg("%s: %s %s", SPOKEN[i].type, fault.pointer, fault.text);
		const char *text = "";
		for (size_t at = 0; at < count; at++)
			text = arena_printf(fixture->arena, "%s%s%s/%s", text, at == 0 ? "" : " ", entity_kind_text(keys[at].kind), keys[at].id);
		assert_string_equal(text, SPOKEN[i].keys);
		assert_int_equal(event_key_kind(type), keys[0].kind);
		const char *attribute = event_key_date_attribute(type);
		assert_string_equal(attribute == NULL ? "" : attribute, SPOKEN[i].attribute == NULL ? "" : SPOKEN[i].attribute);
		seen[type] = true;
	}
	for (size_t i = 0; i < EVENT_TYPE_COUNT; i++) {
		if (!seen[i] && upcast_newest((enum event_type)i) == i)
			fail_msg("no case for %s", event_type_text((enum event_type)i));
	}
}

/* A date member that a schema does not have would never be found. */
static void the_members_that_keys_and_dates_come_from_are_those_of_the_schemas(void **state)
{
	struct fold_fixture *fixture = *state;
	for (size_t i = 0; i < EVENT_TYPE_COUNT; i++) {
		const char *member = event_type_may_be_corrected((enum event_type)i) ? event_key_date_member((enum event_type)i) : NULL;
		if (member == NULL)
			continue;
		const char *name = event_type_text((enum event_type)i) + strlen("effreg.");
		const char *path = arena_printf(fixture->arena, "proto/schemas/%s.json", name);
		const struct json *schema = fixture_json(fixture, read_project_file(fixture->arena, path));
		const struct json *data = json_find(json_find(schema, "properties"), "data");
		if (json_find(json_find(data, "properties"), member) == NULL)
			fail_msg("%s has no %s", path, member);
	}
}

static void a_missing_or_broken_id_is_poison_with_its_place(void **state)
{
	static const struct {
		const char *type, *data, *pointer;
	} CASES[] = {
		{"project.closed", "", "/data/project"},
		{"project.closed", "\"project\":\"a b\"", "/data/project"},
		{"problem.raised", "\"problem\":\"B\",\"project\":7", "/data/project"},
		{"chair.transferred", "\"on\":\"10.12.2024\"", "/data/on"},
		{"headcount.reported", "\"authority\":\"\",\"as_of\":\"2024-01-01\"", "/data/authority"},
	};
	struct fold_fixture *fixture = *state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct entity_key keys[EVENT_KEYS_MAX];
		size_t count = 9;
		struct fault fault;
		const struct json *data = fixture_json(fixture, arena_printf(fixture->arena, "{%s}", CASES[i].data));
		assert_int_equal(event_keys(type_of(fixture, CASES[i].type), data, keys, &count, &fault), STATUS_POISON);
		assert_int_equal(count, 0);
		assert_string_equal(fault.pointer, CASES[i].pointer);
	}
}

static void kinds_are_found_by_their_names(void **state)
{
	(void)state;
	enum entity_kind kind;
	for (unsigned i = 0; i < ENTITY_KIND_COUNT; i++) {
		assert_true(entity_kind_find(entity_kind_text((enum entity_kind)i), &kind));
		assert_int_equal(kind, i);
	}
	assert_false(entity_kind_find("projects", &kind));
}

/* ---- The dictionaries ---- */

static void the_dictionaries_of_this_project_can_be_read_and_fit_each_other(void **state)
{
	struct fold_fixture *fixture = *state;
	const struct measure *measure = measure_find(fixture->measures, "lead_time");
	assert_non_null(measure);
	assert_false(measure->higher_is_better);
	assert_true(measure->process);
	assert_true(measure_has_family(measure, "time.working"));
	assert_true(measure_has_family(measure, "time.calendar"));
	assert_false(measure_has_family(measure, "rub"));
	measure = measure_find(fixture->measures, "economic_effect");
	assert_true(measure->higher_is_better);
	assert_false(measure->process);
	assert_null(measure_find(fixture->measures, "velocity"));
}

static void a_broken_dictionary_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *csv, *line;
	} CASES[] = {
		{"", "line 0"},
		{"code,better,unit_families\n", "line 1: expected the column process"},
		{"code,better,unit_families,process\nx,lower,count,yes\nx,lower,count,yes\n", "line 3"},
		{"code,better,unit_families,process\nx,less,count,yes\n", "line 2"},
		{"code,better,unit_families,process\nx,lower,,yes\n", "line 2"},
		{"code,better,unit_families,process\nx,lower,a b c d e,yes\n", "line 2"},
		{"code,better,unit_families,process\nx,lower,count,perhaps\n", "line 2"},
		{"code,better,unit_families,process\nx,lower\n", "line 2"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct measure_table *table = NULL;
		struct fault fault;
		assert_int_equal(measure_table_new(span_of_text(CASES[i].csv), &table, &fault), STATUS_INVALID);
		assert_null(table);
		assert_string_equal(fault.code, "indicators");
		assert_int_equal(strncmp(fault.text, CASES[i].line, strlen(CASES[i].line)), 0);
	}
}

static void values_are_converted_within_a_family_only(void **state)
{
	struct fold_fixture *fixture = *state;
	const struct unit *day = unit_find(fixture->units, "working_day");
	const struct unit *hour = unit_find(fixture->units, "working_hour");
	const struct unit *other = unit_find(fixture->units, "calendar_hour");
	decimal value = {.millionths = 1500000};
	assert_true(unit_convert(value, day, hour, &value));
	assert_int_equal(value.millionths, 12000000);
	assert_true(unit_convert(value, hour, day, &value));
	assert_int_equal(value.millionths, 1500000);
	assert_false(unit_convert(value, day, other, &value));
	assert_false(unit_convert((decimal){.millionths = INT64_MAX / 2}, day, hour, &value));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, fold_setup, fold_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_type_speaks_of_its_entities),
		CASE(the_members_that_keys_and_dates_come_from_are_those_of_the_schemas),
		CASE(a_missing_or_broken_id_is_poison_with_its_place),
		CASE(kinds_are_found_by_their_names),
		CASE(the_dictionaries_of_this_project_can_be_read_and_fit_each_other),
		CASE(a_broken_dictionary_is_refused_with_its_line),
		CASE(values_are_converted_within_a_family_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
