/* cli_generate_coordinator: what the federal coordinator tells of a region's projects: effects verified, disputes opened and resolved. */
#ifndef EFFREG_CLI_GENERATE_COORDINATOR_H
#define EFFREG_CLI_GENERATE_COORDINATOR_H

#include "services/cli/cli_generate_project.h"

#define GENERATE_COORDINATOR_SOURCE "coordinator/registry"

/* project is scheduled; whether it is verified is drawn. */
void generate_coordinator_verify(struct generate_journal *journal, const struct generate_region *region, uint64_t seed,
                                 const struct generate_project *project);

#endif
