/* ranking_figures: a rating's document as input again: whoever has it and the methodology can compute it anew, explain it,
 * or see what another methodology would have made of the same figures. */
#ifndef EFFREG_RANKING_FIGURES_H
#define EFFREG_RANKING_FIGURES_H

#include "services/ranking/ranking_core.h"

/* The regions (or authorities) of the document's rows, in their order, with the figures that methodology names: one that the
 * document does not have is missing. Everything lives in arena, texts are borrowed from document. INVALID (code "document",
 * pointer) when a row is not whole. */
enum status ranking_figures_read(struct arena *arena, const struct json *document, const struct methodology *methodology,
                                 struct ranking_region **ret_regions, size_t *ret_count, struct fault *fault) MUST_CHECK;

/* ranking_compute over them. By the document's own methodology the result_digest is that of the document, unless it was
 * changed. A document of authorities keeps its own number of projects for eligibility. */
enum status ranking_figures_rate(struct arena *arena, const struct json *document, const struct methodology *methodology,
                                 const struct ranking_run **ret_run, struct fault *fault) MUST_CHECK;

/* The table of those who might be rated, as the engine takes it: by the columns of methodology. */
enum status ranking_figures_input(struct arena *arena, const struct json *document, const struct methodology *methodology,
                                  struct ranking_input *ret_input, struct fault *fault) MUST_CHECK;

/* The row of a region, by OKTMO or ISO code, or of an authority of the rated ones by its id; NULL. */
const struct json *ranking_figures_find(const struct json *document, const char *unit);

/* A document is of this methodology: code and version. */
bool ranking_figures_fits(const struct json *document, const struct methodology *methodology);

#endif
