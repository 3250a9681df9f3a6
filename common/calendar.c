#include "common/calendar.h"

#include "common/ident.h"

#include <stdio.h>
#include <stdlib.h>

#define DAY_US ((int64_t)86400 * 1000000)

struct cut_off {
	int months_after;  /* months from the last of the period to that of the last day */
	int day;           /* 1..28 */
};

/* A period whose last day is another. */
struct exception {
	struct calendar_period period;
	int64_t cut_off_us;
};

struct calendar {
	struct cut_off cut_offs[CALENDAR_LENGTH_COUNT];
	size_t exceptions_count;
	struct exception exceptions[CALENDAR_EXCEPTIONS_MAX];
};

static const int COUNTS[CALENDAR_LENGTH_COUNT] = {
	[CALENDAR_MONTH] = 1, [CALENDAR_QUARTER] = 3, [CALENDAR_HALF] = 6, [CALENDAR_YEAR] = 12,
};

static const char *const NAMES[CALENDAR_LENGTH_COUNT] = {
	[CALENDAR_MONTH] = "month", [CALENDAR_QUARTER] = "quarter", [CALENDAR_HALF] = "half", [CALENDAR_YEAR] = "year",
};

/* ---- Months ---- */

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1970-01-01 to January 1 of the year. */
static int64_t days_to_year(int year)
{
	int64_t past = year - 1;
	return 365 * (past - 1969) + past / 4 - past / 100 + past / 400 - 477;
}

static int days_to_month(int year, int month)
{
	static const short DAYS[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	return DAYS[month] + (month > 1 && is_leap(year) ? 1 : 0);
}

int calendar_month_of(int64_t us)
{
	int64_t days = us / DAY_US;
	int year = 1970 + (int)(days / 366);
	while (days_to_year(year + 1) <= days)
		year++;
	int month = 11;
	while (days_to_year(year) + days_to_month(year, month) > days)
		month--;
	return (year - 1970) * 12 + month;
}

int64_t calendar_month_start(int month)
{
	int year = 1970 + month / 12;
	return (days_to_year(year) + days_to_month(year, month % 12)) * DAY_US;
}

/* ---- Periods ---- */

int calendar_month_last(struct calendar_period period)
{
	return period.first + period.count - 1;
}

bool calendar_period_parse(const char *code, struct calendar_period *ret_period)
{
	struct period period;
	if (!period_parse(code, &period))
		return false;
	int first = calendar_month_of(period.from_us);
	int count = calendar_month_of(period.to_us - 1) - first + 1;
	for (int length = 0; length < CALENDAR_LENGTH_COUNT; length++) {
		if (COUNTS[length] == count)
			*ret_period = calendar_period_of(first, (enum calendar_length)length);
	}
	return true;
}

const char *calendar_period_format(struct calendar_period period, char code[CALENDAR_CODE_SIZE])
{
	static const char LETTERS[] = {[CALENDAR_QUARTER] = 'Q', [CALENDAR_HALF] = 'H'};
	unsigned year = (unsigned)(1970 + period.first / 12) % 10000;
	unsigned number = (unsigned)(period.first % 12 / period.count + 1) % 100;
	char *at = code;
	for (unsigned power = 1000; power > 0; power /= 10)
		*at++ = (char)('0' + year / power % 10);
	if (period.length != CALENDAR_YEAR) {
		*at++ = '-';
		*at++ = period.length == CALENDAR_MONTH ? (char)('0' + number / 10) : LETTERS[period.length];
		*at++ = (char)('0' + number % 10);
	}
	*at = '\0';
	return code;
}

struct calendar_period calendar_period_of(int month, enum calendar_length length)
{
	int count = COUNTS[length];
	return (struct calendar_period){.length = length, .first = month - month % count, .count = count};
}

struct calendar_period calendar_period_next(struct calendar_period period)
{
	period.first += period.count;
	return period;
}

bool calendar_period_previous(struct calendar_period period, struct calendar_period *ret_previous)
{
	if (period.first == 0)
		return false;
	period.first -= period.count;
	*ret_previous = period;
	return true;
}

bool calendar_period_equal(struct calendar_period a, struct calendar_period b)
{
	return a.first == b.first && a.length == b.length;
}

/* ---- Cut-offs ---- */

static enum status refuse(struct fault *fault, const char *pointer, const char *expected)
{
	return fault_set(fault, STATUS_INVALID, "calendar", pointer, -1, "expected %s", expected);
}

static bool read_whole(const struct json *object, const char *name, int min, int max, int *ret_whole)
{
	int64_t whole;
	const struct json *value = json_find(object, name);
	if (!json_is(value, JSON_NUMBER) || !json_integer(value, &whole) || whole < min || whole > max)
		return false;
	*ret_whole = (int)whole;
	return true;
}

static enum status read_cut_offs(const struct json *config, struct calendar *calendar, struct fault *fault)
{
	const struct json *cut_offs = json_find(config, "cut_offs");
	for (int length = 0; length < CALENDAR_LENGTH_COUNT; length++) {
		const struct json *entry = json_find(cut_offs, NAMES[length]);
		struct cut_off *cut_off = &calendar->cut_offs[length];
		if (!read_whole(entry, "months_after", 0, 24, &cut_off->months_after)
		    || !read_whole(entry, "day", 1, 28, &cut_off->day)) {
			char pointer[64];
			snprintf(pointer, sizeof pointer, "/cut_offs/%s", NAMES[length]);
			return refuse(fault, pointer, "months_after (0 to 24) and day (1 to 28)");
		}
	}
	return STATUS_OK;
}

static int exception_compare(const void *a, const void *b)
{
	const struct calendar_period *one = &((const struct exception *)a)->period;
	const struct calendar_period *other = &((const struct exception *)b)->period;
	if (one->length != other->length)
		return one->length < other->length ? -1 : 1;
	return (one->first > other->first) - (one->first < other->first);
}

static bool read_exception(const struct json *item, struct exception *ret_exception)
{
	const char *period = json_find_string(item, "period");
	const char *until = json_find_string(item, "until");
	int64_t until_us;
	if (period == NULL || until == NULL || !calendar_period_parse(period, &ret_exception->period)
	    || !date_parse(until, &until_us) || until_us < calendar_month_start(calendar_month_last(ret_exception->period)))
		return false;
	ret_exception->cut_off_us = until_us + DAY_US;
	return true;
}

static enum status read_exceptions(const struct json *config, struct calendar *calendar, struct fault *fault)
{
	const struct json *list = json_find(config, "exceptions");
	for (const struct json *item = json_is(list, JSON_ARRAY) ? json_first(list) : NULL; item != NULL; item = json_next(item)) {
		char pointer[64];
		snprintf(pointer, sizeof pointer, "/exceptions/%zu", calendar->exceptions_count);
		if (calendar->exceptions_count == CALENDAR_EXCEPTIONS_MAX)
			return refuse(fault, "/exceptions", "at most 1000 exceptions");
		if (!read_exception(item, &calendar->exceptions[calendar->exceptions_count]))
			return refuse(fault, pointer, "a period and a day in or after its last month");
		calendar->exceptions_count++;
	}
	qsort(calendar->exceptions, calendar->exceptions_count, sizeof calendar->exceptions[0], exception_compare);
	for (size_t i = 1; i < calendar->exceptions_count; i++) {
		if (exception_compare(&calendar->exceptions[i - 1], &calendar->exceptions[i]) == 0)
			return refuse(fault, "/exceptions", "each period once");
	}
	return STATUS_OK;
}

enum status calendar_new(const struct json *config, struct calendar **ret_calendar, struct fault *fault)
{
	struct calendar *calendar = calloc(1, sizeof *calendar);
	ASSERT(calendar != NULL);
	enum status status = read_cut_offs(config, calendar, fault);
	if (status == STATUS_OK)
		status = read_exceptions(config, calendar, fault);
	if (status == STATUS_OK)
		*ret_calendar = calendar;
	else
		free(calendar);
	return status;
}

void calendar_destroy(struct calendar **calendar)
{
	free(*calendar);
	*calendar = NULL;
}

int64_t calendar_cut_off(const struct calendar *calendar, struct calendar_period period)
{
	struct exception key = {.period = period};
	const struct exception *exception = bsearch(&key, calendar->exceptions, calendar->exceptions_count, sizeof key,
	                                            exception_compare);
	if (exception != NULL)
		return exception->cut_off_us;
	const struct cut_off *cut_off = &calendar->cut_offs[period.length];
	return calendar_month_start(calendar_month_last(period) + cut_off->months_after) + cut_off->day * DAY_US;
}

bool calendar_late(const struct calendar *calendar, int64_t happened_us, int64_t recorded_us)
{
	struct calendar_period quarter = calendar_period_of(calendar_month_of(happened_us), CALENDAR_QUARTER);
	return recorded_us >= calendar_cut_off(calendar, quarter);
}
