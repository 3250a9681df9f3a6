#include "services/metrics/contribution.h"

#include "common/ident.h"
#include "common/calendar.h"

#include <stdio.h>
#include <stdlib.h>

#define SUBJECTS_MAX 64
#define DAY_US       INT64_C(86400000000)
#define ONE          ((decimal){1000000})

struct subject {
	enum subject_kind kind;
	const char *text;
};

struct subjects {
	struct subject at[SUBJECTS_MAX];
	size_t count;
};

/* An entity being looked at. */
struct entity_view {
	const struct definitions *definitions;
	enum entity_kind kind;
	const char *id;
	const struct json *attributes;
	const struct json *beside;           /* NULL but for the same subjects */
	size_t same_reports, same_months;    /* first months of these members that stand beside too */
	struct arena *scratch;
	contribution_emit_fn *emit;
	void *context;
	struct subjects usual;               /* of a definition that says nothing of its own */
};

bool contribution_date(const char *text, int *ret_month, int *ret_day)
{
	int64_t us;
	if (!date_parse(text, &us))
		return false;
	int month = calendar_month_of(us);
	if (month < (CONTRIBUTION_YEAR_FIRST - 1970) * 12 || month >= (CONTRIBUTION_YEAR_LAST + 1 - 1970) * 12)
		return false;
	*ret_month = month;
	*ret_day = (int)(us / DAY_US);
	return true;
}

bool contribution_equal(const struct contribution *a, const struct contribution *b)
{
	if (a->definition != b->definition || a->part != b->part || a->count != b->count || a->month != b->month
	    || a->kind != b->kind || a->day != b->day || decimal_compare(a->amount, b->amount) != 0 || !text_equal(a->subject, b->subject))
		return false;
	return a->sample == NULL || b->sample == NULL ? a->sample == b->sample : text_equal(a->sample, b->sample);
}

/* ---- For whom ---- */

/* What has more bodies than that counts for the first of them, and for the region. What is no name is nobody's. */
static void add_subject(struct subjects *subjects, enum subject_kind kind, const struct json *name, struct arena *scratch)
{
	if (subjects->count == SUBJECTS_MAX || !json_is(name, JSON_STRING) || !ident_is_name(json_string(name)))
		return;
	const char *text = arena_printf(scratch, "%s%s", subject_kind_prefix(kind), json_string(name));
	for (size_t i = 0; i < subjects->count; i++) {
		if (text_equal(subjects->at[i].text, text))
			return;
	}
	subjects->at[subjects->count++] = (struct subject){.kind = kind, .text = text};
}

static void add_subjects(struct subjects *subjects, enum subject_kind kind, const struct attribute_path *path, const struct json *attributes,
                         struct arena *scratch)
{
	const struct json *names = path->count == 0 ? NULL : attribute_find(attributes, path);
	if (!json_is(names, JSON_ARRAY)) {
		add_subject(subjects, kind, names, scratch);
		return;
	}
	for (const struct json *item = json_first(names); item != NULL; item = json_next(item))
		add_subject(subjects, kind, item, scratch);
}

/* The member by its own name, in the plural where there are several; never another region unless a definition says so. */
static void find_usual_subjects(struct subjects *usual, const struct json *attributes, struct arena *scratch)
{
	static const struct attribute_path PATHS[][2] = {
		[SUBJECT_AUTHORITY] = {{{"authorities"}, 1}, {{"authority"}, 1}},
		[SUBJECT_INSTITUTION] = {{{"institutions"}, 1}, {{"institution"}, 1}},
		[SUBJECT_SPHERE] = {{{"sphere"}, 1}, {{NULL}, 0}},
	};
	usual->count = 0;
	usual->at[usual->count++] = (struct subject){.kind = SUBJECT_REGION, .text = ""};
	for (unsigned kind = SUBJECT_AUTHORITY; kind <= SUBJECT_SPHERE; kind++) {
		for (unsigned i = 0; i < 2; i++)
			add_subjects(usual, (enum subject_kind)kind, &PATHS[kind][i], attributes, scratch);
	}
}

static bool subjects_equal(const struct subjects *a, const struct subjects *b)
{
	bool equal = a->count == b->count;
	for (size_t i = 0; i < a->count && equal; i++)
		equal = a->at[i].kind == b->at[i].kind && text_equal(a->at[i].text, b->at[i].text);
	return equal;
}

static bool says_its_subjects(const struct definition *definition)
{
	bool given = definition->of_others;
	for (unsigned kind = 0; kind < SUBJECT_KIND_COUNT; kind++)
		given = given || definition->subject_given[kind];
	return given;
}

static const struct subjects *find_subjects(const struct entity_view *view, const struct definition *definition)
{
	if (!says_its_subjects(definition))
		return &view->usual;
	struct subjects *subjects = arena_alloc(view->scratch, sizeof *subjects);
	subjects->count = 0;
	for (size_t i = 0; i < view->usual.count; i++) {
		if (!definition->subject_given[view->usual.at[i].kind] && !definition->of_others)
			subjects->at[subjects->count++] = view->usual.at[i];
	}
	for (unsigned kind = SUBJECT_AUTHORITY; kind < SUBJECT_KIND_COUNT; kind++)
		add_subjects(subjects, (enum subject_kind)kind, &definition->subjects[kind], view->attributes, view->scratch);
	return subjects;
}

/* ---- What ---- */

static void emit(const struct entity_view *view, const struct definition *definition, const struct contribution *contribution)
{
	const struct subjects *subjects = find_subjects(view, definition);
	for (size_t i = 0; i < subjects->count; i++) {
		struct contribution own = *contribution;
		own.kind = subjects->at[i].kind;
		own.subject = subjects->at[i].text;
		view->emit(view->context, &own);
	}
}

static bool amount_of(const struct entity_view *view, const struct part *part, decimal *ret_amount)
{
	decimal less;
	if (part->measure == MEASURE_COUNT) {
		*ret_amount = ONE;
		return true;
	}
	if (!attribute_decimal(attribute_find(view->attributes, &part->measured), ret_amount))
		return false;
	return part->less.count == 0
	       || (attribute_decimal(attribute_find(view->attributes, &part->less), &less)
	           && decimal_subtract(*ret_amount, less, ret_amount));
}

static bool end_of(const struct entity_view *view, const struct part *part, int *ret_month)
{
	bool found = false;
	for (unsigned i = 0; i < part->ends_count; i++) {
		const struct json *date = attribute_find(view->attributes, &part->ends[i]);
		int month, day;
		if (!json_is(date, JSON_STRING) || !contribution_date(json_string(date), &month, &day) || (found && month >= *ret_month))
			continue;
		*ret_month = month;
		found = true;
	}
	return found;
}

static void emit_distinct(const struct entity_view *view, const struct definition *definition, const struct part *part,
                          struct contribution *contribution)
{
	const struct json *things = attribute_find(view->attributes, &part->measured);
	bool list = json_is(things, JSON_ARRAY);
	contribution->amount = (decimal){0};
	for (const struct json *item = list ? json_first(things) : things; item != NULL; item = list ? json_next(item) : NULL) {
		if (!json_is(item, JSON_STRING))
			continue;
		contribution->sample = json_string(item);
		emit(view, definition, contribution);
	}
}

static void emit_amount(const struct entity_view *view, const struct definition *definition, const struct part *part,
                        struct contribution *contribution)
{
	int end;
	if (!amount_of(view, part, &contribution->amount))
		return;
	if (part->measure == MEASURE_LATEST)
		contribution->sample = view->id;
	else
		contribution->day = 0;
	bool ends = end_of(view, part, &end);
	if (ends && end <= contribution->month)
		return;  /* came and went within the month, or its dates are out of order: it stands at no month's end */
	emit(view, definition, contribution);
	if (!ends)
		return;
	contribution->month = (int16_t)end;
	contribution->count = -1;
	emit(view, definition, contribution);
}

/* ---- Named measures ---- */

/* reports: {"2023-01": [events, late, corrected, repeated]}, the last where there are any
 * months:  {"2023-01": [numbered events, highest number]}
 * both ascending. */
static const struct attribute_path REPORTS = {{"reports"}, 1}, MONTHS = {{"months"}, 1};

/* How many months stand at the beginning of both alike. */
static size_t same_months(const struct attribute_path *path, const struct json *attributes, const struct json *beside)
{
	const struct json *one = attribute_find(attributes, path), *other = attribute_find(beside, path);
	size_t count = 0;
	if (!json_is(one, JSON_OBJECT) || !json_is(other, JSON_OBJECT))
		return 0;
	one = json_first(one);
	other = json_first(other);
	for (; one != NULL && other != NULL && text_equal(json_name(one), json_name(other)) && json_equal(one, other); count++) {
		one = json_next(one);
		other = json_next(other);
	}
	return count;
}

/* "2023-01" */
static bool month_of_code(const char *code, int *ret_month)
{
	struct calendar_period period;
	int first = (CONTRIBUTION_YEAR_FIRST - 1970) * 12, end = (CONTRIBUTION_YEAR_LAST + 1 - 1970) * 12;
	if (code == NULL || !calendar_period_parse(code, &period) || period.length != CALENDAR_MONTH)
		return false;
	*ret_month = period.first;
	return period.first >= first && period.first < end;
}

static void emit_number(const struct entity_view *view, const struct definition *definition, struct contribution *contribution, int month,
                        int64_t number)
{
	if (number == 0 || !decimal_from_integer(number, &contribution->amount))
		return;
	contribution->month = (int16_t)month;
	emit(view, definition, contribution);
}

static void emit_reports(const struct entity_view *view, const struct definition *definition, struct contribution *contribution, unsigned at,
                         bool beside)
{
	const struct json *reports = attribute_find(view->attributes, &REPORTS);
	size_t same = beside ? view->same_reports : 0;
	int month;
	for (const struct json *item = json_is(reports, JSON_OBJECT) ? json_first(reports) : NULL; item != NULL; item = json_next(item)) {
		if (same > 0)
			same--;
		else if (month_of_code(json_name(item), &month))
			emit_number(view, definition, contribution, month, json_integer_at(item, at));
	}
}

/* The highest number so far says what must have been sent. */
static void emit_sequence(const struct entity_view *view, const struct definition *definition, struct contribution *contribution, bool expected,
                          bool beside)
{
	const struct json *months = attribute_find(view->attributes, &MONTHS);
	size_t same = beside ? view->same_months : 0;
	int64_t highest = 0;
	int month;
	for (const struct json *item = json_is(months, JSON_OBJECT) ? json_first(months) : NULL; item != NULL; item = json_next(item)) {
		int64_t number = json_integer_at(item, 1);
		int64_t more = number > highest ? number - highest : 0;
		highest += more;
		if (same > 0)
			same--;
		else if (month_of_code(json_name(item), &month))
			emit_number(view, definition, contribution, month, expected ? more : json_integer_at(item, 0));
	}
}

static void emit_named(const struct entity_view *view, const struct definition *definition, const struct part *part,
                       struct contribution *contribution)
{
	bool beside = view->beside != NULL && !says_its_subjects(definition) && conditions_hold(part->filter, part->filter_count, view->beside);
	switch (part->named) {
	case NAMED_EVENTS:            emit_reports(view, definition, contribution, 0, beside); break;
	case NAMED_LATE_EVENTS:       emit_reports(view, definition, contribution, 1, beside); break;
	case NAMED_CORRECTED_EVENTS:  emit_reports(view, definition, contribution, 2, beside); break;
	case NAMED_REPEATED_EVENTS:   emit_reports(view, definition, contribution, 3, beside); break;
	case NAMED_SEQUENCE_RECEIVED: emit_sequence(view, definition, contribution, false, beside); break;
	default:                      emit_sequence(view, definition, contribution, true, beside); break;
	}
}

/* ---- One part of one definition ---- */

static void emit_part(const struct entity_view *view, size_t at, unsigned number)
{
	const struct definition *definition = &view->definitions->at[at];
	const struct part *part = &definition->parts[number];
	struct contribution contribution = {.definition = (uint16_t)at, .part = (uint8_t)number, .count = 1};
	int month, day;
	if (!conditions_hold(part->filter, part->filter_count, view->attributes))
		return;
	if (part->measure == MEASURE_NAMED) {
		emit_named(view, definition, part, &contribution);
		return;
	}
	const struct json *date = attribute_find(view->attributes, &part->date);
	if (!json_is(date, JSON_STRING) || !contribution_date(json_string(date), &month, &day))
		return;
	contribution.month = (int16_t)month;
	contribution.day = part->measure == MEASURE_LATEST ? day : 0;
	if (part->measure == MEASURE_DISTINCT)
		emit_distinct(view, definition, part, &contribution);
	else
		emit_amount(view, definition, part, &contribution);
}

static void look_beside(struct entity_view *view, const struct json *beside)
{
	struct subjects *usual = arena_alloc(view->scratch, sizeof *usual);
	find_usual_subjects(usual, beside, view->scratch);
	if (!subjects_equal(usual, &view->usual))
		return;
	view->beside = beside;
	view->same_reports = same_months(&REPORTS, view->attributes, beside);
	view->same_months = same_months(&MONTHS, view->attributes, beside);
}

void contributions_emit(const struct definitions *definitions, enum entity_kind kind, const char *id, const struct json *attributes,
                        const struct json *beside, struct arena *scratch, contribution_emit_fn *emit_fn, void *context)
{
	if (attributes == NULL || definitions->of_kind_count[kind] == 0)
		return;
	struct entity_view *view = arena_alloc(scratch, sizeof *view);
	*view = (struct entity_view){
		.definitions = definitions, .kind = kind, .id = id, .attributes = attributes, .scratch = scratch, .emit = emit_fn, .context = context};
	find_usual_subjects(&view->usual, attributes, scratch);
	if (beside != NULL)
		look_beside(view, beside);
	for (size_t i = 0; i < definitions->of_kind_count[kind]; i++)
		emit_part(view, definitions->of_kind[kind][i].definition, definitions->of_kind[kind][i].part);
}
