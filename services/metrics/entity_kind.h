/* entity_kind: the kinds of things that events speak of, as they stand in effreg.entity and in definitions of
 * indicators. */
#ifndef EFFREG_METRICS_ENTITY_KIND_H
#define EFFREG_METRICS_ENTITY_KIND_H

#include "common/base.h"

#define ENTITY_KIND_MAP(X) \
	X(REGION, "region") X(AUTHORITY, "authority") X(INSTITUTION, "institution") X(HEADCOUNT, "headcount") \
	X(CLUB, "club") X(CENTRE, "centre") X(ROLE, "role") X(STANDARD, "standard") X(PROJECT, "project") \
	X(PROJECT_INDICATOR, "project_indicator") X(SURVEY, "survey") X(PROBLEM, "problem") X(RISK, "risk") \
	X(LESSON, "lesson") X(LOSS, "loss") X(TEAM, "team") X(TRAINING, "training") X(TRAINING_PLAN, "training_plan") \
	X(TRAINING_CENTRE, "training_centre") X(MENTOR, "mentor") X(MENTORSHIP, "mentorship") X(SUPPORT, "support") \
	X(PRACTICE, "practice") X(REPLICATION, "replication") X(CONTEST, "contest") X(MEETING, "meeting") \
	X(INSTRUCTION, "instruction") X(BONUS_SCHEME, "bonus_scheme") X(BONUS, "bonus") X(CLUB_SESSION, "club_session") \
	X(CHAIR, "chair") X(CUP, "cup") X(AGGREGATE, "aggregate") X(VERIFICATION, "verification") X(DISPUTE, "dispute") \
	X(SOURCE, "source")

enum entity_kind {
#define ENTITY_KIND_ENUM(name, text) ENTITY_##name,
	ENTITY_KIND_MAP(ENTITY_KIND_ENUM)
#undef ENTITY_KIND_ENUM
	ENTITY_KIND_COUNT,
};

const char *entity_kind_text(enum entity_kind kind);
bool entity_kind_find(const char *text, enum entity_kind *ret_kind) MUST_CHECK;

#endif
