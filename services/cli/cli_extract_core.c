#include "services/cli/cli_extract_core.h"

#include <stdio.h>
#include <stdlib.h>

#include "services/cli/cli_nominations_core.h"
#include "services/gateway/gateway_page.h"

#define LEADERS     3
#define RISERS_MAX  3
#define NOTABLE_MIN 3  /* a rise of fewer places is no news */

/* ---- members ---- */

static bool whole_of(const struct json *object, const char *name, int64_t *ret_whole)
{
	const struct json *value = json_find(object, name);
	return json_is(value, JSON_NUMBER) && json_integer(value, ret_whole);
}

static const char *text_of(const struct json *object, const char *name)
{
	const char *text = json_find_string(object, name);
	return text != NULL ? text : "";
}

static const char *name_of(const struct json *row, enum cli_lang lang)
{
	const struct json *names = json_find(row, "name");
	const char *name = json_find_string(names, lang == CLI_LANG_RU ? "ru" : "en");
	return name != NULL ? name : text_of(names, "ru");
}

/* A number with a comma in Russian; "—" for none. */
static const char *number_text(const struct json *object, const char *name, int places, enum cli_lang lang, struct arena *arena)
{
	const struct json *value = json_find(object, name);
	if (!json_is(value, JSON_NUMBER))
		return "—";
	char *text = arena_printf(arena, "%.*f", places, json_number(value));
	char *point = strchr(text, '.');
	if (point != NULL && lang == CLI_LANG_RU)
		*point = ',';
	return text;
}

/* «1 регион, 2 региона, 5 регионов». */
static const char *regions_word(int64_t count, enum cli_lang lang)
{
	if (lang == CLI_LANG_EN)
		return count == 1 ? "region" : "regions";
	int64_t tens = count % 100, ones = count % 10;
	if (tens >= 11 && tens <= 14)
		return "регионов";
	return ones == 1 ? "регион" : ones >= 2 && ones <= 4 ? "региона" : "регионов";
}

static const char *ordinal(int64_t number, enum cli_lang lang, struct arena *arena)
{
	static const char *const ENDINGS[] = {"th", "st", "nd", "rd"};
	if (lang == CLI_LANG_RU)
		return arena_printf(arena, "%lld-е", (long long)number);
	bool teen = number % 100 / 10 == 1;
	return arena_printf(arena, "%lld%s", (long long)number, ENDINGS[!teen && number % 10 <= 3 ? number % 10 : 0]);
}

const char *extract_cause(const char *code, enum cli_lang lang)
{
	static const struct {
		const char *code, *en, *ru;
	} WORDS[] = {
		{"others", "other regions' figures", "показатели других регионов"},
		{"frame", "the range that figures are held against", "границы, с которыми сравниваются показатели"},
		{"methodology", "another methodology", "другая методика"},
		{"missing", "data that were missing", "появившиеся и пропавшие данные"},
		{"entrants", "regions that came or left", "вступившие и выбывшие регионы"},
		{"corrected", "late and corrected data of the earlier period", "поздние и исправленные данные прежнего периода"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(WORDS); i++) {
		if (text_equal(WORDS[i].code, code))
			return cli_text(lang, WORDS[i].en, WORDS[i].ru);
	}
	return code;
}

/* ---- the press ---- */

struct tally {
	int64_t rated, unrated, rose, fell;
	const struct json *risers[RISERS_MAX];  /* by their rise, the largest first */
	size_t riser_count;
};

static int64_t change_of(const struct json *row)
{
	int64_t change = 0;
	return whole_of(row, "change", &change) ? change : 0;
}

static void keep_riser(struct tally *tally, const struct json *row)
{
	size_t at = tally->riser_count;
	while (at > 0 && change_of(tally->risers[at - 1]) < change_of(row))
		at--;
	if (at == RISERS_MAX)
		return;
	size_t last = tally->riser_count < RISERS_MAX ? tally->riser_count++ : RISERS_MAX - 1;
	for (; last > at; last--)
		tally->risers[last] = tally->risers[last - 1];
	tally->risers[at] = row;
}

static struct tally tally_rows(const struct json *document)
{
	struct tally tally = {0};
	const struct json *rows = json_find(document, "rows");
	const struct json *row = json_is(rows, JSON_ARRAY) ? json_first(rows) : NULL;
	for (; row != NULL; row = json_next(row)) {
		int64_t place;
		bool rated = whole_of(row, "place", &place);
		tally.rated += rated ? 1 : 0;
		tally.unrated += rated ? 0 : 1;
		tally.rose += change_of(row) > 0 ? 1 : 0;
		tally.fell += change_of(row) < 0 ? 1 : 0;
		if (change_of(row) >= NOTABLE_MIN)
			keep_riser(&tally, row);
	}
	return tally;
}

static void put_leaders(struct buf *buf, struct arena *arena, const struct json *document, enum cli_lang lang)
{
	const struct json *rows = json_find(document, "rows");
	int shown = 0;
	for (const struct json *row = json_is(rows, JSON_ARRAY) ? json_first(rows) : NULL; row != NULL; row = json_next(row)) {
		int64_t place = 0;
		if (!whole_of(row, "place", &place) || place > LEADERS)
			continue;
		if (lang == CLI_LANG_RU)
			buf_printf(buf, "%s%s место — %s", shown > 0 ? ", " : "", ordinal(place, lang, arena), name_of(row, lang));
		else
			buf_printf(buf, "%s%s: %s", shown > 0 ? ", " : "", ordinal(place, lang, arena), name_of(row, lang));
		shown++;
	}
	buf_text(buf, ".\n");
}

static void put_risers(struct buf *buf, const struct tally *tally, enum cli_lang lang)
{
	if (tally->riser_count == 0)
		return;
	buf_text(buf, cli_text(lang, "The largest rises: ", "Заметнее всего поднялись: "));
	for (size_t i = 0; i < tally->riser_count; i++) {
		int64_t place = 0, before = 0;
		(void)(whole_of(tally->risers[i], "place", &place) && whole_of(tally->risers[i], "previous_place", &before));
		buf_printf(buf, cli_text(lang, "%s%s (from %lld to %lld)", "%s%s (с %lld-го на %lld-е место)"), i > 0 ? ", " : "",
		           name_of(tally->risers[i], lang), (long long)before, (long long)place);
	}
	buf_text(buf, ".\n");
}

static void put_status(struct buf *buf, const struct json *document, enum cli_lang lang)
{
	const char *kind = text_of(document, "kind");
	if (text_equal(kind, "live"))
		buf_text(buf, cli_text(lang, "The rating is provisional: it changes as data arrive.\n",
		                       "Рейтинг предварительный: он меняется по мере поступления данных.\n"));
	else if (text_equal(kind, "interim"))
		buf_text(buf, cli_text(lang, "The rating is interim; the final one follows.\n",
		                       "Рейтинг промежуточный, итоговый будет опубликован позже.\n"));
}

/* The rise has a sentence of its own. */
static void put_nominations(struct buf *buf, struct arena *arena, const struct json *document, const struct json *methodology,
                            enum cli_lang lang)
{
	const struct nomination *list;
	size_t count = nominations_find(arena, document, methodology, &list);
	size_t shown = 0;
	for (size_t i = 0; i < count; i++) {
		if (text_equal(list[i].code, NOMINATION_RISE))
			continue;
		buf_text(buf, shown++ > 0 ? "; " : cli_text(lang, "The best in: ", "Лучшие в номинациях: "));
		buf_printf(buf, cli_text(lang, "%s — ", "«%s» — "), list[i].title[lang]);
		for (size_t k = 0; k < list[i].count; k++)
			buf_printf(buf, "%s%s", k > 0 ? ", " : "", name_of(list[i].laureates[k], lang));
	}
	buf_text(buf, shown > 0 ? ".\n" : "");
}

void extract_press_write(struct buf *buf, struct arena *arena, const struct json *document, const struct json *methodology,
                         enum cli_lang lang)
{
	struct tally tally = tally_rows(document);
	const char *cohort = json_find_string(json_find(document, "cohort_title"), lang == CLI_LANG_RU ? "ru" : "en");
	buf_printf(buf, cli_text(lang, "Rating of regions in the programme «Efficient Region», %s", "Рейтинг регионов программы «Эффективный регион», %s"),
	           text_of(document, "period"));
	if (cohort != NULL && !text_equal(text_of(document, "cohort"), "all"))
		buf_printf(buf, ". %s", cohort);
	buf_text(buf, "\n\n");
	put_leaders(buf, arena, document, lang);
	if (methodology != NULL)
		put_nominations(buf, arena, document, methodology, lang);
	put_risers(buf, &tally, lang);
	buf_printf(buf, cli_text(lang, "Rated: %lld %s", "Место в рейтинге получили: %lld %s"), (long long)tally.rated,
	           regions_word(tally.rated, lang));
	if (tally.unrated > 0)
		buf_printf(buf, cli_text(lang, "; not rated for want of measured projects or because they had not joined: %lld",
		                         "; без места — ещё не вступили или мало измеренных проектов: %lld"), (long long)tally.unrated);
	buf_text(buf, ".\n");
	if (tally.rose + tally.fell > 0)
		buf_printf(buf, cli_text(lang, "Against the period before, %lld rose and %lld fell.\n",
		                         "По сравнению с предыдущим периодом выше стали %lld, ниже — %lld.\n"),
		           (long long)tally.rose, (long long)tally.fell);
	put_status(buf, document, lang);
	buf_printf(buf, cli_text(lang, "Methodology: %s. The computation can be repeated by anyone; digest of the result: %s\n",
	                         "Методика: %s. Расчёт может повторить любой; контрольная сумма результата: %s\n"),
	           text_of(json_find(document, "methodology"), "code"), text_of(document, "result_digest"));
}

/* ---- one page about a region ---- */

static void put_cell(struct buf *buf, const char *tag, const char *text)
{
	buf_printf(buf, "<%s>", tag);
	gateway_page_escape(buf, text);
	buf_printf(buf, "</%s>", tag);
}

static void put_number_cell(struct buf *buf, const char *text)
{
	buf_text(buf, "<td class=\"n\">");
	gateway_page_escape(buf, text);
	buf_text(buf, "</td>");
}

static void put_headings(struct buf *buf, const char *const *words, size_t count)
{
	buf_text(buf, "<tr>");
	for (size_t i = 0; i < count; i++)
		put_cell(buf, "th", words[i]);
	buf_text(buf, "</tr>\n");
}

static const char *title_of(const struct json *item, enum cli_lang lang)
{
	const char *title = json_find_string(json_find(item, "title"), lang == CLI_LANG_RU ? "ru" : "en");
	return title != NULL ? title : text_of(item, "indicator");
}

static void put_place(struct buf *buf, struct arena *arena, const struct json *account, enum cli_lang lang)
{
	int64_t place = 0, before = 0;
	const struct json *interval = json_find(account, "interval");
	buf_text(buf, "<p class=\"place\">");
	if (!whole_of(account, "place", &place)) {
		buf_text(buf, cli_text(lang, "not rated", "без места в рейтинге"));
	} else {
		buf_printf(buf, cli_text(lang, "%s place, score %s", "%s место, баллы: %s"), ordinal(place, lang, arena),
		           number_text(account, "score", 3, lang, arena));
		if (whole_of(account, "previous_place", &before))
			buf_printf(buf, cli_text(lang, "; it was %s", "; было %s"), ordinal(before, lang, arena));
		if (json_is(interval, JSON_ARRAY))
			buf_printf(buf, cli_text(lang, "; with other weights %.0f–%.0f", "; при других весах %.0f–%.0f"),
			           json_number(json_first(interval)), json_number(json_next(json_first(interval))));
	}
	buf_text(buf, "</p>\n");
}

static void put_contributions(struct buf *buf, struct arena *arena, const struct json *contributions, enum cli_lang lang)
{
	const char *const heads[] = {cli_text(lang, "Indicator", "Показатель"), cli_text(lang, "Value", "Значение"),
	                             cli_text(lang, "On the scale", "По шкале"), cli_text(lang, "Adds", "Вклад")};
	const struct json *list = json_find(contributions, "indicators");
	if (!json_is(list, JSON_ARRAY))
		return;
	buf_printf(buf, "<h2>%s</h2>\n<table>\n", cli_text(lang, "What the score is made of, against the average region",
	                                                  "Из чего складываются баллы, по сравнению со средним регионом"));
	put_headings(buf, heads, ARRAY_COUNT(heads));
	for (const struct json *item = json_first(list); item != NULL; item = json_next(item)) {
		const char *value = json_find_string(item, "value");
		buf_text(buf, "<tr>");
		put_cell(buf, "td", title_of(item, lang));
		put_number_cell(buf, value != NULL ? value : "—");
		put_number_cell(buf, number_text(item, "normalised", 1, lang, arena));
		put_number_cell(buf, number_text(item, "part", 2, lang, arena));
		buf_text(buf, "</tr>\n");
	}
	buf_text(buf, "</table>\n");
}

static void put_causes(struct buf *buf, struct arena *arena, const struct json *change, enum cli_lang lang)
{
	const char *const heads[] = {cli_text(lang, "Cause", "Причина"), cli_text(lang, "Score", "Баллы"),
	                             cli_text(lang, "Places", "Места")};
	const struct json *list = json_find(change, "causes");
	if (!json_is(list, JSON_ARRAY))
		return;
	buf_printf(buf, "<h2>%s %s</h2>\n<table>\n", cli_text(lang, "Why it changed since", "Почему изменилось место по сравнению с"),
	           text_of(change, "against"));
	put_headings(buf, heads, ARRAY_COUNT(heads));
	for (const struct json *item = json_first(list); item != NULL; item = json_next(item)) {
		const char *indicator = json_find_string(item, "indicator");
		buf_text(buf, "<tr>");
		put_cell(buf, "td", indicator != NULL ? title_of(item, lang) : extract_cause(text_of(item, "cause"), lang));
		put_number_cell(buf, number_text(item, "score", 2, lang, arena));
		put_number_cell(buf, number_text(item, "places", 2, lang, arena));
		buf_text(buf, "</tr>\n");
	}
	buf_text(buf, "</table>\n");
}

static void put_history(struct buf *buf, const struct json *history, enum cli_lang lang)
{
	const char *const heads[] = {cli_text(lang, "Period", "Период"), cli_text(lang, "Edition", "Редакция"),
	                             cli_text(lang, "Place", "Место")};
	if (!json_is(history, JSON_ARRAY) || json_first(history) == NULL)
		return;
	buf_printf(buf, "<h2>%s</h2>\n<table>\n", cli_text(lang, "Places over the periods", "Места по периодам"));
	put_headings(buf, heads, ARRAY_COUNT(heads));
	for (const struct json *item = json_first(history); item != NULL; item = json_next(item)) {
		int64_t place = 0, revision = 0;
		(void)(whole_of(item, "revision", &revision) && whole_of(item, "place", &place));
		buf_text(buf, "<tr>");
		put_cell(buf, "td", text_of(item, "period"));
		buf_printf(buf, "<td>%s %lld</td><td class=\"n\">", text_of(item, "kind"), (long long)revision);
		buf_printf(buf, place > 0 ? "%lld" : "—", (long long)place);
		buf_text(buf, "</td></tr>\n");
	}
	buf_text(buf, "</table>\n");
}

void extract_summary_write(struct buf *buf, struct arena *arena, const struct json *account, const struct json *history,
                          enum cli_lang lang)
{
	static const char STYLE[] =
		"body{max-width:46rem;margin:2rem auto;padding:0 1rem;font:1rem/1.45 system-ui,\"Noto Sans\",\"DejaVu Sans\",sans-serif}"
		"table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;padding:.2rem .5rem;"
		"border-bottom:1px solid #ccc}td.n{text-align:right;font-variant-numeric:tabular-nums}.place{font-size:1.25rem}"
		"footer{margin-top:1.5rem;font-size:.75rem;overflow-wrap:anywhere}";
	buf_printf(buf, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head><meta charset=\"utf-8\"><title>", cli_text(lang, "en", "ru"));
	gateway_page_escape(buf, name_of(account, lang));
	buf_printf(buf, ", %s</title><style>%s</style></head>\n<body>\n<h1>", text_of(account, "period"), STYLE);
	gateway_page_escape(buf, name_of(account, lang));
	buf_printf(buf, ", %s</h1>\n", text_of(account, "period"));
	put_place(buf, arena, account, lang);
	put_contributions(buf, arena, json_find(account, "contributions"), lang);
	put_causes(buf, arena, json_find(account, "change"), lang);
	put_history(buf, history, lang);
	buf_printf(buf, "<footer>result_digest %s</footer>\n</body>\n</html>\n", text_of(account, "result_digest"));
}
