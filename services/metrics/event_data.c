#include "services/metrics/event_data.h"

#include <stdio.h>

struct event_data event_data_of(const struct envelope *event, struct fault *fault)
{
	return (struct event_data){.data = event->data, .within = "", .status = STATUS_OK, .fault = fault};
}

bool event_data_ok(const struct event_data *data)
{
	return data->status == STATUS_OK;
}

void event_data_fail(struct event_data *data, const char *code, const char *name, const char *expected)
{
	if (data->status != STATUS_OK)
		return;
	char pointer[64] = "";
	if (name[0] != '\0')
		snprintf(pointer, sizeof pointer, "/data%s%s/%s", data->within[0] == '\0' ? "" : "/", data->within, name);
	data->status = fault_set(data->fault, STATUS_POISON, code, pointer, -1, "expected %s", expected);
}

bool event_data_has(const struct event_data *data, const char *name)
{
	return json_find(data->data, name) != NULL;
}

const char *event_data_text(struct event_data *data, const char *name)
{
	const char *text = json_find_string(data->data, name);
	if (text == NULL)
		event_data_fail(data, "schema", name, "a text");
	return text == NULL ? "" : text;
}

const char *event_data_name(struct event_data *data, const char *name)
{
	const char *text = event_data_text(data, name);
	if (!ident_is_name(text))
		event_data_fail(data, "schema", name, "the id of an entity");
	return text;
}

bool event_data_bool(struct event_data *data, const char *name)
{
	const struct json *value = json_find(data->data, name);
	if (json_is(value, JSON_BOOL))
		return json_bool(value);
	event_data_fail(data, "schema", name, "true or false");
	return false;
}

int64_t event_data_integer(struct event_data *data, const char *name, int64_t min, int64_t max)
{
	const struct json *value = json_find(data->data, name);
	int64_t integer;
	if (json_is(value, JSON_NUMBER) && json_integer(value, &integer) && integer >= min && integer <= max)
		return integer;
	event_data_fail(data, "schema", name, "a whole number within its limits");
	return min;
}

int64_t event_data_date(struct event_data *data, const char *name)
{
	int64_t us;
	if (date_parse(event_data_text(data, name), &us))
		return us;
	event_data_fail(data, "schema", name, "a date");
	return 0;
}

decimal event_data_decimal(struct event_data *data, const char *name)
{
	decimal value;
	if (decimal_parse(event_data_text(data, name), &value))
		return value;
	event_data_fail(data, "schema", name, "a decimal number");
	return (decimal){0};
}

struct event_data event_data_object(struct event_data *data, const char *name)
{
	const struct json *value = json_find(data->data, name);
	if (!json_is(value, JSON_OBJECT))
		event_data_fail(data, "schema", name, "an object");
	return (struct event_data){.data = value, .within = name, .status = data->status, .fault = data->fault};
}

void event_data_join(struct event_data *data, const struct event_data *part)
{
	if (data->status == STATUS_OK)
		data->status = part->status;
}

unsigned event_data_names(struct event_data *data, const char *name, const char **names, unsigned names_max)
{
	const struct json *array = json_find(data->data, name);
	unsigned count = 0;
	for (const struct json *item = json_is(array, JSON_ARRAY) ? json_first(array) : NULL; item != NULL;
	     item = json_next(item)) {
		if (count == names_max || !json_is(item, JSON_STRING) || !ident_is_name(json_string(item))) {
			count = 0;
			break;
		}
		names[count++] = json_string(item);
	}
	if (count == 0)
		event_data_fail(data, "schema", name, "a list of ids of entities");
	return count;
}
