#include "common/contract.h"

#include "common/embedded.h"

#include <stdio.h>
#include <stdlib.h>

#define SCHEMA_FOLDER "proto/schemas/"
#define DOCUMENTS_MAX 256

struct contract {
	struct schema_bundle *bundle;
	const struct schema *types[EVENT_TYPE_COUNT];
};

static size_t gather_documents(struct schema_document documents[DOCUMENTS_MAX])
{
	size_t count = 0;
	for (size_t i = 0; i < EMBEDDED_FILES_COUNT; i++) {
		const struct embedded_file *file = &EMBEDDED_FILES[i];
		if (strncmp(file->path, SCHEMA_FOLDER, strlen(SCHEMA_FOLDER)) != 0)
			continue;
		ASSERT(count < DOCUMENTS_MAX);
		documents[count++] = (struct schema_document){
			.name = file->path + strlen(SCHEMA_FOLDER), .text = span_of((const char *)file->bytes, file->len)};
	}
	return count;
}

/* "effreg.project.opened.v1" is described by the document "project.opened.v1.json". */
static enum status find_types(struct contract *contract, struct fault *fault)
{
	for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
		char name[128];
		snprintf(name, sizeof name, "%s.json", event_type_text((enum event_type)type) + strlen("effreg."));
		contract->types[type] = schema_find(contract->bundle, name);
		if (contract->types[type] == NULL)
			return fault_set(fault, STATUS_BUG, "schema", "", -1, "there is no schema %s%s", SCHEMA_FOLDER, name);
	}
	return STATUS_OK;
}

enum status contract_new(struct contract **ret_contract, struct fault *fault)
{
	struct schema_document documents[DOCUMENTS_MAX];
	struct contract *contract = calloc(1, sizeof *contract);
	ASSERT(contract != NULL);
	enum status status = schema_bundle_new(documents, gather_documents(documents), SCHEMA_ASSERT_FORMATS, &contract->bundle, fault);
	if (status == STATUS_OK)
		status = find_types(contract, fault);
	if (status != STATUS_OK) {
		contract_destroy(&contract);
		return STATUS_BUG;
	}
	*ret_contract = contract;
	return STATUS_OK;
}

void contract_destroy(struct contract **contract)
{
	if (*contract == NULL)
		return;
	schema_bundle_destroy(&(*contract)->bundle);
	free(*contract);
	*contract = NULL;
}

const struct schema *contract_schema(const struct contract *contract, const char *name)
{
	return schema_find(contract->bundle, name);
}

static enum status check_event(const struct contract *contract, const struct json *event, struct arena *arena, struct envelope *ret_envelope,
                               struct fault *fault)
{
	enum event_type type;
	const char *type_text = json_find_string(event, "type");
	if (!json_is(event, JSON_OBJECT) || type_text == NULL)
		return fault_say(fault, STATUS_INVALID, "schema", json_is(event, JSON_OBJECT) ? "/type" : "", -1,
		                 "an event is a JSON object with a string \"type\": add it",
		                 "событие — это объект JSON со строкой \"type\": добавьте её");
	if (!event_type_find(type_text, &type))
		return fault_tell(fault, STATUS_INVALID, "unknown_type", "/type", -1,
		                  "there is no event type \"%.100s\": correct it, or the centre may be older than the sender",
		                  "типа событий \"%.100s\" нет: исправьте его; возможно, центр старше отправителя", type_text);
	struct correction correction;
	enum status status = schema_validate(contract->types[type], event, arena, fault);
	if (status == STATUS_OK)
		status = envelope_read(event, ret_envelope, fault);
	/* What a schema cannot say: that two members name the same event. */
	if (status == STATUS_OK && !event_type_may_be_corrected(type))
		status = correction_read(ret_envelope, &correction, fault);
	return status;
}

enum status contract_check(const struct contract *contract, struct span bytes, struct arena *arena,
                           struct envelope *ret_envelope, char ret_id[UUID_TEXT_SIZE], struct fault *fault)
{
	const struct json *event;
	struct ident_uuid uuid;
	ret_id[0] = '\0';
	enum status status = json_parse(arena, bytes.at, bytes.len, &JSON_LIMITS_EVENT, &event, fault);
	if (status != STATUS_OK)
		return status;
	status = check_event(contract, event, arena, ret_envelope, fault);
	const char *id = status == STATUS_OK ? NULL : json_find_string(event, "id");
	if (id != NULL && ident_uuid_parse(id, &uuid))
		ident_uuid_format(&uuid, ret_id);
	return status;
}
