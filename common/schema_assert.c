/* Keywords that look at one value and apply no other schema. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "common/schema_check.h"

#define LIST_SIZE 240

static unsigned types_of(const struct json *json)
{
	unsigned types = 1U << json_type(json);
	if (json_is(json, JSON_NUMBER) && json_number(json) == trunc(json_number(json)))
		types |= OF_INTEGER;
	return types;
}

bool check_type(const struct frame *frame, const struct keyword *keyword)
{
	static const char *const NAMES[] = {"null", "a boolean", "a number", "a string", "an array", "an object", "an integer"};
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
	return refuse(frame, keyword, NULL, "expected %s, found %s", text, NAMES[json_type(frame->at->json)]);
}

bool check_const(const struct frame *frame, const struct keyword *keyword)
{
	if (json_equal(frame->at->json, keyword->value))
		return true;
	if (json_is(keyword->value, JSON_STRING))
		return refuse(frame, keyword, NULL, "must be \"%.200s\"", json_string(keyword->value));
	return refuse(frame, keyword, NULL, "must be the one value that the schema gives");
}

bool check_enum(const struct frame *frame, const struct keyword *keyword)
{
	char text[LIST_SIZE];
	for (const struct json *value = json_first(keyword->value); value != NULL; value = json_next(value)) {
		if (json_equal(frame->at->json, value))
			return true;
	}
	list_values(text, sizeof text, keyword->value);
	return refuse(frame, keyword, NULL, "must be one of: %s", text);
}

static bool check_names(const struct frame *frame, const struct keyword *keyword, const struct name_list *names,
                        const char *because)
{
	for (size_t i = 0; i < names->count; i++) {
		if (json_find(frame->at->json, names->at[i]) == NULL)
			return refuse(frame, keyword, NULL, "the member \"%.100s\" is missing%s%.100s: add it", names->at[i],
			              because != NULL ? ", needed with " : "", because != NULL ? because : "");
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
		if (json_find(frame->at->json, entry->name) != NULL && !check_names(frame, keyword, &entry->names, entry->name))
			return false;
	}
	return true;
}

static bool at_least(const struct frame *frame, const struct keyword *keyword, size_t count, const char *what)
{
	return (double)count >= keyword->count
	       || refuse(frame, keyword, NULL, "has %zu %s, at least %.0f are needed", count, what, keyword->count);
}

static bool at_most(const struct frame *frame, const struct keyword *keyword, size_t count, const char *what)
{
	return (double)count <= keyword->count
	       || refuse(frame, keyword, NULL, "has %zu %s, at most %.0f are allowed", count, what, keyword->count);
}

bool check_min_properties(const struct frame *frame, const struct keyword *keyword)
{
	return at_least(frame, keyword, json_count(frame->at->json), "members");
}

bool check_max_properties(const struct frame *frame, const struct keyword *keyword)
{
	return at_most(frame, keyword, json_count(frame->at->json), "members");
}

bool check_min_items(const struct frame *frame, const struct keyword *keyword)
{
	return at_least(frame, keyword, json_count(frame->at->json), "elements");
}

bool check_max_items(const struct frame *frame, const struct keyword *keyword)
{
	return at_most(frame, keyword, json_count(frame->at->json), "elements");
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
	return at_least(frame, keyword, length_of(json_string(frame->at->json)), "characters");
}

bool check_max_length(const struct frame *frame, const struct keyword *keyword)
{
	return at_most(frame, keyword, length_of(json_string(frame->at->json)), "characters");
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
	return refuse(frame, keyword, NULL, "the elements must differ from each other: remove the repeated one");
}

bool check_pattern(const struct frame *frame, const struct keyword *keyword)
{
	switch (pattern_match(keyword->pattern, json_string(frame->at->json))) {
	case PATTERN_YES:
		return true;
	case PATTERN_NO:
		return refuse(frame, keyword, NULL, "must match the pattern %.200s", json_string(keyword->value));
	default:
		frame->validation->abandoned = true;
		return false;
	}
}

bool check_format(const struct frame *frame, const struct keyword *keyword)
{
	if (!frame->schema->bundle->formats_asserted || format_holds(keyword->format, json_string(frame->at->json)))
		return true;
	return refuse(frame, keyword, NULL, "must be of the format %.40s, such as %s", json_string(keyword->value),
	              format_example(keyword->format));
}

static bool refuse_number(const struct frame *frame, const struct keyword *keyword, const char *expected)
{
	return refuse(frame, keyword, NULL, "is %.15g, must be %s %.15g", json_number(frame->at->json), expected,
	              keyword->number);
}

bool check_minimum(const struct frame *frame, const struct keyword *keyword)
{
	return json_number(frame->at->json) >= keyword->number || refuse_number(frame, keyword, "at least");
}

bool check_maximum(const struct frame *frame, const struct keyword *keyword)
{
	return json_number(frame->at->json) <= keyword->number || refuse_number(frame, keyword, "at most");
}

bool check_exclusive_minimum(const struct frame *frame, const struct keyword *keyword)
{
	return json_number(frame->at->json) > keyword->number || refuse_number(frame, keyword, "above");
}

bool check_exclusive_maximum(const struct frame *frame, const struct keyword *keyword)
{
	return json_number(frame->at->json) < keyword->number || refuse_number(frame, keyword, "below");
}

/* Exact between integers. Otherwise 0.3 has to be a multiple of 0.1, which their doubles are not: a quotient within a few
 * units in the last place of an integer is one. */
static bool is_multiple(double number, double divisor)
{
	if (number == trunc(number) && divisor == trunc(divisor))
		return fmod(number, divisor) == 0.0;
	double quotient = number / divisor;
	return isfinite(quotient) && fabs(quotient - nearbyint(quotient)) <= 4 * DBL_EPSILON * fabs(quotient);
}

bool check_multiple_of(const struct frame *frame, const struct keyword *keyword)
{
	return is_multiple(json_number(frame->at->json), keyword->number)
	       || refuse_number(frame, keyword, "a multiple of");
}
