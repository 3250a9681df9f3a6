/* measure: the indicators that a project may have, as the dictionary (proto/registry/indicators.csv) has them: which
 * direction is better, in which families of units they are measured, and whether they tell of the process itself.
 *
 * Money counts only beside a measured indicator of the process: a budget cut is no effect. */
#ifndef EFFREG_METRICS_MEASURE_H
#define EFFREG_METRICS_MEASURE_H

#include "services/metrics/unit.h"

#define MEASURES_MAX         64
#define MEASURE_FAMILIES_MAX 4

struct measure {
	char code[UNIT_TEXT_SIZE];
	bool higher_is_better;
	bool process;  /* of the process: time, labour, errors, steps …; not money, not opinions */
	char families[MEASURE_FAMILIES_MAX][UNIT_TEXT_SIZE];
	size_t families_count;
};

struct measure_table;

/* csv: with the columns code, better, unit_families and process among others. Otherwise STATUS_INVALID or
 * STATUS_TOO_LARGE with the line in fault. Fresh; give back with measure_table_destroy. */
enum status measure_table_new(struct span csv, struct measure_table **ret_table, struct fault *fault) MUST_CHECK;
void measure_table_destroy(struct measure_table **table);

/* Lives as long as the table; NULL when there is no such indicator. */
const struct measure *measure_find(const struct measure_table *table, const char *code);
bool measure_has_family(const struct measure *measure, const char *family);

#endif
