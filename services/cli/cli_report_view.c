#include "services/cli/cli_report_view.h"

/* ---- Things ---- */

static bool names(const struct json *list, const char *text)
{
	for (const struct json *item = json_is(list, JSON_ARRAY) ? json_first(list) : NULL; item != NULL; item = json_next(item)) {
		if (json_is(item, JSON_STRING) && text_equal(json_string(item), text))
			return true;
	}
	return false;
}

/* A thing of an authority names it, or belongs to a project that does. */
static bool belongs(const struct report_view *view, const struct report_entity *entity)
{
	const char *authority = view->input->authority;
	if (authority[0] == '\0')
		return true;
	if (entity->kind == ENTITY_AUTHORITY)
		return text_equal(entity->id, authority);
	if (report_equals(entity, "authority", authority) || names(json_find(entity->attributes, "authorities"), authority))
		return true;
	const char *project = report_attribute(entity, "project");
	const struct report_entity *of = project == NULL || entity->kind == ENTITY_PROJECT ? NULL : report_find(view, ENTITY_PROJECT, project);
	return of != NULL && names(json_find(of->attributes, "authorities"), authority);
}

static bool is_there(const struct report_entity *entity)
{
	return json_is(entity->attributes, JSON_OBJECT) && json_first(entity->attributes) != NULL;
}

const struct report_entity *report_next(const struct report_view *view, enum entity_kind kind, size_t *at)
{
	while (*at < view->input->entities_count) {
		const struct report_entity *entity = &view->input->entities[(*at)++];
		if (entity->kind == kind && is_there(entity) && belongs(view, entity))
			return entity;
	}
	return NULL;
}

const struct report_entity *report_next_other(const struct report_view *view, enum entity_kind kind, size_t *at)
{
	while (*at < view->input->others_count) {
		const struct report_entity *entity = &view->input->others[(*at)++];
		if (entity->kind == kind && is_there(entity))
			return entity;
	}
	return NULL;
}

const struct report_entity *report_find(const struct report_view *view, enum entity_kind kind, const char *id)
{
	for (size_t i = 0; i < view->input->entities_count; i++) {
		const struct report_entity *entity = &view->input->entities[i];
		if (entity->kind == kind && text_equal(entity->id, id))
			return entity;
	}
	return NULL;
}

const char *report_attribute(const struct report_entity *entity, const char *name)
{
	return json_find_string(entity->attributes, name);
}

int64_t report_count_of(const struct report_entity *entity, const char *name)
{
	const struct json *value = json_find(entity->attributes, name);
	int64_t count;
	return json_is(value, JSON_NUMBER) && json_integer(value, &count) ? count : 0;
}

bool report_is(const struct report_entity *entity, const char *name)
{
	const struct json *value = json_find(entity->attributes, name);
	return json_is(value, JSON_BOOL) && json_bool(value);
}

bool report_equals(const struct report_entity *entity, const char *name, const char *text)
{
	const char *value = report_attribute(entity, name);
	return value != NULL && text_equal(value, text);
}

const char *report_title(const struct report_view *view, const struct report_entity *entity, const char *name)
{
	return report_bilingual(json_find(entity->attributes, name), view->lang);
}

bool report_within(const struct report_view *view, const char *date)
{
	return date != NULL && strcmp(date, view->from) >= 0 && strcmp(date, view->to) <= 0;
}

bool report_by_end(const struct report_view *view, const char *date)
{
	return date != NULL && strcmp(date, view->to) <= 0;
}

const char *report_day(const struct report_view *view, const struct report_entity *entity, const char *name)
{
	return report_date(view->arena, view->lang, report_attribute(entity, name));
}

/* ---- Names ---- */

const char *report_region_name(const struct report_view *view, const char *oktmo)
{
	return oktmo == NULL ? "" : report_dictionary_name(&view->input->regions, oktmo, view->lang);
}

const char *report_sphere_name(const struct report_view *view, const char *code)
{
	return code == NULL ? "" : report_dictionary_name(&view->input->spheres, code, view->lang);
}

const char *report_authority_name(const struct report_view *view, const char *id)
{
	const struct report_entity *authority = id == NULL ? NULL : report_find(view, ENTITY_AUTHORITY, id);
	const char *title = authority == NULL ? "" : report_title(view, authority, "title");
	return id == NULL ? "" : title[0] == '\0' ? id : title;
}

/* ---- Figures ---- */

const char *report_count_text(const struct report_view *view, int64_t count)
{
	return report_integer(view->arena, view->lang, count);
}

static const char *sum_text(const struct report_view *view, figure_sum sum, unsigned places)
{
	char text[FIGURE_SUM_SIZE];
	figure_sum_format(sum, text);
	return report_number(view->arena, view->lang, text, places);
}

/* What the value was counted from: "141 of 195" of a share, "12 projects" of a median. */
static const char *basis_text(const struct report_view *view, const struct definition *definition, const struct figure *figure)
{
	if (definition->parts_count == 2 && !figure->empty)
		return arena_printf(view->arena, cli_text(view->lang, "%s of %s", "%s из %s"), sum_text(view, figure->numerator, 2),
		                    sum_text(view, figure->denominator, 2));
	enum measure_kind measure = definition->parts[0].measure;
	if (measure == MEASURE_MEDIAN || measure == MEASURE_MEAN)
		return arena_printf(view->arena, cli_text(view->lang, "observations: %s", "наблюдений: %s"),
		                    report_count_text(view, figure->observations));
	return NULL;
}

static int bar_of(const struct definition *definition, decimal value)
{
	bool share = text_equal(definition->unit, "percent");
	if (!share || value.millionths < 0)
		return -1;
	int64_t permille = value.millionths / 100000;
	return permille > 1000 ? 1000 : (int)permille;
}

static const char *exact(const struct report_view *view, figure_sum sum)
{
	char text[FIGURE_SUM_SIZE];
	return arena_printf(view->arena, "%s", figure_sum_format(sum, text));
}

static void figure_add(struct report_view *view, struct report_section *section, const struct definition *definition)
{
	struct figure figure = cells_figure(view->input->cells, definition, view->subject, view->period);
	bool zero = figure.empty && definition_absent_is_zero(definition);
	bool known = zero || (!figure.empty && !figure.missing);
	char value[DECIMAL_TEXT_SIZE];
	view->told[definition->ordinal] = true;
	/* What nothing is counted of for an authority is mostly what nobody says of authorities. */
	if (view->subject[0] != '\0' && figure.empty)
		return;
	decimal_format(zero ? (decimal){0} : figure.value, value);
	struct report_figure *added = report_figure_add(
		view->document, section, definition->code, report_bilingual(definition->title, view->lang),
		known ? report_quantity(view->arena, view->lang, value, definition->unit) : "—");
	if (!known)
		return;
	added->value = arena_printf(view->arena, "%s", value);
	added->observations = figure.observations;
	added->basis = basis_text(view, definition, &figure);
	added->permille = bar_of(definition, figure.value);
	if (definition->parts_count == 2 && !figure.empty) {
		added->numerator = exact(view, figure.numerator);
		added->denominator = exact(view, figure.denominator);
	}
}

void report_figures_omit(struct report_view *view, const char *const *codes)
{
	for (size_t i = 0; codes[i] != NULL; i++) {
		const struct definition *definition = definition_find(view->input->definitions, codes[i]);
		if (definition != NULL)
			view->told[definition->ordinal] = true;
	}
}

void report_figures_add(struct report_view *view, struct report_section *section, const char *const *codes)
{
	for (size_t i = 0; codes[i] != NULL; i++) {
		const struct definition *definition = definition_find(view->input->definitions, codes[i]);
		if (definition != NULL && !definition->of_others)
			figure_add(view, section, definition);
	}
}
