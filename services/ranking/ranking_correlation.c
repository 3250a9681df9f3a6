#include "services/ranking/ranking_correlation.h"

#include <math.h>
#include <stdlib.h>

#include "services/ranking/ranking_sum.h"

#define RATIO_ROWS_MIN 9

struct point {
	double x, y;
};

struct moments {
	size_t count;
	double mean_a, mean_b;
};

static struct moments means_of(const double *a, const double *b, size_t count)
{
	struct ranking_sum sums[2] = {0};
	struct moments moments = {0};
	for (size_t i = 0; i < count; i++) {
		if (!isfinite(a[i]) || !isfinite(b[i]))
			continue;
		ranking_sum_add(&sums[0], a[i]);
		ranking_sum_add(&sums[1], b[i]);
		moments.count++;
	}
	moments.mean_a = ranking_sum_value(&sums[0]) / (double)moments.count;
	moments.mean_b = ranking_sum_value(&sums[1]) / (double)moments.count;
	return moments;
}

double ranking_correlation(const double *a, const double *b, size_t count)
{
	struct moments moments = means_of(a, b, count);
	struct ranking_sum aa = {0}, bb = {0}, ab = {0};
	for (size_t i = 0; i < count; i++) {
		if (!isfinite(a[i]) || !isfinite(b[i]))
			continue;
		double da = a[i] - moments.mean_a;
		double db = b[i] - moments.mean_b;
		ranking_sum_add(&aa, da * da);
		ranking_sum_add(&bb, db * db);
		ranking_sum_add(&ab, da * db);
	}
	double scale = sqrt(ranking_sum_value(&aa)) * sqrt(ranking_sum_value(&bb));
	if (moments.count < 3 || !(scale > 0))
		return NAN;
	double r = ranking_sum_value(&ab) / scale;
	return r > 1 ? 1 : r < -1 ? -1 : r;
}

static int compare_points(const void *a, const void *b)
{
	const struct point *left = a;
	const struct point *right = b;
	if (left->x != right->x)
		return left->x < right->x ? -1 : 1;
	return (left->y > right->y) - (left->y < right->y);
}

static size_t gather(const double *x, const double *y, size_t count, struct point *points)
{
	size_t present = 0;
	for (size_t i = 0; i < count; i++) {
		if (isfinite(x[i]) && isfinite(y[i]))
			points[present++] = (struct point){.x = x[i], .y = y[i]};
	}
	if (present > 0)
		qsort(points, present, sizeof *points, compare_points);
	return present;
}

/* Squares about the mean of points first to end; *ret_sum their sum. */
static double squares(const struct point *points, size_t first, size_t end, double mean)
{
	struct ranking_sum sum = {0};
	for (size_t i = first; i < end; i++)
		ranking_sum_add(&sum, (points[i].y - mean) * (points[i].y - mean));
	return ranking_sum_value(&sum);
}

static double mean_of(const struct point *points, size_t first, size_t end)
{
	struct ranking_sum sum = {0};
	for (size_t i = first; i < end; i++)
		ranking_sum_add(&sum, points[i].y);
	return ranking_sum_value(&sum) / (double)(end - first);
}

/* Where the run that starts at first ends: about `size` points, equal x never parted. */
static size_t run_end(const struct point *points, size_t count, size_t first, size_t size)
{
	size_t end = first + size;
	if (end + size / 2 > count)
		return count;
	while (end < count && points[end].x == points[end - 1].x)
		end++;
	return end;
}

double ranking_correlation_ratio(struct arena *arena, const double *x, const double *y, size_t count)
{
	struct point *points = arena_array(arena, struct point, count);
	size_t present = gather(x, y, count, points);
	if (present < RATIO_ROWS_MIN || points[0].x == points[present - 1].x)
		return NAN;
	double all = squares(points, 0, present, mean_of(points, 0, present));
	double within = 0;
	double runs = 0;
	size_t size = (size_t)ceil((double)present / floor(sqrt((double)present)));
	for (size_t first = 0, end; first < present; first = end) {
		end = run_end(points, present, first, size);
		within += squares(points, first, end, mean_of(points, first, end));
		runs++;
	}
	double n = (double)present;
	if (!(all > 0) || n <= runs)
		return NAN;
	double ratio = 1 - within / (n - runs) / (all / (n - 1));
	return ratio > 0 ? ratio : 0;
}
