/* decimal: exact decimal numbers with six places, for money, counts, measured values and shares.
 *
 * Range ±9,223,372,036,854.775807. Rounding is half to even. No function wraps: a result out of range is
 * reported. Text form: optional '-', digits without leading zeros, optional '.' and 1 to 6 digits. */
#ifndef EFFREG_DECIMAL_H
#define EFFREG_DECIMAL_H

#include "common/status.h"

#define DECIMAL_PLACES    6
#define DECIMAL_TEXT_SIZE 24

typedef struct decimal {
	int64_t millionths;
} decimal;

bool decimal_parse(const char *text, decimal *ret_decimal) MUST_CHECK;       /* false: not the form above, or out of range */
bool decimal_from_integer(int64_t integer, decimal *ret_decimal) MUST_CHECK;
/* Shortest exact text without trailing zeros: "48.4", "-3", "0". */
const char *decimal_format(decimal value, char text[DECIMAL_TEXT_SIZE]);

bool decimal_add(decimal a, decimal b, decimal *ret_sum) MUST_CHECK;
bool decimal_subtract(decimal a, decimal b, decimal *ret_difference) MUST_CHECK;
bool decimal_multiply(decimal a, decimal b, decimal *ret_product) MUST_CHECK;
bool decimal_divide(decimal a, decimal b, decimal *ret_quotient) MUST_CHECK; /* false also when b = 0 */
int decimal_compare(decimal a, decimal b);                                   /* <0, 0, >0 */
/* Rounded half to even to 0..6 places. */
bool decimal_round(decimal value, unsigned places, decimal *ret_rounded) MUST_CHECK;
double decimal_double(decimal value);                                        /* nearest double */

/* A double rounded half to even to `places` (0..15) and printed exactly so, without trailing zeros or "-0"; the
 * form of scores in digests. It is the exact binary value that is rounded (0.15 is below 0.15 and gives 0.1), as glibc
 * prints it; the locale does not matter. NaN, infinities and a text that does not fit give false. */
bool decimal_format_double(double value, unsigned places, char *text, size_t size) MUST_CHECK;
/* The double nearest to that text: what ranking compares. NaN and infinities stay. */
double decimal_round_double(double value, unsigned places);

#endif
