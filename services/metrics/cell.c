#include "services/metrics/cell.h"

#include "services/metrics/outlier.h"
#include "services/metrics/row_table.h"

#include <stdio.h>
#include <stdlib.h>

#define GROUPS_MAX 20000000
#define THINGS_MAX 20000000
#define KEY_SIZE   (SUBJECT_TEXT_SIZE + 16)
#define OUTLIERS_ARENA_MIN ((size_t)64 * 1024)

/* Of what adds up. */
struct month_sum {
	int month;
	int64_t count;
	figure_sum sum;
};

/* Of what does not: a sample of a median or of outliers, a distinct thing in a month, a figure of a date. */
struct sample {
	const char *thing;  /* interned; NULL = none */
	int64_t amount;
	int day;
	int month;
	int64_t count;
};

/* One part of a group. Sorted but while loading. */
struct series {
	struct month_sum *sums;
	size_t sums_count, sums_capacity;
	struct sample *samples;
	size_t samples_count, samples_capacity;
	bool unsorted;
};

/* A definition for one subject. */
struct group {
	struct row row;  /* key: ordinal/subject */
	const struct definition *definition;
	enum subject_kind kind;
	const char *subject;  /* within the key */
	struct series parts[2];
	int16_t *dirty;       /* months that change in this turn; in the turn's arena */
	size_t dirty_count, dirty_capacity;
};

struct thing {
	struct row row;
};

/* Contributions noted in a turn, each with its group once it was looked for. */
struct noted_contribution {
	struct contribution contribution;
	struct group *group;
};

struct noted {
	struct noted_contribution *at;
	size_t count, capacity;
};

struct cells {
	const struct definitions *definitions;
	unsigned subjects;
	int month_last;
	struct row_table *groups;
	struct row_table *things;
	size_t bytes;
	struct noted added, removed;
};

struct cells *cells_new(const struct definitions *definitions, unsigned subjects, uint64_t hash_seed)
{
	struct cells *cells = calloc(1, sizeof *cells);
	ASSERT(cells != NULL);
	cells->definitions = definitions;
	cells->subjects = subjects;
	cells->month_last = CELL_NO_HORIZON;
	cells->groups = row_table_new(sizeof(struct group), GROUPS_MAX, hash_seed);
	cells->things = row_table_new(sizeof(struct thing), THINGS_MAX, hash_seed);
	return cells;
}

void cells_destroy(struct cells **cells)
{
	if (*cells == NULL)
		return;
	for (size_t i = 0; i < row_table_count((*cells)->groups); i++) {
		struct group *group = (void *)row_table_at((*cells)->groups, i);
		for (unsigned part = 0; part < 2; part++) {
			free(group->parts[part].sums);
			free(group->parts[part].samples);
		}
	}
	row_table_destroy(&(*cells)->groups);
	row_table_destroy(&(*cells)->things);
	free((*cells)->added.at);
	free((*cells)->removed.at);
	free(*cells);
	*cells = NULL;
}

size_t cells_bytes(const struct cells *cells)
{
	return sizeof *cells + cells->bytes + row_table_count(cells->groups) * (sizeof(struct group) + 2 * KEY_SIZE / 3)
	       + row_table_count(cells->things) * (sizeof(struct thing) + KEY_SIZE / 2);
}

/* ---- Groups and vectors ---- */

/* "ordinal/subject", by hand: a turn looks for some hundred groups. */
static const char *group_key(size_t ordinal, const char *subject, char key[KEY_SIZE])
{
	size_t at = KEY_SIZE - SUBJECT_TEXT_SIZE - 1, len = strlen(subject);
	ASSERT(len < SUBJECT_TEXT_SIZE);
	memcpy(&key[at + 1], subject, len + 1);
	key[at] = '/';
	do
		key[--at] = (char)('0' + ordinal % 10);
	while ((ordinal /= 10) > 0 && at > 0);
	return &key[at];
}

static struct group *group_get(struct cells *cells, size_t ordinal, enum subject_kind kind, const char *subject)
{
	char room[KEY_SIZE];
	const char *key = group_key(ordinal, subject, room);
	struct group *group = (void *)row_table_get(cells->groups, key);
	ASSERT(group != NULL);  /* twenty million: a region's log would have to be larger than we number */
	if (group->definition == NULL) {
		group->definition = &cells->definitions->at[ordinal];
		group->kind = kind;
		group->subject = strchr(group->row.key, '/') + 1;
	}
	return group;
}

static const char *intern(struct cells *cells, const char *text)
{
	if (text == NULL)
		return NULL;
	struct row *row = row_table_get(cells->things, text);
	ASSERT(row != NULL);
	return row->key;
}

/* Room for one more; *bytes follows what the vectors take. */
static void *grow(void *at, size_t count, size_t *capacity, size_t size, size_t *bytes)
{
	if (count < *capacity)
		return at;
	size_t more = *capacity == 0 ? 2 : *capacity;
	at = realloc(at, (*capacity + more) * size);
	ASSERT(at != NULL);
	*capacity += more;
	if (bytes != NULL)
		*bytes += more * size;
	return at;
}

/* ---- What adds up ---- */

/* The first month_sum at or after the month. */
static size_t sum_at(const struct series *series, int month)
{
	size_t low = 0, high = series->sums_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (series->sums[middle].month < month)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void sum_change(struct cells *cells, struct series *series, int month, int64_t count, figure_sum amount)
{
	size_t at = sum_at(series, month);
	if (at == series->sums_count || series->sums[at].month != month) {
		series->sums = grow(series->sums, series->sums_count, &series->sums_capacity, sizeof *series->sums, &cells->bytes);
		memmove(&series->sums[at + 1], &series->sums[at], (series->sums_count - at) * sizeof *series->sums);
		series->sums[at] = (struct month_sum){.month = month};
		series->sums_count++;
	}
	series->sums[at].count += count;
	series->sums[at].sum += amount;
	if (series->sums[at].count == 0 && series->sums[at].sum == 0) {
		series->sums_count--;
		memmove(&series->sums[at], &series->sums[at + 1], (series->sums_count - at) * sizeof *series->sums);
	}
}

/* ---- What does not ---- */

static int order(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* Things of one text are one pointer; their order among each other says nothing and is asked for by nobody. */
static int thing_order(const char *a, const char *b)
{
	return (a > b) - (a < b);
}

/* By day (0 but of the latest), thing, month, amount: the latest figure is the last, the months of a thing stand together. Of the
 * latest the thing is an entity's id, and of the same day the last by text holds. */
static int sample_compare(const void *a, const void *b)
{
	const struct sample *one = a, *other = b;
	int result = order(one->day, other->day);
	if (result == 0 && one->thing != other->thing)
		result = one->day != 0 ? strcmp(one->thing, other->thing) : thing_order(one->thing, other->thing);
	if (result == 0)
		result = order(one->month, other->month);
	return result == 0 ? order(one->amount, other->amount) : result;
}

static void series_sort(struct series *series)
{
	if (series->unsorted)
		qsort(series->samples, series->samples_count, sizeof *series->samples, sample_compare);
	series->unsorted = false;
}

static size_t sample_at(const struct series *series, const struct sample *sample)
{
	size_t low = 0, high = series->samples_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (sample_compare(&series->samples[middle], sample) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void sample_append(struct cells *cells, struct series *series, const struct sample *sample)
{
	series->samples = grow(series->samples, series->samples_count, &series->samples_capacity, sizeof *series->samples, &cells->bytes);
	series->samples[series->samples_count++] = *sample;
	series->unsorted = true;
}

static void sample_change(struct cells *cells, struct series *series, const struct sample *sample, int64_t count)
{
	series_sort(series);
	size_t at = sample_at(series, sample);
	if (at == series->samples_count || sample_compare(&series->samples[at], sample) != 0) {
		series->samples = grow(series->samples, series->samples_count, &series->samples_capacity, sizeof *series->samples, &cells->bytes);
		memmove(&series->samples[at + 1], &series->samples[at], (series->samples_count - at) * sizeof *series->samples);
		series->samples[at] = *sample;
		series->samples[at].count = 0;
		series->samples_count++;
	}
	series->samples[at].count += count;
	if (series->samples[at].count == 0) {
		series->samples_count--;
		memmove(&series->samples[at], &series->samples[at + 1], (series->samples_count - at) * sizeof *series->samples);
	}
}

/* ---- Contributions in and out ---- */

static bool adds_up(enum measure_kind measure)
{
	return measure != MEASURE_MEDIAN && measure != MEASURE_OUTLIERS && measure != MEASURE_DISTINCT && measure != MEASURE_LATEST;
}

static struct sample sample_of(struct cells *cells, const struct contribution *contribution)
{
	return (struct sample){
		.thing = intern(cells, contribution->sample), .amount = contribution->amount.millionths, .day = contribution->day,
		.month = contribution->month, .count = 1};
}

static struct group *group_of(struct cells *cells, const struct contribution *contribution)
{
	return group_get(cells, contribution->definition, contribution->kind, contribution->subject);
}

static void contribution_apply(struct cells *cells, struct group *group, const struct contribution *contribution, int sign, bool loading)
{
	struct series *series = &group->parts[contribution->part];
	int64_t count = (int64_t)contribution->count * sign;
	if (adds_up(group->definition->parts[contribution->part].measure)) {
		sum_change(cells, series, contribution->month, count, (figure_sum)contribution->amount.millionths * count);
		return;
	}
	struct sample sample = sample_of(cells, contribution);
	if (loading)
		sample_append(cells, series, &sample);
	else
		sample_change(cells, series, &sample, count);
}

static void on_loaded(void *context, const struct contribution *contribution)
{
	struct cells *cells = context;
	if ((cells->subjects & (1u << contribution->kind)) != 0)
		contribution_apply(cells, group_of(cells, contribution), contribution, 1, true);
}

void cells_load(struct cells *cells, enum entity_kind kind, const char *id, const struct json *attributes, struct arena *scratch)
{
	contributions_emit(cells->definitions, kind, id, attributes, NULL, scratch, on_loaded, cells);
}

void cells_set_horizon(struct cells *cells, int month_last)
{
	cells->month_last = month_last;
}

/* ---- Figures ---- */

/* What a part amounts to in a period. */
struct amount {
	figure_sum sum;
	int64_t count;
	figure_sum divisor;  /* of a median */
};

/* Months [first, end) of a period, or everything before its end. */
static int first_of(const struct part *part, struct calendar_period period)
{
	return part->stock ? 0 : period.first;
}

static struct amount sum_amount(const struct part *part, const struct series *series, struct calendar_period period)
{
	struct amount amount = {.divisor = 1};
	int last = calendar_month_last(period);
	for (size_t i = sum_at(series, first_of(part, period)); i < series->sums_count && series->sums[i].month <= last; i++) {
		amount.sum += series->sums[i].sum;
		amount.count += series->sums[i].count;
	}
	return amount;
}

static int integer_compare(const void *a, const void *b)
{
	return order(*(const int64_t *)a, *(const int64_t *)b);
}

/* The samples of a median or of outliers, ascending; NULL when there are none. They have neither day nor thing: they are kept by month
 * and amount. To be freed. */
static int64_t *values_of(const struct part *part, const struct series *series, struct calendar_period period, size_t *ret_count)
{
	const struct sample from = {.month = first_of(part, period), .amount = INT64_MIN};
	size_t first = sample_at(series, &from), end = first;
	size_t count = 0;
	for (; end < series->samples_count && series->samples[end].month <= calendar_month_last(period); end++)
		count += (size_t)series->samples[end].count;
	*ret_count = count;
	if (count == 0)
		return NULL;
	int64_t *values = malloc(count * sizeof *values);
	ASSERT(values != NULL);
	size_t filled = 0;
	for (size_t i = first; i < end; i++) {
		for (int64_t again = 0; again < series->samples[i].count; again++)
			values[filled++] = series->samples[i].amount;
	}
	qsort(values, count, sizeof *values, integer_compare);
	return values;
}

static struct amount median_amount(const struct part *part, const struct series *series, struct calendar_period period)
{
	struct amount amount = {.divisor = 1};
	size_t count;
	int64_t *values = values_of(part, series, period, &count);
	if (values == NULL)
		return amount;
	amount.count = (int64_t)count;
	amount.sum = values[count / 2];
	if (count % 2 == 0) {
		amount.sum += values[count / 2 - 1];
		amount.divisor = 2;
	}
	free(values);
	return amount;
}

/* In ascending order, so that the last bit of a score does not depend on the order of arrival. */
static struct amount outliers_amount(const struct part *part, const struct series *series, struct calendar_period period)
{
	struct amount amount = {.divisor = 1};
	size_t count;
	int64_t *values = values_of(part, series, period, &count);
	if (values == NULL)
		return amount;
	struct arena *arena = arena_new(count * 4 * sizeof(double) + OUTLIERS_ARENA_MIN);
	double *figures = arena_array(arena, double, count), *scores = arena_array(arena, double, count);
	for (size_t i = 0; i < count; i++)
		figures[i] = (double)values[i];
	outlier_scores(arena, figures, count, scores);
	for (size_t i = 0; i < count; i++)
		amount.sum += outlier_is(scores[i]) ? 1000000 : 0;
	amount.count = (int64_t)count;
	arena_destroy(&arena);
	free(values);
	return amount;
}

/* Sorted by thing and month. */
static bool thing_counts(const struct part *part, const struct series *series, size_t *at, struct calendar_period period, const char **ret_thing)
{
	int first = first_of(part, period), last = calendar_month_last(period);
	const char *thing = series->samples[*at].thing;
	bool counts = false;
	*ret_thing = thing;
	for (; *at < series->samples_count && series->samples[*at].thing == thing; (*at)++)
		counts = counts || (series->samples[*at].month >= first && series->samples[*at].month <= last);
	return counts;
}

static bool other_counts(const struct part *part, const struct series *series, const char *thing, struct calendar_period period)
{
	const struct sample from = {.thing = thing, .month = 0, .amount = INT64_MIN};
	size_t at = sample_at(series, &from);
	const char *found;
	return at < series->samples_count && series->samples[at].thing == thing && thing_counts(part, series, &at, period, &found);
}

/* within: only things that the other part counts too; NULL = all. */
static struct amount distinct_amount(const struct part *part, const struct series *series, const struct part *within_part,
                                     const struct series *within, struct calendar_period period)
{
	struct amount amount = {.divisor = 1};
	for (size_t at = 0; at < series->samples_count;) {
		const char *thing;
		if (thing_counts(part, series, &at, period, &thing) && (within == NULL || other_counts(within_part, within, thing, period)))
			amount.count++;
	}
	amount.sum = (figure_sum)amount.count * 1000000;
	return amount;
}

static struct amount latest_amount(const struct part *part, const struct series *series, struct calendar_period period)
{
	struct amount amount = {.divisor = 1};
	int first = first_of(part, period), last = calendar_month_last(period);
	for (size_t i = series->samples_count; i-- > 0;) {
		if (series->samples[i].month > last)
			continue;
		if (series->samples[i].month >= first)
			amount = (struct amount){.sum = series->samples[i].amount, .count = 1, .divisor = 1};
		break;
	}
	return amount;
}

static struct amount part_amount(struct group *group, unsigned number, struct calendar_period period)
{
	const struct part *part = &group->definition->parts[number];
	struct series *series = &group->parts[number];
	series_sort(series);
	switch (part->measure) {
	case MEASURE_MEDIAN:
		return median_amount(part, series, period);
	case MEASURE_OUTLIERS:
		return outliers_amount(part, series, period);
	case MEASURE_DISTINCT:
		if (number == 1 || !group->definition->within)
			return distinct_amount(part, series, NULL, NULL, period);
		series_sort(&group->parts[1]);
		return distinct_amount(part, series, &group->definition->parts[1], &group->parts[1], period);
	case MEASURE_LATEST:
		return latest_amount(part, series, period);
	default:
		return sum_amount(part, series, period);
	}
}

static bool has_stock(const struct definition *definition)
{
	return definition->parts[0].stock || (definition->parts_count == 2 && definition->parts[1].stock);
}

static int floor_of(int month_last)
{
	return month_last + 1 - CELL_STOCK_YEARS * 12;
}

static bool within_horizon(int month_last, const struct definition *definition, struct calendar_period period)
{
	return !has_stock(definition) || (calendar_month_last(period) <= month_last && period.first >= floor_of(month_last));
}

static struct figure figure_of(struct group *group, struct calendar_period period)
{
	struct amount numerator = part_amount(group, 0, period);
	struct figure figure = {.numerator = numerator.sum, .denominator = numerator.divisor * 1000000, .observations = numerator.count};
	bool two = group->definition->parts_count == 2;
	if (group->definition->parts[0].measure == MEASURE_MEAN)
		figure.denominator = (figure_sum)numerator.count * 1000000;
	if (group->definition->parts[0].measure == MEASURE_MEDIAN && numerator.count == 0)
		figure.denominator = 0;
	if (two) {
		struct amount denominator = part_amount(group, 1, period);
		figure.denominator = denominator.sum;
		figure.observations = group->definition->observe_denominator ? denominator.count : numerator.count;
	}
	figure.empty = figure.numerator == 0 && figure.observations == 0 && (!two || figure.denominator == 0);
	figure_finish(&figure, group->definition->scale);
	return figure;
}

static const struct figure EMPTY = {.missing = true, .empty = true};

static struct figure figure_within(int month_last, struct group *group, struct calendar_period period)
{
	return within_horizon(month_last, group->definition, period) ? figure_of(group, period) : EMPTY;
}

struct figure cells_figure(struct cells *cells, const struct definition *definition, const char *subject, struct calendar_period period)
{
	char key[KEY_SIZE];
	if (strlen(subject) >= SUBJECT_TEXT_SIZE)
		return EMPTY;  /* no name is as long */
	struct group *group = (void *)row_table_find(cells->groups, group_key(definition->ordinal, subject, key));
	return group == NULL ? EMPTY : figure_of(group, period);
}

struct figure cells_stored_figure(struct cells *cells, const struct definition *definition, const char *subject, struct calendar_period period)
{
	return within_horizon(cells->month_last, definition, period) ? cells_figure(cells, definition, subject, period) : EMPTY;
}

bool cell_is_stored(enum subject_kind kind, enum calendar_length length)
{
	switch (kind) {
	case SUBJECT_REGION:
	case SUBJECT_OTHER_REGION:
		return true;
	case SUBJECT_AUTHORITY:
		return length == CALENDAR_YEAR;
	default:
		return false;
	}
}

/* ---- A turn ---- */

static void note(struct noted *noted, const struct contribution *contribution)
{
	noted->at = grow(noted->at, noted->count, &noted->capacity, sizeof *noted->at, NULL);
	noted->at[noted->count++] = (struct noted_contribution){.contribution = *contribution};
}

struct noting {
	struct cells *cells;
	struct noted *noted;
};

static void on_noted(void *context, const struct contribution *contribution)
{
	const struct noting *noting = context;
	if ((noting->cells->subjects & (1u << contribution->kind)) != 0)
		note(noting->noted, contribution);
}

/* What stands on both sides of one entity changes nothing. Both lists follow the definitions, so what is equal is mostly met at
 * once. */
static void cancel(struct noted *removed, size_t removed_first, struct noted *added, size_t added_first)
{
	size_t kept = removed_first, hint = added_first;
	for (size_t i = removed_first; i < removed->count; i++) {
		size_t found = added->count;
		for (size_t step = 0, count = added->count - added_first; step < count && found == added->count; step++) {
			size_t at = added_first + (hint - added_first + step) % count;
			if (contribution_equal(&removed->at[i].contribution, &added->at[at].contribution))
				found = at;
		}
		if (found == added->count) {
			removed->at[kept++] = removed->at[i];
			continue;
		}
		hint = found;
		memmove(&added->at[found], &added->at[found + 1], (--added->count - found) * sizeof *added->at);
	}
	removed->count = kept;
}

void cells_replace(struct cells *cells, enum entity_kind kind, const char *id, const struct json *before, const struct json *after,
                   struct arena *arena)
{
	struct noting removing = {cells, &cells->removed}, adding = {cells, &cells->added};
	size_t removed_first = cells->removed.count, added_first = cells->added.count;
	contributions_emit(cells->definitions, kind, id, before, after, arena, on_noted, &removing);
	contributions_emit(cells->definitions, kind, id, after, before, arena, on_noted, &adding);
	cancel(&cells->removed, removed_first, &cells->added, added_first);
}

/* The groups that change in a turn. */
struct dirty {
	struct group **at;
	size_t count, capacity;
	struct arena *arena;
};

static void *grow_in_arena(struct arena *arena, void *at, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return at;
	size_t more = *capacity == 0 ? 4 : *capacity * 2;
	void *larger = arena_alloc_array(arena, size, more);
	if (count > 0)
		memcpy(larger, at, count * size);
	*capacity = more;
	return larger;
}

static void mark(struct dirty *dirty, struct group *group, int month)
{
	for (size_t i = group->dirty_count; i-- > 0;) {
		if (group->dirty[i] == month)
			return;
	}
	if (group->dirty_count == 0) {
		group->dirty = NULL;
		group->dirty_capacity = 0;
		dirty->at = grow_in_arena(dirty->arena, dirty->at, dirty->count, &dirty->capacity, sizeof *dirty->at);
		dirty->at[dirty->count++] = group;
	}
	group->dirty = grow_in_arena(dirty->arena, group->dirty, group->dirty_count, &group->dirty_capacity, sizeof *group->dirty);
	group->dirty[group->dirty_count++] = (int16_t)month;
}

/* A stock changes in every month from there on. */
static void mark_contribution(struct cells *cells, struct dirty *dirty, struct noted_contribution *noted, int month_last)
{
	const struct contribution *contribution = &noted->contribution;
	struct group *group = noted->group = group_of(cells, contribution);
	mark(dirty, group, contribution->month);
	if (!group->definition->parts[contribution->part].stock)
		return;
	int first = contribution->month + 1 > floor_of(month_last) ? contribution->month + 1 : floor_of(month_last);
	for (int month = first; month <= month_last; month++)
		mark(dirty, group, month);
}

/* Months that the horizon lets in, and those that fall out at the other end. */
static void mark_horizon(struct cells *cells, struct dirty *dirty, int month_last)
{
	if (month_last == cells->month_last)
		return;
	for (size_t i = 0; i < row_table_count(cells->groups); i++) {
		struct group *group = (void *)row_table_at(cells->groups, i);
		if (!has_stock(group->definition))
			continue;
		int first = cells->month_last == CELL_NO_HORIZON ? floor_of(month_last) : cells->month_last + 1;
		for (int month = first < 0 ? 0 : first; month <= month_last; month++)
			mark(dirty, group, month);
		int gone = cells->month_last == CELL_NO_HORIZON ? 0 : floor_of(cells->month_last);
		for (int month = gone < 0 ? 0 : gone; month < floor_of(month_last); month++)
			mark(dirty, group, month);
	}
}

/* A figure that may change. */
struct candidate {
	struct group *group;
	struct calendar_period period;
	struct figure before;
};

struct candidates {
	struct candidate *at;
	size_t count, capacity;
	struct arena *arena;
};

static int month_compare(const void *a, const void *b)
{
	return *(const int16_t *)a - *(const int16_t *)b;
}

/* The stored periods that the group's dirty months lie in, length by length. */
static void find_candidates(struct candidates *candidates, struct group *group)
{
	qsort(group->dirty, group->dirty_count, sizeof *group->dirty, month_compare);
	for (unsigned length = 0; length < CALENDAR_LENGTH_COUNT; length++) {
		size_t first = candidates->count;
		if (!cell_is_stored(group->kind, (enum calendar_length)length))
			continue;
		for (size_t i = 0; i < group->dirty_count; i++) {
			struct calendar_period period = calendar_period_of(group->dirty[i], (enum calendar_length)length);
			if (candidates->count > first && calendar_period_equal(candidates->at[candidates->count - 1].period, period))
				continue;
			candidates->at = grow_in_arena(candidates->arena, candidates->at, candidates->count, &candidates->capacity, sizeof *candidates->at);
			candidates->at[candidates->count++] = (struct candidate){.group = group, .period = period};
		}
	}
	group->dirty_count = 0;
}

static void apply_noted(struct cells *cells)
{
	for (size_t i = 0; i < cells->removed.count; i++)
		contribution_apply(cells, cells->removed.at[i].group, &cells->removed.at[i].contribution, -1, false);
	for (size_t i = 0; i < cells->added.count; i++)
		contribution_apply(cells, cells->added.at[i].group, &cells->added.at[i].contribution, 1, false);
	cells->removed.count = 0;
	cells->added.count = 0;
}

static void mark_noted(struct cells *cells, struct dirty *dirty, int month_last)
{
	for (size_t i = 0; i < cells->removed.count; i++)
		mark_contribution(cells, dirty, &cells->removed.at[i], month_last);
	for (size_t i = 0; i < cells->added.count; i++)
		mark_contribution(cells, dirty, &cells->added.at[i], month_last);
	mark_horizon(cells, dirty, month_last);
}

void cells_turn(struct cells *cells, int month_last, struct arena *arena, cell_change_fn *emit, void *context)
{
	struct dirty dirty = {.arena = arena};
	struct candidates candidates = {.arena = arena};
	int before_last = cells->month_last;
	if (month_last < before_last)
		month_last = before_last;
	mark_noted(cells, &dirty, month_last);
	for (size_t i = 0; i < dirty.count; i++)
		find_candidates(&candidates, dirty.at[i]);
	for (size_t i = 0; i < candidates.count; i++)
		candidates.at[i].before = figure_within(before_last, candidates.at[i].group, candidates.at[i].period);
	apply_noted(cells);
	cells->month_last = month_last;
	for (size_t i = 0; i < candidates.count; i++) {
		const struct candidate *at = &candidates.at[i];
		const struct cell_change change = {
			.definition = at->group->definition, .subject = at->group->subject, .period = at->period,
			.figure = figure_within(month_last, at->group, at->period)};
		if (!figure_equal(&at->before, &change.figure))
			emit(context, &change);
	}
}

static void mark_all(struct cells *cells, struct dirty *dirty, struct group *group)
{
	for (unsigned part = 0; part < group->definition->parts_count; part++) {
		const struct series *series = &group->parts[part];
		int earliest = INT16_MAX;
		for (size_t i = 0; i < series->sums_count; i++) {
			mark(dirty, group, series->sums[i].month);
			earliest = series->sums[i].month < earliest ? series->sums[i].month : earliest;
		}
		for (size_t i = 0; i < series->samples_count; i++) {
			mark(dirty, group, series->samples[i].month);
			earliest = series->samples[i].month < earliest ? series->samples[i].month : earliest;
		}
		int first = earliest > floor_of(cells->month_last) ? earliest : floor_of(cells->month_last);
		for (int month = first; group->definition->parts[part].stock && month <= cells->month_last; month++)
			mark(dirty, group, month);
	}
}

void cells_emit_all(struct cells *cells, struct arena *arena, cell_change_fn *emit, void *context)
{
	struct dirty dirty = {.arena = arena};
	struct candidates candidates = {.arena = arena};
	for (size_t i = 0; i < row_table_count(cells->groups); i++)
		mark_all(cells, &dirty, (void *)row_table_at(cells->groups, i));
	for (size_t i = 0; i < dirty.count; i++)
		find_candidates(&candidates, dirty.at[i]);
	for (size_t i = 0; i < candidates.count; i++) {
		const struct candidate *at = &candidates.at[i];
		const struct cell_change change = {
			.definition = at->group->definition, .subject = at->group->subject, .period = at->period,
			.figure = figure_within(cells->month_last, at->group, at->period)};
		if (!change.figure.empty)
			emit(context, &change);
	}
}
