#include "services/gateway/gateway_page.h"

#include "common/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SCORE_PLACES 3

/* ---- Text into HTML ---- */

void gateway_page_escape(struct buf *html, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&': buf_text(html, "&amp;"); break;
		case '<': buf_text(html, "&lt;"); break;
		case '>': buf_text(html, "&gt;"); break;
		case '"': buf_text(html, "&quot;"); break;
		case '\'': buf_text(html, "&#39;"); break;
		default: buf_append(html, text, 1);
		}
	}
}

static void put(struct buf *html, const struct gateway_view *view, enum gateway_text key)
{
	gateway_page_escape(html, gateway_text(view->language, key));
}

/* The text with value in its place "{}". */
static void put_filled(struct buf *html, enum gateway_language language, enum gateway_text key, const char *value)
{
	const char *text = gateway_text(language, key);
	const char *place = strstr(text, "{}");
	ASSERT(place != NULL);
	char before[256];
	snprintf(before, sizeof before, "%.*s", (int)(place - text), text);
	gateway_page_escape(html, before);
	gateway_page_escape(html, value);
	gateway_page_escape(html, place + 2);
}

static void put_number(struct buf *html, enum gateway_language language, enum gateway_text key, int64_t number)
{
	char text[24];
	snprintf(text, sizeof text, "%" PRId64, number);
	put_filled(html, language, key, text);
}

/* What the eye reads from a sign or a position, said in words to who does not see it. */
static void put_hidden(struct buf *html, const char *words)
{
	buf_text(html, "<span class=\"hidden\">");
	gateway_page_escape(html, words);
	buf_text(html, "</span>");
}

/* ---- Periods ---- */

static enum gateway_text period_text(const char *code)
{
	if (code[4] == '\0')
		return GATEWAY_TEXT_PERIOD_YEAR;
	if (code[5] == 'H')
		return (enum gateway_text)(GATEWAY_TEXT_PERIOD_H1 + (code[6] - '1'));
	if (code[5] == 'Q')
		return (enum gateway_text)(GATEWAY_TEXT_PERIOD_Q1 + (code[6] - '1'));
	return (enum gateway_text)(GATEWAY_TEXT_PERIOD_01 + (int)strtol(code + 5, NULL, 10) - 1);
}

void gateway_page_period(struct buf *html, enum gateway_language language, const struct period *period)
{
	char year[5];
	snprintf(year, sizeof year, "%.4s", period->code);
	put_filled(html, language, period_text(period->code), year);
}

/* The text with the period's words in its place "{}". */
static void put_with_period(struct buf *html, const struct gateway_view *view, enum gateway_text key,
                            const struct period *period)
{
	struct buf words;
	buf_init(&words, 256);
	gateway_page_period(&words, view->language, period);
	const char *text = gateway_text(view->language, key);
	const char *place = strstr(text, "{}");
	ASSERT(place != NULL && buf_ok(&words));
	buf_append(html, text, (size_t)(place - text));
	buf_append(html, words.at, words.len);
	buf_text(html, place + 2);
	buf_clear(&words);
}

/* The period of the same length that begins where this one ends. */
static bool period_next(const struct period *period, struct period *ret_next)
{
	char instant[INSTANT_TEXT_SIZE], code[32];
	instant_format(period->to_us, instant);
	long month = strtol(instant + 5, NULL, 10);
	switch (period->code[4] == '\0' ? 'Y' : period->code[5]) {
	case 'Y': snprintf(code, sizeof code, "%.4s", instant); break;
	case 'H': snprintf(code, sizeof code, "%.4s-H%ld", instant, (month - 1) / 6 + 1); break;
	case 'Q': snprintf(code, sizeof code, "%.4s-Q%ld", instant, (month - 1) / 3 + 1); break;
	default: snprintf(code, sizeof code, "%.7s", instant); break;
	}
	return period_parse(code, ret_next);
}

/* ---- Links ---- */

/* Starts a query string with what of the selection goes along; values were checked to be plain names and numbers. */
static void put_query(struct buf *html, const struct gateway_view *view, enum gateway_language language,
                      bool with_revision)
{
	const struct gateway_selection *selection = view->selection;
	buf_printf(html, "?lang=%s", gateway_text(language, GATEWAY_TEXT_LANGUAGE_CODE));
	if (selection == NULL)
		return;
	if (selection->cohort[0] != '\0')
		buf_printf(html, "&amp;cohort=%s", selection->cohort);
	if (selection->kind[0] != '\0')
		buf_printf(html, "&amp;kind=%s", selection->kind);
	if (with_revision && selection->revision > 0)
		buf_printf(html, "&amp;revision=%" PRId64, selection->revision);
}

static void put_period_link(struct buf *html, const struct gateway_view *view, const struct period *period,
                            const char *rel, const char *before, const char *after)
{
	buf_printf(html, "<li><a rel=\"%s\" href=\"/ratings/%s", rel, period->code);
	put_query(html, view, view->language, false);
	buf_printf(html, "\">%s", before);
	gateway_page_period(html, view->language, period);
	buf_printf(html, "%s</a></li>", after);
}

static void put_periods(struct buf *html, const struct gateway_view *view)
{
	static const char LEFT[] = "<span aria-hidden=\"true\">← </span>";
	static const char RIGHT[] = "<span aria-hidden=\"true\"> →</span>";
	const struct period *period = &view->selection->period;
	struct period other;
	buf_text(html, "<nav class=\"periods\" aria-label=\"");
	put(html, view, GATEWAY_TEXT_PERIODS);
	buf_text(html, "\"><ul>");
	if (period_previous(period, &other) && strtol(other.code, NULL, 10) >= GATEWAY_FIRST_YEAR)
		put_period_link(html, view, &other, "prev", LEFT, "");
	if (period_next(period, &other) && other.from_us <= view->now_us)
		put_period_link(html, view, &other, "next", "", RIGHT);
	buf_text(html, "</ul></nav>\n");
}

static void put_languages(struct buf *html, const struct gateway_view *view)
{
	buf_text(html, "<nav aria-label=\"");
	put(html, view, GATEWAY_TEXT_LANGUAGES);
	buf_text(html, "\"><ul>");
	for (int i = 0; i < GATEWAY_LANGUAGE_COUNT; i++) {
		enum gateway_language language = (enum gateway_language)i;
		const char *code = gateway_text(language, GATEWAY_TEXT_LANGUAGE_CODE);
		const char *current = language == view->language ? " aria-current=\"true\"" : "";
		/* A reference without a path leads back to this page: no address from outside is written. */
		buf_printf(html, "<li><a lang=\"%s\" hreflang=\"%s\"%s href=\"", code, code, current);
		put_query(html, view, language, true);
		buf_printf(html, "\">%s</a></li>", gateway_text(language, GATEWAY_TEXT_LANGUAGE_NAME));
	}
	buf_text(html, "</ul></nav>\n");
}

/* ---- The frame of every page ---- */

static void put_head(struct buf *html, const struct gateway_view *view, struct span title)
{
	buf_printf(html, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<title>",
	           gateway_text(view->language, GATEWAY_TEXT_LANGUAGE_CODE));
	buf_append(html, title.at, title.len);
	buf_text(html, " — ");
	put(html, view, GATEWAY_TEXT_SITE);
	buf_text(html, "</title>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	               "<meta name=\"color-scheme\" content=\"light dark\">\n"
	               "<link rel=\"stylesheet\" href=\"/static/console.css\">\n</head>\n<body>\n"
	               "<a class=\"skip\" href=\"#content\">");
	put(html, view, GATEWAY_TEXT_SKIP);
	buf_text(html, "</a>\n<header><p class=\"site\"><a href=\"/?lang=");
	put(html, view, GATEWAY_TEXT_LANGUAGE_CODE);
	buf_text(html, "\">");
	put(html, view, GATEWAY_TEXT_SITE);
	buf_text(html, "</a></p>\n");
	put_languages(html, view);
	buf_text(html, "</header>\n<main id=\"content\" tabindex=\"-1\">\n<h1>");
	buf_append(html, title.at, title.len);
	buf_text(html, "</h1>\n");
}

static void put_foot(struct buf *html)
{
	buf_text(html, "</main>\n</body>\n</html>\n");
}

/* ---- The summary above the table ---- */

static const char *string_or(const struct json *object, const char *name, const char *otherwise)
{
	const char *text = json_find_string(object, name);
	return text != NULL ? text : otherwise;
}

static bool integer_of(const struct json *object, const char *name, int64_t *ret_integer)
{
	const struct json *value = json_find(object, name);
	return json_is(value, JSON_NUMBER) && json_integer(value, ret_integer);
}

static void put_term(struct buf *html, const struct gateway_view *view, enum gateway_text key)
{
	buf_text(html, "<div><dt>");
	put(html, view, key);
	buf_text(html, "</dt><dd>");
}

static void put_kind(struct buf *html, const struct gateway_view *view, const struct json *document)
{
	const char *kind = json_find_string(document, "kind");
	bool live = kind == NULL || text_equal(kind, "live");
	put_term(html, view, GATEWAY_TEXT_STATUS);
	put(html, view, live                          ? GATEWAY_TEXT_KIND_LIVE
	              : text_equal(kind, "interim") ? GATEWAY_TEXT_KIND_INTERIM
	                                            : GATEWAY_TEXT_KIND_FINAL);
	int64_t revision = 0;
	if (!live && integer_of(document, "revision", &revision)) {
		buf_text(html, ", ");
		put_number(html, view->language, GATEWAY_TEXT_REVISION, revision);
	}
	buf_text(html, "</dd></div>\n");
}

static void put_methodology(struct buf *html, const struct gateway_view *view, const struct json *document)
{
	const struct json *methodology = json_find(document, "methodology");
	int64_t version = 0;
	if (methodology == NULL)
		return;
	put_term(html, view, GATEWAY_TEXT_METHODOLOGY);
	gateway_page_escape(html, string_or(methodology, "code", ""));
	if (integer_of(methodology, "version", &version)) {
		buf_text(html, ", ");
		put_number(html, view->language, GATEWAY_TEXT_METHODOLOGY_VERSION, version);
	}
	buf_text(html, "</dd></div>\n");
}

static void put_summary(struct buf *html, const struct gateway_view *view, const struct json *document, size_t rated,
                        size_t count)
{
	const char *cohort = string_or(document, "cohort", "all");
	const char *title = json_find_string(json_find(document, "cohort_title"),
	                                     gateway_text(view->language, GATEWAY_TEXT_LANGUAGE_CODE));
	if (text_equal(cohort, "all"))
		title = gateway_text(view->language, GATEWAY_TEXT_COHORT_ALL);
	buf_text(html, "<dl class=\"summary\">\n");
	put_kind(html, view, document);
	put_term(html, view, GATEWAY_TEXT_COHORT);
	gateway_page_escape(html, title != NULL ? title : cohort);
	buf_text(html, "</dd></div>\n");
	put_term(html, view, GATEWAY_TEXT_RATED);
	buf_printf(html, "%zu ", rated);
	put_number(html, view->language, GATEWAY_TEXT_OF, (int64_t)count);
	buf_text(html, "</dd></div>\n");
	put_methodology(html, view, document);
	buf_text(html, "</dl>\n");
}

/* ---- The table ---- */

static void put_moved(struct buf *html, const struct gateway_view *view, int64_t change)
{
	long places = (long)(change > 0 ? change : -change);
	char words[64];
	buf_printf(html, "<span class=\"%s\" aria-hidden=\"true\">%s%ld</span>", change > 0 ? "up" : "down",
	           change > 0 ? "▲" : "▼", places);
	snprintf(words, sizeof words, "%ld %s", places, gateway_text_places(view->language, places));
	buf_text(html, "<span class=\"hidden\">");
	put_filled(html, view->language, change > 0 ? GATEWAY_TEXT_CHANGE_UP : GATEWAY_TEXT_CHANGE_DOWN, words);
	buf_text(html, "</span>");
}

static void put_absent(struct buf *html, const struct gateway_view *view)
{
	buf_text(html, "<span aria-hidden=\"true\">—</span>");
	put_hidden(html, gateway_text(view->language, GATEWAY_TEXT_ABSENT));
}

/* compared: somebody has a previous place; without it nobody is new. */
static void put_change(struct buf *html, const struct gateway_view *view, const struct json *row, bool compared)
{
	int64_t place = 0, previous = 0;
	bool has_place = integer_of(row, "place", &place), had_place = integer_of(row, "previous_place", &previous);
	buf_text(html, "<td role=\"cell\" class=\"change\">");
	if (has_place && had_place && place != previous) {
		put_moved(html, view, previous - place);
	} else if (has_place && had_place) {
		buf_text(html, "<span aria-hidden=\"true\">=</span>");
		put_hidden(html, gateway_text(view->language, GATEWAY_TEXT_CHANGE_NONE));
	} else if (had_place) {
		put_number(html, view->language, GATEWAY_TEXT_CHANGE_WAS, previous);
	} else if (has_place && compared) {
		put(html, view, GATEWAY_TEXT_CHANGE_NEW);
	} else {
		put_absent(html, view);
	}
	buf_text(html, "</td>");
}

/* How sure the place is: "3–7", and in words for who does not see that it is small. */
static void put_interval(struct buf *html, const struct gateway_view *view, const struct json *row)
{
	const struct json *interval = json_find(row, "interval");
	const struct json *first = json_is(interval, JSON_ARRAY) ? json_first(interval) : NULL;
	int64_t lo = 0, hi = 0;
	if (first == NULL || json_next(first) == NULL || !json_integer(first, &lo) || !json_integer(json_next(first), &hi))
		return;
	char range[64];
	buf_printf(html, " <span class=\"interval\" aria-hidden=\"true\">%" PRId64 "–%" PRId64 "</span>", lo, hi);
	snprintf(range, sizeof range, "%" PRId64 "–%" PRId64, lo, hi);
	buf_text(html, "<span class=\"hidden\">; ");
	put_filled(html, view->language, GATEWAY_TEXT_INTERVAL, range);
	buf_text(html, "</span>");
}

static void put_place(struct buf *html, const struct gateway_view *view, const struct json *row)
{
	int64_t place = 0;
	buf_text(html, "<tr role=\"row\"><td role=\"cell\" class=\"place\">");
	if (integer_of(row, "place", &place))
		buf_printf(html, "%" PRId64, place);
	else
		put_absent(html, view);
	put_interval(html, view, row);
	buf_text(html, "</td>");
}

static void put_region(struct buf *html, const struct gateway_view *view, const struct json *row)
{
	const char *code = gateway_text(view->language, GATEWAY_TEXT_LANGUAGE_CODE);
	const char *region = string_or(row, "region", "");
	buf_text(html, "<th role=\"rowheader\" scope=\"row\">");
	gateway_page_escape(html, string_or(json_find(row, "name"), code, region));
	buf_text(html, " <span class=\"code\">");
	gateway_page_escape(html, string_or(row, "iso", region));
	buf_text(html, "</span>");
	int64_t overall = 0;
	const char *cohort = view->selection->cohort;
	bool is_league = cohort[0] != '\0' && !text_equal(cohort, "all");
	if (is_league && integer_of(row, "overall_place", &overall)) {
		buf_text(html, " <span class=\"overall\">");
		put_number(html, view->language, GATEWAY_TEXT_OVERALL, overall);
		buf_text(html, "</span>");
	}
	buf_text(html, "</th>");
}

static void put_score(struct buf *html, const struct gateway_view *view, const struct json *row)
{
	const struct json *score = json_find(row, "score");
	buf_text(html, "<td role=\"cell\" class=\"score\">");
	if (json_is(score, JSON_NUMBER)) {
		char text[64];
		snprintf(text, sizeof text, "%.*f", SCORE_PLACES, json_number(score));
		char *point = strchr(text, '.');
		if (point != NULL && view->language == GATEWAY_RU)
			*point = ',';
		buf_text(html, text);
	} else {
		put_absent(html, view);
	}
	buf_text(html, "</td>");
}

static const struct group {
	const char *code;
	const char *sign;
	enum gateway_text text;
} GROUPS[] = {
	{"leading", "●", GATEWAY_TEXT_GROUP_LEADING},
	{"middle", "◐", GATEWAY_TEXT_GROUP_MIDDLE},
	{"lagging", "○", GATEWAY_TEXT_GROUP_LAGGING},
};

static void put_group(struct buf *html, const struct gateway_view *view, const char *code)
{
	for (size_t i = 0; code != NULL && i < ARRAY_COUNT(GROUPS); i++) {
		if (!text_equal(GROUPS[i].code, code))
			continue;
		buf_printf(html, "<span class=\"%s\"><span aria-hidden=\"true\">%s</span> ", GROUPS[i].code, GROUPS[i].sign);
		put(html, view, GROUPS[i].text);
		buf_text(html, "</span>");
		return;
	}
	if (code != NULL)
		gateway_page_escape(html, code);
	else
		put_absent(html, view);
}

static const struct reason {
	const char *code;
	enum gateway_text text;
} REASONS[] = {
	{"not_joined", GATEWAY_TEXT_REASON_NOT_JOINED},
	{"too_few_measured_projects", GATEWAY_TEXT_REASON_TOO_FEW},
	{"no_data", GATEWAY_TEXT_REASON_NO_DATA},
};

static void put_reason(struct buf *html, const struct gateway_view *view, const char *code)
{
	for (size_t i = 0; i < ARRAY_COUNT(REASONS); i++) {
		if (text_equal(REASONS[i].code, code)) {
			put(html, view, REASONS[i].text);
			return;
		}
	}
	put_filled(html, view->language, GATEWAY_TEXT_REASON_OTHER, code);
}

/* A reason takes the cells of the score and the group: who has no place has neither. */
static void put_row(struct buf *html, const struct gateway_view *view, const struct json *row, bool compared)
{
	const char *reason = json_find_string(row, "reason");
	put_place(html, view, row);
	put_change(html, view, row, compared);
	put_region(html, view, row);
	if (reason != NULL) {
		buf_text(html, "<td role=\"cell\" class=\"reason\" colspan=\"2\">");
		put_reason(html, view, reason);
	} else {
		put_score(html, view, row);
		buf_text(html, "<td role=\"cell\" class=\"group\">");
		put_group(html, view, json_find_string(row, "group"));
	}
	buf_text(html, "</td></tr>\n");
}

static bool is_rated(const struct json *row)
{
	return json_is(json_find(row, "place"), JSON_NUMBER);
}

static void put_rows(struct buf *html, const struct gateway_view *view, const struct json *rows, bool rated,
                     bool compared)
{
	for (const struct json *row = json_first(rows); row != NULL; row = json_next(row)) {
		if (is_rated(row) == rated)
			put_row(html, view, row, compared);
	}
}

static void put_caption(struct buf *html, const struct gateway_view *view, bool compared)
{
	struct period previous;
	buf_text(html, "<caption id=\"caption\">");
	put_with_period(html, view, GATEWAY_TEXT_CAPTION, &view->selection->period);
	buf_text(html, " ");
	if (!compared)
		put(html, view, GATEWAY_TEXT_CAPTION_FIRST);
	else if (period_previous(&view->selection->period, &previous))
		put_with_period(html, view, GATEWAY_TEXT_CAPTION_COMPARED, &previous);
	buf_text(html, " ");
	put(html, view, GATEWAY_TEXT_INTERVAL_NOTE);
	buf_text(html, "</caption>\n");
}

static void put_columns(struct buf *html, const struct gateway_view *view)
{
	static const struct column {
		const char *class;
		enum gateway_text text;
	} COLUMNS[] = {
		{"place", GATEWAY_TEXT_COLUMN_PLACE},
		{"change", GATEWAY_TEXT_COLUMN_CHANGE},
		{"region", GATEWAY_TEXT_COLUMN_REGION},
		{"score", GATEWAY_TEXT_COLUMN_SCORE},
		{"group", GATEWAY_TEXT_COLUMN_GROUP},
	};
	buf_text(html, "<thead role=\"rowgroup\"><tr role=\"row\">");
	for (size_t i = 0; i < ARRAY_COUNT(COLUMNS); i++) {
		buf_printf(html, "<th role=\"columnheader\" scope=\"col\" class=\"%s\">", COLUMNS[i].class);
		put(html, view, COLUMNS[i].text);
		buf_text(html, "</th>");
	}
	buf_text(html, "</tr></thead>\n");
}

static void put_table(struct buf *html, const struct gateway_view *view, const struct json *rows, size_t unrated,
                      bool compared)
{
	buf_text(html, "<div class=\"scroll\" role=\"region\" aria-labelledby=\"caption\" tabindex=\"0\">\n"
	               "<table role=\"table\">\n");
	put_caption(html, view, compared);
	put_columns(html, view);
	buf_text(html, "<tbody role=\"rowgroup\">\n");
	put_rows(html, view, rows, true, compared);
	buf_text(html, "</tbody>\n");
	if (unrated > 0) {
		buf_text(html, "<tbody role=\"rowgroup\" class=\"unrated\">\n"
		               "<tr role=\"row\"><th role=\"rowheader\" scope=\"rowgroup\" colspan=\"5\">");
		put(html, view, GATEWAY_TEXT_UNRATED);
		buf_text(html, "</th></tr>\n");
		put_rows(html, view, rows, false, compared);
		buf_text(html, "</tbody>\n");
	}
	buf_text(html, "</table>\n</div>\n");
}

/* ---- How to verify ---- */

static void put_digest(struct buf *html, const struct gateway_view *view, const struct json *document, const char *name,
                       enum gateway_text key)
{
	const char *digest = json_find_string(document, name);
	if (digest == NULL)
		return;
	put_term(html, view, key);
	buf_text(html, "<code>");
	gateway_page_escape(html, digest);
	buf_text(html, "</code></dd></div>\n");
}

static void put_verify(struct buf *html, const struct gateway_view *view, const struct json *document)
{
	buf_text(html, "<section aria-labelledby=\"verify\"><h2 id=\"verify\">");
	put(html, view, GATEWAY_TEXT_VERIFY);
	buf_text(html, "</h2>\n<p>");
	put(html, view, GATEWAY_TEXT_VERIFY_TEXT);
	buf_text(html, "</p>\n<dl>\n");
	put_digest(html, view, document, "result_digest", GATEWAY_TEXT_RESULT_DIGEST);
	put_digest(html, view, document, "document_digest", GATEWAY_TEXT_DOCUMENT_DIGEST);
	buf_printf(html, "</dl>\n<p><a type=\"application/json\" href=\"/api/v1/ratings/%s", view->selection->period.code);
	put_query(html, view, view->language, true);
	buf_text(html, "\">");
	put(html, view, GATEWAY_TEXT_AS_JSON);
	buf_text(html, "</a></p>\n</section>\n");
}

/* ---- Pages ---- */

struct tally {
	size_t rated, count;
	bool compared;
};

static struct tally tally_rows(const struct json *rows)
{
	struct tally tally = {0};
	for (const struct json *row = json_first(rows); row != NULL; row = json_next(row)) {
		tally.count++;
		tally.rated += is_rated(row);
		tally.compared |= json_is(json_find(row, "previous_place"), JSON_NUMBER);
	}
	return tally;
}

enum status gateway_page_rating(struct arena *arena, const struct gateway_view *view, struct span document,
                                struct buf *html)
{
	const struct json *json;
	enum status status = json_parse(arena, document.at, document.len, &JSON_LIMITS_DOCUMENT, &json, NULL);
	if (status != STATUS_OK)
		return status;
	const struct json *rows = json_find(json, "rows");
	if (!json_is(rows, JSON_ARRAY))
		return STATUS_INVALID;
	struct tally tally = tally_rows(rows);
	struct buf title;
	buf_init(&title, 1024);
	put_with_period(&title, view, GATEWAY_TEXT_TITLE, &view->selection->period);
	put_head(html, view, buf_span(&title));
	buf_clear(&title);
	put_periods(html, view);
	put_summary(html, view, json, tally.rated, tally.count);
	put_table(html, view, rows, tally.count - tally.rated, tally.compared);
	put_verify(html, view, json);
	put_foot(html);
	return buf_ok(html) ? STATUS_OK : STATUS_TOO_LARGE;
}

unsigned gateway_problem_http(enum gateway_problem problem)
{
	static const unsigned CODES[] = {
#define GATEWAY_PROBLEM_CODE(name, code) [GATEWAY_PROBLEM_##name] = code,
		GATEWAY_PROBLEM_MAP(GATEWAY_PROBLEM_CODE)
#undef GATEWAY_PROBLEM_CODE
	};
	return CODES[problem];
}

void gateway_page_problem(const struct gateway_view *view, enum gateway_problem problem, struct buf *html)
{
	static const struct wording {
		enum gateway_text title, text;
	} WORDINGS[] = {
#define GATEWAY_PROBLEM_WORDING(name, code) \
	[GATEWAY_PROBLEM_##name] = {GATEWAY_TEXT_PROBLEM_##name, GATEWAY_TEXT_PROBLEM_##name##_TEXT},
		GATEWAY_PROBLEM_MAP(GATEWAY_PROBLEM_WORDING)
#undef GATEWAY_PROBLEM_WORDING
	};
	put_head(html, view, span_of_text(gateway_text(view->language, WORDINGS[problem].title)));
	if (view->selection != NULL)
		put_periods(html, view);
	buf_text(html, "<p>");
	put(html, view, WORDINGS[problem].text);
	buf_text(html, "</p>\n");
	if (problem != GATEWAY_PROBLEM_NO_RATINGS) {
		buf_text(html, "<p><a href=\"/?lang=");
		put(html, view, GATEWAY_TEXT_LANGUAGE_CODE);
		buf_text(html, "\">");
		put(html, view, GATEWAY_TEXT_LATEST);
		buf_text(html, "</a></p>\n");
	}
	put_foot(html);
}
