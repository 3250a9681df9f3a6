/* schema_multiple: what "multipleOf" asks, between numbers as they were written. */
#ifndef EFFREG_SCHEMA_MULTIPLE_H
#define EFFREG_SCHEMA_MULTIPLE_H

#include "common/base.h"

/* Whether number is a whole multiple of divisor (> 0), each taken as the shortest decimal that reads as its double: exact
 * for what was written with up to 15 digits, whatever the quotient. Both must be finite. */
bool schema_is_multiple(double number, double divisor);

#endif
