#include "services/metrics/figure.h"

#include <stdio.h>

#define MILLION 1000000

__extension__ typedef unsigned __int128 magnitude;

static magnitude magnitude_of(figure_sum sum)
{
	return sum < 0 ? -(magnitude)sum : (magnitude)sum;
}

/* Half to even. Sums stay below 10^28 and scales below 10^4 (definition's schema), so the product fits. */
void figure_finish(struct figure *figure, int64_t scale)
{
	figure->missing = figure->denominator == 0;
	figure->value = (decimal){0};
	if (figure->missing)
		return;
	magnitude numerator = magnitude_of(figure->numerator) * (magnitude)scale * MILLION;
	magnitude denominator = magnitude_of(figure->denominator);
	magnitude quotient = numerator / denominator;
	magnitude twice = (numerator % denominator) * 2;
	if (twice > denominator || (twice == denominator && quotient % 2 == 1))
		quotient++;
	figure->missing = quotient > (magnitude)INT64_MAX;
	if (figure->missing)
		return;
	bool negative = (figure->numerator < 0) != (figure->denominator < 0);
	figure->value = (decimal){negative ? -(int64_t)quotient : (int64_t)quotient};
}

bool figure_equal(const struct figure *a, const struct figure *b)
{
	if (a->empty || b->empty)
		return a->empty == b->empty;
	return a->numerator == b->numerator && a->denominator == b->denominator && a->observations == b->observations
	       && a->missing == b->missing && decimal_compare(a->value, b->value) == 0;
}

const char *figure_sum_format(figure_sum sum, char text[FIGURE_SUM_SIZE])
{
	/* Nearly all are counts: what a decimal holds is formatted as one, without divisions of 128 bits. */
	_Static_assert(FIGURE_SUM_SIZE >= DECIMAL_TEXT_SIZE, "a sum is at least as wide as a decimal");
	if (sum >= INT64_MIN && sum <= INT64_MAX)
		return decimal_format((decimal){(int64_t)sum}, text);
	char digits[FIGURE_SUM_SIZE];
	magnitude whole = magnitude_of(sum) / MILLION;
	unsigned rest = (unsigned)(magnitude_of(sum) % MILLION);
	size_t at = sizeof digits - 1;
	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + (int)(whole % 10));
	while ((whole /= 10) > 0);
	int len = snprintf(text, FIGURE_SUM_SIZE, "%s%s", sum < 0 ? "-" : "", &digits[at]);
	if (rest > 0) {
		len += snprintf(text + len, FIGURE_SUM_SIZE - (size_t)len, ".%06u", rest);
		while (text[len - 1] == '0')
			text[--len] = '\0';
	}
	return text;
}
