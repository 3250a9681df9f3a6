/* intake_handlers: one message's turn: parse, decide, append, answer, publish. */
#ifndef EFFREG_INTAKE_HANDLERS_H
#define EFFREG_INTAKE_HANDLERS_H

#include "common/contract.h"
#include "common/service.h"
#include "services/intake/intake_session.h"

struct intake {
	struct service *service;
	struct contract *contract;
	struct intake_sessions *sessions;
	struct bus_socket *push;          /* ROUTER: the clients */
	struct bus_socket *stream;        /* PUB: hints for the consumers */
	struct bus_message *message;
	struct arena *arena;              /* one turn */
	bool database_lost;               /* since a batch failed; checked by intake_on_tick */
};

/* Every waiting message, a bounded number of them. */
void intake_on_push(void *context);
/* Five times a second: gives credit again when the database is back, forgets silent sessions. */
void intake_on_tick(void *context);

#endif
