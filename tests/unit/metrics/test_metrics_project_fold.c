/* What is known of a project: its states and dates, the arithmetic of its indicators, and every figure that cannot be:
 * accepted, flagged, kept out of every score, visible. */
#include "tests/unit/metrics/fold_fixture.h"

#include "services/metrics/flag.h"

#define OPENED "\"project\":\"P\",\"title\":{\"ru\":\"Ремонт школ\"},\"sphere\":\"education\",\"authorities\":[\"A\",\"B\"]," \
	"\"kind\":\"internal_process\",\"digital\":false,\"support\":\"independent\"," \
	"\"process\":{\"title\":{\"ru\":\"Согласование\"},\"from\":\"заявка\",\"to\":\"решение\"}"
#define SOURCED "\"method\":\"медиана\",\"origin\":\"журнал\""

static const struct json *fold_project(struct fold_fixture *fixture)
{
	return fold(fixture, ENTITY_PROJECT);
}

/* A plan with its base and target, both sourced; members replaces what follows the unit. */
static void plan(struct fold_fixture *fixture, const char *indicator, const char *unit, const char *base, const char *target)
{
	say(fixture, "indicator.planned", "2024-02-01",
	    arena_printf(fixture->arena, "\"project\":\"P\",\"indicator\":\"%s\",\"unit\":\"%s\",\"base\":{\"value\":\"%s\","
	                 "\"on\":\"2024-01-20\"},\"target\":{\"value\":\"%s\",\"on\":\"2024-06-01\"}," SOURCED, indicator, unit,
	                 base, target));
}

static void measure(struct fold_fixture *fixture, const char *indicator, const char *unit, const char *value,
                    const char *on)
{
	say(fixture, "measurement.recorded", on,
	    arena_printf(fixture->arena, "\"project\":\"P\",\"indicator\":\"%s\",\"unit\":\"%s\",\"value\":\"%s\","
	                 "\"measured_on\":\"%s\"", indicator, unit, value, on));
}

static void declare(struct fold_fixture *fixture, const char *indicator, const char *figure, const char *sources)
{
	say(fixture, "effect.declared", "2024-06-10",
	    arena_printf(fixture->arena, "\"project\":\"P\",\"indicator\":\"%s\",\"figure\":{%s},\"declared_on\":\"2024-06-10\"%s",
	                 indicator, figure, sources));
}

/* ---- The course ---- */

static void a_whole_life_leaves_its_dates_and_a_duration(void **state)
{
	struct fold_fixture *fixture = *state;
	say(fixture, "project.proposed", "2024-01-01", "\"project\":\"P\",\"title\":{\"ru\":\"Ремонт\"},\"sphere\":\"education\","
	    "\"authorities\":[\"A\"]");
	say(fixture, "project.card_submitted", "2024-01-02", OPENED ",\"institutions\":[\"S1\"],\"programme\":\"efficient_region\"");
	say(fixture, "project.card_approved", "2024-01-03", "\"project\":\"P\"");
	say(fixture, "project.opened", "2024-01-10", OPENED ",\"planned_effect_rub\":\"1250000.00\"");
	say(fixture, "project.stage_started", "2024-02-01", "\"project\":\"P\",\"stage\":3");
	say(fixture, "project.kickoff_held", "2024-02-02", "\"project\":\"P\"");
	say(fixture, "project.party_added", "2024-02-03", "\"project\":\"P\",\"party\":\"C\",\"level\":\"authority\"");
	say(fixture, "project.party_added", "2024-02-03", "\"project\":\"P\",\"party\":\"S2\",\"level\":\"institution\"");
	say(fixture, "project.closed", "2024-06-10", "\"project\":\"P\"");
	say(fixture, "project.monitoring_checked", "2024-09-10", "\"project\":\"P\",\"checked_on\":\"2024-09-09\",\"held\":\"held\"");
	const struct json *project = fold_project(fixture);
	static const char *const EXPECTED[][2] = {
		{"state", "monitoring"}, {"stage", "3"}, {"initiated", "true"}, {"completed", "true"}, {"active", "false"},
		{"cancelled", "false"}, {"on_hold", "false"}, {"reopenings", "0"}, {"title.ru", "Ремонт школ"},
		{"sphere", "education"}, {"programme", "efficient_region"}, {"kind", "internal_process"}, {"digital", "false"},
		{"independent", "true"}, {"authorities", "[\"A\",\"B\",\"C\"]"}, {"owner", "A"}, {"interdepartmental", "true"},
		{"institutions", "[\"S1\",\"S2\"]"}, {"proposed_on", "2024-01-01"}, {"submitted_on", "2024-01-02"},
		{"approved_on", "2024-01-03"}, {"opened_on", "2024-01-10"}, {"closed_on", "2024-06-10"}, {"duration_days", "152"},
		{"milestones.card_signed", "2024-01-03"}, {"milestones.kickoff", "2024-02-02"}, {"held", "held"},
		{"checked_on", "2024-09-09"}, {"checks", "1"}, {"planned_effect_rub", "1250000"}, {"on_schedule", "absent"},
		{"measured", "false"}, {"disputed", "false"}, {"verified", "absent"}, {"flags", "[]"},
		{"reports.2024-01", "[4,0,0]"}, {"reports.2024-02", "[4,0,0]"}, {"reports.2024-09", "[1,0,0]"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(EXPECTED); i++)
		assert_attribute(fixture, project, EXPECTED[i][0], EXPECTED[i][1]);
}

static void a_reopened_project_is_not_closed_and_its_pause_ends_with_it(void **state)
{
	struct fold_fixture *fixture = *state;
	say(fixture, "project.opened", "2024-01-10", OPENED);
	say(fixture, "project.closed", "2024-06-10", "\"project\":\"P\"");
	say(fixture, "project.monitoring_checked", "2024-09-10", "\"project\":\"P\",\"checked_on\":\"2024-09-09\",\"held\":\"lost\"");
	say(fixture, "project.reopened", "2024-09-20", "\"project\":\"P\",\"stage\":2");
	const struct json *project = fold_project(fixture);
	assert_attribute(fixture, project, "state", "reopened");
	assert_attribute(fixture, project, "stage", "2");
	assert_attribute(fixture, project, "closed_on", "absent");
	assert_attribute(fixture, project, "duration_days", "absent");
	assert_attribute(fixture, project, "reopened_on", "2024-09-20");
	assert_attribute(fixture, project, "reopenings", "1");
	assert_attribute(fixture, project, "held", "lost");
	say(fixture, "project.paused", "2024-10-01", "\"project\":\"P\"");
	say(fixture, "project.paused", "2024-10-05", "\"project\":\"P\"");
	project = fold_project(fixture);
	assert_attribute(fixture, project, "on_hold", "true");
	assert_attribute(fixture, project, "active", "true");
	assert_attribute(fixture, project, "paused_on", "2024-10-01");
	say(fixture, "project.resumed", "2024-11-01", "\"project\":\"P\"");
	say(fixture, "project.closed", "2024-12-01", "\"project\":\"P\"");
	project = fold_project(fixture);
	assert_attribute(fixture, project, "paused_on", "absent");
	assert_attribute(fixture, project, "closed_on", "2024-12-01");
}

static void what_contradicts_the_state_is_flagged_with_what_and_when(void **state)
{
	struct fold_fixture *fixture = *state;
	say(fixture, "project.closed", "2024-01-05", "\"project\":\"P\"");
	say(fixture, "project.opened", "2024-01-10", OPENED);
	say(fixture, "project.resumed", "2024-01-12", "\"project\":\"P\"");
	const struct json *project = fold_project(fixture);
	assert_attribute(fixture, project, "state", "opened");
	assert_attribute(fixture, project, "closed_on", "absent");
	assert_attribute(fixture, project, "flags",
	                 "[{\"code\":\"step_refused\",\"detail\":\"project.closed, draft\"},"
	                 "{\"code\":\"step_refused\",\"detail\":\"project.resumed, opened\"}]");
}

static void a_draft_that_was_cancelled_was_never_initiated(void **state)
{
	struct fold_fixture *fixture = *state;
	say(fixture, "project.card_submitted", "2024-01-02", OPENED);
	say(fixture, "project.cancelled", "2024-01-05", "\"project\":\"P\",\"reason\":{\"ru\":\"нет\"}");
	const struct json *project = fold_project(fixture);
	assert_attribute(fixture, project, "state", "dropped");
	assert_attribute(fixture, project, "initiated", "false");
	assert_attribute(fixture, project, "cancelled", "false");
	assert_attribute(fixture, project, "cancelled_on", "2024-01-05");
}

#define STAGES ",\"stages\":[{\"stage\":2,\"from\":\"2024-01-15\",\"to\":\"2024-02-28\"}," \
	"{\"stage\":4,\"from\":\"2024-05-01\",\"to\":\"2024-06-10\"}]"

static void a_project_is_on_schedule_until_a_planned_day_has_passed(void **state)
{
	struct fold_fixture *fixture = *state;
	say(fixture, "project.opened", "2024-01-10", OPENED STAGES);
	assert_attribute(fixture, fold_project(fixture), "on_schedule", "true");
	say(fixture, "project.stage_started", "2024-01-15", "\"project\":\"P\",\"stage\":2");
	struct statement *completed = say(fixture, "project.stage_completed", "2024-02-28", "\"project\":\"P\",\"stage\":2");
	assert_attribute(fixture, fold_project(fixture), "on_schedule", "true");
	assert_attribute(fixture, fold_project(fixture), "stages",
	                 "[{\"completed_on\":\"2024-02-28\",\"planned_from\":\"2024-01-15\",\"planned_to\":\"2024-02-28\",\"stage\":2,"
	                 "\"started_on\":\"2024-01-15\"},{\"planned_from\":\"2024-05-01\",\"planned_to\":\"2024-06-10\",\"stage\":4}]");
	completed->place.time_us += (int64_t)86400 * 1000000;
	assert_attribute(fixture, fold_project(fixture), "on_schedule", "false");
	say(fixture, "project.closed", "2024-06-10", "\"project\":\"P\"");
	assert_attribute(fixture, fold_project(fixture), "on_schedule", "true");
	fixture->count--;
	say(fixture, "project.closed", "2024-06-11", "\"project\":\"P\"");
	assert_attribute(fixture, fold_project(fixture), "on_schedule", "false");
}

static void without_planned_days_a_word_about_the_plan_decides(void **state)
{
	struct fold_fixture *fixture = *state;
	say(fixture, "project.opened", "2024-01-10", OPENED);
	say(fixture, "project.stage_completed", "2024-02-28", "\"project\":\"P\",\"stage\":2,\"on_plan\":true");
	assert_attribute(fixture, fold_project(fixture), "on_schedule", "true");
	say(fixture, "project.stage_completed", "2024-03-28", "\"project\":\"P\",\"stage\":3,\"on_plan\":false");
	say(fixture, "project.stage_completed", "2024-04-28", "\"project\":\"P\",\"stage\":4,\"on_plan\":true");
	assert_attribute(fixture, fold_project(fixture), "on_schedule", "false");
	assert_attribute(fixture, fold_project(fixture), "state", "closing");
}

static void stages_that_end_before_they_begin_are_flagged(void **state)
{
	struct fold_fixture *fixture = *state;
	say(fixture, "project.opened", "2024-01-10",
	    OPENED ",\"stages\":[{\"stage\":3,\"from\":\"2024-05-01\",\"to\":\"2024-04-01\"}]");
	assert_attribute(fixture, fold_project(fixture), "flags", "[{\"code\":\"stage_dates\",\"detail\":\"3\"}]");
}

static void a_check_before_the_closing_is_flagged_and_counts(void **state)
{
	struct fold_fixture *fixture = *state;
	say(fixture, "project.opened", "2024-01-10", OPENED);
	say(fixture, "project.closed", "2024-06-10", "\"project\":\"P\"");
	say(fixture, "project.monitoring_checked", "2024-09-10", "\"project\":\"P\",\"checked_on\":\"2024-06-10\",\"held\":\"held\"");
	assert_attribute(fixture, fold_project(fixture), "flags", "[]");
	fixture->count--;
	say(fixture, "project.monitoring_checked", "2024-09-10", "\"project\":\"P\",\"checked_on\":\"2024-06-09\",\"held\":\"held\"");
	assert_attribute(fixture, fold_project(fixture), "flags", "[{\"code\":\"check_date\",\"detail\":\"2024-06-09\"}]");
	assert_attribute(fixture, fold_project(fixture), "held", "held");
}

/* ---- Arithmetic ---- */

/* base, target, actual of an indicator in a unit; what follows. */
struct arithmetic {
	const char *indicator, *unit, *base, *target, *actual;
	const char *change, *reduction, *growth, *factor, *achievement;
};

static const struct arithmetic ARITHMETIC[] = {
	/* 7 → 3 working days: the school repairs of Kirovsky district. */
	{"lead_time", "working_day", "7", "3", "3", "-4", "57.142857", "absent", "2.333333", "100"},
	{"lead_time", "working_day", "7", "3", "5", "-2", "28.571429", "absent", "1.4", "50"},
	/* Labour more than halved, and the target passed. */
	{"labour", "person_hour", "10.5", "6", "4.2", "-6.3", "60", "absent", "2.5", "140"},
	/* Worse than before. */
	{"errors", "count", "4", "2", "5", "1", "-25", "absent", "0.8", "-50"},
	/* Nothing left: no factor. */
	{"documents", "count", "5", "1", "0", "-5", "100", "absent", "absent", "125"},
	/* Higher is better: the same formula of achievement. */
	{"digital_share", "percent", "40", "80", "70", "30", "absent", "75", "1.75", "75"},
	{"satisfaction", "score", "3.5", "4.5", "4", "0.5", "absent", "14.285714", "1.142857", "50"},
	/* From below 0: no per cent of that, but a goal. */
	{"training_nps", "nps", "-20", "30", "5", "25", "absent", "absent", "absent", "50"},
	/* Half to even, once. */
	{"labour", "person_hour", "3", "1", "2", "-1", "33.333333", "absent", "1.5", "50"},
	{"labour", "person_hour", "800", "1", "799.99999", "-0.00001", "0.000001", "absent", "1", "0.000001"},
	/* Money begins at nothing. */
	{"economic_effect", "rub", "0", "999999999999.99", "1499000.5", "1499000.5", "absent", "absent", "absent", "0.00015"},
};

static void figures_follow_from_base_target_and_actual(void **state)
{
	struct fold_fixture *fixture = *state;
	for (size_t i = 0; i < ARRAY_COUNT(ARITHMETIC); i++) {
		const struct arithmetic *row = &ARITHMETIC[i];
		fixture->count = 0;
		plan(fixture, row->indicator, row->unit, row->base, row->target);
		measure(fixture, row->indicator, row->unit, row->actual, "2024-06-01");
		/* Money needs a measured process beside it. */
		plan(fixture, "steps", "count", "4", "2");
		measure(fixture, "steps", "count", "2", "2024-06-01");
		const char *path = arena_printf(fixture->arena, "indicators.%s", row->indicator);
		const char *text = attribute(fixture, fold_project(fixture), path);
		const struct json *indicator = fixture_json(fixture, text);
		assert_attribute(fixture, indicator, "excluded", "false");
		assert_attribute(fixture, indicator, "from", "measured");
		assert_attribute(fixture, indicator, "change", row->change);
		assert_attribute(fixture, indicator, "reduction", row->reduction);
		assert_attribute(fixture, indicator, "growth", row->growth);
		assert_attribute(fixture, indicator, "factor", row->factor);
		assert_attribute(fixture, indicator, "achievement", row->achievement);
	}
}

static void units_of_one_family_are_compared_exactly_and_the_latest_measurement_counts(void **state)
{
	struct fold_fixture *fixture = *state;
	plan(fixture, "lead_time", "working_day", "7", "3");
	measure(fixture, "lead_time", "working_hour", "16", "2024-06-05");
	measure(fixture, "lead_time", "working_day", "6", "2024-05-01");
	measure(fixture, "lead_time", "working_day", "5", "2024-05-15");
	measure(fixture, "lead_time", "calendar_day", "1", "2024-05-20");
	const struct json *project = fold_project(fixture);
	/* 16 hours of 60 minutes are 2 days of 480. */
	assert_attribute(fixture, project, "indicators.lead_time.actual", "2");
	assert_attribute(fixture, project, "indicators.lead_time.measured_on", "2024-06-05");
	assert_attribute(fixture, project, "indicators.lead_time.reduction", "71.428571");
	assert_attribute(fixture, project, "indicators.lead_time.achievement", "125");
	assert_attribute(fixture, project, "indicators.lead_time.measurements", "4");
	/* Of 2, 6 and 5: the calendar day is of another family. */
	assert_attribute(fixture, project, "indicators.lead_time.median", "5");
	assert_attribute(fixture, project, "measured", "true");
}

static void of_a_range_the_middle_is_the_median(void **state)
{
	struct fold_fixture *fixture = *state;
	say(fixture, "indicator.planned", "2024-02-01",
	    "\"project\":\"P\",\"indicator\":\"lead_time\",\"unit\":\"working_day\",\"base\":{\"lo\":\"5\",\"hi\":\"10\","
	    "\"on\":\"2024-01-20\"},\"target\":{\"value\":\"3\",\"on\":\"2024-06-01\"}," SOURCED);
	say(fixture, "measurement.recorded", "2024-06-01",
	    "\"project\":\"P\",\"indicator\":\"lead_time\",\"unit\":\"working_day\",\"lo\":\"2\",\"hi\":\"4\","
	    "\"measured_on\":\"2024-06-01\"");
	measure(fixture, "lead_time", "working_day", "6", "2024-05-01");
	const struct json *project = fold_project(fixture);
	assert_attribute(fixture, project, "indicators.lead_time.base", "7.5");
	assert_attribute(fixture, project, "indicators.lead_time.actual", "3");
	assert_attribute(fixture, project, "indicators.lead_time.reduction", "60");
	assert_attribute(fixture, project, "indicators.lead_time.median", "4.5");
}

static void a_result_is_held_when_it_is_as_good_after_the_closing_as_before(void **state)
{
	static const struct {
		const char *closing, *later, *held;
	} CASES[] = {
		{"3", "3", "true"},
		{"2", "3", "true"},   /* the target is still kept */
		{"2", "3.1", "false"},
		{"4", "4", "true"},   /* the target was never reached */
		{"4", "4.5", "false"},
	};
	struct fold_fixture *fixture = *state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		fixture->count = 0;
		say(fixture, "project.opened", "2024-01-10", OPENED);
		plan(fixture, "lead_time", "working_day", "7", "3");
		measure(fixture, "lead_time", "working_day", CASES[i].closing, "2024-06-01");
		say(fixture, "project.closed", "2024-06-10", "\"project\":\"P\"");
		assert_attribute(fixture, fold_project(fixture), "indicators.lead_time.held", "absent");
		measure(fixture, "lead_time", "working_day", CASES[i].later, "2024-09-01");
		assert_attribute(fixture, fold_project(fixture), "indicators.lead_time.held", CASES[i].held);
	}
}

/* ---- The four ways ---- */

static void a_figure_arrives_in_four_ways(void **state)
{
	static const struct {
		const char *indicator, *figure, *way, *qualifier, *lo, *hi, *unit, *scored;
	} CASES[] = {
		{"labour", "\"way\":\"pair\",\"unit\":\"person_hour\",\"base\":\"10\",\"actual\":\"4\"", "pair", "exact", "60", "60",
		 "absent", "60"},
		{"labour", "\"way\":\"factor\",\"factor\":\"2.5\"", "factor", "exact", "60", "60", "absent", "60"},
		/* «более чем в 2 раза» */
		{"labour", "\"way\":\"bound\",\"unit\":\"times\",\"value\":\"2\",\"qualifier\":\"gt\"", "bound", "gt", "50", "absent",
		 "absent", "50"},
		/* «почти на треть» */
		{"errors", "\"way\":\"bound\",\"unit\":\"percent\",\"value\":\"33\",\"qualifier\":\"approx\"", "bound", "approx", "33",
		 "33", "absent", "33"},
		/* «более 140 часов» */
		{"labour", "\"way\":\"bound\",\"unit\":\"person_hour\",\"value\":\"140\",\"qualifier\":\"gt\"", "bound", "gt", "140",
		 "absent", "person_hour", "absent"},
		/* «в 1,5–2 раза» is 33.3 to 50 % */
		{"labour", "\"way\":\"range\",\"unit\":\"times\",\"value\":\"1.5\",\"hi\":\"2\",\"qualifier\":\"range\"", "range",
		 "range", "33.333333", "50", "absent", "41.666666"},
		{"labour", "\"way\":\"quality\",\"text\":{\"ru\":\"Стало проще\"}", "quality", "exact", "absent", "absent", "absent",
		 "absent"},
	};
	struct fold_fixture *fixture = *state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		fixture->count = 0;
		declare(fixture, CASES[i].indicator, CASES[i].figure, "," SOURCED);
		const char *path = arena_printf(fixture->arena, "indicators.%s", CASES[i].indicator);
		const struct json *indicator = fixture_json(fixture, attribute(fixture, fold_project(fixture), path));
		assert_attribute(fixture, indicator, "figure.way", CASES[i].way);
		assert_attribute(fixture, indicator, "figure.qualifier", CASES[i].qualifier);
		assert_attribute(fixture, indicator, "figure.lo", CASES[i].lo);
		assert_attribute(fixture, indicator, "figure.hi", CASES[i].hi);
		assert_attribute(fixture, indicator, "figure.unit", CASES[i].unit);
		assert_attribute(fixture, indicator, "reduction", CASES[i].scored);
		assert_attribute(fixture, indicator, "flags", "[]");
	}
}

static void what_was_measured_goes_before_what_was_declared(void **state)
{
	struct fold_fixture *fixture = *state;
	plan(fixture, "labour", "person_hour", "10", "5");
	declare(fixture, "labour", "\"way\":\"factor\",\"factor\":\"10\"", "");
	assert_attribute(fixture, fold_project(fixture), "indicators.labour.unscored.reduction", "90");
	measure(fixture, "labour", "person_hour", "8", "2024-06-01");
	const struct json *project = fold_project(fixture);
	assert_attribute(fixture, project, "indicators.labour.reduction", "20");
	assert_attribute(fixture, project, "indicators.labour.from", "measured");
	assert_attribute(fixture, project, "indicators.labour.figure.lo", "90");
	assert_attribute(fixture, project, "indicators.labour.excluded", "false");
}

/* ---- What cannot be ---- */

#define PLAN(indicator, unit, base, target, sources) "\"project\":\"P\",\"indicator\":\"" indicator "\",\"unit\":\"" unit \
	"\",\"base\":{\"value\":\"" base "\",\"on\":\"2024-01-20\"},\"target\":{\"value\":\"" target "\",\"on\":\"2024-06-01\"}" sources
#define MEASURED(indicator, unit, value, on) "\"project\":\"P\",\"indicator\":\"" indicator "\",\"unit\":\"" unit \
	"\",\"value\":\"" value "\",\"measured_on\":\"" on "\""
#define DECLARED(indicator, figure) "\"project\":\"P\",\"indicator\":\"" indicator "\",\"declared_on\":\"2024-06-10\"," \
	"\"figure\":{" figure "}," SOURCED

/* A plan and a measurement (or a declared effect) that are strange in one way; what can be seen of it all the same. */
struct strange {
	const char *plan, *measured, *declared;
	const char *indicator, *flag, *detail;
	const char *path, *value;
};

static const struct strange STRANGE[] = {
	{PLAN("errors", "count", "0", "0.5", "," SOURCED), MEASURED("errors", "count", "2", "2024-06-01"), NULL,
	 "errors", "base_zero", NULL, "change", "2"},
	{PLAN("errors", "count", "-1", "0", "," SOURCED), MEASURED("errors", "count", "2", "2024-06-01"), NULL,
	 "errors", "base_negative", NULL, "base", "-1"},
	{PLAN("labour", "person_hour", "5", "5", "," SOURCED), MEASURED("labour", "person_hour", "4", "2024-06-01"), NULL,
	 "labour", "base_equals_target", NULL, "unscored.reduction", "20"},
	{PLAN("lead_time", "fortnight", "5", "4", "," SOURCED), NULL, NULL, "lead_time", "unit_unknown", "fortnight", "base", "5"},
	{PLAN("lead_time", "working_day", "5", "4", "," SOURCED), MEASURED("lead_time", "moon", "4", "2024-06-01"), NULL,
	 "lead_time", "unit_unknown", "moon", "base", "5"},
	{PLAN("lead_time", "count", "5", "4", "," SOURCED), MEASURED("lead_time", "count", "4", "2024-06-01"), NULL,
	 "lead_time", "unit_family", "count", "unscored.reduction", "20"},
	{PLAN("lead_time", "working_day", "5", "4", "," SOURCED), MEASURED("lead_time", "calendar_day", "4", "2024-06-01"), NULL,
	 "lead_time", "unit_families_mixed", "calendar_day", "base", "5"},
	{NULL, NULL, DECLARED("labour", "\"way\":\"bound\",\"value\":\"2\",\"qualifier\":\"ge\""), "labour", "unit_missing", NULL,
	 "figure.way", "bound"},
	{PLAN("labour", "person_hour", "5", "4", ",\"origin\":\"журнал\""), MEASURED("labour", "person_hour", "4", "2024-06-01"), NULL,
	 "labour", "method_missing", NULL, "unscored.reduction", "20"},
	{PLAN("labour", "person_hour", "5", "4", ",\"method\":\"медиана\""), MEASURED("labour", "person_hour", "4", "2024-06-01"), NULL,
	 "labour", "origin_missing", NULL, "unscored.achievement", "100"},
	{PLAN("labour", "person_hour", "5", "4", "," SOURCED), MEASURED("labour", "person_hour", "4", "2024-01-19"), NULL,
	 "labour", "dates_out_of_order", NULL, "unscored.factor", "1.25"},
	{NULL, NULL, DECLARED("labour", "\"way\":\"factor\",\"factor\":\"0\""), "labour", "factor_not_positive", NULL,
	 "figure.way", "factor"},
	{NULL, NULL, DECLARED("labour", "\"way\":\"range\",\"unit\":\"times\",\"value\":\"2\",\"hi\":\"1.5\",\"qualifier\":\"range\""),
	 "labour", "range_reversed", NULL, "figure.lo", "50"},
	{NULL, NULL, DECLARED("labour", "\"way\":\"bound\",\"unit\":\"times\",\"value\":\"2\",\"qualifier\":\"lt\""), "labour",
	 "upper_bound_only", NULL, "figure.hi", "50"},
	{PLAN("labour", "person_hour", "0.000001", "0", "," SOURCED), MEASURED("labour", "person_hour", "999999999999", "2024-06-01"),
	 NULL, "labour", "value_out_of_range", NULL, "actual", "999999999999"},
	{NULL, NULL, DECLARED("velocity", "\"way\":\"factor\",\"factor\":\"2\""), "velocity", "indicator_unknown", NULL,
	 "unscored.reduction", "50"},
};

static void what_cannot_be_is_accepted_flagged_excluded_and_visible(void **state)
{
	struct fold_fixture *fixture = *state;
	for (size_t i = 0; i < ARRAY_COUNT(STRANGE); i++) {
		const struct strange *row = &STRANGE[i];
		fixture->count = 0;
		if (row->plan != NULL)
			say(fixture, "indicator.planned", "2024-02-01", row->plan);
		if (row->measured != NULL)
			say(fixture, "measurement.recorded", "2024-06-01", row->measured);
		if (row->declared != NULL)
			say(fixture, "effect.declared", "2024-06-10", row->declared);
		const struct json *project = fold_project(fixture);
		const char *path = arena_printf(fixture->arena, "indicators.%s", row->indicator);
		const struct json *indicator = fixture_json(fixture, attribute(fixture, project, path));
		assert_attribute(fixture, indicator, "flags", arena_printf(fixture->arena, "[\"%s\"]", row->flag));
		assert_attribute(fixture, indicator, "excluded", "true");
		assert_attribute(fixture, indicator, "reduction", "absent");
		assert_attribute(fixture, indicator, "growth", "absent");
		assert_attribute(fixture, indicator, "factor", "absent");
		assert_attribute(fixture, indicator, "achievement", "absent");
		assert_attribute(fixture, indicator, row->path, row->value);
		assert_attribute(fixture, project, "measured", "false");
		const char *detail = row->detail == NULL ? "" : arena_printf(fixture->arena, ",\"detail\":\"%s\"", row->detail);
		assert_attribute(fixture, project, "flags", arena_printf(fixture->arena, "[{\"code\":\"%s\"%s,\"indicator\":\"%s\"}]",
		                                                         row->flag, detail, row->indicator));
	}
}

static void dates_out_of_order_are_of_target_measurement_and_report(void **state)
{
	struct fold_fixture *fixture = *state;
	static const char *const PLANS[] = {
		"\"base\":{\"value\":\"5\",\"on\":\"2024-01-20\"},\"target\":{\"value\":\"4\",\"on\":\"2024-01-19\"}",
		"\"base\":{\"value\":\"5\",\"on\":\"2024-06-02\"},\"target\":{\"value\":\"4\",\"on\":\"2024-07-01\"}",
	};
	for (size_t i = 0; i < ARRAY_COUNT(PLANS); i++) {
		fixture->count = 0;
		say(fixture, "indicator.planned", "2024-02-01",
		    arena_printf(fixture->arena, "\"project\":\"P\",\"indicator\":\"labour\",\"unit\":\"person_hour\",%s," SOURCED, PLANS[i]));
		measure(fixture, "labour", "person_hour", "4", "2024-06-01");
		assert_attribute(fixture, fold_project(fixture), "indicators.labour.flags", "[\"dates_out_of_order\"]");
	}
	fixture->count = 0;
	plan(fixture, "labour", "person_hour", "5", "4");
	say(fixture, "measurement.recorded", "2024-06-01", MEASURED("labour", "person_hour", "4", "2024-06-02"));
	assert_attribute(fixture, fold_project(fixture), "indicators.labour.flags", "[]");
	fixture->count--;
	say(fixture, "measurement.recorded", "2024-06-01", MEASURED("labour", "person_hour", "4", "2024-06-03"));
	assert_attribute(fixture, fold_project(fixture), "indicators.labour.flags", "[\"dates_out_of_order\"]");
}

static void a_measurement_without_a_base_is_flagged_but_was_measured(void **state)
{
	struct fold_fixture *fixture = *state;
	measure(fixture, "labour", "person_hour", "4", "2024-06-01");
	const struct json *project = fold_project(fixture);
	assert_attribute(fixture, project, "indicators.labour.flags", "[\"plan_missing\"]");
	assert_attribute(fixture, project, "indicators.labour.actual", "4");
	assert_attribute(fixture, project, "indicators.labour.excluded", "false");
	assert_attribute(fixture, project, "measured", "true");
}

/* ---- Money ---- */

static void money_counts_only_beside_a_measured_process(void **state)
{
	struct fold_fixture *fixture = *state;
	plan(fixture, "economic_effect", "rub", "0", "2000000");
	measure(fixture, "economic_effect", "rub", "1500000", "2024-06-01");
	const struct json *project = fold_project(fixture);
	assert_attribute(fixture, project, "planned_effect_rub", "2000000");
	assert_attribute(fixture, project, "effect_rub", "absent");
	assert_attribute(fixture, project, "unscored_effect_rub", "1500000");
	assert_attribute(fixture, project, "indicators.economic_effect.flags", "[\"effect_without_process\"]");
	plan(fixture, "lead_time", "working_day", "7", "3");
	assert_attribute(fixture, fold_project(fixture), "effect_rub", "absent");
	measure(fixture, "lead_time", "working_day", "3", "2024-06-01");
	project = fold_project(fixture);
	assert_attribute(fixture, project, "effect_rub", "1500000");
	assert_attribute(fixture, project, "unscored_effect_rub", "absent");
	assert_attribute(fixture, project, "indicators.economic_effect.flags", "[]");
}

static void a_declared_effect_counts_as_far_as_it_is_known(void **state)
{
	static const struct {
		const char *figure, *effect, *unscored;
	} CASES[] = {
		{"\"way\":\"pair\",\"unit\":\"rub\",\"base\":\"0\",\"actual\":\"1499000.50\"", "1499000.5", "absent"},
		{"\"way\":\"bound\",\"unit\":\"rub\",\"value\":\"1000000\",\"qualifier\":\"ge\"", "1000000", "absent"},
		{"\"way\":\"bound\",\"unit\":\"rub\",\"value\":\"1000000\",\"qualifier\":\"lt\"", "absent", "absent"},
		{"\"way\":\"range\",\"unit\":\"rub\",\"value\":\"1000000\",\"hi\":\"3000000\",\"qualifier\":\"range\"", "2000000", "absent"},
		{"\"way\":\"bound\",\"unit\":\"sheet\",\"value\":\"100\",\"qualifier\":\"ge\"", "absent", "absent"},
	};
	struct fold_fixture *fixture = *state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		fixture->count = 0;
		plan(fixture, "lead_time", "working_day", "7", "3");
		measure(fixture, "lead_time", "working_day", "3", "2024-06-01");
		declare(fixture, "economic_effect", CASES[i].figure, "," SOURCED);
		assert_attribute(fixture, fold_project(fixture), "effect_rub", CASES[i].effect);
		assert_attribute(fixture, fold_project(fixture), "unscored_effect_rub", CASES[i].unscored);
	}
	fixture->count--;
	declare(fixture, "economic_effect", CASES[0].figure, "");
	assert_attribute(fixture, fold_project(fixture), "effect_rub", "absent");
	assert_attribute(fixture, fold_project(fixture), "unscored_effect_rub", "1499000.5");
	assert_attribute(fixture, fold_project(fixture), "indicators.economic_effect.flags", "[\"method_missing\",\"origin_missing\"]");
}

/* ---- Verification and dispute ---- */

static void verify(struct fold_fixture *fixture, const char *time, const char *verdict, const char *more)
{
	say(fixture, "verification.recorded", time,
	    arena_printf(fixture->arena, "\"verification\":\"V\",\"project\":\"P\",\"verdict\":\"%s\",\"verified_on\":\"%.10s\"%s",
	                 verdict, time, more))->own = false;
}

static void the_latest_verdict_counts_and_the_worst_of_the_indicators(void **state)
{
	struct fold_fixture *fixture = *state;
	plan(fixture, "labour", "person_hour", "5", "4");
	measure(fixture, "labour", "person_hour", "4", "2024-06-01");
	verify(fixture, "2024-07-01", "in_dispute", "");
	assert_attribute(fixture, fold_project(fixture), "verified", "in_dispute");
	assert_attribute(fixture, fold_project(fixture), "indicators.labour.flags", "[\"in_dispute\"]");
	assert_attribute(fixture, fold_project(fixture), "indicators.labour.reduction", "20");
	verify(fixture, "2024-08-01", "confirmed", "");
	assert_attribute(fixture, fold_project(fixture), "verified", "confirmed");
	assert_attribute(fixture, fold_project(fixture), "indicators.labour.flags", "[]");
	verify(fixture, "2024-09-01", "refused", ",\"indicator\":\"labour\"");
	const struct json *project = fold_project(fixture);
	assert_attribute(fixture, project, "verified", "refused");
	assert_attribute(fixture, project, "indicators.labour.verified", "refused");
	assert_attribute(fixture, project, "indicators.labour.flags", "[\"verification_refused\"]");
	assert_attribute(fixture, project, "indicators.labour.reduction", "absent");
	assert_attribute(fixture, project, "measured", "false");
	/* Reported for the coordinator's own record: not among the project's reports. */
	assert_attribute(fixture, project, "reports.2024-09", "absent");
}

static void a_project_is_disputed_until_each_dispute_is_resolved(void **state)
{
	struct fold_fixture *fixture = *state;
	say(fixture, "dispute.opened", "2024-07-01", "\"dispute\":\"D1\",\"project\":\"P\"");
	say(fixture, "dispute.opened", "2024-07-02", "\"dispute\":\"D2\",\"project\":\"P\"");
	say(fixture, "dispute.resolved", "2024-07-03", "\"dispute\":\"D1\",\"project\":\"P\",\"resolved_on\":\"2024-07-03\"");
	assert_attribute(fixture, fold_project(fixture), "disputed", "true");
	say(fixture, "dispute.resolved", "2024-07-04", "\"dispute\":\"D2\",\"project\":\"P\",\"resolved_on\":\"2024-07-04\"");
	assert_attribute(fixture, fold_project(fixture), "disputed", "false");
	assert_attribute(fixture, fold_project(fixture), "disputes", "[\"D1\",\"D2\"]");
}

static void what_belongs_to_a_project_is_kept_by_id(void **state)
{
	struct fold_fixture *fixture = *state;
	say(fixture, "problem.raised", "2024-01-01", "\"problem\":\"B1\",\"project\":\"P\"");
	say(fixture, "problem.raised", "2024-01-02", "\"problem\":\"B2\",\"project\":\"P\"");
	say(fixture, "problem.raised", "2024-01-03", "\"problem\":\"B1\",\"project\":\"P\"");
	say(fixture, "risk.raised", "2024-01-04", "\"risk\":\"R\",\"project\":\"P\"");
	say(fixture, "lesson.recorded", "2024-01-05", "\"lesson\":\"L\",\"project\":\"P\"");
	say(fixture, "loss.found", "2024-01-06", "\"loss\":\"O\",\"project\":\"P\"");
	say(fixture, "practice.published", "2024-01-07", "\"practice\":\"K\",\"project\":\"P\"");
	say(fixture, "survey.completed", "2024-01-08", "\"survey\":\"S\",\"project\":\"P\"");
	const struct json *project = fold_project(fixture);
	static const char *const EXPECTED[][2] = {
		{"problems", "[\"B1\",\"B2\"]"}, {"risks", "[\"R\"]"}, {"lessons", "[\"L\"]"}, {"losses", "[\"O\"]"},
		{"practices", "[\"K\"]"}, {"surveys", "[\"S\"]"}, {"state", "draft"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(EXPECTED); i++)
		assert_attribute(fixture, project, EXPECTED[i][0], EXPECTED[i][1]);
}

/* ---- Sentences ---- */

static void every_flag_has_a_code_of_its_own_a_sentence_in_both_languages_and_a_line_in_the_protocol(void **state)
{
	struct fold_fixture *fixture = *state;
	const char *protocol = read_project_file(fixture->arena, "proto/README.md");
	for (unsigned i = 0; i < FLAG_COUNT; i++) {
		enum flag flag = (enum flag)i, found;
		assert_true(flag_find(flag_code(flag), &found));
		assert_int_equal(found, flag);
		assert_true(strlen(flag_reason_en(flag)) > 20);
		assert_true(strlen(flag_reason_ru(flag)) > 20);
		assert_int_equal(flags_exclude(flag_bit(flag)), flag_excludes(flag));
		const char *line = arena_printf(fixture->arena, "| `%s` | %s |", flag_code(flag), flag_excludes(flag) ? "no" : "yes");
		if (strstr(protocol, line) == NULL)
			fail_msg("proto/README.md has no line %s", line);
	}
	enum flag none;
	assert_false(flag_find("no_such_flag", &none));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, fold_setup, fold_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_whole_life_leaves_its_dates_and_a_duration),
		CASE(a_reopened_project_is_not_closed_and_its_pause_ends_with_it),
		CASE(what_contradicts_the_state_is_flagged_with_what_and_when),
		CASE(a_draft_that_was_cancelled_was_never_initiated),
		CASE(a_project_is_on_schedule_until_a_planned_day_has_passed),
		CASE(without_planned_days_a_word_about_the_plan_decides),
		CASE(stages_that_end_before_they_begin_are_flagged),
		CASE(a_check_before_the_closing_is_flagged_and_counts),
		CASE(figures_follow_from_base_target_and_actual),
		CASE(units_of_one_family_are_compared_exactly_and_the_latest_measurement_counts),
		CASE(of_a_range_the_middle_is_the_median),
		CASE(a_result_is_held_when_it_is_as_good_after_the_closing_as_before),
		CASE(a_figure_arrives_in_four_ways),
		CASE(what_was_measured_goes_before_what_was_declared),
		CASE(what_cannot_be_is_accepted_flagged_excluded_and_visible),
		CASE(dates_out_of_order_are_of_target_measurement_and_report),
		CASE(a_measurement_without_a_base_is_flagged_but_was_measured),
		CASE(money_counts_only_beside_a_measured_process),
		CASE(a_declared_effect_counts_as_far_as_it_is_known),
		CASE(the_latest_verdict_counts_and_the_worst_of_the_indicators),
		CASE(a_project_is_disputed_until_each_dispute_is_resolved),
		CASE(what_belongs_to_a_project_is_kept_by_id),
		CASE(every_flag_has_a_code_of_its_own_a_sentence_in_both_languages_and_a_line_in_the_protocol),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
