#include "common/backoff.h"

int64_t backoff_next_ms(struct backoff *backoff, uint32_t random)
{
	int64_t whole_ms = backoff->base_ms;
	for (unsigned i = 0; i < backoff->failures && whole_ms < backoff->max_ms; i++)
		whole_ms *= 2;
	if (whole_ms > backoff->max_ms)
		whole_ms = backoff->max_ms;
	if (backoff->failures < UINT32_MAX)
		backoff->failures++;
	int64_t half_ms = whole_ms / 2;
	return half_ms + (int64_t)((uint64_t)(whole_ms - half_ms) * random / UINT32_MAX);
}

void backoff_reset(struct backoff *backoff)
{
	backoff->failures = 0;
}
