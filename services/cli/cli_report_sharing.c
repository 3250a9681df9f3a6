/* Sharing: practices of one's own, what was taken over from others, and who took over from here, each with its follow-up. */
#include "services/cli/cli_report_view.h"

static void add_practices(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "practices", cli_text(view->lang, "Practices", "Практики"), 20);
	size_t at = 0;
	report_column_add(table, "practice", cli_text(view->lang, "id", "код"), false);
	report_column_add(table, "title", cli_text(view->lang, "title", "название"), false);
	report_column_add(table, "sphere", cli_text(view->lang, "sphere", "сфера"), false);
	report_column_add(table, "registered", cli_text(view->lang, "registered", "зарегистрирована"), false);
	report_column_add(table, "published", cli_text(view->lang, "published", "опубликована"), false);
	for (const struct report_entity *practice; (practice = report_next(view, ENTITY_PRACTICE, &at)) != NULL;) {
		const char *registered = report_attribute(practice, "registered_on"), *published = report_attribute(practice, "published_on");
		const char *cells[] = {
			practice->id, report_title(view, practice, "title"), report_sphere_name(view, report_attribute(practice, "sphere")),
			report_date(view->arena, view->lang, registered), report_date(view->arena, view->lang, published),
		};
		if (report_within(view, registered) || report_within(view, published))
			report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

/* How far a replication has come by the end of the period, and on which day; NULL: it had not begun. */
static const char *step_of(const struct report_view *view, const struct report_entity *replication, const char **ret_date)
{
	static const struct {
		const char *attribute, *en, *ru;
	} STEPS[] = {
		{"confirmed_on", "effect confirmed", "эффект подтверждён"},
		{"adopted_on", "adopted", "внедрена"},
		{"requested_on", "requested", "запрошена"},
		{"recommended_on", "recommended", "рекомендована"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(STEPS); i++) {
		*ret_date = report_attribute(replication, STEPS[i].attribute);
		if (i == 0 && report_equals(replication, "effect", "none"))
			continue; /* looked at, and there is none: adopted it stays */
		if (report_by_end(view, *ret_date))
			return cli_text(view->lang, STEPS[i].en, STEPS[i].ru);
	}
	return NULL;
}

/* Who takes it over: an authority, or for whom it is recommended. */
static const char *receiver_of(const struct report_view *view, const struct report_entity *replication)
{
	const struct json *to = json_find(replication->attributes, "to");
	const char *authority = report_attribute(replication, "authority"), *sphere = json_find_string(to, "sphere");
	const char *region = json_find_string(to, "region");
	if (!text_equal(replication->region, view->input->region))
		return report_region_name(view, replication->region);
	if (authority == NULL)
		authority = json_find_string(to, "authority");
	if (authority != NULL)
		return report_authority_name(view, authority);
	return region != NULL ? report_region_name(view, region) : report_sphere_name(view, sphere);
}

static void add_columns(struct report_view *view, struct report_table *table)
{
	report_column_add(table, "practice", cli_text(view->lang, "practice", "практика"), false);
	report_column_add(table, "from", cli_text(view->lang, "from", "откуда"), false);
	report_column_add(table, "to", cli_text(view->lang, "to", "куда"), false);
	report_column_add(table, "step", cli_text(view->lang, "came to", "на каком шаге"), false);
	report_column_add(table, "date", cli_text(view->lang, "date", "дата"), false);
}

static void add_replication(struct report_view *view, struct report_table *table, const struct report_entity *replication)
{
	const char *date, *step = step_of(view, replication, &date);
	const char *practice = report_attribute(replication, "practice"), *from = report_attribute(replication, "from_region");
	const struct report_entity *own = practice == NULL || from == NULL || !text_equal(from, view->input->region)
		? NULL : report_find(view, ENTITY_PRACTICE, practice);
	const char *title = own == NULL ? "" : report_title(view, own, "title");
	const char *cells[] = {title[0] == '\0' ? practice : title, report_region_name(view, from), receiver_of(view, replication), step,
	                       report_date(view->arena, view->lang, date)};
	if (step != NULL)
		report_row_add(view->document, table, REPORT_MARK_NONE, cells);
}

/* Of all replications of this region's practices in other regions: adopted in the period, confirmed in the period. */
static void add_given(struct report_view *view, struct report_section *section)
{
	static const struct {
		const char *code, *attribute;
	} GIVEN[] = {{"adoptions_given", "adopted_on"}, {"effects_confirmed_given", "confirmed_on"}};
	for (size_t i = 0; i < ARRAY_COUNT(GIVEN); i++) {
		const struct definition *definition = definition_find(view->input->definitions, GIVEN[i].code);
		int64_t count = 0;
		size_t at = 0;
		if (definition == NULL)
			continue;
		view->told[definition->ordinal] = true;
		for (const struct report_entity *replication; (replication = report_next_other(view, ENTITY_REPLICATION, &at)) != NULL;)
			count += report_equals(replication, "from_region", view->input->region) && report_within(view, report_attribute(replication, GIVEN[i].attribute))
			         && !(i == 1 && report_equals(replication, "effect", "none")) ? 1 : 0;
		const char *text = report_count_text(view, count);
		struct report_figure *figure = report_figure_add(view->document, section, definition->code,
		                                                 report_bilingual(definition->title, view->lang), text);
		figure->value = arena_printf(view->arena, "%lld", (long long)count);
	}
}

static void add_chains(struct report_view *view, struct report_section *section)
{
	struct report_table *received = report_table_add(view->document, section, "replications",
		cli_text(view->lang, "Replication inside the region and into it", "Тиражирование внутри региона и из других регионов"), 20);
	size_t at = 0;
	add_columns(view, received);
	for (const struct report_entity *replication; (replication = report_next(view, ENTITY_REPLICATION, &at)) != NULL;)
		add_replication(view, received, replication);
	if (view->input->authority[0] != '\0')
		return;
	struct report_table *given = report_table_add(view->document, section, "replications_given",
		cli_text(view->lang, "Practices of this region in other regions", "Практики региона в других регионах"), 20);
	at = 0;
	add_columns(view, given);
	for (const struct report_entity *replication; (replication = report_next_other(view, ENTITY_REPLICATION, &at)) != NULL;)
		add_replication(view, given, replication);
}

static void add_standards(struct report_view *view, struct report_section *section)
{
	struct report_table *table = report_table_add(view->document, section, "standards", cli_text(view->lang, "Standards adopted in the period", "Стандарты, принятые за период"), 20);
	size_t at = 0;
	report_column_add(table, "title", cli_text(view->lang, "standard", "стандарт"), false);
	report_column_add(table, "authority", cli_text(view->lang, "where", "где"), false);
	report_column_add(table, "adopted", cli_text(view->lang, "adopted", "принят"), false);
	for (const struct report_entity *standard; (standard = report_next(view, ENTITY_STANDARD, &at)) != NULL;) {
		const char *authority = report_attribute(standard, "authority");
		const char *cells[] = {
			report_title(view, standard, "title"),
			authority == NULL ? cli_text(view->lang, "the whole region", "весь регион") : report_authority_name(view, authority),
			report_day(view, standard, "adopted_on"),
		};
		if (report_within(view, report_attribute(standard, "adopted_on")))
			report_row_add(view->document, table, REPORT_MARK_NONE, cells);
	}
}

void report_add_sharing(struct report_view *view)
{
	static const char *const FIGURES[] = {
		"practices_published", "practices_per_100_completed", "adoptions_received", "adoption_spheres", "effects_confirmed", "standards", NULL,
	};
	struct report_section *section = report_section_add(view->document, "sharing", cli_text(view->lang, "Sharing of practices", "Обмен практиками"));
	report_figures_add(view, section, FIGURES);
	if (view->input->authority[0] == '\0')
		add_given(view, section);
	add_practices(view, section);
	add_chains(view, section);
	add_standards(view, section);
}
