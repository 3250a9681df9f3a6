/* unit: the units of measurement, each of one family, with its factor into the family's base unit.
 *
 * Figures of different families are never compared: working and calendar days are two families. */
#ifndef EFFREG_METRICS_UNIT_H
#define EFFREG_METRICS_UNIT_H

#include "common/decimal.h"

#define UNITS_MAX      256
#define UNIT_TEXT_SIZE 33

struct unit {
	char code[UNIT_TEXT_SIZE];
	char family[UNIT_TEXT_SIZE];
	decimal factor;  /* above 0 */
};

struct unit_table;

/* csv: the text of proto/registry/units.csv, with the columns code, family and factor among others. Otherwise
 * STATUS_INVALID or STATUS_TOO_LARGE with the line in fault. Fresh; give back with unit_table_destroy. */
enum status unit_table_new(struct span csv, struct unit_table **ret_table, struct fault *fault) MUST_CHECK;
void unit_table_destroy(struct unit_table **table);

/* Lives as long as the table; NULL when there is no such unit. */
const struct unit *unit_find(const struct unit_table *table, const char *code);

/* value in the other unit, rounded half to even once. False for another family, or out of a decimal's range. */
bool unit_convert(decimal value, const struct unit *from, const struct unit *to, decimal *ret_value) MUST_CHECK;

/* A code or family out of a dictionary; false when it is empty or longer than a code may be. */
bool unit_text_copy(const char *field, char text[UNIT_TEXT_SIZE]) MUST_CHECK;

#endif
