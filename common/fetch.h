/* fetch: HTTPS requests of ours inside the loop; the only door to libcurl.
 *
 * A request ends in one answer, whatever becomes of it. Certificates and names are always checked; redirects are not followed, for a
 * token must not travel where it was not sent. */
#ifndef EFFREG_FETCH_H
#define EFFREG_FETCH_H

#include "common/loop.h"

#define FETCH_CONNECT_MS     10000
#define FETCH_TIMEOUT_MS     30000                     /* for the whole of a request */
#define FETCH_ANSWER_MAX     ((size_t)4 * 1024 * 1024) /* a longer body ends the request */
#define FETCH_HEADERS_MAX    8

struct fetch;

struct fetch_request {
	const char *url;
	const char *headers[FETCH_HEADERS_MAX];  /* "Name: value"; NULL = none */
	bool is_post;
	struct span body;                        /* of a POST; copied */
};

struct fetch_answer {
	unsigned http;         /* status code; 0: there was no answer, error says why */
	struct span body;
	int64_t retry_after_s; /* 0 = not said */
	const char *error;     /* "" where there is an answer */
};

/* The answer holds until fn returns. */
typedef void fetch_fn(void *context, const struct fetch_answer *answer);

/* ca_file: trusted certificates (PEM); NULL = the system's. UNAVAILABLE with fault when it cannot be read. */
enum status fetch_new(struct loop *loop, const char *ca_file, struct fetch **ret_fetch, struct fault *fault) MUST_CHECK;
void fetch_destroy(struct fetch **fetch);  /* what is under way ends without a call */

/* An https:// address; http:// only to this machine itself (127.0.0.1, [::1], localhost). */
bool fetch_is_url(const char *text);

/* Calls fn once, never before this returns. Texts are copied. */
void fetch_send(struct fetch *fetch, const struct fetch_request *request, fetch_fn *fn, void *context);

#endif
