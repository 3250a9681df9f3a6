/* cell: what the entities of a region contribute, by definition, subject and month, and the figures that follow.
 *
 * A period is a union of months: a flow is what its months hold, a stock all that the months up to its end hold. Sums are
 * exact integers and samples are kept, so taking a contribution off leaves nothing behind: what the cells hold depends on
 * the entities alone, not on the way they came about.
 *
 * Stocks stand in every period up to the horizon (the last December that events speak of) and at most
 * CELL_STOCK_YEARS back, so that no date makes thousands of figures. */
#ifndef EFFREG_METRICS_CELL_H
#define EFFREG_METRICS_CELL_H

#include "common/calendar.h"
#include "services/metrics/contribution.h"
#include "services/metrics/figure.h"

#define CELL_STOCK_YEARS 12
#define CELL_NO_HORIZON  (-1)

struct cells;

/* Which subjects are kept: bits 1 << enum subject_kind. */
#define CELLS_STORED ((1u << SUBJECT_REGION) | (1u << SUBJECT_AUTHORITY) | (1u << SUBJECT_OTHER_REGION))
#define CELLS_ALL    ((1u << SUBJECT_KIND_COUNT) - 1)

/* Borrows definitions. hash_seed: a number nobody outside knows. Fresh; give back with cells_destroy. */
struct cells *cells_new(const struct definitions *definitions, unsigned subjects, uint64_t hash_seed);
void cells_destroy(struct cells **cells);
size_t cells_bytes(const struct cells *cells);  /* of memory, about */

/* ---- Filling: what stands already, without asking what changes ---- */

void cells_load(struct cells *cells, enum entity_kind kind, const char *id, const struct json *attributes, struct arena *scratch);
void cells_set_horizon(struct cells *cells, int month_last);

/* ---- A turn ---- */

struct cell_change {
	const struct definition *definition;
	const char *subject;
	struct calendar_period period;
	struct figure figure;  /* empty: nothing is to be told any more */
};
typedef void cell_change_fn(void *context, const struct cell_change *change);

/* Notes what an entity contributes now in place of before (either may be NULL); memory from arena, until cells_turn. Texts of
 * before and after must live until then too. */
void cells_replace(struct cells *cells, enum entity_kind kind, const char *id, const struct json *before, const struct json *after,
                   struct arena *arena);
/* Carries out what was noted and the new horizon (never below the one before), and tells every stored figure that differs, in an
 * order that depends on what was noted only. */
void cells_turn(struct cells *cells, int month_last, struct arena *arena, cell_change_fn *emit, void *context);
/* Tells every figure there is. */
void cells_emit_all(struct cells *cells, struct arena *arena, cell_change_fn *emit, void *context);

/* ---- Asking ---- */

/* Any period, also those beyond the horizon that are never stored. */
struct figure cells_figure(struct cells *cells, const struct definition *definition, const char *subject, struct calendar_period period);
/* As it is stored: empty beyond the horizon. */
struct figure cells_stored_figure(struct cells *cells, const struct definition *definition, const char *subject, struct calendar_period period);

/* Whether a figure of this subject and length is stored: of a region and of what is told of others every length, of an authority the year
 * (a region has a hundred of them, and most of their months, quarters and halves nobody asks for); all others are made when asked. */
bool cell_is_stored(enum subject_kind kind, enum calendar_length length);

#endif
