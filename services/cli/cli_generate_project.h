/* cli_generate_project: the events of one project, from its opening to the monitoring after it. */
#ifndef EFFREG_CLI_GENERATE_PROJECT_H
#define EFFREG_CLI_GENERATE_PROJECT_H

#include "services/cli/cli_generate_bodies.h"
#include "services/cli/cli_generate_journal.h"
#include "services/cli/cli_generate_plan.h"

struct generate_project {
	unsigned number;      /* from 1, in the order of opening */
	int opened, closed;   /* days; closed may lie after the data: then it is active to their end */
	const struct generate_fixed_project *fixed;  /* or NULL */
	char name[16];        /* "P-0001", and the rest: set by generate_project_make */
	const char *ru, *en;
	const char *sphere;
};

/* What all projects of a region share. */
struct generate_project_context {
	const struct generate_plan *plan;
	const struct generate_region *region;
	uint64_t seed;
	size_t projects;      /* of the region, for what is divided among them */
	struct generate_bodies *bodies;
	struct generate_journal *journal;
	struct arena *arena;
};

void generate_project_make(const struct generate_project_context *context, struct generate_project *project);

#endif
