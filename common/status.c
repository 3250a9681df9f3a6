#include "common/status.h"

#include <stdarg.h>
#include <stdio.h>

struct status_row {
	const char *name;
	enum status_group group;
	const char *text;
};

static const struct status_row STATUS_ROWS[] = {
#define STATUS_ROW(name, group, text) [STATUS_##name] = {#name, STATUS_GROUP_##group, text},
	STATUS_MAP(STATUS_ROW)
#undef STATUS_ROW
};

static const struct status_row *row_of(enum status status)
{
	ASSERT((size_t)status < ARRAY_COUNT(STATUS_ROWS));
	return &STATUS_ROWS[status];
}

enum status_group status_group(enum status status)
{
	return row_of(status)->group;
}

const char *status_name(enum status status)
{
	return row_of(status)->name;
}

const char *status_text(enum status status)
{
	return row_of(status)->text;
}

enum status fault_set(struct fault *fault, enum status status, const char *code, const char *pointer, long offset,
                      const char *format, ...)
{
	if (fault == NULL)
		return status;
	va_list arguments;
	fault->status = status;
	fault->offset = offset;
	snprintf(fault->code, sizeof fault->code, "%s", code);
	snprintf(fault->pointer, sizeof fault->pointer, "%s", pointer);
	va_start(arguments, format);
	vsnprintf(fault->text, sizeof fault->text, format, arguments);
	va_end(arguments);
	return status;
}
