/* Log lines as they stand on stderr: one JSON object a line, whatever the members hold. */
#include "common/log.h"

#include "common/ambient.h"
#include "common/ident.h"
#include "common/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/effreg-log-XXXXXX";
static struct arena *arena;
static int kept;

/* From here on stderr is an empty file. */
static void begin(void)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_APPEND | O_CLOEXEC);
	assert_true(fd >= 0);
	kept = dup(STDERR_FILENO);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
	close(fd);
}

/* The lines written since begin. */
static struct span end(void)
{
	struct span text;
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	close(kept);
	arena_reset(arena);
	assert_int_equal(ambient_read_file(arena, path, (size_t)4 * 1024 * 1024, &text, NULL), STATUS_OK);
	return text;
}

static const struct json *one_line(struct span text)
{
	const struct json *line;
	struct fault fault = {.offset = -1};
	assert_true(text.len > 1);
	assert_ptr_equal(memchr(text.at, '\n', text.len), text.at + text.len - 1);
	if (json_parse(arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, &line, &fault) != STATUS_OK)
		fail_msg("%s at %ld: %s", fault.text, fault.offset, text.at);
	assert_true(json_is(line, JSON_OBJECT));
	return line;
}

static void a_line_has_time_level_service_event_and_members(void **state)
{
	(void)state;
	int64_t time_us, before_us = ambient_now_us();
	log_init("sample");
	begin();
	log_write(LOG_EVENT_key_refused, "domain", "push", "role", NULL, NULL);
	const struct json *line = one_line(end());
	assert_string_equal(json_find_string(line, "service"), "sample");
	assert_string_equal(json_find_string(line, "level"), "WARNING");
	assert_string_equal(json_find_string(line, "event"), "key_refused");
	assert_string_equal(json_find_string(line, "domain"), "push");
	assert_true(json_is(json_find(line, "role"), JSON_NULL));
	assert_true(instant_parse(json_find_string(line, "time"), &time_us));
	assert_true(time_us >= before_us && time_us <= ambient_now_us());
}

static void every_event_of_the_list_can_be_written(void **state)
{
	(void)state;
#define WRITE(id, level, text) #id,
	static const char *const IDS[] = {LOG_EVENT_MAP(WRITE)};
#undef WRITE
	for (size_t i = 0; i < ARRAY_COUNT(IDS); i++) {
		begin();
		log_write((enum log_event)i, NULL);
		assert_string_equal(json_find_string(one_line(end()), "event"), IDS[i]);
	}
}

/* Line feeds would forge a line, quotes an object, broken bytes the reader's mind. */
static void whatever_a_member_holds_it_stays_one_object_on_one_line(void **state)
{
	(void)state;
	static const char *const TEXTS[] = {
		"two\nlines", "\r\n{\"event\":\"service_failed\"}", "a \"quote\" and \\ and /", "\x01\x1F\x7F\t\b\f",
		"Воронеж", "\xF0\x9F\x9A\x80", "\xFF\xFE", "\xED\xA0\x80", "cut \xD0", "\xE2\x80\xA8"};
	for (size_t i = 0; i < ARRAY_COUNT(TEXTS); i++) {
		begin();
		log_write(LOG_EVENT_request_failed, "error", TEXTS[i], "after", "it", NULL);
		const struct json *line = one_line(end());
		assert_string_equal(json_find_string(line, "after"), "it");
		assert_non_null(json_find_string(line, "error"));
		if (i < 6)
			assert_string_equal(json_find_string(line, "error"), TEXTS[i]);
	}
}

static void a_line_that_is_too_long_keeps_its_head(void **state)
{
	(void)state;
	for (size_t size = 16000; size < 16500; size++) {
		static char text[20000];
		memset(text, 'x', size);
		text[size] = '\0';
		begin();
		log_write(LOG_EVENT_service_failed, "error", text, NULL);
		const struct json *line = one_line(end());
		assert_string_equal(json_find_string(line, "event"), "service_failed");
		assert_int_equal(json_find(line, "error") == NULL, json_find(line, "cut") != NULL);
	}
}

static void lines_stand_in_the_order_they_were_written(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 100; i++)
		log_write(LOG_EVENT_request_served, "n", i % 2 == 0 ? "even" : "odd", NULL);
	struct span text = end();
	for (int i = 0; i < 100; i++) {
		const char *feed = memchr(text.at, '\n', text.len);
		assert_non_null(feed);
		size_t len = (size_t)(feed - text.at) + 1;
		assert_string_equal(json_find_string(one_line(span_of(text.at, len)), "n"), i % 2 == 0 ? "even" : "odd");
		text = span_of(text.at + len, text.len - len);
	}
	assert_int_equal(text.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_time_level_service_event_and_members),
		cmocka_unit_test(every_event_of_the_list_can_be_written),
		cmocka_unit_test(whatever_a_member_holds_it_stays_one_object_on_one_line),
		cmocka_unit_test(a_line_that_is_too_long_keeps_its_head),
		cmocka_unit_test(lines_stand_in_the_order_they_were_written),
	};
	int fd = mkstemp(path);
	if (fd < 0)
		return 1;
	close(fd);
	arena = arena_new((size_t)16 * 1024 * 1024);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_destroy(&arena);
	unlink(path);
	return failed;
}
