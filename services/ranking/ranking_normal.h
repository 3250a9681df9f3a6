/* ranking_normal: the normal distribution: its share below a value, and draws from it. */
#ifndef EFFREG_RANKING_NORMAL_H
#define EFFREG_RANKING_NORMAL_H

#include "services/ranking/ranking_random.h"

/* Φ(z), by the complementary error function; 0 and 1 beyond its reach, exact to a few units of the last place. */
double ranking_normal_below(double z);

/* Independent standard normals by the polar method (Marsaglia and Bray, 1964), two from each accepted pair; the second of
 * the last pair is dropped when count is odd, so a run of draws does not depend on what was drawn before it. */
void ranking_normal_draw(struct ranking_random *random, double *ret_draws, size_t count);

#endif
