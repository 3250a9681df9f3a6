#include "services/ranking/ranking_explanation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- explaining ---- */

/* The share of each indicator in this unit's root, over what the unit has; in a mean that is not arithmetic as if it were. */
static void find_weights(const struct ranking_aggregation *aggregation, const struct ranking_weights *weights, size_t row,
                         double *ret_weights)
{
	const struct ranking_table *table = aggregation->table;
	const struct methodology *methodology = table->methodology;
	double shares[METHODOLOGY_NODES_MAX];
	shares[methodology->root] = 1;
	for (size_t i = methodology->node_count; i-- > 0;) {
		const struct methodology_node *node = &methodology->nodes[methodology->order[i]];
		double sum = 0;
		for (size_t pass = 0; pass < 2; pass++) {
			for (size_t k = 0; k < node->child_count; k++) {
				const struct methodology_child *child = &node->children[k];
				double value = child->is_indicator ? ranking_table_column(table, child->index)[row]
				                                   : ranking_aggregation_node(aggregation, child->index)[row];
				double weight = isnan(value) ? 0 : ranking_weights_of_child(weights, child);
				if (pass == 0)
					sum += weight;
				else
					*(child->is_indicator ? &ret_weights[child->index] : &shares[child->index]) =
						sum > 0 ? shares[methodology->order[i]] * weight / sum : 0;
			}
		}
	}
	for (size_t i = 0; i < methodology->indicator_count; i++) {
		if (isnan(ranking_table_column(table, i)[row]))
			ret_weights[i] = NAN;
	}
}

static const double *row_of_columns(struct arena *arena, const double *columns, size_t count, size_t units, size_t row)
{
	double *values = arena_array(arena, double, count);
	for (size_t i = 0; i < count; i++)
		values[i] = columns[i * units + row];
	return values;
}

static enum status find_row(const struct methodology *methodology, const struct ranking_input *values, const char *unit,
                            size_t *ret_row, struct fault *fault)
{
	if (methodology->panel_column != NULL)
		return fault_set(fault, STATUS_UNSUPPORTED, "panel", "/panel", -1,
		                 "in a panel a unit has a place in each period: take one of them out first");
	for (size_t row = 0; row < values->units; row++) {
		*ret_row = row;
		if (text_equal(values->codes[row], unit))
			return STATUS_OK;
	}
	return fault_set(fault, STATUS_NOT_FOUND, "unit", "", -1, "there is no unit \"%.100s\"", unit);
}

enum status ranking_explain(struct arena *arena, const struct methodology *methodology, const struct ranking_input *values,
                            const char *unit, enum ranking_baseline baseline, const struct ranking_shapley_plan *plan,
                            struct ranking_explanation *ret_explanation, struct fault *fault)
{
	size_t row = 0;
	struct ranking_table *table;
	struct ranking_scores scores;
	struct ranking_weights weights;
	struct ranking_aggregation aggregation;
	struct ranking_contributor contributor;
	enum status status = find_row(methodology, values, unit, &row, fault);
	if (status == STATUS_OK)
		status = ranking_engine_prepare(arena, methodology, values, &table, fault);
	if (status != STATUS_OK)
		return status;
	size_t count = methodology->indicator_count;
	*ret_explanation = (struct ranking_explanation){.methodology = methodology, .unit = unit, .baseline = baseline};
	ranking_engine_rate(table, &scores);
	ranking_weights_init(&weights, arena, methodology);
	ranking_aggregation_init(&aggregation, arena, table);
	ranking_aggregate(&aggregation, &weights);
	ranking_contributor_init(&contributor, arena, table, &aggregation, &weights, baseline);
	contributor.plan = *plan;
	ranking_contributions_of(&contributor, arena, row, &ret_explanation->contributions);
	double *effective = arena_array(arena, double, count);
	find_weights(&aggregation, &weights, row, effective);
	ret_explanation->weights = effective;
	ret_explanation->raw = row_of_columns(arena, values->values, count, values->units, row);
	ret_explanation->normalised = row_of_columns(arena, table->values, count, table->units, row);
	ret_explanation->score = scores.scores[row];
	ret_explanation->place = scores.places[row];
	for (size_t i = 0; i < scores.units; i++)
		ret_explanation->rated += scores.places[i] != 0 ? 1 : 0;
	return STATUS_OK;
}

/* ---- lines ---- */

static int compare_lines(const void *a, const void *b)
{
	const struct ranking_explanation_line *left = a;
	const struct ranking_explanation_line *right = b;
	if (left->part != right->part)
		return left->part > right->part ? -1 : 1;
	if (left->is_node != right->is_node)
		return left->is_node ? 1 : -1;
	return left->index < right->index ? -1 : 1;
}

size_t ranking_explanation_lines(struct arena *arena, const struct ranking_explanation *explanation,
                                 const struct ranking_explanation_line **ret_lines)
{
	const struct methodology *methodology = explanation->methodology;
	const struct ranking_contributions *parts = &explanation->contributions;
	size_t most = methodology->indicator_count + methodology->node_count;
	struct ranking_explanation_line *lines = arena_array(arena, struct ranking_explanation_line, most);
	size_t count = 0;
	for (size_t i = 0; i < most; i++) {
		bool is_node = i >= methodology->indicator_count;
		size_t index = is_node ? i - methodology->indicator_count : i;
		double part = is_node ? parts->nodes[index] : parts->indicators[index];
		if (isnan(part))
			continue;
		lines[count++] = (struct ranking_explanation_line){
			.is_node = is_node,
			.index = index,
			.part = part,
			.error = is_node ? parts->node_errors[index] : parts->indicator_errors[index],
		};
	}
	if (count > 0)
		qsort(lines, count, sizeof *lines, compare_lines);
	*ret_lines = lines;
	return count;
}

/* ---- names ---- */

const char *ranking_contribution_method_name(enum ranking_contribution_method method)
{
	static const char *const NAMES[] = {
		[RANKING_CONTRIBUTION_CLOSED] = "closed",
		[RANKING_CONTRIBUTION_EXACT] = "shapley",
		[RANKING_CONTRIBUTION_LEVELS] = "levels",
		[RANKING_CONTRIBUTION_SAMPLED] = "sampled",
	};
	return NAMES[method];
}

const char *ranking_cause_name(enum ranking_cause_kind kind)
{
	static const char *const NAMES[] = {
		[RANKING_CAUSE_OWN] = "own",
		[RANKING_CAUSE_OTHERS] = "others",
		[RANKING_CAUSE_FRAME] = "frame",
		[RANKING_CAUSE_METHODOLOGY] = "methodology",
		[RANKING_CAUSE_MISSING] = "missing",
		[RANKING_CAUSE_ENTRANTS] = "entrants",
		[RANKING_CAUSE_CORRECTED] = "corrected",
	};
	return NAMES[kind];
}

const char *ranking_rival_move_name(enum ranking_rival_move move)
{
	static const char *const NAMES[] = {
		[RANKING_RIVAL_OVERTAKEN] = "overtaken",
		[RANKING_RIVAL_LEFT] = "left",
		[RANKING_RIVAL_OVERTOOK] = "overtook",
		[RANKING_RIVAL_ENTERED] = "entered",
	};
	return NAMES[move];
}

/* ---- the document ---- */

void ranking_write_number(struct json_writer *writer, const char *name, double value)
{
	char text[32];
	if (!isfinite(value)) {
		json_member_null(writer, name);
		return;
	}
	snprintf(text, sizeof text, "%.17g", value == 0 ? 0 : value);
	json_member_raw(writer, name, span_of_text(text));
}

void ranking_write_place(struct json_writer *writer, const char *name, uint32_t place)
{
	if (place == 0)
		json_member_null(writer, name);
	else
		json_member_integer(writer, name, place);
}

void ranking_write_methodology(struct json_writer *writer, const char *name, const struct methodology *methodology)
{
	json_write_name(writer, name);
	json_write_object(writer);
	json_member_string(writer, "code", methodology->code);
	json_member_integer(writer, "version", methodology->version);
	json_write_object_end(writer);
}

static void write_line(struct json_writer *writer, const struct ranking_explanation *explanation,
                       const struct ranking_explanation_line *line)
{
	const struct methodology *methodology = explanation->methodology;
	size_t parent = line->is_node ? methodology->nodes[line->index].parent : methodology->indicators[line->index].parent;
	json_write_object(writer);
	json_member_string(writer, line->is_node ? "node" : "indicator",
	                   line->is_node ? methodology->nodes[line->index].code : methodology->indicators[line->index].code);
	json_member_string(writer, "parent", methodology->nodes[parent].code);
	if (!line->is_node) {
		ranking_write_number(writer, "value", explanation->raw[line->index]);
		ranking_write_number(writer, "normalised", explanation->normalised[line->index]);
		ranking_write_number(writer, "weight", explanation->weights[line->index]);
	}
	ranking_write_number(writer, "contribution", line->part);
	ranking_write_number(writer, "error", line->error);
	json_write_object_end(writer);
}

static void write_part(struct json_writer *writer, const struct ranking_change_part *part)
{
	json_write_object(writer);
	json_member_string(writer, "cause", ranking_cause_name(part->cause.kind));
	if (part->cause.indicator != NULL)
		json_member_string(writer, "indicator", part->cause.indicator);
	ranking_write_number(writer, "score", part->score);
	ranking_write_number(writer, "score_error", part->score_error);
	ranking_write_number(writer, "places", part->places);
	ranking_write_number(writer, "places_error", part->places_error);
	json_write_object_end(writer);
}

static void write_rival(struct json_writer *writer, const struct ranking_rival *rival)
{
	json_write_object(writer);
	json_member_string(writer, "unit", rival->code);
	json_member_string(writer, "move", ranking_rival_move_name(rival->move));
	ranking_write_place(writer, "from", rival->places[RANKING_OLDER]);
	ranking_write_place(writer, "to", rival->places[RANKING_NEWER]);
	json_member_string(writer, "cause", ranking_cause_name(rival->cause.kind));
	json_member_string(writer, "cause_indicator", rival->cause.indicator);
	json_member_string(writer, "through", rival->indicator);
	json_member_string(writer, "through_whose", rival->indicator == NULL ? NULL : rival->indicator_is_own ? "unit" : "rival");
	json_write_object_end(writer);
}

static void write_change(struct json_writer *writer, const struct ranking_explanation *explanation)
{
	const struct ranking_change *change = &explanation->change;
	json_write_name(writer, "change");
	json_write_object(writer);
	ranking_write_methodology(writer, "methodology", explanation->older);
	ranking_write_number(writer, "score_from", change->scores[RANKING_OLDER]);
	ranking_write_number(writer, "score_to", change->scores[RANKING_NEWER]);
	json_member_integer(writer, "place_from", change->places[RANKING_OLDER]);
	json_member_integer(writer, "place_to", change->places[RANKING_NEWER]);
	json_member_integer(writer, "places", (int64_t)change->places[RANKING_OLDER] - (int64_t)change->places[RANKING_NEWER]);
	json_member_bool(writer, "exact", change->exact);
	json_member_bool(writer, "score_exact", change->exact || change->score_is_closed);
	json_member_integer(writer, "draws", (int64_t)change->draws);
	json_write_name(writer, "causes");
	json_write_array(writer);
	for (size_t i = 0; i < change->part_count; i++)
		write_part(writer, &change->parts[i]);
	json_write_array_end(writer);
	json_write_name(writer, "rivals");
	json_write_array(writer);
	for (size_t i = 0; i < change->rival_count; i++)
		write_rival(writer, &change->rivals[i]);
	json_write_array_end(writer);
	json_member_integer(writer, "rivals_left_out", (int64_t)change->rivals_left_out);
	json_write_object_end(writer);
}

void ranking_explanation_write(struct json_writer *writer, struct arena *arena, const struct ranking_explanation *explanation)
{
	const struct ranking_explanation_line *lines;
	size_t count = ranking_explanation_lines(arena, explanation, &lines);
	json_write_object(writer);
	json_member_string(writer, "unit", explanation->unit);
	ranking_write_methodology(writer, "methodology", explanation->methodology);
	ranking_write_place(writer, "place", explanation->place);
	json_member_integer(writer, "rated", (int64_t)explanation->rated);
	ranking_write_number(writer, "score", explanation->score);
	ranking_write_number(writer, "score_unrounded", explanation->contributions.score);
	json_member_string(writer, "baseline", explanation->baseline == RANKING_BASELINE_ZERO ? "zero" : "mean");
	ranking_write_number(writer, "base", explanation->contributions.base);
	json_member_string(writer, "method", ranking_contribution_method_name(explanation->contributions.method));
	json_member_integer(writer, "draws", (int64_t)explanation->contributions.draws);
	json_write_name(writer, "contributions");
	json_write_array(writer);
	for (size_t i = 0; i < count; i++)
		write_line(writer, explanation, &lines[i]);
	json_write_array_end(writer);
	if (explanation->older != NULL)
		write_change(writer, explanation);
	json_write_object_end(writer);
}
