/* ranking_query: the questions of the query socket: rating.get, rating.history, rating.cohorts,
 * rating.methodology, rating.prepare, rating.publish.
 *
 * Request: one frame, {"id", "method", "params"}. Answer: {"id", "status": "ok" | "error"}, for an error with "code",
 * "text" and perhaps "pointer", and a body, the JSON document or nothing. Codes: bad_request, unknown_method,
 * forbidden, unknown_cohort, unknown_region, not_found, not_settled, digest_mismatch, bad_signature, unavailable (try
 * again), internal. */
#ifndef EFFREG_RANKING_QUERY_H
#define EFFREG_RANKING_QUERY_H

#include "services/ranking/ranking_publish.h"

#define RANKING_ID_BYTES_MAX 128

struct ranking_query {
	struct ranking_handlers *handlers;
	/* A rating went out; seq is its record's on the rating stream. May be NULL. */
	void (*published)(void *context, const char *cohort, uint64_t seq);
	void *context;
};

/* Answers the request of the key's holder: header and body are appended. Resets handlers->arena. */
void ranking_query_answer(struct ranking_query *query, const char *key, struct span request, int64_t now_us,
                          struct buf *header, struct buf *body);

#endif
