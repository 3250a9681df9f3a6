/* ranking_normalise: every indicator of every frame on one scale, higher is better (RATING.md section 2, normalise).
 *
 * Each indicator of each frame is measured and put on its own scale (ranking_frame). What told nobody apart, what nobody has,
 * a target that everyone has reached and a reference that gives no scale are noted. */
#ifndef EFFREG_RANKING_NORMALISE_H
#define EFFREG_RANKING_NORMALISE_H

#include "services/ranking/ranking_table.h"

/* Sets the table's states. */
void ranking_normalise(struct ranking_table *table);

#endif
