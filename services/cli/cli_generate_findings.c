#include "services/cli/cli_generate_findings.h"

#include <stdio.h>
#include <stdlib.h>

#define HOUR 3600

struct finding {
	const char *code;     /* severity, likelihood or kind */
	const char *ru, *en;
};

static const struct finding PROBLEMS[] = {
	{"high", "Нет доступа к данным ведомственной системы", "No access to the data of the department's system"},
	{"medium", "Согласующие не соблюдают сроки", "Those who approve do not keep the time limits"},
	{"medium", "Не хватает подготовленных сотрудников", "There are too few trained people"},
	{"low", "Замеры ведутся вручную", "Measurements are taken by hand"},
};

static const struct finding RISKS[] = {
	{"medium", "Изменение нормативного акта остановит внедрение", "A change of regulation stops the implementation"},
	{"low", "Смена руководителя проекта", "The project's lead changes"},
	{"high", "Поставка оборудования задержится", "Equipment comes late"},
};

static const struct finding LOSSES[] = {
	{"waiting", "Ожидание ответа смежного ведомства", "Waiting for the answer of another department"},
	{"rework", "Возврат документов из-за ошибок в форме", "Documents come back because of errors in a form"},
	{"motion", "Лишние перемещения между кабинетами", "Needless walks between offices"},
	{"overprocessing", "Повторный ввод одних и тех же данных", "The same data are entered again"},
};

static const struct finding LESSONS[] = {
	{"", "Замеры до начала проекта экономят месяц споров", "Measuring before the start saves a month of argument"},
	{"", "Чек-лист для заявителя убирает большинство возвратов", "A checklist for applicants removes most returns"},
	{"", "Согласующих нужно звать на картирование", "Those who approve must take part in mapping"},
};

/* Practices of regions with published figures, which the others know and take over. */
static const struct {
	const char *region, *practice;
	int known_from;   /* year */
} KNOWN[] = {
	{"60000000", "PR-001", 2021}, {"20000000", "PR-001", 2022}, {"60000000", "PR-004", 2022},
	{"27000000", "PR-002", 2023}, {"40000000", "PR-003", 2023}, {"20000000", "PR-005", 2024}, {"71000000", "PR-003", 2024},
};

struct teller {
	const struct generate_project_context *context;
	struct generate_random random;
	unsigned count;       /* of findings of the region, for their names */
};

static struct json_writer *begin(struct teller *teller, enum event_type type, const char *kind, const char *name, int day, int hour)
{
	struct json_writer *data = generate_journal_begin(teller->context->journal, type, kind, name, day,
	                                                  hour * HOUR + generate_random_below(&teller->random, HOUR));
	json_member_string(data, kind, name);
	return data;
}

static const struct finding *draw(struct teller *teller, const struct finding *findings, size_t count)
{
	return &findings[generate_random_below(&teller->random, (int)count)];
}

static void name_next(struct teller *teller, const char *prefix, char name[24])
{
	(void)snprintf(name, 24, "%s-%03u", prefix, ++teller->count);
}

static void tell_problem(struct teller *teller, const struct generate_project *project, int day)
{
	const struct finding *what = draw(teller, PROBLEMS, ARRAY_COUNT(PROBLEMS));
	char name[24];

	name_next(teller, "PB", name);
	struct json_writer *data = begin(teller, EVENT_PROBLEM_RAISED, "problem", name, day, 9);
	generate_journal_text(teller->context->journal, "title", what->ru, what->en);
	json_member_string(data, "severity", what->code);
	json_member_string(data, "project", project->name);
	generate_journal_end(teller->context->journal);
	if (!generate_random_chance(&teller->random, 700))
		return;
	data = begin(teller, EVENT_PROBLEM_RESOLVED, "problem", name, calendar_workday(day + generate_random_between(&teller->random, 15, 90)), 15);
	json_member_string(data, "outcome", generate_random_chance(&teller->random, 800) ? "resolved" : "workaround");
	generate_journal_end(teller->context->journal);
}

static void tell_risk(struct teller *teller, const struct generate_project *project, int day)
{
	const struct finding *what = draw(teller, RISKS, ARRAY_COUNT(RISKS));
	char name[24];

	name_next(teller, "RK", name);
	struct json_writer *data = begin(teller, EVENT_RISK_RAISED, "risk", name, day, 10);
	json_member_string(data, "project", project->name);
	generate_journal_text(teller->context->journal, "title", what->ru, what->en);
	json_member_string(data, "likelihood", what->code);
	generate_journal_end(teller->context->journal);
}

static void tell_loss(struct teller *teller, const struct generate_project *project, int day)
{
	const struct finding *what = draw(teller, LOSSES, ARRAY_COUNT(LOSSES));
	char name[24];

	name_next(teller, "LS", name);
	struct json_writer *data = begin(teller, EVENT_LOSS_FOUND, "loss", name, day, 11);
	json_member_string(data, "project", project->name);
	json_member_string(data, "kind", what->code);
	generate_journal_text(teller->context->journal, "title", what->ru, what->en);
	json_member_bool(data, "removed", generate_random_chance(&teller->random, 650));
	generate_journal_end(teller->context->journal);
}

static void tell_lesson(struct teller *teller, const struct generate_project *project, int day)
{
	const struct finding *what = draw(teller, LESSONS, ARRAY_COUNT(LESSONS));
	char name[24];

	name_next(teller, "LN", name);
	struct json_writer *data = begin(teller, EVENT_LESSON_RECORDED, "lesson", name, day, 13);
	json_member_string(data, "project", project->name);
	generate_journal_text(teller->context->journal, "title", what->ru, what->en);
	json_member_string(data, "sphere", project->sphere);
	generate_journal_end(teller->context->journal);
}

static void tell_survey(struct teller *teller, const struct generate_project *project, int day)
{
	int before = generate_random_between(&teller->random, 52, 76);
	int value = before + generate_random_between(&teller->random, 1, 17);
	char name[24], text[8];

	name_next(teller, "SV", name);
	struct json_writer *data = begin(teller, EVENT_SURVEY_COMPLETED, "survey", name, day, 14);
	json_member_string(data, "topic", "satisfaction");
	json_member_string(data, "group", generate_random_chance(&teller->random, 700) ? "citizens" : "staff");
	generate_journal_date(teller->context->journal, "completed_on", day);
	json_member_integer(data, "respondents", generate_random_between(&teller->random, 40, 900));
	json_member_string(data, "unit", "percent");
	(void)snprintf(text, sizeof(text), "%d", value);
	json_member_string(data, "value", text);
	(void)snprintf(text, sizeof(text), "%d", before);
	json_member_string(data, "before", text);
	json_member_string(data, "project", project->name);
	generate_journal_end(teller->context->journal);
}

static void tell_standard(struct teller *teller, const struct generate_project *project, int day)
{
	char name[24];

	name_next(teller, "ST", name);
	struct json_writer *data = begin(teller, EVENT_STANDARD_ADOPTED, "standard", name, day, 15);
	generate_journal_text(teller->context->journal, "title", "Стандарт улучшенного процесса", "Standard of the improved process");
	json_member_string(data, "sphere", project->sphere);
	generate_journal_date(teller->context->journal, "adopted_on", day);
	json_member_string(data, "project", project->name);
	generate_journal_end(teller->context->journal);
}

/* Around a project that closed in the year: while it ran, and after it. */
static void tell_about(struct teller *teller, const struct generate_project *project)
{
	struct generate_random *random = &teller->random;
	int middle = calendar_workday((project->opened + project->closed) / 2);
	int after = calendar_workday(project->closed + generate_random_between(random, 2, 15));

	if (generate_random_chance(random, 500))
		tell_problem(teller, project, middle);
	if (generate_random_chance(random, 300))
		tell_risk(teller, project, calendar_workday(project->opened + 10));
	if (generate_random_chance(random, 500))
		tell_loss(teller, project, middle);
	if (generate_random_chance(random, 500))
		tell_lesson(teller, project, after);
	if (generate_random_chance(random, 350))
		tell_survey(teller, project, after);
	if (generate_random_chance(random, 200))
		tell_standard(teller, project, after);
}

/* --- taken over from elsewhere --- */

static struct json_writer *begin_step(struct teller *teller, enum event_type type, const char *name, size_t known, int day)
{
	struct json_writer *data = begin(teller, type, "replication", name, day, 12);

	json_member_string(data, "practice", KNOWN[known].practice);
	json_member_string(data, "from_region", KNOWN[known].region);
	return data;
}

static void tell_replication(struct teller *teller, size_t known, int year)
{
	struct generate_random *random = &teller->random;
	int requested = calendar_workday(calendar_day_of(year, 2, 15) + generate_random_below(random, 120));
	int adopted = calendar_workday(requested + generate_random_between(random, 40, 130));
	const struct generate_body *body = generate_bodies_any(teller->context->bodies, random, requested);
	char name[24];

	name_next(teller, "RP", name);
	struct json_writer *data = begin_step(teller, EVENT_REPLICATION_REQUESTED, name, known, requested);
	json_member_string(data, "authority", body->id);
	generate_journal_end(teller->context->journal);
	if (generate_random_chance(random, 300))
		return;
	data = begin_step(teller, EVENT_REPLICATION_ADOPTED, name, known, adopted);
	json_member_string(data, "authority", body->id);
	json_member_string(data, "sphere", body->sphere);
	generate_journal_date(teller->context->journal, "adopted_on", adopted);
	generate_journal_end(teller->context->journal);
	if (generate_random_chance(random, 400))
		return;
	int confirmed = calendar_workday(adopted + 90);
	data = begin_step(teller, EVENT_REPLICATION_CONFIRMED, name, known, confirmed);
	generate_journal_date(teller->context->journal, "confirmed_on", confirmed);
	json_member_string(data, "effect", generate_random_chance(random, 700) ? "as_in_source" : "less");
	generate_journal_end(teller->context->journal);
}

static void take_over(struct teller *teller, int year)
{
	size_t known = (size_t)generate_random_below(&teller->random, (int)ARRAY_COUNT(KNOWN));
	bool wanted = generate_random_chance(&teller->random, 550);

	if (wanted && KNOWN[known].known_from < year && !text_equal(KNOWN[known].region, teller->context->region->oktmo))
		tell_replication(teller, known, year);
}

void generate_findings_make(const struct generate_project_context *context, const struct generate_project *projects)
{
	struct teller teller = {.context = context};
	int first = calendar_year(calendar_day(context->plan->reported_on));

	generate_random_init(&teller.random, context->seed, strtoul(context->region->oktmo, NULL, 10), GENERATE_TOPIC_FINDINGS, 0);
	/* Not of every project does anybody write more than its figures. */
	for (size_t i = 0; i < context->projects; i++) {
		if (generate_random_chance(&teller.random, 120))
			tell_about(&teller, &projects[i]);
	}
	for (int year = first + 1; year <= GENERATE_YEAR_LAST; year++)
		take_over(&teller, year);
}
