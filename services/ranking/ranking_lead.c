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
	for (size_t i = 0; i < cells && leads->alike; i++) {
		double term = ranking_lead_term(&methodology->nodes[methodology->root].aggregate, table->values[i]);
		leads->terms[i] = isfinite(term) ? term : NAN;
	}
}

bool ranking_leads_are_exact(const struct ranking_leads *leads, size_t a, size_t b)
{
	const struct ranking_table *table = leads->table;
	for (size_t i = 0; i < table->methodology->indicator_count; i++) {
		const double *values = ranking_table_column(table, i);
		const double *terms = &leads->terms[i * table->units];
		if (isnan(values[a]) != isnan(values[b]) || isnan(values[a]) != isnan(terms[a]) || isnan(values[b]) != isnan(terms[b]))
			return false;
	}
	for (size_t i = 0; i < table->methodology->node_count; i++) {
		const double *scores = ranking_aggregation_node(leads->aggregation, i);
		if (isnan(scores[a]) != isnan(scores[b]))
			return false;
	}
	return leads->alike;
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

double ranking_lead_least(struct ranking_leads *leads, size_t a, size_t b, double share)
{
	const struct ranking_table *table = leads->table;
	const struct methodology *methodology = table->methodology;
	double weights[METHODOLOGY_NODES_MAX + METHODOLOGY_INDICATORS_MAX];
	for (size_t i = 0; i < methodology->node_count; i++) {
		const struct methodology_node *node = &methodology->nodes[methodology->order[i]];
		size_t count = 0;
		for (size_t k = 0; k < node->child_count; k++) {
			const struct methodology_child *child = &node->children[k];
			const double *terms = &leads->terms[child->index * table->units];
			double difference = child->is_indicator ? terms[a] - terms[b] : leads->lows[child->index];
			if (isnan(difference))
				continue;
			leads->differences[count] = difference;
			weights[count++] = ranking_weights_of_child(leads->weights, child);
		}
		/* A node that neither has is left out, as it is in their scores. */
		bool missing = isnan(ranking_aggregation_node(leads->aggregation, methodology->order[i])[a]);
		leads->lows[methodology->order[i]] = missing ? NAN : least_mean(leads->differences, weights, leads->order, count, share);
	}
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
