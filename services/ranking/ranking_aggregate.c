#include "services/ranking/ranking_aggregate.h"

#include <math.h>

#include "services/ranking/ranking_copeland.h"
#include "services/ranking/ranking_impute.h"
#include "services/ranking/ranking_math.h"
#include "services/ranking/ranking_sum.h"

#define BLOCK        256
#define CHILDREN_MAX (METHODOLOGY_NODES_MAX + METHODOLOGY_INDICATORS_MAX)
#define HALF_SHARE   1e-12  /* of the weight: how far from a half still is the half */

/* A node while it is computed: its children as columns, in the order of the file. */
struct work {
	struct ranking_aggregation *aggregation;
	const struct methodology_node *node;
	size_t units;
	double *scores;     /* units */
	uint8_t *absences;  /* units */
	size_t count;
	const double *columns[CHILDREN_MAX];
	double weights[CHILDREN_MAX];
};

/* Sums of up to BLOCK units side by side. */
struct block {
	double total[BLOCK], lost[BLOCK];
	double weight[BLOCK], weight_lost[BLOCK];
	double present[BLOCK];
	double low[BLOCK], high[BLOCK];  /* of the children that carry weight */
	bool zero[BLOCK], negative[BLOCK];
};

static bool enough(const struct work *work, double present)
{
	/* A quotient, not a product: 2 of 3 against 0.6 and 7 of 10 against 0.7 come out as one reads them. */
	return present > 0 && present / (double)work->count >= work->node->aggregate.min_available;
}

static void settle(struct work *work, size_t unit, double score, enum ranking_absence otherwise)
{
	work->scores[unit] = score;
	work->absences[unit] = isnan(score) ? otherwise : RANKING_PRESENT;
}

/* ---- means ---- */

/* The value as the mean adds it. */
static double forward(const struct methodology_aggregate *aggregate, double value)
{
	switch (aggregate->method) {
	case METHODOLOGY_GEOMETRIC:
		return ranking_log(value);
	case METHODOLOGY_HARMONIC:
		return 1 / value;
	case METHODOLOGY_POWER:
		return ranking_pow(value, aggregate->power);
	default:
		return value;
	}
}

static double root(double mean, double power)
{
	if (power == 2)
		return sqrt(mean);
	return mean < 0 ? -ranking_pow(-mean, 1 / power) : ranking_pow(mean, 1 / power);
}

static double backward(const struct methodology_aggregate *aggregate, double mean)
{
	switch (aggregate->method) {
	case METHODOLOGY_GEOMETRIC:
		return ranking_exp(mean);
	case METHODOLOGY_HARMONIC:
		return 1 / mean;
	case METHODOLOGY_POWER:
		return root(mean, aggregate->power);
	default:
		return mean;
	}
}

/* Whether a 0 makes the mean 0, and whether it has one with a negative value. */
static bool zero_decides(const struct methodology_aggregate *aggregate)
{
	return aggregate->method == METHODOLOGY_GEOMETRIC || aggregate->method == METHODOLOGY_HARMONIC ||
	       (aggregate->method == METHODOLOGY_POWER && aggregate->power < 0);
}

static bool takes_negative(const struct methodology_aggregate *aggregate)
{
	return aggregate->method == METHODOLOGY_ARITHMETIC ||
	       (aggregate->method == METHODOLOGY_POWER && aggregate->power > 0 &&
	        aggregate->power == floor(aggregate->power));
}

/* A mean lies between its children: so units whose children all have the same value have that value, whichever of them is
 * missing, and share a place; without this the last digit of weights rescaled would part them. An even power is no mean of
 * what is negative. */
static double between(const struct methodology_aggregate *aggregate, double mean, double low, double high)
{
	if (low < 0 && aggregate->method != METHODOLOGY_ARITHMETIC)
		return mean;
	return mean < low ? low : mean > high ? high : mean;
}

static void widen(struct block *block, const double *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		block->low[i] = values[i] < block->low[i] ? values[i] : block->low[i];
		block->high[i] = values[i] > block->high[i] ? values[i] : block->high[i];
	}
}

/* The plain sum of the arithmetic mean, without a branch: most of the time is spent here. */
static void add_child(struct block *block, const double *values, double weight, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		double present = values[i] == values[i] ? 1 : 0;
		double term = values[i] == values[i] ? weight * values[i] : 0;
		ranking_sum_step(&block->total[i], &block->lost[i], term);
		ranking_sum_step(&block->weight[i], &block->weight_lost[i], present * weight);
		block->present[i] += present;
	}
}

static void add_child_by(struct block *block, const struct methodology_aggregate *aggregate, const double *values,
                         double weight, size_t count)
{
	bool decides = zero_decides(aggregate);
	bool bears = takes_negative(aggregate);
	for (size_t i = 0; i < count; i++) {
		if (isnan(values[i]))
			continue;
		block->present[i] += 1;
		if (weight == 0)
			continue;
		ranking_sum_step(&block->weight[i], &block->weight_lost[i], weight);
		bool negative = values[i] < 0 && !bears;
		bool zero = values[i] == 0 && decides;
		block->negative[i] |= negative;
		block->zero[i] |= zero;
		if (!negative && !zero)
			ranking_sum_step(&block->total[i], &block->lost[i], weight * forward(aggregate, values[i]));
	}
}

static void clear_block(struct block *block, size_t count)
{
	memset(block->total, 0, count * sizeof *block->total);
	memset(block->lost, 0, count * sizeof *block->lost);
	memset(block->weight, 0, count * sizeof *block->weight);
	memset(block->weight_lost, 0, count * sizeof *block->weight_lost);
	memset(block->present, 0, count * sizeof *block->present);
	for (size_t i = 0; i < count; i++) {
		block->low[i] = INFINITY;
		block->high[i] = -INFINITY;
	}
	memset(block->zero, 0, count * sizeof *block->zero);
	memset(block->negative, 0, count * sizeof *block->negative);
}

static void settle_block(struct work *work, const struct block *block, size_t start, size_t count)
{
	const struct methodology_aggregate *aggregate = &work->node->aggregate;
	for (size_t i = 0; i < count; i++) {
		double weight = block->weight[i] + block->weight_lost[i];
		double score = NAN;
		bool rated = weight > 0 && enough(work, block->present[i]);
		if (rated && !block->negative[i] && block->zero[i])
			score = 0;
		else if (rated && !block->negative[i])
			score = between(aggregate, backward(aggregate, (block->total[i] + block->lost[i]) / weight), block->low[i],
			                block->high[i]);
		settle(work, start + i, score, rated ? RANKING_NEGATIVE_CHILD : RANKING_TOO_FEW_CHILDREN);
	}
}

static void take_means(struct work *work)
{
	for (size_t start = 0; start < work->units; start += BLOCK) {
		size_t count = work->units - start < BLOCK ? work->units - start : BLOCK;
		struct block block;
		clear_block(&block, count);
		for (size_t i = 0; i < work->count; i++) {
			if (work->node->aggregate.method == METHODOLOGY_ARITHMETIC)
				add_child(&block, &work->columns[i][start], work->weights[i], count);
			else
				add_child_by(&block, &work->node->aggregate, &work->columns[i][start], work->weights[i], count);
			if (work->weights[i] > 0)
				widen(&block, &work->columns[i][start], count);
		}
		settle_block(work, &block, start, count);
	}
}

/* ---- median ---- */

struct weighted {
	double value;
	double weight;
};

static size_t sort_children(const struct work *work, size_t unit, struct weighted *ret_sorted, size_t *ret_present)
{
	size_t count = 0;
	*ret_present = 0;
	for (size_t i = 0; i < work->count; i++) {
		double value = work->columns[i][unit];
		*ret_present += isnan(value) ? 0 : 1;
		if (isnan(value) || work->weights[i] == 0)
			continue;
		size_t k = count++;
		for (; k > 0 && ret_sorted[k - 1].value > value; k--)
			ret_sorted[k] = ret_sorted[k - 1];
		ret_sorted[k] = (struct weighted){.value = value, .weight = work->weights[i]};
	}
	return count;
}

static double median_of(const struct weighted *sorted, size_t count)
{
	struct ranking_sum all = {0};
	for (size_t i = 0; i < count; i++)
		ranking_sum_add(&all, sorted[i].weight);
	double total = ranking_sum_value(&all);
	struct ranking_sum sum = {0};
	for (size_t i = 0; i < count; i++) {
		ranking_sum_add(&sum, sorted[i].weight);
		double over = 2 * ranking_sum_value(&sum) - total;
		if (fabs(over) <= HALF_SHARE * total && i + 1 < count)
			return (sorted[i].value + sorted[i + 1].value) / 2;
		if (over > 0)
			return sorted[i].value;
	}
	return count > 0 ? sorted[count - 1].value : NAN;
}

static void take_medians(struct work *work)
{
	struct weighted sorted[CHILDREN_MAX];
	for (size_t unit = 0; unit < work->units; unit++) {
		size_t present;
		size_t count = sort_children(work, unit, sorted, &present);
		settle(work, unit, enough(work, (double)present) ? median_of(sorted, count) : NAN, RANKING_TOO_FEW_CHILDREN);
	}
}

/* ---- copeland ---- */

static void outrank(struct work *work)
{
	const struct ranking_table *table = work->aggregation->table;
	for (size_t unit = 0; unit < table->units; unit++) {
		double present = 0;
		double weight = 0;
		for (size_t i = 0; i < work->count; i++) {
			present += isnan(work->columns[i][unit]) ? 0 : 1;
			weight += isnan(work->columns[i][unit]) ? 0 : work->weights[i];
		}
		settle(work, unit, weight > 0 && enough(work, present) ? 0 : NAN, RANKING_TOO_FEW_CHILDREN);
	}
	for (size_t i = 0; i < table->period_count; i++)
		ranking_copeland(work->columns, work->weights, work->count, table->periods[i].first, table->periods[i].end,
		                 work->scores);
}

/* ---- imputing nodes ---- */

static void impute_from_siblings(struct work *work, size_t node)
{
	double *scores = ranking_aggregation_node(work->aggregation, node);
	double *means = work->aggregation->scratch;
	size_t units = work->aggregation->table->units;
	for (size_t unit = 0; unit < units; unit++)
		means[unit] = ranking_impute_row_mean(work->columns, work->count, unit);
	for (size_t unit = 0; unit < units; unit++) {
		if (!isnan(scores[unit]) || isnan(means[unit]))
			continue;
		scores[unit] = means[unit];
		work->aggregation->imputed[node]++;
	}
}

static void impute_node(struct ranking_aggregation *aggregation, const struct methodology_impute *step, size_t node)
{
	double *scores = ranking_aggregation_node(aggregation, node);
	for (size_t i = 0; i < aggregation->table->frame_count; i++)
		aggregation->imputed[node] += ranking_impute_column(aggregation->table, step, &aggregation->table->frames[i],
		                                                    scores, aggregation->scratch);
}

/* work: of the parent of the nodes to be filled in. */
static void impute_children(struct work *work, size_t parent)
{
	const struct methodology *methodology = work->aggregation->table->methodology;
	for (size_t i = 0; i < methodology->impute_count; i++) {
		const struct methodology_impute *step = &methodology->impute[i];
		for (size_t k = 0; !step->at_indicators && k < step->node_count; k++) {
			size_t node = step->nodes[k];
			if (node == methodology->root || methodology->nodes[node].parent != parent)
				continue;
			if (step->method == METHODOLOGY_IMPUTE_PARENT_MEAN)
				impute_from_siblings(work, node);
			else
				impute_node(work->aggregation, step, node);
		}
	}
}

static void impute_root(struct ranking_aggregation *aggregation)
{
	const struct methodology *methodology = aggregation->table->methodology;
	for (size_t i = 0; i < methodology->impute_count; i++) {
		const struct methodology_impute *step = &methodology->impute[i];
		for (size_t k = 0; !step->at_indicators && k < step->node_count; k++) {
			if (step->nodes[k] == methodology->root)
				impute_node(aggregation, step, methodology->root);
		}
	}
}

/* ---- the tree ---- */

static void gather_children(struct work *work, const struct ranking_weights *weights)
{
	for (work->count = 0; work->count < work->node->child_count; work->count++) {
		const struct methodology_child *child = &work->node->children[work->count];
		work->columns[work->count] = child->is_indicator ? ranking_table_column(work->aggregation->table, child->index)
		                                                 : ranking_aggregation_node(work->aggregation, child->index);
		work->weights[work->count] = ranking_weights_of_child(weights, child);
	}
}

static void aggregate_node(struct ranking_aggregation *aggregation, const struct ranking_weights *weights, size_t node)
{
	const struct ranking_table *table = aggregation->table;
	struct work work;
	work.aggregation = aggregation;
	work.node = &table->methodology->nodes[node];
	work.units = table->units;
	work.scores = ranking_aggregation_node(aggregation, node);
	work.absences = &aggregation->absences[node * table->units];
	gather_children(&work, weights);
	impute_children(&work, node);
	if (work.node->aggregate.method == METHODOLOGY_MEDIAN)
		take_medians(&work);
	else if (work.node->aggregate.method == METHODOLOGY_COPELAND)
		outrank(&work);
	else
		take_means(&work);
}

double ranking_aggregate_children(const struct methodology_node *node, const double *values, const double *weights)
{
	double score;
	uint8_t absence;
	struct work work;
	ASSERT(node->aggregate.method != METHODOLOGY_COPELAND);
	work.node = node;
	work.units = 1;
	work.scores = &score;
	work.absences = &absence;
	for (work.count = 0; work.count < node->child_count; work.count++) {
		work.columns[work.count] = &values[work.count];
		work.weights[work.count] = weights[work.count];
	}
	if (node->aggregate.method == METHODOLOGY_MEDIAN)
		take_medians(&work);
	else
		take_means(&work);
	return score;
}

void ranking_aggregate(struct ranking_aggregation *aggregation, const struct ranking_weights *weights)
{
	const struct methodology *methodology = aggregation->table->methodology;
	memset(aggregation->imputed, 0, methodology->node_count * sizeof *aggregation->imputed);
	for (size_t i = 0; i < methodology->node_count; i++)
		aggregate_node(aggregation, weights, methodology->order[i]);
	impute_root(aggregation);
}

void ranking_aggregation_init(struct ranking_aggregation *aggregation, struct arena *arena,
                              const struct ranking_table *table)
{
	size_t cells = table->methodology->node_count * table->units;
	*aggregation = (struct ranking_aggregation){.table = table};
	aggregation->nodes = arena_array(arena, double, cells);
	aggregation->absences = arena_array(arena, uint8_t, cells);
	aggregation->imputed = arena_array(arena, size_t, table->methodology->node_count);
	aggregation->scratch = arena_array(arena, double, table->units);
}
