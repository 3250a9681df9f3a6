#include "services/ranking/ranking_change.h"

#include <math.h>
#include <stdlib.h>

#include "services/ranking/ranking_change_closed.h"
#include "services/ranking/ranking_contribution.h"

/* Outputs of the game of causes; each rival has one more: whether it stands before the unit. */
enum { OUTPUT_SCORE, OUTPUT_PLACE, OUTPUT_RIVALS };

/* Contributions that only choose which indicator to name. */
#define COARSE_EXACT_MAX 8
#define COARSE_DRAWS     32

struct account {
	struct arena *arena;
	struct ranking_world *world;
	size_t units, unit;
	const char *const *codes;
	const struct ranking_cause *causes;
	size_t cause_count;
	size_t *rivals;           /* units that stand before it in one of the runs only */
	size_t rival_count, rivals_left_out;
	uint32_t *places[2];      /* units: in the two runs */
	double **contributions[2];    /* units: by indicator; NULL = not asked for */
	struct ranking_shapley shapley;
};

/* ---- the two runs ---- */

static void enter_run(struct account *account, size_t run, struct ranking_world_state *ret_state)
{
	uint8_t *in = arena_array(account->arena, uint8_t, account->cause_count);
	memset(in, (int)run, account->cause_count);
	ranking_world_enter(account->world, in, ret_state);
}

static bool stands_before(const uint32_t *places, size_t rival, uint32_t own_place)
{
	return places[rival] != 0 && places[rival] < own_place;
}

/* A unit that is not rated stands behind all. */
static uint32_t own_place(const struct account *account, size_t run)
{
	uint32_t place = account->places[run][account->unit];
	return place == 0 ? UINT32_MAX : place;
}

static void take_places(struct account *account)
{
	for (size_t run = 0; run < 2; run++) {
		struct ranking_world_state state;
		enter_run(account, run, &state);
		account->places[run] = arena_array(account->arena, uint32_t, account->units);
		memcpy(account->places[run], state.places, account->units * sizeof *state.places);
	}
}

static void find_rivals(struct account *account)
{
	account->rivals = arena_array(account->arena, size_t, RANKING_CHANGE_RIVALS_MAX);
	for (size_t i = 0; i < account->units; i++) {
		bool before = stands_before(account->places[RANKING_OLDER], i, own_place(account, RANKING_OLDER));
		bool after = stands_before(account->places[RANKING_NEWER], i, own_place(account, RANKING_NEWER));
		if (before == after)
			continue;
		if (account->rival_count == RANKING_CHANGE_RIVALS_MAX)
			account->rivals_left_out++;
		else
			account->rivals[account->rival_count++] = i;
	}
}

/* ---- the game ---- */

static void value_of_causes(void *context, const uint8_t *in, double *ret_values)
{
	struct account *account = context;
	struct ranking_world_state state;
	ranking_world_enter(account->world, in, &state);
	ret_values[OUTPUT_SCORE] = state.score;
	ret_values[OUTPUT_PLACE] = -(double)state.place;
	for (size_t i = 0; i < account->rival_count; i++)
		ret_values[OUTPUT_RIVALS + i] = stands_before(state.places, account->rivals[i], state.place) ? -1 : 0;
}

static void share(struct account *account, const struct ranking_shapley_plan *plan)
{
	const struct ranking_game game = {
		.players = account->cause_count,
		.outputs = OUTPUT_RIVALS + account->rival_count,
		.value = value_of_causes,
		.context = account,
	};
	ranking_shapley_of(account->arena, &game, plan, &account->shapley);
}

/* ---- rivals ---- */

static void take_contributions(struct account *account, size_t run)
{
	struct ranking_world_state state;
	struct ranking_contributor contributor;
	enter_run(account, run, &state);
	account->contributions[run] = arena_array(account->arena, double *, account->units);
	ranking_contributor_init(&contributor, account->arena, state.table, state.aggregation, state.weights,
	                         RANKING_BASELINE_ZERO);
	contributor.plan = (struct ranking_shapley_plan){.exact_max = COARSE_EXACT_MAX, .draws = COARSE_DRAWS};
	contributor.sets_max = 0;
	for (size_t i = 0; i <= account->rival_count; i++) {
		size_t unit = i == account->rival_count ? account->unit : account->rivals[i];
		struct ranking_contributions contributions;
		if (state.places[unit] == 0)
			continue;
		ranking_contributions_of(&contributor, account->arena, state.rows[unit], &contributions);
		account->contributions[run][unit] = (double *)(uintptr_t)contributions.indicators;
	}
}

static double contribution(const struct account *account, const struct methodology *methodology, size_t run, size_t unit,
                           const char *code)
{
	size_t indicator;
	if (!methodology_find_indicator(methodology, code, &indicator))
		return 0;
	double value = account->contributions[run][unit][indicator];
	return isnan(value) ? 0 : value;
}

/* rose: whether the unit gained on the rival. Looks through the indicators of one methodology for the one whose share of the
 * distance moved most that way. */
static void name_indicator(const struct account *account, const struct ranking_runs *runs, size_t m, bool rose,
                           struct ranking_rival *rival, size_t unit, double *most)
{
	for (size_t i = 0; i < runs->methodologies[m]->indicator_count; i++) {
		const char *code = runs->methodologies[m]->indicators[i].code;
		double own = contribution(account, runs->methodologies[1], 1, account->unit, code) -
		             contribution(account, runs->methodologies[0], 0, account->unit, code);
		double other = contribution(account, runs->methodologies[1], 1, unit, code) -
		               contribution(account, runs->methodologies[0], 0, unit, code);
		double moved = rose ? own - other : other - own;
		if (!(moved > *most))
			continue;
		*most = moved;
		rival->indicator = code;
		rival->indicator_is_own = rose ? own >= -other : -own >= other;
	}
}

static struct ranking_cause main_cause(const struct account *account, size_t output, bool rose)
{
	const double *parts = &account->shapley.parts[output * account->cause_count];
	size_t best = 0;
	for (size_t i = 1; i < account->cause_count; i++) {
		if (rose ? parts[i] > parts[best] : parts[i] < parts[best])
			best = i;
	}
	return account->causes[best];
}

static struct ranking_rival describe_rival(const struct account *account, const struct ranking_runs *runs, size_t number)
{
	size_t unit = account->rivals[number];
	struct ranking_rival rival = {.code = account->codes[unit]};
	double most = 0;
	for (size_t run = 0; run < 2; run++)
		rival.places[run] = account->places[run][unit];
	bool rose = stands_before(account->places[RANKING_OLDER], unit, own_place(account, RANKING_OLDER));
	if (rose)
		rival.move = rival.places[RANKING_NEWER] == 0 ? RANKING_RIVAL_LEFT : RANKING_RIVAL_OVERTAKEN;
	else
		rival.move = rival.places[RANKING_OLDER] == 0 ? RANKING_RIVAL_ENTERED : RANKING_RIVAL_OVERTOOK;
	rival.cause = main_cause(account, OUTPUT_RIVALS + number, rose);
	bool both = rival.places[RANKING_OLDER] != 0 && rival.places[RANKING_NEWER] != 0;
	both &= account->contributions[RANKING_OLDER][account->unit] != NULL && account->contributions[RANKING_NEWER][account->unit] != NULL;
	for (size_t m = 0; m < 2 && both; m++)
		name_indicator(account, runs, m, rose, &rival, unit, &most);
	return rival;
}

static int compare_rivals(const void *a, const void *b)
{
	const struct ranking_rival *left = a;
	const struct ranking_rival *right = b;
	uint32_t places[2] = {left->places[RANKING_NEWER] - 1, right->places[RANKING_NEWER] - 1};  /* none becomes the largest */
	if (places[0] != places[1])
		return places[0] < places[1] ? -1 : 1;
	return strcmp(left->code, right->code);
}

static void describe_rivals(struct account *account, const struct ranking_runs *runs, struct ranking_change *change)
{
	struct ranking_rival *rivals = arena_array(account->arena, struct ranking_rival, account->rival_count);
	take_contributions(account, RANKING_OLDER);
	take_contributions(account, RANKING_NEWER);
	for (size_t i = 0; i < account->rival_count; i++)
		rivals[i] = describe_rival(account, runs, i);
	if (account->rival_count > 0)
		qsort(rivals, account->rival_count, sizeof *rivals, compare_rivals);
	change->rivals = rivals;
	change->rival_count = account->rival_count;
	change->rivals_left_out = account->rivals_left_out;
}

/* ---- parts ---- */

static void set_parts(const struct account *account, const double *closed, struct ranking_change_part *parts)
{
	size_t count = account->cause_count;
	const struct ranking_shapley *shapley = &account->shapley;
	for (size_t i = 0; i < count; i++) {
		parts[i] = (struct ranking_change_part){
			.cause = account->causes[i],
			.score = closed != NULL ? closed[i] : shapley->parts[OUTPUT_SCORE * count + i],
			.score_error = closed != NULL ? 0 : shapley->errors[OUTPUT_SCORE * count + i],
			.places = shapley->parts[OUTPUT_PLACE * count + i],
			.places_error = shapley->errors[OUTPUT_PLACE * count + i],
		};
	}
}

/* From the older run as published to the older run as it is known now: one cause before all others. */
static enum status add_correction(struct account *account, const struct methodology *methodology,
                                  const struct ranking_input *published, struct ranking_change *change,
                                  struct ranking_change_part *part, struct fault *fault)
{
	struct ranking_scores scores;
	uint32_t rated = 0;
	size_t unit = SIZE_MAX;
	enum status status = ranking_engine_run(account->arena, methodology, published, &scores, fault);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < scores.units; i++) {
		rated += scores.places[i] != 0 ? 1 : 0;
		if (text_equal(published->codes[i], account->codes[account->unit]))
			unit = i;
	}
	bool is_rated = unit != SIZE_MAX && scores.places[unit] != 0;
	double score = is_rated ? scores.nodes[methodology->root * scores.units + unit] : 0;
	uint32_t place = is_rated ? scores.places[unit] : rated + 1;
	*part = (struct ranking_change_part){
		.cause = {.kind = RANKING_CAUSE_CORRECTED},
		.score = change->scores[RANKING_OLDER] - score,
		.places = (double)place - (double)change->places[RANKING_OLDER],
	};
	change->scores[RANKING_OLDER] = score;
	change->places[RANKING_OLDER] = place;
	return STATUS_OK;
}

static void settle(struct account *account, const struct ranking_runs *runs, struct ranking_change_part *parts,
                   struct ranking_change *change)
{
	double *closed = NULL;
	change->score_is_closed =
		ranking_change_is_additive(runs->methodologies[0]) && ranking_change_is_additive(runs->methodologies[1]);
	if (change->score_is_closed) {
		closed = arena_array(account->arena, double, account->cause_count);
		ranking_change_closed(account->arena, account->world, closed);
	}
	set_parts(account, closed, parts);
	change->exact = account->shapley.exact;
	change->draws = account->shapley.draws;
	change->parts = parts;
	change->part_count = account->cause_count;
	const double *ends[2] = {account->shapley.none, account->shapley.all};
	for (size_t run = 0; run < 2; run++) {
		change->scores[run] = ends[run][OUTPUT_SCORE];
		change->places[run] = (uint32_t)-ends[run][OUTPUT_PLACE];
	}
	describe_rivals(account, runs, change);
}

enum status ranking_change_explain(struct arena *arena, const struct ranking_runs *runs, const struct ranking_input *published,
                                   const char *unit, const struct ranking_shapley_plan *plan,
                                   struct ranking_change *ret_change, struct fault *fault)
{
	struct account account = {.arena = arena};
	enum status status = ranking_world_new(arena, runs, unit, &account.world, fault);
	if (status != STATUS_OK)
		return status;
	account.units = ranking_world_units(account.world, &account.codes);
	account.unit = ranking_world_unit(account.world);
	account.cause_count = ranking_world_causes(account.world, &account.causes);
	take_places(&account);
	find_rivals(&account);
	share(&account, plan);
	*ret_change = (struct ranking_change){0};
	struct ranking_change_part *parts = arena_array(arena, struct ranking_change_part, account.cause_count + 1);
	settle(&account, runs, parts, ret_change);
	if (published == NULL)
		return STATUS_OK;
	return add_correction(&account, runs->methodologies[RANKING_OLDER], published, ret_change,
	                      &parts[ret_change->part_count++], fault);
}
