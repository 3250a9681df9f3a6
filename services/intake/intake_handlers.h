/* intake_handlers: one message's turn: parse, decide, append, answer, publish. */
#ifndef EFFREG_INTAKE_HANDLERS_H
#define EFFREG_INTAKE_HANDLERS_H

#include "common/contract.h"
#include "common/service.h"
#include "services/intake/intake_session.h"

#define INTAKE_ROUND_MESSAGES 64  /* taken before other sockets get their turn */

/* What a turn may take of its arena: the header's tree, a tree for every event, what the schema check, the append and the
 * quarantine write beside them. */
#define INTAKE_TURN_BYTES_MAX \
	(PUSH_ARENA_BYTES(PUSH_REQUEST_BYTES_MAX) + JSON_ARENA_BYTES(PUSH_BODY_BYTES_MAX) + PUSH_EVENTS_MAX * JSON_ARENA_BYTES(0) + \
	 32 * 1024 * 1024)

struct intake {
	struct service *service;
	struct contract *contract;
	struct intake_sessions *sessions;
	struct bus_socket *push;          /* ROUTER: the clients */
	struct bus_socket *stream;        /* PUB: hints for the consumers */
	struct bus_message *message;
	struct arena *arena;              /* one turn */
	int64_t quarantine_bytes_max;     /* bodies kept in quarantine for one region */
	int64_t region_bytes_per_day_max; /* quota of events stored; 0 = none */
	bool database_lost;               /* since a batch failed; checked by intake_on_tick */
	/* Sessions that get their credit back when the round ends: what is taken from the socket in one round beyond the credit
	 * was sent without it. */
	struct intake_session *owed[INTAKE_ROUND_MESSAGES];
	size_t owed_count;
};

/* Every waiting message, a bounded number of them. */
void intake_on_push(void *context);
/* Five times a second: gives credit again when the database is back, forgets silent sessions. */
void intake_on_tick(void *context);

#endif
