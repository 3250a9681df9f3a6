/* cloudevents: the events in a message of somebody else's making: CloudEvents 1.0 in structured, batched and binary mode.
 *
 * It cuts a message into the bytes of its events and judges none of them: whoever takes an event validates it. The bytes of a
 * structured or batched event are a part of the body, exactly as it came. */
#ifndef EFFREG_CLOUDEVENTS_H
#define EFFREG_CLOUDEVENTS_H

#include "common/arena.h"
#include "common/status.h"

#define CLOUDEVENTS_ONE   "application/cloudevents+json"
#define CLOUDEVENTS_BATCH "application/cloudevents-batch+json"

struct cloudevents_message {
	const char *content_type;                                  /* parameters may follow; NULL = none was given */
	struct span body;
	const char *(*header)(void *context, const char *name);    /* NULL when absent; itself NULL: there is no binary mode */
	void *context;
};

struct cloudevents {
	struct span *events;   /* in the body, or, in binary mode, in the arena */
	size_t count;          /* 0 for an empty batch */
	bool is_batch;
};

/* UNSUPPORTED with code unsupported_media_type; INVALID with code bad_json and an offset where a batch is no array of
 * objects; TOO_LARGE with code too_many beyond events_max. */
enum status cloudevents_split(struct arena *arena, const struct cloudevents_message *message, size_t events_max,
                              struct cloudevents *ret_events, struct fault *fault) MUST_CHECK;

#endif
