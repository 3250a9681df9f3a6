/* cli_generate_governance: how a region steers the programme: the Club with its chair and cup, meetings and instructions,
 * roles, centres, contests, bonuses, and what it says of itself in public. */
#ifndef EFFREG_CLI_GENERATE_GOVERNANCE_H
#define EFFREG_CLI_GENERATE_GOVERNANCE_H

#include "services/cli/cli_generate_project.h"

void generate_governance_make(const struct generate_project_context *context);

#endif
