#include "services/gateway/gateway_query.h"

#include "common/ambient.h"
#include "common/log.h"
#include "common/telemetry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TICK_MS           100
#define RECEIVE_MAX       64                        /* messages before others in the loop get their turn */
#define SCRATCH_MAX       ((size_t)128 * 1024 * 1024)  /* a tree of BUS_MESSAGE_MAX bytes of JSON fits */
#define REQUEST_BYTES_MAX 1024

struct question {
	uint64_t id;          /* 0 = the slot is free */
	int64_t deadline_ms;
	bool sent;            /* over the connection there is now */
	size_t len;
	char text[REQUEST_BYTES_MAX];
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
	int64_t lost_ms;      /* since when there is no connection (monotonic): since the start, when there was none yet */
};

static void tell_pending(const struct gateway_query *query)
{
	telemetry_set("effreg_gateway_pending", "Questions to the ranking service that wait for an answer.", "",
	              (double)query->pending);
}

/* Frees the slot before the call: fn may ask the next question. */
static void answer_question(struct gateway_query *query, struct question *question, const struct gateway_answer *answer)
{
	gateway_answer_fn *fn = question->fn;
	void *context = question->context;
	question->id = 0;
	query->pending--;
	tell_pending(query);
	fn(context, answer, query->scratch);
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

static bool send_question(struct gateway_query *query, struct question *question)
{
	const struct span frames[] = {span_of(question->text, question->len)};
	question->sent = bus_send(query->socket, frames, ARRAY_COUNT(frames)) == STATUS_OK;
	return question->sent;
}

/* What was asked over a connection that is lost is asked again: a question changes nothing. */
static void ask_again(struct gateway_query *query, bool lost)
{
	/* All of them first: one that cannot be sent now ends the sending, and the next tick knows of no loss. */
	for (size_t i = 0; i < GATEWAY_QUERY_PENDING_MAX; i++)
		query->questions[i].sent = query->questions[i].sent && !lost;
	for (size_t i = 0; i < GATEWAY_QUERY_PENDING_MAX; i++) {
		struct question *question = &query->questions[i];
		if (question->id != 0 && !question->sent && query->connected && !send_question(query, question))
			return;
	}
}

static void on_tick(void *context)
{
	struct gateway_query *query = context;
	int64_t now_ms = ambient_monotonic_ms();
	struct bus_link link = bus_link_state(query->socket);
	if (link.handshakes_refused > 0)
		log_write(LOG_EVENT_request_failed, "error", "the ranking service refuses this key, or its own key is another",
		          NULL);
	if (link.disconnects > 0)
		query->lost_ms = now_ms;
	query->connected = link.connected;
	if (!link.connected)
		bus_connect_again(query->socket);
	ask_again(query, link.disconnects > 0);
	for (size_t i = 0; i < GATEWAY_QUERY_PENDING_MAX; i++) {
		struct question *question = &query->questions[i];
		if (question->id != 0 && question->deadline_ms <= now_ms)
			refuse_question(query, question, "why=\"timeout\"");
	}
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

static void write_question(struct question *question, const struct gateway_selection *selection)
{
	char id[24];
	struct buf header;
	snprintf(id, sizeof id, "%" PRIu64, question->id);
	buf_init(&header, REQUEST_BYTES_MAX);
	gateway_request_write(&header, id, selection);
	ASSERT(buf_ok(&header));
	struct span text = buf_span(&header);
	memcpy(question->text, text.at, text.len);
	question->len = text.len;
	buf_clear(&header);
}

/* A connection that was there a moment ago may come back, or another instance be found; the first one is being made. */
static bool may_wait(const struct gateway_query *query)
{
	return query->connected || ambient_monotonic_ms() - query->lost_ms < GATEWAY_QUERY_TIMEOUT_MS;
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
	question->id = ++query->last_id;
	question->deadline_ms = deadline_ms;
	question->fn = fn;
	question->context = context;
	write_question(question, selection);
	query->pending++;
	tell_pending(query);
	if (!send_question(query, question) && !may_wait(query))
		refuse_question(query, question, "why=\"unreachable\"");
}

/* ---- Life ---- */

enum status gateway_query_new(struct loop *loop, struct bus *bus, const char *endpoint, const char *server_key,
                              const struct bus_keypair *client, struct gateway_query **ret_query, struct fault *fault)
{
	struct gateway_query *query = calloc(1, sizeof *query);
	ASSERT(query != NULL);
	query->loop = loop;
	query->lost_ms = ambient_monotonic_ms();
	enum status status = bus_connect(bus, BUS_DEALER, endpoint, server_key, client, &query->socket, fault);
	if (status != STATUS_OK) {
		free(query);
		return status;
	}
	query->message = bus_message_new();
	query->scratch = arena_new(SCRATCH_MAX);
	loop_on_socket(loop, query->socket, on_answers, query);
	loop_every(loop, TICK_MS, on_tick, query);
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
