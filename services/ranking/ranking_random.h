/* ranking_random: xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64.
 *
 * Substream i of a seed starts from the outputs 4i + 1 … 4i + 4 of splitmix64 over that seed: what a replicate draws
 * depends on its own number only, so threads and the order of work cannot show. */
#ifndef EFFREG_RANKING_RANDOM_H
#define EFFREG_RANKING_RANDOM_H

#include "common/base.h"

struct ranking_random {
	uint64_t state[4];
};

void ranking_random_init(struct ranking_random *random, uint64_t seed, uint64_t substream);
uint64_t ranking_random_next(struct ranking_random *random);
double ranking_random_unit(struct ranking_random *random);  /* uniform in [0, 1): the upper 53 bits */

/* Which of count alternatives a factor of [0, 1] stands for: [0, 1] is cut into equal parts, whatever values a sample of
 * the factor happens to reach (cutting the sample's own range gives shares that are none of a uniform factor's). */
size_t ranking_random_alternative(double factor, size_t count);

#endif
