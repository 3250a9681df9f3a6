#include "services/cli/cli_rank_replicates.h"

#include <pthread.h>

#define ARENA_BYTES_MAX ((size_t)16 * 1024 * 1024 * 1024)

/* Sets first to end, by one thread. */
struct share {
	const struct rank_replicates *replicates;
	size_t first, end;
	uint32_t *places;
	pthread_t thread;
};

static void *work(void *context)
{
	const struct share *share = context;
	const struct rank_replicates *replicates = share->replicates;
	const struct ranking_table *table = replicates->table;
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	struct ranking_replicator replicator;
	struct ranking_weights drawn;
	ranking_replicator_init(&replicator, arena, table);
	ranking_weights_init(&drawn, arena, table->methodology);
	for (size_t i = share->first; i < share->end; i++) {
		const struct ranking_weights *weights = replicates->sets == NULL ? &drawn : &replicates->sets[i];
		if (replicates->sets == NULL)
			ranking_replicate_draw(table->methodology, replicates->seed, i, replicates->perturb, &drawn);
		ranking_replicate(&replicator, weights, &share->places[i * table->units]);
	}
	arena_destroy(&arena);
	return NULL;
}

enum status rank_replicates_run(const struct rank_replicates *replicates, uint32_t *ret_places, struct fault *fault)
{
	struct share shares[RANK_THREADS_MAX];
	unsigned started = 0;
	ASSERT(replicates->threads >= 1 && replicates->threads <= RANK_THREADS_MAX);
	for (; started < replicates->threads; started++) {
		struct share *share = &shares[started];
		*share = (struct share){.replicates = replicates, .places = ret_places};
		share->first = replicates->count * started / replicates->threads;
		share->end = replicates->count * (started + 1) / replicates->threads;
		if (pthread_create(&share->thread, NULL, work, share) != 0)
			break;
	}
	for (unsigned i = 0; i < started; i++)
		pthread_join(shares[i].thread, NULL);
	if (started < replicates->threads)
		return fault_set(fault, STATUS_UNAVAILABLE, "threads", "", -1, "only %u threads could be started", started);
	return STATUS_OK;
}

void rank_replicates_describe(struct arena *arena, const uint32_t *places, size_t count, size_t units,
                              struct ranking_place_statistics *ret_statistics)
{
	uint32_t *counts = arena_array(arena, uint32_t, units + 1);
	for (size_t unit = 0; unit < units; unit++)
		ret_statistics[unit] = ranking_place_statistics_of(places, count, units, unit, counts);
}
