/* gateway_ingest: the turns of POST /api/v1/events and GET /api/v1/log: a request is cut into events, delivered, answered.
 *
 * What may be known without intake is told at once: the token's form, the media type, the sizes. Everything else is intake's word. */
#ifndef EFFREG_GATEWAY_INGEST_H
#define EFFREG_GATEWAY_INGEST_H

#include "common/contract.h"
#include "common/http.h"
#include "services/gateway/gateway_push.h"

/* Of a request: what is around the events of a batch, and 256 KiB of them. */
#define GATEWAY_BODY_BYTES_MAX (2 * PUSH_BODY_BYTES_MAX)

struct gateway_ingest;

/* Borrows push. BUG with fault when the embedded schemas are broken. */
enum status gateway_ingest_new(struct gateway_push *push, struct gateway_ingest **ret_ingest, struct fault *fault) MUST_CHECK;
void gateway_ingest_destroy(struct gateway_ingest **ingest);

void gateway_ingest_events(struct gateway_ingest *ingest, struct http_request *request);
void gateway_ingest_log(struct gateway_ingest *ingest, struct http_request *request);

#endif
