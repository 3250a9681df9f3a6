#include "services/metrics/event_detail.h"

#include <stdio.h>
#include <stdlib.h>

#define NAMES_MAX 20

struct reading {
	struct event_data *data;
	const struct unit_table *units;
	struct event_detail *detail;
};

typedef void read_fn(struct reading *reading);

struct rule {
	enum entity_kind kind;
	const char *key;     /* member with the entity's id; NULL = there is one such entity in a region */
	const char *date;    /* member with the date; NULL = the event's time */
	bool counts;         /* in indicators: the date lies in the years of the region */
	read_fn *read;       /* NULL = nothing beyond key and date */
};

static void read_civil_servants(struct reading *reading)
{
	reading->detail->count = event_data_integer(reading->data, "civil_servants", 0, 10000000);
}

static void read_people(struct reading *reading)
{
	reading->detail->count = event_data_integer(reading->data, "people", 1, 1000000);
}

static void read_stage(struct reading *reading)
{
	reading->detail->stage = (unsigned)event_data_integer(reading->data, "stage", 1, 5);
}

/* Names one behind the other, each terminated, at the end of a detail that grows for them. */
static void names_set(struct reading *reading, const char *const *names, unsigned count)
{
	size_t bytes = 0;
	for (unsigned i = 0; i < count; i++)
		bytes += strlen(names[i]) + 1;
	reading->detail = realloc(reading->detail, sizeof *reading->detail + bytes);
	ASSERT(reading->detail != NULL);
	char *at = reading->detail->names;
	for (unsigned i = 0; i < count; i++) {
		memcpy(at, names[i], strlen(names[i]) + 1);
		at += strlen(names[i]) + 1;
	}
	reading->detail->names_count = count;
}

static void read_opening(struct reading *reading)
{
	const char *names[NAMES_MAX];
	unsigned count = event_data_names(reading->data, "authorities", names, NAMES_MAX);
	reading->detail->digital = event_data_bool(reading->data, "digital");
	reading->detail->independent = text_equal(event_data_text(reading->data, "support"), "independent");
	names_set(reading, names, count);
}

static void read_check(struct reading *reading)
{
	reading->detail->held = text_equal(event_data_text(reading->data, "held"), "held");
	reading->detail->final = event_data_has(reading->data, "final") && event_data_bool(reading->data, "final");
}

static void read_unit(struct reading *reading)
{
	/* A unit that is in no dictionary makes the figure incomparable, not the event impossible. */
	reading->detail->unit = unit_find(reading->units, event_data_text(reading->data, "unit"));
}

/* The value, or the middle of a range. */
static decimal read_value(struct event_data *data)
{
	decimal middle;
	if (event_data_has(data, "value"))
		return event_data_decimal(data, "value");
	decimal lo = event_data_decimal(data, "lo");
	decimal hi = event_data_decimal(data, "hi");
	bool ok = decimal_add(lo, hi, &middle) && decimal_divide(middle, (decimal){.millionths = 2000000}, &middle);
	return ok ? middle : lo;
}

static void read_plan(struct reading *reading)
{
	struct event_data base = event_data_object(reading->data, "base");
	reading->detail->value = read_value(&base);
	event_data_join(reading->data, &base);
	read_unit(reading);
}

static void read_measurement(struct reading *reading)
{
	reading->detail->value = read_value(reading->data);
	read_unit(reading);
}

static const struct rule RULES[EVENT_TYPE_COUNT] = {
	[EVENT_REGION_JOINED] = {ENTITY_REGION, NULL, "joined_on", true, NULL},
	[EVENT_AUTHORITY_REGISTERED] = {ENTITY_AUTHORITY, "authority", "registered_on", true, NULL},
	[EVENT_HEADCOUNT_REPORTED] = {ENTITY_HEADCOUNT, NULL, "as_of", true, read_civil_servants},
	[EVENT_PROJECT_OPENED] = {ENTITY_PROJECT, "project", NULL, true, read_opening},
	[EVENT_PROJECT_STAGE_STARTED] = {ENTITY_PROJECT, "project", NULL, false, read_stage},
	[EVENT_PROJECT_CLOSED] = {ENTITY_PROJECT, "project", NULL, true, NULL},
	[EVENT_INDICATOR_PLANNED] = {ENTITY_PROJECT_INDICATOR, "project", NULL, false, read_plan},
	[EVENT_MEASUREMENT_RECORDED] = {ENTITY_PROJECT_INDICATOR, "project", "measured_on", false, read_measurement},
	[EVENT_TRAINING_COMPLETED] = {ENTITY_TRAINING, "training", "completed_on", true, read_people},
	[EVENT_PRACTICE_PUBLISHED] = {ENTITY_PRACTICE, "practice", NULL, true, NULL},
	[EVENT_AUTHORITY_JOINED] = {ENTITY_AUTHORITY, "authority", "joined_on", false, NULL},
	[EVENT_AUTHORITY_LEFT] = {ENTITY_AUTHORITY, "authority", "left_on", false, NULL},
	[EVENT_INSTITUTION_REGISTERED] = {ENTITY_INSTITUTION, "institution", "registered_on", false, NULL},
	[EVENT_CLUB_JOINED] = {ENTITY_CLUB, NULL, "joined_on", false, NULL},
	[EVENT_CENTRE_OPENED] = {ENTITY_CENTRE, "centre", "opened_on", false, NULL},
	[EVENT_ROLE_ASSIGNED] = {ENTITY_ROLE, "role_id", "since", false, NULL},
	[EVENT_STANDARD_ADOPTED] = {ENTITY_STANDARD, "standard", "adopted_on", false, NULL},
	[EVENT_PROJECT_PROPOSED] = {ENTITY_PROJECT, "project", NULL, false, NULL},
	[EVENT_PROJECT_CARD_SUBMITTED] = {ENTITY_PROJECT, "project", NULL, false, NULL},
	[EVENT_PROJECT_CARD_RETURNED] = {ENTITY_PROJECT, "project", NULL, false, NULL},
	[EVENT_PROJECT_CARD_APPROVED] = {ENTITY_PROJECT, "project", NULL, false, NULL},
	[EVENT_PROJECT_STAGE_COMPLETED] = {ENTITY_PROJECT, "project", NULL, false, read_stage},
	[EVENT_PROJECT_KICKOFF_HELD] = {ENTITY_PROJECT, "project", NULL, false, NULL},
	[EVENT_PROJECT_PAUSED] = {ENTITY_PROJECT, "project", NULL, false, NULL},
	[EVENT_PROJECT_RESUMED] = {ENTITY_PROJECT, "project", NULL, false, NULL},
	[EVENT_PROJECT_CANCELLED] = {ENTITY_PROJECT, "project", NULL, false, NULL},
	[EVENT_PROJECT_MONITORING_CHECKED] = {ENTITY_PROJECT, "project", "checked_on", false, read_check},
	[EVENT_PROJECT_REOPENED] = {ENTITY_PROJECT, "project", NULL, false, NULL},
	[EVENT_PROJECT_PARTY_ADDED] = {ENTITY_PROJECT, "project", NULL, false, NULL},
	[EVENT_EFFECT_DECLARED] = {ENTITY_PROJECT_INDICATOR, "project", "declared_on", false, NULL},
	[EVENT_SURVEY_COMPLETED] = {ENTITY_SURVEY, "survey", "completed_on", false, NULL},
	[EVENT_PROBLEM_RAISED] = {ENTITY_PROBLEM, "problem", NULL, false, NULL},
	[EVENT_PROBLEM_RESOLVED] = {ENTITY_PROBLEM, "problem", NULL, false, NULL},
	[EVENT_RISK_RAISED] = {ENTITY_RISK, "risk", NULL, false, NULL},
	[EVENT_LESSON_RECORDED] = {ENTITY_LESSON, "lesson", NULL, false, NULL},
	[EVENT_LOSS_FOUND] = {ENTITY_LOSS, "loss", NULL, false, NULL},
	[EVENT_TEAM_FORMED] = {ENTITY_TEAM, "team", "formed_on", false, read_people},
	[EVENT_TRAINING_PLANNED] = {ENTITY_TRAINING_PLAN, "training", "planned_on", false, read_people},
	[EVENT_TRAINING_CENTRE_OPENED] = {ENTITY_TRAINING_CENTRE, "training_centre", "opened_on", false, NULL},
	[EVENT_TRAINING_CENTRE_CLOSED] = {ENTITY_TRAINING_CENTRE, "training_centre", "closed_on", false, NULL},
	[EVENT_MENTOR_APPOINTED] = {ENTITY_MENTOR, "mentor", "appointed_on", false, NULL},
	[EVENT_MENTORSHIP_STARTED] = {ENTITY_MENTORSHIP, "mentorship", "started_on", false, NULL},
	[EVENT_SUPPORT_ENDED] = {ENTITY_SUPPORT, "authority", "ended_on", false, NULL},
	[EVENT_PRACTICE_REGISTERED] = {ENTITY_PRACTICE, "practice", NULL, false, NULL},
	[EVENT_REPLICATION_RECOMMENDED] = {ENTITY_REPLICATION, "replication", NULL, false, NULL},
	[EVENT_REPLICATION_REQUESTED] = {ENTITY_REPLICATION, "replication", NULL, false, NULL},
	[EVENT_REPLICATION_ADOPTED] = {ENTITY_REPLICATION, "replication", "adopted_on", false, NULL},
	[EVENT_REPLICATION_CONFIRMED] = {ENTITY_REPLICATION, "replication", "confirmed_on", false, NULL},
	[EVENT_CONTEST_RESULT] = {ENTITY_CONTEST, "contest", "held_on", false, NULL},
	[EVENT_MEETING_HELD] = {ENTITY_MEETING, "meeting", "held_on", false, NULL},
	[EVENT_INSTRUCTION_ISSUED] = {ENTITY_INSTRUCTION, "instruction", "issued_on", false, NULL},
	[EVENT_INSTRUCTION_FULFILLED] = {ENTITY_INSTRUCTION, "instruction", "fulfilled_on", false, NULL},
	[EVENT_BONUS_SCHEME_ADOPTED] = {ENTITY_BONUS_SCHEME, "scheme", "adopted_on", false, NULL},
	[EVENT_BONUS_AWARDED] = {ENTITY_BONUS, "bonus", "awarded_on", false, read_people},
	[EVENT_CLUB_SESSION_HELD] = {ENTITY_CLUB_SESSION, "session", "held_on", false, NULL},
	[EVENT_CHAIR_TRANSFERRED] = {ENTITY_CHAIR, NULL, "on", false, NULL},
	[EVENT_CUP_HANDED_OVER] = {ENTITY_CUP, NULL, "on", false, NULL},
	[EVENT_AGGREGATE_DECLARED] = {ENTITY_AGGREGATE, "what", "as_of", false, NULL},
	[EVENT_VERIFICATION_RECORDED] = {ENTITY_VERIFICATION, "verification", "verified_on", false, NULL},
	[EVENT_DISPUTE_OPENED] = {ENTITY_DISPUTE, "dispute", NULL, false, NULL},
	[EVENT_DISPUTE_RESOLVED] = {ENTITY_DISPUTE, "dispute", "resolved_on", false, NULL},
};

bool event_detail_counts(enum event_type type, const char **ret_member)
{
	*ret_member = RULES[type].date == NULL ? "" : RULES[type].date;
	return RULES[type].counts;
}

enum entity_kind event_detail_kind(enum event_type type)
{
	return RULES[type].kind;
}

/* Most entities are named by one member; an indicator by its project too, a headcount by authority and day. */
static void key_set(const struct rule *rule, struct event_data *data, char key[ENTITY_KEY_SIZE])
{
	const char *name = rule->key == NULL ? "" : event_data_name(data, rule->key);
	const char *kind = entity_kind_text(rule->kind);
	if (rule->kind == ENTITY_PROJECT_INDICATOR)
		snprintf(key, ENTITY_KEY_SIZE, "%s/%.64s/%.64s", kind, name, event_data_name(data, "indicator"));
	else if (rule->kind == ENTITY_HEADCOUNT)
		snprintf(key, ENTITY_KEY_SIZE, "%s/%.64s/%.10s", kind,
		         event_data_has(data, "authority") ? event_data_name(data, "authority") : "", event_data_text(data, "as_of"));
	else
		snprintf(key, ENTITY_KEY_SIZE, "%s/%.64s", kind, name);
}

struct event_detail *event_detail_read(enum event_type type, struct event_data *data, const struct unit_table *units,
                                       char key[ENTITY_KEY_SIZE])
{
	const struct rule *rule = &RULES[type];
	struct reading reading = {.data = data, .units = units, .detail = calloc(1, sizeof *reading.detail)};
	ASSERT(reading.detail != NULL);
	key_set(rule, data, key);
	if (rule->date != NULL)
		reading.detail->on_us = event_data_date(data, rule->date);
	if (rule->read != NULL)
		rule->read(&reading);
	if (event_data_ok(data))
		return reading.detail;
	free(reading.detail);
	return NULL;
}
