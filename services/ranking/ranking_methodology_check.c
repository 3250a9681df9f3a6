#include "services/ranking/ranking_methodology_reader.h"

/* ---- goalposts and targets ---- */

static enum status check_goals(struct reader *reader, const struct place *at,
                               const struct methodology_indicator *indicator)
{
	struct place goalposts = place_member(at, "goalposts");
	struct place target = place_member(at, "target");
	bool log = indicator->transform == METHODOLOGY_LOG;
	if (indicator->normalise.method == METHODOLOGY_GOALPOSTS && !indicator->has_goalposts)
		return INVALID(reader, &goalposts, "goalposts are required: the indicator is normalised by them");
	if (indicator->normalise.method == METHODOLOGY_DISTANCE_TO_TARGET && !indicator->has_target)
		return INVALID(reader, &target, "a target is required: the indicator is normalised by its distance");
	if (log && indicator->has_goalposts && !(indicator->goalposts[0] > 0))
		return INVALID(reader, &goalposts, "goalposts must be above 0: they undergo the indicator's logarithm");
	if (log && indicator->has_target && !(indicator->target > 0))
		return INVALID(reader, &target, "the target must be above 0: it undergoes the indicator's logarithm");
	return STATUS_OK;
}

/* ---- means that need values not below zero ---- */

static bool normalised_below_zero(const struct methodology_normalise *rule)
{
	switch (rule->method) {
	case METHODOLOGY_MIN_MAX:
	case METHODOLOGY_GOALPOSTS:
		return rule->range_lo < 0;
	case METHODOLOGY_Z_SCORE:
	case METHODOLOGY_DISTANCE_TO_REFERENCE:
	case METHODOLOGY_AS_IS:
		return true;
	case METHODOLOGY_RANK:
	case METHODOLOGY_BORDA:
	case METHODOLOGY_PERCENTILE_RANK:
	case METHODOLOGY_DISTANCE_TO_TARGET:
	case METHODOLOGY_DISTANCE_TO_MAX:
	case METHODOLOGY_EXPONENTIAL_RANK:
		return false;
	}
	return true;
}

/* A power of 0 or below is a geometric or harmonic mean under another name. */
static bool needs_positive(const struct methodology_aggregate *aggregate)
{
	return aggregate->method == METHODOLOGY_GEOMETRIC || aggregate->method == METHODOLOGY_HARMONIC ||
	       (aggregate->method == METHODOLOGY_POWER && aggregate->power < 0);
}

/* below_zero: of the nodes; those of the children are known. Sets *ret_child to the first child that can be negative. */
static bool find_child_below_zero(const struct methodology *methodology, size_t node, const bool *below_zero,
                                  const char **ret_child)
{
	const struct methodology_node *parent = &methodology->nodes[node];
	for (size_t i = 0; i < parent->child_count; i++) {
		const struct methodology_child *child = &parent->children[i];
		bool found = child->is_indicator ? normalised_below_zero(&methodology->indicators[child->index].normalise)
		                                 : below_zero[child->index];
		*ret_child = child->is_indicator ? methodology->indicators[child->index].code
		                                 : methodology->nodes[child->index].code;
		if (found)
			return true;
	}
	return false;
}

static enum status check_signs(struct reader *reader)
{
	const struct methodology *methodology = reader->methodology;
	bool *below_zero = arena_array(reader->arena, bool, methodology->node_count);
	for (size_t i = 0; i < methodology->node_count; i++) {
		size_t node = methodology->order[i];
		const struct methodology_aggregate *aggregate = &methodology->nodes[node].aggregate;
		const char *child;
		below_zero[node] = find_child_below_zero(methodology, node, below_zero, &child);
		if (below_zero[node] && needs_positive(aggregate)) {
			struct place place = place_member(&reader->aggregates[node], "method");
			return INVALID(reader, &place, "\"%s\" can be negative: this mean of \"%s\" is not defined then", child,
			               methodology->nodes[node].code);
		}
		below_zero[node] |= aggregate->method == METHODOLOGY_COPELAND;
	}
	return STATUS_OK;
}

enum status check_methodology(struct reader *reader, const struct place *root)
{
	struct place list = place_member(root, "indicators");
	for (size_t i = 0; i < reader->methodology->indicator_count; i++) {
		struct place place = place_element(&list, NULL, i);
		enum status status = check_goals(reader, &place, &reader->methodology->indicators[i]);
		if (status != STATUS_OK)
			return status;
	}
	return check_signs(reader);
}
