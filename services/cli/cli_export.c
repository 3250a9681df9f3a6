#include "services/cli/cli_export.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <xlsxwriter.h>

#include "services/cli/cli_document.h"
#include "services/cli/cli_explain_core.h"

#define FORMULA_BYTES_MAX ((size_t)8000)  /* Excel takes 8,192 characters */
#define CELL_SIZE         24
#define FIRST_ROW         1               /* below the heads */

/* Columns of the sheet of the rating. */
enum { RATING_PLACE, RATING_PUBLISHED, RATING_PREVIOUS, RATING_CODE, RATING_NAME, RATING_SCORE, RATING_PUBLISHED_SCORE,
       RATING_LO, RATING_HI, RATING_GROUP, RATING_COLUMNS };
enum { WEIGHTS_CODE, WEIGHTS_TITLE, WEIGHTS_PARENT, WEIGHTS_WEIGHT, WEIGHTS_NOTE };
enum { SCORES_CODE, SCORES_NAME, SCORES_FIRST };

struct book {
	struct arena *arena;
	const struct export_rating *rating;
	const struct ranking_run *run;
	const struct methodology *methodology;
	lxw_workbook *workbook;
	lxw_worksheet *ratings, *weights, *scores, *figures, *about;
	lxw_format *head, *input, *note;
	const char *weights_name, *scores_name;
	size_t rated;                      /* rows of the sheet of scores: those that the engine saw */
};

static const char *say(const struct book *book, const char *en, const char *ru)
{
	return cli_text(book->rating->lang, en, ru);
}

/* ---- places of things ---- */

static lxw_row_t weight_row(const struct book *book, bool is_indicator, size_t index)
{
	return (lxw_row_t)(FIRST_ROW + (is_indicator ? book->methodology->node_count + index : index));
}

static lxw_col_t score_column(const struct book *book, bool is_indicator, size_t index)
{
	return (lxw_col_t)(SCORES_FIRST + (is_indicator ? index : book->methodology->indicator_count + index));
}

static const char *weight_cell(const struct book *book, const struct methodology_child *child)
{
	char cell[CELL_SIZE];
	lxw_rowcol_to_cell_abs(cell, weight_row(book, child->is_indicator, child->index), WEIGHTS_WEIGHT, true, true);
	return arena_printf(book->arena, "'%s'!%s", book->weights_name, cell);
}

static const char *score_cell(const struct book *book, const struct methodology_child *child, lxw_row_t row)
{
	char cell[CELL_SIZE];
	lxw_rowcol_to_cell(cell, row, score_column(book, child->is_indicator, child->index));
	return arena_printf(book->arena, "%s", cell);
}

/* ---- formulas ---- */

/* What each child adds to a sum: x and w are its cells. */
static void put_terms(const struct book *book, struct buf *formula, const struct methodology_node *node, lxw_row_t row,
                      const char *joint, void (*put)(struct buf *formula, const char *x, const char *w, const void *extra),
                      const void *extra)
{
	buf_text(formula, "(");
	for (size_t i = 0; i < node->child_count; i++) {
		if (i > 0)
			buf_text(formula, joint);
		put(formula, score_cell(book, &node->children[i], row), weight_cell(book, &node->children[i]), extra);
	}
	buf_text(formula, ")");
}

static void put_weight(struct buf *formula, const char *x, const char *w, const void *extra)
{
	(void)extra;
	buf_printf(formula, "IF(ISNUMBER(%s),%s,0)", x, w);
}

static void put_product(struct buf *formula, const char *x, const char *w, const void *extra)
{
	(void)extra;
	buf_printf(formula, "IF(ISNUMBER(%s),%s*%s,0)", x, w, x);
}

/* extra: the sum of the weights, a formula. */
static void put_root(struct buf *formula, const char *x, const char *w, const void *extra)
{
	buf_printf(formula, "IF(AND(ISNUMBER(%s),%s>0),%s^(%s/%s),1)", x, w, x, w, (const char *)extra);
}

static void put_zero(struct buf *formula, const char *x, const char *w, const void *extra)
{
	(void)extra;
	buf_printf(formula, "IF(AND(ISNUMBER(%s),%s>0,%s=0),1,0)", x, w, x);
}

static void put_inverse(struct buf *formula, const char *x, const char *w, const void *extra)
{
	(void)extra;
	buf_printf(formula, "IF(AND(ISNUMBER(%s),%s>0),%s/%s,0)", x, w, w, x);
}

static void put_power(struct buf *formula, const char *x, const char *w, const void *extra)
{
	buf_printf(formula, "IF(AND(ISNUMBER(%s),%s>0),%s*%s^%.17g,0)", x, w, w, x, *(const double *)extra);
}

static void put_cell(struct buf *formula, const char *x, const char *w, const void *extra)
{
	(void)w;
	(void)extra;
	buf_text(formula, x);
}

static const char *weights_sum(const struct book *book, const struct methodology_node *node, lxw_row_t row)
{
	struct buf sum;
	buf_init(&sum, FORMULA_BYTES_MAX);
	put_terms(book, &sum, node, row, "+", put_weight, NULL);
	const char *text = buf_ok(&sum) ? arena_text(book->arena, sum.at, sum.len) : NULL;
	buf_clear(&sum);
	return text;
}

static void put_mean(const struct book *book, struct buf *formula, const struct methodology_node *node, lxw_row_t row,
                     const char *sum)
{
	double power = node->aggregate.power;
	switch (node->aggregate.method) {
	case METHODOLOGY_ARITHMETIC:
		put_terms(book, formula, node, row, "+", put_product, NULL);
		buf_printf(formula, "/%s", sum);
		break;
	case METHODOLOGY_GEOMETRIC:
		put_terms(book, formula, node, row, "*", put_root, sum);
		break;
	case METHODOLOGY_HARMONIC:
		buf_text(formula, "IF(");
		put_terms(book, formula, node, row, "+", put_zero, NULL);
		buf_printf(formula, ">0,0,%s/", sum);
		put_terms(book, formula, node, row, "+", put_inverse, NULL);
		buf_text(formula, ")");
		break;
	case METHODOLOGY_POWER:
		if (power < 0) {
			buf_text(formula, "IF(");
			put_terms(book, formula, node, row, "+", put_zero, NULL);
			buf_text(formula, ">0,0,");
		}
		buf_text(formula, "(");
		put_terms(book, formula, node, row, "+", put_power, &power);
		buf_printf(formula, "/%s)^(1/%.17g)%s", sum, power, power < 0 ? ")" : "");
		break;
	case METHODOLOGY_MEDIAN:
	case METHODOLOGY_COPELAND:
		break;
	}
}

static bool is_imputed(const struct methodology *methodology, size_t node)
{
	for (size_t i = 0; i < methodology->impute_count; i++) {
		for (size_t k = 0; k < methodology->impute[i].node_count; k++) {
			if (methodology->impute[i].nodes[k] == node)
				return true;
		}
	}
	return false;
}

/* The node's formula over its children, or NULL: it is given as a number. */
static const char *node_formula(const struct book *book, size_t index, lxw_row_t row)
{
	const struct methodology_node *node = &book->methodology->nodes[index];
	enum methodology_aggregate_method method = node->aggregate.method;
	if (method == METHODOLOGY_MEDIAN || method == METHODOLOGY_COPELAND || is_imputed(book->methodology, index))
		return NULL;
	const char *sum = weights_sum(book, node, row);
	if (sum == NULL)
		return NULL;
	struct buf formula;
	buf_init(&formula, FORMULA_BYTES_MAX);
	buf_text(&formula, "=IFERROR(IF(COUNT");
	put_terms(book, &formula, node, row, ",", put_cell, NULL);
	/* Any child will do, but there must be one. */
	double needed = node->aggregate.min_available * (double)node->child_count;
	buf_printf(&formula, "<%.17g,\"\",", needed > 0 ? needed : 1);
	put_mean(book, &formula, node, row, sum);
	buf_text(&formula, "),\"\")");
	const char *text = buf_ok(&formula) ? arena_text(book->arena, formula.at, formula.len) : NULL;
	buf_clear(&formula);
	return text;
}

/* ---- sheets ---- */

static void put_head(const struct book *book, lxw_worksheet *sheet, lxw_col_t column, const char *text, double width)
{
	worksheet_write_string(sheet, 0, column, text, book->head);
	worksheet_set_column(sheet, column, column, width, NULL);
}

static void put_number(lxw_worksheet *sheet, lxw_row_t row, lxw_col_t column, double number)
{
	if (isfinite(number))
		worksheet_write_number(sheet, row, column, number, NULL);
}

static const char *title_in(const struct book *book, const char *list, const char *code)
{
	const struct json *items = json_find(book->rating->methodology_json, list);
	const struct json *item = json_is(items, JSON_ARRAY) ? json_first(items) : NULL;
	for (; item != NULL; item = json_next(item)) {
		const char *own = json_find_string(item, "code");
		const char *title = json_find_string(json_find(item, "title"), book->rating->lang == CLI_LANG_RU ? "ru" : "en");
		if (own != NULL && title != NULL && text_equal(own, code))
			return title;
	}
	return code;
}

static void put_weight_row(const struct book *book, bool is_indicator, size_t index)
{
	const struct methodology *methodology = book->methodology;
	lxw_row_t row = weight_row(book, is_indicator, index);
	const struct methodology_node *node = is_indicator ? NULL : &methodology->nodes[index];
	const struct methodology_indicator *indicator = is_indicator ? &methodology->indicators[index] : NULL;
	size_t parent = is_indicator ? indicator->parent : node->parent;
	const char *code = is_indicator ? indicator->code : node->code;
	worksheet_write_string(book->weights, row, WEIGHTS_CODE, code, NULL);
	worksheet_write_string(book->weights, row, WEIGHTS_TITLE, title_in(book, is_indicator ? "indicators" : "nodes", code), NULL);
	if (is_indicator || index != methodology->root) {
		worksheet_write_string(book->weights, row, WEIGHTS_PARENT, methodology->nodes[parent].code, NULL);
		worksheet_write_number(book->weights, row, WEIGHTS_WEIGHT, is_indicator ? indicator->weight : node->weight,
		                       book->input);
	}
	if (!is_indicator && node_formula(book, index, FIRST_ROW) == NULL)
		worksheet_write_string(book->weights, row, WEIGHTS_NOTE,
		                       say(book, "given as a number: it does not follow the weights below it",
		                           "задан числом: от весов внутри него не зависит"), book->note);
}

static void fill_weights(const struct book *book)
{
	put_head(book, book->weights, WEIGHTS_CODE, say(book, "code", "код"), 28);
	put_head(book, book->weights, WEIGHTS_TITLE, say(book, "title", "название"), 52);
	put_head(book, book->weights, WEIGHTS_PARENT, say(book, "within", "внутри"), 16);
	put_head(book, book->weights, WEIGHTS_WEIGHT, say(book, "weight (change it)", "вес (можно менять)"), 20);
	put_head(book, book->weights, WEIGHTS_NOTE, "", 56);
	for (size_t i = 0; i < book->methodology->node_count; i++)
		put_weight_row(book, false, i);
	for (size_t i = 0; i < book->methodology->indicator_count; i++)
		put_weight_row(book, true, i);
	worksheet_freeze_panes(book->weights, 1, 0);
}

static const char *name_of(const struct book *book, const struct ranking_row *row)
{
	const struct ranking_region *region = row->region;
	const char *name = book->rating->lang == CLI_LANG_RU ? region->name_ru : region->name_en;
	return name != NULL ? name : region->name_ru != NULL ? region->name_ru : ranking_unit_code(region);
}

static const char *code_of(const struct ranking_row *row)
{
	return row->region->authority == NULL && row->region->iso != NULL ? row->region->iso : ranking_unit_code(row->region);
}

static double node_value(const struct ranking_row *row, size_t node)
{
	return row->nodes[node] != NULL ? strtod(row->nodes[node], NULL) : NAN;
}

static void put_score_row(const struct book *book, const struct ranking_row *row, lxw_row_t at)
{
	const struct methodology *methodology = book->methodology;
	worksheet_write_string(book->scores, at, SCORES_CODE, code_of(row), NULL);
	worksheet_write_string(book->scores, at, SCORES_NAME, name_of(book, row), NULL);
	for (size_t i = 0; i < methodology->indicator_count; i++)
		put_number(book->scores, at, score_column(book, true, i), ranking_table_column(book->run->table, i)[row->unit]);
	for (size_t i = 0; i < methodology->node_count; i++) {
		const char *formula = node_formula(book, i, at);
		double value = node_value(row, i);
		if (formula == NULL)
			put_number(book->scores, at, score_column(book, false, i), value);
		else if (isfinite(value))
			worksheet_write_formula_num(book->scores, at, score_column(book, false, i), formula, NULL, value);
		else
			worksheet_write_formula_str(book->scores, at, score_column(book, false, i), formula, NULL, "");
	}
}

static void fill_scores(struct book *book)
{
	const struct methodology *methodology = book->methodology;
	put_head(book, book->scores, SCORES_CODE, say(book, "code", "код"), 12);
	put_head(book, book->scores, SCORES_NAME, say(book, "region", "регион"), 36);
	for (size_t i = 0; i < methodology->indicator_count; i++)
		put_head(book, book->scores, score_column(book, true, i), methodology->indicators[i].code, 16);
	for (size_t i = 0; i < methodology->node_count; i++)
		put_head(book, book->scores, score_column(book, false, i), methodology->nodes[i].code, 14);
	book->rated = 0;
	for (size_t i = 0; i < book->run->count; i++) {
		if (book->run->rows[i].unit != METHODOLOGY_NONE)
			put_score_row(book, &book->run->rows[i], (lxw_row_t)(FIRST_ROW + book->rated++));
	}
	worksheet_freeze_panes(book->scores, 1, SCORES_FIRST);
}

/* The row of the sheet of scores, rounded as the methodology compares it. */
static void put_live_score(const struct book *book, lxw_row_t row, const struct ranking_row *rated)
{
	char cell[CELL_SIZE];
	const char *formula;
	lxw_rowcol_to_cell(cell, row, score_column(book, false, book->methodology->root));
	if (book->methodology->decimals == METHODOLOGY_EXACT)
		formula = arena_printf(book->arena, "='%s'!%s", book->scores_name, cell);
	else
		formula = arena_printf(book->arena, "=IF(ISNUMBER('%s'!%s),ROUND('%s'!%s,%d),\"\")", book->scores_name, cell,
		                       book->scores_name, cell, book->methodology->decimals);
	if (rated->score != NULL)
		worksheet_write_formula_num(book->ratings, row, RATING_SCORE, formula, NULL, strtod(rated->score, NULL));
	else
		worksheet_write_formula_str(book->ratings, row, RATING_SCORE, formula, NULL, "");
}

static void put_live_place(const struct book *book, lxw_row_t row, const struct ranking_row *rated)
{
	char cell[CELL_SIZE], range[2 * CELL_SIZE];
	lxw_rowcol_to_cell(cell, row, RATING_SCORE);
	lxw_rowcol_to_range_abs(range, FIRST_ROW, RATING_SCORE, (lxw_row_t)(FIRST_ROW + book->rated - 1), RATING_SCORE);
	const char *formula =
		book->methodology->ties == METHODOLOGY_DENSE
			? arena_printf(book->arena, "=IF(ISNUMBER(%s),SUMPRODUCT((%s>%s)/COUNTIF(%s,%s&\"\"))+1,\"\")", cell, range, cell,
	                       range, range)
			: arena_printf(book->arena, "=IF(ISNUMBER(%s),RANK(%s,%s),\"\")", cell, cell, range);
	if (rated->place > 0)
		worksheet_write_formula_num(book->ratings, row, RATING_PLACE, formula, NULL, rated->place);
	else
		worksheet_write_formula_str(book->ratings, row, RATING_PLACE, formula, NULL, "");
}

static void put_published(const struct book *book, lxw_row_t row, const struct ranking_row *rated)
{
	const struct json *shown = NULL;
	const struct json *list = json_find(book->rating->document, "rows");
	for (const struct json *item = json_first(list); item != NULL && shown == NULL; item = json_next(item)) {
		const char *code = json_find_string(item, rated->region->authority != NULL ? "authority" : "region");
		if (code != NULL && text_equal(code, ranking_unit_code(rated->region)))
			shown = item;
	}
	const struct json *interval = json_find(shown, "interval");
	if (json_is(interval, JSON_ARRAY)) {
		put_number(book->ratings, row, RATING_LO, json_number(json_first(interval)));
		put_number(book->ratings, row, RATING_HI, json_number(json_next(json_first(interval))));
	}
	if (rated->place > 0)
		put_number(book->ratings, row, RATING_PUBLISHED, rated->place);
	if (rated->region->previous_place > 0)
		put_number(book->ratings, row, RATING_PREVIOUS, rated->region->previous_place);
	if (rated->score != NULL)
		put_number(book->ratings, row, RATING_PUBLISHED_SCORE, strtod(rated->score, NULL));
	worksheet_write_string(book->ratings, row, RATING_CODE, code_of(rated), NULL);
	worksheet_write_string(book->ratings, row, RATING_NAME, name_of(book, rated), NULL);
	const char *word = rated->reason != NULL  ? cli_document_reason(rated->reason, book->rating->lang)
	                   : rated->group != NULL ? cli_document_group(rated->group, book->rating->lang)
	                                          : "";
	worksheet_write_string(book->ratings, row, RATING_GROUP, word, NULL);
}

static void fill_ratings(const struct book *book)
{
	static const struct {
		const char *en, *ru;
		double width;
	} HEADS[RATING_COLUMNS] = {
		[RATING_PLACE] = {"place", "место", 9},
		[RATING_PUBLISHED] = {"as published", "опубликовано", 14},
		[RATING_PREVIOUS] = {"previous", "прежнее", 10},
		[RATING_CODE] = {"code", "код", 12},
		[RATING_NAME] = {"region", "регион", 42},
		[RATING_SCORE] = {"score", "баллы", 10},
		[RATING_PUBLISHED_SCORE] = {"score as published", "опубликованные баллы", 21},
		[RATING_LO] = {"likely from", "вероятно от", 12},
		[RATING_HI] = {"likely to", "вероятно до", 12},
		[RATING_GROUP] = {"group", "группа", 34},
	};
	for (int i = 0; i < RATING_COLUMNS; i++)
		put_head(book, book->ratings, (lxw_col_t)i, say(book, HEADS[i].en, HEADS[i].ru), HEADS[i].width);
	lxw_row_t row = FIRST_ROW;
	for (size_t i = 0; i < book->run->count; i++) {
		if (book->run->rows[i].unit == METHODOLOGY_NONE)
			continue;
		put_live_place(book, row, &book->run->rows[i]);
		put_live_score(book, row, &book->run->rows[i]);
		put_published(book, row++, &book->run->rows[i]);
	}
	for (size_t i = 0; i < book->run->count; i++) {
		if (book->run->rows[i].unit == METHODOLOGY_NONE)
			put_published(book, row++, &book->run->rows[i]);
	}
	worksheet_freeze_panes(book->ratings, 1, 0);
}

static void fill_figures(const struct book *book)
{
	put_head(book, book->figures, 0, say(book, "code", "код"), 12);
	put_head(book, book->figures, 1, say(book, "region", "регион"), 36);
	for (size_t i = 0; i < book->methodology->indicator_count; i++)
		put_head(book, book->figures, (lxw_col_t)(2 + i),
		         title_in(book, "indicators", book->methodology->indicators[i].code), 22);
	for (size_t i = 0; i < book->run->count; i++) {
		const struct ranking_row *row = &book->run->rows[i];
		lxw_row_t at = (lxw_row_t)(FIRST_ROW + i);
		worksheet_write_string(book->figures, at, 0, code_of(row), NULL);
		worksheet_write_string(book->figures, at, 1, name_of(book, row), NULL);
		for (size_t k = 0; k < book->methodology->indicator_count; k++) {
			if (row->inputs[k] != NULL)
				put_number(book->figures, at, (lxw_col_t)(2 + k), strtod(row->inputs[k], NULL));
		}
	}
	worksheet_freeze_panes(book->figures, 1, 2);
}

static void fill_about(const struct book *book)
{
	static const char *const NAMES[] = {"period", "cohort", "kind", "revision", "result_digest", "document_digest",
	                                    "published_time", "published_by", "public_key", "signature"};
	lxw_row_t row = 0;
	worksheet_set_column(book->about, 0, 0, 20, NULL);
	worksheet_set_column(book->about, 1, 1, 90, NULL);
	for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++, row++) {
		worksheet_write_string(book->about, row, 0, NAMES[i], book->head);
		worksheet_write_string(book->about, row, 1, cli_document_text(book->rating->document, NAMES[i], book->arena), NULL);
	}
	worksheet_write_string(book->about, row, 0, "methodology", book->head);
	worksheet_write_string(book->about, row++, 1, arena_printf(book->arena, "%s, %lld", book->methodology->code,
	                                                           (long long)book->methodology->version), NULL);
	worksheet_write_string(book->about, row + 1, 0,
	                       say(book, "Change a weight: scores and places follow. What was published stands beside them.",
	                           "Измените вес — баллы и места пересчитаются. Рядом остаются опубликованные."), book->note);
}

static void add_sheets(struct book *book)
{
	lxw_workbook *workbook = book->workbook;
	book->weights_name = say(book, "Weights", "Веса");
	book->scores_name = say(book, "Scores", "Расчёт");
	book->ratings = workbook_add_worksheet(workbook, say(book, "Rating", "Рейтинг"));
	book->weights = workbook_add_worksheet(workbook, book->weights_name);
	book->scores = workbook_add_worksheet(workbook, book->scores_name);
	book->figures = workbook_add_worksheet(workbook, say(book, "Figures", "Показатели"));
	book->about = workbook_add_worksheet(workbook, say(book, "About", "О документе"));
	book->head = workbook_add_format(workbook);
	format_set_bold(book->head);
	format_set_text_wrap(book->head);
	book->input = workbook_add_format(workbook);
	format_set_bg_color(book->input, 0xFFF2CC);
	book->note = workbook_add_format(workbook);
	format_set_italic(book->note);
}

enum status cli_export_xlsx(struct arena *arena, const struct export_rating *rating, const char *path, struct fault *fault)
{
	struct book book = {.arena = arena, .rating = rating, .run = rating->run, .methodology = rating->run->methodology};
	book.workbook = workbook_new(path);
	if (book.workbook == NULL)
		return fault_set(fault, STATUS_UNAVAILABLE, "file", "", -1, "%s cannot be made", path);
	add_sheets(&book);
	fill_scores(&book);
	fill_weights(&book);
	fill_ratings(&book);
	fill_figures(&book);
	fill_about(&book);
	lxw_error error = workbook_close(book.workbook);
	if (error == LXW_NO_ERROR)
		return STATUS_OK;
	return fault_set(fault, STATUS_UNAVAILABLE, "file", "", -1, "%s: %s", path, lxw_strerror(error));
}
