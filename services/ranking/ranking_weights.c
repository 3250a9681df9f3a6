#include "services/ranking/ranking_weights.h"

void ranking_weights_init(struct ranking_weights *weights, struct arena *arena, const struct methodology *methodology)
{
	weights->indicators = arena_array(arena, double, methodology->indicator_count);
	weights->nodes = arena_array(arena, double, methodology->node_count);
	for (size_t i = 0; i < methodology->indicator_count; i++)
		weights->indicators[i] = methodology->indicators[i].weight;
	for (size_t i = 0; i < methodology->node_count; i++)
		weights->nodes[i] = methodology->nodes[i].weight;
}

double ranking_weights_of_child(const struct ranking_weights *weights, const struct methodology_child *child)
{
	return child->is_indicator ? weights->indicators[child->index] : weights->nodes[child->index];
}

/* From the root down: parents stand after their children in the order of the methodology. */
void ranking_weights_effective(const struct methodology *methodology, const struct ranking_weights *weights,
                               double *ret_indicators)
{
	double shares[METHODOLOGY_NODES_MAX];
	shares[methodology->root] = 1;
	for (size_t i = methodology->node_count; i-- > 0;) {
		const struct methodology_node *node = &methodology->nodes[methodology->order[i]];
		double sum = 0;
		for (size_t k = 0; k < node->child_count; k++)
			sum += ranking_weights_of_child(weights, &node->children[k]);
		double scale = sum > 0 ? shares[methodology->order[i]] / sum : 0;
		for (size_t k = 0; k < node->child_count; k++) {
			const struct methodology_child *child = &node->children[k];
			*(child->is_indicator ? &ret_indicators[child->index] : &shares[child->index]) =
				ranking_weights_of_child(weights, child) * scale;
		}
	}
}
