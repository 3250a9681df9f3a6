/* The quality of the data, computed and not declared: what each source did not send, who has fallen silent, what the region
 * said in public against what its events add up to, figures that stand apart, what was flagged, and what is in dispute. */
#include "services/cli/cli_report_view.h"

#include "services/metrics/flag.h"
#include "services/metrics/outlier.h"
#include "services/metrics/reconciliation.h"

#include <stdio.h>
#include <stdlib.h>

#define SHOWN_MAX     20
#define SILENT_MONTHS 2   /* whole months without an event, up to the end of the period */
#define FIGURES_MAX   ((size_t)64 * 1024)
#define EXAMPLES_MAX  3

/* ---- Sources ---- */

struct source {
	int64_t received, highest;
	int month_last;  /* -1: nothing by the end of the period */
};

static int64_t element(const struct json *list, unsigned at)
{
	const struct json *item = json_is(list, JSON_ARRAY) ? json_first(list) : NULL;
	int64_t integer;
	while (item != NULL && at-- > 0)
		item = json_next(item);
	return json_is(item, JSON_NUMBER) && json_integer(item, &integer) ? integer : 0;
}

static struct source source_of(const struct report_view *view, const struct report_entity *entity)
{
	struct source source = {.month_last = -1};
	const struct json *months = json_find(entity->attributes, "months");
	for (const struct json *item = json_is(months, JSON_OBJECT) ? json_first(months) : NULL; item != NULL; item = json_next(item)) {
		struct calendar_period month;
		if (!calendar_period_parse(json_name(item), &month) || month.first > calendar_month_last(view->period))
			continue;
		int64_t highest = element(item, 1);
		source.received += element(item, 0);
		source.highest = highest > source.highest ? highest : source.highest;
		source.month_last = month.first > source.month_last ? month.first : source.month_last;
	}
	return source;
}

static bool is_silent(const struct report_view *view, const struct source *source)
{
	int end = calendar_month_last(view->period);
	int now = calendar_month_of(view->input->now_us);
	/* The month that still runs may yet bring something. */
	int last_whole = end < now ? end : now - 1;
	return source->month_last >= 0 && last_whole - source->month_last >= SILENT_MONTHS;
}

static void add_sources(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "sources", cli_text(view->lang, "Sources of data", "Источники данных"), SHOWN_MAX);
	int64_t silent = 0;
	size_t at = 0;
	report_column_add(table, "source", cli_text(view->lang, "source", "источник"), false);
	report_column_add(table, "received", cli_text(view->lang, "events received", "получено событий"), true);
	report_column_add(table, "missing", cli_text(view->lang, "numbers missing", "пропущено номеров"), true);
	report_column_add(table, "last", cli_text(view->lang, "last month with events", "последний месяц с событиями"), false);
	report_column_add(table, "state", cli_text(view->lang, "state", "состояние"), false);
	for (const struct report_entity *entity; (entity = report_next(view, ENTITY_SOURCE, &at)) != NULL;) {
		struct source source = source_of(view, entity);
		char month[CALENDAR_CODE_SIZE];
		int64_t missing = source.highest > source.received ? source.highest - source.received : 0;
		if (source.month_last < 0)
			continue;
		bool quiet = is_silent(view, &source);
		silent += quiet ? 1 : 0;
		calendar_period_format(calendar_period_of(source.month_last, CALENDAR_MONTH), month);
		const char *cells[] = {
			entity->id, report_count_text(view, source.received), report_count_text(view, missing), report_period(view->arena, view->lang, month),
			quiet ? cli_text(view->lang, "silent", "молчит") : missing > 0 ? cli_text(view->lang, "with gaps", "с пропусками") : cli_text(view->lang, "complete", "без пропусков"),
		};
		report_row_add(view->document, table, quiet ? REPORT_MARK_PROBLEM : missing > 0 ? REPORT_MARK_ATTENTION : REPORT_MARK_GOOD, cells);
	}
	if (silent > 0)
		report_note_add(view->document, section, REPORT_MARK_PROBLEM,
		                arena_printf(view->arena, cli_text(view->lang, "Sources that have fallen silent: %s (no event for two months or longer).",
		                                                   "Замолчавших источников: %s (ни одного события за два месяца и более)."),
		                             report_count_text(view, silent)));
}

/* ---- What was said in public ---- */

static bool between(const char *date, const char *since, const char *as_of)
{
	return date != NULL && strcmp(date, as_of) <= 0 && (since == NULL || strcmp(date, since) >= 0);
}

/* What the events say of the same thing: counted by a date, of those that have not ended by then. */
struct counting {
	const char *what;
	enum entity_kind kind;
	const char *date, *ends[2];
	const char *sum;     /* the attribute that is summed up; NULL: things are counted */
};

static const struct counting COUNTINGS[] = {
	{"projects_initiated", ENTITY_PROJECT, "opened_on", {NULL, NULL}, NULL},
	{"projects_completed", ENTITY_PROJECT, "closed_on", {NULL, NULL}, NULL},
	{"projects_active", ENTITY_PROJECT, "opened_on", {"closed_on", "cancelled_on"}, NULL},
	{"projects_cancelled", ENTITY_PROJECT, "cancelled_on", {NULL, NULL}, NULL},
	{"authorities", ENTITY_AUTHORITY, "registered_on", {"left_on", NULL}, NULL},
	{"institutions", ENTITY_INSTITUTION, "registered_on", {NULL, NULL}, NULL},
	{"people_trained", ENTITY_TRAINING, "completed_on", {NULL, NULL}, "people"},
	{"practices_published", ENTITY_PRACTICE, "published_on", {NULL, NULL}, NULL},
	{"training_centres", ENTITY_TRAINING_CENTRE, "opened_on", {"closed_on", NULL}, NULL},
	{"mentors", ENTITY_MENTOR, "appointed_on", {NULL, NULL}, NULL},
	{"effect_rub", ENTITY_PROJECT, "closed_on", {NULL, NULL}, "effect_rub"},
};

static bool amount_of(const struct counting *counting, const struct report_entity *entity, decimal *ret_amount)
{
	const char *text = counting->sum == NULL ? NULL : report_attribute(entity, counting->sum);
	if (text != NULL)
		return decimal_parse(text, ret_amount);
	return decimal_from_integer(counting->sum == NULL ? 1 : report_count_of(entity, counting->sum), ret_amount);
}

static bool counted_of(const struct report_view *view, const struct report_entity *aggregate, decimal *ret_counted)
{
	const char *what = report_attribute(aggregate, "what"), *as_of = report_attribute(aggregate, "as_of");
	const char *since = report_attribute(aggregate, "since");
	const struct counting *counting = NULL;
	size_t at = 0;
	for (size_t i = 0; i < ARRAY_COUNT(COUNTINGS); i++)
		counting = text_equal(COUNTINGS[i].what, what) ? &COUNTINGS[i] : counting;
	*ret_counted = (decimal){0};
	for (const struct report_entity *entity; counting != NULL && (entity = report_next(view, counting->kind, &at)) != NULL;) {
		bool ended = false;
		decimal amount;
		for (size_t i = 0; i < ARRAY_COUNT(counting->ends); i++)
			ended = ended || (counting->ends[i] != NULL && between(report_attribute(entity, counting->ends[i]), NULL, as_of));
		if (ended || !between(report_attribute(entity, counting->date), since, as_of) || !amount_of(counting, entity, &amount))
			continue;
		if (!decimal_add(*ret_counted, amount, ret_counted))
			return false;
	}
	return counting != NULL;
}

/* Whether nothing newer was said of the same thing by the end of the period. */
static bool is_latest(const struct report_view *view, const struct report_entity *aggregate)
{
	size_t at = 0;
	for (const struct report_entity *other; (other = report_next(view, ENTITY_AGGREGATE, &at)) != NULL;) {
		const char *as_of = report_attribute(other, "as_of");
		if (report_equals(other, "what", report_attribute(aggregate, "what")) && report_by_end(view, as_of)
		    && strcmp(as_of, report_attribute(aggregate, "as_of")) > 0)
			return false;
	}
	return true;
}

static void add_reconciled(struct report_view *view, struct report_table *table, const struct report_entity *aggregate)
{
	const struct json *amount = json_find(aggregate->attributes, "amount");
	const char *what = report_attribute(aggregate, "what");
	struct reconciliation reconciliation = {.agrees = false};
	decimal counted;
	char text[DECIMAL_TEXT_SIZE];
	bool countable = counted_of(view, aggregate, &counted) && reconciliation_of(amount, counted, &reconciliation);
	enum report_mark mark = !countable ? REPORT_MARK_NONE : reconciliation.agrees ? REPORT_MARK_GOOD : REPORT_MARK_ATTENTION;
	const char *cells[] = {
		report_word(REPORT_WORDS_AGGREGATE, what, view->lang), report_day(view, aggregate, "as_of"),
		report_amount(view->arena, view->lang, amount),
		countable ? report_number(view->arena, view->lang, decimal_format(counted, text), 2) : "—", NULL,
		!countable ? cli_text(view->lang, "not counted from events", "по событиям не считается")
		           : reconciliation.agrees ? cli_text(view->lang, "agrees", "сходится") : cli_text(view->lang, "differs", "расходится"),
	};
	cells[4] = countable ? report_number(view->arena, view->lang, decimal_format(reconciliation.gap, text), 2) : "—";
	report_row_add(view->document, table, mark, cells);
}

static void add_aggregates(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "reconciliation",
		cli_text(view->lang, "Figures said in public against the events", "Сверка публично названных величин с событиями"), SHOWN_MAX);
	size_t at = 0;
	report_column_add(table, "what", cli_text(view->lang, "figure", "величина"), false);
	report_column_add(table, "as_of", cli_text(view->lang, "as of", "на дату"), false);
	report_column_add(table, "declared", cli_text(view->lang, "said", "названо"), true);
	report_column_add(table, "counted", cli_text(view->lang, "counted", "по событиям"), true);
	report_column_add(table, "gap", cli_text(view->lang, "difference", "расхождение"), true);
	report_column_add(table, "verdict", cli_text(view->lang, "result", "итог"), false);
	for (const struct report_entity *aggregate; (aggregate = report_next(view, ENTITY_AGGREGATE, &at)) != NULL;) {
		if (report_attribute(aggregate, "what") != NULL && report_by_end(view, report_attribute(aggregate, "as_of")) && is_latest(view, aggregate))
			add_reconciled(view, table, aggregate);
	}
}

/* ---- Figures that stand apart ---- */

struct improvement {
	const struct report_entity *project;
	double percent;
};

static size_t improvements_of(const struct report_view *view, const char *code, struct improvement *improvements)
{
	size_t count = 0, at = 0;
	for (const struct report_entity *project; (project = report_next(view, ENTITY_PROJECT, &at)) != NULL && count < FIGURES_MAX;) {
		const struct json *indicator = json_find(json_find(project->attributes, "indicators"), code);
		const char *text = json_find_string(indicator, "reduction");
		decimal value;
		if (text == NULL)
			text = json_find_string(indicator, "growth");
		if (report_by_end(view, report_attribute(project, "closed_on")) && text != NULL && decimal_parse(text, &value))
			improvements[count++] = (struct improvement){.project = project, .percent = decimal_double(value)};
	}
	return count;
}

static void add_outliers_of(struct report_view *view, struct report_table *table, const char *code, const char *name)
{
	struct improvement *improvements = arena_array(view->arena, struct improvement, FIGURES_MAX);
	size_t count = improvements_of(view, code, improvements);
	double *values = arena_array(view->arena, double, count + 1), *scores = arena_array(view->arena, double, count + 1);
	for (size_t i = 0; i < count; i++)
		values[i] = improvements[i].percent;
	outlier_scores(view->arena, values, count, scores);
	for (size_t i = 0; i < count; i++) {
		char percent[DECIMAL_TEXT_SIZE], score[DECIMAL_TEXT_SIZE];
		bool shown = outlier_is(scores[i]) && report_within(view, report_attribute(improvements[i].project, "closed_on"))
		             && decimal_format_double(values[i], 2, percent, sizeof percent) && decimal_format_double(scores[i], 1, score, sizeof score);
		const char *cells[] = {improvements[i].project->id, report_title(view, improvements[i].project, "title"), name, NULL, NULL};
		if (!shown)
			continue;
		cells[3] = report_quantity(view->arena, view->lang, percent, "percent");
		cells[4] = report_number(view->arena, view->lang, score, 1);
		report_row_add(view->document, table, REPORT_MARK_ATTENTION, cells);
	}
}

static void add_outliers(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "outliers",
		cli_text(view->lang, "Figures that stand apart and should be verified", "Значения, которые выделяются и требуют проверки"), SHOWN_MAX);
	report_column_add(table, "project", cli_text(view->lang, "id", "код"), false);
	report_column_add(table, "title", cli_text(view->lang, "project", "проект"), false);
	report_column_add(table, "indicator", cli_text(view->lang, "indicator", "показатель"), false);
	report_column_add(table, "improvement", cli_text(view->lang, "improvement", "улучшение"), true);
	report_column_add(table, "score", cli_text(view->lang, "robust z", "устойчивая z-оценка"), true);
	for (size_t i = 0; i < view->input->indicators.count; i++) {
		const struct report_entry *entry = &view->input->indicators.entries[i];
		add_outliers_of(view, table, entry->code, view->lang == CLI_LANG_RU ? entry->ru : entry->en);
	}
}

/* ---- Flags ---- */

struct flagged {
	int64_t count;
	const char *examples[EXAMPLES_MAX];
};

static void collect_flags(const struct report_view *view, struct flagged flags[FLAG_COUNT])
{
	size_t at = 0;
	for (const struct report_entity *project; (project = report_next(view, ENTITY_PROJECT, &at)) != NULL;) {
		const struct json *list = json_find(project->attributes, "flags");
		for (const struct json *item = json_is(list, JSON_ARRAY) ? json_first(list) : NULL; item != NULL; item = json_next(item)) {
			const char *code = json_find_string(item, "code");
			enum flag flag;
			if (code == NULL || !flag_find(code, &flag) || !report_by_end(view, report_attribute(project, "opened_on")))
				continue;
			if (flags[flag].count < EXAMPLES_MAX)
				flags[flag].examples[flags[flag].count] = project->id;
			flags[flag].count++;
		}
	}
}

static void add_flags(struct report_view *view, struct report_section *section)
{
	struct flagged flags[FLAG_COUNT] = {{0}};
	struct report_table *table = report_table_add(view->document, section, "flags", cli_text(view->lang, "Remarks on the data", "Замечания к данным"), FLAG_COUNT);
	report_column_add(table, "reason", cli_text(view->lang, "remark", "замечание"), false);
	report_column_add(table, "count", cli_text(view->lang, "times", "сколько раз"), true);
	report_column_add(table, "excluded", cli_text(view->lang, "counted in the indicators", "учтено в показателях"), false);
	report_column_add(table, "examples", cli_text(view->lang, "projects", "проекты"), false);
	collect_flags(view, flags);
	for (int i = 0; i < FLAG_COUNT; i++) {
		enum flag flag = (enum flag)i;
		const char *examples = "";
		for (size_t k = 0; k < EXAMPLES_MAX && flags[i].examples[k] != NULL; k++)
			examples = arena_printf(view->arena, "%s%s%s", examples, k == 0 ? "" : ", ", flags[i].examples[k]);
		const char *cells[] = {
			view->lang == CLI_LANG_RU ? flag_reason_ru(flag) : flag_reason_en(flag), report_count_text(view, flags[i].count),
			flag_excludes(flag) ? cli_text(view->lang, "no", "нет") : cli_text(view->lang, "yes", "да"), examples,
		};
		if (flags[i].count > 0)
			report_row_add(view->document, table, flag_excludes(flag) ? REPORT_MARK_ATTENTION : REPORT_MARK_NONE, cells);
	}
}

/* ---- Verifications and disputes ---- */

static void add_verifications(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "verifications",
		cli_text(view->lang, "Effects verified by the coordinator", "Проверки эффекта координатором"), SHOWN_MAX);
	size_t at = 0;
	report_column_add(table, "project", cli_text(view->lang, "project", "проект"), false);
	report_column_add(table, "verdict", cli_text(view->lang, "verdict", "решение"), false);
	report_column_add(table, "on", cli_text(view->lang, "date", "дата"), false);
	report_column_add(table, "grounds", cli_text(view->lang, "grounds", "основание"), false);
	for (const struct report_entity *verification; (verification = report_next(view, ENTITY_VERIFICATION, &at)) != NULL;) {
		const char *verdict = report_attribute(verification, "verdict");
		const char *cells[] = {report_attribute(verification, "project"), verdict == NULL ? "" : report_word(REPORT_WORDS_VERDICT, verdict, view->lang),
		                       report_day(view, verification, "verified_on"), report_title(view, verification, "grounds")};
		bool confirmed = verdict != NULL && text_equal(verdict, "confirmed");
		if (report_within(view, report_attribute(verification, "verified_on")))
			report_row_add(view->document, table, confirmed ? REPORT_MARK_GOOD : REPORT_MARK_ATTENTION, cells);
	}
}

static void add_disputes(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "disputes",
		cli_text(view->lang, "Disputes open at the end of the period", "Споры, открытые на конец периода"), SHOWN_MAX);
	size_t at = 0;
	report_column_add(table, "title", cli_text(view->lang, "dispute", "спор"), false);
	report_column_add(table, "about", cli_text(view->lang, "about", "о чём"), false);
	report_column_add(table, "project", cli_text(view->lang, "project", "проект"), false);
	report_column_add(table, "opened", cli_text(view->lang, "opened", "открыт"), false);
	for (const struct report_entity *dispute; (dispute = report_next(view, ENTITY_DISPUTE, &at)) != NULL;) {
		const char *about = report_attribute(dispute, "about");
		const char *cells[] = {report_title(view, dispute, "title"), about == NULL ? "" : report_word(REPORT_WORDS_DISPUTE, about, view->lang),
		                       report_attribute(dispute, "project"), report_day(view, dispute, "opened_on")};
		if (report_by_end(view, report_attribute(dispute, "opened_on")) && !report_by_end(view, report_attribute(dispute, "resolved_on")))
			report_row_add(view->document, table, REPORT_MARK_ATTENTION, cells);
	}
}

void report_add_quality(struct report_view *view)
{
	static const char *const FIGURES[] = {
		"events", "completeness", "late_share", "corrected_share", "repeated_share", "lead_time_outliers", "labour_outliers",
		"aggregates_declared", "reconciliation_initiated", "reconciliation_completed", "reconciliation_trained", NULL};
	struct report_section *section = report_section_add(view->document, "quality", cli_text(view->lang, "Quality of the data", "Качество данных"));
	report_figures_add(view, section, FIGURES);
	add_sources(view, section);
	if (view->input->authority[0] == '\0')
		add_aggregates(view, section);
	add_outliers(view, section);
	add_flags(view, section);
	add_verifications(view, section);
	add_disputes(view, section);
}
