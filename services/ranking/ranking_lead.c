#include "services/ranking/ranking_lead.h"

#include <math.h>

#include "services/ranking/ranking_math.h"

#define HALVINGS 32  /* 1e-9 of a share */

/* ---- what is alike ---- */

static bool is_mean(const struct methodology_aggregate *aggregate)
{
	return aggregate->method != METHODOLOGY_MEDIAN && aggregate->method != METHODOLOGY_COPELAND;
}

static bool are_alike(const struct ranking_table *table, const struct ranking_aggregation *aggregation)
{
	const struct methodology *methodology = table->methodology;
	const struct methodology_aggregate *first = &methodology->nodes[methodology->root].aggregate;
	for (size_t i = 0; i < methodology->node_count; i++) {
		const struct methodology_aggregate *aggregate = &methodology->nodes[i].aggregate;
		bool same = aggregate->method == first->method &&
		            (aggregate->method != METHODOLOGY_POWER || aggregate->power == first->power);
		if (!is_mean(aggregate) || !same || aggregation->imputed[i] > 0)
			return false;
	}
	return true;
}

double ranking_lead_term(const struct methodology_aggregate *aggregate, double value)
{
	switch (aggregate->method) {
	case METHODOLOGY_GEOMETRIC:
		return ranking_log(value);
	case METHODOLOGY_HARMONIC:
		return -1 / value;
	case METHODOLOGY_POWER:
		return aggregate->power < 0 ? -ranking_pow(value, aggregate->power) : ranking_pow(value, aggregate->power);
	default:
		return value;
	}
}

void ranking_leads_init(struct ranking_leads *leads, struct arena *arena, const struct ranking_table *table,
                        const struct ranking_aggregation *aggregation, const struct ranking_weights *weights)
{
	const struct methodology *methodology = table->methodology;
	size_t cells = methodology->indicator_count * table->units;
	size_t most = methodology->indicator_count + methodology->node_count;
	*leads = (struct ranking_leads){.table = table, .aggregation = aggregation, .weights = weights};
	leads->alike = are_alike(table, aggregation);
	leads->terms = arena_array(arena, double, cells);
	leads->differences = arena_array(arena, double, most);
	leads->order = arena_array(arena, size_t, most);
	leads->lows = arena_array(arena, double, methodology->node_count);
	for (size_t i = 0; i < 2; i++)
		leads->ends[i] = arena_array(arena, double, methodology->node_count);
	for (size_t i = 0; i < cells && leads->alike; i++) {
		double term = ranking_lead_term(&methodology->nodes[methodology->root].aggregate, table->values[i]);
		leads->terms[i] = isfinite(term) ? term : NAN;
	}
}

enum ranking_lead_bound ranking_lead_is_bounded(const struct ranking_leads *leads, size_t a, size_t b)
{
	const struct ranking_table *table = leads->table;
	bool same = true;
	for (size_t i = 0; i < table->methodology->indicator_count; i++) {
		const double *values = ranking_table_column(table, i);
		const double *terms = &leads->terms[i * table->units];
		if (!leads->alike || isnan(values[a]) != isnan(terms[a]) || isnan(values[b]) != isnan(terms[b]))
			return RANKING_LEAD_UNKNOWN;
		same &= isnan(values[a]) == isnan(values[b]);
	}
	for (size_t i = 0; i < table->methodology->node_count; i++) {
		const double *scores = ranking_aggregation_node(leads->aggregation, i);
		same &= isnan(scores[a]) == isnan(scores[b]);
	}
	return same ? RANKING_LEAD_EXACT : RANKING_LEAD_BOUNDED;
}

/* ---- the least weighted mean ---- */

static void sort_by_value(const double *values, size_t *order, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t k = i;
		for (; k > 0 && values[order[k - 1]] > values[i]; k--)
			order[k] = order[k - 1];
		order[k] = i;
	}
}

/* weights: of the children; those at their upper ends are taken in from the smallest value on, for as long as that lowers the
 * mean. */
static double least_mean(const double *values, const double *weights, size_t *order, size_t count, double share)
{
	double sum = 0;
	double weight = 0;
	sort_by_value(values, order, count);
	for (size_t i = 0; i < count; i++) {
		sum += (1 - share) * weights[i] * values[i];
		weight += (1 - share) * weights[i];
	}
	double least = weight > 0 ? sum / weight : INFINITY;
	for (size_t i = 0; i < count && values[order[i]] < least; i++) {
		if (weights[order[i]] == 0)
			continue;
		sum += 2 * share * weights[order[i]] * values[order[i]];
		weight += 2 * share * weights[order[i]];
		double mean = sum / weight;
		least = mean < least ? mean : least;
	}
	return least;
}

/* What a mean is taken of. */
enum aim { AIM_LEAD, AIM_FIRST, AIM_SECOND };

/* A node's children for one aim: differences, the first's terms, or the second's negated, so that the least of them is minus
 * the greatest. */
static double end_of_node(struct ranking_leads *leads, size_t index, size_t a, size_t b, double share, enum aim aim)
{
	const struct ranking_table *table = leads->table;
	const struct methodology_node *node = &table->methodology->nodes[index];
	double weights[METHODOLOGY_NODES_MAX + METHODOLOGY_INDICATORS_MAX];
	size_t count = 0;
	for (size_t k = 0; k < node->child_count; k++) {
		const struct methodology_child *child = &node->children[k];
		const double *terms = &leads->terms[child->index * table->units];
		double value;
		if (aim == AIM_LEAD)
			value = child->is_indicator ? terms[a] - terms[b] : leads->lows[child->index];
		else if (aim == AIM_FIRST)
			value = child->is_indicator ? terms[a] : leads->ends[0][child->index];
		else
			value = child->is_indicator ? -terms[b] : leads->ends[1][child->index];
		if (isnan(value))
			continue;
		leads->differences[count] = value;
		weights[count++] = ranking_weights_of_child(leads->weights, child);
	}
	return least_mean(leads->differences, weights, leads->order, count, share);
}

/* Whether one of the two has a child that the other lacks. */
static bool differ(const struct ranking_leads *leads, const struct methodology_node *node, size_t a, size_t b)
{
	for (size_t k = 0; k < node->child_count; k++) {
		const struct methodology_child *child = &node->children[k];
		const double *values = child->is_indicator ? ranking_table_column(leads->table, child->index)
		                                           : ranking_aggregation_node(leads->aggregation, child->index);
		if (isnan(values[a]) != isnan(values[b]))
			return true;
	}
	return false;
}

/* A node that a unit does not have is NaN, and left out of its parent as it is in the score. */
static void bound_node(struct ranking_leads *leads, size_t index, size_t a, size_t b, double share)
{
	const double *scores = ranking_aggregation_node(leads->aggregation, index);
	leads->ends[0][index] = isnan(scores[a]) ? NAN : end_of_node(leads, index, a, b, share, AIM_FIRST);
	leads->ends[1][index] = isnan(scores[b]) ? NAN : end_of_node(leads, index, a, b, share, AIM_SECOND);
	if (isnan(scores[a]) || isnan(scores[b]))
		leads->lows[index] = NAN;
	else if (differ(leads, &leads->table->methodology->nodes[index], a, b))
		leads->lows[index] = leads->ends[0][index] + leads->ends[1][index];
	else
		leads->lows[index] = end_of_node(leads, index, a, b, share, AIM_LEAD);
}

double ranking_lead_least(struct ranking_leads *leads, size_t a, size_t b, double share)
{
	const struct methodology *methodology = leads->table->methodology;
	for (size_t i = 0; i < methodology->node_count; i++)
		bound_node(leads, methodology->order[i], a, b, share);
	return leads->lows[methodology->root];
}

double ranking_lead_reversal(struct ranking_leads *leads, size_t a, size_t b)
{
	double holds = 0;
	double reverses = 1;
	if (ranking_lead_least(leads, a, b, 0) <= 0)
		return 0;
	if (ranking_lead_least(leads, a, b, 1) > 0)
		return NAN;
	for (int i = 0; i < HALVINGS; i++) {
		double middle = (holds + reverses) / 2;
		if (ranking_lead_least(leads, a, b, middle) > 0)
			holds = middle;
		else
			reverses = middle;
	}
	return reverses;
}
