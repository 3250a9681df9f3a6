/* effreg-notify: follows the published ratings and looks at the state of the regions, and tells on the feed what is news to them. */
#include "common/ambient.h"
#include "common/contract.h"
#include "common/embedded.h"
#include "common/follow.h"
#include "services/notify/notify_handlers.h"

#include <stdlib.h>

#define SETTLE_MS       1000  /* after the bind: subscribers of an earlier process come back first */
#define ARENA_MAX       ((size_t)256 * 1024 * 1024)
#define CALENDAR_MAX    ((size_t)1024 * 1024)

struct notify {
	struct service *service;
	struct notify_handlers handlers;
	struct calendar *calendar;
	struct follow *follow;        /* of the rating stream */
	int64_t send_from_ms;
};

static const struct config_option OPTIONS[] = {
	{"feed_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5575", 0, 0, "where subscribers of the feed connect (PUB, CURVE)"},
	{"server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with the feed's CURVE secret key"},
	{"rating_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5574", 0, 0, "where the hints of the rating stream come from (SUB)"},
	{"rating_server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with the ranking service's CURVE public key"},
	{"key_file", CONFIG_TEXT, NULL, 0, 0, "file with this service's CURVE secret key as a client (role service)"},
	{"watch_seconds", CONFIG_INTEGER, "60", 1, 86400, "how often the state of the regions is looked at for news"},
	{"silent_days", CONFIG_INTEGER, "45", 1, 36500, "a source is silent after so many days without an event"},
	{"warn_days", CONFIG_INTEGER, "5", 1, NOTIFY_DAYS_MAX, "so many days before a cut-off regions are told, its own day included"},
	{"calendar_file", CONFIG_TEXT, "", 0, 0, "cut-offs of periods (JSON); empty = those this program was built with"},
};

/* ---- Work ---- */

static void on_send(void *context);
static void on_relay(void *context);

/* Notices are first written, then sent: also those that an earlier process wrote and did not send. */
static void on_worked(void *context, bool poll)
{
	on_send(context);
	if (poll)
		on_relay(context);
}

static void on_relay(void *context)
{
	struct notify *notify = context;
	size_t sent = 0;
	if (ambient_monotonic_ms() < notify->send_from_ms)
		return;
	enum status status = notify_handlers_relay(&notify->handlers, &sent);
	service_note_database(notify->service, status);
	if (status == STATUS_OK && sent == NOTIFY_UNSENT_MAX)
		loop_soon(notify->service->loop, on_relay, notify);
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

static void on_watch(void *context)
{
	struct notify *notify = context;
	service_note_database(notify->service, notify_handlers_watch(&notify->handlers, ambient_now_us()));
	on_send(notify);
}

/* ---- Start and stop ---- */

static enum status read_calendar(const struct notify *notify, struct arena *arena, struct span *ret_text, struct fault *fault)
{
	static const char PATH[] = "deploy/config/calendar.json";
	const char *path = config_text(notify->service->config, "calendar_file");
	if (path[0] != '\0')
		return ambient_read_file(arena, path, CALENDAR_MAX, ret_text, fault);
	for (size_t i = 0; i < EMBEDDED_FILES_COUNT; i++) {
		if (text_equal(EMBEDDED_FILES[i].path, PATH)) {
			*ret_text = span_of((const char *)EMBEDDED_FILES[i].bytes, EMBEDDED_FILES[i].len);
			return STATUS_OK;
		}
	}
	return fault_set(fault, STATUS_BUG, "calendar", "", -1, "this build has no %s", PATH);
}

static enum status load_calendar(struct notify *notify, struct fault *fault)
{
	struct arena *arena = arena_new(ARENA_MAX);
	struct contract *contract = NULL;
	const struct json *json;
	struct span text;
	enum status status = read_calendar(notify, arena, &text, fault);
	if (status == STATUS_OK)
		status = json_parse(arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, &json, fault);
	if (status == STATUS_OK)
		status = contract_new(&contract, fault);
	if (status == STATUS_OK)
		status = schema_validate(contract_schema(contract, "calendar.v1.json"), json, arena, fault);
	if (status == STATUS_OK)
		status = calendar_new(json, &notify->calendar, fault);
	contract_destroy(&contract);
	arena_destroy(&arena);
	return status;
}

static void start_watching(struct notify *notify)
{
	const struct config *config = notify->service->config;
	notify->handlers.calendar = notify->calendar;
	notify->handlers.silent_days = (int)config_integer(config, "silent_days");
	notify->handlers.warn_days = (int)config_integer(config, "warn_days");
	loop_every(notify->service->loop, (int)config_integer(config, "watch_seconds") * 1000, on_watch, notify);
	loop_soon(notify->service->loop, on_watch, notify);
}

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
	notify->handlers.db = service->db;
	notify->handlers.arena = arena_new(ARENA_MAX);
	notify->handlers.since_us = ambient_now_us();
	notify->send_from_ms = ambient_monotonic_ms() + SETTLE_MS;
	enum status status = load_calendar(notify, fault);
	if (status == STATUS_OK)
		status = open_feed(notify, fault);
	if (status == STATUS_OK)
		status = start_following(notify, fault);
	if (status == STATUS_OK)
		start_watching(notify);
	return status;
}

static void stop(struct service *service)
{
	struct notify *notify = service->state;
	follow_destroy(&notify->follow);
	bus_close(&notify->handlers.feed);
	arena_destroy(&notify->handlers.arena);
	if (notify->calendar != NULL)
		calendar_destroy(&notify->calendar);
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
		.purpose = "tells regions and the federal side what is news: changed places, overdue instructions, silent sources, disputes, cut-offs",
		.options = OPTIONS,
		.options_count = ARRAY_COUNT(OPTIONS),
		.needs_db = true,
		.start = start,
		.stop = stop,
		.ready = ready,
	};
	return service_main(&SPEC, argc, argv);
}
