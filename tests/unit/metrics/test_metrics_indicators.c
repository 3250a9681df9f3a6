/* What the indicators of a region and year say, event by event. */
#include "tests/unit/metrics/region_fixture.h"

#define OPENED(project, authorities, digital, support) \
	"\"project\":\"" project "\",\"authorities\":[" authorities "],\"digital\":" digital ",\"support\":\"" support "\""
#define NAMED(project) "\"project\":\"" project "\""
#define PLANNED(project, indicator, unit, base) \
	"\"project\":\"" project "\",\"indicator\":\"" indicator "\",\"unit\":\"" unit "\"," \
	"\"base\":{\"value\":\"" base "\",\"on\":\"2022-01-01\"},\"target\":{\"value\":\"1\",\"on\":\"2023-01-01\"}"
#define MEASURED(project, indicator, unit, value, on) \
	"\"project\":\"" project "\",\"indicator\":\"" indicator "\",\"unit\":\"" unit "\"," \
	"\"value\":\"" value "\",\"measured_on\":\"" on "\""

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

/* A project opened in 2022 and closed in 2023 with a lead time from base to actual. */
static void project_done(struct region_fixture *fixture, const char *name, const char *base_unit, const char *base,
                         const char *actual_unit, const char *actual)
{
	struct arena *arena = fixture->arena;
	fixture_event(fixture, "project.opened", "2022-03-01T09:00:00Z",
	              arena_printf(arena, OPENED("%s", "\"A\"", "true", "independent"), name));
	fixture_event(fixture, "indicator.planned", "2022-03-02T09:00:00Z",
	              arena_printf(arena, PLANNED("%s", "lead_time", "%s", "%s"), name, base_unit, base));
	fixture_event(fixture, "measurement.recorded", "2023-05-02T09:00:00Z",
	              arena_printf(arena, MEASURED("%s", "lead_time", "%s", "%s", "2023-05-01"), name, actual_unit,
	                           actual));
	fixture_event(fixture, "project.closed", "2023-06-01T09:00:00Z", arena_printf(arena, NAMED("%s"), name));
}

static void initiated_and_completed_are_counted_in_the_utc_year_of_their_events(void **state)
{
	struct region_fixture *fixture = *state;
	fixture_event(fixture, "project.opened", "2023-01-01T02:00:00+03:00", OPENED("P", "\"A\"", "true", "partner"));
	fixture_event(fixture, "project.closed", "2023-06-01T00:00:00Z", NAMED("P"));
	fixture_turn(fixture);
	assert_value(fixture, 2022, "initiated", "1/1 1 1");
	assert_value(fixture, 2022, "completed", "0/1 0 0");
	assert_value(fixture, 2023, "initiated", "0/1 0 0");
	assert_value(fixture, 2023, "completed", "1/1 1 1");
	assert_value(fixture, 2021, "initiated", "unknown");
	assert_value(fixture, 2024, "initiated", "unknown");
}

static void a_project_closed_before_its_opening_is_known_counts_once_it_is(void **state)
{
	struct region_fixture *fixture = *state;
	fixture_event(fixture, "project.closed", "2023-06-01T00:00:00Z", NAMED("P"));
	fixture_turn(fixture);
	assert_value(fixture, 2023, "completed", "0/1 0 0");
	fixture_event(fixture, "project.opened", "2022-06-01T00:00:00Z", OPENED("P", "\"A\"", "true", "partner"));
	fixture_turn(fixture);
	assert_value(fixture, 2023, "completed", "1/1 1 1");
	assert_value(fixture, 2022, "initiated", "1/1 1 1");
}

static void the_shares_are_of_the_projects_opened_in_the_year(void **state)
{
	struct region_fixture *fixture = *state;
	fixture_event(fixture, "project.opened", "2023-01-01T00:00:00Z", OPENED("P1", "\"A\"", "true", "partner"));
	fixture_event(fixture, "project.opened", "2023-01-02T00:00:00Z", OPENED("P2", "\"A\",\"B\"", "false", "partner"));
	fixture_event(fixture, "project.opened", "2023-01-03T00:00:00Z",
	              OPENED("P3", "\"A\",\"B\",\"C\"", "true", "independent"));
	fixture_event(fixture, "headcount.reported", "2024-01-01T00:00:00Z",
	              "\"as_of\":\"2024-01-01\",\"civil_servants\":0");
	fixture_turn(fixture);
	assert_value(fixture, 2023, "interdepartmental_share", "2/3 3 66.666667");
	assert_value(fixture, 2023, "independent_share", "1/3 3 33.333333");
	assert_value(fixture, 2023, "digital_share", "2/3 3 66.666667");
	assert_value(fixture, 2024, "digital_share", "0/0 0 missing");
}

static void seven_days_to_three_are_a_reduction_of_57_14_per_cent(void **state)
{
	struct region_fixture *fixture = *state;
	project_done(fixture, "P", "working_day", "7", "working_day", "3");
	fixture_turn(fixture);
	assert_value(fixture, 2023, "lead_time_reduction", "57.142857/1 1 57.142857");
	assert_value(fixture, 2023, "labour_reduction", "0/0 0 missing");
	assert_value(fixture, 2023, "measured", "1/1 1 1");
	assert_value(fixture, 2022, "lead_time_reduction", "0/0 0 missing");
}

static void units_of_one_family_are_converted(void **state)
{
	struct region_fixture *fixture = *state;
	project_done(fixture, "P", "working_day", "2", "working_hour", "4");
	fixture_turn(fixture);
	assert_value(fixture, 2023, "lead_time_reduction", "75/1 1 75");
}

static void what_cannot_be_compared_is_left_out_of_the_median_but_is_measured(void **state)
{
	struct region_fixture *fixture = *state;
	project_done(fixture, "other-family", "working_day", "7", "calendar_day", "3");
	project_done(fixture, "no-base", "working_day", "0", "working_day", "3");
	project_done(fixture, "negative-base", "working_day", "-4", "working_day", "3");
	project_done(fixture, "good", "working_day", "4", "working_day", "3");
	fixture_event(fixture, "project.opened", "2022-01-01T00:00:00Z", OPENED("no-plan", "\"A\"", "true", "partner"));
	fixture_event(fixture, "measurement.recorded", "2023-01-01T00:00:00Z",
	              MEASURED("no-plan", "lead_time", "working_day", "1", "2023-01-01"));
	fixture_event(fixture, "project.closed", "2023-02-01T00:00:00Z", NAMED("no-plan"));
	fixture_turn(fixture);
	assert_value(fixture, 2023, "lead_time_reduction", "25/1 1 25");
	assert_value(fixture, 2023, "measured", "5/1 5 5");
}

static void a_reduction_beyond_every_reason_is_left_out_and_not_wrapped(void **state)
{
	struct region_fixture *fixture = *state;
	project_done(fixture, "P", "working_day", "0.000001", "working_hour", "999999999999.999999");
	project_done(fixture, "Q", "working_hour", "0.000001", "working_hour", "90000000000");
	fixture_turn(fixture);
	assert_value(fixture, 2023, "lead_time_reduction", "0/0 0 missing");
}

static void the_median_of_an_even_number_is_the_mean_of_the_two_middle_ones_half_to_even(void **state)
{
	struct region_fixture *fixture = *state;
	project_done(fixture, "P1", "count", "1000000", "count", "900000");
	project_done(fixture, "P2", "count", "100000000", "count", "74999999");
	project_done(fixture, "P3", "count", "100000000", "count", "75000000");
	project_done(fixture, "P4", "count", "100", "count", "10");
	fixture_turn(fixture);
	/* (25 + 25.000001) / 2 = 25.0000005 */
	assert_value(fixture, 2023, "lead_time_reduction", "50.000001/2 4 25");
}

static void the_actual_value_is_the_measurement_of_the_latest_day_whatever_was_reported_last(void **state)
{
	struct region_fixture *fixture = *state;
	project_done(fixture, "P", "working_day", "10", "working_day", "4");
	fixture_event(fixture, "measurement.recorded", "2023-07-01T00:00:00Z",
	              MEASURED("P", "lead_time", "working_day", "9", "2023-04-30"));
	fixture_turn(fixture);
	assert_value(fixture, 2023, "lead_time_reduction", "60/1 1 60");
	fixture_event(fixture, "measurement.recorded", "2023-08-01T00:00:00Z",
	              MEASURED("P", "lead_time", "working_day", "3", "2023-05-01"));
	fixture_event(fixture, "measurement.recorded", "2023-07-15T00:00:00Z",
	              MEASURED("P", "lead_time", "working_day", "5", "2023-05-01"));
	fixture_turn(fixture);
	assert_value(fixture, 2023, "lead_time_reduction", "70/1 1 70");
}

static void authorities_are_a_stock_of_their_year_and_all_that_follow(void **state)
{
	struct region_fixture *fixture = *state;
	project_done(fixture, "P", "count", "4", "count", "1");
	fixture_turn(fixture);
	assert_value(fixture, 2023, "completed_per_authority", "1/0 1 missing");
	fixture_event(fixture, "authority.registered", "2024-01-01T00:00:00Z",
	              "\"authority\":\"A\",\"registered_on\":\"2022-01-01\"");
	fixture_event(fixture, "authority.registered", "2024-01-01T00:00:00Z",
	              "\"authority\":\"B\",\"registered_on\":\"2023-12-31\"");
	fixture_turn(fixture);
	assert_value(fixture, 2022, "authority_coverage", "1/1 1 100");
	assert_value(fixture, 2023, "authority_coverage", "1/2 2 50");
	assert_value(fixture, 2023, "completed_per_authority", "1/2 1 0.5");
}

static void an_authority_that_takes_part_before_it_is_registered_is_covered_from_then_on(void **state)
{
	struct region_fixture *fixture = *state;
	fixture_event(fixture, "project.opened", "2021-01-01T00:00:00Z", OPENED("P", "\"A\"", "true", "partner"));
	fixture_event(fixture, "authority.registered", "2023-01-01T00:00:00Z",
	              "\"authority\":\"A\",\"registered_on\":\"2023-01-01\"");
	fixture_turn(fixture);
	assert_value(fixture, 2022, "authority_coverage", "0/0 0 missing");
	assert_value(fixture, 2023, "authority_coverage", "1/1 1 100");
}

static void trained_people_are_held_against_the_latest_headcount_by_the_years_end(void **state)
{
	struct region_fixture *fixture = *state;
	fixture_event(fixture, "training.completed", "2021-02-01T00:00:00Z",
	              "\"training\":\"T1\",\"completed_on\":\"2021-02-01\",\"people\":30");
	fixture_event(fixture, "training.completed", "2023-02-01T00:00:00Z",
	              "\"training\":\"T2\",\"completed_on\":\"2022-12-31\",\"people\":30");
	fixture_event(fixture, "headcount.reported", "2022-01-01T00:00:00Z",
	              "\"as_of\":\"2022-01-01\",\"civil_servants\":4000");
	fixture_event(fixture, "headcount.reported", "2022-06-02T00:00:00Z",
	              "\"as_of\":\"2022-06-01\",\"civil_servants\":7000");
	fixture_event(fixture, "headcount.reported", "2022-07-02T00:00:00Z",
	              "\"as_of\":\"2022-07-01\",\"civil_servants\":5,\"authority\":\"A\"");
	fixture_event(fixture, "headcount.reported", "2023-01-01T00:00:00Z",
	              "\"as_of\":\"2023-01-01\",\"civil_servants\":9000");
	fixture_turn(fixture);
	assert_value(fixture, 2021, "trained_per_1000", "30/0 1 missing");
	assert_value(fixture, 2022, "trained_per_1000", "30/7000 1 4.285714");
	assert_value(fixture, 2023, "trained_per_1000", "0/9000 0 0");
}

static void practices_are_held_against_the_completed_projects(void **state)
{
	struct region_fixture *fixture = *state;
	fixture_event(fixture, "practice.published", "2022-05-01T00:00:00Z", "\"practice\":\"R1\"");
	fixture_event(fixture, "practice.published", "2023-05-01T00:00:00Z", "\"practice\":\"R2\"");
	project_done(fixture, "P1", "count", "4", "count", "1");
	project_done(fixture, "P2", "count", "4", "count", "1");
	fixture_turn(fixture);
	assert_value(fixture, 2022, "practices_published", "1/1 1 1");
	assert_value(fixture, 2022, "practices_per_100_completed", "1/0 1 missing");
	assert_value(fixture, 2023, "practices_per_100_completed", "1/2 1 50");
}

static void joined_is_one_from_the_year_of_joining_on(void **state)
{
	struct region_fixture *fixture = *state;
	fixture_event(fixture, "practice.published", "2021-05-01T00:00:00Z", "\"practice\":\"R1\"");
	fixture_event(fixture, "region.joined", "2022-12-31T00:00:00Z", "\"joined_on\":\"2022-12-31\"");
	fixture_event(fixture, "practice.published", "2024-05-01T00:00:00Z", "\"practice\":\"R2\"");
	fixture_turn(fixture);
	assert_value(fixture, 2021, "joined", "0/1 0 0");
	assert_value(fixture, 2022, "joined", "1/1 1 1");
	assert_value(fixture, 2023, "joined", "1/1 1 1");
	assert_value(fixture, 2024, "joined", "1/1 1 1");
}

static void only_values_that_differ_are_changes(void **state)
{
	struct region_fixture *fixture = *state;
	fixture_event(fixture, "practice.published", "2023-05-01T00:00:00Z", "\"practice\":\"R1\"");
	fixture_turn(fixture);
	fixture_event(fixture, "practice.published", "2023-06-01T00:00:00Z", "\"practice\":\"R2\"");
	value_board_update(fixture->board, fixture->state);
	assert_int_equal(value_board_changes_count(fixture->board), 2);
	struct board_change change = value_board_change_at(fixture->board, 0);
	assert_int_equal(change.year, 2023);
	assert_int_equal(change.indicator, INDICATOR_practices_published);
	assert_int_equal(value_board_change_at(fixture->board, 1).indicator, INDICATOR_practices_per_100_completed);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(initiated_and_completed_are_counted_in_the_utc_year_of_their_events),
		CASE(a_project_closed_before_its_opening_is_known_counts_once_it_is),
		CASE(the_shares_are_of_the_projects_opened_in_the_year),
		CASE(seven_days_to_three_are_a_reduction_of_57_14_per_cent),
		CASE(units_of_one_family_are_converted),
		CASE(what_cannot_be_compared_is_left_out_of_the_median_but_is_measured),
		CASE(a_reduction_beyond_every_reason_is_left_out_and_not_wrapped),
		CASE(the_median_of_an_even_number_is_the_mean_of_the_two_middle_ones_half_to_even),
		CASE(the_actual_value_is_the_measurement_of_the_latest_day_whatever_was_reported_last),
		CASE(authorities_are_a_stock_of_their_year_and_all_that_follow),
		CASE(an_authority_that_takes_part_before_it_is_registered_is_covered_from_then_on),
		CASE(trained_people_are_held_against_the_latest_headcount_by_the_years_end),
		CASE(practices_are_held_against_the_completed_projects),
		CASE(joined_is_one_from_the_year_of_joining_on),
		CASE(only_values_that_differ_are_changes),
	};
	return cmocka_run_group_tests_name("indicators of a region", tests, NULL, NULL);
}
