/* backoff: how long to wait before trying again: twice as long after each failure, up to a maximum, and never for all at once.
 *
 * Pure: the randomness that spreads the waits comes in as an argument. */
#ifndef EFFREG_BACKOFF_H
#define EFFREG_BACKOFF_H

#include "common/base.h"

struct backoff {
	int64_t base_ms;    /* of the first wait */
	int64_t max_ms;     /* of any */
	unsigned failures;  /* since the last success */
};

/* Counts a failure. The wait is base · 2^(failures before it), at most max; of that, between a half and the whole: so that clients
 * that were cut off together do not come back together. random: 32 random bits. */
int64_t backoff_next_ms(struct backoff *backoff, uint32_t random) MUST_CHECK;
/* It worked: the next wait is the first again. */
void backoff_reset(struct backoff *backoff);

#endif
