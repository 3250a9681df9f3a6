/* xlsx_model: what the parts of workbook share: the opened book, and a cell's value as text. */
#ifndef EFFREG_XLSX_MODEL_H
#define EFFREG_XLSX_MODEL_H

#include "common/buf.h"
#include "common/package.h"
#include "common/xlsx.h"
#include "common/xml.h"

/* What the number format of a style makes of a number. */
enum xlsx_format { XLSX_NUMBER, XLSX_PERCENT, XLSX_DATE, XLSX_TIME, XLSX_DATE_TIME };

struct xlsx {
	struct package *package;
	struct xlsx_sheet sheets[XLSX_SHEETS_MAX];
	const char *parts[XLSX_SHEETS_MAX];   /* of the sheets */
	size_t sheets_count;
	bool is_1904;
	struct buf strings;                       /* shared texts, each terminated */
	struct buf starts;                        /* uint32_t: where each begins */
	size_t strings_count;
	enum xlsx_format *styles;
	size_t styles_count;
};

/* Whether an element is one of SpreadsheetML's own, of this name. */
bool xlsx_is_element(const struct xml_element *element, const char *name);

/* The part through an XML reader to its taker. */
enum status xlsx_read_part(struct xlsx *workbook, const char *part, const struct xml_taker *taker, struct fault *fault) MUST_CHECK;

enum status xlsx_load_strings(struct xlsx *workbook, const char *part, struct fault *fault) MUST_CHECK;
enum status xlsx_load_styles(struct xlsx *workbook, struct arena *arena, const char *part, struct fault *fault) MUST_CHECK;

/* A whole number without sign up to max; false for anything else, NULL too. */
bool xlsx_parse_index(const char *text, size_t max, size_t *ret_index) MUST_CHECK;
/* "C7": counted from 0 and from 1. */
bool xlsx_parse_place(struct span text, size_t *ret_column, size_t *ret_row) MUST_CHECK;
/* Undoes Excel's _x000D_ in place; returns the new length. */
size_t xlsx_unescape(char *text, size_t len);

enum xlsx_format xlsx_builtin_format(size_t id);
enum xlsx_format xlsx_read_format(const char *code);

/* The text of a number of this format, in arena; false when raw is no number. */
bool xlsx_number_text(struct arena *arena, const char *raw, enum xlsx_format format, bool is_1904, const char **ret_text,
                          enum xlsx_flaw *ret_flaw) MUST_CHECK;

#endif
