#include "services/agent/agent_road.h"

#include "common/ambient.h"
#include "common/envelope.h"
#include "common/event_trace.h"
#include "common/json.h"
#include "common/log.h"
#include "common/telemetry.h"

#include <stdio.h>
#include <stdlib.h>

#define QUOTA_AGAIN_MS 600000  /* a region over its quota of the day asks again after so long */

/* ---- Alarms ---- */

void road_raise_alarm(struct road *road, const struct fault *fault)
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

/* ---- What the centre says ---- */

bool road_adopt(struct road *road, const struct push_welcome *welcome)
{
	struct fault fault = {.offset = -1};
	size_t again;
	if (agent_spool_welcome(road->roads->spool, road->source.source_id, welcome, &again, &fault) != STATUS_OK) {
		road_raise_alarm(road, &fault);
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

static void log_refused(const struct road *road, struct span body, const struct push_result *result)
{
	struct event_trace trace;
	struct arena *arena = arena_new(JSON_ARENA_BYTES(EVENT_BYTES_MAX));
	event_trace_read(arena, body, &trace);
	log_write(LOG_EVENT_event_refused, "source", road->source.name, "id", trace.id, "traceparent", trace.traceparent, "code", result->code,
	          "pointer", result->pointer == NULL ? "" : result->pointer, NULL);
	arena_destroy(&arena);
}

static void count_results(const struct road *road, const struct spool_batch *sent, const struct push_result *results)
{
	char labels[64];
	const char *at = sent->body;
	for (size_t i = 0; i < sent->batch.count; at += sent->batch.sizes[i], i++) {
		bool rejected = results[i].outcome == PUSH_REJECTED;
		snprintf(labels, sizeof labels, "outcome=\"%s\"", rejected ? "refused" : results[i].outcome == PUSH_STORED ? "stored" : "duplicate");
		telemetry_count("effreg_agent_events_sent_total", "Events answered by the centre, by outcome.", labels, 1);
		if (rejected)
			log_refused(road, span_of(at, sent->batch.sizes[i]), &results[i]);
	}
}

bool road_settle(struct road *road, const struct spool_batch *sent, const struct push_result *results, const struct push_memory *memory)
{
	struct fault fault = {.offset = -1};
	size_t later = 0;
	for (size_t i = 0; i < PUSH_CLIENT_WINDOW; i++) {
		if (road->slots[i] == sent)
			road->busy[i] = false;
	}
	if (agent_spool_settle(road->roads->spool, road->source.source_id, sent, results, memory, ambient_now_us(), &later, &fault) != STATUS_OK) {
		road_raise_alarm(road, &fault);
		return false;
	}
	road->source.memory = *memory;
	count_results(road, sent, results);
	if (later > 0) {
		road->rewind = true;
		road->pause_until_ms = ambient_monotonic_ms() + QUOTA_AGAIN_MS;
	}
	return true;
}

/* ---- What waits ---- */

struct spool_batch *road_load_slot(struct road *road, size_t slot, struct fault *fault)
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

void road_give_up(struct road *road)
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
