/* cli_generate_facts: the regions with published figures (DOMAIN.md, section 6) as plans. */
#ifndef EFFREG_CLI_GENERATE_FACTS_H
#define EFFREG_CLI_GENERATE_FACTS_H

#include "services/cli/cli_generate_plan.h"

/* NULL when nothing is published about the region. */
const struct generate_plan *generate_facts_find(const char *oktmo);

#endif
