/* cli_generate_calendar: days as counts since 1970-01-01, and as people write them.
 *
 * In tables a day is the number YYYYMMDD (20221114), so that a fact can be read as it stands. */
#ifndef EFFREG_CLI_GENERATE_CALENDAR_H
#define EFFREG_CLI_GENERATE_CALENDAR_H

#include "common/base.h"

#define CALENDAR_TEXT_SIZE 11

/* What the generator covers; years are also indexes: 2020 is 0. */
#define GENERATE_YEAR_FIRST 2020
#define GENERATE_YEAR_LAST  2025
#define GENERATE_YEARS      (GENERATE_YEAR_LAST - GENERATE_YEAR_FIRST + 1)

int calendar_day(int yyyymmdd);
int calendar_day_of(int year, int month, int day_of_month);
int calendar_year(int day);
void calendar_text(int day, char text[CALENDAR_TEXT_SIZE]);  /* "2022-11-14" */

/* The same day, or the next one on which an office works: not at a weekend, not from 1 to 8 January. Never
 * changes the order of two days. */
int calendar_workday(int day);

/* The index of a day's year in 0 .. GENERATE_YEARS - 1; days outside take the nearest. */
int calendar_year_index(int day);

#endif
