/* ranking_table: the values while the stages of RATING.md section 2 work on them, and the notes they leave.
 *
 * Columns lie one after another; units are put so that each period of a panel, and so each frame (the units a value is
 * compared with when it is normalised), is a run of rows. Missing is NaN; the logarithm of 0 is -inf (see
 * ranking_transform.h). Nothing happens silently: what a stage does to an indicator is noted. */
#ifndef EFFREG_RANKING_TABLE_H
#define EFFREG_RANKING_TABLE_H

#include "services/ranking/ranking_methodology.h"

#define RANKING_UNITS_MAX 10000000

/* A table as it was read; columns one after another. Pointers for what the methodology does not name may be NULL. */
struct ranking_input {
	size_t units;
	const char *const *codes;     /* units */
	const double *values;         /* indicators × units, finite or NaN */
	const double *denominators;   /* methodology->denominators × units, finite or NaN */
	const uint32_t *groups;       /* methodology->group_columns × units: 0 = none, else the group's number */
	const uint32_t *periods;      /* units: 0..period_count-1; for a panel */
	size_t period_count;
};

/* What an indicator tells in its best frame. */
enum ranking_indicator_state {
	RANKING_INDICATOR_VARIES,
	RANKING_INDICATOR_CONSTANT,
	RANKING_INDICATOR_EMPTY,     /* nobody has it */
};

enum ranking_note_kind {
	RANKING_NOTE_CONSTANT,        /* an indicator told nobody apart: everyone has the middle */
	RANKING_NOTE_EMPTY,           /* nobody has the indicator */
	RANKING_NOTE_NO_LOGARITHM,    /* count values: below 0, or 0 where a finite number is needed; they are missing */
	RANKING_NOTE_NO_DENOMINATOR,  /* count values: divided by nothing or 0; they are missing */
	RANKING_NOTE_IMPUTED,         /* count values filled in */
	RANKING_NOTE_WINSORISED,      /* count values pulled in */
	RANKING_NOTE_LOG_INSTEAD,     /* too many outliers: the logarithm was taken instead */
	RANKING_NOTE_NO_REFERENCE,    /* the reference unit has no value, or the lowest: the indicator is missing */
	RANKING_NOTE_TARGET_REACHED,  /* everyone stands at the target or beyond: everyone has 1 */
	RANKING_NOTE_NODE_IMPUTED,    /* count values of a node filled in */
	RANKING_NOTE_NODE_NEGATIVE,   /* count units with a negative child under a mean that has none: the node is missing */
};

struct ranking_note {
	enum ranking_note_kind kind;
	size_t index;   /* of the indicator or node */
	size_t period;  /* or METHODOLOGY_NONE: all of them */
	size_t count;
};

/* A run of rows. */
struct ranking_rows {
	size_t first, end;
};

/* What an indicator is held against, after the transform and sign of its frame. */
struct ranking_goals {
	double goalposts[2];
	double target;
};

/* Members are read by the stages; only they write. */
struct ranking_table {
	struct arena *arena;
	const struct methodology *methodology;
	size_t units;
	double *values;               /* indicators × units */
	const double *denominators;
	const uint32_t *groups;
	const size_t *rows;           /* of the input, by row of the table; NULL = the same */
	const struct ranking_rows *periods;  /* units are ranked within these */
	size_t period_count;
	const struct ranking_rows *frames;   /* and normalised within these */
	size_t frame_count;
	const size_t *references;     /* indicators × periods: the row of the reference unit, or METHODOLOGY_NONE */
	struct ranking_goals *goals;  /* frames × indicators */
	enum ranking_indicator_state *states;  /* indicators */
	double *scratch;              /* units */
	struct ranking_note *notes;
	size_t note_count, note_capacity;
};

/* Everything lives in arena. INVALID (code "reference", pointer to the methodology's member) when a reference unit is not
 * in the table, TOO_LARGE over RANKING_UNITS_MAX. */
enum status ranking_table_new(struct arena *arena, const struct methodology *methodology,
                              const struct ranking_input *input, struct ranking_table **ret_table,
                              struct fault *fault) MUST_CHECK;

static inline double *ranking_table_column(const struct ranking_table *table, size_t indicator)
{
	return &table->values[indicator * table->units];
}

static inline size_t ranking_table_row(const struct ranking_table *table, size_t row)
{
	return table->rows == NULL ? row : table->rows[row];
}

/* Notes nothing for a count of 0. */
void ranking_table_note(struct ranking_table *table, enum ranking_note_kind kind, size_t index, size_t frame, size_t count);

#endif
