/* Requests by libcurl inside the loop, against our own HTTP server in the same loop. TLS is met in tests/e2e/https_road.sh. */
#include "common/fetch.h"

#include "common/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define WATCHDOG_MS 20000

static struct loop *loop;
static struct http_server *server;
static struct fetch *fetch;
static char url[128];
static unsigned answered;         /* answers to come before the loop ends */
static bool bitten;
static struct result {
	unsigned http;
	int64_t retry_after_s;
	char body[256], error[256];
} last, first;

/* /echo: method, a header and the body; /later: 503; /large: more than is taken; /away: a redirect. */
static void serve(void *context, struct http_request *request)
{
	(void)context;
	static char large[HTTP_BODY_MAX];
	char text[200];
	const char *path = http_path(request), *header = http_header(request, "X-Test");
	struct span body = http_body(request);
	snprintf(text, sizeof text, "%s %s %.*s", http_method(request), header == NULL ? "-" : header, (int)body.len, body.at);
	if (text_equal(path, "/later"))
		http_set_header(request, "Retry-After", "7");
	if (text_equal(path, "/away"))
		http_set_header(request, "Location", "http://127.0.0.1:1/");
	memset(large, 'x', sizeof large);
	if (text_equal(path, "/large"))
		http_answer(request, 200, "text/plain", span_of(large, sizeof large));
	else
		http_answer(request, text_equal(path, "/later") ? 503 : text_equal(path, "/away") ? 302 : 200, "text/plain", span_of_text(text));
}

static void on_answer(void *context, const struct fetch_answer *answer)
{
	struct result *result = context;
	result->http = answer->http;
	result->retry_after_s = answer->retry_after_s;
	snprintf(result->body, sizeof result->body, "%.*s", (int)(answer->body.len < 200 ? answer->body.len : 200), answer->body.at);
	snprintf(result->error, sizeof result->error, "%s", answer->error);
	if (--answered == 0)
		loop_stop(loop);
}

static void bite(void *context)
{
	(void)context;
	bitten = true;
	loop_stop(loop);
}

static int set_up(void **state)
{
	(void)state;
	struct fault fault = {.offset = -1};
	loop = loop_new();
	assert_int_equal(http_server_new(loop, "127.0.0.1:0", serve, NULL, &server, &fault), STATUS_OK);
	assert_int_equal(fetch_new(loop, NULL, &fetch, &fault), STATUS_OK);
	loop_after(loop, WATCHDOG_MS, bite, NULL);
	bitten = false;
	first = last = (struct result){.http = 999};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fetch_destroy(&fetch);
	http_server_destroy(&server);
	loop_destroy(&loop);
	return 0;
}

static const char *url_of(const char *path)
{
	snprintf(url, sizeof url, "http://127.0.0.1:%u%s", http_server_port(server), path);
	return url;
}

static void run(unsigned answers)
{
	answered = answers;
	loop_run(loop);
	assert_false(bitten);
}

static void a_request_is_answered_with_its_headers_and_body(void **state)
{
	(void)state;
	struct result empty = {0};
	char body[] = "bytes";
	fetch_send(fetch, &(struct fetch_request){.url = url_of("/echo"), .headers = {"X-Test: one"}}, on_answer, &first);
	fetch_send(fetch, &(struct fetch_request){.url = url_of("/echo"), .is_post = true, .body = span_of_text(body)}, on_answer, &last);
	memset(body, '?', sizeof body - 1);  /* it was copied */
	fetch_send(fetch, &(struct fetch_request){.url = url_of("/echo"), .is_post = true, .body = span_of("", 0)}, on_answer, &empty);
	run(3);
	assert_int_equal(first.http, 200);
	assert_string_equal(first.body, "GET one ");
	assert_string_equal(first.error, "");
	assert_string_equal(last.body, "POST - bytes");
	assert_string_equal(empty.body, "POST - ");
}

static void many_are_under_way_at_once(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++)
		fetch_send(fetch, &(struct fetch_request){.url = url_of("/echo")}, on_answer, &last);
	run(40);
	assert_int_equal(last.http, 200);
}

static void when_to_come_again_is_told(void **state)
{
	(void)state;
	fetch_send(fetch, &(struct fetch_request){.url = url_of("/later")}, on_answer, &last);
	run(1);
	assert_int_equal(last.http, 503);
	assert_int_equal(last.retry_after_s, 7);
}

static void a_redirect_is_an_answer_and_not_followed(void **state)
{
	(void)state;
	fetch_send(fetch, &(struct fetch_request){.url = url_of("/away")}, on_answer, &last);
	run(1);
	assert_int_equal(last.http, 302);
}

static void what_cannot_be_reached_is_no_answer_and_says_why(void **state)
{
	(void)state;
	fetch_send(fetch, &(struct fetch_request){.url = "http://127.0.0.1:1/"}, on_answer, &first);
	/* A server that speaks no TLS. */
	snprintf(url, sizeof url, "https://127.0.0.1:%u/echo", http_server_port(server));
	fetch_send(fetch, &(struct fetch_request){.url = url}, on_answer, &last);
	run(2);
	assert_int_equal(first.http, 0);
	assert_true(first.error[0] != '\0');
	assert_int_equal(last.http, 0);
	assert_true(last.error[0] != '\0');
}

static void what_is_under_way_ends_with_it_and_calls_nobody(void **state)
{
	(void)state;
	answered = 1;
	fetch_send(fetch, &(struct fetch_request){.url = url_of("/large")}, on_answer, &last);
	fetch_destroy(&fetch);
	assert_int_equal(answered, 1);
}

static void an_address_is_https_or_this_machine(void **state)
{
	(void)state;
	static const char *const GOOD[] = {"https://gateway.example", "HTTPS://gateway.example:8443/x", "http://127.0.0.1:80", "http://localhost", "http://[::1]:8080/"};
	static const char *const WRONG[] = {"", "https://", "https:///x", "http://gateway.example", "http://localhost.example", "http://127.0.0.1.example/",
	                                    "ftp://gateway.example", "gateway.example", "file:///etc/passwd"};
	for (size_t i = 0; i < ARRAY_COUNT(GOOD); i++)
		assert_true(fetch_is_url(GOOD[i]));
	for (size_t i = 0; i < ARRAY_COUNT(WRONG); i++)
		assert_false(fetch_is_url(WRONG[i]));
}

static void certificates_that_are_not_there_are_told_at_once(void **state)
{
	(void)state;
	struct fault fault = {.offset = -1};
	struct fetch *other = NULL;
	assert_int_equal(fetch_new(loop, "/nowhere/ca.pem", &other, &fault), STATUS_UNAVAILABLE);
	assert_string_equal(fault.code, "ca_file");
	assert_null(other);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(a_request_is_answered_with_its_headers_and_body),
		CASE(many_are_under_way_at_once),
		CASE(when_to_come_again_is_told),
		CASE(a_redirect_is_an_answer_and_not_followed),
		CASE(what_cannot_be_reached_is_no_answer_and_says_why),
		CASE(what_is_under_way_ends_with_it_and_calls_nobody),
		CASE(an_address_is_https_or_this_machine),
		CASE(certificates_that_are_not_there_are_told_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
