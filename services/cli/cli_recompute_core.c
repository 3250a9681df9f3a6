#include "services/cli/cli_recompute_core.h"

#include <stdio.h>
#include <stdlib.h>

static const char *figure_text(struct replay *replay, struct arena *arena, const struct definitions *definitions, const char *code,
                               const char *subject, struct calendar_period period)
{
	const struct definition *definition = definition_find(definitions, code);
	decimal value;
	if (replay == NULL || definition == NULL || definition->of_others || !replay_value(replay, definition, subject, period, &value))
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

/* By the end of the period as many years before, a newcomer had not. */
static bool had_joined(struct replay *replay, const struct recompute_question *question)
{
	struct period before;
	struct calendar_period period;
	return ranking_cohort_period_before(question->period, question->cohort->years, &before) &&
	       calendar_period_parse(before.code, &period) && has_joined(replay, question->definitions, period);
}

/* Of the subject: "" is the region. */
static void take_figures(struct replay *replay, struct arena *arena, const struct recompute_question *question, const char *subject,
                         struct calendar_period period, struct ranking_region *region)
{
	const struct methodology *methodology = question->methodology;
	const char **texts = arena_array(arena, const char *, methodology->indicator_count);
	const char *measured = figure_text(replay, arena, question->definitions, "measured", subject, period);
	for (size_t i = 0; i < methodology->indicator_count; i++)
		texts[i] = figure_text(replay, arena, question->definitions, methodology->indicators[i].code, subject, period);
	region->figures = texts;
	region->measured = measured == NULL ? 0 : strtoll(measured, NULL, 10);
}

struct ranking_region recompute_figures(struct replay *replay, struct arena *arena, const struct recompute_question *question,
                                        const char *code)
{
	struct ranking_region figures = {.region = code, .head = ""};
	struct calendar_period period;
	const struct ranking_cohort *cohort = question->cohort;
	figures.figures = arena_array(arena, const char *, question->methodology->indicator_count);
	if (!calendar_period_parse(question->period, &period))
		return figures;
	take_figures(replay, arena, question, "", period, &figures);
	figures.joined = has_joined(replay, question->definitions, period);
	figures.newcomer = cohort->rule == RANKING_RULE_NEWCOMERS && !had_joined(replay, question);
	if (cohort->indicator != NULL)
		figures.size = figure_text(replay, arena, question->definitions, cohort->indicator, "", period);
	return figures;
}

/* ---- Authorities ---- */

/* Registered by the last day of the period, and not gone by then. */
static bool is_member(const struct json *attributes, const char *last_day)
{
	const char *registered = json_find_string(attributes, "registered_on"), *left = json_find_string(attributes, "left_on");
	return registered != NULL && strcmp(registered, last_day) <= 0 && (left == NULL || strcmp(left, last_day) > 0);
}

void recompute_authorities(struct replay *replay, struct arena *arena, const struct recompute_question *question, const char *code,
                           struct ranking_region **ret_bodies, size_t *ret_count)
{
	const struct workspace *workspace = replay_workspace(replay);
	struct calendar_period calendar;
	struct period period;
	char last_day[INSTANT_TEXT_SIZE], subject[SUBJECT_TEXT_SIZE];
	bool known = calendar_period_parse(question->period, &calendar) && period_parse(question->period, &period);
	*ret_bodies = arena_array(arena, struct ranking_region, workspace_entities_count(workspace));
	*ret_count = 0;
	if (!known)
		return;
	instant_format(period.to_us - 1, last_day);
	last_day[strlen("2023-12-31")] = '\0';
	for (size_t i = 0; i < workspace_entities_count(workspace); i++) {
		struct workspace_entity entity = workspace_entity_at(workspace, i);
		const struct json *attributes;
		if (entity.kind != ENTITY_AUTHORITY ||
		    json_parse(arena, entity.after, strlen(entity.after), &JSON_LIMITS_DOCUMENT, &attributes, NULL) != STATUS_OK ||
		    json_find_string(attributes, "registered_on") == NULL)
			continue;
		struct ranking_region *body = &(*ret_bodies)[(*ret_count)++];
		*body = (struct ranking_region){.region = code, .authority = arena_text(arena, entity.id, strlen(entity.id)), .head = "",
		                                .joined = is_member(attributes, last_day)};
		snprintf(subject, sizeof subject, "%s%s", subject_kind_prefix(SUBJECT_AUTHORITY), entity.id);
		take_figures(replay, arena, question, subject, calendar, body);
	}
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
