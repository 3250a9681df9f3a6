/* The tree of cJSON behind an opaque name. Nodes go with their arena: cJSON_Delete is never called on a tree. */
#include "common/json.h"

#include <math.h>

#include "common/json_node.h"

#define INTEGER_MAX 9007199254740992.0  /* 2^53 */

const struct json_limits JSON_LIMITS_EVENT = {
	.bytes_max = (size_t)64 * 1024,
	.depth_max = 32,
	.members_max = 256,
};
const struct json_limits JSON_LIMITS_DOCUMENT = {
	.bytes_max = (size_t)16 * 1024 * 1024,
	.depth_max = 64,
	.members_max = 65536,
};

static const cJSON *node_of(const struct json *json)
{
	return &json->node;
}

enum json_type json_type(const struct json *json)
{
	/* By the place of the bit that cJSON's type is. */
	static const uint8_t TYPES[] = {JSON_BOOL, JSON_BOOL, JSON_NULL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT, JSON_NULL};
	_Static_assert(cJSON_False == 1 << 0 && cJSON_True == 1 << 1 && cJSON_NULL == 1 << 2 && cJSON_Number == 1 << 3 && cJSON_String == 1 << 4
	               && cJSON_Array == 1 << 5 && cJSON_Object == 1 << 6, "cJSON's types are other bits than here");
	return (enum json_type)TYPES[__builtin_ctz((unsigned)node_of(json)->type | 1U << 7)];
}

bool json_is(const struct json *json, enum json_type type)
{
	return json != NULL && json_type(json) == type;
}

bool json_bool(const struct json *json)
{
	ASSERT(json_is(json, JSON_BOOL));
	return (node_of(json)->type & 0xFF) == cJSON_True;
}

double json_number(const struct json *json)
{
	ASSERT(json_is(json, JSON_NUMBER));
	return node_of(json)->valuedouble;
}

bool json_integer(const struct json *json, int64_t *ret_integer)
{
	if (!json_is(json, JSON_NUMBER))
		return false;
	double number = json_number(json);
	if (fabs(number) > INTEGER_MAX || number != trunc(number))
		return false;
	*ret_integer = (int64_t)number;
	return true;
}

int64_t json_integer_at(const struct json *list, unsigned at)
{
	const struct json *item = json_is(list, JSON_ARRAY) ? json_first(list) : NULL;
	int64_t integer;
	while (item != NULL && at-- > 0)
		item = json_next(item);
	return json_is(item, JSON_NUMBER) && json_integer(item, &integer) ? integer : 0;
}

const char *json_string(const struct json *json)
{
	ASSERT(json_is(json, JSON_STRING));
	return node_of(json)->valuestring;
}

size_t json_count(const struct json *json)
{
	size_t count = 0;
	for (const struct json *item = json_first(json); item != NULL; item = json_next(item))
		count++;
	return count;
}

const struct json *json_find_key(const struct json *json, const struct json_key *key)
{
	if (!json_is(json, JSON_OBJECT))
		return NULL;
	const struct json *member = json_first(json);
	while (member != NULL && !json_key_equal(json_name_key(member), key))
		member = json_next(member);
	return member;
}

const char *json_find_string(const struct json *json, const char *name)
{
	const struct json *member = json_find(json, name);
	return json_is(member, JSON_STRING) ? json_string(member) : NULL;
}

const struct json *json_first(const struct json *json)
{
	return json != NULL ? json_of(node_of(json)->child) : NULL;
}

const struct json *json_next(const struct json *json)
{
	return json_of(node_of(json)->next);
}

const char *json_name(const struct json *json)
{
	return node_of(json)->string;
}

const struct json_key *json_name_key(const struct json *member)
{
	return &((const struct json_member *)(const void *)member)->key;
}

const struct json *json_name_value(struct arena *arena, const struct json *member)
{
	struct json *value = arena_alloc(arena, sizeof *value);
	value->node.type = cJSON_String | cJSON_IsReference;
	value->node.valuestring = member->node.string;
	return value;
}

static bool arrays_equal(const struct json *a, const struct json *b)
{
	const struct json *left = json_first(a);
	const struct json *right = json_first(b);
	while (left != NULL && right != NULL && json_equal(left, right)) {
		left = json_next(left);
		right = json_next(right);
	}
	return left == NULL && right == NULL;
}

/* Both sides mostly have the same order, so the search goes on where the last one ended. */
static bool objects_equal(const struct json *a, const struct json *b)
{
	if (json_count(a) != json_count(b))
		return false;
	const struct json *expected = json_first(b);
	for (const struct json *left = json_first(a); left != NULL; left = json_next(left)) {
		const struct json *right = expected;
		if (right == NULL || !text_equal(json_name(left), json_name(right)))
			right = json_find(b, json_name(left));
		if (right == NULL || !json_equal(left, right))
			return false;
		expected = json_next(right);
	}
	return true;
}

bool json_equal(const struct json *a, const struct json *b)
{
	if (json_type(a) != json_type(b))
		return false;
	switch (json_type(a)) {
	case JSON_BOOL:
		return json_bool(a) == json_bool(b);
	case JSON_NUMBER:
		return json_number(a) == json_number(b);
	case JSON_STRING:
		return text_equal(json_string(a), json_string(b));
	case JSON_ARRAY:
		return arrays_equal(a, b);
	case JSON_OBJECT:
		return objects_equal(a, b);
	default:
		return true;
	}
}

/* The finaliser of splitmix64 (Steele, Lea, Flood, 2014). */
static uint64_t mix(uint64_t value)
{
	value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9U;
	value = (value ^ value >> 27) * 0x94D049BB133111EBU;
	return value ^ value >> 31;
}

static uint64_t hash_text(const char *text)
{
	uint64_t hash = 14695981039346656037U;
	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211U;
	return mix(hash);
}

static uint64_t hash_number(double number)
{
	uint64_t bits = 0;
	number = number == 0.0 ? 0.0 : number;  /* -0 equals 0 */
	memcpy(&bits, &number, sizeof bits);
	return mix(bits);
}

uint64_t json_hash(const struct json *json)
{
	uint64_t hash = mix((uint64_t)json_type(json) + 1);
	switch (json_type(json)) {
	case JSON_BOOL:
		return mix(hash + json_bool(json));
	case JSON_NUMBER:
		return mix(hash ^ hash_number(json_number(json)));
	case JSON_STRING:
		return mix(hash ^ hash_text(json_string(json)));
	case JSON_ARRAY:
		for (const struct json *item = json_first(json); item != NULL; item = json_next(item))
			hash = mix(hash * 3 + json_hash(item));
		return hash;
	case JSON_OBJECT:  /* a sum, so that the order of the members does not count */
		for (const struct json *item = json_first(json); item != NULL; item = json_next(item))
			hash += mix(hash_text(json_name(item)) * 3 + json_hash(item));
		return mix(hash);
	default:
		return hash;
	}
}
