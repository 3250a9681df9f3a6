/* The session as the client sees it:
 *
 *     CONNECTING ──HELLO sent──▶ GREETING ──WELCOME──▶ OPEN ──NACK──▶ (credit 0, go back) ──CREDIT──▶ OPEN
 *         ▲                          │                   │
 *         └──── connection lost, BYE, silence ───────────┘
 *
 * Batches keep their order in a ring; `sent` of them have gone out in this session, and the first of the ring is batch
 * number `first_batch`. A new session starts with number 1 and nothing sent. */
#include "common/push_client.h"

#include "common/ambient.h"
#include "common/backoff.h"

#include <stdio.h>
#include <stdlib.h>

#define STEP_BYTES_MAX  PUSH_ARENA_BYTES(PUSH_ANSWER_BYTES_MAX)
#define HELLO_AGAIN_MS  1000   /* after a HELLO that led to no session; then longer, */
#define HELLO_LATEST_MS 15000  /* up to this */
#define ANSWER_MS       5000   /* for WELCOME to come */
#define PING_MS         10000
#define SILENCE_MS      30000

enum client_state { CLIENT_CONNECTING, CLIENT_GREETING, CLIENT_OPEN };

struct push_client {
	struct push_client_options options;
	char source[ENVELOPE_SOURCE_MAX + 1];
	char region[OKTMO_TEXT_SIZE];
	struct bus_socket *socket;
	struct bus_message *message;
	struct arena *arena;
	enum client_state state;
	struct push_batch *ring[PUSH_CLIENT_WINDOW];
	size_t count;               /* offered and not settled */
	size_t sent;                /* of these, sent in this session */
	uint64_t first_batch;       /* number of ring[0] in this session */
	uint64_t credit_batches, credit_bytes;
	struct push_memory memory;  /* its head is sent as witness with the next HELLO */
	int64_t heard_ms;
	int64_t hello_ms;           /* last HELLO */
	int64_t hello_wait_ms;      /* until the next one */
	struct backoff backoff;     /* of HELLO */
	int64_t ping_ms;
	unsigned handshakes_failed;
};

enum status push_client_new(struct bus *bus, const struct push_client_options *options, struct push_client **ret_client,
                            struct fault *fault)
{
	struct push_client *client = calloc(1, sizeof *client);
	ASSERT(client != NULL);
	client->options = *options;
	client->memory = options->memory;
	client->backoff = (struct backoff){.base_ms = HELLO_AGAIN_MS, .max_ms = HELLO_LATEST_MS};
	snprintf(client->source, sizeof client->source, "%s", options->source);
	snprintf(client->region, sizeof client->region, "%s", options->region == NULL ? "" : options->region);
	client->options.source = client->source;
	client->options.region = options->region == NULL ? NULL : client->region;
	client->message = bus_message_new();
	client->arena = arena_new(STEP_BYTES_MAX);
	enum status status = bus_connect(bus, BUS_DEALER, options->endpoint, options->server_public_key, &client->options.keypair,
	                                 &client->socket, fault);
	if (status != STATUS_OK) {
		push_client_destroy(&client);
		return status;
	}
	*ret_client = client;
	return STATUS_OK;
}

static enum status send_message(struct push_client *client, const struct push_message *message, struct span body)
{
	struct buf header;
	buf_init(&header, PUSH_REQUEST_BYTES_MAX);
	push_format(&header, message);
	const struct span frames[] = {buf_span(&header), body};
	enum status status = bus_send(client->socket, frames, ARRAY_COUNT(frames));
	buf_clear(&header);
	return status;
}

void push_client_destroy(struct push_client **client)
{
	if (*client == NULL)
		return;
	if ((*client)->state == CLIENT_OPEN && send_message(*client, &(struct push_message){.type = PUSH_BYE}, span_of("", 0)) != STATUS_OK)
		(*client)->state = CLIENT_CONNECTING;  /* the centre forgets a silent session by itself */
	bus_close(&(*client)->socket);
	bus_message_destroy(&(*client)->message);
	arena_destroy(&(*client)->arena);
	free(*client);
	*client = NULL;
}

struct bus_socket *push_client_socket(struct push_client *client)
{
	return client->socket;
}

int64_t push_client_heard_ms(const struct push_client *client)
{
	return client->heard_ms;
}

unsigned push_client_handshakes_failed(const struct push_client *client)
{
	return client->handshakes_failed;
}

struct push_memory push_client_memory(const struct push_client *client)
{
	return client->memory;
}

bool push_client_is_open(const struct push_client *client)
{
	return client->state == CLIENT_OPEN;
}

size_t push_client_unsettled(const struct push_client *client)
{
	return client->count;
}

bool push_client_offer(struct push_client *client, struct push_batch *batch)
{
	if (client->count == PUSH_CLIENT_WINDOW)
		return false;
	client->ring[client->count++] = batch;
	return true;
}

/* ---- Sessions ---- */

static void lose_session(struct push_client *client)
{
	client->state = CLIENT_CONNECTING;
	client->sent = 0;
	client->credit_batches = 0;
	client->credit_bytes = 0;
}

static void say_hello(struct push_client *client, int64_t now_ms)
{
	const struct push_message hello = {
		.type = PUSH_HELLO, .version = PUSH_VERSION, .source = client->options.source, .region = client->options.region,
		.has_witness = client->memory.seq > 0, .last_seq = client->memory.seq, .head = client->memory.hash};
	uint32_t random;
	if (client->hello_ms != 0 && now_ms - client->hello_ms < client->hello_wait_ms)
		return;
	if (send_message(client, &hello, span_of("", 0)) == STATUS_OK) {
		ambient_random(&random, sizeof random);
		client->state = CLIENT_GREETING;
		client->hello_ms = now_ms;
		client->hello_wait_ms = backoff_next_ms(&client->backoff, random);
	}
}

/* ---- Answers ---- */

static void remember_head(struct push_client *client, const struct push_message *message)
{
	client->memory.seq = message->last_seq;
	client->memory.hash = message->head;
}

enum status push_memory_judge(struct push_memory *memory, const struct push_message *welcome, bool keeps, bool *ret_reopened,
                              struct fault *fault)
{
	bool differs = memory->seq > 0 && welcome->witness != PUSH_WITNESS_OK;
	*ret_reopened = welcome->incarnation > memory->incarnation;
	if (differs && (!*ret_reopened || !keeps))
		return fault_set(fault, STATUS_FORBIDDEN, "witness_mismatch", "", -1,
		                 "the centre's log is not what it was: seq %llu is gone or has another hash; keep your events and tell the centre",
		                 (unsigned long long)memory->seq);
	*memory = (struct push_memory){.seq = welcome->last_seq, .hash = welcome->head, .incarnation = welcome->incarnation};
	return STATUS_OK;
}

static enum status take_welcome(struct push_client *client, const struct push_message *message, struct fault *fault)
{
	bool reopened;
	enum status status = push_memory_judge(&client->memory, message, client->options.welcomed != NULL, &reopened, fault);
	if (status != STATUS_OK)
		return status;
	client->state = CLIENT_OPEN;
	client->sent = 0;
	client->first_batch = 1;
	client->credit_batches = message->credit_batches;
	client->credit_bytes = message->credit_bytes;
	backoff_reset(&client->backoff);
	const struct push_welcome welcome = {.source_sequence = message->source_sequence, .memory = client->memory, .reopened = reopened};
	if (client->options.welcomed != NULL)
		client->options.welcomed(client->options.context, &welcome);
	return STATUS_OK;
}

static void take_ack(struct push_client *client, const struct push_message *message)
{
	if (client->sent == 0 || message->batch != client->first_batch || message->count != client->ring[0]->count) {
		lose_session(client);  /* not an answer to what we sent: start anew, the log knows the ids */
		return;
	}
	struct push_batch *batch = client->ring[0];
	remember_head(client, message);
	client->count--;
	client->sent--;
	client->first_batch++;
	memmove(&client->ring[0], &client->ring[1], client->count * sizeof client->ring[0]);
	client->options.settled(client->options.context, batch, message->results);
}

static bool is_final(const char *code)
{
	static const char *const FINAL[] = {"revoked", "forbidden_region", "bad_version"};
	for (size_t i = 0; code != NULL && i < ARRAY_COUNT(FINAL); i++) {
		if (text_equal(code, FINAL[i]))
			return true;
	}
	return false;
}

static enum status take_message(struct push_client *client, const struct push_message *message, struct fault *fault)
{
	switch (message->type) {
	case PUSH_WELCOME:
		if (client->state == CLIENT_GREETING)
			return take_welcome(client, message, fault);
		break;
	case PUSH_ACK:
		if (client->state == CLIENT_OPEN)
			take_ack(client, message);
		break;
	case PUSH_NACK:
		client->sent = 0;
		client->credit_batches = 0;
		client->credit_bytes = 0;
		break;
	case PUSH_CREDIT:
		client->credit_batches += message->credit_batches;
		client->credit_bytes += message->credit_bytes;
		break;
	case PUSH_BYE:
		lose_session(client);
		if (is_final(message->code))
			return fault_set(fault, STATUS_FORBIDDEN, message->code, "", -1, "the centre closed the session: %s",
			                 message->text == NULL ? message->code : message->text);
		break;
	case PUSH_PONG:
	case PUSH_HELLO:
	case PUSH_PUSH:
	case PUSH_PING:
		break;
	}
	return STATUS_OK;
}

static enum status read_answers(struct push_client *client, int64_t now_ms, struct fault *fault)
{
	enum status status = STATUS_OK;
	while (status == STATUS_OK && bus_receive(client->socket, client->message) == STATUS_OK) {
		struct push_message message;
		client->heard_ms = now_ms;
		arena_reset(client->arena);
		if (bus_message_frames(client->message) == 2 &&
		    push_parse_answer(client->arena, bus_message_frame(client->message, 0), &message, NULL) == STATUS_OK)
			status = take_message(client, &message, fault);
	}
	return status;
}

/* ---- Sending ---- */

static void send_batches(struct push_client *client)
{
	while (client->state == CLIENT_OPEN && client->sent < client->count) {
		const struct push_batch *batch = client->ring[client->sent];
		if (client->credit_batches == 0 || client->credit_bytes < batch->body_bytes)
			return;
		const struct push_message push = {
			.type = PUSH_PUSH, .batch = client->first_batch + client->sent, .sizes = batch->sizes, .count = batch->count};
		if (send_message(client, &push, span_of(batch->body, batch->body_bytes)) != STATUS_OK)
			return;
		client->credit_batches--;
		client->credit_bytes -= batch->body_bytes;
		client->sent++;
	}
}

static void keep_alive(struct push_client *client, int64_t now_ms)
{
	if (client->state == CLIENT_CONNECTING)
		return;
	if (now_ms - client->ping_ms >= PING_MS && send_message(client, &(struct push_message){.type = PUSH_PING}, span_of("", 0)) == STATUS_OK)
		client->ping_ms = now_ms;
	int64_t since_ms = client->heard_ms > client->hello_ms ? client->heard_ms : client->hello_ms;
	if (now_ms - since_ms > SILENCE_MS)
		lose_session(client);
}

enum status push_client_step(struct push_client *client, struct fault *fault)
{
	int64_t now_ms = ambient_monotonic_ms();
	struct bus_link link = bus_link_state(client->socket);
	client->handshakes_failed += link.handshakes_failed;
	if (link.handshakes_refused > 0)
		return fault_set(fault, STATUS_FORBIDDEN, "key_refused", "", -1,
		                 "the centre refused the handshake: this key is unknown there, revoked, or of another role");
	if (link.disconnects > 0)
		lose_session(client);
	enum status status = read_answers(client, now_ms, fault);
	if (status != STATUS_OK)
		return status;
	if (client->state == CLIENT_CONNECTING || (client->state == CLIENT_GREETING && now_ms - client->hello_ms > ANSWER_MS)) {
		bus_connect_again(client->socket);
		say_hello(client, now_ms);
	}
	send_batches(client);
	keep_alive(client, now_ms);
	return STATUS_OK;
}
