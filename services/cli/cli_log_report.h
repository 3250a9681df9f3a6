/* cli_log_report: what a verification of logs has found, told the same way wherever the log lay. */
#ifndef EFFREG_CLI_LOG_REPORT_H
#define EFFREG_CLI_LOG_REPORT_H

#include "common/ledger_checkpoint.h"
#include "services/cli/cli_args.h"

struct log_report {
	const struct cli_args *args;
	bool json;
	const struct ledger_head *witnesses;  /* the checkpoint's heads */
	size_t witnesses_count;
	size_t regions, events, broken;
};

/* Where a problem is. */
struct log_place {
	const char *region;
	uint64_t seq;
	const char *id;     /* of the event, or "" */
	const char *file;   /* NULL: in the database */
	size_t offset;      /* of the entry in the file */
};

/* Prints the problem and counts it. */
void log_report_problem(struct log_report *report, const struct log_place *place, enum ledger_problem problem);
/* The same in words of one's own. */
void log_report_text(struct log_report *report, const struct log_place *place, const char *text);
/* The sum, on stderr. */
void log_report_end(const struct log_report *report);

/* What the checkpoint says of the region, or NULL. */
const struct ledger_head *log_report_witness(const struct log_report *report, const char *region);

/* The checkpoint of --checkpoint, when it is given, signed by the key of --public-key, into arena. False after telling;
 * *ret_exit is the exit code. */
#define CLI_CHECKPOINT_OPTIONS \
	{"checkpoint", "FILE", NULL, NULL, "a checkpoint that the logs must not contradict", "контрольная точка, которой журналы не должны противоречить"}, \
	{"public-key", "FILE", NULL, NULL, "who must have signed it", "файл с ключом того, кто должен был её подписать"}
bool log_report_load_checkpoint(struct log_report *report, struct arena *arena, int *ret_exit) MUST_CHECK;

#endif
