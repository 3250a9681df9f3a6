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

static const uint8_t EVENT_TYPE_LENS[] = {
#define EVENT_TYPE_LEN(name, text) [EVENT_##name] = sizeof text - 1,
	EVENT_TYPE_MAP(EVENT_TYPE_LEN)
#undef EVENT_TYPE_LEN
};

/* All begin alike: what tells them apart is the length, and then the part behind the prefix. */
bool event_type_find(const char *type, enum event_type *ret_type)
{
	size_t len = strlen(type);
	for (size_t i = 0; i < ARRAY_COUNT(EVENT_TYPES); i++) {
		if (EVENT_TYPE_LENS[i] == len && memcmp(EVENT_TYPES[i], type, len) == 0) {
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

bool event_type_is_coordinators(enum event_type type)
{
	return type == EVENT_VERIFICATION_RECORDED || type == EVENT_DISPUTE_OPENED || type == EVENT_DISPUTE_RESOLVED;
}

bool event_type_may_be_corrected(enum event_type type)
{
	return type != EVENT_EVENT_CORRECTED && type != EVENT_EVENT_WITHDRAWN;
}

/* The target twice: CloudEvents' readers look at the envelope, the schema at the data. */
static enum status read_target(const struct envelope *event, struct correction *correction, struct fault *fault)
{
	struct ident_uuid supersedes;
	const char *target = json_find_string(event->data, "target");
	if (target == NULL || !ident_uuid_parse(target, &correction->target))
		return refuse(fault, "/data/target", "target must be the UUID of the event that this one corrects",
		              "target должен быть UUID исправляемого события");
	if (event->supersedes == NULL || !ident_uuid_parse(event->supersedes, &supersedes)
	    || memcmp(&supersedes, &correction->target, sizeof supersedes) != 0)
		return refuse(fault, "/supersedes", "supersedes must be the id under /data/target",
		              "supersedes должен совпадать с id в /data/target");
	if (memcmp(&event->id, &correction->target, sizeof event->id) == 0)
		return fault_say(fault, STATUS_INVALID, "not_a_correction_target", "/data/target", -1,
		                 "an event does not correct itself: name another", "событие не исправляет само себя: укажите другое");
	return STATUS_OK;
}

enum status correction_read(const struct envelope *event, struct correction *ret_correction, struct fault *fault)
{
	struct correction correction = {.data = json_find(event->data, "data")};
	const char *type = json_find_string(event->data, "type");
	enum status status = read_target(event, &correction, fault);
	if (status != STATUS_OK)
		return status;
	if (type == NULL || !event_type_find(type, &correction.type) || !event_type_may_be_corrected(correction.type))
		return fault_say(fault, STATUS_INVALID, "not_a_correction_target", "/data/type", -1,
		                 "this type of event is never corrected: send a new event instead",
		                 "события этого типа не исправляются: отправьте новое событие");
	if (text_equal(event->type, event_type_text(EVENT_EVENT_CORRECTED)) && !json_is(correction.data, JSON_OBJECT))
		return refuse(fault, "/data/data", "data must be the object that takes the place of the target's data",
		              "data должен быть объектом, который заменяет данные исправляемого события");
	*ret_correction = correction;
	return STATUS_OK;
}
