#include "services/ranking/ranking_normal.h"

#include <math.h>

#include "services/ranking/ranking_math.h"

#define SQRT_HALF 0.70710678118654752440
#define REACH     8.3  /* what lies above is less than half a unit of the last place of 1 */

double ranking_normal_below(double z)
{
	return z > REACH ? 1 : 0.5 * erfc(-z * SQRT_HALF);
}

/* A point of the unit disc, but for its middle. Returns the square of its distance from the middle. */
static double draw_point(struct ranking_random *random, double ret_point[2])
{
	double square;
	do {
		ret_point[0] = 2 * ranking_random_unit(random) - 1;
		ret_point[1] = 2 * ranking_random_unit(random) - 1;
		square = ret_point[0] * ret_point[0] + ret_point[1] * ret_point[1];
	} while (square >= 1 || square == 0);
	return square;
}

void ranking_normal_draw(struct ranking_random *random, double *ret_draws, size_t count)
{
	for (size_t i = 0; i < count; i += 2) {
		double point[2];
		double square = draw_point(random, point);
		double scale = sqrt(-2 * ranking_log(square) / square);
		ret_draws[i] = point[0] * scale;
		if (i + 1 < count)
			ret_draws[i + 1] = point[1] * scale;
	}
}
