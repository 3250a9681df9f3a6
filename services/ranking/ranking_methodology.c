#include "services/ranking/ranking_methodology.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/ident.h"

#define WEIGHT_MAX 1e9
#define RANGE_MAX  1e12

/* A value of the file and where it stands; json is NULL when the file does not have it. */
struct place {
	const struct json *json;
	char pointer[256];
};

/* The methodology while it is being built. */
struct reader {
	struct arena *arena;
	struct fault *fault;
	struct methodology *methodology;
	struct methodology_indicator *indicators;
	struct methodology_node *nodes;
};

/* A method of RATING.md section 2 and whether this build computes it. */
struct method {
	const char *name;
	bool supported;
	int value;
};

static const struct method TRANSFORM[] = {{"none", true, 0}, {"log", false, 0}};
static const struct method IMPUTE[] = {
	{"none", true, 0},
	{"mean", false, 0},
	{"median", false, 0},
	{"group-mean", false, 0},
	{"parent-mean", false, 0},
};
static const struct method OUTLIERS[] = {{"none", true, 0}, {"winsorise", false, 0}};
static const struct method NORMALISE[] = {
	{"min-max", true, METHODOLOGY_MIN_MAX},
	{"z-score", false, 0},
	{"rank", false, 0},
	{"borda", false, 0},
	{"percentile-rank", false, 0},
	{"goalposts", false, 0},
	{"distance-to-target", false, 0},
	{"distance-to-max", false, 0},
	{"distance-to-reference", false, 0},
	{"exponential-rank", false, 0},
	{"none", false, 0},
};
static const struct method AGGREGATE[] = {
	{"arithmetic", true, METHODOLOGY_ARITHMETIC},
	{"geometric", false, 0},
	{"harmonic", false, 0},
	{"power", false, 0},
	{"median", false, 0},
	{"copeland", false, 0},
};
static const struct method TIES[] = {
	{"competition", true, METHODOLOGY_COMPETITION},
	{"dense", true, METHODOLOGY_DENSE},
};
static const struct method DIRECTION[] = {{"higher", true, 0}, {"lower", true, 1}};

#define INVALID(reader, at, ...) \
	fault_set((reader)->fault, STATUS_INVALID, "methodology", (at)->pointer, -1, __VA_ARGS__)
#define UNSUPPORTED(reader, at, ...) \
	fault_set((reader)->fault, STATUS_UNSUPPORTED, "unsupported", (at)->pointer, -1, __VA_ARGS__)

/* ---- places ---- */

static struct place place_member(const struct place *object, const char *name)
{
	struct place member = *object;
	member.json = json_find(object->json, name);
	json_pointer_append(member.pointer, sizeof member.pointer, name);
	return member;
}

static struct place place_element(const struct place *array, const struct json *element, size_t index)
{
	struct place place = *array;
	char token[24];
	snprintf(token, sizeof token, "%zu", index);
	place.json = element;
	json_pointer_append(place.pointer, sizeof place.pointer, token);
	return place;
}

/* Absent and null say the same in optional members. */
static bool place_absent(const struct place *at)
{
	return at->json == NULL || json_is(at->json, JSON_NULL);
}

/* ---- scalars ---- */

/* names: the members allowed, ended by NULL. */
static enum status check_object(struct reader *reader, const struct place *at, const char *const *names)
{
	if (!json_is(at->json, JSON_OBJECT))
		return INVALID(reader, at, "an object is expected here");
	for (const struct json *member = json_first(at->json); member != NULL; member = json_next(member)) {
		const char *const *name = names;
		while (*name != NULL && !text_equal(*name, json_name(member)))
			name++;
		struct place place = place_member(at, json_name(member));
		if (*name == NULL)
			return INVALID(reader, &place, "a methodology has no such member here");
	}
	return STATUS_OK;
}

static enum status read_text(struct reader *reader, const struct place *at, bool required, const char **ret_text)
{
	*ret_text = NULL;
	if (place_absent(at))
		return required ? INVALID(reader, at, "this text is required") : STATUS_OK;
	if (!json_is(at->json, JSON_STRING) || json_string(at->json)[0] == '\0')
		return INVALID(reader, at, "a text that is not empty is expected here");
	*ret_text = json_string(at->json);
	return STATUS_OK;
}

static enum status read_code(struct reader *reader, const struct place *at, const char **ret_code)
{
	enum status status = read_text(reader, at, true, ret_code);
	if (status == STATUS_OK && strlen(*ret_code) > METHODOLOGY_CODE_BYTES_MAX)
		return INVALID(reader, at, "a code has at most %d bytes", METHODOLOGY_CODE_BYTES_MAX);
	return status;
}

/* Leaves *number, the default, as it is when the file has none. */
static enum status read_number(struct reader *reader, const struct place *at, double min, double max, double *number)
{
	if (place_absent(at))
		return STATUS_OK;
	if (!json_is(at->json, JSON_NUMBER))
		return INVALID(reader, at, "a number is expected here");
	double value = json_number(at->json);
	if (!(value >= min && value <= max))
		return INVALID(reader, at, "a number from %g to %g is expected here", min, max);
	*number = value;
	return STATUS_OK;
}

static enum status read_whole(struct reader *reader, const struct place *at, int64_t min, int64_t max, int64_t *whole)
{
	if (place_absent(at))
		return STATUS_OK;
	int64_t value;
	if (!json_is(at->json, JSON_NUMBER) || !json_integer(at->json, &value) || value < min || value > max)
		return INVALID(reader, at, "a whole number from %lld to %lld is expected here", (long long)min,
		               (long long)max);
	*whole = value;
	return STATUS_OK;
}

/* An array of two numbers, the first below the second. */
static enum status read_span(struct reader *reader, const struct place *at, double ret_span[2])
{
	const struct json *lo = json_is(at->json, JSON_ARRAY) ? json_first(at->json) : NULL;
	const struct json *hi = lo != NULL ? json_next(lo) : NULL;
	if (hi == NULL || json_next(hi) != NULL || !json_is(lo, JSON_NUMBER) || !json_is(hi, JSON_NUMBER))
		return INVALID(reader, at, "two numbers, [lo, hi], are expected here");
	ret_span[0] = json_number(lo);
	ret_span[1] = json_number(hi);
	if (!(ret_span[0] < ret_span[1] && ret_span[0] >= -RANGE_MAX && ret_span[1] <= RANGE_MAX))
		return INVALID(reader, at, "lo must be below hi, both within %g of zero", RANGE_MAX);
	return STATUS_OK;
}

static enum status read_method(struct reader *reader, const struct place *at, const struct method *methods,
                               size_t count, int *value)
{
	const char *name;
	enum status status = read_text(reader, at, false, &name);
	if (status != STATUS_OK || name == NULL)
		return status;
	for (size_t i = 0; i < count; i++) {
		if (!text_equal(methods[i].name, name))
			continue;
		if (!methods[i].supported)
			return UNSUPPORTED(reader, at, "\"%s\" is not computed by this version", name);
		*value = methods[i].value;
		return STATUS_OK;
	}
	return INVALID(reader, at, "\"%s\" is none of the methods of this place (\"%s\", ...)", name, methods[0].name);
}

static enum status read_required_method(struct reader *reader, const struct place *object,
                                        const struct method *methods, size_t count, int *value)
{
	struct place method = place_member(object, "method");
	if (!json_is(object->json, JSON_OBJECT))
		return INVALID(reader, object, "an object with a \"method\" is expected here");
	if (place_absent(&method))
		return INVALID(reader, &method, "the method is required");
	return read_method(reader, &method, methods, count, value);
}

/* ---- methods of stages ---- */

static enum status read_normalise(struct reader *reader, const struct place *at, struct methodology_normalise *ret)
{
	static const char *const NAMES[] = {"method", "range", NULL};
	int method = 0;
	enum status status = read_required_method(reader, at, NORMALISE, ARRAY_COUNT(NORMALISE), &method);
	if (status == STATUS_OK)
		status = check_object(reader, at, NAMES);
	if (status != STATUS_OK)
		return status;
	double range[2] = {0, 100};
	struct place place = place_member(at, "range");
	if (!place_absent(&place))
		status = read_span(reader, &place, range);
	*ret = (struct methodology_normalise){
		.method = (enum methodology_normalise_method)method,
		.range_lo = range[0],
		.range_hi = range[1],
	};
	return status;
}

static enum status read_aggregate(struct reader *reader, const struct place *at, struct methodology_aggregate *ret)
{
	static const char *const NAMES[] = {"method", "min_available", NULL};
	int method = 0;
	enum status status = read_required_method(reader, at, AGGREGATE, ARRAY_COUNT(AGGREGATE), &method);
	if (status == STATUS_OK)
		status = check_object(reader, at, NAMES);
	if (status != STATUS_OK)
		return status;
	*ret = (struct methodology_aggregate){.method = (enum methodology_aggregate_method)method};
	struct place place = place_member(at, "min_available");
	return read_number(reader, &place, 0, 1, &ret->min_available);
}

/* Stages that only "none" is computed for: their presence is checked, nothing is kept. */
static enum status check_impute(struct reader *reader, const struct place *at)
{
	static const char *const NAMES[] = {"at", "method", NULL};
	if (place_absent(at))
		return STATUS_OK;
	if (!json_is(at->json, JSON_ARRAY))
		return INVALID(reader, at, "a list of imputations is expected here");
	size_t index = 0;
	for (const struct json *item = json_first(at->json); item != NULL; item = json_next(item)) {
		struct place place = place_element(at, item, index++);
		int method = 0;
		enum status status = read_required_method(reader, &place, IMPUTE, ARRAY_COUNT(IMPUTE), &method);
		if (status == STATUS_OK)
			status = check_object(reader, &place, NAMES);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

static enum status check_outliers(struct reader *reader, const struct place *at)
{
	static const char *const NAMES[] = {"method", NULL};
	if (place_absent(at))
		return STATUS_OK;
	int method = 0;
	enum status status = read_required_method(reader, at, OUTLIERS, ARRAY_COUNT(OUTLIERS), &method);
	return status == STATUS_OK ? check_object(reader, at, NAMES) : status;
}

/* ---- the tree ---- */

static bool find_node(const struct methodology *methodology, const char *code, size_t *ret_index)
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
	if (find_node(reader->methodology, *ret_code, &index) ||
	    methodology_find_indicator(reader->methodology, *ret_code, &index))
		return INVALID(reader, &place, "the code \"%s\" is used twice", *ret_code);
	return STATUS_OK;
}

static enum status read_weight(struct reader *reader, const struct place *object, double *ret_weight)
{
	struct place place = place_member(object, "weight");
	*ret_weight = 1;
	return read_number(reader, &place, 0, WEIGHT_MAX, ret_weight);
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
	return read_number(reader, &place, -RANGE_MAX, RANGE_MAX, &indicator->target);
}

/* What happens to the raw values before they are normalised: here the sign alone is computed. */
static enum status read_treatment(struct reader *reader, const struct place *at,
                                  struct methodology_indicator *indicator)
{
	int value = 0;
	struct place place = place_member(at, "transform");
	enum status status = read_method(reader, &place, TRANSFORM, ARRAY_COUNT(TRANSFORM), &value);
	if (status != STATUS_OK)
		return status;
	const char *denominator;
	place = place_member(at, "denominator");
	status = read_text(reader, &place, false, &denominator);
	if (status != STATUS_OK)
		return status;
	if (denominator != NULL)
		return UNSUPPORTED(reader, &place, "denominators are not computed by this version");
	place = place_member(at, "direction");
	status = read_method(reader, &place, DIRECTION, ARRAY_COUNT(DIRECTION), &value);
	indicator->lower_is_better = value == 1;
	return status;
}

static enum status read_indicator_parent(struct reader *reader, const struct place *at,
                                         struct methodology_indicator *indicator)
{
	struct place place = place_member(at, "parent");
	const char *parent;
	enum status status = read_code(reader, &place, &parent);
	if (status == STATUS_OK && !find_node(reader->methodology, parent, &indicator->parent))
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

static enum status check_list(struct reader *reader, const struct place *at, size_t max)
{
	size_t count = json_is(at->json, JSON_ARRAY) ? json_count(at->json) : 0;
	if (count == 0 || count > max)
		return INVALID(reader, at, "a list of 1 to %zu elements is required here", max);
	return STATUS_OK;
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
		else if (!find_node(methodology, parent, &reader->nodes[index].parent))
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
	struct place place = place_member(root, "normalise");
	struct methodology_normalise normalise;
	enum status status = read_normalise(reader, &place, &normalise);
	if (status != STATUS_OK)
		return status;
	struct place list = place_member(root, "indicators");
	status = check_list(reader, &list, METHODOLOGY_INDICATORS_MAX);
	if (status != STATUS_OK)
		return status;
	reader->indicators = arena_array(reader->arena, struct methodology_indicator, json_count(list.json));
	reader->methodology->indicators = reader->indicators;
	size_t index = 0;
	for (const struct json *item = json_first(list.json); item != NULL; item = json_next(item)) {
		place = place_element(&list, item, index++);
		status = read_indicator(reader, &place, &normalise);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/* The list runs from the leaves' parents up; its last entry serves the remaining heights. */
static enum status read_level_aggregates(struct reader *reader, const struct place *root)
{
	struct place list = place_member(root, "aggregate");
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
				reader->nodes[i].aggregate = aggregate;
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
		enum status status = read_aggregate(reader, &place, &reader->nodes[index].aggregate);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

static enum status read_tree(struct reader *reader, const struct place *root)
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
		status = read_level_aggregates(reader, root);
	return status == STATUS_OK ? read_own_aggregates(reader, &nodes) : status;
}

/* ---- what is done with the scores ---- */

static enum status read_eligibility(struct reader *reader, const struct place *at)
{
	static const char *const NAMES[] = {"min_projects", NULL};
	if (place_absent(at))
		return STATUS_OK;
	enum status status = check_object(reader, at, NAMES);
	struct place place = place_member(at, "min_projects");
	return status == STATUS_OK ? read_whole(reader, &place, 0, 1000000, &reader->methodology->min_projects) : status;
}

static enum status read_groups(struct reader *reader, const struct place *at)
{
	static const char *const NAMES[] = {"leading", "lagging", NULL};
	struct methodology *methodology = reader->methodology;
	methodology->has_groups = !place_absent(at);
	if (!methodology->has_groups)
		return STATUS_OK;
	enum status status = check_object(reader, at, NAMES);
	struct place place = place_member(at, "leading");
	if (status == STATUS_OK)
		status = read_number(reader, &place, 0, 1, &methodology->leading);
	place = place_member(at, "lagging");
	if (status == STATUS_OK)
		status = read_number(reader, &place, 0, 1, &methodology->lagging);
	if (status == STATUS_OK && methodology->leading + methodology->lagging > 1)
		return INVALID(reader, at, "leading and lagging together are more than everyone");
	return status;
}

static enum status read_ranking(struct reader *reader, const struct place *at)
{
	static const char *const NAMES[] = {"ties", "decimals", NULL};
	if (place_absent(at))
		return STATUS_OK;
	enum status status = check_object(reader, at, NAMES);
	if (status != STATUS_OK)
		return status;
	int ties = METHODOLOGY_COMPETITION;
	struct place place = place_member(at, "ties");
	status = read_method(reader, &place, TIES, ARRAY_COUNT(TIES), &ties);
	reader->methodology->ties = (enum methodology_ties)ties;
	int64_t decimals = METHODOLOGY_EXACT;
	place = place_member(at, "decimals");
	if (status == STATUS_OK)
		status = read_whole(reader, &place, 0, METHODOLOGY_DECIMALS_MAX, &decimals);
	reader->methodology->decimals = (int)decimals;
	return status;
}

static enum status read_results(struct reader *reader, const struct place *root)
{
	struct place place = place_member(root, "eligibility");
	enum status status = read_eligibility(reader, &place);
	place = place_member(root, "groups");
	if (status == STATUS_OK)
		status = read_groups(reader, &place);
	place = place_member(root, "ranking");
	return status == STATUS_OK ? read_ranking(reader, &place) : status;
}

/* ---- the file ---- */

static enum status read_title(struct reader *reader, const struct place *at)
{
	static const char *const NAMES[] = {"ru", "en", NULL};
	if (place_absent(at))
		return STATUS_OK;
	enum status status = check_object(reader, at, NAMES);
	struct place place = place_member(at, "ru");
	if (status == STATUS_OK)
		status = read_text(reader, &place, false, &reader->methodology->title_ru);
	place = place_member(at, "en");
	return status == STATUS_OK ? read_text(reader, &place, false, &reader->methodology->title_en) : status;
}

static enum status read_valid_from(struct reader *reader, const struct place *at)
{
	int64_t us;
	enum status status = read_text(reader, at, false, &reader->methodology->valid_from);
	if (status != STATUS_OK || reader->methodology->valid_from == NULL)
		return status;
	if (!date_parse(reader->methodology->valid_from, &us))
		return INVALID(reader, at, "a date such as 2026-01-31 is expected here");
	return STATUS_OK;
}

static enum status read_head(struct reader *reader, const struct place *root)
{
	struct place place = place_member(root, "code");
	enum status status = read_code(reader, &place, &reader->methodology->code);
	if (status != STATUS_OK)
		return status;
	place = place_member(root, "version");
	if (place_absent(&place))
		return INVALID(reader, &place, "the version is required");
	status = read_whole(reader, &place, 1, INT32_MAX, &reader->methodology->version);
	place = place_member(root, "valid_from");
	if (status == STATUS_OK)
		status = read_valid_from(reader, &place);
	place = place_member(root, "title");
	if (status == STATUS_OK)
		status = read_title(reader, &place);
	place = place_member(root, "panel");
	if (status == STATUS_OK && !place_absent(&place))
		return UNSUPPORTED(reader, &place, "panels are not computed by this version");
	return status;
}

static enum status read_root(struct reader *reader, const struct place *root)
{
	static const char *const NAMES[] = {"code", "version", "valid_from", "title", "panel", "nodes", "indicators",
	                                    "impute", "outliers", "normalise", "aggregate", "eligibility", "groups",
	                                    "ranking", "$schema", NULL};
	enum status status = check_object(reader, root, NAMES);
	if (status == STATUS_OK)
		status = read_head(reader, root);
	struct place place = place_member(root, "impute");
	if (status == STATUS_OK)
		status = check_impute(reader, &place);
	place = place_member(root, "outliers");
	if (status == STATUS_OK)
		status = check_outliers(reader, &place);
	if (status == STATUS_OK)
		status = read_tree(reader, root);
	return status == STATUS_OK ? read_results(reader, root) : status;
}

enum status methodology_read(struct arena *arena, const struct json *json, const struct methodology **ret_methodology,
                             struct fault *fault)
{
	struct reader reader = {.arena = arena, .fault = fault};
	reader.methodology = arena_array(arena, struct methodology, 1);
	reader.methodology->decimals = METHODOLOGY_EXACT;
	struct place root = {.json = json};
	enum status status = read_root(&reader, &root);
	if (status == STATUS_OK)
		*ret_methodology = reader.methodology;
	return status;
}
