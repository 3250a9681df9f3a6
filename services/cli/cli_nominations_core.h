/* cli_nominations_core: who is the best in one thing, beside the rating as a whole: a nomination for each group of indicators
 * (each node of the methodology's tree but the root) and one for the greatest rise. Pure.
 *
 * Only who is rated is nominated: a place is what a nomination stands on, so eligibility holds for both. The best figure wins;
 * equal figures, as the document has them, share it. A nomination in which nobody differs, or nobody rose, has no laureate
 * and is not listed. */
#ifndef EFFREG_CLI_NOMINATIONS_CORE_H
#define EFFREG_CLI_NOMINATIONS_CORE_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/json.h"
#include "services/cli/cli_lang.h"

#define NOMINATION_RISE "rise"

struct nomination {
	const char *code;             /* of the node, or NOMINATION_RISE */
	const char *title[2];         /* by enum cli_lang; the code where the methodology has no title */
	const char *value;            /* the laureates' score of the node, or places gained */
	const struct json **laureates;  /* rows of the document, in its order */
	size_t count;                 /* 1 or more */
};

/* Nodes in the order of the methodology's file, then the rise. Everything lives in arena; texts are borrowed from the JSON. */
size_t nominations_find(struct arena *arena, const struct json *document, const struct json *methodology,
                        const struct nomination **ret_nominations);

/* A row for each laureate: nomination, title_ru, title_en, value, region, iso, authority, place, name_ru, name_en. */
void nominations_write_csv(struct buf *buf, struct arena *arena, const struct json *document, const struct json *methodology);

#endif
