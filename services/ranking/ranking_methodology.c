#include "services/ranking/ranking_methodology.h"

#include "common/ident.h"
#include "services/ranking/ranking_methodology_reader.h"

static const struct method TIES[] = {
	{"competition", METHODOLOGY_COMPETITION},
	{"dense", METHODOLOGY_DENSE},
};

/* ---- what is done with the scores ---- */

static enum status read_eligibility(struct reader *reader, const struct place *at)
{
	static const char *const NAMES[] = {"min_projects", NULL};
	if (place_absent(at))
		return STATUS_OK;
	enum status status = check_object(reader, at, NAMES);
	struct place place = place_member(at, "min_projects");
	return status == STATUS_OK ? read_whole(reader, &place, 0, 1000000, &reader->methodology->min_projects) : status;
}

static enum status read_groups(struct reader *reader, const struct place *at)
{
	static const char *const NAMES[] = {"leading", "lagging", NULL};
	struct methodology *methodology = reader->methodology;
	methodology->has_groups = !place_absent(at);
	if (!methodology->has_groups)
		return STATUS_OK;
	enum status status = check_object(reader, at, NAMES);
	struct place place = place_member(at, "leading");
	if (status == STATUS_OK)
		status = read_number(reader, &place, 0, 1, &methodology->leading);
	place = place_member(at, "lagging");
	if (status == STATUS_OK)
		status = read_number(reader, &place, 0, 1, &methodology->lagging);
	if (status == STATUS_OK && methodology->leading + methodology->lagging > 1)
		return INVALID(reader, at, "leading and lagging together are more than everyone");
	return status;
}

static enum status read_ranking(struct reader *reader, const struct place *at)
{
	static const char *const NAMES[] = {"ties", "decimals", NULL};
	if (place_absent(at))
		return STATUS_OK;
	enum status status = check_object(reader, at, NAMES);
	if (status != STATUS_OK)
		return status;
	int ties = METHODOLOGY_COMPETITION;
	struct place place = place_member(at, "ties");
	status = read_method(reader, &place, TIES, ARRAY_COUNT(TIES), &ties);
	reader->methodology->ties = (enum methodology_ties)ties;
	int64_t decimals = METHODOLOGY_EXACT;
	place = place_member(at, "decimals");
	if (status == STATUS_OK)
		status = read_whole(reader, &place, 0, METHODOLOGY_DECIMALS_MAX, &decimals);
	reader->methodology->decimals = (int)decimals;
	return status;
}

static enum status read_results(struct reader *reader, const struct place *root)
{
	struct place place = place_member(root, "eligibility");
	enum status status = read_eligibility(reader, &place);
	place = place_member(root, "groups");
	if (status == STATUS_OK)
		status = read_groups(reader, &place);
	place = place_member(root, "ranking");
	return status == STATUS_OK ? read_ranking(reader, &place) : status;
}

/* ---- the file ---- */

static enum status read_title(struct reader *reader, const struct place *at)
{
	static const char *const NAMES[] = {"ru", "en", NULL};
	if (place_absent(at))
		return STATUS_OK;
	enum status status = check_object(reader, at, NAMES);
	struct place place = place_member(at, "ru");
	if (status == STATUS_OK)
		status = read_text(reader, &place, false, &reader->methodology->title_ru);
	place = place_member(at, "en");
	return status == STATUS_OK ? read_text(reader, &place, false, &reader->methodology->title_en) : status;
}

static enum status read_valid_from(struct reader *reader, const struct place *at)
{
	int64_t us;
	enum status status = read_text(reader, at, false, &reader->methodology->valid_from);
	if (status != STATUS_OK || reader->methodology->valid_from == NULL)
		return status;
	if (!date_parse(reader->methodology->valid_from, &us))
		return INVALID(reader, at, "a date such as 2026-01-31 is expected here");
	return STATUS_OK;
}

static enum status read_panel(struct reader *reader, const struct place *at)
{
	static const char *const NAMES[] = {"column", "scope", NULL};
	static const struct method SCOPES[] = {{"global", false}, {"local", true}};
	if (place_absent(at))
		return STATUS_OK;
	enum status status = check_object(reader, at, NAMES);
	struct place place = place_member(at, "column");
	if (status == STATUS_OK)
		status = read_code(reader, &place, &reader->methodology->panel_column);
	place = place_member(at, "scope");
	if (status == STATUS_OK && place_absent(&place))
		return INVALID(reader, &place, "the scope is required: \"global\" or \"local\"");
	int local = false;
	if (status == STATUS_OK)
		status = read_method(reader, &place, SCOPES, ARRAY_COUNT(SCOPES), &local);
	reader->methodology->panel_local = local;
	return status;
}

static enum status read_head(struct reader *reader, const struct place *root)
{
	struct place place = place_member(root, "code");
	enum status status = read_code(reader, &place, &reader->methodology->code);
	if (status != STATUS_OK)
		return status;
	place = place_member(root, "version");
	if (place_absent(&place))
		return INVALID(reader, &place, "the version is required");
	status = read_whole(reader, &place, 1, INT32_MAX, &reader->methodology->version);
	place = place_member(root, "valid_from");
	if (status == STATUS_OK)
		status = read_valid_from(reader, &place);
	place = place_member(root, "title");
	if (status == STATUS_OK)
		status = read_title(reader, &place);
	place = place_member(root, "panel");
	return status == STATUS_OK ? read_panel(reader, &place) : status;
}

static enum status read_root(struct reader *reader, const struct place *root)
{
	static const char *const NAMES[] = {"code", "version", "valid_from", "title", "panel", "nodes", "indicators",
	                                    "impute", "outliers", "normalise", "aggregate", "eligibility", "groups",
	                                    "ranking", "alternatives", "$schema", NULL};
	enum status status = check_object(reader, root, NAMES);
	if (status == STATUS_OK)
		status = read_head(reader, root);
	if (status == STATUS_OK)
		status = read_outliers(reader, &reader->outliers);
	if (status == STATUS_OK)
		status = read_tree(reader, root);
	struct place place = place_member(root, "impute");
	if (status == STATUS_OK)
		status = read_impute(reader, &place);
	if (status == STATUS_OK)
		status = check_methodology(reader, root);
	return status == STATUS_OK ? read_results(reader, root) : status;
}

static enum status read_file(struct reader *reader, const struct place *root)
{
	reader->methodology = arena_array(reader->arena, struct methodology, 1);
	reader->methodology->decimals = METHODOLOGY_EXACT;
	return read_root(reader, root);
}

enum status methodology_read(struct arena *arena, const struct json *json, const struct methodology **ret_methodology,
                             struct fault *fault)
{
	struct place root = {.json = json};
	struct reader reader = {
		.arena = arena,
		.fault = fault,
		.outliers = place_member(&root, "outliers"),
		.normalise = place_member(&root, "normalise"),
		.aggregate = place_member(&root, "aggregate"),
	};
	enum status status = read_file(&reader, &root);
	if (status == STATUS_OK)
		status = read_alternatives(&reader, &root, read_file);
	if (status == STATUS_OK)
		*ret_methodology = reader.methodology;
	return status;
}
