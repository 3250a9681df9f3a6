#include "services/cli/cli_generate_governance.h"

#include <stdio.h>
#include <stdlib.h>

#define HOUR             3600
#define INSTRUCTIONS_MAX 3  /* after one meeting */

struct topic {
	const char *ru, *en;
};

static const struct topic TOPICS[] = {
	{"Ход проектов и проблемные вопросы", "Progress of projects and open questions"},
	{"Тиражирование лучших практик", "Replication of the best practices"},
	{"Обучение команд изменений", "Training of change teams"},
	{"Итоги полугодия", "Results of the half-year"},
};

static const struct topic INSTRUCTIONS[] = {
	{"Ускорить закрытие просроченных проектов", "Close the overdue projects sooner"},
	{"Представить план обучения сотрудников", "Present a plan of staff training"},
	{"Подготовить предложения о тиражировании практик", "Propose practices for replication"},
	{"Провести замеры по завершённым проектам", "Measure the results of completed projects"},
	{"Сформировать команду изменений", "Form a change team"},
};

/* Somewhere in the part of a year in which the region takes part; 0 when there is none. */
static int day_in(const struct generate_project_context *context, int year, int permille)
{
	int first = calendar_workday(calendar_day(context->plan->reported_on)) + 25;
	int from = calendar_day_of(year, 1, 20), to = calendar_day_of(year, 12, 10);

	from = from > first ? from : first;
	return from >= to ? 0 : calendar_workday(from + (to - from) * permille / 1000);
}

static struct json_writer *begin(const struct generate_project_context *context, enum event_type type, const char *kind,
                                 const char *name, int day, int hour)
{
	return generate_journal_begin(context->journal, type, kind, name, day, hour * HOUR);
}

/* --- meetings, and what is told to do there --- */

static void tell_instruction(const struct generate_project_context *context, struct generate_random *random, const char *meeting,
                             const char *name, int issued)
{
	const struct topic *what = &INSTRUCTIONS[generate_random_below(random, (int)ARRAY_COUNT(INSTRUCTIONS))];
	int due = calendar_workday(issued + generate_random_between(random, 20, 60));
	int done = calendar_workday(due + generate_random_around(random, -4, 16));
	struct json_writer *data = begin(context, EVENT_INSTRUCTION_ISSUED, "instruction", name, issued, 12);

	json_member_string(data, "instruction", name);
	generate_journal_text(context->journal, "title", what->ru, what->en);
	generate_journal_date(context->journal, "issued_on", issued);
	generate_journal_date(context->journal, "due_on", due);
	json_member_string(data, "issued_by", "governor");
	json_member_string(data, "authority", generate_bodies_any(context->bodies, random, issued)->id);
	json_member_string(data, "meeting", meeting);
	generate_journal_end(context->journal);
	if (done <= issued || generate_random_chance(random, 80))
		return; /* forgotten */
	data = begin(context, EVENT_INSTRUCTION_FULFILLED, "instruction", name, done, 15);
	json_member_string(data, "instruction", name);
	generate_journal_date(context->journal, "fulfilled_on", done);
	generate_journal_end(context->journal);
}

/* People make slips: the number of participants is corrected after some days, or a meeting is entered twice and one of the two withdrawn.
 * What is known in the end is the same. */
static void write_meeting(const struct generate_project_context *context, struct json_writer *data, const char *name, const char *level, int day,
                          const struct topic *topic, int participants)
{
	json_member_string(data, "meeting", name);
	json_member_string(data, "level", level);
	generate_journal_date(context->journal, "held_on", day);
	generate_journal_text(context->journal, "topic", topic->ru, topic->en);
	json_member_integer(data, "participants", participants);
}

struct meeting {
	const char *name, *level;
	int day, participants;
	const struct topic *topic;
};

static bool tell_meeting_as(const struct generate_project_context *context, const struct meeting *meeting, const char *name, int participants)
{
	struct json_writer *data = begin(context, EVENT_MEETING_HELD, "meeting", name, meeting->day, 11);

	write_meeting(context, data, name, meeting->level, meeting->day, meeting->topic, participants);
	return generate_journal_end(context->journal);
}

static void tell_meeting_with_slips(const struct generate_project_context *context, const struct meeting *meeting)
{
	struct generate_random slips;
	char again[32];

	generate_random_init(&slips, context->seed, strtoul(context->region->oktmo, NULL, 10), GENERATE_TOPIC_SLIPS, (uint64_t)meeting->day);
	bool wrong = generate_random_chance(&slips, 80);
	bool twice = generate_random_chance(&slips, 40);
	int days = generate_random_between(&slips, 1, 20);
	bool told = tell_meeting_as(context, meeting, meeting->name, wrong ? meeting->participants * 10 : meeting->participants);

	if (told && wrong) {
		write_meeting(context, generate_journal_correct(context->journal, days), meeting->name, meeting->level, meeting->day, meeting->topic,
		              meeting->participants);
		(void)generate_journal_end(context->journal);
	}
	(void)snprintf(again, sizeof(again), "%s-2", meeting->name);
	if (twice && tell_meeting_as(context, meeting, again, meeting->participants))
		generate_journal_withdraw(context->journal, days);
}

static void tell_meeting(const struct generate_project_context *context, struct generate_random *random, int year, int turn)
{
	const struct topic *topic = &TOPICS[generate_random_below(random, (int)ARRAY_COUNT(TOPICS))];
	int day = day_in(context, year, 250 + turn * 450 + generate_random_below(random, 100));
	int instructions = generate_random_between(random, 1, INSTRUCTIONS_MAX);
	char name[24], instruction[32];

	if (day == 0)
		return;
	(void)snprintf(name, sizeof(name), "M-%04d-%d", year, turn + 1);
	const struct meeting meeting = {.name = name, .level = turn == 0 ? "governor" : "committee", .day = day, .topic = topic,
	                                .participants = generate_random_between(random, 8, 45)};
	tell_meeting_with_slips(context, &meeting);
	for (int i = 0; i < instructions; i++) {
		(void)snprintf(instruction, sizeof(instruction), "I-%04d-%d-%d", year, turn + 1, i + 1);
		tell_instruction(context, random, name, instruction, day);
	}
}

/* --- who answers, and where --- */

static void tell_role(const struct generate_project_context *context, const char *id, const char *role, const char *authority, int day)
{
	struct json_writer *data = begin(context, EVENT_ROLE_ASSIGNED, "role", id, day, 7);

	json_member_string(data, "role_id", id);
	json_member_string(data, "role", role);
	json_member_string(data, "person", id);
	generate_journal_date(context->journal, "since", day);
	if (authority != NULL)
		json_member_string(data, "authority", authority);
	generate_journal_end(context->journal);
}

static void tell_centre(const struct generate_project_context *context, int day)
{
	struct json_writer *data = begin(context, EVENT_CENTRE_OPENED, "centre", "CE-1", day, 8);

	json_member_string(data, "centre", "CE-1");
	generate_journal_text(context->journal, "title", "Центр эффективности", "Centre of efficiency");
	generate_journal_date(context->journal, "opened_on", day);
	json_member_string(data, "precision", "day");
	generate_journal_end(context->journal);
}

static void tell_training_centre(const struct generate_project_context *context, int number, int day)
{
	char name[16];

	(void)snprintf(name, sizeof(name), "TC-%d", number);
	struct json_writer *data = begin(context, EVENT_TRAINING_CENTRE_OPENED, "training-centre", name, day, 8);
	json_member_string(data, "training_centre", name);
	generate_journal_text(context->journal, "title", "Фабрика процессов", "Process factory");
	generate_journal_date(context->journal, "opened_on", day);
	json_member_string(data, "precision", "day");
	generate_journal_end(context->journal);
}

static void tell_places(const struct generate_project_context *context, struct generate_random *random)
{
	int first = calendar_year(calendar_day(context->plan->reported_on));
	int day = day_in(context, first, 100) != 0 ? day_in(context, first, 100) : day_in(context, first + 1, 100);

	tell_role(context, "curator", "curator", NULL, day);
	tell_role(context, "deputy-1", "responsible_deputy", generate_bodies_any(context->bodies, random, day)->id, day);
	tell_centre(context, calendar_workday(day + 30));
	for (int i = 0; i < context->plan->training_centres; i++) {
		int year = first + 1 + i / 2;
		tell_training_centre(context, i + 1, day_in(context, year > GENERATE_YEAR_LAST ? GENERATE_YEAR_LAST : year, 200 + i % 2 * 400));
	}
}

/* --- contests and bonuses --- */

static void tell_contest(const struct generate_project_context *context, int year, int place)
{
	int day = day_in(context, year, 500);
	char name[16];

	if (day == 0)
		return;
	(void)snprintf(name, sizeof(name), "C-%04d", year);
	struct json_writer *data = begin(context, EVENT_CONTEST_RESULT, "contest", name, day, 14);
	json_member_string(data, "contest", name);
	generate_journal_text(context->journal, "title", "Лучшая региональная команда", "The best regional team");
	generate_journal_date(context->journal, "held_on", day);
	json_member_integer(data, "place", place);
	json_member_integer(data, "entrants", 48);
	generate_journal_end(context->journal);
}

static void tell_scheme(const struct generate_project_context *context, int day)
{
	struct json_writer *data = begin(context, EVENT_BONUS_SCHEME_ADOPTED, "bonus-scheme", "B-1", day, 9);

	json_member_string(data, "scheme", "B-1");
	generate_journal_text(context->journal, "title", "Премирование команд изменений", "Bonuses for change teams");
	generate_journal_date(context->journal, "adopted_on", day);
	generate_journal_end(context->journal);
}

static void tell_bonus(const struct generate_project_context *context, int year, int people)
{
	int day = day_in(context, year, 980);
	char name[16];

	(void)snprintf(name, sizeof(name), "BA-%04d", year);
	struct json_writer *data = begin(context, EVENT_BONUS_AWARDED, "bonus", name, day, 16);
	json_member_string(data, "bonus", name);
	json_member_string(data, "scheme", "B-1");
	generate_journal_date(context->journal, "awarded_on", day);
	json_member_integer(data, "people", people);
	generate_journal_end(context->journal);
}

static void tell_bonuses(const struct generate_project_context *context, struct generate_random *random)
{
	int adopted = calendar_year(calendar_day(context->plan->reported_on)) + 1;

	if (!generate_random_chance(random, 600) || adopted > GENERATE_YEAR_LAST)
		return;
	tell_scheme(context, day_in(context, adopted, 450));
	for (int year = adopted; year <= GENERATE_YEAR_LAST; year++)
		tell_bonus(context, year, generate_random_between(random, 6, 60));
}

/* --- the Club --- */

static void tell_club(const struct generate_project_context *context)
{
	int joined = calendar_workday(calendar_day(context->plan->club));

	if (context->plan->club == 0)
		return;
	struct json_writer *data = begin(context, EVENT_CLUB_JOINED, NULL, NULL, joined, 10);
	generate_journal_date(context->journal, "joined_on", joined);
	json_member_string(data, "precision", "day");
	generate_journal_end(context->journal);
}

static void tell_handing(const struct generate_project_context *context, enum event_type type, int day, int hour)
{
	struct json_writer *data = begin(context, type, NULL, NULL, day, hour);

	json_member_string(data, "from_region", context->plan->chair_from);
	json_member_string(data, "to_region", context->plan->region);
	generate_journal_date(context->journal, "on", day);
	json_member_string(data, "session", "S-1");
	generate_journal_end(context->journal);
}

/* The chair's turn and the cup, at a session of the Club. */
static void tell_chair(const struct generate_project_context *context)
{
	int day = calendar_day(context->plan->chair_on);

	if (context->plan->chair_from == NULL)
		return;
	struct json_writer *data = begin(context, EVENT_CLUB_SESSION_HELD, "club-session", "S-1", day, 9);
	json_member_string(data, "session", "S-1");
	generate_journal_date(context->journal, "held_on", day);
	json_member_integer(data, "regions_present", context->plan->chair_witnesses);
	generate_journal_end(context->journal);
	tell_handing(context, EVENT_CHAIR_TRANSFERRED, day, 12);
	tell_handing(context, EVENT_CUP_HANDED_OVER, day, 13);
}

/* --- what is said in public --- */

static void tell_declared(const struct generate_project_context *context)
{
	for (size_t i = 0; i < context->plan->declared_count; i++) {
		const struct generate_declared *declared = &context->plan->declared[i];
		int day = calendar_day(declared->as_of);
		char value[24];
		struct json_writer *data = begin(context, EVENT_AGGREGATE_DECLARED, NULL, NULL, day, 17);

		(void)snprintf(value, sizeof(value), "%d", declared->value);
		json_member_string(data, "what", declared->what);
		generate_journal_date(context->journal, "as_of", day);
		json_member_string(data, "precision", "day");
		json_write_name(data, "amount");
		json_write_object(data);
		json_member_string(data, "value", value);
		json_member_string(data, "qualifier", declared->qualifier);
		json_write_object_end(data);
		generate_journal_end(context->journal);
	}
}

void generate_governance_make(const struct generate_project_context *context)
{
	const struct generate_plan *plan = context->plan;
	struct generate_random random;

	generate_random_init(&random, context->seed, strtoul(context->region->oktmo, NULL, 10), GENERATE_TOPIC_GOVERNANCE, 0);
	tell_places(context, &random);
	tell_club(context);
	tell_chair(context);
	tell_declared(context);
	tell_bonuses(context, &random);
	for (int year = calendar_year(calendar_day(plan->reported_on)); year <= GENERATE_YEAR_LAST; year++) {
		tell_meeting(context, &random, year, 0);
		tell_meeting(context, &random, year, 1);
		if (generate_random_chance(&random, 300) && plan->contest_place == 0)
			tell_contest(context, year, generate_random_between(&random, 6, 48));
	}
	if (plan->contest_place > 0)
		tell_contest(context, plan->contest_year, plan->contest_place);
}
