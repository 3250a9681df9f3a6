/* effreg quarantine, the real command under the rights of operations, on what the real intake refused. */
#include "tests/integration/intake/intake_player.h"

#include "common/json.h"

#define ARGUMENTS_MAX 24
#define OUTPUT_MAX    ((size_t)1024 * 1024)

static struct player player;
static struct process intake;
static struct bus_keypair limited_key, gateway_key;
static struct client client;
static struct span output;           /* what the last command printed */
static uint64_t next_batch;

/* ---- Start and stop ---- */

static int set_up_all(void **state)
{
	(void)state;
	struct fault fault = {.offset = -1};
	player_init(&player);
	player_add_key(&player, &limited_key, "region", VORONEZH, "{ru-vor/portal}");
	player_add_key(&player, &gateway_key, "gateway", NULL, NULL);
	assert_int_equal(ambient_write_file(player_file(&player, "server.pub"), span_of_text(player.server.public_key), 0600, &fault), STATUS_OK);
	assert_int_equal(ambient_write_file(player_file(&player, "gateway"), span_of_text(gateway_key.secret_key), 0600, &fault), STATUS_OK);
	process_start(&player, &intake, "67108864");
	return 0;
}

static int tear_down_all(void **state)
{
	(void)state;
	process_stop(&intake);
	unlink(player_file(&player, "server.pub"));
	unlink(player_file(&player, "gateway"));
	unlink(player_file(&player, "output"));
	player_clear(&player);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	player_wipe(&player);
	client_connect(&client, &player, &intake, &limited_key);
	client_hello(&client, "ru-vor/portal");
	next_batch = 1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	client_close(&client);
	return 0;
}

/* ---- The command ---- */

/* effreg quarantine with these words, ended by NULL; returns its exit code. */
static int run_command(const char *word, ...)
{
	struct fault fault = {.offset = -1};
	char *arguments[ARGUMENTS_MAX] = {argument(&player, program_path(&player, "effreg")), argument(&player, "quarantine")};
	size_t count = 2;
	va_list words;
	va_start(words, word);
	for (const char *at = word; at != NULL; at = va_arg(words, const char *)) {
		assert_true(count + 5 < ARGUMENTS_MAX);
		arguments[count++] = argument(&player, at);
	}
	va_end(words);
	arguments[count++] = argument(&player, "--lang");
	arguments[count++] = argument(&player, "en");
	arguments[count++] = argument(&player, "--dsn");
	arguments[count++] = argument(&player, role_dsn(&player, "effreg_ops"));
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int how;
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, player_file(&player, "output"), O_WRONLY | O_CREAT | O_TRUNC, 0600), 0);
	assert_int_equal(posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0), 0);
	assert_int_equal(posix_spawn(&pid, arguments[0], &actions, NULL, arguments, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	assert_true(waitpid(pid, &how, 0) == pid && WIFEXITED(how));
	assert_int_equal(ambient_read_file(player.arena, player_file(&player, "output"), OUTPUT_MAX, &output, &fault), STATUS_OK);
	return WEXITSTATUS(how);
}

#define REPLAY_KEYS "--endpoint", intake.endpoint, "--key", player_file(&player, "gateway"), "--server-key", player_file(&player, "server.pub")

static const char *digest_of(struct span event)
{
	char *hex = arena_alloc(player.arena, SHA256_HEX_SIZE);
	struct sha256 digest = sha256_of(event.at, event.len);
	sha256_hex(&digest, hex);
	return hex;
}

static void get_refused(struct span event, const char *code)
{
	client_push_one(&client, next_batch++, event);
	assert_string_equal(client_expect(&client, PUSH_ACK).results[0].code, code);
}

static struct span foreign_event(void)
{
	return event_of(&player, fresh_id(&player), VORONEZH, "ru-vor/another", 0);
}

static int64_t rows_left(void)
{
	return player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.quarantine");
}

static int64_t bytes_counted_wrong(void)
{
	return player_count(&player, "SELECT u.body_bytes - COALESCE((SELECT pg_catalog.sum(pg_catalog.octet_length(body)) FROM effreg.quarantine), 0)"
	                             " FROM effreg.quarantine_use u WHERE region_id = '" VORONEZH "'");
}

/* ---- Cases ---- */

static const struct json *listed(const char *code)
{
	const struct json *json;
	if (code == NULL)
		assert_int_equal(run_command("list", "--region", VORONEZH, "--format", "json", NULL), 0);
	else
		assert_int_equal(run_command("list", "--region", VORONEZH, "--format", "json", "--code", code, NULL), 0);
	assert_int_equal(json_parse(player.arena, output.at, output.len, &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	return json;
}

static void list_tells_code_place_and_count(void **state)
{
	(void)state;
	struct span broken = span_of_text("{\"a\":01}");
	int64_t number;
	get_refused(broken, "bad_json");
	get_refused(broken, "bad_json");
	get_refused(foreign_event(), "forbidden_source");
	assert_int_equal(json_count(json_find(listed(NULL), "events")), 2);
	const struct json *list = listed("bad_json");
	assert_int_equal(json_count(json_find(list, "events")), 1);
	const struct json *event = json_first(json_find(list, "events"));
	assert_string_equal(json_find_string(event, "region"), VORONEZH);
	assert_string_equal(json_find_string(event, "digest"), digest_of(broken));
	assert_string_equal(json_find_string(event, "code"), "bad_json");
	assert_true(json_integer(json_find(event, "offset"), &number) && number == 5);
	assert_true(json_integer(json_find(event, "count"), &number) && number == 2);
	assert_true(json_integer(json_find(event, "bytes"), &number) && number == (int64_t)broken.len);
	assert_int_equal(json_count(json_find(list, "regions")), 1);
	assert_int_equal(json_count(json_find(listed("schema"), "events")), 0);
	assert_int_equal(run_command("list", "--code", "bad_json", NULL), 0);
	assert_non_null(strstr(output.at, "bad_json"));
	assert_non_null(strstr(output.at, "2×"));
}

static void show_prints_the_very_bytes(void **state)
{
	(void)state;
	struct span odd = span_of("\xFF{\0\n\r", 5);
	get_refused(odd, "bad_utf8");
	assert_int_equal(run_command("show", "--region", VORONEZH, "--digest", digest_of(odd), NULL), 0);
	assert_true(span_equal(output, odd));
	const char *prefix = arena_printf(player.arena, "%.8s", digest_of(odd));
	assert_int_equal(run_command("show", "--region", VORONEZH, "--digest", prefix, NULL), 0);
	assert_true(span_equal(output, odd));
	assert_int_equal(run_command("show", "--region", PETERSBURG, "--digest", prefix, NULL), 1);
	assert_int_equal(run_command("show", "--region", VORONEZH, "--digest", "12", NULL), 2);
	assert_int_equal(run_command("show", "--region", VORONEZH, "--digest", "%%%%%%%%", NULL), 2);
}

static void replay_stores_what_is_right_now_and_keeps_the_rest(void **state)
{
	(void)state;
	struct span broken = span_of_text("{\"a\":01}"), good[3];
	get_refused(broken, "bad_json");
	for (size_t i = 0; i < 3; i++) {
		good[i] = foreign_event();
		get_refused(good[i], "forbidden_source");
	}
	assert_int_equal(run_command("replay", "--region", VORONEZH, "--digest", digest_of(good[0]), REPLAY_KEYS, NULL), 0);
	assert_int_equal(rows_left(), 3);
	assert_int_equal(run_command("replay", "--region", VORONEZH, REPLAY_KEYS, NULL), 3);
	assert_int_equal(rows_left(), 1);
	assert_int_equal(player_count(&player, "SELECT count FROM effreg.quarantine WHERE code = 'bad_json'"), 2);
	assert_int_equal(player_count(&player, "SELECT last_seq FROM effreg.event_head"), 3);
	assert_int_equal(bytes_counted_wrong(), 0);
	for (size_t i = 0; i < 3; i++) {
		const char *sql = "SELECT pg_catalog.count(*) FROM effreg.event WHERE body::text = $1";
		const struct db_param params[] = {db_text(good[i].at)};
		struct db_rows *rows;
		assert_int_equal(db_query(player.db, sql, params, 1, &rows), STATUS_OK);
		assert_int_equal(db_get_integer(rows, 0, 0), 1);
		db_rows_destroy(&rows);
	}
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.audit WHERE act = 'quarantine.replayed'"), 3);
}

/* More than one batch takes: pages of 500 rows. */
static void replay_goes_through_every_page(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++) {
		struct body body = {0};
		for (int i = 0; i < 300; i++)
			body_add(&body, foreign_event());
		client_push(&client, next_batch++, &body);
		body_clear(&body);
		client_expect(&client, PUSH_ACK);
	}
	assert_int_equal(rows_left(), 900);
	assert_int_equal(run_command("replay", "--region", VORONEZH, "--code", "forbidden_source", REPLAY_KEYS, NULL), 0);
	assert_int_equal(rows_left(), 0);
	assert_int_equal(player_count(&player, "SELECT last_seq FROM effreg.event_head"), 900);
	assert_int_equal(bytes_counted_wrong(), 0);
}

static void a_key_that_is_not_a_gateways_cannot_replay(void **state)
{
	(void)state;
	struct fault fault = {.offset = -1};
	get_refused(foreign_event(), "forbidden_source");
	struct bus_keypair stranger;
	bus_keypair_new(&stranger);
	assert_int_equal(ambient_write_file(player_file(&player, "stranger"), span_of_text(stranger.secret_key), 0600, &fault), STATUS_OK);
	assert_int_equal(run_command("replay", "--region", VORONEZH, "--endpoint", intake.endpoint, "--key", player_file(&player, "stranger"),
	                             "--server-key", player_file(&player, "server.pub"), NULL), 4);
	unlink(player_file(&player, "stranger"));
	assert_int_equal(rows_left(), 1);
}

static void discard_needs_a_reason_and_leaves_an_audit_row(void **state)
{
	(void)state;
	struct span broken = span_of_text("nothing");
	get_refused(broken, "bad_json");
	assert_int_equal(run_command("discard", "--region", VORONEZH, "--digest", digest_of(broken), NULL), 2);
	assert_int_equal(rows_left(), 1);
	assert_int_equal(run_command("discard", "--region", VORONEZH, "--digest", digest_of(broken), "--reason", "a test's", NULL), 0);
	assert_int_equal(rows_left(), 0);
	assert_int_equal(bytes_counted_wrong(), 0);
	assert_string_equal(player_text(&player, "SELECT detail->>'reason' FROM effreg.audit WHERE act = 'quarantine.discarded'"), "a test's");
	assert_string_equal(player_text(&player, "SELECT subject FROM effreg.audit WHERE act = 'quarantine.discarded'"),
	                    arena_printf(player.arena, VORONEZH "/%s", digest_of(broken)));
	assert_int_equal(run_command("discard", "--region", VORONEZH, "--digest", digest_of(broken), "--reason", "again", NULL), 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(list_tells_code_place_and_count),
		CASE(show_prints_the_very_bytes),
		CASE(replay_stores_what_is_right_now_and_keeps_the_rest),
		CASE(replay_goes_through_every_page),
		CASE(a_key_that_is_not_a_gateways_cannot_replay),
		CASE(discard_needs_a_reason_and_leaves_an_audit_row),
	};
	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
