#include "services/cli/cli_doctor_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct arena *arena;
static struct diagnosis diagnosis;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new((size_t)1024 * 1024);
	diagnosis_init(&diagnosis, arena, CLI_LANG_EN);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_destroy(&arena);
	return 0;
}

static const struct doctor_server HEALTHY = {
	.version = 150008, .encoding = "UTF8", .fsync = "on", .full_page_writes = "on", .synchronous_commit = "on", .data_checksums = "on",
	.connections_max = 100, .connections_used = 10,
};

/* Whatever is no success says how to mend it. */
static void check_counts(size_t warnings, size_t failures)
{
	assert_int_equal(diagnosis.warnings, warnings);
	assert_int_equal(diagnosis.failures, failures);
	for (size_t i = 0; i < diagnosis.count; i++)
		assert_int_equal(diagnosis.findings[i].state != FINDING_OK, diagnosis.findings[i].mend != NULL);
}

static void a_healthy_server_has_no_fault(void **state)
{
	(void)state;
	doctor_judge_server(&diagnosis, &HEALTHY);
	doctor_judge_clock(&diagnosis, &HEALTHY);
	check_counts(0, 0);
	assert_true(diagnosis.count >= 8);
}

struct sick_case {
	const char *name;
	struct doctor_server server;
	size_t warnings, failures;
};

static void each_setting_is_judged_by_what_it_costs(void **state)
{
	(void)state;
	struct sick_case cases[] = {
		{"an old server", HEALTHY, 0, 1},       {"another encoding", HEALTHY, 0, 1},  {"fsync off", HEALTHY, 0, 1},
		{"torn pages", HEALTHY, 0, 1},          {"commit off", HEALTHY, 1, 0},        {"no checksums", HEALTHY, 1, 0},
		{"few connections", HEALTHY, 1, 0},     {"many in use", HEALTHY, 1, 0},       {"read only", HEALTHY, 0, 1},
		{"remote_apply is durable", HEALTHY, 0, 0},
	};
	cases[0].server.version = DOCTOR_SERVER_VERSION_MIN - 1;
	cases[1].server.encoding = "SQL_ASCII";
	cases[2].server.fsync = "off";
	cases[3].server.full_page_writes = "off";
	cases[4].server.synchronous_commit = "off";
	cases[5].server.data_checksums = "off";
	cases[6].server.connections_max = DOCTOR_CONNECTIONS_MIN - 1;
	cases[7].server.connections_used = DOCTOR_CONNECTIONS_PART;
	cases[8].server.read_only = true;
	cases[9].server.synchronous_commit = "remote_apply";
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		diagnosis_init(&diagnosis, arena, i % 2 == 0 ? CLI_LANG_EN : CLI_LANG_RU);
		doctor_judge_server(&diagnosis, &cases[i].server);
		check_counts(cases[i].warnings, cases[i].failures);
	}
}

static void clocks_apart_are_told_in_either_direction(void **state)
{
	(void)state;
	static const struct {
		int64_t ahead_ms;
		size_t warnings, failures;
	} CASES[] = {
		{DOCTOR_CLOCK_WARN_MS - 1, 0, 0}, {DOCTOR_CLOCK_WARN_MS, 1, 0}, {-DOCTOR_CLOCK_WARN_MS, 1, 0},
		{DOCTOR_CLOCK_FAIL_MS, 0, 1},     {-DOCTOR_CLOCK_FAIL_MS, 0, 1},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct doctor_server server = HEALTHY;
		server.ahead_ms = CASES[i].ahead_ms;
		diagnosis_init(&diagnosis, arena, CLI_LANG_EN);
		doctor_judge_clock(&diagnosis, &server);
		check_counts(CASES[i].warnings, CASES[i].failures);
		assert_non_null(strstr(diagnosis.findings[0].text, CASES[i].ahead_ms < 0 ? "behind" : "ahead"));
	}
}

static void the_schema_is_due_parted_or_up_to_date(void **state)
{
	(void)state;
	const struct migration due[] = {{.name = "0001_a.sql", .state = MIGRATION_APPLIED}, {.name = "0002_b.sql", .state = MIGRATION_DUE}};
	const struct migration edited[] = {{.name = "0001_a.sql", .state = MIGRATION_EDITED}};
	doctor_judge_migrations(&diagnosis, due, 1);
	check_counts(0, 0);
	doctor_judge_migrations(&diagnosis, due, 2);
	check_counts(0, 1);
	assert_string_equal(diagnosis.findings[1].mend, "effreg migrate up");
	doctor_judge_migrations(&diagnosis, edited, 1);
	check_counts(0, 2);
}

static void a_secret_is_its_owners_alone(void **state)
{
	(void)state;
	static const struct {
		unsigned mode;
		size_t warnings, failures;
	} CASES[] = {{0600, 0, 0}, {0400, 0, 0}, {0440, 1, 0}, {0640, 1, 0}, {0660, 0, 1}, {0644, 0, 1}, {0604, 0, 1}, {0100777, 0, 1}};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		diagnosis_init(&diagnosis, arena, CLI_LANG_EN);
		doctor_judge_mode(&diagnosis, "/etc/effreg/keys/intake", CASES[i].mode);
		check_counts(CASES[i].warnings, CASES[i].failures);
		if (diagnosis.count > 0)
			assert_string_equal(diagnosis.findings[0].mend, "chmod 600 /etc/effreg/keys/intake");
	}
}

static void a_key_must_be_known_valid_and_of_the_right_role(void **state)
{
	(void)state;
	doctor_judge_role(&diagnosis, "key", "service", "service", false);
	check_counts(0, 0);
	doctor_judge_role(&diagnosis, "key", "service", NULL, false);
	check_counts(0, 1);
	assert_string_equal(diagnosis.findings[1].mend, "effreg keys add --role service --public-file key.pub");
	doctor_judge_role(&diagnosis, "key", "service", "service", true);
	check_counts(0, 2);
	doctor_judge_role(&diagnosis, "key", "service", "reader", false);
	check_counts(0, 3);
}

static void findings_beyond_the_most_are_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < FINDINGS_MAX + 5; i++)
		diagnosis_add(&diagnosis, FINDING_FAILURE, "keys", "x", "y");
	assert_int_equal(diagnosis.count, FINDINGS_MAX);
	assert_int_equal(diagnosis.failures, FINDINGS_MAX + 5);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_healthy_server_has_no_fault),
		TEST(each_setting_is_judged_by_what_it_costs),
		TEST(clocks_apart_are_told_in_either_direction),
		TEST(the_schema_is_due_parted_or_up_to_date),
		TEST(a_secret_is_its_owners_alone),
		TEST(a_key_must_be_known_valid_and_of_the_right_role),
		TEST(findings_beyond_the_most_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
