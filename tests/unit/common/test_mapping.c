/* mapping: what a row becomes, which rows become nothing, and which column a fault goes back to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/mapping.h"

#define HEAD "{\"region\":\"20000000\",\"source\":\"s\",\"key\":[\"Key\"],\"events\":[{\"type\":\"effreg.a.b.v1\",\"time\":\"Date\","

struct world {
	struct arena *arena;
	struct mapping *mapping;
	struct mapping_event events[MAPPING_EVENTS_MAX];
	size_t count;
	const char *column;
	struct fault fault;
};

static struct world world;

static int setup(void **state)
{
	(void)state;
	world = (struct world){.arena = arena_new((size_t)16 * 1024 * 1024), .fault = {.offset = -1}};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_destroy(&world.arena);
	return 0;
}

static enum status read_mapping(const char *text)
{
	const struct json *document;
	assert_int_equal(json_parse(world.arena, text, strlen(text), &JSON_LIMITS_DOCUMENT, &document, &world.fault), STATUS_OK);
	return mapping_new(world.arena, document, &world.mapping, &world.fault);
}

static void bind(const char *text, const char *const *header, size_t count)
{
	assert_int_equal(read_mapping(text), STATUS_OK);
	assert_int_equal(mapping_bind(world.mapping, header, count, &world.fault), STATUS_OK);
}

static enum status make(const char *const *cells, size_t count)
{
	return mapping_make(world.mapping, world.arena, cells, count, world.events, &world.count, &world.column, &world.fault);
}

static bool made(const char *part)
{
	return memmem(world.events[0].bytes.at, world.events[0].bytes.len, part, strlen(part)) != NULL;
}

static const char *const HEADER[] = {"Date", " Key ", "X"};

static void a_row_becomes_an_event_with_every_kind_of_value(void **state)
{
	(void)state;
	static const char *const WIDE[] = {"Date", "Key", "N", "D", "On", "L", "C"};
	static const char *const CELLS[] = {"31.12.2023", " k-1 ", "1 500", "1 234,50", "2024-02-29", "a; b ;;c", "yes"};
	bind(HEAD "\"subject\":\"project/{Key}\",\"data\":{\"key\":\"{Key}\",\"text\":\"<{Key}> {{}}\",\"n\":{\"$integer\":\"N\"},\"d\":{\"$decimal\":\"D\"},"
	     "\"on\":{\"$date\":\"On\"},\"l\":{\"$list\":\"L\"},\"c\":{\"$code\":\"C\",\"values\":{\"yes\":true}},\"fixed\":[1,\"x\",null]}}]}",
	     WIDE, ARRAY_COUNT(WIDE));
	assert_int_equal(make(CELLS, ARRAY_COUNT(CELLS)), STATUS_OK);
	assert_int_equal(world.count, 1);
	assert_true(made("\"subject\":\"20000000/project/k-1\",\"time\":\"2023-12-31T00:00:00+03:00\""));
	assert_true(made("\"data\":{\"key\":\"k-1\",\"text\":\"<k-1> {}\",\"n\":1500,\"d\":\"1234.50\",\"on\":\"2024-02-29\",\"l\":[\"a\",\"b\",\"c\"],"
	                 "\"c\":true,\"fixed\":[1,\"x\",null]}}"));
}

static void an_empty_cell_leaves_its_member_out(void **state)
{
	(void)state;
	static const char *const CELLS[] = {"2023-12-31", "k"};
	bind(HEAD "\"subject\":\"\",\"data\":{\"a\":\"{X}\",\"b\":{\"$integer\":\"X\"},\"c\":\"-{X}-\"}}]}", HEADER, ARRAY_COUNT(HEADER));
	assert_int_equal(make(CELLS, ARRAY_COUNT(CELLS)), STATUS_OK);
	assert_true(made("\"subject\":\"20000000\""));
	assert_true(made("\"data\":{\"c\":\"--\"}"));
}

static void the_same_row_is_the_same_bytes_and_another_key_another_id(void **state)
{
	(void)state;
	static const char *const CELLS[] = {"2023-12-31", "k", "1"}, *const CHANGED[] = {"2023-12-31", "k", "2"}, *const OTHER[] = {"2023-12-31", "l", "1"};
	bind(HEAD "\"subject\":\"\",\"data\":{\"a\":\"{X}\"}}]}", HEADER, ARRAY_COUNT(HEADER));
	assert_int_equal(make(CELLS, 3), STATUS_OK);
	struct span first = world.events[0].bytes;
	assert_int_equal(make(CELLS, 3), STATUS_OK);
	assert_true(span_equal(first, world.events[0].bytes));
	const char *id = strstr(first.at, "\"id\":\"");
	assert_non_null(id);
	assert_int_equal(id[6 + 14], '5');  /* the version */
	assert_int_equal(make(CHANGED, 3), STATUS_OK);
	assert_memory_equal(strstr(world.events[0].bytes.at, "\"id\":\""), id, 43);
	assert_int_equal(make(OTHER, 3), STATUS_OK);
	assert_memory_not_equal(strstr(world.events[0].bytes.at, "\"id\":\""), id, 43);
}

static void an_event_with_a_condition_is_made_of_rows_that_meet_it(void **state)
{
	(void)state;
	static const char *const WITH[] = {"2023-12-31", "k", "x"}, *const WITHOUT[] = {"2023-12-31", "k", "  "};
	bind(HEAD "\"when\":\"X\",\"subject\":\"\",\"data\":{}}]}", HEADER, ARRAY_COUNT(HEADER));
	assert_int_equal(make(WITH, 3), STATUS_OK);
	assert_int_equal(world.count, 1);
	assert_int_equal(make(WITHOUT, 3), STATUS_OK);
	assert_int_equal(world.count, 0);
}

static void a_cell_that_is_not_what_it_should_be_names_its_column(void **state)
{
	(void)state;
	static const struct {
		const char *value, *cells[3], *column;
	} ROWS[] = {
		{"{\"$integer\":\"X\"}", {"2023-12-31", "k", "12a"}, "X"},
		{"{\"$integer\":\"X\"}", {"2023-12-31", "k", "1.5"}, "X"},
		{"{\"$integer\":\"X\"}", {"2023-12-31", "k", "-"}, "X"},
		{"{\"$integer\":\"X\"}", {"2023-12-31", "k", "123456789012345678901234567890"}, "X"},
		{"{\"$decimal\":\"X\"}", {"2023-12-31", "k", "1,2,3"}, "X"},
		{"{\"$decimal\":\"X\"}", {"2023-12-31", "k", "more than 3"}, "X"},
		{"{\"$date\":\"X\"}", {"2023-12-31", "k", "31.02.2023"}, "X"},
		{"{\"$date\":\"X\"}", {"2023-12-31", "k", "12/31/2023"}, "X"},
		{"{\"$code\":\"X\",\"values\":{\"a\":1}}", {"2023-12-31", "k", "b"}, "X"},
		{"\"{X}\"", {"2023-12-31", "k", "\xcf\xf0"}, "X"},
		{"\"{X}\"", {"2023-12-31", " ", "x"}, "Key"},
		{"\"{X}\"", {"", "k", "x"}, "Date"},
		{"\"{X}\"", {"soon", "k", "x"}, "Date"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		bind(arena_printf(world.arena, HEAD "\"subject\":\"\",\"data\":{\"a\":%s}}]}", ROWS[i].value), HEADER, ARRAY_COUNT(HEADER));
		assert_int_equal(make(ROWS[i].cells, 3), STATUS_INVALID);
		assert_string_equal(world.fault.code, "bad_cell");
		assert_non_null(world.column);
		assert_string_equal(world.column, ROWS[i].column);
		assert_true(world.fault.text_ru[0] != '\0');
	}
}

static void a_mapping_that_cannot_be_is_refused_with_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *data, *pointer;
	} BROKEN[] = {
		{"{\"a\":\"{X\"}", "/events/0/data/a"},   {"{\"a\":\"X}\"}", "/events/0/data/a"},      {"{\"a\":\"{}\"}", "/events/0/data/a"},
		{"{\"a\":{\"$number\":\"X\"}}", "/events/0/data/a"}, {"{\"a\":[{\"$date\":1}]}", "/events/0/data/a/0"},
		{"{\"a\":{\"$code\":\"X\"}}", "/events/0/data/a"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(BROKEN); i++) {
		assert_int_equal(read_mapping(arena_printf(world.arena, HEAD "\"subject\":\"\",\"data\":%s}]}", BROKEN[i].data)), STATUS_INVALID);
		assert_string_equal(world.fault.code, "bad_mapping");
		assert_string_equal(world.fault.pointer, BROKEN[i].pointer);
	}
}

static void a_table_without_a_column_is_refused_by_its_name(void **state)
{
	(void)state;
	assert_int_equal(read_mapping(HEAD "\"subject\":\"\",\"data\":{\"a\":\"{X}\"}}]}"), STATUS_OK);
	assert_int_equal(mapping_bind(world.mapping, HEADER, 2, &world.fault), STATUS_INVALID);
	assert_string_equal(world.fault.code, "no_column");
	assert_non_null(strstr(world.fault.text, "\"X\""));
}

static void a_pointer_goes_back_to_its_column(void **state)
{
	(void)state;
	static const char *const CELLS[] = {"2023-12-31", "k", "x"};
	static const struct {
		const char *pointer, *column;
	} POINTERS[] = {
		{"/time", "Date"}, {"/subject", "Key"}, {"/data/a/ru", "X"}, {"/data/l/0", "X"}, {"/data/l", "X"}, {"/data/f", NULL}, {"/data/none", NULL}, {"", NULL},
	};
	bind(HEAD "\"subject\":\"p/{Key}\",\"data\":{\"a\":{\"ru\":\"{X}\"},\"l\":{\"$list\":\"X\"},\"f\":1}}]}", HEADER, ARRAY_COUNT(HEADER));
	assert_int_equal(make(CELLS, 3), STATUS_OK);
	for (size_t i = 0; i < ARRAY_COUNT(POINTERS); i++) {
		const char *column = mapping_column_of(world.arena, world.events[0].from, POINTERS[i].pointer);
		assert_true((column == NULL) == (POINTERS[i].column == NULL));
		if (column != NULL)
			assert_string_equal(column, POINTERS[i].column);
	}
}

static void columns_are_described_in_the_order_of_the_form(void **state)
{
	(void)state;
	const struct mapping_column *columns;
	assert_int_equal(read_mapping("{\"region\":\"20000000\",\"source\":\"s\",\"title\":\"T\",\"key\":[\"Key\"],\"columns\":{\"X\":{\"help\":\"h\",\"sample\":\"1\"},"
	                              "\"Key\":{}},\"events\":[{\"type\":\"effreg.a.b.v1\",\"time\":\"Date\",\"when\":\"W\",\"subject\":\"p/{Key}\",\"data\":{"
	                              "\"t\":\"{X}\",\"x\":{\"$decimal\":\"X\"},\"i\":{\"$integer\":\"I\"},\"l\":{\"$list\":\"L\"},\"d\":{\"$date\":\"D\"},"
	                              "\"c\":{\"$code\":\"C\",\"values\":{\"yes\":true}}}}]}"), STATUS_OK);
	static const struct {
		const char *name;
		enum mapping_kind kind;
	} EXPECTED[] = {{"X", MAPPING_DECIMAL}, {"Key", MAPPING_TEXT}, {"W", MAPPING_TEXT}, {"Date", MAPPING_DATE}, {"I", MAPPING_INTEGER},
	                {"L", MAPPING_LIST}, {"D", MAPPING_DATE}, {"C", MAPPING_CODE}};
	assert_string_equal(mapping_title(world.mapping), "T");
	assert_int_equal(mapping_columns(world.mapping, &columns), ARRAY_COUNT(EXPECTED));
	for (size_t i = 0; i < ARRAY_COUNT(EXPECTED); i++) {
		assert_string_equal(columns[i].name, EXPECTED[i].name);
		assert_int_equal(columns[i].kind, EXPECTED[i].kind);
		assert_int_equal(columns[i].is_key, i == 1);
		assert_int_equal(columns[i].values != NULL, i == 7);
	}
	assert_string_equal(columns[0].help, "h");
	assert_string_equal(columns[0].sample, "1");
	assert_null(columns[1].help);
}

static void a_column_that_nothing_reads_is_refused(void **state)
{
	(void)state;
	assert_int_equal(read_mapping("{\"region\":\"20000000\",\"source\":\"s\",\"key\":[\"Key\"],\"columns\":{\"Key\":{},\"a/b\":{}},\"events\":[{\"type\":"
	                              "\"effreg.a.b.v1\",\"time\":\"Date\",\"subject\":\"p/{Key}\",\"data\":{}}]}"), STATUS_INVALID);
	assert_string_equal(world.fault.code, "bad_mapping");
	assert_string_equal(world.fault.pointer, "/columns/a~1b");
}

static void places_and_columns_lead_to_each_other(void **state)
{
	(void)state;
	static const char *const TITLE[] = {"Projects of 2024", "", ""};
	bind(HEAD "\"subject\":\"p/{Key}\",\"data\":{}}]}", HEADER, ARRAY_COUNT(HEADER));
	assert_true(mapping_is_header(world.mapping, HEADER, ARRAY_COUNT(HEADER)));
	assert_true(mapping_is_header(world.mapping, HEADER, 1));
	assert_false(mapping_is_header(world.mapping, TITLE, ARRAY_COUNT(TITLE)));
	assert_string_equal(mapping_column_at(world.mapping, 1), "Key");
	assert_null(mapping_column_at(world.mapping, 2));
	assert_int_equal(mapping_place_of(world.mapping, "Date"), 0);
	assert_int_equal(mapping_place_of(world.mapping, "X"), -1);
}

static void numbers_and_blanks_are_those_that_excel_writes(void **state)
{
	(void)state;
	static const char *const WIDE[] = {"Date", "\xC2\xA0" "Key ", "N", "D"};
	static const char *const CELLS[] = {"2024-02-05T09:30:00", "\xC2\xA0k\xC2\xA0" "1\xE2\x80\xAF ", "1\xC2\xA0" "500", "1\xE2\x80\xAF" "234,50"};
	bind(HEAD "\"subject\":\"p\",\"data\":{\"k\":\"{Key}\",\"n\":{\"$integer\":\"N\"},\"d\":{\"$decimal\":\"D\"}}}]}", WIDE, ARRAY_COUNT(WIDE));
	assert_int_equal(make(CELLS, ARRAY_COUNT(CELLS)), STATUS_OK);
	assert_true(made("\"time\":\"2024-02-05T09:30:00+03:00\""));
	assert_true(made("\"data\":{\"k\":\"k\xC2\xA0" "1\",\"n\":1500,\"d\":\"1234.50\"}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_row_becomes_an_event_with_every_kind_of_value, setup, teardown),
		cmocka_unit_test_setup_teardown(an_empty_cell_leaves_its_member_out, setup, teardown),
		cmocka_unit_test_setup_teardown(the_same_row_is_the_same_bytes_and_another_key_another_id, setup, teardown),
		cmocka_unit_test_setup_teardown(an_event_with_a_condition_is_made_of_rows_that_meet_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_cell_that_is_not_what_it_should_be_names_its_column, setup, teardown),
		cmocka_unit_test_setup_teardown(a_mapping_that_cannot_be_is_refused_with_its_place, setup, teardown),
		cmocka_unit_test_setup_teardown(a_table_without_a_column_is_refused_by_its_name, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pointer_goes_back_to_its_column, setup, teardown),
		cmocka_unit_test_setup_teardown(columns_are_described_in_the_order_of_the_form, setup, teardown),
		cmocka_unit_test_setup_teardown(a_column_that_nothing_reads_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(places_and_columns_lead_to_each_other, setup, teardown),
		cmocka_unit_test_setup_teardown(numbers_and_blanks_are_those_that_excel_writes, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
