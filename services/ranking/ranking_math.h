/* ranking_math: logarithm, exponential and power of +, -, *, / and square roots only.
 *
 * libm chooses its variants by the processor (with FMA or without), and their last bits differ; a result_digest must
 * not. Errors stay within 2 units of the last place for log and exp, and within |p·log x| of them for powers. */
#ifndef EFFREG_RANKING_MATH_H
#define EFFREG_RANKING_MATH_H

double ranking_log(double x);            /* natural; -inf at 0, NaN below 0; inf and NaN as they come */
double ranking_exp(double x);            /* 0 and inf out of range */
double ranking_pow(double x, double p);  /* p <> 0. x < 0 needs a whole p, else NaN; 0 to a power below 0 is inf */

#endif
