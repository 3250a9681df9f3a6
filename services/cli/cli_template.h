/* cli_template: a mapping's table as an empty workbook to fill in: a sheet with the columns, their explanations, lists and formats, and a
 * sheet that says how. A door to libxlsxwriter.
 *
 * The sample row stands on the sheet of instructions, not in the table: who forgets to delete it there would push an invented project. */
#ifndef EFFREG_CLI_TEMPLATE_H
#define EFFREG_CLI_TEMPLATE_H

#include "common/mapping.h"
#include "services/cli/cli_lang.h"

#define TEMPLATE_ROWS 5000  /* that have lists and formats; more may be filled in */

/* needed: for each column whether a row cannot do without it; NULL when only the keys are known to be.
 * UNAVAILABLE when the file cannot be written; scratch is of arena. */
enum status template_write(struct arena *arena, const struct mapping *mapping, const bool *needed, enum cli_lang lang, const char *path,
                           struct fault *fault) MUST_CHECK;

#endif
