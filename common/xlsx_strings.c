/* xlsx_strings: the table of shared texts. A text of several runs is their texts joined; the reading aids of East Asian texts (rPh) are
 * none of it. All of them stand in one block: a million small allocations would cost more than their texts. */
#include "common/xlsx_model.h"

#include <stdlib.h>

struct strings {
	struct xlsx *workbook;
	struct buf text;          /* of the item under way */
	unsigned text_depth;      /* of the t under way; 0 outside */
	unsigned aid_depth;       /* of the rPh under way; 0 outside */
};

static enum status begin(void *context, const struct xml_element *element, struct fault *fault)
{
	struct strings *strings = context;
	if (element->depth == 1 && !xlsx_is_element(element, "sst"))
		return fault_say(fault, STATUS_INVALID, "bad_xlsx", "", -1, "the table of texts is no table of texts: open the file in Excel and save it again",
		                 "таблица текстов повреждена: откройте файл в Excel и сохраните заново");
	if (element->depth == 2)
		buf_reset(&strings->text);
	if (xlsx_is_element(element, "rPh") && strings->aid_depth == 0)
		strings->aid_depth = element->depth;
	if (xlsx_is_element(element, "t") && strings->aid_depth == 0 && element->depth >= 3)
		strings->text_depth = element->depth;
	return STATUS_OK;
}

static enum status text(void *context, unsigned depth, struct span piece, struct fault *fault)
{
	struct strings *strings = context;
	(void)fault;
	if (strings->text_depth != 0 && depth == strings->text_depth)
		buf_append(&strings->text, piece.at, piece.len);
	return STATUS_OK;
}

static enum status keep(struct strings *strings, struct fault *fault)
{
	struct xlsx *workbook = strings->workbook;
	uint32_t start = (uint32_t)workbook->strings.len;
	size_t len = strings->text.len == 0 ? 0 : xlsx_unescape(strings->text.at, strings->text.len);
	buf_append(&workbook->starts, &start, sizeof start);
	buf_append(&workbook->strings, len == 0 ? "" : strings->text.at, len + 1);
	workbook->strings_count++;
	if (!buf_ok(&strings->text) || !buf_ok(&workbook->strings) || !buf_ok(&workbook->starts))
		return fault_say(fault, STATUS_TOO_LARGE, "too_large", "", -1,
		                 "the workbook has more than a million texts, more than 64 MiB of them, or a cell of more than 32,767 characters: split it",
		                 "в книге больше миллиона текстов, больше 64 МиБ текста или ячейка длиннее 32 767 знаков: разделите её");
	return STATUS_OK;
}

static enum status end(void *context, unsigned depth, struct fault *fault)
{
	struct strings *strings = context;
	if (depth == strings->text_depth)
		strings->text_depth = 0;
	if (depth == strings->aid_depth)
		strings->aid_depth = 0;
	return depth == 2 ? keep(strings, fault) : STATUS_OK;
}

enum status xlsx_load_strings(struct xlsx *workbook, const char *part, struct fault *fault)
{
	struct strings strings = {.workbook = workbook};
	const struct xml_taker taker = {.begin = begin, .end = end, .text = text, .context = &strings};
	buf_init(&strings.text, XLSX_CELL_BYTES_MAX);
	enum status status = xlsx_read_part(workbook, part, &taker, fault);
	buf_clear(&strings.text);
	return status;
}
