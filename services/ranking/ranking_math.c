#include "services/ranking/ranking_math.h"

#include <math.h>
#include <stddef.h>

#define SQRT_HALF 0.70710678118654752440
#define LN2       0.69314718055994530942
/* ln 2 in two parts; the first has zeros at the end, so that a whole multiple up to 2^16 of it is exact. */
#define LN2_HI    0x1.62e42fefap-1
#define LN2_LO    0x1.cf79abc9e3b3ap-40

#define EXP_TERMS 14
#define WHOLE_MAX 64

/* 1/3, 1/5, …: the series of the logarithm. */
static const double LOG_SERIES[] = {
	1.0 / 3, 1.0 / 5, 1.0 / 7, 1.0 / 9, 1.0 / 11, 1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21, 1.0 / 23, 1.0 / 25,
};

/* x = m · 2^e with m in [√½, √2), f = m − 1, s = f / (2 + f): ln m = 2s + 2(s³/3 + s⁵/5 + …), and as 2s = f − s·f, only
 * the small second part has rounding errors that count. */
double ranking_log(double x)
{
	if (isnan(x) || x < 0)
		return NAN;
	if (x == 0 || isinf(x))
		return x == 0 ? -INFINITY : x;
	int exponent;
	double m = frexp(x, &exponent);
	if (m < SQRT_HALF) {
		m *= 2;
		exponent--;
	}
	double f = m - 1;
	double s = f / (2 + f);
	double square = s * s;
	double series = 0;
	for (size_t i = sizeof LOG_SERIES / sizeof *LOG_SERIES; i-- > 0;)
		series = square * (series + LOG_SERIES[i]);
	double small = s * (2 * series - f) + exponent * LN2_LO;
	return exponent * LN2_HI + (f + small);
}

/* x = k·ln 2 + r with |r| <= ln 2 / 2: e^x = 2^k · e^r, by Taylor's series. */
double ranking_exp(double x)
{
	if (isnan(x))
		return x;
	if (x > 710 || x < -746)
		return x > 0 ? INFINITY : 0;
	double k = floor(x / LN2 + 0.5);
	double r = (x - k * LN2_HI) - k * LN2_LO;
	double series = 0;
	for (int i = EXP_TERMS; i >= 1; i--)
		series = (series + 1) * r / i;
	return ldexp(1 + series, (int)k);
}

static double power_whole(double x, unsigned p)
{
	double power = 1;
	for (; p > 0; p >>= 1) {
		if ((p & 1) != 0)
			power *= x;
		x *= x;
	}
	return power;
}

double ranking_pow(double x, double p)
{
	if (isnan(x))
		return x;
	if (p == floor(p) && fabs(p) <= WHOLE_MAX) {
		double power = power_whole(x, (unsigned)fabs(p));
		return p < 0 ? 1 / power : power;
	}
	if (x < 0)
		return NAN;
	if (p == 0.5)
		return sqrt(x);
	if (x == 0)
		return p > 0 ? 0 : INFINITY;
	return ranking_exp(p * ranking_log(x));
}
