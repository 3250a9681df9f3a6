#include "services/metrics/project_figure.h"

#define DAY_US ((int64_t)86400 * 1000000)

static const decimal ONE = {.millionths = 1000000};
static const decimal TWO = {.millionths = 2000000};

__extension__ typedef __int128 wide;

/* A result in % beyond this, in millionths, says that something else is wrong. */
#define PERCENT_LIMIT ((wide)1000000000000 * 1000000)

static const char *const WAYS[] = {
	[FIGURE_NONE] = "none", [FIGURE_PAIR] = "pair", [FIGURE_FACTOR] = "factor", [FIGURE_BOUND] = "bound",
	[FIGURE_RANGE] = "range", [FIGURE_QUALITY] = "quality",
};

static const char *const QUALIFIERS[QUALIFIER_COUNT] = {
	[QUALIFIER_EXACT] = "exact", [QUALIFIER_GE] = "ge", [QUALIFIER_GT] = "gt", [QUALIFIER_LE] = "le",
	[QUALIFIER_LT] = "lt", [QUALIFIER_APPROX] = "approx", [QUALIFIER_RANGE] = "range",
};

const char *project_figure_way_text(enum figure_way way)
{
	return WAYS[way];
}

const char *project_figure_qualifier_text(enum figure_qualifier qualifier)
{
	return QUALIFIERS[qualifier];
}

static struct known known_of(decimal value)
{
	return (struct known){.is = true, .value = value};
}

static bool family_is(const struct unit *unit, const char *family)
{
	return unit != NULL && text_equal(unit->family, family);
}

/* A value beside others: as it is when all have one unit, else in the family's base unit. */
static bool value_beside(const struct reading_value *value, bool one_unit, decimal *ret_value)
{
	*ret_value = value->at.value;
	return one_unit || decimal_multiply(value->at.value, value->unit->factor, ret_value);
}

/* 100 · part / whole, rounded once, half to even. The product needs more than 64 bits. */
static bool percent_of(decimal part, decimal whole, struct known *ret_percent)
{
	wide product = (wide)part.millionths * 100 * 1000000;
	wide quotient = product / whole.millionths;
	wide rest = product % whole.millionths;
	wide twice = (rest < 0 ? -rest : rest) * 2;
	wide size = whole.millionths < 0 ? -(wide)whole.millionths : whole.millionths;
	if (twice > size || (twice == size && quotient % 2 != 0))
		quotient += (product < 0) == (whole.millionths < 0) ? 1 : -1;
	if (quotient > PERCENT_LIMIT || quotient < -PERCENT_LIMIT)
		return false;
	*ret_percent = known_of((decimal){.millionths = (int64_t)quotient});
	return true;
}

static struct known middle_of(decimal a, decimal b)
{
	decimal sum, middle;
	if (!decimal_add(a, b, &sum) || !decimal_divide(sum, TWO, &middle))
		return (struct known){.is = false};
	return known_of(middle);
}

/* ---- What is strange about what was reported ---- */

static uint32_t unit_flags(const struct figure_facts *facts, const struct unit *unit)
{
	if (unit == NULL)
		return flag_bit(FLAG_UNIT_UNKNOWN);
	bool fits = facts->measure == NULL || measure_has_family(facts->measure, unit->family);
	return fits ? 0 : flag_bit(FLAG_UNIT_FAMILY);
}

/* Money that is earned begins at nothing. */
static bool begins_at_zero(const struct figure_facts *facts, const struct reading_value *base)
{
	return facts->measure != NULL && facts->measure->higher_is_better && family_is(base->unit, "rub");
}

static uint32_t base_flags(const struct figure_facts *facts, const struct reading_value *base)
{
	bool lower = facts->measure != NULL && !facts->measure->higher_is_better;
	if (base->at.value.millionths == 0)
		return begins_at_zero(facts, base) ? 0 : flag_bit(FLAG_BASE_ZERO);
	return lower && base->at.value.millionths < 0 ? flag_bit(FLAG_BASE_NEGATIVE) : 0;
}

static uint32_t plan_flags(const struct figure_facts *facts)
{
	const struct reading_value *base = &facts->base;
	const struct reading_value *target = &facts->target;
	uint32_t flags = 0;
	if (!facts->planned)
		return 0;
	flags |= facts->plan_method ? 0 : flag_bit(FLAG_METHOD_MISSING);
	flags |= facts->plan_origin ? 0 : flag_bit(FLAG_ORIGIN_MISSING);
	flags |= unit_flags(facts, base->unit);
	if (base->at.is)
		flags |= base_flags(facts, base);
	if (base->at.is && target->at.is) {
		if (decimal_compare(base->at.value, target->at.value) == 0)
			flags |= flag_bit(FLAG_BASE_EQUALS_TARGET);
		if (target->on_us < base->on_us)
			flags |= flag_bit(FLAG_DATES_OUT_OF_ORDER);
	}
	return flags;
}

/* A day may begin up to a day before it does in UTC. */
static uint32_t measurement_flags(const struct figure_facts *facts)
{
	const struct reading_value *base = &facts->base;
	const struct reading_value *actual = &facts->actual;
	uint32_t flags = unit_flags(facts, actual->unit);
	if (!base->at.is)
		flags |= flag_bit(FLAG_PLAN_MISSING);
	if ((base->at.is && actual->on_us < base->on_us) || actual->on_us > facts->actual_reported_us + DAY_US)
		flags |= flag_bit(FLAG_DATES_OUT_OF_ORDER);
	if (base->at.is && base->unit != NULL && actual->unit != NULL && !text_equal(base->unit->family, actual->unit->family))
		flags |= flag_bit(FLAG_UNIT_FAMILIES_MIXED);
	return flags;
}

static uint32_t declared_flags(const struct declared_figure *declared)
{
	return (declared->method ? 0 : flag_bit(FLAG_METHOD_MISSING)) | (declared->origin ? 0 : flag_bit(FLAG_ORIGIN_MISSING));
}

/* ---- A pair ---- */

static bool comparable(const struct reading_value *a, const struct reading_value *b)
{
	return a->at.is && b->at.is && a->unit != NULL && b->unit != NULL
	       && text_equal(a->unit->family, b->unit->family);
}

static void set_or_flag(bool ok, struct figure_result *result)
{
	if (!ok)
		result->flags |= flag_bit(FLAG_VALUE_OUT_OF_RANGE);
}

static void compare_with_base(const struct figure_facts *facts, const struct reading_value *of_base,
                              const struct reading_value *of_actual, struct figure_result *result)
{
	bool higher = facts->measure->higher_is_better;
	bool one_unit = of_base->unit == of_actual->unit;
	decimal base, actual, better, factor;
	bool ok = value_beside(of_base, one_unit, &base) && value_beside(of_actual, one_unit, &actual)
	          && (higher ? decimal_subtract(actual, base, &better) : decimal_subtract(base, actual, &better));
	if (!ok || base.millionths <= 0) {
		set_or_flag(ok, result);
		return;
	}
	set_or_flag(percent_of(better, base, higher ? &result->growth : &result->reduction), result);
	if (actual.millionths <= 0)
		return;
	ok = higher ? decimal_divide(actual, base, &factor) : decimal_divide(base, actual, &factor);
	set_or_flag(ok, result);
	result->factor = (struct known){.is = ok, .value = factor};
}

/* (base − actual) / (base − target); nothing where the target is the base. */
static void compare_with_target(const struct reading_value *of_base, const struct reading_value *of_actual,
                                const struct reading_value *of_target, struct figure_result *result)
{
	bool one_unit = of_base->unit == of_actual->unit && of_base->unit == of_target->unit;
	decimal base, actual, target, done, wanted;
	if (!comparable(of_base, of_target))
		return;
	bool ok = value_beside(of_base, one_unit, &base) && value_beside(of_actual, one_unit, &actual)
	          && value_beside(of_target, one_unit, &target) && decimal_subtract(base, actual, &done)
	          && decimal_subtract(base, target, &wanted);
	if (!ok || wanted.millionths != 0)
		set_or_flag(ok && percent_of(done, wanted, &result->achievement), result);
}

/* Base and actual are comparable. */
static void compare(const struct figure_facts *facts, const struct reading_value *base,
                    const struct reading_value *actual, struct figure_result *result)
{
	decimal converted, change;
	bool ok = unit_convert(actual->at.value, actual->unit, base->unit, &converted)
	          && decimal_subtract(converted, base->at.value, &change);
	set_or_flag(ok, result);
	if (ok) {
		result->actual = known_of(converted);
		result->change = known_of(change);
	}
	if (facts->measure != NULL)
		compare_with_base(facts, base, actual, result);
	compare_with_target(base, actual, &facts->target, result);
}

/* ---- Declared figures ---- */

/* So many times better, as improvement in %. */
static bool percent_of_times(const struct figure_facts *facts, decimal times, struct known *ret_percent)
{
	decimal more;
	if (times.millionths <= 0 || !decimal_subtract(times, ONE, &more))
		return false;
	return percent_of(more, facts->measure != NULL && facts->measure->higher_is_better ? ONE : times, ret_percent);
}

/* One end of a bound or range, as improvement in % or in its own unit. */
static void end_set(const struct figure_facts *facts, struct known end, struct known *ret_end, struct figure_result *result)
{
	const struct unit *unit = facts->declared.unit;
	bool points = facts->measure != NULL && facts->measure->higher_is_better && family_is(unit, "percent");
	if (!end.is)
		return;
	if (family_is(unit, "factor")) {
		if (!percent_of_times(facts, end.value, ret_end))
			result->flags |= flag_bit(FLAG_FACTOR_NOT_POSITIVE);
	} else {
		*ret_end = end;
		if (points || !family_is(unit, "percent"))
			result->lo_unit = unit;
	}
}

static uint32_t declared_unit_flags(const struct figure_facts *facts)
{
	const struct declared_figure *declared = &facts->declared;
	if (!declared->unit_given)
		return flag_bit(FLAG_UNIT_MISSING);
	bool relative = family_is(declared->unit, "factor") || family_is(declared->unit, "percent");
	return relative ? 0 : unit_flags(facts, declared->unit);
}

static void bound_set(const struct figure_facts *facts, struct figure_result *result)
{
	const struct declared_figure *declared = &facts->declared;
	bool below = declared->qualifier == QUALIFIER_LE || declared->qualifier == QUALIFIER_LT;
	bool above = declared->qualifier == QUALIFIER_GE || declared->qualifier == QUALIFIER_GT;
	if (!below)
		end_set(facts, declared->value, &result->lo, result);
	if (!above)
		end_set(facts, declared->value, &result->hi, result);
}

static void range_set(const struct figure_facts *facts, struct figure_result *result)
{
	const struct declared_figure *declared = &facts->declared;
	end_set(facts, declared->value, &result->lo, result);
	end_set(facts, declared->hi, &result->hi, result);
	if (declared->value.is && declared->hi.is && decimal_compare(declared->value.value, declared->hi.value) > 0)
		result->flags |= flag_bit(FLAG_RANGE_REVERSED);
}

/* The ends of what was declared, whether or not anything counts. */
static void ends_set(const struct figure_facts *facts, struct figure_result *result)
{
	const struct declared_figure *declared = &facts->declared;
	switch (declared->way) {
	case FIGURE_FACTOR:
		if (!declared->value.is || !percent_of_times(facts, declared->value.value, &result->lo))
			result->flags |= flag_bit(FLAG_FACTOR_NOT_POSITIVE);
		result->hi = result->lo;
		break;
	case FIGURE_BOUND:
		bound_set(facts, result);
		break;
	case FIGURE_RANGE:
		range_set(facts, result);
		break;
	default:
		break;
	}
}

/* The one number that stands for a declared figure in a score, in %: the bound, or the middle of a range. */
static struct known score_of(const struct figure_result *result)
{
	if (result->lo_unit != NULL || !result->lo.is)
		return (struct known){.is = false};
	return result->hi.is ? middle_of(result->lo.value, result->hi.value) : result->lo;
}

static void declared_score(const struct figure_facts *facts, struct figure_result *result)
{
	const struct declared_figure *declared = &facts->declared;
	result->declared = true;
	result->flags |= declared_flags(declared);
	if (declared->way != FIGURE_FACTOR)
		result->flags |= declared_unit_flags(facts);
	if (!result->lo.is && result->hi.is)
		result->flags |= flag_bit(FLAG_UPPER_BOUND_ONLY);
	struct known score = score_of(result);
	if (facts->measure != NULL && facts->measure->higher_is_better)
		result->growth = score;
	else
		result->reduction = score;
	if (declared->way == FIGURE_FACTOR && score.is)
		result->factor = declared->value;
}

static void declared_pair(const struct figure_facts *facts, struct figure_result *result)
{
	const struct declared_figure *declared = &facts->declared;
	struct reading_value base = {.at = declared->base, .unit = declared->unit};
	struct reading_value actual = {.at = declared->actual, .unit = declared->unit};
	result->declared = true;
	result->flags |= declared_flags(declared) | unit_flags(facts, declared->unit) | base_flags(facts, &base);
	result->unit = declared->unit;
	result->base = declared->base;
	result->actual = declared->actual;
	if (comparable(&base, &actual))
		compare(facts, &base, &actual, result);
	result->lo = result->hi = facts->measure != NULL && facts->measure->higher_is_better ? result->growth : result->reduction;
}

static bool is_declared_pair(const struct declared_figure *declared)
{
	return declared->way == FIGURE_PAIR && declared->base.is && declared->actual.is;
}

/* ---- All together ---- */

/* The values of the plan in the plan's unit, and the actual one as it came when there is no plan. */
static void values_set(const struct figure_facts *facts, struct figure_result *result)
{
	result->unit = facts->planned ? facts->base.unit : facts->actual.unit;
	result->base = facts->base.at;
	result->target = facts->target.at;
	result->ideal = facts->ideal.at;
	if (!facts->planned)
		result->actual = facts->actual.at;
}

struct figure_result project_figure(const struct figure_facts *facts)
{
	const struct declared_figure *declared = &facts->declared;
	struct figure_result result = {.flags = facts->measure == NULL ? flag_bit(FLAG_INDICATOR_UNKNOWN) : 0};
	values_set(facts, &result);
	result.flags |= plan_flags(facts);
	if (facts->actual.at.is) {
		/* What was declared beside a measurement is shown; it decides nothing, so it is not judged either. */
		struct figure_result shown = {.flags = 0};
		ends_set(facts, &shown);
		result.lo = shown.lo;
		result.hi = shown.hi;
		result.lo_unit = shown.lo_unit;
		result.flags |= measurement_flags(facts);
		if (comparable(&facts->base, &facts->actual))
			compare(facts, &facts->base, &facts->actual, &result);
	} else if (is_declared_pair(declared)) {
		declared_pair(facts, &result);
	} else if (declared->way != FIGURE_NONE && declared->way != FIGURE_QUALITY) {
		ends_set(facts, &result);
		declared_score(facts, &result);
	}
	return result;
}

bool project_figure_is_money(const struct figure_facts *facts)
{
	return family_is(facts->base.unit, "rub") || family_is(facts->actual.unit, "rub")
	       || family_is(facts->declared.unit, "rub");
}

struct known project_figure_amount(const struct declared_figure *declared)
{
	decimal amount;
	switch (declared->way) {
	case FIGURE_PAIR:
		if (declared->base.is && declared->actual.is && decimal_subtract(declared->actual.value, declared->base.value, &amount))
			return known_of(amount);
		break;
	case FIGURE_BOUND:
		if (declared->qualifier != QUALIFIER_LE && declared->qualifier != QUALIFIER_LT)
			return declared->value;
		break;
	case FIGURE_RANGE:
		if (declared->value.is && declared->hi.is)
			return middle_of(declared->value.value, declared->hi.value);
		break;
	default:
		break;
	}
	return (struct known){.is = false};
}
