/* Shapley values: against the mean over all orders, and the axioms. Random games, EFFREG_TEST_SEED repeats a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "services/ranking/ranking_random.h"
#include "services/ranking/ranking_shapley.h"
#include "tests/unit/ranking/ranking_cases.h"

#define PLAYERS_MAX 12

static uint64_t seed;

/* values: of each set, for each output. */
struct table_game {
	size_t players, outputs;
	double *values;
};

static size_t set_of(const uint8_t *in, size_t players)
{
	size_t set = 0;
	for (size_t i = 0; i < players; i++)
		set |= (size_t)(in[i] != 0) << i;
	return set;
}

static void look_up(void *context, const uint8_t *in, double *ret_values)
{
	const struct table_game *game = context;
	memcpy(ret_values, &game->values[set_of(in, game->players) * game->outputs], game->outputs * sizeof(double));
}

static struct table_game draw_game(struct arena *arena, struct ranking_random *random, size_t players, size_t outputs)
{
	struct table_game game = {.players = players, .outputs = outputs};
	game.values = arena_array(arena, double, outputs << players);
	for (size_t i = 0; i < outputs << players; i++)
		game.values[i] = (ranking_random_unit(random) - 0.5) * 200;
	return game;
}

static struct ranking_shapley solve(struct arena *arena, struct table_game *game, struct ranking_shapley_plan plan)
{
	const struct ranking_game asked = {
		.players = game->players, .outputs = game->outputs, .value = look_up, .context = game};
	struct ranking_shapley shapley;
	ranking_shapley_of(arena, &asked, &plan, &shapley);
	return shapley;
}

/* Adds what each player brings in every order of those not yet in. */
static void walk_orders(const struct table_game *game, size_t output, uint8_t *in, size_t count, double *gains, double *orders)
{
	if (count == game->players) {
		*orders += 1;
		return;
	}
	for (size_t i = 0; i < game->players; i++) {
		if (in[i] != 0)
			continue;
		double before = *orders;
		double gain = -game->values[set_of(in, game->players) * game->outputs + output];
		in[i] = 1;
		gain += game->values[set_of(in, game->players) * game->outputs + output];
		walk_orders(game, output, in, count + 1, gains, orders);
		in[i] = 0;
		gains[i] += gain * (*orders - before);
	}
}

static void parts_are_the_mean_over_all_orders(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 0);
	for (size_t players = 1; players <= 7; players++) {
		struct table_game game = draw_game(*state, &random, players, 2);
		struct ranking_shapley shapley = solve(*state, &game, (struct ranking_shapley_plan){0});
		assert_true(shapley.exact);
		for (size_t output = 0; output < 2; output++) {
			uint8_t in[PLAYERS_MAX] = {0};
			double gains[PLAYERS_MAX] = {0};
			double orders = 0;
			walk_orders(&game, output, in, 0, gains, &orders);
			for (size_t i = 0; i < players; i++)
				gains[i] /= orders;
			check_numbers("parts", &shapley.parts[output * players], gains, players);
		}
	}
}

static double sum_of_parts(const struct ranking_shapley *shapley, size_t players, size_t output)
{
	double sum = 0;
	for (size_t i = 0; i < players; i++)
		sum += shapley->parts[output * players + i];
	return sum;
}

static void parts_add_up_to_the_whole(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 1);
	for (size_t players = 1; players <= PLAYERS_MAX; players++) {
		struct table_game game = draw_game(*state, &random, players, 1);
		double whole = game.values[((size_t)1 << players) - 1] - game.values[0];
		struct ranking_shapley exact = solve(*state, &game, (struct ranking_shapley_plan){0});
		struct ranking_shapley drawn = solve(*state, &game, (struct ranking_shapley_plan){.exact_max = 1, .draws = 50});
		assert_true(drawn.exact == (players == 1));
		assert_true(fabs(sum_of_parts(&exact, players, 0) - whole) <= 1e-12 * 100);
		assert_true(fabs(sum_of_parts(&drawn, players, 0) - whole) <= 1e-12 * 100);
	}
}

static void equal_players_get_equal_parts_and_a_dummy_none(void **state)
{
	enum { PLAYERS = 6, LEFT = 1, RIGHT = 4, DUMMY = 2 };
	struct ranking_random random;
	ranking_random_init(&random, seed, 2);
	for (int run = 0; run < 20; run++) {
		struct table_game game = draw_game(*state, &random, PLAYERS, 1);
		for (size_t set = 0; set < (size_t)1 << PLAYERS; set++) {
			bool left = (set >> LEFT & 1) != 0;
			bool right = (set >> RIGHT & 1) != 0;
			size_t twin = left == right ? set : set ^ ((size_t)1 << LEFT | (size_t)1 << RIGHT);
			size_t least = (twin < set ? twin : set) & ~((size_t)1 << DUMMY);
			game.values[set] = game.values[least];
		}
		struct ranking_shapley shapley = solve(*state, &game, (struct ranking_shapley_plan){0});
		assert_true(fabs(shapley.parts[LEFT] - shapley.parts[RIGHT]) <= 1e-12 * 100);
		assert_true(fabs(shapley.parts[DUMMY]) <= 1e-12 * 100);
	}
}

static void the_parts_of_a_sum_of_games_are_the_sums_of_their_parts(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 3);
	struct table_game game = draw_game(*state, &random, 8, 3);
	for (size_t set = 0; set < (size_t)1 << 8; set++)
		game.values[set * 3 + 2] = 2 * game.values[set * 3] - 3 * game.values[set * 3 + 1];
	struct ranking_shapley shapley = solve(*state, &game, (struct ranking_shapley_plan){0});
	for (size_t i = 0; i < 8; i++)
		assert_true(fabs(2 * shapley.parts[i] - 3 * shapley.parts[8 + i] - shapley.parts[16 + i]) <= 1e-12 * 500);
}

/* Three and a half widths of 95 % are close to seven standard errors. */
static void drawn_parts_stay_close_to_the_exact_ones(void **state)
{
	struct ranking_random random;
	ranking_random_init(&random, seed, 4);
	struct table_game game = draw_game(*state, &random, 10, 1);
	struct ranking_shapley exact = solve(*state, &game, (struct ranking_shapley_plan){0});
	struct ranking_shapley drawn = solve(*state, &game, (struct ranking_shapley_plan){.exact_max = 1, .draws = 2000, .seed = seed});
	struct ranking_shapley again = solve(*state, &game, (struct ranking_shapley_plan){.exact_max = 1, .draws = 2000, .seed = seed});
	assert_int_equal(drawn.draws, 2000);
	for (size_t i = 0; i < 10; i++) {
		assert_true(drawn.errors[i] > 0 && drawn.errors[i] < 10 && exact.errors[i] == 0);
		assert_true(fabs(drawn.parts[i] - exact.parts[i]) <= 3.5 * drawn.errors[i]);
	}
	assert_memory_equal(drawn.parts, again.parts, 10 * sizeof *drawn.parts);
}

int main(void)
{
	const char *given = getenv("EFFREG_TEST_SEED");
	seed = given != NULL ? strtoull(given, NULL, 10) : 20260101;
	print_message("# EFFREG_TEST_SEED=%llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(parts_are_the_mean_over_all_orders, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(parts_add_up_to_the_whole, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(equal_players_get_equal_parts_and_a_dummy_none, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(the_parts_of_a_sum_of_games_are_the_sums_of_their_parts, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(drawn_parts_stay_close_to_the_exact_ones, make_arena, drop_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
