/* The methodology file: its defaults, the places its faults are reported at, and its schema. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "common/schema.h"
#include "services/ranking/ranking_methodology.h"

#define ARENA_BYTES ((size_t)16 * 1024 * 1024)

#define NODES "\"nodes\":[{\"code\":\"index\"},{\"code\":\"a\",\"parent\":\"index\"}]"
#define INDICATORS "\"indicators\":[{\"code\":\"x\",\"parent\":\"a\"}]"
#define STAGES "\"normalise\":{\"method\":\"min-max\"},\"aggregate\":[{\"method\":\"arithmetic\"}]"
#define HEAD "\"code\":\"m\",\"version\":1,"

static int make_arena(void **state)
{
	*state = arena_new(ARENA_BYTES);
	return 0;
}

static int drop_arena(void **state)
{
	struct arena *arena = *state;
	arena_destroy(&arena);
	return 0;
}

static enum status read_methodology(struct arena *arena, const char *text, const struct methodology **ret_methodology,
                                    struct fault *fault)
{
	const struct json *json;
	assert_int_equal(json_parse(arena, text, strlen(text), &JSON_LIMITS_DOCUMENT, &json, fault), STATUS_OK);
	return methodology_read(arena, json, ret_methodology, fault);
}

static const char *read_project_file(struct arena *arena, const char *path)
{
	FILE *file = fopen(arena_printf(arena, "%s/%s", EFFREG_SOURCE_DIR, path), "rb");
	assert_non_null(file);
	char *text = arena_alloc(arena, 256 * 1024);
	size_t len = fread(text, 1, 256 * 1024 - 1, file);
	fclose(file);
	assert_true(len > 0 && len < 256 * 1024 - 1);
	return text;
}

static void what_is_left_out_has_its_stated_default(void **state)
{
	const struct methodology *methodology;
	struct fault fault;
	assert_int_equal(read_methodology(*state, "{" HEAD NODES "," INDICATORS "," STAGES "}", &methodology, &fault),
	                 STATUS_OK);
	assert_int_equal(methodology->ties, METHODOLOGY_COMPETITION);
	assert_int_equal(methodology->decimals, METHODOLOGY_EXACT);
	assert_int_equal(methodology->min_projects, 0);
	assert_false(methodology->has_groups);
	assert_false(methodology->indicators[0].lower_is_better);
	assert_true(methodology->indicators[0].weight == 1);
	assert_true(methodology->nodes[0].aggregate.min_available == 0);
	assert_true(methodology->indicators[0].normalise.range_hi == 100);
}

static void nodes_are_ordered_by_height_and_then_as_in_the_file(void **state)
{
	static const char TEXT[] = "{" HEAD
		"\"nodes\":[{\"code\":\"root\"},{\"code\":\"deep\",\"parent\":\"root\"},{\"code\":\"flat\",\"parent\":\"root\"},"
		"{\"code\":\"low\",\"parent\":\"deep\"}],"
		"\"indicators\":[{\"code\":\"x\",\"parent\":\"flat\"},{\"code\":\"y\",\"parent\":\"low\"},"
		"{\"code\":\"z\",\"parent\":\"deep\"}]," STAGES "}";
	const struct methodology *methodology;
	struct fault fault;
	assert_int_equal(read_methodology(*state, TEXT, &methodology, &fault), STATUS_OK);
	static const char *const ORDER[] = {"flat", "low", "deep", "root"};
	for (size_t i = 0; i < ARRAY_COUNT(ORDER); i++)
		assert_string_equal(methodology->nodes[methodology->order[i]].code, ORDER[i]);
	const struct methodology_node *deep = &methodology->nodes[1];
	assert_int_equal(deep->child_count, 2);
	assert_false(deep->children[0].is_indicator);
	assert_true(deep->children[1].is_indicator);
}

static void a_nodes_own_aggregate_overrides_the_levels(void **state)
{
	static const char TEXT[] = "{" HEAD
		"\"nodes\":[{\"code\":\"root\"},{\"code\":\"mid\",\"parent\":\"root\"},"
		"{\"code\":\"own\",\"parent\":\"mid\",\"aggregate\":{\"method\":\"arithmetic\",\"min_available\":0.9}},"
		"{\"code\":\"low\",\"parent\":\"mid\"}],"
		"\"indicators\":[{\"code\":\"x\",\"parent\":\"own\"},{\"code\":\"y\",\"parent\":\"low\"}],"
		"\"normalise\":{\"method\":\"min-max\"},\"aggregate\":[{\"method\":\"arithmetic\",\"min_available\":0.1},"
		"{\"method\":\"arithmetic\",\"min_available\":0.2}]}";
	const struct methodology *methodology;
	struct fault fault;
	assert_int_equal(read_methodology(*state, TEXT, &methodology, &fault), STATUS_OK);
	static const double MIN_AVAILABLE[] = {0.2, 0.2, 0.9, 0.1};
	for (size_t i = 0; i < ARRAY_COUNT(MIN_AVAILABLE); i++)
		assert_true(methodology->nodes[i].aggregate.min_available == MIN_AVAILABLE[i]);
}

static void alternatives_make_a_methodology_of_each_combination(void **state)
{
	static const char TEXT[] = "{" HEAD NODES "," INDICATORS "," STAGES ",\"alternatives\":{"
		"\"normalise\":[{\"method\":\"rank\"},{\"method\":\"borda\"}],\"aggregate\":[[{\"method\":\"median\"}]]}}";
	const struct methodology *methodology;
	struct fault fault;
	assert_int_equal(read_methodology(*state, TEXT, &methodology, &fault), STATUS_OK);
	assert_int_equal(methodology_variant_count(methodology), 6);
	assert_ptr_equal(methodology->variants[0], methodology);
	static const enum methodology_normalise_method NORMALISE[] = {METHODOLOGY_MIN_MAX, METHODOLOGY_RANK, METHODOLOGY_BORDA};
	static const enum methodology_aggregate_method AGGREGATE[] = {METHODOLOGY_ARITHMETIC, METHODOLOGY_MEDIAN};
	for (size_t i = 0; i < 6; i++) {
		const size_t alternatives[METHODOLOGY_STAGES] = {0, i / 2, i % 2};
		const struct methodology *variant = methodology_variant(methodology, alternatives);
		assert_int_equal(variant->indicators[0].normalise.method, NORMALISE[i / 2]);
		assert_int_equal(variant->nodes[0].aggregate.method, AGGREGATE[i % 2]);
		assert_int_equal(variant->nodes[1].aggregate.method, AGGREGATE[i % 2]);
		assert_int_equal(variant->indicator_count, 1);
	}
}

static void every_fault_is_reported_at_its_place(void **state)
{
	static const struct {
		const char *text;
		enum status status;
		const char *pointer;
	} CASES[] = {
		{"[]", STATUS_INVALID, ""},
		{"{" NODES "," INDICATORS "," STAGES "}", STATUS_INVALID, "/code"},
		{"{\"code\":\"m\"," NODES "," INDICATORS "," STAGES "}", STATUS_INVALID, "/version"},
		{"{\"code\":\"m\",\"version\":1.5," NODES "," INDICATORS "," STAGES "}", STATUS_INVALID, "/version"},
		{"{" HEAD "\"valid_from\":\"2026-02-30\"," NODES "," INDICATORS "," STAGES "}", STATUS_INVALID, "/valid_from"},
		{"{" HEAD "\"wieghts\":1," NODES "," INDICATORS "," STAGES "}", STATUS_INVALID, "/wieghts"},
		{"{" HEAD INDICATORS "," STAGES "}", STATUS_INVALID, "/nodes"},
		{"{" HEAD NODES "," STAGES "}", STATUS_INVALID, "/indicators"},
		{"{" HEAD NODES "," INDICATORS ",\"aggregate\":[{\"method\":\"arithmetic\"}]}", STATUS_INVALID, "/normalise"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"min-max\"}}", STATUS_INVALID, "/aggregate"},
		{"{" HEAD "\"nodes\":[{\"code\":\"index\"},{\"code\":\"a\"}]," INDICATORS "," STAGES "}",
		 STATUS_INVALID, "/nodes/1/parent"},
		{"{" HEAD "\"nodes\":[{\"code\":\"a\",\"parent\":\"nobody\"}]," INDICATORS "," STAGES "}",
		 STATUS_INVALID, "/nodes/0/parent"},
		{"{" HEAD "\"nodes\":[{\"code\":\"r\"},{\"code\":\"a\",\"parent\":\"b\"},{\"code\":\"b\",\"parent\":\"a\"}],"
		 INDICATORS "," STAGES "}", STATUS_INVALID, "/nodes"},
		{"{" HEAD "\"nodes\":[{\"code\":\"r\"},{\"code\":\"a\",\"parent\":\"r\"},{\"code\":\"b\",\"parent\":\"r\"}],"
		 INDICATORS "," STAGES "}", STATUS_INVALID, "/nodes/2"},
		{"{" HEAD "\"nodes\":[{\"code\":\"a\"},{\"code\":\"a\",\"parent\":\"a\"}]," INDICATORS "," STAGES "}",
		 STATUS_INVALID, "/nodes/1/code"},
		{"{" HEAD NODES ",\"indicators\":[{\"code\":\"a\",\"parent\":\"a\"}]," STAGES "}",
		 STATUS_INVALID, "/indicators/0/code"},
		{"{" HEAD NODES ",\"indicators\":[{\"code\":\"x\",\"parent\":\"b\"}]," STAGES "}",
		 STATUS_INVALID, "/indicators/0/parent"},
		{"{" HEAD NODES ",\"indicators\":[{\"code\":\"x\",\"parent\":\"a\",\"weight\":-1}]," STAGES "}",
		 STATUS_INVALID, "/indicators/0/weight"},
		{"{" HEAD NODES ",\"indicators\":[{\"code\":\"x\",\"parent\":\"a\",\"weight\":0}]," STAGES "}",
		 STATUS_INVALID, "/nodes/1"},
		{"{" HEAD NODES ",\"indicators\":[{\"code\":\"x\",\"parent\":\"a\",\"direction\":\"up\"}]," STAGES "}",
		 STATUS_INVALID, "/indicators/0/direction"},
		{"{" HEAD NODES ",\"indicators\":[{\"code\":\"x\",\"parent\":\"a\",\"goalposts\":[6,1]}]," STAGES "}",
		 STATUS_INVALID, "/indicators/0/goalposts"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"min-max\",\"range\":[1]},\"aggregate\":[]}",
		 STATUS_INVALID, "/normalise/range"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"min-max\"},\"aggregate\":[{\"method\":\"mean\"}]}",
		 STATUS_INVALID, "/aggregate/0/method"},
		{"{" HEAD NODES ",\"indicators\":[{\"code\":\"x\",\"parent\":\"a\",\"transform\":\"sqrt\"}]," STAGES "}",
		 STATUS_INVALID, "/indicators/0/transform"},
		{"{" HEAD NODES ",\"indicators\":[{\"code\":\"x\",\"parent\":\"a\",\"transform\":\"log\",\"goalposts\":[0,5]}]," STAGES "}",
		 STATUS_INVALID, "/indicators/0/goalposts"},
		{"{" HEAD NODES ",\"indicators\":[{\"code\":\"x\",\"parent\":\"a\",\"transform\":\"log\",\"target\":0}]," STAGES "}",
		 STATUS_INVALID, "/indicators/0/target"},
		{"{" HEAD NODES ",\"indicators\":[{\"code\":\"x\",\"parent\":\"a\",\"denominator\":\"x\"}]," STAGES "}",
		 STATUS_INVALID, "/indicators/0/denominator"},
		{"{" HEAD NODES ",\"indicators\":[{\"code\":\"x\",\"parent\":\"a\",\"normalise\":{\"method\":\"goalposts\"}}]," STAGES "}",
		 STATUS_INVALID, "/indicators/0/goalposts"},
		{"{" HEAD NODES ",\"indicators\":[{\"code\":\"x\",\"parent\":\"a\",\"normalise\":{\"method\":\"distance-to-target\"}}]," STAGES "}",
		 STATUS_INVALID, "/indicators/0/target"},
		{"{" HEAD NODES ",\"indicators\":[{\"code\":\"x\",\"parent\":\"a\",\"goalposts\":[1,2,3]}]," STAGES "}",
		 STATUS_INVALID, "/indicators/0/goalposts"},
		{"{" HEAD NODES ",\"indicators\":[{\"code\":\"x\",\"parent\":\"a\",\"target\":\"5\"}]," STAGES "}",
		 STATUS_INVALID, "/indicators/0/target"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"distance-to-reference\"},\"aggregate\":[{\"method\":\"arithmetic\"}]}",
		 STATUS_INVALID, "/normalise/reference"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"rank\",\"k\":23},\"aggregate\":[{\"method\":\"arithmetic\"}]}",
		 STATUS_INVALID, "/normalise/k"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"z-score\",\"sd\":0},\"aggregate\":[{\"method\":\"arithmetic\"}]}",
		 STATUS_INVALID, "/normalise/sd"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"exponential-rank\",\"k\":0},\"aggregate\":[{\"method\":\"arithmetic\"}]}",
		 STATUS_INVALID, "/normalise/k"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"exponential-rank\",\"ties\":\"max\"},\"aggregate\":[{\"method\":\"arithmetic\"}]}",
		 STATUS_INVALID, "/normalise/ties"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"min-max\",\"range\":[100,0]},\"aggregate\":[{\"method\":\"arithmetic\"}]}",
		 STATUS_INVALID, "/normalise/range"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"minmax\"},\"aggregate\":[{\"method\":\"arithmetic\"}]}",
		 STATUS_INVALID, "/normalise/method"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{},\"aggregate\":[{\"method\":\"arithmetic\"}]}",
		 STATUS_INVALID, "/normalise/method"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"z-score\"},\"aggregate\":[{\"method\":\"geometric\"}]}",
		 STATUS_INVALID, "/aggregate/0/method"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"none\"},\"aggregate\":[{\"method\":\"harmonic\"}]}",
		 STATUS_INVALID, "/aggregate/0/method"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"min-max\",\"range\":[-1,1]},\"aggregate\":[{\"method\":\"arithmetic\"},{\"method\":\"geometric\"}]}",
		 STATUS_INVALID, "/aggregate/1/method"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"distance-to-reference\",\"reference\":\"DEU\"},\"aggregate\":[{\"method\":\"power\",\"power\":-2}]}",
		 STATUS_INVALID, "/aggregate/0/method"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"rank\"},\"aggregate\":[{\"method\":\"copeland\"},{\"method\":\"harmonic\"}]}",
		 STATUS_INVALID, "/aggregate/1/method"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"rank\"},\"aggregate\":[{\"method\":\"power\"}]}",
		 STATUS_INVALID, "/aggregate/0/power"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"rank\"},\"aggregate\":[{\"method\":\"power\",\"power\":0}]}",
		 STATUS_INVALID, "/aggregate/0/power"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"rank\"},\"aggregate\":[{\"method\":\"median\",\"power\":2}]}",
		 STATUS_INVALID, "/aggregate/0/power"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"rank\"},\"aggregate\":[{\"method\":\"median\",\"min_available\":2}]}",
		 STATUS_INVALID, "/aggregate/0/min_available"},
		{"{" HEAD NODES "," INDICATORS ",\"normalise\":{\"method\":\"rank\"},\"aggregate\":{\"method\":\"median\"}}",
		 STATUS_INVALID, "/aggregate"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"alternatives\":{\"impute\":[]}}", STATUS_INVALID, "/alternatives/impute"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"alternatives\":{\"normalise\":{\"method\":\"rank\"}}}",
		 STATUS_INVALID, "/alternatives/normalise"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"alternatives\":{\"normalise\":[{\"method\":\"rank\",\"k\":3}]}}",
		 STATUS_INVALID, "/alternatives/normalise/0/k"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"alternatives\":{\"outliers\":[{\"method\":\"none\"},{\"method\":\"cut\"}]}}",
		 STATUS_INVALID, "/alternatives/outliers/1/method"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"alternatives\":{\"normalise\":[{\"method\":\"z-score\"}],"
		 "\"aggregate\":[[{\"method\":\"geometric\"}]]}}",
		 STATUS_INVALID, "/alternatives/aggregate/0/0/method"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"panel\":{\"column\":\"Time\"}}",
		 STATUS_INVALID, "/panel/scope"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"panel\":{\"scope\":\"local\"}}",
		 STATUS_INVALID, "/panel/column"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"panel\":{\"column\":\"Time\",\"scope\":\"year\"}}",
		 STATUS_INVALID, "/panel/scope"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"impute\":[{\"method\":\"none\"},{\"method\":\"group-mean\"}]}",
		 STATUS_INVALID, "/impute/1/group"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"impute\":[{\"method\":\"mean\",\"group\":\"g\"}]}",
		 STATUS_INVALID, "/impute/0/group"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"impute\":[{\"at\":[\"b\"],\"method\":\"mean\"}]}",
		 STATUS_INVALID, "/impute/0/at/0"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"impute\":[{\"at\":[\"a\",\"index\"],\"method\":\"parent-mean\"}]}",
		 STATUS_INVALID, "/impute/0/at/1"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"impute\":[{\"at\":\"nodes\",\"method\":\"mean\"}]}",
		 STATUS_INVALID, "/impute/0/at"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"impute\":{\"method\":\"mean\"}}",
		 STATUS_INVALID, "/impute"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"impute\":[{\"method\":\"knn\"}]}",
		 STATUS_INVALID, "/impute/0/method"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"outliers\":{\"method\":\"trim\"}}",
		 STATUS_INVALID, "/outliers/method"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"outliers\":{\"method\":\"none\",\"max_points\":5}}",
		 STATUS_INVALID, "/outliers/max_points"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"outliers\":{\"method\":\"winsorise\",\"max_points\":-1}}",
		 STATUS_INVALID, "/outliers/max_points"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"outliers\":{\"method\":\"winsorise\",\"fallback\":\"boxcox\"}}",
		 STATUS_INVALID, "/outliers/fallback"},
		{"{" HEAD "\"nodes\":[{\"code\":\"r\",\"aggregate\":{\"method\":\"geometric\"}},{\"code\":\"a\",\"parent\":\"r\"}],"
		 INDICATORS ",\"normalise\":{\"method\":\"z-score\"},\"aggregate\":[{\"method\":\"arithmetic\"}]}",
		 STATUS_INVALID, "/nodes/0/aggregate/method"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"groups\":{\"leading\":0.6,\"lagging\":0.5}}",
		 STATUS_INVALID, "/groups"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"eligibility\":{\"min_projects\":-1}}",
		 STATUS_INVALID, "/eligibility/min_projects"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"ranking\":{\"decimals\":16}}", STATUS_INVALID, "/ranking/decimals"},
		{"{" HEAD NODES "," INDICATORS "," STAGES ",\"ranking\":{\"ties\":\"best\"}}", STATUS_INVALID, "/ranking/ties"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		const struct methodology *methodology;
		struct fault fault = {0};
		enum status status = read_methodology(*state, CASES[i].text, &methodology, &fault);
		if (status != CASES[i].status || !text_equal(fault.pointer, CASES[i].pointer))
			fail_msg("%s: %s at \"%s\" (%s)", CASES[i].text, status_name(status), fault.pointer, fault.text);
		assert_string_not_equal(fault.text, "");
	}
}

static void the_shipped_methodology_is_valid_by_schema_and_by_the_reader(void **state)
{
	struct arena *arena = *state;
	const char *schema_text = read_project_file(arena, "proto/schemas/methodology.v1.json");
	const char *text = read_project_file(arena, "deploy/config/methodology.json");
	struct schema_document document = {.name = "methodology.v1.json", .text = span_of_text(schema_text)};
	struct schema_bundle *bundle;
	struct fault fault = {0};
	if (schema_bundle_new(&document, 1, true, &bundle, &fault) != STATUS_OK)
		fail_msg("%s %s", fault.pointer, fault.text);
	const struct schema *schema = schema_find(bundle, "https://effreg.example/schemas/methodology.v1.json");
	assert_non_null(schema);
	const struct json *json;
	assert_int_equal(json_parse(arena, text, strlen(text), &JSON_LIMITS_DOCUMENT, &json, &fault), STATUS_OK);
	if (schema_validate(schema, json, arena, &fault) != STATUS_OK)
		fail_msg("%s %s", fault.pointer, fault.text);
	schema_bundle_destroy(&bundle);
	const struct methodology *methodology;
	if (methodology_read(arena, json, &methodology, &fault) != STATUS_OK)
		fail_msg("%s %s", fault.pointer, fault.text);
	assert_string_equal(methodology->code, "er-placeholder");
	double weights = 0;
	for (size_t i = 0; i < methodology->nodes[methodology->root].child_count; i++)
		weights += methodology->nodes[methodology->root].children[i].weight;
	assert_true(weights == 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_left_out_has_its_stated_default, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(nodes_are_ordered_by_height_and_then_as_in_the_file, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_nodes_own_aggregate_overrides_the_levels, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(alternatives_make_a_methodology_of_each_combination, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(every_fault_is_reported_at_its_place, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(the_shipped_methodology_is_valid_by_schema_and_by_the_reader, make_arena,
		                                drop_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
