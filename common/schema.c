#include "common/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/schema_model.h"

/* The trees, and for every schema its node, operands and pointer; "{}," is the shortest schema. */
#define ARENA_BYTES(len) (JSON_ARENA_BYTES(len) + 1024 * (len) + 65536)

/* A fault of a document names it. */
static enum status blame(struct fault *fault, const char *document, const struct fault *cause)
{
	char en[sizeof cause->text];
	char ru[sizeof cause->text_ru];
	snprintf(en, sizeof en, "%.100s: %.400s", document, cause->text);
	snprintf(ru, sizeof ru, "%.100s: %.600s", document, cause->text_ru);
	(void)fault_say(fault, cause->status, cause->code, cause->pointer, cause->offset, en, ru);
	if (fault != NULL)
		snprintf(fault->schema_pointer, sizeof fault->schema_pointer, "%s", cause->pointer);
	return cause->status;
}

enum status schema_fault(struct fault *fault, enum status status, const struct schema *schema, const char *name,
                         const char *en, const char *ru, ...)
{
	struct fault cause;
	char pointer[sizeof cause.pointer];
	va_list arguments;
	snprintf(pointer, sizeof pointer, "%s", schema->pointer);
	if (name != NULL)
		json_pointer_append(pointer, sizeof pointer, name);
	va_start(arguments, ru);
	(void)fault_vtell(&cause, status, "schema", pointer, -1, en, ru, arguments);
	va_end(arguments);
	return blame(fault, schema->source->name, &cause);
}

static enum status read_source(struct schema_bundle *bundle, const struct schema_document *document,
                               struct schema_source *source, struct fault *fault)
{
	struct fault cause = {0};
	source->name = arena_text(bundle->arena, document->name, strlen(document->name));
	source->json = document->tree;
	if (source->json != NULL)
		return STATUS_OK;
	enum status status = json_parse(bundle->arena, document->text.at, document->text.len, &JSON_LIMITS_DOCUMENT,
	                                &source->json, &cause);
	return status == STATUS_OK ? STATUS_OK : blame(fault, document->name, &cause);
}

static enum status read_sources(struct schema_bundle *bundle, const struct schema_document *documents, struct fault *fault)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; i < bundle->sources_count && status == STATUS_OK; i++) {
		status = read_source(bundle, &documents[i], &bundle->sources[i], fault);
		if (status == STATUS_OK)
			status = schema_index_source(bundle, &bundle->sources[i], fault);
	}
	return status == STATUS_OK ? schema_index_finish(bundle, fault) : status;
}

static enum status compile_all(struct schema_bundle *bundle, struct fault *fault)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; i < bundle->schemas_count && status == STATUS_OK; i++)
		status = schema_compile(bundle->schemas[i], fault);
	return status == STATUS_OK ? schema_refuse_circles(bundle, fault) : status;
}

static struct schema_bundle *bundle_of(const struct schema_document *documents, size_t count, unsigned options)
{
	size_t bytes = 0;
	for (size_t i = 0; i < count; i++)
		bytes += ARENA_BYTES(documents[i].text.len + strlen(documents[i].name));
	struct schema_bundle *bundle = calloc(1, sizeof *bundle);
	ASSERT(bundle != NULL);
	bundle->arena = arena_new(bytes);
	bundle->patterns = patterns_new();
	bundle->options = options;
	bundle->sources = arena_array(bundle->arena, struct schema_source, count);
	bundle->sources_count = count;
	return bundle;
}

enum status schema_bundle_new(const struct schema_document *documents, size_t count, unsigned options,
                              struct schema_bundle **ret_bundle, struct fault *fault)
{
	struct schema_bundle *bundle = bundle_of(documents, count, options);
	enum status status = read_sources(bundle, documents, fault);
	if (status == STATUS_OK)
		status = compile_all(bundle, fault);
	if (status != STATUS_OK)
		schema_bundle_destroy(&bundle);
	else
		*ret_bundle = bundle;
	return status;
}

void schema_bundle_destroy(struct schema_bundle **bundle)
{
	if (*bundle == NULL)
		return;
	patterns_destroy(&(*bundle)->patterns);
	arena_destroy(&(*bundle)->arena);
	free((*bundle)->schemas);
	free(*bundle);
	*bundle = NULL;
}

const struct schema *schema_find(const struct schema_bundle *bundle, const char *uri)
{
	for (size_t i = 0; i < bundle->sources_count; i++) {
		if (text_equal(bundle->sources[i].name, uri))
			return bundle->sources[i].root;
	}
	return schema_index_resource(bundle, uri);
}
