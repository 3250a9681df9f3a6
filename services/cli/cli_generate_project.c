/* cli_generate_project: a project is first decided whole (card, measures), then told as events in the order of its
 * stages. Nothing here looks at the end of the data: the journal forgets what comes later, so a project that
 * closes after them is simply still active. */
#include "services/cli/cli_generate_project.h"

#include "common/decimal.h"
#include "services/cli/cli_generate_words.h"

#include <stdio.h>
#include <stdlib.h>

#define MEASURES_MAX 3
#define HOUR         3600

/* Values are tenths, so that half days and tenths of an hour stay whole numbers. */
struct measure {
	enum generate_indicator indicator;
	const char *unit;
	const struct generate_source *source;
	int base, target, actual;
	int cases;            /* observations; 0 = not said */
};

struct card {
	const struct generate_body *owner;
	const struct generate_body *partners[3];
	size_t partners_count;
	const char *kind;
	bool digital, independent, measured, monitored;
	const char *process_ru, *process_en, *from, *to;
	int effect_rub;       /* planned; 0 = none */
	struct measure measures[MEASURES_MAX];
	size_t measures_count;
};

static const char *const INDICATOR_CODES[GENERATE_INDICATORS] = {
	[GENERATE_LEAD_TIME] = "lead_time", [GENERATE_LABOUR] = "labour", [GENERATE_DOCUMENTS] = "documents",
	[GENERATE_ERRORS] = "errors", [GENERATE_STEPS] = "steps",
};

/* --- deciding the card --- */

static int clamp(int value, int low, int high)
{
	return value < low ? low : value > high ? high : value;
}

static int round_to(int value, int grain)
{
	return (value + grain / 2) / grain * grain;
}

/* The step in which people write a value: half days, whole minutes, whole documents. */
static int grain_of(const struct measure *measure)
{
	if (measure->indicator == GENERATE_LABOUR || measure->indicator == GENERATE_ERRORS)
		return 1;
	if (measure->indicator == GENERATE_LEAD_TIME && !text_equal(measure->unit, "working_minute"))
		return 5;
	return 10;
}

/* Labour inside the region's published factor base/actual; the bounds round inwards. */
static int within_factor(const struct generate_plan *plan, int base, int actual)
{
	if (plan->factor_max == 0)
		return actual;
	return clamp(actual, (base * 1000 + plan->factor_max - 1) / plan->factor_max, base * 1000 / plan->factor_min);
}

static void decide_values(struct generate_random *random, const struct generate_plan *plan, int strength,
                          struct measure *measure)
{
	int grain = grain_of(measure);
	int planned = clamp(generate_random_around(random, 160 + strength * 45 / 100, 160), 60, 850);
	int reached = clamp(generate_random_around(random, 600 + strength * 45 / 100, 250), 100, 1250);
	int cut = clamp(planned * reached / 1000, 0, 900);

	measure->target = clamp(round_to(measure->base * (1000 - planned) / 1000, grain), grain, measure->base - grain);
	measure->actual = clamp(round_to(measure->base * (1000 - cut) / 1000, grain), grain, measure->base);
	if (measure->indicator == GENERATE_LABOUR) {
		measure->target = within_factor(plan, measure->base, measure->target);
		measure->actual = within_factor(plan, measure->base, measure->actual);
	}
}

static void decide_base(struct generate_random *random, const struct generate_process *process, struct measure *measure)
{
	switch (measure->indicator) {
	case GENERATE_LEAD_TIME:
		measure->unit = process->unit;
		measure->base = generate_random_between(random, process->low, process->high) * 10;
		break;
	case GENERATE_LABOUR:
		measure->unit = "person_hour";
		measure->base = generate_random_between(random, 20, 240);
		break;
	case GENERATE_DOCUMENTS:
		measure->unit = "count";
		measure->base = generate_random_between(random, 4, 12) * 10;
		break;
	case GENERATE_ERRORS:
		measure->unit = "percent";
		measure->base = generate_random_between(random, 40, 280);
		break;
	case GENERATE_STEPS:
	case GENERATE_INDICATORS:
		measure->unit = "count";
		measure->base = generate_random_between(random, 8, 26) * 10;
		break;
	}
}

static bool wants(struct generate_random *random, const struct generate_plan *plan, enum generate_indicator indicator,
                  bool external)
{
	static const int permille[GENERATE_INDICATORS] = {
		[GENERATE_LEAD_TIME] = 960, [GENERATE_LABOUR] = 380, [GENERATE_DOCUMENTS] = 250,
		[GENERATE_ERRORS] = 160, [GENERATE_STEPS] = 120,
	};
	bool drawn = generate_random_chance(random, permille[indicator]);

	if ((plan->indicators >> indicator & 1u) == 0)
		return false;
	if (indicator == GENERATE_LABOUR && plan->hours_saved > 0)
		return true;
	/* Documents are asked from an applicant only. */
	return drawn && (indicator != GENERATE_DOCUMENTS || external);
}

static void add_measure(const struct generate_project_context *context, struct generate_random *random, int strength,
                        const struct generate_process *process, enum generate_indicator indicator, struct card *card)
{
	struct measure *measure = &card->measures[card->measures_count++];

	measure->indicator = indicator;
	measure->source = generate_words_source(random, indicator);
	measure->cases = generate_random_between(random, 12, 400);
	decide_base(random, process, measure);
	decide_values(random, context->plan, strength, measure);
}

static void decide_measures(const struct generate_project_context *context, struct generate_random *random,
                            int strength, const struct generate_process *process, struct card *card)
{
	for (int i = 0; i < GENERATE_INDICATORS && card->measures_count < MEASURES_MAX; i++) {
		enum generate_indicator indicator = (enum generate_indicator)i;

		if (wants(random, context->plan, indicator, process->external))
			add_measure(context, random, strength, process, indicator, card);
	}
	if (card->measures_count == 0)
		add_measure(context, random, strength, process, GENERATE_LEAD_TIME, card);
}

static void decide_partners(const struct generate_project_context *context, struct generate_random *random, int day,
                            int strength, struct card *card)
{
	size_t wanted = generate_random_chance(random, 120 + strength / 5) ? 1 : 0;

	if (wanted == 1 && generate_random_chance(random, 300))
		wanted = 2;
	for (size_t i = 0; i < wanted; i++) {
		const struct generate_body *body = generate_bodies_any(context->bodies, random, day);

		if (body != card->owner && (card->partners_count == 0 || body != card->partners[0]))
			card->partners[card->partners_count++] = body;
	}
}

static const char *decide_sphere(struct generate_random *random, const struct generate_body *owner)
{
	static const char *const municipal[] = {
		"municipal_government", "municipal_government", "housing", "education", "culture", "youth",
		"social_protection", "construction",
	};

	if (generate_random_chance(random, 220))
		return "internal_processes";
	if (text_equal(owner->level, "municipal"))
		return municipal[generate_random_below(random, (int)ARRAY_COUNT(municipal))];
	return owner->sphere;
}

/* Person-hours a project saves where the region's sum is published: pairs of neighbours above and below the mean,
 * so that the sum is met whatever is drawn. */
static int share_of_hours(const struct generate_project_context *context, unsigned number)
{
	struct generate_random random;
	int mean = context->plan->hours_saved / (int)context->projects;
	bool unpaired = context->projects % 2 == 1 && number == context->projects;
	int off;

	generate_random_init(&random, context->seed, strtoul(context->region->oktmo, NULL, 10), GENERATE_TOPIC_PROJECT,
	                     UINT64_C(1000000) + (number - 1) / 2);
	off = unpaired ? 0 : generate_random_between(&random, 0, mean / 2);
	return number % 2 == 1 ? mean + off : mean - off;
}

static void divide_hours(const struct generate_project_context *context, unsigned number, struct card *card)
{
	card->measured = true;
	for (size_t i = 0; i < card->measures_count; i++) {
		struct measure *measure = &card->measures[i];

		if (measure->indicator != GENERATE_LABOUR)
			continue;
		measure->actual = clamp(measure->actual, 1, measure->base * 3 / 4);
		int saved = measure->base - measure->actual;  /* tenths of an hour per case */
		measure->cases = (share_of_hours(context, number) * 10 + saved / 2) / saved;
	}
}

static void decide_drawn(const struct generate_project_context *context, struct generate_random *random,
                         struct generate_project *project, struct card *card)
{
	const struct generate_plan *plan = context->plan;
	const struct generate_year *opening = &plan->years[calendar_year_index(project->opened)];
	const struct generate_year *closing = &plan->years[calendar_year_index(project->closed)];
	const struct generate_goal *goal = generate_words_goal(random);
	const struct generate_process *process;

	card->owner = generate_bodies_owner(context->bodies, plan, random, project->opened);
	project->sphere = decide_sphere(random, card->owner);
	process = generate_words_process(random, project->sphere);
	project->ru = arena_printf(context->arena, "%s %s", goal->ru, process->ru_of);
	project->en = arena_printf(context->arena, "%s %s", goal->en, process->en);
	card->process_ru = process->ru;
	card->process_en = process->en;
	card->from = process->from;
	card->to = process->to;
	card->kind = process->external ? "external_service" : "internal_process";
	card->digital = text_equal(project->sphere, "digital") || generate_random_chance(random, 230);
	card->independent = generate_random_chance(random, 150 + opening->strength * 6 / 10);
	card->measured = generate_random_chance(random, closing->measured);
	card->monitored = generate_random_chance(random, 150 + closing->strength * 3 / 10);
	if (generate_random_chance(random, 250))
		card->effect_rub = generate_random_between(random, 5, 400) * 10000;
	decide_partners(context, random, project->opened, opening->strength, card);
	decide_measures(context, random, closing->strength, process, card);
	if (plan->hours_saved > 0)
		divide_hours(context, project->number, card);
}

static const struct generate_body *find_body(const struct generate_bodies *bodies, const char *id)
{
	for (size_t i = 0; i < bodies->count; i++) {
		if (text_equal(bodies->items[i].id, id))
			return &bodies->items[i];
	}
	ASSERT(!"a project of the table belongs to a body of the table");
	return NULL;
}

static void decide_fixed(const struct generate_project_context *context, struct generate_random *random,
                         struct generate_project *project, struct card *card)
{
	const struct generate_fixed_project *fixed = project->fixed;

	project->ru = fixed->ru;
	project->en = fixed->en;
	project->sphere = fixed->sphere;
	*card = (struct card){
		.owner = find_body(context->bodies, fixed->body), .kind = fixed->kind, .digital = fixed->digital,
		.independent = fixed->independent, .measured = true, .process_ru = fixed->process_ru,
		.process_en = fixed->process_en, .from = fixed->from, .to = fixed->to,
		.measures_count = fixed->measures_count,
	};
	for (size_t i = 0; i < fixed->measures_count; i++) {
		const struct generate_fixed_measure *measure = &fixed->measures[i];

		card->measures[i] = (struct measure){
			.indicator = measure->indicator, .unit = measure->unit, .base = measure->base,
			.target = measure->target, .actual = measure->actual, .cases = 0,
			.source = generate_words_source(random, measure->indicator),
		};
	}
}

/* --- telling it as events --- */

struct teller {
	struct generate_journal *journal;
	struct generate_random random;
	const struct generate_project *project;
	const struct card *card;
};

/* Every kind of event has its hour of the day, so that two on one day keep their order. */
static struct json_writer *begin(struct teller *teller, enum event_type type, int day, int hour)
{
	struct json_writer *data = generate_journal_begin(teller->journal, type, "project", teller->project->name, day,
	                                                  hour * HOUR + generate_random_below(&teller->random, HOUR));

	json_member_string(data, "project", teller->project->name);
	return data;
}

static void write_tenths(struct json_writer *data, const char *name, int tenths)
{
	char text[DECIMAL_TEXT_SIZE];

	json_member_string(data, name, decimal_format((decimal){.millionths = (int64_t)tenths * 100000}, text));
}

static void write_value(struct json_writer *data, const char *name, int tenths, int day)
{
	char date[CALENDAR_TEXT_SIZE];

	calendar_text(day, date);
	json_write_name(data, name);
	json_write_object(data);
	write_tenths(data, "value", tenths);
	json_member_string(data, "on", date);
	json_write_object_end(data);
}

static void tell_opened(struct teller *teller)
{
	const struct card *card = teller->card;
	struct json_writer *data = begin(teller, EVENT_PROJECT_OPENED, teller->project->opened, 7);
	char rub[24];

	generate_journal_text(teller->journal, "title", teller->project->ru, teller->project->en);
	json_member_string(data, "sphere", teller->project->sphere);
	json_write_name(data, "authorities");
	json_write_array(data);
	json_write_string(data, card->owner->id);
	for (size_t i = 0; i < card->partners_count; i++)
		json_write_string(data, card->partners[i]->id);
	json_write_array_end(data);
	json_member_string(data, "kind", card->kind);
	json_member_bool(data, "digital", card->digital);
	json_member_string(data, "support", card->independent ? "independent" : "partner");
	json_write_name(data, "process");
	json_write_object(data);
	generate_journal_text(teller->journal, "title", card->process_ru, card->process_en);
	json_member_string(data, "from", card->from);
	json_member_string(data, "to", card->to);
	json_write_object_end(data);
	if (card->effect_rub > 0) {
		(void)snprintf(rub, sizeof(rub), "%d", card->effect_rub);
		json_member_string(data, "planned_effect_rub", rub);
	}
	generate_journal_end(teller->journal);
}

static void tell_stage(struct teller *teller, int stage, int day)
{
	json_member_integer(begin(teller, EVENT_PROJECT_STAGE_STARTED, day, 8), "stage", stage);
	generate_journal_end(teller->journal);
}

static void tell_planned(struct teller *teller, const struct measure *measure, int day)
{
	struct json_writer *data = begin(teller, EVENT_INDICATOR_PLANNED, day, 9);

	json_member_string(data, "indicator", INDICATOR_CODES[measure->indicator]);
	json_member_string(data, "unit", measure->unit);
	write_value(data, "base", measure->base, day - 3);
	write_value(data, "target", measure->target, teller->project->closed);
	json_member_string(data, "method", measure->source->method);
	json_member_string(data, "origin", measure->source->origin);
	generate_journal_end(teller->journal);
}

static void tell_measured(struct teller *teller, const struct measure *measure, int value, int cases, int day)
{
	struct json_writer *data = begin(teller, EVENT_MEASUREMENT_RECORDED, day, 10);
	char date[CALENDAR_TEXT_SIZE];

	calendar_text(day, date);
	json_member_string(data, "indicator", INDICATOR_CODES[measure->indicator]);
	json_member_string(data, "unit", measure->unit);
	write_tenths(data, "value", value);
	json_member_string(data, "measured_on", date);
	if (cases > 0)
		json_member_integer(data, "observations", cases);
	generate_journal_end(teller->journal);
}

static bool reached_all(const struct card *card)
{
	for (size_t i = 0; i < card->measures_count; i++) {
		if (card->measures[i].actual > card->measures[i].target)
			return false;
	}
	return true;
}

static void tell_closed(struct teller *teller)
{
	(void)begin(teller, EVENT_PROJECT_CLOSED, teller->project->closed, 12);

	if (teller->card->measured && reached_all(teller->card))
		generate_journal_text(teller->journal, "summary", "Целевые показатели достигнуты, улучшения закреплены.",
		           "The targets were reached and the improvements made permanent.");
	else if (teller->card->measured)
		generate_journal_text(teller->journal, "summary", "Улучшения внедрены, целевые показатели достигнуты частично.",
		           "The improvements were made; the targets were reached in part.");
	generate_journal_end(teller->journal);
}

/* The measurement of that day, told as what it means. */
static void tell_check(struct teller *teller, const char *held, int day)
{
	struct json_writer *data = begin(teller, EVENT_PROJECT_MONITORING_CHECKED, day, 11);

	generate_journal_date(teller->journal, "checked_on", day);
	json_member_string(data, "held", held);
	json_member_bool(data, "final", text_equal(held, "held"));
	generate_journal_end(teller->journal);
}

/* The effect in money that the card promised, as it came out. */
static void tell_effect(struct teller *teller)
{
	char rub[24];
	int permille = generate_random_between(&teller->random, 700, 1150);
	struct json_writer *data = begin(teller, EVENT_EFFECT_DECLARED, teller->project->closed, 11);

	(void)snprintf(rub, sizeof(rub), "%d", teller->card->effect_rub / 1000 * permille);
	json_member_string(data, "indicator", "economic_effect");
	json_write_name(data, "figure");
	json_write_object(data);
	json_member_string(data, "way", "bound");
	json_member_string(data, "unit", "rub");
	json_member_string(data, "value", rub);
	json_member_string(data, "qualifier", "exact");
	json_write_object_end(data);
	generate_journal_date(teller->journal, "declared_on", teller->project->closed);
	json_member_string(data, "method", "сокращение трудозатрат на стоимость часа");
	json_member_string(data, "origin", "расчёт центра эффективности");
	generate_journal_end(teller->journal);
}

/* The first indicator is measured once more, some months later: it may have slipped a little or improved. */
static void tell_monitoring(struct teller *teller)
{
	const struct measure *first = &teller->card->measures[0];
	int grain = grain_of(first);
	int start = calendar_workday(teller->project->closed + generate_random_between(&teller->random, 10, 30));
	int check = calendar_workday(start + generate_random_between(&teller->random, 60, 120));
	int value = round_to(first->actual * generate_random_around(&teller->random, 1010, 70) / 1000, grain);

	tell_stage(teller, 5, start);
	tell_measured(teller, first, clamp(value, grain, first->base), 0, check);
	tell_check(teller, value <= first->actual || value <= first->target ? "held" : "partly", check);
}

/* Shares of the way from opening to closing, permille. */
static int part_way(struct teller *teller, int middle, int spread)
{
	const struct generate_project *project = teller->project;
	int share = generate_random_around(&teller->random, middle, spread);

	return calendar_workday(project->opened + (project->closed - project->opened) * share / 1000);
}

static void tell(struct teller *teller)
{
	const struct card *card = teller->card;
	const struct generate_project *project = teller->project;
	int planned, measured;

	tell_opened(teller);  /* the first stage begins with it */
	tell_stage(teller, 2, part_way(teller, 150, 40));
	planned = part_way(teller, 280, 50);
	for (size_t i = 0; i < card->measures_count; i++)
		tell_planned(teller, &card->measures[i], planned);
	tell_stage(teller, 3, part_way(teller, 400, 50));
	tell_stage(teller, 4, part_way(teller, 800, 40));
	measured = calendar_workday(project->closed - generate_random_between(&teller->random, 4, 12));
	for (size_t i = 0; card->measured && i < card->measures_count; i++)
		tell_measured(teller, &card->measures[i], card->measures[i].actual, card->measures[i].cases, measured);
	tell_closed(teller);
	if (card->measured && card->monitored)
		tell_monitoring(teller);
	if (card->measured && card->effect_rub > 0)
		tell_effect(teller);
}

void generate_project_make(const struct generate_project_context *context, struct generate_project *project)
{
	struct teller teller = {.journal = context->journal, .project = project};
	struct card card = {.owner = NULL};

	generate_random_init(&teller.random, context->seed, strtoul(context->region->oktmo, NULL, 10),
	                     GENERATE_TOPIC_PROJECT, project->number);
	(void)snprintf(project->name, sizeof(project->name), "P-%04u", project->number);
	if (project->fixed != NULL)
		decide_fixed(context, &teller.random, project, &card);
	else
		decide_drawn(context, &teller.random, project, &card);
	teller.card = &card;
	tell(&teller);
}
