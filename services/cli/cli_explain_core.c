#include "services/cli/cli_explain_core.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "services/ranking/ranking_change.h"
#include "services/ranking/ranking_contribution.h"
#include "services/ranking/ranking_figures.h"

#define VALUE_BYTES_MAX ((size_t)64 * 1024)

/* ---- texts ---- */

static void member_number(struct json_writer *writer, const char *name, double number)
{
	char text[40];
	if (!isfinite(number)) {
		json_member_null(writer, name);
		return;
	}
	snprintf(text, sizeof text, "%.12g", number == 0 ? 0 : number);
	json_member_raw(writer, name, span_of_text(text));
}

static void member_copy(struct json_writer *writer, const char *name, const struct json *value)
{
	struct buf text;
	buf_init(&text, VALUE_BYTES_MAX);
	if (value == NULL || json_canonical(&text, value) != STATUS_OK)
		json_member_null(writer, name);
	else
		json_member_raw(writer, name, buf_span(&text));
	buf_clear(&text);
}

const struct json *explain_title(const struct json *methodology_json, const char *indicator)
{
	const struct json *list = json_find(methodology_json, "indicators");
	const struct json *item = json_is(list, JSON_ARRAY) ? json_first(list) : NULL;
	for (; item != NULL; item = json_next(item)) {
		const char *code = json_find_string(item, "code");
		if (code != NULL && text_equal(code, indicator))
			return json_find(item, "title");
	}
	return NULL;
}

/* ---- what the score is made of ---- */

struct split {
	const struct ranking_run *run;
	const struct ranking_row *row;
	struct ranking_contributions parts;
	const struct ranking_weights *weights;
};

static const struct ranking_row *row_of(const struct ranking_run *run, const struct json *row)
{
	const char *authority = json_find_string(row, "authority");
	const char *code = authority != NULL ? authority : json_find_string(row, "region");
	for (size_t i = 0; i < run->count; i++) {
		if (text_equal(ranking_unit_code(run->rows[i].region), code))
			return &run->rows[i];
	}
	return NULL;
}

static enum status split_score(struct arena *arena, const struct explain_rating *rating, const struct json *row,
                               struct split *split, struct fault *fault)
{
	const char *digest = json_find_string(rating->document, "result_digest");
	enum status status = ranking_figures_rate(arena, rating->document, rating->methodology, &split->run, fault);
	if (status != STATUS_OK)
		return status;
	if (digest == NULL || !text_equal(digest, split->run->result_digest))
		return fault_set(fault, STATUS_INVALID, "document", "/result_digest", -1,
		                 "the rating does not follow from its figures and this methodology");
	split->row = row_of(split->run, row);
	if (split->row == NULL || split->row->place == 0)
		return STATUS_OK;
	struct ranking_weights *weights = arena_array(arena, struct ranking_weights, 1);
	struct ranking_aggregation *aggregation = arena_array(arena, struct ranking_aggregation, 1);
	struct ranking_contributor contributor;
	ranking_weights_init(weights, arena, split->run->methodology);
	ranking_aggregation_init(aggregation, arena, split->run->table);
	ranking_aggregate(aggregation, weights);
	ranking_contributor_init(&contributor, arena, split->run->table, aggregation, weights, RANKING_BASELINE_MEAN);
	ranking_contributions_of(&contributor, arena, split->row->unit, &split->parts);
	split->weights = weights;
	return STATUS_OK;
}

/* Of the whole, before anything is missing: the product of the shares on the way to the root. */
static double weight_of(const struct split *split, size_t indicator)
{
	const struct methodology *methodology = split->run->methodology;
	size_t parent = methodology->indicators[indicator].parent;
	size_t child = indicator;
	bool is_indicator = true;
	double share = 1;
	for (;;) {
		const struct methodology_node *node = &methodology->nodes[parent];
		double sum = 0, own = 0;
		for (size_t i = 0; i < node->child_count; i++) {
			const struct methodology_child *other = &node->children[i];
			double weight = other->is_indicator ? split->weights->indicators[other->index] : split->weights->nodes[other->index];
			sum += weight;
			own += other->is_indicator == is_indicator && other->index == child ? weight : 0;
		}
		share *= sum > 0 ? own / sum : 0;
		if (parent == methodology->root)
			return share;
		child = parent;
		is_indicator = false;
		parent = node->parent;
	}
}

static const char *method_name(enum ranking_contribution_method method)
{
	static const char *const NAMES[] = {
		[RANKING_CONTRIBUTION_CLOSED] = "closed", [RANKING_CONTRIBUTION_EXACT] = "shapley",
		[RANKING_CONTRIBUTION_LEVELS] = "levels", [RANKING_CONTRIBUTION_SAMPLED] = "sampled"};
	return NAMES[method];
}

static void write_contribution(struct json_writer *writer, const struct explain_rating *rating, const struct split *split,
                               size_t indicator)
{
	const struct methodology_indicator *own = &split->run->methodology->indicators[indicator];
	json_write_object(writer);
	json_member_string(writer, "indicator", own->code);
	member_copy(writer, "title", explain_title(rating->methodology_json, own->code));
	json_member_string(writer, "value", split->row->inputs[indicator]);
	member_number(writer, "normalised", ranking_table_column(split->run->table, indicator)[split->row->unit]);
	member_number(writer, "part", split->parts.indicators[indicator]);
	member_number(writer, "weight", weight_of(split, indicator));
	json_write_object_end(writer);
}

static void write_contributions(struct json_writer *writer, const struct explain_rating *rating, const struct split *split)
{
	json_write_name(writer, "contributions");
	if (split->weights == NULL) {
		json_write_null(writer);
		return;
	}
	json_write_object(writer);
	json_member_string(writer, "method", method_name(split->parts.method));
	member_number(writer, "base", split->parts.base);
	member_number(writer, "score", split->parts.score);
	json_write_name(writer, "indicators");
	json_write_array(writer);
	for (size_t i = 0; i < split->run->methodology->indicator_count; i++)
		write_contribution(writer, rating, split, i);
	json_write_array_end(writer);
	json_write_object_end(writer);
}

/* ---- why it changed ---- */

static const char *const CAUSES[] = {
	[RANKING_CAUSE_OWN] = "own",
	[RANKING_CAUSE_OTHERS] = "others",
	[RANKING_CAUSE_FRAME] = "frame",
	[RANKING_CAUSE_METHODOLOGY] = "methodology",
	[RANKING_CAUSE_MISSING] = "missing",
	[RANKING_CAUSE_ENTRANTS] = "entrants",
	[RANKING_CAUSE_CORRECTED] = "corrected",
};

static const char *const MOVES[] = {
	[RANKING_RIVAL_OVERTAKEN] = "overtaken",
	[RANKING_RIVAL_LEFT] = "left",
	[RANKING_RIVAL_OVERTOOK] = "overtook",
	[RANKING_RIVAL_ENTERED] = "entered",
};

static const struct json *figure_of(const struct json *row, const char *indicator)
{
	return json_find(json_find(json_find(row, "figures"), "indicators"), indicator);
}

static void write_cause(struct json_writer *writer, const struct explain_question *question, const struct json *const rows[2],
                        const struct ranking_change_part *part)
{
	const char *indicator = part->cause.indicator;
	json_write_object(writer);
	json_member_string(writer, "cause", CAUSES[part->cause.kind]);
	json_member_string(writer, "indicator", indicator);
	const struct json *title = indicator != NULL ? explain_title(question->newer.methodology_json, indicator) : NULL;
	member_copy(writer, "title", title);
	member_number(writer, "score", part->score);
	member_number(writer, "score_error", part->score_error);
	member_number(writer, "places", part->places);
	member_number(writer, "places_error", part->places_error);
	if (indicator != NULL) {
		json_write_name(writer, "values");
		json_write_array(writer);
		for (int side = 0; side < 2; side++) {
			const struct json *figure = figure_of(rows[side], indicator);
			json_write_string(writer, json_is(figure, JSON_STRING) ? json_string(figure) : NULL);
		}
		json_write_array_end(writer);
	}
	json_write_object_end(writer);
}

static void write_places(struct json_writer *writer, const uint32_t places[2])
{
	json_write_name(writer, "places");
	json_write_array(writer);
	json_write_integer(writer, places[0]);
	json_write_integer(writer, places[1]);
	json_write_array_end(writer);
}

static void write_rival(struct json_writer *writer, const struct explain_question *question, const struct ranking_rival *rival)
{
	const struct json *row = ranking_figures_find(question->newer.document, rival->code);
	if (row == NULL)
		row = ranking_figures_find(question->older->document, rival->code);
	json_write_object(writer);
	json_member_string(writer, "region", rival->code);
	member_copy(writer, "name", json_find(row, "name"));
	json_member_string(writer, "move", MOVES[rival->move]);
	write_places(writer, rival->places);
	json_member_string(writer, "cause", CAUSES[rival->cause.kind]);
	json_member_string(writer, "through", rival->indicator);
	json_member_bool(writer, "own", rival->indicator_is_own);
	json_write_object_end(writer);
}

static void write_change(struct json_writer *writer, const struct explain_question *question, const struct ranking_change *change,
                         const struct json *const rows[2])
{
	const struct json *older = question->older->document;
	json_write_object(writer);
	member_copy(writer, "against", json_find(older, "period"));
	member_copy(writer, "kind", json_find(older, "kind"));
	member_copy(writer, "revision", json_find(older, "revision"));
	write_places(writer, change->places);
	json_write_name(writer, "scores");
	json_write_array(writer);
	for (int side = 0; side < 2; side++) {
		char text[40];
		snprintf(text, sizeof text, "%.12g", change->scores[side]);
		json_write_raw(writer, isfinite(change->scores[side]) ? span_of_text(text) : span_of_text("null"));
	}
	json_write_array_end(writer);
	json_member_bool(writer, "exact", change->exact);
	json_member_integer(writer, "draws", (int64_t)change->draws);
	json_write_name(writer, "causes");
	json_write_array(writer);
	for (size_t i = 0; i < change->part_count; i++)
		write_cause(writer, question, rows, &change->parts[i]);
	json_write_array_end(writer);
	json_write_name(writer, "rivals");
	json_write_array(writer);
	for (size_t i = 0; i < change->rival_count; i++)
		write_rival(writer, question, &change->rivals[i]);
	json_write_array_end(writer);
	json_write_object_end(writer);
}

/* Each run's figures by the columns of each methodology. */
struct tables {
	struct ranking_input values[2][2];
	struct ranking_input published;
	bool has_published;  /* it is not what is known by now */
};

static enum status read_tables(struct arena *arena, const struct explain_question *question, struct tables *tables,
                               struct fault *fault)
{
	const struct methodology *const methodologies[] = {question->older->methodology, question->newer.methodology};
	const struct json *older = question->older_now != NULL ? question->older_now : question->older->document;
	const struct json *const documents[] = {older, question->newer.document};
	enum status status = STATUS_OK;
	for (int m = 0; m < 2; m++) {
		for (int s = 0; status == STATUS_OK && s < 2; s++)
			status = ranking_figures_input(arena, documents[s], methodologies[m], &tables->values[m][s], fault);
	}
	const char *now = json_find_string(older, "result_digest");
	const char *then = json_find_string(question->older->document, "result_digest");
	tables->has_published = now == NULL || then == NULL || !text_equal(now, then);
	if (status == STATUS_OK && tables->has_published)
		status = ranking_figures_input(arena, question->older->document, methodologies[0], &tables->published, fault);
	return status;
}

static enum status explain_change(struct arena *arena, const struct explain_question *question, const struct json *row,
                                  struct json_writer *writer, struct fault *fault)
{
	struct tables tables = {0};
	struct ranking_change change;
	const char *authority = json_find_string(row, "authority");
	const char *unit = authority != NULL ? authority : json_find_string(row, "region");
	const struct json *const rows[2] = {ranking_figures_find(question->older->document, unit), row};
	enum status status = read_tables(arena, question, &tables, fault);
	if (status != STATUS_OK)
		return status;
	const struct ranking_runs runs = {
		.methodologies = {question->older->methodology, question->newer.methodology},
		.values = {{&tables.values[0][0], &tables.values[0][1]}, {&tables.values[1][0], &tables.values[1][1]}},
	};
	const struct ranking_shapley_plan plan = {.seed = 1};
	status = ranking_change_explain(arena, &runs, tables.has_published ? &tables.published : NULL, unit, &plan, &change,
	                                fault);
	if (status == STATUS_NOT_FOUND)  /* it took part in one of the two only: there is nothing to share out */
		json_write_null(writer);
	else if (status == STATUS_OK)
		write_change(writer, question, &change, rows);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* ---- the account ---- */

enum status explain_write(struct arena *arena, struct buf *buf, const struct explain_question *question, struct fault *fault)
{
	static const char *const ROW[] = {"region", "authority", "iso", "name", "place", "previous_place", "score", "group", "interval",
	                                  "reason"};
	static const char *const HEAD[] = {"period", "cohort", "kind", "revision", "result_digest"};
	const struct json *row = ranking_figures_find(question->newer.document, question->unit);
	struct split split = {0};
	struct json_writer writer;
	if (row == NULL)
		return fault_set(fault, STATUS_NOT_FOUND, "unit", "", -1, "%s is not in this rating", question->unit);
	enum status status = split_score(arena, &question->newer, row, &split, fault);
	if (status != STATUS_OK)
		return status;
	json_writer_init(&writer, buf);
	json_write_object(&writer);
	for (size_t i = 0; i < ARRAY_COUNT(ROW); i++)
		member_copy(&writer, ROW[i], json_find(row, ROW[i]));
	for (size_t i = 0; i < ARRAY_COUNT(HEAD); i++)
		member_copy(&writer, HEAD[i], json_find(question->newer.document, HEAD[i]));
	write_contributions(&writer, &question->newer, &split);
	if (question->lineage != NULL)
		json_member_raw(&writer, "lineage", span_of_text(question->lineage));
	json_write_name(&writer, "change");
	if (question->older == NULL)
		json_write_null(&writer);
	else
		status = explain_change(arena, question, row, &writer, fault);
	if (status == STATUS_OK)
		json_write_object_end(&writer);
	return status;
}
