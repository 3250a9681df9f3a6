/* The report: how codes, numbers and dates are said, what a document becomes as text, JSON and a page, and that the figures
 * of the shipped definitions all have their section. */
#include "common/crypto.h"
#include "common/ident.h"
#include "services/cli/cli_report_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NO_BREAK "\xC2\xA0"

static struct arena *arena;
static struct buf out;

static int set_up(void **state)
{
	(void)state;
	if (crypto_init() != STATUS_OK)
		return 1;
	arena = arena_new((size_t)256 * 1024 * 1024);
	buf_init(&out, (size_t)8 * 1024 * 1024);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_destroy(&arena);
	buf_clear(&out);
	return 0;
}

static struct span file(const char *path)
{
	char full[512];
	snprintf(full, sizeof full, "%s/%s", EFFREG_SOURCE_DIR, path);
	FILE *opened = fopen(full, "rb");
	assert_non_null(opened);
	char *bytes = arena_alloc(arena, (size_t)512 * 1024);
	size_t len = fread(bytes, 1, (size_t)512 * 1024 - 1, opened);
	fclose(opened);
	return span_of(bytes, len);
}

static const struct json *parse(struct span text)
{
	const struct json *json;
	assert_int_equal(json_parse(arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	return json;
}

static void shows(const char *text)
{
	if (out.at == NULL || strstr(out.at, text) == NULL)
		fail_msg("expected %s in:\n%s", text, out.at == NULL ? "" : out.at);
}

static void shows_not(const char *text)
{
	if (out.at != NULL && strstr(out.at, text) != NULL)
		fail_msg("unexpected %s in:\n%s", text, out.at);
}

/* ---- Words ---- */

static void numbers_are_read_in_both_languages(void **state)
{
	static const struct {
		const char *text, *ru, *en;
		unsigned places;
	} CASES[] = {
		{"57.142857", "57,14", "57.14", 2}, {"1499", "1499", "1499", 0}, {"90000", "90" NO_BREAK "000", "90,000", 0},
		{"1234567.5", "1" NO_BREAK "234" NO_BREAK "567,5", "1,234,567.5", 2}, {"-25.5", "−25,5", "−25.5", 1}, {"0", "0", "0", 2},
		{"-12345", "−12" NO_BREAK "345", "−12,345", 0}, {"seven", "seven", "seven", 2},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		assert_string_equal(report_number(arena, CLI_LANG_RU, CASES[i].text, CASES[i].places), CASES[i].ru);
		assert_string_equal(report_number(arena, CLI_LANG_EN, CASES[i].text, CASES[i].places), CASES[i].en);
	}
}

static void quantities_carry_their_unit(void **state)
{
	(void)state;
	assert_string_equal(report_quantity(arena, CLI_LANG_RU, "57.142857", "percent"), "57,14" NO_BREAK "%");
	assert_string_equal(report_quantity(arena, CLI_LANG_EN, "57.142857", "percent"), "57.14%");
	assert_string_equal(report_quantity(arena, CLI_LANG_RU, "3", "working_day"), "3" NO_BREAK "раб. дн.");
	assert_string_equal(report_quantity(arena, CLI_LANG_RU, "2", "times"), "×2");
	assert_string_equal(report_quantity(arena, CLI_LANG_RU, "12", "count"), "12");
	assert_string_equal(report_quantity(arena, CLI_LANG_RU, "12", "per_1000"), "12");
	assert_string_equal(report_quantity(arena, CLI_LANG_RU, "12", NULL), "12");
}

static void amounts_are_said_as_they_were(void **state)
{
	static const struct {
		const char *json, *ru, *en;
	} CASES[] = {
		{"{\"value\":\"140\",\"qualifier\":\"gt\"}", "более 140", "more than 140"},
		{"{\"value\":\"1500\",\"qualifier\":\"approx\"}", "около 1500", "almost 1500"},
		{"{\"value\":\"1.5\",\"hi\":\"2\",\"qualifier\":\"range\"}", "1,5–2", "1.5–2"},
		{"{\"value\":\"33\",\"qualifier\":\"exact\"}", "33", "33"},
		{"{\"value\":\"5\",\"qualifier\":\"le\"}", "не более 5", "at most 5"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		const struct json *amount = parse(span_of_text(CASES[i].json));
		assert_string_equal(report_amount(arena, CLI_LANG_RU, amount), CASES[i].ru);
		assert_string_equal(report_amount(arena, CLI_LANG_EN, amount), CASES[i].en);
	}
	assert_null(report_amount(arena, CLI_LANG_RU, NULL));
}

static void dates_and_periods_are_said(void **state)
{
	(void)state;
	assert_string_equal(report_date(arena, CLI_LANG_RU, "2024-12-10"), "10.12.2024");
	assert_string_equal(report_date(arena, CLI_LANG_EN, "2024-12-10"), "2024-12-10");
	assert_string_equal(report_date(arena, CLI_LANG_RU, NULL), "");
	assert_string_equal(report_period(arena, CLI_LANG_RU, "2024"), "2024 год");
	assert_string_equal(report_period(arena, CLI_LANG_RU, "2024-H1"), "1 полугодие 2024 года");
	assert_string_equal(report_period(arena, CLI_LANG_RU, "2024-Q3"), "3 квартал 2024 года");
	assert_string_equal(report_period(arena, CLI_LANG_RU, "2024-09"), "сентябрь 2024 года");
	assert_string_equal(report_period(arena, CLI_LANG_EN, "2024-09"), "September 2024");
}

/* ---- Writing ---- */

static struct report_document *small_document(enum cli_lang lang)
{
	struct report_document *document = report_document_new(arena, lang);
	document->title = "A <b> & \"region\"";
	document->subtitle = "2024";
	document->basis = "basis";
	document->region = "20000000";
	document->authority = "";
	document->period = "2024";
	document->as_of_seq = 7;
	struct report_section *section = report_section_add(document, "results", "Results");
	report_note_add(document, section, REPORT_MARK_PROBLEM, "One is silent.");
	struct report_figure *figure = report_figure_add(document, section, "share", "A share", "57.14%");
	figure->value = "57.142857";
	figure->numerator = "4";
	figure->denominator = "7";
	figure->observations = 7;
	figure->basis = "4 of 7";
	figure->permille = 571;
	report_figure_add(document, section, "gain", "A gain", "—");
	struct report_table *table = report_table_add(document, section, "best", "The best", 2);
	report_column_add(table, "title", "title", false);
	report_column_add(table, "value", "value", true);
	for (int i = 0; i < 3; i++) {
		const char *cells[] = {"<script>alert(1)</script>", arena_printf(arena, "%d", i)};
		report_row_add(document, table, REPORT_MARK_GOOD, cells);
	}
	report_section_add(document, "empty", "Nothing here");
	return document;
}

static void a_page_escapes_what_it_is_told(void **state)
{
	(void)state;
	buf_reset(&out);
	report_html_write(small_document(CLI_LANG_EN), &out);
	shows("A &lt;b&gt; &amp; &quot;region&quot;");
	shows("&lt;script&gt;alert(1)&lt;/script&gt;");
	shows_not("<script");
	shows_not("A <b>");
}

/* The policy lets in the style by its hash alone: it must be that of the very bytes between the tags. */
static void a_page_allows_its_own_style_and_nothing_else(void **state)
{
	static const char OPEN[] = "<style>";
	static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char hash[64] = "sha256-";
	(void)state;
	buf_reset(&out);
	report_html_write(small_document(CLI_LANG_EN), &out);
	const char *style = strstr(out.at, OPEN);
	assert_non_null(style);
	style += sizeof OPEN - 1;
	const char *end = strstr(style, "</style>");
	assert_non_null(end);
	struct sha256 digest = sha256_of(style, (size_t)(end - style));
	size_t at = strlen(hash);
	for (size_t bit = 0; bit < 256; bit += 6) {
		unsigned six = 0;
		for (size_t i = bit; i < bit + 6; i++)
			six = six << 1 | (i < 256 ? (unsigned)digest.bytes[i / 8] >> (7 - i % 8) & 1 : 0);
		hash[at++] = DIGITS[six];
	}
	hash[at++] = '=';
	hash[at] = '\0';
	shows(hash);
	shows("default-src 'none'");
	shows_not("unsafe-inline");
	shows_not(" style=");
	shows_not("src=\"");
}

static void every_bar_stands_beside_its_number_and_every_mark_has_a_word(void **state)
{
	(void)state;
	buf_reset(&out);
	report_html_write(small_document(CLI_LANG_EN), &out);
	shows("<td class=\"n\">57.14%</td><td><meter min=\"0\" max=\"1000\" value=\"571\" aria-label=\"A share\">57.14%</meter>");
	shows("✗ </span><span class=\"v\">problem: </span>One is silent.");
	shows("<html lang=\"en\">");
	shows("<a href=\"#empty\">Nothing here</a>");
	shows("<p>Nothing was reported.</p>");
	shows("Not known: A gain");
	shows("… and 1 more");
}

static void a_text_says_the_same(void **state)
{
	(void)state;
	buf_reset(&out);
	report_text_write(small_document(CLI_LANG_RU), &out);
	shows("  ✗ One is silent.\n");
	shows("57.14%   4 of 7\n");
	shows("  Нет данных: A gain\n");
	shows("Сведений нет.");
	shows("  … и ещё 1\n");
	shows("═");
}

static void long_cells_go_on_in_the_next_line(void **state)
{
	struct report_document *document = small_document(CLI_LANG_EN);
	struct report_section *section = report_section_add(document, "long", "Long");
	struct report_table *table = report_table_add(document, section, "long", "Long", 2);
	const char *cells[] = {"Сокращение сроков рассмотрения заявлений о предоставлении водных объектов в пользование", "1"};
	(void)state;
	report_column_add(table, "a", "a", false);
	report_column_add(table, "b", "b", true);
	report_row_add(document, table, REPORT_MARK_NONE, cells);
	buf_reset(&out);
	report_text_write(document, &out);
	shows("  Сокращение сроков рассмотрения заявлений о    1\n  предоставлении водных объектов в");
}

static void json_carries_exact_values(void **state)
{
	(void)state;
	buf_reset(&out);
	report_json_write(small_document(CLI_LANG_EN), &out);
	const struct json *document = parse(span_of(out.at, out.len - 1));
	const struct json *section = json_first(json_find(document, "sections"));
	const struct json *figure = json_first(json_find(section, "figures"));
	assert_string_equal(json_find_string(figure, "value"), "57.142857");
	assert_string_equal(json_find_string(figure, "denominator"), "7");
	assert_true(json_is(json_find(json_next(figure), "value"), JSON_NULL));
	const struct json *table = json_first(json_find(section, "tables"));
	assert_int_equal(json_count(json_find(table, "rows")), 2);
	assert_true(json_number(json_find(table, "rows_count")) == 3);
	assert_string_equal(json_find_string(json_first(json_find(table, "rows")), "value"), "0");
}

/* ---- The whole ---- */

static struct report_entity entity_of(enum entity_kind kind, const char *id, const char *attributes)
{
	return (struct report_entity){.kind = kind, .id = id, .attributes = parse(span_of_text(attributes)), .region = "20000000"};
}

static struct report_document *make(const struct report_entity *entities, size_t count, const char *authority, const char *period,
                                    enum status expected)
{
	struct report_input *input = arena_alloc(arena, sizeof *input);
	struct report_document *document = NULL;
	struct fault fault = {.offset = -1};
	*input = (struct report_input){.lang = CLI_LANG_RU, .region = "20000000", .authority = authority, .period = period, .as_of_seq = 9,
	                               .entities = entities, .entities_count = count};
	assert_true(instant_parse("2026-01-01T00:00:00Z", &input->now_us));
	assert_int_equal(definitions_read(arena, parse(file("deploy/config/indicators.json")), &input->definitions, NULL), STATUS_OK);
	assert_int_equal(report_dictionary_read(arena, file("proto/registry/regions.csv"), "oktmo", &input->regions, NULL), STATUS_OK);
	assert_int_equal(report_dictionary_read(arena, file("proto/registry/spheres.csv"), "code", &input->spheres, NULL), STATUS_OK);
	assert_int_equal(report_dictionary_read(arena, file("proto/registry/indicators.csv"), "code", &input->indicators, NULL), STATUS_OK);
	input->cells = cells_new(input->definitions, CELLS_ALL, 7);
	for (size_t i = 0; i < count; i++)
		cells_load(input->cells, entities[i].kind, entities[i].id, entities[i].attributes, arena);
	assert_int_equal(report_make(input, arena, &document, &fault), expected);
	cells_destroy(&input->cells);
	return document;
}

static void write_text(const struct report_document *document)
{
	buf_reset(&out);
	report_text_write(document, &out);
}

static void every_shipped_indicator_has_its_section(void **state)
{
	(void)state;
	write_text(make(NULL, 0, "", "2024", STATUS_OK));
	shows_not("Другие показатели");
	shows("Рейтинга за этот период ещё нет.");
}

static void what_cannot_be_asked_is_refused(void **state)
{
	(void)state;
	assert_null(make(NULL, 0, "", "2024-Q5", STATUS_INVALID));
	assert_null(make(NULL, 0, "nobody", "2024", STATUS_NOT_FOUND));
}

static void a_project_stands_as_it_did_at_the_end_of_the_period(void **state)
{
	const struct report_entity entities[] = {
		entity_of(ENTITY_AUTHORITY, "A1", "{\"authority\":\"A1\",\"title\":{\"ru\":\"Первое министерство\"},\"level\":\"executive\",\"registered_on\":\"2022-01-10\"}"),
		entity_of(ENTITY_PROJECT, "P1",
		          "{\"state\":\"stable\",\"initiated\":true,\"completed\":true,\"title\":{\"ru\":\"Проект\"},\"sphere\":\"health\",\"authorities\":[\"A1\"],"
		          "\"opened_on\":\"2023-02-01\",\"closed_on\":\"2024-03-01\",\"stages\":[{\"stage\":2,\"started_on\":\"2023-05-01\"},"
		          "{\"stage\":3,\"started_on\":\"2024-01-15\"}]}"),
	};
	(void)state;
	write_text(make(entities, ARRAY_COUNT(entities), "A1", "2023", STATUS_OK));
	shows("диагностика");
	shows_not("результат устойчив");
	write_text(make(entities, ARRAY_COUNT(entities), "A1", "2024", STATUS_OK));
	shows("результат устойчив");
	shows("Первое министерство, Воронежская область");
}

static void an_instruction_is_late_overdue_or_in_time(void **state)
{
	const struct report_entity entities[] = {
		entity_of(ENTITY_INSTRUCTION, "I1", "{\"title\":{\"ru\":\"Первое\"},\"issued_on\":\"2024-01-10\",\"due_on\":\"2024-02-10\",\"fulfilled_on\":\"2024-02-10\"}"),
		entity_of(ENTITY_INSTRUCTION, "I2", "{\"title\":{\"ru\":\"Второе\"},\"issued_on\":\"2024-01-10\",\"due_on\":\"2024-02-10\",\"fulfilled_on\":\"2024-02-11\"}"),
		entity_of(ENTITY_INSTRUCTION, "I3", "{\"title\":{\"ru\":\"Третье\"},\"issued_on\":\"2024-01-10\",\"due_on\":\"2024-02-10\"}"),
		entity_of(ENTITY_INSTRUCTION, "I4", "{\"title\":{\"ru\":\"Четвёртое\"},\"issued_on\":\"2024-12-10\",\"due_on\":\"2025-02-10\",\"fulfilled_on\":\"2025-01-10\"}"),
	};
	(void)state;
	write_text(make(entities, ARRAY_COUNT(entities), "", "2024", STATUS_OK));
	shows("10.02.2024  10.02.2024  в срок");
	shows("10.02.2024  11.02.2024  с опозданием");
	shows("просрочено");
	shows("срок не наступил");
}

static void a_source_falls_silent_after_two_whole_months(void **state)
{
	const struct report_entity entities[] = {
		entity_of(ENTITY_SOURCE, "portal", "{\"last_time\":\"2024-12-01T00:00:00Z\",\"months\":{\"2024-09\":[3,3],\"2024-10\":[1,5]}}"),
	};
	(void)state;
	write_text(make(entities, ARRAY_COUNT(entities), "", "2024-11", STATUS_OK));
	shows("с пропусками");
	shows_not("молчит");
	write_text(make(entities, ARRAY_COUNT(entities), "", "2024-12", STATUS_OK));
	shows("молчит");
	shows("Замолчавших источников: 1");
}

static void a_figure_that_stands_apart_is_to_be_verified(void **state)
{
	struct report_entity entities[8];
	(void)state;
	for (int i = 0; i < 8; i++)
		entities[i] = entity_of(ENTITY_PROJECT, arena_printf(arena, "P%d", i),
		                        arena_printf(arena, "{\"state\":\"closed\",\"initiated\":true,\"completed\":true,\"title\":{\"ru\":\"Проект %d\"},"
		                                     "\"opened_on\":\"2024-01-10\",\"closed_on\":\"2024-06-10\",\"indicators\":{\"lead_time\":{\"reduction\":\"%d\"}}}",
		                                     i, i == 7 ? 99 : 30 + i));
	write_text(make(entities, ARRAY_COUNT(entities), "", "2024", STATUS_OK));
	shows("Значения, которые выделяются и требуют проверки");
	shows("! P7   Проект 7  Время протекания процесса");
	shows_not("! P6");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_in_both_languages),
		cmocka_unit_test(quantities_carry_their_unit),
		cmocka_unit_test(amounts_are_said_as_they_were),
		cmocka_unit_test(dates_and_periods_are_said),
		cmocka_unit_test(a_page_escapes_what_it_is_told),
		cmocka_unit_test(a_page_allows_its_own_style_and_nothing_else),
		cmocka_unit_test(every_bar_stands_beside_its_number_and_every_mark_has_a_word),
		cmocka_unit_test(a_text_says_the_same),
		cmocka_unit_test(long_cells_go_on_in_the_next_line),
		cmocka_unit_test(json_carries_exact_values),
		cmocka_unit_test(every_shipped_indicator_has_its_section),
		cmocka_unit_test(what_cannot_be_asked_is_refused),
		cmocka_unit_test(a_project_stands_as_it_did_at_the_end_of_the_period),
		cmocka_unit_test(an_instruction_is_late_overdue_or_in_time),
		cmocka_unit_test(a_source_falls_silent_after_two_whole_months),
		cmocka_unit_test(a_figure_that_stands_apart_is_to_be_verified),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
