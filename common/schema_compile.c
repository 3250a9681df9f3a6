/* The value of every keyword becomes an operand that needs no further reading: one function per shape of value. */
#include <stdlib.h>

#include "common/schema_model.h"

#define DIALECT "https://json-schema.org/draft/2020-12/schema"

static enum status expected(struct fault *fault, const struct schema *schema, const struct keyword *keyword,
                            const char *en, const char *ru)
{
	const char *name = KEYWORD_KINDS[keyword->id].name;
	/* %.0s passes over the words of the other language. */
	return schema_fault(fault, STATUS_INVALID, schema, name, "\"%s\" must be %s%.0s", "\"%s\": %.0s%s", name, en, ru);
}

static enum status compile_value(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	(void)schema;
	(void)keyword;
	(void)fault;
	return STATUS_OK;
}

static enum status compile_values(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	return json_is(keyword->value, JSON_ARRAY) ? STATUS_OK : expected(fault, schema, keyword, "an array", "нужен массив");
}

static enum status compile_text(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	return json_is(keyword->value, JSON_STRING) ? STATUS_OK : expected(fault, schema, keyword, "a string", "нужна строка");
}

static enum status compile_dialect(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	if (json_is(keyword->value, JSON_STRING) && text_equal(json_string(keyword->value), DIALECT))
		return STATUS_OK;
	return schema_fault(fault, STATUS_UNSUPPORTED, schema, "$schema", "\"$schema\" must be \"%s\"",
	                    "\"$schema\" должна быть \"%s\"", DIALECT);
}

static enum status compile_id(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	const char *hash = json_is(keyword->value, JSON_STRING) ? strchr(json_string(keyword->value), '#') : "#";
	if (hash == NULL || (json_is(keyword->value, JSON_STRING) && hash[1] == '\0'))
		return STATUS_OK;
	return expected(fault, schema, keyword, "a URI reference without a fragment", "нужна ссылка URI без фрагмента");
}

static bool is_anchor(const char *text)
{
	bool begins_well = (*text >= 'A' && *text <= 'Z') || (*text >= 'a' && *text <= 'z') || *text == '_';
	return begins_well
	       && text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._")] == '\0';
}

static enum status compile_anchor(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	if (json_is(keyword->value, JSON_STRING) && is_anchor(json_string(keyword->value)))
		return STATUS_OK;
	return expected(fault, schema, keyword, "a letter or _, then letters, digits, - . _", "нужна буква или _, затем буквы, цифры, - . _");
}

static enum status compile_bool(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	if (!json_is(keyword->value, JSON_BOOL))
		return expected(fault, schema, keyword, "true or false", "нужно true или false");
	keyword->flag = json_bool(keyword->value);
	return STATUS_OK;
}

static enum status compile_number(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	if (!json_is(keyword->value, JSON_NUMBER))
		return expected(fault, schema, keyword, "a number", "нужно число");
	keyword->number = json_number(keyword->value);
	return STATUS_OK;
}

static enum status compile_divisor(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	if (!json_is(keyword->value, JSON_NUMBER) || json_number(keyword->value) <= 0)
		return expected(fault, schema, keyword, "a number above 0", "нужно число больше 0");
	keyword->number = json_number(keyword->value);
	return STATUS_OK;
}

static enum status compile_count(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	int64_t count = -1;
	if (!json_integer(keyword->value, &count) || count < 0)
		return expected(fault, schema, keyword, "a whole number, 0 or more", "нужно целое число от 0");
	keyword->count = (double)count;
	return STATUS_OK;
}

static unsigned type_of_name(const struct json *name)
{
	static const struct {
		const char *name;
		unsigned types;
	} TYPES[] = {
		{"null", OF(NULL)},
		{"boolean", OF(BOOL)},
		{"number", OF(NUMBER)},
		{"integer", OF_INTEGER},
		{"string", OF(STRING)},
		{"array", OF(ARRAY)},
		{"object", OF(OBJECT)},
	};
	for (size_t i = 0; i < ARRAY_COUNT(TYPES) && json_is(name, JSON_STRING); i++) {
		if (text_equal(TYPES[i].name, json_string(name)))
			return TYPES[i].types;
	}
	return 0;
}

static enum status compile_types(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	bool is_list = json_is(keyword->value, JSON_ARRAY);
	for (const struct json *name = is_list ? json_first(keyword->value) : keyword->value; name != NULL;
	     name = is_list ? json_next(name) : NULL) {
		unsigned types = type_of_name(name);
		if (types == 0 || (keyword->types & types) != 0)
			return expected(fault, schema, keyword, "the name of a type or an array of different ones", "нужно имя типа или массив разных имён типов");
		keyword->types |= types;
	}
	if (keyword->types == 0)
		return expected(fault, schema, keyword, "the name of a type or an array of different ones", "нужно имя типа или массив разных имён типов");
	return STATUS_OK;
}

/* False when value is no array of unique strings. */
static bool read_name_list(struct arena *arena, const struct json *value, struct name_list *ret_list)
{
	if (!json_is(value, JSON_ARRAY))
		return false;
	struct name_list list = {.at = arena_array(arena, struct json_key, json_count(value))};
	for (const struct json *item = json_first(value); item != NULL; item = json_next(item)) {
		if (!json_is(item, JSON_STRING))
			return false;
		struct json_key name = json_key(json_string(item), strlen(json_string(item)));
		for (size_t i = 0; i < list.count; i++) {
			if (json_key_equal(&list.at[i], &name))
				return false;
		}
		list.at[list.count++] = name;
	}
	*ret_list = list;
	return true;
}

static enum status compile_names(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	if (!read_name_list(schema->bundle->arena, keyword->value, &keyword->names))
		return expected(fault, schema, keyword, "an array of different strings", "нужен массив разных строк");
	return STATUS_OK;
}

static enum status pattern_of(struct schema *schema, const struct keyword *keyword, const char *text,
                              const struct pattern **ret_pattern, struct fault *fault)
{
	char error[200];
	*ret_pattern = pattern_compile(schema->bundle->patterns, text, error, sizeof error);
	if (*ret_pattern == NULL)
		return schema_fault(fault, STATUS_INVALID, schema, KEYWORD_KINDS[keyword->id].name,
		                    "\"%.100s\" is not readable as a pattern of ECMA-262: %s",
		                    "\"%.100s\" не читается как регулярное выражение ECMA-262: %s", text, error);
	return STATUS_OK;
}

static enum status compile_pattern(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	if (!json_is(keyword->value, JSON_STRING))
		return expected(fault, schema, keyword, "a string", "нужна строка");
	return pattern_of(schema, keyword, json_string(keyword->value), &keyword->pattern, fault);
}

/* A format that only annotates may have any name. */
static enum status compile_format(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	if (!json_is(keyword->value, JSON_STRING))
		return expected(fault, schema, keyword, "a string", "нужна строка");
	if (!format_find(json_string(keyword->value), &keyword->format)
	    && (schema->bundle->options & SCHEMA_ASSERT_FORMATS) != 0)
		return schema_fault(fault, STATUS_UNSUPPORTED, schema, "format",
		                    "the format \"%.100s\" is not supported: there are date, date-time, email, uri, uuid",
		                    "формат \"%.100s\" не поддерживается: есть date, date-time, email, uri, uuid",
		                    json_string(keyword->value));
	return STATUS_OK;
}

static enum status compile_reference(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	if (!json_is(keyword->value, JSON_STRING))
		return expected(fault, schema, keyword, "a URI reference", "нужна ссылка URI");
	keyword->schema = schema_index_resolve(schema, json_string(keyword->value));
	if (keyword->schema == NULL)
		return schema_fault(fault, STATUS_INVALID, schema, "$ref",
		                    "there is no schema \"%.200s\" in this bundle: correct the reference or add the document",
		                    "схемы \"%.200s\" в этом наборе нет: исправьте ссылку или добавьте документ",
		                    json_string(keyword->value));
	return STATUS_OK;
}

static enum status compile_schema(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	(void)fault;
	keyword->schema = schema_index_node(schema->bundle, keyword->value);
	ASSERT(keyword->schema != NULL);
	return STATUS_OK;
}

static enum status compile_schemas(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	size_t count = json_count(keyword->value);
	if (!json_is(keyword->value, JSON_ARRAY) || count == 0)
		return expected(fault, schema, keyword, "an array of one schema or more", "нужен непустой массив схем");
	keyword->schemas.at = arena_array(schema->bundle->arena, const struct schema *, count);
	for (const struct json *item = json_first(keyword->value); item != NULL; item = json_next(item))
		keyword->schemas.at[keyword->schemas.count++] = schema_index_node(schema->bundle, item);
	return STATUS_OK;
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* So that a member of an instance finds its entry by its name. */
static void index_entries(struct arena *arena, struct keyword *keyword)
{
	size_t count = keyword->map.count;
	keyword->map.slots_count = 2;
	while (keyword->map.slots_count < 2 * count)
		keyword->map.slots_count *= 2;
	keyword->map.slots = arena_array(arena, uint32_t, keyword->map.slots_count);
	for (size_t i = 0; i < count; i++) {
		size_t slot = schema_name_hash(&keyword->map.at[i].key) & (keyword->map.slots_count - 1);
		while (keyword->map.slots[slot] != 0)
			slot = (slot + 1) & (keyword->map.slots_count - 1);
		keyword->map.slots[slot] = (uint32_t)i + 1;
	}
}

static enum status compile_map(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	if (!json_is(keyword->value, JSON_OBJECT))
		return expected(fault, schema, keyword, "an object", "нужен объект");
	keyword->map.at = arena_array(schema->bundle->arena, struct entry, json_count(keyword->value));
	for (const struct json *item = json_first(keyword->value); item != NULL; item = json_next(item))
		keyword->map.at[keyword->map.count++] = (struct entry){.name = json_name(item), .key = *json_name_key(item)};
	qsort(keyword->map.at, keyword->map.count, sizeof *keyword->map.at, compare_entries);
	index_entries(schema->bundle->arena, keyword);
	return STATUS_OK;
}

static enum status compile_schema_map(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	enum status status = compile_map(schema, keyword, fault);
	for (size_t i = 0; i < keyword->map.count && status == STATUS_OK; i++) {
		struct entry *entry = &keyword->map.at[i];
		entry->schema = schema_index_node(schema->bundle, json_find(keyword->value, entry->name));
	}
	return status;
}

static enum status compile_pattern_map(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	enum status status = compile_schema_map(schema, keyword, fault);
	for (size_t i = 0; i < keyword->map.count && status == STATUS_OK; i++)
		status = pattern_of(schema, keyword, keyword->map.at[i].name, &keyword->map.at[i].pattern, fault);
	return status;
}

static enum status compile_name_lists(struct schema *schema, struct keyword *keyword, struct fault *fault)
{
	enum status status = compile_map(schema, keyword, fault);
	for (size_t i = 0; i < keyword->map.count && status == STATUS_OK; i++) {
		struct entry *entry = &keyword->map.at[i];
		if (!read_name_list(schema->bundle->arena, json_find(keyword->value, entry->name), &entry->names))
			status = expected(fault, schema, keyword, "an object of arrays of different strings", "нужен объект из массивов разных строк");
	}
	return status;
}

typedef enum status compile_function(struct schema *schema, struct keyword *keyword, struct fault *fault);

static compile_function *const COMPILERS[SHAPE_TOTAL] = {
	[SHAPE_ANCHOR] = compile_anchor,
	[SHAPE_BOOL] = compile_bool,
	[SHAPE_COUNT] = compile_count,
	[SHAPE_DIALECT] = compile_dialect,
	[SHAPE_DIVISOR] = compile_divisor,
	[SHAPE_FORMAT] = compile_format,
	[SHAPE_ID] = compile_id,
	[SHAPE_NAMES] = compile_names,
	[SHAPE_NAME_LISTS] = compile_name_lists,
	[SHAPE_NUMBER] = compile_number,
	[SHAPE_PATTERN] = compile_pattern,
	[SHAPE_PATTERN_MAP] = compile_pattern_map,
	[SHAPE_REF] = compile_reference,
	[SHAPE_SCHEMA] = compile_schema,
	[SHAPE_SCHEMAS] = compile_schemas,
	[SHAPE_SCHEMA_MAP] = compile_schema_map,
	[SHAPE_TEXT] = compile_text,
	[SHAPE_TYPES] = compile_types,
	[SHAPE_VALUE] = compile_value,
	[SHAPE_VALUES] = compile_values,
};

enum status schema_compile(struct schema *schema, struct fault *fault)
{
	enum status status = STATUS_OK;
	schema->is_bool = json_is(schema->json, JSON_BOOL);
	schema->keywords = arena_array(schema->bundle->arena, struct keyword, json_count(schema->json));
	schema->checks = arena_array(schema->bundle->arena, const struct keyword *, json_count(schema->json));
	for (size_t id = 0; id < KEYWORD_COUNT && status == STATUS_OK; id++) {
		const struct json *value = json_find(schema->json, KEYWORD_KINDS[id].name);
		if (value == NULL)
			continue;
		struct keyword *keyword = &schema->keywords[schema->keywords_count++];
		*keyword = (struct keyword){.id = (enum keyword_id)id, .looks_at = KEYWORD_KINDS[id].types, .value = value};
		schema->by_id[id] = keyword;
		if (keyword->looks_at != 0)
			schema->checks[schema->checks_count++] = keyword;
		status = COMPILERS[KEYWORD_KINDS[id].shape](schema, keyword, fault);
	}
	schema->tracks = schema->by_id[KEYWORD_UNEVALUATED_PROPERTIES] != NULL
	                 || schema->by_id[KEYWORD_UNEVALUATED_ITEMS] != NULL;
	return status;
}

enum { VISIT_NEW, VISIT_OPEN, VISIT_DONE };

static enum status visit(struct schema *schema, struct fault *fault);

static enum status visit_target(const struct schema *from, const struct schema *target, struct fault *fault)
{
	return visit(schema_index_node(from->bundle, target->json), fault);
}

static enum status visit_keyword(const struct schema *schema, const struct keyword *keyword, struct fault *fault)
{
	enum status status = STATUS_OK;
	switch (keyword->id) {
	case KEYWORD_REF:
	case KEYWORD_NOT:
	case KEYWORD_IF:
	case KEYWORD_THEN:
	case KEYWORD_ELSE:
		return visit_target(schema, keyword->schema, fault);
	case KEYWORD_ALL_OF:
	case KEYWORD_ANY_OF:
	case KEYWORD_ONE_OF:
		for (size_t i = 0; i < keyword->schemas.count && status == STATUS_OK; i++)
			status = visit_target(schema, keyword->schemas.at[i], fault);
		return status;
	case KEYWORD_DEPENDENT_SCHEMAS:
		for (size_t i = 0; i < keyword->map.count && status == STATUS_OK; i++)
			status = visit_target(schema, keyword->map.at[i].schema, fault);
		return status;
	default:
		return STATUS_OK;
	}
}

static enum status visit(struct schema *schema, struct fault *fault)
{
	if (schema->visit == VISIT_DONE)
		return STATUS_OK;
	if (schema->visit == VISIT_OPEN)
		return schema_fault(fault, STATUS_INVALID, schema, NULL,
		                    "the schema refers back to itself for the same value: break the circle",
		                    "схема ссылается на саму себя для того же значения: разорвите круг");
	enum status status = STATUS_OK;
	schema->visit = VISIT_OPEN;
	for (size_t i = 0; i < schema->keywords_count && status == STATUS_OK; i++)
		status = visit_keyword(schema, &schema->keywords[i], fault);
	schema->visit = VISIT_DONE;
	return status;
}

enum status schema_refuse_circles(struct schema_bundle *bundle, struct fault *fault)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; i < bundle->schemas_count && status == STATUS_OK; i++)
		status = visit(bundle->schemas[i], fault);
	return status;
}
