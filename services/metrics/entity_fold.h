/* entity_fold: what the events in effect say of one entity, as one JSON object: its attributes.
 *
 * A pure function of the statements in the canonical order (fact.h), so it does not depend on the order of arrival.
 * Kind project has its own fold (project_fold.h). Every other kind is folded generically: the members of the data, a
 * later event's in place of an earlier one's, so that a definition of an indicator can use any member of any event
 * without a line of C. Added to them:
 *   <verb>_on      the date of an event whose data has none: "raised_on", "published_on" (event_key_date_attribute);
 *   gain           of a survey: value - before;
 *   flags          of a survey: [{"code"}] (flag.h);
 *   reports        {"YYYY-MM": [events, late, corrected, repeated (left out when 0)]} of the events whose own entity this is, by the month in which
 *                  they happened (UTC); late: recorded after the cut-off of that quarter.
 * What a later event undoes goes: an authority that joins again has not left.
 *
 * Attributes come in a fixed order; decimals are strings; absent = not known. Data that its schema should have refused
 * is as if it were absent: a fold never fails. */
#ifndef EFFREG_METRICS_ENTITY_FOLD_H
#define EFFREG_METRICS_ENTITY_FOLD_H

#include "common/calendar.h"
#include "services/metrics/entity_kind.h"
#include "services/metrics/fact.h"
#include "services/metrics/measure.h"

/* One event as it is in effect. */
struct statement {
	enum event_type type;
	struct fact place;        /* time, source, sequence, id: of the event itself, also when corrected */
	const struct json *data;  /* the event's, or what a correction put in its place */
	int64_t recorded_us;      /* of the event itself */
	uint64_t seq;             /* of the event itself */
	bool corrected;           /* data is a correction's */
	bool own;                 /* the entity is the event's own (its first key) */
};

/* What a fold has to know beside the events: borrowed. */
struct fold_rules {
	const struct unit_table *units;
	const struct measure_table *measures;
	const struct calendar *calendar;
};

/* What a fold may take of the scratch arena. */
#define ENTITY_FOLD_SCRATCH_BYTES(count) (131072 + (size_t)(count) * 4096)

/* Writes one object. Statements are those in effect, in the canonical order; count 0 writes {}. */
void entity_fold(enum entity_kind kind, const struct statement *statements, size_t count,
                 const struct fold_rules *rules, struct arena *scratch, struct json_writer *writer);

#define ENTITY_FOLD_DATE_SIZE 11

/* For the folds: the day of an instant as YYYY-MM-DD, and a member with a value of an event's data. */
void entity_fold_date(int64_t us, char text[ENTITY_FOLD_DATE_SIZE]);
void entity_fold_value(struct json_writer *writer, const char *name, const struct json *value);

#endif
