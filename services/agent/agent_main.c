/* effreg-agent: at a region: takes events from its systems, keeps them on disk, and brings them to the centre. */
#include "common/ambient.h"
#include "common/log.h"
#include "common/mapping.h"
#include "common/token_file.h"
#include "services/agent/agent_folder.h"
#include "services/agent/agent_handlers.h"

#include <stdlib.h>

#define RELEASE_MS  60000
#define DAY_US      ((int64_t)86400 * 1000000)
#define ARENA_MAX   ((size_t)16 * 1024 * 1024)

struct agent {
	struct service *service;
	struct agent_handlers handlers;
	struct agent_https *https;
	struct agent_folder *folder;
	struct http_server *server;
	struct arena *mapping_arena;   /* the mapping of tables, for the life of the process */
};

static const struct config_option OPTIONS[] = {
	{"region", CONFIG_TEXT, NULL, 0, 0, "the region's OKTMO code, eight digits"},
	{"push_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5570", 0, 0, "the centre's push socket"},
	{"server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with the centre's CURVE public key"},
	{"key_file", CONFIG_TEXT, NULL, 0, 0, "file with the region's CURVE secret key"},
	{"gateway_url", CONFIG_TEXT, "", 0, 0, "the gateway, https://host[:port], for when ZeroMQ is blocked; empty = there is no second road"},
	{"gateway_token_file", CONFIG_TEXT, "", 0, 0, "file with the region's token for it"},
	{"gateway_ca_file", CONFIG_TEXT, "", 0, 0, "file with the certificates (PEM) that its own is checked by; empty = the system's"},
	{"gateway_after_s", CONFIG_INTEGER, "60", 1, 86400, "how long ZeroMQ has to be blocked before the gateway is used, s"},
	{"spool", CONFIG_TEXT, NULL, 0, 0, "the spool, a file on a local disk; made when it is absent"},
	{"spool_bytes_max", CONFIG_INTEGER, "1073741824", 1048576, (int64_t)1 << 40, "bytes of events held; beyond, input is turned away and nothing is dropped"},
	{"keep_days", CONFIG_INTEGER, "14", 0, 3660, "how long events that the centre has stored are kept: as far back as its backups may have to go, days"},
	{"inbox", CONFIG_TEXT, "", 0, 0, "folder whose *.ndjson and *.jsonl files are taken; empty = none"},
	{"mapping_file", CONFIG_TEXT, "", 0, 0, "how *.csv files of the inbox become events (mapping.v1.json); empty = they are left alone"},
	{"local_http", CONFIG_TEXT, "", 0, 0, "address:port of POST /events for the region's own systems; empty = none"},
	{"local_socket", CONFIG_TEXT, "", 0, 0, "ZeroMQ socket for the same, ipc:///run/effreg/agent.sock; empty = none"},
};

static void on_release(void *context)
{
	struct agent *agent = context;
	size_t released = 0;
	struct fault fault = {.offset = -1};
	int64_t before_us = ambient_now_us() - config_integer(agent->service->config, "keep_days") * DAY_US;
	enum status status = agent_spool_release(agent->handlers.spool, before_us, &released, &fault);
	if (status != STATUS_OK)
		log_write(LOG_EVENT_input_failed, "error", fault.text, NULL);
	else if (released > 0)
		loop_soon(agent->service->loop, on_release, agent);
}

static void on_taken(void *context)
{
	struct agent *agent = context;
	agent_roads_wake(agent->handlers.roads);
}

/* ---- Start and stop ---- */

static enum status open_spool(struct agent *agent, struct fault *fault)
{
	const struct config *config = agent->service->config;
	const char *region = config_text(config, "region");
	if (!ident_is_oktmo(region))
		return fault_set(fault, STATUS_INVALID, "region", "", -1, "region is an OKTMO code, eight digits: %s is none", region);
	agent->handlers.region = region;
	enum status status = agent_spool_open(config_text(config, "spool"), region, config_integer(config, "spool_bytes_max"), &agent->handlers.spool, fault);
	if (status == STATUS_OK)
		status = agent_input_new(agent->handlers.spool, region, &agent->handlers.input, fault);
	return status;
}

/* The second road, where one is wanted. */
static enum status open_https(struct agent *agent, struct fault *fault)
{
	const struct config *config = agent->service->config;
	const char *url = config_text(config, "gateway_url"), *token_file = config_text(config, "gateway_token_file");
	const char *ca_file = config_text(config, "gateway_ca_file");
	char token[TOKEN_TEXT_SIZE];
	if (url[0] == '\0')
		return STATUS_OK;
	if (token_file[0] == '\0')
		return fault_set(fault, STATUS_INVALID, "gateway_token_file", "", -1, "gateway_url needs gateway_token_file");
	enum status status = token_read_file(token_file, token, fault);
	return status == STATUS_OK ? agent_https_new(agent->service->loop, url, token, ca_file[0] == '\0' ? NULL : ca_file, &agent->https, fault) : status;
}

static enum status open_roads(struct agent *agent, struct fault *fault)
{
	const struct config *config = agent->service->config;
	char server_key[BUS_KEY_TEXT];
	struct agent_roads_options options = {
		.endpoint = config_text(config, "push_endpoint"), .server_public_key = server_key, .region = config_text(config, "region")};
	enum status status = bus_read_key(config_text(config, "server_key_file"), server_key, fault);
	if (status == STATUS_OK)
		status = service_read_keypair(agent->service, "key_file", &options.keypair, fault);
	if (status == STATUS_OK)
		status = open_https(agent, fault);
	options.https = agent->https;
	options.https_after_ms = config_integer(config, "gateway_after_s") * 1000;
	if (status == STATUS_OK)
		status = agent_roads_new(agent->service, agent->handlers.spool, &options, &agent->handlers.roads, fault);
	return status;
}

static enum status open_socket(struct agent *agent, struct fault *fault)
{
	struct agent_handlers *handlers = &agent->handlers;
	const char *endpoint = config_text(agent->service->config, "local_socket");
	if (endpoint[0] == '\0')
		return STATUS_OK;
	handlers->message = bus_message_new();
	enum status status = bus_bind_local(agent->service->bus, BUS_ROUTER, endpoint, &handlers->socket, fault);
	if (status == STATUS_OK)
		loop_on_socket(agent->service->loop, handlers->socket, agent_handlers_on_socket, handlers);
	return status;
}

static enum status open_inbox(struct agent *agent, struct fault *fault)
{
	const struct config *config = agent->service->config;
	const char *inbox = config_text(config, "inbox"), *mapping_file = config_text(config, "mapping_file");
	const struct json *mapping = NULL;
	enum status status = STATUS_OK;
	if (inbox[0] == '\0')
		return STATUS_OK;
	if (mapping_file[0] != '\0')
		status = agent_input_read_mapping(agent->handlers.input, agent->mapping_arena, mapping_file, &mapping, fault);
	return status == STATUS_OK ? agent_folder_new(agent->service->loop, inbox, mapping, agent->handlers.input, &agent->folder, fault) : status;
}

static enum status open_doors(struct agent *agent, struct fault *fault)
{
	struct service *service = agent->service;
	const char *address = config_text(service->config, "local_http");
	enum status status = open_socket(agent, fault);
	if (status == STATUS_OK && address[0] != '\0')
		status = http_server_new(service->loop, address, agent_handlers_on_http, &agent->handlers, &agent->server, fault);
	return status == STATUS_OK ? open_inbox(agent, fault) : status;
}

static enum status start(struct service *service, struct fault *fault)
{
	struct agent *agent = calloc(1, sizeof *agent);
	ASSERT(agent != NULL);
	service->state = agent;
	agent->service = service;
	agent->handlers.loop = service->loop;
	agent->handlers.arena = arena_new(ARENA_MAX);
	agent->mapping_arena = arena_new(2 * JSON_ARENA_BYTES(MAPPING_BYTES_MAX));
	enum status status = open_spool(agent, fault);
	if (status == STATUS_OK)
		status = open_roads(agent, fault);
	if (status != STATUS_OK)
		return status;
	agent_input_on_taken(agent->handlers.input, on_taken, agent);
	loop_every(service->loop, RELEASE_MS, on_release, agent);
	loop_soon(service->loop, on_release, agent);
	return open_doors(agent, fault);
}

static void stop(struct service *service)
{
	struct agent *agent = service->state;
	agent_folder_destroy(&agent->folder);
	http_server_destroy(&agent->server);
	bus_close(&agent->handlers.socket);
	bus_message_destroy(&agent->handlers.message);
	agent_https_destroy(&agent->https);
	agent_roads_destroy(&agent->handlers.roads);
	agent_input_destroy(&agent->handlers.input);
	agent_spool_close(&agent->handlers.spool);
	arena_destroy(&agent->handlers.arena);
	arena_destroy(&agent->mapping_arena);
	free(agent);
	service->state = NULL;
}

int main(int argc, char **argv)
{
	static const struct service_spec SPEC = {
		.name = "agent",
		.purpose = "takes events from a region's systems, keeps them on disk, and brings them to the centre",
		.options = OPTIONS,
		.options_count = ARRAY_COUNT(OPTIONS),
		.start = start,
		.stop = stop,
	};
	return service_main(&SPEC, argc, argv);
}
