#include "services/ranking/ranking_lab.h"

#include <math.h>
#include <stdlib.h>

#include "services/ranking/ranking_correlation.h"

static int compare_units(const void *a, const void *b)
{
	const struct ranking_lab_unit *left = a;
	const struct ranking_lab_unit *right = b;
	bool both[2] = {left->place != 0 && left->other != 0, right->place != 0 && right->other != 0};
	int64_t sizes[2] = {llabs(left->shift), llabs(right->shift)};
	if (both[0] != both[1])
		return both[0] ? -1 : 1;
	if (sizes[0] != sizes[1])
		return sizes[0] > sizes[1] ? -1 : 1;
	if (left->place != right->place)
		return left->place - 1 < right->place - 1 ? -1 : 1;  /* not rated becomes the largest */
	return left->unit < right->unit ? -1 : 1;
}

static void compare_places(struct arena *arena, const struct ranking_scores *draft, const struct ranking_scores *other,
                           struct ranking_lab *lab)
{
	size_t count = draft->units;
	struct ranking_lab_unit *units = arena_array(arena, struct ranking_lab_unit, count);
	double *places[2] = {arena_array(arena, double, count), arena_array(arena, double, count)};
	double sum = 0;
	for (size_t i = 0; i < count; i++) {
		struct ranking_lab_unit *unit = &units[i];
		*unit = (struct ranking_lab_unit){.unit = i, .place = draft->places[i], .other = other->places[i], .score = draft->scores[i]};
		if (unit->place == 0 || unit->other == 0)
			continue;
		unit->shift = (int64_t)unit->other - (int64_t)unit->place;
		places[0][lab->both] = unit->place;
		places[1][lab->both++] = unit->other;
		sum += (double)llabs(unit->shift);
		lab->moved += unit->shift != 0 ? 1 : 0;
		lab->shift_most = llabs(unit->shift) > lab->shift_most ? llabs(unit->shift) : lab->shift_most;
	}
	/* Places are ranks already: Pearson's r of them, ties at their best place. */
	lab->spearman = ranking_correlation(places[0], places[1], lab->both);
	lab->shift_mean = lab->both > 0 ? sum / (double)lab->both : NAN;
	if (count > 0)
		qsort(units, count, sizeof *units, compare_units);
	lab->units = units;
	lab->unit_count = count;
}

static const double *correlate_nodes(struct arena *arena, const struct methodology *methodology,
                                     const struct ranking_scores *scores)
{
	size_t count = methodology->node_count;
	double *matrix = arena_array(arena, double, count * count);
	for (size_t a = 0; a < count; a++) {
		for (size_t b = 0; b < count; b++)
			matrix[a * count + b] = ranking_correlation(&scores->nodes[a * scores->units], &scores->nodes[b * scores->units], scores->units);
	}
	return matrix;
}

enum status ranking_lab_compare(struct arena *arena, const struct methodology *draft, const struct ranking_input *draft_values,
                                const struct methodology *other, const struct ranking_input *other_values,
                                struct ranking_lab *ret_lab, struct fault *fault)
{
	struct ranking_scores draft_scores, other_scores;
	*ret_lab = (struct ranking_lab){0};
	ASSERT(draft_values->units == other_values->units);
	enum status status = ranking_engine_run(arena, draft, draft_values, &draft_scores, fault);
	if (status == STATUS_OK)
		status = ranking_engine_run(arena, other, other_values, &other_scores, fault);
	if (status == STATUS_OK)
		status = ranking_audit_of(arena, draft, draft_values, RANKING_AUDIT_COLLINEAR, RANKING_AUDIT_SILENT, &ret_lab->draft, fault);
	if (status == STATUS_OK)
		status = ranking_audit_of(arena, other, other_values, RANKING_AUDIT_COLLINEAR, RANKING_AUDIT_SILENT, &ret_lab->other, fault);
	if (status != STATUS_OK)
		return status;
	compare_places(arena, &draft_scores, &other_scores, ret_lab);
	ret_lab->nodes = correlate_nodes(arena, draft, &draft_scores);
	return STATUS_OK;
}
