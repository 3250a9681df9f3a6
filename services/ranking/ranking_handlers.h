/* ranking_handlers: the turns of the ranking service: mark what changed, compute what is marked or asked for.
 *
 * A turn of the metric stream only marks periods; computing is a transaction of its own, so a burst of turns costs one
 * computation. The live rating of all regions in a year is computed after every change and kept; that of any other cohort,
 * and of months, quarters and halves, is computed when somebody asks for it, from the same figures: a hundred leagues and
 * periods cost nothing while nobody looks. */
#ifndef EFFREG_RANKING_HANDLERS_H
#define EFFREG_RANKING_HANDLERS_H

#include "common/stream.h"
#include "services/ranking/ranking_store.h"

/* Weights drawn for the interval of a place: fewer while the rating is provisional and changes every second. */
extern const struct ranking_sampling RANKING_SAMPLING_LIVE;
extern const struct ranking_sampling RANKING_SAMPLING_PUBLISHED;

struct ranking_handlers {
	struct db *db;
	struct arena *arena;                    /* one piece of work; reset by whoever begins it */
	struct arena *methodology_arena;        /* as long as the process */
	const struct methodology *methodology;
	struct span methodology_text;           /* the file, byte for byte */
	char methodology_digest[SHA256_HEX_SIZE];
	struct ranking_cohorts cohorts;
	bool marked;                            /* a turn has marked periods since this was last cleared */
};

/* Reads and checks the methodology and the cohorts (cohorts_file NULL: all regions alone). Fresh; STATUS of
 * ambient_read_file, json_parse, methodology_read and ranking_cohorts_read, fault. */
enum status ranking_handlers_new(struct db *db, const char *methodology_file, const char *cohorts_file,
                                 struct ranking_handlers **ret_handlers, struct fault *fault) MUST_CHECK;
void ranking_handlers_destroy(struct ranking_handlers **handlers);

/* Marks the live results of another methodology: at start. */
enum status ranking_handlers_mark_stale(struct ranking_handlers *handlers) MUST_CHECK;

/* A turn of the metric stream: stream_consumer_options.apply. */
enum status ranking_handlers_apply(void *context, const struct stream_turn *turn);

/* Computes the live rating that has been due longest (or that of period, when it is due). ret_computed: there was
 * one. */
enum status ranking_handlers_recompute(struct ranking_handlers *handlers, const char *period,
                                       bool *ret_computed) MUST_CHECK;

/* What is computed when somebody asks. */
struct ranking_wish {
	const struct ranking_cohort *cohort;
	const char *period;
	const char *cutoff;                       /* as in ranking_question */
	const struct ranking_sampling *sampling;
};

/* Whether the live rating is kept, or computed when it is asked for. */
bool ranking_handlers_keeps(const struct ranking_cohort *cohort, const char *period);

/* Loads what the rating needs and computes it, inside the caller's transaction; everything lives in handlers->arena.
 * ret_unsettled: a region that is behind, and *ret_run is NULL then; NULL when it does not matter. Besides db.h's and ranking_compute's statuses
 * NOT_FOUND (code not_found): the period has no figures, or the cohort no members. */
enum status ranking_handlers_compute(struct ranking_handlers *handlers, const struct ranking_wish *wish,
                                     const struct ranking_run **ret_run, const char **ret_unsettled,
                                     struct fault *fault) MUST_CHECK;

/* Ends a transaction: commits when all went well, else rolls back and hands the first failure on. */
enum status ranking_handlers_end(struct ranking_handlers *handlers, enum status status) MUST_CHECK;

#endif
