/* event_detail: what an event says, read once: the entity it speaks of and the figures that the fold of that entity
 * needs. One rule per event type stands in the table of the .c; a type without figures of its own is kept as a fact all
 * the same. Does not know what else happened to the entity: region_state folds. */
#ifndef EFFREG_METRICS_EVENT_DETAIL_H
#define EFFREG_METRICS_EVENT_DETAIL_H

#include "services/metrics/entity_kind.h"
#include "services/metrics/event_data.h"
#include "services/metrics/unit.h"

#define ENTITY_KEY_SIZE 224  /* a kind and up to two ids */

struct event_detail {
	int64_t on_us;           /* the date in the data; 0 where the event's time says when */
	int64_t count;           /* people, civil servants; 0 = none */
	const struct unit *unit; /* of value; NULL = none */
	decimal value;           /* base of a plan, value of a measurement */
	unsigned stage;          /* 1..5; 0 = none */
	bool digital;
	bool independent;
	bool held;               /* the check found the result in place */
	bool final;              /* and was the last */
	unsigned names_count;    /* participating authorities, the owner first */
	char names[];            /* each terminated, one behind the other */
};

/* Whether the type is one of those whose facts count in indicators, and so place years; *ret_member is the member of
 * the data with the date, "" = the event's time. */
bool event_detail_counts(enum event_type type, const char **ret_member);

enum entity_kind event_detail_kind(enum event_type type);

/* Reads the data of an event of this type; key receives "kind/id" of its entity. Fresh, on the heap: free it. NULL when
 * data failed. */
struct event_detail *event_detail_read(enum event_type type, struct event_data *data, const struct unit_table *units,
                                       char key[ENTITY_KEY_SIZE]);

#endif
