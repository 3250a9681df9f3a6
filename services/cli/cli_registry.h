/* cli_registry: the dictionaries embedded in this program, for commands that work without a database. */
#ifndef EFFREG_CLI_REGISTRY_H
#define EFFREG_CLI_REGISTRY_H

#include "services/cli/cli_generate_registry.h"

/* An embedded file by its path in the project; BUG with fault when this build has none. */
enum status registry_find_file(const char *path, struct span *ret_text, struct fault *fault) MUST_CHECK;
/* proto/registry/regions.csv */
enum status registry_load_regions(struct generate_registry *ret_registry, struct fault *fault) MUST_CHECK;
/* OKTMO or ISO code → OKTMO code; NOT_FOUND with fault. */
enum status registry_find_region(const char *code, char ret_region[OKTMO_TEXT_SIZE], struct fault *fault) MUST_CHECK;

#endif
