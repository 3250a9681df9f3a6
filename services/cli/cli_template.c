#include "services/cli/cli_template.h"

#include <stdio.h>
#include <xlsxwriter.h>

#define PROMPT_MAX 255   /* characters that Excel shows beside a cell */
#define FIRST_ROW  1     /* below the names of the columns */
#define LINE_BYTES ((size_t)4096)
#define LINE_POINTS 15   /* height of a line */

enum { GUIDE_COLUMN, GUIDE_NEEDED, GUIDE_HELP, GUIDE_SAMPLE };

struct form {
	struct arena *arena;
	const struct mapping *mapping;
	const struct mapping_column *columns;
	size_t count;
	const bool *needed;
	enum cli_lang lang;
	lxw_workbook *workbook;
	lxw_worksheet *table, *guide, *lists;
	const char *table_name, *lists_name;
	lxw_format *head, *head_needed, *title, *wrapped, *wrapped_needed, *text;
};

static const char *say(const struct form *form, const char *en, const char *ru)
{
	return cli_text(form->lang, en, ru);
}

static lxw_format *add_format(struct form *form, bool is_bold, lxw_color_t background, bool has_border)
{
	lxw_format *format = workbook_add_format(form->workbook);
	format_set_text_wrap(format);
	format_set_align(format, LXW_ALIGN_VERTICAL_TOP);
	if (is_bold)
		format_set_bold(format);
	if (background != 0)
		format_set_bg_color(format, background);
	if (has_border)
		format_set_border(format, LXW_BORDER_THIN);
	return format;
}

/* ---- What a column is ---- */

static const char *kind_text(const struct form *form, const struct mapping_column *column)
{
	switch (column->kind) {
	case MAPPING_INTEGER: return say(form, "A whole number", "Целое число");
	case MAPPING_DECIMAL: return say(form, "A number with at most six decimals, without a unit", "Число, не более шести знаков после запятой, без единицы измерения");
	case MAPPING_DATE: return say(form, "A date: 31.12.2024", "Дата: 31.12.2024");
	case MAPPING_LIST: return say(form, "One value or several with semicolons between them", "Одно значение или несколько через точку с запятой");
	case MAPPING_CODE: return say(form, "One value of the list", "Одно значение из списка");
	case MAPPING_TEXT: break;
	}
	return say(form, "A text", "Текст");
}

static bool is_needed(const struct form *form, size_t i)
{
	return form->columns[i].is_key || (form->needed != NULL && form->needed[i]);
}

static const char *help_text(const struct form *form, size_t i)
{
	const struct mapping_column *column = &form->columns[i];
	const char *kind = kind_text(form, column);
	if (column->help == NULL)
		return arena_printf(form->arena, "%s.", kind);
	return column->kind == MAPPING_TEXT ? column->help : arena_printf(form->arena, "%s\n%s.", column->help, kind);
}

static size_t values_count(const struct mapping_column *column)
{
	size_t count = 0;
	for (const struct json *value = column->values == NULL ? NULL : json_first(column->values); value != NULL; value = json_next(value))
		count++;
	return count;
}

/* ---- The table ---- */

static lxw_format *cell_format(struct form *form, enum mapping_kind kind)
{
	lxw_format *format = workbook_add_format(form->workbook);
	/* As a text, or Excel makes a date of the number 5-10 and drops the zeros of 007. */
	format_set_num_format(format, kind == MAPPING_DATE      ? "dd.mm.yyyy"
	                              : kind == MAPPING_INTEGER ? "0"
	                              : kind == MAPPING_DECIMAL ? "#,##0.00####"
	                                                        : "@");
	if (kind == MAPPING_TEXT || kind == MAPPING_LIST)
		format_set_text_wrap(format);
	format_set_align(format, LXW_ALIGN_VERTICAL_TOP);
	return format;
}

/* A bold letter takes more than the width that is counted; longer names go on in a second line. */
static double column_width(const struct mapping_column *column)
{
	double letters = 1.25 * (double)lxw_utf8_strlen(column->name) + 2, least = column->kind == MAPPING_TEXT ? 24 : 16;
	return letters < least ? least : letters > 26 ? 26 : letters;
}

/* A copy: the library asks for texts it could change. */
static char *copy(const struct form *form, const char *text)
{
	return arena_text(form->arena, text, strlen(text));
}

static void put_validation(struct form *form, size_t i)
{
	const struct mapping_column *column = &form->columns[i];
	lxw_data_validation rule = {.ignore_blank = LXW_VALIDATION_ON, .error_type = LXW_VALIDATION_ERROR_TYPE_STOP, .criteria = LXW_VALIDATION_CRITERIA_BETWEEN};
	char range[LXW_MAX_FORMULA_RANGE_LENGTH];
	if (column->kind == MAPPING_CODE) {
		lxw_rowcol_to_range_abs(range, 1, (lxw_col_t)i, (lxw_row_t)values_count(column), (lxw_col_t)i);
		rule.validate = LXW_VALIDATION_TYPE_LIST_FORMULA;
		rule.value_formula = arena_printf(form->arena, "='%s'!%s", form->lists_name, range);
	} else if (column->kind == MAPPING_DATE) {
		rule.validate = LXW_VALIDATION_TYPE_DATE;
		rule.minimum_datetime = (lxw_datetime){.year = 1970, .month = 1, .day = 1};
		rule.maximum_datetime = (lxw_datetime){.year = 2999, .month = 12, .day = 31};
	} else if (column->kind == MAPPING_INTEGER || column->kind == MAPPING_DECIMAL) {
		rule.validate = column->kind == MAPPING_INTEGER ? LXW_VALIDATION_TYPE_INTEGER : LXW_VALIDATION_TYPE_DECIMAL;
		rule.minimum_number = -999999999999;
		rule.maximum_number = 999999999999;
	} else {
		return;
	}
	const char *help = help_text(form, i);
	rule.error_title = copy(form, say(form, "Not a value of this column", "Недопустимое значение"));
	/* Excel refuses a file whose message is longer: then the column's comment has the whole. */
	rule.error_message = copy(form, lxw_utf8_strlen(help) <= PROMPT_MAX ? help : kind_text(form, column));
	worksheet_data_validation_range(form->table, FIRST_ROW, (lxw_col_t)i, FIRST_ROW + TEMPLATE_ROWS - 1, (lxw_col_t)i, &rule);
}

static void fill_table(struct form *form)
{
	for (size_t i = 0; i < form->count; i++) {
		const struct mapping_column *column = &form->columns[i];
		lxw_comment_options comment = {.width = 280, .height = 110, .author = copy(form, "effreg")};
		worksheet_set_column(form->table, (lxw_col_t)i, (lxw_col_t)i, column_width(column), cell_format(form, column->kind));
		worksheet_write_string(form->table, 0, (lxw_col_t)i, column->name, is_needed(form, i) ? form->head_needed : form->head);
		worksheet_write_comment_opt(form->table, 0, (lxw_col_t)i, help_text(form, i), &comment);
		put_validation(form, i);
	}
	worksheet_set_row(form->table, 0, 2.2 * LINE_POINTS, NULL);
	worksheet_freeze_panes(form->table, FIRST_ROW, 0);
	worksheet_repeat_rows(form->table, 0, 0);
	worksheet_set_landscape(form->table);
	worksheet_set_paper(form->table, 9);  /* A4 */
	worksheet_fit_to_pages(form->table, 1, 0);
}

/* ---- The lists ---- */

static void fill_lists(struct form *form)
{
	for (size_t i = 0; i < form->count; i++) {
		lxw_row_t row = 0;
		if (form->columns[i].kind != MAPPING_CODE)
			continue;
		worksheet_write_string(form->lists, row++, (lxw_col_t)i, form->columns[i].name, form->head);
		for (const struct json *value = json_first(form->columns[i].values); value != NULL; value = json_next(value))
			worksheet_write_string(form->lists, row++, (lxw_col_t)i, json_name(value), form->text);
	}
	worksheet_hide(form->lists);
}

/* ---- The guide ---- */

static const double GUIDE_WIDTHS[] = {[GUIDE_COLUMN] = 28, [GUIDE_NEEDED] = 15, [GUIDE_HELP] = 62, [GUIDE_SAMPLE] = 36};

/* Lines of a text in a column so wide; not every program finds the height of a row by itself. */
static unsigned lines_of(const char *text, double width)
{
	unsigned lines = 0;
	for (bool more = true; more;) {
		char line[LINE_BYTES];
		size_t len = strcspn(text, "\n");
		snprintf(line, sizeof line, "%.*s", (int)len, text);
		lines += 1 + (unsigned)((double)lxw_utf8_strlen(line) * 1.15 / width);
		more = text[len] != '\0';
		text += len + more;
	}
	return lines;
}

static void set_height(const struct form *form, lxw_row_t row, const char *const texts[ARRAY_COUNT(GUIDE_WIDTHS)])
{
	unsigned lines = 1;
	for (size_t i = 0; i < ARRAY_COUNT(GUIDE_WIDTHS); i++) {
		unsigned own = lines_of(texts[i], GUIDE_WIDTHS[i]);
		lines = own > lines ? own : lines;
	}
	worksheet_set_row(form->guide, row, lines * LINE_POINTS, NULL);
}

static lxw_row_t put_rules(struct form *form)
{
	const char *const rules[] = {
		form->lang == CLI_LANG_RU
			? arena_printf(form->arena, "Заполняйте лист «%s» со второй строки: каждая запись — в своей строке. Первую строку не меняйте: по названиям столбцов программа их узнаёт.", form->table_name)
			: arena_printf(form->arena, "Fill in the sheet \"%s\" from its second row on, a row for each entry. Leave the first row as it is: by the names of the columns the program knows them.", form->table_name),
		say(form, "Columns with a dark heading are needed; the others may stay empty.", "Столбцы с тёмным заголовком обязательны, остальные можно не заполнять."),
		say(form, "Type dates as dates and numbers as numbers, without units; a percentage as 5, not 5 %.", "Даты вводите как даты, числа — как числа, без единиц измерения; процент — как 5, а не 5 %."),
		say(form, "Do not merge cells. Formulas are fine: their value at the last save counts.", "Не объединяйте ячейки. Формулы допустимы: берётся их значение на момент сохранения."),
		say(form, "Rows that were sent may stay: sent again they do not count twice. Do not change them: what was sent is mended by a correction.",
		    "Отправленные строки можно оставить: повторная отправка их не удвоит. Менять их нельзя: отправленное исправляют отдельным событием."),
		say(form, "Check before sending: effreg import FILE.xlsx --mapping MAPPING.json --dry-run", "Проверить, ничего не отправляя: effreg import ФАЙЛ.xlsx --mapping НАСТРОЙКА.json --dry-run"),
	};
	lxw_row_t row = 0;
	worksheet_set_row(form->guide, row, 1.5 * LINE_POINTS, NULL);
	worksheet_write_string(form->guide, row++, 0, say(form, "How to fill in the table", "Как заполнять таблицу"), form->title);
	for (size_t i = 0; i < ARRAY_COUNT(rules); i++) {
		worksheet_set_row(form->guide, row, lines_of(rules[i], GUIDE_WIDTHS[0] + GUIDE_WIDTHS[1] + GUIDE_WIDTHS[2] + GUIDE_WIDTHS[3]) * LINE_POINTS, NULL);
		worksheet_merge_range(form->guide, row, GUIDE_COLUMN, row, GUIDE_SAMPLE, rules[i], form->text);
		row++;
	}
	return row + 1;
}

static const char *values_text(const struct form *form, const struct mapping_column *column)
{
	const char *text = "";
	for (const struct json *value = column->values == NULL ? NULL : json_first(column->values); value != NULL; value = json_next(value))
		text = arena_printf(form->arena, "%s%s%s", text, text[0] == '\0' ? "" : "; ", json_name(value));
	return text;
}

static void fill_guide(struct form *form)
{
	const char *const heads[] = {say(form, "Column", "Столбец"), say(form, "Needed", "Обязателен"), say(form, "What to write", "Что писать"), say(form, "Sample row", "Пример строки")};
	lxw_row_t row = put_rules(form);
	for (size_t i = 0; i < ARRAY_COUNT(heads); i++) {
		worksheet_set_column(form->guide, (lxw_col_t)i, (lxw_col_t)i, GUIDE_WIDTHS[i], NULL);
		worksheet_write_string(form->guide, row, (lxw_col_t)i, heads[i], form->head);
	}
	for (size_t i = 0; i < form->count; i++) {
		const struct mapping_column *column = &form->columns[i];
		const char *help = help_text(form, i), *values = values_text(form, column);
		if (values[0] != '\0')
			help = arena_printf(form->arena, "%s\n%s", help, values);
		row++;
		const char *const texts[] = {column->name, is_needed(form, i) ? say(form, "yes", "да") : say(form, "no", "нет"), help,
		                             column->sample == NULL ? "" : column->sample};
		for (size_t k = 0; k < ARRAY_COUNT(texts); k++)
			worksheet_write_string(form->guide, row, (lxw_col_t)k, texts[k], k == 0 && is_needed(form, i) ? form->wrapped_needed : form->wrapped);
		set_height(form, row, texts);
	}
	worksheet_set_landscape(form->guide);
	worksheet_set_paper(form->guide, 9);
	worksheet_fit_to_pages(form->guide, 1, 0);
}

/* ---- The workbook ---- */

static void add_sheets(struct form *form)
{
	const char *title = mapping_title(form->mapping);
	form->table_name = title == NULL ? say(form, "Data", "Данные") : title;
	form->lists_name = say(form, "Lists of values", "Списки значений");
	form->table = workbook_add_worksheet(form->workbook, form->table_name);
	form->guide = workbook_add_worksheet(form->workbook, say(form, "How to fill in", "Как заполнять"));
	form->lists = workbook_add_worksheet(form->workbook, form->lists_name);
	form->head = add_format(form, true, 0xDDEBF7, true);
	form->head_needed = add_format(form, true, 0x1F4E79, true);
	format_set_font_color(form->head_needed, 0xFFFFFF);
	form->title = workbook_add_format(form->workbook);
	format_set_bold(form->title);
	format_set_font_size(form->title, 14);
	form->wrapped = add_format(form, false, 0, true);
	format_set_num_format(form->wrapped, "@");
	form->wrapped_needed = add_format(form, true, 0, true);
	form->text = add_format(form, false, 0, false);
}

enum status template_write(struct arena *arena, const struct mapping *mapping, const bool *needed, enum cli_lang lang, const char *path,
                           struct fault *fault)
{
	struct form form = {.arena = arena, .mapping = mapping, .needed = needed, .lang = lang};
	form.count = mapping_columns(mapping, &form.columns);
	form.workbook = workbook_new(path);
	if (form.workbook == NULL)
		return fault_tell(fault, STATUS_UNAVAILABLE, "file", "", -1, "%s cannot be made", "%s не создаётся", path);
	add_sheets(&form);
	fill_table(&form);
	fill_guide(&form);
	fill_lists(&form);
	lxw_error error = workbook_close(form.workbook);
	if (error == LXW_NO_ERROR)
		return STATUS_OK;
	return fault_tell(fault, STATUS_UNAVAILABLE, "file", "", -1, "%s: %s", "%s: %s", path, lxw_strerror(error));
}
