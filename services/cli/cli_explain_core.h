/* cli_explain_core: the account of a place: what the score is made of, and why score and place are others than in an earlier
 * rating, from two documents and their methodologies (RATING.md section 3, 1 and 2). Pure.
 *
 * {"region", "name", "period", "cohort", "place", "score", "interval", "result_digest",
 *  "contributions": {"method", "base", "score", "indicators": [{"indicator", "title", "value", "normalised", "part", "weight"}]},
 *  "change": null | {"against", "kind", "revision", "places": [before, after], "scores": [before, after], "exact", "draws",
 *             "causes": [{"cause", "indicator", "title", "score", "score_error", "places", "places_error", "values"}],
 *             "rivals": [{"region", "name", "move", "places": [before, after], "cause", "through", "own"}]}}
 * and "lineage": whence the figures, when it was given. base + Σ part = score; Σ causes' score and places are the whole change: places[0] − places[1], where who is not rated
 * stands behind those rated. Decimals are numbers, rounded to 12 significant digits. */
#ifndef EFFREG_CLI_EXPLAIN_CORE_H
#define EFFREG_CLI_EXPLAIN_CORE_H

#include "services/ranking/ranking_methodology.h"

/* A rating with the rules it was computed by. */
struct explain_rating {
	const struct json *document;
	const struct json *methodology_json;
	const struct methodology *methodology;
};

struct explain_question {
	const char *unit;                    /* OKTMO or ISO code, or the id of an authority */
	struct explain_rating newer;
	const struct explain_rating *older;  /* as published; NULL = no change is asked for */
	const char *lineage;                 /* JSON (cli_lineage_core.h) for the member "lineage"; NULL = none */
	const struct json *older_now;        /* what is known of the older period by now; NULL = as published */
};

/* Scratch is of arena. NOT_FOUND (code "unit"): not in the newer rating; INVALID (code "document"): the figures do not give
 * its result_digest, or faults of the engine and of ranking_change_explain. */
enum status explain_write(struct arena *arena, struct buf *buf, const struct explain_question *question,
                          struct fault *fault) MUST_CHECK;

/* {"ru", "en"} of an indicator in the methodology's file, or NULL. */
const struct json *explain_title(const struct json *methodology_json, const char *indicator);

#endif
