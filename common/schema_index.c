/* Finds every schema inside the documents, by the keywords that hold schemas, and gives it a node. Afterwards a node is
 * found by its place in the tree, its URI, its anchor or a pointer; a pointer to what is no schema finds nothing. */
#include <stdio.h>
#include <stdlib.h>

#include "common/schema_model.h"
#include "common/schema_uri.h"

const struct keyword_kind KEYWORD_KINDS[KEYWORD_COUNT] = {
#define KEYWORD_KIND(id, name, shape, types) [KEYWORD_##id] = {name, SHAPE_##shape, types},
	KEYWORD_MAP(KEYWORD_KIND)
#undef KEYWORD_KIND
};

/* Where the walk stands. */
struct site {
	struct schema_bundle *bundle;
	const struct schema_source *source;
	const char *pointer;
	const char *base;
	bool is_root;
};

static const struct keyword_kind *kind_find(const char *name)
{
	for (size_t i = 0; i < KEYWORD_COUNT; i++) {
		if (text_equal(KEYWORD_KINDS[i].name, name))
			return &KEYWORD_KINDS[i];
	}
	return NULL;
}

static void schemas_push(struct schema_bundle *bundle, struct schema *schema)
{
	if (bundle->schemas_count == bundle->schemas_capacity) {
		bundle->schemas_capacity = 2 * bundle->schemas_capacity + 64;
		bundle->schemas = realloc(bundle->schemas, bundle->schemas_capacity * sizeof *bundle->schemas);
		ASSERT(bundle->schemas != NULL);
	}
	bundle->schemas[bundle->schemas_count++] = schema;
}

/* A pointer too long for a fault is cut off; nothing but faults is made of it. */
static const char *pointer_to(const struct site *site, const char *name, const char *entry)
{
	char pointer[sizeof ((struct fault *)0)->pointer];
	snprintf(pointer, sizeof pointer, "%s", site->pointer);
	json_pointer_append(pointer, sizeof pointer, name);
	if (entry != NULL)
		json_pointer_append(pointer, sizeof pointer, entry);
	return arena_text(site->bundle->arena, pointer, strlen(pointer));
}

static enum status index_schema(const struct site *site, const struct json *json, struct schema **ret_schema,
                                struct fault *fault);

static enum status index_child(const struct site *site, const struct json *json, const char *keyword, const char *entry,
                               struct fault *fault)
{
	struct schema *child = NULL;
	struct site inner = {
		.bundle = site->bundle,
		.source = site->source,
		.pointer = pointer_to(site, keyword, entry),
		.base = site->base,
	};
	return index_schema(&inner, json, &child, fault);
}

static enum status index_children(const struct site *site, const struct json *value, const char *keyword,
                                  struct fault *fault)
{
	enum status status = STATUS_OK;
	size_t index = 0;
	for (const struct json *item = json_first(value); item != NULL && status == STATUS_OK; item = json_next(item)) {
		char number[24];
		snprintf(number, sizeof number, "%zu", index++);
		status = index_child(site, item, keyword, json_name(item) != NULL ? json_name(item) : number, fault);
	}
	return status;
}

/* What the value of a keyword holds in schemas; whether the value has the right type is schema_compile's to say. */
static enum status index_keyword(const struct site *site, const struct json *value, enum keyword_shape shape,
                                 struct fault *fault)
{
	const char *keyword = json_name(value);
	switch (shape) {
	case SHAPE_SCHEMA:
		return index_child(site, value, keyword, NULL, fault);
	case SHAPE_SCHEMAS:
		return json_is(value, JSON_ARRAY) ? index_children(site, value, keyword, fault) : STATUS_OK;
	case SHAPE_SCHEMA_MAP:
	case SHAPE_PATTERN_MAP:
		return json_is(value, JSON_OBJECT) ? index_children(site, value, keyword, fault) : STATUS_OK;
	default:
		return STATUS_OK;
	}
}

/* What begins with $ belongs to the core, which has no annotations; content* we know and lack. */
static bool may_be_ignored(const struct schema_bundle *bundle, const char *name)
{
	if (strncmp(name, "x-", 2) == 0)
		return true;
	return (bundle->options & SCHEMA_IGNORE_UNKNOWN) != 0 && name[0] != '$' && !text_equal(name, "contentEncoding")
	       && !text_equal(name, "contentMediaType") && !text_equal(name, "contentSchema");
}

static enum status index_keywords(const struct site *site, const struct schema *schema, struct fault *fault)
{
	enum status status = STATUS_OK;
	for (const struct json *value = json_first(schema->json); value != NULL; value = json_next(value)) {
		const struct keyword_kind *kind = kind_find(json_name(value));
		if (kind != NULL)
			status = index_keyword(site, value, kind->shape, fault);
		else if (!may_be_ignored(site->bundle, json_name(value)))
			status = schema_fault(fault, STATUS_UNSUPPORTED, schema, json_name(value),
			                      "the keyword \"%.100s\" is not supported: remove it, or begin its name with x-",
			                      "ключевое слово \"%.100s\" не поддерживается: удалите его или начните имя с x-",
			                      json_name(value));
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/* $id and $anchor, when they are strings. */
static void read_names(struct site *site, struct schema *schema)
{
	const char *id = json_find_string(schema->json, "$id");
	if (id != NULL)
		site->base = uri_resolve(site->bundle->arena, site->base, id);
	schema->is_resource = id != NULL || site->is_root;
	schema->anchor = json_find_string(schema->json, "$anchor");
	schema->base = site->base;
}

static enum status index_schema(const struct site *outer, const struct json *json, struct schema **ret_schema,
                                struct fault *fault)
{
	struct site site = *outer;
	struct schema *schema = arena_alloc(site.bundle->arena, sizeof *schema);
	*schema = (struct schema){.bundle = site.bundle, .json = json, .source = site.source, .pointer = site.pointer};
	if (!json_is(json, JSON_OBJECT) && !json_is(json, JSON_BOOL))
		return schema_fault(fault, STATUS_INVALID, schema, NULL, "a schema must be an object, true or false",
		                    "схема должна быть объектом, true или false");
	read_names(&site, schema);
	schemas_push(site.bundle, schema);
	*ret_schema = schema;
	return index_keywords(&site, schema, fault);
}

enum status schema_index_source(struct schema_bundle *bundle, struct schema_source *source, struct fault *fault)
{
	struct schema *root = NULL;
	struct site site = {.bundle = bundle, .source = source, .pointer = "", .base = source->name, .is_root = true};
	enum status status = index_schema(&site, source->json, &root, fault);
	source->root = root;
	return status;
}

static int compare_places(const void *a, const void *b)
{
	uintptr_t left = (uintptr_t)(*(struct schema *const *)a)->json;
	uintptr_t right = (uintptr_t)(*(struct schema *const *)b)->json;
	return (left > right) - (left < right);
}

/* Two schemas that one URI or one URI#anchor would mean. */
static bool same_name(const struct schema *a, const struct schema *b)
{
	if (!text_equal(a->base, b->base))
		return false;
	bool same_anchor = a->anchor != NULL && b->anchor != NULL && text_equal(a->anchor, b->anchor);
	return same_anchor || (a->is_resource && b->is_resource);
}

static const struct schema *earlier_of_the_name(const struct schema_bundle *bundle, size_t place)
{
	const struct schema *schema = bundle->schemas[place];
	if (!schema->is_resource && schema->anchor == NULL)
		return NULL;
	for (size_t i = 0; i < place; i++) {
		if (same_name(bundle->schemas[i], schema))
			return bundle->schemas[i];
	}
	return NULL;
}

enum status schema_index_finish(struct schema_bundle *bundle, struct fault *fault)
{
	for (size_t i = 0; i < bundle->schemas_count; i++) {
		const struct schema *other = earlier_of_the_name(bundle, i);
		if (other != NULL)
			return schema_fault(fault, STATUS_INVALID, bundle->schemas[i], NULL,
			                    "its $id or $anchor belongs to %.100s#%.100s already: choose another",
			                    "её $id или $anchor уже занят схемой %.100s#%.100s: выберите другой",
			                    other->source->name, other->pointer);
	}
	if (bundle->schemas_count > 0)
		qsort(bundle->schemas, bundle->schemas_count, sizeof *bundle->schemas, compare_places);
	return STATUS_OK;
}

struct schema *schema_index_node(const struct schema_bundle *bundle, const struct json *json)
{
	struct schema wanted = {.json = json};
	const struct schema *key = &wanted;
	struct schema *const *found = bsearch(&key, bundle->schemas, bundle->schemas_count, sizeof *bundle->schemas,
	                                      compare_places);
	return found != NULL ? *found : NULL;
}

const struct schema *schema_index_resource(const struct schema_bundle *bundle, const char *uri)
{
	for (size_t i = 0; i < bundle->schemas_count; i++) {
		if (bundle->schemas[i]->is_resource && text_equal(bundle->schemas[i]->base, uri))
			return bundle->schemas[i];
	}
	return NULL;
}

static const struct schema *find_anchor(const struct schema_bundle *bundle, const char *base, const char *anchor)
{
	for (size_t i = 0; i < bundle->schemas_count; i++) {
		const struct schema *schema = bundle->schemas[i];
		if (schema->anchor != NULL && text_equal(schema->anchor, anchor) && text_equal(schema->base, base))
			return schema;
	}
	return NULL;
}

/* The token between slashes of a JSON Pointer, unescaped in place. */
static void unescape_token(char *token)
{
	char *to = token;
	for (const char *at = token; *at != '\0'; at++) {
		bool escape = at[0] == '~' && (at[1] == '0' || at[1] == '1');
		if (escape)
			at++;
		*to++ = (char)(!escape ? *at : *at == '0' ? '~' : '/');
	}
	*to = '\0';
}

static const struct json *element_at(const struct json *array, const char *token)
{
	size_t len = strlen(token);
	if (len == 0 || len > 9 || strspn(token, "0123456789") != len || (token[0] == '0' && len > 1))
		return NULL;
	unsigned long index = strtoul(token, NULL, 10);
	const struct json *item = json_first(array);
	while (item != NULL && index-- > 0)
		item = json_next(item);
	return item;
}

static const struct json *follow(struct arena *arena, const struct json *json, const char *pointer)
{
	while (json != NULL && *pointer == '/') {
		size_t len = strcspn(++pointer, "/");
		char *token = arena_text(arena, pointer, len);
		unescape_token(token);
		json = json_is(json, JSON_ARRAY) ? element_at(json, token) : json_find(json, token);
		pointer += len;
	}
	return json;
}

const struct schema *schema_index_resolve(const struct schema *schema, const char *reference)
{
	const struct schema_bundle *bundle = schema->bundle;
	const char *uri = uri_resolve(bundle->arena, schema->base, reference);
	const char *fragment = uri_fragment(bundle->arena, reference);
	const struct schema *resource = schema_index_resource(bundle, uri);
	if (resource == NULL || fragment == NULL)
		return NULL;
	if (fragment[0] == '\0')
		return resource;
	if (fragment[0] != '/')
		return find_anchor(bundle, uri, fragment);
	const struct json *json = follow(bundle->arena, resource->json, fragment);
	return json != NULL ? schema_index_node(bundle, json) : NULL;
}
