/* The account of a place: its parts add up to the score, its causes to the change, whatever the documents are. */
#include <math.h>

#include "services/cli/cli_extract_core.h"
#include "tests/unit/cli/rating_cases.h"

/* What was published of the old period, before a correction. */
static const char *const PUBLISHED[REGIONS][INDICATORS] = {
	{"10", "5", "7"}, {"25", "1", "3"}, {"30", "9", "1"}, {"40", "2", "9"}, {NULL, NULL, NULL}};

static const struct json *account_of(struct arena *arena, const struct explain_question *question)
{
	struct buf text;
	struct fault fault = {0};
	buf_init(&text, TEXT_BYTES);
	if (explain_write(arena, &text, question, &fault) != STATUS_OK)
		fail_msg("%s %s", fault.pointer, fault.text);
	const struct json *account = parse(arena, arena_text(arena, text.at, text.len), text.len);
	buf_clear(&text);
	return account;
}

static double number_of(const struct json *object, const char *name)
{
	const struct json *number = json_find(object, name);
	return json_is(number, JSON_NUMBER) ? json_number(number) : NAN;
}

/* Those that are null have no part. */
static double sum_of(const struct json *list, const char *name)
{
	double sum = 0;
	for (const struct json *item = json_first(list); item != NULL; item = json_next(item))
		sum += isnan(number_of(item, name)) ? 0 : number_of(item, name);
	return sum;
}

static void the_parts_add_up_to_the_score(void **state)
{
	struct explain_rating newer = rating_of(*state, "2023", NEW);
	for (size_t i = 0; i < REGIONS; i++) {
		const struct json *account = account_of(*state, &(struct explain_question){.unit = CODES[i], .newer = newer});
		const struct json *contributions = json_find(account, "contributions");
		double whole = number_of(contributions, "base") + sum_of(json_find(contributions, "indicators"), "part");
		assert_true(fabs(whole - number_of(contributions, "score")) < 1e-9);
		assert_true(fabs(whole - number_of(account, "score")) <= 0.0005);
		assert_true(json_is(json_find(account, "change"), JSON_NULL));
	}
}

static void weights_and_titles_are_those_of_the_file(void **state)
{
	struct explain_rating newer = rating_of(*state, "2023", NEW);
	const struct json *account = account_of(*state, &(struct explain_question){.unit = "RU-VOR", .newer = newer});
	const struct json *x = json_first(json_find(json_find(account, "contributions"), "indicators"));
	assert_string_equal(json_find_string(x, "indicator"), "x");
	assert_string_equal(json_find_string(json_find(x, "title"), "en"), "The x");
	assert_string_equal(json_find_string(x, "value"), "60");
	assert_true(fabs(number_of(x, "weight") - 0.5) < 1e-12);  /* 3/4 of the index, 2/3 of that */
	assert_true(fabs(number_of(x, "normalised") - 100) < 1e-9);
	assert_true(fabs(sum_of(json_find(json_find(account, "contributions"), "indicators"), "weight") - 1) < 1e-12);
}

static void check_change(struct arena *arena, const struct json *older_now)
{
	struct explain_rating older = rating_of(arena, "2022", PUBLISHED), newer = rating_of(arena, "2023", NEW);
	const struct json *account = account_of(arena, &(struct explain_question){
		.unit = "20000000", .newer = newer, .older = &older, .older_now = older_now});
	const struct json *change = json_find(account, "change"), *causes = json_find(change, "causes");
	const struct json *places = json_find(change, "places"), *scores = json_find(change, "scores");
	double moved = json_number(json_first(places)) - json_number(json_next(json_first(places)));
	double gained = json_number(json_next(json_first(scores))) - json_number(json_first(scores));
	assert_true(moved > 0);
	assert_true(fabs(sum_of(causes, "places") - moved) < 1e-9);
	assert_true(fabs(sum_of(causes, "score") - gained) < 1e-9);
	assert_true(json_count(json_find(change, "rivals")) > 0);
}

static void the_causes_add_up_to_the_change(void **state)
{
	check_change(*state, NULL);
}

/* What is known by now is another thing than what was published: a cause of its own. */
static void what_became_known_later_is_a_cause(void **state)
{
	struct explain_rating now = rating_of(*state, "2022", OLD), older = rating_of(*state, "2022", PUBLISHED);
	struct explain_rating newer = rating_of(*state, "2023", NEW);
	check_change(*state, now.document);
	const struct json *account = account_of(*state, &(struct explain_question){
		.unit = "20000000", .newer = newer, .older = &older, .older_now = now.document});
	bool found = false;
	const struct json *cause = json_first(json_find(json_find(account, "change"), "causes"));
	for (; cause != NULL; cause = json_next(cause))
		found |= text_equal(json_find_string(cause, "cause"), "corrected");
	assert_true(found);
}

static void a_region_that_was_not_there_has_no_change(void **state)
{
	struct explain_rating older = rating_of(*state, "2022", OLD), newer = rating_of(*state, "2023", NEW);
	const struct json *account =
		account_of(*state, &(struct explain_question){.unit = "60000000", .newer = newer, .older = &older});
	assert_true(json_is(json_find(account, "change"), JSON_NULL));
	assert_true(json_is(json_find(account, "contributions"), JSON_OBJECT));
}

static void a_document_that_does_not_follow_is_refused(void **state)
{
	struct explain_rating newer = rating_of(*state, "2023", NEW), other = rating_of(*state, "2022", NEW);
	struct buf text;
	struct fault fault = {0};
	buf_init(&text, TEXT_BYTES);
	assert_int_equal(explain_write(*state, &text, &(struct explain_question){.unit = "99000000", .newer = newer}, &fault),
	                 STATUS_NOT_FOUND);
	struct methodology changed = *newer.methodology;
	changed.decimals = 1;
	other.methodology = &changed;
	buf_reset(&text);
	assert_int_equal(explain_write(*state, &text, &(struct explain_question){.unit = "20000000", .newer = other}, &fault),
	                 STATUS_INVALID);
	assert_string_equal(fault.pointer, "/result_digest");
	buf_clear(&text);
}

/* ---- words ---- */

static void the_press_is_told_who_leads(void **state)
{
	struct explain_rating newer = rating_of(*state, "2023", NEW);
	struct buf text;
	buf_init(&text, TEXT_BYTES);
	extract_press_write(&text, *state, newer.document, newer.methodology_json, CLI_LANG_EN);
	assert_non_null(strstr(text.at, "1st: Oblast, 2nd: Oblast, 3rd: Oblast."));
	assert_non_null(strstr(text.at, "The best in: a — Oblast; b — Oblast.\n"));
	assert_non_null(strstr(text.at, "Rated: 5 regions."));
	buf_reset(&text);
	extract_press_write(&text, *state, newer.document, NULL, CLI_LANG_RU);
	assert_null(strstr(text.at, "номинаци"));
	assert_non_null(strstr(text.at, "1-е место — Область"));
	assert_non_null(strstr(text.at, "5 регионов"));
	buf_clear(&text);
}

static void a_page_escapes_what_it_shows(void **state)
{
	struct explain_rating newer = rating_of(*state, "2023", NEW);
	const struct json *account = account_of(*state, &(struct explain_question){.unit = "20000000", .newer = newer});
	struct buf text;
	buf_init(&text, TEXT_BYTES);
	extract_summary_write(&text, *state, account, NULL, CLI_LANG_RU);
	assert_true(buf_ok(&text));
	assert_non_null(strstr(text.at, "<html lang=\"ru\">"));
	assert_non_null(strstr(text.at, "Область &lt;1&gt;"));
	assert_null(strstr(text.at, "<1>"));
	assert_non_null(strstr(text.at, "Икс"));
	buf_clear(&text);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_arena, drop_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_parts_add_up_to_the_score),
		CASE(weights_and_titles_are_those_of_the_file),
		CASE(the_causes_add_up_to_the_change),
		CASE(what_became_known_later_is_a_cause),
		CASE(a_region_that_was_not_there_has_no_change),
		CASE(a_document_that_does_not_follow_is_refused),
		CASE(the_press_is_told_who_leads),
		CASE(a_page_escapes_what_it_shows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
