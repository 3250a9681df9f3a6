#include "services/metrics/project_fold.h"

#include "services/metrics/project_account.h"

#define DAY_US ((int64_t)86400 * 1000000)

/* ---- Members that may not be known ---- */

static void write_date(struct json_writer *writer, const char *name, int64_t us)
{
	char text[ENTITY_FOLD_DATE_SIZE];
	if (us == ACCOUNT_NO_DATE)
		return;
	entity_fold_date(us, text);
	json_member_string(writer, name, text);
}

static void write_known(struct json_writer *writer, const char *name, struct known known)
{
	char text[DECIMAL_TEXT_SIZE];
	if (known.is)
		json_member_string(writer, name, decimal_format(known.value, text));
}

static void write_names(struct json_writer *writer, const char *name, const struct account_names *names)
{
	if (names->count == 0)
		return;
	json_write_name(writer, name);
	json_write_array(writer);
	for (const struct account_name *at = names->first; at != NULL; at = at->next)
		json_write_string(writer, at->name);
	json_write_array_end(writer);
}

/* ---- Parts ---- */

static void write_state(const struct project_account *account, struct json_writer *writer)
{
	enum project_state state = account->course.state;
	json_member_string(writer, "state", project_state_text(state));
	if (account->course.stage > 0)
		json_member_integer(writer, "stage", account->course.stage);
	json_member_bool(writer, "initiated", project_state_initiated(state));
	json_member_bool(writer, "completed", project_state_completed(state));
	json_member_bool(writer, "active", project_state_active(state));
	json_member_bool(writer, "cancelled", project_state_cancelled(state));
	json_member_bool(writer, "on_hold", state == PROJECT_ON_HOLD);
	json_member_integer(writer, "reopenings", account->reopenings);
}

static void write_card(const struct project_account *account, struct json_writer *writer)
{
	const struct json *support = account->card[ACCOUNT_CARD_SUPPORT];
	for (size_t i = 0; i < ACCOUNT_CARD_AUTHORITIES; i++) {
		if (account->card[i] != NULL)
			entity_fold_value(writer, account_card_name((enum account_card)i), account->card[i]);
	}
	if (json_is(support, JSON_STRING))
		json_member_bool(writer, "independent", text_equal(json_string(support), "independent"));
	write_names(writer, "authorities", &account->authorities);
	if (account->authorities.count > 0) {
		json_member_string(writer, "owner", account->authorities.first->name);
		json_member_bool(writer, "interdepartmental", account->authorities.count > 1);
	}
	write_names(writer, "institutions", &account->institutions);
}

static void write_dates(const struct project_account *account, struct json_writer *writer)
{
	int64_t opened_us = account->dates[ACCOUNT_DATE_OPENED];
	int64_t closed_us = account->dates[ACCOUNT_DATE_CLOSED];
	bool on_schedule;
	for (size_t i = 0; i < ACCOUNT_DATE_COUNT; i++)
		write_date(writer, account_date_name((enum account_date)i), account->dates[i]);
	if (closed_us != ACCOUNT_NO_DATE && opened_us != ACCOUNT_NO_DATE && closed_us >= opened_us)
		json_member_integer(writer, "duration_days", closed_us / DAY_US - opened_us / DAY_US);
	if (project_account_on_schedule(account, &on_schedule))
		json_member_bool(writer, "on_schedule", on_schedule);
}

static bool stage_known(const struct account_stage *stage)
{
	return stage->planned_from_us != ACCOUNT_NO_DATE || stage->planned_to_us != ACCOUNT_NO_DATE
	       || stage->started_us != ACCOUNT_NO_DATE || stage->completed_us != ACCOUNT_NO_DATE;
}

static void write_stages(const struct project_account *account, struct json_writer *writer)
{
	json_write_name(writer, "stages");
	json_write_array(writer);
	for (unsigned i = 1; i <= PROJECT_STAGE_LAST; i++) {
		const struct account_stage *stage = &account->stages[i];
		if (!stage_known(stage))
			continue;
		json_write_object(writer);
		json_member_integer(writer, "stage", i);
		write_date(writer, "planned_from", stage->planned_from_us);
		write_date(writer, "planned_to", stage->planned_to_us);
		write_date(writer, "started_on", stage->started_us);
		write_date(writer, "completed_on", stage->completed_us);
		json_write_object_end(writer);
	}
	json_write_array_end(writer);
	json_write_name(writer, "milestones");
	json_write_object(writer);
	for (size_t i = 0; i < ACCOUNT_MILESTONE_COUNT; i++)
		write_date(writer, account_milestone_name((enum account_milestone)i), account->milestones[i]);
	json_write_object_end(writer);
}

/* ---- Money ---- */

static const struct account_indicator *economic_effect(const struct project_account *account)
{
	const struct account_indicator *at = account->indicators;
	while (at != NULL && !text_equal(at->code, ACCOUNT_ECONOMIC))
		at = at->next;
	return at;
}

static struct known planned_effect(const struct project_account *account, const struct account_indicator *effect)
{
	struct known planned = {.is = false};
	const struct json *card = account->card[ACCOUNT_CARD_EFFECT];
	planned.is = json_is(card, JSON_STRING) && decimal_parse(json_string(card), &planned.value);
	if (!planned.is && effect != NULL && effect->facts.base.at.is && effect->facts.target.at.is)
		planned.is = decimal_subtract(effect->facts.target.at.value, effect->facts.base.at.value, &planned.value);
	return planned;
}

static void write_money(const struct project_account *account, struct json_writer *writer)
{
	const struct account_indicator *effect = economic_effect(account);
	write_known(writer, "planned_effect_rub", planned_effect(account, effect));
	if (effect != NULL)
		write_known(writer, flags_exclude(effect->result.flags) ? "unscored_effect_rub" : "effect_rub", effect->amount);
}

/* ---- Results ---- */

static void write_verdicts(const struct project_account *account, struct json_writer *writer)
{
	enum account_verdict verdict = project_account_verdict(account);
	json_member_bool(writer, "measured", project_account_measured(account));
	if (account->held != NULL)
		json_member_string(writer, "held", account->held);
	if (account->checks > 0)
		json_member_integer(writer, "checks", account->checks);
	if (verdict != VERDICT_NONE)
		json_member_string(writer, "verified", account_verdict_text(verdict));
	json_member_bool(writer, "disputed", project_account_disputed(account));
}

static void write_declared(const struct account_indicator *indicator, struct json_writer *writer)
{
	const struct declared_figure *declared = &indicator->facts.declared;
	const struct figure_result *result = &indicator->result;
	const struct json *text = json_find(json_find(indicator->effect, "figure"), "text");
	if (declared->way == FIGURE_NONE)
		return;
	json_write_name(writer, "figure");
	json_write_object(writer);
	json_member_string(writer, "way", project_figure_way_text(declared->way));
	json_member_string(writer, "qualifier", project_figure_qualifier_text(declared->qualifier));
	write_known(writer, "lo", result->lo);
	write_known(writer, "hi", result->hi);
	if (result->lo_unit != NULL)
		json_member_string(writer, "unit", result->lo_unit->code);
	if (text != NULL)
		entity_fold_value(writer, "text", text);
	json_write_object_end(writer);
}

static void write_scores(const struct figure_result *result, struct json_writer *writer)
{
	write_known(writer, "reduction", result->reduction);
	write_known(writer, "growth", result->growth);
	write_known(writer, "factor", result->factor);
	write_known(writer, "achievement", result->achievement);
}

static void write_values(const struct account_indicator *indicator, struct json_writer *writer)
{
	const struct figure_facts *facts = &indicator->facts;
	const struct figure_result *result = &indicator->result;
	if (result->unit != NULL)
		json_member_string(writer, "unit", result->unit->code);
	write_known(writer, "base", result->base);
	write_date(writer, "base_on", facts->planned ? facts->base.on_us : ACCOUNT_NO_DATE);
	write_known(writer, "target", result->target);
	write_date(writer, "target_on", facts->planned ? facts->target.on_us : ACCOUNT_NO_DATE);
	write_known(writer, "ideal", result->ideal);
	write_date(writer, "ideal_on", facts->planned ? facts->ideal.on_us : ACCOUNT_NO_DATE);
	write_known(writer, "actual", result->actual);
	if (indicator->latest != NULL)
		write_date(writer, "measured_on", indicator->latest->value.on_us);
	json_member_integer(writer, "measurements", (int64_t)indicator->measurements_count);
	write_known(writer, "median", indicator->median);
	write_known(writer, "change", result->change);
}

static void write_indicator_flags(uint32_t flags, struct json_writer *writer)
{
	json_write_name(writer, "flags");
	json_write_array(writer);
	for (unsigned i = 0; i < FLAG_COUNT; i++) {
		if ((flags & flag_bit((enum flag)i)) != 0)
			json_write_string(writer, flag_code((enum flag)i));
	}
	json_write_array_end(writer);
}

static void write_indicator(const struct account_indicator *indicator, struct json_writer *writer)
{
	const struct figure_result *result = &indicator->result;
	bool excluded = flags_exclude(result->flags);
	json_write_name(writer, indicator->code);
	json_write_object(writer);
	write_values(indicator, writer);
	if (result->declared || indicator->latest != NULL)
		json_member_string(writer, "from", result->declared ? "declared" : "measured");
	if (!excluded)
		write_scores(result, writer);
	write_declared(indicator, writer);
	if (indicator->held_known)
		json_member_bool(writer, "held", indicator->held);
	if (indicator->verification.verdict != VERDICT_NONE)
		json_member_string(writer, "verified", account_verdict_text(indicator->verification.verdict));
	json_member_bool(writer, "excluded", excluded);
	if (excluded) {
		json_write_name(writer, "unscored");
		json_write_object(writer);
		write_scores(result, writer);
		json_write_object_end(writer);
	}
	write_indicator_flags(result->flags, writer);
	json_write_object_end(writer);
}

static void write_indicators(const struct project_account *account, struct json_writer *writer)
{
	json_write_name(writer, "indicators");
	json_write_object(writer);
	for (const struct account_indicator *at = account->indicators; at != NULL; at = at->next)
		write_indicator(at, writer);
	json_write_object_end(writer);
}

/* ---- What is strange ---- */

/* What a reader needs to find the mistake: the code that is in no dictionary, or the units that do not fit. */
static const char *flag_detail(const struct account_indicator *indicator, enum flag flag)
{
	const struct figure_facts *facts = &indicator->facts;
	const struct json *figure = json_find(indicator->effect, "figure");
	const char *planned = json_find_string(indicator->plan, "unit");
	switch (flag) {
	case FLAG_UNIT_UNKNOWN:
		if (planned != NULL && facts->base.unit == NULL)
			return planned;
		return indicator->latest != NULL ? indicator->latest->unit_text : json_find_string(figure, "unit");
	case FLAG_UNIT_FAMILY:
	case FLAG_UNIT_FAMILIES_MIXED:
		return facts->actual.unit != NULL ? facts->actual.unit->code : planned;
	default:
		return NULL;
	}
}

static void write_flag(struct json_writer *writer, enum flag flag, const char *indicator, const char *detail)
{
	json_write_object(writer);
	json_member_string(writer, "code", flag_code(flag));
	if (indicator != NULL)
		json_member_string(writer, "indicator", indicator);
	if (detail != NULL)
		json_member_string(writer, "detail", detail);
	json_write_object_end(writer);
}

static void write_flags(const struct project_account *account, struct json_writer *writer)
{
	json_write_name(writer, "flags");
	json_write_array(writer);
	for (const struct account_strange *at = account->strange; at != NULL; at = at->next)
		write_flag(writer, at->flag, NULL, at->detail);
	for (const struct account_indicator *at = account->indicators; at != NULL; at = at->next) {
		for (unsigned i = 0; i < FLAG_COUNT; i++) {
			if ((at->result.flags & flag_bit((enum flag)i)) != 0)
				write_flag(writer, (enum flag)i, at->code, flag_detail(at, (enum flag)i));
		}
	}
	json_write_array_end(writer);
}

void project_fold(const struct statement *statements, size_t count, const struct fold_rules *rules, struct arena *scratch,
                  struct json_writer *writer)
{
	const struct project_account *account = project_account_make(statements, count, rules, scratch);
	write_state(account, writer);
	write_card(account, writer);
	write_dates(account, writer);
	write_stages(account, writer);
	write_money(account, writer);
	write_verdicts(account, writer);
	write_indicators(account, writer);
	for (size_t i = 0; i < ACCOUNT_THING_COUNT; i++)
		write_names(writer, account_things_name((enum account_thing)i), &account->things[i]);
	write_flags(account, writer);
}
