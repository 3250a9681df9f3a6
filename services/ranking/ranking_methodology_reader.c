#include "services/ranking/ranking_methodology_reader.h"

#include <stdio.h>

/* ---- places ---- */

struct place place_member(const struct place *object, const char *name)
{
	struct place member = *object;
	member.json = json_find(object->json, name);
	json_pointer_append(member.pointer, sizeof member.pointer, name);
	return member;
}

struct place place_element(const struct place *array, const struct json *element, size_t index)
{
	struct place place = *array;
	char token[24];
	snprintf(token, sizeof token, "%zu", index);
	place.json = element;
	json_pointer_append(place.pointer, sizeof place.pointer, token);
	return place;
}

bool place_absent(const struct place *at)
{
	return at->json == NULL || json_is(at->json, JSON_NULL);
}

/* ---- scalars ---- */

enum status check_object(struct reader *reader, const struct place *at, const char *const *names)
{
	if (!json_is(at->json, JSON_OBJECT))
		return INVALID(reader, at, "an object is expected here");
	for (const struct json *member = json_first(at->json); member != NULL; member = json_next(member)) {
		const char *const *name = names;
		while (*name != NULL && !text_equal(*name, json_name(member)))
			name++;
		struct place place = place_member(at, json_name(member));
		if (*name == NULL)
			return INVALID(reader, &place, "there is no such member here");
	}
	return STATUS_OK;
}

enum status read_text(struct reader *reader, const struct place *at, bool required, const char **ret_text)
{
	*ret_text = NULL;
	if (place_absent(at))
		return required ? INVALID(reader, at, "this text is required") : STATUS_OK;
	if (!json_is(at->json, JSON_STRING) || json_string(at->json)[0] == '\0')
		return INVALID(reader, at, "a text that is not empty is expected here");
	*ret_text = json_string(at->json);
	return STATUS_OK;
}

enum status read_code(struct reader *reader, const struct place *at, const char **ret_code)
{
	enum status status = read_text(reader, at, true, ret_code);
	if (status == STATUS_OK && strlen(*ret_code) > METHODOLOGY_CODE_BYTES_MAX)
		return INVALID(reader, at, "a code has at most %d bytes", METHODOLOGY_CODE_BYTES_MAX);
	return status;
}

enum status read_number(struct reader *reader, const struct place *at, double min, double max, double *number)
{
	if (place_absent(at))
		return STATUS_OK;
	if (!json_is(at->json, JSON_NUMBER))
		return INVALID(reader, at, "a number is expected here");
	double value = json_number(at->json);
	if (!(value >= min && value <= max))
		return INVALID(reader, at, "a number from %g to %g is expected here", min, max);
	*number = value;
	return STATUS_OK;
}

enum status read_whole(struct reader *reader, const struct place *at, int64_t min, int64_t max, int64_t *whole)
{
	if (place_absent(at))
		return STATUS_OK;
	int64_t value;
	if (!json_is(at->json, JSON_NUMBER) || !json_integer(at->json, &value) || value < min || value > max)
		return INVALID(reader, at, "a whole number from %lld to %lld is expected here", (long long)min,
		               (long long)max);
	*whole = value;
	return STATUS_OK;
}

enum status read_span(struct reader *reader, const struct place *at, double ret_span[2])
{
	const struct json *lo = json_is(at->json, JSON_ARRAY) ? json_first(at->json) : NULL;
	const struct json *hi = lo != NULL ? json_next(lo) : NULL;
	if (hi == NULL || json_next(hi) != NULL || !json_is(lo, JSON_NUMBER) || !json_is(hi, JSON_NUMBER))
		return INVALID(reader, at, "two numbers, [lo, hi], are expected here");
	ret_span[0] = json_number(lo);
	ret_span[1] = json_number(hi);
	if (!(ret_span[0] < ret_span[1] && ret_span[0] >= -METHODOLOGY_RANGE_MAX && ret_span[1] <= METHODOLOGY_RANGE_MAX))
		return INVALID(reader, at, "lo must be below hi, both within %g of zero", METHODOLOGY_RANGE_MAX);
	return STATUS_OK;
}

enum status read_method(struct reader *reader, const struct place *at, const struct method *methods, size_t count,
                        int *value)
{
	const char *name;
	enum status status = read_text(reader, at, false, &name);
	if (status != STATUS_OK || name == NULL)
		return status;
	for (size_t i = 0; i < count; i++) {
		if (!text_equal(methods[i].name, name))
			continue;
		*value = methods[i].value;
		return STATUS_OK;
	}
	return INVALID(reader, at, "\"%s\" is none of the methods of this place (\"%s\", ...)", name, methods[0].name);
}

enum status read_required_method(struct reader *reader, const struct place *object, const struct method *methods, size_t count, int *value)
{
	struct place method = place_member(object, "method");
	if (!json_is(object->json, JSON_OBJECT))
		return INVALID(reader, object, "an object with a \"method\" is expected here");
	if (place_absent(&method))
		return INVALID(reader, &method, "the method is required");
	return read_method(reader, &method, methods, count, value);
}

enum status check_list(struct reader *reader, const struct place *at, size_t max)
{
	size_t count = json_is(at->json, JSON_ARRAY) ? json_count(at->json) : 0;
	if (count == 0 || count > max)
		return INVALID(reader, at, "a list of 1 to %zu elements is required here", max);
	return STATUS_OK;
}

size_t list_add(const char **list, size_t *count, const char *text)
{
	size_t index = 0;
	while (index < *count && !text_equal(list[index], text))
		index++;
	if (index == *count)
		list[(*count)++] = text;
	return index;
}
