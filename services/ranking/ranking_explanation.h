/* ranking_explanation: one unit of one run explained, and its change against an older run, as one document
 * (proto/schemas/explanation.v1.json): what `effreg rank explain` prints and a query can answer. */
#ifndef EFFREG_RANKING_EXPLANATION_H
#define EFFREG_RANKING_EXPLANATION_H

#include "services/ranking/ranking_change.h"
#include "services/ranking/ranking_contribution.h"

/* Everything is borrowed. */
struct ranking_explanation {
	const struct methodology *methodology;
	const char *unit;
	const double *raw;                /* indicators: as they came; NaN = missing */
	const double *normalised;         /* indicators */
	const double *weights;            /* indicators: effective, over the present; NaN = missing */
	double score;                     /* rounded as the methodology says; NaN = not rated */
	uint32_t place;                   /* 0 = not rated */
	size_t rated;
	enum ranking_baseline baseline;
	struct ranking_contributions contributions;
	const struct methodology *older;  /* NULL: no older run */
	struct ranking_change change;
};

/* Indicators and filled-in nodes with a part, largest first; ties in the order of the methodology. */
struct ranking_explanation_line {
	bool is_node;
	size_t index;
	double part, error;
};
size_t ranking_explanation_lines(struct arena *arena, const struct ranking_explanation *explanation,
                                 const struct ranking_explanation_line **ret_lines);

/* Runs the engine over the values and explains the unit. Everything lives in arena. Faults are those of the engine;
 * UNSUPPORTED (code "panel"), NOT_FOUND (code "unit"). older is left empty. */
enum status ranking_explain(struct arena *arena, const struct methodology *methodology, const struct ranking_input *values,
                            const char *unit, enum ranking_baseline baseline, const struct ranking_shapley_plan *plan,
                            struct ranking_explanation *ret_explanation, struct fault *fault) MUST_CHECK;

/* Names in documents. */
const char *ranking_contribution_method_name(enum ranking_contribution_method method);
const char *ranking_cause_name(enum ranking_cause_kind kind);
const char *ranking_rival_move_name(enum ranking_rival_move move);

/* A member with 17 significant digits; null when it is not finite. */
void ranking_write_number(struct json_writer *writer, const char *name, double value);
void ranking_write_place(struct json_writer *writer, const char *name, uint32_t place);  /* 0 = null */

/* Its code and version, under name. */
void ranking_write_methodology(struct json_writer *writer, const char *name, const struct methodology *methodology);

/* One object. */
void ranking_explanation_write(struct json_writer *writer, struct arena *arena, const struct ranking_explanation *explanation);

#endif
