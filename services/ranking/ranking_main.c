/* effreg-ranking: follows the metric stream, computes ratings, publishes them and answers for them. */
#include <stdlib.h>

#include "common/ambient.h"
#include "common/follow.h"
#include "common/hint.h"
#include "common/log.h"
#include "common/telemetry.h"
#include "services/ranking/ranking_query.h"

#define RECOMPUTES_MAX   16
#define TURNS_A_ROUND    128  /* marks: of all regions, in one turn */
#define REQUESTS_MAX     32
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
	{"cohorts_file", CONFIG_TEXT, "", 0, 0, "who is compared with whom (JSON); empty: all regions alone"},
	{"recompute_ms", CONFIG_INTEGER, "50", 10, 60000, "how long changes are collected before they are counted, ms"},
};

struct ranking {
	struct service *service;
	struct ranking_handlers *handlers;
	struct ranking_query query;
	struct follow *follow;        /* of the metric stream */
	struct bus_socket *questions; /* ROUTER */
	struct bus_socket *rating;    /* PUB: hints */
	struct bus_message *message;
	struct buf header;            /* of the answer being written */
	struct buf body;
	bool stale_marked;            /* live results of another methodology have been marked since the start */
};

/* ---- computing what is due ---- */

/* However many turns have marked a period by now, it is computed once; what they mark meanwhile has the next round. */
static void recompute(struct ranking *ranking)
{
	if (!ranking->handlers->marked)
		return;
	ranking->handlers->marked = false;
	for (int i = 0; i < RECOMPUTES_MAX; i++) {
		bool computed = false;
		arena_reset(ranking->handlers->arena);
		enum status status = ranking_handlers_recompute(ranking->handlers, NULL, &computed);
		service_note_database(ranking->service, status);
		if (status != STATUS_OK || !computed)
			return;
	}
	ranking->handlers->marked = true;  /* there may be more */
}

/* A poll looks for marks that this process did not make: of another instance, or put off. Once, as soon as the database
 * lets us, live results of another methodology are marked. What was marked is computed right after its turn. */
static void on_worked(void *context, bool poll)
{
	struct ranking *ranking = context;
	ranking->handlers->marked |= poll;
	if (poll && !ranking->stale_marked) {
		enum status status = ranking_handlers_mark_stale(ranking->handlers);
		service_note_database(ranking->service, status);
		ranking->stale_marked = status == STATUS_OK;
	}
	recompute(ranking);
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
	hint_send(ranking->rating, &STREAM_RATING, cohort, seq, seq);
}

/* ---- start and stop ---- */

static enum status open_servers(struct ranking *ranking, struct fault *fault)
{
	struct service *service = ranking->service;
	struct bus_keypair server;
	enum status status = service_read_keypair(service, "server_key_file", &server, fault);
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

static enum status start_following(struct ranking *ranking, struct fault *fault)
{
	const struct stream_consumer_options consumer = {
		.consumer = RANKING_CONSUMER,
		.stream = &STREAM_METRIC,
		.poison = STREAM_PARK,
		.together = true,
		.apply = ranking_handlers_apply,
		.context = ranking->handlers,
	};
	const struct follow_options follow = {
		.consumer = &consumer,
		.endpoint_option = "metric_endpoint",
		.server_key_option = "metric_server_key_file",
		.key_option = "key_file",
		.gather_ms = (long)config_integer(ranking->service->config, "recompute_ms"),
		.turns_a_round = TURNS_A_ROUND,
		.worked = on_worked,
		.context = ranking,
	};
	return follow_new(ranking->service, &follow, &ranking->follow, fault);
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
	const char *cohorts_file = config_text(service->config, "cohorts_file");
	enum status status = ranking_handlers_new(service->db, config_text(service->config, "methodology_file"),
	                                          cohorts_file[0] != '\0' ? cohorts_file : NULL, &ranking->handlers, fault);
	if (status == STATUS_OK)
		status = open_servers(ranking, fault);
	if (status == STATUS_OK)
		status = start_following(ranking, fault);
	if (status != STATUS_OK)
		return status;
	ranking->query = (struct ranking_query){
		.handlers = ranking->handlers, .published = publish_hint, .context = ranking};
	loop_on_socket(service->loop, ranking->questions, on_questions, ranking);
	return STATUS_OK;
}

static void stop(struct service *service)
{
	struct ranking *ranking = service->state;
	follow_destroy(&ranking->follow);
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
	return ranking->stale_marked && service_database_ready(service);
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
