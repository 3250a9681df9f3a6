/* flag: what is strange about something that was accepted all the same: a code, whether it keeps the figure out of every
 * score, and the reason as a sentence in both languages. The codes stand in the attributes of entities ("flags"). */
#ifndef EFFREG_METRICS_FLAG_H
#define EFFREG_METRICS_FLAG_H

#include "common/base.h"

/* name, code, excludes, English, Russian */
#define FLAG_MAP(X) \
	X(BASE_ZERO, "base_zero", true, \
	  "The base is 0, so nothing can be said in per cent: only the absolute change is known", \
	  "Базовое значение равно 0, поэтому в процентах изменение не выразить: известно только абсолютное") \
	X(BASE_NEGATIVE, "base_negative", true, \
	  "The base is below 0, which this indicator cannot be", \
	  "Базовое значение меньше 0, чего у этого показателя не бывает") \
	X(BASE_EQUALS_TARGET, "base_equals_target", true, \
	  "The target is the base itself, so its achievement cannot be computed", \
	  "Целевое значение совпадает с базовым, поэтому достижение цели не вычислить") \
	X(UNIT_UNKNOWN, "unit_unknown", true, \
	  "The unit is not in the dictionary", \
	  "Единицы измерения нет в справочнике") \
	X(UNIT_FAMILY, "unit_family", true, \
	  "This indicator is not measured in such a unit", \
	  "Этот показатель не измеряют в таких единицах") \
	X(UNIT_FAMILIES_MIXED, "unit_families_mixed", true, \
	  "Base and actual value are in units of different families (working and calendar days, say)", \
	  "Базовое и фактическое значения — в единицах разных семейств (например, рабочие и календарные дни)") \
	X(UNIT_MISSING, "unit_missing", true, \
	  "A bound or range without a unit: it is not said whether it is times, per cent or an absolute change", \
	  "Граница или интервал без единицы: не сказано, разы это, проценты или абсолютное изменение") \
	X(INDICATOR_UNKNOWN, "indicator_unknown", true, \
	  "The indicator is not in the dictionary", \
	  "Показателя нет в справочнике") \
	X(METHOD_MISSING, "method_missing", true, \
	  "It is not said how the figure is calculated", \
	  "Не указано, как рассчитан показатель") \
	X(ORIGIN_MISSING, "origin_missing", true, \
	  "It is not said which data the figure comes from", \
	  "Не указан источник данных") \
	X(DATES_OUT_OF_ORDER, "dates_out_of_order", true, \
	  "Its dates contradict each other: the target or the measurement is before the base, or after it was reported", \
	  "Даты противоречат друг другу: цель или замер раньше базового значения либо позже самого сообщения") \
	X(VALUE_OUT_OF_RANGE, "value_out_of_range", true, \
	  "The result is beyond what can be computed exactly", \
	  "Результат выходит за пределы точных вычислений") \
	X(FACTOR_NOT_POSITIVE, "factor_not_positive", true, \
	  "A figure can be better by a positive number of times only", \
	  "Улучшение в разы бывает только положительным") \
	X(RANGE_REVERSED, "range_reversed", true, \
	  "The range ends before it begins", \
	  "Конец интервала меньше его начала") \
	X(UPPER_BOUND_ONLY, "upper_bound_only", true, \
	  "Only an upper bound is known, which does not say that anything improved", \
	  "Известна только верхняя граница: она не говорит, что улучшение было") \
	X(EFFECT_WITHOUT_PROCESS, "effect_without_process", true, \
	  "Money without a measured indicator of the process in the same project: a budget cut is not an effect", \
	  "Деньги без измеренного показателя процесса в том же проекте: сокращение бюджета — не эффект") \
	X(VERIFICATION_REFUSED, "verification_refused", true, \
	  "The coordinator checked the effect and refused it", \
	  "Координатор проверил эффект и не подтвердил его") \
	X(IN_DISPUTE, "in_dispute", false, \
	  "The effect is in dispute", \
	  "Эффект оспаривается") \
	X(PLAN_MISSING, "plan_missing", false, \
	  "There is a measurement, but no base to compare it with", \
	  "Замер есть, но базового значения для сравнения нет") \
	X(STEP_REFUSED, "step_refused", false, \
	  "The event contradicts the state of the project at its time, so the state did not change", \
	  "Событие противоречит состоянию проекта на тот момент, поэтому состояние не изменилось") \
	X(STAGE_DATES, "stage_dates", false, \
	  "A stage ends before it begins", \
	  "Этап заканчивается раньше, чем начинается") \
	X(CHECK_DATE, "check_date", false, \
	  "The result was checked before the project was closed", \
	  "Результат проверен раньше, чем проект закрыт")

enum flag {
#define FLAG_ENUM(name, code, excludes, en, ru) FLAG_##name,
	FLAG_MAP(FLAG_ENUM)
#undef FLAG_ENUM
	FLAG_COUNT,
};

_Static_assert(FLAG_COUNT <= 32, "a set of flags is a uint32_t");

static inline uint32_t flag_bit(enum flag flag)
{
	return (uint32_t)1 << flag;
}

const char *flag_code(enum flag flag);
bool flag_find(const char *code, enum flag *ret_flag) MUST_CHECK;
bool flag_excludes(enum flag flag);         /* keeps its figure out of every score */
const char *flag_reason_en(enum flag flag); /* a sentence without its full stop */
const char *flag_reason_ru(enum flag flag);
/* Whether any of a set of flag_bit excludes. */
bool flags_exclude(uint32_t flags);

#endif
