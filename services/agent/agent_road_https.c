/* One source's events over HTTPS: the log is asked for, then a batch after the other is pushed:
 *
 *     OFF ──ZeroMQ is blocked──▶ ASK ──request──▶ ASKING ──the log──▶ READY ──batch──▶ PUSHING
 *      ▲                          ▲                  │                  ▲                 │
 *      │                          ├──── trouble ─────┘                  └──── receipt ────┤
 *      └── a session over ZeroMQ  └──────────────── trouble ──────────────────────────────┘
 *
 * From every state a session over ZeroMQ leads back to OFF; an answer that comes then is ignored. */
#include "services/agent/agent_road.h"

#include "common/ambient.h"
#include "common/log.h"

static void tell_road(const struct road *road, const char *name)
{
	log_write(LOG_EVENT_road_changed, "source", road->source.name, "road", name, NULL);
}

void road_turn_to_https(struct road *road)
{
	road_give_up(road);
	road->again_ms = 0;
	road->https = HTTPS_ASK;
	road->https_answers = false;
	backoff_reset(&road->https_backoff);
	tell_road(road, "https");
}

void road_turn_to_zeromq(struct road *road)
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
		road_raise_alarm(road, &answer->fault);
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
		road_raise_alarm(road, &fault);
		put_off(road, NULL);
		return;
	}
	if (push_memory_judge(&welcome.memory, &answer->message, true, &welcome.reopened, &fault) != STATUS_OK) {
		road_raise_alarm(road, &fault);
		put_off(road, NULL);
		return;
	}
	road->https = HTTPS_READY;
	if (!road_adopt(road, &welcome))
		put_off(road, NULL);
	loop_soon(road->roads->service->loop, agent_roads_pump, road->roads);
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
		road_raise_alarm(road, &fault);
		put_off(road, NULL);
		return;
	}
	road->https = HTTPS_READY;
	if (answer->message.count != batch->batch.count || !road_settle(road, batch, answer->message.results, &memory)) {
		put_off(road, NULL);
		return;
	}
	road->https_answers = true;
	backoff_reset(&road->https_backoff);
	loop_soon(road->roads->service->loop, agent_roads_pump, road->roads);
}

static void push_over_https(struct road *road, int64_t now_ms)
{
	struct fault fault = {.offset = -1};
	if (road->rewind) {
		road->rewind = false;
		road->cursor = 0;
	}
	struct spool_batch *batch = now_ms < road->pause_until_ms ? NULL : road_load_slot(road, 0, &fault);
	if (batch == NULL)
		return;
	batch->batch.count = agent_https_push(road->roads->options.https, &batch->batch, &road->source.memory, on_pushed, road);
	road->cursor = batch->places[batch->batch.count - 1];
	road->https_batch = batch;
	road->https_outstanding = true;
	road->https = HTTPS_PUSHING;
}

void road_step_https(struct road *road, int64_t now_ms)
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
