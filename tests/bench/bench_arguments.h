/* bench_arguments: "--name value" pairs of the programs that tests/bench/<name> drives. */
#ifndef EFFREG_BENCH_ARGUMENTS_H
#define EFFREG_BENCH_ARGUMENTS_H

#include "common/ident.h"

#define BENCH_REGIONS_MAX 83

/* The value of --name, or otherwise; when otherwise is NULL the option is required: exit 2. */
const char *bench_argument(int argc, char **argv, const char *name, const char *otherwise);
size_t bench_argument_number(int argc, char **argv, const char *name, const char *otherwise);
/* --regions 20000000,27000000: at most BENCH_REGIONS_MAX codes; exit 2 for anything else. Returns their number. */
size_t bench_argument_regions(int argc, char **argv, char regions[BENCH_REGIONS_MAX][OKTMO_TEXT_SIZE]);

#endif
