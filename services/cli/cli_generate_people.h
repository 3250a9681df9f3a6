/* cli_generate_people: a region's joining, its civil servants, trainings and published practices. */
#ifndef EFFREG_CLI_GENERATE_PEOPLE_H
#define EFFREG_CLI_GENERATE_PEOPLE_H

#include "services/cli/cli_generate_project.h"

void generate_people_joining(const struct generate_plan *plan, struct generate_journal *journal);
void generate_people_headcount(const struct generate_plan *plan, const struct generate_region *region, uint64_t seed,
                               struct generate_journal *journal);
/* Change teams, mentors and whom they teach. */
void generate_people_teams(const struct generate_project_context *context);
void generate_people_trainings(const struct generate_plan *plan, const struct generate_region *region, uint64_t seed,
                               struct generate_journal *journal);
/* Practices come from closed projects; projects in the order of opening, already made. */
void generate_people_practices(const struct generate_plan *plan, const struct generate_region *region, uint64_t seed,
                               const struct generate_project *projects, size_t projects_count,
                               struct generate_journal *journal);

#endif
