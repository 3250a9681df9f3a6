/* xlsx_cell: places, escapes and flaws of cells. */
#include "common/xlsx_model.h"

#include <stdlib.h>

bool xlsx_parse_index(const char *text, size_t max, size_t *ret_index)
{
	size_t index = 0;
	if (text == NULL || text[0] == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		index = index * 10 + (size_t)(*text - '0');
		if (index > max)
			return false;
	}
	*ret_index = index;
	return true;
}

bool xlsx_parse_place(struct span text, size_t *ret_column, size_t *ret_row)
{
	size_t at = 0, column = 0, row = 0;
	for (; at < text.len && text.at[at] >= 'A' && text.at[at] <= 'Z' && column <= XLSX_COLUMNS_MAX; at++)
		column = column * 26 + (size_t)(text.at[at] - 'A' + 1);
	for (; at < text.len && text.at[at] >= '0' && text.at[at] <= '9' && row <= XLSX_ROWS_MAX; at++)
		row = row * 10 + (size_t)(text.at[at] - '0');
	if (at != text.len || column == 0 || column > XLSX_COLUMNS_MAX || row == 0 || row > XLSX_ROWS_MAX)
		return false;
	*ret_column = column - 1;
	*ret_row = row;
	return true;
}

const char *xlsx_column(size_t column, char text[XLSX_COLUMN_SIZE])
{
	char reversed[XLSX_COLUMN_SIZE];
	size_t len = 0;
	ASSERT(column < XLSX_COLUMNS_MAX);
	for (column++; column > 0; column = (column - 1) / 26)
		reversed[len++] = (char)('A' + (column - 1) % 26);
	for (size_t i = 0; i < len; i++)
		text[i] = reversed[len - 1 - i];
	text[len] = '\0';
	return text;
}

/* ---- _xHHHH_ ---- */

static int hex(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte = (char)(byte | 0x20);
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The character of an escape that begins at text, or -1; a zero and halves of pairs are no characters. */
static int escaped(const char *text, size_t len)
{
	int code = 0;
	if (len < 7 || text[0] != '_' || text[1] != 'x' || text[6] != '_')
		return -1;
	for (size_t i = 2; i < 6; i++) {
		if (hex(text[i]) < 0)
			return -1;
		code = code * 16 + hex(text[i]);
	}
	return code == 0 || (code >= 0xD800 && code <= 0xDFFF) ? -1 : code;
}

static size_t put_utf8(char *at, int code)
{
	if (code < 0x80) {
		at[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		at[0] = (char)(0xC0 | code >> 6);
		at[1] = (char)(0x80 | (code & 0x3F));
		return 2;
	}
	at[0] = (char)(0xE0 | code >> 12);
	at[1] = (char)(0x80 | (code >> 6 & 0x3F));
	at[2] = (char)(0x80 | (code & 0x3F));
	return 3;
}

size_t xlsx_unescape(char *text, size_t len)
{
	size_t kept = 0;
	for (size_t i = 0; i < len;) {
		int code = escaped(text + i, len - i);
		if (code < 0) {
			text[kept++] = text[i++];
			continue;
		}
		kept += put_utf8(text + kept, code);
		i += 7;
	}
	text[kept] = '\0';
	return kept;
}

/* ---- Flaws ---- */

static const struct {
	const char *en, *ru;
} FLAWS[] = {
	[XLSX_FLAW_NONE] = {"", ""},
	[XLSX_FLAW_ERROR] = {"an error stands in the cell: mend its formula or type the value",
	                         "в ячейке ошибка: исправьте формулу или введите значение"},
	[XLSX_FLAW_FORMULA] = {"the formula has no stored value: open the file in Excel and save it",
	                           "у формулы нет сохранённого значения: откройте файл в Excel и сохраните его"},
	[XLSX_FLAW_MERGED] = {"the cell is merged with the one to its left: unmerge them and fill in both",
	                          "ячейка объединена с соседней слева: отмените объединение и заполните обе"},
	[XLSX_FLAW_PERCENT] = {"the cell has a percentage format, and Excel stores 0.05 for 5 %: choose the format \"Number\" and type 5",
	                           "у ячейки процентный формат, и вместо 5 % Excel хранит 0,05: выберите формат «Числовой» и введите 5"},
	[XLSX_FLAW_DIGITS] = {"a number of more than 15 digits: Excel has lost the rest; choose the format \"Text\" and type it again",
	                          "число длиннее 15 цифр: остальные Excel потерял; выберите формат «Текстовый» и введите его снова"},
	[XLSX_FLAW_SMALL] = {"a number too small to be meant: round it", "слишком малое число: округлите его"},
	[XLSX_FLAW_DATE] = {"the cell is formatted as a date, and the number is none: type the date again",
	                        "у ячейки формат даты, но число в ней — не дата: введите дату снова"},
};

enum status xlsx_flaw_tell(enum xlsx_flaw flaw, const char *text, struct fault *fault)
{
	enum status status = fault_say(fault, STATUS_INVALID, "bad_cell", "", -1, FLAWS[flaw].en, FLAWS[flaw].ru);
	if (text[0] != '\0')
		fault_place(fault, "%.60s: ", "%.60s: ", text);
	return status;
}
