#include "services/ranking/ranking_interval.h"

#include <math.h>

#include "services/ranking/ranking_replicate.h"

/* replicates × units: the place of each. */
static const uint32_t *sample_places(struct arena *arena, const struct ranking_table *table,
                                     const struct ranking_sampling *sampling)
{
	struct ranking_replicator replicator;
	struct ranking_weights weights;
	uint32_t *places = arena_array(arena, uint32_t, (size_t)sampling->replicates * table->units);
	ranking_replicator_init(&replicator, arena, table);
	ranking_weights_init(&weights, arena, table->methodology);
	for (size_t i = 0; i < sampling->replicates; i++) {
		ranking_replicate_draw(table->methodology, sampling->seed, i, sampling->perturb, &weights);
		ranking_replicate(&replicator, &weights, &places[i * table->units]);
	}
	return places;
}

void ranking_intervals(struct arena *arena, const struct ranking_table *table, const struct ranking_sampling *sampling,
                       struct ranking_row *rows, size_t count)
{
	size_t replicates = sampling->replicates;
	if (replicates == 0 || table->units == 0)
		return;
	const uint32_t *places = sample_places(arena, table, sampling);
	uint32_t *own = arena_array(arena, uint32_t, replicates);
	uint32_t *counts = arena_array(arena, uint32_t, table->units + 1);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].place == 0)
			continue;
		for (size_t k = 0; k < replicates; k++)
			own[k] = places[k * table->units + rows[i].unit];
		struct ranking_place_statistics statistics = ranking_place_statistics_of(own, replicates, counts);
		if (isnan(statistics.q05))
			continue;
		rows[i].interval[0] = (unsigned)floor(statistics.q05);
		rows[i].interval[1] = (unsigned)ceil(statistics.q95);
	}
}
