/* intake_session: who is connected: a bounded table of sessions by routing id.
 *
 * Deliberately without I/O: the handlers move a session by intake_session_move, the one door. */
#ifndef EFFREG_INTAKE_SESSION_H
#define EFFREG_INTAKE_SESSION_H

#include "common/bus.h"
#include "services/intake/intake_core.h"

#define INTAKE_SESSIONS_MAX   4096
#define INTAKE_ROUTING_ID_MAX 32
#define INTAKE_IDLE_MS        60000  /* a client PINGs every 10 s; after this silence its session is forgotten */

struct intake_session {
	uint8_t routing_id[INTAKE_ROUTING_ID_MAX];
	size_t routing_id_len;
	enum intake_state state;
	char user[BUS_KEY_TEXT];           /* the public key it proved to have */
	char region[OKTMO_TEXT_SIZE];
	char source[ENVELOPE_SOURCE_MAX + 1];
	uint64_t expected_batch;
	bool going_back;                   /* a NACK went out, and the batch it named has not come again */
	uint64_t credit_batches;           /* what the client may still send before our next word */
	uint64_t credit_bytes;
	uint64_t owed_batches;             /* acknowledged, to be granted again when the round ends */
	uint64_t owed_bytes;
	int64_t seen_ms;                   /* monotonic: the last message */
};

struct intake_sessions;

struct intake_sessions *intake_sessions_new(void);
void intake_sessions_destroy(struct intake_sessions **sessions);

/* NULL when there is none. */
struct intake_session *intake_session_find(struct intake_sessions *sessions, struct span routing_id);
/* A new one in INTAKE_NEW; NULL when the table is full or the routing id too long. */
struct intake_session *intake_session_add(struct intake_sessions *sessions, struct span routing_id);
void intake_session_move(struct intake_session *session, enum intake_state to, const char *why);
void intake_session_remove(struct intake_sessions *sessions, struct intake_session *session, const char *why);
/* Forgets who has been silent since before now_ms − INTAKE_IDLE_MS. */
void intake_sessions_expire(struct intake_sessions *sessions, int64_t now_ms);
/* Calls fn for every session in state. */
void intake_sessions_each(struct intake_sessions *sessions, enum intake_state state,
                          void (*fn)(void *context, struct intake_session *session), void *context);
size_t intake_sessions_count(const struct intake_sessions *sessions);

#endif
