#include "common/schema_check.h"

#include <stdarg.h>
#include <stdio.h>

static check_function *const CHECKS[KEYWORD_COUNT] = {
	[KEYWORD_TYPE] = check_type,
	[KEYWORD_CONST] = check_const,
	[KEYWORD_ENUM] = check_enum,
	[KEYWORD_REQUIRED] = check_required,
	[KEYWORD_MIN_PROPERTIES] = check_min_properties,
	[KEYWORD_MAX_PROPERTIES] = check_max_properties,
	[KEYWORD_DEPENDENT_REQUIRED] = check_dependent_required,
	[KEYWORD_MIN_ITEMS] = check_min_items,
	[KEYWORD_MAX_ITEMS] = check_max_items,
	[KEYWORD_UNIQUE_ITEMS] = check_unique_items,
	[KEYWORD_MIN_LENGTH] = check_min_length,
	[KEYWORD_MAX_LENGTH] = check_max_length,
	[KEYWORD_PATTERN] = check_pattern,
	[KEYWORD_FORMAT] = check_format,
	[KEYWORD_MINIMUM] = check_minimum,
	[KEYWORD_MAXIMUM] = check_maximum,
	[KEYWORD_EXCLUSIVE_MINIMUM] = check_exclusive_minimum,
	[KEYWORD_EXCLUSIVE_MAXIMUM] = check_exclusive_maximum,
	[KEYWORD_MULTIPLE_OF] = check_multiple_of,
	[KEYWORD_REF] = check_reference,
	[KEYWORD_ALL_OF] = check_all_of,
	[KEYWORD_ANY_OF] = check_any_of,
	[KEYWORD_ONE_OF] = check_one_of,
	[KEYWORD_NOT] = check_not,
	[KEYWORD_IF] = check_if,
	[KEYWORD_DEPENDENT_SCHEMAS] = check_dependent_schemas,
	[KEYWORD_PROPERTY_NAMES] = check_property_names,
	[KEYWORD_PROPERTIES] = check_properties,
	[KEYWORD_PATTERN_PROPERTIES] = check_pattern_properties,
	[KEYWORD_ADDITIONAL_PROPERTIES] = check_additional_properties,
	[KEYWORD_PREFIX_ITEMS] = check_prefix_items,
	[KEYWORD_ITEMS] = check_items,
	[KEYWORD_CONTAINS] = check_contains,
	[KEYWORD_UNEVALUATED_PROPERTIES] = check_unevaluated_properties,
	[KEYWORD_UNEVALUATED_ITEMS] = check_unevaluated_items,
};

static size_t words_of(size_t count)
{
	return (count + 63) / 64;
}

static void evaluated_init(struct validation *validation, const struct json *json, struct evaluated *evaluated)
{
	*evaluated = (struct evaluated){.count = json_count(json)};
	if (evaluated->count > 64)
		evaluated->many = arena_array(validation->scratch, uint64_t, words_of(evaluated->count));
}

static void evaluated_add(struct evaluated *evaluated, const struct evaluated *more)
{
	evaluated->few |= more->few;
	for (size_t i = 0; evaluated->many != NULL && i < words_of(evaluated->count); i++)
		evaluated->many[i] |= more->many[i];
}

void mark_evaluated(const struct frame *frame, size_t index)
{
	struct evaluated *evaluated = frame->evaluated;
	if (evaluated == NULL)
		return;
	uint64_t *word = evaluated->many != NULL ? &evaluated->many[index / 64] : &evaluated->few;
	*word |= UINT64_C(1) << index % 64;
}

void mark_all_evaluated(const struct frame *frame)
{
	for (size_t i = 0; frame->evaluated != NULL && i < frame->evaluated->count; i++)
		mark_evaluated(frame, i);
}

bool is_evaluated(const struct frame *frame, size_t index)
{
	const struct evaluated *evaluated = frame->evaluated;
	uint64_t word = evaluated->many != NULL ? evaluated->many[index / 64] : evaluated->few;
	return (word >> index % 64 & 1) != 0;
}

static bool check_keywords(const struct frame *frame)
{
	const struct schema *schema = frame->schema;
	unsigned type = 1U << json_type(frame->at->json);
	for (size_t i = 0; i < schema->checks_count; i++) {
		const struct keyword *keyword = schema->checks[i];
		if ((keyword->looks_at & type) != 0 && !CHECKS[keyword->id](frame, keyword))
			return false;
		if (frame->validation->abandoned)
			return false;
	}
	return true;
}

bool schema_check(struct validation *validation, const struct schema *schema, const struct place *at,
                  struct evaluated *outer)
{
	struct evaluated mine;
	bool all_named = false;
	struct frame frame = {.validation = validation, .schema = schema, .at = at, .all_named = &all_named};
	if (schema->is_bool)
		return json_bool(schema->json) || refuse(&frame, NULL, NULL, "nothing may stand here: leave it out",
		                                           "здесь ничего не должно стоять: удалите это");
	if (outer != NULL || schema->tracks) {
		evaluated_init(validation, at->json, &mine);
		frame.evaluated = &mine;
	}
	if (!check_keywords(&frame))
		return false;
	if (outer != NULL)
		evaluated_add(outer, &mine);
	return true;
}

bool check_in_place(const struct frame *frame, const struct schema *schema)
{
	return schema_check(frame->validation, schema, frame->at, frame->evaluated);
}

bool check_quietly(const struct frame *frame, const struct schema *schema)
{
	frame->validation->quiet++;
	bool valid = check_in_place(frame, schema);
	frame->validation->quiet--;
	return valid;
}

bool check_inside(const struct frame *frame, const struct schema *schema, const struct json *item, size_t index)
{
	struct place at = {.up = frame->at, .json = item, .name = json_name(item), .index = index};
	return schema_check(frame->validation, schema, &at, NULL);
}

bool check_inside_quietly(const struct frame *frame, const struct schema *schema, const struct json *item, size_t index)
{
	frame->validation->quiet++;
	bool valid = check_inside(frame, schema, item, index);
	frame->validation->quiet--;
	return valid;
}

static void write_pointer(const struct place *at, char *pointer, size_t size)
{
	char number[24];
	if (at->up == NULL) {
		pointer[0] = '\0';
		return;
	}
	write_pointer(at->up, pointer, size);
	snprintf(number, sizeof number, "%zu", at->index);
	json_pointer_append(pointer, size, at->name != NULL ? at->name : number);
}

/* Adds " [place]", for which the text gives way. */
static void name_place(char *text, size_t size, const char *place)
{
	size_t len = strlen(text);
	size_t room = size - strlen(place) - sizeof " []";
	while (len > room || (len > 0 && len < strlen(text) && ((unsigned char)text[len] & 0xC0) == 0x80))
		len--;
	snprintf(text + len, size - len, " [%s]", place);
}

bool refuse(const struct frame *frame, const struct keyword *keyword, const char *member, const char *en, const char *ru, ...)
{
	struct fault *fault = frame->validation->fault;
	char pointer[sizeof fault->pointer];
	char place[320];
	va_list arguments;
	if (frame->validation->quiet > 0 || fault == NULL)
		return false;
	write_pointer(frame->at, pointer, sizeof pointer);
	if (member != NULL)
		json_pointer_append(pointer, sizeof pointer, member);
	va_start(arguments, ru);
	(void)fault_vtell(fault, STATUS_INVALID, "schema", pointer, -1, en, ru, arguments);
	va_end(arguments);
	snprintf(fault->schema_pointer, sizeof fault->schema_pointer, "%s", frame->schema->pointer);
	if (keyword != NULL)
		json_pointer_append(fault->schema_pointer, sizeof fault->schema_pointer, KEYWORD_KINDS[keyword->id].name);
	snprintf(place, sizeof place, "%.60s#%s", frame->schema->source->name, fault->schema_pointer);
	name_place(fault->text, sizeof fault->text, place);
	name_place(fault->text_ru, sizeof fault->text_ru, place);
	return false;
}

static void list_add(char *text, size_t size, const char *word)
{
	static const char MORE[] = ", \xE2\x80\xA6";
	size_t len = strlen(text);
	size_t needed = strlen(word) + (len > 0 ? 2 : 0);
	size_t room = size - len - 1;
	if (needed + sizeof MORE - 1 <= room)
		snprintf(text + len, size - len, "%s%s", len > 0 ? ", " : "", word);
	else if (sizeof MORE - 1 <= room && (len < 3 || memcmp(text + len - 3, MORE + 2, 3) != 0))
		snprintf(text + len, size - len, "%s", len > 0 ? MORE : MORE + 2);
}

void list_names(char *text, size_t size, const char *const *names, size_t count)
{
	text[0] = '\0';
	for (size_t i = 0; i < count; i++)
		list_add(text, size, names[i]);
}

static void list_number(char *text, size_t size, double number)
{
	char digits[32];
	snprintf(digits, sizeof digits, "%.15g", number);
	list_add(text, size, digits);
}

void list_values(char *text, size_t size, const struct json *array)
{
	static const char *const OTHERS[] = {[JSON_NULL] = "null", [JSON_ARRAY] = "[\xE2\x80\xA6]", [JSON_OBJECT] = "{\xE2\x80\xA6}"};
	text[0] = '\0';
	for (const struct json *item = json_first(array); item != NULL; item = json_next(item)) {
		if (json_is(item, JSON_STRING))
			list_add(text, size, json_string(item));
		else if (json_is(item, JSON_NUMBER))
			list_number(text, size, json_number(item));
		else if (json_is(item, JSON_BOOL))
			list_add(text, size, json_bool(item) ? "true" : "false");
		else
			list_add(text, size, OTHERS[json_type(item)]);
	}
}

enum status schema_validate(const struct schema *schema, const struct json *instance, struct arena *scratch,
                            struct fault *fault)
{
	struct validation validation = {.scratch = scratch, .fault = fault};
	struct place root = {.json = instance};
	bool valid = schema_check(&validation, schema, &root, NULL);
	if (validation.abandoned)
		return fault_say(fault, STATUS_INVALID, "schema", "", -1, "a text is too intricate for its pattern: shorten it",
		                 "строка слишком сложна для своего шаблона: сократите её");
	return valid ? STATUS_OK : STATUS_INVALID;
}
