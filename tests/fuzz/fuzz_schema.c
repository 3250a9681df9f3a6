/* A schema, a line feed, an instance: compiling and validating end, whatever they are, with a status and a fault. */
#include <stdint.h>

#include "common/schema.h"

#define SCRATCH_BYTES ((size_t)256 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_instance(const struct schema_bundle *bundle, struct span text)
{
	struct arena *arena = arena_new(SCRATCH_BYTES);
	const struct json *instance = NULL;
	struct fault fault = {0};
	if (json_parse(arena, text.at, text.len, &JSON_LIMITS_EVENT, &instance, NULL) == STATUS_OK) {
		enum status status = schema_validate(schema_find(bundle, "fuzz.json"), instance, arena, &fault);
		ASSERT(status == STATUS_OK || (status == STATUS_INVALID && text_equal(fault.code, "schema")));
	}
	arena_destroy(&arena);
}

static void check_bundle(struct span schema, struct span instance, unsigned options)
{
	struct schema_document document = {.name = "fuzz.json", .text = schema};
	struct schema_bundle *bundle = NULL;
	struct fault fault = {0};
	if (schema_bundle_new(&document, 1, options, &bundle, &fault) == STATUS_OK)
		check_instance(bundle, instance);
	else
		ASSERT(fault.text[0] != '\0' && fault.text_ru[0] != '\0');
	schema_bundle_destroy(&bundle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *feed = size > 0 ? memchr(text, '\n', size) : NULL;
	if (feed == NULL)
		return 0;
	size_t len = (size_t)(feed - text);
	struct span instance = span_of(feed + 1, size - len - 1);
	check_bundle(span_of(text, len), instance, SCHEMA_ASSERT_FORMATS);
	check_bundle(span_of(text, len), instance, SCHEMA_IGNORE_UNKNOWN);
	return 0;
}
