/* The portfolio: how many projects, in which states, of which spheres, over the years, and which they are. */
#include "services/cli/cli_report_view.h"

#include <stdio.h>
#include <stdlib.h>

#define SPHERES_MAX  64
#define YEARS_SHOWN  6
#define PROJECTS_MAX 40  /* of an authority's table */

/* What a project is by the end of the period. */
enum standing { STANDING_NONE, STANDING_PREPARED, STANDING_ACTIVE, STANDING_COMPLETED, STANDING_CANCELLED };

static enum standing standing_of(const struct report_view *view, const struct report_entity *project)
{
	if (!report_by_end(view, report_attribute(project, "opened_on")))
		return report_by_end(view, report_attribute(project, "proposed_on")) || report_by_end(view, report_attribute(project, "submitted_on"))
		           ? STANDING_PREPARED : STANDING_NONE;
	if (report_is(project, "cancelled") && report_by_end(view, report_attribute(project, "cancelled_on")))
		return STANDING_CANCELLED;
	return report_by_end(view, report_attribute(project, "closed_on")) ? STANDING_COMPLETED : STANDING_ACTIVE;
}

/* The furthest stage begun by the end of the period, as a state; the state of now where it says more. */
static const char *state_of(const struct report_view *view, const struct report_entity *project, enum standing standing)
{
	static const char *const STATES[] = {"opened", "opened", "diagnosis", "implementation", "closing", "closing"};
	const char *now = report_attribute(project, "state");
	int64_t furthest = 0, stage;
	if (standing != STANDING_ACTIVE)
		return now == NULL ? "" : now;
	if (report_is(project, "on_hold") && report_by_end(view, report_attribute(project, "paused_on")))
		return "on_hold";
	if (now != NULL && text_equal(now, "reopened") && report_by_end(view, report_attribute(project, "reopened_on")))
		return now;
	const struct json *stages = json_find(project->attributes, "stages");
	for (const struct json *item = json_is(stages, JSON_ARRAY) ? json_first(stages) : NULL; item != NULL; item = json_next(item)) {
		if (report_by_end(view, json_find_string(item, "started_on")) && json_integer(json_find(item, "stage"), &stage) && stage > furthest)
			furthest = stage;
	}
	return STATES[furthest < 0 || furthest > 5 ? 0 : furthest];
}

static void add_states(struct report_view *view, struct report_section *section)
{
	static const char *const STATES[] = {"draft", "approval", "rework", "opened", "diagnosis", "implementation", "closing", "on_hold",
	                                     "reopened", "closed", "monitoring", "stable", "cancelled"};
	int64_t counts[ARRAY_COUNT(STATES)] = {0};
	size_t at = 0;
	for (const struct report_entity *project; (project = report_next(view, ENTITY_PROJECT, &at)) != NULL;) {
		enum standing standing = standing_of(view, project);
		const char *state = standing == STANDING_NONE ? "" : state_of(view, project, standing);
		for (size_t i = 0; i < ARRAY_COUNT(STATES); i++)
			counts[i] += text_equal(STATES[i], state) ? 1 : 0;
	}
	struct report_table *table = report_table_add(view->document, section, "states",
		cli_text(view->lang, "By state at the end of the period", "По состояниям на конец периода"), ARRAY_COUNT(STATES));
	report_column_add(table, "state", cli_text(view->lang, "state", "состояние"), false);
	report_column_add(table, "count", cli_text(view->lang, "projects", "проектов"), true);
	for (size_t i = 0; i < ARRAY_COUNT(STATES); i++) {
		const char *cells[] = {report_word(REPORT_WORDS_STATE, STATES[i], view->lang), report_count_text(view, counts[i])};
		if (counts[i] > 0)
			report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

struct sphere_count {
	const char *code;
	int64_t initiated, completed, active;
};

static int compare_spheres(const void *left, const void *right)
{
	const struct sphere_count *a = left, *b = right;
	if (a->initiated != b->initiated)
		return a->initiated > b->initiated ? -1 : 1;
	return strcmp(a->code, b->code);
}

static struct sphere_count *sphere_get(struct sphere_count *spheres, size_t *count, const char *code)
{
	for (size_t i = 0; i < *count; i++) {
		if (text_equal(spheres[i].code, code))
			return &spheres[i];
	}
	if (*count == SPHERES_MAX)
		return &spheres[SPHERES_MAX - 1];
	spheres[*count] = (struct sphere_count){.code = code};
	return &spheres[(*count)++];
}

static void add_spheres(struct report_view *view, struct report_section *section)
{
	struct sphere_count spheres[SPHERES_MAX];
	size_t count = 0, at = 0;
	for (const struct report_entity *project; (project = report_next(view, ENTITY_PROJECT, &at)) != NULL;) {
		const char *code = report_attribute(project, "sphere");
		enum standing standing = standing_of(view, project);
		if (standing < STANDING_ACTIVE)
			continue;
		struct sphere_count *sphere = sphere_get(spheres, &count, code == NULL ? "other" : code);
		sphere->initiated++;
		sphere->completed += standing == STANDING_COMPLETED ? 1 : 0;
		sphere->active += standing == STANDING_ACTIVE ? 1 : 0;
	}
	if (count > 0)
		qsort(spheres, count, sizeof *spheres, compare_spheres);
	struct report_table *table = report_table_add(view->document, section, "spheres",
		cli_text(view->lang, "By sphere since the beginning, at the end of the period", "По сферам с начала программы, на конец периода"), SPHERES_MAX);
	report_column_add(table, "sphere", cli_text(view->lang, "sphere", "сфера"), false);
	report_column_add(table, "initiated", cli_text(view->lang, "initiated", "инициировано"), true);
	report_column_add(table, "completed", cli_text(view->lang, "completed", "завершено"), true);
	report_column_add(table, "active", cli_text(view->lang, "active", "в работе"), true);
	for (size_t i = 0; i < count; i++) {
		const char *cells[] = {report_sphere_name(view, spheres[i].code), report_count_text(view, spheres[i].initiated),
		                       report_count_text(view, spheres[i].completed), report_count_text(view, spheres[i].active)};
		report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

/* What was opened and closed in each of the years up to the period's. */
static void add_dynamics(struct report_view *view, struct report_section *section)
{
	int last = 1970 + calendar_month_last(view->period) / 12;
	int64_t opened[YEARS_SHOWN] = {0}, closed[YEARS_SHOWN] = {0};
	size_t at = 0;
	for (const struct report_entity *project; (project = report_next(view, ENTITY_PROJECT, &at)) != NULL;) {
		const char *dates[] = {report_attribute(project, "opened_on"), report_attribute(project, "closed_on")};
		for (size_t i = 0; i < ARRAY_COUNT(dates); i++) {
			long back = dates[i] == NULL || !report_by_end(view, dates[i]) ? YEARS_SHOWN : last - strtol(dates[i], NULL, 10);
			if (back >= 0 && back < YEARS_SHOWN)
				(i == 0 ? opened : closed)[back]++;
		}
	}
	struct report_table *table = report_table_add(view->document, section, "dynamics",
		cli_text(view->lang, "Over the years", "По годам"), YEARS_SHOWN);
	report_column_add(table, "year", cli_text(view->lang, "year", "год"), false);
	report_column_add(table, "opened", cli_text(view->lang, "opened", "открыто"), true);
	report_column_add(table, "closed", cli_text(view->lang, "closed", "завершено"), true);
	for (int back = YEARS_SHOWN - 1; back >= 0; back--) {
		const char *cells[] = {arena_printf(view->arena, "%d", last - back), report_count_text(view, opened[back]),
		                       report_count_text(view, closed[back])};
		if (opened[back] + closed[back] > 0 || table->rows_count > 0)
			report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

/* What the project sets out to improve: "Трудоёмкость, Ошибки и возвраты". */
static const char *indicators_text(const struct report_view *view, const struct report_entity *project)
{
	const struct json *indicators = json_find(project->attributes, "indicators");
	const char *text = "";
	for (const struct json *item = json_is(indicators, JSON_OBJECT) ? json_first(indicators) : NULL; item != NULL; item = json_next(item))
		text = arena_printf(view->arena, "%s%s%s", text, text[0] == '\0' ? "" : ", ",
		                    report_dictionary_name(&view->input->indicators, json_name(item), view->lang));
	return text;
}

/* The projects themselves: an authority's report names them all. */
static void add_projects(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "projects", cli_text(view->lang, "Projects", "Проекты"), PROJECTS_MAX);
	size_t at = 0;
	report_column_add(table, "project", cli_text(view->lang, "id", "код"), false);
	report_column_add(table, "title", cli_text(view->lang, "title", "название"), false);
	report_column_add(table, "state", cli_text(view->lang, "state", "состояние"), false);
	report_column_add(table, "opened", cli_text(view->lang, "opened", "открыт"), false);
	report_column_add(table, "closed", cli_text(view->lang, "closed", "закрыт"), false);
	report_column_add(table, "indicators", cli_text(view->lang, "indicators", "показатели"), false);
	for (const struct report_entity *project; (project = report_next(view, ENTITY_PROJECT, &at)) != NULL;) {
		enum standing standing = standing_of(view, project);
		const char *cells[] = {
			project->id, report_title(view, project, "title"),
			report_word(REPORT_WORDS_STATE, state_of(view, project, standing), view->lang), report_day(view, project, "opened_on"),
			standing == STANDING_COMPLETED ? report_day(view, project, "closed_on") : "", indicators_text(view, project),
		};
		if (standing != STANDING_NONE)
			report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

/* ---- Bodies ---- */

#define LEVELS_MAX 16

struct tally {
	const char *code;
	int64_t count;
};

static void tally_add(struct tally *tallies, const char *code)
{
	size_t i = 0;
	while (i + 1 < LEVELS_MAX && tallies[i].code != NULL && !text_equal(tallies[i].code, code))
		i++;
	if (tallies[i].code == NULL)
		tallies[i].code = code;
	tallies[i].count++;
}

static void add_tally(struct report_view *view, struct report_section *section, const char *code, const char *title,
                      enum report_vocabulary vocabulary, const struct tally *tallies)
{
	struct report_table *table = report_table_add(view->document, section, code, title, LEVELS_MAX);
	report_column_add(table, "code", cli_text(view->lang, "which", "какие"), false);
	report_column_add(table, "count", cli_text(view->lang, "how many", "сколько"), true);
	for (size_t i = 0; i < LEVELS_MAX && tallies[i].code != NULL; i++) {
		const char *cells[] = {report_word(vocabulary, tallies[i].code, view->lang), report_count_text(view, tallies[i].count)};
		report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

/* Levels of the bodies that take part, and by which programmes: one body may be in several over time, the last one counts. */
static void add_levels(struct report_view *view, struct report_section *section)
{
	struct tally levels[LEVELS_MAX] = {{NULL, 0}}, programmes[LEVELS_MAX] = {{NULL, 0}};
	size_t at = 0;
	for (const struct report_entity *authority; (authority = report_next(view, ENTITY_AUTHORITY, &at)) != NULL;) {
		const char *level = report_attribute(authority, "level"), *programme = report_attribute(authority, "programme");
		bool here = report_by_end(view, report_attribute(authority, "registered_on")) || report_by_end(view, report_attribute(authority, "joined_on"));
		if (!here || report_by_end(view, report_attribute(authority, "left_on")))
			continue;
		if (level != NULL)
			tally_add(levels, level);
		if (programme != NULL)
			tally_add(programmes, programme);
	}
	add_tally(view, section, "levels", cli_text(view->lang, "Bodies by level", "Органы по уровням"), REPORT_WORDS_LEVEL, levels);
	add_tally(view, section, "programmes", cli_text(view->lang, "Bodies by programme", "Органы по программам"), REPORT_WORDS_PROGRAMME, programmes);
}

/* Those that came in the period, with the date as exactly as it is known. */
static void add_newcomers(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "bodies",
		cli_text(view->lang, "Bodies that joined in the period", "Органы, вступившие за период"), 20);
	size_t at = 0;
	report_column_add(table, "title", cli_text(view->lang, "body", "орган"), false);
	report_column_add(table, "level", cli_text(view->lang, "level", "уровень"), false);
	report_column_add(table, "joined", cli_text(view->lang, "joined", "вступил"), false);
	for (const struct report_entity *authority; (authority = report_next(view, ENTITY_AUTHORITY, &at)) != NULL;) {
		const char *joined = report_attribute(authority, "joined_on"), *level = report_attribute(authority, "level");
		const char *on = joined != NULL ? joined : report_attribute(authority, "registered_on");
		bool year_only = report_equals(authority, "precision", "year");
		const char *cells[] = {
			report_authority_name(view, authority->id), level == NULL ? "" : report_word(REPORT_WORDS_LEVEL, level, view->lang),
			year_only && on != NULL ? arena_printf(view->arena, "%.4s", on) : report_date(view->arena, view->lang, on),
		};
		if (report_within(view, on))
			report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

/* With a partner, how far on one's own. */
static void add_support(struct report_view *view, struct report_section *section)
{
	size_t at = 0;
	struct report_table *table = report_table_add(view->document, section, "independence",
		cli_text(view->lang, "Authorities whose partner has left", "Органы власти, работающие без партнёра"), 20);
	report_column_add(table, "authority", cli_text(view->lang, "authority", "орган власти"), false);
	report_column_add(table, "partner", cli_text(view->lang, "partner", "партнёр"), false);
	report_column_add(table, "ended", cli_text(view->lang, "support ended", "сопровождение завершено"), false);
	for (const struct report_entity *support; (support = report_next(view, ENTITY_SUPPORT, &at)) != NULL;) {
		const char *cells[] = {report_authority_name(view, support->id), report_attribute(support, "partner"), report_day(view, support, "ended_on")};
		if (report_by_end(view, report_attribute(support, "ended_on")))
			report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

/* Since when, as exactly as the region said. */
static void add_joined(struct report_view *view, struct report_section *section)
{
	size_t at = 0;
	for (const struct report_entity *region; (region = report_next(view, ENTITY_REGION, &at)) != NULL;) {
		const char *on = report_attribute(region, "joined_on");
		if (!report_by_end(view, on))
			continue;
		const char *since = report_equals(region, "precision", "year") ? arena_printf(view->arena, cli_text(view->lang, "%.4s", "%.4s года"), on)
		                                                               : report_date(view->arena, view->lang, on);
		report_note_add(view->document, section, REPORT_MARK_NONE,
		                arena_printf(view->arena, cli_text(view->lang, "In the programme since %s.", "В программе с %s."), since));
	}
}

void report_add_portfolio(struct report_view *view)
{
	static const char *const FIGURES[] = {
		"initiated", "completed", "cancelled", "initiated_total", "completed_total", "active", "cancelled_total", "on_schedule_share",
		"duration_days", "interdepartmental_share", "independent_share", "digital_share", "external_share", "spheres_covered", NULL,
	};
	static const char *const BODIES[] = {
		"authorities", "authority_coverage", "authorities_involved", "completed_per_authority", "institutions", "institution_coverage",
		"institutions_involved", NULL,
	};
	struct report_section *section = report_section_add(view->document, "portfolio", cli_text(view->lang, "Portfolio of projects", "Портфель проектов"));
	if (view->input->authority[0] == '\0')
		add_joined(view, section);
	report_figures_add(view, section, FIGURES);
	if (view->input->authority[0] == '\0')
		report_figures_add(view, section, BODIES);
	else
		report_figures_omit(view, BODIES);
	add_states(view, section);
	add_spheres(view, section);
	add_dynamics(view, section);
	if (view->input->authority[0] == '\0') {
		add_levels(view, section);
		add_newcomers(view, section);
	} else {
		add_projects(view, section);
	}
	add_support(view, section);
}
