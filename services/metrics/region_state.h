/* region_state: what is known of one region: every event as a record, and what follows from them: its projects,
 * authorities, headcounts, trainings, practices, and since when it takes part.
 *
 * A record holds what its event said and the correction or withdrawal that holds for it: the last in the order of events
 * among all that name it; one that names another type than the event's has no effect. A later correction takes a
 * withdrawal back. Each entity is the fold of the records in effect that speak of it, in the order of events
 * (fact.h): so the state depends on the set of events only, not on the order of arrival nor on how often they come.
 * What a correction moves to another entity is folded there too. Which rows changed, and which years' indicators that touches, is remembered until
 * region_state_clear_changes, so that only these are saved and computed again.
 *
 * Years: a fact that counts in an indicator must lie in YEAR_MIN..YEAR_MAX. The years of a region run from the first to
 * the last in which any event ever placed such a fact, also one that a later event replaced: they never shrink, so they
 * do not depend on the order of arrival either. */
#ifndef EFFREG_METRICS_REGION_STATE_H
#define EFFREG_METRICS_REGION_STATE_H

#include "services/metrics/event_detail.h"
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
#define REGION_RECORDS_MAX     4000000
#define REGION_ENTITIES_MAX    1000000

/* The tables and the rows they hold. */
enum region_table {
	REGION_PROJECT,            /* struct project */
	REGION_PROJECT_INDICATOR,  /* struct project_indicator */
	REGION_AUTHORITY,          /* struct authority */
	REGION_HEADCOUNT,          /* struct headcount */
	REGION_TRAINING,           /* struct training */
	REGION_PRACTICE,           /* struct practice */
	REGION_RECORD,             /* struct record */
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
	struct fact published;    /* its time is when it was published; not known while it is registered only */
};

/* What the events in effect say of one entity; made by the first that names it. */
struct entity {
	struct row row;           /* key: kind/id */
	enum entity_kind kind;
	struct row *typed;        /* the row that is folded from it; NULL = its facts stand for themselves */
	struct record **records;  /* in effect, in the order of events */
	size_t records_count;
	size_t records_capacity;
};

/* What one side says: the event itself, or the correction that holds. */
struct statement {
	struct fact place;            /* of the event that says it; not known = nobody has */
	enum event_type type;
	struct event_detail *detail;  /* NULL = withdrawn */
	struct entity *entity;        /* NULL = withdrawn */
	char *text;                   /* data as canonical JSON; NULL once saved */
};

struct record {
	struct row row;           /* key: the event's id; exists before the event when a correction comes first */
	struct statement own;
	struct statement changed;
	struct entity *linked;    /* where it is in effect; NULL = nowhere */
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

/* The statement of a record that is in effect, if any. */
const struct statement *record_in_effect(const struct record *record);

/* ---- For loading what was saved: records in the order of events, then region_state_load_end ---- */

struct participation *region_state_load_participation(struct region_state *state);  /* fill the years only */
/* A source's text that lives as long as the state; NULL past the maximum. */
const char *region_state_load_source(struct region_state *state, const char *source);
/* NULL past the table's maximum. The caller fills place and type of its statements. */
struct record *region_state_load_record(struct region_state *state, const char *id);
/* What a statement of known type says. False: data that this program cannot hold. */
bool region_state_load_statement(struct region_state *state, struct statement *statement,
                                 const struct json *data) MUST_CHECK;
/* Puts every record in its place, folds every entity and forgets what changed. */
void region_state_load_end(struct region_state *state);

#endif
