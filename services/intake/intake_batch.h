/* intake_batch: a PUSH on its way from the socket to its ACK.
 *
 * Its bytes stay where ZeroMQ received them. Events that pass the checks are kept as what the append needs, the tree of each
 * is forgotten at once; what is refused is put down with its reason. Without sockets and SQL: the reactor makes a batch, a
 * writer has it to itself while it is being appended, the reactor answers it. */
#ifndef EFFREG_INTAKE_BATCH_H
#define EFFREG_INTAKE_BATCH_H

#include "common/bus.h"
#include "common/contract.h"
#include "common/stream.h"
#include "services/intake/intake_core.h"

struct intake_session;

/* An event that passed the checks. */
struct intake_event {
	struct append_event append;
	struct intake_claim claim;
	size_t place;                  /* in the batch */
};

struct intake_batch {
	struct intake_batch *next;     /* in a region's queue, or in an append */
	struct intake_session *session;
	struct bus_message *message;   /* owned: its last frame is the body */
	struct arena *arena;
	uint64_t number;
	size_t count;
	struct span body;
	const struct span *bodies;     /* of the events, in the order of the batch */
	struct push_result *results;
	struct intake_event *events;
	size_t events_count;
	const struct intake_refusal *refusals;  /* the last one first */
	size_t refusals_count;
	const struct intake_refusal *read_refusals;  /* those of before the append */
	size_t read_refusals_count;
	int64_t taken_ms;              /* monotonic */
	size_t held_bytes;             /* as its region counts it */
};

/* Memory that a batch takes beside its message, at most. */
#define INTAKE_BATCH_BYTES_MAX ((size_t)8 * 1024 * 1024)

/* Takes *message, whose last frame is the body, on success and nulls it. INVALID (code bad_frames): the sizes do not add up to
 * the body. */
enum status intake_batch_new(struct intake_session *session, const struct push_message *push, struct bus_message **message,
                             struct intake_batch **ret_batch, struct fault *fault) MUST_CHECK;
void intake_batch_destroy(struct intake_batch **batch);
/* What it holds of the process's memory. */
size_t intake_batch_bytes(const struct intake_batch *batch);

/* Parses, validates and digests every event. scratch is reset for each. */
void intake_batch_check(struct intake_batch *batch, const struct contract *contract, struct arena *scratch);

/* Puts the event at place down as refused. stored may be NULL. */
void intake_batch_refuse(struct intake_batch *batch, size_t place, const struct fault *fault, const char *event_id,
                         const struct sha256 *stored);

#endif
