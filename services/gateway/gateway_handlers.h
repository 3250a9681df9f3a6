/* gateway_handlers: one HTTP request from its route to its answer. */
#ifndef EFFREG_GATEWAY_HANDLERS_H
#define EFFREG_GATEWAY_HANDLERS_H

#include "common/http.h"
#include "services/gateway/gateway_ingest.h"
#include "services/gateway/gateway_query.h"

struct gateway {
	struct gateway_query *query;
	struct gateway_ingest *ingest;  /* NULL: no events are taken */
};

/* The handler of the public HTTP server; context is the struct gateway. */
void gateway_handle(void *context, struct http_request *request);

#endif
