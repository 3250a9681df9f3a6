/* effreg-ranking: follows the metric stream, computes ratings, publishes them and answers for them. */
#include <stdio.h>
#include <stdlib.h>

#include "common/ambient.h"
#include "common/log.h"
#include "common/service.h"
#include "common/telemetry.h"
#include "services/ranking/ranking_query.h"

#define TURNS_MAX        64   /* of the stream, before the sockets get their turn again */
#define RECOMPUTES_MAX   16
#define REQUESTS_MAX     32
#define HINTS_ROUND_MAX  1024
#define POLL_MS          1000
#define ANSWER_BYTES_MAX BUS_MESSAGE_MAX
#define HEADER_BYTES_MAX ((size_t)64 * 1024)

static const struct config_option OPTIONS[] = {
	{"metric_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5572", 0, 0, "where the hints of the metric stream come from (SUB)"},
	{"metric_server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with the public key of that server"},
	{"key_file", CONFIG_TEXT, NULL, 0, 0, "file with this service's own CURVE secret key"},
	{"query_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5573", 0, 0, "where questions are asked (ROUTER, CURVE)"},
	{"rating_endpoint", CONFIG_TEXT, "tcp://127.0.0.1:5574", 0, 0, "where consumers of the rating stream connect (PUB)"},
	{"server_key_file", CONFIG_TEXT, NULL, 0, 0, "file with the centre's CURVE secret key"},
	{"methodology_file", CONFIG_TEXT, NULL, 0, 0, "the methodology (JSON)"},
	{"recompute_ms", CONFIG_INTEGER, "500", 10, 60000, "how long changes are collected before a computation, ms"},
};

struct ranking {
	struct service *service;
	struct ranking_handlers *handlers;
	struct ranking_query query;
	struct stream_consumer *consumer;
	struct bus_socket *metric;    /* SUB: hints */
	struct bus_socket *questions; /* ROUTER */
	struct bus_socket *rating;    /* PUB: hints */
	struct bus_message *message;
	struct buf header;            /* of the answer being written */
	struct buf body;
	bool stale_marked;            /* live results of another methodology have been marked since the start */
	bool database_lost;           /* since a piece of work failed */
};

/* ---- the database comes and goes ---- */

/* Says once that it is away and once that it is back. */
static void note_database(struct ranking *ranking, enum status status)
{
	bool lost = status_group(status) == STATUS_GROUP_TRANSIENT && status != STATUS_RETRY;
	if (lost && !ranking->database_lost)
		log_write(LOG_EVENT_database_lost, "error", db_error(ranking->service->db), NULL);
	if (status == STATUS_OK && ranking->database_lost)
		log_write(LOG_EVENT_database_back, NULL);
	if (status_group(status) == STATUS_GROUP_BUG)
		log_write(LOG_EVENT_database_error, "error", db_error(ranking->service->db), NULL);
	if (lost || status == STATUS_OK)
		ranking->database_lost = lost;
}

/* ---- following the metric stream ---- */

static void on_work(void *context);

static void work(struct ranking *ranking, bool poll)
{
	unsigned turns = 0;
	enum status status = stream_consumer_work(ranking->consumer, poll, TURNS_MAX, &turns);
	note_database(ranking, status);
	struct stream_consumer_counts counts = stream_consumer_counts(ranking->consumer);
	telemetry_set("effreg_ranking_records", "Metric records applied since start.", "", (double)counts.records);
	telemetry_set("effreg_ranking_parked", "Metric records set aside since start.", "", (double)counts.parked);
	if (status == STATUS_OK && turns > 0)
		loop_soon(ranking->service->loop, on_work, ranking);
}

static void on_work(void *context)
{
	work(context, false);
}

static void on_poll(void *context)
{
	struct ranking *ranking = context;
	bus_connect_again(ranking->metric);
	if (!ranking->stale_marked) {
		enum status status = ranking_handlers_mark_stale(ranking->handlers);
		note_database(ranking, status);
		ranking->stale_marked = status == STATUS_OK;
	}
	work(ranking, true);
}

/* {"stream", "key", "first", "last"}; what is not understood is left to the next poll. */
static void take_hint(struct ranking *ranking, struct arena *arena)
{
	const struct json *hint;
	if (bus_message_frames(ranking->message) < 2)
		return;
	struct span header = bus_message_frame(ranking->message, 1);
	if (json_parse(arena, header.at, header.len, &JSON_LIMITS_EVENT, &hint, NULL) != STATUS_OK)
		return;
	const char *key = json_find_string(hint, "key");
	if (key != NULL && ident_is_oktmo(key))
		stream_consumer_hint(ranking->consumer, key);
}

static void on_hints(void *context)
{
	struct ranking *ranking = context;
	struct arena *arena = ranking->handlers->arena;
	size_t taken = 0;
	while (taken < HINTS_ROUND_MAX && bus_receive(ranking->metric, ranking->message) == STATUS_OK) {
		arena_reset(arena);
		take_hint(ranking, arena);
		taken++;
	}
	if (taken == HINTS_ROUND_MAX)
		loop_soon(ranking->service->loop, on_hints, ranking);
	loop_soon(ranking->service->loop, on_work, ranking);
}

/* ---- computing what is due ---- */

static void on_recompute(void *context)
{
	struct ranking *ranking = context;
	for (int i = 0; i < RECOMPUTES_MAX; i++) {
		bool computed = false;
		arena_reset(ranking->handlers->arena);
		enum status status = ranking_handlers_recompute(ranking->handlers, NULL, &computed);
		note_database(ranking, status);
		if (status != STATUS_OK || !computed)
			return;
	}
}

/* ---- questions ---- */

/* frames[0] is the client's routing id. */
static void answer(struct ranking *ranking)
{
	struct span client = bus_message_frame(ranking->message, 0);
	struct span request = bus_message_frame(ranking->message, 1);
	int64_t began_ms = ambient_monotonic_ms();
	buf_reset(&ranking->header);
	buf_reset(&ranking->body);
	ranking_query_answer(&ranking->query, bus_message_user(ranking->message), request, ambient_now_us(), &ranking->header,
	                     &ranking->body);
	telemetry_observe("effreg_query_seconds", "Time to answer a request on the query socket.", "",
	                  (double)(ambient_monotonic_ms() - began_ms) / 1000);
	if (!buf_ok(&ranking->header) || !buf_ok(&ranking->body)) {
		log_write(LOG_EVENT_request_failed, "error", "the answer is over the size of a message", NULL);
		return;
	}
	const struct span frames[] = {client, buf_span(&ranking->header), buf_span(&ranking->body)};
	if (bus_send(ranking->questions, frames, ARRAY_COUNT(frames)) != STATUS_OK)
		telemetry_count("effreg_query_unsent_total", "Answers whose client had gone.", "", 1);
}

static void on_questions(void *context)
{
	struct ranking *ranking = context;
	for (int i = 0; i < REQUESTS_MAX; i++) {
		enum status status = bus_receive(ranking->questions, ranking->message);
		if (status == STATUS_NOT_FOUND)
			return;
		/* A message without a proven key is dropped, whatever libzmq let in. */
		if (status == STATUS_OK && bus_message_frames(ranking->message) == 2 &&
		    bus_message_user(ranking->message)[0] != '\0')
			answer(ranking);
	}
	loop_soon(ranking->service->loop, on_questions, ranking);
}

static void publish_hint(void *context, const char *cohort, uint64_t seq)
{
	struct ranking *ranking = context;
	char topic[STREAM_KEY_MAX + 16];
	char header[STREAM_KEY_MAX + 128];
	snprintf(topic, sizeof topic, "rating.%s", cohort);
	snprintf(header, sizeof header, "{\"stream\":\"rating\",\"key\":\"%s\",\"first\":%llu,\"last\":%llu}", cohort,
	         (unsigned long long)seq, (unsigned long long)seq);
	const struct span frames[] = {span_of_text(topic), span_of_text(header)};
	if (bus_send(ranking->rating, frames, ARRAY_COUNT(frames)) != STATUS_OK)
		return;  /* a hint: the consumers look for themselves once a second */
}

/* ---- start and stop ---- */

static enum status read_secret(struct service *service, const char *option, struct bus_keypair *keypair,
                               struct fault *fault)
{
	enum status status = bus_read_key(config_text(service->config, option), keypair->secret_key, fault);
	if (status == STATUS_OK && !bus_public_key(keypair->secret_key, keypair->public_key))
		return fault_set(fault, STATUS_INVALID, "key", "", -1, "%s does not hold a secret key", option);
	return status;
}

static enum status open_servers(struct ranking *ranking, struct fault *fault)
{
	struct service *service = ranking->service;
	struct bus_keypair server;
	enum status status = read_secret(service, "server_key_file", &server, fault);
	if (status == STATUS_OK)
		status = service_start_zap(service, fault);
	if (status == STATUS_OK)
		status = bus_bind(service->bus, BUS_ROUTER, config_text(service->config, "query_endpoint"), "query", &server,
		                  &ranking->questions, fault);
	if (status == STATUS_OK)
		status = bus_bind(service->bus, BUS_PUB, config_text(service->config, "rating_endpoint"), "stream", &server,
		                  &ranking->rating, fault);
	return status;
}

static enum status open_client(struct ranking *ranking, struct fault *fault)
{
	struct service *service = ranking->service;
	struct bus_keypair own;
	char server_key[BUS_KEY_TEXT];
	enum status status = read_secret(service, "key_file", &own, fault);
	if (status == STATUS_OK)
		status = bus_read_key(config_text(service->config, "metric_server_key_file"), server_key, fault);
	if (status == STATUS_OK)
		status = bus_connect(service->bus, BUS_SUB, config_text(service->config, "metric_endpoint"), server_key, &own,
		                     &ranking->metric, fault);
	if (status == STATUS_OK)
		bus_subscribe(ranking->metric, "metric.");
	return status;
}

static void open_consumer(struct ranking *ranking)
{
	ranking->consumer = stream_consumer_new(ranking->service->db, &(struct stream_consumer_options){
		.consumer = RANKING_CONSUMER,
		.stream = &STREAM_METRIC,
		.poison = STREAM_PARK,
		.apply = ranking_handlers_apply,
		.context = ranking->handlers,
	});
}

static void watch(struct ranking *ranking)
{
	struct loop *loop = ranking->service->loop;
	loop_on_socket(loop, ranking->questions, on_questions, ranking);
	loop_on_socket(loop, ranking->metric, on_hints, ranking);
	loop_every(loop, POLL_MS, on_poll, ranking);
	loop_every(loop, (long)config_integer(ranking->service->config, "recompute_ms"), on_recompute, ranking);
	loop_soon(loop, on_poll, ranking);
}

static enum status start(struct service *service, struct fault *fault)
{
	struct ranking *ranking = calloc(1, sizeof *ranking);
	ASSERT(ranking != NULL);
	service->state = ranking;
	ranking->service = service;
	ranking->message = bus_message_new();
	buf_init(&ranking->header, HEADER_BYTES_MAX);
	buf_init(&ranking->body, ANSWER_BYTES_MAX);
	enum status status = ranking_handlers_new(service->db, config_text(service->config, "methodology_file"),
	                                          &ranking->handlers, fault);
	if (status == STATUS_OK)
		status = open_servers(ranking, fault);
	if (status == STATUS_OK)
		status = open_client(ranking, fault);
	if (status != STATUS_OK)
		return status;
	ranking->query = (struct ranking_query){
		.handlers = ranking->handlers, .published = publish_hint, .context = ranking};
	open_consumer(ranking);
	watch(ranking);
	return STATUS_OK;
}

static void stop(struct service *service)
{
	struct ranking *ranking = service->state;
	stream_consumer_destroy(&ranking->consumer);
	bus_close(&ranking->metric);
	bus_close(&ranking->questions);
	bus_close(&ranking->rating);
	bus_message_destroy(&ranking->message);
	buf_clear(&ranking->header);
	buf_clear(&ranking->body);
	ranking_handlers_destroy(&ranking->handlers);
	free(ranking);
	service->state = NULL;
}

static bool ready(struct service *service)
{
	const struct ranking *ranking = service->state;
	return ranking->stale_marked && !ranking->database_lost && db_alive(service->db);
}

int main(int argc, char **argv)
{
	static const struct service_spec SPEC = {
		.name = "ranking",
		.purpose = "computes ratings, publishes them and answers for them",
		.options = OPTIONS,
		.options_count = ARRAY_COUNT(OPTIONS),
		.needs_db = true,
		.start = start,
		.stop = stop,
		.ready = ready,
	};
	return service_main(&SPEC, argc, argv);
}
