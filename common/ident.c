/* Dates are turned into days and back by arithmetic on the proleptic Gregorian calendar, without libc's time zones,
 * which depend on the machine. The only file that includes uuid.h. */
#include "common/ident.h"

#include <stdio.h>
#include <uuid/uuid.h>

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY    (INT64_C(86400) * US_PER_SECOND)
#define YEAR_MIN      1970
#define YEAR_MAX      9999
#define NAME_LEN_MAX  64

/* 1 + the value of a hexadecimal digit; 0 = none. */
static const uint8_t HEX_VALUES[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
	['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* Where the byte's two digits stand in the text, and where a hyphen does. libuuid calls strtoul for each byte: with every
 * event read twice that was a tenth of its validation (measured). */
bool ident_uuid_parse(const char *text, struct ident_uuid *ret_uuid)
{
	static const uint8_t AT[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
	struct ident_uuid uuid;
	if (strnlen(text, UUID_TEXT_SIZE) != UUID_TEXT_SIZE - 1 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
		return false;
	for (size_t i = 0; i < sizeof uuid.bytes; i++) {
		unsigned high = HEX_VALUES[(unsigned char)text[AT[i]]], low = HEX_VALUES[(unsigned char)text[AT[i] + 1]];
		if (high == 0 || low == 0)
			return false;
		uuid.bytes[i] = (uint8_t)((high - 1) << 4 | (low - 1));
	}
	*ret_uuid = uuid;
	return true;
}

void ident_uuid_format(const struct ident_uuid *uuid, char text[UUID_TEXT_SIZE])
{
	uuid_unparse_lower(uuid->bytes, text);
}

struct ident_uuid ident_uuid_v5(const struct ident_uuid *space, struct span name)
{
	struct ident_uuid uuid;
	uuid_generate_sha1(uuid.bytes, space->bytes, name.at, name.len);
	return uuid;
}

struct ident_uuid ident_uuid_v7(uint64_t unix_ms, const uint8_t random[10])
{
	struct ident_uuid uuid;
	for (int i = 0; i < 6; i++)
		uuid.bytes[i] = (uint8_t)(unix_ms >> (40 - 8 * i));
	memcpy(uuid.bytes + 6, random, 10);
	uuid.bytes[6] = (uint8_t)(0x70 | (uuid.bytes[6] & 0x0F));  /* version 7 */
	uuid.bytes[8] = (uint8_t)(0x80 | (uuid.bytes[8] & 0x3F));  /* variant 10 */
	return uuid;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool ident_is_oktmo(const char *text)
{
	size_t digits = 0;
	while (digits < OKTMO_LEN && is_digit(text[digits]))
		digits++;
	return digits == OKTMO_LEN && text[digits] == '\0';
}

bool ident_is_name(const char *text)
{
	size_t len = 0;
	for (; text[len] != '\0' && len <= NAME_LEN_MAX; len++) {
		if (!is_digit(text[len]) && !is_letter(text[len]) && strchr("._-", text[len]) == NULL)
			return false;
	}
	return len >= 1 && len <= NAME_LEN_MAX;
}

struct civil {
	int64_t year;
	int month;  /* 1..12 */
	int day;    /* 1..31 */
};

/* Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, eras have 400 years. */
static int64_t days_of_civil(struct civil date)
{
	int64_t year = date.month <= 2 ? date.year - 1 : date.year;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

static struct civil civil_of_days(int64_t days)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month_from_march = (5 * day_of_year + 2) / 153;
	int month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
	return (struct civil){
		.year = year_of_era + era * 400 + (month <= 2),
		.month = month,
		.day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1),
	};
}

static int64_t us_of_civil(int64_t year, int month, int day)
{
	return days_of_civil((struct civil){.year = year, .month = month, .day = day}) * US_PER_DAY;
}

static int64_t days_of_us(int64_t us)
{
	return us / US_PER_DAY - (us % US_PER_DAY < 0);
}

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int64_t year, int month)
{
	static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return DAYS[month - 1] + (month == 2 && is_leap(year));
}

/* Exactly `digits` digits at *at; moves past them. */
static bool read_number(const char **at, int digits, int *ret_number)
{
	int number = 0;
	for (int i = 0; i < digits; i++, (*at)++) {
		if (!is_digit(**at))
			return false;
		number = number * 10 + (**at - '0');
	}
	*ret_number = number;
	return true;
}

static bool read_character(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* full-date of RFC 3339, any year. */
static bool read_date(const char **at, int64_t *ret_days)
{
	int year;
	struct civil date;
	if (!read_number(at, 4, &year) || !read_character(at, '-') || !read_number(at, 2, &date.month)
	    || !read_character(at, '-') || !read_number(at, 2, &date.day))
		return false;
	date.year = year;
	if (date.month < 1 || date.month > 12 || date.day < 1 || date.day > days_in_month(year, date.month))
		return false;
	*ret_days = days_of_civil(date);
	return true;
}

/* time-secfrac, which may be absent. */
static bool read_fraction(const char **at, int *ret_us)
{
	int us = 0;
	int digits = 0;
	if (read_character(at, '.')) {
		for (; is_digit(**at); (*at)++, digits++)
			us = digits < 6 ? us * 10 + (**at - '0') : us;
		if (digits == 0)
			return false;
		for (; digits < 6; digits++)
			us *= 10;
	}
	*ret_us = us;
	return true;
}

/* time-offset; what has to be subtracted to come to UTC. */
static bool read_offset(const char **at, int *ret_minutes)
{
	*ret_minutes = 0;
	if (read_character(at, 'Z') || read_character(at, 'z'))
		return true;
	int sign = **at == '-' ? -1 : 1;
	int hour;
	int minute;
	if (!read_character(at, '+') && !read_character(at, '-'))
		return false;
	if (!read_number(at, 2, &hour) || !read_character(at, ':') || !read_number(at, 2, &minute))
		return false;
	*ret_minutes = sign * (hour * 60 + minute);
	return hour <= 23 && minute <= 59;
}

/* date-time of RFC 3339, any year. A leap second stands only before midnight, UTC. */
static bool read_instant(const char *at, int64_t *ret_us)
{
	int64_t days;
	int hour;
	int minute;
	int second;
	int fraction_us;
	int offset_minutes;
	if (!read_date(&at, &days) || (!read_character(&at, 'T') && !read_character(&at, 't')))
		return false;
	if (!read_number(&at, 2, &hour) || !read_character(&at, ':') || !read_number(&at, 2, &minute)
	    || !read_character(&at, ':') || !read_number(&at, 2, &second))
		return false;
	if (!read_fraction(&at, &fraction_us) || !read_offset(&at, &offset_minutes) || *at != '\0')
		return false;
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	int minutes = hour * 60 + minute - offset_minutes;
	if (second == 60 && (minutes + 2 * 1440) % 1440 != 1439)
		return false;
	*ret_us = days * US_PER_DAY + (minutes * INT64_C(60) + second) * US_PER_SECOND + fraction_us;
	return true;
}

static bool in_range(int64_t us)
{
	return us >= 0 && us < us_of_civil(YEAR_MAX + 1, 1, 1);
}

bool instant_parse(const char *text, int64_t *ret_us)
{
	int64_t us;
	if (!read_instant(text, &us) || !in_range(us))
		return false;
	*ret_us = us;
	return true;
}

bool instant_is_rfc3339(const char *text)
{
	int64_t us;
	return read_instant(text, &us);
}

bool date_is_rfc3339(const char *text)
{
	int64_t days;
	return read_date(&text, &days) && *text == '\0';
}

bool date_parse(const char *text, int64_t *ret_us)
{
	int64_t days;
	if (!read_date(&text, &days) || *text != '\0' || !in_range(days * US_PER_DAY))
		return false;
	*ret_us = days * US_PER_DAY;
	return true;
}

void instant_format(int64_t us, char text[INSTANT_TEXT_SIZE])
{
	int64_t days = days_of_us(us);
	struct civil date = civil_of_days(days);
	int64_t us_of_day = us % US_PER_DAY + (us % US_PER_DAY < 0 ? US_PER_DAY : 0);
	int second_of_day = (int)(us_of_day / US_PER_SECOND);
	int fraction_us = (int)(us_of_day % US_PER_SECOND);
	int len = snprintf(text, INSTANT_TEXT_SIZE, "%04lld-%02d-%02dT%02d:%02d:%02d", (long long)date.year, date.month,
	                   date.day, second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
	if (fraction_us != 0)
		snprintf(text + len, INSTANT_TEXT_SIZE - (size_t)len, ".%06dZ", fraction_us);
	else
		snprintf(text + len, INSTANT_TEXT_SIZE - (size_t)len, "Z");
}

/* What a period's code says. kind is 'H', 'Q', 'M' or 0 for the whole year. */
struct period_shape {
	int year;
	char kind;
	int number;  /* from 1; which of its kind in the year */
};

static int months_of(char kind)
{
	switch (kind) {
	case 'H':
		return 6;
	case 'Q':
		return 3;
	case 'M':
		return 1;
	default:
		return 12;
	}
}

static bool read_part(const char **at, struct period_shape *shape)
{
	if (**at == '\0')
		return true;
	if (!read_character(at, '-'))
		return false;
	if (**at == 'H' || **at == 'Q') {
		shape->kind = *(*at)++;
		return read_number(at, 1, &shape->number);
	}
	shape->kind = 'M';
	return read_number(at, 2, &shape->number);
}

static bool read_period(const char *at, struct period_shape *ret_shape)
{
	struct period_shape shape = {.number = 1};
	if (!read_number(&at, 4, &shape.year) || !read_part(&at, &shape) || *at != '\0')
		return false;
	if (shape.year < YEAR_MIN || shape.number < 1 || shape.number > 12 / months_of(shape.kind))
		return false;
	*ret_shape = shape;
	return true;
}

static int64_t us_of_month(int year, int months)
{
	return us_of_civil(year + months / 12, months % 12 + 1, 1);
}

static struct period period_of_shape(const struct period_shape *shape)
{
	int length = months_of(shape->kind);
	int from = (shape->number - 1) * length;
	struct period period = {
		.from_us = us_of_month(shape->year, from),
		.to_us = us_of_month(shape->year, from + length),
	};
	unsigned year = (unsigned)shape->year % 10000;
	unsigned number = (unsigned)shape->number % 100;
	if (shape->kind == 0)
		snprintf(period.code, sizeof period.code, "%04u", year);
	else if (shape->kind == 'M')
		snprintf(period.code, sizeof period.code, "%04u-%02u", year, number);
	else
		snprintf(period.code, sizeof period.code, "%04u-%c%u", year, shape->kind, number % 10);
	return period;
}

bool period_parse(const char *code, struct period *ret_period)
{
	struct period_shape shape;
	if (!read_period(code, &shape))
		return false;
	*ret_period = period_of_shape(&shape);
	return true;
}

bool period_previous(const struct period *period, struct period *ret_previous)
{
	struct period_shape shape;
	if (!read_period(period->code, &shape))
		return false;
	if (--shape.number == 0) {
		shape.number = 12 / months_of(shape.kind);
		shape.year--;
	}
	if (shape.year < YEAR_MIN)
		return false;
	*ret_previous = period_of_shape(&shape);
	return true;
}

void period_of_year(int64_t us, struct period *ret_period)
{
	struct period_shape shape = {.year = (int)civil_of_days(days_of_us(us)).year, .number = 1};
	*ret_period = period_of_shape(&shape);
}
