/* Why a place changed: the ends are the engine's runs, the parts those of the definition. EFFREG_TEST_SEED repeats a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "services/ranking/ranking_change.h"
#include "services/ranking/ranking_random.h"
#include "tests/unit/ranking/ranking_cases.h"

#define UNITS      14
#define INDICATORS 4
#define CAUSES_MAX 12
#define NODES \
	"\"nodes\":[{\"code\":\"r\"},{\"code\":\"a\",\"parent\":\"r\",\"weight\":2},{\"code\":\"b\",\"parent\":\"r\"}]," \
	"\"indicators\":[{\"code\":\"w\",\"parent\":\"a\"},{\"code\":\"x\",\"parent\":\"a\",\"direction\":\"lower\"}," \
	"{\"code\":\"y\",\"parent\":\"b\",\"weight\":3,\"goalposts\":[10,90],\"target\":100},{\"code\":\"z\",\"parent\":\"b\"}]"
#define ADDITIVE "\"normalise\":{\"method\":\"min-max\"},\"aggregate\":[{\"method\":\"arithmetic\"}]"

static uint64_t seed;

static const struct methodology *tree(struct arena *arena, const char *members)
{
	return methodology_of(arena, arena_printf(arena, "{\"code\":\"m\",\"version\":1," NODES ",%s}", members));
}

static const char *const CODES[] = {"u00", "u01", "u02", "u03", "u04", "u05", "u06", "u07", "u08", "u09", "u10", "u11", "u12",
                                    "u13", "u14", "u15"};

/* Units first … first + UNITS − 1; unit k comes as the (7k mod UNITS)th, so that no order is that of the codes. */
static struct ranking_input *draw_run(struct arena *arena, struct ranking_random *random, size_t first, double gaps)
{
	struct ranking_input *input = arena_array(arena, struct ranking_input, 1);
	double *values = arena_array(arena, double, UNITS * INDICATORS);
	const char **codes = arena_array(arena, const char *, UNITS);
	uint32_t *groups = arena_array(arena, uint32_t, UNITS);
	for (size_t i = 0; i < UNITS * INDICATORS; i++) {
		double value = floor(ranking_random_unit(random) * 1000) / 8;
		values[i] = ranking_random_unit(random) < gaps ? MISSING : value;
	}
	for (size_t i = 0; i < UNITS; i++) {
		size_t row = (i * 5 + first) % UNITS;
		codes[row] = CODES[first + i];
		groups[row] = (uint32_t)(1 + i % 3);
	}
	*input = (struct ranking_input){.units = UNITS, .codes = codes, .values = values, .groups = groups};
	return input;
}

/* Half of the values of one run in another: fewer causes, and values that are equal. */
static struct ranking_input *nudge(struct arena *arena, struct ranking_random *random, const struct ranking_input *from)
{
	struct ranking_input *input = draw_run(arena, random, 0, 0);
	double *values = arena_array(arena, double, UNITS * INDICATORS);
	memcpy(values, input->values, UNITS * INDICATORS * sizeof *values);
	for (size_t i = 0; i < UNITS * INDICATORS; i++) {
		if (ranking_random_unit(random) < 0.5)
			values[i] = from->values[i];
	}
	input->values = values;
	input->codes = from->codes;
	input->groups = from->groups;
	return input;
}

static struct ranking_runs runs_of(const struct methodology *older, const struct ranking_input *old_values,
                                   const struct methodology *newer, const struct ranking_input *new_values)
{
	return (struct ranking_runs){.methodologies = {older, newer},
	                             .values = {{old_values, new_values}, {old_values, new_values}}};
}

static struct ranking_world *world_of(struct arena *arena, const struct ranking_runs *runs, const char *unit)
{
	struct ranking_world *world = NULL;
	struct fault fault = {0};
	if (ranking_world_new(arena, runs, unit, &world, &fault) != STATUS_OK)
		fail_msg("%s", fault.text);
	return world;
}

static struct ranking_change explain(struct arena *arena, const struct ranking_runs *runs, const char *unit, size_t exact_max)
{
	struct ranking_change change;
	struct fault fault = {0};
	const struct ranking_shapley_plan plan = {.exact_max = exact_max, .draws = 40, .seed = seed};
	if (ranking_change_explain(arena, runs, NULL, unit, &plan, &change, &fault) != STATUS_OK)
		fail_msg("%s", fault.text);
	return change;
}

static size_t row_of(const struct ranking_input *input, const char *code)
{
	size_t row = 0;
	while (!text_equal(input->codes[row], code))
		row++;
	return row;
}

static const char *const METHODS[] = {
	ADDITIVE,
	"\"normalise\":{\"method\":\"z-score\"},\"impute\":[{\"method\":\"median\"}],\"aggregate\":[{\"method\":\"arithmetic\"}]",
	"\"normalise\":{\"method\":\"rank\"},\"aggregate\":[{\"method\":\"geometric\",\"min_available\":0.9}],\"ranking\":{\"decimals\":1}",
	"\"normalise\":{\"method\":\"exponential-rank\"},\"impute\":[{\"at\":\"indicators\",\"method\":\"parent-mean\"}],"
	"\"aggregate\":[{\"method\":\"power\",\"power\":2}]",
	"\"normalise\":{\"method\":\"borda\"},\"aggregate\":[{\"method\":\"copeland\"},{\"method\":\"arithmetic\"}]",
	"",  /* goalposts: see method */
	"\"normalise\":{\"method\":\"distance-to-reference\",\"reference\":\"u05\"},\"aggregate\":[{\"method\":\"arithmetic\"}]",
	"\"normalise\":{\"method\":\"min-max\"},\"outliers\":{\"method\":\"winsorise\",\"skew\":0.1,\"kurtosis\":-1.5,\"max_points\":3,"
	"\"fallback\":\"log\"},\"aggregate\":[{\"method\":\"arithmetic\"},{\"method\":\"harmonic\"}]",
	"\"normalise\":{\"method\":\"distance-to-max\"},\"outliers\":{\"method\":\"winsorise\",\"skew\":0.1,\"kurtosis\":-1.5},"
	"\"aggregate\":[{\"method\":\"arithmetic\"}],\"ranking\":{\"ties\":\"dense\"}",
	"\"normalise\":{\"method\":\"percentile-rank\"},\"impute\":[{\"at\":[\"a\"],\"method\":\"parent-mean\"}],"
	"\"aggregate\":[{\"method\":\"arithmetic\",\"min_available\":0.9},{\"method\":\"arithmetic\"}]",
};

/* Goalposts need those of every indicator. */
static const struct methodology *method(struct arena *arena, size_t number)
{
	if (number != 5)
		return tree(arena, METHODS[number]);
	return methodology_of(arena,
		"{\"code\":\"m\",\"version\":1,\"nodes\":[{\"code\":\"r\"},{\"code\":\"a\",\"parent\":\"r\"},{\"code\":\"b\",\"parent\":\"r\"}],"
		"\"indicators\":[{\"code\":\"w\",\"parent\":\"a\",\"goalposts\":[0,100]},{\"code\":\"x\",\"parent\":\"a\",\"goalposts\":[20,120]},"
		"{\"code\":\"y\",\"parent\":\"b\",\"goalposts\":[10,90]},{\"code\":\"z\",\"parent\":\"b\",\"goalposts\":[0,80]}],"
		"\"normalise\":{\"method\":\"goalposts\"},\"impute\":[{\"at\":[\"b\"],\"method\":\"group-mean\",\"group\":\"g\"}],"
		"\"aggregate\":[{\"method\":\"median\",\"min_available\":0.8},{\"method\":\"arithmetic\"}]}");
}

static void check_end(struct arena *arena, struct ranking_world *world, uint8_t run, const struct methodology *methodology,
                      const struct ranking_input *input)
{
	uint8_t in[CAUSES_MAX];
	struct ranking_world_state state;
	const char *const *codes;
	size_t units = ranking_world_units(world, &codes);
	struct ranking_scores scores = run_input(arena, methodology, input);
	memset(in, run, sizeof in);
	ranking_world_enter(world, in, &state);
	size_t found = 0;
	for (size_t unit = 0; unit < units; unit++) {
		if (state.rows[unit] == SIZE_MAX)
			continue;
		size_t row = row_of(input, codes[unit]);
		check_numbers("score", &state.scores[unit], &scores.scores[row], 1);
		assert_int_equal(state.places[unit], scores.places[row]);
		found++;
	}
	assert_int_equal(found, input->units);
}

static void the_ends_are_what_the_engine_computes(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 0);
	for (size_t older = 0; older < ARRAY_COUNT(METHODS); older++) {
		for (size_t newer = 0; newer < ARRAY_COUNT(METHODS); newer++) {
			const struct methodology *m[2] = {method(*state, older), NULL};
			const struct ranking_input *v[2] = {draw_run(*state, &random, 0, 0.1), draw_run(*state, &random, 2, 0.1)};
			m[1] = older == newer ? m[0] : method(*state, newer);
			struct ranking_runs runs = runs_of(m[0], v[0], m[1], v[1]);
			struct ranking_world *world = world_of(*state, &runs, "u07");
			check_end(*state, world, 0, m[0], v[0]);
			check_end(*state, world, 1, m[1], v[1]);
		}
	}
}

/* ---- the definition: the mean over all orders of the causes ---- */

struct orders {
	struct ranking_world *world;
	size_t count;
	double scores[1 << CAUSES_MAX], places[1 << CAUSES_MAX];
	long double score_parts[CAUSES_MAX], place_parts[CAUSES_MAX];  /* sums of a great many terms */
	double orders;
};

static void ask_all(struct orders *orders)
{
	for (size_t set = 0; set < (size_t)1 << orders->count; set++) {
		uint8_t in[CAUSES_MAX];
		struct ranking_world_state state;
		for (size_t i = 0; i < orders->count; i++)
			in[i] = set >> i & 1;
		ranking_world_enter(orders->world, in, &state);
		orders->scores[set] = state.score;
		orders->places[set] = state.place;
	}
}

static void walk(struct orders *orders, size_t set)
{
	if (set == ((size_t)1 << orders->count) - 1) {
		orders->orders++;
		return;
	}
	for (size_t i = 0; i < orders->count; i++) {
		size_t with = set | (size_t)1 << i;
		double before = orders->orders;
		if (with == set)
			continue;
		walk(orders, with);
		orders->score_parts[i] += (orders->scores[with] - orders->scores[set]) * (orders->orders - before);
		orders->place_parts[i] += (orders->places[set] - orders->places[with]) * (orders->orders - before);
	}
}

static void check_parts(struct arena *arena, const struct ranking_runs *runs, const char *unit)
{
	struct ranking_change change = explain(arena, runs, unit, 0);
	struct orders *orders = arena_array(arena, struct orders, 1);
	const struct ranking_cause *causes;
	orders->world = world_of(arena, runs, unit);
	orders->count = ranking_world_causes(orders->world, &causes);
	assert_true(change.exact && orders->count == change.part_count && orders->count <= 9);
	ask_all(orders);
	walk(orders, 0);
	double score = 0, places = 0;
	for (size_t i = 0; i < change.part_count; i++) {
		score += change.parts[i].score;
		places += change.parts[i].places;
		check_numbers("score", &change.parts[i].score, &(double){(double)(orders->score_parts[i] / orders->orders)}, 1);
		check_numbers("places", &change.parts[i].places, &(double){(double)(orders->place_parts[i] / orders->orders)}, 1);
		assert_true(change.parts[i].score_error == 0 && change.parts[i].places_error == 0);
	}
	assert_true(fabs(score - (change.scores[1] - change.scores[0])) <= 1e-12 * 100);
	assert_true(fabs(places - ((double)change.places[0] - (double)change.places[1])) <= 1e-12 * 10);
}

static void the_parts_are_the_mean_over_all_orders_of_the_causes(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 1);
	for (size_t run = 0; run < 3 * ARRAY_COUNT(METHODS); run++) {
		const struct methodology *m[2] = {method(*state, run % ARRAY_COUNT(METHODS)), NULL};
		m[1] = run % 3 == 0 ? m[0] : method(*state, (run * 3 + 1) % ARRAY_COUNT(METHODS));
		struct ranking_runs runs = runs_of(m[0], draw_run(*state, &random, 0, 0.05), m[1], draw_run(*state, &random, run % 3, 0.05));
		check_parts(*state, &runs, CODES[5 + run % 5]);
	}
}

static void in_closed_form_the_score_has_the_same_parts(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 2);
	for (int run = 0; run < 10; run++) {
		const struct methodology *m[2] = {method(*state, 0), method(*state, 1)};
		const struct ranking_input *older = draw_run(*state, &random, 0, 0.05);
		struct ranking_runs runs = runs_of(m[0], older, m[run % 2], draw_run(*state, &random, 1, 0.05));
		struct ranking_change change = explain(*state, &runs, "u08", 0);
		struct ranking_change drawn = explain(*state, &runs, "u08", 1);
		assert_true(change.score_is_closed && drawn.score_is_closed && !drawn.exact && drawn.draws == 40);
		double places = 0;
		for (size_t i = 0; i < drawn.part_count; i++) {
			check_numbers("closed", &drawn.parts[i].score, &change.parts[i].score, 1);
			places += drawn.parts[i].places;
		}
		assert_true(fabs(places - ((double)drawn.places[0] - (double)drawn.places[1])) <= 1e-12 * 10);
	}
}

static void causes_that_differ_in_nothing_are_not_listed(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 3);
	const struct methodology *m = method(*state, 0);
	const struct ranking_input *values = draw_run(*state, &random, 0, 0.1);
	struct ranking_runs runs = runs_of(m, values, m, values);
	struct ranking_change change = explain(*state, &runs, "u03", 0);
	assert_int_equal(change.part_count, 0);
	assert_true(change.places[0] == change.places[1] && change.scores[0] == change.scores[1]);
}

static void rises_less_falls_are_the_change_of_place(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 4);
	int moved = 0;
	for (int run = 0; run < 40; run++) {
		const struct methodology *m = method(*state, 0);
		const struct ranking_input *older = draw_run(*state, &random, 0, 0.05);
		const struct ranking_input *newer = run % 2 == 0 ? nudge(*state, &random, older) : draw_run(*state, &random, 2, 0.05);
		struct ranking_runs runs = runs_of(m, older, m, newer);
		struct ranking_change change = explain(*state, &runs, "u06", 0);
		int balance = 0;
		for (size_t i = 0; i < change.rival_count; i++)
			balance += change.rivals[i].move <= RANKING_RIVAL_LEFT ? 1 : -1;
		assert_int_equal(balance, (int)change.places[0] - (int)change.places[1]);
		moved += balance != 0 ? 1 : 0;
	}
	assert_true(moved > 10);
}

/* b stood before a; a's x rises and takes it past b, c's y rises and takes c past both. Goalposts: the frame cannot move. */
static void it_is_named_who_passed_whom_through_what(void **state)
{
	static const char *const UNIT_CODES[] = {"a", "b", "c"};
	static const double OLDER[] = {10, 30, 5, 50, 50, 40};
	static const double NEWER[] = {40, 30, 5, 50, 50, 95};
	const struct methodology *m = flat_methodology(*state,
		"{\"code\":\"x\",\"parent\":\"index\",\"goalposts\":[0,100]},{\"code\":\"y\",\"parent\":\"index\",\"goalposts\":[0,100]}",
		"\"normalise\":{\"method\":\"goalposts\",\"range\":[0,100]},\"aggregate\":[{\"method\":\"arithmetic\"}]");
	const struct ranking_input v[2] = {{.units = 3, .codes = UNIT_CODES, .values = OLDER},
	                                   {.units = 3, .codes = UNIT_CODES, .values = NEWER}};
	struct ranking_runs runs = runs_of(m, &v[0], m, &v[1]);
	struct ranking_change change = explain(*state, &runs, "a", 0);
	assert_true(change.places[0] == 2 && change.places[1] == 2 && change.rival_count == 2);
	assert_string_equal(change.rivals[0].code, "c");
	assert_int_equal(change.rivals[0].move, RANKING_RIVAL_OVERTOOK);
	assert_string_equal(change.rivals[0].indicator, "y");
	assert_false(change.rivals[0].indicator_is_own);
	assert_int_equal(change.rivals[0].cause.kind, RANKING_CAUSE_OTHERS);
	assert_string_equal(change.rivals[1].code, "b");
	assert_int_equal(change.rivals[1].move, RANKING_RIVAL_OVERTAKEN);
	assert_string_equal(change.rivals[1].indicator, "x");
	assert_true(change.rivals[1].indicator_is_own);
	assert_int_equal(change.rivals[1].cause.kind, RANKING_CAUSE_OWN);
	assert_string_equal(change.rivals[1].cause.indicator, "x");
	/* The frames differ in what they hold, which is of no consequence to goalposts. */
	for (size_t i = 0; i < change.part_count; i++) {
		if (change.parts[i].cause.kind == RANKING_CAUSE_FRAME)
			assert_true(change.parts[i].score == 0 && change.parts[i].places == 0);
	}
}

/* a stays at 10 while the best of the others goes from 20 to 40: a has half, then a quarter, and only the frame did it. Then
 * a doubles inside a frame that stays: only its own value did it. The rival at 15 passes neither way through the frame. */
static void the_moved_frame_is_told_from_values(void **state)
{
	static const char *const UNIT_CODES[] = {"a", "b", "c", "d"};
	static const double VALUES[3][4] = {{10, 0, 20, 15}, {10, 0, 40, 15}, {20, 0, 40, 15}};
	const struct methodology *m = flat_methodology(*state, "{\"code\":\"x\",\"parent\":\"index\"}",
		"\"normalise\":{\"method\":\"min-max\",\"range\":[0,100]},\"aggregate\":[{\"method\":\"arithmetic\"}]");
	struct ranking_input v[3];
	for (size_t i = 0; i < 3; i++)
		v[i] = (struct ranking_input){.units = 4, .codes = UNIT_CODES, .values = VALUES[i]};
	struct ranking_runs runs = runs_of(m, &v[0], m, &v[1]);
	struct ranking_change change = explain(*state, &runs, "a", 0);
	assert_int_equal(change.part_count, 2);
	assert_true(change.parts[0].cause.kind == RANKING_CAUSE_OTHERS && change.parts[0].score == 0 && change.parts[0].places == 0);
	assert_true(change.parts[1].cause.kind == RANKING_CAUSE_FRAME && change.parts[1].score == -25 && change.parts[1].places == 0);
	runs = runs_of(m, &v[1], m, &v[2]);
	change = explain(*state, &runs, "a", 0);
	assert_int_equal(change.part_count, 1);
	assert_true(change.parts[0].cause.kind == RANKING_CAUSE_OWN && change.parts[0].score == 25 && change.parts[0].places == 1);
}

static void what_became_known_later_comes_first(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 5);
	const struct methodology *m = method(*state, 0);
	const struct ranking_input *published = draw_run(*state, &random, 0, 0.05);
	const struct ranking_input *known = nudge(*state, &random, published);
	struct ranking_runs runs = runs_of(m, known, m, nudge(*state, &random, known));
	struct ranking_change plain = explain(*state, &runs, "u04", 0);
	struct ranking_change change;
	assert_int_equal(ranking_change_explain(*state, &runs, published, "u04", &(struct ranking_shapley_plan){0}, &change, NULL),
	                 STATUS_OK);
	struct ranking_scores scores = run_input(*state, m, published);
	size_t row = row_of(published, "u04");
	assert_int_equal(change.places[0], scores.places[row]);
	assert_int_equal(change.part_count, plain.part_count + 1);
	const struct ranking_change_part *part = &change.parts[plain.part_count];
	assert_int_equal(part->cause.kind, RANKING_CAUSE_CORRECTED);
	assert_true(part->places == (double)change.places[0] - (double)plain.places[0]);
	assert_true(part->score == plain.scores[0] - change.scores[0]);
}

static void a_panel_and_an_unknown_unit_are_refused(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 6);
	const struct ranking_input *values = draw_run(*state, &random, 0, 0);
	const struct methodology *panel = tree(*state, ADDITIVE ",\"panel\":{\"column\":\"year\",\"scope\":\"local\"}");
	const struct methodology *m = method(*state, 0);
	struct ranking_world *world;
	struct fault fault = {0};
	struct ranking_runs runs = runs_of(m, values, panel, values);
	assert_int_equal(ranking_world_new(*state, &runs, "u01", &world, &fault), STATUS_UNSUPPORTED);
	assert_string_equal(fault.code, "panel");
	runs = runs_of(m, values, m, draw_run(*state, &random, 2, 0));
	assert_int_equal(ranking_world_new(*state, &runs, "u01", &world, &fault), STATUS_NOT_FOUND);
	assert_string_equal(fault.code, "unit");
	assert_non_null(strstr(fault.text, "newer"));
}

int main(void)
{
	const char *given = getenv("EFFREG_TEST_SEED");
	seed = given != NULL ? strtoull(given, NULL, 10) : 20260101;
	print_message("# EFFREG_TEST_SEED=%llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_ends_are_what_the_engine_computes, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(the_parts_are_the_mean_over_all_orders_of_the_causes, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(in_closed_form_the_score_has_the_same_parts, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(causes_that_differ_in_nothing_are_not_listed, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(rises_less_falls_are_the_change_of_place, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(it_is_named_who_passed_whom_through_what, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(the_moved_frame_is_told_from_values, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(what_became_known_later_comes_first, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_panel_and_an_unknown_unit_are_refused, make_arena, drop_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
