/* Translation and PCRE2 together: what a pattern of ECMA-262 means. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/schema_ecma.h"
#include "common/schema_pattern.h"

struct pattern_case {
	const char *pattern;
	const char *matching[4];
	const char *other[4];
};

static const struct pattern_case CASES[] = {
	{"^\\d$", {"0"}, {"\u0966", "a"}},
	{"^\\D$", {"\u0966"}, {"0"}},
	{"^\\w+$", {"a_9"}, {"é", "я"}},
	{"^\\W+$", {"é", "-"}, {"a"}},
	{"^\\s+$", {" \t\n\v\f\r", "\u00A0\uFEFF\u2029\u2003\u3000"}, {"a", "\u180E"}},
	{"^\\S+$", {"ab\u180E"}, {"\u00A0", "a\u2029", "\v"}},
	{"^[\\s\\d]+$", {"1 \u00A0"}, {"a"}},
	{"^[^\\s]$", {"a"}, {"\uFEFF"}},
	{"^[\\S]$", {"a", "\U0001F600"}, {"\u2028", " "}},
	{"^[\\S\\s]*$", {"a \n\u2028"}, {NULL}},
	{"^.$", {"a", "\U0001F432", "\v", "\xC2\x85"}, {"\n", "\r", "\u2028", "\u2029"}},
	{"^a$", {"a"}, {"a\n", "\na"}},
	{"^\U0001F432*$", {"", "\U0001F432", "\U0001F432\U0001F432"}, {"\U0001F409", "D"}},
	{"^\\cC$", {"\x03"}, {"C", "\\cC"}},
	{"^\\v\\f\\t\\n\\r$", {"\v\f\t\n\r"}, {"v"}},
	{"^[\\v\\b]$", {"\v", "\b"}, {"\n", "v"}},
	{"^\\x41\\u0042\\u{43}\\u{1F600}\\uD83D\\uDE00$", {"ABC\U0001F600\U0001F600"}, {"ABC"}},
	{"^[\\u{1F600}-\\u{1F602}\\x41-C]$", {"\U0001F601", "B"}, {"\U0001F603", "D"}},
	{"^\\p{Letter}+$", {"aя\u05D0"}, {"1"}},
	{"^\\p{L}\\p{Lu}\\p{gc=Ll}\\p{General_Category=Decimal_Number}$", {"xYz\u0966"}, {"xyz1"}},
	{"^\\P{Letter}$", {"1"}, {"a"}},
	{"^\\p{digit}+$", {"12", "\u0966"}, {"a"}},
	{"^[\\p{Script=Cyrillic}\\p{sc=Greek}]+$", {"яΩ"}, {"a"}},
	{"^\\p{Script_Extensions=Cyrillic}$", {"я"}, {"a"}},
	{"^\\p{Alphabetic}\\p{ASCII}\\p{Any}$", {"яa\U0001F600"}, {"1aa", "aяa"}},
	{"^\\p{Assigned}\\P{Assigned}$", {"a\U0002FE00"}, {"aa"}},
	{"^[[:alpha:]]$", {"[]", ":]", "a]"}, {"b]", "b"}},
	{"^[a-z&&[^b]$", {"&", "[", "^", "b"}, {"-"}},
	{"^[a-c-e]$", {"-", "b", "e"}, {"d"}},
	{"^[-a]$", {"-", "a"}, {"b"}},
	{"^[a-]$", {"-", "a"}, {"b"}},
	{"^[a-c-\\d]$", {"-", "5", "b"}, {"d"}},
	{"^[^]$", {"a", "\n"}, {""}},
	{"[]", {NULL}, {"", "a"}},
	{"^(?<year>\\d{4})-\\k<year>$", {"2023-2023"}, {"2023-2024"}},
	{"^(a)(b)?\\2\\1$", {"aa", "abba"}, {"ab"}},
	{"^(?:a|b)(?=c)(?!cd)c(?<=c)(?<!d)$", {"ac"}, {"ad"}},
	{"^a{2}b{1,}c{0,1}d*?e+?f??$", {"aabe", "aabbcddeef"}, {"abe"}},
	{"^{a}{,2}]}$", {"{a}{,2}]}"}, {"a"}},
	{"^\\/\\-\\@\\.$", {"/-@."}, {"/-@x"}},
	{"^\\0?a$", {"a"}, {"0a"}},
	{"#x y", {"#x y"}, {""}},
	{"^\\bя?a\\b$", {"a"}, {""}},
};

static void patterns_mean_what_ecma_262_says(void **state)
{
	(void)state;
	struct patterns *patterns = patterns_new();
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		char error[200];
		const struct pattern *pattern = pattern_compile(patterns, CASES[i].pattern, error, sizeof error);
		if (pattern == NULL)
			fail_msg("%s: %s", CASES[i].pattern, error);
		for (size_t j = 0; j < 4 && CASES[i].matching[j] != NULL; j++) {
			if (pattern_match(pattern, CASES[i].matching[j]) != PATTERN_YES)
				fail_msg("%s should match \"%s\" (%zu)", CASES[i].pattern, CASES[i].matching[j], j);
		}
		for (size_t j = 0; j < 4 && CASES[i].other[j] != NULL; j++) {
			if (pattern_match(pattern, CASES[i].other[j]) != PATTERN_NO)
				fail_msg("%s should not match \"%s\" (%zu)", CASES[i].pattern, CASES[i].other[j], j);
		}
	}
	patterns_destroy(&patterns);
}

static const char *const REFUSED[] = {
	"\\a", "\\A", "\\Z", "\\z", "\\G", "\\K", "\\Q.\\E", "\\h", "\\R", "\\X", "\\e", "\\N", "\\C", "\\", "\\ ", "\\я",
	"\\c", "\\c1", "\\x4", "\\x{41}", "\\u12", "\\u{}", "\\u{110000}", "\\u{41", "\\uD800", "\\uDC00", "\\uD800\\u0041", "\\00",
	"\\p", "\\pL", "\\p{}", "\\p{Nothing}", "\\p{gc=Nothing}", "\\p{x=L}", "\\p{Script=Klingon}", "\\p{^L}", "\\p{L",
	"(*UTF)a", "(*ACCEPT)", "(?i)a", "(?R)", "(?>a)", "(?#a)", "(?P<a>b)", "(?|a)", "(?C1)", "(?", "(?<", "(?<>a)", "(?<a-b>c)",
	"(", ")", "(a", "[", "[a", "[b-a]", "[\\d-z]", "[a-\\d]", "[\\B]", "[\\q]", "*", "+a", "?", "a**", "a++", "a?+", "a{2}+", "a{2}{3}",
	"|*", "^*", "{2}", "a{2,1}", "(a)\\2", "\\k<a>", "\\k", "(?<=a*)b",
};

static void what_ecma_262_lacks_is_refused_with_a_reason(void **state)
{
	(void)state;
	struct patterns *patterns = patterns_new();
	for (size_t i = 0; i < ARRAY_COUNT(REFUSED); i++) {
		char error[200] = "";
		if (pattern_compile(patterns, REFUSED[i], error, sizeof error) != NULL)
			fail_msg("%s should be refused", REFUSED[i]);
		assert_true(error[0] != '\0');
	}
	patterns_destroy(&patterns);
}

static void an_error_names_its_byte(void **state)
{
	(void)state;
	struct buf buf;
	struct ecma_error error = {0};
	buf_init(&buf, 1000);
	assert_false(ecma_translate(&buf, "ab\\q", &error));
	assert_int_equal(error.offset, 3);
	buf_clear(&buf);
}

static void a_translation_keeps_to_its_stated_size(void **state)
{
	(void)state;
	static const char *const LONG[] = {"[\\S\\S\\S\\S\\S\\S\\S\\S]", ".........", "\\S\\S\\S\\S", "\x01\x02"};
	for (size_t i = 0; i < ARRAY_COUNT(LONG); i++) {
		struct buf buf;
		struct ecma_error error;
		buf_init(&buf, ECMA_BYTES_MAX(strlen(LONG[i])));
		assert_true(ecma_translate(&buf, LONG[i], &error));
		buf_clear(&buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_mean_what_ecma_262_says),
		cmocka_unit_test(what_ecma_262_lacks_is_refused_with_a_reason),
		cmocka_unit_test(an_error_names_its_byte),
		cmocka_unit_test(a_translation_keeps_to_its_stated_size),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
