#include "services/gateway/gateway_handlers.h"

#include "common/ambient.h"
#include "common/embedded.h"
#include "services/gateway/gateway_answer.h"
#include "services/gateway/gateway_page.h"

#include <stdio.h>

#define TYPE_HTML "text/html; charset=utf-8"
#define TYPE_TEXT "text/plain; charset=utf-8"
#define TYPE_CSS  "text/css; charset=utf-8"

#define ERROR_BYTES_MAX ((size_t)64 * 1024)

/* The console's files, embedded like the protocol's, under a name of their own: see CMakeLists.txt. */
extern const struct embedded_file GATEWAY_FILES[];
extern const size_t GATEWAY_FILES_COUNT;

/* A request on its way; lives in the request's arena. */
struct exchange {
	struct gateway *gateway;
	struct http_request *request;
	enum gateway_route route;
	enum gateway_language language;
	struct gateway_selection selection;
	bool selected;                /* selection says which rating */
	struct gateway_home home;
	int64_t started_ms;
};

static void finish(struct exchange *exchange, unsigned code, const char *content_type, struct span body)
{
	gateway_answer(exchange->request, exchange->route, exchange->started_ms, code, content_type, body);
}

static struct gateway_view view_of(const struct exchange *exchange)
{
	return (struct gateway_view){
		.language = exchange->language,
		.selection = exchange->selected ? &exchange->selection : NULL,
		.now_us = ambient_now_us(),
	};
}

static void finish_page(struct exchange *exchange, unsigned code, const struct buf *html)
{
	http_set_header(exchange->request, "Content-Language", gateway_text(exchange->language, GATEWAY_TEXT_LANGUAGE_CODE));
	http_set_header(exchange->request, "Vary", "Accept-Language");
	finish(exchange, code, TYPE_HTML, buf_span(html));
}

static void finish_problem(struct exchange *exchange, enum gateway_problem problem)
{
	struct gateway_view view = view_of(exchange);
	struct buf html;
	buf_init(&html, GATEWAY_PAGE_BYTES_MAX);
	gateway_page_problem(&view, problem, &html);
	finish_page(exchange, gateway_problem_http(problem), &html);
	buf_clear(&html);
}

static enum gateway_problem problem_of(unsigned http_code)
{
	switch (http_code) {
	case 400: return GATEWAY_PROBLEM_BAD_REQUEST;
	case 404: return GATEWAY_PROBLEM_NO_RATING;
	case 405: return GATEWAY_PROBLEM_METHOD;
	default: return GATEWAY_PROBLEM_UNAVAILABLE;
	}
}

static void finish_error(struct exchange *exchange, unsigned http_code, const char *code, const char *text)
{
	http_set_header(exchange->request, "Cache-Control", "no-store");
	if (http_code >= 502)
		http_set_header(exchange->request, "Retry-After", "3");
	if (http_code == 405)
		http_set_header(exchange->request, "Allow", gateway_route_allow(exchange->route));
	if (!gateway_is_api(http_path(exchange->request))) {
		finish_problem(exchange, problem_of(http_code));
		return;
	}
	struct buf body;
	buf_init(&body, ERROR_BYTES_MAX);
	gateway_error_write(&body, code, text);
	finish(exchange, http_code, GATEWAY_TYPE_JSON, buf_span(&body));
	buf_clear(&body);
}

static void finish_bad_answer(struct exchange *exchange)
{
	finish_error(exchange, 502, "bad_answer", "the ranking service sent something that is no rating");
}

/* ---- A rating as JSON and as a page ---- */

static void finish_document(struct exchange *exchange, struct span document, struct arena *scratch)
{
	struct gateway_edition edition;
	if (gateway_edition_read(scratch, document, &edition) != STATUS_OK) {
		finish_bad_answer(exchange);
		return;
	}
	bool known = gateway_etag_matches(http_header(exchange->request, "If-None-Match"), edition.etag);
	http_set_header(exchange->request, "ETag", edition.etag);
	http_set_header(exchange->request, "Cache-Control", gateway_cache_control(&exchange->selection, &edition));
	finish(exchange, known ? 304 : 200, GATEWAY_TYPE_JSON, known ? span_of("", 0) : document);
}

static void finish_rating_page(struct exchange *exchange, struct span document, struct arena *scratch)
{
	struct gateway_view view = view_of(exchange);
	struct buf html;
	buf_init(&html, GATEWAY_PAGE_BYTES_MAX);
	if (gateway_page_rating(scratch, &view, document, &html) == STATUS_OK) {
		http_set_header(exchange->request, "Cache-Control", "no-cache");
		finish_page(exchange, 200, &html);
	} else {
		finish_bad_answer(exchange);
	}
	buf_clear(&html);
}

static void on_rating(void *context, const struct gateway_answer *answer, struct arena *scratch)
{
	struct exchange *exchange = context;
	if (!answer->ok)
		finish_error(exchange, gateway_code_http(answer->code), answer->code, answer->text);
	else if (exchange->route == GATEWAY_ROUTE_DOCUMENT)
		finish_document(exchange, answer->document, scratch);
	else
		finish_rating_page(exchange, answer->document, scratch);
}

static void ask(struct exchange *exchange, gateway_answer_fn *fn)
{
	int64_t deadline_ms = exchange->started_ms + GATEWAY_QUERY_TIMEOUT_MS;
	gateway_query_ask(exchange->gateway->query, &exchange->selection, deadline_ms, fn, exchange);
}

static void handle_rating(struct exchange *exchange, const char *period)
{
	struct http_request *request = exchange->request;
	struct fault fault;
	enum status status = gateway_select(period, http_query(request, "cohort"), http_query(request, "kind"),
	                                    http_query(request, "revision"), &exchange->selection, &fault);
	if (status != STATUS_OK) {
		finish_error(exchange, 400, fault.code, fault.text);
		return;
	}
	exchange->selected = true;
	http_defer(request);
	ask(exchange, on_rating);
}

/* ---- "/" ---- */

static void finish_home(struct exchange *exchange)
{
	char location[64];
	const char *lang = http_query(exchange->request, "lang");
	bool chosen = lang != NULL && text_equal(lang, gateway_text(exchange->language, GATEWAY_TEXT_LANGUAGE_CODE));
	snprintf(location, sizeof location, "/ratings/%d%s%s", exchange->home.year, chosen ? "?lang=" : "",
	         chosen ? lang : "");
	http_set_header(exchange->request, "Location", location);
	http_set_header(exchange->request, "Cache-Control", "no-store");
	finish(exchange, 302, TYPE_TEXT, span_of("", 0));
}

static void on_home(void *context, const struct gateway_answer *answer, struct arena *scratch)
{
	struct exchange *exchange = context;
	struct gateway_edition edition;
	bool absent = !answer->ok && gateway_code_http(answer->code) == 404;
	if (!answer->ok && !absent) {
		finish_error(exchange, gateway_code_http(answer->code), answer->code, answer->text);
		return;
	}
	if (answer->ok && gateway_edition_read(scratch, answer->document, &edition) != STATUS_OK) {
		finish_bad_answer(exchange);
		return;
	}
	switch (gateway_home_step(&exchange->home, absent ? NULL : &edition)) {
	case GATEWAY_HOME_ASK:
		gateway_select_year(exchange->home.year, &exchange->selection);
		ask(exchange, on_home);
		break;
	case GATEWAY_HOME_FOUND:
		finish_home(exchange);
		break;
	case GATEWAY_HOME_EMPTY:
		finish_problem(exchange, GATEWAY_PROBLEM_NO_RATINGS);
		break;
	}
}

static void handle_home(struct exchange *exchange)
{
	gateway_home_init(&exchange->home, ambient_now_us());
	gateway_select_year(exchange->home.year, &exchange->selection);
	http_defer(exchange->request);
	ask(exchange, on_home);
}

/* ---- The rest ---- */

static void handle_style(struct exchange *exchange)
{
	ASSERT(GATEWAY_FILES_COUNT == 1);
	http_set_header(exchange->request, "Cache-Control", "public, max-age=300");
	finish(exchange, 200, TYPE_CSS, span_of((const char *)GATEWAY_FILES[0].bytes, GATEWAY_FILES[0].len));
}

static void handle_none(struct exchange *exchange)
{
	if (gateway_is_api(http_path(exchange->request)))
		finish_error(exchange, 404, "not_found", "there are /api/v1/ratings/{period}, POST /api/v1/events and /api/v1/log");
	else
		finish_problem(exchange, GATEWAY_PROBLEM_NO_PAGE);
}

void gateway_handle(void *context, struct http_request *request)
{
	const char *rest;
	struct exchange *exchange = arena_alloc(http_arena(request), sizeof *exchange);
	*exchange = (struct exchange){
		.gateway = context,
		.request = request,
		.route = gateway_route_find(http_path(request), &rest),
		.language = gateway_language_choose(http_query(request, "lang"), http_header(request, "Accept-Language")),
		.started_ms = ambient_monotonic_ms(),
	};
	/* Where no events are taken, there is no such place. */
	bool takes_events = exchange->route == GATEWAY_ROUTE_EVENTS || exchange->route == GATEWAY_ROUTE_LOG;
	if (takes_events && exchange->gateway->ingest == NULL)
		exchange->route = GATEWAY_ROUTE_NONE;
	if (!gateway_method_allowed(exchange->route, http_method(request))) {
		finish_error(exchange, 405, "method_not_allowed", takes_events ? "the header Allow says what can be done here"
		                                                               : "this can only be read: GET or HEAD");
		return;
	}
	switch (exchange->route) {
	case GATEWAY_ROUTE_HOME: handle_home(exchange); break;
	case GATEWAY_ROUTE_PAGE:
	case GATEWAY_ROUTE_DOCUMENT: handle_rating(exchange, rest); break;
	case GATEWAY_ROUTE_EVENTS: gateway_ingest_events(exchange->gateway->ingest, request); break;
	case GATEWAY_ROUTE_LOG: gateway_ingest_log(exchange->gateway->ingest, request); break;
	case GATEWAY_ROUTE_STYLE: handle_style(exchange); break;
	case GATEWAY_ROUTE_LIVEZ: finish(exchange, 200, TYPE_TEXT, span_of_text("alive\n")); break;
	/* Whether the ranking service is there is no matter: events are taken without it. */
	case GATEWAY_ROUTE_READYZ: finish(exchange, 200, TYPE_TEXT, span_of_text("ready\n")); break;
	case GATEWAY_ROUTE_NONE: handle_none(exchange); break;
	}
}
