/* rules: what figures follow beside events: units, measures, the calendar and the definitions of indicators.
 *
 * Dictionaries, and what is not given, are those this program was built with. Both files are checked against their schemas. */
#ifndef EFFREG_METRICS_RULES_H
#define EFFREG_METRICS_RULES_H

#include "common/crypto.h"
#include "services/metrics/definition.h"
#include "services/metrics/entity_fold.h"

#define RULES_BYTES_MAX ((size_t)4 * 1024 * 1024)

struct rules {
	struct fold_rules fold;
	const struct definitions *definitions;
	struct span definitions_text;                     /* as given */
	char definitions_digest[SHA256_HEX_SIZE];              /* SHA-256 of it, hex */
	struct arena *arena;
	struct unit_table *units;
	struct measure_table *measures;
	struct calendar *calendar;
};

/* Texts of the two files, or empty spans; they are copied. INVALID, TOO_LARGE or UNSUPPORTED with fault, whose text names the file.
 * Fresh; give back with rules_destroy. */
enum status rules_new(struct span indicators, struct span calendar, struct rules **ret_rules, struct fault *fault) MUST_CHECK;
void rules_destroy(struct rules **rules);

#endif
