/* ranking_load: how long the rating engine takes on one core.
 *
 *   bench_ranking_load [--runs N]
 *
 * Values are drawn from a fixed seed; the shape of each case is that of the limit it is held against. A figure is the best
 * of N runs. Prints one JSON object. */
#include "services/ranking/ranking_replicate.h"
#include "tests/bench/bench_arguments.h"
#include "tests/bench/bench_clock.h"

#include <stdio.h>

#define ARENA_BYTES ((size_t)4 * 1024 * 1024 * 1024)
#define SEED        20260101

/* A table of units × indicators below a tree of two levels: each node has up to `fan` indicators. */
struct bench_case {
	const char *name;
	size_t units, indicators, fan;
	const char *normalise, *aggregate;
	bool flat;
};

static const struct methodology *make_methodology(struct arena *arena, const struct bench_case *bench)
{
	struct buf text;
	struct fault fault = {0};
	const struct json *json;
	const struct methodology *methodology = NULL;
	buf_init(&text, 1024 * 1024);
	buf_printf(&text, "{\"code\":\"bench\",\"version\":1,\"nodes\":[{\"code\":\"index\"}");
	for (size_t i = 0; !bench->flat && i < (bench->indicators + bench->fan - 1) / bench->fan; i++)
		buf_printf(&text, ",{\"code\":\"n%zu\",\"parent\":\"index\"}", i);
	buf_text(&text, "],\"indicators\":[");
	for (size_t i = 0; i < bench->indicators; i++) {
		buf_printf(&text, "%s{\"code\":\"x%zu\",\"parent\":", i > 0 ? "," : "", i);
		if (bench->flat)
			buf_text(&text, "\"index\"}");
		else
			buf_printf(&text, "\"n%zu\"}", i / bench->fan);
	}
	buf_printf(&text, "],\"normalise\":{\"method\":\"%s\"},\"aggregate\":[{\"method\":\"%s\"}]}", bench->normalise,
	           bench->aggregate);
	char *copy = arena_text(arena, text.at, text.len);
	ASSERT(json_parse(arena, copy, text.len, &JSON_LIMITS_DOCUMENT, &json, &fault) == STATUS_OK);
	ASSERT(methodology_read(arena, json, &methodology, &fault) == STATUS_OK);
	buf_clear(&text);
	return methodology;
}

static struct ranking_input make_input(struct arena *arena, const struct bench_case *bench)
{
	double *values = arena_array(arena, double, bench->units * bench->indicators);
	struct ranking_random random;
	ranking_random_init(&random, SEED, 0);
	for (size_t i = 0; i < bench->units * bench->indicators; i++)
		values[i] = ranking_random_unit(&random) * 1000;
	return (struct ranking_input){.units = bench->units, .values = values};
}

/* All stages, once; or with `replicates`, so many sets of weights over one table. */
static void work(struct arena *arena, const struct methodology *methodology, const struct ranking_input *input,
                 size_t replicates)
{
	struct ranking_scores scores;
	struct ranking_table *table;
	struct ranking_replicator replicator;
	struct ranking_weights weights;
	ASSERT(ranking_engine_prepare(arena, methodology, input, &table, NULL) == STATUS_OK);
	if (replicates == 0) {
		ranking_engine_rate(table, &scores);
		return;
	}
	uint32_t *places = arena_array(arena, uint32_t, input->units);
	ranking_replicator_init(&replicator, arena, table);
	ranking_weights_init(&weights, arena, methodology);
	for (size_t i = 0; i < replicates; i++) {
		ranking_replicate_draw(methodology, SEED, i, 0.25, &weights);
		ranking_replicate(&replicator, &weights, places);
	}
}

static int64_t best_us(const struct bench_case *bench, size_t replicates, size_t runs)
{
	struct arena *fixed = arena_new(ARENA_BYTES);
	struct arena *arena = arena_new(ARENA_BYTES);
	const struct methodology *methodology = make_methodology(fixed, bench);
	struct ranking_input input = make_input(fixed, bench);
	int64_t best = INT64_MAX;
	for (size_t i = 0; i < runs; i++) {
		arena_reset(arena);
		int64_t start = bench_now_us();
		work(arena, methodology, &input, replicates);
		int64_t took = bench_now_us() - start;
		best = took < best ? took : best;
	}
	arena_destroy(&arena);
	arena_destroy(&fixed);
	return best;
}

int main(int argc, char **argv)
{
	static const struct bench_case REGIONS = {"rank_83x20", 83, 20, 4, "min-max", "arithmetic", false};
	static const struct bench_case ASEM = {"ua1", 51, 49, 6, "min-max", "arithmetic", false};
	static const struct bench_case AREAS = {"areas", 33755, 7, 7, "exponential-rank", "arithmetic", true};
	static const struct bench_case COPELAND = {"copeland", 51, 49, 49, "min-max", "copeland", true};
	size_t runs = bench_argument_number(argc, argv, "runs", "20");
	printf("{\"rank_83x20_us\":%lld", (long long)best_us(&REGIONS, 0, runs * 20));
	printf(",\"ua1_ms\":%.3f", (double)best_us(&ASEM, 2000, runs) / 1e3);
	printf(",\"areas_ms\":%.3f", (double)best_us(&AREAS, 0, runs) / 1e3);
	printf(",\"areas_200_s\":%.3f", (double)best_us(&AREAS, 200, 1) / 1e6);
	printf(",\"copeland_ms\":%.3f}\n", (double)best_us(&COPELAND, 0, runs) / 1e3);
	return 0;
}
