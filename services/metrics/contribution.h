/* contribution: what one entity adds to the indicators: a pure function of the definitions and of its attributes.
 *
 * An indicator of a period is the fold of the contributions of its months (cell.h), so an event changes it by taking off
 * what its entities contributed before and adding what they contribute now: exactly, without drift. */
#ifndef EFFREG_METRICS_CONTRIBUTION_H
#define EFFREG_METRICS_CONTRIBUTION_H

#include "services/metrics/definition.h"

/* A fact that counts lies in these years, by its date. */
#define CONTRIBUTION_YEAR_FIRST 1990
#define CONTRIBUTION_YEAR_LAST  2089

#define SUBJECT_TEXT_SIZE 96  /* a kind and a name */

struct contribution {
	uint16_t definition;   /* its ordinal */
	uint8_t part;          /* 0 numerator, 1 denominator */
	int8_t count;          /* 1; −1 where a stay ends */
	int16_t month;         /* from January 1970 = 0 */
	enum subject_kind kind;
	const char *subject;   /* "" or "authority/A1" */
	decimal amount;        /* counted, summed, or the sample of a median */
	const char *sample;    /* a distinct thing, or whose figure is the latest; NULL = none */
	int day;               /* of the latest: days since 1970 */
};

/* The contributions of an entity, in the order of the definitions; none when attributes is NULL. Texts are borrowed from
 * attributes and scratch. beside, or NULL: the attributes of its other side in a change; what both sides contribute may be left out
 * (a source has years of months, and an event changes one of them). */
typedef void contribution_emit_fn(void *context, const struct contribution *contribution);
void contributions_emit(const struct definitions *definitions, enum entity_kind kind, const char *id,
                        const struct json *attributes, const struct json *beside, struct arena *scratch, contribution_emit_fn *emit, void *context);

/* "2023-01-31" → its month and day; false for what is no date or lies in no year that counts. */
bool contribution_date(const char *text, int *ret_month, int *ret_day) MUST_CHECK;

bool contribution_equal(const struct contribution *a, const struct contribution *b);

#endif
