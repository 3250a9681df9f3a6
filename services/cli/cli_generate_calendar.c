#include "services/cli/cli_generate_calendar.h"

#include <stdio.h>

/* Days are counted in years that begin in March, so that the leap day is the last one (a well-known way). */
int calendar_day_of(int year, int month, int day_of_month)
{
	int y = month <= 2 ? year - 1 : year;
	int era = y / 400;
	int year_of_era = y - era * 400;
	int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day_of_month - 1;
	int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

static void split(int day, int *ret_year, int *ret_month, int *ret_day_of_month)
{
	int shifted = day + 719468;
	int era = shifted / 146097;
	int day_of_era = shifted - era * 146097;
	int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int month_from_march = (5 * day_of_year + 2) / 153;

	*ret_day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
	*ret_month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
	*ret_year = year_of_era + era * 400 + (*ret_month <= 2 ? 1 : 0);
}

int calendar_day(int yyyymmdd)
{
	return calendar_day_of(yyyymmdd / 10000, yyyymmdd / 100 % 100, yyyymmdd % 100);
}

int calendar_year(int day)
{
	int year, month, day_of_month;

	split(day, &year, &month, &day_of_month);
	return year;
}

void calendar_text(int day, char text[CALENDAR_TEXT_SIZE])
{
	int year, month, day_of_month;

	split(day, &year, &month, &day_of_month);
	(void)snprintf(text, CALENDAR_TEXT_SIZE, "%04u-%02u-%02u", (unsigned)year % 10000u, (unsigned)month % 100u,
	               (unsigned)day_of_month % 100u);
}

int calendar_workday(int day)
{
	int year, month, day_of_month, weekday;

	split(day, &year, &month, &day_of_month);
	if (month == 1 && day_of_month <= 8)
		day += 9 - day_of_month;
	weekday = (day + 3) % 7;  /* 1970-01-01 was a Thursday; 0 = Monday */
	return weekday >= 5 ? day + 7 - weekday : day;
}

int calendar_year_index(int day)
{
	int index = calendar_year(day) - GENERATE_YEAR_FIRST;

	if (index < 0)
		return 0;
	return index < GENERATE_YEARS ? index : GENERATE_YEARS - 1;
}
