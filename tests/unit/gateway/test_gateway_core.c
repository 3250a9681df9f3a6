/* What the gateway decides: routes, selections, the query wire, validators, languages, the search for the newest year. */
#include "services/gateway/gateway_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define DIGEST_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new((size_t)4 * 1024 * 1024);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_destroy(&arena);
	return 0;
}

static void paths_lead_to_routes(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		enum gateway_route route;
		const char *rest;
	} CASES[] = {
		{"/", GATEWAY_ROUTE_HOME, ""},
		{"/ratings/2023", GATEWAY_ROUTE_PAGE, "2023"},
		{"/ratings/2023/x", GATEWAY_ROUTE_PAGE, "2023/x"},
		{"/ratings/", GATEWAY_ROUTE_NONE, ""},
		{"/ratings", GATEWAY_ROUTE_NONE, ""},
		{"/api/v1/ratings/2023-Q1", GATEWAY_ROUTE_DOCUMENT, "2023-Q1"},
		{"/api/v2/ratings/2023", GATEWAY_ROUTE_NONE, ""},
		{"/static/console.css", GATEWAY_ROUTE_STYLE, ""},
		{"/static/../console.css", GATEWAY_ROUTE_NONE, ""},
		{"/livez", GATEWAY_ROUTE_LIVEZ, ""},
		{"/readyz", GATEWAY_ROUTE_READYZ, ""},
		{"/metrics", GATEWAY_ROUTE_NONE, ""},
		{"", GATEWAY_ROUTE_NONE, ""},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		const char *rest;
		assert_int_equal(gateway_route_find(CASES[i].path, &rest), CASES[i].route);
		assert_string_equal(rest, CASES[i].rest);
	}
}

static void only_reading_methods_are_allowed(void **state)
{
	(void)state;
	assert_true(gateway_method_allowed(GATEWAY_ROUTE_HOME, "GET"));
	assert_true(gateway_method_allowed(GATEWAY_ROUTE_HOME, "HEAD"));
	assert_false(gateway_method_allowed(GATEWAY_ROUTE_HOME, "POST"));
	assert_false(gateway_method_allowed(GATEWAY_ROUTE_HOME, "get"));
}

static void bad_selections_are_refused_with_their_code(void **state)
{
	(void)state;
	static const struct {
		const char *period, *cohort, *kind, *revision, *code;
	} CASES[] = {
		{"23", NULL, NULL, NULL, "bad_period"},
		{"2023-H3", NULL, NULL, NULL, "bad_period"},
		{"2023/x", NULL, NULL, NULL, "bad_period"},
		{"2023", "a b", NULL, NULL, "bad_cohort"},
		{"", NULL, NULL, NULL, "bad_period"},
		{"2023", NULL, "draft", NULL, "bad_kind"},
		{"2023", NULL, NULL, "0", "bad_revision"},
		{"2023", NULL, NULL, "1x", "bad_revision"},
		{"2023", NULL, NULL, "9999999999", "bad_revision"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct gateway_selection selection;
		struct fault fault;
		assert_int_equal(gateway_select(CASES[i].period, CASES[i].cohort, CASES[i].kind, CASES[i].revision, &selection, &fault),
		                 STATUS_INVALID);
		assert_string_equal(fault.code, CASES[i].code);
	}
}

static void a_request_carries_only_what_was_asked(void **state)
{
	(void)state;
	struct gateway_selection selection;
	struct buf buf;
	buf_init(&buf, 1024);
	assert_int_equal(gateway_select("2023-Q3", NULL, "", "", &selection, NULL), STATUS_OK);
	gateway_request_write(&buf, "7", &selection);
	assert_string_equal(buf.at, "{\"id\":\"7\",\"method\":\"rating.get\",\"params\":{\"period\":\"2023-Q3\"}}");
	buf_reset(&buf);
	assert_int_equal(gateway_select("2023", "all", "final", "2", &selection, NULL), STATUS_OK);
	gateway_request_write(&buf, "8", &selection);
	assert_string_equal(buf.at, "{\"id\":\"8\",\"method\":\"rating.get\",\"params\":{\"period\":\"2023\",\"cohort\":\"all\","
	                            "\"kind\":\"final\",\"revision\":2}}");
	buf_clear(&buf);
}

static void answers_are_read_and_others_refused(void **state)
{
	(void)state;
	struct gateway_answer answer;
	struct span body = span_of_text("{}");
	struct span ok = span_of_text("{\"id\":\"7\",\"status\":\"ok\"}");
	assert_int_equal(gateway_answer_read(arena, ok, body, &answer), STATUS_OK);
	assert_true(answer.ok);
	assert_string_equal(answer.id, "7");
	assert_true(span_equal(answer.document, body));
	struct span error = span_of_text("{\"id\":\"7\",\"status\":\"error\",\"code\":\"not_found\",\"text\":\"none\"}");
	assert_int_equal(gateway_answer_read(arena, error, span_of("", 0), &answer), STATUS_OK);
	assert_false(answer.ok);
	assert_string_equal(answer.code, "not_found");
	assert_int_not_equal(gateway_answer_read(arena, span_of_text("{\"id\":7,\"status\":\"ok\"}"), body, &answer), STATUS_OK);
	assert_int_not_equal(gateway_answer_read(arena, span_of_text("{\"id\":\"7\"}"), body, &answer), STATUS_OK);
	assert_int_not_equal(gateway_answer_read(arena, span_of_text("7"), body, &answer), STATUS_OK);
	assert_int_not_equal(gateway_answer_read(arena, span_of_text("nonsense"), body, &answer), STATUS_OK);
}

static void codes_of_the_query_become_http_codes(void **state)
{
	(void)state;
	assert_int_equal(gateway_code_http("not_found"), 404);
	assert_int_equal(gateway_code_http("unknown_cohort"), 404);
	assert_int_equal(gateway_code_http("bad_period"), 400);
	assert_int_equal(gateway_code_http("unavailable"), 503);
	assert_int_equal(gateway_code_http("anything"), 502);
}

static enum status edition_of(const char *text, struct gateway_edition *edition)
{
	return gateway_edition_read(arena, span_of_text(text), edition);
}

static void the_tag_is_the_documents_digest_or_the_live_results(void **state)
{
	(void)state;
	struct gateway_edition edition;
	assert_int_equal(edition_of("{\"kind\":\"final\",\"result_digest\":\"" DIGEST_A "\",\"document_digest\":\"" DIGEST_B "\"}",
	                            &edition), STATUS_OK);
	assert_false(edition.live);
	assert_string_equal(edition.etag, "\"" DIGEST_B "\"");
	assert_int_equal(edition_of("{\"kind\":\"live\",\"result_digest\":\"" DIGEST_A "\",\"document_digest\":null}", &edition),
	                 STATUS_OK);
	assert_true(edition.live);
	assert_string_equal(edition.etag, "W/\"" DIGEST_A "\"");
	assert_int_equal(edition_of("{\"kind\":\"final\",\"result_digest\":\"" DIGEST_A "\"}", &edition), STATUS_INVALID);
	assert_int_equal(edition_of("{\"kind\":\"live\",\"result_digest\":\"a\\\"b\"}", &edition), STATUS_INVALID);
	assert_int_equal(edition_of("[]", &edition), STATUS_INVALID);
}

static void if_none_match_takes_lists_weak_tags_and_a_star(void **state)
{
	(void)state;
	assert_false(gateway_etag_matches(NULL, "\"x\""));
	assert_false(gateway_etag_matches("", "\"x\""));
	assert_true(gateway_etag_matches("\"x\"", "\"x\""));
	assert_true(gateway_etag_matches("W/\"x\"", "\"x\""));
	assert_true(gateway_etag_matches("\"x\"", "W/\"x\""));
	assert_true(gateway_etag_matches("\"y\", \"x\"", "\"x\""));
	assert_true(gateway_etag_matches("*", "\"x\""));
	assert_false(gateway_etag_matches("\"y\", \"xx\"", "\"x\""));
	assert_false(gateway_etag_matches("x", "\"x\""));
}

static void only_a_named_published_revision_may_be_kept(void **state)
{
	(void)state;
	struct gateway_selection newest, named;
	assert_int_equal(gateway_select("2023", NULL, NULL, NULL, &newest, NULL), STATUS_OK);
	assert_int_equal(gateway_select("2023", NULL, "final", "1", &named, NULL), STATUS_OK);
	const struct gateway_edition published = {.live = false}, live = {.live = true};
	assert_string_equal(gateway_cache_control(&newest, &published), "no-cache");
	assert_string_equal(gateway_cache_control(&named, &live), "no-cache");
	assert_string_equal(gateway_cache_control(&named, &published), "public, max-age=86400, immutable");
}

static void the_language_is_asked_for_preferred_or_russian(void **state)
{
	(void)state;
	static const struct {
		const char *lang, *accept;
		enum gateway_language language;
	} CASES[] = {
		{NULL, NULL, GATEWAY_RU},
		{"en", "ru", GATEWAY_EN},
		{"ru", "en", GATEWAY_RU},
		{"de", "en", GATEWAY_EN},
		{NULL, "en-GB,en;q=0.9", GATEWAY_EN},
		{NULL, "en;q=0.5, ru;q=0.6", GATEWAY_RU},
		{NULL, "EN; q=0.7, ru;q=0.6", GATEWAY_EN},
		{NULL, "ru, en", GATEWAY_RU},
		{NULL, "en;q=0, de", GATEWAY_RU},
		{NULL, "english, *", GATEWAY_RU},
		{NULL, ";;,,=q", GATEWAY_RU},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++)
		assert_int_equal(gateway_language_choose(CASES[i].lang, CASES[i].accept), CASES[i].language);
}

static struct gateway_home home_in(const char *date)
{
	struct gateway_home home;
	int64_t now_us;
	assert_true(date_parse(date, &now_us));
	gateway_home_init(&home, now_us);
	return home;
}

static void home_finds_the_newest_published_year(void **state)
{
	(void)state;
	const struct gateway_edition published = {.live = false}, live = {.live = true};
	struct gateway_home home = home_in("2025-06-01");
	assert_int_equal(home.year, 2025);
	assert_int_equal(gateway_home_step(&home, &live), GATEWAY_HOME_ASK);
	assert_int_equal(gateway_home_step(&home, NULL), GATEWAY_HOME_ASK);
	assert_int_equal(gateway_home_step(&home, &published), GATEWAY_HOME_FOUND);
	assert_int_equal(home.year, 2023);
}

static void home_falls_back_to_the_newest_live_year(void **state)
{
	(void)state;
	const struct gateway_edition live = {.live = true};
	struct gateway_home home = home_in("2021-01-01");
	assert_int_equal(gateway_home_step(&home, NULL), GATEWAY_HOME_ASK);
	assert_int_equal(gateway_home_step(&home, &live), GATEWAY_HOME_ASK);
	assert_int_equal(gateway_home_step(&home, &live), GATEWAY_HOME_FOUND);
	assert_int_equal(home.year, 2020);
}

static void home_is_empty_when_no_year_has_a_rating(void **state)
{
	(void)state;
	struct gateway_home home = home_in("2019-01-01");
	assert_int_equal(gateway_home_step(&home, NULL), GATEWAY_HOME_EMPTY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_lead_to_routes),
		cmocka_unit_test(only_reading_methods_are_allowed),
		cmocka_unit_test(bad_selections_are_refused_with_their_code),
		cmocka_unit_test(a_request_carries_only_what_was_asked),
		cmocka_unit_test(answers_are_read_and_others_refused),
		cmocka_unit_test(codes_of_the_query_become_http_codes),
		cmocka_unit_test(the_tag_is_the_documents_digest_or_the_live_results),
		cmocka_unit_test(if_none_match_takes_lists_weak_tags_and_a_star),
		cmocka_unit_test(only_a_named_published_revision_may_be_kept),
		cmocka_unit_test(the_language_is_asked_for_preferred_or_russian),
		cmocka_unit_test(home_finds_the_newest_published_year),
		cmocka_unit_test(home_falls_back_to_the_newest_live_year),
		cmocka_unit_test(home_is_empty_when_no_year_has_a_rating),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
