#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "services/cli/cli_keys_core.h"

static void a_public_key_is_forty_characters_of_z85(void **state)
{
	(void)state;
	assert_true(key_is_public("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"));
	assert_false(key_is_public(""));
	assert_false(key_is_public("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hI"));
	assert_false(key_is_public("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hIDD"));
	assert_false(key_is_public("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hI'"));
}

static void lists_of_sources_become_one(void **state)
{
	static const char *const LISTS[] = {"z/b,a/a", "m", "a/a"};
	const char *joined;
	struct arena *arena = *state;
	assert_int_equal(key_sources_join(arena, LISTS, ARRAY_COUNT(LISTS), &joined, NULL), STATUS_OK);
	assert_string_equal(joined, "a/a,m,z/b");
}

static void what_is_no_source_is_refused(void **state)
{
	static const char *const WRONG[] = {"", ",", "a,", ",a", "a b", "a,,b", "источник"};
	const char *joined;
	struct fault fault;
	for (size_t i = 0; i < ARRAY_COUNT(WRONG); i++) {
		if (key_sources_join(*state, &WRONG[i], 1, &joined, &fault) != STATUS_INVALID)
			fail_msg("\"%s\" was taken", WRONG[i]);
	}
}

static void a_key_has_a_stated_number_of_sources(void **state)
{
	const char *lists[KEY_SOURCES_MAX + 1];
	const char *joined;
	for (size_t i = 0; i < ARRAY_COUNT(lists); i++)
		lists[i] = "a";
	assert_int_equal(key_sources_join(*state, lists, KEY_SOURCES_MAX, &joined, NULL), STATUS_OK);
	assert_int_equal(key_sources_join(*state, lists, KEY_SOURCES_MAX + 1, &joined, NULL), STATUS_TOO_LARGE);
}

static void rights_are_equal_when_all_of_them_are(void **state)
{
	(void)state;
	const struct key_rights rights = {"region", "20000000", NULL};
	const struct key_rights others[] = {
		{"gateway", "20000000", NULL}, {"region", "20000001", NULL}, {"region", NULL, NULL}, {"region", "20000000", ""}};
	assert_true(key_rights_equal(&rights, &(struct key_rights){"region", "20000000", NULL}));
	for (size_t i = 0; i < ARRAY_COUNT(others); i++)
		assert_false(key_rights_equal(&rights, &others[i]));
}

static int start(void **state)
{
	*state = arena_new((size_t)1024 * 1024);
	return 0;
}

static int end(void **state)
{
	struct arena *arena = *state;
	arena_destroy(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_public_key_is_forty_characters_of_z85),
		cmocka_unit_test_setup_teardown(lists_of_sources_become_one, start, end),
		cmocka_unit_test_setup_teardown(what_is_no_source_is_refused, start, end),
		cmocka_unit_test_setup_teardown(a_key_has_a_stated_number_of_sources, start, end),
		cmocka_unit_test(rights_are_equal_when_all_of_them_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
