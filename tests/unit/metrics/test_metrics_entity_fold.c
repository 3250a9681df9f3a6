/* Every other kind: the members of the events in effect, merged; and what counts as reported, late, corrected. */
#include "tests/unit/metrics/fold_fixture.h"

#include <time.h>

#define SHUFFLES 40

static void later_events_replace_what_they_state_and_keep_the_rest(void **state)
{
	struct fold_fixture *fixture = *state;
	say(fixture, "instruction.issued", "2024-01-10", "\"instruction\":\"I\",\"title\":{\"ru\":\"Сделать\"},"
	    "\"issued_on\":\"2024-01-09\",\"due_on\":\"2024-03-01\",\"issued_by\":\"gov\"");
	say(fixture, "instruction.issued", "2024-01-20", "\"instruction\":\"I\",\"title\":{\"ru\":\"Сделать\"},"
	    "\"issued_on\":\"2024-01-09\",\"due_on\":\"2024-04-01\",\"issued_by\":\"gov\"");
	say(fixture, "instruction.fulfilled", "2024-03-30", "\"instruction\":\"I\",\"fulfilled_on\":\"2024-03-29\"");
	const char *text = fold_text(fixture, ENTITY_INSTRUCTION);
	assert_string_equal(text, "{\"instruction\":\"I\",\"title\":{\"ru\":\"Сделать\"},\"issued_on\":\"2024-01-09\","
	                    "\"due_on\":\"2024-04-01\",\"issued_by\":\"gov\",\"fulfilled_on\":\"2024-03-29\","
	                    "\"reports\":{\"2024-01\":[2,0,0],\"2024-03\":[1,0,0]}}");
}

static void an_event_without_a_date_of_its_own_dates_by_its_verb(void **state)
{
	struct fold_fixture *fixture = *state;
	say(fixture, "practice.registered", "2024-01-10", "\"practice\":\"K\",\"title\":{\"ru\":\"А\"},\"sphere\":\"health\"");
	say(fixture, "practice.published", "2024-02-10", "\"practice\":\"K\",\"title\":{\"ru\":\"Б\"},\"sphere\":\"health\"");
	const struct json *practice = fold(fixture, ENTITY_PRACTICE);
	assert_attribute(fixture, practice, "registered_on", "2024-01-10");
	assert_attribute(fixture, practice, "published_on", "2024-02-10");
	assert_attribute(fixture, practice, "title.ru", "Б");
}

static void the_chain_of_a_replication_stands_in_one_entity(void **state)
{
	struct fold_fixture *fixture = *state;
	static const char who[] = "\"replication\":\"R\",\"practice\":\"K\",\"from_region\":\"40000000\"";
	say(fixture, "replication.recommended", "2024-01-10", arena_printf(fixture->arena, "%s,\"to\":{\"sphere\":\"health\"}", who));
	say(fixture, "replication.requested", "2024-02-10", arena_printf(fixture->arena, "%s,\"authority\":\"A\"", who));
	say(fixture, "replication.adopted", "2024-03-10",
	    arena_printf(fixture->arena, "%s,\"authority\":\"A\",\"sphere\":\"health\",\"adopted_on\":\"2024-03-01\"", who));
	say(fixture, "replication.confirmed", "2024-09-10",
	    arena_printf(fixture->arena, "%s,\"confirmed_on\":\"2024-09-01\",\"effect\":\"less\"", who));
	const struct json *replication = fold(fixture, ENTITY_REPLICATION);
	static const char *const EXPECTED[][2] = {
		{"recommended_on", "2024-01-10"}, {"requested_on", "2024-02-10"}, {"adopted_on", "2024-03-01"},
		{"confirmed_on", "2024-09-01"}, {"to.sphere", "health"}, {"authority", "A"}, {"effect", "less"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(EXPECTED); i++)
		assert_attribute(fixture, replication, EXPECTED[i][0], EXPECTED[i][1]);
}

static void an_authority_that_joins_again_has_not_left(void **state)
{
	struct fold_fixture *fixture = *state;
	say(fixture, "authority.registered", "2024-01-10", "\"authority\":\"A\",\"registered_on\":\"2024-01-10\"");
	say(fixture, "authority.left", "2024-02-10", "\"authority\":\"A\",\"left_on\":\"2024-02-10\"");
	assert_attribute(fixture, fold(fixture, ENTITY_AUTHORITY), "left_on", "2024-02-10");
	say(fixture, "authority.joined", "2024-03-10", "\"authority\":\"A\",\"joined_on\":\"2024-03-10\"");
	assert_attribute(fixture, fold(fixture, ENTITY_AUTHORITY), "left_on", "absent");
	assert_attribute(fixture, fold(fixture, ENTITY_AUTHORITY), "registered_on", "2024-01-10");
}

static void a_survey_tells_what_was_gained_unless_its_unit_is_unknown(void **state)
{
	struct fold_fixture *fixture = *state;
	say(fixture, "survey.completed", "2024-01-10", "\"survey\":\"S\",\"unit\":\"percent\",\"before\":\"61.5\",\"value\":\"80.25\"");
	assert_attribute(fixture, fold(fixture, ENTITY_SURVEY), "gain", "18.75");
	assert_attribute(fixture, fold(fixture, ENTITY_SURVEY), "flags", "absent");
	fixture->count = 0;
	say(fixture, "survey.completed", "2024-01-10", "\"survey\":\"S\",\"unit\":\"stars\",\"before\":\"3\",\"value\":\"4\"");
	assert_attribute(fixture, fold(fixture, ENTITY_SURVEY), "gain", "absent");
	assert_attribute(fixture, fold(fixture, ENTITY_SURVEY), "flags", "[{\"code\":\"unit_unknown\"}]");
	assert_attribute(fixture, fold(fixture, ENTITY_SURVEY), "value", "4");
}

static void only_own_events_are_reports_and_the_late_corrected_and_repeated_are_told_apart(void **state)
{
	struct fold_fixture *fixture = *state;
	int64_t day = (int64_t)86400 * 1000000;
	/* The first quarter may be reported until 20 April. */
	struct statement *in_time = say(fixture, "problem.raised", "2024-03-31T12:00:00Z", "\"problem\":\"B\"");
	struct statement *late = say(fixture, "problem.raised", "2024-03-31T12:00:00Z", "\"problem\":\"B\"");
	struct statement *corrected = say(fixture, "problem.raised", "2024-04-01T00:00:00Z", "\"problem\":\"B\"");
	struct statement *others = say(fixture, "problem.resolved", "2024-04-02T00:00:00Z", "\"problem\":\"B\"");
	in_time->recorded_us = in_time->place.time_us + 20 * day + day / 2 - 1;
	late->recorded_us = in_time->recorded_us + 1;
	corrected->corrected = true;
	others->own = false;
	assert_attribute(fixture, fold(fixture, ENTITY_PROBLEM), "reports", "{\"2024-03\":[2,1,0,1],\"2024-04\":[1,0,1]}");
}

static void nothing_in_effect_leaves_nothing(void **state)
{
	struct fold_fixture *fixture = *state;
	assert_string_equal(fold_text(fixture, ENTITY_PROJECT), "{}");
	assert_string_equal(fold_text(fixture, ENTITY_PRACTICE), "{}");
}

/* ---- Whatever the order of arrival ---- */

static uint64_t random_next(uint64_t *seed)
{
	uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static unsigned pick(uint64_t *seed, unsigned below)
{
	return (unsigned)(random_next(seed) % below);
}

/* Values of every shape a member may have, among them what no schema would let through. */
static const char *random_value(struct fold_fixture *fixture, uint64_t *seed, const char *name)
{
	static const char *const CODES[] = {
		"labour", "lead_time", "economic_effect", "errors", "rub", "percent", "times", "working_day", "fortnight", "held",
		"lost", "confirmed", "refused", "in_dispute", "independent", "pair", "range", "bound", "ge", "lt", "quality",
	};
	static const char *const VALUES[] = {"0", "7", "3.5", "-2", "999999999999.999999", "1e9", ""};
	switch (pick(seed, 6)) {
	case 0:
		return arena_printf(fixture->arena, "\"20%02u-%02u-%02u\"", 20 + pick(seed, 6), 1 + pick(seed, 12), 1 + pick(seed, 28));
	case 1:
		return arena_printf(fixture->arena, "\"%s\"", VALUES[pick(seed, ARRAY_COUNT(VALUES))]);
	case 2:
		return arena_printf(fixture->arena, "%u", pick(seed, 8));
	case 3:
		return pick(seed, 2) == 0 ? "true" : "[\"A\",\"B\"]";
	case 4:
		return arena_printf(fixture->arena, "{\"value\":\"%s\",\"lo\":\"1\",\"hi\":\"2\",\"on\":\"2024-0%u-01\",\"way\":\"%s\","
		                    "\"unit\":\"%s\"}", VALUES[pick(seed, ARRAY_COUNT(VALUES))], 1 + pick(seed, 9),
		                    CODES[pick(seed, ARRAY_COUNT(CODES))], CODES[pick(seed, ARRAY_COUNT(CODES))]);
	default:
		return arena_printf(fixture->arena, "\"%s\"", strcmp(name, "project") == 0 ? "P" : CODES[pick(seed, ARRAY_COUNT(CODES))]);
	}
}

static const char *random_data(struct fold_fixture *fixture, uint64_t *seed)
{
	static const char *const NAMES[] = {
		"project", "indicator", "unit", "base", "target", "ideal", "value", "lo", "hi", "measured_on", "figure", "declared_on",
		"method", "origin", "stage", "stages", "authorities", "support", "held", "final", "checked_on", "verdict",
		"verified_on", "dispute", "problem", "practice", "party", "level", "title", "milestones", "on_plan", "before",
	};
	const char *data = "\"sphere\":\"health\"";
	for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
		if (pick(seed, 4) != 0)
			data = arena_printf(fixture->arena, "%s,\"%s\":%s", data, NAMES[i], random_value(fixture, seed, NAMES[i]));
	}
	return data;
}

static void random_statement(struct fold_fixture *fixture, uint64_t *seed)
{
	enum event_type type = (enum event_type)pick(seed, EVENT_TYPE_COUNT);
	if (!event_type_may_be_corrected(type))
		type = EVENT_MEASUREMENT_RECORDED;
	/* Half are of the kind whose fold is long. */
	if (pick(seed, 2) == 0)
		type = (enum event_type)(EVENT_PROJECT_PROPOSED + pick(seed, EVENT_PROJECT_PARTY_ADDED - EVENT_PROJECT_PROPOSED + 1));
	const char *name = event_type_text(type) + strlen("effreg.");
	const char *time = arena_printf(fixture->arena, "2024-%02u-%02u", 1 + pick(seed, 12), 1 + pick(seed, 3));
	struct statement *statement = say(fixture, arena_text(fixture->arena, name, strlen(name) - strlen(".v1")), time,
	                                  random_data(fixture, seed));
	statement->place.source = pick(seed, 2) == 0 ? "a" : "b";
	statement->place.sequence = pick(seed, 3);
	statement->own = pick(seed, 4) != 0;
}

static void shuffle(struct fold_fixture *fixture, uint64_t *seed)
{
	for (size_t i = fixture->count; i > 1; i--) {
		size_t other = pick(seed, (unsigned)i);
		struct statement held = fixture->statements[i - 1];
		fixture->statements[i - 1] = fixture->statements[other];
		fixture->statements[other] = held;
	}
}

static uint64_t test_seed(void)
{
	const char *given = getenv("EFFREG_TEST_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	printf("EFFREG_TEST_SEED=%llu repeats this run\n", (unsigned long long)seed);
	return seed;
}

static void what_is_known_does_not_depend_on_the_order_of_arrival(void **state)
{
	static const enum entity_kind KINDS[] = {ENTITY_PROJECT, ENTITY_PRACTICE, ENTITY_SURVEY, ENTITY_REPLICATION};
	struct fold_fixture *fixture = *state;
	uint64_t seed = test_seed();
	for (unsigned history = 0; history < SHUFFLES; history++) {
		fixture->count = 0;
		unsigned events = 1 + pick(&seed, 60);
		for (unsigned i = 0; i < events; i++)
			random_statement(fixture, &seed);
		enum entity_kind kind = KINDS[history % ARRAY_COUNT(KINDS)];
		const char *first = fold_text(fixture, kind);
		/* Whatever came in, it is one object with each name once. */
		assert_non_null(fixture_json(fixture, first));
		shuffle(fixture, &seed);
		assert_string_equal(fold_text(fixture, kind), first);
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, fold_setup, fold_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(later_events_replace_what_they_state_and_keep_the_rest),
		CASE(an_event_without_a_date_of_its_own_dates_by_its_verb),
		CASE(the_chain_of_a_replication_stands_in_one_entity),
		CASE(an_authority_that_joins_again_has_not_left),
		CASE(a_survey_tells_what_was_gained_unless_its_unit_is_unknown),
		CASE(only_own_events_are_reports_and_the_late_corrected_and_repeated_are_told_apart),
		CASE(nothing_in_effect_leaves_nothing),
		CASE(what_is_known_does_not_depend_on_the_order_of_arrival),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
