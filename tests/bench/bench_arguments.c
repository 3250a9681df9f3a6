#include "tests/bench/bench_arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const char *bench_argument(int argc, char **argv, const char *name, const char *otherwise)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strncmp(argv[i], "--", 2) == 0 && text_equal(argv[i] + 2, name))
			return argv[i + 1];
	}
	if (otherwise != NULL)
		return otherwise;
	(void)fprintf(stderr, "%s: --%s is needed\n", argv[0], name);
	exit(2);
}

size_t bench_argument_number(int argc, char **argv, const char *name, const char *otherwise)
{
	const char *text = bench_argument(argc, argv, name, otherwise);
	char *end = NULL;

	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);
	if (errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0')
		return (size_t)number;
	(void)fprintf(stderr, "%s: --%s is a number, not \"%s\"\n", argv[0], name, text);
	exit(2);
}

size_t bench_argument_regions(int argc, char **argv, char regions[BENCH_REGIONS_MAX][OKTMO_TEXT_SIZE])
{
	const char *at = bench_argument(argc, argv, "regions", NULL);

	for (size_t count = 0; count < BENCH_REGIONS_MAX && strcspn(at, ",") == OKTMO_LEN; count++) {
		(void)snprintf(regions[count], OKTMO_TEXT_SIZE, "%s", at);
		if (!ident_is_oktmo(regions[count]))
			break;
		if (at[OKTMO_LEN] == '\0')
			return count + 1;
		at += OKTMO_LEN + 1;
	}
	(void)fprintf(stderr, "%s: --regions are OKTMO codes with commas, at most %d\n", argv[0], BENCH_REGIONS_MAX);
	exit(2);
}
