/* The life of a project: every step from every state, and whole lives. */
#include "services/metrics/project_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEXT_SIZE 512

/* Where each step leads from each state, as DOMAIN.md has it: "-" the state stays, "!" the step contradicts it. The stage
 * begun is 3, and 3 was the furthest before. */
struct row {
	enum project_state state;
	const char *leads_to[PROJECT_STEP_COUNT];
};

#define ROW(state, submit, return_, open, stage, pause, resume, cancel, close, check, last_check, reopen, note) \
	{PROJECT_##state, {submit, return_, open, stage, pause, resume, cancel, close, check, last_check, reopen, note}}

static const struct row TABLE[PROJECT_STATE_COUNT] = {
	ROW(DRAFT, "approval", "rework", "implementation", "-", "!", "!", "dropped", "!", "!", "!", "!", "-"),
	ROW(APPROVAL, "-", "rework", "implementation", "-", "!", "!", "dropped", "!", "!", "!", "!", "-"),
	ROW(REWORK, "approval", "-", "implementation", "-", "!", "!", "dropped", "!", "!", "!", "!", "-"),
	ROW(DROPPED, "!", "!", "implementation", "-", "!", "!", "-", "!", "!", "!", "!", "-"),
	ROW(OPENED, "-", "!", "-", "implementation", "on_hold", "!", "cancelled", "closed", "!", "!", "!", "-"),
	ROW(DIAGNOSIS, "-", "!", "-", "implementation", "on_hold", "!", "cancelled", "closed", "!", "!", "!", "-"),
	ROW(IMPLEMENTATION, "-", "!", "-", "-", "on_hold", "!", "cancelled", "closed", "!", "!", "!", "-"),
	ROW(CLOSING, "-", "!", "-", "implementation", "on_hold", "!", "cancelled", "closed", "!", "!", "!", "-"),
	ROW(ON_HOLD, "-", "!", "-", "-", "-", "implementation", "cancelled", "closed", "!", "!", "!", "-"),
	ROW(REOPENED, "-", "!", "-", "implementation", "on_hold", "!", "cancelled", "closed", "!", "!", "-", "-"),
	ROW(CLOSED, "!", "!", "!", "-", "!", "!", "!", "-", "monitoring", "stable", "reopened", "-"),
	ROW(MONITORING, "!", "!", "!", "-", "!", "!", "!", "-", "-", "stable", "reopened", "-"),
	ROW(STABLE, "!", "!", "!", "-", "!", "!", "!", "-", "monitoring", "-", "reopened", "-"),
	ROW(CANCELLED, "!", "!", "!", "!", "!", "!", "-", "!", "!", "!", "!", "-"),
};

static void every_step_from_every_state_leads_where_the_table_says(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < PROJECT_STATE_COUNT; i++) {
		assert_int_equal(TABLE[i].state, i);
		for (unsigned step = 0; step < PROJECT_STEP_COUNT; step++) {
			struct project_course course = {.state = TABLE[i].state, .stage = 3};
			enum project_moved moved = project_move(&course, (enum project_step)step, step == PROJECT_STEP_STAGE ? 3 : 0);
			const char *expected = TABLE[i].leads_to[step];
			const char *found = moved == PROJECT_MOVED ? project_state_text(course.state) : moved == PROJECT_STAYED ? "-" : "!";
			if (strcmp(expected, found) != 0)
				fail_msg("%s, step %u: %s and not %s", project_state_text(TABLE[i].state), step, found, expected);
			if (moved != PROJECT_MOVED)
				assert_int_equal(course.state, TABLE[i].state);
		}
	}
}

static void a_refused_step_changes_nothing(void **unused)
{
	(void)unused;
	for (unsigned state = 0; state < PROJECT_STATE_COUNT; state++) {
		for (unsigned step = 0; step < PROJECT_STEP_COUNT; step++) {
			struct project_course before = {.state = (enum project_state)state, .stage = 2, .reopened = true};
			struct project_course after = before;
			if (project_move(&after, (enum project_step)step, 5) != PROJECT_REFUSED)
				continue;
			assert_int_equal(after.state, before.state);
			assert_int_equal(after.stage, before.stage);
			assert_int_equal(after.reopened, before.reopened);
		}
	}
}

static void initiated_is_completed_and_active_and_cancelled_and_only_opening_initiates(void **unused)
{
	(void)unused;
	for (unsigned state = 0; state < PROJECT_STATE_COUNT; state++) {
		for (unsigned step = 0; step < PROJECT_STEP_COUNT; step++) {
			for (unsigned stage = 0; stage <= PROJECT_STAGE_LAST; stage++) {
				struct project_course course = {.state = (enum project_state)state, .stage = stage};
				bool initiated = project_state_initiated(course.state);
				project_move(&course, (enum project_step)step, stage);
				assert_in_range(course.state, 0, PROJECT_STATE_COUNT - 1);
				assert_int_equal(project_state_completed(course.state) + project_state_active(course.state)
				                 + project_state_cancelled(course.state), project_state_initiated(course.state));
				assert_int_equal(project_state_initiated(course.state), initiated || step == PROJECT_STEP_OPEN);
			}
		}
	}
}

/* A life as one letter a step: the state after each. A reopening may name its stage: "R2". */
static void a_project_goes_its_way_step_by_step(void **unused)
{
	static const struct {
		const char *steps, *states;
	} LIVES[] = {
		{"s r s o 2 3 4 c k f", "approval rework approval opened diagnosis implementation closing closed monitoring stable"},
		{"n s x", "draft approval dropped"},
		{"s x o", "approval dropped opened"},
		{"o p u", "opened on_hold opened"},
		{"o 2 p 3 u", "opened diagnosis on_hold on_hold implementation"},
		{"o 3 2 4 3", "opened implementation implementation closing closing"},
		{"o p x u", "opened on_hold cancelled cancelled"},
		{"o p c", "opened on_hold closed"},
		{"o 4 c 5 R 2 4 c", "opened closing closed monitoring reopened reopened closing closed"},
		{"o 5 c R p u x", "opened closing monitoring reopened on_hold reopened cancelled"},
		{"o c f k R c", "opened closed stable monitoring reopened closed"},
		{"c k f R u p o", "draft draft draft draft draft draft opened"},
		{"3 o 2", "draft implementation implementation"},
		{"o x o 2 c R u", "opened cancelled cancelled cancelled cancelled cancelled cancelled"},
		{"o c x p o", "opened closed closed closed closed"},
	};
	static const char LETTERS[] = "srnoxpuckfR";
	static const enum project_step STEPS[] = {
		PROJECT_STEP_SUBMIT, PROJECT_STEP_RETURN, PROJECT_STEP_NOTE, PROJECT_STEP_OPEN, PROJECT_STEP_CANCEL,
		PROJECT_STEP_PAUSE, PROJECT_STEP_RESUME, PROJECT_STEP_CLOSE, PROJECT_STEP_CHECK, PROJECT_STEP_LAST_CHECK,
		PROJECT_STEP_REOPEN,
	};
	(void)unused;
	for (size_t i = 0; i < ARRAY_COUNT(LIVES); i++) {
		struct project_course course = {.state = PROJECT_DRAFT};
		char states[TEXT_SIZE] = "";
		for (const char *at = LIVES[i].steps; *at != '\0'; at++) {
			if (*at == ' ')
				continue;
			bool is_stage = *at >= '1' && *at <= '5';
			enum project_step step = is_stage ? PROJECT_STEP_STAGE : STEPS[strchr(LETTERS, *at) - LETTERS];
			project_move(&course, step, is_stage ? (unsigned)(*at - '0') : 0);
			size_t len = strlen(states);
			snprintf(states + len, sizeof states - len, "%s%s", len == 0 ? "" : " ", project_state_text(course.state));
		}
		assert_string_equal(states, LIVES[i].states);
	}
}

static void a_reopened_project_begins_again_at_the_stage_it_names_or_at_implementation(void **unused)
{
	(void)unused;
	struct project_course course = {.state = PROJECT_STABLE, .stage = 5};
	assert_int_equal(project_move(&course, PROJECT_STEP_REOPEN, 0), PROJECT_MOVED);
	assert_int_equal(course.stage, 3);
	course = (struct project_course){.state = PROJECT_CLOSED, .stage = 4};
	assert_int_equal(project_move(&course, PROJECT_STEP_REOPEN, 4), PROJECT_MOVED);
	assert_int_equal(course.state, PROJECT_REOPENED);
	assert_int_equal(course.stage, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_from_every_state_leads_where_the_table_says),
		cmocka_unit_test(a_refused_step_changes_nothing),
		cmocka_unit_test(initiated_is_completed_and_active_and_cancelled_and_only_opening_initiates),
		cmocka_unit_test(a_project_goes_its_way_step_by_step),
		cmocka_unit_test(a_reopened_project_begins_again_at_the_stage_it_names_or_at_implementation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
