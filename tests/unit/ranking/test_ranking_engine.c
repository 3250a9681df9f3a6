/* The engine: small cases of its own, and the reference results that COINr computed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "services/ranking/ranking_engine.h"

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)
#define REFERENCE   EFFREG_SOURCE_DIR "/../shared/reference/asem/"
#define MISSING     NAN

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

static const struct methodology *methodology_of(struct arena *arena, const char *text)
{
	const struct json *json;
	const struct methodology *methodology = NULL;
	struct fault fault = {0};
	assert_int_equal(json_parse(arena, text, strlen(text), &JSON_LIMITS_DOCUMENT, &json, &fault), STATUS_OK);
	if (methodology_read(arena, json, &methodology, &fault) != STATUS_OK)
		fail_msg("%s %s", fault.pointer, fault.text);
	return methodology;
}

/* One node over three indicators x (weight 1), y (weight 3) and z (weight 0, lower is better). */
static const struct methodology *small_methodology(struct arena *arena, const char *aggregate, const char *ranking)
{
	return methodology_of(arena, arena_printf(arena,
		"{\"code\":\"m\",\"version\":1,\"nodes\":[{\"code\":\"index\"}],\"indicators\":["
		"{\"code\":\"x\",\"parent\":\"index\"},"
		"{\"code\":\"y\",\"parent\":\"index\",\"weight\":3},{\"code\":\"z\",\"parent\":\"index\",\"weight\":0,"
		"\"direction\":\"lower\"}],\"normalise\":{\"method\":\"min-max\",\"range\":[0,100]},\"aggregate\":[%s],"
		"\"ranking\":%s}", aggregate, ranking));
}

#define ARITHMETIC "{\"method\":\"arithmetic\"}"
#define COMPETITION "{\"ties\":\"competition\"}"

static void weights_are_rescaled_over_the_children_present(void **state)
{
	static const double VALUES[] = {
		0, 10, 1,
		10, 0, 2,
		5, MISSING, 3,
		MISSING, MISSING, 3,
	};
	struct ranking_scores scores;
	ranking_engine_run(*state, small_methodology(*state, ARITHMETIC, COMPETITION), VALUES, 4, &scores);
	assert_true(scores.scores[0] == 75);
	assert_true(scores.scores[1] == 25);
	assert_true(scores.scores[2] == 50);
	assert_true(isnan(scores.scores[3]));
	static const unsigned PLACES[] = {1, 3, 2, 0};
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(scores.places[i], PLACES[i]);
}

static void lower_is_better_turns_the_scale_round(void **state)
{
	static const double VALUES[] = {1, 1, 4, 1, 1, 2, 1, 1, 3};
	struct ranking_scores scores;
	ranking_engine_run(*state, small_methodology(*state, ARITHMETIC, COMPETITION), VALUES, 3, &scores);
	assert_true(scores.normalised[2] == 0);
	assert_true(scores.normalised[5] == 100);
	assert_true(scores.normalised[8] == 50);
}

static void a_constant_indicator_gives_the_middle_and_says_so(void **state)
{
	static const double VALUES[] = {7, 1, MISSING, 7, 2, MISSING};
	struct ranking_scores scores;
	ranking_engine_run(*state, small_methodology(*state, ARITHMETIC, COMPETITION), VALUES, 2, &scores);
	assert_true(scores.normalised[0] == 50 && scores.normalised[3] == 50);
	assert_int_equal(scores.states[0], RANKING_INDICATOR_CONSTANT);
	assert_int_equal(scores.states[1], RANKING_INDICATOR_VARIES);
	assert_int_equal(scores.states[2], RANKING_INDICATOR_EMPTY);
}

static void below_min_available_a_node_is_missing(void **state)
{
	static const double VALUES[] = {1, 1, MISSING, 2, MISSING, MISSING};
	struct ranking_scores scores;
	/* 2 of 3 children reach two thirds exactly, 1 of 3 does not. */
	const struct methodology *methodology = small_methodology(
		*state, "{\"method\":\"arithmetic\",\"min_available\":0.6666666666666666}", COMPETITION);
	ranking_engine_run(*state, methodology, VALUES, 2, &scores);
	assert_int_equal(scores.places[0], 1);
	assert_int_equal(scores.places[1], 0);
}

static void equal_scores_share_a_place(void **state)
{
	static const double VALUES[] = {0, 0, 0, 2, 2, 0, 1, 1, 0, 1, 1, 0, 0.5, 0.5, 0};
	static const struct {
		const char *ranking;
		unsigned places[5];
	} CASES[] = {
		{COMPETITION, {5, 1, 2, 2, 4}},
		{"{\"ties\":\"dense\"}", {4, 1, 2, 2, 3}},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct ranking_scores scores;
		ranking_engine_run(*state, small_methodology(*state, ARITHMETIC, CASES[i].ranking), VALUES, 5, &scores);
		for (size_t unit = 0; unit < 5; unit++)
			assert_int_equal(scores.places[unit], CASES[i].places[unit]);
	}
}

static void scores_are_compared_rounded_to_the_decimals(void **state)
{
	static const double VALUES[] = {0, 0, 0, 1, 1, 0, 0.50004, 0.50004, 0, 0.5, 0.5, 0};
	static const struct {
		const char *ranking;
		unsigned places[4];
	} CASES[] = {
		{"{\"decimals\":2}", {4, 1, 2, 2}},
		{"{\"decimals\":3}", {4, 1, 2, 3}},
		{"{}", {4, 1, 2, 3}},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct ranking_scores scores;
		ranking_engine_run(*state, small_methodology(*state, ARITHMETIC, CASES[i].ranking), VALUES, 4, &scores);
		for (size_t unit = 0; unit < 4; unit++)
			assert_int_equal(scores.places[unit], CASES[i].places[unit]);
	}
}

static void nobody_to_rate_is_no_fault(void **state)
{
	struct ranking_scores scores;
	ranking_engine_run(*state, small_methodology(*state, ARITHMETIC, COMPETITION), NULL, 0, &scores);
	assert_int_equal(scores.units, 0);
	assert_int_equal(scores.states[0], RANKING_INDICATOR_EMPTY);
}

/* ---- the reference ---- */

/* A CSV without quotes: cells of rows[0..count), the first row the header. */
struct table {
	const char *rows[128][64];
	size_t count;
	size_t columns;
};

static const struct table *load_table(struct arena *arena, const char *name)
{
	FILE *file = fopen(arena_printf(arena, REFERENCE "%s", name), "rb");
	if (file == NULL)
		return NULL;
	char *text = arena_alloc(arena, 1024 * 1024);
	size_t len = fread(text, 1, 1024 * 1024 - 1, file);
	fclose(file);
	assert_true(len > 0 && len < 1024 * 1024 - 1);
	struct table *table = arena_array(arena, struct table, 1);
	char *line_rest = NULL;
	for (char *line = strtok_r(text, "\r\n", &line_rest); line != NULL; line = strtok_r(NULL, "\r\n", &line_rest)) {
		assert_true(table->count < 128);
		size_t column = 0;
		for (char *cell = strsep(&line, ","); cell != NULL && column < 64; cell = strsep(&line, ","))
			table->rows[table->count][column++] = cell;
		table->columns = column;
		table->count++;
	}
	return table;
}

static size_t column_of(const struct table *table, const char *name)
{
	for (size_t i = 0; i < table->columns; i++) {
		if (text_equal(table->rows[0][i], name))
			return i;
	}
	fail_msg("no column %s", name);
	return 0;
}

static double cell_number(const char *cell)
{
	return text_equal(cell, "NA") ? MISSING : strtod(cell, NULL);
}

/* Columns of asem_meta.csv */
enum { META_CODE, META_TYPE, META_LEVEL, META_PARENT, META_DIRECTION, META_WEIGHT };

static const struct methodology *asem_methodology(struct arena *arena, const struct table *meta)
{
	const char *nodes = "";
	const char *indicators = "";
	for (size_t i = 1; i < meta->count; i++) {
		const char *const *row = meta->rows[i];
		bool root = text_equal(row[META_PARENT], "NA");
		if (text_equal(row[META_TYPE], "Indicator"))
			indicators = arena_printf(arena, "%s%s{\"code\":\"%s\",\"parent\":\"%s\",\"weight\":%s,\"direction\":\"%s\"}",
			                          indicators, *indicators == '\0' ? "" : ",", row[META_CODE], row[META_PARENT],
			                          row[META_WEIGHT], text_equal(row[META_DIRECTION], "-1") ? "lower" : "higher");
		else if (text_equal(row[META_TYPE], "Aggregate"))
			nodes = arena_printf(arena, "%s%s{\"code\":\"%s\",\"parent\":%s%s%s,\"weight\":%s}", nodes,
			                     *nodes == '\0' ? "" : ",", row[META_CODE], root ? "" : "\"",
			                     root ? "null" : row[META_PARENT], root ? "" : "\"", row[META_WEIGHT]);
	}
	return methodology_of(arena, arena_printf(arena,
		"{\"code\":\"asem\",\"version\":1,\"nodes\":[%s],\"indicators\":[%s],\"normalise\":{\"method\":\"min-max\","
		"\"range\":[0,100]},\"aggregate\":[{\"method\":\"arithmetic\"}]}", nodes, indicators));
}

static double *asem_values(struct arena *arena, const struct methodology *methodology, const struct table *raw)
{
	double *values = arena_array(arena, double, (raw->count - 1) * methodology->indicator_count);
	for (size_t i = 0; i < methodology->indicator_count; i++) {
		size_t column = column_of(raw, methodology->indicators[i].code);
		for (size_t unit = 0; unit + 1 < raw->count; unit++)
			values[unit * methodology->indicator_count + i] = cell_number(raw->rows[unit + 1][column]);
	}
	return values;
}

static void check_node(const struct table *reference, const struct methodology *methodology,
                       const struct ranking_scores *scores, size_t unit, size_t node)
{
	size_t column = column_of(reference, methodology->nodes[node].code);
	double expected = cell_number(reference->rows[unit + 1][column]);
	double computed = scores->nodes[unit * methodology->node_count + node];
	if (isnan(expected) != isnan(computed) || fabs(computed - expected) > 1e-9 * fabs(expected))
		fail_msg("%s %s: %.17g, COINr says %.17g", reference->rows[unit + 1][0], methodology->nodes[node].code,
		         computed, expected);
}

static void min_max_and_arithmetic_give_what_coinr_gives(void **state)
{
	struct arena *arena = *state;
	const struct table *raw = load_table(arena, "asem_indicators.csv");
	const struct table *meta = load_table(arena, "asem_meta.csv");
	const struct table *reference = load_table(arena, "ref_a_minmax100_amean.csv");
	if (raw == NULL || meta == NULL || reference == NULL) {
		print_message("skipped: " REFERENCE " is not here\n");
		skip();
	}
	const struct methodology *methodology = asem_methodology(arena, meta);
	assert_int_equal(methodology->indicator_count, 49);
	struct ranking_scores scores;
	ranking_engine_run(arena, methodology, asem_values(arena, methodology, raw), raw->count - 1, &scores);
	assert_int_equal(raw->count, reference->count);
	assert_int_equal(raw->count, 52);
	for (size_t unit = 0; unit + 1 < raw->count; unit++) {
		assert_string_equal(raw->rows[unit + 1][0], reference->rows[unit + 1][0]);
		for (size_t node = 0; node < methodology->node_count; node++)
			check_node(reference, methodology, &scores, unit, node);
		assert_int_equal(scores.places[unit], atoi(reference->rows[unit + 1][column_of(reference, "Rank")]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(weights_are_rescaled_over_the_children_present, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(lower_is_better_turns_the_scale_round, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_constant_indicator_gives_the_middle_and_says_so, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(below_min_available_a_node_is_missing, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(equal_scores_share_a_place, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(scores_are_compared_rounded_to_the_decimals, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(nobody_to_rate_is_no_fault, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(min_max_and_arithmetic_give_what_coinr_gives, make_arena, drop_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
