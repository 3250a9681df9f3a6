/* http: see http.h.
 *
 * libmicrohttpd runs in its external epoll mode: its epoll descriptor is watched by the loop, and MHD_run does what is
 * ready. Two things never show on that descriptor: a connection it left half done, because its own waits are
 * edge-triggered (MHD_get_timeout says 0: run again), and a timeout that passed (a timer).
 *
 * A request is held from two sides: by libmicrohttpd until the connection is done with it (MHD's completion), and by the
 * handler until http_answer. A deferred request's connection is suspended, and libmicrohttpd keeps a suspended
 * connection whatever its client does: so http_answer always finds it. Only http_server_destroy takes connections away
 * from deferred requests; it lets them go first (libmicrohttpd aborts over suspended ones), and a late http_answer then
 * only frees.
 *
 * The loop keeps the timer: a server is destroyed when the loop has ended, or is never run again. */
#include "common/http.h"

#include "common/ambient.h"
#include "common/buf.h"
#include "common/http_line.h"

#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#define TIMEOUT_S         30u
#define TICK_MS           250
#define RUNS_MAX          8                        /* of MHD_run in a row, before others get their turn */
#define HEADERS_MAX       16                       /* set by a handler for one answer */
#define ARENA_MAX         ((size_t)32 * 1024 * 1024)
#define BODY_DISCARD_MAX  (4 * HTTP_BODY_MAX)      /* read and thrown away, so that the 413 arrives */

struct http_server {
	struct loop *loop;
	struct MHD_Daemon *daemon;
	int epoll_fd;
	unsigned port;
	http_handler *handler;
	void *context;
	struct http_request *deferred;  /* all that wait for http_answer */
	struct http_line *lines;
	int64_t arrive_ms;
	size_t body_bytes_max;
};

struct header {
	const char *name;
	const char *value;
};

struct http_request {
	struct http_server *server;
	struct MHD_Connection *connection;  /* NULL: gone, the answer has nowhere to go */
	const char *method;
	const char *path;
	struct arena *arena;
	struct buf body;
	size_t body_bytes;                  /* received, also what is thrown away */
	struct header headers[HEADERS_MAX];
	size_t headers_count;
	struct MHD_Response *response;      /* made by http_answer; NULL = not yet */
	unsigned code;
	bool held;                          /* by the handler: called, not answered yet */
	bool suspended;
	struct http_request *previous, *next;  /* in server->deferred while suspended */
};

/* ---- Requests ---- */

static struct http_request *request_new(struct http_server *server, struct MHD_Connection *connection,
                                        const char *method, const char *path)
{
	struct http_request *request = calloc(1, sizeof *request);
	ASSERT(request != NULL);
	*request = (struct http_request){.server = server, .connection = connection, .arena = arena_new(ARENA_MAX)};
	request->method = arena_text(request->arena, method, strlen(method));
	request->path = arena_text(request->arena, path, strlen(path));
	buf_init(&request->body, server->body_bytes_max);
	return request;
}

static void request_destroy(struct http_request *request)
{
	if (request->response != NULL)
		MHD_destroy_response(request->response);
	buf_clear(&request->body);
	arena_destroy(&request->arena);
	free(request);
}

const char *http_method(const struct http_request *request)
{
	return request->method;
}

const char *http_path(const struct http_request *request)
{
	return request->path;
}

const char *http_query(const struct http_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *http_header(const struct http_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

struct span http_body(const struct http_request *request)
{
	return buf_span(&request->body);
}

struct arena *http_arena(struct http_request *request)
{
	return request->arena;
}

/* ---- Connections ---- */

static struct http_line *line_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **line, enum MHD_ConnectionNotificationCode what)
{
	struct http_server *server = context;
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		*line = http_line_open(&server->lines, MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
		                       ambient_monotonic_ms());
	else
		http_line_close(&server->lines, *line);
}

/* ---- Running libmicrohttpd ---- */

static void server_run(void *context)
{
	struct http_server *server = context;
	MHD_UNSIGNED_LONG_LONG timeout_ms = 0;
	for (int runs = 0; runs < RUNS_MAX; runs++) {
		if (MHD_run(server->daemon) != MHD_YES)
			return;
		if (MHD_get_timeout(server->daemon, &timeout_ms) != MHD_YES || timeout_ms > 0)
			return;
	}
	loop_soon(server->loop, server_run, server);
}

static void on_tick(void *context)
{
	struct http_server *server = context;
	http_lines_shut(server->lines, server->arrive_ms, ambient_monotonic_ms());
	server_run(server);
}

/* ---- Answers ---- */

static const struct header SECURITY_HEADERS[] = {
	{"Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "same-origin"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
};

void http_set_header(struct http_request *request, const char *name, const char *value)
{
	ASSERT(request->headers_count < HEADERS_MAX);
	request->headers[request->headers_count++] = (struct header){
		.name = arena_text(request->arena, name, strlen(name)),
		.value = arena_text(request->arena, value, strlen(value)),
	};
}

/* A value that cannot stand in a header (a line break from outside) is left out: libmicrohttpd refuses it. */
static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
	enum MHD_Result added = MHD_add_response_header(response, name, value);
	(void)added;
}

static struct MHD_Response *response_new(const struct http_request *request, const char *content_type, struct span body)
{
	/* The cast only drops const: MHD_RESPMEM_MUST_COPY reads. */
	struct MHD_Response *response =
		MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.at, MHD_RESPMEM_MUST_COPY);
	ASSERT(response != NULL);
	if (content_type != NULL)
		add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
	for (size_t i = 0; i < request->headers_count; i++)
		add_header(response, request->headers[i].name, request->headers[i].value);
	for (size_t i = 0; i < ARRAY_COUNT(SECURITY_HEADERS); i++)
		add_header(response, SECURITY_HEADERS[i].name, SECURITY_HEADERS[i].value);
	return response;
}

static void request_suspend(struct http_request *request)
{
	struct http_server *server = request->server;
	MHD_suspend_connection(request->connection);
	request->suspended = true;
	request->next = server->deferred;
	if (request->next != NULL)
		request->next->previous = request;
	server->deferred = request;
}

static void request_resume(struct http_request *request)
{
	struct http_server *server = request->server;
	if (request->previous != NULL)
		request->previous->next = request->next;
	else
		server->deferred = request->next;
	if (request->next != NULL)
		request->next->previous = request->previous;
	request->previous = request->next = NULL;
	request->suspended = false;
	MHD_resume_connection(request->connection);
}

void http_answer(struct http_request *request, unsigned code, const char *content_type, struct span body)
{
	ASSERT(request->response == NULL);
	request->held = false;
	if (request->connection == NULL) {
		request_destroy(request);
		return;
	}
	request->code = code;
	request->response = response_new(request, content_type, body);
	http_line_move(line_of(request->connection), HTTP_LINE_LEAVES, ambient_monotonic_ms());
	if (!request->suspended)
		return;
	request_resume(request);
	loop_soon(request->server->loop, server_run, request->server);
}

/* The connection is suspended when the handler has returned, if it has not answered after all. */
void http_defer(struct http_request *request)
{
	ASSERT(!request->suspended);
}

/* ---- What libmicrohttpd calls ---- */

static enum MHD_Result send_answer(struct http_request *request)
{
	return MHD_queue_response(request->connection, request->code, request->response);
}

static enum MHD_Result answer_too_large(struct http_request *request)
{
	const char *text = arena_printf(request->arena,
		"{\"error\":{\"code\":\"too_large\",\"text\":\"the body is over %zu KiB\",\"text_ru\":\"тело запроса больше %zu КиБ\"}}\n",
		request->server->body_bytes_max / 1024, request->server->body_bytes_max / 1024);
	http_answer(request, MHD_HTTP_CONTENT_TOO_LARGE, "application/json", span_of_text(text));
	return send_answer(request);
}

/* Who is sending already hears nothing of an answer that closes the connection (a reset overtakes it), so what is not far too large is
 * read and thrown away first; who asks whether to send at all is told at once. */
static bool announces_too_much(const struct http_server *server, struct MHD_Connection *connection)
{
	const char *text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
	bool asks = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT) != NULL;
	return text != NULL && strtoull(text, NULL, 10) > (asks ? server->body_bytes_max : BODY_DISCARD_MAX);
}

static enum MHD_Result take_body(struct http_request *request, const char *at, size_t *len)
{
	request->body_bytes += *len;
	buf_append(&request->body, at, *len);
	*len = 0;
	return request->body_bytes <= BODY_DISCARD_MAX ? MHD_YES : MHD_NO;
}

/* Called with the head of a request, with each piece of its body, at its end, and again after a resume. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path, const char *method,
                                  const char *version, const char *upload, size_t *upload_len, void **held)
{
	(void)version;
	struct http_server *server = context;
	struct http_request *request = *held;
	if (request == NULL) {
		request = request_new(server, connection, method, path);
		*held = request;
		return announces_too_much(server, connection) ? answer_too_large(request) : MHD_YES;
	}
	if (*upload_len > 0)
		return take_body(request, upload, upload_len);
	if (request->response != NULL)
		return send_answer(request);
	if (!buf_ok(&request->body))
		return answer_too_large(request);
	request->held = true;
	http_line_move(line_of(connection), HTTP_LINE_IS_HANDLED, ambient_monotonic_ms());
	server->handler(server->context, request);
	if (request->response != NULL)
		return send_answer(request);
	request_suspend(request);
	return MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **held,
                         enum MHD_RequestTerminationCode how)
{
	(void)context;
	(void)how;
	struct http_request *request = *held;
	*held = NULL;
	http_line_move(line_of(connection), HTTP_LINE_IS_KEPT, ambient_monotonic_ms());
	if (request == NULL)
		return;
	request->connection = NULL;
	if (!request->held)
		request_destroy(request);
}

/* ---- The server ---- */

static enum status resolve(const char *address, struct addrinfo **ret_found, struct fault *fault)
{
	char host[256];
	const char *colon = strrchr(address, ':');
	if (colon == NULL || (size_t)(colon - address) >= sizeof host)
		return fault_set(fault, STATUS_INVALID, "bad_address", "", -1, "%s: expected host:port", address);
	size_t host_len = (size_t)(colon - address);
	bool bracketed = host_len >= 2 && address[0] == '[' && colon[-1] == ']';
	snprintf(host, sizeof host, "%.*s", (int)(bracketed ? host_len - 2 : host_len), address + bracketed);
	bool any = host_len == 0 || text_equal(host, "*");
	const struct addrinfo hints = {
		.ai_family = any ? AF_INET : AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	int error = getaddrinfo(any ? NULL : host, colon + 1, &hints, ret_found);
	if (error != 0)
		return fault_set(fault, STATUS_INVALID, "bad_address", "", -1, "%s: %s", address, gai_strerror(error));
	return STATUS_OK;
}

static struct MHD_Daemon *daemon_start(struct http_server *server, const struct addrinfo *at)
{
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (at->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0);
	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, server,
	                        MHD_OPTION_SOCK_ADDR, at->ai_addr,
	                        MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX,
	                        MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S,
	                        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
	                        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
	                        MHD_OPTION_END);
}

enum status http_server_new(struct loop *loop, const char *address, http_handler *handler, void *context,
                            struct http_server **ret_server, struct fault *fault)
{
	struct addrinfo *found = NULL;
	enum status status = resolve(address, &found, fault);
	if (status != STATUS_OK)
		return status;
	struct http_server *server = calloc(1, sizeof *server);
	ASSERT(server != NULL);
	*server = (struct http_server){.loop = loop, .handler = handler, .context = context,
	                               .arrive_ms = HTTP_ARRIVE_MS, .body_bytes_max = HTTP_BODY_MAX};
	server->daemon = daemon_start(server, found);
	freeaddrinfo(found);
	if (server->daemon == NULL) {
		free(server);
		return fault_set(fault, STATUS_UNAVAILABLE, "bad_address", "", -1, "%s: cannot listen there; is the port taken?",
		                 address);
	}
	server->epoll_fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	server->port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
	loop_on_fd(loop, server->epoll_fd, server_run, server);
	loop_every(loop, TICK_MS, on_tick, server);
	*ret_server = server;
	return STATUS_OK;
}

void http_server_destroy(struct http_server **server)
{
	if (*server == NULL)
		return;
	loop_off_fd((*server)->loop, (*server)->epoll_fd);
	while ((*server)->deferred != NULL)
		request_resume((*server)->deferred);
	server_run(*server);  /* sends what was answered a moment ago */
	MHD_stop_daemon((*server)->daemon);
	free(*server);
	*server = NULL;
}

void http_server_limit(struct http_server *server, int64_t arrive_ms, size_t body_bytes_max)
{
	ASSERT(arrive_ms > 0 && body_bytes_max <= HTTP_BODY_MAX);
	server->arrive_ms = arrive_ms;
	server->body_bytes_max = body_bytes_max;
}

unsigned http_server_port(const struct http_server *server)
{
	return server->port;
}
