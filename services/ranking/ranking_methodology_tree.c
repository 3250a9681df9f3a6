#include "services/ranking/ranking_methodology_reader.h"

static const struct method TRANSFORM[] = {{"none", METHODOLOGY_PLAIN}, {"log", METHODOLOGY_LOG}};
static const struct method DIRECTION[] = {{"higher", false}, {"lower", true}};

/* ---- codes ---- */

bool methodology_find_node(const struct methodology *methodology, const char *code, size_t *ret_index)
{
	for (size_t i = 0; i < methodology->node_count; i++) {
		if (text_equal(methodology->nodes[i].code, code)) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

bool methodology_find_indicator(const struct methodology *methodology, const char *code, size_t *ret_index)
{
	for (size_t i = 0; i < methodology->indicator_count; i++) {
		if (text_equal(methodology->indicators[i].code, code)) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

/* A code names one column of the result, so nodes and indicators share one set of names. Only what is already read
 * is asked. */
static enum status read_fresh_code(struct reader *reader, const struct place *object, const char **ret_code)
{
	struct place place = place_member(object, "code");
	enum status status = read_code(reader, &place, ret_code);
	if (status != STATUS_OK)
		return status;
	size_t index;
	if (methodology_find_node(reader->methodology, *ret_code, &index) ||
	    methodology_find_indicator(reader->methodology, *ret_code, &index))
		return INVALID(reader, &place, "the code \"%s\" is used twice", *ret_code);
	return STATUS_OK;
}

static enum status read_weight(struct reader *reader, const struct place *object, double *ret_weight)
{
	struct place place = place_member(object, "weight");
	*ret_weight = 1;
	return read_number(reader, &place, 0, METHODOLOGY_WEIGHT_MAX, ret_weight);
}

/* The parent is found later: it may stand below its child in the file. */
static enum status read_node(struct reader *reader, const struct place *at)
{
	static const char *const NAMES[] = {"code", "parent", "weight", "aggregate", "title", NULL};
	enum status status = check_object(reader, at, NAMES);
	if (status != STATUS_OK)
		return status;
	struct methodology_node node = {0};
	status = read_fresh_code(reader, at, &node.code);
	if (status == STATUS_OK)
		status = read_weight(reader, at, &node.weight);
	reader->nodes[reader->methodology->node_count] = node;
	if (status == STATUS_OK)
		reader->methodology->node_count++;
	return status;
}

static enum status read_goals(struct reader *reader, const struct place *at, struct methodology_indicator *indicator)
{
	struct place place = place_member(at, "goalposts");
	indicator->has_goalposts = !place_absent(&place);
	enum status status = indicator->has_goalposts ? read_span(reader, &place, indicator->goalposts) : STATUS_OK;
	if (status != STATUS_OK)
		return status;
	place = place_member(at, "target");
	indicator->has_target = !place_absent(&place);
	return read_number(reader, &place, -METHODOLOGY_RANGE_MAX, METHODOLOGY_RANGE_MAX, &indicator->target);
}

/* What happens to the raw values before they are normalised. */
static enum status read_treatment(struct reader *reader, const struct place *at,
                                  struct methodology_indicator *indicator)
{
	int transform = METHODOLOGY_PLAIN;
	struct place place = place_member(at, "transform");
	enum status status = read_method(reader, &place, TRANSFORM, ARRAY_COUNT(TRANSFORM), &transform);
	indicator->transform = (enum methodology_transform)transform;
	int lower = false;
	place = place_member(at, "direction");
	if (status == STATUS_OK)
		status = read_method(reader, &place, DIRECTION, ARRAY_COUNT(DIRECTION), &lower);
	indicator->lower_is_better = lower;
	const char *denominator = NULL;
	place = place_member(at, "denominator");
	if (status == STATUS_OK && !place_absent(&place))
		status = read_code(reader, &place, &denominator);
	indicator->denominator = METHODOLOGY_NONE;
	if (denominator != NULL && text_equal(denominator, indicator->code))
		return INVALID(reader, &place, "an indicator divided by itself is 1 everywhere");
	if (status == STATUS_OK && denominator != NULL)
		indicator->denominator = list_add(reader->denominators, &reader->methodology->denominator_count, denominator);
	return status;
}

static enum status read_indicator_parent(struct reader *reader, const struct place *at,
                                         struct methodology_indicator *indicator)
{
	struct place place = place_member(at, "parent");
	const char *parent;
	enum status status = read_code(reader, &place, &parent);
	if (status == STATUS_OK && !methodology_find_node(reader->methodology, parent, &indicator->parent))
		return INVALID(reader, &place, "there is no node \"%s\"", parent);
	return status;
}

static enum status read_indicator(struct reader *reader, const struct place *at,
                                  const struct methodology_normalise *normalise)
{
	static const char *const NAMES[] = {"code", "parent", "weight", "direction", "denominator", "transform",
	                                    "goalposts", "target", "normalise", "title", NULL};
	enum status status = check_object(reader, at, NAMES);
	if (status != STATUS_OK)
		return status;
	struct methodology_indicator indicator = {.normalise = *normalise};
	status = read_fresh_code(reader, at, &indicator.code);
	if (status == STATUS_OK)
		status = read_indicator_parent(reader, at, &indicator);
	if (status == STATUS_OK)
		status = read_weight(reader, at, &indicator.weight);
	if (status == STATUS_OK)
		status = read_treatment(reader, at, &indicator);
	if (status == STATUS_OK)
		status = read_goals(reader, at, &indicator);
	struct place own = place_member(at, "normalise");
	if (status == STATUS_OK && !place_absent(&own))
		status = read_normalise(reader, &own, &indicator.normalise);
	reader->indicators[reader->methodology->indicator_count] = indicator;
	if (status == STATUS_OK)
		reader->methodology->indicator_count++;
	return status;
}

static enum status link_parents(struct reader *reader, const struct place *nodes)
{
	struct methodology *methodology = reader->methodology;
	size_t index = 0;
	methodology->root = SIZE_MAX;
	for (const struct json *item = json_first(nodes->json); item != NULL; item = json_next(item), index++) {
		struct place place = place_element(nodes, item, index);
		place = place_member(&place, "parent");
		const char *parent;
		enum status status = read_text(reader, &place, false, &parent);
		if (status != STATUS_OK)
			return status;
		if (parent == NULL && methodology->root != SIZE_MAX)
			return INVALID(reader, &place, "there is a root already: \"%s\"",
			               reader->nodes[methodology->root].code);
		if (parent == NULL)
			methodology->root = reader->nodes[index].parent = index;
		else if (!methodology_find_node(methodology, parent, &reader->nodes[index].parent))
			return INVALID(reader, &place, "there is no node \"%s\"", parent);
	}
	if (methodology->root == SIZE_MAX)
		return INVALID(reader, nodes, "one node without a parent, the root, is required");
	return STATUS_OK;
}

/* Raises the heights from node up to the root; false when the way up never ends. */
static bool raise_heights(struct reader *reader, size_t node, unsigned height)
{
	const struct methodology *methodology = reader->methodology;
	while (height <= methodology->node_count) {
		if (reader->nodes[node].height < height)
			reader->nodes[node].height = height;
		if (node == methodology->root)
			return true;
		node = reader->nodes[node].parent;
		height++;
	}
	return false;
}

/* A node without children keeps height 0, whether it hangs on the root or in a circle. */
static enum status measure_heights(struct reader *reader, const struct place *nodes)
{
	const struct methodology *methodology = reader->methodology;
	for (size_t i = 0; i < methodology->indicator_count; i++) {
		if (!raise_heights(reader, reader->indicators[i].parent, 1))
			return INVALID(reader, nodes, "the way from \"%s\" to the root is a circle",
			               reader->indicators[i].code);
	}
	for (size_t i = 0; i < methodology->node_count; i++) {
		struct place place = place_element(nodes, NULL, i);
		if (reader->nodes[i].height == 0)
			return INVALID(reader, &place, "no indicator hangs below \"%s\"", reader->nodes[i].code);
	}
	return STATUS_OK;
}

static void order_nodes(struct reader *reader)
{
	struct methodology *methodology = reader->methodology;
	size_t *order = arena_array(reader->arena, size_t, methodology->node_count);
	size_t count = 0;
	for (unsigned height = 1; count < methodology->node_count; height++) {
		for (size_t i = 0; i < methodology->node_count; i++) {
			if (reader->nodes[i].height == height)
				order[count++] = i;
		}
	}
	methodology->order = order;
}

/* The children of a node in the order of summation; children may be NULL: then they are only counted. */
static size_t list_children(const struct methodology *methodology, size_t parent, struct methodology_child *children)
{
	size_t count = 0;
	for (size_t i = 0; i < methodology->node_count; i++) {
		if (i == methodology->root || methodology->nodes[i].parent != parent)
			continue;
		if (children != NULL)
			children[count] = (struct methodology_child){.index = i, .weight = methodology->nodes[i].weight};
		count++;
	}
	for (size_t i = 0; i < methodology->indicator_count; i++) {
		if (methodology->indicators[i].parent != parent)
			continue;
		if (children != NULL)
			children[count] = (struct methodology_child){
				.is_indicator = true, .index = i, .weight = methodology->indicators[i].weight};
		count++;
	}
	return count;
}

static void link_children(struct reader *reader, size_t parent)
{
	struct methodology_node *node = &reader->nodes[parent];
	node->child_count = list_children(reader->methodology, parent, NULL);
	struct methodology_child *children = arena_array(reader->arena, struct methodology_child, node->child_count);
	list_children(reader->methodology, parent, children);
	node->children = children;
}

static enum status check_weights(struct reader *reader, const struct place *nodes)
{
	for (size_t i = 0; i < reader->methodology->node_count; i++) {
		const struct methodology_node *node = &reader->nodes[i];
		double sum = 0;
		for (size_t k = 0; k < node->child_count; k++)
			sum += node->children[k].weight;
		struct place place = place_element(nodes, NULL, i);
		if (!(sum > 0))
			return INVALID(reader, &place, "the weights below \"%s\" are all zero", node->code);
	}
	return STATUS_OK;
}

static enum status read_nodes(struct reader *reader, const struct place *nodes)
{
	enum status status = check_list(reader, nodes, METHODOLOGY_NODES_MAX);
	if (status != STATUS_OK)
		return status;
	reader->nodes = arena_array(reader->arena, struct methodology_node, json_count(nodes->json));
	reader->methodology->nodes = reader->nodes;
	reader->aggregates = arena_array(reader->arena, struct place, json_count(nodes->json));
	size_t index = 0;
	for (const struct json *item = json_first(nodes->json); item != NULL; item = json_next(item)) {
		struct place place = place_element(nodes, item, index++);
		status = read_node(reader, &place);
		if (status != STATUS_OK)
			return status;
	}
	return link_parents(reader, nodes);
}

static enum status read_indicators(struct reader *reader, const struct place *root)
{
	struct methodology_normalise normalise;
	enum status status = read_normalise(reader, &reader->normalise, &normalise);
	if (status != STATUS_OK)
		return status;
	struct place place;
	struct place list = place_member(root, "indicators");
	status = check_list(reader, &list, METHODOLOGY_INDICATORS_MAX);
	if (status != STATUS_OK)
		return status;
	reader->indicators = arena_array(reader->arena, struct methodology_indicator, json_count(list.json));
	reader->methodology->indicators = reader->indicators;
	reader->denominators = arena_array(reader->arena, const char *, json_count(list.json));
	reader->methodology->denominators = reader->denominators;
	size_t index = 0;
	for (const struct json *item = json_first(list.json); item != NULL; item = json_next(item)) {
		place = place_element(&list, item, index++);
		status = read_indicator(reader, &place, &normalise);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

static void set_aggregate(struct reader *reader, size_t node, const struct methodology_aggregate *aggregate,
                          const struct place *at)
{
	reader->nodes[node].aggregate = *aggregate;
	reader->aggregates[node] = *at;
}

/* The list runs from the leaves' parents up; its last entry serves the remaining heights. */
static enum status read_level_aggregates(struct reader *reader)
{
	struct place list = reader->aggregate;
	enum status status = check_list(reader, &list, METHODOLOGY_NODES_MAX);
	if (status != STATUS_OK)
		return status;
	unsigned height = 0;
	for (const struct json *item = json_first(list.json); item != NULL; item = json_next(item)) {
		struct place place = place_element(&list, item, height++);
		struct methodology_aggregate aggregate;
		status = read_aggregate(reader, &place, &aggregate);
		if (status != STATUS_OK)
			return status;
		for (size_t i = 0; i < reader->methodology->node_count; i++) {
			if (reader->nodes[i].height >= height)
				set_aggregate(reader, i, &aggregate, &place);
		}
	}
	return STATUS_OK;
}

static enum status read_own_aggregates(struct reader *reader, const struct place *nodes)
{
	size_t index = 0;
	for (const struct json *item = json_first(nodes->json); item != NULL; item = json_next(item), index++) {
		struct place place = place_element(nodes, item, index);
		place = place_member(&place, "aggregate");
		if (place_absent(&place))
			continue;
		struct methodology_aggregate aggregate;
		enum status status = read_aggregate(reader, &place, &aggregate);
		if (status != STATUS_OK)
			return status;
		set_aggregate(reader, index, &aggregate, &place);
	}
	return STATUS_OK;
}

enum status read_tree(struct reader *reader, const struct place *root)
{
	struct place nodes = place_member(root, "nodes");
	enum status status = read_nodes(reader, &nodes);
	if (status == STATUS_OK)
		status = read_indicators(reader, root);
	if (status == STATUS_OK)
		status = measure_heights(reader, &nodes);
	if (status != STATUS_OK)
		return status;
	order_nodes(reader);
	for (size_t i = 0; i < reader->methodology->node_count; i++)
		link_children(reader, i);
	status = check_weights(reader, &nodes);
	if (status == STATUS_OK)
		status = read_level_aggregates(reader);
	return status == STATUS_OK ? read_own_aggregates(reader, &nodes) : status;
}

