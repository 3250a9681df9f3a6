/* effreg-gateway: HTTP for those who have no ZeroMQ: the rating as JSON and as a page. It has no database: it asks the
 * ranking service. */
#include "common/service.h"
#include "services/gateway/gateway_handlers.h"

#include <stdlib.h>

struct gateway_service {
	struct gateway gateway;
	struct http_server *server;
};

static const struct config_option OPTIONS[] = {
	{"http", CONFIG_TEXT, "127.0.0.1:8080", 0, 0, "address:port of the public HTTP server"},
	{"query_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5573", 0, 0, "the ranking service's query socket"},
	{"query_server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with the ranking service's CURVE public key"},
	{"key_file", CONFIG_TEXT, NULL, 0, 0, "file with this service's CURVE secret key (role reader)"},
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
		status = http_server_new(service->loop, config_text(service->config, "http"), gateway_handle, &state->gateway,
		                         &state->server, fault);
	return status;
}

/* The open questions are answered while their connections still stand. */
static void stop(struct service *service)
{
	struct gateway_service *state = service->state;
	gateway_query_destroy(&state->gateway.query);
	http_server_destroy(&state->server);
	free(state);
	service->state = NULL;
}

static bool ready(struct service *service)
{
	const struct gateway_service *state = service->state;
	return gateway_query_ready(state->gateway.query);
}

int main(int argc, char **argv)
{
	static const struct service_spec SPEC = {
		.name = "gateway",
		.purpose = "The rating over HTTP: JSON for programs, one page for people.",
		.options = OPTIONS,
		.options_count = ARRAY_COUNT(OPTIONS),
		.start = start,
		.stop = stop,
		.ready = ready,
	};
	return service_main(&SPEC, argc, argv);
}
