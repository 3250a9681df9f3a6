#include "services/cli/cli_query.h"

#include "common/ambient.h"
#include "common/bus.h"
#include "services/cli/cli_output.h"

#include <stdio.h>

#define HEADER_BYTES_MAX ((size_t)64 * 1024)

struct query {
	const struct cli_args *args;
	struct bus *bus;
	struct bus_socket *socket;
	struct bus_message *message;
	struct arena *arena;
	char id[UUID_TEXT_SIZE];
	int64_t until_ms;
};

static enum status connect_query(struct query *query, struct fault *fault)
{
	const char *endpoint = cli_args_required(query->args, "endpoint");
	const char *key_file = cli_args_required(query->args, "key");
	const char *server_key_file = cli_args_required(query->args, "server-key");
	struct bus_keypair client;
	char server_key[BUS_KEY_TEXT];
	if (endpoint == NULL || key_file == NULL || server_key_file == NULL)
		return fault_set(fault, STATUS_INVALID, "usage", "", -1, "%s", cli_text(query->args->lang, "options are missing", "не хватает параметров"));
	enum status status = bus_read_key(key_file, client.secret_key, fault);
	if (status == STATUS_OK)
		status = bus_read_key(server_key_file, server_key, fault);
	if (status == STATUS_OK && !bus_public_key(client.secret_key, client.public_key))
		status = fault_set(fault, STATUS_INVALID, "key", "", -1, "%s does not hold a secret key", key_file);
	if (status == STATUS_OK)
		status = bus_connect(query->bus, BUS_DEALER, endpoint, server_key, &client, &query->socket, fault);
	return status;
}

static enum status send_request(struct query *query, const char *method, struct span params)
{
	struct buf header;
	struct json_writer writer;
	struct ident_uuid id = ambient_uuid();
	ident_uuid_format(&id, query->id);
	buf_init(&header, HEADER_BYTES_MAX);
	json_writer_init(&writer, &header);
	json_write_object(&writer);
	json_member_string(&writer, "id", query->id);
	json_member_string(&writer, "method", method);
	json_member_raw(&writer, "params", params);
	json_write_object_end(&writer);
	const struct span frames[] = {buf_span(&header)};
	enum status status = bus_send(query->socket, frames, ARRAY_COUNT(frames));
	buf_clear(&header);
	return status;
}

struct code_rule {
	const char *code;
	enum status status;
};

static enum status status_of_code(const char *code)
{
	static const struct code_rule RULES[] = {
		{"not_found", STATUS_NOT_FOUND}, {"forbidden", STATUS_FORBIDDEN}, {"unavailable", STATUS_UNAVAILABLE}, {"not_settled", STATUS_RETRY}};
	for (size_t i = 0; i < ARRAY_COUNT(RULES); i++) {
		if (text_equal(RULES[i].code, code))
			return RULES[i].status;
	}
	return STATUS_INVALID;
}

/* RETRY: not our answer. */
static enum status read_answer(struct query *query, struct span *ret_body, struct fault *fault)
{
	static const struct json_limits LIMITS = {.bytes_max = HEADER_BYTES_MAX, .depth_max = 8, .members_max = 32};
	const struct json *header;
	if (bus_message_frames(query->message) < 1)
		return STATUS_RETRY;
	struct span frame = bus_message_frame(query->message, 0);
	if (json_parse(query->arena, frame.at, frame.len, &LIMITS, &header, NULL) != STATUS_OK)
		return STATUS_RETRY;
	const char *id = json_find_string(header, "id");
	const char *verdict = json_find_string(header, "status");
	if (id == NULL || verdict == NULL || !text_equal(id, query->id))
		return STATUS_RETRY;
	if (!text_equal(verdict, "ok")) {
		const char *code = json_find_string(header, "code");
		const char *text = json_find_string(header, "text");
		code = code == NULL ? "unknown" : code;
		return fault_set(fault, status_of_code(code), code, "", -1, "%s", text == NULL ? code : text);
	}
	struct span body = bus_message_frames(query->message) > 1 ? bus_message_frame(query->message, 1) : span_of("", 0);
	*ret_body = span_of(arena_text(query->arena, body.at, body.len), body.len);
	return STATUS_OK;
}

static enum status wait_answer(struct query *query, const char *method, struct span params, struct span *ret_body, struct fault *fault)
{
	bool sent = false;
	unsigned failed = 0;
	while (ambient_monotonic_ms() < query->until_ms) {
		struct bus_poll_item items[] = {{.socket = query->socket}};
		struct bus_link link = bus_link_state(query->socket);
		failed += link.handshakes_failed;
		if (link.handshakes_refused > 0)
			return fault_set(fault, STATUS_FORBIDDEN, "key_refused", "", -1, "%s",
			                 cli_text(query->args->lang, "the centre refuses this key: it is unknown there, revoked, or of a role without queries",
			                          "центр не принимает этот ключ: он неизвестен, отозван или его роль не допускает запросов"));
		if (!sent)
			sent = send_request(query, method, params) == STATUS_OK;
		if (bus_poll(items, ARRAY_COUNT(items), sent ? 200 : 20) != STATUS_OK)
			return STATUS_BUG;
		while (bus_receive(query->socket, query->message) == STATUS_OK) {
			enum status status = read_answer(query, ret_body, fault);
			if (status != STATUS_RETRY || fault->code[0] != '\0')
				return status;
		}
	}
	if (sent)
		return fault_set(fault, STATUS_TIMEOUT, "timeout", "", -1, "%s", cli_text(query->args->lang, "the centre did not answer in time", "центр не ответил вовремя"));
	return fault_set(fault, STATUS_UNAVAILABLE, "unreachable", "", -1,
	                 failed > 0 ? cli_text(query->args->lang, "no handshake with %s: is --server-key the centre's public key?",
	                                       "нет рукопожатия с %s: верен ли открытый ключ центра в --server-key?")
	                            : cli_text(query->args->lang, "cannot reach %s", "нет связи с %s"),
	                 cli_args_value(query->args, "endpoint"));
}

enum status cli_query(const struct cli_args *args, const char *method, struct span params, struct arena *arena, const char *quiet_code,
                      struct span *ret_body, struct fault *fault)
{
	struct query query = {.args = args, .arena = arena};
	int64_t timeout_s;
	*fault = (struct fault){.offset = -1};
	if (!cli_args_number(args, "timeout", 1, 3600, &timeout_s))
		return STATUS_INVALID;
	query.until_ms = ambient_monotonic_ms() + timeout_s * 1000;
	query.bus = bus_new();
	query.message = bus_message_new();
	enum status status = connect_query(&query, fault);
	if (status == STATUS_OK)
		status = wait_answer(&query, method, params, ret_body, fault);
	if (status != STATUS_OK && !(quiet_code != NULL && text_equal(quiet_code, fault->code)))
		cli_output_fault(args, fault);
	bus_message_destroy(&query.message);
	bus_close(&query.socket);
	bus_destroy(&query.bus);
	return status;
}

int cli_query_exit(enum status status)
{
	switch (status_group(status)) {
	case STATUS_GROUP_OK:
		return CLI_EXIT_OK;
	case STATUS_GROUP_TRANSIENT:
		return CLI_EXIT_UNREACHABLE;
	default:
		return status == STATUS_FORBIDDEN ? CLI_EXIT_UNREACHABLE : CLI_EXIT_NEGATIVE;
	}
}
