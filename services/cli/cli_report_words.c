#include "services/cli/cli_report_words.h"

#include "common/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NO_BREAK     "\xC2\xA0"
#define ENTRIES_MAX  512

struct word {
	enum report_vocabulary vocabulary;
	const char *code, *en, *ru;
};

static const struct word WORDS[] = {
	{REPORT_WORDS_STATE, "draft", "draft", "черновик"},
	{REPORT_WORDS_STATE, "approval", "on approval", "на согласовании"},
	{REPORT_WORDS_STATE, "rework", "returned for rework", "на доработке"},
	{REPORT_WORDS_STATE, "dropped", "dropped before its start", "отклонён до открытия"},
	{REPORT_WORDS_STATE, "opened", "opened", "открыт"},
	{REPORT_WORDS_STATE, "diagnosis", "diagnosis", "диагностика"},
	{REPORT_WORDS_STATE, "implementation", "implementation", "внедрение"},
	{REPORT_WORDS_STATE, "closing", "closing", "закрепление"},
	{REPORT_WORDS_STATE, "on_hold", "on hold", "приостановлен"},
	{REPORT_WORDS_STATE, "reopened", "reopened", "возобновлён"},
	{REPORT_WORDS_STATE, "closed", "closed", "закрыт"},
	{REPORT_WORDS_STATE, "monitoring", "in monitoring", "на мониторинге"},
	{REPORT_WORDS_STATE, "stable", "result is stable", "результат устойчив"},
	{REPORT_WORDS_STATE, "cancelled", "cancelled", "прекращён"},
	{REPORT_WORDS_KIND, "internal_process", "internal process", "внутренний процесс"},
	{REPORT_WORDS_KIND, "external_service", "service to people", "услуга для граждан и бизнеса"},
	{REPORT_WORDS_LEVEL, "executive", "executive bodies", "исполнительные органы"},
	{REPORT_WORDS_LEVEL, "municipal", "municipal bodies", "муниципальные органы"},
	{REPORT_WORDS_LEVEL, "institution", "institutions", "учреждения"},
	{REPORT_WORDS_PROGRAMME, "efficient_region", "«Эффективный регион»", "«Эффективный регион»"},
	{REPORT_WORDS_PROGRAMME, "government_for_people", "«Государство для людей»", "«Государство для людей»"},
	{REPORT_WORDS_PROGRAMME, "labour_productivity", "«Производительность труда»", "«Производительность труда»"},
	{REPORT_WORDS_PROGRAMME, "other", "another programme", "другая программа"},
	{REPORT_WORDS_SUPPORT, "independent", "independently", "самостоятельно"},
	{REPORT_WORDS_SUPPORT, "partner", "with a partner", "с партнёром"},
	{REPORT_WORDS_SEVERITY, "high", "high", "высокая"},
	{REPORT_WORDS_SEVERITY, "medium", "medium", "средняя"},
	{REPORT_WORDS_SEVERITY, "low", "low", "низкая"},
	{REPORT_WORDS_GROUP, "leading", "leading", "лидеры"},
	{REPORT_WORDS_GROUP, "middle", "middle", "середина"},
	{REPORT_WORDS_GROUP, "lagging", "lagging", "отстающие"},
	{REPORT_WORDS_REASON, "too_few_measured_projects", "too few measured projects", "мало измеренных проектов"},
	{REPORT_WORDS_REASON, "no_data", "no data", "нет данных"},
	{REPORT_WORDS_REASON, "not_joined", "had not joined yet", "регион ещё не вступил в программу"},
	{REPORT_WORDS_RATING, "live", "provisional", "предварительный"},
	{REPORT_WORDS_RATING, "interim", "interim", "промежуточный"},
	{REPORT_WORDS_RATING, "final", "final", "итоговый"},
	{REPORT_WORDS_MENTOR, "leader", "leader", "руководитель"},
	{REPORT_WORDS_MENTOR, "expert", "expert", "эксперт"},
	{REPORT_WORDS_MENTOR, "trainer", "trainer", "тренер"},
	{REPORT_WORDS_MEETING, "governor", "with the governor", "у губернатора"},
	{REPORT_WORDS_MEETING, "committee", "of the committee", "комитета"},
	{REPORT_WORDS_MEETING, "authority", "in an authority", "в органе власти"},
	{REPORT_WORDS_MEETING, "project", "of a project", "по проекту"},
	{REPORT_WORDS_ROLE, "curator", "curator of the programme", "куратор программы"},
	{REPORT_WORDS_ROLE, "responsible_deputy", "responsible deputy", "ответственный заместитель"},
	{REPORT_WORDS_ROLE, "coordinator", "coordinator", "координатор"},
	{REPORT_WORDS_ROLE, "methodologist", "methodologist", "методолог"},
	{REPORT_WORDS_ROLE, "project_office_head", "head of the project office", "руководитель проектного офиса"},
	{REPORT_WORDS_ROLE, "other", "another role", "другая роль"},
	{REPORT_WORDS_SURVEY, "satisfaction", "satisfaction", "удовлетворённость"},
	{REPORT_WORDS_SURVEY, "trust", "trust", "доверие"},
	{REPORT_WORDS_SURVEY, "culture", "culture", "культура изменений"},
	{REPORT_WORDS_SURVEY, "citizens", "citizens", "граждане"},
	{REPORT_WORDS_SURVEY, "business", "business", "бизнес"},
	{REPORT_WORDS_SURVEY, "staff", "staff", "сотрудники"},
	{REPORT_WORDS_HELD, "held", "holds", "держится"},
	{REPORT_WORDS_HELD, "partly", "holds in part", "держится частично"},
	{REPORT_WORDS_HELD, "lost", "lost", "утрачен"},
	{REPORT_WORDS_VERDICT, "confirmed", "confirmed", "подтверждён"},
	{REPORT_WORDS_VERDICT, "refused", "refused", "не подтверждён"},
	{REPORT_WORDS_VERDICT, "in_dispute", "in dispute", "оспаривается"},
	{REPORT_WORDS_DISPUTE, "verification", "a verification", "проверка эффекта"},
	{REPORT_WORDS_DISPUTE, "measurement", "a measurement", "замер"},
	{REPORT_WORDS_DISPUTE, "rating", "the rating", "рейтинг"},
	{REPORT_WORDS_DISPUTE, "other", "something else", "другое"},
	{REPORT_WORDS_EFFECT, "as_in_source", "as where it began", "как у источника"},
	{REPORT_WORDS_EFFECT, "less", "less", "меньше"},
	{REPORT_WORDS_EFFECT, "none", "none", "эффекта нет"},
	{REPORT_WORDS_AGGREGATE, "projects_initiated", "projects initiated", "инициировано проектов"},
	{REPORT_WORDS_AGGREGATE, "projects_active", "projects active", "проектов в работе"},
	{REPORT_WORDS_AGGREGATE, "projects_completed", "projects completed", "завершено проектов"},
	{REPORT_WORDS_AGGREGATE, "projects_cancelled", "projects cancelled", "прекращено проектов"},
	{REPORT_WORDS_AGGREGATE, "authorities", "authorities", "органов власти"},
	{REPORT_WORDS_AGGREGATE, "institutions", "institutions", "подведомственных учреждений"},
	{REPORT_WORDS_AGGREGATE, "people_trained", "people trained", "обучено, человек"},
	{REPORT_WORDS_AGGREGATE, "practices_published", "practices published", "опубликовано практик"},
	{REPORT_WORDS_AGGREGATE, "training_centres", "training centres", "учебных центров"},
	{REPORT_WORDS_AGGREGATE, "mentors", "mentors", "наставников"},
	{REPORT_WORDS_AGGREGATE, "hours_saved", "hours saved", "сэкономлено часов"},
	{REPORT_WORDS_AGGREGATE, "residents", "residents who benefit", "жителей получили пользу"},
	{REPORT_WORDS_AGGREGATE, "effect_rub", "economic effect, RUB", "экономический эффект, ₽"},
	{REPORT_WORDS_AGGREGATE, "other", "another figure", "другая величина"},
	{REPORT_WORDS_UNIT, "working_minute", "working min", "раб. мин"},
	{REPORT_WORDS_UNIT, "working_hour", "working h", "раб. ч"},
	{REPORT_WORDS_UNIT, "working_day", "working days", "раб. дн."},
	{REPORT_WORDS_UNIT, "calendar_minute", "min", "мин"},
	{REPORT_WORDS_UNIT, "calendar_hour", "h", "ч"},
	{REPORT_WORDS_UNIT, "calendar_day", "days", "календ. дн."},
	{REPORT_WORDS_UNIT, "person_hour", "person-hours", "чел.-ч"},
	{REPORT_WORDS_UNIT, "percent", "%", "%"},
	{REPORT_WORDS_UNIT, "rub", "RUB", "₽"},
	{REPORT_WORDS_UNIT, "sheet", "sheets", "л."},
	{REPORT_WORDS_UNIT, "score", "points", "балл."},
	{REPORT_WORDS_UNIT, "nps", "NPS points", "п. NPS"},
	{REPORT_WORDS_UNIT, "day", "days", "дн."},
	{REPORT_WORDS_UNIT, "person", "people", "чел."},
	{REPORT_WORDS_UNIT, "point", "points", "п."},
};

const char *report_word(enum report_vocabulary vocabulary, const char *code, enum cli_lang lang)
{
	for (size_t i = 0; i < ARRAY_COUNT(WORDS); i++) {
		if (WORDS[i].vocabulary == vocabulary && text_equal(WORDS[i].code, code))
			return lang == CLI_LANG_RU ? WORDS[i].ru : WORDS[i].en;
	}
	return code;
}

const char *report_bilingual(const struct json *text, enum cli_lang lang)
{
	const char *ru = json_find_string(text, "ru");
	const char *en = json_find_string(text, "en");
	if (lang == CLI_LANG_EN && en != NULL)
		return en;
	return ru == NULL ? "" : ru;
}

/* ---- Numbers ---- */

const char *report_number(struct arena *arena, enum cli_lang lang, const char *text, unsigned places)
{
	decimal value;
	char digits[DECIMAL_TEXT_SIZE], grouped[DECIMAL_TEXT_SIZE * 3];
	if (!decimal_parse(text, &value) || !decimal_round(value, places, &value))
		return text;
	decimal_format(value, digits);
	const char *at = digits;
	size_t whole = strcspn(digits, "."), written = 0;
	if (*at == '-') {
		written += (size_t)snprintf(grouped, sizeof grouped, "−");
		at++;
		whole--;
	}
	/* Four digits stand together, as in a year; from five on they are grouped. */
	for (size_t i = 0; i < whole; i++) {
		if (i > 0 && whole > 4 && (whole - i) % 3 == 0)
			written += (size_t)snprintf(grouped + written, sizeof grouped - written, "%s", lang == CLI_LANG_RU ? NO_BREAK : ",");
		grouped[written++] = at[i];
	}
	grouped[written] = '\0';
	if (at[whole] == '.')
		return arena_printf(arena, "%s%s%s", grouped, lang == CLI_LANG_RU ? "," : ".", at + whole + 1);
	return arena_printf(arena, "%s", grouped);
}

const char *report_integer(struct arena *arena, enum cli_lang lang, int64_t value)
{
	return report_number(arena, lang, arena_printf(arena, "%" PRId64, value), 0);
}

const char *report_quantity(struct arena *arena, enum cli_lang lang, const char *text, const char *unit)
{
	const char *number = report_number(arena, lang, text, 2);
	/* Per hundred and per thousand stand in the titles. */
	if (unit == NULL || text_equal(unit, "count") || strncmp(unit, "per_", 4) == 0)
		return number;
	if (text_equal(unit, "times"))
		return arena_printf(arena, "×%s", number);
	const char *word = report_word(REPORT_WORDS_UNIT, unit, lang);
	return arena_printf(arena, "%s%s%s", number, lang == CLI_LANG_EN && text_equal(word, "%") ? "" : NO_BREAK, word);
}

const char *report_amount(struct arena *arena, enum cli_lang lang, const struct json *amount)
{
	static const struct {
		const char *code, *en, *ru;
	} QUALIFIERS[] = {
		{"ge", "at least ", "не менее "}, {"gt", "more than ", "более "}, {"le", "at most ", "не более "},
		{"lt", "less than ", "менее "}, {"approx", "almost ", "около "},
	};
	const char *value = json_find_string(amount, "value");
	const char *hi = json_find_string(amount, "hi");
	const char *qualifier = json_find_string(amount, "qualifier");
	if (value == NULL)
		return NULL;
	const char *number = report_number(arena, lang, value, 2);
	if (hi != NULL)
		return arena_printf(arena, "%s–%s", number, report_number(arena, lang, hi, 2));
	for (size_t i = 0; qualifier != NULL && i < ARRAY_COUNT(QUALIFIERS); i++) {
		if (text_equal(QUALIFIERS[i].code, qualifier))
			return arena_printf(arena, "%s%s", lang == CLI_LANG_RU ? QUALIFIERS[i].ru : QUALIFIERS[i].en, number);
	}
	return number;
}

/* ---- Dates and periods ---- */

const char *report_date(struct arena *arena, enum cli_lang lang, const char *date)
{
	if (date == NULL)
		return "";
	if (lang != CLI_LANG_RU || strlen(date) != 10)
		return date;
	return arena_printf(arena, "%.2s.%.2s.%.4s", date + 8, date + 5, date);
}

const char *report_period(struct arena *arena, enum cli_lang lang, const char *code)
{
	static const char *const MONTHS_RU[] = {"январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь",
	                                        "октябрь", "ноябрь", "декабрь"};
	static const char *const MONTHS_EN[] = {"January", "February", "March", "April", "May", "June", "July", "August", "September",
	                                        "October", "November", "December"};
	const char *rest = strlen(code) > 5 ? code + 5 : "";
	if (rest[0] == '\0')
		return arena_printf(arena, cli_text(lang, "%.4s", "%.4s год"), code);
	if (rest[0] == 'H')
		return arena_printf(arena, cli_text(lang, "half %s of %.4s", "%s полугодие %.4s года"), text_equal(rest, "H1") ? "1" : "2", code);
	if (rest[0] == 'Q')
		return arena_printf(arena, cli_text(lang, "quarter %s of %.4s", "%s квартал %.4s года"), rest + 1, code);
	size_t month = (size_t)strtoul(rest, NULL, 10);
	if (month < 1 || month > 12)
		return code;
	return arena_printf(arena, cli_text(lang, "%s %.4s", "%s %.4s года"), lang == CLI_LANG_RU ? MONTHS_RU[month - 1] : MONTHS_EN[month - 1], code);
}

/* ---- Dictionaries ---- */

enum status report_dictionary_read(struct arena *arena, struct span csv, const char *code_column,
                                   struct report_dictionary *ret_dictionary, struct fault *fault)
{
	struct report_entry *entries = arena_array(arena, struct report_entry, ENTRIES_MAX);
	struct csv_reader reader;
	const char *const *fields;
	size_t fields_count, count = 0;
	csv_reader_init(&reader, csv);
	enum status status = csv_read_row(&reader, arena, &fields, &fields_count, fault);
	if (status != STATUS_OK)
		return status;
	int code = csv_find_column(fields, fields_count, code_column);
	int ru = csv_find_column(fields, fields_count, "name_ru"), en = csv_find_column(fields, fields_count, "name_en");
	if (code < 0 || ru < 0 || en < 0)
		return fault_set(fault, STATUS_INVALID, "dictionary", "", -1, "the table needs the columns %s, name_ru and name_en", code_column);
	size_t last = (size_t)(code > ru ? code : ru), needed = (size_t)en > last ? (size_t)en : last;
	while ((status = csv_read_row(&reader, arena, &fields, &fields_count, fault)) == STATUS_OK && count < ENTRIES_MAX) {
		if (fields_count > needed)
			entries[count++] = (struct report_entry){.code = fields[code], .ru = fields[ru], .en = fields[en]};
	}
	*ret_dictionary = (struct report_dictionary){.entries = entries, .count = count};
	return status == STATUS_NOT_FOUND || status == STATUS_OK ? STATUS_OK : status;
}

const char *report_dictionary_name(const struct report_dictionary *dictionary, const char *code, enum cli_lang lang)
{
	for (size_t i = 0; i < dictionary->count; i++) {
		if (text_equal(dictionary->entries[i].code, code))
			return lang == CLI_LANG_RU ? dictionary->entries[i].ru : dictionary->entries[i].en;
	}
	return code;
}
