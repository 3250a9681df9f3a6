/* effreg-metrics: follows the event stream and keeps each region's indicators. */
#include "common/ambient.h"
#include "common/embedded.h"
#include "common/log.h"
#include "common/service.h"
#include "common/telemetry.h"
#include "services/metrics/metrics_handlers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define POLL_MS      1000   /* what no hint told is found this often */
#define RESOLVE_MS   30000  /* new addresses of the intakes' name */
#define UNITS_PATH   "proto/registry/units.csv"

struct process {
	struct service *service;
	struct bus_socket *events;   /* SUB: hints of the intakes */
	struct bus_socket *records;  /* PUB: hints for those who follow the metric stream */
	struct bus_message *message;
	struct unit_table *units;
	struct metrics *metrics;
	struct stream_consumer *consumer;
	struct stream_consumer_counts told;  /* what telemetry knows */
	bool database_lost;
};

static const struct config_option OPTIONS[] = {
	{"stream_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5571", 0, 0, "the intakes' event stream (SUB, CURVE)"},
	{"stream_server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with the centre's CURVE public key"},
	{"key_file", CONFIG_TEXT, NULL, 0, 0, "file with this service's CURVE secret key (role service)"},
	{"metric_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5572", 0, 0, "the metric stream, for its followers (PUB, CURVE)"},
	{"server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with the centre's CURVE secret key"},
	{"regions_max", CONFIG_INTEGER, "128", 1, 100000, "regions kept in memory; others are loaded at need"},
};

/* ---- Turns ---- */

static void tell_counts(struct process *process)
{
	struct stream_consumer_counts now = stream_consumer_counts(process->consumer);
	struct metrics_counts regions = metrics_counts(process->metrics);
	telemetry_count("effreg_metrics_events_total", "Events applied.", "",
	                (double)(now.records - process->told.records));
	telemetry_count("effreg_metrics_turns_total", "Turns committed.", "", (double)(now.turns - process->told.turns));
	telemetry_count("effreg_metrics_turn_failures_total", "Turns rolled back.", "",
	                (double)(now.failures - process->told.failures));
	telemetry_count("effreg_metrics_parked_total", "Events set aside after failing too often.", "",
	                (double)(now.parked - process->told.parked));
	telemetry_set("effreg_metrics_regions", "Regions kept in memory.", "", (double)regions.regions);
	telemetry_set("effreg_metrics_region_loads", "Regions loaded from the tables since start.", "",
	              (double)regions.loads);
	process->told = now;
}

/* Every failure is tried again by the next poll; a lost database is told once. */
static void note_outcome(struct process *process, enum status status)
{
	struct db *db = process->service->db;
	if (status == STATUS_OK && process->database_lost) {
		process->database_lost = false;
		log_write(LOG_EVENT_database_back, NULL);
	} else if (status_group(status) == STATUS_GROUP_TRANSIENT && !db_alive(db) && !process->database_lost) {
		process->database_lost = true;
		log_write(LOG_EVENT_database_lost, "error", db_error(db), NULL);
	} else if (status != STATUS_OK && status_group(status) != STATUS_GROUP_TRANSIENT) {
		log_write(LOG_EVENT_database_error, "status", status_name(status), "error", db_error(db), NULL);
	}
}

static void work(struct process *process, bool poll);

static void on_soon(void *context)
{
	work(context, false);
}

/* One turn at a time, so that sockets and signals are looked at in between. */
static void work(struct process *process, bool poll)
{
	unsigned turns = 0;
	int64_t started_ms = ambient_monotonic_ms();
	enum status status = stream_consumer_work(process->consumer, poll, 1, &turns);
	if (turns > 0)
		telemetry_observe("effreg_metrics_turn_seconds", "How long a turn takes.", "",
		                  (double)(ambient_monotonic_ms() - started_ms) / 1000);
	tell_counts(process);
	note_outcome(process, status);
	if (status == STATUS_OK && turns > 0)
		loop_soon(process->service->loop, on_soon, process);
}

static void on_poll(void *context)
{
	work(context, true);
}

static void on_resolve(void *context)
{
	struct process *process = context;
	bus_connect_again(process->events);
}

/* Hints: the topic "event.20000000" says it all. */
static void on_events(void *context)
{
	static const char PREFIX[] = "event.";
	struct process *process = context;
	enum status status = bus_receive(process->events, process->message);
	for (; status == STATUS_OK || status == STATUS_INVALID; status = bus_receive(process->events, process->message)) {
		char region[OKTMO_TEXT_SIZE] = "";
		struct span topic = status == STATUS_OK ? bus_message_frame(process->message, 0) : span_of("", 0);
		if (topic.len != strlen(PREFIX) + OKTMO_LEN || memcmp(topic.at, PREFIX, strlen(PREFIX)) != 0)
			continue;
		memcpy(region, topic.at + strlen(PREFIX), OKTMO_LEN);
		if (ident_is_oktmo(region))
			stream_consumer_hint(process->consumer, region);
	}
	loop_soon(process->service->loop, on_soon, process);
}

static void on_appended(void *context, const char *region, uint64_t metric_seq)
{
	struct process *process = context;
	char topic[64], header[160];
	snprintf(topic, sizeof topic, "metric.%s", region);
	snprintf(header, sizeof header, "{\"stream\":\"metric\",\"key\":\"%s\",\"first\":%" PRIu64 ",\"last\":%" PRIu64 "}",
	         region, metric_seq, metric_seq);
	const struct span frames[] = {span_of_text(topic), span_of_text(header)};
	if (bus_send(process->records, frames, ARRAY_COUNT(frames)) != STATUS_OK)
		return;  /* a hint: the followers look for themselves once a second */
}

/* ---- Start and stop ---- */

static enum status load_units(struct process *process, struct fault *fault)
{
	for (size_t i = 0; i < EMBEDDED_FILES_COUNT; i++) {
		const struct embedded_file *file = &EMBEDDED_FILES[i];
		if (text_equal(file->path, UNITS_PATH))
			return unit_table_new(span_of((const char *)file->bytes, file->len), &process->units, fault);
	}
	return fault_set(fault, STATUS_BUG, "units", "", -1, "this build has no " UNITS_PATH);
}

static enum status read_keypair(const struct config *config, const char *option, struct bus_keypair *ret_keypair,
                                struct fault *fault)
{
	enum status status = bus_read_key(config_text(config, option), ret_keypair->secret_key, fault);
	if (status == STATUS_OK && !bus_public_key(ret_keypair->secret_key, ret_keypair->public_key))
		status = fault_set(fault, STATUS_INVALID, "key", "", -1, "%s does not hold a secret key", option);
	return status;
}

static enum status open_records(struct process *process, struct fault *fault)
{
	struct service *service = process->service;
	struct bus_keypair server;
	enum status status = read_keypair(service->config, "server_key_file", &server, fault);
	if (status == STATUS_OK)
		status = service_start_zap(service, fault);
	if (status == STATUS_OK)
		status = bus_bind(service->bus, BUS_PUB, config_text(service->config, "metric_endpoint"), "stream", &server,
		                  &process->records, fault);
	return status;
}

static enum status open_events(struct process *process, struct fault *fault)
{
	struct service *service = process->service;
	struct bus_keypair client;
	char server_key[BUS_KEY_TEXT];
	enum status status = read_keypair(service->config, "key_file", &client, fault);
	if (status == STATUS_OK)
		status = bus_read_key(config_text(service->config, "stream_server_key_file"), server_key, fault);
	if (status == STATUS_OK)
		status = bus_connect(service->bus, BUS_SUB, config_text(service->config, "stream_endpoint"), server_key,
		                     &client, &process->events, fault);
	if (status == STATUS_OK)
		bus_subscribe(process->events, "event.");
	return status;
}

static void start_consumer(struct process *process)
{
	struct service *service = process->service;
	struct metrics_options options = {
		.units = process->units,
		.regions_max = (size_t)config_integer(service->config, "regions_max"),
		.appended = on_appended,
		.context = process,
	};
	ambient_random(&options.hash_seed, sizeof options.hash_seed);
	process->metrics = metrics_new(&options);
	const struct stream_consumer_options consumer = metrics_consumer_options(process->metrics);
	process->consumer = stream_consumer_new(service->db, &consumer);
	loop_on_socket(service->loop, process->events, on_events, process);
	loop_every(service->loop, POLL_MS, on_poll, process);
	loop_every(service->loop, RESOLVE_MS, on_resolve, process);
	loop_soon(service->loop, on_poll, process);
}

static enum status start(struct service *service, struct fault *fault)
{
	struct process *process = calloc(1, sizeof *process);
	ASSERT(process != NULL);
	service->state = process;
	process->service = service;
	process->message = bus_message_new();
	enum status status = load_units(process, fault);
	if (status == STATUS_OK)
		status = open_records(process, fault);
	if (status == STATUS_OK)
		status = open_events(process, fault);
	if (status == STATUS_OK)
		start_consumer(process);
	return status;
}

static void stop(struct service *service)
{
	struct process *process = service->state;
	stream_consumer_destroy(&process->consumer);
	metrics_destroy(&process->metrics);
	unit_table_destroy(&process->units);
	bus_close(&process->events);
	bus_close(&process->records);
	bus_message_destroy(&process->message);
	free(process);
	service->state = NULL;
}

static bool ready(struct service *service)
{
	const struct process *process = service->state;
	return !process->database_lost && db_alive(service->db);
}

int main(int argc, char **argv)
{
	static const struct service_spec SPEC = {
		.name = "metrics",
		.purpose = "follows the event stream and keeps each region's indicators",
		.options = OPTIONS,
		.options_count = ARRAY_COUNT(OPTIONS),
		.needs_db = true,
		.start = start,
		.stop = stop,
		.ready = ready,
	};
	return service_main(&SPEC, argc, argv);
}
