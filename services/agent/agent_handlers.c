#include "services/agent/agent_handlers.h"

#include "common/cloudevents.h"
#include "common/log.h"

#include <stdio.h>

#define ANSWER_BYTES_MAX  ((size_t)4 * 1024 * 1024)
#define REFUSALS_SHOWN    20
#define RECEIVE_MAX       16   /* messages in one turn */
#define TYPE_JSON         "application/json"

/* ---- Taking events ---- */

/* Answers into buf; the code of HTTP. */
static unsigned take(struct agent_handlers *handlers, struct arena *arena, const struct cloudevents_message *message, struct buf *buf)
{
	struct cloudevents events;
	struct fault fault = {.offset = -1};
	enum status status = cloudevents_split(arena, message, AGENT_INPUT_MAX, &events, &fault);
	if (status == STATUS_OK)
		status = agent_input_take(handlers->input, events.events, events.count, handlers->results, &fault);
	if (status != STATUS_OK) {
		agent_error_write(buf, &fault);
		return agent_error_http(&fault);
	}
	agent_results_write(buf, handlers->results, events.count);
	return agent_results_http(handlers->results, events.count);
}

/* ---- Status ---- */

static void write_spool(struct json_writer *writer, const struct spool_counts *counts)
{
	char time_text[INSTANT_TEXT_SIZE];
	json_write_name(writer, "spool");
	json_write_object(writer);
	json_member_integer(writer, "waiting", counts->waiting);
	json_member_integer(writer, "stored", counts->stored);
	json_member_integer(writer, "refused", counts->refused);
	json_member_integer(writer, "kept", counts->kept);
	json_member_integer(writer, "bytes", counts->bytes);
	json_member_integer(writer, "bytes_max", counts->bytes_max);
	instant_format(counts->oldest_us, time_text);
	json_member_string(writer, "oldest_waiting_time", counts->oldest_us == 0 ? NULL : time_text);
	json_write_object_end(writer);
}

static void write_source(struct json_writer *writer, const struct road_state *state)
{
	char hex[SHA256_HEX_SIZE];
	sha256_hex(&state->memory.hash, hex);
	json_write_object(writer);
	json_member_string(writer, "source", state->source);
	json_member_bool(writer, "connected", state->road != ROAD_NONE);
	json_member_string(writer, "road", state->road == ROAD_NONE ? NULL : state->road == ROAD_ZEROMQ ? "zeromq" : "https");
	json_member_integer(writer, "last_seq", (int64_t)state->memory.seq);
	json_member_string(writer, "head", state->memory.seq == 0 ? NULL : hex);
	json_member_integer(writer, "incarnation", (int64_t)state->memory.incarnation);
	json_write_name(writer, "alarm");
	if (state->alarm[0] == '\0') {
		json_write_null(writer);
	} else {
		json_write_object(writer);
		json_member_string(writer, "code", state->alarm);
		json_member_string(writer, "text", state->alarm_text);
		json_write_object_end(writer);
	}
	json_write_object_end(writer);
}

static void write_refusals(struct json_writer *writer, struct agent_spool *spool, struct arena *arena)
{
	struct spool_refusal refusals[REFUSALS_SHOWN];
	size_t count = 0;
	struct fault fault = {.offset = -1};
	if (agent_spool_load_refusals(spool, arena, REFUSALS_SHOWN, refusals, &count, &fault) != STATUS_OK)
		log_write(LOG_EVENT_input_failed, "error", fault.text, NULL);
	json_write_name(writer, "refusals");
	json_write_array(writer);
	for (size_t i = 0; i < count; i++) {
		json_write_object(writer);
		json_member_string(writer, "id", refusals[i].id);
		json_member_string(writer, "source", refusals[i].source);
		json_member_integer(writer, "sequence", (int64_t)refusals[i].sequence);
		json_member_string(writer, "rejected", refusals[i].code);
		json_member_string(writer, "pointer", refusals[i].pointer);
		json_member_string(writer, "text", refusals[i].text);
		json_write_object_end(writer);
	}
	json_write_array_end(writer);
}

void agent_handlers_write_status(struct agent_handlers *handlers, struct buf *buf, struct arena *arena)
{
	struct json_writer writer;
	struct road_state states[AGENT_SOURCES_MAX];
	const struct spool_counts counts = agent_spool_counts(handlers->spool);
	size_t count = agent_roads_look(handlers->roads, states);
	json_writer_init(&writer, buf);
	json_write_object(&writer);
	json_member_string(&writer, "version", EFFREG_VERSION);
	json_member_string(&writer, "region", handlers->region);
	write_spool(&writer, &counts);
	json_write_name(&writer, "sources");
	json_write_array(&writer);
	for (size_t i = 0; i < count; i++)
		write_source(&writer, &states[i]);
	json_write_array_end(&writer);
	write_refusals(&writer, handlers->spool, arena);
	json_write_object_end(&writer);
}

/* ---- HTTP ---- */

static const char *find_header(void *context, const char *name)
{
	return http_header(context, name);
}

static unsigned serve(struct agent_handlers *handlers, struct http_request *request, struct buf *buf)
{
	struct fault fault = {.offset = -1};
	bool posts = text_equal(http_method(request), "POST"), gets = text_equal(http_method(request), "GET");
	bool is_events = text_equal(http_path(request), "/events"), is_status = text_equal(http_path(request), "/status");
	if (is_events && posts) {
		const struct cloudevents_message message = {
			.content_type = http_header(request, "Content-Type"), .body = http_body(request), .header = find_header, .context = request};
		return take(handlers, http_arena(request), &message, buf);
	}
	if (is_status && gets) {
		agent_handlers_write_status(handlers, buf, http_arena(request));
		return 200;
	}
	if (is_events || is_status)
		http_set_header(request, "Allow", is_events ? "POST" : "GET");
	fault_set(&fault, STATUS_NOT_FOUND, is_events || is_status ? "method_not_allowed" : "not_found", "", -1,
	          "there are POST /events and GET /status");
	agent_error_write(buf, &fault);
	return is_events || is_status ? 405 : 404;
}

void agent_handlers_on_http(void *context, struct http_request *request)
{
	struct buf buf;
	buf_init(&buf, ANSWER_BYTES_MAX);
	unsigned code = serve(context, request, &buf);
	if (code == 507 || code == 503)
		http_set_header(request, "Retry-After", "10");
	http_answer(request, code, TYPE_JSON, buf_span(&buf));
	buf_clear(&buf);
}

/* ---- The socket ---- */

/* A media type as a text; "" for one that is none. */
static const char *frame_text(struct arena *arena, struct span frame)
{
	return frame.len > 0 && frame.len < 128 && memchr(frame.at, '\0', frame.len) == NULL ? arena_text(arena, frame.at, frame.len) : "";
}

static unsigned serve_message(struct agent_handlers *handlers, struct buf *buf)
{
	struct fault fault = {.offset = -1};
	if (bus_message_frames(handlers->message) != 3) {
		fault_set(&fault, STATUS_INVALID, "bad_frames", "", -1, "a message is two frames: a media type and a body");
		agent_error_write(buf, &fault);
		return 400;
	}
	const char *type = frame_text(handlers->arena, bus_message_frame(handlers->message, 1));
	if (text_equal(type, "status")) {
		agent_handlers_write_status(handlers, buf, handlers->arena);
		return 200;
	}
	const struct cloudevents_message message = {.content_type = type, .body = bus_message_frame(handlers->message, 2)};
	return take(handlers, handlers->arena, &message, buf);
}

static void answer_message(struct agent_handlers *handlers)
{
	struct buf buf;
	char code[12];
	arena_reset(handlers->arena);
	buf_init(&buf, BUS_MESSAGE_MAX);
	snprintf(code, sizeof code, "%u", serve_message(handlers, &buf));
	const struct span frames[] = {bus_message_frame(handlers->message, 0), span_of_text(code), buf_span(&buf)};
	/* Who went away without its answer hands the same in again: a duplicate. */
	if (bus_send(handlers->socket, frames, ARRAY_COUNT(frames)) != STATUS_OK)
		log_write(LOG_EVENT_request_failed, "error", "the client of the local socket has gone", NULL);
	buf_clear(&buf);
}

void agent_handlers_on_socket(void *context)
{
	struct agent_handlers *handlers = context;
	for (int received = 0; received < RECEIVE_MAX; received++) {
		enum status status = bus_receive(handlers->socket, handlers->message);
		if (status == STATUS_NOT_FOUND)
			return;
		if (status == STATUS_OK && bus_message_frames(handlers->message) > 0)
			answer_message(handlers);
	}
	loop_soon(handlers->loop, agent_handlers_on_socket, handlers);
}
