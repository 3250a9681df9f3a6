#include "services/ranking/ranking_robust.h"

#include <math.h>

#include "services/ranking/ranking_engine.h"
#include "services/ranking/ranking_program.h"
#include "services/ranking/ranking_random.h"

#define NOISE  1e-12  /* of the largest term: what rounding can do to a lead */
#define MARGIN 1e-7   /* the same: a lead the solver is trusted with */

struct ranking_robust {
	struct arena *arena;
	const struct ranking_table *table;
	const struct methodology *methodology;
	struct ranking_robust_plan plan;
	struct ranking_weights weights;    /* the methodology's */
	struct ranking_aggregation aggregation;
	struct ranking_leads leads;
	uint32_t *places;                  /* rows */
	size_t *rated;
	size_t rated_count;
	uint32_t *best_met, *worst_met;    /* rows: under drawn weights */
	uint8_t *reversed_met;             /* rows × rows, a bit each: column was met before row */
	double largest;                    /* of the terms */
	double least_lead;                 /* a lead that surely makes a difference of places */
};

/* ---- drawn weights ---- */

static double drawn(struct ranking_random *random, double weight, double share, bool corner)
{
	double at = 2 * ranking_random_unit(random) - 1;
	return weight * (1 + share * (corner ? (at < 0 ? -1 : 1) : at));
}

static void draw_weights(const struct ranking_robust *robust, size_t draw, struct ranking_weights *weights)
{
	struct ranking_random random;
	bool corner = draw % 2 == 1;
	ranking_random_init(&random, robust->plan.seed, draw);
	for (size_t i = 0; i < robust->methodology->indicator_count; i++)
		weights->indicators[i] = drawn(&random, robust->weights.indicators[i], robust->plan.share, corner);
	for (size_t i = 0; i < robust->methodology->node_count; i++)
		weights->nodes[i] = drawn(&random, robust->weights.nodes[i], robust->plan.share, corner);
}

static size_t pair_bit(const struct ranking_robust *robust, size_t row, size_t column)
{
	return row * robust->table->units + column;
}

static void meet(struct ranking_robust *robust, const uint32_t *places)
{
	for (size_t i = 0; i < robust->rated_count; i++) {
		size_t row = robust->rated[i];
		if (places[row] == 0)
			continue;
		robust->best_met[row] = places[row] < robust->best_met[row] ? places[row] : robust->best_met[row];
		robust->worst_met[row] = places[row] > robust->worst_met[row] ? places[row] : robust->worst_met[row];
		for (size_t k = 0; k < robust->rated_count; k++) {
			size_t rival = robust->rated[k];
			size_t bit = pair_bit(robust, row, rival);
			if (places[rival] != 0 && places[rival] < places[row])
				robust->reversed_met[bit / 8] |= (uint8_t)(1 << bit % 8);
		}
	}
}

static bool was_met_before(const struct ranking_robust *robust, size_t row, size_t rival)
{
	size_t bit = pair_bit(robust, row, rival);
	return (robust->reversed_met[bit / 8] >> bit % 8 & 1) != 0;
}

static void find_places(struct ranking_robust *robust, struct ranking_aggregation *aggregation,
                        const struct ranking_weights *weights, struct ranking_sorting *order, double *scores, uint32_t *places)
{
	ranking_aggregate(aggregation, weights);
	memcpy(scores, ranking_aggregation_node(aggregation, robust->methodology->root), robust->table->units * sizeof *scores);
	ranking_engine_places(robust->table, order, scores, places);
}

static void draw_places(struct ranking_robust *robust, struct ranking_sorting *order, double *scores)
{
	struct ranking_weights weights;
	struct ranking_aggregation aggregation;
	uint32_t *places = arena_array(robust->arena, uint32_t, robust->table->units);
	ranking_weights_init(&weights, robust->arena, robust->methodology);
	ranking_aggregation_init(&aggregation, robust->arena, robust->table);
	for (size_t i = 0; i < robust->plan.draws; i++) {
		draw_weights(robust, i, &weights);
		find_places(robust, &aggregation, &weights, order, scores, places);
		meet(robust, places);
	}
}

/* ---- making one ---- */

static void list_rated(struct ranking_robust *robust)
{
	robust->rated = arena_array(robust->arena, size_t, robust->table->units);
	for (size_t row = 0; row < robust->table->units; row++) {
		if (robust->places[row] == 0)
			continue;
		size_t k = robust->rated_count++;
		for (; k > 0 && robust->places[robust->rated[k - 1]] > robust->places[row]; k--)
			robust->rated[k] = robust->rated[k - 1];
		robust->rated[k] = row;
	}
}

/* A lead of that much is a difference of places, a smaller one may not be: rounded scores that are less than a step apart can
 * be equal. */
static void measure_leads(struct ranking_robust *robust)
{
	const struct methodology *methodology = robust->methodology;
	for (size_t i = 0; i < methodology->indicator_count * robust->table->units && robust->leads.alike; i++) {
		double size = fabs(robust->leads.terms[i]);
		robust->largest = size > robust->largest ? size : robust->largest;
	}
	robust->least_lead = MARGIN * robust->largest;
	if (methodology->decimals == METHODOLOGY_EXACT)
		return;
	if (methodology->nodes[methodology->root].aggregate.method != METHODOLOGY_ARITHMETIC)
		robust->leads.alike = false;
	robust->least_lead = pow(10, -methodology->decimals);
}

enum status ranking_robust_new(struct arena *arena, const struct ranking_table *table, const struct ranking_robust_plan *plan,
                               struct ranking_robust **ret_robust, struct fault *fault)
{
	size_t units = table->units;
	struct ranking_sorting order;
	if (table->methodology->panel_column != NULL)
		return fault_set(fault, STATUS_UNSUPPORTED, "panel", "/panel", -1,
		                 "in a panel a unit has a place in each period: take one of them out first");
	if (units > RANKING_ROBUST_UNITS_MAX)
		return fault_set(fault, STATUS_TOO_LARGE, "too_large", "", -1, "%zu units; at most %d", units, RANKING_ROBUST_UNITS_MAX);
	struct ranking_robust *robust = arena_array(arena, struct ranking_robust, 1);
	*robust = (struct ranking_robust){.arena = arena, .table = table, .methodology = table->methodology, .plan = *plan};
	robust->plan.draws = plan->draws == 0 ? RANKING_ROBUST_DRAWS : plan->draws;
	robust->plan.nodes = plan->nodes == 0 ? RANKING_ROBUST_NODES : plan->nodes;
	robust->places = arena_array(arena, uint32_t, units);
	double *scores = arena_array(arena, double, units);
	ranking_sorting_init(&order, arena, units);
	ranking_weights_init(&robust->weights, arena, table->methodology);
	ranking_aggregation_init(&robust->aggregation, arena, table);
	find_places(robust, &robust->aggregation, &robust->weights, &order, scores, robust->places);
	ranking_leads_init(&robust->leads, arena, table, &robust->aggregation, &robust->weights);
	measure_leads(robust);
	list_rated(robust);
	robust->best_met = arena_array(arena, uint32_t, units);
	robust->worst_met = arena_array(arena, uint32_t, units);
	robust->reversed_met = arena_array(arena, uint8_t, units * units / 8 + 1);
	memcpy(robust->best_met, robust->places, units * sizeof *robust->places);
	memcpy(robust->worst_met, robust->places, units * sizeof *robust->places);
	meet(robust, robust->places);
	draw_places(robust, &order, scores);
	*ret_robust = robust;
	return STATUS_OK;
}

size_t ranking_robust_rated(const struct ranking_robust *robust, const size_t **ret_rows)
{
	*ret_rows = robust->rated;
	return robust->rated_count;
}

/* ---- pairs ---- */

bool ranking_robust_pair(struct ranking_robust *robust, size_t a, size_t b, struct ranking_pair *ret_pair)
{
	if (robust->places[a] == robust->places[b])
		return false;
	bool first = robust->places[a] < robust->places[b];
	*ret_pair = (struct ranking_pair){.ahead = first ? a : b, .behind = first ? b : a, .reversal = NAN};
	enum ranking_lead_bound bound = ranking_lead_is_bounded(&robust->leads, a, b);
	double noise = NOISE * robust->largest;
	bool holds = bound != RANKING_LEAD_UNKNOWN &&
	             ranking_lead_least(&robust->leads, ret_pair->ahead, ret_pair->behind, robust->plan.share) >= -noise;
	bool was_reversed = was_met_before(robust, ret_pair->ahead, ret_pair->behind);
	ret_pair->robust = bound == RANKING_LEAD_EXACT ? holds : !was_reversed;
	ret_pair->exact = bound == RANKING_LEAD_EXACT || holds || was_reversed;
	if (bound == RANKING_LEAD_EXACT)
		ret_pair->reversal = ranking_lead_reversal(&robust->leads, ret_pair->ahead, ret_pair->behind);
	return true;
}

/* ---- the program ---- */

/* A rival of the unit whose order depends on the weights. */
struct rival {
	size_t row;
	double least, greatest;  /* lead of the rival over the unit */
};

/* The unit's range while it is narrowed down. */
struct narrowing {
	struct ranking_robust *robust;
	size_t row;
	struct rival *rivals;
	size_t rival_count;
	uint32_t always_before, always_behind;  /* whatever the weights */
};

/* Columns: shares of indicators, shares of nodes, scales of nodes, rivals. */
static size_t column_of_child(const struct methodology *methodology, const struct methodology_child *child)
{
	return child->is_indicator ? child->index : methodology->indicator_count + child->index;
}

static size_t column_of_scale(const struct methodology *methodology, size_t node)
{
	return methodology->indicator_count + methodology->node_count + node;
}

static size_t column_of_rival(const struct methodology *methodology, size_t number)
{
	return methodology->indicator_count + 2 * methodology->node_count + number;
}

static bool has_child(const struct narrowing *narrowing, const struct methodology_child *child)
{
	const struct ranking_robust *robust = narrowing->robust;
	return !isnan(child->is_indicator ? ranking_table_column(robust->table, child->index)[narrowing->row]
	                                  : ranking_aggregation_node(&robust->aggregation, child->index)[narrowing->row]);
}

static size_t count_rows(const struct narrowing *narrowing)
{
	const struct methodology *methodology = narrowing->robust->methodology;
	size_t count = methodology->node_count + narrowing->rival_count + 1;
	for (size_t i = 0; i < methodology->node_count; i++)
		count += 2 * methodology->nodes[i].child_count;
	return count;
}

/* The boxes of one node's children: each a row for either end; then their sum. A child that is not there has no share. */
static void add_node(const struct narrowing *narrowing, struct ranking_program *program, size_t index, size_t *row)
{
	const struct methodology *methodology = narrowing->robust->methodology;
	const struct methodology_node *node = &methodology->nodes[index];
	const double share = narrowing->robust->plan.share;
	size_t columns[METHODOLOGY_NODES_MAX + METHODOLOGY_INDICATORS_MAX + 1];
	double ones[METHODOLOGY_NODES_MAX + METHODOLOGY_INDICATORS_MAX + 1];
	size_t count = 0;
	for (size_t i = 0; i < node->child_count; i++) {
		const struct methodology_child *child = &node->children[i];
		double weight = has_child(narrowing, child) ? ranking_weights_of_child(&narrowing->robust->weights, child) : 0;
		size_t column = column_of_child(methodology, child);
		ranking_program_row(program, (*row)++, (size_t[]){column, column_of_scale(methodology, index)},
		                    (double[]){1, -(1 - share) * weight}, 2, 0, INFINITY);
		ranking_program_row(program, (*row)++, (size_t[]){column, column_of_scale(methodology, index)},
		                    (double[]){1, -(1 + share) * weight}, 2, -INFINITY, 0);
		columns[count] = column;
		ones[count++] = 1;
	}
	columns[count] = methodology->indicator_count + index;
	ones[count++] = -1;
	ranking_program_row(program, (*row)++, columns, ones, count, 0, 0);
}

static void add_tree(const struct narrowing *narrowing, struct ranking_program *program, size_t *row)
{
	const struct methodology *methodology = narrowing->robust->methodology;
	for (size_t i = 0; i < methodology->indicator_count; i++)
		ranking_program_column(program, i, 0, 1, 0, false);
	for (size_t i = 0; i < methodology->node_count; i++) {
		bool root = i == methodology->root;
		ranking_program_column(program, methodology->indicator_count + i, root ? 1 : 0, 1, 0, false);
		ranking_program_column(program, column_of_scale(methodology, i), 0, INFINITY, 0, false);
		/* A node without a score has no share, and its children none. */
		if (!isnan(ranking_aggregation_node(&narrowing->robust->aggregation, i)[narrowing->row]))
			add_node(narrowing, program, i, row);
		else
			ranking_program_column(program, methodology->indicator_count + i, 0, 0, 0, false);
	}
}

/* best: a rival may stand before the unit only if its variable is 1. worst: it must when it is 1. */
static void add_rival(const struct narrowing *narrowing, struct ranking_program *program, size_t number, bool best, size_t *row)
{
	const struct ranking_robust *robust = narrowing->robust;
	const struct methodology *methodology = robust->methodology;
	const struct rival *rival = &narrowing->rivals[number];
	size_t columns[METHODOLOGY_INDICATORS_MAX + 1];
	double leads[METHODOLOGY_INDICATORS_MAX + 1];
	size_t count = 0;
	double scale = robust->largest > 0 ? robust->largest : 1;
	for (size_t i = 0; i < methodology->indicator_count; i++) {
		const double *terms = &robust->leads.terms[i * robust->table->units];
		if (isnan(terms[narrowing->row]))
			continue;
		columns[count] = i;
		leads[count++] = (terms[rival->row] - terms[narrowing->row]) / scale;
	}
	double limit = (best ? robust->least_lead - MARGIN * scale / 2 : MARGIN * scale) / scale;
	double room = best ? rival->greatest / scale - limit : limit - rival->least / scale;
	columns[count] = column_of_rival(methodology, number);
	leads[count++] = -room;
	ranking_program_column(program, column_of_rival(methodology, number), 0, 1, best ? 1 : -1, true);
	if (best)
		ranking_program_row(program, (*row)++, columns, leads, count, -INFINITY, limit);
	else
		ranking_program_row(program, (*row)++, columns, leads, count, limit - room, INFINITY);
}

/* How many rivals stand before the unit at the shares found, counted by their leads alone. */
static uint32_t count_before(const struct narrowing *narrowing, const double *shares, bool best)
{
	const struct ranking_robust *robust = narrowing->robust;
	uint32_t before = narrowing->always_before;
	double noise = NOISE * robust->largest;
	for (size_t k = 0; k < narrowing->rival_count; k++) {
		double lead = 0;
		for (size_t i = 0; i < robust->methodology->indicator_count; i++) {
			const double *terms = &robust->leads.terms[i * robust->table->units];
			if (!isnan(terms[narrowing->row]))
				lead += shares[i] * (terms[narrowing->rivals[k].row] - terms[narrowing->row]);
		}
		before += lead > (best ? robust->least_lead : noise) ? 1 : 0;
	}
	return before;
}

/* met: the place met so far; only a better (worse) one is searched for. Returns whether *place is exact. */
static bool search(const struct narrowing *narrowing, bool best, uint32_t met, uint32_t *place)
{
	const struct methodology *methodology = narrowing->robust->methodology;
	size_t column_count = column_of_rival(methodology, narrowing->rival_count);
	struct ranking_program *program = ranking_program_new(column_count, count_rows(narrowing));
	double *shares = arena_array(narrowing->robust->arena, double, column_count);
	size_t *columns = arena_array(narrowing->robust->arena, size_t, narrowing->rival_count);
	double *ones = arena_array(narrowing->robust->arena, double, narrowing->rival_count);
	size_t row = 0;
	add_tree(narrowing, program, &row);
	for (size_t i = 0; i < narrowing->rival_count; i++) {
		add_rival(narrowing, program, i, best, &row);
		columns[i] = column_of_rival(methodology, i);
		ones[i] = 1;
	}
	/* Standing before it: at most one fewer, or at least one more, than was met. */
	double before = (double)met - 1 - narrowing->always_before;
	ranking_program_row(program, row, columns, ones, narrowing->rival_count, best ? -INFINITY : before + 1,
	                    best ? before - 1 : INFINITY);
	enum ranking_program_result result = ranking_program_solve(program, narrowing->robust->plan.nodes, shares);
	ranking_program_destroy(&program);
	*place = met;
	if (result == RANKING_PROGRAM_INFEASIBLE)
		return true;
	if (result != RANKING_PROGRAM_SOLVED)
		return false;
	double found = 0;
	for (size_t i = 0; i < narrowing->rival_count; i++)
		found += floor(shares[columns[i]] + 0.5);
	*place = count_before(narrowing, shares, best) + 1;
	return *place == narrowing->always_before + (uint32_t)found + 1;
}

/* ---- ranges ---- */

/* Returns what is known of all pairs with the unit: the least of it. */
static enum ranking_lead_bound sort_rivals(struct narrowing *narrowing)
{
	struct ranking_robust *robust = narrowing->robust;
	enum ranking_lead_bound all = RANKING_LEAD_EXACT;
	for (size_t k = 0; k < robust->rated_count; k++) {
		size_t rival = robust->rated[k];
		if (rival == narrowing->row)
			continue;
		enum ranking_lead_bound bound = ranking_lead_is_bounded(&robust->leads, narrowing->row, rival);
		all = bound < all ? bound : all;
		double least = -INFINITY;
		double greatest = INFINITY;
		if (bound != RANKING_LEAD_UNKNOWN) {
			least = ranking_lead_least(&robust->leads, rival, narrowing->row, robust->plan.share);
			greatest = -ranking_lead_least(&robust->leads, narrowing->row, rival, robust->plan.share);
		}
		if (least >= robust->least_lead)
			narrowing->always_before++;
		else if (greatest <= NOISE * robust->largest)
			narrowing->always_behind++;
		else
			narrowing->rivals[narrowing->rival_count++] = (struct rival){.row = rival, .least = least, .greatest = greatest};
	}
	return all;
}

void ranking_robust_range(struct ranking_robust *robust, size_t row, struct ranking_place_range *ret_range)
{
	*ret_range = (struct ranking_place_range){.place = robust->places[row]};
	if (ret_range->place == 0)
		return;
	struct narrowing narrowing = {.robust = robust, .row = row};
	narrowing.rivals = arena_array(robust->arena, struct rival, robust->rated_count);
	enum ranking_lead_bound bound = sort_rivals(&narrowing);
	uint32_t last = narrowing.always_before + (uint32_t)narrowing.rival_count + 1;
	/* Dense places count scores, not units: no bound of theirs is known. */
	bool competition = robust->methodology->ties == METHODOLOGY_COMPETITION;
	ret_range->best = robust->best_met[row];
	ret_range->worst = robust->worst_met[row];
	ret_range->always_before = narrowing.always_before;
	ret_range->always_behind = narrowing.always_behind;
	ret_range->best_exact = competition && ret_range->best == narrowing.always_before + 1;
	ret_range->worst_exact = competition && ret_range->worst == last;
	if (!competition || bound != RANKING_LEAD_EXACT)
		return;
	if (!ret_range->best_exact)
		ret_range->best_exact = search(&narrowing, true, ret_range->best, &ret_range->best);
	if (!ret_range->worst_exact)
		ret_range->worst_exact = search(&narrowing, false, ret_range->worst, &ret_range->worst);
}
