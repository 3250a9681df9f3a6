/* ranking_lab: a draft methodology beside another, over the values of one period (RATING.md section 3, 5): what it would do to
 * the places, what its indicators would really weigh, and how the nodes of its tree go together. */
#ifndef EFFREG_RANKING_LAB_H
#define EFFREG_RANKING_LAB_H

#include "services/ranking/ranking_audit.h"

struct ranking_lab_unit {
	size_t unit;                 /* of the draft's input */
	uint32_t place, other;       /* by the draft, by the other; 0 = not rated */
	double score;                /* by the draft */
	int64_t shift;               /* other − place: above 0, the draft puts it higher; 0 when it is not rated in both */
};

struct ranking_lab {
	const struct ranking_lab_unit *units;  /* largest |shift| first, then by the draft's place; those not rated in both last */
	size_t unit_count;
	size_t both;                 /* rated by both */
	double spearman;             /* of the places of both */
	double shift_mean;           /* of |shift| */
	int64_t shift_most;
	size_t moved;                /* whose place differs */
	struct ranking_audit draft, other;
	const double *nodes;         /* r of each two nodes of the draft, nodes × nodes; NaN = not defined */
};

/* values: one table read with the columns of either methodology, the same rows. Everything lives in arena; faults are those of
 * the engine. */
enum status ranking_lab_compare(struct arena *arena, const struct methodology *draft, const struct ranking_input *draft_values,
                                const struct methodology *other, const struct ranking_input *other_values,
                                struct ranking_lab *ret_lab, struct fault *fault) MUST_CHECK;

#endif
