/* The indicators of deploy/config/indicators.json over events: what counts, for whom, and in which period. */
#include "tests/unit/metrics/metrics_fixture.h"

static struct fixture fixture;

static int setup(void **state)
{
	(void)state;
	fixture_init(&fixture);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_clear(&fixture);
	return 0;
}

static void on(const char *date, const char *type, const char *data)
{
	fixture_event(&fixture, type, arena_printf(fixture.arena, "%sT10:00:00Z", date), data);
}

static void open_project(const char *date, const char *project, const char *more)
{
	on(date, "project.opened", arena_printf(fixture.arena,
		"\"project\":\"%s\",\"title\":{\"ru\":\"п\",\"en\":\"p\"},\"sphere\":\"education\",\"kind\":\"internal_process\",%s", project, more));
}

static void close_project(const char *date, const char *project)
{
	on(date, "project.closed", arena_printf(fixture.arena, "\"project\":\"%s\"", project));
}

/* From base to actual working days. */
static void measure(const char *date, const char *project, const char *base, const char *actual)
{
	on(date, "indicator.planned", arena_printf(fixture.arena,
		"\"project\":\"%s\",\"indicator\":\"lead_time\",\"unit\":\"working_day\",\"method\":\"m\",\"origin\":\"o\","
		"\"base\":{\"value\":\"%s\",\"on\":\"%s\"},\"target\":{\"value\":\"1\",\"on\":\"%s\"}", project, base, date, date));
	on(date, "measurement.recorded", arena_printf(fixture.arena,
		"\"project\":\"%s\",\"indicator\":\"lead_time\",\"unit\":\"working_day\",\"value\":\"%s\",\"measured_on\":\"%s\"", project, actual, date));
}

#define OWNED(authorities) "\"authorities\":[" authorities "],\"digital\":true,\"support\":\"independent\""

static void a_project_counts_where_it_was_opened_and_where_it_was_closed(void **state)
{
	(void)state;
	open_project("2022-11-10", "P1", OWNED("\"A1\",\"A2\""));
	open_project("2023-02-10", "P2", OWNED("\"A1\""));
	close_project("2023-03-10", "P1");
	assert_value(&fixture, "", "2022", "initiated", "1/1 1 1");
	assert_value(&fixture, "", "2023", "initiated", "1/1 1 1");
	assert_value(&fixture, "", "2023", "completed", "1/1 1 1");
	assert_value(&fixture, "", "2022", "completed", "nothing");
	assert_value(&fixture, "", "2023-Q1", "completed", "1/1 1 1");
	assert_value(&fixture, "", "2023-02", "completed", "nothing");
	assert_value(&fixture, "", "2022", "interdepartmental_share", "1/1 1 100");
	assert_value(&fixture, "", "2023", "interdepartmental_share", "0/1 1 0");
	assert_value(&fixture, "", "2023", "digital_share", "1/1 1 100");
	assert_value(&fixture, "authority/A2", "2022", "initiated", "1/1 1 1");
	assert_value(&fixture, "authority/A2", "2023", "initiated", "nothing");
	assert_value(&fixture, "sphere/education", "2023", "completed", "1/1 1 1");
}

static void a_stock_stands_from_its_beginning_to_its_end_and_no_further_than_the_log_speaks(void **state)
{
	(void)state;
	open_project("2022-11-10", "P1", OWNED("\"A1\""));
	open_project("2022-12-10", "P2", OWNED("\"A1\""));
	close_project("2023-03-10", "P1");
	assert_value(&fixture, "", "2022-10", "active", "nothing");
	assert_value(&fixture, "", "2022-11", "active", "1/1 1 1");
	assert_value(&fixture, "", "2022", "active", "2/1 2 2");
	assert_value(&fixture, "", "2023-02", "active", "2/1 2 2");
	assert_value(&fixture, "", "2023-Q1", "active", "1/1 1 1");
	assert_value(&fixture, "", "2023-12", "active", "1/1 1 1");
	assert_value(&fixture, "", "2024", "active", "nothing");
}

static void the_median_is_exact_and_merges_over_months(void **state)
{
	static const char *const ACTUAL[] = {"3", "5", "6"};
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		const char *project = arena_printf(fixture.arena, "P%u", i);
		open_project("2023-01-10", project, OWNED("\"A1\""));
		measure("2023-02-10", project, "7", ACTUAL[i]);
		close_project(i == 0 ? "2023-03-10" : "2023-05-10", project);
	}
	assert_value(&fixture, "", "2023-Q1", "lead_time_reduction", "57.142857/1 1 57.142857");
	assert_value(&fixture, "", "2023-Q2", "lead_time_reduction", "42.857143/2 2 21.428572");
	assert_value(&fixture, "", "2023", "lead_time_reduction", "28.571429/1 3 28.571429");
	assert_value(&fixture, "", "2023", "measured", "3/1 3 3");
}

/* Of each period's own figures: what stands apart in the year need not in its quarter. */
static void figures_that_stand_apart_are_counted_in_the_period_they_stand_in(void **state)
{
	static const char *const ACTUAL[] = {"49", "50", "51", "50", "49", "2"};
	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		const char *project = arena_printf(fixture.arena, "P%u", i);
		open_project("2023-01-10", project, OWNED("\"A1\""));
		on("2023-01-15", "indicator.planned", arena_printf(fixture.arena, "\"project\":\"%s\",\"indicator\":\"labour\",\"unit\":\"person_hour\","
		   "\"base\":{\"value\":\"100\",\"on\":\"2023-01-10\"},\"target\":{\"value\":\"10\",\"on\":\"2023-12-31\"},\"method\":\"m\",\"origin\":\"o\"", project));
		on("2023-02-10", "measurement.recorded", arena_printf(fixture.arena, "\"project\":\"%s\",\"indicator\":\"labour\",\"unit\":\"person_hour\","
		   "\"value\":\"%s\",\"measured_on\":\"2023-02-10\"", project, ACTUAL[i]));
		close_project(i < 2 ? "2023-03-10" : "2023-05-10", project);
	}
	assert_value(&fixture, "", "2023", "labour_outliers", "1/1 6 1");
	assert_value(&fixture, "", "2023-Q1", "labour_outliers", "0/1 2 0");
	assert_value(&fixture, "", "2023-Q2", "labour_outliers", "0/1 4 0");
	assert_value(&fixture, "", "2022", "labour_outliers", "nothing");
}

static void what_was_said_in_public_is_held_against_the_events(void **state)
{
	static const char SAID[] = "\"what\":\"%s\",\"as_of\":\"%s\",\"precision\":\"day\",\"amount\":{\"value\":\"%s\",\"qualifier\":\"gt\"}%s";
	(void)state;
	open_project("2022-02-10", "P1", OWNED("\"A1\""));
	open_project("2023-02-10", "P2", OWNED("\"A1\""));
	assert_value(&fixture, "", "2023", "reconciliation_initiated", "2/0 2 missing");
	on("2022-12-31", "aggregate.declared", arena_printf(fixture.arena, SAID, "projects_initiated", "2022-12-31", "1", ""));
	on("2023-12-31", "aggregate.declared", arena_printf(fixture.arena, SAID, "projects_initiated", "2023-12-31", "8", ""));
	on("2023-12-31", "aggregate.declared", arena_printf(fixture.arena, SAID, "projects_initiated", "2023-12-30", "3", ",\"since\":\"2023-01-01\""));
	assert_value(&fixture, "", "2022", "reconciliation_initiated", "1/1 1 100");
	assert_value(&fixture, "", "2023", "reconciliation_initiated", "2/8 2 25");
}

/* Under other ids, of the same instant. */
static void what_is_said_twice_is_counted_as_repeated(void **state)
{
	static const char MEETING[] = "\"meeting\":\"M1\",\"level\":\"governor\",\"held_on\":\"2023-03-01\"";
	(void)state;
	on("2023-03-01", "meeting.held", MEETING);
	on("2023-03-01", "meeting.held", MEETING);
	on("2023-03-01", "meeting.held", "\"level\":\"governor\",\"held_on\":\"2023-03-01\",\"meeting\":\"M1\"");
	on("2023-03-01", "meeting.held", "\"meeting\":\"M1\",\"level\":\"committee\",\"held_on\":\"2023-03-01\"");
	on("2023-03-02", "meeting.held", MEETING);
	assert_value(&fixture, "", "2023-03", "repeated_share", "2/5 1 40");
}

static void coverage_asks_both_who_is_registered_and_who_took_part(void **state)
{
	(void)state;
	static const char REGISTERED[] = "\"authority\":\"%s\",\"title\":{\"ru\":\"о\",\"en\":\"a\"},\"level\":\"executive\",\"registered_on\":\"%s\",\"precision\":\"day\"";
	on("2021-01-10", "authority.registered", arena_printf(fixture.arena, REGISTERED, "A1", "2021-01-10"));
	on("2022-06-10", "authority.registered", arena_printf(fixture.arena, REGISTERED, "A2", "2022-06-10"));
	open_project("2022-02-10", "P1", OWNED("\"A1\",\"A2\",\"A9\""));
	assert_value(&fixture, "", "2021", "authority_coverage", "0/1 1 0");
	assert_value(&fixture, "", "2022-03", "authority_coverage", "1/1 1 100");
	assert_value(&fixture, "", "2022", "authority_coverage", "2/2 2 100");
	assert_value(&fixture, "", "2022", "authorities_involved", "3/1 3 3");
	assert_value(&fixture, "", "2022", "completed_per_authority", "0/2 0 0");
}

static void people_are_held_against_the_latest_headcount_of_the_region(void **state)
{
	(void)state;
	on("2022-12-31", "headcount.reported", "\"as_of\":\"2022-12-31\",\"civil_servants\":2000");
	on("2023-06-30", "headcount.reported", "\"as_of\":\"2023-06-30\",\"civil_servants\":500,\"authority\":\"A1\"");
	on("2023-05-10", "training.completed", "\"training\":\"T1\",\"course\":{\"ru\":\"к\",\"en\":\"c\"},\"provider\":\"x\",\"completed_on\":\"2023-05-10\",\"people\":50");
	assert_value(&fixture, "", "2023", "trained_per_1000", "50/2000 1 25");
	assert_value(&fixture, "", "2022", "trained_per_1000", "0/2000 0 0");
	assert_value(&fixture, "", "2023", "trained", "50/1 1 50");
}

static void instructions_are_due_in_the_period_of_their_date(void **state)
{
	(void)state;
	static const char ISSUED[] = "\"instruction\":\"%s\",\"title\":{\"ru\":\"п\",\"en\":\"i\"},\"issued_on\":\"2023-01-10\",\"due_on\":\"%s\",\"issued_by\":\"g\",\"authority\":\"A1\"";
	on("2023-01-10", "instruction.issued", arena_printf(fixture.arena, ISSUED, "I1", "2023-03-01"));
	on("2023-01-10", "instruction.issued", arena_printf(fixture.arena, ISSUED, "I2", "2023-03-01"));
	on("2023-02-20", "instruction.fulfilled", "\"instruction\":\"I1\",\"fulfilled_on\":\"2023-02-20\"");
	on("2023-03-20", "instruction.fulfilled", "\"instruction\":\"I2\",\"fulfilled_on\":\"2023-03-20\"");
	assert_value(&fixture, "", "2023-Q1", "instructions_on_time_share", "1/2 2 50");
	assert_value(&fixture, "authority/A1", "2023", "instructions_on_time_share", "1/2 2 50");
}

static void what_is_adopted_counts_here_and_for_the_region_it_comes_from(void **state)
{
	(void)state;
	on("2023-05-10", "replication.adopted", "\"replication\":\"R1\",\"practice\":\"X\",\"from_region\":\"40000000\",\"authority\":\"A1\",\"sphere\":\"youth\",\"adopted_on\":\"2023-05-10\"");
	assert_value(&fixture, "", "2023", "adoptions_received", "1/1 1 1");
	assert_value(&fixture, "", "2023", "adoptions_given", "nothing");
	assert_value(&fixture, "region/40000000", "2023", "adoptions_given", "1/1 1 1");
	assert_value(&fixture, "region/40000000", "2023", "adoptions_received", "nothing");
}

static void a_hole_in_the_numbers_of_a_source_shows(void **state)
{
	(void)state;
	on("2023-01-10", "meeting.held", "\"meeting\":\"M1\",\"level\":\"authority\",\"held_on\":\"2023-01-10\"");
	fixture.made += 2;
	on("2023-02-10", "meeting.held", "\"meeting\":\"M2\",\"level\":\"authority\",\"held_on\":\"2023-02-10\"");
	assert_value(&fixture, "", "2023-01", "completeness", "1/1 1 100");
	assert_value(&fixture, "", "2023-02", "completeness", "1/3 1 33.333333");
	assert_value(&fixture, "", "2023", "completeness", "2/4 2 50");
}

static void what_comes_after_the_cut_off_of_its_quarter_is_late(void **state)
{
	(void)state;
	on("2023-01-10", "meeting.held", "\"meeting\":\"M1\",\"level\":\"authority\",\"held_on\":\"2023-01-10\"");
	on("2023-01-11", "meeting.held", "\"meeting\":\"M2\",\"level\":\"authority\",\"held_on\":\"2023-01-11\"");
	fixture.log[1].recorded_us += 300 * FIXTURE_DAY_US;
	assert_value(&fixture, "", "2023-01", "late_share", "1/2 2 50");
	assert_value(&fixture, "", "2023-01", "events", "2/1 2 2");
}

static void a_date_in_no_year_that_counts_makes_no_figure(void **state)
{
	(void)state;
	on("2023-01-10", "region.joined", "\"joined_on\":\"1899-01-01\",\"precision\":\"day\"");
	on("2023-01-10", "club.joined", "\"joined_on\":\"9998-01-01\",\"precision\":\"day\"");
	on("2023-01-10", "training.completed", "\"training\":\"T1\",\"course\":{\"ru\":\"к\",\"en\":\"c\"},\"provider\":\"x\",\"completed_on\":\"9998-05-10\",\"people\":50");
	assert_value(&fixture, "", "2023", "joined", "nothing");
	assert_value(&fixture, "", "2023", "club_member", "nothing");
	assert_value(&fixture, "", "2023", "trained", "nothing");
	assert_int_equal(replay_parked(fixture_replay(&fixture)), 0);
	assert_int_equal(workspace_horizon(replay_workspace(fixture.replay)).month_last, (2023 - 1970) * 12 + 11);
}

static void a_number_of_things_is_zero_where_the_log_speaks_and_a_share_is_not_known(void **state)
{
	decimal value;
	struct calendar_period year, before;
	(void)state;
	open_project("2023-02-10", "P1", OWNED("\"A1\""));
	const struct definitions *definitions = fixture.rules->definitions;
	struct replay *replay = fixture_replay(&fixture);
	assert_true(calendar_period_parse("2023", &year) && calendar_period_parse("2022", &before));
	assert_true(replay_value(replay, definition_find(definitions, "practices_published"), "", year, &value));
	assert_int_equal(value.millionths, 0);
	assert_false(replay_value(replay, definition_find(definitions, "practices_published"), "", before, &value));
	assert_false(replay_value(replay, definition_find(definitions, "held_share"), "", year, &value));
	assert_false(replay_value(replay, definition_find(definitions, "lead_time_reduction"), "", year, &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_project_counts_where_it_was_opened_and_where_it_was_closed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stock_stands_from_its_beginning_to_its_end_and_no_further_than_the_log_speaks, setup, teardown),
		cmocka_unit_test_setup_teardown(the_median_is_exact_and_merges_over_months, setup, teardown),
		cmocka_unit_test_setup_teardown(figures_that_stand_apart_are_counted_in_the_period_they_stand_in, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_said_in_public_is_held_against_the_events, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_said_twice_is_counted_as_repeated, setup, teardown),
		cmocka_unit_test_setup_teardown(coverage_asks_both_who_is_registered_and_who_took_part, setup, teardown),
		cmocka_unit_test_setup_teardown(people_are_held_against_the_latest_headcount_of_the_region, setup, teardown),
		cmocka_unit_test_setup_teardown(instructions_are_due_in_the_period_of_their_date, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_adopted_counts_here_and_for_the_region_it_comes_from, setup, teardown),
		cmocka_unit_test_setup_teardown(a_hole_in_the_numbers_of_a_source_shows, setup, teardown),
		cmocka_unit_test_setup_teardown(what_comes_after_the_cut_off_of_its_quarter_is_late, setup, teardown),
		cmocka_unit_test_setup_teardown(a_date_in_no_year_that_counts_makes_no_figure, setup, teardown),
		cmocka_unit_test_setup_teardown(a_number_of_things_is_zero_where_the_log_speaks_and_a_share_is_not_known, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
