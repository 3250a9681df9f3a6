/* xlsx_number: numbers and dates as text, by the digits of the file; and what a number format says. */
#include "common/xlsx_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define DIGITS_KEPT 15
#define POINT_MIN   (-20)
#define DAYS_MAX    2958465   /* 9999-12-31 in the 1900 system */
#define DAYS_1904   1462      /* between the two systems */
#define DAY_SECONDS 86400

/* 0.d1d2…dn × 10^point; d1 is not zero, zero has no digits. */
struct number {
	bool is_negative;
	char digits[DIGITS_KEPT + 1];
	int count;
	int point;
};

/* ---- Reading ---- */

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

/* Half away from zero, as Excel rounds what it shows. */
static void round_up(struct number *number)
{
	int at = number->count - 1;
	while (at >= 0 && number->digits[at] == '9')
		at--;
	number->count = at + 1;
	if (at >= 0) {
		number->digits[at]++;
		return;
	}
	number->digits[0] = '1';
	number->count = 1;
	number->point++;
}

static bool parse_exponent(const char *at, int *ret_exponent)
{
	char *end;
	if (*at == '\0') {
		*ret_exponent = 0;
		return true;
	}
	if (*at != 'e' && *at != 'E')
		return false;
	const char *digits = at + 1 + (at[1] == '+' || at[1] == '-');
	if (!is_digit(digits[0]) || strlen(digits) > 4)
		return false;
	*ret_exponent = (int)strtol(at + 1, &end, 10);
	return *end == '\0';
}

/* -?digits[.digits][E±digits] */
static bool parse_number(const char *raw, struct number *ret_number)
{
	struct number number = {.is_negative = raw[0] == '-'};
	const char *at = raw + (raw[0] == '-');
	bool is_behind = false, rounds_up = false, has_digits = false;
	int seen = 0, exponent;
	for (; is_digit(*at) || (*at == '.' && !is_behind); at++) {
		if (*at == '.') {
			is_behind = true;
			continue;
		}
		has_digits = true;
		if (seen == 0 && *at == '0') {
			number.point -= is_behind;
			continue;
		}
		number.point += !is_behind;
		if (seen < DIGITS_KEPT)
			number.digits[number.count++] = *at;
		else if (seen == DIGITS_KEPT)
			rounds_up = *at >= '5';
		seen++;
	}
	if (!has_digits || !parse_exponent(at, &exponent))
		return false;
	if (rounds_up)
		round_up(&number);
	while (number.count > 0 && number.digits[number.count - 1] == '0')
		number.count--;
	number.point += exponent;
	*ret_number = number.count > 0 ? number : (struct number){0};
	return true;
}

/* ---- Plain numbers ---- */

static const char *plain(struct arena *arena, const struct number *number)
{
	if (number->count == 0)
		return "0";
	char text[2 + DIGITS_KEPT - POINT_MIN + 8];
	size_t len = 0;
	if (number->is_negative)
		text[len++] = '-';
	for (int i = 0; i < number->point; i++)
		text[len++] = i < number->count ? number->digits[i] : '0';
	if (number->point <= 0)
		text[len++] = '0';
	if (number->count > number->point)
		text[len++] = '.';
	for (int i = number->point; i < 0; i++)
		text[len++] = '0';
	for (int i = number->point < 0 ? 0 : number->point; i < number->count; i++)
		text[len++] = number->digits[i];
	return arena_text(arena, text, len);
}

/* ---- Dates ---- */

/* Days and seconds of a serial number; seconds to the nearest. A serial has at most 7 digits before the point, so that
 * 12 behind it leave room in 64 bits. */
static bool split_serial(const struct number *number, int64_t *ret_days, int64_t *ret_seconds)
{
	static const int64_t PARTS = 1000000000000;
	int64_t days = 0, part = 0;
	if ((number->is_negative && number->count > 0) || number->point > 7)
		return false;
	for (int i = 0; i < number->point; i++)
		days = days * 10 + (i < number->count ? number->digits[i] - '0' : 0);
	int64_t worth = PARTS / 10;
	for (int i = number->point; worth > 0; i++, worth /= 10)
		part += i >= 0 && i < number->count ? worth * (number->digits[i] - '0') : 0;
	*ret_seconds = (part * DAY_SECONDS + PARTS / 2) / PARTS;
	*ret_days = days + *ret_seconds / DAY_SECONDS;
	*ret_seconds %= DAY_SECONDS;
	return true;
}

/* Of the proleptic Gregorian calendar, from days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
static void civil(int64_t days, int64_t *ret_year, int64_t *ret_month, int64_t *ret_day)
{
	days += 719468;
	int64_t era = days / 146097, of_era = days % 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t shifted = (5 * of_year + 2) / 153;
	*ret_day = of_year - (153 * shifted + 2) / 5 + 1;
	*ret_month = shifted < 10 ? shifted + 3 : shifted - 9;
	*ret_year = year + era * 400 + (*ret_month <= 2);
}

/* 1 is 1900-01-01; 60 is 1900-02-29, which never was, so that from 61 on a day is counted too many. */
static bool date_of(int64_t days, bool is_1904, int64_t *ret_since_1970)
{
	if (is_1904)
		days += DAYS_1904;
	if (days < 1 || days > DAYS_MAX || days == 60)
		return false;
	*ret_since_1970 = days - 25569 + (days < 60);
	return true;
}

static const char *time_text(struct arena *arena, int64_t hours, int64_t seconds)
{
	return arena_printf(arena, "%02lld:%02lld:%02lld", (long long)hours, (long long)(seconds / 60 % 60), (long long)(seconds % 60));
}

static const char *date_text(struct arena *arena, const struct number *number, enum xlsx_format format, bool is_1904)
{
	int64_t days, seconds, since_1970, year, month, day;
	if (!split_serial(number, &days, &seconds))
		return NULL;
	if (format == XLSX_TIME)
		return time_text(arena, days * 24 + seconds / 3600, seconds);
	if (!date_of(days, is_1904, &since_1970))
		return NULL;
	civil(since_1970, &year, &month, &day);
	const char *date = arena_printf(arena, "%04lld-%02lld-%02lld", (long long)year, (long long)month, (long long)day);
	if (format == XLSX_DATE || seconds == 0)
		return date;
	return arena_printf(arena, "%sT%s", date, time_text(arena, seconds / 3600, seconds));
}

bool xlsx_number_text(struct arena *arena, const char *raw, enum xlsx_format format, bool is_1904, const char **ret_text,
                          enum xlsx_flaw *ret_flaw)
{
	struct number number;
	if (!parse_number(raw, &number))
		return false;
	*ret_text = raw;
	*ret_flaw = XLSX_FLAW_NONE;
	if (format != XLSX_NUMBER && format != XLSX_PERCENT) {
		const char *text = date_text(arena, &number, format, is_1904);
		*ret_flaw = text == NULL ? XLSX_FLAW_DATE : XLSX_FLAW_NONE;
		*ret_text = text == NULL ? raw : text;
	} else if (number.point > DIGITS_KEPT) {
		*ret_flaw = XLSX_FLAW_DIGITS;
	} else if (number.point < POINT_MIN) {
		*ret_flaw = XLSX_FLAW_SMALL;
	} else {
		*ret_text = plain(arena, &number);
		*ret_flaw = format == XLSX_PERCENT ? XLSX_FLAW_PERCENT : XLSX_FLAW_NONE;
	}
	return true;
}

/* ---- Number formats ---- */

/* Those that are not written in a file: ECMA-376 part 1, 18.8.30; 27 to 36 and 50 to 58 are dates in every language that has them. */
enum xlsx_format xlsx_builtin_format(size_t id)
{
	if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id == 36 || (id >= 50 && id <= 54) || id == 57 || id == 58)
		return XLSX_DATE;
	if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || (id >= 45 && id <= 47) || id == 55 || id == 56)
		return XLSX_TIME;
	if (id == 22)
		return XLSX_DATE_TIME;
	return id == 9 || id == 10 ? XLSX_PERCENT : XLSX_NUMBER;
}

/* What a bracket holds: [h], [mm], [ss] count on past a day; colours, conditions and languages say nothing. */
static bool is_elapsed(struct span inner)
{
	bool is_one = inner.len > 0;
	for (size_t i = 0; i < inner.len; i++)
		is_one = is_one && (inner.at[i] | 0x20) == (inner.at[0] | 0x20);
	return is_one && strchr("hmsHMS", inner.at[0]) != NULL;
}

/* How many bytes say nothing of the kind of number: "text", \x, _x, *x, [Red], AM/PM; 0 when the next one does. */
static size_t skip_literal(const char *code, bool *has_time)
{
	size_t len;
	switch (code[0]) {
	case '"':
		len = strcspn(code + 1, "\"");
		return 1 + len + (code[1 + len] != '\0');
	case '\\':
	case '_':
	case '*':
		return code[1] == '\0' ? 1 : 2;
	case '[':
		len = strcspn(code + 1, "]");
		*has_time = *has_time || is_elapsed(span_of(code + 1, len));
		return 1 + len + (code[1 + len] != '\0');
	case 'A':
	case 'a':
		return strncasecmp(code, "AM/PM", 5) == 0 ? 5 : strncasecmp(code, "A/P", 3) == 0 ? 3 : 0;
	default:
		return 0;
	}
}

/* The first section is that of positive numbers, and a date is one. */
enum xlsx_format xlsx_read_format(const char *code)
{
	bool has_date = false, has_time = false, has_month = false, has_percent = false;
	while (*code != '\0' && *code != ';') {
		size_t literal = skip_literal(code, &has_time);
		if (literal > 0) {
			code += literal;
			continue;
		}
		has_date = has_date || strchr("dDyY", *code) != NULL;
		has_time = has_time || strchr("hHsS", *code) != NULL;
		has_month = has_month || *code == 'm' || *code == 'M';  /* a minute beside hours or seconds */
		has_percent = has_percent || *code == '%';
		code++;
	}
	has_date = has_date || (has_month && !has_time);
	if (has_date || has_time)
		return !has_time ? XLSX_DATE : has_date ? XLSX_DATE_TIME : XLSX_TIME;
	return has_percent ? XLSX_PERCENT : XLSX_NUMBER;
}
