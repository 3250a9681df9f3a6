#include "services/ranking/ranking_methodology_reader.h"

#include <float.h>

#define OPTIONS_MAX 5

static const struct method IMPUTE[] = {
	{"none", -1},
	{"mean", METHODOLOGY_IMPUTE_MEAN},
	{"median", METHODOLOGY_IMPUTE_MEDIAN},
	{"group-mean", METHODOLOGY_IMPUTE_GROUP_MEAN},
	{"parent-mean", METHODOLOGY_IMPUTE_PARENT_MEAN},
};
static const struct method OUTLIERS[] = {{"none", false}, {"winsorise", true}};
static const struct method FALLBACK[] = {{"log", true}, {"none", false}};
static const struct method TIED_PLACE[] = {{"mid", METHODOLOGY_TIED_MID}, {"min", METHODOLOGY_TIED_MIN}};
static const struct method NORMALISE[] = {
	{"min-max", METHODOLOGY_MIN_MAX},
	{"z-score", METHODOLOGY_Z_SCORE},
	{"rank", METHODOLOGY_RANK},
	{"borda", METHODOLOGY_BORDA},
	{"percentile-rank", METHODOLOGY_PERCENTILE_RANK},
	{"goalposts", METHODOLOGY_GOALPOSTS},
	{"distance-to-target", METHODOLOGY_DISTANCE_TO_TARGET},
	{"distance-to-max", METHODOLOGY_DISTANCE_TO_MAX},
	{"distance-to-reference", METHODOLOGY_DISTANCE_TO_REFERENCE},
	{"exponential-rank", METHODOLOGY_EXPONENTIAL_RANK},
	{"none", METHODOLOGY_AS_IS},
};
static const struct method AGGREGATE[] = {
	{"arithmetic", METHODOLOGY_ARITHMETIC},
	{"geometric", METHODOLOGY_GEOMETRIC},
	{"harmonic", METHODOLOGY_HARMONIC},
	{"power", METHODOLOGY_POWER},
	{"median", METHODOLOGY_MEDIAN},
	{"copeland", METHODOLOGY_COPELAND},
};

/* The options a method has; methods without any do not stand here. */
struct options {
	int method;
	const char *names[OPTIONS_MAX];  /* ended by NULL */
};

static const struct options NORMALISE_OPTIONS[] = {
	{METHODOLOGY_MIN_MAX, {"range"}},
	{METHODOLOGY_GOALPOSTS, {"range"}},
	{METHODOLOGY_Z_SCORE, {"mean", "sd"}},
	{METHODOLOGY_DISTANCE_TO_REFERENCE, {"reference"}},
	{METHODOLOGY_EXPONENTIAL_RANK, {"k", "ties"}},
};
static const struct options AGGREGATE_OPTIONS[] = {{METHODOLOGY_POWER, {"power"}}};
static const struct options OUTLIERS_OPTIONS[] = {{true, {"max_points", "skew", "kurtosis", "fallback"}}};
static const struct options IMPUTE_OPTIONS[] = {{METHODOLOGY_IMPUTE_GROUP_MEAN, {"group"}}};

/* names: every option of the stage. One that is given must be of this method. */
static enum status check_options(struct reader *reader, const struct place *at, const char *const *names,
                                 const struct options *options, size_t count, int method)
{
	for (; *names != NULL; names++) {
		struct place place = place_member(at, *names);
		bool known = place_absent(&place);
		for (size_t i = 0; i < count && !known; i++) {
			for (size_t k = 0; options[i].method == method && k < OPTIONS_MAX && options[i].names[k] != NULL; k++)
				known |= text_equal(options[i].names[k], *names);
		}
		if (!known)
			return INVALID(reader, &place, "this method has no such option");
	}
	return STATUS_OK;
}

static enum status require(struct reader *reader, const struct place *object, const char *name)
{
	struct place place = place_member(object, name);
	return place_absent(&place) ? INVALID(reader, &place, "this method needs its \"%s\"", name) : STATUS_OK;
}

/* ---- normalise ---- */

static enum status read_scale(struct reader *reader, const struct place *at, struct methodology_normalise *rule)
{
	double range[2] = {rule->range_lo, rule->range_hi};
	struct place place = place_member(at, "range");
	enum status status = place_absent(&place) ? STATUS_OK : read_span(reader, &place, range);
	rule->range_lo = range[0];
	rule->range_hi = range[1];
	place = place_member(at, "mean");
	if (status == STATUS_OK)
		status = read_number(reader, &place, -METHODOLOGY_RANGE_MAX, METHODOLOGY_RANGE_MAX, &rule->mean);
	place = place_member(at, "sd");
	if (status == STATUS_OK)
		status = read_number(reader, &place, 1e-12, METHODOLOGY_RANGE_MAX, &rule->sd);
	return status;
}

static enum status read_places_rule(struct reader *reader, const struct place *at, struct methodology_normalise *rule)
{
	struct place place = place_member(at, "k");
	enum status status = read_number(reader, &place, 1, 10000, &rule->k);
	int ties = rule->ties;
	place = place_member(at, "ties");
	if (status == STATUS_OK)
		status = read_method(reader, &place, TIED_PLACE, ARRAY_COUNT(TIED_PLACE), &ties);
	rule->ties = (enum methodology_tied_place)ties;
	return status;
}

enum status read_normalise(struct reader *reader, const struct place *at, struct methodology_normalise *ret)
{
	static const char *const NAMES[] = {"method", "range", "mean", "sd", "reference", "k", "ties", NULL};
	struct methodology_normalise rule = {.range_hi = 100, .sd = 1, .k = 23, .ties = METHODOLOGY_TIED_MID};
	int method = 0;
	enum status status = read_required_method(reader, at, NORMALISE, ARRAY_COUNT(NORMALISE), &method);
	rule.method = (enum methodology_normalise_method)method;
	if (status == STATUS_OK)
		status = check_object(reader, at, NAMES);
	if (status == STATUS_OK)
		status = check_options(reader, at, NAMES + 1, NORMALISE_OPTIONS, ARRAY_COUNT(NORMALISE_OPTIONS), method);
	if (status == STATUS_OK)
		status = read_scale(reader, at, &rule);
	if (status == STATUS_OK)
		status = read_places_rule(reader, at, &rule);
	struct place place = place_member(at, "reference");
	if (status == STATUS_OK && method == METHODOLOGY_DISTANCE_TO_REFERENCE)
		status = require(reader, at, "reference");
	if (status == STATUS_OK)
		status = read_text(reader, &place, false, &rule.reference);
	*ret = rule;
	return status;
}

/* ---- aggregate ---- */

enum status read_aggregate(struct reader *reader, const struct place *at, struct methodology_aggregate *ret)
{
	static const char *const NAMES[] = {"method", "min_available", "power", NULL};
	int method = 0;
	enum status status = read_required_method(reader, at, AGGREGATE, ARRAY_COUNT(AGGREGATE), &method);
	if (status == STATUS_OK)
		status = check_object(reader, at, NAMES);
	if (status == STATUS_OK)
		status = check_options(reader, at, NAMES + 2, AGGREGATE_OPTIONS, ARRAY_COUNT(AGGREGATE_OPTIONS), method);
	if (status == STATUS_OK && method == METHODOLOGY_POWER)
		status = require(reader, at, "power");
	*ret = (struct methodology_aggregate){.method = (enum methodology_aggregate_method)method, .power = 1};
	struct place place = place_member(at, "power");
	if (status == STATUS_OK)
		status = read_number(reader, &place, -64, 64, &ret->power);
	if (status == STATUS_OK && ret->power == 0)
		return INVALID(reader, &place, "the power mean of 0 is named \"geometric\"");
	place = place_member(at, "min_available");
	return status == STATUS_OK ? read_number(reader, &place, 0, 1, &ret->min_available) : status;
}

/* ---- impute ---- */

/* "indicators", which is also meant when nothing is said, or a list of nodes. */
static enum status read_impute_at(struct reader *reader, const struct place *at, struct methodology_impute *impute)
{
	impute->at_indicators = place_absent(at) ||
	                        (json_is(at->json, JSON_STRING) && text_equal(json_string(at->json), "indicators"));
	if (impute->at_indicators)
		return STATUS_OK;
	if (!json_is(at->json, JSON_ARRAY))
		return INVALID(reader, at, "\"indicators\" or a list of nodes is expected here");
	enum status status = check_list(reader, at, METHODOLOGY_NODES_MAX);
	size_t *nodes = arena_array(reader->arena, size_t, METHODOLOGY_NODES_MAX);
	impute->nodes = nodes;
	for (const struct json *item = json_first(at->json); status == STATUS_OK && item != NULL; item = json_next(item)) {
		struct place place = place_element(at, item, impute->node_count);
		const char *code;
		status = read_code(reader, &place, &code);
		if (status != STATUS_OK)
			return status;
		if (!methodology_find_node(reader->methodology, code, &nodes[impute->node_count]))
			return INVALID(reader, &place, "there is no node \"%s\"", code);
		if (impute->method == METHODOLOGY_IMPUTE_PARENT_MEAN && nodes[impute->node_count] == reader->methodology->root)
			return INVALID(reader, &place, "the root has no siblings to take a mean of");
		impute->node_count++;
	}
	return status;
}

static enum status read_impute_step(struct reader *reader, const struct place *at, struct methodology_impute *ret_impute,
                                    bool *ret_none)
{
	static const char *const NAMES[] = {"at", "method", "group", NULL};
	int method = -1;
	enum status status = read_required_method(reader, at, IMPUTE, ARRAY_COUNT(IMPUTE), &method);
	if (status == STATUS_OK)
		status = check_object(reader, at, NAMES);
	if (status == STATUS_OK)
		status = check_options(reader, at, NAMES + 2, IMPUTE_OPTIONS, ARRAY_COUNT(IMPUTE_OPTIONS), method);
	*ret_none = method < 0;
	*ret_impute = (struct methodology_impute){.method = (enum methodology_impute_method)(*ret_none ? 0 : method)};
	struct place place = place_member(at, "at");
	if (status == STATUS_OK)
		status = read_impute_at(reader, &place, ret_impute);
	if (status != STATUS_OK || method != METHODOLOGY_IMPUTE_GROUP_MEAN)
		return status;
	const char *group = NULL;
	place = place_member(at, "group");
	status = read_code(reader, &place, &group);
	if (status == STATUS_OK)
		ret_impute->group = list_add(reader->group_columns, &reader->methodology->group_column_count, group);
	return status;
}

enum status read_impute(struct reader *reader, const struct place *at)
{
	struct methodology *methodology = reader->methodology;
	if (place_absent(at))
		return STATUS_OK;
	if (!json_is(at->json, JSON_ARRAY))
		return INVALID(reader, at, "a list of imputations is expected here");
	size_t count = json_count(at->json);
	struct methodology_impute *steps = arena_array(reader->arena, struct methodology_impute, count);
	reader->group_columns = arena_array(reader->arena, const char *, count);
	methodology->group_columns = reader->group_columns;
	methodology->impute = steps;
	size_t index = 0;
	for (const struct json *item = json_first(at->json); item != NULL; item = json_next(item)) {
		struct place place = place_element(at, item, index++);
		bool none;
		enum status status = read_impute_step(reader, &place, &steps[methodology->impute_count], &none);
		if (status != STATUS_OK)
			return status;
		methodology->impute_count += none ? 0 : 1;
	}
	return STATUS_OK;
}

/* ---- outliers ---- */

enum status read_outliers(struct reader *reader, const struct place *at)
{
	static const char *const NAMES[] = {"method", "max_points", "skew", "kurtosis", "fallback", NULL};
	struct methodology_outliers *rule = &reader->methodology->outliers;
	*rule = (struct methodology_outliers){.max_points = 5, .skew = 2, .kurtosis = 3.5, .log_fallback = true};
	if (place_absent(at))
		return STATUS_OK;
	int winsorise = false;
	enum status status = read_required_method(reader, at, OUTLIERS, ARRAY_COUNT(OUTLIERS), &winsorise);
	rule->winsorise = winsorise;
	if (status == STATUS_OK)
		status = check_object(reader, at, NAMES);
	if (status == STATUS_OK)
		status = check_options(reader, at, NAMES + 1, OUTLIERS_OPTIONS, ARRAY_COUNT(OUTLIERS_OPTIONS), winsorise);
	struct place place = place_member(at, "max_points");
	if (status == STATUS_OK)
		status = read_whole(reader, &place, 0, INT32_MAX, &rule->max_points);
	place = place_member(at, "skew");
	if (status == STATUS_OK)
		status = read_number(reader, &place, 0, DBL_MAX, &rule->skew);
	place = place_member(at, "kurtosis");
	if (status == STATUS_OK)
		status = read_number(reader, &place, -DBL_MAX, DBL_MAX, &rule->kurtosis);
	int log_fallback = rule->log_fallback;
	place = place_member(at, "fallback");
	if (status == STATUS_OK)
		status = read_method(reader, &place, FALLBACK, ARRAY_COUNT(FALLBACK), &log_fallback);
	rule->log_fallback = log_fallback;
	return status;
}
