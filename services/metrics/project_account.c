#include "services/metrics/project_account.h"

#include "services/metrics/event_key.h"

#include <stdlib.h>

#define DAY_US ((int64_t)86400 * 1000000)

static const char *const CARD_NAMES[ACCOUNT_CARD_COUNT] = {
#define CARD_NAME(name, text) [ACCOUNT_CARD_##name] = text,
	ACCOUNT_CARD_MAP(CARD_NAME)
#undef CARD_NAME
};

static const char *const MILESTONES[ACCOUNT_MILESTONE_COUNT] = {
#define MILESTONE(name, text) [ACCOUNT_MILESTONE_##name] = text,
	ACCOUNT_MILESTONE_MAP(MILESTONE)
#undef MILESTONE
};

static const char *const DATE_NAMES[ACCOUNT_DATE_COUNT] = {
#define DATE_NAME(name, text) [ACCOUNT_DATE_##name] = text,
	ACCOUNT_DATE_MAP(DATE_NAME)
#undef DATE_NAME
};

static const char *const THING_NAMES[ACCOUNT_THING_COUNT] = {
#define THING_NAME(name, plural, member) [ACCOUNT_THING_##name] = plural,
	ACCOUNT_THING_MAP(THING_NAME)
#undef THING_NAME
};

static const char *const THING_MEMBERS[ACCOUNT_THING_COUNT] = {
#define THING_MEMBER(name, plural, member) [ACCOUNT_THING_##name] = member,
	ACCOUNT_THING_MAP(THING_MEMBER)
#undef THING_MEMBER
};

static const char *const VERDICTS[] = {
	[VERDICT_NONE] = "none", [VERDICT_CONFIRMED] = "confirmed", [VERDICT_IN_DISPUTE] = "in_dispute",
	[VERDICT_REFUSED] = "refused",
};

const char *account_card_name(enum account_card card)
{
	return CARD_NAMES[card];
}

const char *account_milestone_name(enum account_milestone milestone)
{
	return MILESTONES[milestone];
}

const char *account_date_name(enum account_date date)
{
	return DATE_NAMES[date];
}

const char *account_things_name(enum account_thing thing)
{
	return THING_NAMES[thing];
}

/* ---- Reading ---- */

static bool text_is(const struct json *data, const char *name, const char *text)
{
	const char *found = json_find_string(data, name);
	return found != NULL && text_equal(found, text);
}

static bool bool_of(const struct json *data, const char *name)
{
	const struct json *value = json_find(data, name);
	return json_is(value, JSON_BOOL) && json_bool(value);
}

static unsigned stage_of(const struct json *data)
{
	int64_t stage;
	const struct json *value = json_find(data, "stage");
	bool fits = json_is(value, JSON_NUMBER) && json_integer(value, &stage) && stage >= 1 && stage <= PROJECT_STAGE_LAST;
	return fits ? (unsigned)stage : 0;
}

static int64_t date_of(const struct json *data, const char *name)
{
	int64_t us;
	const char *text = json_find_string(data, name);
	return text != NULL && date_parse(text, &us) ? us : ACCOUNT_NO_DATE;
}

static struct known decimal_of(const struct json *data, const char *name)
{
	struct known known = {.is = false};
	const char *text = json_find_string(data, name);
	known.is = text != NULL && decimal_parse(text, &known.value);
	return known;
}

/* The value, or the median of a range: its middle. */
static struct known value_of(const struct json *data)
{
	static const decimal TWO = {.millionths = 2000000};
	struct known value = decimal_of(data, "value");
	struct known lo = decimal_of(data, "lo");
	struct known hi = decimal_of(data, "hi");
	if (value.is || !lo.is || !hi.is)
		return value;
	value.is = decimal_add(lo.value, hi.value, &value.value) && decimal_divide(value.value, TWO, &value.value);
	return value;
}

static const struct unit *unit_of(const struct project_account *account, const struct json *data)
{
	const char *code = json_find_string(data, "unit");
	return code == NULL ? NULL : unit_find(account->rules->units, code);
}

/* ---- Lists ---- */

static struct account_name *name_find(const struct account_names *names, const char *name)
{
	for (struct account_name *at = names->first; at != NULL; at = at->next) {
		if (text_equal(at->name, name))
			return at;
	}
	return NULL;
}

static struct account_name *name_add(struct project_account *account, struct account_names *names, const char *name)
{
	struct account_name *found = name_find(names, name);
	if (found != NULL)
		return found;
	struct account_name *added = arena_alloc(account->scratch, sizeof *added);
	added->name = name;
	if (names->last == NULL)
		names->first = added;
	else
		names->last->next = added;
	names->last = added;
	names->count++;
	return added;
}

static void strange_add(struct project_account *account, enum flag flag, const char *detail)
{
	struct account_strange *strange = arena_alloc(account->scratch, sizeof *strange);
	*strange = (struct account_strange){.flag = flag, .detail = detail};
	*account->strange_end = strange;
	account->strange_end = &strange->next;
}

static struct account_indicator *indicator_get(struct project_account *account, const char *code)
{
	for (struct account_indicator *at = account->indicators; at != NULL; at = at->next) {
		if (text_equal(at->code, code))
			return at;
	}
	struct account_indicator *added = arena_alloc(account->scratch, sizeof *added);
	added->code = code;
	added->verification.on_us = ACCOUNT_NO_DATE;
	*account->indicators_end = added;
	account->indicators_end = &added->next;
	return added;
}

/* ---- The card ---- */

static void take_card(struct project_account *account, const struct json *data)
{
	for (size_t i = 0; i < ACCOUNT_CARD_COUNT; i++) {
		const struct json *value = json_find(data, CARD_NAMES[i]);
		if (value != NULL)
			account->card[i] = value;
	}
}

/* The names of the last card come first, then those that were added at any time. */
static struct account_names names_joined(struct project_account *account, const struct json *list,
                                         const struct account_names *added)
{
	struct account_names names = {.count = 0};
	for (const struct json *at = json_is(list, JSON_ARRAY) ? json_first(list) : NULL; at != NULL; at = json_next(at)) {
		if (json_is(at, JSON_STRING))
			name_add(account, &names, json_string(at));
	}
	for (const struct account_name *at = added->first; at != NULL; at = at->next)
		name_add(account, &names, at->name);
	return names;
}

static void take_party(struct project_account *account, const struct json *data)
{
	const char *party = json_find_string(data, "party");
	bool institution = text_is(data, "level", "institution");
	if (party != NULL)
		name_add(account, institution ? &account->institutions : &account->authorities, party);
}

static void plan_stages(struct project_account *account)
{
	const struct json *list = account->card[ACCOUNT_CARD_STAGES];
	for (const struct json *at = json_is(list, JSON_ARRAY) ? json_first(list) : NULL; at != NULL; at = json_next(at)) {
		struct account_stage *stage = &account->stages[stage_of(at)];
		stage->planned_from_us = date_of(at, "from");
		stage->planned_to_us = date_of(at, "to");
	}
}

/* ---- The course ---- */

static enum project_step step_of(const struct statement *statement)
{
	switch (statement->type) {
	case EVENT_PROJECT_CARD_SUBMITTED:
		return PROJECT_STEP_SUBMIT;
	case EVENT_PROJECT_CARD_RETURNED:
		return PROJECT_STEP_RETURN;
	case EVENT_PROJECT_OPENED:
		return PROJECT_STEP_OPEN;
	case EVENT_PROJECT_STAGE_STARTED:
	case EVENT_PROJECT_STAGE_COMPLETED:
		return PROJECT_STEP_STAGE;
	case EVENT_PROJECT_PAUSED:
		return PROJECT_STEP_PAUSE;
	case EVENT_PROJECT_RESUMED:
		return PROJECT_STEP_RESUME;
	case EVENT_PROJECT_CANCELLED:
		return PROJECT_STEP_CANCEL;
	case EVENT_PROJECT_CLOSED:
		return PROJECT_STEP_CLOSE;
	case EVENT_PROJECT_MONITORING_CHECKED:
		return text_is(statement->data, "held", "held") && bool_of(statement->data, "final") ? PROJECT_STEP_LAST_CHECK
		                                                                                     : PROJECT_STEP_CHECK;
	case EVENT_PROJECT_REOPENED:
		return PROJECT_STEP_REOPEN;
	default:
		return PROJECT_STEP_NOTE;
	}
}

/* "project.closed, draft" */
static const char *refusal(const struct project_account *account, enum event_type type, enum project_state state)
{
	const char *text = event_type_text(type);
	const char *end = strrchr(text, '.');
	const char *noun = strchr(text, '.') + 1;
	return arena_printf(account->scratch, "%.*s, %s", (int)(end - noun), noun, project_state_text(state));
}

static bool take_step(struct project_account *account, const struct statement *statement)
{
	enum project_state before = account->course.state;
	enum project_step step = step_of(statement);
	bool staged = step == PROJECT_STEP_STAGE || step == PROJECT_STEP_REOPEN;
	unsigned stage = staged ? stage_of(statement->data) : 0;
	if (project_move(&account->course, step, stage) != PROJECT_REFUSED)
		return true;
	strange_add(account, FLAG_STEP_REFUSED, refusal(account, statement->type, before));
	return false;
}

static void take_check(struct project_account *account, const struct json *data)
{
	int64_t on_us = date_of(data, "checked_on");
	const char *held = json_find_string(data, "held");
	account->checks++;
	if (on_us + DAY_US <= account->dates[ACCOUNT_DATE_CLOSED])
		strange_add(account, FLAG_CHECK_DATE, json_find_string(data, "checked_on"));
	if (on_us < account->dates[ACCOUNT_DATE_CHECKED])
		return;
	account->dates[ACCOUNT_DATE_CHECKED] = on_us;
	account->held = held;
}

/* Closed while it is completed, on hold while it is: whatever moved it, the dates follow the state. */
static void dates_follow(struct project_account *account, const struct statement *statement)
{
	bool on_hold = account->course.state == PROJECT_ON_HOLD;
	int64_t *dates = account->dates;
	if (!project_state_completed(account->course.state))
		dates[ACCOUNT_DATE_CLOSED] = ACCOUNT_NO_DATE;
	if (!on_hold)
		dates[ACCOUNT_DATE_PAUSED] = ACCOUNT_NO_DATE;
	else if (dates[ACCOUNT_DATE_PAUSED] == ACCOUNT_NO_DATE)
		dates[ACCOUNT_DATE_PAUSED] = statement->place.time_us;
}

static void take_stage_end(struct project_account *account, const struct statement *statement)
{
	const struct json *on_plan = json_find(statement->data, "on_plan");
	const struct json *list = json_find(statement->data, "milestones");
	account->stages[stage_of(statement->data)].completed_us = statement->place.time_us;
	if (json_is(on_plan, JSON_BOOL)) {
		account->on_plan = (account->on_plan || !account->on_plan_told) && json_bool(on_plan);
		account->on_plan_told = true;
	}
	for (const struct json *at = json_is(list, JSON_ARRAY) ? json_first(list) : NULL; at != NULL; at = json_next(at)) {
		for (size_t i = 0; i < ACCOUNT_MILESTONE_COUNT; i++) {
			if (json_is(at, JSON_STRING) && text_equal(json_string(at), MILESTONES[i]))
				account->milestones[i] = statement->place.time_us;
		}
	}
}

/* What a step that applied says beside the state. */
static void take_applied(struct project_account *account, const struct statement *statement)
{
	int64_t time_us = statement->place.time_us;
	int64_t *dates = account->dates;
	struct account_stage *stage = &account->stages[stage_of(statement->data)];
	switch (statement->type) {
	case EVENT_PROJECT_OPENED:
		dates[ACCOUNT_DATE_OPENED] = time_us;
		break;
	case EVENT_PROJECT_STAGE_STARTED:
		if (stage->started_us == ACCOUNT_NO_DATE)
			stage->started_us = time_us;
		break;
	case EVENT_PROJECT_STAGE_COMPLETED:
		take_stage_end(account, statement);
		break;
	case EVENT_PROJECT_CANCELLED:
		if (dates[ACCOUNT_DATE_CANCELLED] == ACCOUNT_NO_DATE)
			dates[ACCOUNT_DATE_CANCELLED] = time_us;
		break;
	case EVENT_PROJECT_CLOSED:
		dates[ACCOUNT_DATE_CLOSED] = time_us;
		break;
	case EVENT_PROJECT_REOPENED:
		dates[ACCOUNT_DATE_REOPENED] = time_us;
		account->reopenings++;
		break;
	case EVENT_PROJECT_MONITORING_CHECKED:
		take_check(account, statement->data);
		break;
	default:
		break;
	}
}

static void take_project_event(struct project_account *account, const struct statement *statement)
{
	int64_t time_us = statement->place.time_us;
	switch (statement->type) {
	case EVENT_PROJECT_PROPOSED:
		take_card(account, statement->data);
		if (account->dates[ACCOUNT_DATE_PROPOSED] == ACCOUNT_NO_DATE)
			account->dates[ACCOUNT_DATE_PROPOSED] = time_us;
		break;
	case EVENT_PROJECT_CARD_SUBMITTED:
		take_card(account, statement->data);
		account->dates[ACCOUNT_DATE_SUBMITTED] = time_us;
		break;
	case EVENT_PROJECT_CARD_APPROVED:
		account->dates[ACCOUNT_DATE_APPROVED] = time_us;
		account->milestones[ACCOUNT_MILESTONE_CARD_SIGNED] = time_us;
		break;
	case EVENT_PROJECT_OPENED:
		take_card(account, statement->data);
		break;
	case EVENT_PROJECT_KICKOFF_HELD:
		account->milestones[ACCOUNT_MILESTONE_KICKOFF] = time_us;
		break;
	case EVENT_PROJECT_PARTY_ADDED:
		take_party(account, statement->data);
		break;
	default:
		break;
	}
	if (take_step(account, statement))
		take_applied(account, statement);
	dates_follow(account, statement);
}

/* ---- Indicators ---- */

static void take_measurement(struct project_account *account, struct account_indicator *indicator,
                             const struct statement *statement)
{
	const struct json *data = statement->data;
	struct account_measurement *measurement = arena_alloc(account->scratch, sizeof *measurement);
	*measurement = (struct account_measurement){
		.value = {.at = value_of(data), .unit = unit_of(account, data), .on_us = date_of(data, "measured_on")},
		.unit_text = json_find_string(data, "unit"),
		.reported_us = statement->place.time_us,
		.next = indicator->measurements,
	};
	indicator->measurements = measurement;
	indicator->measurements_count++;
	if (indicator->latest == NULL || measurement->value.on_us >= indicator->latest->value.on_us)
		indicator->latest = measurement;
}

static void take_verification(struct project_account *account, const struct json *data)
{
	const char *code = json_find_string(data, "indicator");
	struct account_verification *verification =
		code == NULL ? &account->verification : &indicator_get(account, code)->verification;
	int64_t on_us = date_of(data, "verified_on");
	if (on_us < verification->on_us)
		return;
	verification->on_us = on_us;
	for (enum account_verdict verdict = VERDICT_CONFIRMED; verdict <= VERDICT_REFUSED; verdict++) {
		if (text_is(data, "verdict", VERDICTS[verdict]))
			verification->verdict = verdict;
	}
}

static void take_indicator_event(struct project_account *account, const struct statement *statement)
{
	const char *code = json_find_string(statement->data, "indicator");
	if (code == NULL)
		return;
	struct account_indicator *indicator = indicator_get(account, code);
	if (statement->type == EVENT_INDICATOR_PLANNED)
		indicator->plan = statement->data;
	else if (statement->type == EVENT_EFFECT_DECLARED)
		indicator->effect = statement->data;
	else
		take_measurement(account, indicator, statement);
}

static struct reading_value planned_value(const struct project_account *account, const struct json *plan, const char *name)
{
	const struct json *value = json_find(plan, name);
	return (struct reading_value){.at = value_of(value), .unit = unit_of(account, plan), .on_us = date_of(value, "on")};
}

static enum figure_way way_of(const struct json *figure)
{
	enum figure_way found = FIGURE_NONE;
	for (enum figure_way way = FIGURE_PAIR; way <= FIGURE_QUALITY; way++) {
		if (text_is(figure, "way", project_figure_way_text(way)))
			found = way;
	}
	return found;
}

static enum figure_qualifier qualifier_of(const struct json *figure)
{
	enum figure_qualifier found = QUALIFIER_EXACT;
	for (enum figure_qualifier qualifier = QUALIFIER_EXACT; qualifier < QUALIFIER_COUNT; qualifier++) {
		if (text_is(figure, "qualifier", project_figure_qualifier_text(qualifier)))
			found = qualifier;
	}
	return found;
}

static struct declared_figure declared_of(const struct project_account *account, const struct json *effect)
{
	const struct json *figure = json_find(effect, "figure");
	struct declared_figure declared = {
		.way = way_of(figure), .qualifier = qualifier_of(figure), .base = decimal_of(figure, "base"),
		.actual = decimal_of(figure, "actual"), .hi = decimal_of(figure, "hi"),
		.unit_given = json_find_string(figure, "unit") != NULL, .unit = unit_of(account, figure),
		.method = json_find_string(effect, "method") != NULL, .origin = json_find_string(effect, "origin") != NULL,
	};
	declared.value = decimal_of(figure, declared.way == FIGURE_FACTOR ? "factor" : "value");
	return declared;
}

static void facts_set(struct project_account *account, struct account_indicator *indicator)
{
	struct figure_facts *facts = &indicator->facts;
	facts->measure = measure_find(account->rules->measures, indicator->code);
	facts->planned = indicator->plan != NULL;
	facts->plan_method = json_find_string(indicator->plan, "method") != NULL;
	facts->plan_origin = json_find_string(indicator->plan, "origin") != NULL;
	facts->base = planned_value(account, indicator->plan, "base");
	facts->target = planned_value(account, indicator->plan, "target");
	facts->ideal = planned_value(account, indicator->plan, "ideal");
	if (indicator->latest != NULL) {
		facts->actual = indicator->latest->value;
		facts->actual_reported_us = indicator->latest->reported_us;
	}
	if (indicator->effect != NULL)
		facts->declared = declared_of(account, indicator->effect);
}

static int decimal_order(const void *a, const void *b)
{
	return decimal_compare(*(const decimal *)a, *(const decimal *)b);
}

/* Of all measurements that can be expressed in the unit. */
static void median_set(struct project_account *account, struct account_indicator *indicator)
{
	const struct unit *unit = indicator->result.unit;
	decimal *values = arena_array(account->scratch, decimal, indicator->measurements_count + 1);
	size_t count = 0;
	for (const struct account_measurement *at = indicator->measurements; at != NULL && unit != NULL; at = at->next) {
		if (at->value.at.is && at->value.unit != NULL && unit_convert(at->value.at.value, at->value.unit, unit, &values[count]))
			count++;
	}
	if (count == 0)
		return;
	qsort(values, count, sizeof values[0], decimal_order);
	decimal two = {.millionths = 2000000};
	decimal middle = values[count / 2];
	bool ok = count % 2 == 1 || (decimal_add(middle, values[count / 2 - 1], &middle) && decimal_divide(middle, two, &middle));
	indicator->median = (struct known){.is = ok, .value = middle};
}

/* a is at least as good as b; both have known units. False when they cannot be compared. */
static bool as_good(const struct measure *measure, const struct reading_value *a, const struct reading_value *b)
{
	decimal other;
	if (!a->at.is || !b->at.is || a->unit == NULL || b->unit == NULL || !unit_convert(a->at.value, a->unit, b->unit, &other))
		return false;
	int order = decimal_compare(other, b->at.value);
	return measure->higher_is_better ? order >= 0 : order <= 0;
}

/* Whether the latest measurement after the closing is as good as what was reached before it. */
static void held_set(const struct project_account *account, struct account_indicator *indicator)
{
	int64_t closed_us = account->dates[ACCOUNT_DATE_CLOSED];
	const struct figure_facts *facts = &indicator->facts;
	const struct account_measurement *before = NULL;
	if (closed_us == ACCOUNT_NO_DATE || indicator->latest == NULL || indicator->latest->value.on_us <= closed_us
	    || facts->measure == NULL)
		return;
	/* The list runs from the last event back, so of one day the last counts. */
	for (const struct account_measurement *at = indicator->measurements; at != NULL; at = at->next) {
		if (at->value.on_us <= closed_us && (before == NULL || at->value.on_us > before->value.on_us))
			before = at;
	}
	if (before == NULL)
		return;
	bool reached = facts->target.at.is && as_good(facts->measure, &before->value, &facts->target);
	indicator->held_known = true;
	indicator->held = as_good(facts->measure, &indicator->latest->value, reached ? &facts->target : &before->value);
}

static void amount_set(struct account_indicator *indicator)
{
	const struct figure_facts *facts = &indicator->facts;
	const struct figure_result *result = &indicator->result;
	const struct unit *declared = facts->declared.unit;
	if (!text_equal(indicator->code, ACCOUNT_ECONOMIC))
		return;
	if (facts->actual.at.is)
		indicator->amount = result->change.is ? result->change : result->actual;
	else if (declared != NULL && text_equal(declared->family, "rub"))
		indicator->amount = project_figure_amount(&facts->declared);
}

static void verdict_flags(struct account_indicator *indicator, enum account_verdict verdict)
{
	if (verdict == VERDICT_REFUSED)
		indicator->result.flags |= flag_bit(FLAG_VERIFICATION_REFUSED);
	if (verdict == VERDICT_IN_DISPUTE)
		indicator->result.flags |= flag_bit(FLAG_IN_DISPUTE);
}

static bool tells_of_process(const struct account_indicator *indicator)
{
	const struct figure_result *result = &indicator->result;
	return indicator->facts.measure != NULL && indicator->facts.measure->process && !flags_exclude(result->flags)
	       && (result->change.is || result->reduction.is || result->growth.is || result->lo.is);
}

static bool has_figure(const struct account_indicator *indicator)
{
	return indicator->facts.actual.at.is || indicator->facts.declared.way != FIGURE_NONE;
}

static void indicators_settle(struct project_account *account)
{
	bool process = false;
	for (struct account_indicator *at = account->indicators; at != NULL; at = at->next) {
		facts_set(account, at);
		at->result = project_figure(&at->facts);
		verdict_flags(at, account->verification.verdict);
		verdict_flags(at, at->verification.verdict);
		median_set(account, at);
		held_set(account, at);
		amount_set(at);
		process = process || tells_of_process(at);
	}
	for (struct account_indicator *at = account->indicators; at != NULL && !process; at = at->next) {
		if (has_figure(at) && project_figure_is_money(&at->facts))
			at->result.flags |= flag_bit(FLAG_EFFECT_WITHOUT_PROCESS);
	}
}

/* ---- All together ---- */

static void take_thing(struct project_account *account, enum account_thing thing, const struct statement *statement)
{
	const char *id = json_find_string(statement->data, THING_MEMBERS[thing]);
	if (id != NULL)
		name_add(account, &account->things[thing], id)->gone = statement->type == EVENT_DISPUTE_RESOLVED;
}

static void take(struct project_account *account, const struct statement *statement)
{
	switch (statement->type) {
	case EVENT_INDICATOR_PLANNED:
	case EVENT_MEASUREMENT_RECORDED:
	case EVENT_EFFECT_DECLARED:
		take_indicator_event(account, statement);
		break;
	case EVENT_VERIFICATION_RECORDED:
		take_verification(account, statement->data);
		break;
	case EVENT_PROBLEM_RAISED:
		take_thing(account, ACCOUNT_THING_PROBLEM, statement);
		break;
	case EVENT_RISK_RAISED:
		take_thing(account, ACCOUNT_THING_RISK, statement);
		break;
	case EVENT_LESSON_RECORDED:
		take_thing(account, ACCOUNT_THING_LESSON, statement);
		break;
	case EVENT_LOSS_FOUND:
		take_thing(account, ACCOUNT_THING_LOSS, statement);
		break;
	case EVENT_PRACTICE_REGISTERED:
	case EVENT_PRACTICE_PUBLISHED:
		take_thing(account, ACCOUNT_THING_PRACTICE, statement);
		break;
	case EVENT_SURVEY_COMPLETED:
		take_thing(account, ACCOUNT_THING_SURVEY, statement);
		break;
	case EVENT_DISPUTE_OPENED:
	case EVENT_DISPUTE_RESOLVED:
		take_thing(account, ACCOUNT_THING_DISPUTE, statement);
		break;
	default:
		take_project_event(account, statement);
		break;
	}
}

static void stages_settle(struct project_account *account)
{
	plan_stages(account);
	for (unsigned i = 1; i <= PROJECT_STAGE_LAST; i++) {
		const struct account_stage *stage = &account->stages[i];
		bool planned = stage->planned_to_us != ACCOUNT_NO_DATE && stage->planned_to_us < stage->planned_from_us;
		bool told = stage->completed_us != ACCOUNT_NO_DATE && stage->completed_us < stage->started_us;
		if (planned || told)
			strange_add(account, FLAG_STAGE_DATES, arena_printf(account->scratch, "%u", i));
	}
}

static void dates_clear(int64_t *dates, size_t count)
{
	for (size_t i = 0; i < count; i++)
		dates[i] = ACCOUNT_NO_DATE;
}

const struct project_account *project_account_make(const struct statement *statements, size_t count,
                                                   const struct fold_rules *rules, struct arena *scratch)
{
	struct project_account *account = arena_alloc(scratch, sizeof *account);
	account->rules = rules;
	account->scratch = scratch;
	account->indicators_end = &account->indicators;
	account->strange_end = &account->strange;
	account->verification.on_us = ACCOUNT_NO_DATE;
	dates_clear(account->dates, ACCOUNT_DATE_COUNT);
	dates_clear(account->milestones, ACCOUNT_MILESTONE_COUNT);
	for (size_t i = 0; i <= PROJECT_STAGE_LAST; i++)
		account->stages[i] = (struct account_stage){ACCOUNT_NO_DATE, ACCOUNT_NO_DATE, ACCOUNT_NO_DATE, ACCOUNT_NO_DATE};
	for (size_t i = 0; i < count; i++)
		take(account, &statements[i]);
	account->authorities = names_joined(account, account->card[ACCOUNT_CARD_AUTHORITIES], &account->authorities);
	account->institutions = names_joined(account, account->card[ACCOUNT_CARD_INSTITUTIONS], &account->institutions);
	stages_settle(account);
	indicators_settle(account);
	return account;
}

enum account_verdict project_account_verdict(const struct project_account *account)
{
	enum account_verdict worst = account->verification.verdict;
	for (const struct account_indicator *at = account->indicators; at != NULL; at = at->next) {
		if (at->verification.verdict > worst)
			worst = at->verification.verdict;
	}
	return worst;
}

const char *account_verdict_text(enum account_verdict verdict)
{
	return VERDICTS[verdict];
}

bool project_account_measured(const struct project_account *account)
{
	for (const struct account_indicator *at = account->indicators; at != NULL; at = at->next) {
		if (at->measurements_count > 0 && !flags_exclude(at->result.flags))
			return true;
	}
	return false;
}

bool project_account_disputed(const struct project_account *account)
{
	for (const struct account_name *at = account->things[ACCOUNT_THING_DISPUTE].first; at != NULL; at = at->next) {
		if (!at->gone)
			return true;
	}
	return false;
}

/* Day by day: planned days begin at midnight, events have hours. */
static bool late_for(int64_t happened_us, int64_t planned_us)
{
	return happened_us != ACCOUNT_NO_DATE && planned_us != ACCOUNT_NO_DATE && happened_us >= planned_us + DAY_US;
}

bool project_account_on_schedule(const struct project_account *account, bool *ret_on_schedule)
{
	int64_t end_us = ACCOUNT_NO_DATE;
	bool stage_late = account->on_plan_told && !account->on_plan;
	if (!project_state_completed(account->course.state) && !project_state_active(account->course.state))
		return false;
	for (unsigned i = 1; i < PROJECT_STAGE_LAST; i++) {
		const struct account_stage *stage = &account->stages[i];
		end_us = stage->planned_to_us > end_us ? stage->planned_to_us : end_us;
		stage_late = stage_late || late_for(stage->completed_us, stage->planned_to_us);
	}
	bool completed = project_state_completed(account->course.state);
	bool planned_end = end_us != ACCOUNT_NO_DATE;
	if (completed && planned_end)
		*ret_on_schedule = !late_for(account->dates[ACCOUNT_DATE_CLOSED], end_us);
	else
		*ret_on_schedule = !stage_late;
	return planned_end || account->on_plan_told;
}
