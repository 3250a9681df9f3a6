#include "services/agent/agent_input.h"

#include "common/ambient.h"
#include "common/mapping.h"
#include "common/telemetry.h"

#include <stdio.h>
#include <stdlib.h>

struct agent_input {
	struct agent_spool *spool;
	struct contract *contract;
	struct arena *arena;  /* of one event at a time: a batch of trees would be the agent's largest memory */
	char region[OKTMO_TEXT_SIZE];
	void (*taken)(void *context);
	void *context;
	/* the valid ones of the batch at hand */
	struct spool_event events[AGENT_INPUT_MAX];
	char sources[AGENT_INPUT_MAX][ENVELOPE_SOURCE_MAX + 1];
	size_t places[AGENT_INPUT_MAX];
	struct agent_result results[AGENT_INPUT_MAX];
};

enum status agent_input_new(struct agent_spool *spool, const char *region, struct agent_input **ret_input, struct fault *fault)
{
	struct agent_input *input = calloc(1, sizeof *input);
	ASSERT(input != NULL);
	input->spool = spool;
	input->arena = arena_new(2 * JSON_ARENA_BYTES(EVENT_BYTES_MAX));
	snprintf(input->region, sizeof input->region, "%s", region);
	enum status status = contract_new(&input->contract, fault);
	if (status != STATUS_OK) {
		agent_input_destroy(&input);
		return status;
	}
	*ret_input = input;
	return STATUS_OK;
}

void agent_input_destroy(struct agent_input **input)
{
	if (*input == NULL)
		return;
	contract_destroy(&(*input)->contract);
	arena_destroy(&(*input)->arena);
	free(*input);
	*input = NULL;
}

enum status agent_input_read_mapping(const struct agent_input *input, struct arena *arena, const char *path, const struct json **ret_mapping,
                                     struct fault *fault)
{
	struct span text = {0};
	struct mapping *mapping;
	enum status status = ambient_read_file(arena, path, MAPPING_BYTES_MAX, &text, fault);
	if (status == STATUS_OK)
		status = json_parse(arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, ret_mapping, fault);
	if (status == STATUS_OK)
		status = schema_validate(contract_schema(input->contract, "mapping.v1.json"), *ret_mapping, arena, fault);
	return status == STATUS_OK ? mapping_new(arena, *ret_mapping, &mapping, fault) : status;
}

void agent_input_on_taken(struct agent_input *input, void (*taken)(void *context), void *context)
{
	input->taken = taken;
	input->context = context;
}

static enum status check_rights(const struct agent_input *input, const struct envelope *envelope, struct fault *fault)
{
	enum event_type type;
	if (!text_equal(envelope->region, input->region))
		return fault_tell(fault, STATUS_FORBIDDEN, "forbidden_region", "/subject", -1, "this agent writes for region %s: the subject begins with that code",
		                  "этот агент пишет за регион %s: subject начинается с этого кода", input->region);
	if (event_type_find(envelope->type, &type) && event_type_is_coordinators(type))
		return fault_tell(fault, STATUS_FORBIDDEN, "forbidden_type", "/type", -1, "only the coordinator sends %s", "события %s отправляет только координатор",
		                  envelope->type);
	return STATUS_OK;
}

static enum status check(struct agent_input *input, struct span bytes, struct spool_event *event, char source[ENVELOPE_SOURCE_MAX + 1], struct fault *fault)
{
	struct envelope envelope;
	char id[UUID_TEXT_SIZE];
	arena_reset(input->arena);
	enum status status = contract_check(input->contract, bytes, input->arena, &envelope, id, fault);
	if (status == STATUS_OK)
		status = check_rights(input, &envelope, fault);
	if (status != STATUS_OK)
		return status;
	snprintf(source, ENVELOPE_SOURCE_MAX + 1, "%s", envelope.source);
	*event = (struct spool_event){.id = envelope.id, .source = source, .sequence = envelope.sequence, .bytes = bytes};
	return STATUS_OK;
}

static void count_outcomes(const struct agent_result *results, size_t count)
{
	static const char *const LABELS[] = {
		[AGENT_ACCEPTED] = "outcome=\"accepted\"", [AGENT_DUPLICATE] = "outcome=\"duplicate\"", [AGENT_REFUSED] = "outcome=\"refused\""};
	for (size_t i = 0; i < count; i++)
		telemetry_count("effreg_agent_events_taken_total", "Events handed in to the agent, by outcome.", LABELS[results[i].outcome], 1);
}

enum status agent_input_take(struct agent_input *input, const struct span *events, size_t count, struct agent_result *ret_results, struct fault *fault)
{
	size_t valid = 0;
	ASSERT(count <= AGENT_INPUT_MAX);
	for (size_t i = 0; i < count; i++) {
		ret_results[i] = (struct agent_result){.outcome = AGENT_REFUSED, .fault = {.offset = -1}};
		if (check(input, events[i], &input->events[valid], input->sources[valid], &ret_results[i].fault) == STATUS_OK)
			input->places[valid++] = i;
	}
	enum status status = valid == 0 ? STATUS_OK : agent_spool_take(input->spool, input->events, valid, input->results, fault);
	if (status != STATUS_OK) {
		telemetry_count("effreg_agent_input_turned_away_total", "Batches turned away whole: the spool was full or its disk failed.", "", 1);
		return status;
	}
	for (size_t i = 0; i < valid; i++)
		ret_results[input->places[i]] = input->results[i];
	count_outcomes(ret_results, count);
	if (valid > 0 && input->taken != NULL)
		input->taken(input->context);
	return STATUS_OK;
}
