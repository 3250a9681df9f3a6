/* value_board: the indicator values of a region as they stand, and which of them changed.
 *
 * What is written are the changed ones only: a turn that leaves a value as it was leaves its row alone too. */
#ifndef EFFREG_METRICS_VALUE_BOARD_H
#define EFFREG_METRICS_VALUE_BOARD_H

#include "services/metrics/indicator.h"

#define VALUE_BOARD_MAX ((size_t)YEARS_MAX * INDICATOR_COUNT)

struct value_board;

struct board_change {
	int year;
	enum indicator indicator;
	const struct indicator_value *value;
};

struct value_board *value_board_new(void);
void value_board_destroy(struct value_board **board);

/* A value as it was saved. False: no such year. */
bool value_board_load(struct value_board *board, int year, enum indicator indicator,
                      const struct indicator_value *value) MUST_CHECK;
/* NULL when nothing is known of it. */
const struct indicator_value *value_board_find(const struct value_board *board, int year, enum indicator indicator);

/* Computes the touched years of the state; what differs stands among the changes, in the order of year and indicator,
 * until value_board_clear_changes. The state's own changes are not cleared. */
void value_board_update(struct value_board *board, const struct region_state *state);
size_t value_board_changes_count(const struct value_board *board);
struct board_change value_board_change_at(const struct value_board *board, size_t at);
void value_board_clear_changes(struct value_board *board);

#endif
