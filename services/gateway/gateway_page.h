/* gateway_page: the console's pages: a rating's document in, HTML out.
 *
 * Pure. One semantic, accessible page without script: everything from outside passes one escaping function, every text
 * comes from gateway_text. */
#ifndef EFFREG_GATEWAY_PAGE_H
#define EFFREG_GATEWAY_PAGE_H

#include "services/gateway/gateway_core.h"

#define GATEWAY_PAGE_BYTES_MAX ((size_t)4 * 1024 * 1024)

struct gateway_view {
	enum gateway_language language;
	const struct gateway_selection *selection;  /* NULL on a page about no rating */
	int64_t now_us;                             /* there is no link to a period that has not begun */
};

/* document: the JSON of RATING.md section 6. INVALID when it is something else; then html is of no use. */
enum status gateway_page_rating(struct arena *arena, const struct gateway_view *view, struct span document,
                                struct buf *html) MUST_CHECK;

/* name, HTTP code; title and text are GATEWAY_TEXT_PROBLEM_<name> and …_TEXT */
#define GATEWAY_PROBLEM_MAP(X) \
	X(NO_RATING, 404) \
	X(NO_RATINGS, 404) \
	X(NO_PAGE, 404) \
	X(BAD_REQUEST, 400) \
	X(METHOD, 405) \
	X(UNAVAILABLE, 503)

enum gateway_problem {
#define GATEWAY_PROBLEM_ENUM(name, code) GATEWAY_PROBLEM_##name,
	GATEWAY_PROBLEM_MAP(GATEWAY_PROBLEM_ENUM)
#undef GATEWAY_PROBLEM_ENUM
};

unsigned gateway_problem_http(enum gateway_problem problem);
void gateway_page_problem(const struct gateway_view *view, enum gateway_problem problem, struct buf *html);

/* The period in words, to follow «за …»: «2023 год», "Q3 2023". */
void gateway_page_period(struct buf *html, enum gateway_language language, const struct period *period);
void gateway_page_escape(struct buf *html, const char *text);

#endif
