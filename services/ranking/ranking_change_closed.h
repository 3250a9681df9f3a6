/* ranking_change_closed: the parts of a change of score where the score is a sum over indicators (ranking_change).
 *
 * The Shapley value of a sum of games is the sum of their values, and who has no say in a game gets nothing of it: the term of
 * an indicator is a game of its own cause and the common ones, at most six players. */
#ifndef EFFREG_RANKING_CHANGE_CLOSED_H
#define EFFREG_RANKING_CHANGE_CLOSED_H

#include "services/ranking/ranking_world.h"

/* Whether every mean is arithmetic and nothing is filled in after normalising. */
bool ranking_change_is_additive(const struct methodology *methodology);

/* ret_parts: by cause. Both methodologies of the world must be additive. */
void ranking_change_closed(struct arena *arena, struct ranking_world *world, double *ret_parts);

#endif
