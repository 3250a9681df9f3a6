#include "services/ranking/ranking_errors.h"

#include <math.h>

#include "services/ranking/ranking_sum.h"

struct linear {
	struct arena *arena;
	const struct methodology *methodology;
	const struct ranking_input *input;
	const struct ranking_scores *scores;
	const double *errors;
};

static bool has_error(const struct linear *linear, size_t cell)
{
	return linear->errors[cell] > 0 && !isnan(linear->input->values[cell]);
}

/* The value as it enters the normalisation, and its error, by the denominator. */
static double scale_of(const struct linear *linear, size_t indicator, size_t unit)
{
	size_t denominator = linear->methodology->indicators[indicator].denominator;
	return denominator == METHODOLOGY_NONE ? 1 : linear->input->denominators[denominator * linear->input->units + unit];
}

/* ---- whether it is a line ---- */

static bool is_straight(enum methodology_normalise_method method)
{
	return method == METHODOLOGY_MIN_MAX || method == METHODOLOGY_Z_SCORE || method == METHODOLOGY_DISTANCE_TO_MAX ||
	       method == METHODOLOGY_AS_IS || method == METHODOLOGY_GOALPOSTS;
}

static bool is_clipped(const struct linear *linear, size_t i)
{
	const struct methodology_normalise *rule = &linear->methodology->indicators[i].normalise;
	bool clipped = false;
	for (size_t unit = 0; unit < linear->input->units && rule->method == METHODOLOGY_GOALPOSTS; unit++) {
		double value = linear->scores->normalised[i * linear->input->units + unit];
		clipped |= value <= rule->range_lo || value >= rule->range_hi;
	}
	return clipped;
}

static bool indicator_is_linear(const struct linear *linear, size_t i)
{
	const struct methodology_indicator *indicator = &linear->methodology->indicators[i];
	bool any = false;
	bool gaps = false;
	for (size_t unit = 0; unit < linear->input->units; unit++) {
		any |= has_error(linear, i * linear->input->units + unit);
		gaps |= isnan(linear->input->values[i * linear->input->units + unit]);
	}
	if (!any)
		return true;
	bool imputed = gaps && linear->methodology->impute_count > 0;
	return !imputed && indicator->transform == METHODOLOGY_PLAIN && is_straight(indicator->normalise.method) &&
	       !is_clipped(linear, i);
}

static bool is_linear(const struct linear *linear)
{
	bool straight = !linear->methodology->outliers.winsorise;
	for (size_t i = 0; i < linear->methodology->node_count; i++)
		straight &= linear->methodology->nodes[i].aggregate.method == METHODOLOGY_ARITHMETIC;
	for (size_t i = 0; i < linear->methodology->impute_count; i++)
		straight &= linear->methodology->impute[i].at_indicators;
	for (size_t i = 0; i < linear->methodology->indicator_count && straight; i++)
		straight = indicator_is_linear(linear, i);
	return straight;
}

/* ---- the line ---- */

/* Of the units from one period, or of all: the slope between the two that are furthest apart; 0: nobody differs. */
static double slope_of(const struct linear *linear, size_t i, size_t period)
{
	size_t units = linear->input->units;
	double lo = INFINITY, hi = -INFINITY, at_lo = 0, at_hi = 0;
	for (size_t unit = 0; unit < units; unit++) {
		double value = linear->input->values[i * units + unit] / scale_of(linear, i, unit);
		double normalised = linear->scores->normalised[i * units + unit];
		bool counts = period == METHODOLOGY_NONE || linear->input->periods[unit] == period;
		if (!counts || isnan(value) || isnan(normalised))
			continue;
		at_lo = value < lo ? normalised : at_lo;
		lo = value < lo ? value : lo;
		at_hi = value > hi ? normalised : at_hi;
		hi = value > hi ? value : hi;
	}
	return hi > lo ? (at_hi - at_lo) / (hi - lo) : 0;
}

static double *list_slopes(const struct linear *linear, size_t periods)
{
	size_t count = linear->methodology->indicator_count;
	double *slopes = arena_array(linear->arena, double, count * periods);
	for (size_t i = 0; i < count * periods; i++)
		slopes[i] = slope_of(linear, i / periods, periods > 1 ? i % periods : METHODOLOGY_NONE);
	return slopes;
}

/* Each indicator's share in the root, by the weights of what the unit has. */
static void find_shares(const struct linear *linear, size_t unit, double *ret_shares)
{
	const struct methodology *methodology = linear->methodology;
	size_t units = linear->input->units;
	double nodes[METHODOLOGY_NODES_MAX] = {0};
	nodes[methodology->root] = 1;
	for (size_t k = methodology->node_count; k-- > 0;) {
		const struct methodology_node *node = &methodology->nodes[methodology->order[k]];
		double sum = 0;
		for (int pass = 0; pass < 2; pass++) {
			for (size_t c = 0; c < node->child_count; c++) {
				const struct methodology_child *child = &node->children[c];
				double value = child->is_indicator ? linear->scores->normalised[child->index * units + unit]
				                                   : linear->scores->nodes[child->index * units + unit];
				double weight = isnan(value) ? 0 : child->weight;
				sum += pass == 0 ? weight : 0;
				if (pass == 1)
					*(child->is_indicator ? &ret_shares[child->index] : &nodes[child->index]) =
						sum > 0 ? nodes[methodology->order[k]] * weight / sum : 0;
			}
		}
	}
}

bool ranking_errors_exact(struct arena *arena, const struct methodology *methodology, const struct ranking_input *input,
                          const struct ranking_scores *scores, const double *errors, double *ret_ses)
{
	const struct linear linear = {
		.arena = arena, .methodology = methodology, .input = input, .scores = scores, .errors = errors};
	if (!is_linear(&linear))
		return false;
	bool local = methodology->panel_local && input->periods != NULL;
	size_t periods = local ? input->period_count : 1;
	const double *slopes = list_slopes(&linear, periods);
	double *shares = arena_array(arena, double, methodology->indicator_count);
	for (size_t unit = 0; unit < input->units; unit++) {
		struct ranking_sum variance = {0};
		find_shares(&linear, unit, shares);
		for (size_t i = 0; i < methodology->indicator_count; i++) {
			size_t cell = i * input->units + unit;
			if (!has_error(&linear, cell) || isnan(scores->normalised[cell]))
				continue;
			double slope = slopes[i * periods + (local ? input->periods[unit] : 0)];
			double se = shares[i] * slope * errors[cell] / scale_of(&linear, i, unit);
			ranking_sum_add(&variance, se * se);
		}
		ret_ses[unit] = isnan(scores->scores[unit]) ? NAN : sqrt(ranking_sum_value(&variance));
	}
	return true;
}
