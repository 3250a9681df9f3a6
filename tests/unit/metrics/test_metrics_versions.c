/* Two versions of an event type beside each other: the same facts give the same state and figures, whichever version said them, in any
 * mixture; and one version corrects and withdraws the other.
 *
 * EFFREG_TEST_SEED repeats the random rounds. */
#include "tests/unit/metrics/memory_rows.h"
#include "tests/unit/metrics/random_events.h"

#define ROUNDS 100
#define FACTS  40

enum said { SAID_IN_1, SAID_IN_2, SAID_MIXED };

static int set_up(void **state)
{
	static struct fixture fixture;
	fixture_init(&fixture);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	fixture_clear(*state);
	return 0;
}

static void begin_log(struct fixture *fixture)
{
	replay_destroy(&fixture->replay);
	fixture->count = 0;
	fixture->made = 0;
}

static const char *training(struct fixture *fixture, bool newer, unsigned people, const char *civil_servants)
{
	const char *data = arena_printf(fixture->arena, "\"training\":\"T1\",\"completed_on\":\"2023-05-19\",\"people\":%u", people);
	return newer ? arena_printf(fixture->arena, "%s,\"civil_servants\":%s", data, civil_servants) : data;
}

/* An event with its own version in its type; target: what it corrects or withdraws, or NULL. */
static const char *event(struct fixture *fixture, unsigned id, const char *type, unsigned target, const char *data)
{
	const char *supersedes = target == 0 ? "" : arena_printf(fixture->arena, "\"supersedes\":\"00000000-0000-4000-8000-%012x\",", target);
	return arena_printf(fixture->arena,
		"{\"specversion\":\"1.0\",\"id\":\"00000000-0000-4000-8000-%012x\",\"source\":\"ru-vor/portal\",\"type\":\"effreg.%s\","
		"\"subject\":\"" FIXTURE_REGION "\",\"time\":\"2023-05-19T12:00:00Z\",\"datacontenttype\":\"application/json\","
		"\"sequence\":\"%u\",%s\"data\":{%s}}", id, type, id, supersedes, data);
}

static const char *corrected(struct fixture *fixture, unsigned id, unsigned target, int version, const char *data)
{
	return event(fixture, id, "event.corrected.v1", target,
	             arena_printf(fixture->arena, "\"target\":\"00000000-0000-4000-8000-%012x\",\"type\":\"effreg.training.completed.v%d\","
	                          "\"data\":{%s}", target, version, data));
}

static const char *withdrawn(struct fixture *fixture, unsigned id, unsigned target, int version)
{
	return event(fixture, id, "event.withdrawn.v1", target,
	             arena_printf(fixture->arena, "\"target\":\"00000000-0000-4000-8000-%012x\",\"type\":\"effreg.training.completed.v%d\"",
	                          target, version));
}

static void headcount(struct fixture *fixture)
{
	fixture_store(fixture, event(fixture, 900, "headcount.reported.v1", 0, "\"as_of\":\"2023-01-01\",\"civil_servants\":1000"));
}

/* ---- Single facts ---- */

static void version_2_counts_civil_servants_apart(void **state)
{
	struct fixture *fixture = *state;
	begin_log(fixture);
	headcount(fixture);
	fixture_store(fixture, event(fixture, 1, "training.completed.v2", 0, training(fixture, true, 36, "28")));
	assert_value(fixture, "", "2023", "trained", "36/1 1 36");
	assert_value(fixture, "", "2023", "trained_per_1000", "28/1000 1 28");
}

static void version_1_goes_on_to_count_everybody(void **state)
{
	struct fixture *fixture = *state;
	begin_log(fixture);
	headcount(fixture);
	fixture_store(fixture, event(fixture, 1, "training.completed.v1", 0, training(fixture, false, 36, "")));
	assert_value(fixture, "", "2023", "trained", "36/1 1 36");
	assert_value(fixture, "", "2023", "trained_per_1000", "36/1000 1 36");
}

static void each_version_corrects_and_withdraws_the_other(void **state)
{
	struct fixture *fixture = *state;
	begin_log(fixture);
	headcount(fixture);
	fixture_store(fixture, event(fixture, 1, "training.completed.v1", 0, training(fixture, false, 36, "")));
	fixture_store(fixture, corrected(fixture, 2, 1, 2, training(fixture, true, 40, "28")));
	assert_value(fixture, "", "2023", "trained", "40/1 1 40");
	assert_value(fixture, "", "2023", "trained_per_1000", "28/1000 1 28");
	fixture_store(fixture, corrected(fixture, 3, 1, 1, training(fixture, false, 30, "")));
	assert_value(fixture, "", "2023", "trained_per_1000", "30/1000 1 30");
	fixture_store(fixture, withdrawn(fixture, 4, 1, 2));
	assert_value(fixture, "", "2023", "trained", "nothing");
	fixture_store(fixture, event(fixture, 5, "training.completed.v2", 0, training(fixture, true, 36, "0")));
	fixture_store(fixture, corrected(fixture, 6, 5, 1, training(fixture, false, 12, "")));
	assert_value(fixture, "", "2023", "trained_per_1000", "12/1000 1 12");
}

static void lineage_names_the_version_that_was_sent(void **state)
{
	struct fixture *fixture = *state;
	begin_log(fixture);
	fixture_store(fixture, event(fixture, 1, "training.completed.v1", 0, training(fixture, false, 36, "")));
	fixture_store(fixture, event(fixture, 2, "training.completed.v2", 0, training(fixture, true, 36, "36")));
	const struct workspace *workspace = replay_workspace(fixture_replay(fixture));
	assert_string_equal(workspace_event_of(workspace, 1).type, "effreg.training.completed.v1");
	assert_string_equal(workspace_event_of(workspace, 2).type, "effreg.training.completed.v2");
}

/* ---- Histories ---- */

/* The same facts for the same seed; which version says one is decided apart. */
static void say_history(struct fixture *fixture, uint64_t seed, enum said said, uint64_t *versions)
{
	begin_log(fixture);
	headcount(fixture);
	for (unsigned id = 1; id <= FACTS; id++) {
		bool newer = said == SAID_IN_2 || (said == SAID_MIXED && pick(versions, 2) == 0);
		unsigned people = 1 + pick(&seed, 90), kind = pick(&seed, 6), target = 1 + pick(&seed, FACTS);
		const char *civil_servants = arena_printf(fixture->arena, "%u", people);
		const char *data = training(fixture, newer, people, civil_servants);
		target = target == id ? id % FACTS + 1 : target;
		if (kind == 0)
			fixture_store(fixture, withdrawn(fixture, id, target, newer ? 2 : 1));
		else if (kind < 3)
			fixture_store(fixture, corrected(fixture, id, target, newer ? 2 : 1, data));
		else
			fixture_store(fixture, event(fixture, id, newer ? "training.completed.v2" : "training.completed.v1", 0, data));
	}
}

static char *count_history(struct fixture *fixture)
{
	struct memory_rows memory;
	memory_init(&memory, fixture);
	while (memory.done < fixture->count)
		memory_turn(&memory, memory.done + 7 < fixture->count ? memory.done + 7 : fixture->count);
	char *text = memory_text(&memory, true);
	memory_clear(&memory);
	return text;
}

static void the_same_facts_give_the_same_state_in_any_mixture_of_versions(void **state)
{
	struct fixture *fixture = *state;
	uint64_t seed = seed_of_run();
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t facts = random_next(&seed), versions = random_next(&seed);
		say_history(fixture, facts, SAID_IN_1, &versions);
		char *in_1 = count_history(fixture);
		say_history(fixture, facts, SAID_IN_2, &versions);
		char *in_2 = count_history(fixture);
		say_history(fixture, facts, SAID_MIXED, &versions);
		char *mixed = count_history(fixture);
		assert_non_null(strstr(in_1, "training/T1"));
		assert_string_equal(in_1, in_2);
		assert_string_equal(in_1, mixed);
		free(in_1);
		free(in_2);
		free(mixed);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(version_2_counts_civil_servants_apart),
		TEST(version_1_goes_on_to_count_everybody),
		TEST(each_version_corrects_and_withdraws_the_other),
		TEST(lineage_names_the_version_that_was_sent),
		TEST(the_same_facts_give_the_same_state_in_any_mixture_of_versions),
	};
	return cmocka_run_group_tests_name("metrics_versions", tests, NULL, NULL);
}
