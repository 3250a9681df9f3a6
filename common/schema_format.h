/* schema_format: what the keyword "format" asks where it is a check. */
#ifndef EFFREG_SCHEMA_FORMAT_H
#define EFFREG_SCHEMA_FORMAT_H

#include "common/base.h"

enum format {
	FORMAT_DATE,       /* RFC 3339 full-date */
	FORMAT_DATE_TIME,  /* RFC 3339 date-time */
	FORMAT_EMAIL,      /* RFC 5321 Mailbox */
	FORMAT_URI,        /* RFC 3986, with a scheme */
	FORMAT_UUID,       /* RFC 9562, 36 characters */
	FORMAT_COUNT,
};

bool format_find(const char *name, enum format *ret_format) MUST_CHECK;
bool format_holds(enum format format, const char *text);
const char *format_example(enum format format);

#endif
