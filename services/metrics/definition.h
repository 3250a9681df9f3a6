/* definition: what the indicators are, read from data (deploy/config/indicators.json, schema
 * proto/schemas/indicators.v1.json).
 *
 * An indicator has one part (a count, sum, mean, median, number of outliers, of distinct things, latest figure) or two, a numerator
 * and a denominator. A part says which entities it looks at (source: an entity kind, or "any"), which of them (filter),
 * when one counts (date; until: the end of a stock's stay), and what is counted of it (measure).
 * A flow is what happened in a period, a stock what stands at its end.
 *
 * Attributes are named by paths, "indicators.lead_time.reduction"; what they can be is in entity_fold.h and
 * project_fold.h. A path that an entity lacks is absent: no condition holds of it but "present": false and "not". */
#ifndef EFFREG_METRICS_DEFINITION_H
#define EFFREG_METRICS_DEFINITION_H

#include "common/decimal.h"
#include "common/json.h"
#include "services/metrics/entity_kind.h"

#define DEFINITIONS_MAX        256
#define DEFINITION_CODE_SIZE   65
#define DEFINITION_FILTERS_MAX 16
#define DEFINITION_ENDS_MAX    4
#define DEFINITION_STEPS_MAX   6

struct attribute_path {
	const char *steps[DEFINITION_STEPS_MAX];
	unsigned count;  /* 0 = none */
};

enum condition_kind {
	CONDITION_IS,        /* equal */
	CONDITION_NOT,       /* absent or not equal */
	CONDITION_IN,        /* equal to one of the list */
	CONDITION_PRESENT,   /* value: true or false */
	CONDITION_AT_LEAST,  /* decimals as numbers, dates and other texts as texts */
	CONDITION_AT_MOST,
	CONDITION_ABOVE,
	CONDITION_BELOW,
	CONDITION_CONTAINS,  /* a list with this text in it */
	CONDITION_KIND_COUNT,
};

struct condition {
	struct attribute_path path;
	enum condition_kind kind;
	const struct json *value;     /* what it is compared with */
	struct attribute_path other;  /* or another attribute; count 0 = value */
};

enum measure_kind {
	MEASURE_COUNT,
	MEASURE_SUM,
	MEASURE_MEAN,
	MEASURE_MEDIAN,
	MEASURE_OUTLIERS,  /* how many of the period's figures stand apart from the rest of them (outlier.h) */
	MEASURE_DISTINCT,  /* texts, or lists of them */
	MEASURE_LATEST,    /* of the latest date */
	MEASURE_NAMED,     /* contribution.c has it in C */
	MEASURE_KIND_COUNT,
};

/* What no path can say. */
#define NAMED_MEASURE_MAP(X) \
	X(EVENTS, "events")                          /* reported, by month, of any entity: entity_fold.h */ \
	X(LATE_EVENTS, "late_events") \
	X(CORRECTED_EVENTS, "corrected_events") \
	X(REPEATED_EVENTS, "repeated_events")        /* that say once more what another event of the same instant said */ \
	X(SEQUENCE_RECEIVED, "sequence_received")    /* numbered events of a source that came */ \
	X(SEQUENCE_EXPECTED, "sequence_expected")    /* and that must have been sent: the highest number, month by month */

enum named_measure {
#define NAMED_MEASURE_ENUM(name, text) NAMED_##name,
	NAMED_MEASURE_MAP(NAMED_MEASURE_ENUM)
#undef NAMED_MEASURE_ENUM
	NAMED_MEASURE_COUNT,
};

struct part {
	bool stock;
	bool any_kind;
	enum entity_kind source;
	struct attribute_path date;
	struct attribute_path ends[DEFINITION_ENDS_MAX];  /* of a stock: the earliest that is present */
	unsigned ends_count;
	struct condition filter[DEFINITION_FILTERS_MAX];  /* all must hold */
	unsigned filter_count;
	enum measure_kind measure;
	struct attribute_path measured;
	struct attribute_path less;                       /* taken off the measured one; count 0 = nothing */
	enum named_measure named;
};

/* For whom an indicator is computed beside the region. */
enum subject_kind {
	SUBJECT_REGION,       /* the region itself: subject "" */
	SUBJECT_AUTHORITY,    /* "authority/ID" */
	SUBJECT_INSTITUTION,  /* "institution/ID" */
	SUBJECT_SPHERE,       /* "sphere/CODE" */
	SUBJECT_OTHER_REGION, /* "region/OKTMO": what is said here of another region */
	SUBJECT_KIND_COUNT,
};

struct definition {
	const char *code;
	const struct json *title;        /* {"ru", "en"} */
	const struct json *description;  /* or NULL */
	const char *unit;
	const char *direction;           /* higher, lower, none */
	int64_t scale;
	struct part parts[2];            /* numerator, denominator */
	unsigned parts_count;            /* 1: the denominator is 1 (of a mean: the number of observations) */
	bool within;                     /* numerator: only those distinct things that are the denominator's too */
	bool observe_denominator;        /* observations are the denominator's */
	bool of_others;                  /* counts for the region it names alone, not for the one that reports */
	bool subject_given[SUBJECT_KIND_COUNT];
	struct attribute_path subjects[SUBJECT_KIND_COUNT];
	size_t ordinal;                  /* its place in the file */
	const struct json *json;
};

/* A part that looks at entities of a kind. */
struct definition_part {
	size_t definition;
	unsigned part;
};

struct definitions {
	const struct definition *at;
	size_t count;
	const struct definition_part *of_kind[ENTITY_KIND_COUNT];  /* in the order of the file */
	size_t of_kind_count[ENTITY_KIND_COUNT];
};

/* json passed its schema (indicators.v1.json). What the schema cannot say is checked here: codes once each, known sources
 * and measures, paths of a fair length; STATUS_INVALID with code "indicators" and a pointer. Lives in arena, as long as
 * json does. */
enum status definitions_read(struct arena *arena, const struct json *json, const struct definitions **ret_definitions,
                             struct fault *fault) MUST_CHECK;

/* NULL when there is no such code. */
const struct definition *definition_find(const struct definitions *definitions, const char *code);

/* Whether nothing counted means 0: a number of things is, a share or a median of nothing is not known. */
bool definition_absent_is_zero(const struct definition *definition);

/* What the subject is of: "authority/A1" is SUBJECT_AUTHORITY. False: no subject. */
bool subject_kind_find(const char *subject, enum subject_kind *ret_kind) MUST_CHECK;
const char *subject_kind_prefix(enum subject_kind kind);  /* "authority/"; "" of the region */

/* The attribute, or NULL when it is absent or null. */
const struct json *attribute_find(const struct json *attributes, const struct attribute_path *path);
/* A number or a text that is one. */
bool attribute_decimal(const struct json *attribute, decimal *ret_decimal) MUST_CHECK;
bool conditions_hold(const struct condition *conditions, unsigned count, const struct json *attributes);

#endif
