/* ranking_impute: filling in what is missing, one step of the methodology at a time, within each frame.
 *
 * A step sees what the steps before it filled in. Mean, median and group-mean go down a column; a unit without a group,
 * or in a group where nobody has a value, stays without. parent-mean goes along a row: the mean, without weights, of the
 * siblings that are present. */
#ifndef EFFREG_RANKING_IMPUTE_H
#define EFFREG_RANKING_IMPUTE_H

#include "services/ranking/ranking_table.h"

/* The steps at indicators, but for parent-mean: before the outliers. */
void ranking_impute(struct ranking_table *table);
/* parent-mean at indicators: after normalising. */
void ranking_impute_siblings(struct ranking_table *table);

/* One column of any kind, over rows; not for parent-mean. scratch: room for the rows. Returns how many were filled in. */
size_t ranking_impute_column(const struct ranking_table *table, const struct methodology_impute *step,
                             const struct ranking_rows *rows, double *column, double *scratch) MUST_CHECK;
/* For one row: the mean of those of the values that are present, or NaN. */
double ranking_impute_row_mean(const double *const *columns, size_t count, size_t row);

#endif
