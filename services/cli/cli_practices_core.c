#include "services/cli/cli_practices_core.h"

#include <stdlib.h>

__extension__ typedef __int128 wide;

/* While the catalogue is being made. */
struct making {
	struct arena *arena;
	struct practice *practices;
	size_t count;
};

static const struct {
	const char *code;
	int points_max;
} REASONS[PRACTICE_REASON_COUNT] = {
#define REASON_ROW(name, code, points) [PRACTICE_REASON_##name] = {code, points},
	PRACTICE_REASON_MAP(REASON_ROW)
#undef REASON_ROW
};

const char *practice_reason_code(enum practice_reason_kind kind)
{
	return REASONS[kind].code;
}

/* ---- The catalogue ---- */

static int text_order(const char *a, const char *b)
{
	int order = strcmp(a, b);
	return (order > 0) - (order < 0);
}

static int practice_order(const void *a, const void *b)
{
	const struct practice *one = a, *other = b;
	int order = text_order(one->region, other->region);
	return order != 0 ? order : text_order(one->id, other->id);
}

static int row_order(const void *a, const void *b)
{
	const struct practices_row *one = a, *other = b;
	int order = text_order(one->region, other->region);
	return order != 0 ? order : text_order(one->id, other->id);
}

/* The order in which rows come does not matter. */
static const struct practices_row *rows_sorted(struct arena *arena, const struct practices_row *rows, size_t count)
{
	struct practices_row *sorted = arena_array(arena, struct practices_row, count + 1);
	for (size_t i = 0; i < count; i++)
		sorted[i] = rows[i];
	qsort(sorted, count, sizeof sorted[0], row_order);
	return sorted;
}

static const struct json *object_of(const struct json *attributes, const char *name)
{
	const struct json *value = json_find(attributes, name);
	return json_is(value, JSON_OBJECT) ? value : NULL;
}

static void improves_set(struct practice *practice, const struct json *list)
{
	for (const struct json *at = json_is(list, JSON_ARRAY) ? json_first(list) : NULL; at != NULL; at = json_next(at)) {
		if (json_is(at, JSON_STRING) && practice->improves_count < PRACTICE_IMPROVES_MAX)
			practice->improves[practice->improves_count++] = json_string(at);
	}
}

static struct practice practice_of(const struct practices_row *row)
{
	const struct json *attributes = row->attributes;
	struct practice practice = {
		.region = row->region, .id = row->id, .title = object_of(attributes, "title"),
		.process = object_of(attributes, "process"), .sphere = json_find_string(attributes, "sphere"),
		.project = json_find_string(attributes, "project"), .authority = json_find_string(attributes, "authority"),
		.platform = json_find_string(attributes, "platform"), .url = json_find_string(attributes, "url"),
		.registered_on = json_find_string(attributes, "registered_on"),
		.published_on = json_find_string(attributes, "published_on"),
	};
	improves_set(&practice, json_find(attributes, "improves"));
	return practice;
}

static struct practice *find(const struct making *making, const char *region, const char *id)
{
	struct practice key = {.region = region, .id = id};
	return bsearch(&key, making->practices, making->count, sizeof key, practice_order);
}

/* The practices that only others speak of have no row of their own. */
static void add_unregistered(struct making *making, const struct practices_row *replications, size_t count)
{
	size_t told = making->count;
	for (size_t i = 0; i < count; i++) {
		const char *region = json_find_string(replications[i].attributes, "from_region");
		const char *id = json_find_string(replications[i].attributes, "practice");
		struct making registered = {.practices = making->practices, .count = told};
		if (region != NULL && id != NULL && find(&registered, region, id) == NULL)
			making->practices[making->count++] = (struct practice){.region = region, .id = id};
	}
	qsort(making->practices, making->count, sizeof making->practices[0], practice_order);
	size_t kept = 0;
	for (size_t i = 0; i < making->count; i++) {
		if (kept == 0 || practice_order(&making->practices[kept - 1], &making->practices[i]) != 0)
			making->practices[kept++] = making->practices[i];
	}
	making->count = kept;
}

static struct practice_copy copy_of(const struct practices_row *row)
{
	const struct json *attributes = row->attributes;
	const struct json *to = json_find(attributes, "to");
	return (struct practice_copy){
		.region = row->region, .id = row->id, .authority = json_find_string(attributes, "authority"),
		.sphere = json_find_string(attributes, "sphere"), .project = json_find_string(attributes, "project"),
		.to_region = json_find_string(to, "region"), .to_authority = json_find_string(to, "authority"),
		.to_sphere = json_find_string(to, "sphere"), .recommended_on = json_find_string(attributes, "recommended_on"),
		.requested_on = json_find_string(attributes, "requested_on"), .adopted_on = json_find_string(attributes, "adopted_on"),
		.confirmed_on = json_find_string(attributes, "confirmed_on"), .effect = json_find_string(attributes, "effect"),
		.indicator = json_find_string(attributes, "indicator"), .figure = object_of(attributes, "figure"),
	};
}

static bool effect_is(const struct practice_copy *copy, const char *effect)
{
	return copy->confirmed_on != NULL && copy->effect != NULL && text_equal(copy->effect, effect);
}

typedef bool same_fn(const struct practice_copy *a, const struct practice_copy *b);

/* Whether an adoption before this one, in the list, was by the same authority, or in the same region or sphere. */
static bool seen_before(const struct practice *practice, const struct practice_copy *copy, same_fn *same)
{
	for (const struct practice_copy *at = practice->copies; at != copy; at = at->next) {
		if (at->adopted_on != NULL && same(at, copy))
			return true;
	}
	return false;
}

static bool same_region(const struct practice_copy *a, const struct practice_copy *b)
{
	return text_equal(a->region, b->region);
}

static bool same_sphere(const struct practice_copy *a, const struct practice_copy *b)
{
	return a->sphere != NULL && text_equal(a->sphere, b->sphere);
}

static bool same_authority(const struct practice_copy *a, const struct practice_copy *b)
{
	return same_region(a, b) && a->authority != NULL && text_equal(a->authority, b->authority);
}

static void count_adoption(struct practice *practice, const struct practice_copy *copy)
{
	bool crosses = copy->sphere != NULL && practice->sphere != NULL && !text_equal(copy->sphere, practice->sphere);
	practice->adopted++;
	practice->regions += !text_equal(copy->region, practice->region) && !seen_before(practice, copy, same_region);
	practice->spheres += crosses && !seen_before(practice, copy, same_sphere);
	practice->authorities += copy->authority != NULL && !seen_before(practice, copy, same_authority);
}

static void count_copies(struct practice *practice)
{
	for (const struct practice_copy *at = practice->copies; at != NULL; at = at->next) {
		practice->recommended += at->recommended_on != NULL;
		practice->requested += at->requested_on != NULL;
		practice->as_in_source += effect_is(at, "as_in_source");
		practice->less += effect_is(at, "less");
		practice->without_effect += effect_is(at, "none");
		if (at->adopted_on != NULL)
			count_adoption(practice, at);
	}
	practice->confirmed = practice->as_in_source + practice->less;
}

/* Copies sorted by region and id are put in front one by one, from the last. */
static void copies_set(struct making *making, const struct practices_row *replications, size_t count)
{
	struct practice_copy *copies = arena_array(making->arena, struct practice_copy, count + 1);
	for (size_t i = 0; i < count; i++)
		copies[i] = copy_of(&replications[i]);
	for (size_t i = count; i > 0; i--) {
		const struct json *attributes = replications[i - 1].attributes;
		const char *region = json_find_string(attributes, "from_region");
		const char *id = json_find_string(attributes, "practice");
		struct practice *practice = region == NULL || id == NULL ? NULL : find(making, region, id);
		if (practice == NULL)
			continue;
		copies[i - 1].next = practice->copies;
		practice->copies = &copies[i - 1];
	}
}

static void results_set(struct practice *practice, const struct practices_row *projects, size_t count)
{
	struct practices_row key = {.region = practice->region, .id = practice->project};
	if (practice->project == NULL)
		return;
	const struct practices_row *project = bsearch(&key, projects, count, sizeof key, row_order);
	practice->results = project == NULL ? NULL : object_of(project->attributes, "indicators");
}

struct practice_catalogue practice_catalogue_make(struct arena *arena, const struct practices_row *practices, size_t practices_count,
                                                  const struct practices_row *replications, size_t replications_count,
                                                  const struct practices_row *projects, size_t projects_count)
{
	struct making making = {.arena = arena};
	replications = rows_sorted(arena, replications, replications_count);
	projects = rows_sorted(arena, projects, projects_count);
	making.practices = arena_array(arena, struct practice, practices_count + replications_count + 1);
	for (size_t i = 0; i < practices_count; i++)
		making.practices[making.count++] = practice_of(&practices[i]);
	qsort(making.practices, making.count, sizeof making.practices[0], practice_order);
	add_unregistered(&making, replications, replications_count);
	copies_set(&making, replications, replications_count);
	for (size_t i = 0; i < making.count; i++) {
		results_set(&making.practices[i], projects, projects_count);
		count_copies(&making.practices[i]);
	}
	return (struct practice_catalogue){.at = making.practices, .count = making.count};
}

const struct practice *practice_find(const struct practice_catalogue *catalogue, const char *region, const char *id)
{
	struct practice key = {.region = region, .id = id};
	return bsearch(&key, catalogue->at, catalogue->count, sizeof key, practice_order);
}

/* ---- What suits ---- */

/* One practice held against the region that asks. */
struct judging {
	const struct practices_asker *asker;
	struct practice_suggestion *suggestion;
	decimal *values;  /* room for a reading of every region */
};

static void reason_add(struct judging *judging, struct practice_reason reason)
{
	int max = REASONS[reason.kind].points_max;
	if (reason.points > max)
		reason.points = max;
	if (reason.points < -max)
		reason.points = -max;
	judging->suggestion->points += reason.points;
	judging->suggestion->reasons[judging->suggestion->reasons_count++] = reason;
}

static const char *process_of(const struct practices_row *project)
{
	return json_find_string(json_find(json_find(project->attributes, "process"), "title"), "ru");
}

static bool judge_process(struct judging *judging, const struct practice *practice)
{
	const char *process = json_find_string(practice->process, "ru");
	struct practice_reason reason = {.kind = PRACTICE_REASON_SAME_PROCESS, .points = 40};
	for (size_t i = 0; i < judging->asker->projects_count && process != NULL; i++) {
		const char *own = process_of(&judging->asker->projects[i]);
		if (own == NULL || !text_equal(own, process))
			continue;
		if (reason.count++ == 0 || text_order(judging->asker->projects[i].id, reason.name) < 0)
			reason.name = judging->asker->projects[i].id;
	}
	if (reason.count > 0)
		reason_add(judging, reason);
	return reason.count > 0;
}

static size_t projects_in(const struct practices_asker *asker, const char *sphere)
{
	size_t count = 0;
	for (size_t i = 0; i < asker->projects_count && sphere != NULL; i++) {
		const char *own = json_find_string(asker->projects[i].attributes, "sphere");
		count += own != NULL && text_equal(own, sphere);
	}
	return count;
}

static bool judge_sphere(struct judging *judging, const struct practice *practice)
{
	size_t count = projects_in(judging->asker, practice->sphere);
	if (count > 0)
		reason_add(judging, (struct practice_reason){
			.kind = PRACTICE_REASON_SAME_SPHERE, .points = 25, .count = count, .name = practice->sphere});
	return count > 0;
}

static int decimal_order(const void *a, const void *b)
{
	return decimal_compare(*(const decimal *)a, *(const decimal *)b);
}

/* The region's own reading and the median of all; false where either is not known. */
static bool readings_of(const struct judging *judging, const char *indicator, decimal *ret_own, decimal *ret_typical)
{
	static const decimal TWO = {.millionths = 2000000};
	const struct practices_asker *asker = judging->asker;
	bool known = false;
	size_t count = 0;
	for (size_t i = 0; i < asker->readings_count; i++) {
		const struct practices_reading *reading = &asker->readings[i];
		if (!text_equal(reading->indicator, indicator))
			continue;
		judging->values[count++] = reading->value;
		if (text_equal(reading->region, asker->region)) {
			*ret_own = reading->value;
			known = true;
		}
	}
	if (!known)
		return false;
	qsort(judging->values, count, sizeof judging->values[0], decimal_order);
	decimal middle = judging->values[count / 2];
	if (count % 2 == 0 && (!decimal_add(middle, judging->values[count / 2 - 1], &middle) || !decimal_divide(middle, TWO, &middle)))
		return false;
	*ret_typical = middle;
	return true;
}

/* The widest gap among the indicators that the practice improves. */
static void judge_gap(struct judging *judging, const struct practice *practice)
{
	struct practice_reason widest = {.kind = PRACTICE_REASON_GAP};
	for (size_t i = 0; i < practice->improves_count; i++) {
		decimal own, typical;
		if (!readings_of(judging, practice->improves[i], &own, &typical) || typical.millionths <= 0
		    || own.millionths >= typical.millionths)
			continue;
		int64_t missing = own.millionths < 0 ? typical.millionths : typical.millionths - own.millionths;
		/* Rounded up: any gap is worth a point. */
		int points = (int)(((wide)missing * 20 + typical.millionths - 1) / typical.millionths);
		if (points > widest.points) {
			widest.points = points;
			widest.name = practice->improves[i];
			widest.own = own;
			widest.typical = typical;
		}
	}
	if (widest.points > 0)
		reason_add(judging, widest);
}

static void judge_confirmed(struct judging *judging, const struct practice *practice)
{
	if (practice->confirmed > 0)
		reason_add(judging, (struct practice_reason){
			.kind = PRACTICE_REASON_CONFIRMED, .points = 10 * (int)practice->as_in_source + 5 * (int)practice->less,
			.count = practice->confirmed});
	if (practice->without_effect > 0)
		reason_add(judging, (struct practice_reason){
			.kind = PRACTICE_REASON_WITHOUT_EFFECT, .points = -10 * (int)practice->without_effect,
			.count = practice->without_effect});
}

static bool recommended_to(const struct practice_copy *copy, const struct practices_asker *asker)
{
	if (copy->recommended_on == NULL)
		return false;
	if (copy->to_region != NULL)
		return text_equal(copy->to_region, asker->region);
	/* An authority without a region is one of the region that recommends. */
	return copy->to_authority != NULL ? text_equal(copy->region, asker->region) : projects_in(asker, copy->to_sphere) > 0;
}

static bool judge_wishes(struct judging *judging, const struct practice *practice)
{
	struct practice_reason recommended = {.kind = PRACTICE_REASON_RECOMMENDED, .points = 10};
	struct practice_reason requested = {.kind = PRACTICE_REASON_REQUESTED, .points = 10};
	for (const struct practice_copy *at = practice->copies; at != NULL; at = at->next) {
		recommended.count += recommended_to(at, judging->asker);
		if (at->requested_on != NULL && text_equal(at->region, judging->asker->region)) {
			requested.count++;
			requested.name = at->authority;
		}
	}
	if (recommended.count > 0)
		reason_add(judging, recommended);
	if (requested.count > 0)
		reason_add(judging, requested);
	return recommended.count + requested.count > 0;
}

/* The best reduction (or growth) that counts of the project the practice grew from. */
static void judge_result(struct judging *judging, const struct practice *practice)
{
	struct practice_reason best = {.kind = PRACTICE_REASON_RESULT, .points = 5};
	for (const struct json *at = practice->results == NULL ? NULL : json_first(practice->results); at != NULL; at = json_next(at)) {
		const char *text = json_find_string(at, "reduction");
		decimal result;
		if (text == NULL)
			text = json_find_string(at, "growth");
		if (text != NULL && decimal_parse(text, &result) && decimal_compare(result, best.own) > 0) {
			best.own = result;
			best.name = json_name(at);
		}
	}
	if (best.name != NULL)
		reason_add(judging, best);
}

static bool adopted_by(const struct practice *practice, const char *region)
{
	for (const struct practice_copy *at = practice->copies; at != NULL; at = at->next) {
		if (at->adopted_on != NULL && text_equal(at->region, region))
			return true;
	}
	return false;
}

static bool judge(struct judging *judging, const struct practice *practice)
{
	*judging->suggestion = (struct practice_suggestion){.practice = practice};
	if (text_equal(practice->region, judging->asker->region) || adopted_by(practice, judging->asker->region))
		return false;
	bool process = judge_process(judging, practice);
	bool sphere = judge_sphere(judging, practice);
	judge_gap(judging, practice);
	judge_confirmed(judging, practice);
	bool wished = judge_wishes(judging, practice);
	judge_result(judging, practice);
	return process || sphere || wished;
}

static int suggestion_order(const void *a, const void *b)
{
	const struct practice_suggestion *one = a, *other = b;
	if (one->points != other->points)
		return one->points > other->points ? -1 : 1;
	if (one->practice->confirmed != other->practice->confirmed)
		return one->practice->confirmed > other->practice->confirmed ? -1 : 1;
	if (one->practice->adopted != other->practice->adopted)
		return one->practice->adopted > other->practice->adopted ? -1 : 1;
	return practice_order(one->practice, other->practice);
}

void practice_suggest(struct arena *arena, const struct practice_catalogue *catalogue, const struct practices_asker *asker,
                      const struct practice_suggestion **ret_suggestions, size_t *ret_count)
{
	struct practice_suggestion *suggestions = arena_array(arena, struct practice_suggestion, catalogue->count + 1);
	struct judging judging = {.asker = asker, .values = arena_array(arena, decimal, asker->readings_count + 1)};
	size_t count = 0;
	for (size_t i = 0; i < catalogue->count; i++) {
		judging.suggestion = &suggestions[count];
		count += judge(&judging, &catalogue->at[i]);
	}
	qsort(suggestions, count, sizeof suggestions[0], suggestion_order);
	*ret_suggestions = suggestions;
	*ret_count = count;
}
