/* Any bytes: json_parse keeps to its arena, names an offset inside the text, agrees with cJSON about what is JSON; and what
 * has a canonical form is read back from it as the same value and the same form, unless that form spells out a number beyond 2^53. */
#include <stdint.h>
#include <string.h>

#include "common/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* NULL: refused, as it should be. */
static const struct json *parse_again(struct arena *arena, const struct buf *buf)
{
	struct fault fault = {.offset = -1};
	static const struct json_limits LIMITS = {.bytes_max = 1 << 20, .depth_max = 32, .members_max = 256};
	const struct json *again = NULL;
	enum status status = json_parse(arena, buf->at, buf->len, &LIMITS, &again, &fault);
	ASSERT(status == STATUS_OK || strstr(fault.text, "an integer beyond 2^53") != NULL);
	return status == STATUS_OK ? again : NULL;
}

static void check_canonical(const struct json *json)
{
	struct buf first;
	struct buf second;
	buf_init(&first, 1 << 20);
	buf_init(&second, 1 << 20);
	if (json_canonical(&first, json) == STATUS_OK) {
		struct arena *arena = arena_new(JSON_ARENA_BYTES(first.len));
		const struct json *again = parse_again(arena, &first);
		if (again != NULL) {
			enum status status = json_canonical(&second, again);
			ASSERT(status == STATUS_OK && buf_ok(&first) && span_equal(buf_span(&first), buf_span(&second)));
			ASSERT(json_equal(json, again) && json_hash(json) == json_hash(again));
		}
		arena_destroy(&arena);
	}
	buf_clear(&first);
	buf_clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(JSON_ARENA_BYTES(size));
	struct fault fault = {.offset = -1};
	const struct json *json = NULL;
	if (json_parse(arena, (const char *)data, size, &JSON_LIMITS_EVENT, &json, &fault) == STATUS_OK)
		check_canonical(json);
	else
		ASSERT(fault.offset >= 0 && (size_t)fault.offset <= size && !text_equal(fault.text, "not readable as JSON"));
	arena_destroy(&arena);
	return 0;
}
