/* Keywords that look at one value and apply no other schema. */
#include <math.h>
#include <stdio.h>

#include "common/schema_check.h"
#include "common/schema_multiple.h"

#define LIST_SIZE 240
#define CHARACTER_BYTES_MAX 4

static unsigned types_of(const struct json *json)
{
	unsigned types = 1U << json_type(json);
	if (json_is(json, JSON_NUMBER) && json_number(json) == trunc(json_number(json)))
		types |= OF_INTEGER;
	return types;
}

bool check_type(const struct frame *frame, const struct keyword *keyword)
{
	/* The words of the schema itself, so they are the same in both languages. */
	static const char *const NAMES[] = {"null", "boolean", "number", "string", "array", "object", "integer"};
	if ((types_of(frame->at->json) & keyword->types) != 0)
		return true;
	const char *wanted[ARRAY_COUNT(NAMES)];
	size_t count = 0;
	char text[LIST_SIZE];
	for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
		if ((keyword->types & 1U << i) != 0)
			wanted[count++] = NAMES[i];
	}
	list_names(text, sizeof text, wanted, count);
	return refuse(frame, keyword, NULL, "must be of type %s, not %s", "нужен тип %s, а не %s", text,
	              NAMES[json_type(frame->at->json)]);
}

bool check_const(const struct frame *frame, const struct keyword *keyword)
{
	if (json_equal(frame->at->json, keyword->value))
		return true;
	if (json_is(keyword->value, JSON_STRING))
		return refuse(frame, keyword, NULL, "must be \"%.200s\"", "нужно значение \"%.200s\"",
		              json_string(keyword->value));
	return refuse(frame, keyword, NULL, "must be the one value that the schema gives",
	              "нужно именно то значение, которое дано в схеме");
}

bool check_enum(const struct frame *frame, const struct keyword *keyword)
{
	char text[LIST_SIZE];
	for (const struct json *value = json_first(keyword->value); value != NULL; value = json_next(value)) {
		if (json_equal(frame->at->json, value))
			return true;
	}
	list_values(text, sizeof text, keyword->value);
	return refuse(frame, keyword, NULL, "must be one of: %s", "нужно одно из значений: %s", text);
}

static bool check_names(const struct frame *frame, const struct keyword *keyword, const struct name_list *names,
                        const char *because)
{
	for (size_t i = 0; i < names->count; i++) {
		if (json_find_key(frame->at->json, &names->at[i]) != NULL)
			continue;
		if (because == NULL)
			return refuse(frame, keyword, NULL, "the member \"%.100s\" is missing: add it",
			              "не хватает члена \"%.100s\": добавьте его", names->at[i].text);
		return refuse(frame, keyword, NULL, "the member \"%.100s\" is missing, needed with \"%.100s\": add it",
		              "не хватает члена \"%.100s\", обязательного вместе с \"%.100s\": добавьте его", names->at[i].text, because);
	}
	return true;
}

bool check_required(const struct frame *frame, const struct keyword *keyword)
{
	return check_names(frame, keyword, &keyword->names, NULL);
}

bool check_dependent_required(const struct frame *frame, const struct keyword *keyword)
{
	for (size_t i = 0; i < keyword->map.count; i++) {
		const struct entry *entry = &keyword->map.at[i];
		if (json_find_key(frame->at->json, &entry->key) != NULL && !check_names(frame, keyword, &entry->names, entry->name))
			return false;
	}
	return true;
}

bool check_min_properties(const struct frame *frame, const struct keyword *keyword)
{
	size_t count = json_count(frame->at->json);
	return (double)count >= keyword->count
	       || refuse(frame, keyword, NULL, "has %zu members, at least %.0f are needed: add some",
	                 "членов: %zu, нужно не меньше %.0f: добавьте", count, keyword->count);
}

bool check_max_properties(const struct frame *frame, const struct keyword *keyword)
{
	size_t count = json_count(frame->at->json);
	return (double)count <= keyword->count
	       || refuse(frame, keyword, NULL, "has %zu members, at most %.0f are allowed: remove some",
	                 "членов: %zu, допускается не больше %.0f: удалите лишние", count, keyword->count);
}

bool check_min_items(const struct frame *frame, const struct keyword *keyword)
{
	size_t count = json_count(frame->at->json);
	return (double)count >= keyword->count
	       || refuse(frame, keyword, NULL, "has %zu elements, at least %.0f are needed: add some",
	                 "элементов: %zu, нужно не меньше %.0f: добавьте", count, keyword->count);
}

bool check_max_items(const struct frame *frame, const struct keyword *keyword)
{
	size_t count = json_count(frame->at->json);
	return (double)count <= keyword->count
	       || refuse(frame, keyword, NULL, "has %zu elements, at most %.0f are allowed: remove some",
	                 "элементов: %zu, допускается не больше %.0f: удалите лишние", count, keyword->count);
}

/* Code points: every byte of UTF-8 but the continuations. */
static size_t length_of(const char *text)
{
	size_t length = 0;
	for (; *text != '\0'; text++)
		length += ((unsigned char)*text & 0xC0) != 0x80;
	return length;
}

bool check_min_length(const struct frame *frame, const struct keyword *keyword)
{
	const char *text = json_string(frame->at->json);
	if ((double)strlen(text) >= CHARACTER_BYTES_MAX * keyword->count)
		return true;
	size_t length = length_of(text);
	return (double)length >= keyword->count
	       || refuse(frame, keyword, NULL, "has %zu characters, at least %.0f are needed: write more",
	                 "знаков: %zu, нужно не меньше %.0f: дополните", length, keyword->count);
}

bool check_max_length(const struct frame *frame, const struct keyword *keyword)
{
	const char *text = json_string(frame->at->json);
	if ((double)strlen(text) <= keyword->count)
		return true;
	size_t length = length_of(text);
	return (double)length <= keyword->count
	       || refuse(frame, keyword, NULL, "has %zu characters, at most %.0f are allowed: shorten it",
	                 "знаков: %zu, допускается не больше %.0f: сократите", length, keyword->count);
}

struct seen {
	uint64_t hash;
	const struct json *item;
};

/* An open hash table of twice the size, so that an array as long as a message allows costs no square of its length. */
static bool all_different(struct arena *scratch, const struct json *array, size_t count)
{
	size_t size = 16;
	while (size < 2 * count)
		size *= 2;
	struct seen *table = arena_array(scratch, struct seen, size);
	for (const struct json *item = json_first(array); item != NULL; item = json_next(item)) {
		uint64_t hash = json_hash(item);
		size_t slot = hash & (size - 1);
		for (; table[slot].item != NULL; slot = (slot + 1) & (size - 1)) {
			if (table[slot].hash == hash && json_equal(table[slot].item, item))
				return false;
		}
		table[slot] = (struct seen){.hash = hash, .item = item};
	}
	return true;
}

bool check_unique_items(const struct frame *frame, const struct keyword *keyword)
{
	const struct json *array = frame->at->json;
	size_t count = json_count(array);
	if (!keyword->flag || count < 2 || all_different(frame->validation->scratch, array, count))
		return true;
	return refuse(frame, keyword, NULL, "the elements must differ from each other: remove the repeated one",
	              "элементы не должны повторяться: удалите повтор");
}

bool check_pattern(const struct frame *frame, const struct keyword *keyword)
{
	switch (pattern_match(keyword->pattern, json_string(frame->at->json))) {
	case PATTERN_YES:
		return true;
	case PATTERN_NO:
		return refuse(frame, keyword, NULL, "must match the pattern %.200s", "не соответствует шаблону %.200s: исправьте",
		              json_string(keyword->value));
	default:
		frame->validation->abandoned = true;
		return false;
	}
}

bool check_format(const struct frame *frame, const struct keyword *keyword)
{
	bool asserted = (frame->schema->bundle->options & SCHEMA_ASSERT_FORMATS) != 0;
	if (!asserted || format_holds(keyword->format, json_string(frame->at->json)))
		return true;
	return refuse(frame, keyword, NULL, "must be of the format %.40s, such as %s",
	              "нужен формат %.40s, например %s", json_string(keyword->value), format_example(keyword->format));
}

bool check_minimum(const struct frame *frame, const struct keyword *keyword)
{
	double number = json_number(frame->at->json);
	return number >= keyword->number || refuse(frame, keyword, NULL, "is %.15g, must be at least %.15g",
	                                           "стоит %.15g, нужно не меньше %.15g", number, keyword->number);
}

bool check_maximum(const struct frame *frame, const struct keyword *keyword)
{
	double number = json_number(frame->at->json);
	return number <= keyword->number || refuse(frame, keyword, NULL, "is %.15g, must be at most %.15g",
	                                           "стоит %.15g, нужно не больше %.15g", number, keyword->number);
}

bool check_exclusive_minimum(const struct frame *frame, const struct keyword *keyword)
{
	double number = json_number(frame->at->json);
	return number > keyword->number || refuse(frame, keyword, NULL, "is %.15g, must be above %.15g",
	                                          "стоит %.15g, нужно больше %.15g", number, keyword->number);
}

bool check_exclusive_maximum(const struct frame *frame, const struct keyword *keyword)
{
	double number = json_number(frame->at->json);
	return number < keyword->number || refuse(frame, keyword, NULL, "is %.15g, must be below %.15g",
	                                          "стоит %.15g, нужно меньше %.15g", number, keyword->number);
}

bool check_multiple_of(const struct frame *frame, const struct keyword *keyword)
{
	double number = json_number(frame->at->json);
	return schema_is_multiple(number, keyword->number)
	       || refuse(frame, keyword, NULL, "is %.15g, must be a multiple of %.15g", "стоит %.15g, нужно кратное %.15g", number,
	                 keyword->number);
}
