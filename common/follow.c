#include "common/follow.h"

#include "common/ambient.h"
#include "common/hint.h"
#include "common/log.h"
#include "common/stream_lag.h"
#include "common/stream_stall.h"
#include "common/telemetry.h"

#include <stdio.h>
#include <stdlib.h>

#define POLL_MS         1000  /* what no hint told is found this often; also new addresses of the stream's name */
#define LAG_POLLS       5     /* how far behind it is, is looked at with every so many polls */
#define TURNS_A_ROUND   4
#define HINTS_A_ROUND   256

struct follow {
	struct service *service;
	struct follow_options options;
	const struct stream *stream;
	struct stream_consumer *consumer;
	const char *consumer_name;
	struct stream_stall *stall;          /* NULL unless options.limits_stalls */
	struct stream_consumer_counts told;  /* what telemetry knows */
	struct bus_socket *hints;
	struct bus_message *message;
	unsigned polls;
	char labels[64];
};

static void tell_counts(struct follow *follow)
{
	struct stream_consumer_counts now = stream_consumer_counts(follow->consumer);
	const struct stream_consumer_counts *told = &follow->told;
	telemetry_count("effreg_consumer_records_total", "Records applied.", follow->labels, (double)(now.records - told->records));
	telemetry_count("effreg_consumer_turns_total", "Turns committed.", follow->labels, (double)(now.turns - told->turns));
	telemetry_count("effreg_consumer_failures_total", "Turns rolled back.", follow->labels, (double)(now.failures - told->failures));
	telemetry_count("effreg_consumer_parked_total", "Records set aside after failing too often.", follow->labels,
	                (double)(now.parked - told->parked));
	follow->told = now;
}

static void work(struct follow *follow, bool poll);

static void on_more(void *context)
{
	work(context, false);
}

static void work(struct follow *follow, bool poll)
{
	unsigned turns = 0;
	int64_t started_ms = ambient_monotonic_ms();
	enum status status = stream_consumer_work(follow->consumer, poll, follow->options.turns_a_round, &turns);
	if (turns > 0)
		telemetry_observe("effreg_consumer_round_seconds", "How long a round of turns takes.", follow->labels,
		                  (double)(ambient_monotonic_ms() - started_ms) / 1000);
	tell_counts(follow);
	service_note_database(follow->service, status);
	if (status == STATUS_OK && turns > 0 && (follow->options.gather_ms == 0 || turns >= follow->options.turns_a_round))
		loop_soon(follow->service->loop, on_more, follow);
	if (follow->options.worked != NULL)
		follow->options.worked(follow->options.context, poll);
}

static void end_stalled(struct follow *follow)
{
	unsigned ended = 0;
	service_note_database(follow->service, stream_stall_look(follow->stall, &ended));
	telemetry_count("effreg_consumer_stalls_total", "Sessions of instances that stood still, ended by this one.", follow->labels, ended);
	if (ended > 0)
		log_write(LOG_EVENT_stall_ended, "consumer", follow->consumer_name, NULL);
}

static void tell_lag(struct follow *follow)
{
	struct stream_lag lag;
	enum status status = stream_lag_read(follow->service->db, follow->stream, follow->consumer_name, &lag);
	service_note_database(follow->service, status);
	if (status != STATUS_OK)
		return;
	telemetry_set("effreg_stream_lag_records", "Records that the consumer has not processed, over all its instances.", follow->labels,
	              (double)lag.records);
	telemetry_set("effreg_stream_oldest_seconds", "Age of the oldest of them; 0 when there is none.", follow->labels,
	              (double)lag.oldest_ms / 1000);
}

static void on_poll(void *context)
{
	struct follow *follow = context;
	bus_connect_again(follow->hints);
	if (follow->polls++ % LAG_POLLS == 0)
		tell_lag(follow);
	if (follow->stall != NULL)
		end_stalled(follow);
	work(follow, true);
}

static void on_hints(void *context)
{
	struct follow *follow = context;
	for (int taken = 0; taken < HINTS_A_ROUND; taken++) {
		char key[STREAM_KEY_MAX];
		enum status status = bus_receive(follow->hints, follow->message);
		if (status == STATUS_NOT_FOUND)
			break;
		if (status == STATUS_OK && hint_read(follow->message, follow->stream, key))
			stream_consumer_hint(follow->consumer, key);
	}
	if (follow->options.gather_ms == 0)
		loop_soon(follow->service->loop, on_more, follow);
}

static enum status connect_hints(struct follow *follow, struct fault *fault)
{
	struct service *service = follow->service;
	char server_key[BUS_KEY_TEXT], topic[32];
	struct bus_keypair own;
	enum status status = service_read_keypair(service, follow->options.key_option, &own, fault);
	if (status == STATUS_OK)
		status = bus_read_key(config_text(service->config, follow->options.server_key_option), server_key, fault);
	if (status == STATUS_OK)
		status = bus_connect(service->bus, BUS_SUB, config_text(service->config, follow->options.endpoint_option), server_key,
		                     &own, &follow->hints, fault);
	if (status != STATUS_OK)
		return status;
	snprintf(topic, sizeof topic, "%s.", follow->stream->name);
	bus_subscribe(follow->hints, topic);
	return STATUS_OK;
}

enum status follow_new(struct service *service, const struct follow_options *options, struct follow **ret_follow,
                       struct fault *fault)
{
	struct follow *follow = calloc(1, sizeof *follow);
	ASSERT(follow != NULL);
	follow->service = service;
	follow->options = *options;
	if (follow->options.turns_a_round == 0)
		follow->options.turns_a_round = TURNS_A_ROUND;
	follow->options.consumer = NULL;  /* the caller's, for this call */
	follow->stream = options->consumer->stream;
	follow->consumer_name = options->consumer->consumer;
	follow->consumer = stream_consumer_new(service->db, options->consumer);
	follow->message = bus_message_new();
	snprintf(follow->labels, sizeof follow->labels, "consumer=\"%s\"", options->consumer->consumer);
	enum status status = connect_hints(follow, fault);
	if (status == STATUS_OK && options->limits_stalls && stream_stall_new(service->db, &follow->stall) != STATUS_OK)
		status = fault_set(fault, STATUS_UNAVAILABLE, "database", "", -1, "%s", db_error(service->db));
	if (status != STATUS_OK) {
		follow_destroy(&follow);
		return status;
	}
	loop_on_socket(service->loop, follow->hints, on_hints, follow);
	loop_every(service->loop, POLL_MS, on_poll, follow);
	if (options->gather_ms > 0)
		loop_every(service->loop, options->gather_ms, on_more, follow);
	loop_soon(service->loop, on_poll, follow);
	*ret_follow = follow;
	return STATUS_OK;
}

void follow_destroy(struct follow **follow)
{
	if (*follow == NULL)
		return;
	stream_consumer_destroy(&(*follow)->consumer);
	stream_stall_destroy(&(*follow)->stall);
	bus_close(&(*follow)->hints);
	bus_message_destroy(&(*follow)->message);
	free(*follow);
	*follow = NULL;
}
