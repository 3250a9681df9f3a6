/* fetch: see fetch.h.
 *
 * libcurl tells which descriptors it waits for, in which direction; they stand in an epoll set of ours, whose own descriptor is what the
 * loop watches. Its one timer is the loop's. Its names are resolved in a thread of its own making. */
#include "common/fetch.h"

#include "common/buf.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_MAX 16
#define TICK_MS    100   /* an early look costs nothing, a lost one would cost for ever */

struct transfer {
	struct transfer *next;
	struct fetch *fetch;
	CURL *easy;
	struct curl_slist *headers;
	struct buf body;      /* of the request */
	struct buf answer;
	fetch_fn *fn;
	void *context;
	char error[CURL_ERROR_SIZE];
};

struct fetch {
	struct loop *loop;
	CURLM *multi;
	int epoll_fd;
	char *ca_file;        /* NULL = the system's */
	struct transfer *transfers;
};

/* ---- What libcurl waits for ---- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *of_socket)
{
	struct fetch *fetch = context;
	struct epoll_event event = {.data.fd = fd};
	(void)easy;
	(void)of_socket;
	if (what == CURL_POLL_REMOVE) {
		/* A descriptor that is closed already has left the set by itself. */
		int removed = epoll_ctl(fetch->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		(void)removed;
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
	if (epoll_ctl(fetch->epoll_fd, EPOLL_CTL_MOD, fd, &event) != 0)
		ASSERT(epoll_ctl(fetch->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0);
	return 0;
}

/* ---- The end of a transfer ---- */

static void transfer_destroy(struct transfer *transfer)
{
	curl_multi_remove_handle(transfer->fetch->multi, transfer->easy);
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	buf_clear(&transfer->body);
	buf_clear(&transfer->answer);
	free(transfer);
}

static void unlink_transfer(struct fetch *fetch, const struct transfer *transfer)
{
	struct transfer **at = &fetch->transfers;
	while (*at != transfer)
		at = &(*at)->next;
	*at = transfer->next;
}

static void finish(struct transfer *transfer, CURLcode result)
{
	long http = 0;
	curl_off_t retry_after_s = 0;
	struct fetch_answer answer = {.error = ""};
	unlink_transfer(transfer->fetch, transfer);
	if (result == CURLE_OK && curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &http) == CURLE_OK &&
	    curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after_s) == CURLE_OK) {
		answer.http = (unsigned)http;
		answer.body = buf_span(&transfer->answer);
		answer.retry_after_s = retry_after_s;
	} else {
		answer.body = span_of("", 0);
		answer.error = transfer->error[0] != '\0' ? transfer->error : curl_easy_strerror(result);
	}
	transfer->fn(transfer->context, &answer);
	transfer_destroy(transfer);
}

static void collect(struct fetch *fetch)
{
	const struct CURLMsg *message;
	int left;
	while ((message = curl_multi_info_read(fetch->multi, &left)) != NULL) {
		struct transfer *transfer = NULL;
		if (message->msg != CURLMSG_DONE || curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer) != CURLE_OK)
			continue;
		finish(transfer, message->data.result);
	}
}

/* ---- Running ---- */

static void on_timeout(void *context)
{
	struct fetch *fetch = context;
	int running;
	curl_multi_socket_action(fetch->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(fetch);
}

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
	struct fetch *fetch = context;
	(void)multi;
	if (timeout_ms >= 0)
		loop_after(fetch->loop, timeout_ms, on_timeout, fetch);
	return 0;
}

static void on_ready(void *context)
{
	struct fetch *fetch = context;
	struct epoll_event events[EVENTS_MAX];
	int running, count = epoll_wait(fetch->epoll_fd, events, EVENTS_MAX, 0);
	for (int i = 0; i < count; i++) {
		int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		           (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
		curl_multi_socket_action(fetch->multi, events[i].data.fd, what, &running);
	}
	collect(fetch);
}

static void on_tick(void *context)
{
	struct fetch *fetch = context;
	if (fetch->transfers != NULL)
		on_timeout(fetch);
}

/* ---- Requests ---- */

static size_t on_answer(char *at, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	buf_append(&transfer->answer, at, size * count);
	return buf_ok(&transfer->answer) ? size * count : 0;  /* 0: libcurl ends the request */
}

static bool set_request(struct transfer *transfer, const struct fetch_request *request)
{
	CURL *easy = transfer->easy;
	for (size_t i = 0; i < FETCH_HEADERS_MAX && request->headers[i] != NULL; i++)
		transfer->headers = curl_slist_append(transfer->headers, request->headers[i]);
	bool ok = curl_easy_setopt(easy, CURLOPT_URL, request->url) == CURLE_OK &&
	          curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK;
	if (!request->is_post)
		return ok;
	return ok && curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->body.len) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->body.len == 0 ? "" : transfer->body.at) == CURLE_OK;
}

static bool set_transport(struct transfer *transfer)
{
	CURL *easy = transfer->easy;
	const char *ca_file = transfer->fetch->ca_file;
	return curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK && curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK && curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       (ca_file == NULL || curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file) == CURLE_OK) &&
	       curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)FETCH_CONNECT_MS) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)FETCH_TIMEOUT_MS) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_USERAGENT, "effreg/" EFFREG_VERSION) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer) == CURLE_OK && curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK;
}

void fetch_send(struct fetch *fetch, const struct fetch_request *request, fetch_fn *fn, void *context)
{
	struct transfer *transfer = calloc(1, sizeof *transfer);
	ASSERT(transfer != NULL && fetch_is_url(request->url));
	*transfer = (struct transfer){.next = fetch->transfers, .fetch = fetch, .easy = curl_easy_init(), .fn = fn, .context = context};
	ASSERT(transfer->easy != NULL);
	buf_init(&transfer->body, request->body.len + 1);
	buf_init(&transfer->answer, FETCH_ANSWER_MAX);
	if (request->is_post)
		buf_append(&transfer->body, request->body.at, request->body.len);
	fetch->transfers = transfer;
	/* None of these depends on what is outside; that the transfer begins shows later. */
	ASSERT(set_transport(transfer) && set_request(transfer, request));
	ASSERT(curl_multi_add_handle(fetch->multi, transfer->easy) == CURLM_OK);
}

bool fetch_is_url(const char *text)
{
	static const char *const HERE[] = {"127.0.0.1", "[::1]", "localhost"};
	if (strncasecmp(text, "https://", 8) == 0)
		return text[8] != '\0' && text[8] != '/';
	if (strncasecmp(text, "http://", 7) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_COUNT(HERE); i++) {
		size_t len = strlen(HERE[i]);
		if (strncasecmp(text + 7, HERE[i], len) == 0 && (text[7 + len] == '\0' || text[7 + len] == ':' || text[7 + len] == '/'))
			return true;
	}
	return false;
}

/* ---- Life ---- */

static enum status check_ca_file(const char *path, struct fault *fault)
{
	if (path == NULL || access(path, R_OK) == 0)
		return STATUS_OK;
	return fault_set(fault, STATUS_UNAVAILABLE, "ca_file", "", -1, "cannot read the certificates in %s: %s", path, strerror(errno));
}

enum status fetch_new(struct loop *loop, const char *ca_file, struct fetch **ret_fetch, struct fault *fault)
{
	enum status status = check_ca_file(ca_file, fault);
	if (status != STATUS_OK)
		return status;
	ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	struct fetch *fetch = calloc(1, sizeof *fetch);
	ASSERT(fetch != NULL);
	*fetch = (struct fetch){.loop = loop, .multi = curl_multi_init(), .epoll_fd = epoll_create1(EPOLL_CLOEXEC),
	                        .ca_file = ca_file == NULL ? NULL : strdup(ca_file)};
	ASSERT(fetch->multi != NULL && fetch->epoll_fd >= 0);
	curl_multi_setopt(fetch->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(fetch->multi, CURLMOPT_SOCKETDATA, fetch);
	curl_multi_setopt(fetch->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(fetch->multi, CURLMOPT_TIMERDATA, fetch);
	loop_on_fd(loop, fetch->epoll_fd, on_ready, fetch);
	loop_every(loop, TICK_MS, on_tick, fetch);
	*ret_fetch = fetch;
	return STATUS_OK;
}

void fetch_destroy(struct fetch **fetch)
{
	if (*fetch == NULL)
		return;
	while ((*fetch)->transfers != NULL) {
		struct transfer *transfer = (*fetch)->transfers;
		(*fetch)->transfers = transfer->next;
		transfer_destroy(transfer);
	}
	loop_off_fd((*fetch)->loop, (*fetch)->epoll_fd);
	curl_multi_cleanup((*fetch)->multi);
	close((*fetch)->epoll_fd);
	free((*fetch)->ca_file);
	free(*fetch);
	curl_global_cleanup();
	*fetch = NULL;
}
