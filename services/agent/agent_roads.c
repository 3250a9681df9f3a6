#include "services/agent/agent_roads.h"

#include "common/ambient.h"
#include "common/log.h"
#include "common/telemetry.h"
#include "services/agent/agent_road.h"

#include <stdio.h>
#include <stdlib.h>

#define TICK_MS        200
#define AGAIN_MS       1000    /* after the first failure of a road, */
#define AGAIN_MAX_MS   60000   /* up to this after many */

/* ---- A road's life ---- */

static void on_welcomed(void *context, const struct push_welcome *welcome)
{
	struct road *road = context;
	road->welcomed = road_adopt(road, welcome);
	road->broken = !road->welcomed;
	if (road->welcomed)
		backoff_reset(&road->backoff);
}

static void on_settled(void *context, struct push_batch *batch, const struct push_result *results)
{
	struct road *road = context;
	const struct push_memory memory = push_client_memory(road->client);
	road->broken = !road_settle(road, (struct spool_batch *)(void *)batch, results, &memory) || road->broken;
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
		loop_on_socket(roads->service->loop, push_client_socket(road->client), agent_roads_pump, roads);
	return status;
}

/* ---- Filling ---- */

static bool fill_slot(struct road *road, size_t slot, struct fault *fault)
{
	struct spool_batch *batch = road_load_slot(road, slot, fault);
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
		road_raise_alarm(road, &fault);
	if (is_open || status == STATUS_FORBIDDEN)
		road->seen_ms = now_ms;
	if (status != STATUS_OK || road->broken)
		road_give_up(road);
	if (is_open && road->https != HTTPS_OFF)
		road_turn_to_zeromq(road);
	else if (!is_open && options->https != NULL && road->https == HTTPS_OFF && now_ms - road->seen_ms >= options->https_after_ms)
		road_turn_to_https(road);
	if (road->https != HTTPS_OFF)
		road_step_https(road, now_ms);
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

void agent_roads_pump(void *context)
{
	struct agent_roads *roads = context;
	for (size_t i = 0; i < roads->count; i++)
		step(&roads->roads[i]);
}

static void on_tick(void *context)
{
	agent_roads_pump(context);
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
	loop_soon(roads->service->loop, agent_roads_pump, roads);
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
