/* gateway_answer: where every answer of the gateway leaves: counted, timed, logged. */
#ifndef EFFREG_GATEWAY_ANSWER_H
#define EFFREG_GATEWAY_ANSWER_H

#include "common/http.h"
#include "services/gateway/gateway_core.h"

#define GATEWAY_TYPE_JSON "application/json"

/* started_ms: when the request had come, monotonic. Afterwards the request is gone. */
void gateway_answer(struct http_request *request, enum gateway_route route, int64_t started_ms, unsigned code, const char *content_type,
                    struct span body);

#endif
