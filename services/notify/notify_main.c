/* effreg-notify: follows the published ratings and tells every region whose place changed, on the feed. */
#include "common/log.h"
#include "common/service.h"
#include "common/telemetry.h"
#include "services/notify/notify_handlers.h"

#include <stdlib.h>

#define POLL_MS   1000
#define TURNS_MAX 16
#define ARENA_MAX ((size_t)16 * 1024 * 1024)

struct notify {
	struct service *service;
	struct notify_handlers handlers;
	struct stream_consumer *consumer;
	bool database_lost;
};

static const struct config_option OPTIONS[] = {
	{"feed_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5575", 0, 0, "where subscribers of the feed connect (PUB, CURVE)"},
	{"server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with this service's CURVE secret key"},
};

/* ---- Work ---- */

/* Logs the turning points only: a database that is away says so once, not once a second. */
static void note(struct notify *notify, enum status status)
{
	bool lost = status_group(status) == STATUS_GROUP_TRANSIENT;
	if (lost && !notify->database_lost)
		log_write(LOG_EVENT_database_lost, "error", db_error(notify->service->db), NULL);
	if (!lost && notify->database_lost)
		log_write(LOG_EVENT_database_back, NULL);
	if (!lost && status != STATUS_OK)
		log_write(LOG_EVENT_turn_failed, "status", status_name(status), "error", db_error(notify->service->db), NULL);
	notify->database_lost = lost;
}

static void tell_counts(const struct notify *notify)
{
	struct stream_consumer_counts counts = stream_consumer_counts(notify->consumer);
	telemetry_set("effreg_notify_records", "Records of the rating stream applied since start.", "", (double)counts.records);
	telemetry_set("effreg_notify_parked", "Records of the rating stream set aside since start.", "", (double)counts.parked);
}

static void on_more(void *context);

/* Notices first written, then sent: what an earlier process wrote and did not send goes out in the first round. */
static void work(struct notify *notify, bool poll)
{
	unsigned turns = 0;
	size_t sent = 0;
	enum status status = stream_consumer_work(notify->consumer, poll, TURNS_MAX, &turns);
	tell_counts(notify);
	if (status_group(status) != STATUS_GROUP_TRANSIENT) {
		if (status != STATUS_OK)
			note(notify, status);
		status = notify_handlers_send(&notify->handlers, &sent);
	}
	note(notify, status);
	if (status == STATUS_OK && (turns > 0 || sent == NOTIFY_UNSENT_MAX))
		loop_soon(notify->service->loop, on_more, notify);
}

static void on_more(void *context)
{
	work(context, false);
}

static void on_poll(void *context)
{
	work(context, true);
}

/* ---- Start and stop ---- */

static enum status open_feed(struct notify *notify, struct fault *fault)
{
	struct service *service = notify->service;
	const char *file = config_text(service->config, "server_key_file");
	struct bus_keypair server;
	enum status status = bus_read_key(file, server.secret_key, fault);
	if (status == STATUS_OK && !bus_public_key(server.secret_key, server.public_key))
		status = fault_set(fault, STATUS_INVALID, "bad_key", "", -1, "%s: not a CURVE secret key", file);
	if (status == STATUS_OK)
		status = service_start_zap(service, fault);
	if (status == STATUS_OK)
		status = bus_bind(service->bus, BUS_PUB, config_text(service->config, "feed_endpoint"), "feed", &server,
		                  &notify->handlers.feed, fault);
	return status;
}

static enum status start(struct service *service, struct fault *fault)
{
	struct notify *notify = calloc(1, sizeof *notify);
	ASSERT(notify != NULL);
	service->state = notify;
	notify->service = service;
	notify->handlers = (struct notify_handlers){.db = service->db, .arena = arena_new(ARENA_MAX)};
	notify->consumer = stream_consumer_new(service->db, &(struct stream_consumer_options){
		.consumer = NOTIFY_CONSUMER,
		.stream = &STREAM_RATING,
		.poison = STREAM_PARK,
		.apply = notify_handlers_apply,
		.context = &notify->handlers,
	});
	enum status status = open_feed(notify, fault);
	if (status != STATUS_OK)
		return status;
	loop_every(service->loop, POLL_MS, on_poll, notify);
	loop_soon(service->loop, on_poll, notify);
	return STATUS_OK;
}

static void stop(struct service *service)
{
	struct notify *notify = service->state;
	stream_consumer_destroy(&notify->consumer);
	bus_close(&notify->handlers.feed);
	arena_destroy(&notify->handlers.arena);
	free(notify);
	service->state = NULL;
}

static bool ready(struct service *service)
{
	const struct notify *notify = service->state;
	return !notify->database_lost;
}

int main(int argc, char **argv)
{
	static const struct service_spec SPEC = {
		.name = "notify",
		.purpose = "Tells every region whose place changed in a published rating, on the feed.",
		.options = OPTIONS,
		.options_count = ARRAY_COUNT(OPTIONS),
		.needs_db = true,
		.start = start,
		.stop = stop,
		.ready = ready,
	};
	return service_main(&SPEC, argc, argv);
}
