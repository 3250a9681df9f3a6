/* xlsx_styles: which styles make a date, a time or a percentage of a number. */
#include "common/xlsx_model.h"

#include <stdlib.h>

struct format {
	size_t id;
	enum xlsx_format format;
};

struct styles {
	struct xlsx *workbook;
	struct format *formats;
	size_t formats_count;
	unsigned cells_depth;   /* of cellXfs; 0 outside. cellStyleXfs are of no cell */
};

static enum status too_many(struct fault *fault)
{
	return fault_tell(fault, STATUS_TOO_LARGE, "too_large", "", -1, "the workbook has more than %d styles or %d number formats",
	                  "в книге больше %d стилей или %d числовых форматов", XLSX_STYLES_MAX, XLSX_FORMATS_MAX);
}

static enum status add_format(struct styles *styles, const struct xml_element *element, struct fault *fault)
{
	size_t id;
	const char *code = xml_attribute(element, "", "formatCode");
	if (code == NULL || !xlsx_parse_index(xml_attribute(element, "", "numFmtId"), UINT32_MAX, &id))
		return STATUS_OK;  /* no style can name it */
	if (styles->formats_count == XLSX_FORMATS_MAX)
		return too_many(fault);
	styles->formats[styles->formats_count++] = (struct format){.id = id, .format = xlsx_read_format(code)};
	return STATUS_OK;
}

static enum xlsx_format find_format(const struct styles *styles, size_t id)
{
	for (size_t i = 0; i < styles->formats_count; i++) {
		if (styles->formats[i].id == id)
			return styles->formats[i].format;
	}
	return xlsx_builtin_format(id);
}

static enum status add_style(struct styles *styles, const struct xml_element *element, struct fault *fault)
{
	size_t id;
	struct xlsx *workbook = styles->workbook;
	if (workbook->styles_count == XLSX_STYLES_MAX)
		return too_many(fault);
	if (!xlsx_parse_index(xml_attribute(element, "", "numFmtId"), UINT32_MAX, &id))
		id = 0;
	workbook->styles[workbook->styles_count++] = find_format(styles, id);
	return STATUS_OK;
}

static enum status begin(void *context, const struct xml_element *element, struct fault *fault)
{
	struct styles *styles = context;
	if (element->depth == 2 && xlsx_is_element(element, "cellXfs"))
		styles->cells_depth = element->depth;
	if (element->depth == 3 && xlsx_is_element(element, "numFmt"))
		return add_format(styles, element, fault);
	if (element->depth == 3 && styles->cells_depth != 0 && xlsx_is_element(element, "xf"))
		return add_style(styles, element, fault);
	return STATUS_OK;
}

static enum status end(void *context, unsigned depth, struct fault *fault)
{
	struct styles *styles = context;
	(void)fault;
	if (depth == styles->cells_depth)
		styles->cells_depth = 0;
	return STATUS_OK;
}

/* The formats stand before the styles that name them: the schema says in which order. */
enum status xlsx_load_styles(struct xlsx *workbook, struct arena *arena, const char *part, struct fault *fault)
{
	struct styles styles = {.workbook = workbook};
	const struct xml_taker taker = {.begin = begin, .end = end, .context = &styles};
	styles.formats = arena_array(arena, struct format, XLSX_FORMATS_MAX);
	workbook->styles = arena_array(arena, enum xlsx_format, XLSX_STYLES_MAX);
	return xlsx_read_part(workbook, part, &taker, fault);
}
