#include "services/cli/cli_generate_plan.h"

#include "services/cli/cli_generate_facts.h"
#include "services/cli/cli_generate_random.h"

#include <stdlib.h>

/* Sizes of regions, permille of the mean, at equal steps of the quantile: a long tail to the right, mean 1000. */
static const int SIZES[] = {470, 540, 600, 655, 710, 770, 830, 900, 980, 1080, 1210, 1420, 1830, 2480};

/* Spread evenly over the registry instead of drawn one by one, so that the total hardly depends on the seed and a
 * region's size does not depend on which other regions are asked for. */
static int region_size(const struct generate_region *region, uint64_t seed)
{
	struct generate_random random;
	uint32_t golden = UINT32_C(2654435769);  /* 2^32 / φ: the additive recurrence of the lowest discrepancy */
	uint32_t position, scaled, step;

	generate_random_init(&random, seed, 0, GENERATE_TOPIC_PLAN, 0);
	position = (uint32_t)(generate_random_next(&random) >> 32) + golden * region->index;
	scaled = (uint32_t)(((uint64_t)position * (ARRAY_COUNT(SIZES) - 1) * 1024) >> 32);
	step = scaled / 1024;
	return SIZES[step] + (SIZES[step + 1] - SIZES[step]) * (int)(scaled % 1024) / 1024;
}

static int clamp(int value, int low, int high)
{
	return value < low ? low : value > high ? high : value;
}

static void draw_joining(struct generate_random *random, struct generate_plan *plan)
{
	static const int years[] = {2019, 2019, 2020, 2020, 2020, 2020, 2021, 2021, 2021, 2022};
	int year = years[generate_random_below(random, (int)ARRAY_COUNT(years))];
	int month = generate_random_between(random, 1, 6);

	plan->joined_on = year * 10000 + month * 100 + generate_random_between(random, 1, 28);
	plan->precision = "day";
	if (generate_random_chance(random, 250)) {
		plan->joined_on = year * 10000 + ((month - 1) / 3 * 3 + 1) * 100 + 1;
		plan->precision = "quarter";
	}
	/* What happened before the data begin is reported on their first days. */
	plan->reported_on = plan->joined_on < 20200113 ? 20200113 : plan->joined_on;
}

static void draw_bodies(struct generate_random *random, int size, struct generate_plan *plan)
{
	plan->executive = clamp(9 + size / 160 + generate_random_between(random, -2, 5), 8, 30);
	plan->municipal = clamp(2 + size / 130 + generate_random_between(random, -2, 6), 2, 26);
	plan->institutions = generate_random_between(random, 2, 4);
	plan->servants = clamp(1300 + size * 2 + generate_random_between(random, -300, 900), 1200, 9500);
}

/* A stream of its own, so that what it draws moves nothing of the projects. */
static void draw_club(const struct generate_region *region, uint64_t seed, struct generate_plan *plan)
{
	struct generate_random random;
	int year;

	generate_random_init(&random, seed, strtoul(region->oktmo, NULL, 10), GENERATE_TOPIC_GOVERNANCE, 1);
	year = generate_random_between(&random, plan->reported_on / 10000 + 1, GENERATE_YEAR_LAST);
	plan->training_centres = generate_random_between(&random, 0, 2);
	if (generate_random_chance(&random, 350))
		plan->club = year * 10000 + generate_random_between(&random, 2, 11) * 100 + 10;
}

/* The strength of a region drifts, so that places move from year to year. */
static void draw_years(struct generate_random *random, int projects, struct generate_plan *plan)
{
	int first = plan->reported_on / 10000 - GENERATE_YEAR_FIRST;
	int strength = generate_random_between(random, 200, 750);

	for (int i = first; i < GENERATE_YEARS; i++) {
		struct generate_year *year = &plan->years[i];
		int grown = clamp(500 + (i - first) * 200, 0, 1000);

		year->strength = strength;
		year->measured = clamp(780 + strength / 5 + generate_random_between(random, -40, 40), 0, 1000);
		year->coverage = clamp((250 + strength * 6 / 10) * grown / 1000 + generate_random_between(random, 0, 150),
		                       100, 1000);
		year->trained = plan->servants * (15 + strength / 11 + generate_random_between(random, 0, 30)) / 1000
		                * grown / 1000;
		year->practices = clamp(projects * strength / 28000 + generate_random_between(random, -1, 1), 0, 8);
		strength = clamp(strength + generate_random_around(random, 25, 200), 60, 960);
	}
}

static void add_wave(struct generate_plan *plan, const struct generate_wave *wave)
{
	if (wave->opened == 0)
		return;
	ASSERT(plan->waves_count < GENERATE_WAVES_MAX);
	plan->waves[plan->waves_count++] = *wave;
}

/* One wave a year, and a small one of projects that take up to 13 months. */
static void draw_waves(struct generate_random *random, int projects, struct generate_plan *plan)
{
	int first = plan->reported_on / 10000;
	int weights[GENERATE_YEARS] = {0};
	int weight_left = 0, left = projects;

	for (int year = first; year <= GENERATE_YEAR_LAST; year++) {
		int grown = clamp(10 + (year - first) * 6, 10, 22);

		weights[year - GENERATE_YEAR_FIRST] = grown + generate_random_between(random, -3, 5);
		weight_left += weights[year - GENERATE_YEAR_FIRST];
	}
	for (int year = first; year <= GENERATE_YEAR_LAST; year++) {
		int weight = weights[year - GENERATE_YEAR_FIRST];
		int opened = left * weight / weight_left;
		int slow = opened * generate_random_between(random, 40, 120) / 1000;
		/* The first projects follow a month after joining, so a late joiner's begin in December. */
		int from = year == first ? plan->reported_on + 100 : year * 10000 + 115;

		add_wave(plan, &(struct generate_wave){from, year * 10000 + 1212, opened - slow, 110, 195});
		add_wave(plan, &(struct generate_wave){from, year * 10000 + 1212, slow, 196, 395});
		left -= opened;
		weight_left -= weight;
	}
}

static void draw(const struct generate_region *region, uint64_t seed, int projects, struct generate_plan *plan)
{
	struct generate_random random;
	int size = region_size(region, seed);
	int count = clamp((projects * size + 500) / 1000, 1, GENERATE_PROJECTS_MAX);

	*plan = (struct generate_plan){.region = region->oktmo, .indicators = GENERATE_ALL_INDICATORS};
	generate_random_init(&random, seed, strtoul(region->oktmo, NULL, 10), GENERATE_TOPIC_PLAN, 1);
	draw_joining(&random, plan);
	draw_bodies(&random, size, plan);
	draw_years(&random, count, plan);
	draw_waves(&random, count, plan);
	draw_club(region, seed, plan);
}

void generate_plan_make(const struct generate_region *region, uint64_t seed, int projects,
                        struct generate_plan *ret_plan)
{
	const struct generate_plan *facts = generate_facts_find(region->oktmo);

	ASSERT(projects >= 1 && projects <= GENERATE_PROJECTS_MEAN_MAX);
	if (facts != NULL)
		*ret_plan = *facts;
	else
		draw(region, seed, projects, ret_plan);
}

size_t generate_plan_projects(const struct generate_plan *plan)
{
	size_t count = plan->projects_count;

	for (size_t i = 0; i < plan->waves_count; i++)
		count += (size_t)plan->waves[i].opened;
	return count;
}
