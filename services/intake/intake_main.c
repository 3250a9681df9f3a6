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

static enum status start(struct service *service, struct fault *fault)
{
	struct intake *intake = calloc(1, sizeof *intake);
	ASSERT(intake != NULL);
	service->state = intake;
	intake->service = service;
	intake->region_bytes_per_day_max = config_integer(service->config, "region_bytes_per_day_max");
	intake->quarantine_bytes_max = config_integer(service->config, "quarantine_bytes_max");
	intake->sessions = intake_sessions_new();
	intake->message = bus_message_new();
	intake->arena = arena_new(INTAKE_TURN_BYTES_MAX);
	enum status status = contract_new(&intake->contract, fault);
	if (status == STATUS_OK)
		status = open_sockets(intake, fault);
	if (status == STATUS_OK) {
		loop_on_socket(service->loop, intake->push, intake_on_push, intake);
		loop_every(service->loop, TICK_MS, intake_on_tick, intake);
	}
	return status;
}

static void stop(struct service *service)
{
	struct intake *intake = service->state;
	bus_close(&intake->push);
	bus_close(&intake->stream);
	bus_message_destroy(&intake->message);
	intake_sessions_destroy(&intake->sessions);
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
