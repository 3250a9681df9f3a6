#include "common/cloudevents.h"

#include "common/buf.h"
#include "common/json.h"

#include <strings.h>

#define BINARY_BYTES_MAX ((size_t)2 * 1024 * 1024)

/* The attributes that an envelope of ours may have (proto/README.md, section 3), each in the header ce-<name>. */
static const char *const ATTRIBUTES[] = {"specversion", "id", "source", "type", "subject", "time", "dataschema", "sequence", "traceparent", "supersedes"};

static bool is_type(const char *content_type, const char *wanted)
{
	size_t len = strlen(wanted);
	return content_type != NULL && strncasecmp(content_type, wanted, len) == 0 &&
	       (content_type[len] == '\0' || content_type[len] == ';' || content_type[len] == ' ');
}

/* ---- Batches ---- */

struct cutter {
	struct span body;
	size_t at;
};

static void skip_blank(struct cutter *cutter)
{
	while (cutter->at < cutter->body.len && strchr(" \t\r\n", cutter->body.at[cutter->at]) != NULL && cutter->body.at[cutter->at] != '\0')
		cutter->at++;
}

static bool take_byte(struct cutter *cutter, char byte)
{
	skip_blank(cutter);
	if (cutter->at >= cutter->body.len || cutter->body.at[cutter->at] != byte)
		return false;
	cutter->at++;
	return true;
}

static enum status broken(const struct cutter *cutter, struct fault *fault, const char *text)
{
	return fault_set(fault, STATUS_INVALID, "bad_json", "", (long)cutter->at, "%s", text);
}

/* From "{" to the "}" that closes it, by brackets and strings alone: what is wrong inside spares its neighbours. */
static bool cut_object(struct cutter *cutter, struct span *ret_object)
{
	size_t from = cutter->at, depth = 0;
	bool in_string = false;
	for (; cutter->at < cutter->body.len; cutter->at++) {
		char byte = cutter->body.at[cutter->at];
		if (in_string && byte == '\\')
			cutter->at++;
		else if (byte == '"')
			in_string = !in_string;
		else if (!in_string && (byte == '{' || byte == '['))
			depth++;
		else if (!in_string && (byte == '}' || byte == ']') && --depth == 0) {
			cutter->at++;
			*ret_object = span_of(cutter->body.at + from, cutter->at - from);
			return true;
		}
	}
	return false;
}

static enum status cut_batch(struct arena *arena, struct span body, size_t events_max, struct cloudevents *events, struct fault *fault)
{
	struct cutter cutter = {.body = body};
	if (!take_byte(&cutter, '['))
		return broken(&cutter, fault, "a batch is a JSON array of events");
	events->events = arena_array(arena, struct span, events_max);
	for (bool more = !take_byte(&cutter, ']'); more;) {
		skip_blank(&cutter);
		if (events->count == events_max)
			return fault_set(fault, STATUS_TOO_LARGE, "too_many", "", (long)cutter.at, "a batch has at most %zu events: send several", events_max);
		if (cutter.at >= body.len || body.at[cutter.at] != '{' || !cut_object(&cutter, &events->events[events->count]))
			return broken(&cutter, fault, "an event of a batch is an object, and is closed");
		events->count++;
		more = take_byte(&cutter, ',');
		if (!more && !take_byte(&cutter, ']'))
			return broken(&cutter, fault, "between the events of a batch stands a comma, behind the last one a bracket");
	}
	skip_blank(&cutter);
	return cutter.at == body.len ? STATUS_OK : broken(&cutter, fault, "something stands behind the batch");
}

/* ---- Binary mode ---- */

static int hex_digit(char digit)
{
	static const char DIGITS[] = "0123456789abcdef";
	const char *found = digit == '\0' ? NULL : strchr(DIGITS, digit | 0x20);
	return found == NULL ? -1 : (int)(found - DIGITS);
}

/* A header's value is percent-encoded where it is more than printable ASCII (CloudEvents HTTP binding, 3.1.3.2). */
static struct span decode(struct arena *arena, const char *value)
{
	size_t len = strlen(value), to = 0;
	char *text = arena_text(arena, value, len);
	for (size_t from = 0; from < len; from++) {
		int high = value[from] == '%' && from + 2 < len ? hex_digit(value[from + 1]) : -1;
		int low = high >= 0 ? hex_digit(value[from + 2]) : -1;
		text[to++] = low >= 0 ? (char)(high * 16 + low) : value[from];
		from += low >= 0 ? 2 : 0;
	}
	return span_of(text, to);
}

static enum status join_binary(struct arena *arena, const struct cloudevents_message *message, struct cloudevents *events, struct fault *fault)
{
	struct buf text;
	struct json_writer writer;
	if (message->body.len == 0)
		return fault_set(fault, STATUS_INVALID, "bad_json", "", 0, "in binary mode the body is the data of the event: it is empty");
	buf_init(&text, BINARY_BYTES_MAX);
	json_writer_init(&writer, &text);
	json_write_object(&writer);
	for (size_t i = 0; i < ARRAY_COUNT(ATTRIBUTES); i++) {
		const char *value = message->header(message->context, arena_printf(arena, "ce-%s", ATTRIBUTES[i]));
		if (value == NULL)
			continue;
		json_write_name(&writer, ATTRIBUTES[i]);
		json_write_span(&writer, decode(arena, value));
	}
	json_member_string(&writer, "datacontenttype", "application/json");
	json_member_raw(&writer, "data", message->body);
	json_write_object_end(&writer);
	bool fits = buf_ok(&text);
	events->events = arena_array(arena, struct span, 1);
	events->events[0] = fits ? span_of(arena_text(arena, text.at, text.len), text.len) : span_of("", 0);
	events->count = 1;
	buf_clear(&text);
	return fits ? STATUS_OK : fault_set(fault, STATUS_TOO_LARGE, "too_large", "", -1, "an event has at most 64 KiB");
}

/* ---- */

enum status cloudevents_split(struct arena *arena, const struct cloudevents_message *message, size_t events_max,
                              struct cloudevents *ret_events, struct fault *fault)
{
	*ret_events = (struct cloudevents){0};
	if (is_type(message->content_type, CLOUDEVENTS_ONE)) {
		ret_events->events = arena_array(arena, struct span, 1);
		ret_events->events[0] = message->body;
		ret_events->count = 1;
		return STATUS_OK;
	}
	if (is_type(message->content_type, CLOUDEVENTS_BATCH)) {
		ret_events->is_batch = true;
		return cut_batch(arena, message->body, events_max, ret_events, fault);
	}
	bool is_binary = message->header != NULL && message->header(message->context, "ce-specversion") != NULL;
	if (is_binary && is_type(message->content_type, "application/json"))
		return join_binary(arena, message, ret_events, fault);
	return fault_set(fault, STATUS_UNSUPPORTED, "unsupported_media_type", "", -1,
	                 "send %s, %s%s", CLOUDEVENTS_ONE, CLOUDEVENTS_BATCH, message->header == NULL ? "" : ", or application/json with the attributes in ce- headers");
}
