/* effreg-metrics: follows the event stream and keeps each region's indicators. */
#include "common/ambient.h"
#include "common/embedded.h"
#include "common/follow.h"
#include "common/hint.h"
#include "common/telemetry.h"
#include "services/metrics/metrics_handlers.h"

#include <stdlib.h>

#define UNITS_PATH   "proto/registry/units.csv"

struct process {
	struct service *service;
	struct bus_socket *records;  /* PUB: hints for those who follow the metric stream */
	struct unit_table *units;
	struct metrics *metrics;
	struct follow *follow;       /* of the event stream */
};

static const struct config_option OPTIONS[] = {
	{"stream_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5571", 0, 0, "the intakes' event stream (SUB, CURVE)"},
	{"stream_server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with the centre's CURVE public key"},
	{"key_file", CONFIG_TEXT, NULL, 0, 0, "file with this service's CURVE secret key (role service)"},
	{"metric_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5572", 0, 0, "the metric stream, for its followers (PUB, CURVE)"},
	{"server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with the centre's CURVE secret key"},
	{"regions_max", CONFIG_INTEGER, "128", 1, 100000, "regions kept in memory; others are loaded at need"},
};

static void on_worked(void *context, bool poll)
{
	struct process *process = context;
	struct metrics_counts regions = metrics_counts(process->metrics);
	(void)poll;
	telemetry_set("effreg_metrics_regions", "Regions kept in memory.", "", (double)regions.regions);
	telemetry_set("effreg_metrics_region_loads", "Regions loaded from the tables since start.", "", (double)regions.loads);
}

static void on_appended(void *context, const char *region, uint64_t metric_seq)
{
	struct process *process = context;
	hint_send(process->records, &STREAM_METRIC, region, metric_seq, metric_seq);
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
		.units = process->units,
		.regions_max = (size_t)config_integer(service->config, "regions_max"),
		.appended = on_appended,
		.context = process,
	};
	ambient_random(&options.hash_seed, sizeof options.hash_seed);
	process->metrics = metrics_new(&options);
	const struct stream_consumer_options consumer = metrics_consumer_options(process->metrics);
	const struct follow_options follow = {
		.consumer = &consumer,
		.endpoint_option = "stream_endpoint",
		.server_key_option = "stream_server_key_file",
		.key_option = "key_file",
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
	enum status status = load_units(process, fault);
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
	unit_table_destroy(&process->units);
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
