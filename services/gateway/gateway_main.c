/* effreg-gateway: HTTP for those who have no ZeroMQ: the rating as JSON and as a page, and a door for events. It has no database: it
 * asks the ranking service, and passes events on to intake. */
#include "common/service.h"
#include "services/gateway/gateway_handlers.h"

#include <stdlib.h>

struct gateway_service {
	struct gateway gateway;
	struct gateway_push *push;
	struct http_server *server;
};

static const struct config_option OPTIONS[] = {
	{"http", CONFIG_TEXT, "127.0.0.1:8080", 0, 0, "address:port of the public HTTP server"},
	{"query_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5573", 0, 0, "the ranking service's query socket"},
	{"query_server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with the ranking service's CURVE public key"},
	{"key_file", CONFIG_TEXT, NULL, 0, 0, "file with this service's CURVE secret key (role bearer; reader where no events are taken)"},
	{"push_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5570", 0, 0, "intake's push socket"},
	{"push_server_key_file", CONFIG_TEXT, "", 0, 0, "file with intake's CURVE public key; empty = no events are taken"},
	{"http_arrive_ms", CONFIG_INTEGER, "10000", 100, 600000, "how long a request may take to arrive, ms; then its connection is closed"},
};

static enum status read_keys(struct service *service, char server_key[BUS_KEY_TEXT], struct bus_keypair *ret_client,
                             struct fault *fault)
{
	const char *key_file = config_text(service->config, "key_file");
	enum status status = bus_read_key(config_text(service->config, "query_server_key_file"), server_key, fault);
	if (status == STATUS_OK)
		status = bus_read_key(key_file, ret_client->secret_key, fault);
	if (status == STATUS_OK && !bus_public_key(ret_client->secret_key, ret_client->public_key))
		status = fault_set(fault, STATUS_INVALID, "bad_key", "", -1, "%s: not a CURVE secret key", key_file);
	return status;
}

static enum status start_ingest(struct service *service, struct gateway_service *state, const struct bus_keypair *client, struct fault *fault)
{
	char server_key[BUS_KEY_TEXT];
	const char *file = config_text(service->config, "push_server_key_file");
	if (file[0] == '\0')
		return STATUS_OK;
	enum status status = bus_read_key(file, server_key, fault);
	if (status != STATUS_OK)
		return status;
	state->push = gateway_push_new(service->loop, service->bus, config_text(service->config, "push_endpoint"), server_key, client);
	return gateway_ingest_new(state->push, &state->gateway.ingest, fault);
}

static enum status start(struct service *service, struct fault *fault)
{
	char server_key[BUS_KEY_TEXT];
	struct bus_keypair client;
	struct gateway_service *state = calloc(1, sizeof *state);
	ASSERT(state != NULL);
	service->state = state;
	enum status status = read_keys(service, server_key, &client, fault);
	if (status == STATUS_OK)
		status = gateway_query_new(service->loop, service->bus, config_text(service->config, "query_endpoint"), server_key,
		                           &client, &state->gateway.query, fault);
	if (status == STATUS_OK)
		status = start_ingest(service, state, &client, fault);
	if (status == STATUS_OK)
		status = http_server_new(service->loop, config_text(service->config, "http"), gateway_handle, &state->gateway,
		                         &state->server, fault);
	if (status == STATUS_OK)
		http_server_limit(state->server, config_integer(service->config, "http_arrive_ms"), GATEWAY_BODY_BYTES_MAX);
	return status;
}

/* The open questions are answered while their connections still stand. */
static void stop(struct service *service)
{
	struct gateway_service *state = service->state;
	gateway_query_destroy(&state->gateway.query);
	gateway_push_destroy(&state->push);
	gateway_ingest_destroy(&state->gateway.ingest);
	http_server_destroy(&state->server);
	free(state);
	service->state = NULL;
}

/* Ready once it listens: events are taken and pages served without the ranking service too, questions then get their own 503. */
int main(int argc, char **argv)
{
	static const struct service_spec SPEC = {
		.name = "gateway",
		.purpose = "The rating over HTTP: JSON for programs, one page for people; and a door for events.",
		.options = OPTIONS,
		.options_count = ARRAY_COUNT(OPTIONS),
		.start = start,
		.stop = stop,
	};
	return service_main(&SPEC, argc, argv);
}
