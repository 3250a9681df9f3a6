/* cli_export: a rating as a workbook (XLSX) whose formulas are alive: a reader changes a weight and every score and place
 * follows. The door to libxlsxwriter.
 *
 * Sheets: the rating, the weights, the scores (each region's figures on the scale, each node by its formula), the figures, and
 * what the document says of itself. Figures on the scale are numbers: no weight changes them. So are nodes that do not follow
 * from a formula over their children (median, Copeland, and nodes filled in from other regions): the sheet of weights says
 * which. */
#ifndef EFFREG_CLI_EXPORT_H
#define EFFREG_CLI_EXPORT_H

#include "services/cli/cli_lang.h"
#include "services/ranking/ranking_core.h"

struct export_rating {
	const struct json *document;
	const struct json *methodology_json;
	const struct ranking_run *run;        /* of the document's figures by this methodology */
	enum cli_lang lang;
};

/* UNAVAILABLE when the file cannot be written; scratch is of arena. */
enum status cli_export_xlsx(struct arena *arena, const struct export_rating *rating, const char *path,
                            struct fault *fault) MUST_CHECK;

#endif
