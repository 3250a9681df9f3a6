#include "common/upcast.h"

#include "common/buf.h"

/* The largest event grows: by a member that says again what another says, at most. */
#define TEXT_MAX (2 * EVENT_BYTES_MAX)

/* A member that the newer version has and the older one does not. */
struct rule {
	enum event_type from, to;  /* the next version of from */
	const char *member;
	const char *copy_of;       /* the member of the older version that said it; absent there, it is absent */
};

static const struct rule RULES[] = {
	/* Version 1 did not tell whom it counted: all stood for civil servants. */
	{EVENT_TRAINING_COMPLETED_V1, EVENT_TRAINING_COMPLETED, "civil_servants", "people"},
};

static bool next_version(enum event_type type, enum event_type *ret_next)
{
	for (size_t i = 0; i < ARRAY_COUNT(RULES); i++) {
		if (RULES[i].from == type) {
			*ret_next = RULES[i].to;
			return true;
		}
	}
	return false;
}

enum event_type upcast_newest(enum event_type type)
{
	while (next_version(type, &type))
		;
	return type;
}

static enum status write_value(struct json_writer *writer, const struct json *value)
{
	struct buf text;
	buf_init(&text, TEXT_MAX);
	enum status status = json_canonical(&text, value);
	if (status == STATUS_OK)
		json_write_raw(writer, buf_span(&text));
	buf_clear(&text);
	return status;
}

static enum status write_members(struct json_writer *writer, const struct json *data, enum event_type from)
{
	enum status status = STATUS_OK;
	for (const struct json *at = json_first(data); at != NULL && status == STATUS_OK; at = json_next(at)) {
		json_write_name(writer, json_name(at));
		status = write_value(writer, at);
	}
	for (size_t i = 0; i < ARRAY_COUNT(RULES) && status == STATUS_OK; i++) {
		const struct json *value = json_find(data, RULES[i].copy_of);
		if (RULES[i].from != from || value == NULL || json_find(data, RULES[i].member) != NULL)
			continue;
		json_write_name(writer, RULES[i].member);
		status = write_value(writer, value);
	}
	return status;
}

/* One version up. */
static enum status rewrite(enum event_type from, const struct json **data, struct arena *arena, struct fault *fault)
{
	struct json_writer writer;
	struct buf text;
	buf_init(&text, TEXT_MAX);
	json_writer_init(&writer, &text);
	json_write_object(&writer);
	enum status status = write_members(&writer, *data, from);
	json_write_object_end(&writer);
	if (status == STATUS_OK && buf_ok(&text))
		status = json_parse(arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, data, fault);
	else
		status = fault_set(fault, STATUS_POISON, "upcast", "/data", -1, "this cannot be said in the newest version of its type");
	buf_clear(&text);
	return status;
}

enum status upcast(enum event_type *type, const struct json **data, struct arena *arena, struct fault *fault)
{
	enum event_type next;
	enum status status = STATUS_OK;
	while (status == STATUS_OK && next_version(*type, &next)) {
		if (json_is(*data, JSON_OBJECT))
			status = rewrite(*type, data, arena, fault);
		*type = next;
	}
	return status;
}
