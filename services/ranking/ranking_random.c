#include "services/ranking/ranking_random.h"

#define SPLITMIX_STEP 0x9E3779B97F4A7C15ull

static uint64_t splitmix64(uint64_t *state)
{
	uint64_t z = *state += SPLITMIX_STEP;
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
	return z ^ (z >> 31);
}

void ranking_random_init(struct ranking_random *random, uint64_t seed, uint64_t substream)
{
	uint64_t state = seed + 4 * substream * SPLITMIX_STEP;
	for (size_t i = 0; i < ARRAY_COUNT(random->state); i++)
		random->state[i] = splitmix64(&state);
}

static uint64_t rotate_left(uint64_t x, unsigned bits)
{
	return (x << bits) | (x >> (64 - bits));
}

uint64_t ranking_random_next(struct ranking_random *random)
{
	uint64_t *s = random->state;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t shifted = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = rotate_left(s[3], 45);
	return result;
}

double ranking_random_unit(struct ranking_random *random)
{
	return (double)(ranking_random_next(random) >> 11) * 0x1p-53;
}

size_t ranking_random_alternative(double factor, size_t count)
{
	size_t alternative = factor > 0 ? (size_t)(factor * (double)count) : 0;
	return alternative < count ? alternative : count - 1;
}
