#include "services/metrics/entity_fold.h"

#include "services/metrics/event_key.h"
#include "services/metrics/flag.h"
#include "services/metrics/project_fold.h"

#include <stdio.h>

#define MEMBERS_MAX 128  /* of the types of one kind together; the schemas have fewer than 30 */

struct member {
	const char *name;
	const struct json *value;  /* NULL: text holds */
	const char *text;
};

struct merge {
	const struct fold_rules *rules;
	struct arena *scratch;
	struct member members[MEMBERS_MAX];
	size_t count;
};

/* What an event takes back that an earlier one of the same entity said. */
struct undoing {
	enum event_type type;
	const char *attribute;
};

static const struct undoing UNDOINGS[] = {
	{EVENT_AUTHORITY_JOINED, "left_on"},
	{EVENT_TRAINING_CENTRE_OPENED, "closed_on"},
	{EVENT_PROBLEM_RAISED, "resolved_on"},
	{EVENT_DISPUTE_OPENED, "resolved_on"},
};

void entity_fold_date(int64_t us, char text[ENTITY_FOLD_DATE_SIZE])
{
	char instant[INSTANT_TEXT_SIZE];
	instant_format(us, instant);
	snprintf(text, ENTITY_FOLD_DATE_SIZE, "%.10s", instant);
}

void entity_fold_value(struct json_writer *writer, const char *name, const struct json *value)
{
	struct buf text;
	if (json_is(value, JSON_STRING)) {
		json_member_string(writer, name, json_string(value));
		return;
	}
	buf_init(&text, EVENT_BYTES_MAX * 2);
	/* Only a number that is no whole one is refused; the schemas have none. */
	if (json_canonical(&text, value) == STATUS_OK && buf_ok(&text))
		json_member_raw(writer, name, buf_span(&text));
	buf_clear(&text);
}

/* ---- The members ---- */

static struct member *member_find(struct merge *merge, const char *name)
{
	for (size_t i = 0; i < merge->count; i++) {
		if (text_equal(merge->members[i].name, name))
			return &merge->members[i];
	}
	return NULL;
}

static void member_set(struct merge *merge, const char *name, const struct json *value, const char *text)
{
	struct member *member = member_find(merge, name);
	if (member == NULL && merge->count < MEMBERS_MAX)
		member = &merge->members[merge->count++];
	if (member != NULL)
		*member = (struct member){.name = name, .value = value, .text = text};
}

static void member_take(struct merge *merge, const char *name)
{
	struct member *member = member_find(merge, name);
	if (member == NULL)
		return;
	memmove(member, member + 1, (size_t)(&merge->members[--merge->count] - member) * sizeof *member);
}

static void merge_statement(struct merge *merge, const struct statement *statement)
{
	const struct json *data = statement->data;
	for (size_t i = 0; i < ARRAY_COUNT(UNDOINGS); i++) {
		if (UNDOINGS[i].type == statement->type)
			member_take(merge, UNDOINGS[i].attribute);
	}
	for (const struct json *at = json_is(data, JSON_OBJECT) ? json_first(data) : NULL; at != NULL; at = json_next(at))
		member_set(merge, json_name(at), at, NULL);
	const char *attribute = event_key_date_attribute(statement->type);
	if (attribute != NULL && event_key_date_member(statement->type) == NULL) {
		char *date = arena_alloc(merge->scratch, ENTITY_FOLD_DATE_SIZE);
		entity_fold_date(statement->place.time_us, date);
		member_set(merge, attribute, NULL, date);
	}
}

static void write_members(const struct merge *merge, struct json_writer *writer)
{
	for (size_t i = 0; i < merge->count; i++) {
		const struct member *member = &merge->members[i];
		if (member->value == NULL)
			json_member_string(writer, member->name, member->text);
		else
			entity_fold_value(writer, member->name, member->value);
	}
}

/* ---- Of a survey: what was gained ---- */

static bool member_decimal(struct merge *merge, const char *name, decimal *ret_value)
{
	const struct member *member = member_find(merge, name);
	return member != NULL && json_is(member->value, JSON_STRING) && decimal_parse(json_string(member->value), ret_value);
}

static void write_survey(struct merge *merge, struct json_writer *writer)
{
	const struct member *unit = member_find(merge, "unit");
	decimal before, value, gain;
	bool known = unit != NULL && json_is(unit->value, JSON_STRING)
	             && unit_find(merge->rules->units, json_string(unit->value)) != NULL;
	if (known && member_decimal(merge, "before", &before) && member_decimal(merge, "value", &value)
	    && decimal_subtract(value, before, &gain)) {
		char text[DECIMAL_TEXT_SIZE];
		json_member_string(writer, "gain", decimal_format(gain, text));
	}
	if (unit == NULL || known)
		return;
	json_write_name(writer, "flags");
	json_write_array(writer);
	json_write_object(writer);
	json_member_string(writer, "code", flag_code(FLAG_UNIT_UNKNOWN));
	json_write_object_end(writer);
	json_write_array_end(writer);
}

/* ---- Reports ---- */

struct month_report {
	int month;
	int64_t events, late, corrected, repeated;
};

/* Statements come in the order of time, so those of a month stand together. */
static void write_month(struct json_writer *writer, const struct month_report *report)
{
	char code[CALENDAR_CODE_SIZE];
	json_write_name(writer, calendar_period_format(calendar_period_of(report->month, CALENDAR_MONTH), code));
	json_write_array(writer);
	json_write_integer(writer, report->events);
	json_write_integer(writer, report->late);
	json_write_integer(writer, report->corrected);
	if (report->repeated > 0)
		json_write_integer(writer, report->repeated);
	json_write_array_end(writer);
}

/* Whether an event before it said the same of the same instant: another system reports it too, or one sent it under a second id. What
 * another instant says is said of another occasion. */
static bool is_repeated(const struct statement *statements, size_t at)
{
	const struct statement *statement = &statements[at];
	for (size_t i = at; i-- > 0 && statements[i].place.time_us == statement->place.time_us;) {
		if (statements[i].own && statements[i].type == statement->type && json_equal(statements[i].data, statement->data))
			return true;
	}
	return false;
}

static void write_reports(const struct statement *statements, size_t count, const struct calendar *calendar,
                          struct json_writer *writer)
{
	struct month_report report = {.month = -1};
	json_write_name(writer, "reports");
	json_write_object(writer);
	for (size_t i = 0; i < count; i++) {
		const struct statement *statement = &statements[i];
		int month = calendar_month_of(statement->place.time_us);
		if (!statement->own)
			continue;
		if (month != report.month && report.month >= 0)
			write_month(writer, &report);
		if (month != report.month)
			report = (struct month_report){.month = month};
		report.events++;
		report.late += calendar_late(calendar, statement->place.time_us, statement->recorded_us);
		report.corrected += statement->corrected;
		report.repeated += is_repeated(statements, i);
	}
	if (report.month >= 0)
		write_month(writer, &report);
	json_write_object_end(writer);
}

/* ---- All kinds ---- */

static void fold_generic(enum entity_kind kind, const struct statement *statements, size_t count,
                         const struct fold_rules *rules, struct arena *scratch, struct json_writer *writer)
{
	struct merge *merge = arena_alloc(scratch, sizeof *merge);
	merge->rules = rules;
	merge->scratch = scratch;
	for (size_t i = 0; i < count; i++)
		merge_statement(merge, &statements[i]);
	write_members(merge, writer);
	if (kind == ENTITY_SURVEY)
		write_survey(merge, writer);
}

void entity_fold(enum entity_kind kind, const struct statement *statements, size_t count,
                 const struct fold_rules *rules, struct arena *scratch, struct json_writer *writer)
{
	json_write_object(writer);
	if (count > 0) {
		if (kind == ENTITY_PROJECT)
			project_fold(statements, count, rules, scratch, writer);
		else
			fold_generic(kind, statements, count, rules, scratch, writer);
		write_reports(statements, count, rules->calendar, writer);
	}
	json_write_object_end(writer);
}
