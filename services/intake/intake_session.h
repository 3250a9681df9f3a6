/* intake_session: who is connected: a bounded table of sessions by routing id.
 *
 * Deliberately without I/O: the handlers move a session by intake_session_move, the one door. */
#ifndef EFFREG_INTAKE_SESSION_H
#define EFFREG_INTAKE_SESSION_H

#include "common/bus.h"
#include "services/intake/intake_core.h"

#define INTAKE_SESSIONS_MAX     4096
#define INTAKE_KEY_SESSIONS_MAX 128    /* of one key: a gateway speaks for many regions; beyond, the longest silent one goes */
#define INTAKE_ROUTING_ID_MAX   32
#define INTAKE_IDLE_MS          60000  /* a client PINGs every 10 s; after this silence its session is forgotten */
#define INTAKE_LETTERS_MAX      512    /* messages of a session that wait for their turn */
#define INTAKE_LETTERS_BEHIND_HELLO_MAX 8  /* of a session whose HELLO waits for its key's pace */

/* The owner of sessions: what it does over one connection counts for all of them. It outlives its last session for as long as a session
 * outlives its last word, or who connects again would begin with a clean slate. */
struct intake_key {
	char user[BUS_KEY_TEXT];           /* the public key */
	size_t sessions;
	struct intake_pace hellos;
	struct intake_pace dropped;        /* messages of it that were dropped, or not answered, through its own fault */
	size_t hellos_waiting;             /* sessions whose HELLO waits for the pace */
	bool is_bearers;                   /* seen at its last HELLO: the centre's own gateway, which says HELLO for each request */
	int64_t seen_ms;                   /* when a session came, or the last word of one that went */
};

/* A message that waits until what the session sent before it was answered. */
struct intake_letter {
	struct intake_letter *next;
	struct bus_message *message;       /* owned */
};

struct intake_session {
	uint8_t routing_id[INTAKE_ROUTING_ID_MAX];
	size_t routing_id_len;
	enum intake_state state;
	struct intake_key *key;            /* that it proved to have */
	bool has_token;                    /* HELLO brought one */
	struct sha256 token;               /* its digest */
	struct intake_region *region;      /* since WELCOME */
	char source[ENVELOPE_SOURCE_MAX + 1];
	uint64_t expected_batch;
	bool going_back;                   /* a NACK went out, and the batch it named has not come again */
	uint64_t credit_batches;           /* what the client may still send before our next word */
	uint64_t credit_bytes;
	uint64_t late_batches;             /* may still come, sent within credit before the client sees our NACK */
	uint64_t unanswered_batches;       /* taken, and neither acknowledged nor refused yet */
	uint64_t unanswered_bytes;
	bool over_credit;                  /* it has sent more than was granted: told so when what it sent before is answered */
	bool greeting;                     /* a HELLO is being looked up */
	bool hello_waits;                  /* its key has said too many: the first of its letters is one; by intake_session_set_hello_waits */
	int64_t waits_since_ms;
	bool told;                         /* CLOSED, and a BYE said so: what is wrong after it is not answered */
	bool is_owed;                      /* stands in the list of those who get credit when the round ends */
	const char *nack_code;             /* a batch could not be taken: NACK when those before it are answered; NULL = no */
	int64_t reopen_ms;                 /* FAILED: credit not before then */
	struct intake_letter *letters, **letters_end;
	size_t letters_count;
	int64_t seen_ms;                   /* monotonic: the last message */
};

struct intake_sessions;

struct intake_sessions *intake_sessions_new(void);
void intake_sessions_destroy(struct intake_sessions **sessions);

/* NULL when there is none. */
struct intake_session *intake_session_find(struct intake_sessions *sessions, struct span routing_id);
/* A new one of that key in INTAKE_NEW; NULL when the table is full or the routing id too long. */
struct intake_session *intake_session_add(struct intake_sessions *sessions, struct span routing_id, const char *user, int64_t now_ms);
/* Before a session of user is added: when it has INTAKE_KEY_SESSIONS_MAX, the one of these that was silent longest and waits
 * for nothing, a closed one before all others. NULL: there is room, or (*ret_full) all of them wait for something. */
struct intake_session *intake_session_surplus(struct intake_sessions *sessions, const char *user, bool *ret_full);
/* Is something it sent unanswered? Then it is neither removed nor begun anew. */
bool intake_session_waits(const struct intake_session *session);
/* Puts the message behind those that wait, and takes it. False when there are INTAKE_LETTERS_MAX, or as many as may wait behind
 * a HELLO. */
bool intake_session_keep(struct intake_session *session, struct bus_message **message) MUST_CHECK;
void intake_session_set_hello_waits(struct intake_session *session, bool waits, int64_t now_ms);
/* The first message that waits: fresh; NULL when there is none. */
struct bus_message *intake_session_next(struct intake_session *session);
void intake_session_move(struct intake_session *session, enum intake_state to, const char *why);
/* Harmless for one that is removed already: its memory is there until another is added. */
void intake_session_remove(struct intake_sessions *sessions, struct intake_session *session, const char *why);
/* Forgets who is closed without having been told, or has been silent since before now_ms − INTAKE_IDLE_MS, and waits for nothing. */
void intake_sessions_expire(struct intake_sessions *sessions, int64_t now_ms);
/* Calls fn for every session; fn may remove the session it is called for, and no other, and adds none. */
void intake_sessions_each(struct intake_sessions *sessions, void (*fn)(void *context, struct intake_session *session), void *context);
size_t intake_sessions_count(const struct intake_sessions *sessions);

#endif
