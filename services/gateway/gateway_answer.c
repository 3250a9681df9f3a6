#include "services/gateway/gateway_answer.h"

#include "common/ambient.h"
#include "common/log.h"
#include "common/telemetry.h"

#include <stdio.h>

void gateway_answer(struct http_request *request, enum gateway_route route, int64_t started_ms, unsigned code, const char *content_type,
                    struct span body)
{
	char labels[64], code_text[12];
	double seconds = (double)(ambient_monotonic_ms() - started_ms) / 1000;
	snprintf(labels, sizeof labels, "route=\"%s\",code=\"%u\"", gateway_route_name(route), code);
	telemetry_count("effreg_http_requests_total", "HTTP requests answered.", labels, 1);
	snprintf(labels, sizeof labels, "route=\"%s\"", gateway_route_name(route));
	telemetry_observe("effreg_http_request_seconds", "From the request's end to its answer.", labels, seconds);
	snprintf(code_text, sizeof code_text, "%u", code);
	log_write(code >= 500 ? LOG_EVENT_request_failed : LOG_EVENT_request_served, "method", http_method(request), "path", http_path(request),
	          "code", code_text, NULL);
	http_answer(request, code, content_type, body);
}
