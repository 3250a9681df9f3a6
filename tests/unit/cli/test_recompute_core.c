/* Counting a log again: the figures of its events, whatever stands in it that cannot be counted. */
#include "services/cli/cli_recompute_core.h"
#include "tests/unit/metrics/region_fixture.h"

#define JOINED    "\"joined_on\":\"2021-03-01\""
#define PRACTICE(name) "\"practice\":\"" name "\",\"title\":{\"ru\":\"a\"},\"sphere\":\"youth\",\"platform\":\"smarteka\""
#define LOG_MAX 16

/* A log: the events as they were stored. */
struct log {
	struct region_fixture fixture;
	struct methodology methodology;
	struct recompute_region *region;
	const char *events[LOG_MAX];
	size_t count;
	unsigned feeds;
};

static const struct methodology_indicator INDICATORS[] = {
	{.code = "practices_published"}, {.code = "digital_share"}, {.code = "not_an_indicator"}};

static int start(void **state)
{
	struct log *log = calloc(1, sizeof *log);
	assert_non_null(log);
	fixture_init(&log->fixture);
	log->methodology = (struct methodology){.indicators = INDICATORS, .indicator_count = ARRAY_COUNT(INDICATORS)};
	log->region = recompute_region_new(FIXTURE_REGION, log->fixture.units, 7);
	*state = log;
	return 0;
}

static int end(void **state)
{
	struct log *log = *state;
	recompute_region_destroy(&log->region);
	fixture_clear(&log->fixture);
	free(log);
	return 0;
}

static void store(struct log *log, const char *type, const char *time, const char *data)
{
	assert_true(log->count < LOG_MAX);
	log->events[log->count++] = event_of(&log->fixture, type, time, data);
}

/* As a caller does: from the first event again after each that cannot be counted. */
static enum status feed(struct log *log)
{
	struct fault fault;
	enum status status;
	do {
		status = STATUS_OK;
		log->feeds++;
		for (size_t i = 0; i < log->count && status == STATUS_OK; i++)
			status = recompute_region_apply(log->region, i + 1, span_of_text(log->events[i]), &fault);
	} while (status == STATUS_POISON);
	return status;
}

static struct ranking_region figures_of(struct log *log, int year)
{
	return recompute_region_figures(log->region, log->fixture.arena, &log->methodology, FIXTURE_REGION, year);
}

static void the_figures_are_those_of_the_year(void **state)
{
	struct log *log = *state;
	store(log, "region.joined", "2021-03-01T10:00:00Z", JOINED);
	store(log, "practice.published", "2022-05-01T10:00:00Z", PRACTICE("a"));
	store(log, "practice.published", "2023-05-01T10:00:00Z", PRACTICE("b"));
	store(log, "practice.published", "2023-06-01T10:00:00Z", PRACTICE("c"));
	assert_int_equal(feed(log), STATUS_OK);
	struct ranking_region figures = figures_of(log, 2023);
	assert_string_equal(figures.region, FIXTURE_REGION);
	assert_string_equal(figures.figures[0], "2");
	assert_null(figures.figures[1]);  /* no project: nothing to share */
	assert_null(figures.figures[2]);
	assert_int_equal(figures.measured, 0);
	assert_true(figures.joined);
	assert_string_equal(figures_of(log, 2022).figures[0], "1");
}

static void a_region_has_joined_in_every_year_after(void **state)
{
	struct log *log = *state;
	store(log, "region.joined", "2021-03-01T10:00:00Z", JOINED);
	assert_int_equal(feed(log), STATUS_OK);
	assert_false(figures_of(log, 2020).joined);
	assert_true(figures_of(log, 2021).joined);
	assert_true(figures_of(log, 2024).joined);
	assert_null(figures_of(log, 2024).figures[0]);
}

static void a_region_without_a_log_has_nothing(void **state)
{
	struct log *log = *state;
	struct ranking_region figures =
		recompute_region_figures(NULL, log->fixture.arena, &log->methodology, "01000000", 2023);
	assert_false(figures.joined);
	assert_int_equal(figures.measured, 0);
	for (size_t i = 0; i < ARRAY_COUNT(INDICATORS); i++)
		assert_null(figures.figures[i]);
}

static void what_cannot_be_counted_is_passed_over(void **state)
{
	struct log *log = *state;
	store(log, "practice.published", "2023-05-01T10:00:00Z", PRACTICE("a"));
	store(log, "practice.published", "1850-05-01T10:00:00Z", PRACTICE("b"));
	store(log, "practice.published", "2023-07-01T10:00:00Z", PRACTICE("c"));
	log->events[log->count++] = "no event at all";
	store(log, "practice.published", "2023-08-01T10:00:00Z", PRACTICE("d"));
	assert_int_equal(feed(log), STATUS_OK);
	assert_int_equal(log->feeds, 3);
	assert_int_equal(recompute_region_parked(log->region), 2);
	assert_string_equal(figures_of(log, 2023).figures[0], "3");
}

static void a_log_that_cannot_be_counted_at_all_is_given_up(void **state)
{
	struct log *log = *state;
	enum status status = STATUS_POISON;
	uint64_t seq = 1;
	for (; status == STATUS_POISON; seq++)
		status = recompute_region_apply(log->region, seq, span_of_text("{"), NULL);
	assert_int_equal(status, STATUS_TOO_LARGE);
	assert_int_equal(seq, RECOMPUTE_PARKED_MAX + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_figures_are_those_of_the_year, start, end),
		cmocka_unit_test_setup_teardown(a_region_has_joined_in_every_year_after, start, end),
		cmocka_unit_test_setup_teardown(a_region_without_a_log_has_nothing, start, end),
		cmocka_unit_test_setup_teardown(what_cannot_be_counted_is_passed_over, start, end),
		cmocka_unit_test_setup_teardown(a_log_that_cannot_be_counted_at_all_is_given_up, start, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
