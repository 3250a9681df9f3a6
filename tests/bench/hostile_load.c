/* hostile_load: a region that means harm, with a valid key, for so many seconds, all at once: a flood over its credit, a client that
 * never reads, a message that trickles in and never ends, events of which none is valid, many sessions, and half-open connections.
 *
 *   bench_hostile_load --endpoint tcp://127.0.0.1:N --server-key FILE --key FILE --region A --seconds N [--half-open 1000] [--sessions 64]
 *   bench_hostile_load --silent-main-ms N --silent-io-ms N --region A --seconds N
 *
 * It speaks ZeroMQ by itself: a decent client (common/bus) could not do this. Prints one JSON object of what it has sent, and of the CPU
 * time that this took, of the thread that makes the messages and of libzmq's. The second form is its silent twin: as much CPU time in two
 * threads, at the same pace, and not a word to anybody. On a machine with few cores this alone is felt. */
#include "common/ambient.h"
#include "common/bus.h"
#include "tests/bench/bench_arguments.h"
#include "tests/bench/bench_clock.h"
#include "tests/bench/bench_events.h"
#include "tests/harness/curve_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SESSIONS_MAX  512
#define HALF_OPEN_MAX 4000
#define ROUND_US      2000   /* a round: a few of each */
#define FLOOD_PUSHES  8      /* of 20 events, a round */
#define HALVES_A_ROUND 4

enum { TRICKLE_BYTES = 100, TRICKLE_WAITS_MAX = 2000 };  /* of a frame; of a millisecond */

enum { FLOOD, DEAF, INVALID, ROLES };

struct hostile {
	void *context;
	void *roles[ROLES];
	void *sessions[SESSIONS_MAX];
	size_t sessions_count;
	const char *region;
	uint64_t sequence;
	uint64_t batch[ROLES];
	struct curve_peer trickle;   /* libzmq sends nothing of a message before it is whole */
	const char *endpoint, *server_key;
	const struct bus_keypair *key;
	int halves[HALF_OPEN_MAX];
	size_t half_open, half_at, halves_opened;
	size_t pushes, trickled, trickles, refused;
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

/* What could not be sent is not even made: the machine is to be busy with the attack, not with its preparation. */
static bool takes_more(struct hostile *hostile, void *socket)
{
	int events = 0;
	size_t size = sizeof events;

	ASSERT(zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0);
	hostile->refused += (events & ZMQ_POLLOUT) != 0 ? 0 : 1;
	return (events & ZMQ_POLLOUT) != 0;
}

static bool push(struct hostile *hostile, void *socket, uint64_t batch, bool valid)
{
	enum { EVENTS = 20 };
	char header[256], body[EVENTS * BENCH_EVENT_BYTES];
	struct ident_uuid id;

	if (!takes_more(hostile, socket))
		return false;
	id = ambient_uuid();
	int len = snprintf(header, sizeof header, "{\"type\":\"PUSH\",\"batch\":%llu,\"sizes\":[", (unsigned long long)batch);

	for (size_t i = 0; i < EVENTS; i++) {
		id.bytes[sizeof id.bytes - 1]++;
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

static size_t trickle_waits;

static bool wait_a_little(void)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	(void)nanosleep(&pause, NULL);
	return ++trickle_waits < TRICKLE_WAITS_MAX;
}

static int connect_tcp(const char *endpoint, int flags)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	ASSERT(fd >= 0);
	address.sin_port = htons((uint16_t)strtoul(strrchr(endpoint, ':') + 1, NULL, 10));
	(void)connect(fd, (const struct sockaddr *)&address, sizeof address);
	return fd;
}

/* One frame after another of a message without an end; when the server has had enough, from the beginning. */
static void trickle(struct hostile *hostile)
{
	trickle_waits = 0;
	if (hostile->trickle.fd <= 0) {
		int fd = connect_tcp(hostile->endpoint, 0);

		if (!curve_shake_hands(&hostile->trickle, fd, hostile->server_key, hostile->key, wait_a_little)) {
			(void)close(fd);
			hostile->trickle.fd = 0;
			return;
		}
		hostile->trickles++;
	}
	if (curve_send_more(&hostile->trickle, TRICKLE_BYTES, wait_a_little)) {
		hostile->trickled++;
		return;
	}
	(void)close(hostile->trickle.fd);
	hostile->trickle.fd = 0;
}

/* Connections that say the beginning of a greeting, or nothing, and stay; in the place of those that the server has ended come others.
 * A few of them a round. */
static void keep_halves(struct hostile *hostile)
{
	char greeting[64];

	for (size_t i = 0; i < HALVES_A_ROUND; i++) {
		errno = 0;
		size_t at = hostile->half_at++ % hostile->half_open;
		int *fd = &hostile->halves[at];

		if (*fd > 0 && (recv(*fd, greeting, sizeof greeting, MSG_DONTWAIT) > 0 || errno == EAGAIN))
			continue;
		if (*fd > 0)
			(void)close(*fd);
		*fd = connect_tcp(hostile->endpoint, SOCK_NONBLOCK);
		hostile->halves_opened++;
		if (at % 2 == 0)
			(void)send(*fd, "\xFF\0\0\0", 4, MSG_NOSIGNAL);
	}
}

static void do_harm(struct hostile *hostile, size_t round)
{
	for (size_t i = 0; i < FLOOD_PUSHES && push(hostile, hostile->roles[FLOOD], ++hostile->batch[FLOOD], true); i++)
		continue;
	if (round % 16 == 0) {
		hear(hostile->roles[FLOOD]);
		say_hello(hostile->roles[FLOOD]);
		hostile->batch[FLOOD] = 0;
	}
	(void)push(hostile, hostile->roles[DEAF], ++hostile->batch[DEAF], true);
	trickle(hostile);
	keep_halves(hostile);
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

/* ---- The silent twin ---- */

struct share {
	const char *region;
	int64_t cpu_us;              /* to be used up by the end, evenly */
	int64_t from_us, until_us;
};

static int64_t thread_cpu_us(void)
{
	struct timespec now;

	ASSERT(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Makes events, as the attack does, and throws them away. */
static void *use_up(void *context)
{
	const struct share *share = context;
	const struct timespec pause = {.tv_nsec = ROUND_US * 1000};
	char body[BENCH_EVENT_BYTES];
	uint64_t sequence = 0;
	int64_t now_us;

	while ((now_us = bench_now_us()) < share->until_us) {
		int64_t due_us = share->cpu_us * (now_us - share->from_us) / (share->until_us - share->from_us);

		while (thread_cpu_us() < due_us) {
			struct ident_uuid id = ambient_uuid();

			bench_event_write(body, share->region, ++sequence, &id);
		}
		(void)nanosleep(&pause, NULL);
	}
	return NULL;
}

static void be_silent(const char *region, size_t main_ms, size_t io_ms, int64_t until_us)
{
	struct share own = {region, (int64_t)main_ms * 1000, bench_now_us(), until_us}, other = own;
	pthread_t thread;

	other.cpu_us = (int64_t)io_ms * 1000;
	ASSERT(pthread_create(&thread, NULL, use_up, &other) == 0);
	(void)use_up(&own);
	(void)pthread_join(thread, NULL);
	printf("{\"cpu_ms\":%lld}\n", (long long)bench_cpu_us() / 1000);
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
	const char *endpoint;
	size_t round = 0;
	int64_t until_us = bench_now_us() + (int64_t)bench_argument_number(argc, argv, "seconds", NULL) * 1000000;

	size_t silent_ms = bench_argument_number(argc, argv, "silent-main-ms", "0");

	hostile.region = bench_argument(argc, argv, "region", NULL);
	if (silent_ms > 0) {
		be_silent(hostile.region, silent_ms, bench_argument_number(argc, argv, "silent-io-ms", NULL), until_us);
		return 0;
	}
	endpoint = bench_argument(argc, argv, "endpoint", NULL);
	hostile.sessions_count = bench_argument_number(argc, argv, "sessions", "64");
	hostile.half_open = bench_argument_number(argc, argv, "half-open", "1000");
	if (hostile.half_open < 1 || hostile.half_open > HALF_OPEN_MAX || hostile.sessions_count < 1 || hostile.sessions_count > SESSIONS_MAX)
		return 2;
	read_keys(argc, argv, server_key, &key);
	hostile.endpoint = endpoint;
	hostile.server_key = server_key;
	hostile.key = &key;
	hostile.context = zmq_ctx_new();
	for (size_t i = 0; i < ROLES; i++)
		say_hello(hostile.roles[i] = open_socket(&hostile, endpoint, server_key, &key));
	for (size_t i = 0; i < hostile.sessions_count; i++)
		hostile.sessions[i] = open_socket(&hostile, endpoint, server_key, &key);
	for (; bench_now_us() < until_us; round++) {
		const struct timespec pause = {.tv_nsec = ROUND_US * 1000};

		do_harm(&hostile, round);
		(void)nanosleep(&pause, NULL);
	}
	printf("{\"rounds\":%zu,\"pushes\":%zu,\"held_back\":%zu,\"trickles\":%zu,\"trickled\":%zu,\"half_open\":%zu,\"half_opened\":%zu,\"sessions\":%zu,\"cpu_main_ms\":%lld,\"cpu_io_ms\":%lld}\n", round, hostile.pushes,
	       hostile.refused, hostile.trickles, hostile.trickled, hostile.half_open, hostile.halves_opened, hostile.sessions_count,
	       (long long)thread_cpu_us() / 1000, (long long)(bench_cpu_us() - thread_cpu_us()) / 1000);
	(void)fflush(stdout);
	_exit(0);
}
