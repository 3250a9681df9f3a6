#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/schema_uri.h"

/* RFC 3986, section 5.4, without the fragments. */
static void references_are_resolved_as_in_rfc_3986(void **state)
{
	static const char *const ROWS[][2] = {
		{"g:h", "g:h"}, {"g", "http://a/b/c/g"}, {"./g", "http://a/b/c/g"}, {"g/", "http://a/b/c/g/"},
		{"/g", "http://a/g"}, {"//g", "http://g"}, {"?y", "http://a/b/c/d;p?y"}, {"g?y", "http://a/b/c/g?y"},
		{"#s", "http://a/b/c/d;p?q"}, {"g#s", "http://a/b/c/g"}, {";x", "http://a/b/c/;x"}, {"g;x", "http://a/b/c/g;x"},
		{"", "http://a/b/c/d;p?q"}, {".", "http://a/b/c/"}, {"./", "http://a/b/c/"}, {"..", "http://a/b/"},
		{"../", "http://a/b/"}, {"../g", "http://a/b/g"}, {"../..", "http://a/"}, {"../../g", "http://a/g"},
		{"../../../g", "http://a/g"}, {"../../../../g", "http://a/g"}, {"/./g", "http://a/g"}, {"/../g", "http://a/g"},
		{"g.", "http://a/b/c/g."}, {".g", "http://a/b/c/.g"}, {"g..", "http://a/b/c/g.."}, {"..g", "http://a/b/c/..g"},
		{"./../g", "http://a/b/g"}, {"./g/.", "http://a/b/c/g/"}, {"g/./h", "http://a/b/c/g/h"},
		{"g/../h", "http://a/b/c/h"}, {"g;x=1/./y", "http://a/b/c/g;x=1/y"}, {"g;x=1/../y", "http://a/b/c/y"},
		{"g?y/./x", "http://a/b/c/g?y/./x"}, {"g?y/../x", "http://a/b/c/g?y/../x"}, {"urn:a:b#c", "urn:a:b"},
	};
	(void)state;
	struct arena *arena = arena_new(1 << 20);
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		const char *resolved = uri_resolve(arena, "http://a/b/c/d;p?q", ROWS[i][0]);
		if (!text_equal(resolved, ROWS[i][1]))
			fail_msg("%s: %s", ROWS[i][0], resolved);
	}
	arena_destroy(&arena);
}

static void a_file_name_can_be_a_base(void **state)
{
	(void)state;
	struct arena *arena = arena_new(1 << 20);
	assert_string_equal(uri_resolve(arena, "main.json", "#/a"), "main.json");
	assert_string_equal(uri_resolve(arena, "main.json", "other.json#/a"), "other.json");
	assert_string_equal(uri_resolve(arena, "/x/main.json", "other.json"), "/x/other.json");
	assert_string_equal(uri_resolve(arena, "urn:a:b", "#c"), "urn:a:b");
	assert_string_equal(uri_resolve(arena, "http://a", "b"), "http://a/b");
	arena_destroy(&arena);
}

static void fragments_are_decoded(void **state)
{
	(void)state;
	struct arena *arena = arena_new(1 << 20);
	assert_string_equal(uri_fragment(arena, "a"), "");
	assert_string_equal(uri_fragment(arena, "a#"), "");
	assert_string_equal(uri_fragment(arena, "a#/%25%7e1x"), "/%~1x");
	assert_null(uri_fragment(arena, "#%4"));
	assert_null(uri_fragment(arena, "#%zz"));
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references_are_resolved_as_in_rfc_3986),
		cmocka_unit_test(a_file_name_can_be_a_base),
		cmocka_unit_test(fragments_are_decoded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
