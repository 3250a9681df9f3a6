#include "services/cli/cli_rank_uncertainty.h"

#include <math.h>
#include <stdlib.h>

#include "services/cli/cli_rank_parameters.h"
#include "services/ranking/ranking_errors.h"

#define ARENA_BYTES_MAX ((size_t)16 * 1024 * 1024 * 1024)
#define ROWS_BYTES_MAX  ((size_t)4 * 1024 * 1024 * 1024)
#define LEVEL           0.95
#define NO_ERROR_SHARE  1e-9  /* of the largest error: what a unit without any counts with, as good as none */
#define RESAMPLES       500
#define UNITS_MAX       1000  /* with more units, sensitivity looks at the mean shift only */

/* ---- draws ---- */

static enum status make_uncertainty(const struct rank_uncertain *uncertain, unsigned kinds,
                                    const struct ranking_uncertainty **ret_uncertainty, struct fault *fault)
{
	const struct ranking_uncertain of = {
		.methodology = uncertain->methodology,
		.input = &uncertain->values->input,
		.errors = uncertain->errors,
		.perturb = uncertain->perturb,
		.seed = uncertain->seed,
		.kinds = kinds,
	};
	return ranking_uncertainty_new(uncertain->arena, &of, ret_uncertainty, fault);
}

/* Values are uncertain when errors are given; choices always are. */
static unsigned kinds_of(const struct rank_uncertain *uncertain)
{
	return RANKING_FACTORS_CHOICES | (uncertain->errors != NULL ? RANKING_FACTORS_DATA : 0);
}

static enum status run_draws(const struct rank_uncertain *uncertain, const struct ranking_uncertainty *uncertainty, size_t count,
                             struct rank_draws *ret_draws, double *scores, struct fault *fault)
{
	const struct rank_replicates replicates = {
		.table = uncertain->table, .uncertainty = uncertainty, .count = count, .threads = uncertain->threads};
	uint32_t *places = arena_array(uncertain->arena, uint32_t, count * uncertain->table->units);
	ret_draws->count = count;
	ret_draws->places = places;
	ret_draws->statistics = arena_array(uncertain->arena, struct ranking_place_statistics, uncertain->table->units);
	enum status status = rank_replicates_run(&replicates, places, scores, fault);
	return status == STATUS_OK ? rank_replicates_describe(&replicates, places, ret_draws->statistics, fault) : status;
}

/* ---- what replicates say ---- */

struct row_name {
	const char *code, *period;
	size_t row;
};

static int compare_names(const void *a, const void *b)
{
	const struct row_name *left = a;
	const struct row_name *right = b;
	int order = strcmp(left->code, right->code);
	return order != 0 ? order : strcmp(left->period, right->period);
}

/* Periods follow one another as their texts do: 2022, 2023; 2026-01, 2026-02. */
static const size_t *find_previous(const struct rank_uncertain *uncertain)
{
	size_t units = uncertain->scores->units;
	struct row_name *names = arena_array(uncertain->arena, struct row_name, units);
	size_t *previous = arena_array(uncertain->arena, size_t, units);
	for (size_t i = 0; i < units; i++)
		names[i] = (struct row_name){.code = uncertain->values->input.codes[i], .period = uncertain->values->periods[i], .row = i};
	qsort(names, units, sizeof *names, compare_names);
	for (size_t i = 0; i < units; i++)
		previous[names[i].row] =
			i > 0 && text_equal(names[i - 1].code, names[i].code) ? names[i - 1].row : METHODOLOGY_NONE;
	return previous;
}

static void look_at_moves(const struct rank_uncertain *uncertain, const struct ranking_outlook *ranking,
                          struct rank_outlook *ret_outlook)
{
	struct ranking_move *moves = arena_array(uncertain->arena, struct ranking_move, ranking->units);
	struct arena *work = arena_new(ARENA_BYTES_MAX);
	ret_outlook->previous = find_previous(uncertain);
	ret_outlook->moves = moves;
	for (size_t unit = 0; unit < ranking->units; unit++) {
		size_t before = ret_outlook->previous[unit];
		if (before == METHODOLOGY_NONE)
			continue;
		arena_reset(work);
		moves[unit] = ranking_outlook_move(work, ranking, before, unit);
	}
	arena_destroy(&work);
}

static void look_at_places(const struct rank_uncertain *uncertain, struct rank_outlook *ret_outlook)
{
	const struct ranking_input *input = &uncertain->values->input;
	const struct ranking_outlook ranking = {
		.methodology = uncertain->methodology,
		.units = uncertain->scores->units,
		.replicates = ret_outlook->replicates->count,
		.places = ret_outlook->replicates->places,
		.base = uncertain->scores->places,
		.periods = input->periods,
		.period_count = input->period_count,
	};
	double *beats_next = arena_array(uncertain->arena, double, ranking.units);
	double *groups = arena_array(uncertain->arena, double, ranking.units * RANKING_GROUPS);
	ranking_outlook_beats_next(&ranking, beats_next);
	ret_outlook->beats_next = beats_next;
	if (uncertain->methodology->has_groups) {
		ranking_outlook_groups(uncertain->arena, &ranking, groups);
		ret_outlook->groups = groups;
	}
	if (input->periods != NULL)
		look_at_moves(uncertain, &ranking, ret_outlook);
}

static enum status run_replicates(const struct rank_uncertain *uncertain, struct rank_outlook *ret_outlook, struct fault *fault)
{
	struct rank_draws *draws = arena_array(uncertain->arena, struct rank_draws, 1);
	if (uncertain->replicates == 0)
		return STATUS_OK;
	enum status status = run_draws(uncertain, ret_outlook->uncertainty, uncertain->replicates, draws, NULL, fault);
	if (status != STATUS_OK)
		return status;
	ret_outlook->replicates = draws;
	return uncertain->parameters_out == NULL
	               ? STATUS_OK
	               : rank_parameters_write(uncertain->parameters_out, ret_outlook->uncertainty, uncertain->replicates, fault);
}

/* ---- standard errors ---- */

/* Welford's running variance, Technometrics 4, 1962. */
static double spread_of(const double *scores, size_t count, size_t units, size_t unit)
{
	double mean = 0;
	double squares = 0;
	size_t rated = 0;
	for (size_t i = 0; i < count; i++) {
		double score = scores[i * units + unit];
		if (isnan(score))
			continue;
		rated++;
		double off = score - mean;
		mean += off / (double)rated;
		squares += off * (score - mean);
	}
	return rated > 1 ? sqrt(squares / (double)(rated - 1)) : NAN;
}

static enum status find_score_errors(const struct rank_uncertain *uncertain, struct rank_errors *errors, struct fault *fault)
{
	const struct ranking_uncertainty *uncertainty = NULL;
	size_t units = uncertain->scores->units;
	size_t count = uncertain->replicates > 0 ? uncertain->replicates : RANK_DRAWS_USUAL;
	double *scores = arena_array(uncertain->arena, double, count * units);
	errors->ses = arena_array(uncertain->arena, double, units);
	enum status status = make_uncertainty(uncertain, 1u << RANKING_FACTOR_ERRORS, &uncertainty, fault);
	if (status == STATUS_OK)
		status = run_draws(uncertain, uncertainty, count, &errors->draws, scores, fault);
	if (status != STATUS_OK)
		return status;
	errors->exact = ranking_errors_exact(uncertain->arena, uncertain->methodology, &uncertain->values->input,
	                                     uncertain->scores, uncertain->errors, errors->ses);
	for (size_t unit = 0; unit < units && !errors->exact; unit++)
		errors->ses[unit] = isnan(uncertain->scores->scores[unit]) ? NAN : spread_of(scores, count, units, unit);
	return STATUS_OK;
}

/* The rated units of a period, as estimates. */
struct cohort {
	struct ranking_estimates estimates;
	double *values, *ses;
	size_t *units;
};

static void gather_cohort(const struct rank_uncertain *uncertain, const struct rank_errors *errors, size_t period,
                          struct cohort *cohort)
{
	const uint32_t *periods = uncertain->values->input.periods;
	double largest = 0;
	cohort->estimates = (struct ranking_estimates){.values = cohort->values, .ses = cohort->ses};
	for (size_t unit = 0; unit < uncertain->scores->units; unit++) {
		if (isnan(errors->ses[unit]) || (periods != NULL && periods[unit] != period))
			continue;
		cohort->units[cohort->estimates.count] = unit;
		cohort->values[cohort->estimates.count] = uncertain->scores->scores[unit];
		cohort->ses[cohort->estimates.count++] = errors->ses[unit];
		largest = errors->ses[unit] > largest ? errors->ses[unit] : largest;
	}
	for (size_t i = 0; i < cohort->estimates.count; i++)
		cohort->ses[i] = cohort->ses[i] > NO_ERROR_SHARE * largest ? cohort->ses[i] : NO_ERROR_SHARE * largest;
	if (!(largest > 0))
		cohort->estimates.count = 0;
}

static void spread_places(const struct cohort *cohort, const uint32_t *places, uint32_t *ret_by_unit)
{
	for (size_t i = 0; i < cohort->estimates.count; i++)
		ret_by_unit[cohort->units[i]] = places[i];
}

static void spread_numbers(const struct cohort *cohort, const double *numbers, double *ret_by_unit)
{
	for (size_t i = 0; i < cohort->estimates.count; i++)
		ret_by_unit[cohort->units[i]] = numbers[i];
}

static void judge_cohort(const struct rank_uncertain *uncertain, const struct cohort *cohort, struct arena *work,
                         struct rank_errors *errors)
{
	size_t count = cohort->estimates.count;
	struct ranking_place_sets sets = {.lo = arena_array(work, uint32_t, count), .hi = arena_array(work, uint32_t, count)};
	struct ranking_shrinkage shrinkage = {.values = arena_array(work, double, count), .ses = arena_array(work, double, count)};
	if (count == 0 || count > RANKING_CONFIDENCE_UNITS_MAX)
		return;
	ranking_confidence_marginal(work, &cohort->estimates, LEVEL, &sets);
	spread_places(cohort, sets.lo, errors->marginal.lo);
	spread_places(cohort, sets.hi, errors->marginal.hi);
	ranking_confidence_simultaneous(work, &cohort->estimates, LEVEL, uncertain->seed, ranking_confidence_draws(count), &sets);
	spread_places(cohort, sets.lo, errors->simultaneous.lo);
	spread_places(cohort, sets.hi, errors->simultaneous.hi);
	ranking_shrink(RANKING_SHRINK_REML, cohort->estimates.values, cohort->estimates.ses, count, &shrinkage);
	spread_numbers(cohort, shrinkage.values, errors->shrunken);
	spread_numbers(cohort, shrinkage.ses, errors->shrunken_ses);
}

static void judge_cohorts(const struct rank_uncertain *uncertain, struct rank_errors *errors)
{
	size_t units = uncertain->scores->units;
	const struct ranking_input *input = &uncertain->values->input;
	struct arena *arena = uncertain->arena;
	struct arena *work = arena_new(ARENA_BYTES_MAX);
	struct cohort cohort = {.values = arena_array(arena, double, units), .ses = arena_array(arena, double, units)};
	cohort.units = arena_array(arena, size_t, units);
	errors->marginal = (struct ranking_place_sets){arena_array(arena, uint32_t, units), arena_array(arena, uint32_t, units)};
	errors->simultaneous = (struct ranking_place_sets){arena_array(arena, uint32_t, units), arena_array(arena, uint32_t, units)};
	errors->shrunken = arena_array(arena, double, units);
	errors->shrunken_ses = arena_array(arena, double, units);
	for (size_t unit = 0; unit < units; unit++)
		errors->shrunken[unit] = errors->shrunken_ses[unit] = NAN;
	for (size_t period = 0; period < (input->periods == NULL ? 1 : input->period_count); period++) {
		arena_reset(work);
		gather_cohort(uncertain, errors, period, &cohort);
		judge_cohort(uncertain, &cohort, work, errors);
	}
	arena_destroy(&work);
}

static enum status run_errors(const struct rank_uncertain *uncertain, struct rank_outlook *ret_outlook, struct fault *fault)
{
	struct rank_errors *errors = arena_array(uncertain->arena, struct rank_errors, 1);
	if (uncertain->errors == NULL)
		return STATUS_OK;
	enum status status = find_score_errors(uncertain, errors, fault);
	if (status == STATUS_OK)
		judge_cohorts(uncertain, errors);
	ret_outlook->errors = errors;
	return status;
}

/* ---- sensitivity ---- */

/* All rows, and the pieces of a thread. */
struct survey {
	const struct rank_uncertain *uncertain;
	const struct ranking_uncertainty *uncertainty;
	struct ranking_sobol_plan plan;
	uint8_t *group_of;   /* factors */
	double *rows, *split_rows;
};

/* One thread's. */
struct surveyor {
	const struct survey *survey;
	struct ranking_sampler sampler;
	uint32_t *places;
};

/* Who is not rated stands behind everyone. */
static void draw_figures(void *context, uint64_t row, const uint8_t *from_b, double *ret_figures)
{
	struct surveyor *surveyor = context;
	const struct ranking_scores *scores = surveyor->survey->uncertain->scores;
	size_t figures = surveyor->survey->plan.figures;
	double shift = 0;
	ranking_sampler_draw(&surveyor->sampler, row, from_b, surveyor->places);
	for (size_t unit = 0; unit < scores->units; unit++) {
		uint32_t place = surveyor->places[unit] != 0 ? surveyor->places[unit] : (uint32_t)scores->units + 1;
		uint32_t own = scores->places[unit] != 0 ? scores->places[unit] : (uint32_t)scores->units + 1;
		shift += fabs((double)place - (double)own);
		if (unit + 1 < figures)
			ret_figures[unit] = place;
	}
	ret_figures[figures - 1] = shift / (double)scores->units;
}

static void survey_rows(void *context, size_t first, size_t end)
{
	const struct survey *survey = context;
	const struct ranking_sobol_plan *plan = &survey->plan;
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	struct arena *work = arena_new(ARENA_BYTES_MAX);
	struct surveyor surveyor = {.survey = survey, .places = arena_array(arena, uint32_t, survey->uncertain->scores->units)};
	ranking_sampler_init(&surveyor.sampler, arena, work, survey->uncertainty);
	for (size_t i = first; i < end; i++) {
		ranking_sobol_row(plan, &surveyor, i, &survey->rows[i * ranking_sobol_row_size(plan)]);
		ranking_split_row(plan, &surveyor, i, survey->group_of, RANK_SPLIT_GROUPS,
		                  &survey->split_rows[i * ranking_split_row_size(plan, RANK_SPLIT_GROUPS)]);
	}
	arena_destroy(&work);
	arena_destroy(&arena);
}

static uint8_t group_of(enum ranking_factor_kind kind)
{
	return kind == RANKING_FACTOR_ERRORS    ? RANK_SPLIT_ERRORS
	       : kind == RANKING_FACTOR_MISSING ? RANK_SPLIT_MISSING
	                                        : RANK_SPLIT_CHOICES;
}

static enum status plan_survey(struct survey *survey, struct fault *fault)
{
	const struct rank_uncertain *uncertain = survey->uncertain;
	size_t units = uncertain->scores->units;
	survey->plan = (struct ranking_sobol_plan){
		.factors = survey->uncertainty->factor_count,
		.figures = units <= UNITS_MAX ? units + 1 : 1,
		.rows = uncertain->replicates > 0 ? uncertain->replicates : RANK_DRAWS_USUAL,
		.draw = draw_figures,
	};
	size_t numbers = survey->plan.rows * (ranking_sobol_row_size(&survey->plan) +
	                                      ranking_split_row_size(&survey->plan, RANK_SPLIT_GROUPS));
	if (numbers > ROWS_BYTES_MAX / sizeof(double))
		return fault_set(fault, STATUS_TOO_LARGE, "too_large", "", -1,
		                 "sensitivity over %zu replicates of %zu factors needs too much memory: take fewer replicates",
		                 survey->plan.rows, survey->plan.factors);
	survey->rows = arena_array(uncertain->arena, double, survey->plan.rows * ranking_sobol_row_size(&survey->plan));
	survey->split_rows = arena_array(uncertain->arena, double,
	                                 survey->plan.rows * ranking_split_row_size(&survey->plan, RANK_SPLIT_GROUPS));
	survey->group_of = arena_array(uncertain->arena, uint8_t, survey->plan.factors);
	for (size_t i = 0; i < survey->plan.factors; i++)
		survey->group_of[i] = group_of(survey->uncertainty->factors[i].kind);
	return STATUS_OK;
}

static struct rank_sensitivity *make_sensitivity(const struct survey *survey)
{
	struct arena *arena = survey->uncertain->arena;
	const struct ranking_sobol_plan *plan = &survey->plan;
	struct rank_sensitivity *sensitivity = arena_array(arena, struct rank_sensitivity, 1);
	*sensitivity = (struct rank_sensitivity){
		.rows = plan->rows, .factor_count = plan->factors, .factors = survey->uncertainty->factors, .figures = plan->figures};
	sensitivity->variances = arena_array(arena, double, plan->figures);
	sensitivity->split_variances = arena_array(arena, double, plan->figures);
	sensitivity->indices = arena_array(arena, struct ranking_sobol_index, plan->figures * plan->factors);
	sensitivity->parts = arena_array(arena, double, plan->figures * RANK_SPLIT_GROUPS);
	return sensitivity;
}

/* A piece is a figure. */
struct evaluation {
	const struct survey *survey;
	struct rank_sensitivity *sensitivity;
};

static void evaluate_figures(void *context, size_t first, size_t end)
{
	const struct evaluation *evaluation = context;
	const struct survey *survey = evaluation->survey;
	struct rank_sensitivity *sensitivity = evaluation->sensitivity;
	struct arena *work = arena_new(ARENA_BYTES_MAX);
	for (size_t i = first; i < end; i++) {
		arena_reset(work);
		sensitivity->variances[i] = ranking_sobol_indices(work, &survey->plan, survey->rows, i, RESAMPLES,
		                                                  survey->uncertain->seed,
		                                                  &sensitivity->indices[i * survey->plan.factors]);
		sensitivity->split_variances[i] = ranking_split(&survey->plan, survey->split_rows, i, RANK_SPLIT_GROUPS,
		                                                &sensitivity->parts[i * RANK_SPLIT_GROUPS]);
	}
	arena_destroy(&work);
}

static enum status run_sensitivity(const struct rank_uncertain *uncertain, struct rank_outlook *ret_outlook, struct fault *fault)
{
	struct survey survey = {.uncertain = uncertain, .uncertainty = ret_outlook->uncertainty};
	if (!uncertain->sensitivity || uncertain->scores->units == 0)
		return STATUS_OK;
	enum status status = plan_survey(&survey, fault);
	if (status == STATUS_OK)
		status = rank_threads_run(uncertain->threads, survey.plan.rows, survey_rows, &survey, fault);
	if (status != STATUS_OK)
		return status;
	struct evaluation evaluation = {.survey = &survey, .sensitivity = make_sensitivity(&survey)};
	status = rank_threads_run(uncertain->threads, survey.plan.figures, evaluate_figures, &evaluation, fault);
	ret_outlook->sensitivity = evaluation.sensitivity;
	return status;
}

/* ---- all ---- */

enum status rank_uncertain_run(const struct rank_uncertain *uncertain, struct rank_outlook *ret_outlook, struct fault *fault)
{
	*ret_outlook = (struct rank_outlook){.of = uncertain};
	if (uncertain->replicates == 0 && uncertain->errors == NULL && !uncertain->sensitivity)
		return STATUS_OK;
	enum status status = make_uncertainty(uncertain, kinds_of(uncertain), &ret_outlook->uncertainty, fault);
	if (status == STATUS_OK)
		status = run_replicates(uncertain, ret_outlook, fault);
	if (status == STATUS_OK)
		status = run_errors(uncertain, ret_outlook, fault);
	if (status == STATUS_OK)
		status = run_sensitivity(uncertain, ret_outlook, fault);
	if (status == STATUS_OK && ret_outlook->replicates != NULL && uncertain->scores->units <= RANK_OUTLOOK_UNITS_MAX)
		look_at_places(uncertain, ret_outlook);
	return status;
}
