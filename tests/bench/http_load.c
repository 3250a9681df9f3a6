/* http_load: intake's job by HTTP: one POST an event, answered 201 after its INSERT was committed. The server has as many threads as
 * --consumers says, each with a connection to PostgreSQL; clients keep --in-flight connections open, with one POST on each.
 *
 *   bench_http_load --dsn CONNINFO --regions A,B --events N [--in-flight 1000] [--consumers 8] */
#include "tests/bench/bench_arguments.h"
#include "tests/bench/bench_events.h"
#include "tests/bench/bench_job.h"
#include "tests/bench/bench_sink.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_BYTES_MAX (BENCH_EVENT_BYTES + 256)
#define EVENTS_MAX        256
#define PATH              "/api/v1/events"

static struct bench_job job;

static void need(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

/* ---- The server ---- */

struct upload {
	char bytes[BENCH_EVENT_BYTES];
	size_t len;
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result = MHD_queue_response(connection, code, response);

	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                                  const char *data, size_t *data_len, void **state)
{
	static _Thread_local struct bench_sink *sink;
	struct upload *upload = *state;

	(void)context;
	(void)url;
	(void)method;
	(void)version;
	if (upload == NULL) {
		*state = calloc(1, sizeof *upload);
		return *state == NULL ? MHD_NO : MHD_YES;
	}
	if (*data_len > 0) {
		if (*data_len > sizeof upload->bytes - upload->len)
			return MHD_NO;
		memcpy(upload->bytes + upload->len, data, *data_len);
		upload->len += *data_len;
		*data_len = 0;
		return MHD_YES;
	}
	if (sink == NULL)
		sink = bench_sink_new(job.dsn);
	bool stored = bench_sink_insert(sink, span_of(upload->bytes, upload->len));
	atomic_fetch_add(&job.stored, stored ? 1 : 0);
	return answer(connection, stored ? MHD_HTTP_CREATED : MHD_HTTP_BAD_REQUEST);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
	(void)context;
	(void)connection;
	(void)code;
	free(*state);
	*state = NULL;
}

static uint16_t start_server(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, NULL,
		MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)job.consumers,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)(job.in_flight + 16), MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);

	need(daemon != NULL, "MHD_start_daemon");
	return MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

/* ---- The clients ---- */

struct caller {
	int fd;
	char answer[512];
	size_t len;
};

static int call_server(uint16_t port)
{
	const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	need(fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0, "connect");
	return fd;
}

static void post(const struct caller *caller, struct span event)
{
	char request[REQUEST_BYTES_MAX];
	int len = snprintf(request, sizeof request,
	                   "POST " PATH " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/cloudevents+json\r\nContent-Length: %zu\r\n\r\n", event.len);

	need(len > 0 && (size_t)len + event.len <= sizeof request, "request");
	memcpy(request + len, event.at, event.len);
	need(send(caller->fd, request, (size_t)len + event.len, MSG_NOSIGNAL) == (ssize_t)((size_t)len + event.len), "send");
}

/* True when the whole answer, which has no body, is there. */
static bool take_answer(struct caller *caller)
{
	ssize_t got = recv(caller->fd, caller->answer + caller->len, sizeof caller->answer - 1 - caller->len, 0);

	need(got > 0, "recv");
	caller->len += (size_t)got;
	caller->answer[caller->len] = '\0';
	if (strstr(caller->answer, "\r\n\r\n") == NULL)
		return false;
	need(strncmp(caller->answer, "HTTP/1.1 201", 12) == 0, "an answer that is not 201");
	caller->len = 0;
	return true;
}

static void push_all(uint16_t port)
{
	struct caller *callers = calloc(job.in_flight, sizeof *callers);
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	size_t sent = 0, answered = 0;

	ASSERT(callers != NULL && epoll >= 0);
	for (size_t i = 0; i < job.in_flight; i++) {
		struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = &callers[i]};

		callers[i].fd = call_server(port);
		need(epoll_ctl(epoll, EPOLL_CTL_ADD, callers[i].fd, &wanted) == 0, "epoll_ctl");
	}
	bench_job_start(&job);
	for (; sent < job.in_flight && sent < job.total; sent++)
		post(&callers[sent], bench_job_event(&job, sent));
	while (answered < job.total) {
		struct epoll_event events[EVENTS_MAX];
		int count = epoll_wait(epoll, events, EVENTS_MAX, -1);

		for (int i = 0; i < count; i++) {
			struct caller *caller = events[i].data.ptr;

			if (!take_answer(caller))
				continue;
			answered++;
			if (sent < job.total)
				post(caller, bench_job_event(&job, sent++));
		}
	}
}

int main(int argc, char **argv)
{
	bench_job_init(&job, argc, argv);
	push_all(start_server());
	bench_job_finish(&job);
	_exit(0);  /* with the server's threads */
}
