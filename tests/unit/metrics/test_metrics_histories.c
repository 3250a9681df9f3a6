/* Random histories of a region: made step by step, over rows that are all that a crash leaves, it is to the byte what it is made at once,
 * and what its events say does not depend on the order in which they came.
 *
 * EFFREG_TEST_ROUNDS histories (200 unless asked otherwise), each from a seed of its own. */
#include "tests/unit/metrics/memory_rows.h"
#include "tests/unit/metrics/random_events.h"

#define HISTORY_EVENTS_MAX 120

struct history {
	const char *events[HISTORY_EVENTS_MAX];
	size_t count;
};

static void make_history(struct fixture *fixture, struct history *history, uint64_t *seed)
{
	unsigned first = pick(seed, 100000);
	history->count = 20 + pick(seed, HISTORY_EVENTS_MAX - 20);
	for (size_t i = 0; i < history->count; i++)
		history->events[i] = random_event(fixture->arena, FIXTURE_REGION, first + (unsigned)i, seed);
}

static void shuffle(struct history *history, uint64_t *seed)
{
	for (size_t i = history->count; i > 1; i--) {
		size_t other = pick(seed, (unsigned)i);
		const char *event = history->events[i - 1];
		history->events[i - 1] = history->events[other];
		history->events[other] = event;
	}
}

static void store_history(struct fixture *fixture, const struct history *history)
{
	fixture->count = 0;
	replay_destroy(&fixture->replay);
	for (size_t i = 0; i < history->count; i++)
		fixture_store(fixture, history->events[i]);
}

/* Turns of any length; before some of them the process ends, or a turn is begun and never committed. */
static char *play(struct fixture *fixture, uint64_t *seed, bool seqs)
{
	struct memory_rows memory;
	memory_init(&memory, fixture);
	while (memory.done < fixture->count) {
		size_t more = 1 + pick(seed, pick(seed, 2) == 0 ? 3 : 40);
		size_t upto = memory.done + more < fixture->count ? memory.done + more : fixture->count;
		if (pick(seed, 4) == 0)
			memory_crash(&memory);
		if (pick(seed, 4) == 0) {
			struct workspace *lost = memory_fold(&memory, upto);
			workspace_destroy(&lost);
		}
		memory_turn(&memory, upto);
	}
	char *text = memory_text(&memory, seqs);
	memory_clear(&memory);
	return text;
}

static char *make_at_once(struct fixture *fixture)
{
	struct memory_rows memory;
	struct replay *replay = replay_new(FIXTURE_REGION, &fixture->rules->fold, fixture->rules->definitions, CELLS_STORED, 3);
	for (size_t i = 0; i < fixture->count; i++)
		replay_add(replay, i + 1, fixture->log[i].recorded_us, fixture->log[i].body);
	replay_end(replay);
	assert_int_equal(replay_parked(replay), 0);
	memory_init(&memory, fixture);
	memory_from_replay(&memory, replay);
	char *text = memory_text(&memory, true);
	memory_clear(&memory);
	replay_destroy(&replay);
	return text;
}

static void assert_same(const char *one, const char *other, const char *what, unsigned number)
{
	size_t at = 0, line = 0;
	if (text_equal(one, other))
		return;
	for (; one[at] != '\0' && one[at] == other[at]; at++)
		line = one[at] == '\n' ? at + 1 : line;
	fail_msg("history %u, %s:\n%.1500s\n%.1500s", number, what, one + line, other + line);
}

static void check_history(struct fixture *fixture, unsigned number, uint64_t *seed)
{
	struct history history;
	make_history(fixture, &history, seed);
	shuffle(&history, seed);
	store_history(fixture, &history);
	char *stepwise = play(fixture, seed, true), *at_once = make_at_once(fixture);
	assert_same(stepwise, at_once, "step by step and at once", number);
	free(stepwise);
	free(at_once);
	char *said = play(fixture, seed, false);
	shuffle(&history, seed);
	store_history(fixture, &history);
	char *said_otherwise = play(fixture, seed, false);
	assert_same(said, said_otherwise, "in two orders of arrival", number);
	free(said);
	free(said_otherwise);
}

static void what_is_made_step_by_step_is_what_is_made_at_once(void **state)
{
	const char *given = getenv("EFFREG_TEST_ROUNDS");
	unsigned histories = given != NULL ? (unsigned)strtoul(given, NULL, 10) : 200;
	uint64_t seed = seed_of_run();
	static struct fixture fixture;
	(void)state;
	fixture_init(&fixture);
	for (unsigned i = 0; i < histories; i++) {
		check_history(&fixture, i, &seed);
		arena_reset(fixture.arena);
	}
	printf("# %u histories\n", histories);
	fixture_clear(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_made_step_by_step_is_what_is_made_at_once)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
