/* Every qualifier of a figure said in public, inside, at its ends and outside. */
#include "services/metrics/reconciliation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new((size_t)1024 * 1024);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_destroy(&arena);
	return 0;
}

static const struct json *amount(const char *text)
{
	const struct json *json;
	assert_int_equal(json_parse(arena, text, strlen(text), &JSON_LIMITS_EVENT, &json, NULL), STATUS_OK);
	return json;
}

static void what_was_said_is_an_interval(void **state)
{
	static const struct {
		const char *value, *hi, *qualifier, *counted;
		bool agrees;
		const char *gap;
	} CASES[] = {
		{"195", NULL, "exact", "195", true, "0"},       {"195", NULL, "exact", "194", false, "-1"},
		{"195", NULL, "exact", "200", false, "5"},      {"600", NULL, "ge", "600", true, "0"},
		{"600", NULL, "ge", "599", false, "-1"},        {"600", NULL, "gt", "601", true, "0"},
		{"600", NULL, "gt", "600", false, "0"},         {"600", NULL, "gt", "590", false, "-10"},
		{"10", NULL, "le", "10", true, "0"},            {"10", NULL, "le", "12", false, "2"},
		{"10", NULL, "lt", "10", false, "0"},           {"10", NULL, "lt", "9", true, "0"},
		{"1500", NULL, "approx", "1499", true, "0"},    {"1500", NULL, "approx", "1425", true, "0"},
		{"1500", NULL, "approx", "1400", false, "-25"}, {"1500", NULL, "approx", "1600", false, "25"},
		{"35", "45", "range", "40", true, "0"},         {"35", "45", "range", "34", false, "-1"},
		{"35", "45", "range", "46.5", false, "1.5"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct reconciliation found;
		decimal counted;
		char text[128], gap[DECIMAL_TEXT_SIZE];
		snprintf(text, sizeof text, "{\"value\":\"%s\",\"qualifier\":\"%s\"%s%s%s}", CASES[i].value, CASES[i].qualifier,
		         CASES[i].hi == NULL ? "" : ",\"hi\":\"", CASES[i].hi == NULL ? "" : CASES[i].hi, CASES[i].hi == NULL ? "" : "\"");
		assert_true(decimal_parse(CASES[i].counted, &counted));
		assert_true(reconciliation_of(amount(text), counted, &found));
		if (found.agrees != CASES[i].agrees)
			fail_msg("%s against %s: agrees is %d", text, CASES[i].counted, found.agrees);
		assert_string_equal(decimal_format(found.gap, gap), CASES[i].gap);
	}
}

static void what_is_no_amount_is_refused(void **state)
{
	static const char *const CASES[] = {
		"{}", "{\"value\":\"1\"}", "{\"qualifier\":\"exact\"}", "{\"value\":\"x\",\"qualifier\":\"exact\"}",
		"{\"value\":\"1\",\"qualifier\":\"range\"}",
	};
	struct reconciliation found;
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++)
		assert_false(reconciliation_of(amount(CASES[i]), (decimal){0}, &found));
	assert_false(reconciliation_of(NULL, (decimal){0}, &found));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_said_is_an_interval),
		cmocka_unit_test(what_is_no_amount_is_refused),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
