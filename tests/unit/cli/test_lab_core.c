/* A draft on published figures: shifts are differences of places, effective weights add up, and the same methodology moves
 * nobody. */
#include <math.h>

#include "services/cli/cli_lab_core.h"
#include "tests/unit/cli/rating_cases.h"

static const struct json *lab_of(struct arena *arena, const struct explain_rating *rating, const struct explain_rating *draft)
{
	struct buf text;
	struct fault fault = {0};
	buf_init(&text, TEXT_BYTES);
	if (lab_write(arena, &text, rating, 1, draft, &fault) != STATUS_OK)
		fail_msg("%s %s", fault.pointer, fault.text);
	const struct json *lab = parse(arena, arena_text(arena, text.at, text.len), text.len);
	buf_clear(&text);
	return json_first(json_find(lab, "periods"));
}

/* The methodology with a text of it replaced. */
static struct explain_rating draft_of(struct arena *arena, const char *old, const char *new)
{
	struct explain_rating draft = {0};
	const char *at = strstr(METHODOLOGY, old);
	assert_non_null(at);
	const char *text = arena_printf(arena, "%.*s%s%s", (int)(at - METHODOLOGY), METHODOLOGY, new, at + strlen(old));
	draft.methodology_json = parse(arena, text, strlen(text));
	assert_int_equal(methodology_read(arena, draft.methodology_json, &draft.methodology, NULL), STATUS_OK);
	return draft;
}

static double number_of(const struct json *object, const char *name)
{
	const struct json *number = json_find(object, name);
	return json_is(number, JSON_NUMBER) ? json_number(number) : NAN;
}

static void the_same_methodology_moves_nobody(void **state)
{
	struct explain_rating rating = rating_of(*state, "2023", NEW);
	const struct json *period = lab_of(*state, &rating, &rating);
	assert_true(number_of(period, "moved") == 0 && number_of(period, "mean_shift") == 0);
	assert_true(fabs(number_of(period, "place_correlation") - 1) < 1e-12);
	assert_int_equal(json_count(json_find(period, "without_figures")), 0);
}

static void shifts_are_differences_and_the_biggest_comes_first(void **state)
{
	struct explain_rating rating = rating_of(*state, "2023", NEW);
	struct explain_rating draft = draft_of(*state, "\"weight\":3", "\"weight\":0.1");
	const struct json *period = lab_of(*state, &rating, &draft);
	double last = INFINITY, moved = 0;
	for (const struct json *row = json_first(json_find(period, "rows")); row != NULL; row = json_next(row)) {
		const struct json *places = json_find(row, "places"), *shift = json_find(row, "shift");
		bool both = json_is(json_first(places), JSON_NUMBER) && json_is(json_next(json_first(places)), JSON_NUMBER);
		assert_int_equal(both, json_is(shift, JSON_NUMBER));
		if (!both)
			continue;
		double expected = json_number(json_first(places)) - json_number(json_next(json_first(places)));
		assert_true(json_number(shift) == expected && fabs(expected) <= last);
		last = fabs(expected);
		moved += expected != 0 ? 1 : 0;
	}
	assert_true(moved > 0 && number_of(period, "moved") == moved);
}

static void effective_weights_add_up_with_the_gaps(void **state)
{
	struct explain_rating rating = rating_of(*state, "2023", NEW);
	const struct json *period = lab_of(*state, &rating, &rating);
	double sum = number_of(period, "gaps_effective");
	for (const struct json *item = json_first(json_find(period, "weights")); item != NULL; item = json_next(item))
		sum += number_of(item, "effective");
	assert_true(fabs(sum - 1) < 1e-9);
}

static void an_indicator_without_figures_is_named(void **state)
{
	struct explain_rating rating = rating_of(*state, "2023", NEW);
	struct explain_rating draft = draft_of(*state, "\"code\":\"z\"", "\"code\":\"unheard_of\"");
	const struct json *period = lab_of(*state, &rating, &draft);
	const struct json *unknown = json_find(period, "without_figures");
	assert_int_equal(json_count(unknown), 1);
	assert_string_equal(json_string(json_first(unknown)), "unheard_of");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_arena, drop_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_same_methodology_moves_nobody),
		CASE(shifts_are_differences_and_the_biggest_comes_first),
		CASE(effective_weights_add_up_with_the_gaps),
		CASE(an_indicator_without_figures_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
