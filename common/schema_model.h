/* schema_model: what a compiled bundle looks like; between the schema_*.c files only.
 *
 *   schema.c          the bundle: new, destroy, find
 *   schema_index.c    every schema of every document gets its node, its base URI and its names; $ref is resolved here
 *   schema_compile.c  the value of every keyword becomes an operand
 *   schema_check.c    validation: the walk, the fault, what has been evaluated
 *   schema_assert.c   validation: keywords that look at one value
 *   schema_apply.c    validation: keywords that apply other schemas
 *   schema_uri, schema_pattern, schema_ecma, schema_multiple, schema_format: as they are called */
#ifndef EFFREG_SCHEMA_MODEL_H
#define EFFREG_SCHEMA_MODEL_H

#include "common/schema.h"
#include "common/schema_format.h"
#include "common/schema_pattern.h"

#define OF(type)   (1U << JSON_##type)
#define OF_INTEGER (1U << 6)  /* for "type" only: a number without a fraction */
#define OF_ANY     (OF(NULL) | OF(BOOL) | OF(NUMBER) | OF(STRING) | OF(ARRAY) | OF(OBJECT))

/* Every keyword: its name, the shape of its value, the types of instances it looks at. In the order of checking:
 * cheap and telling ones first, so that the first fault is the most useful one; what needs to know what the others have
 * evaluated last. */
#define KEYWORD_MAP(X) \
	X(SCHEMA, "$schema", DIALECT, 0) \
	X(ID, "$id", ID, 0) \
	X(ANCHOR, "$anchor", ANCHOR, 0) \
	X(COMMENT, "$comment", TEXT, 0) \
	X(DEFS, "$defs", SCHEMA_MAP, 0) \
	X(TITLE, "title", TEXT, 0) \
	X(DESCRIPTION, "description", TEXT, 0) \
	X(DEFAULT, "default", VALUE, 0) \
	X(EXAMPLES, "examples", VALUES, 0) \
	X(DEPRECATED, "deprecated", BOOL, 0) \
	X(READ_ONLY, "readOnly", BOOL, 0) \
	X(WRITE_ONLY, "writeOnly", BOOL, 0) \
	X(TYPE, "type", TYPES, OF_ANY) \
	X(CONST, "const", VALUE, OF_ANY) \
	X(ENUM, "enum", VALUES, OF_ANY) \
	X(REQUIRED, "required", NAMES, OF(OBJECT)) \
	X(MIN_PROPERTIES, "minProperties", COUNT, OF(OBJECT)) \
	X(MAX_PROPERTIES, "maxProperties", COUNT, OF(OBJECT)) \
	X(DEPENDENT_REQUIRED, "dependentRequired", NAME_LISTS, OF(OBJECT)) \
	X(MIN_ITEMS, "minItems", COUNT, OF(ARRAY)) \
	X(MAX_ITEMS, "maxItems", COUNT, OF(ARRAY)) \
	X(UNIQUE_ITEMS, "uniqueItems", BOOL, OF(ARRAY)) \
	X(MIN_LENGTH, "minLength", COUNT, OF(STRING)) \
	X(MAX_LENGTH, "maxLength", COUNT, OF(STRING)) \
	X(PATTERN, "pattern", PATTERN, OF(STRING)) \
	X(FORMAT, "format", FORMAT, OF(STRING)) \
	X(MINIMUM, "minimum", NUMBER, OF(NUMBER)) \
	X(MAXIMUM, "maximum", NUMBER, OF(NUMBER)) \
	X(EXCLUSIVE_MINIMUM, "exclusiveMinimum", NUMBER, OF(NUMBER)) \
	X(EXCLUSIVE_MAXIMUM, "exclusiveMaximum", NUMBER, OF(NUMBER)) \
	X(MULTIPLE_OF, "multipleOf", DIVISOR, OF(NUMBER)) \
	X(REF, "$ref", REF, OF_ANY) \
	X(ALL_OF, "allOf", SCHEMAS, OF_ANY) \
	X(ANY_OF, "anyOf", SCHEMAS, OF_ANY) \
	X(ONE_OF, "oneOf", SCHEMAS, OF_ANY) \
	X(NOT, "not", SCHEMA, OF_ANY) \
	X(IF, "if", SCHEMA, OF_ANY) \
	X(THEN, "then", SCHEMA, 0) \
	X(ELSE, "else", SCHEMA, 0) \
	X(DEPENDENT_SCHEMAS, "dependentSchemas", SCHEMA_MAP, OF(OBJECT)) \
	X(PROPERTY_NAMES, "propertyNames", SCHEMA, OF(OBJECT)) \
	X(PROPERTIES, "properties", SCHEMA_MAP, OF(OBJECT)) \
	X(PATTERN_PROPERTIES, "patternProperties", PATTERN_MAP, OF(OBJECT)) \
	X(ADDITIONAL_PROPERTIES, "additionalProperties", SCHEMA, OF(OBJECT)) \
	X(PREFIX_ITEMS, "prefixItems", SCHEMAS, OF(ARRAY)) \
	X(ITEMS, "items", SCHEMA, OF(ARRAY)) \
	X(MIN_CONTAINS, "minContains", COUNT, 0) \
	X(MAX_CONTAINS, "maxContains", COUNT, 0) \
	X(CONTAINS, "contains", SCHEMA, OF(ARRAY)) \
	X(UNEVALUATED_PROPERTIES, "unevaluatedProperties", SCHEMA, OF(OBJECT)) \
	X(UNEVALUATED_ITEMS, "unevaluatedItems", SCHEMA, OF(ARRAY))

enum keyword_id {
#define KEYWORD_ENUM(id, name, shape, types) KEYWORD_##id,
	KEYWORD_MAP(KEYWORD_ENUM)
#undef KEYWORD_ENUM
	KEYWORD_COUNT,
};

enum keyword_shape {
	SHAPE_ANCHOR,
	SHAPE_BOOL,
	SHAPE_COUNT,
	SHAPE_DIALECT,
	SHAPE_DIVISOR,      /* a number above 0 */
	SHAPE_FORMAT,
	SHAPE_ID,
	SHAPE_NAMES,        /* unique strings */
	SHAPE_NAME_LISTS,   /* name → unique strings */
	SHAPE_NUMBER,
	SHAPE_PATTERN,
	SHAPE_PATTERN_MAP,  /* pattern → schema */
	SHAPE_REF,
	SHAPE_SCHEMA,
	SHAPE_SCHEMAS,
	SHAPE_SCHEMA_MAP,   /* name → schema */
	SHAPE_TEXT,
	SHAPE_TYPES,
	SHAPE_VALUE,
	SHAPE_VALUES,
	SHAPE_TOTAL,
};

struct keyword_kind {
	const char *name;
	enum keyword_shape shape;
	unsigned types;  /* of instances, by OF(); 0 = it says nothing by itself */
};

extern const struct keyword_kind KEYWORD_KINDS[KEYWORD_COUNT];

struct name_list {
	struct json_key *at;
	size_t count;
};

/* Of the names of a schema, which is ours, so that nobody makes them collide. */
static inline size_t schema_name_hash(const struct json_key *key)
{
	uint64_t hash = (key->head + key->len) * 0x9E3779B97F4A7C15U ^ key->tail * 0xC2B2AE3D27D4EB4FU;
	return (size_t)(hash ^ hash >> 32);
}

/* An entry of properties, patternProperties, dependentSchemas (schema) or dependentRequired (names). */
struct entry {
	const char *name;
	struct json_key key;
	const struct pattern *pattern;
	const struct schema *schema;
	struct name_list names;
};

struct keyword {
	enum keyword_id id;
	unsigned looks_at;         /* types of instances, as its kind says */
	const struct json *value;  /* as it stands in the document */
	union {                    /* by the shape of the keyword */
		bool flag;
		double number;
		double count;          /* a whole number; as a double, so that minItems: 1e20 is one too */
		unsigned types;
		enum format format;
		const struct pattern *pattern;
		const struct schema *schema;
		struct name_list names;
		struct {
			const struct schema **at;
			size_t count;
		} schemas;
		struct {
			struct entry *at;    /* sorted by name */
			size_t count;
			uint32_t *slots;     /* by schema_name_hash: 1 + place in `at`, 0 = free; half of them at least are */
			size_t slots_count;  /* a power of two */
		} map;
	};
};

struct schema {
	struct schema_bundle *bundle;
	const struct json *json;
	const struct schema_source *source;
	const char *pointer;   /* where it stands in its document */
	const char *base;      /* the URI that its references are relative to */
	const char *anchor;    /* or NULL */
	bool is_resource;      /* a root, or it has an $id: base is its own URI */
	bool is_bool;          /* true or false: everything is valid, or nothing */
	bool tracks;           /* it asks what other keywords have evaluated */
	unsigned visit;        /* of the search for circles */
	struct keyword *keywords;  /* none for true and false; sorted by id */
	size_t keywords_count;
	const struct keyword **checks;  /* those of them that say something by themselves, in their order */
	size_t checks_count;
	const struct keyword *by_id[KEYWORD_COUNT];  /* NULL = absent */
};

/* One document of the bundle. */
struct schema_source {
	const char *name;
	const struct json *json;
	const struct schema *root;
};

struct schema_bundle {
	struct arena *arena;
	unsigned options;      /* SCHEMA_… */
	struct patterns *patterns;
	struct schema_source *sources;
	size_t sources_count;
	struct schema **schemas;  /* sorted by the address of json once the index is complete */
	size_t schemas_count;
	size_t schemas_capacity;
};

/* Finds the schemas of source and enters them. */
enum status schema_index_source(struct schema_bundle *bundle, struct schema_source *source, struct fault *fault) MUST_CHECK;
/* After the last source; refuses URIs and anchors that are given twice. */
enum status schema_index_finish(struct schema_bundle *bundle, struct fault *fault) MUST_CHECK;
/* The schema that stands there, or NULL. */
struct schema *schema_index_node(const struct schema_bundle *bundle, const struct json *json);
const struct schema *schema_index_resource(const struct schema_bundle *bundle, const char *uri);
/* What a $ref in schema means, or NULL. */
const struct schema *schema_index_resolve(const struct schema *schema, const char *reference);

/* Operands of every keyword of schema; all schemas must be indexed. */
enum status schema_compile(struct schema *schema, struct fault *fault) MUST_CHECK;
/* Refuses schemas that come back to themselves without going into the instance; all must be compiled. */
enum status schema_refuse_circles(struct schema_bundle *bundle, struct fault *fault) MUST_CHECK;

/* A fault of the document: its text begins with the name of source. name (may be NULL) is added to schema's pointer. */
enum status schema_fault(struct fault *fault, enum status status, const struct schema *schema, const char *name,
                         const char *en, const char *ru, ...) PRINTF_LIKE(5, 7) PRINTF_LIKE(6, 7);

#endif
