#include "services/cli/cli_rank_threads.h"

#include <pthread.h>

struct share {
	rank_work *work;
	void *context;
	size_t first, end;
	pthread_t thread;
};

static void *run_share(void *context)
{
	struct share *share = context;
	share->work(share->context, share->first, share->end);
	return NULL;
}

enum status rank_threads_run(unsigned threads, size_t pieces, rank_work *work, void *context, struct fault *fault)
{
	struct share shares[RANK_THREADS_MAX];
	unsigned started = 0;
	ASSERT(threads >= 1 && threads <= RANK_THREADS_MAX);
	for (; started < threads; started++) {
		struct share *share = &shares[started];
		*share = (struct share){.work = work, .context = context};
		share->first = pieces * started / threads;
		share->end = pieces * (started + 1) / threads;
		if (pthread_create(&share->thread, NULL, run_share, share) != 0)
			break;
	}
	for (unsigned i = 0; i < started; i++)
		pthread_join(shares[i].thread, NULL);
	if (started < threads)
		return fault_set(fault, STATUS_UNAVAILABLE, "threads", "", -1, "only %u threads could be started", started);
	return STATUS_OK;
}
