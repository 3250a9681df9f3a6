/* cli_report_view: what the sections of a report share: the input, the period as days, and how one looks at a thing. */
#ifndef EFFREG_CLI_REPORT_VIEW_H
#define EFFREG_CLI_REPORT_VIEW_H

#include "services/cli/cli_report_core.h"

#define REPORT_DAY_SIZE 11

struct report_view {
	const struct report_input *input;
	struct report_document *document;
	struct arena *arena;
	enum cli_lang lang;
	struct calendar_period period;
	char from[REPORT_DAY_SIZE], to[REPORT_DAY_SIZE];  /* first and last day */
	const char *subject;                              /* of the cells: "" or "authority/A1" */
	bool *told;                                       /* by ordinal of the definition: stands in some section */
};

/* ---- Things ---- */

/* Next thing of the kind that belongs to the report's body, from *at on; NULL at the end. Those none of whose events is in
 * effect are left out.
 *     size_t at = 0; for (const struct report_entity *e; (e = report_next(view, ENTITY_PROJECT, &at)) != NULL; ) */
const struct report_entity *report_next(const struct report_view *view, enum entity_kind kind, size_t *at);
/* The same among what other regions report. */
const struct report_entity *report_next_other(const struct report_view *view, enum entity_kind kind, size_t *at);
const struct report_entity *report_find(const struct report_view *view, enum entity_kind kind, const char *id);

const char *report_attribute(const struct report_entity *entity, const char *name);  /* a text, or NULL */
int64_t report_count_of(const struct report_entity *entity, const char *name);       /* a number, or 0 */
bool report_is(const struct report_entity *entity, const char *name);                /* true */
bool report_equals(const struct report_entity *entity, const char *name, const char *text);
/* The attribute in the report's language; "" when there is none. */
const char *report_title(const struct report_view *view, const struct report_entity *entity, const char *name);

bool report_within(const struct report_view *view, const char *date);   /* a day of the period; NULL is none */
bool report_by_end(const struct report_view *view, const char *date);   /* on its last day or before; NULL is not */
const char *report_day(const struct report_view *view, const struct report_entity *entity, const char *name);

/* ---- Names ---- */

const char *report_region_name(const struct report_view *view, const char *oktmo);
const char *report_sphere_name(const struct report_view *view, const char *code);
const char *report_authority_name(const struct report_view *view, const char *id);  /* "" for NULL */

/* ---- Writing ---- */

/* Figures of these codes, in this order, those that are known or that count things; NULL ends the list. */
void report_figures_add(struct report_view *view, struct report_section *section, const char *const *codes);
/* These need no line: the sections say it in words. */
void report_figures_omit(struct report_view *view, const char *const *codes);
const char *report_count_text(const struct report_view *view, int64_t count);

/* ---- The sections, each in a file of its own ---- */

void report_add_place(struct report_view *view);
void report_add_portfolio(struct report_view *view);
void report_add_results(struct report_view *view);
void report_add_people(struct report_view *view);
void report_add_sharing(struct report_view *view);
void report_add_problems(struct report_view *view);
void report_add_governance(struct report_view *view);  /* instructions, then the rest */
void report_add_quality(struct report_view *view);

#endif
