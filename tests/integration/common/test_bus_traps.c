/* What libzmq 4.3.4 does to those who do not know it, provoked: peers here are libzmq's own sockets with options that ours never set, in
 * a context of their own. tests/README.md has the table: trap, test. Every wait serves the ZAP handler and ends with an event or fails. */
#include "common/bus.h"

#include "common/ambient.h"
#include "tests/harness/curve_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#define WAIT_MS   20000
#define QUIET_MS  300    /* how long is looked for what must not come */
#define FRAMES    64     /* of the message that never ends */
#define ROOM      ((size_t)16 * 1024 * 1024)
#define ENFORCE_DOMAIN 93

static struct bus *bus;
static struct bus_keypair server_key, client_key, other_key;
static struct bus_socket *server;
static struct bus_message *message;
static void *context;   /* of the raw peers */
static void *peers[4];  /* closed at the end whatever came of the test: a context waits for its sockets */
static size_t peers_count;

static enum status authorise(void *unused, const char *domain, const char public_key[BUS_KEY_TEXT])
{
	(void)unused;
	(void)domain;
	return text_equal(public_key, client_key.public_key) || text_equal(public_key, other_key.public_key) ? STATUS_OK : STATUS_FORBIDDEN;
}

static void serve(void)
{
	struct bus_poll_item items[] = {{.socket = bus_zap_socket(bus)}};
	assert_int_equal(bus_poll(items, 1, 5), STATUS_OK);
	bus_zap_serve(bus);
}

static enum status receive(long wait_ms)
{
	int64_t until_ms = ambient_monotonic_ms() + wait_ms;
	enum status status;
	while ((status = bus_receive(server, message)) == STATUS_NOT_FOUND && ambient_monotonic_ms() < until_ms)
		serve();
	return status;
}

static bool message_is(const char *text)
{
	return bus_message_frames(message) == 2 && span_equal(bus_message_frame(message, 1), span_of_text(text));
}

static int open_all(void **state)
{
	(void)state;
	struct fault fault = {.offset = -1};
	bus = bus_new();
	message = bus_message_new();
	context = zmq_ctx_new();
	assert_int_equal(bus_zap_start(bus, authorise, NULL, &fault), STATUS_OK);
	assert_int_equal(bus_bind(bus, BUS_ROUTER, "tcp://127.0.0.1:*", "push", &server_key, &server, &fault), STATUS_OK);
	return 0;
}

static void *open_peer(int type)
{
	void *peer = zmq_socket(context, type);
	assert_non_null(peer);
	assert_true(peers_count < ARRAY_COUNT(peers));
	peers[peers_count++] = peer;
	return peer;
}

static void close_peer(void *peer)
{
	for (size_t i = 0; i < peers_count; i++) {
		if (peers[i] != peer)
			continue;
		peers[i] = peers[--peers_count];
		zmq_close(peer);
		return;
	}
}

static int close_all(void **state)
{
	(void)state;
	bus_message_destroy(&message);
	bus_close(&server);
	bus_destroy(&bus);
	while (peers_count > 0)
		close_peer(peers[peers_count - 1]);
	zmq_ctx_term(context);
	return 0;
}

/* A DEALER of libzmq with a valid key; routing_id: NULL for none. */
static void *raw_client(const struct bus_keypair *key, const char *routing_id)
{
	int zero = 0, one = 1;
	void *raw = open_peer(ZMQ_DEALER);
	assert_int_equal(zmq_setsockopt(raw, ZMQ_LINGER, &zero, sizeof zero), 0);
	assert_int_equal(zmq_setsockopt(raw, ZMQ_SNDHWM, &zero, sizeof zero), 0);
	assert_int_equal(zmq_setsockopt(raw, ZMQ_RCVHWM, &one, sizeof one), 0);  /* or it takes in what it does not read */
	assert_int_equal(zmq_setsockopt(raw, ZMQ_IMMEDIATE, &one, sizeof one), 0);
	assert_int_equal(zmq_setsockopt(raw, ZMQ_CURVE_SERVERKEY, server_key.public_key, BUS_KEY_TEXT - 1), 0);
	assert_int_equal(zmq_setsockopt(raw, ZMQ_CURVE_PUBLICKEY, key->public_key, BUS_KEY_TEXT - 1), 0);
	assert_int_equal(zmq_setsockopt(raw, ZMQ_CURVE_SECRETKEY, key->secret_key, BUS_KEY_TEXT - 1), 0);
	if (routing_id != NULL)
		assert_int_equal(zmq_setsockopt(raw, ZMQ_ROUTING_ID, routing_id, strlen(routing_id)), 0);
	assert_int_equal(zmq_connect(raw, bus_endpoint(server)), 0);
	return raw;
}

/* As soon as there is a connection. */
static void raw_send(void *raw, const void *at, size_t len, int flags)
{
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	while (zmq_send(raw, at, len, flags | ZMQ_DONTWAIT) < 0) {
		assert_int_equal(zmq_errno(), EAGAIN);
		assert_true(ambient_monotonic_ms() < until_ms);
		serve();
	}
}

static size_t resident(void)
{
	size_t pages = 0, own = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%zu %zu", &pages, &own), 2);
	(void)fclose(file);
	return own * (size_t)sysconf(_SC_PAGESIZE);
}

static uint16_t port_of(const struct sockaddr_storage *address)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	memcpy(&four, address, sizeof four);
	memcpy(&six, address, sizeof six);
	return address->ss_family == AF_INET6 ? six.sin6_port : address->ss_family == AF_INET ? four.sin_port : 0;
}

static int port_of_server(void)
{
	return atoi(strrchr(bus_endpoint(server), ':') + 1);
}

static int tcp_connect(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port_of_server())};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0);
	return fd;
}

/* ---- User-Id */

/* zmq_poll reads the routing id before the message, and no property of it: the first frame then has no User-Id. */
static void the_sender_is_known_after_a_poll(void **state)
{
	(void)state;
	void *raw = raw_client(&client_key, NULL);
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	struct bus_poll_item items[] = {{.socket = server}};
	raw_send(raw, "one", 3, ZMQ_SNDMORE);
	raw_send(raw, "two", 3, 0);
	while (!items[0].ready && ambient_monotonic_ms() < until_ms) {
		serve();
		assert_int_equal(bus_poll(items, 1, 5), STATUS_OK);
	}
	assert_true(items[0].ready);
	assert_int_equal(bus_receive(server, message), STATUS_OK);
	assert_int_equal(bus_message_frames(message), 3);
	assert_string_equal(bus_message_user(message), client_key.public_key);
	close_peer(raw);
}

/* The descriptor of a socket is edge-triggered: who waits on it beside others and reads one message misses the next. */
static void a_poll_beside_a_descriptor_tells_of_every_message_left(void **state)
{
	(void)state;
	int ends[2];
	void *raw = raw_client(&client_key, NULL);
	assert_int_equal(pipe(ends), 0);
	struct bus_poll_item items[] = {{.socket = server}, {.fd = ends[0]}};
	for (int i = 0; i < 3; i++)
		raw_send(raw, "hello", 5, 0);
	raw_send(raw, "last", 4, 0);
	assert_int_equal(receive(WAIT_MS), STATUS_OK);
	for (bool is_last = message_is("last"); !is_last; is_last = message_is("last")) {
		assert_int_equal(bus_poll(items, 2, WAIT_MS), STATUS_OK);
		assert_true(items[0].ready && !items[1].ready);
		assert_int_equal(bus_receive(server, message), STATUS_OK);
	}
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(bus_poll(items, 2, WAIT_MS), STATUS_OK);
	assert_true(!items[0].ready && items[1].ready);
	close(ends[0]);
	close(ends[1]);
	close_peer(raw);
}

/* ---- Messages that never end */

static int64_t wait_until_ms;

static bool serve_and_go_on(void)
{
	serve();
	return ambient_monotonic_ms() < wait_until_ms;
}

static void wait_for_memory(size_t limit, bool above)
{
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	while ((resident() > limit) != above && ambient_monotonic_ms() < until_ms)
		serve();
	assert_true((resident() > limit) == above);
}

/* libzmq keeps the frames of an unfinished message, whatever RCVHWM says: only those with a key come so far, the container has a
 * limit, and what is shown here: nobody else waits, nothing of it is ever handed out, and all of it is given back with the connection. */
static void an_unfinished_message_disturbs_nobody_and_ends_with_its_connection(void **state)
{
	(void)state;
	struct curve_peer endless;
	void *honest = raw_client(&other_key, NULL);
	int fd = tcp_connect();
	wait_until_ms = ambient_monotonic_ms() + WAIT_MS;
	assert_true(curve_shake_hands(&endless, fd, server_key.public_key, &client_key, serve_and_go_on));
	assert_true(curve_send_more(&endless, CURVE_PAYLOAD, serve_and_go_on));
	size_t before = resident();
	for (int i = 0; i < FRAMES; i++) {
		wait_until_ms = ambient_monotonic_ms() + WAIT_MS;
		assert_true(curve_send_more(&endless, CURVE_PAYLOAD, serve_and_go_on));
		raw_send(honest, "between", 7, 0);
		assert_int_equal(receive(WAIT_MS), STATUS_OK);
		assert_true(message_is("between"));
		assert_string_equal(bus_message_user(message), other_key.public_key);
	}
	wait_for_memory(before + FRAMES / 2 * CURVE_PAYLOAD, true);
	close(fd);
	wait_for_memory(before + ROOM, false);
	raw_send(honest, "after", 5, 0);
	assert_int_equal(receive(WAIT_MS), STATUS_OK);
	assert_true(message_is("after"));
	assert_int_equal(receive(QUIET_MS), STATUS_NOT_FOUND);
	close_peer(honest);
}

/* A stranger does not come so far: no frame of a message is taken before the handshake is done. */
static void a_stranger_cannot_begin_a_message(void **state)
{
	(void)state;
	struct curve_peer peer;
	struct bus_keypair stranger;
	int fd = tcp_connect();
	bus_keypair_new(&stranger);
	wait_until_ms = ambient_monotonic_ms() + WAIT_MS;
	assert_false(curve_shake_hands(&peer, fd, server_key.public_key, &stranger, serve_and_go_on));
	assert_true(ambient_monotonic_ms() < wait_until_ms);
	assert_int_equal(receive(QUIET_MS), STATUS_NOT_FOUND);
	close(fd);
}

/* ---- Connections */

/* Without HANDOVER the first keeps its name. With it whoever has any key would take over anybody's answers. */
static void a_client_cannot_take_anothers_place(void **state)
{
	(void)state;
	char text[16];
	void *first = raw_client(&client_key, "same");
	raw_send(first, "first", 5, 0);
	assert_int_equal(receive(WAIT_MS), STATUS_OK);
	void *second = raw_client(&other_key, "same");
	raw_send(second, "second", 6, 0);
	assert_int_equal(receive(QUIET_MS), STATUS_NOT_FOUND);
	const struct span answer[] = {span_of_text("same"), span_of_text("answer")};
	assert_int_equal(bus_send(server, answer, 2), STATUS_OK);
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	int got = -1;
	while (got < 0 && ambient_monotonic_ms() < until_ms) {
		got = zmq_recv(first, text, sizeof text, ZMQ_DONTWAIT);
		serve();
	}
	assert_int_equal(got, 6);
	assert_true(zmq_recv(second, text, sizeof text, ZMQ_DONTWAIT) < 0);
	close_peer(second);
	close_peer(first);
}

static bool is_closed_by_the_server(int fd)
{
	char bytes[256];
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	while (ambient_monotonic_ms() < until_ms) {
		struct pollfd item = {.fd = fd, .events = POLLIN};
		serve();
		if (poll(&item, 1, 5) == 1 && recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) == 0)
			return true;
	}
	return false;
}

/* HANDSHAKE_IVL: a half-open connection is not kept for ever. */
static void a_connection_that_never_shakes_hands_is_closed(void **state)
{
	(void)state;
	int fd = tcp_connect();
	assert_true(is_closed_by_the_server(fd));
	close(fd);
}

static int option_of(int fd, int level, int option)
{
	int value = 0;
	socklen_t size = sizeof value;
	return getsockopt(fd, level, option, &value, &size) == 0 ? value : -1;
}

/* The server's end of a connection: our descriptor whose peer is the other's own port. */
static int find_other_end(int fd)
{
	struct sockaddr_storage own, peer;
	socklen_t size = sizeof own;
	assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &size), 0);
	for (int other = 3; other < 1024; other++) {
		size = sizeof peer;
		if (other != fd && getpeername(other, (struct sockaddr *)&peer, &size) == 0 && port_of(&peer) == port_of(&own))
			return other;
	}
	return -1;
}

/* Instead of heartbeats, which abort the process: TCP itself asks whether a silent peer is still there. */
static void a_silent_peer_is_asked_for_by_tcp(void **state)
{
	(void)state;
	int fd = tcp_connect(), other = -1;
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	while ((other < 0 || option_of(other, SOL_SOCKET, SO_KEEPALIVE) != 1) && ambient_monotonic_ms() < until_ms) {
		serve();
		other = find_other_end(fd);
	}
	assert_true(other >= 0);
	assert_int_equal(option_of(other, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(option_of(other, IPPROTO_TCP, TCP_KEEPIDLE), 30);
	assert_int_equal(option_of(other, IPPROTO_TCP, TCP_KEEPINTVL), 10);
	assert_int_equal(option_of(other, IPPROTO_TCP, TCP_KEEPCNT), 3);
	close(fd);
}

/* LINGER: what nobody takes holds no process up at its end. The alarm ends a test that hangs. */
static void messages_that_nobody_takes_hold_no_process_up(void **state)
{
	(void)state;
	static char large[64 * 1024];
	void *raw = raw_client(&client_key, "reader");
	raw_send(raw, "hello", 5, 0);
	assert_int_equal(receive(WAIT_MS), STATUS_OK);
	const struct span answer[] = {span_of_text("reader"), span_of(large, sizeof large)};
	enum status status;
	while ((status = bus_send(server, answer, 2)) == STATUS_OK)
		continue;
	assert_int_equal(status, STATUS_UNAVAILABLE);
	alarm(WAIT_MS / 1000);
	bus_close(&server);
	bus_destroy(&bus);
	alarm(0);
	close_peer(raw);
}

/* ---- CURVE without a ZAP handler */

/* Option 93, by number, for 4.3.4's header does not name it: with a domain and without a handler nobody comes in. bus_bind refuses to
 * exist without one; this is what holds if the handler ends before the socket. */
static void a_domain_that_is_enforced_lets_nobody_in_without_a_handler(void **state)
{
	(void)state;
	char endpoint[64];
	int one = 1, zero = 0;
	size_t size = sizeof endpoint;
	void *bare = zmq_ctx_new(), *router = zmq_socket(bare, ZMQ_ROUTER), *dealer = open_peer(ZMQ_DEALER), *monitor = open_peer(ZMQ_PAIR);
	assert_int_equal(zmq_setsockopt(router, ZMQ_CURVE_SERVER, &one, sizeof one), 0);
	assert_int_equal(zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, server_key.secret_key, BUS_KEY_TEXT - 1), 0);
	assert_int_equal(zmq_setsockopt(router, ZMQ_ZAP_DOMAIN, "push", 4), 0);
	assert_int_equal(zmq_setsockopt(router, ENFORCE_DOMAIN, &one, sizeof one), 0);
	assert_int_equal(zmq_setsockopt(router, ZMQ_LINGER, &zero, sizeof zero), 0);
	assert_int_equal(zmq_bind(router, "tcp://127.0.0.1:*"), 0);
	assert_int_equal(zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &size), 0);
	assert_int_equal(zmq_setsockopt(dealer, ZMQ_LINGER, &zero, sizeof zero), 0);
	assert_int_equal(zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, server_key.public_key, BUS_KEY_TEXT - 1), 0);
	assert_int_equal(zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, client_key.public_key, BUS_KEY_TEXT - 1), 0);
	assert_int_equal(zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, client_key.secret_key, BUS_KEY_TEXT - 1), 0);
	assert_int_equal(zmq_socket_monitor(dealer, "inproc://enforced", ZMQ_EVENT_ALL), 0);
	assert_int_equal(zmq_connect(monitor, "inproc://enforced"), 0);
	assert_int_equal(zmq_connect(dealer, endpoint), 0);
	uint16_t event = 0;
	while ((event & (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
	                 ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_DISCONNECTED)) == 0) {
		char bytes[256];
		zmq_pollitem_t item = {.socket = monitor, .events = ZMQ_POLLIN};
		assert_int_equal(zmq_poll(&item, 1, WAIT_MS), 1);
		assert_true(zmq_recv(monitor, bytes, sizeof bytes, 0) >= (int)sizeof event);
		memcpy(&event, bytes, sizeof event);
		assert_true(zmq_recv(monitor, bytes, sizeof bytes, 0) >= 0);
	}
	assert_int_not_equal(event, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
	zmq_socket_monitor(dealer, NULL, 0);
	close_peer(monitor);
	close_peer(dealer);
	zmq_close(router);
	zmq_ctx_term(bare);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_sender_is_known_after_a_poll),
		TEST(a_poll_beside_a_descriptor_tells_of_every_message_left),
		TEST(an_unfinished_message_disturbs_nobody_and_ends_with_its_connection),
		TEST(a_stranger_cannot_begin_a_message),
		TEST(a_client_cannot_take_anothers_place),
		TEST(a_connection_that_never_shakes_hands_is_closed),
		TEST(a_silent_peer_is_asked_for_by_tcp),
		TEST(messages_that_nobody_takes_hold_no_process_up),
		TEST(a_domain_that_is_enforced_lets_nobody_in_without_a_handler),
	};
	bus_keypair_new(&server_key);
	bus_keypair_new(&client_key);
	bus_keypair_new(&other_key);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
