/* What every service does the same way: who may enter which socket, over the real table of keys; and, over a real process,
 * its configuration, exit codes, log and end. */
#include "common/service.h"

#include "common/ambient.h"
#include "common/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS    20000
#define OUTPUT_MAX ((size_t)1024 * 1024)

extern char **environ;

static const char *dsn;
static char programs[400];
static char folder[] = "/tmp/effreg-service-XXXXXX";
static struct arena *arena;
static struct service service;  /* over the rights of the intake's role */
static struct db *admin;
static struct fault fault;

/* ---- Who may enter */

static const char *add_key(const char *role, const char *revoked)
{
	struct bus_keypair pair;
	bus_keypair_new(&pair);
	const char *region = text_equal(role, "region") ? "'20000000'" : "NULL";
	const struct db_param params[] = {db_text(pair.public_key), db_text(role)};
	int64_t affected;
	assert_int_equal(db_begin(admin), STATUS_OK);
	if (db_run(admin, arena_printf(arena, "INSERT INTO effreg.client_key (public_key, role, region_id, revoked_time)"
	                                      " VALUES ($1, $2, %s, %s)", region, revoked), params, 2, &affected) != STATUS_OK)
		fail_msg("%s", db_error(admin));
	assert_int_equal(db_commit(admin), STATUS_OK);
	return arena_text(arena, pair.public_key, BUS_KEY_TEXT - 1);
}

static enum status enter(const char *domain, const char *key)
{
	char text[BUS_KEY_TEXT];
	snprintf(text, sizeof text, "%s", key);
	return service_authorise(&service, domain, text);
}

static void each_role_enters_its_own_domains_only(void **state)
{
	(void)state;
	static const char *const DOMAINS[] = {"push", "query", "feed", "stream", "", "PUSH", "admin"};
	/* in the order of DOMAINS */
	static const struct {
		const char *role, *enters;
	} CASES[] = {
		{"region", "y-y----"}, {"gateway", "yy-----"}, {"coordinator", "yyy----"}, {"reader", "-yy----"}, {"service", "---y---"}, {"bearer", "yy-----"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		const char *key = add_key(CASES[i].role, "NULL");
		for (size_t at = 0; at < ARRAY_COUNT(DOMAINS); at++) {
			enum status expected = CASES[i].enters[at] == 'y' ? STATUS_OK : STATUS_FORBIDDEN;
			if (enter(DOMAINS[at], key) != expected)
				fail_msg("%s into \"%s\"", CASES[i].role, DOMAINS[at]);
		}
	}
}

static void unknown_and_revoked_keys_stay_outside(void **state)
{
	(void)state;
	assert_int_equal(enter("push", add_key("region", "pg_catalog.clock_timestamp()")), STATUS_FORBIDDEN);
	assert_int_equal(enter("push", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"), STATUS_FORBIDDEN);
	assert_int_equal(enter("push", ""), STATUS_FORBIDDEN);
	assert_int_equal(enter("push", "' OR true OR '"), STATUS_FORBIDDEN);
}

static void a_key_revoked_meanwhile_is_refused_the_next_time(void **state)
{
	(void)state;
	const char *key = add_key("reader", "NULL");
	const struct db_param params[] = {db_text(key)};
	int64_t affected;
	assert_int_equal(enter("query", key), STATUS_OK);
	assert_int_equal(db_begin(admin), STATUS_OK);
	assert_int_equal(db_run(admin, "UPDATE effreg.client_key SET revoked_time = pg_catalog.clock_timestamp() WHERE public_key = $1",
	                        params, 1, &affected), STATUS_OK);
	assert_int_equal(db_commit(admin), STATUS_OK);
	assert_int_equal(affected, 1);
	assert_int_equal(enter("query", key), STATUS_FORBIDDEN);
}

static void the_handler_proves_itself_and_is_served_by_the_loop(void **state)
{
	(void)state;
	struct bus_keypair server_key, stranger;
	struct bus_socket *server = NULL, *client = NULL;
	if (service_start_zap(&service, &fault) != STATUS_OK)
		fail_msg("%s", fault.text);
	bus_keypair_new(&server_key);
	bus_keypair_new(&stranger);
	assert_int_equal(bus_bind(service.bus, BUS_ROUTER, "tcp://127.0.0.1:*", "push", &server_key, &server, &fault), STATUS_OK);
	assert_int_equal(bus_connect(service.bus, BUS_DEALER, bus_endpoint(server), server_key.public_key, &stranger, &client, &fault), STATUS_OK);
	unsigned refused = 0;
	bool inside = false;
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	while (refused == 0 && !inside && ambient_monotonic_ms() < until_ms) {
		struct bus_poll_item items[] = {{.socket = bus_zap_socket(service.bus)}};
		assert_int_equal(bus_poll(items, 1, 10), STATUS_OK);
		bus_zap_serve(service.bus);
		struct bus_link link = bus_link_state(client);
		refused += link.handshakes_refused;
		inside = link.connected;
	}
	bus_close(&client);
	bus_close(&server);
	assert_int_equal(refused, 1);
}

/* ---- A process */

/* Only what is ours: cmocka is told by the environment how to speak. */
static void forget_options(void)
{
	for (size_t i = 0; environ[i] != NULL;) {
		char name[128];
		snprintf(name, sizeof name, "%.*s", (int)strcspn(environ[i], "="), environ[i]);
		if (strncmp(name, "EFFREG_", 7) == 0)
			unsetenv(name);
		else
			i++;
	}
}

static const char *const SERVICES[] = {"intake", "metrics", "ranking", "notify", "gateway"};

/* One value for each option that some service requires; nothing of it is opened. */
static void require_nothing(void)
{
	static const char *const NAMES[] = {
		"EFFREG_SERVER_KEY_FILE", "EFFREG_KEY_FILE", "EFFREG_STREAM_SERVER_KEY_FILE", "EFFREG_METRIC_SERVER_KEY_FILE",
		"EFFREG_RATING_SERVER_KEY_FILE", "EFFREG_QUERY_SERVER_KEY_FILE", "EFFREG_METHODOLOGY_FILE"};
	for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++)
		setenv(NAMES[i], "/nowhere/at/all", 1);
}

static const char *path_of(const char *name)
{
	return arena_printf(arena, "%s/%s", folder, name);
}

static pid_t start(const char *name, const char *flag)
{
	pid_t pid;
	char program[500], option[200];
	snprintf(program, sizeof program, "%s/effreg-%s", programs, name);
	snprintf(option, sizeof option, "%s", flag);
	char *arguments[] = {program, option, NULL};
	posix_spawn_file_actions_t actions;
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	int flags = O_WRONLY | O_CREAT | O_TRUNC;
	assert_int_equal(posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, path_of("out"), flags, 0600), 0);
	assert_int_equal(posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, path_of("err"), flags, 0600), 0);
	assert_int_equal(posix_spawn(&pid, program, &actions, NULL, arguments, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static int exit_code_of(pid_t pid)
{
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int run(const char *name, const char *flag)
{
	return exit_code_of(start(name, flag));
}

static struct span output(const char *name)
{
	struct span text;
	assert_int_equal(ambient_read_file(arena, path_of(name), OUTPUT_MAX, &text, &fault), STATUS_OK);
	return text;
}

/* The last line of the log as JSON. */
static const struct json *last_line(void)
{
	struct span text = output("err");
	const struct json *line;
	assert_true(text.len > 1);
	const char *before = memrchr(text.at, '\n', text.len - 1);
	const char *at = before == NULL ? text.at : before + 1;
	assert_int_equal(json_parse(arena, at, text.len - (size_t)(at - text.at), &JSON_LIMITS_DOCUMENT, &line, NULL), STATUS_OK);
	return line;
}

static void what_a_service_prints_as_its_configuration_it_takes_as_a_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(SERVICES); i++) {
		require_nothing();
		assert_int_equal(run(SERVICES[i], "--print-config"), 0);
		struct span printed = output("out");
		assert_int_equal(ambient_write_file(path_of("config"), printed, 0600, &fault), STATUS_OK);
		forget_options();
		setenv("EFFREG_CONFIG", path_of("config"), 1);
		assert_int_equal(run(SERVICES[i], "--print-config"), 0);
		assert_true(span_equal(printed, output("out")));
		assert_int_equal(run(SERVICES[i], "--check-config"), 0);
		assert_int_equal(output("out").len + output("err").len, 0);
		unsetenv("EFFREG_CONFIG");
	}
}

static void a_bad_configuration_is_said_in_the_log_and_by_exit_code_2(void **state)
{
	(void)state;
	forget_options();
	for (size_t i = 0; i < ARRAY_COUNT(SERVICES); i++) {
		assert_int_equal(run(SERVICES[i], "--check-config"), 2);
		assert_string_equal(json_find_string(last_line(), "event"), "service_failed");
		assert_string_equal(json_find_string(last_line(), "service"), SERVICES[i]);
		assert_non_null(strstr(json_find_string(last_line(), "error"), "is required"));
		require_nothing();
		assert_int_equal(run(SERVICES[i], "--no-such-option"), 2);
		assert_non_null(strstr(json_find_string(last_line(), "error"), "--no-such-option"));
		forget_options();
	}
}

static void a_service_that_cannot_start_says_why_and_ends_with_1(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(SERVICES); i++) {
		require_nothing();
		setenv("EFFREG_DSN", dsn, 1);
		assert_int_equal(run(SERVICES[i], "--ops-http="), 1);
		assert_string_equal(json_find_string(last_line(), "event"), "service_failed");
		assert_non_null(strstr(json_find_string(last_line(), "error"), "/nowhere/at/all"));
		forget_options();
	}
}

static bool has_said(const char *event)
{
	struct span text = output("err");
	return memmem(text.at, text.len, event, strlen(event)) != NULL;
}

static void a_service_told_to_stop_stops_with_0(void **state)
{
	(void)state;
	struct bus_keypair pair;
	bus_keypair_new(&pair);
	assert_int_equal(ambient_write_file(path_of("key"), span_of_text(pair.secret_key), 0600, &fault), STATUS_OK);
	setenv("EFFREG_DSN", dsn, 1);
	setenv("EFFREG_SERVER_KEY_FILE", path_of("key"), 1);
	setenv("EFFREG_PUSH_ENDPOINT", "tcp://127.0.0.1:*", 1);
	setenv("EFFREG_STREAM_ENDPOINT", "tcp://127.0.0.1:*", 1);
	pid_t pid = start("intake", "--ops-http=");
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	while (!has_said("\"service_started\"") && ambient_monotonic_ms() < until_ms) {
		assert_int_equal(bus_poll(NULL, 0, 20), STATUS_OK);
		arena_reset(arena);
	}
	assert_true(has_said("\"service_started\""));
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(exit_code_of(pid), 0);
	assert_string_equal(json_find_string(last_line(), "event"), "service_stopping");
	assert_false(has_said(pair.secret_key));
	forget_options();
}

/* ---- */

static int forget(void **state)
{
	(void)state;
	arena_reset(arena);
	fault = (struct fault){.offset = -1};
	return 0;
}

static enum status open_world(void)
{
	enum status status = db_connect(dsn, "test", &admin, &fault);
	if (status == STATUS_OK)
		status = db_connect(arena_printf(arena, "%s user=effreg_intake", dsn), "test", &service.db, &fault);
	service.loop = loop_new();
	service.bus = bus_new();
	return status;
}

static void close_world(void)
{
	static const char *const FILES[] = {"out", "err", "config", "key"};
	for (size_t i = 0; i < ARRAY_COUNT(FILES); i++)
		unlink(path_of(FILES[i]));
	rmdir(folder);
	bus_destroy(&service.bus);
	loop_destroy(&service.loop);
	db_disconnect(&service.db);
	db_disconnect(&admin);
	arena_destroy(&arena);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_role_enters_its_own_domains_only, forget),
		cmocka_unit_test_setup(unknown_and_revoked_keys_stay_outside, forget),
		cmocka_unit_test_setup(a_key_revoked_meanwhile_is_refused_the_next_time, forget),
		cmocka_unit_test_setup(the_handler_proves_itself_and_is_served_by_the_loop, forget),
		cmocka_unit_test_setup(what_a_service_prints_as_its_configuration_it_takes_as_a_file, forget),
		cmocka_unit_test_setup(a_bad_configuration_is_said_in_the_log_and_by_exit_code_2, forget),
		cmocka_unit_test_setup(a_service_that_cannot_start_says_why_and_ends_with_1, forget),
		cmocka_unit_test_setup(a_service_told_to_stop_stops_with_0, forget),
	};
	(void)argc;
	dsn = getenv("EFFREG_TEST_DSN");
	if (dsn == NULL) {
		printf("# skip: EFFREG_TEST_DSN is not set\n");
		return 77;
	}
	arena = arena_new((size_t)64 * 1024 * 1024);
	dsn = strdup(dsn);  /* the environment is cleared on the way */
	snprintf(programs, sizeof programs, "%s/../bin", dirname(argv[0]));
	if (mkdtemp(folder) == NULL || open_world() != STATUS_OK) {
		fprintf(stderr, "%s\n", fault.text);
		return 1;
	}
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	close_world();
	return failed;
}
