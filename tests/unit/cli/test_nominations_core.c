/* Nominations: the best in each group of indicators, and the greatest rise. */
#include "services/cli/cli_nominations_core.h"
#include "tests/unit/cli/rating_cases.h"

#define ROW(region, place, change, a, b) \
	"{\"region\":\"" region "\",\"iso\":null,\"place\":" place ",\"change\":" change ",\"name\":{\"ru\":\"Р " region \
	"\",\"en\":\"R, " region "\"},\"figures\":{\"nodes\":{\"index\":\"1\",\"a\":" a ",\"b\":" b "}}}"

static const char RULES[] =
	"{\"nodes\":[{\"code\":\"index\"},{\"code\":\"a\",\"parent\":\"index\",\"title\":{\"ru\":\"Люди\",\"en\":\"People\"}},"
	"{\"code\":\"b\",\"parent\":\"index\"}]}";

static const struct json *document_of(struct arena *arena, const char *rows)
{
	const char *text = arena_printf(arena, "{\"rows\":[%s]}", rows);
	return parse(arena, text, strlen(text));
}

static size_t find(struct arena *arena, const char *rows, const struct nomination **ret_list)
{
	return nominations_find(arena, document_of(arena, rows), parse(arena, RULES, sizeof RULES - 1), ret_list);
}

static const char *region_of(const struct nomination *nomination, size_t number)
{
	return json_find_string(nomination->laureates[number], "region");
}

static void the_best_in_each_group_and_the_greatest_rise_are_named(void **state)
{
	const struct nomination *list;
	size_t count = find(*state, ROW("1", "1", "0", "\"9.5\"", "\"20\"") "," ROW("2", "2", "4", "\"10.25\"", "\"3\"") ","
	                            ROW("3", "3", "-1", "\"2\"", "null"), &list);
	assert_int_equal(count, 3);
	assert_string_equal(list[0].code, "a");
	assert_string_equal(list[0].title[CLI_LANG_RU], "Люди");
	assert_string_equal(list[0].title[CLI_LANG_EN], "People");
	assert_string_equal(list[0].value, "10.25");
	assert_string_equal(region_of(&list[0], 0), "2");
	assert_string_equal(list[1].title[CLI_LANG_RU], "b");
	assert_string_equal(region_of(&list[1], 0), "1");
	assert_string_equal(list[2].code, NOMINATION_RISE);
	assert_string_equal(list[2].value, "4");
	assert_string_equal(region_of(&list[2], 0), "2");
}

static void equal_figures_share_a_nomination(void **state)
{
	const struct nomination *list;
	assert_int_equal(find(*state, ROW("1", "1", "null", "\"7\"", "\"1\"") "," ROW("2", "1", "null", "\"7\"", "\"1\"") ","
	                              ROW("3", "3", "null", "\"2\"", "\"1\""), &list), 1);
	assert_int_equal(list[0].count, 2);
	assert_string_equal(region_of(&list[0], 0), "1");
	assert_string_equal(region_of(&list[0], 1), "2");
}

static void who_is_not_rated_is_not_nominated(void **state)
{
	const struct nomination *list;
	assert_int_equal(find(*state, ROW("1", "null", "9", "\"99\"", "\"1\"") "," ROW("2", "1", "1", "\"7\"", "\"1\"") ","
	                              ROW("3", "2", "0", "\"2\"", "\"1\""), &list), 2);
	assert_string_equal(region_of(&list[0], 0), "2");
	assert_string_equal(region_of(&list[1], 0), "2");
}

static void nobody_wins_where_nobody_differs_or_rose(void **state)
{
	const struct nomination *list;
	assert_int_equal(find(*state, ROW("1", "1", "0", "\"7\"", "null") "," ROW("2", "1", "-2", "\"7\"", "null"), &list), 0);
	assert_int_equal(nominations_find(*state, parse(*state, "{}", 2), parse(*state, "{}", 2), &list), 0);
}

static void the_table_has_a_row_for_each_laureate(void **state)
{
	struct buf text;
	buf_init(&text, TEXT_BYTES);
	nominations_write_csv(&text, *state, document_of(*state, ROW("1", "1", "0", "\"9\"", "\"4\"") "," ROW("2", "2", "3", "\"1\"", "\"4\"")),
	                      parse(*state, RULES, sizeof RULES - 1));
	assert_true(buf_ok(&text));
	assert_string_equal(arena_text(*state, text.at, text.len),
		"nomination,title_ru,title_en,value,region,iso,authority,place,name_ru,name_en\n"
		"a,Люди,People,9,1,,,1,Р 1,\"R, 1\"\n"
		"rise,Рост за период: больше всего мест вверх,Rise of the period: most places gained,3,2,,,2,Р 2,\"R, 2\"\n");
	buf_clear(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_best_in_each_group_and_the_greatest_rise_are_named, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(equal_figures_share_a_nomination, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(who_is_not_rated_is_not_nominated, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(nobody_wins_where_nobody_differs_or_rose, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(the_table_has_a_row_for_each_laureate, make_arena, drop_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
