/* intake_core: what intake decides, without a socket or a database: the session's states, who may write what, how a
 * body is cut into events, what an answer says. */
#ifndef EFFREG_INTAKE_CORE_H
#define EFFREG_INTAKE_CORE_H

#include "common/arena.h"
#include "common/envelope.h"
#include "common/push.h"
#include "common/status.h"

/* What a key may do, as stored in effreg.client_key. */
struct intake_rights {
	char region[OKTMO_TEXT_SIZE];  /* role region: its own; roles gateway and coordinator: "" = the one a session names */
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
enum intake_batch { INTAKE_BATCH_TAKE, INTAKE_BATCH_EARLY, INTAKE_BATCH_BAD };
enum intake_batch intake_judge_batch(uint64_t expected, uint64_t batch, bool going_back);

/* Cuts body by sizes. INVALID (code bad_frames) when they do not add up to it. events has count elements. */
enum status intake_slice(struct span body, const uint32_t *sizes, size_t count, struct span *events, struct fault *fault) MUST_CHECK;

/* May a session of region with rights write this event? FORBIDDEN with code forbidden_region, forbidden_type or
 * forbidden_source. A correction is judged by the type it corrects. */
enum status intake_check_rights(const struct intake_rights *rights, const char *region, const struct envelope *envelope,
                                struct fault *fault) MUST_CHECK;

/* The region a HELLO opens: its own for a region's key, the named one for a gateway's. FORBIDDEN with code forbidden_region. */
enum status intake_choose_region(const struct intake_rights *rights, const char *named, char region[OKTMO_TEXT_SIZE],
                                 struct fault *fault) MUST_CHECK;

#endif
