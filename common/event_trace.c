#include "common/event_trace.h"

#include "common/json.h"

#include <stdio.h>

static void copy_member(const struct json *record, const char *name, char *to, size_t size)
{
	const char *text = json_find_string(record, name);
	if (text != NULL && strlen(text) < size)
		snprintf(to, size, "%s", text);
}

void event_trace_read(struct arena *arena, struct span body, struct event_trace *ret_trace)
{
	const struct json *record;
	struct fault fault;
	*ret_trace = (struct event_trace){.id = "", .traceparent = ""};
	if (json_parse(arena, body.at, body.len, &JSON_LIMITS_EVENT, &record, &fault) != STATUS_OK)
		return;
	copy_member(record, "id", ret_trace->id, sizeof ret_trace->id);
	copy_member(record, "traceparent", ret_trace->traceparent, sizeof ret_trace->traceparent);
}
