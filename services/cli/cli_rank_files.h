/* cli_rank_files: what `effreg rank` reads: the methodology, the values, sets of weights.
 *
 * Everything lives in the arena given. A fault's text starts with file and line; its pointer, which may be empty, is into
 * the methodology. */
#ifndef EFFREG_CLI_RANK_FILES_H
#define EFFREG_CLI_RANK_FILES_H

#include "services/cli/cli_rank_csv.h"
#include "services/ranking/ranking_panel.h"
#include "services/ranking/ranking_replicate.h"

enum status rank_read_methodology(struct arena *arena, const char *path, const struct methodology **ret_methodology,
                                  struct fault *fault) MUST_CHECK;

/* Rows of the values in the order of the file. */
struct rank_values {
	struct ranking_input input;
	const char *const *periods;  /* units: the text in the panel's column; NULL without a panel */
};

/* The columns that the methodology names; others are left alone. An empty cell or NA is missing. INVALID also for a unit
 * that stands twice (in a panel: in one period). */
enum status rank_read_values(struct arena *arena, const char *path, const struct methodology *methodology,
                             struct rank_values *ret_values, struct fault *fault) MUST_CHECK;

/* The same, but an indicator, denominator or group that the file has no column for is missing everywhere. */
enum status rank_read_values_as_far(struct arena *arena, const char *path, const struct methodology *methodology,
                                    struct rank_values *ret_values, struct fault *fault) MUST_CHECK;
/* A methodology, and values by it. */
enum status rank_read_both(struct arena *arena, const char *methodology_path, const char *values_path,
                           const struct methodology **ret_methodology, struct rank_values *ret_values,
                           struct fault *fault) MUST_CHECK;

/* Of a panel the period `at`, by itself (ranking_panel.h): values keeps its rows alone, ret_methodology has no panel. Without a panel
 * at is NULL and nothing changes. INVALID (code "panel") when a panel is asked for no period, or a period of what is none; NOT_FOUND
 * (code "period") when no row is of it; UNSUPPORTED as there. */
enum status rank_take_period(struct arena *arena, const char *at, const struct methodology *methodology, struct rank_values *values,
                             const struct methodology **ret_methodology, struct fault *fault) MUST_CHECK;
#define RANK_AT_OPTION {"at", "PERIOD", NULL, NULL, "in a panel: which period is meant", "для панели: о каком периоде речь"}

/* Standard errors: the unit's code first, in a panel also its column, then columns named like indicators; an indicator without
 * a column, a unit without a row and an empty cell have no error. ret_errors: indicators × units of values. */
enum status rank_read_errors(struct arena *arena, const char *path, const struct methodology *methodology,
                             const struct rank_values *values, const double **ret_errors, struct fault *fault) MUST_CHECK;

struct rank_sets {
	const char *const *names;
	const struct ranking_weights *weights;
	size_t count;
};

/* A column `set`, then one for each indicator and node; what has no column (the root need not) keeps the methodology's
 * weight. */
enum status rank_read_sets(struct arena *arena, const char *path, const struct methodology *methodology,
                           struct rank_sets *ret_sets, struct fault *fault) MUST_CHECK;

#endif
