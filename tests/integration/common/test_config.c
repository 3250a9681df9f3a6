/* Options from a real file, the real environment and flags: who wins, and what is said of a value that is wrong. */
#include "common/config.h"

#include "common/ambient.h"
#include "common/buf.h"
#include "common/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)64 * 1024)

static const struct config_option OPTIONS[] = {
	{"config", CONFIG_TEXT, "", 0, 0, "a JSON file with options"},
	{"print_config", CONFIG_FLAG, "false", 0, 0, "print the configuration in force and exit"},
	{"check_config", CONFIG_FLAG, "false", 0, 0, "check the configuration and exit"},
	{"sample_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:1", 0, 0, "where to listen"},
	{"sample_max", CONFIG_INTEGER, "10", -5, 100, "at most so many"},
	{"sample_on", CONFIG_FLAG, "false", 0, 0, "whether"},
};

static char folder[] = "/tmp/effreg-config-XXXXXX";
static char file[64];
static struct arena *arena;
static struct config *config;
static struct fault fault;

static int clear_surroundings(void **state)
{
	(void)state;
	unsetenv("EFFREG_CONFIG");
	unsetenv("EFFREG_SAMPLE_MAX");
	unsetenv("EFFREG_SAMPLE_ON");
	unsetenv("EFFREG_SAMPLE_ENDPOINT");
	config_destroy(&config);
	arena_reset(arena);
	fault = (struct fault){.offset = -1};
	return 0;
}

static void write_file(const char *text)
{
	assert_int_equal(ambient_write_file(file, span_of_text(text), 0600, NULL), STATUS_OK);
}

/* Up to three flags, NULL-ended. */
static enum status load(const char *first, const char *second, const char *third)
{
	const char *words[] = {"program", first, second, third};
	char *argv[5] = {NULL};
	int argc = 0;
	while (argc < 4 && words[argc] != NULL) {
		argv[argc] = arena_text(arena, words[argc], strlen(words[argc]));
		argc++;
	}
	config_destroy(&config);
	return config_load(OPTIONS, ARRAY_COUNT(OPTIONS), argc, argv, &config, &fault);
}

static void assert_refused(enum status status, const char *text)
{
	assert_int_equal(status, STATUS_INVALID);
	assert_null(config);
	assert_string_equal(fault.code, "config");
	if (strstr(fault.text, text) == NULL)
		fail_msg("\"%s\" is not in: %s", text, fault.text);
}

static const char *flag_of_file(void)
{
	return arena_printf(arena, "--config=%s", file);
}

static void defaults_hold_where_nothing_is_said(void **state)
{
	(void)state;
	assert_int_equal(load(NULL, NULL, NULL), STATUS_OK);
	assert_string_equal(config_text(config, "sample_endpoint"), "tcp://127.0.0.1:1");
	assert_int_equal(config_integer(config, "sample_max"), 10);
	assert_false(config_flag(config, "sample_on"));
}

static void the_file_is_overridden_by_the_environment_and_that_by_a_flag(void **state)
{
	(void)state;
	write_file("{\"sample_max\":20,\"sample_on\":true,\"sample_endpoint\":\"tcp://file:1\"}");
	assert_int_equal(load(flag_of_file(), NULL, NULL), STATUS_OK);
	assert_int_equal(config_integer(config, "sample_max"), 20);
	assert_true(config_flag(config, "sample_on"));
	assert_string_equal(config_text(config, "sample_endpoint"), "tcp://file:1");
	setenv("EFFREG_SAMPLE_MAX", "30", 1);
	setenv("EFFREG_SAMPLE_ON", "false", 1);
	assert_int_equal(load(flag_of_file(), NULL, NULL), STATUS_OK);
	assert_int_equal(config_integer(config, "sample_max"), 30);
	assert_false(config_flag(config, "sample_on"));
	assert_string_equal(config_text(config, "sample_endpoint"), "tcp://file:1");
	assert_int_equal(load(flag_of_file(), "--sample-max=40", "--sample-on"), STATUS_OK);
	assert_int_equal(config_integer(config, "sample_max"), 40);
	assert_true(config_flag(config, "sample_on"));
}

static void a_flag_takes_its_value_in_two_ways(void **state)
{
	(void)state;
	assert_int_equal(load("--sample-endpoint", "tcp://b:2", "--sample_max=-5"), STATUS_OK);
	assert_string_equal(config_text(config, "sample_endpoint"), "tcp://b:2");
	assert_int_equal(config_integer(config, "sample_max"), -5);
	assert_int_equal(load("--sample-endpoint=", "--sample-on=false", NULL), STATUS_OK);
	assert_string_equal(config_text(config, "sample_endpoint"), "");
}

static void the_environment_may_name_the_file(void **state)
{
	(void)state;
	write_file("{\"sample_max\":7}");
	setenv("EFFREG_CONFIG", file, 1);
	assert_int_equal(load(NULL, NULL, NULL), STATUS_OK);
	assert_int_equal(config_integer(config, "sample_max"), 7);
}

/* Whoever reads it must know where to mend it. */
static void a_wrong_value_is_named_with_its_origin(void **state)
{
	(void)state;
	assert_refused(load("--sample-max", "many", NULL), "sample_max (from --sample-max) is \"many\"");
	assert_refused(load("--sample-on", "--sample-on=yes", NULL), "sample_on (from --sample-on=yes) is \"yes\"");
	setenv("EFFREG_SAMPLE_MAX", "101", 1);
	assert_refused(load(NULL, NULL, NULL), "sample_max (from EFFREG_SAMPLE_MAX) is \"101\"; it must be a whole number from -5 to 100");
	unsetenv("EFFREG_SAMPLE_MAX");
	write_file("{\"sample_max\":-6}");
	assert_refused(load(flag_of_file(), NULL, NULL), "sample_max (from the file) is \"-6\"");
}

static void only_whole_numbers_as_json_writes_them_are_numbers(void **state)
{
	(void)state;
	static const char *const WRONG[] = {"", " 5", "5 ", "+5", "0x5", "5.0", "5e1", "-", "--5", "99999999999999999999"};
	for (size_t i = 0; i < ARRAY_COUNT(WRONG); i++)
		assert_refused(load(arena_printf(arena, "--sample-max=%s", WRONG[i]), NULL, NULL), "must be a whole number");
	assert_int_equal(load("--sample-max=100", NULL, NULL), STATUS_OK);
	assert_int_equal(load("--sample-max=-5", NULL, NULL), STATUS_OK);
}

static void what_no_table_knows_is_refused(void **state)
{
	(void)state;
	assert_refused(load("--sample-min=1", NULL, NULL), "there is no option --sample-min=1");
	assert_refused(load("sample-max", NULL, NULL), "there is no option sample-max");
	assert_refused(load("--", NULL, NULL), "there is no option --;");
	assert_refused(load("-s", NULL, NULL), "there is no option -s");
	assert_refused(load("--sample-endpoint", NULL, NULL), "--sample-endpoint needs a value");
	write_file("{\"sample_maximum\":1}");
	assert_refused(load(flag_of_file(), NULL, NULL), "there is no option \"sample_maximum\"");
}

static void a_file_holds_one_object_of_plain_values(void **state)
{
	(void)state;
	write_file("[1]");
	assert_refused(load(flag_of_file(), NULL, NULL), "must hold one JSON object");
	write_file("{\"sample_max\":1.5}");
	assert_refused(load(flag_of_file(), NULL, NULL), "must be a string, a whole number or true/false");
	write_file("{\"sample_max\":null}");
	assert_refused(load(flag_of_file(), NULL, NULL), "must be a string, a whole number or true/false");
	write_file("{\"sample_max\":1,\"sample_max\":2}");
	assert_int_equal(load(flag_of_file(), NULL, NULL), STATUS_INVALID);
	assert_string_equal(fault.code, "duplicate_key");
	assert_int_equal(load("--config=/nowhere/at/all", NULL, NULL), STATUS_NOT_FOUND);
	assert_non_null(strstr(fault.text, "/nowhere/at/all"));
}

static void what_is_required_must_be_given(void **state)
{
	(void)state;
	static const struct config_option REQUIRED[] = {{"sample_endpoint", CONFIG_TEXT, NULL, 0, 0, "where to listen"}};
	char program[] = "program", flag[] = "--sample-endpoint=x";
	char *argv[] = {program, flag, NULL};
	assert_refused(config_load(REQUIRED, 1, 1, argv, &config, &fault),
	               "sample_endpoint is required: give --sample_endpoint or EFFREG_SAMPLE_ENDPOINT");
	assert_int_equal(config_load(REQUIRED, 1, 2, argv, &config, &fault), STATUS_OK);
}

/* What fn prints to stdout, in arena. */
static struct span printed(void (*fn)(void))
{
	char path[80];
	struct span text;
	snprintf(path, sizeof path, "%s/stdout", folder);
	fflush(stdout);
	int kept = dup(STDOUT_FILENO);
	assert_non_null(freopen(path, "w", stdout));
	fn();
	fflush(stdout);
	assert_true(dup2(kept, STDOUT_FILENO) >= 0);
	close(kept);
	assert_int_equal(ambient_read_file(arena, path, TEXT_MAX, &text, NULL), STATUS_OK);
	return text;
}

static void print_it(void)
{
	config_print(config);
}

static void what_is_printed_can_be_read_as_a_file(void **state)
{
	(void)state;
	const struct json *root;
	assert_int_equal(load("--sample-max=007", "--sample-on", "--print-config"), STATUS_OK);
	struct span text = printed(print_it);
	assert_int_equal(json_parse(arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, &root, NULL), STATUS_OK);
	assert_null(json_find(root, "print_config"));
	assert_null(json_find(root, "config"));
	write_file(text.at);
	assert_int_equal(load(flag_of_file(), NULL, NULL), STATUS_OK);
	assert_int_equal(config_integer(config, "sample_max"), 7);
	assert_true(config_flag(config, "sample_on"));
	assert_false(config_flag(config, "print_config"));
	assert_string_equal(config_text(config, "sample_endpoint"), "tcp://127.0.0.1:1");
	struct span again = printed(print_it);
	assert_true(span_equal(text, again));
}

static void help_it(void)
{
	config_help(OPTIONS, ARRAY_COUNT(OPTIONS), "program", "does this");
}

static void help_names_every_option_with_default_and_text(void **state)
{
	(void)state;
	const char *text = printed(help_it).at;
	assert_non_null(strstr(text, "program: does this"));
	assert_non_null(strstr(text, "  --sample-max  [10]\n      at most so many\n"));
	for (size_t i = 0; i < ARRAY_COUNT(OPTIONS); i++)
		assert_non_null(strstr(text, OPTIONS[i].text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(defaults_hold_where_nothing_is_said, clear_surroundings),
		cmocka_unit_test_setup(the_file_is_overridden_by_the_environment_and_that_by_a_flag, clear_surroundings),
		cmocka_unit_test_setup(a_flag_takes_its_value_in_two_ways, clear_surroundings),
		cmocka_unit_test_setup(the_environment_may_name_the_file, clear_surroundings),
		cmocka_unit_test_setup(a_wrong_value_is_named_with_its_origin, clear_surroundings),
		cmocka_unit_test_setup(only_whole_numbers_as_json_writes_them_are_numbers, clear_surroundings),
		cmocka_unit_test_setup(what_no_table_knows_is_refused, clear_surroundings),
		cmocka_unit_test_setup(a_file_holds_one_object_of_plain_values, clear_surroundings),
		cmocka_unit_test_setup(what_is_required_must_be_given, clear_surroundings),
		cmocka_unit_test_setup(what_is_printed_can_be_read_as_a_file, clear_surroundings),
		cmocka_unit_test_setup(help_names_every_option_with_default_and_text, clear_surroundings),
	};
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(file, sizeof file, "%s/config.json", folder);
	arena = arena_new((size_t)4 * 1024 * 1024);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	clear_surroundings(NULL);
	arena_destroy(&arena);
	unlink(file);
	char path[80];
	snprintf(path, sizeof path, "%s/stdout", folder);
	unlink(path);
	rmdir(folder);
	return failed;
}
