/* cli_generate: the command `effreg generate`: demonstration data, one NDJSON file per ОКТМО. */
#ifndef EFFREG_CLI_GENERATE_H
#define EFFREG_CLI_GENERATE_H

#include "services/cli/cli_lang.h"

/* argv[0] is "generate". Returns the exit code: 0, 1 cannot write, 2 bad arguments. */
int cli_generate(int argc, char **argv, enum cli_lang lang);

#endif
