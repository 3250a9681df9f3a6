#include "services/ranking/ranking_what_if.h"

#include <math.h>

#include "services/ranking/ranking_change_closed.h"
#include "services/ranking/ranking_program.h"
#include "services/ranking/ranking_statistics.h"

#define STEPS_OF_RANGE 20
#define NODES_MAX      20000
#define CLOSE          1e-9   /* by how much of the scores a place is to be reached beyond doubt */
#define RUN_BYTES_MAX  ((size_t)4 * 1024 * 1024 * 1024)

/* Trying out steps. */
struct trial {
	struct arena *arena;
	struct arena *scratch;          /* of one run of the engine */
	const struct methodology *methodology;
	const struct ranking_input *input;
	double *values;                 /* indicators × units: the input's, but for the unit */
	size_t unit;
	uint32_t place;                 /* wanted */
	const struct ranking_step *steps;
	size_t step_count;
	double *others;                 /* units: scores in the first run, that without steps */
	bool has_others;
};

/* What the engine makes of some steps. */
struct outcome {
	uint32_t place;
	double score;                   /* not rounded */
	double gap;                     /* to the score that the wanted place asks for; not below 0: it is reached, or close */
	bool others_as_before;
};

size_t ranking_what_if_steps(struct arena *arena, const struct methodology *methodology, const struct ranking_input *values,
                             size_t unit, const struct ranking_step **ret_steps)
{
	struct ranking_step *steps = arena_array(arena, struct ranking_step, methodology->indicator_count);
	size_t count = 0;
	for (size_t i = 0; i < methodology->indicator_count; i++) {
		const double *column = &values->values[i * values->units];
		struct ranking_statistics figures = ranking_statistics_of(column, values->units);
		double size = (figures.max - figures.min) / STEPS_OF_RANGE;
		double best = methodology->indicators[i].lower_is_better ? figures.min : figures.max;
		double most = floor(fabs(best - column[unit]) / size + CLOSE);
		if (isnan(column[unit]) || !(size > 0) || !(most >= 1) || !(methodology->indicators[i].weight > 0))
			continue;
		steps[count++] = (struct ranking_step){.indicator = i, .size = size, .most = (size_t)most, .cost = 1};
	}
	*ret_steps = steps;
	return count;
}

/* ---- one run ---- */

static double value_after(const struct trial *trial, size_t step, size_t taken)
{
	const struct ranking_step *rule = &trial->steps[step];
	double sign = trial->methodology->indicators[rule->indicator].lower_is_better ? -1 : 1;
	return trial->input->values[rule->indicator * trial->input->units + trial->unit] + sign * rule->size * (double)taken;
}

/* The score that place asks for: that of the last of the others who may not stand before it. */
static double score_asked(struct trial *trial, const struct ranking_scores *scores)
{
	struct ranking_sorting order;
	double *others = arena_array(trial->scratch, double, scores->units);
	memcpy(others, scores->scores, scores->units * sizeof *others);
	others[trial->unit] = NAN;
	ranking_sorting_init(&order, trial->scratch, scores->units);
	ranking_sorting_sort(&order, others, scores->units);
	uint32_t place = 0;
	for (size_t end = order.count; end > 0;) {
		size_t first = end - 1;
		while (first > 0 && order.at[first - 1].key == order.at[end - 1].key)
			first--;
		place = trial->methodology->ties == METHODOLOGY_DENSE ? place + 1 : (uint32_t)(order.count - first);
		if (place >= trial->place)
			return others[order.at[first].unit];
		end = first;
	}
	return -INFINITY;
}

static enum status try_steps(struct trial *trial, const size_t *taken, struct outcome *ret_outcome, struct fault *fault)
{
	struct ranking_input input = *trial->input;
	struct ranking_scores scores;
	size_t units = input.units;
	for (size_t i = 0; i < trial->step_count; i++)
		trial->values[trial->steps[i].indicator * units + trial->unit] = value_after(trial, i, taken[i]);
	input.values = trial->values;
	arena_reset(trial->scratch);
	enum status status = ranking_engine_run(trial->scratch, trial->methodology, &input, &scores, fault);
	if (status != STATUS_OK)
		return status;
	double half = trial->methodology->decimals == METHODOLOGY_EXACT ? 0 : 0.5 * pow(10, -trial->methodology->decimals);
	const double *root = &scores.nodes[trial->methodology->root * units];
	*ret_outcome = (struct outcome){
		.place = scores.places[trial->unit] == 0 ? UINT32_MAX : scores.places[trial->unit],
		.score = root[trial->unit],
		.gap = root[trial->unit] - (score_asked(trial, &scores) - half),
		.others_as_before = true,
	};
	if (!trial->has_others)
		memcpy(trial->others, root, units * sizeof *root);
	trial->has_others = true;
	for (size_t i = 0; i < units; i++)
		ret_outcome->others_as_before &=
			i == trial->unit || root[i] == trial->others[i] || (isnan(root[i]) && isnan(trial->others[i]));
	return STATUS_OK;
}

static double cost_of(const struct trial *trial, const size_t *taken)
{
	double cost = 0;
	for (size_t i = 0; i < trial->step_count; i++)
		cost += trial->steps[i].cost * (double)taken[i];
	return cost;
}

/* ---- by a program ---- */

/* What each number of steps of each indicator brings by itself. False: it moves others too. */
static enum status find_gains(struct trial *trial, const struct outcome *start, double **gains, bool *ret_alone,
                              struct fault *fault)
{
	size_t *taken = arena_array(trial->arena, size_t, trial->step_count);
	*ret_alone = true;
	for (size_t i = 0; i < trial->step_count && *ret_alone; i++) {
		gains[i] = arena_array(trial->arena, double, trial->steps[i].most + 1);
		for (taken[i] = 1; taken[i] <= trial->steps[i].most && *ret_alone; taken[i]++) {
			struct outcome outcome;
			enum status status = try_steps(trial, taken, &outcome, fault);
			if (status != STATUS_OK)
				return status;
			gains[i][taken[i]] = outcome.score - start->score;
			*ret_alone = outcome.others_as_before && !isnan(outcome.score);
		}
		taken[i] = 0;
	}
	return STATUS_OK;
}

/* A variable of 0 or 1 for each number of steps of each indicator, at most one of an indicator 1. False: no answer. */
static bool solve_gains(const struct trial *trial, const struct outcome *start, double *const *gains, size_t *ret_taken)
{
	size_t count = 0;
	for (size_t i = 0; i < trial->step_count; i++)
		count += trial->steps[i].most;
	struct ranking_program *program = ranking_program_new(count, trial->step_count + 1);
	size_t *columns = arena_array(trial->arena, size_t, count);
	double *values = arena_array(trial->arena, double, count);
	double *found = arena_array(trial->arena, double, count);
	size_t column = 0;
	for (size_t i = 0; i < trial->step_count; i++) {
		size_t first = column;
		for (size_t k = 1; k <= trial->steps[i].most; k++) {
			ranking_program_column(program, column, 0, 1, trial->steps[i].cost * (double)k, true);
			columns[column] = column;
			values[column++] = 1;
		}
		ranking_program_row(program, i, &columns[first], &values[first], column - first, -INFINITY, 1);
	}
	column = 0;
	for (size_t i = 0; i < trial->step_count; i++) {
		for (size_t k = 1; k <= trial->steps[i].most; k++)
			values[column++] = gains[i][k];
	}
	double scale = fabs(start->score) + fabs(start->gap);
	ranking_program_row(program, trial->step_count, columns, values, count, -start->gap + CLOSE * scale, INFINITY);
	bool solved = ranking_program_solve(program, NODES_MAX, found) == RANKING_PROGRAM_SOLVED;
	ranking_program_destroy(&program);
	column = 0;
	for (size_t i = 0; i < trial->step_count && solved; i++) {
		ret_taken[i] = 0;
		for (size_t k = 1; k <= trial->steps[i].most; k++)
			ret_taken[i] = found[column++] > 0.5 ? k : ret_taken[i];
	}
	return solved;
}

/* *ret_solved: taken reaches the place, and nothing smaller does. */
static enum status reach_by_program(struct trial *trial, const struct outcome *start, size_t *taken, bool *ret_solved,
                                    struct fault *fault)
{
	bool alone = false;
	struct outcome outcome = {0};
	double **gains = arena_array(trial->arena, double *, trial->step_count);
	*ret_solved = false;
	if (!ranking_change_is_additive(trial->methodology))
		return STATUS_OK;
	enum status status = find_gains(trial, start, gains, &alone, fault);
	if (status != STATUS_OK || !alone || !solve_gains(trial, start, gains, taken))
		return status;
	status = try_steps(trial, taken, &outcome, fault);
	*ret_solved = status == STATUS_OK && outcome.place <= trial->place;
	return status;
}

/* ---- by trying all ---- */

static size_t count_combinations(const struct trial *trial)
{
	size_t count = 1;
	for (size_t i = 0; i < trial->step_count && count <= RANKING_WHAT_IF_COMBINATIONS_MAX; i++)
		count *= trial->steps[i].most + 1;
	return count;
}

/* Of equal costs the one that comes to more. */
static enum status reach_by_all(struct trial *trial, size_t *taken, struct fault *fault)
{
	size_t *now = arena_array(trial->arena, size_t, trial->step_count);
	double least = INFINITY;
	double score = -INFINITY;
	for (;;) {
		double cost = cost_of(trial, now);
		struct outcome outcome;
		if (cost <= least) {
			enum status status = try_steps(trial, now, &outcome, fault);
			if (status != STATUS_OK)
				return status;
			if (outcome.place <= trial->place && (cost < least || outcome.score > score)) {
				least = cost;
				score = outcome.score;
				memcpy(taken, now, trial->step_count * sizeof *taken);
			}
		}
		size_t i = 0;
		while (i < trial->step_count && now[i] == trial->steps[i].most)
			now[i++] = 0;
		if (i == trial->step_count)
			return STATUS_OK;
		now[i]++;
	}
}

/* ---- by the best next step ---- */

/* Adds to taken the further steps of one indicator that close most of the gap for their cost. */
static enum status take_best(struct trial *trial, double gap, size_t *taken, struct fault *fault)
{
	size_t best = 0, best_taken = 0;
	double best_rate = -INFINITY;
	for (size_t i = 0; i < trial->step_count; i++) {
		size_t before = taken[i];
		for (taken[i] = before + 1; taken[i] <= trial->steps[i].most; taken[i]++) {
			struct outcome outcome;
			enum status status = try_steps(trial, taken, &outcome, fault);
			if (status != STATUS_OK)
				return status;
			double closed = outcome.gap < 0 ? outcome.gap - gap : -gap;
			double rate = outcome.place <= trial->place && outcome.gap < 0 ? -gap : closed;
			rate /= trial->steps[i].cost * (double)(taken[i] - before);
			if (!(rate > best_rate))
				continue;
			best = i;
			best_taken = taken[i];
			best_rate = rate;
		}
		taken[i] = before;
	}
	ASSERT(best_taken > taken[best]);
	taken[best] = best_taken;
	return STATUS_OK;
}

/* Takes back what is not needed, dearest first. */
static enum status take_back(struct trial *trial, size_t *taken, struct fault *fault)
{
	for (bool changed = true; changed;) {
		size_t best = trial->step_count;
		changed = false;
		for (size_t i = 0; i < trial->step_count; i++) {
			struct outcome outcome;
			if (taken[i] == 0 || (best < trial->step_count && trial->steps[i].cost <= trial->steps[best].cost))
				continue;
			taken[i]--;
			enum status status = try_steps(trial, taken, &outcome, fault);
			taken[i]++;
			if (status != STATUS_OK)
				return status;
			if (outcome.place <= trial->place)
				best = i;
		}
		if (best < trial->step_count) {
			taken[best]--;
			changed = true;
		}
	}
	return STATUS_OK;
}

static enum status reach_by_steps(struct trial *trial, const struct outcome *start, size_t *taken, struct fault *fault)
{
	struct outcome outcome = *start;
	memset(taken, 0, trial->step_count * sizeof *taken);
	while (outcome.place > trial->place) {
		enum status status = take_best(trial, outcome.gap, taken, fault);
		if (status == STATUS_OK)
			status = try_steps(trial, taken, &outcome, fault);
		if (status != STATUS_OK)
			return status;
	}
	return take_back(trial, taken, fault);
}

/* ---- all ---- */

static enum status check_steps(const struct trial *trial, struct fault *fault)
{
	for (size_t i = 0; i < trial->step_count; i++) {
		const struct ranking_step *step = &trial->steps[i];
		const char *code = trial->methodology->indicators[step->indicator].code;
		ASSERT(step->size > 0 && step->cost > 0 && step->most >= 1 && step->most <= RANKING_WHAT_IF_STEPS_MAX);
		if (isnan(trial->input->values[step->indicator * trial->input->units + trial->unit]))
			return fault_set(fault, STATUS_INVALID, "step", "", -1, "the unit has no \"%.100s\" to take steps from", code);
		for (size_t k = 0; k < i; k++) {
			if (trial->steps[k].indicator == step->indicator)
				return fault_set(fault, STATUS_INVALID, "step", "", -1, "\"%.100s\" has two kinds of steps", code);
		}
	}
	return STATUS_OK;
}

static enum status check_start(const struct trial *trial, const struct outcome *start, struct fault *fault)
{
	if (start->place == UINT32_MAX)
		return fault_set(fault, STATUS_INVALID, "place", "", -1, "the unit is not rated: no step of its values can be weighed");
	if (trial->place < 1 || trial->place > trial->input->units)
		return fault_set(fault, STATUS_INVALID, "place", "", -1, "a place from 1 to %zu is expected, not %u", trial->input->units,
		                 trial->place);
	return STATUS_OK;
}

static enum status find_way(struct trial *trial, const struct outcome *start, size_t *taken,
                            enum ranking_what_if_method *ret_method, struct fault *fault)
{
	bool solved = false;
	struct outcome outcome;
	*ret_method = RANKING_WHAT_IF_NOTHING;
	if (start->place <= trial->place)
		return STATUS_OK;
	for (size_t i = 0; i < trial->step_count; i++)
		taken[i] = trial->steps[i].most;
	*ret_method = RANKING_WHAT_IF_BEYOND;
	enum status status = try_steps(trial, taken, &outcome, fault);
	if (status != STATUS_OK || outcome.place > trial->place)
		return status;
	*ret_method = RANKING_WHAT_IF_EXACT;
	status = reach_by_program(trial, start, taken, &solved, fault);
	if (status != STATUS_OK || solved)
		return status;
	if (count_combinations(trial) <= RANKING_WHAT_IF_COMBINATIONS_MAX)
		return reach_by_all(trial, taken, fault);
	*ret_method = RANKING_WHAT_IF_GREEDY;
	return reach_by_steps(trial, start, taken, fault);
}

static enum status reach(struct trial *trial, struct ranking_what_if *what_if, struct fault *fault)
{
	struct outcome start, end;
	size_t *taken = arena_array(trial->arena, size_t, trial->step_count);
	double *values = arena_array(trial->arena, double, trial->step_count);
	enum status status = check_steps(trial, fault);
	if (status == STATUS_OK)
		status = try_steps(trial, taken, &start, fault);
	if (status == STATUS_OK)
		status = check_start(trial, &start, fault);
	if (status == STATUS_OK)
		status = find_way(trial, &start, taken, &what_if->method, fault);
	if (status == STATUS_OK)
		status = try_steps(trial, taken, &end, fault);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < trial->step_count; i++)
		values[i] = value_after(trial, i, taken[i]);
	what_if->taken = taken;
	what_if->values = values;
	what_if->cost = cost_of(trial, taken);
	what_if->places[0] = start.place;
	what_if->places[1] = end.place;
	what_if->scores[0] = start.score;
	what_if->scores[1] = end.score;
	return STATUS_OK;
}

enum status ranking_what_if_reach(struct arena *arena, const struct methodology *methodology, const struct ranking_input *values,
                                  size_t unit, uint32_t place, const struct ranking_step *steps, size_t step_count,
                                  struct ranking_what_if *ret_what_if, struct fault *fault)
{
	if (methodology->panel_column != NULL)
		return fault_set(fault, STATUS_UNSUPPORTED, "panel", "/panel", -1,
		                 "in a panel a unit has a place in each period: take one of them out first");
	struct trial trial = {
		.arena = arena,
		.scratch = arena_new(RUN_BYTES_MAX),
		.methodology = methodology,
		.input = values,
		.unit = unit,
		.place = place,
		.steps = steps,
		.step_count = step_count,
	};
	size_t cells = methodology->indicator_count * values->units;
	trial.values = arena_array(arena, double, cells);
	memcpy(trial.values, values->values, cells * sizeof *trial.values);
	trial.others = arena_array(arena, double, values->units);
	*ret_what_if = (struct ranking_what_if){0};
	enum status status = reach(&trial, ret_what_if, fault);
	arena_destroy(&trial.scratch);
	return status;
}
