/* The lines of clients that go on sending what is dropped: narrowed, given back, and never another's for long. The first cases have
 * both ends in this process and say themselves what time it is; the last one floods the real intake. */
#include "services/intake/intake_line.h"
#include "tests/integration/intake/intake_player.h"

#define NARROW_BYTES_MAX 8192      /* what the kernel makes of the smallest there is, with room */
#define QUEUE_MESSAGES   4000      /* more than the queues of both sides and the kernel's buffers hold */
#define HELD_UP_MS       2000      /* nothing more could be sent for so long */

static struct player player;
static struct bus_keypair key;
static struct bus_socket *router;
static struct bus_message *message;
static struct intake_lines *lines;

/* ---- Both ends ---- */

static enum status let_in(void *context, const char *domain, const char public_key[BUS_KEY_TEXT])
{
	(void)context;
	(void)domain;
	(void)public_key;
	return STATUS_OK;
}

static int set_up_all(void **state)
{
	(void)state;
	struct fault fault = {.offset = -1};
	player_init(&player);
	player_add_key(&player, &key, "region", VORONEZH, NULL);
	assert_int_equal(bus_zap_start(player.bus, let_in, NULL, &fault), STATUS_OK);
	assert_int_equal(bus_bind(player.bus, BUS_ROUTER, "tcp://127.0.0.1:*", "push", &player.server, &router, &fault), STATUS_OK);
	player_note_socket(&player, NULL, router);
	return 0;
}

static int tear_down_all(void **state)
{
	(void)state;
	player_clear(&player);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	message = bus_message_new();
	lines = intake_lines_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bus_message_destroy(&message);
	intake_lines_destroy(&lines);
	return 0;
}

static struct bus_socket *connect_here(void)
{
	struct fault fault = {.offset = -1};
	struct bus_socket *socket;
	assert_int_equal(bus_connect(player.bus, BUS_DEALER, bus_endpoint(router), player.server.public_key, &key, &socket, &fault), STATUS_OK);
	player_note_socket(&player, NULL, socket);
	return socket;
}

static void leave(struct bus_socket **socket)
{
	player_note_socket(&player, *socket, NULL);
	bus_close(socket);
}

/* The router's side of one word from socket. */
static void hear_from(struct bus_socket *socket, struct bus_message *ret_message)
{
	const struct span frames[] = {span_of_text("word")};
	struct bus_poll_item items[] = {{.socket = bus_zap_socket(player.bus)}};
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	bool said = false;
	while (bus_receive(router, ret_message) != STATUS_OK) {
		assert_true(ambient_monotonic_ms() < until_ms);
		said = said || bus_send(socket, frames, 1) == STATUS_OK;
		assert_int_equal(bus_poll(items, 1, 5), STATUS_OK);
		bus_zap_serve(player.bus);
	}
}

static int buffer_of(int fd)
{
	int bytes = 0;
	socklen_t len = sizeof bytes;
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &len), 0);
	return bytes;
}

static void is_narrow_until_it_has_been_quiet(void **state)
{
	(void)state;
	struct bus_socket *flood = connect_here();
	hear_from(flood, message);
	int fd = bus_message_fd(message), before = buffer_of(fd);
	assert_true(before > NARROW_BYTES_MAX);
	intake_lines_narrow(lines, router, message, 1000);
	assert_true(buffer_of(fd) < NARROW_BYTES_MAX);
	assert_int_equal(intake_lines_count(lines), 1);
	intake_lines_meet(lines, message);  /* its own words change nothing */
	intake_lines_note(lines, message, 5000);
	intake_lines_expire(lines, 5000 + INTAKE_LINE_QUIET_MS - 1);
	assert_true(buffer_of(fd) < NARROW_BYTES_MAX);
	intake_lines_expire(lines, 5000 + INTAKE_LINE_QUIET_MS);
	assert_int_equal(buffer_of(fd), before);
	assert_int_equal(intake_lines_count(lines), 0);
	intake_lines_narrow(lines, router, message, 50000);
	assert_int_equal(intake_lines_count(lines), 1);
	leave(&flood);
}

static void the_lines_of_others_are_left_alone(void **state)
{
	(void)state;
	struct bus_message *word = bus_message_new();
	struct bus_socket *flood = connect_here(), *neighbour = connect_here();
	hear_from(flood, message);
	hear_from(neighbour, word);
	int fd = bus_message_fd(word), before = buffer_of(fd);
	intake_lines_narrow(lines, router, message, 1000);
	intake_lines_meet(lines, word);
	assert_int_equal(buffer_of(fd), before);
	assert_true(buffer_of(bus_message_fd(message)) < NARROW_BYTES_MAX);
	leave(&flood);
	leave(&neighbour);
	bus_message_destroy(&word);
}

/* What was still to be read of one that left has narrowed a line whose descriptor is another client's by now: its owner, whose routing id
 * is another one, gets it back with its next word. */
static void a_line_narrowed_for_another_is_given_back_by_a_word(void **state)
{
	(void)state;
	struct bus_socket *heir = connect_here();
	hear_from(heir, message);
	int fd = bus_message_fd(message), before = buffer_of(fd);
	intake_lines_narrow(lines, router, message, 1000);
	assert_true(buffer_of(fd) < NARROW_BYTES_MAX);
	*(char *)(uintptr_t)bus_message_frame(message, 0).at ^= 1;
	intake_lines_meet(lines, message);
	assert_int_equal(buffer_of(fd), before);
	assert_int_equal(intake_lines_count(lines), 0);
	leave(&heir);
}

/* The line that was narrowed is gone, its descriptor another's: its cookie tells. */
static void a_line_that_is_gone_is_not_widened(void **state)
{
	(void)state;
	struct bus_line line, gone;
	struct bus_socket *heir = connect_here();
	hear_from(heir, message);
	int fd = bus_message_fd(message), before = buffer_of(fd);
	assert_true(bus_line_narrow(router, fd, &line));
	gone = line;
	gone.cookie++;
	bus_line_widen(&gone);
	assert_true(buffer_of(fd) < NARROW_BYTES_MAX);
	bus_line_widen(&line);
	assert_int_equal(buffer_of(fd), before);
	leave(&heir);
}

/* A descriptor that has become something else altogether, as the connection to the database. */
static void what_the_socket_has_not_accepted_is_not_narrowed(void **state)
{
	(void)state;
	struct bus_line line;
	struct sockaddr_in address = {.sin_family = AF_INET};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((uint16_t)strtoul(strrchr(bus_endpoint(router), ':') + 1, NULL, 10));
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
	int before = buffer_of(fd);
	assert_false(bus_line_narrow(router, fd, &line));
	assert_int_equal(buffer_of(fd), before);
	int closed = fcntl(fd, F_DUPFD_CLOEXEC, 500);  /* a number that no connection that is accepted meanwhile gets */
	close(fd);
	close(closed);
	assert_false(bus_line_narrow(router, closed, &line));
	assert_false(bus_line_narrow(router, -1, &line));
}

/* ---- The real intake ---- */

/* Without a session, batch after batch, until nothing more can be handed over for HELD_UP_MS. *ret_sent: how many. */
static void flood_until_held_up(struct client *flood, size_t *ret_sent)
{
	static char body[PUSH_BODY_BYTES_MAX / 8];
	const struct span frames[] = {span_of_text("{\"type\":\"PUSH\",\"batch\":1,\"sizes\":[32768]}"), span_of(body, sizeof body)};
	int64_t sent_ms = ambient_monotonic_ms();
	*ret_sent = 0;
	while (ambient_monotonic_ms() < sent_ms + HELD_UP_MS && *ret_sent < QUEUE_MESSAGES) {
		if (bus_send(flood->socket, frames, 2) == STATUS_OK) {
			sent_ms = ambient_monotonic_ms();
			(*ret_sent)++;
			continue;
		}
		wait_a_little(flood);
		while (bus_receive(flood->socket, flood->message) == STATUS_OK)
			continue;
	}
}

static size_t lines_narrowed(const char *log_file)
{
	struct span log;
	size_t count = 0;
	struct fault fault = {.offset = -1};
	assert_int_equal(ambient_read_file(player.arena, log_file, (size_t)1024 * 1024, &log, &fault), STATUS_OK);
	for (const char *at = strstr(log.at, "\"line_narrowed\""); at != NULL; at = strstr(at + 1, "\"line_narrowed\""))
		count++;
	return count;
}

static void a_flood_is_held_up_and_nobody_else_is(void **state)
{
	(void)state;
	struct bus_keypair flooding, other;
	struct process intake;
	struct client flood, neighbour;
	size_t sent;
	const char *log_file = player_file(&player, "log");
	player_add_key(&player, &flooding, "region", VORONEZH, NULL);
	player_add_key(&player, &other, "region", PETERSBURG, NULL);
	player_wipe(&player);
	setenv("EFFREG_TEST_INTAKE_LOG", log_file, 1);
	process_start(&player, &intake, "67108864");
	unsetenv("EFFREG_TEST_INTAKE_LOG");
	client_connect(&flood, &player, &intake, &flooding);
	client_connect(&neighbour, &player, &intake, &other);
	client_hello(&neighbour, "ru-spb/portal");
	client_ping(&flood);
	flood_until_held_up(&flood, &sent);
	assert_true(sent < QUEUE_MESSAGES);
	assert_int_equal(lines_narrowed(log_file), 1);
	client_push_one(&neighbour, 1, event_of(&player, fresh_id(&player), PETERSBURG, "ru-spb/portal", 0));
	client_expect(&neighbour, PUSH_ACK);
	client_close(&flood);
	client_connect(&flood, &player, &intake, &flooding);
	client_hello(&flood, "ru-vor/portal");  /* over another line, which is as wide as any */
	client_push_one(&flood, 1, fresh_event(&player, VORONEZH));
	client_expect(&flood, PUSH_ACK);
	client_close(&flood);
	client_close(&neighbour);
	process_stop(&intake);
	assert_int_equal(lines_narrowed(log_file), 1);
	unlink(log_file);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(is_narrow_until_it_has_been_quiet),
		CASE(the_lines_of_others_are_left_alone),
		CASE(a_line_narrowed_for_another_is_given_back_by_a_word),
		CASE(a_line_that_is_gone_is_not_widened),
		CASE(what_the_socket_has_not_accepted_is_not_narrowed),
		CASE(a_flood_is_held_up_and_nobody_else_is),
	};
	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
