#include "services/cli/cli_rank_replicates.h"

#define ARENA_BYTES_MAX ((size_t)16 * 1024 * 1024 * 1024)
#define BLOCK           16  /* units described at a time: a line of the cache of each replicate */

struct job {
	const struct rank_replicates *replicates;
	uint32_t *places;
	double *scores;
	struct ranking_place_statistics *statistics;
};

/* ---- ranking: a piece is a set of weights, or a draw ---- */

static void rank_sets(void *context, size_t first, size_t end)
{
	const struct job *job = context;
	const struct ranking_table *table = job->replicates->table;
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	struct ranking_replicator replicator;
	ranking_replicator_init(&replicator, arena, table);
	for (size_t i = first; i < end; i++)
		ranking_replicate(&replicator, &job->replicates->sets[i], &job->places[i * table->units]);
	arena_destroy(&arena);
}

static void rank_draws(void *context, size_t first, size_t end)
{
	const struct job *job = context;
	size_t units = job->replicates->table->units;
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	struct arena *work = arena_new(ARENA_BYTES_MAX);
	struct ranking_sampler sampler;
	ranking_sampler_init(&sampler, arena, work, job->replicates->uncertainty);
	for (size_t i = first; i < end && units > 0; i++) {
		ranking_sampler_draw(&sampler, i, NULL, &job->places[i * units]);
		if (job->scores != NULL)
			ranking_sampler_scores(&sampler, &job->scores[i * units]);
	}
	arena_destroy(&work);
	arena_destroy(&arena);
}

enum status rank_replicates_run(const struct rank_replicates *replicates, uint32_t *ret_places, double *ret_scores,
                                struct fault *fault)
{
	struct job job = {.replicates = replicates, .places = ret_places, .scores = ret_scores};
	return rank_threads_run(replicates->threads, replicates->count, replicates->sets != NULL ? rank_sets : rank_draws, &job,
	                        fault);
}

/* ---- describing: a piece is a unit ---- */

/* The places of a few units, one unit after another. */
static void gather(const struct job *job, size_t first, size_t count, uint32_t *gathered)
{
	size_t replicates = job->replicates->count;
	for (size_t i = 0; i < replicates; i++) {
		for (size_t k = 0; k < count; k++)
			gathered[k * replicates + i] = job->places[i * job->replicates->table->units + first + k];
	}
}

static void describe_units(void *context, size_t first, size_t end)
{
	const struct job *job = context;
	size_t replicates = job->replicates->count;
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	uint32_t *gathered = arena_array(arena, uint32_t, BLOCK * replicates);
	uint32_t *counts = arena_array(arena, uint32_t, job->replicates->table->units + 1);
	for (; first < end; first += BLOCK) {
		size_t count = end - first < BLOCK ? end - first : BLOCK;
		gather(job, first, count, gathered);
		for (size_t k = 0; k < count; k++)
			job->statistics[first + k] = ranking_place_statistics_of(&gathered[k * replicates], replicates, counts);
	}
	arena_destroy(&arena);
}

enum status rank_replicates_describe(const struct rank_replicates *replicates, const uint32_t *places,
                                     struct ranking_place_statistics *ret_statistics, struct fault *fault)
{
	/* The places are only read here. */
	struct job job = {
		.replicates = replicates, .places = (uint32_t *)(uintptr_t)places, .statistics = ret_statistics};
	return rank_threads_run(replicates->threads, replicates->table->units, describe_units, &job, fault);
}
