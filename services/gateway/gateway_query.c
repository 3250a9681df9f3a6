#include "services/gateway/gateway_query.h"

#include "common/ambient.h"
#include "common/log.h"
#include "common/telemetry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TICK_MS           100
#define CONNECT_AGAIN_MS  5000
#define RECEIVE_MAX       64                        /* messages before others in the loop get their turn */
#define SCRATCH_MAX       ((size_t)128 * 1024 * 1024)  /* a tree of BUS_MESSAGE_MAX bytes of JSON fits */
#define REQUEST_BYTES_MAX 1024

struct question {
	uint64_t id;          /* 0 = the slot is free */
	int64_t deadline_ms;
	gateway_answer_fn *fn;
	void *context;
};

struct gateway_query {
	struct loop *loop;
	struct bus_socket *socket;
	struct bus_message *message;
	struct arena *scratch;
	struct question questions[GATEWAY_QUERY_PENDING_MAX];
	size_t pending;
	uint64_t last_id;
	bool connected;
};

static void tell_pending(const struct gateway_query *query)
{
	telemetry_set("effreg_gateway_pending", "Questions to the ranking service that wait for an answer.", "",
	              (double)query->pending);
}

/* Frees the slot before the call: fn may ask the next question. */
static void answer_question(struct gateway_query *query, struct question *question, const struct gateway_answer *answer)
{
	struct question asked = *question;
	*question = (struct question){0};
	query->pending--;
	tell_pending(query);
	asked.fn(asked.context, answer, query->scratch);
}

static const struct gateway_answer UNAVAILABLE = {
	.id = "",
	.code = "unavailable",
	.text = "the ranking service did not answer in time",
	.document = {.at = "", .len = 0},
};

static void count_unanswered(const char *labels)
{
	telemetry_count("effreg_gateway_unanswered_total", "Questions the ranking service did not answer.", labels, 1);
}

static void refuse_question(struct gateway_query *query, struct question *question, const char *labels)
{
	count_unanswered(labels);
	arena_reset(query->scratch);
	answer_question(query, question, &UNAVAILABLE);
}

/* ---- Answers ---- */

static struct question *find_question(struct gateway_query *query, const char *id)
{
	uint64_t number = strtoull(id, NULL, 10);
	for (size_t i = 0; i < GATEWAY_QUERY_PENDING_MAX; i++) {
		if (number != 0 && query->questions[i].id == number)
			return &query->questions[i];
	}
	return NULL;
}

static void take_answer(struct gateway_query *query)
{
	struct gateway_answer answer;
	size_t frames = bus_message_frames(query->message);
	struct span body = frames > 1 ? bus_message_frame(query->message, 1) : span_of("", 0);
	arena_reset(query->scratch);
	if (frames == 0
	    || gateway_answer_read(query->scratch, bus_message_frame(query->message, 0), body, &answer) != STATUS_OK) {
		log_write(LOG_EVENT_request_failed, "error", "the ranking service sent something that is no answer", NULL);
		return;
	}
	struct question *question = find_question(query, answer.id);
	if (question != NULL)
		answer_question(query, question, &answer);
}

static void on_answers(void *context)
{
	struct gateway_query *query = context;
	for (int received = 0; received < RECEIVE_MAX; received++) {
		enum status status = bus_receive(query->socket, query->message);
		if (status == STATUS_NOT_FOUND)
			return;
		if (status == STATUS_OK)
			take_answer(query);
	}
	loop_soon(query->loop, on_answers, query);
}

/* ---- Time ---- */

static void on_tick(void *context)
{
	struct gateway_query *query = context;
	struct bus_link link = bus_link_state(query->socket);
	if (link.handshakes_refused > 0)
		log_write(LOG_EVENT_request_failed, "error", "the ranking service refuses this key, or its own key is another",
		          NULL);
	query->connected = link.connected;
	int64_t now_ms = ambient_monotonic_ms();
	for (size_t i = 0; i < GATEWAY_QUERY_PENDING_MAX; i++) {
		struct question *question = &query->questions[i];
		if (question->id != 0 && question->deadline_ms <= now_ms)
			refuse_question(query, question, "why=\"timeout\"");
	}
}

static void on_connect_again(void *context)
{
	struct gateway_query *query = context;
	bus_connect_again(query->socket);
}

/* ---- Questions ---- */

static struct question *free_slot(struct gateway_query *query)
{
	for (size_t i = 0; i < GATEWAY_QUERY_PENDING_MAX; i++) {
		if (query->questions[i].id == 0)
			return &query->questions[i];
	}
	return NULL;
}

static enum status send_question(struct gateway_query *query, uint64_t id, const struct gateway_selection *selection)
{
	char text[24];
	struct buf header;
	snprintf(text, sizeof text, "%" PRIu64, id);
	buf_init(&header, REQUEST_BYTES_MAX);
	gateway_request_write(&header, text, selection);
	ASSERT(buf_ok(&header));
	const struct span frames[] = {buf_span(&header)};
	enum status status = bus_send(query->socket, frames, ARRAY_COUNT(frames));
	buf_clear(&header);
	return status;
}

void gateway_query_ask(struct gateway_query *query, const struct gateway_selection *selection, int64_t deadline_ms,
                       gateway_answer_fn *fn, void *context)
{
	struct question *question = free_slot(query);
	if (question == NULL) {
		count_unanswered("why=\"full\"");
		fn(context, &UNAVAILABLE, query->scratch);
		return;
	}
	*question = (struct question){.id = ++query->last_id, .deadline_ms = deadline_ms, .fn = fn, .context = context};
	query->pending++;
	tell_pending(query);
	if (send_question(query, question->id, selection) != STATUS_OK)
		refuse_question(query, question, "why=\"unreachable\"");
}

/* ---- Life ---- */

enum status gateway_query_new(struct loop *loop, struct bus *bus, const char *endpoint, const char *server_key,
                              const struct bus_keypair *client, struct gateway_query **ret_query, struct fault *fault)
{
	struct gateway_query *query = calloc(1, sizeof *query);
	ASSERT(query != NULL);
	query->loop = loop;
	enum status status = bus_connect(bus, BUS_DEALER, endpoint, server_key, client, &query->socket, fault);
	if (status != STATUS_OK) {
		free(query);
		return status;
	}
	query->message = bus_message_new();
	query->scratch = arena_new(SCRATCH_MAX);
	loop_on_socket(loop, query->socket, on_answers, query);
	loop_every(loop, TICK_MS, on_tick, query);
	loop_every(loop, CONNECT_AGAIN_MS, on_connect_again, query);
	tell_pending(query);
	telemetry_set("effreg_gateway_pending_max", "The most questions that may wait.", "", GATEWAY_QUERY_PENDING_MAX);
	*ret_query = query;
	return STATUS_OK;
}

void gateway_query_destroy(struct gateway_query **query)
{
	if (*query == NULL)
		return;
	for (size_t i = 0; i < GATEWAY_QUERY_PENDING_MAX; i++) {
		if ((*query)->questions[i].id != 0)
			refuse_question(*query, &(*query)->questions[i], "why=\"stopping\"");
	}
	bus_message_destroy(&(*query)->message);
	bus_close(&(*query)->socket);
	arena_destroy(&(*query)->scratch);
	free(*query);
	*query = NULL;
}

bool gateway_query_ready(const struct gateway_query *query)
{
	return query->connected;
}
