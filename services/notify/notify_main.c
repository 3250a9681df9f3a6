/* effreg-notify: follows the published ratings and tells every region whose place changed, on the feed. */
#include "common/ambient.h"
#include "common/follow.h"
#include "services/notify/notify_handlers.h"

#include <stdlib.h>

#define SETTLE_MS       1000  /* after the bind: subscribers of an earlier process come back first */
#define ARENA_MAX       ((size_t)16 * 1024 * 1024)

struct notify {
	struct service *service;
	struct notify_handlers handlers;
	struct follow *follow;        /* of the rating stream */
	int64_t send_from_ms;
};

static const struct config_option OPTIONS[] = {
	{"feed_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5575", 0, 0, "where subscribers of the feed connect (PUB, CURVE)"},
	{"server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with the feed's CURVE secret key"},
	{"rating_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5574", 0, 0, "where the hints of the rating stream come from (SUB)"},
	{"rating_server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with the ranking service's CURVE public key"},
	{"key_file", CONFIG_TEXT, NULL, 0, 0, "file with this service's CURVE secret key as a client (role service)"},
};

/* ---- Work ---- */

static void on_send(void *context);

/* Notices are first written, then sent: also those that an earlier process wrote and did not send. */
static void on_worked(void *context, bool poll)
{
	(void)poll;
	on_send(context);
}

static void on_send(void *context)
{
	struct notify *notify = context;
	size_t sent = 0;
	if (ambient_monotonic_ms() < notify->send_from_ms)
		return;
	enum status status = notify_handlers_send(&notify->handlers, &sent);
	service_note_database(notify->service, status);
	if (status == STATUS_OK && sent == NOTIFY_UNSENT_MAX)
		loop_soon(notify->service->loop, on_send, notify);
}

/* ---- Start and stop ---- */

static enum status open_feed(struct notify *notify, struct fault *fault)
{
	struct service *service = notify->service;
	struct bus_keypair server;
	enum status status = service_read_keypair(service, "server_key_file", &server, fault);
	if (status == STATUS_OK)
		status = service_start_zap(service, fault);
	if (status == STATUS_OK)
		status = bus_bind(service->bus, BUS_PUB, config_text(service->config, "feed_endpoint"), "feed", &server,
		                  &notify->handlers.feed, fault);
	return status;
}

static enum status start_following(struct notify *notify, struct fault *fault)
{
	const struct stream_consumer_options consumer = {
		.consumer = NOTIFY_CONSUMER,
		.stream = &STREAM_RATING,
		.poison = STREAM_PARK,
		.apply = notify_handlers_apply,
		.context = &notify->handlers,
	};
	const struct follow_options follow = {
		.consumer = &consumer,
		.endpoint_option = "rating_endpoint",
		.server_key_option = "rating_server_key_file",
		.key_option = "key_file",
		.worked = on_worked,
		.context = notify,
	};
	return follow_new(notify->service, &follow, &notify->follow, fault);
}

static enum status start(struct service *service, struct fault *fault)
{
	struct notify *notify = calloc(1, sizeof *notify);
	ASSERT(notify != NULL);
	service->state = notify;
	notify->service = service;
	notify->handlers = (struct notify_handlers){.db = service->db, .arena = arena_new(ARENA_MAX)};
	notify->send_from_ms = ambient_monotonic_ms() + SETTLE_MS;
	enum status status = open_feed(notify, fault);
	if (status == STATUS_OK)
		status = start_following(notify, fault);
	return status;
}

static void stop(struct service *service)
{
	struct notify *notify = service->state;
	follow_destroy(&notify->follow);
	bus_close(&notify->handlers.feed);
	arena_destroy(&notify->handlers.arena);
	free(notify);
	service->state = NULL;
}

static bool ready(struct service *service)
{
	return service_database_ready(service);
}

int main(int argc, char **argv)
{
	static const struct service_spec SPEC = {
		.name = "notify",
		.purpose = "tells every region whose place changed in a published rating, on the feed",
		.options = OPTIONS,
		.options_count = ARRAY_COUNT(OPTIONS),
		.needs_db = true,
		.start = start,
		.stop = stop,
		.ready = ready,
	};
	return service_main(&SPEC, argc, argv);
}
