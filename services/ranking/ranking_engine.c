#include "services/ranking/ranking_engine.h"

#include <math.h>
#include <stdlib.h>

#include "common/decimal.h"

/* The table while the stages work on it. */
struct engine {
	struct arena *arena;
	const struct methodology *methodology;
	size_t units;
	double *values;   /* units × indicators: raw, then signed, then normalised */
	double *nodes;    /* units × nodes */
	double *scores;   /* units */
	unsigned *places; /* units */
	enum ranking_indicator_state *states;
};

/* Neumaier's sum: as if in twice the precision, whatever the order of sizes. */
struct sum {
	double total;
	double lost;
};

static void sum_add(struct sum *sum, double term)
{
	double total = sum->total + term;
	if (fabs(sum->total) >= fabs(term))
		sum->lost += (sum->total - total) + term;
	else
		sum->lost += (term - total) + sum->total;
	sum->total = total;
}

static double sum_value(const struct sum *sum)
{
	return sum->total + sum->lost;
}

static double *value_at(const struct engine *engine, size_t unit, size_t indicator)
{
	return &engine->values[unit * engine->methodology->indicator_count + indicator];
}

static double *node_at(const struct engine *engine, size_t unit, size_t node)
{
	return &engine->nodes[unit * engine->methodology->node_count + node];
}

/* ---- sign ---- */

static void stage_sign(struct engine *engine)
{
	for (size_t i = 0; i < engine->methodology->indicator_count; i++) {
		if (!engine->methodology->indicators[i].lower_is_better)
			continue;
		for (size_t unit = 0; unit < engine->units; unit++)
			*value_at(engine, unit, i) *= -1;
	}
}

/* ---- normalise ---- */

/* False when nobody has the indicator. */
static bool find_extremes(const struct engine *engine, size_t indicator, double *ret_min, double *ret_max)
{
	double min = INFINITY;
	double max = -INFINITY;
	for (size_t unit = 0; unit < engine->units; unit++) {
		double value = *value_at(engine, unit, indicator);
		if (isnan(value))
			continue;
		min = value < min ? value : min;
		max = value > max ? value : max;
	}
	*ret_min = min;
	*ret_max = max;
	return min <= max;
}

static double min_max_value(double value, double min, double max, const struct methodology_normalise *rule)
{
	if (min == max)
		return rule->range_lo + (rule->range_hi - rule->range_lo) / 2;
	return (value - min) / (max - min) * (rule->range_hi - rule->range_lo) + rule->range_lo;
}

static void normalise_min_max(struct engine *engine, size_t indicator)
{
	double min;
	double max;
	if (!find_extremes(engine, indicator, &min, &max)) {
		engine->states[indicator] = RANKING_INDICATOR_EMPTY;
		return;
	}
	engine->states[indicator] = min == max ? RANKING_INDICATOR_CONSTANT : RANKING_INDICATOR_VARIES;
	for (size_t unit = 0; unit < engine->units; unit++) {
		double *value = value_at(engine, unit, indicator);
		if (!isnan(*value))
			*value = min_max_value(*value, min, max, &engine->methodology->indicators[indicator].normalise);
	}
}

static void stage_normalise(struct engine *engine)
{
	for (size_t i = 0; i < engine->methodology->indicator_count; i++) {
		switch (engine->methodology->indicators[i].normalise.method) {
		case METHODOLOGY_MIN_MAX:
			normalise_min_max(engine, i);
			break;
		}
	}
}

/* ---- aggregate ---- */

static double child_score(const struct engine *engine, size_t unit, const struct methodology_child *child)
{
	return child->is_indicator ? *value_at(engine, unit, child->index) : *node_at(engine, unit, child->index);
}

/* Children without weight are present but carry nothing: a node of only such children is missing. */
static double mean_arithmetic(const struct engine *engine, size_t unit, const struct methodology_node *node)
{
	struct sum weighted = {0};
	struct sum weights = {0};
	for (size_t i = 0; i < node->child_count; i++) {
		double score = child_score(engine, unit, &node->children[i]);
		if (isnan(score))
			continue;
		sum_add(&weighted, node->children[i].weight * score);
		sum_add(&weights, node->children[i].weight);
	}
	double weight = sum_value(&weights);
	return weight > 0 ? sum_value(&weighted) / weight : NAN;
}

static bool enough_children(const struct engine *engine, size_t unit, const struct methodology_node *node)
{
	size_t present = 0;
	for (size_t i = 0; i < node->child_count; i++)
		present += isnan(child_score(engine, unit, &node->children[i])) ? 0 : 1;
	/* A quotient, not a product: 2 of 3 against 0.6 and 7 of 10 against 0.7 come out as one reads them. */
	return present > 0 && (double)present / (double)node->child_count >= node->aggregate.min_available;
}

static double node_score(const struct engine *engine, size_t unit, const struct methodology_node *node)
{
	if (!enough_children(engine, unit, node))
		return NAN;
	switch (node->aggregate.method) {
	case METHODOLOGY_ARITHMETIC:
		return mean_arithmetic(engine, unit, node);
	}
	return NAN;
}

static void stage_aggregate(struct engine *engine)
{
	for (size_t i = 0; i < engine->methodology->node_count; i++) {
		size_t node = engine->methodology->order[i];
		for (size_t unit = 0; unit < engine->units; unit++)
			*node_at(engine, unit, node) = node_score(engine, unit, &engine->methodology->nodes[node]);
	}
}

/* ---- rank ---- */

struct rated {
	double score;
	size_t unit;
};

static int compare_rated(const void *a, const void *b)
{
	const struct rated *left = a;
	const struct rated *right = b;
	if (left->score != right->score)
		return left->score > right->score ? -1 : 1;
	return left->unit < right->unit ? -1 : 1;
}

static double comparable_score(const struct methodology *methodology, double score)
{
	if (isnan(score) || methodology->decimals == METHODOLOGY_EXACT)
		return score;
	return decimal_round_double(score, (unsigned)methodology->decimals);
}

static void stage_rank(struct engine *engine)
{
	const struct methodology *methodology = engine->methodology;
	struct rated *rated = arena_array(engine->arena, struct rated, engine->units);
	size_t count = 0;
	for (size_t unit = 0; unit < engine->units; unit++) {
		engine->scores[unit] = comparable_score(methodology, *node_at(engine, unit, methodology->root));
		if (!isnan(engine->scores[unit]))
			rated[count++] = (struct rated){.score = engine->scores[unit], .unit = unit};
	}
	qsort(rated, count, sizeof *rated, compare_rated);
	unsigned place = 0;
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || rated[i].score != rated[i - 1].score)
			place = methodology->ties == METHODOLOGY_DENSE ? place + 1 : (unsigned)i + 1;
		engine->places[rated[i].unit] = place;
	}
}

/* The order of RATING.md section 2. */
static void (*const STAGES[])(struct engine *) = {stage_sign, stage_normalise, stage_aggregate, stage_rank};

void ranking_engine_run(struct arena *arena, const struct methodology *methodology, const double *values, size_t units,
                        struct ranking_scores *ret_scores)
{
	size_t cells = units * methodology->indicator_count;
	struct engine engine = {.arena = arena, .methodology = methodology, .units = units};
	engine.values = arena_array(arena, double, cells);
	engine.nodes = arena_array(arena, double, units * methodology->node_count);
	engine.scores = arena_array(arena, double, units);
	engine.places = arena_array(arena, unsigned, units);
	engine.states = arena_array(arena, enum ranking_indicator_state, methodology->indicator_count);
	if (cells > 0)
		memcpy(engine.values, values, cells * sizeof *values);
	for (size_t i = 0; i < ARRAY_COUNT(STAGES); i++)
		STAGES[i](&engine);
	*ret_scores = (struct ranking_scores){
		.units = units,
		.normalised = engine.values,
		.nodes = engine.nodes,
		.scores = engine.scores,
		.places = engine.places,
		.states = engine.states,
	};
}
