#include "services/metrics/value_board.h"

#include <stdlib.h>

struct cell {
	struct indicator_value value;
	bool known;
	bool changed;
};

struct value_board {
	struct cell cells[VALUE_BOARD_MAX];  /* [year][indicator] */
	size_t changes[VALUE_BOARD_MAX];     /* numbers of cells */
	size_t changes_count;
};

struct value_board *value_board_new(void)
{
	struct value_board *board = calloc(1, sizeof *board);
	ASSERT(board != NULL);
	return board;
}

void value_board_destroy(struct value_board **board)
{
	free(*board);
	*board = NULL;
}

static bool cell_number(int year, enum indicator indicator, size_t *ret_number)
{
	*ret_number = (size_t)(year - YEAR_MIN) * INDICATOR_COUNT + indicator;
	return year >= YEAR_MIN && year <= YEAR_MAX;
}

bool value_board_load(struct value_board *board, int year, enum indicator indicator,
                      const struct indicator_value *value)
{
	size_t number;
	if (!cell_number(year, indicator, &number))
		return false;
	board->cells[number] = (struct cell){.value = *value, .known = true};
	return true;
}

const struct indicator_value *value_board_find(const struct value_board *board, int year, enum indicator indicator)
{
	size_t number;
	if (!cell_number(year, indicator, &number) || !board->cells[number].known)
		return NULL;
	return &board->cells[number].value;
}

static void cell_set(void *context, int year, enum indicator indicator, const struct indicator_value *value)
{
	struct value_board *board = context;
	size_t number;
	bool found = cell_number(year, indicator, &number);
	ASSERT(found);
	struct cell *cell = &board->cells[number];
	if (cell->known && indicator_value_equal(&cell->value, value))
		return;
	if (!cell->changed)
		board->changes[board->changes_count++] = number;
	*cell = (struct cell){.value = *value, .known = true, .changed = true};
}

void value_board_update(struct value_board *board, const struct region_state *state)
{
	indicators_compute(state, cell_set, board);
}

size_t value_board_changes_count(const struct value_board *board)
{
	return board->changes_count;
}

struct board_change value_board_change_at(const struct value_board *board, size_t at)
{
	ASSERT(at < board->changes_count);
	size_t number = board->changes[at];
	return (struct board_change){
		.year = YEAR_MIN + (int)(number / INDICATOR_COUNT),
		.indicator = (enum indicator)(number % INDICATOR_COUNT),
		.value = &board->cells[number].value,
	};
}

void value_board_clear_changes(struct value_board *board)
{
	for (size_t i = 0; i < board->changes_count; i++)
		board->cells[board->changes[i]].changed = false;
	board->changes_count = 0;
}
