/* cloudevents: what comes out of a message, byte for byte, and which messages are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/cloudevents.h"

#define EVENTS_MAX 4

struct world {
	struct arena *arena;
	struct cloudevents events;
	struct fault fault;
};

static struct world world;

static int setup(void **state)
{
	(void)state;
	world = (struct world){.arena = arena_new((size_t)8 * 1024 * 1024)};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_destroy(&world.arena);
	return 0;
}

static enum status split(const char *type, const char *body)
{
	const struct cloudevents_message message = {.content_type = type, .body = span_of_text(body)};
	return cloudevents_split(world.arena, &message, EVENTS_MAX, &world.events, &world.fault);
}

static void expect_event(size_t place, const char *bytes)
{
	assert_true(place < world.events.count);
	assert_int_equal(world.events.events[place].len, strlen(bytes));
	assert_memory_equal(world.events.events[place].at, bytes, strlen(bytes));
}

static void a_structured_message_is_one_event_as_it_is(void **state)
{
	(void)state;
	assert_int_equal(split("application/cloudevents+json; charset=utf-8", " {\"a\": 1}\n"), STATUS_OK);
	assert_false(world.events.is_batch);
	expect_event(0, " {\"a\": 1}\n");
}

static void a_batch_is_cut_at_its_objects(void **state)
{
	(void)state;
	assert_int_equal(split("Application/CloudEvents-Batch+JSON", " [ {\"a\":\"}],\\\"{\"} ,{\"b\":[{}, {\"c\":[]}]}\n,{}] "), STATUS_OK);
	assert_true(world.events.is_batch);
	assert_int_equal(world.events.count, 3);
	expect_event(0, "{\"a\":\"}],\\\"{\"}");
	expect_event(1, "{\"b\":[{}, {\"c\":[]}]}");
	expect_event(2, "{}");
}

static void a_batch_may_be_empty(void **state)
{
	(void)state;
	assert_int_equal(split(CLOUDEVENTS_BATCH, "[]"), STATUS_OK);
	assert_int_equal(world.events.count, 0);
}

static void a_batch_that_is_none_is_refused_where_it_breaks(void **state)
{
	(void)state;
	static const struct {
		const char *body;
		long offset;
	} BROKEN[] = {
		{"", 0}, {"{}", 0}, {"[", 1}, {"[{}", 3}, {"[{},]", 4}, {"[{} {}]", 4}, {"[1]", 1}, {"[{\"a\":\"]", 8}, {"[{}] x", 5}, {"[{}],", 4},
	};
	for (size_t i = 0; i < ARRAY_COUNT(BROKEN); i++) {
		assert_int_equal(split(CLOUDEVENTS_BATCH, BROKEN[i].body), STATUS_INVALID);
		assert_string_equal(world.fault.code, "bad_json");
		assert_int_equal(world.fault.offset, BROKEN[i].offset);
	}
}

static void a_batch_has_a_most(void **state)
{
	(void)state;
	assert_int_equal(split(CLOUDEVENTS_BATCH, "[{},{},{},{}]"), STATUS_OK);
	assert_int_equal(split(CLOUDEVENTS_BATCH, "[{},{},{},{},{}]"), STATUS_TOO_LARGE);
	assert_string_equal(world.fault.code, "too_many");
}

static void another_media_type_is_refused(void **state)
{
	(void)state;
	static const char *const TYPES[] = {NULL, "", "text/plain", "application/json", "application/cloudevents+xml", "application/cloudevents+jsonx"};
	for (size_t i = 0; i < ARRAY_COUNT(TYPES); i++) {
		assert_int_equal(split(TYPES[i], "{}"), STATUS_UNSUPPORTED);
		assert_string_equal(world.fault.code, "unsupported_media_type");
	}
}

static const char *find_header(void *context, const char *name)
{
	(void)context;
	static const char *const HEADERS[][2] = {
		{"ce-specversion", "1.0"}, {"ce-id", "a%22b"}, {"ce-source", "s%D1%8F"}, {"ce-type", "t%zz%4"}, {"ce-unknown", "x"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(HEADERS); i++) {
		if (text_equal(HEADERS[i][0], name))
			return HEADERS[i][1];
	}
	return NULL;
}

static void binary_mode_puts_the_headers_and_the_body_together(void **state)
{
	(void)state;
	const struct cloudevents_message message = {.content_type = "application/json", .body = span_of_text("{\"x\":48.40}"), .header = find_header};
	assert_int_equal(cloudevents_split(world.arena, &message, EVENTS_MAX, &world.events, &world.fault), STATUS_OK);
	expect_event(0, "{\"specversion\":\"1.0\",\"id\":\"a\\\"b\",\"source\":\"sя\",\"type\":\"t%zz%4\",\"datacontenttype\":\"application/json\",\"data\":{\"x\":48.40}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_structured_message_is_one_event_as_it_is, setup, teardown),
		cmocka_unit_test_setup_teardown(a_batch_is_cut_at_its_objects, setup, teardown),
		cmocka_unit_test_setup_teardown(a_batch_may_be_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(a_batch_that_is_none_is_refused_where_it_breaks, setup, teardown),
		cmocka_unit_test_setup_teardown(a_batch_has_a_most, setup, teardown),
		cmocka_unit_test_setup_teardown(another_media_type_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(binary_mode_puts_the_headers_and_the_body_together, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
