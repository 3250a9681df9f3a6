/* json: strict reading of JSON (RFC 8259), writing, and the canonical form (RFC 8785).
 *
 * Reading refuses, with a byte offset, everything that two readers could understand differently or that
 * cJSON would change silently: invalid UTF-8, a byte-order mark, bytes after the value, duplicate names
 * (after unescaping), \u0000, lone surrogates, raw control bytes, leading zeros, numbers out of the range of
 * a double, integers beyond 2^53. Only text that passed is given to cJSON, whose tree is built in the arena.
 *
 * Does not rewrite: what must keep its bytes is kept by its owner as bytes. */
#ifndef EFFREG_JSON_H
#define EFFREG_JSON_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/status.h"

struct json;  /* a value inside a tree; borrowed from the arena it was parsed into */

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* What the parse of len bytes may take of its arena: "[0,0,…]" needs a node for every two bytes. */
#define JSON_ARENA_BYTES(len) (48 * (size_t)(len) + 8192)

struct json_limits {
	size_t bytes_max;    /* of the whole text */
	unsigned depth_max;  /* of nesting; a scalar has depth 0. At most 256. */
	size_t members_max;  /* names in one object */
};

/* For one event, for a configuration or methodology file, for a schema bundle. */
extern const struct json_limits JSON_LIMITS_EVENT;     /* 64 KiB, depth 32, 256 names */
extern const struct json_limits JSON_LIMITS_DOCUMENT;  /* 16 MiB, depth 64, 65536 names */

/* Parses text[0..len). On success *ret_json lives in arena. Otherwise STATUS_INVALID or STATUS_TOO_LARGE, and
 * fault (may be NULL) has the code bad_utf8, bad_json, duplicate_key or too_large, the byte offset of the first
 * violation and a text. Takes at most JSON_ARENA_BYTES(len) of the arena. Numbers have at most 63 characters. */
enum status json_parse(struct arena *arena, const char *text, size_t len, const struct json_limits *limits,
                       const struct json **ret_json, struct fault *fault) MUST_CHECK;

enum json_type json_type(const struct json *json);
bool json_is(const struct json *json, enum json_type type);       /* false for NULL */
bool json_bool(const struct json *json);                          /* must be a bool */
double json_number(const struct json *json);                      /* must be a number */
bool json_integer(const struct json *json, int64_t *ret_integer); /* false when it is no whole number within 2^53 */
int64_t json_integer_at(const struct json *list, unsigned at);     /* of an array's item; 0 when it is no such number */
const char *json_string(const struct json *json);                 /* must be a string; UTF-8 without zeros, terminated */
size_t json_count(const struct json *json);                       /* elements or members; counts them: O(n) */

/* A name to be looked for again and again: names of up to sixteen bytes are told apart without a look at their text. */
struct json_key {
	const char *text;     /* the name; whose it is, it stays */
	size_t len;
	uint64_t head, tail;  /* its first and its last eight bytes, which may overlap; zeros where it is shorter */
};

static inline struct json_key json_key(const char *text, size_t len)
{
	struct json_key key = {.text = text, .len = len};
	if (len >= sizeof key.head) {
		memcpy(&key.head, text, sizeof key.head);
		memcpy(&key.tail, text + len - sizeof key.tail, sizeof key.tail);
		return key;
	}
	for (size_t i = 0; i < len; i++)
		key.head = key.head << 8 | (unsigned char)text[i];
	return key;
}

static inline bool json_key_equal(const struct json_key *a, const struct json_key *b)
{
	return a->head == b->head && a->tail == b->tail && a->len == b->len && (a->len <= 16 || memcmp(a->text, b->text, a->len) == 0);
}

/* Exact name, or NULL. Also NULL when json is NULL or no object. */
const struct json *json_find_key(const struct json *json, const struct json_key *key);
static inline const struct json *json_find(const struct json *json, const char *name)
{
	struct json_key key = json_key(name, strlen(name));
	return json_find_key(json, &key);
}
/* The string under name, or NULL when absent or of another type. */
const char *json_find_string(const struct json *json, const char *name);

/* Elements of an array or members of an object in the order of the text:
 *   for (const struct json *item = json_first(array); item != NULL; item = json_next(item)) */
const struct json *json_first(const struct json *json);
const struct json *json_next(const struct json *json);
const char *json_name(const struct json *json);                   /* the name of a member; NULL for an element */

const struct json_key *json_name_key(const struct json *member);  /* of its name, made when it was parsed */

/* The name of a member as a string value, in arena. */
const struct json *json_name_value(struct arena *arena, const struct json *member);

bool json_equal(const struct json *a, const struct json *b);      /* as JSON Schema says: 1 = 1.0, objects without order */
uint64_t json_hash(const struct json *json);                      /* the same for equal values */

/* RFC 8785. TOO_LARGE when it does not fit buf. A number beyond 2^53 that was read with an exponent or a fraction has all its digits here
 * up to 1e21, as that form asks: json_parse would refuse it so. */
enum status json_canonical(struct buf *buf, const struct json *json) MUST_CHECK;

/* Appends token to a JSON Pointer (RFC 6901), escaped; cut off silently, between characters, when size is reached. */
void json_pointer_append(char *pointer, size_t size, const char *token);

/* Appends text as a JSON string with the escapes of RFC 8785. Bytes that are no UTF-8 become U+FFFD. */
void json_quote(struct buf *buf, struct span text);

/* Writing, in order, onto a buf, in one line. A name before every value inside an object, none inside an array.
 * Commas and quoting are the writer's. Nesting is at most 63 levels. */
struct json_writer {
	struct buf *buf;
	unsigned depth;
	bool comma[64];
	bool after_name;
};

void json_writer_init(struct json_writer *writer, struct buf *buf);
void json_write_object(struct json_writer *writer);
void json_write_object_end(struct json_writer *writer);
void json_write_array(struct json_writer *writer);
void json_write_array_end(struct json_writer *writer);
void json_write_name(struct json_writer *writer, const char *name);
void json_write_string(struct json_writer *writer, const char *text);          /* NULL writes null */
void json_write_span(struct json_writer *writer, struct span text);
void json_write_integer(struct json_writer *writer, int64_t integer);
void json_write_bool(struct json_writer *writer, bool value);
void json_write_null(struct json_writer *writer);
void json_write_raw(struct json_writer *writer, struct span json_text);        /* a value that is JSON already */

/* name and value in one */
void json_member_string(struct json_writer *writer, const char *name, const char *text);
void json_member_integer(struct json_writer *writer, const char *name, int64_t integer);
void json_member_bool(struct json_writer *writer, const char *name, bool value);
void json_member_null(struct json_writer *writer, const char *name);
void json_member_raw(struct json_writer *writer, const char *name, struct span json_text);

#endif
