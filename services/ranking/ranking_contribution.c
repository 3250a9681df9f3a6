#include "services/ranking/ranking_contribution.h"

#include <math.h>

#include "services/ranking/ranking_copeland.h"
#include "services/ranking/ranking_statistics.h"
#include "services/ranking/ranking_sum.h"

#define CHILDREN_MAX (METHODOLOGY_NODES_MAX + METHODOLOGY_INDICATORS_MAX)

/* An indicator or imputed node that the unit has. */
struct player {
	bool is_node;
	size_t index;
};

/* The splitting of one unit's score. */
struct split {
	const struct ranking_contributor *contributor;
	const struct methodology *methodology;
	struct arena *arena;
	size_t row;
	struct ranking_contributions *result;
	double *parts[2];   /* of indicators, of nodes */
	double *errors[2];
	struct ranking_sum base;
};

/* The game below one node. */
struct game {
	struct split *split;
	size_t top;
	const struct player *players;
	size_t count;
	size_t first[METHODOLOGY_NODES_MAX];     /* of each node below the top: its run of players … */
	size_t end[METHODOLOGY_NODES_MAX];       /* … empty: it has none */
	size_t *numbers[2];                      /* the player's number, of indicators and of nodes */
	double *values[METHODOLOGY_NODES_MAX];   /* of each node's children, while it is computed */
	double *weights[METHODOLOGY_NODES_MAX];
	double *own_columns[METHODOLOGY_NODES_MAX];  /* for copeland: copies in which the unit's row changes; else NULL */
	uint8_t *in;
};

void ranking_contributor_init(struct ranking_contributor *contributor, struct arena *arena, const struct ranking_table *table,
                              const struct ranking_aggregation *aggregation, const struct ranking_weights *weights,
                              enum ranking_baseline baseline)
{
	double *means = arena_array(arena, double, table->methodology->indicator_count);
	for (size_t i = 0; i < table->methodology->indicator_count && baseline == RANKING_BASELINE_MEAN; i++)
		means[i] = ranking_statistics_of(ranking_table_column(table, i), table->units).mean;
	*contributor = (struct ranking_contributor){
		.arena = arena,
		.table = table,
		.aggregation = aggregation,
		.weights = weights,
		.baseline = baseline,
		.means = means,
		.sets_max = RANKING_CONTRIBUTION_SETS_MAX,
	};
}

/* ---- the unit's values ---- */

static double node_score(const struct split *split, size_t node)
{
	return ranking_aggregation_node(split->contributor->aggregation, node)[split->row];
}

static double child_value(const struct split *split, const struct methodology_child *child)
{
	return child->is_indicator ? ranking_table_column(split->contributor->table, child->index)[split->row]
	                           : node_score(split, child->index);
}

/* Whether the node's score came from others, not from what hangs below it. */
static bool is_imputed(const struct split *split, size_t node)
{
	const struct ranking_aggregation *aggregation = split->contributor->aggregation;
	return aggregation->absences[node * aggregation->table->units + split->row] != RANKING_PRESENT &&
	       !isnan(node_score(split, node));
}

static bool is_leaf(const struct split *split, const struct methodology_child *child)
{
	return child->is_indicator || is_imputed(split, child->index);
}

/* An imputed node has no mean of its own units here: it stays as it is in every baseline but 0. */
static double baseline_of(const struct split *split, bool is_node, size_t index)
{
	if (split->contributor->baseline == RANKING_BASELINE_ZERO)
		return 0;
	return is_node ? node_score(split, index) : split->contributor->means[index];
}

static void give(struct split *split, bool is_node, size_t index, double part, double error)
{
	split->parts[is_node][index] = part;
	split->errors[is_node][index] = error;
}

/* ---- the value of a set of players ---- */

static double value_of_node(struct game *game, size_t node);

static bool takes_part(const struct game *game, const struct methodology_child *child)
{
	if (is_leaf(game->split, child))
		return game->in[game->numbers[!child->is_indicator][child->index]] != 0;
	for (size_t i = game->first[child->index]; i < game->end[child->index]; i++) {
		if (game->in[i] != 0)
			return true;
	}
	return false;
}

static double value_of_child(struct game *game, const struct methodology_child *child)
{
	double value = child_value(game->split, child);
	if (isnan(value))
		return NAN;
	if (!is_leaf(game->split, child))
		return value_of_node(game, child->index);
	return takes_part(game, child) ? value : baseline_of(game->split, !child->is_indicator, child->index);
}

static double value_by_copeland(struct game *game, size_t node_index)
{
	const struct split *split = game->split;
	const struct ranking_table *table = split->contributor->table;
	const struct methodology_node *node = &split->methodology->nodes[node_index];
	const double *columns[CHILDREN_MAX];
	double *weights = game->weights[node_index];
	for (size_t i = 0; i < node->child_count; i++) {
		const struct methodology_child *child = &node->children[i];
		bool joins = !isnan(child_value(split, child)) && takes_part(game, child);
		weights[i] = joins ? ranking_weights_of_child(split->contributor->weights, child) : 0;
		columns[i] = child->is_indicator ? ranking_table_column(table, child->index) : game->own_columns[child->index];
		if (!child->is_indicator && joins)
			game->own_columns[child->index][split->row] = value_of_child(game, child);
	}
	size_t period = 0;
	while (split->row >= table->periods[period].end)
		period++;
	return ranking_copeland_one(columns, weights, node->child_count, split->row, table->periods[period].first,
	                            table->periods[period].end, ranking_aggregation_node(split->contributor->aggregation, node_index));
}

static double value_of_node(struct game *game, size_t node_index)
{
	const struct methodology_node *node = &game->split->methodology->nodes[node_index];
	if (node->aggregate.method == METHODOLOGY_COPELAND)
		return value_by_copeland(game, node_index);
	for (size_t i = 0; i < node->child_count; i++)
		game->values[node_index][i] = value_of_child(game, &node->children[i]);
	return ranking_aggregate_children(node, game->values[node_index], game->weights[node_index]);
}

static void value_of_set(void *context, const uint8_t *in, double *ret_values)
{
	struct game *game = context;
	memcpy(game->in, in, game->count);
	*ret_values = value_of_node(game, game->top);
}

/* ---- its players ---- */

static void add_player(struct game *game, struct player *players, bool is_node, size_t index)
{
	game->numbers[is_node][index] = game->count;
	players[game->count++] = (struct player){.is_node = is_node, .index = index};
}

/* In the order of the tree, so that each node's players are a run. */
static void add_players(struct game *game, struct player *players, size_t node_index)
{
	const struct methodology_node *node = &game->split->methodology->nodes[node_index];
	game->first[node_index] = game->count;
	for (size_t i = 0; i < node->child_count; i++) {
		const struct methodology_child *child = &node->children[i];
		if (isnan(child_value(game->split, child)))
			continue;
		if (is_leaf(game->split, child))
			add_player(game, players, !child->is_indicator, child->index);
		else
			add_players(game, players, child->index);
	}
	game->end[node_index] = game->count;
}

static void make_room(struct game *game, size_t node_index)
{
	const struct split *split = game->split;
	const struct methodology_node *node = &split->methodology->nodes[node_index];
	game->values[node_index] = arena_array(split->arena, double, node->child_count);
	game->weights[node_index] = arena_array(split->arena, double, node->child_count);
	for (size_t i = 0; i < node->child_count; i++)
		game->weights[node_index][i] = ranking_weights_of_child(split->contributor->weights, &node->children[i]);
}

static bool needs_columns(const struct methodology *methodology, size_t node)
{
	return node != methodology->root &&
	       methodology->nodes[methodology->nodes[node].parent].aggregate.method == METHODOLOGY_COPELAND;
}

static void game_init(struct game *game, struct split *split, size_t top)
{
	const struct methodology *methodology = split->methodology;
	size_t units = split->contributor->table->units;
	*game = (struct game){.split = split, .top = top};
	struct player *players = arena_array(split->arena, struct player, methodology->indicator_count + methodology->node_count);
	game->numbers[0] = arena_array(split->arena, size_t, methodology->indicator_count);
	game->numbers[1] = arena_array(split->arena, size_t, methodology->node_count);
	for (size_t i = 0; i < methodology->node_count; i++) {
		make_room(game, i);
		if (!needs_columns(methodology, i))
			continue;
		game->own_columns[i] = arena_array(split->arena, double, units);
		memcpy(game->own_columns[i], ranking_aggregation_node(split->contributor->aggregation, i), units * sizeof(double));
	}
	add_players(game, players, top);
	game->players = players;
	game->in = arena_array(split->arena, uint8_t, game->count);
}

/* ---- level by level ---- */

#define RUNS_MAX (RANKING_SHAPLEY_EXACT_MAX + 1)  /* one more than can be asked, so that too many is seen */

/* The children of a node that have players, each as a run of them; the first RUNS_MAX. */
static size_t list_runs(const struct game *game, size_t node_index, size_t ret_runs[RUNS_MAX][2], size_t ret_nodes[RUNS_MAX])
{
	const struct methodology_node *node = &game->split->methodology->nodes[node_index];
	size_t count = 0;
	for (size_t i = 0; i < node->child_count && count < RUNS_MAX; i++) {
		const struct methodology_child *child = &node->children[i];
		if (isnan(child_value(game->split, child)))
			continue;
		bool leaf = is_leaf(game->split, child);
		size_t number = leaf ? game->numbers[!child->is_indicator][child->index] : 0;
		ret_runs[count][0] = leaf ? number : game->first[child->index];
		ret_runs[count][1] = leaf ? number + 1 : game->end[child->index];
		ret_nodes[count] = leaf ? METHODOLOGY_NONE : child->index;
		count += ret_runs[count][1] > ret_runs[count][0] ? 1 : 0;
	}
	return count;
}

/* How many sets the levels below a node ask for; SIZE_MAX: more than may be asked, or a level over the exact limit. */
static size_t count_sets(const struct game *game, size_t node_index, size_t outer)
{
	size_t runs[RUNS_MAX][2];
	size_t nodes[RUNS_MAX];
	size_t count = list_runs(game, node_index, runs, nodes);
	size_t most = game->split->contributor->sets_max;
	if (count > RANKING_SHAPLEY_EXACT_MAX)
		return SIZE_MAX;
	size_t sets = outer << (count - 1);
	size_t sum = 0;
	for (size_t i = 0; i < count && sum <= most; i++) {
		size_t below = 2 * sets;
		if (nodes[i] != METHODOLOGY_NONE && sets <= most)
			below = count_sets(game, nodes[i], sets);
		sum = below > most ? SIZE_MAX : sum + below;
	}
	return sum > most ? SIZE_MAX : sum;
}

/* The players of a leaf alone join and leave; share: of the orders in which exactly those in `in` came before. */
static void ask_leaf(struct game *game, size_t player, double share, struct ranking_sum *sums)
{
	game->in[player] = 1;
	double with = value_of_node(game, game->top);
	game->in[player] = 0;
	ranking_sum_add(&sums[player], share * with);
	ranking_sum_add(&sums[player], -share * value_of_node(game, game->top));
}

/* Nobody below the node is in; everyone else is as the levels above want it. */
static void ask_levels(struct game *game, size_t node_index, double share, struct ranking_sum *sums)
{
	size_t runs[RUNS_MAX][2];
	size_t nodes[RUNS_MAX];
	size_t count = list_runs(game, node_index, runs, nodes);
	for (uint32_t set = 0; set < (uint32_t)1 << count; set++) {
		size_t size = (size_t)__builtin_popcount(set);
		for (size_t i = 0; i < count; i++)
			memset(&game->in[runs[i][0]], (int)(set >> i & 1), runs[i][1] - runs[i][0]);
		for (size_t i = 0; i < count; i++) {
			if ((set >> i & 1) != 0)
				continue;
			double own = share * ranking_shapley_share(count, size);
			if (nodes[i] == METHODOLOGY_NONE)
				ask_leaf(game, runs[i][0], own, sums);
			else
				ask_levels(game, nodes[i], own, sums);
		}
	}
	for (size_t i = 0; i < count; i++)
		memset(&game->in[runs[i][0]], 0, runs[i][1] - runs[i][0]);
}

static double share_by_levels(struct game *game, double scale)
{
	struct split *split = game->split;
	struct ranking_sum *sums = arena_array(split->arena, struct ranking_sum, game->count);
	memset(game->in, 0, game->count);
	ask_levels(game, game->top, 1, sums);
	for (size_t i = 0; i < game->count; i++)
		give(split, game->players[i].is_node, game->players[i].index, scale * ranking_sum_value(&sums[i]), 0);
	memset(game->in, 0, game->count);
	return value_of_node(game, game->top);
}

/* ---- sharing ---- */

static size_t exact_max(const struct ranking_contributor *contributor)
{
	return contributor->plan.exact_max == 0 ? RANKING_SHAPLEY_EXACT_MAX : contributor->plan.exact_max;
}

static double share_by_shapley(struct game *game, double scale)
{
	struct split *split = game->split;
	const struct ranking_game shapley_game = {.players = game->count, .outputs = 1, .value = value_of_set, .context = game};
	struct ranking_shapley shapley;
	ranking_shapley_of(split->arena, &shapley_game, &split->contributor->plan, &shapley);
	for (size_t i = 0; i < game->count; i++)
		give(split, game->players[i].is_node, game->players[i].index, scale * shapley.parts[i],
		     fabs(scale) * shapley.errors[i]);
	split->result->draws = shapley.draws;
	return shapley.none[0];
}

static void share_game(struct split *split, size_t node, double scale)
{
	struct game *game = arena_array(split->arena, struct game, 1);
	game_init(game, split, node);
	enum ranking_contribution_method method = RANKING_CONTRIBUTION_SAMPLED;
	if (game->count <= exact_max(split->contributor))
		method = RANKING_CONTRIBUTION_EXACT;
	else if (count_sets(game, node, 1) != SIZE_MAX)
		method = RANKING_CONTRIBUTION_LEVELS;
	double none = method == RANKING_CONTRIBUTION_LEVELS ? share_by_levels(game, scale) : share_by_shapley(game, scale);
	ranking_sum_add(&split->base, scale * none);
	if (method > split->result->method)
		split->result->method = method;
}

static double present_weight(const struct split *split, const struct methodology_node *node)
{
	struct ranking_sum sum = {0};
	for (size_t i = 0; i < node->child_count; i++) {
		if (!isnan(child_value(split, &node->children[i])))
			ranking_sum_add(&sum, ranking_weights_of_child(split->contributor->weights, &node->children[i]));
	}
	return ranking_sum_value(&sum);
}

static void share_child(struct split *split, bool is_node, size_t index, double scale)
{
	double base = baseline_of(split, is_node, index);
	double value = is_node ? node_score(split, index) : ranking_table_column(split->contributor->table, index)[split->row];
	give(split, is_node, index, scale * value - scale * base, 0);
	ranking_sum_add(&split->base, scale * base);
}

/* scale: what one point of the node is worth in the root. */
static void share_node(struct split *split, size_t node_index, double scale)
{
	const struct methodology_node *node = &split->methodology->nodes[node_index];
	if (node->aggregate.method != METHODOLOGY_ARITHMETIC) {
		share_game(split, node_index, scale);
		return;
	}
	double weight = present_weight(split, node);
	for (size_t i = 0; i < node->child_count; i++) {
		const struct methodology_child *child = &node->children[i];
		if (isnan(child_value(split, child)))
			continue;
		double share = scale * (ranking_weights_of_child(split->contributor->weights, child) / weight);
		if (is_leaf(split, child))
			share_child(split, !child->is_indicator, child->index, share);
		else
			share_node(split, child->index, share);
	}
}

static double *missing(struct arena *arena, size_t count, double value)
{
	double *values = arena_array(arena, double, count);
	for (size_t i = 0; i < count; i++)
		values[i] = value;
	return values;
}

void ranking_contributions_of(const struct ranking_contributor *contributor, struct arena *arena, size_t row,
                              struct ranking_contributions *ret_contributions)
{
	const struct methodology *methodology = contributor->table->methodology;
	struct split split = {.contributor = contributor, .methodology = methodology, .arena = arena, .row = row};
	size_t counts[2] = {methodology->indicator_count, methodology->node_count};
	for (size_t i = 0; i < 2; i++) {
		split.parts[i] = missing(arena, counts[i], NAN);
		split.errors[i] = missing(arena, counts[i], 0);
	}
	*ret_contributions = (struct ranking_contributions){
		.score = node_score(&split, methodology->root),
		.indicators = split.parts[0],
		.nodes = split.parts[1],
		.indicator_errors = split.errors[0],
		.node_errors = split.errors[1],
	};
	split.result = ret_contributions;
	if (isnan(ret_contributions->score))
		return;
	if (is_imputed(&split, methodology->root))
		share_child(&split, true, methodology->root, 1);
	else
		share_node(&split, methodology->root, 1);
	ret_contributions->base = ranking_sum_value(&split.base);
}
