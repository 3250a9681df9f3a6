#include "services/metrics/indicator.h"

#include <stdlib.h>

enum kind { KIND_COUNT, KIND_MEDIAN, KIND_RATIO };

struct definition {
	const char *code;
	enum kind kind;
	int64_t scale;
};

static const struct definition DEFINITIONS[INDICATOR_COUNT] = {
#define DEFINITION(code, kind, scale, text) [INDICATOR_##code] = {#code, KIND_##kind, scale},
	INDICATOR_MAP(DEFINITION)
#undef DEFINITION
};

/* Which indicator of a project feeds which median. */
struct reduction {
	const char *project_indicator;
	enum indicator indicator;
};

static const struct reduction REDUCTIONS[] = {
	{"lead_time", INDICATOR_lead_time_reduction},
	{"labour", INDICATOR_labour_reduction},
	{"errors", INDICATOR_errors_reduction},
	{"documents", INDICATOR_documents_reduction},
};

/* What is counted of one year. authorities_* and joined are changes at first and stocks after stocks_sum. */
struct year_sums {
	int64_t initiated, interdepartmental, independent, digital;
	int64_t completed, measured;
	int64_t authorities_registered, authorities_covered;
	int64_t trainings, people;
	int64_t practices;
	int64_t joined;
	const struct headcount *headcount;  /* the latest of the year, then the latest by its end */
};

/* One project's reduction in the year it was closed. */
struct sample {
	int year;
	enum indicator indicator;
	decimal percent;
};

struct sums {
	const struct region_state *state;
	struct year_sums years[YEARS_MAX];
	struct sample *samples;  /* of touched years only */
	size_t samples_count;
	size_t samples_capacity;
};

const char *indicator_code(enum indicator indicator)
{
	return DEFINITIONS[indicator].code;
}

bool indicator_find(const char *code, enum indicator *ret_indicator)
{
	for (unsigned i = 0; i < INDICATOR_COUNT; i++) {
		if (text_equal(DEFINITIONS[i].code, code)) {
			*ret_indicator = (enum indicator)i;
			return true;
		}
	}
	return false;
}

bool indicator_value_equal(const struct indicator_value *a, const struct indicator_value *b)
{
	return decimal_compare(a->numerator, b->numerator) == 0 && decimal_compare(a->denominator, b->denominator) == 0
	       && a->observations == b->observations && a->missing == b->missing
	       && decimal_compare(a->value, b->value) == 0;
}

/* ---- Counting ---- */

static struct year_sums *sums_of(struct sums *sums, int64_t us)
{
	int year = year_of(us);
	ASSERT(year >= YEAR_MIN && year <= YEAR_MAX);
	return &sums->years[year - YEAR_MIN];
}

static void sample_add(struct sums *sums, int year, enum indicator indicator, decimal percent)
{
	if (sums->samples_count == sums->samples_capacity) {
		sums->samples_capacity = sums->samples_capacity == 0 ? 256 : sums->samples_capacity * 2;
		sums->samples = realloc(sums->samples, sums->samples_capacity * sizeof *sums->samples);
		ASSERT(sums->samples != NULL);
	}
	sums->samples[sums->samples_count++] = (struct sample){.year = year, .indicator = indicator, .percent = percent};
}

static void count_reductions(struct sums *sums, const struct project *project, int year)
{
	for (const struct project_indicator *at = project->indicators; at != NULL; at = at->next) {
		decimal percent;
		for (size_t i = 0; i < ARRAY_COUNT(REDUCTIONS); i++) {
			if (text_equal(REDUCTIONS[i].project_indicator, at->indicator)
			    && project_indicator_reduction(at, &percent))
				sample_add(sums, year, REDUCTIONS[i].indicator, percent);
		}
	}
}

static void count_project(struct sums *sums, const struct project *project)
{
	if (!project_state_initiated(project->course.state))
		return;
	struct year_sums *opened = sums_of(sums, project->opened.time_us);
	opened->initiated++;
	opened->interdepartmental += project->authorities_count >= 2;
	opened->independent += project->independent;
	opened->digital += project->digital;
	if (!project_state_completed(project->course.state))
		return;
	struct year_sums *closed = sums_of(sums, project->closed.time_us);
	closed->completed++;
	closed->measured += project_measured(project);
	int year = year_of(project->closed.time_us);
	if (region_state_year_touched(sums->state, year))
		count_reductions(sums, project, year);
}

/* taking_part[authority's number]: the first year of its projects, 0 = none. */
static void note_parties(const struct project *project, int *taking_part)
{
	if (!project_state_initiated(project->course.state))
		return;
	int year = year_of(project->opened.time_us);
	for (unsigned i = 0; i < project->authorities_count; i++) {
		int *first = &taking_part[project->authorities[i]->row.at];
		if (*first == 0 || year < *first)
			*first = year;
	}
}

static void count_projects(struct sums *sums, int *taking_part)
{
	const struct row_table *table = region_state_table(sums->state, REGION_PROJECT);
	for (size_t i = 0; i < row_table_count(table); i++) {
		const struct project *project = (const void *)row_table_at(table, i);
		count_project(sums, project);
		note_parties(project, taking_part);
	}
}

static void count_authorities(struct sums *sums, const int *taking_part)
{
	const struct row_table *table = region_state_table(sums->state, REGION_AUTHORITY);
	for (size_t i = 0; i < row_table_count(table); i++) {
		const struct authority *authority = (const void *)row_table_at(table, i);
		if (!fact_known(&authority->registered))
			continue;
		sums_of(sums, authority->registered_on_us)->authorities_registered++;
		int year = year_of(authority->registered_on_us);
		if (taking_part[i] != 0)
			sums->years[(year > taking_part[i] ? year : taking_part[i]) - YEAR_MIN].authorities_covered++;
	}
}

static void count_headcounts(struct sums *sums)
{
	const struct row_table *table = region_state_table(sums->state, REGION_HEADCOUNT);
	for (size_t i = 0; i < row_table_count(table); i++) {
		const struct headcount *headcount = (const void *)row_table_at(table, i);
		if (!headcount->whole_region || !fact_known(&headcount->reported))
			continue;
		struct year_sums *year = sums_of(sums, headcount->as_of_us);
		if (year->headcount == NULL || year->headcount->as_of_us < headcount->as_of_us)
			year->headcount = headcount;
	}
}

static void count_trainings(struct sums *sums)
{
	const struct row_table *table = region_state_table(sums->state, REGION_TRAINING);
	for (size_t i = 0; i < row_table_count(table); i++) {
		const struct training *training = (const void *)row_table_at(table, i);
		if (!fact_known(&training->completed))
			continue;
		struct year_sums *year = sums_of(sums, training->completed_on_us);
		year->trainings++;
		year->people += training->people;
	}
}

static void count_practices(struct sums *sums)
{
	const struct row_table *table = region_state_table(sums->state, REGION_PRACTICE);
	for (size_t i = 0; i < row_table_count(table); i++) {
		const struct practice *practice = (const void *)row_table_at(table, i);
		if (fact_known(&practice->published))
			sums_of(sums, practice->published.time_us)->practices++;
	}
}

static void count_joined(struct sums *sums)
{
	const struct participation *participation = region_state_participation(sums->state);
	if (fact_known(&participation->joined))
		sums_of(sums, participation->joined_on_us)->joined = 1;
}

/* A stock at a year's end is everything up to it. */
static void stocks_sum(struct sums *sums)
{
	for (size_t i = 1; i < YEARS_MAX; i++) {
		struct year_sums *year = &sums->years[i];
		const struct year_sums *before = &sums->years[i - 1];
		year->authorities_registered += before->authorities_registered;
		year->authorities_covered += before->authorities_covered;
		year->joined += before->joined;
		if (year->headcount == NULL)
			year->headcount = before->headcount;
	}
}

static int sample_compare(const void *a, const void *b)
{
	const struct sample *one = a;
	const struct sample *other = b;
	if (one->year != other->year)
		return one->year < other->year ? -1 : 1;
	if (one->indicator != other->indicator)
		return one->indicator < other->indicator ? -1 : 1;
	return decimal_compare(one->percent, other->percent);
}

static void sums_count(struct sums *sums)
{
	size_t authorities = row_table_count(region_state_table(sums->state, REGION_AUTHORITY));
	int *taking_part = calloc(authorities + 1, sizeof *taking_part);
	ASSERT(taking_part != NULL);
	count_projects(sums, taking_part);
	count_authorities(sums, taking_part);
	free(taking_part);
	count_headcounts(sums);
	count_trainings(sums);
	count_practices(sums);
	count_joined(sums);
	stocks_sum(sums);
	if (sums->samples_count > 0)
		qsort(sums->samples, sums->samples_count, sizeof *sums->samples, sample_compare);
}

/* ---- Values ---- */

static decimal decimal_of(int64_t integer)
{
	decimal value;
	/* Counts are bounded by the stated maxima of a region, far below a decimal's range. */
	bool fits = decimal_from_integer(integer, &value);
	ASSERT(fits);
	return value;
}

/* Multiplied first and divided last, so that it is rounded once. */
static void value_finish(struct indicator_value *value, int64_t scale)
{
	decimal scaled;
	value->missing = !decimal_multiply(value->numerator, decimal_of(scale), &scaled)
	                 || !decimal_divide(scaled, value->denominator, &value->value);
	if (value->missing)
		value->value = (decimal){0};
}

static struct indicator_value value_of(int64_t numerator, int64_t denominator, int64_t observations)
{
	return (struct indicator_value){
		.numerator = decimal_of(numerator),
		.denominator = decimal_of(denominator),
		.observations = observations,
	};
}

/* samples are sorted; [first, first + count) are those of one median. */
static struct indicator_value median_of(const struct sample *first, size_t count)
{
	struct indicator_value value = value_of(0, 0, (int64_t)count);
	if (count == 0)
		return value;
	value.denominator = decimal_of(count % 2 == 1 ? 1 : 2);
	value.numerator = first[count / 2].percent;
	/* Reductions lie within ±10^12 (project.h): the sum of two fits. */
	bool fits = count % 2 == 1 || decimal_add(first[count / 2 - 1].percent, first[count / 2].percent, &value.numerator);
	ASSERT(fits);
	return value;
}

static struct indicator_value median(const struct sums *sums, int year, enum indicator indicator)
{
	struct sample least = {.year = year, .indicator = indicator, .percent = {INT64_MIN}};
	size_t low = 0;
	size_t high = sums->samples_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (sample_compare(&sums->samples[middle], &least) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	size_t count = 0;
	while (low + count < sums->samples_count && sums->samples[low + count].year == year
	       && sums->samples[low + count].indicator == indicator)
		count++;
	return median_of(sums->samples + low, count);
}

static int64_t civil_servants_of(const struct year_sums *year)
{
	return year->headcount == NULL ? 0 : year->headcount->civil_servants;
}

static struct indicator_value count_or_ratio(const struct year_sums *year, enum indicator indicator)
{
	switch (indicator) {
	case INDICATOR_initiated:
		return value_of(year->initiated, 1, year->initiated);
	case INDICATOR_completed:
		return value_of(year->completed, 1, year->completed);
	case INDICATOR_measured:
		return value_of(year->measured, 1, year->completed);
	case INDICATOR_interdepartmental_share:
		return value_of(year->interdepartmental, year->initiated, year->initiated);
	case INDICATOR_independent_share:
		return value_of(year->independent, year->initiated, year->initiated);
	case INDICATOR_digital_share:
		return value_of(year->digital, year->initiated, year->initiated);
	case INDICATOR_completed_per_authority:
		return value_of(year->completed, year->authorities_registered, year->completed);
	case INDICATOR_authority_coverage:
		return value_of(year->authorities_covered, year->authorities_registered, year->authorities_registered);
	case INDICATOR_trained_per_1000:
		return value_of(year->people, civil_servants_of(year), year->trainings);
	case INDICATOR_practices_published:
		return value_of(year->practices, 1, year->practices);
	case INDICATOR_practices_per_100_completed:
		return value_of(year->practices, year->completed, year->practices);
	case INDICATOR_joined:
		return value_of(year->joined, 1, year->joined);
	default:
		ASSERT(false);
		return value_of(0, 0, 0);
	}
}

static void year_emit(const struct sums *sums, int year, indicator_emit_fn *emit, void *context)
{
	for (unsigned i = 0; i < INDICATOR_COUNT; i++) {
		enum indicator indicator = (enum indicator)i;
		struct indicator_value value = DEFINITIONS[i].kind == KIND_MEDIAN
			? median(sums, year, indicator)
			: count_or_ratio(&sums->years[year - YEAR_MIN], indicator);
		value_finish(&value, DEFINITIONS[i].scale);
		emit(context, year, indicator, &value);
	}
}

void indicators_compute(const struct region_state *state, indicator_emit_fn *emit, void *context)
{
	const struct participation *participation = region_state_participation(state);
	if (participation->year_first == 0)
		return;
	struct sums *sums = calloc(1, sizeof *sums);
	ASSERT(sums != NULL);
	sums->state = state;
	sums_count(sums);
	for (int year = participation->year_first; year <= participation->year_last; year++) {
		if (region_state_year_touched(state, year))
			year_emit(sums, year, emit, context);
	}
	free(sums->samples);
	free(sums);
}
