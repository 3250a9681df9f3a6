/* cli_indicator_store: the statements that an indicator is told from. Statuses are those of db.h; texts live in arena. */
#ifndef EFFREG_CLI_INDICATOR_STORE_H
#define EFFREG_CLI_INDICATOR_STORE_H

#include "common/db.h"
#include "common/ident.h"

/* OKTMO or ISO code → OKTMO code; NOT_FOUND. */
enum status cli_indicator_store_find_region(struct db *db, const char *code, char ret_region[OKTMO_TEXT_SIZE]) MUST_CHECK;

/* What a region's figures are made from, as of one seq. */
struct indicator_entity {
	const char *kind, *id, *attributes, *seqs;  /* seqs: "{1,2}" */
};
struct indicator_region {
	struct indicator_entity *entities;
	size_t count;
	uint64_t seq;                               /* of the metrics cursor */
	const char *month_first, *month_last;       /* NULL = none */
};
enum status cli_indicator_store_load(struct db *db, struct arena *arena, const char *region, struct indicator_region *ret_region) MUST_CHECK;

/* What the others tell of a region: a row for each that does. */
struct indicator_told {
	const char *region, *numerator, *denominator, *observations, *value;
	uint64_t seq;
};
enum status cli_indicator_store_load_told(struct db *db, struct arena *arena, const char *region, const char *period, const char *code,
                                          struct indicator_told **ret_told, size_t *ret_count) MUST_CHECK;

/* Events by seq, in its order. seqs: "{1,2}". */
struct indicator_event {
	uint64_t seq;
	const char *id, *type, *time;
};
enum status cli_indicator_store_load_events(struct db *db, struct arena *arena, const char *region, const char *seqs,
                                            struct indicator_event **ret_events, size_t *ret_count) MUST_CHECK;

#endif
