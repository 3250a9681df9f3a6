/* ranking_publish: from a live rating to a frozen one (RATING.md section 4).
 *
 * A publication has a cut-off: how far each log must have been read. Without one given, that is to the end of every log;
 * while events flow there is always one more, so whoever publishes first asks what the heads are (prepare), waits until
 * the figures have come that far, and publishes at that cut-off. Preparing also shows the document as it will stand, so
 * that the publisher can sign its digest: the signing key never leaves the publisher. A run is computed afresh in the
 * transaction that freezes it; a document that would differ by one digit from the signed one is refused. */
#ifndef EFFREG_RANKING_PUBLISH_H
#define EFFREG_RANKING_PUBLISH_H

#include "services/ranking/ranking_handlers.h"

#define RANKING_PUBLISH_AGE_MAX_S 600  /* how long a prepared document may be published */

struct ranking_order {
	const struct ranking_cohort *cohort;
	const char *period;
	const char *kind;            /* "interim" or "final" */
	const char *digest;          /* the result_digest it must have, or NULL */
	const char *cutoff;          /* as in ranking_question; NULL = to the end of every log */
	const char *published_time;  /* of a prepared document; NULL = now */
	const char *public_key;      /* hex, of who signs, or NULL */
	const char *signature;       /* hex, over the document_digest; NULL with public_key: it is only prepared */
	const char *key;             /* who publishes */
	int64_t now_us;
};

struct ranking_prepared {
	const char *cutoff;          /* the order's, or the heads now */
	const char *document;        /* unsigned, as it would be published; NULL: figures have not come that far yet */
	const char *waits_for;       /* a region that is behind, while there is no document */
};

/* Changes nothing. Refusals are those of publishing, but for not_settled. */
enum status ranking_prepare(struct ranking_handlers *handlers, const struct ranking_order *order,
                            struct ranking_prepared *ret_prepared, struct fault *fault) MUST_CHECK;

struct ranking_outcome {
	struct ranking_published published;
	bool unchanged;              /* the newest run of this kind has the same result: nothing was written */
	uint64_t seq;                /* of the record on the rating stream; 0 when unchanged */
};

/* Transient statuses may be repeated: publishing twice is publishing once. Refusals: STATUS_CONFLICT with the codes
 * not_settled and digest_mismatch, FORBIDDEN (bad_signature), INVALID (bad_request) for a published_time too far from now,
 * NOT_FOUND when the period has no figures or the cohort no members. Texts of the outcome live in handlers->arena. */
enum status ranking_publish(struct ranking_handlers *handlers, const struct ranking_order *order,
                            struct ranking_outcome *ret_outcome, struct fault *fault) MUST_CHECK;

#endif
