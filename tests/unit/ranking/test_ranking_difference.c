/* What differs between two documents: rows that moved, figures that moved them, regions that came and went. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "services/ranking/ranking_difference.h"

#define ARENA_BYTES ((size_t)16 * 1024 * 1024)
#define TEXT_BYTES  ((size_t)1024 * 1024)

static int make_arena(void **state)
{
	*state = arena_new(ARENA_BYTES);
	return 0;
}

static int drop_arena(void **state)
{
	struct arena *arena = *state;
	arena_destroy(&arena);
	return 0;
}

static const struct json *parse(struct arena *arena, const char *text)
{
	const struct json *json = NULL;
	assert_int_equal(json_parse(arena, text, strlen(text), &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	return json;
}

static void check(struct arena *arena, const char *before, const char *after, const char *expected)
{
	struct buf text;
	buf_init(&text, TEXT_BYTES);
	ranking_difference_write(arena, &text, parse(arena, before), parse(arena, after));
	assert_true(buf_ok(&text));
	assert_string_equal(text.at, expected);
	buf_clear(&text);
}

#define HEAD(revision) "{\"kind\":\"final\",\"revision\":" revision ",\"result_digest\":\"r" revision "\",\"document_digest\":\"d" revision "\""
#define SIDES "{\"from\":{\"kind\":\"final\",\"revision\":1,\"result_digest\":\"r1\",\"document_digest\":\"d1\"},"\
              "\"to\":{\"kind\":\"final\",\"revision\":2,\"result_digest\":\"r2\",\"document_digest\":\"d2\"},"
#define NAMED "\"iso\":\"RU-X\",\"name\":{\"en\":\"X\",\"ru\":\"Х\"}"
#define ROW(region, place, score, x, index) \
	"{\"region\":\"" region "\"," NAMED ",\"place\":" place ",\"score\":" score ",\"group\":\"middle\",\"interval\":[1,2]," \
	"\"figures\":{\"indicators\":{\"x\":" x ",\"y\":\"5\"},\"nodes\":{\"index\":" index "}}}"

static void a_row_says_what_moved_it(void **state)
{
	check(*state, HEAD("1") ",\"rows\":[" ROW("2", "1", "61.9", "\"48.4\"", "\"61.9\"") "," ROW("1", "2", "50", "\"1\"", "\"50\"") "],"
	              "\"seqs\":{\"1\":{\"seq\":\"7\"},\"2\":{\"seq\":\"17\"}}}",
	      HEAD("2") ",\"rows\":[" ROW("1", "2", "50", "\"1\"", "\"50\"") "," ROW("2", "3", "40.25", "\"30\"", "\"40.25\"") "],"
	              "\"seqs\":{\"1\":{\"seq\":\"7\"},\"2\":{\"seq\":\"19\"}}}",
	      SIDES "\"unchanged\":1,\"rows\":[{\"region\":\"2\"," NAMED ",\"place\":[1,3],\"score\":[61.9,40.25],"
	            "\"indicators\":{\"x\":[\"48.4\",\"30\"]},\"nodes\":{\"index\":[\"61.9\",\"40.25\"]}}],"
	            "\"seqs\":{\"2\":[\"17\",\"19\"]}}");
}

static void who_came_and_who_went_is_told(void **state)
{
	check(*state, HEAD("1") ",\"rows\":[{\"region\":\"1\",\"place\":1}]}", HEAD("2") ",\"rows\":[{\"region\":\"2\",\"place\":1}]}",
	      SIDES "\"unchanged\":0,\"rows\":[{\"region\":\"1\",\"present\":[true,false],\"place\":[1,null]},"
	            "{\"region\":\"2\",\"present\":[false,true],\"place\":[null,1]}],\"seqs\":{}}");
}

/* Two authorities of one region are two rows, whatever their order. */
static void authorities_are_told_apart(void **state)
{
	check(*state, HEAD("1") ",\"rows\":[{\"region\":\"1\",\"authority\":\"b\",\"place\":1},{\"region\":\"1\",\"authority\":\"a\",\"place\":2}]}",
	      HEAD("2") ",\"rows\":[{\"region\":\"1\",\"authority\":\"a\",\"place\":2},{\"region\":\"1\",\"authority\":\"b\",\"place\":3}]}",
	      SIDES "\"unchanged\":1,\"rows\":[{\"region\":\"1\",\"authority\":\"b\",\"place\":[1,3]}],\"seqs\":{}}");
}

/* Null and absent say the same; a code that only one side has is there once. */
static void another_methodology_may_have_other_codes(void **state)
{
	check(*state, HEAD("1") ",\"rows\":[{\"region\":\"1\",\"place\":null,\"figures\":{\"indicators\":{\"old\":\"1\",\"same\":\"2\"}}}]}",
	      HEAD("2") ",\"rows\":[{\"region\":\"1\",\"figures\":{\"indicators\":{\"new\":\"3\",\"same\":\"2\",\"none\":null}}}]}",
	      SIDES "\"unchanged\":0,\"rows\":[{\"region\":\"1\",\"indicators\":{\"new\":[null,\"3\"],\"old\":[\"1\",null]}}],\"seqs\":{}}");
}

static void equal_documents_have_no_rows(void **state)
{
	static const char TEXT[] = HEAD("1") ",\"rows\":[" ROW("1", "1", "5", "\"1\"", "\"5\"") "],\"seqs\":{\"1\":{\"seq\":\"7\"}}}";
	struct buf text;
	buf_init(&text, TEXT_BYTES);
	ranking_difference_write(*state, &text, parse(*state, TEXT), parse(*state, TEXT));
	assert_non_null(strstr(text.at, "\"unchanged\":1,\"rows\":[],\"seqs\":{}}"));
	buf_clear(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_row_says_what_moved_it, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(who_came_and_who_went_is_told, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(authorities_are_told_apart, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(another_methodology_may_have_other_codes, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(equal_documents_have_no_rows, make_arena, drop_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
