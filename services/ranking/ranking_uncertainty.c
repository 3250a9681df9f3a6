#include "services/ranking/ranking_uncertainty.h"

#include <math.h>

#include "services/ranking/ranking_normal.h"

#define STREAM_BITS 40  /* rows; above them the factor's kind and A or B */

/* ---- what is uncertain ---- */

static bool has_error(const struct ranking_uncertain *of, size_t cell)
{
	return of->errors[cell] > 0 && !isnan(of->input->values[cell]);
}

static size_t cells_of(const struct ranking_uncertain *of)
{
	return of->methodology->indicator_count * of->input->units;
}

static bool any_error(const struct ranking_uncertain *of)
{
	bool any = false;
	for (size_t i = 0; i < cells_of(of) && of->errors != NULL; i++)
		any |= has_error(of, i);
	return any;
}

static bool any_missing(const struct ranking_uncertain *of)
{
	bool any = false;
	for (size_t i = 0; i < cells_of(of); i++)
		any |= isnan(of->input->values[i]);
	return any;
}

/* Weights of an only child change nothing. */
static bool has_weights_to_share(const struct methodology_node *node)
{
	size_t weighted = 0;
	for (size_t i = 0; i < node->child_count; i++)
		weighted += node->children[i].weight > 0 ? 1 : 0;
	return weighted > 1;
}

static bool is_uncertain(const struct ranking_uncertain *of, enum ranking_factor_kind kind, size_t node)
{
	if ((of->kinds & 1u << kind) == 0)
		return false;
	switch (kind) {
	case RANKING_FACTOR_WEIGHTS:
		return of->perturb > 0 && has_weights_to_share(&of->methodology->nodes[node]);
	case RANKING_FACTOR_ERRORS:
		return any_error(of);
	case RANKING_FACTOR_MISSING:
		return any_missing(of);
	default:
		return of->methodology->alternatives[kind - RANKING_FACTOR_OUTLIERS] > 1;
	}
}

static void list_factors(struct ranking_uncertainty *uncertainty)
{
	const struct ranking_uncertain *of = &uncertainty->of;
	for (int kind = 0; kind < RANKING_FACTOR_KINDS; kind++) {
		size_t nodes = kind == RANKING_FACTOR_WEIGHTS ? of->methodology->node_count : 1;
		for (size_t node = 0; node < nodes; node++) {
			if (is_uncertain(of, (enum ranking_factor_kind)kind, node))
				uncertainty->factors[uncertainty->factor_count++] =
					(struct ranking_factor){.kind = (enum ranking_factor_kind)kind, .node = node};
		}
	}
}

static bool has_kind(const struct ranking_uncertainty *uncertainty, enum ranking_factor_kind kind)
{
	bool found = false;
	for (size_t i = 0; i < uncertainty->factor_count; i++)
		found |= uncertainty->factors[i].kind == kind;
	return found;
}

/* Only what the alternatives in question can reach: without them it is the first alone. */
static enum status prepare_variants(struct ranking_uncertainty *uncertainty, struct arena *arena, struct fault *fault)
{
	const struct ranking_uncertain *of = &uncertainty->of;
	size_t count = methodology_variant_count(of->methodology);
	struct ranking_table **tables = arena_array(arena, struct ranking_table *, count);
	enum status status = STATUS_OK;
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = ranking_engine_prepare(arena, of->methodology->variants[i], of->input, &tables[i], fault);
	uncertainty->tables = uncertainty->values_move ? NULL : tables;
	return status;
}

enum status ranking_uncertainty_new(struct arena *arena, const struct ranking_uncertain *of,
                                    const struct ranking_uncertainty **ret_uncertainty, struct fault *fault)
{
	struct ranking_uncertainty *uncertainty = arena_array(arena, struct ranking_uncertainty, 1);
	uncertainty->of = *of;
	uncertainty->factors = arena_array(arena, struct ranking_factor, RANKING_FACTORS_MAX);
	list_factors(uncertainty);
	uncertainty->values_move = has_kind(uncertainty, RANKING_FACTOR_ERRORS) || has_kind(uncertainty, RANKING_FACTOR_MISSING);
	enum status status = prepare_variants(uncertainty, arena, fault);
	if (status == STATUS_OK)
		*ret_uncertainty = uncertainty;
	return status;
}

/* ---- a draw ---- */

static uint64_t substream_of(enum ranking_factor_kind kind, bool b, uint64_t row)
{
	return row + ((uint64_t)((unsigned)kind * 2 + (b ? 1 : 0)) << STREAM_BITS);
}

static void begin_stream(const struct ranking_sampler *sampler, enum ranking_factor_kind kind, bool b, uint64_t row,
                         struct ranking_random *ret_random)
{
	ranking_random_init(ret_random, sampler->uncertainty->of.seed, substream_of(kind, b, row));
}

static void copy_weights(const struct methodology_node *node, const struct ranking_weights *from, struct ranking_weights *to)
{
	for (size_t i = 0; i < node->child_count; i++) {
		size_t index = node->children[i].index;
		if (node->children[i].is_indicator)
			to->indicators[index] = from->indicators[index];
		else
			to->nodes[index] = from->nodes[index];
	}
}

static void draw_weights(struct ranking_sampler *sampler, uint64_t row, const uint8_t *from_b)
{
	const struct ranking_uncertainty *uncertainty = sampler->uncertainty;
	const struct ranking_uncertain *of = &uncertainty->of;
	bool drawn_b = false;
	if (!has_kind(uncertainty, RANKING_FACTOR_WEIGHTS))
		return;
	ranking_replicate_draw(of->methodology, of->seed, substream_of(RANKING_FACTOR_WEIGHTS, false, row), of->perturb,
	                       &sampler->parameters.weights);
	for (size_t i = 0; i < uncertainty->factor_count && from_b != NULL; i++) {
		if (uncertainty->factors[i].kind != RANKING_FACTOR_WEIGHTS || from_b[i] == 0)
			continue;
		if (!drawn_b)
			ranking_replicate_draw(of->methodology, of->seed, substream_of(RANKING_FACTOR_WEIGHTS, true, row),
			                       of->perturb, &sampler->other);
		drawn_b = true;
		copy_weights(&of->methodology->nodes[uncertainty->factors[i].node], &sampler->other, &sampler->parameters.weights);
	}
}

static void draw_alternative(struct ranking_sampler *sampler, enum ranking_factor_kind kind, bool b, uint64_t row)
{
	struct ranking_random random;
	size_t stage = (size_t)(kind - RANKING_FACTOR_OUTLIERS);
	begin_stream(sampler, kind, b, row, &random);
	sampler->parameters.alternatives[stage] = ranking_random_alternative(
		ranking_random_unit(&random), sampler->uncertainty->of.methodology->alternatives[stage]);
}

static void draw_errors(struct ranking_sampler *sampler, bool b, uint64_t row)
{
	const struct ranking_uncertain *of = &sampler->uncertainty->of;
	struct ranking_random random;
	begin_stream(sampler, RANKING_FACTOR_ERRORS, b, row, &random);
	ranking_normal_draw(&random, sampler->normals, cells_of(of));
	for (size_t i = 0; i < cells_of(of); i++) {
		if (has_error(of, i))
			sampler->values[i] += of->errors[i] * sampler->normals[i];
	}
}

static bool is_donor(const struct ranking_uncertain *of, const double *values, size_t donor, size_t unit)
{
	bool local = of->methodology->panel_local && of->input->periods != NULL;
	return !isnan(values[donor]) && (!local || of->input->periods[donor] == of->input->periods[unit]);
}

/* values: of one indicator. Where nobody has it, it stays missing. */
static double draw_donor(const struct ranking_uncertain *of, struct ranking_random *random, const double *values, size_t unit)
{
	size_t donors = 0;
	for (size_t i = 0; i < of->input->units; i++)
		donors += is_donor(of, values, i, unit) ? 1 : 0;
	size_t chosen = donors > 0 ? ranking_random_alternative(ranking_random_unit(random), donors) : 0;
	for (size_t i = 0; i < of->input->units; i++) {
		if (is_donor(of, values, i, unit) && chosen-- == 0)
			return values[i];
	}
	return NAN;
}

static void draw_missing(struct ranking_sampler *sampler, bool b, uint64_t row)
{
	const struct ranking_uncertain *of = &sampler->uncertainty->of;
	size_t units = of->input->units;
	struct ranking_random random;
	begin_stream(sampler, RANKING_FACTOR_MISSING, b, row, &random);
	for (size_t i = 0; i < cells_of(of); i++) {
		if (isnan(of->input->values[i]))
			sampler->values[i] = draw_donor(of, &random, &of->input->values[i / units * units], i % units);
	}
}

static void draw_factors(struct ranking_sampler *sampler, uint64_t row, const uint8_t *from_b)
{
	const struct ranking_uncertainty *uncertainty = sampler->uncertainty;
	draw_weights(sampler, row, from_b);
	if (uncertainty->values_move)
		memcpy(sampler->values, uncertainty->of.input->values, cells_of(&uncertainty->of) * sizeof *sampler->values);
	for (size_t i = 0; i < uncertainty->factor_count; i++) {
		enum ranking_factor_kind kind = uncertainty->factors[i].kind;
		bool b = from_b != NULL && from_b[i] != 0;
		if (kind == RANKING_FACTOR_ERRORS)
			draw_errors(sampler, b, row);
		else if (kind == RANKING_FACTOR_MISSING)
			draw_missing(sampler, b, row);
		else if (kind != RANKING_FACTOR_WEIGHTS)
			draw_alternative(sampler, kind, b, row);
	}
}

static size_t variant_number(const struct ranking_sampler *sampler)
{
	const struct methodology *methodology = sampler->uncertainty->of.methodology;
	const struct methodology *variant = methodology_variant(methodology, sampler->parameters.alternatives);
	size_t number = 0;
	while (methodology->variants[number] != variant)
		number++;
	return number;
}

/* The whole pipeline again: values moved, and with them every frame. That the methodology can be applied to this table was
 * seen when the uncertainty was made. */
static struct ranking_replicator *prepare_moved(struct ranking_sampler *sampler, size_t variant)
{
	const struct ranking_uncertain *of = &sampler->uncertainty->of;
	struct ranking_input input = *of->input;
	struct ranking_table *table = NULL;
	struct fault fault;
	input.values = sampler->values;
	arena_reset(sampler->work);
	enum status status = ranking_engine_prepare(sampler->work, of->methodology->variants[variant], &input, &table, &fault);
	ASSERT(status == STATUS_OK);
	struct ranking_replicator *replicator = arena_array(sampler->work, struct ranking_replicator, 1);
	ranking_replicator_init(replicator, sampler->work, table);
	return replicator;
}

static struct ranking_replicator *find_replicator(struct ranking_sampler *sampler)
{
	size_t variant = variant_number(sampler);
	if (sampler->uncertainty->values_move)
		return prepare_moved(sampler, variant);
	if (!sampler->begun[variant])
		ranking_replicator_init(&sampler->replicators[variant], sampler->arena, sampler->uncertainty->tables[variant]);
	sampler->begun[variant] = true;
	return &sampler->replicators[variant];
}

void ranking_sampler_draw(struct ranking_sampler *sampler, uint64_t row, const uint8_t *from_b, uint32_t *ret_places)
{
	draw_factors(sampler, row, from_b);
	struct ranking_replicator *replicator = find_replicator(sampler);
	ranking_replicate(replicator, &sampler->parameters.weights, ret_places);
	sampler->last = replicator;
}

const struct ranking_parameters *ranking_sampler_parameters(struct ranking_sampler *sampler, uint64_t row)
{
	draw_factors(sampler, row, NULL);
	return &sampler->parameters;
}

void ranking_sampler_scores(const struct ranking_sampler *sampler, double *ret_scores)
{
	const struct ranking_replicator *replicator = sampler->last;
	for (size_t row = 0; row < replicator->table->units; row++)
		ret_scores[ranking_table_row(replicator->table, row)] = replicator->scores[row];
}

void ranking_sampler_init(struct ranking_sampler *sampler, struct arena *arena, struct arena *work,
                          const struct ranking_uncertainty *uncertainty)
{
	const struct methodology *methodology = uncertainty->of.methodology;
	size_t variants = methodology_variant_count(methodology);
	*sampler = (struct ranking_sampler){.uncertainty = uncertainty, .arena = arena, .work = work};
	sampler->replicators = arena_array(arena, struct ranking_replicator, variants);
	sampler->begun = arena_array(arena, bool, variants);
	ranking_weights_init(&sampler->parameters.weights, arena, methodology);
	ranking_weights_init(&sampler->other, arena, methodology);
	if (uncertainty->values_move) {
		sampler->values = arena_array(arena, double, cells_of(&uncertainty->of));
		sampler->normals = arena_array(arena, double, cells_of(&uncertainty->of));
	}
}
