#include "services/cli/cli_rank_replicates.h"

#include <pthread.h>

#define ARENA_BYTES_MAX ((size_t)16 * 1024 * 1024 * 1024)
#define BLOCK           16  /* units described at a time: a line of the cache of each replicate */

/* Pieces first to end, by one thread. */
struct share {
	const struct rank_replicates *replicates;
	size_t first, end;
	uint32_t *places;
	struct ranking_place_statistics *statistics;
	pthread_t thread;
};

/* model: all of the work, of `count` pieces, to be shared among the threads. */
static enum status share_out(const struct share *model, size_t count, void *(*work)(void *), struct fault *fault)
{
	struct share shares[RANK_THREADS_MAX];
	unsigned threads = model->replicates->threads;
	unsigned started = 0;
	ASSERT(threads >= 1 && threads <= RANK_THREADS_MAX);
	for (; started < threads; started++) {
		struct share *share = &shares[started];
		*share = *model;
		share->first = count * started / threads;
		share->end = count * (started + 1) / threads;
		if (pthread_create(&share->thread, NULL, work, share) != 0)
			break;
	}
	for (unsigned i = 0; i < started; i++)
		pthread_join(shares[i].thread, NULL);
	if (started < threads)
		return fault_set(fault, STATUS_UNAVAILABLE, "threads", "", -1, "only %u threads could be started", started);
	return STATUS_OK;
}

/* ---- ranking: a piece is a set of weights ---- */

static void *rank_sets(void *context)
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
	const struct share model = {.replicates = replicates, .places = ret_places};
	return share_out(&model, replicates->count, rank_sets, fault);
}

/* ---- describing: a piece is a unit ---- */

/* The places of a few units, one unit after another. */
static void gather(const struct share *share, size_t first, size_t count, uint32_t *gathered)
{
	size_t replicates = share->replicates->count;
	for (size_t i = 0; i < replicates; i++) {
		for (size_t k = 0; k < count; k++)
			gathered[k * replicates + i] = share->places[i * share->replicates->table->units + first + k];
	}
}

static void *describe_units(void *context)
{
	const struct share *share = context;
	size_t replicates = share->replicates->count;
	size_t units = share->replicates->table->units;
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	uint32_t *gathered = arena_array(arena, uint32_t, BLOCK * replicates);
	uint32_t *counts = arena_array(arena, uint32_t, units + 1);
	for (size_t first = share->first; first < share->end; first += BLOCK) {
		size_t count = share->end - first < BLOCK ? share->end - first : BLOCK;
		gather(share, first, count, gathered);
		for (size_t k = 0; k < count; k++)
			share->statistics[first + k] = ranking_place_statistics_of(&gathered[k * replicates], replicates, counts);
	}
	arena_destroy(&arena);
	return NULL;
}

enum status rank_replicates_describe(const struct rank_replicates *replicates, const uint32_t *places,
                                     struct ranking_place_statistics *ret_statistics, struct fault *fault)
{
	/* The places are only read here. */
	const struct share model = {
		.replicates = replicates, .places = (uint32_t *)(uintptr_t)places, .statistics = ret_statistics};
	return share_out(&model, replicates->table->units, describe_units, fault);
}
