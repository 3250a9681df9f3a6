/* cli_generate_core: the demonstration data: the whole history of one region as lines of events.
 *
 * Pure: the same seed gives the same bytes on any machine; a region's bytes depend on the seed, on `projects` and on
 * its own row of the registry only, never on which other regions are asked for. Published figures are in
 * cli_generate_facts; what kind of history is told in cli_generate_plan. */
#ifndef EFFREG_CLI_GENERATE_CORE_H
#define EFFREG_CLI_GENERATE_CORE_H

#include "common/arena.h"
#include "common/buf.h"
#include "services/cli/cli_generate_plan.h"
#include "services/cli/cli_generate_registry.h"

#define GENERATE_SEED_DEFAULT     2023
#define GENERATE_PROJECTS_DEFAULT 92  /* a mean; with it the 83 regions have about 100,000 events */

/* What the caller's arena and buf must be able to hold for one region. */
#define GENERATE_ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define GENERATE_LINES_BYTES_MAX ((size_t)256 * 1024 * 1024)

struct generate_options {
	uint64_t seed;
	int projects;  /* mean number of the regions without published figures: 1 .. GENERATE_PROJECTS_MEAN_MAX */
};

/* Appends the region's events to lines, one a line, in the order of `time`; the arena is used and not reset.
 * STATUS_TOO_LARGE when lines cannot hold them. */
enum status generate_region_events(const struct generate_options *options, const struct generate_region *region,
                                   struct arena *arena, struct buf *lines, size_t *ret_events) MUST_CHECK;

/* As well, but of the coordinator: what it verified and what was disputed, from a source of its own. Every effect is confirmed in the
 * end, so that no figure of the region depends on it. */
enum status generate_coordinator_events(const struct generate_options *options, const struct generate_region *region,
                                        struct arena *arena, struct buf *lines, size_t *ret_events) MUST_CHECK;

#endif
