#include "services/ranking/ranking_frame.h"

#include <math.h>

#include "services/ranking/ranking_math.h"
#include "services/ranking/ranking_statistics.h"

/* ---- measuring ---- */

void ranking_frame_measure(struct ranking_frame *frame, const struct methodology_normalise *rule,
                           const struct ranking_goals *goals, const double *values, size_t count)
{
	*frame = (struct ranking_frame){.rule = rule, .goals = *goals, .min = INFINITY, .max = -INFINITY, .reference = NAN};
	for (size_t i = 0; i < count; i++) {
		double value = values[i];
		frame->present += isnan(value) ? 0 : 1;
		frame->min = value < frame->min ? value : frame->min;
		frame->max = value > frame->max ? value : frame->max;
	}
	if (rule->method != METHODOLOGY_Z_SCORE)
		return;
	struct ranking_statistics figures = ranking_statistics_of(values, count);
	frame->mean = figures.mean;
	frame->sd = figures.sd;
}

bool ranking_frame_is_by_place(const struct methodology_normalise *rule)
{
	return rule->method == METHODOLOGY_RANK || rule->method == METHODOLOGY_BORDA ||
	       rule->method == METHODOLOGY_PERCENTILE_RANK || rule->method == METHODOLOGY_EXPONENTIAL_RANK;
}

bool ranking_frame_has_reference(const struct ranking_frame *frame)
{
	return !isnan(frame->reference) && frame->reference > frame->min;
}

bool ranking_frame_target_reached(const struct ranking_frame *frame)
{
	return frame->min < frame->max && frame->goals.target <= frame->min;
}

/* ---- by value: each maps the missing to the missing ---- */

static void set_present(double *values, size_t count, double value)
{
	for (size_t i = 0; i < count; i++)
		values[i] = isnan(values[i]) ? NAN : value;
}

static void by_min_max(const struct ranking_frame *frame, double *values, size_t count)
{
	double lo = frame->rule->range_lo;
	double width = frame->rule->range_hi - lo;
	double min = frame->min;
	double span = frame->max - min;
	if (span == 0) {
		set_present(values, count, lo + width / 2);
		return;
	}
	for (size_t i = 0; i < count; i++)
		values[i] = (values[i] - min) / span * width + lo;
}

static void by_z_score(const struct ranking_frame *frame, double *values, size_t count)
{
	const struct methodology_normalise *rule = frame->rule;
	if (frame->min == frame->max) {
		set_present(values, count, rule->mean);
		return;
	}
	for (size_t i = 0; i < count; i++)
		values[i] = (values[i] - frame->mean) / frame->sd * rule->sd + rule->mean;
}

static void by_goalposts(const struct ranking_frame *frame, double *values, size_t count)
{
	const double *posts = frame->goals.goalposts;
	double lo = frame->rule->range_lo;
	double width = frame->rule->range_hi - lo;
	for (size_t i = 0; i < count; i++) {
		double share = (values[i] - posts[0]) / (posts[1] - posts[0]);
		if (share < 0)
			share = 0;
		if (share > 1)
			share = 1;
		values[i] = share * width + lo;
	}
}

static void by_distance_to_target(const struct ranking_frame *frame, double *values, size_t count)
{
	if (frame->min == frame->max || ranking_frame_target_reached(frame)) {
		set_present(values, count, 1);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		double share = (values[i] - frame->min) / (frame->goals.target - frame->min);
		values[i] = share > 1 ? 1 : share;
	}
}

static void by_distance_to_max(const struct ranking_frame *frame, double *values, size_t count)
{
	double span = frame->max - frame->min;
	if (span == 0) {
		set_present(values, count, 1);
		return;
	}
	for (size_t i = 0; i < count; i++)
		values[i] = 1 - (frame->max - values[i]) / span;
}

static void by_distance_to_reference(const struct ranking_frame *frame, double *values, size_t count)
{
	if (frame->min == frame->max) {
		set_present(values, count, 1);
		return;
	}
	bool has_scale = ranking_frame_has_reference(frame);
	for (size_t i = 0; i < count; i++)
		values[i] = has_scale ? 1 - (frame->reference - values[i]) / (frame->reference - frame->min) : NAN;
}

/* ---- by place ---- */

double ranking_frame_least(const struct methodology_normalise *rule)
{
	return ranking_exp(-100 / rule->k);
}

double ranking_frame_place(const struct methodology_normalise *rule, double least, double worse, double tied, double n)
{
	switch (rule->method) {
	case METHODOLOGY_BORDA:
		return worse;
	case METHODOLOGY_PERCENTILE_RANK:
		return n > 1 ? worse / (n - 1) : 0;
	case METHODOLOGY_EXPONENTIAL_RANK: {
		/* r from the best; R = (n + 1 − r) / n, and 1 − R·(1 − e) = (1 − R) + R·e without the loss of digits. */
		double r = n - worse - tied + (rule->ties == METHODOLOGY_TIED_MID ? (tied + 1) / 2 : 1);
		double share = ((r - 1) + (n + 1 - r) * least) / n;
		return r == 1 ? 100 : -rule->k * ranking_log(share);
	}
	default:
		return worse + 1;
	}
}

/* How many of sorted are below the value or, with `equal`, at most as large. */
static size_t count_below(const double *sorted, size_t count, double value, bool equal)
{
	size_t first = 0;
	size_t end = count;
	while (first < end) {
		size_t middle = first + (end - first) / 2;
		if (sorted[middle] < value || (equal && sorted[middle] == value))
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

static void by_place(const struct ranking_frame *frame, double *values, size_t count)
{
	double least = ranking_frame_least(frame->rule);
	double n = (double)frame->present;
	for (size_t i = 0; i < count; i++) {
		if (isnan(values[i]))
			continue;
		double worse = (double)count_below(frame->sorted, frame->present, values[i], false);
		double tied = (double)count_below(frame->sorted, frame->present, values[i], true) - worse;
		/* A value that is not of the frame above all of it shares the first place, elsewhere it stands alone. */
		if (tied == 0)
			tied = 1;
		if (worse > n - 1)
			worse = n - 1;
		values[i] = ranking_frame_place(frame->rule, least, worse, tied, n);
	}
}

/* ---- all ---- */

void ranking_frame_apply(const struct ranking_frame *frame, double *values, size_t count)
{
	static void (*const METHODS[])(const struct ranking_frame *, double *, size_t) = {
		[METHODOLOGY_MIN_MAX] = by_min_max,
		[METHODOLOGY_Z_SCORE] = by_z_score,
		[METHODOLOGY_RANK] = by_place,
		[METHODOLOGY_BORDA] = by_place,
		[METHODOLOGY_PERCENTILE_RANK] = by_place,
		[METHODOLOGY_GOALPOSTS] = by_goalposts,
		[METHODOLOGY_DISTANCE_TO_TARGET] = by_distance_to_target,
		[METHODOLOGY_DISTANCE_TO_MAX] = by_distance_to_max,
		[METHODOLOGY_DISTANCE_TO_REFERENCE] = by_distance_to_reference,
		[METHODOLOGY_EXPONENTIAL_RANK] = by_place,
		[METHODOLOGY_AS_IS] = NULL,
	};
	if (frame->present == 0)
		set_present(values, count, NAN);
	else if (METHODS[frame->rule->method] != NULL)
		METHODS[frame->rule->method](frame, values, count);
}
