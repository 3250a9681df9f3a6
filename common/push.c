#include "common/push.h"

#include "common/token.h"

static const char *const TYPE_NAMES[] = {
#define PUSH_TYPE_NAME(name) [PUSH_##name] = #name,
	PUSH_TYPE_MAP(PUSH_TYPE_NAME)
#undef PUSH_TYPE_NAME
};

static const char *const WITNESS_NAMES[] = {
	[PUSH_WITNESS_UNKNOWN] = "unknown", [PUSH_WITNESS_OK] = "ok", [PUSH_WITNESS_MISMATCH] = "mismatch"};

static const struct json_limits HEADER_LIMITS = {.bytes_max = PUSH_ANSWER_BYTES_MAX, .depth_max = 4, .members_max = 64};

/* Who may say what. */
static const bool IS_REQUEST[] = {[PUSH_HELLO] = true, [PUSH_PUSH] = true, [PUSH_PING] = true, [PUSH_BYE] = true, [PUSH_PONG] = false};

/* A byte becomes at most six (\u0001). Offset and length of a fault's texts are bounded by its struct. */
#define ESCAPED(member)  (6 * sizeof((struct fault){0}.member))
#define RESULT_BYTES_MAX (ESCAPED(code) + ESCAPED(pointer) + 80)
_Static_assert(PUSH_EVENTS_MAX * RESULT_BYTES_MAX + PUSH_ACK_TEXT_BYTES_MAX + ESCAPED(text) + 512 <= PUSH_ANSWER_BYTES_MAX,
               "an ACK of nothing but refusals fits into a frame");

const char *push_type_name(enum push_type type)
{
	return TYPE_NAMES[type];
}

const char *push_witness_name(enum push_witness witness)
{
	return WITNESS_NAMES[witness];
}

/* ---- Parsing ---- */

static enum status bad(struct fault *fault, const char *pointer, const char *text)
{
	return fault_set(fault, STATUS_INVALID, "bad_header", pointer, -1, "%s", text);
}

static bool read_count(const struct json *json, const char *name, uint64_t *ret_count)
{
	int64_t integer;
	const struct json *member = json_find(json, name);
	if (member == NULL || !json_is(member, JSON_NUMBER) || !json_integer(member, &integer) || integer < 0)
		return false;
	*ret_count = (uint64_t)integer;
	return true;
}

static bool read_hash(const struct json *json, const char *name, struct sha256 *ret_hash)
{
	const char *text = json_find_string(json, name);
	return text != NULL && sha256_parse_hex(text, ret_hash);
}

bool push_is_source(const char *text)
{
	size_t len = strlen(text);
	size_t allowed = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-");
	return len >= 1 && len <= ENVELOPE_SOURCE_MAX && allowed == len;
}

static enum status parse_hello(const struct json *json, struct push_message *message, struct fault *fault)
{
	const struct json *witness = json_find(json, "witness");
	const struct json *region = json_find(json, "region");
	uint64_t version;
	message->source = json_find_string(json, "source");
	message->region = json_find_string(json, "region");
	if (!read_count(json, "version", &version))
		return bad(fault, "/version", "HELLO needs a version");
	message->version = (int64_t)version;
	if (message->source == NULL || !push_is_source(message->source))
		return bad(fault, "/source", "HELLO needs a source of 1 to 128 of A-Z a-z 0-9 . _ : / -");
	if (region != NULL && message->region == NULL)
		return bad(fault, "/region", "a region is a string of eight digits");
	message->token = json_find_string(json, "token");
	if (json_find(json, "token") != NULL && (message->token == NULL || !token_is_text(message->token)))
		return bad(fault, "/token", "a token is \"effreg_\" and 64 hex digits");
	message->has_witness = witness != NULL;
	if (witness != NULL && !(read_count(witness, "seq", &message->last_seq) && read_hash(witness, "hash", &message->head)))
		return bad(fault, "/witness", "a witness is {\"seq\": number, \"hash\": 64 hex digits}");
	return STATUS_OK;
}

static enum status parse_push(struct arena *arena, const struct json *json, struct push_message *message, struct fault *fault)
{
	const struct json *sizes = json_find(json, "sizes");
	if (!read_count(json, "batch", &message->batch) || message->batch == 0)
		return bad(fault, "/batch", "PUSH needs a batch number from 1");
	if (!json_is(sizes, JSON_ARRAY))
		return bad(fault, "/sizes", "PUSH needs an array of sizes");
	message->count = json_count(sizes);
	if (message->count == 0 || message->count > PUSH_EVENTS_MAX)
		return bad(fault, "/sizes", "a batch has 1 to 500 events");
	uint32_t *copy = arena_array(arena, uint32_t, message->count);
	size_t i = 0;
	for (const struct json *item = json_first(sizes); item != NULL; item = json_next(item), i++) {
		int64_t size;
		if (!json_is(item, JSON_NUMBER) || !json_integer(item, &size) || size < 1 || size > (int64_t)PUSH_BODY_BYTES_MAX)
			return bad(fault, "/sizes", "a size is a whole number from 1 to 262144");
		copy[i] = (uint32_t)size;
	}
	message->sizes = copy;
	return STATUS_OK;
}

static bool read_credit(const struct json *json, struct push_message *message)
{
	return read_count(json, "bytes", &message->credit_bytes) && read_count(json, "batches", &message->credit_batches);
}

static enum status parse_log(const struct json *json, struct push_message *message, struct fault *fault)
{
	const char *witness = json_find_string(json, "witness");
	message->region = json_find_string(json, "region");
	if (message->region == NULL || witness == NULL || !read_count(json, "last_seq", &message->last_seq) ||
	    !read_hash(json, "head", &message->head))
		return bad(fault, "", "it lacks a member of the log: region, last_seq, head or witness");
	/* Absent from a centre that was never restored. */
	if (json_find(json, "incarnation") != NULL && !read_count(json, "incarnation", &message->incarnation))
		return bad(fault, "/incarnation", "an incarnation is a whole number");
	for (size_t i = 0; i < ARRAY_COUNT(WITNESS_NAMES); i++) {
		if (text_equal(WITNESS_NAMES[i], witness))
			message->witness = (enum push_witness)i;
	}
	return STATUS_OK;
}

static enum status parse_welcome(const struct json *json, struct push_message *message, struct fault *fault)
{
	uint64_t version;
	if (!read_count(json, "version", &version) || !read_count(json, "source_sequence", &message->source_sequence) ||
	    !read_credit(json_find(json, "credit"), message))
		return bad(fault, "", "WELCOME lacks a member");
	message->version = (int64_t)version;
	return parse_log(json, message, fault);
}

static bool parse_result(const struct json *json, struct push_result *result)
{
	*result = (struct push_result){.offset = -1};
	if (read_count(json, "stored", &result->seq)) {
		result->outcome = PUSH_STORED;
		return true;
	}
	if (read_count(json, "duplicate", &result->seq)) {
		result->outcome = PUSH_DUPLICATE;
		return true;
	}
	const struct json *offset = json_find(json, "offset");
	result->outcome = PUSH_REJECTED;
	result->code = json_find_string(json, "rejected");
	result->pointer = json_find_string(json, "pointer");
	result->text = json_find_string(json, "text");
	if (json_is(offset, JSON_NUMBER) && !json_integer(offset, &result->offset))
		return false;
	return result->code != NULL;
}

static enum status parse_receipt(struct arena *arena, const struct json *json, struct push_message *message, struct fault *fault)
{
	const struct json *results = json_find(json, "results");
	if (!json_is(results, JSON_ARRAY) ||
	    !read_count(json, "last_seq", &message->last_seq) || !read_hash(json, "head", &message->head))
		return bad(fault, "", "ACK lacks a member");
	message->count = json_count(results);
	if (message->count > PUSH_EVENTS_MAX)
		return bad(fault, "/results", "a batch has at most 500 events");
	struct push_result *copy = arena_array(arena, struct push_result, message->count);
	size_t i = 0;
	for (const struct json *item = json_first(results); item != NULL; item = json_next(item), i++) {
		if (!parse_result(item, &copy[i]))
			return bad(fault, "/results", "a result is stored, duplicate or rejected");
	}
	message->results = copy;
	return STATUS_OK;
}

static enum status parse_ack(struct arena *arena, const struct json *json, struct push_message *message, struct fault *fault)
{
	if (!read_count(json, "batch", &message->batch))
		return bad(fault, "", "ACK lacks a member");
	return parse_receipt(arena, json, message, fault);
}

static enum status parse_nack(const struct json *json, struct push_message *message, struct fault *fault)
{
	message->code = json_find_string(json, "code");
	message->text = json_find_string(json, "text");
	if (!read_count(json, "batch", &message->batch) || message->code == NULL)
		return bad(fault, "", "NACK lacks a member");
	if (json_find(json, "retry_ms") != NULL && !read_count(json, "retry_ms", &message->retry_ms))
		return bad(fault, "/retry_ms", "retry_ms is a whole number");
	return STATUS_OK;
}

static enum status parse_members(struct arena *arena, const struct json *json, struct push_message *message, struct fault *fault)
{
	switch (message->type) {
	case PUSH_HELLO:
		return parse_hello(json, message, fault);
	case PUSH_PUSH:
		return parse_push(arena, json, message, fault);
	case PUSH_WELCOME:
		return parse_welcome(json, message, fault);
	case PUSH_ACK:
		return parse_ack(arena, json, message, fault);
	case PUSH_NACK:
		return parse_nack(json, message, fault);
	case PUSH_CREDIT:
		return read_credit(json, message) ? STATUS_OK : bad(fault, "", "CREDIT needs bytes and batches");
	case PUSH_BYE:
		message->code = json_find_string(json, "code");
		message->text = json_find_string(json, "text");
		return STATUS_OK;
	case PUSH_PING:
	case PUSH_PONG:
		return STATUS_OK;
	}
	return STATUS_BUG;
}

enum status push_parse(struct arena *arena, struct span header, struct push_message *ret_message, struct fault *fault)
{
	const struct json *json;
	struct push_message message = {0};
	if (json_parse(arena, header.at, header.len, &HEADER_LIMITS, &json, fault) != STATUS_OK)
		return bad(fault, "", "the header frame is not one JSON object");
	const char *type = json_find_string(json, "type");
	for (size_t i = 0; type != NULL && i < ARRAY_COUNT(TYPE_NAMES); i++) {
		if (!text_equal(TYPE_NAMES[i], type))
			continue;
		message.type = (enum push_type)i;
		enum status status = parse_members(arena, json, &message, fault);
		if (status == STATUS_OK)
			*ret_message = message;
		return status;
	}
	return bad(fault, "/type", "there is no such message type");
}

enum status push_parse_request(struct arena *arena, struct span header, struct push_message *ret_message, struct fault *fault)
{
	if (header.len > PUSH_REQUEST_BYTES_MAX)
		return bad(fault, "", "a client's header frame has at most 64 KiB");
	enum status status = push_parse(arena, header, ret_message, fault);
	if (status == STATUS_OK && !IS_REQUEST[ret_message->type])
		return bad(fault, "/type", "this message goes from the intake to a client");
	return status;
}

enum status push_parse_answer(struct arena *arena, struct span header, struct push_message *ret_message, struct fault *fault)
{
	enum status status = push_parse(arena, header, ret_message, fault);
	if (status == STATUS_OK && IS_REQUEST[ret_message->type] && ret_message->type != PUSH_BYE)
		return bad(fault, "/type", "this message goes from a client to the intake");
	return status;
}

enum status push_parse_receipt(struct arena *arena, const struct json *json, struct push_message *ret_message, struct fault *fault)
{
	*ret_message = (struct push_message){.type = PUSH_ACK};
	return parse_receipt(arena, json, ret_message, fault);
}

enum status push_parse_log(const struct json *json, struct push_message *ret_message, struct fault *fault)
{
	*ret_message = (struct push_message){.type = PUSH_WELCOME};
	if (json_find(json, "source_sequence") != NULL && !read_count(json, "source_sequence", &ret_message->source_sequence))
		return bad(fault, "/source_sequence", "source_sequence is a whole number");
	return parse_log(json, ret_message, fault);
}

/* ---- Formatting ---- */

static void write_hash(struct json_writer *writer, const char *name, const struct sha256 *hash)
{
	char hex[SHA256_HEX_SIZE];
	sha256_hex(hash, hex);
	json_member_string(writer, name, hex);
}

static void write_hello(struct json_writer *writer, const struct push_message *message)
{
	json_member_integer(writer, "version", message->version);
	json_member_string(writer, "source", message->source);
	if (message->region != NULL)
		json_member_string(writer, "region", message->region);
	if (message->token != NULL)
		json_member_string(writer, "token", message->token);
	if (!message->has_witness)
		return;
	json_write_name(writer, "witness");
	json_write_object(writer);
	json_member_integer(writer, "seq", (int64_t)message->last_seq);
	write_hash(writer, "hash", &message->head);
	json_write_object_end(writer);
}

static void write_push(struct json_writer *writer, const struct push_message *message)
{
	json_member_integer(writer, "batch", (int64_t)message->batch);
	json_write_name(writer, "sizes");
	json_write_array(writer);
	for (size_t i = 0; i < message->count; i++)
		json_write_integer(writer, message->sizes[i]);
	json_write_array_end(writer);
}

static void write_credit(struct json_writer *writer, const struct push_message *message)
{
	json_member_integer(writer, "bytes", (int64_t)message->credit_bytes);
	json_member_integer(writer, "batches", (int64_t)message->credit_batches);
}

void push_write_log(struct json_writer *writer, const struct push_message *message)
{
	json_member_string(writer, "region", message->region);
	json_member_integer(writer, "last_seq", (int64_t)message->last_seq);
	write_hash(writer, "head", &message->head);
	json_member_string(writer, "witness", WITNESS_NAMES[message->witness]);
	if (message->incarnation > 0)
		json_member_integer(writer, "incarnation", (int64_t)message->incarnation);
}

static void write_welcome(struct json_writer *writer, const struct push_message *message)
{
	json_member_integer(writer, "version", message->version);
	json_member_integer(writer, "source_sequence", (int64_t)message->source_sequence);
	push_write_log(writer, message);
	json_write_name(writer, "credit");
	json_write_object(writer);
	write_credit(writer, message);
	json_write_object_end(writer);
}

static void write_result(struct json_writer *writer, const struct push_result *result, size_t *texts_bytes)
{
	json_write_object(writer);
	if (result->outcome == PUSH_STORED) {
		json_member_integer(writer, "stored", (int64_t)result->seq);
	} else if (result->outcome == PUSH_DUPLICATE) {
		json_member_integer(writer, "duplicate", (int64_t)result->seq);
	} else {
		json_member_string(writer, "rejected", result->code);
		json_member_string(writer, "pointer", result->pointer == NULL ? "" : result->pointer);
		if (result->offset >= 0)
			json_member_integer(writer, "offset", result->offset);
		size_t before = writer->buf->len;
		if (result->text != NULL && *texts_bytes < PUSH_ACK_TEXT_BYTES_MAX)
			json_member_string(writer, "text", result->text);
		*texts_bytes += writer->buf->len - before;
	}
	json_write_object_end(writer);
}

static void write_ack(struct json_writer *writer, const struct push_message *message)
{
	size_t texts_bytes = 0;
	json_member_integer(writer, "batch", (int64_t)message->batch);
	json_write_name(writer, "results");
	json_write_array(writer);
	for (size_t i = 0; i < message->count; i++)
		write_result(writer, &message->results[i], &texts_bytes);
	json_write_array_end(writer);
	json_member_integer(writer, "last_seq", (int64_t)message->last_seq);
	write_hash(writer, "head", &message->head);
}

static void write_reason(struct json_writer *writer, const struct push_message *message)
{
	if (message->code != NULL)
		json_member_string(writer, "code", message->code);
	if (message->text != NULL)
		json_member_string(writer, "text", message->text);
}

static void write_members(struct json_writer *writer, const struct push_message *message)
{
	switch (message->type) {
	case PUSH_HELLO:
		write_hello(writer, message);
		break;
	case PUSH_PUSH:
		write_push(writer, message);
		break;
	case PUSH_WELCOME:
		write_welcome(writer, message);
		break;
	case PUSH_ACK:
		write_ack(writer, message);
		break;
	case PUSH_NACK:
		json_member_integer(writer, "batch", (int64_t)message->batch);
		if (message->retry_ms > 0)
			json_member_integer(writer, "retry_ms", (int64_t)message->retry_ms);
		write_reason(writer, message);
		break;
	case PUSH_BYE:
		write_reason(writer, message);
		break;
	case PUSH_CREDIT:
		write_credit(writer, message);
		break;
	case PUSH_PING:
	case PUSH_PONG:
		break;
	}
}

void push_format(struct buf *buf, const struct push_message *message)
{
	struct json_writer writer;
	json_writer_init(&writer, buf);
	json_write_object(&writer);
	json_member_string(&writer, "type", TYPE_NAMES[message->type]);
	write_members(&writer, message);
	json_write_object_end(&writer);
}
