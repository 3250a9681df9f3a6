/* package: parts come out as they went in; what is damaged, doubled, encrypted or endless does not. */
#include "common/package.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "common/buf.h"
#include "tests/unit/common/zip_file.h"

static struct buf taken;
static size_t counted;

static enum status take(void *context, struct span piece, struct fault *fault)
{
	(void)context;
	(void)fault;
	buf_append(&taken, piece.at, piece.len);
	return STATUS_OK;
}

static enum status count(void *context, struct span piece, struct fault *fault)
{
	(void)context;
	(void)fault;
	counted += piece.len;
	return STATUS_OK;
}

static int setup(void **state)
{
	(void)state;
	buf_init(&taken, (size_t)1024 * 1024);
	counted = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_clear(&taken);
	return 0;
}

static struct package *opened(struct span bytes)
{
	struct package *package = NULL;
	struct fault fault;
	assert_int_equal(package_open(bytes, &package, &fault), STATUS_OK);
	return package;
}

static void refused(struct span bytes, enum status status, const char *part)
{
	struct package *package = NULL;
	struct fault fault = {.offset = -1};
	assert_int_equal(package_open(bytes, &package, &fault), status);
	assert_null(package);
	assert_non_null(strstr(fault.text, part));
	assert_string_not_equal(fault.text_ru, "");
}

static void a_part_comes_out_as_it_went_in(void **state)
{
	(void)state;
	char big[200000];
	for (size_t i = 0; i < sizeof big; i++)
		big[i] = (char)(i * 7 + i / 256);
	const struct zip_part parts[] = {{.name = "a/One.xml", .text = "text"}, {.name = "b", .text = big, .len = sizeof big}};
	struct span bytes = zip_file(parts, ARRAY_COUNT(parts));
	struct package *package = opened(bytes);
	assert_true(package_has(package, "a/one.XML"));
	assert_false(package_has(package, "one.xml"));
	assert_int_equal(package_read(package, "a/one.xml", take, NULL, NULL), STATUS_OK);
	assert_true(span_equal(buf_span(&taken), span_of_text("text")));
	buf_reset(&taken);
	assert_int_equal(package_read(package, "b", take, NULL, NULL), STATUS_OK);
	assert_true(span_equal(buf_span(&taken), span_of(big, sizeof big)));
	package_close(&package);
	assert_null(package);
	free((void *)(uintptr_t)bytes.at);
}

static enum status refuse(void *context, struct span piece, struct fault *fault)
{
	(void)piece;
	++*(int *)context;
	return fault_set(fault, STATUS_CONFLICT, "mine", "", -1, "enough");
}

static void the_taker_may_end_the_reading(void **state)
{
	(void)state;
	char big[200000] = {0};
	int calls = 0;
	struct fault fault;
	const struct zip_part part = {.name = "b", .text = big, .len = sizeof big};
	struct span bytes = zip_file(&part, 1);
	struct package *package = opened(bytes);
	assert_int_equal(package_read(package, "b", refuse, &calls, &fault), STATUS_CONFLICT);
	assert_string_equal(fault.code, "mine");
	assert_int_equal(calls, 1);
	package_close(&package);
	free((void *)(uintptr_t)bytes.at);
}

static void every_cut_of_a_file_is_refused(void **state)
{
	(void)state;
	const struct zip_part parts[] = {{.name = "a", .text = "text"}, {.name = "b", .text = "more"}};
	struct span bytes = zip_file(parts, ARRAY_COUNT(parts));
	for (size_t len = 0; len < bytes.len; len++)
		refused(span_of(bytes.at, len), STATUS_INVALID, "damaged");
	free((void *)(uintptr_t)bytes.at);
}

static void a_changed_byte_of_a_part_is_found(void **state)
{
	(void)state;
	struct fault fault;
	const struct zip_part part = {.name = "a", .text = "aaaabbbbccccddddeeeeffffgggghhhhiiii"};
	struct span bytes = zip_file(&part, 1);
	((char *)(uintptr_t)bytes.at)[30 + 1 + 3] ^= 1;  /* behind the local header and the name */
	struct package *package = opened(bytes);
	assert_int_equal(package_read(package, "a", take, NULL, &fault), STATUS_INVALID);
	assert_string_equal(fault.code, "bad_xlsx");
	package_close(&package);
	free((void *)(uintptr_t)bytes.at);
}

static void two_parts_of_one_name_are_refused(void **state)
{
	(void)state;
	const struct zip_part parts[] = {{.name = "sheet-A", .text = "text"}, {.name = "sheet-B", .text = "more"}};
	struct span bytes = zip_file(parts, ARRAY_COUNT(parts));
	for (char *at; (at = memmem(bytes.at, bytes.len, "sheet-B", 7)) != NULL;)
		memcpy(at, "SHEET-A", 7);
	refused(bytes, STATUS_INVALID, "two parts");
	free((void *)(uintptr_t)bytes.at);
}

static void an_encrypted_part_is_refused(void **state)
{
	(void)state;
	struct fault fault;
	const struct zip_part part = {.name = "a", .text = "text", .password = "secret"};
	struct span bytes = zip_file(&part, 1);
	struct package *package = opened(bytes);
	assert_int_equal(package_read(package, "a", take, NULL, &fault), STATUS_INVALID);
	assert_non_null(strstr(fault.text, "without a password"));
	assert_int_equal(package_read(package, "absent", take, NULL, &fault), STATUS_INVALID);
	assert_non_null(strstr(fault.text, "no such part"));
	package_close(&package);
	free((void *)(uintptr_t)bytes.at);
}

static void parts_and_names_are_bounded(void **state)
{
	(void)state;
	static char names[PACKAGE_ENTRIES_MAX + 1][16];
	static struct zip_part parts[PACKAGE_ENTRIES_MAX + 1];
	static char name[PACKAGE_NAME_MAX + 2];
	for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
		snprintf(names[i], sizeof names[i], "part-%zu", i);
		parts[i] = (struct zip_part){.name = names[i], .text = "x"};
	}
	struct span most = zip_file(parts, PACKAGE_ENTRIES_MAX), more = zip_file(parts, PACKAGE_ENTRIES_MAX + 1);
	struct package *package = opened(most);
	package_close(&package);
	refused(more, STATUS_TOO_LARGE, "4096");
	memset(name, 'n', PACKAGE_NAME_MAX + 1);
	const struct zip_part named = {.name = name, .text = "x"};
	struct span longer = zip_file(&named, 1);
	refused(longer, STATUS_TOO_LARGE, "255 bytes");
	free((void *)(uintptr_t)most.at);
	free((void *)(uintptr_t)more.at);
	free((void *)(uintptr_t)longer.at);
}

/* A quarter of a gigabyte and a byte, from a quarter of a megabyte. */
static void a_bomb_is_stopped_at_the_limit(void **state)
{
	(void)state;
	struct fault fault;
	char *zeros = calloc(1, PACKAGE_PART_MAX + 1);
	assert_non_null(zeros);
	const struct zip_part part = {.name = "bomb", .text = zeros, .len = PACKAGE_PART_MAX + 1};
	struct span bytes = zip_file(&part, 1);
	free(zeros);
	struct package *package = opened(bytes);
	assert_int_equal(package_read(package, "bomb", count, NULL, &fault), STATUS_TOO_LARGE);
	assert_string_equal(fault.code, "too_large");
	assert_true(counted <= PACKAGE_PART_MAX);
	package_close(&package);
	free((void *)(uintptr_t)bytes.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_part_comes_out_as_it_went_in, setup, teardown),
		cmocka_unit_test_setup_teardown(the_taker_may_end_the_reading, setup, teardown),
		cmocka_unit_test_setup_teardown(every_cut_of_a_file_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_changed_byte_of_a_part_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(two_parts_of_one_name_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(an_encrypted_part_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(parts_and_names_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(a_bomb_is_stopped_at_the_limit, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
