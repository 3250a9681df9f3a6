/* cli_generate_findings: what projects bring to light beside their figures: problems and risks, losses, lessons, standards,
 * what people say in surveys; and practices that are taken over from other regions. */
#ifndef EFFREG_CLI_GENERATE_FINDINGS_H
#define EFFREG_CLI_GENERATE_FINDINGS_H

#include "services/cli/cli_generate_project.h"

/* projects in the order of opening, already made. */
void generate_findings_make(const struct generate_project_context *context, const struct generate_project *projects);

#endif
