/* People: training planned and done, change teams, mentors, centres, roles. People are opaque references: none is named. */
#include "services/cli/cli_report_view.h"

static void add_trainings(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "trainings", cli_text(view->lang, "Training", "Обучение"), 20);
	size_t at = 0;
	report_column_add(table, "course", cli_text(view->lang, "course", "курс"), false);
	report_column_add(table, "provider", cli_text(view->lang, "by whom", "кто обучал"), false);
	report_column_add(table, "completed", cli_text(view->lang, "completed", "завершено"), false);
	report_column_add(table, "plan", cli_text(view->lang, "plan, people", "план, человек"), true);
	report_column_add(table, "people", cli_text(view->lang, "fact, people", "факт, человек"), true);
	report_column_add(table, "nps", "NPS", true);
	for (const struct report_entity *training; (training = report_next(view, ENTITY_TRAINING, &at)) != NULL;) {
		const struct report_entity *plan = report_find(view, ENTITY_TRAINING_PLAN, training->id);
		const char *cells[] = {
			report_title(view, training, "course"), report_attribute(training, "provider"), report_day(view, training, "completed_on"),
			plan == NULL ? "—" : report_count_text(view, report_count_of(plan, "people")), report_count_text(view, report_count_of(training, "people")),
			json_find(training->attributes, "nps") == NULL ? "—" : report_count_text(view, report_count_of(training, "nps")),
		};
		if (report_within(view, report_attribute(training, "completed_on")))
			report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

/* Planned for the period and not done by its end. */
static void add_missed(struct report_view *view, struct report_section *section)
{
	int64_t groups = 0, people = 0;
	size_t at = 0;
	for (const struct report_entity *plan; (plan = report_next(view, ENTITY_TRAINING_PLAN, &at)) != NULL;) {
		const struct report_entity *done = report_find(view, ENTITY_TRAINING, plan->id);
		if (!report_within(view, report_attribute(plan, "planned_on")) || (done != NULL && report_by_end(view, report_attribute(done, "completed_on"))))
			continue;
		groups++;
		people += report_count_of(plan, "people");
	}
	if (groups > 0)
		report_note_add(view->document, section, REPORT_MARK_ATTENTION,
		                arena_printf(view->arena, cli_text(view->lang, "Planned and not done by the end of the period: %s trainings of %s people.",
		                                                   "Запланировано, но не проведено к концу периода: групп — %s, человек в них — %s."),
		                             report_count_text(view, groups), report_count_text(view, people)));
}

static void add_mentorships(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "mentorships", cli_text(view->lang, "Mentor pairs", "Наставнические пары"), 20);
	size_t at = 0;
	report_column_add(table, "mentor", cli_text(view->lang, "mentor", "наставник"), false);
	report_column_add(table, "level", cli_text(view->lang, "level", "уровень"), false);
	report_column_add(table, "mentored", cli_text(view->lang, "whom", "кого ведёт"), false);
	report_column_add(table, "started", cli_text(view->lang, "since", "с какой даты"), false);
	for (const struct report_entity *pair; (pair = report_next(view, ENTITY_MENTORSHIP, &at)) != NULL;) {
		const char *id = report_attribute(pair, "mentor"), *region = report_attribute(pair, "region"), *authority = report_attribute(pair, "authority");
		const struct report_entity *mentor = id == NULL ? NULL : report_find(view, ENTITY_MENTOR, id);
		const char *level = mentor == NULL ? NULL : report_attribute(mentor, "level");
		const char *person = report_attribute(pair, "person");
		const char *cells[] = {
			id, level == NULL ? "" : report_word(REPORT_WORDS_MENTOR, level, view->lang),
			region != NULL ? report_region_name(view, region) : authority != NULL ? report_authority_name(view, authority) : person,
			report_day(view, pair, "started_on"),
		};
		if (report_by_end(view, report_attribute(pair, "started_on")))
			report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

static void add_roles(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "roles", cli_text(view->lang, "Roles", "Роли"), 20);
	size_t at = 0;
	report_column_add(table, "role", cli_text(view->lang, "role", "роль"), false);
	report_column_add(table, "authority", cli_text(view->lang, "where", "где"), false);
	report_column_add(table, "person", cli_text(view->lang, "who (reference)", "кто (условный код)"), false);
	report_column_add(table, "since", cli_text(view->lang, "since", "с какой даты"), false);
	for (const struct report_entity *role; (role = report_next(view, ENTITY_ROLE, &at)) != NULL;) {
		const char *code = report_attribute(role, "role"), *authority = report_attribute(role, "authority"), *until = report_attribute(role, "until");
		const char *cells[] = {
			code == NULL ? "" : report_word(REPORT_WORDS_ROLE, code, view->lang),
			authority == NULL ? cli_text(view->lang, "the whole region", "весь регион") : report_authority_name(view, authority),
			report_attribute(role, "person"), report_day(view, role, "since"),
		};
		if (report_by_end(view, report_attribute(role, "since")) && !(until != NULL && strcmp(until, view->from) < 0))
			report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

static void add_centres(struct report_view *view, struct report_section *section)
{
	static const enum entity_kind KINDS[] = {ENTITY_CENTRE, ENTITY_TRAINING_CENTRE};
	struct report_table *table = report_table_add(view->document, section, "centres",
		cli_text(view->lang, "Centres of efficiency and training centres", "Центры эффективности и учебные центры"), 20);
	report_column_add(table, "title", cli_text(view->lang, "title", "название"), false);
	report_column_add(table, "opened", cli_text(view->lang, "opened", "открыт"), false);
	for (size_t i = 0; i < ARRAY_COUNT(KINDS); i++) {
		size_t at = 0;
		for (const struct report_entity *centre; (centre = report_next(view, KINDS[i], &at)) != NULL;) {
			const char *cells[] = {report_title(view, centre, "title"), report_day(view, centre, "opened_on")};
			if (report_by_end(view, report_attribute(centre, "opened_on")) && !report_by_end(view, report_attribute(centre, "closed_on")))
				report_row_add(view->document, table, REPORT_MARK_NONE, cells);
		}
	}
}

void report_add_people(struct report_view *view)
{
	static const char *const FIGURES[] = {
		"trained", "trained_per_1000", "training_plan_fulfilled", "training_nps", "teams", "team_leaders_share", "mentors", "mentorships",
		"centres", "training_centres", "bonuses", NULL,
	};
	struct report_section *section = report_section_add(view->document, "people", cli_text(view->lang, "People", "Люди"));
	report_figures_add(view, section, FIGURES);
	add_missed(view, section);
	add_trainings(view, section);
	add_mentorships(view, section);
	add_centres(view, section);
	add_roles(view, section);
}
