/* http: a small HTTP/1.1 server inside the loop; the only door to libmicrohttpd.
 *
 * Requests are answered in the loop's thread: at once, or later (http_defer, then http_answer), so that a handler never
 * waits. Bodies are bounded; a response's body is copied. */
#ifndef EFFREG_HTTP_H
#define EFFREG_HTTP_H

#include "common/arena.h"
#include "common/loop.h"
#include "common/status.h"

#define HTTP_BODY_MAX        ((size_t)1024 * 1024)
#define HTTP_CONNECTIONS_MAX 256

struct http_server;
struct http_request;

typedef void http_handler(void *context, struct http_request *request);

/* address "127.0.0.1:8080" or "[::1]:8080"; port 0 takes a free one. */
enum status http_server_new(struct loop *loop, const char *address, http_handler *handler, void *context,
                            struct http_server **ret_server, struct fault *fault) MUST_CHECK;
void http_server_destroy(struct http_server **server);
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
