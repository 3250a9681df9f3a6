/* What the projects brought: medians, money, what people say, and the best of them; a figure as it was said where it did not
 * come as a pair of values. */
#include "services/cli/cli_report_view.h"

#include <stdlib.h>

#define BEST_SHOWN     10
#define DECLARED_SHOWN 10
#define RESULTS_MAX    ((size_t)64 * 1024)

struct result {
	const struct report_entity *project;
	const char *code;
	const struct json *indicator;
	decimal improvement;
};

static int compare_results(const void *left, const void *right)
{
	const struct result *a = left, *b = right;
	int order = decimal_compare(b->improvement, a->improvement);
	if (order == 0)
		order = strcmp(a->project->id, b->project->id);
	return order == 0 ? strcmp(a->code, b->code) : order;
}

/* Improvement in per cent of an indicator that counts. */
static bool improvement_of(const struct json *indicator, decimal *ret_improvement)
{
	const char *text = json_find_string(indicator, "reduction");
	if (text == NULL)
		text = json_find_string(indicator, "growth");
	return text != NULL && decimal_parse(text, ret_improvement);
}

static size_t collect(const struct report_view *view, struct result *results)
{
	size_t count = 0, at = 0;
	for (const struct report_entity *project; (project = report_next(view, ENTITY_PROJECT, &at)) != NULL;) {
		const struct json *indicators = json_find(project->attributes, "indicators");
		if (!report_within(view, report_attribute(project, "closed_on")) || !json_is(indicators, JSON_OBJECT))
			continue;
		for (const struct json *item = json_first(indicators); item != NULL && count < RESULTS_MAX; item = json_next(item)) {
			struct result *result = &results[count];
			*result = (struct result){.project = project, .code = json_name(item), .indicator = item};
			count += improvement_of(item, &result->improvement) ? 1 : 0;
		}
	}
	return count;
}

static const char *indicator_name(const struct report_view *view, const char *code)
{
	return report_dictionary_name(&view->input->indicators, code, view->lang);
}

static const char *figure_text(const struct report_view *view, const struct json *figure)
{
	const char *factor = json_find_string(figure, "factor");
	const char *lo = json_find_string(figure, "lo"), *hi = json_find_string(figure, "hi");
	const char *words = report_bilingual(json_find(figure, "text"), view->lang);
	const char *unit = json_find_string(figure, "unit");
	if (factor != NULL)
		return report_quantity(view->arena, view->lang, factor, "times");
	if (words[0] != '\0')
		return words;
	unit = unit == NULL ? "percent" : unit;
	if (lo != NULL && hi != NULL && !text_equal(lo, hi))
		return arena_printf(view->arena, "%s–%s", report_number(view->arena, view->lang, lo, 2), report_quantity(view->arena, view->lang, hi, unit));
	if (lo != NULL)
		return arena_printf(view->arena, "%s%s", hi == NULL ? cli_text(view->lang, "at least ", "не менее ") : "",
		                    report_quantity(view->arena, view->lang, lo, unit));
	return hi == NULL ? "" : arena_printf(view->arena, cli_text(view->lang, "at most %s", "не более %s"),
	                                      report_quantity(view->arena, view->lang, hi, unit));
}

/* "7 → 3 раб. дн." */
static const char *change_text(const struct report_view *view, const struct json *indicator)
{
	const char *base = json_find_string(indicator, "base"), *actual = json_find_string(indicator, "actual");
	if (base == NULL || actual == NULL)
		return figure_text(view, json_find(indicator, "figure"));
	return arena_printf(view->arena, "%s → %s", report_number(view->arena, view->lang, base, 2),
	                    report_quantity(view->arena, view->lang, actual, json_find_string(indicator, "unit")));
}

static void add_best(struct report_view *view, struct report_section *section)
{
	struct result *results = arena_array(view->arena, struct result, RESULTS_MAX);
	size_t count = collect(view, results);
	struct report_table *table = report_table_add(view->document, section, "best",
		cli_text(view->lang, "The largest improvements of projects closed in the period", "Самые заметные улучшения в проектах, завершённых за период"), BEST_SHOWN);
	report_column_add(table, "project", cli_text(view->lang, "id", "код"), false);
	report_column_add(table, "title", cli_text(view->lang, "project", "проект"), false);
	report_column_add(table, "indicator", cli_text(view->lang, "indicator", "показатель"), false);
	report_column_add(table, "change", cli_text(view->lang, "before → after", "было → стало"), true);
	report_column_add(table, "improvement", cli_text(view->lang, "improvement", "улучшение"), true);
	if (count > 0)
		qsort(results, count, sizeof *results, compare_results);
	for (size_t i = 0; i < count; i++) {
		char text[DECIMAL_TEXT_SIZE];
		const char *cells[] = {
			results[i].project->id, report_title(view, results[i].project, "title"), indicator_name(view, results[i].code),
			change_text(view, results[i].indicator), report_quantity(view->arena, view->lang, decimal_format(results[i].improvement, text), "percent"),
		};
		report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

/* Figures that came as a factor, a bound, a range or in words, of projects that ran in the period. */
static void add_declared(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "declared",
		cli_text(view->lang, "Declared effects", "Заявленные эффекты"), DECLARED_SHOWN);
	size_t at = 0;
	report_column_add(table, "project", cli_text(view->lang, "id", "код"), false);
	report_column_add(table, "title", cli_text(view->lang, "project", "проект"), false);
	report_column_add(table, "indicator", cli_text(view->lang, "indicator", "показатель"), false);
	report_column_add(table, "figure", cli_text(view->lang, "declared improvement", "заявленное улучшение"), true);
	for (const struct report_entity *project; (project = report_next(view, ENTITY_PROJECT, &at)) != NULL;) {
		const struct json *indicators = json_find(project->attributes, "indicators");
		const char *closed = report_attribute(project, "closed_on");
		bool closed_before = closed != NULL && strcmp(closed, view->from) < 0;
		if (closed_before || !report_by_end(view, report_attribute(project, "opened_on")) || !json_is(indicators, JSON_OBJECT))
			continue;
		for (const struct json *item = json_first(indicators); item != NULL; item = json_next(item)) {
			const struct json *figure = json_find(item, "figure");
			const char *cells[] = {project->id, report_title(view, project, "title"), indicator_name(view, json_name(item)), figure_text(view, figure)};
			if (figure != NULL)
				report_row_add(view->document, table, REPORT_MARK_NONE, cells);
		}
	}
}

static void add_surveys(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "surveys", cli_text(view->lang, "Surveys", "Опросы"), 20);
	size_t at = 0;
	report_column_add(table, "topic", cli_text(view->lang, "about", "о чём"), false);
	report_column_add(table, "group", cli_text(view->lang, "who", "кто отвечал"), false);
	report_column_add(table, "before", cli_text(view->lang, "before", "было"), true);
	report_column_add(table, "value", cli_text(view->lang, "after", "стало"), true);
	report_column_add(table, "respondents", cli_text(view->lang, "answers", "ответов"), true);
	for (const struct report_entity *survey; (survey = report_next(view, ENTITY_SURVEY, &at)) != NULL;) {
		const char *unit = report_attribute(survey, "unit"), *before = report_attribute(survey, "before");
		const char *value = report_attribute(survey, "value"), *topic = report_attribute(survey, "topic"), *group = report_attribute(survey, "group");
		if (!report_within(view, report_attribute(survey, "completed_on")) || value == NULL || topic == NULL || group == NULL)
			continue;
		const char *cells[] = {
			report_word(REPORT_WORDS_SURVEY, topic, view->lang), report_word(REPORT_WORDS_SURVEY, group, view->lang),
			before == NULL ? "—" : report_quantity(view->arena, view->lang, before, unit), report_quantity(view->arena, view->lang, value, unit),
			report_count_text(view, report_count_of(survey, "respondents")),
		};
		report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

void report_add_results(struct report_view *view)
{
	static const char *const FIGURES[] = {
		"measured", "lead_time_reduction", "labour_reduction", "errors_reduction", "documents_reduction", "economic_effect_plan",
		"economic_effect", "satisfaction_gain", "trust_gain", "held_share", "verified_share", "disputed", NULL,
	};
	struct report_section *section = report_section_add(view->document, "results", cli_text(view->lang, "Results", "Результаты"));
	report_figures_add(view, section, FIGURES);
	add_best(view, section);
	add_declared(view, section);
	add_surveys(view, section);
}
