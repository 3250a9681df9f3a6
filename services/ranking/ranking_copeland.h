/* ranking_copeland: outranking by pairs (Copeland, 1951; OECD and JRC, Handbook, 2008, step 6).
 *
 * Of two units the one with more than half of the weight outranks the other; a tie on an indicator counts half for each,
 * and what one of the two does not have counts for neither. A unit's score is how many it outranks less how many outrank
 * it. Each pair is weighed by itself, so the order of the units never shows, with or without missing data. */
#ifndef EFFREG_RANKING_COPELAND_H
#define EFFREG_RANKING_COPELAND_H

#include "common/base.h"

/* columns: count columns and their weights; rows first to end are compared with each other. scores: by row; a row whose
 * score is NaN takes no part and keeps it, the others get theirs. */
void ranking_copeland(const double *const *columns, const double *weights, size_t count, size_t first, size_t end,
                      double *scores);

/* The score of one of them; those whose score is NaN take no part. */
int ranking_copeland_one(const double *const *columns, const double *weights, size_t count, size_t unit, size_t first,
                         size_t end, const double *scores);

#endif
