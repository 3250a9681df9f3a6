/* Counting a log again: the figures of its events, whatever stands in it that cannot be counted. */
#include "services/cli/cli_recompute_core.h"
#include "tests/unit/metrics/metrics_fixture.h"

#define JOINED         "\"joined_on\":\"2021-03-01\",\"precision\":\"day\""
#define PRACTICE(name) "\"practice\":\"" name "\",\"title\":{\"ru\":\"a\",\"en\":\"a\"},\"sphere\":\"youth\",\"platform\":\"smarteka\""

static const struct methodology_indicator INDICATORS[] = {
	{.code = "practices_published"}, {.code = "digital_share"}, {.code = "not_an_indicator"}, {.code = "adoptions_given"}};
static const struct methodology METHODOLOGY = {.indicators = INDICATORS, .indicator_count = ARRAY_COUNT(INDICATORS)};

static struct fixture fixture;

static int start(void **state)
{
	(void)state;
	fixture_init(&fixture);
	return 0;
}

static int end(void **state)
{
	(void)state;
	fixture_clear(&fixture);
	return 0;
}

static struct recompute_question question_of(const char *period)
{
	static const struct ranking_cohort ALL = {.code = RANKING_COHORT_ALL, .rule = RANKING_RULE_ALL};
	return (struct recompute_question){
		.definitions = fixture.rules->definitions, .methodology = &METHODOLOGY, .cohort = &ALL, .period = period};
}

static struct ranking_region figures_of(const char *period)
{
	const struct recompute_question question = question_of(period);
	return recompute_figures(fixture_replay(&fixture), fixture.arena, &question, FIXTURE_REGION);
}

static struct ranking_region figures_without_log(const char *code)
{
	const struct recompute_question question = question_of("2023");
	return recompute_figures(NULL, fixture.arena, &question, code);
}

static void the_figures_are_those_of_the_period(void **state)
{
	(void)state;
	fixture_event(&fixture, "region.joined", "2021-03-01T10:00:00Z", JOINED);
	fixture_event(&fixture, "practice.published", "2022-05-01T10:00:00Z", PRACTICE("a"));
	fixture_event(&fixture, "practice.published", "2023-05-01T10:00:00Z", PRACTICE("b"));
	fixture_event(&fixture, "practice.published", "2023-06-01T10:00:00Z", PRACTICE("c"));
	struct ranking_region figures = figures_of("2023");
	assert_string_equal(figures.region, FIXTURE_REGION);
	assert_string_equal(figures.figures[0], "2");
	assert_null(figures.figures[1]);  /* no project: nothing to share */
	assert_null(figures.figures[2]);
	assert_int_equal(figures.measured, 0);
	assert_true(figures.joined);
	assert_string_equal(figures_of("2022").figures[0], "1");
	assert_string_equal(figures_of("2023-06").figures[0], "1");
}

static void a_region_has_joined_in_every_year_after(void **state)
{
	(void)state;
	fixture_event(&fixture, "region.joined", "2021-03-01T10:00:00Z", JOINED);
	assert_false(figures_of("2020").joined);
	assert_true(figures_of("2021").joined);
	assert_true(figures_of("2024").joined);
	assert_null(figures_of("2024").figures[0]);
}

static void a_region_without_a_log_has_nothing(void **state)
{
	(void)state;
	struct ranking_region figures = figures_without_log("01000000");
	assert_false(figures.joined);
	assert_int_equal(figures.measured, 0);
	for (size_t i = 0; i < ARRAY_COUNT(INDICATORS); i++)
		assert_null(figures.figures[i]);
}

static void what_cannot_be_counted_is_passed_over(void **state)
{
	(void)state;
	fixture_event(&fixture, "practice.published", "2023-05-01T10:00:00Z", PRACTICE("a"));
	fixture_event(&fixture, "practice.forgotten", "2023-06-01T10:00:00Z", PRACTICE("b"));
	fixture_store(&fixture, "no event at all");
	fixture_event(&fixture, "practice.published", "2023-08-01T10:00:00Z", PRACTICE("d"));
	assert_string_equal(figures_of("2023").figures[0], "2");
	assert_int_equal(replay_parked(fixture.replay), 2);
}

static void what_a_region_gives_is_told_by_those_who_take_it(void **state)
{
	static const char *const CODES[] = {"20000000", "40000000"};
	figure_sum sums[2 * ARRAY_COUNT(INDICATORS)] = {0};
	bool told[2 * ARRAY_COUNT(INDICATORS)] = {false};
	struct recompute_others others = {.codes = CODES, .count = 2, .sums = sums, .told = told};
	(void)state;
	fixture_event(&fixture, "replication.adopted", "2023-05-01T10:00:00Z",
	              "\"replication\":\"R1\",\"practice\":\"X\",\"from_region\":\"40000000\",\"authority\":\"A1\",\"sphere\":\"youth\",\"adopted_on\":\"2023-05-01\"");
	struct ranking_region regions[] = {figures_of("2023"), figures_without_log("40000000")};
	recompute_add_others(fixture.replay, fixture.rules->definitions, &METHODOLOGY, "2023", &others);
	recompute_add_others(fixture.replay, fixture.rules->definitions, &METHODOLOGY, "2023", &others);
	recompute_take_others(regions, fixture.arena, fixture.rules->definitions, &METHODOLOGY, &others);
	assert_null(regions[0].figures[3]);
	assert_string_equal(regions[1].figures[3], "2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_figures_are_those_of_the_period, start, end),
		cmocka_unit_test_setup_teardown(a_region_has_joined_in_every_year_after, start, end),
		cmocka_unit_test_setup_teardown(a_region_without_a_log_has_nothing, start, end),
		cmocka_unit_test_setup_teardown(what_cannot_be_counted_is_passed_over, start, end),
		cmocka_unit_test_setup_teardown(what_a_region_gives_is_told_by_those_who_take_it, start, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
