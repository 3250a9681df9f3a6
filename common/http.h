/* http: a small HTTP/1.1 server inside the loop; the only door to libmicrohttpd.
 *
 * Requests are answered in the loop's thread: at once, or later (http_defer, then http_answer), so that a handler never
 * waits. Bodies are bounded; a response's body is copied. */
#ifndef EFFREG_HTTP_H
#define EFFREG_HTTP_H

#include "common/arena.h"
#include "common/loop.h"
#include "common/status.h"

#define HTTP_BODY_MAX        ((size_t)1024 * 1024)  /* unless http_server_limit says less; 413 too_large */
#define HTTP_CONNECTIONS_MAX 256
#define HTTP_ARRIVE_MS       30000                  /* for a whole request to come, unless http_server_limit says otherwise */
#define HTTP_IDLE_MS         30000                  /* so much longer on a connection that is kept open after an answer */
#define HTTP_LEAVE_MS        60000                  /* for an answer to be read */

struct http_server;
struct http_request;

typedef void http_handler(void *context, struct http_request *request);

/* address "127.0.0.1:8080" or "[::1]:8080"; port 0 takes a free one. */
enum status http_server_new(struct loop *loop, const char *address, http_handler *handler, void *context,
                            struct http_server **ret_server, struct fault *fault) MUST_CHECK;
void http_server_destroy(struct http_server **server);
/* A connection whose request has not come whole within arrive_ms is closed, however steadily it trickles: a slow client holds a
 * connection for a bounded time. body_bytes_max is at most HTTP_BODY_MAX. */
void http_server_limit(struct http_server *server, int64_t arrive_ms, size_t body_bytes_max);
unsigned http_server_port(const struct http_server *server);

const char *http_method(const struct http_request *request);
const char *http_path(const struct http_request *request);                               /* decoded, without the query */
const char *http_query(const struct http_request *request, const char *name);            /* NULL when absent */
const char *http_header(const struct http_request *request, const char *name);           /* NULL when absent */
struct span http_body(const struct http_request *request);
struct arena *http_arena(struct http_request *request);                                  /* lives as long as the request */

/* A header of the answer to come. */
void http_set_header(struct http_request *request, const char *name, const char *value);
/* Answers; afterwards the request is gone. Security headers (CSP default-src 'self', nosniff, …) are added here. */
void http_answer(struct http_request *request, unsigned code, const char *content_type, struct span body);
/* The handler returns without an answer: http_answer is called later, from the loop. */
void http_defer(struct http_request *request);

#endif
