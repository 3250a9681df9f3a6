#include "services/cli/cli_migrate_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define BOTH_MAX 8

static struct migration one(const char *name, const char *checksum)
{
	struct migration migration = {.name = name};
	memcpy(migration.checksum, checksum, strlen(checksum) + 1);
	return migration;
}

struct expected {
	const char *name;
	enum migration_state state;
};

static void check(const struct migration *here, size_t here_count, const struct migration *applied, size_t applied_count,
                  const struct expected *expected, size_t expected_count)
{
	struct migration all[BOTH_MAX];
	assert_int_equal(migration_compare(here, here_count, applied, applied_count, all), expected_count);
	for (size_t i = 0; i < expected_count; i++) {
		assert_string_equal(all[i].name, expected[i].name);
		assert_string_equal(migration_state_name(all[i].state), migration_state_name(expected[i].state));
	}
}

static void on_an_empty_database_everything_is_due(void **state)
{
	(void)state;
	const struct migration here[] = {one("0001_a.sql", "aa"), one("0002_b.sql", "bb")};
	const struct expected expected[] = {{"0001_a.sql", MIGRATION_DUE}, {"0002_b.sql", MIGRATION_DUE}};
	check(here, 2, NULL, 0, expected, 2);
}

static void what_was_applied_as_it_is_here_is_no_obstacle(void **state)
{
	(void)state;
	const struct migration here[] = {one("0001_a.sql", "aa"), one("0002_b.sql", "bb")};
	const struct migration applied[] = {one("0001_a.sql", "aa")};
	struct migration all[BOTH_MAX];
	size_t count = migration_compare(here, 2, applied, 1, all);
	assert_int_equal(migration_count(all, count, MIGRATION_APPLIED), 1);
	assert_int_equal(migration_count(all, count, MIGRATION_DUE), 1);
	assert_null(migration_find_obstacle(all, count));
}

static void other_bytes_under_the_same_name_were_edited(void **state)
{
	(void)state;
	const struct migration here[] = {one("0001_a.sql", "aa")};
	const struct migration applied[] = {one("0001_a.sql", "ab")};
	const struct expected expected[] = {{"0001_a.sql", MIGRATION_EDITED}};
	check(here, 1, applied, 1, expected, 1);
}

/* A number that came late, from a branch, stands between those applied: it is due. */
static void a_number_between_those_applied_is_due(void **state)
{
	(void)state;
	const struct migration here[] = {one("0001_a.sql", "aa"), one("0002_b.sql", "bb"), one("0003_c.sql", "cc")};
	const struct migration applied[] = {one("0001_a.sql", "aa"), one("0003_c.sql", "cc")};
	const struct expected expected[] = {{"0001_a.sql", MIGRATION_APPLIED}, {"0002_b.sql", MIGRATION_DUE}, {"0003_c.sql", MIGRATION_APPLIED}};
	check(here, 3, applied, 2, expected, 3);
}

static void a_file_that_was_removed_is_told_from_a_newer_database(void **state)
{
	(void)state;
	const struct migration here[] = {one("0001_a.sql", "aa"), one("0003_c.sql", "cc")};
	const struct migration applied[] = {one("0001_a.sql", "aa"), one("0002_b.sql", "bb"), one("0004_d.sql", "dd")};
	const struct expected expected[] = {
		{"0001_a.sql", MIGRATION_APPLIED}, {"0002_b.sql", MIGRATION_MISSING}, {"0003_c.sql", MIGRATION_DUE}, {"0004_d.sql", MIGRATION_NEWER}};
	check(here, 2, applied, 3, expected, 4);
}

/* Later migrations alone are harmless; one that is due, edited or missing besides is not. */
static void a_database_is_outgrown_when_it_lacks_nothing_that_is_here(void **state)
{
	(void)state;
	const struct migration here[] = {one("0001_a.sql", "aa"), one("0002_b.sql", "bb")};
	const struct migration newer[] = {one("0001_a.sql", "aa"), one("0002_b.sql", "bb"), one("0003_c.sql", "cc")};
	const struct migration lacking[] = {one("0001_a.sql", "aa"), one("0003_c.sql", "cc")};
	const struct migration edited[] = {one("0001_a.sql", "aa"), one("0002_b.sql", "b0"), one("0003_c.sql", "cc")};
	const struct migration missing[] = {one("0001_a.sql", "aa"), one("0001_gone.sql", "ab"), one("0002_b.sql", "bb"), one("0003_c.sql", "cc")};
	struct migration all[BOTH_MAX];
	assert_true(migration_is_outgrown(all, migration_compare(here, 2, newer, 3, all)));
	assert_false(migration_is_outgrown(all, migration_compare(here, 2, here, 2, all)));
	assert_false(migration_is_outgrown(all, migration_compare(here, 2, lacking, 2, all)));
	assert_false(migration_is_outgrown(all, migration_compare(here, 2, edited, 3, all)));
	assert_false(migration_is_outgrown(all, migration_compare(here, 2, missing, 4, all)));
}

/* Where events were archived, a program that would read them as empty meets a row that it lacks, and not just a newer database. */
static void the_row_of_the_archive_stops_programs_of_before(void **state)
{
	(void)state;
	const struct migration here[] = {one("0001_log.sql", "aa"), one("0020_figures.sql", "bb")};
	const struct migration applied[] = {
		one("0001_log.sql", "aa"), one(MIGRATE_ARCHIVED, ""), one("0020_figures.sql", "bb"), one("0021_archive.sql", "cc")};
	struct migration all[BOTH_MAX];
	size_t count = migration_compare(here, 2, applied, 4, all);
	assert_false(migration_is_outgrown(all, count));
	assert_string_equal(migration_find_obstacle(all, count)->name, MIGRATE_ARCHIVED);
}

static void each_obstacle_says_how_to_mend_it_in_both_languages(void **state)
{
	(void)state;
	static const enum migration_state OBSTACLES[] = {MIGRATION_EDITED, MIGRATION_MISSING, MIGRATION_NEWER};
	static const struct {
		const char *en, *ru;
	} MENDS[] = {{"add a new one", "добавьте новую"}, {"build it with the file", "соберите программу"}, {"use the newer program", "возьмите более новую"}};
	for (size_t i = 0; i < ARRAY_COUNT(OBSTACLES); i++) {
		const struct migration all[] = {{.name = "0001_a.sql", .state = MIGRATION_DUE}, {.name = "0002_b.sql", .state = OBSTACLES[i]}};
		assert_ptr_equal(migration_find_obstacle(all, 2), &all[1]);
		assert_non_null(strstr(migration_obstacle_en(OBSTACLES[i]), MENDS[i].en));
		assert_non_null(strstr(migration_obstacle_ru(OBSTACLES[i]), MENDS[i].ru));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_an_empty_database_everything_is_due),
		cmocka_unit_test(what_was_applied_as_it_is_here_is_no_obstacle),
		cmocka_unit_test(other_bytes_under_the_same_name_were_edited),
		cmocka_unit_test(a_number_between_those_applied_is_due),
		cmocka_unit_test(a_file_that_was_removed_is_told_from_a_newer_database),
		cmocka_unit_test(a_database_is_outgrown_when_it_lacks_nothing_that_is_here),
		cmocka_unit_test(the_row_of_the_archive_stops_programs_of_before),
		cmocka_unit_test(each_obstacle_says_how_to_mend_it_in_both_languages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
