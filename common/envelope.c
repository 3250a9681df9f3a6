/* Reads what the envelope's schema has checked; asks again only what reading needs anyway. */
#include "common/envelope.h"

#include <inttypes.h>
#include <stdlib.h>

static enum status refuse(struct fault *fault, const char *pointer, const char *en, const char *ru)
{
	return fault_say(fault, STATUS_INVALID, "schema", pointer, -1, en, ru);
}

/* The first segment, when it is a region and a slash or nothing follows. */
static bool region_of(const char *subject, char region[OKTMO_TEXT_SIZE])
{
	size_t len = strcspn(subject, "/");
	if (len != OKTMO_LEN)
		return false;
	memcpy(region, subject, OKTMO_LEN);
	region[OKTMO_LEN] = '\0';
	return ident_is_oktmo(region);
}

/* Up to 19 digits, which fit; 0 is "does not number" and cannot be said. */
static bool sequence_parse(const char *text, uint64_t *ret_sequence)
{
	size_t len = strlen(text);
	if (len < 1 || len > 19 || strspn(text, "0123456789") != len || text[0] == '0')
		return false;
	*ret_sequence = strtoull(text, NULL, 10);
	return true;
}

static enum status read_identity(const struct json *event, struct envelope *envelope, struct fault *fault)
{
	const char *id = json_find_string(event, "id");
	if (id == NULL || !ident_uuid_parse(id, &envelope->id))
		return refuse(fault, "/id", "id must be a UUID",
		              "id должен быть UUID");
	envelope->source = json_find_string(event, "source");
	if (envelope->source == NULL || envelope->source[0] == '\0' || strlen(envelope->source) > ENVELOPE_SOURCE_MAX)
		return refuse(fault, "/source", "source must be a string of 1 to 128 bytes",
		              "source должен быть строкой от 1 до 128 байтов");
	envelope->type = json_find_string(event, "type");
	if (envelope->type == NULL)
		return refuse(fault, "/type", "type must be a string such as \"effreg.project.opened.v1\"",
		              "type должен быть строкой вида \"effreg.project.opened.v1\"");
	envelope->subject = json_find_string(event, "subject");
	if (envelope->subject == NULL || !region_of(envelope->subject, envelope->region))
		return refuse(fault, "/subject", "subject must begin with the eight digits of the region's OKTMO",
		              "subject должен начинаться с восьми цифр ОКТМО региона");
	return STATUS_OK;
}

static enum status read_order(const struct json *event, struct envelope *envelope, struct fault *fault)
{
	const char *time = json_find_string(event, "time");
	if (time == NULL || !instant_parse(time, &envelope->time_us))
		return refuse(fault, "/time", "time must be an instant of RFC 3339 from 1970 on, such as \"2023-01-31T09:00:00Z\"",
		              "time должен быть моментом по RFC 3339 с 1970 года, например \"2023-01-31T09:00:00Z\"");
	const char *sequence = json_find_string(event, "sequence");
	if (sequence == NULL ? json_find(event, "sequence") != NULL : !sequence_parse(sequence, &envelope->sequence))
		return refuse(fault, "/sequence", "sequence must be a string of 1 to 19 digits that does not begin with 0",
		              "sequence должен быть строкой из 1–19 цифр, не с нуля");
	return STATUS_OK;
}

static enum status read_rest(const struct json *event, struct envelope *envelope, struct fault *fault)
{
	struct ident_uuid target;
	envelope->supersedes = json_find_string(event, "supersedes");
	if (envelope->supersedes == NULL ? json_find(event, "supersedes") != NULL
	                                 : !ident_uuid_parse(envelope->supersedes, &target))
		return refuse(fault, "/supersedes", "supersedes must be the UUID of the event that this one corrects",
		              "supersedes должен быть UUID исправляемого события");
	envelope->traceparent = json_find_string(event, "traceparent");
	envelope->data = json_find(event, "data");
	if (!json_is(envelope->data, JSON_OBJECT))
		return refuse(fault, "/data", "data must be an object",
		              "data должен быть объектом");
	return STATUS_OK;
}

enum status envelope_read(const struct json *event, struct envelope *ret_envelope, struct fault *fault)
{
	struct envelope envelope = {0};
	if (!json_is(event, JSON_OBJECT))
		return fault_say(fault, STATUS_INVALID, "schema", "", -1, "an event must be an object",
		                 "событие должно быть объектом");
	enum status status = read_identity(event, &envelope, fault);
	if (status == STATUS_OK)
		status = read_order(event, &envelope, fault);
	if (status == STATUS_OK)
		status = read_rest(event, &envelope, fault);
	if (status == STATUS_OK)
		*ret_envelope = envelope;
	return status;
}

int envelope_compare(const struct envelope *a, const struct envelope *b)
{
	if (a->time_us != b->time_us)
		return a->time_us < b->time_us ? -1 : 1;
	int order = strcmp(a->source, b->source);
	if (order != 0)
		return order;
	if (a->sequence != b->sequence)
		return a->sequence < b->sequence ? -1 : 1;
	return memcmp(a->id.bytes, b->id.bytes, sizeof a->id.bytes);
}

static const char *const EVENT_TYPES[] = {
#define EVENT_TYPE_ROW(name, text) [EVENT_##name] = text,
	EVENT_TYPE_MAP(EVENT_TYPE_ROW)
#undef EVENT_TYPE_ROW
};

bool event_type_find(const char *type, enum event_type *ret_type)
{
	for (size_t i = 0; i < ARRAY_COUNT(EVENT_TYPES); i++) {
		if (text_equal(EVENT_TYPES[i], type)) {
			*ret_type = (enum event_type)i;
			return true;
		}
	}
	return false;
}

const char *event_type_text(enum event_type type)
{
	ASSERT((size_t)type < ARRAY_COUNT(EVENT_TYPES));
	return EVENT_TYPES[type];
}
