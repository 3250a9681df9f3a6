/* cli_generate_random: repeatable randomness: xoshiro256** seeded by splitmix64.
 *
 * Every topic of every region has its own stream, made from (seed, region, topic, index): leaving a region out,
 * or changing one topic, moves nothing in the others. Integers only: the same on any machine. */
#ifndef EFFREG_CLI_GENERATE_RANDOM_H
#define EFFREG_CLI_GENERATE_RANDOM_H

#include "common/base.h"

enum generate_topic {
	GENERATE_TOPIC_PLAN,
	GENERATE_TOPIC_BODIES,
	GENERATE_TOPIC_SCHEDULE,
	GENERATE_TOPIC_PROJECT,
	GENERATE_TOPIC_PEOPLE,
	GENERATE_TOPIC_PRACTICE,
	GENERATE_TOPIC_IDS,
	GENERATE_TOPIC_GOVERNANCE,
	GENERATE_TOPIC_FINDINGS,
	GENERATE_TOPIC_TEAMS,
	GENERATE_TOPIC_SLIPS,
	GENERATE_TOPIC_COORDINATOR,
};

struct generate_random {
	uint64_t state[4];
};

void generate_random_init(struct generate_random *random, uint64_t seed, uint64_t region, enum generate_topic topic,
                          uint64_t index);
uint64_t generate_random_next(struct generate_random *random);
int generate_random_below(struct generate_random *random, int count);             /* 0 .. count - 1; count >= 1 */
int generate_random_between(struct generate_random *random, int low, int high);   /* both ends included */
bool generate_random_chance(struct generate_random *random, int permille);
/* A triangle over middle ± spread: most values near the middle. */
int generate_random_around(struct generate_random *random, int middle, int spread);

#endif
