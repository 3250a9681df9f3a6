/* ranking_store: every SQL statement of the ranking service, one function for each question.
 *
 * Everything runs inside the transaction its caller began. Statuses are those of db.h, and NOT_FOUND where there is
 * nothing to find. Texts live in the arena given. */
#ifndef EFFREG_RANKING_STORE_H
#define EFFREG_RANKING_STORE_H

#include "common/db.h"
#include "common/ident.h"
#include "services/ranking/ranking_cohort.h"
#include "services/ranking/ranking_document.h"

#define RANKING_CONSUMER         "ranking"
#define RANKING_METRICS_CONSUMER "metrics"  /* its cursor says how far the figures reach */

/* ---- what is due ---- */

/* This transaction writes only what follows from the metric stream: its commit does not wait for the disk. Cursor, marks and
 * live results vanish together, and are made again. Later (db_run_later), as what marks and saves below. */
enum status ranking_store_begin_derived(struct db *db) MUST_CHECK;

/* Remembers that (cohort, each of periods) must be computed again. Waits for a transaction that is computing one of
 * them now, so that no mark is lost. */
enum status ranking_store_mark_due(struct db *db, struct arena *arena, const char *cohort, const char *const *periods,
                                   size_t count) MUST_CHECK;
/* The same for periods in which a region has joined, or not any more, and for every live period after them: that is carried
 * forward. */
enum status ranking_store_mark_changed(struct db *db, struct arena *arena, const char *cohort,
                                       const char *const *periods, size_t count) MUST_CHECK;
/* Marks every live result that another methodology file computed. */
enum status ranking_store_mark_stale(struct db *db, const char *methodology_digest) MUST_CHECK;
/* Takes the oldest mark that no other transaction holds: of that period, or of any when period is NULL. */
enum status ranking_store_take_due(struct db *db, struct arena *arena, const char *cohort, const char *period,
                                   const char **ret_period) MUST_CHECK;
/* Puts a mark behind the others, so that one that cannot be computed does not hold them up. */
enum status ranking_store_postpone_due(struct db *db, const char *cohort, const char *period) MUST_CHECK;
enum status ranking_store_is_due(struct db *db, const char *cohort, const char *period, bool *ret_due) MUST_CHECK;

/* ---- what a rating is computed from ---- */

struct ranking_regions {
	struct ranking_region *regions;  /* all of the registry, by region code */
	size_t count;
	const char *unsettled;           /* a region whose figures or marks are behind its log, or NULL */
};

struct ranking_question {
	const struct methodology *methodology;
	const struct ranking_cohort *cohort;  /* whose previous places, newcomers and sizes */
	const char *period;
	const char *cutoff;                   /* {"20000000": "17", …}: settled is who was read that far; NULL: to the heads
	                                         of the logs, with nothing left to be marked */
};

/* All regions, whatever the cohort. In one statement, so that every region's figures, seq and head belong together. */
enum status ranking_store_load_regions(struct db *db, struct arena *arena, const struct ranking_question *question,
                                       struct ranking_regions *ret_regions) MUST_CHECK;
/* The authorities of the cohort's region; ratings of them are by year, as their figures are stored. */
enum status ranking_store_load_authorities(struct db *db, struct arena *arena, const struct ranking_question *question,
                                           struct ranking_regions *ret_regions) MUST_CHECK;
/* Whether any region has a figure of the period. */
enum status ranking_store_has_figures(struct db *db, const char *period, bool *ret_has) MUST_CHECK;
/* How far each log goes now: {"20000000": "17", …}, without empty ones. */
enum status ranking_store_load_heads(struct db *db, struct arena *arena, const char **ret_heads) MUST_CHECK;

/* ---- results ---- */

enum status ranking_store_save_live(struct db *db, struct arena *arena, const struct ranking_run *run,
                                    const char *methodology_digest) MUST_CHECK;

enum status ranking_store_load_live_periods(struct db *db, struct arena *arena, const char *cohort,
                                            const char *const **ret_periods, size_t *ret_count) MUST_CHECK;

/* Holds every other publication of the cohort back until the transaction ends. */
enum status ranking_store_lock_cohort(struct db *db, const char *cohort) MUST_CHECK;

/* Which edition is asked for. */
struct ranking_request {
	const char *cohort;
	const char *period;
	const char *kind;   /* NULL = final before interim */
	int64_t revision;   /* 0 = the newest */
};

struct ranking_published {
	const char *kind;
	int64_t revision;
	const char *result_digest;
	const char *document_digest;
	const char *document;
};

enum status ranking_store_find_published(struct db *db, struct arena *arena, const struct ranking_request *request,
                                         struct ranking_published *ret_published) MUST_CHECK;
/* The file that the edition was computed by, as text. */
enum status ranking_store_find_methodology(struct db *db, struct arena *arena, const struct ranking_request *request,
                                           const char **ret_text) MUST_CHECK;
enum status ranking_store_find_live(struct db *db, struct arena *arena, const char *cohort, const char *period,
                                    const char **ret_document) MUST_CHECK;
/* What a run is stored with beside what its document says. */
struct ranking_publication {
	int64_t published_us;          /* the edition's published_time as an instant */
	struct span methodology_text;
	const char *cutoff;            /* the seqs that had to be reached, or NULL */
};

/* The run and a row for each region or authority. */
enum status ranking_store_insert_run(struct db *db, struct arena *arena, const struct ranking_run *run,
                                     const struct ranking_edition *edition,
                                     const struct ranking_publication *publication) MUST_CHECK;

/* [{"period", "kind", "revision", "place", "score", "result_digest"}]: oldest period first, then as published. */
enum status ranking_store_load_history(struct db *db, struct buf *buf, const char *cohort,
                                       const char *region) MUST_CHECK;

/* ---- who and where ---- */

/* OKTMO or ISO code → OKTMO code. */
enum status ranking_store_find_region(struct db *db, const char *code, char ret_region[OKTMO_TEXT_SIZE]) MUST_CHECK;
/* The role of a key that is not revoked, NOT_FOUND otherwise. */
enum status ranking_store_find_role(struct db *db, struct arena *arena, const char *public_key,
                                    const char **ret_role) MUST_CHECK;

#endif
