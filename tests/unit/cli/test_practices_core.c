/* How a practice spread, and which practices suit a region, and why. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "services/cli/cli_practices_core.h"

#define ROWS_MAX 16

struct world {
	struct arena *arena;
	struct practices_row practices[ROWS_MAX], replications[ROWS_MAX], sources[ROWS_MAX], projects[ROWS_MAX];
	struct practices_reading readings[ROWS_MAX];
	size_t practices_count, replications_count, sources_count, projects_count, readings_count;
	struct practice_catalogue catalogue;
	const struct practice_suggestion *suggestions;
	size_t suggestions_count;
};

static int setup(void **state)
{
	static struct world world;
	world = (struct world){.arena = arena_new((size_t)64 * 1024 * 1024)};
	*state = &world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;
	arena_destroy(&world->arena);
	return 0;
}

static void add(struct world *world, struct practices_row *rows, size_t *count, const char *region, const char *id,
                const char *attributes)
{
	const char *text = arena_printf(world->arena, "{%s}", attributes);
	struct fault fault;
	rows[*count] = (struct practices_row){.region = region, .id = id};
	if (json_parse(world->arena, text, strlen(text), &JSON_LIMITS_DOCUMENT, &rows[*count].attributes, &fault) != STATUS_OK)
		fail_msg("%s in %s", fault.text, text);
	(*count)++;
}

static void practice(struct world *world, const char *region, const char *id, const char *attributes)
{
	add(world, world->practices, &world->practices_count, region, id, attributes);
}

static void replication(struct world *world, const char *region, const char *id, const char *of, const char *attributes)
{
	add(world, world->replications, &world->replications_count, region, id,
	    arena_printf(world->arena, "\"from_region\":\"%.8s\",\"practice\":\"%s\"%s", of, of + 9, attributes));
}

static void project(struct world *world, const char *id, const char *sphere, const char *process)
{
	add(world, world->projects, &world->projects_count, "20000000", id,
	    arena_printf(world->arena, "\"sphere\":\"%s\",\"process\":{\"title\":{\"ru\":\"%s\"}}", sphere, process));
}

static void reading(struct world *world, const char *region, const char *indicator, const char *value)
{
	struct practices_reading *added = &world->readings[world->readings_count++];
	*added = (struct practices_reading){.region = region, .indicator = indicator};
	assert_true(decimal_parse(value, &added->value));
}

static void make(struct world *world)
{
	world->catalogue = practice_catalogue_make(world->arena, world->practices, world->practices_count, world->replications,
	                                           world->replications_count, world->sources, world->sources_count);
}

/* For Voronezh: "40000000/a 40: same_process 40; 40000000/b …" */
static const char *suggested(struct world *world)
{
	struct practices_asker asker = {
		.region = "20000000", .projects = world->projects, .projects_count = world->projects_count,
		.readings = world->readings, .readings_count = world->readings_count,
	};
	make(world);
	practice_suggest(world->arena, &world->catalogue, &asker, &world->suggestions, &world->suggestions_count);
	const char *text = "";
	for (size_t i = 0; i < world->suggestions_count; i++) {
		const struct practice_suggestion *at = &world->suggestions[i];
		text = arena_printf(world->arena, "%s%s%s/%s %d:", text, i == 0 ? "" : "; ", at->practice->region, at->practice->id, at->points);
		for (size_t why = 0; why < at->reasons_count; why++)
			text = arena_printf(world->arena, "%s %s %d", text, practice_reason_code(at->reasons[why].kind), at->reasons[why].points);
	}
	return text;
}

static void the_chain_of_a_practice_is_put_together_from_all_logs(void **state)
{
	struct world *world = *state;
	practice(world, "40000000", "a", "\"title\":{\"ru\":\"А\"},\"sphere\":\"education\",\"published_on\":\"2023-01-01\"");
	replication(world, "40000000", "r1", "40000000/a", ",\"to\":{\"region\":\"20000000\"},\"recommended_on\":\"2023-02-01\"");
	replication(world, "20000000", "r9", "40000000/a", ",\"authority\":\"A\",\"sphere\":\"health\",\"requested_on\":\"2023-03-01\","
	            "\"adopted_on\":\"2023-04-01\",\"confirmed_on\":\"2023-10-01\",\"effect\":\"as_in_source\"");
	replication(world, "20000000", "r2", "40000000/a", ",\"authority\":\"B\",\"sphere\":\"health\",\"adopted_on\":\"2023-05-01\"");
	replication(world, "40000000", "r3", "40000000/a", ",\"authority\":\"C\",\"sphere\":\"education\",\"adopted_on\":\"2023-05-01\","
	            "\"confirmed_on\":\"2023-12-01\",\"effect\":\"none\"");
	replication(world, "27000000", "r4", "40000000/a", ",\"authority\":\"A\",\"sphere\":\"culture\",\"adopted_on\":\"2023-06-01\","
	            "\"confirmed_on\":\"2023-12-01\",\"effect\":\"less\"");
	make(world);
	assert_int_equal(world->catalogue.count, 1);
	const struct practice *found = practice_find(&world->catalogue, "40000000", "a");
	assert_non_null(found);
	assert_int_equal(found->recommended, 1);
	assert_int_equal(found->requested, 1);
	assert_int_equal(found->adopted, 4);
	assert_int_equal(found->confirmed, 2);
	assert_int_equal(found->as_in_source, 1);
	assert_int_equal(found->less, 1);
	assert_int_equal(found->without_effect, 1);
	assert_int_equal(found->regions, 2);      /* Voronezh and Kaliningrad, each once */
	assert_int_equal(found->spheres, 2);      /* health and culture, not its own */
	assert_int_equal(found->authorities, 4);  /* A of Kaliningrad is not A of Voronezh */
	const char *order = "";
	for (const struct practice_copy *at = found->copies; at != NULL; at = at->next)
		order = arena_printf(world->arena, "%s %s", order, at->id);
	assert_string_equal(order, " r2 r9 r4 r1 r3");
}

static void a_practice_that_only_others_speak_of_is_there_once(void **state)
{
	struct world *world = *state;
	practice(world, "40000000", "a", "\"sphere\":\"education\"");
	replication(world, "20000000", "r1", "27000000/z", ",\"adopted_on\":\"2023-04-01\"");
	replication(world, "40000000", "r2", "27000000/z", ",\"requested_on\":\"2023-04-01\"");
	make(world);
	assert_int_equal(world->catalogue.count, 2);
	const struct practice *found = practice_find(&world->catalogue, "27000000", "z");
	assert_null(found->title);
	assert_int_equal(found->adopted, 1);
	assert_int_equal(found->requested, 1);
	assert_null(practice_find(&world->catalogue, "27000000", "a"));
}

static void only_what_suits_is_suggested(void **state)
{
	struct world *world = *state;
	project(world, "P1", "education", "Ремонт школ");
	practice(world, "20000000", "own", "\"sphere\":\"education\"");
	practice(world, "40000000", "adopted", "\"sphere\":\"education\"");
	replication(world, "20000000", "r1", "40000000/adopted", ",\"adopted_on\":\"2023-04-01\"");
	practice(world, "40000000", "elsewhere", "\"sphere\":\"transport\"");
	practice(world, "40000000", "fits", "\"sphere\":\"education\"");
	assert_string_equal(suggested(world), "40000000/fits 25: same_sphere 25");
	assert_int_equal(world->suggestions[0].reasons[0].count, 1);
}

static void the_same_process_weighs_more_than_the_same_sphere(void **state)
{
	struct world *world = *state;
	project(world, "P2", "health", "Запись к врачу");
	project(world, "P1", "health", "Запись к врачу");
	project(world, "P3", "education", "Ремонт школ");
	practice(world, "27000000", "sphere", "\"sphere\":\"education\"");
	practice(world, "40000000", "process", "\"sphere\":\"transport\",\"process\":{\"ru\":\"Запись к врачу\"}");
	assert_string_equal(suggested(world), "40000000/process 40: same_process 40; 27000000/sphere 25: same_sphere 25");
	assert_string_equal(world->suggestions[0].reasons[0].name, "P1");
}

static void a_gap_is_measured_against_the_median_of_the_regions(void **state)
{
	struct world *world = *state;
	project(world, "P1", "education", "Ремонт школ");
	practice(world, "40000000", "a", "\"sphere\":\"education\",\"improves\":[\"errors\",\"lead_time\",\"labour\",\"steps\"]");
	reading(world, "20000000", "lead_time", "30");
	reading(world, "40000000", "lead_time", "50");
	reading(world, "27000000", "lead_time", "40");
	/* As good as the median: no gap. Nothing known of its own: none either. */
	reading(world, "20000000", "errors", "20");
	reading(world, "40000000", "errors", "20");
	reading(world, "40000000", "labour", "70");
	assert_string_equal(suggested(world), "40000000/a 30: same_sphere 25 gap 5");
	const struct practice_reason *gap = &world->suggestions[0].reasons[1];
	assert_string_equal(gap->name, "lead_time");
	assert_int_equal(gap->own.millionths, 30000000);
	assert_int_equal(gap->typical.millionths, 40000000);
	/* An even number of regions: the mean of the middle two, 35; a worsening is a whole gap. */
	world->readings_count = 0;
	reading(world, "20000000", "lead_time", "-10");
	reading(world, "40000000", "lead_time", "50");
	reading(world, "27000000", "lead_time", "40");
	reading(world, "71000000", "lead_time", "30");
	assert_string_equal(suggested(world), "40000000/a 45: same_sphere 25 gap 20");
	assert_int_equal(world->suggestions[0].reasons[1].typical.millionths, 35000000);
}

static void effects_confirmed_elsewhere_raise_and_effects_not_found_lower(void **state)
{
	struct world *world = *state;
	project(world, "P1", "education", "Ремонт школ");
	practice(world, "40000000", "good", "\"sphere\":\"education\"");
	practice(world, "40000000", "bad", "\"sphere\":\"education\"");
	replication(world, "27000000", "r1", "40000000/good", ",\"adopted_on\":\"2023-01-01\",\"confirmed_on\":\"2023-06-01\",\"effect\":\"as_in_source\"");
	replication(world, "71000000", "r1", "40000000/good", ",\"adopted_on\":\"2023-01-01\",\"confirmed_on\":\"2023-06-01\",\"effect\":\"less\"");
	replication(world, "71000000", "r2", "40000000/bad", ",\"adopted_on\":\"2023-01-01\",\"confirmed_on\":\"2023-06-01\",\"effect\":\"none\"");
	assert_string_equal(suggested(world), "40000000/good 40: same_sphere 25 confirmed_elsewhere 15; "
	                    "40000000/bad 15: same_sphere 25 without_effect -10");
	for (int i = 2; i < 8; i++)
		replication(world, "27000000", arena_printf(world->arena, "s%d", i), "40000000/good",
		            ",\"adopted_on\":\"2023-01-01\",\"confirmed_on\":\"2023-06-01\",\"effect\":\"as_in_source\"");
	assert_string_equal(suggested(world), "40000000/good 55: same_sphere 25 confirmed_elsewhere 30; "
	                    "40000000/bad 15: same_sphere 25 without_effect -10");
}

static void what_was_recommended_or_requested_suits_without_a_sphere(void **state)
{
	struct world *world = *state;
	project(world, "P1", "education", "Ремонт школ");
	practice(world, "40000000", "recommended", "\"sphere\":\"transport\"");
	practice(world, "40000000", "requested", "\"sphere\":\"transport\"");
	practice(world, "40000000", "to_sphere", "\"sphere\":\"transport\"");
	practice(world, "40000000", "to_others", "\"sphere\":\"transport\"");
	replication(world, "40000000", "r1", "40000000/recommended", ",\"to\":{\"region\":\"20000000\"},\"recommended_on\":\"2023-01-01\"");
	replication(world, "20000000", "r2", "40000000/requested", ",\"authority\":\"A\",\"requested_on\":\"2023-01-01\"");
	replication(world, "40000000", "r3", "40000000/to_sphere", ",\"to\":{\"sphere\":\"education\"},\"recommended_on\":\"2023-01-01\"");
	replication(world, "40000000", "r4", "40000000/to_others", ",\"to\":{\"region\":\"27000000\"},\"recommended_on\":\"2023-01-01\"");
	replication(world, "40000000", "r5", "40000000/to_others", ",\"to\":{\"authority\":\"A\"},\"recommended_on\":\"2023-01-01\"");
	assert_string_equal(suggested(world), "40000000/recommended 10: recommended 10; 40000000/requested 10: requested 10; "
	                    "40000000/to_sphere 10: recommended 10");
	assert_string_equal(world->suggestions[1].reasons[0].name, "A");
}

static void the_best_result_of_the_project_it_grew_from_is_named(void **state)
{
	struct world *world = *state;
	project(world, "P1", "education", "Ремонт школ");
	practice(world, "40000000", "a", "\"sphere\":\"education\",\"project\":\"S1\"");
	add(world, world->sources, &world->sources_count, "40000000", "S2", "\"indicators\":{\"errors\":{\"reduction\":\"99\"}}");
	add(world, world->sources, &world->sources_count, "40000000", "S1",
	    "\"indicators\":{\"labour\":{\"reduction\":\"30\"},\"lead_time\":{\"reduction\":\"57.142857\"},"
	    "\"errors\":{\"unscored\":{\"reduction\":\"90\"}}}");
	assert_string_equal(suggested(world), "40000000/a 30: same_sphere 25 result_in_source 5");
	assert_string_equal(world->suggestions[0].reasons[1].name, "lead_time");
	assert_int_equal(world->suggestions[0].reasons[1].own.millionths, 57142857);
}

static void the_order_of_the_rows_does_not_matter(void **state)
{
	struct world *world = *state;
	project(world, "P1", "education", "Ремонт школ");
	project(world, "P0", "education", "Ремонт школ");
	for (int i = 0; i < 4; i++) {
		practice(world, i % 2 == 0 ? "40000000" : "27000000", arena_printf(world->arena, "k%d", i),
		         "\"sphere\":\"education\",\"process\":{\"ru\":\"Ремонт школ\"}");
		replication(world, "71000000", arena_printf(world->arena, "r%d", i), "40000000/k0", ",\"adopted_on\":\"2023-01-01\"");
	}
	const char *first = suggested(world);
	for (size_t i = 0; i < 2; i++) {
		struct practices_row held = world->practices[i];
		world->practices[i] = world->practices[3 - i];
		world->practices[3 - i] = held;
		held = world->replications[i];
		world->replications[i] = world->replications[3 - i];
		world->replications[3 - i] = held;
	}
	struct practices_row held = world->projects[0];
	world->projects[0] = world->projects[1];
	world->projects[1] = held;
	assert_string_equal(suggested(world), first);
	assert_string_equal(first, "40000000/k0 65: same_process 40 same_sphere 25; 27000000/k1 65: same_process 40 same_sphere 25; "
	                    "27000000/k3 65: same_process 40 same_sphere 25; 40000000/k2 65: same_process 40 same_sphere 25");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_chain_of_a_practice_is_put_together_from_all_logs),
		CASE(a_practice_that_only_others_speak_of_is_there_once),
		CASE(only_what_suits_is_suggested),
		CASE(the_same_process_weighs_more_than_the_same_sphere),
		CASE(a_gap_is_measured_against_the_median_of_the_regions),
		CASE(effects_confirmed_elsewhere_raise_and_effects_not_found_lower),
		CASE(what_was_recommended_or_requested_suits_without_a_sphere),
		CASE(the_best_result_of_the_project_it_grew_from_is_named),
		CASE(the_order_of_the_rows_does_not_matter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
