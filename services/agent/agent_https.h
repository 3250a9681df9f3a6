/* agent_https: the second road to the centre, for where ZeroMQ is blocked: POST /api/v1/events of the gateway, over HTTPS.
 *
 * One request after another for each source; what to send, and what an answer means for the spool, is agent_roads' business. The
 * bytes of every event arrive as they are, so that over either road it is the same event. */
#ifndef EFFREG_AGENT_HTTPS_H
#define EFFREG_AGENT_HTTPS_H

#include "common/loop.h"
#include "services/agent/agent_spool.h"

struct agent_https;

enum https_kind {
	HTTPS_DONE,      /* message holds: of ask the log (push_parse_log), of push the receipt (push_parse_receipt) */
	HTTPS_MISMATCH,  /* of push: the log is not what the witness says; nothing was stored. Ask */
	HTTPS_REFUSED,   /* no repetition helps until somebody has mended something: fault says what */
	HTTPS_LATER,     /* nothing is known to be stored: the same again later, not before wait_ms where it is not 0; fault says why */
};

struct https_answer {
	enum https_kind kind;
	struct push_message message;
	int64_t wait_ms;
	struct fault fault;
};

/* The answer holds until fn returns. */
typedef void https_fn(void *context, const struct https_answer *answer);

/* url: of the gateway, https://host[:port]; ca_file NULL = the system's certificates. INVALID or UNAVAILABLE with fault. */
enum status agent_https_new(struct loop *loop, const char *url, const char *token, const char *ca_file, struct agent_https **ret_https,
                            struct fault *fault) MUST_CHECK;
void agent_https_destroy(struct agent_https **https);  /* what is under way ends without a call */

/* How the log stands, with the witness of memory. Each calls fn once, later. */
void agent_https_ask(struct agent_https *https, const char *source, const struct push_memory *memory, https_fn *fn, void *context);
/* Sends the first events of the batch, as many as one request can carry byte for byte: returns how many, at least one. */
size_t agent_https_push(struct agent_https *https, const struct push_batch *batch, const struct push_memory *memory, https_fn *fn,
                        void *context) MUST_CHECK;

#endif
