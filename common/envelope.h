/* envelope: the CloudEvents 1.0 envelope of an event, read from a parsed event (proto/README.md, "The envelope").
 *
 * The region of an event is the first segment of its subject: "20000000", "20000000/project/P-17". */
#ifndef EFFREG_ENVELOPE_H
#define EFFREG_ENVELOPE_H

#include "common/ident.h"
#include "common/json.h"

#define ENVELOPE_SOURCE_MAX 128
#define EVENT_BYTES_MAX     ((size_t)64 * 1024)

struct envelope {
	struct ident_uuid id;
	const char *source;             /* borrowed from the tree, like every text here */
	const char *type;               /* "effreg.project.opened.v1" */
	const char *subject;
	char region[OKTMO_TEXT_SIZE];   /* first segment of subject */
	int64_t time_us;                /* when it happened */
	uint64_t sequence;              /* from 1, contiguous per source; 0 = the source does not number */
	const char *supersedes;         /* id of the event this one corrects, or NULL */
	const char *traceparent;        /* or NULL */
	const struct json *data;
};

/* The event must be valid against the envelope's schema already, or fail here with code "schema" and a pointer. */
enum status envelope_read(const struct json *event, struct envelope *ret_envelope, struct fault *fault) MUST_CHECK;

/* The order in which events take effect: time, source, sequence, id. Never the order of arrival. <0, 0, >0 */
int envelope_compare(const struct envelope *a, const struct envelope *b);

/* The event types of proto/schemas: one list, compared with the folder by a test. The plain name is that of the newest version;
 * an older one has its number behind (TRAINING_COMPLETED_V1), and a rule in upcast.c. */
#define EVENT_TYPE_MAP(X) \
	X(REGION_JOINED, "effreg.region.joined.v1") \
	X(AUTHORITY_REGISTERED, "effreg.authority.registered.v1") \
	X(HEADCOUNT_REPORTED, "effreg.headcount.reported.v1") \
	X(PROJECT_OPENED, "effreg.project.opened.v1") \
	X(PROJECT_STAGE_STARTED, "effreg.project.stage_started.v1") \
	X(PROJECT_CLOSED, "effreg.project.closed.v1") \
	X(INDICATOR_PLANNED, "effreg.indicator.planned.v1") \
	X(MEASUREMENT_RECORDED, "effreg.measurement.recorded.v1") \
	X(TRAINING_COMPLETED_V1, "effreg.training.completed.v1") \
	X(TRAINING_COMPLETED, "effreg.training.completed.v2") \
	X(PRACTICE_PUBLISHED, "effreg.practice.published.v1") \
	X(AUTHORITY_JOINED, "effreg.authority.joined.v1") \
	X(AUTHORITY_LEFT, "effreg.authority.left.v1") \
	X(INSTITUTION_REGISTERED, "effreg.institution.registered.v1") \
	X(CLUB_JOINED, "effreg.club.joined.v1") \
	X(CENTRE_OPENED, "effreg.centre.opened.v1") \
	X(ROLE_ASSIGNED, "effreg.role.assigned.v1") \
	X(STANDARD_ADOPTED, "effreg.standard.adopted.v1") \
	X(PROJECT_PROPOSED, "effreg.project.proposed.v1") \
	X(PROJECT_CARD_SUBMITTED, "effreg.project.card_submitted.v1") \
	X(PROJECT_CARD_RETURNED, "effreg.project.card_returned.v1") \
	X(PROJECT_CARD_APPROVED, "effreg.project.card_approved.v1") \
	X(PROJECT_STAGE_COMPLETED, "effreg.project.stage_completed.v1") \
	X(PROJECT_KICKOFF_HELD, "effreg.project.kickoff_held.v1") \
	X(PROJECT_PAUSED, "effreg.project.paused.v1") \
	X(PROJECT_RESUMED, "effreg.project.resumed.v1") \
	X(PROJECT_CANCELLED, "effreg.project.cancelled.v1") \
	X(PROJECT_MONITORING_CHECKED, "effreg.project.monitoring_checked.v1") \
	X(PROJECT_REOPENED, "effreg.project.reopened.v1") \
	X(PROJECT_PARTY_ADDED, "effreg.project.party_added.v1") \
	X(EFFECT_DECLARED, "effreg.effect.declared.v1") \
	X(SURVEY_COMPLETED, "effreg.survey.completed.v1") \
	X(PROBLEM_RAISED, "effreg.problem.raised.v1") \
	X(PROBLEM_RESOLVED, "effreg.problem.resolved.v1") \
	X(RISK_RAISED, "effreg.risk.raised.v1") \
	X(LESSON_RECORDED, "effreg.lesson.recorded.v1") \
	X(LOSS_FOUND, "effreg.loss.found.v1") \
	X(TEAM_FORMED, "effreg.team.formed.v1") \
	X(TRAINING_PLANNED, "effreg.training.planned.v1") \
	X(TRAINING_CENTRE_OPENED, "effreg.training_centre.opened.v1") \
	X(TRAINING_CENTRE_CLOSED, "effreg.training_centre.closed.v1") \
	X(MENTOR_APPOINTED, "effreg.mentor.appointed.v1") \
	X(MENTORSHIP_STARTED, "effreg.mentorship.started.v1") \
	X(SUPPORT_ENDED, "effreg.support.ended.v1") \
	X(PRACTICE_REGISTERED, "effreg.practice.registered.v1") \
	X(REPLICATION_RECOMMENDED, "effreg.replication.recommended.v1") \
	X(REPLICATION_REQUESTED, "effreg.replication.requested.v1") \
	X(REPLICATION_ADOPTED, "effreg.replication.adopted.v1") \
	X(REPLICATION_CONFIRMED, "effreg.replication.confirmed.v1") \
	X(CONTEST_RESULT, "effreg.contest.result.v1") \
	X(MEETING_HELD, "effreg.meeting.held.v1") \
	X(INSTRUCTION_ISSUED, "effreg.instruction.issued.v1") \
	X(INSTRUCTION_FULFILLED, "effreg.instruction.fulfilled.v1") \
	X(BONUS_SCHEME_ADOPTED, "effreg.bonus_scheme.adopted.v1") \
	X(BONUS_AWARDED, "effreg.bonus.awarded.v1") \
	X(CLUB_SESSION_HELD, "effreg.club.session_held.v1") \
	X(CHAIR_TRANSFERRED, "effreg.chair.transferred.v1") \
	X(CUP_HANDED_OVER, "effreg.cup.handed_over.v1") \
	X(AGGREGATE_DECLARED, "effreg.aggregate.declared.v1") \
	X(EVENT_CORRECTED, "effreg.event.corrected.v1") \
	X(EVENT_WITHDRAWN, "effreg.event.withdrawn.v1") \
	X(VERIFICATION_RECORDED, "effreg.verification.recorded.v1") \
	X(DISPUTE_OPENED, "effreg.dispute.opened.v1") \
	X(DISPUTE_RESOLVED, "effreg.dispute.resolved.v1")

enum event_type {
#define EVENT_TYPE_ENUM(name, text) EVENT_##name,
	EVENT_TYPE_MAP(EVENT_TYPE_ENUM)
#undef EVENT_TYPE_ENUM
	EVENT_TYPE_COUNT,
};

bool event_type_find(const char *type, enum event_type *ret_type) MUST_CHECK;
const char *event_type_text(enum event_type type);

/* Whether only the coordinator sends it (verification.*, dispute.*): a region's key may neither send nor correct one. */
bool event_type_is_coordinators(enum event_type type);
/* Whether an event of this type may be corrected or withdrawn: any but a correction and a withdrawal. */
bool event_type_may_be_corrected(enum event_type type);

/* What event.corrected and event.withdrawn say of another event of the same region, which may come later. */
struct correction {
	struct ident_uuid target;  /* its id; equal to the envelope's supersedes */
	enum event_type type;      /* its type, in any version; when that is another, the correction has no effect */
	const struct json *data;   /* what takes the place of its data; NULL = withdrawn */
};

/* Of an event that is one of the two and passed its schema. Otherwise STATUS_INVALID with code "schema", or
 * "not_a_correction_target" for a type that may not be corrected. */
enum status correction_read(const struct envelope *event, struct correction *ret_correction,
                            struct fault *fault) MUST_CHECK;

#endif
