/* Products and quotients are taken in 128 bits, so that only the result can be out of range. */
#include "common/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 unsigned_wide;

#define SCALE INT64_C(1000000)
#define EXACT_IN_DOUBLE (INT64_C(1) << 53)
#define PLACES_MAX 15
#define DOUBLE_TEXT_SIZE 336  /* '-', 309 digits, a point of up to 4 bytes, 15 digits, zero */

/* INT64_MIN is left out, so that every decimal has a negative. */
static bool narrow(wide value, decimal *ret_decimal)
{
	if (value > INT64_MAX || value < -INT64_MAX)
		return false;
	ret_decimal->millionths = (int64_t)value;
	return true;
}

/* Half to even; divisor > 0. */
static wide divide_rounded(wide dividend, wide divisor)
{
	bool negative = dividend < 0;
	wide magnitude = negative ? -dividend : dividend;
	wide quotient = magnitude / divisor;
	wide twice = 2 * (magnitude % divisor);
	if (twice > divisor || (twice == divisor && quotient % 2 != 0))
		quotient++;
	return negative ? -quotient : quotient;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The digits before the point; stops growing, out of range, before it could wrap. */
static const char *read_whole(const char *at, wide *ret_whole)
{
	wide whole = 0;
	for (; is_digit(*at); at++) {
		if (whole <= INT64_MAX)
			whole = whole * 10 + (*at - '0');
	}
	*ret_whole = whole;
	return at;
}

bool decimal_parse(const char *text, decimal *ret_decimal)
{
	bool negative = *text == '-';
	text += negative;
	if (!is_digit(text[0]) || (text[0] == '0' && is_digit(text[1])))
		return false;
	wide value;
	text = read_whole(text, &value);
	int places = 0;
	if (*text == '.') {
		for (text++; is_digit(*text) && places < DECIMAL_PLACES; text++, places++)
			value = value * 10 + (*text - '0');
		if (places == 0)
			return false;
	}
	if (*text != '\0')
		return false;
	for (; places < DECIMAL_PLACES; places++)
		value *= 10;
	return narrow(negative ? -value : value, ret_decimal);
}

bool decimal_from_integer(int64_t integer, decimal *ret_decimal)
{
	return narrow((wide)integer * SCALE, ret_decimal);
}

/* Drops the zeros at the end of a text with a point, and the point after them. */
static void strip_zeros(char *text)
{
	size_t len = strlen(text);
	if (strchr(text, '.') == NULL)
		return;
	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len--;
	text[len] = '\0';
}

/* At least so many digits, zeros in front; returns where they end. By hand: a turn of metrics formats a hundred figures. */
static char *write_digits(char *at, uint64_t number, unsigned least)
{
	char digits[20];
	unsigned count = 0;
	do
		digits[count++] = (char)('0' + number % 10);
	while ((number /= 10) > 0 || count < least);
	while (count > 0)
		*at++ = digits[--count];
	return at;
}

const char *decimal_format(decimal value, char text[DECIMAL_TEXT_SIZE])
{
	uint64_t magnitude = value.millionths < 0 ? -(uint64_t)value.millionths : (uint64_t)value.millionths;
	char *at = text;
	if (value.millionths < 0)
		*at++ = '-';
	at = write_digits(at, magnitude / SCALE, 1);
	*at++ = '.';
	*write_digits(at, magnitude % SCALE, DECIMAL_PLACES) = '\0';
	strip_zeros(text);
	return text;
}

bool decimal_add(decimal a, decimal b, decimal *ret_sum)
{
	return narrow((wide)a.millionths + b.millionths, ret_sum);
}

bool decimal_subtract(decimal a, decimal b, decimal *ret_difference)
{
	return narrow((wide)a.millionths - b.millionths, ret_difference);
}

bool decimal_multiply(decimal a, decimal b, decimal *ret_product)
{
	return narrow(divide_rounded((wide)a.millionths * b.millionths, SCALE), ret_product);
}

bool decimal_divide(decimal a, decimal b, decimal *ret_quotient)
{
	if (b.millionths == 0)
		return false;
	wide dividend = (wide)a.millionths * SCALE;
	wide divisor = b.millionths;
	if (divisor < 0) {
		dividend = -dividend;
		divisor = -divisor;
	}
	return narrow(divide_rounded(dividend, divisor), ret_quotient);
}

int decimal_compare(decimal a, decimal b)
{
	return (a.millionths > b.millionths) - (a.millionths < b.millionths);
}

bool decimal_round(decimal value, unsigned places, decimal *ret_rounded)
{
	ASSERT(places <= DECIMAL_PLACES);
	wide step = 1;
	for (unsigned i = places; i < DECIMAL_PLACES; i++)
		step *= 10;
	return narrow(divide_rounded(value.millionths, step) * step, ret_rounded);
}

/* Up to 2^53 millionths a division of two exact doubles is rounded once. Beyond, the quotient is taken with 30 more
 * bits, the last of them set when anything is left over, so that again only one rounding happens. */
double decimal_double(decimal value)
{
	if (value.millionths >= -EXACT_IN_DOUBLE && value.millionths <= EXACT_IN_DOUBLE)
		return (double)value.millionths / (double)SCALE;
	bool negative = value.millionths < 0;
	unsigned_wide magnitude = negative ? -(unsigned_wide)value.millionths : (unsigned_wide)value.millionths;
	unsigned_wide shifted = magnitude << 30;
	unsigned_wide quotient = shifted / SCALE | (shifted % SCALE != 0);
	double result = ldexp((double)quotient, -30);
	return negative ? -result : result;
}

/* glibc prints the exact binary value, rounded half to even in the rounding mode in force (to nearest); its decimal
 * point is the locale's. */
static void print_fixed(double value, unsigned places, char text[DOUBLE_TEXT_SIZE])
{
	ASSERT(places <= PLACES_MAX);
	snprintf(text, DOUBLE_TEXT_SIZE, "%.*f", (int)places, value);
}

/* Puts '.' in the place of the locale's decimal point, which has one byte or more. */
static void normalise_point(char *text, unsigned places)
{
	if (places == 0)
		return;
	size_t whole = strspn(text, "-0123456789");
	const char *fraction = text + strlen(text) - places;
	text[whole] = '.';
	memmove(text + whole + 1, fraction, places + 1);
}

bool decimal_format_double(double value, unsigned places, char *text, size_t size)
{
	if (!isfinite(value))
		return false;
	char printed[DOUBLE_TEXT_SIZE];
	print_fixed(value, places, printed);
	normalise_point(printed, places);
	strip_zeros(printed);
	const char *shown = text_equal(printed, "-0") ? "0" : printed;
	size_t len = strlen(shown);
	if (len >= size)
		return false;
	memcpy(text, shown, len + 1);
	return true;
}

double decimal_round_double(double value, unsigned places)
{
	if (!isfinite(value))
		return value;
	char printed[DOUBLE_TEXT_SIZE];
	print_fixed(value, places, printed);
	double rounded = strtod(printed, NULL);  /* before normalise_point: the same locale reads what it wrote */
	return rounded == 0.0 ? 0.0 : rounded;   /* never -0 */
}
