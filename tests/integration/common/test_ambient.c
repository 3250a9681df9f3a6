/* What a program takes from its surroundings: clocks, randomness, files. */
#include "common/ambient.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/effreg-ambient-XXXXXX";
static char path[64];
static struct arena *arena;
static struct fault fault;

static int forget(void **state)
{
	(void)state;
	arena_reset(arena);
	unlink(path);
	fault = (struct fault){.offset = -1};
	return 0;
}

static void clocks_go_forward(void **state)
{
	(void)state;
	int64_t last_ms = ambient_monotonic_ms();
	assert_true(ambient_now_us() > INT64_C(1700000000000000));
	for (int i = 0; i < 1000; i++) {
		int64_t now_ms = ambient_monotonic_ms();
		assert_true(now_ms >= last_ms);
		last_ms = now_ms;
	}
}

static void random_ids_are_of_version_7_now_and_never_the_same(void **state)
{
	(void)state;
	enum { COUNT = 500 };
	static char texts[COUNT][UUID_TEXT_SIZE];
	uint64_t before_ms = (uint64_t)ambient_now_us() / 1000;
	for (size_t i = 0; i < COUNT; i++) {
		struct ident_uuid uuid = ambient_uuid();
		uint64_t ms = 0;
		for (size_t byte = 0; byte < 6; byte++)
			ms = ms << 8 | uuid.bytes[byte];
		assert_true(ms >= before_ms && ms <= (uint64_t)ambient_now_us() / 1000);
		assert_int_equal(uuid.bytes[6] >> 4, 7);
		assert_int_equal(uuid.bytes[8] >> 6, 2);
		ident_uuid_format(&uuid, texts[i]);
		for (size_t other = 0; other < i; other++)
			assert_string_not_equal(texts[i], texts[other]);
	}
}

static void a_file_comes_back_as_it_was_written(void **state)
{
	(void)state;
	static char bytes[300000];
	struct span read;
	struct stat info;
	ambient_random(bytes, sizeof bytes);
	assert_int_equal(ambient_write_file(path, span_of(bytes, sizeof bytes), 0600, &fault), STATUS_OK);
	assert_int_equal(ambient_read_file(arena, path, sizeof bytes, &read, &fault), STATUS_OK);
	assert_true(span_equal(read, span_of(bytes, sizeof bytes)));
	assert_int_equal(read.at[read.len], '\0');
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_int_equal(ambient_write_file(path, span_of("", 0), 0600, &fault), STATUS_OK);
	assert_int_equal(ambient_read_file(arena, path, 10, &read, &fault), STATUS_OK);
	assert_int_equal(read.len, 0);
}

static void a_file_over_the_limit_is_not_read(void **state)
{
	(void)state;
	struct span read;
	assert_int_equal(ambient_write_file(path, span_of_text("12345"), 0600, &fault), STATUS_OK);
	assert_int_equal(ambient_read_file(arena, path, 4, &read, &fault), STATUS_TOO_LARGE);
	assert_non_null(strstr(fault.text, path));
	assert_int_equal(ambient_read_file(arena, path, 5, &read, &fault), STATUS_OK);
}

static void what_cannot_be_read_is_named(void **state)
{
	(void)state;
	struct span read;
	assert_int_equal(ambient_read_file(arena, "/nowhere/at/all", 10, &read, &fault), STATUS_NOT_FOUND);
	assert_non_null(strstr(fault.text, "/nowhere/at/all"));
	assert_int_equal(ambient_read_file(arena, folder, 10, &read, &fault), STATUS_INVALID);
	assert_int_equal(ambient_read_file(arena, "/dev/zero", 10, &read, &fault), STATUS_INVALID);
}

/* A reader sees the old file or the new one, and a failed write leaves the old one and no rest. */
static void a_file_is_replaced_whole_or_not_at_all(void **state)
{
	(void)state;
	char in_the_way[80];
	struct span read;
	assert_int_equal(ambient_write_file(path, span_of_text("old"), 0600, &fault), STATUS_OK);
	snprintf(in_the_way, sizeof in_the_way, "%s.tmp", path);
	assert_int_equal(mkdir(in_the_way, 0700), 0);
	assert_int_equal(ambient_write_file(path, span_of_text("new"), 0600, &fault), STATUS_UNAVAILABLE);
	assert_non_null(strstr(fault.text, path));
	assert_int_equal(ambient_read_file(arena, path, 10, &read, &fault), STATUS_OK);
	assert_string_equal(read.at, "old");
	assert_int_equal(rmdir(in_the_way), 0);
	assert_int_equal(ambient_write_file(path, span_of_text("new"), 0600, &fault), STATUS_OK);
	assert_int_not_equal(access(in_the_way, F_OK), 0);
	assert_int_equal(ambient_write_file("/nowhere/at/all", span_of_text("x"), 0600, &fault), STATUS_UNAVAILABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(clocks_go_forward, forget),
		cmocka_unit_test_setup(random_ids_are_of_version_7_now_and_never_the_same, forget),
		cmocka_unit_test_setup(a_file_comes_back_as_it_was_written, forget),
		cmocka_unit_test_setup(a_file_over_the_limit_is_not_read, forget),
		cmocka_unit_test_setup(what_cannot_be_read_is_named, forget),
		cmocka_unit_test_setup(a_file_is_replaced_whole_or_not_at_all, forget),
	};
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/file", folder);
	arena = arena_new((size_t)4 * 1024 * 1024);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	forget(NULL);
	arena_destroy(&arena);
	rmdir(folder);
	return failed;
}
