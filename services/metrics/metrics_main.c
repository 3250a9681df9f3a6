/* effreg-metrics: follows the event stream and keeps each region's indicators. */
#include "common/ambient.h"
#include "common/archive.h"
#include "common/follow.h"
#include "common/hint.h"
#include "common/log.h"
#include "common/telemetry.h"
#include "services/metrics/metrics_handlers.h"

#include <stdlib.h>

struct process {
	struct service *service;
	struct bus_socket *records;  /* PUB: hints for those who follow the metric stream */
	struct rules *rules;         /* until metrics takes them */
	struct metrics *metrics;
	struct archive *archive;
	bool in_force;               /* our definitions were put in force */
	struct follow *follow;       /* of the event stream */
};

static const struct config_option OPTIONS[] = {
	{"stream_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5571", 0, 0, "the intakes' event stream (SUB, CURVE)"},
	{"stream_server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with the centre's CURVE public key"},
	{"key_file", CONFIG_TEXT, NULL, 0, 0, "file with this service's CURVE secret key (role service)"},
	{"metric_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5572", 0, 0, "the metric stream, for its followers (PUB, CURVE)"},
	{"server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with the centre's CURVE secret key"},
	{"memory_mib_max", CONFIG_INTEGER, "512", 1, 1048576, "memory for the regions kept in it; others are loaded at need"},
	{"indicators_file", CONFIG_TEXT, "", 0, 0, "definitions of indicators (JSON); empty = those this program was built with"},
	{"log_archive", CONFIG_TEXT, "", 0, 0, "folder of the events that effreg log archive took out of the database; empty = none were"},
	{"calendar_file", CONFIG_TEXT, "", 0, 0, "cut-offs of periods (JSON); empty = those this program was built with"},
};

static void tell_counts(const struct process *process)
{
	struct metrics_counts regions = metrics_counts(process->metrics);
	telemetry_set("effreg_metrics_regions", "Regions kept in memory.", "", (double)regions.regions);
	telemetry_set("effreg_metrics_region_bytes", "Memory of the regions kept in it.", "", (double)regions.bytes);
	telemetry_set("effreg_metrics_region_loads", "Regions loaded from the tables since start.", "", (double)regions.loads);
}

static void refresh(void *context)
{
	struct process *process = context;
	struct service *service = process->service;
	struct fault fault = {.offset = -1};
	bool more = false;
	enum status status = process->in_force ? STATUS_OK : metrics_put_in_force(process->metrics, service->db, &fault);
	if (status == STATUS_OK) {
		process->in_force = true;
		status = metrics_refresh(process->metrics, service->db, &more, &fault);
	}
	service_note_database(service, status);
	if (status != STATUS_OK && status_group(status) != STATUS_GROUP_TRANSIENT)
		log_write(LOG_EVENT_turn_failed, "consumer", METRICS_CONSUMER, "key", "", "status", status_name(status), "error", fault.text, NULL);
	if (more)
		loop_soon(service->loop, refresh, process);
}

static void on_worked(void *context, bool poll)
{
	struct process *process = context;
	if (poll)
		refresh(process);
	tell_counts(process);
}

static void on_appended(void *context, const char *region, uint64_t metric_seq)
{
	struct process *process = context;
	hint_send(process->records, &STREAM_METRIC, region, metric_seq, metric_seq);
}

/* ---- Start and stop ---- */

static enum status read_option_file(struct process *process, struct arena *arena, const char *option, struct span *ret_text, struct fault *fault)
{
	const char *path = config_text(process->service->config, option);
	*ret_text = span_of("", 0);
	return path[0] == '\0' ? STATUS_OK : ambient_read_file(arena, path, RULES_BYTES_MAX, ret_text, fault);
}

static enum status load_rules(struct process *process, struct fault *fault)
{
	struct arena *arena = arena_new(4 * RULES_BYTES_MAX);
	struct span indicators, calendar;
	enum status status = read_option_file(process, arena, "indicators_file", &indicators, fault);
	if (status == STATUS_OK)
		status = read_option_file(process, arena, "calendar_file", &calendar, fault);
	if (status == STATUS_OK)
		status = rules_new(indicators, calendar, &process->rules, fault);
	arena_destroy(&arena);
	return status;
}

static enum status open_records(struct process *process, struct fault *fault)
{
	struct service *service = process->service;
	struct bus_keypair server;
	enum status status = service_read_keypair(service, "server_key_file", &server, fault);
	if (status == STATUS_OK)
		status = service_start_zap(service, fault);
	if (status == STATUS_OK)
		status = bus_bind(service->bus, BUS_PUB, config_text(service->config, "metric_endpoint"), "stream", &server,
		                  &process->records, fault);
	return status;
}

static enum status start_following(struct process *process, struct fault *fault)
{
	struct service *service = process->service;
	struct metrics_options options = {
		.rules = process->rules,
		.memory_bytes_max = (size_t)config_integer(service->config, "memory_mib_max") * 1024 * 1024,
		.appended = on_appended,
		.context = process,
	};
	ambient_random(&options.hash_seed, sizeof options.hash_seed);
	process->metrics = metrics_new(&options);
	process->rules = NULL;
	struct stream_consumer_options consumer = metrics_consumer_options(process->metrics);
	consumer.keeps_keys = true;
	consumer.archive = process->archive = archive_new(config_text(service->config, "log_archive"));
	const struct follow_options follow = {
		.consumer = &consumer,
		.endpoint_option = "stream_endpoint",
		.server_key_option = "stream_server_key_file",
		.key_option = "key_file",
		.limits_stalls = true,
		.worked = on_worked,
		.context = process,
	};
	return follow_new(service, &follow, &process->follow, fault);
}

static enum status start(struct service *service, struct fault *fault)
{
	struct process *process = calloc(1, sizeof *process);
	ASSERT(process != NULL);
	service->state = process;
	process->service = service;
	enum status status = load_rules(process, fault);
	if (status == STATUS_OK)
		status = open_records(process, fault);
	if (status == STATUS_OK)
		status = start_following(process, fault);
	return status;
}

static void stop(struct service *service)
{
	struct process *process = service->state;
	follow_destroy(&process->follow);
	metrics_destroy(&process->metrics);
	archive_destroy(&process->archive);
	rules_destroy(&process->rules);
	bus_close(&process->records);
	free(process);
	service->state = NULL;
}

static bool ready(struct service *service)
{
	return service_database_ready(service);
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
