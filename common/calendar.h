/* calendar: periods as unions of UTC months, and until when a period may be reported.
 *
 * A month is numbered from January 1970 = 0. Cut-offs are data (deploy/config/calendar.json, schema
 * proto/schemas/calendar.v1.json): so many months after the period, by the end (UTC) of a day; a single period may have a date of its
 * own. What is recorded after the cut-off is late: it goes into the next revision. */
#ifndef EFFREG_CALENDAR_H
#define EFFREG_CALENDAR_H

#include "common/json.h"

#define CALENDAR_CODE_SIZE      8      /* "2026-H1" and its end */
#define CALENDAR_MONTH_MAX      96359  /* December 9999 */
#define CALENDAR_EXCEPTIONS_MAX 1000

enum calendar_length { CALENDAR_MONTH, CALENDAR_QUARTER, CALENDAR_HALF, CALENDAR_YEAR, CALENDAR_LENGTH_COUNT };

/* months first .. first + count - 1; first is a multiple of count. */
struct calendar_period {
	enum calendar_length length;
	int first;
	int count;  /* 1, 3, 6, 12 */
};

/* Instants are microseconds since 1970, not negative. */
int calendar_month_of(int64_t us);
int64_t calendar_month_start(int month);                 /* month may be one past the last */
int calendar_month_last(struct calendar_period period);  /* its last month */

/* "2026", "2026-H1", "2026-Q3", "2026-09"; false for anything else or before 1970. */
bool calendar_period_parse(const char *code, struct calendar_period *ret_period) MUST_CHECK;
const char *calendar_period_format(struct calendar_period period, char code[CALENDAR_CODE_SIZE]);
/* The period of this length that the month lies in. */
struct calendar_period calendar_period_of(int month, enum calendar_length length);
/* The one after it, of the same length; to be stopped by its owner before CALENDAR_MONTH_MAX. */
struct calendar_period calendar_period_next(struct calendar_period period);
/* False before 1970. */
bool calendar_period_previous(struct calendar_period period, struct calendar_period *ret_previous) MUST_CHECK;
bool calendar_period_equal(struct calendar_period a, struct calendar_period b);

struct calendar;

/* A configuration that passed its schema, or STATUS_INVALID with code "calendar" and a pointer. Fresh; give back with
 * calendar_destroy. */
enum status calendar_new(const struct json *config, struct calendar **ret_calendar, struct fault *fault) MUST_CHECK;
void calendar_destroy(struct calendar **calendar);

/* The first instant that is too late for the period. */
int64_t calendar_cut_off(const struct calendar *calendar, struct calendar_period period);
/* Whether what happened then and was recorded then came after the cut-off of its quarter. */
bool calendar_late(const struct calendar *calendar, int64_t happened_us, int64_t recorded_us);

#endif
