/* gateway_text: every text of the console, in both languages, in one table.
 *
 * A text may have one place "{}" that the page fills with a value. */
#ifndef EFFREG_GATEWAY_TEXT_H
#define EFFREG_GATEWAY_TEXT_H

#include "common/base.h"

enum gateway_language { GATEWAY_RU, GATEWAY_EN };
#define GATEWAY_LANGUAGE_COUNT 2

/* key, Russian, English */
#define GATEWAY_TEXT_MAP(X) \
	X(LANGUAGE_CODE, "ru", "en") \
	X(SITE, "Эффективный регион", "Efficient Region") \
	X(SKIP, "Сразу к содержанию", "Skip to content") \
	X(LANGUAGES, "Язык", "Language") \
	X(LANGUAGE_NAME, "Русский", "English") \
	X(PERIODS, "Другие периоды", "Other periods") \
	X(TITLE, "Рейтинг регионов за {}", "Rating of regions, {}") \
	X(KIND_LIVE, "Предварительный: меняется по мере поступления данных", "Provisional: changes as data arrive") \
	X(KIND_INTERIM, "Промежуточный, опубликован", "Interim, published") \
	X(KIND_FINAL, "Итоговый, опубликован", "Final, published") \
	X(REVISION, "редакция {}", "revision {}") \
	X(STATUS, "Статус", "Status") \
	X(COHORT, "Группа сравнения", "Cohort") \
	X(COHORT_ALL, "все регионы", "all regions") \
	X(METHODOLOGY, "Методика", "Methodology") \
	X(INTERVAL, "при других весах {}", "with other weights {}") \
	X(INTERVAL_NOTE, "Рядом с местом — места, вероятные при весах, изменённых в пределах ±25 %.", \
	  "Beside the place: the places that are likely with weights changed within ±25 %.") \
	X(OVERALL, "{}-е среди всех регионов", "{} among all regions") \
	X(METHODOLOGY_VERSION, "версия {}", "version {}") \
	X(RATED, "С местом в рейтинге", "Rated") \
	X(OF, "из {}", "of {}") \
	X(CAPTION, "Места, изменения и баллы регионов за {}.", "Places, changes and scores of the regions, {}.") \
	X(CAPTION_COMPARED, "Изменение места — к предыдущему периоду ({}).", \
	  "Change of place is against the previous period ({}).") \
	X(CAPTION_FIRST, "Сравнивать не с чем: за предыдущий период рейтинга нет.", \
	  "There is nothing to compare with: the previous period has no rating.") \
	X(COLUMN_PLACE, "Место", "Place") \
	X(COLUMN_CHANGE, "Изменение", "Change") \
	X(COLUMN_REGION, "Регион", "Region") \
	X(COLUMN_SCORE, "Балл", "Score") \
	X(COLUMN_GROUP, "Группа", "Group") \
	X(UNRATED, "Без места: вместо балла и группы указана причина", \
	  "Not rated: the reason stands in place of score and group") \
	X(GROUP_LEADING, "лидеры", "leading") \
	X(GROUP_MIDDLE, "середина", "middle") \
	X(GROUP_LAGGING, "отстающие", "lagging") \
	X(REASON_NOT_JOINED, "ещё не участвует в программе", "has not joined the programme yet") \
	X(REASON_TOO_FEW, "слишком мало проектов с измеренным результатом", "too few projects with a measured result") \
	X(REASON_NO_DATA, "нет данных для расчёта", "no data to compute from") \
	X(REASON_OTHER, "не оценивается ({})", "not rated ({})") \
	X(CHANGE_UP, "выше на {}", "up {}") \
	X(CHANGE_DOWN, "ниже на {}", "down {}") \
	X(CHANGE_NONE, "без изменений", "no change") \
	X(CHANGE_NEW, "новый", "new") \
	X(CHANGE_WAS, "было {}-е", "was {}") \
	X(PLACES_ONE, "место", "place") \
	X(PLACES_FEW, "места", "places") \
	X(PLACES_MANY, "мест", "places") \
	X(ABSENT, "нет", "none") \
	X(VERIFY, "Проверить", "Verify") \
	X(VERIFY_TEXT, "Расчёт воспроизводим: тот же журнал событий и та же методика дают ту же контрольную сумму.", \
	  "The computation can be repeated: the same event log and methodology give the same digest.") \
	X(RESULT_DIGEST, "Контрольная сумма результата", "Result digest") \
	X(DOCUMENT_DIGEST, "Контрольная сумма документа", "Document digest") \
	X(AS_JSON, "Этот же рейтинг в формате JSON", "The same rating as JSON") \
	X(PERIOD_YEAR, "{} год", "{}") \
	X(PERIOD_H1, "первое полугодие {} года", "first half of {}") \
	X(PERIOD_H2, "второе полугодие {} года", "second half of {}") \
	X(PERIOD_Q1, "I квартал {} года", "Q1 {}") \
	X(PERIOD_Q2, "II квартал {} года", "Q2 {}") \
	X(PERIOD_Q3, "III квартал {} года", "Q3 {}") \
	X(PERIOD_Q4, "IV квартал {} года", "Q4 {}") \
	X(PERIOD_01, "январь {} года", "January {}") \
	X(PERIOD_02, "февраль {} года", "February {}") \
	X(PERIOD_03, "март {} года", "March {}") \
	X(PERIOD_04, "апрель {} года", "April {}") \
	X(PERIOD_05, "май {} года", "May {}") \
	X(PERIOD_06, "июнь {} года", "June {}") \
	X(PERIOD_07, "июль {} года", "July {}") \
	X(PERIOD_08, "август {} года", "August {}") \
	X(PERIOD_09, "сентябрь {} года", "September {}") \
	X(PERIOD_10, "октябрь {} года", "October {}") \
	X(PERIOD_11, "ноябрь {} года", "November {}") \
	X(PERIOD_12, "декабрь {} года", "December {}") \
	X(PROBLEM_NO_RATING, "Такого рейтинга нет", "There is no such rating") \
	X(PROBLEM_NO_RATING_TEXT, "За этот период рейтинг ещё не рассчитан либо такой редакции не было.", \
	  "This period has no rating yet, or there was no such revision.") \
	X(PROBLEM_NO_RATINGS, "Рейтингов пока нет", "There are no ratings yet") \
	X(PROBLEM_NO_RATINGS_TEXT, "Первый рейтинг появится здесь после того, как регионы передадут данные.", \
	  "The first rating will appear here once regions have sent their data.") \
	X(PROBLEM_NO_PAGE, "Страница не найдена", "Page not found") \
	X(PROBLEM_NO_PAGE_TEXT, "Проверьте адрес или начните с последнего рейтинга.", \
	  "Check the address, or start from the latest rating.") \
	X(PROBLEM_BAD_REQUEST, "Запрос не понят", "The request was not understood") \
	X(PROBLEM_BAD_REQUEST_TEXT, "Период пишется так: 2023, 2023-H1, 2023-Q3 или 2023-09.", \
	  "A period is written like this: 2023, 2023-H1, 2023-Q3 or 2023-09.") \
	X(PROBLEM_UNAVAILABLE, "Рейтинг временно недоступен", "The rating is not available right now") \
	X(PROBLEM_UNAVAILABLE_TEXT, "Служба расчёта не ответила вовремя. Обновите страницу через несколько секунд.", \
	  "The ranking service did not answer in time. Reload the page in a few seconds.") \
	X(PROBLEM_METHOD, "Такое действие здесь не предусмотрено", "This action is not offered here") \
	X(PROBLEM_METHOD_TEXT, "Страницы можно только читать.", "Pages can only be read.") \
	X(LATEST, "Последний рейтинг", "The latest rating")

enum gateway_text {
#define GATEWAY_TEXT_ENUM(key, ru, en) GATEWAY_TEXT_##key,
	GATEWAY_TEXT_MAP(GATEWAY_TEXT_ENUM)
#undef GATEWAY_TEXT_ENUM
	GATEWAY_TEXT_COUNT,
};

const char *gateway_text(enum gateway_language language, enum gateway_text key);
/* The form of "place" that follows count: «1 место, 2 места, 13 мест». */
const char *gateway_text_places(enum gateway_language language, long count);

#endif
