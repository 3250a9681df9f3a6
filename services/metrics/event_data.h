/* event_data: reading the data of an event member by member.
 *
 * The event passed its schema when it was stored; if a member is missing or of another shape all the same (a log
 * written under another contract), the first such member makes the reader fail: from then on it gives harmless values,
 * and its owner asks once, at the end. A failed event is POISON: it fails here every time. */
#ifndef EFFREG_METRICS_EVENT_DATA_H
#define EFFREG_METRICS_EVENT_DATA_H

#include "common/decimal.h"
#include "common/envelope.h"

struct event_data {
	const struct json *data;
	const char *within;   /* the member this object stands under; "" = the data itself */
	enum status status;   /* STATUS_OK or STATUS_POISON */
	struct fault *fault;  /* NULL = nobody asks */
};

struct event_data event_data_of(const struct envelope *event, struct fault *fault);
bool event_data_ok(const struct event_data *data);

bool event_data_has(const struct event_data *data, const char *name);
const char *event_data_text(struct event_data *data, const char *name);     /* borrowed; "" after a failure */
const char *event_data_name(struct event_data *data, const char *name);     /* an entity id */
bool event_data_bool(struct event_data *data, const char *name);
int64_t event_data_integer(struct event_data *data, const char *name, int64_t min, int64_t max);
int64_t event_data_date(struct event_data *data, const char *name);         /* its midnight, UTC, microseconds */
decimal event_data_decimal(struct event_data *data, const char *name);
/* The reader of the object under name; its failure is to be handed back with event_data_join. */
struct event_data event_data_object(struct event_data *data, const char *name);
void event_data_join(struct event_data *data, const struct event_data *part);
/* Entity ids of an array, borrowed; 1..names_max of them, else a failure and 0. */
unsigned event_data_names(struct event_data *data, const char *name, const char **names, unsigned names_max);

/* Fails the reader for a reason of the caller's: a code, the member at fault ("" = the event) and what was expected. */
void event_data_fail(struct event_data *data, const char *code, const char *name, const char *expected);

#endif
