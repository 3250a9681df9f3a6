/* rabbitmq_load: intake's job by RabbitMQ: a durable queue, persistent messages, so many publisher confirms in flight; consumers
 * that COPY up to 500 into PostgreSQL and ack after COMMIT.
 *
 *   bench_rabbitmq_load --port N --dsn CONNINFO --regions A,B --events N [--in-flight 1000] [--consumers 1] */
#include "tests/bench/bench_arguments.h"
#include "tests/bench/bench_events.h"
#include "tests/bench/bench_job.h"
#include "tests/bench/bench_sink.h"

#include <pthread.h>
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#define QUEUE   "effreg.bench"
#define CHANNEL 1

static struct bench_job job;
static int port;

static void need(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "rabbitmq_load: %s failed\n", what);
	exit(1);
}

static amqp_connection_state_t open_connection(void)
{
	amqp_connection_state_t connection = amqp_new_connection();
	amqp_socket_t *socket = amqp_tcp_socket_new(connection);

	need(socket != NULL && amqp_socket_open(socket, "127.0.0.1", port) == 0, "connecting");
	amqp_rpc_reply_t reply = amqp_login(connection, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest");
	need(reply.reply_type == AMQP_RESPONSE_NORMAL, "login");
	need(amqp_channel_open(connection, CHANNEL) != NULL, "opening a channel");
	return connection;
}

/* ---- Consumers ---- */

static void commit(struct bench_sink *sink, amqp_connection_state_t connection, uint64_t tag)
{
	size_t count = bench_sink_commit(sink);

	if (count == 0)
		return;
	need(amqp_basic_ack(connection, CHANNEL, tag, 1) == 0, "ack");
	atomic_fetch_add(&job.stored, count);
}

static void *consume(void *context)
{
	struct bench_sink *sink = bench_sink_new(job.dsn);
	amqp_connection_state_t connection = open_connection();
	uint64_t tag = 0;

	(void)context;
	need(amqp_basic_qos(connection, CHANNEL, 0, BENCH_BATCH_EVENTS * 2, 0) != NULL, "prefetch");
	need(amqp_basic_consume(connection, CHANNEL, amqp_cstring_bytes(QUEUE), amqp_empty_bytes, 0, 0, 0, amqp_empty_table) != NULL, "consume");
	for (;;) {
		struct timeval wait = {.tv_usec = 5000};
		amqp_envelope_t envelope;

		amqp_maybe_release_buffers(connection);
		amqp_rpc_reply_t reply = amqp_consume_message(connection, &envelope, &wait, 0);
		if (reply.reply_type != AMQP_RESPONSE_NORMAL) {
			need(reply.library_error == AMQP_STATUS_TIMEOUT, "receiving");
			commit(sink, connection, tag);
			continue;
		}
		need(bench_sink_add(sink, span_of(envelope.message.body.bytes, envelope.message.body.len)), "reading an event");
		tag = envelope.delivery_tag;
		amqp_destroy_envelope(&envelope);
		if (bench_sink_count(sink) == BENCH_BATCH_EVENTS)
			commit(sink, connection, tag);
	}
	return NULL;
}

/* ---- The publisher ---- */

/* Confirms come one by one or up to a tag; the window is behind the first that has not come. */
struct window {
	bool *confirmed;             /* by tag - 1 */
	size_t first;
};

static void take_confirm(struct window *window, const amqp_frame_t *frame)
{
	need(frame->frame_type == AMQP_FRAME_METHOD && frame->payload.method.id == AMQP_BASIC_ACK_METHOD, "confirm");
	const amqp_basic_ack_t *ack = frame->payload.method.decoded;
	for (size_t i = ack->multiple ? window->first : ack->delivery_tag - 1; i < ack->delivery_tag; i++)
		window->confirmed[i] = true;
	while (window->first < job.total && window->confirmed[window->first])
		window->first++;
}

static void await_confirm(amqp_connection_state_t connection, struct window *window)
{
	amqp_frame_t frame;

	amqp_maybe_release_buffers(connection);
	need(amqp_simple_wait_frame(connection, &frame) == AMQP_STATUS_OK, "waiting for a confirm");
	take_confirm(window, &frame);
}

static void publish_all(amqp_connection_state_t connection)
{
	struct window window = {.confirmed = calloc(job.total + 1, sizeof *window.confirmed)};
	const amqp_basic_properties_t persistent = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG, .delivery_mode = 2};

	ASSERT(window.confirmed != NULL);
	need(amqp_confirm_select(connection, CHANNEL) != NULL, "confirm.select");
	bench_job_start(&job);
	for (size_t i = 0; i < job.total; i++) {
		struct span event = bench_job_event(&job, i);
		const amqp_bytes_t body = {.len = event.len, .bytes = (void *)(uintptr_t)event.at};

		while (i - window.first >= job.in_flight)
			await_confirm(connection, &window);
		need(amqp_basic_publish(connection, CHANNEL, amqp_empty_bytes, amqp_cstring_bytes(QUEUE), 0, 0, &persistent, body) == 0, "publish");
	}
	while (window.first < job.total)
		await_confirm(connection, &window);
	free(window.confirmed);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	bench_job_init(&job, argc, argv);
	port = (int)bench_argument_number(argc, argv, "port", NULL);
	amqp_connection_state_t connection = open_connection();
	need(amqp_queue_declare(connection, CHANNEL, amqp_cstring_bytes(QUEUE), 0, 1, 0, 0, amqp_empty_table) != NULL, "declaring the queue");
	for (size_t i = 0; i < job.consumers; i++)
		ASSERT(pthread_create(&thread, NULL, consume, NULL) == 0);
	publish_all(connection);
	bench_job_finish(&job);
	_exit(0);  /* with the consumers, which wait for more */
}
