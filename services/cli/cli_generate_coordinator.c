#include "services/cli/cli_generate_coordinator.h"

#include "services/cli/cli_generate_random.h"

#include <stdio.h>
#include <stdlib.h>

#define HOUR          3600
#define VERIFIED      60   /* permille of the projects */
#define DISPUTED      250  /* of these: first in dispute */
#define YEAR_VERIFIED 2022 /* since then */

static const struct {
	const char *ru, *en;
} GROUNDS[] = {
	{"Замеры сверены с журналом регистрации", "The measurements agree with the register"},
	{"Проверено на месте", "Checked on the spot"},
	{"Опрошены получатели услуги", "Clients of the process were asked"},
};

struct told {
	struct generate_journal *journal;
	char verification[24], project[16];
	size_t grounds;
};

static void tell_verdict(const struct told *told, const char *verdict, int day)
{
	struct json_writer *data = generate_journal_begin(told->journal, EVENT_VERIFICATION_RECORDED, "verification", told->verification, day,
	                                                  10 * HOUR);

	json_member_string(data, "verification", told->verification);
	json_member_string(data, "project", told->project);
	json_member_string(data, "verdict", verdict);
	generate_journal_date(told->journal, "verified_on", day);
	generate_journal_text(told->journal, "grounds", GROUNDS[told->grounds].ru, GROUNDS[told->grounds].en);
	(void)generate_journal_end(told->journal);
}

static void tell_dispute(const struct told *told, const char *name, int opened, int resolved)
{
	struct json_writer *data = generate_journal_begin(told->journal, EVENT_DISPUTE_OPENED, "dispute", name, opened, 11 * HOUR);

	json_member_string(data, "dispute", name);
	json_member_string(data, "about", "measurement");
	generate_journal_text(told->journal, "title", "Замер после улучшений", "The measurement after the changes");
	json_member_string(data, "opened_by", "coordinator");
	json_member_string(data, "project", told->project);
	(void)generate_journal_end(told->journal);
	data = generate_journal_begin(told->journal, EVENT_DISPUTE_RESOLVED, "dispute", name, resolved, 12 * HOUR);
	json_member_string(data, "dispute", name);
	json_member_string(data, "project", told->project);
	json_member_string(data, "outcome", "settled");
	generate_journal_date(told->journal, "resolved_on", resolved);
	(void)generate_journal_end(told->journal);
}

void generate_coordinator_verify(struct generate_journal *journal, const struct generate_region *region, uint64_t seed,
                                 const struct generate_project *project)
{
	struct generate_random random;
	struct told told = {.journal = journal};
	char dispute[24];

	generate_random_init(&random, seed, strtoul(region->oktmo, NULL, 10), GENERATE_TOPIC_COORDINATOR, project->number);
	int day = calendar_workday(project->closed + generate_random_between(&random, 30, 90));
	int resolved = calendar_workday(day + generate_random_between(&random, 20, 60));
	bool disputed = generate_random_chance(&random, DISPUTED);

	if (!generate_random_chance(&random, VERIFIED) || calendar_year(project->closed) < YEAR_VERIFIED)
		return;
	told.grounds = (size_t)generate_random_below(&random, (int)ARRAY_COUNT(GROUNDS));
	(void)snprintf(told.verification, sizeof(told.verification), "V-%04u", project->number);
	(void)snprintf(told.project, sizeof(told.project), "P-%04u", project->number);
	(void)snprintf(dispute, sizeof(dispute), "D-%04u", project->number);
	tell_verdict(&told, disputed ? "in_dispute" : "confirmed", day);
	if (!disputed)
		return;
	tell_dispute(&told, dispute, day, resolved);
	(void)snprintf(told.verification, sizeof(told.verification), "V-%04u-2", project->number);
	tell_verdict(&told, "confirmed", resolved);
}
