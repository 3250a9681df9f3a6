/* ranking_audit: what the figures say about a methodology (RATING.md section 3, 6): how its indicators are distributed, which
 * of them say the same, which are silent, how much each really weighs, and what becomes of the places without it. After OECD
 * and JRC, Handbook on Constructing Composite Indicators, 2008, steps 4 and 7, and Becker, Caperna, Del Sorbo, Norlen,
 * Papadimitriou and Saisana, COINr, 2022. */
#ifndef EFFREG_RANKING_AUDIT_H
#define EFFREG_RANKING_AUDIT_H

#include "services/ranking/ranking_engine.h"

#define RANKING_AUDIT_COLLINEAR 0.9  /* |r| of two indicators, where a caller has no other wish */
#define RANKING_AUDIT_SILENT    0.3  /* r with parent or root, likewise */
#define RANKING_AUDIT_PAIRS_MAX 100000

struct ranking_audit_indicator {
	size_t present;
	double missing;              /* share of the units */
	double mean, sd, skew, kurtosis, min, max;  /* of the values as they came; skew and kurtosis sample-adjusted */
	bool skewed;                 /* |skew| > 2 and kurtosis > 3.5: outliers are likely */
	double nominal;              /* its share in the root by the weights */
	double with_parent, with_root;  /* r of the normalised values and the node's scores */
	double linear;               /* r² with the root */
	double first_order;          /* ranking_correlation_ratio of the root's scores by it */
	double effective;            /* first_order over the sum of all; NaN when nothing is known */
	bool silent;                 /* told nobody apart, or r with the parent or the root below the limit: it pulls nowhere,
	                              * or backwards */
	double shift_mean;           /* of places without it: the mean of |shift| */
	uint32_t shift_most;
	size_t shift_unit;           /* whose, of the input; METHODOLOGY_NONE = nobody's place shifts */
};

struct ranking_audit_pair {
	size_t a, b;                 /* indicators */
	double r;                    /* of the normalised values */
	bool same_parent;
};

struct ranking_audit {
	size_t units, rated;
	const struct ranking_audit_indicator *indicators;
	const struct ranking_audit_pair *pairs;  /* |r| at the limit or above, strongest first */
	size_t pair_count;
	size_t pairs_left_out;       /* over RANKING_AUDIT_PAIRS_MAX */
	const struct ranking_note *notes;
	size_t note_count;
};

/* Everything lives in arena; faults are those of the engine. */
enum status ranking_audit_of(struct arena *arena, const struct methodology *methodology, const struct ranking_input *values,
                             double collinear, double silent, struct ranking_audit *ret_audit, struct fault *fault) MUST_CHECK;

#endif
