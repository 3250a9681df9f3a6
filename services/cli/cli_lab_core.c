#include "services/cli/cli_lab_core.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "services/ranking/ranking_contribution.h"
#include "services/ranking/ranking_figures.h"

/* One region by both methodologies. */
struct mover {
	const struct ranking_row *force, *draft;
	int64_t shift;  /* 0 where one side does not rate it */
};

/* ---- numbers ---- */

static void member_number(struct json_writer *writer, const char *name, double number)
{
	char text[40];
	snprintf(text, sizeof text, "%.12g", number == 0 ? 0 : number);
	json_member_raw(writer, name, isfinite(number) ? span_of_text(text) : span_of_text("null"));
}

/* Over the pairs where both are finite; n, or NaN under two of them or without variance. */
static double covariance(const double *x, const double *y, size_t count)
{
	double sum_x = 0, sum_y = 0, sum = 0;
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		if (isfinite(x[i]) && isfinite(y[i])) {
			sum_x += x[i];
			sum_y += y[i];
			n++;
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (isfinite(x[i]) && isfinite(y[i]))
			sum += (x[i] - sum_x / (double)n) * (y[i] - sum_y / (double)n);
	}
	return n >= 2 ? sum / (double)n : NAN;
}

static double correlation(const double *x, const double *y, size_t count)
{
	double *common_x = calloc(count + 1, sizeof *common_x), *common_y = calloc(count + 1, sizeof *common_y);
	ASSERT(common_x != NULL && common_y != NULL);
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		if (isfinite(x[i]) && isfinite(y[i])) {
			common_x[n] = x[i];
			common_y[n++] = y[i];
		}
	}
	double spread = sqrt(covariance(common_x, common_x, n) * covariance(common_y, common_y, n));
	double result = spread > 0 ? covariance(common_x, common_y, n) / spread : NAN;
	free(common_x);
	free(common_y);
	return result;
}

/* ---- movers ---- */

static const struct ranking_row *find_row(const struct ranking_run *run, const char *code)
{
	for (size_t i = 0; i < run->count; i++) {
		if (text_equal(ranking_unit_code(run->rows[i].region), code))
			return &run->rows[i];
	}
	return NULL;
}

static int compare_movers(const void *a, const void *b)
{
	const struct mover *left = a, *right = b;
	int64_t l = llabs(left->shift), r = llabs(right->shift);
	if (l != r)
		return l > r ? -1 : 1;
	return strcmp(ranking_unit_code(left->force->region), ranking_unit_code(right->force->region));
}

static struct mover *find_movers(struct arena *arena, const struct ranking_run *force, const struct ranking_run *draft)
{
	struct mover *movers = arena_array(arena, struct mover, force->count);
	for (size_t i = 0; i < force->count; i++) {
		movers[i].force = &force->rows[i];
		movers[i].draft = find_row(draft, ranking_unit_code(force->rows[i].region));
		ASSERT(movers[i].draft != NULL);  /* both runs are of one document */
		if (movers[i].force->place > 0 && movers[i].draft->place > 0)
			movers[i].shift = (int64_t)movers[i].force->place - (int64_t)movers[i].draft->place;
	}
	qsort(movers, force->count, sizeof *movers, compare_movers);
	return movers;
}

static void write_place(struct json_writer *writer, unsigned place)
{
	if (place > 0)
		json_write_integer(writer, place);
	else
		json_write_null(writer);
}

static void write_mover(struct json_writer *writer, const struct mover *mover)
{
	const struct ranking_region *region = mover->force->region;
	json_write_object(writer);
	json_member_string(writer, "region", ranking_unit_code(region));
	json_write_name(writer, "name");
	json_write_object(writer);
	json_member_string(writer, "ru", region->name_ru);
	json_member_string(writer, "en", region->name_en);
	json_write_object_end(writer);
	json_write_name(writer, "places");
	json_write_array(writer);
	write_place(writer, mover->force->place);
	write_place(writer, mover->draft->place);
	json_write_array_end(writer);
	if (mover->force->place > 0 && mover->draft->place > 0)
		json_member_integer(writer, "shift", mover->shift);
	else
		json_member_null(writer, "shift");
	json_write_name(writer, "scores");
	json_write_array(writer);
	json_write_string(writer, mover->force->score);
	json_write_string(writer, mover->draft->score);
	json_write_array_end(writer);
	json_write_object_end(writer);
}

static void write_movers(struct json_writer *writer, struct arena *arena, const struct mover *movers, size_t count)
{
	double *force = arena_array(arena, double, count), *draft = arena_array(arena, double, count);
	int64_t moved = 0, shifts = 0, both = 0;
	for (size_t i = 0; i < count; i++) {
		bool rated = movers[i].force->place > 0 && movers[i].draft->place > 0;
		force[i] = rated ? (double)movers[i].force->place : NAN;
		draft[i] = rated ? (double)movers[i].draft->place : NAN;
		both += rated ? 1 : 0;
		moved += movers[i].shift != 0 ? 1 : 0;
		shifts += llabs(movers[i].shift);
	}
	json_member_integer(writer, "moved", moved);
	member_number(writer, "mean_shift", both > 0 ? (double)shifts / (double)both : NAN);
	member_number(writer, "place_correlation", correlation(force, draft, count));
	json_write_name(writer, "rows");
	json_write_array(writer);
	for (size_t i = 0; i < count; i++)
		write_mover(writer, &movers[i]);
	json_write_array_end(writer);
}

/* ---- what drives the draft ---- */

/* indicators × units: how much of each score comes from each; scores: units, not rounded; bases: units, which differ where
 * figures are missing, because the weights of the others take their place. */
static void split_scores(struct arena *arena, const struct ranking_run *run, double *parts, double *scores, double *bases)
{
	size_t units = run->table->units;
	struct ranking_weights weights;
	struct ranking_aggregation aggregation;
	struct ranking_contributor contributor;
	struct ranking_contributions split;
	ranking_weights_init(&weights, arena, run->methodology);
	ranking_aggregation_init(&aggregation, arena, run->table);
	ranking_aggregate(&aggregation, &weights);
	ranking_contributor_init(&contributor, arena, run->table, &aggregation, &weights, RANKING_BASELINE_MEAN);
	for (size_t unit = 0; unit < units; unit++) {
		ranking_contributions_of(&contributor, arena, unit, &split);
		scores[unit] = split.score;
		bases[unit] = split.base;
		for (size_t i = 0; i < run->methodology->indicator_count; i++)
			parts[i * units + unit] = isfinite(split.score) && !isfinite(split.indicators[i]) ? 0 : split.indicators[i];
	}
}

static void write_weights(struct json_writer *writer, struct arena *arena, const struct ranking_run *run,
                          const struct explain_rating *draft)
{
	size_t units = run->table->units, indicators = run->methodology->indicator_count;
	double *parts = arena_array(arena, double, indicators * units), *scores = arena_array(arena, double, units);
	double *bases = arena_array(arena, double, units);
	split_scores(arena, run, parts, scores, bases);
	double variance = covariance(scores, scores, units);
	member_number(writer, "gaps_effective", variance > 0 ? covariance(bases, scores, units) / variance : NAN);
	json_write_name(writer, "weights");
	json_write_array(writer);
	for (size_t i = 0; i < indicators; i++) {
		const char *code = run->methodology->indicators[i].code;
		struct buf title;
		buf_init(&title, 4096);
		const struct json *words = explain_title(draft->methodology_json, code);
		bool titled = words != NULL && json_canonical(&title, words) == STATUS_OK;
		json_write_object(writer);
		json_member_string(writer, "indicator", code);
		json_member_raw(writer, "title", titled ? buf_span(&title) : span_of_text("null"));
		member_number(writer, "effective", variance > 0 ? covariance(&parts[i * units], scores, units) / variance : NAN);
		json_write_object_end(writer);
		buf_clear(&title);
	}
	json_write_array_end(writer);
}

static void write_nodes(struct json_writer *writer, struct arena *arena, const struct ranking_run *run)
{
	const struct methodology *methodology = run->methodology;
	double *root = arena_array(arena, double, run->count), *node = arena_array(arena, double, run->count);
	json_write_name(writer, "nodes");
	json_write_array(writer);
	for (size_t i = 0; i < methodology->node_count; i++) {
		for (size_t k = 0; k < run->count; k++) {
			const struct ranking_row *row = &run->rows[k];
			root[k] = row->place > 0 ? strtod(row->nodes[methodology->root], NULL) : NAN;
			node[k] = row->place > 0 && row->nodes[i] != NULL ? strtod(row->nodes[i], NULL) : NAN;
		}
		if (i == methodology->root)
			continue;
		json_write_object(writer);
		json_member_string(writer, "node", methodology->nodes[i].code);
		member_number(writer, "correlation", correlation(node, root, run->count));
		json_write_object_end(writer);
	}
	json_write_array_end(writer);
}

/* Indicators of the draft that the document has for nobody: it was computed by a methodology without them. */
static void write_without_figures(struct json_writer *writer, const struct ranking_run *run)
{
	json_write_name(writer, "without_figures");
	json_write_array(writer);
	for (size_t i = 0; i < run->methodology->indicator_count; i++) {
		bool known = false;
		for (size_t k = 0; k < run->count; k++)
			known |= run->rows[k].inputs[i] != NULL;
		if (!known)
			json_write_string(writer, run->methodology->indicators[i].code);
	}
	json_write_array_end(writer);
}

/* ---- a period ---- */

static void write_methodology(struct json_writer *writer, const char *name, const struct methodology *methodology)
{
	json_write_name(writer, name);
	json_write_object(writer);
	json_member_string(writer, "code", methodology->code);
	json_member_integer(writer, "version", methodology->version);
	json_write_object_end(writer);
}

static int64_t rated_in(const struct ranking_run *run)
{
	int64_t rated = 0;
	for (size_t i = 0; i < run->count; i++)
		rated += run->rows[i].place > 0 ? 1 : 0;
	return rated;
}

static enum status write_period(struct json_writer *writer, struct arena *arena, const struct explain_rating *rating,
                                const struct explain_rating *draft, struct fault *fault)
{
	static const char *const HEAD[] = {"period", "cohort", "kind"};
	const struct ranking_run *force = NULL, *drafted = NULL;
	int64_t revision = 0;
	enum status status = ranking_figures_rate(arena, rating->document, rating->methodology, &force, fault);
	if (status == STATUS_OK)
		status = ranking_figures_rate(arena, rating->document, draft->methodology, &drafted, fault);
	if (status != STATUS_OK)
		return status;
	const struct json *number = json_find(rating->document, "revision");
	if (!json_is(number, JSON_NUMBER) || !json_integer(number, &revision))
		revision = 0;
	json_write_object(writer);
	for (size_t i = 0; i < ARRAY_COUNT(HEAD); i++)
		json_member_string(writer, HEAD[i], json_find_string(rating->document, HEAD[i]));
	json_member_integer(writer, "revision", revision);
	write_methodology(writer, "methodology", rating->methodology);
	json_write_name(writer, "rated");
	json_write_array(writer);
	json_write_integer(writer, rated_in(force));
	json_write_integer(writer, rated_in(drafted));
	json_write_array_end(writer);
	write_without_figures(writer, drafted);
	write_movers(writer, arena, find_movers(arena, force, drafted), force->count);
	write_weights(writer, arena, drafted, draft);
	write_nodes(writer, arena, drafted);
	json_write_object_end(writer);
	return STATUS_OK;
}

enum status lab_write(struct arena *arena, struct buf *buf, const struct explain_rating *ratings, size_t count,
                      const struct explain_rating *draft, struct fault *fault)
{
	struct json_writer writer;
	enum status status = STATUS_OK;
	json_writer_init(&writer, buf);
	json_write_object(&writer);
	write_methodology(&writer, "draft", draft->methodology);
	json_write_name(&writer, "periods");
	json_write_array(&writer);
	for (size_t i = 0; status == STATUS_OK && i < count; i++)
		status = write_period(&writer, arena, &ratings[i], draft, fault);
	if (status != STATUS_OK)
		return status;
	json_write_array_end(&writer);
	json_write_object_end(&writer);
	return STATUS_OK;
}
