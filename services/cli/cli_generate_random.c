#include "services/cli/cli_generate_random.h"

static uint64_t splitmix64(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void generate_random_init(struct generate_random *random, uint64_t seed, uint64_t region, enum generate_topic topic,
                          uint64_t index)
{
	uint64_t mixed = seed;

	/* Each part goes through a full mix before the next joins, so that neighbouring numbers do not give
	 * neighbouring streams. */
	mixed = splitmix64(&mixed) ^ region;
	mixed = splitmix64(&mixed) ^ (uint64_t)topic;
	mixed = splitmix64(&mixed) ^ index;
	for (size_t i = 0; i < ARRAY_COUNT(random->state); i++)
		random->state[i] = splitmix64(&mixed);
}

static uint64_t rotate_left(uint64_t x, int bits)
{
	return (x << bits) | (x >> (64 - bits));
}

uint64_t generate_random_next(struct generate_random *random)
{
	uint64_t *s = random->state;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

int generate_random_below(struct generate_random *random, int count)
{
	ASSERT(count >= 1);
	/* The high half scaled: its bias is below count / 2^32, nothing for a made-up history. */
	return (int)(((generate_random_next(random) >> 32) * (uint64_t)count) >> 32);
}

int generate_random_between(struct generate_random *random, int low, int high)
{
	ASSERT(low <= high);
	return low + generate_random_below(random, high - low + 1);
}

bool generate_random_chance(struct generate_random *random, int permille)
{
	return generate_random_below(random, 1000) < permille;
}

int generate_random_around(struct generate_random *random, int middle, int spread)
{
	int first = generate_random_between(random, -spread, spread);
	int second = generate_random_between(random, -spread, spread);

	return middle + (first + second) / 2;
}
