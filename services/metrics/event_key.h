/* event_key: the entities an event speaks of, from its type and data alone: one row per type in the table of the .c.
 *
 * The first key is the event's own: the thing it reports on, and the one in whose `reports` it counts. The others are
 * folded from it too: a problem belongs to a project, a verification says what became of a project's effect. Keys depend
 * on nothing but the event, so they do not depend on the order of arrival. */
#ifndef EFFREG_METRICS_EVENT_KEY_H
#define EFFREG_METRICS_EVENT_KEY_H

#include "common/envelope.h"
#include "services/metrics/entity_kind.h"

#define ENTITY_ID_SIZE 136  /* up to two ids with a stroke between */
#define EVENT_KEYS_MAX 2

/* id: mostly the id in the data; "" where a region has one such thing (region, club); "AUTHORITY/DATE" of a headcount
 * ("/DATE": of the whole region), "DATE" of a hand-over of chair or cup, "WHAT/DATE" of a declared aggregate. */
struct entity_key {
	enum entity_kind kind;
	char id[ENTITY_ID_SIZE];
};

/* Fills keys[0..*ret_count), one or more, of an event of a type that may be corrected. STATUS_POISON with fault (may be
 * NULL) where data lacks a member that names an entity, or it is no id: its schema should have refused it. */
enum status event_keys(enum event_type type, const struct json *data, struct entity_key keys[EVENT_KEYS_MAX],
                       size_t *ret_count, struct fault *fault) MUST_CHECK;

/* The kind of the event's own entity. */
enum entity_kind event_key_kind(enum event_type type);
/* The member of data with the date it is about ("completed_on"); NULL: the event's time is the date. */
const char *event_key_date_member(enum event_type type);
/* The attribute that says when, in the entity's attributes: the member above, or, where there is none, one made of the
 * verb ("raised_on", "published_on"). NULL for a project's events: project_fold has names of its own. */
const char *event_key_date_attribute(enum event_type type);

#endif
