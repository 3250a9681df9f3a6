/* ranking_handlers: the turns of the ranking service: mark what changed, compute what is marked, publish.
 *
 * A turn of the metric stream only marks periods; computing is a transaction of its own, so a burst of turns costs one
 * computation. A publication computes afresh in its own transaction and refuses to speak while anything is behind. */
#ifndef EFFREG_RANKING_HANDLERS_H
#define EFFREG_RANKING_HANDLERS_H

#include "common/stream.h"
#include "services/ranking/ranking_store.h"

#define RANKING_COHORT_ALL "all"

struct ranking_handlers {
	struct db *db;
	struct arena *arena;                    /* one piece of work; reset by whoever begins it */
	struct arena *methodology_arena;        /* as long as the process */
	const struct methodology *methodology;
	struct span methodology_text;           /* the file, byte for byte */
	char methodology_digest[SHA256_HEX_SIZE];
};

/* Reads and checks the methodology file. Fresh; STATUS of ambient_read_file, json_parse and methodology_read, fault. */
enum status ranking_handlers_new(struct db *db, const char *methodology_file, struct ranking_handlers **ret_handlers,
                                 struct fault *fault) MUST_CHECK;
void ranking_handlers_destroy(struct ranking_handlers **handlers);

/* Marks the live results of another methodology: at start. */
enum status ranking_handlers_mark_stale(struct ranking_handlers *handlers) MUST_CHECK;

/* A turn of the metric stream: stream_consumer_options.apply. */
enum status ranking_handlers_apply(void *context, const struct stream_turn *turn);

/* Computes the live rating that has been due longest (or that of period, when it is due). ret_computed: there was
 * one. */
enum status ranking_handlers_recompute(struct ranking_handlers *handlers, const char *period,
                                       bool *ret_computed) MUST_CHECK;

struct ranking_order {
	const char *cohort;
	const char *period;
	const char *kind;       /* "interim" or "final" */
	const char *digest;     /* the result_digest it must have, or NULL */
	const char *key;        /* who publishes */
	int64_t now_us;
};

struct ranking_outcome {
	struct ranking_published published;
	bool unchanged;         /* the newest run of this kind has the same result: nothing was written */
	uint64_t seq;           /* of the record on the rating stream; 0 when unchanged */
};

/* Transient statuses may be repeated: publishing twice is publishing once. Refusals are STATUS_CONFLICT with the codes
 * not_settled and digest_mismatch, NOT_FOUND when the period has no figures. Texts of the outcome live in
 * handlers->arena. */
enum status ranking_handlers_publish(struct ranking_handlers *handlers, const struct ranking_order *order,
                                     struct ranking_outcome *ret_outcome, struct fault *fault) MUST_CHECK;

#endif
