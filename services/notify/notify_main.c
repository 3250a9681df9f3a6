/* effreg-notify: follows the published ratings and tells every region whose place changed, on the feed. */
#include "common/ambient.h"
#include "common/json.h"
#include "common/log.h"
#include "common/service.h"
#include "common/telemetry.h"
#include "services/notify/notify_handlers.h"

#include <stdlib.h>

#define POLL_MS         1000
#define SETTLE_MS       1000  /* after the bind: subscribers of an earlier process come back first */
#define TURNS_MAX       16
#define HINTS_ROUND_MAX 64
#define ARENA_MAX       ((size_t)16 * 1024 * 1024)

struct notify {
	struct service *service;
	struct notify_handlers handlers;
	struct stream_consumer *consumer;
	struct bus_socket *rating;    /* hints of the rating stream */
	struct bus_message *message;
	int64_t send_from_ms;
	bool database_lost;
};

static const struct config_option OPTIONS[] = {
	{"feed_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5575", 0, 0, "where subscribers of the feed connect (PUB, CURVE)"},
	{"server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with the feed's CURVE secret key"},
	{"rating_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5574", 0, 0, "where the hints of the rating stream come from (SUB)"},
	{"rating_server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with the ranking service's CURVE public key"},
	{"key_file", CONFIG_TEXT, NULL, 0, 0, "file with this service's CURVE secret key as a client (role service)"},
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

static enum status send_waiting(struct notify *notify, size_t *ret_sent)
{
	*ret_sent = 0;
	if (ambient_monotonic_ms() < notify->send_from_ms)
		return STATUS_OK;
	return notify_handlers_send(&notify->handlers, ret_sent);
}

/* Notices are first written, then sent: also those that an earlier process wrote and did not send. */
static void work(struct notify *notify, bool poll)
{
	unsigned turns = 0;
	size_t sent = 0;
	enum status status = stream_consumer_work(notify->consumer, poll, TURNS_MAX, &turns);
	tell_counts(notify);
	if (status_group(status) != STATUS_GROUP_TRANSIENT) {
		if (status != STATUS_OK)
			note(notify, status);
		status = send_waiting(notify, &sent);
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
	struct notify *notify = context;
	bus_connect_again(notify->rating);
	work(notify, true);
}

/* {"stream", "key", "first", "last"}; what is not understood is left to the next poll. */
static void take_hint(struct notify *notify)
{
	const struct json *hint;
	if (bus_message_frames(notify->message) < 2)
		return;
	struct span header = bus_message_frame(notify->message, 1);
	arena_reset(notify->handlers.arena);
	if (json_parse(notify->handlers.arena, header.at, header.len, &JSON_LIMITS_EVENT, &hint, NULL) != STATUS_OK)
		return;
	const char *cohort = json_find_string(hint, "key");
	if (cohort != NULL && ident_is_name(cohort))
		stream_consumer_hint(notify->consumer, cohort);
}

static void on_hints(void *context)
{
	struct notify *notify = context;
	for (int taken = 0; taken < HINTS_ROUND_MAX; taken++) {
		enum status status = bus_receive(notify->rating, notify->message);
		if (status == STATUS_NOT_FOUND) {
			loop_soon(notify->service->loop, on_more, notify);
			return;
		}
		if (status == STATUS_OK)
			take_hint(notify);
	}
	loop_soon(notify->service->loop, on_hints, notify);
}

/* ---- Start and stop ---- */

static enum status read_keypair(struct service *service, const char *option, struct bus_keypair *ret_keypair,
                                struct fault *fault)
{
	const char *file = config_text(service->config, option);
	enum status status = bus_read_key(file, ret_keypair->secret_key, fault);
	if (status == STATUS_OK && !bus_public_key(ret_keypair->secret_key, ret_keypair->public_key))
		status = fault_set(fault, STATUS_INVALID, "bad_key", "", -1, "%s: not a CURVE secret key", file);
	return status;
}

static enum status open_feed(struct notify *notify, struct fault *fault)
{
	struct service *service = notify->service;
	struct bus_keypair server;
	enum status status = read_keypair(service, "server_key_file", &server, fault);
	if (status == STATUS_OK)
		status = service_start_zap(service, fault);
	if (status == STATUS_OK)
		status = bus_bind(service->bus, BUS_PUB, config_text(service->config, "feed_endpoint"), "feed", &server,
		                  &notify->handlers.feed, fault);
	return status;
}

static enum status open_rating(struct notify *notify, struct fault *fault)
{
	struct service *service = notify->service;
	char server_key[BUS_KEY_TEXT];
	struct bus_keypair client;
	enum status status = read_keypair(service, "key_file", &client, fault);
	if (status == STATUS_OK)
		status = bus_read_key(config_text(service->config, "rating_server_key_file"), server_key, fault);
	if (status == STATUS_OK)
		status = bus_connect(service->bus, BUS_SUB, config_text(service->config, "rating_endpoint"), server_key, &client,
		                     &notify->rating, fault);
	if (status == STATUS_OK)
		bus_subscribe(notify->rating, "rating.");
	return status;
}

static void open_consumer(struct notify *notify)
{
	notify->consumer = stream_consumer_new(notify->service->db, &(struct stream_consumer_options){
		.consumer = NOTIFY_CONSUMER,
		.stream = &STREAM_RATING,
		.poison = STREAM_PARK,
		.apply = notify_handlers_apply,
		.context = &notify->handlers,
	});
}

static enum status start(struct service *service, struct fault *fault)
{
	struct notify *notify = calloc(1, sizeof *notify);
	ASSERT(notify != NULL);
	service->state = notify;
	notify->service = service;
	notify->handlers = (struct notify_handlers){.db = service->db, .arena = arena_new(ARENA_MAX)};
	notify->message = bus_message_new();
	open_consumer(notify);
	enum status status = open_feed(notify, fault);
	if (status == STATUS_OK)
		status = open_rating(notify, fault);
	if (status != STATUS_OK)
		return status;
	notify->send_from_ms = ambient_monotonic_ms() + SETTLE_MS;
	loop_on_socket(service->loop, notify->rating, on_hints, notify);
	loop_every(service->loop, POLL_MS, on_poll, notify);
	loop_soon(service->loop, on_poll, notify);
	return STATUS_OK;
}

static void stop(struct service *service)
{
	struct notify *notify = service->state;
	stream_consumer_destroy(&notify->consumer);
	bus_close(&notify->rating);
	bus_close(&notify->handlers.feed);
	bus_message_destroy(&notify->message);
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
