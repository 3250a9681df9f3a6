/* project_account: what the events in effect say of one project, collected in their order: its course, card, dates,
 * stages, indicators with their measurements, verdicts, disputes and what is strange. project_fold writes it down.
 *
 * Everything is borrowed from the statements' data or lives in the scratch arena. */
#ifndef EFFREG_METRICS_PROJECT_ACCOUNT_H
#define EFFREG_METRICS_PROJECT_ACCOUNT_H

#include "services/metrics/entity_fold.h"
#include "services/metrics/project_figure.h"
#include "services/metrics/project_state.h"

#define ACCOUNT_NO_DATE    ((int64_t)-1)
#define ACCOUNT_ECONOMIC   "economic_effect"

struct account_name {
	const char *name;
	bool gone;
	struct account_name *next;
};

/* Each name once, in the order in which it came. */
struct account_names {
	struct account_name *first;
	struct account_name *last;
	size_t count;
};

/* The members of a card that are kept as they are. */
#define ACCOUNT_CARD_MAP(X) \
	X(TITLE, "title") X(SPHERE, "sphere") X(KIND, "kind") X(PROGRAMME, "programme") X(PROCESS, "process") \
	X(CLIENTS, "clients") X(DIGITAL, "digital") X(SUPPORT, "support") X(LEAD, "lead") X(TEAM, "team") \
	X(KEY_RISK, "key_risk") X(JUSTIFICATION, "justification") X(AUTHORITIES, "authorities") \
	X(INSTITUTIONS, "institutions") X(STAGES, "stages") X(EFFECT, "planned_effect_rub")

enum account_card {
#define ACCOUNT_CARD_ENUM(name, text) ACCOUNT_CARD_##name,
	ACCOUNT_CARD_MAP(ACCOUNT_CARD_ENUM)
#undef ACCOUNT_CARD_ENUM
	ACCOUNT_CARD_COUNT,
};

/* The things of a project whose ids it keeps. */
#define ACCOUNT_THING_MAP(X) \
	X(PROBLEM, "problems", "problem") X(RISK, "risks", "risk") X(LESSON, "lessons", "lesson") X(LOSS, "losses", "loss") \
	X(PRACTICE, "practices", "practice") X(SURVEY, "surveys", "survey") X(DISPUTE, "disputes", "dispute")

enum account_thing {
#define ACCOUNT_THING_ENUM(name, plural, member) ACCOUNT_THING_##name,
	ACCOUNT_THING_MAP(ACCOUNT_THING_ENUM)
#undef ACCOUNT_THING_ENUM
	ACCOUNT_THING_COUNT,
};

/* Dates of the project; ACCOUNT_NO_DATE where there is none. */
#define ACCOUNT_DATE_MAP(X) \
	X(PROPOSED, "proposed_on") X(SUBMITTED, "submitted_on") X(APPROVED, "approved_on") X(OPENED, "opened_on") \
	X(CLOSED, "closed_on") X(CANCELLED, "cancelled_on") X(PAUSED, "paused_on") X(REOPENED, "reopened_on") \
	X(CHECKED, "checked_on")

enum account_date {
#define ACCOUNT_DATE_ENUM(name, text) ACCOUNT_DATE_##name,
	ACCOUNT_DATE_MAP(ACCOUNT_DATE_ENUM)
#undef ACCOUNT_DATE_ENUM
	ACCOUNT_DATE_COUNT,
};

#define ACCOUNT_MILESTONE_MAP(X) \
	X(CARD_SIGNED, "card_signed") X(CURRENT_MAP, "current_map") X(TARGET_MAP, "target_map") X(PLAN, "plan") \
	X(KICKOFF, "kickoff") X(EVALUATION, "evaluation") X(CLOSING_MEETING, "closing_meeting")

enum account_milestone {
#define ACCOUNT_MILESTONE_ENUM(name, text) ACCOUNT_MILESTONE_##name,
	ACCOUNT_MILESTONE_MAP(ACCOUNT_MILESTONE_ENUM)
#undef ACCOUNT_MILESTONE_ENUM
	ACCOUNT_MILESTONE_COUNT,
};

/* As they stand in events and attributes. */
const char *account_card_name(enum account_card card);
const char *account_milestone_name(enum account_milestone milestone);
const char *account_date_name(enum account_date date);
const char *account_things_name(enum account_thing thing);  /* in the plural: "problems" */

struct account_stage {
	int64_t planned_from_us, planned_to_us, started_us, completed_us;  /* ACCOUNT_NO_DATE: not known */
};

enum account_verdict { VERDICT_NONE, VERDICT_CONFIRMED, VERDICT_IN_DISPUTE, VERDICT_REFUSED };  /* better first */

struct account_verification {
	enum account_verdict verdict;
	int64_t on_us;
};

struct account_measurement {
	struct reading_value value;
	const char *unit_text;      /* its unit as it was reported; NULL = none */
	int64_t reported_us;
	struct account_measurement *next;
};

struct account_indicator {
	const char *code;
	const struct json *plan;       /* the last plan's data; NULL = none */
	const struct json *effect;     /* the last declared effect's data; NULL = none */
	struct account_measurement *measurements;  /* in the order of events */
	struct account_measurement *latest;        /* of the latest day; of the same day the last in the order */
	size_t measurements_count;
	struct account_verification verification;
	struct figure_facts facts;     /* of plan, latest measurement and effect */
	struct figure_result result;   /* with every flag */
	struct known median;
	struct known amount;           /* economic effect, in roubles */
	bool held_known, held;
	struct account_indicator *next;
};

/* Something strange about the project itself. */
struct account_strange {
	enum flag flag;
	const char *detail;
	struct account_strange *next;
};

struct project_account {
	const struct fold_rules *rules;
	struct arena *scratch;
	struct project_course course;
	int64_t reopenings, checks;
	const struct json *card[ACCOUNT_CARD_COUNT];  /* NULL = not stated */
	struct account_names authorities, institutions;  /* of the card, then added */
	struct account_names things[ACCOUNT_THING_COUNT];
	int64_t dates[ACCOUNT_DATE_COUNT];
	int64_t milestones[ACCOUNT_MILESTONE_COUNT];
	struct account_stage stages[PROJECT_STAGE_LAST + 1];
	bool on_plan_told, on_plan;
	const char *held;              /* NULL = no check */
	struct account_verification verification;  /* of the project as a whole */
	struct account_indicator *indicators;
	struct account_indicator **indicators_end;
	struct account_strange *strange;
	struct account_strange **strange_end;
};

/* Fresh, in scratch. count is above 0. */
const struct project_account *project_account_make(const struct statement *statements, size_t count,
                                                   const struct fold_rules *rules, struct arena *scratch);

/* The worst of the verdicts on the project and on each indicator. */
enum account_verdict project_account_verdict(const struct project_account *account);
const char *account_verdict_text(enum account_verdict verdict);

bool project_account_measured(const struct project_account *account);
bool project_account_disputed(const struct project_account *account);
/* False where there is neither a plan nor a word about it, or the project was cancelled or never opened. */
bool project_account_on_schedule(const struct project_account *account, bool *ret_on_schedule) MUST_CHECK;

#endif
