/* cli_report_core: one report of one body: a region, or an authority in it, in one period. From what is known of its things
 * (their attributes: services/metrics/project_fold.h, entity_fold.h), the definitions of indicators and the published rating
 * to a document (cli_report_document.h).
 *
 * Pure: the same input gives the same document. Figures are those of the definitions, so the report says what `effreg
 * indicator` says; a definition that an analyst adds appears in it by itself, under "other". What stands by the end of the
 * period is told by the dates of the things, what they are now only where no date says more. */
#ifndef EFFREG_CLI_REPORT_CORE_H
#define EFFREG_CLI_REPORT_CORE_H

#include "services/cli/cli_report_document.h"
#include "services/cli/cli_report_words.h"
#include "services/metrics/cell.h"

#define REPORT_ENTITIES_MAX ((size_t)1000 * 1000)

struct report_entity {
	enum entity_kind kind;
	const char *id;
	const struct json *attributes;
	const char *region;             /* whose log speaks of it */
};

/* A row of a rating. */
struct report_place {
	const char *body;               /* OKTMO code, or the authority's id where those of a region are rated */
	int64_t place, previous_place;  /* 0 = none */
	const char *score;              /* "" = none */
	const char *group, *reason;     /* codes, "" = none */
	const struct json *nodes;       /* {code: score}, or NULL when it is not published */
	const struct json *inputs;      /* {code: value}, or NULL */
};

struct report_rating {
	const char *kind;               /* "live", "interim", "final" */
	int64_t revision;
	const struct json *methodology; /* with nodes and indicators, or NULL */
	const struct report_place *rows;
	size_t rows_count;
};

struct report_input {
	enum cli_lang lang;
	const char *region;             /* OKTMO */
	const char *authority;          /* id, "" = the whole region */
	const char *period;             /* code */
	int64_t as_of_seq;              /* of the log, up to which the things are known */
	int64_t now_us;                 /* a source is silent before this or before the period's end, whichever is first */
	const struct report_entity *entities;
	size_t entities_count;
	const struct report_entity *others;  /* what other regions report of this one: adoptions, chair, cup, mentorships */
	size_t others_count;
	const struct definitions *definitions;
	struct cells *cells;            /* with the entities loaded, CELLS_ALL */
	const struct report_rating *rating;  /* NULL = there is none of the period */
	struct report_dictionary regions, spheres, indicators;
};

/* INVALID with fault: the period is none. NOT_FOUND: the region has no such authority. The document lives in arena and
 * borrows from the input. */
enum status report_make(const struct report_input *input, struct arena *arena, struct report_document **ret_document,
                        struct fault *fault) MUST_CHECK;

#endif
