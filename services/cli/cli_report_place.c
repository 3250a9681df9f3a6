/* The place and why: the region's row of the rating, the parts of its score beside the median of all that are rated, and the
 * indicators that went in. */
#include "services/cli/cli_report_view.h"

#include <stdlib.h>

#define ROWS_MAX 128

struct standing {
	bool known;
	decimal own, median;
	size_t place, of;   /* among the rated; equal values share a place */
};

static int compare_decimals(const void *left, const void *right)
{
	return decimal_compare(*(const decimal *)left, *(const decimal *)right);
}

static bool value_of(const struct json *values, const char *code, decimal *ret_value)
{
	const char *text = json_find_string(values, code);
	return text != NULL && decimal_parse(text, ret_value);
}

/* Where the region stands with one node or indicator among all that are rated. */
static struct standing standing_of(const struct report_rating *rating, const struct report_place *own, const char *code, bool node, bool lower)
{
	struct standing standing = {.known = value_of(node ? own->nodes : own->inputs, code, &standing.own), .place = 1};
	decimal all[ROWS_MAX];
	for (size_t i = 0; i < rating->rows_count && standing.of < ROWS_MAX; i++) {
		const struct report_place *row = &rating->rows[i];
		decimal value;
		if (row->place == 0 || !value_of(node ? row->nodes : row->inputs, code, &value))
			continue;
		int order = decimal_compare(value, standing.own);
		standing.place += (lower ? order < 0 : order > 0) ? 1 : 0;
		all[standing.of++] = value;
	}
	if (standing.of == 0)
		return (struct standing){.known = false};
	qsort(all, standing.of, sizeof *all, compare_decimals);
	decimal a = all[(standing.of - 1) / 2], b = all[standing.of / 2];
	standing.median = (decimal){.millionths = a.millionths + (b.millionths - a.millionths) / 2};
	return standing;
}

static const char *decimal_text(const struct report_view *view, decimal value)
{
	char text[DECIMAL_TEXT_SIZE];
	return report_number(view->arena, view->lang, decimal_format(value, text), 2);
}

static void add_standing(struct report_view *view, struct report_table *table, const char *title, const struct standing *standing)
{
	const char *cells[] = {
		title, standing->known ? decimal_text(view, standing->own) : "—", standing->of == 0 ? "—" : decimal_text(view, standing->median),
		standing->known ? arena_printf(view->arena, cli_text(view->lang, "%zu of %zu", "%zu из %zu"), standing->place, standing->of) : "—",
	};
	enum report_mark mark = !standing->known ? REPORT_MARK_ATTENTION
	                        : decimal_compare(standing->own, standing->median) == 0 ? REPORT_MARK_NONE
	                        : standing->place * 2 <= standing->of ? REPORT_MARK_GOOD : REPORT_MARK_ATTENTION;
	report_row_add(view->document, table, mark, cells);
}

static struct report_table *standings_table(struct report_view *view, struct report_section *section, const char *code, const char *title)
{
	struct report_table *table = report_table_add(view->document, section, code, title, 64);
	report_column_add(table, "part", cli_text(view->lang, "part", "составляющая"), false);
	report_column_add(table, "own", cli_text(view->lang, "here", "здесь"), true);
	report_column_add(table, "median", cli_text(view->lang, "median of all", "медиана по всем"), true);
	report_column_add(table, "place", cli_text(view->lang, "place", "место"), true);
	return table;
}

static void add_parts(struct report_view *view, struct report_section *section, const struct report_place *own)
{
	const struct report_rating *rating = view->input->rating;
	struct report_table *nodes = standings_table(view, section, "nodes", cli_text(view->lang, "Parts of the score", "Составляющие оценки"));
	struct report_table *inputs = standings_table(view, section, "inputs", cli_text(view->lang, "Indicators that went in", "Показатели, вошедшие в оценку"));
	const struct json *list = json_find(rating->methodology, "nodes");
	for (const struct json *node = json_is(list, JSON_ARRAY) ? json_first(list) : NULL; node != NULL; node = json_next(node)) {
		const char *code = json_find_string(node, "code");
		const char *title = report_bilingual(json_find(node, "title"), view->lang);
		if (code == NULL)
			continue;
		struct standing standing = standing_of(rating, own, code, true, false);
		add_standing(view, nodes, title[0] == '\0' ? code : title, &standing);
	}
	list = json_find(rating->methodology, "indicators");
	for (const struct json *indicator = json_is(list, JSON_ARRAY) ? json_first(list) : NULL; indicator != NULL; indicator = json_next(indicator)) {
		const char *code = json_find_string(indicator, "code"), *direction = json_find_string(indicator, "direction");
		const char *title = report_bilingual(json_find(indicator, "title"), view->lang);
		if (code == NULL)
			continue;
		struct standing standing = standing_of(rating, own, code, false, direction != NULL && text_equal(direction, "lower"));
		add_standing(view, inputs, title[0] == '\0' ? code : title, &standing);
	}
}

static void add_number(struct report_view *view, struct report_section *section, const char *code, const char *label, int64_t number, const char *basis)
{
	struct report_figure *figure = report_figure_add(view->document, section, code, label, report_count_text(view, number));
	figure->value = arena_printf(view->arena, "%lld", (long long)number);
	figure->basis = basis;
}

static size_t rated_count(const struct report_rating *rating)
{
	size_t count = 0;
	for (size_t i = 0; i < rating->rows_count; i++)
		count += rating->rows[i].place > 0 ? 1 : 0;
	return count;
}

static const char *movement_text(const struct report_view *view, const struct report_place *own)
{
	int64_t change = own->previous_place - own->place;
	if (own->previous_place == 0)
		return cli_text(view->lang, "had no place before", "раньше места не было");
	if (change == 0)
		return cli_text(view->lang, "as before", "как и раньше");
	return arena_printf(view->arena, "%s%lld", change > 0 ? "▲" : "▼", (long long)(change > 0 ? change : -change));
}

static void add_row(struct report_view *view, struct report_section *section, const struct report_place *own)
{
	const struct report_rating *rating = view->input->rating;
	const char *basis = arena_printf(view->arena, cli_text(view->lang, "of %zu; %s", "из %zu; %s"), rated_count(rating), movement_text(view, own));
	add_number(view, section, "place", cli_text(view->lang, "Place", "Место"), own->place, basis);
	if (own->previous_place > 0)
		add_number(view, section, "previous_place", cli_text(view->lang, "Place in the period before", "Место в прошлом периоде"), own->previous_place, NULL);
	struct report_figure *score = report_figure_add(view->document, section, "score", cli_text(view->lang, "Score", "Оценка, баллов"),
	                                                report_number(view->arena, view->lang, own->score, 2));
	score->value = own->score;
	score->basis = own->group[0] == '\0' ? NULL
		: arena_printf(view->arena, cli_text(view->lang, "group: %s", "группа: %s"), report_word(REPORT_WORDS_GROUP, own->group, view->lang));
}

void report_add_place(struct report_view *view)
{
	const struct report_rating *rating = view->input->rating;
	struct report_section *section = report_section_add(view->document, "place", cli_text(view->lang, "Place in the rating, and why", "Место в рейтинге и его причины"));
	const struct report_place *own = NULL;
	const char *body = view->input->authority[0] == '\0' ? view->input->region : view->input->authority;
	for (size_t i = 0; rating != NULL && i < rating->rows_count; i++)
		own = text_equal(rating->rows[i].body, body) ? &rating->rows[i] : own;
	if (own == NULL) {
		report_note_add(view->document, section, REPORT_MARK_NONE, cli_text(view->lang, "There is no rating of this period yet.",
		                                                                   "Рейтинга за этот период ещё нет."));
		return;
	}
	if (text_equal(rating->kind, "live"))
		report_note_add(view->document, section, REPORT_MARK_ATTENTION, cli_text(view->lang, "Provisional: the rating of this period is not published, places may still change.",
		                                                                        "Предварительно: рейтинг за этот период не опубликован, места могут измениться."));
	else
		report_note_add(view->document, section, REPORT_MARK_NONE,
		                arena_printf(view->arena, cli_text(view->lang, "Rating: %s, revision %lld.", "Рейтинг: %s, редакция %lld."),
		                             report_word(REPORT_WORDS_RATING, rating->kind, view->lang), (long long)rating->revision));
	if (own->place == 0)
		report_note_add(view->document, section, REPORT_MARK_ATTENTION,
		                arena_printf(view->arena, cli_text(view->lang, "Not rated: %s.", "Вне рейтинга: %s."), report_word(REPORT_WORDS_REASON, own->reason, view->lang)));
	else
		add_row(view, section, own);
	if (rating->methodology != NULL && own->nodes != NULL && own->place > 0)
		add_parts(view, section, own);
}
