/* xlsx_sheet: the rows of one sheet.
 *
 * Read twice: which cells are merged stands behind them in the file, and to know it before costs less than to keep the sheet. The second
 * time each row is handed on when it ends; nothing of it stays but what a merged range carries down. */
#include "common/xlsx_model.h"

#include <stdlib.h>

/* A range: of its first column the value goes down, the others are flaws. */
struct merge {
	size_t row, column, row_last, column_last;
};

struct carried {
	size_t row_last;           /* 0 = nothing is carried */
	char *text;                /* NULL = not yet read */
	enum xlsx_flaw flaw;
};

enum cell_kind { CELL_NUMBER, CELL_SHARED, CELL_TEXT, CELL_INLINE, CELL_BOOLEAN, CELL_ERROR, CELL_DATE };

struct sheet {
	struct xlsx *workbook;
	const char *name;
	struct arena *arena;
	xlsx_take *take;
	void *context;

	struct merge *merges;
	size_t merges_count, merges_passed;
	struct carried *carried;   /* of each column */
	size_t carried_columns;    /* those behind are not carried */

	size_t row;                /* under way, or last */
	const char **cells;        /* of the row, XLSX_COLUMNS_MAX */
	enum xlsx_flaw *flaws;
	size_t columns, row_bytes;
	size_t cells_passed;       /* of all rows, empty ones before the last among them */
	bool has_own;              /* the row has a cell that is not empty */

	size_t column;             /* of the cell under way */
	enum cell_kind kind;
	enum xlsx_format format;
	bool has_formula;
	struct buf value;          /* of the cell under way */
	bool in_data;              /* inside sheetData */
	unsigned text_depth;       /* of the v or t under way; 0 outside */
	unsigned aid_depth;        /* of the rPh under way; 0 outside */
};

static enum status bad(const struct sheet *sheet, struct fault *fault, const char *en, const char *ru)
{
	char column[XLSX_COLUMN_SIZE];
	enum status status = fault_say(fault, STATUS_INVALID, "bad_xlsx", "", -1, en, ru);
	fault_place(fault, "sheet \"%s\", row %zu, column %s: ", "лист «%s», строка %zu, столбец %s: ", sheet->name, sheet->row,
	            xlsx_column(sheet->column, column));
	return status;
}

static enum status too_large(const struct sheet *sheet, struct fault *fault, const char *en, const char *ru)
{
	enum status status = bad(sheet, fault, en, ru);
	if (fault != NULL) {
		fault->status = STATUS_TOO_LARGE;
		memcpy(fault->code, "too_large", sizeof "too_large");
	}
	return status == STATUS_INVALID ? STATUS_TOO_LARGE : status;
}

/* ---- Merged ranges ---- */

static int compare_merges(const void *a, const void *b)
{
	const struct merge *one = a, *two = b;
	if (one->row != two->row)
		return one->row < two->row ? -1 : 1;
	return one->column < two->column ? -1 : one->column > two->column;
}

static enum status take_merge(void *context, const struct xml_element *element, struct fault *fault)
{
	struct sheet *sheet = context;
	struct merge merge;
	if (element->depth != 3 || !xlsx_is_element(element, "mergeCell"))
		return STATUS_OK;
	const char *range = xml_attribute(element, "", "ref");
	size_t first = range == NULL ? 0 : strcspn(range, ":");
	const char *last = range == NULL || range[first] == '\0' ? range : range + first + 1;
	if (range == NULL || !xlsx_parse_place(span_of(range, first), &merge.column, &merge.row) ||
	    !xlsx_parse_place(span_of_text(last), &merge.column_last, &merge.row_last) || merge.row_last < merge.row ||
	    merge.column_last < merge.column)
		return bad(sheet, fault, "a merged range is no range", "диапазон объединения ячеек указан неверно");
	if (sheet->merges_count == XLSX_MERGES_MAX)
		return too_large(sheet, fault, "more than 16,384 merged ranges", "больше 16 384 объединённых диапазонов");
	sheet->merges[sheet->merges_count++] = merge;
	return STATUS_OK;
}

static void carry(struct sheet *sheet, size_t column, size_t row_last, enum xlsx_flaw flaw)
{
	struct carried *carried = &sheet->carried[column];
	free(carried->text);
	*carried = (struct carried){.row_last = row_last, .flaw = flaw};
	if (column >= sheet->carried_columns)
		sheet->carried_columns = column + 1;
}

/* Those that begin at or above the row of which it is the turn. */
static void begin_merges(struct sheet *sheet)
{
	while (sheet->merges_passed < sheet->merges_count && sheet->merges[sheet->merges_passed].row <= sheet->row) {
		const struct merge *merge = &sheet->merges[sheet->merges_passed++];
		if (merge->row_last < sheet->row)
			continue;
		/* The first cell's row is not in the file: it is empty, and so are those below. */
		if (merge->row == sheet->row && merge->row_last > merge->row)
			carry(sheet, merge->column, merge->row_last, XLSX_FLAW_NONE);
		for (size_t column = merge->column + 1; column <= merge->column_last; column++)
			carry(sheet, column, merge->row_last, XLSX_FLAW_MERGED);
	}
}

static void widen(struct sheet *sheet, size_t columns)
{
	for (; sheet->columns < columns; sheet->columns++) {
		sheet->cells[sheet->columns] = "";
		sheet->flaws[sheet->columns] = XLSX_FLAW_NONE;
	}
}

/* Into the row, or, in a range's first row, out of it. */
static void apply_merges(struct sheet *sheet)
{
	for (size_t column = 0; column < sheet->carried_columns; column++) {
		struct carried *carried = &sheet->carried[column];
		if (carried->row_last < sheet->row)
			continue;
		widen(sheet, column + 1);
		if (carried->flaw == XLSX_FLAW_MERGED) {
			sheet->flaws[column] = XLSX_FLAW_MERGED;
		} else if (carried->text == NULL) {
			carried->text = strdup(sheet->cells[column]);
			ASSERT(carried->text != NULL);
			carried->flaw = sheet->flaws[column];
		} else {
			sheet->cells[column] = carried->text;
			sheet->flaws[column] = carried->flaw;
		}
	}
}

/* ---- Cells ---- */

static enum status shared(struct sheet *sheet, const char **ret_text, struct fault *fault)
{
	size_t index;
	const struct xlsx *workbook = sheet->workbook;
	if (!xlsx_parse_index(sheet->value.at, XLSX_STRINGS_MAX, &index) || index >= workbook->strings_count)
		return bad(sheet, fault, "the cell names a text that the workbook does not have: open it in Excel and save it again",
		           "ячейка ссылается на текст, которого в книге нет: откройте её в Excel и сохраните заново");
	uint32_t start;
	memcpy(&start, workbook->starts.at + index * sizeof start, sizeof start);
	*ret_text = workbook->strings.at + start;
	return STATUS_OK;
}

static const char *own_text(struct sheet *sheet)
{
	return arena_text(sheet->arena, sheet->value.at, xlsx_unescape(sheet->value.at, sheet->value.len));
}

/* As written with t="d": 2024-02-05 or 2024-02-05T00:00:00, perhaps with a fraction and a Z that says nothing. */
static const char *iso_date(struct sheet *sheet)
{
	char *text = arena_text(sheet->arena, sheet->value.at, sheet->value.len);
	size_t len = strlen(text);
	if (len > 10 && strspn(text + 10, "T0:.Z") == len - 10)
		text[10] = '\0';
	else if (len > 19 && strspn(text + 19, "0.Z") == len - 19)
		text[19] = '\0';
	return text;
}

static enum status convert(struct sheet *sheet, const char **ret_text, enum xlsx_flaw *ret_flaw, struct fault *fault)
{
	*ret_flaw = XLSX_FLAW_NONE;
	switch (sheet->kind) {
	case CELL_SHARED: return shared(sheet, ret_text, fault);
	case CELL_TEXT:
	case CELL_INLINE: *ret_text = own_text(sheet); return STATUS_OK;
	case CELL_DATE: *ret_text = iso_date(sheet); return STATUS_OK;
	case CELL_BOOLEAN: *ret_text = text_equal(sheet->value.at, "1") || text_equal(sheet->value.at, "true") ? "ИСТИНА" : "ЛОЖЬ"; return STATUS_OK;
	case CELL_ERROR:
		*ret_text = own_text(sheet);
		*ret_flaw = XLSX_FLAW_ERROR;
		return STATUS_OK;
	case CELL_NUMBER: break;
	}
	const char *raw = arena_text(sheet->arena, sheet->value.at, sheet->value.len);
	if (!xlsx_number_text(sheet->arena, raw, sheet->format, sheet->workbook->is_1904, ret_text, ret_flaw))
		return bad(sheet, fault, "the cell is a number, and what stands in it is none", "в числовой ячейке стоит не число");
	return STATUS_OK;
}

static enum status end_cell(struct sheet *sheet, struct fault *fault)
{
	const char *text = "";
	enum xlsx_flaw flaw = XLSX_FLAW_NONE;
	enum status status = STATUS_OK;
	if (!buf_ok(&sheet->value))
		return too_large(sheet, fault, "the cell has more than 32,767 characters", "в ячейке больше 32 767 знаков");
	sheet->row_bytes += sheet->value.len;
	if (sheet->row_bytes <= XLSX_ROW_BYTES_MAX && sheet->value.len > 0)
		status = convert(sheet, &text, &flaw, fault);
	else if (sheet->has_formula && sheet->kind == CELL_NUMBER)
		flaw = XLSX_FLAW_FORMULA;  /* one that says "" is of type str */
	if (status != STATUS_OK)
		return status;
	sheet->row_bytes += sheet->kind == CELL_SHARED ? strlen(text) : 0;
	if (sheet->row_bytes > XLSX_ROW_BYTES_MAX)
		return too_large(sheet, fault, "the row has more than a megabyte of text", "в строке больше мегабайта текста");
	sheet->cells[sheet->column] = text;
	sheet->flaws[sheet->column] = flaw;
	sheet->has_own = sheet->has_own || text[0] != '\0' || flaw != XLSX_FLAW_NONE;
	return STATUS_OK;
}

static bool kind_of(const char *type, enum cell_kind *ret_kind)
{
	static const struct {
		const char *type;
		enum cell_kind kind;
	} KINDS[] = {
		{"n", CELL_NUMBER}, {"s", CELL_SHARED}, {"str", CELL_TEXT}, {"inlineStr", CELL_INLINE},
		{"b", CELL_BOOLEAN}, {"e", CELL_ERROR}, {"d", CELL_DATE},
	};
	*ret_kind = CELL_NUMBER;
	for (size_t i = 0; type != NULL && i < ARRAY_COUNT(KINDS); i++) {
		*ret_kind = KINDS[i].kind;
		if (text_equal(type, KINDS[i].type))
			return true;
	}
	return type == NULL;
}

/* A place may be left out by other writers than Excel: then it is the next one. */
static enum status begin_cell(struct sheet *sheet, const struct xml_element *element, struct fault *fault)
{
	size_t column = sheet->columns, row = sheet->row, style = 0;
	const char *place = xml_attribute(element, "", "r"), *named = xml_attribute(element, "", "s");
	bool is_good = place == NULL || xlsx_parse_place(span_of_text(place), &column, &row);
	if (!is_good || row != sheet->row || column < sheet->columns || column >= XLSX_COLUMNS_MAX)
		return bad(sheet, fault, "its cells are not in order", "порядок ячеек нарушен");
	sheet->column = column;
	if (!kind_of(xml_attribute(element, "", "t"), &sheet->kind))
		return bad(sheet, fault, "the cell is of an unknown type", "тип ячейки неизвестен");
	size_t styles = sheet->workbook->styles_count;
	if (named != NULL && (!xlsx_parse_index(named, XLSX_STYLES_MAX, &style) || (style >= styles && style > 0)))
		return bad(sheet, fault, "the cell has a style that the workbook does not have", "у ячейки стиль, которого в книге нет");
	sheet->format = style < styles ? sheet->workbook->styles[style] : XLSX_NUMBER;
	sheet->has_formula = false;
	buf_reset(&sheet->value);
	buf_text(&sheet->value, "");
	widen(sheet, column + 1);
	return STATUS_OK;
}

/* ---- Rows ---- */

static enum status begin_row(struct sheet *sheet, const struct xml_element *element, struct fault *fault)
{
	size_t row = sheet->row + 1;
	const char *number = xml_attribute(element, "", "r");
	sheet->column = 0;
	if (number != NULL && (!xlsx_parse_index(number, XLSX_ROWS_MAX, &row) || row <= sheet->row))
		return bad(sheet, fault, "the rows below are not in order", "порядок следующих строк нарушен");
	if (row > XLSX_ROWS_MAX)
		return too_large(sheet, fault, "more rows than a sheet may have", "строк больше, чем бывает на листе");
	sheet->row = row;
	arena_reset(sheet->arena);
	sheet->columns = sheet->row_bytes = 0;
	sheet->has_own = false;
	begin_merges(sheet);
	return STATUS_OK;
}

static enum status end_row(struct sheet *sheet, struct fault *fault)
{
	apply_merges(sheet);
	sheet->cells_passed += sheet->columns;
	if (sheet->cells_passed > XLSX_CELLS_MAX)
		return too_large(sheet, fault, "the sheet has more than 20 million cells: delete the empty rows and columns behind the table",
		                 "на листе больше 20 миллионов ячеек: удалите пустые строки и столбцы за таблицей");
	if (!sheet->has_own)
		return STATUS_OK;
	struct xlsx_row row = {.number = sheet->row, .cells = sheet->cells, .flaws = sheet->flaws, .count = sheet->columns};
	return sheet->take(sheet->context, &row, fault);
}

/* worksheet 1, sheetData 2, row 3, c 4, v or f or is 5, t 6, or r 6 and its t 7 */
static enum status begin(void *context, const struct xml_element *element, struct fault *fault)
{
	struct sheet *sheet = context;
	if (element->depth == 1 && !xlsx_is_element(element, "worksheet"))
		return bad(sheet, fault, "this is no sheet of cells", "это не лист с ячейками");
	if (element->depth == 2)
		sheet->in_data = xlsx_is_element(element, "sheetData");
	if (!sheet->in_data || element->depth < 3)
		return STATUS_OK;
	if (element->depth == 3)
		return xlsx_is_element(element, "row") ? begin_row(sheet, element, fault) : bad(sheet, fault, "something else than a row", "вместо строки что-то другое");
	if (element->depth == 4)
		return xlsx_is_element(element, "c") ? begin_cell(sheet, element, fault) : bad(sheet, fault, "something else than a cell", "вместо ячейки что-то другое");
	if (element->depth == 5 && xlsx_is_element(element, "f"))
		sheet->has_formula = true;
	if (xlsx_is_element(element, "rPh") && sheet->aid_depth == 0)
		sheet->aid_depth = element->depth;
	bool is_value = sheet->kind == CELL_INLINE ? element->depth >= 6 && xlsx_is_element(element, "t") && sheet->aid_depth == 0
	                                           : element->depth == 5 && xlsx_is_element(element, "v");
	if (is_value)
		sheet->text_depth = element->depth;
	return STATUS_OK;
}

static enum status text(void *context, unsigned depth, struct span piece, struct fault *fault)
{
	struct sheet *sheet = context;
	(void)fault;
	if (sheet->text_depth != 0 && depth == sheet->text_depth)
		buf_append(&sheet->value, piece.at, piece.len);
	return STATUS_OK;
}

static enum status end(void *context, unsigned depth, struct fault *fault)
{
	struct sheet *sheet = context;
	if (depth == sheet->text_depth)
		sheet->text_depth = 0;
	if (depth == sheet->aid_depth)
		sheet->aid_depth = 0;
	if (!sheet->in_data)
		return STATUS_OK;
	if (depth == 2)
		sheet->in_data = false;
	if (depth == 4)
		return end_cell(sheet, fault);
	return depth == 3 ? end_row(sheet, fault) : STATUS_OK;
}

static enum status read_merges(struct sheet *sheet, const char *part, struct fault *fault)
{
	const struct xml_taker taker = {.begin = take_merge, .context = sheet};
	enum status status = xlsx_read_part(sheet->workbook, part, &taker, fault);
	if (status == STATUS_OK && sheet->merges_count > 0)
		qsort(sheet->merges, sheet->merges_count, sizeof sheet->merges[0], compare_merges);
	return status;
}

enum status xlsx_read(struct xlsx *workbook, size_t index, struct arena *arena, xlsx_take *take, void *context, struct fault *fault)
{
	ASSERT(index < workbook->sheets_count);
	struct sheet sheet = {.workbook = workbook, .name = workbook->sheets[index].name, .arena = arena, .take = take, .context = context};
	const struct xml_taker taker = {.begin = begin, .end = end, .text = text, .context = &sheet};
	sheet.merges = calloc(XLSX_MERGES_MAX, sizeof sheet.merges[0]);
	sheet.carried = calloc(XLSX_COLUMNS_MAX, sizeof sheet.carried[0]);
	sheet.cells = calloc(XLSX_COLUMNS_MAX, sizeof sheet.cells[0]);
	sheet.flaws = calloc(XLSX_COLUMNS_MAX, sizeof sheet.flaws[0]);
	ASSERT(sheet.merges != NULL && sheet.carried != NULL && sheet.cells != NULL && sheet.flaws != NULL);
	buf_init(&sheet.value, XLSX_CELL_BYTES_MAX);
	enum status status = read_merges(&sheet, workbook->parts[index], fault);
	if (status == STATUS_OK)
		status = xlsx_read_part(workbook, workbook->parts[index], &taker, fault);
	for (size_t i = 0; i < sheet.carried_columns; i++)
		free(sheet.carried[i].text);
	buf_clear(&sheet.value);
	free(sheet.flaws);
	free(sheet.cells);
	free(sheet.carried);
	free(sheet.merges);
	return status;
}
