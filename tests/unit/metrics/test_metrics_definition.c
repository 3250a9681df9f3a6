/* Definitions as data: what is understood, what is refused and where, and an indicator that is made by editing a file. */
#include "tests/unit/metrics/metrics_fixture.h"

#define HEAD "{\"code\":\"c\",\"version\":1,\"indicators\":["
#define TAIL "]}"
#define NAMED(code) "\"code\":\"" code "\",\"title\":{\"ru\":\"п\",\"en\":\"i\"},\"unit\":\"count\",\"direction\":\"higher\""
#define MEETINGS "{" NAMED("meetings") ",\"kind\":\"flow\",\"source\":\"meeting\",\"date\":\"held_on\",\"measure\":{\"count\":true}}"

static void refused(const char *indicators, const char *pointer)
{
	struct rules *rules;
	struct fault fault = {.text = ""};
	enum status status = rules_new(span_of_text(indicators), span_of("", 0), &rules, &fault);
	assert_int_not_equal(status, STATUS_OK);
	assert_string_equal(fault.pointer, pointer);
	assert_non_null(strstr(fault.text, "deploy/config/indicators.json: "));
}

static void what_is_no_definition_is_refused_with_its_place(void **state)
{
	(void)state;
	refused("{}", "");
	refused(HEAD "{\"code\":\"x\"}" TAIL, "/indicators/0");
	refused(HEAD MEETINGS "," MEETINGS TAIL, "/indicators/1");
	refused(HEAD "{" NAMED("x") ",\"kind\":\"flow\",\"source\":\"unicorn\",\"date\":\"on\",\"measure\":{\"count\":true}}" TAIL, "/indicators/0/source");
	refused(HEAD "{" NAMED("x") ",\"kind\":\"flow\",\"source\":\"meeting\",\"measure\":{\"count\":true}}" TAIL, "/indicators/0/date");
	refused(HEAD "{" NAMED("x") ",\"kind\":\"flow\",\"source\":\"meeting\",\"date\":\"on\",\"until\":\"off\",\"measure\":{\"count\":true}}" TAIL,
	        "/indicators/0/until");
	refused(HEAD "{" NAMED("x") ",\"kind\":\"flow\",\"source\":\"any\",\"measure\":{\"named\":\"luck\"}}" TAIL, "/indicators/0/measure");
	refused(HEAD "{" NAMED("x") ",\"kind\":\"flow\",\"source\":\"meeting\",\"date\":\"on\",\"measure\":{\"less\":\"on\"}}" TAIL,
	        "/indicators/0/measure");
}

static void an_indicator_is_added_by_data_alone(void **state)
{
	static struct fixture fixture;
	(void)state;
	fixture_init_rules(&fixture, HEAD
		"{" NAMED("large_meetings_share") ",\"kind\":\"flow\",\"scale\":100,\"observations\":\"denominator\","
		"\"numerator\":{\"source\":\"meeting\",\"date\":\"held_on\",\"filter\":[{\"attribute\":\"participants\",\"at_least\":10}],\"measure\":{\"count\":true}},"
		"\"denominator\":{\"source\":\"meeting\",\"date\":\"held_on\",\"measure\":{\"count\":true}}}" TAIL);
	fixture_event(&fixture, "meeting.held", "2023-01-10T10:00:00Z", "\"meeting\":\"M1\",\"level\":\"authority\",\"held_on\":\"2023-01-10\",\"participants\":9");
	fixture_event(&fixture, "meeting.held", "2023-01-10T10:00:00Z", "\"meeting\":\"M2\",\"level\":\"authority\",\"held_on\":\"2023-01-10\",\"participants\":10");
	fixture_event(&fixture, "meeting.held", "2023-01-10T10:00:00Z", "\"meeting\":\"M3\",\"level\":\"authority\",\"held_on\":\"2023-01-10\"");
	assert_value(&fixture, "", "2023", "large_meetings_share", "1/3 3 33.333333");
	fixture_clear(&fixture);
}

struct condition_case {
	const char *filter;
	const char *expected;  /* how many of the entities hold */
};

static void conditions_mean_what_they_say(void **state)
{
	/* M1 has 9 participants, M2 10 and a topic, M3 neither; dates as texts. */
	static const struct condition_case CASES[] = {
		{"{\"attribute\":\"participants\",\"is\":10}", "1/1 1 1"},
		{"{\"attribute\":\"participants\",\"not\":10}", "2/1 2 2"},
		{"{\"attribute\":\"participants\",\"in\":[9,10]}", "2/1 2 2"},
		{"{\"attribute\":\"participants\",\"present\":false}", "1/1 1 1"},
		{"{\"attribute\":\"participants\",\"above\":9}", "1/1 1 1"},
		{"{\"attribute\":\"participants\",\"at_most\":9}", "1/1 1 1"},
		{"{\"attribute\":\"participants\",\"below\":9}", "nothing"},
		{"{\"attribute\":\"level\",\"is\":\"authority\"}", "3/1 3 3"},
		{"{\"attribute\":\"held_on\",\"at_least\":\"2023-01-11\"}", "2/1 2 2"},
		{"{\"attribute\":\"held_on\",\"at_most\":{\"attribute\":\"held_on\"}}", "3/1 3 3"},
		{"{\"attribute\":\"topic.ru\",\"present\":true}", "1/1 1 1"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		static struct fixture fixture;
		char text[1024];
		snprintf(text, sizeof text, HEAD "{" NAMED("x") ",\"kind\":\"flow\",\"source\":\"meeting\",\"date\":\"held_on\",\"filter\":[%s],"
		         "\"measure\":{\"count\":true}}" TAIL, CASES[i].filter);
		fixture_init_rules(&fixture, text);
		fixture_event(&fixture, "meeting.held", "2023-01-10T10:00:00Z", "\"meeting\":\"M1\",\"level\":\"authority\",\"held_on\":\"2023-01-10\",\"participants\":9");
		fixture_event(&fixture, "meeting.held", "2023-01-11T10:00:00Z",
		              "\"meeting\":\"M2\",\"level\":\"authority\",\"held_on\":\"2023-01-11\",\"participants\":10,\"topic\":{\"ru\":\"т\",\"en\":\"t\"}");
		fixture_event(&fixture, "meeting.held", "2023-01-12T10:00:00Z", "\"meeting\":\"M3\",\"level\":\"authority\",\"held_on\":\"2023-01-12\"");
		if (!text_equal(value_text(&fixture, "", "2023", "x"), CASES[i].expected))
			fail_msg("%s: %s", CASES[i].filter, value_text(&fixture, "", "2023", "x"));
		fixture_clear(&fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_definition_is_refused_with_its_place),
		cmocka_unit_test(an_indicator_is_added_by_data_alone),
		cmocka_unit_test(conditions_mean_what_they_say),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
