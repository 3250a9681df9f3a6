/* figure: the value of an indicator: scale × numerator / denominator, exact, rounded half to even to six places once. */
#ifndef EFFREG_METRICS_FIGURE_H
#define EFFREG_METRICS_FIGURE_H

#include "common/decimal.h"

#define FIGURE_SUM_SIZE 48

/* Millionths, wide enough for the sum of any number of decimals that a region can report. */
__extension__ typedef __int128 figure_sum;

struct figure {
	figure_sum numerator;
	figure_sum denominator;  /* 1, of a mean the number, of a median 1 or 2 */
	int64_t observations;    /* how many things were looked at */
	bool missing;            /* the denominator is 0, or the value is out of a decimal's range */
	bool empty;              /* there is nothing to be told: no row */
	decimal value;           /* 0 when missing */
};

/* Fills value and missing from the rest. */
void figure_finish(struct figure *figure, int64_t scale);
bool figure_equal(const struct figure *a, const struct figure *b);
/* Shortest exact text: "48.4", "-3", "0". */
const char *figure_sum_format(figure_sum sum, char text[FIGURE_SUM_SIZE]);

#endif
