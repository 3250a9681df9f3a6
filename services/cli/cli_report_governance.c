/* Governance: instructions and whether they were fulfilled in time; then the Club, chair and cup, contests, meetings, bonuses. */
#include "services/cli/cli_report_view.h"

#define SHOWN_MAX 20

/* ---- Instructions ---- */

enum fulfilment { FULFILLED_IN_TIME, FULFILLED_LATE, FULFILMENT_OPEN, FULFILMENT_OVERDUE, FULFILMENT_COUNT };

static enum fulfilment fulfilment_of(const struct report_view *view, const struct report_entity *instruction)
{
	const char *due = report_attribute(instruction, "due_on"), *done = report_attribute(instruction, "fulfilled_on");
	bool due_by_end = report_by_end(view, due);
	if (!report_by_end(view, done))
		return due_by_end ? FULFILMENT_OVERDUE : FULFILMENT_OPEN;
	return due != NULL && strcmp(done, due) > 0 ? FULFILLED_LATE : FULFILLED_IN_TIME;
}

static void add_instruction_rows(struct report_view *view, struct report_section *section)
{
	static const enum report_mark MARKS[] = {
		[FULFILLED_IN_TIME] = REPORT_MARK_GOOD, [FULFILLED_LATE] = REPORT_MARK_ATTENTION,
		[FULFILMENT_OPEN] = REPORT_MARK_NONE, [FULFILMENT_OVERDUE] = REPORT_MARK_PROBLEM,
	};
	static const char *const WORDS[FULFILMENT_COUNT][2] = {
		[FULFILLED_IN_TIME] = {"in time", "в срок"}, [FULFILLED_LATE] = {"late", "с опозданием"},
		[FULFILMENT_OPEN] = {"not due yet", "срок не наступил"}, [FULFILMENT_OVERDUE] = {"overdue", "просрочено"},
	};
	struct report_table *table = report_table_add(view->document, section, "instructions", cli_text(view->lang, "Instructions", "Поручения"), SHOWN_MAX);
	size_t at = 0;
	report_column_add(table, "title", cli_text(view->lang, "instruction", "поручение"), false);
	report_column_add(table, "authority", cli_text(view->lang, "to whom", "кому"), false);
	report_column_add(table, "issued", cli_text(view->lang, "issued", "дано"), false);
	report_column_add(table, "due", cli_text(view->lang, "due", "срок"), false);
	report_column_add(table, "fulfilled", cli_text(view->lang, "fulfilled", "исполнено"), false);
	report_column_add(table, "state", cli_text(view->lang, "how", "как"), false);
	for (const struct report_entity *instruction; (instruction = report_next(view, ENTITY_INSTRUCTION, &at)) != NULL;) {
		const char *issued = report_attribute(instruction, "issued_on"), *done = report_attribute(instruction, "fulfilled_on");
		enum fulfilment fulfilment = fulfilment_of(view, instruction);
		const char *cells[] = {
			report_title(view, instruction, "title"), report_authority_name(view, report_attribute(instruction, "authority")),
			report_date(view->arena, view->lang, issued), report_day(view, instruction, "due_on"),
			report_by_end(view, done) ? report_date(view->arena, view->lang, done) : "—", WORDS[fulfilment][view->lang == CLI_LANG_RU ? 1 : 0],
		};
		bool open_before = report_by_end(view, issued) && fulfilment >= FULFILMENT_OPEN;
		if (issued != NULL && (report_within(view, issued) || report_within(view, done) || open_before))
			report_row_add(view->document, table, MARKS[fulfilment], cells);
	}
}

static void add_instructions(struct report_view *view)
{
	static const char *const FIGURES[] = {"instructions_due", "instructions_on_time_share", "meetings", NULL};
	struct report_section *section = report_section_add(view->document, "instructions", cli_text(view->lang, "Meetings and instructions", "Совещания и поручения"));
	int64_t issued = 0;
	size_t at = 0;
	for (const struct report_entity *instruction; (instruction = report_next(view, ENTITY_INSTRUCTION, &at)) != NULL;)
		issued += report_within(view, report_attribute(instruction, "issued_on")) ? 1 : 0;
	struct report_figure *figure = report_figure_add(view->document, section, "instructions_issued",
		cli_text(view->lang, "Instructions issued", "Дано поручений"), report_count_text(view, issued));
	figure->value = arena_printf(view->arena, "%lld", (long long)issued);
	report_figures_add(view, section, FIGURES);
	add_instruction_rows(view, section);
}

/* ---- Chair and cup: handed from region to region; each side may tell it ---- */

static bool concerns(const struct report_view *view, const struct report_entity *handing)
{
	return report_equals(handing, "from_region", view->input->region) || report_equals(handing, "to_region", view->input->region);
}

static const struct report_entity *later_of(const struct report_view *view, const struct report_entity *best, const struct report_entity *handing)
{
	const char *on = report_attribute(handing, "on");
	if (!concerns(view, handing) || !report_by_end(view, on))
		return best;
	return best == NULL || strcmp(on, report_attribute(best, "on")) >= 0 ? handing : best;
}

/* The last handing over that concerns the region by the end of the period. */
static const struct report_entity *last_handing(const struct report_view *view, enum entity_kind kind)
{
	const struct report_entity *best = NULL;
	size_t at = 0;
	for (const struct report_entity *handing; (handing = report_next(view, kind, &at)) != NULL;)
		best = later_of(view, best, handing);
	at = 0;
	for (const struct report_entity *handing; (handing = report_next_other(view, kind, &at)) != NULL;)
		best = later_of(view, best, handing);
	return best;
}

static void add_custody(struct report_view *view, struct report_section *section, enum entity_kind kind)
{
	const struct report_entity *handing = last_handing(view, kind);
	if (handing == NULL)
		return;
	bool taken = report_equals(handing, "to_region", view->input->region);
	const char *other = report_region_name(view, report_attribute(handing, taken ? "from_region" : "to_region"));
	bool chair = kind == ENTITY_CHAIR;
	const char *text;
	if (taken)
		text = arena_printf(view->arena, chair ? cli_text(view->lang, "The chair of the Club is held here since %s, taken over from: %s.",
		                                                  "Председательство в Клубе — у региона с %s; предшественник: %s.")
		                                       : cli_text(view->lang, "The challenge cup is kept here since %s, taken over from: %s.",
		                                                  "Переходящий кубок — у региона с %s; прежний хранитель: %s."),
		                    report_day(view, handing, "on"), other);
	else
		text = arena_printf(view->arena, chair ? cli_text(view->lang, "The chair of the Club was handed over on %s to: %s.",
		                                                  "Председательство в Клубе передано %s; преемник: %s.")
		                                       : cli_text(view->lang, "The challenge cup was handed over on %s to: %s.",
		                                                  "Переходящий кубок передан %s; новый хранитель: %s."),
		                    report_day(view, handing, "on"), other);
	report_note_add(view->document, section, taken ? REPORT_MARK_GOOD : REPORT_MARK_NONE, text);
}

static void add_club(struct report_view *view, struct report_section *section)
{
	size_t at = 0;
	for (const struct report_entity *club; (club = report_next(view, ENTITY_CLUB, &at)) != NULL;) {
		const char *on = report_attribute(club, "joined_on"), *precision = report_attribute(club, "precision");
		bool year_only = precision != NULL && text_equal(precision, "year");
		if (!report_by_end(view, on))
			continue;
		const char *since = year_only ? arena_printf(view->arena, cli_text(view->lang, "%.4s", "%.4s года"), on)
		                              : report_date(view->arena, view->lang, on);
		report_note_add(view->document, section, REPORT_MARK_NONE,
		                arena_printf(view->arena, cli_text(view->lang, "Member of the Club of lean governors since %s.",
		                                                   "Участник Клуба бережливых губернаторов с %s."), since));
	}
}

static void add_sessions(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "club_sessions", cli_text(view->lang, "Sessions of the Club", "Заседания Клуба"), SHOWN_MAX);
	size_t at = 0;
	report_column_add(table, "held", cli_text(view->lang, "held", "дата"), false);
	report_column_add(table, "regions", cli_text(view->lang, "regions present", "регионов присутствовало"), true);
	report_column_add(table, "topic", cli_text(view->lang, "topic", "тема"), false);
	for (const struct report_entity *session; (session = report_next(view, ENTITY_CLUB_SESSION, &at)) != NULL;) {
		const char *cells[] = {report_day(view, session, "held_on"), report_count_text(view, report_count_of(session, "regions_present")),
		                       report_title(view, session, "topic")};
		if (report_within(view, report_attribute(session, "held_on")))
			report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

static void add_contests(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "contests", cli_text(view->lang, "Contests", "Конкурсы"), SHOWN_MAX);
	size_t at = 0;
	report_column_add(table, "title", cli_text(view->lang, "contest", "конкурс"), false);
	report_column_add(table, "held", cli_text(view->lang, "held", "дата"), false);
	report_column_add(table, "place", cli_text(view->lang, "place", "место"), true);
	report_column_add(table, "entrants", cli_text(view->lang, "entrants", "участников"), true);
	for (const struct report_entity *contest; (contest = report_next(view, ENTITY_CONTEST, &at)) != NULL;) {
		int64_t entrants = report_count_of(contest, "entrants");
		const char *cells[] = {report_title(view, contest, "title"), report_day(view, contest, "held_on"),
		                       report_count_text(view, report_count_of(contest, "place")), entrants == 0 ? "—" : report_count_text(view, entrants)};
		if (report_within(view, report_attribute(contest, "held_on")))
			report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

static void add_meetings(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "meetings", cli_text(view->lang, "Meetings", "Совещания"), SHOWN_MAX);
	size_t at = 0;
	report_column_add(table, "held", cli_text(view->lang, "held", "дата"), false);
	report_column_add(table, "level", cli_text(view->lang, "meeting", "совещание"), false);
	report_column_add(table, "topic", cli_text(view->lang, "topic", "тема"), false);
	for (const struct report_entity *meeting; (meeting = report_next(view, ENTITY_MEETING, &at)) != NULL;) {
		const char *level = report_attribute(meeting, "level");
		const char *cells[] = {report_day(view, meeting, "held_on"), level == NULL ? "" : report_word(REPORT_WORDS_MEETING, level, view->lang),
		                       report_title(view, meeting, "topic")};
		if (report_within(view, report_attribute(meeting, "held_on")))
			report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

static void add_bonuses(struct report_view *view, struct report_section *section)
{
	struct report_table *schemes = report_table_add(view->document, section, "bonus_schemes", cli_text(view->lang, "Bonus schemes", "Премирование"), SHOWN_MAX);
	size_t at = 0;
	report_column_add(schemes, "title", cli_text(view->lang, "scheme", "порядок премирования"), false);
	report_column_add(schemes, "adopted", cli_text(view->lang, "adopted", "утверждён"), false);
	report_column_add(schemes, "awarded", cli_text(view->lang, "awarded in the period, people", "премировано за период, человек"), true);
	for (const struct report_entity *scheme; (scheme = report_next(view, ENTITY_BONUS_SCHEME, &at)) != NULL;) {
		int64_t people = 0;
		size_t bonus_at = 0;
		for (const struct report_entity *bonus; (bonus = report_next(view, ENTITY_BONUS, &bonus_at)) != NULL;)
			people += report_equals(bonus, "scheme", scheme->id) && report_within(view, report_attribute(bonus, "awarded_on"))
			          ? report_count_of(bonus, "people") : 0;
		const char *cells[] = {report_title(view, scheme, "title"), report_day(view, scheme, "adopted_on"), report_count_text(view, people)};
		if (report_by_end(view, report_attribute(scheme, "adopted_on")))
			report_row_add(view->document, schemes, REPORT_MARK_NONE, cells);
	}
}

void report_add_governance(struct report_view *view)
{
	static const char *const FIGURES[] = {"contest_places", NULL};
	add_instructions(view);
	struct report_section *section = report_section_add(view->document, "governance", cli_text(view->lang, "Governance", "Управление программой"));
	if (view->input->authority[0] == '\0') {
		add_club(view, section);
		add_custody(view, section, ENTITY_CHAIR);
		add_custody(view, section, ENTITY_CUP);
	}
	report_figures_add(view, section, FIGURES);
	add_sessions(view, section);
	add_contests(view, section);
	add_bonuses(view, section);
	add_meetings(view, section);
}
