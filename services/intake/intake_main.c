/* effreg-intake: takes events from the regions and writes each region's log. */
#include "common/ambient.h"
#include "services/intake/intake_handlers.h"

#include <stdlib.h>

#define TICK_MS        200

static const struct config_option OPTIONS[] = {
	{"push_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5570", 0, 0, "where regions connect (ROUTER, CURVE)"},
	{"stream_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5571", 0, 0, "where consumers of the event stream connect (PUB, CURVE)"},
	{"server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with the centre's CURVE secret key"},
	{"quarantine_bytes_max", CONFIG_INTEGER, "67108864", 0, INT64_C(1) << 40, "bytes of refused events kept for one region; beyond, they are only counted"},
	{"region_bytes_per_day_max", CONFIG_INTEGER, "1073741824", 0, INT64_C(1) << 40, "bytes of events that one region may store in a day (UTC); 0 = no quota"},
	{"region_events_per_s_max", CONFIG_INTEGER, "0", 0, 10000000, "events a second that one region may send, on the whole; 0 = as many as it likes"},
	{"key_hellos_per_s_max", CONFIG_INTEGER, "10", 0, 10000000, "HELLOs a second that one key may say after the first 32; more of them wait; 0 = as many as it likes"},
	{"key_dropped_per_s_max", CONFIG_INTEGER, "32", 0, 10000000, "messages a second that one key may send for nothing after the first 256; beyond, the connection that goes on so takes in some 10 KB a second; 0 = as many as it likes"},
	{"memory_bytes_max", CONFIG_INTEGER, "33554432", 1048576, INT64_C(1) << 40, "bytes of batches held in memory, of all regions; beyond, batches are put off"},
	{"writers", CONFIG_INTEGER, "4", 1, INTAKE_POOL_THREADS_MAX, "appends side by side, each over a connection of its own"},
	{"together_max", CONFIG_INTEGER, "32", 1, STREAM_TOGETHER_MAX, "regions whose small batches may share a transaction; 1 = each has its own, as Citus wants it"},
};

static enum status open_sockets(struct intake *intake, struct fault *fault)
{
	struct service *service = intake->service;
	struct bus_keypair server;
	enum status status = service_read_keypair(service, "server_key_file", &server, fault);
	if (status == STATUS_OK)
		status = service_start_zap(service, fault);
	if (status == STATUS_OK)
		status = bus_bind(service->bus, BUS_ROUTER, config_text(service->config, "push_endpoint"), "push", &server, &intake->push, fault);
	if (status == STATUS_OK)
		status = bus_bind(service->bus, BUS_PUB, config_text(service->config, "stream_endpoint"), "stream", &server, &intake->stream, fault);
	return status;
}

static enum status start_pools(struct intake *intake, struct fault *fault)
{
	struct service *service = intake->service;
	size_t writers = (size_t)config_integer(service->config, "writers");
	enum status status = intake_pool_new(service->db, writers, &intake->writers, fault);
	if (status == STATUS_OK)
		status = intake_pool_new(service->db, 1, &intake->greeters, fault);
	return status;
}

static void watch(struct intake *intake)
{
	struct loop *loop = intake->service->loop;
	loop_on_socket(loop, intake->push, intake_on_push, intake);
	loop_on_fd(loop, intake_pool_fd(intake->writers), intake_on_written, intake);
	loop_on_fd(loop, intake_pool_fd(intake->greeters), intake_on_greeted, intake);
	loop_every(loop, TICK_MS, intake_on_tick, intake);
}

static enum status start(struct service *service, struct fault *fault)
{
	struct intake *intake = calloc(1, sizeof *intake);
	ASSERT(intake != NULL);
	service->state = intake;
	intake->service = service;
	intake->region_bytes_per_day_max = config_integer(service->config, "region_bytes_per_day_max");
	intake->quarantine_bytes_max = config_integer(service->config, "quarantine_bytes_max");
	intake->region_events_per_s_max = config_integer(service->config, "region_events_per_s_max");
	intake->key_hellos_per_s_max = config_integer(service->config, "key_hellos_per_s_max");
	intake->key_dropped_per_s_max = config_integer(service->config, "key_dropped_per_s_max");
	intake->together_max = (size_t)config_integer(service->config, "together_max");
	intake->alone_end = &intake->alone_first;
	intake->memory_bytes_max = (size_t)config_integer(service->config, "memory_bytes_max");
	intake->sessions = intake_sessions_new();
	intake->regions = intake_regions_new();
	intake->lines = intake_lines_new();
	intake->message = bus_message_new();
	intake->arena = arena_new(INTAKE_TURN_BYTES_MAX);
	enum status status = contract_new(&intake->contract, fault);
	if (status == STATUS_OK)
		status = start_pools(intake, fault);
	if (status == STATUS_OK)
		status = open_sockets(intake, fault);
	if (status == STATUS_OK)
		watch(intake);
	return status;
}

static void stop(struct service *service)
{
	struct intake *intake = service->state;
	intake_finish(intake);
	bus_close(&intake->push);
	bus_close(&intake->stream);
	bus_message_destroy(&intake->message);
	intake_regions_destroy(&intake->regions);
	intake_sessions_destroy(&intake->sessions);
	intake_lines_destroy(&intake->lines);
	contract_destroy(&intake->contract);
	arena_destroy(&intake->arena);
	free(intake);
	service->state = NULL;
}

static bool ready(struct service *service)
{
	const struct intake *intake = service->state;
	return !intake->database_lost && db_alive(service->db);
}

int main(int argc, char **argv)
{
	static const struct service_spec SPEC = {
		.name = "intake",
		.purpose = "takes events from the regions and writes each region's log",
		.options = OPTIONS,
		.options_count = ARRAY_COUNT(OPTIONS),
		.needs_db = true,
		.start = start,
		.stop = stop,
		.ready = ready,
	};
	return service_main(&SPEC, argc, argv);
}
