#include "services/ranking/ranking_sum.h"

double ranking_sum_of(const double *terms, size_t count)
{
	struct ranking_sum sum = {0};
	for (size_t i = 0; i < count; i++)
		ranking_sum_add(&sum, terms[i]);
	return ranking_sum_value(&sum);
}
