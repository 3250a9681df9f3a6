/* Cohorts: what the file may say, who belongs, the place in the cohort and over all, and the intervals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "services/ranking/ranking_cohort.h"
#include "services/ranking/ranking_engine.h"
#include "services/ranking/ranking_replicate.h"
#include "services/ranking/ranking_statistics.h"

#include <math.h>
#include <stdlib.h>

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)
#define REGIONS     6

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

static const struct json *parse(struct arena *arena, const char *text)
{
	const struct json *json = NULL;
	assert_int_equal(json_parse(arena, text, strlen(text), &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	return json;
}

static struct ranking_cohorts read_cohorts(struct arena *arena, const char *text)
{
	struct ranking_cohorts cohorts;
	struct fault fault = {0};
	if (ranking_cohorts_read(arena, parse(arena, text), &cohorts, &fault) != STATUS_OK)
		fail_msg("%s %s", fault.pointer, fault.text);
	return cohorts;
}

#define TITLE "\"title\":{\"ru\":\"а\",\"en\":\"a\"}"

static const char FILE_TEXT[] =
	"{\"cohorts\":[{\"code\":\"new\"," TITLE ",\"rule\":{\"method\":\"newcomers\",\"years\":2}},"
	"{\"code\":\"small\"," TITLE ",\"rule\":{\"method\":\"size\",\"indicator\":\"x\",\"below\":\"30\"}},"
	"{\"code\":\"large\"," TITLE ",\"rule\":{\"method\":\"size\",\"indicator\":\"x\",\"from\":\"30\"}},"
	"{\"code\":\"north\"," TITLE ",\"rule\":{\"method\":\"federal_district\",\"name\":\"North\"}},"
	"{\"code\":\"bodies\"," TITLE ",\"rule\":{\"method\":\"authorities\",\"min_projects\":1,"
	"\"bonus\":{\"group\":\"leading\",\"min_projects\":2}}}]}";

static const struct ranking_cohort *find(struct arena *arena, const char *code)
{
	struct ranking_cohorts cohorts = read_cohorts(arena, FILE_TEXT);
	const struct ranking_cohort *cohort = NULL;
	assert_int_equal(ranking_cohorts_find(arena, &cohorts, code, &cohort), STATUS_OK);
	return cohort;
}

static const struct methodology *methodology_of(struct arena *arena)
{
	static const char TEXT[] =
		"{\"code\":\"m\",\"version\":1,\"nodes\":[{\"code\":\"index\"}],\"indicators\":[{\"code\":\"x\",\"parent\":\"index\"},"
		"{\"code\":\"y\",\"parent\":\"index\"},{\"code\":\"z\",\"parent\":\"index\"}],\"normalise\":{\"method\":\"min-max\"},"
		"\"aggregate\":[{\"method\":\"arithmetic\"}],\"eligibility\":{\"min_projects\":5},\"ranking\":{\"decimals\":3}}";
	const struct methodology *methodology;
	assert_int_equal(methodology_read(arena, parse(arena, TEXT), &methodology, NULL), STATUS_OK);
	return methodology;
}

static struct ranking_region *regions_of(struct arena *arena)
{
	static const char *const FIGURES[REGIONS][3] = {
		{"10", "90", "50"}, {"20", "70", "30"}, {"30", "50", "90"}, {"40", "40", "10"}, {"50", "10", "55"}, {"60", "0", "1"},
	};
	static const char *const CODES[REGIONS] = {"10000000", "20000000", "27000000", "40000000", "60000000", "71000000"};
	struct ranking_region *regions = arena_array(arena, struct ranking_region, REGIONS);
	for (size_t i = 0; i < REGIONS; i++)
		regions[i] = (struct ranking_region){
			.region = CODES[i], .name_ru = "Область", .joined = true, .measured = i == 5 ? 2 : 9, .figures = FIGURES[i],
			.size = FIGURES[i][0], .federal_district = i % 2 == 0 ? "North" : "South", .newcomer = i >= 4, .head = "",
			.seq = i};
	return regions;
}

static const struct ranking_run *rate(struct arena *arena, const char *code, unsigned replicates)
{
	const struct ranking_sampling sampling = {.replicates = replicates, .seed = 3, .perturb = 0.25};
	const struct ranking_run *run = NULL;
	struct fault fault = {0};
	if (ranking_cohort_rate(arena, methodology_of(arena), find(arena, code), "2023", regions_of(arena), REGIONS, &sampling,
	                        &run, &fault) != STATUS_OK)
		fail_msg("%s", fault.text);
	return run;
}

static const struct ranking_row *row_of(const struct ranking_run *run, const char *region)
{
	for (size_t i = 0; i < run->count; i++) {
		if (text_equal(run->rows[i].region->region, region))
			return &run->rows[i];
	}
	return NULL;
}

static void members_are_who_the_rule_says(void **state)
{
	static const struct {
		const char *cohort;
		const char *members;  /* one letter a region */
	} CASES[] = {{"all", "yyyyyy"}, {"new", "nnnnyy"}, {"small", "yynnnn"}, {"large", "nnyyyy"}, {"north", "ynynyn"},
	             {"bodies.20000000", "nynnnn"}};
	struct ranking_region *regions = regions_of(*state);
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		for (size_t k = 0; k < REGIONS; k++) {
			if (ranking_cohort_has(find(*state, CASES[i].cohort), &regions[k]) != (CASES[i].members[k] == 'y'))
				fail_msg("%s, region %zu", CASES[i].cohort, k);
		}
	}
	regions[4].joined = false;
	regions[0].size = NULL;
	assert_false(ranking_cohort_has(find(*state, "new"), &regions[4]));
	assert_false(ranking_cohort_has(find(*state, "small"), &regions[0]));
}

/* The members alone set the frame; the logs read are those of all. */
static void a_cohort_has_its_own_frame_and_keeps_the_place_over_all(void **state)
{
	const struct ranking_run *all = rate(*state, "all", 0);
	const struct ranking_run *north = rate(*state, "north", 0);
	assert_int_equal(north->count, 3);
	assert_int_equal(north->log_count, REGIONS);
	for (size_t i = 0; i < north->count; i++) {
		const struct ranking_row *row = &north->rows[i];
		assert_int_equal(row->place, i + 1);
		assert_int_equal(row->overall_place, row_of(all, row->region->region)->place);
	}
	/* (0 + 100 + 0) / 3, (50 + 50 + 100) / 3, (100 + 0 + 12.5) / 3 */
	assert_string_equal(row_of(north, "27000000")->score, "66.667");
	assert_string_equal(row_of(north, "60000000")->score, "37.5");
	assert_string_equal(row_of(north, "10000000")->score, "33.333");
}

static void a_family_takes_its_own_number_of_projects(void **state)
{
	struct ranking_region *bodies = regions_of(*state);
	const struct ranking_run *run = NULL;
	const struct ranking_sampling sampling = {0};
	static const char *const IDS[] = {"e", "d", "c", "b", "a", "f"};
	for (size_t i = 0; i < REGIONS; i++) {
		bodies[i].region = "20000000";
		bodies[i].authority = IDS[i];
		bodies[i].measured = i == 0 ? 0 : i == 2 ? 2 : 1;
	}
	assert_int_equal(ranking_cohort_rate(*state, methodology_of(*state), find(*state, "bodies.20000000"), "2023", bodies,
	                                     REGIONS, &sampling, &run, NULL), STATUS_OK);
	assert_int_equal(run->count, REGIONS);
	assert_int_equal(run->log_count, 1);
	assert_string_equal(run->rows[REGIONS - 1].reason, RANKING_REASON_TOO_FEW);
	assert_string_equal(run->rows[REGIONS - 1].region->authority, "e");
	/* Without groups whoever is rated, with enough projects, has a right to a bonus. */
	assert_true(run->has_bonus);
	for (size_t i = 0; i < run->count; i++) {
		const char *reason = run->rows[i].bonus_reason;
		bool has_right = text_equal(run->rows[i].region->authority, "c");
		assert_int_equal(reason == NULL, has_right);
	}
	assert_string_equal(run->rows[REGIONS - 1].bonus_reason, RANKING_BONUS_NOT_RATED);
	assert_string_equal(run->rows[0].bonus_reason == NULL ? run->rows[1].bonus_reason : run->rows[0].bonus_reason,
	                    RANKING_BONUS_TOO_FEW);
}

/* The same draws, taken one by one with the engine alone, and quantiles by their definition. */
static int compare_doubles(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

static void an_interval_is_the_outward_quantiles_of_the_drawn_places(void **state)
{
	enum { REPLICATES = 37 };
	struct arena *arena = *state;
	const struct ranking_run *run = rate(arena, "all", REPLICATES);
	const struct methodology *methodology = run->methodology;
	struct ranking_replicator replicator;
	struct ranking_weights weights;
	uint32_t places[REGIONS];
	double own[REGIONS][REPLICATES];
	ranking_replicator_init(&replicator, arena, run->table);
	ranking_weights_init(&weights, arena, methodology);
	for (size_t i = 0; i < REPLICATES; i++) {
		ranking_replicate_draw(methodology, 3, i, 0.25, &weights);
		ranking_replicate(&replicator, &weights, places);
		for (size_t unit = 0; unit < run->table->units; unit++)
			own[unit][i] = places[unit];
	}
	for (size_t i = 0; i < run->count; i++) {
		const struct ranking_row *row = &run->rows[i];
		if (row->place == 0) {
			assert_int_equal(row->interval[0], 0);
			continue;
		}
		double *sorted = own[row->unit];
		qsort(sorted, REPLICATES, sizeof *sorted, compare_doubles);
		assert_int_equal(row->interval[0], (unsigned)floor(ranking_quantile(sorted, REPLICATES, 0.05)));
		assert_int_equal(row->interval[1], (unsigned)ceil(ranking_quantile(sorted, REPLICATES, 0.95)));
	}
	assert_int_equal(row_of(run, "71000000")->interval[1], 0);
}

static void the_same_seed_gives_the_same_intervals(void **state)
{
	const struct ranking_run *first = rate(*state, "all", 100);
	const struct ranking_run *second = rate(*state, "all", 100);
	for (size_t i = 0; i < first->count; i++)
		assert_memory_equal(first->rows[i].interval, second->rows[i].interval, sizeof first->rows[i].interval);
}

static void a_period_of_years_before_has_the_same_length(void **state)
{
	(void)state;
	struct period before;
	assert_true(ranking_cohort_period_before("2023-Q3", 2, &before));
	assert_string_equal(before.code, "2021-Q3");
	assert_true(ranking_cohort_period_before("2023", 1, &before));
	assert_string_equal(before.code, "2022");
	assert_false(ranking_cohort_period_before("1970", 1, &before));
}

static void codes_are_found_and_others_are_not(void **state)
{
	struct ranking_cohorts cohorts = read_cohorts(*state, FILE_TEXT);
	const struct ranking_cohort *cohort;
	static const char *const UNKNOWN[] = {"", "nobody", "bodies", "bodies.", "bodies.2000000", "north.20000000", "all."};
	assert_string_equal(find(*state, "bodies.20000000")->region, "20000000");
	assert_string_equal(find(*state, "bodies.20000000")->code, "bodies.20000000");
	for (size_t i = 0; i < ARRAY_COUNT(UNKNOWN); i++)
		assert_int_equal(ranking_cohorts_find(*state, &cohorts, UNKNOWN[i], &cohort), STATUS_NOT_FOUND);
}

static void a_bad_file_is_refused_at_its_place(void **state)
{
	static const struct {
		const char *text;
		const char *pointer;
	} CASES[] = {
		{"{\"cohorts\":[]}", "/cohorts"},
		{"{\"leagues\":[]}", "/leagues"},
		{"{\"cohorts\":[{\"code\":\"a b\"," TITLE ",\"rule\":{\"method\":\"all\"}}]}", "/cohorts/0/code"},
		{"{\"cohorts\":[{\"code\":\"a\",\"rule\":{\"method\":\"all\"}}]}", "/cohorts/0/title"},
		{"{\"cohorts\":[{\"code\":\"a\"," TITLE ",\"rule\":{\"method\":\"all\"}}]}", "/cohorts/0/rule"},
		{"{\"cohorts\":[{\"code\":\"all\"," TITLE ",\"rule\":{\"method\":\"newcomers\"}}]}", "/cohorts/0/rule"},
		{"{\"cohorts\":[{\"code\":\"a\"," TITLE ",\"rule\":{\"method\":\"weight\"}}]}", "/cohorts/0/rule/method"},
		{"{\"cohorts\":[{\"code\":\"a\"," TITLE ",\"rule\":{\"method\":\"size\",\"below\":\"3\"}}]}", "/cohorts/0/rule/indicator"},
		{"{\"cohorts\":[{\"code\":\"a\"," TITLE ",\"rule\":{\"method\":\"size\",\"indicator\":\"x\"}}]}", "/cohorts/0/rule"},
		{"{\"cohorts\":[{\"code\":\"a\"," TITLE ",\"rule\":{\"method\":\"size\",\"indicator\":\"x\",\"from\":\"3e1\"}}]}", "/cohorts/0/rule/from"},
		{"{\"cohorts\":[{\"code\":\"a\"," TITLE ",\"rule\":{\"method\":\"newcomers\",\"years\":0}}]}", "/cohorts/0/rule/years"},
		{"{\"cohorts\":[{\"code\":\"a\"," TITLE ",\"rule\":{\"method\":\"newcomers\",\"name\":\"x\"}}]}", "/cohorts/0/rule/name"},
		{"{\"cohorts\":[{\"code\":\"a\"," TITLE ",\"rule\":{\"method\":\"federal_district\"}}]}", "/cohorts/0/rule/name"},
		{"{\"cohorts\":[{\"code\":\"a\"," TITLE ",\"rule\":{\"method\":\"authorities\",\"bonus\":{\"group\":\"lagging\"}}}]}",
		 "/cohorts/0/rule/bonus/group"},
		{"{\"cohorts\":[{\"code\":\"a\"," TITLE ",\"rule\":{\"method\":\"newcomers\"}},{\"code\":\"a\"," TITLE
		 ",\"rule\":{\"method\":\"newcomers\"}}]}", "/cohorts/1"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct ranking_cohorts cohorts;
		struct fault fault = {0};
		assert_int_equal(ranking_cohorts_read(*state, parse(*state, CASES[i].text), &cohorts, &fault), STATUS_INVALID);
		assert_string_equal(fault.code, "cohorts");
		if (!text_equal(fault.pointer, CASES[i].pointer))
			fail_msg("%s: %s, not %s", CASES[i].text, fault.pointer, CASES[i].pointer);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_arena, drop_arena)

static int start(void **state)
{
	(void)state;
	return crypto_init() == STATUS_OK ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(members_are_who_the_rule_says),
		CASE(a_cohort_has_its_own_frame_and_keeps_the_place_over_all),
		CASE(a_family_takes_its_own_number_of_projects),
		CASE(an_interval_is_the_outward_quantiles_of_the_drawn_places),
		CASE(the_same_seed_gives_the_same_intervals),
		CASE(a_period_of_years_before_has_the_same_length),
		CASE(codes_are_found_and_others_are_not),
		CASE(a_bad_file_is_refused_at_its_place),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
