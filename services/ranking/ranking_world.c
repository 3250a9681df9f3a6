#include "services/ranking/ranking_world.h"

#include <math.h>
#include <stdlib.h>

#include "services/ranking/ranking_frame.h"
#include "services/ranking/ranking_impute.h"
#include "services/ranking/ranking_normalise.h"
#include "services/ranking/ranking_outliers.h"
#include "services/ranking/ranking_transform.h"

#define NOWHERE SIZE_MAX

/* What a run's outliers stage does to one indicator. */
struct treatment {
	bool logarithm;
	bool clips;      /* values are cut to lo … hi, in the order before the sign */
	double lo, hi;   /* of those present before (logarithm) or after it */
};

/* One methodology over the values of one run: what the worlds are put together from. Columns over all units of both runs. */
struct side {
	double *values;               /* indicators × units: after imputing; NaN also for a unit that is not there */
	bool *known;                  /* indicators × units: the run has the value itself */
	struct treatment *treatments; /* indicators */
	struct ranking_frame *frames; /* indicators */
	uint32_t *groups;             /* group columns × units */
	size_t *rows;                 /* units: where they stand in the run; NOWHERE = not there */
};

/* One methodology's worlds. */
struct stage {
	const struct methodology *methodology;
	struct side sides[2];
	struct ranking_table *table;  /* rows are the units there; its values are the mixed ones */
	struct ranking_rows rows;     /* all of them */
	uint32_t *groups;             /* group columns × rows */
	struct ranking_aggregation aggregation;
	struct ranking_weights weights;
	size_t *causes;               /* indicators: the own cause of each, or NOWHERE */
};

struct ranking_world {
	struct arena *arena;
	size_t units;
	const char **codes;
	size_t unit;
	struct stage stages[2];
	struct ranking_cause *causes;
	size_t cause_count;
	size_t at[RANKING_CAUSE_CORRECTED];  /* by kind: the cause's number, or NOWHERE */
	/* Of the world entered last: */
	size_t *units_there;          /* units by row */
	size_t *rows;                 /* rows by unit; NOWHERE = not there */
	struct ranking_sorting order;
	double *row_scores;
	uint32_t *row_places;
	double *scores;
	uint32_t *places;
};

/* ---- units ---- */

static int compare_codes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void list_units(struct ranking_world *world, const struct ranking_runs *runs)
{
	const struct ranking_input *older = runs->values[RANKING_OLDER][RANKING_OLDER];
	const struct ranking_input *newer = runs->values[RANKING_NEWER][RANKING_NEWER];
	const char **codes = arena_array(world->arena, const char *, older->units + newer->units);
	for (size_t i = 0; i < older->units; i++)
		codes[i] = older->codes[i];
	for (size_t i = 0; i < newer->units; i++)
		codes[older->units + i] = newer->codes[i];
	qsort(codes, older->units + newer->units, sizeof *codes, compare_codes);
	for (size_t i = 0; i < older->units + newer->units; i++) {
		if (world->units == 0 || !text_equal(codes[world->units - 1], codes[i]))
			codes[world->units++] = codes[i];
	}
	world->codes = codes;
}

static size_t find_unit(const struct ranking_world *world, const char *code)
{
	const char **found = bsearch(&code, world->codes, world->units, sizeof *world->codes, compare_codes);
	return found == NULL ? NOWHERE : (size_t)(found - world->codes);
}

/* ---- a side ---- */

static void locate_units(const struct ranking_world *world, const struct ranking_input *input, struct side *side)
{
	side->rows = arena_array(world->arena, size_t, world->units);
	for (size_t i = 0; i < world->units; i++)
		side->rows[i] = NOWHERE;
	for (size_t row = 0; row < input->units; row++)
		side->rows[find_unit(world, input->codes[row])] = row;
}

/* from: columns over the run's units. */
static void spread(const struct ranking_world *world, const struct side *side, const double *from, size_t run_units,
                   size_t columns, double *to)
{
	for (size_t i = 0; i < columns; i++) {
		for (size_t unit = 0; unit < world->units; unit++)
			to[i * world->units + unit] = side->rows[unit] == NOWHERE ? NAN : from[i * run_units + side->rows[unit]];
	}
}

static void spread_groups(const struct ranking_world *world, const struct ranking_input *input, size_t columns,
                          struct side *side)
{
	side->groups = arena_array(world->arena, uint32_t, columns * world->units);
	for (size_t i = 0; i < columns && input->groups != NULL; i++) {
		for (size_t unit = 0; unit < world->units; unit++) {
			if (side->rows[unit] != NOWHERE)
				side->groups[i * world->units + unit] = input->groups[i * input->units + side->rows[unit]];
		}
	}
}

static bool is_treated(const struct ranking_table *table, enum ranking_note_kind kind, size_t indicator)
{
	for (size_t i = 0; i < table->note_count; i++) {
		if (table->notes[i].kind == kind && table->notes[i].index == indicator)
			return true;
	}
	return false;
}

/* Finite values only, as the outliers stage looks at them. */
static void find_ends(const double *values, size_t count, double *ret_lo, double *ret_hi)
{
	*ret_lo = INFINITY;
	*ret_hi = -INFINITY;
	for (size_t i = 0; i < count; i++) {
		if (!isfinite(values[i]))
			continue;
		*ret_lo = values[i] < *ret_lo ? values[i] : *ret_lo;
		*ret_hi = values[i] > *ret_hi ? values[i] : *ret_hi;
	}
}

/* table: after the outliers stage; before: its values before it. */
static void find_treatments(const struct ranking_world *world, const struct ranking_table *table, const double *before,
                            struct side *side)
{
	size_t count = table->methodology->indicator_count;
	side->treatments = arena_array(world->arena, struct treatment, count);
	for (size_t i = 0; i < count; i++) {
		struct treatment *treatment = &side->treatments[i];
		treatment->logarithm = is_treated(table, RANKING_NOTE_LOG_INSTEAD, i);
		treatment->clips = is_treated(table, RANKING_NOTE_WINSORISED, i);
		find_ends(treatment->logarithm ? &before[i * table->units] : ranking_table_column(table, i), table->units,
		          &treatment->lo, &treatment->hi);
	}
}

static const double *sorted_copy(const struct ranking_world *world, const double *values, size_t count)
{
	struct ranking_sorting order;
	double *sorted = arena_array(world->arena, double, count);
	ranking_sorting_init(&order, world->arena, count);
	ranking_sorting_sort(&order, values, count);
	for (size_t i = 0; i < order.count; i++)
		sorted[i] = values[order.at[i].unit];
	return sorted;
}

/* table: before it is normalised. */
static void find_frames(const struct ranking_world *world, const struct ranking_table *table, struct side *side)
{
	size_t count = table->methodology->indicator_count;
	side->frames = arena_array(world->arena, struct ranking_frame, count);
	for (size_t i = 0; i < count; i++) {
		const struct methodology_normalise *rule = &table->methodology->indicators[i].normalise;
		const double *values = ranking_table_column(table, i);
		struct ranking_frame *frame = &side->frames[i];
		ranking_frame_measure(frame, rule, &table->goals[i], values, table->units);
		if (ranking_frame_is_by_place(rule))
			frame->sorted = sorted_copy(world, values, table->units);
		if (rule->method == METHODOLOGY_DISTANCE_TO_REFERENCE)
			frame->reference = table->references[i] == METHODOLOGY_NONE ? NAN : values[table->references[i]];
	}
}

static enum status measure_side(struct ranking_world *world, const struct methodology *methodology,
                                const struct ranking_input *input, struct side *side, struct fault *fault)
{
	struct ranking_table *table;
	size_t cells = methodology->indicator_count * world->units;
	enum status status = ranking_table_new(world->arena, methodology, input, &table, fault);
	if (status != STATUS_OK)
		return status;
	locate_units(world, input, side);
	spread_groups(world, input, methodology->group_column_count, side);
	side->values = arena_array(world->arena, double, cells);
	side->known = arena_array(world->arena, bool, cells);
	ranking_transform(table);
	ranking_denominate(table);
	spread(world, side, table->values, table->units, methodology->indicator_count, side->values);
	for (size_t i = 0; i < cells; i++)
		side->known[i] = !isnan(side->values[i]);
	ranking_impute(table);
	spread(world, side, table->values, table->units, methodology->indicator_count, side->values);
	double *before = arena_array(world->arena, double, methodology->indicator_count * table->units);
	if (table->units > 0)
		memcpy(before, table->values, methodology->indicator_count * table->units * sizeof *before);
	ranking_outliers(table);
	find_treatments(world, table, before, side);
	ranking_sign(table);
	find_frames(world, table, side);
	return STATUS_OK;
}

/* ---- a stage ---- */

/* Room for all units, without values yet. */
static enum status make_table(struct ranking_world *world, struct stage *stage, struct fault *fault)
{
	const struct methodology *methodology = stage->methodology;
	double *values = arena_array(world->arena, double, methodology->indicator_count * world->units);
	const struct ranking_input input = {
		.units = world->units, .codes = world->codes, .values = values};
	enum status status = ranking_table_new(world->arena, methodology, &input, &stage->table, fault);
	if (status != STATUS_OK)
		return status;
	stage->groups = arena_array(world->arena, uint32_t, methodology->group_column_count * world->units);
	ranking_weights_init(&stage->weights, world->arena, methodology);
	ranking_aggregation_init(&stage->aggregation, world->arena, stage->table);
	return status;
}

static enum status make_stage(struct ranking_world *world, const struct ranking_runs *runs, size_t m, struct fault *fault)
{
	struct stage *stage = &world->stages[m];
	stage->methodology = runs->methodologies[m];
	enum status status = STATUS_OK;
	for (size_t s = 0; status == STATUS_OK && s < 2; s++)
		status = measure_side(world, stage->methodology, runs->values[m][s], &stage->sides[s], fault);
	return status == STATUS_OK ? make_table(world, stage, fault) : status;
}

/* ---- causes ---- */

static bool same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* Whether both runs have the unit, and at least one of them not the value. */
static bool is_gap(const struct stage *stage, size_t cell)
{
	return !stage->sides[RANKING_OLDER].known[cell] || !stage->sides[RANKING_NEWER].known[cell];
}

static bool is_on_both_sides(const struct stage *stage, size_t unit)
{
	return stage->sides[RANKING_OLDER].rows[unit] != NOWHERE && stage->sides[RANKING_NEWER].rows[unit] != NOWHERE;
}

static bool differs(const struct stage *stage, size_t cell)
{
	return !same(stage->sides[RANKING_OLDER].values[cell], stage->sides[RANKING_NEWER].values[cell]);
}

static bool frames_differ(const struct stage *stage, size_t indicator)
{
	const struct ranking_frame *a = &stage->sides[RANKING_OLDER].frames[indicator];
	const struct ranking_frame *b = &stage->sides[RANKING_NEWER].frames[indicator];
	const struct treatment *s = &stage->sides[RANKING_OLDER].treatments[indicator];
	const struct treatment *t = &stage->sides[RANKING_NEWER].treatments[indicator];
	bool sorted = a->sorted != NULL && a->present == b->present &&
	              memcmp(a->sorted, b->sorted, a->present * sizeof *a->sorted) == 0;
	bool cuts = s->logarithm || s->clips;
	return a->present != b->present || !same(a->min, b->min) || !same(a->max, b->max) || !same(a->mean, b->mean) ||
	       !same(a->sd, b->sd) || !same(a->reference, b->reference) || (a->sorted != NULL && !sorted) ||
	       s->logarithm != t->logarithm || s->clips != t->clips || (cuts && (s->lo != t->lo || s->hi != t->hi));
}

static size_t add_cause(struct ranking_world *world, enum ranking_cause_kind kind, const char *indicator)
{
	world->causes[world->cause_count] = (struct ranking_cause){.kind = kind, .indicator = indicator};
	return world->cause_count++;
}

/* An indicator of both methodologies is one cause. */
static void find_own_causes(struct ranking_world *world, struct stage *stage)
{
	stage->causes = arena_array(world->arena, size_t, stage->methodology->indicator_count);
	for (size_t i = 0; i < stage->methodology->indicator_count; i++) {
		size_t cell = i * world->units + world->unit;
		stage->causes[i] = NOWHERE;
		if (is_gap(stage, cell) || !differs(stage, cell))
			continue;
		for (size_t k = 0; k < world->cause_count && stage->causes[i] == NOWHERE; k++) {
			if (text_equal(world->causes[k].indicator, stage->methodology->indicators[i].code))
				stage->causes[i] = k;
		}
		if (stage->causes[i] == NOWHERE)
			stage->causes[i] = add_cause(world, RANKING_CAUSE_OWN, stage->methodology->indicators[i].code);
	}
}

/* Which of the common causes have something to act on. */
static void find_differences(const struct ranking_world *world, const struct stage *stage,
                             bool found[RANKING_CAUSE_CORRECTED])
{
	for (size_t unit = 0; unit < world->units; unit++) {
		if (!is_on_both_sides(stage, unit)) {
			found[RANKING_CAUSE_ENTRANTS] = true;
			continue;
		}
		for (size_t i = 0; i < stage->methodology->indicator_count; i++) {
			size_t cell = i * world->units + unit;
			bool gap = is_gap(stage, cell);
			found[RANKING_CAUSE_MISSING] |= gap && differs(stage, cell);
			found[RANKING_CAUSE_OTHERS] |= !gap && unit != world->unit && differs(stage, cell);
		}
	}
	for (size_t i = 0; i < stage->methodology->indicator_count; i++)
		found[RANKING_CAUSE_FRAME] |= frames_differ(stage, i);
	size_t groups = stage->methodology->group_column_count * world->units;
	found[RANKING_CAUSE_MISSING] |= groups > 0 && memcmp(stage->sides[RANKING_OLDER].groups, stage->sides[RANKING_NEWER].groups,
	                                                     groups * sizeof(uint32_t)) != 0;
}

static void find_causes(struct ranking_world *world)
{
	bool found[RANKING_CAUSE_CORRECTED] = {false};
	size_t most = world->stages[0].methodology->indicator_count + world->stages[1].methodology->indicator_count;
	world->causes = arena_array(world->arena, struct ranking_cause, most + RANKING_CAUSE_CORRECTED);
	found[RANKING_CAUSE_METHODOLOGY] = world->stages[0].methodology != world->stages[1].methodology;
	for (size_t m = 0; m < 2; m++) {
		find_own_causes(world, &world->stages[m]);
		find_differences(world, &world->stages[m], found);
	}
	for (size_t kind = 0; kind < RANKING_CAUSE_CORRECTED; kind++)
		world->at[kind] = found[kind] ? add_cause(world, (enum ranking_cause_kind)kind, NULL) : NOWHERE;
}

size_t ranking_world_causes(const struct ranking_world *world, const struct ranking_cause **ret_causes)
{
	*ret_causes = world->causes;
	return world->cause_count;
}

size_t ranking_world_units(const struct ranking_world *world, const char *const **ret_codes)
{
	*ret_codes = world->codes;
	return world->units;
}

size_t ranking_world_unit(const struct ranking_world *world)
{
	return world->unit;
}

/* ---- making one ---- */

static enum status check_runs(const struct ranking_runs *runs, struct fault *fault)
{
	for (size_t m = 0; m < 2; m++) {
		if (runs->methodologies[m]->panel_column != NULL)
			return fault_set(fault, STATUS_UNSUPPORTED, "panel", "/panel", -1,
			                 "a panel is a rating for each of its periods: take one of them out first");
	}
	return STATUS_OK;
}

static enum status find_explained(struct ranking_world *world, const char *unit, struct fault *fault)
{
	static const char *const RUNS[] = {"older", "newer"};
	world->unit = find_unit(world, unit);
	for (size_t s = 0; s < 2; s++) {
		if (world->unit == NOWHERE || world->stages[s].sides[s].rows[world->unit] == NOWHERE)
			return fault_set(fault, STATUS_NOT_FOUND, "unit", "", -1, "the %s run has no unit \"%.100s\"", RUNS[s], unit);
	}
	return STATUS_OK;
}

enum status ranking_world_new(struct arena *arena, const struct ranking_runs *runs, const char *unit,
                              struct ranking_world **ret_world, struct fault *fault)
{
	struct ranking_world *world = arena_array(arena, struct ranking_world, 1);
	world->arena = arena;
	enum status status = check_runs(runs, fault);
	if (status != STATUS_OK)
		return status;
	list_units(world, runs);
	status = make_stage(world, runs, RANKING_OLDER, fault);
	if (status == STATUS_OK && runs->methodologies[0] == runs->methodologies[1])
		world->stages[RANKING_NEWER] = world->stages[RANKING_OLDER];
	else if (status == STATUS_OK)
		status = make_stage(world, runs, RANKING_NEWER, fault);
	if (status == STATUS_OK)
		status = find_explained(world, unit, fault);
	if (status != STATUS_OK)
		return status;
	find_causes(world);
	ranking_sorting_init(&world->order, arena, world->units);
	world->units_there = arena_array(arena, size_t, world->units);
	world->rows = arena_array(arena, size_t, world->units);
	world->row_scores = arena_array(arena, double, world->units);
	world->row_places = arena_array(arena, uint32_t, world->units);
	world->scores = arena_array(arena, double, world->units);
	world->places = arena_array(arena, uint32_t, world->units);
	*ret_world = world;
	return STATUS_OK;
}

/* ---- entering one ---- */

static size_t side_of(const struct ranking_world *world, const uint8_t *in, enum ranking_cause_kind kind)
{
	return world->at[kind] != NOWHERE && in[world->at[kind]] != 0 ? RANKING_NEWER : RANKING_OLDER;
}

/* Those who are there, by code; the table's rows. */
static void gather_units(struct ranking_world *world, struct stage *stage, const uint8_t *in)
{
	const struct side *side = &stage->sides[side_of(world, in, RANKING_CAUSE_ENTRANTS)];
	size_t count = 0;
	for (size_t unit = 0; unit < world->units; unit++) {
		world->rows[unit] = side->rows[unit] == NOWHERE ? NOWHERE : count;
		if (side->rows[unit] != NOWHERE)
			world->units_there[count++] = unit;
	}
	stage->rows = (struct ranking_rows){.end = count};
	stage->table->units = count;
	stage->table->periods = &stage->rows;
	stage->table->frames = &stage->rows;
}

static void gather_groups(const struct ranking_world *world, struct stage *stage, const uint8_t *in)
{
	const struct side *side = &stage->sides[side_of(world, in, RANKING_CAUSE_MISSING)];
	size_t rows = stage->table->units;
	for (size_t i = 0; i < stage->methodology->group_column_count; i++) {
		for (size_t row = 0; row < rows; row++)
			stage->groups[i * rows + row] = side->groups[i * world->units + world->units_there[row]];
	}
	stage->table->groups = stage->groups;
}

/* Which run the value comes from. */
static size_t run_of(const struct ranking_world *world, const struct stage *stage, const uint8_t *in, size_t unit,
                     size_t indicator)
{
	if (!is_on_both_sides(stage, unit))
		return stage->sides[RANKING_NEWER].rows[unit] != NOWHERE ? RANKING_NEWER : RANKING_OLDER;
	if (is_gap(stage, indicator * world->units + unit))
		return side_of(world, in, RANKING_CAUSE_MISSING);
	if (unit != world->unit)
		return side_of(world, in, RANKING_CAUSE_OTHERS);
	size_t cause = stage->causes[indicator];
	return cause != NOWHERE && in[cause] != 0 ? RANKING_NEWER : RANKING_OLDER;
}

/* Infinite values, the logarithm of 0, are left to the methods that take them. */
static double treated(const struct treatment *treatment, double value)
{
	if (!isfinite(value))
		return value;
	if (treatment->logarithm)
		return ranking_outliers_log(value > treatment->hi ? treatment->hi : value, treatment->lo, treatment->hi);
	if (!treatment->clips)
		return value;
	return value < treatment->lo ? treatment->lo : value > treatment->hi ? treatment->hi : value;
}

/* Goalposts clip by themselves, and a place is one of those there are. */
static bool has_ends(const struct methodology_normalise *rule)
{
	return rule->method != METHODOLOGY_GOALPOSTS && rule->method != METHODOLOGY_AS_IS && !ranking_frame_is_by_place(rule);
}

static void mix_column(const struct ranking_world *world, const struct stage *stage, const uint8_t *in, size_t indicator)
{
	const struct side *frame_side = &stage->sides[side_of(world, in, RANKING_CAUSE_FRAME)];
	const struct ranking_frame *frame = &frame_side->frames[indicator];
	double sign = stage->methodology->indicators[indicator].lower_is_better ? -1 : 1;
	bool ends = has_ends(frame->rule);
	double *column = ranking_table_column(stage->table, indicator);
	for (size_t row = 0; row < stage->table->units; row++) {
		size_t unit = world->units_there[row];
		size_t run = run_of(world, stage, in, unit, indicator);
		double value = sign * treated(&frame_side->treatments[indicator], stage->sides[run].values[indicator * world->units + unit]);
		if (ends && value < frame->min)
			value = frame->min;
		if (ends && value > frame->max)
			value = frame->max;
		column[row] = value;
	}
	ranking_frame_apply(frame, column, stage->table->units);
}

static void take_scores(struct ranking_world *world, const struct stage *stage, struct ranking_world_state *state)
{
	const double *root = ranking_aggregation_node(&stage->aggregation, stage->methodology->root);
	double score = world->rows[world->unit] == NOWHERE ? NAN : root[world->rows[world->unit]];
	size_t rated = 0;
	if (stage->table->units > 0)
		memcpy(world->row_scores, root, stage->table->units * sizeof *root);
	ranking_engine_places(stage->table, &world->order, world->row_scores, world->row_places);
	for (size_t unit = 0; unit < world->units; unit++) {
		size_t row = world->rows[unit];
		world->scores[unit] = row == NOWHERE ? NAN : world->row_scores[row];
		world->places[unit] = row == NOWHERE ? 0 : world->row_places[row];
		rated += world->places[unit] != 0 ? 1 : 0;
	}
	*state = (struct ranking_world_state){
		.scores = world->scores,
		.places = world->places,
		.rows = world->rows,
		.table = stage->table,
		.aggregation = &stage->aggregation,
		.weights = &stage->weights,
		.score = isnan(score) ? 0 : score,
		.place = isnan(score) ? (uint32_t)rated + 1 : world->places[world->unit],
		.rated = rated,
	};
}

void ranking_world_enter(struct ranking_world *world, const uint8_t *in, struct ranking_world_state *ret_state)
{
	struct stage *stage = &world->stages[side_of(world, in, RANKING_CAUSE_METHODOLOGY)];
	gather_units(world, stage, in);
	gather_groups(world, stage, in);
	for (size_t i = 0; i < stage->methodology->indicator_count; i++)
		mix_column(world, stage, in, i);
	stage->table->note_count = 0;
	ranking_impute_siblings(stage->table);
	ranking_aggregate(&stage->aggregation, &stage->weights);
	take_scores(world, stage, ret_state);
}
