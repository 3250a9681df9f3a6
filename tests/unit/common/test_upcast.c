/* upcast: older versions of an event type in the words of the newest. */
#include "common/upcast.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

static int set_up(void **state)
{
	*state = arena_new((size_t)16 * 1024 * 1024);
	return 0;
}

static int tear_down(void **state)
{
	struct arena *arena = *state;
	arena_destroy(&arena);
	return 0;
}

static const struct json *parse(struct arena *arena, const char *text)
{
	const struct json *json = NULL;
	assert_int_equal(json_parse(arena, text, strlen(text), &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	return json;
}

static void check_upcast(struct arena *arena, enum event_type type, const char *text, enum event_type expected_type, const char *expected)
{
	const struct json *data = parse(arena, text);
	assert_int_equal(upcast(&type, &data, arena, NULL), STATUS_OK);
	assert_int_equal(type, expected_type);
	assert_true(json_equal(data, parse(arena, expected)));
}

static void a_training_of_version_1_counted_everybody_as_civil_servants(void **state)
{
	check_upcast(*state, EVENT_TRAINING_COMPLETED_V1,
	             "{\"training\":\"T\",\"course\":{\"ru\":\"Курс \\\"5С\\\"\"},\"people\":36,\"nps\":-4}", EVENT_TRAINING_COMPLETED,
	             "{\"training\":\"T\",\"course\":{\"ru\":\"Курс \\\"5С\\\"\"},\"people\":36,\"nps\":-4,\"civil_servants\":36}");
}

static void what_is_of_the_newest_version_stays_as_it_is(void **state)
{
	static const char TEXT[] = "{\"training\":\"T\",\"people\":36,\"civil_servants\":3}";
	const struct json *data = parse(*state, TEXT), *before = data;
	enum event_type type = EVENT_TRAINING_COMPLETED;
	assert_int_equal(upcast(&type, &data, *state, NULL), STATUS_OK);
	assert_int_equal(type, EVENT_TRAINING_COMPLETED);
	assert_ptr_equal(data, before);
}

static void a_withdrawal_has_no_data_but_a_type(void **state)
{
	const struct json *data = NULL;
	enum event_type type = EVENT_TRAINING_COMPLETED_V1;
	assert_int_equal(upcast(&type, &data, *state, NULL), STATUS_OK);
	assert_int_equal(type, EVENT_TRAINING_COMPLETED);
	assert_null(data);
}

static void a_member_that_the_older_version_did_not_say_stays_unsaid(void **state)
{
	check_upcast(*state, EVENT_TRAINING_COMPLETED_V1, "{\"training\":\"T\"}", EVENT_TRAINING_COMPLETED, "{\"training\":\"T\"}");
}

/* As large as an event may be, and then a member more: what was accepted is never lost for its version. */
static void the_largest_event_can_be_said_in_the_newest_version(void **state)
{
	struct buf text;
	buf_init(&text, 2 * EVENT_BYTES_MAX);
	buf_text(&text, "{\"people\":1,\"provider\":\"");
	while (text.len < EVENT_BYTES_MAX - 2)
		buf_text(&text, "x");
	buf_text(&text, "\"}");
	const struct json *data;
	enum event_type type = EVENT_TRAINING_COMPLETED_V1;
	assert_int_equal(json_parse(*state, text.at, text.len, &JSON_LIMITS_EVENT, &data, NULL), STATUS_OK);
	assert_int_equal(upcast(&type, &data, *state, NULL), STATUS_OK);
	assert_non_null(json_find(data, "civil_servants"));
	buf_clear(&text);
}

/* "effreg.training.completed.v1": the number behind the last stroke. */
static int version_of(enum event_type type)
{
	return atoi(strrchr(event_type_text(type), '.') + 2);
}

static size_t stem_of(enum event_type type)
{
	const char *text = event_type_text(type);
	return (size_t)(strrchr(text, '.') - text);
}

/* Each version but the newest has its rule, and a rule leads to the same type only. */
static void every_version_leads_to_the_newest(void **state)
{
	(void)state;
	for (int i = 0; i < EVENT_TYPE_COUNT; i++) {
		enum event_type newest = upcast_newest((enum event_type)i);
		assert_int_equal(upcast_newest(newest), newest);
		for (int other = 0; other < EVENT_TYPE_COUNT; other++) {
			bool same = stem_of((enum event_type)i) == stem_of((enum event_type)other)
			            && memcmp(event_type_text((enum event_type)i), event_type_text((enum event_type)other), stem_of((enum event_type)i)) == 0;
			if (same)
				assert_true(version_of((enum event_type)other) <= version_of(newest));
			assert_int_equal(same, upcast_newest((enum event_type)other) == newest);
		}
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_training_of_version_1_counted_everybody_as_civil_servants),
		TEST(what_is_of_the_newest_version_stays_as_it_is),
		TEST(a_withdrawal_has_no_data_but_a_type),
		TEST(a_member_that_the_older_version_did_not_say_stays_unsaid),
		TEST(the_largest_event_can_be_said_in_the_newest_version),
		TEST(every_version_leads_to_the_newest),
	};
	return cmocka_run_group_tests_name("upcast", tests, NULL, NULL);
}
