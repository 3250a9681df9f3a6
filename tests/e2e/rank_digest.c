/* rank_digest: the result_digest of one cohort by several methodologies, a line each: what tests/e2e/compilers.sh compares
 * between compilers, optimisations and processors. Figures are drawn from a fixed seed; between them the methodologies take
 * logarithms, exponentials, powers and roots. */
#include "services/ranking/ranking_core.h"
#include "services/ranking/ranking_random.h"

#include <stdio.h>

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define REGIONS     83
#define INDICATORS  4

static const char *const METHODS[] = {
	"\"normalise\":{\"method\":\"min-max\"},\"aggregate\":[{\"method\":\"arithmetic\"}]",
	"\"normalise\":{\"method\":\"z-score\"},\"aggregate\":[{\"method\":\"power\",\"power\":3},{\"method\":\"arithmetic\"}]",
	"\"normalise\":{\"method\":\"exponential-rank\"},\"aggregate\":[{\"method\":\"geometric\"},{\"method\":\"power\",\"power\":1.7}]",
	"\"normalise\":{\"method\":\"goalposts\"},\"aggregate\":[{\"method\":\"harmonic\"},{\"method\":\"geometric\"}]",
	"\"outliers\":{\"method\":\"winsorise\",\"max_points\":1},\"normalise\":{\"method\":\"distance-to-max\"},"
	"\"aggregate\":[{\"method\":\"median\"},{\"method\":\"arithmetic\"}]",
	"\"normalise\":{\"method\":\"percentile-rank\"},\"aggregate\":[{\"method\":\"copeland\"}]",
};

static const struct methodology *read_methodology(struct arena *arena, const char *methods)
{
	const struct json *json = NULL;
	const struct methodology *methodology = NULL;
	struct fault fault = {0};
	const char *text = arena_printf(arena,
		"{\"code\":\"m\",\"version\":1,\"nodes\":[{\"code\":\"index\"},{\"code\":\"a\",\"parent\":\"index\",\"weight\":0.3},"
		"{\"code\":\"b\",\"parent\":\"index\",\"weight\":0.7}],\"indicators\":["
		"{\"code\":\"p\",\"parent\":\"a\",\"transform\":\"log\",\"goalposts\":[1,1000]},"
		"{\"code\":\"q\",\"parent\":\"a\",\"weight\":0.1,\"goalposts\":[0,900]},"
		"{\"code\":\"r\",\"parent\":\"b\",\"direction\":\"lower\",\"goalposts\":[100,1100]},"
		"{\"code\":\"s\",\"parent\":\"b\",\"weight\":3,\"transform\":\"log\",\"goalposts\":[0.5,1200]}],%s,"
		"\"ranking\":{\"decimals\":6}}", methods);
	enum status status = json_parse(arena, text, strlen(text), &JSON_LIMITS_DOCUMENT, &json, &fault);
	if (status == STATUS_OK)
		status = methodology_read(arena, json, &methodology, &fault);
	if (status != STATUS_OK)
		fprintf(stderr, "rank_digest: %s %s\n", fault.pointer, fault.text);
	return status == STATUS_OK ? methodology : NULL;
}

/* One figure in ten is missing, one in twenty far out. */
static const char *draw_figure(struct arena *arena, struct ranking_random *random)
{
	double kind = ranking_random_unit(random);
	unsigned whole = (unsigned)(ranking_random_unit(random) * 1000) + (kind < 0.15 ? 50000 : 1);
	unsigned thousandths = (unsigned)(ranking_random_unit(random) * 1000);
	return kind < 0.1 ? NULL : arena_printf(arena, "%u.%03u", whole, thousandths);
}

static void draw_regions(struct arena *arena, struct ranking_region regions[REGIONS])
{
	struct ranking_random random;
	ranking_random_init(&random, 20260101, 0);
	for (size_t i = 0; i < REGIONS; i++) {
		const char **figures = arena_array(arena, const char *, INDICATORS);
		for (size_t k = 0; k < INDICATORS; k++)
			figures[k] = draw_figure(arena, &random);
		regions[i] = (struct ranking_region){.region = arena_printf(arena, "%08zu", i + 1), .name_ru = "Область",
		                                     .name_en = "Oblast", .joined = true, .measured = 5, .figures = figures,
		                                     .head = ""};
	}
}

int main(void)
{
	struct ranking_region regions[REGIONS];
	struct arena *arena = arena_new(ARENA_BYTES);
	int exit_code = crypto_init() == STATUS_OK ? 0 : 1;
	draw_regions(arena, regions);
	for (size_t i = 0; i < ARRAY_COUNT(METHODS) && exit_code == 0; i++) {
		const struct ranking_run *run = NULL;
		struct fault fault = {0};
		const struct methodology *methodology = read_methodology(arena, METHODS[i]);
		if (methodology == NULL || ranking_compute(arena, methodology, "all", "2025", regions, REGIONS, &run, &fault) != STATUS_OK)
			exit_code = 1;
		else
			printf("%s\n", run->result_digest);
	}
	arena_destroy(&arena);
	return exit_code;
}
