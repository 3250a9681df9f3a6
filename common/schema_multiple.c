/* 0.3 / 0.1 is no integer between doubles, and 1e308 / 0.123456789 no double. A tolerance would answer both by luck, so
 * the decimals are divided. */
#include "common/schema_multiple.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DIGITS_MAX 17

__extension__ typedef unsigned __int128 wide;

/* digits * 10^exponent; digits < 10^17 and, unless 0, no multiple of 10. */
struct written {
	uint64_t digits;
	int exponent;
};

/* "-d.ddde-dd" in the C locale or another: the sign and the point are skipped. */
static struct written read_written(const char *text)
{
	struct written written = {0};
	const char *exponent = strchr(text, 'e');
	int count = 0;
	for (const char *at = text; at < exponent; at++) {
		if (*at < '0' || *at > '9')
			continue;
		written.digits = written.digits * 10 + (uint64_t)(*at - '0');
		count++;
	}
	written.exponent = (int)strtol(exponent + 1, NULL, 10) - (count - 1);
	while (written.digits != 0 && written.digits % 10 == 0) {
		written.digits /= 10;
		written.exponent++;
	}
	return written;
}

static struct written written_of(double number)
{
	char text[40];
	int digits = 1;
	do {
		snprintf(text, sizeof text, "%.*e", digits - 1, number);
	} while (digits++ < DIGITS_MAX && strtod(text, NULL) != number);
	return read_written(text);
}

static uint64_t power_of_ten_modulo(int exponent, uint64_t modulus)
{
	wide result = 1 % modulus;
	wide square = 10 % modulus;
	for (; exponent > 0; exponent /= 2) {
		if (exponent % 2 == 1)
			result = result * square % modulus;
		square = square * square % modulus;
	}
	return (uint64_t)result;
}

/* digits are no multiple of 10, so a number with more decimals than its divisor is no multiple. */
static bool divides(const struct written *divisor, const struct written *number)
{
	int shift = number->exponent - divisor->exponent;
	if (shift < 0)
		return false;
	uint64_t power = power_of_ten_modulo(shift, divisor->digits);
	return (wide)(number->digits % divisor->digits) * power % divisor->digits == 0;
}

bool schema_is_multiple(double number, double divisor)
{
	if (number == 0.0)
		return true;
	if (number == trunc(number) && divisor == trunc(divisor) && fabs(number) < 1e15 && divisor < 1e15)
		return fmod(number, divisor) == 0.0;
	struct written a = written_of(number);
	struct written b = written_of(divisor);
	return divides(&b, &a);
}
