/* ranking_cases: small methodologies and tables for the tests of the engine. */
#ifndef EFFREG_RANKING_CASES_H
#define EFFREG_RANKING_CASES_H

#include <math.h>

#include "services/ranking/ranking_engine.h"

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define MISSING     NAN

static inline int make_arena(void **state)
{
	*state = arena_new(ARENA_BYTES);
	return 0;
}

static inline int drop_arena(void **state)
{
	struct arena *arena = *state;
	arena_destroy(&arena);
	return 0;
}

static inline const struct methodology *methodology_of(struct arena *arena, const char *text)
{
	const struct json *json;
	const struct methodology *methodology = NULL;
	struct fault fault = {0};
	if (json_parse(arena, text, strlen(text), &JSON_LIMITS_DOCUMENT, &json, &fault) != STATUS_OK)
		fail_msg("%s in %s", fault.text, text);
	if (methodology_read(arena, json, &methodology, &fault) != STATUS_OK)
		fail_msg("%s %s in %s", fault.pointer, fault.text, text);
	return methodology;
}

/* A methodology with the root "index", the indicators given and further members. */
static inline const struct methodology *flat_methodology(struct arena *arena, const char *indicators, const char *members)
{
	return methodology_of(arena, arena_printf(arena, "{\"code\":\"m\",\"version\":1,\"nodes\":[{\"code\":\"index\"}],"
	                                          "\"indicators\":[%s],%s}", indicators, members));
}

static inline struct ranking_scores run_input(struct arena *arena, const struct methodology *methodology,
                                              const struct ranking_input *input)
{
	struct ranking_scores scores = {0};
	struct fault fault = {0};
	if (ranking_engine_run(arena, methodology, input, &scores, &fault) != STATUS_OK)
		fail_msg("%s %s", fault.pointer, fault.text);
	return scores;
}

/* values: columns of the indicators, one after another. */
static inline struct ranking_scores run_columns(struct arena *arena, const struct methodology *methodology,
                                                const double *values, size_t units)
{
	struct ranking_input input = {.units = units, .values = values};
	return run_input(arena, methodology, &input);
}

/* Within 1e-12 of the larger; missing where missing is expected. */
static inline void check_numbers(const char *what, const double *computed, const double *expected, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		double size = fabs(expected[i]) > 1 ? fabs(expected[i]) : 1;
		if (isnan(expected[i]) != isnan(computed[i]) || fabs(computed[i] - expected[i]) > 1e-12 * size)
			fail_msg("%s, value %zu: %.17g, expected %.17g", what, i, computed[i], expected[i]);
	}
}

static inline bool has_note(const struct ranking_scores *scores, enum ranking_note_kind kind, size_t index, size_t count)
{
	for (size_t i = 0; i < scores->note_count; i++) {
		if (scores->notes[i].kind == kind && scores->notes[i].index == index && scores->notes[i].count == count)
			return true;
	}
	return false;
}

#endif
