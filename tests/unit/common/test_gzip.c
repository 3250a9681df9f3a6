#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/gzip.h"

#define BYTES_MAX ((size_t)1024 * 1024)

/* Text that compresses, longer than a chunk. */
static void write_plain(struct buf *buf, const char *word)
{
	for (unsigned i = 0; i < 20000; i++)
		buf_printf(buf, "%s %u\n", word, i * 7919);
}

static enum status unpack(struct span packed, size_t bytes_max, struct buf *plain)
{
	buf_init(plain, bytes_max);
	return gzip_unpack(plain, packed);
}

static void what_was_packed_comes_back(void **state)
{
	struct buf plain, packed, again, back;
	(void)state;
	buf_init(&plain, BYTES_MAX);
	buf_init(&packed, BYTES_MAX);
	buf_init(&again, BYTES_MAX);
	write_plain(&plain, "event");
	gzip_pack(&packed, buf_span(&plain));
	gzip_pack(&again, buf_span(&plain));
	assert_true(buf_ok(&packed) && packed.len < plain.len / 2);
	assert_true(span_equal(buf_span(&packed), buf_span(&again)));
	assert_int_equal(unpack(buf_span(&packed), BYTES_MAX, &back), STATUS_OK);
	assert_true(span_equal(buf_span(&plain), buf_span(&back)));
	buf_clear(&plain);
	buf_clear(&packed);
	buf_clear(&again);
	buf_clear(&back);
}

static void members_come_back_one_behind_the_other(void **state)
{
	struct buf packed, back;
	(void)state;
	buf_init(&packed, BYTES_MAX);
	gzip_pack(&packed, span_of_text("first\n"));
	gzip_pack(&packed, span_of_text(""));
	gzip_pack(&packed, span_of_text("second\n"));
	assert_int_equal(unpack(buf_span(&packed), BYTES_MAX, &back), STATUS_OK);
	assert_true(span_equal(buf_span(&back), span_of_text("first\nsecond\n")));
	buf_clear(&packed);
	buf_clear(&back);
}

static void every_changed_byte_and_every_end_is_found(void **state)
{
	struct buf packed, back;
	(void)state;
	buf_init(&packed, BYTES_MAX);
	gzip_pack(&packed, span_of_text("{\"seq\":1,\"recorded_us\":1700000000000000}\n"));
	for (size_t len = 0; len < packed.len; len++) {
		assert_int_equal(unpack(span_of(packed.at, len), BYTES_MAX, &back), STATUS_INVALID);
		buf_clear(&back);
	}
	/* The ten bytes before the data say when and by whom; of them only those that begin and say how it is packed are looked at. */
	for (size_t i = 10; i < packed.len; i++) {
		packed.at[i] ^= 0x55;
		assert_int_equal(unpack(buf_span(&packed), BYTES_MAX, &back), STATUS_INVALID);
		buf_clear(&back);
		packed.at[i] ^= 0x55;
	}
	buf_clear(&packed);
}

static void what_does_not_fit_is_refused(void **state)
{
	struct buf plain, packed, back;
	(void)state;
	buf_init(&plain, BYTES_MAX);
	buf_init(&packed, BYTES_MAX);
	write_plain(&plain, "event");
	gzip_pack(&packed, buf_span(&plain));
	assert_int_equal(unpack(buf_span(&packed), plain.len - 1, &back), STATUS_TOO_LARGE);
	buf_clear(&back);
	buf_clear(&packed);
	buf_clear(&plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_packed_comes_back),
		cmocka_unit_test(members_come_back_one_behind_the_other),
		cmocka_unit_test(every_changed_byte_and_every_end_is_found),
		cmocka_unit_test(what_does_not_fit_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
