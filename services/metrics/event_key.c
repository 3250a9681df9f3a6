#include "services/metrics/event_key.h"

#include "services/metrics/event_data.h"

#include <stdio.h>

/* How the id of an event's own entity is made. */
enum id_form {
	ID_NAME,       /* the member */
	ID_ONE,        /* a region has one */
	ID_DATE,       /* the date: what happens again and again */
	ID_NAME_DATE,  /* "NAME/DATE"; "/DATE" where the member is absent */
};

struct rule {
	enum entity_kind kind;
	enum id_form form;
	const char *name;       /* the member with the name; NULL = none */
	const char *date;       /* the member with the date; NULL = the event's time */
	const char *attribute;  /* the attribute that says when */
	bool project;           /* folded into the project it names too */
};

static const struct rule RULES[EVENT_TYPE_COUNT] = {
#define KEY(event, kind, form, name, date, attribute, project) \
	[EVENT_##event] = {ENTITY_##kind, ID_##form, name, date, attribute, project},
#define DATED(event, kind, name, date) KEY(event, kind, NAME, name, date, date, false)
#define PROJECT(event, date) KEY(event, PROJECT, NAME, "project", date, NULL, false)
	KEY(REGION_JOINED, REGION, ONE, NULL, "joined_on", "joined_on", false)
	DATED(AUTHORITY_REGISTERED, AUTHORITY, "authority", "registered_on")
	DATED(AUTHORITY_JOINED, AUTHORITY, "authority", "joined_on")
	DATED(AUTHORITY_LEFT, AUTHORITY, "authority", "left_on")
	DATED(INSTITUTION_REGISTERED, INSTITUTION, "institution", "registered_on")
	KEY(HEADCOUNT_REPORTED, HEADCOUNT, NAME_DATE, "authority", "as_of", "as_of", false)
	KEY(CLUB_JOINED, CLUB, ONE, NULL, "joined_on", "joined_on", false)
	DATED(CENTRE_OPENED, CENTRE, "centre", "opened_on")
	DATED(ROLE_ASSIGNED, ROLE, "role_id", "since")
	DATED(STANDARD_ADOPTED, STANDARD, "standard", "adopted_on")
	PROJECT(PROJECT_PROPOSED, NULL)
	PROJECT(PROJECT_CARD_SUBMITTED, NULL)
	PROJECT(PROJECT_CARD_RETURNED, NULL)
	PROJECT(PROJECT_CARD_APPROVED, NULL)
	PROJECT(PROJECT_OPENED, NULL)
	PROJECT(PROJECT_STAGE_STARTED, NULL)
	PROJECT(PROJECT_STAGE_COMPLETED, NULL)
	PROJECT(PROJECT_KICKOFF_HELD, NULL)
	PROJECT(PROJECT_PAUSED, NULL)
	PROJECT(PROJECT_RESUMED, NULL)
	PROJECT(PROJECT_CANCELLED, NULL)
	PROJECT(PROJECT_CLOSED, NULL)
	PROJECT(PROJECT_MONITORING_CHECKED, "checked_on")
	PROJECT(PROJECT_REOPENED, NULL)
	PROJECT(PROJECT_PARTY_ADDED, NULL)
	PROJECT(INDICATOR_PLANNED, NULL)
	PROJECT(MEASUREMENT_RECORDED, "measured_on")
	PROJECT(EFFECT_DECLARED, "declared_on")
	KEY(SURVEY_COMPLETED, SURVEY, NAME, "survey", "completed_on", "completed_on", true)
	KEY(PROBLEM_RAISED, PROBLEM, NAME, "problem", NULL, "raised_on", true)
	KEY(PROBLEM_RESOLVED, PROBLEM, NAME, "problem", NULL, "resolved_on", false)
	KEY(RISK_RAISED, RISK, NAME, "risk", NULL, "raised_on", true)
	KEY(LESSON_RECORDED, LESSON, NAME, "lesson", NULL, "recorded_on", true)
	KEY(LOSS_FOUND, LOSS, NAME, "loss", NULL, "found_on", true)
	DATED(TEAM_FORMED, TEAM, "team", "formed_on")
	DATED(TRAINING_COMPLETED, TRAINING, "training", "completed_on")
	DATED(TRAINING_PLANNED, TRAINING_PLAN, "training", "planned_on")
	DATED(TRAINING_CENTRE_OPENED, TRAINING_CENTRE, "training_centre", "opened_on")
	DATED(TRAINING_CENTRE_CLOSED, TRAINING_CENTRE, "training_centre", "closed_on")
	DATED(MENTOR_APPOINTED, MENTOR, "mentor", "appointed_on")
	DATED(MENTORSHIP_STARTED, MENTORSHIP, "mentorship", "started_on")
	DATED(SUPPORT_ENDED, SUPPORT, "authority", "ended_on")
	KEY(PRACTICE_REGISTERED, PRACTICE, NAME, "practice", NULL, "registered_on", true)
	KEY(PRACTICE_PUBLISHED, PRACTICE, NAME, "practice", NULL, "published_on", true)
	KEY(REPLICATION_RECOMMENDED, REPLICATION, NAME, "replication", NULL, "recommended_on", false)
	KEY(REPLICATION_REQUESTED, REPLICATION, NAME, "replication", NULL, "requested_on", false)
	DATED(REPLICATION_ADOPTED, REPLICATION, "replication", "adopted_on")
	DATED(REPLICATION_CONFIRMED, REPLICATION, "replication", "confirmed_on")
	DATED(CONTEST_RESULT, CONTEST, "contest", "held_on")
	DATED(MEETING_HELD, MEETING, "meeting", "held_on")
	DATED(INSTRUCTION_ISSUED, INSTRUCTION, "instruction", "issued_on")
	DATED(INSTRUCTION_FULFILLED, INSTRUCTION, "instruction", "fulfilled_on")
	DATED(BONUS_SCHEME_ADOPTED, BONUS_SCHEME, "scheme", "adopted_on")
	DATED(BONUS_AWARDED, BONUS, "bonus", "awarded_on")
	DATED(CLUB_SESSION_HELD, CLUB_SESSION, "session", "held_on")
	KEY(CHAIR_TRANSFERRED, CHAIR, DATE, NULL, "on", "on", false)
	KEY(CUP_HANDED_OVER, CUP, DATE, NULL, "on", "on", false)
	KEY(AGGREGATE_DECLARED, AGGREGATE, NAME_DATE, "what", "as_of", "as_of", false)
	KEY(VERIFICATION_RECORDED, VERIFICATION, NAME, "verification", "verified_on", "verified_on", true)
	KEY(DISPUTE_OPENED, DISPUTE, NAME, "dispute", NULL, "opened_on", true)
	KEY(DISPUTE_RESOLVED, DISPUTE, NAME, "dispute", "resolved_on", "resolved_on", true)
#undef PROJECT
#undef DATED
#undef KEY
};

static const char *date_text(struct event_data *data, const char *name)
{
	(void)event_data_date(data, name);
	return event_data_ok(data) ? event_data_text(data, name) : "";
}

static void id_set(const struct rule *rule, struct event_data *data, char id[ENTITY_ID_SIZE])
{
	bool may_be_absent = rule->form == ID_NAME_DATE && !event_data_has(data, rule->name);
	const char *name = rule->name == NULL || may_be_absent ? "" : event_data_name(data, rule->name);
	bool dated = rule->form == ID_DATE || rule->form == ID_NAME_DATE;
	snprintf(id, ENTITY_ID_SIZE, "%.64s%s%.10s", name, rule->form == ID_NAME_DATE ? "/" : "",
	         dated ? date_text(data, rule->date) : "");
}

enum status event_keys(enum event_type type, const struct json *json, struct entity_key keys[EVENT_KEYS_MAX],
                       size_t *ret_count, struct fault *fault)
{
	ASSERT(event_type_may_be_corrected(type));
	const struct rule *rule = &RULES[type];
	struct event_data data = {.data = json, .within = "", .status = STATUS_OK, .fault = fault};
	size_t count = 1;
	keys[0].kind = rule->kind;
	id_set(rule, &data, keys[0].id);
	if (rule->project && event_data_has(&data, "project")) {
		keys[1].kind = ENTITY_PROJECT;
		snprintf(keys[1].id, ENTITY_ID_SIZE, "%.64s", event_data_name(&data, "project"));
		count = 2;
	}
	*ret_count = event_data_ok(&data) ? count : 0;
	return data.status;
}

enum entity_kind event_key_kind(enum event_type type)
{
	return RULES[type].kind;
}

const char *event_key_date_member(enum event_type type)
{
	return RULES[type].date;
}

const char *event_key_date_attribute(enum event_type type)
{
	return RULES[type].attribute;
}
