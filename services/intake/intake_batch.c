#include "services/intake/intake_batch.h"

#include <stdio.h>
#include <stdlib.h>

static bool cut_body(struct intake_batch *batch, const struct push_message *push, struct fault *fault)
{
	struct span *bodies = arena_array(batch->arena, struct span, push->count);
	batch->bodies = bodies;
	return intake_slice(batch->body, push->sizes, push->count, bodies, fault) == STATUS_OK;
}

enum status intake_batch_new(struct intake_session *session, const struct push_message *push, struct bus_message **message,
                             struct intake_batch **ret_batch, struct fault *fault)
{
	struct intake_batch *batch = calloc(1, sizeof *batch);
	ASSERT(batch != NULL);
	*batch = (struct intake_batch){.session = session, .number = push->batch, .count = push->count};
	batch->arena = arena_new(INTAKE_BATCH_BYTES_MAX);
	batch->body = bus_message_frame(*message, bus_message_frames(*message) - 1);
	if (!cut_body(batch, push, fault)) {
		intake_batch_destroy(&batch);
		return STATUS_INVALID;
	}
	batch->results = arena_array(batch->arena, struct push_result, push->count);
	batch->events = arena_array(batch->arena, struct intake_event, push->count);
	batch->message = *message;
	*message = NULL;
	*ret_batch = batch;
	return STATUS_OK;
}

void intake_batch_destroy(struct intake_batch **batch)
{
	if (*batch == NULL)
		return;
	bus_message_destroy(&(*batch)->message);
	arena_destroy(&(*batch)->arena);
	free(*batch);
	*batch = NULL;
}

size_t intake_batch_bytes(const struct intake_batch *batch)
{
	return batch->body.len + arena_used(batch->arena);
}

void intake_batch_refuse(struct intake_batch *batch, size_t place, const struct fault *fault, const char *event_id,
                         const struct sha256 *stored)
{
	struct intake_refusal *refusal = arena_alloc(batch->arena, sizeof *refusal);
	*refusal = (struct intake_refusal){.next = batch->refusals, .body = batch->bodies[place], .fault = *fault};
	refusal->digest = sha256_of(refusal->body.at, refusal->body.len);
	snprintf(refusal->event_id, sizeof refusal->event_id, "%s", event_id);
	if (stored != NULL) {
		refusal->has_stored_digest = true;
		refusal->stored_digest = *stored;
	}
	batch->refusals = refusal;
	batch->refusals_count++;
	batch->results[place] = (struct push_result){
		.outcome = PUSH_REJECTED, .code = refusal->fault.code, .pointer = refusal->fault.pointer,
		.offset = refusal->fault.offset, .text = refusal->fault.text};
}

/* Most events of a batch have one source: it is copied once. */
static const char *keep_source(struct intake_batch *batch, const char *source)
{
	const char *last = batch->events_count == 0 ? NULL : batch->events[batch->events_count - 1].append.source;
	return last != NULL && text_equal(last, source) ? last : arena_text(batch->arena, source, strlen(source));
}

static void keep_event(struct intake_batch *batch, size_t place, const struct envelope *envelope)
{
	struct span body = batch->bodies[place];
	const char *source = keep_source(batch, envelope->source);
	struct intake_event *event = &batch->events[batch->events_count++];
	*event = (struct intake_event){
		.append = {.id = envelope->id, .body = body, .source = source, .sequence = envelope->sequence,
		           .digest = sha256_of(body.at, body.len)},
		.claim = intake_claim_of(envelope),
		.place = place};
	event->claim.source = source;
}

void intake_batch_check(struct intake_batch *batch, const struct contract *contract, struct arena *scratch)
{
	for (size_t i = 0; i < batch->count; i++) {
		struct envelope envelope;
		struct fault fault;
		char event_id[UUID_TEXT_SIZE];
		fault.offset = -1;
		fault.code[0] = '\0';
		arena_reset(scratch);
		if (contract_check(contract, batch->bodies[i], scratch, &envelope, event_id, &fault) == STATUS_OK)
			keep_event(batch, i, &envelope);
		else
			intake_batch_refuse(batch, i, &fault, event_id, NULL);
	}
}
