/* Arenas: alignment, zeroed memory, one lifetime, and a maximum that nothing passes. */
#include "common/arena.h"
#include "tests/unit/common/dies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdint.h>

static void memory_is_zeroed_and_aligned_for_any_type(void **state)
{
	(void)state;
	static const size_t SIZES[] = {0, 1, 2, 7, 15, 16, 17, 63, 1000, 65535, 65536, 65537, 200000};
	struct arena *arena = arena_new((size_t)4 * 1024 * 1024);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < ARRAY_COUNT(SIZES); i++) {
			unsigned char *memory = arena_alloc(arena, SIZES[i]);
			assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
			for (size_t at = 0; at < SIZES[i]; at++)
				assert_int_equal(memory[at], 0);
			memset(memory, 0xA5, SIZES[i]);
		}
		arena_reset(arena);
		assert_int_equal(arena_used(arena), 0);
	}
	arena_destroy(&arena);
	assert_null(arena);
	arena_destroy(&arena);
}

static void allocations_do_not_overlap(void **state)
{
	(void)state;
	enum { COUNT = 3000 };
	static unsigned char *memory[COUNT];
	struct arena *arena = arena_new((size_t)8 * 1024 * 1024);
	for (size_t i = 0; i < COUNT; i++) {
		memory[i] = arena_alloc(arena, 1 + i % 700);
		memset(memory[i], (int)(i % 251), 1 + i % 700);
	}
	for (size_t i = 0; i < COUNT; i++) {
		for (size_t at = 0; at < 1 + i % 700; at++)
			assert_int_equal(memory[i][at], i % 251);
	}
	arena_destroy(&arena);
}

static void texts_are_copies_with_an_end(void **state)
{
	(void)state;
	char source[] = "Воронеж, 18";
	struct arena *arena = arena_new(4096);
	char *copy = arena_text(arena, source, strlen(source));
	char *part = arena_text(arena, source, 2);
	char *none = arena_text(arena, NULL, 0);
	char *printed = arena_printf(arena, "%s → %d", "18", 5);
	memset(source, 'x', sizeof source - 1);
	assert_string_equal(copy, "Воронеж, 18");
	assert_string_equal(part, "В");
	assert_string_equal(none, "");
	assert_string_equal(printed, "18 → 5");
	arena_destroy(&arena);
}

static void the_maximum_counts_what_was_given_out(void **state)
{
	(void)state;
	struct arena *arena = arena_new(64);
	arena_alloc(arena, 17);
	assert_int_equal(arena_used(arena), 32);
	arena_alloc(arena, 32);
	assert_int_equal(arena_used(arena), 64);
	arena_reset(arena);
	arena_alloc(arena, 64);
	arena_destroy(&arena);
}

static void take_one_more(void *context)
{
	arena_alloc(context, 1);
}

static void take_all_but_what_wraps(void *context)
{
	arena_alloc(context, SIZE_MAX - 15);
}

static void take_more_than_there_is_numbers_for(void *context)
{
	arena_alloc(context, SIZE_MAX);
}

static void take_a_product_that_wraps(void *context)
{
	arena_alloc_array(context, (size_t)1 << 40, (size_t)1 << 40);
}

static void past_the_maximum_the_process_ends(void **state)
{
	(void)state;
	struct arena *arena = arena_new(64);
	arena_alloc(arena, 64);
	assert_true(dies(take_one_more, arena));
	assert_true(dies(take_all_but_what_wraps, arena));
	assert_true(dies(take_more_than_there_is_numbers_for, arena));
	assert_true(dies(take_a_product_that_wraps, arena));
	arena_reset(arena);
	assert_false(dies(take_one_more, arena));
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_aligned_for_any_type),
		cmocka_unit_test(allocations_do_not_overlap),
		cmocka_unit_test(texts_are_copies_with_an_end),
		cmocka_unit_test(the_maximum_counts_what_was_given_out),
		cmocka_unit_test(past_the_maximum_the_process_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
