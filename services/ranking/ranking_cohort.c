#include "services/ranking/ranking_cohort.h"

#include <stdio.h>
#include <stdlib.h>

#include "services/ranking/ranking_interval.h"
#include "services/ranking/ranking_methodology_reader.h"

#define YEARS_MAX 50

static const struct ranking_cohort ALL = {
	.code = RANKING_COHORT_ALL, .title_ru = "Все регионы", .title_en = "All regions", .rule = RANKING_RULE_ALL};

/* ---- the file ---- */

static const struct method RULES[] = {
	{"all", RANKING_RULE_ALL},
	{"newcomers", RANKING_RULE_NEWCOMERS},
	{"size", RANKING_RULE_SIZE},
	{"federal_district", RANKING_RULE_FEDERAL_DISTRICT},
	{"authorities", RANKING_RULE_AUTHORITIES},
};

/* What a rule says beside its method. */
static const char *const MEMBERS[][5] = {
	[RANKING_RULE_ALL] = {"method"},
	[RANKING_RULE_NEWCOMERS] = {"method", "years"},
	[RANKING_RULE_SIZE] = {"method", "indicator", "from", "below"},
	[RANKING_RULE_FEDERAL_DISTRICT] = {"method", "name"},
	[RANKING_RULE_AUTHORITIES] = {"method", "min_projects", "bonus"},
};

static enum status read_bound(struct reader *reader, const struct place *rule, const char *name, const char **ret_bound)
{
	decimal value;
	struct place place = place_member(rule, name);
	enum status status = read_text(reader, &place, false, ret_bound);
	if (status == STATUS_OK && *ret_bound != NULL && !decimal_parse(*ret_bound, &value))
		return INVALID(reader, &place, "a decimal as a text is expected here, such as \"50\"");
	return status;
}

static enum status read_size(struct reader *reader, const struct place *rule, struct ranking_cohort *cohort)
{
	struct place place = place_member(rule, "indicator");
	enum status status = read_code(reader, &place, &cohort->indicator);
	if (status == STATUS_OK)
		status = read_bound(reader, rule, "from", &cohort->from);
	if (status == STATUS_OK)
		status = read_bound(reader, rule, "below", &cohort->below);
	if (status == STATUS_OK && cohort->from == NULL && cohort->below == NULL)
		return INVALID(reader, rule, "a bound is required: \"from\", \"below\" or both");
	return status;
}

static const struct method GROUPS[] = {{"leading", 0}, {"middle", 1}};

static enum status read_bonus(struct reader *reader, const struct place *bonus, struct ranking_cohort *cohort)
{
	static const char *const NAMES[] = {"group", "min_projects", NULL};
	struct place group = place_member(bonus, "group"), projects = place_member(bonus, "min_projects");
	int index = -1;
	cohort->has_bonus = !place_absent(bonus);
	if (!cohort->has_bonus)
		return STATUS_OK;
	enum status status = check_object(reader, bonus, NAMES);
	if (status == STATUS_OK)
		status = read_method(reader, &group, GROUPS, ARRAY_COUNT(GROUPS), &index);
	if (index >= 0)
		cohort->bonus_group = GROUPS[index].name;
	return status == STATUS_OK ? read_whole(reader, &projects, 0, 1000000, &cohort->bonus_min_projects) : status;
}

static enum status read_authorities(struct reader *reader, const struct place *rule, struct ranking_cohort *cohort)
{
	struct place projects = place_member(rule, "min_projects"), bonus = place_member(rule, "bonus");
	enum status status = read_whole(reader, &projects, 0, 1000000, &cohort->min_projects);
	return status == STATUS_OK ? read_bonus(reader, &bonus, cohort) : status;
}

static enum status read_rule(struct reader *reader, const struct place *rule, struct ranking_cohort *cohort)
{
	int method = RANKING_RULE_ALL;
	struct place years = place_member(rule, "years"), district = place_member(rule, "name");
	enum status status = read_required_method(reader, rule, RULES, ARRAY_COUNT(RULES), &method);
	if (status == STATUS_OK)
		status = check_object(reader, rule, MEMBERS[method]);
	if (status != STATUS_OK)
		return status;
	cohort->rule = (enum ranking_cohort_rule)method;
	switch (cohort->rule) {
	case RANKING_RULE_ALL:
		return STATUS_OK;
	case RANKING_RULE_NEWCOMERS:
		cohort->years = 1;
		return read_whole(reader, &years, 1, YEARS_MAX, &cohort->years);
	case RANKING_RULE_SIZE:
		return read_size(reader, rule, cohort);
	case RANKING_RULE_FEDERAL_DISTRICT:
		return read_text(reader, &district, true, &cohort->district);
	case RANKING_RULE_AUTHORITIES:
		return read_authorities(reader, rule, cohort);
	}
	return STATUS_BUG;
}

static enum status read_title(struct reader *reader, const struct place *title, struct ranking_cohort *cohort)
{
	static const char *const NAMES[] = {"ru", "en", NULL};
	struct place ru = place_member(title, "ru"), en = place_member(title, "en");
	enum status status = check_object(reader, title, NAMES);
	if (status == STATUS_OK)
		status = read_text(reader, &ru, true, &cohort->title_ru);
	return status == STATUS_OK ? read_text(reader, &en, true, &cohort->title_en) : status;
}

/* The code of a family leaves room for a region's. */
static enum status read_cohort_code(struct reader *reader, const struct place *at, const char **ret_code)
{
	enum status status = read_code(reader, at, ret_code);
	if (status == STATUS_OK && (!ident_is_name(*ret_code) || strlen(*ret_code) + 1 + OKTMO_LEN >= RANKING_COHORT_CODE_SIZE))
		return INVALID(reader, at, "a code is 1 to 55 letters, digits, '.', '_' or '-'");
	return status;
}

static enum status read_cohort(struct reader *reader, const struct place *at, struct ranking_cohort *cohort)
{
	static const char *const NAMES[] = {"code", "title", "rule", NULL};
	struct place code = place_member(at, "code"), title = place_member(at, "title"), rule = place_member(at, "rule");
	enum status status = check_object(reader, at, NAMES);
	if (status == STATUS_OK)
		status = read_cohort_code(reader, &code, &cohort->code);
	if (status == STATUS_OK)
		status = read_title(reader, &title, cohort);
	if (status == STATUS_OK)
		status = read_rule(reader, &rule, cohort);
	if (status == STATUS_OK && text_equal(cohort->code, RANKING_COHORT_ALL) != (cohort->rule == RANKING_RULE_ALL))
		return INVALID(reader, &rule, "the cohort \"all\", and no other, has the method \"all\"");
	return status;
}

static const struct ranking_cohort *find(const struct ranking_cohort *list, size_t count, const char *code)
{
	for (size_t i = 0; i < count; i++) {
		if (text_equal(list[i].code, code))
			return &list[i];
	}
	return NULL;
}

static enum status read_list(struct reader *reader, const struct place *at, struct ranking_cohort *list, size_t *count)
{
	enum status status = check_list(reader, at, RANKING_COHORTS_MAX);
	size_t index = 0;
	const struct json *item = status == STATUS_OK ? json_first(at->json) : NULL;
	for (; status == STATUS_OK && item != NULL; item = json_next(item), index++) {
		struct place place = place_element(at, item, index);
		struct ranking_cohort cohort = {0};
		status = read_cohort(reader, &place, &cohort);
		if (status != STATUS_OK)
			return status;
		bool listed = find(list, *count, cohort.code) != NULL;
		if (listed && cohort.rule != RANKING_RULE_ALL)
			return INVALID(reader, &place, "there are two cohorts \"%s\"", cohort.code);
		list[listed ? 0 : (*count)++] = cohort;
	}
	return status;
}

enum status ranking_cohorts_read(struct arena *arena, const struct json *json, struct ranking_cohorts *ret_cohorts,
                                 struct fault *fault)
{
	static const char *const NAMES[] = {"$schema", "cohorts", NULL};
	struct fault spare;
	struct reader reader = {.arena = arena, .fault = fault != NULL ? fault : &spare};
	struct ranking_cohort *list = arena_array(arena, struct ranking_cohort, RANKING_COHORTS_MAX + 1);
	size_t count = 1;
	list[0] = ALL;
	enum status status = STATUS_OK;
	if (json != NULL) {
		struct place root = {.json = json};
		struct place place = place_member(&root, "cohorts");
		status = check_object(&reader, &root, NAMES);
		if (status == STATUS_OK)
			status = read_list(&reader, &place, list, &count);
	}
	if (status != STATUS_OK)
		snprintf(reader.fault->code, sizeof reader.fault->code, "cohorts");
	*ret_cohorts = (struct ranking_cohorts){.list = list, .count = count};
	return status;
}

/* ---- the members ---- */

enum status ranking_cohorts_find(struct arena *arena, const struct ranking_cohorts *cohorts, const char *code,
                                 const struct ranking_cohort **ret_cohort)
{
	const struct ranking_cohort *found = find(cohorts->list, cohorts->count, code);
	if (found != NULL && found->rule != RANKING_RULE_AUTHORITIES) {
		*ret_cohort = found;
		return STATUS_OK;
	}
	const char *dot = strrchr(code, '.');
	if (dot == NULL || !ident_is_oktmo(dot + 1))
		return STATUS_NOT_FOUND;
	found = find(cohorts->list, cohorts->count, arena_text(arena, code, (size_t)(dot - code)));
	if (found == NULL || found->rule != RANKING_RULE_AUTHORITIES)
		return STATUS_NOT_FOUND;
	struct ranking_cohort *cohort = arena_array(arena, struct ranking_cohort, 1);
	*cohort = *found;
	cohort->code = arena_text(arena, code, strlen(code));
	cohort->region = arena_text(arena, dot + 1, OKTMO_LEN);
	*ret_cohort = cohort;
	return STATUS_OK;
}

bool ranking_cohort_period_before(const char *period, int64_t years, struct period *ret_before)
{
	char code[24];
	snprintf(code, sizeof code, "%04ld%s", strtol(period, NULL, 10) - (long)years, period + 4);
	return period_parse(code, ret_before);
}

static bool is_within(const struct ranking_cohort *cohort, const char *size)
{
	decimal value, bound;
	if (size == NULL || !decimal_parse(size, &value))
		return false;
	if (cohort->from != NULL && decimal_parse(cohort->from, &bound) && decimal_compare(value, bound) < 0)
		return false;
	return cohort->below == NULL || !decimal_parse(cohort->below, &bound) || decimal_compare(value, bound) < 0;
}

bool ranking_cohort_has(const struct ranking_cohort *cohort, const struct ranking_region *region)
{
	switch (cohort->rule) {
	case RANKING_RULE_ALL: return true;
	case RANKING_RULE_NEWCOMERS: return region->joined && region->newcomer;
	case RANKING_RULE_SIZE: return is_within(cohort, region->size);
	case RANKING_RULE_FEDERAL_DISTRICT:
		return region->federal_district != NULL && text_equal(region->federal_district, cohort->district);
	case RANKING_RULE_AUTHORITIES: return text_equal(region->region, cohort->region);
	}
	return false;
}

/* ---- the rating ---- */

static const struct ranking_region *members_of(struct arena *arena, const struct ranking_cohort *cohort,
                                               const struct ranking_region *regions, size_t count, size_t *ret_count)
{
	struct ranking_region *members = arena_array(arena, struct ranking_region, count);
	*ret_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (ranking_cohort_has(cohort, &regions[i]))
			members[(*ret_count)++] = regions[i];
	}
	return members;
}

static unsigned place_in(const struct ranking_run *run, const char *region)
{
	for (size_t i = 0; i < run->count; i++) {
		if (text_equal(run->rows[i].region->region, region))
			return run->rows[i].place;
	}
	return 0;
}

static const char *bonus_reason(const struct ranking_cohort *cohort, const struct ranking_row *row)
{
	if (row->place == 0)
		return RANKING_BONUS_NOT_RATED;
	if (row->region->measured < cohort->bonus_min_projects)
		return RANKING_BONUS_TOO_FEW;
	if (cohort->bonus_group == NULL || row->group == NULL)
		return NULL;
	bool within = text_equal(row->group, cohort->bonus_group) || text_equal(row->group, "leading");
	return within ? NULL : RANKING_BONUS_GROUP;
}

/* run with what a cohort adds to it. overall is the run of all regions, or NULL. */
static struct ranking_run *complete(struct arena *arena, const struct ranking_cohort *cohort, const struct ranking_run *run,
                                    const struct ranking_run *overall, const struct ranking_sampling *sampling)
{
	struct ranking_run *completed = arena_array(arena, struct ranking_run, 1);
	struct ranking_row *rows = arena_array(arena, struct ranking_row, run->count);
	*completed = *run;
	completed->rows = rows;
	completed->sampling = *sampling;
	if (run->count > 0)
		memcpy(rows, run->rows, run->count * sizeof *rows);
	for (size_t i = 0; overall != NULL && i < run->count; i++)
		rows[i].overall_place = place_in(overall, rows[i].region->region);
	ranking_intervals(arena, run->table, sampling, rows, run->count);
	completed->has_bonus = cohort->has_bonus;
	for (size_t i = 0; cohort->has_bonus && i < run->count; i++)
		rows[i].bonus_reason = bonus_reason(cohort, &rows[i]);
	return completed;
}

/* The methodology as a family of authorities has it: few bodies have as many projects as a region. */
static const struct methodology *methodology_of(struct arena *arena, const struct methodology *methodology,
                                                const struct ranking_cohort *cohort)
{
	if (cohort->rule != RANKING_RULE_AUTHORITIES)
		return methodology;
	struct methodology *own = arena_array(arena, struct methodology, 1);
	*own = *methodology;
	own->min_projects = cohort->min_projects;
	return own;
}

enum status ranking_cohort_rate(struct arena *arena, const struct methodology *methodology,
                                const struct ranking_cohort *cohort, const char *period,
                                const struct ranking_region *regions, size_t count,
                                const struct ranking_sampling *sampling, const struct ranking_run **ret_run,
                                struct fault *fault)
{
	const struct ranking_run *run = NULL;
	const struct ranking_run *overall = NULL;
	enum status status = STATUS_OK;
	if (cohort->rule != RANKING_RULE_ALL && cohort->rule != RANKING_RULE_AUTHORITIES)
		status = ranking_compute(arena, methodology, RANKING_COHORT_ALL, period, regions, count, &overall, fault);
	size_t member_count = count;
	const struct ranking_region *members = regions;
	if (cohort->rule != RANKING_RULE_ALL)
		members = members_of(arena, cohort, regions, count, &member_count);
	if (status == STATUS_OK)
		status = ranking_compute(arena, methodology_of(arena, methodology, cohort), cohort->code, period, members,
		                         member_count, &run, fault);
	if (status != STATUS_OK)
		return status;
	struct ranking_run *rated = complete(arena, cohort, run, overall, sampling);
	rated->cohort_title_ru = cohort->title_ru;
	rated->cohort_title_en = cohort->title_en;
	rated->logs = regions;
	rated->log_count = cohort->rule == RANKING_RULE_AUTHORITIES && count > 1 ? 1 : count;  /* all of one region */
	*ret_run = rated;
	return STATUS_OK;
}
