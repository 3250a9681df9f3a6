/* The process effreg-ranking over real sockets: who gets an answer, who gets no session, and the hint of a
 * publication. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/ambient.h"
#include "common/bus.h"
#include "common/db.h"
#include "common/json.h"

#define ARENA_BYTES ((size_t)16 * 1024 * 1024)
#define WAIT_MS     10000

struct world {
	const char *dsn;
	struct arena *arena;
	struct db *db;
	struct bus *bus;
	struct bus_message *message;
	struct bus_keypair server, service, coordinator, stranger;
	const char *folder;
	const char *query_endpoint;
	const char *rating_endpoint;
	pid_t pid;
	struct bus_socket *sockets[4];  /* closed after the test, whatever became of it */
	size_t sockets_count;
};

static struct world world;

/* ---- the process ---- */

static const char *program_path(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
	assert_true(len > 0);
	path[len] = '\0';
	return arena_printf(world.arena, "%s/../bin/effreg-ranking", dirname(path));
}

/* A port that was free a moment ago. */
static const char *free_endpoint(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	close(listener);
	return arena_printf(world.arena, "tcp://127.0.0.1:%u", ntohs(address.sin_port));
}

static const char *write_key(const char *name, const char *key)
{
	const char *path = arena_printf(world.arena, "%s/%s", world.folder, name);
	const char *text = arena_printf(world.arena, "%s\n", key);
	assert_int_equal(ambient_write_file(path, span_of_text(text), 0600, NULL), STATUS_OK);
	return path;
}

static void add_key(const struct bus_keypair *keypair, const char *role)
{
	const struct db_param params[] = {db_text(keypair->public_key), db_text(role)};
	assert_int_equal(db_begin(world.db), STATUS_OK);
	if (db_run(world.db, "INSERT INTO effreg.client_key (public_key, role) VALUES ($1, $2)", params, 2, NULL) != STATUS_OK)
		fail_msg("%s", db_error(world.db));
	assert_int_equal(db_commit(world.db), STATUS_OK);
}

static void start_process(void)
{
	const char *server = write_key("server", world.server.secret_key);
	const char *server_public = write_key("server.pub", world.server.public_key);
	const char *service = write_key("service", world.service.secret_key);
	const char *metric_endpoint = free_endpoint();
	const char *program = program_path();
	world.query_endpoint = free_endpoint();
	world.rating_endpoint = free_endpoint();
	world.pid = fork();
	assert_true(world.pid >= 0);
	if (world.pid > 0)
		return;
	execl(program, program, "--dsn", world.dsn, "--metric-endpoint", metric_endpoint, "--metric-server-key-file",
	      server_public, "--key-file", service, "--query-endpoint", world.query_endpoint, "--rating-endpoint",
	      world.rating_endpoint, "--server-key-file", server, "--methodology-file",
	      EFFREG_SOURCE_DIR "/deploy/config/methodology.json", "--recompute-ms", "50", (char *)NULL);
	_exit(127);
}

static void fill_database(void)
{
	static const char SQL[] =
		"TRUNCATE effreg.rating_row, effreg.rating_run, effreg.rating_live, effreg.rating_due, effreg.rating,"
		" effreg.rating_head, effreg.metric, effreg.metric_head, effreg.figures, effreg.cursor, effreg.event,"
		" effreg.event_head, effreg.client_key;"
		"INSERT INTO effreg.region (region_id, iso, kind, name_ru, name_en, federal_district_ru, federal_district_en)"
		" VALUES ('20000000', 'RU-VOR', 'oblast', 'Воронежская область', 'Voronezh Oblast', 'Ц', 'C')"
		" ON CONFLICT DO NOTHING;"
		"INSERT INTO effreg.figures (region_id, subject, period, figures)"
		" SELECT '20000000', '', '2023', pg_catalog.jsonb_object_agg(code, '1 1 1 9') FROM pg_catalog.unnest(ARRAY['joined', 'measured',"
		" 'lead_time_reduction', 'trained_per_1000', 'practices_published']) AS known(code);"
		"INSERT INTO effreg.metric_head (region_id, last_seq) VALUES ('20000000', 1);"
		"INSERT INTO effreg.metric (region_id, seq, body) VALUES ('20000000', 1,"
		" '{\"event_seq\":1,\"changed\":[{\"period\":\"2023\",\"codes\":[\"joined\"]}]}')";
	if (db_exec(world.db, SQL) != STATUS_OK)
		fail_msg("%s", db_error(world.db));
}

static int set_up(void **state)
{
	(void)state;
	world = (struct world){.dsn = getenv("EFFREG_TEST_DSN"), .arena = arena_new(ARENA_BYTES)};
	if (world.dsn == NULL)
		return 0;
	struct fault fault = {0};
	char folder[] = "/tmp/effreg-test.XXXXXX";
	if (mkdtemp(folder) == NULL)
		return -1;
	world.folder = arena_printf(world.arena, "%s", folder);
	if (db_connect(world.dsn, "test-wire", &world.db, &fault) != STATUS_OK)
		fail_msg("%s", fault.text);
	struct bus_keypair *const keypairs[] = {&world.server, &world.service, &world.coordinator, &world.stranger};
	for (size_t i = 0; i < ARRAY_COUNT(keypairs); i++)
		bus_keypair_new(keypairs[i]);
	fill_database();
	add_key(&world.service, "service");
	add_key(&world.coordinator, "coordinator");
	start_process();
	/* After the fork: a context must not see one. */
	world.bus = bus_new();
	world.message = bus_message_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < world.sockets_count; i++)
		bus_close(&world.sockets[i]);
	if (world.pid > 0) {
		int process_status = 0;
		kill(world.pid, SIGTERM);
		waitpid(world.pid, &process_status, 0);
		assert_true(WIFEXITED(process_status) && WEXITSTATUS(process_status) == 0);
		static const char *const NAMES[] = {"server", "server.pub", "service"};
		for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++)
			unlink(arena_printf(world.arena, "%s/%s", world.folder, NAMES[i]));
		rmdir(world.folder);
	}
	bus_message_destroy(&world.message);
	if (world.bus != NULL)
		bus_destroy(&world.bus);
	db_disconnect(&world.db);
	arena_destroy(&world.arena);
	return 0;
}

static void need_database(void)
{
	if (world.dsn == NULL) {
		print_message("skipped: EFFREG_TEST_DSN is not set\n");
		skip();
	}
}

/* ---- sockets ---- */

static struct bus_socket *connect_to(enum bus_type type, const char *endpoint, const struct bus_keypair *client)
{
	struct bus_socket *socket = NULL;
	struct fault fault = {0};
	if (bus_connect(world.bus, type, endpoint, world.server.public_key, client, &socket, &fault) != STATUS_OK)
		fail_msg("%s", fault.text);
	assert_true(world.sockets_count < ARRAY_COUNT(world.sockets));
	world.sockets[world.sockets_count++] = socket;
	return socket;
}

/* Waits for a message; false when none came. */
static bool receive(struct bus_socket *socket, long timeout_ms)
{
	int64_t until_ms = ambient_monotonic_ms() + timeout_ms;
	while (bus_receive(socket, world.message) != STATUS_OK) {
		struct bus_poll_item item = {.socket = socket};
		int64_t left_ms = until_ms - ambient_monotonic_ms();
		if (left_ms <= 0 || bus_poll(&item, 1, (long)left_ms) != STATUS_OK)
			return false;
	}
	return true;
}

/* Lets the socket do what it has to: a SUB socket sends its subscription only while it is polled. */
static void attend(struct bus_socket *socket, long timeout_ms)
{
	struct bus_poll_item item = {.socket = socket};
	assert_int_equal(bus_poll(&item, 1, timeout_ms), STATUS_OK);
}

/* Waits until the handshake is done. */
static void wait_connected(struct bus_socket *socket)
{
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	while (!bus_link_state(socket).connected) {
		assert_true(ambient_monotonic_ms() < until_ms);
		attend(socket, 10);
	}
	attend(socket, 10);
}

/* Asks and returns the answer's header; the body is frame 1 of the message. */
static const struct json *ask(struct bus_socket *socket, const char *request)
{
	const struct span frames[] = {span_of_text(request)};
	const struct json *header;
	assert_int_equal(bus_send(socket, frames, 1), STATUS_OK);
	assert_true(receive(socket, WAIT_MS));
	assert_int_equal(bus_message_frames(world.message), 2);
	struct span text = bus_message_frame(world.message, 0);
	assert_int_equal(json_parse(world.arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, &header, NULL), STATUS_OK);
	return header;
}

static const struct json *body(void)
{
	const struct json *json;
	struct span text = bus_message_frame(world.message, 1);
	assert_int_equal(json_parse(world.arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	return json;
}

/* ---- the cases ---- */

#define GET     "{\"id\":\"1\",\"method\":\"rating.get\",\"params\":{\"period\":\"2023\"}}"
#define PUBLISH "{\"id\":\"2\",\"method\":\"rating.publish\",\"params\":{\"period\":\"2023\",\"kind\":\"final\"}}"

/* The live rating appears by itself: the process finds the record that was there before it. */
static void wait_for_rating(struct bus_socket *socket)
{
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	while (!text_equal(json_find_string(ask(socket, GET), "status"), "ok")) {
		assert_true(ambient_monotonic_ms() < until_ms);
		assert_int_equal(bus_poll(NULL, 0, 50), STATUS_OK);
	}
}

static void the_coordinator_gets_and_publishes_and_a_hint_goes_out(void **state)
{
	(void)state;
	need_database();
	struct bus_socket *client = connect_to(BUS_DEALER, world.query_endpoint, &world.coordinator);
	struct bus_socket *hints = connect_to(BUS_SUB, world.rating_endpoint, &world.service);
	bus_subscribe(hints, "rating.");
	wait_connected(client);
	wait_connected(hints);
	wait_for_rating(client);
	assert_string_equal(json_find_string(body(), "kind"), "live");
	assert_string_equal(json_find_string(json_first(json_find(body(), "rows")), "region"), "20000000");
	const struct json *header = ask(client, PUBLISH);
	assert_string_equal(json_find_string(header, "status"), "ok");
	assert_string_equal(json_find_string(header, "id"), "2");
	assert_true(receive(hints, WAIT_MS));
	struct span topic = bus_message_frame(world.message, 0);
	assert_true(span_equal(topic, span_of_text("rating.all")));
	struct span hint = bus_message_frame(world.message, 1);
	assert_true(span_equal(hint, span_of_text("{\"stream\":\"rating\",\"key\":\"all\",\"first\":1,\"last\":1}")));
	ask(client, GET);
	assert_string_equal(json_find_string(body(), "kind"), "final");
}

static void an_unknown_key_gets_no_session(void **state)
{
	(void)state;
	need_database();
	struct bus_socket *known = connect_to(BUS_DEALER, world.query_endpoint, &world.coordinator);
	wait_connected(known);
	struct bus_socket *client = connect_to(BUS_DEALER, world.query_endpoint, &world.stranger);
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	struct bus_link link = {0};
	while (link.handshakes_refused == 0 && ambient_monotonic_ms() < until_ms) {
		assert_int_equal(bus_poll(NULL, 0, 10), STATUS_OK);
		link = bus_link_state(client);
		assert_false(link.connected);
	}
	assert_true(link.handshakes_refused > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_coordinator_gets_and_publishes_and_a_hint_goes_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_unknown_key_gets_no_session, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
