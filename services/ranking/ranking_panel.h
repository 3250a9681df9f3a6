/* ranking_panel: one period of a panel as a rating by itself, for what asks about one place of a unit (explanations, robust
 * places, what-if).
 *
 * By itself a period has the places that it has in the panel when its figures are held against that period alone: with scope
 * "local", and with "global" where nothing is measured over all periods (every indicator by goalposts or as it is, nothing
 * pulled in, nothing imputed but from siblings). Otherwise it is refused: other places than those of the panel would be
 * explained. */
#ifndef EFFREG_RANKING_PANEL_H
#define EFFREG_RANKING_PANEL_H

#include "services/ranking/ranking_table.h"

/* The methodology without its panel, in arena; one without a panel is given back as it is. UNSUPPORTED (code "panel") as
 * above, with reason. */
enum status ranking_panel_alone(struct arena *arena, const struct methodology *methodology,
                                const struct methodology **ret_methodology, struct fault *fault) MUST_CHECK;

/* The rows of a period, in their order. Everything lives in arena. methodology: the panel's or the one without. */
void ranking_panel_rows(struct arena *arena, const struct methodology *methodology, const struct ranking_input *input,
                        size_t period, struct ranking_input *ret_input);

#endif
