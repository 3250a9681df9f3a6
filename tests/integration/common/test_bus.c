/* Real sockets on both sides of one process: who gets a session, what a message may be, what becomes of a peer that goes.
 * Every wait serves the ZAP handler and is bounded. */
#include "common/bus.h"

#include "common/ambient.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#define WAIT_MS  10000
#define CONTENT_MAX (BUS_MESSAGE_MAX - 33)  /* command name, nonce, MAC and flags of CURVE */
#define QUIET_MS 300  /* how long is looked for what must not come, once the other side has seen its refusal */

static struct bus *bus;
static struct bus_keypair server_key, client_key, stranger_key;
static struct bus_socket *server, *client;
static struct bus_message *message;
static struct fault fault;

/* ---- The ZAP handler that is asked */

static struct {
	enum status answer;  /* for a key that is no stranger's */
	unsigned asked;
	char domain[16];
	char key[BUS_KEY_TEXT];
} zap;

static enum status authorise(void *context, const char *domain, const char public_key[BUS_KEY_TEXT])
{
	assert_ptr_equal(context, &zap);
	zap.asked++;
	snprintf(zap.domain, sizeof zap.domain, "%s", domain);
	memcpy(zap.key, public_key, BUS_KEY_TEXT);
	return text_equal(public_key, stranger_key.public_key) ? STATUS_FORBIDDEN : zap.answer;
}

/* ---- Waiting */

static void serve(void)
{
	struct bus_poll_item items[] = {{.socket = bus_zap_socket(bus)}};
	assert_int_equal(bus_poll(items, 1, 5), STATUS_OK);
	bus_zap_serve(bus);
}

static struct bus_link link_seen;

static void look_at_link(void)
{
	struct bus_link now = bus_link_state(client);
	link_seen.connected = now.connected;
	link_seen.handshakes_refused += now.handshakes_refused;
	link_seen.handshakes_failed += now.handshakes_failed;
	link_seen.disconnects += now.disconnects;
}

static bool is_connected(void)
{
	return link_seen.connected;
}

static bool is_refused(void)
{
	return link_seen.handshakes_refused > 0;
}

static bool is_failed(void)
{
	return link_seen.handshakes_failed > 0;
}

static bool is_disconnected(void)
{
	return link_seen.disconnects > 0;
}

static bool wait_for(bool (*seen)(void))
{
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	do {
		serve();
		look_at_link();
		if (seen())
			return true;
	} while (ambient_monotonic_ms() < until_ms);
	return false;
}

static enum status receive(struct bus_socket *socket, long wait_ms)
{
	int64_t until_ms = ambient_monotonic_ms() + wait_ms;
	enum status status;
	while ((status = bus_receive(socket, message)) == STATUS_NOT_FOUND && ambient_monotonic_ms() < until_ms)
		serve();
	return status;
}

static enum status send_text(struct bus_socket *socket, const char *text)
{
	const struct span frames[] = {span_of_text(text)};
	return bus_send(socket, frames, 1);
}

static void connect_client(enum bus_type type, const struct bus_keypair *key, const char *server_public)
{
	assert_int_equal(bus_connect(bus, type, bus_endpoint(server), server_public, key, &client, &fault), STATUS_OK);
}

static int open_router(void **state)
{
	(void)state;
	memset(&zap, 0, sizeof zap);
	memset(&link_seen, 0, sizeof link_seen);
	fault = (struct fault){.offset = -1};
	bus = bus_new();
	message = bus_message_new();
	assert_int_equal(bus_zap_start(bus, authorise, &zap, &fault), STATUS_OK);
	assert_int_equal(bus_bind(bus, BUS_ROUTER, "tcp://127.0.0.1:*", "push", &server_key, &server, &fault), STATUS_OK);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	bus_message_destroy(&message);
	bus_close(&client);
	bus_close(&server);
	bus_destroy(&bus);
	return 0;
}

/* ---- Inside the machine */

static void a_local_socket_needs_no_key_and_is_its_owners_and_groups(void **state)
{
	(void)state;
	char folder[] = "/tmp/effreg-bus.XXXXXX", endpoint[80], path[64];
	struct bus_socket *listener = NULL;
	struct stat info;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/socket", folder);
	snprintf(endpoint, sizeof endpoint, "ipc://%s", path);
	assert_int_equal(bus_bind_local(bus, BUS_ROUTER, endpoint, &listener, &fault), STATUS_OK);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0660);
	assert_int_equal(bus_connect_local(bus, BUS_DEALER, endpoint, &client, &fault), STATUS_OK);
	int64_t until_ms = ambient_monotonic_ms() + 5000;
	while (send_text(client, "hello") != STATUS_OK)
		assert_true(ambient_monotonic_ms() < until_ms);
	assert_int_equal(receive(listener, 5000), STATUS_OK);
	assert_int_equal(bus_message_frames(message), 2);
	assert_true(span_equal(bus_message_frame(message, 1), span_of_text("hello")));
	assert_string_equal(bus_message_user(message), "");
	bus_close(&listener);
	unlink(path);
	rmdir(folder);
}

static void a_local_socket_is_never_one_of_the_network(void **state)
{
	(void)state;
	static const char *const ENDPOINTS[] = {"tcp://127.0.0.1:*", "inproc://agent", "", "ipc:/tmp/x"};
	struct bus_socket *socket = NULL;
	for (size_t i = 0; i < ARRAY_COUNT(ENDPOINTS); i++) {
		assert_int_equal(bus_bind_local(bus, BUS_ROUTER, ENDPOINTS[i], &socket, &fault), STATUS_INVALID);
		assert_int_equal(bus_connect_local(bus, BUS_DEALER, ENDPOINTS[i], &socket, &fault), STATUS_INVALID);
		assert_null(socket);
	}
}

/* ---- Who gets a session */

static void nothing_is_bound_before_the_zap_handler_stands(void **state)
{
	(void)state;
	struct bus *bare = bus_new();
	struct bus_socket *socket = NULL;
	assert_int_equal(bus_bind(bare, BUS_ROUTER, "tcp://127.0.0.1:*", "push", &server_key, &socket, &fault), STATUS_FORBIDDEN);
	assert_null(socket);
	assert_string_equal(fault.code, "zap");
	bus_destroy(&bare);
}

static void a_known_key_comes_in_and_every_message_carries_it(void **state)
{
	(void)state;
	connect_client(BUS_DEALER, &client_key, server_key.public_key);
	assert_true(wait_for(is_connected));
	assert_string_equal(zap.domain, "push");
	assert_string_equal(zap.key, client_key.public_key);
	assert_int_equal(send_text(client, "hello"), STATUS_OK);
	assert_int_equal(receive(server, WAIT_MS), STATUS_OK);
	assert_int_equal(bus_message_frames(message), 2);
	assert_true(span_equal(bus_message_frame(message, 1), span_of_text("hello")));
	assert_string_equal(bus_message_user(message), client_key.public_key);
	const struct span answer[] = {bus_message_frame(message, 0), span_of_text("welcome"), span_of("", 0)};
	assert_int_equal(bus_send(server, answer, 3), STATUS_OK);
	assert_int_equal(receive(client, WAIT_MS), STATUS_OK);
	assert_int_equal(bus_message_frames(message), 2);
	assert_int_equal(bus_message_frame(message, 1).len, 0);
	assert_string_equal(bus_message_user(message), "");
}

static void an_unknown_key_is_refused_and_its_holder_sees_it(void **state)
{
	(void)state;
	connect_client(BUS_DEALER, &stranger_key, server_key.public_key);
	assert_int_not_equal(send_text(client, "let me in"), STATUS_OK);  /* IMMEDIATE: nothing is queued for nobody */
	assert_true(wait_for(is_refused));
	assert_false(link_seen.connected);
	assert_int_equal(link_seen.handshakes_failed, 0);
	assert_string_equal(zap.key, stranger_key.public_key);
	assert_int_equal(receive(server, QUIET_MS), STATUS_NOT_FOUND);
}

/* 300 is no refusal: the database may be away; the client comes in when the answer changes. */
static void a_key_that_cannot_be_looked_up_now_tries_again(void **state)
{
	(void)state;
	zap.answer = STATUS_UNAVAILABLE;
	connect_client(BUS_DEALER, &client_key, server_key.public_key);
	assert_true(wait_for(is_failed));
	assert_int_equal(link_seen.handshakes_refused, 0);
	assert_false(link_seen.connected);
	zap.answer = STATUS_OK;
	assert_true(wait_for(is_connected));
}

static bool is_connected_when_asked_again(void)
{
	bus_connect_again(client);
	return link_seen.connected;
}

/* A key that was added later: libzmq alone would never try it again. */
static void a_refused_key_comes_in_once_it_is_known_if_asked_again(void **state)
{
	(void)state;
	static const enum bus_type SERVERS[] = {BUS_ROUTER, BUS_PUB}, CLIENTS[] = {BUS_DEALER, BUS_SUB};
	for (size_t i = 0; i < ARRAY_COUNT(CLIENTS); i++) {
		memset(&link_seen, 0, sizeof link_seen);
		zap.answer = STATUS_FORBIDDEN;
		bus_close(&server);
		assert_int_equal(bus_bind(bus, SERVERS[i], "tcp://127.0.0.1:*", "stream", &server_key, &server, &fault), STATUS_OK);
		connect_client(CLIENTS[i], &client_key, server_key.public_key);
		assert_true(wait_for(is_refused));
		zap.answer = STATUS_OK;
		assert_true(wait_for(is_connected_when_asked_again));
		bus_close(&client);
	}
}

static void another_server_than_the_expected_one_gets_no_client(void **state)
{
	(void)state;
	connect_client(BUS_DEALER, &client_key, stranger_key.public_key);
	assert_true(wait_for(is_failed));
	assert_false(link_seen.connected);
	assert_int_equal(zap.asked, 0);
	assert_int_equal(receive(server, QUIET_MS), STATUS_NOT_FOUND);
}

static void each_socket_asks_in_its_own_domain(void **state)
{
	(void)state;
	struct bus_socket *query = NULL;
	assert_int_equal(bus_bind(bus, BUS_ROUTER, "tcp://127.0.0.1:*", "query", &server_key, &query, &fault), STATUS_OK);
	assert_int_equal(bus_connect(bus, BUS_DEALER, bus_endpoint(query), server_key.public_key, &client_key, &client, &fault), STATUS_OK);
	assert_true(wait_for(is_connected));
	assert_string_equal(zap.domain, "query");
	bus_close(&query);
}

/* A raw client of a mechanism without keys; true when its handshake broke in time. */
static bool is_turned_away(int (*prepare)(void *socket))
{
	void *context = zmq_ctx_new(), *raw = zmq_socket(context, ZMQ_DEALER), *monitor = zmq_socket(context, ZMQ_PAIR);
	int linger = 0;
	bool away = false, inside = false;
	zmq_setsockopt(raw, ZMQ_LINGER, &linger, sizeof linger);
	zmq_setsockopt(monitor, ZMQ_LINGER, &linger, sizeof linger);
	assert_int_equal(prepare(raw), 0);
	assert_int_equal(zmq_socket_monitor(raw, "inproc://raw", ZMQ_EVENT_ALL), 0);
	assert_int_equal(zmq_connect(monitor, "inproc://raw"), 0);
	assert_int_equal(zmq_connect(raw, bus_endpoint(server)), 0);
	assert_int_equal(zmq_send(raw, "let me in", 9, ZMQ_DONTWAIT), 9);
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	while (!away && !inside && ambient_monotonic_ms() < until_ms) {
		uint16_t event = 0;
		char bytes[256];
		serve();
		if (zmq_recv(monitor, bytes, sizeof bytes, ZMQ_DONTWAIT) < (int)sizeof event)
			continue;
		memcpy(&event, bytes, sizeof event);
		zmq_recv(monitor, bytes, sizeof bytes, ZMQ_DONTWAIT);
		inside = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
		away = (event & (ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
		                 ZMQ_EVENT_DISCONNECTED)) != 0;
	}
	away = away && !inside && receive(server, QUIET_MS) == STATUS_NOT_FOUND;
	zmq_socket_monitor(raw, NULL, 0);
	zmq_close(monitor);
	zmq_close(raw);
	zmq_ctx_term(context);
	return away;
}

static int without_a_key(void *socket)
{
	(void)socket;
	return 0;
}

static int with_a_password(void *socket)
{
	return zmq_setsockopt(socket, ZMQ_PLAIN_USERNAME, "admin", 5) != 0 || zmq_setsockopt(socket, ZMQ_PLAIN_PASSWORD, "admin", 5) != 0;
}

static void a_client_without_curve_is_turned_away(void **state)
{
	(void)state;
	assert_true(is_turned_away(without_a_key));
	assert_true(is_turned_away(with_a_password));
	assert_int_equal(zap.asked, 0);
}

/* ---- What a message may be */

static void frames_up_to_the_maximum_come_and_more_are_dropped_whole(void **state)
{
	(void)state;
	struct span frames[BUS_FRAMES_MAX + 20];
	for (size_t i = 0; i < ARRAY_COUNT(frames); i++)
		frames[i] = span_of_text("frame");
	connect_client(BUS_DEALER, &client_key, server_key.public_key);
	assert_true(wait_for(is_connected));
	/* The routing id is a frame too. */
	assert_int_equal(bus_send(client, frames, BUS_FRAMES_MAX - 1), STATUS_OK);
	assert_int_equal(bus_send(client, frames, BUS_FRAMES_MAX), STATUS_OK);
	assert_int_equal(bus_send(client, frames, ARRAY_COUNT(frames)), STATUS_OK);
	assert_int_equal(send_text(client, "last"), STATUS_OK);
	assert_int_equal(receive(server, WAIT_MS), STATUS_OK);
	assert_int_equal(bus_message_frames(message), BUS_FRAMES_MAX);
	assert_int_equal(receive(server, WAIT_MS), STATUS_INVALID);
	assert_int_equal(receive(server, WAIT_MS), STATUS_INVALID);
	assert_int_equal(receive(server, WAIT_MS), STATUS_OK);
	assert_int_equal(bus_message_frames(message), 2);
	assert_true(span_equal(bus_message_frame(message, 1), span_of_text("last")));
	assert_string_equal(bus_message_user(message), client_key.public_key);
}

static void a_frame_over_the_maximum_costs_the_connection(void **state)
{
	(void)state;
	char *bytes = calloc(1, CONTENT_MAX + 1);
	assert_non_null(bytes);
	const struct span most[] = {span_of(bytes, CONTENT_MAX)}, more[] = {span_of(bytes, CONTENT_MAX + 1)};
	connect_client(BUS_DEALER, &client_key, server_key.public_key);
	assert_true(wait_for(is_connected));
	assert_int_equal(bus_send(client, most, 1), STATUS_OK);
	assert_int_equal(receive(server, WAIT_MS), STATUS_OK);
	assert_int_equal(bus_message_frame(message, 1).len, CONTENT_MAX);
	assert_int_equal(bus_send(client, more, 1), STATUS_OK);
	assert_true(wait_for(is_disconnected));
	assert_int_equal(receive(server, QUIET_MS), STATUS_NOT_FOUND);
	assert_true(wait_for(is_connected));
	assert_int_equal(send_text(client, "again"), STATUS_OK);
	assert_int_equal(receive(server, WAIT_MS), STATUS_OK);
	assert_true(span_equal(bus_message_frame(message, 1), span_of_text("again")));
	free(bytes);
}

static void a_peer_that_is_gone_gets_nothing_and_that_is_said(void **state)
{
	(void)state;
	char peer[64];
	connect_client(BUS_DEALER, &client_key, server_key.public_key);
	assert_true(wait_for(is_connected));
	assert_int_equal(send_text(client, "hello"), STATUS_OK);
	assert_int_equal(receive(server, WAIT_MS), STATUS_OK);
	struct span id = bus_message_frame(message, 0);
	assert_true(id.len < sizeof peer);
	memcpy(peer, id.at, id.len);
	const struct span answer[] = {span_of(peer, id.len), span_of_text("anyone?")};
	assert_int_equal(bus_send(server, answer, 2), STATUS_OK);
	bus_close(&client);
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	enum status status;
	while ((status = bus_send(server, answer, 2)) == STATUS_OK && ambient_monotonic_ms() < until_ms)
		serve();
	assert_int_equal(status, STATUS_NOT_FOUND);
	const struct span never[] = {span_of_text("nobody"), span_of_text("?")};
	assert_int_equal(bus_send(server, never, 2), STATUS_NOT_FOUND);
}

/* libzmq 4.3.4 aborts a process with heartbeats whose receive queue is full, and a ROUTER without ROUTER_MANDATORY or DONTWAIT
 * drops or blocks. Here the queues fill up on both sides, a send says so at once, everybody lives, and what was taken arrives. */
static void a_client_that_does_not_read_holds_nobody_up_and_loses_nothing_that_was_taken(void **state)
{
	(void)state;
	static char large[64 * 1024];
	char peer[64];
	size_t taken = 0, heard = 0;
	connect_client(BUS_DEALER, &client_key, server_key.public_key);
	assert_true(wait_for(is_connected));
	assert_int_equal(send_text(client, "hello"), STATUS_OK);
	assert_int_equal(receive(server, WAIT_MS), STATUS_OK);
	struct span id = bus_message_frame(message, 0);
	assert_true(id.len < sizeof peer);
	memcpy(peer, id.at, id.len);
	const struct span answer[] = {span_of(peer, id.len), span_of(large, sizeof large)};
	enum status status;
	while ((status = bus_send(server, answer, 2)) == STATUS_OK)
		taken++;
	assert_int_equal(status, STATUS_UNAVAILABLE);
	assert_true(taken > 0);
	assert_int_equal(send_text(client, "still here"), STATUS_OK);
	assert_int_equal(receive(server, WAIT_MS), STATUS_OK);
	while (heard < taken && receive(client, WAIT_MS) == STATUS_OK)
		heard++;
	assert_int_equal(heard, taken);
	look_at_link();
	assert_int_equal(link_seen.disconnects, 0);
}

static void a_client_that_lost_its_server_knows_and_finds_the_next_one(void **state)
{
	(void)state;
	char endpoint[64];
	connect_client(BUS_DEALER, &client_key, server_key.public_key);
	assert_true(wait_for(is_connected));
	snprintf(endpoint, sizeof endpoint, "%s", bus_endpoint(server));
	bus_close(&server);
	assert_true(wait_for(is_disconnected));
	assert_false(link_seen.connected);
	assert_int_equal(send_text(client, "hello"), STATUS_UNAVAILABLE);
	/* The port is free again when the old socket's thread has let it go. */
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	while (bus_bind(bus, BUS_ROUTER, endpoint, "push", &server_key, &server, &fault) != STATUS_OK && ambient_monotonic_ms() < until_ms)
		serve();
	assert_non_null(server);
	assert_true(wait_for(is_connected));
}

/* ---- Topics */

static bool subscription_has_come(void)
{
	/* A PUB drops what nobody subscribed to yet: it speaks until it is heard. */
	const struct span frames[] = {span_of_text("notice.20000000"), span_of_text("first")};
	assert_int_equal(bus_send(server, frames, 2), STATUS_OK);
	return bus_receive(client, message) == STATUS_OK;
}

static void a_subscriber_hears_its_prefixes_only(void **state)
{
	(void)state;
	bus_close(&server);
	assert_int_equal(bus_bind(bus, BUS_PUB, "tcp://127.0.0.1:*", "feed", &server_key, &server, &fault), STATUS_OK);
	connect_client(BUS_SUB, &client_key, server_key.public_key);
	bus_subscribe(client, "notice.20");
	assert_true(wait_for(subscription_has_come));
	const struct span other[] = {span_of_text("notice.30000000"), span_of_text("other")};
	const struct span last[] = {span_of_text("notice.20000001"), span_of_text("last")};
	assert_int_equal(bus_send(server, other, 2), STATUS_OK);
	assert_int_equal(bus_send(server, last, 2), STATUS_OK);
	do
		assert_int_equal(receive(client, WAIT_MS), STATUS_OK);
	while (span_equal(bus_message_frame(message, 1), span_of_text("first")));
	assert_true(span_equal(bus_message_frame(message, 1), span_of_text("last")));
}

/* libzmq looks at what happened to its connections at each 100th frame: with one more message before them, that frame is the second
 * of a message, whichever it was without. */
static void hear_a_publisher_go(unsigned before)
{
	const struct span frames[] = {span_of_text("notice.20000000"), span_of_text("text")};
	bus_close(&server);
	assert_int_equal(bus_bind(bus, BUS_PUB, "tcp://127.0.0.1:*", "feed", &server_key, &server, &fault), STATUS_OK);
	connect_client(BUS_SUB, &client_key, server_key.public_key);
	bus_subscribe(client, "");
	assert_true(wait_for(subscription_has_come));
	for (int64_t until_ms = ambient_monotonic_ms() + QUIET_MS; ambient_monotonic_ms() < until_ms; serve())
		while (bus_receive(client, message) == STATUS_OK)
			;
	for (unsigned i = 0; i < before; i++)
		assert_int_equal(bus_send(server, frames, 1), STATUS_OK);
	for (unsigned i = 0; i < 60; i++)
		assert_int_equal(bus_send(server, frames, 2), STATUS_OK);
	assert_int_equal(receive(client, WAIT_MS), STATUS_OK);
	for (int64_t until_ms = ambient_monotonic_ms() + QUIET_MS; ambient_monotonic_ms() < until_ms;)
		serve();
	bus_close(&server);
	assert_true(wait_for(is_disconnected));
	while (bus_receive(client, message) == STATUS_OK)
		assert_in_range(bus_message_frames(message), 1, 2);
	bus_close(&client);
}

static void a_publisher_that_goes_takes_no_subscriber_with_it(void **state)
{
	(void)state;
	for (unsigned before = 0; before < 2; before++)
		hear_a_publisher_go(before);
}

static void a_stranger_hears_nothing(void **state)
{
	(void)state;
	bus_close(&server);
	assert_int_equal(bus_bind(bus, BUS_PUB, "tcp://127.0.0.1:*", "feed", &server_key, &server, &fault), STATUS_OK);
	connect_client(BUS_SUB, &stranger_key, server_key.public_key);
	bus_subscribe(client, "");
	assert_true(wait_for(is_refused));
	for (int i = 0; i < 50; i++) {
		assert_false(subscription_has_come());
		serve();
	}
}

/* ---- Endpoints and keys */

static void an_endpoint_that_is_none_is_refused(void **state)
{
	(void)state;
	static const char *const WRONG[] = {"", "127.0.0.1:5570", "tcp://", "tcp://127.0.0.1", "udp://127.0.0.1:5570"};
	for (size_t i = 0; i < ARRAY_COUNT(WRONG); i++) {
		assert_int_equal(bus_connect(bus, BUS_DEALER, WRONG[i], server_key.public_key, &client_key, &client, &fault), STATUS_INVALID);
		assert_null(client);
		struct bus_socket *socket = NULL;
		assert_int_equal(bus_bind(bus, BUS_ROUTER, WRONG[i], "push", &server_key, &socket, &fault), STATUS_UNAVAILABLE);
		assert_null(socket);
	}
	assert_int_equal(bus_connect(bus, BUS_DEALER, bus_endpoint(server), "no key", &client_key, &client, &fault), STATUS_INVALID);
	assert_null(client);
}

static void a_port_is_bound_once(void **state)
{
	(void)state;
	struct bus_socket *second = NULL;
	assert_int_equal(bus_bind(bus, BUS_ROUTER, bus_endpoint(server), "push", &server_key, &second, &fault), STATUS_UNAVAILABLE);
	assert_non_null(strstr(fault.text, bus_endpoint(server)));
	assert_null(second);
}

static void a_key_file_holds_one_key(void **state)
{
	(void)state;
#define KEY "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
	/* what stands before the key, how much of it, what stands behind */
	static const struct {
		const char *before;
		int len;
		const char *behind;
		enum status status;
	} CASES[] = {
		{"", 40, "\n", STATUS_OK},       {"", 40, "\r\n", STATUS_OK},     {"", 40, "", STATUS_OK},
		{"", 40, "x\n", STATUS_INVALID}, {" ", 40, "\n", STATUS_INVALID}, {"\n", 40, "\n", STATUS_INVALID},
		{"", 39, "\n", STATUS_INVALID},  {"", 39, "~\n", STATUS_INVALID}, {"", 0, "", STATUS_INVALID},
		{"", 40, KEY "\n", STATUS_INVALID},
	};
	char path[] = "/tmp/effreg-key-XXXXXX", key[BUS_KEY_TEXT], text[128];
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		snprintf(text, sizeof text, "%s%.*s%s", CASES[i].before, CASES[i].len, KEY, CASES[i].behind);
		assert_int_equal(ambient_write_file(path, span_of_text(text), 0600, NULL), STATUS_OK);
		assert_int_equal(bus_read_key(path, key, &fault), CASES[i].status);
		if (CASES[i].status == STATUS_OK)
			assert_string_equal(key, KEY);
		else
			assert_non_null(strstr(fault.text, path));
	}
	unlink(path);
	assert_int_equal(bus_read_key(path, key, &fault), STATUS_NOT_FOUND);
#undef KEY
}

static void a_public_key_follows_from_the_secret_one(void **state)
{
	(void)state;
	char public_key[BUS_KEY_TEXT];
	assert_true(bus_public_key(client_key.secret_key, public_key));
	assert_string_equal(public_key, client_key.public_key);
	assert_false(bus_public_key("too short", public_key));
	assert_false(bus_public_key("~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~", public_key));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_router, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_local_socket_needs_no_key_and_is_its_owners_and_groups),
		TEST(a_local_socket_is_never_one_of_the_network),
		TEST(nothing_is_bound_before_the_zap_handler_stands),
		TEST(a_known_key_comes_in_and_every_message_carries_it),
		TEST(an_unknown_key_is_refused_and_its_holder_sees_it),
		TEST(a_key_that_cannot_be_looked_up_now_tries_again),
		TEST(a_refused_key_comes_in_once_it_is_known_if_asked_again),
		TEST(another_server_than_the_expected_one_gets_no_client),
		TEST(each_socket_asks_in_its_own_domain),
		TEST(a_client_without_curve_is_turned_away),
		TEST(frames_up_to_the_maximum_come_and_more_are_dropped_whole),
		TEST(a_frame_over_the_maximum_costs_the_connection),
		TEST(a_peer_that_is_gone_gets_nothing_and_that_is_said),
		TEST(a_client_that_does_not_read_holds_nobody_up_and_loses_nothing_that_was_taken),
		TEST(a_client_that_lost_its_server_knows_and_finds_the_next_one),
		TEST(a_subscriber_hears_its_prefixes_only),
		TEST(a_publisher_that_goes_takes_no_subscriber_with_it),
		TEST(a_stranger_hears_nothing),
		TEST(an_endpoint_that_is_none_is_refused),
		TEST(a_port_is_bound_once),
		TEST(a_key_file_holds_one_key),
		TEST(a_public_key_follows_from_the_secret_one),
	};
	bus_keypair_new(&server_key);
	bus_keypair_new(&client_key);
	bus_keypair_new(&stranger_key);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
