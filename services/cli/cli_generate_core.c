#include "services/cli/cli_generate_core.h"

#include "services/cli/cli_generate_bodies.h"
#include "services/cli/cli_generate_coordinator.h"
#include "services/cli/cli_generate_findings.h"
#include "services/cli/cli_generate_governance.h"
#include "services/cli/cli_generate_journal.h"
#include "services/cli/cli_generate_people.h"
#include "services/cli/cli_generate_project.h"
#include "services/cli/cli_generate_random.h"

#include <stdlib.h>

/* The i-th opening falls into the i-th part of the wave's window, so that the count per month is even. */
static size_t schedule_wave(const struct generate_wave *wave, struct generate_random *random,
                            struct generate_project *projects)
{
	int from = calendar_day(wave->from);
	int window = calendar_day(wave->to) - from + 1;

	for (int i = 0; i < wave->opened; i++) {
		int start = window * i / wave->opened;
		int end = window * (i + 1) / wave->opened;
		int day = from + start + generate_random_below(random, end > start ? end - start : 1);

		projects[i].opened = calendar_workday(day);
		projects[i].closed = calendar_workday(projects[i].opened
		                                      + generate_random_between(random, wave->days_min, wave->days_max));
	}
	return (size_t)wave->opened;
}

static int compare_projects(const void *left, const void *right)
{
	const struct generate_project *a = left;
	const struct generate_project *b = right;

	if (a->opened != b->opened)
		return a->opened < b->opened ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number ? 1 : 0;
}

/* Every project's opening and closing, in the order of opening. */
static void schedule(const struct generate_plan *plan, struct generate_random *random,
                     struct generate_project *projects, size_t count)
{
	size_t at = 0;

	for (size_t i = 0; i < plan->projects_count; i++, at++) {
		projects[at].fixed = &plan->projects[i];
		projects[at].opened = calendar_workday(calendar_day(plan->projects[i].opened));
		projects[at].closed = calendar_workday(projects[at].opened + plan->projects[i].days);
	}
	for (size_t i = 0; i < plan->waves_count; i++)
		at += schedule_wave(&plan->waves[i], random, &projects[at]);
	ASSERT(at == count);
	for (size_t i = 0; i < count; i++)
		projects[i].number = (unsigned)i + 1;
	qsort(projects, count, sizeof(projects[0]), compare_projects);
	for (size_t i = 0; i < count; i++)
		projects[i].number = (unsigned)i + 1;
}

static void schedule_projects(const struct generate_plan *plan, const struct generate_region *region, uint64_t seed,
                              struct generate_project *projects, size_t count)
{
	struct generate_random random;

	generate_random_init(&random, seed, strtoul(region->oktmo, NULL, 10), GENERATE_TOPIC_SCHEDULE, 0);
	schedule(plan, &random, projects, count);
}

static void make_projects(const struct generate_project_context *context, struct generate_project *projects)
{
	schedule_projects(context->plan, context->region, context->seed, projects, context->projects);
	for (size_t i = 0; i < context->projects; i++)
		generate_project_make(context, &projects[i]);
}

enum status generate_region_events(const struct generate_options *options, const struct generate_region *region,
                                   struct arena *arena, struct buf *lines, size_t *ret_events)
{
	struct generate_plan plan;
	struct generate_journal journal;
	struct generate_bodies bodies;
	enum status status;

	generate_plan_make(region, options->seed, options->projects, &plan);
	size_t count = generate_plan_projects(&plan);
	struct generate_project *projects = arena_array(arena, struct generate_project, count);

	generate_journal_init(&journal, arena);
	generate_people_joining(&plan, &journal);
	generate_people_headcount(&plan, region, options->seed, &journal);
	generate_bodies_make(&plan, region, options->seed, arena, &journal, &bodies);
	struct generate_project_context context = {
		.plan = &plan, .region = region, .seed = options->seed, .projects = count, .bodies = &bodies,
		.journal = &journal, .arena = arena,
	};
	make_projects(&context, projects);
	generate_governance_make(&context);
	generate_findings_make(&context, projects);
	generate_people_teams(&context);
	generate_people_trainings(&plan, region, options->seed, &journal);
	generate_people_practices(&plan, region, options->seed, projects, count, &journal);
	status = generate_journal_write(&journal, region, options->seed, lines);
	*ret_events = journal.count;
	generate_journal_clear(&journal);
	return status;
}

enum status generate_coordinator_events(const struct generate_options *options, const struct generate_region *region,
                                        struct arena *arena, struct buf *lines, size_t *ret_events)
{
	struct generate_plan plan;
	struct generate_journal journal;

	generate_plan_make(region, options->seed, options->projects, &plan);
	size_t count = generate_plan_projects(&plan);
	struct generate_project *projects = arena_array(arena, struct generate_project, count);

	schedule_projects(&plan, region, options->seed, projects, count);
	generate_journal_init(&journal, arena);
	journal.source = GENERATE_COORDINATOR_SOURCE;
	for (size_t i = 0; i < count; i++)
		generate_coordinator_verify(&journal, region, options->seed, &projects[i]);
	enum status status = generate_journal_write(&journal, region, options->seed, lines);
	*ret_events = journal.count;
	generate_journal_clear(&journal);
	return status;
}
