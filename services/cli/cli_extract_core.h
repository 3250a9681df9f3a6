/* cli_extract_core: a rating in words: the extract for the press, and one page about a region. Pure; in both languages.
 *
 * The page is one file of HTML without scripts and without anything fetched from elsewhere, for print as for the screen. */
#ifndef EFFREG_CLI_EXTRACT_CORE_H
#define EFFREG_CLI_EXTRACT_CORE_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/json.h"
#include "services/cli/cli_lang.h"

/* A cause of change in words; an indicator's own has its title instead. */
const char *extract_cause(const char *code, enum cli_lang lang);

/* A few sentences: who leads, who is the best in each group of indicators, who rose most, how many are rated; what it rests on.
 * methodology: its file; NULL: the groups are left out. */
void extract_press_write(struct buf *buf, struct arena *arena, const struct json *document, const struct json *methodology,
                         enum cli_lang lang);

/* account: what explain_write says of the region. history: rating.history's list, or NULL. */
void extract_summary_write(struct buf *buf, struct arena *arena, const struct json *account, const struct json *history,
                          enum cli_lang lang);

#endif
