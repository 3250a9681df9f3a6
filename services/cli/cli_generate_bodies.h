/* cli_generate_bodies: the authorities, municipalities and institutions of one region, and who owns a project. */
#ifndef EFFREG_CLI_GENERATE_BODIES_H
#define EFFREG_CLI_GENERATE_BODIES_H

#include "common/arena.h"
#include "services/cli/cli_generate_journal.h"
#include "services/cli/cli_generate_plan.h"
#include "services/cli/cli_generate_random.h"

struct generate_body {
	char id[40];
	const char *ru, *en;
	const char *level;     /* "executive", "municipal", "institution" */
	const char *sphere;    /* of most of its projects */
	int registered;        /* day */
};

struct generate_bodies {
	struct generate_body *items;  /* the keenest first: coverage takes a head of this list */
	size_t count;
	size_t turn;                  /* whose turn it is where everyone takes part */
};

/* Makes them and enters their registrations into the journal. */
void generate_bodies_make(const struct generate_plan *plan, const struct generate_region *region, uint64_t seed,
                          struct arena *arena, struct generate_journal *journal, struct generate_bodies *ret_bodies);

/* An owner registered by that day, among the share of bodies that the year's coverage names. */
const struct generate_body *generate_bodies_owner(struct generate_bodies *bodies, const struct generate_plan *plan,
                                                  struct generate_random *random, int day);
/* Any body registered by that day. */
const struct generate_body *generate_bodies_any(const struct generate_bodies *bodies, struct generate_random *random,
                                                int day);

#endif
