/* cli_lab_core: a draft methodology on the figures of ratings that were published: who would have stood where (RATING.md
 * section 3, 5). Pure.
 *
 * {"draft": {"code", "version"}, "periods": [{"period", "cohort", "kind", "revision", "methodology": {"code", "version"},
 *  "rated": [in force, draft], "moved", "mean_shift", "place_correlation", "without_figures": [codes],
 *  "rows": [{"region", "name", "places": [in force, draft], "shift", "scores": [in force, draft]}],
 *  "gaps_effective", "weights": [{"indicator", "title", "effective"}], "nodes": [{"node", "correlation"}]}]}
 *
 * shift = place in force − place by the draft: above zero, the region would stand better. Rows: the biggest movers first, then
 * by region; who is not rated on one side has null there and no shift. An effective weight is the share of the variance of the
 * draft's scores that comes with the indicator: cov(part, score) / var(score), parts as in ranking_contribution.h; they add up
 * to 1 with gaps_effective, what comes with missing figures, in whose place the weights of the others step. Correlations are Pearson's, of a node with the root over the rated. */
#ifndef EFFREG_CLI_LAB_CORE_H
#define EFFREG_CLI_LAB_CORE_H

#include "services/cli/cli_explain_core.h"

/* ratings: published ones, each with its own methodology; draft: its document is not read. Scratch is of arena. Faults are those
 * of ranking_figures_rate. */
enum status lab_write(struct arena *arena, struct buf *buf, const struct explain_rating *ratings, size_t count,
                      const struct explain_rating *draft, struct fault *fault) MUST_CHECK;

#endif
