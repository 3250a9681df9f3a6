/* The reactor over real descriptors, timers and signals. A watchdog timer ends a loop that would run for ever. */
#include "common/loop.h"

#include "common/ambient.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define WATCHDOG_MS 10000

static struct loop *loop;
static bool bitten;  /* the watchdog ended the loop */
static char said[64];
static int first[2], second[2];

static void note(char letter)
{
	size_t len = strlen(said);
	if (len + 1 < sizeof said)
		said[len] = letter;
}

static void bite(void *context)
{
	(void)context;
	bitten = true;
	loop_stop(loop);
}

static int open_all(void **state)
{
	(void)state;
	memset(said, 0, sizeof said);
	bitten = false;
	loop = loop_new();
	loop_every(loop, WATCHDOG_MS, bite, NULL);
	return pipe(first) == 0 && pipe(second) == 0 ? 0 : -1;
}

static int close_all(void **state)
{
	(void)state;
	loop_destroy(&loop);
	for (int i = 0; i < 2; i++) {
		close(first[i]);
		close(second[i]);
	}
	return 0;
}

static void run(void)
{
	loop_run(loop);
	assert_false(bitten);
}

static void fill(const int pipe_ends[2])
{
	assert_int_equal(write(pipe_ends[1], "x", 1), 1);
}

static void drain(const int pipe_ends[2])
{
	char byte;
	assert_int_equal(read(pipe_ends[0], &byte, 1), 1);
}

/* ---- descriptors */

static void take_three(void *context)
{
	(void)context;
	drain(first);
	note('a');
	if (strlen(said) == 3)
		loop_stop(loop);
	else
		fill(first);
}

static void a_readable_descriptor_is_served_each_time(void **state)
{
	(void)state;
	loop_on_fd(loop, first[0], take_three, NULL);
	fill(first);
	run();
	assert_string_equal(said, "aaa");
	assert_true(loop_stopping(loop));
}

static void take_the_other_away(void *context)
{
	const int *other = context;
	note('a');
	loop_off_fd(loop, *other);
	loop_stop(loop);
}

static void take_the_other_away_and_go_on(void *context)
{
	const int *other = context;
	note(other == &second[0] ? 'a' : 'b');
	loop_off_fd(loop, *other);
	loop_soon(loop, bite, NULL);
}

/* Both are ready in one round; whichever comes first takes the other one away, which must not be called then. */
static void a_handler_taken_away_in_the_same_round_is_not_called(void **state)
{
	(void)state;
	loop_on_fd(loop, first[0], take_the_other_away_and_go_on, &second[0]);
	loop_on_fd(loop, second[0], take_the_other_away_and_go_on, &first[0]);
	fill(first);
	fill(second);
	loop_run(loop);
	assert_string_equal(said, "a");
}

static void after_a_stop_no_further_handler_of_the_round_runs(void **state)
{
	(void)state;
	int nothing = -1;
	loop_on_fd(loop, first[0], take_the_other_away, &nothing);
	loop_on_fd(loop, second[0], take_the_other_away, &nothing);
	fill(first);
	fill(second);
	run();
	assert_string_equal(said, "a");
}

static void say_c(void *context)
{
	(void)context;
	note('c');
	loop_stop(loop);
}

static void add_a_watch(void *context)
{
	(void)context;
	drain(first);
	note('a');
	loop_on_fd(loop, second[0], say_c, NULL);
}

static void a_handler_added_in_a_round_is_served_in_the_next(void **state)
{
	(void)state;
	loop_on_fd(loop, first[0], add_a_watch, NULL);
	fill(first);
	fill(second);
	run();
	assert_string_equal(said, "ac");
}

static void a_watch_can_be_added_and_taken_away_without_end(void **state)
{
	(void)state;
	for (int i = 0; i < 10 * LOOP_WATCHES_MAX; i++) {
		loop_on_fd(loop, first[0], say_c, NULL);
		loop_off_fd(loop, first[0]);
		loop_off_fd(loop, first[0]);
	}
	loop_on_fd(loop, second[0], say_c, NULL);
	fill(first);
	fill(second);
	run();
	assert_string_equal(said, "c");
}

/* ---- soon */

static void soon_again(void *context)
{
	int *left = context;
	note('s');
	if (--*left > 0)
		loop_soon(loop, soon_again, left);
	else
		loop_stop(loop);
}

static void what_is_asked_for_twice_runs_once_a_round(void **state)
{
	(void)state;
	int left = 3;
	loop_soon(loop, soon_again, &left);
	loop_soon(loop, soon_again, &left);
	run();
	assert_string_equal(said, "sss");
}

static void soon_for_ever(void *context)
{
	loop_soon(loop, soon_for_ever, context);
}

static void what_asks_for_itself_again_does_not_starve_the_sockets(void **state)
{
	(void)state;
	loop_soon(loop, soon_for_ever, NULL);
	loop_on_fd(loop, first[0], say_c, NULL);
	fill(first);
	run();
	assert_string_equal(said, "c");
}

/* ---- timers */

struct ticks {
	char letter;
	int left;
};

static void tick(void *context)
{
	struct ticks *ticks = context;
	note(ticks->letter);
	if (--ticks->left == 0)
		loop_stop(loop);
}

static void a_timer_fires_again_and_again_and_not_before_its_time(void **state)
{
	(void)state;
	struct ticks ticks = {'t', 3};
	int64_t start_ms = ambient_monotonic_ms();
	loop_every(loop, 20, tick, &ticks);
	run();
	assert_string_equal(said, "ttt");
	assert_true(ambient_monotonic_ms() - start_ms >= 60);
}

static void the_shorter_of_two_timers_fires_more_often(void **state)
{
	(void)state;
	struct ticks slow = {'s', 1}, fast = {'f', 1000};
	loop_every(loop, 60, tick, &slow);
	loop_every(loop, 10, tick, &fast);
	run();
	assert_true(said[0] == 'f' && said[1] == 'f');
	assert_int_equal(strchr(said, 's') - said, strlen(said) - 1);
}

static void work_on_a_descriptor_does_not_starve_a_timer(void **state)
{
	(void)state;
	struct ticks ticks = {'t', 1};
	loop_every(loop, 5, tick, &ticks);
	loop_soon(loop, soon_for_ever, NULL);
	run();
	assert_string_equal(said, "t");
}

/* ---- signals */

static void end_by(void *context)
{
	kill(getpid(), *(int *)context);
}

static void a_signal_ends_the_loop(void **state)
{
	(void)state;
	static int signals[] = {SIGTERM, SIGINT};
	for (size_t i = 0; i < ARRAY_COUNT(signals); i++) {
		loop_destroy(&loop);
		loop = loop_new();
		loop_every(loop, WATCHDOG_MS, bite, NULL);
		loop_soon(loop, end_by, &signals[i]);
		run();
		assert_true(loop_stopping(loop));
	}
}

static void a_closed_pipe_is_a_failed_write_and_no_end(void **state)
{
	(void)state;
	close(first[0]);
	assert_int_equal(write(first[1], "x", 1), -1);
	first[0] = dup(second[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_readable_descriptor_is_served_each_time),
		TEST(a_handler_taken_away_in_the_same_round_is_not_called),
		TEST(after_a_stop_no_further_handler_of_the_round_runs),
		TEST(a_handler_added_in_a_round_is_served_in_the_next),
		TEST(a_watch_can_be_added_and_taken_away_without_end),
		TEST(what_is_asked_for_twice_runs_once_a_round),
		TEST(what_asks_for_itself_again_does_not_starve_the_sockets),
		TEST(a_timer_fires_again_and_again_and_not_before_its_time),
		TEST(the_shorter_of_two_timers_fires_more_often),
		TEST(work_on_a_descriptor_does_not_starve_a_timer),
		TEST(a_signal_ends_the_loop),
		TEST(a_closed_pipe_is_a_failed_write_and_no_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
