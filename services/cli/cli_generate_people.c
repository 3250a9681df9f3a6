#include "services/cli/cli_generate_people.h"

#include "services/cli/cli_generate_words.h"

#include <stdio.h>
#include <stdlib.h>

#define HOUR         3600
#define GROUP_PEOPLE 45  /* in a training, about */
#define GROUPS_MAX   12  /* in a year */

static void start(struct generate_random *random, const struct generate_region *region, uint64_t seed,
                  enum generate_topic topic, int year)
{
	generate_random_init(random, seed, strtoul(region->oktmo, NULL, 10), topic, (uint64_t)year);
}

void generate_people_joining(const struct generate_plan *plan, struct generate_journal *journal)
{
	struct json_writer *data = generate_journal_begin(journal, EVENT_REGION_JOINED, NULL, NULL,
	                                                  calendar_workday(calendar_day(plan->reported_on)), 5 * HOUR);

	generate_journal_date(journal, "joined_on", calendar_day(plan->joined_on));
	json_member_string(data, "precision", plan->precision);
	generate_journal_end(journal);
}

void generate_people_headcount(const struct generate_plan *plan, const struct generate_region *region, uint64_t seed,
                               struct generate_journal *journal)
{
	int first_day = calendar_workday(calendar_day(plan->reported_on));
	int servants = plan->servants;

	for (int year = calendar_year(first_day); year <= GENERATE_YEAR_LAST; year++) {
		struct generate_random random;
		int as_of = calendar_day_of(year, 1, 1);
		int day = calendar_workday(as_of + 20);

		start(&random, region, seed, GENERATE_TOPIC_PEOPLE, year);
		if (day <= first_day)
			day = calendar_workday(first_day + 1);
		struct json_writer *data = generate_journal_begin(journal, EVENT_HEADCOUNT_REPORTED, NULL, NULL, day, 6 * HOUR);
		generate_journal_date(journal, "as_of", as_of);
		json_member_integer(data, "civil_servants", servants);
		generate_journal_end(journal);
		servants += servants * generate_random_between(&random, -15, 12) / 1000;
	}
}

/* --- change teams and mentors --- */

static void tell_team(const struct generate_project_context *context, struct generate_random *random, const struct generate_body *body)
{
	int day = calendar_workday(body->registered + generate_random_between(random, 20, 200));
	int people = generate_random_between(random, 4, 12);
	char name[48];

	(void)snprintf(name, sizeof(name), "TM-%s", body->id);
	struct json_writer *data = generate_journal_begin(context->journal, EVENT_TEAM_FORMED, "team", name, day, 9 * HOUR);
	json_member_string(data, "team", name);
	json_member_string(data, "authority", body->id);
	json_member_integer(data, "people", people);
	json_member_integer(data, "leaders", generate_random_between(random, 1, 2));
	generate_journal_date(context->journal, "formed_on", day);
	generate_journal_end(context->journal);
}

static void tell_mentor(const struct generate_project_context *context, struct generate_random *random, int number, int day)
{
	static const char *const levels[] = {"leader", "expert", "trainer"};
	int started = calendar_workday(day + 30);
	char mentor[16], mentorship[16];

	(void)snprintf(mentor, sizeof(mentor), "MT-%d", number);
	(void)snprintf(mentorship, sizeof(mentorship), "MS-%d", number);
	struct json_writer *data = generate_journal_begin(context->journal, EVENT_MENTOR_APPOINTED, "mentor", mentor, day, 9 * HOUR);
	json_member_string(data, "mentor", mentor);
	generate_journal_date(context->journal, "appointed_on", day);
	json_member_string(data, "level", levels[generate_random_below(random, (int)ARRAY_COUNT(levels))]);
	generate_journal_end(context->journal);
	data = generate_journal_begin(context->journal, EVENT_MENTORSHIP_STARTED, "mentorship", mentorship, started, 10 * HOUR);
	json_member_string(data, "mentorship", mentorship);
	json_member_string(data, "mentor", mentor);
	json_member_string(data, "mentored", "authority");
	json_member_string(data, "authority", generate_bodies_any(context->bodies, random, started)->id);
	generate_journal_date(context->journal, "started_on", started);
	generate_journal_end(context->journal);
}

void generate_people_teams(const struct generate_project_context *context)
{
	struct generate_random random;
	int joined = calendar_workday(calendar_day(context->plan->reported_on));
	int mentors;

	start(&random, context->region, context->seed, GENERATE_TOPIC_TEAMS, 0);
	mentors = generate_random_between(&random, 2, 4);
	for (size_t i = 0; i < context->bodies->count; i++) {
		if (generate_random_chance(&random, 250))
			tell_team(context, &random, &context->bodies->items[i]);
	}
	for (int i = 0; i < mentors; i++)
		tell_mentor(context, &random, i + 1, calendar_workday(joined + 200 + i * 90));
}

/* --- trainings and practices --- */

/* Mostly what was planned comes about; now and then fewer come. */
static void tell_training_plan(struct generate_journal *journal, const struct generate_course *course, const char *name, int day, int people)
{
	struct json_writer *data = generate_journal_begin(journal, EVENT_TRAINING_PLANNED, "training", name, day - 15, 10 * HOUR);

	json_member_string(data, "training", name);
	generate_journal_text(journal, "course", course->ru, course->en);
	generate_journal_date(journal, "planned_on", day);
	json_member_integer(data, "people", people);
	json_member_string(data, "provider", course->provider);
	generate_journal_end(journal);
}

static void tell_training(struct generate_random *random, struct generate_journal *journal, const char *name, int day,
                          int people, int strength)
{
	const struct generate_course *course = generate_words_course(random);
	int nps = generate_random_around(random, 20 + strength * 6 / 100, 18);
	/* The systems of the regions went over to the second version with the year 2025. */
	bool newer = calendar_year(day) >= 2025;
	struct json_writer *data = generate_journal_begin(journal, newer ? EVENT_TRAINING_COMPLETED : EVENT_TRAINING_COMPLETED_V1, "training",
	                                                  name, day, 11 * HOUR + generate_random_below(random, HOUR));

	json_member_string(data, "training", name);
	generate_journal_text(journal, "course", course->ru, course->en);
	json_member_string(data, "provider", course->provider);
	generate_journal_date(journal, "completed_on", day);
	json_member_integer(data, "people", people);
	if (newer)
		json_member_integer(data, "civil_servants", people - people * (day % 4) / 12);
	json_member_integer(data, "nps", nps > 100 ? 100 : nps);
	generate_journal_end(journal);
	tell_training_plan(journal, course, name, day, people + people * (100 - strength / 10) / 500);
}

/* A year's people, divided into groups whose sum is exactly the plan's. */
static void train_year(const struct generate_plan *plan, const struct generate_region *region, uint64_t seed, int year,
                       struct generate_journal *journal)
{
	struct generate_random random;
	const struct generate_year *knobs = &plan->years[year - GENERATE_YEAR_FIRST];
	int joined = calendar_workday(calendar_day(plan->reported_on));
	int from = calendar_day_of(year, 1, 25), to = calendar_day_of(year, 12, 12);
	int groups = knobs->trained / GROUP_PEOPLE + 1;
	int left = knobs->trained;

	start(&random, region, seed, GENERATE_TOPIC_PEOPLE, year + 10000);
	groups = groups > GROUPS_MAX ? GROUPS_MAX : groups;
	from = from > joined + 20 ? from : joined + 20;
	for (int i = 0; i < groups && left > 0; i++) {
		int people = i == groups - 1 ? left : left / (groups - i) * generate_random_between(&random, 70, 130) / 100;
		int slot = (to - from) / groups;
		int day = calendar_workday(from + slot * i + generate_random_below(&random, slot > 0 ? slot : 1));
		char name[32];

		if (people <= 0)
			continue;
		(void)snprintf(name, sizeof(name), "T-%04d-%02d", year, i + 1);
		tell_training(&random, journal, name, day, people, knobs->strength);
		left -= people;
	}
}

void generate_people_trainings(const struct generate_plan *plan, const struct generate_region *region, uint64_t seed,
                               struct generate_journal *journal)
{
	for (int year = GENERATE_YEAR_FIRST; year <= GENERATE_YEAR_LAST; year++)
		train_year(plan, region, seed, year, journal);
}

/* Some weeks before it goes onto the platform. */
static void tell_registered(struct generate_journal *journal, const struct generate_project *project, const char *name, int day)
{
	struct json_writer *data = generate_journal_begin(journal, EVENT_PRACTICE_REGISTERED, "practice", name, calendar_workday(day - 18), 12 * HOUR);

	json_member_string(data, "practice", name);
	generate_journal_text(journal, "title", project->ru, project->en);
	json_member_string(data, "sphere", project->sphere);
	json_member_string(data, "project", project->name);
	json_write_name(data, "improves");
	json_write_array(data);
	json_write_string(data, "lead_time");
	json_write_array_end(data);
	generate_journal_end(journal);
}

static void tell_practice(struct generate_random *random, struct generate_journal *journal,
                          const struct generate_project *project, unsigned number, int day)
{
	char name[24];

	(void)snprintf(name, sizeof(name), "PR-%03u", number);
	tell_registered(journal, project, name, day);
	struct json_writer *data = generate_journal_begin(journal, EVENT_PRACTICE_PUBLISHED, "practice", name, day,
	                                                  13 * HOUR + generate_random_below(random, HOUR));
	json_member_string(data, "practice", name);
	generate_journal_text(journal, "title", project->ru, project->en);
	json_member_string(data, "sphere", project->sphere);
	json_member_string(data, "project", project->name);
	json_member_string(data, "platform", "smarteka");
	generate_journal_end(journal);
}

/* A project that closed 20 days before `day` or earlier and has no practice yet; NULL when there is none. The
 * search begins anywhere and goes round once. */
static const struct generate_project *find_source(struct generate_random *random,
                                                  const struct generate_project *projects, size_t count, bool *used,
                                                  int day)
{
	size_t at = (size_t)generate_random_below(random, (int)count);

	for (size_t tried = 0; tried < count; tried++, at = (at + 1) % count) {
		if (!used[at] && projects[at].closed + 20 <= day) {
			used[at] = true;
			return &projects[at];
		}
	}
	return NULL;
}

void generate_people_practices(const struct generate_plan *plan, const struct generate_region *region, uint64_t seed,
                               const struct generate_project *projects, size_t projects_count,
                               struct generate_journal *journal)
{
	bool used[GENERATE_PROJECTS_MAX] = {false};
	unsigned number = 0;

	for (int year = GENERATE_YEAR_FIRST; projects_count > 0 && year <= GENERATE_YEAR_LAST; year++) {
		struct generate_random random;
		int practices = plan->years[year - GENERATE_YEAR_FIRST].practices;

		start(&random, region, seed, GENERATE_TOPIC_PRACTICE, year);
		for (int i = 0; i < practices; i++) {
			/* In the second half of the year, one after the other. */
			int day = calendar_workday(calendar_day_of(year, 7, 1) + 160 * (i + 1) / (practices + 1));
			const struct generate_project *project = find_source(&random, projects, projects_count, used, day);

			if (project != NULL)
				tell_practice(&random, journal, project, ++number, day);
		}
	}
}
