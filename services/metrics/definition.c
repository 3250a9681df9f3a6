#include "services/metrics/definition.h"

#include <stdio.h>
#include <stdlib.h>

/* Where the file says otherwise nothing, these attributes say whom an entity counts for too. A project has lists. */
static const char *const SUBJECT_PREFIXES[SUBJECT_KIND_COUNT] = {
	"", "authority/", "institution/", "sphere/", "region/",
};
static const char *const SUBJECT_MEMBERS[SUBJECT_KIND_COUNT] = {
	"", "authority", "institution", "sphere", "region",
};

static const char *const CONDITIONS[CONDITION_KIND_COUNT] = {
	"is", "not", "in", "present", "at_least", "at_most", "above", "below", "contains",
};
static const char *const MEASURES[MEASURE_KIND_COUNT] = {
	"count", "sum", "mean", "median", "outliers", "distinct", "latest", "named",
};
static const char *const NAMED[NAMED_MEASURE_COUNT] = {
#define NAMED_MEASURE_TEXT(name, text) [NAMED_##name] = text,
	NAMED_MEASURE_MAP(NAMED_MEASURE_TEXT)
#undef NAMED_MEASURE_TEXT
};

struct reader {
	struct arena *arena;
	struct fault *fault;
	char pointer[256];  /* of the definition being read */
	enum status status;
};

static bool refuse(struct reader *reader, const char *member, const char *expected)
{
	char pointer[sizeof reader->pointer];
	if (reader->status != STATUS_OK)
		return false;
	snprintf(pointer, sizeof pointer, "%s", reader->pointer);
	if (member[0] != '\0')
		json_pointer_append(pointer, sizeof pointer, member);
	reader->status = fault_set(reader->fault, STATUS_INVALID, "indicators", pointer, -1, "expected %s", expected);
	return false;
}

/* ---- Paths and conditions ---- */

static bool read_path(struct reader *reader, const char *member, const char *text, struct attribute_path *path)
{
	char *at = arena_text(reader->arena, text, strlen(text));
	*path = (struct attribute_path){.count = 0};
	for (char *step = at; step != NULL;) {
		char *dot = strchr(step, '.');
		if (dot != NULL)
			*dot = '\0';
		if (path->count == DEFINITION_STEPS_MAX || step[0] == '\0')
			return refuse(reader, member, "a path of an attribute: names with dots between, six at most");
		path->steps[path->count++] = step;
		step = dot == NULL ? NULL : dot + 1;
	}
	return true;
}

static bool read_path_member(struct reader *reader, const struct json *json, const char *member, struct attribute_path *path)
{
	const char *text = json_find_string(json, member);
	return text == NULL || read_path(reader, member, text, path);
}

static bool read_condition(struct reader *reader, const struct json *json, struct condition *condition)
{
	const char *attribute = json_find_string(json, "attribute");
	if (attribute == NULL || !read_path(reader, "filter", attribute, &condition->path))
		return refuse(reader, "filter", "conditions with an attribute");
	for (unsigned kind = 0; kind < CONDITION_KIND_COUNT; kind++) {
		const struct json *value = json_find(json, CONDITIONS[kind]);
		if (value == NULL)
			continue;
		condition->kind = (enum condition_kind)kind;
		condition->value = value;
		return !json_is(value, JSON_OBJECT) || read_path_member(reader, value, "attribute", &condition->other);
	}
	return refuse(reader, "filter", "one comparison in each condition");
}

static bool read_filter(struct reader *reader, const struct json *json, struct part *part)
{
	const struct json *filter = json_find(json, "filter");
	for (const struct json *item = filter == NULL ? NULL : json_first(filter); item != NULL; item = json_next(item)) {
		if (part->filter_count == DEFINITION_FILTERS_MAX)
			return refuse(reader, "filter", "at most 16 conditions");
		if (!read_condition(reader, item, &part->filter[part->filter_count++]))
			return false;
	}
	return true;
}

/* ---- Parts ---- */

static bool read_named(struct reader *reader, const char *name, struct part *part)
{
	for (unsigned i = 0; i < NAMED_MEASURE_COUNT; i++) {
		if (text_equal(NAMED[i], name)) {
			part->named = (enum named_measure)i;
			return true;
		}
	}
	return refuse(reader, "measure", "a named measure that this program has");
}

static bool read_measure(struct reader *reader, const struct json *json, struct part *part)
{
	const struct json *measure = json_find(json, "measure");
	for (unsigned kind = 0; kind < MEASURE_KIND_COUNT; kind++) {
		const struct json *of = json_find(measure, MEASURES[kind]);
		if (of == NULL)
			continue;
		part->measure = (enum measure_kind)kind;
		if (kind == MEASURE_COUNT)
			return true;
		if (!json_is(of, JSON_STRING))
			break;
		if (kind == MEASURE_NAMED)
			return read_named(reader, json_string(of), part);
		return read_path(reader, "measure", json_string(of), &part->measured)
		       && read_path_member(reader, measure, "less", &part->less);
	}
	return refuse(reader, "measure", "one measure, of an attribute");
}

static bool read_until(struct reader *reader, const struct json *json, struct part *part)
{
	const struct json *until = json_find(json, "until");
	if (json_is(until, JSON_STRING)) {
		part->ends_count = 1;
		return read_path(reader, "until", json_string(until), &part->ends[0]);
	}
	for (const struct json *item = until == NULL ? NULL : json_first(until); item != NULL; item = json_next(item)) {
		if (part->ends_count == DEFINITION_ENDS_MAX || !json_is(item, JSON_STRING))
			return refuse(reader, "until", "at most four attributes");
		if (!read_path(reader, "until", json_string(item), &part->ends[part->ends_count++]))
			return false;
	}
	return true;
}

/* kind: of the whole indicator, where the part has none of its own. */
static bool read_part(struct reader *reader, const struct json *json, const char *kind, struct part *part)
{
	const char *source = json_find_string(json, "source");
	const char *own = json_find_string(json, "kind");
	part->stock = text_equal(own != NULL ? own : kind, "stock");
	part->any_kind = source != NULL && text_equal(source, "any");
	if (!part->any_kind && (source == NULL || !entity_kind_find(source, &part->source)))
		return refuse(reader, "source", "the kind of an entity, or any");
	if (!read_path_member(reader, json, "date", &part->date) || !read_until(reader, json, part)
	    || !read_filter(reader, json, part) || !read_measure(reader, json, part))
		return false;
	if (part->measure != MEASURE_NAMED && part->date.count == 0)
		return refuse(reader, "date", "the attribute that says when it counts");
	bool adds_up = part->measure == MEASURE_COUNT || part->measure == MEASURE_SUM || part->measure == MEASURE_MEAN;
	if (part->ends_count > 0 && (!part->stock || !adds_up))
		return refuse(reader, "until", "an end only of what adds up at the end of a period");
	return true;
}

/* ---- Definitions ---- */

static bool read_subjects(struct reader *reader, const struct json *json, struct definition *definition)
{
	const struct json *subjects = json_find(json, "subjects");
	for (unsigned kind = SUBJECT_AUTHORITY; subjects != NULL && kind < SUBJECT_KIND_COUNT; kind++) {
		const char *path = json_find_string(subjects, SUBJECT_MEMBERS[kind]);
		definition->subject_given[kind] = json_find(subjects, SUBJECT_MEMBERS[kind]) != NULL;
		if (path != NULL && !read_path(reader, "subjects", path, &definition->subjects[kind]))
			return false;
	}
	return true;
}

static bool member_is(const struct json *json, const char *member, const char *text)
{
	const char *value = json_find_string(json, member);
	return value != NULL && text_equal(value, text);
}

static bool flag(const struct json *json, const char *member)
{
	const struct json *value = json_find(json, member);
	return json_is(value, JSON_BOOL) && json_bool(value);
}

static bool read_parts(struct reader *reader, const struct json *json, struct definition *definition)
{
	const char *kind = json_find_string(json, "kind");
	const struct json *numerator = json_find(json, "numerator");
	if (kind == NULL)
		return refuse(reader, "kind", "flow or stock");
	definition->parts_count = numerator == NULL ? 1 : 2;
	if (!read_part(reader, numerator == NULL ? json : numerator, kind, &definition->parts[0]))
		return false;
	if (numerator != NULL && !read_part(reader, json_find(json, "denominator"), kind, &definition->parts[1]))
		return false;
	for (unsigned i = 0; i < definition->parts_count; i++) {
		if (definition->parts_count == 2 && (definition->parts[i].measure == MEASURE_MEDIAN || definition->parts[i].measure == MEASURE_MEAN))
			return refuse(reader, "measure", "a number of things or a sum in a numerator and a denominator");
		if (definition->within && definition->parts[i].measure != MEASURE_DISTINCT)
			return refuse(reader, "within", "distinct things on both sides");
	}
	return true;
}

static bool read_definition(struct reader *reader, const struct json *json, struct definition *definition)
{
	const struct json *scale = json_find(json, "scale");
	*definition = (struct definition){
		.code = json_find_string(json, "code"),
		.title = json_find(json, "title"),
		.description = json_find(json, "description"),
		.unit = json_find_string(json, "unit"),
		.direction = json_find_string(json, "direction"),
		.scale = 1,
		.within = flag(json, "within"),
		.of_others = flag(json, "of_others"),
		.observe_denominator = member_is(json, "observations", "denominator"),
		.json = json,
	};
	if (definition->code == NULL || definition->unit == NULL || definition->direction == NULL)
		return refuse(reader, "", "a code, a unit and a direction");
	if (scale != NULL && !json_integer(scale, &definition->scale))
		return refuse(reader, "scale", "a whole number");
	return read_subjects(reader, json, definition) && read_parts(reader, json, definition);
}

static bool part_is_of(const struct part *part, enum entity_kind kind)
{
	/* What is reported of a source itself is nothing: a source is no entity that events speak of. */
	return part->any_kind ? kind != ENTITY_SOURCE : part->source == kind;
}

static void index_kind(struct arena *arena, struct definitions *definitions, enum entity_kind kind)
{
	struct definition_part *parts = arena_array(arena, struct definition_part, definitions->count * 2);
	size_t count = 0;
	for (size_t i = 0; i < definitions->count; i++) {
		for (unsigned part = 0; part < definitions->at[i].parts_count; part++) {
			if (part_is_of(&definitions->at[i].parts[part], kind))
				parts[count++] = (struct definition_part){.definition = i, .part = part};
		}
	}
	definitions->of_kind[kind] = parts;
	definitions->of_kind_count[kind] = count;
}

enum status definitions_read(struct arena *arena, const struct json *json, const struct definitions **ret_definitions,
                             struct fault *fault)
{
	struct reader reader = {.arena = arena, .fault = fault, .status = STATUS_OK};
	const struct json *indicators = json_find(json, "indicators");
	struct definitions *definitions = arena_alloc(arena, sizeof *definitions);
	if (!json_is(indicators, JSON_ARRAY) || json_count(indicators) > DEFINITIONS_MAX)
		return fault_set(fault, STATUS_INVALID, "indicators", "/indicators", -1, "expected a list of at most 256 indicators");
	struct definition *at = arena_array(arena, struct definition, json_count(indicators) + 1);
	definitions->at = at;
	for (const struct json *item = json_first(indicators); item != NULL; item = json_next(item)) {
		snprintf(reader.pointer, sizeof reader.pointer, "/indicators/%zu", definitions->count);
		if (!read_definition(&reader, item, &at[definitions->count]))
			return reader.status;
		if (definition_find(definitions, at[definitions->count].code) != NULL)
			return fault_set(fault, STATUS_INVALID, "indicators", reader.pointer, -1, "the code %s stands twice",
			                 at[definitions->count].code);
		at[definitions->count].ordinal = definitions->count;
		definitions->count++;
	}
	for (unsigned kind = 0; kind < ENTITY_KIND_COUNT; kind++)
		index_kind(arena, definitions, (enum entity_kind)kind);
	*ret_definitions = definitions;
	return STATUS_OK;
}

const struct definition *definition_find(const struct definitions *definitions, const char *code)
{
	for (size_t i = 0; i < definitions->count; i++) {
		if (text_equal(definitions->at[i].code, code))
			return &definitions->at[i];
	}
	return NULL;
}

bool definition_absent_is_zero(const struct definition *definition)
{
	enum measure_kind measure = definition->parts[0].measure;
	return definition->parts_count == 1
	       && (measure == MEASURE_COUNT || measure == MEASURE_SUM || measure == MEASURE_OUTLIERS || measure == MEASURE_DISTINCT
	           || measure == MEASURE_NAMED);
}

bool subject_kind_find(const char *subject, enum subject_kind *ret_kind)
{
	*ret_kind = SUBJECT_REGION;
	for (unsigned kind = SUBJECT_AUTHORITY; kind < SUBJECT_KIND_COUNT; kind++) {
		size_t len = strlen(SUBJECT_PREFIXES[kind]);
		if (strncmp(subject, SUBJECT_PREFIXES[kind], len) == 0 && subject[len] != '\0')
			*ret_kind = (enum subject_kind)kind;
	}
	return subject[0] == '\0' || *ret_kind != SUBJECT_REGION;
}

const char *subject_kind_prefix(enum subject_kind kind)
{
	return SUBJECT_PREFIXES[kind];
}

/* ---- What an entity says ---- */

const struct json *attribute_find(const struct json *attributes, const struct attribute_path *path)
{
	const struct json *at = attributes;
	for (unsigned i = 0; i < path->count && at != NULL; i++)
		at = json_find(at, path->steps[i]);
	return at == NULL || json_is(at, JSON_NULL) ? NULL : at;
}

bool attribute_decimal(const struct json *attribute, decimal *ret_decimal)
{
	int64_t integer;
	if (json_is(attribute, JSON_STRING))
		return decimal_parse(json_string(attribute), ret_decimal);
	return json_is(attribute, JSON_NUMBER) && json_integer(attribute, &integer) && decimal_from_integer(integer, ret_decimal);
}

static int sign_of(int compared)
{
	return (compared > 0) - (compared < 0);
}

/* <0, 0, >0; false when the two cannot be compared. */
static bool compare(const struct json *a, const struct json *b, int *ret_order)
{
	decimal one, other;
	if (attribute_decimal(a, &one) && attribute_decimal(b, &other)) {
		*ret_order = sign_of(decimal_compare(one, other));
		return true;
	}
	if (json_is(a, JSON_STRING) && json_is(b, JSON_STRING)) {
		*ret_order = sign_of(strcmp(json_string(a), json_string(b)));
		return true;
	}
	return false;
}

static bool list_has(const struct json *list, const struct json *value)
{
	if (!json_is(list, JSON_ARRAY))
		return false;
	for (const struct json *item = json_first(list); item != NULL; item = json_next(item)) {
		if (json_equal(item, value))
			return true;
	}
	return false;
}

static bool order_holds(enum condition_kind kind, const struct json *attribute, const struct json *value)
{
	int order;
	if (attribute == NULL || value == NULL || !compare(attribute, value, &order))
		return false;
	switch (kind) {
	case CONDITION_AT_LEAST: return order >= 0;
	case CONDITION_AT_MOST:  return order <= 0;
	case CONDITION_ABOVE:    return order > 0;
	default:                 return order < 0;
	}
}

static bool condition_holds(const struct condition *condition, const struct json *attributes)
{
	const struct json *attribute = attribute_find(attributes, &condition->path);
	const struct json *value = condition->other.count > 0 ? attribute_find(attributes, &condition->other) : condition->value;
	switch (condition->kind) {
	case CONDITION_IS:
		return attribute != NULL && value != NULL && json_equal(attribute, value);
	case CONDITION_NOT:
		return attribute == NULL || value == NULL || !json_equal(attribute, value);
	case CONDITION_IN:
		return attribute != NULL && list_has(value, attribute);
	case CONDITION_PRESENT:
		return json_is(value, JSON_BOOL) && (attribute != NULL) == json_bool(value);
	case CONDITION_CONTAINS:
		return attribute != NULL && list_has(attribute, value);
	default:
		return order_holds(condition->kind, attribute, value);
	}
}

bool conditions_hold(const struct condition *conditions, unsigned count, const struct json *attributes)
{
	for (unsigned i = 0; i < count; i++) {
		if (!condition_holds(&conditions[i], attributes))
			return false;
	}
	return true;
}
