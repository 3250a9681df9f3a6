/* intake_core: what intake decides, without a socket or a database: the session's states, who may write what, how a
 * body is cut into events, what an answer says. */
#ifndef EFFREG_INTAKE_CORE_H
#define EFFREG_INTAKE_CORE_H

#include "common/arena.h"
#include "common/crypto.h"
#include "common/envelope.h"
#include "common/push.h"
#include "common/status.h"

/* What a key may do, as stored in effreg.client_key. */
struct intake_rights {
	char region[OKTMO_TEXT_SIZE];  /* role region: its own; bearer: its token's; gateway and coordinator: "" = the one a session names */
	bool is_bearers;               /* role bearer: the centre's own gateway */
	bool lacks_token;              /* a bearer's key, without a token that is valid: it may not write */
	bool is_coordinator;           /* writes the coordinator's types (verification.*, dispute.*), and only these */
	const char *const *sources;    /* NULL = any */
	size_t sources_count;
};

/* The session's life (one row a state, every message in every state; see intake_core.c for the picture). */
enum intake_state { INTAKE_NEW, INTAKE_OPEN, INTAKE_FAILED, INTAKE_CLOSED };
enum intake_action {
	INTAKE_GREET,     /* check HELLO, answer WELCOME */
	INTAKE_STORE,     /* a batch: check its number, append, answer ACK */
	INTAKE_DROP,      /* sent before the sender saw our NACK: say nothing, it comes again */
	INTAKE_PONG,
	INTAKE_FORGET,    /* the client left */
	INTAKE_REFUSE,    /* BYE no_session */
};
/* type: what push_parse_request lets through. */
enum intake_action intake_decide(enum intake_state state, enum push_type type);

/* Batches of a session come in order, each once. expected is the next one; going_back: since a NACK it has not come yet. */
enum intake_batch_verdict { INTAKE_BATCH_TAKE, INTAKE_BATCH_EARLY, INTAKE_BATCH_BAD };
enum intake_batch_verdict intake_judge_batch(uint64_t expected, uint64_t batch, bool going_back);

/* Cuts body by sizes. INVALID (code bad_frames) when they do not add up to it. events has count elements. */
enum status intake_slice(struct span body, const uint32_t *sizes, size_t count, struct span *events, struct fault *fault) MUST_CHECK;

/* A refused event on its way to quarantine. */
struct intake_refusal {
	const struct intake_refusal *next;
	struct span body;
	struct sha256 digest;
	struct fault fault;
	char event_id[UUID_TEXT_SIZE];
	bool has_stored_digest;        /* a conflict */
	struct sha256 stored_digest;
};

/* What of an event the rights of its key decide about; it outlives the event's tree. source is borrowed from the envelope. */
struct intake_claim {
	char region[OKTMO_TEXT_SIZE];
	bool is_coordinators;          /* its type is the coordinator's; a correction is judged by the type it corrects */
	const char *source;
};
struct intake_claim intake_claim_of(const struct envelope *envelope);

/* May a session of region with rights write what claims this? FORBIDDEN with code forbidden_region, forbidden_type or
 * forbidden_source. */
enum status intake_check_rights(const struct intake_rights *rights, const char *region, const struct intake_claim *claim,
                                struct fault *fault) MUST_CHECK;

/* The region a HELLO opens: its own for a region's key, the named one for a gateway's. FORBIDDEN with code forbidden_region. */
enum status intake_choose_region(const struct intake_rights *rights, const char *named, char region[OKTMO_TEXT_SIZE],
                                 struct fault *fault) MUST_CHECK;

/* ---- Fairness: numbers only; who is served when is intake_region's ---- */

#define INTAKE_REGION_CREDIT_BATCHES 16

/* Batches that one of so many sessions of a region may have unacknowledged: all of them together no more than
 * INTAKE_REGION_CREDIT_BATCHES, none less than one or more than PUSH_CREDIT_BATCHES. */
uint64_t intake_credit_share(size_t sessions);

/* What a session gets back, so that what it holds and what is unacknowledged come to its share again, and no more. */
uint64_t intake_credit_due(uint64_t share, uint64_t held, uint64_t unacknowledged);

/* How long a region rests after so many failures in a row (1 = the first). */
int64_t intake_backoff_ms(unsigned failures);

/* So many a second, of a region's events or a key's HELLOs: a bucket, in thousandths of one. */
struct intake_pace {
	int64_t level;
	int64_t at_ms;                 /* monotonic; 0 = never used: full */
};
/* 0: so many were taken out of it. Else how many ms until they could be, and nothing was taken. per_s 0 = no limit; at_once is what a
 * full bucket holds. */
int64_t intake_pace_take(struct intake_pace *pace, int64_t per_s, int64_t at_once, size_t count, int64_t now_ms);

#endif
