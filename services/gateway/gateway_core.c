#include "services/gateway/gateway_core.h"

#include "common/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* ---- Routes ---- */

static const struct route {
	const char *path;
	bool prefix;  /* something follows */
	enum gateway_route route;
} ROUTES[] = {
	{"/", false, GATEWAY_ROUTE_HOME},
	{"/ratings/", true, GATEWAY_ROUTE_PAGE},
	{"/api/v1/ratings/", true, GATEWAY_ROUTE_DOCUMENT},
	{"/api/v1/events", false, GATEWAY_ROUTE_EVENTS},
	{"/api/v1/log", false, GATEWAY_ROUTE_LOG},
	{"/static/console.css", false, GATEWAY_ROUTE_STYLE},
	{"/livez", false, GATEWAY_ROUTE_LIVEZ},
	{"/readyz", false, GATEWAY_ROUTE_READYZ},
};

enum gateway_route gateway_route_find(const char *path, const char **ret_rest)
{
	*ret_rest = "";
	for (size_t i = 0; i < ARRAY_COUNT(ROUTES); i++) {
		const struct route *route = &ROUTES[i];
		size_t len = strlen(route->path);
		if (!route->prefix && text_equal(path, route->path))
			return route->route;
		if (route->prefix && strncmp(path, route->path, len) == 0 && path[len] != '\0') {
			*ret_rest = path + len;
			return route->route;
		}
	}
	return GATEWAY_ROUTE_NONE;
}

const char *gateway_route_name(enum gateway_route route)
{
	static const char *const NAMES[] = {
#define GATEWAY_ROUTE_TEXT(name, text) [GATEWAY_ROUTE_##name] = text,
		GATEWAY_ROUTE_MAP(GATEWAY_ROUTE_TEXT)
#undef GATEWAY_ROUTE_TEXT
	};
	return NAMES[route];
}

const char *gateway_route_allow(enum gateway_route route)
{
	return route == GATEWAY_ROUTE_EVENTS ? "POST" : "GET, HEAD";
}

bool gateway_method_allowed(enum gateway_route route, const char *method)
{
	if (route == GATEWAY_ROUTE_EVENTS)
		return text_equal(method, "POST");
	return text_equal(method, "GET") || text_equal(method, "HEAD");
}

bool gateway_is_api(const char *path)
{
	return strncmp(path, "/api/", 5) == 0;
}

/* ---- Selections ---- */

static bool kind_known(const char *kind)
{
	return text_equal(kind, "live") || text_equal(kind, "interim") || text_equal(kind, "final");
}

/* "?cohort=" asks for nothing, like no cohort at all. */
static bool given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static bool revision_parse(const char *text, int64_t *ret_revision)
{
	size_t len = strlen(text);
	if (len < 1 || len > 9 || strspn(text, "0123456789") != len || text[0] == '0')
		return false;
	*ret_revision = strtol(text, NULL, 10);
	return true;
}

enum status gateway_select(const char *period, const char *cohort, const char *kind, const char *revision,
                           struct gateway_selection *ret_selection, struct fault *fault)
{
	struct gateway_selection selection = {0};
	if (!period_parse(period, &selection.period))
		return fault_set(fault, STATUS_INVALID, "bad_period", "", -1,
		                 "a period is written 2023, 2023-H1, 2023-Q3 or 2023-09");
	if (given(cohort) && !ident_is_name(cohort))
		return fault_set(fault, STATUS_INVALID, "bad_cohort", "", -1,
		                 "a cohort is a code of 1 to 64 letters, digits, '.', '_' or '-'");
	if (given(kind) && !kind_known(kind))
		return fault_set(fault, STATUS_INVALID, "bad_kind", "", -1, "kind is live, interim or final");
	if (given(revision) && !revision_parse(revision, &selection.revision))
		return fault_set(fault, STATUS_INVALID, "bad_revision", "", -1, "revision is a whole number from 1");
	snprintf(selection.cohort, sizeof selection.cohort, "%s", given(cohort) ? cohort : "");
	snprintf(selection.kind, sizeof selection.kind, "%s", given(kind) ? kind : "");
	*ret_selection = selection;
	return STATUS_OK;
}

void gateway_select_year(int year, struct gateway_selection *ret_selection)
{
	char code[12];
	snprintf(code, sizeof code, "%04d", year);
	*ret_selection = (struct gateway_selection){0};
	bool parsed = period_parse(code, &ret_selection->period);
	ASSERT(parsed);
}

/* ---- The query wire ---- */

void gateway_request_write(struct buf *buf, const char *id, const struct gateway_selection *selection)
{
	struct json_writer writer;
	json_writer_init(&writer, buf);
	json_write_object(&writer);
	json_member_string(&writer, "id", id);
	json_member_string(&writer, "method", "rating.get");
	json_write_name(&writer, "params");
	json_write_object(&writer);
	json_member_string(&writer, "period", selection->period.code);
	if (selection->cohort[0] != '\0')
		json_member_string(&writer, "cohort", selection->cohort);
	if (selection->kind[0] != '\0')
		json_member_string(&writer, "kind", selection->kind);
	if (selection->revision > 0)
		json_member_integer(&writer, "revision", selection->revision);
	json_write_object_end(&writer);
	json_write_object_end(&writer);
}

static const char *string_or_empty(const struct json *object, const char *name)
{
	const char *text = json_find_string(object, name);
	return text != NULL ? text : "";
}

enum status gateway_answer_read(struct arena *arena, struct span header, struct span body,
                                struct gateway_answer *ret_answer)
{
	const struct json *json;
	enum status status = json_parse(arena, header.at, header.len, &JSON_LIMITS_EVENT, &json, NULL);
	if (status != STATUS_OK)
		return status;
	const char *id = json_find_string(json, "id");
	const char *outcome = json_find_string(json, "status");
	if (id == NULL || outcome == NULL)
		return STATUS_INVALID;
	*ret_answer = (struct gateway_answer){
		.id = id,
		.ok = text_equal(outcome, "ok"),
		.code = string_or_empty(json, "code"),
		.text = string_or_empty(json, "text"),
		.document = body,
	};
	return STATUS_OK;
}

unsigned gateway_code_http(const char *code)
{
	static const struct mapping {
		const char *code;
		unsigned http;
	} MAPPINGS[] = {
		{"not_found", 404},    {"unknown_cohort", 404}, {"unavailable", 503}, {"timeout", 503},
	};
	for (size_t i = 0; i < ARRAY_COUNT(MAPPINGS); i++) {
		if (text_equal(code, MAPPINGS[i].code))
			return MAPPINGS[i].http;
	}
	return strncmp(code, "bad_", 4) == 0 ? 400 : 502;
}

/* ---- What a document says about itself ---- */

enum status gateway_edition_read(struct arena *arena, struct span document, struct gateway_edition *ret_edition)
{
	const struct json *json;
	enum status status = json_parse(arena, document.at, document.len, &JSON_LIMITS_DOCUMENT, &json, NULL);
	if (status != STATUS_OK)
		return status;
	const char *kind = json_find_string(json, "kind");
	if (kind == NULL)
		return STATUS_INVALID;
	bool live = text_equal(kind, "live");
	const char *digest = json_find_string(json, live ? "result_digest" : "document_digest");
	if (digest == NULL || strlen(digest) != 64 || strspn(digest, "0123456789abcdef") != 64)
		return STATUS_INVALID;
	ret_edition->live = live;
	snprintf(ret_edition->etag, sizeof ret_edition->etag, "%s\"%s\"", live ? "W/" : "", digest);
	return STATUS_OK;
}

/* The tag without its W/ prefix: the weak comparison of RFC 9110, section 8.8.3.2. */
static const char *tag_strong(const char *tag)
{
	return strncmp(tag, "W/", 2) == 0 ? tag + 2 : tag;
}

bool gateway_etag_matches(const char *header, const char *etag)
{
	if (header == NULL)
		return false;
	const char *wanted = tag_strong(etag);
	size_t len = strlen(wanted);
	for (const char *at = header + strspn(header, " \t,"); *at != '\0'; at += strspn(at, " \t,")) {
		size_t tag_len = strcspn(at, ",");
		const char *tag = tag_strong(at);
		if (*at == '*' || strncmp(tag, wanted, len) == 0)
			return true;
		at += tag_len;
	}
	return false;
}

const char *gateway_cache_control(const struct gateway_selection *selection, const struct gateway_edition *edition)
{
	bool pinned = !edition->live && selection->kind[0] != '\0' && selection->revision > 0;
	return pinned ? "public, max-age=86400, immutable" : "no-cache";
}

void gateway_error_write(struct buf *buf, const char *code, const char *text)
{
	struct json_writer writer;
	json_writer_init(&writer, buf);
	json_write_object(&writer);
	json_write_name(&writer, "error");
	json_write_object(&writer);
	json_member_string(&writer, "code", code);
	json_member_string(&writer, "text", text);
	json_write_object_end(&writer);
	json_write_object_end(&writer);
	buf_text(buf, "\n");
}

/* ---- Languages ---- */

/* The weight of one element of Accept-Language ("en-GB;q=0.8"), 1 when it has none. */
static double weight_of(const char *at, size_t len)
{
	const char *semicolon = memchr(at, ';', len);
	if (semicolon == NULL)
		return 1;
	const char *parameter = semicolon + 1 + strspn(semicolon + 1, " ");
	return strncmp(parameter, "q=", 2) == 0 ? strtod(parameter + 2, NULL) : 1;
}

static bool names_language(const char *at, size_t len, const char *language)
{
	return len >= 2 && strncasecmp(at, language, 2) == 0 && (len == 2 || strchr("-; ", at[2]) != NULL);
}

enum gateway_language gateway_language_choose(const char *lang, const char *accept_language)
{
	if (lang != NULL && text_equal(lang, "en"))
		return GATEWAY_EN;
	if (lang != NULL && text_equal(lang, "ru"))
		return GATEWAY_RU;
	enum gateway_language best = GATEWAY_RU;
	double best_weight = 0;
	const char *at = accept_language != NULL ? accept_language : "";
	for (at += strspn(at, " ,"); *at != '\0'; at += strspn(at, " ,")) {
		size_t len = strcspn(at, ",");
		for (int language = 0; language < GATEWAY_LANGUAGE_COUNT; language++) {
			const char *code = gateway_text((enum gateway_language)language, GATEWAY_TEXT_LANGUAGE_CODE);
			if (names_language(at, len, code) && weight_of(at, len) > best_weight) {
				best = (enum gateway_language)language;
				best_weight = weight_of(at, len);
			}
		}
		at += len;
	}
	return best;
}

/* ---- "/" ---- */

void gateway_home_init(struct gateway_home *home, int64_t now_us)
{
	struct period year;
	period_of_year(now_us, &year);
	*home = (struct gateway_home){.year = (int)strtol(year.code, NULL, 10)};
}

enum gateway_home_step gateway_home_step(struct gateway_home *home, const struct gateway_edition *edition)
{
	if (edition != NULL && !edition->live)
		return GATEWAY_HOME_FOUND;
	if (edition != NULL && home->live_year == 0)
		home->live_year = home->year;
	home->year--;
	if (home->year >= GATEWAY_FIRST_YEAR)
		return GATEWAY_HOME_ASK;
	home->year = home->live_year;
	return home->live_year != 0 ? GATEWAY_HOME_FOUND : GATEWAY_HOME_EMPTY;
}
