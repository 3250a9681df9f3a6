/* Problems, risks, losses and lessons of the projects. */
#include "services/cli/cli_report_view.h"

#define SHOWN_MAX 20

static enum report_mark severity_mark(const char *severity)
{
	return severity != NULL && text_equal(severity, "high") ? REPORT_MARK_PROBLEM : REPORT_MARK_ATTENTION;
}

static const char *severity_text(const struct report_view *view, const char *severity)
{
	return severity == NULL ? "" : report_word(REPORT_WORDS_SEVERITY, severity, view->lang);
}

static void add_problems(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "problems",
		cli_text(view->lang, "Problems not solved by the end of the period", "Проблемы, не решённые к концу периода"), SHOWN_MAX);
	size_t at = 0;
	report_column_add(table, "title", cli_text(view->lang, "problem", "проблема"), false);
	report_column_add(table, "severity", cli_text(view->lang, "severity", "острота"), false);
	report_column_add(table, "project", cli_text(view->lang, "project", "проект"), false);
	report_column_add(table, "raised", cli_text(view->lang, "raised", "поднята"), false);
	for (const struct report_entity *problem; (problem = report_next(view, ENTITY_PROBLEM, &at)) != NULL;) {
		const char *severity = report_attribute(problem, "severity");
		const char *cells[] = {report_title(view, problem, "title"), severity_text(view, severity), report_attribute(problem, "project"),
		                       report_day(view, problem, "raised_on")};
		if (report_by_end(view, report_attribute(problem, "raised_on")) && !report_by_end(view, report_attribute(problem, "resolved_on")))
			report_row_add(view->document, table, severity_mark(severity), cells);
	}
}

static void add_risks(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "risks", cli_text(view->lang, "Risks named in the period", "Риски, названные за период"), SHOWN_MAX);
	size_t at = 0;
	report_column_add(table, "title", cli_text(view->lang, "risk", "риск"), false);
	report_column_add(table, "likelihood", cli_text(view->lang, "likelihood", "вероятность"), false);
	report_column_add(table, "project", cli_text(view->lang, "project", "проект"), false);
	report_column_add(table, "response", cli_text(view->lang, "response", "меры"), false);
	for (const struct report_entity *risk; (risk = report_next(view, ENTITY_RISK, &at)) != NULL;) {
		const char *cells[] = {report_title(view, risk, "title"), severity_text(view, report_attribute(risk, "likelihood")),
		                       report_attribute(risk, "project"), report_title(view, risk, "response")};
		if (report_within(view, report_attribute(risk, "raised_on")))
			report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

static void add_lessons(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "lessons", cli_text(view->lang, "Lessons", "Извлечённые уроки"), SHOWN_MAX);
	size_t at = 0;
	report_column_add(table, "title", cli_text(view->lang, "lesson", "урок"), false);
	report_column_add(table, "advice", cli_text(view->lang, "advice", "совет"), false);
	report_column_add(table, "sphere", cli_text(view->lang, "sphere", "сфера"), false);
	report_column_add(table, "project", cli_text(view->lang, "project", "проект"), false);
	for (const struct report_entity *lesson; (lesson = report_next(view, ENTITY_LESSON, &at)) != NULL;) {
		const char *cells[] = {report_title(view, lesson, "title"), report_title(view, lesson, "advice"),
		                       report_sphere_name(view, report_attribute(lesson, "sphere")), report_attribute(lesson, "project")};
		if (report_within(view, report_attribute(lesson, "recorded_on")))
			report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

static void add_losses(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "losses", cli_text(view->lang, "Losses found", "Найденные потери"), SHOWN_MAX);
	size_t at = 0;
	report_column_add(table, "title", cli_text(view->lang, "loss", "потеря"), false);
	report_column_add(table, "project", cli_text(view->lang, "project", "проект"), false);
	report_column_add(table, "removed", cli_text(view->lang, "removed", "устранена"), false);
	for (const struct report_entity *loss; (loss = report_next(view, ENTITY_LOSS, &at)) != NULL;) {
		const char *cells[] = {report_title(view, loss, "title"), report_attribute(loss, "project"),
		                       report_is(loss, "removed") ? cli_text(view->lang, "yes", "да") : cli_text(view->lang, "no", "нет")};
		if (report_within(view, report_attribute(loss, "found_on")))
			report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

void report_add_problems(struct report_view *view)
{
	static const char *const FIGURES[] = {"problems_open", "lessons", NULL};
	struct report_section *section = report_section_add(view->document, "problems", cli_text(view->lang, "Problems and lessons", "Проблемы и уроки"));
	report_figures_add(view, section, FIGURES);
	add_problems(view, section);
	add_risks(view, section);
	add_losses(view, section);
	add_lessons(view, section);
}
