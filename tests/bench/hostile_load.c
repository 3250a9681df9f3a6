/* hostile_load: a region that means harm, with a valid key, for so many seconds, all at once: a flood over its credit, a client that
 * never reads, messages that are never finished, events of which none is valid, many sessions, and half-open connections.
 *
 *   bench_hostile_load --endpoint tcp://127.0.0.1:N --server-key FILE --key FILE --region A --seconds N [--half-open 1000] [--sessions 64]
 *
 * It speaks ZeroMQ by itself: a decent client (common/bus) could not do this. Prints one JSON object of what it has sent. */
#include "common/ambient.h"
#include "common/bus.h"
#include "tests/bench/bench_arguments.h"
#include "tests/bench/bench_clock.h"
#include "tests/bench/bench_events.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#define SESSIONS_MAX  512
#define HALF_OPEN_MAX 4000
#define ROUND_US      2000   /* a round: a few of each */
#define FLOOD_PUSHES  8      /* of 20 events, a round */

enum { FLOOD, DEAF, UNFINISHED, INVALID, ROLES };

struct hostile {
	void *context;
	void *roles[ROLES];
	void *sessions[SESSIONS_MAX];
	size_t sessions_count;
	const char *region;
	uint64_t sequence;
	uint64_t batch[ROLES];
	size_t pushes, unfinished, refused;
};

static void *open_socket(struct hostile *hostile, const char *endpoint, const char *server_key, const struct bus_keypair *key)
{
	int zero = 0, few = 10;
	void *socket = zmq_socket(hostile->context, ZMQ_DEALER);

	ASSERT(socket != NULL);
	ASSERT(zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero) == 0 && zmq_setsockopt(socket, ZMQ_RCVHWM, &few, sizeof few) == 0);
	ASSERT(zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server_key, strlen(server_key)) == 0);
	ASSERT(zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, key->public_key, strlen(key->public_key)) == 0);
	ASSERT(zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, key->secret_key, strlen(key->secret_key)) == 0);
	ASSERT(zmq_connect(socket, endpoint) == 0);
	return socket;
}

static bool say(void *socket, const char *header, const char *body, size_t body_len)
{
	return zmq_send(socket, header, strlen(header), ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 && zmq_send(socket, body, body_len, ZMQ_DONTWAIT) >= 0;
}

static void say_hello(void *socket)
{
	(void)say(socket, "{\"type\":\"HELLO\",\"version\":1,\"source\":\"" BENCH_SOURCE "\"}", "", 0);
}

/* What is there is read and thrown away. */
static void hear(void *socket)
{
	char bytes[256];

	while (zmq_recv(socket, bytes, sizeof bytes, ZMQ_DONTWAIT) >= 0)
		continue;
}

static bool push(struct hostile *hostile, void *socket, uint64_t batch, bool valid)
{
	enum { EVENTS = 20 };
	char header[256], body[EVENTS * BENCH_EVENT_BYTES];
	int len = snprintf(header, sizeof header, "{\"type\":\"PUSH\",\"batch\":%llu,\"sizes\":[", (unsigned long long)batch);

	for (size_t i = 0; i < EVENTS; i++) {
		struct ident_uuid id = ambient_uuid();

		bench_event_write(body + i * BENCH_EVENT_BYTES, hostile->region, ++hostile->sequence, &id);
		if (!valid)
			body[i * BENCH_EVENT_BYTES + BENCH_EVENT_BYTES - 1] = '!';
		len += snprintf(header + len, sizeof header - (size_t)len, "%s%d", i == 0 ? "" : ",", BENCH_EVENT_BYTES);
	}
	(void)snprintf(header + len, sizeof header - (size_t)len, "]}");
	bool sent = say(socket, header, body, sizeof body);
	hostile->pushes += sent ? 1 : 0;
	hostile->refused += sent ? 0 : 1;
	return sent;
}

/* An end that never comes. */
static void begin_message(struct hostile *hostile)
{
	char bytes[100];

	memset(bytes, 'x', sizeof bytes);
	hostile->unfinished += zmq_send(hostile->roles[UNFINISHED], bytes, sizeof bytes, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 ? 1 : 0;
}

static void do_harm(struct hostile *hostile, size_t round)
{
	for (size_t i = 0; i < FLOOD_PUSHES; i++)
		(void)push(hostile, hostile->roles[FLOOD], ++hostile->batch[FLOOD], true);
	if (round % 16 == 0) {
		hear(hostile->roles[FLOOD]);
		say_hello(hostile->roles[FLOOD]);
		hostile->batch[FLOOD] = 0;
	}
	(void)push(hostile, hostile->roles[DEAF], ++hostile->batch[DEAF], true);
	begin_message(hostile);
	hear(hostile->roles[INVALID]);
	(void)push(hostile, hostile->roles[INVALID], ++hostile->batch[INVALID], false);
	if (round % 4 == 0) {
		say_hello(hostile->roles[INVALID]);
		hostile->batch[INVALID] = 0;
	}
	void *session = hostile->sessions[round % hostile->sessions_count];
	hear(session);
	say_hello(session);
	(void)push(hostile, session, 1, true);
}

/* Connections that say the beginning of a greeting, or nothing, and stay. */
static void open_halves(const char *endpoint, size_t count)
{
	const struct timespec breath = {.tv_nsec = 500000};
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	address.sin_port = htons((uint16_t)strtoul(strrchr(endpoint, ':') + 1, NULL, 10));
	for (size_t i = 0; i < count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		ASSERT(fd >= 0);
		(void)connect(fd, (const struct sockaddr *)&address, sizeof address);
		(void)nanosleep(&breath, NULL);
		if (i % 2 == 0)
			(void)send(fd, "\xFF\0\0\0", 4, MSG_NOSIGNAL);
	}
}

static void read_keys(int argc, char **argv, char server_key[BUS_KEY_TEXT], struct bus_keypair *key)
{
	struct fault fault = {.offset = -1};
	enum status status = bus_read_key(bench_argument(argc, argv, "key", NULL), key->secret_key, &fault);

	if (status == STATUS_OK)
		status = bus_read_key(bench_argument(argc, argv, "server-key", NULL), server_key, &fault);
	if (status == STATUS_OK && bus_public_key(key->secret_key, key->public_key))
		return;
	(void)fprintf(stderr, "hostile_load: %s\n", fault.text);
	exit(2);
}

int main(int argc, char **argv)
{
	static struct hostile hostile;
	struct bus_keypair key;
	char server_key[BUS_KEY_TEXT];
	const char *endpoint = bench_argument(argc, argv, "endpoint", NULL);
	size_t half_open = bench_argument_number(argc, argv, "half-open", "1000"), round = 0;
	int64_t until_us = bench_now_us() + (int64_t)bench_argument_number(argc, argv, "seconds", NULL) * 1000000;

	hostile.region = bench_argument(argc, argv, "region", NULL);
	hostile.sessions_count = bench_argument_number(argc, argv, "sessions", "64");
	if (half_open > HALF_OPEN_MAX || hostile.sessions_count < 1 || hostile.sessions_count > SESSIONS_MAX)
		return 2;
	read_keys(argc, argv, server_key, &key);
	hostile.context = zmq_ctx_new();
	for (size_t i = 0; i < ROLES; i++)
		say_hello(hostile.roles[i] = open_socket(&hostile, endpoint, server_key, &key));
	for (size_t i = 0; i < hostile.sessions_count; i++)
		hostile.sessions[i] = open_socket(&hostile, endpoint, server_key, &key);
	open_halves(endpoint, half_open);
	for (; bench_now_us() < until_us; round++) {
		const struct timespec pause = {.tv_nsec = ROUND_US * 1000};

		do_harm(&hostile, round);
		(void)nanosleep(&pause, NULL);
	}
	printf("{\"rounds\":%zu,\"pushes\":%zu,\"held_back\":%zu,\"unfinished\":%zu,\"half_open\":%zu,\"sessions\":%zu}\n", round, hostile.pushes,
	       hostile.refused, hostile.unfinished, half_open, hostile.sessions_count);
	(void)fflush(stdout);
	_exit(0);
}
