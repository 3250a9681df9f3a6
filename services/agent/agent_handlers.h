/* agent_handlers: the doors of the agent on its own machine: HTTP and a Unix-domain ZeroMQ socket, which take events and tell how
 * things stand.
 *
 * HTTP: POST /events (CloudEvents in structured, batched or binary mode), GET /status.
 * ZeroMQ (ROUTER): two frames, a media type and a body, are answered by two, the code of HTTP and a JSON document: structured and
 * batched mode as above, and the type "status" with an empty body. */
#ifndef EFFREG_AGENT_HANDLERS_H
#define EFFREG_AGENT_HANDLERS_H

#include "common/http.h"
#include "services/agent/agent_input.h"
#include "services/agent/agent_roads.h"

struct agent_handlers {
	const char *region;
	struct agent_spool *spool;
	struct agent_input *input;
	struct agent_roads *roads;
	struct bus_socket *socket;   /* NULL = there is none */
	struct bus_message *message;
	struct arena *arena;         /* of one request over the socket */
	struct loop *loop;
	struct agent_result results[AGENT_INPUT_MAX];
};

void agent_handlers_on_http(void *context, struct http_request *request);
void agent_handlers_on_socket(void *context);

/* The document of "status" (effreg agent status shows it). */
void agent_handlers_write_status(struct agent_handlers *handlers, struct buf *buf, struct arena *arena);

#endif
