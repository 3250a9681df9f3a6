#include "services/ranking/ranking_change_closed.h"

#include <math.h>

#include "services/ranking/ranking_contribution.h"
#include "services/ranking/ranking_sum.h"

/* The terms in every world in which all own causes stand alike. Own causes have the lowest numbers. */
struct terms {
	struct ranking_world *world;
	const struct ranking_cause *causes;
	size_t count, own_count;
	size_t sets;       /* of common causes */
	double *of_causes; /* own causes × 2 × sets: the terms of the indicators with that code, without and with the cause */
	double *rest;      /* sets: all other terms */
};

/* The game of one own cause (number own), or of the rest (own == own_count). Players: the common causes, then the own one. */
struct term_game {
	const struct terms *terms;
	size_t own;
};

bool ranking_change_is_additive(const struct methodology *methodology)
{
	for (size_t i = 0; i < methodology->node_count; i++) {
		if (methodology->nodes[i].aggregate.method != METHODOLOGY_ARITHMETIC)
			return false;
	}
	for (size_t i = 0; i < methodology->impute_count; i++) {
		const struct methodology_impute *step = &methodology->impute[i];
		if (!step->at_indicators || step->method == METHODOLOGY_IMPUTE_PARENT_MEAN)
			return false;
	}
	return true;
}

static size_t own_cause(const struct terms *terms, const char *indicator)
{
	size_t i = 0;
	while (i < terms->own_count && !text_equal(terms->causes[i].indicator, indicator))
		i++;
	return i;
}

static void take_terms(struct terms *terms, struct arena *arena, size_t set, size_t with)
{
	struct ranking_world_state state;
	struct ranking_contributor contributor;
	struct ranking_contributions contributions;
	uint8_t *in = arena_array(arena, uint8_t, terms->count);
	memset(in, (int)with, terms->own_count);
	for (size_t i = terms->own_count; i < terms->count; i++)
		in[i] = set >> (i - terms->own_count) & 1;
	ranking_world_enter(terms->world, in, &state);
	size_t row = state.rows[ranking_world_unit(terms->world)];
	ranking_contributor_init(&contributor, arena, state.table, state.aggregation, state.weights, RANKING_BASELINE_ZERO);
	ranking_contributions_of(&contributor, arena, row, &contributions);
	struct ranking_sum rest = {0};
	const struct methodology *methodology = state.table->methodology;
	for (size_t i = 0; i < methodology->indicator_count; i++) {
		size_t own = own_cause(terms, methodology->indicators[i].code);
		double term = isnan(contributions.indicators[i]) ? 0 : contributions.indicators[i];
		if (own < terms->own_count)
			terms->of_causes[(own * 2 + with) * terms->sets + set] = term;
		else
			ranking_sum_add(&rest, term);
	}
	terms->rest[set] = ranking_sum_value(&rest);
}

static void value_of_term(void *context, const uint8_t *in, double *ret_values)
{
	const struct term_game *game = context;
	const struct terms *terms = game->terms;
	size_t common = terms->count - terms->own_count;
	size_t set = 0;
	for (size_t i = 0; i < common; i++)
		set |= (size_t)in[i] << i;
	*ret_values = game->own == terms->own_count ? terms->rest[set]
	                                            : terms->of_causes[(game->own * 2 + in[common]) * terms->sets + set];
}

void ranking_change_closed(struct arena *arena, struct ranking_world *world, double *ret_parts)
{
	struct terms terms = {.world = world};
	terms.count = ranking_world_causes(world, &terms.causes);
	while (terms.own_count < terms.count && terms.causes[terms.own_count].kind == RANKING_CAUSE_OWN)
		terms.own_count++;
	size_t common = terms.count - terms.own_count;
	terms.sets = (size_t)1 << common;
	terms.of_causes = arena_array(arena, double, terms.own_count * 2 * terms.sets);
	terms.rest = arena_array(arena, double, terms.sets);
	for (size_t set = 0; set < terms.sets; set++) {
		take_terms(&terms, arena, set, 0);
		take_terms(&terms, arena, set, 1);
	}
	struct ranking_sum *sums = arena_array(arena, struct ranking_sum, terms.count);
	for (size_t own = 0; own <= terms.own_count; own++) {
		struct term_game context = {.terms = &terms, .own = own};
		const struct ranking_game game = {
			.players = common + (own < terms.own_count ? 1 : 0), .outputs = 1, .value = value_of_term, .context = &context};
		struct ranking_shapley shapley;
		ranking_shapley_of(arena, &game, &(struct ranking_shapley_plan){0}, &shapley);
		for (size_t i = 0; i < game.players; i++)
			ranking_sum_add(&sums[i < common ? terms.own_count + i : own], shapley.parts[i]);
	}
	for (size_t i = 0; i < terms.count; i++)
		ret_parts[i] = ranking_sum_value(&sums[i]);
}
