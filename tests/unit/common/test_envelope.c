#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "common/envelope.h"

#define ID "018f3b2c-9d5e-7abc-8def-0123456789ab"
#define EVENT(id, source, type, subject, time, rest) \
	"{\"specversion\":\"1.0\",\"id\":" id ",\"source\":" source ",\"type\":" type ",\"subject\":" subject \
	",\"time\":" time rest "}"
#define TYPE "\"effreg.project.opened.v1\""
#define TIME "\"2023-01-31T12:00:00+03:00\""
#define DATA ",\"data\":{\"project\":\"P-17\"}"

static int start(void **state)
{
	*state = arena_new(1 << 20);
	return 0;
}

static int stop(void **state)
{
	struct arena *arena = *state;
	arena_destroy(&arena);
	return 0;
}

static const struct json *parse(void **state, const char *text)
{
	const struct json *json = NULL;
	struct fault fault = {0};
	if (json_parse(*state, text, strlen(text), &JSON_LIMITS_EVENT, &json, &fault) != STATUS_OK)
		fail_msg("%s: %s at %ld", text, fault.text, fault.offset);
	return json;
}

static void an_envelope_is_read_with_its_optional_members(void **state)
{
	struct envelope envelope;
	char id[UUID_TEXT_SIZE];
	const struct json *event = parse(state, EVENT("\"" ID "\"", "\"ru-vor/portal\"", TYPE, "\"20000000/project/P-17\"", TIME,
		",\"sequence\":\"9999999999999999999\",\"supersedes\":\"" ID "\",\"traceparent\":\"00-x\"" DATA));
	assert_int_equal(envelope_read(event, &envelope, NULL), STATUS_OK);
	ident_uuid_format(&envelope.id, id);
	assert_string_equal(id, ID);
	assert_string_equal(envelope.source, "ru-vor/portal");
	assert_string_equal(envelope.type, "effreg.project.opened.v1");
	assert_string_equal(envelope.subject, "20000000/project/P-17");
	assert_string_equal(envelope.region, "20000000");
	assert_int_equal(envelope.time_us, INT64_C(1675155600000000));
	assert_true(envelope.sequence == UINT64_C(9999999999999999999));
	assert_string_equal(envelope.supersedes, ID);
	assert_string_equal(envelope.traceparent, "00-x");
	assert_string_equal(json_find_string(envelope.data, "project"), "P-17");
}

static void absent_members_are_zero(void **state)
{
	struct envelope envelope;
	const struct json *event = parse(state, EVENT("\"" ID "\"", "\"s\"", TYPE, "\"01000000\"", TIME, DATA));
	assert_int_equal(envelope_read(event, &envelope, NULL), STATUS_OK);
	assert_string_equal(envelope.region, "01000000");
	assert_true(envelope.sequence == 0);
	assert_null(envelope.supersedes);
	assert_null(envelope.traceparent);
}

static void what_cannot_be_read_is_refused_with_its_pointer(void **state)
{
	static const struct {
		const char *text;
		const char *pointer;
	} ROWS[] = {
		{"[]", ""},
		{"{}", "/id"},
		{EVENT("\"x\"", "\"s\"", TYPE, "\"01000000\"", TIME, DATA), "/id"},
		{EVENT("\"" ID "\"", "\"\"", TYPE, "\"01000000\"", TIME, DATA), "/source"},
		{EVENT("\"" ID "\"", "1", TYPE, "\"01000000\"", TIME, DATA), "/source"},
		{EVENT("\"" ID "\"", "\"s\"", "null", "\"01000000\"", TIME, DATA), "/type"},
		{EVENT("\"" ID "\"", "\"s\"", TYPE, "\"0100000\"", TIME, DATA), "/subject"},
		{EVENT("\"" ID "\"", "\"s\"", TYPE, "\"010000000\"", TIME, DATA), "/subject"},
		{EVENT("\"" ID "\"", "\"s\"", TYPE, "\"0100000x/project/P\"", TIME, DATA), "/subject"},
		{EVENT("\"" ID "\"", "\"s\"", TYPE, "\"01000000\"", "\"yesterday\"", DATA), "/time"},
		{EVENT("\"" ID "\"", "\"s\"", TYPE, "\"01000000\"", TIME, ",\"sequence\":7" DATA), "/sequence"},
		{EVENT("\"" ID "\"", "\"s\"", TYPE, "\"01000000\"", TIME, ",\"sequence\":\"0\"" DATA), "/sequence"},
		{EVENT("\"" ID "\"", "\"s\"", TYPE, "\"01000000\"", TIME, ",\"sequence\":\"-1\"" DATA), "/sequence"},
		{EVENT("\"" ID "\"", "\"s\"", TYPE, "\"01000000\"", TIME, ",\"sequence\":\"10000000000000000000\"" DATA), "/sequence"},
		{EVENT("\"" ID "\"", "\"s\"", TYPE, "\"01000000\"", TIME, ",\"supersedes\":\"x\"" DATA), "/supersedes"},
		{EVENT("\"" ID "\"", "\"s\"", TYPE, "\"01000000\"", TIME, ""), "/data"},
		{EVENT("\"" ID "\"", "\"s\"", TYPE, "\"01000000\"", TIME, ",\"data\":[]"), "/data"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		struct envelope envelope;
		struct fault fault = {0};
		assert_int_equal(envelope_read(parse(state, ROWS[i].text), &envelope, &fault), STATUS_INVALID);
		assert_string_equal(fault.code, "schema");
		assert_string_equal(fault.pointer, ROWS[i].pointer);
		assert_int_equal(fault.offset, -1);
	}
}

/* Every row comes before the ones that follow it. */
static void events_are_ordered_by_time_source_sequence_and_id(void **state)
{
	static const struct envelope ROWS[] = {
		{.time_us = 1, .source = "z", .sequence = 9, .id = {{9}}},
		{.time_us = 2, .source = "a", .sequence = 0, .id = {{1}}},
		{.time_us = 2, .source = "a", .sequence = 9, .id = {{1}}},
		{.time_us = 2, .source = "a", .sequence = 10, .id = {{1}}},
		{.time_us = 2, .source = "a", .sequence = 10, .id = {{0x7F}}},
		{.time_us = 2, .source = "a", .sequence = 10, .id = {{0x80}}},
		{.time_us = 2, .source = "a/b", .sequence = 1, .id = {{0}}},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		for (size_t j = 0; j < ARRAY_COUNT(ROWS); j++) {
			int order = envelope_compare(&ROWS[i], &ROWS[j]);
			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
	}
}

static void every_event_type_is_found_by_its_text(void **state)
{
	(void)state;
	enum event_type type;
	for (int i = 0; i < EVENT_TYPE_COUNT; i++) {
		assert_true(event_type_find(event_type_text((enum event_type)i), &type));
		assert_int_equal(type, i);
	}
	assert_false(event_type_find("effreg.project.opened.v2", &type));
}

static void only_verifications_and_disputes_are_the_coordinators(void **state)
{
	(void)state;
	for (int i = 0; i < EVENT_TYPE_COUNT; i++) {
		const char *text = event_type_text((enum event_type)i);
		bool expected = strncmp(text, "effreg.verification.", 20) == 0 || strncmp(text, "effreg.dispute.", 15) == 0;
		assert_int_equal(event_type_is_coordinators((enum event_type)i), expected);
	}
}

static void every_type_may_be_corrected_but_corrections(void **state)
{
	(void)state;
	for (int i = 0; i < EVENT_TYPE_COUNT; i++) {
		bool expected = strncmp(event_type_text((enum event_type)i), "effreg.event.", 13) != 0;
		assert_int_equal(event_type_may_be_corrected((enum event_type)i), expected);
	}
}

#define OTHER_ID "118f3b2c-9d5e-7abc-8def-0123456789ab"
#define CORRECTION(supersedes, data) \
	EVENT("\"" ID "\"", "\"s\"", "\"effreg.event.corrected.v1\"", "\"01000000\"", TIME, \
	      ",\"supersedes\":\"" supersedes "\",\"data\":{" data "}")

static void a_correction_names_its_target_twice_and_a_type_that_may_be_corrected(void **state)
{
	static const struct {
		const char *text, *code, *pointer;
	} ROWS[] = {
		{CORRECTION(OTHER_ID, "\"target\":\"118F3B2C-9d5e-7abc-8def-0123456789ab\",\"type\":\"effreg.project.closed.v1\",\"data\":{}"),
		 "", ""},
		{CORRECTION(ID, "\"target\":\"" OTHER_ID "\",\"type\":\"effreg.project.closed.v1\",\"data\":{}"), "schema",
		 "/supersedes"},
		{CORRECTION(ID, "\"target\":\"" ID "\",\"type\":\"effreg.project.closed.v1\",\"data\":{}"),
		 "not_a_correction_target", "/data/target"},
		{CORRECTION(OTHER_ID, "\"target\":\"" OTHER_ID "\",\"type\":\"effreg.event.withdrawn.v1\",\"data\":{}"),
		 "not_a_correction_target", "/data/type"},
		{CORRECTION(OTHER_ID, "\"target\":\"x\",\"type\":\"effreg.project.closed.v1\",\"data\":{}"), "schema",
		 "/data/target"},
		{CORRECTION(OTHER_ID, "\"target\":\"" OTHER_ID "\",\"type\":\"effreg.project.closed.v1\""), "schema",
		 "/data/data"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		struct envelope envelope;
		struct correction correction;
		struct fault fault = {.code = "", .pointer = ""};
		assert_int_equal(envelope_read(parse(state, ROWS[i].text), &envelope, &fault), STATUS_OK);
		assert_int_equal(correction_read(&envelope, &correction, &fault), i == 0 ? STATUS_OK : STATUS_INVALID);
		assert_string_equal(fault.code, ROWS[i].code);
		assert_string_equal(fault.pointer, ROWS[i].pointer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_envelope_is_read_with_its_optional_members, start, stop),
		cmocka_unit_test_setup_teardown(absent_members_are_zero, start, stop),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_refused_with_its_pointer, start, stop),
		cmocka_unit_test(events_are_ordered_by_time_source_sequence_and_id),
		cmocka_unit_test(every_event_type_is_found_by_its_text),
		cmocka_unit_test(only_verifications_and_disputes_are_the_coordinators),
		cmocka_unit_test(every_type_may_be_corrected_but_corrections),
		cmocka_unit_test_setup_teardown(a_correction_names_its_target_twice_and_a_type_that_may_be_corrected, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
