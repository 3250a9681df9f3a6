/* The console's pages: what is escaped, what every case of a row says, and that no text is missing. */
#include "services/gateway/gateway_page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>

static struct arena *arena;
static struct buf html;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new((size_t)16 * 1024 * 1024);
	buf_init(&html, GATEWAY_PAGE_BYTES_MAX);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_destroy(&arena);
	buf_clear(&html);
	return 0;
}

static void render(enum gateway_language language, const char *period, const char *rows)
{
	struct gateway_selection selection;
	struct gateway_view view = {.language = language, .selection = &selection};
	char document[4096];
	assert_true(date_parse("2024-06-01", &view.now_us));
	assert_int_equal(gateway_select(period, "all", NULL, NULL, &selection, NULL), STATUS_OK);
	snprintf(document, sizeof document,
	         "{\"period\":\"%s\",\"cohort\":\"all\",\"kind\":\"final\",\"revision\":2,\"result_digest\":\"cafe\","
	         "\"document_digest\":\"beef\",\"methodology\":{\"code\":\"er-2026\",\"version\":3},\"rows\":[%s]}", period, rows);
	buf_reset(&html);
	assert_int_equal(gateway_page_rating(arena, &view, span_of_text(document), &html), STATUS_OK);
}

static void assert_shown(const char *expected)
{
	if (strstr(html.at, expected) == NULL)
		fail_msg("expected %s in:\n%s", expected, html.at);
}

static void assert_not_shown(const char *unexpected)
{
	if (strstr(html.at, unexpected) != NULL)
		fail_msg("unexpected %s in:\n%s", unexpected, html.at);
}

#define ROW(place, previous, score, group, reason) \
	"{\"region\":\"20000000\",\"iso\":\"RU-VOR\",\"name\":{\"ru\":\"Воронежская область\",\"en\":\"Voronezh Oblast\"},\"place\":" place \
	",\"previous_place\":" previous ",\"score\":" score ",\"group\":" group ",\"reason\":" reason "}"

static void every_text_stands_in_both_languages(void **state)
{
	(void)state;
	for (int key = 0; key < GATEWAY_TEXT_COUNT; key++) {
		const char *ru = gateway_text(GATEWAY_RU, (enum gateway_text)key);
		const char *en = gateway_text(GATEWAY_EN, (enum gateway_text)key);
		assert_non_null(ru);
		assert_non_null(en);
		assert_true(ru[0] != '\0' && en[0] != '\0');
		assert_int_equal(strstr(ru, "{}") != NULL, strstr(en, "{}") != NULL);
	}
}

static void places_are_counted_as_russian_counts(void **state)
{
	(void)state;
	static const struct {
		long count;
		const char *ru, *en;
	} CASES[] = {
		{1, "место", "place"},  {2, "места", "places"}, {4, "места", "places"},  {5, "мест", "places"},   {11, "мест", "places"},
		{12, "мест", "places"}, {21, "место", "places"}, {22, "места", "places"}, {111, "мест", "places"}, {0, "мест", "places"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		assert_string_equal(gateway_text_places(GATEWAY_RU, CASES[i].count), CASES[i].ru);
		assert_string_equal(gateway_text_places(GATEWAY_EN, CASES[i].count), CASES[i].en);
	}
}

static void every_special_character_is_escaped(void **state)
{
	(void)state;
	buf_reset(&html);
	gateway_page_escape(&html, "<a href=\"x\" title='y'>&amp; Ё</a>");
	assert_string_equal(html.at, "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp; Ё&lt;/a&gt;");
}

static void nothing_from_the_document_becomes_markup(void **state)
{
	(void)state;
	render(GATEWAY_EN, "2023",
	       "{\"region\":\"<1>\",\"iso\":\"<i>\",\"name\":{\"ru\":\"<b>\",\"en\":\"<script>\"},\"place\":null,\"group\":\"<g>\",\"reason\":\"<r>\"},"
	       "{\"region\":\"<1>\",\"iso\":null,\"name\":{},\"place\":1,\"group\":\"<g>\",\"reason\":null}");
	assert_shown("&lt;script&gt;");
	assert_shown("not rated (&lt;r&gt;)");
	assert_shown("&lt;g&gt;");
	assert_not_shown("<script>");
	assert_not_shown("<r>");
	assert_not_shown("<g>");
	assert_not_shown("<1>");
	assert_not_shown("<i>");
}

static void a_rise_is_a_sign_and_words(void **state)
{
	(void)state;
	render(GATEWAY_RU, "2023", ROW("5", "18", "61.9", "\"leading\"", "null"));
	assert_shown("<span class=\"up\" aria-hidden=\"true\">▲13</span><span class=\"hidden\">выше на 13 мест</span>");
	assert_shown("<td role=\"cell\" class=\"place\">5</td>");
	assert_shown("<th role=\"rowheader\" scope=\"row\">Воронежская область <span class=\"code\">RU-VOR</span></th>");
	assert_shown("<td role=\"cell\" class=\"score\">61,900</td>");
	assert_shown("<span aria-hidden=\"true\">●</span> лидеры");
	assert_shown("<h1>Рейтинг регионов за 2023 год</h1>");
	assert_shown("(2022 год)");
	assert_shown("Итоговый, опубликован, редакция 2");
	assert_not_shown("class=\"unrated\"");
}

static void a_fall_an_equal_place_and_a_newcomer_are_told_apart(void **state)
{
	(void)state;
	render(GATEWAY_EN, "2023", ROW("5", "3", "1", "\"middle\"", "null") "," ROW("6", "6", "1", "\"lagging\"", "null") ","
	                           ROW("7", "null", "1", "null", "null"));
	assert_shown("▼2</span><span class=\"hidden\">down 2 places</span>");
	assert_shown("=</span><span class=\"hidden\">no change</span>");
	assert_shown("<td role=\"cell\" class=\"change\">new</td>");
	assert_shown("◐</span> middle");
	assert_shown("○</span> lagging");
	assert_shown("<td role=\"cell\" class=\"score\">1.000</td>");
}

static void nobody_is_new_when_there_is_nothing_to_compare_with(void **state)
{
	(void)state;
	render(GATEWAY_EN, "2020", ROW("1", "null", "1", "null", "null"));
	assert_not_shown(">new<");
	assert_shown("There is nothing to compare with");
}

static void an_unrated_region_shows_its_reason_in_words(void **state)
{
	(void)state;
	static const struct {
		const char *code, *ru;
	} CASES[] = {
		{"not_joined", "ещё не участвует в программе"},
		{"too_few_measured_projects", "слишком мало проектов с измеренным результатом"},
		{"no_data", "нет данных для расчёта"},
		{"brand_new_reason", "не оценивается (brand_new_reason)"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		char row[512];
		snprintf(row, sizeof row, ROW("null", "9", "null", "null", "\"%s\""), CASES[i].code);
		render(GATEWAY_RU, "2023", row);
		assert_shown("<tbody role=\"rowgroup\" class=\"unrated\">");
		assert_shown(CASES[i].ru);
		assert_shown("было 9-е");
		assert_shown("0 из 1");
	}
}

static void neighbours_are_linked_but_not_the_future(void **state)
{
	(void)state;
	render(GATEWAY_EN, "2023", "");
	assert_shown("<a rel=\"prev\" href=\"/ratings/2022?lang=en&amp;cohort=all\">");
	assert_shown("<a rel=\"next\" href=\"/ratings/2024?lang=en&amp;cohort=all\">");
	render(GATEWAY_EN, "2024", "");
	assert_not_shown("rel=\"next\"");
	render(GATEWAY_EN, "2019", "");
	assert_not_shown("rel=\"prev\"");
}

static void every_length_of_period_has_its_words_and_its_next(void **state)
{
	(void)state;
	static const struct {
		const char *code, *ru, *en, *next;
	} CASES[] = {
		{"2022", "2022 год", "2022", "2023"},
		{"2022-H1", "первое полугодие 2022 года", "first half of 2022", "2022-H2"},
		{"2022-H2", "второе полугодие 2022 года", "second half of 2022", "2023-H1"},
		{"2022-Q3", "III квартал 2022 года", "Q3 2022", "2022-Q4"},
		{"2022-Q4", "IV квартал 2022 года", "Q4 2022", "2023-Q1"},
		{"2022-01", "январь 2022 года", "January 2022", "2022-02"},
		{"2022-12", "декабрь 2022 года", "December 2022", "2023-01"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		char title[128], link[64];
		snprintf(title, sizeof title, "<h1>Рейтинг регионов за %s</h1>", CASES[i].ru);
		snprintf(link, sizeof link, "rel=\"next\" href=\"/ratings/%s?", CASES[i].next);
		render(GATEWAY_RU, CASES[i].code, "");
		assert_shown(title);
		assert_shown(link);
		snprintf(title, sizeof title, "<h1>Rating of regions, %s</h1>", CASES[i].en);
		render(GATEWAY_EN, CASES[i].code, "");
		assert_shown(title);
	}
}

static void the_page_tells_its_language_and_switches(void **state)
{
	(void)state;
	render(GATEWAY_RU, "2023", "");
	assert_shown("<html lang=\"ru\">");
	assert_shown("<a lang=\"en\" hreflang=\"en\" href=\"?lang=en&amp;cohort=all\">English</a>");
	assert_shown("<a lang=\"ru\" hreflang=\"ru\" aria-current=\"true\"");
	assert_shown("<a class=\"skip\" href=\"#content\">");
	assert_shown("<code>cafe</code>");
	assert_shown("<code>beef</code>");
	assert_shown("er-2026, версия 3");
}

static void a_league_shows_the_interval_and_the_place_over_all(void **state)
{
	(void)state;
	static const char DOCUMENT[] =
		"{\"period\":\"2023\",\"cohort\":\"north\",\"cohort_title\":{\"ru\":\"Север <1>\",\"en\":\"North\"},\"kind\":\"live\","
		"\"rows\":[{\"region\":\"20000000\",\"iso\":\"RU-VOR\",\"name\":{\"ru\":\"Воронежская область\"},\"place\":2,"
		"\"interval\":[1,4],\"overall_place\":18,\"reason\":null}]}";
	struct gateway_selection selection;
	struct gateway_view view = {.language = GATEWAY_RU, .selection = &selection};
	assert_true(date_parse("2024-06-01", &view.now_us));
	assert_int_equal(gateway_select("2023", "north", NULL, NULL, &selection, NULL), STATUS_OK);
	buf_reset(&html);
	assert_int_equal(gateway_page_rating(arena, &view, span_of_text(DOCUMENT), &html), STATUS_OK);
	assert_shown("Север &lt;1&gt;");
	assert_shown("<span class=\"interval\" aria-hidden=\"true\">1–4</span><span class=\"hidden\">; при других весах 1–4</span>");
	assert_shown("<span class=\"overall\">18-е среди всех регионов</span>");
}

static void what_is_no_document_is_refused(void **state)
{
	(void)state;
	static const char *const CASES[] = {"", "[]", "{}", "{\"rows\":{}}", "{\"rows\":[]"};
	struct gateway_selection selection;
	gateway_select_year(2023, &selection);
	const struct gateway_view view = {.selection = &selection};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++)
		assert_int_not_equal(gateway_page_rating(arena, &view, span_of_text(CASES[i]), &html), STATUS_OK);
	buf_reset(&html);
	assert_int_equal(gateway_page_rating(arena, &view, span_of_text("{\"rows\":[{},7,null]}"), &html), STATUS_OK);
}

static void every_problem_has_a_page(void **state)
{
	(void)state;
	const struct gateway_view view = {.language = GATEWAY_RU};
	buf_reset(&html);
	gateway_page_problem(&view, GATEWAY_PROBLEM_UNAVAILABLE, &html);
	assert_shown("<h1>Рейтинг временно недоступен</h1>");
	assert_shown("href=\"?lang=en\"");
	assert_int_equal(gateway_problem_http(GATEWAY_PROBLEM_UNAVAILABLE), 503);
	assert_int_equal(gateway_problem_http(GATEWAY_PROBLEM_METHOD), 405);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_text_stands_in_both_languages),
		cmocka_unit_test(places_are_counted_as_russian_counts),
		cmocka_unit_test(every_special_character_is_escaped),
		cmocka_unit_test(nothing_from_the_document_becomes_markup),
		cmocka_unit_test(a_rise_is_a_sign_and_words),
		cmocka_unit_test(a_fall_an_equal_place_and_a_newcomer_are_told_apart),
		cmocka_unit_test(nobody_is_new_when_there_is_nothing_to_compare_with),
		cmocka_unit_test(an_unrated_region_shows_its_reason_in_words),
		cmocka_unit_test(neighbours_are_linked_but_not_the_future),
		cmocka_unit_test(every_length_of_period_has_its_words_and_its_next),
		cmocka_unit_test(the_page_tells_its_language_and_switches),
		cmocka_unit_test(a_league_shows_the_interval_and_the_place_over_all),
		cmocka_unit_test(what_is_no_document_is_refused),
		cmocka_unit_test(every_problem_has_a_page),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
