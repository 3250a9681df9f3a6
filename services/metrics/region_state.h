/* region_state: what is known of one region: its projects, authorities, headcounts, trainings, practices, and since
 * when it takes part.
 *
 * Events may come in any order and more than once: every fact holds what the last event in the order of events says
 * (fact.h), so the state depends on the set of events only. What an event says of something not yet known makes the
 * row in the meantime. Which rows changed, and which years' indicators that touches, is remembered until
 * region_state_clear_changes, so that only these are saved and computed again.
 *
 * Years: a fact that counts in an indicator must lie in YEAR_MIN..YEAR_MAX. The years of a region run from the first to
 * the last in which any event ever placed such a fact, also one that a later event replaced: they never shrink, so they
 * do not depend on the order of arrival either. */
#ifndef EFFREG_METRICS_REGION_STATE_H
#define EFFREG_METRICS_REGION_STATE_H

#include "services/metrics/project.h"

#define YEAR_MIN  1990
#define YEAR_MAX  2089
#define YEARS_MAX (YEAR_MAX - YEAR_MIN + 1)

#define REGION_PROJECTS_MAX    100000
#define REGION_INDICATORS_MAX  400000
#define REGION_AUTHORITIES_MAX 100000
#define REGION_HEADCOUNTS_MAX  100000
#define REGION_TRAININGS_MAX   100000
#define REGION_PRACTICES_MAX   100000
#define REGION_SOURCES_MAX     10000

/* The tables and the rows they hold. */
enum region_table {
	REGION_PROJECT,            /* struct project */
	REGION_PROJECT_INDICATOR,  /* struct project_indicator */
	REGION_AUTHORITY,          /* struct authority */
	REGION_HEADCOUNT,          /* struct headcount */
	REGION_TRAINING,           /* struct training */
	REGION_PRACTICE,           /* struct practice */
	REGION_TABLE_COUNT,
};

struct headcount {
	struct row row;           /* key: authority/date; the whole region: /date */
	struct fact reported;
	bool whole_region;
	int64_t as_of_us;
	int64_t civil_servants;
};

struct training {
	struct row row;           /* key: the training */
	struct fact completed;
	int64_t completed_on_us;
	int64_t people;
};

struct practice {
	struct row row;           /* key: the practice */
	struct fact published;    /* its time is when it was published */
};

/* The one row of the region itself. */
struct participation {
	struct fact joined;
	int64_t joined_on_us;
	int year_first, year_last;  /* 0 = no fact yet */
	bool changed;
};

struct region_state;

/* Borrows units for its life. hash_seed: a number nobody outside knows. Fresh; give back with region_state_destroy. */
struct region_state *region_state_new(const char region[OKTMO_TEXT_SIZE], const struct unit_table *units,
                                      uint64_t hash_seed);
void region_state_destroy(struct region_state **state);
const char *region_state_region(const struct region_state *state);

/* Takes the event into account; borrows nothing of it. STATUS_POISON with fault for an event of another region, of an
 * unknown type or unit, with data that its schema should have refused, outside the years, or past a stated maximum;
 * the state may then hold rows without facts and has to be thrown away. */
enum status region_state_apply(struct region_state *state, const struct envelope *event,
                               struct fault *fault) MUST_CHECK;

const struct row_table *region_state_table(const struct region_state *state, enum region_table table);
const struct participation *region_state_participation(const struct region_state *state);
bool region_state_year_touched(const struct region_state *state, int year);
void region_state_clear_changes(struct region_state *state);

/* ---- For loading what was saved: the caller fills the row; nothing is marked changed ---- */

/* NULL past the table's maximum. */
struct project *region_state_load_project(struct region_state *state, const char *project);
struct project_indicator *region_state_load_indicator(struct region_state *state, const char *project,
                                                      const char *indicator);
struct authority *region_state_load_authority(struct region_state *state, const char *authority);
struct headcount *region_state_load_headcount(struct region_state *state, const char *authority, int64_t as_of_us);
struct training *region_state_load_training(struct region_state *state, const char *training);
struct practice *region_state_load_practice(struct region_state *state, const char *practice);
struct participation *region_state_load_participation(struct region_state *state);
/* A source's text that lives as long as the state; NULL past the maximum. */
const char *region_state_load_source(struct region_state *state, const char *source);
const struct unit *region_state_unit(const struct region_state *state, const char *code);

#endif
