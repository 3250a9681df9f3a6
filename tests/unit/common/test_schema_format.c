#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/schema_format.h"

struct format_case {
	const char *format;
	const char *text;
	bool holds;
};

static const struct format_case CASES[] = {
	{"date", "2023-01-31", true},
	{"date", "1963-06-19", true},
	{"date", "2023-02-29", false},
	{"date", "2023-1-31", false},
	{"date-time", "1963-06-19T08:30:06.283185Z", true},
	{"date-time", "1998-12-31T15:59:60.123-08:00", true},
	{"date-time", "1998-12-31T23:58:60Z", false},
	{"date-time", "2023-01-31 09:00:00Z", false},
	{"date-time", "2023-01-31T09:00:00", false},
	{"uuid", "018f3b2c-9d5e-7abc-8def-0123456789AB", true},
	{"uuid", "018f3b2c9d5e7abc8def0123456789ab", false},
	{"uri", "http://foo.bar/?baz=qux#quux", true},
	{"uri", "http://foo.com/blah_(wikipedia)_blah#cite-1", true},
	{"uri", "http://user:pass%20word@example.com:8080/a;b?c=d/?e", true},
	{"uri", "ldap://[2001:db8::7]/c=GB?objectClass?one", true},
	{"uri", "mailto:John.Doe@example.com", true},
	{"uri", "urn:oasis:names:specification:docbook:dtd:xml:4.1.2", true},
	{"uri", "tel:+1-816-555-1212", true},
	{"uri", "a:", true},
	{"uri", "", false},
	{"uri", "abc", false},
	{"uri", "//foo.bar/?baz", false},
	{"uri", "/abc", false},
	{"uri", ":// should fail", false},
	{"uri", "http:// shouldfail.com", false},
	{"uri", "http://example.com:8a", false},
	{"uri", "http://[::1", false},
	{"uri", "http://[g]", false},
	{"uri", "http://a/%4", false},
	{"uri", "http://a/b#c#d", false},
	{"uri", "http://a/[b]", false},
	{"uri", "bar,baz:foo", false},
	{"uri", "http://a/\xD1\x8F", false},
	{"uri", "http://a/<b>", false},
	{"email", "joe.bloggs@example.com", true},
	{"email", "te~st@example.com", true},
	{"email", "te.s.t@example.com", true},
	{"email", "\"joe..b @loggs\"@example.com", true},
	{"email", "joe@[127.0.0.1]", true},
	{"email", "joe@[IPv6:::1]", true},
	{"email", "joe@[127.0.0.300]", false},
	{"email", "2962", false},
	{"email", ".test@example.com", false},
	{"email", "test.@example.com", false},
	{"email", "te..st@example.com", false},
	{"email", "joe@invalid=domain.com", false},
	{"email", "joe@-a.com", false},
	{"email", "joe@", false},
	{"email", "@example.com", false},
	{"email", "\"joe\\\"@example.com", false},
};

static void every_format_asks_what_its_rfc_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		enum format format;
		assert_true(format_find(CASES[i].format, &format));
		if (format_holds(format, CASES[i].text) != CASES[i].holds)
			fail_msg("%s %s", CASES[i].format, CASES[i].text);
	}
}

static void every_format_holds_for_its_own_example(void **state)
{
	(void)state;
	for (int i = 0; i < FORMAT_COUNT; i++)
		assert_true(format_holds((enum format)i, format_example((enum format)i)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_asks_what_its_rfc_says),
		cmocka_unit_test(every_format_holds_for_its_own_example),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
