#include "services/ranking/ranking_copeland.h"

#include <math.h>

#include "services/ranking/ranking_sum.h"

#define BLOCK 256

/* Weights that are equal as decimals may differ by this share of their sum: 0.1 + 0.2 is no more than 0.3. */
#define TIE_SHARE 1e-12

/* The rivals start..start+count-1 of one unit: leads = weight where the unit is better less weight where it is worse. */
static void weigh(const double *const *columns, const double *weights, size_t column_count, size_t unit, size_t start,
                  size_t count, double leads[BLOCK])
{
	double total[BLOCK] = {0};
	double lost[BLOCK] = {0};
	for (size_t i = 0; i < column_count; i++) {
		const double *rivals = &columns[i][start];
		double own = columns[i][unit];
		/* Comparisons with what is missing are false: it adds to neither side. */
		for (size_t k = 0; k < count; k++)
			ranking_sum_step(&total[k], &lost[k],
			                 (own > rivals[k] ? weights[i] : 0) - (own < rivals[k] ? weights[i] : 0));
	}
	for (size_t k = 0; k < count; k++)
		leads[k] = total[k] + lost[k];
}

static int score_of(const double *const *columns, const double *weights, size_t column_count, size_t unit, size_t first,
                    size_t end, const double *scores, double least)
{
	double leads[BLOCK];
	int score = 0;
	for (size_t start = first; start < end; start += BLOCK) {
		size_t count = end - start < BLOCK ? end - start : BLOCK;
		weigh(columns, weights, column_count, unit, start, count, leads);
		for (size_t k = 0; k < count; k++) {
			if (!isnan(scores[start + k]))
				score += (leads[k] > least) - (leads[k] < -least);
		}
	}
	return score;
}

int ranking_copeland_one(const double *const *columns, const double *weights, size_t count, size_t unit, size_t first,
                         size_t end, const double *scores)
{
	return score_of(columns, weights, count, unit, first, end, scores, TIE_SHARE * ranking_sum_of(weights, count));
}

void ranking_copeland(const double *const *columns, const double *weights, size_t count, size_t first, size_t end,
                      double *scores)
{
	double least = TIE_SHARE * ranking_sum_of(weights, count);
	for (size_t unit = first; unit < end; unit++) {
		if (!isnan(scores[unit]))
			scores[unit] = score_of(columns, weights, count, unit, first, end, scores, least);
	}
}
