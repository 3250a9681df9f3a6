#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include "common/schema.h"

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)

static struct schema_bundle *compile(const char *text)
{
	struct schema_document document = {.name = "test.json", .text = span_of_text(text)};
	struct schema_bundle *bundle = NULL;
	struct fault fault = {0};
	if (schema_bundle_new(&document, 1, SCHEMA_ASSERT_FORMATS, &bundle, &fault) != STATUS_OK)
		fail_msg("%s: %s %s", text, fault.pointer, fault.text);
	return bundle;
}

static enum status validate(const struct schema_bundle *bundle, const char *name, const char *text, struct fault *fault)
{
	struct arena *arena = arena_new(ARENA_BYTES);
	const struct json *instance = NULL;
	assert_int_equal(json_parse(arena, text, strlen(text), &JSON_LIMITS_EVENT, &instance, NULL), STATUS_OK);
	assert_non_null(schema_find(bundle, name));
	enum status status = schema_validate(schema_find(bundle, name), instance, arena, fault);
	arena_destroy(&arena);
	return status;
}

struct schema_case {
	const char *schema;
	const char *valid[5];
	const char *invalid[5];
};

static const struct schema_case CASES[] = {
	{"true", {"1", "null"}, {NULL}},
	{"false", {NULL}, {"1", "null", "{}"}},
	{"{}", {"1", "[]"}, {NULL}},
	{"{\"type\":\"integer\"}", {"1", "1.0", "-0", "1e3"}, {"1.5", "\"1\"", "null", "true"}},
	{"{\"type\":[\"null\",\"object\"]}", {"null", "{}"}, {"[]", "false"}},
	{"{\"enum\":[1,\"a\",{\"b\":[null]}]}", {"1.0", "\"a\"", "{\"b\":[null]}"}, {"2", "\"A\"", "{\"b\":[]}", "true"}},
	{"{\"const\":false}", {"false"}, {"0", "null"}},
	{"{\"required\":[\"a\",\"b\"]}", {"{\"a\":1,\"b\":null}", "1"}, {"{\"a\":1}", "{}"}},
	{"{\"minProperties\":1,\"maxProperties\":2}", {"{\"a\":1}", "[]"}, {"{}", "{\"a\":1,\"b\":1,\"c\":1}"}},
	{"{\"dependentRequired\":{\"a\":[\"b\"]}}", {"{}", "{\"b\":1}", "{\"a\":1,\"b\":1}"}, {"{\"a\":1}"}},
	{"{\"minItems\":1,\"maxItems\":2}", {"[1]", "[1,2]", "{}"}, {"[]", "[1,2,3]"}},
	{"{\"uniqueItems\":true}", {"[]", "[1,true,\"1\",[1],{\"a\":1}]", "[{\"a\":1},{\"a\":2}]"},
	 {"[1,1.0]", "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]", "[[],1,[]]"}},
	{"{\"minLength\":2,\"maxLength\":3}", {"\"\xD1\x8F\xD1\x8F\"", "\"\xF0\x9F\x98\x80 1\"", "1"},
	 {"\"\xF0\x9F\x98\x80\"", "\"abcd\""}},
	{"{\"pattern\":\"b+\"}", {"\"abc\"", "1"}, {"\"ac\""}},
	{"{\"pattern\":\"^\\\\d\\\\w$\"}", {"\"1a\""}, {"\"\xD9\xA1" "a\"", "\"1\xD1\x8F\"", "\"1a\\n\""}},
	{"{\"pattern\":\"^.\\\\u044F$\"}", {"\"\xF0\x9F\x98\x80\xD1\x8F\""}, {"\"\\n\xD1\x8F\""}},
	{"{\"minimum\":1,\"maximum\":2}", {"1", "1.5", "2", "\"0\""}, {"0.99", "2.01"}},
	{"{\"exclusiveMinimum\":1,\"exclusiveMaximum\":2}", {"1.5"}, {"1", "2"}},
	{"{\"multipleOf\":0.01}", {"0.07", "4.35", "19.99", "0"}, {"0.075"}},
	{"{\"multipleOf\":3}", {"9007199254740990", "-3"}, {"9007199254740991", "1.5"}},
	{"{\"multipleOf\":0.123456789}", {NULL}, {"1e308"}},
	{"{\"format\":\"date\"}", {"\"2023-01-31\"", "1"}, {"\"31.01.2023\""}},
	{"{\"allOf\":[{\"minimum\":1},{\"maximum\":2}]}", {"1"}, {"0", "3"}},
	{"{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":2}]}", {"\"a\"", "2"}, {"1"}},
	{"{\"oneOf\":[{\"type\":\"integer\"},{\"minimum\":2}]}", {"1", "2.5", "\"a\""}, {"3", "1.5"}},
	{"{\"not\":{\"type\":\"null\"}}", {"1"}, {"null"}},
	{"{\"if\":{\"minimum\":10},\"then\":{\"multipleOf\":2},\"else\":{\"multipleOf\":3}}", {"12", "9"}, {"13", "8"}},
	{"{\"then\":false,\"else\":false}", {"1"}, {NULL}},
	{"{\"dependentSchemas\":{\"a\":{\"required\":[\"b\"]}}}", {"{\"b\":1}", "{\"a\":1,\"b\":1}"}, {"{\"a\":1}"}},
	{"{\"propertyNames\":{\"pattern\":\"^[a-z]+$\"}}", {"{\"ab\":1}", "{}"}, {"{\"aB\":1}"}},
	{"{\"properties\":{\"a\":{\"type\":\"null\"},\"b\":false}}", {"{\"a\":null}", "{\"c\":1}", "[]"},
	 {"{\"a\":1}", "{\"b\":null}"}},
	{"{\"patternProperties\":{\"^x-\":{\"type\":\"string\"},\"id$\":{\"minLength\":2}}}", {"{\"x-id\":\"ab\"}", "{\"id\":1}"},
	 {"{\"x-a\":1}", "{\"x-id\":\"a\"}"}},
	{"{\"properties\":{\"a\":true},\"patternProperties\":{\"^x\":true},\"additionalProperties\":false}",
	 {"{\"a\":1,\"x1\":2}"}, {"{\"b\":1}", "{\"A\":1}", "{\"ax\":1}"}},
	{"{\"properties\":{\"a\":true},\"additionalProperties\":{\"type\":\"null\"}}", {"{\"a\":1,\"b\":null}"}, {"{\"b\":1}"}},
	{"{\"allOf\":[{\"properties\":{\"a\":true}}],\"additionalProperties\":false}", {"{}"}, {"{\"a\":1}"}},
	{"{\"prefixItems\":[{\"type\":\"null\"},{\"type\":\"string\"}],\"items\":{\"type\":\"integer\"}}",
	 {"[]", "[null]", "[null,\"a\",1]"}, {"[1]", "[null,1]", "[null,\"a\",\"b\"]"}},
	{"{\"items\":false}", {"[]", "1"}, {"[1]"}},
	{"{\"contains\":{\"const\":1}}", {"[2,1]", "{}"}, {"[]", "[2]"}},
	{"{\"contains\":{\"const\":1},\"minContains\":0,\"maxContains\":1}", {"[]", "[1]", "[2]"}, {"[1,1]"}},
	{"{\"contains\":{\"const\":1},\"minContains\":2}", {"[1,1]"}, {"[1]", "[]"}},
	{"{\"minContains\":2,\"maxContains\":0}", {"[1]", "[]"}, {NULL}},
	{"{\"properties\":{\"a\":true},\"unevaluatedProperties\":false}", {"{\"a\":1}"}, {"{\"b\":1}"}},
	{"{\"allOf\":[{\"properties\":{\"a\":true}}],\"unevaluatedProperties\":false}", {"{\"a\":1}"}, {"{\"a\":1,\"b\":1}"}},
	{"{\"anyOf\":[{\"properties\":{\"a\":{\"const\":1}},\"required\":[\"a\"]},"
	 "{\"properties\":{\"b\":{\"const\":2}},\"required\":[\"b\"]}],\"unevaluatedProperties\":false}",
	 {"{\"a\":1}", "{\"a\":1,\"b\":2}"}, {"{\"a\":1,\"b\":3}", "{\"a\":1,\"c\":1}"}},
	{"{\"if\":{\"properties\":{\"a\":{\"const\":1}},\"required\":[\"a\"]},\"else\":{\"properties\":{\"b\":true}},"
	 "\"unevaluatedProperties\":false}", {"{\"a\":1}", "{\"b\":1}"}, {"{\"a\":2}", "{\"a\":1,\"b\":1}"}},
	{"{\"not\":{\"not\":{\"properties\":{\"a\":true}}},\"unevaluatedProperties\":false}", {"{}"}, {"{\"a\":1}"}},
	{"{\"allOf\":[{\"properties\":{\"a\":true}},{\"unevaluatedProperties\":false}]}", {"{}"}, {"{\"a\":1}"}},
	{"{\"properties\":{\"a\":{\"properties\":{\"b\":true}}},\"unevaluatedProperties\":false}", {"{\"a\":{\"c\":1}}"},
	 {"{\"b\":1}"}},
	{"{\"$ref\":\"#/$defs/x\",\"unevaluatedProperties\":false,\"$defs\":{\"x\":{\"properties\":{\"a\":true}}}}",
	 {"{\"a\":1}"}, {"{\"b\":1}"}},
	{"{\"unevaluatedProperties\":{\"type\":\"null\"},\"patternProperties\":{\"^a\":true}}", {"{\"a\":1,\"b\":null}"},
	 {"{\"b\":1}"}},
	{"{\"prefixItems\":[true],\"unevaluatedItems\":false}", {"[1]"}, {"[1,2]"}},
	{"{\"contains\":{\"type\":\"string\"},\"unevaluatedItems\":{\"type\":\"integer\"}}", {"[\"a\",1]"}, {"[\"a\",null]"}},
	{"{\"allOf\":[{\"items\":true}],\"unevaluatedItems\":false}", {"[1,2]"}, {NULL}},
	{"{\"$ref\":\"#/$defs/a~1b%25\",\"$defs\":{\"a/b%\":{\"type\":\"null\"}}}", {"null"}, {"1"}},
	{"{\"properties\":{\"next\":{\"$ref\":\"#\"},\"n\":{\"type\":\"integer\"}},\"required\":[\"n\"]}",
	 {"{\"n\":1,\"next\":{\"n\":2}}"}, {"{\"n\":1,\"next\":{}}"}},
	{"{\"$ref\":\"#here\",\"$defs\":{\"x\":{\"$anchor\":\"here\",\"minimum\":1}}}", {"1"}, {"0"}},
	{"{\"$id\":\"https://a.example/main\",\"$ref\":\"part#in\",\"$defs\":{\"p\":{\"$id\":\"part\","
	 "\"$defs\":{\"q\":{\"$anchor\":\"in\",\"$ref\":\"#/$defs/r\"},\"r\":{\"minimum\":1}}}}}", {"1"}, {"0"}},
	{"{\"$ref\":\"urn:uuid:deadbeef-1234-0000-0000-4321feebdaed\",\"$defs\":{\"x\":"
	 "{\"$id\":\"urn:uuid:deadbeef-1234-0000-0000-4321feebdaed\",\"minimum\":1}}}", {"1"}, {"0"}},
	{"{\"allOf\":[{\"prefixItems\":[{\"type\":\"null\"}]},{\"$ref\":\"#/allOf/0/prefixItems/0\"}]}", {"null"}, {"[null]"}},
	{"{\"title\":\"t\",\"description\":\"d\",\"$comment\":\"c\",\"default\":1,\"examples\":[1],\"deprecated\":true,"
	 "\"readOnly\":false,\"writeOnly\":false,\"x-any\":{\"type\":1},"
	 "\"$schema\":\"https://json-schema.org/draft/2020-12/schema\"}", {"1"}, {NULL}},
};

static void instances_are_valid_or_not_as_2020_12_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct schema_bundle *bundle = compile(CASES[i].schema);
		for (size_t j = 0; j < 5 && CASES[i].valid[j] != NULL; j++) {
			struct fault fault = {0};
			if (validate(bundle, "test.json", CASES[i].valid[j], &fault) != STATUS_OK)
				fail_msg("%s should take %s: %s", CASES[i].schema, CASES[i].valid[j], fault.text);
		}
		for (size_t j = 0; j < 5 && CASES[i].invalid[j] != NULL; j++) {
			struct fault fault = {0};
			if (validate(bundle, "test.json", CASES[i].invalid[j], &fault) != STATUS_INVALID)
				fail_msg("%s should refuse %s", CASES[i].schema, CASES[i].invalid[j]);
			assert_string_equal(fault.code, "schema");
			assert_true(fault.text[0] != '\0');
		}
		schema_bundle_destroy(&bundle);
	}
}

struct broken_case {
	const char *schema;
	enum status status;
	const char *pointer;
};

static const struct broken_case BROKEN[] = {
	{"1", STATUS_INVALID, ""},
	{"{\"a\"}", STATUS_INVALID, ""},
	{"{\"items\":[true]}", STATUS_INVALID, "/items"},
	{"{\"properties\":{\"a\":1}}", STATUS_INVALID, "/properties/a"},
	{"{\"properties\":[]}", STATUS_INVALID, "/properties"},
	{"{\"allOf\":[]}", STATUS_INVALID, "/allOf"},
	{"{\"allOf\":[true,{\"minLength\":-1}]}", STATUS_INVALID, "/allOf/1/minLength"},
	{"{\"minItems\":1.5}", STATUS_INVALID, "/minItems"},
	{"{\"minimum\":\"1\"}", STATUS_INVALID, "/minimum"},
	{"{\"multipleOf\":0}", STATUS_INVALID, "/multipleOf"},
	{"{\"type\":\"decimal\"}", STATUS_INVALID, "/type"},
	{"{\"type\":[]}", STATUS_INVALID, "/type"},
	{"{\"type\":[\"null\",\"null\"]}", STATUS_INVALID, "/type"},
	{"{\"enum\":1}", STATUS_INVALID, "/enum"},
	{"{\"required\":[\"a\",\"a\"]}", STATUS_INVALID, "/required"},
	{"{\"required\":true}", STATUS_INVALID, "/required"},
	{"{\"dependentRequired\":{\"a\":[1]}}", STATUS_INVALID, "/dependentRequired"},
	{"{\"uniqueItems\":1}", STATUS_INVALID, "/uniqueItems"},
	{"{\"pattern\":\"(\"}", STATUS_INVALID, "/pattern"},
	{"{\"patternProperties\":{\"[\":true}}", STATUS_INVALID, "/patternProperties"},
	{"{\"title\":1}", STATUS_INVALID, "/title"},
	{"{\"$id\":\"a#b\"}", STATUS_INVALID, "/$id"},
	{"{\"$anchor\":\"1a\"}", STATUS_INVALID, "/$anchor"},
	{"{\"$defs\":{\"a\":{\"$anchor\":\"x\"},\"b\":{\"$anchor\":\"x\"}}}", STATUS_INVALID, "/$defs/b"},
	{"{\"$defs\":{\"a\":{\"$id\":\"x\"},\"b\":{\"$id\":\"x\"}}}", STATUS_INVALID, "/$defs/b"},
	{"{\"$ref\":\"#/$defs/none\"}", STATUS_INVALID, "/$ref"},
	{"{\"$ref\":\"#/title\",\"title\":\"t\"}", STATUS_INVALID, "/$ref"},
	{"{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}", STATUS_INVALID, "/$ref"},
	{"{\"$ref\":\"#%\"}", STATUS_INVALID, "/$ref"},
	{"{\"$ref\":\"#\"}", STATUS_INVALID, ""},
	{"{\"anyOf\":[{\"not\":{\"$ref\":\"#/anyOf/0\"}}]}", STATUS_INVALID, "/anyOf/0"},
	{"{\"properties\":{\"a/b\":{\"maximun\":1}}}", STATUS_UNSUPPORTED, "/properties/a~1b/maximun"},
	{"{\"$dynamicRef\":\"#a\"}", STATUS_UNSUPPORTED, "/$dynamicRef"},
	{"{\"contentEncoding\":\"base64\"}", STATUS_UNSUPPORTED, "/contentEncoding"},
	{"{\"format\":\"hostname\"}", STATUS_UNSUPPORTED, "/format"},
	{"{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}", STATUS_UNSUPPORTED, "/$schema"},
};

static void what_is_no_supported_schema_is_refused_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(BROKEN); i++) {
		struct schema_document document = {.name = "broken.json", .text = span_of_text(BROKEN[i].schema)};
		struct schema_bundle *bundle = NULL;
		struct fault fault = {0};
		enum status status = schema_bundle_new(&document, 1, SCHEMA_ASSERT_FORMATS, &bundle, &fault);
		if (status != BROKEN[i].status || !text_equal(fault.pointer, BROKEN[i].pointer))
			fail_msg("%s: %s at %s: %s", BROKEN[i].schema, status_name(status), fault.pointer, fault.text);
		assert_null(bundle);
		assert_memory_equal(fault.text, "broken.json: ", 13);
		assert_memory_equal(fault.text_ru, "broken.json: ", 13);
		assert_string_equal(fault.schema_pointer, BROKEN[i].pointer);
		assert_true(strlen(fault.text_ru) > 13 && !text_equal(fault.text, fault.text_ru));
	}
}

static void documents_refer_to_each_other_by_id_or_by_name(void **state)
{
	static const char COMMON[] = "{\"$id\":\"https://a.example/s/common.json\",\"$defs\":{\"n\":{\"minimum\":1}}}";
	static const char BY_ID[] = "{\"$id\":\"https://a.example/s/one.json\",\"$ref\":\"common.json#/$defs/n\"}";
	static const char BY_NAME[] = "{\"$ref\":\"plain.json\"}";
	static const char PLAIN[] = "{\"minimum\":2}";
	(void)state;
	struct schema_document documents[] = {
		{.name = "one.v1.json", .text = span_of_text(BY_ID)},
		{.name = "common.v1.json", .text = span_of_text(COMMON)},
		{.name = "two.json", .text = span_of_text(BY_NAME)},
		{.name = "plain.json", .text = span_of_text(PLAIN)},
	};
	struct schema_bundle *bundle = NULL;
	assert_int_equal(schema_bundle_new(documents, ARRAY_COUNT(documents), SCHEMA_ASSERT_FORMATS, &bundle, NULL), STATUS_OK);
	assert_ptr_equal(schema_find(bundle, "one.v1.json"), schema_find(bundle, "https://a.example/s/one.json"));
	assert_null(schema_find(bundle, "one.json"));
	assert_int_equal(validate(bundle, "one.v1.json", "1", NULL), STATUS_OK);
	assert_int_equal(validate(bundle, "one.v1.json", "0", NULL), STATUS_INVALID);
	assert_int_equal(validate(bundle, "two.json", "2", NULL), STATUS_OK);
	assert_int_equal(validate(bundle, "two.json", "1", NULL), STATUS_INVALID);
	schema_bundle_destroy(&bundle);
}

static void formats_annotate_where_they_are_not_asserted(void **state)
{
	static const char TEXT[] = "{\"properties\":{\"d\":{\"format\":\"date\"},\"h\":{\"format\":\"hostname\"}}}";
	(void)state;
	struct schema_document document = {.name = "test.json", .text = span_of_text(TEXT)};
	struct schema_bundle *bundle = NULL;
	assert_int_equal(schema_bundle_new(&document, 1, 0, &bundle, NULL), STATUS_OK);
	assert_int_equal(validate(bundle, "test.json", "{\"d\":\"never\",\"h\":\"-\"}", NULL), STATUS_OK);
	schema_bundle_destroy(&bundle);
}

struct fault_case {
	const char *schema;
	const char *instance;
	const char *pointer;
	const char *schema_pointer;
	const char *en;
	const char *ru;
};

static const struct fault_case FAULTS[] = {
	{"{\"properties\":{\"a/b\":{\"items\":{\"type\":\"integer\"}}}}", "{\"a/b\":[1,\"x\"]}", "/a~1b/1",
	 "/properties/a~1b/items/type", "must be of type integer, not string", "нужен тип integer, а не string"},
	{"{\"required\":[\"a\",\"b\"]}", "{\"a\":1}", "", "/required", "the member \"b\" is missing: add it",
	 "не хватает члена \"b\": добавьте его"},
	{"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}", "", "/dependentRequired",
	 "the member \"b\" is missing, needed with \"a\": add it", "не хватает члена \"b\", обязательного вместе с \"a\": добавьте его"},
	{"{\"additionalProperties\":false,\"properties\":{\"b\":true,\"a\":true}}", "{\"c\":1}", "/c", "/additionalProperties",
	 "there is no such member here: remove it or correct its name; known are: a, b",
	 "такого члена здесь нет: удалите его или исправьте имя; известны: a, b"},
	{"{\"additionalProperties\":false}", "{\"c\":1}", "/c", "/additionalProperties", "there is no such member here: remove it",
	 "такого члена здесь нет: удалите его"},
	{"{\"const\":\"a\"}", "1", "", "/const", "must be \"a\"", "нужно значение \"a\""},
	{"{\"const\":[1]}", "1", "", "/const", "must be the one value that the schema gives",
	 "нужно именно то значение, которое дано в схеме"},
	{"{\"enum\":[\"a\",\"b\",1,null,true,[1],{}]}", "2", "", "/enum", "must be one of: a, b, 1, null, true, […], {…}",
	 "нужно одно из значений: a, b, 1, null, true, […], {…}"},
	{"{\"minimum\":3}", "2", "", "/minimum", "is 2, must be at least 3", "стоит 2, нужно не меньше 3"},
	{"{\"maximum\":1.5}", "2", "", "/maximum", "is 2, must be at most 1.5", "стоит 2, нужно не больше 1.5"},
	{"{\"exclusiveMinimum\":2}", "2", "", "/exclusiveMinimum", "is 2, must be above 2", "стоит 2, нужно больше 2"},
	{"{\"exclusiveMaximum\":2}", "2", "", "/exclusiveMaximum", "is 2, must be below 2", "стоит 2, нужно меньше 2"},
	{"{\"multipleOf\":2}", "3", "", "/multipleOf", "is 3, must be a multiple of 2", "стоит 3, нужно кратное 2"},
	{"{\"minLength\":2}", "\"a\"", "", "/minLength", "has 1 characters, at least 2 are needed: write more",
	 "знаков: 1, нужно не меньше 2: дополните"},
	{"{\"maxLength\":1}", "\"ab\"", "", "/maxLength", "has 2 characters, at most 1 are allowed: shorten it",
	 "знаков: 2, допускается не больше 1: сократите"},
	{"{\"minItems\":1}", "[]", "", "/minItems", "has 0 elements, at least 1 are needed: add some",
	 "элементов: 0, нужно не меньше 1: добавьте"},
	{"{\"maxItems\":0}", "[1]", "", "/maxItems", "has 1 elements, at most 0 are allowed: remove some",
	 "элементов: 1, допускается не больше 0: удалите лишние"},
	{"{\"minProperties\":1}", "{}", "", "/minProperties", "has 0 members, at least 1 are needed: add some",
	 "членов: 0, нужно не меньше 1: добавьте"},
	{"{\"maxProperties\":0}", "{\"a\":1}", "", "/maxProperties", "has 1 members, at most 0 are allowed: remove some",
	 "членов: 1, допускается не больше 0: удалите лишние"},
	{"{\"uniqueItems\":true}", "[1,1]", "", "/uniqueItems", "the elements must differ from each other: remove the repeated one",
	 "элементы не должны повторяться: удалите повтор"},
	{"{\"pattern\":\"^a\"}", "\"b\"", "", "/pattern", "must match the pattern ^a", "не соответствует шаблону ^a: исправьте"},
	{"{\"$ref\":\"#/$defs/x\",\"$defs\":{\"x\":{\"type\":[\"string\",\"null\"]}}}", "1", "", "/$defs/x/type",
	 "must be of type null, string, not number", "нужен тип null, string, а не number"},
	{"{\"anyOf\":[{\"type\":\"null\"},{\"minimum\":5}]}", "1", "", "/anyOf",
	 "fits none of the 2 alternatives of the schema: make it fit one",
	 "не подходит ни под один из вариантов схемы (их 2): приведите к одному из них"},
	{"{\"oneOf\":[{\"type\":\"null\"},false]}", "1", "", "/oneOf",
	 "fits none of the 2 alternatives of the schema, exactly one is needed",
	 "не подходит ни под один из вариантов схемы (их 2), нужен ровно один"},
	{"{\"oneOf\":[true,true]}", "1", "", "/oneOf", "fits more than one of the 2 alternatives of the schema, exactly one is needed",
	 "подходит больше чем под один из вариантов схемы (их 2), нужен ровно один"},
	{"{\"not\":true}", "1", "", "/not", "is what the schema excludes here: change or remove it",
	 "схема исключает здесь такое значение: измените или удалите его"},
	{"{\"properties\":{\"a\":false}}", "{\"a\":1}", "/a", "/properties/a", "nothing may stand here: leave it out",
	 "здесь ничего не должно стоять: удалите это"},
	{"{\"contains\":false}", "[1]", "", "/contains", "0 elements fit the schema of contains, at least 1 are needed: add some",
	 "под схему contains подходит элементов: 0, нужно не меньше 1: добавьте"},
	{"{\"contains\":true,\"maxContains\":1}", "[1,2]", "", "/contains",
	 "2 elements fit the schema of contains, at most 1 are allowed: remove some",
	 "под схему contains подходит элементов: 2, допускается не больше 1: удалите лишние"},
	{"{\"format\":\"date\"}", "\"31.01.2023\"", "", "/format", "must be of the format date, such as 2023-01-31",
	 "нужен формат date, например 2023-01-31"},
	{"{\"propertyNames\":{\"maxLength\":1}}", "{\"ab\":1}", "/ab", "/propertyNames/maxLength",
	 "has 2 characters, at most 1 are allowed: shorten it", "знаков: 2, допускается не больше 1: сократите"},
};

static void assert_sentence(const char *text, const char *sentence, const char *schema_pointer)
{
	char expected[512];
	snprintf(expected, sizeof expected, "%s [test.json#%s]", sentence, schema_pointer);
	assert_string_equal(text, expected);
}

static void a_fault_says_where_what_and_how_to_mend_it_in_both_languages(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(FAULTS); i++) {
		struct schema_bundle *bundle = compile(FAULTS[i].schema);
		struct fault fault = {0};
		assert_int_equal(validate(bundle, "test.json", FAULTS[i].instance, &fault), STATUS_INVALID);
		assert_int_equal(fault.status, STATUS_INVALID);
		assert_string_equal(fault.pointer, FAULTS[i].pointer);
		assert_string_equal(fault.schema_pointer, FAULTS[i].schema_pointer);
		assert_sentence(fault.text, FAULTS[i].en, FAULTS[i].schema_pointer);
		assert_sentence(fault.text_ru, FAULTS[i].ru, FAULTS[i].schema_pointer);
		assert_int_equal(fault.offset, -1);
		schema_bundle_destroy(&bundle);
	}
}

static void unknown_keywords_annotate_where_they_may_but_never_what_we_know_and_lack(void **state)
{
	static const char TEXT[] = "{\"maximun\":{\"$id\":\"x\",\"type\":1},\"definitions\":{\"a\":1},\"type\":\"null\"}";
	static const char *const LACKING[] = {"$dynamicRef", "$dynamicAnchor", "$vocabulary", "$recursiveRef", "contentEncoding",
	                                      "contentMediaType", "contentSchema"};
	(void)state;
	struct schema_document document = {.name = "test.json", .text = span_of_text(TEXT)};
	struct schema_bundle *bundle = NULL;
	assert_int_equal(schema_bundle_new(&document, 1, SCHEMA_IGNORE_UNKNOWN, &bundle, NULL), STATUS_OK);
	assert_int_equal(validate(bundle, "test.json", "null", NULL), STATUS_OK);
	assert_int_equal(validate(bundle, "test.json", "1", NULL), STATUS_INVALID);
	schema_bundle_destroy(&bundle);
	assert_int_equal(schema_bundle_new(&document, 1, 0, &bundle, NULL), STATUS_UNSUPPORTED);
	for (size_t i = 0; i < ARRAY_COUNT(LACKING); i++) {
		char text[64];
		snprintf(text, sizeof text, "{\"%s\":\"#a\"}", LACKING[i]);
		document.text = span_of_text(text);
		assert_int_equal(schema_bundle_new(&document, 1, SCHEMA_IGNORE_UNKNOWN, &bundle, NULL), STATUS_UNSUPPORTED);
	}
}

static void a_document_that_is_parsed_already_is_not_parsed_again(void **state)
{
	static const char TEXT[] = "{\"schema\":{\"minimum\":1}}";
	(void)state;
	struct arena *arena = arena_new(ARENA_BYTES);
	const struct json *pair = NULL;
	struct schema_bundle *bundle = NULL;
	assert_int_equal(json_parse(arena, TEXT, strlen(TEXT), &JSON_LIMITS_EVENT, &pair, NULL), STATUS_OK);
	struct schema_document document = {.name = "s", .text = span_of_text(TEXT), .tree = json_find(pair, "schema")};
	assert_int_equal(schema_bundle_new(&document, 1, 0, &bundle, NULL), STATUS_OK);
	assert_int_equal(validate(bundle, "s", "1", NULL), STATUS_OK);
	assert_int_equal(validate(bundle, "s", "0", NULL), STATUS_INVALID);
	schema_bundle_destroy(&bundle);
	arena_destroy(&arena);
}

static void a_long_list_is_cut_off_and_says_so(void **state)
{
	(void)state;
	struct buf text;
	struct fault fault = {0};
	buf_init(&text, 65536);
	buf_text(&text, "{\"enum\":[\"first\"");
	for (int i = 0; i < 300; i++)
		buf_printf(&text, ",\"value%d\"", i);
	buf_text(&text, "]}");
	struct schema_bundle *bundle = compile(text.at);
	assert_int_equal(validate(bundle, "test.json", "1", &fault), STATUS_INVALID);
	assert_non_null(strstr(fault.text, "must be one of: first, value0"));
	assert_non_null(strstr(fault.text, ", \xE2\x80\xA6 [test.json#/enum]"));
	schema_bundle_destroy(&bundle);
	buf_clear(&text);
}

static void a_pattern_that_explodes_is_a_refusal_even_under_not(void **state)
{
	static const char *const SCHEMAS[] = {
		"{\"pattern\":\"^(a|aa|aaa|b|c)+$\"}",
		"{\"not\":{\"pattern\":\"^(a|aa|aaa|b|c)+$\"}}",
		"{\"anyOf\":[{\"pattern\":\"^(a|aa|aaa|b|c)+$\"},true]}",
	};
	(void)state;
	struct buf text;
	buf_init(&text, 4096);
	buf_text(&text, "\"");
	for (int i = 0; i < 400; i++)
		buf_text(&text, "a");
	buf_text(&text, "!\"");
	for (size_t i = 0; i < ARRAY_COUNT(SCHEMAS); i++) {
		struct schema_bundle *bundle = compile(SCHEMAS[i]);
		struct fault fault = {0};
		assert_int_equal(validate(bundle, "test.json", text.at, &fault), STATUS_INVALID);
		assert_non_null(strstr(fault.text, "too intricate"));
		schema_bundle_destroy(&bundle);
	}
	buf_clear(&text);
}

static void more_than_64_members_and_elements_are_tracked(void **state)
{
	(void)state;
	struct schema_bundle *bundle = compile("{\"anyOf\":[{\"patternProperties\":{\"^k\":true}},{\"prefixItems\":[true]}],"
	                                       "\"contains\":{\"type\":\"integer\"},"
	                                       "\"unevaluatedProperties\":false,\"unevaluatedItems\":false}");
	struct buf text;
	struct fault fault = {0};
	buf_init(&text, 65536);
	buf_text(&text, "{");
	for (int i = 0; i < 200; i++)
		buf_printf(&text, "\"k%d\":0,", i);
	size_t kept = text.len - 1;
	buf_text(&text, "\"x\":0}");
	assert_int_equal(validate(bundle, "test.json", text.at, &fault), STATUS_INVALID);
	assert_string_equal(fault.pointer, "/x");
	text.at[kept] = '}';
	text.at[kept + 1] = '\0';
	assert_int_equal(validate(bundle, "test.json", text.at, NULL), STATUS_OK);
	buf_reset(&text);
	buf_text(&text, "[\"first\"");
	for (int i = 0; i < 200; i++)
		buf_text(&text, ",1");
	buf_text(&text, ",\"last\"]");
	assert_int_equal(validate(bundle, "test.json", text.at, &fault), STATUS_INVALID);
	assert_string_equal(fault.pointer, "/201");
	buf_clear(&text);
	schema_bundle_destroy(&bundle);
}

static void a_long_array_of_different_elements_is_checked_quickly(void **state)
{
	(void)state;
	struct schema_bundle *bundle = compile("{\"uniqueItems\":true}");
	struct buf text;
	buf_init(&text, 65536);
	buf_text(&text, "[0");
	for (int i = 1; i < 11000; i++)
		buf_printf(&text, ",%d", i);
	buf_text(&text, "]");
	assert_true(buf_ok(&text));
	assert_int_equal(validate(bundle, "test.json", text.at, NULL), STATUS_OK);
	text.at[1] = '7';
	assert_int_equal(validate(bundle, "test.json", text.at, NULL), STATUS_INVALID);
	buf_clear(&text);
	schema_bundle_destroy(&bundle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instances_are_valid_or_not_as_2020_12_says),
		cmocka_unit_test(what_is_no_supported_schema_is_refused_with_its_place),
		cmocka_unit_test(documents_refer_to_each_other_by_id_or_by_name),
		cmocka_unit_test(formats_annotate_where_they_are_not_asserted),
		cmocka_unit_test(a_fault_says_where_what_and_how_to_mend_it_in_both_languages),
		cmocka_unit_test(unknown_keywords_annotate_where_they_may_but_never_what_we_know_and_lack),
		cmocka_unit_test(a_document_that_is_parsed_already_is_not_parsed_again),
		cmocka_unit_test(a_long_list_is_cut_off_and_says_so),
		cmocka_unit_test(a_pattern_that_explodes_is_a_refusal_even_under_not),
		cmocka_unit_test(more_than_64_members_and_elements_are_tracked),
		cmocka_unit_test(a_long_array_of_different_elements_is_checked_quickly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
