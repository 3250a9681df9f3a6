/* base: spans compare by their bytes; a broken promise ends the process. */
#include "common/base.h"
#include "tests/unit/common/dies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void spans_compare_by_length_and_bytes(void **state)
{
	(void)state;
	assert_true(span_equal(span_of("ab\0c", 4), span_of("ab\0c", 4)));
	assert_false(span_equal(span_of("ab\0c", 4), span_of("ab\0d", 4)));
	assert_false(span_equal(span_of_text("ab"), span_of_text("abc")));
	assert_true(span_equal(span_of(NULL, 0), span_of_text("")));
	assert_true(text_equal("a", "a"));
	assert_false(text_equal("a", "A"));
}

static void promise(void *context)
{
	ASSERT(*(int *)context == 1);
}

static void a_broken_promise_ends_the_process_and_a_kept_one_does_not(void **state)
{
	(void)state;
	int kept = 1, broken = 2;
	assert_false(dies(promise, &kept));
	assert_true(dies(promise, &broken));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_compare_by_length_and_bytes),
		cmocka_unit_test(a_broken_promise_ends_the_process_and_a_kept_one_does_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
