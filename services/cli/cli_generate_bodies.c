#include "services/cli/cli_generate_bodies.h"

#include "services/cli/cli_generate_words.h"

#include <stdio.h>
#include <stdlib.h>

#define AREAS_MAX       64
#define AREAS_EVERYWHERE 8  /* the first of the list: no region is without a ministry of health */

struct form {
	const char *ru, *en;
};

/* What a region calls its executive bodies. */
static struct form executive_form(struct generate_random *random, const char *type)
{
	static const struct form forms[] = {
		{"Министерство", "Ministry"}, {"Департамент", "Department"},
		{"Управление", "Directorate"}, {"Комитет", "Committee"},
	};

	if (text_equal(type, "republic") || text_equal(type, "krai"))
		return forms[0];
	if (text_equal(type, "federal_city"))
		return forms[3];
	return forms[generate_random_below(random, (int)ARRAY_COUNT(forms))];
}

static struct generate_body *find(struct generate_bodies *bodies, const char *id)
{
	for (size_t i = 0; i < bodies->count; i++) {
		if (text_equal(bodies->items[i].id, id))
			return &bodies->items[i];
	}
	return NULL;
}

static struct generate_body *add(struct generate_bodies *bodies, const char *level, const char *sphere)
{
	struct generate_body *body = &bodies->items[bodies->count++];

	body->level = level;
	body->sphere = sphere;
	return body;
}

static size_t add_fixed(struct generate_bodies *bodies, const struct generate_plan *plan)
{
	for (size_t i = 0; i < plan->bodies_count; i++) {
		const struct generate_fixed_body *fixed = &plan->bodies[i];
		struct generate_body *body = add(bodies, fixed->level, fixed->sphere);

		(void)snprintf(body->id, sizeof(body->id), "%s", fixed->id);
		body->ru = fixed->ru;
		body->en = fixed->en;
	}
	return plan->bodies_count;  /* all of them executive */
}

static void add_executive(struct generate_bodies *bodies, struct generate_random *random, struct arena *arena,
                          const char *type, size_t count)
{
	struct form form = executive_form(random, type);
	size_t areas[AREAS_MAX];

	ASSERT(GENERATE_AREAS_COUNT <= AREAS_MAX);
	for (size_t i = 0; i < GENERATE_AREAS_COUNT; i++)
		areas[i] = i;
	for (size_t i = AREAS_EVERYWHERE; i + 1 < GENERATE_AREAS_COUNT; i++) {
		size_t with = i + (size_t)generate_random_below(random, (int)(GENERATE_AREAS_COUNT - i));
		size_t kept = areas[i];

		areas[i] = areas[with];
		areas[with] = kept;
	}
	for (size_t i = 0; i < GENERATE_AREAS_COUNT && count > 0; i++) {
		const struct generate_area *area = &GENERATE_AREAS[areas[i]];

		if (find(bodies, area->id) != NULL)
			continue;
		struct generate_body *body = add(bodies, "executive", area->sphere);
		(void)snprintf(body->id, sizeof(body->id), "%s", area->id);
		body->ru = arena_printf(arena, "%s %s", form.ru, area->ru_of);
		body->en = arena_printf(arena, "%s of %s", form.en, area->en);
		count--;
	}
	ASSERT(count == 0);
}

/* First every place as a municipal district, then again as an urban one: up to 2 × GENERATE_PLACES_COUNT. */
static void add_municipal(struct generate_bodies *bodies, struct arena *arena, size_t count)
{
	ASSERT(count <= 2 * GENERATE_PLACES_COUNT);
	for (size_t i = 0; i < count; i++) {
		const struct generate_place *place = &GENERATE_PLACES[i % GENERATE_PLACES_COUNT];
		bool urban = i >= GENERATE_PLACES_COUNT;
		struct generate_body *body = add(bodies, "municipal", "municipal_government");

		(void)snprintf(body->id, sizeof(body->id), "%s-%s", urban ? "go" : "mr", place->id);
		body->ru = arena_printf(arena, "Администрация %s %s", place->ru_of,
		                        urban ? "городского округа" : "муниципального района");
		body->en = arena_printf(arena, "Administration of %s %s", place->en,
		                        urban ? "Urban District" : "Municipal District");
	}
}

static void add_institutions(struct generate_bodies *bodies, struct arena *arena, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct generate_institution *kind = &GENERATE_INSTITUTIONS[i % GENERATE_INSTITUTIONS_COUNT];
		struct generate_body *body = add(bodies, "institution", kind->sphere);
		unsigned number = (unsigned)(i / GENERATE_INSTITUTIONS_COUNT) + 1;

		(void)snprintf(body->id, sizeof(body->id), "inst-%02zu", i + 1);
		body->ru = arena_printf(arena, "%s № %u", kind->ru, number);
		body->en = arena_printf(arena, "%s No. %u", kind->en, number);
	}
}

static void shuffle(struct generate_bodies *bodies, struct generate_random *random)
{
	for (size_t i = 0; i + 1 < bodies->count; i++) {
		size_t with = i + (size_t)generate_random_below(random, (int)(bodies->count - i));
		struct generate_body kept = bodies->items[i];

		bodies->items[i] = bodies->items[with];
		bodies->items[with] = kept;
	}
}

/* The keenest two fifths register with the region, the others over two years, the last ones at the latest a month
 * before the data end. */
static void register_bodies(struct generate_bodies *bodies, struct generate_random *random,
                            const struct generate_plan *plan)
{
	int joined = calendar_workday(calendar_day(plan->reported_on));
	int last = calendar_day_of(GENERATE_YEAR_LAST, 11, 28);
	int span = last - joined < 730 ? last - joined : 730;
	size_t at_once = bodies->count * 2 / 5;

	for (size_t i = 0; i < bodies->count; i++) {
		int after = generate_random_between(random, 1, 20);

		if (i > 2 && i >= at_once)
			after = generate_random_between(random, 21, span);
		bodies->items[i].registered = calendar_workday(joined + after);
	}
	/* A body with a project in the sources is there from the beginning. */
	for (size_t i = 0; i < plan->projects_count; i++)
		find(bodies, plan->projects[i].body)->registered = calendar_workday(joined + 7);
}

static void report(const struct generate_bodies *bodies, struct generate_random *random,
                   struct generate_journal *journal)
{
	for (size_t i = 0; i < bodies->count; i++) {
		const struct generate_body *body = &bodies->items[i];
		struct json_writer *data = generate_journal_begin(journal, EVENT_AUTHORITY_REGISTERED, "authority", body->id,
		                                                  body->registered,
		                                                  6 * 3600 + generate_random_below(random, 3600));

		json_member_string(data, "authority", body->id);
		generate_journal_text(journal, "title", body->ru, body->en);
		json_member_string(data, "level", body->level);
		generate_journal_date(journal, "registered_on", body->registered);
		json_member_string(data, "precision", "day");
		generate_journal_end(journal);
	}
}

void generate_bodies_make(const struct generate_plan *plan, const struct generate_region *region, uint64_t seed,
                          struct arena *arena, struct generate_journal *journal, struct generate_bodies *ret_bodies)
{
	struct generate_random random;
	size_t count = (size_t)(plan->executive + plan->municipal + plan->institutions);
	size_t fixed;

	generate_random_init(&random, seed, strtoul(region->oktmo, NULL, 10), GENERATE_TOPIC_BODIES, 0);
	*ret_bodies = (struct generate_bodies){.items = arena_array(arena, struct generate_body, count)};
	fixed = add_fixed(ret_bodies, plan);
	add_executive(ret_bodies, &random, arena, region->type, (size_t)plan->executive - fixed);
	add_municipal(ret_bodies, arena, (size_t)plan->municipal);
	add_institutions(ret_bodies, arena, (size_t)plan->institutions);
	ASSERT(ret_bodies->count == count);
	shuffle(ret_bodies, &random);
	register_bodies(ret_bodies, &random, plan);
	report(ret_bodies, &random, journal);
}

static const struct generate_body *pick(const struct generate_bodies *bodies, struct generate_random *random, int day,
                                        size_t keen)
{
	/* The first three are registered with the region, so the search ends. */
	for (;;) {
		const struct generate_body *body = &bodies->items[generate_random_below(random, (int)keen)];

		if (body->registered < day)
			return body;
	}
}

const struct generate_body *generate_bodies_owner(struct generate_bodies *bodies, const struct generate_plan *plan,
                                                  struct generate_random *random, int day)
{
	int coverage = plan->years[calendar_year_index(day)].coverage;
	size_t keen = bodies->count * (size_t)coverage / 1000;

	if (!plan->everyone)
		return pick(bodies, random, day, keen < 3 ? 3 : keen);
	/* One after the other, so that nobody is left out. */
	for (;;) {
		const struct generate_body *body = &bodies->items[bodies->turn];

		bodies->turn = (bodies->turn + 1) % bodies->count;
		if (body->registered < day)
			return body;
	}
}

const struct generate_body *generate_bodies_any(const struct generate_bodies *bodies, struct generate_random *random,
                                                int day)
{
	return pick(bodies, random, day, bodies->count);
}
