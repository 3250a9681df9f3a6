#include "services/cli/cli_recompute_core.h"

#include <stdio.h>
#include <stdlib.h>

static const char *figure_text(struct replay *replay, struct arena *arena, const struct definitions *definitions, const char *code,
                               struct calendar_period period)
{
	const struct definition *definition = definition_find(definitions, code);
	decimal value;
	if (replay == NULL || definition == NULL || definition->of_others || !replay_value(replay, definition, "", period, &value))
		return NULL;
	return decimal_format(value, arena_alloc(arena, DECIMAL_TEXT_SIZE));
}

/* A region that joined before has joined, also where its log does not speak of the period. */
static bool has_joined(struct replay *replay, const struct definitions *definitions, struct calendar_period period)
{
	const struct definition *joined = definition_find(definitions, "joined");
	if (replay == NULL || joined == NULL)
		return false;
	struct figure figure = cells_figure(replay_cells(replay), joined, "", period);
	return !figure.missing && figure.value.millionths > 0;
}

struct ranking_region recompute_figures(struct replay *replay, struct arena *arena, const struct definitions *definitions,
                                        const struct methodology *methodology, const char *code, const char *period_code)
{
	struct ranking_region figures = {.region = code};
	struct calendar_period period;
	const char **texts = arena_array(arena, const char *, methodology->indicator_count);
	figures.figures = texts;
	if (!calendar_period_parse(period_code, &period))
		return figures;
	const char *measured = figure_text(replay, arena, definitions, "measured", period);
	for (size_t i = 0; i < methodology->indicator_count; i++)
		texts[i] = figure_text(replay, arena, definitions, methodology->indicators[i].code, period);
	figures.measured = measured == NULL ? 0 : strtoll(measured, NULL, 10);
	figures.joined = has_joined(replay, definitions, period);
	return figures;
}

/* ---- What others tell ---- */

void recompute_add_others(struct replay *replay, const struct definitions *definitions, const struct methodology *methodology,
                          const char *period_code, struct recompute_others *others)
{
	struct calendar_period period;
	if (!calendar_period_parse(period_code, &period))
		return;
	for (size_t i = 0; i < methodology->indicator_count; i++) {
		const struct definition *definition = definition_find(definitions, methodology->indicators[i].code);
		for (size_t region = 0; definition != NULL && definition->of_others && region < others->count; region++) {
			char subject[SUBJECT_TEXT_SIZE];
			snprintf(subject, sizeof subject, "%s%s", subject_kind_prefix(SUBJECT_OTHER_REGION), others->codes[region]);
			struct figure figure = cells_stored_figure(replay_cells(replay), definition, subject, period);
			if (figure.empty || figure.missing)
				continue;
			others->sums[region * methodology->indicator_count + i] += figure.value.millionths;
			others->told[region * methodology->indicator_count + i] = true;
		}
	}
}

void recompute_take_others(struct ranking_region *regions, struct arena *arena, const struct definitions *definitions,
                           const struct methodology *methodology, const struct recompute_others *others)
{
	for (size_t region = 0; region < others->count; region++) {
		const char **texts = arena_array(arena, const char *, methodology->indicator_count);
		for (size_t i = 0; i < methodology->indicator_count; i++) {
			const struct definition *definition = definition_find(definitions, methodology->indicators[i].code);
			size_t at = region * methodology->indicator_count + i;
			texts[i] = regions[region].figures[i];
			if (definition != NULL && definition->of_others && others->told[at])
				texts[i] = figure_sum_format(others->sums[at], arena_alloc(arena, FIGURE_SUM_SIZE));
		}
		regions[region].figures = texts;
	}
}
