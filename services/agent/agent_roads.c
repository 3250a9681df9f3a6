#include "services/agent/agent_roads.h"

#include "common/ambient.h"
#include "common/backoff.h"
#include "common/log.h"
#include "common/telemetry.h"

#include <stdio.h>
#include <stdlib.h>

#define TICK_MS        200
#define AGAIN_MS       1000    /* after the first failure of a road, */
#define AGAIN_MAX_MS   60000   /* up to this after many */
#define QUOTA_AGAIN_MS 600000  /* a region over its quota of the day asks again after so long */

struct road {
	struct agent_roads *roads;
	struct spool_source source;
	struct push_client *client;                      /* NULL: given up, until again_ms */
	struct spool_batch *slots[PUSH_CLIENT_WINDOW];   /* made when first needed */
	bool busy[PUSH_CLIENT_WINDOW];
	int64_t cursor;                                  /* place of the last event offered */
	bool welcomed;                                   /* in the life of this client: before, nothing is offered */
	bool broken;                                     /* an answer could not be written down: begin anew */
	bool rewind;                                     /* some stay waiting: from the beginning, when the ring is empty */
	int64_t again_ms;
	int64_t pause_until_ms;
	struct backoff backoff;
	int64_t seen_ms;                                 /* when ZeroMQ last was not blocked: a session stood, or the centre refused us */
	enum https_state { HTTPS_OFF, HTTPS_ASK, HTTPS_ASKING, HTTPS_READY, HTTPS_PUSHING } https;
	bool https_outstanding;                          /* a request has no answer yet; one that https does not wait for any more is ignored */
	bool https_answers;                              /* the gateway's last answer was one */
	int64_t https_again_ms;
	struct backoff https_backoff;
	struct spool_batch *https_batch;                 /* PUSHING: in its slot */
	char alarm[32];
	char alarm_text[512];
};

struct agent_roads {
	struct service *service;
	struct agent_spool *spool;
	struct agent_roads_options options;
	char endpoint[256];
	char server_public_key[BUS_KEY_TEXT];
	char region[OKTMO_TEXT_SIZE];
	struct road roads[AGENT_SOURCES_MAX];
	size_t count;
};

static void on_pump(void *context);

/* ---- Alarms ---- */

static void raise_alarm(struct road *road, const struct fault *fault)
{
	if (!text_equal(road->alarm, fault->code))
		log_write(text_equal(fault->code, "witness_mismatch") ? LOG_EVENT_witness_mismatch : LOG_EVENT_road_lost, "source", road->source.name,
		          "code", fault->code, "error", fault->text, NULL);
	snprintf(road->alarm, sizeof road->alarm, "%s", fault->code);
	snprintf(road->alarm_text, sizeof road->alarm_text, "%s", fault->text);
}

static void clear_alarm(struct road *road)
{
	road->alarm[0] = road->alarm_text[0] = '\0';
}

/* ---- A road's life ---- */

static void give_up(struct road *road)
{
	uint32_t random;
	ambient_random(&random, sizeof random);
	if (road->client != NULL)
		loop_off_socket(road->roads->service->loop, push_client_socket(road->client));
	push_client_destroy(&road->client);
	memset(road->busy, 0, sizeof road->busy);
	road->welcomed = road->broken = road->rewind = false;
	road->cursor = 0;
	road->again_ms = ambient_monotonic_ms() + backoff_next_ms(&road->backoff, random);
}

/* What a session, or the gateway, says of the log is written down; false: it could not be. */
static bool adopt(struct road *road, const struct push_welcome *welcome)
{
	struct fault fault = {.offset = -1};
	size_t again;
	if (agent_spool_welcome(road->roads->spool, road->source.source_id, welcome, &again, &fault) != STATUS_OK) {
		raise_alarm(road, &fault);
		return false;
	}
	road->source.memory = welcome->memory;
	if (welcome->reopened)
		road->cursor = 0;
	if (again > 0) {
		char text[24];
		snprintf(text, sizeof text, "%zu", again);
		log_write(LOG_EVENT_log_reopened, "source", road->source.name, "events", text, NULL);
	}
	clear_alarm(road);
	return true;
}

static void on_welcomed(void *context, const struct push_welcome *welcome)
{
	struct road *road = context;
	road->welcomed = adopt(road, welcome);
	road->broken = !road->welcomed;
	if (road->welcomed)
		backoff_reset(&road->backoff);
}

static void count_results(const struct road *road, const struct push_result *results, size_t count)
{
	char labels[64];
	for (size_t i = 0; i < count; i++) {
		bool rejected = results[i].outcome == PUSH_REJECTED;
		snprintf(labels, sizeof labels, "outcome=\"%s\"", rejected ? "refused" : results[i].outcome == PUSH_STORED ? "stored" : "duplicate");
		telemetry_count("effreg_agent_events_sent_total", "Events answered by the centre, by outcome.", labels, 1);
		if (rejected)
			log_write(LOG_EVENT_event_refused, "source", road->source.name, "code", results[i].code, "pointer",
			          results[i].pointer == NULL ? "" : results[i].pointer, NULL);
	}
}

/* The answers to a batch are written down; false: they could not be, and what was sent is still waiting. */
static bool settle(struct road *road, const struct spool_batch *sent, const struct push_result *results, const struct push_memory *memory)
{
	struct fault fault = {.offset = -1};
	size_t later = 0;
	for (size_t i = 0; i < PUSH_CLIENT_WINDOW; i++) {
		if (road->slots[i] == sent)
			road->busy[i] = false;
	}
	if (agent_spool_settle(road->roads->spool, road->source.source_id, sent, results, memory, ambient_now_us(), &later, &fault) != STATUS_OK) {
		raise_alarm(road, &fault);
		return false;
	}
	road->source.memory = *memory;
	count_results(road, results, sent->batch.count);
	if (later > 0) {
		road->rewind = true;
		road->pause_until_ms = ambient_monotonic_ms() + QUOTA_AGAIN_MS;
	}
	return true;
}

static void on_settled(void *context, struct push_batch *batch, const struct push_result *results)
{
	struct road *road = context;
	const struct push_memory memory = push_client_memory(road->client);
	road->broken = !settle(road, (struct spool_batch *)(void *)batch, results, &memory) || road->broken;
}

static enum status begin(struct road *road, struct fault *fault)
{
	struct agent_roads *roads = road->roads;
	const struct push_client_options options = {
		.endpoint = roads->endpoint, .server_public_key = roads->server_public_key, .keypair = roads->options.keypair,
		.source = road->source.name, .region = roads->region, .memory = road->source.memory,
		.settled = on_settled, .welcomed = on_welcomed, .context = road};
	enum status status = push_client_new(roads->service->bus, &options, &road->client, fault);
	if (status == STATUS_OK)
		loop_on_socket(roads->service->loop, push_client_socket(road->client), on_pump, roads);
	return status;
}

/* ---- Filling ---- */

/* The next batch that waits, in the slot; NULL: there is none, or it cannot be read now. */
static struct spool_batch *load_slot(struct road *road, size_t slot, struct fault *fault)
{
	if (road->slots[slot] == NULL) {
		road->slots[slot] = calloc(1, sizeof *road->slots[slot]);
		ASSERT(road->slots[slot] != NULL);
	}
	struct spool_batch *batch = road->slots[slot];
	if (agent_spool_load_batch(road->roads->spool, road->source.source_id, road->cursor, batch, fault) != STATUS_OK || batch->batch.count == 0)
		return NULL;
	road->busy[slot] = true;
	return batch;
}

static bool fill_slot(struct road *road, size_t slot, struct fault *fault)
{
	struct spool_batch *batch = load_slot(road, slot, fault);
	if (batch == NULL)
		return false;
	road->cursor = batch->places[batch->batch.count - 1];
	ASSERT(push_client_offer(road->client, &batch->batch));
	return true;
}

static void fill(struct road *road, int64_t now_ms)
{
	struct fault fault = {.offset = -1};
	if (road->rewind && push_client_unsettled(road->client) == 0) {
		road->rewind = false;
		road->cursor = 0;
	}
	if (!road->welcomed || road->rewind || now_ms < road->pause_until_ms)
		return;
	for (size_t slot = 0; slot < PUSH_CLIENT_WINDOW; slot++) {
		if (!road->busy[slot] && !fill_slot(road, slot, &fault))
			return;
	}
}

/* ---- The second road ---- */

static void tell_road(const struct road *road, const char *name)
{
	log_write(LOG_EVENT_road_changed, "source", road->source.name, "road", name, NULL);
}

/* What ZeroMQ was given and has not answered is loaded again. */
static void turn_to_https(struct road *road)
{
	give_up(road);
	road->again_ms = 0;
	road->https = HTTPS_ASK;
	road->https_answers = false;
	backoff_reset(&road->https_backoff);
	tell_road(road, "https");
}

/* What the gateway was given and has not answered is sent again: the log knows the ids. */
static void turn_to_zeromq(struct road *road)
{
	road->https = HTTPS_OFF;
	road->cursor = 0;
	memset(road->busy, 0, sizeof road->busy);
	tell_road(road, "zeromq");
}

/* Asks for the log anew, after a wait. */
static void put_off(struct road *road, const struct https_answer *answer)
{
	uint32_t random;
	ambient_random(&random, sizeof random);
	int64_t wait_ms = backoff_next_ms(&road->https_backoff, random);
	road->https = HTTPS_ASK;
	road->cursor = 0;
	memset(road->busy, 0, sizeof road->busy);
	road->https_again_ms = ambient_monotonic_ms() + (answer != NULL && answer->wait_ms > wait_ms ? answer->wait_ms : wait_ms);
}

/* A gateway that does not answer is no alarm, just as a line that is cut; one that refuses is. */
static void take_trouble(struct road *road, const struct https_answer *answer)
{
	road->https_answers = answer->kind != HTTPS_LATER;
	if (answer->kind == HTTPS_REFUSED)
		raise_alarm(road, &answer->fault);
	else if (answer->kind == HTTPS_LATER)
		log_write(LOG_EVENT_road_lost, "source", road->source.name, "code", answer->fault.code, "error", answer->fault.text, NULL);
	put_off(road, answer);
}

static void on_asked(void *context, const struct https_answer *answer)
{
	struct road *road = context;
	struct fault fault = {.offset = -1};
	struct push_welcome welcome = {.source_sequence = answer->message.source_sequence, .memory = road->source.memory};
	road->https_outstanding = false;
	if (road->https != HTTPS_ASKING)
		return;
	if (answer->kind != HTTPS_DONE) {
		take_trouble(road, answer);
		return;
	}
	road->https_answers = true;
	if (!text_equal(answer->message.region, road->roads->region)) {
		fault_set(&fault, STATUS_FORBIDDEN, "forbidden_region", "", -1, "the token is region %s's, this agent is region %s's", answer->message.region,
		          road->roads->region);
		raise_alarm(road, &fault);
		put_off(road, NULL);
		return;
	}
	if (push_memory_judge(&welcome.memory, &answer->message, true, &welcome.reopened, &fault) != STATUS_OK) {
		raise_alarm(road, &fault);
		put_off(road, NULL);
		return;
	}
	road->https = HTTPS_READY;
	if (!adopt(road, &welcome))
		put_off(road, NULL);
	loop_soon(road->roads->service->loop, on_pump, road->roads);
}

/* A token may be for fewer sources than the key is: that is no fault of the events, which wait for ZeroMQ or another token. */
static bool is_forbidden_source(const struct push_message *receipt)
{
	for (size_t i = 0; i < receipt->count; i++) {
		if (receipt->results[i].outcome == PUSH_REJECTED && text_equal(receipt->results[i].code, "forbidden_source"))
			return true;
	}
	return false;
}

static void on_pushed(void *context, const struct https_answer *answer)
{
	struct road *road = context;
	const struct spool_batch *batch = road->https_batch;
	const struct push_memory memory = {.seq = answer->message.last_seq, .hash = answer->message.head, .incarnation = road->source.memory.incarnation};
	road->https_batch = NULL;
	road->https_outstanding = false;
	if (road->https != HTTPS_PUSHING)
		return;
	if (answer->kind != HTTPS_DONE) {
		take_trouble(road, answer);
		return;
	}
	if (is_forbidden_source(&answer->message)) {
		struct fault fault;
		fault_set(&fault, STATUS_FORBIDDEN, "forbidden_source", "", -1, "the token may not write as source \"%.128s\"", road->source.name);
		raise_alarm(road, &fault);
		put_off(road, NULL);
		return;
	}
	road->https = HTTPS_READY;
	if (answer->message.count != batch->batch.count || !settle(road, batch, answer->message.results, &memory)) {
		put_off(road, NULL);
		return;
	}
	road->https_answers = true;
	backoff_reset(&road->https_backoff);
	loop_soon(road->roads->service->loop, on_pump, road->roads);
}

static void push_over_https(struct road *road, int64_t now_ms)
{
	struct fault fault = {.offset = -1};
	if (road->rewind) {
		road->rewind = false;
		road->cursor = 0;
	}
	struct spool_batch *batch = now_ms < road->pause_until_ms ? NULL : load_slot(road, 0, &fault);
	if (batch == NULL)
		return;
	batch->batch.count = agent_https_push(road->roads->options.https, &batch->batch, &road->source.memory, on_pushed, road);
	road->cursor = batch->places[batch->batch.count - 1];
	road->https_batch = batch;
	road->https_outstanding = true;
	road->https = HTTPS_PUSHING;
}

static void step_https(struct road *road, int64_t now_ms)
{
	if (road->https_outstanding)
		return;
	if (road->https == HTTPS_ASK && now_ms >= road->https_again_ms) {
		road->https = HTTPS_ASKING;
		road->https_outstanding = true;
		agent_https_ask(road->roads->options.https, road->source.name, &road->source.memory, on_asked, road);
	} else if (road->https == HTTPS_READY) {
		push_over_https(road, now_ms);
	}
}

/* ---- Turns ---- */

static enum status step_zeromq(struct road *road, int64_t now_ms, struct fault *fault)
{
	enum status status = STATUS_OK;
	if (road->client == NULL && now_ms < road->again_ms)
		return STATUS_OK;
	if (road->client == NULL)
		status = begin(road, fault);
	if (status == STATUS_OK) {
		fill(road, now_ms);
		status = push_client_step(road->client, fault);
	}
	return status;
}

static void step(struct road *road)
{
	const struct agent_roads_options *options = &road->roads->options;
	int64_t now_ms = ambient_monotonic_ms();
	struct fault fault = {.offset = -1};
	enum status status = step_zeromq(road, now_ms, &fault);
	bool is_open = road->client != NULL && push_client_is_open(road->client);
	if (status != STATUS_OK)
		raise_alarm(road, &fault);
	if (is_open || status == STATUS_FORBIDDEN)
		road->seen_ms = now_ms;
	if (status != STATUS_OK || road->broken)
		give_up(road);
	if (is_open && road->https != HTTPS_OFF)
		turn_to_zeromq(road);
	else if (!is_open && options->https != NULL && road->https == HTTPS_OFF && now_ms - road->seen_ms >= options->https_after_ms)
		turn_to_https(road);
	if (road->https != HTTPS_OFF)
		step_https(road, now_ms);
}

static enum road_kind road_in_use(const struct road *road)
{
	if (road->client != NULL && push_client_is_open(road->client))
		return ROAD_ZEROMQ;
	return road->https != HTTPS_OFF && road->https_answers ? ROAD_HTTPS : ROAD_NONE;
}

static void tell(const struct agent_roads *roads)
{
	size_t connected = 0, over_https = 0, alarmed = 0;
	const struct spool_counts counts = agent_spool_counts(roads->spool);
	for (size_t i = 0; i < roads->count; i++) {
		connected += road_in_use(&roads->roads[i]) == ROAD_ZEROMQ;
		over_https += road_in_use(&roads->roads[i]) == ROAD_HTTPS;
		alarmed += roads->roads[i].alarm[0] != '\0';
	}
	telemetry_set("effreg_agent_sources", "Sources that the agent sends for.", "", (double)roads->count);
	telemetry_set("effreg_agent_sources_connected", "Of these, those with a session at the centre.", "", (double)connected);
	telemetry_set("effreg_agent_sources_https", "Of these, those that send to the gateway, for ZeroMQ is blocked.", "", (double)over_https);
	telemetry_set("effreg_agent_sources_alarmed", "Of these, those with an alarm: effreg agent status tells which.", "", (double)alarmed);
	telemetry_set("effreg_agent_waiting_events", "Events that the centre has not stored yet.", "", (double)counts.waiting);
	telemetry_set("effreg_agent_refused_events", "Events that the centre refused.", "", (double)counts.refused);
	telemetry_set("effreg_agent_spool_bytes", "Bytes of the events held.", "", (double)counts.bytes);
	telemetry_set("effreg_agent_spool_bytes_max", "The most bytes that are held.", "", (double)counts.bytes_max);
	telemetry_set("effreg_agent_oldest_waiting_seconds", "Age of the oldest event that waits; 0 when none does.", "",
	              counts.oldest_us == 0 ? 0 : (double)(ambient_now_us() - counts.oldest_us) / 1e6);
}

static void on_pump(void *context)
{
	struct agent_roads *roads = context;
	for (size_t i = 0; i < roads->count; i++)
		step(&roads->roads[i]);
}

static void on_tick(void *context)
{
	on_pump(context);
	tell(context);
}

/* ---- Sources ---- */

static enum status find_sources(struct agent_roads *roads, struct fault *fault)
{
	struct spool_source sources[AGENT_SOURCES_MAX];
	size_t count;
	enum status status = agent_spool_load_sources(roads->spool, sources, &count, fault);
	if (status != STATUS_OK)
		return status;
	/* They are only ever added, behind those that are there. */
	for (size_t i = roads->count; i < count; i++)
		roads->roads[i] = (struct road){
			.roads = roads, .source = sources[i], .backoff = {.base_ms = AGAIN_MS, .max_ms = AGAIN_MAX_MS},
			.https_backoff = {.base_ms = AGAIN_MS, .max_ms = AGAIN_MAX_MS}, .seen_ms = ambient_monotonic_ms()};
	roads->count = count;
	return STATUS_OK;
}

void agent_roads_wake(struct agent_roads *roads)
{
	struct fault fault = {.offset = -1};
	if (find_sources(roads, &fault) != STATUS_OK)
		log_write(LOG_EVENT_input_failed, "error", fault.text, NULL);
	loop_soon(roads->service->loop, on_pump, roads);
}

enum status agent_roads_new(struct service *service, struct agent_spool *spool, const struct agent_roads_options *options,
                            struct agent_roads **ret_roads, struct fault *fault)
{
	struct agent_roads *roads = calloc(1, sizeof *roads);
	ASSERT(roads != NULL);
	roads->service = service;
	roads->spool = spool;
	roads->options = *options;
	snprintf(roads->endpoint, sizeof roads->endpoint, "%s", options->endpoint);
	snprintf(roads->server_public_key, sizeof roads->server_public_key, "%s", options->server_public_key);
	snprintf(roads->region, sizeof roads->region, "%s", options->region);
	enum status status = find_sources(roads, fault);
	if (status != STATUS_OK) {
		free(roads);
		return status;
	}
	loop_every(service->loop, TICK_MS, on_tick, roads);
	loop_soon(service->loop, on_tick, roads);
	*ret_roads = roads;
	return STATUS_OK;
}

void agent_roads_destroy(struct agent_roads **roads)
{
	if (*roads == NULL)
		return;
	for (size_t i = 0; i < (*roads)->count; i++) {
		push_client_destroy(&(*roads)->roads[i].client);
		for (size_t slot = 0; slot < PUSH_CLIENT_WINDOW; slot++)
			free((*roads)->roads[i].slots[slot]);
	}
	free(*roads);
	*roads = NULL;
}

size_t agent_roads_look(const struct agent_roads *roads, struct road_state ret_states[AGENT_SOURCES_MAX])
{
	for (size_t i = 0; i < roads->count; i++) {
		const struct road *road = &roads->roads[i];
		ret_states[i] = (struct road_state){
			.source = road->source.name, .road = road_in_use(road),
			.memory = road->source.memory, .alarm = road->alarm, .alarm_text = road->alarm_text};
	}
	return roads->count;
}
