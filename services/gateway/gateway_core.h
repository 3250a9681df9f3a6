/* gateway_core: what a request asks for and what an answer becomes: routes, selections, languages, validators.
 *
 * Pure: no socket, no clock. The handlers do what is decided here. */
#ifndef EFFREG_GATEWAY_CORE_H
#define EFFREG_GATEWAY_CORE_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/ident.h"
#include "common/status.h"
#include "services/gateway/gateway_text.h"

#define GATEWAY_FIRST_YEAR 2019  /* the programme began: no rating is older */

/* ---- Routes ---- */

/* name (label of metrics and logs) */
#define GATEWAY_ROUTE_MAP(X) \
	X(NONE, "none") \
	X(HOME, "home") \
	X(PAGE, "page") \
	X(DOCUMENT, "document") \
	X(EVENTS, "events") \
	X(LOG, "log") \
	X(STYLE, "style") \
	X(LIVEZ, "livez") \
	X(READYZ, "readyz")

enum gateway_route {
#define GATEWAY_ROUTE_ENUM(name, text) GATEWAY_ROUTE_##name,
	GATEWAY_ROUTE_MAP(GATEWAY_ROUTE_ENUM)
#undef GATEWAY_ROUTE_ENUM
};

/* *ret_rest is what follows the route's prefix in path: the period of a page or document, as written. */
enum gateway_route gateway_route_find(const char *path, const char **ret_rest);
const char *gateway_route_name(enum gateway_route route);
/* The methods that a route takes, as the header Allow says them: "POST", "GET, HEAD". */
const char *gateway_route_allow(enum gateway_route route);
bool gateway_method_allowed(enum gateway_route route, const char *method);
bool gateway_is_api(const char *path);  /* errors there are JSON, elsewhere pages */

/* ---- Selections: which rating ---- */

struct gateway_selection {
	struct period period;
	char cohort[65];    /* "" = the ranking's default */
	char kind[8];       /* "live", "interim", "final"; "" = the newest published, else live */
	int64_t revision;   /* 0 = the newest */
};

/* Texts are NULL or empty where a parameter is absent, except period. INVALID with the code bad_period, bad_cohort,
 * bad_kind or bad_revision. */
enum status gateway_select(const char *period, const char *cohort, const char *kind, const char *revision,
                           struct gateway_selection *ret_selection, struct fault *fault) MUST_CHECK;
/* The whole year; must be from 1970 to 9999. */
void gateway_select_year(int year, struct gateway_selection *ret_selection);

/* ---- The query wire ---- */

/* {"id", "method": "rating.get", "params": {…}} */
void gateway_request_write(struct buf *buf, const char *id, const struct gateway_selection *selection);

struct gateway_answer {
	const char *id;
	bool ok;
	const char *code;      /* of an error: "not_found", …; "" when ok */
	const char *text;
	struct span document;  /* JSON bytes as the ranking sent them */
};

/* INVALID when header is no answer. Texts live in arena, document is borrowed. */
enum status gateway_answer_read(struct arena *arena, struct span header, struct span body,
                                struct gateway_answer *ret_answer) MUST_CHECK;
/* 404 for what is not there, 400 for what is badly asked, 503 for what may be there later, 502 for the rest. */
unsigned gateway_code_http(const char *code);

/* ---- What a document says about itself ---- */

struct gateway_edition {
	bool live;
	char etag[80];         /* quoted document_digest; a live rating has the weak W/"result_digest" */
};

/* INVALID when the bytes are no document of RATING.md section 6. */
enum status gateway_edition_read(struct arena *arena, struct span document,
                                 struct gateway_edition *ret_edition) MUST_CHECK;
/* If-None-Match: a list of tags or "*"; compared weakly. header may be NULL. */
bool gateway_etag_matches(const char *header, const char *etag);
/* A published revision asked for by kind and number never changes; everything else is asked for again. */
const char *gateway_cache_control(const struct gateway_selection *selection, const struct gateway_edition *edition);

/* {"error": {"code", "text"}} */
void gateway_error_write(struct buf *buf, const char *code, const char *text);

/* ---- Languages ---- */

/* ?lang=, else Accept-Language by its weights, else Russian. Both may be NULL. */
enum gateway_language gateway_language_choose(const char *lang, const char *accept_language);

/* ---- "/" : the newest published year ---- */

/* One search: years are asked for one after the other, from the present one down. */
struct gateway_home {
	int year;       /* to ask for now */
	int live_year;  /* the newest year with a live rating; 0 = none yet */
};

enum gateway_home_step { GATEWAY_HOME_ASK, GATEWAY_HOME_FOUND, GATEWAY_HOME_EMPTY };

void gateway_home_init(struct gateway_home *home, int64_t now_us);
/* Takes the answer for home->year (edition NULL = there is none). ASK: home->year is the next; FOUND: home->year it is:
 * a published one, or, when no year has one, the newest live. */
enum gateway_home_step gateway_home_step(struct gateway_home *home, const struct gateway_edition *edition);

#endif
