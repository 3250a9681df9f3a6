/* envelope: the CloudEvents 1.0 envelope of an event, read from a parsed event (proto/README.md, "The envelope").
 *
 * The region of an event is the first segment of its subject: "20000000", "20000000/project/P-17". */
#ifndef EFFREG_ENVELOPE_H
#define EFFREG_ENVELOPE_H

#include "common/ident.h"
#include "common/json.h"

#define ENVELOPE_SOURCE_MAX 128
#define EVENT_BYTES_MAX     ((size_t)64 * 1024)

struct envelope {
	struct ident_uuid id;
	const char *source;             /* borrowed from the tree, like every text here */
	const char *type;               /* "effreg.project.opened.v1" */
	const char *subject;
	char region[OKTMO_TEXT_SIZE];   /* first segment of subject */
	int64_t time_us;                /* when it happened */
	uint64_t sequence;              /* from 1, contiguous per source; 0 = the source does not number */
	const char *supersedes;         /* id of the event this one corrects, or NULL */
	const char *traceparent;        /* or NULL */
	const struct json *data;
};

/* The event must be valid against the envelope's schema already, or fail here with code "schema" and a pointer. */
enum status envelope_read(const struct json *event, struct envelope *ret_envelope, struct fault *fault) MUST_CHECK;

/* The order in which events take effect: time, source, sequence, id. Never the order of arrival. <0, 0, >0 */
int envelope_compare(const struct envelope *a, const struct envelope *b);

/* The event types of proto/schemas: one list, compared with the folder by a test. */
#define EVENT_TYPE_MAP(X) \
	X(REGION_JOINED, "effreg.region.joined.v1") \
	X(AUTHORITY_REGISTERED, "effreg.authority.registered.v1") \
	X(HEADCOUNT_REPORTED, "effreg.headcount.reported.v1") \
	X(PROJECT_OPENED, "effreg.project.opened.v1") \
	X(PROJECT_STAGE_STARTED, "effreg.project.stage_started.v1") \
	X(PROJECT_CLOSED, "effreg.project.closed.v1") \
	X(INDICATOR_PLANNED, "effreg.indicator.planned.v1") \
	X(MEASUREMENT_RECORDED, "effreg.measurement.recorded.v1") \
	X(TRAINING_COMPLETED, "effreg.training.completed.v1") \
	X(PRACTICE_PUBLISHED, "effreg.practice.published.v1")

enum event_type {
#define EVENT_TYPE_ENUM(name, text) EVENT_##name,
	EVENT_TYPE_MAP(EVENT_TYPE_ENUM)
#undef EVENT_TYPE_ENUM
	EVENT_TYPE_COUNT,
};

bool event_type_find(const char *type, enum event_type *ret_type) MUST_CHECK;
const char *event_type_text(enum event_type type);

#endif
