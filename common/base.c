#include "common/base.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void assert_failed(const char *expression, const char *file, int line)
{
	fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, expression);
	abort();
}
